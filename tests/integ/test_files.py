# SPDX-License-Identifier: Apache-2.0
"""The section `files`: what a program sees and may do, rule by rule, for Go
programs and for glibc ones, as root and as an ordinary user."""

import errno
import os
import shutil
import socket
import stat
import sys
import tempfile

import pytest

import support


def ops(result):
    """Results of "app files" as {"op:path": (errno, result)}."""
    assert result.status == 0, result
    return {f"{line['op']}:{line['path']}": (line["errno"], line.get("result"))
            for line in result.lines()}


@pytest.fixture
def site(scratch):
    """A small tree that every user may change."""
    where = scratch / "site"
    for directory in (where, where / "sub", scratch / "other"):
        directory.mkdir()
        directory.chmod(0o777)
    for name, text in (("a", "real a\n"), ("b", "real b\n"),
                       ("sub/c", "real c\n"), ("../other/o", "other\n")):
        (where / name).write_text(text)
        (where / name).chmod(0o666)
    return where


def both(gosup, app, policy, *operations, user=None, cwd=None):
    return ops(gosup.run(app, "files", *operations, policy=policy, user=user,
                         cwd=cwd))


# content

def test_content_replaces_a_file(gosup, each_app, policy, site, who):
    rules = policy(files=[{"path": str(site / "a"), "content": "virtual\n"}])
    seen = both(gosup, each_app, rules, f"read:{site}/a", f"read:{site}/b",
                f"stat:{site}/a", f"write:{site}/a=x", f"append:{site}/a=x",
                f"truncate:{site}/a=0", f"remove:{site}/a",
                f"create:{site}/a=x", f"chmod:{site}/a=600", user=who)
    assert seen[f"read:{site}/a"] == (0, "virtual\n")
    assert seen[f"read:{site}/b"] == (0, "real b\n")
    assert seen[f"stat:{site}/a"][1]["size"] == 8
    assert seen[f"stat:{site}/a"][1]["mode"] == "-r--r--r--"
    for op in ("write", "append", "truncate", "remove", "chmod"):
        assert seen[f"{op}:{site}/a"][0] in (
            errno.EACCES, errno.EROFS, errno.EPERM, errno.EBUSY), op
    assert seen[f"create:{site}/a"][0] in (errno.EEXIST, errno.EROFS)
    assert (site / "a").read_text() == "real a\n"


def test_content_where_nothing_is(gosup, each_app, policy, site, who):
    """A file of the policy needs neither file nor folder on the disk."""
    rules = policy(files=[
        {"path": str(site / "new"), "content": "new\n"},
        {"path": "/gosup-none/deep/file", "content": "deep\n", "mode": "0755"},
    ])
    seen = both(gosup, each_app, rules, f"read:{site}/new", f"list:{site}",
                "read:/gosup-none/deep/file", "stat:/gosup-none/deep/file",
                f"read:{site}/sub/../new", f"read:{site}/./new",
                f"read:{site}/new/", f"read:{site}/new/x",
                "read:/gosup-none/other", user=who)
    assert seen[f"read:{site}/new"] == (0, "new\n")
    assert seen["read:/gosup-none/deep/file"] == (0, "deep\n")
    assert seen["stat:/gosup-none/deep/file"][1]["mode"] == "-rwxr-xr-x"
    assert seen[f"read:{site}/sub/../new"] == (0, "new\n")
    assert seen[f"read:{site}/./new"] == (0, "new\n")
    assert seen[f"read:{site}/new/"][0] == errno.ENOTDIR
    assert seen[f"read:{site}/new/x"][0] == errno.ENOTDIR
    assert seen["read:/gosup-none/other"][0] == errno.ENOENT


def test_content_by_relative_path_and_link(gosup, each_app, policy, site):
    (site / "link").symlink_to("a")
    (site / "sub/up").symlink_to("..")
    rules = policy(files=[{"path": str(site / "a"), "content": "virtual\n"}])
    seen = both(gosup, each_app, rules, "read:a", "read:../site/a",
                "read:link", "readlink:link", "read:sub/up/a", "lstat:link",
                cwd=site)
    for path in ("a", "../site/a", "link", "sub/up/a"):
        assert seen[f"read:{path}"] == (0, "virtual\n"), path
    assert seen["readlink:link"] == (0, "a")
    assert seen["lstat:link"][1]["mode"].startswith("L")


