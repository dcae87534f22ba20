#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-convert and input that is not as it should be: each bad line costs only itself, is told with
# its number and the reason, and can be kept.
load ../support/common

setup() {
  common_setup
  cat >"$T/map.json" <<'END'
{"deviceName":"D","telemetry":[{"key":"v","type":"int","untilDelimiter":";"}],
 "attributes":[{"key":"s","type":"string","fromDelimiter":";"}]}
END
}
teardown() { common_teardown; }

good() { printf '{"ts":%s,"source":"serial","port":"/dev/x","data":"%s;x"}\n' "$1" "$1"; }

@test "every kind of bad line costs only itself" {
  {
    good 1
    echo '{"ts":2,"data":'                                             # 2 malformed
    head -c 1048576 /dev/zero | tr '\0' x                              # 3 one MiB, no JSON
    echo
    printf '{"ts":4,"data":"\xff;x"}\n'                                # 4 invalid UTF-8
    printf '{"ts":5,"data":"\0;x"}\n'                                  # 5 a NUL byte
    printf '{"ts":6,"data":%s1%s}\n' "$(printf '[%.0s' {1..100000})" "$(printf ']%.0s' {1..100000})"  # 6 deep
    echo '{"ts":7,"device":"E","data":"7;x"}'                          # 7 nobody's
    echo '{"ts":8,"data":8}'                                           # 8 wrong type
    echo '{"ts":"9","data":"9;x"}'                                     # 9 wrong type
    echo                                                               # 10 empty
    echo '[11]'                                                        # 11 no object
    echo '{"ts":12,"data":"12;x"} {"ts":12}'                           # 12 two in a line
    echo '{"rpc":{"method":"m"},"sent":true}'                          # 13 member missing
    good 14
    printf '%s' "$(good 15)"                                           # 15 no newline at the end
  } >"$T/in"
  run --separate-stderr -65 tbgw-convert "$T/map.json" "$T/in"
  assert_equal "$(jq -c '[.telemetry[0].ts,.telemetry[0].values.v]' <<<"$output" | xargs)" "[1,1] [14,14] [15,15]"
  cat >"$T/expected" <<'END'
2: not valid JSON: it ends too early
3: longer than a record may be (--max-record)
4: not valid UTF-8
5: not valid JSON: a control character in a string
6: nested deeper than 32 levels
7: no rule for the device 'E'; the map has 'D'
8: data: must be a text, is '8'
9: ts: must be whole milliseconds since 1970, is '"9"'
10: an empty line
11: not a JSON object
12: not valid JSON: text behind the end
13: rpc: has no id
END
  sed "s|^|tbgw-convert: $T/in:|" "$T/expected" | diff - <(printf '%s\n' "$stderr")
}

@test "--rejects keeps the lines as they came, to be piped back once the map is better" {
  {
    good 1
    echo '{"ts":2,  "data":"no;x"}'   # one field of two
    echo '{"ts":3,"data":"none"}'     # no field
    echo 'no JSON'
  } >"$T/in"
  run --separate-stderr -65 tbgw-convert --rejects "$T/rejects" "$T/map.json" "$T/in"
  assert_equal "$(jq -c '[.telemetry,.attributes]' <<<"$output")" '[[{"ts":1,"values":{"v":1}}],[{"s":"x"}]]
[null,[{"s":"x"}]]'
  tail -n +2 "$T/in" | cmp - "$T/rejects"
  sed -i 's/"int"/"string"/' "$T/map.json"
  run --separate-stderr -65 tbgw-convert --rejects "$T/rejects2" "$T/map.json" "$T/rejects"
  assert_equal "$(jq -c .telemetry[0] <<<"$output")" '{"ts":2,"values":{"v":"no"}}'
}

@test "the file that is read cannot be the one for rejects: it would never end" {
  echo broken >"$T/in"
  run --separate-stderr -64 tbgw-convert --rejects "$T/in" "$T/map.json" "$T/in"
  assert_regex "$stderr" "^tbgw-convert: --rejects $T/in is the file that is read"
  run --separate-stderr -64 tbgw-convert --rejects "$T/in" "$T/map.json" <"$T/in"
  run --separate-stderr -64 tbgw-push --dry-run --rejects "$T/in" <"$T/in"
  assert_equal "$(cat "$T/in")" broken
}

@test "--rejects appends, and says so when it cannot" {
  for _ in 1 2; do echo broken | tbgw-convert -q --rejects "$T/rejects" "$T/map.json" || [ $? -eq 65 ]; done
  assert_equal "$(cat "$T/rejects")" $'broken\nbroken'
  run --separate-stderr -73 tbgw-convert --rejects "$T/absent/rejects" "$T/map.json" </dev/null
  assert_equal "$stderr" "tbgw-convert: cannot open $T/absent/rejects: No such file or directory"
  run --separate-stderr -74 tbgw-convert --rejects /dev/full "$T/map.json" <<<broken
  [[ $stderr == *"cannot write to /dev/full: No space left on device" ]]
}

@test "--strict stops at the first bad line, after writing what came before" {
  { good 1; good 2; echo bad; good 4; } >"$T/in"
  run --separate-stderr -65 tbgw-convert --strict "$T/map.json" "$T/in"
  assert_equal "$(jq -c '.telemetry[0].ts' <<<"$output" | xargs)" "1 2"
  assert_equal "$stderr" "tbgw-convert: $T/in:3: not a JSON object"
}

@test "a flood of bad lines is counted, not told one by one" {
  seq 1 5000 | sed 's/.*/bad &/' >"$T/in"
  run --separate-stderr -65 tbgw-convert "$T/map.json" "$T/in"
  assert_output ""
  [ "${#stderr_lines[@]}" -le 60 ]
  [[ ${stderr_lines[-1]} =~ ^tbgw-convert:\ ([0-9]+)\ more ]]
  # what was told and what was counted are all of them
  told=$(grep -c 'not a JSON object' <<<"$stderr")
  counted=$(grep -oE '^tbgw-convert: [0-9]+ more' <<<"$stderr" | awk '{sum += $2} END {print sum}')
  [ $((told + counted)) -eq 5000 ]
}

@test "--max-record is the limit, with the room that filters need" {
  long=$(head -c 2000 /dev/zero | tr '\0' 7)
  printf '{"ts":5,"data":"%s;x"}\n' "$long" >"$T/in"
  good 6 >>"$T/in"
  run --separate-stderr -65 tbgw-convert --max-record 512 "$T/map.json" "$T/in"
  assert_equal "$(jq .telemetry[0].ts <<<"$output")" 6
  [[ $stderr == *":1: longer than a record may be (--max-record)" ]]
}

@test "a JSON field from a device is one line, and never deeper than a record may be" {
  echo '{"deviceName":"D","telemetry":[{"key":"j","type":"json"}]}' >"$T/json.json"
  deep=$(printf '[%.0s' {1..40})$(printf ']%.0s' {1..40})
  {
    echo '{"ts":1,"data":"{ \"a\" :\n [1, 2.50, \"x y\"] }\r\n"}'
    echo "{\"ts\":2,\"data\":\"$deep\"}"
    echo '{"ts":3,"data":"{\"a\":tru}"}'
  } >"$T/in"
  run --separate-stderr -65 tbgw-convert "$T/json.json" "$T/in"
  assert_output '{"deviceName":"D","deviceType":"default","telemetry":[{"ts":1,"values":{"j":{"a":[1,2.50,"x y"]}}}]}'
  [ "${#stderr_lines[@]}" -eq 2 ]
}
