#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-modbus without a file: the notation, looking around, errors, the end of life.

load ../support/common
load ../support/modbus

setup() { common_setup; }
teardown() { common_teardown; }

@test "a bus and tags on the command line become readings" {
  start_units
  background tool tbgw-modbus "tcp:127.0.0.1:$UNITS_PORT/2" r3=hr:3 half=ir:6:16uint/2 c1=co:1 \
    --device d2 --device-type meter --every 100ms
  wait_count "$T/tool.out" '"deviceName"' 9
  kill -TERM "$pid_tool"
  assert_ends tool 0
  assert_equal "$(cat "$T/tool.err")" ""
  assert_equal "$(head -1 "$T/tool.out")" '{"event":"connect","device":"d2","deviceType":"meter"}'
  assert_equal "$(tail -1 "$T/tool.out")" '{"event":"disconnect","device":"d2","reason":"stopped"}'
  assert_equal "$(jq -rn '[inputs.telemetry[]?.values] | add | "\(.r3) \(.half) \(.c1)"' "$T/tool.out")" \
    "8213 4117 false"
  jq -en 'all(inputs | select(.telemetry); .deviceType == "meter" and .telemetry[0].ts > 1790000000000)' \
    "$T/tool.out"
}

@test "without --device the name is made of host and unit, and said once" {
  start_units
  run -0 --separate-stderr tbgw-modbus "tcp:127.0.0.1:$UNITS_PORT/1,3" r0=hr:0 --once
  assert_equal "$stderr" \
    "tbgw-modbus: no --device was given: the devices are '127.0.0.1-$UNITS_PORT-1', '127.0.0.1-$UNITS_PORT-3'"
  assert_equal "$(jq -r .deviceName <<<"$output" | sort | tr '\n' ' ')" \
    "127.0.0.1-$UNITS_PORT-1 127.0.0.1-$UNITS_PORT-3 "
}

# The words of the manual, as each shell hands them over.
notation='voltage=ir:0:32float current=ir:6:16int/10 energy=40013:32uint,CDAB,x0.01 serial=hr:0x20:string:8 alarm=hr@5:bit,bit=3 relays=co:0:bits:4 power=ir:12:16int,sf=power_sf t=hr:8:16int,-40 power_sf=ir:13:16int'
@test "the notation needs no quoting in sh, zsh and fish" {
  local shell
  for shell in sh bash zsh fish; do
    command -v "$shell" >/dev/null || continue
    run -0 "$shell" -c "printf '%s\n' tcp:10.0.0.5/1 rtu:/dev/ttyUSB0,9600,8E1/1-3,7 rtu+tcp:h:4001/1 $notation"
    assert_output "$(tr ' ' '\n' <<<"tcp:10.0.0.5/1 rtu:/dev/ttyUSB0,9600,8E1/1-3,7 rtu+tcp:h:4001/1 $notation")"
  done
}

@test "--plan prints the requests with both ways to write a place, and their cost" {
  # shellcheck disable=SC2086 # words
  run -0 --separate-stderr tbgw-modbus rtu:/dev/null,9600,8E1/1 $notation --plan
  assert_equal "$stderr" ""
  assert_equal "$(jq -rs 'map(select(.place) | "\(.functionCode) \(.address) \(.count) \(.place)") | join(";")' <<<"$output")" \
    "1 0 4 co:0 (00001);3 4 10 hr:4 (40005);3 32 8 hr:32 (40033);4 0 14 ir:0 (30001)"
  assert_equal "$(jq -rs '.[-1].requests' <<<"$output")" 4
  jq -es '.[-1].busyPercent > 10 and .[-1].busyPercent < 30' <<<"$output"
}

@test "--plan warns of what cannot fit" {
  run -0 --separate-stderr tbgw-modbus rtu:/dev/null,1200/1-4 a=hr:0:bytes:100 --every 500ms --plan
  assert_regex "$stderr" "need [0-9]{4} % of the line's time"
}

@test "the requests are those of the plan" {
  start_units
  # Every 9th register of 1000: the gap of 8 joins them up to 125.
  local tags=() i
  for ((i = 0; i < 1000; i += 9)); do tags+=("r$i=hr:$i"); done
  run -0 --separate-stderr tbgw-modbus "tcp:127.0.0.1:$UNITS_PORT/1" --device d1 "${tags[@]}" --once
  assert_equal "$(judge <(echo "$output"))" 112
  run -0 tbgw-modbus "tcp:127.0.0.1:$UNITS_PORT/1" "${tags[@]}" --plan
  diff <(jq -r 'select(.place) | "1 \(.functionCode) \(.address) \(.count)"' <<<"$output") "$T/units.log"
  [ "$(wc -l <"$T/units.log")" -eq 8 ]
}

