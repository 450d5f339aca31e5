# SPDX-License-Identifier: Apache-2.0
"""gosup under a real systemd: units started, reloaded, watched, activated and
restarted, hardening, and the journal."""

import json
import re
import signal
import uuid

import pytest

import support
from lab import Missing
from lab.machine import Machine
from support import poll
from test_service import accepts, ask

pytestmark = pytest.mark.slow

UNITS = support.BUILD / "systemd"
DENY_ID = "4b9a662fb8004ea8a43a44c3d85c53c4"


def gosup_path():
    """Where the units have it."""
    text = (UNITS / "gosup@.service").read_text()
    return re.search(r"^ExecStart=(\S+)", text, re.M).group(1)


@pytest.fixture(scope="module")
def machine(session_dir, gosup):
    binds = [(gosup.path, gosup_path()),
             (UNITS / "gosup@.service", "/etc/systemd/system/gosup@.service"),
             (support.TREE / "systemd/gosup.catalog",
              "/usr/lib/systemd/catalog/gosup.catalog")]
    try:
        with Machine(session_dir, binds) as made:
            yield made
    except Missing as missing:
        pytest.skip(str(missing))


class Unit:
    """A service with "app service" below gosup, under a name of its own."""

    def __init__(self, machine, app, policy=None):
        self.machine = machine
        self.name = f"t{uuid.uuid4().hex[:12]}"
        self.service = f"{self.name}.service"
        self.run = f"/run/{self.name}"
        self.socket = f"{self.run}/app"
        self.app = machine.path(app)
        self.policy = f"/etc/gosup/{self.name}.json"
        self.write_policy(**(policy or {}))

    def write_policy(self, **keys):
        self.machine.write(self.policy, json.dumps({"version": 1, **keys}))

    def command(self, *options, app=None):
        app = app or f"{self.app} service {self.socket}"
        return (f"{gosup_path()} run --policy={self.policy} "
                f"--control={self.run}/control {' '.join(options)} -- {app}")

    def text(self, *options, app=None, **keys):
        """The unit file; keys are lines of its [Service]."""
        lines = {"Type": "notify", "RuntimeDirectory": self.name,
                 "ExecStart": self.command(*options, app=app),
                 "ExecReload": f"{gosup_path()} reload "
                               f"--control={self.run}/control",
                 "TimeoutStartSec": "20", "TimeoutStopSec": "10", **keys}
        return "[Service]\n" + "".join(
            f"{key}={value}\n" for key, value in lines.items()
            if value is not None)

    def write(self, *options, **keys):
        # systemd forgets about a unit that has ended, unless another knows it.
        self.machine.units(**{
            f"{self.name}_service": self.text(*options, **keys),
            f"{self.name}_target": f"[Unit]\nAfter={self.service}\n"})
        self.machine.check("systemctl", "start", f"{self.name}.target")
        return self

    def control(self, *words):
        return self.machine.run("systemctl", *words, self.service)

    def start(self):
        result = self.control("start")
        assert result.status == 0, f"{result}\n{self.status()}"
        return self

    def status(self):
        return self.machine.run("systemctl", "status", "-l", "--no-pager",
                                self.service).out

    def show(self, name):
        return self.machine.show(self.service, name)

    def until(self, name, wanted):
        self.machine.until(self.service, name, wanted)

    def ask(self, line):
        return ask(self.machine.outside(self.socket), line)

    def journal(self, *options):
        return self.machine.journal(self.service, *options)

    def kill(self, number, whom="main"):
        self.machine.check("systemctl", "kill", f"--signal={int(number)}",
                           f"--kill-whom={whom}", self.service)


@pytest.fixture
def unit(machine, app):
    made = []

    def make(**policy):
        made.append(Unit(machine, app, policy))
        return made[-1]
    yield make
    for one in made:
        one.machine.run("systemctl", "kill", "--signal=9", "--kill-whom=all",
                        one.service)
        one.machine.run("systemctl", "stop", one.service,
                        f"{one.name}.target")


LISTEN = {"service": {"ready": "listen"}}


# ---- start and stop ----

