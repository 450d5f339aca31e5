# SPDX-License-Identifier: Apache-2.0
"""Plays the scenarios of scenarios.txt to a shell on a pseudo-terminal and
returns the transcript: everything that came to the screen, and how it ended.

The first character of a line says what it does:

    $ LINE      type it at the prompt, and wait for the next prompt
    ~ WHAT : LINE   the same, but hold the shell until something has happened,
                so that the next prompt comes after what the shell says of it
    > LINE      type it, and wait for nothing
    ! KEY       press ^C, ^D and so on, or a letter; or "resize ROWS COLUMNS"
    ? PATTERN   wait for it on the screen
    .           wait for a prompt
    @ WHAT      wait for something that does not show:
        running N, stopped N    so many jobs are
        left N                  so many jobs have not ended
        asleep NAME [N]         a program of that name waits, or N of them
        frozen NAME             all programs of that name are stopped
        opens FILE              some process waits in an open of that file
        waits                   the shell itself waits, for a job
        go                      let one go on that waits to open "fifo"
        file PATTERN FILE       a file holds that
        hangup                  close the terminal, and wait for the session's end
        ended                   wait for the shell's end
        feed FILE               write to a FIFO, and wait for the session's end
        show FILE               add a file to the transcript
        forget                  leave out what was on the screen so far
"""

import errno
import fcntl
import os
import pathlib
import re
import select
import signal
import struct
import subprocess
import tempfile
import termios
import threading
import time

import support
from support import poll

TABLE = pathlib.Path(__file__).with_name("scenarios.txt")
PROMPT = rb"<\d+>[$#] "
SHELLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "dash": ["dash", "-i"],
}
# What differs from one run to the next, natively as well.
NORMAL = [
    (re.compile(r"(\[\d+\][+ -]*) ?\d{2,}\b"), r"\1 PID"),
    (re.compile(r"ready \d+"), "ready PID"),
    (re.compile(r"(process group|kill: \() ?\d+"), r"\1 PID"),
    (re.compile(r"(line \d+): +\d+ "), r"\1: PID "),
    (re.compile(r"^\s+\d+ (?=Stopped|Running)", re.M), " PID "),
]
# A child that another thread forks has our descriptors until it executes: no
# time to open what somebody waits to see closed.
forking = threading.Lock()
KEYS = {f"^{chr(n + 64)}": chr(n) for n in range(1, 32)}


class Scenario:
    def __init__(self, name, marks):
        self.name = name
        self.marks = marks
        self.steps = []


