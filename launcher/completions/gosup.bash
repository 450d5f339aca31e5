# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Completion of gosup(1) for bash. Which commands and options there are, gosup
# itself is asked; this file knows only what their arguments are.

# Commands, one a line.
_gosup_commands() {
	"$1" help 2>/dev/null |
		sed -n '/^commands:/,/^$/s/^  \([a-z]\{1,\}\) .*/\1/p'
}

# Options of command $2, one a line, as they are written: "-p", "--policy",
# "--stats". With $3 = "arguments" only those followed by a word of their own.
_gosup_options() {
	local line
	while IFS= read -r line; do
		[[ $line =~ ^"  "((-[a-zA-Z]), )?(--[a-z-]+)(" "[^ ])? ]] || continue
		[[ $3 == arguments && -z ${BASH_REMATCH[4]} ]] && continue
		[[ ${BASH_REMATCH[2]} ]] && printf '%s\n' "${BASH_REMATCH[2]}"
		printf '%s\n' "${BASH_REMATCH[3]}"
	done < <("$1" help "$2" 2>/dev/null)
}

# Words as the user sees them up to the cursor, in _words, and where each begins
# in COMP_WORDS, in _starts: that cuts words at COMP_WORDBREAKS.
_gosup_join_words() {
	local line=${COMP_LINE:0:COMP_POINT} i word
	_words=() _starts=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if ((i == 0)) || [[ $line == [[:space:]]* ]]; then
			line=${line#"${line%%[![:space:]]*}"}
			_words+=("")
			_starts+=("$i")
		fi
		_words[${#_words[@]} - 1]+=${line:0:${#word}}
		line=${line:${#word}}
	done
}

# Offer what of the lines on stdin begins with $1.
_gosup_offer() {
	local candidate
	while IFS= read -r candidate; do
		[[ $candidate == "$1"* ]] && COMPREPLY+=("$candidate")
	done
}

_gosup_offer_files() {
	_gosup_offer "$1" < <(compgen -f -- "$1")
	compopt -o filenames 2>/dev/null
}

# What may follow option $1, of which $2 is there.
_gosup_offer_argument() {
	case $1 in
	-p | --policy)
		_gosup_offer "$2" < <(printf '%s\n' @default @confined)
		[[ $2 == @* ]] || _gosup_offer_files "$2"
		;;
	--log)
		_gosup_offer "$2" < <(printf '%s\n' stderr journal none)
		_gosup_offer_files "$2"
		;;
	--stats)
		_gosup_offer "$2" < <(printf '%s\n' text json)
		;;
	--ready)
		_gosup_offer "$2" < <(printf '%s\n' start listen notify)
		;;
	--signals-to)
		_gosup_offer "$2" < <(printf '%s\n' app group tree)
		;;
	--wait)
		_gosup_offer "$2" < <(printf '%s\n' app tree)
		;;
	--parent-death)
		_gosup_offer "$2" < <(compgen -A signal | grep '^SIG')
		;;
	--stats-file | --control | --termination-log)
		_gosup_offer_files "$2"
		;;
	esac
}

# The program that is to be run, and its own arguments, from word $1 on.
_gosup_offer_program() {
	if declare -F _comp_command_offset >/dev/null; then
		_comp_command_offset "${_starts[$1]}"
	elif declare -F _command_offset >/dev/null; then
		_command_offset "${_starts[$1]}"
	elif (($1 == ${#_words[@]} - 1)); then
		_gosup_offer "${_words[$1]}" < <(compgen -c -- "${_words[$1]}")
		_gosup_offer_files "${_words[$1]}"
	else
		_gosup_offer_files "${_words[${#_words[@]} - 1]}"
	fi
}

# The arguments of command $2, $1 being gosup.
_gosup_offer_arguments() {
	local last=$((${#_words[@]} - 1)) i=2 with_argument cur
	cur=${_words[last]}
	# What is asked stands before the options.
	if [[ $2 == probe && ${_words[2]} != -* ]]; then
		i=3
		((last == 2)) && _gosup_offer "$cur" < <(printf '%s\n' started ready live)
	fi
	with_argument=" $(_gosup_options "$1" "$2" arguments | tr '\n' ' ')"
	while ((i < last)) && [[ ${_words[i]} == -?* ]]; do
		if [[ ${_words[i]} == -- ]]; then
			i=$((i + 1))
			break
		fi
		if [[ $with_argument == *" ${_words[i]} "* ]]; then
			if ((i + 1 == last)); then
				_gosup_offer_argument "${_words[i]}" "$cur"
				return
			fi
			i=$((i + 1))
		fi
		i=$((i + 1))
	done
	if ((i == last)) && [[ $cur == --*=* && ${_words[i - 1]} != -- ]]; then
		_gosup_offer_argument "${cur%%=*}" "${cur#*=}"
		COMPREPLY=("${COMPREPLY[@]/#/${cur%%=*}=}")
	elif ((i == last)) && [[ $cur == -* && ${_words[i - 1]} != -- ]]; then
		_gosup_offer "$cur" < <(_gosup_options "$1" "$2")
	else
		case $2 in
		run)
			_gosup_offer_program "$i"
			;;
		check | explain)
			_gosup_offer_argument --policy "$cur"
			;;
		help)
			_gosup_offer "$cur" < <(_gosup_commands "$1")
			;;
		esac
	fi
}

_gosup() {
	local _words _starts breaks cur
	COMPREPLY=()
	_gosup_join_words
	if ((${#_words[@]} == 2)); then
		_gosup_offer "${_words[1]}" < <(_gosup_commands "$1")
		[[ ${_words[1]} == -* ]] &&
			_gosup_offer "${_words[1]}" < <(printf '%s\n' --help --version)
	else
		_gosup_offer_arguments "$1" "${_words[1]}"
	fi
	# Readline replaces what is behind the last place it cuts at; an "@"
	# counts as part of that ("special prefixes" in readline(3)).
	breaks=${COMP_WORDBREAKS//[^=:]/}
	cur=${_words[${#_words[@]} - 1]}
	[[ -n $breaks && $cur == *["$breaks"]* ]] &&
		COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*["$breaks"]}"}"}")
	return 0
} && complete -F _gosup gosup
