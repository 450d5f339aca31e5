# SPDX-License-Identifier: Apache-2.0
"""System calls that take paths, at random: with all flags, bad pointers, odd
descriptors, magic links, changing ids, capabilities, umasks and directories. Under
a policy that has each path judged, and changes nothing, all that they return and
leave behind is what it is without gosup; and where a tree is seen through a view,
it is what it is where the tree is mounted."""

import os
import random
import shutil
import stat

import pytest

import support
from test_views import mounted

CALLS = 400     # in one tree
TREES = 40 if support.LONG else 4
SEEDS = [1, 2, random.randrange(1 << 32) if support.LONG else 3]


def snapshot(where):
    """What is on the disk, but for what differs natively, too."""
    found = {}
    for top, dirs, files in os.walk(where):
        for name in dirs + files:
            path = os.path.join(top, name)
            info = os.lstat(path)
            line = [oct(info.st_mode), info.st_uid, info.st_gid]
            if stat.S_ISREG(info.st_mode):
                with open(path, "rb") as file:
                    line += [info.st_size, info.st_nlink, file.read(10000)]
            elif stat.S_ISLNK(info.st_mode):
                line.append(os.readlink(path))
            if info.st_mtime < 1.5e9:
                line.append(info.st_mtime_ns)
            line += [(name, os.getxattr(path, name, follow_symlinks=False)) for name in
                     sorted(os.listxattr(path, follow_symlinks=False))]
            found[os.path.relpath(path, where)] = line
    return found


def compare(alone, judged, seed):
    """The first line that differs, with what came before it."""
    for i, (one, other) in enumerate(zip(alone.out.splitlines(), judged.out.splitlines())):
        if one != other:
            before = "\n".join(alone.out.splitlines()[max(0, i - 12):i])
            pytest.fail(f"seed {seed}:\n{before}\nalone:  {one}\njudged: {other}",
                        pytrace=False)
    assert (alone.status, alone.err) == (judged.status, judged.err) == (0, ""), judged


def play(scratch, fixtures, seed, who, wrap, *more):
    """Run it in a fresh tree, and see what is left."""
    site = scratch / "site"
    shutil.rmtree(site, ignore_errors=True)
    for name in ("", "seen", "store"):
        (site / name).mkdir()
        if who is not None:
            os.chown(site / name, who, who)
    argv = wrap([str(arg) for arg in (fixtures.c("paths"), site / "seen", site / "outside",
                                      seed, TREES, CALLS, *more)])
    # As root, nothing else may be changed, whatever goes wrong.
    if support.IS_ROOT:
        become = ["setpriv", f"--reuid={who}", f"--regid={who}", "--clear-groups"]
        argv = [fixtures.c("read_only"), site, *(become if who else []), *argv]
    result = support.run([str(arg) for arg in argv], cwd="/",
                         deadline=20 * support.DEADLINE)
    if result.status == 77:
        pytest.skip(result.err)
    return result, snapshot(site) if support.IS_ROOT else None


@pytest.mark.parametrize("seed", SEEDS, ids=["one", "two", "three"])
@pytest.mark.parametrize("kind", ["apart", "allow"])
def test_same_as_alone(gosup, policy, scratch, fixtures, who, kind, seed):
    files = [{"path": "/gosup-none/file", "content": "x\n"},
             {"path": "/gosup-none/denied", "deny": "EACCES"}]
    if kind == "allow":
        files.append({"path": str(scratch), "allow": "read write exec"})
    rules = policy(files=files)
    alone, left = play(scratch, fixtures, seed, who, lambda argv: argv)
    assert alone.out.count("\n") > TREES * CALLS / 2
    judged, judged_left = play(scratch, fixtures, seed, who,
                               lambda argv: gosup.argv(*argv, policy=rules))
    compare(alone, judged, seed)
    assert judged_left == left


@pytest.mark.parametrize("seed", SEEDS, ids=["one", "two", "three"])
def test_same_as_mounted(gosup, policy, scratch, fixtures, root_only, seed):
    site = scratch / "site"
    rules = policy(files=[{"path": str(site / "seen"), "map": str(site / "store")}])
    alone, left = play(scratch, fixtures, seed, None, lambda argv: mounted(
        argv, site / "store", site / "seen", None), "view")
    judged, judged_left = play(scratch, fixtures, seed, None,
                               lambda argv: gosup.argv(*argv, policy=rules), "view")
    compare(alone, judged, seed)
    assert judged_left == left
