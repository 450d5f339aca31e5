# SPDX-License-Identifier: Apache-2.0
"""gosup between a program and what runs it as a service: notifications, signs
of life, probes and reloads, with a service manager played by the test."""

import array
import json
import os
import pathlib
import re
import signal
import socket
import time
import urllib.error
import urllib.request

import pytest

import support
from support import DEADLINE, poll


class Manager:
    """The other end of NOTIFY_SOCKET."""

    def __init__(self, path):
        self.path = str(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind(self.path)
        os.chmod(self.path, 0o777)
        self.env = {"NOTIFY_SOCKET": self.path}

    def receive(self, deadline=DEADLINE):
        """(message, sender's pid, descriptors)"""
        self.socket.settimeout(deadline)
        data, control, _, _ = self.socket.recvmsg(8192, 8192)
        pid, fds = None, array.array("i")
        for level, kind, value in control:
            if kind == socket.SCM_RIGHTS:
                fds.frombytes(value)
            elif kind == 2:     # SCM_CREDENTIALS
                pid = int.from_bytes(value[:4], "little")
        return data.decode(), pid, list(fds)

    def expect(self, pattern):
        """The next message that matches; others are passed over."""
        while True:
            message, pid, fds = self.receive()
            if re.search(pattern, message, re.M):
                return message, pid, fds

    def silent(self):
        """Whether nothing has come so far."""
        try:
            self.receive(0.001)
        except (TimeoutError, BlockingIOError):
            return True
        return False


@pytest.fixture
def manager(scratch):
    made = Manager(scratch / "manager")
    yield made
    made.socket.close()


def ask(path, line):
    """A command for the program "app service"."""
    with socket.socket(socket.AF_UNIX) as c:
        c.settimeout(DEADLINE)
        c.connect(str(path))
        c.sendall(line.encode() + b"\n")
        return c.makefile().read().rstrip("\n")


def accepts(path):
    """Does the program listen? Its socket has a name before that."""
    with socket.socket(socket.AF_UNIX) as c:
        return c.connect_ex(str(path)) == 0


class Service:
    """gosup with "app service" below it, and a control socket."""

    def __init__(self, gosup, app, scratch, *options, policy=None, env=None,
                 after=False, user=None, shell=None, **how):
        self.gosup = gosup
        self.app_socket = scratch / "app.sock"
        self.control = scratch / "control"
        self.go = scratch / "go"
        argv = gosup.argv(app, "service", self.app_socket,
                          *([self.go] if after else []), policy=policy,
                          options=[f"--control={self.control}", *options])
        if shell:
            argv = ["bash", "-c", f'{shell}; exec "$@"', "bash", *argv]
        self.process = support.Process(
            argv, env=support.base_env(**(env or {})), user=user, **how)

    def __enter__(self):
        self.process.__enter__()
        return self

    def __exit__(self, *what):
        self.process.__exit__(*what)

    @property
    def pid(self):
        return self.process.pid

    def listening(self):
        return int(self.process.expect(r"listening (\d+)").group(1))

    def ask(self, line):
        return ask(self.app_socket, line)

    def command(self, *words):
        return self.gosup.command(*words, f"--control={self.control}")

    def probe(self, what):
        return self.command("probe", what)

    def status(self):
        return json.loads(self.command("status").out)

    def up(self):
        """Wait until the program has been executed."""
        poll(lambda: self.control.exists()
             and self.probe("started").status == 0, "the program's start")

    def end(self):
        self.process.popen.send_signal(signal.SIGTERM)
        return self.process.finish()


@pytest.fixture
def service(gosup, app, scratch):
    def make(*options, **how):
        return Service(gosup, app, scratch, *options, **how)
    return make


# ---- readiness ----

def test_ready_when_it_listens(service, manager):
    with service("--ready=listen", env=manager.env, after=True) as s:
        manager.expect("^STATUS=app")
        assert s.probe("started").out == "started\n"
        answer = s.probe("ready")
        assert answer.status == 1
        assert "does not listen" in answer.out
        assert manager.silent()
        s.go.touch()
        message, pid, _ = manager.expect("^READY=1$")
        assert f"MAINPID={s.pid}" in message.splitlines()
        assert pid == s.pid
        # The socket is there by then.
        assert s.ask("pid").isdigit()
        assert s.probe("ready").status == 0
        assert s.end().status == 0
        manager.expect("^STOPPING=1$")


def test_ready_by_policy(service, manager, policy):
    rules = policy(service={"ready": "listen"})
    with service(policy=rules, env=manager.env, after=True) as s:
        s.up()
        assert s.probe("ready").status == 1
        s.go.touch()
        manager.expect("^READY=1$")
    # The command line has the last word.
    with service("--ready=start", policy=rules, env=manager.env) as s:
        manager.expect("^READY=1$")


def test_ready_when_started(service, manager):
    with service("--ready=start", env=manager.env, after=True) as s:
        manager.expect("^READY=1$")
        assert s.probe("ready").status == 0


def test_without_a_manager(service):
    with service(after=True) as s:
        poll(lambda: s.control.exists()
             and s.probe("ready").status == 0, "readiness")
        s.go.touch()
        s.listening()
        assert s.ask("getenv NOTIFY_SOCKET") == "unset"


def test_not_executed_is_not_ready(gosup, manager, scratch):
    (scratch / "app").write_text("no program")
    for app, status in ((scratch / "app", 126), ("gosup-none", 127)):
        result = gosup.run(app, options=["--ready=start"],
                           env=support.base_env(**manager.env))
        assert result.status == status
        assert manager.receive()[0] == "STOPPING=1"
        assert manager.silent()


# ---- the program's own messages ----

def test_messages_are_handed_on(service, manager):
    with service(env=manager.env) as s:
        app = s.listening()
        manager.expect("^STATUS=app")
        own = s.ask("getenv NOTIFY_SOCKET")
        assert own.startswith("@") and own != manager.path
        assert s.probe("ready").status == 1
        assert s.ask(rf"notify READY=1\nSTATUS=warm\nMAINPID={app}") == "ok"
        message, pid, _ = manager.receive()
        assert message == f"READY=1\nSTATUS=warm\nMAINPID={s.pid}"
        assert pid == s.pid
        assert s.probe("ready").status == 0
        s.ask(r"notify X_CUSTOM=1\nERRNO=2")
        assert manager.receive()[0] == "X_CUSTOM=1\nERRNO=2"
        s.ask("notify STOPPING=1")
        assert manager.receive()[0] == "STOPPING=1"
        answer = s.probe("ready")
        assert answer.status == 1 and "stopping" in answer.out


def test_descriptors_are_handed_on(service, manager):
    with service(env=manager.env) as s:
        s.listening()
        assert s.ask("store some bytes") == "ok"
        message, _, fds = manager.expect("^FDSTORE=1$")
        assert "FDNAME=kept" in message
        assert len(fds) == 1
        with os.fdopen(fds[0], "rb") as pipe:
            assert pipe.read() == b"some bytes"


def test_strangers_are_not_heard(service, manager):
    """The socket's name is no secret, so who sends is looked at."""
    with service(env=manager.env) as s:
        s.listening()
        manager.expect("^STATUS=app")
        name = s.ask("getenv NOTIFY_SOCKET").replace("@", "\0", 1)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stranger:
            stranger.sendto(b"READY=1\nSTATUS=stranger", name)
        s.ask("notify STATUS=fence")
        assert manager.receive()[0] == "STATUS=fence"
        assert s.probe("ready").status == 1


def test_notify_without_a_manager(service):
    """Probes can wait for the program's word where no manager does."""
    with service("--ready=notify") as s:
        s.listening()
        assert s.probe("ready").status == 1
        assert s.ask("notify READY=1") == "ok"
        poll(lambda: s.probe("ready").status == 0, "readiness")


def test_children_may_notify(gosup, manager, scratch, fixtures):
    """As a script's systemd-notify does."""
    app = fixtures.need_go("debian", "static")
    script = f"{app} service {scratch}/s & wait"
    with gosup.start("sh", "-c", script,
                     env=support.base_env(**manager.env)) as process:
        process.expect("listening")
        assert ask(scratch / "s", "notify READY=1") == "ok"
        manager.expect("^READY=1$")


def test_unknown_kind_of_address(service):
    with service(env={"NOTIFY_SOCKET": "vsock:2:1234"}) as s:
        s.listening()
        assert s.ask("getenv NOTIFY_SOCKET") == "vsock:2:1234"
        assert "does not know" in s.end().err


# ---- what is addressed to the main process ----

ADDRESSED = ("export LISTEN_FDS=1 LISTEN_PID=$$ WATCHDOG_PID=$$ "
             "SYSTEMD_EXEC_PID=$$")


def test_sockets_are_handed_on(gosup, app, scratch):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(scratch / "handed"))
        listening.listen()
        number = listening.fileno()
        with Service(gosup, app, scratch, pass_fds=[number],
                     shell=f"{ADDRESSED}; exec 3<&{number}") as s:
            pid = s.listening()
            s.app_socket = scratch / "handed"
            assert s.ask("activated") == "true"
            for name in ("LISTEN_PID", "WATCHDOG_PID", "SYSTEMD_EXEC_PID"):
                assert s.ask(f"getenv {name}") == str(pid)
            # gosup keeps no copy: when the program closes it, it is closed.
            inode = os.fstat(listening.fileno()).st_ino
            poll(lambda: f"socket:[{inode}]" not in open_files(s.pid), "the end of the copy")


