// SPDX-License-Identifier: Apache-2.0
//
// LogReader: what outsiders see of one log: its signed head, entries and tiles (docs/format/log.md). Log: the same log
// with its key, for appending. Both work on logs/<party>/<log>/ of a node.
//
// A reader trusts the checkpoint's signature and the size in it; entries that it gives are checked against the hash
// tiles when asked (fsck checks everything). It never looks into the journal. Many readers, in any threads and
// processes, beside one Log.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/clock.h"
#include "truce/base/file.h"
#include "truce/base/id.h"
#include "truce/base/result.h"
#include "truce/base/sha256.h"

namespace truce::record {

// What a checkpoint says, after its log signature was verified.
struct Head {
  LogId log;
  std::uint64_t size = 0;
  Hash root;  // SHA-256 of nothing for size 0
  friend bool operator==(const Head&, const Head&) = default;
};

// Where a log lies and whose it is.
// "truce/<mechanism id>/", which every origin and cosigner's name of a mechanism begins with.
[[nodiscard]] std::string origin_prefix(const Hash& mechanism);

struct LogPlace {
  std::string folder;  // .../logs/<party>/<log>
  Hash mechanism;      // id
  LogId log;
  std::string public_key;  // 32 raw bytes, Ed25519

  // truce/<mechanism id>/<party>/<log>: origin and key name.
  [[nodiscard]] std::string origin() const;
  // C2SP verifier key: name+8 hex digits+base64(0x01 || public key).
  [[nodiscard]] std::string verifier_key() const;
};

class LogReader {
 public:
  // Reads and verifies the checkpoint. kNotFound if there is none, kBadSignature, kInvalidNote, ...
  [[nodiscard]] static Result<LogReader> open(FileSystem& files, LogPlace place);

  [[nodiscard]] const Head& head() const { return head_; }
  [[nodiscard]] const LogPlace& place() const { return place_; }

  // One entry's bytes, held against its hash tile as in visit(). Fails with kInvalidArgument for index >= size,
  // kMissingTile, kBadTile.
  [[nodiscard]] Result<std::string> entry(std::uint64_t index);
  // The stored leaf hash (from the level-0 hash tile, which fsck compares with the entries).
  [[nodiscard]] Result<Hash> leaf(std::uint64_t index);
  // Calls `visit(index, entry, leaf)` for begin <= index < end in order, reading each bundle once; leaf hashes are
  // computed from the entries, and held against the level-0 hash tiles (kBadTile): a bit that turned on the disk is
  // told, and not read as another statement. Stops at the first error, the visitor's own included. The view is good
  // only during the call.
  using Visitor = std::function<Status(std::uint64_t index, std::string_view entry, const Hash& leaf)>;
  [[nodiscard]] Status visit(std::uint64_t begin, std::uint64_t end, const Visitor& visitor);
  // The root at an earlier size, from hash tiles, which are held against the signed root (kBadTile). REQUIRES: size <=
  // head().size.
  [[nodiscard]] Result<Hash> root_at(std::uint64_t size);

 private:
  Status check_index(std::uint64_t index) const;
  Status load_bundle(std::uint64_t index);
  Status check_leaf(std::uint64_t index, const Hash& computed);
  std::string_view cached_entry(std::uint64_t index) const;

  FileSystem* files_ = nullptr;
  LogPlace place_;
  Head head_;
  std::string cached_bundle_;
  std::vector<std::uint32_t> cached_offsets_;  // of the entries in it
  std::uint64_t cached_bundle_index_ = UINT64_MAX;
  std::string cached_tile_;
  std::uint64_t cached_tile_index_ = UINT64_MAX;
};

// Appends to a log. Journal first (durable: acknowledged), then tiles, then head; after a crash open() repairs a torn
// tail and brings tiles and head up to the journal.
class Log {
 public:
  struct Options {
    std::int64_t lock_wait_ms = 5'000;
    Clock* clock = nullptr;  // for the age of partial tiles; nullptr: system_clock()
  };
  // What open() had to mend, for the user to be told. All zero: nothing.
  struct Repair {
    std::uint64_t torn_bytes = 0;           // cut off the journal's tail: never acknowledged
    std::uint64_t republished_entries = 0;  // journalled, and now in tiles and head too
    bool new_journal = false;  // the journal was gone or behind the head; tiles hold all that the head names
    [[nodiscard]] bool any() const { return torn_bytes != 0 || republished_entries != 0 || new_journal; }
  };

  // Takes the log's lock (kBusy after the wait). `seed` is the 32-byte Ed25519 seed of the log's key. Creates an empty
  // log with a signed head of size 0 if the folder holds none. Fails with kBadJournal for damage that is not a torn
  // tail, kRolledBack if the journal is behind the head in a way that tiles cannot explain.
  [[nodiscard]] static Result<std::unique_ptr<Log>> open(FileSystem& files, LogPlace place, std::string_view seed,
                                                         Options options);
  virtual ~Log() = default;

  [[nodiscard]] virtual const Repair& repair() const = 0;
  // Entries acknowledged so far; the published head may be behind.
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  [[nodiscard]] virtual Head head() const = 0;

  // Journals the entries as one batch, all or nothing after any crash, and returns the index of the first once durable.
  // Any number of threads: batches that wait together share one fsync. Fails with kLimit for an entry past
  // kEntryBytesMax; nothing is appended then. REQUIRES: entries are canonical envelopes of this log (the caller encoded
  // them).
  [[nodiscard]] virtual Result<std::uint64_t> append(std::span<const std::string> entries) = 0;

  // Brings tiles and head, durable, up to everything acknowledged. Deletes partial tiles whose full one is older than
  // 24 hours.
  [[nodiscard]] virtual Status publish() = 0;
};

// Statements of the journal whose places in the log are others' by now, as after a recovery of a node that had gone on
// meanwhile: they can never be published. They, and what stands behind them, are written into `folder`, one a line, as
// `name` or the first of name.2, name.3, ... that is free or holds just these (as after a crash), and then taken out of
// the journal. Nothing is written where there are none. Takes the log's lock; fails as Log::open() does.
struct SetAside {
  std::uint64_t count = 0;
  std::string file;
};
[[nodiscard]] Result<SetAside> set_aside_unpublishable(FileSystem& files, const LogPlace& place,
                                                       const std::string& folder, const std::string& name);

}  // namespace truce::record
