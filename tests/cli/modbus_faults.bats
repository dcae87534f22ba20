#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# No value ever under a wrong tag, device or time, whatever the units do. How long each fault is
# looked at: FAULT_SECONDS (3).

load ../support/common
load ../support/modbus

setup() { common_setup; }
teardown() { common_teardown; }

# Three units, each with two blocks of the same size: the answer to one looks like that to another.
write_config() {
  local unit slaves=()
  for unit in 1 2 3; do
    slaves+=("{\"deviceName\": \"d$unit\", \"unitId\": $unit, \"pollPeriod\": 50, $1,
      \"byteOrder\": \"BIG\", \"wordOrder\": \"BIG\", \"responseTimeout\": 150, \"retries\": 1,
      \"connectAttemptTimeMs\": 100, \"maxGap\": 0, \"timeseries\": [
       {\"tag\": \"r0\", \"type\": \"16uint\", \"functionCode\": 3, \"address\": 0},
       {\"tag\": \"r1\", \"type\": \"16uint\", \"functionCode\": 3, \"address\": 1},
       {\"tag\": \"r100\", \"type\": \"16uint\", \"functionCode\": 3, \"address\": 100},
       {\"tag\": \"r101\", \"type\": \"16uint\", \"functionCode\": 3, \"address\": 101},
       {\"tag\": \"c3\", \"type\": \"bits\", \"functionCode\": 1, \"address\": 3}]}")
  done
  printf '{"master": {"slaves": [%s, %s, %s]}}' "${slaves[@]}" >"$T/modbus.json"
}

# suffers FAULT LEAST [OPTION...]: no wrong value, and at least so many right ones a second.
suffers() {
  local fault=$1 least=$2 counted seconds=${FAULT_SECONDS:-3}
  shift 2
  background tool tbgw-modbus "$T/modbus.json"
  wait_for "$T/tool.out" '"deviceName"'
  sleep "$seconds" # the time that is measured
  kill -TERM "$pid_tool"
  assert_ends tool 0 5
  counted=$(judge "$T/tool.out")
  echo "# $fault: $counted values in $seconds s"
  [ "$counted" -ge $((least * seconds)) ]
  assert_equal "$(tail -c 1 "$T/tool.out")" ""
}

over_tcp() {
  start_units --fault "$@"
  write_config "\"type\": \"tcp\", \"method\": \"socket\", \"host\": \"127.0.0.1\", \"port\": $UNITS_PORT"
}
over_rtu() {
  start_units --rtu "$T/line" --fault "$@"
  write_config "\"type\": \"serial\", \"method\": \"rtu\", \"port\": \"$T/line\", \"baudrate\": 115200"
}

@test "TCP: late answers" { over_tcp late --delay 0.2; suffers late 10; }
@test "TCP: duplicate answers" { over_tcp duplicate --delay 0.01; suffers duplicate 100; }
@test "TCP: answers of another unit" { over_tcp unit; suffers unit 10; }
@test "TCP: wrong transaction ids" { over_tcp transaction; suffers transaction 10; }
@test "TCP: truncated answers" { over_tcp truncated --every 7; suffers truncated 5; }
@test "TCP: garbage" { over_tcp garbage --every 7; suffers garbage 5; }
@test "TCP: answers byte by byte" { over_tcp split; suffers split 40; }
@test "TCP: too much data" { over_tcp count; suffers count 30; }
@test "TCP: another function code" { over_tcp function; suffers function 30; }
@test "TCP: busy units" { over_tcp busy; suffers busy 30; }
@test "TCP: connections closed mid-frame" { over_tcp close --every 20; suffers close 20; }
@test "RTU: late answers" { over_rtu late --delay 0.2; suffers late 5; }
@test "RTU: very late answers" { over_rtu late --delay 0.7 --every 9; suffers late 5; }
@test "RTU: duplicate answers, back to back" { over_rtu duplicate --delay 0; suffers duplicate 20; }
# The repetition comes during the next request, before its answer.
@test "RTU: duplicate answers, later" {
  over_rtu duplicate --delay 0.004 --answer-time 0.006
  suffers duplicate 20
}
@test "RTU: duplicate answers, much later" {
  over_rtu duplicate --delay 0.03 --answer-time 0.006 --every 11
  suffers duplicate 10
}
@test "RTU: answers of another unit" { over_rtu unit; suffers unit 5; }
@test "RTU: truncated answers" { over_rtu truncated --every 7; suffers truncated 5; }
@test "RTU: garbage" { over_rtu garbage --every 7; suffers garbage 5; }
@test "RTU: answers byte by byte" { over_rtu split; suffers split 20; }
@test "RTU: wrong checks" { over_rtu crc; suffers crc 10; }
@test "RTU: echo before the answer" { over_rtu echo; suffers echo 20; }
@test "RTU: another function code" { over_rtu function; suffers function 5; }
@test "RTU: exceptions" { over_rtu exception; suffers exception 30; }
