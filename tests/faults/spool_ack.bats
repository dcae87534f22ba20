#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Acknowledgements that are late, early, foreign, too many, or none: nothing may be lost by them,
# and nothing may hang.
# shellcheck disable=SC2154 # background NAME sets pid_NAME
load ../support/common
load ../support/spool

setup() { common_setup; }
teardown() {
  exec 5>&- || true
  common_teardown
}

# start_pair CONSUMER_OPTION... -- SPOOL_OPTION...: a spool in $T/q that reads $T/in (fd 5).
start_pair() {
  mkfifo "$T/in"
  STDIN="$T/in" pair spool "$@" "$T/q"
  exec 5>"$T/in"
}

# next_run: what the next run delivers, in $T/next.
next_run() {
  rm -f "$T/next"
  tbgw-spool "$T/q" </dev/null 2>"$T/next.err" | consumer --out "$T/next"
}

@test "a FIFO left by a killed run, and its consumer still alive: the old one acknowledges in vain" {
  start_pair --hold "$T/go" --out "$T/old" --
  readings 1 30 >&5
  wait_count "$T/old" '"_n"' 30
  # The consumer must survive its spool: it holds the FIFO, and its stdin is not the spool's alone.
  exec 7>"$T/spool.out"
  kill_hard spool
  exec 5>&-
  mkfifo "$T/in2"
  rm "$T/spool.out"
  STDIN="$T/in2" pair spool --hold "$T/go2" --out "$T/new" -- "$T/q"
  exec 5>"$T/in2"
  wait_count "$T/new" '"_n"' 30
  touch "$T/go" # the old consumer says {"run":OLD,"ack":30} into the same FIFO
  wait_stats spool "$T/new" "\"otherRunAcks\":[1-9]"
  [ "$(counter "$T/new" inWindow)" = 30 ]
  touch "$T/go2"
  exec 5>&- 7>&-
  assert_ends spool 0
  assert_all 1 30 "$T/new"
}

@test "an acknowledgement in the name of another run is ignored and counted" {
  start_pair --run 0123456789abcdef --out "$T/out" --
  readings 1 10 >&5
  wait_stats spool "$T/out" "\"otherRunAcks\":[1-9]"
  [ "$(counter "$T/out" delivered)" = 0 ]
  kill_hard spool
  next_run
  assert_all 1 10 "$T/next"
}

@test "two consumers of one run: the first to acknowledge wins, nothing hangs, nothing is said" {
  readings 1 500 >"$T/lines"
  mkfifo "$T/second"
  STDIN="$T/second" background second "$SUPPORT/consumer" --out "$T/b" --delay 0.05
  tbgw-spool "$T/q" <"$T/lines" 2>"$T/err" | tee "$T/second" | consumer --out "$T/a"
  [ "${PIPESTATUS[0]}" = 0 ]
  # Its last acknowledgements may come when the spool has ended.
  exit_status second 20 >"$T/second.status"
  grep -qE '^(0|75)$' "$T/second.status"
  assert_all 1 500 "$T/a"
  assert_all 1 500 "$T/b"
  [ ! -s "$T/err" ]
}

@test "a consumer that opens the FIFO late gets to acknowledge all the same" {
  start_pair --late "$T/open" --out "$T/out" --
  readings 1 20 >&5
  wait_count "$T/out" '"_n"' 20
  pause 0.3
  kill -0 "$pid_spool"
  touch "$T/open"
  exec 5>&-
  assert_ends spool 0
  next_run
  [ -z "$(numbers "$T/next")" ]
}

@test "a consumer that closes the FIFO with records undone is gone, and they come again" {
  start_pair --close-after 11 --out "$T/out" --
  readings 1 10 >&5
  wait_stats spool "$T/out" "\"delivered\":10,"
  readings 11 30 >&5
  assert_ends spool 141
  grep -q "the consumer closed .*/ack with .* records undone" "$T/spool.err"
  next_run
  assert_all 1 30 "$T/out" "$T/next"
  seen_all 11 30 "$T/next"
}

