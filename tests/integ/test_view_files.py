# SPDX-License-Identifier: Apache-2.0
"""A view of one file against the same file mounted there, or where it is hidden
against a directory without it: all that a program can ask has the same answer."""

import os
import shutil
import sys

import pytest

import support
from test_views import differences, give, mounted, probe

# What a view of a file cannot do, or where it answers another errno or is more
# exact than a mount, as gosup-policy(5) says.
LIMITS = {
    "listing": [["beside", True, True], ["file", True, True]],
    "rmdir": "EBUSY", "rmdir above": "EACCES", "rename above": "EACCES",
}
READ_ONLY = {
    "flags 3|O_RDONLY": "EROFS", "flags O_ACCMODE|O_RDONLY": "EROFS",
    "link over": "EROFS",
}
# O_PATH gives a descriptor for reading.
PATHS = ("O_PATH|O_RDONLY", "O_PATH|O_WRONLY", "O_PATH|O_RDWR", "path nofollow")
SCRIPT = support.HERE / "fixtures/view_file.py"
TEXT = "#!/bin/sh\nexit 7\n"


@pytest.fixture
def site(scratch):
    """The directory in which the file is seen, and where it lies."""
    for name in ("site", "site/seen", "store"):
        (scratch / name).mkdir()
    (scratch / "site/seen/beside").write_text("beside\n")
    (scratch / "site/seen/file").write_text("what is there\n")
    (scratch / "store/file").write_text(TEXT)
    (scratch / "store/file").chmod(0o755)
    return scratch / "site/seen"


def compare(gosup, scratch, rules, site, who, baseline, limits):
    """Run the same in the same place, with the view and then @baseline."""
    argv = [sys.executable, SCRIPT, site / "file"]
    shutil.copytree(scratch, f"{scratch}-kept", symlinks=True)
    give(f"{scratch}-kept", who)
    give(scratch, who)
    shown = probe(gosup.argv(*argv, policy=rules), user=who)
    shutil.rmtree(scratch)
    os.rename(f"{scratch}-kept", scratch)
    argv, user = baseline(argv)
    alone = probe(argv, user=user)
    for flags in PATHS:
        limits[f"flags {flags}"] = shown["flags O_CLOEXEC|O_RDONLY"]
    different = differences(alone, shown, limits)
    assert not different, "\n".join(different)


@pytest.mark.parametrize("kind", ["map", "from"])
@pytest.mark.parametrize("there", [True, False], ids=["over", "new"])
def test_file(gosup, policy, scratch, site, who, root_only, kind, there):
    rules = policy(files=[{"path": str(site / "file"),
                           kind: str(scratch / "store/file")}])
    if not there:
        (site / "file").unlink()

    def baseline(argv):
        (site / "file").touch()
        return mounted(argv, scratch / "store/file", site / "file", who,
                       "bind,ro" if kind == "from" else "bind"), None

    compare(gosup, scratch, rules, site, who, baseline,
            LIMITS | (READ_ONLY if kind == "from" else {}))


@pytest.mark.parametrize("kind", ["map", "from"])
def test_file_in_tree(gosup, policy, scratch, site, who, root_only, kind):
    rules = policy(files=[{"path": str(site), kind: str(scratch / "store")}])
    (scratch / "store/beside").write_text("beside\n")

    def baseline(argv):
        return mounted(argv, scratch / "store", site, who,
                       "bind,ro" if kind == "from" else "bind"), None

    compare(gosup, scratch, rules, site, who, baseline,
            dict(READ_ONLY if kind == "from" else {}))


def test_content(gosup, policy, scratch, site, who, root_only):
    rules = policy(files=[{"path": str(site / "file"), "content": TEXT,
                           "mode": "0777"}])

    def baseline(argv):
        (scratch / "store/file").chmod(0o777)
        return mounted(argv, scratch / "store/file", site / "file", who,
                       "bind,ro"), None

    compare(gosup, scratch, rules, site, who, baseline, LIMITS | READ_ONLY | {
        "stat_fields": ["0o100777", who or 0, who or 0, 0, len(TEXT), 4096],
        "executed": "EACCES", "mkdir /file/.": "EEXIST",
        **{f"flags {name}": "EROFS" for name in (
            "O_DIRECTORY|O_RDWR", "O_DIRECTORY|O_WRONLY", "tmpfile")},
        "accesses": [[True, True]] * 2 + [[False, False]] * 2})


def test_hide(gosup, policy, scratch, site, who):
    rules = policy(files=[{"path": str(site / "file"), "hide": True}])

    def baseline(argv):
        (site / "file").unlink()
        return argv, who

    compare(gosup, scratch, rules, site, who, baseline,
            {"flags tmpfile": "EACCES"})
