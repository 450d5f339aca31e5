# SPDX-License-Identifier: Apache-2.0
"""Run each attack under the policies that must hold it off, and without gosup,
where it must succeed. tests/attack/README tells more."""

import contextlib
import errno
import fcntl
import json
import os
import pathlib
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import threading

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integ")]
import support  # noqa: E402
from table import (  # noqa: E402
    ALL, ATTACKS, BROKEN, BY_NAME, CANNOT, DENYING, HELD, Attack, allow_list,
    confined, deny, hide, plain, programs)

MARKER = b"gosup-secret"
SECRET_SIZE = 4099      # swap_stat.c knows the secret by it
SECRETS = {"data", "dgram", "dir", "dynamic", "link", "loader", "pipe", "prog",
           "sock"}
LOCKED = b"gosup-locked"
RACES = 10 if support.LONG else 1


def attempts(name=""):
    """How often what races is tried, under all policies and by both users."""
    return sum(a.count * RACES * len(a.policies) * 2 for a in ATTACKS
               if a.count > 1 and name in a.name)


@pytest.mark.skipif(not support.LONG, reason="long campaign: ./bootstrap test --long")
def test_campaign_is_large():
    assert attempts("swap_path") >= 1_000_000
    assert attempts() >= 10_000_000


# ---- the stage ----

@pytest.fixture(scope="session")
def gosup():
    binary = support.find_binary(support.BUILD)
    if binary is None:
        pytest.fail(f"no gosup in {support.BUILD}: run ./bootstrap build")
    where = pathlib.Path(tempfile.mkdtemp(prefix="gosup-attack-"))
    where.chmod(0o755)
    copy = where / "gosup"
    shutil.copy(binary, copy)
    copy.chmod(0o755)
    yield support.Gosup(copy)
    shutil.rmtree(where, ignore_errors=True)


@pytest.fixture(params=["self", "nobody"])
def user(request):
    if request.param == "self":
        return None
    if not support.IS_ROOT:
        pytest.skip("only root can become another user")
    return support.NOBODY


def program(name):
    path = support.BUILD / "tests" / "attack" / f"attack_{name}"
    if not path.exists():
        pytest.fail(f"{path} is not built")
    return path


# linux/fs.h, for machines with longs of eight bytes
FS_IOC_GETFLAGS, FS_IOC_SETFLAGS = 0x80086601, 0x40086602
FS_IMMUTABLE_FL, FS_APPEND_FL = 0x10, 0x20


def free(tree):
    """Undo what keeps a tree from being removed: attacks that succeed where no
    gosup holds them off mount file systems and make files immutable."""
    for line in reversed(pathlib.Path("/proc/self/mountinfo").read_text().splitlines()):
        point = line.split()[4]
        if point.startswith(f"{tree}/"):
            subprocess.run(["umount", "--lazy", point], check=True)
    for path in tree.rglob("*") if support.IS_ROOT else ():
        if stat.S_IFMT(path.lstat().st_mode) in (stat.S_IFREG, stat.S_IFDIR):
            make_mutable(path)


def make_mutable(path):
    fd = os.open(path, os.O_RDONLY)
    try:
        flags, = struct.unpack("l", fcntl.ioctl(fd, FS_IOC_GETFLAGS, bytes(8)))
        if flags & (FS_IMMUTABLE_FL | FS_APPEND_FL):
            flags &= ~(FS_IMMUTABLE_FL | FS_APPEND_FL)
            fcntl.ioctl(fd, FS_IOC_SETFLAGS, struct.pack("l", flags))
    except OSError as e:
        # Not every file system has such flags.
        if e.errno not in (errno.ENOTTY, errno.EOPNOTSUPP):
            raise
    finally:
        os.close(fd)


