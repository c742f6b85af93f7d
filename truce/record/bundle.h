// SPDX-License-Identifier: Apache-2.0
//
// Entries in bundle form (C2SP tlog-tiles): each a big-endian 16-bit length and its bytes. Entry bundles of a log and
// the payload of a journal's batch are both this. Pure functions; any thread.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/result.h"

namespace truce::record {

// Largest entry bundle: 256 entries of 65,535 bytes.
inline constexpr std::uint64_t kBundleBytesMax = 256ULL * (2 + 65'535);

// REQUIRES: entry.size() <= 65,535.
inline void append_entry(std::string& bundle, std::string_view entry) {
  bundle += static_cast<char>(entry.size() >> 8);
  bundle += static_cast<char>(entry.size() & 0xff);
  bundle += entry;
}

// Splits exactly `count` entries that fill `bundle` to its last byte; views into it. Clears `entries` first.
// Fails with kBadTile saying at which entry.
[[nodiscard]] inline Status split_bundle(std::string_view bundle, std::uint64_t count,
                                         std::vector<std::string_view>& entries) {
  entries.clear();
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (bundle.size() - at < 2) return fail(ErrorCode::kBadTile, "ends before entry " + std::to_string(i) + " of it");
    const std::size_t size =
        std::size_t{static_cast<unsigned char>(bundle[at])} << 8 | static_cast<unsigned char>(bundle[at + 1]);
    at += 2;
    if (bundle.size() - at < size)
      return fail(ErrorCode::kBadTile, "ends within entry " + std::to_string(i) + " of it");
    entries.push_back(bundle.substr(at, size));
    at += size;
  }
  if (at != bundle.size()) {
    return fail(ErrorCode::kBadTile, std::to_string(bundle.size() - at) + " bytes after its last entry");
  }
  return {};
}

}  // namespace truce::record
