#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Several writers into one spool, several consumers out of one, and the spools that touch the disk
# little or not at all.
load ../support/common
load ../support/spool

setup() { common_setup; }
teardown() { common_teardown; }

# start_spool OPTION...: a spool in $T/q that reads $T/in (fd 5 keeps it open).
start_spool() {
  mkfifo "$T/in"
  STDIN="$T/in" background spool tbgw-spool --min-free 0 "$@"
  exec 5>"$T/in"
}

# start_listener: a spool that listens at $T/sock, its consumer writes $T/out.
start_listener() {
  background spool tbgw-spool --min-free 0 --listen "$T/sock" "$T/q" -- \
    "$SUPPORT/consumer" --out "$T/out" 5>&-
  wait_until 20 test -S "$T/sock"
}

@test "two connectors through --listen, records of 100 KB each: no line is ever torn" {
  start_listener
  for device in a b; do
    seq -f "{\"deviceName\":\"$device\",\"n\":%.0f,\"pad\":\"$(head -c 100000 /dev/zero | tr '\0' "$device")\"}" \
      1 60 >"$T/lines.$device"
    STDIN="$T/lines.$device" background "to_$device" tbgw-spool --to "$T/sock"
  done
  assert_ends to_a 0 60
  assert_ends to_b 0 60
  wait_count "$T/out" '"_n"' 120 60
  tail -n +2 "$T/out" | jq -c '[.deviceName, .n, (.pad | length)]' >"$T/whole"
  for device in a b; do
    # shellcheck disable=SC2016
    run jq -r --arg d "$device" 'select(.[0] == $d) | "\(.[1]) \(.[2])"' "$T/whole"
    assert_output "$(seq -f '%.0f 100000' 1 60)"
  done
}

@test "any program may write to the socket, and is told what was accepted" {
  start_listener
  readings 1 5 | socat -t 10 - "UNIX-CONNECT:$T/sock" >"$T/reports"
  [ "$(accepted "$T/reports")" = 5 ]
  wait_until 20 seen_all 1 5 "$T/out"
}

@test "with --listen standard input is read only with -" {
  start_listener
  kill -TERM "$pid_spool"
  assert_ends spool 0
  readings 1 3 >"$T/lines"
  STDIN="$T/lines" background both tbgw-spool --min-free 0 --listen "$T/sock" "$T/q" - -- \
    "$SUPPORT/consumer" --out "$T/out"
  wait_until 20 seen_all 1 3 "$T/out"
  readings 4 6 | tbgw-spool --to "$T/sock" # the end of stdin is not the end of the listener
  wait_until 20 seen_all 1 6 "$T/out"
  kill -TERM "$pid_both"
  assert_ends both 0
  [ ! -e "$T/sock" ]
}

@test "a spool that is killed and started again: --to sends again what was not accepted" {
  start_listener
  mkfifo "$T/in"
  STDIN="$T/in" background to tbgw-spool --to "$T/sock"
  exec 5>"$T/in"
  readings 1 500 >&5
  wait_until 20 seen_all 1 500 "$T/out"
  kill_hard spool
  readings 501 1000 >&5
  wait_for "$T/to.err" "trying until a spool listens there"
  start_listener # in the place of the dead one's socket
  exec 5>&-
  assert_ends to 0 30
  wait_until 20 seen_all 1 1000 "$T/out"
  grep -q "sock: connected" "$T/to.err"
}

@test "a socket that another spool listens at is not taken over" {
  start_listener
  run -75 --separate-stderr tbgw-spool --listen "$T/sock" "$T/other" </dev/null
  [[ "$stderr" == *"$T/sock: another process listens there"* ]]
  echo precious >"$T/file"
  run -73 --separate-stderr tbgw-spool --listen "$T/file" "$T/third" </dev/null
  [ "$(cat "$T/file")" = precious ]
}

@test "--to without a spool gives up at --drain-timeout with 75 and the number" {
  readings 1 3 >"$T/lines"
  run -75 --separate-stderr tbgw-spool --to "$T/sock" --drain-timeout 300ms <"$T/lines"
  [[ "$stderr" == *"3 lines were not accepted at $T/sock"* ]]
}

