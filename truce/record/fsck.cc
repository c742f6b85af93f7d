// SPDX-License-Identifier: Apache-2.0

#include "truce/record/fsck.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "truce/record/blobs.h"
#include "truce/record/bundle.h"
#include "truce/record/entry_scan.h"
#include "truce/record/envelope.h"
#include "truce/record/merkle.h"
#include "truce/record/statements.h"
#include "truce/record/tile_io.h"
#include "truce/record/tile_path.h"

namespace truce::record {
namespace {

// Bundles between two calls of progress().
constexpr std::uint64_t kProgressStep = 64;
// Deepest folder under tile/ that is looked into: "tile/entries/" and six groups.
constexpr int kFolderDepthMax = 8;

class Check {
 public:
  Check(FileSystem& files, const LogPlace& place, const FsckOptions& options)
      : files_(files), place_(place), options_(options) {}

  Result<FsckReport> run();

 private:
  // What one thread counts by itself.
  struct Counts {
    std::uint64_t entries = 0;
    std::uint64_t entry_bytes = 0;
    std::uint64_t hash_tiles = 0;
    std::uint64_t sealed = 0;
    std::uint64_t sealed_absent = 0;
    std::map<Hash, std::uint64_t> blobs;  // required ones, with the first statement that asks for each
    std::vector<std::string_view> split;
    std::vector<EntryScan> scans;
  };

  std::string file(std::string_view name) const { return place_.folder + '/' + std::string(name); }
  std::string statement(std::uint64_t index) const { return StatementId{place_.log, index}.to_string(); }
  std::uint32_t width_of(int level, std::uint64_t tile) const {
    const std::uint64_t nodes = nodes_at(head_.size, std::max(level, 0));
    return tile_width(nodes, tile);
  }

  void note(Error error, std::optional<std::uint64_t> index);
  // Of a file that is not what the head signs.
  void note_file(Error error, std::optional<std::uint64_t> index);
  Result<std::string> read_exact(int level, std::uint64_t tile, std::uint32_t width, std::uint32_t& stored);
  void check_bundle(std::uint64_t tile, Counts& counts);
  void check_entries(std::uint64_t tile, Counts& counts);
  void check_hash_tile(int level, std::uint64_t tile, std::span<const Hash> wanted, Counts& counts);
  void check_sealed(const Hash& ciphertext, std::uint64_t index, Counts& counts);
  void check_bundles(FsckReport& report);
  void check_upper(FsckReport& report);
  void check_blobs(FsckReport& report);
  void walk(const std::string& folder, int depth, FsckReport& report);
  void check_other(const TilePath& path, FsckReport& report);

  FileSystem& files_;
  const LogPlace& place_;
  const FsckOptions& options_;
  Head head_;
  std::string author_;

  std::vector<Hash> tile_hashes_;           // of the full level-0 tiles, from the entries
  std::vector<Hash> last_leaves_;           // of the bundle that is not full
  std::atomic<bool> entries_whole_ = true;  // every bundle could be read, so that a root can be computed
  std::atomic<bool> is_whole_ = true;
  std::map<Hash, std::uint64_t> blobs_;

