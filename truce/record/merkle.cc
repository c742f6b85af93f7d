// SPDX-License-Identifier: Apache-2.0

#include "truce/record/merkle.h"

#include <bit>
#include <cassert>
#include <cstring>
#include <string_view>

#include "truce/base/sha256_each.h"
#include "truce/record/tile_path.h"

namespace truce::record {

Hash node_hash(const Hash& left, const Hash& right) {
  char bytes[65];
  bytes[0] = 1;
  std::memcpy(bytes + 1, left.bytes.data(), 32);
  std::memcpy(bytes + 33, right.bytes.data(), 32);
  return sha256({bytes, sizeof bytes});
}

namespace {

// One row of nodes up: out[i] of nodes 2i and 2i + 1, which lie side by side. REQUIRES: nodes.size() == 2 * out.size(),
// at most kTileWidth.
void hash_pairs(std::span<const Hash> nodes, std::span<Hash> out) {
  static_assert(sizeof(Hash) == 32);
  std::array<std::string_view, kTileWidth / 2> pairs;
  for (std::size_t i = 0; i < out.size(); ++i)
    pairs[i] = {reinterpret_cast<const char*>(nodes[2 * i].bytes.data()), 2 * sizeof(Hash)};
  sha256_each(1, std::span(pairs).first(out.size()), out);
}

}  // namespace

Hash subtree_hash(std::span<const Hash> nodes) {
  assert(!nodes.empty());
  if (nodes.size() == 1) return nodes[0];
  if (std::has_single_bit(nodes.size()) && nodes.size() <= kTileWidth) {
    std::array<Hash, kTileWidth / 2> row, above;
    std::size_t n = nodes.size() / 2;
    hash_pairs(nodes, std::span(row).first(n));
    for (; n > 1; n /= 2) {
      hash_pairs(std::span(row).first(n), std::span(above).first(n / 2));
      row.swap(above);
    }
    return row[0];
  }
  const std::size_t left = std::bit_ceil(nodes.size()) / 2;
  return node_hash(subtree_hash(nodes.first(left)), subtree_hash(nodes.subspan(left)));
}

Hash empty_root() {
  return sha256({});
}

std::span<const Hash> Frontier::open_tile(int level) const {
  if (level < 0 || level >= level_count()) return {};
  return levels_[static_cast<std::size_t>(level)];
}

Hash Frontier::root() const {
  if (size_ == 0) return empty_root();
  // From the right edge to the left: each set bit of a level's count is one perfect subtree.
  bool any = false;
  Hash right;
  for (const auto& nodes : levels_) {
    std::size_t end = nodes.size();
    while (end > 0) {
      const std::size_t width = end & (~end + 1);
      const Hash left = subtree_hash(std::span(nodes).subspan(end - width, width));
      right = any ? node_hash(left, right) : left;
      any = true;
      end -= width;
    }
  }
  return right;
}

void Frontier::append(const Hash& leaf, const FullTile& full) {
  ++size_;
  push(0, leaf, full);
}

void Frontier::append_tile(const Hash& tile, const FullTile& full) {
  assert(size_ % kTileWidth == 0);
  size_ += kTileWidth;
  if (levels_.empty()) levels_.emplace_back();
  push(1, tile, full);
}

void Frontier::push(std::size_t level, const Hash& node, const FullTile& full) {
  if (level == levels_.size()) levels_.emplace_back();
  levels_[level].push_back(node);
  if (levels_[level].size() < kTileWidth) return;
  const std::uint64_t index = nodes_at(size_, static_cast<int>(level)) / kTileWidth - 1;
  if (full) full(static_cast<int>(level), index, levels_[level]);
  const Hash tile = subtree_hash(levels_[level]);
  levels_[level].clear();
  push(level + 1, tile, full);
}

Frontier Frontier::from_tiles(std::uint64_t size, std::vector<std::vector<Hash>> levels) {
  Frontier out;
  out.size_ = size;
  out.levels_ = std::move(levels);
  for (std::size_t l = 0; l < out.levels_.size(); ++l) {
    assert(out.levels_[l].size() == nodes_at(size, static_cast<int>(l)) % kTileWidth);
  }
  return out;
}

}  // namespace truce::record
