// SPDX-License-Identifier: Apache-2.0
//
// Inquiries into incidents: one is opened on reports, a visit is planned, each party attends or declines for itself,
// the inquiry is closed; and what one party asks another about reports (docs/format/inquiry.md). Values; pure; any
// thread.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "truce/base/json.h"
#include "truce/base/result.h"
#include "truce/base/time.h"
#include "truce/monitor/position.h"

namespace truce::monitor {

inline constexpr std::string_view kTypeInquiry = "inquiry";
inline constexpr std::string_view kTypeAsk = "ask";
inline constexpr std::string_view kTypeAnswer = "answer";
// Relations: to the statement that opened the inquiry, to the visit, to the question.
inline constexpr std::string_view kOfInquiry = "inquiry";
inline constexpr std::string_view kOfVisit = "visit";
inline constexpr std::string_view kOfAsk = "ask";

enum class InquiryAct : std::uint8_t { kOpen, kVisit, kAttend, kDecline, kClose };
[[nodiscard]] std::string_view inquiry_act_code(InquiryAct act);
[[nodiscard]] std::optional<InquiryAct> inquiry_act_from_code(std::string_view code);

struct InquiryStatement {
  InquiryAct act = InquiryAct::kOpen;
  std::optional<Instant> at;  // of a visit: when it is planned, always there; of others: when it happened
  std::string reason;         // may be empty

  [[nodiscard]] Json to_body() const;
  [[nodiscard]] static Result<InquiryStatement> from_body(const Json& body);
  friend bool operator==(const InquiryStatement&, const InquiryStatement&) = default;
};

// A question about reports to one party, to be answered by a time.
struct AskStatement {
  std::string to;    // party id
  std::string text;  // 1 to kReasonBytesMax bytes
  Instant by;
  [[nodiscard]] Json to_body() const;
  [[nodiscard]] static Result<AskStatement> from_body(const Json& body);
  friend bool operator==(const AskStatement&, const AskStatement&) = default;
};

// What the party that was asked says.
struct AnswerStatement {
  std::string text;
  [[nodiscard]] Json to_body() const;
  [[nodiscard]] static Result<AnswerStatement> from_body(const Json& body);
  friend bool operator==(const AnswerStatement&, const AnswerStatement&) = default;
};

}  // namespace truce::monitor
