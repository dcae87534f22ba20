#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-push: where it connects to, as whom, and what it does when it is not let in.

load ../support/common

setup() { common_setup; }
teardown() { common_teardown; }

start_push() { background push tbgw-push "$PLATFORM_URL" --token-file "$T/token"; }
sessions() { jq -r 'select(.kind == "session") | .state' "$T/platform.log"; }
secret() { (umask 077 && printf '%s\n' "$2" >"$T/$1"); }

READING='{"telemetry":{"a":1}}'

@test "a wrong token is 77 and the message says what to compare" {
  start_platform
  secret wrong no-such-token
  run -77 --separate-stderr tbgw-push "$PLATFORM_URL" --token-file "$T/wrong" <<<"$READING"
  assert_output ""
  assert_regex "$stderr" "^tbgw-push: cannot connect to $PLATFORM_URL: .*\(0x86\); compare the token "
  assert_regex "$stderr" "--token-file"
  run -77 --separate-stderr tbgw-push "$PLATFORM_URL" --token-file "$T/wrong" --protocol 3.1.1 <<<"$READING"
  assert_regex "$stderr" "compare the token"
  run -77 --separate-stderr tbgw-push "$PLATFORM_URL" <<<"$READING"
  [ "${#stderr_lines[@]}" -eq 1 ]
}

@test "user name and password come from files" {
  start_platform --user plant --password 's3cret word'
  secret user plant
  secret password 's3cret word'
  secret other wrong
  run -0 --separate-stderr tbgw-push "$PLATFORM_URL" --user-file "$T/user" --password-file "$T/password" <<<"$READING"
  assert_equal "$stderr" ""
  run -77 tbgw-push "$PLATFORM_URL" --user-file "$T/user" --password-file "$T/other" <<<"$READING"
}

@test "a secret on the command line is refused with the remedy, and not repeated" {
  run -64 --separate-stderr tbgw-push mqtt://TOP-SECRET@tb.example.com <<<"$READING"
  assert_output ""
  assert_regex "$stderr" "--token-file FILE"
  refute_regex "$stderr" TOP-SECRET
}

@test "without a URL the remedies are named" {
  run -64 --separate-stderr tbgw-push </dev/null
  assert_regex "$stderr" "^tbgw-push: no URL: .*tbgw-push mqtt://.*TBGW_URL.*--login"
  assert_regex "$stderr" "Try 'tbgw-push --help'\.$"
}

@test "options that do not fit together are usage errors" {
  local options
  secret a x
  for options in "--user-file $T/a --token-file $T/a" "--password-file $T/a" "--cert $T/a" "--key $T/a" \
    "--ca $T/a" "--keep-alive 1s" "--memory 1M" "--max-payload 100" "--window 0" "--protocol 4"; do
    echo "--- $options"
    # shellcheck disable=SC2086 # several words
    run -64 --separate-stderr tbgw-push mqtt://127.0.0.1:1 $options </dev/null
    assert_output ""
    assert_regex "$stderr" "^tbgw-push: "
  done
  run -64 tbgw-push mqtt://127.0.0.1:99999 </dev/null
  run -64 tbgw-push http://127.0.0.1 </dev/null
}

@test "a value out of range is 64 on the command line, and 78 with its place in a file" {
  run -64 --separate-stderr tbgw-push mqtt://127.0.0.1:1 --keep-alive 1s </dev/null
  assert_regex "${stderr_lines[0]}" "^tbgw-push: --keep-alive: '1s' is out of range: at least 5s, at most 18h$"
  printf 'url = "mqtt://127.0.0.1:1"\nkeep-alive = "1s"\n' >"$T/push.toml"
  run -78 --separate-stderr tbgw-push --config "$T/push.toml" </dev/null
  assert_equal "$stderr" "tbgw-push: $T/push.toml:2: keep-alive: '1s' is out of range: at least 5s, at most 18h"
  printf 'url = "mqtt://127.0.0.1:1"\nmemory = "1M"\n' >"$T/push.toml"
  run -78 --separate-stderr tbgw-push --config "$T/push.toml" </dev/null
  assert_regex "$stderr" "^tbgw-push: $T/push.toml:2: memory: '1M' is too small"
}

