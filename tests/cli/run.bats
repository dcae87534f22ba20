#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-run with the real tools: a configuration of the reference as it is, bare connector files, a
# gateway.toml; what is said of mistakes; the script that does the same.

load ../support/common
load ../support/modbus
load ../support/run

setup() { run_setup; }
teardown() {
  exec 7>&- || true
  run_teardown
}

# The two connector files of the issue: only ports were changed.
connector_files() {
  jq --arg port "$T/tty.port" '.devices[0].port = $port' \
    "$SOURCE/scripts/examples/custom_serial.json" >custom_serial.json
  jq -n --argjson port "$UNITS_PORT" '{master: {slaves: [{host: "127.0.0.1", port: $port,
    type: "tcp", method: "socket", unitId: 1, deviceName: "Meter", deviceType: "default",
    timeout: 35, byteOrder: "BIG", wordOrder: "LITTLE", retries: 3, pollPeriod: 200,
    attributes: [], timeseries: [{tag: "r0", type: "16uint", functionCode: 3, objectsCount: 1,
      address: 0}], attributeUpdates: [{tag: "r9", type: "16uint", functionCode: 6,
      objectsCount: 1, address: 9}], rpc: [{tag: "getR1", type: "16uint", functionCode: 3,
      objectsCount: 1, address: 1}]}]}}' >modbus.json
}

# heard BYTES: the next bytes that reach the serial device are these.
heard() {
  local text
  IFS= read -r -t 30 -N ${#1} -u 7 text || { echo "the device heard only ${text@Q}"; false; }
  assert_equal "$text" "$1"
}

# What a serial device and a Modbus unit say arrives, and what is for each of them reaches it.
both_ways() {
  exec 7<>tty.device
  wait_for platform.log '"kind":"connect".*CustomSerialDevice1' 30
  wait_for platform.log '"kind":"telemetry","device":"Meter"|"kind":"telemetry".*"Meter"' 30
  printf '48\r2430947595\n' >&7
  wait_for platform.log '"humidity":48' 30
  platform attributes CustomSerialDevice1 '{"attr1":25}'
  heard $'value = 25\n'
  platform rpc Meter getR1
  wait_for platform.log '"kind":"rpc-reply".*Meter' 30
}

# The token stands on no command line.
assert_no_token() {
  local pid
  for pid in $(_with_descendants "$pid_gateway"); do
    run cat "/proc/$pid/cmdline" "/proc/$pid/environ"
    refute_output --partial test-token
  done
}

@test "a tb_gateway.json and its connector files run as they are" {
  start_ptys
  start_platform
  start_units
  connector_files
  reference_main '[{"type":"modbus","name":"Modbus Connector","configuration":"modbus.json"},
    {"type":"serial","name":"Serial, custom","class":"CustomSerialConnector",
     "configuration":"custom_serial.json"}]'
  start_gateway tb_gateway.json
  both_ways
  assert_no_token
  stop_gateway
  run -0 cat gateway.err
  assert_output ""
}

@test "bare connector files are the whole gateway, and what they say last arrives" {
  start_ptys
  start_platform
  start_units
  connector_files
  TBGW_URL=$PLATFORM_URL TBGW_TOKEN_FILE=$T/token start_gateway custom_serial.json modbus.json
  both_ways
  # SIGTERM: what a device said before it arrives, and the platform hears that the devices went.
  printf '77\r2430947595\n' >&7
  stop_gateway
  run -0 cat gateway.err
  assert_output ""
  wait_for platform.log '"humidity":77'
  wait_for platform.log '"kind":"disconnect".*CustomSerialDevice1'
  wait_for platform.log '"kind":"disconnect".*Meter'
  run -0 find run -name 'token*'
  assert_output ""
}

@test "each pipeline is told by itself: an end, its reason, the next start" {
  start_platform
  gateway_toml <<END
[[pipeline]]
name = "good"
command = ["sh", "-c", """echo '{"deviceName":"A","telemetry":{"a":1}}'; cat >/dev/null"""]
[[pipeline]]
name = "wrong"
command = ["sh", "-c", "echo the file is wrong >&2; exit 78"]
[[pipeline]]
name = "once"
restart = "on-failure"
command = ["sh", "-c", """echo '{"deviceName":"B","telemetry":{"b":1}}'"""]
filters = [["jq", "--unbuffered", "-c", '.telemetry.b += 1']]
[[pipeline]]
name = "again"
env = {WHO = "C"}
command = ["./again"]
END
  # shellcheck disable=SC2016 # the script is to expand it
  printf '#!/bin/sh\necho "{\\"deviceName\\":\\"$WHO\\",\\"telemetry\\":{\\"c\\":1}}"\nexit 3\n' >again
  chmod +x again
  start_gateway -v gateway.toml
  wait_for platform.log '"a":1'
  wait_for platform.log '"b":2'
  wait_count platform.log '"c":1' 3
  wait_for gateway.err '^wrong: the file is wrong$'
  wait_for gateway.err '^tbgw-run: wrong/connector ended with 78: not started again until its file changes$'
  wait_for gateway.err '^tbgw-run: once/connector ended with 0: done$'
  wait_for gateway.err '^tbgw-run: again/connector ended with 3: starts again in [0-9.]+m?s$'
  assert_equal "$(grep -c 'wrong/connector' gateway.err)" 1
  stop_gateway
}

