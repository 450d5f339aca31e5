# SPDX-License-Identifier: Apache-2.0
"""Each signal once, whoever sends it: a program notes every signal with its
sender, alone and supervised, while other processes keep the machine busy."""

import ctypes
import errno
import itertools
import os
import random
import re
import shutil
import signal
import subprocess
import time

import pytest

import support
from support import poll

TIMES = 1000 if support.LONG else 40
SI_USER, SI_QUEUE, SI_KERNEL = 0, -1, 128
CAUGHT = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT,
          signal.SIGUSR1, signal.SIGUSR2)
# Go takes it for a fault.
FAULT = signal.SIGSTKFLT
REAL_TIME = (signal.SIGRTMIN + 1, signal.SIGRTMAX)
FENCE = signal.SIGALRM

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.sigqueue.argtypes = ctypes.c_int, ctypes.c_int, ctypes.c_void_p


@pytest.fixture(scope="module", autouse=True)
def load():
    """Neighbours that never rest."""
    busy = [subprocess.Popen(["sh", "-c", "while :; do :; done"])
            for _ in range(3)]
    yield
    for one in busy:
        one.kill()
        one.wait()


def sigqueue(pid, number, value):
    """As sigqueue(3); waits while the receiver's queue is full."""
    end = time.monotonic() + support.DEADLINE
    while LIBC.sigqueue(pid, number, value) < 0:
        assert ctypes.get_errno() == errno.EAGAIN
        assert time.monotonic() < end, "no room for a signal"
        os.sched_yield()


class Counted:
    """A program that notes signals in a log, until let go."""

    def __init__(self, program, prefix, scratch, user=None):
        self.user = user
        self.prefix = prefix
        self.program = program
        self.fifo, self.log = scratch / "stdin", scratch / "log"
        os.mkfifo(self.fifo)
        self.fd = os.open(self.fifo, os.O_RDWR | os.O_CLOEXEC)
        self.argv = [*prefix, *program]

    def line(self):
        """For a shell."""
        return f"{' '.join(map(str, self.argv))} <{self.fifo} >{self.log}"

    def let_go(self):
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1

    def text(self):
        try:
            text = self.log.read_text()
        except FileNotFoundError:
            return ""
        return text[:text.rfind("\n") + 1]

    def wait_ready(self):
        """Return: the pids of what was started, and of the program."""
        match = poll(lambda: re.search(r"^ready (\d+)$", self.text(), re.M),
                     "the program")
        self.app = int(match.group(1))
        self.start = self.app
        if self.prefix:
            self.start = support.parent(support.parent(self.app))
        return self

    def seen(self):
        """What has come: [signal, code, pid, value], or less from Go."""
        return [tuple(map(int, line.split()[1:]))
                for line in self.text().splitlines() if line.startswith("got")]

    def wait_for(self, count):
        return poll(lambda: (got := self.seen()) and len(got) >= count and got,
                    f"signal {count} of {self.seen()[-3:]}")


# ---- who sends ----

class Direct:
    """One process sends to another that it started."""
    caught = CAUGHT + REAL_TIME

    def __init__(self, counted, how):
        self.counted = counted
        self.how = how
        self.pid = os.getpid()

    def __enter__(self):
        with open(self.counted.fifo, "rb") as stdin, \
             open(self.counted.log, "wb") as log:
            self.process = support.Process(self.counted.argv, stdin=stdin,
                                           stdout=log, user=self.counted.user)
        self.process.__enter__()
        self.counted.wait_ready()
        return self

    def __exit__(self, *error):
        self.process.__exit__(*error)

    def send(self, number, value):
        c = self.counted
        if self.how == "pid":
            os.kill(c.start, number)
        elif self.how == "program":
            os.kill(c.app, number)
        elif self.how == "group":
            os.killpg(c.start, number)
        elif self.how == "queue":
            sigqueue(c.start, number, value)

    def finish(self):
        self.counted.let_go()
        assert self.process.popen.wait(support.DEADLINE) == 0


class Prompt:
    """A shell's own kill, and the terminal's keys."""
    KEYS = {signal.SIGINT: "\x03", signal.SIGQUIT: "\x1c"}

    def __init__(self, counted, how):
        self.counted = counted
        self.how = how
        self.caught = tuple(self.KEYS) if how == "keys" else CAUGHT + REAL_TIME

    def __enter__(self):
        self.bash = support.Bash()
        self.pid = self.bash.pid
        if self.how == "keys":
            self.bash.send(self.counted.line() + "\n")
        else:
            self.bash.run(self.counted.line() + " &")
        self.counted.wait_ready()
        return self

    def __exit__(self, *error):
        self.bash.__exit__(*error)

    def send(self, number, value):
        if number in self.KEYS and self.how == "keys":
            self.bash.send(self.KEYS[number])
        elif self.how == "keys":
            os.killpg(self.counted.start, number)
        else:
            self.bash.run(f"kill -{int(number)} %1")

    def finish(self):
        self.counted.let_go()
        if self.how == "keys":
            assert self.bash.prompt() == 0
        else:
            assert self.bash.run("wait %1") == 0


