# SPDX-License-Identifier: Apache-2.0
"""Signals reach the program once each, from wherever they come, and the
supervisor shares its program's fate at a prompt as elsewhere."""

import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import time
import uuid

import pytest

import support
from support import poll, process_state

FORWARDED = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT,
             signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH, signal.SIGALRM]
# What Go calls a signal in the totals of "app sigcount".
GO_NAME = {
    signal.SIGTERM: "terminated", signal.SIGINT: "interrupt",
    signal.SIGHUP: "hangup", signal.SIGQUIT: "quit",
    signal.SIGUSR1: "user defined signal 1",
    signal.SIGUSR2: "user defined signal 2",
    signal.SIGWINCH: "window changed", signal.SIGALRM: "alarm clock",
    signal.SIGCONT: "continued",
}


def last_json(result):
    return json.loads(result.out.splitlines()[-1])


@pytest.mark.parametrize("number", FORWARDED, ids=lambda n: n.name)
def test_signal_to_supervisor_arrives_once(gosup, each_app, number, who):
    with gosup.start(each_app, "sigcount", user=who) as process:
        process.expect("ready")
        process.popen.send_signal(number)
        process.expect(f"^got {int(number)}$")
        # A second delivery would be on its way when this one has arrived.
        process.popen.send_signal(
            fence := signal.SIGUSR2 if number == signal.SIGUSR1
            else signal.SIGUSR1)
        process.expect(f"^got {int(fence)}$")
        result = process.finish()
    assert last_json(result) == {GO_NAME[number]: 1, GO_NAME[fence]: 1}
    assert result.status == 0


def test_sent_to_all_of_a_name(gosup, app, scratch, who):
    """pkill finds gosup's processes and the program, one after the other."""
    if not shutil.which("pkill"):
        pytest.skip("pkill is not installed")
    copy = scratch / f"app-{uuid.uuid4().hex}"
    shutil.copy(app, copy)
    with gosup.start(copy, "sigcount", user=who) as process:
        process.expect("ready")
        for _ in range(20):
            support.run(["pkill", "-HUP", "-f", copy.name])
            process.expect(f"^got {int(signal.SIGHUP)}$")
        process.popen.send_signal(signal.SIGUSR1)
        process.expect(f"^got {int(signal.SIGUSR1)}$")
        result = process.finish()
    assert last_json(result) == {GO_NAME[signal.SIGHUP]: 20,
                                 GO_NAME[signal.SIGUSR1]: 1}


def has_pending(pid):
    """Has a process a signal still to take?"""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    pending = re.findall(r"^(?:Sig|Shd)Pnd:\s*(\w+)$", status, re.M)
    # gosup keeps a SIGCHLD for itself.
    return any(int(bits, 16) & ~(1 << signal.SIGCHLD - 1) for bits in pending)


def test_sent_to_all_twice_before_the_guard_looks(gosup, app, scratch):
    """For the guard the two are one; the program has got both by itself."""
    if not shutil.which("pkill"):
        pytest.skip("pkill is not installed")
    copy = scratch / f"app-{uuid.uuid4().hex}"
    shutil.copy(app, copy)
    with gosup.start(copy, "sigcount") as process:
        process.expect("ready")
        guard, = support.children(process.pid)
        os.kill(guard, signal.SIGSTOP)
        for _ in range(2):
            support.run(["pkill", "-HUP", "-f", copy.name])
            process.expect(f"^got {int(signal.SIGHUP)}$")
        poll(lambda: not has_pending(process.pid), "gosup to take them")
        os.kill(guard, signal.SIGCONT)
        # One by that name to gosup alone, which is waited for as long.
        shutil.copy(shutil.which("kill"), scratch / "pkill")
        support.run([scratch / "pkill", "-USR1", str(process.pid)])
        process.expect(f"^got {int(signal.SIGUSR1)}$")
        result = process.finish()
    assert last_json(result) == {GO_NAME[signal.SIGHUP]: 2,
                                 GO_NAME[signal.SIGUSR1]: 1}


def test_each_of_many_signals_arrives(gosup, app):
    """One after the other, acknowledged: none is lost, none doubled."""
    with gosup.start(app, "sigcount") as process:
        process.expect("ready")
        for number in FORWARDED * 25:
            process.popen.send_signal(number)
            process.expect(f"^got {int(number)}$")
        result = process.finish()
    assert last_json(result) == {GO_NAME[n]: 25 for n in FORWARDED}


