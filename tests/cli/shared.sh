#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Real events and large sets of shared data, where TRUCE_SHARED names their folder.
. "$(dirname "$0")/lib.sh"

if [ -z "${TRUCE_SHARED-}" ]; then
  skip "real events against real zones" "TRUCE_SHARED names no folder"
  skip "reports of several parties" "TRUCE_SHARED names no folder"
  skip "fusion against the truth" "TRUCE_SHARED names no folder"
  finish
fi
new_node n
t 0 -C n zone import "$TRUCE_SHARED/data/zones/astana-2017.geojson"
t 0 -C n import ged "$TRUCE_SHARED/data/ged/ged-syria-sample.csv"
t 0 -C n incidents --format csv
same "events, in a ring, in a ring in force" "265 105 14" "$(python3 - "$out" <<'P'
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1], encoding="utf-8")))
print(len(rows), sum(1 for r in rows if r["zones_any"]), sum(1 for r in rows if r["zones"]))
P
)"
same "zone by zone" "eastern-ghouta 23, idlib 48, north-homs 12, south 22; in force eastern-ghouta 1, idlib 12, south 1" "$(python3 - "$out" <<'P'
import collections, csv, sys
rows = list(csv.DictReader(open(sys.argv[1], encoding="utf-8")))
def count(column):
    c = collections.Counter(z for r in rows for z in r[column].split(";") if z)
    return ", ".join(f"{k} {v}" for k, v in sorted(c.items()))
print(f"{count('zones_any')}; in force {count('zones')}")
P
)"
t 0 -C n brief --from 2017-06-01 --to 2017-06-30 --out b
t 0 -C n verify-brief b
t 0 -C n fsck

new_node m
t 0 -C m zone import "$TRUCE_SHARED/data/zones/astana-2017.geojson"
t 0 -C m import reports "$TRUCE_SHARED/data/fusion/reports.csv"
t 0 -C m picture --digest
digest=$(cat "$out")
rm -f m/picture.gpkg*
t 0 -C m picture --digest
same "rebuilt, the same digest" "$digest" "$(cat "$out")"
t 0 -C m import reports "$TRUCE_SHARED/data/fusion/reports.csv"
out_has "nothing new"
t 0 -C m fsck

# Fusion against the truth of three scenarios, pairwise F1 after calibration.
for case in .:0.96 dense:0.90 posts:0.94; do
  name=${case%%:*} least=${case##*:}
  folder=$TRUCE_SHARED/data/fusion/$name
  must init "fused-$name" --mechanism "Test" --party un="Observers":observer --me un
  must -C "fused-$name" import reports "$folder/reports.csv"
  t 0 -C "fused-$name" calibrate
  t 0 -C "fused-$name" incidents --format csv --members
  f1=$("$TRUCE_SHARED/tools/score_clusters.py" "$folder/truth.csv" "$out" | grep -o 'F1 [0-9.]*' | cut -d' ' -f2)
  check "F1 of $name: $f1, at least $least" python3 -c "import sys; sys.exit(not float(sys.argv[1] or 0) >= float(sys.argv[2]))" "$f1" "$least"
done
finish
