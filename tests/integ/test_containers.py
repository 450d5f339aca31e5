# SPDX-License-Identifier: Apache-2.0
"""A static gosup as PID 1 of images that hold nothing else but a program, in
real containers, and the manifests of docs/kubernetes."""

import json
import os
import re
import shutil
import signal
import subprocess

import pytest

import support
from lab import Missing
from lab.podman import Podman
from support import poll
from test_service import accepts, ask

pytestmark = pytest.mark.slow

KUBERNETES = support.TREE / "docs/kubernetes"
IMAGE = "localhost/web:latest"
HARDENED = ("--user=65532:65532", "--cap-drop=ALL", "--read-only",
            "--security-opt=no-new-privileges")
CONTROL = "--control=/run/test/control"


@pytest.fixture(scope="module")
def web(fixtures):
    path = fixtures.go("debian", "static", "../../../docs/kubernetes/web")
    if path is None:
        pytest.skip(fixtures.missing["debian"])
    return path


@pytest.fixture(scope="module")
def podman(static_gosup, app, web):
    try:
        with Podman() as made:
            made.image(IMAGE, {"/gosup": static_gosup.path, "/web": web,
                               "/app": app})
            result = made.run("run", "--rm", "--network=none", IMAGE,
                              "/gosup", "version")
            if result.status:
                pytest.skip(f"podman runs no container here: {result.err}")
            yield made
    except Missing as missing:
        pytest.skip(str(missing))


class Container:
    """"app service" in a container, with /run/test shared."""

    def __init__(self, podman, shared):
        self.podman = podman
        self.shared = shared
        self.id = None

    def start(self, *command, options=()):
        self.id = self.podman.check(
            "run", "-d", "--network=none", f"--volume={self.shared}:/run/test",
            *options, IMAGE, "/gosup", "run", *command)
        return self

    def serve(self, *gosup_options, options=()):
        self.start(*gosup_options, CONTROL, "--", "/app", "service",
                   "/run/test/app", options=options)
        poll(lambda: accepts(self.shared / "app"), "the program to listen")
        return self

    def ask(self, line):
        return ask(self.shared / "app", line)

    def probe(self, *words):
        return self.podman.run("exec", self.id, "/gosup", *words, CONTROL)

    def wait(self):
        return int(self.podman.check("wait", self.id))

    def log(self):
        result = self.podman.run("logs", self.id)
        return result.out + result.err


@pytest.fixture
def container(podman, scratch):
    made = []

    def make():
        shared = scratch / f"shared{len(made)}"
        shared.mkdir()
        shared.chmod(0o777)
        made.append(Container(podman, shared))
        return made[-1]
    yield make
    for one in made:
        if one.id:
            podman.run("rm", "-f", "-t", "0", one.id)


def rules(text):
    return {"version": 1, "include": ["@base"], "default": "deny", "files": [
        {"path": "/app", "allow": "read exec"},
        {"path": "/run/test", "allow": "read write"},
        {"path": "/etc/view", "content": text}],
        "service": {"ready": "listen"}}


@pytest.mark.parametrize("how,status", [
    ("0", 0), ("7", 7), ("SIG9", 137), ("SIG15", 143), ("panic", 2)])
@pytest.mark.parametrize("options", [(), HARDENED], ids=["root", "hardened"])
def test_exit_status(podman, how, status, options):
    result = podman.run("run", "--rm", "--network=none", *options, IMAGE,
                        "/gosup", "run", "--", "/app", "exit", how)
    assert result.status == status, result


def test_hardened(container, scratch):
    """Nobody, no capabilities, nothing to write, the default profile."""
    policy = scratch / "policy.json"
    policy.write_text(json.dumps(rules("seen")))
    policy.chmod(0o644)
    c = container().serve("--policy=/policy.json", options=(
        *HARDENED, f"--volume={policy}:/policy.json:ro"))
    assert c.ask("read /etc/view") == "seen"
    assert c.ask("read /policy.json").endswith("permission denied")
    for question in ("started", "ready", "live"):
        result = c.probe("probe", question)
        assert result.status == 0, result
    status = json.loads(c.probe("status").out)
    assert status
    assert c.podman.run("stop", "-t", "10", c.id).status == 0
    assert c.wait() == 0


def test_stop_with_grace(container):
    c = container().serve()
    assert c.ask("patient") == "ok"
    c.podman.check("kill", "--signal=TERM", c.id)
    poll(lambda: c.ask("signals").split()[0] == "1", "SIGTERM")
    c.podman.check("kill", "--signal=USR1", c.id)
    poll(lambda: c.ask("signals").split()[1] == "1", "SIGUSR1")
    assert c.ask("signals") == "1 1"
    # It does not end, so it is killed when the time is over.
    c.podman.check("stop", "-t", "1", c.id)
    assert c.wait() == 137


