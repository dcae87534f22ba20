#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-push in bad weather: connections cut, devices renamed and deleted, RPCs and attributes, all
# at random, while readings flow. TBGW_LONG=1: a million readings of 500 devices.
export LONG=${TBGW_LONG:-${LONG:-}} # common.bash lets no TBGW_ variable through
load ../support/common
load ../support/push

setup() {
  common_setup
  mkfifo "$T/in"
}
teardown() { common_teardown; }

# weather DEVICES: commands for the stand-in until push has ended.
weather() {
  local devices=$1 i=0 d
  declare -A name
  while kill -0 "$pid_push" 2>/dev/null; do
    d=$((RANDOM % devices))
    i=$((i + 1))
    [ $((i % 8)) -ne 0 ] || echo drop
    case $((RANDOM % 12)) in
      1 | 2) # a name is used once, so that no two devices share one
        echo "rename ${name[$d]:-D$d} N$d-$i"
        name[$d]=N$d-$i
        ;;
      3)
        echo "delete ${name[$d]:-D$d}"
        unset "name[$d]"
        ;;
      4 | 5 | 6 | 7) echo "rpc ${name[$d]:-D$d} method {\"i\":$i}" ;;
      *) echo "attributes ${name[$d]:-D$d} {\"k\":$i}" ;;
    esac
    read -rt 0.3 <> <(:) || true
  done
}

storm() { # PROTOCOL
  local count=25000 devices=50
  [ -z "$LONG" ] || count=1000000 devices=500
  start_platform
  readings "$devices" 1 "$count" | awk '{ print } NR % 1000 == 0 { fflush(); system("sleep 0.4") }' >"$T/in" &
  PIDS+=("$!")
  STDIN="$T/in" background push tbgw-push "$PLATFORM_URL" --token-file "$T/token" --protocol "$1"
  weather "$devices" >"$T/platform.in"
  assert_ends push 0
  # Zero violations, nothing lost.
  assert_equal "$(stored refused .)" ""
  jq -r 'select(.kind == "telemetry") | .values.n' "$T/platform.log" >"$T/numbers"
  assert_equal "$(sort -nu "$T/numbers" | wc -l)" "$count"
  # Repeats: no more than the window, 80 messages, for each connection that was lost. What one
  # message brought has one time and one device.
  local again opened
  again=$(jq -r 'select(.kind == "telemetry") | [.at, .device, .values.n] | @tsv' "$T/platform.log" |
    awk -F '\t' '{ if ($1 FS $2 != last && ($3 in seen)) ++again; last = $1 FS $2; seen[$3] }
      END { print again + 0 }')
  opened=$(grep -c '"state":"open"' "$T/platform.log")
  echo "$opened connections, $again messages again"
  [ "$opened" -gt 1 ]
  # In 3.1.1 an acknowledgement counts after half a second: what came in it is sent again too.
  local most=80
  [ "$1" = 5 ] || most=400
  [ "$again" -le $(((opened - 1) * most)) ]
}

@test "nothing is lost and nothing is wrong in bad weather (5)" { storm 5; }
@test "nothing is lost and nothing is wrong in bad weather (3.1.1)" { storm 3.1.1; }
