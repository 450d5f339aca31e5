# SPDX-License-Identifier: Apache-2.0
"""Real programs with every path judged, and inside a mapped tree: what they
leave behind is what they leave behind alone, to the byte."""

import hashlib
import os
import pathlib
import shutil
import stat
import subprocess

import pytest

import support

MINUTES = 300 * support.PATIENCE


def digest(root, times=True, modes=True):
    """What a copy of a tree must keep."""
    total = hashlib.sha256()
    count = 0
    for folder, folders, files in os.walk(root):
        folders.sort()
        for name in sorted(files + [f for f in folders if os.path.islink(
                os.path.join(folder, f))]):
            path = os.path.join(folder, name)
            seen = os.lstat(path)
            parts = [os.path.relpath(path, root), stat.S_IFMT(seen.st_mode),
                     seen.st_mode if modes else 0]
            if stat.S_ISLNK(seen.st_mode):
                parts.append(os.readlink(path))
            else:
                parts += [seen.st_mtime_ns if times else 0, hashlib.sha256(
                    pathlib.Path(path).read_bytes()).hexdigest()]
            total.update(repr(parts).encode())
            count += 1
    return count, total.hexdigest()


def fill(root, count, seed=1):
    """A tree of small files of fixed content, with links and modes."""
    for i in range(count):
        folder = root / f"d{i % 23}" / f"e{i % 7}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"f{i}"
        path.write_bytes(hashlib.sha256(b"%d %d" % (i, seed)).digest()
                         * (1 + i % 200))
        path.chmod(0o755 if i % 11 == 0 else 0o644)
        os.utime(path, ns=(10**18 + i, 10**18 + i * 1001 + seed * 10**9))
        if i % 50 == 0 and not (folder / f"link{i}").is_symlink():
            (folder / f"link{i}").symlink_to(f"f{i}")


class Way:
    """How a program is run: `seen` is its directory's name for itself, `real`
    the same for us."""

    def __init__(self, gosup, policy, scratch, user, mapped):
        self.gosup = gosup
        self.user = user
        self.real = scratch / "real"
        self.real.mkdir()
        self.real.chmod(0o777)
        self.seen = scratch / "seen" if mapped else self.real
        rule = ({"path": str(self.seen), "map": str(self.real)} if mapped else
                {"path": str(scratch / "elsewhere"), "content": "x"})
        self.policy = policy(files=[rule])

    def env(self, **more):
        return support.base_env(
            HOME=str(self.seen), TMPDIR=str(self.seen), GIT_CONFIG_NOSYSTEM="1",
            **more)

    def __call__(self, *argv, env=None, cwd=None):
        result = self.gosup.run(*argv, policy=self.policy, user=self.user,
                                env=self.env(**(env or {})), cwd=cwd,
                                deadline=MINUTES)
        assert result.status == 0, f"{argv}\n{result}"
        return result.out


@pytest.fixture(params=["judged", "mapped"])
def way(request, gosup, policy, scratch, who):
    return Way(gosup, policy, scratch, who, request.param == "mapped")


@pytest.fixture
def mapped(gosup, policy, scratch, who):
    """The harder one alone, for programs that take long."""
    return Way(gosup, policy, scratch, who, True)


def need(program):
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not installed")
    return path


def git_alone(where, *argv):
    env = support.base_env(
        HOME=str(where), GIT_CONFIG_NOSYSTEM="1", GIT_AUTHOR_NAME="a",
        GIT_AUTHOR_EMAIL="a@example.org", GIT_COMMITTER_NAME="a",
        GIT_COMMITTER_EMAIL="a@example.org",
        GIT_AUTHOR_DATE="2001-02-03T04:05:06Z",
        GIT_COMMITTER_DATE="2001-02-03T04:05:06Z")
    return subprocess.run(["git", "-C", where, *argv], env=env, check=True,
                          capture_output=True, text=True).stdout


@pytest.mark.slow
def test_git(way, scratch):
    need("git")
    origin = scratch / "origin"
    origin.mkdir()
    git_alone(origin, "init", "-q", "-b", "main")
    for round_ in range(4):
        fill(origin, 300, seed=round_)
        git_alone(origin, "add", "-A")
        git_alone(origin, "commit", "-q", "-m", f"round {round_}")
    # The repository may be another user's.
    (way.real / ".gitconfig").write_text("[safe]\n\tdirectory = *\n")
    clone = way.seen / "clone"
    way("git", "clone", "-q", "--no-local", origin, clone)
    way("git", "-C", clone, "-c", "gc.auto=0", "gc", "-q", "--prune=now",
        "--aggressive")
    assert way("git", "-C", clone, "fsck", "--full", "--strict") == ""
    assert way("git", "-C", clone, "status", "--porcelain") == ""
    assert (way("git", "-C", clone, "log", "--format=%H %T") ==
            git_alone(origin, "log", "--format=%H %T"))
    shutil.rmtree(origin / ".git")
    shutil.rmtree(way.real / "clone/.git")
    assert digest(way.real / "clone", times=False) == digest(origin, times=False)


