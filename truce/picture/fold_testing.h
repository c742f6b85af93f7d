// SPDX-License-Identifier: Apache-2.0
//
// For tests of the fold only: logs in memory to write statements into, and tables as lines of text. One thread.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "truce/mechanism/mechanism.h"
#include "truce/picture/fold.h"
#include "truce/record/envelope.h"

namespace truce::picture {

inline mechanism::Party party(std::string id, mechanism::Role role, char key) {
  return {
      id,
      id,
      role,
      {std::string(32, key), std::string(32, static_cast<char>(key + 1)), std::string(32, static_cast<char>(key + 2))}};
}

inline mechanism::Mechanism two_parties() {
  mechanism::Mechanism m;
  m.name = "test";
  m.parties = {party("north", mechanism::Role::kGuarantor, 'a'), party("south", mechanism::Role::kGuarantor, 'k')};
  return m;
}

// A small world of logs to write statements into.
class World {
 public:
  explicit World(mechanism::Mechanism m)
      : mechanism(std::move(m)), id(mechanism::mechanism_id(mechanism.to_bytes().value())) {}

  StatementRef say(const LogId& log, std::string_view type, Json body, std::vector<record::Reference> references = {},
                   std::vector<Hash> blobs = {}) {
    if (!source.logs().contains(log)) add(log, "acceptance", Json::object({{"log", log.to_string()}}), {}, {});
    return add(log, type, std::move(body), std::move(references), std::move(blobs));
  }
  [[nodiscard]] Cut cut() const {
    Cut c;
    c.mechanism = id;
    for (const auto& [log, entries] : source.logs()) c.logs.push_back({log, entries.size(), sha256(entries.back())});
    return c;
  }
  Folded fold_all(MemoryTables& tables) {
    FoldRequest request{&mechanism, cut(), {}, {}};
    return fold(request, source, tables).value();
  }

  mechanism::Mechanism mechanism;
  Hash id;
  MemorySource source;
  std::int64_t clock_ms = 1'500'000'000'000;

 private:
  StatementRef add(const LogId& log, std::string_view type, Json body, std::vector<record::Reference> references,
                   std::vector<Hash> blobs) {
    record::Envelope e;
    e.type = type;
    e.mechanism = id;
    e.author = log;
    e.mechanism_version = 1;
    e.recorded = Instant{clock_ms += 1000};
    e.body = std::move(body);
    e.references = std::move(references);
    std::ranges::sort(blobs);
    e.required_blobs = std::move(blobs);
    const std::string entry = record::encode(e).value();
    const std::uint64_t index = source.add(log, entry);
    return {{log, index}, record::leaf_hash(entry)};
  }
};

inline const LogId kNorth{"north", "main"};
inline const LogId kDesk{"north", "desk"};
inline const LogId kSouth{"south", "main"};

// Every row as digested, for a readable difference.
inline std::vector<std::string> lines(MemoryTables& t) {
  std::vector<std::string> out;
  for (const Table& table : tables()) {
    EXPECT_TRUE(t.visit(table, "", "", [&](const Row& row) -> Status {
                   out.push_back(std::string(table.name) + " ");
                   append_digest_line(out.back(), row);
                   return {};
                 }).has_value());
  }
  return out;
}

}  // namespace truce::picture
