// SPDX-License-Identifier: Apache-2.0

#include "truce/cmd/verify/bundle.h"

#include <algorithm>

#include "truce/cmd/verify/source_roots.h"
#include "truce/cmd/verify/stream.h"
#include "truce/record/bundle.h"
#include "truce/record/bundle_file.h"
#include "truce/record/envelope.h"
#include "truce/record/merkle.h"
#include "truce/record/tile_io.h"

namespace truce::verify {
namespace {

using record::BundleKind;
using record::BundleName;
using record::BundleReader;
using record::kEntriesLevel;
using record::kTileWidth;

// One log while its members go by: checkpoint, hash tiles from level 0 up, then entries (the order of their names).
class Passing {
 public:
  Passing(CheckedLog log, Claims& claims, const std::vector<Hash>& blobs)
      : log_(std::move(log)), stream_(log_, claims, [this, &blobs](const Hash& blob, std::uint64_t) {
          std::ranges::binary_search(blobs, blob) ? ++log_.blobs : ++log_.blobs_absent;
        }) {}
  Passing(const Passing&) = delete;
  Passing& operator=(const Passing&) = delete;

  [[nodiscard]] const LogId& id() const { return log_.place.log; }
  void take(const BundleName& name, std::string_view bytes);
  // The last member has passed.
  void end();
  CheckedLog& log() { return log_; }
  Tree& tree() { return stream_.tree(); }

 private:
  // Files of one tile, which are neighbours: the one that the head asks for, and partial ones of earlier sizes, which
  // must be its beginning.
  struct Neighbours {
    int level = 0;
    std::uint64_t index = 0;
    std::vector<Hash> asked;
    std::vector<std::pair<std::string, std::vector<Hash>>> older;  // by file name
  };

  void close();
  void take_older(const record::TilePath& tile, std::string_view bytes);
  Neighbours& neighbours(const record::TilePath& tile);
  void compare_older();

