# SPDX-License-Identifier: Apache-2.0
"""Whom the program may signal: anybody as without gosup, or its own tree alone,
by the kernel's Landlock or, where that is too old, by the supervisor."""

import os
import signal

import pytest

import support

# As if the kernel's Landlock knew nothing of signals.
OLD = "--debug-landlock=5"
WAYS = {"landlock": [], "supervisor": [OLD]}
SELF = signal.SIGUSR1
EPERM = "Operation not permitted"


@pytest.fixture
def outsider(fixtures, who):
    """Somebody else's process that notes signals, of the same user."""
    with support.Process([fixtures.c("siginfo")], user=who) as process:
        process.expect("ready")
        yield process


@pytest.fixture(params=sorted(WAYS))
def tree(request, gosup, policy, who):
    """Run a shell script under "send": "tree", with arguments."""
    def run(script, *argv, **more):
        return gosup.run(
            "bash", "-c", script, "-", *argv, user=who,
            options=WAYS[request.param],
            policy=policy(signals={"send": "tree"}, **more))
    return run


def noted(process):
    """What has come to it, up to now."""
    os.kill(process.pid, signal.SIGALRM)
    process.expect(f"^got {int(signal.SIGALRM)} ")
    return [line.split()[1] for line in process.seen.decode().splitlines()
            if line.startswith("got") and f"got {int(signal.SIGALRM)} " not in line]


def test_any(gosup, policy, outsider, who):
    """The default, and what "any" says under "default": "deny"."""
    script = "kill -USR1 $1"
    deny = policy(default="deny", include=["@base"], signals={"send": "any"},
                  files=[{"path": "/", "allow": "read exec"}])
    for rules in None, policy(signals={"send": "any"}), deny:
        result = gosup.run("bash", "-c", script, "-", outsider.pid,
                           policy=rules, user=who)
        assert (result.status, result.err) == (0, "")
        outsider.expect(f"^got {int(SELF)} ")


def test_tree_reaches_nobody_else(tree, outsider):
    result = tree("for s in 0 USR1 TERM KILL STOP CONT RTMIN; do kill -$s $1; "
                  "kill -$s -- -$1; done", outsider.pid)
    assert result.status == 1
    assert result.err.count(EPERM) == 14, result.err
    assert noted(outsider) == []
    assert support.process_state(outsider.pid) in ("S", "R")


def test_tree_reaches_itself(tree):
    """Its children, grandchildren, orphans, groups and itself."""
    result = tree("""
        set -m; trap 'echo usr1' USR1
        kill -USR1 $$
        sleep 1000 & kill -TERM $!; wait $!; echo $?
        sleep 1000 & kill -KILL %1; wait %1; echo $?
        bash -c 'sleep 1000 & echo $! >&3; exec setsid true' 3>&1 | {
            read pid; kill -0 $pid && kill -KILL $pid && echo orphan; }
        kill -0 999999999
        kill -HUP $$; echo not here""")
    assert result.out == "usr1\n143\n137\norphan\n"
    assert "No such process" in result.err and EPERM not in result.err
    assert result.status == -signal.SIGHUP


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGKILL],
                         ids=lambda n: n.name)
@pytest.mark.parametrize("way", sorted(WAYS))
def test_group_with_others(gosup, fixtures, policy, scratch, who, way, number):
    """Of a group, its own processes get it, those that were there before not."""
    log = scratch / "log"
    argv = gosup.argv("bash", "-c", f"sleep 1000 & kill -{int(number)} 0; sleep 1000",
                      options=WAYS[way], policy=policy(signals={"send": "tree"}))
    script = f'{fixtures.c("siginfo")} -o {log} & "$@"; echo over $?'
    with support.Process(["sh", "-c", script, "-", *argv], user=who) as process:
        process.expect(f"^over {128 + number}$")
        outsider = int(support.poll(
            lambda: log.exists() and log.read_text().partition("\n")[0],
            "the outsider").split()[1])
        os.kill(outsider, signal.SIGALRM)
        support.poll(lambda: f"got {int(signal.SIGALRM)} " in log.read_text(),
                     "the fence")
        assert log.read_text().count("got") == 1


def test_explained(gosup, policy):
    rules = policy(signals={"send": "tree"})
    result = gosup.command("explain", rules)
    assert "its own tree alone" in result.out
    result = gosup.command("explain", policy(signals={"send": "any"}))
    assert "any process but gosup's own" in result.out


def test_go_under_it(gosup, app, policy, who):
    """Preempted, with children that it kills."""
    for options in WAYS.values():
        rules = policy(signals={"send": "tree"})
        with gosup.start(app, "sigcount", policy=rules, options=options,
                         user=who) as process:
            process.expect("ready")
            process.popen.send_signal(SELF)
            process.expect(f"^got {int(SELF)}$")
            assert process.finish().status == 0
