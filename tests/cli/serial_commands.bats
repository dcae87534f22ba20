#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-serial's standard input: commands, answers, what is copied, ignored and rejected; and that
# all of it works while nobody reads stdout.
load ../support/common

setup() {
  common_setup
  start_ptys
  mkfifo "$T/down"
  background device cat "$T/tty.device"
}
teardown() { common_teardown; }

start_serial() {
  STDIN="rw:$T/down" background serial tbgw-serial "$@" "$T/tty.port"
  wait_for "$T/serial.out" '"event":"connect"'
}
command() { printf '%s\n' "$1" >"$T/down"; }
# answers: the lines of stdout that are about a command.
answers() { jq -c 'select(.rpc) | del(.ts)' "$T/serial.out" | sed "s#$T/##g"; }

@test "bytes of a command reach the port: text, hex, base64" {
  start_serial --device D
  command '{"device":"D","send":"value = 25\n"}'
  command '{"device":"D","send":"00ff0a","encoding":"hex"}'
  command '{"send":"AQIK","encoding":"base64"}'
  wait_count "$T/device.out" . 2
  wait_until 20 cmp "$T/device.out" <(printf 'value = 25\n\0\xff\n\x01\x02\n')
  kill -TERM "$pid_serial"
  assert_ends serial 0
  assert_equal "$(wc -l <"$T/serial.out")" 2 # connect, disconnect
}

