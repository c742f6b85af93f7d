# SPDX-License-Identifier: Apache-2.0
# Functions of the command-line tests; sourced by each script of tests/cli. TRUCE names the program.
#
# Every check prints one line, "ok NAME", "FAIL NAME" or "skip NAME: WHY", which tools/run_tests counts. A script works in a temporary folder of
# its own, which is gone afterwards, and ends with `finish`.
# shellcheck shell=bash

set -u
export LC_ALL=C.UTF-8
TRUCE=$(realpath "${TRUCE:?names the program}")
tests_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
out=$work/.out err=$work/.err
passed=0 failed=0 skipped=0

clean_up() {
  if mountpoint -q "$work/small" 2>/dev/null; then umount "$work/small"; fi
  chmod -R u+rwX "$work" 2>/dev/null
  rm -rf "$work"
}
trap clean_up EXIT
cd "$work" || exit 1

ok() {
  echo "ok $1"
  passed=$((passed + 1))
}
fail() {
  echo "FAIL $1"
  shift
  [ $# -eq 0 ] || printf '     %s\n' "$@"
  failed=$((failed + 1))
}
skip() {
  echo "skip $1: $2"
  skipped=$((skipped + 1))
}
finish() {
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" = 0 ] && [ $((passed + skipped)) -gt 0 ]
  exit
}

# check NAME COMMAND...: the command must succeed. refuse NAME COMMAND...: it must not.
check() {
  local name=$1
  shift
  if "$@" >"$work/.check" 2>&1; then ok "$name"; else fail "$name" "$(tail -3 "$work/.check")"; fi
}
refuse() {
  local name=$1
  shift
  if "$@" >"$work/.check" 2>&1; then fail "$name" "$(tail -3 "$work/.check")"; else ok "$name"; fi
}
# same NAME EXPECTED GOT
same() {
  if [ "$2" = "$3" ]; then ok "$1"; else fail "$1" "expected: $2" "got:      $3"; fi
}

# t STATUS ARGUMENTS...: runs truce; its exit status must be STATUS and nothing may have crashed. Output in $out, messages in $err.
t() {
  local want=$1 got
  shift
  timeout 120 "$TRUCE" "$@" >"$out" 2>"$err" </dev/null
  got=$?
  local name="exit $want: truce $*"
  if [ "$got" = "$want" ]; then ok "${name:0:150}"; else fail "${name:0:150}" "exit $got" "$(tail -3 "$err")"; fi
}
# quiet STATUS-less run for set-up: ends the script where it fails.
must() {
  timeout 120 "$TRUCE" "$@" >"$out" 2>"$err" </dev/null || {
    fail "set-up: truce $*" "$(tail -3 "$err")"
    finish
  }
}
# What the last command said. Texts are fixed strings.
out_has() { for s in "$@"; do if grep -qF -- "$s" "$out"; then ok "says: $s"; else fail "says: $s" "$(head -5 "$out")"; fi; done; }
err_has() { for s in "$@"; do if grep -qF -- "$s" "$err"; then ok "complains of: $s"; else fail "complains of: $s" "$(head -5 "$err")"; fi; done; }
out_lacks() { for s in "$@"; do if grep -qF -- "$s" "$out"; then fail "does not say: $s"; else ok "does not say: $s"; fi; done; }
# json PATH: a value out of the last output, such as parties.0.logs.0.size
json() {
  python3 - "$out" "$1" <<'P'
import json, sys
v = json.load(open(sys.argv[1], encoding="utf-8"))
for k in filter(None, sys.argv[2].split(".")):
    v = v[int(k)] if isinstance(v, list) else v[k]
print(v if isinstance(v, (str, int)) and not isinstance(v, bool) else json.dumps(v))
P
}

new_node() { must init "$1" --mechanism "Test" --party un="Observers":observer --me un; }
# Number of statements in the main log, by its checkpoint.
size_of() { sed -n 2p "$1/logs/un/main/checkpoint"; }
# Everything a failed command may not have touched: logs, blobs, sealed parts.
state_of() { (cd "$1" && find logs blobs sealed -type f -print0 2>/dev/null | sort -z | xargs -0 -r sha256sum | sha256sum); }
unchanged() { same "$1: nothing half-written" "$3" "$(state_of "$2")"; }

columns=id,party,reporter,observed_at,time_precision_s,lat,lon,radius_m,observer_lat,observer_lon,bearing_deg,distance_m,how,kind,count,killed,injured
# A file of N good invented reports, at least eleven minutes apart: each is an incident of its own.
make_reports() {
  awk -v n="$1" -v head="$columns" 'BEGIN { print head; for (i = 1; i <= n; ++i)
    printf "r%06d,un,un-%d,2018-09-%02dT%02d:%02d:00Z,60,35.%05d,36.%05d,500,,,,,heard,shelling,%d,0,0\n",
      i, i % 5, 1 + i % 28, i % 24, i % 50, 50000 + i % 40000, 20000 + i % 70000, 1 + i % 7 }'
}
# A small de-escalation zone, a line through it, a post.
make_zones() {
  cat <<'Z'
{"type":"FeatureCollection","features":[
{"type":"Feature","id":"north","properties":{"name":"North","kind":"de-escalation-zone","valid_from":"2018-01-01T00:00:00Z","valid_to":null},
 "geometry":{"type":"Polygon","coordinates":[[[36.0,35.4],[37.0,35.4],[37.0,36.2],[36.0,36.2],[36.0,35.4]]]}},
{"type":"Feature","id":"line","properties":{"name":"Line","kind":"line-of-contact","valid_from":"2018-01-01T00:00:00Z","valid_to":null},
 "geometry":{"type":"LineString","coordinates":[[36.0,35.7],[36.5,35.72],[37.0,35.7]]}},
{"type":"Feature","id":"op-1","properties":{"name":"Post one","kind":"observation-post","valid_from":"2018-01-01T00:00:00Z","valid_to":null},
 "geometry":{"type":"Point","coordinates":[36.5,35.9]}}]}
Z
}
# report NODE TIME: a party's report; prints its name. A script may have one of its own.
report() { must -C "$1" report --at "$2" --place "35.90 36.60" --kind shelling --means heard --yes && head -1 "$out"; }
# round NODE...: everybody's statements to everybody, by sticks; alarms do not stop them.
round() {
  local from to
  for _ in 1 2; do
    for from in "$@"; do
      "$TRUCE" -C "$from" bundle export stick.truce >/dev/null 2>&1
      for to in "$@"; do [ "$from" = "$to" ] || "$TRUCE" -C "$to" bundle import stick.truce >/dev/null 2>&1; done
    done
  done
}
