#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-push --dry-run: what would be sent, without a server and without credentials.

load ../support/common

setup() { common_setup; }
teardown() { common_teardown; }

@test "topic TAB payload, each record by itself, in order" {
  run -0 --separate-stderr tbgw-push --dry-run <<'END'
{"deviceName":"A","deviceType":"pump","attributes":[{"SN":"7"}],"telemetry":[{"ts":1,"values":{"h":48}}]}
{"deviceName":"A","attributes":[{"SN":"7"}],"telemetry":[{"ts":2,"values":{"h":49}}]}
{"telemetry":[{"ts":3,"values":{"load":0.5}}]}
{"event":"connect","device":"B","sharedKeys":["k"]}
{"event":"disconnect","device":"A"}
{"event":"rpc-reply","device":"B","id":0,"data":{"success":true}}
{"event":"claim","device":"B","secretKey":"s"}
{"_n":5}
END
  assert_equal "$stderr" ""
  assert_output - <<'END'
v1/gateway/connect	{"device":"A","type":"pump"}
v1/gateway/attributes	{"A":{"SN":"7"}}
v1/gateway/telemetry	{"A":[{"ts":1,"values":{"h":48}}]}
v1/gateway/attributes	{"A":{"SN":"7"}}
v1/gateway/telemetry	{"A":[{"ts":2,"values":{"h":49}}]}
v1/devices/me/telemetry	[{"ts":3,"values":{"load":0.5}}]
v1/gateway/connect	{"device":"B","type":"default"}
v1/gateway/attributes/request	{"id":1,"device":"B","client":false,"keys":["k"]}
v1/gateway/disconnect	{"device":"A"}
v1/gateway/rpc	{"device":"B","id":0,"data":{"success":true}}
v1/gateway/claim	{"B":{"secretKey":"s"}}
END
}

@test "every accepted shape of a reading" {
  run -0 tbgw-push --dry-run <<'END'
{"_t":9,"deviceName":"A","telemetry":{"a":1},"attributes":{"b":2}}
{"_t":9,"deviceName":"A","telemetry":[{"a":1},{"ts":8,"values":{"c":3}}]}
END
  assert_output - <<'END'
v1/gateway/connect	{"device":"A","type":"default"}
v1/gateway/attributes	{"A":{"b":2}}
v1/gateway/telemetry	{"A":[{"ts":9,"values":{"a":1}}]}
v1/gateway/telemetry	{"A":[{"ts":9,"values":{"a":1}},{"ts":8,"values":{"c":3}}]}
END
}

@test "rejected records are told, kept and make the status 65" {
  run -65 --separate-stderr tbgw-push --dry-run --rejects "$T/rejects" <<'END'
{"deviceName":" ","telemetry":{"a":1}}
{"_t":1,"telemetry":{"a":2}}
END
  assert_output 'v1/devices/me/telemetry	[{"ts":1,"values":{"a":2}}]'
  assert_equal "$stderr" "tbgw-push: stdin:1: deviceName is blank"
  assert_equal "$(cat "$T/rejects")" '{"deviceName":" ","telemetry":{"a":1}}'
}

@test "a text that the platform makes another number of is told once, and sent as it is" {
  run -0 --separate-stderr tbgw-push --dry-run <<'END'
{"deviceName":"D","attributes":[{"SN":"00123","plain":"123","name":"x1"}]}
{"deviceName":"D","attributes":[{"SN":"00124"}],"telemetry":[{"ts":5,"values":{"v":"1.50"}}]}
END
  assert_line 'v1/gateway/attributes	{"D":{"SN":"00123","plain":"123","name":"x1"}}'
  assert_equal "$stderr" "\
tbgw-push: 'SN': ThingsBoard stores the text '00123' as a number, which looks otherwise there
tbgw-push: 'v': ThingsBoard stores the text '1.50' as a number, which looks otherwise there"
}

@test "the size limit splits what is too large, between keys" {
  local long
  long=x$(printf '%0600d' 0)
  run -0 tbgw-push --dry-run --max-payload 1K <<END
{"telemetry":[{"ts":1,"values":{"a":"$long","b":"$long"}}]}
END
  assert_output - <<END
v1/devices/me/telemetry	[{"ts":1,"values":{"a":"$long"}}]
v1/devices/me/telemetry	[{"ts":1,"values":{"b":"$long"}}]
END
}

@test "it writes at once, and a reader that leaves ends it" {
  mkfifo "$T/in"
  STDIN="rw:$T/in" background dry tbgw-push --dry-run
  echo '{"_t":1,"telemetry":{"a":1}}' >"$T/in"
  wait_for "$T/dry.out" '"a":1'
  run -0 bash -c 'yes "{\"telemetry\":{\"a\":1}}" | { tbgw-push --dry-run; echo $? >"$0"; } | head -n 1 >/dev/null; cat "$0"' "$T/status"
  assert_output 141
}
