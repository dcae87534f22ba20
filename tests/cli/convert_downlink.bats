#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-convert --downlink: attribute updates and calls become commands, a call that cannot be made
# is answered at once, and what belongs to others passes.
load ../support/common

setup() {
  common_setup
  cat >"$T/map.json" <<'END'
{"devices":[{"name":"CustomSerialDevice1","type":"default","port":"/dev/ttyUSB0",
  "attributeUpdates":[{"attributeOnThingsBoard":"attr1","stringToDevice":"value = ${attr1}\n"}],
  "serverSideRpc":[
    {"method":"setValue","type":"int","withResponse":true,"responseType":"string",
     "responseUntilDelimiter":"\r","responseTimeoutSec":5},
    {"method":"setLevel","type":"float"},
    {"method":"getValue","type":"string","withResponse":false}]}]}
END
}
teardown() { common_teardown; }

# down LINE...: through --downlink with the map above.
down() { printf '%s\n' "$@" | tbgw-convert --downlink "$T/map.json"; }

rpc() { printf '{"event":"rpc","device":"%s","data":{"id":1,"method":"%s","params":%s}}' "$@"; }

@test "the documented attribute update gives the documented bytes" {
  run --separate-stderr down '{"event":"attributes","device":"CustomSerialDevice1","data":{"attr1":25}}'
  assert_success
  assert_output '{"device":"CustomSerialDevice1","send":"value = 25\n"}'
  assert_equal "$stderr" ""
}

@test "values go into the text as JSON writes them, with --compat as Python does" {
  event='{"event":"attributes","device":"CustomSerialDevice1","data":{"attr1":true}}'
  assert_equal "$(down "$event" | jq -r .send)" "value = true"
  assert_equal "$(tbgw-convert --compat --downlink "$T/map.json" <<<"$event" | jq -r .send)" "value = True"
}

@test "a call with a response says how long to wait for it" {
  run --separate-stderr down "$(rpc CustomSerialDevice1 setValue 25)"
  assert_success
  assert_output '{"device":"CustomSerialDevice1","send":"19","encoding":"hex","rpc":{"id":1,"method":"setValue"},"answer":{"timeout":5000}}'
  assert_equal "$stderr" ""
}

@test "a call without a response is a command and no more" {
  run --separate-stderr down "$(rpc CustomSerialDevice1 getValue '"now?\n"')"
  assert_success
  assert_output '{"device":"CustomSerialDevice1","send":"now?\n","rpc":{"id":1,"method":"getValue"}}'
}

@test "numbers become the bytes the reference makes, and zero is one" {
  for pair in 1:01 255:ff 256:0100 0:00 -2:fe; do
    assert_equal "$(down "$(rpc CustomSerialDevice1 setValue "${pair%:*}")" | jq -r .send)" "${pair#*:}"
  done
  assert_equal "$(down "$(rpc CustomSerialDevice1 setLevel 1.5)" | jq -r .send)" 3fc00000
  assert_equal "$(down "$(rpc CustomSerialDevice1 setLevel 0.1)" | jq -r .send)" 3fb999999999999a
}

@test "a call that cannot be made is answered on the same stream" {
  run --separate-stderr down "$(rpc CustomSerialDevice1 fly 1)" "$(rpc Stranger setValue 1)" \
    "$(rpc CustomSerialDevice1 setValue '"much"')" "$(rpc CustomSerialDevice1 getValue null)"
  assert_success
  assert_line --index 0 "{\"event\":\"rpc-reply\",\"device\":\"CustomSerialDevice1\",\"id\":1,\"data\":{\"error\":\"Method not found: 'fly'; the map has 'setValue', 'setLevel', 'getValue'\"}}"
  assert_line --index 1 "{\"event\":\"rpc-reply\",\"device\":\"Stranger\",\"id\":1,\"data\":{\"error\":\"no rule for the device 'Stranger'; the map has 'CustomSerialDevice1' (port '/dev/ttyUSB0')\"}}"
  assert_equal "$(jq -r .data.error <<<"${lines[2]}")" "params must be a whole number of at most 64 bits, is '\"much\"'"
  assert_equal "$(jq -r .data.error <<<"${lines[3]}")" "No data to send"
  assert_equal "$stderr" ""
}

@test "attributes without a command are counted and told only to who asks" {
  events='{"event":"attributes","device":"CustomSerialDevice1","data":{"colour":1}}
{"event":"attributes","device":"CustomSerialDevice1","deleted":["attr1"]}'
  run --separate-stderr tbgw-convert --downlink "$T/map.json" <<<"$events"
  assert_success
  assert_equal "$output$stderr" ""
  run --separate-stderr tbgw-convert -v --downlink "$T/map.json" <<<"$events"
  assert_success
  assert_equal "$stderr" "tbgw-convert: stdin:1: no attributeUpdates for 'colour' of 'CustomSerialDevice1'
tbgw-convert: stdin:2: deleted attributes have no command: [\"attr1\"]"
}

@test "what is not for these devices passes byte for byte" {
  cat >"$T/in" <<'END'
{"event":"platform-up"}
{"event":"attributes", "data":{"own":1}}
{"event":"rpc","data":{"id":1,"method":"gateway_ping","params":{}}}
{"event":"device-renamed","device":"CustomSerialDevice1","from":"a","to":"b"}
{"event":"attributes-response","device":"CustomSerialDevice1","id":7,"data":{"a":1}}
{"device":"Other","send":"x"}
END
  tbgw-convert --downlink "$T/map.json" "$T/in" >"$T/out"
  cmp "$T/in" "$T/out"
}

@test "with several devices a command names the port, for a connector that knows no devices" {
  cat >"$T/two.json" <<'END'
{"devices":[{"name":"A","port":"/dev/a","serverSideRpc":[{"method":"m"}]},{"name":"B","port":"/dev/b"}]}
END
  run --separate-stderr tbgw-convert --downlink "$T/two.json" <<<"$(rpc A m '"x"')"
  assert_output '{"device":"A","port":"/dev/a","send":"x","rpc":{"id":1,"method":"m"}}'
}

@test "broken events are rejected with line number and reason, 65" {
  run --separate-stderr -65 down '{"event":"rpc","device":"D","data":{"method":"m"}}' '{"event":"rpc"' ''
  assert_output ""
  assert_equal "$stderr" "tbgw-convert: stdin:1: data: an rpc must have an id
tbgw-convert: stdin:2: not valid JSON: it ends too early
tbgw-convert: stdin:3: an empty line"
}

@test "a command comes out at once, not when a block is full" {
  mkfifo "$T/in"
  STDIN="rw:$T/in" background down tbgw-convert --downlink --ready-fd 2 "$T/map.json"
  wait_for "$T/down.err" '^$'
  echo '{"event":"attributes","device":"CustomSerialDevice1","data":{"attr1":1}}' >"$T/in"
  wait_for "$T/down.out" 'value = 1'
  kill -TERM "$pid_down"
  assert_ends down 0
}

@test "--explain tells the way down, too" {
  run --separate-stderr tbgw-convert --explain --downlink "$T/map.json" \
    <<<'{"event":"attributes","device":"CustomSerialDevice1","data":{"attr1":25,"b":1}}'
  assert_success
  assert_output "stdin:1: event \"attributes\"
  note: no attributeUpdates for 'b' of 'CustomSerialDevice1'
  -> {\"device\":\"CustomSerialDevice1\",\"send\":\"value = 25\\n\"}"
}
