# SPDX-License-Identifier: Apache-2.0
"""docs/recipes.md is true: each policy is written to policy.json, each script to
program, each command run beside them, and what it prints compared with what
stands below it."""

import os
import re

import pytest

import support
from test_docs_examples import fenced

RECIPES = support.TREE / "docs/recipes.md"
DATA = "/tmp/gosup-recipe"


def sections():
    """The recipes as (title, [(language, text), ...])."""
    found = []
    for part in re.split(r"^## ", RECIPES.read_text(), flags=re.M)[1:]:
        title, _, text = part.partition("\n")
        found.append((title, [(language, block) for _, language, block in fenced(text)]))
    return found


def commands(block):
    """The commands of a console, each with what it prints."""
    for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def matches(expected, output):
    pattern = ".*".join(re.escape(part) for part in expected.split("..."))
    return re.fullmatch(pattern, output)


def test_recipes_are_found():
    found = sections()
    assert len(found) >= 8
    assert sum(len(list(commands(block))) for _, blocks in found
               for language, block in blocks if language == "console") >= 20


@pytest.mark.parametrize("title, blocks", sections(), ids=[t for t, _ in sections()])
def test_recipe(gosup, scratch, who, title, blocks):
    bin_dir = scratch / "bin"
    bin_dir.mkdir()
    (bin_dir / "gosup").symlink_to(gosup.path)
    # A name of its own, for others may run the same recipe now.
    data = str(scratch / "data")
    (scratch / "data").mkdir()
    os.chmod(data, 0o777)
    env = support.base_env()
    env["PATH"] = f"{bin_dir}:{env['PATH']}"
    for language, block in blocks:
        block = block.replace(DATA, data)
        name = {"json": "policy.json", "sh": "program"}.get(language)
        if name:
            (scratch / name).write_text(block)
            (scratch / name).chmod(0o777)
            continue
        for command, expected in commands(block):
            # As at a prompt: programs in the background take ^C.
            result = support.run(["bash", "-c", f"set -m; exec 2>&1; {command}"],
                                 env=env, cwd=scratch, user=who)
            assert matches(expected, result.out), (
                f"{title}\n$ {command}\n{result.out}expected:\n{expected}")
