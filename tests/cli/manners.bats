#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What every tool owes its user, asked of every tbgw-* that was built. A tool is put to work by its
# entry in works(); one without an entry fails.

load ../support/common

setup() {
  common_setup
  cat >"$T/map.json" <<'END'
{"devices": [{"name": "D", "telemetry": [{"key": "line", "type": "string"}]}]}
END
  mkfifo "$T/in"
}

teardown() {
  exec 9>&- || true
  common_teardown
}

tools() { (cd "$TESTED_TOOLS" && printf '%s\n' tbgw-*); }

# works TOOL: COMMAND is a way to run it that reads records (or bytes) from stdin and needs no
# hardware and no network; for each INPUT line it prints one line that matches OUTPUT; FILTER=no: it
# reads none and comes to an end by itself; ENDS=no: the end of its input is not its own. CONFIGURED
# goes before --config FILE; COUNTS=no says that this way of running prints no counters. ABSENT is a
# command line with an operand that cannot be used, ABSENT_STATUS what comes of it.
works() {
  local raw='{"ts":1790000000123,"source":"serial","data":"x\n"}'
  CONFIGURED=() COUNTS=yes FILTER=yes ENDS=yes
  case $1 in
    tbgw-serial)
      COMMAND=(tbgw-serial -) INPUT='x' OUTPUT='"data":"x'
      CONFIGURED=(tbgw-serial) # the ports are in the file
      ABSENT=(tbgw-serial "$T/no-such-port") ABSENT_STATUS=66
      ;;
    tbgw-convert)
      COMMAND=(tbgw-convert "$T/map.json") INPUT=$raw OUTPUT='"line":"x"'
      ABSENT=(tbgw-convert "$T/no-such-map") ABSENT_STATUS=66
      ;;
    tbgw-push)
      COMMAND=(tbgw-push --dry-run) COUNTS=no OUTPUT='^v1/gateway/telemetry	'
      INPUT='{"deviceName":"D","telemetry":[{"ts":1790000000123,"values":{"a":1}}]}'
      ABSENT=(tbgw-push gopher://localhost) ABSENT_STATUS=64
      ;;
    tbgw-modbus)
      # A bus that is not there, and not looked for again.
      printf '[[master.slaves]]\nhost = "127.0.0.1"\nport = 1\nunitId = 1\ndeviceName = "d"\nconnectAttemptTimeMs = "1h"\n' >"$T/modbus.toml"
      COMMAND=(tbgw-modbus -q "$T/modbus.toml") ENDS=no
      INPUT='{"event":"claim","device":"d","secretKey":"x"}' OUTPUT='"event":"claim"'
      ABSENT=(tbgw-modbus "$T/no-such-file") ABSENT_STATUS=66
      ;;
    tbgw-replay)
      COMMAND=(tbgw-replay) INPUT=$raw OUTPUT='"data":"x'
      ABSENT=(tbgw-replay "$T/no-such-capture") ABSENT_STATUS=66
      ;;
    tbgw-route)
      COMMAND=(tbgw-route "$T/table" "d=$T/d.up") ENDS=no
      INPUT='{"event":"claim","device":"d","secretKey":"x"}' OUTPUT='"event":"claim"'
      ABSENT=(tbgw-route "d=$T/no-table") ABSENT_STATUS=64
      ;;
    tbgw-run)
      printf '[[pipeline]]\nname = "p"\ncommand = ["true"]\n' >"$T/gateway.toml"
      COMMAND=(tbgw-run print "$T/gateway.toml") FILTER=no COUNTS=no INPUT=''
      ABSENT=(tbgw-run "$T/no-such-file") ABSENT_STATUS=78
      ;;
    tbgw-spool)
      COMMAND=(tbgw-spool --memory --ack write) INPUT='{"a":1}' OUTPUT='^\{"a":1\}'
      ABSENT=(tbgw-spool "$T/map.json") ABSENT_STATUS=66
      ;;
    tbgw-spoolctl)
      [ -d "$T/q" ] || echo '{"a":1}' | tbgw-spool --min-free 0 --ack write "$T/q" >/dev/null
      COMMAND=(tbgw-spoolctl stat "$T/q") FILTER=no COUNTS=no INPUT=''
      ABSENT=(tbgw-spoolctl stat "$T/no-such-spool") ABSENT_STATUS=66
      ;;
    *)
      echo "$1 has no entry in works(): how is it run?"
      return 1
      ;;
  esac
  [ "${#CONFIGURED[@]}" -gt 0 ] || CONFIGURED=("${COMMAND[@]}")
}

