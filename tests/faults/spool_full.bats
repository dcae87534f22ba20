#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# No room: a small tmpfs, bytes and inodes, --max-bytes, a quota in the middle of a write. Each
# policy does what it says, counts exactly, and goes on by itself once there is room.
# shellcheck disable=SC2154 # background NAME sets pid_NAME
load ../support/common
load ../support/spool

setup() {
  common_setup
  [ "$(id -u)" = 0 ] || skip "mounting a small tmpfs needs root"
  mkdir "$T/fs"
}
teardown() {
  exec 5>&- || true
  umount -l "$T/fs" 2>/dev/null || true
  common_teardown
}

small_disk() { mount -t tmpfs -o "${1:-size=256k}" tmpfs "$T/fs"; }

# lines COUNT: numbered records of about 100 bytes.
lines() {
  seq -f '{"deviceName":"D","telemetry":[{"ts":1790000000000,"values":{"n":%.0f}}],"pad":"xxxxxxxxxxx"}' 1 "$1"
}

# start_spool CONSUMER_OPTION... -- SPOOL_OPTION...: in $T/fs/q, reads $T/in, reports in $T/acc.
start_spool() {
  mkfifo "$T/in"
  STDIN="$T/in" pair spool "$@" --min-free 0 --segment-bytes 16K --accept-fd 9 "$T/fs/q" 9>"$T/acc"
}

has_accepted() { [ "$(accepted "$T/acc")" -gt "$1" ]; }
dropped() { grep -oP '"dropped":\K[0-9]+' "$T/acc" | tail -n 1; }

@test "block: input stops, nothing is lost, and acknowledgements make it go on by itself" {
  small_disk
  start_spool --hold "$T/go" --out "$T/out" -- --when-full block
  lines 6000 >"$T/lines"
  background feed bash -c "
    { head -n 1000 '$T/lines'
      until [ -e '$T/more' ]; do read -rt 0.02 <> <(:) || true; done
      tail -n +1001 '$T/lines'; } >'$T/in'"
  wait_until 20 has_accepted 999
  : >"$T/more"
  wait_for "$T/spool.err" "input waits for cursor 'main'"
  pause 0.5 # for the last of them to be reported
  local accepted
  accepted=$(accepted "$T/acc")
  [ "$accepted" -lt 6000 ]
  pause 1.5
  [ "$(accepted "$T/acc")" = "$accepted" ] # it does wait
  touch "$T/go"
  assert_ends spool 0 60
  [ "$(accepted "$T/acc")" = 6000 ]
  assert_all 1 6000 "$T/out"
  assert_first_in_order "$T/out"
  grep -q "there is room again" "$T/spool.err"
}

@test "block: room made by somebody else counts too" {
  small_disk
  start_spool --hold "$T/go" --out "$T/out" --
  exec 5>"$T/in"
  lines 10 >&5
  wait_for "$T/acc" '"accepted":10}'
  dd if=/dev/zero of="$T/fs/filler" bs=4k 2>/dev/null || true
  lines 2000 | tail -n +11 >"$T/more"
  background feed bash -c "cat '$T/more' >'$T/in'"
  wait_for "$T/spool.err" "input waits"
  rm "$T/fs/filler"
  wait_for "$T/acc" '"accepted":2000}' 30
  touch "$T/go"
  exec 5>&-
  assert_ends spool 0 30
  assert_all 1 2000 "$T/out"
}

@test "block: SIGTERM with records that cannot be stored says so and ends with 75" {
  small_disk
  start_spool --silent --out "$T/out" -- --drain-timeout 500ms
  lines 6000 >"$T/lines"
  background feed bash -c "cat '$T/lines' >'$T/in'"
  wait_for "$T/spool.err" "input waits"
  kill -TERM "$pid_spool"
  assert_ends spool 75
  grep -q "that were read could not be stored" "$T/spool.err"
  tbgw-spool --min-free 0 "$T/fs/q" </dev/null | consumer --out "$T/next"
  seen_all 1 "$(accepted "$T/acc")" "$T/next"
}

@test "drop-oldest: the oldest go, exactly as many as are counted" {
  small_disk
  start_spool --hold "$T/go" --out "$T/out" -- --when-full drop-oldest --window 100
  lines 6000 >"$T/in"
  wait_for "$T/acc" '"accepted":6000,' 30
  touch "$T/go"
  assert_ends spool 0 60
  [ "$(dropped)" -gt 1000 ]
  [ "$(numbers "$T/out" | sort -u | wc -l)" = $((6000 - $(dropped))) ]
  [ "$(numbers "$T/out" | head -n 1)" = 1 ]
  [ "$(numbers "$T/out" | tail -n 1)" = 6000 ]
  assert_first_in_order "$T/out"
}

@test "drop-oldest: what a consumer had and can acknowledge no more is counted too, once" {
  small_disk
  mkfifo "$T/in"
  STDIN="$T/in" background spool tbgw-spool --min-free 0 --segment-bytes 16K --window 100 \
    --when-full drop-oldest --accept-fd 9 "$T/fs/q" -- \
    "$SUPPORT/consumer" --hold "$T/go" --out "$T/out" 9>"$T/acc"
  exec 5>"$T/in"
  lines 100 >&5
  wait_count "$T/out" '"_n"' 100 # the child has them all, and none is acknowledged
  lines 6000 | tail -n +101 >&5
  wait_for "$T/acc" '"accepted":6000,' 30
  wait_stats spool "$T/out" '"inWindow":100,'
  local before after
  before=$(counter "$T/out" droppedFull)
  pkill -KILL -P "$pid_spool"
  wait_for "$T/spool.err" 'signal 9, 100 records undone'
  touch "$T/go"
  wait_stats spool "$T/out" '"undelivered":0,' 30
  after=$(counter "$T/out" droppedFull)
  assert_equal "$((after - before))" 100
  # Every accepted record is either delivered or dropped, and nothing is called missing besides.
  assert_equal "$(($(counter "$T/out" delivered) + after))" 6000
  assert_equal "$(counter "$T/out" missing)" 0
  exec 5>&-
  assert_ends spool 0 30
  assert_equal "$(numbers "$T/out" | sort -u | wc -l)" $((6000 - before))
}

