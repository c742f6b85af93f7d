// SPDX-License-Identifier: Apache-2.0
//
// Report: a whole verification and how it is told, to people line by line or as one JSON object. Text that came from
// others is escaped: what reaches a terminal is printable ASCII.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/json.h"
#include "truce/cmd/verify/judge.h"
#include "truce/cmd/verify/subject.h"

namespace truce::verify {

// Bytes other than printable ASCII as \xNN.
[[nodiscard]] std::string escaped(std::string_view text);

struct Report {
  std::string mechanism_name;
  Hash mechanism;            // id
  std::int64_t version = 0;  // of the document in force
  Hash document;             // its SHA-256
  CheckedLogs logs;
  Judgement judgement;
  std::vector<Error> faults;  // of the whole: a folder that cannot be read

  // All that was counted, kept or not.
  [[nodiscard]] std::uint64_t fault_count() const;
  [[nodiscard]] bool is_verified() const { return fault_count() == 0; }

  // The mechanism, one line a log, faults, notes, and the verdict as the last line.
  [[nodiscard]] std::string to_text() const;
  [[nodiscard]] Json to_json() const;
};

struct VerifyOptions {
  std::uint64_t cosigners_min = 0;
  Instant now;
};

// Checks everything that the subject holds. `founding`: the bytes of mechanism.json. Never fails: what stands in the
// way is a fault of the report.
[[nodiscard]] Report verify(Subject& subject, std::string_view founding, const VerifyOptions& options);

// Evidence alone: the body of an evidence statement, canonical JSON, a line end behind it allowed.
[[nodiscard]] Result<std::string> verify_evidence(std::string_view body, std::string_view founding);

}  // namespace truce::verify
