# SPDX-License-Identifier: Apache-2.0
"""The section `exec`: which programs a program may start."""

import errno
import hashlib
import json
import os
import re
import shutil
import signal

import pytest

import support
from support import poll

OTHER = "0" * 64


@pytest.fixture
def tools(scratch, app):
    """Two programs in a directory that every user may change."""
    where = scratch / "tools"
    where.mkdir()
    where.chmod(0o777)
    for name in ("good", "bad"):
        shutil.copy(app, where / name)
        (where / name).chmod(0o755)
    return where


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def spawn(gosup, app, rules, *argv, user=None):
    """How starting @argv from the program went, and what gosup said."""
    result = gosup.run(app, "spawn", *argv, policy=rules, user=user)
    assert result.status == 0, result
    return result.lines()[0], result.err


def allow_only(policy, app, *rules, **keys):
    """Under "default": "deny" the program, glibc and @rules."""
    return policy(default="deny", include=["@base", "@glibc"], files=[
        {"path": "/usr", "allow": "read exec"},
        {"path": str(app.parent), "allow": "read"}],
        exec=[{"path": str(app), "allow": True}, *rules], **keys)


def test_only_what_is_named(gosup, each_app, policy, tools, who):
    rules = allow_only(policy, each_app,
                       {"path": str(tools / "good"), "allow": True},
                       {"path": "/usr/bin/true", "allow": True},
                       {"path": "/bin/echo", "allow": True})
    line, _ = spawn(gosup, each_app, rules, tools / "good", "echo", "x", user=who)
    assert line == {"out": "x\n", "errno": 0}
    # A dynamic program's loader needs no rule of its own; a link is the same.
    line, _ = spawn(gosup, each_app, rules, "/bin/true", user=who)
    assert line == {"out": "", "errno": 0}
    line, _ = spawn(gosup, each_app, rules, "/usr/bin/echo", "y", user=who)
    assert line == {"out": "y\n", "errno": 0}
    line, said = spawn(gosup, each_app, rules, "/usr/bin/id", user=who)
    assert line["errno"] == errno.EACCES
    assert ('execve exec "/usr/bin/id" by ' in said
            and 'add {"path": "/usr/bin/id", "allow": true} to exec' in said), said
    # The loader cannot be started with another program as an argument.
    line, _ = spawn(gosup, each_app, rules, "/lib64/ld-linux-x86-64.so.2",
                    "/usr/bin/id", user=who)
    assert line["errno"] == errno.EACCES


def test_loader(gosup, app, policy, who):
    """Where all is denied but what is named, a loader is to be named as such."""
    only = [{"path": "/", "deny": True}, {"path": str(app), "allow": True},
            {"path": "/usr/bin/echo", "allow": True}]
    line, said = spawn(gosup, app, policy(exec=only), "/usr/bin/echo", "x", user=who)
    assert line["state"] == "signal: killed"
    rule = json.loads(re.search(r'add (\{"path": .*\}) to exec', said).group(1))
    assert rule["allow"] == "loader"
    rules = policy(exec=[*only, rule])
    line, _ = spawn(gosup, app, rules, "/usr/bin/echo", "x", user=who)
    assert line == {"out": "x\n", "errno": 0}
    line, _ = spawn(gosup, app, rules, rule["path"], "/usr/bin/echo", user=who)
    assert line["errno"] == errno.EACCES


def test_deny_under_default_allow(gosup, each_app, policy, tools, who):
    rules = policy(exec=[{"path": str(tools), "deny": "EPERM"},
                         {"path": str(tools / "good"), "allow": True}])
    assert spawn(gosup, each_app, rules, tools / "good", "echo", "x",
                 user=who)[0]["out"] == "x\n"
    line, said = spawn(gosup, each_app, rules, tools / "bad", "echo", user=who)
    assert line["errno"] == errno.EPERM
    assert re.search(r"\(.*policy.*exec\[0\]\)", said), said
    assert spawn(gosup, each_app, rules, "/usr/bin/id", user=who)[0]["errno"] == 0


