#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-convert on the way up: the documented example, what a map may say, what passes, and what
# --explain and --check tell.
load ../support/common

setup() {
  common_setup
  cat >"$T/map.json" <<'END'
{
  "deviceName": "CustomSerialDevice1",
  "telemetry": [{"type": "byte", "key": "humidity", "untilDelimiter": "\r"}],
  "attributes": [{"key": "SerialNumber", "type": "string", "fromByte": 3, "toByte": -1}]
}
END
}
teardown() { common_teardown; }

raw() { printf '{"ts":%s,"source":"serial","port":"/dev/ttyUSB0","data":"%s"}\n' "$1" "$2"; }

# silent COMMAND...: succeeds and has nothing to say to people.
silent() {
  run --separate-stderr "$@"
  assert_success
  assert_equal "$stderr" ""
}

@test "the documented device gives the documented reading, and nothing else" {
  raw 1790000000123 '48\r2430947595\n' >"$T/in"
  silent tbgw-convert "$T/map.json" "$T/in"
  assert_output '{"deviceName":"CustomSerialDevice1","deviceType":"default","attributes":[{"SerialNumber":"2430947595"}],"telemetry":[{"ts":1790000000123,"values":{"humidity":48}}]}'
}

@test "the connector's own file is a map" {
  cat >"$T/custom_serial.json" <<'END'
{
  "name": "Custom serial connector",
  "logLevel": "DEBUG",
  "uplinkQueueSize": 100000,
  "devices": [
    {
      "name": "CustomSerialDevice1",
      "type": "thermostat",
      "port": "/dev/ttyUSB0",
      "baudrate": 9600,
      "converter": "CustomSerialUplinkConverter",
      "telemetry": [{"type": "float", "key": "humidity", "untilDelimiter": "\r"}],
      "attributes": [{"key": "SerialNumber", "type": "string", "fromByte": 3, "toByte": -1}]
    }
  ]
}
END
  raw 5 '48\r2430947595\n' >"$T/in"
  silent tbgw-convert "$T/custom_serial.json" "$T/in"
  assert_equal "$(jq -c '[.deviceType,.telemetry[0].values.humidity,.attributes[0].SerialNumber]' <<<"$output")" \
    '["thermostat",48,"2430947595"]'
}

@test "a map in TOML with keys of the connector means the same" {
  cat >"$T/map.toml" <<'END'
[[devices]]
deviceName = "CustomSerialDevice1"
port = "usb:0403:6001"
baud = 9600
delimiter = ["\r\n", "\n"]
gap = 20
first = "keep"
poll = "READ?\n"
every = "5s"
answerTimeout = "1s"
maxFrame = "4K"
encoding = "text"
telemetry = [{ key = "humidity", type = "byte", untilDelimiter = "\r" }]
attributes = [{ key = "SerialNumber", type = "string", fromByte = 3, toByte = -1 }]
END
  raw 5 '48\r2430947595\n' >"$T/in"
  silent tbgw-convert "$T/map.toml" "$T/in"
  assert_output "$(tbgw-convert "$T/map.json" "$T/in")"
}

@test "every key that tbgw-serial reads is known in a map" {
  # Taken from its source, so that a key added there cannot be forgotten here.
  keys=$(sed -n '/^PortOptions read_options/q; p' "$SOURCE/lib/serial/connector_file.cpp" |
    grep -oE '(text|texts|value|integer|boolean|duration|size|has|read_word|read_bytes)\((table, )?\{?"[^})]*' |
    grep -oE '"[A-Za-z0-9_]+"' | tr -d '"' | sort -u)
  [ "$(wc -l <<<"$keys")" -ge 25 ]
  {
    echo 'deviceName = "D"'
    echo 'telemetry = [{ key = "a" }]'
    while read -r key; do echo "$key = 1"; done <<<"$keys"
  } >"$T/all.toml"
  silent tbgw-convert --check "$T/all.toml"
}

