#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A party leaves: what it stated stays, nodes that were away follow, and it comes back in a fresh main log.
. "$(dirname "$0")/lib.sh"
verify=${TRUCE}-verify

for p in east north south; do must keygen $p --party $p; done
must keygen watch --party watch --role observer
t 1 mechanism draft ./*/card-*.json --name "Line" --decision amendment=k-of-n:2@all -o m.json
err_has "more than half"
must mechanism draft ./*/card-*.json --name "Line" --decision amendment=k-of-n:3@all -o m.json
for p in east north south watch; do must -C $p mechanism accept m.json; done
last_proposal() { sed -n 's/^proposed: \(.*\),.*/\1/p' "$out"; }
version_of() { "$TRUCE" -C "$1" mechanism show --json | sed -n 's/^  "version": *\([0-9]*\),*/\1/p'; }

report south 2026-05-04T09:58:00Z >/dev/null
must keygen desk --party south --desk post
must -C desk mechanism accept m.json
must -C south desk add desk/card-south-post.json
must -C desk report --at 2026-05-04T12:58:00Z --place "35.91 36.61" --kind shelling --means heard --yes
must -C desk bundle export stick.truce
must -C south bundle import stick.truce
round east north south watch

# watch is away from here on. A first document, for which south consents, and then south leaves.
t 0 -C east mechanism amend --quota 500
first=$(last_proposal)
round east north south
for p in north south; do must -C $p mechanism consent "$first"; done
round east north south
same "the first is in force" 1 "$(version_of east)"
t 1 -C east mechanism amend --remove nobody
t 2 -C east mechanism amend --remove south --end-at 100000
t 2 -C east mechanism amend --remove south --end-at -1
t 0 -C east mechanism amend --remove south
leaving=$(last_proposal)
round east north south
for p in north south; do must -C $p mechanism consent "$leaving"; done
round east north south
same "the second is in force" 2 "$(version_of east)"
t 0 -C east mechanism show
out_has "has left"
t 0 -C east status
out_has "guarantor, has left"
t 0 -C east incidents
same "what it stated stays" 2 "$(grep -c shelling "$out")"
t 1 -C south report --at 2026-05-05T09:58:00Z --place "35.90 36.60" --kind shelling --means heard --yes
err_has "has left this mechanism"
t 2 -C east ask south/main/1 --to south --by 2099-01-01 --text "more?"
err_has "has left"

# Who was away follows the whole chain, from one party's stick.
must -C north bundle export stick.truce
t 0 -C watch bundle import stick.truce
same "and stands where the others stand" 2 "$(version_of watch)"
round east north watch
same "one picture" 1 "$(for p in east north watch; do "$TRUCE" -C $p picture --digest; done | sort -u | wc -l)"
check "an outsider accepts it" "$verify" watch
"$verify" watch | grep -q "version 2" && ok "the verifier follows, too" || fail "the verifier follows, too"

# A document that is lost among the blobs is damage of the log that proposed it.
document=$("$TRUCE" -C watch mechanism show | sed -n 's/^document *//p')
rm "watch/blobs/$document"
t 1 -C watch status
out_has "ALARM" "truce fsck --set-aside east/main"
t 0 -C watch fsck --set-aside east/main
must -C north bundle export stick.truce
t 0 -C watch bundle import stick.truce
same "the document is back" 2 "$(version_of watch)"
t 0 -C watch status

# It comes back in a fresh main log, and not in its old one.
t 2 -C east mechanism amend --add south/card-south.json
err_has "its log has ended"
t 0 -C south desk renew --card
t 0 -C east mechanism amend --add south/card-south-main-2.json
back=$(last_proposal)
round east north watch
for p in north watch; do must -C $p mechanism consent "$back"; done
round east north watch south
same "it is back" 3 "$(version_of south)"
t 0 -C south mechanism accept m.json
same "and reports in its fresh log" south/main-2/1 "$(report south 2026-05-06T09:58:00Z)"
round east north watch south
t 0 -C watch incidents
same "beside what it had stated" 3 "$(grep -c shelling "$out")"
same "one picture again" 1 "$(for p in east north watch south; do "$TRUCE" -C $p picture --digest; done | sort -u | wc -l)"
check "and an outsider accepts it" "$verify" south

finish