def test_start_and_stop(unit):
    u = unit(**LISTEN).write().start()
    # It was active only when it served.
    assert u.ask("pid").isdigit()
    assert u.show("ActiveState") == "active"
    assert re.match(r"app\S*\[\d+\] under /etc/gosup", u.show("StatusText"))
    assert u.show("MainPID") != u.ask("pid")
    assert u.control("stop").status == 0
    assert u.show("Result") == "success"
    assert u.show("ExecMainStatus") == "0"
    assert u.machine.run("test", "-e", f"{u.run}/control").status == 1


def test_start_waits_for_listen(unit, machine):
    u = unit(**LISTEN)
    u.write(app=f"{u.app} service {u.socket} {u.run}/go")
    machine.check("systemctl", "start", "--no-block", u.service)
    u.until("ActiveState", "activating")
    poll(lambda: "does not listen" in u.show("StatusText"), "the status")
    assert u.show("ActiveState") == "activating"
    machine.check("touch", f"{u.run}/go")
    u.until("ActiveState", "active")
    assert "not listen" not in u.show("StatusText")


def test_start_waits_for_the_programs_word(unit, machine):
    """NotifyAccess is main by default, and the program is not the main process."""
    u = unit().write()
    machine.check("systemctl", "start", "--no-block", u.service)
    poll(lambda: "not said READY=1" in u.show("StatusText"), "the status")
    assert u.show("ActiveState") == "activating"
    assert u.ask(r"notify READY=1\nSTATUS=warmed up") == "ok"
    u.until("ActiveState", "active")
    assert u.show("StatusText") == "warmed up"
    assert u.show("NotifyAccess") == "main"
    # The main process stays gosup, whatever the program believes.
    main = u.show("MainPID")
    u.ask(rf"notify MAINPID={u.ask('pid')}\nSTATUS=fence")
    u.until("StatusText", "fence")
    assert u.show("MainPID") == main
    assert u.ask("store x") == "ok"
    assert u.control("stop").status == 0


def test_descriptor_store(unit):
    u = unit(**LISTEN).write(FileDescriptorStoreMax="2").start()
    assert u.ask("store x") == "ok"
    u.until("NFileDescriptorStore", "1")


def test_simple_unit(unit):
    """No manager listens, and nothing is different."""
    u = unit().write(Type="simple").start()
    poll(lambda: accepts(u.machine.outside(u.socket)), "the socket")
    assert u.ask("getenv NOTIFY_SOCKET") == "unset"
    assert u.control("stop").status == 0
    assert u.show("Result") == "success"


def test_program_that_cannot_be_executed(unit):
    u = unit(**LISTEN).write(app="/nonexistent/app")
    assert u.control("start").status != 0
    assert u.show("ExecMainStatus") == "127"
    assert u.show("Result") == "exit-code"


def test_bad_policy(unit, machine):
    u = unit()
    machine.write(u.policy, '{"version": 1, "flies": []}')
    u.write()
    assert u.control("start").status != 0
    assert u.show("ExecMainStatus") == "125"
    assert 'did you mean "files"' in u.journal()


@pytest.mark.parametrize("whom", ["main", "all"])
def test_one_sigterm(unit, whom):
    """As KillMode=mixed and process send it, and as control-group does."""
    u = unit(**LISTEN).write().start()
    assert u.ask("patient") == "ok"
    for number in range(1, 16):
        u.kill(signal.SIGTERM, whom)
        poll(lambda: u.ask("signals").split()[0] != str(number - 1), "SIGTERM")
        # Another one would be there before this.
        u.kill(signal.SIGUSR1)
        poll(lambda: u.ask("signals").split()[1] == str(number), "SIGUSR1")
        assert u.ask("signals") == f"{number} {number}"


# ---- how it ends ----

def test_exit_status_and_restart(unit):
    u = unit(**LISTEN).write(Restart="on-failure", RestartSec="100ms",
                             SuccessExitStatus="42").start()
    first = u.show("MainPID")
    u.ask("exit 7")
    poll(lambda: u.show("NRestarts") == "1" and
         u.show("ActiveState") == "active", "a restart")
    assert u.show("MainPID") != first
    assert "status=7" in u.journal()
    # What the unit calls a success is one.
    u.ask("exit 42")
    u.until("ActiveState", "inactive")
    assert u.show("Result") == "success"
    assert u.show("ExecMainStatus") == "42"
    assert u.show("NRestarts") == "1"


