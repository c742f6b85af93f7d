// SPDX-License-Identifier: Apache-2.0
//
// For tests and simulations only: MemoryFileSystem holds files and folders in memory and answers each call as
// system_files() does on Linux, with the same values, error codes and words. It begins with "/" alone; a path that does
// not begin with a slash is meant from there too.
//
// NOT modelled: owners and modes (everybody may do everything), symbolic links, the size of a folder (4096), files with
// holes, the wait for a lock: a lock that is held is kBusy at once, whatever `wait_ms` says, since a simulation has
// nobody to wait for. Nothing is lost at a cut of power: put FaultyFileSystem (file_testing.h) on top for that.
//
// Any thread, by one mutex. A File or a lock must not outlive it. A call costs one look-up a path component in the
// folder's own map, list() the names it gives, a rename of a folder no more than that of a file.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/clock.h"
#include "truce/base/file.h"

namespace truce {

// Longest file that truncate() makes: stops a wrong size from taking the machine's memory.
inline constexpr std::uint64_t kMemoryFileBytesMax = std::uint64_t{4} << 30;

class MemoryFileSystem final : public FileSystem {
 public:
  // `clock` tells the modified_ms of what is changed; it must live as long as this.
  explicit MemoryFileSystem(Clock& clock);
  ~MemoryFileSystem() override;
  MemoryFileSystem(const MemoryFileSystem&) = delete;
  MemoryFileSystem& operator=(const MemoryFileSystem&) = delete;

  // Puts a copy of the folder (or file) `from` with all that is in it in place of `to`, whatever was there: a backup
  // that is made or restored. Times are copied, locks are not; a File opened on the old `to` goes on writing to what no
  // name leads to. Throws std::invalid_argument where `from` or the folder of `to` is missing.
  void copy_from(const std::string& from, const std::string& to);
  // Removes a folder (or file) with all that is in it. Nothing happens where there is none.
  void remove_folder(const std::string& path);

  Result<std::string> read(const std::string& path, std::uint64_t limit_bytes) override;
  Result<std::string> read_at(const std::string& path, std::uint64_t offset, std::uint64_t size) override;
  Result<FileStatus> status(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& path) override;
  Result<std::unique_ptr<File>> open_append(const std::string& path, std::uint32_t mode = 0644) override;
  Status write(const std::string& path, std::string_view bytes, std::uint32_t mode = 0644) override;
  Status write_atomic(const std::string& path, std::string_view bytes, std::uint32_t mode = 0644) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status make_folders(const std::string& path, std::uint32_t mode = 0755) override;
  Status sync(const std::string& path) override;
  Status sync_all(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path, std::int64_t wait_ms) override;

 private:
  class MemoryFile;
  class MemoryLock;
  struct Node;
  struct Place;
  using NodePtr = std::shared_ptr<Node>;

  // All of these: the mutex is held; an int is an errno, 0 for success.
  // The folder that holds the last component of `path`, and that component.
  int walk(std::string_view path, Place& place) const;
  int find(const std::string& path, NodePtr& node) const;
  // The file, made if it is missing.
  int open_or_make(const std::string& path, NodePtr& node);
  int rename_node(const std::string& from, const std::string& to);
  int remove_node(const std::string& path);
  int make_folder(const std::string& path);
  Status make_folders_locked(const std::string& path);
  NodePtr new_node(bool is_folder);

  Clock& clock_;
  mutable std::mutex mutex_;
  NodePtr root_;
};

}  // namespace truce
