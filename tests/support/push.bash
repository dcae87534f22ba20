# SPDX-License-Identifier: Apache-2.0
# What the tests of tbgw-push share: running it against the stand-in platform, and judging what
# arrived there.

# push [OPTION...]: to the stand-in, with its token.
push() { tbgw-push "$PLATFORM_URL" --token-file "$T/token" "$@"; }

# start_push [OPTION...]: the same in the background as `push`, reading what STDIN names.
start_push() { background push tbgw-push "$PLATFORM_URL" --token-file "$T/token" "$@"; }

# readings DEVICES FROM TO: one a line, round-robin over the devices, numbered.
readings() {
  seq "$2" "$3" | awk -v devices="$1" '{
    printf "{\"deviceName\":\"D%d\",\"telemetry\":[{\"ts\":%.0f,\"values\":{\"n\":%d}}]}\n",
      $1 % devices, 1790000000000 + $1, $1 }'
}

# stored KIND FILTER: what the stand-in stored, in its order.
stored() { jq -c --arg kind "$1" "select(.kind == \$kind) | $2" "$T/platform.log"; }

# arrived_in_order DEVICES FROM TO: every number arrived at least once; with repeats removed each
# device's numbers are in order.
arrived_in_order() {
  jq -r 'select(.kind == "telemetry") | "\(.device) \(.values.n)"' "$T/platform.log" |
    awk -v from="$2" -v to="$3" -v devices="$1" '
      !seen[$2]++ { count++; if ($2 < last[$1]) { print "out of order: " $0; bad = 1 }; last[$1] = $2 }
      $1 != "D" ($2 % devices) { print "under the wrong device: " $0; bad = 1 }
      $2 < from || $2 > to { print "invented: " $0; bad = 1 }
      END { if (count != to - from + 1) { print "arrived: " count; bad = 1 }; exit bad }'
}
