#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-route: no line is torn, no command goes astray, no pipeline holds up the others.

load ../support/common

setup() { common_setup; }
teardown() { common_teardown; }

# start_router PIPELINE... [-- OPTION...]: stdin is the FIFO $T/down, kept open.
start_router() {
  [ -p "$T/down" ] || mkfifo "$T/down"
  STDIN="rw:$T/down" background route sh -c 'exec tbgw-route --ready-fd 9 "$@" 9>"$0"' "$T/ready" \
    "$T/table" "$@"
  wait_until 20 test -s "$T/ready"
}
say() { printf '%s\n' "$2" >"$T/$1"; }
reading() { printf '{"deviceName":"%s","telemetry":[{"v":%s}]}' "$1" "$2"; }
rpc() { printf '{"event":"rpc","device":"%s","data":{"id":%s,"method":"m"}}' "$1" "$2"; }

@test "records of all pipelines pass whole and in the order of each, 100 KB long" {
  local name
  for name in a b c; do
    python3 - "$name" >"$T/$name.ndjson" <<'END'
import json, sys
for n in range(60):
    print(json.dumps({"deviceName": sys.argv[1], "telemetry": [{"n": n, "pad": "x" * 100_000}]}))
END
    mkfifo "$T/$name.up"
    background "write_$name" sh -c 'cat "$0" >"$1"' "$T/$name.ndjson" "$T/$name.up"
  done
  timeout 60 tbgw-route --once "$T/table" "a=$T/a.up" "b=$T/b.up" "c=$T/c.up" <"/dev/null" >"$T/out"
  for name in a b c; do
    jq -c --arg name "$name" 'select(.deviceName == $name) | .telemetry[0].n' "$T/out" | diff - <(seq 0 59)
  done
}

@test "a command goes to the pipeline that spoke of its device, and to no other" {
  start_router "a=$T/a.up,$T/a.down" "b=$T/b.up,$T/b.down"
  background a cat "$T/a.down"
  background b cat "$T/b.down"
  say a.up "$(reading D 1)"
  say b.up '{"event":"connect","device":"E","deviceType":"x"}'
  wait_count "$T/route.out" . 2
  say down "$(rpc D 1)"
  say down '{"event":"attributes","device":"E","data":{"k":1}}'
  say down '{"device":"D","send":"on"}'
  say down '{"event":"platform-up"}'
  wait_count "$T/a.out" . 3
  wait_count "$T/b.out" . 2
  diff "$T/a.out" <(rpc D 1; printf '\n{"device":"D","send":"on"}\n{"event":"platform-up"}\n')
  diff "$T/b.out" <(printf '{"event":"attributes","device":"E","data":{"k":1}}\n{"event":"platform-up"}\n')
}

@test "who has a device is known after kill -9, before it speaks again" {
  start_router "a=$T/a.up,$T/a.down"
  say a.up "$(reading D 1)"
  wait_for "$T/route.out" '"D"'
  kill -KILL "$pid_route"
  wait "$pid_route" || true
  rm "$T/ready"
  start_router "a=$T/a.up,$T/a.down"
  background a cat "$T/a.down"
  # The FIFO has a reader once cat has opened it.
  wait_until 20 bash -c 'echo "{\"event\":\"attributes\",\"device\":\"D\",\"data\":{}}" >"$T/down"; test -s "$T/a.out"'
  say down "$(rpc D 7)"
  wait_for "$T/a.out" '"id":7'
}

@test "a request that cannot be handed over is answered with the reason" {
  echo '{"device":"Old","pipeline":"gone"}' >"$T/table"
  start_router "a=$T/a.up,$T/a.down" "b=$T/b.up"
  say a.up "$(reading A 1)"
  say b.up "$(reading B 1)"
  wait_count "$T/route.out" . 2
  say down "$(rpc A 1)"
  say down "$(rpc B 2)"
  say down "$(rpc Unknown 0)"
  say down "$(rpc Old 4)"
  say down '{"event":"rpc","data":{"id":5,"method":"ping"}}'
  say down '{"device":"Unknown","send":"x","rpc":{"id":6,"method":"m"}}'
  wait_count "$T/route.out" . 8
  tail -n 6 "$T/route.out" | diff - <(cat <<'END'
{"event":"rpc-reply","device":"A","id":1,"data":{"error":"the pipeline a does not run"}}
{"event":"rpc-reply","device":"B","id":2,"data":{"error":"the pipeline b takes no commands"}}
{"event":"rpc-reply","device":"Unknown","id":0,"data":{"error":"no pipeline has spoken of this device"}}
{"event":"rpc-reply","device":"Old","id":4,"data":{"error":"its pipeline, gone, is not here"}}
{"event":"rpc-reply","id":5,"data":{"error":"no pipeline takes what is for the gateway itself"}}
{"device":"Unknown","rpc":{"id":6,"method":"m"},"error":"no pipeline has spoken of this device"}
END
)
}

@test "a pipeline that does not read its commands delays nobody, and its requests are answered" {
  start_router --queue 4096 "a=$T/a.up,$T/a.down" "b=$T/b.up,$T/b.down"
  # Open and never read.
  background stuck sh -c 'exec 5<>"$0"; : >"$1"; exec sleep 1000' "$T/a.down" "$T/opened"
  background b cat "$T/b.down"
  wait_until 20 test -e "$T/opened"
  say a.up "$(reading A 1)"
  say b.up "$(reading B 1)"
  wait_count "$T/route.out" . 2
  # 64 KiB of pipe and 4 KiB of queue.
  python3 -c 'for n in range(1500): print("{\"event\":\"rpc\",\"device\":\"A\",\"data\":{\"id\":%d,\"method\":\"m\"}}" % n)' >"$T/down"
  say down "$(rpc B 1)"
  wait_for "$T/b.out" '"id":1'
  wait_for "$T/route.out" '"device":"A","id":1499,"data":\{"error":"busy: the pipeline a does not read'
  say b.up "$(reading B 2)"
  wait_for "$T/route.out" '"v":2'
  # Those that wait are answered when who asked has given up.
  wait_for "$T/route.out" '"error":"the pipeline a does not read its commands"' 30
}

