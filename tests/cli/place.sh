#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# truce place: a list is one statement; bad rows refuse it all; names are found in any spelling and never chosen.
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
printf 'id,name,lat,lon,radius_m,name_ar,variants\nsarmin,Sarmin,35.9024,36.7261,900,سرمين,Sarmeen|Sermin\nzita-1,Zita,35.37,36.60,,,\nzita-2,Zita,35.2,36.9,,,\n' >gaz.csv
want 1 "no place list" "$T" -C n place find Sarmin
want 0 "3 place(s) stated as un/main/1" "$T" -C n place import gaz.csv
want 0 "nothing was added" "$T" -C n place import gaz.csv
N=$(statements)
sed 's/900/800/' gaz.csv >other.csv
want 1 "--corrections" "$T" -C n place import other.csv --list gaz
printf 'id,name,lat,lon\na,A,91,36\nb,,35,36\na b,B,35,36\nc,C,x,36\n' >bad.csv
want 1 "bad.csv: line 2: lat, lon" "$T" -C n place import bad.csv
want 1 "bad.csv: line 5: lat" "$T" -C n place import bad.csv
printf 'id,name,lat,lon\na,A,35,36\na,B,35,36\n' >twice.csv
want 1 "stands twice" "$T" -C n place import twice.csv
printf 'id,name,lat,lon,people\na,A,35,36,5\n' >column.csv
want 1 'unknown columns "people"' "$T" -C n place import column.csv
printf 'id,name\na,A\n' >missing.csv
want 1 "columns are missing" "$T" -C n place import missing.csv
printf 'id,name,lat,lon\na,\377\376x,35,36\n' >latin.csv
want 1 "latin.csv" "$T" -C n place import latin.csv
want 2 "id of a list" "$T" -C n place import gaz.csv --list "No Id"
same_size "$N" "a refused list"
want 0 "corrected" "$T" -C n place import other.csv --list gaz --corrections
want 0 "1 place(s)" "$T" -C n place import column.csv --ignore people
echo '{"type":"FeatureCollection","features":[{"type":"Feature","id":"p","properties":{"name":"P","name_ar":"ب"},"geometry":{"type":"Point","coordinates":[36.5,35.5]}}]}' >p.geojson
want 0 "1 place(s)" "$T" -C n place import p.geojson
want 0 "gaz/sarmin" "$T" -C n place find sarmen
want 0 "35.9024 36.7261" "$T" -C n place find سرمين
want 0 "37SBV 94789 75511" "$T" -C n place find gaz/sarmin
want 0 "gaz/zita-2" "$T" -C n place find Zita
want 1 "no place" "$T" -C n place find nowhere
finish