def scenarios():
    found = []
    for number, line in enumerate(TABLE.read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        if line.startswith("== "):
            name, _, marks = line[3:].partition(" : ")
            found.append(Scenario(name, marks.split()))
        else:
            found[-1].steps.append((number, line[0], line[2:]))
    return found


class Player:
    """One shell on one terminal, in a directory of its own."""

    def __init__(self, shell, prefix, bin_dir, user=None):
        self.shell = shell
        self.home = tempfile.TemporaryDirectory(prefix="gosup-play-")
        os.chmod(self.home.name, 0o777)
        self.cwd = pathlib.Path(self.home.name)
        for name in ("fifo", "gate"):
            os.mkfifo(self.cwd / name)
            os.chmod(self.cwd / name, 0o666)
        self.seen = b""
        self.used = 0
        self.more = ""
        env = support.base_env(
            PS1="<$?>$ ", RUN=prefix, ENV="", HISTFILE="", MAIL="",
            INPUTRC="/dev/null", LC_ALL="C", HOME=self.home.name,
            TERM="vt100", LESS="", MALLOC_ARENA_MAX="1")
        env["PATH"] = f"{bin_dir}:{env['PATH']}"
        # To look for leaks the sanitizer stops the process from another one of
        # the same job, which a hangup or a stop catches half-way.
        env["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        self.fd, slave = os.openpty()
        self.resize(24, 80)
        if user is not None:
            os.fchown(slave, user, user)
        with forking:
            self.popen = subprocess.Popen(
                ["setsid", "--ctty", *SHELLS[shell]], stdin=slave, stdout=slave,
                stderr=slave, env=env, cwd=self.cwd,
                **support.user_options(user))
        os.close(slave)
        self.pid = self.popen.pid

    def close(self):
        self.hang_up()
        for group in support.session_groups(self.pid):
            try:
                os.killpg(group, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.popen.wait()
        self.home.cleanup()

    def hang_up(self):
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows, columns, 0, 0))

    # ---- what is on the screen ----

    def send(self, text):
        os.write(self.fd, text.encode())

    def read(self, left):
        if left <= 0 or not select.select([self.fd], [], [], left)[0]:
            return None
        try:
            return os.read(self.fd, 65536)
        except OSError as error:    # EIO: nobody has the terminal any more
            if error.errno != errno.EIO:
                raise
            return b""

    def expect(self, pattern):
        compiled = re.compile(pattern, re.M)
        end = time.monotonic() + support.DEADLINE
        while True:
            match = compiled.search(self.seen, self.used)
            if match:
                self.used = match.end()
                return
            data = self.read(end - time.monotonic())
            if not data:
                raise AssertionError(f"no {pattern!r} on the screen")
            self.seen += data

    # ---- what does not show ----

    def jobs(self):
        """The states of the shell's children: all jobs, one each for most."""
        return [state for state in map(job_state, support.children(self.pid))
                if state]

    def session(self):
        return [pid for pid, _, of in support.processes() if of == self.pid]

    def states(self):
        """For messages: everybody's group, name and state."""
        return [(pid, group, comm_of(pid), support.process_state(pid))
                for pid, group, of in support.processes() if of == self.pid]

    def asleep(self, name):
        count = 0
        for pid in self.session():
            count += comm_of(pid) == name and support.process_state(pid) == "S"
        return count

    def has_open(self, name):
        return any(opening(pid) == name for pid in self.session())

    def ask(self, what):
        word, *rest = what.split()
        if word == "running":
            count = int(rest[0])
            return lambda: sum(s != "T" for s in self.jobs()) == count
        if word == "stopped":
            count = int(rest[0])
            return lambda: sum(s == "T" for s in self.jobs()) == count
        if word == "left":
            count = int(rest[0])
            return lambda: len(self.jobs()) == count
        if word == "asleep":
            count = int(rest[1]) if rest[1:] else 1
            return lambda: self.asleep(rest[0]) >= count
        if word == "frozen":
            return lambda: all(job_state(pid) == "T" for pid in self.session()
                               if comm_of(pid) == rest[0])
        if word == "opens":
            return lambda: self.has_open(rest[0])
        if word == "waits":
            return lambda: in_call(self.pid)[:1] in (["61"], ["130"])
        if word == "file":
            path = self.cwd / rest[1]
            return lambda: path.exists() and rest[0] in path.read_text()
        raise ValueError(f"what is {what!r}?")

    def wait_for(self, what):
        word, *rest = what.split()
        if word == "hangup":
            self.hang_up()
            poll(lambda: not self.others(), "the end of the session")
        elif word == "ended":
            self.drain()
        elif word == "feed":
            fd = os.open(self.cwd / rest[0], os.O_WRONLY)
            os.write(fd, b"fed\n")
            os.close(fd)
            poll(lambda: not self.others(), "the end of the session")
        elif word == "show":
            path = self.cwd / rest[0]
            text = path.read_text() if path.exists() else "(none)\n"
            self.more += f"--{rest[0]}--\n{text}"
        elif word == "forget":
            self.seen, self.used = b"", 0
        elif word == "go":
            self.open_gate("fifo")
        else:
            # Twice: a change shows just before the shell is told of it.
            ask = self.ask(what)
            poll(lambda: ask() and (time.sleep(0.001) or ask()), what)

    def open_gate(self, name):
        """Open a FIFO, and close it, when somebody waits for that."""
        def opened():
            try:
                with forking:
                    os.close(os.open(self.cwd / name,
                                     os.O_WRONLY | os.O_NONBLOCK))
            except OSError as error:
                assert error.errno == errno.ENXIO
                return False
            return True
        poll(opened, f"somebody who opens {name}")

    def others(self):
        """Processes of the session that still run."""
        return [pid for pid in self.session() if not support.is_gone(pid)]

    def drain(self):
        """Read until the shell has ended, and all that it wrote is here."""
        end = time.monotonic() + support.DEADLINE
        while self.popen.poll() is None or select.select([self.fd], [], [], 0)[0]:
            data = self.read(0.05)
            if data == b"":
                return
            if data:
                self.seen += data
            elif time.monotonic() > end:
                raise AssertionError("the shell does not end")

    # ---- a scenario ----

    def step(self, kind, text):
        if kind == "~":
            what, _, line = text.partition(" : ")
            gate = " : <gate\n" if line.endswith("&") else "; : <gate\n"
            self.send(line + gate)
            poll(lambda: opening(self.pid) == "gate", "the shell at its gate")
            self.wait_for(what)
            self.open_gate("gate")
            self.expect(PROMPT)
        if kind in "$>":
            self.send(text + "\n")
        if kind in "$.":
            self.expect(PROMPT)
        elif kind == "?":
            self.expect(text.encode())
        elif kind == "!" and text.startswith("resize"):
            self.resize(*map(int, text.split()[1:]))
        elif kind == "!":
            self.send(KEYS.get(text, text))
        elif kind == "@":
            self.wait_for(text)

    def begin(self):
        self.expect(PROMPT)
        if self.shell == "bash":
            self.step("$", "bind 'set enable-bracketed-paste off'")
        self.step("$", "stty -echo; PATH=$PATH")
        self.seen, self.used = b"", 0

    def end(self):
        """The shell's own end, whatever jobs it still has."""
        if self.fd >= 0 and self.popen.poll() is None:
            poll(lambda: not any(s != "T" for s in self.jobs()),
                 "the jobs' end")
            self.send("exec true\n")
            self.drain()
        self.popen.wait(support.DEADLINE)

    def transcript(self):
        text = self.seen.decode(errors="replace")
        for pattern, instead in NORMAL:
            text = pattern.sub(instead, text)
        text = text.replace(self.home.name, "HOME")
        return f"{text}\n{self.more}status {self.popen.returncode}\n"


def comm_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return None


def job_state(pid):
    """The state of a job's leader: a stop counts when all its threads have
    stopped, and its end when that can be noticed. None if it has ended."""
    state = support.process_state(pid)
    try:
        tasks = len(os.listdir(f"/proc/{pid}/task"))
        if state == "T":
            stopped = all(support.task_state(pid, task) == "T"
                          for task in os.listdir(f"/proc/{pid}/task"))
            return "T" if stopped else "R"
    except OSError:
        return None
    if state in ("Z", "X"):
        return None if tasks == 1 else "R"
    return state


def in_call(pid):
    """Number and arguments of the call that a process waits in."""
    try:
        return pathlib.Path(f"/proc/{pid}/syscall").read_text().split()
    except OSError:
        return []


def opening(pid):
    """The path that a process waits to open, or None."""
    call = in_call(pid)
    if len(call) < 3 or call[0] not in ("2", "257"):
        return None
    try:
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
            mem.seek(int(call[1 if call[0] == "2" else 2], 16))
            return mem.read(64).split(b"\0")[0].decode(errors="replace")
    except OSError:
        return None


def play(scenario, shell, prefix, bin_dir, user=None):
    player = Player(shell, prefix, bin_dir, user)
    try:
        player.begin()
        for number, kind, text in scenario.steps:
            try:
                player.step(kind, text)
            except AssertionError as error:
                return (f"{TABLE.name}:{number}: {kind} {text}: {error}\n"
                        f"so far: {player.seen.decode(errors='replace')}\n"
                        f"session: {player.states()}")
        player.end()
        return player.transcript()
    finally:
        player.close()