def test_killed(unit):
    u = unit(**LISTEN).write().start()
    u.ask("kill")
    u.until("ActiveState", "failed")
    assert u.show("Result") == "signal"
    assert (u.show("ExecMainCode"), u.show("ExecMainStatus")) == ("2", "9")


def test_clean_signals(unit):
    """Death by SIGTERM is no failure, and so it is of gosup."""
    u = unit()
    u.write(Type="simple", app="sleep 1000").start()
    poll(lambda: "sleep[" in u.status() or "sleep 1000" in u.status(), "sleep")
    u.kill(signal.SIGTERM)
    u.until("ActiveState", "inactive")
    assert u.show("Result") == "success"


def test_killed_supervisor(unit, machine):
    u = unit(**LISTEN).write().start()
    pid = u.ask("pid")
    u.kill(signal.SIGKILL)
    u.until("ActiveState", "failed")
    assert machine.run("test", "-d", f"/proc/{pid}").status == 1


# ---- reload ----

def view(text):
    return {"files": [{"path": "/etc/gosup", "allow": "read"},
                      {"path": "/etc/view", "content": text}], **LISTEN}


def test_reload(unit):
    u = unit(**view("one")).write().start()
    assert u.ask("read /etc/view") == "one"
    u.write_policy(**view("two"))
    assert u.control("reload").status == 0
    assert u.ask("read /etc/view") == "two"
    assert u.show("ActiveState") == "active"
    assert "was reloaded" in u.show("StatusText")


def test_refused_reload(unit, machine):
    u = unit(**view("one")).write().start()
    machine.write(u.policy, '{"version": 1, "flies": []}')
    assert u.control("reload").status != 0
    assert u.ask("read /etc/view") == "one"
    assert u.show("ActiveState") == "active"
    assert "refused" in u.show("StatusText")
    assert 'unknown key "flies"' in u.journal()
    u.write_policy(**view("two"), syscalls={"setpriority": {"deny": "EPERM"}})
    assert u.control("reload").status != 0
    assert "--reloadable" in u.journal()
    assert u.ask("read /etc/view") == "one"


def test_reload_by_signal(unit):
    def rules(text):
        return {**view(text), "service": {"ready": "listen",
                                          "reload": "SIGHUP"}}
    u = unit(**rules("one")).write(ExecReload="kill -HUP $MAINPID").start()
    u.write_policy(**rules("two"))
    assert u.control("reload").status == 0
    poll(lambda: u.ask("read /etc/view") == "two", "the reload")
    u.until("ActiveState", "active")


# ---- watchdog ----

def test_watchdog(unit):
    u = unit(**LISTEN).write(WatchdogSec="1", Restart="on-watchdog",
                             RestartSec="100ms", TimeoutAbortSec="1").start()
    first = u.show("MainPID")
    stamp = u.show("WatchdogTimestampMonotonic")
    poll(lambda: u.show("WatchdogTimestampMonotonic") != stamp, "a sign of life")
    assert u.show("NRestarts") == "0"
    u.kill(signal.SIGSTOP)
    poll(lambda: u.show("NRestarts") == "1" and
         u.show("ActiveState") == "active", "a restart")
    assert u.show("MainPID") != first
    assert "watchdog" in u.journal().lower()


def test_watchdog_of_the_program(unit):
    """Once it has given a sign of life, its silence counts."""
    u = unit(**LISTEN).write(WatchdogSec="1", TimeoutAbortSec="1").start()
    assert u.ask("getenv WATCHDOG_PID") == u.ask("pid")
    u.ask("notify WATCHDOG=1")
    u.until("Result", "watchdog")


# ---- socket activation ----

def test_socket_activation(unit, machine):
    u = unit(**LISTEN)
    u.write(Type="simple")
    u.socket = f"/run/{u.name}.sock"
    where = machine.outside(u.socket)
    machine.units(**{f"{u.name}_socket":
                     f"[Socket]\nListenStream={u.socket}\n"})
    machine.check("systemctl", "start", f"{u.name}.socket")
    assert u.show("ActiveState") == "inactive"
    # The connection starts the service, which answers it.
    assert ask(where, "activated") == "true"
    assert u.show("ActiveState") == "active"
    assert u.ask("getenv LISTEN_PID") == u.ask("pid")
    machine.check("systemctl", "stop", f"{u.name}.socket", u.service)


