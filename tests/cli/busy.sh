#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two who append at the same time.
. "$(dirname "$0")/lib.sh"

new_node n
make_reports 3000 >a.csv
make_reports 3000 | sed 's/^r/s/' >b.csv
"$TRUCE" -C n import reports a.csv >a.out 2>&1 &
a=$!
"$TRUCE" -C n import reports b.csv >b.out 2>&1 &
b=$!
wait $a
same "the one" 0 $?
wait $b
same "the other waits" 0 $?
same "both are in" 6003 "$(size_of n)"
for i in 1 2 3 4 5 6; do
  "$TRUCE" -C n report --at 2018-09-18T09:58:00Z --place "35.93 36.6$i" --kind shelling --yes >/dev/null 2>&1 &
done
wait
same "six reports at once" 6009 "$(size_of n)"
t 0 -C n fsck
t 0 -C n incidents --json

finish
