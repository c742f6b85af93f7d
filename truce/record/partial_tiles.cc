// SPDX-License-Identifier: Apache-2.0

#include "truce/record/partial_tiles.h"

#include <algorithm>

#include "truce/record/merkle.h"
#include "truce/record/tile_path.h"

namespace truce::record {
namespace {

// Partial tiles stay this long after the full one was written, for readers of an older head (C2SP tlog-tiles).
constexpr std::int64_t kPartialKeepMs = 24LL * 3600 * 1000;

}  // namespace

Status PartialTiles::find_in(int level, const std::string& folder, std::uint64_t prefix) {
  auto names = files_->list(folder);
  if (!names) {
    if (names.error().code == ErrorCode::kNotFound) return {};
    return fail(std::move(names).error());
  }
  for (const std::string& name : *names) {
    const bool group = name.size() == 4 && name[0] == 'x';
    const bool partial = name.size() == 5 && name.ends_with(".p");
    if (!group && !partial) continue;
    std::uint64_t digits = 0;
    for (const char c : name.substr(group ? 1 : 0, 3)) digits = digits * 10 + static_cast<std::uint64_t>(c - '0');
    if (group) TRUCE_CHECK(find_in(level, folder + '/' + name, (prefix + digits) * 1000));
    if (partial) tiles_[level].insert(prefix + digits);
  }
  return {};
}

Status PartialTiles::find(std::uint64_t size) {
  if (is_known_) return {};
  TRUCE_CHECK(find_in(kEntriesLevel, folder_ + "/tile/entries", 0));
  for (int level = 0; nodes_at(size, level) != 0; ++level) {
    TRUCE_CHECK(find_in(level, folder_ + "/tile/" + std::to_string(level), 0));
  }
  is_known_ = true;
  return {};
}

Status PartialTiles::drop_old(std::uint64_t size, Clock& clock, const std::function<void(const std::string&)>& gone) {
  TRUCE_CHECK(find(size));
  const std::int64_t now = clock.now().ms;
  for (auto& [level, indexes] : tiles_) {
    for (auto it = indexes.begin(); it != indexes.end();) {
      const std::uint64_t full_tiles = nodes_at(size, std::max(level, 0)) / kTileWidth;
      if (*it >= full_tiles) break;
      const std::string path = folder_ + '/' + TilePath{level, *it, kTileWidth}.to_string();
      TRUCE_TRY(const FileStatus full, files_->status(path));
      if (now - full.modified_ms <= kPartialKeepMs) {
        ++it;
        continue;
      }
      const std::string folder = path + ".p";
      TRUCE_TRY(const std::vector<std::string> names, files_->list(folder));
      for (const std::string& name : names) TRUCE_CHECK(files_->remove(folder + '/' + name));
      TRUCE_CHECK(files_->remove(folder));
      if (gone) gone(folder);
      it = indexes.erase(it);
    }
  }
  return {};
}

}  // namespace truce::record
