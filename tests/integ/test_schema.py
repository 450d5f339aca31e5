# SPDX-License-Identifier: Apache-2.0
"""The published JSON Schema and the loader agree: what one accepts or refuses
of the corpus below, so does the other. What only the loader can know (names of
this kernel's calls, rules that contradict each other) is a list of its own, so
that the difference stays written down."""

import json
import pathlib
import re

import pytest

jsonschema = pytest.importorskip("jsonschema")

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs/gosup-policy.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def rules(*members):
    return [{"files": [dict(path="/a", **m)]} for m in members]


def paths(*paths):
    return [{"files": [{"path": p, "hide": True}]} for p in paths]


def calls(*rules):
    return [{"syscalls": {"socket": r}} for r in rules]


def execs(*members):
    return [{"exec": [{"path": "/a"} | m]} for m in members]


def when(*conditions):
    return calls(*({"kill": True, "when": c} for c in conditions))


def arg(*values):
    return when(*({"arg0": v} for v in values))


VALID = [
    {},
    {"version": 1},
    {"$schema": "x", "version": 1, "default": "deny", "mode": "observe",
     "degrade": True, "include": [], "files": [], "syscalls": {}, "log": {}},
    {"default": "allow", "mode": "enforce", "degrade": False},
    {"include": ["@base", "@glibc", "@dns", "@tls"]},
    {"include": ["@confined", "@default"]},
    *rules({"allow": "read"}, {"allow": "write"}, {"allow": "exec"},
           {"allow": "read write exec"}, {"allow": "exec  read"},
           {"allow": " write "},
           {"deny": True}, {"deny": "EACCES"}, {"deny": "E2BIG"},
           {"content": ""}, {"content": "x\ny"},
           {"content": "x", "mode": "0644"}, {"content": "x", "mode": "0000"},
           {"from": "/b"}, {"from": "/b/../c"}, {"map": "/b"},
           {"map": "/b/"}, {"hide": True}),
    *paths("/", "/a/", "//a", "/a//b/", "/a/../b", "/.", "/*", "/a/*/b",
           "/a/*/", "/é/ü", "/a b", "/" + "x" * 255, "/a\n"),
    {"files": [{"path": "/a/*", "from": "/b"},
               {"path": "/b/*", "content": "x"}]},
    {"exec": []},
    *execs({"allow": True}, {"allow": "loader"}, {"deny": True}, {"deny": "EPERM"},
           {"allow": True, "sha256": "0123456789abcdef" * 4},
           {"allow": True, "sha256": "0123456789ABCDEF" * 4}),
    *calls({"deny": "EPERM"}, {"deny": True}, {"return": 0},
           {"return": 9223372036854775807}, {"kill": True}, {"log": True},
           {"allow": True}, [{"log": True}],
           [{"log": True, "when": {"arg0": 1}}, {"allow": True}]),
    *arg(0, -1, 4294967295, "AF_INET", "AF_INET|AF_INET6", "0x10", "0X1f",
         "020", "0", "16", " AF_INET | 3 ", "SIGRTMIN+3",
         {"eq": 1}, {"ne": "AF_INET"}, {"lt": 5}, {"le": "0x5"}, {"gt": 0},
         {"ge": 1, "lt": 3}, {"eq": -1}, {"mask": 3, "eq": 1},
         {"mask": "SOCK_CLOEXEC|SOCK_NONBLOCK", "eq": "SOCK_CLOEXEC"}),
    *when({"arg0": 1, "arg1": 2, "arg2": 3}),
    {"syscalls": {"ptrace": {"deny": "EPERM"}, "getpid": {"return": 1}}},
    {"service": {}}, {"service": {"reload": False}},
    {"service": {"ready": "listen", "reload": "SIGHUP", "watchdog": "app"}},
    {"service": {"ready": "start", "reload": "USR1", "watchdog": "gosup"}},
    {"signals": {"send": "tree"}}, {"signals": {"send": "any", "SIGHUP": "ignore"}},
    {"signals": {}}, {"signals": {"SIGHUP": "ignore", "TERM": "forward"}},
    {"signals": {"SIGTERM": {"as": "SIGINT", "to": "tree", "drain": "2s",
                             "grace": "500ms", "then": ["QUIT", "SIGKILL"]},
                 "SIGRTMIN+3": {"to": "group", "grace": "1h"}, "SIGUSR1": {}}},
    {"log": {"to": "stderr"}}, {"log": {"to": "journal"}},
    {"log": {"to": "none", "events": []}}, {"log": {"events": "all"}},
    {"log": {"to": {"file": "x"}, "events": ["deny", "redirect", "allow",
                                             "log", "exec", "signal"]}},
]

