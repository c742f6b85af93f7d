// SPDX-License-Identifier: Apache-2.0
//
// Mirror: this node's copy of another party's log, as static tiles (docs/format/log.md). It follows signed heads: every
// tile and every entry is checked against the head's root before it is kept, and the head against what is held: a
// log that only grows, or evidence.
//
// fetch() makes tiles durable beyond the published head and can be cut short at any moment: what was kept is used by
// the next call. publish() then gives the new head its name. In between the caller gets the required blobs, so that a
// head is never held without them. A Mirror holds the log's lock; one thread.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "truce/base/clock.h"
#include "truce/base/file.h"
#include "truce/base/result.h"
#include "truce/record/evidence.h"
#include "truce/record/log.h"
#include "truce/record/log_source.h"
#include "truce/record/partial_tiles.h"

namespace truce::record {

class Mirror {
 public:
  struct Options {
    std::int64_t lock_wait_ms = 5'000;
    Clock* clock = nullptr;  // for the age of partial tiles; nullptr: system_clock()
  };
  // Makes the folder if it is not there. kBusy; kBadSignature and others where the held head is damaged.
  [[nodiscard]] static Result<Mirror> open(FileSystem& files, LogPlace place, Options options);

  // Held and published; size 0 where nothing is held yet.
  [[nodiscard]] const Head& head() const { return head_; }

  struct FetchRequest {
    // The head to be fetched: a checkpoint signed by the log's key.
    std::string checkpoint;
    // Further checkpoints of this log, signed by its key, that it must agree with: seen elsewhere, or cosigned here.
    std::vector<std::string> known;
    // Called for each entry beyond the held head, in order, after it was checked. May be empty. Its error ends the
    // fetch.
    LogReader::Visitor visit;
  };
  struct Fetched {
    Head head;                         // of the request
    bool is_new = false;               // larger than what is held: tiles are durable, publish() may follow
    std::uint64_t entries = 0;         // fetched over the source, not found here
    std::optional<ForkEvidence> fork;  // neither may be kept: nothing of the other branch is
  };
  // Fails with kBadSignature or kInvalidNote for the head itself, kBadTile, kBadRoot, kMissingTile for what the source
  // gives, or the source's own error. Nothing unchecked is kept then.
  [[nodiscard]] Result<Fetched> fetch(const FetchRequest& request, LogSource& source);

  // Publishes the head of this checkpoint, with whatever further signatures it has. For the held head: replaces the
  // checkpoint file. REQUIRES: it is the held head, or fetch() of it said is_new.
  [[nodiscard]] Status publish(std::string_view checkpoint);

 private:
  struct Tiles;
  Mirror(FileSystem& files, LogPlace place, Clock& clock, std::unique_ptr<FileLock> lock);
  [[nodiscard]] std::string name_of(int level, std::uint64_t index, std::uint32_t width) const;
  [[nodiscard]] Status get_tiles(LogSource& source, Tiles& tiles,
                                 std::span<const std::pair<int, std::uint64_t>> wanted);
  [[nodiscard]] Status drop_stale(const Tiles& tiles);
  [[nodiscard]] Status get_entries(LogSource& source, Tiles& tiles, const FetchRequest& request, Fetched& out);
  [[nodiscard]] Result<std::optional<ForkEvidence>> compare(const Head& known, const std::string& known_checkpoint,
                                                            const Head& next, const FetchRequest& request, Tiles& tiles,
                                                            LogSource& source);

  FileSystem* files_;
  LogPlace place_;
  Clock* clock_;
  std::unique_ptr<FileLock> lock_;
  Head head_;
  std::string checkpoint_;  // of head_; empty where nothing is held
  std::set<std::string> known_folders_;
  PartialTiles partials_;
};

}  // namespace truce::record
