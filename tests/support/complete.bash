#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# complete.bash FILE WORD...: what bash offers for the last WORD of a command line, one a line, with
# the completion in FILE loaded. No terminal needed: bash calls the function the same way.
set -u
source /usr/share/bash-completion/bash_completion
# shellcheck source=/dev/null # the completion under test
source "$1"
shift
COMP_WORDS=()
for word; do
  # As readline does, "=" is a word of its own.
  case $word in
    --*=*) COMP_WORDS+=("${word%%=*}" "=" "${word#*=}") ;;
    *) COMP_WORDS+=("$word") ;;
  esac
done
[ "${COMP_WORDS[-1]}" != "" ] || [ "${COMP_WORDS[-2]}" != = ] || unset 'COMP_WORDS[-1]'
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
COMP_LINE=$*
COMP_POINT=${#COMP_LINE}
COMP_TYPE=9
COMP_KEY=9
compopt() { :; } # works only inside a completion that readline started
function=$(complete -p "$1")
function=${function#*-F }
COMPREPLY=()
"${function%% *}" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