def test_signal_to_program_itself(gosup, app):
    """What is sent to the program past the supervisor is left alone."""
    with gosup.start(app, "sigcount") as process:
        pid = int(process.expect(r"ready (\d+)").group(1))
        for _ in range(10):
            os.kill(pid, signal.SIGHUP)
            process.expect("^got 1$")
        result = process.finish()
    assert last_json(result) == {"hangup": 10}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT,
                                    signal.SIGHUP], ids=lambda n: n.name)
def test_signal_to_the_group_arrives_once(gosup, each_app, number):
    """kill %1, timeout and systemd send to every process of a group."""
    with gosup.start(each_app, "sigcount") as process:
        process.expect("ready")
        for _ in range(20):
            os.killpg(process.pid, number)
            process.expect(f"^got {int(number)}$")
            process.popen.send_signal(signal.SIGUSR1)
            process.expect("^got 10$")
        result = process.finish()
    assert last_json(result) == {GO_NAME[number]: 20,
                                 GO_NAME[signal.SIGUSR1]: 20}


def test_any_signal_reaches_a_c_program(gosup, fixtures):
    """All that can be caught, real-time ones included, with no losses."""
    siginfo = fixtures.c("siginfo")
    numbers = [n for n in range(1, 65)
               if n not in (signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD,
                            signal.SIGCONT, signal.SIGTSTP, signal.SIGTTIN,
                            signal.SIGTTOU, 32, 33)
               # Faults mean the supervisor's own ones.
               and n not in (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL,
                             signal.SIGFPE, signal.SIGTRAP, signal.SIGSYS,
                             signal.SIGABRT, signal.SIGPIPE)]
    with gosup.start(siginfo) as process:
        process.expect("ready")
        for number in numbers:
            process.popen.send_signal(number)
            process.expect(f"^got {number} ")
        result = process.finish()
    got = [line for line in result.out.splitlines() if line.startswith("got")]
    assert len(got) == len(numbers)


def test_default_action_ends_both(gosup, each_app):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        with gosup.start(each_app, "sleep") as process:
            process.expect("ready")
            process.popen.send_signal(number)
            assert process.finish().status == -number


def test_signal_right_after_start(gosup, app):
    """One that comes before the program runs is not lost: it ends the run."""
    for delay in range(0, 40, 2):
        with gosup.start(app, "sleep") as process:
            time.sleep(delay / 1000)    # where it strikes is what varies
            process.popen.send_signal(signal.SIGTERM)
            assert process.finish().status == -signal.SIGTERM


def test_group_signal_right_after_start(gosup):
    """The same of one to the whole group, some of which is not there yet."""
    for step in range(100):
        with support.Process(gosup.argv("sleep", "1000")) as process:
            strike = time.monotonic() + step * 60e-6
            while time.monotonic() < strike:
                pass
            os.killpg(process.pid, signal.SIGTERM)
            assert process.finish().status == -signal.SIGTERM


def test_ignored_signals_stay_ignored(gosup, app):
    """As under nohup: HUP ignored by the parent is so for the program."""
    script = "trap '' HUP; exec \"$@\""
    with support.Process(["sh", "-c", script, "-",
                          *gosup.argv(app, "sleep")]) as process:
        pid = int(process.expect(r"ready (\d+)").group(1))
        process.popen.send_signal(signal.SIGHUP)
        os.kill(pid, signal.SIGHUP)
        process.popen.send_signal(signal.SIGTERM)
        assert process.finish().status == -signal.SIGTERM


@pytest.mark.parametrize("with_policy", [False, True])
def test_killed_supervisor_takes_all_along(gosup, fixtures, who, policy,
                                           with_policy):
    """kill -9 of gosup frees nobody: not the program, not its child, not a
    daemon that left session, group and parent."""
    family = fixtures.c("family", "-static")
    rules = policy(files=[{"path": "/none", "content": ""}])
    with gosup.start(family, user=who,
                     policy=rules if with_policy else None) as process:
        match = process.expect(r"family (\d+) (\d+) (\d+)")
        pids = [int(p) for p in match.groups()]
        try:
            assert not any(support.is_gone(p) for p in pids)
            os.kill(process.pid, signal.SIGKILL)
            poll(lambda: all(support.is_gone(p) for p in pids),
                 f"the end of {pids}")
        finally:
            for pid in pids:
                if not support.is_gone(pid):
                    os.kill(pid, signal.SIGKILL)


def test_killed_program_ends_the_run(gosup, app):
    with gosup.start(app, "sleep") as process:
        pid = int(process.expect(r"ready (\d+)").group(1))
        os.kill(pid, signal.SIGKILL)
        assert process.finish().status == -signal.SIGKILL


