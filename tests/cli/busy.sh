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
# A second writer waits up to 5 s. On a slow machine one may wait in vain: it must say so, and what was acknowledged is in.
waiting=()
for i in 1 2 3 4 5 6; do
  "$TRUCE" -C n report --at 2018-09-18T09:58:00Z --place "35.93 36.6$i" --kind shelling --yes >/dev/null 2>"err.$i" &
  waiting+=($!)
done
acknowledged=0
for i in 1 2 3 4 5 6; do
  if wait "${waiting[$((i - 1))]}"; then
    acknowledged=$((acknowledged + 1))
  else
    same "one who waited in vain is told" 1 "$(grep -c 'another process' "err.$i")"
  fi
done
same "all that was acknowledged of six reports at once" $((6003 + acknowledged)) "$(size_of n)"
same "some were" 1 $((acknowledged > 0))
t 0 -C n fsck
t 0 -C n incidents --json

finish
