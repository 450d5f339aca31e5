# SPDX-License-Identifier: Apache-2.0
"""gosup run without a policy: nobody can tell that it is there."""

import os
import pathlib
import resource
import signal
import subprocess

import pytest

import support


@pytest.fixture(params=["static", "stripped", "pie", "cgo"])
def link(request):
    return request.param


@pytest.mark.parametrize("release", ["debian", "current"])
def test_hello_of_every_link_mode(gosup, fixtures, release, link):
    hello = fixtures.need_go(release, link, "hello.go")
    result = gosup.run_both(hello)
    assert result.status == 0
    assert result.err == "hello on stderr\n"


@pytest.mark.parametrize("release", ["debian", "current"])
def test_programs_of_every_link_mode(gosup, fixtures, release, link, who):
    program = fixtures.need_go(release, link)
    result = gosup.run_both(program, "files", "read:/etc/passwd", "stat:/",
                            "list:/usr", "read:/nonexistent", user=who)
    assert result.lines()[0]["result"].startswith("root:")
    assert result.lines()[3]["errno"] == 2


@pytest.mark.parametrize("release", ["debian", "current"])
def test_cgo_calls(gosup, fixtures, release):
    program = fixtures.need_go(release, "cgo")
    result = gosup.run_both(program, "cgo", "/etc/hostname", "/nonexistent")
    assert [line["errno"] for line in result.lines()] == [0, 2]


def test_what_a_program_sees_of_itself(gosup, each_app, who, scratch):
    """Arguments, environment, descriptors, ids, masks and limits."""
    result = gosup.run_both(each_app, "info", "--", "-p", "a b", "", user=who,
                            cwd=scratch, env=support.base_env(X="", Y="=\n"),
                            start_new_session=False)
    info = result.lines()[0]
    assert info["args"][1:] == ["info", "--", "-p", "a b", ""]
    assert info["cwd"] == str(scratch)


def test_unusual_inheritance(gosup, app, scratch):
    """What a parent had set before is handed on untouched."""
    def unusual():
        os.umask(0o027)
        os.nice(3)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])
        os.sched_setaffinity(0, [0])

    def info(argv):
        return support.run(argv, preexec_fn=unusual, cwd=scratch,
                           start_new_session=False)
    alone = info([str(app), "info"])
    supervised = info(gosup.argv(app, "info"))
    assert supervised.same() == alone.same()
    seen = alone.lines()[0]
    assert seen["Umask"] == "0027"
    assert seen["ncpu"] == 1


def test_inherited_descriptors(gosup, app):
    """Descriptors above 2 arrive, and no other ones do."""
    read_end, write_end = os.pipe()
    try:
        result = gosup.run_both(app, "info", pass_fds=[read_end, write_end],
                                start_new_session=False)
        fds = result.lines()[0]["fds"]
        assert sorted(map(int, fds)) == [0, 1, 2, read_end, write_end]
    finally:
        os.close(read_end)
        os.close(write_end)


@pytest.mark.parametrize("fd", [0, 1, 2])
def test_closed_descriptor(gosup, fd):
    """A program started with one of 0, 1, 2 closed finds it closed."""
    script = f"exec {fd}>&-; exec \"$@\""
    # The listing goes wherever is still open.
    out = 2 if fd == 1 else 1
    show = f"cd /proc/self/fd && echo * >&{out}"

    def run(argv):
        return support.run(["bash", "-c", script, "-", *argv])
    alone = run(["bash", "-c", show])
    supervised = run(gosup.argv("bash", "-c", show))
    assert supervised.same() == alone.same()


def test_all_descriptors_closed(gosup, app, scratch):
    script = "exec 0<&- 1>&- 2>&-; exec \"$@\""
    target = scratch / "made"
    for argv in ([str(app), "files", f"create:{target}=x"],
                 gosup.argv(app, "files", f"create:{target}2=x")):
        support.run(["bash", "-c", script, "-", *argv])
    # The runtime opens /dev/null for them; the file is made all the same.
    assert target.read_text() == "x"
    assert (scratch / "made2").read_text() == "x"


@pytest.mark.parametrize("code", [0, 1, 2, 3, 42, 124, 125, 126, 127, 128, 143,
                                  255])
def test_exit_status(gosup, app, code):
    assert gosup.run_both(app, "exit", code).status == code


def test_panic(gosup, each_app):
    result = gosup.run(each_app, "exit", "panic")
    assert result.status == 2
    assert result.err.startswith("panic: as asked\n")


def test_nil_dereference(gosup, each_app):
    """A SIGSEGV that the runtime turns into a panic on its own stack."""
    result = gosup.run(each_app, "exit", "nil")
    assert result.status == 2
    assert "nil pointer dereference" in result.err
    assert "signal SIGSEGV" in result.err


