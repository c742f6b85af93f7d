#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# truce actor: stated once, corrected only when asked, bad words refused.
set -u
T=$(realpath "${TRUCE:-build/truce}") || exit 1
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
cd "$D" || exit 1
FAILED=0
# want STATUS PATTERN COMMAND...: exit status and, in what it printed, a fixed text ("" for any).
want() {
  local status=$1 pattern=$2 got
  shift 2
  "$@" >out 2>err </dev/null
  got=$?
  if [ "$got" != "$status" ] || ! cat out err | grep -qF -- "$pattern"; then
    echo "FAILED: $* : exit $got, wanted $status and \"$pattern\"; printed:"
    cat out err
    FAILED=1
  fi
}
statements() { "$T" -C n status --json | grep -m1 '"size"' | tr -dc 0-9; }
same_size() {
  [ "$(statements)" = "$1" ] || { echo "FAILED: $2 left statements behind: $(statements), not $1"; FAILED=1; }
}
"$T" init n --mechanism m --party un=UN:observer --me un >/dev/null || exit 1
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
exit $FAILED
