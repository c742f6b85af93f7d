// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cassert>

#include "truce/record/bundle.h"
#include "truce/record/envelope.h"
#include "truce/record/log.h"
#include "truce/record/merkle.h"
#include "truce/record/note.h"
#include "truce/record/proof.h"
#include "truce/record/tile_io.h"
#include "truce/record/tile_path.h"

namespace truce::record {
namespace {

std::string joined(const LogPlace& place, std::string_view name) {
  return place.folder + '/' + std::string(name);
}

}  // namespace

std::string origin_prefix(const Hash& mechanism) {
  return "truce/" + mechanism.hex() + '/';
}

std::string LogPlace::origin() const {
  return origin_prefix(mechanism) + log.to_string();
}
std::string LogPlace::verifier_key() const {
  return record::verifier_key(origin(), public_key);
}

Result<std::string> read_tile(FileSystem& files, const std::string& folder, int level, std::uint64_t index,
                              std::uint32_t width) {
  const bool hashes = level != kEntriesLevel;
  const std::uint64_t limit = hashes ? kTileWidth * 32 : kBundleBytesMax;
  TilePath path{level, index, width};
  auto bytes = files.read(folder + '/' + path.to_string(), limit);
  if (!bytes && bytes.error().code == ErrorCode::kNotFound && width < kTileWidth) {
    path.width = kTileWidth;
    bytes = files.read(folder + '/' + path.to_string(), limit);
  }
  const std::string name = folder + '/' + TilePath{level, index, width}.to_string();
  if (!bytes) {
    if (bytes.error().code == ErrorCode::kNotFound) return fail(ErrorCode::kMissingTile, "missing", name);
    if (bytes.error().code == ErrorCode::kLimit) return fail(ErrorCode::kBadTile, "too long", name);
    return fail(std::move(bytes).error());
  }
  if (hashes) {
    if (bytes->size() != std::size_t{path.width} * 32) {
      return fail(ErrorCode::kBadTile,
                  std::to_string(bytes->size()) + " bytes instead of " + std::to_string(path.width * 32), name);
    }
    bytes->resize(std::size_t{width} * 32);
    return bytes;
  }
  std::vector<std::string_view> entries;
  if (auto ok = split_bundle(*bytes, path.width, entries); !ok) return fail(at(std::move(ok).error(), name));
  if (path.width != width) {
    const std::string_view last = entries[width - 1];
    bytes->resize(static_cast<std::size_t>(last.data() + last.size() - bytes->data()));
  }
  return bytes;
}

std::vector<Hash> hashes_of(std::string_view tile) {
  std::vector<Hash> out;
  out.reserve(tile.size() / 32);
  for (std::size_t i = 0; i + 32 <= tile.size(); i += 32) out.push_back(Hash::from_raw(tile.substr(i, 32)));
  return out;
}

std::string tile_bytes(std::span<const Hash> hashes) {
  std::string out;
  out.reserve(hashes.size() * 32);
  for (const Hash& h : hashes) out += h.view();
  return out;
}

Result<Frontier> read_frontier(FileSystem& files, const std::string& folder, std::uint64_t size,
                               std::uint64_t stored_size) {
  assert(size <= stored_size);
  std::vector<std::vector<Hash>> levels;
  for (int level = 0; nodes_at(size, level) != 0; ++level) {
    const std::uint64_t nodes = nodes_at(size, level);
    const std::uint64_t stored = nodes_at(stored_size, level);
    const std::uint64_t index = nodes / kTileWidth;
    const auto wanted = static_cast<std::size_t>(nodes % kTileWidth);
    levels.emplace_back();
    if (wanted == 0) continue;
    const auto width = tile_width(stored, index);
    TRUCE_TRY(const std::string tile, read_tile(files, folder, level, index, width));
    levels.back() = hashes_of(std::string_view(tile).substr(0, wanted * 32));
  }
  return Frontier::from_tiles(size, std::move(levels));
}

Result<LogReader> LogReader::open(FileSystem& files, LogPlace place) {
  LogReader out;
  const std::string path = joined(place, "checkpoint");
  auto bytes = files.read(path, kNoteBytesMax);
  if (!bytes) return fail(std::move(bytes).error());
  auto checkpoint = open_checkpoint(*bytes, place.origin(), place.public_key);
  if (!checkpoint) return fail(at(std::move(checkpoint).error(), path));
  if (checkpoint->size == 0 && checkpoint->root != empty_root()) {
    return fail(ErrorCode::kBadRoot, "the root of no entries is another", path);
  }
  out.files_ = &files;
  out.head_ = {place.log, checkpoint->size, checkpoint->root};
  out.place_ = std::move(place);
  return out;
}

Status LogReader::load_bundle(std::uint64_t index) {
  if (cached_bundle_index_ == index) return {};
  const std::uint32_t width = tile_width(head_.size, index);
  cached_bundle_index_ = UINT64_MAX;
  TRUCE_TRY(cached_bundle_, read_tile(*files_, place_.folder, kEntriesLevel, index, width));
  std::vector<std::string_view> entries;
  TRUCE_CHECK(split_bundle(cached_bundle_, width, entries));
  cached_offsets_.clear();
  for (const std::string_view e : entries)
    cached_offsets_.push_back(static_cast<std::uint32_t>(e.data() - cached_bundle_.data()));
  cached_offsets_.push_back(static_cast<std::uint32_t>(cached_bundle_.size() + 2));
  cached_bundle_index_ = index;
  return {};
}

std::string_view LogReader::cached_entry(std::uint64_t index) const {
  const std::size_t i = index % kTileWidth;
  return std::string_view(cached_bundle_).substr(cached_offsets_[i], cached_offsets_[i + 1] - 2 - cached_offsets_[i]);
}

Status LogReader::check_index(std::uint64_t index) const {
  if (index < head_.size) return {};
  return fail(ErrorCode::kInvalidArgument, "the log has " + std::to_string(head_.size) + " statements",
              StatementId{place_.log, index}.to_string());
}

Result<std::string> LogReader::entry(std::uint64_t index) {
  TRUCE_CHECK(check_index(index));
  TRUCE_CHECK(load_bundle(index / kTileWidth));
  const std::string_view entry = cached_entry(index);
  TRUCE_CHECK(check_leaf(index, leaf_hash(entry)));
  return std::string(entry);
}

Status LogReader::check_leaf(std::uint64_t index, const Hash& computed) {
  TRUCE_TRY(const Hash stored, leaf(index));
  if (stored == computed) return {};
  return fail(ErrorCode::kBadTile, "is not what its hash tile says: one of the two is damaged",
              StatementId{place_.log, index}.to_string());
}

Result<Hash> LogReader::leaf(std::uint64_t index) {
  TRUCE_CHECK(check_index(index));
  const std::uint64_t tile = index / kTileWidth;
  if (cached_tile_index_ != tile) {
    const auto width = tile_width(head_.size, tile);
    cached_tile_index_ = UINT64_MAX;
    TRUCE_TRY(cached_tile_, read_tile(*files_, place_.folder, 0, tile, width));
    cached_tile_index_ = tile;
  }
  return Hash::from_raw(std::string_view(cached_tile_).substr(index % kTileWidth * 32, 32));
}

Status LogReader::visit(std::uint64_t begin, std::uint64_t end, const Visitor& visitor) {
  if (begin >= end) return {};
  TRUCE_CHECK(check_index(end - 1));
  for (std::uint64_t i = begin; i < end; ++i) {
    TRUCE_CHECK(load_bundle(i / kTileWidth));
    const std::string_view entry = cached_entry(i);
    const Hash leaf = leaf_hash(entry);
    TRUCE_CHECK(check_leaf(i, leaf));
    TRUCE_CHECK(visitor(i, entry, leaf));
  }
  return {};
}

Result<Hash> LogReader::root_at(std::uint64_t size) {
  assert(size <= head_.size);
  TRUCE_TRY(const Frontier frontier, read_frontier(*files_, place_.folder, size, head_.size));
  const Hash root = frontier.root();
  // Against the signed root: a bit that turned in a hash tile would else make another log of this one.
  const auto fetch = [&](int level, std::uint64_t index, std::uint32_t width) -> Result<std::vector<Hash>> {
    TRUCE_TRY(const std::string tile, read_tile(*files_, place_.folder, level, index, width));
    return hashes_of(tile);
  };
  std::vector<Hash> proof;
  if (size != 0 && size != head_.size) {
    TileNodes nodes(head_.size, fetch);
    TRUCE_TRY(proof, prove_consistency(size, head_.size, nodes.reader()));
  }
  if (size != 0 && !verify_consistency(size, root, head_.size, head_.root, proof)) {
    return fail(ErrorCode::kBadTile,
                "a hash tile is damaged: the root at " + std::to_string(size) + " does not lead to the signed one",
                joined(place_, "tile"));
  }
  return root;
}

}  // namespace truce::record