def open_files(pid):
    found = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            found.add(os.readlink(f"/proc/{pid}/fd/{fd}"))
        except FileNotFoundError:
            pass    # closed meanwhile
    return found


def test_others_addresses_stay(service):
    with service(env={"LISTEN_PID": "1", "LISTEN_FDS": "1"}) as s:
        s.listening()
        assert s.ask("getenv LISTEN_PID") == "1"


# ---- signs of life ----

def test_watchdog(service, manager):
    how = "export WATCHDOG_PID=$$ WATCHDOG_USEC=400000"
    with service("--ready=start", env=manager.env, shell=how) as s:
        s.listening()
        for _ in range(3):
            manager.expect("^WATCHDOG=1$")
        # None from a gosup that hangs.
        s.process.popen.send_signal(signal.SIGSTOP)
        poll(lambda: support.process_state(s.pid) == "T", "a stop")
        while not manager.silent():
            pass
        begin = time.monotonic()
        with pytest.raises(TimeoutError):
            manager.receive(1)
        assert time.monotonic() - begin >= 1
        s.process.popen.send_signal(signal.SIGCONT)
        manager.expect("^WATCHDOG=1$")
        # Once the program gives them itself, its own count.
        s.ask("notify WATCHDOG=1")
        manager.expect("^WATCHDOG=1$")
        while not manager.silent():
            pass
        with pytest.raises(TimeoutError):
            manager.receive(1)