@pytest.mark.parametrize("number", [1, 2, 6, 9, 11, 13, 14, 15, 16, 24, 31, 34,
                                    64])
def test_death_by_signal(gosup, number, who):
    """The supervisor dies as its program died."""
    result = gosup.run_both("sh", "-c", f"ulimit -c 0; kill -{number} $$",
                            user=who)
    assert result.status == -number


def dumped(argv, where, user):
    """How a program ends that may dump core, and the cores that it leaves."""
    for name in ("cwd", "tmp"):
        (where / name).mkdir()
        (where / name).chmod(0o777)
    env = support.base_env(TMPDIR=str(where / "tmp"))
    # A sanitizer would rule cores out, for all that it starts.
    for name in ("ASAN_OPTIONS", "TSAN_OPTIONS"):
        env[name] = env.get(name, "") + ":disable_coredump=0"
    most = resource.getrlimit(resource.RLIMIT_CORE)[1]
    with support.Process(argv, cwd=where / "cwd", env=env, user=user, preexec_fn=lambda:
                         resource.setrlimit(resource.RLIMIT_CORE, (most, most))) as process:
        end = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        process.finish()
    support.poll(lambda: not os.listdir(where / "tmp"), "an end without traces")
    cores = [path.stat().st_size > 65536 for path in (where / "cwd").iterdir()]
    return end.si_code, end.si_status, cores


@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGABRT, signal.SIGSEGV,
                                    signal.SIGTERM], ids=lambda n: n.name)
def test_core_dumped(gosup, scratch, who, number):
    """It is said of gosup as well, and the only core is the program's."""
    pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text()
    if pattern[0] in "/|@" or resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
        pytest.skip("no core files in the working directory here")
    both = []
    for name, prefix in ("alone", []), ("supervised", gosup.argv()):
        (scratch / name).mkdir()
        (scratch / name).chmod(0o777)
        both.append(dumped([*prefix, "sh", "-c", f"kill -{int(number)} $$"],
                           scratch / name, who))
    assert both[1] == both[0]
    dumps = number != signal.SIGTERM
    assert both[0] == (os.CLD_DUMPED if dumps else os.CLD_KILLED, number,
                       [True] * dumps)


@pytest.mark.parametrize("number", [9, 15])
def test_go_death_by_signal(gosup, each_app, number):
    assert gosup.run_both(each_app, "exit", f"SIG{number}").status == -number


def test_sigquit_prints_goroutines(gosup, each_app):
    with gosup.start(each_app, "sleep") as process:
        process.expect("ready")
        process.popen.send_signal(signal.SIGQUIT)
        result = process.finish()
    assert result.status == 2
    assert "SIGQUIT: quit" in result.err


def test_not_found(gosup):
    result = gosup.run("/nonexistent/program")
    assert result.status == 127
    assert "/nonexistent/program" in result.err
    assert gosup.run("no-such-program-anywhere").status == 127


def test_cannot_execute(gosup, scratch, who):
    plain = scratch / "plain"
    plain.write_text("text\n")
    for path in (plain, scratch):
        result = gosup.run(path, user=who)
        assert result.status == 126, result
        assert str(path) in result.err
    bad = scratch / "bad"
    bad.write_bytes(b"\x7fELF" + bytes(60))
    bad.chmod(0o755)
    assert gosup.run(bad, user=who).status == 126


def test_missing_interpreter(gosup, scratch):
    """As a shell says it: the script is there but cannot be found to run."""
    script = scratch / "script"
    script.write_text("#!/nonexistent/interpreter\n")
    script.chmod(0o755)
    result = gosup.run(script)
    assert result.status in (126, 127)
    assert str(script) in result.err


def test_own_failures_are_125(gosup, app, scratch):
    assert gosup.run(app, "echo", policy="/nonexistent.json").status == 125
    bad = scratch / "bad.json"
    bad.write_text("{]")
    result = gosup.run(app, "echo", policy=bad)
    assert result.status == 125
    assert f"{bad}:1:" in result.err
    assert result.out == ""
    assert gosup.command("run").status == 125
    assert gosup.command("run", "--no-such-option", app).status == 125


def test_scripts(gosup, scratch, who):
    with_line = scratch / "with"
    with_line.write_text("#!/bin/sh\necho \"$0 $1\"; exit 3\n")
    without_line = scratch / "without"
    without_line.write_text("echo \"$0 $1\"; exit 4\n")
    for script, status in ((with_line, 3), (without_line, 4)):
        script.chmod(0o755)
        result = gosup.run(script, "a b", user=who)
        assert result.status == status
        assert result.out == f"{script} a b\n"


