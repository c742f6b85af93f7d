// SPDX-License-Identifier: Apache-2.0
//
// Evidence: what proves to a stranger that a party contradicted itself (docs/format/evidence.md). A fork: two heads of
// one log, both signed with the log's key, of which neither is a prefix of the other. A value; pure; any thread.
//
// It proves that the key signed both, not who used it, nor why: a stolen key, a restored backup and a lie look alike.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "truce/base/json.h"
#include "truce/base/result.h"
#include "truce/record/log.h"
#include "truce/record/note.h"

namespace truce::record {

// The largest head that both branches are known to share, with the proofs that they do.
struct CommonPrefix {
  std::uint64_t size = 0;  // from 1
  Hash root;
  std::vector<Hash> to_first, to_second;  // consistency proofs from here to the two heads
  friend bool operator==(const CommonPrefix&, const CommonPrefix&) = default;
};

struct ForkEvidence {
  LogId log;
  std::string first, second;  // checkpoints with the log's own signature alone; first.size <= second.size, of equal
                              // sizes the smaller root first
  Hash prefix_root;           // of the second tree at the first one's size: another than the first one's root
  std::vector<Hash> proof;    // consistency of prefix_root with the second head; empty for equal sizes
  std::optional<CommonPrefix> common;  // absent: not known, no more than nothing is shared for sure

  [[nodiscard]] Json to_body() const;
  // The form alone. kInvalidStatement.
  [[nodiscard]] static Result<ForkEvidence> from_body(const Json& body);
  friend bool operator==(const ForkEvidence&, const ForkEvidence&) = default;
};

// What evidence that holds says.
struct ProvenFork {
  Head first, second;
  std::uint64_t common_size = 0;
  std::uint64_t common_max = 0;  // the versions share no more entries than so many
};

// Both heads signed by the log's key, and not of one tree; the common prefix, if stated, is one. Fails with
// kBadSignature, kInvalidNote, kBadProof.
[[nodiscard]] Result<ProvenFork> verify(const ForkEvidence& evidence, const std::string& origin,
                                        std::string_view public_key);

// The checkpoint with the log's own signature line alone: what is kept and handed on.
[[nodiscard]] Result<std::string> own_checkpoint(std::string_view checkpoint, std::string_view origin,
                                                 std::string_view public_key);

}  // namespace truce::record