def test_watchdog_of_the_program_alone(service, manager, policy):
    how = "export WATCHDOG_PID=$$ WATCHDOG_USEC=200000"
    with service("--ready=start", env=manager.env, shell=how,
                 policy=policy(service={"watchdog": "app"})) as s:
        s.listening()
        manager.expect("^READY=1$")
        with pytest.raises(TimeoutError):
            manager.receive(0.5)
        s.ask("notify WATCHDOG=1")
        manager.expect("^WATCHDOG=1$")


def test_watchdog_of_another_process(service, manager):
    env = {**manager.env, "WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"}
    with service("--ready=start", env=env) as s:
        s.listening()
        manager.expect("^READY=1$")
        with pytest.raises(TimeoutError):
            manager.receive(0.3)


# ---- the control socket ----

def test_bad_messages(service):
    with service() as s:
        s.listening()
        with socket.socket(socket.AF_UNIX) as c:
            c.settimeout(DEADLINE)
            c.connect(str(s.control))
            lines = c.makefile("rb")

            def say(data):
                c.sendall(data)
                return json.loads(lines.readline())
            assert "not JSON" in say(b"ready\n")["error"]
            assert "did you mean" in say(b'{"request": "raedy"}\n')["error"]
            # The connection lives on, and pieces are put together.
            c.sendall(b'{"request": ')
            assert say(b'"live"}\n') == {"ok": True}
            both = say(b'{"request": "started"}\n{"request": "x"}\n')
            assert both == {"ok": True}
            assert "no request" in json.loads(lines.readline())["error"]
            assert "4095" in say(b"x" * 10000)["error"]
        assert s.probe("live").status == 0


