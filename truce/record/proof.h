// SPDX-License-Identifier: Apache-2.0
//
// Merkle proofs of RFC 6962 section 2.1.1 (inclusion) and 2.1.2 (consistency): made from hashes of perfect subtrees,
// verified as RFC 9162 sections 2.1.3.2 and 2.1.4.2 say. TileNodes gives such hashes out of tiles. Pure but for what
// the reader reads; one thread.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "truce/base/result.h"
#include "truce/base/sha256.h"

namespace truce::record {

// Most hashes of a proof: sizes are below 2^63 (C2SP tlog-witness).
inline constexpr std::size_t kProofHashCountMax = 63;

// The hash over leaves index * 2^level to (index + 1) * 2^level, all of them in the tree.
using NodeReader = std::function<Result<Hash>(int level, std::uint64_t index)>;

// The root of the first `size` leaves. Asks for one node for each set bit of size.
[[nodiscard]] Result<Hash> root_from_nodes(std::uint64_t size, const NodeReader& node);

// REQUIRES: 0 < old_size <= size. Empty for equal sizes.
[[nodiscard]] Result<std::vector<Hash>> prove_consistency(std::uint64_t old_size, std::uint64_t size,
                                                          const NodeReader& node);
// REQUIRES: index < size.
[[nodiscard]] Result<std::vector<Hash>> prove_inclusion(std::uint64_t index, std::uint64_t size,
                                                        const NodeReader& node);

// That the tree of old_size leaves is a prefix of the other. For old_size 0 the proof must be empty and old_root that
// of no entries; for equal sizes empty and the roots equal.
[[nodiscard]] bool verify_consistency(std::uint64_t old_size, const Hash& old_root, std::uint64_t size,
                                      const Hash& root, std::span<const Hash> proof);
[[nodiscard]] bool verify_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size, const Hash& root,
                                    std::span<const Hash> proof);

// Nodes of a tree of `size` leaves out of its tiles. Tiles are asked for once each.
class TileNodes {
 public:
  // The first `width` hashes of a tile, as many as the tree of `size` has there.
  using Fetch = std::function<Result<std::vector<Hash>>(int level, std::uint64_t index, std::uint32_t width)>;
  TileNodes(std::uint64_t size, Fetch fetch) : size_(size), fetch_(std::move(fetch)) {}

  [[nodiscard]] Result<Hash> operator()(int level, std::uint64_t index);
  [[nodiscard]] NodeReader reader() {
    return [this](int level, std::uint64_t index) { return (*this)(level, index); };
  }

 private:
  std::uint64_t size_;
  Fetch fetch_;
  std::map<std::pair<int, std::uint64_t>, std::vector<Hash>> tiles_;
};

}  // namespace truce::record