class Stage:
    """The trees of attack.h, in a directory of their own."""

    def __init__(self, owner):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="gosup-stage-"))
        self.owner = owner
        self.sock = None

    def __enter__(self):
        for name in ("public00", "secret00", "secret00/dir", "bin", "locked00",
                     "locked00/dir"):
            (self.dir / name).mkdir()
        self.put("public00/data", b"harmless")
        self.put("public00/frozen", b"may be read only")
        self.put("public00/verdict", b"")
        self.put("locked00/data", LOCKED.ljust(SECRET_SIZE, b"."))
        secret = MARKER.ljust(SECRET_SIZE, b".")
        self.put("secret00/data", secret)
        os.symlink("data", self.dir / "secret00/link")
        os.mkfifo(self.dir / "secret00/pipe")
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.bind(str(self.dir / "secret00/sock"))
        self.sock.listen(5)
        self.dgram = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.dgram.bind(str(self.dir / "secret00/dgram"))
        for tree in ("public00", "secret00"):
            shutil.copy(program("swap_exec"), self.dir / tree / "prog")
        for name in ("loader", "dynamic"):
            shutil.copy(program(name), self.dir / "secret00" / name)
        if self.owner is not None and support.IS_ROOT:
            for path in [self.dir, *self.dir.rglob("*")]:
                os.chown(path, self.owner, self.owner, follow_symlinks=False)
        return self

    def __exit__(self, *_):
        self.sock.close()
        self.dgram.close()
        moved = pathlib.Path(f"{self.dir}-moved")   # links.c may do that
        for path in (self.dir, moved):
            free(path)
            shutil.rmtree(path, ignore_errors=True)

    def put(self, name, data):
        (self.dir / name).write_bytes(data)

    def locked(self):
        """All of the locked tree that no attack may change."""
        found = {}
        for path in sorted([self.dir / "locked00",
                            *(self.dir / "locked00").rglob("*")]):
            st = path.lstat()
            found[path.name] = (
                st.st_ino, st.st_mode, st.st_nlink, st.st_uid, st.st_size,
                st.st_mtime_ns, os.listxattr(path, follow_symlinks=False),
                path.is_file() and path.read_bytes())
        return found

    def policy(self, make):
        content = make(self.dir)
        if content is None:
            return None
        path = self.dir / "bin/policy.json"
        path.write_text(json.dumps({"version": 1} | content))
        path.chmod(0o644)
        return path

    def copy(self, name):
        """The attack as a file that every policy lets run."""
        path = self.dir / "bin" / name
        if not path.exists():
            attack = BY_NAME.get(name)
            shutil.copy(program(attack and attack.program or name), path)
            path.chmod(0o755)
        return path

    def argv(self, name, count=1):
        return [self.copy(name), self.dir, count]


@pytest.fixture
def stage(user):
    with Stage(user) as made:
        yield made


def judge(result, want):
    if result.status == CANNOT:
        pytest.skip(result.out.strip() or "no reason given")
    assert result.status == want, result


@contextlib.contextmanager
def given(stage, attack):
    """What the attack finds: yields variables and descriptors to hand on."""
    fds = {name: os.open(stage.dir / path, flags)
           for name, (path, flags) in attack.inherit.items()}
    stop = threading.Event()
    reader = threading.Thread(target=use_secret, args=(stage, stop))
    if attack.outsider:
        reader.start()
    try:
        yield {name: str(fd) for name, fd in fds.items()}, tuple(fds.values())
    finally:
        stop.set()
        if attack.outsider:
            reader.join()
        for fd in fds.values():
            os.close(fd)


def use_secret(stage, stop):
    while not stop.wait(0.002):
        (stage.dir / "secret00/data").read_bytes()


def run_alone(stage, attack, user=None, **env):
    # The first success ends it, so races may be given time.
    count = attack.count * 20 if attack.count > 1 else 1
    with given(stage, attack) as (more, fds):
        return support.run(
            [str(a) for a in stage.argv(attack.name, count)], user=user,
            env=support.base_env(**(attack.env | env | more)), pass_fds=fds,
            deadline=120)


# ---- the attacks ----

@pytest.mark.parametrize("name,make", [
    pytest.param(attack.name, make, id=f"{attack.name}-{make.__name__}")
    for attack in ATTACKS for make in attack.policies])
