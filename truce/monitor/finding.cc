// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/finding.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <tuple>

namespace truce::monitor {
namespace {

constexpr std::array<std::string_view, 4> kOutcomes = {"open", "confirmed", "not-confirmed", "cannot-establish"};

std::string joined(std::span<const std::string> ids) {
  std::string out;
  for (const std::string& id : ids) out += (out.empty() ? "" : ";") + id;
  return out;
}

std::string attribution_text(const PositionStatement& p) {
  std::string out(answer_code(p.answer));
  return p.actor.empty() ? out : out + ':' + p.actor;
}

// One thing that positions can say alike: an answer, or an attribution.
struct Choice {
  std::string text;
  const HeldPosition* first = nullptr;  // earliest
  mechanism::Decision decision;
};

// Decides on every choice of one kind. In order of texts.
std::vector<Choice> decide_on(const mechanism::Mechanism& mechanism, std::span<const HeldPosition> positions,
                              bool attributions, Instant as_of) {
  std::map<std::string, std::string> said;  // party -> text
  std::map<std::string, const HeldPosition*> first;
  for (const HeldPosition& p : positions) {
    if (is_attribution(p.body.answer) != attributions) continue;
    std::string text = attributions ? attribution_text(p.body) : std::string(answer_code(p.body.answer));
    const HeldPosition*& earliest = first[text];
    if (earliest == nullptr || std::tie(p.recorded, p.id) < std::tie(earliest->recorded, earliest->id)) earliest = &p;
    said[p.id.log.party] = std::move(text);
  }
  std::vector<Choice> out;
  for (const auto& [text, position] : first) {
    Choice c{text, position, {}};
    mechanism::Question question = position->question;
    question.voices.clear();
    for (const auto& [party, other] : said)
      question.voices[party] = other == text ? mechanism::Voice::kConsents : mechanism::Voice::kObjects;
    c.decision = mechanism::decide(mechanism, mechanism.rule("finding"), question, as_of);
    out.push_back(std::move(c));
  }
  return out;
}

// The one that is agreed; nullptr for none or several.
const Choice* agreed(const std::vector<Choice>& choices, bool& several) {
  const Choice* out = nullptr;
  for (const Choice& c : choices) {
    if (c.decision.outcome != mechanism::Outcome::kAgreed) continue;
    if (out != nullptr) {
      several = true;
      return nullptr;
    }
    out = &c;
  }
  return out;
}

FindingOutcome outcome_of(std::string_view answer) {
  switch (answer_from_code(answer).value_or(Answer::kCannotEstablish)) {
    case Answer::kConfirm: return FindingOutcome::kConfirmed;
    case Answer::kNotConfirm: return FindingOutcome::kNotConfirmed;
    default: return FindingOutcome::kCannotEstablish;
  }
}

// Deciders who attended no visit of the inquiries; nothing where no visit was planned.
std::optional<std::vector<std::string>> not_at_visits(const mechanism::Mechanism& mechanism,
                                                      const FindingInput& input) {
  bool has_visit = false;
  std::set<std::string> attended;
  for (const HeldInquiry& i : input.inquiries) {
    has_visit = has_visit || i.has_visit;
    if (i.has_visit) attended.insert(i.attended.begin(), i.attended.end());
  }
  if (!has_visit) return std::nullopt;
  std::vector<std::string> out = mechanism.deciders(mechanism.rule("finding"));
  std::erase_if(out, [&](const std::string& party) { return attended.contains(party); });
  return out;
}

std::vector<std::string> missing_steps(const mechanism::Mechanism& mechanism, const FindingInput& input,
                                       bool is_joint) {
  std::vector<std::string> out;
  for (const std::string& step : mechanism.path) {
    if (step == "inquiry" && std::ranges::none_of(input.inquiries, &HeldInquiry::is_closed)) out.push_back(step);
    if (step == "visit") {
      const auto absent = not_at_visits(mechanism, input);
      if (!absent) {
        out.push_back(step);
      } else if (!absent->empty()) {
        out.push_back(step + ':' + joined(*absent));
      }
    }
    if (step == "finding" && !is_joint) out.push_back(step);
    if (step == "sign-off" && !input.is_signed_off) out.push_back(step);
  }
  return out;
}

}  // namespace

std::string_view finding_outcome_code(FindingOutcome outcome) {
  return kOutcomes[static_cast<std::size_t>(outcome)];
}

std::string_view answer_of(FindingOutcome outcome) {
  switch (outcome) {
    case FindingOutcome::kConfirmed: return answer_code(Answer::kConfirm);
    case FindingOutcome::kNotConfirmed: return answer_code(Answer::kNotConfirm);
    default: return answer_code(Answer::kCannotEstablish);
  }
}

Finding finding_of(const mechanism::Mechanism& mechanism, const FindingInput& input, Instant as_of) {
  Finding out;
  std::map<std::string, PartyView> views;
  std::set<std::string> withdrawn(input.taken_from_brief.begin(), input.taken_from_brief.end());
  for (const HeldPosition& p : input.positions) {
    PartyView& view = views[p.id.log.party];
    view.party = p.id.log.party;
    withdrawn.insert(p.withdrawn.begin(), p.withdrawn.end());
    if (is_attribution(p.body.answer)) {
      view.attribution = attribution_text(p.body);
      continue;
    }
    view.answer = answer_code(p.body.answer);
    std::ranges::set_difference(input.members, p.reports, std::back_inserter(view.not_covered));
  }
  for (auto& [party, view] : views) out.parties.push_back(view);

  bool several = false;
  const std::vector<Choice> answers = decide_on(mechanism, input.positions, false, as_of);
  const Choice* joint = agreed(answers, several);
  if (several) out.reason = "several";
  if (!withdrawn.empty()) {
    joint = nullptr;
    out.reason = "withdrawn:" + joined(std::vector<std::string>(withdrawn.begin(), withdrawn.end()));
  }
  const Choice* shown = joint;
  for (const Choice& c : answers) {
    if (joint == nullptr && (shown == nullptr || std::tie(c.first->recorded, c.first->id) <
                                                     std::tie(shown->first->recorded, shown->first->id)))
      shown = &c;
  }
  if (shown != nullptr) {
    out.silent = shown->decision.silent;
    out.not_reached = shown->decision.not_reached;
    out.waited_for = shown->decision.waited_for;
    out.clock_started = shown->decision.clock_started;
    out.deadline = shown->decision.deadline;
    const auto answered = [&](const std::string& party) {
      const auto view = views.find(party);
      return view != views.end() && !view->second.answer.empty();
    };
    const mechanism::Rule& rule = mechanism.rule("finding");
    for (const std::string& party : mechanism.deciders(rule)) {
      if (rule.rule == "silence" && !answered(party) && shown->first->question.received.contains(party))
        out.reached.push_back(party);
    }
  }
  if (joint != nullptr) {
    out.outcome = outcome_of(joint->text);
    for (const PartyView& v : out.parties) {
      if (!v.answer.empty() && v.answer != joint->text) out.dissent.push_back(v.party);
    }
  }
  if (withdrawn.empty()) {
    bool several_attributions = false;
    const auto attributions = decide_on(mechanism, input.positions, true, as_of);
    if (const Choice* a = agreed(attributions, several_attributions)) out.attribution = a->text;
  }
  out.missing = missing_steps(mechanism, input, joint != nullptr);
  out.looks_agreed =
      joint != nullptr && out.missing.empty() && std::ranges::all_of(out.parties, [&](const PartyView& v) {
        return v.not_covered.empty() || !std::ranges::binary_search(joint->decision.consented, v.party);
      });
  return out;
}

std::vector<BulletinLine> bulletin(const mechanism::Mechanism& mechanism, std::span<const Told> incidents) {
  std::vector<std::string> parties;
  for (const mechanism::Party& p : mechanism.parties) {
    if (p.receives()) parties.push_back(p.id);
  }
  std::map<std::pair<std::string, std::string>, BulletinLine> lines;
  for (const Told& t : incidents) {
    const auto records = [&](const std::string& party) {
      return std::ranges::find(t.recorded_by, party) != t.recorded_by.end();
    };
    for (const std::string& party : parties) {
      BulletinLine& line = lines[{t.day, party}];
      line.day = t.day;
      line.party = party;
      for (const std::string& other : parties) {
        if (other != party) line.others.try_emplace(other);
      }
      if (!records(party)) continue;
      ++line.recorded;
      for (auto& [other, count] : line.others) {
        if (records(other)) ++count.recorded;
        const auto answer = t.answers.find(other);
        if (answer == t.answers.end() || answer->second.empty()) continue;
        ++count.answered;
        if (answer->second == answer_code(Answer::kConfirm)) ++count.confirmed;
        if (answer->second == answer_code(Answer::kNotConfirm)) ++count.not_confirmed;
      }
    }
  }
  std::vector<BulletinLine> out;
  for (auto& [key, line] : lines) out.push_back(std::move(line));
  return out;
}

Json to_json(const BulletinLine& line) {
  Json others = Json::array();
  for (const auto& [party, c] : line.others) {
    others.push_back(Json::object({{"party", party},
                                   {"answered", c.answered},
                                   {"confirmed", c.confirmed},
                                   {"not_confirmed", c.not_confirmed},
                                   {"recorded", c.recorded}}));
  }
  Json j = Json::object({{"party", line.party}, {"recorded", line.recorded}, {"others", std::move(others)}});
  if (!line.day.empty()) j.set("day", line.day);
  return j;
}

}  // namespace truce::monitor
