#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A party goes on in a fresh main log: by itself, after a fork by the others' rule, after a loss of all keys.
. "$(dirname "$0")/lib.sh"
verify=${TRUCE}-verify

parties="east north south watch"
for p in east north south; do must keygen $p --party $p; done
must keygen watch --party watch --role observer
must mechanism draft ./*/card-*.json --name "Line" --exercise -o m.json
for p in $parties; do must -C $p mechanism accept m.json; done
report south 2026-05-04T09:58:00Z >/dev/null
round $parties

# ---- by itself
t 0 -C north desk renew
out_has "north/main is closed; this party goes on in north/main-2"
same "its next report is in the fresh log" north/main-2/1 "$(report north 2026-05-04T10:58:00Z)"
t 0 -C north position south/main/1 confirm --reason "heard"
round $parties
for p in $parties; do
  t 0 -C $p status
  t 0 -C $p incidents
done
same "one picture" 1 "$(for p in $parties; do "$TRUCE" -C $p picture --digest; done | sort -u | wc -l)"
check "an outsider accepts it" "$verify" watch

# ---- a fork, and its end by the others
cp -r south twin
report south 2026-05-04T11:58:00Z >/dev/null
report twin 2026-05-04T12:58:00Z >/dev/null
"$TRUCE" -C twin bundle export stick.truce >/dev/null
t 0 -C north bundle import stick.truce
round $parties
t 1 -C east status
out_has "two versions of south's record exist"
t 1 -C south status
t 1 -C south desk renew
err_has "two versions of south/main exist"
t 0 -C south desk renew --card
out_has "south/card-south-main-2.json"
cp "$out" first
t 0 -C south desk renew --card
same "the same card again" "$(grep fingerprint first)" "$(grep fingerprint "$out")"
t 0 -C east mechanism amend --add south/card-south-main-2.json
amendment=$(sed -n 's/^proposed: \(.*\),.*/\1/p' "$out")
round $parties
t 0 -C north mechanism consent "$amendment"
round $parties
t 0 -C south mechanism accept m.json
t 1 -C east evidence explain main --cause unknown
t 2 -C south evidence explain main --cause boredom
t 0 -C south evidence explain main --cause two-machines --text "a copy of the folder went on"
same "its next report is in the fresh log" south/main-2/2 "$(report south 2026-05-04T13:58:00Z)"
round $parties
for p in $parties; do
  t 0 -C $p status
  out_has "settled    two versions of south's record exist" "two-machines" "goes on as main-2"
done
same "one picture of those who hold the same" 1 "$(for p in east watch; do "$TRUCE" -C $p picture --digest; done | sort -u | wc -l)"
check "an outsider accepts it" "$verify" watch
t 0 -C watch fsck

# ---- all keys are gone
mv south lost
t 2 keygen south --party south --main other
t 0 keygen south --party south --main main-3
t 1 -C south mechanism accept m.json
t 0 -C south mechanism accept --renewed m.json
out_has "names these keys yet"
t 0 -C east mechanism amend --add south/card-south.json
amendment=$(sed -n 's/^proposed: \(.*\),.*/\1/p' "$out")
round east north watch
t 0 -C north mechanism consent "$amendment"
round east north watch
t 0 -C east mechanism show
out_has ": proposed"
# Unanimity asks south, too: the copy of the keys in the safe says so.
round east north watch lost
t 0 -C lost mechanism consent "$amendment"
round east north watch lost
t 0 -C east bundle export stick.truce
"$TRUCE" -C south bundle import stick.truce >"$out" 2>"$err"
t 0 -C south mechanism accept m.json
same "its first report under the new keys" south/main-3/1 "$(report south 2026-05-04T14:58:00Z)"
t 0 -C south bundle export stick.truce
t 0 -C watch bundle import stick.truce
out_has "south/main-3: 0 -> 2"
check "an outsider accepts it" "$verify" watch

finish
