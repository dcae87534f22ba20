#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The whole way: numbered records through tbgw-spool and tbgw-push to the stand-in platform, while
# everything is killed and connections are cut. TBGW_LONG=1 takes 200 kills of each form.
export LONG=${TBGW_LONG:-${LONG:-}} # common.bash lets no TBGW_ variable through
load ../support/common
load ../support/spool

setup() { common_setup; }
teardown() { common_teardown; }

# kills FORM USUAL
kills() {
  start_platform
  run -0 "$BATS_TEST_DIRNAME/spool_kill_loop" "$T" --form "$1" --kills "$(if [ -n "$LONG" ]; then echo 200; else echo "$2"; fi)" \
    --platform "$T/platform.log" --commands "$T/platform.in" \
    --consumer tbgw-push "$PLATFORM_URL" --token-file "$T/token"
  echo "# $output" >&3
}

@test "spool | push, killed with -9 again and again: the platform has everything that was accepted" {
  kills filter 15
}

@test "spool -- push, killed with -9, and push alone: the platform has everything" {
  kills child 15
}

@test "an answer to an RPC overtakes a backlog on its way to the platform" {
  readings 1 100000 >"$T/lines"
  tbgw-spool --min-free 0 --drain-timeout 0 "$T/q" <"$T/lines" 2>/dev/null | consumer --silent >/dev/null || true
  start_platform
  mkfifo "$T/in" "$T/records"
  STDIN="$T/records" background push tbgw-push "$PLATFORM_URL" --token-file "$T/token"
  STDIN="rw:$T/in" background spool bash -c 'exec tbgw-spool --min-free 0 "$1" >"$2"' - "$T/q" "$T/records"
  wait_for "$T/platform.log" '"n":1[,}]'
  platform rpc D restart
  wait_for "$T/push.out" '"event":"rpc"'
  local id
  id=$(grep -oP '"id":\K[0-9]+' "$T/push.out" | head -n 1)
  echo "{\"event\":\"rpc-reply\",\"device\":\"D\",\"id\":$id,\"data\":{\"done\":true}}" >"$T/in"
  wait_for "$T/platform.log" '"done": ?true'
  # Most of the backlog was still to come.
  [ "$(grep -n '"done": \?true' "$T/platform.log" | cut -d: -f1)" -lt 60000 ]
  kill -TERM "$pid_spool"
}
