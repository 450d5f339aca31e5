# SPDX-License-Identifier: Apache-2.0
"""The demonstration of ./bootstrap run: from any directory, several at once."""

import concurrent.futures
import os
import shutil

import pytest

import support

DEMO = support.TREE / "docs/examples/caddy-demo"


@pytest.fixture(autouse=True)
def tools():
    for tool in ("caddy", "curl"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")


def show(gosup, cwd):
    return support.run([str(DEMO), gosup.path], cwd=cwd,
                       env=support.base_env(TMPDIR=str(cwd)),
                       deadline=3 * support.DEADLINE)


def test_demo(gosup, scratch):
    result = show(gosup, scratch)
    assert result.status == 0, result
    assert result.err == ""
    assert result.out.count("as the policy says") == 4
    for rule in range(3):
        assert f"files[{rule}]" in result.out
    assert os.listdir(scratch) == []


def test_several_at_once(gosup, scratch):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        results = list(pool.map(lambda _: show(gosup, scratch), range(3)))
    assert [result.status for result in results] == [0, 0, 0], results