  std::mutex mutex_;
  std::multimap<std::pair<std::uint64_t, std::string>, FsckFault> faults_;
  std::uint64_t done_ = 0;
};

void Check::note_file(Error error, std::optional<std::uint64_t> index) {
  is_whole_ = false;
  note(std::move(error), index);
}

void Check::note(Error error, std::optional<std::uint64_t> index) {
  const std::scoped_lock lock(mutex_);
  const auto key = std::pair(index.value_or(UINT64_MAX), error.where);
  faults_.emplace(key, FsckFault{std::move(error), index});
  if (faults_.size() > std::max<std::size_t>(1, options_.fault_count_max)) faults_.erase(std::prev(faults_.end()));
}

// The file of that width or, where that is gone, the full one; `stored` is which.
Result<std::string> Check::read_exact(int level, std::uint64_t tile, std::uint32_t width, std::uint32_t& stored) {
  const std::uint64_t limit = level == kEntriesLevel ? kBundleBytesMax : kTileWidth * 32;
  stored = width;
  TilePath path{level, tile, width};
  auto bytes = files_.read(file(path.to_string()), limit);
  if (!bytes && bytes.error().code == ErrorCode::kNotFound && width < kTileWidth) {
    path.width = stored = kTileWidth;
    bytes = files_.read(file(path.to_string()), limit);
  }
  if (bytes) return bytes;
  const std::string name = file(TilePath{level, tile, width}.to_string());
  if (bytes.error().code == ErrorCode::kNotFound) return fail(ErrorCode::kMissingTile, "missing", name);
  if (bytes.error().code == ErrorCode::kLimit) return fail(ErrorCode::kBadTile, "too long", name);
  return fail(std::move(bytes).error());
}

void Check::check_hash_tile(int level, std::uint64_t tile, std::span<const Hash> wanted, Counts& counts) {
  // Above level 0 a fault follows from one below or is the tile's own: statements are named before it.
  const std::optional<std::uint64_t> first_leaf = level == 0 ? std::optional(tile * kTileWidth) : std::nullopt;
  std::uint32_t stored = 0;
  const auto bytes = read_exact(level, tile, static_cast<std::uint32_t>(wanted.size()), stored);
  if (!bytes) return note_file(bytes.error(), first_leaf);
  const std::string name = file(TilePath{level, tile, stored}.to_string());
  if (bytes->size() != std::size_t{stored} * 32) {
    return note_file(
        {ErrorCode::kBadTile, std::to_string(bytes->size()) + " bytes instead of " + std::to_string(stored * 32), name},
        first_leaf);
  }
  ++counts.hash_tiles;
  if (std::memcmp(bytes->data(), wanted.data(), wanted.size() * sizeof(Hash)) == 0) return;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (std::string_view(*bytes).substr(i * 32, 32) == wanted[i].view()) continue;
    if (level != 0) {
      return note_file({ErrorCode::kBadTile, "hash " + std::to_string(i) + " is not that of the entries", name},
                       std::nullopt);
    }
    const std::uint64_t index = *first_leaf + i;
    return note_file({ErrorCode::kBadTile, "the entry and its hash in " + name + " differ", statement(index)}, index);
  }
}

void Check::check_sealed(const Hash& ciphertext, std::uint64_t index, Counts& counts) {
  if (options_.sealed_folder.empty()) return;
  const std::string path = options_.sealed_folder + '/' + ciphertext.hex();
  const auto bytes = files_.read(path, kBlobBytesMax * 2);
  if (!bytes && bytes.error().code == ErrorCode::kNotFound) {
    ++counts.sealed_absent;
    return;
  }
  if (!bytes) return note(bytes.error(), index);
  ++counts.sealed;
  if (sha256(*bytes) != ciphertext) {
    note({ErrorCode::kBadSealedPart, "the sealed part of " + statement(index) + " has another hash", path}, index);
  }
}

// The statements themselves: form, author, what they ask for.
void Check::check_entries(std::uint64_t tile, Counts& counts) {
  counts.scans.resize(counts.split.size());
  for (std::size_t at = 0; at < counts.split.size(); ++at) {
    const std::uint64_t i = tile * kTileWidth + at;
    const std::string_view entry = counts.split[at];
    EntryScan& scan = counts.scans[at];
    const bool is_scanned = scan_entry(entry, scan);
    if (is_scanned) {
      if (scan.author != author_) {
        note({ErrorCode::kInvalidEnvelope, "is by " + std::string(scan.author), statement(i)}, i);
      }
      for (std::string_view rest = scan.required; rest.size() >= 45;
           rest.remove_prefix(std::min<std::size_t>(46, rest.size()))) {
        counts.blobs.emplace(Hash::from_base64url(rest.substr(1, 43)).value(), i);
      }
      if (!scan.ciphertext.empty()) check_sealed(Hash::from_base64url(scan.ciphertext).value(), i, counts);
      if (i != 0) continue;
    }
    const auto envelope = decode(entry);
    if (!envelope) {
      Error e = envelope.error();
      note({e.code, e.to_string(), statement(i)}, i);
      continue;
    }
    if (i == 0) {
      if (auto ok = check_acceptance(*envelope, place_); !ok) {
        note({ok.error().code, ok.error().to_string(), statement(i)}, i);
      }
    }
    if (is_scanned) continue;  // statement 0, of which the rest is done
    if (envelope->author != place_.log) {
      note({ErrorCode::kInvalidEnvelope, "is by " + envelope->author.to_string(), statement(i)}, i);
    }
    for (const Hash& h : envelope->required_blobs) counts.blobs.emplace(h, i);
    if (envelope->sealed) check_sealed(envelope->sealed->ciphertext, i, counts);
  }
}

void Check::check_bundle(std::uint64_t tile, Counts& counts) {
  const std::uint64_t first = tile * kTileWidth;
  const std::uint32_t width = width_of(kEntriesLevel, tile);
  std::uint32_t stored = 0;
  const auto bytes = read_exact(kEntriesLevel, tile, width, stored);
  if (!bytes) {
    entries_whole_ = false;
    return note_file(bytes.error(), first);
  }
  if (auto ok = split_bundle(*bytes, stored, counts.split); !ok) {
    entries_whole_ = false;
    return note_file(at(ok.error(), file(TilePath{kEntriesLevel, tile, stored}.to_string())), first);
  }
  counts.split.resize(width);
  std::array<Hash, kTileWidth> leaves;
  leaf_hashes(counts.split, std::span(leaves).first(width));
  for (const std::string_view entry : counts.split) counts.entry_bytes += entry.size();
  counts.entries += width;
  const std::span<const Hash> hashes(leaves.data(), width);
  check_hash_tile(0, tile, hashes, counts);
  check_entries(tile, counts);
  if (options_.on_entries) options_.on_entries(first, counts.split, counts.scans);
  if (width == kTileWidth) {
    tile_hashes_[tile] = subtree_hash(hashes);
  } else {
    last_leaves_.assign(hashes.begin(), hashes.end());
  }
}

void Check::check_bundles(FsckReport& report) {
  const std::uint64_t tiles = (head_.size + kTileWidth - 1) / kTileWidth;
  tile_hashes_.resize(head_.size / kTileWidth);
  std::atomic<std::uint64_t> next = 0;
  const auto work = [&] {
    Counts counts;
    std::uint64_t told = 0;
    for (std::uint64_t tile = next++; tile < tiles; tile = next++) {
      check_bundle(tile, counts);
      if (options_.progress && counts.entries - told >= kProgressStep * kTileWidth) {
        const std::scoped_lock lock(mutex_);
        done_ += counts.entries - told;
        told = counts.entries;
        options_.progress(done_, head_.size);
      }
    }
    const std::scoped_lock lock(mutex_);
    report.entries += counts.entries;
    report.entry_bytes += counts.entry_bytes;
    report.hash_tiles += counts.hash_tiles;
    report.sealed += counts.sealed;
    report.sealed_absent += counts.sealed_absent;
    for (const auto& [hash, index] : counts.blobs) {
      const auto [it, fresh] = blobs_.emplace(hash, index);
      if (!fresh) it->second = std::min(it->second, index);
    }
  };
  const unsigned wanted = options_.threads != 0 ? options_.threads : std::min(8U, std::thread::hardware_concurrency());
  std::vector<std::thread> threads;
  for (std::uint64_t t = 1; t < std::min<std::uint64_t>(std::max(1U, wanted), tiles); ++t) threads.emplace_back(work);
  work();
  for (std::thread& t : threads) t.join();
  if (options_.progress) options_.progress(report.entries, head_.size);
}

// Levels above 0 and the root, computed from the entries.
void Check::check_upper(FsckReport& report) {
  if (!entries_whole_) return;
  Counts counts;
  std::vector<Hash> nodes = tile_hashes_;
  for (int level = 1; !nodes.empty(); ++level) {
    std::vector<Hash> above;
    for (std::uint64_t tile = 0; tile * kTileWidth < nodes.size(); ++tile) {
      const auto wanted = std::span<const Hash>(nodes).subspan(tile * kTileWidth, width_of(level, tile));
      check_hash_tile(level, tile, wanted, counts);
      if (wanted.size() == kTileWidth) above.push_back(subtree_hash(wanted));
    }
    nodes = std::move(above);
  }
  report.hash_tiles += counts.hash_tiles;
  Frontier frontier;
  for (const Hash& h : tile_hashes_) frontier.append_tile(h, nullptr);
  for (const Hash& h : last_leaves_) frontier.append(h, nullptr);
  if (frontier.root() != head_.root) {
    note_file({ErrorCode::kBadRoot,
               "the entries give the root " + frontier.root().hex() + ", the checkpoint signs " + head_.root.hex(),
               file("checkpoint")},
              std::nullopt);
  }
}

void Check::check_blobs(FsckReport& report) {
  if (options_.blobs_folder.empty()) return;
  BlobStore blobs(files_, options_.blobs_folder);
  for (const auto& [hash, index] : blobs_) {
    ++report.blobs;
    if (const auto bytes = blobs.get(hash); !bytes) {
      Error e = bytes.error();
      note({e.code, e.to_string(), statement(index)}, index);
    }
  }
}

// A tile file that the size does not ask for: a partial one of an earlier size, or one past the head.
void Check::check_other(const TilePath& path, FsckReport& report) {
  const std::uint64_t nodes = nodes_at(head_.size, std::max(path.level, 0));
  const std::uint64_t first = path.index * kTileWidth;
  if (path.level > 0 && nodes == 0) {
    ++report.files_beyond;
    return;
  }
  if (first >= nodes) {
    ++report.files_beyond;
    return;
  }
  const std::uint32_t width = width_of(path.level, path.index);
  if (path.width == width) return;  // asked for, and checked
  const bool entries = path.level == kEntriesLevel;
  const std::string name = file(path.to_string());
  const std::uint64_t index = std::min<std::uint64_t>(head_.size - 1, first << (8 * std::max(path.level, 0)));
  const auto bytes = files_.read(name, entries ? kBundleBytesMax : kTileWidth * 32);
  if (!bytes) return note(bytes.error(), index);
  Status good;
  if (entries) {
    std::vector<std::string_view> split;
    good = split_bundle(*bytes, path.width, split);
  } else if (bytes->size() != std::size_t{path.width} * 32) {
    good = fail(ErrorCode::kBadTile,
                std::to_string(bytes->size()) + " bytes instead of " + std::to_string(path.width * 32));
  }
  if (!good) return note(at(good.error(), name), index);
  // The tile that the size asks for was held against the entries: this one must say the same as far as both go.
  const auto asked = read_tile(files_, place_.folder, path.level, path.index, width);
  if (!asked) return;  // said already
  const std::size_t common = std::min(asked->size(), bytes->size());
  if (std::string_view(*asked).substr(0, common) != std::string_view(*bytes).substr(0, common)) {
    return note({ErrorCode::kBadTile, "contradicts the tile of the head", name}, index);
  }
  ++(path.width < width ? report.older_tiles : report.files_beyond);
}

void Check::walk(const std::string& folder, int depth, FsckReport& report) {
  const auto names = files_.list(file(folder));
  if (!names) {
    if (names.error().code != ErrorCode::kNotFound) note(names.error(), std::nullopt);
    return;
  }
  for (const std::string& name : *names) {
    const std::string path = folder + '/' + name;
    const bool is_folder = depth == 0 || name.starts_with('x') || name.ends_with(".p");
    if (is_folder && depth < kFolderDepthMax) {
      walk(path, depth + 1, report);
    } else if (const auto tile = TilePath::parse(path)) {
      check_other(*tile, report);
    } else {
      ++report.files_foreign;
    }
  }
}

Result<FsckReport> Check::run() {
  FsckReport report;
  report.head.log = place_.log;
  author_ = place_.log.to_string();
  const auto reader = LogReader::open(files_, place_);
  if (!reader) {
    // Without a head that was signed nothing below is known to be wanted.
    if (reader.error().code == ErrorCode::kIo) return fail(reader.error());
    Error e = reader.error();
    if (e.where.empty()) e.where = file("checkpoint");
    report.faults.push_back({std::move(e), std::nullopt});
    return report;
  }
  head_ = report.head = reader->head();
  check_bundles(report);
  check_upper(report);
  check_blobs(report);
  walk("tile", 0, report);
  report.is_whole = is_whole_;
  for (auto& [key, fault] : faults_) report.faults.push_back(std::move(fault));
  return report;
}

}  // namespace

Result<FsckReport> fsck(FileSystem& files, const LogPlace& place, const FsckOptions& options) {
  return Check(files, place, options).run();
}

}  // namespace truce::record
