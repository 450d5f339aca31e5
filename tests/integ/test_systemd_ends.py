# SPDX-License-Identifier: Apache-2.0
"""What a real systemd makes of how a service ends, and what it then does, is the
same with and without gosup before the command line."""

import pathlib

import pytest

from lab import Missing
from lab.machine import Machine
from support import poll

pytestmark = pytest.mark.slow

DUMPS = "LimitCORE=infinity", "WorkingDirectory=/tmp"
# Settings of [Service], and how the program ends: a status, a signal or a script.
CASES = {
    "no-restart": (["Restart=no"], "7"),
    "on-failure-status": (["Restart=on-failure"], "7"),
    "on-failure-clean": (["Restart=on-failure"], "0"),
    "on-failure-signal": (["Restart=on-failure"], "KILL"),
    "on-failure-clean-signal": (["Restart=on-failure"], "TERM"),
    "clean-hup": (["Restart=on-failure"], "HUP"),
    "clean-int": (["Restart=on-failure"], "INT"),
    "clean-pipe": (["Restart=on-failure"], "PIPE"),
    "unclean-usr1": (["Restart=on-failure"], "USR1"),
    "on-abnormal-status": (["Restart=on-abnormal"], "7"),
    "on-abnormal-signal": (["Restart=on-abnormal"], "USR2"),
    "on-abnormal-clean-signal": (["Restart=on-abnormal"], "TERM"),
    "on-abort-status": (["Restart=on-abort"], "1"),
    "on-abort-signal": (["Restart=on-abort"], "ALRM"),
    "on-success-status": (["Restart=on-success"], "1"),
    "on-success-clean": (["Restart=on-success"], "0"),
    "on-success-signal": (["Restart=on-success"], "INT"),
    "always": (["Restart=always"], "0"),
    "success-status": (["Restart=on-failure", "SuccessExitStatus=7 KILL"], "7"),
    "success-signal": (["Restart=on-failure", "SuccessExitStatus=7 KILL"], "KILL"),
    "not-success": (["Restart=on-failure", "SuccessExitStatus=7 KILL"], "8"),
    "shell-status": (["Restart=on-failure"], "143"),
    "prevent-status": (["Restart=always", "RestartPreventExitStatus=7"], "7"),
    "prevent-signal": (["Restart=always", "RestartPreventExitStatus=USR1"], "USR1"),
    "prevent-other": (["Restart=always", "RestartPreventExitStatus=7"], "8"),
    "force-status": (["Restart=no", "RestartForceExitStatus=7 KILL"], "7"),
    "force-signal": (["Restart=no", "RestartForceExitStatus=7 KILL"], "KILL"),
    "real-time": (["Restart=on-failure", "SuccessExitStatus=RTMIN+3"], "RTMIN+3"),
    "not-found-by-the-program": (["Restart=on-failure"], "127"),
    "gosups-own-status": (["Restart=on-failure"], "125"),
    "dumps": (DUMPS, "ABRT"),
    "dumps-on-abort": ([*DUMPS, "Restart=on-abort"], "SEGV"),
    "dumps-success": ([*DUMPS, "SuccessExitStatus=QUIT"], "QUIT"),
    "cannot-dump": (["LimitCORE=0"], "ABRT"),
    "oneshot": (["Type=oneshot"], "0"),
    "oneshot-fails": (["Type=oneshot"], "3"),
    "oneshot-remains": (["Type=oneshot", "RemainAfterExit=yes"], "0"),
    "time-is-over": (["RuntimeMaxSec=200ms"], "sleep 1000"),
    "time-is-over-mixed": (["RuntimeMaxSec=200ms", "KillMode=mixed"], "sleep 1000"),
    "stubborn": (["RuntimeMaxSec=200ms", "TimeoutStopSec=200ms"],
                 "trap : TERM; while :; do sleep 0.1; done"),
    "stubborn-mixed": (["RuntimeMaxSec=200ms", "TimeoutStopSec=200ms", "KillMode=mixed"],
                       "trap : TERM; while :; do sleep 0.1; done"),
    "stop-status": (["RuntimeMaxSec=200ms", "KillMode=mixed"],
                    "trap 'exit 9' TERM; while :; do sleep 0.1; done"),
}
SEEN = ("Result", "ExecMainCode", "ExecMainStatus", "NRestarts", "ActiveState")
BURST = 3


@pytest.fixture(scope="module")
def machine(session_dir):
    try:
        with Machine(session_dir) as made:
            yield made
    except Missing as missing:
        pytest.skip(str(missing))


def command(end):
    """A shell's command line, as systemd wants it."""
    if end.isdigit():
        end = f"exit {end}"
    elif end.isalnum() or "+" in end:
        end = f"kill -{end} $$"
    return f'/bin/bash -c "{end}"'.replace("$", "$$")


def shown(machine, names):
    """Properties of all units: {name: {property: value}}"""
    out = machine.check("systemctl", "show", "-p", ",".join(
        ("Id", "Job", "SubState", "ExecMainExitTimestampMonotonic", *SEEN)), *names)
    blocks = [dict(line.split("=", 1) for line in block.splitlines())
              for block in out.strip().split("\n\n")]
    return {block["Id"].removesuffix(".service"): block for block in blocks}


def is_over(unit):
    return (unit["ExecMainExitTimestampMonotonic"] != "0"
            and unit.get("Job", "0") in ("", "0")
            and unit["SubState"] in ("dead", "failed", "exited"))


@pytest.fixture(scope="module")
def ends(machine, gosup):
    """What systemd knows of each case, {(name, prefix): {property: value}}."""
    prefixes = {"alone": "", "supervised": f"{machine.path(gosup.path)} run -- "}
    texts = {}
    for case, (settings, end) in CASES.items():
        for way, prefix in prefixes.items():
            texts[f"{case}-{way}_service"] = "\n".join([
                "[Unit]", "StartLimitIntervalSec=1h", f"StartLimitBurst={BURST}",
                "[Service]", "RestartSec=10ms", *settings,
                f"ExecStart={prefix}{command(end)}", ""])
    names = [name.removesuffix("_service") for name in texts]
    # systemd forgets what has ended, unless another unit knows it.
    texts["ends_target"] = "[Unit]\n" + "".join(
        f"After={name}.service\n" for name in names)
    machine.units(**texts)
    machine.check("systemctl", "start", "ends.target")
    machine.check("systemctl", "start", "--no-block",
                  *[f"{name}.service" for name in names])
    last = {}

    def all_over():
        last.update(shown(machine, [f"{name}.service" for name in names]))
        return all(map(is_over, last.values()))
    poll(all_over, "the units' ends")
    return last


@pytest.mark.parametrize("case", CASES)
def test_same_end(ends, case):
    alone, supervised = ({key: ends[f"{case}-{way}"][key] for key in SEEN}
                         for way in ("alone", "supervised"))
    pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text()
    if alone["Result"] == "core-dump" and pattern[0] in "/|@":
        pytest.skip("core files do not go to the working directory here")
    assert supervised == alone


def test_cases_are_what_they_are_called(ends):
    """Each kind of end and of decision is there."""
    alone = [unit for name, unit in ends.items() if name.endswith("-alone")]
    results = {unit["Result"] for unit in alone}
    assert {"success", "exit-code", "signal", "timeout", "start-limit-hit"} <= results
    assert {unit["NRestarts"] for unit in alone} >= {"0", str(BURST)}
