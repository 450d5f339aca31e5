# SPDX-License-Identifier: Apache-2.0
"""Every policy that the documentation shows is one that gosup takes: blocks of
JSON in manual pages and Markdown files, and the files of docs/examples."""

import json
import pathlib
import re
import shutil

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs/examples"


def fenced(text):
    """Fenced blocks as (line, language, text)."""
    language, start, lines = None, 0, []
    for number, line in enumerate(text.splitlines(), 1):
        fence = re.fullmatch(r"\s*```(\w*)", line)
        if fence and language is None:
            language, start, lines = fence[1], number + 1, []
        elif fence:
            yield start, language, "\n".join(lines) + "\n"
            language = None
        elif language is not None:
            lines.append(line)


def policies(path):
    """The blocks of @path that are policies: in a manual page each that is an
    object, elsewhere each that is marked as JSON and looks like a policy."""
    for line, language, text in fenced(path.read_text()):
        if path.suffix == ".scd":
            text = re.sub(r"\\(.)", r"\1", text)
            if text.startswith("{"):
                yield line, text
        elif language == "json" and re.search(
                r'"(version|files|syscalls|include|default|log)"', text):
            yield line, text


def documents():
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"),
                   *(ROOT / "docs").rglob("*.scd")])


BLOCKS = [(path.relative_to(ROOT), line, text)
          for path in documents() for line, text in policies(path)]


def test_blocks_are_found():
    """The reference has some of each section, so an extraction that finds
    nothing does not pass for success."""
    reference = [text for path, _, text in BLOCKS
                 if path.name == "gosup-policy.5.scd"]
    assert len(reference) >= 8
    keys = set().union(*(json.loads(text) for text in reference))
    assert {"version", "include", "default", "mode", "files", "syscalls",
            "log"} <= keys
    assert any(path.name == "README.md" for path, _, _ in BLOCKS)


@pytest.mark.parametrize(
    "path, line, text", BLOCKS, ids=[f"{p}:{n}" for p, n, _ in BLOCKS])
def test_block(gosup, tmp_path, path, line, text):
    # Includes of a block are files beside it.
    for example in EXAMPLES.glob("*.json"):
        shutil.copy(example, tmp_path)
    policy = tmp_path / "block.json"
    policy.write_text(text)
    result = gosup.command("check", policy)
    assert result.status == 0, f"{path}:{line}\n{result.err}"


@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("*.json")),
                         ids=lambda p: p.name)
def test_example(gosup, path):
    result = gosup.command("check", path)
    assert result.status == 0, result.err
