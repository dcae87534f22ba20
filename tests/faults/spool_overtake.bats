#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A reply to an RPC does not wait for what the spool has kept: neither for a backlog on its way, nor
# for a platform that acknowledges nothing. TBGW_LONG=1: a million records, and 200 ms are the limit.
# shellcheck disable=SC2154 # background NAME sets pid_NAME
export LONG=${TBGW_LONG:-${LONG:-}} # common.bash lets no TBGW_ variable through
load ../support/common
load ../support/spool

setup() { common_setup; }
teardown() {
  exec 5>&- || true
  common_teardown
}

# backlog COUNT: so many records lie in $T/q.
backlog() {
  readings 1 "$1" |
    tbgw-spool --min-free 0 --max-bytes 0 --drain-timeout 0 "$T/q" 2>"$T/backlog.err" >/dev/null || true
  grep -q "^tbgw-spool: $1 records left" "$T/backlog.err"
}

# start_broker: a plain broker as the platform, in PORT. What a subscriber gets is in $T/watcher.out:
# time, topic and length.
start_broker() {
  PORT=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
  printf 'listener %s 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n' "$PORT" >"$T/broker.conf"
  background broker mosquitto -c "$T/broker.conf"
  wait_until 20 mosquitto_pub -p "$PORT" -t hello -m there
  # Who does not know the device yet answers at once that it is unknown.
  timeout 20 tbgw-push "mqtt://127.0.0.1:$PORT" >/dev/null <<<'{"event":"connect","device":"D"}'
  # Retained: tbgw-push gets it as soon as it has subscribed, before most of the backlog.
  mosquitto_pub -p "$PORT" -r -t v1/gateway/rpc -m '{"device":"D","data":{"id":7,"method":"m","params":{}}}'
  background watcher mosquitto_sub -p "$PORT" -t v1/gateway/rpc -t v1/gateway/telemetry -F '%U %t %l'
  wait_count "$T/watcher.out" 'rpc' 1
}

# answer_rpc: what a connector does, in the ring of the pipeline, once the backlog is on its way; says
# when.
answer_rpc() {
  local event
  while read -r event; do
    case $event in
      *'"event":"rpc"'*)
        until grep -q telemetry "$T/watcher.out"; do read -rt 0.002 <> <(:) || true; done
        echo "$EPOCHREALTIME" >"$T/answered"
        printf '%s\n' '{"event":"rpc-reply","device":"D","id":7,"data":{"done":true}}'
        ;;
    esac
  done
}

@test "an answer to an RPC overtakes a long backlog on its way" {
  local count=100000 limit=2000 took later
  if [ -n "$LONG" ]; then count=1000000 limit=200; fi
  backlog "$count"
  start_broker
  mkfifo "$T/records" "$T/down" "$T/up"
  STDIN="$T/down" background connector bash -c "$(declare -f answer_rpc); answer_rpc >'$T/up'"
  STDIN="rw:$T/up" background spool bash -c 'exec tbgw-spool --min-free 0 --max-bytes 0 "$1" >"$2"' - "$T/q" "$T/records"
  STDIN="$T/records" background push bash -c 'exec tbgw-push "$1" >"$2"' - "mqtt://127.0.0.1:$PORT" "$T/down"
  wait_until 120 bash -c 'tbgw-spoolctl stat --json "$1" | jq -e ".cursors[0].behind == 0"' - "$T/q"
  _has_count "$T/watcher.out" rpc 2
  took=$(awk -v begin="$(cat "$T/answered")" '/rpc/ && n++ { printf "%d", ($1 - begin) * 1000; exit }' "$T/watcher.out")
  later=$(awk '/rpc/ { n++ } /telemetry/ { all += $3; if (n > 1) later += $3 }
    END { printf "%d", 100 * later / all }' "$T/watcher.out")
  echo "# the reply was there after $took ms, before $later % of the $count records" >&3
  [ "$took" -ge 0 ]
  [ "$took" -le "$limit" ]
  [ "$later" -gt 10 ] # the control: it did overtake
  kill -TERM "$pid_spool"
}

@test "an answer to an RPC overtakes a backlog that the platform does not acknowledge" {
  local began
  backlog 3000
  start_platform
  mkfifo "$T/in" "$T/records"
  STDIN="$T/records" background push tbgw-push "$PLATFORM_URL" --token-file "$T/token" --ack-timeout 60s
  platform mute
  wait_for "$T/platform.log" '"command":"mute"'
  STDIN="rw:$T/in" background spool bash -c 'exec tbgw-spool --min-free 0 --window 500 "$1" >"$2"' - "$T/q" "$T/records"
  wait_for "$T/platform.log" '"n":500[,}]'
  platform rpc D restart
  wait_for "$T/push.out" '"event":"rpc"'
  began=$(date +%s%3N)
  jq -c 'select(.event == "rpc") | {event: "rpc-reply", device: .device, id: .data.id, data: {done: true}}' \
    <"$T/push.out" >"$T/in"
  wait_for "$T/platform.log" '"done": ?true'
  echo "# the reply was there after $(($(grep -m 1 '"done": \?true' "$T/platform.log" | jq .at) - began)) ms" >&3
  [ "$(grep -c '"n":50[01][,}]' "$T/platform.log")" = 1 ] # 501 never came
}