  CheckedLog log_;
  Neighbours neighbours_;
  LogStream stream_;
  std::vector<std::pair<std::uint64_t, Hash>> full_leaves_;  // hashes of full tiles of level 0, until the tree stands
  std::vector<std::uint64_t> bundles_;                       // indexes of entry bundles that were there
  bool has_head_ = false, is_closed_ = false, is_open_ = false;
};

void Passing::take(const BundleName& name, std::string_view bytes) {
  if (name.kind == BundleKind::kCheckpoint) {
    has_head_ = stream_.begin(bytes);
    return;
  }
  if (!has_head_) {
    if (log_.fault_count == 0) log_.fault({ErrorCode::kNotFound, "has tiles and no checkpoint", id().to_string()});
    return;
  }
  const record::TilePath& tile = name.tile;
  const std::uint32_t width = tile_width(log_.head.size, tile.level, tile.index);
  if (tile.width > width) {
    ++log_.unasked;  // beyond the head
    return;
  }
  if (tile.width < width) return take_older(tile, bytes);
  const std::string path = name_in(id(), tile.to_string());
  if (tile.level == kEntriesLevel) {
    close();
    if (!is_open_) return;
    bundles_.push_back(tile.index);
    if (!stream_.entries(tile.index, width, bytes)) return;
    neighbours(tile).asked.assign(stream_.last_leaves().begin(), stream_.last_leaves().end());
  } else if (tile.level == 0 && width == kTileWidth) {
    if (bytes.size() != kTileWidth * 32) {
      log_.fault({ErrorCode::kBadTile, std::to_string(bytes.size()) + " bytes instead of 8192", path});
      return;
    }
    neighbours(tile).asked = record::hashes_of(bytes);
    full_leaves_.emplace_back(tile.index, record::subtree_hash(neighbours_.asked));
  } else if (auto ok = stream_.tree().add(tile, bytes); !ok) {
    log_.fault({ok.error().code, ok.error().message, path});
  } else {
    neighbours(tile).asked = record::hashes_of(bytes);
    ++log_.hash_tiles;
  }
}

Passing::Neighbours& Passing::neighbours(const record::TilePath& tile) {
  if (neighbours_.level != tile.level || neighbours_.index != tile.index) {
    compare_older();
    neighbours_ = {tile.level, tile.index, {}, {}};
  }
  return neighbours_;
}

void Passing::take_older(const record::TilePath& tile, std::string_view bytes) {
  const std::string path = name_in(id(), tile.to_string());
  std::vector<Hash> hashes;
  if (tile.level == kEntriesLevel) {
    std::vector<std::string_view> entries;
    if (auto ok = record::split_bundle(bytes, tile.width, entries); !ok)
      return log_.note(at(std::move(ok).error(), path));
    hashes.resize(entries.size());
    record::leaf_hashes(entries, hashes);
  } else if (bytes.size() == std::size_t{tile.width} * 32) {
    hashes = record::hashes_of(bytes);
  } else {
    return log_.note({ErrorCode::kBadTile,
                      std::to_string(bytes.size()) + " bytes instead of " + std::to_string(tile.width * 32), path});
  }
  neighbours(tile).older.emplace_back(path, std::move(hashes));
}

void Passing::compare_older() {
  for (const auto& [path, hashes] : neighbours_.older) {
    if (neighbours_.asked.empty()) {
      ++log_.unasked;
    } else if (!std::ranges::equal(hashes, std::span(neighbours_.asked).first(hashes.size()))) {
      log_.note({ErrorCode::kBadTile, "contradicts the tile of the head", path});
    }
  }
  neighbours_.older.clear();
}

void Passing::close() {
  if (is_closed_) return;
  is_closed_ = true;
  is_open_ = stream_.close();
  if (!is_open_) return;
  for (const auto& [index, hash] : full_leaves_) {
    if (auto ok = stream_.tree().check_full(index, hash); !ok) {
      log_.fault(at(std::move(ok).error(), name_in(id(), record::TilePath{0, index, kTileWidth}.to_string())));
    } else {
      ++log_.hash_tiles;
    }
  }
}

void Passing::end() {
  compare_older();
  if (!has_head_ || log_.head.size == 0) return;
  log_.from = log_.head.size;
  if (log_.hash_tiles == 0 && full_leaves_.empty() && log_.fault_count == 0 && log_.unasked == 0) return;  // head alone
  close();
  if (!is_open_) return;
  // From the first bundle on none may be missing.
  std::ranges::sort(bundles_);
  const std::uint64_t all = (log_.head.size + kTileWidth - 1) / kTileWidth;
  if (!bundles_.empty()) log_.from = bundles_.front() * kTileWidth;
  for (std::uint64_t i = bundles_.empty() ? all : bundles_.front(), at = 0; i < all; ++i, ++at) {
    if (at < bundles_.size() && bundles_[at] == i) continue;
    log_.fault({ErrorCode::kMissingTile, "is missing, and a bundle before it is here",
                name_in(id(), record::TilePath{kEntriesLevel, i, stream_.width(i)}.to_string())});
    return;
  }
}

class BundleSubject final : public Subject {
 public:
  BundleSubject(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}

  Status check(const Roster& roster, Claims& claims, CheckedLogs& logs) override;
  Result<std::string> blob(const Hash& hash) override;
  Result<std::vector<std::optional<Hash>>> roots(const CheckedLog& log, std::span<const std::uint64_t> sizes) override;
  std::set<LogId> found() const override { return found_; }

 private:
  // Gives every member to `take`, until it says false.
  Status each(const std::function<bool(const BundleName& name, std::string&& bytes)>& take);
  void finish(std::unique_ptr<Passing>& passing, CheckedLogs& logs);