@test "a token file that is absent, empty or no text" {
  run -66 --separate-stderr tbgw-push mqtt://127.0.0.1:1 --token-file "$T/absent" </dev/null
  assert_regex "$stderr" "$T/absent"
  : >"$T/empty"
  run -78 --separate-stderr tbgw-push mqtt://127.0.0.1:1 --token-file "$T/empty" </dev/null
  assert_regex "$stderr" "$T/empty: is empty"
  printf 'a\nb\n' >"$T/lines"
  run -78 tbgw-push mqtt://127.0.0.1:1 --token-file "$T/lines" </dev/null
}

@test "a token file that others can read is warned about" {
  start_platform
  chmod 644 "$T/token"
  run -0 --separate-stderr tbgw-push "$PLATFORM_URL" --token-file "$T/token" <<<"$READING"
  assert_equal "$stderr" "tbgw-push: $T/token can be read by others: chmod 600 $T/token"
}

@test "URL and token from the environment, from systemd, from a configuration file" {
  start_platform
  TBGW_URL=$PLATFORM_URL TBGW_TOKEN_FILE="$T/token" run -0 --separate-stderr tbgw-push <<<"$READING"
  assert_equal "$stderr" ""
  mkdir "$T/credentials"
  cp "$T/token" "$T/credentials/token"
  CREDENTIALS_DIRECTORY="$T/credentials" run -0 --separate-stderr tbgw-push "$PLATFORM_URL" <<<"$READING"
  assert_equal "$stderr" ""
  printf 'url = "%s"\ntoken-file = "%s"\n' "$PLATFORM_URL" "$T/token" >"$T/push.toml"
  run -0 --separate-stderr tbgw-push --config "$T/push.toml" <<<"$READING"
  assert_equal "$stderr" ""
  assert_equal "$(jq -c 'select(.kind == "telemetry") | .values' "$T/platform.log" | wc -l)" 3
}

@test "--login keeps URL and token for calls without arguments, for the owner only" {
  start_platform
  run -0 --separate-stderr tbgw-push --login <<<"$PLATFORM_URL
test-token"
  assert_output ""
  assert_regex "$stderr" "$XDG_CONFIG_HOME/tbgw/push\.json"
  assert_equal "$(stat -c %a "$XDG_CONFIG_HOME/tbgw/push.json")" 600
  run -0 --separate-stderr tbgw-push <<<"$READING"
  assert_equal "$stderr" ""
  # The token goes to the server it was given for and to no other one.
  run -77 tbgw-push "mqtt://localhost:$PLATFORM_PORT" <<<"$READING"
  run -0 tbgw-push --login "$PLATFORM_URL" <<<"test-token"
  run -0 tbgw-push <<<"$READING"
  run -64 tbgw-push --login "$PLATFORM_URL" <<<""
  run -64 tbgw-push --login nonsense:// <<<"test-token"
  # What other systems put around a text is no part of it; what is no text is refused.
  run -0 tbgw-push --login "$PLATFORM_URL" < <(printf '\xef\xbb\xbf test-token \r\n')
  run -0 jq -r .token "$T/config/tbgw/push.json"
  assert_output test-token
  run -64 --separate-stderr tbgw-push --login "$PLATFORM_URL" < <(printf 'caf\xe9\n')
  assert_regex "$stderr" 'the token: must hold one line of text'
}

@test "no secret shows in the process list" {
  start_platform
  mkfifo "$T/in"
  STDIN="rw:$T/in" start_push
  wait_for "$T/push.out" platform-up
  run -1 grep -aq test-token "/proc/$pid_push/cmdline" "/proc/$pid_push/environ"
}

@test "another client with the same token is said loudly" {
  start_platform
  mkfifo "$T/in"
  STDIN="rw:$T/in" start_push
  wait_for "$T/push.out" platform-up
  platform evict
  wait_for "$T/push.err" 'lost the connection to .*: another client connected with the same credentials'
  wait_for "$T/push.out" '"event":"platform-down","reason":"another client'
  wait_for "$T/push.err" 'connected to .* after'
  assert_equal "$(wc -l <"$T/push.err")" 2
}