INVALID = [
    [], 1, "x", None, True,
    {"version": 2}, {"version": "1"}, {"version": True}, {"version": None},
    {"$schema": 1}, {"vresion": 1}, {"comment": "x"},
    {"default": "alow"}, {"default": True}, {"default": "Allow"},
    {"mode": "off"}, {"degrade": "yes"}, {"degrade": 1},
    {"include": "@base"}, {"include": [""]}, {"include": [1]},
    {"include": ["@nope"]}, {"include": {}},
    {"network": {}}, {"machine": {}}, {"clock": {}},
    {"files": {}}, {"files": [1]}, {"files": ["/a"]}, {"files": [{}]},
    {"files": [{"hide": True}]}, {"files": None},
    *rules({}, {"allow": ""}, {"allow": "reed"}, {"allow": "read,write"},
           {"allow": True}, {"allow": ["read"]}, {"allow": "read read"},
           {"allow": "exec read exec"}, {"allow": "readwrite"},
           {"allow": "READ"}, {"allow": "read\twrite"},
           {"deny": False}, {"deny": 13}, {"deny": "eacces"}, {"deny": ""},
           {"content": 1}, {"content": None},
           {"content": "x", "mode": "644"}, {"content": "x", "mode": 420},
           {"content": "x", "mode": "1644"}, {"content": "x", "mode": "0888"},
           {"content": "x", "mode": "06444"},
           {"hide": True, "mode": "0644"}, {"mode": "0644"},
           {"from": "b"}, {"from": ""}, {"from": "/b/*"}, {"from": 1},
           {"map": "./b"}, {"map": "/*"}, {"map": True},
           {"hide": False}, {"hide": "yes"}, {"hide": 1},
           {"hide": True, "deny": True}, {"allow": "read", "map": "/b"},
           {"from": "/b", "map": "/c"}, {"hide": True, "sha256": "x"}),
    *paths("", "a", "./a", "../a", "~/a", "$HOME/a", "*", "/a*", "/*a",
           "/a/**", "/a/b*/c", 1, None, ["/a"], "/" + "x/" * 2048),
    {"files": [{"path": "/a/*", "map": "/b"}]},
    {"files": [{"path": "/a/*", "map": "/b", "allow": "read"}]},
    {"exec": {}}, {"exec": ["/a"]}, {"exec": [{"allow": True}]},
    *execs({}, {"allow": False}, {"allow": "exec"}, {"deny": "perm"},
           {"allow": True, "deny": True}, {"alow": True},
           {"sha256": "0" * 64}, {"deny": True, "sha256": "0" * 64},
           {"allow": "loader", "sha256": "0" * 64},
           {"allow": True, "sha256": "0" * 63}, {"allow": True, "sha256": "0" * 65},
           {"allow": True, "sha256": "g" * 64}, {"allow": True, "sha256": 0}),
    {"syscalls": []}, {"syscalls": {"Socket": {"kill": True}}},
    {"syscalls": {"": {"kill": True}}},
    *calls({}, [], [[]], "EPERM", 1, None, [{"kill": True}, {}],
           {"deny": False}, {"deny": 1}, {"deny": "perm"},
           {"return": -1}, {"return": "0"}, {"return": 0.5},
           {"return": True}, {"kill": False}, {"log": 1}, {"allow": "read"},
           {"kill": True, "log": True}, {"trace": True},
           {"when": {"arg0": 1}}, {"kill": True, "if": {}}),
    *when({}, [], {"arg6": 1}, {"arg": 1}, {"0": 1}, {"ARG0": 1}, None),
    *arg("", "|", "AF_INET|", "|AF_INET", "AF_INET||AF_INET", "-1", "12x",
         "0x", "0xg", "09", "0b1", "af_inet", "A F", 1.5, None, True, [], {},
         {"eg": 1}, {"eq": None}, {"mask": 1}, {"mask": 1, "ne": 1},
         {"mask": 1, "eq": 1, "lt": 2}, {"lt": -1}, {"ge": -5},
         {"eq": {"eq": 1}}),
    {"service": []}, {"service": {"ready": "lisen"}},
    {"service": {"ready": True}}, {"service": {"reload": True}},
    {"service": {"reload": ""}}, {"service": {"reload": 1}},
    {"service": {"watchdog": "none"}}, {"service": {"redy": "start"}},
    {"signals": {"send": "all"}}, {"signals": {"send": ["tree"]}},
    {"signals": []}, {"signals": {"sigterm": "ignore"}},
    {"signals": {"SIGTERM": "drop"}}, {"signals": {"SIGTERM": True}},
    {"signals": {"SIGTERM": {"as": 15}}}, {"signals": {"SIGTERM": {"to": "all"}}},
    {"signals": {"SIGTERM": {"grace": 30}}},
    {"signals": {"SIGTERM": {"grace": "30"}}},
    {"signals": {"SIGTERM": {"then": ["SIGKILL"]}}},
    {"signals": {"SIGTERM": {"grace": "1s", "then": "SIGKILL"}}},
    {"signals": {"SIGTERM": {"grace": "1s", "then": ["SIGKILL"] * 9}}},
    {"log": []}, {"log": {"to": "stdout"}}, {"log": {"to": {}}},
    {"log": {"to": {"file": ""}}}, {"log": {"to": {"file": "x", "a": 1}}},
    {"log": {"to": None}}, {"log": {"events": "deny"}},
    {"log": {"events": ["all"]}}, {"log": {"events": [1]}},
    {"log": {"level": "x"}},
]

