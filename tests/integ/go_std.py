#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Run tests of the Go standard library alone and under gosup, and list every
test whose verdict differs.

A test that differs is run again alone, both ways, to tell a flaky test from a
difference: what gosup gives must be among what the kernel alone gives.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import support  # noqa: E402

PACKAGES = ["os", "os/exec", "os/signal", "syscall", "time", "io/ioutil",
            "path/filepath", "runtime", "runtime/pprof"]
# Those that have most to do with files.
FILES = ["os", "io/fs", "io/ioutil", "path/filepath", "os/exec", "archive/tar",
         "go/build", "cmd/go/internal/modload"]
AGAIN = 3
# Tests that skip themselves where they may not change what paths mean, which
# no program may under rules about paths: namespaces, mounts, clone3.
REFUSED = {
    "os/exec": ["TestFindExecutableVsNoexec"],
    "syscall": ["TestAmbientCapsUserns", "TestCloneNEWUSERAndRemap",
                "TestCloneTimeNamespace", "TestEmptyCredGroupsDisableSetgroups",
                "TestGroupCleanupUserNamespace", "TestPidFDClone3",
                "TestPidFDWithUserNS", "TestUnshareMountNameSpace",
                "TestUnshareMountNameSpaceChroot",
                "TestUnshareUidGidMapping"],
}
# What a view cannot do: show a directory whose name is longer than any path.
BEYOND_VIEWS = {"os": ["TestGetwdDeepWithPWDSet"]}
VERDICT = re.compile(r"^\s*--- (PASS|FAIL|SKIP): (\S+) \(", re.M)

Report = collections.namedtuple("Report", "count differences flaky refused")


class Campaign:
    """One Go release, one user, one policy (or none). With `mapped`, what tests
    write under gosup is in a tree that a view shows."""

    def __init__(self, gosup, go, where, user=None, policy=None, timeout=600,
                 mapped=False):
        self.gosup = gosup
        self.go = pathlib.Path(go)
        self.where = pathlib.Path(where)
        self.user = user
        self.policy = policy
        self.timeout = timeout
        self.mapped = mapped
        fixtures = support.Fixtures(where)
        self.build_env = fixtures.go_env()
        self.goroot = pathlib.Path(subprocess.run(
            [self.go, "env", "GOROOT"], env=self.build_env, check=True,
            capture_output=True, text=True).stdout.strip())

    def compile(self, package):
        """Return: the package's test program."""
        program = self.where / (package.replace("/", "-") + ".test")
        if not program.exists():
            # Debian's Go 1.19 comes without the zone data that time wants.
            subprocess.run([self.go, "test", "-c", "-tags=timetzdata",
                            "-o", program, package],
                           env=self.build_env, check=True)
            program.chmod(0o755)
        return program

    def environment(self, scratch):
        """Tests write to HOME and TMPDIR, and some of them call go."""
        env = support.base_env(
            HOME=str(scratch), TMPDIR=str(scratch), GOROOT=str(self.goroot),
            GOCACHE=str(scratch / "go-build"), GOPATH=str(scratch / "gopath"),
            GOTOOLCHAIN="local", GOPROXY="off", GOFLAGS="", CGO_ENABLED="0")
        env["PATH"] = f"{self.go.parent}:{env['PATH']}"
        return env

    def run(self, package, supervised, only=None):
        """Run a test program. Return: ({test: verdict}, its output)."""
        # One test alone, run again to tell flaky from different, is quick or
        # waits for something that will not come.
        limit = min(self.timeout, 40) if only else self.timeout
        argv = [str(self.compile(package)), "-test.v", "-test.short",
                f"-test.timeout={limit}s"]
        if only:
            argv.append("-test.run=^" + "$/^".join(
                re.escape(part) for part in only.split("/")) + "$")
        scratch = pathlib.Path(tempfile.mkdtemp(dir=self.where))
        scratch.chmod(0o777)
        seen, policy = scratch, self.policy
        if self.mapped:
            seen, policy = mapping_policy(scratch, supervised)
        if supervised:
            argv = self.gosup.argv(*argv, policy=policy)
        try:
            result = support.run(
                argv, user=self.user, env=self.environment(seen),
                cwd=self.goroot / "src" / package,
                deadline=limit + 30)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        verdicts = {name: verdict for verdict, name
                    in VERDICT.findall(result.out)}
        verdicts["(program)"] = f"status {result.status}"
        return verdicts, result.out + result.err

    def compare(self, package):
        alone, output = self.run(package, False)
        if len(alone) == 1:
            raise RuntimeError(f"{package} ran no test alone:\n{output}")
        supervised, output = self.run(package, True)
        differences, flaky, refused = [], [], []
        for name in sorted(set(alone) | set(supervised)):
            pair = alone.get(name, "MISSING"), supervised.get(name, "MISSING")
            if pair[0] == pair[1] or name == "(program)":
                continue
            if self.is_refused(package, name, pair[1]):
                refused.append(name)
                continue
            seen = self.again(package, name)
            if seen[1] <= seen[0] | {pair[0]}:
                flaky.append((name, *pair))
            else:
                differences.append((name, *pair))
        # A program that ended differently although no test did.
        pair = alone["(program)"], supervised["(program)"]
        if pair[0] != pair[1] and not (differences or flaky or (
                self.mapped and refused)):
            differences.append((f"(program)\n{output[-3000:]}", *pair))
        return Report(len(alone) - 1, differences, flaky, refused)

    def is_refused(self, package, name, verdict):
        """Whether gosup is right not to let this test pass."""
        test = name.split("/")[0]
        if self.mapped and test in BEYOND_VIEWS.get(package, []):
            return True
        return ((self.policy or self.mapped) and verdict == "SKIP"
                and test in REFUSED.get(package, []))

    def again(self, package, name):
        """All verdicts that a test gives alone, and all under gosup."""
        seen = set(), set()
        for _ in range(AGAIN):
            for supervised in (False, True):
                verdicts, _ = self.run(package, supervised, name)
                seen[supervised].add(verdicts.get(name, "MISSING"))
        return seen


