#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-push: readings arrive exactly, once acknowledged are done, and survive lost connections.

export LONG=${TBGW_LONG:-${LONG:-}} # common.bash lets no TBGW_ variable through
load ../support/common
load ../support/push

setup() { common_setup; }
teardown() { common_teardown; }

@test "the documented reading arrives exactly" {
  start_platform
  cat >"$T/in" <<'END'
{"deviceName":"CustomSerialDevice1","deviceType":"pump","attributes":[{"SerialNumber":"SN 2430"}],"telemetry":[{"ts":1790000000123,"values":{"humidity":48,"unit":"%"}}]}
END
  run -0 --separate-stderr push <"$T/in"
  assert_equal "$stderr" ""
  assert_output '{"event":"platform-up"}'
  assert_equal "$(stored connect '[.device, .type]')" '["CustomSerialDevice1","pump"]'
  assert_equal "$(stored attributes '[.device, .values]')" \
    '["CustomSerialDevice1",{"SerialNumber":"SN 2430"}]'
  assert_equal "$(stored telemetry '[.device, .ts, .values]')" \
    '["CustomSerialDevice1",1790000000123,{"humidity":48,"unit":"%"}]'
  assert_equal "$(stored refused .)" ""
}

@test "values keep their types on the way" {
  start_platform
  cat >"$T/in" <<'END'
{"deviceName":"D","telemetry":[{"ts":1,"values":{"i":5,"f":21.50,"b":true,"s":"x\"y\u00e4","j":{"a":[1,null]},"n":null,"e":1.2345678901234567e-05,"big":18446744073709551616}}]}
END
  run -0 --separate-stderr push <"$T/in"
  assert_equal "$stderr" ""
  assert_equal "$(stored telemetry .values)" \
    '{"i":5,"f":21.5,"b":true,"s":"x\"yä","j":{"a":[1,null]},"e":1.23456789012e-05,"big":18446744073709552000}'
}

@test "data without a device are the gateway's own; without a time they get ours" {
  start_platform
  local before=$EPOCHSECONDS
  run -0 push <<<'{"telemetry":{"load":0.5},"attributes":{"site":"north"}}'
  assert_equal "$(stored attributes '[.device, .values]')" '[null,{"site":"north"}]'
  assert_equal "$(stored telemetry '[.device, .values]')" '[null,{"load":0.5}]'
  local ts
  ts=$(stored telemetry .ts)
  [ "$ts" -ge "${before}000" ]
  [ "$ts" -le "$(date +%s)999" ]
}

for_each_version() {
  local version
  for version in 5 3.1.1; do
    echo "--- MQTT $version"
    : >"$T/platform.log"
    "$1" "$version"
  done
}

ten_thousand() {
  readings 7 1 10000 >"$T/in"
  run -0 --separate-stderr push --protocol "$1" <"$T/in"
  assert_equal "$stderr" ""
  assert_equal "$(stored session .protocol | sort -u)" "$([ "$1" = 5 ] && echo 5 || echo 4)"
  arrived_in_order 7 1 10000
  assert_equal "$(stored telemetry .values.n | wc -l)" 10000
  assert_equal "$(stored refused .)" ""
}
@test "MQTT 5 and 3.1.1: every record once, in order per device" {
  start_platform
  for_each_version ten_thousand
}

@test "a server that speaks 3.1.1 only is found out by itself" {
  start_platform --mqtt5 no
  run -0 --separate-stderr push -v <<<'{"telemetry":{"a":1}}'
  assert_regex "$stderr" 'connected to .* \(MQTT 3\.1\.1\)'
  assert_equal "$(stored telemetry .values)" '{"a":1}'
}

@test "records of a device share messages up to the size the platform takes" {
  start_platform --log-messages --max-payload 4096
  readings 2 1 2000 >"$T/in"
  run -0 --separate-stderr push --max-payload 4096 <"$T/in"
  assert_equal "$stderr" ""
  arrived_in_order 2 1 2000
  assert_equal "$(stored refused .)" ""
  local messages
  messages=$(stored message 'select(.topic == "v1/gateway/telemetry") | .topic' | wc -l)
  [ "$messages" -ge 20 ]
  [ "$messages" -le 60 ]
}

