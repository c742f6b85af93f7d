// SPDX-License-Identifier: Apache-2.0
//
// Names of things in the record. A party, log, actor, zone or place-list id is `[a-z][a-z0-9-]{0,31}`; a log is named
// party/log, a statement party/log/index. Statements are ordered by (party, log, index), the index as a number.

#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "truce/base/result.h"
#include "truce/base/sha256.h"

namespace truce {

// [a-z][a-z0-9-]{0,31}
[[nodiscard]] bool is_id(std::string_view text);
// Ok, or kInvalidArgument saying what an id looks like, with `what` ("party id") in front.
[[nodiscard]] Status check_id(std::string_view text, std::string_view what);

struct LogId {
  std::string party;
  std::string log;

  [[nodiscard]] std::string to_string() const { return party + '/' + log; }
  [[nodiscard]] static Result<LogId> parse(std::string_view text);
  friend auto operator<=>(const LogId&, const LogId&) = default;
};

struct StatementId {
  LogId log;
  std::uint64_t index = 0;  // below 2^53

  [[nodiscard]] std::string to_string() const { return log.to_string() + '/' + std::to_string(index); }
  // "un/main/17": the index without leading zeros. Fails with kSyntax.
  [[nodiscard]] static Result<StatementId> parse(std::string_view text);
  friend auto operator<=>(const StatementId&, const StatementId&) = default;
};

// A statement and the RFC 6962 leaf hash of the entry that is meant: what a reference carries.
struct StatementRef {
  StatementId id;
  Hash leaf;
  friend auto operator<=>(const StatementRef&, const StatementRef&) = default;
};

}  // namespace truce
