#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-replay: captures come again in their own time, byte for byte but for what a replay owns, and
# a replay ends at once when it is told to or nobody reads it any more.
load ../support/common

setup() { common_setup; }
teardown() { common_teardown; }

raw() { printf '{"ts":%s,"source":"serial","port":"/dev/ttyUSB0","data":"%s\\n"}\n' "$1" "$2"; }

# capture NAME OFFSET...: a capture with one record at each millisecond.
capture() {
  local name=$1 offset
  shift
  for offset; do raw "$((1790000000000 + offset))" "at $offset"; done >"$T/$name"
}

# arrivals: the lines of stdin, each behind the milliseconds since the first.
arrivals() {
  local line first='' now
  while IFS= read -r line; do
    now=${EPOCHREALTIME/./}
    first=${first:-$now}
    printf '%s %s\n' "$(((now - first) / 1000))" "$line"
  done
}

# arrival FILE N: when line N came.
arrival() { sed -n "$2s/ .*//p" "$1"; }

# The first may be seen late, so the others may seem to come early.
between() {
  if (($1 < $2 || $1 > $3)); then
    echo "$1 is not in $2..$3"
    return 1
  fi
}

cpu_ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }

@test "records come at the distances they were captured at" {
  capture c.ndjson 0 400 400 1000
  tbgw-replay "$T/c.ndjson" | arrivals >"$T/times"
  between "$(arrival "$T/times" 2)" 280 3000
  between "$(arrival "$T/times" 3)" 280 3000
  between "$(arrival "$T/times" 4)" 850 6000
  cut -d' ' -f2- "$T/times" | cmp - "$T/c.ndjson"
}

@test "a reading's time is its first telemetry stamp, and --speed divides the waits" {
  for ts in 1000 4000; do
    printf '{"deviceName":"D","telemetry":[{"ts":%s,"values":{"a":1}}]}\n' "$ts"
  done >"$T/c.ndjson"
  tbgw-replay --speed 10 "$T/c.ndjson" | arrivals >"$T/times"
  between "$(arrival "$T/times" 2)" 200 2500
}

@test "lines without a time come with the line before them" {
  {
    raw 1000 one
    echo '{"event":"connect","port":"/dev/ttyUSB0"}'
    raw 1600 two
    echo '{"event":"disconnect","port":"/dev/ttyUSB0"}'
  } >"$T/c.ndjson"
  tbgw-replay "$T/c.ndjson" | arrivals >"$T/times"
  between "$(arrival "$T/times" 2)" 0 550
  between "$(arrival "$T/times" 4)" 450 4000
}

@test "time that goes backwards is no wait" {
  capture c.ndjson 3600000 0 200
  tbgw-replay "$T/c.ndjson" | arrivals >"$T/times"
  between "$(arrival "$T/times" 3)" 100 5000
}

@test "--max-gap shortens the wait of a clock that was set in between" {
  { raw 5 early; raw 1790000000000 late; } >"$T/c.ndjson"
  run --separate-stderr tbgw-replay --max-gap 200ms "$T/c.ndjson"
  assert_success
  [ "${#lines[@]}" -eq 2 ]
  [ -z "$stderr" ]
}

@test "a wait of hours is said, with the place and the remedy" {
  { raw 5 early; raw 1790000000000 late; } >"$T/c.ndjson"
  background replay tbgw-replay "$T/c.ndjson"
  wait_for "$T/replay.err" "c.ndjson:2: .*due in .*--max-gap"
  kill "$pid_replay"
  assert_ends replay 0
  [ "$(wc -l <"$T/replay.out")" -eq 1 ]
}

# Bad input is worth replaying: it must come as it is, also where stamps move.
bad_lines() {
  printf '{"ts":1,\n\n[1]\n\xff\xfe\nnul\0byte\n{"ts":"5"}\n{"data":"\\u12"}\n'
  printf '[%.0s' {1..2000}
  printf '\n  {"a" : 1 }  \n\r\n{"_n":1,"_n":\nend without newline'
}

