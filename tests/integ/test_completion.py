# SPDX-License-Identifier: Apache-2.0
"""Completion in bash, zsh and fish: exactly the commands and options that gosup
knows, and sensible arguments for them."""

import os
import re
import shutil

import pytest

import support

HERE = support.TREE / "launcher/completions"

# Complete the line $1 at its end, cut into words as readline cuts them.
BASH = r"""
source "$COMPLETION"
COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=() rest=$1
while [[ $rest =~ ^[[:space:]]*([=@:]+|[^[:space:]=@:]+)(.*)$ ]]; do
	COMP_WORDS+=("${BASH_REMATCH[1]}") rest=${BASH_REMATCH[2]}
done
[[ $1 == *[[:space:]] ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_gosup gosup
((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}"
"""

# Note in $HITS what completion adds; a tab answers with "done".
ZSH = r"""
autoload -U compinit
fpath=(${COMPLETION:h} $fpath)
compinit -u -D
compadd() {
	if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
		local -a found
		builtin compadd -A found "$@"
		print -rl -- $found >> $HITS
	fi
	builtin compadd "$@"
}
capture() { zle complete-word; print -r -- done >> $HITS }
zle -N capture
bindkey '^I' capture
PS1='ready> '
"""


@pytest.fixture(scope="module")
def folder(session_dir):
    """Two policies to be offered, and nothing else."""
    path = session_dir / "completion"
    path.mkdir()
    (path / "hosts.json").write_text("{}")
    (path / "other.json").write_text("{}")
    return path


def environment(gosup, shell, **more):
    name = {"bash": "gosup.bash", "zsh": "_gosup", "fish": "gosup.fish"}[shell]
    path = f"{os.path.dirname(gosup.path)}:{support.base_env()['PATH']}"
    return support.base_env(PATH=path, COMPLETION=str(HERE / name), **more)


def in_bash(gosup, folder, scratch, line):
    return support.run(["bash", "--norc", "-c", BASH, "bash", line],
                       cwd=folder, env=environment(gosup, "bash")).out


def in_zsh(gosup, folder, scratch, line):
    hits = scratch / "hits"
    hits.write_text("")
    setup = scratch / "setup.zsh"
    setup.write_text(ZSH)
    env = environment(gosup, "zsh", HITS=str(hits))
    with support.Terminal(["zsh", "-f", "-i"], env=env, cwd=folder) as zsh:
        zsh.send(f"source {setup}\n")
        zsh.expect("ready> ")
        zsh.send(line + "\t")
        found = support.poll(
            lambda: (text := hits.read_text()).endswith("done\n") and text,
            f"completion of {line!r}")
    # What begins as the word does was added, or else looked at and dropped.
    return found.removesuffix("done\n")


def in_fish(gosup, folder, scratch, line):
    code = f"source $COMPLETION; complete -C '{line}'"
    return support.run(["fish", "--no-config", "-c", code], cwd=folder,
                       env=environment(gosup, "fish", HOME=str(scratch))).out


@pytest.fixture(params=["bash", "zsh", "fish"])
def offered(request, gosup, folder, scratch):
    """offered(line): what completing it offers."""
    shell = request.param
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    ask = {"bash": in_bash, "zsh": in_zsh, "fish": in_fish}[shell]

    def complete(line):
        text = ask(gosup, folder, scratch, line)
        words = {word.partition("\t")[0] for word in text.splitlines()}
        words -= {"", "-"}
        # Some shells replace the whole word, some what is behind "=" or "@".
        start = re.search(r"(--[a-z-]+=)?@?[^ ]*$", line).group()
        for cut in (start.partition("=")[0] + "=" if "=" in start else "",):
            words = {word.removeprefix(cut) for word in words}
        return {word if not start.endswith("@") or word.startswith("@")
                else "@" + word for word in words}
    return complete


def commands(gosup):
    text = gosup.command("--help").out.partition("commands:\n")[2]
    found = re.findall(r"^  (\w+) ", text.partition("\n\n")[0], re.M)
    assert "run" in found
    return found


def options(gosup, command):
    text = gosup.command("help", command).out.partition("options:\n")[2]
    found = set()
    for line in text.splitlines():
        left = re.match(r"  (-\S.*?)(?:  |$)", line)
        found |= set(re.findall(r"(?<!\w)--?[a-z][a-z-]*", left[1])) \
            if left else set()
    assert "--help" in found
    return found


def test_commands(gosup, offered):
    assert offered("gosup ") == set(commands(gosup))
    assert offered("gosup help ") == set(commands(gosup))
    assert offered("gosup --") == {"--help", "--version"}


def test_options_of_every_command(gosup, offered):
    for command in commands(gosup):
        assert offered(f"gosup {command} -") == options(gosup, command)


def test_option_arguments(offered):
    files = {"hosts.json", "other.json"}
    assert offered("gosup run --log ") == {"stderr", "journal", "none"} | files
    assert offered("gosup run --log=j") == {"journal"}
    assert offered("gosup run --stats=") == {"text", "json"}
    assert offered("gosup run -p @") == {"@default", "@confined"}
    assert offered("gosup run -v --policy h") == {"hosts.json"}
    assert offered("gosup run --policy=h") == {"hosts.json"}
    assert offered("gosup check o") == {"other.json"}
    assert offered("gosup run --ready=") == {"start", "listen", "notify"}
    assert offered("gosup run --signals-to ") == {"app", "group", "tree"}
    assert offered("gosup run --wait=") == {"app", "tree"}
    assert "SIGTERM" in offered("gosup run --parent-death SIGT")
    assert offered("gosup probe ") == {"started", "ready", "live"}
    assert offered("gosup probe ready --control o") == {"other.json"}


def test_built_in_policies_exist(gosup):
    """The one list that completion does not ask for."""
    for name in ("gosup.bash", "_gosup", "gosup.fish"):
        found = set(re.findall(r"@[a-z]+", (HERE / name).read_text()))
        assert "@confined" in found
        for policy in found:
            assert gosup.command("check", policy).status == 0


def test_the_program_is_completed_as_itself(offered):
    """Behind gosup's own options, everything is the program's."""
    assert "sleep" in offered("gosup run slee")
    assert "sleep" in offered("gosup run --stats -p x.json -- slee")
    assert "hosts.json" in offered("gosup run --log none cat ho")
    assert "--policy" not in offered("gosup run cat --")


def test_bash_replaces_only_the_end_of_a_word(gosup, folder):
    """Readline itself: what is before "=" and "@" stays there once."""
    env = environment(gosup, "bash")
    env["PS1"] = "ready> "
    with support.Terminal(["bash", "--norc", "--noprofile", "-i"], env=env,
                          cwd=folder) as bash:
        bash.expect("ready> ")
        bash.send('source "$COMPLETION"; echo loa""ded\n')
        bash.expect("loaded")
        for line, whole in (("gosup run --log=j", "gosup run --log=journal"),
                            ("gosup run -p @c", "gosup run -p @confined"),
                            ("gosup run --policy=@d",
                             "gosup run --policy=@default"),
                            ("gosup run -p ./ho", "gosup run -p ./hosts.json"),
                            ("gosup exp", "gosup explain")):
            # Then from the beginning of the line, to have it printed.
            bash.send(f"{line}\t\x01echo '<' \x05 '>'\n")
            bash.expect(re.escape(f"\n< {whole} >"))


def test_scripts_are_installed_where_shells_look():
    text = (HERE / "meson.build").read_text()
    for name in sorted(os.listdir(HERE)):
        if name != "meson.build":
            assert f"'{name}'" in text, name
