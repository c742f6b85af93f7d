#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Several parties as their users meet them: founding, exchange over loopback and by a stick, forks and evidence, restored backups, desks, amendments.
. "$(dirname "$0")/lib.sh"
verify=${TRUCE}-verify

# ---- founding
for p in east north south; do t 0 keygen $p --party $p --name "Guarantor $p"; done
t 0 keygen watch --party watch --name "Observers" --role observer
t 1 keygen east --party east
t 2 keygen x --party X
t 2 keygen x --party x --role king
t 2 mechanism draft
t 1 mechanism draft ./*/card-*.json --name m --received-by 1 -o unsafe.json
err_has "not safe"
refuse "an unsafe quorum is not written" test -e unsafe.json
t 1 mechanism draft ./*/card-*.json --name m --received-by 4 -o unsafe.json
t 2 mechanism draft ./*/card-*.json --name m --decision weather=unanimity -o unsafe.json
t 1 mechanism draft ./*/card-*.json --name m --decision finding=k-of-n:9 -o unsafe.json
echo "{}" >no-card.json
t 2 mechanism draft no-card.json --name "Line" -o unsafe.json
err_has "no-card.json: is no public card"
t 0 mechanism draft ./*/card-*.json --name "Line" --decision finding=k-of-n:2 -o m.json
out_has "1 may be absent"
words=$(sed -n 's/^fingerprint *//p' "$out")
same "ten words" 10 "$(wc -w <<<"$words")"
t 0 mechanism show m.json
out_has "$words"
t 1 mechanism draft ./*/card-*.json --name "Line" -o m.json
err_has "already"
# One changed byte is another document, or none.
sed 's/"name":"Line"/"name":"Lime"/' m.json >lime.json
t 0 mechanism show lime.json
refuse "other words" grep -q "$words" "$out"
printf ' ' | cat m.json - >odd.json
t 1 mechanism show odd.json
t 0 -C east mechanism accept m.json
t 0 -C east mechanism accept m.json
t 1 -C east mechanism accept lime.json
t 0 -C east mechanism show
out_has "not yet"
for p in north south watch; do t 0 -C $p mechanism accept m.json; done
"$TRUCE" keygen stranger --party stranger >/dev/null
t 0 -C stranger mechanism accept m.json
out_has "not in the founding document"

# ---- exchange over loopback
read -r p1 p2 < <(python3 -c '
import socket
s = [socket.socket() for _ in range(2)]
[x.bind(("127.0.0.1", 0)) for x in s]
print(*[x.getsockname()[1] for x in s])')
servers=()
stop_servers() {
  [ ${#servers[@]} -eq 0 ] || kill "${servers[@]}" 2>/dev/null
  wait 2>/dev/null
  servers=()
}
trap 'stop_servers; clean_up' EXIT
serve() { "$TRUCE" -C "$1" serve --listen "127.0.0.1:$2" "${@:3}" 2>"$1.log" & servers+=($!); }
# waits NAME WORDS COMMAND...: the command says so within 30 s.
waits() {
  local name=$1 words=$2
  shift 2
  for _ in $(seq 300); do
    "$TRUCE" "$@" >"$out" 2>"$err"
    if grep -q -- "$words" "$out"; then ok "$name"; return; fi
    sleep 0.1
  done
  fail "$name" "no \"$words\" from: truce $*" "$(head -5 "$out")"
}
report() { "$TRUCE" -C "$1" report --at "$2" --place "35.90 36.60" --radius 500 --kind shelling --means heard --yes 2>/dev/null | tail -1; }
serve east "$p1" --peer "http://127.0.0.1:$p2"
serve north "$p2" --peer "http://127.0.0.1:$p1"
waits "east is served" "east" -C north status
id=$(report east 2026-05-04T09:58:00Z)
waits "north sees the report" "$id" -C north incidents
t 0 -C south sync "http://127.0.0.1:$p1" "http://127.0.0.1:$p2" --push
waits "what was pushed arrives" "south" -C north status --json
t 0 -C south sync "http://127.0.0.1:$p1"
t 1 -C south sync "http://127.0.0.1:9"
t 2 -C south sync "ftp://127.0.0.1"
t 1 -C south sync "http://127.0.0.1:$p1/nowhere"
err_has 404

# ---- a position, and the finding
t 0 -C east position "$id" confirm --reason "own post"
t 0 -C north position "$id" confirm --reason "heard"
waits "the finding is joint" "joint finding: confirmed" -C east findings
t 2 -C east position "$id" perhaps --reason x
t 2 -C east position "$id" attribute --reason x
t 1 -C east position east/main/9999 confirm --reason x
t 0 -C south sync "http://127.0.0.1:$p1"
t 0 -C south position "$id" cannot-establish --reason "nobody near"
t 0 -C south findings
out_has "dissent: south"
t 0 -C south inquiry open "$id" --reason "claims differ"
t 2 -C south inquiry visit "$id"
t 0 -C south inquiry visit "$id" --at 2026-05-06T09:00:00Z
t 0 -C south inquiry attend "$id"
t 0 -C south inquiry close "$id"
t 0 -C south ask "$id" --to east --by 2099-05-08T00:00:00Z --text "which calibre?"
question=$(sed -n 's/^asked east: //p' "$out")
t 2 -C south ask "$id" --to south --by 2099-05-08T00:00:00Z --text x
t 2 -C south ask "$id" --to east --by 2099-05-08T00:00:00Z --text ""
t 2 -C south ask "$id" --to east --by 2026-05-08T00:00:00Z --text x
err_has "is past"
t 0 -C south sync "http://127.0.0.1:$p1" --push
waits "the question arrives" "asks east (this party)" -C east findings
out_has "which calibre?" "truce answer $question" "reason of south" "nobody near" "inquiry south/main" "claims differ" "visit south/main" "attend south/main" "close south/main"
for _ in $(seq 100); do "$TRUCE" -C east answer "$question" --text "120 mm" >"$out" 2>"$err" && break; sleep 0.1; done
out_has "answered"
t 0 -C east findings
out_has "answers: 120 mm"
stop_servers

# ---- a stick
t 1 -C watch bundle import nothing.truce
t 0 -C north bundle export stick.truce
t 0 -C watch bundle import stick.truce
out_has "east/main: 0 ->"
t 0 -C watch bundle import stick.truce
out_has "nothing new"
head -c 1000 stick.truce >cut.truce
t 1 -C watch bundle import cut.truce
t 0 -C watch status --cut
cp "$out" cut.json
t 0 -C watch bundle export since.truce --since cut.json
out_has ": 0 statements"

# ---- desks
t 0 keygen desk --party east --desk office
t 0 -C desk mechanism accept m.json
t 0 -C east desk add desk/card-east-office.json
t 0 -C east bundle export stick.truce
t 0 -C desk bundle import stick.truce
t 0 -C desk report --at 2026-05-05T09:58:00Z --place "35.90 36.60" --radius 500 --kind shelling --means seen --yes
out_has "east/office/1"
t 2 -C desk position "$id" confirm --reason "not from a desk"
t 0 -C desk bundle export stick.truce
t 0 -C north bundle import stick.truce
out_has "east/office: 0 -> 2"
t 2 -C east desk close office
err_has "nothing of it is here" "--empty"
t 0 -C east bundle import stick.truce
t 0 -C east desk close office

# ---- an amendment; a brief from before it is still made again
t 0 -C north brief --day 2026-05-04 --out before
t 0 -C east mechanism amend --name "Line of the lake" --permitted-use "for the parties"
amendment=$(sed -n 's/^proposed: \(.*\),.*/\1/p' "$out")
t 0 -C east bundle export stick.truce
for p in north south; do
  t 0 -C $p bundle import stick.truce
  t 1 -C $p mechanism amend --quota 600
  err_has "could never come into force" "east to $amendment"
  t 2 -C $p mechanism consent "amendment"
  t 0 -C $p mechanism consent "$amendment"
