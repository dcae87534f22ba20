#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The tests of the spool must notice when a promise is broken: its unit tests are linked with one
# source changed, and have to fail.
load ../support/common

setup() { common_setup; }
teardown() { common_teardown; }

# mutant SOURCE SED_EXPRESSION: unit-spool with that change, as $T/mutant.
mutant() {
  local objects="$TESTED_BUILD/tests/CMakeFiles/unit-spool.dir/unit/spool"
  sed -E "$2" "$SOURCE/lib/spool/$1" >"$T/$1"
  ! cmp -s "$T/$1" "$SOURCE/lib/spool/$1"
  # shellcheck disable=SC2046 # several words
  g++ -std=c++20 -O1 $(sanitizers) -I"$SOURCE/lib" -I"$TESTED_BUILD/generated" -c -o "$T/mutant.o" "$T/$1"
  # shellcheck disable=SC2046
  g++ $(sanitizers) -o "$T/mutant" "$objects"/*_test.cpp.o "$T/mutant.o" "$TESTED_BUILD/libtbgw_spool.a" \
    "$TESTED_BUILD/libtbgw_core.a" -lgtest -lgtest_main -lsimdjson -ltomlplusplus
}
sanitizers() {
  if grep -q '^TBGW_SANITIZE:BOOL=ON' "$TESTED_BUILD/CMakeCache.txt"; then echo -fsanitize=address,undefined; fi
}

# caught: the tests fail.
caught() {
  # The long ones are about damage and speed.
  run "$T/mutant" --gtest_brief=1 --gtest_fail_fast '--gtest_filter=-Damage*:Glance*:LiveLines*'
  [ "$status" -ne 0 ]
  assert_output --partial '[  FAILED  ]'
}

@test "a build that does not sync is caught" {
  mutant segment_file.cpp 's/return ::fdatasync\(fd_.get\(\)\) == 0 \? 0 : errno;/return 0;/'
  caught
}

@test "a build that removes a segment before the position is durable is caught" {
  mutant writer_space.cpp 's/if \(removed == 0 && !make_durable\(cursors\)\) break;//'
  caught
}

@test "a build that gives a number twice is caught" {
  mutant writer.cpp 's/next_ = found.last \+ 1;/next_ = found.last == 0 ? 1 : found.last;/'
  caught
}

@test "control: without a change they pass" {
  mutant writer.cpp '$a // nothing'
  run -0 "$T/mutant" --gtest_brief=1 '--gtest_filter=Writer.*:Recovery*'
}
