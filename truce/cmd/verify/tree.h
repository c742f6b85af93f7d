// SPDX-License-Identifier: Apache-2.0
//
// Tree: the hash tiles of one log above its leaves, checked against the root that its head signs (docs/format/log.md).
// With it any bundle of entries is checked by itself, in any order, and the root of any earlier size is told. It is for
// logs that come over a network or in a bundle; a folder's tiles are checked by record::fsck.
//
// A tree may lack tiles at its left (a bundle since a cut): what needs them is `not here`, never wrong. One thread.
// Memory: 32 bytes for 256 statements.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "truce/base/result.h"
#include "truce/record/log.h"
#include "truce/record/tile_path.h"

namespace truce::verify {

// Most tiles that are kept, 8 KiB each: 2 * 10^9 statements and as many to spare. Stops a head that claims 2^53 of
// them.
inline constexpr std::size_t kTreeTilesMax = 65'536;

// Members of a tile in a tree of `size` leaves; 0: the tree does not reach it. Level kEntriesLevel as level 0.
[[nodiscard]] std::uint32_t tile_width(std::uint64_t size, int level, std::uint64_t index);

class Tree {
 public:
  explicit Tree(record::Head head) : head_(std::move(head)) {}

  [[nodiscard]] const record::Head& head() const { return head_; }
  // Tiles that a whole tree has: all above level 0, and the last of level 0 if it is partial. kLimit.
  [[nodiscard]] Result<std::vector<record::TilePath>> wanted() const;
  // Keeps a tile that wanted() lists or would list, of that width; others are kInvalidArgument. kBadTile for another
  // number of bytes.
  [[nodiscard]] Status add(const record::TilePath& path, std::string_view bytes);
  // Checks all that was added: the right edge gives the root, and each full tile is one node of the tile above it.
  // kMissingTile, kBadTile, kBadRoot. Nothing below is to be asked before it succeeded.
  [[nodiscard]] Status close();

  // The leaf hashes of one whole tile of level 0 (as wide as the head has it) fit. kMissingTile where the tile above is
  // not here, else kBadTile.
  [[nodiscard]] Status check_leaves(std::uint64_t index, std::span<const Hash> leaves) const;
  // The same for a full tile of which only the hash was kept.
  [[nodiscard]] Status check_full(std::uint64_t index, const Hash& tile) const;
  // The root of the first `size` leaves; nothing where tiles are missing. `leaves`: those of tile size / 256, checked;
  // at least size % 256 of them. REQUIRES: size <= head().size.
  [[nodiscard]] std::optional<Hash> root_at(std::uint64_t size, std::span<const Hash> leaves) const;

 private:
  record::Head head_;
  std::map<std::pair<int, std::uint64_t>, std::vector<Hash>> tiles_;
};

}  // namespace truce::verify