def test_held(gosup, stage, user, name, make):
    attack = BY_NAME[name]
    env = dict(attack.env)
    if make in DENYING:
        env["ATTACK_LOOKING_DENIED"] = "1"
    locked = stage.locked()
    with given(stage, attack) as (more, fds):
        result = gosup.run(
            *stage.argv(name, attack.count * RACES), policy=stage.policy(make),
            user=user, env=support.base_env(**env, **more), pass_fds=fds,
            deadline=40 * RACES)
    judge(result, HELD)
    assert stage.locked() == locked
    assert (stage.dir / "secret00/data").stat().st_size == SECRET_SIZE
    assert set(os.listdir(stage.dir / "secret00")) == SECRETS


@pytest.mark.parametrize("name", BY_NAME)
def test_succeeds_alone(stage, user, name):
    """Without gosup. Races may be lost at times: one success is enough."""
    attack = BY_NAME[name]
    for _ in range(10):
        result = run_alone(stage, attack, user, ATTACK_CONTROL="1")
        if result.status == attack.alone:
            break
        for left in ("good", "evil", "next", "pinned", "out", "script", "elf",
                     "way"):
            path = stage.dir / "public00" / left
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    judge(result, attack.alone)


@pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)
def test_links_exchanged_from_outside(gosup, stage, user, make):
    """The program may not make links, but somebody else may, at any time."""
    flipper = [str(a) for a in stage.argv("swap_link")]
    with support.Process(flipper, user=user,
                         env=support.base_env(ATTACK_ROLE="flip")) as flip:
        flip.expect("ready")
        result = gosup.run(
            *stage.argv("swap_link", 20_000 * RACES),
            policy=stage.policy(make), user=user, deadline=40 * RACES,
            env=support.base_env(ATTACK_ROLE="open"))
    judge(result, HELD)


# Without rules no path is judged: what the mode of a file in /proc lets root,
# or anybody, open, is open. A known limit, stated in the readme.
@pytest.mark.parametrize("make", [
    pytest.param(plain, marks=pytest.mark.xfail(
        reason="without rules, paths in /proc are not judged")), *ALL],
    ids=lambda make: make.__name__)
def test_supervisor_out_of_reach(gosup, stage, user, make):
    if make is plain:
        # Nothing is denied: only reaching the supervisor counts.
        (stage.dir / "secret00/data").write_bytes(b"nothing")
    # The shell's process id becomes gosup's.
    argv = ["/bin/sh", "-c", 'ATTACK_VICTIM=$$ exec "$@"', "sh",
            *gosup.argv(*stage.argv("supervisor"), policy=stage.policy(make))]
    judge(support.run(argv, user=user, deadline=60,
                      env=support.base_env(ATTACK_PARENT="1")), HELD)


def test_victim_within_reach_alone(stage, user):
    with support.Process(["/bin/sleep", "1000"], user=user) as victim:
        result = support.run(
            [str(a) for a in stage.argv("supervisor")], user=user,
            env=support.base_env(ATTACK_VICTIM=str(victim.pid)), deadline=60)
    judge(result, BROKEN)


OUTSIDER_WAYS = ("descriptor", "vectors", "file", "samples", "tracing")


def proc_open(tree):
    """All of /proc is open."""
    policy = allow_list(tree)
    policy["files"].append({"path": "/proc", "allow": "read write"})
    policy["files"] = [rule for rule in policy["files"]
                       if rule != {"path": "/proc", "allow": "read"}]
    return policy


def proc_open_mediated(tree):
    policy = proc_open(tree)
    policy["files"].append({"path": "/etc/gosup-made-up", "content": "x"})
    return policy


@pytest.mark.parametrize("landlock", [True, False], ids=["landlock", "supervisor"])
@pytest.mark.parametrize("way", OUTSIDER_WAYS)
@pytest.mark.parametrize("make", [*ALL, programs, proc_open, proc_open_mediated],
                         ids=lambda make: make.__name__)
def test_processes_outside(gosup, stage, user, make, way, landlock):
    """What others do is not judged, so they are not to be reached into."""
    options = [] if landlock else ["--debug-landlock=0"]
    with support.Process(["/bin/sleep", "1000"], user=user) as victim:
        judge(gosup.run(*stage.argv("outsider"), policy=stage.policy(make), user=user,
                        options=options, env=outsider_env(victim.pid, way)), HELD)


def outsider_env(pid, way):
    return support.base_env(ATTACK_VICTIM=str(pid),
                            ATTACK_WAY=str(OUTSIDER_WAYS.index(way)))