@test "every mistake is named with its place, all of them at once, and nothing is started" {
  printf '{"devices": [{"name": "x", "port": "/dev/ttyX", "baudrat": 9600}], "logLevel": "LOUD"}' >serial.json
  cat >gateway.toml <<'END'
[platform]
url = "mqtt://x"
toke-file = "t"
[spool]
in-memory = "yes"
[[pipeline]]
name = "a"
command = "sh -c x"
[[pipeline]]
name = "b"
file = "serial.json"
restart = "sometimes"
[[pipeline]]
name = "c"
file = "absent.json"
[[pipeline]]
name = "d"
command = ["no-such-program"]
END
  run -78 tbgw-run check gateway.toml
  assert_line "tbgw-run: gateway.toml:3: unknown key 'toke-file' (did you mean 'token-file'?)"
  assert_line 'tbgw-run: gateway.toml:5: spool.in-memory: must be true or false'
  assert_line --partial 'tbgw-run: gateway.toml:8: pipeline[0].command: must be a list of words'
  assert_line --partial 'tbgw-run: gateway.toml:12: pipeline[1].restart: must be always'
  assert_line --partial 'tbgw-run: absent.json: No such file'
  assert_line --partial "tbgw-run: gateway.toml:16: d: there is no program 'no-such-program'"
  run -78 timeout 20 tbgw-run gateway.toml
  run -78 timeout 20 tbgw-run check serial.json
  assert_line --partial "serial.json:1: unknown key 'baudrat' (did you mean 'baudrate'?)"
  assert_line --partial "serial.json:1: logLevel: 'LOUD' is no level"
}

@test "what cannot be run here is named, and left out only if that is asked for" {
  printf '{"broker": {"host": "x"}, "dataMapping": []}' >mqtt.json
  printf '{"host": "127.0.0.1", "mapping": []}' >request.json
  start_platform
  start_units
  connector_files
  reference_main '[{"type":"mqtt","name":"M","configuration":"mqtt.json"},
    {"type":"custom","name":"Own","class":"MyConnector","configuration":"mqtt.json"},
    {"type":"modbus","name":"Modbus Connector","configuration":"modbus.json"}]'
  run -78 timeout 20 tbgw-run tb_gateway.json
  assert_line --partial "M: there is no program 'tbgw-mqtt' (--skip-missing leaves the pipeline out)"
  assert_line --partial "connectors[1].class: 'MyConnector' is a class in Python"
  jq 'del(.connectors[1])' tb_gateway.json >main.json
  start_gateway --skip-missing main.json
  wait_for gateway.err "M: there is no program 'tbgw-mqtt': left out"
  wait_for platform.log '"kind":"telemetry".*"Meter"' 30
  stop_gateway
}

@test "the printed script gives the same records as tbgw-run" {
  jq -nc 'range(300) | {deviceName: "D\(. % 7)", telemetry: [{ts: (1790000000000 + .), values: {v: .}}]}' \
    >capture.ndjson
  jq -nc 'range(300) | {ts: (1790000000000 + .), source: "serial", port: "p", device: "S",
    data: "\(.)\r\n"}' >raw.ndjson
  printf '{"devices":[{"port":"p","deviceName":"S","telemetry":[{"key":"n","type":"int","untilDelimiter":"\\r"}]}]}' \
    >map.json
  start_platform
  gateway_toml <<END
[[pipeline]]
name = "first one"
restart = "on-failure"
command = ["tbgw-replay", "--speed", "max", "capture.ndjson"]
filters = [["jq", "--unbuffered", "-c", "."]]
[[pipeline]]
name = "it's raw"
restart = "on-failure"
command = ["tbgw-replay", "--speed", "max", "raw.ndjson"]
map = "map.json"
END
  start_gateway gateway.toml
  wait_count platform.log '"kind":"telemetry"' 600 40
  stop_gateway
  telemetry >by_run
  assert_equal "$(wc -l <by_run)" 600
  : >platform.log
  rm -rf "$T/state"
  run -0 --separate-stderr tbgw-run print gateway.toml
  printf '%s\n' "$output" >gateway.sh
  background script setsid bash gateway.sh
  wait_count platform.log '"kind":"telemetry"' 600 40
  kill -TERM "$pid_script"
  assert_ends script 0
  telemetry >by_script
  run -0 diff by_run by_script
}

# What the platform stored, in an order of its own.
telemetry() { log 'select(.kind == "telemetry") | [.device, .ts, .values]' | sort -u; }