def test_clients_that_say_nothing(service):
    """They neither hold gosup up nor use it up."""
    with service() as s:
        s.listening()
        idle = [socket.socket(socket.AF_UNIX) for _ in range(60)]
        try:
            for c in idle:
                c.connect(str(s.control))
            assert "too many" in s.probe("live").err
        finally:
            for c in idle:
                c.close()
        poll(lambda: s.probe("live").status == 0, "an answer")


def test_client_errors(gosup, service, scratch):
    with service() as s:
        s.listening()
        for words, said in (
                (["probe"], "probe what?"),
                (["probe", "raedy"], 'did you mean "ready"'),
                (["probe", "ready", "x"], 'what is "x"'),
                (["probe", "ready", "--timeout=0"], "not a number of seconds"),
                (["reload", "x"], 'what is "x"')):
            result = s.command(*words)
            assert result.status == 125 and said in result.err, result
        # Both orders are understood.
        assert gosup.command("probe", f"--control={s.control}").status == 125
    result = gosup.command("probe", "ready")
    assert result.status == 125 and "--control" in result.err
    result = gosup.command("probe", "live", f"--control={scratch}/none")
    assert result.status == 125 and "cannot reach gosup" in result.err


def test_timeout(gosup, scratch):
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(scratch / "mute"))
        mute.listen()
        result = gosup.command("probe", "live", f"--control={scratch}/mute",
                               "--timeout=1")
    assert result.status == 125 and "too late" in result.err


def test_control_in_use(gosup, service, scratch):
    with service() as s:
        s.listening()
        result = gosup.run("true", options=[f"--control={s.control}"])
        assert result.status == 125
        assert "Address already in use" in result.err
        assert s.probe("live").status == 0
        assert s.end().status == 0
    assert not s.control.exists()


def test_control_is_private(service):
    with service() as s:
        s.listening()
        assert s.control.stat().st_mode & 0o777 == 0o600


def test_program_cannot_ask_for_a_reload(gosup, policy, scratch):
    rules = policy(files=[{"path": "/nonexistent/x", "deny": True}])
    control = f"--control={scratch}/c"
    result = gosup.run(gosup.path, "reload", control, policy=rules,
                       options=[control])
    assert result.status == 1
    assert "cannot ask for this" in result.err
    result = gosup.run(gosup.path, "probe", "live", control, policy=rules,
                       options=[control])
    assert result.status == 0


def http(port, path):
    url = f"http://127.0.0.1:{port}{path}"
    try:
        with urllib.request.urlopen(url, timeout=DEADLINE) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def test_probes_over_tcp(gosup, app, scratch):
    address = f"127.0.0.1:{free_port()}"
    port = address.partition(":")[2]
    with gosup.start(app, "service", scratch / "s", scratch / "go",
                     options=[f"--control={address}", "--ready=listen"]):
        def probe(what):
            return gosup.command("probe", what, f"--control={address}")
        poll(lambda: probe("started").status == 0, "the start")
        assert probe("ready").status == 1
        assert http(port, "/live") == (200, {"ok": True})
        status, reply = http(port, "/ready")
        assert status == 503 and "does not listen" in reply["why"]
        (scratch / "go").touch()
        poll(lambda: http(port, "/ready")[0] == 200, "readiness")
        assert http(port, "/nothing")[0] == 404
        result = gosup.command("reload", f"--control={address}")
        assert result.status == 125 and "over TCP" in result.err


# ---- reloading ----

def contents(text):
    return [{"path": "/etc/gosup-view", "content": text}]


def write(path, **keys):
    path.write_text(json.dumps({"version": 1, **keys}))


@pytest.fixture
def rules(policy):
    return policy(files=contents("one"))


