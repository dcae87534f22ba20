#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-push: peers that do not do their work, ports that speak something else, detours.

load ../support/common
load ../support/push

setup() { common_setup; }
teardown() { common_teardown; }

READING='{"telemetry":{"a":1}}'

# start_peer NAME PYTHON: a TCP server on a free port; `peer(connection, number)` is called for each
# connection. PEER_PORT.
start_peer() {
  background "$1" python3 -c 'import socket, sys, threading, time
exec(sys.argv[1])
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
number = 0
while True:
    c, _ = s.accept()
    number += 1
    print("connection", number, flush=True)
    threading.Thread(target=peer, args=(c, number), daemon=True).start()' "$2"
  wait_for "$T/$1.out" '[0-9]'
  PEER_PORT=$(head -n 1 "$T/$1.out")
}
# CPU time of push in hundredths of a second.
push_ticks() { awk '{ print $14 + $15 }' "/proc/$pid_push/stat"; }

@test "a CONNACK after 9 s is waited for; a server that dies without a word is noticed by the pings" {
  start_platform
  # Between us and the platform: its first answer takes its time.
  start_peer relay "def peer(c, number):
    up = socket.create_connection(('127.0.0.1', $PLATFORM_PORT))
    def back():
        first = True
        while data := up.recv(65536):
            if first: time.sleep(9)
            first = False
            c.sendall(data)
        c.close()
    threading.Thread(target=back, daemon=True).start()
    while data := c.recv(65536): up.sendall(data)
    up.close()"
  echo "$READING" >"$T/reading"
  STDIN="$T/reading" background slow tbgw-push "mqtt://127.0.0.1:$PEER_PORT" --token-file "$T/token"
  start_peer dying 'def peer(c, number):
    c.recv(1000); c.sendall(bytes([0x20, 3, 0, 0, 0])); c.recv(1000)
    c.sendall(bytes([0x90, 10, 0, 1, 0]) + bytes([1] * 7))
    while c.recv(1000): pass'
  mkfifo "$T/in"
  STDIN="rw:$T/in" background push tbgw-push "mqtt://127.0.0.1:$PEER_PORT" --keep-alive 5s --ack-timeout 60s
  wait_for "$T/push.out" platform-up
  wait_for "$T/push.err" 'lost the connection to .*: the server does not answer' 30
  assert_ends slow 0
  assert_equal "$(cat "$T/slow.err")" ""
  assert_equal "$(grep -c connection "$T/relay.out")" 1
  assert_equal "$(stored telemetry .values)" '{"a":1}'
}

@test "one that accepts and never answers, then one that does: recovery by itself, without spinning" {
  start_peer deaf 'def peer(c, number):
    while c.recv(1000): pass'
  start_platform --port 0
  mkfifo "$T/in"
  # The deaf one is tried first, each time.
  STDIN="rw:$T/in" background push tbgw-push "mqtt://127.0.0.1:$PEER_PORT" "$PLATFORM_URL" \
    --token-file "$T/token" --connect-timeout 1s
  echo "$READING" >"$T/in"
  wait_for "$T/platform.log" '"a":1'
  platform drop
  wait_count "$T/push.out" platform-up 2 60
  [ "$(push_ticks)" -lt 100 ]
}

@test "one that acknowledges nothing is left in time, and everything is sent again" {
  start_platform
  mkfifo "$T/in"
  STDIN="rw:$T/in" start_push --ack-timeout 1s
  wait_for "$T/push.out" platform-up
  platform mute
  wait_for "$T/platform.log" '"command":"mute"'
  echo "$READING" >"$T/in"
  wait_for "$T/push.err" 'no acknowledgement within 1s'
  wait_count "$T/push.out" platform-down 2 60
  platform unmute
  wait_until 60 _nothing_waits
  [ "$(push_ticks)" -lt 100 ]
  kill -TERM "$pid_push"
  assert_ends push 0
}
_nothing_waits() { kill -USR1 "$pid_push" && tail -n 1 "$T/push.out" | grep -q '"waiting":0'; }

