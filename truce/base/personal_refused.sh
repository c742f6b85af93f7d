#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What must not compile with a Personal<T>: each snippet is given to the compiler alone, and must be refused; the same
# with reveal() must be taken. usage: personal_refused.sh COMPILER FLAGS...
set -u
failed=0
begin='#include <fmt/format.h>
#include <fmt/ostream.h>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include "truce/base/json.h"
#include "truce/base/personal.h"
using truce::Json;
using truce::Personal;
void take(const std::string&);
void take_view(std::string_view);
void take_json(Json);
Personal<std::string> name{std::string("Nobody")}, other{std::string("Anybody")};
Personal<long> number{42L};
std::ostringstream stream;
'
compiles() { printf '%svoid f() {\n%s\n}\n' "$begin" "$1" | "$compiler" "${flags[@]}" -Wno-unused -fsyntax-only -x c++ - 2>"$log"; }
compiler=$1
shift
flags=("$@")
log=$(mktemp)
trap 'rm -f "$log"' EXIT
taken() { if compiles "$1"; then echo "ok taken: $1"; else echo "FAIL must compile: $1"; head -5 "$log"; failed=1; fi; }
refused() {
  if compiles "$1"; then echo "FAIL must not compile: $1"; failed=1; return; fi
  # For what it is, and not because of the surroundings.
  if grep -q -e 'No such file' -e 'unrecognized' "$log"; then echo "FAIL for another reason: $1"; head -5 "$log"; failed=1; else echo "ok refused: $1"; fi
}

taken ''
taken 'take(name.reveal()); take_json(Json(name.reveal())); stream << name.reveal() << number.reveal();'
taken '(void)(name.reveal() == other.reveal()); (void)fmt::format("{}", name.reveal()); other = name.copy(); other = std::move(name);'
refused 'stream << name;'
refused 'std::cout << number;'
refused 'std::cerr << "of " << name;'
refused '(void)fmt::format("{}", name);'
refused 'fmt::print("{}", number);'
refused '(void)fmt::format("{}", fmt::streamed(name));'
refused 'std::string s = name;'
refused 'std::string s(name);'
refused 'std::string s; s = name;'
refused 'std::string s = "of "; s += name;'
refused '(void)("of " + name);'
refused 'std::string_view v = name;'
refused 'take(name);'
refused 'take_view(name);'
refused 'Json j = name;'
refused 'Json j(name);'
refused 'take_json(name);'
refused 'Json j = Json::object({{"name", name}});'
refused 'Json j = Json::object(); j.set("name", name);'
refused '(void)(name == other);'
refused '(void)(name != other);'
refused '(void)(name < other);'
refused '(void)(name == "Nobody");'
refused '(void)("Nobody" == name);'
refused '(void)(name == std::string("Nobody"));'
refused '(void)(number == 42);'
refused 'if (number) take("x");'
refused 'long n = number; (void)n;'
refused 'std::set<Personal<std::string>> s; s.insert(name.copy());'
refused 'Personal<std::string> copy = name;'
refused 'other = name;'
refused 'Personal<std::string> p = std::string("Nobody");'
refused 'Personal<std::map<int, int>> m;'
[ $failed = 0 ]
