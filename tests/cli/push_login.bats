#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-push: where credentials come from, and where they never go.

load ../support/common
load ../support/push

setup() { common_setup; }
teardown() { common_teardown; }

READING='{"telemetry":{"a":1}}'
secret() { (umask 077 && printf '%s\n' "$2" >"$T/$1"); }

@test "a secret on the command line is refused with the remedy, and not repeated" {
  local arguments
  for arguments in "mqtt://TOP-SECRET@tb.example.com" "--token TOP-SECRET" "--token=TOP-SECRET" \
    "--access-token TOP-SECRET mqtt://tb.example.com" "--dry-run mqtt://u:TOP-SECRET@tb.example.com"; do
    echo "--- $arguments"
    # shellcheck disable=SC2086 # several words
    run -64 --separate-stderr tbgw-push $arguments <<<"$READING"
    assert_output ""
    assert_regex "$stderr" "every user of this machine sees"
    assert_regex "$stderr" "--token-file FILE"
    refute_regex "$stderr" TOP-SECRET
  done
  run -64 --separate-stderr tbgw-push mqtt://tb.example.com --password TOP-SECRET <<<"$READING"
  assert_regex "$stderr" "--password-file FILE"
  refute_regex "$stderr" TOP-SECRET
}

@test "whoever has no token is told each place where it was looked for" {
  start_platform
  run -77 --separate-stderr tbgw-push "$PLATFORM_URL" <<<"$READING"
  local place
  for place in --token-file TBGW_TOKEN_FILE "CREDENTIALS_DIRECTORY is not set" "TB_GW_ACCESS_TOKEN is not set" \
    "there is no $XDG_CONFIG_HOME/tbgw/push.json \('tbgw-push --login URL' makes it\)"; do
    assert_regex "$stderr" "$place"
  done
  [ "${#stderr_lines[@]}" -eq 1 ]
  # What is there, but not for this, is named as such.
  mkdir "$T/empty"
  run -0 tbgw-push --login "$PLATFORM_URL" <<<"test-token"
  CREDENTIALS_DIRECTORY="$T/empty" run -77 --separate-stderr \
    tbgw-push "mqtt://localhost:$PLATFORM_PORT" <<<"$READING"
  assert_regex "$stderr" "there is no $T/empty/token,"
  assert_regex "$stderr" "what $XDG_CONFIG_HOME/tbgw/push.json holds is for $PLATFORM_URL\$"
}

@test "also who has nothing to send hears that the platform refuses the token" {
  start_platform
  secret wrong no-such-token
  run -77 --separate-stderr tbgw-push "$PLATFORM_URL" --token-file "$T/wrong" </dev/null
  assert_regex "$stderr" "compare the token"
  run -0 --separate-stderr push </dev/null
  assert_equal "$stderr" ""
  # Nobody there: that is said, and nothing was lost.
  run -0 --separate-stderr tbgw-push mqtt://127.0.0.1:1 --token-file "$T/token" </dev/null
  assert_regex "$stderr" "cannot connect to mqtt://127.0.0.1:1: Connection refused"
}

@test "the variables of the reference gateway are understood" {
  start_platform
  TB_GW_HOST=127.0.0.1 TB_GW_PORT=$PLATFORM_PORT TB_GW_ACCESS_TOKEN=test-token \
    run -0 --separate-stderr tbgw-push <<<"$READING"
  assert_equal "$stderr" ""
  assert_equal "$(stored telemetry .values)" '{"a":1}'
  # A URL that is said is the one that counts.
  TB_GW_HOST=127.9.9.9 TB_GW_ACCESS_TOKEN=test-token run -0 tbgw-push "$PLATFORM_URL" <<<"$READING"
  # Its port for TLS means TLS.
  TB_GW_HOST=127.0.0.1 TB_GW_PORT=8883 run -0 --separate-stderr tbgw-push --drain-timeout 3s </dev/null
  assert_regex "$stderr" "mqtts://127.0.0.1:8883"
}

@test "a token from the environment is gone from it once it was read" {
  start_platform
  mkfifo "$T/in"
  export TB_GW_ACCESS_TOKEN=test-token
  STDIN="rw:$T/in" background push tbgw-push "$PLATFORM_URL"
  wait_for "$T/push.out" platform-up
  run -1 grep -aq test-token "/proc/$pid_push/cmdline" "/proc/$pid_push/environ"
}

@test "no core is left that would hold the token" {
  start_platform
  mkfifo "$T/in"
  ulimit -c unlimited || skip "cores are forbidden here"
  cd "$T"
  STDIN="rw:$T/in" start_push
  wait_for "$T/push.out" platform-up
  assert_equal "$(awk '/core file/ { print $5 $6 }' "/proc/$pid_push/limits")" 11
  kill -ABRT "$pid_push"
  assert_ends push 134
  run -1 compgen -G "$T/core*"
}

