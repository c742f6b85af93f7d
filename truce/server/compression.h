// SPDX-License-Identifier: Apache-2.0
//
// Bodies in zstd, as Content-Encoding has them. Within this module only. Pure; any thread.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "truce/base/result.h"

namespace truce::server {

// Largest window that a frame may ask for, 16 MiB: stops a small frame that claims gigabytes.
inline constexpr int kZstdWindowLogMax = 24;

// One frame, level 3. Empty on failure (out of memory).
[[nodiscard]] std::string zstd_compress(std::string_view bytes);
// One or more whole frames. Fails with kLimit (more than `bytes_max`; no more than that is ever held), kSyntax.
[[nodiscard]] Result<std::string> zstd_decompress(std::string_view bytes, std::uint64_t bytes_max);
// Whether an Accept-Encoding header asks for zstd: named, and not with a weight of 0.
[[nodiscard]] bool accepts_zstd(std::string_view accept_encoding);

}  // namespace truce::server
