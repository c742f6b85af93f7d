#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# truce report: every form of place is shown back before it is saved; nothing is guessed; what is refused or left leaves no trace.
set -u
T=$(realpath "${TRUCE:-build/truce}") || exit 1
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
cd "$D" || exit 1
FAILED=0
# want STATUS PATTERN COMMAND...: exit status and, in what it printed, a fixed text ("" for any).
want() {
  local status=$1 pattern=$2 got
  shift 2
  "$@" >out 2>err </dev/null
  got=$?
  if [ "$got" != "$status" ] || ! cat out err | grep -qF -- "$pattern"; then
    echo "FAILED: $* : exit $got, wanted $status and \"$pattern\"; printed:"
    cat out err
    FAILED=1
  fi
}
statements() { "$T" -C n status --json | grep -m1 '"size"' | tr -dc 0-9; }
same_size() {
  [ "$(statements)" = "$1" ] || { echo "FAILED: $2 left statements behind: $(statements), not $1"; FAILED=1; }
}
"$T" init n --mechanism m --party un=UN:observer --me un >/dev/null || exit 1
cat >z.geojson <<'G'
{"type":"FeatureCollection","features":[
{"type":"Feature","id":"idlib","properties":{"kind":"de-escalation-zone","name":"Idlib","valid_from":"2017-05-06T00:00:00+03:00","valid_to":null},"geometry":{"type":"Polygon","coordinates":[[[36,35],[37.5,35],[37.5,36.5],[36,36.5],[36,35]]]}},
{"type":"Feature","id":"op-3","properties":{"kind":"observation-post","name":"Post 3","valid_from":null,"valid_to":null},"geometry":{"type":"Point","coordinates":[36.7,35.7]}}]}
G
printf 'id,name,lat,lon,radius_m\nsarmin,Sarmin,35.9024,36.7261,900\nzita-1,Zita,35.37,36.60,\nzita-2,Zita,35.2,36.9,\n' >gaz.csv
"$T" -C n zone import z.geojson >/dev/null && "$T" -C n place import gaz.csv >/dev/null && "$T" -C n actor add army --name en=Army >/dev/null || exit 1
AT="--at 2018-09-18T09:58:00Z"
R=("$T" -C n report --kind shelling)
N=$(statements)
want 2 "say it again with --yes" "${R[@]}" $AT --place "2.5 km NW of Sarmin"
want 2 "2.5 km NW of Sarmin (gaz/sarmin)" "${R[@]}" $AT --place "2.5 km NW of Sarmin"
want 2 "without an offset" "${R[@]}" --at 2018-09-18T09:58:00 --place Sarmin --yes
want 2 "whole day" "${R[@]}" --at 2018-09-18 --place Sarmin --yes
want 2 "--at" "${R[@]}" --at 2018-02-31T00:00:00Z --place Sarmin --yes
want 2 "1900" "${R[@]}" --at 0025-01-01T00:00:00Z --place Sarmin --yes
want 2 "ends before" "${R[@]}" $AT --to 2018-09-17T00:00:00Z --place Sarmin --yes
want 1 "gaz/zita-2" "${R[@]}" $AT --place Zita --yes
want 1 "--place" "${R[@]}" $AT --place Nowhere --yes
want 2 "swapped" "${R[@]}" $AT --place "95 36" --yes
want 2 "no place" "${R[@]}" $AT --yes
want 2 "one of --place" "${R[@]}" $AT --place Sarmin --zone idlib --yes
want 2 "--distance" "${R[@]}" $AT --post op-3 --bearing 230 --yes
want 1 "no observation post" "${R[@]}" $AT --post op-9 --bearing 230 --distance 100 --yes
want 1 "no zone" "${R[@]}" $AT --zone nothing --yes
want 2 "taxonomy" "$T" -C n report --kind juggling $AT --place Sarmin --yes
want 2 "--text" "$T" -C n report --kind other $AT --place Sarmin --yes
want 2 "--grade" "${R[@]}" $AT --place Sarmin --grade Z9 --yes
want 2 "--count" "${R[@]}" $AT --place Sarmin --count 5-2 --yes
want 2 "more than" "${R[@]}" $AT --place Sarmin --killed 1 --killed-of women=2 --yes
want 1 "no actor" "${R[@]}" $AT --place Sarmin --actor nobody --yes
want 2 "--detail" "${R[@]}" $AT --place Sarmin --detail form=denied --yes
printf 'shelling\n\n2018-09-18T10:00:00Z\n' | "$T" -C n report -i >out 2>&1
[ $? = 1 ] && grep -q "nothing was saved" out || { echo "FAILED: the end of input"; cat out; FAILED=1; }
same_size "$N" "a report that was refused or left"
want 0 "un/main/5" "${R[@]}" $AT --place "2.5 km NW of Sarmin" --note "planted-note" --grade b2 --actor army --yes
want 0 "MGRS:" "${R[@]}" $AT --place "35 55 48 N 36 37 48 E" --radius 500 --yes
want 0 "inside idlib" "${R[@]}" $AT --place "37SBV 94789 75511" --yes
want 0 "op-3 is declared" "${R[@]}" $AT --place "bearing 230 3 km from op-3" --yes
want 0 "sealed part" "${R[@]}" $AT --observer "35.91234, 36.61234" --bearing 231 --distance 3127 --yes
want 0 "somewhere in zone" "${R[@]}" $AT --zone idlib --yes
want 0 '"statement"' "$T" -C n report --kind patrol $AT --place Sarmin --detail day_minutes=90 --detail zone=idlib --yes --json
if grep -rqaE 'planted-note|359123400|3127' n/logs n/picture.gpkg n/blobs; then
  echo "FAILED: what is sealed stands in the open"
  FAILED=1
fi
N=$(statements)
printf 'shelling\n\n2018-09-18T10:00:00\n2018-09-18T10:00:00Z\n\n\nZita\n2\n\nheard\nx\n2-5\n\n\n\n1\n\nunknown\nun-3\n\n\ny\n' | "$T" -C n report -i >out 2>&1
[ $? = 0 ] && grep -q "gaz/zita-2" out || { echo "FAILED: question by question"; cat out; FAILED=1; }
same_size $((N + 1)) "a report by questions"
exit $FAILED