def test_content_for_glibc_programs(gosup, policy, site, who):
    rules = policy(files=[{"path": str(site / "a"), "content": "virtual\n"}])
    result = gosup.run("sh", "-c", f"cat {site}/a {site}/b; cd {site}; "
                       "wc -c <a; head -c4 ./a; python3 -c 'print(open(\"a\")"
                       ".read(), end=\"\")'", policy=rules, user=who)
    assert result.out == "virtual\nreal b\n8\nvirtvirtual\n"
    assert (result.status, result.err) == (0, "")


def test_content_bytes(gosup, app, policy, site):
    """Any text, empty and large, and each open has an offset of its own."""
    large = "line of text, äöü\n" * 20000
    rules = policy(files=[{"path": str(site / "empty"), "content": ""},
                          {"path": str(site / "large"), "content": large}])
    seen = both(gosup, app, rules, f"read:{site}/empty", f"read:{site}/large")
    assert seen[f"read:{site}/empty"] == (0, "")
    assert seen[f"read:{site}/large"] == (0, large)
    result = gosup.run("cmp", f"{site}/large", f"{site}/large", policy=rules)
    assert result.status == 0


def test_content_keeps_its_identity(gosup, policy, site):
    """The same inode and times each time, and fstat agrees with stat."""
    rules = policy(files=[{"path": str(site / "a"), "content": "virtual\n"}])
    result = gosup.run(
        "python3", "-c", "import os, sys\n"
        "path = sys.argv[1]\n"
        "fd = os.open(path, os.O_RDONLY)\n"
        "assert os.path.samestat(os.fstat(fd), os.stat(path))\n"
        "assert os.stat(path) == os.stat(path) == os.lstat(path)\n"
        "assert os.read(fd, 3) == b'vir'\n"
        "assert os.read(os.open(path, os.O_RDONLY), 3) == b'vir'\n"
        "os.chdir(os.path.dirname(path))\n"
        "d = os.open('.', os.O_RDONLY | os.O_DIRECTORY)\n"
        "assert os.stat('a', dir_fd=d) == os.stat(path)\n"
        "assert os.access(path, os.R_OK)\n"
        "print('same')\n", str(site / "a"), policy=rules)
    assert result.out == "same\n", result


MADE_UP = """
cat /gosup-none/deep/file; ls -a /gosup-none /gosup-none/deep; cd /gosup-none/deep
pwd; cat file; cat ../deep/file; echo x >new
"""


def test_nowhere_to_write(gosup, fixtures, policy, scratch, root_only):
    """A policy is enough; directories that it makes up need no place."""
    rules = policy(files=[{"path": "/gosup-none/deep/file", "content": "made up\n"}])
    (scratch / "only").mkdir()
    result = support.run([str(fixtures.c("read_only")), str(scratch / "only"),
                          *gosup.argv("sh", "-c", MADE_UP, policy=rules)])
    if result.status == 77:
        pytest.skip(result.err)
    assert result.out == ("made up\n/gosup-none:\n.\n..\ndeep\n\n/gosup-none/deep:\n"
                          ".\n..\nfile\n/gosup-none/deep\nmade up\nmade up\n"), result
    assert "Read-only file system" in result.err


# map and from

