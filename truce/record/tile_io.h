// SPDX-License-Identifier: Apache-2.0
//
// Reading of tiles by those who know which they want: the reader, the writer on opening, fsck. Any thread.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/file.h"
#include "truce/base/result.h"
#include "truce/base/sha256.h"
#include "truce/record/merkle.h"

namespace truce::record {

// The first `width` hashes or entries (level kEntriesLevel) of a tile, from the partial file of that width or, where
// that is gone, from the full one. Fails with kMissingTile, or kBadTile where the file has another size than its name
// says.
[[nodiscard]] Result<std::string> read_tile(FileSystem& files, const std::string& folder, int level,
                                            std::uint64_t index, std::uint32_t width);

// A hash tile's bytes as hashes.
[[nodiscard]] std::vector<Hash> hashes_of(std::string_view tile);

// The right edge of the tree of `size` leaves, out of tiles that hold `stored_size` of them. Not checked against any
// root. REQUIRES: size <= stored_size.
[[nodiscard]] Result<Frontier> read_frontier(FileSystem& files, const std::string& folder, std::uint64_t size,
                                             std::uint64_t stored_size);

}  // namespace truce::record
