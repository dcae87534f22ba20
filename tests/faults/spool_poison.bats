#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# One record among many over which the platform ends every connection: within a minute it lies among
# the dead letters with the reason, alone, and everything around it is delivered. A platform that is
# merely down gives nothing up.
# shellcheck disable=SC2154 # background NAME sets pid_NAME
load ../support/common
load ../support/spool

setup() { common_setup; }
teardown() { common_teardown; }

# numbered_devices COUNT: numbered readings of three devices; number 300 has a poisoned value.
numbered_devices() {
  seq 1 "$1" | awk '{ printf "{\"deviceName\":\"D%d\",\"telemetry\":[{\"ts\":%.0f,\"values\":{\"n\":%d%s}}]}\n",
    $1 % 3, 1790000000000 + $1, $1, ($1 == 300 ? ",\"poison\":1" : "") }'
}

# poisoned FORM PLATFORM_OPTION...: FORM is filter or child.
poisoned() {
  local form=$1 began=$SECONDS status=0
  shift
  start_platform --poison poison=time "$@"
  numbered_devices 600 >"$T/lines"
  if [ "$form" = child ]; then
    status=65 # what tbgw-push ends with after a refused record
    STDIN="$T/lines" background spool tbgw-spool --min-free 0 "$T/q" -- \
      tbgw-push "$PLATFORM_URL" --token-file "$T/token"
  else
    mkfifo "$T/records"
    STDIN="$T/records" background push tbgw-push "$PLATFORM_URL" --token-file "$T/token"
    STDIN="$T/lines" background spool bash -c 'exec tbgw-spool --min-free 0 "$1" >"$2"' - "$T/q" "$T/records"
  fi
  assert_ends spool "$status" 60
  echo "# all was dealt with after $((SECONDS - began)) s" >&3
  [ $((SECONDS - began)) -le 60 ]
  # Alone among the dead letters, with the reason and as it was.
  run -0 --separate-stderr tbgw-spoolctl cat --dead --json "$T/q"
  assert_equal "$(wc -l <<<"$output")" 1
  assert_regex "$output" 'ends the connection whenever it gets this'
  run -0 --separate-stderr tbgw-spoolctl cat --dead "$T/q"
  assert_equal "$(jq -c '[.deviceName, .telemetry[0].values]' <<<"$output")" '["D0",{"n":300,"poison":1}]'
  # Everything else is at the platform, each device's in order.
  jq -r 'select(.kind == "telemetry") | "\(.device) \(.values.n)"' "$T/platform.log" >"$T/seen"
  diff <(seq 1 600 | grep -vx 300) <(cut -d' ' -f2 "$T/seen" | sort -nu)
  for device in D0 D1 D2; do
    assert_first_in_order <(awk -v device=$device '$1 == device { print "\"n\":" $2 }' "$T/seen")
  done
}

@test "one poisoned record among 600, MQTT 5: dead with its reason, the rest delivered" {
  poisoned filter
}

@test "one poisoned record among 600, MQTT 3.1.1, child form: dead with its reason, the rest delivered" {
  poisoned child --mqtt5 no
}

@test "a platform that is down, or cuts every connection, makes no record dead" {
  start_platform
  platform down
  wait_for "$T/platform.log" '"command":"down"'
  readings 1 200 >"$T/lines"
  STDIN="$T/lines" background spool tbgw-spool --min-free 0 "$T/q" -- \
    tbgw-push "$PLATFORM_URL" --token-file "$T/token"
  wait_for "$T/spool.err" 'refused|cannot connect|no connection'
  platform up
  wait_for "$T/spool.err" 'connected to'
  for _ in 1 2 3; do platform drop; done
  assert_ends spool 0 60
  jq -r 'select(.kind == "telemetry") | "\"n\":\(.values.n)"' "$T/platform.log" >"$T/seen"
  assert_all 1 200 "$T/seen"
  [ "$(tbgw-spoolctl cat --dead "$T/q" | wc -l)" = 0 ]
}
