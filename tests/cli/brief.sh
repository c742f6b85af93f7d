#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Briefs, their editions, and their verification.
. "$(dirname "$0")/lib.sh"

"$tests_folder/../tools/make_demo_ged" demo 3 >/dev/null
new_node n
must -C n zone import demo/zones.geojson
must -C n import ged demo/events.csv
t 0 -C n brief --from 2024-06-08 --to 2024-06-14 --out b
same "the files" "brief.json incidents.csv incidents.geojson index.html map.svg" "$(cd b && echo *)"
t 0 -C n verify-brief b
out_has same
t 0 -C n brief --from 2024-06-08 --to 2024-06-14 --out b2
same "the same brief, the same bytes" "" "$(diff -r b b2)"
t 0 -C n verify-brief b --json
same "same, for programs" true "$(json same)"
for f in brief.json incidents.csv incidents.geojson index.html map.svg; do
  rm -rf c && cp -r b c
  sed -i '0,/2024/s/2024/2025/' c/$f
  t 1 -C n verify-brief c
  rm c/$f
  t 1 -C n verify-brief c
done
t 1 -C n verify-brief nowhere
new_node other
t 1 -C other verify-brief b
check "the page needs no script" bash -c '! grep -qi "<script" b/index.html'
check "the page asks nothing of the network" bash -c '! grep -qE "(src|href)=\"(https?:)?//" b/index.html'
check "the SVG is well-formed" python3 -c 'import xml.dom.minidom as m; m.parse("b/map.svg")'

# A cut that names other rules is not computed by these.
rm -rf c && cp -r b c
sed -i 's/\("cut":{[^}]*"rules":\)0/\17/' c/brief.json
refuse "the rules of the cut are changed" cmp -s b/brief.json c/brief.json
t 1 -C n verify-brief c
err_has "rules version 7"

# Days that begin at another hour than midnight say so.
refuse "midnight needs no word" grep -q "A day begins" b/index.html
must init six --mechanism "Six" --party un=UN --me un --day-cutoff 06:00 --utc-offset +03:00
t 0 -C six brief --day 2024-06-10 --out six-brief
check "the hour is named" grep -q "A day begins at 06:00" six-brief/index.html

# Later statements do not change what an earlier brief was computed from.
make_reports 5 >r.csv
must -C n import reports r.csv
t 0 -C n verify-brief b
id=$("$TRUCE" -C n incidents --from 2024-06-08 --to 2024-06-14 --format csv | sed -n '2s/,.*//p')
must -C n withdraw "$id" --reason mistake
t 0 -C n verify-brief b
t 0 -C n brief --from 2024-06-08 --to 2024-06-14 --out b3
refuse "the new brief says otherwise" cmp -s b/brief.json b3/brief.json
t 0 -C n brief --day 2024-06-10 --zone lake-district --out one-zone
t 1 -C n brief --day 2024-06-10 --zone nowhere --out x
t 0 -C n brief --day 2019-01-01 --out empty
t 0 -C n verify-brief empty
t 0 -C n brief --day 2024-06-10 --edition public --out public
t 0 -C n verify-brief public
t 0 -C n brief --day 2024-06-10 --as-of 2024-06-11T00:00:00Z --out asof
t 0 -C n verify-brief asof
t 2 -C n brief --day 2024-06-10 --lang xx --out x

must init ex --mechanism "Training" --party un=UN --me un --exercise
must -C ex import ged demo/events.csv
t 0 -C ex brief --day 2024-06-10 --out exb
same "every file of an exercise is named so" "" "$(find exb -type f ! -name 'EXERCISE-*')"
check "and says so" grep -q EXERCISE exb/EXERCISE-index.html exb/EXERCISE-map.svg exb/EXERCISE-incidents.csv
t 0 -C ex verify-brief exb
t 1 -C ex verify-brief b

# Weeks and months.
t 0 -C n incidents --week 2018-09-19 --json
week=$(json "" | python3 -c 'import json,sys; print(len(json.load(sys.stdin)))')
t 0 -C n incidents --from 2018-09-17 --to 2018-09-23 --json
same "a week is Monday to Sunday" "$week" "$(json "" | python3 -c 'import json,sys; print(len(json.load(sys.stdin)))')"
t 0 -C n brief --month 2018-09 --out month
check "a month has thirty days" grep -q '"first_day":"2018-09-01"' month/brief.json
check "to its end" grep -q '"last_day":"2018-09-30"' month/brief.json
t 0 -C n brief --week 2018-09-19 --out week
check "sides, differences, likely duplicates, hours and calibration are there" python3 -c '
import json
b = json.load(open("week/brief.json", encoding="utf-8"))
for member in ("sides", "differences", "alike", "disputed", "by_hour", "calibration"):
    assert member in b, member
assert len(b["by_hour"]) == 24
assert sum(n for _, n in b["by_hour"]) == b["counts"]["all"]["incidents"]
'
t 0 -C n verify-brief week
t 2 -C n brief --week 2018-09-19 --day 2018-09-19 --out none
t 2 -C n brief --month 2018-13 --out none

# Reports of several sides, fused: each side's counts, and nothing of a post in the public edition.
t 0 exercise --seed 3 --days 3 --incidents-per-day 40 --parties 3 --posts 8 --out drill
t 0 -C drill/node calibrate
for edition in parties public; do
  t 0 -C drill/node brief --from 2024-06-03 --to 2024-06-05 --edition $edition --out "drill-$edition"
  t 0 -C drill/node verify-brief "drill-$edition"
done
check "sides add up, pairs and differences point at incidents" python3 -c '
import json
b = json.load(open("drill-parties/EXERCISE-brief.json", encoding="utf-8"))
every = b["sides"]["all"][0]
assert every["party"] is None and every["recorded"] == b["counts"]["all"]["incidents"]
assert every["alone"] + every["with_others"] == every["recorded"] and every["with_others"] > 0
relayed = [s for s in b["sides"]["all"] if s["relayed"] and s["party"]]
assert relayed and all(s["relayed_by"] == ["obs"] for s in relayed)
assert b["differences"] and b["alike"] and b["map"]["sectors"] and b["calibration"]
rows = b["incidents"]["rows"]
ids = [r[0] for r in rows]
for row, other, name, *_ in b["alike"]:
    assert row < len(rows) and (ids[other] == name if other is not None else name not in ids)
for d in b["differences"]:
    assert len(d["claims"]) > 1 and ";" in rows[d["row"]][19]
for tally in [b["counts"]["all"], *(z["all"] for z in b["counts"]["by_zone"])]:
    for name in ("killed", "injured", "violations"):
        assert sorted(tally[name]) == tally[name]
'
check "the public edition has no post, sector or claim of means" python3 -c '
import json
b = json.load(open("drill-public/EXERCISE-brief.json", encoding="utf-8"))
assert b["map"]["sectors"] == []
assert all(set(c) <= {"count", "injured", "killed", "kinds", "party"} for d in b["differences"] for c in d["claims"])
posts = b["incidents"]["columns"].index("posts")
assert all(r[posts] is None for r in b["incidents"]["rows"])
text = open("drill-public/EXERCISE-brief.json", encoding="utf-8").read()
assert "op-" not in text and "observation-post" not in text
'
check "what is only relayed makes no bulletin" bash -c '! grep -q "\"bulletin\"" drill-*/EXERCISE-brief.json'
refuse "nothing is called confirmed" grep -qi confirmed drill-parties/EXERCISE-index.html drill-public/EXERCISE-index.html

finish