def test_program_that_stops_itself(gosup):
    """The parent of gosup sees the stop, and its SIGCONT goes on."""
    with gosup.start("sh", "-c", "kill -STOP $$; echo went on; exit 4"
                     ) as process:
        pid, status = poll(
            lambda: (w := os.waitpid(process.pid,
                                     os.WUNTRACED | os.WNOHANG))[0] and w,
            "gosup to stop")
        assert pid == process.pid
        assert os.WIFSTOPPED(status), status
        process.popen.send_signal(signal.SIGCONT)
        process.expect("went on")
        assert process.finish().status == 4


def test_timeout_command(gosup, each_app):
    result = support.run(["timeout", "0.3", *gosup.argv(each_app, "sleep")])
    assert result.status == 124


# At a real prompt

def test_ctrl_c_ends_the_program(gosup, each_app, who):
    with support.Bash(user=who) as bash:
        bash.send(" ".join(gosup.argv(each_app, "sleep")) + "\n")
        bash.expect("ready")
        bash.send("\x03")
        assert bash.prompt() == 130


def test_ctrl_c_arrives_once(gosup, each_app, who):
    with support.Bash(user=who) as bash:
        bash.send(" ".join(gosup.argv(each_app, "sigcount")) + "\n")
        bash.expect("ready")
        for _ in range(5):
            bash.send("\x03")
            bash.expect("got 2\r\n")
        bash.send("\x1c")
        bash.expect("got 3\r\n")
        bash.resize(30, 90)
        bash.expect("got 28\r\n")
        bash.send("\x04")
        totals_seen = bash.expect(r"\{.*\}").group(0)
        assert json.loads(totals_seen) == {
            "interrupt": 5, "quit": 1, "window changed": 1}
        assert bash.prompt() == 0


def quiescent(pid):
    """No process of the group has a signal still to take."""
    return not any(map(has_pending, support.group_members(os.getpgid(pid))))


def program_pid(bash):
    return int(bash.expect(r"ready (\d+)").group(1))


def test_ctrl_z_fg_bg(gosup, each_app, who):
    with support.Bash(user=who) as bash:
        bash.send(" ".join(gosup.argv(each_app, "sigcount")) + "\n")
        pid = program_pid(bash)
        for _ in range(3):
            bash.send("\x1a")
            bash.expect("Stopped")
            assert bash.prompt() == 128 + signal.SIGTSTP
            poll(lambda: process_state(pid) == "T", "the program to stop")
            bash.send("fg\n")
            bash.expect("got 18\r\n")
            poll(lambda: process_state(pid) in "SR", "the program to go on")
            poll(lambda: quiescent(pid), "signals to be taken")
            assert bash.foreground() == os.getpgid(pid)
        bash.send("\x04")
        assert json.loads(bash.expect(r"\{.*\}").group(0)) == {
            "continued": 3}
        assert bash.prompt() == 0


def test_stopped_job_with_a_daemon(gosup, policy, scratch):
    """Who left the job goes on when it stops, and is served; the job is stopped
    all the same."""
    os.mkfifo(scratch / "fifo")
    rules = policy(files=[{"path": str(scratch / "view"), "content": "seen"}])
    # cat is started and opens the file only after the stop.
    daemon = ("P=$$ setsid sh -c 'exec 3<> fifo; echo ready $P; "
              "while read line <&3; do cat view > out.$line; done' & sleep 1000")
    with support.Bash(cwd=scratch) as bash:
        bash.send(" ".join(gosup.argv("sh", "-c", shlex.quote(daemon),
                                      policy=rules)) + "\n")
        guard = support.parent(program_pid(bash))
        supervisor = support.parent(guard)
        bash.send("\x1a")
        bash.expect("Stopped")
        bash.prompt()
        for i in range(5):
            poll(lambda: process_state(supervisor) == "T", "the stop")
            with open(scratch / "fifo", "w", encoding="utf-8") as fifo:
                fifo.write(f"{i}\n")
            out = scratch / f"out.{i}"
            poll(lambda: out.exists() and out.read_text() == "seen", "the view")
        poll(lambda: process_state(supervisor) == "T", "the stop")
        bash.send("fg\n")
        poll(lambda: bash.foreground() == supervisor, "the job")
        bash.send("\x03")
        assert bash.prompt() == 130


