// SPDX-License-Identifier: Apache-2.0
//
// Size classes of sealed parts (docs/format/sealed.md): what everybody may learn of the length of what they cannot
// read.

#pragma once

#include <cstdint>
#include <initializer_list>

namespace truce::record {

// Longest payload with its padding: stops a sealed part from filling disks; photos' originals are blobs of their own.
inline constexpr std::int64_t kSealedPaddedBytesMax = std::int64_t{64} * 1024 * 1024;

// 256, 1024, 4096, 16384, then multiples of 65536 up to the limit.
[[nodiscard]] constexpr bool is_sealed_size_class(std::int64_t bytes) {
  if (bytes == 256 || bytes == 1024 || bytes == 4096 || bytes == 16384) return true;
  return bytes > 0 && bytes % 65536 == 0 && bytes <= kSealedPaddedBytesMax;
}

// The smallest class that holds the payload and the one byte that ends it; 0 past the limit.
[[nodiscard]] constexpr std::int64_t sealed_size_class(std::int64_t payload_bytes) {
  const std::int64_t need = payload_bytes + 1;
  for (const std::int64_t c : {256, 1024, 4096, 16384}) {
    if (need <= c) return c;
  }
  const std::int64_t up = (need + 65535) / 65536 * 65536;
  return up <= kSealedPaddedBytesMax ? up : 0;
}

}  // namespace truce::record