def test_kill(container):
    c = container().serve()
    c.podman.check("kill", c.id)
    assert c.wait() == 137


def test_out_of_memory(container):
    c = container().serve(options=("--memory=64m",))
    limit = c.podman.inspect(c.id, "{{.HostConfig.Memory}}")
    assert int(limit) == 64 << 20
    with pytest.raises((ConnectionError, OSError, AssertionError)):
        assert c.ask("allocate 256") == "256"
    assert c.wait() == 137


def test_policy_that_does_not_load(podman, scratch):
    """The reason is the termination message."""
    policy = scratch / "policy.json"
    policy.write_text('{"version": 1, "flies": []}')
    policy.chmod(0o644)
    message = scratch / "message"
    message.touch(0o666)
    message.chmod(0o666)
    result = podman.run(
        "run", "--rm", "--network=none", *HARDENED,
        f"--volume={policy}:/policy.json:ro",
        f"--volume={message}:/dev/termination-log", IMAGE,
        "/gosup", "run", "--policy=/policy.json", "--", "/app", "exit", "0")
    assert result.status == 125, result
    assert 'unknown key "flies"' in message.read_text()


def test_engine_asks_for_health(container):
    """A probe that the engine itself runs, as the kubelet runs a livenessProbe:
    it holds while calls are served, and fails when gosup does not run."""
    command = f"CMD /gosup probe live {CONTROL} --timeout=1"
    c = container().serve(options=(
        *HARDENED, f"--health-cmd={command}", "--health-interval=disable",
        "--health-retries=1", "--health-timeout=10s"))
    result = c.podman.run("healthcheck", "run", c.id)
    assert result.status == 0, result
    pid = int(c.podman.inspect(c.id, "{{.State.Pid}}"))
    os.kill(pid, signal.SIGSTOP)
    assert c.podman.run("healthcheck", "run", c.id).status != 0
    os.kill(pid, signal.SIGCONT)
    assert c.podman.run("healthcheck", "run", c.id).status == 0


def swap(volume, name, policy):
    """Change a ConfigMap as the kubelet does: a new directory, then one link."""
    (volume / name).mkdir()
    (volume / name).chmod(0o755)
    (volume / name / "policy.json").write_text(json.dumps(policy))
    (volume / name / "policy.json").chmod(0o644)
    (volume / "..data_tmp").symlink_to(name)
    os.rename(volume / "..data_tmp", volume / "..data")


def test_config_map_changes(container, scratch):
    volume = scratch / "config"
    volume.mkdir(mode=0o755)
    volume.chmod(0o755)
    swap(volume, "..1", rules("one"))
    (volume / "policy.json").symlink_to("..data/policy.json")
    c = container().serve("--policy=/etc/gosup/policy.json", "--watch-policy",
                          options=(*HARDENED, f"--volume={volume}:/etc/gosup:ro"))
    assert c.ask("read /etc/view") == "one"
    swap(volume, "..2", rules("two"))
    poll(lambda: c.ask("read /etc/view") == "two", "the new policy")
    shutil.rmtree(volume / "..1")
    swap(volume, "..3", {"version": 1, "flies": []})
    poll(lambda: "flies" in c.log(), "the refusal to be told")
    assert c.ask("read /etc/view") == "two"
    swap(volume, "..4", rules("four"))
    poll(lambda: c.ask("read /etc/view") == "four", "the next policy")


