// SPDX-License-Identifier: Apache-2.0
//
// Reads of a log's hash tiles out of a LogSource (a folder, a server), each checked before it is used. One thread.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "truce/cmd/verify/subject.h"
#include "truce/cmd/verify/tree.h"
#include "truce/record/log_source.h"

namespace truce::verify {

// Files that are asked for at once: bounds what is under way.
inline constexpr std::size_t kNamesAtOnce = 64;

// "logs/un/main/" + name.
[[nodiscard]] std::string name_in(const LogId& log, std::string_view name);

// Tiles by their paths, in order; a partial one that is gone is taken from the full one, its first members. `take` is
// given exactly path.width members of a hash tile, the whole file of an entry bundle and how many entries it holds.
// kMissingTile as an error of the one tile; kIo of the source ends it.
using TakeTile = std::function<Status(const record::TilePath& path, std::uint32_t stored, Result<std::string> bytes)>;
[[nodiscard]] Status get_tiles(record::LogSource& source, const LogId& log, std::span<const record::TilePath> paths,
                               const TakeTile& take);

// The whole tree of a log under this head.
[[nodiscard]] Result<Tree> load_tree(record::LogSource& source, const record::Head& head);

// Subject::roots() over a source.
[[nodiscard]] Result<std::vector<std::optional<Hash>>> roots_of(record::LogSource& source, const Tree& tree,
                                                                std::span<const std::uint64_t> sizes);

}  // namespace truce::verify
