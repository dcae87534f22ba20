#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-modbus with the reference gateway's files: readings, attribute updates, RPCs, health.

load ../support/common
load ../support/modbus

setup() { common_setup; }
teardown() { common_teardown; }

# start_tool: polling $T/modbus.json, commands through fd 9.
start_tool() {
  mkfifo "$T/down"
  exec 9<>"$T/down"
  STDIN="$T/down" background tool tbgw-modbus "$T/modbus.json" 9>&-
  wait_for "$T/tool.out" '"event":"connect"'
}

rpc() { printf '{"event":"rpc","device":"%s","data":{"id":%d,"method":"%s","params":%s}}\n' "$@" >&9; }
reply() { wait_for "$T/tool.out" "^\{\"event\":\"rpc-reply\".*\"id\":$1,"; grep -E "\"rpc-reply\".*\"id\":$1," "$T/tool.out"; }

# The file that the reference is shipped with, its ports apart.
shipped() {
  cat <<END
{"master": {"slaves": [{
  "host": "127.0.0.1", "port": $UNITS_PORT, "type": "tcp", "method": "socket", "unitId": 1,
  "deviceName": "Demo Device", "deviceType": "default", "timeout": 35, "byteOrder": "BIG",
  "wordOrder": "LITTLE", "retries": 3, "retryOnEmpty": true, "retryOnInvalid": true,
  "pollPeriod": 200, "connectAttemptTimeMs": 5000, "connectAttemptCount": 5,
  "waitAfterFailedAttemptsMs": 300000,
  "attributes": [
    {"tag": "power", "type": "16int", "functionCode": 3, "objectsCount": 1, "address": 2, "divider": 10},
    {"tag": "frequency", "type": "16int", "functionCode": 3, "objectsCount": 1, "address": 3, "divider": 10}],
  "timeseries": [
    {"tag": "temperature", "type": "16int", "address": 0, "objectsCount": 1, "functionCode": 3, "divider": 10},
    {"tag": "humidity", "type": "16int", "address": 1, "objectsCount": 1, "functionCode": 3, "divider": 10},
    {"tag": "relay", "type": "bits", "address": 1, "objectsCount": 1, "functionCode": 1, "bitTargetType": "bool"}],
  "attributeUpdates": [
    {"tag": "relay", "type": "bits", "address": 1, "objectsCount": 1, "functionCode": 5, "bitTargetType": "bool"}],
  "rpc": [
    {"tag": "setRelay", "type": "bits", "address": 1, "objectsCount": 1, "functionCode": 5, "bitTargetType": "bool"},
    {"tag": "getRelay", "type": "bits", "address": 1, "objectsCount": 1, "functionCode": 1, "bitTargetType": "bool"}]
}]}}
END
}

@test "the shipped file: readings, attribute update, both RPCs, reserved get and set" {
  start_units
  shipped >"$T/modbus.json"
  start_tool
  assert_equal "$(head -1 "$T/tool.out")" \
    '{"event":"connect","device":"Demo Device","deviceType":"default","sharedKeys":["relay"]}'
  wait_for "$T/tool.out" '^\{"deviceName":"Demo Device","deviceType":"default","attributes":\[\{"power":411.0,"frequency":411.7\}\],"telemetry":\[\{"ts":[0-9]+,"values":\{"temperature":409.6,"humidity":410.3\}\}\]\}$'
  wait_for "$T/tool.out" '"values":\{"relay":true\}'
  rpc "Demo Device" 1 setRelay false
  assert_equal "$(reply 1)" '{"event":"rpc-reply","device":"Demo Device","id":1,"data":{"result":{"value":false}}}'
  rpc "Demo Device" 2 getRelay null
  assert_equal "$(reply 2)" '{"event":"rpc-reply","device":"Demo Device","id":2,"data":{"result":{"value":false}}}'
  printf '{"event":"attributes","device":"Demo Device","data":{"relay":true}}\n' >&9
  wait_for "$T/units.log" '^1 5 1 65280$'
  rpc "Demo Device" 3 getRelay null
  reply 3 | grep -q '"value":true'
  rpc "Demo Device" 4 set '"value=-5;address=7;functionCode=6;type=16int"'
  reply 4 >/dev/null
  rpc "Demo Device" 5 get '"type=16int;functionCode=3;objectsCount=1;address=7;"'
  assert_equal "$(reply 5)" '{"event":"rpc-reply","device":"Demo Device","id":5,"data":{"result":{"value":-5}}}'
  kill -TERM "$pid_tool"
  assert_ends tool 0
  assert_equal "$(cat "$T/tool.err")" ""
  exec 9>&-
}