@test "a refused block costs only its own tags, and is divided once" {
  start_units --hole 5
  background tool tbgw-modbus "tcp:127.0.0.1:$UNITS_PORT/1" --device d1 --every 50ms \
    r0=hr:0 r2=hr:2 r5=hr:5 r8=hr:8 r9=hr:9
  wait_count "$T/tool.out" '"r9"' 20
  kill -TERM "$pid_tool"
  assert_ends tool 0
  judge "$T/tool.out" >/dev/null
  run grep -c '"r5"' "$T/tool.out"
  assert_output 0
  # The whole block was asked for once; what was learnt is kept.
  assert_equal "$(grep -c '^1 3 0 10$' "$T/units.log")" 1
  assert_equal "$(grep -c '"fault"' "$T/tool.out")" 1
  grep -q '"text":"hr:5 (40006): illegal data address".*"code":2' "$T/tool.out"
}

@test "--guess shows a place as every type in every order" {
  start_units
  run -0 --separate-stderr tbgw-modbus "tcp:127.0.0.1:$UNITS_PORT/1" --guess 40011
  assert_equal "$stderr" ""
  assert_equal "$(head -1 <<<"$output")" \
    '{"place":"hr:10 (40011)","registers":["1046","104d","1054","105b"]}'
  assert_line '{"place":"hr:10 (40011)","type":"32uint","ABCD":273027149,"CDAB":273485894,"BADC":1175473424,"DCBA":1292912144}'
}

@test "--scan finds the units that answer" {
  echo "2 4" >"$T/dead"
  start_units
  run -0 --separate-stderr tbgw-modbus "tcp:127.0.0.1:$UNITS_PORT" --scan 1-5 --timeout 150ms
  assert_equal "$(jq -r .unit <<<"$output" | tr '\n' ' ')" "1 3 5 "
  run -69 --separate-stderr tbgw-modbus "tcp:127.0.0.1:$UNITS_PORT" --scan 2,4 --timeout 100ms
  assert_equal "$stderr" "tbgw-modbus: no unit answered"
}

@test "--identify prints what a unit says of itself" {
  start_units
  run -0 --separate-stderr tbgw-modbus "tcp:127.0.0.1:$UNITS_PORT/1" --device pump --identify
  assert_output '{"device":"pump","unit":1,"VendorName":"Acme","ProductCode":"M-1","MajorMinorRevision":"1.2"}'
}

@test "--write undoes scales and may be read back" {
  start_units
  run -0 --separate-stderr tbgw-modbus "tcp:127.0.0.1:$UNITS_PORT/1" setpoint=hr:5:16int/10,+2 \
    --write setpoint=21.5 --write co:7=true
  assert_line -n 0 --partial '"tag":"setpoint","place":"hr:5 (40006)","value":21.5'
  grep -q '^1 6 5 195$' "$T/units.log"
  run -64 --separate-stderr tbgw-modbus "tcp:127.0.0.1:$UNITS_PORT/1" --write nonsense=3
  assert_regex "$stderr" "'nonsense' is neither a tag"
  run -69 --separate-stderr tbgw-modbus "tcp:127.0.0.1:$UNITS_PORT/1" --write hr:5:16uint=70000
  assert_regex "$stderr" "could not be written: .*70000"
}

@test "a dead unit fails --once with 69, in time" {
  echo 1 >"$T/dead"
  start_units
  run -69 --separate-stderr timeout 20 tbgw-modbus "tcp:127.0.0.1:$UNITS_PORT/1" r0=hr:0 --once \
    --timeout 100ms --retries 1
  assert_regex "$stderr" "no answer within 1[0-9][0-9] ms"
}

@test "SIGTERM during a transaction ends within a second, the last line whole" {
  start_units
  background tool tbgw-modbus "tcp:127.0.0.1:$UNITS_PORT/1" r0=hr:0 --device d1 --every 100ms \
    --timeout 30s
  wait_for "$T/tool.out" '"r0"'
  echo 1 >"$T/dead"
  # A request that is not answered, also a moment later.
  local unanswered="[ \$(wc -l <'$T/units.log') -gt \$(grep -c '\"r0\"' '$T/tool.out') ]"
  wait_until 10 bash -c "$unanswered && sleep 0.2 && $unanswered"
  local begin=${EPOCHREALTIME/./}
  kill -TERM "$pid_tool"
  assert_ends tool 0
  [ $((${EPOCHREALTIME/./} - begin)) -lt 1000000 ]
  assert_equal "$(tail -1 "$T/tool.out")" '{"event":"disconnect","device":"d1","reason":"stopped"}'
}

