// SPDX-License-Identifier: Apache-2.0

#include "truce/base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <system_error>

namespace truce {
namespace {

tl::unexpected<Error> system_error(std::string_view what, const std::string& path) {
  const int e = errno;
  const auto code = e == ENOENT || e == ENOTDIR ? ErrorCode::kNotFound : ErrorCode::kIo;
  return fail(code, "cannot " + std::string(what) + ": " + std::generic_category().message(e), path);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool ok() const { return fd_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

int open_retry(const std::string& path, int flags, std::uint32_t mode = 0) {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC, static_cast<mode_t>(mode));
  } while (fd < 0 && errno == EINTR);
  return fd;
}

Status write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

// Reads until `size` bytes are there or the file ends.
Result<std::string> read_up_to(int fd, std::uint64_t size, std::uint64_t hint, const std::string& path) {
  std::string out;
  std::size_t have = 0;
  while (have < size) {
    if (have == out.size()) {
      // One byte more than expected, so that the end is seen without growing.
      const std::uint64_t want = std::max<std::uint64_t>(have == 0 ? hint + 1 : have * 2, 4096);
      out.resize(static_cast<std::size_t>(std::min(want, size)));
    }
    const ssize_t n = ::read(fd, out.data() + have, out.size() - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error("read", path);
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  out.resize(have);
  return out;
}

Status sync_path(const std::string& path) {
  const Descriptor fd(open_retry(path, O_RDONLY));
  if (!fd.ok()) return system_error("open", path);
  if (::fsync(fd.get()) != 0) return system_error("sync", path);
  return {};
}

class SystemFile final : public File {
 public:
  SystemFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  Status append(std::string_view bytes) override { return write_all(fd_.get(), bytes, path_); }
  Status sync() override {
    if (::fdatasync(fd_.get()) != 0) return system_error("sync", path_);
    return {};
  }
  Status truncate(std::uint64_t size) override {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) return system_error("truncate", path_);
    return {};
  }
  Result<std::uint64_t> size() override {
    struct stat s {};
    if (::fstat(fd_.get(), &s) != 0) return system_error("look at", path_);
    return static_cast<std::uint64_t>(s.st_size);
  }

 private:
  Descriptor fd_;
  std::string path_;
};

// Closing the descriptor gives the lock back. The file stays: removing it would let two processes hold "the" lock.
class SystemLock final : public FileLock {
 public:
  explicit SystemLock(int fd) : fd_(fd) {}

 private:
  Descriptor fd_;
};

class SystemFiles final : public FileSystem {
 public:
  Result<std::string> read(const std::string& path, std::uint64_t limit_bytes) override {
    const Descriptor fd(open_retry(path, O_RDONLY));
    if (!fd.ok()) return system_error("open", path);
    struct stat s {};
    if (::fstat(fd.get(), &s) != 0) return system_error("look at", path);
    const auto hint = static_cast<std::uint64_t>(s.st_size);
    const auto too_long = [&] {
      return fail(ErrorCode::kLimit, "longer than " + std::to_string(limit_bytes) + " bytes", path);
    };
    if (hint > limit_bytes && S_ISREG(s.st_mode)) return too_long();
    const std::uint64_t most = limit_bytes == UINT64_MAX ? limit_bytes : limit_bytes + 1;
    TRUCE_TRY(std::string out, read_up_to(fd.get(), most, std::min(hint, limit_bytes), path));
    if (out.size() > limit_bytes) return too_long();
    return out;
  }

  Result<std::string> read_at(const std::string& path, std::uint64_t offset, std::uint64_t size) override {
    const Descriptor fd(open_retry(path, O_RDONLY));
    if (!fd.ok()) return system_error("open", path);
    struct stat s {};
    if (::fstat(fd.get(), &s) != 0) return system_error("look at", path);
    const auto end = static_cast<std::uint64_t>(s.st_size);
    if (offset >= end) return std::string();
    if (::lseek(fd.get(), static_cast<off_t>(offset), SEEK_SET) < 0) return system_error("read", path);
    const std::uint64_t most = std::min(size, end - offset);
    return read_up_to(fd.get(), most, most, path);
  }

  Result<FileStatus> status(const std::string& path) override {
    struct stat s {};
    if (::stat(path.c_str(), &s) != 0) return system_error("look at", path);
    FileStatus out;
    out.size = static_cast<std::uint64_t>(s.st_size);
    out.modified_ms = std::int64_t{s.st_mtim.tv_sec} * 1000 + s.st_mtim.tv_nsec / 1'000'000;
    out.is_directory = S_ISDIR(s.st_mode);
    return out;
  }

  Result<std::vector<std::string>> list(const std::string& path) override {
    DIR* dir = ::opendir(path.c_str());
    if (dir == nullptr) return system_error("list", path);
    std::vector<std::string> out;
    errno = 0;
    while (const dirent* entry = ::readdir(dir)) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") out.emplace_back(name);
      errno = 0;
    }
    const int e = errno;
    ::closedir(dir);
    errno = e;
    if (e != 0) return system_error("list", path);
    std::sort(out.begin(), out.end());
    return out;
  }

  Result<std::unique_ptr<File>> open_append(const std::string& path, std::uint32_t mode) override {
    int fd = open_retry(path, O_WRONLY | O_APPEND);
    if (fd < 0 && errno == ENOENT) {
      fd = open_retry(path, O_WRONLY | O_APPEND | O_CREAT, mode);
      if (fd < 0) return system_error("create", path);
      // The name of a new file must be durable before anybody relies on File::sync().
      if (auto ok = sync_path(folder_of(path)); !ok) {
        ::close(fd);
        return fail(std::move(ok).error());
      }
    }
    if (fd < 0) return system_error("open", path);
    return std::make_unique<SystemFile>(fd, path);
  }

  Status write(const std::string& path, std::string_view bytes, std::uint32_t mode) override {
    const Descriptor fd(open_retry(path, O_WRONLY | O_CREAT | O_TRUNC, mode));
    if (!fd.ok()) return system_error("create", path);
    return write_all(fd.get(), bytes, path);
  }

  Status write_atomic(const std::string& path, std::string_view bytes, std::uint32_t mode) override {
    const std::string temporary = temporary_name(path);
    Status done = write_synced(temporary, bytes, mode);
    if (done && ::rename(temporary.c_str(), path.c_str()) != 0) done = system_error("replace", path);
    if (!done) {
      ::unlink(temporary.c_str());
      return done;
    }
    return sync_path(folder_of(path));
  }

  Status rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return system_error("rename to " + to, from);
    return {};
  }