@test "--login tries the token, and stores only what was let in" {
  start_platform
  run -77 --separate-stderr tbgw-push --login "$PLATFORM_URL" <<<"wrong-token"
  assert_regex "$stderr" "cannot connect to $PLATFORM_URL: .*compare the token"
  [ ! -e "$XDG_CONFIG_HOME/tbgw/push.json" ]
  run -69 --separate-stderr tbgw-push --login mqtt://127.0.0.1:1 <<<"test-token"
  assert_regex "$stderr" "cannot connect to mqtt://127.0.0.1:1: "
  [ ! -e "$XDG_CONFIG_HOME/tbgw/push.json" ]
  run -0 --separate-stderr tbgw-push --login "$PLATFORM_URL" <<<"test-token"
  assert_regex "$stderr" "^tbgw-push: the platform took the token; .*$XDG_CONFIG_HOME/tbgw/push.json"
  assert_equal "$(stat -c %a "$XDG_CONFIG_HOME/tbgw/push.json")" 600
}

@test "--login with the token of a device that is no gateway says so, and keeps it" {
  start_platform --plain-device
  run -0 --separate-stderr tbgw-push --login "$PLATFORM_URL" <<<"test-token"
  assert_regex "$stderr" "is no gateway"
  run -0 tbgw-push --device-api <<<"$READING"
}

@test "--login on a terminal does not show the token" {
  start_platform
  run -0 timeout 60 python3 - "$PLATFORM_URL" <<'EOF2'
import os, pty, sys
pid, master = pty.fork()
if pid == 0:
    os.execvp("tbgw-push", ["tbgw-push", "--login", sys.argv[1]])
shown = b""
while b"device: " not in shown:
    shown += os.read(master, 1000)
os.write(master, b"test-token\n")
try:
    while chunk := os.read(master, 1000):
        shown += chunk
except OSError:
    pass
assert b"test-token" not in shown, shown
assert b"the platform took the token" in shown, shown
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
EOF2
  run -0 tbgw-push <<<"$READING"
}

provisioning() { secret provision.json "{\"provisionDeviceKey\":\"KEY\",\"provisionDeviceSecret\":\"SECRET\"$1}"; }
credentials() { echo "$XDG_STATE_HOME"/tbgw/*/credentials.json; }

@test "provisioning gets an access token once, keeps it for the owner only, and uses it again" {
  start_platform --provision KEY SECRET
  provisioning ',"deviceName":"Gateway 7"'
  local protocol
  for protocol in 5 3.1.1; do
    run -0 --separate-stderr tbgw-push "$PLATFORM_URL" --provision "$T/provision.json" --protocol "$protocol" <<<"$READING"
    assert_equal "$stderr" ""
  done
  assert_equal "$(stored provision '[.request.deviceName, .request.gateway, .status]')" '["Gateway 7",true,"SUCCESS"]'
  assert_equal "$(stat -c %a "$(credentials)")" 600
  assert_equal "$(jq -r .credentialsType "$(credentials)")" ACCESS_TOKEN
  assert_equal "$(stored telemetry .values | wc -l)" 2
  assert_equal "$(stored refused .)" ""
}

@test "provisioned credentials that are refused name the file to remove" {
  start_platform --provision KEY SECRET
  provisioning ""
  run -0 tbgw-push "$PLATFORM_URL" --provision "$T/provision.json" <<<"$READING"
  sed -i 's/"credentialsValue": "/&x/' "$(credentials)"
  run -77 --separate-stderr tbgw-push "$PLATFORM_URL" --provision "$T/provision.json" <<<"$READING"
  assert_regex "$stderr" "if the device was deleted there, remove $(credentials) to get new ones"
  echo '{"status":"SUCCESS"}' >"$(credentials)"
  run -78 --separate-stderr tbgw-push "$PLATFORM_URL" --provision "$T/provision.json" <<<"$READING"
  assert_regex "$stderr" "credentials.json: the answer has no credentials in it"
}

@test "provisioning of user name and password" {
  start_platform --provision KEY SECRET
  provisioning ',"credentialsType":"MQTT_BASIC","clientId":"gw7"'
  run -0 --separate-stderr tbgw-push "$PLATFORM_URL" --provision "$T/provision.json" <<<"$READING"
  assert_equal "$stderr" ""
  assert_equal "$(jq -r .credentialsValue.clientId "$(credentials)")" gw7
  assert_equal "$(stored session 'select(.state == "open") | .client')" '"gw7"'
}

@test "a provisioning that is refused is 77 with what the platform says, and stores nothing" {
  start_platform --provision KEY SECRET
  secret provision.json '{"provisionDeviceKey":"KEY","provisionDeviceSecret":"WRONG"}'
  run -77 --separate-stderr tbgw-push "$PLATFORM_URL" --provision "$T/provision.json" <<<"$READING"
  assert_regex "$stderr" "$T/provision.json: no device profile has this provisionDeviceKey and secret: Provision data was not found!"
  refute_regex "$stderr" WRONG
  run -1 compgen -G "$XDG_STATE_HOME/tbgw/*/credentials.json"
  secret provision.json '{"provisionDeviceKey":"KEY"}'
  run -78 --separate-stderr tbgw-push "$PLATFORM_URL" --provision "$T/provision.json" <<<"$READING"
  assert_regex "$stderr" "$T/provision.json:1: provisionDeviceSecret is missing"
  run -64 tbgw-push "$PLATFORM_URL" --provision "$T/provision.json" --token-file "$T/token" <<<"$READING"
}
