# SPDX-License-Identifier: Apache-2.0
"""What a policy says of signals to gosup: ignored, translated, followed by
others, held back, sent to more than one process."""

import json
import os
import signal
import time

import pytest

import support
from support import poll

TERM, INT, HUP, USR1, USR2 = (
    signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


def got(process, number):
    process.expect(f"^got {int(number)}$")


@pytest.mark.parametrize("how", ["policy", "option"])
def test_translated_and_ignored(gosup, each_app, policy, how, who):
    rules, options = None, ()
    if how == "policy":
        rules = policy(signals={"SIGTERM": {"as": "SIGUSR2"}, "SIGHUP": "ignore",
                                "SIGINT": "forward"})
    else:
        options = ["--signal=SIGTERM=SIGUSR2", "--signal", "SIGHUP=ignore"]
    with gosup.start(each_app, "sigcount", policy=rules, options=options,
                     user=who) as process:
        process.expect("ready")
        for number, seen in ((HUP, None), (TERM, USR2), (INT, INT), (USR1, USR1)):
            process.popen.send_signal(number)
            if seen:
                got(process, seen)
        result = process.finish()
    counts = json.loads(result.out.splitlines()[-1])
    assert counts == {"user defined signal 2": 1, "interrupt": 1,
                      "user defined signal 1": 1}


STUBBORN = 'trap "" TERM INT; echo ready; while :; do sleep 1000; done'


@pytest.mark.parametrize("options, rule", [
    ([], {"grace": "200ms"}),
    ([], {"as": "SIGINT", "grace": "100ms", "then": ["SIGINT", "SIGKILL"]}),
    (["--grace=200ms"], None)])
def test_a_program_that_does_not_end_is_ended(gosup, policy, options, rule):
    rules = policy(signals={"SIGTERM": rule}) if rule else None
    with gosup.start("/bin/sh", "-c", STUBBORN, policy=rules,
                     options=options) as process:
        process.expect("ready")
        process.popen.send_signal(TERM)
        result = process.finish()
    assert result.status == -signal.SIGKILL
    assert "sending it SIGKILL" in result.err


def test_goroutines_before_the_end(gosup, each_app, policy):
    """SIGQUIT shows what a Go program was doing."""
    rules = policy(signals={
        "SIGTERM": {"as": "SIGURG", "grace": "100ms", "then": ["SIGQUIT"]}})
    with gosup.start(each_app, "sleep", policy=rules) as process:
        process.expect("ready")
        process.popen.send_signal(TERM)
        result = process.finish()
    assert result.status == 2 and "goroutine 1" in result.err


def test_who_ends_in_time_is_left_alone(gosup, app, policy):
    rules = policy(signals={"SIGTERM": {"grace": "1h"}})
    with gosup.start(app, "sleep", policy=rules) as process:
        process.expect("ready")
        process.popen.send_signal(TERM)
        result = process.finish()
    assert (result.status, result.err) == (-TERM, "")


def test_drain(gosup, app, policy, scratch):
    """Not ready at once, but not told yet, unless somebody insists."""
    control = scratch / "control"
    rules = policy(signals={"SIGTERM": {"drain": "1h"}})
    with gosup.start(app, "sigcount", policy=rules,
                     options=[f"--control={control}"]) as process:
        process.expect("ready")
        ready = ("probe", "ready", f"--control={control}")
        poll(lambda: gosup.command(*ready).status == 0, "to be ready")
        process.popen.send_signal(TERM)
        poll(lambda: gosup.command(*ready).status == 1, "not to be ready")
        assert "stopping" in gosup.command(*ready).out
        process.popen.send_signal(USR1)
        got(process, USR1)
        process.popen.send_signal(TERM)
        got(process, TERM)
        result = process.finish()
    assert json.loads(result.out.splitlines()[-1]) == {
        "user defined signal 1": 1, "terminated": 1}


def test_all_of_it(gosup, each_app, policy):
    """Held back for its time, passed on as another, and followed by all that
    stands there if the program goes on."""
    rules = policy(signals={"SIGTERM": {
        "as": "SIGINT", "drain": "300ms", "grace": "200ms",
        "then": ["SIGUSR1", "SIGHUP", "SIGKILL"]}})
    with gosup.start(each_app, "sigcount", policy=rules) as process:
        process.expect("ready")
        begin = time.monotonic()
        process.popen.send_signal(TERM)
        for number, least in ((INT, 0.3), (USR1, 0.5), (HUP, 0.7)):
            got(process, number)
            assert time.monotonic() - begin >= least
        process.popen.wait(support.DEADLINE)
        result = process.finish()
    assert result.status == -signal.SIGKILL
    told = [line.split()[-1] for line in result.err.splitlines()]
    assert told == ["SIGUSR1", "SIGHUP", "SIGKILL"]


def test_drain_of_one_that_ends_by_itself(gosup, app, policy):
    """A signal that is held back does not hold the end back."""
    rules = policy(signals={"SIGTERM": {"drain": "1h"}})
    with gosup.start(app, "sigcount", policy=rules) as process:
        process.expect("ready")
        process.popen.send_signal(TERM)
        process.popen.send_signal(USR1)
        got(process, USR1)
        result = process.finish()
    assert (result.status, result.err) == (0, "")
    assert json.loads(result.out.splitlines()[-1]) == {"user defined signal 1": 1}


@pytest.mark.parametrize("to", ["group", "tree"])
@pytest.mark.parametrize("apart", [False, True], ids=["inside", "apart"])
def test_sent_to_many(gosup, app, policy, to, apart):
    """A child gets it, if it is in the group or the whole tree is meant."""
    rules = policy(signals={"SIGUSR1": {"to": to}})
    start = "setsid" if apart else ""
    alone = to == "group" and apart
    script = ('trap "echo parent" USR1; exec 3<&0; '
              f'{start} "$0" sigcount <&3 & wait; wait')
    with gosup.start("/bin/sh", "-c", script, app, policy=rules) as process:
        child = int(process.expect(r"^ready (\d+)$").group(1))
        process.popen.send_signal(USR1)
        lines = {"parent"} if alone else {"parent", f"got {int(USR1)}"}
        while lines:
            lines.discard(process.expect(r"^(parent|got \d+)$").group(1))
        # What was sent before would be there before.
        os.kill(child, USR2)
        got(process, USR2)
        result = process.finish()
    counts = json.loads(result.out.splitlines()[-1])
    assert counts.get("user defined signal 1", 0) == (0 if alone else 1)


def test_a_reload_replaces_them(gosup, app, scratch):
    rules = scratch / "policy.json"
    rules.write_text(json.dumps({"version": 1, "signals": {"SIGHUP": "ignore"}}))
    control = scratch / "control"
    with gosup.start(app, "sigcount", policy=rules,
                     options=[f"--control={control}"]) as process:
        process.expect("ready")
        rules.chmod(0o444)
        new = scratch / "new.json"
        new.write_text(json.dumps({"version": 1, "signals": {
            "SIGHUP": {"as": "SIGUSR2"}}}))
        new.rename(rules)
        result = gosup.command("reload", f"--control={control}")
        if result.status:	# root can write anything; so could the program
            assert "can change" in result.err or "can change" in result.out
            pytest.skip("the program could have written the policy: not reloaded")
        process.popen.send_signal(HUP)
        got(process, USR2)
        process.finish()


@pytest.mark.parametrize("option, said", [
    ("--signal=SIGKILL=SIGTERM", "SIGKILL is not gosup's"),
    ("--signal=TERM", "SIGTERM=SIGINT"), ("--signal=SIGTERM=SIGNOT", "SIGNOT"),
    ("--grace=soon", "30s"), ("--grace=0s", "30s")])
def test_wrong_options(gosup, option, said):
    result = gosup.run("/bin/true", options=[option])
    assert result.status == 125 and said in result.err


@pytest.mark.parametrize("mapping, end, expected", [
    ("3=0", "exit 3", 0), ("SIGTERM=0", "kill -TERM $$", 0),
    ("143=7", "kill -TERM $$", 7), ("143=7", "exit 143", 7),
    ("SIGTERM=7", "exit 143", 143), ("1=SIGUSR1", "exit 1", -USR1),
    ("1=2,1=3", "exit 1", 3), ("1=2", "exit 0", 0), ("0=9,9=1", "exit 0", 9)])
def test_exit_map(gosup, mapping, end, expected):
    result = gosup.run("/bin/sh", "-c", end, options=[f"--exit-map={mapping}"])
    assert result.status == expected


@pytest.mark.parametrize("mapping", ["", "1", "1=", "=1", "256=0", "SIGNOT=1", "1=2,",
                                     "1=2;3=4", "x" * 99 + "=1"])
def test_wrong_exit_map(gosup, mapping):
    result = gosup.run("/bin/true", options=[f"--exit-map={mapping}"])
    assert result.status == 125 and "143=0" in result.err


def test_own_failure_is_not_mapped(gosup):
    result = gosup.run("/nonexistent", options=["--exit-map=127=0"])
    assert result.status == 127


@pytest.mark.parametrize("who_ends", ["itself", "by signal"])
def test_wait_for_the_tree(gosup, app, scratch, who_ends):
    """The program ends at once, what it started later."""
    script = 'exec 3<&0; setsid "$0" sigcount <&3 & exit 5'
    with gosup.start("/bin/sh", "-c", script, app, options=["--wait=tree"]) as process:
        child = int(process.expect(r"^ready (\d+)$").group(1))
        guard, = support.children(process.pid)
        poll(lambda: child in support.children(guard), "the program's end")
        assert process.popen.poll() is None
        if who_ends == "by signal":
            process.popen.send_signal(USR1)
            got(process, USR1)
        result = process.finish()
    assert result.status == 5


def test_wait_for_the_tree_of_one(gosup):
    result = gosup.run("/bin/sh", "-c", "exit 4", options=["--wait=tree"])
    assert (result.status, result.err) == (4, "")
