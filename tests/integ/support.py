# SPDX-License-Identifier: Apache-2.0
"""What the integration tests share: running gosup and programs under it,
terminals, waiting with a deadline, and fixtures compiled once.

Nothing here sleeps to let something happen: poll() asks until it has.
"""

import errno
import fcntl
import hashlib
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import termios
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parent.parent
BUILD = pathlib.Path(os.environ.get("GOSUP_BUILD") or TREE / "build")
STATIC_BUILD = pathlib.Path(
    os.environ.get("GOSUP_STATIC_BUILD") or TREE / "build")
# Scales every deadline, for slow machines and sanitizers.
PATIENCE = float(os.environ.get("GOSUP_PATIENCE", "1"))
DEADLINE = 20 * PATIENCE
LONG = os.environ.get("GOSUP_LONG") == "1"
IS_ROOT = os.geteuid() == 0
NOBODY = 65534
ORDINARY_SIGNALS = (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM,
                    signal.SIGUSR1, signal.SIGUSR2, signal.SIGCHLD)

DEBIAN_GO = pathlib.Path("/usr/lib/go/bin/go")
CURRENT_GO = ("1.27", "trixie-backports")


def find_binary(build):
    """The gosup that a build directory holds, or None."""
    for name in ("gosup", "launcher/gosup"):
        path = pathlib.Path(build) / name
        if path.exists():
            return path.resolve()
    return None


def is_static(path):
    """Does the ELF program ask for no loader (PT_INTERP, elf(5))?"""
    data = pathlib.Path(path).read_bytes()
    offset, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    return all(struct.unpack_from("<I", data, offset + i * size)[0] != 3
               for i in range(count))


def cache_dir():
    """Where downloads and compiled fixtures are kept between runs. Root uses a
    place that an ordinary user can read: tests run as one, too."""
    given = os.environ.get("GOSUP_CACHE")
    if given:
        path = pathlib.Path(given)
    elif IS_ROOT:
        path = pathlib.Path("/var/cache/gosup")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
        path = pathlib.Path(base) / "gosup"
    path.mkdir(parents=True, exist_ok=True)
    return path


def base_env(**more):
    """A small, fixed environment; sanitizer settings are handed on."""
    env = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/nonexistent", "LANG": "C.UTF-8", "TERM": "dumb",
    }
    for name, value in os.environ.items():
        if name.endswith("SAN_OPTIONS"):
            env[name] = value
    env.update(more)
    return env


def poll(ask, what, deadline=None):
    """Call ask() until it returns something true, and return that."""
    end = time.monotonic() + (deadline or DEADLINE)
    pause = 0.001
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain for: {what}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)


