#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-push with the credentials of a device that is no gateway: found out, and used as such.

load ../support/common
load ../support/push

setup() { common_setup; }
teardown() { common_teardown; }

DEVICE='{"deviceName":"Pump","telemetry":[{"ts":1790000000000,"values":{"a":1}}]}'
OWN='{"telemetry":[{"ts":1790000000000,"values":{"a":1}}]}'
REMEDY='is no gateway, and ThingsBoard drops .*tick "Is gateway".*--device-api'

@test "a token that is no gateway's is found out at once where the platform tells its limits" {
  start_platform --plain-device
  local protocol
  for protocol in 5 3.1.1; do
    run -78 --separate-stderr push --protocol "$protocol" <<<"$DEVICE"
    assert_output -p '"event":"platform-up"'
    assert_regex "$stderr" "^tbgw-push: the device with these credentials $REMEDY"
    [ "${#stderr_lines[@]}" -eq 1 ]
  done
  assert_equal "$(stored telemetry .values)" ""
}

@test "where it does not tell them, two connections without an acknowledgement prove it" {
  start_platform --plain-device --old-server
  run -78 --separate-stderr push --ack-timeout 1s <<<"$DEVICE"
  assert_regex "$stderr" "$REMEDY"
  assert_equal "$(grep -c 'no acknowledgement within 1s' <<<"$stderr")" 2
}

@test "a gateway that is only slow is not taken for a plain device" {
  start_platform
  mkfifo "$T/in"
  STDIN="rw:$T/in" start_push --ack-timeout 500ms
  wait_for "$T/push.out" platform-up
  platform mute
  wait_for "$T/platform.log" '"command":"mute"'
  echo "$DEVICE" >"$T/in"
  wait_count "$T/push.out" platform-down 3 60
  platform unmute
  wait_for "$T/platform.log" '"kind":"telemetry"'
  kill -TERM "$pid_push"
  assert_ends push 0
}

@test "data of the device itself need no gateway" {
  start_platform --plain-device
  run -0 --separate-stderr push <<<"$OWN"
  assert_equal "$stderr" ""
  assert_equal "$(stored telemetry '[.device,.values]')" '[null,{"a":1}]'
}

@test "with --device-api all data are the device's own, under the name it has here" {
  start_platform --plain-device
  run -65 --separate-stderr push --device-api <<EOF2
{"event":"connect","device":"Pump","deviceType":"pump","sharedKeys":["limit"]}
$DEVICE
{"deviceName":"Pump","attributes":{"model":"P-100"}}
$OWN
{"deviceName":"Fan","telemetry":{"a":1}}
{"event":"claim","device":"Pump","secretKey":"s","durationMs":1000}
{"event":"disconnect","device":"Pump"}
EOF2
  assert_regex "$stderr" "stdin:5: names the device 'Fan': with --device-api there is one, and 'Pump' came first"
  assert_equal "$(stored telemetry '[.device,.values]' | sort -u)" '[null,{"a":1}]'
  assert_equal "$(stored attributes '[.device,.values]')" '[null,{"model":"P-100"}]'
  assert_equal "$(stored claim '[.device,.secretKey]')" '[null,"s"]'
  assert_equal "$(stored refused .)" ""
  assert_equal "$(stored connect .)" ""
}

@test "with --device-api the way down leads to that device, in both versions" {
  local protocol
  start_platform --plain-device
  for protocol in 5 3.1.1; do
    rm -f "$T/in"
    mkfifo "$T/in"
    platform attributes - '{"limit":7,"mode":"auto"}'
    STDIN="rw:$T/in" start_push --device-api --protocol "$protocol"
    echo '{"event":"connect","device":"Pump","sharedKeys":["limit"]}' >"$T/in"
    wait_for "$T/push.out" '^{"event":"attributes","device":"Pump","data":{"limit":7}}$'
    platform attributes - '{"limit":8}'
    wait_for "$T/push.out" '^{"event":"attributes","device":"Pump","data":{"limit":8}}$'
    platform rpc - setSpeed '{"rpm":900}'
    wait_for "$T/push.out" '^{"event":"rpc","device":"Pump","data":{"id":[0-9]+,"method":"setSpeed","params":{"rpm":900}}}$'
    local id
    id=$(jq -r 'select(.event == "rpc") | .data.id' "$T/push.out")
    echo "{\"event\":\"rpc-reply\",\"device\":\"Pump\",\"id\":$id,\"data\":{\"ok\":true}}" >"$T/in"
    wait_for "$T/platform.log" "\"kind\":\"rpc-reply\".*\"device\":null,\"id\":$id,\"data\":{\"ok\":true}}"
    echo '{"event":"attributes-request","device":"Pump","id":5,"scope":"shared","keys":["limit","mode"]}' >"$T/in"
    wait_for "$T/push.out" '^{"event":"attributes-response","device":"Pump","id":5,"data":{"limit":8,"mode":"auto"}}$'
    # What changed meanwhile is asked for on the next connection.
    platform down
    wait_for "$T/push.out" platform-down
    platform attributes - '{"limit":9}'
    platform up
    wait_for "$T/push.out" '^{"event":"attributes","device":"Pump","data":{"limit":9}}$'
    kill -TERM "$pid_push"
    assert_ends push 0
  done
  assert_equal "$(stored refused .)" ""
}

@test "--check says who we are, and what the platform allows" {
  start_platform
  run -0 --separate-stderr push --check </dev/null
  assert_equal "$stderr" ""
  assert_line --index 0 "$PLATFORM_URL: let us in as the device with this access token, with MQTT 5"
  assert_line "gateway: yes"
  assert_line "largest message: 65536 bytes"
  run -0 push --check --protocol 3.1.1 </dev/null
  assert_line --partial "with MQTT 3.1.1"
  # Standard input is none of its business.
  run -0 push --check <<<"$DEVICE"
  assert_equal "$(stored telemetry .)" ""
}

@test "--check of what is not good ends with the status that a run would" {
  start_platform --plain-device
  run -78 --separate-stderr push --check </dev/null
  assert_line "gateway: no"
  assert_regex "$stderr" "$REMEDY"
  run -0 --separate-stderr push --check --device-api </dev/null
  assert_equal "$stderr" ""
  run -77 --separate-stderr tbgw-push "$PLATFORM_URL" --check </dev/null
  assert_output ""
  assert_regex "$stderr" "no access token was found: "
  run -69 --separate-stderr tbgw-push mqtt://127.0.0.1:1 --check --token-file "$T/token" </dev/null
  assert_regex "$stderr" '^tbgw-push: cannot connect to mqtt://127.0.0.1:1: Connection refused$'
}

@test "--check of a server that does not tell its limits says so" {
  start_platform --old-server
  run -0 --separate-stderr push --check </dev/null
  assert_line "gateway: not known, the platform does not tell its limits"
}
