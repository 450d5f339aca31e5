# SPDX-License-Identifier: Apache-2.0
"""A machine with a real systemd as PID 1, by systemd-nspawn.

systemd takes over the control group that it is started in, so the machine gets
one of its own and can never get hold of anything else; it is removed with the
machine, whatever happens.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import uuid

import support
from lab import Missing
from support import poll

HERE = pathlib.Path(__file__).resolve().parent
CGROUPS = pathlib.Path("/sys/fs/cgroup")
# nspawn's own filter refuses what a service manager on real hardware would not.
ALLOWED = ("pidfd_getfd perf_event_open bpf landlock_create_ruleset "
           "landlock_add_rule landlock_restrict_self")
WHERE = "/srv/test"


class Leaf:
    """A control group without anything in it, in each hierarchy that systemd
    wants."""

    def __init__(self):
        if (CGROUPS / "cgroup.procs").exists():
            roots = [CGROUPS]
        else:
            roots = [CGROUPS / name for name in ("unified", "systemd")
                     if (CGROUPS / name / "cgroup.procs").exists()]
        if not roots:
            raise Missing("there is no control group hierarchy for systemd")
        # One name everywhere: nspawn looks for it in the one and makes it in
        # the other.
        name = f"gosup-test-{uuid.uuid4()}"
        self.dirs = []
        try:
            for root in roots:
                (root / name).mkdir()
                self.dirs.append(root / name)
        except OSError as error:
            self.remove()
            raise Missing(f"cannot make a control group: {error}") from None

    def enter(self):
        """Move the calling process there."""
        for path in self.dirs:
            (path / "cgroup.procs").write_text(str(os.getpid()))

    def processes(self):
        for path in self.dirs:
            for procs in path.rglob("cgroup.procs"):
                try:
                    yield from map(int, procs.read_text().split())
                except OSError:
                    pass                # the group has just been removed

    def kill(self):
        for pid in set(self.processes()):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def remove(self):
        self.kill()
        for path in self.dirs:
            for below, _, _ in os.walk(path, topdown=False):
                def gone(below=below):
                    try:
                        os.rmdir(below)
                    except FileNotFoundError:
                        pass
                    except OSError:
                        self.kill()     # or one is still on its way out
                        return False
                    return True
                poll(gone, f"the end of {below}")
        self.dirs = []


def system_tree():
    """The file system to boot."""
    if not support.IS_ROOT:
        raise Missing("only root can boot a machine")
    if shutil.which("systemd-nspawn") is None:
        raise Missing("systemd-nspawn is not installed")
    made = subprocess.run(
        [HERE / "system-tree"], capture_output=True, text=True, check=False,
        env={**os.environ, "GOSUP_CACHE": str(support.cache_dir())})
    if made.returncode:
        raise Missing(made.stderr.strip().splitlines()[-1])
    return made.stdout.strip()


def is_first_of_its_namespace(pid):
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return re.search(r"^NSpid:\t\d+\t1$", status, re.M) is not None


class Machine:
    """Use it in a with block. Commands run in it as root; what is written to its
    file system is gone at the end."""

    def __init__(self, shared, binds=()):
        """shared: a directory that the machine has as WHERE.
        binds: (path outside, path inside), read-only"""
        self.shared = pathlib.Path(shared)
        self.binds = binds
        self.leaf = self.nspawn = self.leader = None
        self.log = None

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            if self.leader and not support.is_gone(self.leader):
                os.kill(self.leader, signal.SIGKILL)
            elif self.nspawn:
                self.nspawn.kill()
            if self.nspawn:
                try:
                    self.nspawn.wait(support.DEADLINE)
                except subprocess.TimeoutExpired:
                    self.nspawn.kill()
                    self.nspawn.wait()
        finally:
            if self.log:
                self.log.close()
            if self.leaf:
                self.leaf.remove()

    def _start(self):
        tree = system_tree()
        self.leaf = Leaf()
        self.log = tempfile.TemporaryFile()
        argv = ["systemd-nspawn", "--quiet", f"--directory={tree}", "--boot",
                "--register=no", "--keep-unit", "--volatile=overlay",
                f"--machine=gosup-{os.getpid()}", "--capability=all",
                "--private-network", f"--system-call-filter={ALLOWED}",
                f"--bind={self.shared}:{WHERE}"]
        argv += [f"--bind-ro={outside}:{inside}"
                 for outside, inside in self.binds]
        self.nspawn = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=subprocess.STDOUT, preexec_fn=self.leaf.enter,
            start_new_session=True, env=support.base_env())
        try:
            poll(self._find_leader, "the machine's PID 1")
            poll(self._is_up, "the machine to be up", 60 * support.PATIENCE)
        except AssertionError as error:
            raise Missing(f"systemd does not boot here: {error}; "
                          f"{self.said()}") from None

    def said(self):
        """The last lines of the console."""
        self.log.seek(0)
        text = self.log.read().decode(errors="replace")
        return " / ".join(text.strip().splitlines()[-3:])

    def _find_leader(self):
        if self.nspawn.poll() is not None:
            raise Missing(f"systemd does not boot here: {self.said()}")
        # nspawn has another child first, which is not in the machine.
        for pid in support.children(self.nspawn.pid):
            if is_first_of_its_namespace(pid):
                self.leader = pid
        return self.leader

    def _is_up(self):
        state = self.run("systemctl", "is-system-running").out.strip()
        return state in ("running", "degraded")

    def path(self, outside):
        """Where the machine has a path below the shared directory."""
        inside = pathlib.Path(outside).relative_to(self.shared)
        return f"{WHERE}/{inside}"

    def outside(self, inside):
        """Where we have a path of the machine."""
        return pathlib.Path(f"/proc/{self.leader}/root{inside}")

    def argv(self, *argv):
        return ["nsenter", "-t", str(self.leader), "-a",
                *[str(arg) for arg in argv]]

    def run(self, *argv, **how):
        return support.run(self.argv(*argv), **how)

    def check(self, *argv, **how):
        """Run it; it must succeed. Return: what it printed."""
        result = self.run(*argv, **how)
        assert result.status == 0, f"{argv}: {result}"
        return result.out

    def write(self, path, text):
        file = self.outside(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o644)

    def units(self, **texts):
        """Unit files by name; "_" stands for the dot."""
        for name, text in texts.items():
            self.write(f"/etc/systemd/system/{name.replace('_', '.')}", text)
        self.check("systemctl", "daemon-reload")

    def show(self, unit, name):
        return self.check("systemctl", "show", "--value", "-p", name,
                          unit).strip()

    def until(self, unit, name, wanted):
        """Wait for a property of a unit."""
        seen = [None]

        def there():
            seen[0] = self.show(unit, name)
            return seen[0] == wanted
        try:
            poll(there, f"{unit} {name}={wanted}")
        except AssertionError as error:
            status = self.run("systemctl", "status", "-l", unit).out
            raise AssertionError(f"{error}, which is {seen[0]}\n{status}"
                                 ) from None

    def journal(self, unit, *options):
        return self.check("journalctl", "-q", "--no-pager", "-o", "cat", "-u",
                          unit, *options)