@test "a connection that is dropped in the middle of 50 000 records loses and reorders nothing" {
  start_platform --ack-delay 5
  mkfifo "$T/in"
  STDIN=$T/in start_push --linger 1ms
  {
    readings 5 1 10000
    wait_for "$T/platform.log" '"n":5000' 60
    platform drop
    readings 5 10001 30000
    wait_for "$T/platform.log" '"n":20000' 60
    platform drop
    readings 5 30001 50000
  } >"$T/in"
  assert_ends push 0 120
  arrived_in_order 5 1 50000
  assert_equal "$(stored refused .)" ""
  [ "$(stored session 'select(.state == "open")' | wc -l)" -ge 3 ]
  # What was announced once is announced again on each connection.
  [ "$(stored connect 'select(.device == "D1")' | wc -l)" -ge 3 ]
}

@test "the connection is cut for seconds in the middle of 200 000 records" { # TBGW_LONG=1: for ten
  start_platform
  mkfifo "$T/in"
  STDIN=$T/in start_push
  {
    readings 20 1 100000
    wait_for "$T/platform.log" '"n":50000' 60
    platform down "$([ -n "$LONG" ] && echo 10 || echo 2)"
    readings 20 100001 200000
  } >"$T/in"
  assert_ends push 0 240
  arrived_in_order 20 1 200000
  assert_equal "$(grep -c 'trying again' "$T/push.err")" 1
  assert_equal "$(grep -c 'connected to .* after' "$T/push.err")" 1
  assert_equal "$(wc -l <"$T/push.err")" 2
}

@test "a platform that stops acknowledging is left and the records go again" {
  start_platform
  mkfifo "$T/in"
  STDIN=$T/in start_push --ack-timeout 1s
  {
    readings 1 1 10
    wait_for "$T/platform.log" '"n":10'
    platform mute
    wait_for "$T/platform.log" '"kind":"command","at":[0-9]*,"command":"mute"'
    readings 1 11 20
    wait_for "$T/push.err" 'no acknowledgement within 1s'
    platform unmute
  } >"$T/in"
  assert_ends push 0 60
  arrived_in_order 1 1 20
}

@test "a broker that cannot be reached is said once and waited for" {
  start_platform
  platform down
  wait_for "$T/platform.log" '"command":"down"'
  readings 1 1 100 >"$T/in"
  STDIN=$T/in start_push
  wait_for "$T/push.err" 'cannot connect to mqtt://127\.0\.0\.1:[0-9]+: Connection refused; trying again'
  # Several more attempts happen in this time, and none of them says a word.
  STDIN=/dev/null background pause sleep 2
  wait "$pid_pause"
  assert_equal "$(wc -l <"$T/push.err")" 1
  platform up
  assert_ends push 0 60
  arrived_in_order 1 1 100
  assert_equal "$(grep -c 'connected to .* after' "$T/push.err")" 1
  assert_equal "$(wc -l <"$T/push.err")" 2
}

@test "a name that does not resolve is waited for too" {
  mkfifo "$T/in"
  STDIN="rw:$T/in" background push tbgw-push mqtt://no-such-host.invalid
  wait_for "$T/push.err" 'cannot look up no-such-host\.invalid: .*; trying again' 60
  kill -TERM "$pid_push"
  assert_ends push 0 60
}

@test "a backlog is bounded: then stdin is not read any more and the writer waits" {
  start_platform
  platform down
  wait_for "$T/platform.log" '"command":"down"'
  mkfifo "$T/in"
  STDIN=$T/in start_push
  # 60 000 records of 400 bytes are 24 MB: more than 16 MiB can hold.
  (
    readings 50 1 60000 | sed "s/}}]}\$/,\"pad\":\"$(printf 'x%.0s' {1..330})\"&/" |
      tee "$T/written" >"$T/in"
    echo "done" >"$T/writer"
  ) 3>&- &
  PIDS+=("$!")
  wait_until 60 _stalled
  [ ! -e "$T/writer" ]
  local rss
  rss=$(awk '/^VmHWM/ {print $2}' "/proc/$pid_push/status")
  echo "peak resident set: $rss KiB"
  sanitized || [ "$rss" -le $((16 * 1024)) ]
  platform up
  assert_ends push 0 120
  [ -e "$T/writer" ]
  arrived_in_order 50 1 60000
}
sanitized() { ldd "$(command -v tbgw-push)" | grep -q libasan; }
# The writer's file has not grown for a while.
_stalled() {
  local size
  size=$(stat -c %s "$T/written" 2>/dev/null || echo 0)
  [ "$size" -gt 1000000 ] && [ "$size" = "${last_size:-}" ] && ((++still >= 10)) && return 0
  [ "$size" = "${last_size:-}" ] || still=0
  last_size=$size
  return 1
}