def test_map_of_a_folder(gosup, each_app, policy, site, who):
    other = site.parent / "other"
    rules = policy(files=[{"path": str(site / "sub"), "map": str(other)}])
    seen = both(gosup, each_app, rules, f"list:{site}/sub",
                f"read:{site}/sub/o", f"read:{site}/sub/c",
                f"create:{site}/sub/made=data", f"mkdir:{site}/sub/dir",
                f"rename:{site}/sub/made={site}/sub/dir/moved",
                f"stat:{site}/sub", user=who)
    assert seen[f"list:{site}/sub"] == (0, ["o"])
    assert seen[f"read:{site}/sub/o"] == (0, "other\n")
    assert seen[f"read:{site}/sub/c"][0] == errno.ENOENT
    for op in ("create", "rename"):
        assert seen[f"{op}:{site}/sub/made"][0] == 0, op
    assert (other / "dir/moved").read_text() == "data"
    assert sorted(os.listdir(site / "sub")) == ["c"]
    owner = who if who is not None else os.geteuid()
    assert (other / "dir/moved").stat().st_uid == owner


def test_map_of_a_file(gosup, each_app, policy, site, who):
    other = site.parent / "other/o"
    rules = policy(files=[{"path": str(site / "a"), "map": str(other)},
                          {"path": str(site / "nowhere"), "map": str(other)}])
    seen = both(gosup, each_app, rules, f"read:{site}/a",
                f"read:{site}/nowhere", f"append:{site}/a=more\n", user=who)
    assert seen[f"read:{site}/a"] == (0, "other\n")
    assert seen[f"read:{site}/nowhere"] == (0, "other\n")
    assert other.read_text() == "other\nmore\n"
    assert (site / "a").read_text() == "real a\n"


def test_from_is_read_only(gosup, each_app, policy, site, who):
    other = site.parent / "other"
    rules = policy(files=[{"path": str(site / "sub"), "from": str(other)}])
    seen = both(gosup, each_app, rules, f"read:{site}/sub/o",
                f"write:{site}/sub/o=x", f"create:{site}/sub/n=x",
                f"mkdir:{site}/sub/d", f"remove:{site}/sub/o",
                f"truncate:{site}/sub/o=0", f"chmod:{site}/sub/o=600",
                f"rename:{site}/sub/o={site}/moved",
                f"link:{site}/sub/o={site}/linked", user=who)
    assert seen.pop(f"read:{site}/sub/o") == (0, "other\n")
    for what, (error, _) in seen.items():
        assert error in (errno.EROFS, errno.EACCES, errno.EPERM,
                         errno.EXDEV), what
    assert (other / "o").read_text() == "other\n"
    assert not (site / "moved").exists()
    assert not (site / "linked").exists()


def test_working_directory_in_a_map(gosup, each_app, policy, site, who):
    """A program that lives in a mapped folder sees the folder's own names."""
    rules = policy(files=[{"path": str(site / "sub"),
                           "map": str(site.parent / "other")}])
    result = gosup.run(each_app, "files", f"chdir:{site}/sub", "read:o",
                       "getcwd:", "list:.", "read:../a", "chdir:..", "getcwd:",
                       policy=rules, cwd=site, user=who)
    lines = result.lines()
    assert [line["errno"] for line in lines] == [0] * 7, result
    assert [line.get("result") for line in lines[1:5]] == [
        "other\n", f"{site}/sub", ["o"], "real a\n"]
    assert lines[6]["result"] == str(site)


# deny and hide

@pytest.mark.parametrize("name", ["EACCES", "ENOENT", "EPERM", "EIO"])
def test_deny(gosup, each_app, policy, site, name, who):
    rules = policy(files=[{"path": str(site / "a"), "deny": name}])
    seen = both(gosup, each_app, rules, f"read:{site}/a", f"stat:{site}/a",
                f"lstat:{site}/a", f"write:{site}/a=x", f"unlink:{site}/a",
                f"truncate:{site}/a=0", f"chmod:{site}/a=600",
                f"access:{site}/a=4", f"rename:{site}/a={site}/z",
                f"link:{site}/a={site}/z", f"rename:{site}/b={site}/a",
                f"utimes:{site}/a=1", f"read:{site}/b", user=who)
    assert seen.pop(f"read:{site}/b") == (0, "real b\n")
    for what, (error, _) in seen.items():
        assert error == getattr(errno, name), what
    assert (site / "a").read_text() == "real a\n"
    assert not (site / "z").exists()


