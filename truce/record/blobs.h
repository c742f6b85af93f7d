// SPDX-License-Identifier: Apache-2.0
//
// BlobStore: things too large for an entry, in blobs/ under the hex of their SHA-256 (docs/format/log.md). A file is
// there whole and right, or get() says what is wrong with it. Any thread and process: names are hashes, so writers
// cannot disagree.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/file.h"
#include "truce/base/result.h"
#include "truce/base/sha256.h"

namespace truce::record {

// Largest blob.
inline constexpr std::uint64_t kBlobBytesMax = 64ULL << 20;

class BlobStore {
 public:
  BlobStore(FileSystem& files, std::string folder) : files_(&files), folder_(std::move(folder)) {}

  // Writes the blob, durable and all or nothing; nothing happens where it is there already. Fails with kLimit, kIo.
  [[nodiscard]] Result<Hash> put(std::string_view bytes);
  // Many at once, durable together when this returns: one sync for all. Their hashes in the same order.
  [[nodiscard]] Result<std::vector<Hash>> put_all(std::span<const std::string> blobs);
  // The bytes, their hash checked. Fails with kMissingBlob, kBadBlob.
  [[nodiscard]] Result<std::string> get(const Hash& hash) const;
  // A file of this name is there (not looked into).
  [[nodiscard]] bool has(const Hash& hash) const { return files_->exists(path(hash)); }
  [[nodiscard]] std::string path(const Hash& hash) const { return folder_ + '/' + hash.hex(); }

 private:
  FileSystem* files_;
  std::string folder_;
};

// Writes files that are named by the hash of what they hold into `folder`, durable together. Those that are there are
// left.
[[nodiscard]] Status write_by_hash(FileSystem& files, const std::string& folder, std::span<const Hash> hashes,
                                   std::span<const std::string_view> contents);

}  // namespace truce::record
