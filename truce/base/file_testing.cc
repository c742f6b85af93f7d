// SPDX-License-Identifier: Apache-2.0

#include "truce/base/file_testing.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <stdexcept>

namespace truce {

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "truce-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder: " + pattern);
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

// Asks its owner before each change.
class FaultyFileSystem::FaultyFile final : public File {
 public:
  FaultyFile(FaultyFileSystem& owner, std::unique_ptr<File> under, std::string path)
      : owner_(owner), under_(std::move(under)), path_(std::move(path)), generation_(owner.generation_) {}

  Status append(std::string_view bytes) override {
    const std::lock_guard lock(owner_.mutex_);
    TRUCE_CHECK(alive());
    return owner_.append_to(*under_, path_, bytes);
  }
  Status sync() override {
    const std::lock_guard lock(owner_.mutex_);
    TRUCE_CHECK(alive());
    TRUCE_CHECK(owner_.step("sync", path_, false));
    owner_.unsynced_.erase(path_);
    return {};
  }
  Status truncate(std::uint64_t size) override {
    const std::lock_guard lock(owner_.mutex_);
    TRUCE_CHECK(alive());
    return owner_.truncate_to(*under_, path_, size);
  }
  Result<std::uint64_t> size() override {
    const std::lock_guard lock(owner_.mutex_);
    TRUCE_CHECK(alive());
    TRUCE_CHECK(owner_.powered());
    return under_->size();
  }

 private:
  [[nodiscard]] Status alive() const {
    if (generation_ == owner_.generation_) return {};
    return fail(ErrorCode::kIo, "opened before the power was cut", path_);
  }

  FaultyFileSystem& owner_;
  std::unique_ptr<File> under_;
  std::string path_;
  std::uint64_t generation_;
};

void FaultyFileSystem::fail_at(std::uint64_t n) {
  const std::lock_guard lock(mutex_);
  fail_at_ = steps_ + n;
}
void FaultyFileSystem::fill_disk_at(std::uint64_t n) {
  const std::lock_guard lock(mutex_);
  full_at_ = steps_ + n;
}
void FaultyFileSystem::cut_power_after(std::uint64_t n) {
  const std::lock_guard lock(mutex_);
  cut_after_ = steps_ + n;
}
std::uint64_t FaultyFileSystem::steps() const {
  const std::lock_guard lock(mutex_);
  return steps_;
}
bool FaultyFileSystem::struck() const {
  const std::lock_guard lock(mutex_);
  return struck_;
}
std::string FaultyFileSystem::struck_step() const {
  const std::lock_guard lock(mutex_);
  return struck_step_;
}

void FaultyFileSystem::power_on() {
  const std::lock_guard lock(mutex_);
  // Off only once the last permitted step has happened; a plan that was not reached is dropped.
  if (cut_after_ && steps_ >= *cut_after_) lose_unsynced();
  fail_at_.reset();
  full_at_.reset();
  cut_after_.reset();
}

Status FaultyFileSystem::powered() {
  if (!cut_after_ || steps_ < *cut_after_) return {};
  if (!struck_) struck_step_ = last_step_;
  struck_ = true;
  return fail(ErrorCode::kIo, "the power is off");
}

Status FaultyFileSystem::step(std::string_view what, const std::string& path, bool needs_room, bool* partly) {
  TRUCE_CHECK(powered());
  ++steps_;
  last_step_ = std::string(what) + ' ' + path;
  if (fail_at_ == steps_ || (needs_room && full_at_ && steps_ >= *full_at_)) {
    if (!struck_) struck_step_ = last_step_;
    struck_ = true;
    if (partly != nullptr) *partly = true;
    return fail(ErrorCode::kIo, "cannot " + std::string(what) + ": No space left on device", path);
  }
  return {};
}

Status FaultyFileSystem::append_to(File& file, const std::string& path, std::string_view bytes) {
  bool partly = false;
  const Status ok = step("append", path, true, &partly);
  if (!ok && !partly) return ok;
  TRUCE_TRY(const std::uint64_t size, file.size());
  unsynced_.try_emplace(path, Unsynced{size, std::nullopt});
  TRUCE_CHECK(file.append(ok ? bytes : bytes.substr(0, random_.below(bytes.size() + 1))));
  return ok;
}

Status FaultyFileSystem::truncate_to(File& file, const std::string& path, std::uint64_t size) {
  TRUCE_CHECK(step("truncate", path, false));
  TRUCE_TRY(const std::uint64_t before, file.size());
  const auto known = unsynced_.find(path);
  const std::uint64_t durable = known == unsynced_.end() ? before : known->second.durable_size;
  if (size < durable) {
    TRUCE_TRY(std::string tail, under_.read_at(path, size, durable - size));
    if (known != unsynced_.end() && known->second.cut_off) tail += *known->second.cut_off;
    unsynced_[path] = Unsynced{size, std::move(tail)};
  }
  return file.truncate(size);
}