  FileSystem& files_;
  const std::string path_;
  bool was_read_ = false;
  Hash mechanism_;
  std::set<LogId> found_;
  std::map<LogId, Tree> trees_;
  std::vector<Hash> blobs_;  // ascending
};

Status BundleSubject::each(const std::function<bool(const BundleName& name, std::string&& bytes)>& take) {
  TRUCE_TRY(const auto reader, BundleReader::open(files_, path_));
  mechanism_ = reader->manifest().mechanism;
  while (true) {
    TRUCE_TRY(auto member, reader->next());
    if (!member) return {};
    TRUCE_TRY(const BundleName name, BundleName::parse(member->name));
    if (!take(name, std::move(member->bytes))) return {};
  }
}

void BundleSubject::finish(std::unique_ptr<Passing>& passing, CheckedLogs& logs) {
  if (!passing) return;
  passing->end();
  if (passing->log().counts()) trees_.emplace(passing->id(), passing->tree());
  logs.emplace(passing->id(), std::move(passing->log()));
  passing.reset();
}

Status BundleSubject::check(const Roster& roster, Claims& claims, CheckedLogs& logs) {
  const bool is_first = !was_read_;
  was_read_ = true;
  if (!is_first) {
    // Read again only if a key has become known of a log that is in it.
    const bool any = std::ranges::any_of(
        found_, [&](const LogId& id) { return !logs.contains(id) && roster.key_of(id).has_value(); });
    if (!any) return {};
  }
  std::unique_ptr<Passing> passing;
  const auto ok = each([&](const BundleName& name, std::string&& bytes) {
    const bool is_of_log = name.kind == BundleKind::kCheckpoint || name.kind == BundleKind::kHashTile ||
                           name.kind == BundleKind::kEntryBundle;
    if (passing && (!is_of_log || name.log != passing->id())) finish(passing, logs);
    if (is_of_log) {
      found_.insert(name.log);
      const auto key = roster.key_of(name.log);
      if (!passing && key && !logs.contains(name.log)) {
        CheckedLog log;
        log.place = roster.place_of(name.log, *key);
        log.head.log = name.log;
        passing = std::make_unique<Passing>(std::move(log), claims, blobs_);
      }
      if (passing) passing->take(name, bytes);
      return true;
    }
    if (!is_first || name.kind == BundleKind::kHandover) return true;
    const bool is_blob = name.kind == BundleKind::kBlob;
    if (is_blob) blobs_.push_back(name.hash);
    if (sha256(bytes) != name.hash) {
      faults.push_back({is_blob ? ErrorCode::kBadBlob : ErrorCode::kBadSealedPart, "has another hash than its name",
                        (is_blob ? "blobs/" : "sealed/") + name.hash.hex()});
    }
    return true;
  });
  finish(passing, logs);
  if (is_first && ok && mechanism_ != roster.id())
    faults.push_back({ErrorCode::kInvalidMechanism, "says that it is of the mechanism " + mechanism_.hex(), path_});
  return ok;
}

Result<std::string> BundleSubject::blob(const Hash& hash) {
  std::optional<std::string> found;
  TRUCE_CHECK(each([&](const BundleName& name, std::string&& bytes) {
    if (name.kind != BundleKind::kBlob) return false;  // blobs come first
    if (name.hash == hash) found = std::move(bytes);
    return !found;
  }));
  if (!found) return fail(ErrorCode::kMissingBlob, "the blob " + hash.hex() + " is not in the bundle");
  if (sha256(*found) != hash) return fail(ErrorCode::kBadBlob, "the blob " + hash.hex() + " has another hash");
  return *std::move(found);
}

Result<std::vector<std::optional<Hash>>> BundleSubject::roots(const CheckedLog& log,
                                                              std::span<const std::uint64_t> sizes) {
  std::vector<std::optional<Hash>> out(sizes.size());
  const auto tree = trees_.find(log.place.log);
  if (sizes.empty() || tree == trees_.end()) return out;
  const auto tell = [&](std::uint64_t tile, std::span<const Hash> leaves) {
    auto it = std::ranges::lower_bound(sizes, tile * kTileWidth);
    for (; it != sizes.end() && *it / kTileWidth == tile; ++it)
      out[static_cast<std::size_t>(it - sizes.begin())] = tree->second.root_at(*it, leaves);
  };
  for (const std::uint64_t size : sizes) {
    if (size % kTileWidth == 0) tell(size / kTileWidth, {});
  }
  TRUCE_CHECK(each([&](const BundleName& name, std::string&& bytes) {
    const bool is_leaves = name.kind == BundleKind::kHashTile && name.log == log.place.log && name.tile.level == 0;
    if (!is_leaves || name.tile.width != tile_width(log.head.size, 0, name.tile.index)) return true;
    const auto any = std::ranges::lower_bound(sizes, name.tile.index * kTileWidth);
    if (any == sizes.end() || *any / kTileWidth != name.tile.index) return true;
    const std::vector<Hash> leaves = record::hashes_of(bytes);
    if (tree->second.check_leaves(name.tile.index, leaves)) tell(name.tile.index, leaves);
    return true;
  }));
  return out;
}

}  // namespace

std::unique_ptr<Subject> bundle_subject(FileSystem& files, std::string path) {
  return std::make_unique<BundleSubject>(files, std::move(path));
}

}  // namespace truce::verify
