#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-push: readings arrive exactly, once acknowledged are done, and survive lost connections.

load ../support/common

setup() { common_setup; }
teardown() { common_teardown; }

# push [OPTION...]: to the stand-in, with its token.
push() { tbgw-push "$PLATFORM_URL" --token-file "$T/token" "$@"; }

# start_push [OPTION...]: the same in the background as `push`, reading what STDIN names.
start_push() { background push tbgw-push "$PLATFORM_URL" --token-file "$T/token" "$@"; }

# readings DEVICES FROM TO: one a line, round-robin over the devices, numbered.
readings() {
  seq "$2" "$3" | awk -v devices="$1" '{
    printf "{\"deviceName\":\"D%d\",\"telemetry\":[{\"ts\":%.0f,\"values\":{\"n\":%d}}]}\n",
      $1 % devices, 1790000000000 + $1, $1 }'
}

# stored KIND FILTER: what the stand-in stored, in its order.
stored() { jq -c --arg kind "$1" "select(.kind == \$kind) | $2" "$T/platform.log"; }

# arrived_in_order DEVICES FROM TO: every number arrived at least once; with repeats removed each
# device's numbers are in order.
arrived_in_order() {
  jq -r 'select(.kind == "telemetry") | "\(.device) \(.values.n)"' "$T/platform.log" |
    awk -v from="$2" -v to="$3" -v devices="$1" '
      !seen[$2]++ { count++; if ($2 < last[$1]) { print "out of order: " $0; bad = 1 }; last[$1] = $2 }
      $1 != "D" ($2 % devices) { print "under the wrong device: " $0; bad = 1 }
      $2 < from || $2 > to { print "invented: " $0; bad = 1 }
      END { if (count != to - from + 1) { print "arrived: " count; bad = 1 }; exit bad }'
}

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

@test "the connection is cut for ten seconds in the middle of 200 000 records" {
  start_platform
  mkfifo "$T/in"
  STDIN=$T/in start_push
  {
    readings 20 1 100000
    wait_for "$T/platform.log" '"n":50000' 60
    platform down 10
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
  STDIN=/dev/null background pause sleep 3
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
  # 400 000 records are about 27 MB: more than 16 MiB can hold as text.
  (
    readings 50 1 400000 | tee "$T/written" >"$T/in"
    echo done >"$T/writer"
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
  arrived_in_order 50 1 400000
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

@test "no input at all is no error and needs no platform" {
  run -0 --separate-stderr tbgw-push mqtt://127.0.0.1:1 </dev/null
  assert_output ""
  assert_equal "$stderr" ""
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
  STDIN=/dev/null background pause sleep 11
  wait "$pid_pause"
  after=$(awk '/^voluntary_ctxt_switches/ {print $2}' "/proc/$pid_push/status")
  echo "wake-ups in 11 s: $((after - before))"
  # Two pings (a timer and an answer each), the end of the linger time, the acknowledgements.
  [ $((after - before)) -le 9 ]
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