@test "several devices are told apart by name and by port" {
  cat >"$T/two.json" <<'END'
{"devices":[
  {"name":"A","port":"/dev/a","telemetry":[{"key":"v","type":"int"}]},
  {"name":"B","port":"/dev/b","telemetry":[{"key":"v","type":"float"}]}]}
END
  cat >"$T/in" <<'END'
{"ts":1,"source":"serial","port":"/dev/b","data":"1"}
{"ts":2,"source":"serial","port":"/dev/b","device":"A","data":"2"}
{"ts":3,"source":"serial","port":"/dev/c","data":"3"}
{"ts":4,"source":"serial","device":"C","data":"4"}
{"ts":5,"data":"5"}
END
  run --separate-stderr -65 tbgw-convert "$T/two.json" "$T/in"
  assert_equal "$(jq -r '.deviceName+" "+(.telemetry[0].values.v|tostring)' <<<"$output")" $'B 1\nA 2'
  candidates="the map has 'A' (port '/dev/a'), 'B' (port '/dev/b')"
  assert_equal "${stderr_lines[0]}" "tbgw-convert: $T/in:3: no rule for the port '/dev/c'; $candidates"
  assert_equal "${stderr_lines[1]}" "tbgw-convert: $T/in:4: no rule for the device 'C'; $candidates"
  assert_equal "${stderr_lines[2]}" \
    "tbgw-convert: $T/in:5: no rule for a record that names neither a device nor a port; $candidates"
  [ "${#stderr_lines[@]}" -eq 3 ]
}

@test "zero, false and the empty text are values; --compat drops them as the reference does" {
  cat >"$T/zero.json" <<'END'
{"deviceName":"D","telemetry":[
  {"key":"i","type":"int","untilDelimiter":";"},{"key":"f","type":"float","untilDelimiter":";"},
  {"key":"b","type":"bool","untilDelimiter":";"},{"key":"s","type":"string","fromByte":2},
  {"key":"seven","type":"int","fromByte":2,"toByte":3}]}
END
  raw 5 '0;7' >"$T/in"
  run --separate-stderr tbgw-convert "$T/zero.json" "$T/in"
  assert_success
  [[ $output == *'"f":0.0,'* ]]  # the platform tells a double by its point
  assert_equal "$(jq -c '.telemetry[0].values' <<<"$output")" '{"i":0,"f":0,"b":false,"s":"7","seven":7}'
  run --separate-stderr tbgw-convert --compat "$T/zero.json" "$T/in"
  assert_success
  assert_equal "$(jq -c '.telemetry[0].values' <<<"$output")" '{"s":"7","seven":7}'
  assert_equal "$stderr" ""
}

@test "the first value that the reference would have dropped is told, once" {
  echo '{"deviceName":"D","converter":"SerialUplinkConverter","telemetry":[{"key":"v","type":"int"}]}' >"$T/m.json"
  { raw 1 1; raw 2 0; raw 3 0; } >"$T/in"
  run --separate-stderr tbgw-convert "$T/m.json" "$T/in"
  assert_success
  [ "${#lines[@]}" -eq 3 ]
  assert_equal "$stderr" "tbgw-convert: $T/in:2: v: 0 is sent (the reference drops 0, false and empty values: --compat)"
  run --separate-stderr tbgw-convert --compat "$T/m.json" "$T/in"
  [ "${#lines[@]}" -eq 1 ]
  assert_equal "$stderr" ""
}

@test "each defect of the reference is mended, told once, and back with --compat" {
  cat >"$T/defects.json" <<'END'
{"deviceName":"D","converter":"SerialUplinkConverter","telemetry":[
  {"key":"kept","type":"string","fromDelimiter":"T=","untilDelimiter":";"},
  {"key":"second","type":"string","fromDelimiter":"H=","untilDelimiter":";"},
  {"key":"missing","type":"string","fromDelimiter":"X=","untilDelimiter":";"},
  {"key":"slice","type":"string","fromByte":2,"toByte":6},
  {"key":"beyond","type":"string","fromByte":99}]}
END
  raw 5 'T=21.5;H=40;' >"$T/in"
  run --separate-stderr -65 tbgw-convert "$T/defects.json" "$T/in"
  assert_equal "$(jq -c '.telemetry[0].values' <<<"$output")" '{"kept":"21.5","second":"40","slice":"21.5"}'
  [ "${#stderr_lines[@]}" -eq 3 ]
  [[ ${stderr_lines[0]} == *"defects.json:2: fromDelimiter is left out of the value"* ]]
  [[ ${stderr_lines[1]} == *"defects.json:5: fromByte with toByte takes the bytes between them"* ]]
  assert_equal "${stderr_lines[2]}" "tbgw-convert: $T/in:1: missing: no delimiter 'X=' in 'T=21.5;H=40;'; beyond: the record has 12 bytes, fromByte is 99"
  silent tbgw-convert --compat "$T/defects.json" "$T/in"
  assert_equal "$(jq -c '.telemetry[0].values' <<<"$output")" \
    '{"kept":"T=21.5","second":"H=40;","missing":"T=21.5","beyond":"T=21.5;H=40;"}'
}