def process_state(pid):
    """The state letter of a process ("R", "S", "T", "Z"), or None if gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            return stat.read().rpartition(b")")[2].split()[0].decode()
    except (FileNotFoundError, ProcessLookupError):
        return None


def task_state(pid, task):
    """The same of one of its threads."""
    return process_state(f"{pid}/task/{task}")


def parent(pid):
    with open(f"/proc/{pid}/stat", "rb") as stat:
        return int(stat.read().rpartition(b")")[2].split()[1])


def is_gone(pid):
    return process_state(pid) in (None, "Z", "X")


def children(pid):
    """The children of every thread of a process."""
    pids = []
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            pids += [int(p) for p in task.read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            pass
    return pids


def descendants(pid):
    return [one for child in children(pid) for one in (child, *descendants(child))]


class Result:
    """How a finished program ended and what it said."""

    def __init__(self, status, out, err):
        self.status = status    # as subprocess has it: -N for signal N
        self.out = out
        self.err = err

    def __repr__(self):
        return f"status {self.status}\nstdout {self.out!r}\nstderr {self.err!r}"

    def same(self):
        return (self.status, self.out, self.err)

    def lines(self):
        """The JSON lines of stdout."""
        return [json.loads(line) for line in self.out.splitlines()]


def user_options(user):
    """subprocess options that start a program as an ordinary user."""
    if user is None or not IS_ROOT:
        return {}
    return {"user": user, "group": user, "extra_groups": []}


def kill_all(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


class Process:
    """A running program with lines on its stdout. Ended, with its whole
    session and all below it, when the with block is left."""

    def __init__(self, argv, user=None, env=None, **options):
        options.setdefault("stdin", subprocess.PIPE)
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        options.setdefault("start_new_session", True)
        self.session = options["start_new_session"]
        self.popen = subprocess.Popen(
            argv, env=env or base_env(), **user_options(user), **options)
        self.pid = self.popen.pid
        self.seen = b""
        self.used = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # Whoever has left the session.
        below = descendants(self.pid) if self.popen.poll() is None else []
        try:
            if self.session:
                os.killpg(self.pid, signal.SIGKILL)
            else:
                self.popen.kill()
        except ProcessLookupError:
            pass
        kill_all(below)
        self.popen.wait()
        for pipe in (self.popen.stdin, self.popen.stdout, self.popen.stderr):
            if pipe:
                try:
                    pipe.close()
                except BrokenPipeError:
                    pass

    def expect(self, pattern, deadline=None):
        """Wait for a line of stdout that matches; lines are used once."""
        end = time.monotonic() + (deadline or DEADLINE)
        fd = self.popen.stdout.fileno()
        while True:
            while b"\n" in self.seen[self.used:]:
                stop = self.seen.index(b"\n", self.used)
                line = self.seen[self.used:stop].decode()
                self.used = stop + 1
                match = re.search(pattern, line)
                if match:
                    return match
            left = end - time.monotonic()
            if left <= 0 or not select.select([fd], [], [], left)[0]:
                raise AssertionError(f"no line {pattern!r} in {self.seen!r}")
            data = os.read(fd, 65536)
            if not data:
                err = self.popen.stderr.read() if self.popen.stderr else b""
                raise AssertionError(
                    f"ended without a line {pattern!r}: {self.seen!r} {err!r}")
            self.seen += data

    def finish(self, stdin=None, deadline=None):
        """Close stdin and wait for the end; stdout is all that was said."""
        out, err = self.popen.communicate(
            stdin, timeout=deadline or DEADLINE)
        out = self.seen + (out or b"")
        return Result(self.popen.returncode, out.decode(errors="replace"),
                      (err or b"").decode(errors="replace"))


def run(argv, stdin=b"", deadline=None, **options):
    """Run a program to its end. stdin: bytes, or a file for subprocess."""
    if isinstance(stdin, str):
        stdin = stdin.encode()
    data = None
    if isinstance(stdin, bytes):
        data, stdin = stdin, subprocess.PIPE
    with Process(argv, stdin=stdin, **options) as process:
        try:
            return process.finish(data, deadline)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"did not end: {argv}") from None


class Terminal:
    """A program that leads a session on a pseudo-terminal of its own."""

    def __init__(self, argv, user=None, env=None, cwd="/", size=(24, 80)):
        self.seen = b""
        self.used = 0
        self.status = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.chdir(cwd)
                if user is not None and IS_ROOT:
                    os.fchown(0, user, user)
                    os.setgroups([])
                    os.setresgid(user, user, user)
                    os.setresuid(user, user, user)
                os.execvpe(argv[0], argv, env or base_env())
            finally:
                os._exit(127)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ,
                    struct.pack("HHHH", size[0], size[1], 0, 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)
        if self.status is None:
            below = descendants(self.pid)
            for group in session_groups(self.pid):
                try:
                    os.killpg(group, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            kill_all(below)
            os.waitpid(self.pid, 0)

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows, columns, 0, 0))

    def foreground(self):
        return os.tcgetpgrp(self.fd)

    def send(self, text):
        os.write(self.fd, text.encode())

    def _read(self, left):
        if left <= 0 or not select.select([self.fd], [], [], left)[0]:
            return None
        try:
            return os.read(self.fd, 65536)
        except OSError as error:     # EIO: nobody has the terminal any more
            if error.errno != errno.EIO:
                raise
            return b""

    def expect(self, pattern, deadline=None):
        """Wait until what is on the screen after the last match matches."""
        end = time.monotonic() + (deadline or DEADLINE)
        compiled = re.compile(pattern.encode(), re.M)
        while True:
            match = compiled.search(self.seen, self.used)
            if match:
                self.used = match.end()
                return match
            data = self._read(end - time.monotonic())
            if not data:
                raise AssertionError(
                    f"no {pattern!r} in {self.seen[self.used:]!r}"
                    f" (before: {self.seen[:self.used]!r})")
            self.seen += data

    def finish(self, deadline=None):
        """Wait for the program's end. Return: (wait status, all output)."""
        end = time.monotonic() + (deadline or DEADLINE)
        while True:
            data = self._read(end - time.monotonic())
            if data is None:
                raise AssertionError(f"did not end; said {self.seen!r}")
            if not data:
                break
            self.seen += data
        self.status = os.waitpid(self.pid, 0)[1]
        return self.status, self.seen.decode(errors="replace")


def processes():
    """All processes there are, as (pid, process group, session)."""
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        yield int(stat.parent.name), int(fields[2]), int(fields[3])


def group_members(group):
    return [pid for pid, of, _ in processes() if of == group]


def session_groups(session):
    return {group for _, group, of in processes() if of == session}


class Bash(Terminal):
    """A real interactive bash with a prompt that nothing else prints."""

    PROMPT = r"<(\d+)>\$ "

    def __init__(self, **options):
        env = base_env(PS1="<$?>$ ", HISTFILE="", INPUTRC="/dev/null",
                       MAIL="", **options.pop("env", {}))
        super().__init__(["bash", "--norc", "--noprofile", "-i"],
                         env=env, **options)
        self.expect(self.PROMPT)
        # What is typed need not come back: it would match what is expected.
        self.run("stty -echo; bind 'set enable-bracketed-paste off' 2>/dev/null")

    def prompt(self):
        """Wait for the prompt. Return: the status that it shows."""
        return int(self.expect(self.PROMPT).group(1))

    def run(self, line):
        self.send(line + "\n")
        return self.prompt()


