#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# truce-verify over a folder, a server, a bundle, evidence: what is right is verified, what was changed never is.
VERIFY=$(realpath "${TRUCE_VERIFY:?names the verifier}")
. "$(dirname "$0")/lib.sh"

# v STATUS ARGUMENTS...: as t, for the verifier. Nothing that it prints may hold what a terminal obeys.
v() {
  local want=$1 got
  shift
  timeout 120 "$VERIFY" "$@" >"$out" 2>"$err" </dev/null
  got=$?
  local name="exit $want: truce-verify $*"
  if [ "$got" = "$want" ]; then ok "${name:0:150}"; else fail "${name:0:150}" "exit $got" "$(tail -qn 3 "$out" "$err")"; fi
  if LC_ALL=C grep -q '[^[:print:]]' "$out" "$err"; then fail "prints nothing that a terminal obeys: $*"; fi
}

new_node n
make_zones >z.geojson
must -C n zone import z.geojson
make_reports 700 >r.csv
must -C n import reports r.csv
L=logs/un/main

before=$(state_of n)
v 0 n
out_has "un/main: good, $(size_of n) statements" "verified: 1 log, $(size_of n) statements" "read aloud: "
v 0 --json n
same "verified, for programs" true "$(json verified)"
same "size, for programs" "$(size_of n)" "$(json logs.0.size)"
same "settled at once where there is nobody else" "$(size_of n)" "$(json logs.0.settled)"
v 1 --quorum 1 n
out_has "0 of the others cosign its head, 1 are asked for" "NOT verified: 1 fault"
# What only its owner has is not needed: a stranger's copy.
mkdir copy && cp -r n/mechanism.json n/logs n/blobs copy/ && rm -f copy/$L/journal copy/$L/lock
v 0 copy
chmod -R a-w copy
v 0 copy
chmod -R u+w copy
cp n/mechanism.json m.json && rm copy/mechanism.json
v 2 copy
v 0 --mechanism m.json copy

# One flipped bit, anywhere in anything that counts; its file or statement is named.
flip() { # FILE OFFSET BIT
  python3 - "$@" <<'P'
import sys
name, at, bit = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
b = bytearray(open(name, "rb").read())
b[at % len(b)] ^= 1 << bit
open(name, "wb").write(b)
P
}
damaged() { # FILE OFFSET BIT WORDS
  cp "n/$1" saved
  flip "n/$1" "$2" "$3"
  v 1 n
  check "$1 byte $2 bit $3: not verified, and named" grep -qE "^fault: .*($4)" "$out"
  check "$1 byte $2 bit $3: the last line says so" bash -c "tail -1 '$out' | grep -q '^NOT verified: [0-9]* fault'"
  cp saved "n/$1"
}
seed=$((RANDOM * 32768 + RANDOM))
echo "seed $seed"
RANDOM=$seed
for file in $(cd n && find $L/tile $L/checkpoint blobs -type f | sort); do
  case $file in
    */tile/entries/*) words="un/main/[0-9]+|tile/entries" ;;
    */tile/*) words="un/main/[0-9]+|tile/[0-9]" ;;
    */checkpoint) words=checkpoint ;;
    blobs/*) words="blob|un/main/[0-9]+" ;;
  esac
  for _ in 1 2 3; do damaged "$file" $((RANDOM * 32768 + RANDOM)) $((RANDOM % 8)) "$words"; done
done
for at in 0 1 70 72 80 160 200 250; do damaged $L/checkpoint $at 0 checkpoint; done
damaged $L/tile/entries/001 30000 3 'un/main/3[0-9]+'
v 0 n
for file in $L/checkpoint $L/tile/0/000 $L/tile/entries/001; do
  mv "n/$file" saved
  v 1 n
  check "$file is gone: named" grep -qE "^fault: .*(${file#"$L"/}|un/main/[0-9]+)" "$out"
  mv saved "n/$file"
done
# One changed byte of the mechanism is another mechanism.
cp m.json bad.json && flip bad.json 60 0
v 1 --mechanism bad.json n
mkdir -p n/logs/un/desk-x && cp n/$L/checkpoint n/logs/un/desk-x/
v 1 n
out_has "un/desk-x: is here, but no document and no statement names its key"
rm -r n/logs/un/desk-x
mkdir -p n/logs/un/$'x\e[31m'
v 1 n
out_has 'logs/un/x\x1b[31m'
rmdir n/logs/un/$'x\e[31m'
same "nothing was written" "$before" "$(state_of n)"

# The same from any web server over a copy of the folder.
python3 -u - copy >port 2>/dev/null <<'P' &
import functools, http.server, sys
class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=sys.argv[1]))
print(server.server_address[1])
server.serve_forever()
P
server=$!
for _ in $(seq 100); do
  [ -s port ] && break
  sleep 0.05
done
url=http://127.0.0.1:$(cat port)
v 1 "$url"
err_has mechanism.json
v 0 --mechanism m.json "$url"
out_has "un/main: good, $(size_of n) statements" "verified: 1 log"
cp m.json copy/mechanism.json
v 0 --json "$url/"
same "verified, for programs" true "$(json verified)"
same "blobs are fetched too" "$(find n/blobs -type f | wc -l)" "$(json logs.0.blobs)"
for file in $L/checkpoint $L/tile/0/000 $L/tile/entries/001 $L/tile/1/000.p/2; do
  cp "copy/$file" saved
  flip "copy/$file" 90 2
  v 1 "$url"
  cp saved "copy/$file"
done
blob=$(find copy/blobs -type f | head -1)
mv "$blob" saved
v 1 "$url"
out_has "is not served"
mv saved "$blob"
mv copy/$L/checkpoint saved
v 1 "$url"
out_has "un/main: not served here"
mv saved copy/$L/checkpoint
kill "$server"
wait "$server" 2>/dev/null
v 1 --mechanism m.json "$url"

# A bundle, made with the tools of the system.
if command -v zstd >/dev/null; then
  mkdir b && cp -r copy/logs copy/blobs b/
  (cd b && printf '{"made":1500000000000,"mechanism":"%s","party":"un","v":1}' "$(sha256sum ../m.json | cut -c1-64)" >truce-bundle.json)
  # shellcheck disable=SC2046
  pack() { (cd b && tar --format=ustar -b1 -cf - truce-bundle.json $(find blobs logs -type f | LC_ALL=C sort)) | zstd -q; }
  pack >un.bundle
  v 2 un.bundle
  v 0 --mechanism m.json un.bundle
  out_has "verified: 1 log, $(size_of n) statements"
  head -c 20000 un.bundle >cut.bundle
  v 1 --mechanism m.json cut.bundle
  rm b/$L/tile/entries/000 b/$L/tile/0/000
  pack >since.bundle
  v 0 --mechanism m.json since.bundle
  out_has "size $(size_of n), checked from statement 256 on"
  flip b/$L/tile/entries/001 5000 1
  pack >bad.bundle
  v 1 --mechanism m.json bad.bundle
  out_has "fault: $L/tile/entries/001"
else
  skip "a bundle of other tools" "no zstd"
fi

# Evidence that is none; verify_test.cc has evidence that holds.
printf '{"kind":"fork"}' >e.json
v 2 e.json
v 1 --mechanism m.json e.json
out_has "NOT verified: 1 fault"
printf 'nothing of the kind' >e.json
v 2 --mechanism m.json e.json

# Wrong use.
v 2
v 2 not-there
v 2 --quorum x n
v 2 ftp://example.org
v 2 http://user@example.org
v 0 --help

finish
