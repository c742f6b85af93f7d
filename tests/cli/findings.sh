#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Findings: withdrawals by two persons that open them again, clocks of silence, bulletins. Three guarantors, one with a second office.
. "$(dirname "$0")/lib.sh"

# ---- founding; everything travels by a stick
for p in east north south; do must keygen $p --party $p --name "Guarantor $p"; done
must mechanism draft ./*/card-*.json --name "Line" --decision finding=k-of-n:2 --decision brief=unanimity --duty east,north,south -o m.json
for p in east north south; do must -C $p mechanism accept m.json; done
must keygen office --party east --desk office
must -C office mechanism accept m.json
must -C east desk add office/card-east-office.json
# carry FROM TO...: what one holds is brought to others.
carry() {
  must -C "$1" bundle export stick.truce
  for to in "${@:2}"; do must -C "$to" bundle import stick.truce; done
}
all_to_all() {
  for from in north south office; do carry $from east; done
  carry east north south office
}
report() { "$TRUCE" -C "$1" report --at "$2" --place "$3" --radius 200 --kind shelling --means heard --yes 2>/dev/null | tail -1; }
all_to_all
first=$(report east 2026-05-04T09:58:00Z "35.90 36.60")
lone=$(report east 2026-05-04T15:00:00Z "35.70 36.20")
free=$(report east 2026-05-05T15:00:00Z "35.70 36.20")
check "reports are named" test -n "$first" -a -n "$lone" -a -n "$free"
all_to_all

# ---- nobody has said anything of it: one person withdraws
t 2 -C east withdraw "$free"
t 2 -C east withdraw "$free" --reason mistake --second
t 0 -C east withdraw "$free" --reason mistake
out_has "is withdrawn by"
t 1 -C office withdraw "$free" --second
err_has "no withdrawal of it waits"

# ---- under a position
t 0 -C east position "$first" confirm --reason "own post"
all_to_all
t 0 -C north position "$first" confirm --reason "heard"
all_to_all
t 0 -C east findings
out_has "joint finding: confirmed"
t 0 -C east withdraw "$first" --reason mistake
out_has "is requested by" "--second"
t 2 -C east withdraw "$first" --second
err_has "another desk"
t 0 -C east findings
out_has "joint finding: confirmed"
t 0 -C east incidents
out_has "$first"
t 0 -C east explain "$first"
out_has "requested (needs a second person)"
all_to_all
t 2 -C north withdraw "$first" --second
t 0 -C office withdraw "$first" --second
out_has "seconded"
t 1 -C office withdraw "$first" --second
all_to_all
for p in east north south office; do
  t 0 -C $p findings
  out_has "reopened: report $first withdrawn by east on" "seconded by east/office/" "it stands under a position" "north: confirm"
  out_lacks "joint finding: confirmed"
done
t 0 -C south incidents
out_has "$first  finding reopened"
t 0 -C south explain "$first"
out_has "withdrawn (mistake)"
t 0 -C south findings --json
same "programs read why" brief_or_position "$(python3 -c '
import json
rows = json.load(open("'"$out"'"))
print("brief_or_position" if json.loads(rows[0]["reopened"])[0][5] == "position" else rows)')"

# ---- in a signed brief
t 0 -C north brief propose --day 2026-05-04
brief=$(sed -n 's/^proposed //p' "$out")
all_to_all
for p in east south; do t 0 -C $p brief sign "$brief"; done
all_to_all
t 0 -C east brief signatures
out_has "signed"
t 0 -C east withdraw "$lone" --reason source-safety
out_has "stays; its sealed part is withdrawn"
t 0 -C east withdraw "$lone" --reason duplicate
out_has "is requested by"
all_to_all
t 0 -C office withdraw "$lone" --second --json
same "seconded" seconded "$(json outcome)"
all_to_all
t 0 -C north findings --day 2026-05-04
out_has "reopened: report $lone withdrawn by east on" "it stands in a signed brief"

# ---- the clock of silence
for p in a b c d; do must keygen s$p --party $p --name "Guarantor $p"; done
must mechanism draft ./s?/card-*.json --name "Silence" --decision finding=silence:24 -o silence.json
for p in sa sb sc sd; do must -C $p mechanism accept silence.json; done
for p in sb sc sd; do carry $p sa; done
carry sa sb sc sd
id=$(report sa 2026-05-04T09:58:00Z "35.90 36.60")
t 0 -C sa position "$id" confirm --reason "own post"
t 0 -C sa findings --open
out_has "the clock has not started" "not reached yet: b, c, d"
carry sa sb sc
for p in sb sc; do carry $p sa; done
t 0 -C sa findings --open
out_has "silence:" "h " "left as of" "received the question: b, c" "not reached yet: d" "never consented"
t 0 -C sa findings --open --as-of 2126-01-01T00:00:00Z
out_has "it has run out" "not reached: b, c, d"
t 2 -C sa findings --as-of yesterday
finish
