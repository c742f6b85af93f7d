#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Damaged logs: named, refused, never repaired by fsck.
. "$(dirname "$0")/lib.sh"

new_node n
make_zones >z.geojson
must -C n zone import z.geojson
make_reports 700 >r.csv
must -C n import reports r.csv
t 0 -C n fsck
out_has good
t 0 -C n fsck --log un/main --json
same "good, for programs" true "$(json ok)"
t 2 -C n fsck --log "no log"
t 1 -C n fsck --log un/other
L=logs/un/main
damaged() {
  local name=$1
  shift
  rm -rf d && cp -r n d
  (cd d && "$@")
  local before after
  before=$(state_of d)
  t 1 -C d fsck
  after=$(state_of d)
  same "$name: fsck repairs nothing" "$before" "$after"
}
flip() { # FILE OFFSET
  local o
  o=$(od -An -tu1 -j"$2" -N1 "$1")
  # shellcheck disable=SC2059
  printf "\\x$(printf %02x $((o ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}
damaged "a bit of an entry" flip $L/tile/entries/000 40
damaged "a bit in the last bundle" bash -c "f=\$(find $L/tile/entries -path '*.p/*' -type f | sort | tail -1); printf X | dd of=\$f bs=1 seek=100 conv=notrunc 2>/dev/null"
damaged "a bit of a hash tile" flip $L/tile/0/000 40
damaged "a missing entry bundle" rm $L/tile/entries/001
damaged "a missing hash tile" rm $L/tile/0/001
damaged "a truncated checkpoint" truncate -s 40 $L/checkpoint
damaged "an empty checkpoint" truncate -s 0 $L/checkpoint
damaged "a bit of the checkpoint's root" flip $L/checkpoint 100
damaged "a checkpoint cut in its signature" bash -c "truncate -s -10 $L/checkpoint"
damaged "a missing checkpoint" rm $L/checkpoint
damaged "a missing required blob" bash -c 'rm blobs/*'
damaged "a bit of a blob" bash -c 'f=$(ls blobs/* | head -1); printf X | dd of=$f bs=1 seek=3 conv=notrunc 2>/dev/null'
damaged "a longer bundle" bash -c "echo >> $L/tile/entries/000"

# The first bad statement is named.
rm -rf d && cp -r n d
offset=$(python3 - <<'P'
b = open("d/logs/un/main/tile/entries/001", "rb").read()
o = 0
for i in range(44):
    o += 2 + int.from_bytes(b[o:o + 2], "big")
print(o + 30)
P
)
flip d/$L/tile/entries/001 "$offset"
t 1 -C d fsck
check "names statement 300" grep -qE 'un/main/300\b' "$out" "$err"
t 1 -C d fsck --json
same "not good, for programs" false "$(json ok)"

# A log that lost its checkpoint is no empty log: nothing is computed as if there were no statements.
rm -rf d && cp -r n d && rm d/$L/checkpoint
for command in status incidents "picture --rebuild" fsck "brief --day 2018-09-02 --out b"; do
  # shellcheck disable=SC2086
  t 1 -C d $command
  check "$command names the checkpoint" grep -q checkpoint "$out" "$err"
done
check "no brief is written of it" test ! -e b

# It does not answer from the journal: what strangers read is what is checked.
rm -rf d && cp -r n d && rm -f d/$L/journal
t 0 -C d fsck

finish
