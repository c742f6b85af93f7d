// SPDX-License-Identifier: Apache-2.0
//
// Merkle tree hashes of RFC 6962, section 2.1, in the shape of tiles: each tile holds 256 neighbours of one level, and
// a tile's own hash is one node eight binary levels up. Values; a Frontier is used by one thread at a time.

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "truce/base/sha256.h"

namespace truce::record {

// SHA-256(0x01 || left || right).
[[nodiscard]] Hash node_hash(const Hash& left, const Hash& right);

// The Merkle Tree Hash over nodes that each cover equally many leaves; the right edge may be ragged.
// REQUIRES: nodes.size() >= 1. Cost: nodes.size() - 1 hashes.
[[nodiscard]] Hash subtree_hash(std::span<const Hash> nodes);

// The root of no entries: SHA-256 of nothing.
[[nodiscard]] Hash empty_root();

// Hashes on the right edge of a tree: all that is needed to append and to give the root. At each level the nodes of the
// tile that is not full yet.
class Frontier {
 public:
  // Called for each tile that becomes full: its level, its index and its 256 hashes.
  using FullTile = std::function<void(int level, std::uint64_t index, std::span<const Hash> hashes)>;

  [[nodiscard]] std::uint64_t size() const { return size_; }
  // Nodes of the unfinished tile of a level; empty for levels that do not exist.
  [[nodiscard]] std::span<const Hash> open_tile(int level) const;
  [[nodiscard]] int level_count() const { return static_cast<int>(levels_.size()); }
  [[nodiscard]] Hash root() const;

  void append(const Hash& leaf, const FullTile& full);
  // Appends 256 leaves whose level-0 tile has this hash. `full` is called for the tiles above only. REQUIRES: size() %
  // 256 == 0.
  void append_tile(const Hash& tile, const FullTile& full);

  // A frontier of `size` leaves from what lies in tiles: levels[l] holds the nodes of the unfinished tile of level l.
  // REQUIRES: levels[l].size() == (size >> 8 l) % 256 and no level missing.
  [[nodiscard]] static Frontier from_tiles(std::uint64_t size, std::vector<std::vector<Hash>> levels);

 private:
  void push(std::size_t level, const Hash& node, const FullTile& full);

  std::uint64_t size_ = 0;
  std::vector<std::vector<Hash>> levels_;
};

// Number of nodes at a level of a tree of `size` leaves: complete tiles of the level below.
[[nodiscard]] constexpr std::uint64_t nodes_at(std::uint64_t size, int level) {
  return level * 8 >= 64 ? 0 : size >> (level * 8);
}

}  // namespace truce::record