class Guarded:
    """A policy that keeps the program from its own file, as it must to be read
    again: the tests may run as root, whom nothing else holds back."""

    def __init__(self, scratch):
        self.dir = scratch / "etc"
        self.dir.mkdir(mode=0o755)
        self.path = self.dir / "policy.json"

    def __fspath__(self):
        return str(self.path)

    __str__ = __fspath__

    def write(self, files=(), **keys):
        write(self.path, files=[{"path": str(self.dir), "allow": "read"},
                                *files], **keys)
        return self


@pytest.fixture
def guarded(scratch):
    return Guarded(scratch)


def test_reload(service, rules):
    with service(policy=rules) as s:
        s.listening()
        assert s.ask("read /etc/gosup-view") == "one"
        write(rules, files=contents("two"))
        assert s.ask("read /etc/gosup-view") == "one"
        assert s.command("reload").status == 0
        assert s.ask("read /etc/gosup-view") == "two"
        # All files rules may go ...
        write(rules)
        assert s.command("reload").status == 0
        assert "no such file" in s.ask("read /etc/gosup-view")
        # ... and come again.
        write(rules, files=contents("three"))
        assert s.command("reload").status == 0
        assert s.ask("read /etc/gosup-view") == "three"
        assert s.status()["reloads"] == 3


def test_bad_policy_changes_nothing(service, rules):
    with service(policy=rules) as s:
        s.listening()
        rules.write_text('{"version": 1,\n "flies": []}')
        result = s.command("reload")
        assert result.status == 1
        assert f'{rules}:2:' in result.err
        assert 'did you mean "files"' in result.err
        assert s.ask("read /etc/gosup-view") == "one"
        status = s.status()
        assert (status["reloads"], status["refused"]) == (0, 1)
        assert "flies" in status["refusal"]
        rules.unlink()
        assert "cannot read the policy" in s.command("reload").err
        assert s.ask("read /etc/gosup-view") == "one"


def test_filter_does_not_give_it(service, rules):
    with service(policy=rules) as s:
        s.listening()
        write(rules, files=contents("two"),
              syscalls={"setpriority": {"deny": "EPERM"}})
        result = s.command("reload")
        assert result.status == 1
        assert "setpriority would need a filter" in result.err
        assert "--reloadable" in result.err
        # All or nothing.
        assert s.ask("read /etc/gosup-view") == "one"
        assert s.ask("setpriority") == "ok"


def test_listings_are_another_matter(service, guarded):
    """Only a rule that shows something else needs them."""
    guarded.write()
    with service(policy=guarded) as s:
        s.listening()
        guarded.write([{"path": "/etc/hostname", "deny": True}])
        assert s.command("reload").status == 0
        assert s.ask("read /etc/hostname").endswith("permission denied")
        guarded.write(contents("two"))
        result = s.command("reload")
        assert result.status == 1
        assert "getdents" in result.err


def test_filter_gives_too_much(service, guarded):
    guarded.write(syscalls={"setpriority": {"deny": "EXDEV"}})
    with service(policy=guarded) as s:
        s.listening()
        assert s.ask("setpriority") == "invalid cross-device link"
        guarded.write()
        result = s.command("reload")
        assert result.status == 1
        assert "refuses setpriority" in result.err


def test_reloadable(service, guarded, who):
    guarded.write(syscalls={"setpriority": {"deny": "EXDEV"}})
    with service("--reloadable", policy=guarded, user=who) as s:
        s.listening()
        assert s.ask("setpriority") == "invalid cross-device link"
        guarded.write(syscalls={"setpriority": {"deny": "ESRCH"}})
        assert s.command("reload").status == 0
        assert s.ask("setpriority") == "no such process"
        guarded.write(contents("two"))
        assert s.command("reload").status == 0
        assert s.ask("setpriority") == "ok"
        assert s.ask("read /etc/gosup-view") == "two"
        guarded.write([{"path": "/etc/hostname", "deny": True}],
                      default="deny", include=["@base"])
        assert s.command("reload").status == 0
        assert s.ask("read /etc/hostname").endswith("permission denied")
        # Not all calls are notified just in case.
        guarded.write(syscalls={"write": {"log": True}})
        assert s.command("reload").status == 1


def test_reloadable_from_nothing(service, guarded, scratch):
    """The first rule may come with a reload."""
    write(guarded.path)
    with service("--reloadable", policy=guarded) as s:
        s.listening()
        guarded.write(contents("one"))
        assert s.command("reload").status == 0
        assert s.ask("read /etc/gosup-view") == "one"


