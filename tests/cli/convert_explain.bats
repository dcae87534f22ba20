#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# --explain for maps of messages, ours and those of every connector of the reference: what each
# entry saw, its value, and why there is none.
# shellcheck disable=SC2016,SC2154 # ${…} is the map's; stderr comes from run
load ../support/common

setup() { common_setup && cd "$T" || return; }
teardown() { common_teardown; }

# explains MAP RECORD LINE...: among what is told stands each LINE.
explains() {
  printf '%s\n' "$1" >map.json
  printf '%s\n' "$2" >in
  run --separate-stderr tbgw-convert -q --explain map.json in
  local line
  for line in "${@:3}"; do
    grep -qxF -- "$line" <<<"$output" || fail "no line '$line' in
$output
$stderr"
  done
}

@test "a native map: which rule, which device, which path gave what, and why nothing" {
  explains '{"maps": [
    {"topic": "a/+", "deviceName": "${id}", "filter": "ok != false", "ts": "${time}", "telemetry": [
      {"key": "t", "type": "double"}, {"key": "x", "value": "${l[3].v}"},
      {"key": "e", "expression": "t * 2"}, {"key": "i", "value": "${t}", "invalid": [-1]}]},
    {"topic": "b/#", "deviceName": "E", "telemetry": "*"}]}' \
    '{"ts":1,"topic":"a/1","data":"[{\"id\":\"D\",\"t\":-1,\"time\":1700000000},{\"id\":\"D\",\"ok\":false}]"}' \
    '  maps[0] takes it' \
    "    filter 'ok != false', where \${ok} is missing: true" \
    "    device 'D': \${id} is 'D'" \
    '    time: ${time} is 1700000000: 1700000000000' \
    '    telemetry t: ${t} is -1: -1.0' \
    '    telemetry x: ${l[3].v} is missing: no value' \
    "    telemetry e: 't * 2', where \${t} is -1: -2" \
    '    telemetry i: ${t} is -1: no value (see invalid)' \
    "    filter 'ok != false', where \${ok} is false: not true, left out" \
    "  maps[1] is for 'b/#'"
}

@test "bytes: which of them, and what is wrong with too few" {
  explains '{"maps": [{"decode": "bytes", "deviceName": "D", "length": 3, "telemetry": [
      {"key": "a", "at": 0, "type": "u16", "scale": 0.1}, {"key": "b", "at": 2, "type": "u16"}]},
      {"matches": "^x", "decode": "text", "deviceName": "D", "telemetry": [{"key": "c"}]}]}' \
    '{"ts":1,"data":"08fa01","encoding":"hex"}' \
    '    telemetry a: bytes 0 to 1, 08fa: 229.8' \
    '    telemetry b: bytes 2 to 2, 01: dropped: the message has only 3 bytes' \
    '  maps[1] is for messages of another kind (matches, length)'
}

@test "the files of the reference" {
  explains '{"broker": {}, "mapping": [{"topicFilter": "s/+", "converter": {"type": "json",
    "deviceInfo": {"deviceNameExpressionSource": "topic", "deviceNameExpression": "s/(.*)"},
    "timeseries": [{"key": "t", "value": "${t}", "type": "integer"}]}}]}' \
    '{"ts":1,"source":"mqtt","topic":"s/7","data":"{\"t\":\"5\"}"}' \
    "    device '7': 's/(.*)' in 's/7'" "    telemetry t: \${t} is '5': 5"
  explains '{"host": "http://h", "mapping": [{"url": "v", "converter": {"type": "json",
    "deviceNameJsonExpression": "D", "telemetry": [{"key": "t", "value": "${t}"}]}}]}' \
    '{"ts":1,"source":"http","url":"http://h/v","data":"{\"t\":5}"}' '    telemetry t: ${t} is 5: "5"'
  explains '{"server": {}, "mapping": [{"endpoint": "/v", "converter": {"type": "json", "deviceInfo":
    {"deviceNameExpressionSource": "constant", "deviceNameExpression": "D"},
    "timeseries": [{"key": "t", "value": "${t}", "type": "double"}]}}]}' \
    '{"ts":1,"source":"rest","url":"/v","data":"{}"}' '    telemetry t: ${t} is missing: no value'
  explains '{"socket": {}, "devices": [{"address": "*:*", "deviceName": "D",
    "telemetry": [{"key": "t", "byteFrom": 0, "byteTo": 2}]}]}' \
    '{"ts":1,"source":"socket","address":"10.0.0.1:1","data":"215x"}' \
    '    telemetry t: bytes 0 to 1, 3231: "21"'
  explains '{"parameters": {}, "paths": [{"path": "a.csv", "devicePatternName": "D", "delimiter": ",",
    "timeseries": [{"key": "t", "value": "${t}", "type": "double"}]}]}' \
    '{"ts":1,"source":"ftp","path":"a.csv","data":"t,h\n21.5,4\n"}' "    telemetry t: \${t} is '21.5': 21.5"
  explains '{"interface": "socketcan", "devices": [{"name": "D", "timeseries": [{"key": "t", "nodeId": 1,
    "value": "0:2:big:int"}]}]}' \
    '{"ts":1,"source":"can","node":"1","data":"08fa","encoding":"hex"}' \
    '    telemetry t: bytes 0 to 1, 08fa: 2298'
  explains '{"passiveScanMode": false, "devices": [{"name": "D", "MACAddress": "AA", "telemetry": [
    {"key": "t", "method": "read", "characteristicUUID": "1", "valueExpression": "[0:1]"}]}]}' \
    '{"ts":1,"source":"ble","address":"AA","characteristic":"1","data":"07","encoding":"hex"}' \
    '  devices[0] takes it'
  explains '{"devices": [{"deviceName": "D", "ip": "10.0.0.1", "telemetry": [{"key": "t", "method": "get",
    "oid": "1.3"}]}]}' '{"ts":1,"address":"10.0.0.1","source":"snmp","data":"{\"1.3\":5}"}' \
    '    telemetry t: ${1.3} is 5: 5'
}

@test "what a person reads on the way down: the command, or why there is none" {
  printf '%s\n' '{"maps": [{"deviceName": "D", "telemetry": "*"}], "attributeUpdates": [
    {"attribute": "set", "type": "u16", "scale": 0.1, "max": 30}]}' >map.json
  printf '{"event":"attributes","device":"D","data":{"set":%s}}\n' 21.5 31 >in
  run --separate-stderr tbgw-convert --downlink --explain map.json in
  assert_output 'in:1: event "attributes"
  -> {"device":"D","send":"00d7","encoding":"hex"}
in:2: event "attributes"
  note: '"'set' of 'D': 31 is outside of the limits"'
  nothing comes of it'
}
