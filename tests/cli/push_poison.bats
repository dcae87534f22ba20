#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-push, messages that the platform does not take: whatever it does over one, only that record
# is dead, within a minute, and all others arrive.

load ../support/common
load ../support/push

setup() { common_setup; }
teardown() { common_teardown; }

# case_lines NAME VALUES: readings of three devices, one of which has these values.
case_lines() {
  printf '{"spool":1,"run":"r","ack":"%s"}\n' "$T/$1.ack"
  seq 1 300 | awk -v name="$1" -v bad="$2" '{
    printf "{\"_n\":%d,\"deviceName\":\"%s-%d\",\"telemetry\":[{\"ts\":%.0f,\"values\":{%s}}]}\n",
      $1, name, $1 % 3, 1790000000000 + $1, $1 == 151 ? bad : "\"n\":" $1 }'
}

# open_case NAME PROTOCOL VALUES
open_case() {
  local name=$1
  mkfifo "$T/$name.ack"
  STDIN="rw:$T/$name.ack" background "acks_$name" cat
  (umask 077 && printf %s "$name" >"$T/$name.token")
  case_lines "$name" "$3" >"$T/$name.in"
  STDIN="$T/$name.in" background "push_$name" tbgw-push "$PLATFORM_URL" \
    --token-file "$T/$name.token" --protocol "$2" --drain-timeout 75s --max-payload "${MAX:-1K}"
}

# judge_case NAME REASON: the one record is dead for this reason, the others arrived.
judge_case() {
  local name=$1
  wait_until 20 grep -q '"ack":300' "$T/acks_$name.out"
  assert_ends "push_$name" 65
  assert_equal "$(grep -c '"dead"' "$T/acks_$name.out")" 1
  assert_regex "$(jq -r 'select(.dead == 151) | .reason' "$T/acks_$name.out")" "$2"
  assert_equal "$(arrived "$name" | sort -nu -k 2 | wc -l)" 299
}

# arrived NAME: device and number of each reading.
arrived() {
  jq -r --arg name "$1-" 'select(.kind == "telemetry" and (.device | startswith($name)) and .values.n) |
    "\(.device) \(.values.n)"' "$T/platform.log"
}

dead_everywhere() { [ "$(cat "$T"/acks_*.out "$T"/large/acks_*.out | grep -c '"dead"')" -eq 13 ]; }

# Those whose limit nobody told us, for one record that is over it.
open_large() {
  mkdir "$T/large"
  local T=$T/large MAX=64K
  start_platform --token large_3 large_5 parts_5 --old-server --max-payload 3000
  local pad
  pad=$(head -c 5000 /dev/zero | tr '\0' x)
  open_case large_3 3.1.1 "\"large\":\"$pad\""
  open_case large_5 5 "\"large\":\"$pad\""
  pad=${pad:0:1400}
  open_case parts_5 5 "\"n\":151,\"part1\":\"$pad\",\"part2\":\"$pad\",\"part3\":\"$pad\""
}
judge_large() {
  local T=$T/large ends='^the platform ends the connection whenever it gets this: '
  judge_case large_3 "${ends}the server closed the connection$"
  judge_case large_5 "${ends}malformed packet, or larger .*0x81"
  # The platform hangs up where it stands: nothing overtook anything.
  local name
  for name in large_3 large_5; do
    assert_equal "$(arrived "$name" | awk '!seen[$2]++ { if ($2 < last[$1]) print; last[$1] = $2 }')" ""
  done
  # Values that are too many for one message go in several.
  wait_until 20 grep -q '"ack":300' "$T/acks_parts_5.out"
  assert_ends push_parts_5 0
  assert_equal "$(arrived parts_5 | sort -nu -k 2 | wc -l)" 300
  assert_equal "$(jq -r 'select(.kind == "telemetry" and .device == "parts_5-1" and .ts == 1790000000151) |
    .values | keys[]' "$T/platform.log" | sort -u | tr '\n' ' ')" "n part1 part2 part3 "
  # All learned the size from it: what came behind the record is not packed that large again.
  [ "$(jq -r 'select(.kind == "refused" and (.reason | test("over the limit"))).reason' "$T/platform.log" |
    wc -l)" -le 60 ]
}

@test "each mistake of the contract's table costs the one record, with MQTT 3.1.1 and 5" {
  local mistake tokens=() poisons=()
  for mistake in format shape time silent no_device no_device_either topic; do
    tokens+=("${mistake}_3" "${mistake}_5")
    poisons+=("bad-$mistake=$mistake")
  done
  SECONDS=0
  open_large
  start_platform --token "${tokens[@]}" --poison "${poisons[@]}"
  for mistake in format shape time silent; do
    open_case "${mistake}_3" 3.1.1 "\"bad-$mistake\":151"
  done
  for mistake in format shape time silent no_device no_device_either topic; do
    open_case "${mistake}_5" 5 "\"bad-$mistake\":151"
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
  judge_large
}
