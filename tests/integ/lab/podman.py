# SPDX-License-Identifier: Apache-2.0
"""Containers by podman, with a storage of its own that is removed at the end.
Nothing is pulled: images are made from local files."""

import json
import pathlib
import shutil
import subprocess
import tarfile
import tempfile

import support
from lab import Missing

CONFIG = """[network]
network_backend="netavark"
[engine]
cgroup_manager="cgroupfs"
events_logger="file"
runtime="{runtime}"
[containers]
log_driver="k8s-file"
default_ulimits=["nofile=20000:20000","nproc=32768:32768"]
"""


class Podman:
    """Use it in a with block. runtime: "runc" or "crun"."""

    def __init__(self, runtime="runc"):
        self.runtime = runtime
        self.home = None

    def __enter__(self):
        if not support.IS_ROOT:
            raise Missing("rootless containers need subordinate ids")
        for program in ("podman", self.runtime):
            if shutil.which(program) is None:
                raise Missing(f"{program} is not installed")
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="gosup-podman-"))
        (self.home / "containers.conf").write_text(
            CONFIG.format(runtime=self.runtime))
        return self

    def __exit__(self, *_):
        self.run("pod", "rm", "-f", "-a", "-t", "0")
        self.run("rm", "-f", "-a", "-t", "0")
        self.run("rmi", "-f", "-a")
        # What podman mounted for its storage is not for rmtree.
        with open("/proc/self/mounts", encoding="utf-8") as mounts:
            for point in [line.split()[1] for line in mounts][::-1]:
                if point.startswith(f"{self.home}/"):
                    subprocess.run(["umount", "-l", point], check=False)
        shutil.rmtree(self.home, ignore_errors=True)

    def argv(self, *argv):
        return ["podman", "--root", str(self.home / "root"), "--runroot",
                str(self.home / "run"), "--tmpdir", str(self.home / "tmp"),
                "--storage-driver", "vfs", *[str(a) for a in argv]]

    def env(self):
        return support.base_env(
            CONTAINERS_CONF=str(self.home / "containers.conf"),
            HOME=str(self.home), XDG_CONFIG_HOME=str(self.home),
            TMPDIR=str(self.home))

    def run(self, *argv, **how):
        how.setdefault("deadline", 3 * support.DEADLINE)
        # conmon leaves a file "oom" where it is started.
        how.setdefault("cwd", self.home)
        return support.run(self.argv(*argv), env=self.env(), **how)

    def check(self, *argv, **how):
        result = self.run(*argv, **how)
        assert result.status == 0, f"podman {argv}: {result}"
        return result.out.strip()

    def image(self, name, files):
        """An image that holds these files only. files: {path inside: outside}"""
        archive = self.home / "image.tar"
        with tarfile.open(archive, "w") as tar:
            for inside, outside in files.items():
                info = tar.gettarinfo(outside, inside.lstrip("/"))
                info.mode, info.uid, info.gid = 0o755, 0, 0
                with open(outside, "rb") as file:
                    tar.addfile(info, file)
        self.check("import", "-q", archive, name)
        archive.unlink()

    def inspect(self, container, template):
        return self.check("inspect", "--format", template, container)

    def state(self, container):
        return json.loads(self.inspect(container, "{{json .State}}"))