def test_signal_reloads(service, manager, policy):
    keys = {"service": {"reload": "SIGHUP", "ready": "start"}}
    rules = policy(files=contents("one"), **keys)
    with service(policy=rules, env=manager.env) as s:
        s.listening()
        manager.expect("^READY=1$")
        write(rules, files=contents("two"), **keys)
        s.process.popen.send_signal(signal.SIGHUP)
        message, _, _ = manager.expect("^RELOADING=1$")
        stamp = int(re.search(r"^MONOTONIC_USEC=(\d+)$", message, re.M)[1])
        assert 0 <= time.monotonic() - stamp / 1e6 < DEADLINE
        message, _, _ = manager.expect("^READY=1$")
        assert re.search("^STATUS=.*was reloaded", message, re.M)
        assert s.ask("read /etc/gosup-view") == "two"
        # A bad one is told, and the service is ready as before.
        rules.write_text("{")
        s.process.popen.send_signal(signal.SIGHUP)
        manager.expect("^RELOADING=1$")
        message, _, _ = manager.expect("^READY=1$")
        assert re.search("^STATUS=.*refused", message, re.M)
        assert s.ask("read /etc/gosup-view") == "two"
        result = s.end()
        assert result.status == 0       # SIGHUP never reached the program
        assert "the policy stays as it is" in result.err


def test_signal_is_the_programs(service, rules):
    """Unless the policy says otherwise."""
    with service(policy=rules) as s:
        s.listening()
        s.process.popen.send_signal(signal.SIGHUP)
        assert s.process.finish().status == -signal.SIGHUP


def poll_view(s, text):
    poll(lambda: s.ask("read /etc/gosup-view") == text, f"view {text!r}")


def test_watch(service, rules):
    with service("--watch-policy", policy=rules) as s:
        s.listening()
        write(rules, files=contents("written"))
        poll_view(s, "written")
        fresh = rules.with_suffix(".new")
        write(fresh, files=contents("renamed"))
        fresh.rename(rules)
        poll_view(s, "renamed")
        # Gone for a while, wrong for a while.
        rules.unlink()
        rules.write_text("{")
        poll(lambda: s.status()["refused"] == 1, "a refusal")
        assert s.ask("read /etc/gosup-view") == "renamed"
        write(rules, files=contents("back"))
        poll_view(s, "back")


def test_watch_config_map(service, scratch):
    """As the kubelet writes one: all files behind a link that is exchanged."""
    volume = scratch / "volume"
    volume.mkdir()

    def publish(name, text):
        (volume / name).mkdir()
        write(volume / name / "rules.json", files=contents(text))
        write(volume / name / "policy.json", include=["rules.json"])
        (volume / "..data_tmp").symlink_to(name)
        (volume / "..data_tmp").rename(volume / "..data")
    publish("..2026_1", "first")
    for name in ("policy.json", "rules.json"):
        (volume / name).symlink_to(f"..data/{name}")
    with service("--watch-policy", policy=volume / "policy.json") as s:
        s.listening()
        assert s.ask("read /etc/gosup-view") == "first"
        for number in range(2, 5):
            publish(f"..2026_{number}", f"number {number}")
            poll_view(s, f"number {number}")
        assert s.status()["refused"] == 0


def test_watch_an_included_file(service, policy, scratch):
    part = scratch / "part.json"
    write(part, files=contents("one"))
    with service("--watch-policy", policy=policy(include=["part.json"])) as s:
        s.listening()
        write(part, files=contents("two"))
        poll_view(s, "two")


def test_nothing_to_watch(gosup):
    for name in ("@confined", "-"):
        result = gosup.run("true", policy=name, stdin=b"{}",
                           options=["--watch-policy"])
        assert result.status == 125
        assert "nothing to watch" in result.err