@pytest.mark.parametrize("way", OUTSIDER_WAYS)
def test_processes_outside_alone(stage, user, way):
    with support.Process(["/bin/sleep", "1000"], user=user) as victim:
        result = support.run([str(a) for a in stage.argv("outsider")], user=user,
                             env=outsider_env(victim.pid, way))
    judge(result, BROKEN)


@contextlib.contextmanager
def with_own_mounts(stage, user):
    """A process that has the secret tree at public00/spot, where nobody else has."""
    spot = stage.dir / "public00/spot"
    spot.mkdir(exist_ok=True)
    script = ('mount --bind "$1/secret00" "$1/public00/spot" && cd "$1/public00/spot" && '
              'exec 3<. && echo ready && exec sleep 1000')
    own = ["unshare", "--mount"] if user is None and support.IS_ROOT else [
        "unshare", "--mount", "--map-root-user"]
    with support.Process([*own, "sh", "-c", script, "sh", str(stage.dir)],
                         user=user) as victim:
        try:
            victim.expect("ready")
        except AssertionError:
            pytest.skip("no mount namespaces for this user")
        yield victim


@pytest.mark.parametrize("landlock", [True, False], ids=["landlock", "supervisor"])
@pytest.mark.parametrize("make", [*ALL, programs], ids=lambda make: make.__name__)
def test_foreign_mounts(gosup, stage, user, make, landlock):
    """What another process has bound elsewhere is not had by its name there."""
    if make is programs:
        # Nothing is denied but starting it.
        (stage.dir / "secret00/data").write_bytes(b"nothing")
    with with_own_mounts(stage, user) as victim:
        judge(gosup.run(*stage.argv("foreign_mounts"), policy=stage.policy(make), user=user,
                        options=[] if landlock else ["--debug-landlock=0"],
                        env=support.base_env(ATTACK_VICTIM=str(victim.pid))), HELD)


def test_foreign_mounts_alone(stage, user):
    with with_own_mounts(stage, user) as victim:
        result = support.run([str(a) for a in stage.argv("foreign_mounts")], user=user,
                             env=support.base_env(ATTACK_VICTIM=str(victim.pid)))
    judge(result, BROKEN)


@pytest.mark.parametrize("landlock", [True, False], ids=["landlock", "supervisor"])
@pytest.mark.parametrize("way", OUTSIDER_WAYS)
def test_processes_inside(gosup, stage, user, way, landlock):
    """A program may trace its own, as debuggers do."""
    if way == "descriptor" and not landlock:
        pytest.skip("refused where Landlock cannot judge it")
    # Who is traced already is refused an execve that has to be verified, and while
    # that is done it is gosup that traces.
    script = ('sleep 1000 & until read _ name state _ </proc/$!/stat && '
              '[ "$name$state" = "(sleep)S" ]; do :; done; ATTACK_VICTIM=$! exec "$@"')
    argv = ["/bin/sh", "-c", script, "sh", *stage.argv("outsider")]
    judge(gosup.run(*argv, policy=stage.policy(deny), user=user,
                    options=[] if landlock else ["--debug-landlock=0"],
                    env=outsider_env(0, way)), BROKEN)


@pytest.mark.parametrize("way", ["alone", "landlock", "supervisor"])
def test_signals_to_others(gosup, stage, user, way):
    """Signals of the program stay within its tree."""
    options = ["--debug-landlock=5"] if way == "supervisor" else []
    argv = [str(a) for a in stage.argv("send_out", 300 * RACES)]
    if way != "alone":
        argv = gosup.argv(*argv, policy=stage.policy(
            lambda tree: {"signals": {"send": "tree"}}), options=options)
    siginfo = support.Fixtures(stage.dir).c("siginfo")
    with support.Process([siginfo], user=user) as victim:
        victim.expect("ready")
        judge(support.run(argv, user=user, deadline=60, env=support.base_env(
            ATTACK_VICTIM=str(victim.pid))), BROKEN if way == "alone" else HELD)
        os.kill(victim.pid, signal.SIGUSR1)
        victim.expect(f"^got {int(signal.SIGUSR1)} ")
        assert (victim.seen.decode().count("got") > 1) == (way == "alone")


