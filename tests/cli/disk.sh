#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Full disk, read-only folder: refused with a reason, nothing half-written.
. "$(dirname "$0")/lib.sh"

new_node n
make_reports 200 >few.csv
make_reports 40000 | sed 's/^r/s/' >many.csv
must -C n import reports few.csv
before=$(state_of n)

# A limit on the size of any file stands in for a full disk; works for everybody.
(
  trap '' XFSZ
  ulimit -f 1000
  timeout 120 "$TRUCE" -C n import reports many.csv >"$out" 2>"$err"
)
same "no room for the import: exit status" 1 $?
unchanged "no room for the import" n "$before"
t 0 -C n fsck
t 0 -C n import reports many.csv --check
out_has "40000 new"

if [ "$(id -u)" = 0 ] && mkdir -p small && mount -t tmpfs -o size=12m tmpfs small 2>/dev/null; then
  must init small/n --mechanism Test --party un=UN:observer --me un
  must -C small/n import reports few.csv
  before=$(state_of small/n)
  t 1 -C small/n import reports many.csv
  err_has "space"
  unchanged "full disk" small/n "$before"
  t 0 -C small/n fsck
  t 0 -C small/n incidents --json
  head -c 100m /dev/zero >small/fill 2>/dev/null
  t 1 -C small/n import reports many.csv
  timeout 60 "$TRUCE" -C small/n brief --day 2018-09-02 --out small/b >"$out" 2>"$err"
  same "no room for a brief: exit status" 1 $?
  same "no half of a brief's file under its name" "" "$(find small/b -type f -size 0 2>/dev/null)"
  rm -f small/fill
  t 0 -C small/n import reports few.csv
  t 0 -C small/n fsck
  umount small
else
  skip "a full disk" "needs root and tmpfs"
fi

# A folder that may be read only.
reader=()
if [ "$(id -u)" = 0 ]; then
  if command -v setpriv >/dev/null; then reader=(setpriv --reuid=65534 --regid=65534 --clear-groups); fi
fi
if [ "$(id -u)" != 0 ] || [ ${#reader[@]} -gt 0 ]; then
  cp "$TRUCE" ./truce-copy && chmod 755 truce-copy
  chmod 755 "$work" && cp -r n ro && rm -rf ro/keys && chmod -R a+rX,a-w ro
  before=$(state_of ro)
  ro() { timeout 60 "${reader[@]}" ./truce-copy -C ro "$@" >"$out" 2>"$err" </dev/null; }
  ro fsck
  same "fsck reads only" 0 $?
  ro incidents
  check "incidents: an answer or a reason (exit $?)" test -s "$out" -o -s "$err"
  ro report --at 2018-09-18T09:58:00Z --place "35.93 36.63" --kind shelling --yes
  same "a report is refused" 1 $?
  check "with a reason" test -s "$err"
  ro import reports few.csv
  same "an import is refused" 1 $?
  unchanged "read-only folder" ro "$before"
else
  skip "a read-only folder" "root can write everywhere and setpriv is missing"
fi
t 1 init /proc/n --mechanism M --party un=UN --me un

finish
