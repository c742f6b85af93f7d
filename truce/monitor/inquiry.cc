// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/inquiry.h"

#include <algorithm>
#include <array>

#include "truce/base/id.h"
#include "truce/base/json_fields.h"

namespace truce::monitor {
namespace {

constexpr std::array<std::string_view, 5> kActs = {"open", "visit", "attend", "decline", "close"};

}  // namespace

std::string_view inquiry_act_code(InquiryAct act) {
  return kActs[static_cast<std::size_t>(act)];
}

std::optional<InquiryAct> inquiry_act_from_code(std::string_view code) {
  const auto it = std::ranges::find(kActs, code);
  if (it == kActs.end()) return std::nullopt;
  return static_cast<InquiryAct>(it - kActs.begin());
}

Json InquiryStatement::to_body() const {
  Json j = Json::object({{"act", inquiry_act_code(act)}});
  if (at) j.set("at", at->ms);
  if (!reason.empty()) j.set("reason", reason);
  return j;
}

Result<InquiryStatement> InquiryStatement::from_body(const Json& body) {
  JsonFields f(body, "inquiry");
  InquiryStatement out;
  const auto act = inquiry_act_from_code(f.text("act", 32));
  if (!act) f.fault("act", "is not open, visit, attend, decline or close");
  out.act = act.value_or(InquiryAct::kOpen);
  if (const auto at = f.integer_opt("at", Instant::kMin, Instant::kMax)) out.at = Instant{*at};
  if (f.ok() && out.act == InquiryAct::kVisit && !out.at) f.fault("at", "missing");
  out.reason = f.text_or("reason", "", kReasonBytesMax);
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidStatement));
  return out;
}

Json AskStatement::to_body() const {
  return Json::object({{"by", by.ms}, {"text", text}, {"to", to}});
}

Result<AskStatement> AskStatement::from_body(const Json& body) {
  JsonFields f(body, "ask");
  AskStatement out;
  out.by = Instant{f.integer("by", Instant::kMin, Instant::kMax)};
  out.text = f.text("text", kReasonBytesMax);
  out.to = f.text("to", 32);
  if (f.ok() && !is_id(out.to)) f.fault("to", quoted(out.to) + " is not an id");
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidStatement));
  return out;
}

Json AnswerStatement::to_body() const {
  return Json::object({{"text", text}});
}

Result<AnswerStatement> AnswerStatement::from_body(const Json& body) {
  JsonFields f(body, "answer");
  AnswerStatement out;
  out.text = f.text("text", kReasonBytesMax);
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidStatement));
  return out;
}

}  // namespace truce::monitor