@test "what goes wrong with an RPC is its answer" {
  start_units --hole 500
  shipped >"$T/modbus.json"
  start_tool
  rpc "Demo Device" 1 get '"type=16int;functionCode=3;objectsCount=1;address=500;"'
  assert_equal "$(reply 1)" '{"event":"rpc-reply","device":"Demo Device","id":1,"data":{"error":"illegal data address","exceptionCode":2}}'
  rpc "Demo Device" 2 set '"type=16int;functionCode=6;objectsCount=1;address=500;value=1;"'
  reply 2 | grep -q '"exceptionCode":2'
  rpc "Demo Device" 3 setRelais true
  reply 3 | grep -q "has no RPC 'setRelais' (did you mean 'setRelay'?)"
  rpc "Nobody" 4 getRelay null
  reply 4 | grep -q "no unit is called 'Nobody'"
  rpc "Demo Device" 5 set '"type=16int;functionCode=6;objectsCount=1;address=5;value=99999;"'
  reply 5 | grep -q '"error":".*99999'
  rpc "Demo Device" 6 get '"type=32flaot;functionCode=3;address=5;"'
  reply 6 | grep -q "32float"
  printf '{"event":"rpc","data":{"id":7,"method":"modbus_read","params":{"type":"16uint","functionCode":3,"address":3,"objectsCount":1}}}\n' >&9
  assert_equal "$(reply 7)" '{"event":"rpc-reply","id":7,"data":[{"result":{"value":4117},"device_name":"Demo Device"}]}'
  printf '{"event":"rpc","data":{"id":8,"method":"modbus_read","params":{"host":"127.0.0.1","port":%d,"method":"socket","unitId":9,"byteOrder":"BIG","type":"16uint","functionCode":3,"address":0,"objectsCount":1}}}\n' "$UNITS_PORT" >&9
  assert_equal "$(reply 8)" '{"event":"rpc-reply","id":8,"data":{"result":{"value":36864}}}'
  printf 'nonsense\n' >&9
  wait_for "$T/tool.err" '^tbgw-modbus: stdin:9: '
  kill -TERM "$pid_tool"
  assert_ends tool 65
  exec 9>&-
}

@test "an RPC to a unit that is dead is answered, and the update that failed is a fault" {
  start_units
  shipped | sed 's/"timeout": 35/"responseTimeout": 100, "timeout": 35/; s/"retries": 3/"retries": 0/' >"$T/modbus.json"
  start_tool
  echo 1 >"$T/dead"
  rpc "Demo Device" 1 getRelay null
  reply 1 | grep -qE '"error":"no answer within 1[0-9]{2} ms"'
  printf '{"event":"attributes","device":"Demo Device","data":{"relay":true}}\n' >&9
  wait_for "$T/tool.out" '"fault".*relay could not be written'
  kill -TERM "$pid_tool"
  assert_ends tool 0
  exec 9>&-
}

