#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Exercises: files by seed, the node, the truth aside, the score.
. "$(dirname "$0")/lib.sh"

t 0 exercise --seed 7 --days 3 --incidents-per-day 30 --parties 3 --posts 5 --corrected-permille 100 --out drill
out_has "EXERCISE" "seed 7" "truth.csv"
for f in reports.csv truth.csv zones.geojson scenario.json corrections.csv patrols.csv places.csv node/mechanism.json; do
  check "there is $f" test -s "drill/$f"
done
same "the columns" "$columns" "$(head -1 drill/reports.csv)"
same "of the truth" "id,incident" "$(head -1 drill/truth.csv)"
check "scenario.json is JSON and says what it is" python3 - <<'P'
import json
s = json.load(open("drill/scenario.json", encoding="utf-8"))
assert s["exercise"] is True and "GeoNames" in s["places_from"]
assert s["options"]["seed"] == "7" and s["options"]["days"] == 3
assert len(s["posts"]) == 5 and all(isinstance(p["clock_offset_s"], int) for p in s["posts"])
assert len(s["parties"]) == 3 and len(s["reporters"]) == 27
ids = {i["id"] for i in s["incidents"]}
import csv
truth = list(csv.DictReader(open("drill/truth.csv")))
reports = {r["id"] for r in csv.DictReader(open("drill/reports.csv"))}
assert reports == {t["id"] for t in truth if t["id"][0] == "r"}
assert all(t["incident"] in ids for t in truth if t["id"][0] == "r")
assert sum(i["reports"] for i in s["incidents"]) == len(reports)
P
check "nothing of the truth lies in the node" bash -c '! find drill/node -name "truth*" -o -name "scenario*" | grep -q . && ! grep -rqa clock_offset drill/node'

# The same again, byte for byte; another seed is another one.
must exercise --seed 7 --days 3 --incidents-per-day 30 --parties 3 --posts 5 --corrected-permille 100 --out again --no-node
for f in reports.csv truth.csv zones.geojson scenario.json corrections.csv patrols.csv places.csv; do
  check "the same $f" cmp "drill/$f" "again/$f"
done
check "--no-node makes none" test ! -e again/node
must exercise --seed 8 --days 3 --incidents-per-day 30 --parties 3 --posts 5 --out other --no-node
refuse "another seed, another file" cmp -s drill/reports.csv other/reports.csv

# The node is an exercise and says so.
t 0 -C drill/node status
out_has EXERCISE
t 0 -C drill/node fsck
t 0 -C drill/node zone list
out_has op-1 zone-1 line
t 0 -C drill/node incidents --format csv
out_has EXERCISE
t 0 -C drill/node incidents --format csv --members
cp "$out" members.csv
rows=$(($(wc -l <drill/reports.csv) + $(wc -l <drill/patrols.csv) - 2))
same "every report is in the picture" "$rows" "$(($(wc -l <members.csv) - 1))"
t 0 -C drill/node brief --from 2024-06-03 --to 2024-06-05 --out brief
check "the brief's files say EXERCISE" bash -c 'find brief -type f | grep -q EXERCISE'
t 0 -C drill/node place find Beja
t 0 -C drill/node explain "$(sed -n 2p drill/corrections.csv | cut -d, -f1)"
out_has "the figures are those of"

# By hand, the import finds the node's reports as they are.
t 0 -C drill/node import reports drill/patrols.csv
out_has "were known"
new_node by-hand
t 0 -C by-hand zone import drill/zones.geojson
t 0 -C by-hand place import drill/places.csv
t 0 -C by-hand import reports drill/reports.csv
t 0 -C by-hand import reports drill/corrections.csv --corrections
out_has "0 new" "0 refused"

# The score: two lines as score_clusters.py prints them, then the clocks.
t 0 exercise score drill
cp "$out" score.txt
same "three lines" 3 "$(wc -l <score.txt)"
same "records" "records $rows" "$(head -1 score.txt | sed 's/  true.*//')"
out_has "offsets: no calibration"
t 0 exercise score drill -C drill/node
check "the node is DIR/node by default" cmp "$out" score.txt
t 0 -C drill/node exercise score drill
check "or the one of -C before" cmp "$out" score.txt
cat >formulas.py <<'P'
import collections, csv, sys

