#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-serial at a port: pty pairs by socat stand for the device. Plugging, unplugging, sharing.
load ../support/common

setup() { common_setup; }
teardown() { common_teardown; }

# start_serial [OPTION...]: at $T/tty.port, up and its line watched.
start_serial() {
  background serial tbgw-serial "$@" "$T/tty.port"
  wait_for "$T/serial.out" '"event":"connect"'
}
device() { printf "$1" >"$T/${2:-tty}.device"; }

# plain: the lines of a tool's stdout without stamps and the scratch folder.
plain() { jq -c 'del(.ts)' "$T/${1:-serial}.out" | sed "s#$T/##g"; }

@test "a port: connect, frames with its name, disconnect last" {
  start_ptys
  start_serial
  device '48\r2430947595\n'
  wait_for "$T/serial.out" 2430947595
  kill -TERM "$pid_serial"
  assert_ends serial 0
  run plain
  assert_output '{"event":"connect","port":"tty.port"}
{"source":"serial","port":"tty.port","data":"48\r2430947595\n"}
{"event":"disconnect","port":"tty.port","reason":"stopped"}'
  assert_equal "$(cat "$T/serial.err")" ""
}

@test "--device and --device-type name the device" {
  start_ptys
  start_serial --device em24 --device-type meter
  device 'x\n'
  wait_for "$T/serial.out" '"x\\n"'
  run plain
  assert_output '{"event":"connect","device":"em24","deviceType":"meter"}
{"source":"serial","port":"tty.port","device":"em24","data":"x\n"}'
}

@test "every byte value comes through a port unchanged" {
  start_ptys
  start_serial --encoding hex --frame-length 256
  printf '%b' "$(printf '\\x%02x' $(seq 0 255))" >"$T/tty.device"
  wait_for "$T/serial.out" '"data"'
  assert_equal "$(jq -r 'select(.data).data' "$T/serial.out")" "$(printf '%02x' $(seq 0 255))"
}

@test "readiness and connect come after the line was watched, and the first frame is kept then" {
  start_ptys
  mkfifo "$T/ready"
  exec 8<>"$T/ready"
  started=${EPOCHREALTIME/./}
  background serial bash -c "exec tbgw-serial --ready-fd 9 $T/tty.port 9>$T/ready"
  read -rt 20 -u 8 _
  ready=${EPOCHREALTIME/./}
  exec 8>&-
  ((ready - started >= 50000))
  wait_for "$T/serial.out" '"connect"'
  device 'first\n'
  wait_for "$T/serial.out" '"first\\n"'
}

@test "--first: a busy line loses its torn first frame; keep keeps it, drop drops a whole one" {
  start_ptys
  device 'torn\nwhole\n'
  start_serial
  wait_for "$T/serial.out" '"whole\\n"'
  run ! grep -q torn "$T/serial.out"
  kill -TERM "$pid_serial"
  assert_ends serial 0
  device 'kept\n'
  start_serial --first keep
  wait_for "$T/serial.out" '"kept\\n"'
  kill -TERM "$pid_serial"
  assert_ends serial 0
  start_serial --first drop
  device 'one\ntwo\n'
  wait_for "$T/serial.out" '"two\\n"'
  run ! grep -q one "$T/serial.out"
}

@test "unplugged and back: frames flow again, one message each, disconnect and connect" {
  start_ptys
  start_serial
  device 'before\ntorn'
  wait_for "$T/serial.out" before
  kill -TERM "$pid_socat_tty"
  wait_for "$T/serial.out" '"disconnect"'
  wait_for "$T/serial.err" 'waiting for it to come back'
  start_ptys
  wait_count "$T/serial.out" '"connect"' 2
  device 'after\n'
  wait_for "$T/serial.out" after
  run plain
  assert_output '{"event":"connect","port":"tty.port"}
{"source":"serial","port":"tty.port","data":"before\n"}
{"event":"disconnect","port":"tty.port","reason":"lost: hung up"}
{"event":"fault","tool":"tbgw-serial","text":"lost: hung up","port":"tty.port"}
{"event":"connect","port":"tty.port"}
{"source":"serial","port":"tty.port","data":"after\n"}'
  assert_equal "$(wc -l <"$T/serial.err")" 2
  assert_equal "$(sed -n 1p "$T/serial.err")" \
    "tbgw-serial: $T/tty.port: lost (hung up); waiting for it to come back"
  assert_regex "$(sed -n 2p "$T/serial.err")" "^tbgw-serial: $T/tty.port: is back after [0-9.]+m?s$"
}

@test "SIGTERM ends also while the port is away" {
  start_ptys
  start_serial
  kill -TERM "$pid_socat_tty"
  wait_for "$T/serial.err" 'waiting for it to come back'
  kill -TERM "$pid_serial"
  assert_ends serial 0
}

