#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-serial --config: the reference's connector file and the same keys in TOML.
load ../support/common

setup() { common_setup; }
teardown() { common_teardown; }

@test "the reference's file: device names, types and shared keys in connect" {
  start_ptys
  cat >"$T/custom_serial.json" <<EOF
{
  "name": "Custom serial connector",
  "logLevel": "DEBUG",
  "uplinkQueueSize": 100000,
  "devices": [
    {
      "name": "CustomSerialDevice1",
      "type": "default",
      "port": "$T/tty.port",
      "baudrate": 9600,
      "converter": "SerialUplinkConverter",
      "downlink_converter": "SerialDownlinkConverter",
      "telemetry": [{"type": "byte", "key": "humidity", "untilDelimiter": "\\r"}],
      "attributes": [{"key": "SerialNumber", "type": "string", "fromByte": 3, "toByte": -1}],
      "attributeUpdates": [{"attributeOnPlatform": "attr1", "stringToDevice": "value = \${attr1}\\n"}],
      "serverSideRpc": [{"method": "setValue", "type": "int", "withResponse": true,
                         "responseType": "string", "responseUntilDelimiter": "\\r",
                         "responseTimeoutSec": 5}]
    }
  ]
}
EOF
  background serial tbgw-serial --config "$T/custom_serial.json"
  wait_for "$T/serial.out" connect
  printf '48\r2430947595\n' >"$T/tty.device"
  wait_for "$T/serial.out" 2430947595
  run bash -c "jq -c 'del(.ts)' $T/serial.out | sed s#$T/##"
  assert_output '{"event":"connect","device":"CustomSerialDevice1","deviceType":"default","sharedKeys":["attr1"]}
{"source":"serial","port":"tty.port","device":"CustomSerialDevice1","data":"48\r2430947595\n"}'
  assert_equal "$(cat "$T/serial.err")" ""
}

@test "TOML with our own keys; the command line overrides them for all ports" {
  cat >"$T/s.toml" <<EOF
delimiter = ";"
[[devices]]
name = "D"
port = "-"
strip = true
timeout = 1
EOF
  run --separate-stderr bash -c "printf 'a;b;' | tbgw-serial -v --config $T/s.toml | jq -c '[.device,.data]'"
  assert_output '["D","a"]
["D","b"]'
  assert_equal "$stderr" "tbgw-serial: $T/s.toml:6: timeout has no effect: a slow record is never cut"
  run bash -c "printf 'a;b;' | tbgw-serial --config $T/s.toml --frame-length 2 | jq -c '[.device,.data]'"
  assert_output '["D","a;"]
["D","b;"]'
}

@test "mistakes have file and line: 78" {
  printf '{"devices":[\n{"name":"D","port":"/dev/x","baudrat":1}]}' >"$T/s.json"
  run -78 tbgw-serial --config "$T/s.json"
  assert_output "tbgw-serial: $T/s.json:2: unknown key 'baudrat' (did you mean 'baudrate'?)"
  printf '{"devices":[{"name":"D","port":"/dev/x",\n"converter":"MyConverter"}]}' >"$T/s.json"
  run -78 tbgw-serial --config "$T/s.json"
  assert_output --partial "$T/s.json:2: devices[0].converter: 'MyConverter' is a Python class"
  printf '{"devices":[{"name":"D",}]}' >"$T/s.json"
  run -78 tbgw-serial --config "$T/s.json"
  assert_output --partial "$T/s.json:1: "
  printf '{"devices":[\n\n{"name":"D","port":"/dev/x","stopbits":1.5}]}' >"$T/s.json"
  run -78 tbgw-serial --config "$T/s.json"
  assert_output "tbgw-serial: $T/s.json:3: 1.5 stop bits go only with 5 data bits"
  printf '{"devices":[\n{"name":"D","port":"/dev/null"}]}' >"$T/s.json"
  run -78 tbgw-serial --config "$T/s.json"
  assert_output "tbgw-serial: $T/s.json:2: /dev/null: not a serial port"
  printf '{"devices":[\n{"name":"D","port":"usb:1"}]}' >"$T/s.json"
  run -78 tbgw-serial --config "$T/s.json"
  assert_output --partial "$T/s.json:2: 'usb:1' is not usb:VID:PID"
}

@test "PORT operands and --config do not go together: 64; a missing file: 66" {
  echo '{"devices":[{"name":"D","port":"-"}]}' >"$T/s.json"
  run -64 tbgw-serial --config "$T/s.json" /dev/x
  assert_output --partial 'give PORT operands or --config, not both'
  run -64 tbgw-serial --config "$T/s.json" --device E
  run -66 tbgw-serial --config "$T/absent.json"
}

@test "several missing ports of a file are all named" {
  echo '{"devices":[{"name":"A","port":"/dev/no1"},{"name":"B","port":"/dev/no2"}]}' >"$T/s.json"
  run -66 tbgw-serial --config "$T/s.json"
  assert_output --partial '/dev/no1: No such file or directory'
  assert_output --partial '/dev/no2: No such file or directory'
}
