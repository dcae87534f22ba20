#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Every type in every order, written and read, with independent judges: pymodbus and libmodbus hold
# the registers, mbpoll says what is in them.

load ../support/common
load ../support/modbus

setup() { common_setup; }
teardown() { common_teardown; }

# start_peer tcp|rtu: pymodbus; PEER_PORT.
start_peer() {
  background peer "$SUPPORT/modbus_peer" "$1"
  wait_for "$T/peer.out" listening
  PEER_PORT=$(awk '{ print $2 }' "$T/peer.out")
  wait_until 20 bash -c "exec 8<>/dev/tcp/127.0.0.1/$PEER_PORT"
}

# The values of each type that are the hardest to keep.
values() {
  cat <<'END'
16int -12345
16uint 54321
32int -2000000001
32uint 4294967295
32float -1234.5625
64int -9007199254740993
64uint 18446744073709551615
64float 3.141592653589793
16float 0.333251953125
32bcd 12345678
32mod10 98765432
END
}

# reads_back BUS WHAT: each type in each order is written and read, all in one run each.
reads_back() {
  local bus=$1 type value order address=0 tags=() writes=() wanted=()
  while read -r type value; do
    for order in ABCD CDAB BADC DCBA; do
      tags+=("$type$order=hr:$address:$type,$order")
      writes+=(--write "$type$order=$value")
      wanted+=("$type$order $value")
      address=$((address + 4))
    done
  done < <(values)
  run -0 --separate-stderr tbgw-modbus "$bus" "${tags[@]}" "${writes[@]}"
  assert_equal "$stderr" ""
  run -0 --separate-stderr tbgw-modbus "$bus" --device d "${tags[@]}" --once
  assert_equal "$stderr" ""
  # Not through jq, which knows doubles only.
  diff <(printf '%s\n' "${wanted[@]}" | sort) \
    <(grep -oE '"[0-9a-z]+(ABCD|CDAB|BADC|DCBA)":[-0-9.e+]+' <<<"$output" | sed 's/"//g; s/:/ /' | sort)
}

# judged PORT: mbpoll reads what was written (its words are low first unless -B).
judged() {
  mb() { mbpoll -m tcp -p "$1" -a 1 -0 -1 -q "${@:2}" 127.0.0.1 | sed -n 's/^\[[0-9]*\]:[[:space:]]*//p'; }
  assert_equal "$(mb "$1" -r 0 -t 4)" "53191 (-12345)"
  assert_equal "$(mb "$1" -r 32 -t 4:int -B)" "-2000000001"
  assert_equal "$(mb "$1" -r 36 -t 4:int)" "-2000000001"
  assert_equal "$(mb "$1" -r 64 -t 4:float -B)" "-1234.56"
  assert_equal "$(mb "$1" -r 68 -t 4:float)" "-1234.56"
  assert_equal "$(mb "$1" -r 144 -t 4:hex -c 2 | tr '\n' ' ')" "0x1234 0x5678 "
}

@test "pymodbus over TCP: every type and order, written and read" {
  start_peer tcp
  reads_back "tcp:127.0.0.1:$PEER_PORT/1"
  judged "$PEER_PORT"
}

@test "pymodbus, RTU on a pty: every type and order, written and read" {
  start_peer rtu
  background socat socat "pty,raw,echo=0,link=$T/line" "tcp:127.0.0.1:$PEER_PORT"
  wait_until 20 test -e "$T/line"
  reads_back "rtu:$T/line,115200/1"
}

@test "pymodbus, RTU over TCP: every type and order, written and read" {
  start_peer rtu
  reads_back "rtu+tcp:127.0.0.1:$PEER_PORT/2"
}

@test "libmodbus (tbgw-modbus serve): every type and order, written and read" {
  serve_places
  reads_back "tcp:127.0.0.1:$SERVE_PORT/1"
  judged "$SERVE_PORT"
}

