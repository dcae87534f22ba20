#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The custom-connector guide, tbgw-connector(7): its three programs do what it says, in both
# directions, on a pty; and the page prints the very programs that are installed.

load ../support/common

EXAMPLES=$SOURCE/scripts/examples

setup_file() {
  g++ -std=c++20 -O2 -o "$BATS_FILE_TMPDIR/serial-connector" "$EXAMPLES/serial-connector.cpp"
}

setup() { common_setup; }

teardown() {
  exec 7>&- 8>&- || true
  common_teardown
}

program() {
  case $1 in
    shell) echo "$EXAMPLES/serial-connector.sh" ;;
    python) echo "$EXAMPLES/serial-connector.py" ;;
    c++) echo "$BATS_FILE_TMPDIR/serial-connector" ;;
  esac
}

# connector LANGUAGE [STDIN]: starts the example on a port whose device is fd 7, with commands from
# the FIFO `down`, which fd 8 writes; waits until it is there.
connector() {
  start_ptys
  exec 7<>"$T/tty.device"
  [ -p "$T/down" ] || mkfifo "$T/down"
  exec 8<>"$T/down"
  stty -F "$T/tty.port" 9600 raw -echo clocal
  STDIN="${2:-$T/down}" background connector "$(program "$1")" "$T/tty.port"
  wait_record '.event == "connect"'
}

# has FILTER / wait_record FILTER / record FILTER: records on stdout for which the filter is true.
record() { jq -c "select($1)" "$T/connector.out"; }
has() { [ -n "$(record "$1")" ]; }
wait_record() { wait_until 30 has "$1" || { cat "$T/connector.out" "$T/connector.err"; false; }; }

command() { printf '%s\n' "$1" >&8; }

