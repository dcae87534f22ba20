#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# --suggest: a map from a capture. Each must pass --check, and run on the same capture give readings
# and nothing to complain of; the comments must name what it rests on.
load ../support/common

setup() { common_setup && cd "$T" || return; }
teardown() { common_teardown; }

# record DATA [MORE]: a raw record of a port; DATA as JSON has it inside quotes.
record() {
  printf '{"ts":1790000000000,"source":"serial","port":"/dev/ttyUSB0",%s"data":"%s"}\n' "${2:-}" "$1"
}

# suggests: a map for in.ndjson that takes all of it silently; readings are in $readings.
suggests() {
  run --separate-stderr tbgw-convert --suggest in.ndjson
  assert_success
  assert_equal "$stderr" ""
  printf '%s\n' "$output" >map.toml
  run --separate-stderr tbgw-convert --check map.toml
  assert_success
  assert_equal "$stderr" ""
  run --separate-stderr tbgw-convert map.toml in.ndjson
  assert_equal "$stderr" ""
  assert_success
  readings=$output
}

# values N: telemetry and attributes of reading N.
values() { sed -n "$1p" <<<"$readings" | jq -c '[.deviceName, .telemetry[0].values, .attributes[0]]'; }

@test "columns between carriage returns, as the documented device has them" {
  for i in 48 49 7; do record "$i\\r2430947595\\n"; done >in.ndjson
  suggests
  assert_equal "$(values 3)" '["ttyUSB0",{"c1":7},{"c2":"2430947595"}]'
}

@test "pairs, with words among them, and any separator" {
  { record 'T=21.5;H=40;state=ok\n' && record 'T=-3;H=41;state=ok\n'; } >in.ndjson
  suggests
  assert_equal "$(values 2)" '["ttyUSB0",{"T":-3,"H":41},{"state":"ok"}]'
  { record 'T:21.5 H:40' && record 'T:22 H:41'; } >in.ndjson
  suggests
  assert_equal "$(values 1)" '["ttyUSB0",{"T":21.5,"H":40},null]'
}

@test "JSON: nested, its device, its time, and a list inside" {
  for i in 1 2; do
    data='{"id":"D'$i'","a":{"t":'$i'.5},"on":true,"time":"2026-11-24T10:00:00Z"}'
    jq -nc --arg topic "plant/$i/up" --arg data "$data" '{ts:1,source:"mqtt",topic:$topic,data:$data}'
  done >in.ndjson
  suggests
  assert_equal "$(values 2)" '["D2",{"t":2.5,"on":true},null]'
  assert_equal "$(head -1 <<<"$readings" | jq .telemetry[0].ts)" 1795514400000
  run grep -c '^topic = "plant/+/up"$' map.toml
  assert_output 1
  record '{\"items\":[{\"sn\":\"A\",\"v\":1},{\"sn\":\"B\",\"v\":2}]}' >in.ndjson
  suggests
  assert_equal "$(values 2)" '["B",{"v":2},null]'
}

@test "a topic names the device where the message does not" {
  for i in 1 2; do
    printf '{"ts":1,"source":"mqtt","topic":"room/r%s/state","data":"{\\"v\\":%s}"}\n' $i $i
  done >in.ndjson
  suggests
  assert_equal "$(values 2)" '["r2",{"v":2},null]'
}

@test "tables, with and without names in the first line, and numbers that are names" {
  printf '{"ts":1,"source":"ftp","path":"/in/a.csv","data":"id,level\\nA,1\\nB,2.5\\n"}\n' >in.ndjson
  suggests
  assert_equal "$(values 2)" '["B",{"level":2.5},null]'
  { record '1;1.5;0042\r\n' && record '2;2.5;0042\r\n'; } >in.ndjson
  suggests
  assert_equal "$(values 2)" '["ttyUSB0",{"c1":2,"c2":2.5},{"c3":"0042"}]'
}

