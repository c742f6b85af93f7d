#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# truce report: every form of place is shown back before it is saved; nothing is guessed; what is refused or left leaves no trace.
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
cat >z.geojson <<'G'
{"type":"FeatureCollection","features":[
{"type":"Feature","id":"idlib","properties":{"kind":"de-escalation-zone","name":"Idlib","valid_from":"2017-05-06T00:00:00+03:00","valid_to":null},"geometry":{"type":"Polygon","coordinates":[[[36,35],[37.5,35],[37.5,36.5],[36,36.5],[36,35]]]}},
{"type":"Feature","id":"op-3","properties":{"kind":"observation-post","name":"Post 3","valid_from":null,"valid_to":null},"geometry":{"type":"Point","coordinates":[36.7,35.7]}}]}
G
printf 'id,name,lat,lon,radius_m\nsarmin,Sarmin,35.9024,36.7261,900\nzita-1,Zita,35.37,36.60,\nzita-2,Zita,35.2,36.9,\n' >gaz.csv
must -C n zone import z.geojson
must -C n place import gaz.csv
must -C n actor add army --name en=Army
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
printf 'shelling\n\n2018-09-18T10:00:00Z\n' | "$T" -C n report -i >"$out" 2>"$err"
same "the end of input leaves" 1 $?
err_has "nothing was saved"
same_size "$N" "a report that was refused or left"
want 0 "un/main/5" "${R[@]}" $AT --place "2.5 km NW of Sarmin" --note "planted-note" --grade b2 --actor army --yes
want 0 "MGRS:" "${R[@]}" $AT --place "35 55 48 N 36 37 48 E" --radius 500 --yes
want 0 "inside idlib" "${R[@]}" $AT --place "37SBV 94789 75511" --yes
want 0 "op-3 is declared" "${R[@]}" $AT --place "bearing 230 3 km from op-3" --yes
want 0 "sealed part" "${R[@]}" $AT --observer "35.91234, 36.61234" --bearing 231 --distance 3127 --yes
want 0 "somewhere in zone" "${R[@]}" $AT --zone idlib --yes
want 0 '"statement"' "$T" -C n report --kind patrol $AT --place Sarmin --detail day_minutes=90 --detail zone=idlib --yes --json
refuse "what is sealed stands nowhere in the open" grep -rqaE 'planted-note|359123400|3127' n/logs n/picture.gpkg n/blobs
N=$(statements)
printf 'shelling\n\n2018-09-18T10:00:00\n2018-09-18T10:00:00Z\n\n\nZita\n2\n\nheard\nx\n2-5\n\n\n\n1\n\nunknown\nun-3\n\n\ny\n' | "$T" -C n report -i >"$out" 2>"$err"
same "question by question" 0 $?
err_has "gaz/zita-2" "without an offset"
same "one report by questions" $((N + 1)) "$(statements)"
finish
