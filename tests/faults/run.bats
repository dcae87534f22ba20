#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-run while its children are killed, a pipeline does not read, files change, and SIGTERM comes
# under load. TBGW_LONG=1: a minute of kills.

export LONG_TESTS=${TBGW_LONG:-${LONG_TESTS:-}}
load ../support/common
load ../support/run

setup() { run_setup; }
teardown() { run_teardown; }

# counting PIPELINES: a gateway.toml whose pipelines count, a record each 20 ms, for ever; each start
# of a counter is a series of its own. "deaf" never reads its commands.
counting() {
  cat >counter <<'END'
#!/usr/bin/python3
import json, os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *a: sys.exit(0))
n = 0
while True:
    n += 1
    print(json.dumps({"deviceName": sys.argv[1], "telemetry": [
        {"ts": int(time.time() * 1000), "values": {"run": os.getpid(), "n": n}}]}), flush=True)
    time.sleep(0.02)
END
  chmod +x counter
  {
    printf '[platform]\nurl = "%s"\ntoken-file = "token"\n' "$PLATFORM_URL"
    for i in $(seq "$1"); do
      printf '[[pipeline]]\nname = "p%s"\ncommand = ["./counter", "D%s"]\n' "$i" "$i"
      printf 'filters = [["jq", "--unbuffered", "-c", "."]]\n'
    done
  } >gateway.toml
}

children() { _with_descendants "$pid_gateway" | grep -vx "$pid_gateway"; }

# no_gap: within a series a number is missing only at the place of a kill: the counter goes on while
# another process of its pipeline is away, so what arrives after must be whole again.
arrives() { [ "$(log 'select(.kind == "telemetry")' | wc -l)" -gt "$1" ]; }

all_run() {
  tbgw-run status --json | jq -e '[.pipelines[].state, .ring[].state] | all(. == "running")'
}

@test "kill -9 of random children: what was accepted arrives, and every pipeline comes back" {
  local kills=8 pipelines=4
  [ -z "$LONG_TESTS" ] || kills=60 pipelines=20
  start_platform
  counting "$pipelines"
  start_gateway gateway.toml
  wait_until 30 arrives 20
  local fds
  fds=$(find "/proc/$pid_gateway/fd" | wc -l)
  for _ in $(seq "$kills"); do
    children | shuf -n 1 | xargs -r kill -KILL 2>/dev/null || true
    read -rt 0.3 <> <(:) || true
  done
  # A back-off ends within a minute; these ended within seconds.
  wait_until 60 all_run
  run -0 bash -c "find /proc/$pid_gateway/fd | wc -l"
  [ "$output" -le "$((fds + 4))" ]
  # What the spool accepted the platform has: nothing waits, nothing was dropped.
  local seen
  seen=$(log 'select(.kind == "telemetry")' | wc -l)
  wait_until 30 arrives "$seen"
  stop_gateway
  start_gateway gateway.toml
  wait_until 30 arrives "$((seen + 10))"
  run -0 bash -c "tbgw-spoolctl stat --json state/tbgw/spool | jq '.dropped + .damaged'"
  assert_output 0
  # The spool keeps order: within each series the numbers rise, but for repeats after a kill.
  run -0 bash -c 'jq -c "select(.kind == \"telemetry\") | [.device, .values.run, .values.n, .ts]" platform.log |
    sort -u | jq -s "group_by(.[0:3]) | map(select(length > 1)) | length"'
  assert_output 0
  stop_gateway
}

@test "a command for a dead connector is answered at once, a deaf pipeline delays nobody" {
  start_platform
  counting 1
  cat >>gateway.toml <<'END'
[[pipeline]]
name = "deaf"
command = ["./counter", "Deaf"]
[[pipeline]]
name = "ends"
command = ["sh", "-c", """echo '{"deviceName":"E","telemetry":{"e":1}}'; exit 78"""]
[[pipeline]]
name = "echo"
command = ["./answer"]
END
  cat >answer <<'END'
#!/usr/bin/python3
import json, sys
print(json.dumps({"deviceName": "Quick", "telemetry": {"q": 1}}), flush=True)
for line in sys.stdin:
    event = json.loads(line)
    if event.get("event") == "rpc":
        print(json.dumps({"event": "rpc-reply", "device": event["device"],
                          "id": event["data"]["id"], "data": {"well": True}}), flush=True)
END
  chmod +x answer
  start_gateway gateway.toml
  wait_for platform.log '"e":1'
  wait_for platform.log '"q":1'
  wait_for platform.log '"kind":"telemetry".*"Deaf"'
  platform rpc E anything
  wait_for platform.log 'the pipeline ends does not run'
  for _ in $(seq 20); do platform rpc Deaf anything "\"$(printf %08000d 0)\""; done
  platform rpc Quick anything
  wait_for platform.log '"well":true'
  stop_gateway
}