@test "what is no record passes byte for byte at every speed" {
  bad_lines >"$T/bad"
  { cat "$T/bad"; echo; } >"$T/expected"
  for options in "--speed max" "--speed 1" "--speed max --ts now" "--speed 5 --ts shift"; do
    # shellcheck disable=SC2086
    tbgw-replay $options "$T/bad" >"$T/out" 2>"$T/replay.err"
    cmp "$T/out" "$T/expected"
    [ ! -s "$T/replay.err" ]
  done
}

@test "hello lines and delivery numbers stay behind" {
  {
    echo '{"spool":1,"run":"0123456789abcdef","ack":"/run/ack"}'
    echo '{"_n":1,"_t":1000,"deviceName":"D","telemetry":[{"a":1}]}'
    echo '{"_n":2}'
    echo '{"telemetry":[{"ts":1001,"values":{"_n":5}}], "_n" : 3 }'
    echo '{"ack":"/run/ack","run":"0123456789abcdef","spool":1}'
  } >"$T/c.ndjson"
  {
    echo '{"_t":1000,"deviceName":"D","telemetry":[{"a":1}]}'
    echo '{"telemetry":[{"ts":1001,"values":{"_n":5}}] }'
  } >"$T/expected"
  for speed in 1 max; do
    tbgw-replay --speed $speed "$T/c.ndjson" >"$T/out"
    cmp "$T/out" "$T/expected"
  done
}

@test "--ts shift moves all stamps by one constant: the first is now" {
  capture c.ndjson 0 7 100000
  before=$(date +%s%3N)
  tbgw-replay --speed max --ts shift "$T/c.ndjson" >"$T/out"
  after=$(date +%s%3N)
  between "$(sed -n 1p "$T/out" | jq .ts)" "$before" "$after"
  jq -s -e '.[1].ts - .[0].ts == 7 and .[2].ts - .[0].ts == 100000' "$T/out"
  cmp <(sed 's/"ts":[0-9]*//' "$T/out") <(sed 's/"ts":[0-9]*//' "$T/c.ndjson")
}

@test "--ts now stamps each record when it is sent, no two alike" {
  capture c.ndjson 0 0 0 5000
  before=$(date +%s%3N)
  tbgw-replay --speed max --ts now "$T/c.ndjson" >"$T/out"
  after=$(date +%s%3N)
  jq -s -e --argjson before "$before" --argjson after "$after" '
    (map(.ts) | unique | length) == 4 and .[0].ts >= $before and .[3].ts <= $after + 4' "$T/out"
}

@test "files, and standard input among them, are replayed in order" {
  capture a 0
  capture b 1
  capture c 2
  run --separate-stderr tbgw-replay --speed max "$T/a" - "$T/c" <"$T/b"
  assert_success
  assert_output "$(cat "$T/a" "$T/b" "$T/c")"
  [ -z "$stderr" ]
}

@test "at full speed nothing is held back while standard input is silent" {
  capture a 0 1
  mkfifo "$T/in"
  STDIN="rw:$T/in" background replay tbgw-replay --speed max "$T/a" -
  wait_count "$T/replay.out" data 2
  cat "$T/a" >"$T/in"
  wait_count "$T/replay.out" data 4
  kill "$pid_replay"
  assert_ends replay 0
}

@test "--loop begins again, with new stamps for each pass, and ends with its consumer" {
  capture c.ndjson 0 1 2
  set +e
  tbgw-replay --loop --ts shift "$T/c.ndjson" 2>"$T/replay.err" | head -n 7 >"$T/out"
  status=${PIPESTATUS[0]}
  set -e
  [ "$status" -eq 141 ]
  [ ! -s "$T/replay.err" ]
  [ "$(wc -l <"$T/out")" -eq 7 ]
  jq -s -e 'map(.data) == ["at 0\n","at 1\n","at 2\n","at 0\n","at 1\n","at 2\n","at 0\n"]
            and .[3].ts >= .[0].ts + 2 and .[1].ts == .[0].ts + 1' "$T/out"
  # No stamp twice, however fast the passes follow each other.
  run bash -c 'tbgw-replay --loop --ts shift --speed max "$T/c.ndjson" | head -n 3000 | jq .ts | sort -u | wc -l'
  assert_output 3000
}

