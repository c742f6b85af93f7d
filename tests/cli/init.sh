#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Founding a mechanism, or preparing one of several parties.
. "$(dirname "$0")/lib.sh"

t 0 init a --mechanism "Line of contact" --party un="United Observers":observer --me un
out_has "is founded and in force" "id: "
check "founding document" test -s a/mechanism.json
check "statement 0 is there" test "$(size_of a)" = 1
check "the id is the document's SHA-256" grep -q "$(sha256sum <a/mechanism.json | cut -d' ' -f1)" "$out"
check "defaults are written out" python3 - <<'P'
import json
m = json.load(open("a/mechanism.json", encoding="utf-8"))
text = json.dumps(m)
assert m["name"] == "Line of contact", text
assert "public" in text and "parties" in text, text
P
same "keys are for the owner only" "" "$(find a/keys a/private -type f ! -perm 600)"

t 1 init a --mechanism "Line of contact" --party un="United Observers":observer --me un
err_has "a"
check "the first one is untouched" test "$(size_of a)" = 1

t 0 init b --mechanism M --party ru=Russia --party tr=Turkey --party un=UN:observer --me tr --json
same "nothing is founded with several parties" false "$(json founded)"
same "waits for the others" '["ru", "un"]' "$(json waiting_for)"
check "keys are made" test -d b/keys
check "no log is opened" test ! -e b/logs/tr/main/checkpoint
t 1 -C b status
err_has draft "cards of the other parties"

t 0 init c --mechanism M --party un=UN:guarantor --me un --exercise --day-cutoff 18:00 --utc-offset +03:00 --json
same "one party founds, whatever its role" true "$(json founded)"
t 0 -C c status
out_has EXERCISE
t 0 -C c status --json
same "an exercise says so" exercise "$(json mechanism.kind)"

while IFS='|' read -r arguments; do
  # shellcheck disable=SC2086
  t 2 init bad --mechanism M $arguments
done <<'T'
--party un=UN:boss --me un
--party un=UN:humanitarian --me un
--party UN=UN --me UN
--party un --me un
--party un= --me un
--party un=UN --me ru
--party un=UN --party un=UN --me un
--party un=UN --me un --day-cutoff 24:00
--party un=UN --me un --day-cutoff 9:00
--party un=UN --me un --utc-offset 3
--party un=UN --me un --utc-offset +19:00
--party un=UN
--me un
T
t 2 init bad --mechanism "" --party un=UN --me un
err_has "--mechanism"
check "wrong use makes no folder" test ! -e bad

finish
