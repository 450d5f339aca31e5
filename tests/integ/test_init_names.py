# SPDX-License-Identifier: Apache-2.0
"""gosup by the name of tini or dumb-init does what these do."""

import json
import os
import shutil
import signal

import pytest

import support

def pair(name, gosup, scratch):
    """The real one, and gosup by its name."""
    real = shutil.which(name)
    if not real:
        pytest.skip(f"{name} is not installed")
    link = scratch / name
    link.symlink_to(gosup.path)
    return real, str(link)


@pytest.fixture(params=["tini", "dumb-init"])
def both(request, gosup, scratch):
    return pair(request.param, gosup, scratch)


@pytest.fixture
def tini(gosup, scratch):
    return pair("tini", gosup, scratch)


@pytest.fixture
def dumb_init(gosup, scratch):
    return pair("dumb-init", gosup, scratch)


def compare(both, *argv, options=(), env=None, init=()):
    results = [support.run([*init, one, *options, "--", *argv],
                           env=support.base_env(**(env or {}))) for one in both]
    assert results[0].status == results[1].status, results
    assert results[0].out == results[1].out, results
    return results[1]


@pytest.mark.parametrize("script", [
    "exit 0", "exit 7", "exit 255", "echo out; echo err >&2", "kill -TERM $$",
    "kill -KILL $$", "kill -ABRT $$", "echo $$ | grep -q ."])
def test_same_status(both, script):
    compare(both, "/bin/sh", "-c", script)


@pytest.mark.parametrize("options, script", [
    (["-e", "7"], "exit 7"), (["-e", "143"], "kill -TERM $$"),
    (["-e", "7", "-e", "8"], "exit 8"), (["-e", "7"], "exit 8"),
    (["-s"], "exit 3"), (["-sgw"], "exit 3"), (["-p", "SIGTERM"], "exit 3")])
def test_tini_options(tini, options, script):
    compare(tini, "/bin/sh", "-c", script, options=options,
            env={"TINI_SUBREAPER": "1"})


@pytest.mark.parametrize("options", [
    ["-e", "300"], ["-e", "x"], ["-p", "SIGNOT"], ["-x"], []])
def test_wrong_options(both, options):
    argv = () if not options else ("/bin/true",)
    for one in both:
        result = support.run([one, *options, *argv])
        assert result.status in (1, 127) and (result.err or result.out), one


@pytest.mark.parametrize("program, status", [
    ("/nonexistent", 127), ("gosup-none", 127), ("/etc/passwd", 126), ("/", 126)])
def test_program_that_does_not_start(both, program, status):
    """With a reason. dumb-init has one status for all reasons."""
    real, ours = (support.run([one, "--", program]) for one in both)
    assert real.err and ours.err
    assert ours.status == status
    assert real.status in (status, 2)


@pytest.mark.parametrize("options, env", [
    (["-v"], {}), (["-vvv"], {}), (["-sv"], {}), (["-w", "-v", "-s"], {}),
    ([], {"TINI_SUBREAPER": ""}), ([], {"TINI_VERBOSITY": "3"}),
    ([], {"TINI_KILL_PROCESS_GROUP": "1"})])
def test_tini_says_more(tini, options, env):
    """How much it says of itself changes nothing else."""
    for one in tini:
        result = support.run([one, *options, "--", "/bin/sh", "-c", "echo out; exit 3"],
                             env=support.base_env(**env))
        assert result.status == 3 and "out" in result.out.splitlines()


@pytest.mark.parametrize("options", [["-v"], ["--verbose"], ["-cv"], ["--single-child"]])
def test_dumb_init_options(dumb_init, options):
    compare(dumb_init, "/bin/sh", "-c", "exit 3", options=options)


@pytest.mark.parametrize("option", ["--version", "-h", "-l"])
def test_tini_tells_of_itself(tini, option):
    for one in tini:
        result = support.run([one, option])
        assert result.status == 0 and result.out


@pytest.mark.parametrize("option", ["--version", "-V", "-h", "--help"])
def test_dumb_init_tells_of_itself(dumb_init, option):
    for one in dumb_init:
        result = support.run([one, option])
        assert result.status == 0 and (result.out or result.err)


def test_tini_warns_of_what_it_reaps(tini, root_only):
    """Of orphans alone, not of the program."""
    for one in tini:
        result = support.run(
            ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", one,
             "-w", "--", "/bin/sh", "-c", ORPHANS])
        assert result.status == 5
        assert "eaped" in result.err, result


@pytest.mark.parametrize("name, options, env, all_of_it", [
    ("tini", [], {}, False), ("tini", ["-g"], {}, True),
    ("tini", [], {"TINI_KILL_PROCESS_GROUP": "1"}, True),
    ("dumb-init", [], {}, True), ("dumb-init", ["-c"], {}, False)])
