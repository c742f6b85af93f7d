#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The table of bad CSV files: each refused with file, line, field and value; nothing half-written.
. "$(dirname "$0")/lib.sh"

new_node n
make_zones >z.geojson
must -C n zone import z.geojson
good=r1,un,un-1,2018-09-18T06:58:42Z,60,35.5,36.5,500,,,,,heard,shelling,1,0,0
before=$(state_of n)

# NAME | WHAT THE MESSAGE MUST SAY (; between) | row, \n and \x allowed
bad_row() {
  printf '%s\n%s\n%b\n' "$columns" "$good" "$3" >bad.csv
  t 1 -C n import reports bad.csv
  IFS=';' read -ra texts <<<"$2"
  err_has "bad.csv" "${texts[@]}"
  unchanged "$1" n "$before"
}
bad_row "latitude outside of the world" "line 3;lat;90.5" 'a,un,u,2018-09-18T06:58:42Z,60,90.5,36.5,500,,,,,heard,shelling,1,0,0'
bad_row "longitude outside of the world" "line 3;-180.1" 'a,un,u,2018-09-18T06:58:42Z,60,35.5,-180.1,500,,,,,heard,shelling,1,0,0'
bad_row "NaN" "line 3;lat;nan" 'a,un,u,2018-09-18T06:58:42Z,60,nan,36.5,500,,,,,heard,shelling,1,0,0'
bad_row "infinity" "line 3;lon;inf" 'a,un,u,2018-09-18T06:58:42Z,60,35.5,inf,500,,,,,heard,shelling,1,0,0'
bad_row "the year 25" "line 3;observed_at;0025-01-01" 'a,un,u,0025-01-01T00:00:00Z,60,35.5,36.5,500,,,,,heard,shelling,1,0,0'
bad_row "31 February" "line 3;observed_at;2018-02-31" 'a,un,u,2018-02-31T00:00:00Z,60,35.5,36.5,500,,,,,heard,shelling,1,0,0'
bad_row "a leap second" "line 3;observed_at;23:59:60" 'a,un,u,2016-12-31T23:59:60Z,60,35.5,36.5,500,,,,,heard,shelling,1,0,0'
bad_row "a time without offset" "line 3;observed_at;2018-09-18T06:58:42" 'a,un,u,2018-09-18T06:58:42,60,35.5,36.5,500,,,,,heard,shelling,1,0,0'
bad_row "an unknown kind" "line 3;kind;boom" 'a,un,u,2018-09-18T06:58:42Z,60,35.5,36.5,500,,,,,heard,boom,1,0,0'
bad_row "unknown means" "line 3;how;smelt" 'a,un,u,2018-09-18T06:58:42Z,60,35.5,36.5,500,,,,,smelt,shelling,1,0,0'
bad_row "no place" "line 3" 'a,un,u,2018-09-18T06:58:42Z,60,,,500,,,,,heard,shelling,1,0,0'
bad_row "no radius" "line 3;radius_m" 'a,un,u,2018-09-18T06:58:42Z,60,35.5,36.5,,,,,,heard,shelling,1,0,0'
bad_row "a negative count" "line 3;count;-1" 'a,un,u,2018-09-18T06:58:42Z,60,35.5,36.5,500,,,,,heard,shelling,-1,0,0'
bad_row "half a casualty" "line 3;killed;0.5" 'a,un,u,2018-09-18T06:58:42Z,60,35.5,36.5,500,,,,,heard,shelling,1,0.5,0'
bad_row "too few cells" "line 3" 'a,un,u'
bad_row "too many cells" "line 3" 'a,un,u,2018-09-18T06:58:42Z,60,35.5,36.5,500,,,,,heard,shelling,1,0,0,0,0'
bad_row "a quote that is not closed" "line 3" 'a,"un,u,2018-09-18T06:58:42Z,60,35.5,36.5,500,,,,,heard,shelling,1,0,0'
bad_row "text after a quote" "line 3" 'a,"un"x,u,2018-09-18T06:58:42Z,60,35.5,36.5,500,,,,,heard,shelling,1,0,0'
bad_row "a NUL byte" "line 3" 'a,un,u\x00,2018-09-18T06:58:42Z,60,35.5,36.5,500,,,,,heard,shelling,1,0,0'
bad_row "not UTF-8" "bad.csv" 'a,un,\xff\xfe,2018-09-18T06:58:42Z,60,35.5,36.5,500,,,,,heard,shelling,1,0,0'
bad_row "the same id with other values" "line 3;r1" 'r1,un,u,2018-09-19T06:58:42Z,60,35.5,36.5,500,,,,,heard,shelling,1,0,0'
bad_row "a party id that is none" "line 3;party;U N" 'a,U N,u,2018-09-18T06:58:42Z,60,35.5,36.5,500,,,,,heard,shelling,1,0,0'

printf '%s\n' "${columns/kind/kynd}" "$good" >bad.csv
t 1 -C n import reports bad.csv
err_has bad.csv kynd
printf 'id,party\n1,un\n' >bad.csv
t 1 -C n import reports bad.csv
err_has bad.csv observed_at kind
printf '%s\n' "$columns,kind" "$good,shelling" >bad.csv
t 1 -C n import reports bad.csv
err_has bad.csv kind
: >bad.csv
t 1 -C n import reports bad.csv
err_has bad.csv
t 1 -C n import reports no-such-file.csv
err_has no-such-file.csv
t 1 -C n import reports .
unchanged "headers and files" n "$before"

# A line of 100 MB: refused by a limit, quickly, in bounded memory.
{ echo "$columns"; echo "$good"; printf 'a,un,'; head -c 100000000 /dev/zero | tr '\0' x; printf ',2018-09-18T06:58:42Z,60,35.5,36.5,500,,,,,heard,shelling,1,0,0\n'; } >long.csv
t 1 -C n import reports long.csv
err_has long.csv "line 3"
same "the message does not quote 100 MB" 1 "$(($(stat -c %s "$err") < 10000))"
rm long.csv
head -c 30000000 /dev/zero | tr '\0' x >long.csv
t 1 -C n import reports long.csv
err_has long.csv "line 1"
rm long.csv
unchanged "a line of 100 MB" n "$before"

# Latitude and longitude exchanged: warned about, never changed.
{ echo "$columns"; for i in 1 2 3 4 5 6; do echo "${good/r1/g$i}"; done; echo 'x,un,u,2018-09-18T06:58:42Z,60,36.5,35.5,500,,,,,heard,shelling,1,0,0'; } >swapped.csv
t 0 -C n import reports swapped.csv --check
err_has swapped.csv "line 8"
t 0 -C n fsck

finish
