#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The manual: clean, complete, and its examples do what they say.

load ../support/common

setup() {
  common_setup
  cd "$SOURCE/man" || return
}
teardown() { common_teardown; }

tools() { (cd "$TESTED_TOOLS" && printf '%s\n' tbgw-*); }

@test "mandoc finds nothing to say about any page" {
  run -0 mandoc -T lint -W warning ./*.[1-8]
  assert_output ""
}

@test "every tool has a page with the usual sections in the usual order" {
  local wanted found
  wanted=$'NAME\nSYNOPSIS\nDESCRIPTION\nOPTIONS\nENVIRONMENT\nEXIT STATUS\nEXAMPLES\nSEE ALSO'
  for tool in $(tools); do
    echo "--- $tool.1"
    # A section more (FILES, CAVEATS …) may stand between them.
    found=$(sed -n 's/^\.Sh //p' "$tool.1" | grep -xF "$wanted")
    assert_equal "$found" "$wanted"
  done
}

@test "no page is about a tool that does not exist" {
  for page in tbgw-*.1; do tools | grep -qx -- "${page%.1}"; done
}

@test "a page is headed by its own name" {
  for page in *.[1-8]; do
    echo "--- $page"
    assert_equal "$(sed -n 's/^\.Nm \(tbgw[a-z-]*\)$/\1/p' "$page" | head -1)" "${page%.*}"
    assert_equal "$(sed -n 's/^\.Dt \(.*\)$/\1/p' "$page")" "$(tr a-z A-Z <<<"${page%.*}") ${page##*.}"
  done
}

@test "pages refer to pages that exist" {
  local name section
  while read -r name section; do
    echo "--- $name $section"
    [ -f "$name.$section" ]
  done < <(grep -hoE '^\.Xr tbgw[a-z-]* [1-8]' ./*.[1-8] | cut -d' ' -f2- | sort -u)
}

@test "every page is known to tbgw(7) or to a page it names" {
  for page in *.[1-8]; do
    [ "$page" = tbgw.7 ] || grep -qE "^\.Xr ${page%.*} ${page##*.}" tbgw.7
  done
}

@test "what tbgw(7) shows of the systemd unit is in it" {
  local from line
  from=$(sed -n 's/^\.\\" from //p' tbgw.7)
  [ -f "$SOURCE/$from" ]
  awk '/^\.\\" from / { on = 1; next } on && /^\.Bd/ { next } on && /^\.Ed/ { exit } on' tbgw.7 |
    sed 's/\\e/\\/g' >"$T/shown"
  [ "$(wc -l <"$T/shown")" -ge 10 ]
  while IFS= read -r line; do
    echo "in the unit: $line"
    grep -qxF -- "$line" "$SOURCE/$from"
  done <"$T/shown"
}

@test "the examples run and print what the page says" {
  mkdir "$T/examples"
  run -0 "$SUPPORT/man_examples" "$T/examples" ./*.[1-8]
  for tool in $(tools); do assert_line --regexp "^$tool\.1 [1-9]"; done
  assert_line --regexp '^tbgw\.7 [1-9]'
  for example in "$T"/examples/*.run; do
    echo "--- $(basename "$example")"
    mkdir "$example.dir"
    (cd "$example.dir" && bash -o pipefail "$example" >"$example.stdout" 2>"$example.stderr" </dev/null 3>&-) || {
      echo "status $?"
      cat "$example.stdout" "$example.stderr"
      false
    }
    [ ! -f "${example%.run}.output" ] || diff -u "${example%.run}.output" "$example.stdout"
  done
}
