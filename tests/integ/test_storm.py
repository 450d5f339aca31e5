# SPDX-License-Identifier: Apache-2.0
"""Go preempts threads with SIGURG every 10 ms. A call that a slow supervisor
holds for longer must be done once and answered once all the same."""

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


@pytest.mark.long
def test_long_storm(gosup, each_app, judged, scratch):
    result = gosup.run(each_app, "storm", "excl", scratch, 100, 300,
                       policy=judged, deadline=600)
    assert result.lines()[0] == {"done": 30000, "bytes": 30000, "failures": {}}