def test_first_program(gosup, app, policy, tools):
    """The one on the command line is no exception."""
    rules = policy(exec=[{"path": str(tools / "bad"), "deny": True}])
    result = gosup.run(tools / "bad", "echo", "x", policy=rules)
    assert result.status == 126
    assert "exec[0]" in result.err, result
    assert gosup.run(tools / "good", "echo", "x", policy=rules).status == 0


def test_sha256(gosup, each_app, policy, tools, who):
    good = {"path": str(tools / "good"), "allow": True}
    for hashed, want in ((digest(tools / "good"), 0), (OTHER, errno.EACCES)):
        rules = allow_only(policy, each_app, good | {"sha256": hashed})
        line, said = spawn(gosup, each_app, rules, tools / "good", "echo", "x",
                           user=who)
        assert line["errno"] == want
        assert line["out"] == ("" if want else "x\n")
    assert ("other bytes" in said
            and f'"allow": true, "sha256": "{digest(tools / "good")}"}}' in said), said


def test_sha256_of_what_changes(gosup, app, policy, tools):
    """Other bytes at the same path do not start, by whatever means they came."""
    rules = policy(exec=[{"path": str(tools / "good"), "allow": True,
                          "sha256": digest(tools / "good")}])
    assert spawn(gosup, app, rules, tools / "good", "echo")[0]["errno"] == 0
    with open(tools / "good", "ab") as file:
        file.write(b"\0")
    assert spawn(gosup, app, rules, tools / "good", "echo")[0]["errno"] == errno.EACCES
    os.rename(tools / "bad", tools / "good")
    assert spawn(gosup, app, rules, tools / "good", "echo")[0]["errno"] == 0
    (tools / "good").unlink()
    (tools / "good").symlink_to("/usr/bin/echo")
    # A link at the rule's path: the rule is about where it leads.
    assert spawn(gosup, app, rules, "/usr/bin/echo")[0]["errno"] == errno.EACCES


def test_sha256_of_a_script(gosup, app, policy, tools):
    script = tools / "script"
    script.write_text("#!/bin/sh\necho ran\n")
    script.chmod(0o755)
    rules = policy(exec=[{"path": str(script), "allow": True,
                          "sha256": digest(script)}])
    line, said = spawn(gosup, app, rules, script)
    assert line["errno"] == errno.EACCES
    assert "interpreter reads it again" in said


def test_sha256_of_what_cannot_be_read(gosup, app, policy, tools):
    if not support.IS_ROOT:
        pytest.skip("only root can make a file that its owner cannot read "
                    "belong to another user")
    (tools / "good").chmod(0o711)
    os.chown(tools / "good", 0, 0)
    rules = policy(exec=[{"path": str(tools / "good"), "allow": True,
                          "sha256": digest(tools / "good")}])
    line, said = spawn(gosup, app, rules, tools / "good", "echo",
                       user=support.NOBODY)
    assert line["errno"] == errno.EACCES
    assert "cannot be read, as its sha256 needs" in said


def test_script_and_interpreter(gosup, each_app, policy, tools, who):
    """Both are programs: the one that is named and the one that runs."""
    script = tools / "script"
    script.write_text("#!/bin/sh\necho ran\n")
    script.chmod(0o755)
    this = {"path": str(script), "allow": True}
    shell = {"path": "/bin/sh", "allow": True}
    read = [{"path": str(tools), "allow": "read"}]
    for named, outcome in (([this, shell], "ran"), ([this], "killed"),
                           ([shell], "refused")):
        rules = policy(default="deny", include=["@base", "@glibc"],
                       files=[{"path": "/usr", "allow": "read exec"}, *read],
                       exec=[{"path": str(each_app), "allow": True}, *named])
        line, said = spawn(gosup, each_app, rules, script, user=who)
        if outcome == "ran":
            assert line == {"out": "ran\n", "errno": 0}
        elif outcome == "killed":
            assert line["state"] == "signal: killed", line
            assert '"/usr/bin/dash"' in said, said
        else:
            assert line["errno"] == errno.EACCES


