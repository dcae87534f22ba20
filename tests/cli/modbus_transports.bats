#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Every way to a unit, with pymodbus or the test server at its end: UDP, ASCII, a unit that dials
# in, several requests under way, local echo, broadcast, requests as they are.

load ../support/common
load ../support/modbus

setup() { common_setup; }
teardown() { common_teardown; }

# start_peer tcp|udp|rtu|ascii: pymodbus; PEER_PORT. Over UDP nobody says when it listens.
start_peer() {
  background peer "$SUPPORT/modbus_peer" "$1"
  wait_for "$T/peer.out" listening
  PEER_PORT=$(awk '{ print $2 }' "$T/peer.out")
  [ "$1" = udp ] || wait_until 20 bash -c "exec 8<>/dev/tcp/127.0.0.1/$PEER_PORT"
}

# writes_and_reads BUS: registers and a coil, and what was written is what is there.
writes_and_reads() {
  local tags=(a=hr:0:32float b=hr:4:16int c=co:3 list=hr:4:16int:90)
  run -0 --separate-stderr tbgw-modbus "$1" "${tags[@]}" --retries 20 \
    --write a=12.5 --write b=-7 --write c=true
  assert_equal "$stderr" ""
  run -0 --separate-stderr tbgw-modbus "$1" "${tags[@]}" --once --device d
  assert_equal "$stderr" ""
  run -0 jq -cn '[inputs.telemetry[].values] | add | [.a, .b, .c, .list[0], (.list | length)]' <<<"$output"
  assert_output '[12.5,-7,true,-7,90]'
}

@test "UDP" {
  start_peer udp
  writes_and_reads "udp:127.0.0.1:$PEER_PORT/1"
}

@test "ASCII over TCP" {
  start_peer ascii
  writes_and_reads "ascii+tcp:127.0.0.1:$PEER_PORT/1"
}

@test "ASCII on a serial port" {
  start_peer ascii
  background socat socat "pty,raw,echo=0,link=$T/line" "tcp:127.0.0.1:$PEER_PORT"
  wait_until 20 test -e "$T/line"
  writes_and_reads "ascii:$T/line,115200,7E1/1"
}

# configure KEYS: unit 1, reached as the keys say, in $T/modbus.json.
configure() {
  printf '{"master": {"slaves": [{%s, "unitId": 1, "deviceName": "d1", "pollPeriod": 50,
    "order": "ABCD", "connectAttemptTimeMs": 500, "timeseries": [
      {"tag": "r0", "type": "16uint", "functionCode": 3, "address": 0},
      {"tag": "r300", "type": "16uint", "functionCode": 3, "address": 300},
      {"tag": "r600", "type": "16uint", "functionCode": 3, "address": 600},
      {"tag": "c3", "type": "bits", "functionCode": 1, "address": 3}]}]}}' "$1" >"$T/modbus.json"
}
poll() {
  configure "$1"
  background tool tbgw-modbus "$T/modbus.json"
}

@test "a unit that dials in, goes and comes again" {
  start_units
  local port
  port=$(free_port)
  poll "\"type\": \"tcp\", \"method\": \"socket\", \"listen\": true, \"timeout\": 1, \"host\": \"127.0.0.1\", \"port\": $port"
  wait_until 20 bash -c "ss -ltn | grep -q ':$port '"
  background dial socat "tcp:127.0.0.1:$port" "tcp:127.0.0.1:$UNITS_PORT"
  wait_count "$T/tool.out" '"r600"' 3
  kill "$pid_dial"
  wait_for "$T/tool.out" '"event":"disconnect"'
  background again socat "tcp:127.0.0.1:$port" "tcp:127.0.0.1:$UNITS_PORT"
  wait_count "$T/tool.out" '"event":"connect"' 2
  kill -TERM "$pid_tool"
  assert_ends tool 0
  [ "$(judge "$T/tool.out")" -ge 9 ]
}

