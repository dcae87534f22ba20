#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The reference gateway's event storage loses accepted data in five simple ways, and two more at its
# front door (measured there with its own modules). Here each is a test.
# shellcheck disable=SC2154 # background NAME sets pid_NAME
load ../support/common
load ../support/spool

setup() { common_setup; }
teardown() {
  exec 5>&- || true
  umount -l "$T/fs" 2>/dev/null || true
  common_teardown
}

# next_run NAME [FILE]: a run that takes FILE and delivers everything; what was seen in $T/NAME.
next_run() { tbgw-spool --min-free 0 "$T/q" <"${2:-/dev/null}" 2>"$T/$1.err" | consumer --out "$T/$1"; }

@test "reference loss 1: ten records, three acknowledged, restart: none is skipped" {
  readings 1 10 >"$T/lines"
  for restart in 1 2 3; do
    STDIN="$T/lines" pair "spool$restart" --stop-after 4 --every 1 --out "$T/seen$restart" -- --min-free 0 "$T/q"
    wait_until 20 _ended "$(eval echo "\$pid_spool$restart")"
    : >"$T/lines"
  done
  next_run rest
  assert_all 1 10 "$T"/seen? "$T/rest"
  assert_first_in_order "$T"/seen? "$T/rest"
}

@test "reference loss 2: nine records read, not acknowledged, crash: all come again" {
  mkfifo "$T/in"
  STDIN="$T/in" pair spool --silent --out "$T/seen" -- --min-free 0 --segment-bytes 8K "$T/q"
  exec 5>"$T/in"
  # Padded so that the nine lie in several files, which a reader that is ahead could remove.
  for n in $(seq 9); do
    printf '{"deviceName":"D","n":%d,"pad":"%s"}\n' "$n" "$(head -c 3000 /dev/zero | tr '\0' x)"
  done >&5
  wait_count "$T/seen" '"_n"' 9
  pause 1.2 # positions are written, segments removed, once a second
  kill_hard spool
  next_run rest
  assert_all 1 9 "$T/rest"
}

@test "reference loss 3: a torn last line, then three more records: none lost, none invented" {
  readings 1 6 >"$T/lines"
  tbgw-spool --min-free 0 --drain-timeout 0 "$T/q" <"$T/lines" 2>/dev/null | consumer --silent >/dev/null || true
  truncate -s -20 "$(find "$T/q" -name '*.log')"
  readings 7 9 >"$T/more"
  next_run rest "$T/more"
  [ "$(numbers "$T/rest" | tr '\n' ' ')" = "1 2 3 4 5 7 8 9 " ]
  grep -q "damaged" "$T/rest.err"
  [ "$(wc -l <"$T/rest.err")" = 1 ] # a torn end was never accepted: no record is called lost
}

@test "reference loss 4: a full disk: nothing is called accepted that is not kept" {
  [ "$(id -u)" = 0 ] || skip "mounting a small tmpfs needs root"
  mkdir "$T/fs"
  mount -t tmpfs -o size=64k tmpfs "$T/fs"
  mkfifo "$T/in"
  STDIN="$T/in" pair spool --silent --out "$T/seen" -- --min-free 0 --segment-bytes 8K \
    --drain-timeout 300ms --accept-fd 9 "$T/fs/q" 9>"$T/acc"
  exec 5>"$T/in"
  readings 1 100 >&5
  wait_for "$T/acc" '"accepted":100}'
  readings 101 2000 >"$T/lines"
  background feed bash -c "cat '$T/lines' >'$T/in'"
  wait_for "$T/spool.err" "input waits"
  kill_hard spool
  tbgw-spool --min-free 0 "$T/fs/q" </dev/null | consumer --out "$T/rest"
  [ "$(accepted "$T/acc")" -gt 0 ]
  seen_all 1 "$(accepted "$T/acc")" "$T/rest"
}

@test "reference loss 5: kill -9 while writing flat out: what was called accepted is there" {
  mkfifo "$T/in"
  STDIN="$T/in" pair spool --silent --out "$T/seen" -- --min-free 0 --accept-fd 9 "$T/q" 9>"$T/acc"
  readings 1 300000 >"$T/lines"
  background feed bash -c "cat '$T/lines' >'$T/in'"
  wait_for "$T/acc" accepted
  pause 0.2
  kill_hard spool
  local accepted
  accepted=$(accepted "$T/acc")
  [ "$accepted" -gt 0 ]
  tbgw-spool --min-free 0 --ack write "$T/q" </dev/null >"$T/rest" 2>"$T/rest.err"
  numbers "$T/rest" | head -n "$accepted" | cmp - <(seq 1 "$accepted")
}

@test "reference loss 6: records of one millisecond are not merged" {
  for n in 1 2 3; do
    printf '{"deviceName":"D","telemetry":[{"ts":1790000000000,"values":{"n":%d}}]}\n' "$n"
    printf '{"deviceName":"D","telemetry":[{"ts":1790000000000,"values":{"m":%d}}]}\n' "$n"
  done >"$T/lines"
  next_run seen "$T/lines"
  tail -n +2 "$T/seen" | sed 's/"_n":[0-9]*,//' | cmp - "$T/lines"
}

@test "reference loss 7: started while the platform is away, then killed: everything arrives later" {
  mkfifo "$T/in"
  STDIN="$T/in" background spool tbgw-spool --min-free 0 --accept-fd 9 "$T/q" 9>"$T/acc" -- sh -c 'exit 69'
  exec 5>"$T/in"
  readings 1 100 >&5
  wait_for "$T/acc" '"accepted":100}'
  kill_hard spool
  exec 5>&-
  next_run rest
  assert_all 1 100 "$T/rest"
}
