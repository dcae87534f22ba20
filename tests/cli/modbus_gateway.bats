#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# End to end: tbgw-modbus | tbgw-spool | tbgw-push, against the stand-in platform, both ways.

load ../support/common
load ../support/modbus

setup() { common_setup; }
teardown() { common_teardown; }

@test "readings reach the platform, its RPC writes a register; a unit dies and returns" {
  start_units
  start_platform
  printf '{"master":{"slaves":[{"host":"127.0.0.1","port":%d,"unitId":1,"deviceName":"d1","pollPeriod":200,
    "responseTimeout":100,"retries":1,"byteOrder":"BIG",
    "timeseries":[{"tag":"r0","type":"16uint","functionCode":3,"address":0}],
    "rpc":[{"tag":"setR5","type":"16uint","functionCode":6,"address":5}]}]}}' "$UNITS_PORT" >"$T/m.json"
  mkfifo "$T/down"
  # shellcheck disable=SC2016 # for the inner shell
  background gateway bash -o pipefail -c 'tbgw-modbus "$T/m.json" <>"$T/down" |
    tbgw-spool --min-free 0 "$T/q" |
    tbgw-push --token-file "$T/token" "$PLATFORM_URL" 1<>"$T/down"'
  wait_for "$T/platform.log" '"r0":4096'
  platform rpc d1 setR5 77
  wait_for "$T/units.log" '^1 6 5 77$'
  wait_for "$T/platform.log" '"result":\{"value":77\}'
  echo 1 >"$T/dead"
  wait_for "$T/platform.log" '"kind":"disconnect"'
  : >"$T/dead"
  wait_count "$T/platform.log" '"kind":"connect"' 2
  # shellcheck disable=SC2016 # for the inner shell
  wait_until 30 bash -c 'tail -n 1 "$T/platform.log" | grep -q "\"kind\":\"telemetry\""'
  # Between the two there is no value, neither arrived nor stamped then.
  jq -en '[inputs] | (map(select(.kind == "disconnect")) | first.at) as $gone
    | (map(select(.kind == "connect")) | last.at) as $back
    | [.[] | select(.kind == "telemetry" and
        ((.at > $gone and .at < $back) or (.ts > $gone and .ts < $back - 1000)))] | length == 0' \
    "$T/platform.log"
}
