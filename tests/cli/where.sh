#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Which node: -C, the nearest parent folder; files are relative to the caller.
. "$(dirname "$0")/lib.sh"

new_node n
mkdir -p n/deep/er elsewhere
make_reports 3 >elsewhere/r.csv
(cd n/deep/er && "$TRUCE" status >"$out" 2>"$err")
same "found from below" 0 $?
(cd elsewhere && "$TRUCE" -C ../n import reports r.csv >"$out" 2>"$err")
same "files are the caller's" 0 $?
out_has "3 new"
t 1 status
err_has "truce init"
t 1 -C nowhere status
err_has nowhere
t 1 -C elsewhere status
(cd elsewhere && "$TRUCE" -C ../n brief --day 2018-09-02 --out b >"$out" 2>"$err")
same "the brief is written beside the caller" 0 $?
check "brief" test -s elsewhere/b/index.html

finish