def test_deny_covers_what_is_below(gosup, each_app, policy, site):
    (site / "link").symlink_to("sub/c")
    rules = policy(files=[{"path": str(site / "sub"), "deny": "EACCES"}])
    seen = both(gosup, each_app, rules, f"read:{site}/sub/c", "read:link",
                "read:sub/c", "read:./sub//c", "read:sub/../sub/c", "list:sub",
                "chdir:sub", "create:sub/new=x", "mkdir:sub/d", "stat:sub/none",
                "read:/proc/self/cwd/sub/c", "readlink:link", cwd=site)
    assert seen.pop("readlink:link") == (0, "sub/c")
    for what, (error, _) in seen.items():
        assert error == errno.EACCES, what


def test_longest_rule_wins(gosup, app, policy, site):
    rules = policy(files=[
        {"path": str(site), "deny": "EACCES"},
        {"path": str(site / "sub"), "allow": "read"},
        {"path": f"{site}/*/c", "deny": "EPERM"},
    ])
    (site / "sub/d").write_text("d\n")
    seen = both(gosup, app, rules, f"read:{site}/a", f"read:{site}/sub/d",
                f"read:{site}/sub/c", f"create:{site}/sub/e=x")
    assert seen[f"read:{site}/a"][0] == errno.EACCES
    assert seen[f"read:{site}/sub/d"] == (0, "d\n")
    assert seen[f"read:{site}/sub/c"][0] == errno.EPERM
    assert seen[f"create:{site}/sub/e"][0] == errno.EACCES


def test_hide(gosup, each_app, policy, site, who):
    rules = policy(files=[{"path": str(site / "a"), "hide": True},
                          {"path": str(site / "sub"), "hide": True}])
    seen = both(gosup, each_app, rules, f"list:{site}", f"read:{site}/a",
                f"stat:{site}/a", f"read:{site}/sub/c", f"chdir:{site}/sub",
                user=who)
    assert seen.pop(f"list:{site}") == (0, ["b"])
    for what, (error, _) in seen.items():
        assert error == errno.ENOENT, what


def test_listing_shows_virtual_files(gosup, each_app, policy, site, who):
    rules = policy(files=[{"path": str(site / "virtual"), "content": "x"}])
    seen = both(gosup, each_app, rules, f"list:{site}", user=who)
    assert seen[f"list:{site}"] == (0, ["a", "b", "sub", "virtual"])
    result = gosup.run("ls", site, policy=rules, user=who)
    assert result.out == "a\nb\nsub\nvirtual\n"


# default deny

def confined(policy, *files, **keys):
    return policy(default="deny", include=["@base", "@glibc"], files=[
        {"path": "/usr", "allow": "read exec"}, *files], **keys)


def test_allow_under_default_deny(gosup, each_app, policy, site, fixtures, who):
    rules = confined(
        policy, {"path": str(fixtures.where), "allow": "read exec"},
        {"path": str(site), "allow": "read"},
        {"path": str(site / "sub"), "allow": "read write"})
    other = site.parent / "other/o"
    seen = both(gosup, each_app, rules, f"read:{site}/a", f"write:{site}/b=x",
                f"create:{site}/new=x", f"write:{site}/sub/c=changed",
                f"create:{site}/sub/new=x", f"unlink:{site}/sub/new",
                f"read:{other}", f"stat:{other}", f"list:{other.parent}",
                f"unlink:{site}/a", f"rename:{site}/a={site}/sub/a", user=who)
    assert seen[f"read:{site}/a"] == (0, "real a\n")
    assert seen[f"write:{site}/sub/c"][0] == 0
    assert (site / "sub/c").read_text() == "changed"
    assert seen[f"create:{site}/sub/new"][0] == 0
    assert seen[f"unlink:{site}/sub/new"][0] == 0
    assert seen[f"stat:{other}"][0] == 0    # looking at what is there is free
    for what in (f"write:{site}/b", f"create:{site}/new", f"read:{other}",
                 f"list:{other.parent}", f"unlink:{site}/a"):
        assert seen[what][0] == errno.EACCES, what
    assert seen[f"rename:{site}/a"][0] in (errno.EACCES, errno.EXDEV)
    assert (site / "a").exists()