@test "a server that accepts and never answers is given up in time, and tried again" {
  # With a backlog nobody accepts: the kernel takes the connection, nobody reads it.
  background server python3 -c 'import socket, time
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
time.sleep(600)'
  wait_for "$T/server.out" '[0-9]'
  mkfifo "$T/in"
  STDIN="rw:$T/in" background push tbgw-push "mqtt://127.0.0.1:$(cat "$T/server.out")" --connect-timeout 500ms -v
  wait_count "$T/push.err" 'no answer within 500ms; trying again' 2 60
  # Waiting costs nothing: not even a tenth of the time that has passed.
  [ "$(awk '{print $14 + $15}' "/proc/$pid_push/stat")" -lt 50 ]
}

@test "a server that hangs up on everybody is tried in both versions, without spinning" {
  background server python3 -c 'import socket
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
while True:
    c, _ = s.accept()
    data = c.recv(100)
    print("version", data[8], flush=True)
    c.close()'
  wait_for "$T/server.out" '[0-9]'
  mkfifo "$T/in"
  STDIN="rw:$T/in" background push tbgw-push "mqtt://127.0.0.1:$(head -n 1 "$T/server.out")"
  wait_count "$T/server.out" 'version' 4 60
  assert_equal "$(grep version "$T/server.out" | head -n 4 | tr '\n' ' ')" "version 5 version 4 version 5 version 4 "
  assert_equal "$(grep -c 'closed the connection without an answer; trying again' "$T/push.err")" 1
}

@test "a file in the place of the URL is not looked up as a host" {
  echo "$READING" >"$T/readings.ndjson"
  cd "$T"
  run -64 --separate-stderr tbgw-push readings.ndjson --token-file "$T/token"
  assert_regex "$stderr" '^tbgw-push: readings.ndjson is a file: '
}

@test "a host with several addresses is tried on all of them" {
  # The stand-in listens on 127.0.0.1 only, and the name has ::1 and a deaf address first.
  printf '%s both.test\n' ::1 127.9.9.9 127.0.0.1 >"$T/hosts"
  start_platform
  run -0 --separate-stderr with_hosts tbgw-push "mqtt://both.test:$PLATFORM_PORT" \
    --token-file "$T/token" --drain-timeout 30s <<<"$READING"
  assert_equal "$stderr" ""
  run -0 grep -c '"a":1' "$T/platform.log"
}
# with_hosts COMMAND: with $T/hosts as /etc/hosts, for this command only.
with_hosts() {
  local as_root=()
  [ "$(id -u)" = 0 ] || as_root=(--map-root-user)
  # shellcheck disable=SC2016
  unshare --mount "${as_root[@]}" sh -c 'mount --bind "$0" /etc/hosts && exec "$@"' "$T/hosts" "$@"
}

@test "on a terminal one line shows how it stands; elsewhere nothing does" {
  start_platform
  mkfifo "$T/in"
  # stderr is a terminal, nothing else is.
  background term python3 -c 'import os, pty, subprocess, sys
master, slave = pty.openpty()
child = subprocess.Popen(sys.argv[2:], stdin=open(sys.argv[1], "r+b", buffering=0), stdout=subprocess.DEVNULL, stderr=slave)
os.close(slave)
print(child.pid, flush=True)
try:
    while chunk := os.read(master, 4096):
        sys.stdout.buffer.write(chunk)
        sys.stdout.flush()
except OSError:
    pass
sys.exit(child.wait())' "$T/in" tbgw-push "$PLATFORM_URL" --token-file "$T/token"
  for i in 1 2 3; do echo "{\"telemetry\":{\"a\":$i}}"; done >"$T/in"
  wait_for "$T/term.out" "connected to $PLATFORM_URL \| acknowledged 3 \| waiting 0"
  # A message does not stand behind the status, it replaces it.
  echo nonsense >"$T/in"
  wait_for "$T/term.out" $'\r\e\\[Ktbgw-push: stdin:4: '
  wait_until 20 _status_is_back
  kill -TERM "$(head -n 1 "$T/term.out")"
  assert_ends term 65
  # The line is gone at the end.
  [ "$(tail -c 4 "$T/term.out")" = $'\r\e[K' ]
}
# The text ends in the status, not in the message's newline.
_status_is_back() { [ "$(tail -c 9 "$T/term.out")" = "waiting 0" ]; }
