// SPDX-License-Identifier: Apache-2.0
//
// What is heard of parties in their main logs: the newest recorded times that clocks of silence go by
// (mechanism/decision.h). Internal to picture and to the node's roster, which ask the same questions of what each of
// them keeps of the logs.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "truce/base/id.h"
#include "truce/base/result.h"
#include "truce/base/time.h"
#include "truce/mechanism/decision.h"
#include "truce/picture/log_book.h"

namespace truce::picture {

// Newest recorded time of the entries [begin, end) of a log, of those that are of its author and of this mechanism;
// nothing where there is none. What the log does not have is passed over.
using NewestIn =
    std::function<Result<std::optional<Instant>>(const LogId& log, std::uint64_t begin, std::uint64_t end)>;

// Newest recorded time by party, of statements of main logs that count by a book.
using Newest = std::map<std::string, Instant>;

// The first receipt of a party, in the order of its main logs, of a head beyond a statement that is one of this copy.
struct FirstReceipt {
  StatementId id;
  Instant recorded;
};
using FirstReceipts = std::map<std::string, FirstReceipt>;  // by party

[[nodiscard]] Result<Newest> newest_of_mains(const LogBook& book, const NewestIn& newest_in);

// Fills in who received the question, and what is heard of them since and before their first objections.
[[nodiscard]] Status put_heard(const LogBook& book, const FirstReceipts& receipts,
                               const std::map<std::string, StatementId>& objections, const NewestIn& newest_in,
                               mechanism::Question& question);

// Where each log has gone on from one document of the chain to a later one: by the versions that its entries say they
// were made under (envelope, mechanism_version). What stands before that was said under the earlier document.
class MovedOn {
 public:
  // The next entry of a log that counts.
  void take(const StatementId& id, std::int64_t version);
  // What comes behind what this knows of each log.
  void append(const MovedOn& more);
  // Index of the first entry that was made under a later document than `version`; UINT64_MAX: none was.
  [[nodiscard]] std::uint64_t from(const LogId& log, std::int64_t version) const;
  // {"1":17}: version 1 from entry 17 on; read back before what comes behind is taken. kBadDatabase.
  [[nodiscard]] std::string text(const LogId& log) const;
  [[nodiscard]] Status load(const LogId& log, std::string_view text);

 private:
  std::map<LogId, std::map<std::int64_t, std::uint64_t>> first_;  // version -> index, both ascending
};

// Recorded times of one log by runs of its entries, to ask for the newest of a range: the newest time of each run is
// kept, the times within one are asked of the caller.
class TimeRuns {
 public:
  static constexpr std::uint64_t kRunEntries = 256;
  // Times of the entries [begin, end) of one run, Instant::kMin for those that do not count.
  using ReadTimes = std::function<Result<std::vector<std::int64_t>>(std::uint64_t begin, std::uint64_t end)>;

  TimeRuns() = default;
  // As they were kept. REQUIRES: as many runs as `size` entries make.
  TimeRuns(std::uint64_t size, std::vector<std::int64_t> newest_of_runs)
      : size_(size), newest_(std::move(newest_of_runs)) {}

  // The next entry; Instant::kMin: it does not count.
  void append(std::int64_t recorded_ms);
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] const std::vector<std::int64_t>& newest_of_runs() const { return newest_; }
  // Instant::kMin: none counts.
  [[nodiscard]] std::int64_t newest() const;
  [[nodiscard]] Result<std::optional<Instant>> newest_in(std::uint64_t begin, std::uint64_t end,
                                                         const ReadTimes& read) const;

 private:
  std::uint64_t size_ = 0;
  std::vector<std::int64_t> newest_;
};

}  // namespace truce::picture
