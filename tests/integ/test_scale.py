# SPDX-License-Identifier: Apache-2.0
"""Many rules cost what few do: while reading them, and per call."""

import json
import os
import resource
import sys

import pytest

import support

WORK = """
import os, sys, time
def work():
    start = time.perf_counter()
    for _ in range(300):
        os.close(os.open(sys.argv[1], os.O_RDONLY))
        os.close(os.open("/", os.O_RDONLY))
        os.stat(sys.argv[1])
    return time.perf_counter() - start
print(min(work() for _ in range(5)))
"""
KINDS = {
    "allow": lambda i: {"allow": "read"},
    "deny": lambda i: {"deny": "EACCES"},
    "content": lambda i: {"content": f"{i}\n"},
    "map": lambda i: {"map": f"/srv/target/{i // 300}/{i}"},
    "same": lambda i: {"from": "/srv/target"},
}


def write(path, kind, count):
    rules = [{"path": f"/srv/tree/{i // 1000}/{i % 1000 // 40}/{i}",
              **KINDS[kind](i)} for i in range(count)]
    path.write_text(json.dumps({"version": 1, "files": rules}))
    path.chmod(0o644)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_calls(gosup, scratch, kind):
    """No stopwatch: what depends on the number of rules takes a hundred times as
    long with so many, so a factor of four tells, on a busy machine, too."""
    (scratch / "file").write_text("x")

    def measure(name, count):
        policy = write(scratch / name, kind, count)
        result = gosup.run(sys.executable, "-c", WORK, scratch / "file",
                           policy=policy)
        assert result.status == 0, result
        return float(result.out)
    few = min(measure("few.json", 10) for _ in range(2))
    many = min(measure("many.json", 20000) for _ in range(2))
    assert many < 4 * few


@pytest.mark.slow
def test_hundred_thousand_rules(gosup, scratch):
    """Reading them takes processor time of under a second."""
    policy = write(scratch / "policy.json", "deny", 100000)
    before = os.times()
    result = gosup.command("check", policy)
    after = os.times()
    assert result.status == 0 and "100000 rules" in result.out
    used = (after.children_user + after.children_system
            - before.children_user - before.children_system)
    assert used < support.PATIENCE


def test_more_files_than_descriptors(gosup, policy, scratch, who):
    """A program's limit of open files is not one of what rules can show."""
    count = 1500
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < 2 * count:
        pytest.skip(f"the hard limit of open files is {hard}")
    rules = policy(files=[{"path": f"{scratch}/shown/{i}", "content": f"{i}\n"}
                          for i in range(count)])
    result = gosup.run(
        "/bin/sh", "-c", 'ulimit -Sn; cd "$0"; cat $(seq 0 1499)',
        scratch / "shown", policy=rules, user=who,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE,
                                              (1024, hard)))
    assert result.status == 0, result.err
    assert result.out.splitlines() == ["1024", *map(str, range(count))]