done
t 0 -C south bundle export stick.truce
t 0 -C north bundle import stick.truce
t 0 -C north mechanism show
out_has "version      1"
t 0 -C north verify-brief before
out_has "same: 5 files"
t 0 -C north brief --day 2026-05-04 --out after
t 0 -C north verify-brief after
check "the new name stands in the new brief" grep -q '"name":"Line of the lake"' after/brief.json
refuse "not in the old one" grep -q "Line of the lake" before/brief.json

# ---- digests
t 0 -C north digest check
out_has "nobody has stated"
t 0 -C north digest state
t 1 -C north digest state
err_has "no digest is due"
t 0 -C north digest state --again
t 0 -C north bundle export stick.truce
t 0 -C south bundle import stick.truce
t 0 -C south digest check
out_has "is the same here"

# ---- two versions of one log
cp -r south twin
t 0 -C south report --at 2026-05-07T09:58:00Z --place "35.90 36.60" --kind shelling --means heard --yes
t 0 -C twin report --at 2026-05-07T10:58:00Z --place "35.91 36.60" --kind shelling --means heard --yes
t 0 -C south bundle export one.truce
t 0 -C twin bundle export two.truce
t 0 -C watch bundle import one.truce
t 1 -C watch bundle import two.truce
out_has "two versions of south's record exist"
t 1 -C watch status
out_has "ALARM"
out_has "two versions of south's record exist"
t 0 -C watch evidence list
name=$(awk 'NR == 1 { print $1 }' "$out")
t 0 -C watch evidence export "$name" fork.json
check "a stranger verifies the evidence" "$verify" --mechanism m.json fork.json
python3 -c '
import re
s = open("fork.json").read()
open("forged.json", "w").write(re.sub(r"(\"prefix_root\":\")(.)", lambda m: m[1] + ("B" if m[2] == "A" else "A"), s))'
refuse "forged evidence" "$verify" --mechanism m.json forged.json
t 1 -C watch evidence export "$name" fork.json
err_has "already"
t 1 -C watch evidence export nothing x.json
t 0 -C watch bundle export stick.truce
t 0 -C north bundle import stick.truce
t 1 -C north status
out_has "two versions of south's record exist"
t 0 -C north incidents