@test "a changed file restarts its own pipeline only, a wrong one nothing" {
  start_platform
  counting 3
  start_gateway --watch gateway.toml
  wait_until 30 all_run
  pids() { tbgw-run status --json | jq -c '[(.ring + .pipelines[].processes)[] | {(.name): .pid}] | add'; }
  changed() { jq -nc --argjson a "$before" --argjson b "$(pids)" '[$b | keys[] | select($a[.] != $b[.])] | join(" ")'; }
  local before
  before=$(pids)
  sed -i 's/"D2"/"New2"/' gateway.toml
  wait_for platform.log '"kind":"telemetry".*"New2"'
  wait_until 20 all_run
  run -0 changed
  assert_output '"p2/connector p2/filter1"'
  before=$(pids)
  sed -i 's/"D3"/D3/' gateway.toml
  wait_for gateway.err 'the files are wrong: everything goes on as it was'
  run -0 changed
  assert_output '""'
  sed -i 's/D3"\]/"D3"]/; s/\[D3/["D3"/; s/", D3\]/", "D3"]/' gateway.toml
  printf '[[pipeline]]\nname = "p4"\ncommand = ["./counter", "D4"]\n' >>gateway.toml
  kill -HUP "$pid_gateway"
  wait_for platform.log '"kind":"telemetry".*"D4"'
  run -0 changed
  assert_output --regexp '^"p4/connector route"$'
  stop_gateway
}

@test "SIGTERM under load: all ends in time, and a new start goes on without loss" {
  start_platform
  gateway_toml <<END
[[pipeline]]
name = "load"
command = ["./load"]
END
  cat >load <<'END'
#!/bin/bash
# As fast as it is read; what it said last is on record.
n=$(cat last 2>/dev/null || echo 0)
trap 'stop=yes' TERM
until [ "$stop" ]; do
  n=$((n + 1))
  # A signal may cut it short: then again, whole.
  until echo "{\"deviceName\":\"L\",\"telemetry\":[{\"ts\":$((1790000000000 + n)),\"values\":{\"n\":$n}}]}"; do echo; done 2>/dev/null
done
echo "$n" >last
END
  chmod +x load
  start_gateway gateway.toml
  wait_until 30 arrives 2000
  local begun=$SECONDS
  stop_gateway
  [ "$((SECONDS - begun))" -le 12 ]
  start_gateway gateway.toml
  wait_until 30 arrives "$(($(cat last) + 100))"
  stop_gateway
  platform mute 2>/dev/null || true
  # Every number up to the first end arrived.
  run -0 bash -c "jq -s --argjson last $(cat last) '[.[] | select(.kind == \"telemetry\") | .values.n] | unique |
    (.[0] == 1) and (.[-1] == length)' platform.log"
  assert_output true
}

@test "tbgw-run killed: its children end, and a new one takes over" {
  start_platform
  counting 2
  start_gateway gateway.toml
  wait_until 30 arrives 20
  local all
  all=$(children)
  kill -KILL "$pid_gateway"
  for pid in $all; do wait_until 20 _ended "$pid"; done
  start_gateway gateway.toml
  wait_until 30 all_run
  run -75 timeout 20 tbgw-run gateway.toml
  assert_output --partial 'another tbgw-run runs there'
  stop_gateway
}

@test "status and tap look at a gateway that runs" {
  run -69 tbgw-run status
  start_platform
  counting 1
  start_gateway --stats 200ms gateway.toml
  wait_until 30 arrives 20
  run -0 timeout 20 bash -c 'tbgw-run tap p1 | head -n 3 | jq -r .deviceName'
  assert_output $'D1\nD1\nD1'
  run -66 tbgw-run tap nobody
  wait_until 20 bash -c 'tbgw-run status --json | jq -e ".pipelines[0].records > 10 and .platform == \"up\""'
  run -0 tbgw-run status
  assert_line 'platform  up'
  assert_line --regexp '^p1 +custom +running +[0-9]+ +- +0'
  stop_gateway
}