def test_default_deny_with_virtual_file(gosup, each_app, policy, site,
                                        fixtures):
    """Rules that only the supervisor can enforce beside those that Landlock
    can: neither weakens the other."""
    rules = confined(
        policy, {"path": str(fixtures.where), "allow": "read exec"},
        {"path": str(site), "allow": "read"},
        {"path": str(site / "a"), "content": "virtual\n"},
        {"path": str(site / "sub/c"), "deny": "EPERM"})
    seen = both(gosup, each_app, rules, f"read:{site}/a", f"read:{site}/b",
                f"read:{site}/sub/c", f"read:{site.parent}/other/o",
                f"create:{site}/new=x")
    assert seen[f"read:{site}/a"] == (0, "virtual\n")
    assert seen[f"read:{site}/b"] == (0, "real b\n")
    assert seen[f"read:{site}/sub/c"][0] == errno.EPERM
    assert seen[f"read:{site.parent}/other/o"][0] == errno.EACCES
    assert seen[f"create:{site}/new"][0] == errno.EACCES


def test_exec_under_default_deny(gosup, app, policy, site, fixtures):
    """A program without the exec right cannot be started."""
    tool = site / "tool"
    tool.write_text("#!/bin/sh\necho ran\n")
    tool.chmod(0o755)
    for right, outcome in (("read exec", 0), ("read", errno.EACCES)):
        rules = confined(
            policy, {"path": str(fixtures.where), "allow": "read exec"},
            {"path": str(site), "allow": right})
        result = gosup.run(app, "spawn", tool, policy=rules)
        line = result.lines()[0]
        assert line["errno"] == outcome, result
        assert line["out"] == ("ran\n" if outcome == 0 else "")
    # The first program is no exception.
    rules = policy(default="deny", files=[{"path": "/usr", "allow": "read"}])
    assert gosup.run("/usr/bin/true", policy=rules).status == 126


@pytest.mark.parametrize("also", [[], [{"path": "/gosup-none", "content": ""}]],
                         ids=["kernel", "supervisor"])
def test_access_tells_the_rules(gosup, each_app, policy, site, fixtures, also, who):
    """Whoever judges opening."""
    rules = confined(
        policy, {"path": str(fixtures.where), "allow": "read exec"},
        {"path": str(site), "allow": "read"},
        {"path": str(site / "sub"), "allow": "read write"}, *also)
    other = site.parent / "other"
    want = {f"access:{site}/a={R}": 0 for R in (0, 4)}
    want |= {f"access:{site}/a={mode}": errno.EACCES for mode in (1, 2, 6)}
    want |= {f"access:{site}/sub/c={mode}": 0 for mode in (0, 2, 4, 6)}
    want |= {f"access:{site}={mode}": 0 for mode in (0, 1, 4, 5)}
    want |= {f"access:{site}=2": errno.EACCES, f"access:{other}=1": 0,
             f"access:{other}=4": errno.EACCES, f"access:{other}/o=0": 0,
             f"access:{other}/o=4": errno.EACCES}
    result = gosup.run(each_app, "files", *want, policy=rules, user=who)
    assert [line["errno"] for line in result.lines()] == list(want.values())


@pytest.mark.parametrize("also", [[], [{"path": "/gosup-none", "content": ""}]],
                         ids=["kernel", "supervisor"])
def test_exec_without_read(gosup, app, policy, site, also, who):
    """Landlock cannot say that, so the supervisor judges in any case."""
    shutil.copy(app, site / "tool")
    rules = policy(default="deny", include=["@base"], files=[
        {"path": str(site / "tool"), "allow": "exec"}, *also])
    result = gosup.run(site / "tool", "files", f"read:{site}/tool", policy=rules,
                       user=who)
    assert result.lines()[0]["errno"] == errno.EACCES, result


