// SPDX-License-Identifier: Apache-2.0

#include "truce/record/mirror.h"

#include <algorithm>
#include <map>

#include "truce/record/bundle.h"
#include "truce/record/envelope.h"
#include "truce/record/merkle.h"
#include "truce/record/note.h"
#include "truce/record/proof.h"
#include "truce/record/stage.h"
#include "truce/record/tile_io.h"
#include "truce/record/tile_path.h"

namespace truce::record {
namespace {

// Bundles asked for at once, and bytes that are made durable together: bound the memory of a transfer.
constexpr std::size_t kBundlesAtOnce = 64;
constexpr std::size_t kStageBytesMax = 4 << 20;

// The largest size up to `limit` at which both trees have the same root. Both agree on no leaf at all at size 0.
Result<std::uint64_t> common_size(std::uint64_t limit, const NodeReader& a, const NodeReader& b) {
  std::uint64_t same = 0, differ = limit + 1;
  while (same + 1 < differ) {
    const std::uint64_t middle = same + (differ - same) / 2;
    TRUCE_TRY(const Hash ra, root_from_nodes(middle, a));
    TRUCE_TRY(const Hash rb, root_from_nodes(middle, b));
    (ra == rb ? same : differ) = middle;
  }
  return same;
}

}  // namespace

// Hash tiles of the tree that is fetched, checked against its root; level 0 as far as bundles were asked for.
struct Mirror::Tiles {
  std::uint64_t size = 0;
  std::map<std::pair<int, std::uint64_t>, std::vector<Hash>> hashes;
  std::map<std::uint64_t, std::string> bundles;  // entry bundles at the edges

