// SPDX-License-Identifier: Apache-2.0

#include "truce/record/proof.h"

#include <bit>
#include <cassert>

#include "truce/record/merkle.h"
#include "truce/record/tile_io.h"

namespace truce::record {
namespace {

// The hash over leaves begin <= i < end, where begin is a multiple of the power of two at or above end - begin.
Result<Hash> range_hash(std::uint64_t begin, std::uint64_t end, const NodeReader& node) {
  const std::uint64_t n = end - begin;
  if (std::has_single_bit(n)) return node(std::countr_zero(n), begin / n);
  const std::uint64_t k = std::bit_floor(n);
  TRUCE_TRY(const Hash left, node(std::countr_zero(k), begin / k));
  TRUCE_TRY(const Hash right, range_hash(begin + k, end, node));
  return node_hash(left, right);
}

// RFC 6962 section 2.1.2, SUBPROOF(m, D[begin:end], whole).
Status subproof(std::uint64_t m, std::uint64_t begin, std::uint64_t end, bool whole, const NodeReader& node,
                std::vector<Hash>& out) {
  const std::uint64_t n = end - begin;
  if (m == n) {
    if (whole) return {};
    TRUCE_TRY(const Hash h, range_hash(begin, end, node));
    out.push_back(h);
    return {};
  }
  const std::uint64_t k = std::bit_floor(n - 1);
  if (m <= k) {
    TRUCE_CHECK(subproof(m, begin, begin + k, whole, node, out));
    TRUCE_TRY(const Hash right, range_hash(begin + k, end, node));
    out.push_back(right);
    return {};
  }
  TRUCE_CHECK(subproof(m - k, begin + k, end, false, node, out));
  TRUCE_TRY(const Hash left, range_hash(begin, begin + k, node));
  out.push_back(left);
  return {};
}

Status path(std::uint64_t index, std::uint64_t begin, std::uint64_t end, const NodeReader& node,
            std::vector<Hash>& out) {
  const std::uint64_t n = end - begin;
  if (n == 1) return {};
  const std::uint64_t k = std::bit_floor(n - 1);
  const bool left = index - begin < k;
  TRUCE_CHECK(left ? path(index, begin, begin + k, node, out) : path(index, begin + k, end, node, out));
  TRUCE_TRY(const Hash other, left ? range_hash(begin + k, end, node) : range_hash(begin, begin + k, node));
  out.push_back(other);
  return {};
}

}  // namespace

Result<Hash> root_from_nodes(std::uint64_t size, const NodeReader& node) {
  if (size == 0) return empty_root();
  return range_hash(0, size, node);
}

Result<std::vector<Hash>> prove_consistency(std::uint64_t old_size, std::uint64_t size, const NodeReader& node) {
  assert(0 < old_size && old_size <= size);
  std::vector<Hash> out;
  TRUCE_CHECK(subproof(old_size, 0, size, true, node, out));
  return out;
}

Result<std::vector<Hash>> prove_inclusion(std::uint64_t index, std::uint64_t size, const NodeReader& node) {
  assert(index < size);
  std::vector<Hash> out;
  TRUCE_CHECK(path(index, 0, size, node, out));
  return out;
}

bool verify_consistency(std::uint64_t old_size, const Hash& old_root, std::uint64_t size, const Hash& root,
                        std::span<const Hash> proof) {
  if (old_size > size || proof.size() > kProofHashCountMax) return false;
  if (old_size == size) return proof.empty() && old_root == root;
  if (old_size == 0) return proof.empty() && old_root == empty_root();
  if (proof.empty()) return false;
  std::size_t at = 0;
  Hash first, second;
  if (std::has_single_bit(old_size)) {
    first = second = old_root;
  } else {
    first = second = proof[at++];
  }
  std::uint64_t fn = old_size - 1, sn = size - 1;
  while ((fn & 1) != 0) fn >>= 1, sn >>= 1;
  for (; at < proof.size(); ++at) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      first = node_hash(proof[at], first);
      second = node_hash(proof[at], second);
      while ((fn & 1) == 0 && fn != 0) fn >>= 1, sn >>= 1;
    } else {
      second = node_hash(second, proof[at]);
    }
    fn >>= 1, sn >>= 1;
  }
  return sn == 0 && first == old_root && second == root;
}

bool verify_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size, const Hash& root,
                      std::span<const Hash> proof) {
  if (index >= size || proof.size() > kProofHashCountMax) return false;
  std::uint64_t fn = index, sn = size - 1;
  Hash r = leaf;
  for (const Hash& p : proof) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      r = node_hash(p, r);
      while ((fn & 1) == 0 && fn != 0) fn >>= 1, sn >>= 1;
    } else {
      r = node_hash(r, p);
    }
    fn >>= 1, sn >>= 1;
  }
  return sn == 0 && r == root;
}

Result<Hash> TileNodes::operator()(int level, std::uint64_t index) {
  const int tile_level = level / 8;
  const int within = level % 8;  // binary levels above the tile's own hashes
  const std::uint64_t first = index << within;
  const std::uint64_t tile = first / kTileWidth;
  const std::uint64_t nodes = nodes_at(size_, tile_level);
  assert(first + (std::uint64_t{1} << within) <= nodes);
  auto it = tiles_.find({tile_level, tile});
  if (it == tiles_.end()) {
    const auto width = tile_width(nodes, tile);
    TRUCE_TRY(auto hashes, fetch_(tile_level, tile, width));
    if (hashes.size() != width) return fail(ErrorCode::kBadTile, "a tile of another width");
    it = tiles_.emplace(std::pair{tile_level, tile}, std::move(hashes)).first;
  }
  return subtree_hash(std::span(it->second).subspan(first % kTileWidth, std::size_t{1} << within));
}

}  // namespace truce::record
