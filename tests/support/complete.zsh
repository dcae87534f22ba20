#!/usr/bin/zsh -f
# SPDX-License-Identifier: Apache-2.0
# complete.zsh FOLDER LINE: what zsh offers when TAB is pressed at the end of LINE, one a line, with
# the completions of FOLDER loaded. A real interactive zsh on a pty; compadd is made to tell.
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PROMPT= RPROMPT=; unsetopt zle_bracketed_paste 2>/dev/null; setopt no_beep
fpath=(${(q)1} \$fpath); autoload -Uz compinit; compinit -D -u; bindkey '^I' complete-word
zstyle ':completion:*' menu no; LISTMAX=9999; stty columns 500
compadd() {
  local -a hits; builtin compadd -A hits \"\$@\" 2>/dev/null
  local hit; for hit in \$hits; do print -r -- \"HIT<\$hit>\"; done
  builtin compadd \"\$@\"
}
finish() { print -r -- \"DO\"NE; zle kill-whole-line }; zle -N finish; bindkey '^X^F' finish
print RE\ADY"
read_until() {
  local chunk; text=
  repeat 600; do
    while zpty -rt shell chunk; do text+=$chunk; done
    [[ $text == *$1* ]] && return
    sleep 0.05
  done
  print -u2 "no $1 from zsh: $text"
  exit 1
}
read_until READY
zpty -w -n shell "$2"$'\t\x18\x06'
read_until DONE
zpty -d shell
print -r -- "$text" | grep -o 'HIT<[^>]*>' | sed 's/^HIT<//; s/>$//' | sort -u
