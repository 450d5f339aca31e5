# SPDX-License-Identifier: Apache-2.0
"""Calls that take long: they hold up nobody else, and whoever makes one can
still be signalled, stopped and killed."""

import os
import signal
import sys

import pytest

import support

HELD = support.HERE / "fixtures/held.py"
MANY = 300


@pytest.fixture
def judged(policy):
    return policy(files=[{"path": "/gosup-none/file", "content": "x\n"}])


@pytest.fixture
def slow(gosup, fixtures, scratch, judged, root_only):
    """Start a program under gosup that sees a file system at `mount`, whose
    server is to be stopped. Return: the process and the server."""
    program = fixtures.c("slow_fs")
    (scratch / "mount").mkdir()

    def start(*argv, **how):
        supervised = gosup.argv(*argv, policy=judged)
        process = support.Process([str(a) for a in (
            program, scratch / "mount", *supervised)], **how)
        try:
            server = int(process.expect(r"^server (\d+)$").group(1))
        except AssertionError:
            if process.popen.wait() == 77:
                pytest.skip(process.popen.stderr.read().decode().strip())
            raise
        return process, server
    return start


def in_call(pid):
    """Whether a program waits in open(2) or openat(2)."""
    def ask():
        with open(f"/proc/{pid}/syscall", encoding="ascii") as call:
            return call.read().split()[0] in ("2", "257")
    return ask


def app_of(process):
    """The supervised program: the guard's only child."""
    def ask():
        for guard in support.children(process.pid):
            for child in support.children(guard):
                return child
        return None
    return support.poll(ask, "the program")


def serve_meanwhile(process):
    process.expect("^started$")
    process.popen.stdin.write(b"\n")
    process.popen.stdin.flush()
    process.expect("^served$")


def test_many_fifos(gosup, judged, scratch):
    fifos = [scratch / f"fifo{i}" for i in range(MANY)]
    for fifo in fifos:
        os.mkfifo(fifo)
    with gosup.start(sys.executable, HELD, "read", scratch, *fifos,
                     policy=judged) as process:
        serve_meanwhile(process)
        for fifo in fifos:
            support.poll(lambda: write_nonblocking(fifo), "a reader")
        process.expect(f"^done {MANY} 1$")
        assert process.finish().status == 0


def write_nonblocking(fifo):
    """Only where a reader waits can a FIFO be opened so."""
    try:
        fd = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return False
    os.write(fd, b"x")
    os.close(fd)
    return True


@pytest.mark.parametrize("operation", ["read", "stat"])
def test_server_that_went_away(slow, scratch, operation):
    process, server = slow(sys.executable, HELD, operation, scratch,
                           *[scratch / "mount/f"] * 20)
    with process:
        os.kill(server, signal.SIGSTOP)
        serve_meanwhile(process)
        os.kill(server, signal.SIGCONT)
        process.expect("^done 20 1$")
        assert process.finish().status == 0


@pytest.mark.slow
def test_big_copy(gosup, judged, scratch):
    with open(scratch / "big", "wb") as big:
        for _ in range(4096 if support.LONG else 256):
            big.write(os.urandom(4096) * 256)
    with gosup.start(sys.executable, HELD, "copy", scratch, scratch / "big",
                     policy=judged) as process:
        serve_meanwhile(process)
        process.expect("^done 1 1$", deadline=10 * support.DEADLINE)
        assert process.finish().status == 0
    assert (scratch / "copy").stat().st_size == (scratch / "big").stat().st_size


OPENER = """
import os, signal, sys
class Alarm(Exception): pass
def handle(*_): raise Alarm
signal.signal(signal.SIGUSR1, handle)
signal.signal(signal.SIGUSR2, lambda *_: print("again", flush=True))
print("ready", flush=True)
try:
    print(os.read(os.open(sys.argv[1], os.O_RDONLY), 9), flush=True)
except Alarm:
    print("interrupted", flush=True)
"""


@pytest.fixture
def opener(gosup, judged, scratch):
    """A program that waits in open(2) of a FIFO: (process, its pid)."""
    os.mkfifo(scratch / "fifo")
    if not support.IS_ROOT:
        pytest.skip("only root may ask what a supervised program waits for")
    with gosup.start(sys.executable, "-c", OPENER, scratch / "fifo",
                     policy=judged) as process:
        process.expect("^ready$")
        pid = app_of(process)
        support.poll(in_call(pid), "the call")
        yield process, pid


def test_signal_interrupts(opener):
    process, pid = opener
    os.kill(pid, signal.SIGUSR1)
    process.expect("^interrupted$")
    assert process.finish().status == 0


def test_handler_runs_and_the_call_goes_on(opener, scratch):
    process, pid = opener
    for _ in range(3):
        os.kill(pid, signal.SIGUSR2)
        process.expect("^again$")
        support.poll(in_call(pid), "the call again")
    support.poll(lambda: write_nonblocking(scratch / "fifo"), "a reader")
    process.expect("^b'x'$")
    assert process.finish().status == 0


def test_stop_and_continue(opener, scratch):
    process, pid = opener
    os.kill(pid, signal.SIGSTOP)
    support.poll(lambda: support.process_state(pid) == "T", "the stop")
    support.poll(lambda: support.process_state(process.pid) == "T", "ours")
    os.kill(process.pid, signal.SIGCONT)
    support.poll(lambda: write_nonblocking(scratch / "fifo"), "a reader")
    process.expect("^b'x'$")
    assert process.finish().status == 0


def test_kill(opener):
    process, pid = opener
    os.kill(pid, signal.SIGKILL)
    assert process.finish().status == -signal.SIGKILL


@pytest.mark.parametrize("way", ["kill", "term"])
def test_end_while_a_server_is_away(slow, scratch, way):
    """The program is gone at once, and gosup with it, whoever is stuck."""
    process, server = slow("/bin/sh", "-c", 'echo ready; read x; read y <"$0"',
                           scratch / "mount/f")
    with process:
        try:
            process.expect("^ready$")
            pid = app_of(process)
            os.kill(server, signal.SIGSTOP)
            process.popen.stdin.write(b"\n")
            process.popen.stdin.flush()
            support.poll(in_call(pid), "the call")
            if way == "kill":
                os.kill(pid, signal.SIGKILL)
            else:
                process.popen.terminate()
            status = process.popen.wait(support.DEADLINE)
            assert status == (-signal.SIGKILL if way == "kill" else
                              -signal.SIGTERM)
        finally:
            os.kill(server, signal.SIGCONT)
