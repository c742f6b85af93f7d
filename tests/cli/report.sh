#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Single reports, actors, places.
. "$(dirname "$0")/lib.sh"

new_node n
make_zones >z.geojson
must -C n zone import z.geojson
printf 'id,name,lat,lon,radius_m,name_ar,variants\nsarmin,Sarmin,35.9,36.73,500,سرمين,Sarmeen\nsalwa-1,Salwa,35.6,36.2,300,,\nsalwa-2,Salwa,35.9,36.9,300,,\n' >places.csv
t 0 -C n place import places.csv --list gazetteer --title "Places" --source-note "invented"
t 0 -C n place import places.csv --list gazetteer --title "Places" --source-note "invented"
t 0 -C n place find Sarmin
out_has gazetteer/sarmin
t 0 -C n place find سرمين
t 0 -C n place find sarmeen --json
t 1 -C n place find Nowhere
at=2018-09-18T09:58:00+03:00
for place in "35.93 36.63" "37S BA 90000 60000" "2.5 km NW of Sarmin" "bearing 230 3 km from op-1" Sarmin gazetteer/salwa-1; do
  t 0 -C n report --at $at --place "$place" --kind shelling --count 2-5 --means heard --yes
done
# Later: heard at the same time it would be the shelling above.
t 0 -C n report --at 2018-09-18T15:00:00+03:00 --post op-1 --bearing 230 --distance 3000 --kind explosion --yes --json
t 0 -C n report --at $at --zone north --kind overflight --yes
t 0 -C n report --at $at --observer "35.9, 36.6" --bearing 90 --distance 2000 --kind shelling --yes
t 0 -C n report --at $at --to 2018-09-18T12:00:00+03:00 --zone north --kind patrol --detail day_minutes=120 --detail zone=north --yes
t 0 -C n report --at $at --zone north --kind shelling --yes --json
same "somewhere in a zone is inside it" inside "$(json place.zones.0.relation)"
id=$(json statement)
t 0 -C n incidents --day 2018-09-18 --format csv
check "and counted in it" grep -qE "^$id,.*,shelling,north,north,inside," "$out"
t 0 -C n report --at $at --place "36.5 35.9" --kind shelling --yes
err_has "look swapped" north
t 0 -C n report --at $at --place "35.9 36.5" --kind shelling --yes
refuse "a good place is not warned about" grep -q swapped "$err"
t 2 -C n correct "$id" --set killed=1 --reason " "
err_has "--reason"
t 2 -C n correct "$id" --set killed=many --reason x
err_has killed many
t 0 -C n correct "$id" --set killed=2 --reason "the clinic called"
t 0 -C n correct "$id" --set killed= --reason "the clinic was mistaken"
t 0 -C n explain "$id"
out_has "killed    not stated"
size=$(size_of n)
t 1 -C n report --at $at --place Salwa --kind shelling --yes
err_has salwa-1 salwa-2
t 1 -C n report --at $at --place Atlantis --kind shelling --yes
t 2 -C n report --at 2018-09-18T09:58:00 --place Sarmin --kind shelling --yes
err_has 2018-09-18T09:58:00
t 2 -C n report --at 2018-02-31T09:58:00Z --place Sarmin --kind shelling --yes
t 2 -C n report --at $at --place "95.0 36.63" --kind shelling --yes
t 2 -C n report --at $at --place Sarmin --kind boom --yes
t 2 -C n report --at $at --place Sarmin --kind other --yes
t 2 -C n report --at $at --kind shelling --yes
t 2 -C n report --at $at --place Sarmin --kind shelling --grade Z9 --yes
t 2 -C n report --at $at --place Sarmin --kind shelling --killed many --yes
t 1 -C n report --at $at --place Sarmin --kind shelling --actor nobody --yes
same "nothing bad was stated" "$size" "$(size_of n)"
t 0 -C n actor add army --name en="Army" --neutral en="armed forces"
t 0 -C n actor add third --name en="Third Corps" --part-of army
t 0 -C n actor list
out_has army third
t 0 -C n actor list --json
t 1 -C n actor add army --name en="Other name"
t 0 -C n actor add army --name en="Other name" --correct
t 2 -C n actor add "An Army" --name en=x
t 1 -C n actor add fourth --name en=x --part-of nobody
t 0 -C n report --at $at --place Sarmin --kind shelling --actor army,third --yes
t 0 -C n incidents --day 2018-09-18
out_has shelling overflight
# The explosion that the post heard, by itself or as what others saw there.
t 0 -C n incidents --day 2018-09-18 --json
out_has explosion
printf 'id,name,lat,lon\na,A,95,36\n' >bad.csv
t 1 -C n place import bad.csv --list l --title t --source-note s
err_has bad.csv "line 2" 95
# What the form can say can be corrected.
t 0 -C n report --at $at --place Sarmin --kind restriction-of-movement --detail form=denied --yes
id=$(cat "$out")
t 0 -C n correct "$id" --set weapon=mortar:82 --set direction=90 --set actor=army,third --set killed=2 --set killed-women=1 \
  --set detail-form=delayed --set detail-minutes=40 --reason "a second look"
t 0 -C n explain "$id"
out_has '"form":"delayed","minutes":40' '"women":[1,1,1]' '"calibre_tenth_mm":820' 90000 '"army","third"'
t 0 -C n correct "$id" --set weapon= --set detail-minutes= --reason "a third look"
t 2 -C n correct "$id" --set weapon=howitzer --reason x
err_has weapon howitzer
t 1 -C n correct "$id" --set actor=nobody --reason x
t 2 -C n correct "$id" --set detail-colour=red --reason x
t 2 -C n correct "$id" --set colour=red --reason x
err_has "detail-NAME"
t 0 -C n fsck

finish
