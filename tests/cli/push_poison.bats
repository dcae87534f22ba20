#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-push, messages that the platform does not take: whatever it does over one, only that record
# is dead, within a minute, and all others arrive.

load ../support/common
load ../support/push

setup() { common_setup; }
teardown() { common_teardown; }

# case_lines NAME KEY: readings of three devices, one of which has the key.
case_lines() {
  printf '{"spool":1,"run":"r","ack":"%s"}\n' "$T/$1.ack"
  seq 1 300 | awk -v name="$1" -v key="$2" '{
    printf "{\"_n\":%d,\"deviceName\":\"%s-%d\",\"telemetry\":[{\"ts\":%.0f,\"values\":{\"%s\":%d}}]}\n",
      $1, name, $1 % 3, 1790000000000 + $1, $1 == 151 ? key : "n", $1 }'
}

# open_case NAME PROTOCOL MISTAKE [OPTION...]
open_case() {
  local name=$1 protocol=$2 key="bad-$3"
  shift 3
  mkfifo "$T/$name.ack"
  STDIN="rw:$T/$name.ack" background "acks_$name" cat
  (umask 077 && printf %s "$name" >"$T/$name.token")
  case_lines "$name" "$key" >"$T/$name.in"
  STDIN="$T/$name.in" background "push_$name" tbgw-push "$PLATFORM_URL" \
    --token-file "$T/$name.token" --protocol "$protocol" --drain-timeout 75s --max-payload 1K "$@"
}

# judge_case NAME REASON: the one record is dead for this reason, the others arrived.
judge_case() {
  local name=$1
  wait_until 20 grep -q '"ack":300' "$T/acks_$name.out"
  assert_ends "push_$name" 65
  assert_equal "$(grep -c '"dead"' "$T/acks_$name.out")" 1
  assert_regex "$(jq -r 'select(.dead == 151) | .reason' "$T/acks_$name.out")" "$2"
  assert_equal "$(jq -r --arg name "$name-" 'select(.kind == "telemetry" and
    (.device | startswith($name))) | .values.n' "$T/platform.log" | sort -nu | wc -l)" 299
}

dead_everywhere() { [ "$(cat "$T"/acks_*.out | grep -c '"dead"')" -eq 11 ]; }

@test "each mistake of the contract's table costs the one record, with MQTT 3.1.1 and 5" {
  local mistake tokens=() poisons=()
  for mistake in format shape time silent no_device no_device_either topic; do
    tokens+=("${mistake}_3" "${mistake}_5")
    poisons+=("bad-$mistake=$mistake")
  done
  start_platform --token "${tokens[@]}" --poison "${poisons[@]}"
  SECONDS=0
  for mistake in format shape time silent; do
    open_case "${mistake}_3" 3.1.1 "$mistake"
  done
  for mistake in format shape time silent no_device no_device_either topic; do
    open_case "${mistake}_5" 5 "$mistake"
  done
  wait_until 75 dead_everywhere
  echo "all are dead after $SECONDS s"
  [ "$SECONDS" -le 60 ]
  for mistake in format shape no_device no_device_either topic; do
    judge_case "${mistake}_5" '^the platform refused it: '
  done
  for mistake in format_3 shape_3 time_3 time_5; do
    judge_case "$mistake" '^the platform ends the connection whenever it gets this: '
  done
  for mistake in silent_3 silent_5; do
    judge_case "$mistake" '^the platform never acknowledges it$'
  done
}
