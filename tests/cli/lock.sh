#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Locking: a locked node reads and briefs, appends nothing, and holds no planted name in any file.
. "$(dirname "$0")/lib.sh"

planted=(Zalduwine "Qorvanteth" "ВымышленноеИмя" "kestrel-seven-source")
new_node n
make_zones >z.geojson
must -C n zone import z.geojson
at=2018-09-18T09:58:00+03:00
must -C n report --at $at --place "35.93 36.63" --kind shelling --note "told by ${planted[0]} and ${planted[1]}, ${planted[2]}" --grade B2 --yes
{ echo "$columns,note"; echo "r1,un,u,2018-09-18T06:58:42Z,60,35.5,36.5,500,,,,,heard,shelling,1,0,0,${planted[3]}"; } >r.csv
must -C n import reports r.csv
must -C n brief --day 2018-09-18 --out n-brief
must -C n brief --day 2018-09-18 --edition public --out n-public
must -C n incidents --format geojson
cp "$out" export.geojson
must -C n explain un/main/4 --json
cp "$out" explain.json

search() { # NAME PATHS...: no planted word in any file, plain, UTF-16, or base64
  local name=$1 word found=
  shift
  for word in "${planted[@]}"; do
    found+=$(grep -rlaF -- "$word" "$@" 2>/dev/null)
    found+=$(grep -rlaP -- "$(printf %s "$word" | iconv -t utf-16le | od -An -tx1 -v | tr -d '\n' | sed 's/ /\\x/g')" "$@" 2>/dev/null)
    found+=$(grep -rlaF -- "$(printf %s "$word" | base64 | cut -c1-10)" "$@" 2>/dev/null)
  done
  same "$name" "" "$found"
}
# The search itself must be able to find.
for form in cat "iconv -t utf-16le" base64; do
  mkdir -p canary && printf %s "${planted[1]}" | $form >canary/file
  refuse_found=$(search canary canary | head -1)
  same "the search finds a word written by: $form" "FAIL canary" "$refuse_found"
done
search "no planted word in what is shared" n/logs n/blobs n/sealed n/mechanism.json n/picture.gpkg* n-brief n-public export.geojson
search "no planted word in what is private and encrypted" n/private n/keys

printf 'correct horse\n' >pass
printf 'wrong horse\n' >wrong
t 0 -C n lock --passphrase-file pass
t 0 -C n lock --passphrase-file pass
search "no planted word in any file of a locked node" n
same "no plain key is left" "" "$(find n/keys -name '*.key' -size -200c 2>/dev/null)"
t 0 -C n status
t 0 -C n incidents
rm -f n/picture.gpkg*
t 0 -C n picture --digest
t 0 -C n brief --day 2018-09-18 --out locked-brief
t 0 -C n verify-brief n-brief
t 0 -C n fsck
size=$(size_of n)
t 1 -C n report --at $at --place "35.93 36.63" --kind shelling --yes
err_has unlock
t 1 -C n import reports r.csv
t 1 -C n withdraw un/main/4 --reason mistake
t 1 -C n zone import z.geojson
same "nothing was appended" "$size" "$(size_of n)"
t 1 -C n unlock --passphrase-file wrong
t 1 -C n unlock --passphrase-file nowhere
t 2 -C n unlock
t 0 -C n unlock --passphrase-file pass
t 0 -C n unlock --passphrase-file pass
t 0 -C n report --at $at --place "35.93 36.63" --kind shelling --yes
t 0 -C n correct un/main/4 --set killed=1 --reason "as ${planted[0]} said"
search "no planted word after a correction" n
printf '\n' >blank
t 2 -C n lock --passphrase-file blank
check "an empty passphrase locks nothing" test -e n/keys/log-main.key
t 0 -C n fsck

finish
