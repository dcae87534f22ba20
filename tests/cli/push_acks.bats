#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-push behind a spool: what it acknowledges, what it calls dead, and how both end. The spool is
# played by the test: a hello line, numbers, and a FIFO.

load ../support/common
load ../support/push

setup() {
  common_setup
  start_peer
}
teardown() { common_teardown; }

# start_peer: reads what is acknowledged into $T/acks.out.
start_peer() {
  mkfifo "$T/ack"
  STDIN="rw:$T/ack" background acks cat
}
hello() { printf '{"spool":1,"run":"%s","ack":"%s/ack"}\n' "${1:-r1}" "$T"; }
# numbered: numbers the lines of standard input from 1.
numbered() { awk '{ print "{\"_n\":" NR "," substr($0, 2) }'; }
# push_open [OPTION...]: tbgw-push that reads what is written to descriptor 5.
push_open() {
  mkfifo "$T/in"
  STDIN="$T/in" start_push "$@"
  exec 5>"$T/in"
}
ack() { printf '{"run":"%s","ack":%s}' "${2:-r1}" "$1"; }
wait_ack() { wait_until "${3:-20}" _last_ack_is "$(ack "$1" "${2:-r1}")"; }
_last_ack_is() { [ "$(tail -n 1 "$T/acks.out")" = "$1" ]; }
# acks_rise: each run's acknowledgements only grow.
acks_rise() { jq -s -e 'group_by(.run) | all(map(.ack // empty) | . == sort)' "$T/acks.out" >/dev/null; }

@test "every record is acknowledged, in order, and the numbers reach nobody" {
  start_platform --log-messages
  readings 3 1 2000 >"$T/lines"
  run -0 --separate-stderr push < <(hello; numbered <"$T/lines")
  assert_equal "$stderr" ""
  arrived_in_order 3 1 2000
  assert_equal "$(tail -n 1 "$T/acks.out")" "$(ack 2000)"
  acks_rise
  refute_regex "$(cat "$T/platform.log")" '_n|_t|spool'
  # The same messages as without a spool.
  diff <(tbgw-push --dry-run <"$T/lines") <({ hello; numbered <"$T/lines"; } | tbgw-push --dry-run)
}

@test "what is not acknowledged by the platform is not acknowledged to the spool" {
  start_platform
  push_open
  hello >&5
  readings 1 1 5 | numbered >&5
  wait_ack 5
  platform mute
  wait_for "$T/platform.log" '"command":"mute"'
  readings 1 6 10 | awk '{ print "{\"_n\":" NR + 5 "," substr($0, 2) }' >&5
  wait_for "$T/platform.log" '"n":10'
  # The connection is lost before the platform said a word: all is sent again, and then acknowledged.
  platform drop
  wait_for "$T/push.err" 'lost the connection'
  assert_equal "$(tail -n 1 "$T/acks.out")" "$(ack 5)"
  platform unmute
  wait_ack 10
  exec 5>&-
  assert_ends push 0
  arrived_in_order 1 1 10
  acks_rise
}

@test "what will never be accepted is dead with its reason, the rest is acknowledged" {
  start_platform
  {
    hello
    echo '{"_n":1,"deviceName":"D","telemetry":{"n":1}}'
    echo '{"_n":2,"deviceName":"D","telemetry":{"n":}}'
    echo '{"_n":3,"deviceName":" ","telemetry":{"n":3}}'
    printf '{"_n":4,"telemetry":{"n":"%s"}}\n' "$(head -c 300000 /dev/zero | tr '\0' x)"
    echo '{"_n":5,"data":"raw"}'
    echo '{"_n":6}'
    echo '{"_n":7,"event":"claim","device":"D","durationMs":"soon"}'
    echo '{"_n":8,"deviceName":"D","telemetry":{"n":8,"":9}}'
  } >"$T/in"
  run -65 --separate-stderr push <"$T/in"
  assert_equal "$(jq -c 'select(.dead) | [.dead, .reason]' "$T/acks.out")" \
    '[2,"not valid JSON"]
[3,"deviceName is blank"]
[4,"is longer than --max-record"]
[5,"is a raw record, not a reading: put tbgw-convert before tbgw-push"]
[7,"the platform refused it: payload format not valid (0x99)"]'
  assert_equal "$(tail -n 1 "$T/acks.out")" "$(ack 8)"
  acks_rise
  assert_equal "$(stored telemetry .values)" '{"n":1}
{"n":8}'
}

