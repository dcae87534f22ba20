#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-push: bad input, signals, readiness, counters, idling; and through a plain broker.

load ../support/common
load ../support/push

setup() { common_setup; }
teardown() { common_teardown; }

@test "bad records cost only themselves, each with line number and reason" {
  start_platform
  {
    echo '{"deviceName":"D","telemetry":{"n":1}}'
    echo 'nonsense'
    echo '{"deviceName":"D","telemetry":{"n":'
    head -c 1048576 /dev/zero | tr '\0' x
    echo
    printf '{"deviceName":"D","telemetry":{"s":"\xff"}}\n'
    printf '{"deviceName":"D\0","telemetry":{"n":2}}\n'
    printf '{"telemetry":'
    head -c 100000 /dev/zero | tr '\0' '['
    echo
    echo '{"deviceName":"D"}'
    echo '{"deviceName":7,"telemetry":{"n":3}}'
    echo ''
    echo '{"ts":1,"source":"serial","data":"x"}'
    printf '{"deviceName":"D","telemetry":{"ok":4,"":5}}'
  } >"$T/in"
  run -65 --separate-stderr push --rejects "$T/rejects" <"$T/in"
  assert_equal "$(stored telemetry '.values')" '{"n":1}
{"ok":4}'
  assert_equal "$(sed 's/^tbgw-push: stdin:\([0-9]*\):.*/\1/' <<<"$stderr" | tr '\n' ' ')" \
    "2 3 4 5 6 7 8 9 10 11 12 "
  assert_regex "$stderr" "stdin:4: is longer than --max-record"
  assert_regex "$stderr" "stdin:5: not valid UTF-8"
  assert_regex "$stderr" "stdin:9: deviceName must be a text"
  assert_regex "$stderr" "stdin:11: is a raw record, not a reading"
  assert_regex "$stderr" "stdin:12: '' is a key that is blank"
  # The file keeps them as they came, but for the one that was too long to keep.
  assert_equal "$(wc -l <"$T/rejects")" 9
  assert_equal "$(head -n 1 "$T/rejects")" nonsense
  assert_equal "$(stored refused .)" ""
}

@test "what the platform refuses is told with its reason and costs only itself (MQTT 5)" {
  # A broker that takes messages about devices, but none of the gateway itself.
  local port
  port=$(free_port)
  printf '%s\n' "listener $port 127.0.0.1" 'allow_anonymous true' "user $(id -un)" "acl_file $T/acl" >"$T/mosquitto.conf"
  printf 'topic readwrite v1/gateway/#\ntopic read v1/devices/#\n' >"$T/acl"
  chmod 600 "$T/acl"
  background mosquitto mosquitto -c "$T/mosquitto.conf"
  wait_until 20 mosquitto_pub -p "$port" -t ready -n
  {
    readings 1 1 3
    echo '{"telemetry":[{"ts":4,"values":{"own":1}}]}'
    echo '{"telemetry":[{"ts":5,"values":{"own":2}}]}'
    readings 1 6 7
  } >"$T/in"
  run -65 --separate-stderr tbgw-push "mqtt://127.0.0.1:$port" --rejects "$T/rejects" <"$T/in"
  assert_equal "$stderr" "tbgw-push: stdin:4: the platform refused it: not authorized (0x87)
tbgw-push: stdin:5: the platform refused it: not authorized (0x87)"
  assert_equal "$(cat "$T/rejects")" '{"telemetry":[{"ts":4,"values":{"own":1}}]}
{"telemetry":[{"ts":5,"values":{"own":2}}]}'
}

@test "after SIGTERM what was read is delivered, and the status is 0" {
  start_platform
  mkfifo "$T/in"
  STDIN="rw:$T/in" start_push
  readings 3 1 1000 >"$T/in"
  wait_for "$T/platform.log" '"n":1'
  readings 3 1001 3000 >"$T/in"
  kill -TERM "$pid_push"
  assert_ends push 0 30
  arrived_in_order 3 1 3000
  assert_equal "$(cat "$T/push.err")" ""
}

@test "SIGTERM without a platform ends in the drain timeout and says what is left" {
  mkfifo "$T/in"
  STDIN="rw:$T/in" background push tbgw-push mqtt://127.0.0.1:1 --drain-timeout 1s
  readings 1 1 7 >"$T/in"
  wait_for "$T/push.err" 'trying again'
  kill -TERM "$pid_push"
  assert_ends push 0 30
  assert_equal "$(tail -n 1 "$T/push.err")" "tbgw-push: 7 records were not acknowledged in time"
}

@test "SIGINT drains like SIGTERM and then ends the process by the signal" {
  start_platform
  mkfifo "$T/in"
  # A background job of a script ignores SIGINT unless it is told otherwise.
  STDIN="rw:$T/in" background push env --default-signal=INT tbgw-push "$PLATFORM_URL" --token-file "$T/token"
  readings 1 1 10 >"$T/in"
  wait_for "$T/platform.log" '"n":10'
  kill -INT "$pid_push"
  assert_ends push 130 30
  arrived_in_order 1 1 10
}

@test "end of input with --drain-timeout gives up with 75 and the number left" {
  readings 1 1 5 >"$T/in"
  run -75 --separate-stderr tbgw-push mqtt://127.0.0.1:1 --drain-timeout 300ms <"$T/in"
  assert_regex "$stderr" '5 records were not acknowledged in time$'
}

