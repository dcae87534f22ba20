# SPDX-License-Identifier: Apache-2.0
# For tests of tbgw-run: its folders in the scratch folder, a reference configuration, its end.
#
#   load ../support/common
#   load ../support/run

# run_setup: cd to the scratch folder; state, FIFOs and the control socket of tbgw-run go there.
run_setup() {
  common_setup
  cd "$T" || return
  export XDG_RUNTIME_DIR="$T/run"
}

# run_teardown: asks the gateways to end (they stop in order), then as common_teardown.
run_teardown() {
  local pid
  for pid in "${GATEWAYS[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${GATEWAYS[@]}"; do wait_until 20 _ended "$pid" || true; done
  common_teardown
}

# start_gateway [ARG...]: tbgw-run in the background as "gateway"; returns when it is ready.
GATEWAYS=()
start_gateway() {
  : >ready
  background gateway tbgw-run --ready-fd 4 "$@" 4>ready
  GATEWAYS+=("$pid_gateway")
  wait_until 30 test -s ready
}

# stop_gateway [STATUS]: SIGTERM, and it ends with that status (0), leaving no process behind.
stop_gateway() {
  local children
  children=$(_with_descendants "$pid_gateway")
  kill -TERM "$pid_gateway"
  assert_ends gateway "${1:-0}" 20
  for pid in $children; do
    _ended "$pid" || { echo "left running: $(ps -o pid=,args= -p "$pid")"; return 1; }
  done
}

# reference_main CONNECTORS-JSON [EXTRA-JQ]: tb_gateway.json of the reference for the stand-in.
reference_main() {
  jq -n --argjson port "$PLATFORM_PORT" --argjson connectors "$1" '
    {thingsboard: {host: "127.0.0.1", port: $port, remoteShell: false, remoteConfiguration: true,
       statistics: {enable: true, statsSendPeriodInSeconds: 60},
       deviceFiltering: {enable: false, filterFile: "list.json"},
       security: {type: "accessToken", accessToken: "test-token"}, qos: 1},
     storage: {type: "file", data_folder_path: "./data/", max_file_count: 10,
       max_records_per_file: 10000},
     grpc: {enabled: false, serverPort: 9595}, connectors: $connectors} | '"${2:-.}" \
    >tb_gateway.json
}

# gateway_toml: gateway.toml for the stand-in, with the pipelines that are on standard input.
gateway_toml() {
  { printf '[platform]\nurl = "%s"\ntoken-file = "token"\n' "$PLATFORM_URL"; cat; } >gateway.toml
}

# log FILTER: the lines of the platform's log, as the jq filter prints them.
log() { jq -c "$1" platform.log; }
