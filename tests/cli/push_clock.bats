#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-push on machines whose clock is not set when they start: what a device says before that is
# stored at the time at which it said it, or not at all.

load ../support/common
load ../support/push

setup_file() {
  export FAKE="$BATS_FILE_TMPDIR/fake_clock.so"
  cc -shared -fPIC -O2 -Wall -Werror -o "$FAKE" "$BATS_TEST_DIRNAME/../support/fake_clock.c"
}
setup() {
  common_setup
  # The runtime of a sanitizer build is not the first library then.
  export FAKE_CLOCK="$T/clock" ASAN_OPTIONS="${ASAN_OPTIONS:-}:verify_asan_link_order=0"
  mkfifo "$T/in"
}
teardown() { common_teardown; }

# clock SECONDS set|unset: so far beside the truth, and whether the kernel thinks it is set.
clock() { echo "$1 $2" >"$T/clock.new" && mv "$T/clock.new" "$T/clock"; }
in_clock() { LD_PRELOAD=$FAKE "$@"; }
start_push_in_clock() {
  STDIN="rw:$T/in" background push env LD_PRELOAD="$FAKE" tbgw-push "$PLATFORM_URL" \
    --token-file "$T/token" "$@"
  wait_for "$T/push.out" platform-up
}
# says NUMBER: a device says it now, through a connector.
says() {
  echo "$1" | in_clock tbgw-serial - --device D |
    jq -c '{deviceName: .device, telemetry: [{ts, values: {n: (.data | tonumber)}} + (if .clock then {clock} else {} end)]}'
}
# time_of NUMBER: the time under which the platform has it.
time_of() { jq -r --argjson n "$1" 'select(.kind == "telemetry" and .values.n == $n) | .ts' "$T/platform.log"; }
# within NUMBER FROM TO
within() {
  local at
  at=$(time_of "$1")
  echo "$1 is stored at $at, expected from $2 to $3"
  [ "$at" -ge $(($2 - 1000)) ] && [ "$at" -le $(($3 + 1000)) ]
}
now() { date +%s%3N; }
counter() {
  kill -USR1 "$pid_push"
  wait_for "$T/push.out" '"event":"stats"'
  jq "select(.event == \"stats\") | .counters.$1" "$T/push.out" | tail -n 1
}

YEARS=$((365 * 86400))

@test "started in 1970: what was said before the clock was set gets the time it was said" {
  start_platform
  clock "-$(date +%s)" unset
  start_push_in_clock
  local before after
  before=$(now)
  says 1 >"$T/one"
  after=$(now)
  assert_equal "$(jq -c '.telemetry[0] | [.ts < 60000000, has("clock")]' "$T/one")" '[true,true]'
  cat "$T/one" >"$T/in"
  echo '{"deviceName":"D","telemetry":[{"ts":1790000000000,"values":{"n":2}}]}' >"$T/in"
  wait_for "$T/platform.log" '"n":2'  # a stamp without doubt waits for nobody
  assert_equal "$(time_of 1)" ""
  clock 0 set
  wait_for "$T/platform.log" '"n":1'
  within 1 "$before" "$after"
  assert_equal "$(counter doubtfulCorrected)" 1
  # It came late, through a spool say, when the clock is right already.
  clock "-$(date +%s)" unset
  says 3 >"$T/three"
  clock 0 set
  cat "$T/three" >"$T/in"
  wait_for "$T/platform.log" '"n":3'
  within 3 "$before" "$(now)"
}

@test "started in 2036, and set back to the truth: each stamp is that of its clock" {
  start_platform
  clock $((10 * YEARS)) unset
  start_push_in_clock
  says 1 >"$T/in"
  wait_for "$T/platform.log" '"n":1'  # nothing shows that this clock is wrong
  local at
  at=$(now)
  within 1 $((at - 20000 + 10 * YEARS * 1000)) $((at + 10 * YEARS * 1000))
  clock 0 set
  says 2 >"$T/in"
  wait_for "$T/platform.log" '"n":2'
  within 2 "$at" "$(now)"
  # Entries without a time get ours, which went back as well.
  echo '{"deviceName":"D","telemetry":{"n":3}}' >"$T/in"
  wait_for "$T/platform.log" '"n":3'
  within 3 "$at" "$(now)"
}

@test "a clock that nobody sets, and that is right: nothing waits" {
  start_platform
  clock 0 unset
  start_push_in_clock
  local before
  before=$(now)
  says 1 >"$T/in"
  echo '{"deviceName":"D","telemetry":{"n":2}}' >"$T/in"
  wait_for "$T/platform.log" '"n":2'
  within 1 "$before" "$(now)"
  within 2 "$before" "$(now)"
}

@test "of another start of the machine: dead behind a spool, with the reason" {
  start_platform
  clock 0 set
  mkfifo "$T/ack"
  STDIN="rw:$T/ack" background acks cat
  start_push_in_clock
  printf '%s\n' "{\"spool\":1,\"run\":\"r\",\"ack\":\"$T/ack\"}" \
    '{"_n":1,"deviceName":"D","telemetry":[{"ts":5000,"clock":{"boot":"another","up":5000},"values":{"n":1}}]}' \
    '{"_n":2,"deviceName":"D","telemetry":[{"ts":1790000000000,"values":{"n":2}}]}' >"$T/in"
  wait_for "$T/acks.out" '"ack":2'
  assert_regex "$(jq -r 'select(.dead == 1) | .reason' "$T/acks.out")" 'the machine has been started anew since'
  assert_equal "$(time_of 1)$(time_of 2)" 1790000000000
}

@test "--doubtful send and drop do as they say, and count" {
  start_platform
  clock "-$(date +%s)" unset
  says 1 >"$T/one"
  start_push_in_clock --doubtful send
  cat "$T/one" >"$T/in"
  wait_for "$T/platform.log" '"n":1'
  assert_equal "$(time_of 1)" "$(jq '.telemetry[0].ts' "$T/one")"
  assert_equal "$(counter doubtfulSent)" 1
  kill -TERM "$pid_push"
  assert_ends push 0
  start_push_in_clock --doubtful drop
  sed 's/"n":1/"n":2/' "$T/one" >"$T/in"
  echo '{"deviceName":"D","telemetry":[{"ts":1790000000000,"values":{"n":3}}]}' >"$T/in"
  wait_for "$T/platform.log" '"n":3'
  assert_equal "$(time_of 2)" ""
  assert_equal "$(counter doubtfulDropped)" 1
}
