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
