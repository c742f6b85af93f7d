// SPDX-License-Identifier: Apache-2.0
//
// Digests: this party's digest of the picture at its settled cut, stated once a day, and a comparison of what the
// others stated with what is computed here (docs/format/digest.md). Each computes whole pictures: seconds to minutes on
// a large record. One thread, one Node.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "truce/node/node.h"

namespace truce::node {

// The last digest in the party's main log.
[[nodiscard]] std::optional<StatementId> last_digest(const Node& node, const std::string& party);

// None was stated in this reporting day (by this node's clock), and more is settled than at the last one. False for a
// humanitarian party, a desk's node and a locked one.
[[nodiscard]] Result<bool> is_digest_due(const Node& node);

struct StatedDigest {
  StatementId id;
  Hash picture;
  std::uint64_t statements = 0;  // of the cut
};
// Computes and states it. kNotComputable where nothing is settled.
[[nodiscard]] Result<StatedDigest> state_digest(Node& node, const Progress& progress = {});

// A party's last digest beside what is computed here from the same cut.
struct ComparedDigest {
  enum class Outcome { kSame, kDiffers, kOtherRules, kNotHere, kMalformed };
  std::string party;
  StatementId id;
  Outcome outcome = Outcome::kSame;
  Hash theirs, ours;
  std::vector<std::string> where;  // "reports 2018-09-18": tables and days that differ; empty: their list is not here
  std::string why;                 // kOtherRules, kNotHere, kMalformed
};
// Of every party that has stated one, ascending. What was compared before is not computed again: digests.json, a cache,
// says it.
[[nodiscard]] Result<std::vector<ComparedDigest>> compare_digests(Node& node, const Progress& progress = {});
// What the cache says of differences: for alarms. Nothing is computed.
[[nodiscard]] std::vector<ComparedDigest> known_differences(const Node& node);

}  // namespace truce::node
