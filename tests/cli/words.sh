#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What parties say to each other as the terminal shows it: hostile texts, the rules of a mechanism, questions, wrong use.
. "$(dirname "$0")/lib.sh"

# Nothing on either output that a terminal would obey: C0 but the line's end, DEL, C1, marks of direction, breaks of lines.
tame() {
  if grep -qP '[\x00-\x09\x0b-\x1f\x7f-\x{9f}\x{61c}\x{200e}\x{200f}\x{2028}-\x{202e}\x{2066}-\x{2069}]' "$out" "$err"; then
    fail "$1" "$(cat -v "$out" "$err" | head -5)"
  else
    ok "$1"
  fi
}

# ---- texts that a terminal would obey
for p in east north; do must keygen $p --party $p --name $'Guarantor \u202e'"$p"; done
t 0 mechanism draft ./*/card-*.json --name $'a\e[31mred \u202ereversed\u202c \u2066x\u2069 \u200e \u009b1m\x7f' --permitted-use $'one\nname         Two' -o bad.json
out_has 'a\x1b[31mred \u202ereversed\u202c \u2066x\u2069 \u200e \u009b1m\x7f' 'one\x0aname         Two'
tame "a draft of a hostile name"
t 0 mechanism show bad.json
out_has 'a\x1b[31mred \u202ereversed'
tame "a document of a hostile name"
must -C east mechanism accept bad.json
t 0 -C east mechanism show
tame "the node of a hostile name"
t 0 -C east status --json
tame "JSON of a hostile name"
same "and the name is the same in it" $'Guarantor \u202eeast' "$(json parties.0.name)"


# ---- what people accept when they accept a document
must keygen aid --party aid --name "Aid" --role humanitarian
t 0 mechanism draft ./*/card-*.json --name m --named aid --quota 500 --editions parties --borders none --duty east,north --duty-days 3 --rest 7,2026-12-25 --day-cutoff 06:30 --utc-offset -03:30 -o m.json
out_has "begin at 06:30, UTC-03:30" "east, north: in turn, 3 day(s) each, from 1970-01-01" "Sunday, 2026-12-25" "500 statements" "editions     parties" "borders      none" "rules        version 0"
out_lacks "never named"
t 2 mechanism draft ./*/card-*.json --name m --named east -o x.json
t 2 mechanism draft ./*/card-*.json --name m --quota 0 -o x.json
t 2 mechanism draft ./*/card-*.json --name m --decision weather=unanimity -o x.json

# ---- wrong use
t 2 -C east brief sign x
t 2 -C east findings --day 2026-13-04
must -C east report --at 2026-05-04T09:58:00Z --place "35.90 36.60" --radius 200 --kind shelling --means heard --yes
t 2 -C east consent east/main/1
err_has "nobody is asked"

finish