def test_confined_builtin(gosup, each_app, site, who):
    result = gosup.run("ls", "/usr", policy="@confined", user=who)
    assert result.status == 0, result
    assert "bin" in result.out
    result = gosup.run("cat", site / "a", "/etc/hosts", policy="@confined",
                       user=who)
    # /tmp is part of @confined; what an administrator keeps secret is not.
    assert "real a" in result.out
    for path in ("/etc/shadow", "/root", "/home"):
        result = gosup.run("ls" if path != "/etc/shadow" else "cat", path,
                           policy="@confined", user=who)
        assert result.status != 0, path
        assert "Permission denied" in result.err


def test_confined_program_of_ones_own(gosup, app, root_only):
    """Who runs a program under a built-in policy means to run it, wherever it
    is; gosup ends as it does, and a reload has another go at that."""
    with tempfile.TemporaryDirectory(dir="/srv") as own:
        os.chmod(own, 0o755)
        program = shutil.copy(app, own)
        for user in (None, support.NOBODY):
            result = gosup.run(program, "exit", "3", policy="@confined", user=user)
            assert (result.status, result.err) == (3, ""), result
            result = gosup.run(program, "files", f"create:{own}/new=x",
                               policy="@confined", user=user)
            assert result.lines()[0]["errno"] == errno.EACCES, result
        # As one of the PATH that is found behind a directory of its name.
        name = os.path.basename(program)
        os.makedirs(f"{own}/before/{name}")
        result = gosup.run(name, "exit", "3", policy="@confined", env={
            "PATH": f"{own}/before:{own}"})
        assert result.status == 3, result


WATCHER = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
if sys.argv[1] != "self":
    os.setgroups([])
    os.setgid(int(sys.argv[1]))
    os.setuid(int(sys.argv[1]))
fd = libc.inotify_init1(0)
if libc.inotify_add_watch(fd, os.fsencode(sys.argv[2]), 0x100) < 0:
    sys.exit(os.strerror(ctypes.get_errno()))
