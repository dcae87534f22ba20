#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-serial as a person first meets it: bytes from standard input, framing, encodings, and what it
# says about mistakes.
load ../support/common

setup() { common_setup; }
teardown() { common_teardown; }

# data [OPTION...]: the data of the records for the bytes on stdin.
data() { tbgw-serial - "$@" | jq -c .data; }

@test "the documented example: device bytes become one raw record" {
  before=$(date +%s%3N)
  run --separate-stderr bash -c 'printf "48\r2430947595\n" | tbgw-serial -'
  after=$(date +%s%3N)
  assert_success
  assert_equal "$stderr" ""
  assert_equal "$(jq -c 'del(.ts)' <<<"$output")" '{"source":"serial","data":"48\r2430947595\n"}'
  ts=$(jq .ts <<<"$output")
  ((before <= ts && ts <= after + 1))
}

@test "-: an unterminated last line is still a frame, and there are no events" {
  run --separate-stderr bash -c 'printf "a\nb" | tbgw-serial --device D -'
  assert_success
  assert_equal "$(jq -c '[.device,.data]' <<<"$output")" '["D","a\n"]
["D","b"]'
}

@test "delimiters: several, any bytes, escapes or hex, kept or stripped" {
  run data --delimiter ';' --delimiter hex:0d0a < <(printf 'a;b\r\nc;')
  assert_output '"a;"
"b\r\n"
"c;"'
  run data --delimiter '\r\n' --strip < <(printf 'a\r\n\r\nb\r\n')
  assert_output '"a"
"b"'
}

@test "fixed length, length prefix, start and stop, SLIP, COBS" {
  run data --frame-length 3 < <(printf abcdef)
  assert_output '"abc"
"def"'
  run data --length-prefix 1,1 < <(printf 'A\x02xyB\x01z')
  assert_output '"A\u0002xy"
"B\u0001z"'
  run data --start '$' --stop '\r\n' < <(printf 'GP,0\r\n??$GP,1\r\n$GP,2\r\n')
  assert_output '"$GP,1\r\n"
"$GP,2\r\n"'
  run data --slip < <(printf '\xc0one\xc0\xc0t\xdb\xddo\xc0')
  assert_output '"one"
"74db6f"'
  run data --cobs < <(printf '\x0311\x022\x00')
  assert_output '"11\u00002"'
}

@test "what is thrown away is said" {
  run --separate-stderr tbgw-serial --max-frame 4 - < <(printf 'abcdefgh\nab\n')
  assert_output --regexp '^[^ ]*"data":"ab\\n"}$'
  assert_equal "$stderr" "tbgw-serial: -: a frame longer than 4 bytes is thrown away (see --delimiter, --max-frame)"
  run --separate-stderr tbgw-serial --frame-length 2 - < <(printf abc)
  assert_output --regexp '"data":"ab"}$'
  assert_equal "$stderr" "tbgw-serial: standard input: 1 pieces without a whole frame were thrown away"
}

@test "a device whose frames end otherwise is not taken for a silent one" {
  mkfifo "$T/in"
  STDIN="rw:$T/in" background serial tbgw-serial -
  # The hint comes with bytes that are still unframed after ten seconds.
  wait_until 60 _hinted
  run -0 cat "$T/serial.err"
  assert_output --regexp '^tbgw-serial: -: [0-9]+ bytes came, but no frame has ended: how do frames end\? \(see --delimiter\)$'
}
_hinted() {
  printf 'x\r' >"$T/in"
  grep -q delimiter "$T/serial.err"
}

@test "an idle gap ends a frame" {
  mkfifo "$T/in"
  STDIN="rw:$T/in" background serial tbgw-serial --gap 100ms -
  printf abc >"$T/in"
  wait_for "$T/serial.out" '"data":"abc"'
  printf def >"$T/in"
  wait_for "$T/serial.out" '"data":"def"'
}

@test "bytes that are not UTF-8 go as hex, NUL bytes as text" {
  run bash -c "printf 'a\xff\n\0b\n' | tbgw-serial - | jq -c '[.data,.encoding]'"
  assert_output '["61ff0a","hex"]
["\u0000b\n",null]'
}

@test "--encoding hex, base64, latin-1" {
  run data --encoding hex < <(printf 'ab\n')
  assert_output '"61620a"'
  run data --encoding base64 < <(printf 'ab\n')
  assert_output '"YWIK"'
  run data --encoding latin-1 < <(printf '\xb0C\n')
  assert_output '"°C\n"'
}

