#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Damage on the medium, as the process meets it: it starts, delivers what is not damaged, and tells
# the loss once. (What damage does to a segment, byte by byte, is in tests/unit/spool.)
# shellcheck disable=SC2154 # background NAME sets pid_NAME
load ../support/common
load ../support/spool

setup() { common_setup; }
teardown() {
  exec 5>&- || true
  common_teardown
}

# stored FROM TO: these records are in $T/q, nothing of them is done.
stored() {
  readings "$1" "$2" >"$T/stored"
  tbgw-spool --segment-bytes 8K --min-free 0 --drain-timeout 0 "$T/q" <"$T/stored" 2>/dev/null |
    consumer --silent >/dev/null || true
}

# segment N: the path of the Nth segment.
segment() { find "$T/q" -maxdepth 1 -name '*.log' | sort | sed -n "$1p"; }

# overwrite FILE OFFSET TEXT
overwrite() { printf %s "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null; }

# next_run: what the next run delivers, in $T/next.
next_run() { tbgw-spool --min-free 0 "$T/q" </dev/null 2>"$T/next.err" | consumer --out "$T/next"; }

@test "a damaged middle: all undamaged records arrive, the loss is told once with file and offset" {
  stored 1 300
  local victim size offset
  victim=$(segment 2)
  size=$(stat -c %s "$victim")
  overwrite "$victim" $((size / 2)) "$(head -c 300 /dev/zero | tr '\0' Z)"
  next_run
  # 300 bytes touch 3 to 5 records of about 110.
  local lost
  lost=$(comm -23 <(seq 300 | sort) <(numbers "$T/next" | sort -u) | wc -l)
  [ "$lost" -ge 3 ] && [ "$lost" -le 5 ]
  assert_first_in_order "$T/next"
  [ "$(wc -l <"$T/next.err")" = 2 ]
  offset=$(grep -oP 'bytes at offset \K[0-9]+' "$T/next.err")
  [ "$offset" -le $((size / 2)) ] && [ "$offset" -gt $((size / 2 - 200)) ]
  grep -q "^tbgw-spool: $victim: damaged: [0-9]* bytes at offset" "$T/next.err"
  grep -q "q: $lost records lost (numbers [0-9]* to [0-9]*): damaged" "$T/next.err"
  # And to those who watch the gateway.
  [ "$(grep -c '"event":"fault","tool":"tbgw-spool"' "$T/next")" = 2 ]
  # The next run has nothing to tell: these records are done.
  rm "$T/next"
  next_run
  [ ! -s "$T/next.err" ]
}

@test "a consumer that is started again does not make the loss be told again" {
  stored 1 100
  overwrite "$(segment 1)" 4000 ZZZZ
  mkfifo "$T/in"
  STDIN="$T/in" background spool tbgw-spool --min-free 0 "$T/q" -- sh -c "
    echo start >>'$T/starts'
    [ \$(wc -l <'$T/starts') -gt 2 ] || exec '$SUPPORT/consumer' --silent --stop-after 90
    exec '$SUPPORT/consumer' --out '$T/out'"
  exec 5>"$T/in"
  wait_for "$T/out" '"n":100}' 40
  [ "$(count "$T/spool.err" "damaged: ")" = 1 ]
  [ "$(numbers "$T/out" | wc -l)" = 99 ]
}

@test "a segment that is gone: the gap is told with its numbers, the rest arrives" {
  stored 1 300
  local first next
  rm "$(segment 2)"
  first=$((10#$(basename "$(segment 1)" .log)))
  next=$((10#$(basename "$(segment 2)" .log)))
  next_run
  [ "$(numbers "$T/next" | wc -l)" -lt 300 ]
  seen_all "$next" 300 "$T/next"
  [ "$first" = 1 ]
  grep -q "records lost (numbers [0-9]* to $((next - 1))): dropped or removed before they were delivered" "$T/next.err"
}

@test "a torn or zeroed tail stops nothing, and no number is used twice" {
  for end in torn zeroed; do
    rm -rf "$T/q"
    stored 1 50
    local victim size
    victim=$(segment 1)
    size=$(stat -c %s "$victim")
    if [ "$end" = torn ]; then
      truncate -s $((size - 40)) "$victim"
    else
      dd if=/dev/zero of="$victim" bs=1 count=40 seek=$((size - 40)) conv=notrunc 2>/dev/null
    fi
    readings 51 60 >"$T/more"
    tbgw-spool --min-free 0 "$T/q" <"$T/more" 2>"$T/err" | consumer --out "$T/out.$end"
    assert_all 1 60 "$T/out.$end" || [ "$(numbers "$T/out.$end" | sort -n | tr '\n' ' ')" = "$(seq 1 49 | tr '\n' ' ')$(seq 51 60 | tr '\n' ' ')" ]
    seen_all 51 60 "$T/out.$end"
    seen_all 1 49 "$T/out.$end"
  done
}

@test "a damaged last record with nothing behind it: told once, and nothing waits for it" {
  stored 1 20
  overwrite "$(segment 1)" $(($(stat -c %s "$(segment 1)") - 20)) ZZ
  next_run
  assert_all 1 19 "$T/next"
  grep -q "q: 1 record lost (numbers 20 to 20): damaged" "$T/next.err"
  rm "$T/next"
  next_run
  [ ! -s "$T/next.err" ]
}

@test "one damaged cursor slot costs at most what was done since the other, both cost everything again" {
  readings 1 50 >"$T/lines"
  tbgw-spool --min-free 0 "$T/q" <"$T/lines" | consumer >/dev/null
  readings 51 60 >"$T/lines"
  tbgw-spool --min-free 0 "$T/q" <"$T/lines" | consumer >/dev/null
  cp "$T/q/cursor.main" "$T/cursor"
  for slot in 0 4096; do
    cp "$T/cursor" "$T/q/cursor.main"
    overwrite "$T/q/cursor.main" "$slot" XXXX
    rm -f "$T/next"
    next_run
    [ "$(numbers "$T/next" | wc -l)" -le 60 ]
  done
  overwrite "$T/q/cursor.main" 0 XXXX
  overwrite "$T/q/cursor.main" 4096 XXXX
  rm -f "$T/next"
  readings 61 70 | tbgw-spool --min-free 0 "$T/q" 2>"$T/err" | consumer --out "$T/next"
  grep -q "the cursor was damaged: everything that is there is delivered again" "$T/err"
  seen_all 61 70 "$T/next"
}

@test "a damaged FORMAT is mended and said, the records arrive" {
  stored 1 20
  overwrite "$T/q/FORMAT" 3 XXXX
  next_run
  assert_all 1 20 "$T/next"
  grep -q "FORMAT" "$T/next.err"
  rm "$T/next"
  next_run
  [ ! -s "$T/next.err" ]
}

@test "a record of another spool, copied in, is damage and not a record" {
  stored 1 20
  mv "$T/q" "$T/other"
  stored 101 120
  grep -a '"n":7}' "$(find "$T/other" -name '*.log')" >>"$(segment 1)"
  readings 121 125 | tbgw-spool --min-free 0 "$T/q" 2>"$T/err" | consumer --out "$T/next"
  assert_all 101 125 "$T/next"
}

@test "garbage for a segment, an empty one, a folder with its name: it starts and goes on" {
  stored 1 20
  head -c 5000 /dev/urandom >"$T/q/00000000000000000100.log"
  : >"$T/q/00000000000000000200.log"
  mkdir "$T/q/00000000000000000300.log"
  readings 21 30 | tbgw-spool --min-free 0 "$T/q" 2>"$T/err" | consumer --out "$T/next"
  assert_all 1 30 "$T/next"
}
