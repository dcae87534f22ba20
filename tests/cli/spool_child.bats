#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-spool DIR -- CMD: a consumer that is started, watched, and started again.
load ../support/common
load ../support/spool

setup() {
  common_setup
  C="$SUPPORT/consumer"
}
teardown() { common_teardown; }

# start_spool OPTION... -- CMD...: reads $T/in, which fd 5 keeps open.
start_spool() {
  mkfifo "$T/in"
  STDIN="$T/in" background spool tbgw-spool --min-free 0 "$T/q" "$@"
  exec 5>"$T/in"
}

# failing TIMES STATUS: a consumer that ends with STATUS the first TIMES times, after one record.
failing() {
  cat >"$T/failing" <<END
#!/bin/sh
echo start >>"$T/starts"
[ "\$(wc -l <"$T/starts")" -gt $1 ] || exec "$C" --stop-after 1 --status $2 --out "$T/out"
exec "$C" --out "$T/out"
END
  chmod +x "$T/failing"
}

@test "the child reads records on stdin, acknowledges on descriptor 3, and owns our stdout" {
  run --separate-stderr bash -c "seq -f '{\"n\":%.0f}' 1 3 | tbgw-spool '$T/q' -- '$C'"
  assert_success
  assert_equal "$stderr" ""
  assert_line --index 0 --regexp '^\{"spool":1,"run":"[0-9a-f]{16}","ack_fd":3\}$'
  assert_line --index 1 '{"_n":1,"n":1}'
  assert_line --index 3 '{"_n":3,"n":3}'
  [ ! -e "$T/q/ack" ]
}

@test "a child that died is started again and gets the undone, as a new run" {
  failing 1 1
  run --separate-stderr bash -c "seq -f '{\"n\":%.0f}' 1 5 | tbgw-spool '$T/q' -- '$T/failing'"
  assert_success
  assert_all 1 5 "$T/out"
  assert_first_in_order "$T/out"
  [ "$(grep -c spool "$T/out")" = 2 ]
  [ "$(jq -r '.run // empty' "$T/out" | sort -u | wc -l)" = 2 ]
  [[ "$stderr" == *"'$T/failing' ended with status 1, "*" undone; next start in "* ]]
}

@test "kill -9 of the child alone: the connector never notices" {
  start_spool --accept-fd 9 9>"$T/acc" -- "$C" --every 10 --out "$T/out"
  for i in 1 2 3; do
    readings $((i * 1000 - 999)) $((i * 1000)) >&5
    wait_until 20 test "$(accepted "$T/acc")" -ge 0
    wait_until 30 seen_all $((i * 1000 - 999)) $((i * 1000 - 10)) "$T/out"
    pkill -KILL -P "$pid_spool"
    wait_count "$T/spool.err" "ended with signal 9" "$i"
  done
  exec 5>&-
  assert_ends spool 0 60
  [ "$(accepted "$T/acc")" = 3000 ]
  assert_all 1 3000 "$T/out"
  assert_first_in_order "$T/out"
  [ "$(count "$T/spool.err" "ended with signal 9")" = 3 ]
}

@test "sh -c 'exit 1' backs off instead of spinning" {
  start_spool -- sh -c "echo start >>'$T/starts'; exit 1"
  wait_count "$T/starts" start 3 20
  kill -TERM "$pid_spool"
  assert_ends spool 0
  # 0.5..1 s, then 1..2 s: by then a spinning one would have started thousands.
  [ "$(wc -l <"$T/starts")" -le 4 ]
}

@test "64 and 78 of a child that never worked end the spool with that status" {
  for status in 64 78; do
    run --separate-stderr -"$status" bash -o pipefail -c "tbgw-spool '$T/q' -- sh -c 'exit $status' </dev/zero"
    [[ "$stderr" == *"ended with status $status and never acknowledged anything"* ]]
  done
}

@test "77 of the child is tried again in ten minutes" {
  start_spool -- sh -c 'exit 77'
  wait_for "$T/spool.err" "next start in 10m"
}

