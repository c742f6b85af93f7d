// SPDX-License-Identifier: Apache-2.0
//
// For tests and benchmarks of record: an invented party, its log, statements of any number. NOT for programs.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "truce/base/file_testing.h"
#include "truce/record/envelope.h"
#include "truce/record/log.h"
#include "truce/record/note.h"

#include "truce/record/signing.h"
#include "truce/record/statements.h"

namespace truce::record {

inline std::string test_seed() {
  return std::string(32, '\x07');
}

// The log un/main of an invented mechanism in `node`/logs.
inline LogPlace test_place(const std::string& node) {
  LogPlace place;
  place.log = {"un", "main"};
  place.folder = node + "/logs/un/main";
  place.mechanism = sha256("an invented mechanism");
  place.public_key = ed25519_public_key(test_seed());
  return place;
}

// A statement of un/main whose entry is about 400 bytes long, different for each `number`.
inline Envelope test_statement(std::uint64_t number) {
  Envelope e;
  e.type = "report";
  e.mechanism = sha256("an invented mechanism");
  e.author = {"un", "main"};
  e.by = "desk-2";
  e.recorded = Instant{1'500'000'000'000 + static_cast<std::int64_t>(number)};
  e.body = Json::object({{"count", Json::object({{"best", 3}, {"high", 5}, {"low", 2}})},
                         {"from", std::int64_t{1'499'999'000'000}},
                         {"id", "post-4-" + std::to_string(number)},
                         {"kind", "shelling"},
                         {"lat", 359'000'000 + static_cast<int>(number % 1000)},
                         {"lon", 366'000'000},
                         {"means", "heard"},
                         {"radius_m", 500},
                         {"to", std::int64_t{1'499'999'600'000}}});
  return e;
}

inline std::string test_entry(std::uint64_t number) {
  return encode(test_statement(number)).value();
}

inline std::vector<std::string> test_entries(std::uint64_t begin, std::uint64_t end) {
  std::vector<std::string> out;
  for (std::uint64_t i = begin; i < end; ++i) out.push_back(test_entry(i));
  return out;
}

}  // namespace truce::record