@test "drop-newest: what comes in goes, exactly as many as are counted" {
  small_disk
  start_spool --hold "$T/go" --out "$T/out" -- --when-full drop-newest --window 100
  lines 6000 >"$T/in"
  wait_for "$T/acc" '"accepted":6000,' 30
  touch "$T/go"
  assert_ends spool 0 60
  [ "$(dropped)" -gt 1000 ]
  [ "$(numbers "$T/out" | sort -u | wc -l)" = $((6000 - $(dropped))) ]
  assert_all 1 500 <(numbers "$T/out" | head -n 500 | sed 's/.*/"n":&/')
}

@test "fail: 75, and everything that was accepted is there" {
  small_disk
  start_spool --silent --out "$T/out" -- --when-full fail
  exec 5>"$T/in"
  lines 200 >&5
  wait_for "$T/acc" '"accepted":200}'
  lines 6000 | tail -n +201 >"$T/more"
  background feed bash -c "cat '$T/more' >'$T/in'"
  assert_ends spool 75
  grep -q "(--when-full fail)" "$T/spool.err"
  [ "$(accepted "$T/acc")" -gt 100 ]
  tbgw-spool --min-free 0 --ack write "$T/fs/q" </dev/null >"$T/next" 2>"$T/next.err"
  seen_all 1 "$(accepted "$T/acc")" "$T/next"
}

@test "--max-bytes holds under every policy, and drops are exact" {
  small_disk size=8m
  for end in oldest newest; do
    mkfifo "$T/in.$end"
    STDIN="$T/in.$end" pair "$end" --hold "$T/go.$end" --out "$T/seen.$end" -- --min-free 0 \
      --max-bytes 128K --window 50 --when-full "drop-$end" --accept-fd 9 "$T/fs/$end" 9>"$T/acc"
    lines 5000 >"$T/in.$end"
    wait_for "$T/acc" '"accepted":5000,' 30
    [ "$(cat "$T/fs/$end"/*.log | wc -c)" -le $((128 * 1024)) ]
    touch "$T/go.$end"
    assert_ends "$end" 0 30
    [ "$(numbers "$T/seen.$end" | sort -u | wc -l)" = $((5000 - $(dropped))) ]
  done
}

@test "--min-free leaves that much" {
  small_disk size=2m
  mkfifo "$T/in"
  STDIN="$T/in" pair spool --silent --out "$T/out" -- --min-free 1M --segment-bytes 16K "$T/fs/q"
  background feed bash -c "seq -f '{\"n\":%.0f,\"pad\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}' 1 60000 >'$T/in'"
  wait_for "$T/spool.err" "min-free leaves no room; input waits"
  [ "$(df --output=avail -B1 "$T/fs" | tail -n 1)" -ge $((1 << 20)) ]
}

@test "no inodes left: input waits, and goes on when there are some" {
  small_disk size=4m,nr_inodes=40
  start_spool --hold "$T/go" --out "$T/out" --
  exec 5>"$T/in"
  lines 10 >&5
  wait_for "$T/acc" '"accepted":10}'
  for i in $(seq 40); do : >"$T/fs/f$i" || break; done 2>/dev/null
  lines 2000 | tail -n +11 >"$T/more"
  background feed bash -c "cat '$T/more' >'$T/in'"
  wait_for "$T/spool.err" "input waits"
  rm "$T"/fs/f*
  wait_for "$T/acc" '"accepted":2000}' 30
  touch "$T/go"
  exec 5>&-
  assert_ends spool 0 30
  assert_all 1 2000 "$T/out"
}

@test "the count of what was dropped survives a restart" {
  small_disk
  start_spool --silent --out "$T/out" -- --when-full drop-oldest --window 100
  lines 6000 >"$T/in"
  wait_for "$T/acc" '"accepted":6000,' 30
  local before
  before=$(dropped)
  kill -TERM "$pid_spool"
  wait_until 20 _ended "$pid_spool"
  mkfifo "$T/in2"
  STDIN="$T/in2" pair again --silent --out "$T/out2" -- --min-free 0 "$T/fs/q"
  exec 5>"$T/in2"
  # With the window, which its consumer had and did not acknowledge before the end.
  [ "$before" -gt 0 ]
  [ "$(dropped)" -eq $((before + 100)) ]
  wait_stats again "$T/out2" "\"droppedEver\":$(dropped),"
}

@test "acknowledgements are kept on a disk with not one byte free" {
  small_disk
  start_spool --hold "$T/go" --out "$T/out" --
  exec 5>"$T/in"
  lines 100 >&5
  wait_for "$T/acc" '"accepted":100}'
  dd if=/dev/zero of="$T/fs/filler" bs=1 count=1M 2>/dev/null || dd if=/dev/zero of="$T/fs/filler" bs=4k 2>/dev/null || true
  touch "$T/go"
  wait_stats spool "$T/out" "\"delivered\":100,"
  pause 1.2 # the position is synced once a second
  kill_hard spool
  tbgw-spool --min-free 0 "$T/fs/q" </dev/null 2>"$T/err" | consumer --out "$T/next"
  [ -z "$(numbers "$T/next")" ]
}
