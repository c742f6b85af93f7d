// SPDX-License-Identifier: Apache-2.0
//
// For tests only: a folder that goes away, and FaultyFileSystem, the machine's files with a fault at any single step.
//
//   for (std::uint64_t n = 1;; ++n) {
//     TemporaryFolder folder;
//     FaultyFileSystem files(system_files(), seed + n);
//     files.cut_power_after(n);                       // or fail_at(n), fill_disk_at(n)
//     run(files, folder.path());                      // may fail, must not crash
//     if (!files.struck()) break;                     // fewer than n steps: every one has been tried
//     files.power_on();                               // what was not synced may be lost
//     check(folder.path());
//   }
//
// A step is one call that changes the disk: append, truncate, sync (of a file or a path), sync_all, write, rename,
// remove, the making of a file by open_append, a make_folders that makes something. write_atomic is four: write, sync,
// rename, sync of the folder.
// Syncs are counted and believed: the disk below is not asked for them, so that thousands of runs take seconds.
//
// What a loss of power does (power_on() does it): bytes appended or written since the file's last sync are cut to a
// random length (a file replaced by write() may be empty); a truncate not synced may be undone; a file made by write(),
// a rename, a remove may be undone unless its folder was synced since (of a rename: the new name's). Not modelled:
// blocks of zeros or of other files' bytes, folders that vanish or are renamed with unsynced files in them, damage to
// what was synced. Names are followed as spelled: use one spelling for each file.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "truce/base/file.h"
#include "truce/base/seed_testing.h"

namespace truce {

// A new empty folder, removed with all that is in it. Throws where it cannot be made.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  // The path of `name` in it.
  [[nodiscard]] std::string operator/(std::string_view name) const { return path_ + '/' + std::string(name); }

 private:
  std::string path_;
};

class FaultyFileSystem final : public FileSystem {
 public:
  // `under` must live as long as this. The seed decides what a failed append leaves and what a loss of power takes.
  FaultyFileSystem(FileSystem& under, std::uint64_t seed) : under_(under), random_(seed) {}

  // Each counts steps from now; 1 is the next one.
  // Step n fails with kIo "No space left on device" (an append or write leaves a part); later ones succeed.
  void fail_at(std::uint64_t n);
  // The same for step n and all later ones that need room (append, write, making a file or folder).
  void fill_disk_at(std::uint64_t n);
  // Step n is the last that happens: every later call of any kind fails. 0: at once.
  void cut_power_after(std::uint64_t n);
  // Ends every fault. After a loss of power: takes from disk what was not durable. Files opened before stay dead.
  void power_on();

  // Steps taken since construction, failed ones too.
  [[nodiscard]] std::uint64_t steps() const;
  // A fault has happened: a step failed, or a call came after the power was cut.
  [[nodiscard]] bool struck() const;
  // The step that failed or was the last one, as "append PATH": for messages.
  [[nodiscard]] std::string struck_step() const;

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
  class FaultyFile;
  // What of a file is not durable yet.
  struct Unsynced {
    std::uint64_t durable_size = 0;      // bytes from here on may be lost
    std::optional<std::string> cut_off;  // what an unsynced truncate() to durable_size took
  };
  // A change of names that is not durable yet, with what undoing it needs.
  struct NameChange {
    enum class Kind { kMade, kRenamed, kRemoved } kind;
    std::string path;                   // the new name, or the removed one
    std::string from;                   // of a rename
    std::optional<std::string> before;  // bytes that `path` held
  };

  // Ok if step `what` of `path` may happen. An error: `partly` tells whether a part of the bytes should be written
  // first.
  Status step(std::string_view what, const std::string& path, bool needs_room, bool* partly = nullptr);
  Status powered();
  Status append_to(File& file, const std::string& path, std::string_view bytes);
  Status truncate_to(File& file, const std::string& path, std::uint64_t size);
  void lose_unsynced();

  FileSystem& under_;
  mutable std::recursive_mutex mutex_;
  SeededNumbers random_;
  std::uint64_t steps_ = 0;
  std::uint64_t generation_ = 0;  // of power: a file of an earlier one is dead
  std::optional<std::uint64_t> fail_at_, full_at_, cut_after_;
  bool struck_ = false;
  std::string struck_step_;
  std::string last_step_;
  std::map<std::string, Unsynced> unsynced_;
  std::vector<NameChange> names_;
};

}  // namespace truce