@test "members in another order, escaped or spaced, are the same record" {
  cat >"$T/in" <<'END'
 { "data" : "48\r2430947595\n", "port":"/dev/ttyUSB0" , "source":"serial","ts" : 1790000000123 }
{"\u0074s":1790000000123,"\u0064ata":"\u0034\u0038\r2430947595\n"}
{"ts":1790000000123,"data":"NDgNMjQzMDk0NzU5NQo=","encoding":"base64"}
{"ts":1790000000123,"data":"34380D323433303934373539350a","encoding":"hex"}
END
  silent tbgw-convert "$T/map.json" "$T/in"
  [ "${#lines[@]}" -eq 4 ]
  [ "$(sort -u <<<"$output" | wc -l)" -eq 1 ]
}

@test "what is not a raw record passes byte for byte, in its place" {
  {
    echo '{"spool":1,"run":"5b0c3f2a9d1e4788","ack":"/x"}'
    raw 5 '1\r23456\n'
    echo ' {"deviceName" : "X","telemetry":[{"ts":5,"values":{"t":1.50}}]} '
    echo '{"event":"stats","tool":"tbgw-serial","counters":{"frames":1}}'
    echo '{"event":"rpc-reply","device":"D","id":1,"data":{"result":1}}'
    echo '{"device":"D","send":"x"}'
    raw 6 '2\r23456\n'
  } >"$T/in"
  silent tbgw-convert "$T/map.json" "$T/in"
  [ "${#lines[@]}" -eq 7 ]
  diff <(grep -v '"source"' "$T/in") <(grep -v '"CustomSerialDevice1"' <<<"$output")
  assert_equal "$(jq -c 'select(.deviceName=="CustomSerialDevice1").telemetry[0].values.humidity' <<<"$output")" $'1\n2'
  [[ ${lines[1]} == *CustomSerialDevice1* && ${lines[6]} == *CustomSerialDevice1* ]]
}

@test "a connector that knows only its port is announced as its device" {
  cat >"$T/meter.json" <<'END'
{"deviceName":"Meter","deviceType":"meter","telemetry":[{"key":"v","type":"int"}],
 "attributeUpdates":[{"attributeOnPlatform":"attr1","stringToDevice":"${attr1}\n"}]}
END
  cat >"$T/in" <<'END'
{"event":"connect","port":"/dev/ttyUSB0"}
{"event":"disconnect","port":"/dev/ttyUSB0","reason":"port gone"}
{"event":"fault","tool":"tbgw-serial","text":"frame too long","port":"/dev/ttyUSB0"}
END
  silent tbgw-convert "$T/meter.json" "$T/in"
  assert_line --index 0 '{"event":"connect","device":"Meter","deviceType":"meter","sharedKeys":["attr1"],"port":"/dev/ttyUSB0"}'
  assert_line --index 1 '{"event":"disconnect","device":"Meter","port":"/dev/ttyUSB0","reason":"port gone"}'
  assert_line --index 2 '{"event":"fault","device":"Meter","tool":"tbgw-serial","text":"frame too long","port":"/dev/ttyUSB0"}'
}

