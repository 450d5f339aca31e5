# SPDX-License-Identifier: Apache-2.0
"""docs/systemd.md is true: its files are written to a machine with systemd as it
shows them, and its commands are run there."""

import re
import shutil
import subprocess

import pytest

import support
from lab import Missing
from lab.machine import Machine
from support import poll
from test_systemd import HARDENING, UNITS, gosup_path

pytestmark = pytest.mark.slow

PAGE = (support.TREE / "docs/systemd.md").read_text()


def blocks():
    """What is indented on the page, one text each."""
    for part in re.findall(r"(?:^    .*\n|^\n)+", PAGE, re.M):
        text = re.sub(r"^    ", "", part, flags=re.M).strip("\n")
        if text:
            yield text + "\n"


def files():
    """The files that it shows in full: {path: text}"""
    found = {}
    for text in blocks():
        for path, body in re.findall(r"^# (/\S+)\n((?:(?!# /).*\n)+)", text, re.M):
            found[path] = body.strip("\n") + "\n"
    return found


def line(start):
    """The only line of a block that begins so."""
    found, = [one for text in blocks() for one in text.splitlines()
              if one.startswith(start)]
    return found


@pytest.fixture(scope="module")
def machine(session_dir, gosup):
    caddy = shutil.which("caddy")
    if not caddy:
        pytest.skip("caddy is not installed")
    binds = [(gosup.path, gosup_path()), (caddy, "/usr/bin/caddy"),
             (UNITS / "gosup@.service", "/etc/systemd/system/gosup@.service")]
    if gosup_path() != "/usr/bin/gosup":
        binds.append((gosup.path, "/usr/bin/gosup"))
    try:
        with Machine(session_dir, binds) as made:
            yield made
    except Missing as missing:
        pytest.skip(str(missing))


def get(machine, path):
    """From the server of the page, with the network of the machine."""
    answer = subprocess.run(
        ["nsenter", "-t", str(machine.leader), "-n", "curl", "-sS",
         f"http://127.0.0.1:8080{path}"], capture_output=True, text=True,
        timeout=support.DEADLINE, check=False)
    return answer.stdout


def test_program_of_your_own(machine):
    shown = files()
    for path in ("/etc/gosup/web.json", "/etc/gosup/web.env"):
        machine.write(path, shown[path])
    machine.write("/srv/www/hello", "hello\n")
    started = machine.run("sh", "-c", line("systemctl enable"))
    assert started.status == 0, f"{started} {machine.journal('gosup@web')}"
    assert get(machine, "/hello") == "hello\n", machine.journal("gosup@web")
    assert machine.show("gosup@web", "DynamicUser") == "yes"
    assert machine.run("systemctl", "is-enabled", "gosup@web").out == "enabled\n"
    # GOSUP_OPTIONS has it look for changes.
    machine.write("/etc/gosup/web.json", shown["/etc/gosup/web.json"].replace(
        '{"path": "/srv/www", "allow": "read"},', ""))
    poll(lambda: get(machine, "/hello") != "hello\n", "the new policy")
    assert "GOSUP_EVENT=deny" in machine.check(
        "journalctl", "-q", "-o", "export", "-u", "gosup@web")
    machine.check("systemctl", "disable", "--now", "gosup@web")
    assert machine.show("gosup@web", "Result") == "success"


def test_another_user(machine):
    """What stands below `systemctl edit`."""
    text = next(t for t in blocks() if t.startswith("systemctl edit gosup@web"))
    machine.write("/etc/systemd/system/gosup@web.service.d/override.conf",
                  text.partition("\n")[2])
    machine.write("/etc/gosup/web.json", '{"version": 1, "service": {"ready": "start"}}')
    machine.write("/etc/gosup/web.env", "GOSUP_COMMAND=/bin/sleep 1000\n")
    machine.check("systemctl", "daemon-reload")
    machine.check("systemctl", "start", "gosup@web")
    pid = machine.show("gosup@web", "MainPID")
    user = machine.check("ps", "-o", "user=", "-p", pid).strip()
    machine.check("systemctl", "stop", "gosup@web")
    assert user == "www-data"


def test_observed_first(machine):
    """A unit that knows nothing of gosup, the drop-in of the page, and a policy
    that only tells."""
    (path, text), = [(p, t) for p, t in files().items() if p.endswith("50-gosup.conf")]
    name = "observed"
    machine.units(observed_service="[Service]\nExecStart=/bin/cat /etc/hostname\n")
    machine.write(path.replace("NAME", name), text.replace("NAME", name).replace(
        "/usr/bin/COMMAND ARGUMENTS", "/bin/cat /etc/hostname"))
    machine.write(f"/etc/gosup/{name}.json", """{"version": 1, "mode": "observe",
        "files": [{"path": "/etc/hostname", "deny": true}],
        "log": {"to": "journal"}}""")
    machine.check("systemctl", "daemon-reload")
    machine.check("systemctl", "start", name)
    poll(lambda: machine.show(name, "ActiveState") == "inactive", "its end")
    assert machine.show(name, "Result") == "success"
    asked, = re.findall(r"`(journalctl -u NAME GOSUP_MODE=observe)`",
                        " ".join(PAGE.split()))
    out = poll(lambda: machine.run("sh", "-c", asked.replace("NAME", name)).out, "the journal")
    assert "would be denied" in out and "/etc/hostname" in out


def test_all_directives_are_tried():
    """The page's list of what is compatible is that of the test."""
    text = PAGE[PAGE.index("## Hardening"):PAGE.index("A SystemCallFilter=")]
    listed = set(re.findall(r"(\w+)=", text))
    assert listed - {"SystemCallFilter"} == set(HARDENING) - {"SystemCallFilter"}
    assert line("SystemCallFilter=") == f"SystemCallFilter={HARDENING['SystemCallFilter']}"
