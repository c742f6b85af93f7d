// SPDX-License-Identifier: Apache-2.0
//
// FileSystem: files as truce uses them, as an interface so that tests can make any single call fail, cut the power, or
// fill the disk (file_testing.h). Paths are UTF-8 bytes. Every error is kIo (kNotFound for a missing file, kBusy for a
// held lock) with the path and the system's words. Any thread; a File is used by one thread at a time.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/result.h"

namespace truce {

// An open file for appending and positioned reads.
class File {
 public:
  virtual ~File() = default;
  // Writes all of `bytes` at the end.
  [[nodiscard]] virtual Status append(std::string_view bytes) = 0;
  // What was appended survives a loss of power when this returns (fdatasync).
  [[nodiscard]] virtual Status sync() = 0;
  [[nodiscard]] virtual Status truncate(std::uint64_t size) = 0;
  [[nodiscard]] virtual Result<std::uint64_t> size() = 0;
};

// Held from creation to destruction.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

struct FileStatus {
  std::uint64_t size = 0;
  std::int64_t modified_ms = 0;
  bool is_directory = false;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // The whole file. Fails with kLimit past `limit_bytes`.
  [[nodiscard]] virtual Result<std::string> read(const std::string& path, std::uint64_t limit_bytes) = 0;
  // `size` bytes at `offset`; fewer where the file ends.
  [[nodiscard]] virtual Result<std::string> read_at(const std::string& path, std::uint64_t offset,
                                                    std::uint64_t size) = 0;
  [[nodiscard]] virtual Result<FileStatus> status(const std::string& path) = 0;
  // Names (not paths) in a folder, sorted by bytes.
  [[nodiscard]] virtual Result<std::vector<std::string>> list(const std::string& path) = 0;

  // Creates or opens for appending.
  [[nodiscard]] virtual Result<std::unique_ptr<File>> open_append(const std::string& path,
                                                                  std::uint32_t mode = 0644) = 0;
  // Creates or replaces without any durability: for files that a later sync_tree() makes durable before something names
  // them.
  [[nodiscard]] virtual Status write(const std::string& path, std::string_view bytes, std::uint32_t mode = 0644) = 0;
  // Creates or replaces so that a reader and a loss of power at any instant see all of the old or all of the new bytes,
  // and the new ones when this has returned: temporary file, fsync, rename, fsync of the folder.
  [[nodiscard]] virtual Status write_atomic(const std::string& path, std::string_view bytes,
                                            std::uint32_t mode = 0644) = 0;
  [[nodiscard]] virtual Status rename(const std::string& from, const std::string& to) = 0;
  [[nodiscard]] virtual Status remove(const std::string& path) = 0;
  // Makes the folder and its parents; durable. Ok if it is there.
  [[nodiscard]] virtual Status make_folders(const std::string& path, std::uint32_t mode = 0755) = 0;
  // fsync of one file or folder.
  [[nodiscard]] virtual Status sync(const std::string& path) = 0;
  // Everything written so far on the filesystem that holds `path` is durable (syncfs).
  [[nodiscard]] virtual Status sync_all(const std::string& path) = 0;
  // An exclusive lock on a file (made if missing), waiting at most `wait_ms`; kBusy after that.
  [[nodiscard]] virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path, std::int64_t wait_ms) = 0;

  [[nodiscard]] bool exists(const std::string& path) { return status(path).has_value(); }
};

// The folder that holds `path`: "a/b" is in "a", "a" in ".", "/a" in "/". Slashes at the end do not count.
[[nodiscard]] std::string folder_of(const std::string& path);

// Another name beside `path`, new at each call of this process: "PATH.tmp-<process>-<count>". What write_atomic() fills
// before it renames; one that is found on disk is what a crash left and means nothing.
[[nodiscard]] std::string temporary_name(const std::string& path);

// Removes a folder (or file) with all that is in it, as far as that can be done.
void remove_tree(FileSystem& files, const std::string& path);

// The machine's own files.
[[nodiscard]] FileSystem& system_files();

}  // namespace truce