def test_program_could_have_written_it(service, policy, scratch, who):
    """Such a policy is not read, unless rules in force forbid the writing."""
    secret = {"path": "/etc/gosup-secret", "deny": True}
    rules = policy(files=[secret])
    if who is not None:
        os.chown(rules, who, -1)
    with service(policy=rules, user=who) as s:
        s.listening()
        result = s.command("reload")
        assert result.status == 1
        assert f"can change {rules}" in result.err
    write(rules, files=[secret, {"path": str(rules), "allow": "read"}])
    with service(policy=rules, user=who) as s:
        s.listening()
        assert s.command("reload").status == 0


def test_owner_of_a_read_only_file(gosup, app, scratch, root_only):
    """He could make it writable."""
    etc, run = scratch / "etc", scratch / "run"
    etc.mkdir(mode=0o755)
    run.mkdir()
    run.chmod(0o777)
    scratch.chmod(0o755)
    rules = etc / "policy.json"
    write(rules, files=[{"path": "/etc/gosup-secret", "deny": True}])
    rules.chmod(0o444)
    for owner, status in ((support.NOBODY, 1), (0, 0)):
        os.chown(rules, owner, -1)
        with Service(gosup, app, run, policy=rules, user=support.NOBODY) as s:
            s.listening()
            assert s.command("reload").status == status


def test_links_on_the_way(gosup, app, scratch, root_only):
    """A link that the program could exchange is as good as the file."""
    etc, run = scratch / "etc", scratch / "run"
    etc.mkdir(mode=0o755)
    run.mkdir()
    run.chmod(0o777)
    scratch.chmod(0o755)
    rules = etc / "policy.json"
    write(rules, files=[{"path": "/etc/gosup-secret", "deny": True}])
    link = run / "policy.json"
    link.symlink_to(rules)
    with Service(gosup, app, run, policy=link, user=support.NOBODY) as s:
        s.listening()
        result = s.command("reload")
        assert result.status == 1
        assert f"can change {link}" in result.err


def test_reload_under_load(gosup, app, scratch, policy):
    """Every call is served by one policy, wholly, and none is lost."""
    rules = policy(files=contents("0"))
    stats = scratch / "stats"
    control = f"--control={scratch}/c"
    script = ("trap 'exit 0' TERM; echo up; while :; do for i in 1 2 3 4 5 6; do "
              "cat /etc/gosup-view || exit 9; echo; done; done")
    with gosup.start("sh", "-c", script, policy=rules,
                     options=[control, "--stats=json",
                              f"--stats-file={stats}"]) as process:
        process.expect("up")
        for number in range(1, 40):
            write(rules, files=contents(str(number)))
            assert gosup.command("reload", control).status == 0
            process.expect(f"^{number}$")
        process.popen.send_signal(signal.SIGTERM)
        result = process.finish()
    assert result.status == 0
    seen = [int(line) for line in result.out.split()[1:]]
    assert seen == sorted(seen)
    totals = json.loads(stats.read_text())
    assert totals["adds_up"]


# ---- why it ended ----

def test_termination_log(gosup, app, policy, scratch):
    path = scratch / "log"
    option = [f"--termination-log={path}"]
    result = gosup.run("gosup-none", options=option)
    assert result.status == 127
    assert path.read_text() == result.err
    result = gosup.run("true", policy=scratch / "none.json", options=option)
    assert result.status == 125
    assert path.read_text() == result.err
    # Neither what the program says nor its own failure is gosup's business.
    path.unlink()
    result = gosup.run("sh", "-c", "echo no >&2; exit 3", options=option)
    assert result.status == 3
    assert not path.exists()


def test_termination_log_names_the_rule(gosup, app, policy, scratch):
    path = scratch / "log"
    rules = policy(syscalls={"setpriority": {"kill": True}})
    with gosup.start(app, "service", scratch / "s", policy=rules,
                     options=[f"--termination-log={path}"]) as process:
        process.expect("listening")
        with pytest.raises((ConnectionError, AssertionError)):
            assert ask(scratch / "s", "setpriority")
        assert process.finish().status == -signal.SIGSYS
    text = path.read_text()
    assert "setpriority" in text and f"{rules}:" in text


def test_termination_log_cannot_be_written(gosup):
    result = gosup.run("gosup-none", options=["--termination-log=/proc/x/y"])
    assert result.status == 127
    assert "cannot write the termination log" in result.err