def test_supervisor_stopped_alone(gosup, app, policy, scratch):
    """SIGSTOP to gosup alone stops gosup alone: what it is to judge waits for it,
    and so do signals."""
    rules = policy(files=[{"path": str(scratch / "view"), "content": "seen"}])
    script = 'echo ready $$; while read line; do read text < view; echo $text; done'
    with gosup.start("bash", "-c", f"cd {scratch}; trap 'echo usr1' USR1; {script}",
                     policy=rules) as process:
        pid = int(process.expect(r"^ready (\d+)$").group(1))
        process.popen.send_signal(signal.SIGSTOP)
        assert os.WIFSTOPPED(os.waitpid(process.pid, os.WUNTRACED)[1])
        assert process_state(pid) in ("S", "R")
        process.popen.stdin.write(b"line\n")
        process.popen.stdin.flush()
        process.popen.send_signal(signal.SIGUSR1)
        poll(lambda: pathlib.Path(f"/proc/{pid}/syscall").read_text().split()[0]
             in ("2", "257"), "the call that waits")
        process.popen.send_signal(signal.SIGCONT)
        seen = {process.expect("^(seen|usr1)$").group(1) for _ in range(2)}
        assert seen == {"seen", "usr1"}
        assert process.finish().status == 0


def test_long_stop(gosup, app):
    """However long a job was stopped, what stopped it is not done again."""
    with support.Bash() as bash:
        bash.send(" ".join(gosup.argv(app, "sigcount")) + "\n")
        program_pid(bash)
        bash.send("\x1a")
        bash.expect("Stopped")
        bash.prompt()
        time.sleep(0.7)     # longer than a witnessed signal is remembered
        bash.send("fg\n")
        bash.expect("got 18\r\n")
        bash.send("\x04")
        assert json.loads(bash.expect(r"\{.*\}").group(0)) == {"continued": 1}
        assert bash.prompt() == 0


def test_background_and_kill_job(gosup, each_app):
    with support.Bash() as bash:
        bash.send(" ".join(gosup.argv(each_app, "sleep")) + "\n")
        pid = program_pid(bash)
        bash.send("\x1a")
        bash.prompt()
        bash.run("bg")
        poll(lambda: process_state(pid) in "SR", "the program to go on")
        bash.send("kill %1; wait %1; echo status=$?\n")
        assert bash.expect(r"status=(\d+)").group(1) == b"143"
        poll(lambda: support.is_gone(pid), "the program to end")


def test_background_read_stops_the_job(gosup):
    """A background job that reads the terminal stops, as it does alone."""
    with support.Bash() as bash:
        bash.send(" ".join(gosup.argv("head", "-n1")) + " &\n")
        bash.prompt()
        bash.send("wait %1; jobs\n")
        bash.expect(r"Stopped")
        bash.prompt()
        bash.send("fg\n")
        bash.send("a line\n")
        bash.expect("a line\r\n")
        assert bash.prompt() == 0


def test_pipelines(gosup, each_app):
    with support.Bash() as bash:
        command = " ".join(gosup.argv(each_app, "sleep"))
        bash.send(f"{command} | cat\n")
        bash.expect("ready")
        bash.send("\x03")
        assert bash.prompt() == 130
        command = " ".join(gosup.argv(each_app, "cat"))
        bash.send(f"echo through | {command} | cat\n")
        bash.expect("through")
        assert bash.prompt() == 0
        # A pager that reads the terminal must keep it.
        command = " ".join(gosup.argv(each_app, "echo", "hi"))
        bash.send(f"{command} | (cat; head -n1 </dev/tty)\n")
        bash.expect("hi")
        bash.send("typed\n")
        bash.expect("typed")
        assert bash.prompt() == 0


def test_hangup_of_the_terminal(gosup, each_app):
    """Closing the terminal ends the program, as it would alone."""
    with support.Terminal(gosup.argv(each_app, "sleep")) as terminal:
        pid = int(terminal.expect(r"ready (\d+)").group(1))
        supervisor = terminal.pid
        os.close(terminal.fd)
        terminal.fd = os.open("/dev/null", os.O_RDONLY)
        poll(lambda: support.is_gone(pid), "the program to end")
        poll(lambda: support.is_gone(supervisor), "the supervisor to end")
        terminal.status = os.waitpid(supervisor, 0)[1]
        assert os.WIFSIGNALED(terminal.status)
        assert os.WTERMSIG(terminal.status) == signal.SIGHUP


def test_shell_under_gosup(gosup, who):
    """An interactive shell with job control of its own, supervised."""
    with support.Bash(user=who) as bash:
        bash.send(" ".join(gosup.argv(
            "bash", "--norc", "--noprofile", "-i")) + "\n")
        assert bash.prompt() == 0
        bash.send("cat\n")
        bash.send("echoed\n")
        bash.expect("echoed")
        bash.send("\x1a")
        bash.expect("Stopped")
        assert bash.prompt() == 128 + signal.SIGTSTP
        bash.send("fg\n")
        bash.send("again\n")
        bash.expect("again")
        bash.send("\x03")
        assert bash.prompt() == 130
        bash.send("exit 5\n")
        assert bash.prompt() == 5
