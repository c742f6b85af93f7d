#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Learning from reports: what it would change, what it states, checked again; too few reports; absurd ones.
. "$(dirname "$0")/lib.sh"

# Nothing, and next to nothing, teach nothing.
new_node n
t 0 -C n calibrate
out_has "nothing stated"
t 0 -C n calibrate --json
same "nor for programs, without any report" "false 0" "$(json stated) $(json reports)"
make_reports 20 >r.csv
must -C n import reports r.csv
before=$(size_of n)
t 0 -C n calibrate
out_has "nothing stated: 20 report(s)"
t 0 -C n calibrate --json
same "nor for programs" false "$(json stated)"
same "and states nothing" "$before" "$(size_of n)"
t 0 -C n status
out_lacks "truce calibrate"
t 2 -C n calibrate --from yesterday
err_has --from yesterday
t 2 -C n calibrate --from 2018-09-20 --to 2018-09-01
err_has "--to"

# An exercise: due, what it would change, stated, in force, checked.
must exercise --seed 4 --days 6 --incidents-per-day 40 --parties 3 --posts 4 --out drill
N=drill/node
t 0 -C $N status
out_has "truce calibrate" due
size_of_log() { sed -n 2p $N/logs/obs/main/checkpoint; }
before=$(size_of_log)
t 0 -C $N calibrate --what-if
out_has "nothing stated" "would move"
t 0 -C $N calibrate --what-if --json
then=$(json incidents_then)
same "--what-if states nothing" "$before" "$(size_of_log)"
t 0 -C $N calibrate --json
same "stated" true "$(json stated)"
same "as was foretold" "$then" "$(json incidents_after)"
id=$(json statement)
same "one statement" $((before + 1)) "$(size_of_log)"
t 0 -C $N status
out_has "calibrated $id"
out_lacks "neutral priors"
t 0 -C $N calibrate --check "$id"
out_has "same: $id"
t 0 -C $N calibrate --check "$id" --json
same "for programs" true "$(json same)"
t 0 -C $N calibrate
out_has "$id states already"
t 2 -C $N calibrate --check obs/main/1
err_has obs/main/1 "no calibration"
t 1 -C $N calibrate --check obs/main/99999
t 2 -C $N calibrate --check nonsense
err_has --check nonsense
t 0 -C $N incidents --format csv --members
cp "$out" members.csv
report=$(cut -d, -f2 members.csv | sort | uniq -d | grep / | head -1)
t 0 -C $N explain "$report"
out_has "why together" "calibration $id"
t 0 -C $N fsck

# More reports and a second one, which follows the first; the first is still checked by its own cut.
t 0 -C $N calibrate --from 2024-06-04
out_has "learnt from"
second=$(cut -d' ' -f1 "$out" | grep -m1 obs/)
t 0 -C $N calibrate --check "$id"
t 0 -C $N calibrate --check "$second"
t 0 -C $N picture --digest
digest=$(cat "$out")
t 0 -C $N picture --rebuild
t 0 -C $N picture --digest
same "rebuilt, the same picture" "$digest" "$(tail -1 "$out")"
# Withdrawn, the first is in force again.
t 0 -C $N withdraw "$second" --reason mistake
t 0 -C $N status
out_has "calibrated $id"

# Calibrations that nobody learnt. --check tells; what would dissolve or unite everything is refused, and so are tables
# that are none; those who calibrate after them are not held up by that.
forge() { "${TRUCE_STATE_CALIBRATION:?names the program that states them}" $N "$1" 2024-06-01 2024-06-06; }
incidents_of() {
  t 0 -C $N incidents --format csv --members
  cp "$out" "$1"
}
incidents_of before.csv
for case in apart:time_scale_ppm together:time_scale_ppm broken:"no tables"; do
  forged=$(forge "${case%%:*}")
  t 1 -C $N calibrate --check "$forged"
  out_has "differs: $forged" "refused" "${case#*:}"
  t 1 -C $N calibrate --check "$forged" --json
  same "differs, for programs" false "$(json same)"
  check "and why" test -n "$(json refused)"
  t 0 -C $N status
  out_has "calibrated $id"
  incidents_of after.csv
  check "${case%%:*}: nothing changes" cmp before.csv after.csv
done
t 0 -C $N calibrate --from 2024-06-04 --json
same "the next one is stated" true "$(json stated)"
third=$(json statement)
t 0 -C $N status
out_has "calibrated $third"
# Within the caps a party has its way, and anybody can see that it was not learnt.
forged=$(forge neutral)
t 0 -C $N status
out_has "calibrated $forged"
t 1 -C $N calibrate --check "$forged"
out_has "differs: $forged"
out_lacks refused
t 0 -C $N withdraw "$forged" --reason mistake
t 0 -C $N calibrate --check "$third"
t 0 -C $N picture --digest
digest=$(cat "$out")
t 0 -C $N picture --rebuild
t 0 -C $N picture --digest
same "rebuilt, the same picture with all of them" "$digest" "$(tail -1 "$out")"
t 0 -C $N fsck

# Absurd reports: clocks a year off, all at one point. A statement comes of it, or none; never a crash.
new_node odd
awk -v head="$columns" 'BEGIN { print head; for (i = 1; i <= 300; ++i)
  printf "r%06d,un,un-%d,%d-09-%02dT%02d:%02d:00Z,60,35.5,36.2,500,,,,,heard,shelling,%d,0,0\n", i, i % 3, 2017 + i % 3, 1 + i % 4, i % 24, i % 60, 1 + i % 7 }' >odd.csv
must -C odd import reports odd.csv
t 0 -C odd calibrate
t 0 -C odd incidents --format csv
t 0 -C odd fsck
new_node point
awk -v head="$columns" 'BEGIN { print head; for (i = 1; i <= 200; ++i)
  printf "r%06d,un,un-%d,2018-09-%02dT%02d:00:00Z,60,0,0,0,,,,,seen,shelling,%d,0,0\n", i, i % 2, 1 + i % 20, i % 12, 1 + i % 7 }' >point.csv
must -C point import reports point.csv
t 0 -C point calibrate
t 0 -C point fsck

# Impossible geometry is refused by row and column.
{ head -3 r.csv; echo 's1,un,un-1,2018-09-01T10:00:00Z,60,,,,,,120,3000,heard,shelling,1,0,0'; } >bad.csv
t 1 -C n import reports bad.csv
err_has "line 4" "without observer"
{ head -3 r.csv; echo 's1,un,un-1,2018-09-01T10:00:00Z,60,,,,35.5,36.5,120,1000000000,heard,shelling,1,0,0'; } >bad.csv
t 1 -C n import reports bad.csv
err_has "line 4" distance_m
finish
