// SPDX-License-Identifier: Apache-2.0
//
// A node's folder as a Subject. Each log is checked by record::fsck, which reads every file once, with several threads;
// the entries that it reads are looked at for what the record says of itself. Nothing is written: see ReadOnlyFiles.

#pragma once

#include <memory>
#include <string>

#include "truce/base/file.h"
#include "truce/cmd/verify/subject.h"

namespace truce::verify {

// Files that can be read and nothing else: every other call fails with kIo.
class ReadOnlyFiles final : public FileSystem {
 public:
  explicit ReadOnlyFiles(FileSystem& under) : under_(under) {}

  Result<std::string> read(const std::string& path, std::uint64_t limit_bytes) override;
  Result<std::string> read_at(const std::string& path, std::uint64_t offset, std::uint64_t size) override;
  Result<FileStatus> status(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& path) override;

  Result<std::unique_ptr<File>> open_append(const std::string& path, std::uint32_t mode) override;
  Status write(const std::string& path, std::string_view bytes, std::uint32_t mode) override;
  Status write_atomic(const std::string& path, std::string_view bytes, std::uint32_t mode) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status make_folders(const std::string& path, std::uint32_t mode) override;
  Status sync(const std::string& path) override;
  Status sync_all(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path, std::int64_t wait_ms) override;

 private:
  FileSystem& under_;
};

// `threads`: of fsck; 0: as many as processors, at most 8. `files` must live as long as the subject.
[[nodiscard]] std::unique_ptr<Subject> folder_subject(FileSystem& files, std::string folder, unsigned threads);

}  // namespace truce::verify
