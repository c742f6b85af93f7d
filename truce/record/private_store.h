// SPDX-License-Identifier: Apache-2.0
//
// Private files: what only this node may read (drafts, accounts), each encrypted under the node's private key in
// private/ (docs/format/keys.md). NOT for anything that the common picture is computed from. Any thread; one writer of
// a name at a time.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "truce/base/clock.h"
#include "truce/base/file.h"
#include "truce/base/result.h"
#include "truce/record/secret.h"

namespace truce::record {

inline constexpr std::uint64_t kPrivateBytesMax = 256ULL << 20;

// Writes private/<name>, durable and all or nothing. `name` is [a-z][a-z0-9-]{0,31} (kInvalidArgument), not
// "wrapped-keys".
[[nodiscard]] Status write_private(FileSystem& files, const std::string& node, std::string_view name,
                                   std::string_view bytes, const Secret& private_key, Random& random);
// Fails with kNotFound, and kBadSealedPart where the key is another or the file was changed (or is that of another
// name).
[[nodiscard]] Result<std::string> read_private(FileSystem& files, const std::string& node, std::string_view name,
                                               const Secret& private_key);

}  // namespace truce::record
