// SPDX-License-Identifier: Apache-2.0
//
// Bundle files (docs/format/bundle.md): what a node gives to others on a stick or by mail, as one file, a tar within
// zstd. The members have the names that the files have in a node's folder: heads, tiles, blobs, sealed parts, wrapped
// keys.
//
// Writer and reader look at names, order and sizes only. What a member says is NOT believed: whoever takes it in checks
// hashes, tiles and signatures as if a stranger had sent them. The reader writes nothing to disk, and holds one member
// at a time beside at most kBundleWindowBytesMax of zstd.
//
// One thread at a time. `files` must live as long as the writer or reader.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "truce/base/file.h"
#include "truce/base/id.h"
#include "truce/base/result.h"
#include "truce/base/sha256.h"
#include "truce/base/time.h"
#include "truce/record/tile_path.h"

namespace truce::record {

// Name of the first member, the manifest.
inline constexpr std::string_view kBundleManifestName = "truce-bundle.json";
// Longest manifest.
inline constexpr std::uint64_t kBundleManifestBytesMax = 1024;
// Most members beside the manifest: stops a bundle of endless empty files.
inline constexpr std::uint64_t kBundleMembersMax = 8'000'000;
// Most bytes of all members together: stops what a small file unpacks to from filling memory or time without end.
inline constexpr std::uint64_t kBundleBytesTotalMax = 64ULL << 30;
// Longest wrapped keys for one addressee.
inline constexpr std::uint64_t kHandoverBytesMax = 64 * 1024;
// Largest hash tile: 256 hashes.
inline constexpr std::uint64_t kHashTileBytesMax = 256 * 32;
// Largest zstd window: stops a header of a few bytes from claiming gigabytes.
inline constexpr std::uint64_t kBundleWindowBytesMax = 128ULL << 20;

// What the maker says of the bundle; signed by nobody.
struct BundleManifest {
  Instant made;
  Hash mechanism;
  std::string party;  // the id of who made it

  // REQUIRES: made.is_valid() and is_id(party).
  [[nodiscard]] std::string to_bytes() const;
  // Fails with kSyntax: not canonical JSON, a member that is missing, unknown or of another form.
  [[nodiscard]] static Result<BundleManifest> parse(std::string_view bytes);
  friend bool operator==(const BundleManifest&, const BundleManifest&) = default;
};

enum class BundleKind {
  kCheckpoint,   // logs/<party>/<log>/checkpoint
  kHashTile,     // logs/<party>/<log>/tile/<level>/...
  kEntryBundle,  // logs/<party>/<log>/tile/entries/...
  kBlob,         // blobs/<64 hex digits>
  kSealed,       // sealed/<64 hex digits>
  kHandover,     // handover/<64 hex digits>
};

// A member's name, taken apart.
struct BundleName {
  BundleKind kind = BundleKind::kCheckpoint;
  LogId log;      // of a checkpoint or tile
  TilePath tile;  // of a tile
  Hash hash;      // of a blob, sealed part or wrapped keys

  // The one spelling of each. Fails with kSyntax.
  [[nodiscard]] static Result<BundleName> parse(std::string_view name);
  friend bool operator==(const BundleName&, const BundleName&) = default;
};

// Longest member of a kind.
[[nodiscard]] std::uint64_t bundle_member_bytes_max(BundleKind kind);

// Smaller ones are for tests.
struct BundleLimits {
  std::uint64_t members_max = kBundleMembersMax;
  std::uint64_t bytes_total_max = kBundleBytesTotalMax;
};

// Writes a bundle under a temporary name beside `path`. It has its own name only from finish() on; without that, or
// after a failure, nothing is left. Equal members give equal bytes with the same version of zstd.
class BundleWriter {
 public:
  // Fails with kInvalidArgument (manifest), kIo, kNotFound.
  [[nodiscard]] static Result<std::unique_ptr<BundleWriter>> create(FileSystem& files, const std::string& path,
                                                                    const BundleManifest& manifest,
                                                                    const BundleLimits& limits = {});
  ~BundleWriter();
  BundleWriter(const BundleWriter&) = delete;
  BundleWriter& operator=(const BundleWriter&) = delete;

  // kInvalidArgument: a name that is no BundleName, or not after the one before in ascending order of bytes. kLimit:
  // too long, too many, too much. Those leave the writer as it was; after kIo every later call fails with the same
  // error.
  [[nodiscard]] Status add(std::string_view name, std::string_view bytes);
  // The file is whole, durable and named `path` (replacing one that was there) when this returns. Once.
  [[nodiscard]] Status finish();

 private:
  struct State;
  explicit BundleWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class BundleReader {
 public:
  struct Member {
    std::string name;
    std::string bytes;
    friend bool operator==(const Member&, const Member&) = default;
  };

  // Reads the manifest. Fails with kSyntax, kLimit as next() does; kIo, kNotFound.
  [[nodiscard]] static Result<std::unique_ptr<BundleReader>> open(FileSystem& files, const std::string& path,
                                                                  const BundleLimits& limits = {});
  ~BundleReader();
  BundleReader(const BundleReader&) = delete;
  BundleReader& operator=(const BundleReader&) = delete;

  [[nodiscard]] const BundleManifest& manifest() const;
  // The next member; nothing at the end, and only then is it known that the file is whole. Fails with kSyntax for what
  // is not of the format, kLimit for what is too much, kIo; the message names the member. After a failure every later
  // call fails with the same error.
  [[nodiscard]] Result<std::optional<Member>> next();

 private:
  struct State;
  explicit BundleReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace truce::record
