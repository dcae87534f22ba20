#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The platform changes the configuration of a gateway by shared attributes: the smallest change, an
# acknowledgement, a refusal that changes nothing, and what was sent before is no news.
load ../support/common
load ../support/modbus
load ../support/run

setup() { run_setup; }
teardown() { run_teardown; }

# modbus_file TAG [ADDRESS]: a connector file with one value.
modbus_file() {
  jq -cn --argjson port "$UNITS_PORT" --arg tag "$1" --argjson address "${2:-0}" '{master: {slaves: [
    {host: "127.0.0.1", port: $port, type: "tcp", method: "socket", unitId: 1, deviceName: "Meter",
     deviceType: "default", timeout: 35, pollPeriod: 200, attributes: [], timeseries: [{tag: $tag,
     type: "16uint", functionCode: 3, objectsCount: 1, address: $address}]}]}}'
}

# shared CONFIGURATION TS: the connector's shared attribute.
shared() {
  jq -cn --argjson configuration "$1" --argjson ts "$2" '{"Modbus Connector": {name:
    "Modbus Connector", type: "modbus", configuration: "modbus.json", configurationJson:
    $configuration, logLevel: "INFO", ts: $ts}}'
}

# pid_of PIPELINE: of its connector.
pid_of() {
  tbgw-run status --json |
    jq -e --arg name "$1" '.pipelines[] | select(.name == $name) | .processes[0].pid'
}

# attribute JQ-CONDITION: the platform holds a client attribute of the gateway of which this is true.
attribute() {
  jq -se 'any(.[] | select(.kind == "attributes"); '"$1"')' platform.log >/dev/null
}

start_remote_gateway() {
  start_platform
  start_units
  modbus_file before >modbus.json
  modbus_file other | jq '.master.slaves[0].deviceName = "Other"' >other.json
  reference_main '[{"name":"Modbus Connector","type":"modbus","configuration":"modbus.json"},
    {"name":"Other","type":"modbus","configuration":"other.json"}]'
  start_gateway tb_gateway.json
  wait_for platform.log '"before":' 30
  wait_for platform.log '"other":' 30
}

@test "a shared attribute changes one pipeline; a broken one changes none; the same again neither" {
  start_remote_gateway
  wait_for platform.log '"Version":"3.8.3"' 30
  modbus=$(pid_of "Modbus Connector")
  other=$(pid_of Other)

  # A change: only that pipeline restarts, and the acknowledgement echoes what was sent.
  ts=$(($(date +%s%3N) + 1000))
  platform attributes - "$(shared "$(modbus_file after)" "$ts")"
  wait_for platform.log '"after":' 60
  wait_until 60 grep -q "\"ts\":$ts" platform.log
  changed=$(pid_of "Modbus Connector")
  [ "$changed" != "$modbus" ]
  assert_equal "$(pid_of Other)" "$other"
  assert_equal "$(jq -r '.master.slaves[0].timeseries[0].tag' modbus.json)" before  # ours, untouched

  # Broken: refused with the text, and the old goes on.
  platform attributes - "$(shared '{"master":{"slaves":[{"port":"nonsense"}]}}' $((ts + 1)))"
  wait_for platform.log 'Modbus Connector_CONFIGURATION_ERROR' 60
  assert_equal "$(pid_of "Modbus Connector")" "$changed"

  # The same again, and a reconnection, change nothing.
  count=$(grep -c '"after":' platform.log)
  platform drop
  wait_count platform.log '"after":' $((count + 5)) 60
  assert_equal "$(pid_of "Modbus Connector")" "$changed"
  assert_equal "$(pid_of Other)" "$other"

  # What the platform made of it is there after a restart, and status says so.
  stop_gateway
  count=$(grep -c '"after":' platform.log)
  start_gateway tb_gateway.json
  wait_count platform.log '"after":' $((count + 2)) 60
  tbgw-run status --json | jq -e '.remote.files | any(contains("the platform'"'"'s version"))'
  stop_gateway
}
