# SPDX-License-Identifier: Apache-2.0
"""What gosup says of its own life: signs to a watchdog and answers to probes stop
when nobody serves the program's calls any more, though all else goes on; and they
go on when it is the manager that does not listen."""

import concurrent.futures
import ctypes
import os
import signal
import socket

import pytest

import support
from support import poll
from test_service import manager, service  # noqa: F401  (fixtures)

SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.argtypes = ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p
WALL = 0x40000000
IOCTL = 16


def ptrace(request, tid):
    if LIBC.ptrace(request, tid, None, None) < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, os.strerror(errno))


def threads(pid):
    """All but the first."""
    return [tid for tid in map(int, os.listdir(f"/proc/{pid}/task")) if tid != pid]


def waits_in_ioctl(pid, tid):
    with open(f"/proc/{pid}/task/{tid}/syscall", encoding="ascii") as syscall:
        return syscall.read().split()[0] == str(IOCTL)


class Frozen:
    """All threads of a process but the first do nothing, as if they hung."""

    def __init__(self, pid):
        self.tids = []
        # One that serves a call yet would be thought to hang, and be replaced.
        poll(lambda: all(waits_in_ioctl(pid, tid) for tid in threads(pid)),
             "receivers that wait")
        for tid in threads(pid):
            try:
                ptrace(SEIZE, tid)
            except PermissionError as error:
                self.thaw()
                pytest.skip(f"cannot stop single threads here: {error}")
            self.tids.append(tid)
            ptrace(INTERRUPT, tid)
            os.waitpid(tid, WALL)

    def thaw(self):
        for tid in self.tids:
            ptrace(DETACH, tid)
        self.tids = []


def heard(manager):  # noqa: F811
    """Take all that has been told so far."""
    while not manager.silent():
        pass
    return True


def test_hung_receivers(service, manager, policy, root_only):  # noqa: F811
    rules = policy(files=[{"path": "/etc/gosup-view", "content": "seen"}])
    how = "export WATCHDOG_PID=$$ WATCHDOG_USEC=400000"
    with service("--ready=start", policy=rules, env=manager.env, shell=how) as s, \
         concurrent.futures.ThreadPoolExecutor(1) as pool:
        s.listening()
        manager.expect("^WATCHDOG=1$")
        assert s.ask("read /etc/gosup-view") == "seen"
        frozen = Frozen(s.pid)
        try:
            # Nobody waits yet, so nothing is wrong.
            assert s.probe("live").status == 0
            answer = pool.submit(s.ask, "read /etc/gosup-view")
            poll(lambda: heard(manager) and s.probe("live").status == 1,
                 "the hang to be noticed")
            assert "none is served" in s.probe("live").out
            assert "none is served" in s.probe("ready").out
            assert s.status()["live"] is False
            heard(manager)
            with pytest.raises(TimeoutError):
                manager.receive(1)
            # The loop goes on, and tells what is not in doubt.
            assert s.probe("started").status == 0
        finally:
            frozen.thaw()
        assert answer.result(support.DEADLINE) == "seen"
        poll(lambda: s.probe("live").status == 0, "calls to be served")
        manager.expect("^WATCHDOG=1$")
        assert s.end().status == 0


def fill(manager):  # noqa: F811
    """Send until there is no room for more. Return: how many."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.connect(manager.path)
        s.setblocking(False)
        for count in range(10000):
            try:
                s.send(b"FILL=1")
            except BlockingIOError:
                return count
    raise AssertionError("there is always room")


def test_manager_that_does_not_listen(service, manager):  # noqa: F811
    """It holds up neither signals nor probes, and misses nothing."""
    how = "export WATCHDOG_PID=$$ WATCHDOG_USEC=20000"
    with service("--ready=notify", env=manager.env, shell=how) as s:
        s.listening()
        manager.expect("^WATCHDOG=1$")
        fill(manager)
        for i in range(8):
            assert s.ask(rf"notify X={i}") == "ok"
        assert s.ask(r"notify READY=1\nX=8") == "ok"
        for i in range(1, 4):
            s.process.popen.send_signal(signal.SIGUSR1)
            poll(lambda: s.ask("signals") == f"0 {i}", "the signal")
            assert s.probe("live").status == 0
        for i in range(9):
            assert manager.expect("^X=")[0].splitlines()[-1] == f"X={i}"
        assert s.probe("ready").status == 0
        manager.expect("^WATCHDOG=1$")
        fill(manager)
        result = s.end()
    assert result.status == 0
    assert "it was not told of the end" in result.err
