# SPDX-License-Identifier: Apache-2.0
"""`meson install` puts everything where a distribution expects it."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest

import support


@pytest.fixture(scope="module")
def installed(session_dir):
    """Where the build under test, installed into a directory, has its prefix."""
    if not (support.BUILD / "build.ninja").exists():
        pytest.skip(f"{support.BUILD} is not a build directory")
    if shutil.which("meson") is None:
        pytest.skip("meson is not installed")
    options = json.loads(subprocess.run(
        ["meson", "introspect", "--buildoptions", support.BUILD],
        check=True, capture_output=True).stdout)
    prefix, = [o["value"] for o in options if o["name"] == "prefix"]
    destination = session_dir / "destdir"
    done = subprocess.run(
        ["meson", "install", "--no-rebuild", "-C", support.BUILD],
        env={**support.base_env(), "DESTDIR": str(destination)},
        capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    return destination / prefix.lstrip("/")


def files(where):
    return sorted(str(path.relative_to(where))
                  for path in where.rglob("*") if not path.is_dir())


def test_binary_runs(installed):
    binary = installed / "bin/gosup"
    assert os.access(binary, os.X_OK)
    result = support.run([str(binary), "run", "true"])
    assert result.same() == (0, "", "")


def test_manual_pages(installed):
    if shutil.which("scdoc") is None:
        pytest.skip("scdoc is not installed")
    pages = [f for f in files(installed) if f.startswith("share/man/")]
    names = {pathlib.Path(page).name.removesuffix(".gz") for page in pages}
    assert {"gosup.1", "gosup-run.1"} & names, pages
    for page in pages:
        section = pathlib.Path(page).parent.name
        assert section in ("man1", "man5", "man7", "man8"), page


def test_completions_schema_and_units(installed):
    found = files(installed)
    assert "share/bash-completion/completions/gosup" in found
    assert any(f.startswith("share/zsh/") for f in found), found
    assert any(f.startswith("share/fish/") for f in found), found
    assert any(f.endswith(".schema.json") or f.endswith("schema.json")
               for f in found), found


def test_nothing_odd(installed):
    """Only known places, no build paths, no set-id bits, no static leftovers."""
    for name in files(installed):
        assert name.startswith(("bin/", "share/", "lib/", "libexec/")), name
        path = installed / name
        if path.is_symlink():
            continue
        assert path.stat().st_mode & 0o6002 == 0, name
        assert not name.endswith(".a"), name