@test "a pipeline may be started anew, and a torn line of the old one costs only itself" {
  start_router "a=$T/a.up,$T/a.down"
  printf '%s\n{"deviceName":"D","tele' "$(reading D 1)" >"$T/a.up"
  wait_for "$T/route.err" 'a:2: not valid JSON'
  say a.up "$(reading D 2)"
  wait_for "$T/route.out" '"v":2'
  diff "$T/route.out" <(reading D 1; echo; reading D 2; echo)
}

@test "SIGTERM passes on what the pipelines still say, and ends with 0" {
  start_router "a=$T/a.up"
  exec 6>"$T/a.up"
  reading D 1 >&6
  echo >&6
  wait_for "$T/route.out" '"v":1'
  kill -TERM "$pid_route"
  reading D 2 >&6
  echo >&6
  exec 6>&-
  assert_ends route 0
  wait_for "$T/route.out" '"v":2'
}

@test "a filter lets through what is allowed, and really nothing else" {
  cat >"$T/list.json" <<'END'
{"deny": {"a": ["Secret", "test.*"]}, "allow": {"b": ["Pump [0-9]+"]}}
END
  for device in Secret test7 'my test' 'Pump 1'; do reading "$device" 1; echo; done >"$T/a.ndjson"
  for device in Secret 'Pump 12' 'Pump 12b' 'a Pump 1'; do reading "$device" 1; echo; done >"$T/b.ndjson"
  tbgw-route --once --filter "$T/list.json" "$T/table" "a=$T/a.ndjson" "b=$T/b.ndjson" </dev/null >"$T/out"
  diff <(jq -r .deviceName "$T/out" | sort) <(printf '%s\n' 'Pump 1' 'Pump 12' 'my test' | sort)
}

@test "a device that is silent is disconnected once, one that speaks is not" {
  start_router "a=$T/a.up" --inactivity 700ms
  say a.up "$(reading Silent 1)"
  local n=0
  until grep -q '"disconnect","device":"Silent"' "$T/route.out"; do
    say a.up "$(reading Speaks $((++n)))"
    ((n < 2000))
    read -rt 0.02 <> <(:) || true
  done
  run ! grep '"disconnect","device":"Speaks"' "$T/route.out"
  run -0 grep -c disconnect "$T/route.out"
  assert_output 1
}

@test "what is for the gateway itself goes to the pipeline that is named for it" {
  start_router "a=$T/a.up,$T/a.down" "b=$T/b.up,$T/b.down" --gateway b
  background a cat "$T/a.down"
  background b cat "$T/b.down"
  wait_until 20 bash -c 'echo "{\"event\":\"platform-up\"}" >"$T/down"; test -s "$T/a.out" -a -s "$T/b.out"'
  say down '{"event":"attributes","data":{"k":1}}'
  say down '{"event":"rpc","data":{"id":1,"method":"a_get"}}'
  wait_for "$T/b.out" '"k":1'
  wait_for "$T/a.out" a_get
  run ! grep -q a_get "$T/b.out"
}

@test "two routers do not share a table, two pipelines no FIFO" {
  start_router "a=$T/a.up"
  run --separate-stderr -75 tbgw-route "$T/table" "a=$T/b.up" </dev/null
  assert_equal "$stderr" "tbgw-route: $T/table: another tbgw-route has this table"
  run --separate-stderr -64 tbgw-route "$T/t" "a=$T/x" "b=$T/x" </dev/null
  run --separate-stderr -64 tbgw-route "$T/t" "a=$T/x" "a=$T/y" </dev/null
  run --separate-stderr -64 tbgw-route "$T/t" "a" </dev/null
  run --separate-stderr -64 tbgw-route "a=$T/x" </dev/null
  run --separate-stderr -64 tbgw-route "$T/t" "a=$T/x" --gateway b </dev/null
  echo '{"deny": {"a": ["("]}}' >"$T/list.json"
  run --separate-stderr -78 tbgw-route --filter "$T/list.json" "$T/t" "a=$T/x" </dev/null
  [[ $stderr == *"$T/list.json:1: deny.a: '('"* ]]
}

@test "with spool and push: a command of the platform reaches its device over the ring" {
  start_platform
  mkfifo "$T/down" "$T/a.down" "$T/b.down"
  STDIN="rw:$T/down" background ring bash -c '
    exec 3>&-
    tbgw-route "$T/table" "a=$T/a.up,$T/a.down" "b=$T/b.up,$T/b.down" |
      tbgw-spool --min-free 0 "$T/q" | tbgw-push "$PLATFORM_URL" --token-file "$T/token" 1<>"$T/down"'
  background b sh -c 'while read -r line; do printf "%s\n" "$line"; done <"$0"' "$T/b.down"
  wait_until 20 test -p "$T/a.up" -a -p "$T/b.up"
  say a.up "$(reading Alpha 1)"
  say b.up "$(reading Beta 2)"
  wait_for "$T/platform.log" '"Beta"'
  wait_for "$T/platform.log" '"Alpha"'
  platform rpc Beta setIt '{"x":1}'
  wait_for "$T/b.out" setIt
  say b.up '{"event":"rpc-reply","device":"Beta","id":0,"data":{"done":true}}'
  wait_for "$T/platform.log" '"done": ?true'
}
