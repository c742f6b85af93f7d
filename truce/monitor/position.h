// SPDX-License-Identifier: Apache-2.0
//
// Position: what a party says of an incident, as its own view: that it confirms it, does not, cannot establish it, or
// whom it attributes it to (docs/format/position.md). It refers to reports, never to an incident, so that it outlives
// every regrouping. What the parties' positions make together is a finding (finding.h). A value; pure; any thread.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "truce/base/json.h"
#include "truce/base/result.h"

namespace truce::monitor {

inline constexpr std::string_view kTypePosition = "position";
// Relation of a position, an inquiry that opens and a question to the reports that they are on.
inline constexpr std::string_view kOnReport = "on";
// Most reports of one position: stops a single one from holding every report of a day.
inline constexpr std::size_t kOnReportCountMax = 64;
inline constexpr std::size_t kReasonBytesMax = 2000;

enum class Answer : std::uint8_t { kConfirm, kNotConfirm, kCannotEstablish, kAttribute, kExcludedGroup };
[[nodiscard]] std::string_view answer_code(Answer answer);
[[nodiscard]] std::optional<Answer> answer_from_code(std::string_view code);
// An attribution stands beside the answer: a party has at most one of each on an incident.
[[nodiscard]] constexpr bool is_attribution(Answer answer) {
  return answer == Answer::kAttribute || answer == Answer::kExcludedGroup;
}

struct PositionStatement {
  Answer answer = Answer::kCannotEstablish;
  std::string actor;   // id; with attribute always, with excluded-group where it is known which, else empty
  std::string reason;  // 1 to kReasonBytesMax bytes

  [[nodiscard]] Json to_body() const;
  [[nodiscard]] static Result<PositionStatement> from_body(const Json& body);
  friend bool operator==(const PositionStatement&, const PositionStatement&) = default;
};

}  // namespace truce::monitor
