// SPDX-License-Identifier: Apache-2.0

#include "truce/base/memory_files.h"

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace truce {
namespace {

// As on Linux: past these a name or a path is refused.
constexpr std::size_t kNameBytesMax = 255;
constexpr std::size_t kPathBytesMax = 4095;
constexpr std::uint64_t kFolderBytes = 4096;

tl::unexpected<Error> system_error(int e, std::string_view what, const std::string& path) {
  const auto code = e == ENOENT || e == ENOTDIR ? ErrorCode::kNotFound : ErrorCode::kIo;
  return fail(code, "cannot " + std::string(what) + ": " + std::generic_category().message(e), path);
}

}  // namespace

struct MemoryFileSystem::Node {
  bool is_folder = false;
  bool locked = false;
  std::int64_t modified_ms = 0;
  std::string bytes;                                  // of a file
  std::map<std::string, NodePtr, std::less<>> names;  // of a folder

  // With all that is in it.
  [[nodiscard]] NodePtr copy() const {
    auto out = std::make_shared<Node>();
    out->is_folder = is_folder;
    out->modified_ms = modified_ms;
    out->bytes = bytes;
    for (const auto& [name, node] : names) out->names.emplace_hint(out->names.end(), name, node->copy());
    return out;
  }
};

// Where the last component of a path stands.
struct MemoryFileSystem::Place {
  enum class Last { kName, kDot, kDotDot, kRoot };

  std::vector<NodePtr> chain;  // folders from the root to the one that holds `name`
  std::string_view name;
  Last last = Last::kRoot;
  bool slash_after = false;

  [[nodiscard]] Node& folder() const { return *chain.back(); }
  // What `name` means there; nullptr where it is missing.
  int look_up(NodePtr& out) const {
    out = nullptr;
    if (name.size() > kNameBytesMax) return ENAMETOOLONG;
    const auto it = folder().names.find(name);
    if (it != folder().names.end()) out = it->second;
    return 0;
  }
};

class MemoryFileSystem::MemoryFile final : public File {
 public:
  MemoryFile(MemoryFileSystem& owner, NodePtr node, std::string path)
      : owner_(owner), node_(std::move(node)), path_(std::move(path)) {}

  Status append(std::string_view bytes) override {
    const std::lock_guard lock(owner_.mutex_);
    if (bytes.empty()) return {};
    node_->bytes += bytes;
    node_->modified_ms = owner_.clock_.now().ms;
    return {};
  }
  Status sync() override { return {}; }
  Status truncate(std::uint64_t size) override {
    const std::lock_guard lock(owner_.mutex_);
    if (size > static_cast<std::uint64_t>(INT64_MAX)) return system_error(EINVAL, "truncate", path_);
    if (size > kMemoryFileBytesMax) return system_error(EFBIG, "truncate", path_);
    node_->bytes.resize(static_cast<std::size_t>(size));
    node_->modified_ms = owner_.clock_.now().ms;
    return {};
  }
  Result<std::uint64_t> size() override {
    const std::lock_guard lock(owner_.mutex_);
    return node_->bytes.size();
  }

 private:
  MemoryFileSystem& owner_;
  NodePtr node_;
  std::string path_;
};

class MemoryFileSystem::MemoryLock final : public FileLock {
 public:
  MemoryLock(MemoryFileSystem& owner, NodePtr node) : owner_(owner), node_(std::move(node)) {}
  ~MemoryLock() override {
    const std::lock_guard lock(owner_.mutex_);
    node_->locked = false;
  }
  MemoryLock(const MemoryLock&) = delete;
  MemoryLock& operator=(const MemoryLock&) = delete;

 private:
  MemoryFileSystem& owner_;
  NodePtr node_;
};

MemoryFileSystem::MemoryFileSystem(Clock& clock) : clock_(clock), root_(new_node(true)) {}
MemoryFileSystem::~MemoryFileSystem() = default;

MemoryFileSystem::NodePtr MemoryFileSystem::new_node(bool is_folder) {
  auto node = std::make_shared<Node>();
  node->is_folder = is_folder;
  node->modified_ms = clock_.now().ms;
  return node;
}

int MemoryFileSystem::walk(std::string_view path, Place& place) const {
  path = path.substr(0, path.find('\0'));  // what the system would see
  if (path.empty()) return ENOENT;
  if (path.size() > kPathBytesMax) return ENAMETOOLONG;
  place.chain.reserve(16);
  place.chain.push_back(root_);
  std::size_t at = std::min(path.find_first_not_of('/'), path.size());
  while (at < path.size()) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::size_t next = std::min(path.find_first_not_of('/', end), path.size());
    place.name = path.substr(at, end - at);
    place.last = place.name == "." ? Place::Last::kDot : place.name == ".." ? Place::Last::kDotDot : Place::Last::kName;
    place.slash_after = end < path.size();
    if (next == path.size()) return 0;
    if (place.last == Place::Last::kDotDot) {
      if (place.chain.size() > 1) place.chain.pop_back();
    } else if (place.last == Place::Last::kName) {
      NodePtr node;
      if (const int e = place.look_up(node); e != 0) return e;
      if (node == nullptr) return ENOENT;
      if (!node->is_folder) return ENOTDIR;
      place.chain.push_back(std::move(node));
    }
    at = next;
  }
  return 0;
}