# heard BYTES: the next bytes that reach the device are these.
heard() {
  local text
  IFS= read -r -t 30 -N ${#1} -u 7 text || { echo "the device heard only: ${text@Q}"; false; }
  [ "$text" = "$1" ] || { echo "the device heard ${text@Q}, not ${1@Q}"; false; }
}

frames_become_raw_records() {
  local before
  connector "$1"
  before=$(date +%s%3N)
  printf '48\r2430947595\n' >&7
  wait_record '.data'
  run -0 jq -c "select(.data) | [.source, .port, .data, .encoding, .rpc]" "$T/connector.out"
  assert_output "[\"serial\",\"$T/tty.port\",\"48\\r2430947595\\n\",null,null]"
  run -0 record ".ts >= $before - 200 and .ts <= $(date +%s%3N)"
  assert_output --partial '2430947595'
  run -0 --separate-stderr tbgw-convert "$EXAMPLES/custom_serial.json" <<<"$(record .data | jq -c '.ts = 1790000000123')"
  assert_output '{"deviceName":"CustomSerialDevice1","deviceType":"default","attributes":[{"SerialNumber":"2430947595"}],"telemetry":[{"ts":1790000000123,"values":{"humidity":48}}]}'
  [ -z "$stderr" ]
}
@test "shell: frames become raw records" { frames_become_raw_records shell; }
@test "python: frames become raw records" { frames_become_raw_records python; }
@test "c++: frames become raw records" { frames_become_raw_records c++; }

pieces_and_heaps_are_frames() {
  connector "$1"
  printf 'a\nb\n\nc' >&7
  wait_record '.data == "\n"'
  printf 'd\n' >&7
  wait_record '.data == "cd\n"'
  run -0 jq -cs 'map(select(.data)) | [map(.data), (map(.ts) | . == (unique))]' "$T/connector.out"
  assert_output '[["a\n","b\n","\n","cd\n"],true]'
}
@test "shell: several frames in one read, one frame in several, and no stamp twice" { pieces_and_heaps_are_frames shell; }
@test "python: several frames in one read, one frame in several, and no stamp twice" { pieces_and_heaps_are_frames python; }
@test "c++: several frames in one read, one frame in several, and no stamp twice" { pieces_and_heaps_are_frames c++; }

other_bytes_go_as_hex() {
  connector "$1"
  printf 'T\xb0\xff\n' >&7
  wait_record '.encoding == "hex" and .data == "54b0ff0a"'
}
@test "shell: bytes that are no text are not changed" { other_bytes_go_as_hex shell; }
@test "python: bytes that are no text are not changed" { other_bytes_go_as_hex python; }
@test "c++: bytes that are no text are not changed" { other_bytes_go_as_hex c++; }

commands_reach_the_device() {
  connector "$1"
  command '{"device":"CustomSerialDevice1","send":"value = 25\n"}'
  heard $'value = 25\n'
  command '{"device":"CustomSerialDevice1","send":"4f4b0a","encoding":"hex"}'
  heard $'OK\n'
  command '{"send":"get\n","rpc":{"id":0,"method":"getValue"}}'
  heard $'get\n'
  wait_record '.sent'
  run -0 jq -c 'select(has("event") | not)' "$T/connector.out"
  assert_output '{"rpc":{"id":0,"method":"getValue"},"sent":true}'
}
@test "shell: commands reach the device" { commands_reach_the_device shell; }
@test "python: commands reach the device" { commands_reach_the_device python; }
@test "c++: commands reach the device" { commands_reach_the_device c++; }

answers_carry_the_rpc() {
  connector "$1"
  printf 'unfini' >&7
  wait_until 20 read_by_now "$1"
  command '{"send":"7","rpc":{"id":1,"method":"setValue"},"answer":{"timeout":20000}}'
  heard 7
  printf 'shed\nok\r\nnews\n' >&7
  wait_record '.data == "news\n"'
  run -0 jq -cs 'map(select(.data) | [.data, .rpc])' "$T/connector.out"
  assert_output '[["unfinished\n",null],["ok\r\n",{"id":1,"method":"setValue"}],["news\n",null]]'
}
# The connector has read what the device wrote so far: nothing of it waits in the port.
read_by_now() {
  [ "$(python3 -c 'import fcntl, os, struct, sys, termios
fd = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
print(struct.unpack("i", fcntl.ioctl(fd, termios.TIOCINQ, b"\0\0\0\0"))[0])' "$T/tty.port")" = 0 ]
}
@test "shell: the answer is the first frame that begins after the command" { answers_carry_the_rpc shell; }
@test "python: the answer is the first frame that begins after the command" { answers_carry_the_rpc python; }
@test "c++: the answer is the first frame that begins after the command" { answers_carry_the_rpc c++; }

silence_is_an_answer() {
  connector "$1"
  command '{"send":"7","rpc":{"id":3,"method":"setValue"},"answer":{"timeout":300}}'
  command '{"send":"8"}'
  heard 78
  wait_record '.error == "timeout"'
  printf 'news\n' >&7
  wait_record '.data'
  run -0 jq -cs 'map(select(has("event") | not) | [.rpc, .error, .data])' "$T/connector.out"
  assert_output '[[{"id":3,"method":"setValue"},"timeout",null],[null,null,"news\n"]]'
}
@test "shell: a silent device costs one answer, and the next command goes out" { silence_is_an_answer shell; }
@test "python: a silent device costs one answer, and the next command goes out" { silence_is_an_answer python; }
@test "c++: a silent device costs one answer, and the next command goes out" { silence_is_an_answer c++; }

only_what_goes_up_is_passed_on() {
  connector "$1"
  command '{"spool":1,"run":"0123456789abcdef","ack":"/nowhere"}'
  command 'this is no JSON'
  command '[1,2]'
  command '{"event":"platform-up","reason":"session"}'
  command '{"event":"stats","tool":"x","counters":{}}'
  command '{"event":"attributes","device":"D","data":{"a":1}}'
  command '{"event":"rpc-reply","device":"D","id":0,"data":{"error":"unknown method"}}'
  command '{"send":"x"}'
  heard x
  wait_record '.event == "rpc-reply"'
  run -0 jq -c 'select(.event != "connect")' "$T/connector.out"
  assert_output '{"event":"rpc-reply","device":"D","id":0,"data":{"error":"unknown method"}}'
}
@test "shell: events on their way up are passed on, junk costs only itself" { only_what_goes_up_is_passed_on shell; }
@test "python: events on their way up are passed on, junk costs only itself" { only_what_goes_up_is_passed_on python; }
@test "c++: events on their way up are passed on, junk costs only itself" { only_what_goes_up_is_passed_on c++; }

lives_without_commands() {
  connector "$1" /dev/null
  printf 'a\n' >&7
  wait_record '.data == "a\n"'
  # The pipe that ends: no more commands, but frames go on.
  kill "$pid_connector"
  exit_status connector 20 >"$T/status"
  "$(program "$1")" "$T/tty.port" < <(echo '{"send":"x"}') >"$T/connector.out" 2>"$T/connector.err" 3>&- 7>&- 8>&- &
  PIDS+=("$!")
  heard x
  printf 'b\n' >&7
  wait_record '.data == "b\n"'
}
@test "shell: the end of stdin is not the end" { lives_without_commands shell; }
@test "python: the end of stdin is not the end" { lives_without_commands python; }
@test "c++: the end of stdin is not the end" { lives_without_commands c++; }

gone_port_is_66() {
  connector "$1"
  exec 7>&-
  kill "$pid_socat_tty"
  assert_ends connector 66
  run -0 record '.event == "disconnect"'
  assert_output --partial "\"port\":\"$T/tty.port\""
  run -66 "$(program "$1")" "$T/tty.port"
  [ ! -e "$T/tty.port" ]
}
@test "shell: a port that is gone is a disconnect and status 66" { gone_port_is_66 shell; }
@test "python: a port that is gone is a disconnect and status 66" { gone_port_is_66 python; }
@test "c++: a port that is gone is a disconnect and status 66" { gone_port_is_66 c++; }

the_whole_ring() {
  start_ptys
  start_platform
  exec 7<>"$T/tty.device"
  mkfifo "$T/down"
  stty -F "$T/tty.port" 9600 raw -echo clocal
  background ring bash -c '"$1" "$2" <>"$3/down" | tbgw-convert "$4" |
    tbgw-push "$PLATFORM_URL" --token-file "$3/token" | tbgw-convert --downlink "$4" 1<>"$3/down"' \
    - "$(program "$1")" "$T/tty.port" "$T" "$EXAMPLES/custom_serial.json"
  printf '48\r2430947595\n' >&7
  wait_for "$T/platform.log" '"humidity"'
  platform attributes CustomSerialDevice1 '{"attr1":25}'
  heard $'value = 25\n'
}
@test "shell: the whole ring" { the_whole_ring shell; }
@test "python: the whole ring" { the_whole_ring python; }
@test "c++: the whole ring" { the_whole_ring c++; }

@test "each program is at most 40 lines of code" {
  local counted
  # Blank lines, comments, what is included or imported, and lone braces do not count.
  for program in "$EXAMPLES"/serial-connector.*; do
    counted=$(grep -cvE '^[[:space:]]*(#|//|import |using |\}?$)' "$program")
    echo "$program: $counted"
    [ "$counted" -le 40 ]
  done
}

@test "the page prints the programs that are installed" {
  for file in serial-connector.sh serial-connector.py serial-connector.cpp; do
    listing "$SOURCE/man/tbgw-connector.7" "$file" | diff - "$EXAMPLES/$file"
  done
}
# listing PAGE FILE: the literal block behind the comment `file FILE`, as the reader sees it.
listing() {
  awk -v mark=".\\\\\" file $2" '$0 == mark { on = 1; next } on && /^\.Bd/ { next }
    on && /^\.Ed/ { exit } on' "$1" | sed -e 's/^\\&//' -e 's/\\e/\\/g'
}

@test "the shell program is clean and all three compile without a warning" {
  shellcheck "$EXAMPLES/serial-connector.sh"
  python3 -W error -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' "$EXAMPLES/serial-connector.py"
  run -0 g++ -std=c++20 -Wall -Wextra -fsyntax-only "$EXAMPLES/serial-connector.cpp"
  assert_output ""
}
