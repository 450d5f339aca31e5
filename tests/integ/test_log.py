# SPDX-License-Identifier: Apache-2.0
"""The record: JSON lines that say what was denied, by which rule, and what to
write to allow it."""

import errno
import json

import pytest


def read_log(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def target(scratch):
    path = scratch / "target"
    path.write_text("text\n")
    path.chmod(0o666)
    return path


def test_denial_names_rule_operation_and_object(gosup, app, policy, scratch,
                                                target, who):
    rules = policy(files=[{"path": "/gosup-none", "deny": "EPERM"},
                          {"path": str(target), "deny": "EACCES"}])
    # Where the second rule begins.
    line = [number for number, text in
            enumerate(rules.read_text().splitlines(), 1) if "{" in text][2]
    log = scratch / "log"
    gosup.run(app, "files", f"read:{target}", f"write:{target}=x",
              policy=rules, options=[f"--log={log}"], user=who)
    events = read_log(log)
    assert len(events) == 2
    for event, op in zip(events, ("read", "write")):
        assert event["event"] == "deny"
        assert op in event["operation"]
        assert event["object"] == str(target)
        assert event["rule"] == f"{rules}:{line} files[1]"
        assert event["errno"] == "EACCES"
        assert event["syscall"] == "openat"
        assert event["pid"] > 0


def test_denial_by_default_shows_the_line_that_allows_it(
        gosup, app, policy, scratch, target, fixtures):
    """The line, put into the policy as it is, allows what was denied."""
    files = [{"path": str(fixtures.where), "allow": "read exec"},
             {"path": str(scratch / "none"), "content": ""}]
    rules = policy(default="deny", include=["@base"], files=files)
    log = scratch / "log"
    result = gosup.run(app, "files", f"read:{target}", policy=rules,
                       options=[f"--log={log}"])
    assert result.lines()[0]["errno"] == errno.EACCES
    event, = [e for e in read_log(log) if e["object"] == str(target)]
    assert event["rule"] == "default"
    added = scratch / "added.json"
    added.write_text(json.dumps(event["allow_with"]))
    rules = policy(default="deny", include=["@base", str(added)], files=files)
    result = gosup.run(app, "files", f"read:{target}", policy=rules)
    assert result.lines()[0]["result"] == "text\n"


def test_events_chosen(gosup, app, policy, scratch, target):
    files = [{"path": str(target), "content": "virtual"}]
    for events, count in ((["redirect"], 1), (["deny"], 0)):
        log = scratch / f"log-{events[0]}"
        rules = policy(files=files, log={"events": events, "to": {"file": str(log)}})
        gosup.run(app, "files", f"read:{target}", policy=rules)
        found = read_log(log) if log.exists() else []
        assert len(found) == count, found


def test_log_to_stderr_and_none(gosup, app, policy, target):
    rules = policy(files=[{"path": str(target), "deny": "EACCES"}])
    shown = gosup.run(app, "files", f"read:{target}", policy=rules,
                      options=["--log=stderr"])
    assert str(target) in shown.err
    quiet = gosup.run(app, "files", f"read:{target}", policy=rules,
                      options=["--log=none"])
    assert quiet.err == ""
    assert quiet.out == shown.out


def test_log_file_of_the_policy(gosup, app, policy, scratch, target):
    log = scratch / "log"
    rules = policy(files=[{"path": str(target), "deny": "EACCES"}],
                   log={"to": {"file": str(log)}})
    gosup.run(app, "files", f"read:{target}", policy=rules)
    assert len(read_log(log)) == 1
    # A second run appends.
    gosup.run(app, "files", f"read:{target}", policy=rules)
    assert len(read_log(log)) == 2


def test_lines_of_many_threads_do_not_mix(gosup, app, policy, scratch, target):
    rules = policy(files=[{"path": str(target), "deny": "EACCES"}])
    log = scratch / "log"
    result = gosup.run(app, "storm", "open", target, 20, 50, policy=rules,
                       options=[f"--log={log}"])
    failures = result.lines()[0]["failures"]
    assert sum(failures.values()) == 1000
    assert len(read_log(log)) == 1000


def test_odd_names_are_quoted(gosup, app, policy, scratch):
    folder = scratch / "f"
    folder.mkdir()
    names = ["quote\"back\\slash", "new\nline", "tab\there", "ünïcode",
             "control\x01\x1b[31m", "\udcff\udcfe-not-utf8"]
    rules = policy(files=[{"path": str(folder), "deny": "EACCES"}])
    log = scratch / "log"
    gosup.run("cat", *[f"{folder}/{name}" for name in names], policy=rules,
              options=[f"--log={log}"])
    raw = log.read_bytes()
    assert b"\x1b" not in raw and b"\x01" not in raw
    events = [json.loads(line) for line in raw.splitlines()]
    objects = [event["object"] for event in events]
    assert objects[:5] == [f"{folder}/{name}" for name in names[:5]]
    assert len(objects) == 6
    # On a terminal, too, a name must not become an escape sequence.
    shown = gosup.run("cat", f"{folder}/{names[4]}", policy=rules)
    assert "\x1b[31m" not in shown.err.replace(
        shown.err[shown.err.find("cat:"):], "")
