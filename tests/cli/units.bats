#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The units of systemd and the service directories of s6: how much they may, and that the stages they
# start, as s6 starts them here, are a gateway in both directions and end in order.

load ../support/common

units=(tbgw tbgw-uplink tbgw-route tbgw-connector@)

setup() {
  common_setup
  cd "$T" || return
  export CONFIGURATION_DIRECTORY="$T/etc" STATE_DIRECTORY="$T/lib" RUNTIME_DIRECTORY="$T/run"
  STAGE_USER=$(id -un)
  export STAGE_USER
  mkdir -p etc/connectors
}
teardown() {
  # s6 and a stage end what they started when they are asked to.
  [ ! -d scan/.s6-svscan ] || s6-svscanctl -t scan || true
  local pid
  for pid in "${PIDS[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  [ -z "${pid_svscan:-}" ] || wait_until 20 _ended "$pid_svscan" || true
  common_teardown
}

# serial_gateway: the platform, and the configuration of one serial device.
serial_gateway() {
  start_ptys
  start_platform
  cp token etc/token
  printf 'url = "%s"\n' "$PLATFORM_URL" >etc/push.toml
  jq --arg port "$T/tty.port" '.devices[0].port = $port' \
    "$SOURCE/scripts/examples/custom_serial.json" >etc/boiler.json
  printf '%s\n' 'tbgw-convert --downlink boiler.json |' \
    '  tbgw-serial --wait --config boiler.json | tbgw-convert boiler.json' >etc/connectors/boiler.sh
  exec 7<>tty.device
}

# both_ways HUMIDITY VALUE: one reading up, one attribute down.
both_ways() {
  wait_for platform.log '"kind":"connect".*CustomSerialDevice1' 30
  printf '%d\r2430947595\n' "$1" >&7
  wait_for platform.log "\"humidity\":$1" 30
  platform attributes CustomSerialDevice1 "{\"attr1\":$2}"
  local heard expected="value = $2"
  IFS= read -r -t 30 -u 7 heard
  assert_equal "$heard" "$expected"
}

exposure() { systemd-analyze security --offline=true --threshold="$2" --no-pager "$1"; }

@test "no unit is exposed more than 1.5, as systemd counts" {
  for unit in "${units[@]}"; do
    run -0 exposure "$SOURCE/scripts/systemd/$unit.service" 15
    assert_output --partial 'Overall exposure level'
  done
  # and the measure measures: a unit without what keeps it in is over
  sed '/^Restrict\|^CapabilityBoundingSet/d' "$SOURCE/scripts/systemd/tbgw-uplink.service" >x.service
  run ! exposure "$T/x.service" 15
}

@test "a unit gets no other sockets than it needs, and no privilege" {
  for unit in "${units[@]}"; do
    file=$SOURCE/scripts/systemd/$unit.service
    families='AF_UNIX AF_INET AF_INET6'
    if [ "$unit" = tbgw-route ]; then families=AF_UNIX; fi
    assert_equal "$(grep '^RestrictAddressFamilies=' "$file")" "RestrictAddressFamilies=$families"
    assert_equal "$(grep -c '^User=tbgw$\|^CapabilityBoundingSet=$\|^NoNewPrivileges=yes$' "$file")" 3
    # Status 64 and 78 are not tried again, and only the first process is asked to end.
    grep -qx 'RestartPreventExitStatus=64 78' "$file"
    if [ "$unit" != tbgw-route ]; then grep -qx KillMode=mixed "$file"; fi
  done
}

@test "an adapter plugged in later may be opened: its driver need not be loaded at the start" {
  for unit in tbgw tbgw-connector@ tbgw-serial@; do
    for major in 4 166 188; do # ttyS, ttyACM, ttyUSB
      grep -qx "DeviceAllow=char-$major rw" "$SOURCE/scripts/systemd/$unit.service"
    done
    grep -qx SupplementaryGroups=dialout "$SOURCE/scripts/systemd/$unit.service"
  done
}