# Accepted by the schema, which has no list of names and compares no rules.
LOADER_ONLY = [
    {"service": {"reload": "SIGHUPP"}}, {"service": {"reload": "SIGKILL"}},
    {"version": 1.0},
    {"include": ["does-not-exist.json"]},
    *rules({"deny": "ENOPE"}, {"map": "/a"}, {"from": "/b/../a/"}),
    *paths("/" + "x" * 256),
    {"files": [{"path": "/", "content": "x"}]},
    {"files": [{"path": "/a", "hide": True}, {"path": "/a/", "deny": True}]},
    {"syscalls": {"sokcet": {"kill": True}}},
    {"syscalls": {"getpid": {"kill": True, "when": {"arg0": 1}}}},
    {"syscalls": {"openat": {"kill": True, "when": {"arg1": 1}}}},
    *calls({"return": 1.0}),
    *when({"arg3": 1}),
    *arg("AF_NOPE", 4294967296, "0x1ffffffffffffffff", {"mask": 0, "eq": 0},
         {"mask": 1, "eq": 2}),
]

WHERE = re.compile(r"^(?P<file>[^:]+):(?P<line>[1-9]\d*):(?P<column>[1-9]\d*): .")


def name_of(policy):
    text = json.dumps(policy)
    return text if len(text) <= 90 else text[:87] + "..."


def check(gosup, tmp_path, policy):
    """Whether the loader takes it. A refusal names a place."""
    path = tmp_path / "p.json"
    path.write_text(json.dumps(policy))
    result = gosup.command("check", path)
    if result.status == 0:
        return True
    assert result.status == 1, result
    first = result.err.splitlines()[0]
    where = WHERE.match(first)
    assert where and where["file"] == str(path), first
    assert where["line"] == "1"
    assert int(where["column"]) <= len(json.dumps(policy)) + 1
    return False


def test_schema_is_valid():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("policy", VALID, ids=name_of)
def test_both_accept(gosup, tmp_path, policy):
    VALIDATOR.validate(policy)
    assert check(gosup, tmp_path, policy)


@pytest.mark.parametrize("policy", INVALID, ids=name_of)
def test_both_refuse(gosup, tmp_path, policy):
    assert not VALIDATOR.is_valid(policy)
    assert not check(gosup, tmp_path, policy)


@pytest.mark.parametrize("policy", LOADER_ONLY, ids=name_of)
def test_loader_refuses(gosup, tmp_path, policy):
    VALIDATOR.validate(policy)
    assert not check(gosup, tmp_path, policy)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "docs/examples").rglob("*.json")),
    ids=lambda p: p.name)
def test_examples(path):
    VALIDATOR.validate(json.loads(path.read_text()))
