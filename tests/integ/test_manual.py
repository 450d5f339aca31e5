# SPDX-License-Identifier: Apache-2.0
"""gosup(1) says what there is: commands, options, keys of what is printed."""

import json
import re
import shutil

import pytest

import support

DOCS = support.TREE / "docs"
PAGE = (DOCS / "gosup.1.scd").read_text()


def section(title):
    """The text of one section, its subsections included."""
    return re.search(rf"^# {title}\n(.*?)(?=^# |\Z)", PAGE, re.M | re.S)[1]


def keys(value):
    if isinstance(value, dict):
        return set(value).union(*map(keys, value.values()))
    if isinstance(value, list):
        return set().union(*map(keys, value))
    return set()


def test_commands(gosup):
    text = gosup.command("--help").out.partition("commands:\n")[2]
    commands = re.findall(r"^  (\w+) ", text.partition("\n\n")[0], re.M)
    assert "run" in commands
    headings = re.findall(r"^## (.*)$", section("COMMANDS"), re.M)
    described = set(re.findall(r"gosup (\w+)", " ".join(headings)))
    assert described == set(commands)
    for command in commands:
        assert f"*gosup {command}*" in section("SYNOPSIS"), command


def shown_options(gosup, command):
    text = gosup.command("help", command).out.partition("options:\n")[2]
    lefts = re.findall(r"^  (-\S.*?)(?:  |$)", text, re.M)
    return set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", " ".join(lefts)))


def test_options(gosup):
    """Each has a paragraph below its command's heading; no other is there."""
    assert "--policy" in shown_options(gosup, "run")
    for part in section("COMMANDS").split("\n## ")[1:]:
        heading, _, text = part.partition("\n")
        shown = set().union(*(shown_options(gosup, command) for command
                              in re.findall(r"gosup (\w+)", heading)))
        heads = [line for line in text.splitlines() if line.startswith("*-")]
        described = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*",
                                   " ".join(heads)))
        assert described == shown - {"-h", "--help"}, heading


def test_keys_of_records(gosup, app, policy, scratch):
    target = scratch / "target"
    target.write_text("x")
    odd = f"{scratch}/\udcff"
    rules = policy(default="deny", include=["@base", "@glibc"],
                   files=[{"path": "/usr", "allow": "read exec"},
                          {"path": "/bin", "allow": "read exec"},
                          {"path": str(scratch / "seen"), "from": str(target)},
                          {"path": str(scratch / "no"), "deny": "EPERM"},
                          {"path": str(app), "allow": "read exec"}],
                   syscalls={"getppid": {"return": 7}, "uname": {"log": True}},
                   log={"to": {"file": str(scratch / "log")}, "events": "all"})
    gosup.run("sh", "-c", 'cat "$@"', "sh", target, scratch / "seen",
              scratch / "no", odd, policy=rules)
    found = set()
    for line in (scratch / "log").read_text().splitlines():
        event = json.loads(line)
        event.pop("allow_with", None)
        found |= set(event)
    assert {"time", "object", "target", "object_hex", "value"} <= found
    record = section("THE RECORD")
    for key in found:
        assert f"*{key}*" in record, key
        if key not in ("time", "object_hex", "args", "value", "event"):
            assert f"_GOSUP_{key.upper()}_" in record, key


def test_keys_of_statistics(gosup, policy):
    rules = policy(files=[{"path": "/gosup-none", "content": "x"}])
    result = gosup.run("cat", "/gosup-none", policy=rules,
                       options=["--stats=json"])
    text = section("STATISTICS")
    for key in keys(json.loads(result.err)):
        if key in ("syscall", "rule", "what", "layer"):
            continue    # which call or rule a row is about
        assert f"*{key.removesuffix('_us')}*" in text, key


def test_exit_status(gosup):
    """The numbers of the page are those of the program."""
    text = section("EXIT STATUS")
    for status, arguments in ((125, ["run", "--nonsense", "true"]),
                              (126, ["run", "/etc"]),
                              (127, ["run", "gosup-no-such-program"])):
        assert gosup.command(*arguments).status == status
        assert f"*{status}*" in text


def test_pages_are_well_formed(scratch):
    if shutil.which("scdoc") is None:
        pytest.skip("scdoc is not installed")
    if shutil.which("man") is None:
        pytest.skip("man is not installed")
    pages = sorted(DOCS.glob("*.scd"))
    assert pages
    for page in pages:
        made = support.run(["scdoc"], stdin=page.read_bytes())
        assert made.status == 0, (page, made)
        roff = scratch / page.stem
        roff.write_text(made.out)
        shown = support.run(["man", "--warnings", "-E", "UTF-8", "-l", str(roff)])
        assert shown.status == 0 and shown.err == "", (page, shown.err)


def test_links_in_documents_lead_somewhere():
    for document in [support.TREE / "README.md", *DOCS.glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
            assert (document.parent / target).exists(), (document, target)
        for path in re.findall(r"`((?:policy|emul|daemon|launcher|tests|docs)/"
                               r"[\w./*-]*)`", document.read_text()):
            assert list(support.TREE.glob(path.rstrip("/"))), (document, path)