  // The right edge of the first `n` leaves. REQUIRES: the tiles at it are here.
  Result<Frontier> frontier(std::uint64_t n) const {
    std::vector<std::vector<Hash>> levels;
    for (int level = 0; nodes_at(n, level) != 0; ++level) {
      const std::uint64_t nodes = nodes_at(n, level);
      levels.emplace_back();
      if (nodes % kTileWidth == 0) continue;
      const auto it = hashes.find({level, nodes / kTileWidth});
      if (it == hashes.end() || it->second.size() < nodes % kTileWidth)
        return fail(ErrorCode::kMissingTile, "a tile at the edge is not here");
      levels.back().assign(it->second.begin(), it->second.begin() + static_cast<std::ptrdiff_t>(nodes % kTileWidth));
    }
    return Frontier::from_tiles(n, std::move(levels));
  }
};

Mirror::Mirror(FileSystem& files, LogPlace place, Clock& clock, std::unique_ptr<FileLock> lock)
    : files_(&files),
      place_(std::move(place)),
      clock_(&clock),
      lock_(std::move(lock)),
      head_{place_.log, 0, empty_root()},
      partials_(files, place_.folder) {}

Result<Mirror> Mirror::open(FileSystem& files, LogPlace place, Options options) {
  TRUCE_CHECK(files.make_folders(place.folder));
  TRUCE_TRY(auto lock, files.lock(place.folder + "/lock", options.lock_wait_ms));
  Clock& clock = options.clock != nullptr ? *options.clock : system_clock();
  Mirror out(files, std::move(place), clock, std::move(lock));
  TRUCE_CHECK(Stage::clear(files, out.place_.folder));
  const std::string path = out.place_.folder + "/checkpoint";
  auto bytes = files.read(path, kNoteBytesMax);
  if (!bytes && bytes.error().code == ErrorCode::kNotFound) return out;
  if (!bytes) return fail(std::move(bytes).error());
  auto held = open_checkpoint(*bytes, out.place_.origin(), out.place_.public_key);
  if (!held) return fail(at(std::move(held).error(), path));
  out.head_ = {out.place_.log, held->size, held->root};
  out.checkpoint_ = std::move(bytes).value();
  return out;
}

std::string Mirror::name_of(int level, std::uint64_t index, std::uint32_t width) const {
  return "logs/" + place_.log.to_string() + '/' + TilePath{level, index, width}.to_string();
}

// Gets hash tiles, or entry bundles (level kEntriesLevel), into `tiles`; a bundle gives its leaf hashes at level 0.
// Their sizes are checked, their hashes not yet.
Status Mirror::get_tiles(LogSource& source, Tiles& tiles, std::span<const std::pair<int, std::uint64_t>> wanted) {
  const auto width_of = [&](int level, std::uint64_t index) {
    return tile_width(nodes_at(tiles.size, std::max(level, 0)), index);
  };
  const auto keep = [&](int level, std::uint64_t index, std::uint32_t file_width, std::string bytes) -> Status {
    const std::uint32_t width = width_of(level, index);
    const std::string name = name_of(level, index, file_width);
    if (level == kEntriesLevel) {
      std::vector<std::string_view> entries;
      if (auto ok = split_bundle(bytes, file_width, entries); !ok) return fail(at(std::move(ok).error(), name));
      entries.resize(width);
      std::vector<Hash> leaves(width);
      leaf_hashes(entries, leaves);
      bytes.resize(static_cast<std::size_t>(entries.back().data() + entries.back().size() - bytes.data()));
      tiles.bundles[index] = std::move(bytes);
      tiles.hashes[{0, index}] = std::move(leaves);
      return {};
    }
    if (bytes.size() != std::size_t{file_width} * 32) {
      return fail(ErrorCode::kBadTile,
                  std::to_string(bytes.size()) + " bytes instead of " + std::to_string(file_width * 32), name);
    }
    tiles.hashes[{level, index}] = hashes_of(std::string_view(bytes).substr(0, std::size_t{width} * 32));
    return {};
  };
  std::vector<std::pair<int, std::uint64_t>> again;  // partial ones that are gone: the full one has them
  for (const bool full : {false, true}) {
    const auto asked = full ? std::span<const std::pair<int, std::uint64_t>>(again) : wanted;
    std::vector<std::string> names;
    for (const auto& [level, index] : asked)
      names.push_back(name_of(level, index, full ? kTileWidth : width_of(level, index)));
    if (names.empty()) continue;
    TRUCE_CHECK(source.get(names, kBundleBytesMax, [&](std::size_t i, Result<std::string> bytes) -> Status {
      const auto [level, index] = asked[i];
      const std::uint32_t width = full ? kTileWidth : width_of(level, index);
      if (!bytes && bytes.error().code == ErrorCode::kNotFound && width < kTileWidth) {
        again.push_back(asked[i]);
        return {};
      }
      if (!bytes && bytes.error().code == ErrorCode::kNotFound)
        return fail(ErrorCode::kMissingTile, "the source does not have it", names[i]);
      if (!bytes) return fail(std::move(bytes).error());
      return keep(level, index, width, std::move(bytes).value());
    }));
  }
  return {};
}

Result<Mirror::Fetched> Mirror::fetch(const FetchRequest& request, LogSource& source) {
  const std::string origin = place_.origin();
  TRUCE_TRY(const Checkpoint checkpoint, open_checkpoint(request.checkpoint, origin, place_.public_key));
  Fetched out;
  out.head = {place_.log, checkpoint.size, checkpoint.root};
  const Head& next = out.head;
  if (next.size == 0 && next.root != empty_root()) {
    return fail(ErrorCode::kBadRoot, "the root of no entries is another", origin);
  }

  Tiles tiles;
  tiles.size = next.size;
  if (next.size > head_.size) {
    // The hash tiles above level 0 from the held edge on, and the bundles at the edges.
    std::vector<std::pair<int, std::uint64_t>> wanted;
    const auto want_bundle = [&](std::uint64_t size) {
      const std::pair<int, std::uint64_t> edge{kEntriesLevel, size / kTileWidth};
      if (size % kTileWidth != 0 && std::ranges::find(wanted, edge) == wanted.end()) wanted.push_back(edge);
    };
    want_bundle(next.size);
    want_bundle(head_.size);
    for (const std::string& known : request.known) {
      const auto k = open_checkpoint(known, origin, place_.public_key);
      if (k && k->size > head_.size && k->size < next.size) want_bundle(k->size);
    }
    for (int level = 1; nodes_at(next.size, level) != 0; ++level) {
      const std::uint64_t nodes = nodes_at(next.size, level);
      for (std::uint64_t i = nodes_at(head_.size, level) / kTileWidth; i * kTileWidth < nodes; ++i)
        wanted.emplace_back(level, i);
    }
    TRUCE_CHECK(get_tiles(source, tiles, wanted));
    TRUCE_TRY(const Frontier edge, tiles.frontier(next.size));
    if (edge.root() != next.root)
      return fail(ErrorCode::kBadRoot, "the tiles do not give the root that the head signs", origin);
    // From the top down: each full tile is one node of the tile above it, which is checked already.
    for (auto it = tiles.hashes.rbegin(); it != tiles.hashes.rend(); ++it) {
      const auto& [level, index] = it->first;
      if (it->second.size() != kTileWidth) continue;
      const auto above = tiles.hashes.find({level + 1, index / kTileWidth});
      if (above == tiles.hashes.end() || above->second.size() <= index % kTileWidth ||
          above->second[index % kTileWidth] != subtree_hash(it->second)) {
        return fail(ErrorCode::kBadTile, "does not fit the root that the head signs",
                    name_of(level == 0 ? kEntriesLevel : level, index, kTileWidth));
      }
    }
  }

  // Against what is held, and what else is known.
  if (!checkpoint_.empty()) {
    TRUCE_TRY(out.fork, compare(head_, checkpoint_, next, request, tiles, source));
    if (out.fork) return out;
  }
  for (const std::string& known : request.known) {
    const auto k = open_checkpoint(known, origin, place_.public_key);
    if (!k) continue;
    TRUCE_TRY(out.fork, compare({place_.log, k->size, k->root}, known, next, request, tiles, source));
    if (out.fork) return out;
  }
  if (next.size <= head_.size) return out;
  TRUCE_CHECK(drop_stale(tiles));
  TRUCE_CHECK(get_entries(source, tiles, request, out));
  out.is_new = true;
  return out;
}

// Evidence if the two signed heads are not of one tree; nothing where that cannot be told here (the known head is
// larger than anything at hand).
Result<std::optional<ForkEvidence>> Mirror::compare(const Head& known, const std::string& known_checkpoint,
                                                    const Head& next, const FetchRequest& request, Tiles& tiles,
                                                    LogSource& source) {
  const std::optional<ForkEvidence> none;
  if (known.size == 0 || next.size == 0) return none;
  const std::string origin = place_.origin();
  ForkEvidence e;
  e.log = place_.log;
  TRUCE_TRY(e.first, own_checkpoint(known_checkpoint, origin, place_.public_key));
  TRUCE_TRY(e.second, own_checkpoint(request.checkpoint, origin, place_.public_key));
  if (known.size == next.size) {
    if (known.root == next.root) return none;
    if (next.root < known.root) std::swap(e.first, e.second);
    e.prefix_root = std::max(known.root, next.root);
    return std::optional(std::move(e));
  }
  // The larger tree is either the one that is fetched, or the one that is held.
  const bool in_fetched = known.size < next.size && next.size > head_.size;
  const std::uint64_t small = std::min(known.size, next.size), large = std::max(known.size, next.size);
  if (!in_fetched && large > head_.size) return none;
  const Hash small_root = known.size < next.size ? known.root : next.root;
  const auto held_nodes = [this] {
    return TileNodes(head_.size,
                     [this](int level, std::uint64_t index, std::uint32_t width) -> Result<std::vector<Hash>> {
                       TRUCE_TRY(const std::string bytes, read_tile(*files_, place_.folder, level, index, width));
                       return hashes_of(bytes);
                     });
  };
  if (known.size > next.size) std::swap(e.first, e.second);
  if (!in_fetched) {
    TileNodes held = held_nodes();
    TRUCE_TRY(e.prefix_root, root_from_nodes(small, held.reader()));
    if (e.prefix_root == small_root) return none;
    // Of two heads below what is held the larger one may itself be of another branch: then it cannot be proven from
    // here.
    TRUCE_TRY(const Hash large_root, root_from_nodes(large, held.reader()));
    if (large_root != (known.size < next.size ? next.root : known.root)) return none;
    TRUCE_TRY(e.proof, prove_consistency(small, large, held.reader()));
    return std::optional(std::move(e));
  }
  TRUCE_TRY(const Frontier edge, tiles.frontier(small));
  e.prefix_root = edge.root();
  if (e.prefix_root == small_root) return none;
  TileNodes fetched(next.size, [&](int level, std::uint64_t index, std::uint32_t width) -> Result<std::vector<Hash>> {
    if (!tiles.hashes.contains({level, index})) {
      // Further to the left than what was asked for: believed only if the proofs hold.
      const std::pair<int, std::uint64_t> wanted[] = {{level == 0 ? kEntriesLevel : level, index}};
      TRUCE_CHECK(get_tiles(source, tiles, wanted));
    }
    auto hashes = tiles.hashes.at({level, index});
    hashes.resize(std::min<std::size_t>(hashes.size(), width));
    return hashes;
  });
  TRUCE_TRY(e.proof, prove_consistency(small, next.size, fetched.reader()));
  TRUCE_CHECK(verify(e, origin, place_.public_key));
  if (small == head_.size && known_checkpoint == checkpoint_) {
    // Both trees are within reach: how far are they the same?
    TileNodes held = held_nodes();
    const auto shared = common_size(small - 1, held.reader(), fetched.reader());
    if (shared && *shared != 0) {
      ForkEvidence with = e;
      CommonPrefix common;
      common.size = *shared;
      const auto root = root_from_nodes(*shared, held.reader());
      const auto one = prove_consistency(*shared, small, held.reader());
      const auto two = prove_consistency(*shared, next.size, fetched.reader());
      if (root && one && two) {
        common.root = root.value();
        common.to_first = one.value();
        common.to_second = two.value();
        with.common = std::move(common);
        if (verify(with, origin, place_.public_key)) e = std::move(with);
      }
    }
  }
  return std::optional(std::move(e));
}

// Entry bundles in order, each checked against its level-0 tile's node; then all tiles of the new head.
Status Mirror::get_entries(LogSource& source, Tiles& tiles, const FetchRequest& request, Fetched& out) {
  const std::uint64_t size = out.head.size;
  Stage stage(*files_, place_.folder, known_folders_);
  std::size_t staged_bytes = 0;
  bool reused = false;
  const std::uint64_t first = head_.size / kTileWidth, last = (size - 1) / kTileWidth;
  std::vector<std::string_view> entries;

  // One bundle, wherever it came from.
  const auto take = [&](std::uint64_t index, std::string_view bytes, bool is_here) -> Status {
    const std::uint32_t width = tile_width(size, index);
    TRUCE_CHECK(split_bundle(bytes, width, entries));
    std::vector<Hash> leaves(width);
    leaf_hashes(entries, leaves);
    bool fits = false;
    if (width == kTileWidth) {
      fits = tiles.hashes.at({1, index / kTileWidth})[index % kTileWidth] == subtree_hash(leaves);
    } else {
      fits = tiles.hashes.at({0, index}) == leaves;
    }
    if (!fits) return fail(ErrorCode::kBadTile, "does not fit the root that the head signs");
    reused = reused || is_here;
    if (!is_here) {
      TRUCE_CHECK(stage.add({kEntriesLevel, index, width}, bytes));
      if (width < kTileWidth) partials_.add(kEntriesLevel, index), partials_.add(0, index);
      staged_bytes += bytes.size();
      out.entries += width;
    }
    // The hash tile may be missing where the bundle is not: they are two files.
    const TilePath hash_tile{0, index, width};
    // ... and one of them may be of another branch.
    const std::string hashes = tile_bytes(leaves);
    if (!is_here || files_->read(place_.folder + '/' + hash_tile.to_string(), hashes.size()).value_or("") != hashes)
      TRUCE_CHECK(stage.add(hash_tile, hashes));
    if (request.visit) {
      for (std::uint32_t i = 0; i < width; ++i) {
        const std::uint64_t at = index * kTileWidth + i;
        if (at >= head_.size) TRUCE_CHECK(request.visit(at, entries[i], leaves[i]));
      }
    }
    if (staged_bytes > kStageBytesMax) {
      staged_bytes = 0;
      TRUCE_CHECK(stage.commit());
    }
    return {};
  };
  const auto take_checked = [&](std::uint64_t index, std::string_view bytes) -> Status {
    auto ok = take(index, bytes, false);
    if (!ok && (ok.error().code == ErrorCode::kBadTile && ok.error().where.empty()))
      return fail(at(std::move(ok).error(), name_of(kEntriesLevel, index, tile_width(size, index))));
    return ok;
  };

  for (std::uint64_t index = first; index <= last;) {
    // What an earlier, interrupted call has kept need not be fetched again.
    if (const auto at_edge = tiles.bundles.find(index); at_edge != tiles.bundles.end()) {
      TRUCE_CHECK(take_checked(index, at_edge->second));
      ++index;
      continue;
    }
    const auto here = [&](std::uint64_t i) -> std::string {
      const std::uint32_t width = tile_width(size, i);
      const TilePath path{kEntriesLevel, i, width};
      auto bytes = files_->read(place_.folder + '/' + path.to_string(), kBundleBytesMax);
      return bytes ? std::move(bytes).value() : std::string();
    };
    if (const std::string bytes = here(index); !bytes.empty()) {
      std::vector<std::string_view> check;
      const bool whole = split_bundle(bytes, tile_width(size, index), check).has_value();
      if (whole) {
        const auto kept = take(index, bytes, true);
        if (kept) {
          ++index;
          continue;
        }
        if (kept.error().code != ErrorCode::kBadTile) return fail(kept.error());
      }
    }
    std::vector<std::string> names;
    std::uint64_t end = index;
    while (end <= last && names.size() < kBundlesAtOnce && !tiles.bundles.contains(end) &&
           (end == index ||
            !files_->exists(place_.folder + '/' + TilePath{kEntriesLevel, end, tile_width(size, end)}.to_string()))) {
      names.push_back(name_of(kEntriesLevel, end, tile_width(size, end)));
      ++end;
    }
    const auto got = source.get(names, kBundleBytesMax, [&](std::size_t i, Result<std::string> bytes) -> Status {
      if (!bytes && bytes.error().code == ErrorCode::kNotFound)
        return fail(ErrorCode::kMissingTile, "the source does not have it", names[i]);
      if (!bytes) return fail(std::move(bytes).error());
      return take_checked(index + i, *bytes);
    });
    if (!got) {
      // What came is checked: on a bad line every attempt gets a little further.
      TRUCE_CHECK(stage.commit());
      return got;
    }
    index = end;
  }
  for (int level = 1; nodes_at(size, level) != 0; ++level) {
    const std::uint64_t nodes = nodes_at(size, level);
    for (std::uint64_t i = nodes_at(head_.size, level) / kTileWidth; i * kTileWidth < nodes; ++i) {
      const std::uint32_t width = tile_width(nodes, i);
      TRUCE_CHECK(stage.add({level, i, width}, tile_bytes(tiles.hashes.at({level, i}))));
      if (width < kTileWidth) partials_.add(level, i);
    }
  }
  TRUCE_CHECK(stage.commit());
  // What an earlier call has kept may be of one whose last step failed: its name need not be durable yet.
  if (reused) return files_->sync_all(place_.folder);
  return {};
}

// Partial tiles beyond the held head are what fetches that came to nothing have left: of no use up to the next head,
// and of a forked log perhaps of the other branch.
Status Mirror::drop_stale(const Tiles& tiles) {
  const auto contradicts = [&](int level, std::uint64_t index, std::uint32_t width) {
    const auto edge = tiles.hashes.find({std::max(level, 0), index});
    const auto bytes = read_tile(*files_, place_.folder, level, index, width);
    if (edge == tiles.hashes.end() || !bytes) return true;
    std::vector<Hash> hashes;
    if (level == kEntriesLevel) {
      std::vector<std::string_view> entries;
      if (!split_bundle(*bytes, width, entries)) return true;
      hashes.resize(entries.size());
      leaf_hashes(entries, hashes);
    } else {
      hashes = hashes_of(*bytes);
    }
    return !std::equal(edge->second.begin(), edge->second.end(), hashes.begin(), hashes.begin() + edge->second.size());
  };
  for (int level = kEntriesLevel; level < 0 || nodes_at(tiles.size, level) != 0; ++level) {
    const std::uint64_t held = nodes_at(head_.size, std::max(level, 0));
    const std::uint64_t nodes = nodes_at(tiles.size, std::max(level, 0));
    for (std::uint64_t index = held / kTileWidth; index * kTileWidth < nodes; ++index) {
      const std::string partials = TilePath{level, index, kTileWidth}.to_string() + ".p";
      auto names = files_->list(place_.folder + '/' + partials);
      if (!names && names.error().code == ErrorCode::kNotFound) continue;
      if (!names) return fail(std::move(names).error());
      for (const std::string& name : *names) {
        const std::string path = partials + '/' + name;
        const auto tile = TilePath::parse(path);
        if (!tile) continue;
        const std::uint64_t end = index * kTileWidth + tile->width;
        if (end <= held || end == nodes) continue;
        if (end < nodes || contradicts(level, index, tile->width))
          TRUCE_CHECK(files_->remove(place_.folder + '/' + path));
      }
    }
  }
  return {};
}

Status Mirror::publish(std::string_view checkpoint) {
  TRUCE_TRY(const Checkpoint c, open_checkpoint(checkpoint, place_.origin(), place_.public_key));
  TRUCE_CHECK(files_->write_atomic(place_.folder + "/checkpoint", checkpoint, 0644));
  head_ = {place_.log, c.size, c.root};
  checkpoint_ = checkpoint;
  return partials_.drop_old(head_.size, *clock_, [this](const std::string& folder) { known_folders_.erase(folder); });
}

}  // namespace truce::record
