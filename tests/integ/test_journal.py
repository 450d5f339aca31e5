# SPDX-License-Identifier: Apache-2.0
"""Records in the journal of a real journald, alone in a mount and pid namespace
of its own."""

import json
import pathlib
import shutil

import pytest

import support

JOURNALD = pathlib.Path("/lib/systemd/systemd-journald")
DENY_ID = "4b9a662fb8004ea8a43a44c3d85c53c4"

# $1: number of entries to wait for; then the command.
SCRIPT = r"""
set -eu
count=$1
shift
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/log
mkdir -p /run/systemd/journal /run/log/journal
/lib/systemd/systemd-journald 2>/dev/null &
until [ -S /run/systemd/journal/socket ]; do sleep 0.01; done
"$@" >/dev/null 2>&1 || :
entries() { journalctl -q -D /run/log/journal -t gosup --all -o json; }
until [ "$(entries | wc -l)" -ge "$count" ]; do sleep 0.01; done
entries
"""


@pytest.fixture
def journal(root_only):
    """journal(count, argv): the entries that a command causes."""
    if not JOURNALD.exists() or shutil.which("journalctl") is None:
        pytest.skip("journald is not installed")
    space = ["unshare", "--mount", "--propagation", "private", "--pid",
             "--fork", "--kill-child", "--mount-proc"]
    if support.run(space + ["true"]).status != 0:
        pytest.skip("cannot make a mount and a pid namespace")

    def run(count, *argv):
        result = support.run([*space, "sh", "-c", SCRIPT, "sh", str(count),
                              *[str(arg) for arg in argv]])
        assert result.status == 0, result
        return [json.loads(line) for line in result.out.splitlines()]
    return run


def test_fields(gosup, policy, scratch, journal):
    path = scratch / "secret"
    path.write_text("x")
    rules = policy(files=[{"path": str(path), "deny": "EPERM"}],
                   log={"to": "journal"})
    entry, = journal(1, gosup.path, "run", "-p", rules, "cat", path)
    assert entry["MESSAGE"].startswith(f'denied: openat read "{path}" by cat[')
    assert entry["PRIORITY"] == "4"
    assert entry["MESSAGE_ID"] == DENY_ID
    assert entry["GOSUP_EVENT"] == "deny"
    assert entry["GOSUP_SYSCALL"] == "openat"
    assert entry["GOSUP_OPERATION"] == "read"
    assert entry["GOSUP_OBJECT"] == str(path)
    assert entry["GOSUP_ERRNO"] == "EPERM"
    assert entry["GOSUP_RULE"].startswith(f"{rules}:")
    assert entry["GOSUP_COMM"] == "cat"
    assert entry["GOSUP_PID"] == entry["OBJECT_PID"]


def test_names_cannot_forge_fields(gosup, policy, scratch, journal):
    folder = scratch / "f"
    folder.mkdir()
    name = f"{folder}/x\nPRIORITY=0\nGOSUP_RULE=forged\n\x1b"
    rules = policy(files=[{"path": str(folder), "deny": True}])
    entry, = journal(1, gosup.path, "run", "-p", rules, "--log=journal", "cat",
                     name)
    shown = entry["GOSUP_OBJECT"]
    # journalctl writes what is not printable as an array of bytes.
    assert (bytes(shown).decode() if isinstance(shown, list) else shown) == name
    assert entry["PRIORITY"] == "4"
    assert entry["GOSUP_RULE"].endswith("files[0]")
    assert "\n" not in entry["MESSAGE"] and "\x1b" not in entry["MESSAGE"]


def test_many_entries_arrive(gosup, app, policy, scratch, journal):
    """As many as journald takes in one go without its rate limit."""
    path = scratch / "secret"
    path.write_text("x")
    rules = policy(files=[{"path": str(path), "deny": True}])
    entries = journal(500, gosup.path, "run", "-p", rules, "--log=journal",
                      app, "storm", "open", path, 10, 50)
    assert len(entries) == 500
    assert {entry["GOSUP_OBJECT"] for entry in entries} == {str(path)}


def test_without_journal(gosup, root_only):
    """Said before anything is run."""
    space = ["unshare", "--mount", "--propagation", "private"]
    if support.run(space + ["true"]).status != 0:
        pytest.skip("cannot make a mount namespace")
    result = support.run([*space, "sh", "-c",
                          'mount -t tmpfs tmpfs /run && exec "$@"', "sh",
                          gosup.path, "run", "--log=journal", "echo", "ran"])
    assert result.status == 125
    assert result.out == ""
    assert "journal" in result.err and "stderr" in result.err