@test "numbers within a text keep their sign, also with blanks behind it" {
  { record 'ST,GS,+  12.5kg\r\n' && record 'ST,GS,-   3.0kg\r\n'; } >in.ndjson
  suggests
  assert_equal "$(values 1)$(values 2)" '["ttyUSB0",{"kg":12.5},null]["ttyUSB0",{"kg":-3},null]'
}

@test "bytes: counters, small numbers, and floats by what they look like" {
  for i in 01 02 03; do record "aa00${i}4365${i}669b" '"encoding":"hex",'; done >in.ndjson
  suggests
  assert_equal "$(values 2 | jq -c '[.[1].b1, (.[1].b3 * 10 | floor)]')" '[2,2290]'
}

@test "a mixture: each kind has its own rule, and none takes another's message" {
  for i in 1 2 3; do
    record '{\"a\":'$i'}\n'
    record "T=$i;H=2\\n"
    record "\$GPGGA,$i,4807.038\\r\\n"
    record "Temp: $i.5 C\\r\\n"
    record "$i,7,8\\r\\n"
  done >in.ndjson
  suggests
  assert_equal "$(wc -l <<<"$readings")" 15
  assert_equal "$(jq -sc '[.[].telemetry[0].values|keys|join("+")]|group_by(.)|map([.[0],length])' \
    <<<"$readings")" '[["H+T",3],["Temp",3],["a",3],["c1+c2+c3",3],["c2+c3",3]]'
}

@test "records that name their device need no name; ports are told apart by address" {
  { record T=1 '"device":"A",' && record T=2 '"device":"B",'; } >in.ndjson
  suggests
  assert_equal "$(values 2)" '["B",{"T":2},null]'
  { record T=1 && record 'W 5 kg' | sed 's/USB0/USB1/'; } >in.ndjson
  suggests
  assert_equal "$(values 1)$(values 2)" '["ttyUSB0",{"T":1},null]["ttyUSB1",{"W":5},null]'
}

@test "junk among good records stands in a comment and is rejected; nothing but junk is told" {
  {
    for i in 1 2 3; do record "T=$i;H=2\\n"; done
    record 'boot\u001b[0m\n'
    echo '{broken'
    echo '{"event":"connect","port":"x"}'
  } >in.ndjson
  tbgw-convert --suggest in.ndjson >map.toml
  assert_equal "$(grep -c 'boot' map.toml)" 1
  run --separate-stderr -65 tbgw-convert map.toml in.ndjson
  assert_equal "$(grep -c deviceName <<<"$output")" 3
  echo '{"event":"connect","port":"x"}' >in.ndjson
  run --separate-stderr -65 tbgw-convert --suggest in.ndjson
  assert_output ""
  assert_equal "$stderr" "tbgw-convert: in.ndjson: no raw records in it: capture what a connector prints, such as tbgw-serial PORT >in.ndjson"
}

@test "whatever a device says, the map is one that --check takes" {
  {
    record 'a\"b=1;c\\d=2' && record 'k]=3' && record "x'y: 5 z" && record '# 5'
    record '$5 (6) [7] {8} 9|10' && record '5' && record '-'
    record '{\"we\\\"ird\":1,\"a.b\":2,\"c d\":{\"e.f\":3},\"\u00fc\":4}'
    record 'deadbeef' '"encoding":"hex",' && record '2026-11-24 10:00:00 t=5'
  } >in.ndjson
  tbgw-convert --suggest in.ndjson >map.toml
  run --separate-stderr tbgw-convert --check map.toml
  assert_success
  run --separate-stderr tbgw-convert -q map.toml in.ndjson
  assert [ -n "$output" ]
}

@test "a capture from stdin; a map beside it is a misuse" {
  run --separate-stderr bash -c 'echo "{\"data\":\"T=1\"}" | tbgw-convert --suggest -'
  assert_success
  assert_equal "$(grep -c 'key = "T"' <<<"$output")" 1
  run --separate-stderr -64 tbgw-convert --suggest in.ndjson map.toml
  assert_equal "$stderr" "tbgw-convert: --suggest CAPTURE makes a map: none can stand beside it
Try 'tbgw-convert --help'."
}
