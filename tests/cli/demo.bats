#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The first thing that a newcomer runs: it shows what it promises, twice in a row, leaves nothing
# behind, and does not claim success when nothing arrived.
load ../support/common

setup() {
  common_setup
  export TMPDIR="$T"
}
teardown() { common_teardown; }

@test "the demo shows telemetry of a serial and a Modbus device arriving at a broker, also a second time" {
  for _ in first second; do
    run --separate-stderr "$SOURCE/scripts/demo" --no-setup --build "$TESTED_BUILD" --seconds 2
    assert_success
    [ -z "$stderr" ]
    assert_line --partial 'tbgw-push mqtt://127.0.0.1:'
    assert_line --regexp '^  v1/gateway/connect \{"device":"CustomSerialDevice1","type":"default"\}$'
    assert_line --regexp '^  v1/gateway/telemetry \{"CustomSerialDevice1":\[\{"ts":[0-9]{13},"values":\{"humidity":[45][0-9]\}\}\]\}$'
    assert_line --regexp '^  v1/gateway/telemetry \{"Boiler":\[\{"ts":[0-9]{13},"values":\{"temperature":21\.5\}\}\]\}$'
    assert_line --partial 'v1/gateway/disconnect {"device":"CustomSerialDevice1"}'
    assert_line --partial 'v1/gateway/disconnect {"device":"Boiler"}'
    assert_line --regexp '^== [1-9][0-9]* values of humidity and [1-9][0-9]* of temperature arrived'
    [ -z "$(ls -A "$T")" ]
  done
}

@test "when nothing arrives the demo fails and says what the tools said" {
  mkdir -p "$T/fake/bin"
  ln -s "$TESTED_TOOLS"/tbgw-{serial,modbus,convert,spool} "$T/fake/bin/"
  printf '#!/bin/sh\necho "tbgw-push: no way" >&2\nexec cat >/dev/null\n' >"$T/fake/bin/tbgw-push"
  chmod +x "$T/fake/bin/tbgw-push"
  run --separate-stderr -1 "$SOURCE/scripts/demo" --no-setup --build "$T/fake"
  [[ "$stderr" == "demo: no telemetry arrived at the broker"* ]]
  [[ "$stderr" == *"push: tbgw-push: no way"* ]]
  [ "$(ls -A "$T")" = fake ]
}
