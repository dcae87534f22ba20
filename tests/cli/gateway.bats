#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The whole gateway, with the real binaries: a device on a pty at one end, the platform (or a broker)
# at the other, and everything that lies between.

export LONG_TESTS=${TBGW_LONG:-${LONG_TESTS:-}} # TBGW_LONG=1: stdout is blocked for a whole minute
load ../support/common

setup() {
  common_setup
  cd "$T" || return
  jq --arg port "$T/tty.port" '.devices[0].port = $port
    | .devices[0].serverSideRpc[0].responseTimeoutSec = 1' \
    "$SOURCE/scripts/examples/custom_serial.json" >s.json
}

teardown() {
  exec 7>&- 8>&- || true
  common_teardown
}

# pipeline NAME COMMANDS: a pipeline in the background, in a process group of its own so that the
# teardown finds every stage. bash waits for them when SIGTERM comes, as in tbgw(7).
pipeline() {
  background "$1" setsid bash -o pipefail -c "trap : TERM; $2"
  local pid="pid_$1"
  PIDS+=("-${!pid}")
}

start_gateway_platform() {
  start_platform
  chmod 600 token # or the tool warns of it
}

# The ring as README.md and tbgw(7) print it.
start_ring() {
  mkfifo down
  pipeline ring 'tbgw-serial --config s.json <>down 2>serial.err | tbgw-convert s.json 2>convert.err |
    tbgw-push "$PLATFORM_URL" --token-file token 2>push.err |
    tbgw-convert --downlink s.json 1<>down 2>downlink.err'
  exec 7<>tty.device
  wait_for platform.log '"kind":"connect".*CustomSerialDevice1'
}

