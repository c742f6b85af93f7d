// SPDX-License-Identifier: Apache-2.0

#include "truce/record/stage.h"

namespace truce::record {
namespace {

// Up to this many files are made durable one by one; more of them by one sync of the filesystem.
constexpr std::size_t kSyncSinglyMax = 24;

std::string parent_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

}  // namespace

Status Stage::add(const TilePath& tile, std::string_view bytes) {
  Staged s{temporary_ + '/' + std::to_string(next_++), folder_ + '/' + tile.to_string()};
  TRUCE_CHECK(files_.write(s.temporary, bytes, 0644));
  const std::scoped_lock lock(mutex_);
  staged_.push_back(std::move(s));
  return {};
}

Status Stage::commit() {
  if (staged_.empty()) return {};
  const bool singly = staged_.size() <= kSyncSinglyMax;
  std::set<std::string> folders;
  for (const Staged& s : staged_) {
    const std::string folder = parent_of(s.path);
    if (folders.insert(folder).second && known_folders_.count(folder) == 0) {
      TRUCE_CHECK(files_.make_folders(folder));
      known_folders_.insert(folder);
    }
  }
  if (singly) {
    for (const Staged& s : staged_) TRUCE_CHECK(files_.sync(s.temporary));
  } else {
    TRUCE_CHECK(files_.sync_all(temporary_));
  }
  for (const Staged& s : staged_) TRUCE_CHECK(files_.rename(s.temporary, s.path));
  staged_.clear();
  if (singly) {
    for (const std::string& f : folders) TRUCE_CHECK(files_.sync(f));
    return {};
  }
  return files_.sync_all(temporary_);
}

Status Stage::clear(FileSystem& files, const std::string& folder) {
  const std::string pending = folder + "/pending";
  auto names = files.list(pending);
  if (!names && names.error().code == ErrorCode::kNotFound) return files.make_folders(pending);
  if (!names) return fail(std::move(names).error());
  for (const std::string& name : *names) TRUCE_CHECK(files.remove(pending + '/' + name));
  return {};
}

}  // namespace truce::record
