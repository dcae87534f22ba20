#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-spoolctl on spools that another program wrote by the manual: what it shows, what it finds,
# what it mends, and that it leaves alone what is not its business.

load ../support/common

setup() {
  common_setup
  cd "$T" || return
}
teardown() { common_teardown; }

writer() { "$SUPPORT/spool_writer" "$@"; }

# numbered FROM TO: records that tell their numbers.
numbered() { seq "$1" "$2" | sed 's/.*/{"n":&}/'; }

# A spool of nine records in two segments, and two cursors.
make_spool() {
  writer q init
  numbered 1 5 | writer q segment 1
  numbered 6 9 | writer q segment 6 8192
  writer q cursor main 7
  writer q cursor slow 2
}

# damage FILE OFFSET TEXT
damage() { printf %s "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }

FIRST=00000000000000000001.log
SECOND=00000000000000000006.log

@test "ls shows the segments and their numbers" {
  make_spool
  run -0 --separate-stderr tbgw-spoolctl ls q
  assert_line -n 0 --regexp '^SEGMENT +FIRST +LAST +BYTES +MODIFIED$'
  assert_line -n 1 --regexp "^$FIRST +1 +5 +[0-9]+ +20[0-9-]+T[0-9:]+Z\$"
  assert_line -n 2 --regexp "^$SECOND +6 +9 +"
  assert_equal "${#lines[@]}" 3
  assert_equal "$stderr" ""
  run -0 bash -c "tbgw-spoolctl ls --json q | jq -c '[.segment,.first,.last]'"
  assert_output "[\"$FIRST\",1,5]
[\"$SECOND\",6,9]"
}

@test "stat shows how far behind each consumer is" {
  make_spool
  run -0 --separate-stderr tbgw-spoolctl stat q
  assert_line --regexp '^accepted +last number 9$'
  assert_line --regexp '^stored +9 records, 2 segments, '
  assert_line --regexp '^dropped +3 records$'
  assert_line --regexp '^main +7 +2 +[0-9]+ B +[0-9]+ [a-z]+$'
  assert_line --regexp '^slow +2 +7 +'
  assert_equal "$stderr" ""
  run -0 bash -c "tbgw-spoolctl stat --json q | jq -c '[.first,.last,.dropped,.damaged,.dead,(.cursors[]|[.cursor,.position,.behind,.validSlots])]'"
  assert_output '[1,9,3,1,{},["main",7,2,2],["slow",2,7,2]]'
  # Two records of 28 + 7 bytes are behind main.
  run -0 bash -c "tbgw-spoolctl stat --json q | jq '.cursors[0].bytes'"
  assert_output 70
}

@test "stat of a fresh spool" {
  writer q init
  run -0 --separate-stderr tbgw-spoolctl stat q
  assert_line --regexp '^accepted +last number 0$'
  assert_line "no cursors"
  run -0 tbgw-spoolctl ls q
  run -0 tbgw-spoolctl cat q
  assert_output ""
  run -0 tbgw-spoolctl verify q
}

@test "cat prints the records as they came in" {
  make_spool
  run -0 --separate-stderr tbgw-spoolctl cat q
  assert_output "$(numbered 1 9)"
  assert_equal "$stderr" ""
  run -0 tbgw-spoolctl cat --from 4 --to 7 q
  assert_output "$(numbered 4 7)"
  run -0 tbgw-spoolctl cat --from 9 q
  assert_output "$(numbered 9 9)"
  run -0 tbgw-spoolctl cat --from 10 q
  assert_output ""
  run -0 tbgw-spoolctl cat --cursor slow q
  assert_output "$(numbered 3 9)"
  run -0 tbgw-spoolctl cat --json --from 9 q
  assert_output '{"seq":9,"record":{"n":9}}'
}

@test "cat --raw prints what lies on the disk" {
  make_spool
  tbgw-spoolctl cat --raw q >raw
  cat "q/$FIRST" "q/$SECOND" | tr -d '\0' | grep -av ' {"v":1' >stored
  cmp raw stored
}

@test "cat --since goes by the time of the record" {
  writer q init
  printf '%s\n' '{"ts":1790000000000,"data":"x"}' '{"ts":1790000060000,"data":"y"}' | writer q segment 1
  run -0 tbgw-spoolctl cat --since 1790000060000 q
  assert_output '{"ts":1790000060000,"data":"y"}'
  run -0 tbgw-spoolctl cat --since 2026-09-21T14:14:00Z q
  assert_output '{"ts":1790000060000,"data":"y"}'
  TZ=Europe/Berlin run -0 tbgw-spoolctl cat --since 2026-09-21T16:14 q
  assert_output '{"ts":1790000060000,"data":"y"}'
  run -64 --separate-stderr tbgw-spoolctl cat --since yesterday q
  assert_equal "$output" ""
  assert_regex "$stderr" "--since: 'yesterday' is no time"
}

@test "cat --follow prints what is written, through segments, until it is stopped" {
  make_spool
  background follow tbgw-spoolctl cat --follow --from 8 --ready-fd 5 q 5>ready
  wait_until 20 test -s ready
  assert_equal "$(cat follow.out)" "$(numbered 8 9)"
  numbered 10 12 | writer q append 10
  wait_for follow.out '"n":12'
  numbered 13 13 | writer q segment 13
  wait_for follow.out '"n":13'
  kill -TERM "$pid_follow"
  assert_ends follow 0
  assert_equal "$(cat follow.out)" "$(numbered 8 13)"
  assert_equal "$(cat follow.err)" ""
}

@test "cat --follow ends with its consumer" {
  make_spool
  local status=0
  timeout 20 bash -c 'tbgw-spoolctl cat --follow q | head -n 1 >first; exit "${PIPESTATUS[0]}"' || status=$?
  assert_equal "$status" 141
  assert_equal "$(cat first)" "$(numbered 1 1)"
}

@test "cat --follow does nothing while nothing comes" {
  make_spool
  background follow tbgw-spoolctl cat --follow --ready-fd 5 q 5>ready
  wait_until 20 test -s ready
  local before after
  before=$(sed -n 's/^voluntary_ctxt_switches:[[:space:]]*//p' "/proc/$pid_follow/status")
  sleep 1 # the time that is measured
  after=$(sed -n 's/^voluntary_ctxt_switches:[[:space:]]*//p' "/proc/$pid_follow/status")
  [ $((after - before)) -le 2 ]
}

@test "cat goes on behind damage and says what is lost" {
  make_spool
  damage "q/$FIRST" 180 '?'
  run -65 --separate-stderr tbgw-spoolctl cat q
  assert_output "$(numbered 1 1; numbered 3 9)"
  assert_equal "$stderr" "tbgw-spoolctl: q/$FIRST: 35 bytes at offset 162 are damaged
tbgw-spoolctl: q: records 2 to 2 are missing"
}

@test "verify finds nothing wrong with a sound spool" {
  make_spool
  run -0 --separate-stderr tbgw-spoolctl verify q
  assert_output "q: 2 segments, 9 records, 0 damaged spans of 0 bytes, 0 records missing"
  assert_equal "$stderr" ""
}

@test "verify names damage by file and offset, and is 65" {
  make_spool
  damage "q/$FIRST" 215 '?'
  damage "q/$SECOND" 170 'xx'
  damage q/cursor.main 5 'x'
  damage q/FORMAT 20 'x'
  run -65 --separate-stderr tbgw-spoolctl verify q
  assert_output "q/FORMAT: is damaged or missing
q/$FIRST: 35 bytes at offset 197 are damaged
q/$FIRST: record 3 is missing
q/$SECOND: 35 bytes at offset 162 are damaged
q/$SECOND: record 7 is missing
q/cursor.main: one of two slots is damaged, the position is 7
q: 2 segments, 7 records, 2 damaged spans of 70 bytes, 2 records missing"
  assert_equal "$stderr" ""
  run -65 bash -c 'set -o pipefail; tbgw-spoolctl verify --json q | jq -c "select(.damage) | [.damage,.file,.offset,.bytes,.first,.last]"'
  assert_output "[\"format\",\"FORMAT\",null,null,null,null]
[\"bytes\",\"$FIRST\",197,35,null,null]
[\"missing\",\"$FIRST\",null,null,3,3]
[\"bytes\",\"$SECOND\",162,35,null,null]
[\"missing\",\"$SECOND\",null,null,7,7]
[\"cursor\",\"cursor.main\",null,null,null,null]"
}

@test "verify does not miss what every consumer has" {
  make_spool
  rm "q/$FIRST"
  run -0 tbgw-spoolctl verify q
  numbered 12 13 | writer q segment 12
  run -65 tbgw-spoolctl verify q
  assert_line "q/00000000000000000012.log: records 10 to 11 are missing"
  writer q cursor main 11
  writer q cursor slow 12
  run -0 tbgw-spoolctl verify q
}

@test "repair tells what verify told, takes the damage away and keeps every record" {
  make_spool
  damage "q/$FIRST" 180 '?'
  damage "q/$SECOND" 170 'xx'
  damage q/cursor.main 5 'x'
  tbgw-spoolctl verify q >told || true
  tbgw-spoolctl cat q >before 2>errors || true
  run -0 --separate-stderr tbgw-spoolctl repair q
  assert_output "$(cat told)"
  assert_equal "$stderr" ""
  run -0 tbgw-spoolctl verify q
  run -0 --separate-stderr tbgw-spoolctl cat q
  assert_output "$(cat before)"
  assert_equal "$stderr" ""
  run -0 ls q/quarantine
  assert_output "$FIRST.162
$SECOND.162"
  run -0 cut -c28- "q/quarantine/$FIRST.162"
  assert_output '{"n":2}'
  # Once more: nothing to do.
  run -0 --separate-stderr tbgw-spoolctl repair -v q
  assert_output "q: 2 segments, 7 records, 0 damaged spans of 0 bytes, 0 records missing"
  assert_equal "$stderr" ""
}

@test "repair says what it does with -v" {
  make_spool
  damage "q/$FIRST" 180 '?'
  run -0 --separate-stderr tbgw-spoolctl repair -v q
  assert_equal "$stderr" "tbgw-spoolctl: q/$FIRST: mended, 4 records kept"
}

@test "repair leaves a spool alone that is being written" {
  make_spool
  damage "q/$FIRST" 180 '?'
  flock -x q/lock bash -c 'echo held >held; exec sleep 60' 3>&- &
  PIDS+=($!)
  wait_until 20 test -s held
  run -75 --separate-stderr tbgw-spoolctl repair q
  assert_equal "$output" ""
  assert_regex "$stderr" '^tbgw-spoolctl: q: another process writes this spool'
  run -65 tbgw-spoolctl verify q
}

@test "cursor ls, set and rm" {
  make_spool
  run -0 tbgw-spoolctl cursor ls q
  assert_line -n 0 --regexp '^CURSOR +POSITION +BEHIND +BYTES +OLDEST$'
  assert_line -n 1 --regexp '^main +7 +2 '
  run -0 --separate-stderr tbgw-spoolctl cursor set q main 3
  assert_equal "$output$stderr" ""
  run -0 tbgw-spoolctl cursor set q new 9
  run -0 tbgw-spoolctl cursor rm q slow
  run -0 bash -c 'tbgw-spoolctl cursor ls --json q | jq -c "[.cursor,.position,.behind,.bytes]"'
  assert_output --regexp '^\["main",3,6,[0-9]+\]
\["new",9,0,0\]$'
  run -0 tbgw-spoolctl cursor set q new 0
}

@test "a cursor is not moved beyond the last record, nor while it is used" {
  make_spool
  run -64 --separate-stderr tbgw-spoolctl cursor set q main 10
  assert_regex "$stderr" '^tbgw-spoolctl: the last number in q is 9'
  run -64 tbgw-spoolctl cursor set q main -1
  run -64 tbgw-spoolctl cursor set q main 3x
  run -64 tbgw-spoolctl cursor set q ../main 3
  run -64 tbgw-spoolctl cursor set q main
  run -66 --separate-stderr tbgw-spoolctl cursor rm q absent
  assert_regex "$stderr" "^tbgw-spoolctl: q: has no cursor 'absent'"
  [ ! -e q/cursor.absent ]
  flock -x q/cursor.main bash -c 'echo held >held; exec sleep 60' 3>&- &
  PIDS+=($!)
  wait_until 20 test -s held
  run -75 --separate-stderr tbgw-spoolctl cursor set q main 3
  assert_regex "$stderr" "another process delivers for the cursor 'main'"
  run -75 tbgw-spoolctl cursor rm q main
  run -0 tbgw-spoolctl verify q
}

@test "cat --dead brings refused records back, without attributes" {
  make_spool
  writer q/dead init
  printf '%s\n' \
    '{"t":1790000000123,"reason":"refused","seq":4,"record":"{\"deviceName\":\"D\",\"attributes\":{\"v\":1},\"telemetry\":{\"t\":1}}"}' \
    '{"t":1790000000123,"reason":"refused","seq":5,"record":"{\"attributes\":{\"v\":1}}"}' \
    '{"t":1790000000123,"reason":"no record","record":"noise"}' |
    writer q/dead segment 1
  run -0 --separate-stderr tbgw-spoolctl cat --dead q
  assert_output '{"deviceName":"D","telemetry":{"t":1}}'
  assert_regex "$stderr" '^tbgw-spoolctl: 2 refused lines were left out'
  run -0 --separate-stderr tbgw-spoolctl cat --dead --with-attributes q
  assert_line -n 0 '{"deviceName":"D","attributes":{"v":1},"telemetry":{"t":1}}'
  assert_line -n 1 '{"attributes":{"v":1}}'
  assert_equal "${#lines[@]}" 2
  run -0 bash -c 'tbgw-spoolctl cat --dead --json q | jq -r .record.reason | sort | uniq -c | tr -s " "'
  assert_output ' 1 no record
 2 refused'
  run -0 tbgw-spoolctl stat q
  assert_line --regexp '^dead +3 records$'
  run -66 --separate-stderr tbgw-spoolctl cat --dead --cursor slow q
  assert_regex "$stderr" 'q/dead.slow: nothing was refused'
  # verify looks at them too.
  damage "q/dead/$FIRST" 140 'x'
  run -65 tbgw-spoolctl verify q
  assert_line --regexp "^q/dead/$FIRST: [0-9]+ bytes at offset"
}

@test "what is no spool is named" {
  mkdir empty
  for command in ls stat cat verify repair "cursor ls"; do
    # shellcheck disable=SC2086 # two words
    run -66 --separate-stderr tbgw-spoolctl $command absent
    assert_equal "$output" ""
    assert_regex "$stderr" '^tbgw-spoolctl: absent: No such file'
    # shellcheck disable=SC2086 # two words
    run -66 --separate-stderr tbgw-spoolctl $command empty
    assert_regex "$stderr" '^tbgw-spoolctl: empty: is not a spool'
  done
  assert_equal "$(ls -A empty)" ""
}

@test "a spool of a newer version is refused and left alone" {
  make_spool
  # The checksum of that line, by the same independent writer.
  sed 's/tbgw-spool 1 "/tbgw-spool 2 "/' "$SUPPORT/spool_writer" >newer
  python3 newer new init
  cp new/FORMAT q/FORMAT
  for command in ls cat verify repair; do
    run -78 --separate-stderr tbgw-spoolctl $command q
    assert_regex "$stderr" '^tbgw-spoolctl: q: has format 2, this program knows format 1 only'
  done
  cmp new/FORMAT q/FORMAT
}

@test "without FORMAT everything is still readable" {
  make_spool
  rm q/FORMAT
  run -0 --separate-stderr tbgw-spoolctl cat q
  assert_output "$(numbered 1 9)"
  assert_equal "$stderr" "tbgw-spoolctl: q/FORMAT: is damaged or missing; repair mends it"
  run -0 --separate-stderr tbgw-spoolctl repair q
  assert_equal "$stderr" ""
  grep -qx 'tbgw-spool 1 00112233445566778899aabbccddeeff 93d263b9' q/FORMAT
}

@test "misuse says what is right" {
  make_spool
  run -64 --separate-stderr tbgw-spoolctl look q
  assert_regex "$stderr" "there is no command 'look'"
  run -64 --separate-stderr tbgw-spoolctl verify --from 3 q
  assert_regex "$stderr" '--from is for cat'
  run -64 --separate-stderr tbgw-spoolctl cat --with-attributes q
  assert_regex "$stderr" '--with-attributes goes with --dead'
  run -64 tbgw-spoolctl cat --raw --json q
  run -64 tbgw-spoolctl cat q q
  run -64 tbgw-spoolctl cursor move q
  run -64 tbgw-spoolctl
}

@test "a full disk behind stdout is 74" {
  make_spool
  for command in ls stat cat verify; do
    run -74 --separate-stderr bash -c "tbgw-spoolctl $command q >/dev/full"
    assert_regex "$stderr" '^tbgw-spoolctl: .*No space left'
  done
}

@test "looking changes nothing, and works on a read-only file system" {
  make_spool
  find q -type f -exec sha256sum {} + | sort >before
  mkdir mounted
  [ "$(id -u)" -eq 0 ] || skip "mounting needs root"
  # A mount of its own, which nobody else sees and which goes with it.
  run -0 --separate-stderr unshare -m bash -ec '
    mount -t tmpfs none mounted
    cp -r q mounted/q
    mount -o remount,ro mounted
    for command in ls stat cat verify "cursor ls"; do tbgw-spoolctl $command mounted/q >/dev/null; done
    status=0
    tbgw-spoolctl repair mounted/q || status=$?
    [ $status -eq 75 ]
    status=0
    tbgw-spoolctl cursor set mounted/q main 1 || status=$?
    [ $status -eq 75 ]'
  assert_regex "$stderr" 'Read-only file system'
  for command in ls stat cat verify "cursor ls"; do
    # shellcheck disable=SC2086 # two words
    run -0 tbgw-spoolctl $command q
  done
  find q -type f -exec sha256sum {} + | sort >after
  cmp before after
}
