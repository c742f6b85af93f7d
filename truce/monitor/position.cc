// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/position.h"

#include <algorithm>
#include <array>

#include "truce/base/id.h"
#include "truce/base/json_fields.h"

namespace truce::monitor {
namespace {

constexpr std::array<std::string_view, 5> kAnswers = {"confirm", "not-confirm", "cannot-establish", "attribute",
                                                      "excluded-group"};

}  // namespace

std::string_view answer_code(Answer answer) {
  return kAnswers[static_cast<std::size_t>(answer)];
}

std::optional<Answer> answer_from_code(std::string_view code) {
  const auto it = std::ranges::find(kAnswers, code);
  if (it == kAnswers.end()) return std::nullopt;
  return static_cast<Answer>(it - kAnswers.begin());
}

Json PositionStatement::to_body() const {
  Json j = Json::object({{"answer", answer_code(answer)}, {"reason", reason}});
  if (!actor.empty()) j.set("actor", actor);
  return j;
}

Result<PositionStatement> PositionStatement::from_body(const Json& body) {
  JsonFields f(body, "position");
  PositionStatement p;
  const auto answer = answer_from_code(f.text("answer", 32));
  if (!answer) f.fault("answer", "is not confirm, not-confirm, cannot-establish, attribute or excluded-group");
  p.answer = answer.value_or(Answer::kCannotEstablish);
  p.actor = f.text_or("actor", "", 32);
  if (!p.actor.empty() && !is_id(p.actor)) f.fault("actor", quoted(p.actor) + " is not an id");
  if (!p.actor.empty() && !is_attribution(p.answer))
    f.fault("actor", "stands beside an answer that attributes nothing");
  if (f.ok() && p.actor.empty() && p.answer == Answer::kAttribute) f.fault("actor", "missing");
  p.reason = f.text("reason", kReasonBytesMax);
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidStatement));
  return p;
}

}  // namespace truce::monitor