int MemoryFileSystem::find(const std::string& path, NodePtr& node) const {
  Place place;
  if (const int e = walk(path, place); e != 0) return e;
  if (place.last == Place::Last::kName) {
    if (const int e = place.look_up(node); e != 0) return e;
    if (node == nullptr) return ENOENT;
    return place.slash_after && !node->is_folder ? ENOTDIR : 0;
  }
  if (place.last == Place::Last::kDotDot && place.chain.size() > 1) place.chain.pop_back();
  node = place.chain.back();
  return 0;
}

int MemoryFileSystem::open_or_make(const std::string& path, NodePtr& node) {
  Place place;
  if (const int e = walk(path, place); e != 0) return e;
  if (place.last != Place::Last::kName || place.slash_after) return EISDIR;
  if (const int e = place.look_up(node); e != 0) return e;
  if (node != nullptr) return node->is_folder ? EISDIR : 0;
  node = new_node(false);
  place.folder().names.emplace(place.name, node);
  place.folder().modified_ms = node->modified_ms;
  return 0;
}

// The order of the checks is the kernel's.
int MemoryFileSystem::rename_node(const std::string& from, const std::string& to) {
  Place a, b;
  if (const int e = walk(from, a); e != 0) return e;
  if (const int e = walk(to, b); e != 0) return e;
  if (a.last != Place::Last::kName || b.last != Place::Last::kName) return EBUSY;
  NodePtr node, target;
  if (const int e = a.look_up(node); e != 0) return e;
  if (node == nullptr) return ENOENT;
  if (const int e = b.look_up(target); e != 0) return e;
  if (!node->is_folder && (a.slash_after || b.slash_after)) return ENOTDIR;
  if (std::find(b.chain.begin(), b.chain.end(), node) != b.chain.end()) return EINVAL;
  if (target != nullptr) {
    if (std::find(a.chain.begin(), a.chain.end(), target) != a.chain.end()) return ENOTEMPTY;
    if (target == node) return 0;
    if (node->is_folder && !target->is_folder) return ENOTDIR;
    if (!node->is_folder && target->is_folder) return EISDIR;
    if (!target->names.empty()) return ENOTEMPTY;
  }
  a.folder().names.erase(a.folder().names.find(a.name));
  b.folder().names.insert_or_assign(std::string(b.name), node);
  a.folder().modified_ms = b.folder().modified_ms = clock_.now().ms;
  return 0;
}

int MemoryFileSystem::remove_node(const std::string& path) {
  Place place;
  if (const int e = walk(path, place); e != 0) return e;
  switch (place.last) {
    case Place::Last::kRoot: return EBUSY;
    case Place::Last::kDot: return EINVAL;
    case Place::Last::kDotDot: return ENOTEMPTY;
    case Place::Last::kName: break;
  }
  NodePtr node;
  if (const int e = place.look_up(node); e != 0) return e;
  if (node == nullptr) return ENOENT;
  if (place.slash_after && !node->is_folder) return ENOTDIR;
  if (!node->names.empty()) return ENOTEMPTY;
  place.folder().names.erase(place.folder().names.find(place.name));
  place.folder().modified_ms = clock_.now().ms;
  return 0;
}

int MemoryFileSystem::make_folder(const std::string& path) {
  Place place;
  if (const int e = walk(path, place); e != 0) return e;
  if (place.last != Place::Last::kName) return EEXIST;
  NodePtr node;
  if (const int e = place.look_up(node); e != 0) return e;
  if (node != nullptr) return EEXIST;
  node = new_node(true);
  place.folder().names.emplace(place.name, node);
  place.folder().modified_ms = node->modified_ms;
  return 0;
}

void MemoryFileSystem::copy_from(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  NodePtr source;
  if (find(from, source) != 0) throw std::invalid_argument("nothing to copy: " + from);
  Place place;
  if (walk(to, place) != 0 || place.last != Place::Last::kName) throw std::invalid_argument("no place for it: " + to);
  NodePtr copy = source->copy();
  place.folder().names.insert_or_assign(std::string(place.name), std::move(copy));
  place.folder().modified_ms = clock_.now().ms;
}

void MemoryFileSystem::remove_folder(const std::string& path) {
  const std::lock_guard lock(mutex_);
  Place place;
  if (walk(path, place) != 0 || place.last != Place::Last::kName) return;
  const auto it = place.folder().names.find(place.name);
  if (it == place.folder().names.end()) return;
  place.folder().names.erase(it);
  place.folder().modified_ms = clock_.now().ms;
}