@test "a consumer that opens the FIFO for each acknowledgement works as long as it does one at a time" {
  mkfifo "$T/in" "$T/spool.out"
  # shellcheck disable=SC2016 # the inner shell expands it
  STDIN="$T/spool.out" background shell bash -c '
    read -r hello
    run=$(jq -r .run <<<"$hello") fifo=$(jq -r .ack <<<"$hello")
    while read -r line; do
      echo "$line" >>"$1"
      n=${line#*_n\":}
      echo "{\"run\":\"$run\",\"ack\":${n%%,*}}" >"$fifo"
    done' - "$T/out"
  STDIN="$T/in" background spool tbgw-spool --window 1 "$T/q"
  exec 5>"$T/in"
  readings 1 20 >&5
  wait_until 30 seen_all 1 20 "$T/out"
  exec 5>&-
  assert_ends spool 0
}

@test "a filter's consumer that acknowledges too much is told so, and nothing is taken for done" {
  start_pair --more 1000 --out "$T/out" --
  readings 1 10 >&5
  wait_for "$T/spool.err" "acknowledged a record that it was never given: ignored"
  kill_hard spool
  next_run
  assert_all 1 10 "$T/next"
}

@test "garbage on the FIFO costs nothing" {
  start_pair --hold "$T/go" --out "$T/out" --
  readings 1 10 >&5
  wait_count "$T/out" '"_n"' 10
  {
    head -c 300000 /dev/urandom | tr -d '\n'
    printf '\n{"ack":5}\n{"run":"%s"}\nnull\n' "$(head -n 1 "$T/out" | jq -r .run)"
  } >"$T/q/ack"
  touch "$T/go"
  wait_stats spool "$T/out" "\"delivered\":10,"
  [ "$(counter "$T/out" garbledAcks)" = 4 ]
  exec 5>&-
  assert_ends spool 0
}

@test "a filter in between that drops a line: a later acknowledgement covers it" {
  readings 1 10 >"$T/lines"
  tbgw-spool "$T/q" <"$T/lines" | sed -u '/"n":5}/d' | consumer --out "$T/out"
  [ "${PIPESTATUS[0]}" = 0 ]
  [ "$(numbers "$T/out" | tr '\n' ' ')" = "1 2 3 4 6 7 8 9 10 " ]
}

@test "a filter in between that drops the last line: it comes again with the next run" {
  readings 1 10 >"$T/lines"
  set +e
  tbgw-spool --drain-timeout 1s "$T/q" <"$T/lines" 2>"$T/err" | sed -u '/"n":10}/d' | consumer --out "$T/out"
  [ "${PIPESTATUS[0]}" = 75 ]
  set -e
  [ "$(cat "$T/err")" = "tbgw-spool: 1 record left at --drain-timeout" ]
  next_run
  [ "$(numbers "$T/next")" = 10 ]
}

@test "a filter in between that keeps the rule: {\"_n\":N} alone is done" {
  readings 1 10 >"$T/lines"
  tbgw-spool "$T/q" <"$T/lines" |
    jq --unbuffered -c 'if ._n and .telemetry[0].values.n % 2 == 0 then {_n} else . end' | consumer --out "$T/out"
  [ "${PIPESTATUS[0]}" = 0 ]
  [ "$(count "$T/out" '^\{"_n":[0-9]+\}$')" = 5 ]
}

@test "a dead letter for which there is no room is filed once there is, and only then done" {
  [ "$(id -u)" = 0 ] || skip "mounting a small tmpfs needs root"
  mkdir "$T/fs"
  mount -t tmpfs -o size=400k tmpfs "$T/fs"
  mkfifo "$T/in"
  STDIN="$T/in" pair spool --dead '"n":2}' --out "$T/out" -- --segment-bytes 8K --min-free 0 "$T/fs/q"
  exec 5>"$T/in"
  readings 1 1 >&5
  wait_for "$T/out" '"n":1}'
  dd if=/dev/zero of="$T/fs/filler" bs=4k 2>/dev/null || true
  readings 2 3 >&5
  wait_for "$T/out" '"n":3}'
  wait_stats spool "$T/out" "\"inWindow\":2" || { tail -n 2 "$T/out"; false; }
  rm "$T/fs/filler"
  exec 5>&-
  assert_ends spool 0
  grep -aq '"reason":"poison"' "$T"/fs/q/dead/*.log
  umount "$T/fs"
}
