#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-spool as a filter: what it accepts, what it hands out, how it ends.
load ../support/common
load ../support/spool

setup() { common_setup; }
teardown() { common_teardown; }

# start_spool OPTION...: a spool in $T/q that reads $T/in (fd 5 keeps it open), its consumer's output
# in $T/spool.out.
start_spool() {
  mkfifo "$T/in"
  STDIN="$T/in" background spool tbgw-spool --min-free 0 "$T/q" "$@"
  exec 5>"$T/in"
}

@test "records arrive numbered behind a hello, and all of them acknowledged is the end" {
  readings 1 3 | tbgw-spool "$T/q" 2>"$T/err" | consumer --out "$T/out"
  [ "${PIPESTATUS[*]}" = "0 0 0" ]
  [ ! -s "$T/err" ]
  run jq -c 'del(.run)' "$T/out"
  assert_output - <<END
{"spool":1,"ack":"$(realpath "$T/q")/ack"}
{"_n":1,"deviceName":"D","telemetry":[{"ts":1790000000000,"values":{"n":1}}]}
{"_n":2,"deviceName":"D","telemetry":[{"ts":1790000000000,"values":{"n":2}}]}
{"_n":3,"deviceName":"D","telemetry":[{"ts":1790000000000,"values":{"n":3}}]}
END
  head -n 1 "$T/out" | grep -qE '"run":"[0-9a-f]{16}"'
  [ "$(stat -c %a "$T/q")" = 700 ]
  [ "$(stat -c '%a %F' "$T/q/ack")" = "600 fifo" ]
}

@test "what was not acknowledged is delivered by the next run, what was is not" {
  start_spool
  readings 1 20 >&5
  wait_count "$T/spool.out" '"_n"' 20
  local run
  run=$(head -n 1 "$T/spool.out" | jq -r .run)
  echo "{\"run\":\"$run\",\"ack\":12}" >"$T/q/ack"
  exec 5>&-
  wait_until 20 _ended "$pid_spool" # the FIFO was closed with records undone
  tbgw-spool "$T/q" </dev/null | consumer --out "$T/second"
  [ "$(numbers "$T/second" | tr '\n' ' ')" = "13 14 15 16 17 18 19 20 " ]
  [ "$(sed -n 2p "$T/second" | jq ._n)" = 1 ]
}

@test "each run has its own name" {
  for i in 1 2 3; do readings "$i" "$i" | tbgw-spool "$T/q" | consumer --out "$T/out$i"; done
  [ "$(cat "$T"/out? | jq -r '.run // empty' | sort -u | wc -l)" = 3 ]
}

@test "the end of input waits for the acknowledgement of the last record" {
  readings 1 3 >"$T/lines"
  STDIN="$T/lines" pair spool --hold "$T/go" --out "$T/out" -- "$T/q"
  wait_count "$T/out" '"_n"' 3
  pause 0.5
  kill -0 "$pid_spool"
  touch "$T/go"
  assert_ends spool 0
}

@test "at the end of input --drain-timeout ends it with 75 and the number left" {
  run --separate-stderr bash -o pipefail -c "
    seq -f '{\"a\":%.0f}' 1 5 | tbgw-spool --drain-timeout 200ms '$T/q' | '$SUPPORT/consumer' --silent"
  assert_equal "$status" 75
  assert_equal "$stderr" "tbgw-spool: 5 records left at --drain-timeout"
  tbgw-spool "$T/q" </dev/null | consumer --out "$T/out"
  [ "$(count "$T/out" '"_n"')" = 5 ]
}

@test "SIGTERM keeps the rest for the next run and ends with 0" {
  mkfifo "$T/in"
  STDIN="$T/in" pair spool --silent --out "$T/out" -- "$T/q" --accept-fd 9 9>"$T/acc"
  exec 5>"$T/in"
  readings 1 50 >&5
  wait_count "$T/out" '"_n"' 50
  kill -TERM "$pid_spool"
  assert_ends spool 0 20
  [ "$(accepted "$T/acc")" = 50 ]
  tbgw-spool "$T/q" </dev/null | consumer --out "$T/second"
  assert_all 1 50 "$T/second"
}

@test "SIGTERM still takes what is on its way in" {
  start_spool --accept-fd 9 9>"$T/acc" --ack write
  readings 1 1000 >&5
  kill -TERM "$pid_spool"
  readings 1001 2000 >&5
  assert_ends spool 0 20
  [ "$(accepted "$T/acc")" = 2000 ]
  assert_all 1 2000 "$T/spool.out"
}

@test "SIGINT drains and then is a death by signal" {
  start_spool --ack write
  readings 1 10 >&5
  wait_count "$T/spool.out" '"n"' 10
  kill -INT "$pid_spool"
  assert_ends spool 130 20
  assert_all 1 10 "$T/spool.out"
}

