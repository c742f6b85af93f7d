#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The golden log gives its pinned digest, and an exercise its pinned bytes, tables and groups, whoever compiles it: g++ without optimisation and clang with
# -O3 -march=native; with --all g++ with -O3 -march=native and clang with -O2 as well. Builds only what these tests need.
#
# usage: tests/determinism.sh SOURCE_DIR [--all]
set -u
source_dir=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Program and test.
pinned=("golden_log_test GoldenLog*" "scenario_test ScenarioTest.BytesOfASeedNeverChange:FusionGoldenTest.TablesAndGroupsNeverChange")
passed=0 failed=0 skipped=0

# variant NAME COMPILER FLAGS [PCH]: the digest is pinned in the test, so that a variant passes by itself.
variant() {
  local name=$1 compiler=$2 flags=$3
  if ! command -v "$compiler" >/dev/null; then
    echo "skip $name: $compiler is not installed"
    skipped=$((skipped + 1))
    return
  fi
  local build=$work/build
  rm -rf "$build"
  if ! cmake -G Ninja -S "$source_dir" -B "$build" -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS="$flags -w" -DTRUCE_SHARED= ${4:+-DTRUCE_PCH=$4} \
    >"$work/log" 2>&1 || ! ninja -C "$build" "${pinned[@]%% *}" >>"$work/log" 2>&1; then
    echo "FAIL $name: does not build"
    grep -m5 -E 'error|FAILED' "$work/log" | sed 's/^/     /'
    failed=$((failed + 1))
    return
  fi
  local file one program filter
  for one in "${pinned[@]}"; do
    program=${one%% *} filter=${one#* }
    file=$(find "$build" -name "$program" -type f -perm -u+x | head -1)
    if "$file" --gtest_filter="$filter" --gtest_brief=1 >"$work/log" 2>&1 && grep -qE '\[  PASSED  \] [1-9]' "$work/log"; then
      echo "ok $program: $name"
      passed=$((passed + 1))
    else
      echo "FAIL $program: $name"
      tail -15 "$work/log" | sed 's/^/     /'
      failed=$((failed + 1))
    fi
  done
}
# The two that differ most from how the program is built.
# The first without precompiled headers: a source that includes too little shows here.
variant "g++ -O0" g++ "-O0" OFF
variant "clang++ -O3 -march=native" clang++ "-O3 -march=native"
if [ "${2-}" = --all ]; then
  variant "g++ -O3 -march=native" g++ "-O3 -march=native"
  variant "clang++ -O2" clang++ "-O2"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
