#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-push in bad weather: connections cut, devices renamed and deleted, RPCs and attributes, all
# at random, while readings flow. TBGW_LONG=1: a million readings of 500 devices.
export LONG=${TBGW_LONG:-${LONG:-}} # common.bash lets no TBGW_ variable through
load ../support/common
load ../support/push

setup() { common_setup; }
teardown() { common_teardown; }

# weather DEVICES PID CALM: commands for the stand-in until that process has ended.
weather() {
  local devices=$1 i=0 d
  declare -A name
  while ! _ended "$2"; do
    d=$((RANDOM % devices))
    i=$((i + 1))
    [ $((i % $3)) -ne 0 ] || echo drop
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
    read -rt 0.15 <> <(:) || true
  done
}

# After so many commands, seven a second, the line is cut; 500 devices need time to be announced.
if [ -z "$LONG" ]; then COUNT=20000 DEVICES=50 CALM=10; else COUNT=1000000 DEVICES=500 CALM=50; fi

# open_storm PROTOCOL: in a folder of its own.
open_storm() {
  mkdir "$T/$1"
  local T=$T/$1 pid=pid_push_${1//./}
  start_platform
  mkfifo "$T/in"
  readings "$DEVICES" 1 "$COUNT" |
    awk '{ print } NR % 1000 == 0 { fflush(); system("sleep 0.3") }' >"$T/in" 3>&- &
  PIDS+=("$!")
  STDIN="$T/in" background "push_${1//./}" tbgw-push "$PLATFORM_URL" --token-file "$T/token" --protocol "$1"
  weather "$DEVICES" "${!pid}" "$CALM" >"$T/platform.in" 3>&- &
  PIDS+=("$!")
}

judge_storm() {
  local T=$T/$1
  assert_ends "push_${1//./}" 0 3000
  # Zero violations, nothing lost.
  assert_equal "$(stored refused .)" ""
  jq -r 'select(.kind == "telemetry") | .values.n' "$T/platform.log" >"$T/numbers"
  assert_equal "$(sort -nu "$T/numbers" | wc -l)" "$COUNT"
  # Repeats: no more than the window, 80 messages, for each connection that was lost; in 3.1.1 also
  # what was acknowledged in the half second before, of which nobody knows whether it was stored (a
  # whole one here, for the machine is busy). What one message brought has one time and one device.
  local again most opened doubt=0
  [ "$1" = 5 ] || doubt=1000
  read -r again most < <(jq -r 'if .kind == "telemetry" then [.at, .device, .values.n]
      elif .kind == "session" and .state == "closed" then [.at] else empty end | @tsv' "$T/platform.log" |
    awk -F '\t' -v doubt="$doubt" '
      NF == 1 { for (i = count; i > 0 && at[i] > $1 - doubt; i--) ++most; most += 80; next }
      $1 FS $2 != last { at[++count] = $1; last = $1 FS $2; if ($3 in seen) ++again }
      { seen[$3] }
      END { print again + 0, most + 0 }')
  opened=$(grep -c '"state":"open"' "$T/platform.log")
  echo "MQTT $1: $opened connections, $again messages again (at most $most), $(wc -l <"$T/numbers") readings stored," \
    "of $(jq -r 'select(.kind == "command" and .ok) | .command | split(" ")[0]' "$T/platform.log" |
      sort | uniq -c | tr -s ' \n' ' ')"
  [ "$opened" -gt 1 ]
  [ "$again" -le "$most" ]
}

@test "nothing is lost and nothing is wrong in bad weather, with both versions" {
  open_storm 5
  open_storm 3.1.1
  judge_storm 5
  judge_storm 3.1.1
}