SENDERS = {"pid": Direct, "program": Direct, "group": Direct, "queue": Direct,
           "job": Prompt, "keys": Prompt}


def named(entries, counted, sender):
    """The same with names for pids. What gosup passes on is in its own name,
    unless it was queued: the kernel lets nobody use another's."""
    names = {sender.pid: "sender", os.getpid(): "sender", 0: "kernel"}
    if counted.prefix:
        names[counted.start] = "sender"
    for number, *more in entries:
        if more:
            code, pid, value = more
            more = [code, names[pid], value if code == SI_QUEUE else 0]
        yield number, *more


def sent_by(how, program, prefix, scratch):
    """Send a number of signals and return what the program noted."""
    scratch.mkdir()
    counted = Counted(program, prefix, scratch)
    try:
        with SENDERS[how](counted, how) as sender:
            caught = sender.caught
            if len(program) == 1 and how != "keys":
                caught += (FAULT,)
            for i, number in enumerate(itertools.islice(
                    itertools.cycle(caught), TIMES)):
                # One more than was sent would be noted before the fence.
                sender.send(number, i)
                counted.wait_for(i + 1)
            sender.send(FENCE, 0)
            counted.wait_for(TIMES + 1)
            sender.finish()
            return list(named(counted.seen(), counted, sender))
    finally:
        counted.let_go()


@pytest.fixture(params=["c", "go"])
def program(request, fixtures, app):
    """What notes signals, with or without their senders."""
    if request.param == "c":
        return [fixtures.c("siginfo")]
    return [app, "sigcount"]


@pytest.mark.parametrize("how", SENDERS)
def test_each_once(gosup, program, scratch, how):
    alone = sent_by(how, program, [], scratch / "alone")
    assert len(alone) == TIMES + 1
    supervised = sent_by(how, program, gosup.argv(), scratch / "supervised")
    assert supervised == alone


# ---- as many as there is room for ----

FLOOD = 100 * TIMES
RT = signal.SIGRTMIN + 3
FEW = ["prlimit", "--sigpending=64"]


def flooded(counted, send):
    """Send without waiting, then let all be noted."""
    with Direct(counted, "") as sender:
        send(counted.start)
        sigqueue(counted.start, RT, -1)
        poll(lambda: counted.text().endswith(" -1\n"), "the last signal",
             5 * support.DEADLINE)
        sender.finish()
        return list(named(counted.seen(), counted, sender))


def send_values(start):
    for value in range(FLOOD):
        sigqueue(start, RT, value)