# start TOOL: at work in the background as `tool`, ready, reading the FIFO that fd 9 writes.
start() {
  works "$1"
  [ -z "${pid_tool:-}" ] || exec 9>&-
  exec 9<>"$T/in"
  rm -f "$T/ready"
  STDIN="$T/in" background tool bash -c 'exec "$@" 9>&- 5>"$0"' "$T/ready" "${COMMAND[@]}" --ready-fd 5
  wait_until 20 test -s "$T/ready"
}

# each_filter TEST: of the tools that read records and go on until they are told to stop.
each_filter() {
  for tool in $(tools); do
    works "$tool"
    [ "$FILTER" = yes ] || continue
    echo "--- $tool"
    "$1" "$tool"
  done
}

# Not behind && or ||: there a failing assertion would not end the test.
each_tool() {
  for tool in $(tools); do
    echo "--- $tool"
    "$1" "$tool"
  done
}

@test "every tool has a way to be run" {
  [ "$(tools | wc -l)" -ge 4 ]
  each_tool works
}

help_helps() {
  run -0 --separate-stderr "$1" --help
  assert_equal "$stderr" ""
  assert_line -n 0 --regexp '^[A-Z].{9,}[^.]$'
  assert_line -n 1 --regexp "^Usage: $1( |\$)"
  assert_line "Full manual: man $1"
  [ "$(sed -n '/^Examples:/,/^$/p' <<<"$output" | grep -c "$1")" -ge 2 ]
  # The option parser's own words and bounds are not the user's.
  refute_output --regexp 'Needs:|Excludes:|REQUIRED|POSITIVE| in \[|\{.*,.*\}=| TEXT'
  local help=$output
  run -0 --separate-stderr "$1" -h
  assert_output "$help"
  for option in -h,--help -V,--version -v,--verbose -q,--quiet --config --stats --ready-fd; do
    grep -qE -- "^ +$option( |\$)" <<<"$help"
  done
}
@test "--help tells the purpose, the usage, the options and the manual, on stdout" { each_tool help_helps; }

version_is_ours() {
  local version
  version=$(sed -n 's/^project(tbgw VERSION \([0-9.]*\).*/\1/p' "$SOURCE/CMakeLists.txt")
  run -0 --separate-stderr "$1" --version
  assert_equal "$stderr" ""
  assert_line -n 0 --regexp "^$1 ${version//./\\.} \(.+\)\$"
  local long=$output
  run -0 "$1" -V
  assert_output "$long"
}
@test "--version names the tool and the release" { each_tool version_is_ours; }

misuse_is_64() {
  works "$1"
  run -64 --separate-stderr "${COMMAND[@]}" --no-such-option
  assert_equal "$output" ""
  assert_regex "$stderr" "^$1: "
  assert_regex "$stderr" "Try '$1 --help'\."
  assert_regex "$stderr" "no-such-option"
}
@test "a bad option is one message, a hint and 64" { each_tool misuse_is_64; }

near_miss_is_named() {
  works "$1"
  run -64 --separate-stderr "${COMMAND[@]}" --verbos
  assert_regex "$stderr" "^$1: unknown option '--verbos' \(did you mean '--verbose'\?\)"
  run -64 --separate-stderr "${COMMAND[@]}" --stast=1s
  assert_regex "$stderr" "^$1: unknown option '--stast' \(did you mean '--stats'\?\)"
}
@test "a misspelt option has its right name told" { each_tool near_miss_is_named; }

absent_operand() {
  works "$1"
  run "-$ABSENT_STATUS" --separate-stderr "${ABSENT[@]}" </dev/null
  assert_equal "$output" ""
  assert_regex "$stderr" "^$1: .*${ABSENT[-1]}"
}
@test "an operand that cannot be used is named" { each_tool absent_operand; }

garbage_behind_numbers() {
  local name type value
  while read -r name type; do
    case $type in
      DURATION*) value='10s!' ;;
      SIZE*) value='64Kx' ;;
      N:* | N=* | N | BAUD* | COUNT*) value=3x ;;
      *) continue ;;
    esac
    works "$1"
    run -64 --separate-stderr "${COMMAND[@]}" "$name" "$value" </dev/null
    assert_equal "$output" ""
    assert_regex "$stderr" "$name"
  done < <("$1" --help | grep -oE -- '--[a-z-]+ [A-Z]+.*')
}
@test "a number with something behind it is no number" { each_tool garbage_behind_numbers; }

absent_descriptor_is_64() {
  works "$1"
  run -64 --separate-stderr "${COMMAND[@]}" --ready-fd 77 </dev/null
  assert_equal "$output" ""
  assert_regex "$stderr" "^$1: --ready-fd 77: "
}
@test "a --ready-fd that is not open is refused" { each_tool absent_descriptor_is_64; }