@test "--loop over nothing ends and says why" {
  : >"$T/empty"
  run --separate-stderr tbgw-replay --loop "$T/empty"
  assert_success
  assert_output ""
  [[ "$stderr" == *"nothing to repeat"* ]]
}

@test "SIGTERM ends a replay at once, in the middle of a wait" {
  capture c.ndjson 0 1000000
  background replay tbgw-replay "$T/c.ndjson"
  wait_for "$T/replay.out" "at 0"
  kill "$pid_replay"
  assert_ends replay 0 3
  [ ! -s "$T/replay.err" ]
  [ "$(wc -l <"$T/replay.out")" -eq 1 ]
}

@test "a consumer that is gone ends a replay in the middle of a wait" {
  capture c.ndjson 0 1000000
  mkfifo "$T/pipe"
  sh -c 'exec tbgw-replay "$1" >"$2"' - "$T/c.ndjson" "$T/pipe" 2>"$T/replay.err" 3>&- &
  pid_replay=$!
  PIDS+=("$pid_replay")
  head -n 1 <"$T/pipe" | grep -q "at 0"
  assert_ends replay 141
  [ ! -s "$T/replay.err" ]
}

# blocked_replay RECORDS OPTION...: a consumer that does not read; the pipe is full when this returns.
# FILLED bytes are in the pipe beforehand.
blocked_replay() {
  local records=$1
  shift
  seq -f '{"ts":1790000000000,"source":"serial","port":"/dev/ttyUSB0","data":"record %g\n"}' "$records" \
    >"$T/c.ndjson"
  mkfifo "$T/pipe"
  exec 8<>"$T/pipe"
  head -c "${FILLED:-0}" /dev/zero >&8
  sh -c 'exec tbgw-replay "$@" >"$0"' "$T/pipe" "$@" "$T/c.ndjson" 2>"$T/replay.err" 3>&- 8>&- &
  pid_replay=$!
  PIDS+=("$pid_replay")
  wait_until 10 _pipe_is_full
}
_pipe_is_full() {
  /usr/bin/python3 -c 'import array, fcntl, termios
waiting = array.array("i", [0])
fcntl.ioctl(8, termios.FIONREAD, waiting)
raise SystemExit(waiting[0] < 56000)'
}

@test "SIGTERM before a consumer that reads on: what was sent arrives in whole lines" {
  for options in "--speed max" "--speed 1000"; do
    # shellcheck disable=SC2086
    blocked_replay 5000 $options
    kill "$pid_replay"
    cat <&8 >"$T/out" 3>&- 8<&- &
    reader=$!
    PIDS+=("$reader")
    assert_ends replay 0
    kill "$reader"
    exec 8<&-
    head -n "$(grep -c . "$T/out")" "$T/c.ndjson" | cmp - "$T/out"
    rm "$T/pipe"
  done
}

@test "SIGTERM before a consumer that never reads ends within the drain timeout and says what is lost" {
  for options in "--speed max" "--speed 1000"; do
    # shellcheck disable=SC2086
    blocked_replay 5000 $options --drain-timeout 300ms
    kill "$pid_replay"
    assert_ends replay 0 10
    grep -E '^tbgw-replay: [0-9]+ records could not be written' "$T/replay.err"
    exec 8<&-
    rm "$T/pipe"
  done
}

@test "--drain-timeout limits the end of input too, and 75 tells of what is left" {
  for options in "--speed max" "--speed 1000"; do
    # shellcheck disable=SC2086 # several options
    FILLED=40000 blocked_replay 700 $options --drain-timeout 300ms
    assert_ends replay 75
    grep -E '^tbgw-replay: [0-9]+ records could not be written' "$T/replay.err"
    exec 8<&-
    rm "$T/pipe"
  done
}

