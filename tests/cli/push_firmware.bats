#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-push: images over the air, and RPCs to the gateway itself.

load ../support/common
load ../support/push

setup() {
  common_setup
  mkdir "$T/images"
  mkfifo "$T/in"
  # No multiple of a chunk.
  head -c 100000 /dev/urandom >"$T/image"
}
teardown() { common_teardown; }

begin() {
  STDIN="rw:$T/in" start_push --firmware "$T/images" "$@"
  wait_for "$T/push.out" platform-up
}
states() { stored telemetry '.values.fw_state | values' | tr -d '"' | uniq | tr '\n' ' '; }

@test "an image that is offered is fetched, checked and told, in both versions" {
  start_platform
  begin
  platform firmware "$T/image" pump 1.2
  wait_for "$T/push.out" '"event":"firmware"'
  assert_equal "$(grep firmware "$T/push.out")" \
    "{\"event\":\"firmware\",\"title\":\"pump\",\"version\":\"1.2\",\"size\":100000,\"file\":\"$T/images/pump-1.2\"}"
  cmp "$T/image" "$T/images/pump-1.2"
  wait_for "$T/platform.log" '"fw_state":"VERIFIED"'
  assert_equal "$(states)" "DOWNLOADING DOWNLOADED VERIFIED "
  kill -TERM "$pid_push"
  assert_ends push 0
  # What is there is not fetched again, but told to whoever asks after a restart.
  : >"$T/platform.log"
  begin --protocol 3.1.1
  wait_for "$T/push.out" '"event":"firmware".*"version":"1.2"'
  assert_equal "$(stored firmware .)" ""
  head -c 50000 /dev/urandom >"$T/image"
  platform firmware "$T/image" pump 1.3
  wait_for "$T/push.out" '"event":"firmware".*"version":"1.3"'
  cmp "$T/image" "$T/images/pump-1.3"
  assert_equal "$(stored refused .)" ""
}

@test "after a lost connection, and after a kill -9, the rest follows" {
  start_platform
  begin
  platform cut 3
  platform firmware "$T/image" pump 1
  wait_for "$T/push.out" platform-down
  kill -KILL "$pid_push"
  assert_ends push 137
  begin
  wait_for "$T/push.out" '"event":"firmware"'
  cmp "$T/image" "$T/images/pump-1"
  # No chunk twice, but the one that was on its way.
  run -0 awk 'END { exit NR > 8 }' < <(stored firmware .chunk)
  assert_equal "$(stored firmware .chunk | sort -nu | wc -l)" 7
}

@test "an image whose checksum is wrong is not kept" {
  start_platform
  begin
  platform firmware "$T/image" pump 1 SHA256 0123456789abcdef
  wait_for "$T/push.err" "the image 'pump' '1': its checksum is wrong"
  wait_for "$T/platform.log" '"fw_state":"FAILED".*"fw_error":"its checksum is wrong"'
  assert_equal "$(ls -A "$T/images")" ""
}

@test "every checksum that can be made here is" {
  start_platform
  begin
  local algorithm
  for algorithm in MD5 SHA384 SHA512 CRC32; do
    platform firmware "$T/image" pump "$algorithm" "$algorithm"
    wait_for "$T/push.out" "\"event\":\"firmware\".*\"version\":\"$algorithm\""
  done
  printf hello >"$T/hello"
  platform firmware "$T/hello" pump m32 MURMUR3_32 47fa8b24
  wait_for "$T/push.out" '"event":"firmware".*"version":"m32"'
  platform firmware "$T/hello" pump m128 MURMUR3_128 029bbd41b3a7d8cb191dae486a901e5b
  wait_for "$T/push.out" '"event":"firmware".*"version":"m128"'
  platform firmware "$T/image" pump x SHA1 00
  wait_for "$T/push.err" "the checksum algorithm 'SHA1' is not one of"
}

@test "a title from afar never leaves the folder" {
  start_platform
  begin
  platform firmware "$T/image" ../../evil ..
  wait_for "$T/push.out" '"event":"firmware"'
  assert_equal "$(jq -r 'select(.event == "firmware") | .file' "$T/push.out")" "$T/images/_._.._evil-_."
  [ ! -e "$T/../evil-.." ]
}

@test "a folder that is none" {
  run -66 --separate-stderr tbgw-push mqtt://127.0.0.1:1 --firmware "$T/absent" </dev/null
  assert_regex "$stderr" "$T/absent"
}

@test "RPCs to the gateway itself are answered here; the others are events" {
  start_platform
  begin
  echo '{"event":"connect","device":"Pump","deviceType":"pump"}' >"$T/in"
  wait_for "$T/platform.log" '"kind":"connect"'
  local method
  for method in gateway_ping gateway_version gateway_devices gateway_stats gateway_restart; do
    platform rpc - "$method" '{}'
  done
  wait_count "$T/platform.log" '"kind":"rpc-reply"' 4
  assert_equal "$(stored rpc-reply .data | head -n 1)" '{"code":200,"resp":"pong"}'
  assert_equal "$(stored rpc-reply .data | sed -n 2p)" \
    "{\"code\":200,\"resp\":{\"current_version\":\"$(tbgw-push -V | awk 'NR == 1 { print $2 }')\"}}"
  assert_equal "$(stored rpc-reply .data | sed -n 3p)" '{"code":200,"resp":{"Pump":"pump"}}'
  assert_regex "$(stored rpc-reply .data | sed -n 4p)" '^\{"eventsProduced":1,"eventsSent":1,"waiting":[0-9]+\}$'
  wait_for "$T/push.out" '"event":"rpc","data":{"id":4,"method":"gateway_restart"'
  assert_equal "$(grep -c '"event":"rpc"' "$T/push.out")" 1
}