@test "several requests under way: each answer to its own, in whatever order they come" {
  start_units --fault late --every 2 --delay 0.04
  poll "\"type\": \"tcp\", \"method\": \"socket\", \"host\": \"127.0.0.1\", \"port\": $UNITS_PORT, \"pipeline\": 4"
  wait_count "$T/tool.out" '"deviceName"' 60
  kill -USR1 "$pid_tool"
  wait_count "$T/tool.out" '"stats"' 2
  kill -TERM "$pid_tool"
  assert_ends tool 0
  [ "$(judge "$T/tool.out")" -ge 60 ]
  assert_equal "$(jq -n '[inputs | select(.name) | .counters.timeouts] | add' "$T/tool.out")" 0
  # All four go out together, before the first is answered.
  assert_equal "$(head -4 "$T/units.log" | sort)" "$(printf '%s\n' '1 1 3 1' '1 3 0 1' '1 3 300 1' '1 3 600 1')"
}

@test "local echo is taken out" {
  start_units --rtu "$T/line" --fault echo --every 1
  poll "\"type\": \"serial\", \"method\": \"rtu\", \"port\": \"$T/line\", \"baudrate\": 115200, \"handleLocalEcho\": true"
  wait_count "$T/tool.out" '"deviceName"' 20
  kill -USR1 "$pid_tool"
  wait_count "$T/tool.out" '"stats"' 2
  kill -TERM "$pid_tool"
  assert_ends tool 0
  [ "$(judge "$T/tool.out")" -ge 20 ]
  jq -en '[inputs | select(.name) | .counters] | last | .echoBytes > 0 and .garbageBytes == 0 and .stale == 0' "$T/tool.out"
}

@test "a broadcast writes and waits for nobody; it cannot read" {
  start_units --rtu "$T/line"
  run -0 --separate-stderr tbgw-modbus "rtu:$T/line,115200/0" --write hr:5=77 --write hr:6=78
  assert_equal "$stderr" ""
  assert_equal "$(cat "$T/units.log")" "$(printf '%s\n' '0 6 5 77' '0 6 6 78')"
  run -69 --separate-stderr tbgw-modbus "rtu:$T/line,115200/0" --write hr:5:16uint,verify=true=79
  assert_regex "$stderr" "a broadcast \(unit 0\) has no answer: nothing can be read back"
}

@test "RS-485 and baud rates that a port cannot do are refused, by file and by hand" {
  background line "$SUPPORT/modbus_server" --rtu "$T/line"
  wait_for "$T/line.out" listening
  printf '{"master": {"slaves": [{"type": "serial", "method": "rtu", "port": "%s", "rs485": true,
    "unitId": 1, "deviceName": "d", "pollPeriod": 100,
    "timeseries": [{"tag": "r", "type": "16uint", "functionCode": 3, "address": 0}]}]}}' "$T/line" >"$T/m.json"
  run -78 --separate-stderr tbgw-modbus "$T/m.json"
  assert_regex "$stderr" "^tbgw-modbus: $T/m.json:1: $T/line: .*RS-485"
  run -64 --separate-stderr tbgw-modbus "rtu:$T/line,0/1" a=hr:0 --device d
  assert_regex "$stderr" "neither a baud rate nor a format"
  run -64 --separate-stderr tbgw-modbus "rtu:$T/line,4294967295/1" a=hr:0 --device d
  assert_regex "$stderr" "neither a baud rate nor a format"
}

@test "a request as it is: function codes that no tag has" {
  start_units
  configure "\"type\": \"tcp\", \"method\": \"socket\", \"host\": \"127.0.0.1\", \"port\": $UNITS_PORT"
  mkfifo "$T/down"
  exec 9<>"$T/down"
  STDIN="$T/down" background raw tbgw-modbus "$T/modbus.json" 9>&-
  wait_for "$T/raw.out" '"event":"connect"'
  rpc() { printf '{"event":"rpc","device":"d1","data":{"id":%d,"method":"raw","params":"%s"}}\n' "$@" >&9; }
  rpc 1 0300020001
  wait_for "$T/raw.out" '"id":1,"data":\{"result":\{"value":"02100e"\}\}'
  rpc 2 080000a537
  wait_for "$T/raw.out" '"id":2,"data":\{"error":"illegal function","exceptionCode":1\}'
  rpc 3 2b0e0100
  wait_for "$T/raw.out" '"id":3,"data":\{"result":\{"value":"0e018100000300'
  rpc 4 zz
  wait_for "$T/raw.out" '"id":4,"data":\{"error":"'
  rpc 5 8300
  wait_for "$T/raw.out" '"id":5,"data":\{"error":"raw needs a function code'
  exec 9>&-
  kill -TERM "$pid_raw"
  assert_ends raw 0
}
