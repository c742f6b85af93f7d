#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# truce actor: stated once, corrected only when asked, bad words refused.
. "$(dirname "$0")/lib.sh"

T=$TRUCE
# want STATUS TEXT COMMAND...: exit status, and a fixed text somewhere in what it printed.
want() {
  local status=$1 text=$2 got name
  shift 2
  timeout 120 "$@" >"$out" 2>"$err" </dev/null
  got=$?
  name="exit $status, \"$text\": ${*:2}"
  if [ "$got" = "$status" ] && cat "$out" "$err" | grep -qF -- "$text"; then
    ok "${name:0:150}"
  else
    fail "${name:0:150}" "exit $got" "$(tail -3 "$err")"
  fi
}
statements() { size_of n; }
same_size() { same "$2 leaves nothing behind" "$1" "$(statements)"; }
new_node n
want 0 "un/main/1" "$T" -C n actor add army --name en="The Army" --name ar="الجيش"
want 0 "nothing was added" "$T" -C n actor add army --name en="The Army" --name ar="الجيش"
want 1 "--correct" "$T" -C n actor add army --name en="The Army"
want 0 "corrected" "$T" -C n actor add army --name en="The Army" --correct
want 1 "nothing to correct" "$T" -C n actor add other --name en=Other --correct
N=$(statements)
want 2 "actor id" "$T" -C n actor add "Bad Id" --name en=x
want 2 "LANGUAGE=NAME" "$T" -C n actor add q --name x
want 2 "named twice" "$T" -C n actor add q --name en=x --name en=y
want 2 "no party" "$T" -C n actor add q --name en=x --called nobody:en=y
want 1 "no actor" "$T" -C n actor add q --name en=x --part-of nothing
want 2 "ends before it begins" "$T" -C n actor add q --name en=x --from 2018-01-01 --to 2017-01-01
same_size "$N" "a refused actor"
want 0 "statement" "$T" -C n actor add corps --name en=Corps --part-of army --json
want 0 '"party": "un"' "$T" -C n actor list --json
want 0 "Example:" "$T" actor add --help
finish
