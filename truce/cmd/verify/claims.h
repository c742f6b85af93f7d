// SPDX-License-Identifier: Apache-2.0
//
// Claims: what the statements of all main logs say about the record itself: receipts, openings and closings of logs,
// amendments, voices on them, evidence (docs/format/record-statements.md). They are collected while the logs are
// checked and judged afterwards (judge.h).
//
// It does NOT check that an entry belongs to its log: whoever calls take() does, before or after. take() may be called
// by several threads; the members are read when all have ended. Memory is bounded by the two limits below.

#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/id.h"
#include "truce/base/time.h"
#include "truce/record/entry_scan.h"
#include "truce/record/envelope.h"
#include "truce/record/evidence.h"
#include "truce/record/statements.h"

namespace truce::verify {

// Most heads of receipts that are kept, about 70 bytes each: stops logs of nothing but receipts from filling memory.
inline constexpr std::size_t kReceivedHeadsMax = 4'000'000;
// Most other statements of the record that are kept, and most bytes of their entries.
inline constexpr std::size_t kOtherClaimsMax = 200'000;
inline constexpr std::size_t kOtherClaimBytesMax = 64 << 20;

// 1 for main, n for main-n: the logs in which statements of the record count; 0 for others.
[[nodiscard]] std::uint64_t main_number(std::string_view log);

// One head of one receipt.
struct ReceivedHead {
  std::uint64_t size = 0;
  Hash root;
  std::uint32_t receiver = 0;  // its main log: index into Claims::receivers
  std::uint64_t index = 0;     // of the receipt in that log
  Instant recorded;            // of the receipt
};

struct AmendmentClaim {
  record::Amendment amendment;
  Hash leaf;
  Instant recorded;
};

struct VoiceClaim {
  StatementRef about;
  Instant recorded;
  bool consents = false;
  record::Amendment amendment;
};

// Recorded times of entries that take() was given at once, about two bytes each.
class Run {
 public:
  explicit Run(std::uint64_t first) : first_(first) {}
  // The next entry's; Instant::kMin: it counts for nothing.
  void append(Instant recorded);
  // Newest of the entries [begin, end) of the log, of those that are of this run; Instant::kMin: none.
  [[nodiscard]] Instant newest_in(std::uint64_t begin, std::uint64_t end) const;

 private:
  std::uint64_t first_ = 0, count_ = 0;
  std::int64_t last_ms_ = 0;  // that was appended and counts
  Instant newest_{Instant::kMin};
  std::string times_;  // each as its difference from the last one that counts
};

class Claims {
 public:
  // `mechanism`: the founding document's id. An entry of another mechanism or author counts for nothing, nor does one
  // that changes another statement: the same as in the fold of a picture.
  explicit Claims(const Hash& mechanism);

  // Looks at entries of `log` from index `first` on; `scans`: what scan_entry() says of each, with an empty author
  // where it cannot tell. What stands in no main log is not of the record.
  void take(const LogId& log, std::uint64_t first, std::span<const std::string_view> entries,
            std::span<const record::EntryScan> scans);

  // Forgets what was taken of a log.
  void drop(const LogId& log);

  // To be read only after the last take().
  std::vector<LogId> receivers;
  std::map<LogId, std::vector<ReceivedHead>> received;  // by the log that was received
  std::set<StatementId> void_receipts;                  // that name a log of their own party: they count for nothing
  std::map<StatementId, record::LogOpen> openings;
  std::map<StatementId, record::LogClose> closings;
  std::map<StatementId, AmendmentClaim> amendments;
  std::map<StatementId, VoiceClaim> voices;  // on amendments
  std::map<StatementId, record::ForkEvidence> evidence;
  std::map<LogId, std::vector<Run>> runs;       // of main logs, in any order
  std::map<StatementId, std::string> unformed;  // what is of a type of the record and not of its form
  bool is_complete = true;                      // no limit was met

  // Where a main log that closes itself ends: behind its log-close. Nothing for others.
  [[nodiscard]] std::optional<std::uint64_t> own_end(const LogId& log) const;
  // Newest recorded time of the entries [begin, end) of a main log; Instant::kMin: of none that counts.
  [[nodiscard]] Instant newest_in(const LogId& log, std::uint64_t begin, std::uint64_t end) const;
  [[nodiscard]] StatementId id_of(const ReceivedHead& head) const { return {receivers[head.receiver], head.index}; }

 private:
  void take_one(const StatementId& id, const record::Envelope& envelope, std::string_view entry);

  const std::string mechanism_;  // hex
  const Hash mechanism_id_;
  std::mutex mutex_;
  std::size_t received_count_ = 0, other_count_ = 0, other_bytes_ = 0;
};

}  // namespace truce::verify