def test_path_lookup(gosup, scratch):
    first, second = scratch / "first", scratch / "second"
    for directory in (first, second):
        directory.mkdir()
        program = directory / "tool"
        program.write_text(f"#!/bin/sh\necho {directory.name}\n")
        program.chmod(0o755)
    env = support.base_env()
    env["PATH"] = f"/nonexistent:{first}:{second}:" + env["PATH"]
    assert gosup.run("tool", env=env).out == "first\n"
    # One that cannot be executed is passed over, as execvp(3) does.
    (first / "tool").chmod(0o644)
    assert gosup.run("tool", env=env).out == "second\n"
    (second / "tool").chmod(0o644)
    assert gosup.run("tool", env=env).status == 126
    # A name with a slash is not looked up.
    assert gosup.run("./tool", env=env, cwd=first).status == 126
    (first / "tool").chmod(0o755)
    assert gosup.run("./tool", env=env, cwd=first).out == "first\n"


def test_options_end_at_the_program(gosup, app):
    result = support.run([gosup.path, "run", str(app), "echo", "--stats", "-p"])
    assert (result.status, result.out) == (0, "--stats -p\n")


def test_glibc_programs(gosup, who):
    gosup.run_both("ls", "-la", "/usr/bin", user=who)
    gosup.run_both("sh", "-c", "for i in 1 2 3; do id; done | sort", user=who)
    gosup.run_both("python3", "-c", "import threading, os; "
                   "t = threading.Thread(target=lambda: print(os.getcwd())); "
                   "t.start(); t.join()", user=who)


def test_stdin_as_pipe_and_file(gosup, each_app, scratch):
    data = b"line\n" * 5000
    assert gosup.run_both(each_app, "cat", stdin=data).out == data.decode()
    path = scratch / "in"
    path.write_bytes(data)
    with open(path, "rb") as file:
        result = gosup.run(each_app, "cat", stdin=file)
    assert result.out == data.decode()


def test_stdio_dev_null(gosup, each_app):
    for argv in ([str(each_app), "info"], gosup.argv(each_app, "info")):
        done = subprocess.run(argv, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, env=support.base_env(),
                              timeout=support.DEADLINE, check=False)
        assert done.returncode == 0


def test_stdout_file_keeps_offset_and_append(gosup, app, scratch):
    path = scratch / "out"
    path.write_text("before\n")
    with open(path, "ab") as file:
        with gosup.start(app, "echo", "after", stdout=file) as process:
            assert process.finish().status == 0
    assert path.read_text() == "before\nafter\n"


def test_closed_stdout_pipe_is_sigpipe(gosup, each_app):
    """A Go program dies of SIGPIPE on fd 1; the shell sees that."""
    for argv in ([str(each_app), "cat"], gosup.argv(each_app, "cat")):
        read_end, write_end = os.pipe()
        with support.Process(argv, stdout=write_end) as process:
            os.close(write_end)
            os.close(read_end)
            result = process.finish(b"data\n")
        assert result.status == -signal.SIGPIPE, argv


def test_terminal(gosup, each_app, who):
    """The program has the terminal: size, modes, foreground, /dev/tty."""
    show = "stty size; test -t 0 && test -t 2 && echo both; echo x >/dev/tty"

    def on_terminal(argv):
        with support.Terminal(argv, user=who, size=(40, 100)) as terminal:
            return terminal.finish()
    alone = on_terminal(["sh", "-c", show])
    assert "40 100" in alone[1] and "both" in alone[1]
    assert on_terminal(gosup.argv("sh", "-c", show)) == alone
    status, text = on_terminal(gosup.argv(each_app, "info"))
    assert status == 0 and '"/dev/pts/' in text


def test_children(gosup, each_app, who):
    result = gosup.run_both(each_app, "spawn", "sh", "-c",
                            "cat; exit 3", stdin="through", user=who)
    assert result.lines()[0] == {"out": "through", "errno": 0,
                                 "state": "exit status 3"}
    assert gosup.run_both(each_app, "spawn", "/nonexistent").lines()[0][
        "errno"] == 2
    gosup.run_both(each_app, "spawn", each_app, "spawn", each_app, "exit", "7")
    gosup.run_both(each_app, "become", "/bin/sh", "-c", "echo $0 became; exit 9",
                   user=who)


def test_children_keep_the_cpus(gosup, policy, scratch):
    """Serving a call must not narrow the caller's CPU mask for its children."""
    rules = policy(files=[{"path": "/gosup-none", "content": ""}])
    script = ("import os, sys\n"
              "all = os.sched_getaffinity(0)\n"
              "for i in range(500):\n"
              "    fd = os.open('/etc/passwd', os.O_RDONLY)\n"
              "    pid = os.fork()\n"
              "    if pid == 0:\n"
              "        os._exit(os.sched_getaffinity(0) != all)\n"
              "    assert os.waitpid(pid, 0)[1] == 0, i\n"
              "    os.close(fd)\n"
              "print('kept')\n")
    result = gosup.run("python3", "-c", script, policy=rules,
                       deadline=3 * support.DEADLINE)
    assert result.out == "kept\n", result


