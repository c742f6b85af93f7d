#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Findings: withdrawals by two persons that open them again, clocks of silence, bulletins, excluded groups. Three guarantors, one with a second office.
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
print("brief_or_position" if rows[0]["reopened"][0][5] == "position" else rows)')"

# ---- counts as bulletins give them
t 0 -C north bulletin --day 2026-05-04
out_has "Guarantor east: 1 recorded" "of these Guarantor north: 0 confirmed, 0 not confirmed, 1 not answered; 0 stated by it too"
t 0 -C north position "$lone" confirm --reason "camera"
t 0 -C north bulletin --from 2026-05-01 --to 2026-05-31
out_has "of these Guarantor north: 1 confirmed, 0 not confirmed, 0 not answered; 0 stated by it too"
t 0 -C north bulletin --day 2026-05-04 --json
same "for programs" 1 "$(json 0.recorded)"
t 2 -C north bulletin --day 2026-13-01

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

# ---- days of a signed brief keep their maps
sed 's/2018-01-01/2026-01-01/; s/36\.0,35\.4/35.0,35.0/g; s/37\.0,35\.4/38.0,35.0/; s/37\.0,36\.2/38.0,37.0/; s/36\.0,36\.2/35.0,37.0/' <(make_zones) >zones.geojson
third=$(report south 2026-05-04T20:00:00Z "36.00 36.50")
check "a third report" test -n "$third"
t 0 -C east zone import zones.geojson
all_to_all
for p in north south; do t 0 -C $p zone accept north; done
all_to_all
t 0 -C east brief propose --day 2026-05-04
brief=$(sed -n 's/^proposed //p' "$out")
all_to_all
for p in north south; do t 0 -C $p brief sign "$brief"; done
all_to_all
t 0 -C east zone retire north --at 2026-05-04T12:00:00Z
out_has "keep their counts"
all_to_all
for p in north south; do t 0 -C $p zone accept north; done
out_has "it is"
all_to_all
t 0 -C south zone changes
out_has "would change: 2026-05-04, north:" "keeps its counts" "1 signed day(s)"
cp "$out" changes.txt
t 0 -C north zone changes
same "the same at every party" "" "$(diff changes.txt "$out")"
t 0 -C north zone changes --json
same "for programs" 2026-05-04 "$(json 0.day)"
t 0 -C south incidents --day 2026-05-04 --zone north
out_has "$third"
check "and the incident still lies in it" grep -q "$third.* north  *inside" "$out"

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

# ---- bulletins and the register of excluded groups in briefs
for p in e f; do must keygen g$p --party $p --name "Guarantor $p"; done
must keygen gw --party w --name Watch --role observer
must mechanism draft ./g?/card-*.json --name "Register" -o register.json
for p in ge gf gw; do must -C $p mechanism accept register.json; done
g_to_all() {
  for from in gf gw; do carry $from ge; done
  carry ge gf gw
}
g_to_all
one=$(report ge 2026-05-04T09:58:00Z "35.90 36.60")
two=$(report gf 2026-05-04T15:00:00Z "35.70 36.20")
check "reports are there" test -n "$one" -a -n "$two"
g_to_all
t 0 -C gf position "$one" confirm --reason "heard"
t 0 -C gf position "$one" excluded-group --reason "it says so itself"
t 0 -C ge position "$one" attribute other-side --reason "bearing"
t 0 -C ge position "$two" not-confirm --reason "nobody was there"
g_to_all
t 0 -C ge bulletin --day 2026-05-04 --json
cp "$out" bulletin.json
t 0 -C ge brief --day 2026-05-04 --out told
t 0 -C gf verify-brief told
out_has same
check "the brief counts as truce bulletin does" python3 -c '
import json
b = json.load(open("told/brief.json", encoding="utf-8"))
assert b["bulletin"]["by_day"] == json.load(open("bulletin.json", encoding="utf-8"))
e = b["bulletin"]["sums"][0]
assert (e["party"], e["recorded"], "day" in e) == ("e", 1, False)
assert e["others"][0] == {"party": "f", "answered": 1, "confirmed": 1, "not_confirmed": 0, "recorded": 0}
assert "excluded" not in b
'
check "and the page says so" grep -q "Guarantor e</bdi>: 1 recorded" told/index.html
t 0 -C ge brief --day 2026-05-04 --edition public --out told-public
check "the public edition counts the same" python3 -c '
import json
a, b = (json.load(open(f"{d}/brief.json", encoding="utf-8"))["bulletin"] for d in ("told", "told-public"))
assert a == b
'
python3 - <<'END'
import json
m = json.load(open("register.json", encoding="utf-8"))
m["excluded_groups"] = {"version": 1, "groups": [{"actor": "group-n", "name": "Group North", "dissent": ["w"]}]}
open("amended.json", "w", encoding="utf-8").write(json.dumps(m, sort_keys=True, separators=(",", ":")))
END
t 0 -C ge mechanism amend --document amended.json
amendment=$(sed -n 's/^proposed: \(.*\),.*/\1/p' "$out")
g_to_all
t 0 -C gf mechanism consent "$amendment"
g_to_all
t 0 -C ge brief --day 2026-05-04 --out listed
t 0 -C ge brief --day 2026-05-04 --edition public --out listed-public
for b in told told-public listed listed-public; do t 0 -C gf verify-brief $b; done
check "who attributes to a group of the register" python3 -c '
import json
x = json.load(open("listed/brief.json", encoding="utf-8"))["excluded"]
assert x["version"] == 1 and x["groups"] == [{"actor": "group-n", "dissent": ["w"], "name": "Group North"}], x
[i] = x["incidents"]
assert i["says"] == [{"party": "f", "attribution": "excluded-group"}] and "joint" not in i, i
assert i["dissent"] == [{"party": "e", "attribution": "attribute:other-side"}], i
p = json.load(open("listed-public/brief.json", encoding="utf-8"))["excluded"]
assert set(p) == {"groups", "version"}, p
'
check "in words" grep -q "1 of these incidents is attributed to a group of the register" listed/index.html
refuse "nobody's attribution is published" grep -q "attributed to\|attribute:" listed-public/brief.json listed-public/index.html
finish
