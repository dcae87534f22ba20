#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-push, how much and how fast: what the platform says it takes is kept to, so that it never
# has to hang up.

export LONG=${TBGW_LONG:-${LONG:-}} # common.bash lets no TBGW_ variable through
load ../support/common
load ../support/push

setup() { common_setup; }
teardown() { common_teardown; }

# What the stand-in did not like.
complaints() {
  jq -c 'select(.kind == "refused" or .kind == "over-limit")' "$T/platform.log" | grep -v 'MQTT 5 is not'
}

# of_a_minute MOST SPAN_MS SHARE: in no span more messages than MOST, and in each full one but the
# last not fewer than SHARE of it.
of_a_minute() {
  jq -r 'select(.kind == "message" and .topic == "v1/gateway/telemetry") | .at' "$T/platform.log" |
    awk -v most="$1" -v span="$2" -v share="$3" '
      { at[NR] = $1; while (at[NR] - at[first + 1] >= span) first++
        if (NR - first > most) { print "too many: " NR - first " until " $1; bad = 1 }
        full[int(($1 - at[1]) / span)]++ }
      END {
        last = int((at[NR] - at[1]) / span)
        for (i = 0; i < last; i++) {
          print "span " i ": " full[i]
          if (full[i] < share * most) { print "too few"; bad = 1 }
        }
        exit bad || last < 1
      }'
}

# open_backlog NAME MQTT5 DEVICES READINGS SPAN MOST [OPTION...]: in a folder of its own.
open_backlog() {
  mkdir "$T/$1"
  local T=$T/$1
  start_platform --mqtt5 "$2" --max-payload 4096 --log-messages \
    --messages "10:1,$6:$5" --telemetry-messages "10:1,$6:$5" "${@:7}"
  readings "$3" 1 "$4" >"$T/in"
  STDIN="$T/in" background "$1" tbgw-push "$PLATFORM_URL" --token-file "$T/token"
}
# judge_backlog, with the same.
judge_backlog() {
  local T=$T/$1
  assert_ends "$1" 0 600
  assert_equal "$(cat "$T/$1.err")" ""
  arrived_in_order "$3" 1 "$4"
  assert_equal "$(complaints)" ""
  of_a_minute "$6" $(($5 * 1000)) 0.8
  assert_equal "$(grep -c '"state":"open"' "$T/platform.log")" 1
}

@test "a backlog keeps to the rates the platform states, and uses most of them, with both versions" {
  open_backlog v5 yes 5 6500 10 70
  open_backlog v3 no 5 6500 10 70
  judge_backlog v5 yes 5 6500 10 70
  judge_backlog v3 no 5 6500 10 70
}
@test "20000 readings of 20 devices, 4 KiB, 10:1,300:60, with both versions" {
  [ -n "$LONG" ] || skip "minutes: TBGW_LONG=1"
  open_backlog v5 yes 20 60000 60 300
  open_backlog v3 no 20 60000 60 300
  judge_backlog v5 yes 20 60000 60 300
  judge_backlog v3 no 20 60000 60 300
}
