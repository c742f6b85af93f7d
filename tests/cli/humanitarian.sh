#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A humanitarian party is held to its role and not named.
. "$(dirname "$0")/lib.sh"

for p in east north; do must keygen $p --party $p; done
must keygen relief --party relief --role humanitarian
must mechanism draft ./*/card-*.json --name "Line" --exercise -o m.json
for p in east north relief; do must -C $p mechanism accept m.json; done
id=$(must -C east report --at 2026-05-04T09:58:00Z --place "35.90 36.60" --kind shelling --means heard --yes && head -1 "$out")
must -C east bundle export stick.truce
for p in north relief; do must -C $p bundle import stick.truce; done
t 1 -C relief report --at 2026-05-04T09:58:00Z --place "35.90 36.60" --kind shelling --means heard --yes
err_has "humanitarian party"
t 1 -C relief position "$id" confirm --reason x
t 1 -C relief inquiry open "$id" --reason x
must -C relief bundle export stick.truce
must -C east bundle import stick.truce
for edition in parties public; do
  t 0 -C east brief --day 2026-05-04 --edition $edition --out brief-$edition
  refuse "not named in the $edition edition" grep -rq relief brief-$edition
  t 0 -C east verify-brief brief-$edition
done
brief=$("$TRUCE" -C east brief propose --day 2026-05-04 | sed -n 's/^proposed //p')
must -C east bundle export stick.truce
for p in north relief; do must -C $p bundle import stick.truce; done
t 1 -C relief brief sign "$brief"
t 0 -C north brief sign "$brief"
t 1 -C north brief object "$brief"
err_has "for good"
t 1 -C east brief object "$brief"

finish
