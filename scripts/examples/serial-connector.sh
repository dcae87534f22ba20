#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A connector in shell, for devices that talk text: serial-connector.sh PORT [BAUD] <>down
# shellcheck disable=SC2016 # what looks like variables in single quotes is jq's
LC_ALL=C port=$1 part='' start='' last=0 rpc='' asked='' until=0
up='"connect", "disconnect", "rpc-reply", "attributes-request", "claim"'
now() { local t=${EPOCHREALTIME/./}; echo "${t%???}"; }
say() { jq -cn --arg port "$port" --argjson rpc "${rpc:-null}" "$@" || exit; }
leave() { say --arg reason "$2" '{event: "disconnect", $port, $reason}'; exit "$1"; }
frame() { # a line of the device: news, or the answer to a command that went out before it began
  local data=$part$'\n' encoding='' ts=$((start > last ? start : last + 1)) # no stamp twice
  if [[ $data == *[$'\x80'-$'\xff']* ]]; then # not ASCII: the exact bytes, as hex
    encoding=hex data=$(printf %s "$data" | od -An -v -tx1 | tr -d ' \n')
  fi
  say --argjson ts "$ts" --arg data "$data" --arg encoding "$encoding" \
    --argjson asked "${asked:-null}" '{$ts, source: "serial", $port, $data, $encoding, rpc: $asked}
    | with_entries(select(.value | . != "" and . != null))'
  [[ $asked ]] && rpc=''
  part='' start='' last=$ts
}
obey() { # a line of stdin: a command, an event to pass on, or something not for us
  jq -c "select(.event | IN($up))" <<<"$1" && jq -e '.send | strings' <<<"$1" >/dev/null || return
  if jq -e '.encoding == "hex"' <<<"$1" >/dev/null
  then printf %b "$(jq -r .send <<<"$1" | sed 's/../\\x&/g')" >&3
  else jq -j .send <<<"$1" >&3; fi
  rpc=$(jq -c '.rpc // empty' <<<"$1") until=$(($(now) + $(jq '.answer.timeout // 0' <<<"$1")))
  jq -e .answer <<<"$1" >/dev/null || { [[ $rpc ]] && say '{$rpc, sent: true}'; rpc=''; }
}
stty -F "$port" "${2:-9600}" raw -echo clocal && exec 3<>"$port" || exit 66
trap 'leave 0 stopped' TERM
[[ -p /dev/stdin ]] && listen=1 || listen=''
say '{event: "connect", $port}'
while :; do
  IFS= read -r -t 0.1 -u 3 bytes; status=$? # over 128: a tenth of a second without a line
  [[ ($bytes || $status == 0) && ! $start ]] && start=$(now) asked=$rpc
  part+=$bytes
  if ((status == 0)); then frame; elif ((status < 129)); then leave 66 'port gone'; fi
  [[ $rpc ]] && (($(now) > until)) && say '{$rpc, error: "timeout"}' && rpc='' asked=''
  if [[ $listen && ! $rpc ]] && ! read -t 0 -u 3 && read -t 0; then # the port is silent
    IFS= read -r line || listen=''; [[ $line ]] && obey "$line"
  fi
done
