#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A dead unit never costs its neighbours more than 5 % of their samples, counted from 10 s after it
# fell silent. How long that is looked at: NEIGHBOUR_SECONDS (20).

load ../support/common
load ../support/modbus

setup() { common_setup; }
teardown() { common_teardown; }

# polls BUS: five units, ten samples a second of each, with the patience that is the default.
polls() {
  background "$1" tbgw-modbus "$2/1-5" r0=hr:0 --device "$1" --every 100ms
  wait_count "$T/$1.out" '"r0"' 20
}

# keeps NAME: of the four that live, all have 95 of 100 samples; of the dead one there is nothing.
keeps() {
  local unit count least
  least=$((10 * seconds * 95 / 100))
  for unit in 2 3 4 5; do
    count=$(tail -n "+$2" "$T/$1.out" | grep -c "\"deviceName\":\"$1-$unit\"")
    echo "# $1, unit $unit: $count of $((10 * seconds))"
    [ "$count" -ge "$least" ]
  done
  [ "$(tail -n "+$2" "$T/$1.out" | grep -c "\"deviceName\":\"$1-1\"")" -eq 0 ]
  grep -q "\"event\":\"disconnect\",\"device\":\"$1-1\"" "$T/$1.out"
}

@test "a dead unit on RTU, and behind a TCP gateway" {
  local seconds=${NEIGHBOUR_SECONDS:-20} from_rtu from_tcp
  background line "$SUPPORT/modbus_server" --rtu "$T/line" --dead "$T/dead"
  wait_for "$T/line.out" listening
  start_units
  polls rtu "rtu:$T/line,115200"
  polls tcp "tcp:127.0.0.1:$UNITS_PORT"
  echo 1 >"$T/dead"
  sleep 10 # the time that the promise allows
  from_rtu=$(wc -l <"$T/rtu.out") from_tcp=$(wc -l <"$T/tcp.out")
  sleep "$seconds" # the time that is measured
  kill -TERM "$pid_rtu" "$pid_tcp"
  assert_ends rtu 0
  assert_ends tcp 0
  keeps rtu "$from_rtu"
  keeps tcp "$from_tcp"
}