@test "a second cursor gets everything too, on its own channel" {
  start_spool "$T/q" -- "$SUPPORT/consumer" --out "$T/main"
  readings 1 50 >&5
  wait_until 20 seen_all 1 50 "$T/main"
  mkdir "$T/b"
  pair get --out "$T/b/out" -- --get --cursor b "$T/q"
  wait_until 20 seen_all 1 50 "$T/b/out"
  [ "$(head -n 1 "$T/b/out" | jq -r .ack)" = "$(realpath "$T/q")/ack.b" ]
  readings 51 100 >&5
  wait_until 20 seen_all 1 100 "$T/b/out"
  run -75 --separate-stderr tbgw-spool --get --cursor b "$T/q" </dev/null
  [[ "$stderr" == *"another process delivers for the cursor 'b'"* ]]
}

@test "a second cursor goes on where it was, with its own dead letters" {
  readings 1 20 | tbgw-spool "$T/q" | consumer >/dev/null
  pair get --dead '"n":7}' --out "$T/out" -- --get --cursor b "$T/q"
  wait_until 20 seen_all 1 20 "$T/out"
  wait_until 20 test -d "$T/q/dead.b"
  kill -TERM "$pid_get"
  assert_ends get 0
  readings 21 30 | tbgw-spool "$T/q" | consumer >/dev/null
  pair more --out "$T/second" -- --get --cursor b "$T/q"
  wait_until 20 seen_all 21 30 "$T/second"
  assert_all 21 30 "$T/second"
}

@test "--get for a spool that is not there says so with 66" {
  run -66 --separate-stderr tbgw-spool --get --cursor b "$T/nothing" </dev/null
  [[ "$stderr" == *"$T/nothing"* ]]
}

@test "two cursors, drop-oldest, one consumer dead: the other is not slowed and the bound holds" {
  readings 1 1 | tbgw-spool "$T/q" | consumer >/dev/null
  timeout 20 bash -c "tbgw-spool --get --cursor dead '$T/q' | '$SUPPORT/consumer' --stop-after 1" || true
  start_spool --max-bytes 256K --when-full drop-oldest "$T/q" -- \
    "$SUPPORT/consumer" --out "$T/out"
  # 4 x --max-bytes pass, at the pace of the consumer that lives.
  for i in $(seq 10); do
    readings $((i * 1000 - 999)) $((i * 1000)) >&5
    wait_for "$T/out" "\"n\":$((i * 1000))}" 30
    [ "$(cat "$T"/q/*.log | wc -c)" -le $((256 * 1024)) ]
  done
  assert_all 1 10000 "$T/out"
  grep -q "dropped (--when-full)" "$T/spool.err"
  kill -USR1 "$pid_spool"
  wait_for "$T/out" '"droppedFull":[5-9][0-9]{3},'
  pair get --out "$T/late" -- --get --cursor dead "$T/q"
  wait_for "$T/late" '"n":10000}' 30
  grep -q "dropped or removed before they were delivered" "$T/get.err"
}

@test "two cursors, block, one consumer dead: input stops and the message names the cursor" {
  readings 1 10 | tbgw-spool "$T/q" | consumer >/dev/null
  timeout 20 bash -c "tbgw-spool --get --cursor slow '$T/q' | '$SUPPORT/consumer' --stop-after 1" || true
  mkfifo "$T/in"
  STDIN="$T/in" background spool tbgw-spool --min-free 0 --max-bytes 64K "$T/q" -- \
    "$SUPPORT/consumer" --out "$T/out"
  background feed bash -c "seq -f '{\"n\":%.0f,\"pad\":\"xxxxxxxxxxxxxxxxxxxx\"}' 1 5000 >'$T/in'"
  wait_for "$T/spool.err" "input waits for cursor 'slow'"
  [ "$(cat "$T"/q/*.log | wc -c)" -le $((64 * 1024)) ]
  pair get --out "$T/late" -- --get --cursor slow "$T/q"
  wait_for "$T/late" '"n":5000,' 60
  wait_for "$T/out" '"n":5000,' 60
  assert_all 1 5000 "$T/late"
  assert_all 1 5000 "$T/out"
}

