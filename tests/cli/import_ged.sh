#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Events of the UCDP GED, invented ones.
. "$(dirname "$0")/lib.sh"

"$tests_folder/../tools/make_demo_ged" demo 7 >/dev/null
new_node n
must -C n zone import demo/zones.geojson
t 0 -C n import ged demo/events.csv --check
out_has "140 new"
t 0 -C n import ged demo/events.csv
t 0 -C n import ged demo/events.csv
out_has "140 row(s) were known"
t 0 -C n incidents --format csv
same "one event, one incident" 141 "$(wc -l <"$out")"
check "a bare date is a whole day in UTC" python3 - "$out" <<'P'
import csv, sys
for r in csv.DictReader(open(sys.argv[1])):
    assert r["from"].endswith("T00:00:00Z") and r["to"].endswith("T00:00:00Z") and r["from"] < r["to"], r
    assert r["kind"] == "weapon-use" and r["parties"] == "un" and r["reports"] == "1", r
P
check "coarse precision codes widen the place" python3 - "$out" demo/events.csv <<'P'
import csv, sys
radius = {"1": "1000", "2": "25000", "3": "40000"}
want = sorted(radius[r["where_prec"]] for r in csv.DictReader(open(sys.argv[2])))
assert want == sorted(r["radius_m"] for r in csv.DictReader(open(sys.argv[1])))
P
before=$(state_of n)
while IFS='|' read -r edit texts; do
  sed "$edit" demo/events.csv >bad.csv
  t 1 -C n import ged bad.csv
  IFS=';' read -ra words <<<"$texts"
  err_has bad.csv "${words[@]}"
  unchanged "$edit" n "$before"
done <<'T'
4s/2024-06-[0-9]*/2024-06-31/|line 4;date_start;2024-06-31
4s/2024-06-[0-9]*//|line 4;date_start
4s/,12\.[0-9]*,/,112.5,/|line 4;latitude;112.5
1s/latitude/lat/|latitude
1s/where_prec/precision/|where_prec
4s/$/,extra/|line 4
T
t 0 -C n fsck

finish