@test "a frame past --max-frame costs only itself and is counted" {
  mkfifo "$T/in"
  STDIN="rw:$T/in" background serial tbgw-serial --max-frame 8 -
  printf 'short\nmuch too long\nok\n' >"$T/in"
  wait_for "$T/serial.out" '"ok\\n"'
  kill -USR1 "$pid_serial"
  wait_for "$T/serial.out" '"event":"stats"'
  run jq -c 'select(.counters) | .counters | [.bytes,.frames,.tooLong,.discarded]' "$T/serial.out"
  assert_output '[23,2,1,0]'
}

@test "--count and --once end after so many frames" {
  run --separate-stderr bash -c 'printf "a\nb\nc\nd\n" | tbgw-serial --count 3 - | jq -r .data'
  assert_success
  assert_output 'a

b

c'
  run data --once < <(printf 'a\nb\n')
  assert_output '"a\n"'
}

@test "200000 lines through a slow reader: none lost, none reordered" {
  seq 200000 | tbgw-serial --buffer 256K - | {
    read -r first
    read -rt 1 <> <(:) || true # the pipe and the buffer are full meanwhile
    { echo "$first"; cat; } | jq -r '.data | rtrimstr("\n")'
  } >"$T/got"
  cmp "$T/got" <(seq 200000)
}

@test "stamps of one moment are spread, so that none overwrites another" {
  run bash -c 'seq 100 | tbgw-serial - | jq .ts | sort -u | wc -l'
  assert_output 100
}

@test "SIGTERM: ends with 0, also while bytes could still come" {
  mkfifo "$T/in"
  STDIN="rw:$T/in" background serial tbgw-serial -
  printf 'a\nhalf' >"$T/in"
  wait_for "$T/serial.out" '"a\\n"'
  kill -TERM "$pid_serial"
  assert_ends serial 0
  assert_equal "$(wc -l <"$T/serial.out")" 1
  assert_equal "$(cat "$T/serial.err")" ""
}

@test "--drain-timeout: what nobody reads is counted, 75" {
  mkfifo "$T/out"
  exec 7<>"$T/out"
  run bash -c "seq 5000 | tbgw-serial --drain-timeout 100ms - >&7 7>&- 3>&-"
  exec 7>&-
  assert_equal "$status" 75
  assert_output --regexp '^tbgw-serial: [0-9]+ records could not be written before the drain timeout$'
}

@test "--list prints JSON lines or nothing" {
  run --separate-stderr tbgw-serial --list
  assert_success
  assert_equal "$stderr" ""
  printf '%s' "$output" | jq -e -s 'all(.[]; .port | startswith("/dev/"))'
}

@test "mistakes on the command line: 64 and what to do" {
  run -64 tbgw-serial
  assert_output --partial 'no PORT given; what is there: tbgw-serial --list'
  run -64 tbgw-serial --parity X -
  assert_output --partial "--parity: 'X' is not one of N, E, O, M, S"
  run -64 tbgw-serial --data-bits 9 -
  run -64 tbgw-serial --stop-bits 1.5 -
  assert_output --partial '1.5 stop bits go only with 5 data bits'
  run -64 tbgw-serial --slip --cobs -
  assert_output --partial 'choose one kind of framing'
  run -64 tbgw-serial --delimiter '\r' --delimiter '\r\n' -
  assert_output --partial 'can never end a frame'
  run -64 tbgw-serial --device D /dev/a /dev/b
  assert_output --partial '--device names the device of one PORT operand'
  run -64 tbgw-serial /dev/a /dev/a
  assert_output --partial '/dev/a is given twice'
  run -64 tbgw-serial --max-frame 1M -
  assert_output --partial 'does not fit into the longest record'
  run -64 tbgw-serial usb:0403
  assert_output --partial 'usb:VID:PID'
  run -64 tbgw-serial --count 0 -
  run -64 tbgw-serial --poll x -
  run -64 tbgw-serial --baud 9600x -
}

@test "what is no serial port is named" {
  touch "$T/file"
  run -64 tbgw-serial "$T/file"
  assert_output --partial "$T/file: not a serial port; to take the bytes of a file: tbgw-serial - < FILE"
  run -64 tbgw-serial /dev/null
  assert_output --partial '/dev/null: not a serial port'
}