# serve_places: our server with 200 registers and 16 coils; SERVE_PORT.
serve_places() {
  SERVE_PORT=$(free_port)
  cat >"$T/serve.json" <<END
{"slave": {"type": "tcp", "method": "socket", "host": "127.0.0.1", "port": $SERVE_PORT, "unitId": 1,
  "deviceName": "s", "byteOrder": "BIG", "wordOrder": "BIG", "identity": {"vendorName": "Acme"},
  "values": {
   "holding_registers": {"timeseries": [
    {"tag": "block", "type": "bytes", "address": 0, "objectsCount": 100, "value": ""},
    {"tag": "more", "type": "bytes", "address": 100, "objectsCount": 100, "value": ""}]},
   "input_registers": {"timeseries": [
    {"tag": "ir", "type": "32float", "address": 8, "objectsCount": 2, "value": 21.5}]},
   "coils_initializer": {"attributes": [
    {"tag": "relay", "type": "bits", "address": 5, "objectsCount": 8, "value": [1,0,1,0,0,0,0,1]}]}}}}
END
  background serve tbgw-modbus serve "$T/serve.json" --ready-fd 5 5>"$T/serve.ready"
  wait_until 20 test -s "$T/serve.ready"
}

@test "bits, lists, texts and single bits are written without their neighbours" {
  serve_places
  local bus=tcp:127.0.0.1:$SERVE_PORT/1
  run -0 --separate-stderr tbgw-modbus "$bus" --write hr:10=65535 --write hr:11=0 --write hr:12=7
  run -0 --separate-stderr tbgw-modbus "$bus" --write hr:11:bit,bit=3=true --write hr:10:8uintlo=1 \
    --write co:6:bit=1 --write hr:20:string:4=Pump --write hr:30:16int:3='[1,-2,3]'
  assert_equal "$stderr" ""
  run -0 --separate-stderr tbgw-modbus "$bus" --device d --once a=hr:10 b=hr:11 c=hr:12 \
    coils=co:5:bits:8 text=hr:20:string:4 list=hr:30:16int:3 ir=ir:8:32float
  assert_equal "$stderr" ""
  run -0 jq -cn '[inputs.telemetry[].values] | add' <<<"$output"
  assert_output '{"coils":[true,true,true,false,false,false,false,true],"a":65281,"b":8,"c":7,"text":"Pump","list":[1,-2,3],"ir":21.5}'
}

@test "a place that is not there is an exception, and names it" {
  serve_places
  run -65 --separate-stderr tbgw-modbus "tcp:127.0.0.1:$SERVE_PORT/1" --write hr:900=1
  assert_output ""
  assert_regex "$stderr" "value could not be written: illegal data address"
  run -65 --separate-stderr tbgw-modbus "tcp:127.0.0.1:$SERVE_PORT/1" --device d --once a=hr:900 b=hr:1
  assert_regex "$output" '"b":'
  assert_regex "$stderr" "hr:900 \(40901\): illegal data address"
}

@test "serve identifies itself, and refuses what it does not have" {
  serve_places
  run -0 --separate-stderr tbgw-modbus "tcp:127.0.0.1:$SERVE_PORT/1" --identify
  assert_equal "$(jq -r .VendorName <<<"$output")" Acme
  run -0 --separate-stderr tbgw-modbus "tcp:127.0.0.1:$SERVE_PORT" --scan 1-3 --timeout 100ms
  assert_equal "$(jq -c .unit <<<"$output")" 1
  kill -TERM "$pid_serve"
  assert_ends serve 0 5
}

@test "function code 23 writes and reads in one request" {
  serve_places
  mkfifo "$T/down"
  exec 9<>"$T/down"
  STDIN="$T/down" background tool tbgw-modbus "tcp:127.0.0.1:$SERVE_PORT/1" --device d a=hr:4 9>&-
  wait_for "$T/tool.out" '"event":"connect"'
  # Reads 2 registers from 3 on, behind the write of 42 to 4.
  printf '{"event":"rpc","device":"d","data":{"id":1,"method":"raw","params":"17000300020004000102002a"}}\n' >&9
  wait_for "$T/tool.out" '"id":1,"data":\{"result":\{"value":"040000002a"\}\}'
  exec 9>&-
  kill -TERM "$pid_tool"
  assert_ends tool 0
  assert_equal "$(mbpoll -m tcp -p "$SERVE_PORT" -a 1 -0 -1 -q -r 4 -t 4 127.0.0.1 | sed -n 's/^\[4\]:[[:space:]]*//p')" 42
}