def virtual_file_policy(where):
    """A policy that changes one path that no test looks at, but has every path
    judged."""
    path = pathlib.Path(where) / "virtual.json"
    path.write_text('{"version": 1, "files": [\n'
                    '  {"path": "/gosup-std/file", "content": "virtual\\n"}\n'
                    ']}\n')
    path.chmod(0o644)
    return path


def mapping_policy(scratch, supervised):
    """A policy that shows a directory below `scratch` at another place. Return:
    that place, where one is if there is nobody to show it, and the policy."""
    real = scratch / ("real" if supervised else "seen")
    real.mkdir()
    real.chmod(0o777)
    path = scratch / "mapping.json"
    path.write_text(json.dumps({"version": 1, "files": [
        {"path": str(scratch / "seen"), "map": str(scratch / "real")}]}))
    path.chmod(0o644)
    return scratch / "seen", path


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--go", default=str(support.DEBIAN_GO),
                        help="the go command whose library is tested")
    parser.add_argument("--packages", default=" ".join(PACKAGES))
    parser.add_argument("--policy", default="none",
                        help='"none", "virtual", "mapped" or a policy file')
    parser.add_argument("--user", help="uid to run as", type=int)
    options = parser.parse_args()

    binary = support.find_binary(support.BUILD)
    if binary is None:
        sys.exit(f"go_std: no gosup in {support.BUILD}")
    total = differing = 0
    with tempfile.TemporaryDirectory(prefix="gosup-std-") as where:
        os.chmod(where, 0o755)
        own = shutil.copy(binary, where)
        policy = {"none": None, "virtual": virtual_file_policy(where)}.get(
            options.policy, options.policy)
        campaign = Campaign(support.Gosup(own), options.go, where,
                            options.user, policy,
                            mapped=options.policy == "mapped")
        for package in options.packages.split():
            report = campaign.compare(package)
            total += report.count
            differing += len(report.differences)
            print(f"{package}: {report.count} tests, "
                  f"{len(report.differences)} differ", flush=True)
            if report.refused:
                print("    (refused by design: " + ", ".join(report.refused)
                      + ")")
            for name, alone, supervised in report.differences:
                print(f"    alone {alone}, under gosup {supervised}: {name}")
            for name, alone, supervised in report.flaky:
                print(f"    (flaky: {alone}, {supervised}: {name})")
    print(f"{total} tests, {differing} differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
