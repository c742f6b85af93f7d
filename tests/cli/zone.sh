#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Zones: import, list, show, belt; the table of bad GeoJSON.
. "$(dirname "$0")/lib.sh"

new_node n
make_zones >z.geojson
t 0 -C n zone import z.geojson --check
same "--check changes nothing" 1 "$(size_of n)"
t 0 -C n zone import z.geojson
out_has "3 new"
t 0 -C n zone import z.geojson
out_has "3 known"
same "the same again adds nothing" 4 "$(size_of n)"
t 0 -C n zone list
out_has north line op-1
t 0 -C n zone list --json
t 0 -C n zone show north
t 0 -C n zone show north --json
t 0 -C n zone show north --geojson
cp "$out" shown.geojson
new_node m
t 0 -C m zone import shown.geojson
t 1 -C n zone show nowhere
err_has nowhere
t 0 -C n zone belt --along line --inside north --width-km 15 --id belt-1 --name en=Belt
t 0 -C n zone show belt-1
t 1 -C n zone belt --along nowhere --inside north --width-km 15 --id belt-2
err_has nowhere
t 2 -C n zone belt --along line --inside north --width-km -1 --id belt-2
sed 's/37\.0,36\.2/37.1,36.2/' z.geojson >moved.geojson
before=$(state_of n)
t 1 -C n zone import moved.geojson
err_has north
unchanged "a moved zone is no silent correction" n "$before"
t 0 -C n zone import moved.geojson --corrections
out_has "1 corrected"

feature() { printf '{"type":"FeatureCollection","features":[{"type":"Feature","id":"z","properties":{"kind":"de-escalation-zone","name":"Z"%s},"geometry":%s}]}' "$2" "$1"; }
before=$(state_of n)
bad_zone() {
  t 1 -C n zone import bad.geojson
  IFS=';' read -ra words <<<"$2"
  err_has bad.geojson "${words[@]}"
  unchanged "$1" n "$before"
}
feature '{"type":"Polygon","coordinates":[[[36,35],[37,36],[37,35],[36,36],[36,35]]]}' "" >bad.geojson
bad_zone "a ring that crosses itself" "feature 0"
feature '{"type":"Polygon","coordinates":[[[36,35],[37,35],[37,36],[36,36]]]}' "" >bad.geojson
bad_zone "a ring that is not closed" "feature 0"
feature '{"type":"Polygon","coordinates":[[[36,35],[37,35],[36,35]]]}' "" >bad.geojson
bad_zone "a ring of two corners" "feature 0"
feature '{"type":"Polygon","coordinates":[[[36,35],[37,35],[37,95],[36,95],[36,35]]]}' "" >bad.geojson
bad_zone "a latitude of 95" "feature 0;95"
feature '{"type":"Polygon","coordinates":[[[179,35],[181,35],[181,36],[179,36],[179,35]]]}' "" >bad.geojson
bad_zone "across the antimeridian" "feature 0;181"
feature '{"type":"Polygon","coordinates":[[[36,35],[37,35],[37,NaN],[36,36],[36,35]]]}' "" >bad.geojson
bad_zone "NaN" ""
feature '{"type":"Polygon","coordinates":[[[36,35],[37,35],[37,36],[36,36],[36,35]],[[30,30],[30,31],[31,31],[30,30]]]}' "" >bad.geojson
bad_zone "a hole outside of its ring" "feature 0"
feature '{"type":"LineString","coordinates":[[36,35],[37,35]]}' "" >bad.geojson
bad_zone "a zone drawn as a line" "feature 0;polygon"
feature '{"type":"Polygon","coordinates":[[[36,35],[37,35],[37,36],[36,36],[36,35]]]}' ',"valid_from":"2018-02-31T00:00:00Z"' >bad.geojson
bad_zone "31 February" "valid_from;2018-02-31"
feature '{"type":"Polygon","coordinates":[[[36,35],[37,35],[37,36],[36,36],[36,35]]]}' ',"valid_from":"2018-02-01T00:00:00"' >bad.geojson
bad_zone "a time without offset" "valid_from;2018-02-01"
sed 's/de-escalation-zone/party-zone/' z.geojson >bad.geojson
bad_zone "an unknown kind" "kind;party-zone"
sed 's/"id":"north"/"id":"North East"/' z.geojson >bad.geojson
bad_zone "an id that is none" "North East"
head -c 300 z.geojson >bad.geojson
bad_zone "a file cut off" ""
echo 'zones' >bad.geojson
bad_zone "no JSON" ""
: >bad.geojson
bad_zone "an empty file" ""
head -c 3000 /dev/zero | tr '\0' '[' >bad.geojson
bad_zone "3,000 opened brackets" ""

# Two parts that meet at the antimeridian are taken; the near-area that would reach over it says which option leaves it out.
new_node pacific
feature '{"type":"MultiPolygon","coordinates":[[[[179,0],[180,0],[180,1],[179,1],[179,0]]],[[[-180,0],[-179,0],[-179,1],[-180,1],[-180,0]]]]}' "" >two.geojson
t 1 -C pacific zone import two.geojson
err_has "near-area" "--near-km 0"
t 0 -C pacific zone import two.geojson --near-km 0

# Winding is mended and told; holes are holes.
new_node h
feature '{"type":"Polygon","coordinates":[[[36,35],[36,36],[37,36],[37,35],[36,35]],[[36.4,35.4],[36.6,35.4],[36.6,35.6],[36.4,35.6],[36.4,35.4]]]}' "" >hole.geojson
t 0 -C h zone import hole.geojson
printf '%s\n%s\n%s\n' "$columns" 'in,un,u,2018-09-18T06:58:42Z,60,35.2,36.2,10,,,,,heard,shelling,1,0,0' 'hole,un,u,2018-09-18T06:58:42Z,60,35.5,36.5,10,,,,,heard,shelling,1,0,0' >r.csv
must -C h import reports r.csv
t 0 -C h incidents --format csv
same "the hole is outside" "z," "$(python3 -c 'import csv,sys; print(",".join(r["zones_any"] for r in sorted(csv.DictReader(open(sys.argv[1])), key=lambda r: r["lat"])))' "$out")"

# 10^6 vertices: taken or refused by a limit, within memory and time.
python3 - >huge.geojson <<'P'
import math
n = 1000000
ring = [[round(36.5 + 0.5 * math.cos(2 * math.pi * i / n), 7), round(35.5 + 0.5 * math.sin(2 * math.pi * i / n), 7)] for i in range(n)]
ring.append(ring[0])
print('{"type":"Feature","id":"huge","properties":{"kind":"de-escalation-zone","name":"Huge"},"geometry":{"type":"Polygon","coordinates":[[' + ",".join(f"[{a},{b}]" for a, b in ring) + "]]}}")
P
timeout 120 "$TRUCE" -C h zone import huge.geojson >"$out" 2>"$err"
status=$?
check "a ring of 10^6 vertices is taken or refused, not crashed on (exit $status)" test "$status" -le 1
t 0 -C h fsck

finish