Result<std::string> MemoryFileSystem::read(const std::string& path, std::uint64_t limit_bytes) {
  const std::lock_guard lock(mutex_);
  NodePtr node;
  if (const int e = find(path, node); e != 0) return system_error(e, "open", path);
  if (node->is_folder) return system_error(EISDIR, "read", path);
  if (node->bytes.size() > limit_bytes) {
    return fail(ErrorCode::kLimit, "longer than " + std::to_string(limit_bytes) + " bytes", path);
  }
  return node->bytes;
}

Result<std::string> MemoryFileSystem::read_at(const std::string& path, std::uint64_t offset, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  NodePtr node;
  if (const int e = find(path, node); e != 0) return system_error(e, "open", path);
  if (offset >= (node->is_folder ? kFolderBytes : node->bytes.size()) || size == 0) return std::string();
  if (node->is_folder) return system_error(EISDIR, "read", path);
  return node->bytes.substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
}

Result<FileStatus> MemoryFileSystem::status(const std::string& path) {
  const std::lock_guard lock(mutex_);
  NodePtr node;
  if (const int e = find(path, node); e != 0) return system_error(e, "look at", path);
  FileStatus out;
  out.size = node->is_folder ? kFolderBytes : node->bytes.size();
  out.modified_ms = node->modified_ms;
  out.is_directory = node->is_folder;
  return out;
}

Result<std::vector<std::string>> MemoryFileSystem::list(const std::string& path) {
  const std::lock_guard lock(mutex_);
  NodePtr node;
  if (const int e = find(path, node); e != 0) return system_error(e, "list", path);
  if (!node->is_folder) return system_error(ENOTDIR, "list", path);
  std::vector<std::string> out;
  out.reserve(node->names.size());
  for (const auto& [name, unused] : node->names) out.push_back(name);
  return out;
}

Result<std::unique_ptr<File>> MemoryFileSystem::open_append(const std::string& path, std::uint32_t /*mode*/) {
  const std::lock_guard lock(mutex_);
  NodePtr node;
  int e = find(path, node);
  if (e == ENOENT) {
    e = open_or_make(path, node);
    if (e != 0) return system_error(e, "create", path);
  }
  if (e == 0 && node->is_folder) e = EISDIR;
  if (e != 0) return system_error(e, "open", path);
  return std::make_unique<MemoryFile>(*this, std::move(node), path);
}

Status MemoryFileSystem::write(const std::string& path, std::string_view bytes, std::uint32_t /*mode*/) {
  const std::lock_guard lock(mutex_);
  NodePtr node;
  if (const int e = open_or_make(path, node); e != 0) return system_error(e, "create", path);
  node->bytes = bytes;
  node->modified_ms = clock_.now().ms;
  return {};
}

Status MemoryFileSystem::write_atomic(const std::string& path, std::string_view bytes, std::uint32_t /*mode*/) {
  const std::lock_guard lock(mutex_);
  // By way of the temporary file, so that odd paths meet the same refusals.
  const std::string temporary = temporary_name(path);
  NodePtr node;
  if (const int e = open_or_make(temporary, node); e != 0) return system_error(e, "create", temporary);
  node->bytes = bytes;
  if (const int e = rename_node(temporary, path); e != 0) {
    static_cast<void>(remove_node(temporary));
    return system_error(e, "replace", path);
  }
  return {};
}

Status MemoryFileSystem::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  if (const int e = rename_node(from, to); e != 0) return system_error(e, "rename to " + to, from);
  return {};
}

Status MemoryFileSystem::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (const int e = remove_node(path); e != 0) return system_error(e, "remove", path);
  return {};
}

Status MemoryFileSystem::make_folders(const std::string& path, std::uint32_t /*mode*/) {
  const std::lock_guard lock(mutex_);
  return make_folders_locked(path);
}

Status MemoryFileSystem::make_folders_locked(const std::string& path) {
  NodePtr node;
  const int found = find(path, node);
  if (found == 0) {
    if (node->is_folder) return {};
    return fail(ErrorCode::kIo, "cannot make a folder: a file of this name is there", path);
  }
  if (found != ENOENT) return system_error(found, "make a folder", path);
  const std::string parent = folder_of(path);
  if (parent != path) TRUCE_CHECK(make_folders_locked(parent));
  if (const int e = make_folder(path); e != 0 && e != EEXIST) return system_error(e, "make a folder", path);
  return {};
}

Status MemoryFileSystem::sync(const std::string& path) {
  const std::lock_guard lock(mutex_);
  NodePtr node;
  if (const int e = find(path, node); e != 0) return system_error(e, "open", path);
  return {};
}

Status MemoryFileSystem::sync_all(const std::string& path) {
  return sync(path);
}

Result<std::unique_ptr<FileLock>> MemoryFileSystem::lock(const std::string& path, std::int64_t wait_ms) {
  const std::lock_guard lock(mutex_);
  NodePtr node;
  if (const int e = open_or_make(path, node); e != 0) return system_error(e, "lock", path);
  if (node->locked) {
    return fail(ErrorCode::kBusy, "another process holds the lock (waited " + std::to_string(wait_ms) + " ms)", path);
  }
  auto held = std::make_unique<MemoryLock>(*this, node);
  node->locked = true;
  return held;
}

}  // namespace truce
