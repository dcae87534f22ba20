#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# kill -9 at every moment that matters: at each system call that touches a file, and at random
# moments of a whole pipeline. TBGW_LONG=1 takes every call and 200 kills.
export LONG=${TBGW_LONG:-${LONG:-}} # common.bash lets no TBGW_ variable through
load ../support/common
load ../support/spool

setup() {
  common_setup
  command -v strace >/dev/null || skip "strace is not installed"
}
teardown() { common_teardown; }

# usual_or_long USUAL LONG
usual_or_long() { if [ -n "${LONG:-}" ]; then echo "$2"; else echo "$1"; fi; }

# sweep CALL[,CALL...] [EVERY]: SIGKILL at each (or every EVERYth) of these calls.
sweep() {
  run -0 "$BATS_TEST_DIRNAME/spool_crash_sweep" "$T" --calls "$1" --every "$(usual_or_long "${2:-1}" 1)"
  echo "# $output" >&3
}

@test "SIGKILL at every sync" { sweep fdatasync,fsync; }
@test "SIGKILL at every write to a segment or a cursor" { sweep pwrite64; }
@test "SIGKILL when a file is made, cut, renamed or removed" { sweep ftruncate,unlinkat,renameat,mkdirat,mknodat,flock; }
@test "SIGKILL at opens, reads and lists" { sweep openat,pread64,getdents64,close 5; }
@test "SIGKILL at writes to the consumer and to --accept-fd" { sweep write 2; }

@test "kills -9 of the whole pipeline at random moments: nothing accepted is lost" {
  run -0 "$BATS_TEST_DIRNAME/spool_kill_loop" "$T" --kills "$(usual_or_long 40 200)"
  echo "# $output" >&3
}

@test "kills -9 of the child form and of its child alone" {
  run -0 "$BATS_TEST_DIRNAME/spool_kill_loop" "$T" --form child --kills "$(usual_or_long 40 200)"
  echo "# $output" >&3
}