@test "no input at all is no error, even without a platform, which is told" {
  run -0 --separate-stderr tbgw-push mqtt://127.0.0.1:1 </dev/null
  assert_output ""
  assert_equal "$stderr" \
    "tbgw-push: cannot connect to mqtt://127.0.0.1:1: Connection refused; trying again"
}

@test "a closed stdout ends it by SIGPIPE, in silence" {
  start_platform
  mkfifo "$T/in" "$T/out"
  bash -c 'tbgw-push "$0" --token-file "$1" <>"$2" >"$3" 2>"$4"; echo $? >"$5"' \
    "$PLATFORM_URL" "$T/token" "$T/in" "$T/out" "$T/push.err" "$T/status" 3>&- &
  PIDS+=("$!")
  read -r line <"$T/out"
  assert_equal "$line" '{"event":"platform-up"}'
  wait_until 20 test -s "$T/status"
  assert_equal "$(cat "$T/status")" 141
  assert_equal "$(cat "$T/push.err")" ""
}

@test "it is ready when the platform let it in, not before" {
  start_platform
  platform down
  wait_for "$T/platform.log" '"command":"down"'
  mkfifo "$T/in"
  STDIN="rw:$T/in" background push bash -c 'exec tbgw-push "$@" --ready-fd 5 5>"$0"' "$T/ready" \
    "$PLATFORM_URL" --token-file "$T/token"
  wait_for "$T/push.err" 'trying again'
  [ ! -s "$T/ready" ]
  platform up
  wait_until 30 test -s "$T/ready"
}

@test "SIGUSR1 and --stats print counters" {
  start_platform
  mkfifo "$T/in"
  STDIN="rw:$T/in" start_push
  readings 1 1 5 >"$T/in"
  wait_for "$T/platform.log" '"n":5'
  kill -USR1 "$pid_push"
  wait_for "$T/push.out" '"event":"stats"'
  assert_equal "$(jq -c 'select(.event == "stats") | [.tool, .counters.in, .counters.done, .counters.readings, .counters.connections]' "$T/push.out")" \
    '["tbgw-push",5,5,5,1]'
}

@test "an idle connection wakes up for its keep-alive only" {
  start_platform
  mkfifo "$T/in"
  STDIN="rw:$T/in" start_push --keep-alive 5s
  readings 1 1 5 >"$T/in"
  wait_for "$T/platform.log" '"n":5'
  local before after
  before=$(awk '/^voluntary_ctxt_switches/ {print $2}' "/proc/$pid_push/status")
  STDIN=/dev/null background pause sleep 6
  wait "$pid_pause"
  after=$(awk '/^voluntary_ctxt_switches/ {print $2}' "/proc/$pid_push/status")
  echo "wake-ups in 6 s: $((after - before))"
  # A ping (a timer and an answer), the end of the linger time, the acknowledgements.
  [ $((after - before)) -le 7 ]
  # The connection is still the first one.
  assert_equal "$(stored session 'select(.state == "open")' | wc -l)" 1
}

# through_mosquitto VERSION: telemetry arrives, our own messages do not come back as commands.
through_mosquitto() {
  local port
  port=$(free_port)
  printf 'listener %s 127.0.0.1\nallow_anonymous true\npersistence false\n' "$port" >"$T/mosquitto.conf"
  background mosquitto mosquitto -c "$T/mosquitto.conf"
  wait_until 20 mosquitto_pub -p "$port" -t ready -n
  background sub mosquitto_sub -p "$port" -t 'v1/#' -F '%t %p'
  wait_until 20 _subscribed "$port"
  mkfifo "$T/in"
  STDIN="rw:$T/in" background push tbgw-push "mqtt://127.0.0.1:$port" --protocol "$1"
  cat >"$T/in" <<'END'
{"deviceName":"D","attributes":{"SN":"7"},"telemetry":[{"ts":5,"values":{"h":48}}]}
{"attributes":{"own":1}}
{"event":"rpc-reply","device":"D","id":1,"data":{"ok":true}}
{"event":"rpc-reply","id":2,"data":{"ok":true}}
END
  wait_for "$T/sub.out" v1/devices/me/attributes
  mosquitto_pub -p "$port" -t v1/gateway/attributes -m '{"device":"D","data":{"set":5}}'
  wait_for "$T/push.out" '"set"'
  kill -TERM "$pid_push"
  assert_ends push 0
  assert_equal "$(cat "$T/push.out")" '{"event":"platform-up"}
{"event":"attributes","device":"D","data":{"set":5}}'
  assert_equal "$(cat "$T/push.err")" ""
  assert_equal "$(grep -v subscribed "$T/sub.out" | sort)" "$(sort <<'END'
v1/gateway/connect {"device":"D","type":"default"}
v1/gateway/attributes {"D":{"SN":"7"}}
v1/gateway/telemetry {"D":[{"ts":5,"values":{"h":48}}]}
v1/devices/me/attributes {"own":1}
v1/gateway/rpc {"device":"D","id":1,"data":{"ok":true}}
v1/devices/me/rpc/request/1 {"method":"getSessionLimits","params":{}}
v1/devices/me/rpc/response/2 {"ok":true}
v1/gateway/attributes {"device":"D","data":{"set":5}}
END
)"
}
@test "through mosquitto with MQTT 5" { through_mosquitto 5; }
@test "through mosquitto with MQTT 3.1.1, which sends a client its own messages" {
  through_mosquitto 3.1.1
}
_subscribed() {
  mosquitto_pub -p "$1" -t v1/subscribed -m x
  grep -q subscribed "$T/sub.out"
}
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
