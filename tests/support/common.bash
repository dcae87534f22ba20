# SPDX-License-Identifier: Apache-2.0
# What every bats file needs: a scratch folder, background processes that never outlive the test,
# waiting for readiness instead of sleeping, pty pairs, the stand-in platform.
#
#   load ../support/common
#   setup() { common_setup; }
#   teardown() { common_teardown; }

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

SUPPORT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SOURCE=$(cd "$SUPPORT/../.." && pwd)
export SUPPORT SOURCE
# The folder of the tools, and that of the build. bats reads a file twice, the second time in what
# the first exported, when TBGW_BIN is gone already.
export TESTED_TOOLS="${TBGW_BIN:-${TESTED_TOOLS:-$SOURCE/build/bin}}"
export TESTED_BUILD="${TBGW_BUILD:-${TESTED_BUILD:-$(dirname "$TESTED_TOOLS")}}"
export PATH="$TESTED_TOOLS:$PATH"
export LC_ALL=C.UTF-8

# Nothing of the caller's environment may reach a tool under test.
unset NOTIFY_SOCKET JOURNAL_STREAM STATE_DIRECTORY CREDENTIALS_DIRECTORY RUNTIME_DIRECTORY
unset "${!TBGW_@}"
export PATH

common_setup() {
  T=$(mktemp -d "${TMPDIR:-/tmp}/tbgw-test.XXXXXX")
  export T HOME="$T" XDG_CONFIG_HOME="$T/config" XDG_STATE_HOME="$T/state"
  PIDS=()
}

# kill_background: all that background started, and what that started.
kill_background() {
  local pid
  for pid in $(_with_descendants "${PIDS[@]}"); do kill -KILL "$pid" 2>/dev/null || true; done
  for pid in "${PIDS[@]}"; do wait "$pid" 2>/dev/null || true; done
  PIDS=()
}

common_teardown() {
  kill_background
  if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
    local f
    for f in "$T"/*.err; do [ -s "$f" ] && echo "--- $f" && tail -n 20 "$f"; done
  fi
  rm -rf "$T"
}

# The processes and all they started: a shell that is killed leaves its pipeline running.
_with_descendants() {
  ps -e -o pid=,ppid= | awk -v roots="$*" '
    { parent[$1] = $2 }
    END {
      count = split(roots, root)
      for (i = 1; i <= count; ++i) ours[root[i]]
      for (pid in parent) {
        for (at = pid; at in parent && !(at in ours); at = parent[at]);
        if (at in ours) print pid
      }
    }'
}

# background NAME COMMAND [ARG...]: runs it with stdout in $T/NAME.out, stderr in $T/NAME.err;
# its pid is ${pid_NAME}. stdin is /dev/null unless STDIN names a file or FIFO ("rw:FIFO" opens it
# read-write, as `<>` does).
background() {
  local name=$1
  shift
  case "${STDIN:-}" in
    rw:*) "$@" <>"${STDIN#rw:}" >"$T/$name.out" 2>"$T/$name.err" 3>&- & ;;
    *) "$@" <"${STDIN:-/dev/null}" >"$T/$name.out" 2>"$T/$name.err" 3>&- & ;;
  esac
  PIDS+=("$!")
  printf -v "pid_$name" %s "$!"
}

# wait_until SECONDS COMMAND [ARG...]: until the command succeeds; fails (with what it was) after
# that many seconds. Generous limits cost nothing when all is well.
wait_until() {
  local limit=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS >= limit)); then
      echo "gave up waiting for: $*" >&2
      return 1
    fi
    read -rt 0.02 <> <(:) || true
  done
}

# wait_for FILE REGEX [SECONDS]: until a line of FILE matches the extended regular expression.
wait_for() {
  wait_until "${3:-20}" grep -qE -- "$2" "$1" || { echo "--- $1:"; tail -n 20 "$1"; return 1; }
}

# wait_count FILE REGEX N [SECONDS]: until at least N lines match.
wait_count() {
  wait_until "${4:-20}" _has_count "$1" "$2" "$3" || { echo "--- $1:"; tail -n 20 "$1"; return 1; }
}
_has_count() { [ "$(grep -cE -- "$2" "$1")" -ge "$3" ]; }

# exit_status NAME SECONDS: waits until the background process NAME has ended and prints its status.
exit_status() {
  local pid="pid_$1" status=0
  wait_until "$2" _ended "${!pid}" || return 1
  wait "${!pid}" || status=$?
  echo "$status"
}
_ended() { ! kill -0 "$1" 2>/dev/null || grep -q '^State:[[:space:]]*Z' "/proc/$1/status"; }

# assert_ends NAME STATUS [SECONDS]: the background process NAME ends by itself with this status.
assert_ends() {
  exit_status "$1" "${3:-20}" >"$T/$1.status"  # not in $(…): only its parent can wait for it
  assert_equal "$(cat "$T/$1.status")" "$2"
}

# start_ptys [NAME]: a pair of ptys by socat: $T/NAME.port for the tool, $T/NAME.device for us.
start_ptys() {
  local name=${1:-tty}
  background "socat_$name" socat "pty,raw,echo=0,link=$T/$name.port" "pty,raw,echo=0,link=$T/$name.device"
  wait_until 20 test -e "$T/$name.port" -a -e "$T/$name.device"
}

# start_platform [OPTION...]: the stand-in ThingsBoard. PLATFORM_PORT, PLATFORM_URL; what it stored
# is in $T/platform.log; `platform COMMAND…` gives it a command.
start_platform() {
  mkfifo "$T/platform.in"
  (umask 077 && printf %s test-token >"$T/token")
  STDIN="rw:$T/platform.in" background platform "$SUPPORT/platform" --log "$T/platform.log" "$@"
  wait_for "$T/platform.out" listening
  PLATFORM_PORT=$(jq -r .listening "$T/platform.out")
  PLATFORM_URL="mqtt://127.0.0.1:$PLATFORM_PORT"
  export PLATFORM_PORT PLATFORM_URL
}
platform() { printf '%s\n' "$*" >"$T/platform.in"; }
