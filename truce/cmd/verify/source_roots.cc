// SPDX-License-Identifier: Apache-2.0

#include "truce/cmd/verify/source_roots.h"

#include <algorithm>

#include "truce/record/bundle.h"
#include "truce/record/tile_io.h"

namespace truce::verify {

using record::kEntriesLevel;
using record::kTileWidth;
using record::TilePath;

std::string name_in(const LogId& log, std::string_view name) {
  return "logs/" + log.to_string() + '/' + std::string(name);
}

Status get_tiles(record::LogSource& source, const LogId& log, std::span<const TilePath> paths, const TakeTile& take) {
  const auto hand_on = [&](const TilePath& path, std::uint32_t stored, Result<std::string> bytes) -> Status {
    const std::string name = name_in(log, path.to_string());
    if (!bytes && bytes.error().code == ErrorCode::kNotFound)
      return take(path, stored, fail(ErrorCode::kMissingTile, "missing", name));
    if (bytes && path.level != kEntriesLevel) {
      if (bytes->size() != std::size_t{stored} * 32)
        return take(path, stored,
                    fail(ErrorCode::kBadTile,
                         std::to_string(bytes->size()) + " bytes instead of " + std::to_string(stored * 32), name));
      bytes->resize(std::size_t{path.width} * 32);
    }
    return take(path, stored, std::move(bytes));
  };
  for (std::size_t at = 0; at < paths.size(); at += kNamesAtOnce) {
    const auto some = paths.subspan(at, std::min(kNamesAtOnce, paths.size() - at));
    std::vector<std::string> names;
    for (const TilePath& p : some) names.push_back(name_in(log, p.to_string()));
    std::vector<TilePath> gone;
    TRUCE_CHECK(source.get(names, record::kBundleBytesMax, [&](std::size_t i, Result<std::string> bytes) -> Status {
      if (!bytes && bytes.error().code == ErrorCode::kNotFound && some[i].width < kTileWidth) {
        gone.push_back(some[i]);
        return {};
      }
      return hand_on(some[i], some[i].width, std::move(bytes));
    }));
    for (const TilePath& p : gone) {
      const std::string full[] = {name_in(log, TilePath{p.level, p.index, kTileWidth}.to_string())};
      TRUCE_CHECK(source.get(full, record::kBundleBytesMax, [&](std::size_t, Result<std::string> bytes) -> Status {
        return hand_on(p, kTileWidth, std::move(bytes));
      }));
    }
  }
  return {};
}

Result<Tree> load_tree(record::LogSource& source, const record::Head& head) {
  Tree tree(head);
  TRUCE_TRY(const std::vector<TilePath> wanted, tree.wanted());
  const auto add = [&](const TilePath& path, std::uint32_t, Result<std::string> bytes) -> Status {
    if (!bytes) return fail(std::move(bytes).error());
    return tree.add(path, *bytes);
  };
  TRUCE_CHECK(get_tiles(source, head.log, wanted, add));
  if (auto ok = tree.close(); !ok) return fail(at(std::move(ok).error(), "logs/" + head.log.to_string()));
  return tree;
}

Result<std::vector<std::optional<Hash>>> roots_of(record::LogSource& source, const Tree& tree,
                                                  std::span<const std::uint64_t> sizes) {
  std::vector<std::optional<Hash>> out;
  std::size_t next = 0;
  // Sizes ascend, so that those within one tile are neighbours: each tile is read once.
  const auto tell = [&](std::uint64_t tile, std::span<const Hash> leaves) {
    for (; next < sizes.size() && sizes[next] / kTileWidth == tile; ++next)
      out.push_back(tree.root_at(sizes[next], leaves));
  };
  while (next < sizes.size()) {
    std::vector<TilePath> paths;
    for (std::size_t i = next; i < sizes.size() && paths.size() < kNamesAtOnce; ++i) {
      const std::uint64_t tile = sizes[i] / kTileWidth;
      if (sizes[i] % kTileWidth == 0 || (!paths.empty() && paths.back().index == tile)) continue;
      paths.push_back({0, tile, tile_width(tree.head().size, 0, tile)});
    }
    const auto take = [&](const TilePath& path, std::uint32_t, Result<std::string> bytes) -> Status {
      if (!bytes) return fail(std::move(bytes).error());
      const std::vector<Hash> leaves = record::hashes_of(*bytes);
      TRUCE_CHECK(tree.check_leaves(path.index, leaves));
      // Sizes before it end with a full tile and need no leaves.
      while (next < sizes.size() && sizes[next] / kTileWidth < path.index) tell(sizes[next] / kTileWidth, {});
      tell(path.index, leaves);
      return {};
    };
    TRUCE_CHECK(get_tiles(source, tree.head().log, paths, take));
    if (paths.empty()) {
      while (next < sizes.size()) tell(sizes[next] / kTileWidth, {});
    }
  }
  return out;
}

}  // namespace truce::verify
