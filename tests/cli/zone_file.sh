#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# truce zone: a file comes in whole or not at all; known zones add nothing; faults name feature, ring and vertex.
. "$(dirname "$0")/lib.sh"

T=$TRUCE
# want STATUS TEXT COMMAND...: exit status, and a fixed text somewhere in what it printed.
want() {
  local status=$1 text=$2 got name
  shift 2
  timeout 120 "$@" >"$out" 2>"$err" </dev/null
  got=$?
  name="exit $status, \"$text\": ${*:2}"
  if [ "$got" = "$status" ] && cat "$out" "$err" | grep -qF -- "$text"; then
    ok "${name:0:150}"
  else
    fail "${name:0:150}" "exit $got" "$(tail -3 "$err")"
  fi
}
statements() { size_of n; }
same_size() { same "$2 leaves nothing behind" "$1" "$(statements)"; }
new_node n
feature() { # ID KIND GEOMETRY [PROPERTIES]
  printf '{"type":"Feature","id":"%s","properties":{"kind":"%s","name":"%s","valid_from":"2018-01-01T00:00:00+03:00","valid_to":null%s},"geometry":%s}' "$1" "$2" "$1" "${4:-}" "$3"
}
file() {
  local IFS=,
  printf '{"type":"FeatureCollection","features":[%s]}' "$*"
}
SQUARE='{"type":"Polygon","coordinates":[[[36,35],[37,35],[37,36],[36,36],[36,35]]]}'
CLOCKWISE='{"type":"Polygon","coordinates":[[[36,35],[36,36],[37,36],[37,35],[36,35]]]}'
CROSSING='{"type":"Polygon","coordinates":[[[36,35],[37,36],[37,35],[36,36],[36,35]]]}'
LINE='{"type":"LineString","coordinates":[[36,35],[36,36]]}'
Z=de-escalation-zone
GOOD=$(feature good $Z "$SQUARE")
file "$GOOD" "$(feature line line-of-contact "$LINE")" "$(feature post observation-post '{"type":"Point","coordinates":[36,35]}')" >good.geojson
want 0 "check only, nothing was changed: 3 new" "$T" -C n zone import good.geojson --check
same_size 1 "a check"
want 0 "3 new, 0 corrected, 0 known" "$T" -C n zone import good.geojson
want 0 "3 known" "$T" -C n zone import good.geojson
N=$(statements)
NEW=$(feature new $Z "$SQUARE")
file "$NEW" "$(feature good $Z "$SQUARE" ',"forbids":["shelling"]')" >differs.geojson
want 1 "feature 1 (good): zone good is stated as un/main/1 with another forbids" "$T" -C n zone import differs.geojson
file "$NEW" "$(feature bow $Z "$CROSSING")" >crossing.geojson
want 1 "crossing.geojson: feature 1 (bow): polygon 0 ring 0 vertex 0" "$T" -C n zone import crossing.geojson
file "$NEW" "$(feature k circle "$SQUARE")" >kind.geojson
want 1 "feature 1 (k): kind" "$T" -C n zone import kind.geojson
file "$NEW" "$(feature l $Z "$LINE")" >shape.geojson
want 1 "drawn as a polygon" "$T" -C n zone import shape.geojson
file "$NEW" "$NEW" >twice.geojson
want 1 "stands twice" "$T" -C n zone import twice.geojson
file "$NEW" "$(feature t $Z "$SQUARE" | sed 's/+03:00//')" >time.geojson
want 1 "feature 1 (t): valid_from" "$T" -C n zone import time.geojson
file "$(feature "No Id" $Z "$SQUARE")" >id.geojson
want 1 "is no id" "$T" -C n zone import id.geojson
file "$(feature f $Z "$SQUARE" ',"forbids":["dancing"]')" >forbids.geojson
want 1 "dancing" "$T" -C n zone import forbids.geojson
echo '{' >torn.geojson
want 1 "torn.geojson: offset" "$T" -C n zone import torn.geojson
want 1 "missing.geojson" "$T" -C n zone import missing.geojson
want 2 "--near-km" "$T" -C n zone import good.geojson --near-km x
same_size "$N" "a refused file"
file "$(feature cw $Z "$CLOCKWISE")" >clockwise.geojson
want 0 "ran clockwise, reversed" "$T" -C n zone import clockwise.geojson
want 0 "1 new" "$T" -C n zone import clockwise.geojson --said-by turkey
want 0 "turkey (said by un)" "$T" -C n zone list
want 0 "1 new, 1 corrected" "$T" -C n zone import differs.geojson --corrections
file "$(feature w withdrawal-line "$LINE" ',"withdrawal":[{"class":"mortar","calibre_mm":82,"distance_m":10000}]')" >line.geojson
want 0 "1 new" "$T" -C n zone import line.geojson
"$T" -C n zone show good --geojson >back.geojson
want 0 "1 known" "$T" -C n zone import back.geojson
want 0 '"kind": "de-escalation-zone"' "$T" -C n zone show good --json
want 1 "no zone" "$T" -C n zone show nothing
want 0 "belt b is stated" "$T" -C n zone belt --along line --inside good --width-km 15 --id b
want 0 "known already" "$T" -C n zone belt --along line --inside good --width-km 15 --id b
want 1 "--corrections" "$T" -C n zone belt --along line --inside good --width-km 10 --id b
want 2 "is no line" "$T" -C n zone belt --along good --inside good --width-km 10 --id c
want 1 "no zone" "$T" -C n zone belt --along none --inside good --width-km 10 --id c
finish