open(sys.argv[2] + "/new", "w").close()
print(os.read(fd, 4096).rstrip(b"\\0").decode()[-3:])
"""


@pytest.mark.parametrize("becomes", ["self", str(support.NOBODY)])
def test_watch_after_a_change_of_ids(gosup, policy, site, becomes, root_only):
    """The supervisor fetches the inotify descriptor by its own right, whoever the
    caller has become."""
    rules = policy(files=[{"path": "/gosup-none", "deny": True}])
    result = gosup.run(sys.executable, "-c", WATCHER, becomes, site, policy=rules)
    assert (result.out, result.status) == ("new\n", 0), result


CONNECTOR = """
import errno, socket, sys
given = socket.socket(fileno=int(sys.argv[1]))
error = given.connect_ex(sys.argv[2])
print(error and errno.errorcode[error])
"""


@pytest.mark.parametrize("kind", ["SOCK_STREAM", "SOCK_DGRAM"])
@pytest.mark.parametrize("number", [0, 20, 1500])
def test_a_unix_socket_that_was_given(gosup, policy, scratch, kind, number, who):
    """Who starts a program may leave it sockets: their addresses are judged, too."""
    kind = getattr(socket, kind)
    with socket.socket(socket.AF_UNIX, kind) as server, \
            socket.socket(socket.AF_UNIX, kind) as client:
        os.chmod(scratch, 0o777)
        server.bind(str(scratch / "secret"))
        os.chmod(scratch / "secret", 0o777)
        if kind == socket.SOCK_STREAM:
            server.listen()
        how = {"stdin": client} if not number else {"pass_fds": [number]}
        if number:
            os.dup2(client.fileno(), number, inheritable=True)
        try:
            result = gosup.run(sys.executable, "-c", CONNECTOR, number,
                               scratch / "secret", user=who, policy=policy(files=[
                                   {"path": str(scratch / "secret"), "deny": "EIO"}]),
                               **how)
        finally:
            if number:
                os.close(number)
    assert result.out == "EIO\n", result
    assert "denied: connect connect" in result.err, result


# Faithfulness of what no rule touches, although every path is judged

UNTOUCHED = [
    "read:a", "stat:a", "lstat:link", "stat:link", "readlink:link", "read:link",
    "readlink:a", "list:.", "list:a", "read:none", "stat:none/x", "stat:a/x",
    "stat:a/", "stat:sub/", "read:loop", "stat:dangling", "lstat:dangling",
    "create:dangling=x", "create:a=x", "create:new=data", "write:b=xyz",
    "append:b=more", "read:b", "truncate:b=2", "read:b", "truncate:sub=0",
    "mkdir:d", "mkdir:d", "mkdir:d/", "mkdir:none/d", "rmdir:sub", "rmdir:d",
    "rmdir:a", "unlink:sub", "link:a=hard", "link:sub=hard2", "link:a=hard",
    "stat:a", "symlink:soft=target", "symlink:soft=target", "readlink:soft",
    "rename:hard=renamed", "rename:none=x", "rename:a=sub", "rename:sub=a",
    "chmod:a=640", "stat:a", "chmod:none=600", "access:a=4", "access:a=1",
    "access:none=0", "utimes:a=1000000", "chdir:sub", "getcwd:", "read:c",
    "read:../a", "chdir:..", "chdir:none", "chdir:a", "statfs:.",
    "open:a=0x80000", "open:sub=0", "open:sub=1", "open:sub=0x10000",
    "open:a=0x10000", "open:link=0x20000", "open:a=0x200000",
    "open:link=0x220000", "open:.=0x410002", "open:fifo=0x800",
    "open:fifo=0x801", "read:", "stat:", "mkdir:", "read:/", "list:/usr",
    "stat:/proc/self", "readlink:/proc/self/cwd", "read:/proc/self/comm",
    "read:/dev/null", "write:/dev/null=x", "write:/dev/full=x",
    "stat:/dev/stdin", "read:" + "x" * 256, "read:" + "x/" * 2100,
]


@pytest.mark.parametrize("release", ["debian", "current"])
def test_untouched_paths_give_what_the_kernel_gives(
        gosup, fixtures, policy, scratch, release, who):
    """The same list of operations in two equal trees, alone and judged."""
    app = fixtures.need_go(release, "static")

    def tree(name):
        # The same path for both, one after the other.
        where = scratch / "tree"
        if where.exists():
            where.rename(scratch / f"before-{name}")
        where.mkdir()
        where.chmod(0o777)
        script = ("umask 022; mkdir sub; echo a >a; echo b >b; echo c >sub/c; "
                  "ln -s a link; ln -s loop loop; ln -s nowhere dangling; "
                  "mkfifo fifo; chmod 0666 b")
        assert support.run(["sh", "-c", script], cwd=where,
                           user=who).status == 0
        return where
    where = tree("alone")
    alone = support.run([str(app), "files", *UNTOUCHED], cwd=where, user=who)
    left = snapshot(where)
    where = tree("supervised")
    rules = policy(files=[{"path": "/gosup-none/file", "content": ""},
                          {"path": "/gosup-none/deny", "deny": "EACCES"}])
    supervised = gosup.run(app, "files", *UNTOUCHED, policy=rules, cwd=where,
                           user=who)
    assert supervised.lines() == alone.lines()
    assert supervised.same() == alone.same()
    assert snapshot(where) == left


def snapshot(where):
    """What is on the disk: type, mode, owner, size and text of each entry."""
    found = {}
    for path in sorted(where.rglob("*")):
        info = path.lstat()
        text = path.read_bytes() if stat.S_ISREG(info.st_mode) else b""
        found[str(path.relative_to(where))] = (
            oct(info.st_mode), info.st_uid, info.st_gid, text)
    return found


def test_permissions_are_the_callers(gosup, app, policy, scratch, root_only):
    """A user's program cannot read what only the supervisor could, even when
    gosup itself runs as root and the program gives its ids up."""
    secret = scratch / "secret"
    secret.write_text("secret\n")
    secret.chmod(0o600)
    rules = policy(files=[{"path": "/gosup-none", "content": ""}])
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
               app, "files", f"read:{secret}", f"stat:{secret}",
               f"write:{secret}=x", f"create:{scratch}/mine=x",
               f"stat:{scratch}/mine"]
    supervised = ops(gosup.run(*command, policy=rules))
    assert supervised[f"read:{secret}"][0] == errno.EACCES
    assert supervised[f"write:{secret}"][0] == errno.EACCES
    assert supervised[f"stat:{scratch}/mine"][1]["uid"] == 65534
    assert supervised[f"stat:{scratch}/mine"][1]["gid"] == 65534


def test_umask_is_the_callers(gosup, policy, scratch):
    rules = policy(files=[{"path": "/gosup-none", "content": ""}])
    result = gosup.run("sh", "-c", "umask 077; >a; mkdir d; umask 0; >b; "
                       "mkdir e; stat -c %a a d b e", policy=rules, cwd=scratch)
    assert result.out.split() == ["600", "700", "666", "777"]


def test_changing_the_root_is_refused(gosup, policy, scratch, root_only):
    """Rules are about paths, so nothing may change what paths mean."""
    rules = policy(files=[{"path": "/gosup-none", "content": ""}])
    for command in (["chroot", "/", "echo", "changed"],
                    ["unshare", "--mount", "echo", "changed"],
                    ["mount", "-t", "tmpfs", "none", str(scratch)]):
        result = gosup.run(*command, policy=rules)
        assert result.status != 0
        assert result.out == ""
        assert "not permitted" in result.err or (
            "permission denied" in result.err), result


def test_rules_in_a_root_of_ones_own(static_gosup, fixtures, policy, scratch,
                                     root_only):
    """Where gosup itself starts in a chroot, paths start at that root."""
    app = fixtures.need_go("debian", "static")
    root = scratch / "root"
    (root / "etc").mkdir(parents=True)
    (root / "proc").mkdir()
    (root / "etc/hosts").write_text("inner\n")
    rules = policy(files=[{"path": "/etc/virtual", "content": "virtual\n"}])
    for source, name in ((app, "app"), (static_gosup.path, "gosup"),
                         (rules, "policy.json")):
        shutil.copy(source, root / name)
        (root / name).chmod(0o755)
    result = support.run(
        ["unshare", "--mount", "sh", "-c", "mount -t proc proc proc && "
         "exec chroot . /gosup run -p /policy.json /app files read:/etc/hosts "
         "read:/etc/virtual read:/etc/passwd read:/../etc/hosts"], cwd=root)
    seen = ops(result)
    assert seen["read:/etc/hosts"] == (0, "inner\n")
    assert seen["read:/etc/virtual"] == (0, "virtual\n")
    assert seen["read:/../etc/hosts"] == (0, "inner\n")
    assert seen["read:/etc/passwd"][0] == errno.ENOENT


def test_observe_mode_denies_nothing(gosup, app, policy, site):
    rules = policy(mode="observe", files=[
        {"path": str(site / "a"), "deny": "EACCES"}],
        log={"events": ["deny"]})
    result = gosup.run(app, "files", f"read:{site}/a", policy=rules)
    assert ops(result)[f"read:{site}/a"] == (0, "real a\n")
    assert str(site / "a") in result.err


HIDE_MEMORY = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
print(libc.prctl(4, 0, 0, 0, 0), ctypes.get_errno())
print(open(sys.argv[1]).read(), end="")
"""


def test_memory_that_is_hidden(gosup, policy, site, who):
    """PR_SET_DUMPABLE: either the supervisor may read the memory all the same,
    or it must not be hidden. Opening has to work on."""
    rules = policy(files=[{"path": str(site / "sub"), "deny": True}])
    result = gosup.run(sys.executable, "-c", HIDE_MEMORY, site / "a",
                       policy=rules, user=who)
    first, second = result.out.splitlines()
    refused = f"-1 {errno.EPERM}"
    # A container's root may lack CAP_SYS_PTRACE.
    assert first == refused or (first == "0 0" and who is None), result
    assert second == "real a"
