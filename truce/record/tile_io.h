// SPDX-License-Identifier: Apache-2.0
//
// Reading of tiles by those who know which they want: the reader, the writer on opening, fsck. Any thread.

#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/file.h"
#include "truce/base/result.h"
#include "truce/base/sha256.h"
#include "truce/record/merkle.h"
#include "truce/record/tile_path.h"

namespace truce::record {

// The first `width` hashes or entries (level kEntriesLevel) of a tile, from the partial file of that width or, where
// that is gone, from the full one. Fails with kMissingTile, or kBadTile where the file has another size than its name
// says.
[[nodiscard]] Result<std::string> read_tile(FileSystem& files, const std::string& folder, int level,
                                            std::uint64_t index, std::uint32_t width);

// A hash tile's bytes as hashes, and back.
[[nodiscard]] std::vector<Hash> hashes_of(std::string_view tile);
[[nodiscard]] std::string tile_bytes(std::span<const Hash> hashes);

// Members of a tile among `nodes` of its level. REQUIRES: index * 256 < nodes.
[[nodiscard]] inline std::uint32_t tile_width(std::uint64_t nodes, std::uint64_t index) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(kTileWidth, nodes - index * kTileWidth));
}

// The right edge of the tree of `size` leaves, out of tiles that hold `stored_size` of them. Not checked against any
// root. REQUIRES: size <= stored_size.
[[nodiscard]] Result<Frontier> read_frontier(FileSystem& files, const std::string& folder, std::uint64_t size,
                                             std::uint64_t stored_size);

}  // namespace truce::record
