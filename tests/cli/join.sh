#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Joins and splits: stated, kept, withdrawn; contradicting, too far, waiting ones.
. "$(dirname "$0")/lib.sh"

new_node n
cat >r.csv <<R
$columns
a1,un,un-1,2018-09-02T10:00:00Z,60,35.50000,36.20000,500,,,,,seen,shelling,3,0,0
a2,un,un-2,2018-09-02T10:02:00Z,60,35.50200,36.20100,500,,,,,seen,shelling,4,0,0
b1,un,un-3,2018-09-02T10:06:00Z,60,35.51500,36.20000,500,,,,,seen,shelling,5,0,0
c1,un,un-4,2018-09-20T13:00:00Z,60,35.70000,36.50000,500,,,,,seen,shelling,5,0,0
R
must -C n import reports r.csv
members() {
  t 0 -C n incidents --format csv --members
  same "$1" "$2" "$(python3 - "$out" <<'P'
import collections, csv, sys
groups = collections.defaultdict(list)
for row in csv.DictReader(open(sys.argv[1], encoding="utf-8")): groups[row["incident"]].append(row["report"])
print(" ".join(sorted("+".join(sorted(g)) for g in groups.values())))
P
)"
}
members "two reports of one shelling are one incident" "a1+a2 b1 c1"
t 0 -C n explain a2
out_has "why together" "a1"

t 0 -C n join a1 b1 --reason "the same battery" --json
same "in effect" effective "$(json state)"
join=$(json statement)
same "one incident" "$(json incidents.0)" "$(json incidents.1)"
members "joined by hand" "a1+a2+b1 c1"
t 0 -C n explain b1
out_has a1 a2
t 0 -C n explain b1 --json
check "explained for programs: parts of the sum, who would be elsewhere" python3 - "$out" <<'P'
import json, sys
j = json.load(open(sys.argv[1], encoding="utf-8"))
together, members = j["together"], j["together"]["members"]
assert together["calibration"] == "", together
assert [m["report"] for m in members] == ["un/main/2", "un/main/3", "un/main/4"], members
parts = {"time", "place", "kind", "count", "casualties", "direction", "reporters"}
assert set(together["micronats"]) == parts
for m in members:
    assert set(m["adds_micronats"]) == parts and 0 <= m["certainty_ppm"] <= 1000000, m
assert together["micronats"]["time"] < -10_000_000 < m["adds_micronats"]["kind"], together  # joined against the times
assert j["incident"]["reports"] == 3
# a1 and b1 were joined by hand: no other place. a2 was not.
assert ["other_behind_micronats" in m for m in members] == [False, True, False], members
P
t 0 -C n split a1 a2
out_has effective
split=$(cut -d' ' -f1 "$out" | head -1)
members "split by hand" "a1+b1 a2 c1"

# What contradicts has no effect, none of it.
t 0 -C n join b1 a2
out_has contradicted
third=$(cut -d' ' -f1 "$out" | head -1)
members "contradicting: as if nobody had said anything" "a1+a2 b1 c1"
t 0 -C n withdraw "$third" --reason mistake
members "withdrawn: the others stand again" "a1+b1 a2 c1"
t 0 -C n withdraw "$join" --reason mistake
members "the join withdrawn" "a1 a2 b1 c1"
t 0 -C n withdraw "$split" --reason mistake
members "all withdrawn" "a1+a2 b1 c1"

# Too far in time; of a withdrawn report; of itself; of nobody.
t 0 -C n join a1 c1 --json
same "weeks apart" too-far "$(json state)"
members "without effect" "a1+a2 b1 c1"
t 0 -C n join a2 b1
t 0 -C n withdraw b1 --reason mistake
members "a join with a withdrawn report waits" "a1+a2 c1"
t 1 -C n join a1 b1
err_has withdrawn
t 2 -C n join a1 a1
err_has itself
t 1 -C n split a1 nobody
err_has nobody
t 2 -C n join a1
t 2 -C n split

# The same picture again from nothing.
t 0 -C n picture --digest
digest=$(cat "$out")
t 0 -C n picture --rebuild
t 0 -C n picture --digest
same "rebuilt, the same picture" "$digest" "$(tail -1 "$out")"
t 0 -C n fsck

# What reports contradict each other in is said, never settled: parties' numbers as a range, kinds.
new_node d
cat >d.csv <<R
$columns
x1,north,n-1,2018-09-02T10:00:00Z,60,35.50000,36.20000,500,,,,,told,airstrike,1,2,0
x2,south,s-1,2018-09-02T10:01:00Z,60,35.50100,36.20100,500,,,,,heard,explosion,1,5,0
x3,south,s-1,2018-09-02T10:09:00Z,60,35.50800,36.20000,500,,,,,told,shelling,4,,
R
must -C d import reports d.csv
t 0 -C d join x1 x2
t 0 -C d explain x2
out_has "killed    2 to 5" "contradicts: killed, parties say 2 to 5" "contradicts: kinds differ (airstrike:1;explosion:1)"
out_has "said:north;said:south" "why together: 2 reports"
out_lacks "killed    not stated"
t 0 -C d explain x2 --json
same "no best figure where parties differ" "2 null 5" "$(json incident.killed_low) $(json incident.killed_best) $(json incident.killed_high)"
t 0 -C d explain x3
out_has "alone, with"
finish
