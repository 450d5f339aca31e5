# SPDX-License-Identifier: Apache-2.0
# Completion of gosup(1) for fish. Which commands and options there are, gosup
# itself is asked; this file knows only what their arguments are.

# Each command with what it is for.
function __gosup_commands
    set -l words (commandline -opc)
    $words[1] help 2>/dev/null | sed -n '/^commands:/,/^$/s/^  \([a-z]\{1,\}\)  *\(.*\)/\1\t\2/p'
end

# The options of the command on the line, each with what it is for.
function __gosup_options
    set -l words (commandline -opc)
    for line in ($words[1] help $words[2] 2>/dev/null)
        set -l m (string match -r -- '^  (?:(-[a-zA-Z]), )?(--[a-z-]+)(?:\[=[^]]+\]| [^ ]+)?  *(.*)$' $line)
        or continue
        test -n "$m[2]"; and printf '%s\t%s\n' $m[2] $m[4]
        printf '%s\t%s\n' $m[3] $m[4]
    end
end

# Options of the command on the line that are followed by a word of their own.
function __gosup_options_with_argument
    set -l words (commandline -opc)
    for line in ($words[1] help $words[2] 2>/dev/null)
        set -l m (string match -r -- '^  (?:(-[a-zA-Z]), )?(--[a-z-]+) [^ ]' $line)
        or continue
        string join \n -- $m[2..-1]
    end
end

# What is to be completed: a "command", an "option", the argument of the option
# that is named, a "program", an "argument" of anything else; or the number of
# the word at which the line of the program begins.
function __gosup_position
    set -l words (commandline -opc)
    test (count $words) -gt 1; or begin
        echo command
        return
    end
    set -l with_argument (__gosup_options_with_argument)
    set -l i 3
    # What is asked stands before the options.
    test $words[2] = probe; and not string match -q -- '-*' "$words[3]"; and set i 4
    while test $i -le (count $words)
        switch $words[$i]
            case --
                set i (math $i + 1)
                break
            case '-*'
                if contains -- $words[$i] $with_argument
                    if test $i -eq (count $words)
                        echo -- $words[$i]
                        return
                    end
                    set i (math $i + 1)
                end
                set i (math $i + 1)
            case '*'
                break
        end
    end
    set -l current (commandline -ct)
    if test $i -le (count $words)
        test $words[2] = run; and echo $i; or echo argument
    else if string match -qr -- '^--[a-z-]+=' $current; and test $words[-1] != --
        string replace -r '=.*' '' -- $current
    else if string match -q -- '-*' $current; and test $words[-1] != --
        echo option
    else
        test $words[2] = run; and echo program; or echo argument
    end
end

function __gosup_at
    contains -- (__gosup_position) $argv
end

# Arguments of an option, after a space or behind its "=".
function __gosup_values
    set -l prefix (string match -r -- '^--[a-z-]+=' (commandline -ct))
    printf '%s\n' "$prefix"$argv
end

function __gosup_command_is
    set -l words (commandline -opc)
    test (count $words) -gt 1; and contains -- $words[2] $argv
end

# The program's own completion.
function __gosup_of_program
    set -l at (__gosup_position)
    string match -qr '^[0-9]+$' -- $at; or return
    set -l words (commandline -opc) (commandline -ct)
    complete -C (string join ' ' -- (string escape -- $words[$at..-1]))
end

complete -c gosup -f
complete -c gosup -n '__gosup_at command' -a '(__gosup_commands)'
complete -c gosup -n '__gosup_at command' -l help -d 'print help'
complete -c gosup -n '__gosup_at command' -l version -d 'print the version'
complete -c gosup -n '__gosup_at option' -a '(__gosup_options)'
complete -c gosup -n '__gosup_at --log' -F -a '(__gosup_values stderr journal none)'
complete -c gosup -n '__gosup_at --stats' -a '(__gosup_values text json)'
complete -c gosup -n '__gosup_at -p --policy' -F -a '(__gosup_values @default @confined)'
complete -c gosup -n '__gosup_at --ready' -a '(__gosup_values start listen notify)'
complete -c gosup -n '__gosup_at --signals-to' -a '(__gosup_values app group tree)'
complete -c gosup -n '__gosup_at --wait' -a '(__gosup_values app tree)'
complete -c gosup -n '__gosup_at --parent-death' -a '(__gosup_values SIGTERM SIGINT SIGHUP SIGQUIT SIGKILL)'
complete -c gosup -n '__gosup_at --stats-file --control --termination-log' -F
complete -c gosup -n '__gosup_at argument; and __gosup_command_is check explain' -F -a '@default @confined'
complete -c gosup -n '__gosup_at argument; and __gosup_command_is probe' -a 'started ready live'
complete -c gosup -n '__gosup_at argument; and __gosup_command_is help' -a '(__gosup_commands)'
complete -c gosup -n '__gosup_at program' -a '(__fish_complete_command)'
complete -c gosup -a '(__gosup_of_program)'
