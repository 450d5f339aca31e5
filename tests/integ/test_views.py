# SPDX-License-Identifier: Apache-2.0
"""A view against the same tree made by mounting: everything that a program can
ask about it has the same answer."""

import json
import shutil
import subprocess
import sys

import pytest

import support

# What a view cannot do, as gosup-policy(5) says, or where it is more careful.
LIMITS = {
    "nofollow rel": "ELOOP",    # a link cannot be handed over, only read
    "unlink tree": "EBUSY", "symlink gone": "EROFS",
    "openat2 into it": "ENOENT", "openat2 beneath": "ENOENT",
    "openat2 1 ../beside": "ENOENT", "openat2 4 ../beside": "ENOENT",
}
SCRIPT = support.HERE / "fixtures/views.py"


def plant(tree, seen, outside):
    """A tree that is at home in `tree` and to be seen at `seen`."""
    (tree / "sub").mkdir(parents=True)
    (tree / "a").write_text("file a\n")
    (tree / "sub/b").write_text("file b\n")
    shutil.copy("/usr/bin/readlink", tree / "tool")
    for name, target in {
            "rel": "a", "abs": seen / "a", "out": outside,
            "up": f"../{outside.name}", "dangling": "nothing",
            "sub/up": "../a", "sub/loop": "loop", "dir": "sub"}.items():
        (tree / name).symlink_to(target)


@pytest.fixture
def site(scratch):
    """Where the tree lies, where it is seen, and what is around both."""
    where = scratch / "site"
    for folder in (where, where / "seen", where / "folder", scratch / "store"):
        folder.mkdir()
    for name, text in (("outside", "outside\n"), ("beside", "beside\n"),
                       ("out-here", "here\n"), ("../store/outside", "wrong\n"),
                       ("../store/out-here", "wrong\n"), ("seen/under", "under\n")):
        (where / name).write_text(text)
    plant(scratch / "store/tree", where / "seen", where / "outside")
    return where


def give(path, user):
    if user is not None:
        subprocess.run(["chown", "-hR", f"{user}:{user}", path], check=True)


def probe(argv, **how):
    result = support.run([str(a) for a in argv], **how)
    assert result.status == 0, result
    return json.loads(result.out)


def differences(alone, shown, limits):
    return [f"{name}:\n  mounted {alone.get(name)}\n  viewed  {shown.get(name)}"
            for name in sorted(set(alone) | set(shown))
            if alone.get(name) != shown.get(name) and (
                name not in limits or shown.get(name) != limits[name])]


def mounted(argv, source, seen, user, options="bind"):
    """The same program where the tree is mounted, nobody else seeing it."""
    become = ["setpriv", f"--reuid={user}", f"--regid={user}",
              "--clear-groups"] if user is not None else []
    return ["unshare", "--mount", "sh", "-ec",
            f"mount -o {options} {source} {seen}; " + (
                f"mount -o remount,bind,ro {seen}; " if "ro" in options else "")
            + 'exec "$@"', "sh", *become, *argv]


@pytest.mark.parametrize("kind", ["map", "from"])
def test_tree(gosup, policy, scratch, site, who, root_only, kind):
    tree, seen = scratch / "store/tree", site / "seen"
    give(scratch, who)
    argv = [sys.executable, SCRIPT, seen, site / "outside", "tool"]
    shutil.copytree(tree, scratch / "store/again", symlinks=True)
    give(scratch / "store/again", who)
    rules = policy(files=[{"path": str(seen), kind: str(tree)}])
    alone = probe(mounted(argv, scratch / "store/again", seen, who,
                          "bind,ro" if kind == "from" else "bind"))
    shown = probe(gosup.argv(*argv, policy=rules), user=who)
    different = differences(alone, shown, LIMITS)
    assert not different, "\n".join(different)
