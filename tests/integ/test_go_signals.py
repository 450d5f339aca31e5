# SPDX-License-Identifier: Apache-2.0
"""What signals do to a program whose calls are served elsewhere: Go's own
machinery, interrupted and restarted calls, and registers."""

import subprocess

import pytest

import support

# Where Debian has them. What is not there is skipped.
RELEASES = [("1.15", "bullseye"), ("1.19", "bookworm"),
            ("1.21", "bookworm-backports"), ("1.22", "bookworm-backports"),
            ("1.23", "bookworm-backports"), ("1.24", "trixie"),
            ("1.25", "trixie-backports"), ("1.26", "trixie-backports"),
            ("1.27", "trixie-backports")]


@pytest.fixture(params=[False, True], ids=["no-policy", "files"])
def rules(request, policy):
    """None, or a policy that has every path judged."""
    if not request.param:
        return None
    return policy(files=[{"path": "/gosup-signals/file", "content": "x"}])


def sigload(gosup, program, rules, scratch, who, times):
    result = gosup.run(program, scratch, times, policy=rules, user=who)
    assert (result.status, result.out) == (0, '{"wrong":[]}\n'), result


def test_go_signal_machinery(gosup, fixtures, rules, scratch, who):
    """Profiled at 500 Hz, with nil dereferences, floats and children."""
    program = fixtures.need_go("debian", "static", "./sigload.go")
    sigload(gosup, program, rules, scratch, who, 400)


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("release", RELEASES, ids=lambda r: r[0])
def test_go_releases(gosup, fixtures, rules, scratch, session_dir, release):
    fetch = subprocess.run(
        [support.HERE / "fetch-go", *release], capture_output=True, text=True,
        env=support.base_env(GOSUP_CACHE=str(fixtures.cache)), check=False)
    if fetch.returncode:
        pytest.skip(fetch.stderr.strip().splitlines()[-1])
    program = session_dir / f"sigload-{release[0]}"
    goroot = fetch.stdout.strip()
    subprocess.run([f"{goroot}/bin/go", "build", "-o", program, "./sigload.go"],
                   cwd=support.HERE / "fixtures", check=True,
                   env={**fixtures.go_env(), "GOROOT": goroot})
    for _ in range(5):
        sigload(gosup, program, rules, scratch, None, 2000)


def test_interrupted_calls(gosup, fixtures, rules, scratch, who):
    """Which calls a handler interrupts, and which go on after it."""
    program = fixtures.c("restart")
    alone, supervised = scratch / "alone", scratch / "supervised"
    for path in (alone, supervised):
        path.mkdir()
        path.chmod(0o777)
    wanted = support.run([program, alone], user=who)
    assert wanted.status == 0 and wanted.out.count("\n") == 12, wanted
    result = gosup.run(program, supervised, policy=rules, user=who)
    assert result.same() == wanted.same()


def test_no_room_for_signals(gosup, fixtures, policy, scratch):
    """With the user's queue full, what gosup's threads send each other comes
    without its sender, and still does not get to the program."""
    program = fixtures.c("restart")
    rules = policy(files=[{"path": "/gosup-signals/file", "content": "x"}])
    full = ["bash", "-c", 'ulimit -i 0 && exec "$@"', "-"]
    both = []
    for prefix in [], gosup.argv(policy=rules):
        where = scratch / str(len(prefix))
        where.mkdir()
        # What would be passed on would be so after a moment.
        both.append(support.run([*full, *prefix, "sh", "-c",
                                 '"$@"; code=$?; sleep 0.3; exit $code', "-",
                                 program, where]))
    assert both[0].status == 0
    assert both[1].same() == both[0].same()


def test_registers(gosup, fixtures, rules, who):
    program = fixtures.c("registers")
    if support.run([program]).status == 77:
        pytest.skip("this CPU has no AVX")
    result = gosup.run(program, policy=rules, user=who)
    assert (result.status, result.out) == (0, "ok\n"), result