unknown_key_is_78() {
  works "$1"
  printf '# a comment\n\nnosuchkey = 1\n' >"$T/config.toml"
  run -78 --separate-stderr "${CONFIGURED[@]}" --config "$T/config.toml" </dev/null
  assert_equal "$output" ""
  assert_regex "$stderr" "^$1: $T/config.toml:3: .*nosuchkey"
  printf '{\n  "nosuchkey": 1\n}\n' >"$T/config.json"
  run -78 --separate-stderr "${CONFIGURED[@]}" --config "$T/config.json" </dev/null
  assert_regex "$stderr" "^$1: $T/config.json:2: .*nosuchkey"
  printf 'this is = = no TOML\n' >"$T/config.toml"
  run -78 --separate-stderr "${CONFIGURED[@]}" --config "$T/config.toml" </dev/null
  assert_regex "$stderr" "^$1: $T/config.toml:1: "
  run -66 --separate-stderr "${CONFIGURED[@]}" --config "$T/absent.toml" </dev/null
  assert_regex "$stderr" "^$1: .*$T/absent.toml"
}
@test "an unknown key of --config is 78 with its file and line" { each_tool unknown_key_is_78; }

# A connector lives as long as its devices.
end_of_commands_is_no_end() {
  start "$1"
  printf '%s\n' "$INPUT" >&9
  wait_for "$T/tool.out" "$OUTPUT"
  exec 9>&-
  ! wait_until 1 _ended "$pid_tool" 2>/dev/null # the time in which it does not
  kill -TERM "$pid_tool"
  assert_ends tool 0
}
end_of_input_is_0() {
  works "$1"
  if [ "$ENDS" = no ]; then
    end_of_commands_is_no_end "$1"
    return
  fi
  run -0 --separate-stderr "${COMMAND[@]}" </dev/null
  assert_equal "$output$stderr" ""
  run -0 --separate-stderr "${COMMAND[@]}" <<<"$INPUT"
  assert_equal "$stderr" ""
  assert_line --regexp "$OUTPUT"
  local lines=$output
  # A last line without its newline is a line.
  run -0 --separate-stderr "${COMMAND[@]}" < <(printf %s "$INPUT")
  assert_equal "$stderr" ""
  assert_line --regexp "$OUTPUT"
}
@test "the end of input is the end, with status 0 and nothing said" { each_filter end_of_input_is_0; }

closed_stdout_is_74() {
  works "$1"
  for arguments in --help --version; do
    run -74 --separate-stderr bash -c '"$@" >&-' - "$1" "$arguments"
    assert_regex "$stderr" "^$1: "
  done
  run -74 --separate-stderr bash -c '"$@" >&-' - "${COMMAND[@]}" <<<"$INPUT"
  assert_regex "$stderr" "^$1: "
}
@test "a closed stdout is 74" { each_tool closed_stdout_is_74; }

closed_stdin_is_74() {
  works "$1"
  run -74 --separate-stderr bash -c '"$@" <&-' - "${COMMAND[@]}"
  assert_equal "$output" ""
}
@test "a closed stdin is 74" { each_tool closed_stdin_is_74; }

full_disk_is_74() {
  works "$1"
  for arguments in --help --version; do
    run -74 --separate-stderr bash -c '"$@" >/dev/full' - "$1" "$arguments"
    assert_regex "$stderr" "^$1: .*No space left"
  done
  run -74 --separate-stderr bash -c '"$@" >/dev/full' - "${COMMAND[@]}" <<<"$INPUT"
  assert_regex "$stderr" "^$1: .*No space left"
}
@test "a full disk is 74" { each_tool full_disk_is_74; }

term_drains() {
  start "$1"
  for _ in 1 2 3; do printf '%s\n' "$INPUT" >&9; done
  wait_count "$T/tool.out" "$OUTPUT" 3
  # What is in the pipe when the signal comes is read still, unless the tool is a source.
  kill -TERM "$pid_tool"
  assert_ends tool 0
  [ "$(grep -cE "$OUTPUT" "$T/tool.out")" -eq 3 ]
  assert_equal "$(tail -c 1 "$T/tool.out" | od -An -tx1)" " 0a"
  assert_equal "$(cat "$T/tool.err")" ""
}
@test "SIGTERM drains and is 0" { each_filter term_drains; }

interrupt_kills() {
  start "$1"
  kill -INT "$pid_tool"
  assert_ends tool 130
  assert_equal "$(cat "$T/tool.err")" ""
}
@test "SIGINT ends by the signal, in silence" { each_filter interrupt_kills; }

