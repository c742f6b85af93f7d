// SPDX-License-Identifier: Apache-2.0
//
// Subject: what is checked, a node's folder, a server or a bundle, in the same three questions: check the logs, give a
// blob, tell earlier roots. CheckedLog: what a check of one log gives. One thread asks.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "truce/base/result.h"
#include "truce/cmd/verify/claims.h"
#include "truce/cmd/verify/roster.h"
#include "truce/record/log.h"

namespace truce::verify {

// Most faults of one log that are kept; all are counted.
inline constexpr std::size_t kLogFaultsKeptMax = 100;

struct CheckedLog {
  record::LogPlace place;
  std::string absence;     // why nothing was checked: "not here", "not served here"; empty: it was
  record::Head head;       // as signed; size 0 if the checkpoint itself is bad
  std::string checkpoint;  // the signed note; empty if it could not be read
  std::uint64_t from = 0;  // first statement that was checked; head.size: none, the head alone
  std::uint64_t entries = 0, entry_bytes = 0, hash_tiles = 0;
  std::uint64_t blobs = 0;         // required ones that were checked
  std::uint64_t blobs_absent = 0;  // required, and not in the bundle: no fault there
  std::uint64_t sealed = 0, sealed_absent = 0;
  std::uint64_t unasked = 0;  // tiles in a bundle that the head does not ask for: not looked at
  bool is_whole = true;       // what was checked is what the head signs
  std::vector<Error> faults;
  std::uint64_t fault_count = 0;

  // Of a statement, or of what one asks for: a party may sign what it likes, and the others hold the same.
  void note(Error error) {
    ++fault_count;
    if (faults.size() < kLogFaultsKeptMax) faults.push_back(std::move(error));
  }
  // Of the copy: it is not what the head signs.
  void fault(Error error) {
    is_whole = false;
    note(std::move(error));
  }
  [[nodiscard]] bool is_here() const { return absence.empty(); }
  [[nodiscard]] bool is_good() const { return is_here() && fault_count == 0; }
  // What it says of the record itself counts, as it does at every node.
  [[nodiscard]] bool counts() const { return is_here() && is_whole; }
};

using CheckedLogs = std::map<LogId, CheckedLog>;

class Subject {
 public:
  virtual ~Subject() = default;

  // Checks each log that is here, whose key the roster knows, and that `logs` does not hold yet. Faults of a log stand
  // in it; an error is the subject's own (a folder that cannot be read, a bundle that is cut).
  [[nodiscard]] virtual Status check(const Roster& roster, Claims& claims, CheckedLogs& logs) = 0;
  // kMissingBlob, kBadBlob.
  [[nodiscard]] virtual Result<std::string> blob(const Hash& hash) = 0;
  // The roots of a log that counts at sizes (ascending, distinct, 1 to its head's): nothing where the tiles are not
  // here.
  [[nodiscard]] virtual Result<std::vector<std::optional<Hash>>> roots(const CheckedLog& log,
                                                                       std::span<const std::uint64_t> sizes) = 0;
  // Logs that are here, of which nobody may have stated a key. Known after check().
  [[nodiscard]] virtual std::set<LogId> found() const = 0;
  // Faults outside of logs: a foreign name in logs/, a blob of a bundle.
  std::vector<Error> faults;
};

}  // namespace truce::verify
