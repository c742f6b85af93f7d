// SPDX-License-Identifier: Apache-2.0

#include "truce/record/blobs.h"

#include <cassert>
#include <set>

namespace truce::record {
namespace {

// Up to this many files are written one by one.
constexpr std::size_t kSinglyMax = 8;

}  // namespace

Status write_by_hash(FileSystem& files, const std::string& folder, std::span<const Hash> hashes,
                     std::span<const std::string_view> contents) {
  assert(hashes.size() == contents.size());
  TRUCE_CHECK(files.make_folders(folder));
  const auto path = [&](const Hash& h) { return folder + '/' + h.hex(); };
  // One that is there may be the torn work of somebody else's crash, or have lost a bit since.
  const auto is_there = [&](std::size_t i) {
    const auto there = files.status(path(hashes[i]));
    if (!there || there->size != contents[i].size()) return false;
    const auto bytes = files.read(path(hashes[i]), contents[i].size());
    return bytes && *bytes == contents[i];
  };
  if (hashes.size() <= kSinglyMax) {
    bool was_there = false;
    for (std::size_t i = 0; i < hashes.size(); ++i) {
      if (is_there(i)) {
        was_there = true;
        continue;
      }
      TRUCE_CHECK(files.write_atomic(path(hashes[i]), contents[i], 0644));
    }
    // Perhaps since a call whose last step failed: its name need not be durable yet.
    if (was_there) return files.sync(folder);
    return {};
  }
  std::vector<std::size_t> written;
  std::set<Hash> seen;
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    if (is_there(i) || !seen.insert(hashes[i]).second) continue;
    TRUCE_CHECK(files.write(path(hashes[i]) + ".new", contents[i], 0644));
    written.push_back(i);
  }
  if (written.empty()) return files.sync(folder);
  TRUCE_CHECK(files.sync_all(folder));
  for (const std::size_t i : written) TRUCE_CHECK(files.rename(path(hashes[i]) + ".new", path(hashes[i])));
  return files.sync(folder);
}

Result<Hash> BlobStore::put(std::string_view bytes) {
  if (bytes.size() > kBlobBytesMax) {
    return fail(ErrorCode::kLimit, "a blob is at most " + std::to_string(kBlobBytesMax) + " bytes");
  }
  const Hash hash = sha256(bytes);
  TRUCE_CHECK(write_by_hash(*files_, folder_, {&hash, 1}, {&bytes, 1}));
  return hash;
}

Result<std::vector<Hash>> BlobStore::put_all(std::span<const std::string> blobs) {
  std::vector<Hash> hashes;
  std::vector<std::string_view> contents;
  for (const std::string& b : blobs) {
    if (b.size() > kBlobBytesMax) {
      return fail(ErrorCode::kLimit, "a blob is at most " + std::to_string(kBlobBytesMax) + " bytes");
    }
    hashes.push_back(sha256(b));
    contents.push_back(b);
  }
  TRUCE_CHECK(write_by_hash(*files_, folder_, hashes, contents));
  return hashes;
}

Result<std::string> BlobStore::get(const Hash& hash) const {
  auto bytes = files_->read(path(hash), kBlobBytesMax);
  if (!bytes) {
    if (bytes.error().code == ErrorCode::kNotFound) return fail(ErrorCode::kMissingBlob, "missing", path(hash));
    if (bytes.error().code == ErrorCode::kLimit)
      return fail(ErrorCode::kBadBlob, "longer than a blob may be", path(hash));
    return bytes;
  }
  if (sha256(*bytes) != hash) return fail(ErrorCode::kBadBlob, "holds other bytes than its name says", path(hash));
  return bytes;
}

}  // namespace truce::record
