# SPDX-License-Identifier: Apache-2.0
"""The command line: help, check, explain, doctor."""

import json
import subprocess

import pytest

import support

COMMANDS = ["run", "check", "explain", "doctor"]


def test_version(gosup):
    result = gosup.command("--version")
    assert result.status == 0
    assert result.out.startswith("gosup ")
    assert result.err == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command(gosup, command):
    result = gosup.command(command, "--help")
    assert result.status == 0
    assert f"gosup {command}" in result.out
    assert result.err == ""
    assert gosup.command("help", command).out == result.out


def test_help_lists_every_command(gosup):
    for arguments in (["help"], ["--help"]):
        result = gosup.command(*arguments)
        assert result.status == 0
        for command in COMMANDS:
            assert command in result.out


def test_misuse(gosup):
    """Says what is wrong on stderr, with a status of its own."""
    for arguments in (["nonsense"], ["run"], ["run", "--nonsense", "true"],
                      ["check"], ["explain"]):
        result = gosup.command(*arguments)
        assert result.status not in (0, 126, 127), arguments
        assert result.out == "", arguments
        assert result.err != "", arguments


@pytest.mark.parametrize("arguments, said", [
    (["run", "--polcy", "x", "true"], "no option is called --polcy (did you mean --policy?)"),
    (["run", "--xyz=3", "true"], "no option is called --xyz; `gosup run --help` lists them"),
    (["run", "--reloadable", "-vqx", "true"], "no option is called -q;"),
    (["run", "--policy"], "--policy needs an argument"),
    (["run", "-v", "-p"], "-p needs an argument"),
    (["run", "--verbose=3", "true"], "--verbose takes no argument"),
    (["doctor", "--jason"], "did you mean --json?"),
    (["doctor", "all"], 'what is "all"?'),
    (["version", "now"], 'what is "now"?'),
    (["help", "run", "app"], 'what is "app"?'),
])
def test_wrong_options(gosup, arguments, said):
    result = gosup.command(*arguments)
    assert (result.status, result.out) == (125, ""), result
    assert said in result.err and result.err.count("\n") == 1, result


def test_help_is_an_option_everywhere(gosup):
    commands = [*COMMANDS, "probe", "reload", "status", "version", "help"]
    for command in commands:
        wanted = gosup.command("help", command).out
        assert f"usage: gosup {command}" in wanted
        for option in ("-h", "--help"):
            result = gosup.command(command, option)
            assert (result.out, result.err, result.status) == (wanted, "", 0)


@pytest.mark.parametrize("arguments", [
    ["help"], ["run", "--help"], ["version"], ["doctor"], ["doctor", "--json"],
    ["check", "@confined"], ["explain", "@confined"],
], ids=" ".join)
def test_a_full_disk_is_told(gosup, arguments):
    """Who redirects a report, or pipes it on, must not take half of it for all."""
    with open("/dev/full", "w") as full:
        result = subprocess.run([gosup.path, *arguments], stdout=full,
                                stderr=subprocess.PIPE, text=True)
    assert result.returncode == 125
    assert "cannot write to stdout: No space left on device" in result.stderr


@pytest.mark.parametrize("options, said", [
    (["--stats-file=/nonexistent/s"],
     "cannot write the statistics to /nonexistent/s: No such file or directory"),
    (["--log=/nonexistent/l"], 'cannot write the log file "/nonexistent/l": No such'),
    (["--control=nowhere"], 'control socket "nowhere" is neither a path'),
    (["--watch-policy"], "the policy @confined is no file"),
    (["--signal=SIGTRM=SIGINT"],
     '--signal: no signal is called "SIGTRM" (did you mean SIGTERM?)'),
    (["--signal=TERM=SIGFOO"], '--signal: no signal is called "SIGFOO"'),
    (["--signal=SIGKILL=SIGINT"], "SIGKILL is not gosup's to pass on"),
    (["--signal=SIGTERM"], "write it like SIGTERM=SIGINT"),
    (["--parent-death=SIGTEM"], "did you mean SIGTERM?"),
])
def test_what_the_user_wrote_is_told_before_anything_runs(gosup, scratch, options, said):
    result = gosup.run("touch", scratch / "ran", policy="@confined", options=options)
    assert result.status == 125 and not (scratch / "ran").exists()
    assert said in result.err, result
    # The file that was read last has nothing to do with it.
    assert "@tls" not in result.err and result.err.count("\n") == 1, result


def test_nested_runs_are_explained(gosup):
    result = gosup.run(gosup.path, "run", "true")
    assert result.status == 125
    assert "this process is supervised already, by another gosup" in result.err


def test_a_full_disk_for_statistics(gosup):
    result = gosup.run("true", options=["--stats-file=/dev/full"])
    assert result.status == 0
    assert "cannot write the statistics to /dev/full: No space left on device" in result.err


def test_misspelt_command_is_recognised(gosup):
    assert "explain" in gosup.command("explian", "x.json").err


def test_check_of_a_good_policy(gosup, policy):
    rules = policy(default="deny", files=[{"path": "/usr", "allow": "read"}])
    assert gosup.command("check", rules).status == 0


@pytest.mark.parametrize("text, line, column, hint", [
    ('{\n "version": 1,\n "fils": []\n}', 3, None, "files"),
    ('{\n "version": 1,\n "files": [\n  {"path": "/a", "alow": "read"}\n ]\n}',
     4, None, "allow"),
    ('{\n "version": 1,\n "syscalls": {"getpit": {"deny": "EPERM"}}\n}', 3,
     None, "getpid"),
    ('{\n "version": 1,\n "files": [{"path": "rel", "allow": "read"}]\n}', 3,
     None, "absolute"),
    ('{\n "version": 1,\n}', 3, 1, ""),
])
def test_check_says_where_and_what(gosup, scratch, text, line, column, hint):
    path = scratch / "bad.json"
    path.write_text(text)
    result = gosup.command("check", path)
    assert result.status != 0
    place = f"{path}:{line}:" + (f"{column}:" if column else "")
    assert place in result.err, result.err
    assert hint in result.err


def test_check_warns_of_what_kills_go(gosup, policy):
    rules = policy(syscalls={"futex": {"deny": "EPERM"}})
    result = gosup.command("check", rules)
    assert "futex" in result.out + result.err


def test_explain_names_each_rule_and_its_layer(gosup, policy):
    rules = policy(
        default="deny",
        files=[{"path": "/usr", "allow": "read exec"},
               {"path": "/etc/hosts", "content": "x"}],
        syscalls={"ptrace": {"deny": "EPERM"}, "getppid": {"return": 1}})
    result = gosup.command("explain", rules)
    assert result.status == 0
    for wanted in ("/usr", "/etc/hosts", "ptrace", "getppid", "files[0]",
                   "files[1]"):
        assert wanted in result.out, wanted


def test_builtin_policies_can_be_explained(gosup):
    for name in ("@default", "@confined"):
        assert gosup.command("check", name).status == 0
        assert gosup.command("explain", name).out != ""
    assert "@confined" in gosup.command("check", "@confind").err


def test_doctor(gosup, who):
    result = support.run([gosup.path, "doctor"], user=who)
    assert result.status == 0, result
    assert "seccomp" in result.out.lower() or "notif" in result.out.lower()


def test_doctor_json(gosup):
    result = gosup.command("doctor", "--json")
    assert result.status == 0
    json.loads(result.out)


def test_policy_from_stdin(gosup, app):
    result = gosup.command("check", "-", stdin='{"version": 1}')
    assert result.status == 0, result
