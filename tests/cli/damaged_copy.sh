#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# One bit of a copy of another party's log turns: the node goes on without that log, says so, and takes it in again. And a node that is reached by
# sticks alone gets its own log back.
. "$(dirname "$0")/lib.sh"

for p in east north south; do must keygen $p --party $p; done
must mechanism draft ./*/card-*.json --name "Line" -o m.json
for p in east north south; do must -C $p mechanism accept m.json; done
report east 2026-05-04T09:58:00Z >/dev/null
report north 2026-05-04T15:58:00Z >/dev/null
round east north south
must -C north bundle export whole.truce
cp -r north whole

for what in "the checkpoint" "an entry" "a hash tile" "its checkpoint is gone"; do
  rm -rf north && cp -r whole north
  copy=north/logs/east/main
  case $what in
    "an entry") file=$(find $copy/tile/entries -type f | sort -V | tail -1) ;;
    "a hash tile") file=$(find $copy/tile/0* -type f | sort -V | tail -1) ;;
    *) file=$copy/checkpoint ;;
  esac
  if [ "$what" = "its checkpoint is gone" ]; then rm "$file"; else printf '\001' | dd of="$file" bs=1 seek=60 conv=notrunc 2>/dev/null; fi
  for cache in kept "made again"; do
    # Without any memory of the log nothing can tell that its checkpoint was here.
    [ "$what" != "its checkpoint is gone" ] || [ "$cache" = kept ] || continue
    [ "$cache" = kept ] || rm -f north/roster.json north/picture.gpkg
    t 0 -C north report --at 2026-05-05T09:58:00Z --place "35.90 36.60" --kind shelling --means heard --yes
    t 0 -C north incidents
    same "$what ($cache): the other's incident is left out" 0 "$(grep -c 'east/main' "$out")"
    err_has "made without east/main"
    t 1 -C north status
    out_has "ALARM" "this copy of east/main is damaged" "truce fsck --set-aside east/main"
    t 1 -C north mechanism amend --quota 70
    err_has "damaged"
    t 0 -C north bundle export part.truce
    err_has "east/main is left out"
  done
  [ "$what" = "its checkpoint is gone" ] || t 1 -C north fsck
  t 2 -C north fsck --set-aside north/main
  t 1 -C north fsck --set-aside east/side
  t 0 -C north fsck --set-aside east/main
  t 1 -C north status
  out_has "ALARM" "has stated a receipt for" "of which 0 are here"
  t 0 -C north bundle import whole.truce
  t 0 -C north status
  t 0 -C north fsck
  t 0 -C north incidents
  out_has "east/main/1"
done
rm -rf north && cp -r whole north

# ---- recovery from a stick
cp -r south backup
report south 2026-05-06T09:58:00Z >/dev/null
round east south
must -C east bundle export whole.truce
rm -rf south && cp -r backup south
t 2 -C south recover --restored nothing.truce
t 2 -C south recover
t 0 -C south status
t 1 -C south recover --restored
t 1 -C south status
out_has "ALARM" "was restored from a backup"
rm -rf stranger && cp -r north stranger && rm -rf stranger/logs/south stranger/roster.json && must -C stranger bundle export without.truce
t 1 -C south recover without.truce
out_has "nothing of this party's logs"
t 1 -C south report --at 2026-05-06T19:58:00Z --place "35.90 36.60" --kind shelling --means heard --yes
err_has "restored from a backup"
# What the others' receipts name and the bundle lacks is known to be missing.
round east south north
rm -rf partial && cp -r north partial && rm -rf partial/logs/south partial/roster.json && cp -r backup/logs/south partial/logs/south
must -C partial bundle export partial.truce
rm -rf silent && cp -r backup silent
t 0 -C silent status
must -C silent bundle import partial.truce
err_has "east's receipt names" "statements of south/main" "truce status"
t 1 -C silent status
out_has "ALARM" "receipt names" "is an older one than it was"
t 1 -C south recover partial.truce
out_has "not whole: " "receipt names" "--despite"
t 1 -C south report --at 2026-05-06T19:58:00Z --place "35.90 36.60" --kind shelling --means heard --yes
t 2 -C south recover partial.truce --despite nobody
t 2 -C south recover partial.truce --despite south
t 1 -C south recover partial.truce --despite north
rm -rf despite && cp -r south despite
t 0 -C despite recover partial.truce --despite north --despite east
must -C north bundle export whole.truce
t 0 -C south recover --restored whole.truce
out_has "statements"
err_has "exported after"
size=$("$TRUCE" -C east status --json | grep -A12 '"id": "south"' | grep -c main)
same "east knows south" 1 "$((size > 0))"
t 0 -C south fsck
t 0 -C south status
report south 2026-05-07T09:58:00Z >/dev/null
round east south
t 0 -C east status

finish
