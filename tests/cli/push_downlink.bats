#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-push, the way down: what the platform says becomes events, what devices answer goes back.

load ../support/common

setup() {
  common_setup
  start_platform
  mkfifo "$T/in"
}
teardown() { common_teardown; }

start_push() {
  STDIN="rw:$T/in" background push tbgw-push "$PLATFORM_URL" --token-file "$T/token" "$@"
  wait_for "$T/push.out" platform-up
}
up() { printf '%s\n' "$@" >"$T/in"; }
events() { grep -v platform- "$T/push.out"; }
said() { jq -c --arg kind "$1" "select(.kind == \$kind) | $2" "$T/platform.log"; }

DEVICE='{"deviceName":"D","telemetry":[{"ts":1,"values":{"a":1}}]}'

for_each_version() {
  local version
  for version in 5 3.1.1; do
    echo "--- MQTT $version"
    start_push --protocol "$version"
    "$1"
    kill -TERM "$pid_push"
    assert_ends push 0
    assert_equal "$(cat "$T/push.err")" ""
    : >"$T/platform.log"
  done
}

attributes() {
  up "$DEVICE"
  wait_for "$T/platform.log" '"kind":"telemetry"'
  platform 'attributes D {"attr1":25}'
  wait_for "$T/push.out" attr1
  platform 'delete-attributes D ["attr1"]'
  wait_for "$T/push.out" deleted
  platform 'attributes - {"interval":5}'
  wait_for "$T/push.out" interval
  assert_equal "$(events)" '{"event":"attributes","device":"D","data":{"attr1":25}}
{"event":"attributes","device":"D","deleted":["attr1"]}
{"event":"attributes","data":{"interval":5}}'
}
@test "attribute updates and deletions, of a device and of the gateway itself" { for_each_version attributes; }

rpcs() {
  up "$DEVICE"
  wait_for "$T/platform.log" '"kind":"telemetry"'
  platform 'rpc D setSpeed {"rpm":900}'
  wait_for "$T/push.out" setSpeed
  local id
  id=$(jq 'select(.event == "rpc") | .data.id' "$T/push.out")
  assert_equal "$(events)" "{\"event\":\"rpc\",\"device\":\"D\",\"data\":{\"id\":$id,\"method\":\"setSpeed\",\"params\":{\"rpm\":900}}}"
  up "{\"event\":\"rpc-reply\",\"device\":\"D\",\"id\":$id,\"data\":{\"success\":true}}"
  wait_for "$T/platform.log" '"kind":"rpc-reply"'
  assert_equal "$(said rpc-reply '[.device, .id, .data]')" "[\"D\",$id,{\"success\":true}]"
  platform 'rpc - gateway_ping null'
  wait_for "$T/push.out" gateway_ping
  id=$(jq 'select(.event == "rpc" and .device == null) | .data.id' "$T/push.out")
  up "{\"event\":\"rpc-reply\",\"id\":$id,\"data\":\"pong\"}"
  wait_count "$T/platform.log" '"kind":"rpc-reply"' 2
  assert_equal "$(said rpc-reply .data | tail -n 1)" '"pong"'
  assert_equal "$(said refused .)" ""
}
@test "RPCs and their answers, of a device and of the gateway itself" { for_each_version rpcs; }

@test "the first RPC of a device has id 0, and that is an id" {
  start_push
  up "$DEVICE"
  wait_for "$T/platform.log" '"kind":"telemetry"'
  platform 'rpc D m null'
  wait_for "$T/push.out" '"data":\{"id":0,"method":"m","params":null\}'
}

@test "an RPC that comes again on the next connection is not done twice" {
  start_push
  up "$DEVICE"
  wait_for "$T/platform.log" '"kind":"telemetry"'
  platform 'rpc D open {"valve":1}'
  wait_for "$T/push.out" '"method":"open"'
  platform drop
  wait_count "$T/push.out" platform-up 2
  wait_count "$T/platform.log" '"kind":"rpc-sent"' 2
  up '{"event":"rpc-reply","device":"D","id":0,"data":{"ok":1}}'
  wait_for "$T/platform.log" '"kind":"rpc-reply"'
  assert_equal "$(grep -c '"method":"open"' "$T/push.out")" 1
}

@test "connect and disconnect events reach the platform in their place" {
  start_push
  up '{"event":"connect","device":"D","deviceType":"meter","sharedKeys":["limit"]}' "$DEVICE" \
    '{"event":"disconnect","device":"D"}'
  wait_for "$T/platform.log" '"kind":"disconnect"'
  assert_equal "$(jq -r 'select(.device == "D") | .kind' "$T/platform.log" | tr '\n' ' ')" \
    "connect attributes-request telemetry disconnect "
  assert_equal "$(said connect '[.device, .type, .created]')" '["D","meter",true]'
  platform drop
  wait_count "$T/push.out" platform-up 2
  up '{"telemetry":{"behind":1}}'
  wait_for "$T/platform.log" behind
  # Gone is gone: the reconnect did not announce it.
  assert_equal "$(said connect .device)" '"D"'
}

