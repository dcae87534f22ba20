# SPDX-License-Identifier: Apache-2.0
# For tests of tbgw-modbus: the server that can misbehave, and the judgement of values.
#
#   load ../support/common
#   load ../support/modbus

# start_units [OPTION...]: tests/support/modbus_server; UNITS_PORT, its requests in $T/units.log.
# What it logs and the dead units ($T/dead) need no option.
start_units() {
  : >"$T/units.log"
  background units "$SUPPORT/modbus_server" --log "$T/units.log" --dead "$T/dead" "$@"
  wait_for "$T/units.out" listening
  UNITS_PORT=$(awk '{ print $2 }' "$T/units.out")
  export UNITS_PORT
}

# judge FILE: every value read must be the one its unit holds at its address. Tags are called
# rADDRESS (a register) or cADDRESS (a coil), devices dUNIT. Prints how many values there are.
judge() {
  jq -rn '
    [inputs | select(.deviceName) | (.deviceName[1:] | tonumber) as $unit
     | ([.telemetry[]?.values] + (.attributes // []))[] | to_entries[]
     | (.key[1:] | tonumber) as $address
     | if .key[0:1] == "r" then
         if .value == ($unit * 4096 + $address * 7) % 65536 then 1
         else error("unit \($unit): \(.key) is \(.value)") end
       elif .value == (($unit + $address) % 2 == 0) then 1
       else error("unit \($unit): \(.key) is \(.value)") end] | length' "$1"
}

# values_of FILE DEVICE: how many values a device has.
values_of() {
  jq -rn --arg device "$2" \
    '[inputs | select(.deviceName == $device) | .telemetry[]?.values | length] | add // 0' "$1"
}

# free_port: one that nobody listens on.
free_port() {
  /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
