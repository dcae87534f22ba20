#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-convert over many records and at its end: nothing lost or reordered, memory flat, closed
# pipes, full disks and signals as for every filter.
load ../support/common

setup() {
  common_setup
  cat >"$T/map.json" <<'END'
{"deviceName":"D","telemetry":[{"key":"v","type":"int","untilDelimiter":";"}],
 "attributes":[{"key":"s","type":"string","fromDelimiter":";"}]}
END
}
teardown() { common_teardown; }

# records FROM TO
records() {
  seq "$1" "$2" | sed 's/.*/{"ts":1790000&,"source":"serial","port":"\/dev\/x","data":"&;name &"}/'
}
readings() {
  seq "$1" "$2" | sed 's/.*/{"deviceName":"D","deviceType":"default","attributes":[{"s":"name &"}],"telemetry":[{"ts":1790000&,"values":{"v":&}}]}/'
}

# peak_kib COMMAND...: runs it and prints the most memory it held.
peak_kib() {
  python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$@"
}

@test "200000 records: none lost, none reordered, and memory does not grow" {
  records 100001 300000 >"$T/many"
  head -n 2000 "$T/many" >"$T/few"
  readings 100001 300000 | cmp - <(tbgw-convert "$T/map.json" "$T/many")
  few=$(peak_kib tbgw-convert "$T/map.json" "$T/few")
  many=$(peak_kib tbgw-convert "$T/map.json" "$T/many")
  echo "peak: $few KiB for 2000 records, $many KiB for 200000"
  [ $((many - few)) -le 4096 ]
}

@test "files are read in order, - is standard input" {
  records 1 2 >"$T/a"
  records 5 6 >"$T/b"
  records 3 4 | tbgw-convert "$T/map.json" "$T/a" - "$T/b" | cmp - <(readings 1 6)
  run --separate-stderr -66 tbgw-convert "$T/map.json" "$T/absent"
  [[ $stderr == "tbgw-convert: "*"$T/absent"* ]]
}

@test "a record comes out as soon as nothing more is waiting" {
  mkfifo "$T/in"
  STDIN="rw:$T/in" background convert tbgw-convert --ready-fd 2 "$T/map.json"
  wait_for "$T/convert.err" '^$'
  records 7 7 >"$T/in"
  wait_for "$T/convert.out" '"v":7'
  kill -TERM "$pid_convert"
  assert_ends convert 0
}

@test "SIGTERM converts what was written before it" {
  mkfifo "$T/in"
  STDIN="rw:$T/in" background convert tbgw-convert --ready-fd 2 "$T/map.json"
  wait_for "$T/convert.err" '^$'
  records 1 200 >"$T/in"
  kill -TERM "$pid_convert"
  assert_ends convert 0
  readings 1 200 | cmp - "$T/convert.out"
}

@test "a rejected record is not forgotten by a stop" {
  mkfifo "$T/in"
  STDIN="rw:$T/in" background convert tbgw-convert --ready-fd 2 "$T/map.json"
  wait_for "$T/convert.err" '^$'
  echo bad >"$T/in"
  wait_for "$T/convert.err" 'stdin:1: not a JSON object'
  kill -TERM "$pid_convert"
  assert_ends convert 65
}

@test "a reader that goes away ends it by SIGPIPE, also while nothing comes in" {
  run bash -c "tbgw-convert '$T/map.json' <(seq 1 100000 | sed 's/.*/{\"ts\":&,\"data\":\"1;x\"}/') | head -n 1; exit \${PIPESTATUS[0]}"
  [ "$status" -eq 141 ]
  mkfifo "$T/in" "$T/out"
  exec 7<>"$T/out"
  tbgw-convert --ready-fd 2 "$T/map.json" <>"$T/in" >"$T/out" 2>"$T/convert.err" 3>&- 7>&- &
  pid_convert=$!
  PIDS+=("$pid_convert")
  wait_for "$T/convert.err" '^$'
  exec 7>&-
  assert_ends convert 141
}

@test "a full disk is 74, with the reason" {
  records 1 10 >"$T/in"
  run --separate-stderr -74 bash -c "tbgw-convert '$T/map.json' '$T/in' >/dev/full"
  assert_equal "$stderr" "tbgw-convert: cannot write to standard output: No space left on device"
}

@test "counters come on SIGUSR1, on standard output as an event" {
  mkfifo "$T/in"
  STDIN="rw:$T/in" background convert tbgw-convert --ready-fd 2 "$T/map.json"
  wait_for "$T/convert.err" '^$'
  { records 1 3; echo bad; echo '{"ts":9,"data":"x;y"}'; echo '{"event":"claim"}'; } >"$T/in"
  wait_for "$T/convert.out" claim
  kill -USR1 "$pid_convert"
  wait_for "$T/convert.out" '"event":"stats"'
  assert_equal "$(jq -c 'select(.event=="stats")' "$T/convert.out")" \
    '{"event":"stats","tool":"tbgw-convert","counters":{"lines":6,"converted":4,"answers":0,"passed":1,"rejected":2,"held":0,"rejectedFields":1,"tooLong":0}}'
}

@test "options may stand in a file, and a wrong key there names its line" {
  printf 'strict = true\n' >"$T/options.toml"
  run --separate-stderr -65 tbgw-convert --config "$T/options.toml" "$T/map.json" <<<$'bad\nbad'
  [ "${#stderr_lines[@]}" -eq 1 ]
  printf '\nstrickt = true\n' >"$T/options.toml"
  run --separate-stderr -78 tbgw-convert --config "$T/options.toml" "$T/map.json" </dev/null
  assert_equal "$stderr" "tbgw-convert: $T/options.toml:2: unknown key 'strickt' (did you mean 'strict'?)"
}