@test "shared keys of a device are asked for on each connection, and only changes are told" {
  platform 'attributes D {"limit":7,"other":1}'
  start_push
  up '{"event":"connect","device":"D","deviceType":"meter","sharedKeys":["limit"]}'
  wait_for "$T/push.out" limit
  assert_equal "$(events)" '{"event":"attributes","device":"D","data":{"limit":7}}'
  platform drop
  wait_count "$T/push.out" platform-up 2
  platform down
  wait_count "$T/push.out" platform-down 2
  platform 'attributes D {"limit":8}'
  platform up
  wait_for "$T/push.out" '"limit":8' 60
  assert_equal "$(events)" '{"event":"attributes","device":"D","data":{"limit":7}}
{"event":"attributes","device":"D","data":{"limit":8}}'
}

@test "attributes are asked for on request" {
  platform 'attributes D {"limit":7}'
  start_push
  up "$DEVICE" '{"event":"attributes-request","device":"D","id":"q","scope":"shared","keys":["limit","none"]}'
  wait_for "$T/push.out" attributes-response
  assert_equal "$(events)" '{"event":"attributes-response","device":"D","id":"q","data":{"limit":7}}'
}

@test "renamed and deleted devices are told" {
  start_push
  up "$DEVICE"
  wait_for "$T/platform.log" '"kind":"telemetry"'
  platform 'rename D E'
  wait_for "$T/push.out" device-renamed
  platform 'delete E'
  wait_for "$T/push.out" device-deleted
  assert_equal "$(events)" '{"event":"device-renamed","device":"D","from":"D","to":"E"}
{"event":"device-deleted","device":"E"}'
}

@test "a reader that does not read gets busy replies sent and the last values kept, and nothing stalls" {
  mkfifo "$T/out"
  # The reader opens the pipe and waits for our word before it reads.
  background reader bash -c 'exec <"$0"; until [ -e "$1" ]; do read -rt 0.05 <> <(:); done; cat' "$T/out" "$T/go"
  STDIN="rw:$T/in" background push bash -c 'exec tbgw-push "$@" >"$0"' "$T/out" "$PLATFORM_URL" --token-file "$T/token"
  up "$DEVICE"
  wait_for "$T/platform.log" '"kind":"telemetry"'
  local i
  # About 400 KB of events: more than the pipe and the queue hold.
  for i in $(seq 1 400); do
    printf 'attributes D {"v":%d,"pad":"x%s"}\n' "$i" "$(printf '%01000d' "$i")"
  done >"$T/platform.in"
  wait_for "$T/platform.log" '"command":"attributes D \{..v..:400,' 60
  platform 'rpc D late {}'
  wait_for "$T/platform.log" '"kind":"rpc-reply"'
  assert_equal "$(said rpc-reply '[.device, .data]')" '["D",{"error":"busy"}]'
  # Readings go on all the while.
  up '{"telemetry":{"still":1}}'
  wait_for "$T/platform.log" still
  : >"$T/go"
  wait_for "$T/reader.out" '"v":400' 30
  jq -r 'select(.event == "attributes") | .data.v' "$T/reader.out" | sort -nc
  # Some of the values in between were overtaken, the last one was not.
  [ "$(grep -c '"event":"attributes"' "$T/reader.out")" -lt 400 ]
  assert_equal "$(jq -r 'select(.event == "attributes") | .data.v' "$T/reader.out" | tail -n 1)" 400
}

@test "an answer overtakes a backlog" {
  start_push --window 2
  up "$DEVICE"
  wait_for "$T/platform.log" '"kind":"telemetry"'
  platform 'rpc D m {}'
  wait_for "$T/push.out" '"method":"m"'
  platform mute
  wait_for "$T/platform.log" '"command":"mute"'
  seq 2 20000 | sed 's/.*/{"deviceName":"D","telemetry":[{"ts":&,"values":{"n":&}}]}/' >"$T/in"
  up '{"event":"rpc-reply","device":"D","id":0,"data":1}'
  wait_for "$T/platform.log" '"kind":"rpc-reply"'
  [ "$(jq 'select(.kind == "telemetry") | .values.n' "$T/platform.log" | wc -l)" -lt 20000 ]
}

@test "an answer that comes after the platform is back too late is dropped and counted" {
  start_push
  up "$DEVICE"
  wait_for "$T/platform.log" '"kind":"telemetry"'
  platform down
  wait_for "$T/push.out" platform-down
  up '{"event":"rpc-reply","device":"D","id":0,"data":1}'
  STDIN=/dev/null background pause sleep 11
  wait "$pid_pause"
  kill -USR1 "$pid_push"
  wait_for "$T/push.out" '"expired":1'
}