@test "several URLs are tried in turn; all of one list, all of the next" {
  start_platform
  local list="mqtt://127.0.0.1:1, mqtt://127.0.0.1:2,$PLATFORM_URL"
  run -0 --separate-stderr tbgw-push "$list" --token-file "$T/token" <<<"$READING"
  assert_equal "$stderr" ""
  TBGW_URL="mqtt://127.0.0.1:1 $PLATFORM_URL" TBGW_TOKEN_FILE="$T/token" run -0 --separate-stderr tbgw-push <<<"$READING"
  assert_equal "$stderr" ""
  printf 'url = ["mqtt://127.0.0.1:1", "%s"]\ntoken-file = "%s"\n' "$PLATFORM_URL" "$T/token" >"$T/push.toml"
  run -0 --separate-stderr tbgw-push --config "$T/push.toml" <<<"$READING"
  assert_equal "$stderr" ""
  assert_equal "$(stored telemetry . | wc -l)" 3
}

@test "refused at one URL is not refused as long as another one may let us in" {
  start_platform
  (umask 077 && echo wrong >"$T/wrong")
  mkfifo "$T/in"
  STDIN="rw:$T/in" background push tbgw-push "$PLATFORM_URL" mqtt://127.0.0.1:1 --token-file "$T/wrong"
  wait_for "$T/push.err" 'cannot connect to mqtt://127.0.0.1:1: Connection refused; trying again'
  kill -0 "$pid_push"
  run -77 tbgw-push "$PLATFORM_URL" "mqtt://localhost:$PLATFORM_PORT" --token-file "$T/wrong" </dev/null
}

@test "MQTT to a port that speaks HTTP, and to one that wants TLS, is told what to mend" {
  start_peer http 'def peer(c, number):
    c.recv(1000); c.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"); c.close()'
  run -0 --separate-stderr tbgw-push "mqtt://127.0.0.1:$PEER_PORT" </dev/null
  assert_regex "$stderr" 'this port speaks HTTP: that of MQTT is 1883, or 8883 with TLS \(mqtts://\)'
  start_peer tls 'def peer(c, number):
    c.recv(1000); c.sendall(bytes([0x15, 3, 3, 0, 2, 2, 70])); c.close()'
  run -0 --separate-stderr tbgw-push "mqtt://127.0.0.1:$PEER_PORT" </dev/null
  assert_regex "$stderr" 'this port wants TLS: the URL begins with mqtts://'
}

@test "through a SOCKS 5 proxy, which looks the name up, with and without a password" {
  start_platform
  (umask 077 && echo user >"$T/user" && echo 'proxy secret' >"$T/password")
  background proxy "$SUPPORT/socks_proxy" --lookup "tb.invalid=127.0.0.1:$PLATFORM_PORT"
  wait_for "$T/proxy.out" '^[0-9]'
  local proxy
  proxy=socks5://127.0.0.1:$(head -n 1 "$T/proxy.out")
  local protocol
  for protocol in 5 3.1.1; do
    run -0 --separate-stderr tbgw-push mqtt://tb.invalid --proxy "$proxy" --protocol "$protocol" \
      --token-file "$T/token" <<<"$READING"
    assert_equal "$stderr" ""
  done
  background guarded "$SUPPORT/socks_proxy" --lookup "tb.invalid=127.0.0.1:$PLATFORM_PORT" --user user --password 'proxy secret'
  wait_for "$T/guarded.out" '^[0-9]'
  proxy=socks5://127.0.0.1:$(head -n 1 "$T/guarded.out")
  run -0 --separate-stderr tbgw-push mqtt://tb.invalid --proxy "$proxy" --token-file "$T/token" \
    --proxy-user-file "$T/user" --proxy-password-file "$T/password" <<<"$READING"
  assert_equal "$stderr" ""
  assert_equal "$(stored telemetry . | wc -l)" 3
  run -0 --separate-stderr tbgw-push mqtt://tb.invalid --proxy "$proxy" --token-file "$T/token" </dev/null
  assert_regex "$stderr" 'cannot connect to mqtt://tb.invalid:1883: '
}

@test "a proxy that cannot be is a usage error with what is possible" {
  local bad
  for bad in http://proxy:3128 proxy:1080 socks5://user@proxy; do
    run -64 --separate-stderr tbgw-push mqtt://tb.invalid --proxy "$bad" </dev/null
    assert_regex "$stderr" '^tbgw-push: --proxy: '
  done
  run -64 tbgw-push mqtt://tb.invalid --proxy-user-file "$T/user" </dev/null
}
