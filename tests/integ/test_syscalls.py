# SPDX-License-Identifier: Apache-2.0
"""The section `syscalls`, tried with raw system calls from Go and with
programs that live on the calls in question."""

import errno
import os
import signal

import pytest

GETPID, KILL, PTRACE, SETHOSTNAME, SOCKET, UNAME = 39, 62, 101, 170, 41, 63
MKDIR = 83


def test_constant(gosup, each_app, policy, who):
    rules = policy(syscalls={"getppid": {"return": 1}, "getuid": {"return": 7}})
    result = gosup.run(each_app, "call", 110, 102, policy=rules, user=who)
    for line, value in zip(result.lines(), (1, 7)):
        assert (line["result"], line["errno"]) == (value, 0)
        assert (line["raw_result"], line["raw_errno"]) == (value, 0)


def test_getpid_constant(gosup, app, policy):
    rules = policy(syscalls={"getpid": {"return": 1}})
    result = gosup.run(app, "call", GETPID, policy=rules)
    assert result.lines()[0]["result"] == 1
    assert gosup.run("sh", "-c", "echo $$", policy=rules).out == "1\n"


@pytest.mark.parametrize("name", ["ENOSYS", "EPERM", "EACCES", "ENOMEM"])
def test_errno(gosup, each_app, policy, name, who):
    rules = policy(syscalls={"ptrace": {"deny": name}})
    result = gosup.run(each_app, "call", f"{PTRACE},0", policy=rules, user=who)
    line = result.lines()[0]
    assert line["errno"] == line["raw_errno"] == getattr(errno, name)


def test_kill(gosup, app, policy):
    rules = policy(syscalls={"sethostname": {"kill": True}})
    result = gosup.run(app, "call", f"{SETHOSTNAME},0,0", policy=rules)
    assert result.status == -signal.SIGSYS
    # Nothing happens to a program that does not call it.
    assert gosup.run(app, "echo", "alive", policy=rules).out == "alive\n"
    # Only the process that called it: its parent sees the signal.
    result = gosup.run("sh", "-c", f"{app} call {SETHOSTNAME},0,0; echo $?",
                       policy=rules)
    assert result.out.endswith(f"{128 + signal.SIGSYS}\n")


def test_conditions(gosup, app, policy):
    """By argument, in the order written, 32-bit arguments as the kernel takes
    them."""
    rules = policy(syscalls={"socket": [
        {"when": {"arg0": "AF_INET6"}, "deny": "EAFNOSUPPORT"},
        {"when": {"arg0": "AF_INET", "arg1": {"mask": "0xf",
                                              "eq": "SOCK_DGRAM"}},
         "deny": "EPERM"},
    ]})
    inet6, inet, stream, dgram, cloexec = 10, 2, 1, 2, 0o2000000
    result = gosup.run(
        app, "call", f"{SOCKET},{inet6},{stream}", f"{SOCKET},{inet},{stream}",
        f"{SOCKET},{inet},{dgram | cloexec}",
        f"{SOCKET},{inet6 | 1 << 40},{stream}", policy=rules)
    assert [line["errno"] for line in result.lines()] == [
        errno.EAFNOSUPPORT, 0, errno.EPERM, errno.EAFNOSUPPORT]


def test_log_rule_does_the_call(gosup, app, policy, scratch):
    rules = policy(syscalls={"uname": {"log": True}})
    log = scratch / "log"
    result = gosup.run("uname", "-s", policy=rules, options=[f"--log={log}"])
    assert (result.status, result.out) == (0, "Linux\n")
    assert "uname" in log.read_text()


def test_deny_of_a_path_call(gosup, app, policy, scratch):
    """A rule of `syscalls` comes before rules of `files`."""
    rules = policy(syscalls={"mkdirat": {"deny": "EDQUOT"},
                             "mkdir": {"deny": "EDQUOT"}},
                   files=[{"path": "/gosup-none", "content": ""}])
    result = gosup.run(app, "files", f"mkdir:{scratch}/d", policy=rules)
    assert result.lines()[0]["errno"] == errno.EDQUOT
    assert not (scratch / "d").exists()


def test_supervisor_is_out_of_reach(gosup, policy):
    """Under a policy the program cannot signal what supervises it."""
    rules = policy(files=[{"path": "/gosup-none", "content": ""}])
    script = ("p=$PPID; kill -TERM $p && echo reached; kill -9 $p && echo reached;"
              "kill -STOP $p && echo reached; exit 3")
    result = gosup.run("sh", "-c", script, policy=rules)
    assert result.status == 3, result
    assert result.out == ""
    assert result.err.count("kill:") == 3


def test_foreign_calls_are_refused_under_a_policy(gosup, fixtures, policy):
    """A 32-bit program would get round the rules; it does not run on."""
    source = fixtures.where / "int80.c"
    source.write_text(
        "#include <stdio.h>\n"
        "int main(void)\n{\n"
        "\tlong r;\n"
        "\t__asm__ volatile(\"int $0x80\" : \"=a\"(r) : \"0\"(20L));\n"
        "\tprintf(\"%ld\\n\", r);\n\treturn 0;\n}\n")
    program = fixtures.where / "int80"
    if not program.exists():
        assert os.system(f"cc -o {program} {source}") == 0
    free = gosup.run(program)
    assert free.status == 0 and int(free.out) > 0, free
    rules = policy(files=[{"path": "/gosup-none", "deny": "EACCES"}])
    bound = gosup.run(program, policy=rules)
    assert bound.status == -signal.SIGSYS or int(bound.out) == -errno.ENOSYS


def test_io_uring_is_refused_where_it_would_get_round(gosup, app, policy):
    rules = policy(files=[{"path": "/gosup-none", "deny": "EACCES"}])
    result = gosup.run(app, "call", "425,8,0", policy=rules)
    assert result.lines()[0]["errno"] in (errno.ENOSYS, errno.EPERM)


def test_admin_calls_under_default_deny(gosup, app, policy, fixtures):
    rules = policy(default="deny", include=["@base"], files=[
        {"path": str(fixtures.where), "allow": "read exec"}])
    # bpf, perf_event_open, init_module, kexec_load, mount, userfaultfd
    calls = [321, 298, 175, 246, 165, 323]
    result = gosup.run(app, "call", *calls, policy=rules)
    assert result.status == 0, result
    for line in result.lines():
        assert line["errno"] in (errno.EPERM, errno.ENOSYS), line
