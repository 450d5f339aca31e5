# SPDX-License-Identifier: Apache-2.0
"""Starting programs that only rules show: as where they really are."""

import errno
import os
import re
import shutil

import pytest

import support


@pytest.fixture
def store(scratch, app):
    """Programs in a tree that is to be seen elsewhere."""
    where = scratch / "store"
    where.mkdir()
    where.chmod(0o777)
    shutil.copy(app, where / "app")
    shutil.copy("/usr/bin/printf", where / "dynamic")
    (where / "broken").write_bytes(b"\x7fELF" + bytes(200))
    (where / "broken").chmod(0o755)
    (where / "text").write_text("no program\n")
    (where / "dir").mkdir()
    return where


@pytest.fixture(params=["map", "from"])
def seen(request, policy, scratch, store):
    """Where it is seen, and the policy that shows it there."""
    where = scratch / "seen"
    return where, policy(files=[{"path": str(where), request.param: str(store)}])


def spawned(gosup, app, rules, *argv, **how):
    result = gosup.run(app, "spawn", *argv, policy=rules, **how)
    assert result.status == 0, result
    return result.lines()[0]


def test_programs(gosup, each_app, seen, store, who):
    """Static, dynamic, broken, no program at all, a directory, nothing."""
    where, rules = seen
    for name in ("app", "dynamic", "broken", "text", "dir", "none", "app/x"):
        argv = ["echo", "%s", "x"] if name == "app" else ["%s", "x"]
        alone = support.run([str(each_app), "spawn", str(store / name), *argv],
                            user=who).lines()[0]
        assert spawned(gosup, each_app, rules, where / name, *argv,
                       user=who) == alone, name
    assert spawned(gosup, each_app, rules, where / "app", "echo", "x",
                   user=who)["out"] == "x\n"


def test_relative(gosup, each_app, seen, who):
    where, rules = seen
    line = spawned(gosup, each_app, rules, "/bin/sh", "-c",
                   f"cd {where} && ./app echo x && cd dir && ../app echo y", user=who)
    assert line == {"out": "x\ny\n", "errno": 0}


def test_same_process(gosup, each_app, seen, store, who):
    """What the program finds around itself: descriptors, signals, arguments,
    environment, its own name."""
    where, rules = seen
    argv = ["become", str(store / "app"), "info", "a b", ""]
    alone = gosup.run(each_app, *argv, user=who)
    argv[1] = str(where / "app")
    shown = gosup.run(each_app, *argv, policy=rules, user=who)
    alone, shown = alone.lines()[0], shown.lines()[0]
    # The one thing that differs is where it believes to be.
    assert shown["exe"] == str(where / "app")
    assert alone["exe"] == str(store / "app")
    # And where a rule takes rights away, it leaves no core files (RLIMIT_CORE).
    for name in ("exe", "args", "rlimit4"):
        alone[name] = shown[name] = None
    assert shown == alone


def test_name_of_the_file(gosup, app, seen, who):
    """AT_EXECFN is what was asked for, not a descriptor."""
    where, rules = seen
    result = gosup.run("/usr/bin/env", "LD_SHOW_AUXV=1", where / "dynamic", "x",
                       policy=rules, user=who)
    assert re.search(rf"^AT_EXECFN: +{where}/dynamic$", result.out, re.M), result


SHOW = 'printf "%s|" "$0" "$@"; cat /proc/$$/comm'
SCRIPTS = {
    "plain": f"#!/bin/sh\n{SHOW}\n",
    "option": f"#!/bin/sh -e\n{SHOW}\nfalse\necho not here\n",
    "spaces": "#! \t/usr/bin/printf  %s| \n",
    "two words": "#!/usr/bin/printf %s| x y \n",
    "unended": "#!/usr/bin/printf %s|",
    "empty argument": "#!/usr/bin/printf ",
    "relative": "#!dynamic\n",
    "no interpreter": "#!\n",
    "nothing": "#!",
    "missing": "#!/gosup-none/sh\n",
    "carriage": "#!/bin/sh\r\n",
    "a directory": "#!/usr\n",
    "long": "#!/" + "x" * 300 + "\n",
    "cut": "#!/usr/bin/printf %s|" + "x" * 300 + "\n",
}


