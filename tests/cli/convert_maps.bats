#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Maps for messages: what --check says of them, the schema for editors, report strategies by the
# clock, and several readings of one record behind a spool.
load ../support/common

setup() { common_setup; }
teardown() { common_teardown; }

SCHEMA=$BATS_TEST_DIRNAME/../../scripts/examples/tbgw-map.schema.json

# valid FILE: the schema takes it.
valid() {
  /usr/bin/python3 - "$SCHEMA" "$1" <<'END'
import json, sys
import jsonschema
with open(sys.argv[1]) as schema, open(sys.argv[2]) as instance:
    checker = jsonschema.validators.validator_for(json.load(schema))
    schema.seek(0)
    sys.exit(0 if checker(json.load(schema)).is_valid(json.load(instance)) else 1)
END
}

@test "the schema takes what --check takes, and refuses what --check refuses" {
  cd "$T"
  cat >good1 <<'END'
{"$schema": "x", "_note": "n", "reportStrategy": {"type": "ON_CHANGE"}, "deadband": "2%",
 "maps": [{"topic": "a/+", "deviceName": "${id}", "telemetry": "*"}]}
END
  cat >good2 <<'END'
{"maps": [{"decode": "bytes", "hexText": true, "deviceName": "D", "ts": "[0:4]", "attributes": [
  {"key": "a", "at": -2, "type": "i16", "byteOrder": "little", "bits": "4-7", "scale": 0.1,
   "offset": -40, "round": 1, "min": 0, "max": 9, "clamp": true, "invalid": [255],
   "names": {"1": "on"}, "bitNames": {"3": "x"}, "deadband": 0.5}]}]}
END
  cat >good3 <<'END'
{"maps": [{"decode": "csv", "columns": ["a"], "separator": ";", "source": "ftp", "address": "*.csv",
  "filter": "a > 1", "deviceNameFromAddress": "^[^.]+", "telemetry": [{"key": "a", "type": "int"}]}]}
END
  cat >good4 <<'END'
{"maps": [{"matches": "^T=", "length": 9, "decode": "pairs", "reportStrategy":
  {"type": "ON_REPORT_PERIOD", "aggregationFunction": "avg"}, "telemetry": "*"}]}
END
  cat >good5 <<'END'
{"maps": [{"telemetry": "*"}], "attributeUpdates": [{"attribute": "a", "topic": "t/${deviceName}",
  "send": "${value}", "encoding": "latin-1", "members": {"qos": 1}}], "serverSideRpc": [
  {"methodFilter": "get.*", "device": "D", "type": "i16", "scale": 0.1, "before": "06", "timeout": "1s",
   "answer": {"at": 1, "type": "u8"}}]}
END
  echo '{"maps": [{"telemetry": "*"}], "attributeUpdates": [{"attribute": "a", "method": "m"}]}' >bad9
  echo '{"maps": [{"telemetry": "*"}], "serverSideRpc": [{"send": "x"}]}' >bad10
  echo '{"maps": [{"telemetry": "*"}], "serverSideRpc": [{"method": "m", "before": "xy"}]}' >bad11
  echo '{"maps": []}' >bad1
  echo '{"maps": [{"telemetry": "*", "tipic": "a"}]}' >bad2
  echo '{"maps": [{"telemetry": [{"value": "a"}]}]}' >bad3
  echo '{"maps": [{"telemetry": "*", "decode": "xml"}]}' >bad4
  echo '{"maps": [{"deviceName": "D"}]}' >bad5
  echo '{"maps": [{"telemetry": [{"key": "a", "at": 0, "round": 99}]}]}' >bad6
  echo '{"maps": [{"telemetry": "*", "reportStrategy": {"type": "ON_REPORT_PERIOD", "aggregationFunction": "median"}}]}' >bad7
  echo '{"maps": [{"telemetry": "*", "length": "9"}]}' >bad8
  for file in good*; do
    tbgw-convert --check "$file" || fail "--check refuses $file"
    valid "$file" || fail "the schema refuses $file"
  done
  for file in bad*; do
    run -78 tbgw-convert --check "$file"
    ! valid "$file" || fail "the schema takes $file"
  done
}

@test "a held back value comes by the clock, with its own stamp, and only once" {
  cat >"$T/map.json" <<'END'
{"maps": [{"deviceName": "D", "reportStrategy": {"type": "ON_REPORT_PERIOD", "reportPeriod": 300},
           "telemetry": "*"}]}
END
  mkfifo "$T/in"
  STDIN=rw:$T/in background convert tbgw-convert "$T/map.json"
  printf '{"ts":1000,"data":"{\\"a\\":1}"}\n{"ts":1001,"data":"{\\"a\\":2}"}\n' >"$T/in"
  wait_count "$T/convert.out" '"a":' 2
  kill "$pid_convert"
  assert_ends convert 0
  run cat "$T/convert.out"
  assert_output '{"deviceName":"D","deviceType":"default","telemetry":[{"ts":1000,"values":{"a":1}}]}
{"deviceName":"D","deviceType":"default","telemetry":[{"ts":1001,"values":{"a":2}}]}'
}

@test "each numbered line comes out with its number once, whatever becomes of it" {
  cat >"$T/map.json" <<'END'
{"maps": [{"deviceName": "${id}", "telemetry": [{"key": "v", "type": "int"}]}]}
END
  printf '%s\n' '{"_n":1,"ts":1,"data":"[{\"id\":\"a\",\"v\":1},{\"id\":\"b\",\"v\":2}]"}' \
    '{"_n":2,"ts":1,"data":"[]"}' '{"_n":3,"ts":1,"data":"no json"}' >"$T/in"
  run --separate-stderr -65 tbgw-convert "$T/map.json" "$T/in"
  assert_output '{"deviceName":"a","deviceType":"default","telemetry":[{"ts":1,"values":{"v":1}}]}
{"_n":1,"deviceName":"b","deviceType":"default","telemetry":[{"ts":1,"values":{"v":2}}]}
{"_n":2}
{"_n":3}'
  assert_equal "$stderr" "tbgw-convert: $T/in:3: not valid JSON"
}