@test "an RPC without answer is told when it is sent, with its own rpc" {
  start_serial
  command '{"device":"D","send":"x\n","rpc":{"id":12345678901234567890,"method":"m"}}'
  command '{"send":"y\n","rpc":{"id":2}}'
  wait_count "$T/serial.out" '"sent":true' 2
  run grep '"sent":true' "$T/serial.out"
  assert_output "{\"device\":\"D\",\"rpc\":{\"id\":12345678901234567890,\"method\":\"m\"},\"sent\":true}
{\"port\":\"$T/tty.port\",\"rpc\":{\"id\":2},\"sent\":true}"
}

@test "an answer is the first frame that began after the command, and no reading" {
  start_serial --device D
  printf 'reading\nhalf ' >"$T/tty.device"
  wait_for "$T/serial.out" reading
  command '{"device":"D","send":"ask\n","rpc":{"id":1},"answer":{"timeout":20000}}'
  wait_for "$T/device.out" ask
  printf 'a reading\nthe answer\nnext reading\n' >"$T/tty.device"
  wait_for "$T/serial.out" 'next reading'
  run bash -c "jq -c 'select(.data) | [.data,.rpc,.device]' $T/serial.out"
  assert_output '["reading\n",null,"D"]
["half a reading\n",null,"D"]
["the answer\n",{"id":1},"D"]
["next reading\n",null,"D"]'
}

@test "a silent device: timeout, and the next command works" {
  start_serial
  command '{"device":"D","send":"one\n","rpc":{"id":1},"answer":{"timeout":100}}'
  wait_for "$T/serial.out" '"error":"timeout"'
  command '{"device":"D","send":"two\n","rpc":{"id":2},"answer":{"timeout":20000}}'
  wait_for "$T/device.out" two
  printf 'ok\n' >"$T/tty.device"
  wait_for "$T/serial.out" '"ok'
  run answers
  assert_output '{"device":"D","rpc":{"id":1},"error":"timeout"}
{"source":"serial","port":"tty.port","device":"D","data":"ok\n","rpc":{"id":2}}'
}

@test "more commands than can wait: busy, one record each" {
  start_serial
  for i in $(seq 40); do
    printf '{"send":"%s\\n","rpc":{"id":%s},"answer":{"timeout":60000}}\n' "$i" "$i"
  done >"$T/down"
  wait_for "$T/device.out" '^1$'
  wait_count "$T/serial.out" '"error":"busy"' 7
  kill -TERM "$pid_serial"
  assert_ends serial 0
  assert_equal "$(grep -c '"error":"busy"' "$T/serial.out")" 7
  assert_equal "$(grep -c '"error":"the connector is stopping"' "$T/serial.out")" 33
  assert_equal "$(answers | jq -c .rpc.id | sort -n | uniq | wc -l)" 40
}

@test "port away: commands fail at once" {
  start_serial
  kill -TERM "$pid_socat_tty"
  wait_for "$T/serial.out" disconnect
  command '{"send":"x","rpc":{"id":1}}'
  wait_for "$T/serial.out" '"error":"port is not open"'
}

@test "by device, by port, and never to another device" {
  start_ptys b
  cat >"$T/s.json" <<EOF
{"devices":[{"name":"A","port":"$T/tty.port"},{"name":"B","port":"$T/b.port"}]}
EOF
  background device_b cat "$T/b.device"
  STDIN="rw:$T/down" background serial tbgw-serial --config "$T/s.json"
  wait_count "$T/serial.out" '"connect"' 2
  command '{"device":"B","send":"to B\n"}'
  command "{\"port\":\"$T/tty.port\",\"send\":\"to A\\n\"}"
  command '{"send":"whom?\n","rpc":{"id":1}}'
  command "{\"device\":\"C\",\"port\":\"$T/b.port\",\"send\":\"not B\\n\",\"rpc\":{\"id\":2}}"
  wait_for "$T/device_b.out" '^to B$'
  wait_for "$T/device.out" '^to A$'
  wait_for "$T/serial.out" '"id":2'
  run answers
  assert_output "{\"rpc\":{\"id\":1},\"error\":\"several ports could be for a command that names neither device nor port\"}
{\"device\":\"C\",\"rpc\":{\"id\":2},\"error\":\"no port here is for device 'C'\"}"
  assert_equal "$(cat "$T/device_b.out")" 'to B'
}

@test "uplink events are copied as they are, the rest ignored, downlink events named" {
  start_serial
  reply='{"event":"rpc-reply",  "id":1,"data":{"x":1.50}}'
  for event in stats fault platform-up platform-down; do command "{\"event\":\"$event\"}"; done
  command '{"spool":1,"run":"0123456789abcdef","ack":"/x"}'
  command '{"event":"attributes","device":"D","data":{"a":1}}'
  command "$reply"
  wait_for "$T/serial.out" rpc-reply
  grep -qxF "$reply" "$T/serial.out"
  assert_equal "$(wc -l <"$T/serial.out")" 2
  assert_equal "$(cat "$T/serial.err")" "tbgw-serial: stdin:6: the event 'attributes' is not bytes \
for a device: tbgw-convert --downlink makes them"
  kill -TERM "$pid_serial"
  assert_ends serial 0
}

@test "bad lines cost only themselves, with line number and reason; 65 at the end" {
  start_serial --max-record 256K
  {
    echo 'no json'
    echo '{"send":5}'
    echo ''
    printf '{"send":"\xff"}\n'
    printf '{"a":\0}\n'
    printf '[%.0s' $(seq 100000) && echo
    head -c 1048576 /dev/zero | tr '\0' x && echo
    echo '{"x":1}'
    echo '{"send":"","rpc":{"id":9}}'
    echo '{"send":"good\n"}'
  } >"$T/down"
  wait_for "$T/device.out" good
  wait_for "$T/serial.out" '"error":"`send` is empty"'
  kill -TERM "$pid_serial"
  assert_ends serial 65
  for line in 1 2 3 4 5 6 7 8 9; do grep -q "^tbgw-serial: stdin:$line: ." "$T/serial.err"; done
  assert_equal "$(grep -c stdin: "$T/serial.err")" 9
  assert_equal "$(cat "$T/device.out")" good
}

@test "the end of stdin means no more commands, not the end" {
  background serial bash -c 'exec tbgw-serial "$0" < <(echo "{\"send\":\"one\\n\"}")' "$T/tty.port"
  wait_for "$T/device.out" one
  printf 'still here\n' >"$T/tty.device"
  wait_for "$T/serial.out" 'still here'
}

@test "stdin that is a plain file or --once is left alone" {
  echo '{"send":"eaten\n"}' >"$T/file"
  STDIN="$T/file" background serial tbgw-serial "$T/tty.port"
  wait_for "$T/serial.out" connect
  printf 'x\n' >"$T/tty.device"
  wait_for "$T/serial.out" '"x'
  kill -TERM "$pid_serial"
  assert_ends serial 0
  STDIN="rw:$T/down" background serial tbgw-serial --once "$T/tty.port"
  wait_for "$T/serial.out" connect
  command '{"send":"eaten\n"}'
  printf 'y\n' >"$T/tty.device"
  assert_ends serial 0
  assert_equal "$(cat "$T/device.out")" ""
}

@test "a plain file opened for reading and writing is a mistake: 64" {
  touch "$T/file"
  STDIN="rw:$T/file" background serial tbgw-serial "$T/tty.port"
  assert_ends serial 64
  grep -q 'mkfifo down' "$T/serial.err"
}

# numbered FROM TO: frames as the documented ones, with their number.
numbered() { seq -f $'48\r%010.0f' "$1" "$2"; }

@test "stdout blocked: nothing is lost in the default buffer, and commands reach the port" {
  mkfifo "$T/out"
  exec 7<>"$T/out"
  STDIN="rw:$T/down" background serial bash -c \
    "exec tbgw-serial --device CustomSerialDevice1 $T/tty.port >$T/out 7>&-"
  read -rt 20 -u 7 line
  assert_regex "$line" connect
  numbered 1 50000 >"$T/tty.device" # what a minute at 115200 baud brings
  command '{"send":"despite all\n"}'
  wait_for "$T/device.out" 'despite all'
  background reader cat "$T/out"
  wait_for "$T/reader.out" 0000050000 60
  exec 7>&-
  jq -rj 'select(.data).data' "$T/reader.out" | cmp - <(numbered 1 50000)
  run ! grep -q fault "$T/reader.out"
}

@test "stdout blocked with a small buffer: the oldest frames go, counted exactly, one fault" {
  mkfifo "$T/out"
  exec 7<>"$T/out"
  STDIN="rw:$T/down" background serial bash -c "exec tbgw-serial --buffer 64K $T/tty.port >$T/out 7>&-"
  read -rt 20 -u 7 line
  assert_regex "$line" connect
  numbered 1 5000 >"$T/tty.device"
  command '{"send":"ask\n","rpc":{"id":1}}'
  wait_for "$T/device.out" ask
  background reader cat "$T/out"
  wait_for "$T/reader.out" '"id":1' 60
  numbered 5001 5001 >"$T/tty.device"
  wait_for "$T/reader.out" 0000005001 60
  kill -USR1 "$pid_serial"
  wait_for "$T/reader.out" '"stats"'
  exec 7>&-
  jq -r 'select(.data).data[3:] | tonumber' "$T/reader.out" >"$T/numbers"
  dropped=$(jq 'select(.event == "fault").dropped' "$T/reader.out")
  ((dropped > 1000))
  assert_equal "$(($(wc -l <"$T/numbers") + dropped))" 5001
  assert_equal "$(jq 'select(.counters).counters.dropped' "$T/reader.out")" "$dropped"
  assert_equal "$(grep -c '"fault"' "$T/reader.out")" 1
  sort -nuc "$T/numbers" # in order
}
