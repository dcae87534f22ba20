#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A disk that fails, lies low, cuts writes short, or is slow: never a false "accepted", and what was
# accepted is there.
# shellcheck disable=SC2154 # background NAME sets pid_NAME
load ../support/common
load ../support/spool

setup_file() {
  export FAULTY="$BATS_FILE_TMPDIR/faulty_io.so"
  cc -shared -fPIC -O2 -o "$FAULTY" "$BATS_TEST_DIRNAME/faulty_io.c" -ldl
}
setup() { common_setup; }
teardown() {
  exec 5>&- || true
  umount -l "$T/fs" 2>/dev/null || true
  common_teardown
}

# faulty NAME=VALUE... -- SPOOL_WORD...: the spool $T/q on such a disk, at work in the background,
# reading $T/in, whose consumer writes $T/out.
faulty() {
  local faults=()
  while [ "$1" != -- ]; do
    faults+=("$1")
    shift
  done
  shift
  mkfifo "$T/in" "$T/spool.out"
  STDIN="$T/spool.out" background consumer "$SUPPORT/consumer" --out "$T/out"
  STDIN="$T/in" background spool env LD_PRELOAD="$FAULTY" "${faults[@]}" \
    tbgw-spool --min-free 0 --segment-bytes 8K --accept-fd 9 "$@" 9>"$T/acc"
  exec 5>"$T/in"
}

# one_failure KIND N: one EIO at the Nth sync or write; everything arrives, nothing is accepted twice
# or too early.
one_failure() {
  local dir="$T/$1$2" status=0
  mkdir "$dir"
  mkfifo "$dir/in"
  {
    readings 1 60
    wait_for "$dir/acc" '"accepted":60[,}]'
    readings 61 120
    wait_for "$dir/acc" '"accepted":120[,}]'
    readings 121 180
  } >"$dir/in" &
  env LD_PRELOAD="$FAULTY" "FAULTY_$1=$2" \
    tbgw-spool --min-free 0 --segment-bytes 8K --sync always --accept-fd 9 "$dir/q" \
    <"$dir/in" 9>"$dir/acc" 2>"$dir/err" | "$SUPPORT/consumer" --out "$dir/out" || status=1
  [ "$(accepted "$dir/acc")" = 180 ] || status=2
  assert_all 1 180 "$dir/out" || status=3
  [ "$status" = 0 ] || { echo "EIO at $1 $2: $status"; cat "$dir/err"; return 1; }
}

@test "EIO at every Nth sync: written again elsewhere, nothing lost, nothing accepted too early" {
  for n in $(seq 7 14); do
    one_failure SYNC "$n" &
    [ $((n % 4)) != 2 ] || wait
  done
  wait
  for n in $(seq 7 14); do
    seen_all 1 180 "$T/SYNC$n/out"
    [ "$(accepted "$T/SYNC$n/acc")" = 180 ]
  done
  # The control: the faults were met.
  cat "$T"/SYNC*/err | grep -c "in a new segment" | grep -qx '[4-8]'
}

@test "EIO at every Nth write: likewise" {
  for n in $(seq 4 11); do
    one_failure WRITE "$n" &
    [ $((n % 4)) != 3 ] || wait
  done
  wait
  for n in $(seq 4 11); do
    seen_all 1 180 "$T/WRITE$n/out"
    [ "$(accepted "$T/WRITE$n/acc")" = 180 ]
  done
  cat "$T"/WRITE*/err | grep -c "in a new segment" | grep -qx '[2-8]'
}

@test "a disk that fails for good: 74, and nothing more is called accepted" {
  faulty FAULTY_SYNC=9,ever -- --sync always "$T/q"
  readings 1 10 >&5
  wait_for "$T/acc" accepted
  local accepted
  for i in $(seq 2 8); do
    readings $((i * 10 - 9)) $((i * 10)) >&5
    pause 0.1
  done
  assert_ends spool 74 40
  accepted=$(accepted "$T/acc")
  grep -q "were read and not accepted" "$T/spool.err"
  tbgw-spool "$T/q" </dev/null 2>"$T/err" | consumer --out "$T/next"
  assert_all_accepted "$accepted"
}
assert_all_accepted() { seen_all 1 "$1" "$T/out" "$T/next"; }

@test "short writes are continued" {
  faulty FAULTY_SHORT=1 -- "$T/q"
  readings 1 2000 >&5
  exec 5>&-
  assert_ends spool 0 60
  [ "$(accepted "$T/acc")" = 2000 ]
  assert_all 1 2000 "$T/out"
  [ ! -s "$T/spool.err" ]
}

@test "a disk that is full in the middle of a write: no torn record, and on it goes" {
  faulty FAULTY_FULL=30000 FAULTY_ROOM="$T/room" -- "$T/q"
  readings 1 2000 >&5 & # more than a pipe holds: it waits for the spool
  PIDS+=("$!")
  wait_for "$T/spool.err" "No space left on device.*input waits"
  touch "$T/room"
  exec 5>&-
  assert_ends spool 0 60
  [ "$(accepted "$T/acc")" = 2000 ]
  assert_all 1 2000 "$T/out"
}

