#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-push: what it knows of the devices after a restart.

load ../support/common
load ../support/push

setup() { common_setup; }
teardown() { common_teardown; }

READING='{"telemetry":{"a":1}}'
folders() { find "$1" -mindepth 1 -maxdepth 1 -type d; }
journal() { cat "$XDG_STATE_HOME"/tbgw/*/devices.ndjson; }

@test "after a kill -9 and a restart the way down leads to devices that say nothing" {
  start_platform
  mkfifo "$T/in"
  platform attributes Pump '{"limit":7}'
  local protocol
  for protocol in 5 3.1.1; do
    STDIN="rw:$T/in" start_push --protocol "$protocol"
    echo '{"event":"connect","device":"Pump","deviceType":"pump","sharedKeys":["limit"]}' >"$T/in"
    echo '{"deviceName":"Fan","deviceType":"fan","telemetry":{"a":1}}' >"$T/in"
    wait_for "$T/platform.log" '"kind":"telemetry".*"device":"Fan"'
    wait_for "$T/push.out" '"device":"Pump","data":{"limit":7}'
    kill -KILL "$pid_push"
    assert_ends push 137
    : >"$T/platform.log"
    STDIN="rw:$T/in" start_push --protocol "$protocol"
    wait_for "$T/platform.log" '"kind":"connect".*"device":"Pump","type":"pump"'
    wait_for "$T/platform.log" '"kind":"connect".*"device":"Fan","type":"fan"'
    # Its shared attributes are asked for, and told to whoever has just been started as well.
    wait_for "$T/push.out" '"device":"Pump","data":{"limit":7}'
    platform attributes Pump '{"limit":8}'
    wait_for "$T/push.out" '"device":"Pump","data":{"limit":8}'
    platform rpc Pump stop '"now"'
    wait_for "$T/push.out" '"event":"rpc","device":"Pump","data":{"id":[0-9]+,"method":"stop","params":"now"}'
    platform rpc Fan stop
    wait_for "$T/push.out" '"event":"rpc","device":"Fan"'
    platform attributes Pump '{"limit":7}'
    kill -TERM "$pid_push"
    assert_ends push 0
  done
  assert_equal "$(stored refused .)" ""
}

@test "a device that went is not announced after a restart" {
  start_platform
  run -0 push <<<'{"event":"connect","device":"Pump","deviceType":"pump"}
{"event":"connect","device":"Fan","deviceType":"fan"}
{"event":"disconnect","device":"Pump"}'
  : >"$T/platform.log"
  run -0 push <<<"$READING"
  # What one run says comes after all that it announces.
  mkfifo "$T/in"
  STDIN="rw:$T/in" start_push
  wait_for "$T/platform.log" '"kind":"connect".*"device":"Fan"'
  echo "$READING" >"$T/in"
  wait_count "$T/platform.log" '"kind":"telemetry"' 2
  run -1 grep '"device":"Pump"' "$T/platform.log"
}

@test "what is kept is on the disk before the spool hears that the event is done" {
  start_platform
  mkfifo "$T/in" "$T/ack"
  exec 8<>"$T/ack"
  STDIN="rw:$T/in" start_push
  printf '{"spool":1,"run":"00112233aabbccdd","ack":"%s"}\n' "$T/ack" >"$T/in"
  echo '{"_n":1,"event":"connect","device":"Pump","deviceType":"pump","sharedKeys":["limit"]}' >"$T/in"
  read -rt 20 line <&8
  assert_equal "$line" '{"run":"00112233aabbccdd","ack":1}'
  kill -KILL "$pid_push"
  run -0 jq -c '[.device,.type,.connected,.sharedKeys]' < <(journal)
  assert_output '["Pump","pump",true,["limit"]]'
}

@test "each URL and each credential has its own folder, for the owner only" {
  start_platform --token test-token other-token
  (umask 077 && printf other-token >"$T/other")
  run -0 push <<<'{"deviceName":"A","telemetry":{"a":1}}'
  run -0 tbgw-push "$PLATFORM_URL" --token-file "$T/other" <<<'{"deviceName":"B","telemetry":{"a":1}}'
  run -0 tbgw-push "mqtt://localhost:$PLATFORM_PORT" --token-file "$T/token" <<<'{"deviceName":"C","telemetry":{"a":1}}'
  assert_equal "$(folders "$XDG_STATE_HOME/tbgw" | wc -l)" 3
  assert_equal "$(folders "$XDG_STATE_HOME/tbgw" | xargs stat -c %a | sort -u)" 700
  run -1 grep -rq -e test-token -e other-token "$XDG_STATE_HOME"
  run -0 push <<<'{"deviceName":"A","telemetry":{"a":2}}'
  assert_equal "$(folders "$XDG_STATE_HOME/tbgw" | wc -l)" 3
}

@test "--state, then systemd's folder, then XDG_STATE_HOME, then the home" {
  start_platform
  export STATE_DIRECTORY="$T/systemd:$T/second"
  run -0 push --state "$T/said" <<<"$READING"
  [ -n "$(folders "$T/said")" ]
  run -0 push <<<"$READING"
  [ -n "$(folders "$T/systemd")" ]
  unset STATE_DIRECTORY XDG_STATE_HOME
  run -0 push <<<"$READING"
  [ -n "$(folders "$T/.local/state/tbgw")" ]
}

@test "a place that cannot be used is an error if it was said, else a warning" {
  start_platform
  : >"$T/file"
  run -73 --separate-stderr push --state "$T/file" <<<"$READING"
  assert_regex "$stderr" "$T/file"
  XDG_STATE_HOME="$T/file" run -0 --separate-stderr push <<<"$READING"
  assert_regex "$stderr" "^tbgw-push: what devices there are is not kept over a restart: $T/file.*--state DIR\$"
  [ "${#stderr_lines[@]}" -eq 1 ]
  assert_equal "$(stored telemetry . | wc -l)" 1
}

@test "a second tbgw-push with the same credentials is warned, and keeps its hands off" {
  start_platform
  mkfifo "$T/in"
  STDIN="rw:$T/in" start_push
  wait_for "$T/push.out" platform-up
  run -0 --separate-stderr push --drain-timeout 10s <<<'{"deviceName":"B","telemetry":{"a":1}}'
  assert_regex "${stderr_lines[0]}" "^tbgw-push: another tbgw-push is at work with the same credentials"
  run -1 grep -q '"B"' < <(journal)
}