void FaultyFileSystem::lose_unsynced() {
  ++generation_;
  for (const auto& [path, state] : unsynced_) {
    auto bytes = under_.read(path, UINT64_MAX);
    if (!bytes) continue;
    std::string kept = bytes->substr(0, state.durable_size);
    if (state.cut_off && random_.chance(2)) {
      kept += *state.cut_off;
    } else if (bytes->size() > kept.size()) {
      const std::size_t unsynced = bytes->size() - kept.size();
      // All, nothing and something between are equally likely.
      const std::uint64_t draw = random_.below(3);
      kept += bytes->substr(kept.size(), draw == 0 ? 0 : draw == 1 ? unsynced : random_.below(unsynced + 1));
    }
    if (kept != *bytes) static_cast<void>(under_.write(path, kept));
  }
  unsynced_.clear();
  // Backwards; what a later change that lasted has touched stays.
  std::set<std::string> settled;
  for (auto change = names_.rbegin(); change != names_.rend(); ++change) {
    const bool bound = settled.contains(change->path) || (!change->from.empty() && settled.contains(change->from));
    if (bound || random_.chance(2)) {
      settled.insert(change->path);
      if (!change->from.empty()) settled.insert(change->from);
      continue;
    }
    switch (change->kind) {
      case NameChange::Kind::kMade: static_cast<void>(under_.remove(change->path)); break;
      case NameChange::Kind::kRenamed: static_cast<void>(under_.rename(change->path, change->from)); break;
      case NameChange::Kind::kRemoved: break;
    }
    if (change->before) static_cast<void>(under_.write(change->path, *change->before));
  }
  names_.clear();
}

Result<std::string> FaultyFileSystem::read(const std::string& path, std::uint64_t limit_bytes) {
  const std::lock_guard lock(mutex_);
  TRUCE_CHECK(powered());
  return under_.read(path, limit_bytes);
}

Result<std::string> FaultyFileSystem::read_at(const std::string& path, std::uint64_t offset, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  TRUCE_CHECK(powered());
  return under_.read_at(path, offset, size);
}

Result<FileStatus> FaultyFileSystem::status(const std::string& path) {
  const std::lock_guard lock(mutex_);
  TRUCE_CHECK(powered());
  return under_.status(path);
}

Result<std::vector<std::string>> FaultyFileSystem::list(const std::string& path) {
  const std::lock_guard lock(mutex_);
  TRUCE_CHECK(powered());
  return under_.list(path);
}

Result<std::unique_ptr<File>> FaultyFileSystem::open_append(const std::string& path, std::uint32_t mode) {
  const std::lock_guard lock(mutex_);
  TRUCE_CHECK(powered());
  const bool made = !under_.exists(path);
  if (made) {
    TRUCE_CHECK(step("create", path, true));
    TRUCE_CHECK(under_.write(path, {}, mode));
  }
  TRUCE_TRY(auto file, under_.open_append(path, mode));
  if (made) std::erase_if(names_, [&](const NameChange& c) { return folder_of(c.path) == folder_of(path); });
  return std::make_unique<FaultyFile>(*this, std::move(file), path);
}

Status FaultyFileSystem::write(const std::string& path, std::string_view bytes, std::uint32_t mode) {
  const std::lock_guard lock(mutex_);
  bool partly = false;
  const Status ok = step("write", path, true, &partly);
  if (!ok && !partly) return ok;
  if (!under_.exists(path)) names_.push_back({NameChange::Kind::kMade, path, "", std::nullopt});
  TRUCE_CHECK(under_.write(path, ok ? bytes : bytes.substr(0, random_.below(bytes.size() + 1)), mode));
  unsynced_[path] = Unsynced{};
  return ok;
}

Status FaultyFileSystem::write_atomic(const std::string& path, std::string_view bytes, std::uint32_t mode) {
  const std::lock_guard lock(mutex_);
  const std::string temporary = temporary_name(path);
  Status done = write(temporary, bytes, mode);
  if (done) done = sync(temporary);
  if (done) done = rename(temporary, path);
  if (!done) {
    if (powered()) static_cast<void>(under_.remove(temporary));
    return done;
  }
  return sync(folder_of(path));
}

Status FaultyFileSystem::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  TRUCE_CHECK(step("rename", from, false));
  NameChange change{NameChange::Kind::kRenamed, to, from, std::nullopt};
  if (auto before = under_.read(to, UINT64_MAX)) change.before = std::move(before).value();
  TRUCE_CHECK(under_.rename(from, to));
  names_.push_back(std::move(change));
  unsynced_.erase(to);
  if (auto state = unsynced_.extract(from)) {
    state.key() = to;
    unsynced_.insert(std::move(state));
  }
  return {};
}

Status FaultyFileSystem::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  TRUCE_CHECK(step("remove", path, false));
  auto before = under_.read(path, UINT64_MAX);
  TRUCE_CHECK(under_.remove(path));
  if (before) names_.push_back({NameChange::Kind::kRemoved, path, "", std::move(before).value()});
  unsynced_.erase(path);
  return {};
}

Status FaultyFileSystem::make_folders(const std::string& path, std::uint32_t mode) {
  const std::lock_guard lock(mutex_);
  TRUCE_CHECK(powered());
  if (!under_.exists(path)) TRUCE_CHECK(step("make folder", path, true));
  return under_.make_folders(path, mode);
}

Status FaultyFileSystem::sync(const std::string& path) {
  const std::lock_guard lock(mutex_);
  TRUCE_CHECK(step("sync", path, false));
  TRUCE_CHECK(under_.status(path));
  unsynced_.erase(path);
  std::erase_if(names_, [&](const NameChange& c) { return folder_of(c.path) == path; });
  return {};
}

Status FaultyFileSystem::sync_all(const std::string& path) {
  const std::lock_guard lock(mutex_);
  TRUCE_CHECK(step("sync all", path, false));
  TRUCE_CHECK(under_.status(path));
  unsynced_.clear();
  names_.clear();
  return {};
}

Result<std::unique_ptr<FileLock>> FaultyFileSystem::lock(const std::string& path, std::int64_t wait_ms) {
  {
    const std::lock_guard lock(mutex_);
    TRUCE_CHECK(powered());
  }
  return under_.lock(path, wait_ms);  // not under the mutex: it may wait for another thread
}

}  // namespace truce