# ThingsBoard does so over a rate limit.
@test "an acknowledgement with which the server hangs up is none (3.1.1)" {
  cat >"$T/platform" <<END
#!/usr/bin/python3
import runpy, sys
sys.path.insert(0, "$SUPPORT")
from platform_lib import uplink, values
take = uplink.Uplink.gateway_telemetry
refusals = 3
def over_the_limit(self, message):
    global refusals
    refusals -= 1
    if refusals >= 0:
        raise values.WrongShape("over the limit")
    take(self, message)
uplink.Uplink.gateway_telemetry = over_the_limit
runpy.run_path("$SUPPORT/platform", run_name="__main__")
END
  chmod +x "$T/platform"
  SUPPORT=$T start_platform --mqtt5 no
  push_open
  { hello; readings 1 1 5 | numbered; } >&5
  wait_ack 5 r1 60
  exec 5>&-
  assert_ends push 0
  arrived_in_order 1 1 5
  assert_equal "$(stored refused .reason | grep -c limit)" 3
  assert_equal "$(grep -c '"dead"' "$T/acks.out")" 0
}

@test "kill -9 again and again: what was not acknowledged is delivered by the next one" {
  start_platform --ack-delay 20
  local done=0 round run left
  for round in 1 2 3 4 5 6; do
    rm -f "$T/in"
    push_open --window 3 --max-payload 1K
    run="run$round"
    { hello "$run"; readings 3 $((done + 1)) 3000 | numbered; } >&5 &
    PIDS+=("$!")
    wait_until 20 grep -q "\"run\":\"$run\"" "$T/acks.out"
    kill -KILL "$pid_push"
    wait "$pid_push" || true
    exec 5>&-
    wait "$!" 2>/dev/null || true # its writer died by SIGPIPE, or was done
    left=$(grep "\"run\":\"$run\"" "$T/acks.out" | tail -n 1 | jq .ack)
    done=$((done + left))
    echo "killed with $done of 3000 done"
  done
  acks_rise
  [ "$done" -lt 3000 ]
  run -0 --separate-stderr push < <(hello last; readings 3 $((done + 1)) 3000 | numbered)
  arrived_in_order 3 1 3000
  assert_equal "$(tail -n 1 "$T/acks.out")" "$(ack $((3000 - done)) last)"
}

@test "an answer overtakes a backlog that is larger than the memory, and is not acknowledged" {
  start_platform
  push_open --memory 12M
  { hello; readings 3 1 10 | numbered; } >&5
  wait_ack 10
  platform mute
  wait_for "$T/platform.log" '"command":"mute"'
  readings 500 11 60000 | awk '{ print "{\"_n\":" NR + 10 "," substr($0, 2) }' >&5
  echo '{"event":"rpc-reply","device":"D1","id":7,"data":{"ok":true}}' >&5
  wait_for "$T/platform.log" '"kind":"rpc-reply"'
  platform unmute
  platform drop
  wait_ack 60000 r1 60
  exec 5>&-
  assert_ends push 0
  acks_rise
}

@test "the end of input waits five seconds for the platform, then it is 75: the spool has the rest" {
  SECONDS=0
  run -75 --separate-stderr tbgw-push mqtt://127.0.0.1:1 < <(hello; readings 1 1 3 | numbered)
  assert_regex "$stderr" '3 records were not acknowledged in time$'
  [ "$SECONDS" -ge 4 ] && [ "$SECONDS" -le 30 ]
  assert_equal "$(cat "$T/acks.out")" ""
}