@test "64 of a child that had worked is tried again in ten minutes" {
  start_spool -- sh -c "
    read -r hello; read -r record
    run=\${hello#*run\\\":\\\"}; run=\${run%%\\\"*}
    echo \"{\\\"run\\\":\\\"\$run\\\",\\\"ack\\\":1}\" >&3
    exit 64"
  readings 1 1 >&5
  wait_for "$T/spool.err" "ended with status 64, 0 records undone; next start in 10m"
}

@test "a program that is not there or may not be run is said at once" {
  run -66 --separate-stderr tbgw-spool "$T/q" -- "$T/nothing" </dev/null
  [[ "$stderr" == *"cannot start '$T/nothing'"* ]]
  echo >"$T/plain"
  run -77 --separate-stderr tbgw-spool "$T/q" -- "$T/plain" </dev/null
}

@test "a child that acknowledges nothing is restarted after --stall, and that is said" {
  start_spool --stall 1s -- "$C" --silent --out "$T/out"
  readings 1 3 >&5
  wait_for "$T/spool.err" "acknowledged nothing for 1s with 3 records undone \(--stall\)"
  wait_count "$T/out" spool 2
  kill -TERM "$pid_spool"
  assert_ends spool 0
  tbgw-spool "$T/q" </dev/null | consumer --out "$T/second"
  assert_all 1 3 "$T/second"
}

@test "a child that has nothing to do is not stalled" {
  start_spool --stall 1s -- "$C" --out "$T/out"
  readings 1 3 >&5
  wait_until 20 seen_all 1 3 "$T/out"
  pause 2.5
  [ ! -s "$T/spool.err" ]
}

@test "a child that acknowledges too much is told to end and gets everything again" {
  start_spool -- "$C" --more 5 --out "$T/out"
  readings 1 2 >&5
  wait_for "$T/spool.err" "acknowledged a record that it was never given: it is told to end"
  wait_count "$T/out" '"_n":1,' 2
  [ "$(count "$T/spool.err" "never given: ignored")" -ge 1 ]
}

@test "a child that closes descriptor 3 and lives on is replaced" {
  start_spool -- "$C" --close-after 2 --out "$T/out"
  readings 1 5 >&5
  wait_for "$T/spool.err" "closed descriptor 3, on which it should acknowledge"
  wait_count "$T/out" spool 2
}

@test "at the end of input the child's status becomes ours" {
  readings 1 3 >"$T/lines"
  run -9 tbgw-spool "$T/q" -- "$C" --status 9 --out "$T/out" <"$T/lines"
  assert_all 1 3 "$T/out"
}

@test "SIGTERM gives the child the end of its input and counts what it still acknowledges" {
  start_spool -- "$C" --every 1000 --out "$T/out"
  readings 1 10 >&5
  wait_until 20 seen_all 1 10 "$T/out"
  kill -TERM "$pid_spool"
  assert_ends spool 0
  tbgw-spool "$T/q" </dev/null | consumer --out "$T/second"
  [ -z "$(numbers "$T/second")" ]
}

@test "SIGTERM does not wait for ever for a child that does not listen" {
  start_spool --drain-timeout 500ms -- sh -c 'trap "" TERM; sleep 60 & wait; sleep 60'
  pause 0.3
  kill -TERM "$pid_spool"
  assert_ends spool 0 15
}

@test "our own stdout without a reader ends the spool as it would a filter" {
  mkfifo "$T/in" "$T/spool.out"
  STDIN="$T/spool.out" background reader head -n 0
  STDIN="$T/in" background spool tbgw-spool "$T/q" -- "$C" --out "$T/out"
  exec 5>"$T/in"
  assert_ends spool 141
}

@test "the child has no descriptor of ours but its three and the pipe" {
  sh -c "ls /proc/self/fd >'$T/fds'" </dev/null 3>/dev/null # what the shell leaves open anyway
  tbgw-spool "$T/q" --accept-fd 9 --ready-fd 8 -- sh -c \
    "ls /proc/self/fd >'$T/child.fds'; exec '$C'" </dev/null >/dev/null 3>&- 8>/dev/null 9>/dev/null
  diff "$T/fds" "$T/child.fds"
}

@test "with --ack write a child needs no protocol, and what was written to one that died is done" {
  readings 1 3 >"$T/lines"
  tbgw-spool --ack write "$T/q" -- sh -c "cat >'$T/out'" <"$T/lines"
  cmp "$T/lines" "$T/out"
}

@test "SIGPIPE has its default action in the child" {
  tbgw-spool "$T/q" -- sh -c "grep SigIgn /proc/self/status >'$T/ign'; exec '$C'" </dev/null >/dev/null
  [ $((0x$(awk '{print $2}' "$T/ign") & 0x1000)) = 0 ]
}