@pytest.fixture
def scripts(store):
    for name, text in SCRIPTS.items():
        (store / name).write_text(text)
        (store / name).chmod(0o755)
    (store / "not executable").write_text("#!/bin/sh\n")
    (store / "not executable").chmod(0o644)
    for i, name in enumerate(("nest0", "nest1", "nest2", "nest3", "nest4", "nest5",
                              "nest6")):
        interpreter = f"{store}/nest{i - 1}" if i else "/usr/bin/printf %s|"
        (store / name).write_text(f"#!{interpreter}\n")
        (store / name).chmod(0o755)
    return [*SCRIPTS, "not executable"]


def test_scripts(gosup, each_app, seen, store, scripts, who):
    """Every way to name an interpreter, as the kernel reads it."""
    where, rules = seen
    for name in scripts:
        alone = support.run([str(each_app), "spawn", str(store / name), "a", "b c", ""],
                            user=who, cwd=store).lines()[0]
        shown = spawned(gosup, each_app, rules, where / name, "a", "b c", "", user=who,
                        cwd=store)
        # The process is called by its interpreter, not by the script.
        for line in (alone, shown):
            line["out"] = re.sub(r"\|[^|]*\n$", "|", line["out"])
        assert {**shown, "out": shown["out"].replace(str(where), str(store))} == alone, name


def test_nested_scripts(gosup, app, seen, store, scripts):
    """As many interpreters in a row as the kernel takes."""
    where, rules = seen
    for i in range(7):
        alone = support.run([str(app), "spawn", str(store / f"nest{i}"), "a"]).lines()[0]
        shown = spawned(gosup, app, rules, where / f"nest{i}", "a")
        assert {**shown, "out": shown["out"].replace(str(where), str(store))} == alone, i


def test_interpreter_in_a_view(gosup, each_app, seen, store, scratch, who):
    """The script is where it is, but not what it names."""
    where, rules = seen
    for name in (store / "inside", scratch / "outside"):
        name.write_text(f"#!{where}/dynamic %s|\n")
        name.chmod(0o755)
    line = spawned(gosup, each_app, rules, where / "inside", "x", user=who)
    assert line == {"out": f"{where}/inside|x|", "errno": 0}
    line = spawned(gosup, each_app, rules, scratch / "outside", "x", user=who)
    assert line == {"out": f"{scratch}/outside|x|", "errno": 0}


def test_many_arguments(gosup, app, seen, store, scripts, who):
    where, rules = seen
    many = [str(i) for i in range(20_000)]
    alone = support.run([str(app), "spawn", str(store / "two words"), *many])
    shown = gosup.run(app, "spawn", where / "two words", *many, policy=rules, user=who)
    assert shown.out.replace(str(where), str(store)) == alone.out


def test_first_program(gosup, seen, who):
    where, rules = seen
    result = gosup.run(where / "app", "echo", "x", policy=rules, user=who)
    assert result.same() == (0, "x\n", ""), result


def test_many_at_once(gosup, seen, app, who):
    """Concurrent children of a program in a view, which starts itself."""
    where, rules = seen
    alone = support.run([str(app), "many", "60"], user=who)
    shown = gosup.run(where / "app", "many", "60", policy=rules, user=who)
    assert shown.same() == alone.same()


def test_denied_within(gosup, app, policy, scratch, store, who):
    """Rules for programs are about the path where one is seen."""
    where = scratch / "seen"
    files = [{"path": str(where), "map": str(store)}]
    for rule, want in (({"path": str(where / "app"), "deny": "EPERM"}, errno.EPERM),
                       ({"path": str(store), "deny": "EPERM"}, 0)):
        rules = policy(files=files, exec=[rule])
        assert spawned(gosup, app, rules, where / "app", "echo",
                       user=who)["errno"] == want


def test_traced_program(gosup, seen):
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    where, rules = seen
    result = gosup.run("strace", "-f", "-o", "/dev/null", where / "app", "echo", "x",
                       policy=rules)
    assert "while another process traces it" in result.err, result
    assert result.out == ""


def test_not_readable(gosup, app, seen, store):
    if not support.IS_ROOT:
        pytest.skip("only root can make a file of another user's")
    where, rules = seen
    os.chown(store / "app", 0, 0)
    (store / "app").chmod(0o711)
    assert spawned(gosup, app, rules, where / "app", "echo",
                   user=support.NOBODY)["errno"] == errno.EACCES