@test "each line with a number comes out once with it, whatever it was" {
  cat >"$T/in" <<'END'
{"spool":1,"run":"5b0c3f2a9d1e4788","ack":"/x"}
{"_n":1,"_t":7,"ts":5,"data":"48\r2430947595\n"}
{"_n":2,"ts":5,"data":"nothing fits"}
{"_n":3,"ts":"wrong","data":"48\r1\n"}
{"_n":4,"ts":5,"data":"48\r1\n
{"_n":5,"event":"connect"}
{"_n":6,"deviceName":"X","telemetry":[{"t":1}]}
{"_n":7,"rpc":{"id":1,"method":"m"},"sent":true}
{"_n":8}
END
  run --separate-stderr -65 tbgw-convert "$T/map.json" "$T/in"
  assert_equal "$(tail -n +2 <<<"$output" | jq ._n | xargs)" "1 2 3 4 5 6 7 8"
  assert_equal "$(jq -c 'select(._n==1)|[._t,.deviceName]' <<<"$output")" '[7,"CustomSerialDevice1"]'
  for n in 3 4 8; do assert_equal "$(jq -c "select(._n==$n)" <<<"$output")" "{\"_n\":$n}"; done
}

@test "a stamp that is doubted keeps its doubt, and only with that stamp" {
  cat >"$T/in" <<'END'
{"ts":5,"data":"48\r1234\n","clock":{"boot":"0f3e","up":183200}}
{"data":"48\r1234\n","clock":{"boot":"0f3e","up":183200}}
END
  silent tbgw-convert "$T/map.json" "$T/in"
  assert_equal "$(jq -c .telemetry[0] <<<"${lines[0]}")" '{"ts":5,"clock":{"boot":"0f3e","up":183200},"values":{"humidity":48}}'
  assert_equal "$(jq -c .telemetry[0] <<<"${lines[1]}")" '{"humidity":48}'
}

@test "answers to commands become replies" {
  cat >"$T/rpc.json" <<'END'
{"deviceName":"D","serverSideRpc":[
  {"method":"get","withResponse":true,"responseType":"float","responseFromByte":2,"responseUntilDelimiter":"\r"},
  {"method":"set","type":"int"}]}
END
  cat >"$T/in" <<'END'
{"device":"D","rpc":{"id":1,"method":"set"},"sent":true}
{"ts":5,"source":"serial","port":"/dev/x","data":"21.5\r\n","rpc":{"id":2,"method":"get"}}
{"device":"D","rpc":{"id":3,"method":"get"},"error":"timeout"}
{"ts":5,"source":"serial","port":"/dev/x","data":"warm\r\n","rpc":{"id":4,"method":"get"}}
END
  run --separate-stderr -65 tbgw-convert "$T/rpc.json" "$T/in"
  assert_line --index 0 '{"event":"rpc-reply","device":"D","id":1,"data":{"success":true}}'
  assert_line --index 1 '{"event":"rpc-reply","device":"D","id":2,"data":{"result":21.5}}'
  assert_line --index 2 '{"event":"rpc-reply","device":"D","id":3,"data":{"error":"timeout"}}'
  assert_line --index 3 "{\"event\":\"rpc-reply\",\"device\":\"D\",\"id\":4,\"data\":{\"error\":\"answer to get: 'warm' is not a number\"}}"
  [[ $stderr == *"$T/in:4: answer to get: 'warm' is not a number" ]]
}

@test "--explain tells which rule matched, what each field saw, and why one was dropped" {
  raw 5 '48;2430947595\n' >"$T/in"
  echo '{"deviceName":"X","telemetry":[{"t":1}]}' >>"$T/in"
  run --separate-stderr -65 tbgw-convert --explain "$T/map.json" "$T/in"
  assert_output "$T/in:1: a raw record
  14 bytes: '48;2430947595\\n'
  device 'CustomSerialDevice1' (type 'default'): the only one in the map
  attribute SerialNumber: bytes 3 to 12, '2430947595', as string: \"2430947595\"
  telemetry humidity: dropped: no delimiter '\\r' in '48;2430947595\\n'
  rejected: humidity: no delimiter '\\r' in '48;2430947595\\n'
  -> {\"deviceName\":\"CustomSerialDevice1\",\"deviceType\":\"default\",\"attributes\":[{\"SerialNumber\":\"2430947595\"}]}
$T/in:2: a reading
  passed on as it is"
}

@test "--check says nothing about a good map and what is wrong with a bad one" {
  silent tbgw-convert --check "$T/map.json"
  assert_output ""
  printf '{\n "deviceName": "D",\n "telemetry": [{"key":"a", "fromBite": 2}]\n}\n' >"$T/bad.json"
  run --separate-stderr -78 tbgw-convert --check "$T/bad.json"
  assert_equal "$stderr" "tbgw-convert: $T/bad.json:3: telemetry[0].fromBite: unknown key (did you mean 'fromByte'?)"
  printf '{\n "devices": [{"name": "D",\n  "converter": "MyConverter"}]\n}\n' >"$T/bad.json"
  run --separate-stderr -78 tbgw-convert --check "$T/bad.json"
  [[ $stderr == "tbgw-convert: $T/bad.json:3: devices[0].converter: cannot run the Python class 'MyConverter'."*"put a filter of yours into the pipe"* ]]
  run --separate-stderr -66 tbgw-convert --check "$T/absent.json"
  [[ $stderr == "tbgw-convert: "*"$T/absent.json"* ]]
}

@test "a notice about the map comes once, before the first record" {
  printf '{"deviceName":"D","colour":1,"telemetry":[{"key":"a","type":"int"}]}\n' >"$T/m.json"
  { raw 1 1; raw 2 2; } >"$T/in"
  run --separate-stderr tbgw-convert "$T/m.json" "$T/in"
  assert_success
  assert_equal "$stderr" "tbgw-convert: $T/m.json:1: unknown key 'colour', ignored"
  silent tbgw-convert -q "$T/m.json" "$T/in"
}

@test "the command line is checked: no map is 64, and it links no MQTT library" {
  run --separate-stderr -64 tbgw-convert
  [[ $stderr == *MAP* ]]
  run ! bash -c "ldd '$(command -v tbgw-convert)' | grep -i mosquitto"
}
