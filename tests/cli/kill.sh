#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kill -9 during imports: all or nothing, and the log is whole.
. "$(dirname "$0")/lib.sh"

new_node n
make_reports 20000 >r.csv
must -C n picture --digest
began=$(date +%s%N)
cp -r n timing && "$TRUCE" -C timing import reports r.csv >/dev/null 2>&1
took_ms=$((($(date +%s%N) - began) / 1000000))
for k in 1 2 3 4 5 6 7 8 9 10 11 12; do
  rm -rf k && cp -r n k
  "$TRUCE" -C k import reports r.csv >/dev/null 2>&1 &
  pid=$!
  sleep "$(awk -v t=$took_ms -v k=$k 'BEGIN { printf "%.3f", t * k / 12000 }')"
  kill -9 $pid 2>/dev/null
  wait $pid 2>/dev/null
  # The next append repairs what is torn, and says so.
  must -C k report --at 2018-09-18T09:58:00Z --place "35.93 36.63" --kind shelling --yes
  size=$(size_of k)
  if [ "$size" = 2 ] || [ "$size" = 20003 ]; then ok "killed at $k/12: all or nothing ($size)"; else fail "killed at $k/12: all or nothing" "size $size"; fi
  timeout 120 "$TRUCE" -C k fsck >"$out" 2>&1
  same "killed at $k/12: the log is whole" 0 $?
  must -C k import reports r.csv
  same "killed at $k/12: importing again completes it" 20003 "$(must -C k incidents --format csv && echo $(($(wc -l <"$out") + 1)))"
done

# A torn tail of the journal is cut off and told.
rm -rf k && cp -r timing k
printf 'half a record' >>k/logs/un/main/journal
t 0 -C k report --at 2018-09-18T09:58:00Z --place "35.93 36.63" --kind shelling --yes
err_has "repaired"
t 0 -C k fsck

finish
