#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Nodes that meet over TLS: only a certificate that the given authority signed for the address that was called, and that is valid now, is taken.
. "$(dirname "$0")/lib.sh"

for p in east north; do must keygen $p --party $p; done
must mechanism draft ./*/card-*.json --name "Line" -o m.json
for p in east north; do must -C $p mechanism accept m.json; done

# An authority, a good certificate, and bad ones.
authority() {
  openssl req -x509 -newkey ed25519 -nodes -keyout "$1.key" -out "$1.pem" -days 10 -subj "/CN=$1" -addext "basicConstraints=critical,CA:TRUE" 2>/dev/null
}
# certificate NAME AUTHORITY ALTERNATIVE-NAME [x509 options]
certificate() {
  local name=$1 by=$2 alternative=$3
  shift 3
  openssl req -newkey ed25519 -nodes -keyout "$name.key" -out "$name.csr" -subj "/CN=$name" 2>/dev/null
  openssl x509 -req -in "$name.csr" -CA "$by.pem" -CAkey "$by.key" -CAcreateserial -out "$name.pem" -extfile <(printf 'subjectAltName=%s\n' "$alternative") \
    "$@" 2>/dev/null
}
authority ours && authority theirs || { fail "openssl makes certificates"; finish; }
certificate good ours IP:127.0.0.1,DNS:localhost -days 10
certificate foreign theirs IP:127.0.0.1 -days 10
certificate elsewhere ours DNS:north.example -days 10
# Valid on one day that is over.
mkdir -p ca && : >ca/index.txt && echo 01 >ca/serial
cat >ca.cnf <<'C'
[ca]
default_ca = c
[c]
new_certs_dir = ca
database = ca/index.txt
serial = ca/serial
default_md = default
policy = p
[p]
commonName = supplied
C
openssl req -newkey ed25519 -nodes -keyout expired.key -out expired.csr -subj "/CN=expired" 2>/dev/null
openssl ca -batch -config ca.cnf -cert ours.pem -keyfile ours.key -in expired.csr -out expired.pem -startdate 20200101000000Z -enddate 20200102000000Z \
  -extfile <(printf 'subjectAltName=IP:127.0.0.1\n') -notext 2>/dev/null
openssl req -x509 -newkey ed25519 -nodes -keyout self.key -out self.pem -days 10 -subj "/CN=127.0.0.1" -addext "subjectAltName=IP:127.0.0.1" 2>/dev/null

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
server=
trap '[ -z "$server" ] || kill $server 2>/dev/null; clean_up' EXIT
answers() { python3 -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1).close()' "$port" 2>/dev/null; }
serve_as() {
  if [ -n "$server" ]; then kill $server; wait $server 2>/dev/null; fi
  "$TRUCE" -C east serve --listen "127.0.0.1:$port" ${1:+--tls-certificate "$1.pem" --tls-key "$1.key"} 2>server.log &
  server=$!
  for _ in $(seq 200); do answers && return; sleep 0.05; done
  fail "the server as ${1:-plain} answers" "$(tail -3 server.log)"
}

serve_as good
t 0 -C north sync --ca-file ours.pem "https://127.0.0.1:$port"
out_has "east/main: 0 -> 1"
t 0 -C north sync --ca-file ours.pem "https://localhost:$port"
before=$(state_of north)
t 1 -C north sync "https://127.0.0.1:$port"
err_has "certificate"
t 1 -C north sync --ca-file theirs.pem "https://127.0.0.1:$port"
err_has "certificate"
t 1 -C north sync "http://127.0.0.1:$port"
t 1 -C north sync --ca-file m.json "https://127.0.0.1:$port"
for bad in foreign elsewhere expired self; do
  serve_as $bad
  t 1 -C north sync --ca-file ours.pem "https://127.0.0.1:$port"
  err_has "certificate"
done
serve_as ""
t 1 -C north sync --ca-file ours.pem "https://127.0.0.1:$port"
unchanged "peers that cannot prove who they are" north "$before"
# A key that is not the certificate's, a certificate that is none: told at the start.
kill $server && wait $server 2>/dev/null
server=
t 2 -C east serve --listen "127.0.0.1:$port" --tls-certificate good.pem --tls-key self.key
t 2 -C east serve --listen "127.0.0.1:$port" --tls-certificate m.json --tls-key good.key
t 2 -C east serve --listen "127.0.0.1:$port" --tls-certificate good.pem

finish