@test "periods do not stretch, and what cannot be done is reported" {
  start_units --answer-time 0.03
  background tool tbgw-modbus "tcp:127.0.0.1:$UNITS_PORT/1" r0=hr:0 --device d1 --every 100ms
  wait_count "$T/tool.out" '"r0"' 31
  kill -USR1 "$pid_tool"
  wait_for "$T/tool.out" '"stats"'
  kill -TERM "$pid_tool"
  assert_ends tool 0
  # 30 periods of 100 ms, give or take a late last one on a busy machine.
  jq -en '[inputs | .telemetry[]?.ts] | .[30] - .[0] | . > 2800 and . < 3400' "$T/tool.out"
  assert_equal "$(jq -n '[inputs | select(.name) | .counters.timeouts] | add' "$T/tool.out")" 0
}

@test "a bus that cannot be had is said once, and found when it is there" {
  local port
  port=$(free_port)
  printf '{"master":{"slaves":[{"host":"127.0.0.1","port":%d,"unitId":1,"deviceName":"d1","pollPeriod":100,
    "connectAttemptTimeMs":100,"waitAfterFailedAttemptsMs":300,
    "timeseries":[{"tag":"r0","type":"16uint","functionCode":3,"address":0}]}]}}' "$port" >"$T/m.json"
  background tool tbgw-modbus "$T/m.json"
  wait_for "$T/tool.out" '"fault"'
  assert_equal "$(grep -c . "$T/tool.err")" 1
  assert_regex "$(cat "$T/tool.err")" "tcp:127.0.0.1:$port: Connection refused"
  start_units --port "$port"
  wait_for "$T/tool.out" '"event":"connect"'
  wait_for "$T/tool.out" '"r0"'
  kill -TERM "$pid_tool"
  assert_ends tool 0
}

@test "mistakes of the command line are 64 and say what to write" {
  local -A wrong=(
    ["tcp:1.2.3.4/300 a=hr:0"]="'300' is no unit id"
    ["tcp:1.2.3.4/1"]="no TAG given"
    ["tcp:1.2.3.4/1 a=hr:70000"]="70000"
    ["tcp:1.2.3.4/1 a=hr:65535:32int"]="65535"
    ["tcp:1.2.3.4/1 a=hr:0:32flaot"]="32float"
    ["tcp:1.2.3.4/1 a=hr:0:32int:0"]="a=hr:0:32int:0"
    ["tcp:1.2.3.4/1 a=hr:0 a=hr:1"]="there are two tags 'a'"
    ["xyz:1.2.3.4/1 a=hr:0"]="is no bus"
    ["tcp:1.2.3.4/1 a=hr:0 --order AB"]="--order"
    ["tcp:1.2.3.4/1 a=hr:0 --once --plan"]="one at a time"
    ["rtu:/dev/null,x/1 a=hr:0"]="neither a baud rate"
    ["1.2.3.4:1502/3 a=hr:0"]="did you mean tcp:1.2.3.4:1502/3\\?"
    ["1.2.3.4 40001"]="did you mean tcp:1.2.3.4\\?"
    ["/dev/ttyS77 a=hr:0"]="did you mean rtu:/dev/ttyS77,9600,8N1/1\\?"
    ["tcp:1.2.3.4/1 a=hr:0/0"]="divides by 0"
    ["tcp:1.2.3.4/1 a=hr:0:16uint:0"]="from 1 to 125"
    ["serve"]="serve takes a FILE"
    ["a.json b.json"]="one operand too many"
  )
  local words
  for words in "${!wrong[@]}"; do
    echo "--- $words"
    # shellcheck disable=SC2086 # words
    run -64 --separate-stderr tbgw-modbus $words </dev/null
    assert_equal "$output" ""
    assert_regex "$stderr" "^tbgw-modbus: .*${wrong[$words]}"
  done
}

@test "a port that is none, is absent or does not do the settings" {
  run -64 --separate-stderr tbgw-modbus "rtu:$T,9600/1" a=hr:0 --device d
  assert_regex "$stderr" "^tbgw-modbus: $T: not a serial port"
  run -66 --separate-stderr tbgw-modbus "rtu:$T/absent,9600/1" a=hr:0 --device d
  assert_regex "$stderr" "^tbgw-modbus: $T/absent: No such file"
  # With --wait it is waited for.
  background tool tbgw-modbus "rtu:$T/later,9600/1" a=hr:0 --device d --wait
  wait_for "$T/tool.err" "$T/later: No such file"
  kill -TERM "$pid_tool"
  assert_ends tool 0
}

@test "a name that no resolver knows is said" {
  run -69 --separate-stderr tbgw-modbus tcp:no-such-host.invalid/1 a=hr:0 --device d --once
  assert_regex "$stderr" "tcp:no-such-host.invalid:502: "
}