def send_mixed(start):
    """To the group, and to its first process, in turns of all lengths."""
    for i in range(FLOOD // 20):
        for _ in range(i % 7):
            os.killpg(start, RT)
        for _ in range(i % 5):
            os.kill(start, RT)


@pytest.fixture
def alone():
    """A user that nobody else is, for room is counted by user."""
    if not support.IS_ROOT:
        pytest.skip("only root can become another user")
    return random.randrange(50000, 60000)


@pytest.mark.parametrize("send, few", [
    (send_values, []), (send_values, FEW), (send_mixed, [])],
    ids=["values", "values-little-room", "mixed"])
def test_flood(gosup, fixtures, scratch, request, send, few):
    """Real-time signals are queued: all arrive, in their order. Where there is
    no room, the sender is told."""
    both = []
    user = request.getfixturevalue("alone") if few else None
    for name, prefix in ("alone", []), ("supervised", gosup.argv()):
        (scratch / name).mkdir()
        counted = Counted([fixtures.c("siginfo")], prefix, scratch / name, user)
        counted.argv = few + counted.argv
        try:
            both.append(flooded(counted, send))
        finally:
            counted.let_go()
    assert both[1] == both[0]


def send_all_the_time(pid, count):
    """In a process of its own, which takes whatever room there is."""
    sender = os.fork()
    if sender:
        return sender
    end = time.monotonic() + support.DEADLINE
    for value in range(count):
        while LIBC.sigqueue(pid, RT, value):
            if time.monotonic() > end:
                os._exit(1)
    os._exit(0)


def test_no_room_left(gosup, fixtures, scratch, alone):
    """Many senders keep the queue full all the time, and everything arrives."""
    log = scratch / "log"
    argv = FEW + gosup.argv(fixtures.c("siginfo"), "-o", log)
    with support.Process(argv, user=alone) as process:
        poll(lambda: log.exists() and log.read_text().startswith("ready"), "the program")
        senders = [send_all_the_time(process.pid, FLOOD) for _ in range(4)]
        for sender in senders:
            assert os.waitpid(sender, 0)[1] == 0
        poll(lambda: log.read_text().count("got ") == 4 * FLOOD, "all signals")


# ---- the last one ----

def until_fence(counted):
    """End a program that has been sent all it will be. Return: what it noted
    before."""
    # Go tells of those that came together by their numbers.
    for count in 1, 2:
        os.kill(counted.start, FENCE)
        poll(lambda: [one[0] for one in counted.seen()].count(FENCE) == count,
             "the fence")
    got = counted.seen()
    counted.let_go()
    poll(lambda: support.is_gone(counted.start), "the end")
    # The terminal's first size may come as a change.
    return [one for one in got if one[0] not in (FENCE, signal.SIGWINCH)]


def closed_terminal(counted, how):
    if how == "leader":
        end = support.Terminal(["sh", "-c", f"exec {counted.line()}"])
    else:
        end = support.Bash()
        end.send(counted.line() + (" &\n" if how == "background" else "\n"))
    with end:
        counted.wait_ready()
        os.close(end.fd)
        end.fd = os.open("/dev/null", os.O_RDONLY)
        if how == "leader":
            poll(lambda: signal.SIGHUP in [one[0] for one in counted.seen()],
                 "the hangup")
        else:
            poll(lambda: support.is_gone(end.pid), "the shell's end")
        return until_fence(counted)


def timed_out(counted, options):
    with open(counted.fifo, "rb") as stdin, open(counted.log, "wb") as log:
        process = support.Process(
            ["timeout", *options, "1000", *map(str, counted.argv)],
            stdin=stdin, stdout=log)
    with process:
        counted.wait_ready()
        process.popen.send_signal(signal.SIGALRM)   # the time is over
        counted.wait_for(1)
        # It is in the handler that sends.
        poll(lambda: support.process_state(process.pid) == "S", "the other")
        got = until_fence(counted)
        assert process.popen.wait(support.DEADLINE) == 124
    return got


LAST = {
    "leader": (closed_terminal, "leader", {signal.SIGHUP}),
    # The shell sends it to its jobs, and the kernel to the foreground.
    "foreground": (closed_terminal, "foreground", {signal.SIGHUP}),
    "background": (closed_terminal, "background", {signal.SIGHUP}),
    # To its child, then to the group.
    "timeout": (timed_out, ["-sTERM"], {signal.SIGTERM}),
    "timeout-foreground": (timed_out, ["--foreground", "-sINT"],
                           {signal.SIGINT}),
}
TWICE = "foreground", "timeout"


@pytest.mark.parametrize("how", LAST)
def test_last_signal(gosup, program, scratch, how):
    """Some send two alike that may become one on the way: never more."""
    end, argument, wanted = LAST[how]
    for i, prefix in itertools.product(range(TIMES // 8), ([], gosup.argv())):
        where = scratch / f"{i}{len(prefix)}"
        where.mkdir()
        counted = Counted(program, prefix, where)
        try:
            got = end(counted, argument)
        finally:
            counted.let_go()
        numbers = [one[0] for one in got if one[0] != signal.SIGCONT]
        assert set(numbers) == wanted, (i, prefix, got)
        assert len(numbers) <= 1 + (how in TWICE), (i, prefix, got)
        assert len(got) - len(numbers) <= 1 + (how in TWICE), (i, prefix, got)


def test_second_means_now(gosup, app):
    """A server that ends in its own time at the first SIGTERM, and at once at
    the second, has its own time, however its end is asked for."""
    sends = {
        "pid": lambda p: os.kill(p, signal.SIGTERM),
        "group": lambda p: os.killpg(p, signal.SIGTERM),
        "kill": lambda p: support.run(["kill", str(p)]),
    }
    if shutil.which("pkill"):
        sends["pkill"] = lambda p: support.run(
            ["pkill", "-TERM", "-g", str(p)])
    for i, (how, send) in itertools.product(range(TIMES // 8), sends.items()):
        with gosup.start(app, "twice") as process:
            process.expect("ready")
            send(process.pid)
            process.expect("first")
            result = process.finish()
        assert (result.status, "second" in result.out) == (0, False), how