def test_who_gets_a_signal(gosup, app, scratch, name, options, env, all_of_it):
    """The program alone, or its children as well."""
    script = ('trap "echo parent" TERM; exec 3<&0; '
              '"$0" sigcount <&3 & wait; wait')
    for one in pair(name, gosup, scratch):
        with support.Process([one, *options, "--", "/bin/sh", "-c", script, str(app)],
                             env=support.base_env(**env)) as process:
            child = int(process.expect(r"^ready (\d+)$").group(1))
            process.popen.send_signal(signal.SIGTERM)
            wanted = {"parent"} | ({f"got {int(signal.SIGTERM)}"} if all_of_it else set())
            while wanted:
                wanted.discard(process.expect(r"^(parent|got \d+)$").group(1))
            os.kill(child, signal.SIGUSR1)
            process.expect(f"^got {int(signal.SIGUSR1)}$")
            result = process.finish()
        counts = json.loads(result.out.splitlines()[-1])
        assert counts.get("terminated", 0) == all_of_it, one


def signalled(one, app, options, number, env=None):
    with support.Process([one, *options, "--", str(app), "sigcount"],
                         env=support.base_env(**(env or {}))) as process:
        process.expect("ready")
        process.popen.send_signal(number)
        # Of two that are pending the lower one comes first, at each of those on
        # the way, so what comes last has a high number, and another is sent when
        # that has come.
        for fence in (signal.SIGWINCH, signal.SIGRTMAX):
            process.popen.send_signal(fence)
            process.expect(f"^got {int(fence)}$")
        return json.loads(process.finish().out.splitlines()[-1])


@pytest.mark.parametrize("options, env", [
    ([], {}), (["-c"], {}), ([], {"DUMB_INIT_SETSID": "0"}),
    (["-r", "15:12"], {}), (["-r", "15:0"], {}), (["--rewrite", "15:2"], {})])
def test_dumb_init_signals(dumb_init, app, options, env):
    real, ours = (signalled(one, app, options, signal.SIGTERM, env)
                  for one in dumb_init)
    assert real == ours


def test_tini_signals(tini, app):
    real, ours = (signalled(one, app, ["-s"], signal.SIGHUP) for one in tini)
    assert real == ours == {"hangup": 1, "window changed": 1, "signal 64": 1}


ORPHANS = """
for i in 1 2 3 4 5 6 7 8 9 10; do (true & ) ; done
while [ "$(cat /proc/[0-9]*/stat 2>/dev/null | grep -c ") Z ")" != 0 ]; do :; done
echo reaped
exit 5
"""


def test_orphans_are_reaped_as_pid_1(both, root_only):
    result = compare(both, "/bin/sh", "-c", ORPHANS,
                     init=["unshare", "--pid", "--fork", "--mount-proc",
                           "--kill-child"])
    assert (result.status, result.out) == (5, "reaped\n")


def test_warning_of_what_was_reaped(gosup, scratch):
    # One that outlives its parent, which else may wait for it after all.
    script = (f"orphan=$(sh -c 'until [ -e {scratch}/go ]; do :; done >/dev/null & "
              f"echo $!'); touch {scratch}/go; "
              "while [ -e /proc/$orphan ]; do :; done; echo $orphan")
    result = gosup.run("/bin/sh", "-c", script, options=["--warn-reaped"])
    assert result.err == (f"gosup: reaped process {result.out.strip()}, which its "
                          "parent left behind\n")


def test_parent_death(gosup, app, scratch):
    """The shell between the test and gosup dies."""
    script = '"$0" run --parent-death=SIGUSR2 -- "$1" sigcount <&3 & echo $!; wait'
    with support.Process(["/bin/sh", "-c", f"exec 3<&0; {script}", gosup.path,
                          str(app)]) as process:
        process.expect("ready")
        process.popen.kill()
        process.expect(f"^got {int(signal.SIGUSR2)}$")


def test_close_fds(gosup, app):
    read, write = os.pipe()
    os.set_inheritable(write, True)
    try:
        for options, expected in ((["--close-fds"], False), ([], True)):
            result = gosup.run("/bin/sh", "-c", f"test -e /proc/self/fd/{write}",
                               options=options, pass_fds=[write])
            assert (result.status == 0) == expected
    finally:
        os.close(read)
        os.close(write)


def test_signals_to_the_group(gosup, app):
    script = 'trap : USR1; exec 3<&0; "$0" sigcount <&3 & wait; wait'
    with gosup.start("/bin/sh", "-c", script, app,
                     options=["--signals-to=group"]) as process:
        process.expect("ready")
        process.popen.send_signal(signal.SIGUSR1)
        process.expect(f"^got {int(signal.SIGUSR1)}$")
        result = process.finish()
    assert result.status == 0