@test "remounted read-only: records that are there are delivered, no input is taken, then it goes on" {
  [ "$(id -u)" = 0 ] || skip "mounting needs root"
  mkdir "$T/fs"
  mount -t tmpfs -o size=4m tmpfs "$T/fs"
  mkfifo "$T/in"
  STDIN="$T/in" pair spool --out "$T/out" -- --min-free 0 --segment-bytes 8K --accept-fd 9 "$T/fs/q" 9>"$T/acc"
  exec 5>"$T/in"
  readings 1 10 >&5
  wait_for "$T/acc" '"accepted":10}'
  # A file system with files open for writing is not remounted: freeze the spool's by a bind.
  kill -TERM "$pid_spool"
  assert_ends spool 0
  exec 5>&-
  tbgw-spoolctl cursor set "$T/fs/q" two 0
  mount -o remount,ro "$T/fs"
  STDIN=/dev/null pair second --out "$T/second.seen" -- --get --cursor two "$T/fs/q"
  wait_for "$T/second.err" "the position cannot be saved"
  wait_until 20 seen_all 1 10 "$T/second.seen"
  readings 11 20 >"$T/lines"
  run -75 --separate-stderr tbgw-spool --min-free 0 "$T/fs/q" <"$T/lines"
  [[ "$stderr" == *"Read-only file system"* ]]
  mount -o remount,rw "$T/fs"
  kill -TERM "$pid_second" # writes its position down now
  assert_ends second 0
  [ "$(tbgw-spoolctl stat --json "$T/fs/q" | jq '.cursors[] | select(.cursor == "two").position')" = 10 ]
  tbgw-spool --min-free 0 "$T/fs/q" <"$T/lines" | consumer --out "$T/next"
  assert_all 11 20 "$T/next"
}

@test "permission taken away while it runs: input waits, said once, and goes on when it is back" {
  [ "$(id -u)" = 0 ] || skip "running as another user needs root"
  chmod 755 "$T"
  mkdir "$T/d"
  chown nobody "$T/d"
  mkfifo "$T/in" "$T/spool.out"
  STDIN="$T/spool.out" background consumer "$SUPPORT/consumer" --out "$T/out" --hold "$T/go"
  STDIN="$T/in" background spool setpriv --reuid nobody --clear-groups \
    "$(command -v tbgw-spool)" --ack write --min-free 0 --segment-bytes 8K --accept-fd 9 "$T/d/q" 9>"$T/acc"
  exec 5>"$T/in"
  readings 1 10 >&5
  wait_for "$T/acc" '"accepted":10}'
  chown root "$T/d/q"
  chmod 700 "$T/d/q"
  readings 11 500 >&5
  wait_for "$T/spool.err" "Permission denied; input waits"
  chown nobody "$T/d/q"
  wait_for "$T/acc" '"accepted":500}' 30
  exec 5>&-
  assert_ends spool 0 30
  [ "$(count "$T/spool.err" "input waits")" = 1 ]
}

@test "a slow disk: accepted only after the sync, and live lines still go out" {
  command -v strace >/dev/null || skip "strace is not installed"
  mkfifo "$T/in" "$T/spool.out"
  STDIN="$T/spool.out" background consumer "$SUPPORT/consumer" --out "$T/out"
  STDIN="$T/in" background spool strace -qq -o /dev/null -e trace=fdatasync \
    -e inject=fdatasync:delay_exit=2000000:when=2+ \
    tbgw-spool --min-free 0 --accept-fd 9 "$T/q" 9>"$T/acc"
  exec 5>"$T/in"
  readings 1 5 >&5
  wait_for "$T/out" '"n":5}'
  [ "$(accepted "$T/acc")" -lt 5 ] || [ -s "$T/acc" ]
  echo '{"event":"rpc-reply","id":7}' >&5
  wait_for "$T/out" '"id":7'
  wait_for "$T/acc" '"accepted":6}' 30
  exec 5>&-
  assert_ends spool 0 60
  assert_all 1 5 "$T/out"
}

@test "system calls that are interrupted are called again" {
  command -v strace >/dev/null || skip "strace is not installed"
  readings 1 500 >"$T/lines"
  local segment="$T/q/00000000000000000001.log" of=() # the loader of programs reads too
  for call in write pwrite64 read pread64 poll; do
    rm -rf "$T/q" "$T/out"
    of=()
    case $call in
      read) of=(-P "$T/lines") ;;
      pread64) of=(-P "$segment") ;;
    esac
    strace -qq -o /dev/null "${of[@]}" -e "trace=$call" -e "inject=$call:error=EINTR:when=2+3" \
      tbgw-spool --min-free 0 --segment-bytes 8K --accept-fd 9 "$T/q" <"$T/lines" 9>"$T/acc" |
      consumer --out "$T/out"
    assert_all 1 500 "$T/out"
    [ "$(accepted "$T/acc")" = 500 ]
  done
}
