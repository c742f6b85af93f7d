#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Sealed parts between parties: given to one, not readable by another, erased for good; keys rotated; proofs.
. "$(dirname "$0")/lib.sh"

planted="Zalduwine of the mill"
parties="east north south"
for p in $parties; do must keygen "$p" --party "$p" --name "Party $p"; done
must mechanism draft --output m.json --name "Test line" east/card-east.json north/card-north.json south/card-south.json
for p in $parties; do must -C "$p" mechanism accept m.json; done
at=2018-09-18T09:58:00+03:00
report() { must -C east report --at $at --place "35.93 36.63" --kind shelling --note "$1" --yes && head -1 "$out"; }
id=$(report "told by $planted")
other=$(report "another note")
plain=$(must -C east report --at $at --place "35.93 36.63" --kind shelling --yes && head -1 "$out")
for p in north south; do
  must -C east bundle export to-$p.truce
  must -C $p bundle import to-$p.truce
done

t 0 -C east open "$id"
out_has "$planted"
out_lacks salt
t 1 -C north open "$id"
err_has "never given to north"

# What cannot be given.
t 2 -C east share "$id"
t 2 -C east share --to north
t 2 -C east share "$id" --to east
t 1 -C east share "$id" --to nobody
err_has nobody
t 2 -C east share "$plain" --to north
err_has "no sealed part"
t 1 -C north share "$id" --to south
t 2 -C east share "$id" --to north --rotate
t 2 -C east share --now
t 2 -C east share x/y --to north

t 0 -C east share "$id" --to north
out_has "$id"
t 0 -C east share "$other" --to north
t 0 -C east bundle export north.truce --for north
out_has "2 sealed parts for north"
t 0 -C east bundle export south.truce --for south
out_has "0 sealed parts for south"
t 1 -C east bundle export x.truce --for nobody
cp north.truce stolen.truce
members() { zstd -dcq "$1" | tar -tf - | grep -c -e '^handover/' -e '^sealed/'; }
same "handovers and ciphertexts are in the addressee's bundle" 4 "$(members north.truce)"
same "and in nobody else's" 0 "$(members south.truce)"
t 0 -C south bundle import south.truce
t 1 -C south open "$id"
t 0 -C south bundle import stolen.truce
out_has "is for north"
t 1 -C south open "$id"
err_has "never given to south"
t 1 -C north open "$id"
t 0 -C north bundle import north.truce
out_has "sealed part of $id from east: came"
t 0 -C north open "$id"
out_has "$planted"
same "no plain word on any disk" "" "$(grep -rlaF "$planted" east north south)"

# What an author stated can be proven, to anybody who has the log.
t 0 -C north open "$id" --prove proof.json
out_has "its hashes hold"
t 0 -C south open "$id" --check proof.json
out_has "hashes hold"
t 1 -C south open "$other" --check proof.json
err_has "proves nothing"
echo '{}' >none.json
t 1 -C south open "$id" --check none.json
t 1 -C south open "$id" --prove none2.json
check "nothing is revealed by who has nothing" test ! -e none2.json

# Locked.
echo passphrase >pass
must -C north lock --passphrase-file pass
t 1 -C north open "$id"
err_has "truce unlock"
t 1 -C north erase "$id"
err_has "truce unlock"
t 1 -C north share --rotate
err_has "truce unlock"
must -C north unlock --passphrase-file pass

# Erased at the addressee.
cp -r north backup
t 0 -C north erase "$id"
out_has "is erased here"
t 1 -C north open "$id"
err_has "was erased here"
t 0 -C north open "$other"
out_has "another note"
t 1 -C north erase "$id"
err_has "erased already"
t 1 -C south erase "$id"
t 2 -C north erase "$plain"
t 0 -C north bundle import stolen.truce
t 1 -C north open "$id"
t 0 -C north fsck
# A backup of everything but the keys opens nothing; with the keys it would.
rm -rf restored && cp -r backup restored && rm -rf restored/keys && cp -r north/keys restored/keys
t 1 -C restored open "$id"
err_has "backup"
t 0 -C restored bundle import stolen.truce
t 1 -C restored open "$id"
t 0 -C backup open "$id"

# A fresh key is what others use once they know of it.
must -C north bundle export news.truce
must -C east bundle import news.truce
t 0 -C east share "$other" --to north
t 0 -C north share --rotate
check "the previous key is kept" test -e north/keys/x25519-previous.key
t 0 -C north share --rotate --now
check "the previous key is gone" test ! -e north/keys/x25519-previous.key

# Erased by the author: nobody is given it any more, and who has it is for them to erase.
t 0 -C east share "$id" --to south
t 0 -C east erase "$id"
t 0 -C east bundle export south.truce --for south
out_has "0 sealed parts for south"
t 1 -C east share "$id" --to south
t 0 -C east open "$other"
t 0 -C east fsck
finish