class Gosup:
    """The gosup under test, and the ways tests start it."""

    def __init__(self, path):
        self.path = str(path)

    def argv(self, *app, policy=None, options=()):
        argv = [self.path, "run"]
        if policy is not None:
            argv += ["-p", str(policy)]
        return argv + list(options) + ["--"] + [str(a) for a in app]

    def run(self, *app, policy=None, options=(), **how):
        return run(self.argv(*app, policy=policy, options=options), **how)

    def start(self, *app, policy=None, options=(), **how):
        return Process(self.argv(*app, policy=policy, options=options), **how)

    def command(self, *arguments, **how):
        """gosup with any subcommand."""
        return run([self.path, *[str(a) for a in arguments]], **how)

    def run_both(self, *app, policy=None, options=(), **how):
        """Run a program alone and supervised: nobody may see a difference."""
        alone = run([str(a) for a in app], **how)
        supervised = self.run(*app, policy=policy, options=options, **how)
        assert supervised.same() == alone.same(), (
            f"{app}\nalone: {alone}\nsupervised: {supervised}")
        return supervised


class Fixtures:
    """Programs under test, compiled on first use and kept by content."""

    LINKS = {
        "static": ("0", []),
        "stripped": ("0", ["-ldflags=-s -w"]),
        "pie": ("0", ["-buildmode=pie"]),
        "cgo": ("1", []),
    }

    def __init__(self, where):
        self.where = pathlib.Path(where)
        self.cache = cache_dir()
        self.missing = {}

    def goroot(self, release):
        """The go command of "debian" (its default one) or "current", or None; then
        self.missing[release] says why."""
        if release == "debian":
            if DEBIAN_GO.exists():
                return DEBIAN_GO
            self.missing[release] = f"{DEBIAN_GO} is not installed"
            return None
        given = os.environ.get("GOSUP_GO_CURRENT")
        if given:
            return pathlib.Path(given)
        if release in self.missing:
            return None
        fetch = subprocess.run(
            [HERE / "fetch-go", *CURRENT_GO], capture_output=True, text=True,
            env={**os.environ, "GOSUP_CACHE": str(self.cache)}, check=False)
        if fetch.returncode == 0:
            return pathlib.Path(fetch.stdout.strip()) / "bin/go"
        self.missing[release] = fetch.stderr.strip().splitlines()[-1]
        return None

    def go_env(self, cgo="0"):
        return {
            **base_env(HOME=str(self.cache)), "CGO_ENABLED": cgo,
            "GO111MODULE": "off", "GOTOOLCHAIN": "local", "GOPROXY": "off",
            "GOFLAGS": "", "GOCACHE": str(self.cache / "go-build"),
            "GOPATH": str(self.cache / "gopath"),
        }

    def go(self, release="debian", link="static", source="./app"):
        """A Go program of fixtures/: a file, or a directory with a package."""
        tool = self.goroot(release)
        if tool is None:
            return None
        cgo, flags = self.LINKS[link]
        where = HERE / "fixtures" / source
        files = sorted(where.glob("*.go")) if where.is_dir() else [where]
        version = subprocess.run([tool, "version"], capture_output=True,
                                 env=self.go_env(), check=True).stdout

        def build(out):
            subprocess.run([tool, "build", *flags, "-o", out, source],
                           cwd=HERE / "fixtures", env=self.go_env(cgo),
                           check=True)
        return self._kept(f"{where.stem}-{release}-{link}", files,
                          version + repr(flags).encode(), build)

    def need_go(self, release, link, source="./app"):
        """The same, or skip the test with the reason."""
        path = self.go(release, link, source)
        if path is None:
            pytest.skip(self.missing[release])
        return path

    def c(self, name, *flags):
        """A C program of fixtures/: a file, or a directory."""
        where = HERE / "fixtures" / name
        sources = sorted(where.glob("*.c")) or [where.with_suffix(".c")]

        def build(out):
            subprocess.run(["cc", "-std=gnu11", "-D_GNU_SOURCE", "-O1", "-Wall",
                            "-Wextra", "-Werror", "-pthread", *sources, "-o", out,
                            *flags], check=True)
        return self._kept(name + "".join(flags), [*sources, *where.glob("*.h")],
                          repr(flags).encode(), build)

    def _kept(self, name, sources, salt, build):
        digest = hashlib.sha256(salt)
        for source in sources:
            digest.update(source.read_bytes())
        kept = self.cache / "fixtures" / f"{name}-{digest.hexdigest()[:16]}"
        if not kept.exists():
            kept.parent.mkdir(exist_ok=True)
            fresh = kept.with_name(f".{kept.name}.{os.getpid()}")
            build(fresh)
            fresh.rename(kept)
        here = self.where / name
        if not here.exists():
            shutil.copy(kept, here)
            here.chmod(0o755)
        return here
