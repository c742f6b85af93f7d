// SPDX-License-Identifier: Apache-2.0

#include "truce/cmd/verify/tree.h"

#include <algorithm>

#include "truce/record/merkle.h"
#include "truce/record/tile_io.h"

namespace truce::verify {

using record::kTileWidth;
using record::TilePath;

std::uint32_t tile_width(std::uint64_t size, int level, std::uint64_t index) {
  const std::uint64_t nodes = record::nodes_at(size, std::max(level, 0));
  if (index > record::kTileIndexMax || index * kTileWidth >= nodes) return 0;
  return record::tile_width(nodes, index);
}

Result<std::vector<TilePath>> Tree::wanted() const {
  std::vector<TilePath> out;
  if (head_.size % kTileWidth != 0)
    out.push_back({0, head_.size / kTileWidth, static_cast<std::uint32_t>(head_.size % kTileWidth)});
  if (head_.size >> 16 > kTreeTilesMax / 2)
    return fail(ErrorCode::kLimit, std::to_string(head_.size) + " statements are more than are checked here",
                head_.log.to_string());
  for (int level = 1; record::nodes_at(head_.size, level) != 0; ++level) {
    for (std::uint64_t i = 0; tile_width(head_.size, level, i) != 0; ++i)
      out.push_back({level, i, tile_width(head_.size, level, i)});
  }
  return out;
}

Status Tree::add(const TilePath& path, std::string_view bytes) {
  const std::uint32_t width = tile_width(head_.size, path.level, path.index);
  const bool is_kept = path.level > 0 || (path.level == 0 && width < kTileWidth);
  if (!is_kept || width == 0 || path.width != width)
    return fail(ErrorCode::kInvalidArgument, "the head does not ask for it", path.to_string());
  if (bytes.size() != std::size_t{width} * 32)
    return fail(ErrorCode::kBadTile, std::to_string(bytes.size()) + " bytes instead of " + std::to_string(width * 32),
                path.to_string());
  if (tiles_.size() >= kTreeTilesMax) return fail(ErrorCode::kLimit, "too many hash tiles", path.to_string());
  tiles_[{path.level, path.index}] = record::hashes_of(bytes);
  return {};
}

Status Tree::close() {
  // From the right edge to the root that is signed.
  std::vector<std::vector<Hash>> edge;
  for (int level = 0; record::nodes_at(head_.size, level) != 0; ++level) {
    const std::uint64_t nodes = record::nodes_at(head_.size, level);
    edge.emplace_back();
    if (nodes % kTileWidth == 0) continue;
    const auto it = tiles_.find({level, nodes / kTileWidth});
    if (it == tiles_.end()) {
      const TilePath path{level, nodes / kTileWidth, static_cast<std::uint32_t>(nodes % kTileWidth)};
      return fail(ErrorCode::kMissingTile, "missing: without it the root cannot be computed", path.to_string());
    }
    edge.back() = it->second;
  }
  const Hash root = record::Frontier::from_tiles(head_.size, std::move(edge)).root();
  if (root != head_.root) {
    return fail(ErrorCode::kBadRoot,
                "the hash tiles give the root " + root.hex() + ", the checkpoint signs " + head_.root.hex(),
                "checkpoint");
  }
  // From the top down: partial tiles are the edge, each full one is a node of the tile above, which is right by now.
  for (auto it = tiles_.rbegin(); it != tiles_.rend(); ++it) {
    const auto& [level, index] = it->first;
    if (it->second.size() != kTileWidth) continue;
    const TilePath path{level, index, kTileWidth};
    const auto above = tiles_.find({level + 1, index / kTileWidth});
    if (above == tiles_.end()) return fail(ErrorCode::kMissingTile, "the tile above it is missing", path.to_string());
    if (above->second.size() <= index % kTileWidth ||
        above->second[index % kTileWidth] != record::subtree_hash(it->second))
      return fail(ErrorCode::kBadTile, "does not fit the root that the head signs", path.to_string());
  }
  return {};
}

Status Tree::check_full(std::uint64_t index, const Hash& tile) const {
  const auto above = tiles_.find({1, index / kTileWidth});
  if (above == tiles_.end())
    return fail(ErrorCode::kMissingTile, "the hash tile above it is missing, so that it cannot be checked");
  if (above->second.size() <= index % kTileWidth || above->second[index % kTileWidth] != tile)
    return fail(ErrorCode::kBadTile, "does not fit the root that the head signs");
  return {};
}

Status Tree::check_leaves(std::uint64_t index, std::span<const Hash> leaves) const {
  if (leaves.size() == kTileWidth) return check_full(index, record::subtree_hash(leaves));
  const auto edge = tiles_.find({0, index});
  if (edge == tiles_.end() || !std::ranges::equal(edge->second, leaves))
    return fail(ErrorCode::kBadTile, "does not fit the root that the head signs");
  return {};
}

std::optional<Hash> Tree::root_at(std::uint64_t size, std::span<const Hash> leaves) const {
  std::vector<std::vector<Hash>> levels;
  for (int level = 0; record::nodes_at(size, level) != 0; ++level) {
    const std::uint64_t nodes = record::nodes_at(size, level);
    const std::size_t width = nodes % kTileWidth;
    levels.emplace_back();
    if (width == 0) continue;
    std::span<const Hash> hashes = leaves;
    if (level != 0) {
      const auto it = tiles_.find({level, nodes / kTileWidth});
      if (it == tiles_.end()) return std::nullopt;
      hashes = it->second;
    }
    if (hashes.size() < width) return std::nullopt;
    levels.back().assign(hashes.begin(), hashes.begin() + static_cast<std::ptrdiff_t>(width));
  }
  return record::Frontier::from_tiles(size, std::move(levels)).root();
}

}  // namespace truce::verify