def load(path):
    rows = csv.reader(open(path, newline="", encoding="utf-8"))
    next(rows)
    return {r[0]: r[1] for r in rows}

def pairs(counts):
    return sum(n * (n - 1) // 2 for n in counts.values())

truth, got = load(sys.argv[1]), load(sys.argv[2])
put = {i: got.get(i, "alone " + i) for i in truth}
both = pairs(collections.Counter((truth[i], put[i]) for i in truth))
t, q, n = pairs(collections.Counter(truth.values())), pairs(collections.Counter(put.values())), len(truth)
p, r = both / q if q else 1, both / t if t else 1
f = 2 * p * r / (p + r) if p + r else 0
by_chance = t * q / (n * (n - 1) / 2) if n > 1 else 0
ari = (both - by_chance) / ((t + q) / 2 - by_chance) if (t + q) / 2 != by_chance else 1
print(f"records {n}  true clusters {len(set(truth.values()))}  predicted clusters {len(set(put.values()))}")
print(f"precision {p:.4f}  recall {r:.4f}  F1 {f:.4f}  ARI {ari:.4f}")
P
same "the figures of the formulas" "$(python3 formulas.py drill/truth.csv members.csv)" "$(head -2 score.txt)"
if [ -n "${TRUCE_SHARED-}" ]; then
  same "the figures of the shared script" "$(python3 "$TRUCE_SHARED/tools/score_clusters.py" drill/truth.csv members.csv)" "$(head -2 score.txt)"
else
  skip "the figures of the shared script" "TRUCE_SHARED names no folder"
fi
t 0 exercise score drill --json
same "records by --json" "$rows" "$(json records)"
same "no calibration by --json" null "$(json offsets)"
# Reports of one's own are in no truth and do no harm.
must -C drill/node report --at 2024-06-04T10:00:00Z --place "38.0 -8.0" --radius 500 --kind shelling --yes
t 0 exercise score drill
check "the same score" cmp "$out" score.txt

# Other regions, counts, a box where no place is known; JSON.
t 0 exercise --seed 1 --days 1 --incidents-per-day 0.5 --parties 1 --posts 0 --region lakeland --from 2031-01-01 --out tiny --json
same "JSON" true "$(json exercise)"
t 0 exercise score tiny
t 0 exercise --seed 2 --days 2 --incidents-per-day 20 --parties 5 --region=-20.5,-57.5,-18.5,-55.5 --out box
check "negative coordinates" grep -q ',-19\.' box/reports.csv
t 0 exercise --seed 3 --days 400 --incidents-per-day 50 --reports-max 500 --no-node --out most
same "so many reports" 501 "$(wc -l <most/reports.csv)"

# Wrong use, and nothing is begun.
t 2 exercise
err_has "--out"
for bad in "--days 0" "--days x" "--days 1e3" "--incidents-per-day -1" "--incidents-per-day many" "--incidents-per-day 200000" "--parties 0" \
  "--parties 99" "--posts -1" "--posts 5000" "--region atlantis" "--region 1,2,3" "--region 1,2,3,4,5" "--region 35,36,34,37" "--region 1,2,x,4" \
  "--from 2024-02-30" "--from 1800-01-01" "--seed -1" "--seed x" "--relayed-permille 2000" "--patrols-per-day -3" "--reports-max -1"; do
  # shellcheck disable=SC2086
  t 2 exercise --out bad $bad
done
check "nothing was begun" test ! -e bad
t 2 exercise score
t 1 exercise --seed 7 --out drill
err_has "drill" "not empty"
t 1 exercise score nowhere
err_has nowhere
t 1 exercise score drill -C nowhere
err_has nowhere
t 1 exercise --out /dev/null/x
mkdir damaged && cp -r drill/node damaged/node && cp drill/truth.csv damaged/ && echo '{}' >damaged/scenario.json
t 1 exercise score damaged
err_has scenario.json
printf 'id,incident\nr1\n' >damaged/truth.csv
t 1 exercise score damaged
err_has truth.csv

finish