@test "--memory delivers without a folder, and its FIFO lies in a private one that goes with it" {
  mkdir "$T/run"
  export XDG_RUNTIME_DIR="$T/run"
  mkfifo "$T/in"
  STDIN="$T/in" pair spool --out "$T/out" -- --memory --stats 100ms
  exec 5>"$T/in"
  readings 1 100 >&5
  wait_until 20 seen_all 1 100 "$T/out"
  local fifo
  fifo=$(head -n 1 "$T/out" | jq -r .ack)
  [[ "$fifo" == "$T/run/tbgw-spool."??????/ack ]]
  [ "$(stat -c %a "$(dirname "$fifo")")" = 700 ]
  wait_for "$T/out" '"accepted":100,'
  exec 5>&-
  assert_ends spool 0
  [ -z "$(ls "$T/run")" ]
}

@test "--memory with every policy at its bound" {
  seq -f '{"n":%.0f,"pad":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}' \
    1 3000 >"$T/lines"
  for end in oldest newest; do
    mkfifo "$T/in.$end"
    STDIN="$T/in.$end" pair "$end" --hold "$T/go" --out "$T/seen.$end" -- \
      --memory --max-bytes 64K --window 10 --when-full "drop-$end" --accept-fd 9 9>"$T/acc.$end"
    cat "$T/lines" >"$T/in.$end"
    wait_for "$T/acc.$end" '"accepted":3000,'
  done
  touch "$T/go"
  for end in oldest newest; do
    assert_ends "$end" 0
    dropped=$(grep -oP '"dropped":\K[0-9]+' "$T/acc.$end" | tail -n 1)
    [ "$dropped" -gt 1000 ]
    [ "$(numbers "$T/seen.$end" | sort -u | wc -l)" = $((3000 - dropped)) ]
  done
  [ "$(numbers "$T/seen.oldest" | tail -n 1)" = 3000 ]
  [ "$(numbers "$T/seen.newest" | sed -n 20p)" = 20 ]
  run -75 --separate-stderr bash -o pipefail -c "
    tbgw-spool --memory --max-bytes 64K --when-full fail <'$T/lines' | '$SUPPORT/consumer' --silent"
  [[ "$stderr" == *"--when-full fail"* ]]
}

@test "--write-behind: what is acknowledged in time never touches the disk" {
  start_spool --write-behind 60s --accept-fd 9 "$T/q" -- "$SUPPORT/consumer" --out "$T/out" 9>"$T/acc"
  readings 1 500 >&5
  wait_until 20 seen_all 1 500 "$T/out"
  wait_for "$T/acc" '"accepted":500}'
  [ -z "$(find "$T/q" -name '*.log')" ]
  exec 5>&-
  assert_ends spool 0
}

@test "--write-behind: what is not acknowledged in time is on the disk and survives kill -9" {
  start_spool --write-behind 300ms --accept-fd 9 "$T/q" -- "$SUPPORT/consumer" --silent 9>"$T/acc"
  readings 1 50 >&5
  wait_for "$T/acc" '"accepted":50}'
  kill_hard spool
  tbgw-spool "$T/q" </dev/null | consumer --out "$T/out"
  assert_all 1 50 "$T/out"
}

@test "--write-behind: some acknowledged, the rest written, nothing missing and nothing twice" {
  start_spool --write-behind 300ms --accept-fd 9 "$T/q" -- "$SUPPORT/consumer" --stop-after 40 --out "$T/out" 9>"$T/acc"
  readings 1 60 >&5
  wait_for "$T/acc" '"accepted":60}'
  kill_hard spool
  tbgw-spool "$T/q" </dev/null 2>"$T/err" | consumer --out "$T/second"
  assert_all 1 60 "$T/out" "$T/second"
  assert_equal "$(cat "$T/err")" ""
}

@test "--max-age drops what is too old, counted" {
  start_spool --max-age 1s --window 2 "$T/q" -- "$SUPPORT/consumer" --silent
  readings 1 5 >&5
  wait_for "$T/spool.err" "3 records older than --max-age were dropped" 30
}