@test "a spool that is gone is 75, what is no channel of ours 78 with the remedy" {
  mkfifo "$T/stale"
  run -75 --separate-stderr tbgw-push mqtt://127.0.0.1:1 <<<'{"spool":1,"run":"r","ack":"'"$T/stale"'"}'
  assert_equal "$stderr" "tbgw-push: $T/stale: the spool that said hello is gone"
  touch "$T/file"
  local where
  for where in "\"ack\":\"$T/absent\"" "\"ack\":\"$T/file\"" "\"ack\":\"$T\"" '"ack_fd":99'; do
    run -78 --separate-stderr tbgw-push mqtt://127.0.0.1:1 <<<"{\"spool\":1,\"run\":\"r\",$where}"
    assert_regex "$stderr" "^tbgw-push: cannot acknowledge to the spool on .*; tbgw-spool --ack write "
    assert_output ""
  done
  run -78 --separate-stderr tbgw-push mqtt://127.0.0.1:1 <<<'{"spool":2,"run":"r","ack":"/x"}'
  assert_regex "$stderr" "stdin:1: a hello line .*newer"
}

@test "a hello line that is not the first is data" {
  start_platform
  run -0 --separate-stderr push < <(readings 1 1 1; hello; readings 1 2 2 | numbered)
  assert_equal "$stderr" ""
  arrived_in_order 1 1 2
  assert_equal "$(cat "$T/acks.out")" ""
}

@test "a spool that is started anew is acknowledged in its new name, another one is not" {
  start_platform
  push_open
  { hello; readings 1 1 3 | numbered; } >&5
  wait_ack 3
  { hello r2; readings 1 4 5 | numbered; } >&5
  wait_ack 2 r2
  printf '{"spool":1,"run":"evil","ack":"%s/absent"}\n' "$T" >&5
  readings 1 6 6 | sed 's/{/{"_n":3,/' >&5
  wait_ack 3 r2
  exec 5>&-
  assert_ends push 0
  assert_equal "$(cat "$T/push.err")" ""
}

@test "the descriptor of a hello line is used as it was inherited" {
  start_platform
  run -0 --separate-stderr bash -c \
    '{ echo "{\"spool\":1,\"run\":\"r1\",\"ack_fd\":7}"; cat; } | tbgw-push "$0" --token-file "$1" 7>"$2"' \
    "$PLATFORM_URL" "$T/token" "$T/ack" < <(readings 2 1 50 | numbered)
  assert_equal "$stderr" ""
  assert_equal "$(tail -n 1 "$T/acks.out")" "$(ack 50)"
}

@test "a spool that ends before it was told everything makes it 75" {
  start_platform --ack-delay 500
  push_open
  { hello; readings 1 1 3 | numbered; } >&5
  wait_for "$T/platform.log" '"n":3'
  kill -KILL "$pid_acks"
  wait "$pid_acks" || true
  exec 5>&-
  assert_ends push 75
  assert_regex "$(cat "$T/push.err")" 'the spool takes no acknowledgements any more'
  assert_equal "$(tail -n 1 "$T/push.err")" "tbgw-push: the spool did not take the last acknowledgements"
}

@test "--dry-run acknowledges nothing and opens nothing" {
  run -0 --separate-stderr tbgw-push --dry-run < <(
    printf '{"spool":1,"run":"r","ack":"%s/absent"}\n' "$T"
    readings 1 1 1 | numbered
  )
  assert_equal "$stderr" ""
  assert_line --index 1 $'v1/gateway/telemetry\t{"D0":[{"ts":1790000000001,"values":{"n":1}}]}'
}

@test "SIGUSR1 tells what the spool was told" {
  start_platform
  push_open
  { hello; readings 1 1 4 | numbered; echo '{"_n":5,"data":1}'; } >&5
  wait_until 20 grep -q '"dead":5' "$T/acks.out"
  kill -USR1 "$pid_push"
  wait_for "$T/push.out" '"event":"stats"'
  assert_equal "$(jq -c 'select(.event == "stats") | [.counters.spoolAcknowledged, .counters.spoolDead]' "$T/push.out")" '[4,1]'
}
