# SPDX-License-Identifier: Apache-2.0
"""What service managers and container engines send reaches a program once, as
it does without gosup."""

import re
import signal

import pytest

import support
from lab import Missing
from lab.machine import Machine
from lab.podman import Podman
from support import poll

pytestmark = pytest.mark.slow

TIMES = 20 if support.LONG else 4
FENCE = signal.SIGALRM


@pytest.fixture(scope="module")
def siginfo(fixtures):
    return fixtures.c("siginfo", "-static")


def lines(log):
    """The signals that a program has noted, or None before it was ready."""
    try:
        text = log.read_text()
    except FileNotFoundError:
        return None
    if not text.startswith("ready"):
        return None
    return [int(one) for one in re.findall(r"^got (\d+) .*\n", text, re.M)]


def wait_for(logs, number, count=1):
    for log in logs:
        poll(lambda: lines(log).count(number) >= count, f"{number} in {log}")


def wait_ready(logs):
    for log in logs:
        poll(lambda: lines(log) is not None, f"the program of {log}")


# ---- systemd ----

# What a unit says of its end, and the signal that it then sends to all, or to
# the main process. SIGCONT follows, in case it is stopped.
MODES = {
    "control-group": ("", signal.SIGTERM),
    "mixed": ("KillMode=mixed\n", signal.SIGTERM),
    "process": ("KillMode=process\n", signal.SIGTERM),
    "none": ("KillMode=none\n", None),
    "hangup": ("SendSIGHUP=yes\n", signal.SIGHUP),
    "interrupt": ("KillMode=mixed\nKillSignal=SIGINT\n", signal.SIGINT),
    "real-time": ("KillSignal=SIGRTMIN+3\n", signal.SIGRTMIN + 3),
}


@pytest.fixture(scope="module")
def machine(session_dir):
    try:
        with Machine(session_dir) as made:
            yield made
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def stopped(machine, gosup, siginfo, session_dir):
    """Start and stop units of each mode, all at once. Return: what their
    programs noted, {(mode, prefix): [signals of each]}."""
    where = session_dir / "stopped"
    where.mkdir()
    ways = {"alone": "", "supervised": f"{machine.path(gosup.path)} run -- "}
    logs, texts, names = {}, {}, []
    for mode, (settings, _) in MODES.items():
        for way, prefix in ways.items():
            unit = f"{mode}-{way}"
            texts[f"{unit}@_service"] = (
                f"[Service]\n{settings}TimeoutStopSec=60\nExecStart={prefix}"
                f"{machine.path(siginfo)} -o {machine.path(where)}/{unit}-%i\n")
            logs[mode, way] = [where / f"{unit}-{i}" for i in range(TIMES)]
            names += [f"{unit}@{i}.service" for i in range(TIMES)]
    machine.units(**texts)
    machine.check("systemctl", "start", *names)
    try:
        wait_ready(sum(logs.values(), []))
        machine.check("systemctl", "stop", "--no-block", *names)
        for (mode, _), some in logs.items():
            if MODES[mode][1]:
                wait_for(some, MODES[mode][1])
                wait_for(some, signal.SIGCONT)
        # By then what is still on its way would be here.
        for count in 1, 2:
            machine.run("systemctl", "kill", "--signal=ALRM",
                        "--kill-whom=main", *names)
            wait_for([log for (mode, _), some in logs.items()
                      if mode != "none" for log in some], FENCE, count)
        yield {key: [lines(log) for log in some] for key, some in logs.items()}
    finally:
        machine.run("systemctl", "kill", "--signal=KILL", *names)


@pytest.mark.parametrize("mode", MODES)
def test_stopped_unit(stopped, mode):
    wanted = MODES[mode][1]
    for alone, supervised in zip(stopped[mode, "alone"],
                                 stopped[mode, "supervised"]):
        if wanted:
            assert alone.count(wanted) == 1
        assert sorted(supervised) == sorted(alone)


@pytest.mark.parametrize("whom", ["main", "all"])
def test_killed_unit(machine, gosup, siginfo, scratch, whom):
    """systemctl kill, one signal after the other."""
    names, logs = [], []
    for way, prefix in ("alone", ""), ("supervised",
                                       f"{machine.path(gosup.path)} run -- "):
        name = f"{way}-{scratch.name.replace('_', '-')}"
        logs.append(scratch / way)
        names.append(f"{name}.service")
        machine.units(**{f"{name}_service": "[Service]\nExecStart="
                         f"{prefix}{machine.path(siginfo)} -o "
                         f"{machine.path(scratch)}/{way}\n"})
    machine.check("systemctl", "start", *names)
    try:
        wait_ready(logs)
        sent = [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1,
                signal.SIGRTMIN + 4]
        for number in sent * TIMES:
            count = lines(logs[0]).count(number) + 1
            machine.check("systemctl", "kill", f"--signal={int(number)}",
                          f"--kill-whom={whom}", *names)
            wait_for(logs, number, count)
        machine.check("systemctl", "kill", f"--signal={int(FENCE)}",
                      "--kill-whom=main", *names)
        wait_for(logs, FENCE)
        assert [lines(log) for log in logs] == [[*sent * TIMES, FENCE]] * 2
    finally:
        machine.run("systemctl", "kill", "--signal=KILL", *names)


# ---- containers ----

@pytest.fixture(scope="module")
def podman(static_gosup, siginfo):
    try:
        with Podman() as made:
            made.image("localhost/signals", {"/gosup": static_gosup.path,
                                             "/siginfo": siginfo})
            result = made.run("run", "--rm", "--network=none",
                              "localhost/signals", "/gosup", "version")
            if result.status:
                pytest.skip(f"podman runs no container here: {result.err}")
            yield made
    except Missing as missing:
        pytest.skip(str(missing))


def test_container(podman, scratch):
    """podman kill and stop, to a program that is PID 1 or whose gosup is."""
    names, logs = [], []
    for way, prefix in ("alone", []), ("supervised", ["/gosup", "run", "--"]):
        logs.append(scratch / way)
        names.append(podman.check(
            "run", "-d", "--network=none", f"--volume={scratch}:/log",
            "localhost/signals", *prefix, "/siginfo", "-o", f"/log/{way}"))
    try:
        wait_ready(logs)
        sent = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT,
                signal.SIGUSR1, signal.SIGRTMIN + 4]
        for number in sent * max(1, TIMES // 4):
            count = lines(logs[0]).count(number) + 1
            podman.check("kill", f"--signal={int(number)}", *names)
            wait_for(logs, number, count)
        before = [lines(log) for log in logs]
        podman.check("stop", "--time=1", *names)
        for name, log, was in zip(names, logs, before):
            assert lines(log) == [*was, signal.SIGTERM]
            assert podman.state(name)["ExitCode"] == 137
        assert before[1] == before[0]
    finally:
        podman.run("rm", "-f", "-t", "0", *names)
