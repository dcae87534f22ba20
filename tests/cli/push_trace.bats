#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-push --trace: every packet as a JSON line, without secrets.

load ../support/common
load ../support/push

setup() { common_setup; }
teardown() { common_teardown; }

READING='{"deviceName":"Pump","telemetry":[{"ts":1790000000000,"values":{"a":1}}]}'
packets() { jq -r '"\(.way) \(.packet)"' "$T/trace" | uniq; }

@test "a session from CONNECT to DISCONNECT, in both versions" {
  start_platform
  local protocol
  for protocol in 5 3.1.1; do
    rm -f "$T/trace"
    run -0 --separate-stderr push --protocol "$protocol" --trace "$T/trace" <<<"$READING"
    assert_equal "$stderr" ""
    assert_equal "$(jq -r .packet "$T/trace" | head -n 4 | tr '\n' ' ')" "CONNECT CONNACK SUBSCRIBE SUBACK "
    assert_equal "$(jq -r .packet "$T/trace" | tail -n 1)" DISCONNECT
    assert_equal "$(jq -c 'select(.packet == "CONNECT") | [.to, .port, .tls, .version, .user]' "$T/trace")" \
      "[\"127.0.0.1\",$PLATFORM_PORT,false,\"$protocol\",\"(hidden)\"]"
    assert_equal "$(jq -c 'select(.topic == "v1/gateway/telemetry") | [.way, .bytes, .payload]' "$T/trace")" \
      '["out",48,{"Pump":[{"ts":1790000000000,"values":{"a":1}}]}]'
    assert_equal "$(jq -c 'select(.packet == "PUBACK" and .reason == 0) | .id' "$T/trace" | sort -u)" \
      "$(jq -c 'select(.packet == "PUBLISH" and .way == "out") | .id' "$T/trace" | sort -u)"
    assert_equal "$(stat -c %a "$T/trace")" 600
  done
}

@test "to standard error with -, between other messages" {
  start_platform
  run -65 --separate-stderr push --trace - <<<"$READING
nonsense"
  grep -q '"packet":"CONNACK"' <<<"$stderr"
  grep -q '^tbgw-push: stdin:2: ' <<<"$stderr"
}

@test "no secret is in it: token, password, claim, provisioning" {
  start_platform --provision PROVISION-KEY PROVISION-SECRET
  run -0 push --trace "$T/trace" <<<'{"event":"claim","device":"Pump","secretKey":"CLAIM-SECRET","durationMs":60000}
{"deviceName":"Pump","attributes":{"note":"my token is test-token"}}'
  (umask 077 && echo '{"provisionDeviceKey":"PROVISION-KEY","provisionDeviceSecret":"PROVISION-SECRET"}' >"$T/provision.json")
  run -0 tbgw-push "$PLATFORM_URL" --provision "$T/provision.json" --trace "$T/trace" <<<"$READING"
  grep -q '"topic":"v1/gateway/claim".*"secretKey":"(hidden)","durationMs":60000' "$T/trace"
  grep -q 'my token is (hidden)' "$T/trace"
  grep -q '"topic":"/provision/response".*"credentialsValue":"(hidden)"' "$T/trace"
  run -1 grep -E 'test-token|CLAIM-SECRET|PROVISION-KEY|PROVISION-SECRET' "$T/trace"
  run -1 grep -qF "$(jq -r .credentialsValue "$XDG_STATE_HOME"/tbgw/*/credentials.json)" "$T/trace"
  # Every line is one JSON object still.
  assert_equal "$(jq -c 'type' "$T/trace" | sort -u)" '"object"'
}

@test "what the server says at the end is in it, and pings are" {
  start_platform
  mkfifo "$T/in"
  STDIN="rw:$T/in" start_push --trace "$T/trace" --keep-alive 5s
  wait_for "$T/trace" '"way":"out","packet":"PINGREQ"' 30
  wait_for "$T/trace" '"way":"in","packet":"PINGRESP"'
  platform evict
  wait_for "$T/trace" '"way":"in","packet":"DISCONNECT","reason":142'
}

@test "a trace that cannot be written is 73" {
  run -73 --separate-stderr tbgw-push mqtt://127.0.0.1:1 --trace "$T/absent/trace" </dev/null
  assert_regex "$stderr" "$T/absent/trace"
}

@test "--dry-run looks at the URL that it was given" {
  run -64 --separate-stderr tbgw-push --dry-run http://tb.example.com <<<"$READING"
  assert_output ""
  assert_regex "$stderr" "http"
  run -64 tbgw-push --dry-run mqtt://a mqtt://b:port <<<"$READING"
  run -0 --separate-stderr tbgw-push --dry-run mqtt://tb.example.com <<<"$READING"
  assert_equal "$stderr" ""
  assert_line --index 1 'v1/gateway/telemetry	{"Pump":[{"ts":1790000000000,"values":{"a":1}}]}'
}