@test "a missing port: 66, or with --wait it is waited for" {
  run -66 --separate-stderr tbgw-serial "$T/tty.port"
  assert_equal "$stderr" "tbgw-serial: $T/tty.port: No such file or directory"
  background serial tbgw-serial --wait "$T/tty.port"
  wait_for "$T/serial.err" 'No such file or directory; waiting for it$'
  start_ptys
  wait_for "$T/serial.out" '"connect"'
  device 'here\n'
  wait_for "$T/serial.out" 'here'
  assert_equal "$(wc -l <"$T/serial.err")" 2
  run -66 tbgw-serial usb:dead:beef
  assert_output --partial 'no such USB device; what is there: tbgw-serial --list'
}

@test "a held port names its holder: 75, or with --wait it is waited for" {
  start_ptys
  start_serial
  run -75 --separate-stderr tbgw-serial "$T/tty.port"
  assert_equal "$stderr" \
    "tbgw-serial: $T/tty.port: held by tbgw-serial (pid $pid_serial): end it, or wait for it with --wait"
  background second tbgw-serial --wait "$T/tty.port"
  wait_for "$T/second.err" "held by tbgw-serial \(pid $pid_serial\)"
  kill -TERM "$pid_serial"
  assert_ends serial 0
  wait_for "$T/second.out" '"connect"' 60
}

@test "--no-lock shares a port" {
  start_ptys
  start_serial --no-lock
  background second tbgw-serial --no-lock "$T/tty.port"
  wait_for "$T/second.out" '"connect"'
}

@test "not allowed: 77, the group that owns the port and what to do" {
  [ "$(id -u)" = 0 ] || skip "needs root to become somebody who may not"
  start_ptys
  pty=$(readlink "$T/tty.port")
  chgrp dialout "$pty"
  chmod 660 "$pty"
  run -77 --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups \
    "$(command -v tbgw-serial)" "$pty"
  assert_equal "$stderr" "tbgw-serial: $pty: permission denied: the group dialout owns it; join \
the group and log in again: sudo usermod -aG dialout \$USER"
  chmod 600 "$pty"
  run -77 --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups \
    "$(command -v tbgw-serial)" "$pty"
  assert_regex "$stderr" 'only its owner may open it'
}

@test "several ports in one process, each with its name" {
  start_ptys a
  start_ptys b
  background serial tbgw-serial "$T/a.port" "$T/b.port"
  wait_count "$T/serial.out" '"connect"' 2
  for i in 1 2 3; do
    device "a$i\n" a
    device "b$i\n" b
  done
  wait_count "$T/serial.out" '"data"' 6
  run bash -c "jq -r 'select(.data) | .port + \" \" + .data' $T/serial.out | grep . | sed s#$T/## | sort"
  assert_output 'a.port a1
a.port a2
a.port a3
b.port b1
b.port b2
b.port b3'
}

@test "a port that floods does not keep another from its turn" {
  start_ptys a
  start_ptys b
  background serial tbgw-serial "$T/a.port" "$T/b.port"
  wait_count "$T/serial.out" '"connect"' 2
  background flood sh -c "exec yes flood >$T/a.device"
  wait_for "$T/serial.out" flood
  device 'quiet\n' b
  wait_for "$T/serial.out" quiet
}

@test "the line's old settings are back afterwards" {
  start_ptys
  pty=$(readlink "$T/tty.port")
  before=$(stty -g -F "$pty")
  start_serial --baud 57600 --flow xonxoff
  assert_regex "$(stty -F "$pty")" '57600 baud'
  assert_regex "$(stty -a -F "$pty")" ' ixon '
  kill -TERM "$pid_serial"
  assert_ends serial 0
  assert_equal "$(stty -g -F "$pty")" "$before"
}

@test "data bits and parity that a pty drops are said at -v" {
  start_ptys
  start_serial -v --data-bits 7 --parity E
  grep -q 'is a pty: 9600 7E1 means nothing to it' "$T/serial.err"
}

@test "the reader gone: the tool ends by SIGPIPE, also on an idle line" {
  start_ptys
  mkfifo "$T/out"
  background serial bash -c "exec tbgw-serial $T/tty.port >$T/out"
  exec 7<"$T/out"
  read -rt 20 -u 7 _
  exec 7<&-
  assert_ends serial 141
}

@test "an instrument is polled, its misses are counted and the change is one fault" {
  start_ptys
  mkfifo "$T/asked"
  background instrument bash -c '
    while read -r question <&3; do
      [ -e "$0/silent" ] && continue
      [ "$question" = "MEAS?" ] && echo 21.5 >&3
    done 3<>"$0/tty.device"' "$T"
  start_serial --poll 'MEAS?\n' --every 50ms --answer-timeout 2s --retries 1
  wait_count "$T/serial.out" '"21.5\\n"' 3
  touch "$T/silent"
  wait_for "$T/serial.out" '"fault".*does not answer polls \(2 tries of 2s\)'
  rm "$T/silent"
  wait_for "$T/serial.out" '"fault".*answers polls again'
  kill -USR1 "$pid_serial"
  wait_for "$T/serial.out" '"stats"'
  run jq -c 'select(.counters).counters | [.pollMisses >= 1, .polls > 4]' "$T/serial.out"
  assert_output '[true,true]'
  assert_equal "$(grep -c fault "$T/serial.out")" 2
}
