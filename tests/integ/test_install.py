# SPDX-License-Identifier: Apache-2.0
"""`meson install` puts everything where a distribution expects it."""

import os
import pathlib
import shutil
import subprocess

import pytest

import support


@pytest.fixture(scope="module")
def installed(session_dir):
    if shutil.which("meson") is None:
        pytest.skip("meson is not installed")
    destination = session_dir / "destdir"
    build = session_dir / "build-install"
    env = {**support.base_env(), "DESTDIR": str(destination)}
    subprocess.run(["meson", "setup", "--prefix=/usr", "-Dtests=disabled",
                    build, support.TREE], env=env, check=True,
                   capture_output=True)
    done = subprocess.run(["meson", "install", "-C", build], env=env,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    return destination


def files(where):
    return sorted(str(path.relative_to(where))
                  for path in where.rglob("*") if not path.is_dir())


@pytest.mark.slow
def test_binary_runs(installed):
    binary = installed / "usr/bin/gosup"
    assert os.access(binary, os.X_OK)
    result = support.run([str(binary), "run", "true"])
    assert result.same() == (0, "", "")


@pytest.mark.slow
def test_manual_pages(installed):
    if shutil.which("scdoc") is None:
        pytest.skip("scdoc is not installed")
    pages = [f for f in files(installed) if f.startswith("usr/share/man/")]
    names = {pathlib.Path(page).name.removesuffix(".gz") for page in pages}
    assert {"gosup.1", "gosup-run.1"} & names, pages
    for page in pages:
        section = pathlib.Path(page).parent.name
        assert section in ("man1", "man5", "man7", "man8"), page


@pytest.mark.slow
def test_completions_schema_and_units(installed):
    found = files(installed)
    assert "usr/share/bash-completion/completions/gosup" in found
    assert any(f.startswith("usr/share/zsh/") for f in found), found
    assert any(f.startswith("usr/share/fish/") for f in found), found
    assert any(f.endswith(".schema.json") or f.endswith("schema.json")
               for f in found), found


@pytest.mark.slow
def test_nothing_odd(installed):
    """Only known places, no build paths, no set-id bits, no static leftovers."""
    for name in files(installed):
        assert name.startswith(("usr/bin/", "usr/share/", "usr/lib/",
                                "usr/libexec/")), name
        path = installed / name
        if path.is_symlink():
            continue
        assert path.stat().st_mode & 0o6002 == 0, name
        assert not name.endswith(".a"), name
