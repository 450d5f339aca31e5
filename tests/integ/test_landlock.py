# SPDX-License-Identifier: Apache-2.0
"""Rules that the kernel's Landlock enforces: the same as by the supervisor, and
without asking it."""

import ctypes
import errno
import json
import os
import shutil

import pytest

import support

NONE = "--debug-landlock=0"


ABI = max(0, ctypes.CDLL(None, use_errno=True).syscall(444, None, 0, 1))

pytestmark = pytest.mark.skipif(
    ABI < 3, reason=f"Landlock ABI 3 is needed, the kernel has {ABI}")


def plant(where):
    """Places of every kind, as if nobody had been there."""
    shutil.rmtree(where, ignore_errors=True)
    where.mkdir()
    for name in ("ro", "rw", "rw/sub", "x", "all", "none", "ro/sub"):
        (where / name).mkdir()
    for name in ("ro", "rw", "rw/sub", "x", "all", "none"):
        for file in ("a", "b"):
            (where / name / file).write_text("text\n")
        (where / name / "tool").write_text("#!/bin/true\n")
        (where / name / "tool").chmod(0o755)
        os.symlink("a", where / name / "link")
        os.symlink("../rw/a", where / name / "to-rw")
        os.symlink("../none/a", where / name / "to-none")
        os.mkfifo(where / name / "pipe")
    for name in ("read-file", "write-file", "loose"):
        (where / name).write_text("text\n")
    if support.IS_ROOT:
        for path in (where, *where.rglob("*")):
            os.chown(path, support.NOBODY, support.NOBODY, follow_symlinks=False)


@pytest.fixture
def tree(scratch):
    plant(scratch / "tree")
    return scratch / "tree"


def allow_list(policy, fixtures, tree, *more, **keys):
    return policy(default="deny", files=[
        {"path": "/usr", "allow": "read exec"},
        {"path": "/lib64", "allow": "read exec"},
        {"path": "/lib", "allow": "read exec"},
        {"path": "/bin", "allow": "read exec"},
        {"path": "/dev/null", "allow": "read write"},
        {"path": "/proc", "allow": "read"},
        {"path": str(fixtures.where), "allow": "read exec"},
        {"path": f"{tree}/ro", "allow": "read"},
        {"path": f"{tree}/ro/sub", "allow": "read exec"},
        {"path": f"{tree}/rw", "allow": "read write"},
        {"path": f"{tree}/x", "allow": "read exec"},
        {"path": f"{tree}/all", "allow": "read write exec"},
        {"path": f"{tree}/read-file", "allow": "read"},
        {"path": f"{tree}/write-file", "allow": "read write"},
        {"path": f"{tree}/missing", "allow": "read write"},
        *more], **keys)


PLACES = [
    "ro", "ro/a", "ro/sub", "ro/new", "ro/link", "ro/to-rw", "ro/pipe",
    "ro/tool", "rw", "rw/a", "rw/sub", "rw/sub/a", "rw/new", "rw/link",
    "rw/to-none", "rw/pipe", "rw/tool", "x/a", "x/tool", "x/new", "all",
    "all/a", "all/tool", "all/new", "none", "none/a", "none/new", "none/tool",
    "none/to-rw", "none/link", "read-file", "write-file", "loose", "missing",
    "missing/deep", "./rw//a", "rw/a/", "rw/new/",
]


def calls(gosup, fixtures, tree, user, rules=None, options=()):
    """What each call on each place gives; without rules, without gosup."""
    argv = [str(fixtures.c("layers", "-static")),
            str(tree), *PLACES]
    plant(tree)
    if rules is None:
        result = support.run(argv, user=user)
    else:
        result = gosup.run(*argv, policy=rules, user=user, options=options)
    assert result.status == 0 and not result.err, result
    lines = [line.rsplit(": ", 1) for line in result.out.splitlines()]
    return {call: int(number) for call, number in lines}


def compare(gosup, fixtures, tree, policy, user, one, other):
    """The same is refused, and with the same error; unless the call fails in
    any case, and one judge says so and the other that it is denied."""
    rules = allow_list(policy, fixtures, tree, log={"to": "none"})
    alone = calls(gosup, fixtures, tree, user)
    first = calls(gosup, fixtures, tree, user, rules, [one])
    second = calls(gosup, fixtures, tree, user, rules, [other])
    assert len(alone) > 2500 and first.keys() == second.keys() == alone.keys()
    assert sum(not number for number in first.values()) > 500
    denied = (errno.EACCES, errno.EXDEV)
    different = {
        call: (alone[call], first[call], second[call]) for call in alone
        if first[call] != second[call] and
        not (first[call] in (*denied, alone[call]) and
             second[call] in (*denied, alone[call]) and
             first[call] and second[call])}
    assert not different, "\n".join(f"{k}: {v}" for k, v in different.items())


def test_layers_agree(gosup, fixtures, policy, tree, who):
    """Whether Landlock or the supervisor judges makes no difference."""
    compare(gosup, fixtures, tree, policy, who, NONE, "--debug-landlock=99")


@pytest.mark.parametrize("abi", range(1, 7))
def test_older_kernels_agree(gosup, fixtures, policy, tree, abi):
    user = support.NOBODY if support.IS_ROOT else None
    compare(gosup, fixtures, tree, policy, user, NONE, f"--debug-landlock={abi}")