def verdict(stage):
    return (stage.dir / "public00/verdict").read_text().split()


@pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)
@pytest.mark.parametrize("whom", ["group", "everybody"])
def test_killing_ones_group(gosup, stage, user, make, whom):
    """Kill all that supervises, from a session of its own, then look."""
    argv = gosup.argv(*stage.argv("group_kill"), policy=stage.policy(make))
    env = support.base_env(ATTACK_GROUP="1")
    if whom == "everybody":
        if user is not None or not support.IS_ROOT:
            pytest.skip("only root makes pid namespaces here")
        argv = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child",
                *argv]
        env |= {"ATTACK_EVERYBODY": "1",
                "ATTACK_HOST_PIDNS": os.readlink("/proc/self/ns/pid")}
    with support.Process(argv, user=user, env=env) as process:
        process.finish(deadline=60)
        support.poll(lambda: not members_of(stage.dir),
                     "the end of all processes")
    assert "started" in verdict(stage), "the attack did not run"
    assert "broken" not in verdict(stage)


def test_stopping_ones_group(gosup, stage, user):
    """One process stops the group that the supervisor is in and continues it,
    as `(sleep 1; kill -CONT $$) & kill -STOP $$` does in a shell."""
    argv = gosup.argv(*stage.argv("group_kill"), policy=stage.policy(deny))
    env = support.base_env(ATTACK_GROUP="1", ATTACK_STOP="1")
    with support.Process(argv, env=env) as process:
        support.poll(lambda: "alive" in verdict(stage), "the verdict", 5)
        process.finish()


def members_of(where):
    """Processes of the attack that still run, by their program."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/exe").startswith(str(where)):
                found.append(pid)
        except OSError:
            pass
    return found


def test_killing_ones_group_alone(stage, user):
    env = support.base_env(ATTACK_GROUP="1")
    argv = [str(a) for a in stage.argv("group_kill")]
    with support.Process(argv, user=user, env=env) as process:
        process.finish(deadline=60)
        support.poll(lambda: "broken" in verdict(stage), "the verdict")


@pytest.mark.parametrize("make", [plain, *ALL], ids=lambda make: make.__name__)
def test_no_descriptor_is_inherited(gosup, stage, user, make):
    judge(gosup.run(*stage.argv("fds"), policy=stage.policy(make), user=user),
          HELD)


def test_foreign_descriptor_is_seen_alone(stage, user):
    with open("/dev/null", "rb") as extra:
        result = support.run([str(a) for a in stage.argv("fds")], user=user,
                             pass_fds=[extra.fileno()])
    judge(result, BROKEN)


@pytest.mark.parametrize("make", [deny, hide, confined],
                         ids=lambda make: make.__name__)
def test_inherited_directory(gosup, stage, user, make):
    """The shell left a descriptor of the denied directory open."""
    fd = os.open(stage.dir / "secret00", os.O_RDONLY | os.O_DIRECTORY)
    try:
        result = gosup.run(
            *stage.argv("dirfd"), policy=stage.policy(make), user=user,
            pass_fds=[fd], env=support.base_env(ATTACK_FD=str(fd)))
    finally:
        os.close(fd)
    judge(result, HELD)


@pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)
def test_file_handle(gosup, stage, user, make):
    argv = stage.argv("handle")
    told = support.run([str(a) for a in argv], user=user,
                       env=support.base_env(ATTACK_PRINT="1"))
    judge(told, HELD)
    judge(gosup.run(*argv, policy=stage.policy(make), user=user,
                    env=support.base_env(ATTACK_HANDLE=told.out.strip())), HELD)


def test_file_handle_alone(stage, user):
    judge(run_alone(stage, Attack("handle"), user), BROKEN)


def test_every_attack_is_run():
    """meson.build, the sources and this table must name the same."""
    sources = {path.stem for path in HERE.glob("*.c")}
    apart = {"supervisor", "foreign_mounts", "group_kill", "fds", "handle", "outsider", "send_out"}
    assert sources == {a.program or a.name for a in ATTACKS} | apart
    text = (HERE / "meson.build").read_text()
    assert all(f"'{name}'" in text for name in sources)
