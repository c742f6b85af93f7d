#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Incidents as table, JSON, CSV, GeoJSON; explanations.
. "$(dirname "$0")/lib.sh"

new_node n
make_zones >z.geojson
must -C n zone import z.geojson
t 0 -C n incidents
make_reports 60 >r.csv
must -C n import reports r.csv
t 0 -C n incidents
t 0 -C n incidents --format csv
same "the columns" "incident,from,to,lat,lon,radius_m,kind,zones,zones_any,relation,reports,parties,killed_best,injured_best" "$(head -1 "$out")"
same "a line a report" 61 "$(wc -l <"$out")"
t 0 -C n incidents --format csv --members
same "the columns of members" "report,incident" "$(head -1 "$out")"
check "ids as imported" grep -q '^r000007,un/main/' "$out"
t 0 -C n incidents --format geojson
same "GeoJSON" FeatureCollection "$(json type)"
t 0 -C n incidents --json
t 0 -C n incidents --day 2018-09-07 --format csv
check "only that day" python3 -c '
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
assert rows and all(r["from"].startswith("2018-09-07") for r in rows), rows' "$out"
t 0 -C n incidents --from 2018-09-07 --to 2018-09-08 --zone north --kind shelling --format csv
t 0 -C n incidents --day 2001-01-01
t 1 -C n incidents --zone nowhere
err_has nowhere
t 2 -C n incidents --kind boom
err_has boom
t 0 -C n explain r000007
out_has un/main/
t 0 -C n explain un/main/6 --json
t 1 -C n explain un/main/999999
t 1 -C n explain nothing
err_has nothing

# A correction changes the figure, keeps the name, and is explained.
id=$("$TRUCE" -C n incidents --format csv --members | sed -n 's/^r000007,//p')
t 0 -C n correct "$id" --set killed=3 --set kind=explosion --reason "second call"
t 0 -C n incidents --format csv
check "the name stays, the figure changes" grep -q "^$id,.*,explosion,.*,3," "$out"
t 0 -C n explain "$id"
out_has corrected
t 2 -C n correct "$id" --set colour=red --reason x
err_has colour
t 2 -C n correct "$id" --set kind=boom --reason x
t 2 -C n correct "$id" --set killed=3 --reason "says so already"
t 1 -C n correct un/main/99999 --set killed=3 --reason x
t 0 -C n withdraw "$id" --reason mistake
t 0 -C n incidents --format csv
refuse "withdrawn" grep -q "^$id," "$out"
t 1 -C n correct "$id" --set killed=4 --reason x
# For the safety of a source only the sealed part goes: the plain report stays.
other=$("$TRUCE" -C n incidents --format csv | awk -F, 'NR == 2 { print $1 }')
t 0 -C n withdraw "$other" --reason source-safety
t 0 -C n incidents --format csv
check "still counted" grep -q "^$other," "$out"
t 0 -C n fsck

finish
