# SPDX-License-Identifier: Apache-2.0
# What the tests of tbgw-spool share: numbered records, and what a consumer saw of them.
#   load ../support/common
#   load ../support/spool

# readings FROM TO [DEVICE]: numbered readings, one a line.
readings() {
  seq -f "{\"deviceName\":\"${3:-D}\",\"telemetry\":[{\"ts\":1790000000000,\"values\":{\"n\":%.0f}}]}" \
    "$1" "$2"
}

# numbers FILE...: the numbers of the readings in what a consumer saw, in order.
numbers() { grep -ahoP '"n":\K[0-9]+' "$@"; }

# seen_all FROM TO FILE...: every number is there; false otherwise.
seen_all() {
  local from=$1 to=$2
  shift 2
  [ -z "$(comm -23 <(seq "$from" "$to" | sort) <(numbers "$@" | sort -u))" ]
}

# assert_all FROM TO FILE...: the same, with a list of what is missing; and nothing else is there.
assert_all() {
  local from=$1 to=$2 missing extra
  shift 2
  missing=$(comm -23 <(seq "$from" "$to" | sort) <(numbers "$@" | sort -u) | sort -n | head -n 20 | tr '\n' ' ')
  extra=$(comm -13 <(seq "$from" "$to" | sort) <(numbers "$@" | sort -u) | sort -n | head -n 20 | tr '\n' ' ')
  [ -z "$missing$extra" ] || { echo "missing: ${missing:-none}; invented: ${extra:-none}"; return 1; }
}

# assert_first_in_order FILE...: when repeats are left out, the numbers rise.
assert_first_in_order() {
  numbers "$@" | awk '$1 < most && !seen[$1] { bad = 1; print "late: " $1 }
                      $1 > most { most = $1 } { seen[$1] = 1 } END { exit bad }'
}

# count FILE REGEX
count() { grep -cE -- "$2" "$1" || true; }

# accepted FILE: the newest number of an --accept-fd report in FILE, 0 if there is none.
accepted() { grep -oP '"accepted":\K[0-9]+' "$1" 2>/dev/null | tail -n 1 | grep . || echo 0; }

# counter FILE NAME: that counter of the newest stats event in FILE.
counter() { grep '"event":"stats"' "$1" | tail -n 1 | sed 's/^{"_n":[0-9]*,/{/' | jq -r ".counters.$2"; }

consumer() { "$SUPPORT/consumer" "$@"; }

# pause SECONDS: for what has no sign to wait for (that something does NOT happen).
pause() { read -rt "$1" <> <(:) || true; }

# kill_hard NAME: kill -9 of the background process NAME; returns when it is gone.
kill_hard() {
  local pid="pid_$1"
  kill -KILL "${!pid}"
  wait_until 20 _ended "${!pid}"
}

# pair NAME CONSUMER_OPTION... -- SPOOL_WORD...: `tbgw-spool SPOOL_WORD... | consumer …` in the
# background, as the processes NAME and NAME_consumer. STDIN is the spool's.
pair() {
  local name=$1 options=()
  shift
  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  shift
  mkfifo "$T/$name.out"
  STDIN="$T/$name.out" background "${name}_consumer" "$SUPPORT/consumer" "${options[@]}" 5>&-
  background "$name" tbgw-spool "$@" 5>&-
}

# wait_stats NAME FILE REGEX [SECONDS]: until the process NAME tells counters in FILE that match.
wait_stats() {
  local pid="pid_$1"
  wait_until 20 test -s "$2" # before hello the signal would kill it
  wait_until "${4:-20}" _stats_say "${!pid}" "$2" "$3"
}
_stats_say() {
  kill -USR1 "$1"
  grep '"event":"stats"' "$2" | tail -n 1 | grep -qE -- "$3"
}