@test "waiting costs no time, also when the writer of standard input has gone" {
  capture c.ndjson 0 1000000
  mkfifo "$T/in"
  STDIN="$T/in" background replay tbgw-replay
  cat "$T/c.ndjson" >"$T/in"
  wait_for "$T/replay.out" "at 0"
  ticks=$(cpu_ticks "$pid_replay")
  switches=$(awk '/^voluntary/ {print $2}' "/proc/$pid_replay/status")
  read -rt 2 <> <(:) || true
  [ "$(($(cpu_ticks "$pid_replay") - ticks))" -le 2 ]
  [ "$(($(awk '/^voluntary/ {print $2}' "/proc/$pid_replay/status") - switches))" -le 4 ]
}

@test "a line over --max-record costs only itself, with its place" {
  {
    raw 1 one
    printf '{"data":"%s"}\n' "$(printf 'x%.0s' {1..9000})"
    raw 2 two
  } >"$T/c.ndjson"
  run --separate-stderr -65 tbgw-replay --speed max --max-record 4K "$T/c.ndjson"
  [ "${#lines[@]}" -eq 2 ]
  assert_equal "$stderr" "tbgw-replay: $T/c.ndjson:2: longer than 4096 bytes, left out (see --max-record)"
}

@test "a line longer than what may wait before the consumer goes too" {
  { raw 1 one; printf '{"ts":2,"data":"%s"}\n' "$(head -c 600000 /dev/zero | tr '\0' x)"; raw 3 three; } \
    >"$T/c.ndjson"
  for speed in 1 max; do
    timeout 20 tbgw-replay --speed $speed --max-record 1M "$T/c.ndjson" | cmp - "$T/c.ndjson"
  done
}

@test "a file that is not there is said before anything is replayed" {
  capture a 0
  run --separate-stderr -66 tbgw-replay "$T/a" "$T/none"
  assert_output ""
  assert_equal "$stderr" "tbgw-replay: $T/none: No such file or directory"
  run --separate-stderr -66 tbgw-replay "$T/a" "$T"
  assert_output ""
  assert_equal "$stderr" "tbgw-replay: $T: Is a directory"
}

@test "what cannot be is refused with 64" {
  run --separate-stderr -64 tbgw-replay --loop
  [[ "$stderr" == *"--loop needs files"* ]]
  run --separate-stderr -64 tbgw-replay --loop /dev/null -
  for speed in 0 -1 fast 1x nan ""; do
    run --separate-stderr -64 tbgw-replay "--speed=$speed" /dev/null
    [ -n "$stderr" ]
  done
  run --separate-stderr -64 tbgw-replay --ts later /dev/null
}

@test "SIGUSR1 and --stats tell what was sent" {
  capture c.ndjson 0 1000000
  background replay tbgw-replay "$T/c.ndjson"
  wait_for "$T/replay.out" "at 0"
  kill -USR1 "$pid_replay"
  wait_for "$T/replay.out" '"event":"stats","tool":"tbgw-replay"'
  jq -e 'select(.event == "stats") | .counters.sent == 1' "$T/replay.out"
  background every tbgw-replay --stats 50ms "$T/c.ndjson"
  wait_count "$T/every.out" '"event":"stats"' 3
}

@test "options can come from a file" {
  capture c.ndjson 0 4000
  printf 'speed = 40\nts = "shift"\n' >"$T/replay.toml"
  tbgw-replay --config "$T/replay.toml" "$T/c.ndjson" | arrivals >"$T/times"
  between "$(arrival "$T/times" 2)" 50 2500
  cut -d' ' -f2- "$T/times" | jq -s -e '.[1].ts - .[0].ts == 4000'
}

@test "readiness is told" {
  capture c.ndjson 0 1000000
  mkfifo "$T/ready"
  exec 7<>"$T/ready"
  # shellcheck disable=SC2016 # for the inner shell
  background replay sh -c 'exec tbgw-replay --ready-fd 9 "$1" 9>"$2"' - "$T/c.ndjson" "$T/ready"
  read -rt 20 -u 7
  exec 7<&-
}