@test "the shipped serial file" {
  start_units --rtu "$T/line"
  cat >"$T/modbus.json" <<END
{"master": {"slaves": [{
  "type": "serial", "method": "rtu", "port": "$T/line", "baudrate": 9600, "timeout": 35, "stopbits": 1,
  "bytesize": 8, "byteOrder": "BIG", "wordOrder": "BIG", "retries": true, "retryOnEmpty": true,
  "retryOnInvalid": true, "pollPeriod": 500, "unitId": 1, "deviceName": "Modbus Temperature Sensor",
  "sendDataOnlyOnChange": false, "connectAttemptTimeMs": 5000, "connectAttemptCount": 5,
  "waitAfterFailedAttemptsMs": 300000,
  "attributes": [{"tag": "16int", "type": "16int", "functionCode": 4, "objectsCount": 2, "address": 3}],
  "timeseries": [
    {"tag": "temperature", "type": "16uint", "functionCode": 4, "objectsCount": 1, "address": 1},
    {"tag": "humidity", "type": "16uint", "functionCode": 4, "objectsCount": 1, "address": 2}],
  "attributeUpdates": [
    {"tag": "shared_attribute_write", "type": "32int", "functionCode": 6, "objectsCount": 2, "address": 29}],
  "rpc": [
    {"tag": "setValue", "type": "bits", "functionCode": 5, "objectsCount": 1, "address": 31},
    {"tag": "getValue", "type": "bits", "functionCode": 1, "objectsCount": 1, "address": 31}]}]}}
END
  start_tool
  wait_for "$T/tool.out" '"attributes":\[\{"16int":4117\}\],"telemetry":\[\{"ts":[0-9]+,"values":\{"temperature":4103,"humidity":4110\}\}\]'
  printf '{"event":"attributes","device":"Modbus Temperature Sensor","data":{"shared_attribute_write":-2}}\n' >&9
  # Both registers, which the reference's function code 6 would not do.
  wait_for "$T/units.log" '^1 16 29 2$'
  rpc "Modbus Temperature Sensor" 1 setValue true
  reply 1 >/dev/null
  rpc "Modbus Temperature Sensor" 2 getValue null
  reply 2 | grep -q '"value":true'
  kill -TERM "$pid_tool"
  assert_ends tool 0
  exec 9>&-
}

@test "TOML, a device type file for many units, a CSV list, a scale of another register" {
  start_units
  cat >"$T/meter.toml" <<'END'
order = "ABCD"
pollPeriod = "100ms"
[[timeseries]]
tag = "r1"
address = "hr:1"
type = "16uint"
[[timeseries]]
tag = "scaled"
address = "hr:2"
type = "16uint"
scaleFrom = "sf"
[[timeseries]]
tag = "sf"
address = "hr:900"
type = "16int"
hidden = true
END
  printf 'tag;register;type\nr7;40008;16uint\nr9;40010;16uint\n' >"$T/tags.csv"
  cat >"$T/plant.toml" <<END
[[master.slaves]]
host = "127.0.0.1"
port = $UNITS_PORT
unitId = "1-3"
deviceName = "d\${unitId}"
template = "meter.toml"
tagsFile = "tags.csv"
END
  for unit in 1 2 3; do tbgw-modbus "tcp:127.0.0.1:$UNITS_PORT/$unit" --write hr:900:16int=-2; done
  run -0 --separate-stderr tbgw-modbus "$T/plant.toml" --once
  assert_equal "$stderr" ""
  assert_equal "$(jq -rs 'map(select(.deviceName == "d3").telemetry[].values) | add | "\(.r1) \(.scaled) \(.r7) \(.r9) \(.sf)"' <<<"$output")" \
    "12295 123.02 12337 12351 null"
}

@test "report strategies of connector and tag" {
  start_units
  cat >"$T/modbus.json" <<END
{"reportStrategy": {"type": "ON_CHANGE"}, "master": {"slaves": [{"host": "127.0.0.1",
  "port": $UNITS_PORT, "unitId": 1, "deviceName": "d1", "pollPeriod": 50, "byteOrder": "BIG",
  "timeseries": [
   {"tag": "r0", "type": "16uint", "functionCode": 3, "address": 0},
   {"tag": "r1", "type": "16uint", "functionCode": 3, "address": 1, "reportStrategy": {"type": "ON_RECEIVED"}}]}]}}
END
  start_tool
  wait_count "$T/tool.out" '"r1"' 10
  assert_equal "$(grep -c '"r0"' "$T/tool.out")" 1
  run -0 tbgw-modbus "tcp:127.0.0.1:$UNITS_PORT/1" --write hr:0=5
  wait_for "$T/tool.out" '"r0":5'
  kill -TERM "$pid_tool"
  assert_ends tool 0
  assert_equal "$(grep -c '"r0"' "$T/tool.out")" 2
  exec 9>&-
}

