// SPDX-License-Identifier: Apache-2.0
//
// Changes: corrections and withdrawals, and what they make of the statements they refer to. Rules
// (docs/format/statements.md):
//
//  - only the same party's statement, of the same type, can be corrected; only the same party's statement withdrawn; a
//  withdrawal cannot be
//  - of several corrections that replace the same statement the smallest (party, log, index) counts, the others are
//  superseded
//  - withdrawing a statement withdraws all that replaces it; withdrawing a correction brings back what it replaced
//  - a correction that an import brought in is withdrawn with that import
//  - a withdrawal for the reason source-safety takes the sealed part of a report alone
//  - a reference whose leaf hash is not that of the statement named counts for nothing
//
// Internal to picture. A value; one thread.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/id.h"
#include "truce/base/result.h"
#include "truce/picture/rows.h"

namespace truce::picture {

struct Change {
  StatementId id;
  StatementId target;
  std::string type;  // of the changing statement
  bool withdraws = false;
  std::string reason;  // withdrawal reason code
  std::int64_t recorded_ms = 0;
  bool only_sealed = false;  // of a withdrawal: takes the sealed part alone, so that the statement stands
};

// Of a withdrawal of a report that takes the sealed part alone.
inline constexpr std::string_view kSealedWithdrawn = "sealed-withdrawn";

class Changes {
 public:
  // REQUIRES: the target exists, is of the same party, and the leaf hashes agree (judged by the caller).
  void add(Change change) { by_target_[change.target].push_back(std::move(change)); }
  // The correction's import was withdrawn. There is no row for this: the import's withdrawal is not of one report.
  void withdraw_with_import(const StatementId& correction) { with_import_.insert(correction); }
  [[nodiscard]] bool empty() const { return by_target_.empty(); }
  [[nodiscard]] bool touches(const StatementId& id) const { return by_target_.contains(id); }

  // What became of a statement that was not itself a correction.
  struct Outcome {
    bool withdrawn = false;
    StatementId version;                // the effective version, or the last one before a withdrawal
    std::vector<StatementId> versions;  // from the statement itself to `version`, each replaced by the next
  };
  // Gives the outcome and appends one row for every change below `id` (day and `changed` left to the caller).
  [[nodiscard]] Outcome resolve(const StatementId& id, std::vector<ChangeRow>& rows);

 private:
  std::map<StatementId, std::vector<Change>> by_target_;
  std::set<StatementId> with_import_;
};

}  // namespace truce::picture
