#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Reports out of files: new, known, corrected, refused, withdrawn.
. "$(dirname "$0")/lib.sh"

new_node n
make_reports 50 >r.csv
t 0 -C n import reports r.csv --check
out_has "50 new"
same "--check changes nothing" 1 "$(size_of n)"
t 0 -C n import reports r.csv
out_has "50 new"
same "an import and its rows" 52 "$(size_of n)"
t 0 -C n import reports r.csv
out_has "50 row(s) were known"
same "the same again adds nothing" 52 "$(size_of n)"
t 0 -C n import reports r.csv --json
same "known rows are counted" 50 "$(json known)"

sed 's/^\(r000007,.*,\)0,0$/\12,1/' r.csv >changed.csv
t 1 -C n import reports changed.csv
err_has "r000007" "other values" "changed.csv" "line 8"
same "a changed row is no silent correction" 52 "$(size_of n)"
t 0 -C n import reports changed.csv --corrections
out_has "1 corrected" "49 known"
t 0 -C n incidents --format csv
same "the corrected figure counts" 2 "$(python3 -c 'import csv,sys; print(sum(int(r["killed_best"] or 0) for r in csv.DictReader(open(sys.argv[1]))))' "$out")"
t 0 -C n withdraw --import 2 --reason mistake
t 0 -C n incidents --format csv
same "its withdrawal brings the earlier figure back" 0 "$(python3 -c 'import csv,sys; print(sum(int(r["killed_best"] or 0) for r in csv.DictReader(open(sys.argv[1]))))' "$out")"
t 0 -C n import reports changed.csv --corrections
out_has "import 3: 0 new, 1 corrected"

# One bad row refuses all; --rejects takes the others and gives the bad ones back.
{ make_reports 52 | sed 's/^r0000/s0000/; s/,2018-09-/,2018-10-/' | head -53; } >more.csv
sed -i -e '3s/shelling/singing/' -e '5s/35\./95./' more.csv
before=$(state_of n)
t 1 -C n import reports more.csv
err_has "line 3" "kind" "singing" "line 5" "lat" "95." "more.csv"
unchanged "two bad rows" n "$before"
t 0 -C n import reports more.csv --rejects bad.csv
out_has "50 new" "2 refused"
same "the rejects hold the two rows and a header" 3 "$(wc -l <bad.csv)"
check "with reasons" grep -q reason bad.csv
sed -i -e 's/singing/shelling/' -e 's/,95\./,35./' bad.csv
t 0 -C n import reports bad.csv
out_has "2 new"

# Withdrawing an import is one statement.
before=$(size_of n)
t 0 -C n withdraw --import 4 --reason mistake
same "one statement" $((before + 1)) "$(size_of n)"
t 0 -C n incidents --format csv --members
same "its rows are gone from the picture" 52 "$(tail -n +2 "$out" | wc -l)"
t 1 -C n withdraw --import 4 --reason mistake
t 1 -C n withdraw --import 99 --reason mistake
err_has 99
t 0 -C n import reports more.csv --rejects bad2.csv
out_has "50 new"

# As spreadsheets write it: semicolons, another encoding, a mark, CRLF.
new_node m
make_reports 4 | sed 's/$/,text/; 2,$s/text$/Стрельба/' | tr ',' ';' | iconv -t windows-1251 | sed 's/$/\r/' >cyr.csv
t 0 -C m import reports cyr.csv --encoding windows-1251
t 0 -C m explain r000001 --json
check "Cyrillic text arrived" grep -q Стрельба "$out"
{ printf '\xef\xbb\xbf'; make_reports 6; } >bom.csv
new_node marked
t 0 -C marked import reports bom.csv
t 1 -C m import reports cyr.csv
err_has cyr.csv

# The sender's own columns.
cat >map.json <<'J'
{"columns":{"count":"Number","id":"No","kind":"Type","lat":"Y","lon":"X","observed_at":"Time"},"constants":{"how":"told","radius_m":"1500"},
 "ignore":["Comment"],"utc_offset":"+03:00","values":{"kind":{"Art. fire":"shelling"}}}
J
printf 'No,Time,Y,X,Type,Number,Comment\n1,2018-09-18 09:58,35.5,36.5,Art. fire,3,well\n' >theirs.csv
t 0 -C m import reports theirs.csv --map map.json --source theirs
t 0 -C m incidents --day 2018-09-18 --format csv
out_has "2018-09-18T06:58:00Z" shelling
t 0 -C m fsck

finish