# ---- the units that are installed ----

def test_template(machine, app, gosup):
    name = f"t{uuid.uuid4().hex[:12]}"
    service = f"gosup@{name}.service"
    machine.write(f"/etc/gosup/{name}.json", json.dumps(
        {"version": 1, **view("one")}))
    machine.write(f"/etc/gosup/{name}.env",
                  f"GOSUP_COMMAND={machine.path(app)} service "
                  f"/run/gosup-{name}/app\nGOSUP_OPTIONS=--stats\nMORE=x y\n")
    machine.check("systemctl", "start", service)
    socket = machine.outside(f"/run/gosup-{name}/app")
    assert ask(socket, "getenv MORE") == "x y"
    assert ask(socket, "read /etc/view") == "one"
    assert ask(socket, "getenv STATE_DIRECTORY") == f"/var/lib/{name}"
    assert machine.show(service, "DynamicUser") == "yes"
    machine.write(f"/etc/gosup/{name}.json", json.dumps(
        {"version": 1, **view("two")}))
    machine.check("systemctl", "reload", service)
    assert ask(socket, "read /etc/view") == "two"
    probe = machine.run(gosup_path(), "probe", "ready",
                        f"--control=/run/gosup-{name}/control")
    assert probe.out == "ready\n"
    machine.check("systemctl", "stop", service)
    assert machine.show(service, "Result") == "success"
    assert "adds up" in machine.journal(service) or \
        "received" in machine.journal(service)


def test_template_without_files(machine):
    result = machine.run("systemctl", "start", "gosup@none.service")
    assert result.status != 0
    assert "ssert" in machine.run("systemctl", "status",
                                  "gosup@none.service").out


def test_units_are_valid(machine):
    result = machine.run("systemd-analyze", "verify", "--man=no",
                         "/etc/systemd/system/gosup@.service")
    assert result.status == 0 and not result.err, result


def test_drop_in(unit, machine):
    """A unit that knows nothing of gosup, and the example that is installed."""
    u = unit(**view("one"))
    machine.units(**{f"{u.name}_service": "[Service]\n"
                     f"ExecStart={u.app} service /run/gosup-{u.name}/app\n"})
    text = (UNITS / "drop-in.conf").read_text()
    text = text.replace("/etc/gosup/NAME.json", u.policy).replace(
        "/usr/bin/COMMAND ARGUMENTS",
        f"{u.app} service /run/gosup-{u.name}/app").replace(
        "#Type=", "Type=").replace("#NotifyAccess=", "NotifyAccess=")
    machine.write(f"/etc/systemd/system/{u.service}.d/50-gosup.conf", text)
    machine.check("systemctl", "daemon-reload")
    u.start()
    u.socket = f"/run/gosup-{u.name}/app"
    assert u.ask("read /etc/view") == "one"
    u.write_policy(**view("two"))
    assert u.control("reload").status == 0
    assert u.ask("read /etc/view") == "two"


# ---- hardening ----

HARDENING = {
    "User": "nobody", "DynamicUser": "yes", "CapabilityBoundingSet": "",
    "NoNewPrivileges": "yes", "ProtectSystem": "strict",
    "ProtectHome": "yes", "PrivateTmp": "yes", "PrivateDevices": "yes",
    "PrivateUsers": "yes", "ProtectProc": "invisible", "ProcSubset": "pid",
    "ProtectKernelTunables": "yes", "ProtectKernelModules": "yes",
    "ProtectKernelLogs": "yes", "ProtectControlGroups": "yes",
    "ProtectClock": "yes", "ProtectHostname": "yes",
    "RestrictNamespaces": "yes", "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes", "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes", "RemoveIPC": "yes",
    "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6",
    "SystemCallArchitectures": "native",
    "SystemCallFilter": "@system-service seccomp pidfd_getfd ptrace "
                        "landlock_create_ruleset landlock_add_rule "
                        "landlock_restrict_self",
    "UMask": "0077", "PrivateNetwork": "yes", "KeyringMode": "private",
}


