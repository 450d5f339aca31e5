# SPDX-License-Identifier: Apache-2.0
"""Go preempts threads with SIGURG every 10 ms. A call that a slow supervisor
holds for longer must be done once and answered once all the same."""

import contextlib
import os
import signal

import pytest

import support


@pytest.fixture
def judged(policy):
    return policy(files=[{"path": "/gosup-none/file", "content": "x\n"}])


@pytest.mark.slow
def test_slow_creations_happen_once(gosup, each_app, judged, scratch):
    """20 exclusive creations at 25 ms each, under constant preemption: one
    that was tried twice would fail with EEXIST."""
    result = gosup.run(each_app, "storm", "excl", scratch, 1, 20,
                       policy=judged, options=["--debug-delay=25000"],
                       deadline=3 * support.DEADLINE)
    assert result.lines()[0] == {"done": 20, "bytes": 20, "failures": {}}
    made = [name for name in os.listdir(scratch) if name.startswith("f")]
    assert len(made) == 20


@pytest.mark.slow
def test_slow_creations_in_parallel(gosup, each_app, judged, scratch):
    result = gosup.run(each_app, "storm", "excl", scratch, 10, 10,
                       policy=judged, options=["--debug-delay=25000"],
                       deadline=3 * support.DEADLINE)
    assert result.lines()[0] == {"done": 100, "bytes": 100, "failures": {}}


@pytest.mark.parametrize("kind", ["stat", "open"])
def test_many_goroutines(gosup, each_app, judged, kind):
    result = gosup.run(each_app, "storm", kind, "/gosup-none/file", 50, 40,
                       policy=judged, options=["--stats=json"],
                       deadline=3 * support.DEADLINE)
    line = result.lines()[0]
    assert line["done"] == 2000 and line["failures"] == {}
    assert line["bytes"] == (4000 if kind == "open" else 0)


def test_many_goroutines_on_real_files(gosup, each_app, judged, scratch):
    result = gosup.run(each_app, "storm", "excl", scratch, 30, 20,
                       policy=judged, deadline=3 * support.DEADLINE)
    assert result.lines()[0] == {"done": 600, "bytes": 600, "failures": {}}


def test_supervisor_is_stopped_again_and_again(gosup, each_app, judged,
                                               scratch):
    """A stop, a freezer or a debugger breaks the supervisor's own calls off,
    at any moment; every descriptor that it hands over must be right."""
    with gosup.start(each_app, "storm", "excl", scratch, 4, 500,
                     policy=judged) as process:
        while process.popen.poll() is None:
            process.popen.send_signal(signal.SIGSTOP)
            process.popen.send_signal(signal.SIGCONT)
        result = process.finish()
    assert result.lines()[0] == {"done": 2000, "bytes": 2000, "failures": {}}


def pinned_threads(pid):
    """The CPUs that some of its threads are kept on, and whether the first is."""
    masks = {}
    for tid in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(OSError):
            masks[int(tid)] = os.sched_getaffinity(int(tid))
    return ({min(m) for m in masks.values() if len(m) == 1},
            len(masks.get(pid, ())) == 1)


def test_receivers_spread_over_the_cpus(gosup, app, judged, scratch):
    """While many threads call at once there is a receiver on each CPU, and one
    that runs where it likes when only one does."""
    cpus = sorted(os.sched_getaffinity(0))[:2]
    if len(cpus) < 2:
        pytest.skip("there is only one CPU")
    script = ('"$0" storm stat /gosup-none/file 50 1000000000 & read line; kill $!; '
              'wait; while :; do [ -e /gosup-none/file ]; done')
    with gosup.start("sh", "-c", script, app, policy=judged,
                     preexec_fn=lambda: os.sched_setaffinity(0, cpus)) as process:
        support.poll(lambda: pinned_threads(process.pid) == (set(cpus), False),
                     "a receiver on each CPU")
        process.popen.stdin.write(b"\n")
        process.popen.stdin.flush()
        support.poll(lambda: pinned_threads(process.pid) == (set(), False),
                     "one receiver anywhere")


@pytest.mark.long
def test_long_storm(gosup, each_app, judged, scratch):
    result = gosup.run(each_app, "storm", "excl", scratch, 100, 300,
                       policy=judged, deadline=600)
    assert result.lines()[0] == {"done": 30000, "bytes": 30000, "failures": {}}
