#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Networks that fail under `tbgw-spool | tbgw-push`: connections cut and reset, packets that vanish,
# a platform that stands still. Nothing is lost, each device's order holds, repeats are bounded, and
# it all goes on by itself. TBGW_LONG=1: eighty cuts.
# shellcheck disable=SC2154 # background NAME sets pid_NAME
export LONG=${TBGW_LONG:-${LONG:-}} # common.bash lets no TBGW_ variable through
load ../support/common
load ../support/spool

WINDOW=400

setup() { common_setup; }
teardown() {
  exec 5>&- || true
  kill -CONT "${pid_platform:-$$}" 2>/dev/null || true
  common_teardown
  [ -z "${NS:-}" ] || ip netns del "$NS" 2>/dev/null || true
}

# some FROM TO: numbered readings of five devices.
some() {
  seq "$1" "$2" | awk '{ printf "{\"deviceName\":\"D%d\",\"telemetry\":[{\"ts\":%.0f,\"values\":{\"n\":%d}}]}\n",
    $1 % 5, 1790000000000 + $1, $1 }'
}

# start_pipeline: the stand-in is there; records go in through descriptor 5.
start_pipeline() {
  mkfifo "$T/in" "$T/records"
  STDIN="$T/records" background push tbgw-push "$PLATFORM_URL" --token-file "$T/token" \
    --ack-timeout 2s --connect-timeout 2s --keep-alive 5s
  STDIN="$T/in" background spool bash -c 'exec tbgw-spool --min-free 0 --window "$1" "$2" >"$3"' - \
    "$WINDOW" "$T/q" "$T/records"
  exec 5>"$T/in"
}

# start_remote_platform: the stand-in behind a network of its own, in namespace $NS, where nft makes
# packets vanish. SKIP where the system cannot do that.
start_remote_platform() {
  [ "$(id -u)" = 0 ] || skip "a network namespace needs root"
  local name="tbgw$RANDOM" net="10.213.$((RANDOM % 250))"
  ip netns add "$name" 2>"$T/ip.err" || skip "no network namespaces: $(cat "$T/ip.err")"
  NS=$name
  ip link add "$NS-a" type veth peer name "$NS-b" netns "$NS" 2>"$T/ip.err" || skip "no veth pairs: $(cat "$T/ip.err")"
  ip addr add "$net.1/30" dev "$NS-a"
  ip link set "$NS-a" up
  ip -n "$NS" addr add "$net.2/30" dev "$NS-b"
  ip -n "$NS" link set "$NS-b" up
  inside nft add table inet fault 2>"$T/nft.err" || skip "no nftables: $(cat "$T/nft.err")"
  inside nft add chain inet fault in '{ type filter hook input priority 0; }'
  mkfifo "$T/platform.in"
  (umask 077 && printf %s test-token >"$T/token")
  STDIN="rw:$T/platform.in" background platform ip netns exec "$NS" "$SUPPORT/platform" \
    --log "$T/platform.log" --host "$net.2"
  wait_for "$T/platform.out" listening
  PLATFORM_PORT=$(jq -r .listening "$T/platform.out")
  PLATFORM_URL="mqtt://$net.2:$PLATFORM_PORT"
}
inside() { ip netns exec "$NS" "$@"; }

# arrives N: so far the platform has N.
arrives() { wait_for "$T/platform.log" "\"n\":$1[,}]" "${2:-60}"; }
lost() { wait_count "$T/push.err" 'lost the connection' "$1" 60; }
# connecting: somebody tried to connect while packets vanish.
connecting() { inside nft list chain inet fault in | grep -q 'counter packets [1-9]'; }

# assert_delivered COUNT FAULTS: everything is there, nothing is invented, order holds, and no fault
# repeated more than the window.
assert_delivered() {
  exec 5>&-
  assert_ends spool 0 90
  assert_ends push 0 20
  jq -r 'select(.kind == "telemetry") | "\(.device) \(.values.n)"' "$T/platform.log" >"$T/seen"
  diff <(seq 1 "$1") <(cut -d' ' -f2 "$T/seen" | sort -nu)
  for device in D0 D1 D2 D3 D4; do
    assert_first_in_order <(awk -v device=$device '$1 == device { print "\"n\":" $2 }' "$T/seen")
  done
  local repeats=$(($(wc -l <"$T/seen") - $1))
  echo "# $1 records, $2 faults, $repeats repeats" >&3
  [ "$repeats" -le $(($2 * WINDOW)) ]
}

# cut_often COUNT: in a folder of its own.
cut_often() {
  local i
  start_platform --ack-delay 50 # so that a cut leaves something unacknowledged
  start_pipeline
  for i in $(seq 0 $(($1 - 1))); do
    some $((i * 500 + 1)) $((i * 500 + 500)) >&5
    arrives $((i * 500 + 1)) 120
    platform drop
  done
  assert_delivered $(($1 * 500)) "$1"
}

@test "the connection is cut twenty times" {
  # By four pipelines at once: the waits between attempts grow with each cut.
  local each=5 i pid pids=()
  [ -z "$LONG" ] || each=20
  for i in 1 2 3 4; do
    mkdir "$T/$i"
    # It ends what it started: from outside nobody could tell whose that is.
    (T="$T/$i" PIDS=() && trap kill_background EXIT && cut_often "$each") &
    pids+=("$!")
  done
  PIDS+=("${pids[@]}")
  for pid in "${pids[@]}"; do wait "$pid"; done
}

@test "packets vanish, for longer than an acknowledgement may take" {
  start_remote_platform
  start_pipeline
  some 1 1000 >&5
  arrives 1000
  inside nft add rule inet fault in tcp flags \& \(syn\|ack\) == syn counter drop
  inside nft add rule inet fault in drop
  some 1001 2000 >&5
  lost 1
  wait_until 60 connecting
  inside nft flush chain inet fault in
  arrives 2000
  assert_delivered 2000 1
}

@test "connections are reset" {
  start_remote_platform
  start_pipeline
  some 1 500 >&5
  arrives 500
  local i
  for i in 1 2 3; do
    inside nft add rule inet fault in tcp dport "$PLATFORM_PORT" reject with tcp reset
    some $((i * 500 + 1)) $((i * 500 + 500)) >&5
    lost "$i"
    inside nft flush chain inet fault in
    arrives $((i * 500 + 500))
  done
  assert_delivered 2000 3
}

@test "the platform stands still, its connections open" {
  start_platform
  start_pipeline
  some 1 500 >&5
  arrives 500
  kill -STOP "$pid_platform"
  some 501 1000 >&5
  lost 1
  kill -CONT "$pid_platform"
  arrives 1000
  # What lay in the connections that were given up arrives now, too.
  assert_delivered 1000 4
}