@pytest.fixture(scope="module")
def hardened(machine, app):
    """A unit for each directive, and one with all of them, started at once."""
    policy = {
        "default": "deny", "include": ["@base"], **LISTEN, "files": [
            {"path": "/srv/test", "allow": "read exec"},
            {"path": "/run", "allow": "read write"},
            {"path": "/etc/view", "content": "seen"},
            {"path": "/etc/hostname", "deny": "EXDEV"}]}
    cases = {name: {name: value} for name, value in HARDENING.items()}
    cases["all"] = {name: value for name, value in HARDENING.items()
                    if name != "User"}
    units = {name: Unit(machine, app, policy) for name in cases}
    machine.units(**{f"{units[name].name}_service": units[name].text(**lines)
                     for name, lines in cases.items()})
    services = [one.service for one in units.values()]
    machine.run("systemctl", "start", *services,
                deadline=3 * support.DEADLINE)
    yield units
    machine.run("systemctl", "stop", *services)


@pytest.mark.parametrize("name", [*HARDENING, "all"])
def test_hardening(hardened, name):
    u = hardened[name]
    assert u.show("ActiveState") == "active", u.status()
    assert u.ask("read /etc/view") == "seen"
    assert u.ask("read /etc/hostname").endswith("cross-device link")
    assert u.ask("read /etc/fstab").endswith("permission denied")
    assert u.control("stop").status == 0
    assert u.show("Result") == "success"


def test_doctor_in_the_units_place(machine):
    """It says what a unit takes away, and is not killed for asking."""
    def doctor(*properties):
        argv = ["systemd-run", "--quiet", "--pipe", "--wait"]
        for line in properties:
            argv += ["-p", line]
        return machine.run(*argv, gosup_path(), "doctor", "--json")
    result = doctor("DynamicUser=yes",
                    f"SystemCallFilter={HARDENING['SystemCallFilter']}")
    assert result.status == 0, result
    result = doctor("SystemCallFilter=@system-service")
    assert result.status == 1, result
    assert json.loads(result.out)


# ---- the journal ----

def test_journal_fields(unit, machine):
    u = unit(files=[{"path": "/etc/hostname", "deny": "EPERM"}],
             log={"to": "journal"}, **LISTEN).write().start()
    assert u.ask("read /etc/hostname").endswith("not permitted")

    def entries():
        out = machine.check("journalctl", "-q", "-o", "json", "-u", u.service,
                            "GOSUP_EVENT=deny")
        return [json.loads(line) for line in out.splitlines()]
    entry = poll(entries, "the entry")[0]
    assert entry["MESSAGE_ID"] == DENY_ID
    assert entry["GOSUP_OBJECT"] == "/etc/hostname"
    assert entry["GOSUP_ERRNO"] == "EPERM"
    assert entry["GOSUP_PID"] == u.ask("pid")
    assert entry["PRIORITY"] == "4"
    # What systemd itself knows of the sender and of the object.
    assert entry["_SYSTEMD_UNIT"] == u.service
    assert entry["OBJECT_SYSTEMD_UNIT"] == u.service
    # Found through the program's unit, and explained.
    machine.check("journalctl", "--update-catalog")
    text = machine.check("journalctl", "-q", "-x", "-u", u.service,
                         f"MESSAGE_ID={DENY_ID}")
    assert "Subject: The policy denied app" in text
    assert f"The rule that decided is {u.policy}:1 files[0]" in text


def test_catalog_covers_all_kinds(machine):
    """Every MESSAGE_ID that gosup uses is explained, and no other."""
    source = (support.TREE / "daemon/journal.c").read_text()
    ids = set(re.findall(r'"([0-9a-f]{32})"', source))
    catalog = (support.TREE / "systemd/gosup.catalog").read_text()
    assert ids == set(re.findall(r"^-- ([0-9a-f]{32})$", catalog, re.M))
    machine.check("journalctl", "--update-catalog")
    listed = machine.check("journalctl", "--list-catalog")
    for number in ids:
        assert number in listed
