#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# scripts/check-live finds what it expects of ThingsBoard in the stand-in, and says what differs.

load ../support/common

setup() { common_setup; }
teardown() { common_teardown; }

@test "the stand-in behaves in every row as a real server should" {
  start_platform
  run -0 --separate-stderr "$SOURCE/scripts/check-live" "$PLATFORM_URL" --token-file "$T/token"
  assert_equal "$stderr" ""
  refute_line --regexp '^NOT'
  assert_equal "$(grep -c '^ok ' <<<"$output")" 26
}

@test "a server that is none shows in its rows" {
  start_platform --plain-device
  run -1 --separate-stderr "$SOURCE/scripts/check-live" "$PLATFORM_URL" --token-file "$T/token"
  assert_line --regexp '^NOT  MQTT 5 +connect +nothing +\(expected acknowledged\)'
  assert_regex "$stderr" 'rows are not as expected'
}

@test "a wrong token ends it" {
  start_platform
  echo wrong >"$T/wrong"
  run -1 --separate-stderr "$SOURCE/scripts/check-live" "$PLATFORM_URL" --token-file "$T/wrong"
  assert_regex "$stderr" 'the token is refused'
}
