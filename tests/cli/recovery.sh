#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Recovery asks the right peers and believes the right answers; what was lost or closed is not begun again or gone on with in silence.
. "$(dirname "$0")/lib.sh"
verify=${TRUCE}-verify

for p in east north south; do must keygen $p --party $p; done
must mechanism draft ./*/card-*.json --name "Line" -o m.json
for p in east north south; do must -C $p mechanism accept m.json; done
report south 2026-05-04T09:58:00Z >/dev/null
round east north south
cp -r south backup

# ---- after the backup south goes on in main-2 and keeps its keys; the folder is lost
t 0 -C south desk renew
report south 2026-05-05T09:58:00Z >/dev/null
report south 2026-05-05T10:58:00Z >/dev/null
round east north south
cp -r south/keys keys && mv south lost
lose() { rm -rf south && cp -r backup south && rm -rf south/keys && cp -r keys south/keys; }

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
server=
stop_server() { [ -z "$server" ] || { kill "$server"; wait "$server"; server=; } 2>/dev/null; }
trap 'stop_server; clean_up' EXIT
serve() { "$TRUCE" -C "$1" serve --listen "127.0.0.1:$port" 2>"$1.log" & server=$!; }
# recover_from PEER: as soon as it answers.
recover_from() {
  serve "$1"
  for _ in $(seq 100); do "$TRUCE" -C south recover "http://127.0.0.1:$port" >"$out" 2>"$err" && break; grep -q "no peer answered" "$out" || break; sleep 0.1; done
  stop_server
}

# A peer that has nothing of these logs, and one of another mechanism, are nobody to ask.
lose
t 1 -C south recover --restored
rm -rf nothing && cp -r east nothing && rm -rf nothing/logs/south nothing/roster.json
must keygen far --party far && must mechanism draft far/card-far.json --name "Far" -o far.json && must -C far mechanism accept far.json
for peer in nothing far; do
  recover_from $peer
  t 1 -C south status
  out_has "was restored from a backup"
  t 1 -C south report --at 2026-05-06T09:58:00Z --place "35.90 36.60" --kind shelling --means heard --yes
done
# One that has everything gives back the fresh log as well.
recover_from east
out_has "south/main-2: 0 -> "
t 0 -C south status
same "the next report is behind what was had" south/main-2/3 "$(report south 2026-05-06T09:58:00Z)"
round east north south
for p in east north south; do t 0 -C $p status; done

# ---- a log that was here and is gone is not begun again
rm -rf south/logs/south/main-2
t 1 -C south report --at 2026-05-07T09:58:00Z --place "35.90 36.60" --kind shelling --means heard --yes
err_has "receipt names" "truce recover --restored"
t 1 -C south mechanism accept m.json
must -C east bundle export whole.truce
t 0 -C south recover --restored whole.truce
same "it is here again" south/main-2/4 "$(report south 2026-05-07T09:58:00Z)"
round east north south

# ---- a bundle of what came since is checked as far as it goes, though a log was opened before it
must -C east status --cut
cp "$out" cut
report east 2026-05-08T09:58:00Z >/dev/null
must -C east bundle export since.truce --since cut
check "an outsider accepts it" "$verify" --mechanism m.json since.truce

# ---- files that are no bundle are not written over
t 1 -C east bundle export east/mechanism.json
err_has "is no bundle"
t 0 -C east bundle export since.truce
t 1 -C east brief --day 2026-05-04 --out east/keys
err_has "of something else than a brief"
t 0 -C east brief --day 2026-05-04 --out brief
t 0 -C east brief --day 2026-05-04 --out brief

# ---- a closed desk says so
must keygen post --party east --desk post
must -C post mechanism accept m.json
t 0 -C post status
out_has "east, desk post" "counts once east's main log has opened it"
must -C east desk add post/card-east-post.json
must -C east bundle export stick.truce && must -C post bundle import stick.truce
report post 2026-05-08T10:58:00Z >/dev/null
must -C post bundle export stick.truce && must -C east bundle import stick.truce
t 0 -C east desk close post
must keygen gone --party east --desk gone
must -C east desk add gone/card-east-gone.json
t 2 -C east desk close gone
err_has "nothing of it is here"
t 2 -C east desk close gone --empty --despite nobody
err_has "no other party of the mechanism"
t 0 -C east desk close gone --empty
out_has "closed east/gone at 0 statements"
must -C east bundle export stick.truce && must -C post bundle import stick.truce
t 1 -C post report --at 2026-05-08T11:58:00Z --place "35.90 36.60" --kind shelling --means heard --yes
err_has "has closed this log"

# ---- two inquiries, one after the other
t 0 -C east inquiry open south/main/1 --reason "first"
t 0 -C east inquiry close south/main/1 --reason "done"
t 1 -C east inquiry close south/main/1 --reason "again"
t 1 -C east inquiry visit south/main/1 --at 2026-05-09T10:00:00Z --reason "closed"
for n in 1 2 3 4 5 6 7; do report east 2026-05-1${n}T09:58:00Z >/dev/null; done
t 0 -C east inquiry open south/main/1 --reason "second"
t 0 -C east inquiry close south/main/1 --reason "done"
t 1 -C east inquiry close south/main/1 --reason "again"
err_has "no inquiry is open"

finish
