#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Completions, tried in the real shells: each offers what --help lists, and the right values.

load ../support/common

setup() {
  common_setup
  cd "$T" || return
  : >plant.json
  : >capture.ndjson
}
teardown() { common_teardown; }

tools() { (cd "$TESTED_TOOLS" && printf '%s\n' tbgw-*); }

# long TOOL / short TOOL: its options as --help lists them.
long() { "$1" --help | grep -oE '^ +(-[A-Za-z],)?--[a-z0-9-]+' | grep -oE -- '--.*' | sort; }
short() { "$1" --help | grep -oE '^ +-[A-Za-z]\>' | tr -d ' ' | sort; }

# offers SHELL TOOL WORD...: what the shell offers for the last word of the line, one a line.
offers() {
  local shell=$1 tool=$2
  shift
  case $shell in
    bash) bash "$SUPPORT/complete.bash" "$SOURCE/completions/bash/$tool" "$@" ;;
    zsh) zsh -f "$SUPPORT/complete.zsh" "$SOURCE/completions/zsh" "$*" ;;
    fish) fish --no-config -c 'source $argv[1]; complete -C "$argv[2]"' \
      "$SOURCE/completions/fish/$tool.fish" "$*" | cut -f1 ;;
  esac | sort -u
}

# assert_offers SHELL TOOL WORD... -- OFFER...: exactly these.
assert_offers() {
  local line=()
  while [ "$1" != : ]; do
    line+=("$1")
    shift
  done
  shift
  run -0 --separate-stderr offers "${line[@]}"
  assert_output "$(printf '%s\n' "$@" | sort)"
  assert_equal "$stderr" ""
}

# includes SHELL TOOL WORD... : OFFER: among others.
assert_includes() {
  local line=()
  while [ "$1" != : ]; do
    line+=("$1")
    shift
  done
  run -0 --separate-stderr offers "${line[@]}"
  assert_line "$2"
}

@test "every tool has a completion for each shell, and there are no others" {
  for tool in $(tools); do
    ls "$SOURCE/completions/bash/$tool" "$SOURCE/completions/zsh/_$tool" \
      "$SOURCE/completions/fish/$tool.fish"
  done
  run -0 bash -c 'cd "$1" && ls bash; ls zsh | sed s/^_//; ls fish | sed "s/\.fish$//"' - "$SOURCE/completions"
  assert_output "$(tools; tools; tools)"
}

@test "bash offers the options of --help" {
  for tool in $(tools); do
    run -0 offers bash "$tool" -
    assert_output "$({ long "$tool"; short "$tool"; } | sort)"
  done
}

@test "zsh offers the options of --help" {
  for tool in $(tools); do
    run -0 offers zsh "$tool" --
    assert_output "$(long "$tool")"
    run -0 bash -c 'grep -oE -- "[^a-z-]-[A-Za-z]\>" "$1" | grep -oE -- "-." | sort -u' - "$SOURCE/completions/zsh/_$tool"
    for letter in $(short "$tool"); do assert_line -- "$letter"; done
  done
}

@test "fish offers the options of --help" {
  for tool in $(tools); do
    run -0 offers fish "$tool" --
    assert_output "$(long "$tool")"
    run -0 offers fish "$tool" -
    for letter in $(short "$tool"); do assert_line -- "$letter"; done
  done
}

@test "options with a file offer files" {
  for shell in bash zsh fish; do
    for tool in $(tools); do assert_includes "$shell" "$tool" --config pl : plant.json; done
    assert_includes "$shell" tbgw-convert --rejects pl : plant.json
    assert_includes "$shell" tbgw-push --token-file pl : plant.json
  done
}

@test "options with a choice offer it" {
  for shell in bash zsh fish; do
    assert_offers "$shell" tbgw-replay --ts '' : keep now shift
    assert_offers "$shell" tbgw-replay --ts s : shift
    assert_offers "$shell" tbgw-serial --encoding '' : text hex base64 latin-1
    assert_offers "$shell" tbgw-serial --parity '' : N E O M S
    assert_offers "$shell" tbgw-push --protocol '' : auto 5 3.1.1
    assert_offers "$shell" tbgw-push m : mqtt:// mqtts://
  done
}

@test "options with a number offer nothing" {
  for shell in bash zsh fish; do
    for tool in $(tools); do assert_offers "$shell" "$tool" --stats '' : ''; done
  done
}

@test "a choice is offered behind = too" {
  assert_offers bash tbgw-replay --ts= : keep now shift
  assert_offers zsh tbgw-replay --ts= : keep now shift
  assert_offers fish tbgw-replay --ts= : --ts=keep --ts=now --ts=shift
}

@test "operands are files" {
  for shell in bash zsh fish; do
    assert_includes "$shell" tbgw-convert pl : plant.json
    assert_includes "$shell" tbgw-convert plant.json cap : capture.ndjson
    assert_includes "$shell" tbgw-replay cap : capture.ndjson
  done
}

@test "operands of tbgw-serial are ports" {
  # Every machine has /dev/tty; what else there is differs.
  local ports
  ports=$(ls -d /dev/ttyS0 /dev/ttyUSB0 /dev/ttyACM0 2>/dev/null | head -1)
  [ -n "$ports" ] || skip "no serial port on this machine"
  for shell in bash zsh fish; do assert_includes "$shell" tbgw-serial '' : "$ports"; done
}

@test "the files are clean" {
  shellcheck -s bash "$SOURCE"/completions/bash/*
  for file in "$SOURCE"/completions/zsh/*; do zsh -n "$file"; done
  fish --no-config -n "$SOURCE"/completions/fish/*.fish
}
