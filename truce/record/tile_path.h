// SPDX-License-Identifier: Apache-2.0
//
// Names of a log's static files (docs/format/log.md; C2SP tlog-tiles): tile/<level>/<index>[.p/<width>] for hashes and
// tile/entries/<index>[.p/<width>] for entries, the index in groups of three digits: 1234067 is x001/x234/067. Pure;
// any thread.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "truce/base/result.h"

namespace truce::record {

// Hashes or entries in a full tile.
inline constexpr std::uint32_t kTileWidth = 256;
// Level of the entry bundles, beside the hash tiles' 0, 1, ...
inline constexpr int kEntriesLevel = -1;
// Highest level that the format can name. (A log of 2^53 entries has levels 0 to 6.)
inline constexpr int kLevelMax = 63;
// Largest tile index: keeps index * 256 + 255 within the 2^53 - 1 that a statement's index may reach.
inline constexpr std::uint64_t kTileIndexMax = ((std::uint64_t{1} << 53) - 1) / kTileWidth;

struct TilePath {
  int level = kEntriesLevel;
  std::uint64_t index = 0;
  std::uint32_t width = kTileWidth;  // 1 to 256; 256 is a full tile
  friend bool operator==(const TilePath&, const TilePath&) = default;

  // Relative to the log's folder. REQUIRES: level, index and width within the limits above.
  [[nodiscard]] std::string to_string() const;
  // The exact inverse. Fails with kSyntax for any other spelling (leading zeros, missing groups, width 0 or 256, "..").
  [[nodiscard]] static Result<TilePath> parse(std::string_view path);
};

}  // namespace truce::record
