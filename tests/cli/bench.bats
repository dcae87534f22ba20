#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# scripts/bench still runs, and its comparisons still compare the same work (it checks that the peers
# print the same readings). How quick anything is, is not judged here.
load ../support/common

setup() {
  common_setup
  export TMPDIR="$T"
}
teardown() { common_teardown; }

@test "the benchmark of filters runs and prints its table" {
  run --separate-stderr "$SOURCE/scripts/bench" --quick --repetitions 1 --build "$TESTED_BUILD" \
    filters
  assert_success
  [ -z "$stderr" ]
  assert_line --regexp '^figure +ours +peer +ratio +must +aim'
  for figure in 'convert / identity copy, CPU' 'convert against jq, same job' \
    'replay --speed max / identity copy, CPU'; do
    assert_line --regexp "^$figure.*(aim|must|MISSED)$"
  done
}

@test "a benchmark without tools says how to get them" {
  run --separate-stderr -1 "$SOURCE/scripts/bench" --build "$T"
  assert_output ""
  [[ "$stderr" == "bench: no tools in $T/bin; "* ]]
}
