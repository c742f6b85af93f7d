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

finish