# ---- a restored backup
cp -r north backup
t 0 -C north report --at 2026-05-08T09:58:00Z --place "35.90 36.60" --kind shelling --means heard --yes
t 0 -C north bundle export stick.truce
"$TRUCE" -C east bundle import stick.truce >/dev/null 2>&1
rm -rf north && mv backup north
t 1 -C north recover --restored "http://127.0.0.1:9"
out_has "no peer answered"
t 1 -C north report --at 2026-05-08T10:58:00Z --place "35.90 36.60" --kind shelling --means heard --yes
err_has "recover"
serve east "$p1"
for _ in $(seq 100); do "$TRUCE" -C north recover "http://127.0.0.1:$p1" >"$out" 2>"$err" && break; sleep 0.1; done
out_has "->"
t 0 -C north report --at 2026-05-08T10:58:00Z --place "35.90 36.60" --kind shelling --means heard --yes
stop_servers

# ---- as outsiders check it
check "truce-verify accepts east's folder" "$verify" east
if command -v go >/dev/null && [ -n "${TRUCE_SHARED:-}" ]; then
  GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$work/gocache go build -o tlogverify "$TRUCE_SHARED/tools/tlogverify/main.go"
  t 0 -C watch bundle import stick.truce || true
  keys=$("$TRUCE" -C watch status --json | python3 -c '
import json, sys
j = json.load(sys.stdin)
e = [p for p in j["parties"] if p["id"] == "east"][0]
print("-vkey", [l for l in e["logs"] if l["log"] == "main"][0]["log_key"], *sum([["-cosigner", p["cosign_key"]] for p in j["parties"] if p["id"] != "east"], []))')
  # shellcheck disable=SC2086
  check "another program accepts the log with a quorum" ./tlogverify $keys -quorum 2 watch/logs/east/main
  # shellcheck disable=SC2086
  refuse "and no quorum that is not there" ./tlogverify $keys -quorum 4 watch/logs/east/main
else
  skip "another program accepts the log with a quorum" "go and TRUCE_SHARED"
fi

finish