gone_consumer_ends_it() {
  works "$1"
  exec 9>&-
  exec 9<>"$T/in"
  local status=0
  printf '%s\n' "$INPUT" >&9
  # The consumer takes a line and goes; the input stays open and silent.
  timeout 20 bash -c 'exec 9>&-; "$@" | head -n 1 >/dev/null; exit "${PIPESTATUS[0]}"' - \
    "${COMMAND[@]}" <"$T/in" 2>"$T/gone.err" || status=$?
  assert_equal "$status" 141
  assert_equal "$(cat "$T/gone.err")" ""
}
@test "a consumer that is gone ends it by SIGPIPE, also while nothing comes in" { each_filter gone_consumer_ends_it; }

flags_of() { sed -n 's/^flags:[[:space:]]*//p' "/proc/$1/fdinfo/$2"; }
descriptors_stay_blocking() {
  start "$1"
  printf '%s\n' "$INPUT" >&9
  wait_for "$T/tool.out" "$OUTPUT"
  for fd in 0 1 2; do [ $((0$(flags_of "$pid_tool" "$fd") & 04000)) -eq 0 ]; done
  [ "$(ls "/proc/$pid_tool/task" | wc -l)" -eq 1 ]
  kill -TERM "$pid_tool"
  assert_ends tool 0
}
@test "0, 1 and 2 are never made non-blocking, and there is one thread" { each_filter descriptors_stay_blocking; }

stats_on_demand() {
  works "$1"
  [ $COUNTS = yes ] || return 0
  start "$1"
  printf '%s\n' "$INPUT" >&9
  wait_for "$T/tool.out" "$OUTPUT"
  kill -USR1 "$pid_tool"
  wait_until 20 grep -qE '"event": ?"stats"' "$T/tool.out" "$T/tool.err"
  kill -TERM "$pid_tool"
  assert_ends tool 0
}
@test "SIGUSR1 asks for the counters" { each_filter stats_on_demand; }

switches() { sed -n 's/^voluntary_ctxt_switches:[[:space:]]*//p' "/proc/$1/status"; }
rests() {
  local before
  start "$1"
  printf '%s\n' "$INPUT" >&9
  wait_for "$T/tool.out" "$OUTPUT"
  before=$(switches "$pid_tool")
  sleep 1 # the time that is measured
  [ $(($(switches "$pid_tool") - before)) -le 3 ]
  kill -TERM "$pid_tool"
  assert_ends tool 0
}
@test "with nothing to do it does nothing" { each_filter rests; }

# words FILE PATTERN: the long options a completion file spells.
in_bash() { grep -oE -- '[ '\'']--[a-z0-9-]+' "$SOURCE/completions/bash/$1" | grep -oE -- '--[a-z0-9-]+' | sort -u; }
in_zsh() { grep -oE -- "[{,')*]--[a-z0-9-]+" "$SOURCE/completions/zsh/_$1" | grep -oE -- '--[a-z0-9-]+' | sort -u; }
in_fish() { grep '^complete' "$SOURCE/completions/fish/$1.fish" | grep -oE -- '-l [a-z0-9-]+' | sed 's/-l /--/' | sort -u; }
in_manual() { grep -E '^\.It Fl ' "$SOURCE/man/$1.1" | grep -oE ' -[a-z][a-z0-9-]+' | sed 's/ /-/' | sort -u; }
in_help() { "$1" --help | grep -oE '^ +(-[A-Za-z],)?--[a-z0-9-]+' | grep -oE -- '--.*' | sort -u; }
agree() {
  for list in in_manual in_bash in_zsh in_fish; do
    diff -u --label "$1 --help" <(in_help "$1") --label "$list" <("$list" "$1")
  done
}
@test "help, manual and completions list the same options" { each_tool agree; }

measure() {
  local begin end memory
  begin=${EPOCHREALTIME/./}
  for _ in 1 2 3 4 5 6 7 8 9 10; do "$1" --version >/dev/null; done
  end=${EPOCHREALTIME/./}
  start "$1"
  printf '%s\n' "$INPUT" >&9
  wait_for "$T/tool.out" "$OUTPUT"
  memory=$(sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\).*/\1/p' "/proc/$pid_tool/status")
  kill -TERM "$pid_tool"
  assert_ends tool 0
  printf '# %-13s start-up %d.%d ms, peak memory %d KiB\n' "$1" \
    $(((end - begin) / 10000)) $(((end - begin) / 1000 % 10)) "$memory" >&3
}
@test "start-up time and peak memory (printed, not judged)" { each_filter measure; }
