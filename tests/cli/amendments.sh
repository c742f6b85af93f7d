#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Under unanimity: one document is objected to, another follows in its place, and nobody is accused.
. "$(dirname "$0")/lib.sh"
verify=${TRUCE}-verify
version_of() { "$TRUCE" -C "$1" mechanism show | sed -n 's/^version *\([0-9]*\).*/\1/p'; }
proposed() { sed -n 's/^proposed: \(.*\),.*/\1/p' "$out"; }

parties="east north south watch"
for p in east north south; do must keygen $p --party $p; done
must keygen watch --party watch --role observer
must mechanism draft ./*/card-*.json --name "Line" -o m.json
for p in $parties; do must -C $p mechanism accept m.json; done
round $parties

t 0 -C east mechanism amend --quota 500
first=$(proposed)
t 2 -C east mechanism amend --quota 400
err_has "this party has consented to $first"
round $parties
t 1 -C south mechanism amend --quota 500
err_has "this is what $first proposes"
t 0 -C south mechanism object "$first" --reason "too many"
round $parties
t 2 -C east mechanism amend --quota 300
t 1 -C north mechanism amend --quota 300
err_has "could never come into force" "object to it and then propose another"
t 0 -C south mechanism amend --quota 300
second=$(proposed)
t 2 -C south mechanism consent "$first"
round $parties
for p in east north; do t 0 -C $p mechanism consent "$second"; done
round $parties
for p in $parties; do
  same "$p: the second is in force" 1 "$(version_of $p)"
  t 0 -C $p status
  t 0 -C $p incidents
done
t 0 -C watch mechanism show
out_has "$first"
same "one picture" 1 "$(for p in $parties; do "$TRUCE" -C $p picture --digest; done | sort -u | wc -l)"
check "an outsider accepts it" "$verify" watch
"$verify" watch | grep -q "version 1" && ok "and sees it in force" || fail "and sees it in force"

# Two that cross: a third party is for one and against the other, and whoever was for that one is free.
t 0 -C east mechanism amend --quota 600
third=$(proposed)
t 0 -C north mechanism amend --quota 700
fourth=$(proposed)
round $parties
t 1 -C south mechanism amend --quota 800
err_has "could never come into force"
t 2 -C east mechanism consent "$fourth"
t 0 -C south mechanism object "$third" --reason "the other"
t 0 -C south mechanism consent "$fourth"
round $parties
t 0 -C east mechanism consent "$fourth"
round $parties
for p in $parties; do
  same "$p: it is in force" 2 "$(version_of $p)"
  t 0 -C $p status
done
same "one picture" 1 "$(for p in $parties; do "$TRUCE" -C $p picture --digest; done | sort -u | wc -l)"
check "an outsider accepts it" "$verify" watch

finish