def asked(gosup, *argv, rules, scratch, user=None, options=()):
    """What the supervisor was asked, by call. It writes that to where the
    program could not."""
    out = scratch / "stats.json"
    out.write_text("")
    out.chmod(0o666)
    result = gosup.run(*argv, policy=rules, user=user, options=[
        "--stats=json", f"--stats-file={out}", *options])
    counts = json.loads(out.read_text())["syscalls"]
    return result, {c["syscall"]: c["notified"] for c in counts if c["notified"]}


def test_nobody_is_asked(gosup, each_app, fixtures, policy, tree):
    rules = allow_list(policy, fixtures, tree)
    user = support.NOBODY if support.IS_ROOT else None
    result, counts = asked(
        gosup, each_app, "files", f"read:{tree}/ro/a", f"write:{tree}/rw/a=x",
        f"create:{tree}/rw/new=x", f"stat:{tree}/none/a", f"list:{tree}/ro",
        f"rename:{tree}/rw/new={tree}/rw/sub/new", f"unlink:{tree}/rw/sub/new",
        f"read:{tree}/none/a", rules=rules, scratch=tree, user=user)
    errors = [line["errno"] for line in result.lines()]
    assert errors == [0] * 7 + [errno.EACCES], result
    assert counts == {}, counts


def test_programs_start_unasked(gosup, fixtures, policy, tree):
    if ABI < 4:
        pytest.skip("needs Landlock ABI 4")
    user = support.NOBODY if support.IS_ROOT else None
    script = f"/bin/true; {tree}/x/tool; {tree}/ro/tool; {tree}/none/tool; echo $?"
    rules = allow_list(policy, fixtures, tree)
    result, counts = asked(gosup, "/bin/sh", "-c", script, rules=rules,
                           scratch=tree, user=user)
    assert result.out == "126\n"
    assert "execve" not in counts
    # Each start is recorded if that is wanted, and judged the same.
    rules = allow_list(policy, fixtures, tree, log={"to": "none", "events": ["exec"]})
    assert "execve" not in asked(gosup, "/bin/sh", "-c", script, rules=rules,
                                 scratch=tree, user=user)[1]
    log = tree / "starts"
    log.write_text("")
    log.chmod(0o666)
    rules = allow_list(policy, fixtures, tree,
                       log={"to": {"file": str(log)}, "events": ["exec"]})
    result, counts = asked(gosup, "/bin/sh", "-c", script, rules=rules,
                           scratch=tree, user=user)
    assert result.out == "126\n"
    assert counts["execve"] >= 4 and "openat" not in counts
    assert len(log.read_text().splitlines()) >= 3


def test_records_are_kept(gosup, app, fixtures, policy, tree):
    """Landlock does not tell what it denied, so who wants to know, is told."""
    log = tree / "log"
    rules = allow_list(policy, fixtures, tree)
    gosup.run(app, "files", f"read:{tree}/none/a", policy=rules,
              options=[f"--log={log}"])
    found = [json.loads(line)["object"] for line in log.read_text().splitlines()]
    assert f"{tree}/none/a" in found


def test_views_take_landlock_out(gosup, app, fixtures, policy, tree):
    rules = allow_list(policy, fixtures, tree,
                       {"path": f"{tree}/ro/a", "content": "seen\n"},
                       {"path": f"{tree}/rw/sub", "deny": "EPERM"})
    result = gosup.run(app, "files", f"read:{tree}/ro/a", f"read:{tree}/ro/b",
                       f"read:{tree}/rw/sub/a", f"read:{tree}/none/a",
                       f"create:{tree}/rw/new=x", policy=rules)
    assert [line["errno"] for line in result.lines()] == [
        0, 0, errno.EPERM, errno.EACCES, 0]
    assert result.lines()[0]["result"] == "seen\n"


SIGNALS = """
import os, signal, subprocess, sys
def kill(pid, sig):
    try:
        os.kill(pid, sig)
        return 0
    except OSError as e:
        return e.errno
child = subprocess.Popen(["/bin/sleep", "1000"])
print(kill(int(sys.argv[1]), 0), kill(child.pid, signal.SIGTERM), child.wait(),
      kill(os.getppid(), signal.SIGKILL))
"""


def test_signals_stay_inside(gosup, fixtures, policy, tree, who):
    if ABI < 6:
        pytest.skip("needs Landlock ABI 6")
    rules = allow_list(policy, fixtures, tree, {"path": "/etc", "allow": "read"})
    with support.Process(["/bin/sleep", "1000"], user=who) as other:
        result, counts = asked(
            gosup, "/usr/bin/python3", "-c", SIGNALS, other.pid, rules=rules,
            scratch=tree, user=who)
        assert result.out.split() == [str(errno.EPERM), "0", "-15", str(errno.EPERM)]
        assert "kill" not in counts
        result = gosup.run("/usr/bin/python3", "-c", SIGNALS, other.pid,
                           policy=rules, user=who, options=[NONE])
        assert result.out.split() == ["0", "0", "-15", str(errno.EPERM)]


def test_own_proc(gosup, fixtures, policy, tree):
    """/proc/self is the program's own."""
    rules = policy(default="deny", include=["@base", "@glibc"], files=[
        {"path": "/usr", "allow": "read exec"}])
    result = gosup.run("/usr/bin/cat", "/proc/self/comm", "/proc/self/task/../comm",
                       policy=rules)
    assert result.out == "cat\ncat\n", result
    result = gosup.run("/usr/bin/cat", "/proc/1/comm", policy=rules)
    assert result.status == 1