def test_many_children_at_once(gosup, each_app):
    count = gosup.run(each_app, "many", 50, deadline=3 * support.DEADLINE)
    assert sum(count.lines()[0].values()) == 50
    assert count.lines()[0]["0"] == 8


@pytest.mark.parametrize("how", ["fork", "spawn", "thread-fork", "thread-exec"])
def test_ways_to_start_a_program(gosup, fixtures, how):
    starter = fixtures.c("fork_exec")
    gosup.run_both(starter, how, "/bin/sh", "-c", "echo started; exit 5")
    gosup.run_both(starter, how, "/bin/sh", "-c", "kill -9 $$")
    gosup.run_both(starter, how, "/nonexistent")
    gosup.run_both(starter, how, "/etc/passwd")


def test_orphans_do_not_hold_the_exit(gosup, scratch):
    """A program that ends and leaves something behind ends for its parent."""
    pid_file = scratch / "pid"
    result = gosup.run(
        "sh", "-c", f"setsid sleep 1000 </dev/null >/dev/null 2>&1 & "
        f"echo $! >{pid_file}; exit 6")
    assert result.status == 6
    left = int(pid_file.read_text())
    if not support.is_gone(left):
        os.kill(left, signal.SIGKILL)


@pytest.mark.lone
def test_no_file_may_grow(gosup, policy, who):
    """Limits are the program's to live with, not gosup's."""
    rules = policy(files=[{"path": "/nowhere", "deny": "EACCES"}])
    script = 'ulimit -f 0; exec "$@"'
    result = support.run(["/bin/sh", "-c", script, "sh",
                          *gosup.argv("/bin/echo", "hi", policy=rules)], user=who)
    assert (result.status, result.out, result.err) == (0, "hi\n", "")


def test_working_directory_removed(gosup, app, scratch):
    script = "mkdir d && cd d && rmdir ../d && exec \"$@\""

    def run(argv):
        return support.run(["sh", "-c", script, "-", *argv], cwd=scratch)
    command = [str(app), "files", "getcwd:", "list:.", "stat:..", "create:x=y"]
    assert run(gosup.argv(*command)).same() == run(command).same()


def test_as_pid_1(gosup, each_app, root_only):
    """An init may not die by a signal: the status says 128 + N."""
    def init(*app):
        return support.run(["unshare", "--pid", "--fork", "--mount-proc",
                            *gosup.argv(*app)])
    probe = support.run(["unshare", "--pid", "--fork", "--mount-proc", "true"])
    if probe.status != 0:
        pytest.skip(f"no PID namespace here: {probe.err.strip()}")
    assert init(each_app, "exit", "5").status == 5
    assert init("sh", "-c", "kill -9 $$").status == 128 + 9
    assert init("sh", "-c", "kill -15 $$").status == 128 + 15
    assert init("sh", "-c", "(sleep 0.01 &); exit 3").status == 3


def test_proc_of_other_processes(gosup, policy, root_only):
    """What it says of a pid is of somebody else: rules cannot go by that."""
    space = ["unshare", "--pid", "--fork", "--kill-child"]
    result = support.run([*space, *gosup.argv("sh", "-c", "exit 3")])
    assert result.status == 3
    assert result.err.count("another pid namespace") == 1
    rules = policy(files=[{"path": "/gosup-none", "deny": True}])
    result = support.run([*space, *gosup.argv("echo", "ran", policy=rules)])
    assert (result.status, result.out) == (125, "")
    assert "mount -t proc" in result.err
    result = support.run([*space, "--mount-proc", *gosup.argv("echo", "ran", policy=rules)])
    assert result.same() == (0, "ran\n", "")


@pytest.mark.parametrize("with_proc", [True, False])
def test_empty_root(static_gosup, app, scratch, root_only, with_proc):
    """A root that holds a static gosup and a static program and no more."""
    for path in (static_gosup.path, app):
        target = scratch / os.path.basename(path)
        target.write_bytes(open(path, "rb").read())
        target.chmod(0o755)
    (scratch / "proc").mkdir()
    (scratch / "data").write_text("in here\n")
    mount = "mount -t proc proc proc && " if with_proc else ""
    name = os.path.basename(static_gosup.path)
    result = support.run(
        ["unshare", "--mount", "sh", "-c",
         f"{mount}exec chroot . /{name} run /{app.name} files read:/data "
         "list:/proc/none"], cwd=scratch)
    assert result.status == 0, result
    assert [line["errno"] for line in result.lines()] == [0, 2]
    assert result.lines()[0]["result"] == "in here\n"