# heard BYTES: the next bytes that reach the device are these.
heard() {
  local text
  IFS= read -r -t 30 -N ${#1} -u 7 text || { echo "the device heard only ${text@Q}"; false; }
  [ "$text" = "$1" ] || { echo "the device heard ${text@Q}, not ${1@Q}"; false; }
}

# log FILTER: the lines of the platform's log, as the jq filter prints them.
log() { jq -c "$1" platform.log; }

# reply N: waits for the Nth answer of an RPC and prints it.
reply() {
  wait_count platform.log '"kind":"rpc-reply"' "$1" 30
  log 'select(.kind == "rpc-reply") | .data' | sed -n "$1p"
}

# What the device wrote has been read from the port.
read_by_now() {
  python3 -c 'import fcntl, os, struct, sys, termios
port = os.open("tty.port", os.O_RDWR | os.O_NOCTTY)
sys.exit(struct.unpack("i", fcntl.ioctl(port, termios.TIOCINQ, b"0000"))[0])'
}

assert_silent() { for file; do assert_equal "$(cat "$file")" ""; done; }

@test "the documented serial example arrives as documented" {
  local before
  start_ptys
  start_gateway_platform
  start_ring
  before=$(date +%s%3N)
  printf '48\r2430947595\n' >&7
  wait_for platform.log '"kind":"telemetry"'
  wait_for platform.log '"kind":"attributes"'
  run -0 log 'select(.kind == "telemetry") | [.device, .values]'
  assert_output '["CustomSerialDevice1",{"humidity":48}]'
  run -0 log 'select(.kind == "attributes") | [.device, (.values | map_values(tostring))]'
  assert_output '["CustomSerialDevice1",{"SerialNumber":"2430947595"}]'
  run -0 log 'select(.kind == "connect") | [.device, .type]'
  assert_output '["CustomSerialDevice1","default"]'
  run -0 log "select(.kind == \"telemetry\") | .ts >= $before - 200 and .ts <= $(date +%s%3N)"
  assert_output true
  run -0 log 'select(.kind == "refused")'
  assert_output ""
  kill -TERM -- "-$pid_ring"
  assert_ends ring 0
  assert_silent serial.err convert.err push.err downlink.err
}

@test "the documented serial example arrives at a broker, byte for byte" {
  local port ts
  start_ptys
  port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
  printf 'listener %s 127.0.0.1\nallow_anonymous true\n' "$port" >mosquitto.conf
  background broker mosquitto -c mosquitto.conf
  wait_until 20 mosquitto_pub -p "$port" -t hello -m there
  background watcher mosquitto_sub -p "$port" -t '#' -F '%t %p'
  wait_until 20 bash -c 'mosquitto_pub -p "$1" -t hello -m there && grep -q hello watcher.out' - "$port"
  pipeline up "tbgw-serial --config s.json 2>serial.err | tbgw-convert s.json 2>convert.err |
    tbgw-push mqtt://127.0.0.1:$port 2>push.err >events"
  exec 7<>tty.device
  wait_for watcher.out '^v1/gateway/connect '
  printf '48\r2430947595\n' >&7
  wait_for watcher.out '^v1/gateway/telemetry '
  wait_for watcher.out '^v1/gateway/attributes '
  run -0 grep -E '^v1/gateway/(connect|telemetry|attributes) ' watcher.out
  ts=$(grep -oE '"ts":[0-9]+' watcher.out)
  assert_line 'v1/gateway/connect {"device":"CustomSerialDevice1","type":"default"}'
  assert_line "v1/gateway/telemetry {\"CustomSerialDevice1\":[{$ts,\"values\":{\"humidity\":48}}]}"
  assert_line 'v1/gateway/attributes {"CustomSerialDevice1":{"SerialNumber":"2430947595"}}'
  assert_equal "${#lines[@]}" 3
  kill -TERM -- "-$pid_up"
  assert_ends up 0
  wait_for watcher.out '^v1/gateway/disconnect {"device":"CustomSerialDevice1"}$'
}

@test "an attribute update reaches the device" {
  start_ptys
  start_gateway_platform
  start_ring
  platform attributes CustomSerialDevice1 '{"attr1":25}'
  heard $'value = 25\n'
  platform attributes CustomSerialDevice1 '{"other":1}'
  platform attributes CustomSerialDevice1 '{"attr1":"hot"}'
  heard $'value = hot\n'
}

@test "RPCs: without an answer, with one, unknown, and to a silent device" {
  start_ptys
  start_gateway_platform
  start_ring
  platform rpc CustomSerialDevice1 getValue '"get\n"'
  heard $'get\n'
  assert_equal "$(reply 1)" '{"success":true}'

  platform rpc CustomSerialDevice1 setValue 7
  heard $'\a'
  printf 'done\rrest\n' >&7
  assert_equal "$(reply 2)" '{"result":"done"}'

  platform rpc CustomSerialDevice1 explode 1
  run -0 reply 3
  assert_output --regexp '^\{"error":".*explode.*"\}$'

  platform rpc CustomSerialDevice1 setValue 8
  heard $'\b'
  run -0 reply 4
  assert_output --regexp '^\{"error":".+"\}$'

  # The answer that comes too late is nobody's, and no reading; then frames are readings again.
  printf '47\r2430947595\n' >&7
  wait_until 20 read_by_now
  printf '49\r2430947595\n' >&7
  wait_for platform.log '"humidity":49'
  run -0 log 'select(.kind == "telemetry") | .values'
  assert_output '{"humidity":49}'
  run -0 log 'select(.kind == "rpc-reply" and .stale)'
  assert_output ""
}

@test "a port that goes and comes back: two messages, and frames flow again" {
  start_ptys
  start_gateway_platform
  start_ring
  printf '48\r2430947595\n' >&7
  wait_for platform.log '"humidity":48'
  exec 7>&-
  kill -TERM "$pid_socat_tty"
  wait_for platform.log '"kind":"disconnect".*CustomSerialDevice1'
  sleep 4 # several attempts to open it
  start_ptys
  exec 7<>tty.device
  wait_count platform.log '"kind":"connect".*CustomSerialDevice1' 2 60
  printf '49\r2430947595\n' >&7
  wait_for platform.log '"humidity":49'
  cat ./*.err
  assert_equal "$(cat serial.err convert.err push.err downlink.err | wc -l)" 2
  # And down again too.
  platform attributes CustomSerialDevice1 '{"attr1":26}'
  heard $'value = 26\n'
  kill -TERM -- "-$pid_ring"
  assert_ends ring 0
}

COUNT=200000
# COUNT captured records of three devices, and the map for them.
capture() {
  python3 - "$COUNT" >capture.ndjson <<'END'
import sys
for n in range(int(sys.argv[1])):
    print('{"ts":%d,"source":"serial","device":"D%d","data":"%d\\n"}' % (1790000000000 + n, n % 3, n))
END
  jq -n '{devices: [range(3) | {name: "D\(.)", telemetry: [{key: "n", type: "int"}]}]}' >map.json
}

peak() { sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\).*/\1/p' "/proc/$1/status"; }
sanitized() { ldd "$(command -v "$1")" | grep -q libasan; }

@test "200000 captured records through tbgw-convert: none lost, none reordered, memory flat" {
  local early
  capture
  mkfifo in
  exec 8<>in
  STDIN=in background convert bash -c 'exec 8>&-; exec tbgw-convert map.json'
  head -n 20000 capture.ndjson >&8
  wait_count convert.out . 20000 60
  early=$(peak "$pid_convert")
  tail -n +20001 capture.ndjson >&8
  wait_count convert.out . "$COUNT" 120
  echo "# tbgw-convert: $early KiB after 20000 records, $(peak "$pid_convert") KiB after $COUNT" >&3
  sanitized tbgw-convert || [ $(($(peak "$pid_convert") - early)) -le 512 ] # asan keeps freed memory
  exec 8>&-
  assert_ends convert 0
  assert_silent convert.err
  run -0 awk -F '[:,}"]+' '{ for (i = 1; i < NF; i++) if ($i == "n") { n = $(i + 1); found++ } }
    n != NR - 1 || index($0, "\"deviceName\":\"D" n % 3 "\"") == 0 { wrong++ }
    END { print found, wrong + 0 }' convert.out
  assert_output "$COUNT 0"
}

@test "200000 captured records over a connection that is cut: all arrive, in order" {
  capture
  start_gateway_platform
  mkfifo captured
  pipeline up "tbgw-replay --speed max captured 2>replay.err | tbgw-convert map.json 2>convert.err |
    tbgw-push $PLATFORM_URL --token-file token 2>push.err >events"
  # The second half comes only when the connection was cut under the first one.
  background capture bash -c 'exec >captured; head -n "$1" capture.ndjson
    until [ -e go ]; do sleep 0.05; done; tail -n "+$(($1 + 1))" capture.ndjson' - $((COUNT / 2))
  wait_count platform.log '"kind":"telemetry"' 30000 120
  # Stored but not acknowledged, and more on its way: both must come again.
  platform mute
  wait_until 20 awk '/"command":"mute"/ { on = 1 } on && /"telemetry"/ { found = 1 } END { exit !found }' platform.log
  platform down 10
  platform unmute
  wait_for platform.log '"kind":"session","at":[0-9]*,"state":"clos'
  : >go
  assert_ends up 0 400
  # First occurrences: all of them, each device's in order, each value with its device.
  sed -nE 's/^\{"kind":"telemetry".*"device":"D([0-9])".*"n":([0-9]+).*/\1 \2/p' platform.log >arrived
  run -0 awk '!($2 in seen) { seen[$2]; first++; if ($2 % 3 != $1) wrong++
      if ($1 in last && $2 < last[$1]) disordered++; last[$1] = $2 }
    END { print first + 0, wrong + 0, disordered + 0 }' arrived
  assert_output "$COUNT 0 0"
  echo "# $(($(wc -l <arrived) - COUNT)) of $COUNT records were delivered twice" >&3
  [ "$(wc -l <arrived)" -gt "$COUNT" ]
  assert_equal "$(wc -l <push.err)" 2 # lost, connected again
  assert_silent replay.err convert.err
}

# blocked OPTION...: tbgw-serial with these options, its stdout not read until the file `go` exists.
blocked() {
  mkfifo out down
  background reader bash -c 'exec <out; until [ -e go ]; do sleep 0.05; done; exec cat'
  exec 8<>down
  STDIN="$T/down" background serial bash -c 'exec "$@" >out 5>ready 8>&-' - \
    tbgw-serial "$T/tty.port" --baud 115200 --ready-fd 5 "$@"
  wait_until 20 test -s ready # the 50 ms in which the line must be silent are over
}

# The numbers of the frames that were read, one a line.
numbers() { jq -r 'select(.data) | .data[:9] | tonumber' reader.out; }

stats() {
  kill -USR1 "$pid_serial"
  wait_for reader.out '"event":"stats"'
  jq -c 'select(.event == "stats") | .counters' reader.out
}

# Talks at 115200 baud while stdout is blocked, sees a command through, lets go; SENT is then the
# number of frames that came.
talk_to_blocked() {
  background device "$SUPPORT/paced_device" "$T/tty.device" 115200 "$SECONDS_BLOCKED"
  exec 7<>tty.device
  sleep $((SECONDS_BLOCKED / 2)) # until the pipe is full for long
  printf '%s\n' '{"send":"ping\n"}' >&8
  heard $'ping\n'
  assert_ends device 0 $((SECONDS_BLOCKED + 60))
  assert_equal "$(jq .lost device.out)" 0 # the port was read all the time
  SENT=$(jq .frames device.out)
}

@test "stdout blocked at 115200 baud: nothing is lost, and a command still reaches the port" {
  SECONDS_BLOCKED=${LONG_TESTS:+60}
  SECONDS_BLOCKED=${SECONDS_BLOCKED:-15}
  start_ptys
  blocked
  talk_to_blocked
  : >go
  wait_count reader.out '"data":' "$SENT" 60
  run -0 stats
  assert_equal "$(jq .dropped <<<"$output")" 0
  kill -TERM "$pid_serial"
  assert_ends serial 0
  assert_ends reader 0
  run -0 numbers
  assert_output "$(seq 0 $((SENT - 1)))"
  assert_silent serial.err
}

@test "stdout blocked with a small buffer: the oldest frames go, and their number is right" {
  SECONDS_BLOCKED=${LONG_TESTS:+60}
  SECONDS_BLOCKED=${SECONDS_BLOCKED:-15}
  start_ptys
  blocked --buffer 64K
  talk_to_blocked
  : >go
  wait_for reader.out "$(printf %09d $((SENT - 1)))" 60
  run -0 stats
  local dropped
  dropped=$(jq .dropped <<<"$output")
  kill -TERM "$pid_serial"
  assert_ends serial 0
  assert_ends reader 0
  [ "$dropped" -gt 0 ]
  numbers >numbers
  assert_equal "$(($(wc -l <numbers) + dropped))" "$SENT"
  # One gap, where the oldest went; in order before and behind it.
  run -0 awk 'NR > 1 && $1 != last + 1 { gaps++; missing += $1 - last - 1 } { last = $1 }
    END { print gaps, missing }' numbers
  assert_output "1 $dropped"
  run -0 jq -c 'select(.event == "fault") | .dropped' reader.out
  assert_output "$dropped"
}

@test "the one-liner of README.md, with its map, as it is printed there" {
  local line
  start_ptys
  start_gateway_platform
  line='tbgw-serial /dev/ttyUSB0 | tbgw-convert map.json | tbgw-push'
  run -0 grep -cE "^ +${line//|/\\|}\$" "$SOURCE/README.md"
  awk '/^ *```json$/ { on = 1; next } on && /^ *```$/ { exit } on' "$SOURCE/README.md" >map.json
  jq -e '.devices | length == 1' map.json
  # tbgw-push --login, as README.md has it, but answered by a program.
  printf '%s\n' "$PLATFORM_URL" test-token | tbgw-push --login 2>login.err
  pipeline gateway "${line//\/dev\/ttyUSB0/$T/tty.port} >events 2>err"
  exec 7<>tty.device
  wait_for platform.log '"kind":"connect".*CustomSerialDevice1'
  printf '48\r2430947595\n' >&7
  wait_for platform.log '"values":\{"humidity":48\}'
  wait_for platform.log '"SerialNumber":"?2430947595'
  kill -TERM -- "-$pid_gateway"
  assert_ends gateway 0
  assert_silent err
}
