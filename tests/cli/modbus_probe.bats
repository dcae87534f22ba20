#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-modbus --probe: the settings of a serial line, found by trying.

load ../support/common

setup() {
  common_setup
  background line "$SUPPORT/modbus_line" "$T/line" "19200,8O1" "$T/line.log"
  wait_for "$T/line.out" listening
}
teardown() { common_teardown; }

@test "--probe finds the one setting that is answered, and says what to write" {
  run -0 --separate-stderr timeout 60 tbgw-modbus "rtu:$T/line" --probe --timeout 150ms
  assert_equal "$stderr" "tbgw-modbus: rtu:$T/line: trying 32 settings, which takes at most 7s"
  assert_equal "$(jq -c 'del(.ms)' <<<"$output")" \
    "{\"bus\":\"rtu:$T/line\",\"settings\":\"19200,8O1\",\"unit\":1,\"answer\":\"good\",\"use\":\"rtu:$T/line,19200,8O1/1\"}"
  # All of them were tried, with the rates in their order.
  assert_equal "$(wc -l <"$T/line.log")" 32
  assert_equal "$(head -8 "$T/line.log" | cut -d' ' -f2 | tr '\n' ' ')" \
    "9600,8N1 19200,8N1 38400,8N1 57600,8N1 115200,8N1 4800,8N1 2400,8N1 1200,8N1 "
  assert_equal "$(sort -u "$T/line.log" | wc -l)" 24  # on a pty N and E look alike
  run -0 --separate-stderr tbgw-modbus "$(jq -r .use <<<"$output")" r=hr:0 --once --device d
  assert_equal "$(jq .telemetry[0].values.r <<<"$output")" 7
}

@test "--probe does not vary what is said, and counts a refusal but no wrong checksum as an answer" {
  run -0 --separate-stderr timeout 60 tbgw-modbus "rtu:$T/line,19200/1-4" --probe --timeout 150ms -v
  assert_equal "$(jq -c '[.settings, .unit, .answer]' <<<"$output")" \
    "$(printf '["19200,8O1",1,"good"]\n["19200,8O1",2,"illegal data address"]')"
  assert_regex "$stderr" "trying 4 settings"
  assert_regex "$stderr" "rtu:$T/line,19200,8E1: no answer"
  assert_equal "$(wc -l <"$T/line.log")" 16
}

@test "--probe without an answer, without a port and without a serial line" {
  run -69 --separate-stderr timeout 60 tbgw-modbus "rtu:$T/line,9600,8N1" --probe --timeout 50ms
  assert_equal "$output" ""
  assert_regex "$stderr" "trying 1 setting, .*"$'\n'"tbgw-modbus: nobody answered \(is the unit id right, "
  run -66 --separate-stderr tbgw-modbus "rtu:$T/none" --probe -q
  assert_equal "$stderr" "tbgw-modbus: $T/none: No such file or directory"
  run -78 --separate-stderr tbgw-modbus "rtu:$T/line.log" --probe -q
  assert_regex "$stderr" "line.log: not a serial port"
  run -64 --separate-stderr tbgw-modbus tcp:10.0.0.5/1 --probe
  assert_regex "$stderr" "tcp:10.0.0.5:502 is no serial line, and only those have settings to try"
  run -64 --separate-stderr tbgw-modbus "rtu:$T/line/0" --probe
  assert_regex "$stderr" "unit 0 is a broadcast"
  run -64 --separate-stderr tbgw-modbus rtu,9x00 --probe
  assert_regex "$stderr" "'9x00' is neither a baud rate nor a format"
  run -64 --separate-stderr tbgw-modbus --probe
  assert_regex "$stderr" "name a port"
  run -64 --separate-stderr tbgw-modbus "rtu:$T/line" a=hr:0 --probe
  assert_regex "$stderr" "no tags"
  run -64 --separate-stderr tbgw-modbus "rtu:$T/line" --probe --scan 1
  assert_regex "$stderr" "go one at a time"
}

@test "--probe takes the serial lines and units of a file" {
  printf '{"master": {"slaves": [
    {"type": "tcp", "method": "socket", "host": "127.0.0.1", "port": 1, "unitId": 9, "deviceName": "t", "pollPeriod": 100},
    {"type": "serial", "method": "rtu", "port": "%s", "unitId": 4, "deviceName": "a", "pollPeriod": 100},
    {"type": "serial", "method": "rtu", "port": "%s", "unitId": 2, "deviceName": "b", "pollPeriod": 100}]}}' \
    "$T/line" "$T/line" >"$T/modbus.json"
  run -69 --separate-stderr timeout 60 tbgw-modbus "$T/modbus.json" --device a --probe --timeout 5ms
  assert_regex "$stderr" "^tbgw-modbus: rtu:$T/line: trying 32 settings"
  assert_equal "$(cut -d' ' -f1 "$T/line.log" | uniq -c | xargs)" "32 4"
  run -64 --separate-stderr tbgw-modbus "$T/modbus.json" --device t --probe
  assert_regex "$stderr" "has no serial line"
}

@test "--probe stops at once, and leaves the port as it was" {
  local before
  before=$(stty -g <"$T/line")
  background tool tbgw-modbus "rtu:$T/line,2400/5" --probe --timeout 10m
  wait_for "$T/line.log" "5 2400,8N1"
  kill -TERM "$pid_tool"
  assert_ends tool 0
  assert_equal "$(stty -g <"$T/line")" "$before"
  assert_equal "$(wc -l <"$T/line.log")" 1
}
