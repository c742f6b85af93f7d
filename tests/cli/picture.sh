#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The picture: digest, rebuilding, a deleted or damaged database, outside readers.
. "$(dirname "$0")/lib.sh"

new_node n
t 0 -C n picture --digest
empty=$(cat "$out")
make_zones >z.geojson
must -C n zone import z.geojson
make_reports 300 >r.csv
must -C n import reports r.csv
t 0 -C n picture --digest
digest=$(cat "$out")
check "64 hexadecimal digits" bash -c "[[ $digest =~ ^[0-9a-f]{64}$ ]]"
refuse "differs from the empty one" test "$digest" = "$empty"
again() {
  t 0 -C n picture --digest
  same "$1: the same digest" "$digest" "$(tail -1 "$out")"
}
again "once more"
rm -f n/picture.gpkg*
again "deleted"
t 0 -C n picture --rebuild
again "rebuilt"
echo "no database" >n/picture.gpkg
again "overwritten by a text"
head -c 20000 /dev/urandom | dd of=n/picture.gpkg bs=1 seek=3000 conv=notrunc 2>/dev/null
again "overwritten in the middle"
truncate -s 5000 n/picture.gpkg
again "cut off"
: >n/picture.gpkg
again "emptied"
rm n/picture.gpkg && mkdir n/picture.gpkg
timeout 60 "$TRUCE" -C n picture --digest >"$out" 2>"$err"
check "a folder in its place: an answer, not a crash" test $? -le 1
rmdir n/picture.gpkg 2>/dev/null
again "folder removed"
t 0 -C n picture --cut
out_has un/main mechanism
t 0 -C n picture --json
same "digest for programs" "$digest" "$(json digest)"
t 0 -C n picture --json
default=$(json as_of)
t 0 -C n picture --as-of 2030-01-01T00:00:00Z --json
same "as of the time that is asked for" 2030-01-01T00:00:00Z "$(json as_of)"
t 0 -C n picture --json
same "a time that was asked for once does not stay" "$default" "$(json as_of)"
t 0 -C n brief --day 2018-09-02 --as-of 2030-01-01T00:00:00Z --out later
t 0 -C n verify-brief later
must -C n report --at 2018-09-02T10:00:00Z --place "35.9 36.5" --kind shelling --yes
t 0 -C n picture --json
check "nor comes back with the next statement" bash -c "[[ $(json as_of) < 2030 ]]"
t 0 -C n picture --digest
digest=$(cat "$out")
t 2 -C n picture --as-of yesterday
err_has "--as-of" yesterday

# Deleted while commands run.
for i in 1 2 3 4 5; do
  "$TRUCE" -C n incidents --json >"$work/run.$i" 2>/dev/null &
  rm -f n/picture.gpkg n/picture.gpkg-*
done
wait
again "deleted while running"

# In pieces or at once, the same picture of the same statements.
if command -v sqlite3 >/dev/null; then
  sqlite3 n/picture.gpkg "update picture_meta set value='1' where key='fold_revision'; update picture_meta set value='$empty' where key='digest'"
  again "made by an earlier program"
  same "SQLite finds the file whole" ok "$(sqlite3 n/picture.gpkg 'pragma integrity_check')"
  same "a GeoPackage" 1196444487 "$(sqlite3 n/picture.gpkg 'pragma application_id')"
  same "layers" "incidents reports zones" "$(sqlite3 n/picture.gpkg "select table_name from gpkg_contents where data_type='features' order by 1" | grep -E '^(incidents|reports|zones)$' | xargs)"
else
  skip "SQLite reads the picture" "sqlite3 is not installed"
fi
if command -v ogrinfo >/dev/null; then
  incidents=$("$TRUCE" -C n incidents --format csv | tail -n +2 | wc -l)
  check "ogrinfo opens it" bash -c "ogrinfo -ro -so n/picture.gpkg incidents | grep -q 'Feature Count: $incidents'"
  check "and the reports" bash -c 'ogrinfo -ro -so n/picture.gpkg reports | grep -q "Feature Count: 301"'
  check "without a warning" bash -c '! ogrinfo -ro -al -so n/picture.gpkg 2>&1 | grep -E "^(Warning|ERROR)"'
else
  skip "a GIS opens the picture" "ogrinfo is not installed (gdal-bin)"
fi

finish
