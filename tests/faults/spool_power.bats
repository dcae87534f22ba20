#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Real power cuts: ext4 on a loop device on a disk with a volatile write cache. The controls, which
# do not sync, must lose. TBGW_LONG=1: 30 cuts each.
export LONG=${TBGW_LONG:-${LONG:-}} # common.bash lets no TBGW_ variable through
load ../support/common
load ../support/spool

setup_file() {
  export DISK="$BATS_FILE_TMPDIR/volatile_disk" LIE="$BATS_FILE_TMPDIR/faulty_io.so"
  cc -shared -fPIC -O2 -o "$LIE" "$BATS_TEST_DIRNAME/faulty_io.c" -ldl
  if pkg-config --exists fuse3; then
    # shellcheck disable=SC2046 # several words
    cc -O2 -o "$DISK" "$BATS_TEST_DIRNAME/volatile_disk.c" $(pkg-config --cflags --libs fuse3)
  fi
}
setup() {
  common_setup
  [ "$(id -u)" = 0 ] || skip "loop devices and mounting need root"
  [ -x "$DISK" ] || skip "libfuse3-dev is not installed"
  [ -c /dev/fuse ] || skip "no /dev/fuse"
  [ -e /dev/loop-control ] || skip "no loop devices"
  command -v mkfs.ext4 >/dev/null || skip "e2fsprogs is not installed"
}
teardown() { common_teardown; }

# cuts USUAL OPTION...: so many power cuts, 30 if LONG.
cuts() {
  local count=$1
  shift
  [ -z "$LONG" ] || count=30
  run "$BATS_TEST_DIRNAME/spool_power" "$T" "$DISK" --cuts "$count" "$@"
  echo "# ${lines[-1]}" >&3
}

@test "power cuts with the default policy: nothing accepted is lost" {
  cuts 5 --silent
  assert_success
}

@test "power cuts with --sync always" {
  cuts 3 --silent -- --sync always
  assert_success
}

@test "power cuts while segments are deleted and the cursor is written" {
  cuts 3 --longest 2.5 -- --segment-bytes 16K
  assert_success
}

@test "power cuts with --write-behind: accepted is what was acknowledged or written" {
  cuts 3 -- --write-behind 200ms
  assert_success
}

@test "control: --sync none loses what a power cut takes, so the cuts are real" {
  cuts 3 --silent -- --sync none
  assert_failure
  assert_line --partial "lost:"
}

@test "control: a disk that only says it synced loses too" {
  cuts 3 --silent --lie "$LIE"
  assert_failure
  assert_line --partial "lost:"
}
