// SPDX-License-Identifier: Apache-2.0
//
// DigestStatement: one party's digest of the picture at a cut, stated so that the others compare theirs with it
// (docs/format/digest.md). The root decides; the list of tables and days lies in an optional blob and says where two
// pictures differ. A value; pure; any thread.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "truce/base/result.h"
#include "truce/base/time.h"
#include "truce/picture/cut.h"
#include "truce/picture/tables.h"

namespace truce::picture {

// Longest list: a table and day each.
inline constexpr std::size_t kDigestLineCountMax = 1'000'000;

struct DigestStatement {
  Cut cut;
  Instant as_of;
  Hash picture;  // root
  Hash list;     // SHA-256 of digest_list()

  [[nodiscard]] Json to_body() const;
  // kInvalidStatement.
  [[nodiscard]] static Result<DigestStatement> from_body(const Json& body);
};

// A line "table day rows hash" for each digest, in order; the day is "-" for tables without days.
[[nodiscard]] std::string digest_list(const std::vector<DayDigest>& digests);
// The exact inverse. kSyntax.
[[nodiscard]] Result<std::vector<DayDigest>> parse_digest_list(std::string_view text);

// "reports 2018-09-18", ... of what differs or is on one side alone. Both ascending.
[[nodiscard]] std::vector<std::string> differing(const std::vector<DayDigest>& ours,
                                                 const std::vector<DayDigest>& theirs);

}  // namespace truce::picture