@test "a consumer that ends takes an idle spool with it, and what was read is kept" {
  mkfifo "$T/in"
  STDIN="$T/in" pair spool --stop-after 5 --out "$T/out" -- "$T/q"
  exec 5>"$T/in"
  readings 1 100 >&5
  assert_ends spool 141
  [ ! -s "$T/spool.err" ]
  tbgw-spool "$T/q" </dev/null | consumer --out "$T/second"
  assert_all 1 100 "$T/out" "$T/second"
}

@test "lines that are no records go to dead/ with the reason and cost only themselves" {
  {
    readings 1 1
    echo 'no json'
    echo
    printf '{"a":"\x01"}\n'
    printf '{"a":"\xff"}\n'
    printf '{"a":"%s"}\n' "$(head -c 300000 /dev/zero | tr '\0' x)"
    echo '{"_n":4,"a":1}'
    echo '{"spool":1,"run":"0123456789abcdef","ack":"/q/ack"}'
    readings 2 2
    printf '{"a":1'
  } >"$T/lines"
  run -65 --separate-stderr bash -o pipefail -c "
    tbgw-spool '$T/q' --accept-fd 9 <'$T/lines' 9>'$T/acc' | '$SUPPORT/consumer' --out '$T/out'"
  [ "$(numbers "$T/out" | tr '\n' ' ')" = "1 2 " ]
  [ "$(accepted "$T/acc")" = 10 ]
  assert_equal "$(wc -l <<<"$stderr")" 8
  [[ "$stderr" == *"input line 2: not a JSON object: the first byte is not '{'; it goes to the dead letters"* ]]
  cat "$T"/q/dead/*.log | grep -ao '{.*}' | jq -r 'select(.reason) | .reason' >"$T/reasons"
  run cat "$T/reasons"
  assert_output - <<'END'
not a JSON object: the first byte is not '{'
an empty line
a control byte in it
not valid UTF-8
longer than --max-record
a line of another spool (its hello, or a record with _n): give that one --ack write
a line of another spool (its hello, or a record with _n): give that one --ack write
not a JSON object: the last byte is not '}'
END
}

@test "records without a time get the time of acceptance, others stay byte for byte" {
  printf '%s\n' '{"deviceName":"D", "telemetry":[{"ts":1,"values":{"a":1.50}}]}' \
    '{"deviceName":"D","telemetry":{"a":1}}' '{}' '{ }' '{"_t":5,"telemetry":{"a":1}}' |
    tbgw-spool "$T/q" | consumer --out "$T/out"
  run sed -n '2,$s/"_t":1[0-9]\{12\}/"_t":NOW/p;2,$!b' "$T/out"
  assert_output '{"_n":2,"_t":NOW,"deviceName":"D","telemetry":{"a":1}}'
  run sed -n '2p;4,6p' "$T/out"
  assert_output - <<'END'
{"_n":1,"deviceName":"D", "telemetry":[{"ts":1,"values":{"a":1.50}}]}
{"_n":3}
{"_n":4 }
{"_n":5,"_t":5,"telemetry":{"a":1}}
END
}

@test "answers overtake the backlog without a number, and stats and fault lines pass" {
  readings 1 30000 | tbgw-spool "$T/q" --drain-timeout 0 2>/dev/null | consumer --silent >/dev/null
  mkfifo "$T/in"
  STDIN="$T/in" pair spool --hold "$T/go" --out "$T/out" -- --window 8192 "$T/q"
  exec 5>"$T/in"
  wait_count "$T/out" '"_n"' 8192
  printf '%s\n' '{"event":"rpc-reply","device":"D","id":1,"data":{}}' \
    '{"data":{},"event":"attributes-request","id":2}' '{"rpc":{"id":3},"sent":true}' \
    '{"event":"stats","tool":"x","counters":{}}' '{"event":"fault","tool":"x","text":"y"}' >&5
  wait_for "$T/out" '"fault"'
  # The window is full and nothing is acknowledged: they can only have overtaken.
  [ "$(count "$T/out" '"_n"')" = 8192 ]
  run tail -n 5 "$T/out"
  assert_output - <<'END'
{"event":"rpc-reply","device":"D","id":1,"data":{}}
{"data":{},"event":"attributes-request","id":2}
{"rpc":{"id":3},"sent":true}
{"event":"stats","tool":"x","counters":{}}
{"event":"fault","tool":"x","text":"y"}
END
  touch "$T/go"
  exec 5>&-
  assert_ends spool 0 30
  assert_all 1 30000 "$T/out"
}

@test "--window bounds what is out and undone" {
  mkfifo "$T/in"
  STDIN="$T/in" pair spool --hold "$T/go" --out "$T/out" -- --window 7 "$T/q"
  exec 5>"$T/in"
  readings 1 100 >&5
  wait_count "$T/out" '"_n"' 7
  pause 0.3
  [ "$(count "$T/out" '"_n"')" = 7 ]
  touch "$T/go"
  exec 5>&-
  assert_ends spool 0 20
  assert_all 1 100 "$T/out"
}

@test "--ack write needs no consumer that acknowledges: no hello, no numbers" {
  readings 1 3 | tbgw-spool --ack write "$T/q" >"$T/out"
  readings 1 3 | cmp - "$T/out"
  [ ! -e "$T/q/ack" ]
  tbgw-spool --ack write "$T/q" </dev/null >"$T/out"
  [ ! -s "$T/out" ]
}

@test "a dead record is filed with the reason the consumer gave, and those behind it go on" {
  readings 1 10 | tbgw-spool "$T/q" 2>"$T/err" | consumer --dead '"n":4}' --reason 'too hot' --out "$T/out"
  [ "${PIPESTATUS[1]}" = 0 ]
  assert_all 1 10 "$T/out"
  run jq -r 'select(.reason) | "\(.seq) \(.reason) \(.record)"' < <(grep -aoh '{.*}' "$T"/q/dead/*.log)
  assert_output '4 too hot {"deviceName":"D","telemetry":[{"ts":1790000000000,"values":{"n":4}}]}'
  grep -q "too hot" "$T/err"
  tbgw-spool "$T/q" </dev/null | consumer --out "$T/second"
  [ -z "$(numbers "$T/second")" ]
}

@test "two processes cannot accept for one spool" {
  start_spool
  wait_for "$T/spool.out" spool
  run -75 --separate-stderr tbgw-spool "$T/q" </dev/null
  [[ "$stderr" == *"$T/q"* ]]
  [ -z "$output" ]
}

@test "stats tell what is kept, and come on SIGUSR1 too" {
  readings 1 5 | tbgw-spool "$T/q" --drain-timeout 0 2>/dev/null | consumer --silent >/dev/null
  mkfifo "$T/in"
  STDIN="$T/in" background spool tbgw-spool "$T/q"
  exec 5>"$T/in"
  readings 6 7 >&5
  wait_count "$T/spool.out" '"_n"' 7
  kill -USR1 "$pid_spool"
  wait_for "$T/spool.out" '"event":"stats"'
  assert_equal "$(counter "$T/spool.out" undelivered)" 7
  assert_equal "$(counter "$T/spool.out" accepted)" 2
  assert_equal "$(counter "$T/spool.out" delivered)" 0
  assert_equal "$(counter "$T/spool.out" inWindow)" 7
  [ "$(counter "$T/spool.out" oldestAgeMs)" -ge 0 ]
  [ "$(counter "$T/spool.out" syncs)" -ge 1 ]
}

@test "wrong command lines end with 64 and say why" {
  for words in "" "$T/q $T/p" "--get $T/q" "--cursor x $T/q" "--memory $T/q" "--sync soon $T/q" \
    "--when-full never $T/q" "--segment-bytes 1K $T/q" "--to $T/s $T/q" "--ack maybe $T/q" \
    "--get --cursor ../x $T/q" "--memory --write-behind 1s" "--max-bytes 1K $T/q" "--accept-fd 99 $T/q"; do
    # shellcheck disable=SC2086
    run -64 --separate-stderr tbgw-spool $words </dev/null
    [ -n "$stderr" ] || { echo "silent: $words"; return 1; }
    [ -z "$output" ]
  done
  [ ! -e "$T/q" ]
}

@test "a folder that holds something else is left alone" {
  mkdir "$T/q"
  echo precious >"$T/q/letter.txt"
  run -78 --separate-stderr tbgw-spool "$T/q" </dev/null
  [[ "$stderr" == *"$T/q"* ]]
  [ "$(ls "$T/q")" = letter.txt ]
}

@test "a file where the FIFO belongs is named and left alone" {
  readings 1 1 | tbgw-spool --ack write "$T/q" >"$T/out"
  echo precious >"$T/q/ack"
  run -73 --separate-stderr tbgw-spool "$T/q" </dev/null
  [[ "$stderr" == *"$T/q/ack"* ]]
  [ "$(cat "$T/q/ack")" = precious ]
}

@test "--ready-fd and a configuration file" {
  printf 'window = 3\nack = "write"\nsync = "always"\n' >"$T/spool.toml"
  readings 1 4 | tbgw-spool --config "$T/spool.toml" --ready-fd 8 "$T/q" 8>"$T/ready" >"$T/out"
  [ "$(wc -l <"$T/ready")" = 1 ]
  assert_all 1 4 "$T/out"
  echo 'windoww = 3' >"$T/spool.toml"
  run -78 --separate-stderr tbgw-spool --config "$T/spool.toml" "$T/q" </dev/null
  [[ "$stderr" == *"spool.toml:1"*windoww* ]]
}