def test_memory_files(gosup, policy, fixtures):
    """They have no path: a rule for "/" is about them, too."""
    c_memfd = fixtures.c("memfd_self", "-static")
    for rules, outcome in (
            (policy(exec=[{"path": "/usr/bin/nc", "deny": True}]), 0),
            (policy(exec=[{"path": "/", "deny": "EPERM"},
                          {"path": str(c_memfd), "allow": True}]), errno.EPERM),
            (policy(default="deny", exec=[{"path": str(c_memfd), "allow": True}],
                    include=["@base", "@glibc"],
                    files=[{"path": "/usr", "allow": "read exec"},
                           {"path": str(c_memfd.parent), "allow": "read"}]),
             errno.EACCES)):
        result = gosup.run(c_memfd, policy=rules)
        assert result.status == outcome, result


def test_many_at_once(gosup, each_app, policy, tools, who):
    """Concurrent spawns, each verified: the same counts as alone."""
    rules = policy(exec=[{"path": "/", "deny": True}, {
        "path": str(tools / "good"), "allow": True,
        "sha256": digest(tools / "good")}])
    gosup.run_both(tools / "good", "many", "100", policy=rules, user=who)


def test_observe(gosup, app, policy, tools):
    """Nothing is refused, and what would be is recorded."""
    rules = policy(mode="observe", exec=[
        {"path": str(tools / "bad"), "deny": True},
        {"path": str(tools / "good"), "allow": True, "sha256": OTHER}])
    for name, why in (("bad", "exec[0])"), ("good", "other bytes")):
        line, said = spawn(gosup, app, rules, tools / name, "echo", "x")
        assert line == {"out": "x\n", "errno": 0}
        assert "would be denied" in said and why in said, said


def test_traced_program(gosup, policy, tools):
    """Who is traced already cannot be verified: refused, and nothing hangs."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    rules = policy(exec=[{"path": str(tools / "bad"), "deny": True}])
    result = gosup.run("strace", "-f", "-o", "/dev/null", tools / "good", "echo", "x",
                       policy=rules)
    assert "another process traces" in result.err, result
    assert result.out == ""


def test_other_paths_cost_nothing(gosup, app, policy, tools):
    """Rules for programs alone have no other call notified."""
    rules = policy(exec=[{"path": str(tools / "bad"), "deny": True}])
    text = gosup.command("explain", rules).out
    notified = text.partition("Notified calls")[2].partition("Refused in")[0]
    assert "execve" in notified
    assert not re.search(r"\bopenat\b|\bstat\b|\bunlink\b", notified), notified
    assert re.search(r"start deny EACCES\s+4 performed", text), text


def test_access_agrees(gosup, each_app, policy, tools):
    """What cannot be started is not executable, which is how programs are
    found along PATH."""
    rules = allow_only(policy, each_app,
                       {"path": str(tools / "good"), "allow": True},
                       {"path": "/usr/bin/true", "allow": True})
    result = gosup.run(each_app, "files", f"access:{tools}/good=1",
                       f"access:{tools}/bad=1", f"access:{tools}=1",
                       policy=rules)
    assert [line["errno"] for line in result.lines()] == [0, errno.EACCES, 0]


def test_reload(gosup, each_app, policy, tools):
    """A policy that replaces another brings its own rules for programs."""
    rules = policy(exec=[{"path": str(tools / "bad"), "deny": True}])
    control = tools / "control"
    with gosup.start("/bin/sh", "-c",
                     f"while read x; do {tools}/bad echo ran || echo refused; done",
                     policy=rules, options=[f"--control={control}"]) as shell:
        def tries(want):
            shell.popen.stdin.write(b"\n")
            shell.popen.stdin.flush()
            shell.expect(want)
        tries("refused")
        os.replace(policy(exec=[{"path": str(tools / "good"), "deny": True}]), rules)
        result = gosup.command("reload", f"--control={control}")
        assert result.status == 0, result
        tries("ran")
        # Rules for other paths would need calls that the filter lets through.
        os.replace(policy(files=[{"path": "/a", "deny": True}]), rules)
        result = gosup.command("reload", f"--control={control}")
        assert result.status != 0 and "filter" in result.err, result
        tries("ran")
        assert shell.finish().status == 0