@test "a unit dies and returns: disconnect, connect, no value between" {
  start_units
  cat >"$T/modbus.json" <<END
{"master": {"slaves": [{"host": "127.0.0.1", "port": $UNITS_PORT, "unitId": 1, "deviceName": "d1",
  "pollPeriod": 100, "responseTimeout": 100, "retries": 1, "byteOrder": "BIG", "timeseries": [
   {"tag": "r0", "type": "16uint", "functionCode": 3, "address": 0}]}]}}
END
  start_tool
  wait_count "$T/tool.out" '"r0"' 3
  echo 1 >"$T/dead"
  wait_for "$T/tool.out" '"event":"disconnect","device":"d1","reason":"no answer within 1[0-9][0-9] ms"'
  grep -q '"fault".*"device":"d1"' "$T/tool.out"
  rm "$T/dead"
  wait_count "$T/tool.out" '"event":"connect"' 2
  local after
  after=$(grep -c '"r0"' "$T/tool.out")
  wait_count "$T/tool.out" '"r0"' $((after + 2))
  # Between disconnect and connect there is nothing of the device but the fault.
  run sed -n '/"disconnect"/,/"connect"/{/"deviceName"/p}' "$T/tool.out"
  assert_output ""
  kill -TERM "$pid_tool"
  assert_ends tool 0
  exec 9>&-
}

@test "a reader that stops costs only readings, and is told how many" {
  start_units
  cat >"$T/modbus.json" <<END
{"master": {"slaves": [{"host": "127.0.0.1", "port": $UNITS_PORT, "unitId": 1, "deviceName": "d1",
  "pollPeriod": 10, "byteOrder": "BIG", "timeseries": [
   {"tag": "r0", "type": "bytes", "functionCode": 3, "address": 0, "objectsCount": 100}]}]}}
END
  mkfifo "$T/slow"
  exec 8<>"$T/slow"
  # shellcheck disable=SC2016 # for the inner shell
  background tool bash -c 'exec "$@" >"$0"' "$T/slow" tbgw-modbus "$T/modbus.json" --buffer 20K
  # Polls stop while nobody takes them.
  wait_until 20 bash -c "n=\$(wc -l <'$T/units.log'); read -rt 1 <> <(:); [ \$n -gt 50 -a \$n -eq \$(wc -l <'$T/units.log') ]"
  background reader cat "$T/slow"
  local before
  before=$(wc -l <"$T/units.log")
  wait_until 20 bash -c "[ \$(wc -l <'$T/units.log') -gt $((before + 20)) ]"
  kill -TERM "$pid_tool"
  assert_ends tool 0
  exec 8>&-
}

@test "mistakes in files are 78 with file and line; what the reference tolerates is tolerated" {
  printf '{\n "master": {"slaves": [\n  {"host": "h", "unitId": 300, "deviceName": "d", "pollPeriod": 1}]}}' >"$T/a.json"
  run -78 --separate-stderr tbgw-modbus "$T/a.json"
  assert_regex "$stderr" "^tbgw-modbus: $T/a.json:3: .*300"
  printf '[[master.slaves]]\nhost = "h"\nunitId = 1\ndeviceName = "d"\n[[master.slaves.timeseries]]\ntag = "a"\naddress = 70000\nfunctionCode = 3\ntype = "16int"\n' >"$T/b.toml"
  run -78 --separate-stderr tbgw-modbus "$T/b.toml"
  assert_regex "$stderr" "^tbgw-modbus: $T/b.toml:[0-9]+: .*70000"
  printf '{"slave": {"host": "127.0.0.1", "port": 5026, "deviceName": "s"}}' >"$T/c.json"
  run -78 --separate-stderr tbgw-modbus "$T/c.json"
  assert_regex "$stderr" "tbgw-modbus serve $T/c.json"
  run -66 --separate-stderr tbgw-modbus "$T"
  run -78 --separate-stderr tbgw-modbus serve "$T/a.json"
}
