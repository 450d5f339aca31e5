# SPDX-License-Identifier: Apache-2.0
"""What a shell, its terminal and its users see of jobs and of their ends is the
same with and without gosup: the same scenarios are played both ways, and the
transcripts must be equal line by line, with every status in them."""

import concurrent.futures
import shutil
import signal

import pytest

import support
import transcript

SCENARIOS = transcript.scenarios()
# Plays wait more than they compute.
AT_A_TIME = 6
MODES = ("no policy", "files")


def cases():
    for shell in transcript.SHELLS:
        for scenario in SCENARIOS:
            if "bash" in scenario.marks and shell != "bash":
                continue
            for mode in MODES:
                if mode == "no policy" or mode in scenario.marks:
                    yield pytest.param(
                        shell, scenario, mode,
                        id=f"{shell}-{scenario.name}-{mode}".replace(" ", "-"))


@pytest.fixture(scope="module")
def plays(request, gosup, app, session_dir):
    """Play everything that was asked for, several at a time. Return a function
    (shell, scenario, mode) -> transcript; mode "" is without gosup."""
    bin_dir = session_dir / "play"
    bin_dir.mkdir()
    shutil.copy(app, bin_dir / "app")
    (bin_dir / "gosup").symlink_to(gosup.path)
    # One path that nobody looks at, so that every other one is judged.
    rules = bin_dir / "files.json"
    rules.write_text('{"version": 1, "files": '
                     '[{"path": "/gosup-transcript/file", "content": "x"}]}')
    prefix = {"": "", "no policy": "gosup run --",
              "files": f"gosup run -p {rules} --"}
    wanted = {}
    for item in request.session.items:
        call = getattr(item, "callspec", None)
        if call and {"shell", "scenario", "mode"} <= set(call.params):
            shell, scenario, mode = (call.params[k] for k in
                                     ("shell", "scenario", "mode"))
            wanted[shell, scenario, ""] = wanted[shell, scenario, mode] = None
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        for shell, scenario, mode in wanted:
            if not missing(scenario):
                wanted[shell, scenario, mode] = pool.submit(
                    transcript.play, scenario, shell, prefix[mode], bin_dir)
        yield lambda *key: wanted[key].result()


def missing(scenario):
    """The program that a scenario needs and that is not there, or None."""
    for mark in scenario.marks:
        if mark not in ("files", "bash") and shutil.which(mark) is None:
            return mark
    return None


@pytest.mark.parametrize("shell,scenario,mode", cases())
def test_same_transcript(plays, shell, scenario, mode):
    if missing(scenario):
        pytest.skip(f"{missing(scenario)} is not installed")
    alone = plays(shell, scenario, "")
    assert not alone.startswith(transcript.TABLE.name), alone
    assert plays(shell, scenario, mode) == alone


def test_enough_scenarios():
    assert len({s.name for s in SCENARIOS}) == len(SCENARIOS) >= 60


def test_same_wait_status(gosup, who):
    """As wait(2) gives it, for all signals and some statuses."""
    stops = {signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}
    ways = [f"kill -{n} $$; exit 9" for n in range(1, 65)
            if n not in stops and n not in (32, 33)]
    ways += [f"exit {n}" for n in (0, 1, 77, 125, 126, 127, 128, 255)]
    for way in ways:
        argv = ["sh", "-c", way]
        alone = support.run(argv, user=who)
        supervised = gosup.run(*argv, user=who)
        assert supervised.same() == alone.same(), way
