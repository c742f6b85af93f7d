// SPDX-License-Identifier: Apache-2.0
//
// Tree: the leaves of one branch of a log and the root at every size, by code of its own (RFC 6962 section 2.1), slow
// and plain: what a simulation holds the record's tiles and proofs against. TreeBook: every branch of every log that
// anybody has ever signed. Values; one thread.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "truce/base/id.h"
#include "truce/base/sha256.h"
#include "truce/record/proof.h"

namespace truce::sim {

class Tree {
 public:
  Tree();
  void append(const Hash& leaf);
  // Cuts back to an earlier size.
  void cut(std::uint64_t size);
  [[nodiscard]] std::uint64_t size() const { return leaves_.size(); }
  // REQUIRES: at <= size().
  [[nodiscard]] const Hash& root(std::uint64_t at) const { return roots_[at]; }
  [[nodiscard]] const Hash& leaf(std::uint64_t index) const { return leaves_[index]; }
  // For proofs. REQUIRES: the tree outlives it.
  [[nodiscard]] record::NodeReader nodes() const;

 private:
  [[nodiscard]] Hash over(std::uint64_t begin, std::uint64_t end) const;
  void push(const Hash& leaf);
  std::vector<Hash> leaves_, roots_;
  std::vector<std::pair<std::uint64_t, Hash>> edge_;  // widths and hashes of the perfect subtrees, largest first
};

class TreeBook {
 public:
  void add(const LogId& log, const Tree& tree);
  // What was signed beyond this size was given to nobody and is gone.
  void cut(const LogId& log, std::uint64_t size);
  // Heads of which neither is a prefix of the other. Nothing where no branch in the book has them.
  [[nodiscard]] std::optional<bool> excludes(const LogId& log, std::uint64_t size_a, const Hash& a,
                                             std::uint64_t size_b, const Hash& b) const;
  // The branch that has this head; nullptr if none does.
  [[nodiscard]] const Tree* find(const LogId& log, std::uint64_t size, const Hash& root) const;
  // Two branches of the log are there.
  [[nodiscard]] bool is_forked(const LogId& log) const;
  [[nodiscard]] const std::map<LogId, std::vector<Tree>>& logs() const { return trees_; }

 private:
  std::map<LogId, std::vector<Tree>> trees_;  // none a prefix of another
};

}  // namespace truce::sim
