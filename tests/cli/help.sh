#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Help of every command, wrong use.
. "$(dirname "$0")/lib.sh"

t 0 --help
out_has "Begin with" "Exit status"
t 0 --version
out_has "rules version 0"
commands=("init" "status" "actor" "actor add" "actor list" "place" "place import" "place find" "zone" "zone import" "zone list" "zone show" "zone belt"
  "report" "correct" "withdraw" "import" "import reports" "import ged" "incidents" "explain" "exercise" "exercise score" "brief" "verify-brief" "findings" "bulletin" "zone changes" "picture" "fsck" "lock" "unlock")
for c in "${commands[@]}"; do
  # shellcheck disable=SC2086
  t 0 $c --help
  out_has "Example: truce"
done
new_node n
t 2
t 2 no-such-command
err_has "no-such-command: no such command"
for c in "${commands[@]}"; do
  # shellcheck disable=SC2086
  t 2 -C n $c --no-such-flag
done
t 2 -C n zone show
t 2 -C n brief --day 2018-09-01
t 2 -C n brief --out b
t 2 -C n brief --day 2018-02-31 --out b
t 2 -C n brief --from 2018-09-02 --to 2018-09-01 --out b
t 2 -C n brief --day 2018-09-01 --edition secret --out b
t 2 -C n incidents --format xml
t 2 -C n withdraw --reason mistake
t 2 -C n withdraw un/main/1 --reason because
check "no brief was begun" test ! -e b

finish