@test "the stages join in any order, stop drained, and one begun anew goes on" {
  serial_gateway
  stage=$SOURCE/scripts/libexec/stage
  background connector "$stage" connector boiler
  background route "$stage" route
  background uplink "$stage" uplink
  both_ways 48 25

  kill -TERM "$pid_route"
  assert_ends route 0
  printf '49\r2430947595\n' >&7 # waits in the FIFO
  background route "$stage" route
  wait_for platform.log '"humidity":49' 30
  both_ways 50 26

  children=$(_with_descendants "$pid_connector")
  for name in connector route uplink; do
    pid=pid_$name
    kill -TERM "${!pid}"
    assert_ends "$name" 0
  done
  for pid in $children; do _ended "$pid"; done
  run cat connector.err route.err
  refute_output --partial error
}

@test "s6 runs the same, waits for readiness, and leaves a wrong stage down" {
  serial_gateway
  cmake --install "$TESTED_BUILD" --prefix "$T/usr" >/dev/null
  mkdir scan
  cp -r usr/share/tbgw/s6/tbgw-uplink usr/share/tbgw/s6/tbgw-route scan
  cp -r usr/share/tbgw/s6/tbgw-connector scan/tbgw-connector-boiler
  cp -r usr/share/tbgw/s6/tbgw-connector scan/tbgw-connector-absent
  background svscan s6-svscan scan
  for name in uplink route connector-boiler connector-absent; do
    wait_until 20 s6-svstat "scan/tbgw-$name"
  done
  s6-svwait -U -t 20000 scan/tbgw-uplink scan/tbgw-route
  both_ways 51 27
  wait_for svscan.out 'there is no script .*/connectors/absent.sh'
  wait_until 20 sh -c 's6-svstat -o up,wantedup scan/tbgw-connector-absent | grep -x "false false"'

  s6-svc -d -wD -T 20000 scan/tbgw-connector-boiler
  assert_equal "$(s6-svstat -o exitcode scan/tbgw-connector-boiler)" 0
  s6-svscanctl -t scan
  assert_ends svscan 0
  run ! pgrep -f "$T/lib/spool"
}

@test "s6 runs the gateway in one, and a wrong file of it leaves it down" {
  serial_gateway
  printf '%s\n' '[platform]' "url = \"$PLATFORM_URL\"" 'token-file = "token"' '[[pipeline]]' \
    'file = "boiler.json"' 'type = "serial"' >etc/gateway.toml
  cmake --install "$TESTED_BUILD" --prefix "$T/usr" >/dev/null
  mkdir scan
  cp -r usr/share/tbgw/s6/tbgw scan
  background svscan s6-svscan scan
  wait_until 20 s6-svstat scan/tbgw
  s6-svwait -U -t 20000 scan/tbgw
  both_ways 52 28
  echo wrong >etc/gateway.toml
  s6-svc -r scan/tbgw
  wait_for svscan.out 'gateway.toml:1:'
  wait_until 20 sh -c 's6-svstat -o up,wantedup scan/tbgw | grep -x "false false"'
}

@test "what is wrong with a stage is said, with its status" {
  stage=$SOURCE/scripts/libexec/stage
  run -78 --separate-stderr "$stage" route
  assert_equal "$stderr" "stage: there is no script in $T/etc/connectors"
  run -78 --separate-stderr "$stage" connector boiler
  assert_equal "$stderr" "stage: there is no script $T/etc/connectors/boiler.sh"
  run -64 --separate-stderr "$stage" connector
  assert_equal "$stderr" "stage: usage: stage gateway | uplink | route | connector NAME"
  echo 'exit 77' >etc/connectors/boiler.sh
  run -77 "$stage" connector boiler
  # a stage that fails within the pipeline is seen
  printf 'false | cat\n' >etc/connectors/boiler.sh
  run -1 "$stage" connector boiler
}