  Status remove(const std::string& path) override {
    if (std::remove(path.c_str()) != 0) return system_error("remove", path);
    return {};
  }

  Status make_folders(const std::string& path, std::uint32_t mode) override {
    struct stat s {};
    if (::stat(path.c_str(), &s) == 0) {
      if (S_ISDIR(s.st_mode)) return {};
      return fail(ErrorCode::kIo, "cannot make a folder: a file of this name is there", path);
    }
    if (errno != ENOENT) return system_error("make a folder", path);
    const std::string parent = folder_of(path);
    if (parent != path) TRUCE_CHECK(make_folders(parent, mode));
    if (::mkdir(path.c_str(), static_cast<mode_t>(mode)) != 0 && errno != EEXIST) {
      return system_error("make a folder", path);
    }
    return sync_path(parent);
  }

  Status sync(const std::string& path) override { return sync_path(path); }

  Status sync_all(const std::string& path) override {
    const Descriptor fd(open_retry(path, O_RDONLY));
    if (!fd.ok()) return system_error("open", path);
    if (::syncfs(fd.get()) != 0) return system_error("sync", path);
    return {};
  }

  Result<std::unique_ptr<FileLock>> lock(const std::string& path, std::int64_t wait_ms) override {
    constexpr std::int64_t kStepMs = 10;
    Descriptor fd(open_retry(path, O_RDWR | O_CREAT, 0644));
    if (!fd.ok()) return system_error("lock", path);
    for (std::int64_t waited_ms = 0;; waited_ms += kStepMs) {
      if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return std::make_unique<SystemLock>(fd.release());
      if (errno != EWOULDBLOCK && errno != EINTR) return system_error("lock", path);
      if (waited_ms >= wait_ms) {
        return fail(ErrorCode::kBusy, "another process holds the lock (waited " + std::to_string(wait_ms) + " ms)",
                    path);
      }
      const timespec step{0, kStepMs * 1'000'000};
      ::nanosleep(&step, nullptr);
    }
  }

 private:
  static Status write_synced(const std::string& path, std::string_view bytes, std::uint32_t mode) {
    const Descriptor fd(open_retry(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode));
    if (!fd.ok()) return system_error("create", path);
    TRUCE_CHECK(write_all(fd.get(), bytes, path));
    if (::fsync(fd.get()) != 0) return system_error("sync", path);
    return {};
  }
};

}  // namespace

std::string folder_of(const std::string& path) {
  std::size_t end = path.find_last_not_of('/');
  if (end == std::string::npos) return path.empty() ? "." : "/";
  const std::size_t slash = path.rfind('/', end);
  if (slash == std::string::npos) return ".";
  end = path.find_last_not_of('/', slash);
  return end == std::string::npos ? "/" : path.substr(0, end + 1);
}

std::string temporary_name(const std::string& path) {
  static std::atomic<std::uint64_t> count{0};
  return path + ".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(count.fetch_add(1));
}

void remove_tree(FileSystem& files, const std::string& path) {
  const auto status = files.status(path);
  if (!status) return;
  if (status->is_directory) {
    const auto names = files.list(path);
    if (names) {
      for (const std::string& name : *names) remove_tree(files, path + '/' + name);
    }
  }
  static_cast<void>(files.remove(path));
}

FileSystem& system_files() {
  static SystemFiles files;
  return files;
}

}  // namespace truce
