# SPDX-License-Identifier: Apache-2.0
"""The summary of --stats: every call that came in was answered, or its caller
was gone, and what the program itself says is left alone."""

import json

import pytest


def find(tree, key):
    """The value of the first member called key, at any depth."""
    if isinstance(tree, dict):
        if key in tree:
            return tree[key]
        tree = list(tree.values())
    if isinstance(tree, list):
        for value in tree:
            found = find(value, key)
            if found is not None:
                return found
    return None


def totals(text):
    stats = json.loads(text)
    received, answered, gone = (find(stats, key) for key in
                                ("received", "answered", "gone"))
    assert received == answered + gone, stats
    return stats, received


@pytest.fixture
def judged(policy):
    return policy(files=[{"path": "/gosup-none/file", "content": "x\n"}])


def test_text(gosup, app, judged):
    result = gosup.run(app, "files", "read:/gosup-none/file", "stat:/",
                       policy=judged, options=["--stats"])
    assert result.status == 0
    assert len(result.lines()) == 2
    assert "openat" in result.err
    plain = gosup.run(app, "echo", policy=judged)
    assert plain.err == ""


def test_json(gosup, each_app, judged, who):
    result = gosup.run(each_app, "files", *["read:/gosup-none/file"] * 50,
                       policy=judged, options=["--stats=json"], user=who)
    _, received = totals(result.err)
    assert received >= 50


def test_file(gosup, app, judged, scratch):
    path = scratch / "stats.json"
    result = gosup.run(app, "echo", "x", policy=judged,
                       options=["--stats=json", f"--stats-file={path}"])
    assert result.same() == (0, "x\n", "")
    totals(path.read_text())


def test_without_policy_file_calls_are_free(gosup, app, scratch):
    """What no rule needs is never notified, so it costs nothing."""
    result = gosup.run(app, "files", *["stat:/"] * 500,
                       options=["--stats=json"])
    _, received = totals(result.err)
    assert received < 100


def test_status_is_the_programs(gosup, app, judged):
    for code in (0, 3):
        assert gosup.run(app, "exit", code, policy=judged,
                         options=["--stats"]).status == code
    result = gosup.run("sh", "-c", "kill -9 $$", policy=judged,
                       options=["--stats=json"])
    assert result.status == -9
    totals(result.err)


def test_children_killed_in_their_calls(gosup, judged, scratch):
    """Calls whose caller dies meanwhile are counted as gone, not lost."""
    script = ("for i in 1 2 3 4 5 6 7 8; do"
              "  (while :; do cat /gosup-none/file; done) >/dev/null 2>&1 &"
              "  pids=\"$pids $!\"; done;"
              "cat /gosup-none/file; kill -9 $pids; exit 5")
    result = gosup.run("bash", "-c", script, policy=judged,
                       options=["--stats=json"])
    assert result.status == 5
    assert result.out == "x\n"
    totals(result.err[result.err.index("{"):])


def test_rules_are_counted(gosup, app, judged):
    result = gosup.run(app, "files", *["read:/gosup-none/file"] * 3,
                       policy=judged, options=["--stats=json"])
    stats, _ = totals(result.err)
    assert "files[0]" in json.dumps(stats)
