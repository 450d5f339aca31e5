# SPDX-License-Identifier: Apache-2.0
"""Paths with links and "..": what a walk finds is what the kernel finds, also where
it takes short cuts, and after links and directories have changed places."""

import sys

import pytest

import support

# Makes a tree below its working directory and looks at thousands of paths in it,
# the same ones at each run. Now and then a link and a directory change places, or a
# directory can no longer be searched. Prints a line for each look.
WALKS = r'''
import os, random, sys
rng = random.Random(int(sys.argv[1]))
# ".." stays in what is the test's own.
os.makedirs("1/2/3/4/5/6")
os.chdir("1/2/3/4/5/6")
top = os.getcwd()
names = ["a", "b", "c", "l", "m", "none"]
dirs = ["."]
for path in ("a", "b", "a/a", "a/b", "a/b/c", "a/b/c/a", "b/c", "b/c/b"):
    os.mkdir(path)
    dirs.append(path)
for path in dirs:
    with open(path + "/file", "w") as f:
        f.write(path)
    with open(path + "/c" if not os.path.exists(path + "/c") else path + "/x", "w") as f:
        f.write("file c of " + path)
targets = ["a", "b", "../b", "../../a/b", "b/c", "..", ".", "../b/../a", "file", "c",
           "none", "m", "l", "a/", "b/c/", top + "/a/b", top + "/b", top,
           "/proc/self/cwd/a", "/", "../l", "l/l"]
def link(path):
    os.symlink(rng.choice(targets), path)
for path in dirs:
    link(path + "/l")
    link(path + "/m")
known = {}
for where, subdirs, files in os.walk(top):
    for name in ["."] + subdirs + files:
        st = os.lstat(os.path.join(where, name))
        known.setdefault((st.st_dev, st.st_ino), os.path.relpath(
            os.path.join(where, name), top))
def who(st):
    return known.get((st.st_dev, st.st_ino), "?"), oct(st.st_mode)
def identity(fd):
    try:
        return who(os.fstat(fd))
    finally:
        os.close(fd)
def parent(path):
    # The directory that the last name is looked up in, by making something there.
    os.mkdir(path)
    os.rmdir(path)
    return "made"
looks = [lambda p, d: who(os.stat(p, dir_fd=d)), lambda p, d: who(os.lstat(p, dir_fd=d)),
         lambda p, d: identity(os.open(p, os.O_RDONLY, dir_fd=d)),
         lambda p, d: identity(os.open(p, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=d)),
         lambda p, d: identity(os.open(p, os.O_RDONLY | os.O_DIRECTORY, dir_fd=d)),
         lambda p, d: os.readlink(p, dir_fd=d), lambda p, d: os.access(p, os.R_OK, dir_fd=d),
         lambda p, d: parent(p) if d is None else None]
def flip():
    path = rng.choice(dirs[1:]) if rng.random() < .5 else rng.choice(dirs) + "/l"
    if path.endswith("/l"):
        st = os.lstat(path)
        known.pop((st.st_dev, st.st_ino), None)
        os.unlink(path)
        link(path)
    else:
        os.rename(path, "swapped")
        os.symlink(rng.choice(targets), path)
        return lambda: (os.unlink(path), os.rename("swapped", path))
def shut():
    path = rng.choice(dirs[1:])
    os.chmod(path, 0o600)
    return lambda: os.chmod(path, 0o700)
for turn in range(60):
    undo = None
    if turn % 3:
        undo = (flip if turn % 3 == 1 else shut)()
    favourites = ["/".join(rng.choice(names[:5]) for _ in range(rng.randint(1, 3)))
                  for _ in range(3)]
    for _ in range(40):
        parts = rng.choices(names + ["..", ".", "", "file"], [4, 4, 2, 5, 3, 1, 4, 1, 1, 2],
                            k=rng.randint(1, 5))
        path = "/".join(([rng.choice(favourites)] if rng.random() < .6 else []) + parts)
        path = path.lstrip("/") or "."
        start = rng.random()
        at = None
        if start < .6:
            path = top + "/" + path
        elif start < .8:
            try:
                at = os.open(rng.choice(dirs), os.O_RDONLY | os.O_DIRECTORY)
            except OSError:
                pass
        for number in rng.sample(range(len(looks)), 4):
            try:
                got = looks[number](path, at)
            except OSError as e:
                got = e.errno
            print(turn, path.replace(top, "TOP"), number,
                  str(got).replace(top, "TOP"))
        if at is not None:
            os.close(at)
    if undo:
        undo()
'''


@pytest.fixture
def rules(policy, scratch):
    """Policies under which every path is judged and none of them changes."""
    apart = {"path": "/gosup-none/file", "content": "x\n"}
    return {
        "apart": lambda: policy(files=[apart]),
        "near": lambda: policy(files=[
            apart, {"path": f"{scratch}/*/a/b/gosup-none/y", "content": "x\n"}]),
        "allow": lambda: policy(files=[
            apart, {"path": f"{scratch}/*/a", "allow": "read write"}]),
    }


@pytest.mark.parametrize("kind", ["apart", "near", "allow"])
@pytest.mark.parametrize("seed", [26, 33])
def test_walks(gosup, rules, scratch, who, kind, seed):
    seen = []
    for supervised in (False, True):
        where = scratch / ("gosup" if supervised else "alone")
        where.mkdir()
        where.chmod(0o777)
        argv = [sys.executable, "-c", WALKS, str(seed)]
        how = {"cwd": where, "user": who}
        result = (gosup.run(*argv, policy=rules[kind](), **how) if supervised
                  else support.run(argv, **how))
        assert result.status == 0, result
        seen.append(result.out.splitlines())
    assert len(seen[0]) > 5000
    assert [pair for pair in zip(*seen) if pair[0] != pair[1]] == []


def test_dot_in_what_is_not_there(gosup, rules, scratch):
    """No name is looked up in what is missing, so none is made beside it."""
    (scratch / "in").mkdir()
    for name in ("none/.", "none/./", "none/.//.", "/proc/self/cwd/none/."):
        result = gosup.run(sys.executable, "-c", "import os, sys; os.mkdir(sys.argv[1])",
                           name, policy=rules["apart"](), cwd=scratch / "in")
        assert "FileNotFoundError" in result.err, result
    assert not (scratch / "none").exists() and not list((scratch / "in").iterdir())