@pytest.mark.slow
def test_restic(mapped, scratch):
    need("restic")
    fill(scratch / "source", 400)
    env = {"RESTIC_PASSWORD": "secret", "RESTIC_REPOSITORY": str(mapped.seen / "r"),
           "RESTIC_CACHE_DIR": str(mapped.seen / "cache")}
    mapped("restic", "init", env=env)
    mapped("restic", "backup", "source", env=env, cwd=scratch)
    mapped("restic", "check", "--read-data", env=env)
    mapped("restic", "restore", "latest", "--target", mapped.seen / "back", env=env)
    assert digest(mapped.real / "back/source") == digest(scratch / "source")


def rclone(way, scratch, count):
    need("rclone")
    fill(scratch / "source", count)
    sync = ["rclone", "--config", "", "sync", "--links", scratch / "source",
            way.seen / "copy"]
    way(*sync)
    assert (digest(way.real / "copy", modes=False) ==
            digest(scratch / "source", modes=False))
    for old in list((scratch / "source/d3").rglob("f*"))[::2]:
        old.unlink()
    fill(scratch / "source/d4", 50, seed=2)
    way(*sync)
    way("rclone", "--config", "", "check", "--links", scratch / "source",
        way.seen / "copy")
    assert (digest(way.real / "copy", modes=False) ==
            digest(scratch / "source", modes=False))


@pytest.mark.slow
def test_rclone(way, scratch):
    rclone(way, scratch, 1000)


@pytest.mark.long
@pytest.mark.slow
def test_rclone_many(way, scratch):
    rclone(way, scratch, 10000)


@pytest.mark.slow
def test_hugo(way, scratch):
    hugo = need("hugo")
    site = scratch / "site"
    layouts = site / "layouts/_default"
    layouts.mkdir(parents=True)
    (site / "config.toml").write_text(
        'baseURL = "http://example.org/"\ntitle = "t"\n')
    for name in ("single", "list"):
        (layouts / f"{name}.html").write_text(
            "<h1>{{ .Title }}</h1>{{ .Content }}"
            "{{ range .Pages }}<a href='{{ .Permalink }}'></a>{{ end }}")
    for i in range(100):
        page = site / f"content/s{i % 5}/p{i}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(f"---\ntitle: p{i}\ndate: 2001-02-03\n---\n*text* {i}\n")
    arguments = ["-s", site, "--noTimes", "--cacheDir"]
    subprocess.run([hugo, *arguments, scratch / "c", "-d", scratch / "alone"],
                   env=support.base_env(HOME=str(scratch)), check=True,
                   capture_output=True)
    shutil.rmtree(site / "resources", ignore_errors=True)
    (site / ".hugo_build.lock").unlink(missing_ok=True)
    site.chmod(0o777)
    way(hugo, *arguments, way.seen / "c", "-d", way.seen / "out")
    assert (digest(way.real / "out", times=False) ==
            digest(scratch / "alone", times=False))


def tar_of(gosup, tree, policy=None, user=None, at=None):
    """The digest of what tar writes into a pipe."""
    argv = ["tar", "-C", str(at or tree), "-cf", "-", "."]
    if policy:
        argv = gosup.argv(*argv, policy=policy)
    total = hashlib.sha256()
    size = 0
    with subprocess.Popen(argv, stdout=subprocess.PIPE, env=support.base_env(),
                          stderr=subprocess.DEVNULL,
                          **support.user_options(user)) as tar:
        while chunk := tar.stdout.read(1 << 20):
            total.update(chunk)
            size += len(chunk)
    return size, total.hexdigest()


def compare_tars(gosup, policy, scratch, tree, user):
    judged = policy(files=[{"path": str(scratch / "none"), "content": "x"}])
    viewed = policy(files=[{"path": str(scratch / "seen"), "from": tree}])
    alone = tar_of(gosup, tree, user=user)
    assert alone[0] > 10 ** 6
    assert tar_of(gosup, tree, judged, user) == alone
    assert tar_of(gosup, tree, viewed, user, scratch / "seen") == alone


@pytest.mark.slow
def test_tar(gosup, policy, scratch, who):
    compare_tars(gosup, policy, scratch, "/usr/share/perl5", who)


@pytest.mark.long
@pytest.mark.slow
def test_tar_of_usr(gosup, policy, scratch, who):
    compare_tars(gosup, policy, scratch, "/usr", who)


@pytest.mark.slow
def test_go_build(mapped, fixtures):
    """A module with vendored dependencies, that comes with Go itself."""
    go = fixtures.goroot("debian")
    if go is None:
        pytest.skip(fixtures.missing["debian"])
    build = [go, "build", "-trimpath", "-o"]
    env = {**fixtures.go_env(), "GO111MODULE": "on", "GOFLAGS": "-mod=vendor"}
    tool = "cmd/vet" if support.LONG else "cmd/gofmt"
    where = (go.parent.parent / "src/cmd").resolve()
    alone = fixtures.cache / f"alone-{tool.replace('/', '-')}"
    subprocess.run([*build, alone, tool], cwd=where, check=True, env=env)
    for name in ("HOME", "PATH"):
        env.pop(name)
    env.update(GOCACHE=str(mapped.seen / "cache"), GOPATH=str(mapped.seen / "path"))
    mapped(*build, mapped.seen / "tool", tool, env=env, cwd=where)
    assert (mapped.real / "tool").read_bytes() == alone.read_bytes()