def get(podman, container, port, path):
    """By HTTP from within the container's network: (status, body)"""
    pid = podman.inspect(container, "{{.State.Pid}}")
    answer = subprocess.run(
        ["nsenter", "-t", pid, "-n", "curl", "-sS", "-w", "\n%{http_code}",
         f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True,
        timeout=support.DEADLINE, check=False)
    body, _, status = answer.stdout.rpartition("\n")
    return int(status or 0), body


def test_probes_by_http(container):
    """What httpGet probes see, while it starts, serves and drains."""
    c = container()
    c.start("--control=:8081", "--ready=listen", "--", "/app", "service",
            "/run/test/app", "/run/test/go", options=HARDENED)

    def asked():
        return [get(c.podman, c.id, 8081, f"/{what}")[0]
                for what in ("started", "ready", "live")]
    poll(lambda: asked() == [200, 503, 200], "the start")
    (c.shared / "go").touch()
    poll(lambda: asked() == [200, 200, 200], "readiness")
    assert get(c.podman, c.id, 8081, "/reload")[0] == 404


def test_drain(container, scratch):
    """Told to end, it is not ready at once, and serves until it is over."""
    policy = scratch / "policy.json"
    policy.write_text(json.dumps(
        {"version": 1, "signals": {"SIGTERM": {"drain": "1h"}}}))
    policy.chmod(0o644)
    c = container().serve("--policy=/policy.json", options=(
        *HARDENED, f"--volume={policy}:/policy.json:ro"))
    assert c.probe("probe", "ready").status == 0
    c.podman.check("kill", "--signal=TERM", c.id)
    poll(lambda: c.probe("probe", "ready").status == 1, "not to be ready")
    assert c.probe("probe", "live").status == 0
    assert c.ask("pid").isdigit()
    # An impatient one says it again.
    c.podman.check("kill", "--signal=TERM", c.id)
    assert c.wait() == 0


# ---- the image and the manifests ----

def test_dockerfile(podman, static_gosup, web, scratch):
    for name, path in ("gosup", static_gosup.path), ("web-server", web):
        shutil.copy(path, scratch / name)
    shutil.copy(KUBERNETES / "Dockerfile", scratch)
    result = podman.run("build", "--network=none", "-t", "localhost/built", scratch)
    assert result.status == 0, result
    name = podman.check("run", "-d", "--network=none", *HARDENED, "localhost/built")
    try:
        # It finds no message, for there is no policy that shows it one.
        poll(lambda: get(podman, name, 8080, "/")[0] == 500, "an answer")
        podman.check("stop", "-t", "10", name)
        assert podman.state(name)["ExitCode"] == 0
    finally:
        podman.run("rm", "-f", "-t", "0", name)


def commands(text):
    """The probes' commands of a manifest."""
    return [command.split(", ") for command in
            re.findall(r"exec:\n\s+command: \[(.*)\]", text)]


def test_web_manifest(podman):
    manifest = KUBERNETES / "web.yaml"
    podman.check("kube", "play", "--network=none", manifest)
    try:
        name = "web-pod-0-web"
        probes = commands(manifest.read_text())
        assert len(probes) == 3
        for probe in probes:
            poll(lambda: podman.run("exec", name, *probe).status == 0,
                 " ".join(probe))
        pid = podman.inspect(name, "{{.State.Pid}}")
        status = open(f"/proc/{pid}/status", encoding="utf-8").read()
        for line in (r"Uid:\t65532\t", r"CapEff:\t0+$", r"CapBnd:\t0+$",
                     r"NoNewPrivs:\t1"):
            assert re.search(f"^{line}", status, re.M), status
        answer = subprocess.run(
            ["nsenter", "-t", pid, "-n", "curl", "-sS",
             "http://127.0.0.1:8080/"], capture_output=True, text=True,
            timeout=support.DEADLINE, check=True)
        assert answer.stdout == "hello\n"
        podman.check("stop", "-t", "10", name)
        assert podman.state(name)["ExitCode"] == 0
    finally:
        podman.run("pod", "rm", "-f", "-t", "0", "web-pod-0")


def test_doctor_manifest(podman):
    podman.check("kube", "play", "--network=none", KUBERNETES / "doctor.yaml")
    try:
        assert podman.check("wait", "doctor-doctor") == "0"
        assert podman.run("logs", "doctor-doctor").out
    finally:
        podman.run("pod", "rm", "-f", "-t", "0", "doctor")


# ---- the runtimes themselves ----

RUNTIMES = {
    "runc": ["runc"],
    # It wants the unified hierarchy.
    "crun": ["unshare", "-m", "sh", "-c",
             "umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup;"
             ' exec crun --cgroup-manager=disabled "$@"', "-"],
}


@pytest.fixture(params=sorted(RUNTIMES))
def bundle(request, root_only, static_gosup, app, scratch):
    """Run a command in a bare container of that runtime."""
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    runtime = RUNTIMES[request.param]
    root = scratch / "root"
    root.mkdir(mode=0o755)
    for name, path in (("gosup", static_gosup.path), ("app", app)):
        shutil.copy(path, root / name)
    subprocess.run(["runc" if request.param == "runc" else "crun", "spec"],
                   cwd=scratch, check=True)
    spec = json.loads((scratch / "config.json").read_text())
    spec["root"] = {"path": str(root), "readonly": True}
    spec["process"]["terminal"] = False

    def run(*argv):
        spec["process"]["args"] = [str(arg) for arg in argv]
        (scratch / "config.json").write_text(json.dumps(spec))
        return [*runtime, "--root", str(scratch / "state"), "run", "--bundle",
                str(scratch), f"gosup-{os.path.basename(scratch)}"]
    if support.run(run("/gosup", "version")).status:
        pytest.skip(f"{request.param} runs no container here: "
                    f"{support.run(run('/gosup', 'version')).err}")
    return run


def test_runtime(bundle):
    for how, status in (("7", 7), ("SIG9", 137)):
        argv = bundle("/gosup", "run", "--", "/app", "exit", how)
        assert support.run(argv).status == status
    with support.Process(bundle("/gosup", "run", "--", "/app", "sleep")) as p:
        p.expect("ready")
        p.popen.send_signal(signal.SIGTERM)
        assert p.finish().status == 143
