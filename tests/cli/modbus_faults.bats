#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# No value ever under a wrong tag, device or time, whatever the units do. How long the faults are
# looked at, all of a kind of bus at once: FAULT_SECONDS (3; with TBGW_LONG 60).

export LONG=${TBGW_LONG:-${LONG:-}} # common.bash lets no TBGW_ variable through
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

# afflict BUS NAME OPTION...: units with a fault, polled, in the folder $T/NAME.
afflict() {
  local bus=$1 name=$2 T="$T/$2"
  shift 2
  mkdir "$T"
  if [ "$bus" = tcp ]; then
    start_units "$@"
    write_config "\"type\": \"tcp\", \"method\": \"socket\", \"host\": \"127.0.0.1\", \"port\": $UNITS_PORT"
  else
    start_units --rtu "$T/line" "$@"
    write_config "\"type\": \"serial\", \"method\": \"rtu\", \"port\": \"$T/line\", \"baudrate\": 115200"
  fi
  background "tool_$name" tbgw-modbus "$T/modbus.json"
  wait_for "$T/tool_$name.out" '"deviceName"'
}

# judge_afflicted NAME LEAST: no wrong value, and at least so many right ones.
judge_afflicted() {
  local counted T="$T/$1"
  assert_ends "tool_$1" 0
  counted=$(judge "$T/tool_$1.out") || { echo "# $1: a wrong value"; return 1; }
  echo "# $1: $counted values in $seconds s"
  [ "$counted" -ge "$2" ]
  assert_equal "$(tail -c 1 "$T/tool_$1.out")" ""
}

# suffers BUS: the faults of stdin, "NAME LEAST OPTION...", LEAST being values a second.
suffers() {
  local fault faults name least options pid seconds=${FAULT_SECONDS:-${LONG:+60}}
  seconds=${seconds:-3}
  mapfile -t faults
  for fault in "${faults[@]}"; do
    read -r name least options <<<"$fault"
    # shellcheck disable=SC2086 # several
    afflict "$1" "$name" $options
  done
  sleep "$seconds" # the time that is measured
  for fault in "${faults[@]}"; do
    pid="pid_tool_${fault%% *}"
    kill -TERM "${!pid}"
  done
  for fault in "${faults[@]}"; do
    read -r name least options <<<"$fault"
    judge_afflicted "$name" $((least * seconds))
  done
}

@test "TCP: no fault of a unit gives a wrong value" {
  suffers tcp <<'END'
late 10 --fault late --delay 0.2
duplicate 100 --fault duplicate --delay 0.01
unit 10 --fault unit
transaction 10 --fault transaction
truncated 5 --fault truncated --every 7
garbage 5 --fault garbage --every 7
split 40 --fault split
count 30 --fault count
function 30 --fault function
busy 30 --fault busy
close 20 --fault close --every 20
END
}

# A repetition comes back to back with the answer, during the next request before its answer, or
# much later.
@test "RTU: no fault of a unit gives a wrong value" {
  suffers rtu <<'END'
late 5 --fault late --delay 0.2
very_late 5 --fault late --delay 0.7 --every 9
duplicate 20 --fault duplicate --delay 0
duplicate_later 20 --fault duplicate --delay 0.004 --answer-time 0.006
duplicate_much_later 10 --fault duplicate --delay 0.03 --answer-time 0.006 --every 11
unit 5 --fault unit
truncated 5 --fault truncated --every 7
garbage 5 --fault garbage --every 7
split 20 --fault split
crc 10 --fault crc
echo 20 --fault echo
function 5 --fault function
exception 30 --fault exception
END
}
