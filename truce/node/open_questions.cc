// SPDX-License-Identifier: Apache-2.0

#include "truce/node/open_questions.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "truce/node/node.h"
#include "truce/picture/briefs.h"
#include "truce/picture/rows.h"

namespace truce::node {
namespace {

// What tables show as proposed: statement -> subject, words.
struct Proposed {
  std::string subject, what;
};

template <typename Row, typename Words>
Status take_proposed(Node& node, std::string_view subject, const Words& words, std::map<StatementId, Proposed>& out) {
  TRUCE_TRY(const auto rows, picture::read_rows<Row>(node.picture()));
  for (const Row& row : rows) {
    if (row.state != "proposed") continue;
    TRUCE_TRY(const StatementId id, StatementId::parse(row.statement));
    out.emplace(id, Proposed{std::string(subject), words(row)});
  }
  return {};
}

std::string days_text(const std::string& first, const std::string& last) {
  return first == last ? first : first + " to " + last;
}

}  // namespace

Result<std::vector<OpenQuestion>> open_questions(Node& node) {
  const mechanism::Mechanism& m = node.mechanism();
  std::map<StatementId, Proposed> proposed;
  TRUCE_CHECK((take_proposed<picture::ZoneRow>(
      node, "zone", [](const picture::ZoneRow& r) { return "map of " + r.zone; }, proposed)));
  TRUCE_CHECK((take_proposed<picture::CalibrationRow>(
      node, "calibration",
      [](const picture::CalibrationRow& r) { return "calibration of " + days_text(r.from_day, r.to_day); }, proposed)));
  TRUCE_CHECK((take_proposed<picture::BriefRow>(
      node, "brief", [](const picture::BriefRow& r) { return "brief of " + days_text(r.first_day, r.last_day); },
      proposed)));
  TRUCE_CHECK((take_proposed<picture::AmendmentRow>(
      node, "amendment",
      [](const picture::AmendmentRow& r) { return "version " + std::to_string(r.version) + " of the mechanism"; },
      proposed)));
  {
    TRUCE_TRY(const auto rows, picture::read_rows<picture::ChangeRow>(node.picture()));
    for (const picture::ChangeRow& r : rows) {
      if (r.what != "ignored" || r.reason != "needs the rule") continue;
      TRUCE_TRY(const StatementId id, StatementId::parse(r.statement));
      proposed.emplace(id, Proposed{"zone", "withdrawal of the map " + r.target});
    }
  }

  std::vector<OpenQuestion> out;
  for (const auto& [id, p] : proposed) {
    mechanism::Question question;
    mechanism::Decision decision;
    if (p.subject == "amendment") {
      // Of those that follow the document in force: others wait for what they follow.
      const auto& all = node.roster().proposals();
      const auto it = std::ranges::find(all, id, &mechanism::Proposal::id);
      if (it == all.end() || it->mechanism.amends != node.roster().chain().links.back().document) continue;
      question = it->question;
      decision = mechanism::decide_amendment(m, *it);
    } else {
      TRUCE_TRY(question, node.roster().question(id));
      decision = mechanism::decide(m, m.rule(p.subject), question, mechanism::deciding_instant(m, question.newest));
    }
    if (decision.outcome != mechanism::Outcome::kOpen) continue;
    const Instant now = mechanism::deciding_instant(m, question.newest);
    OpenQuestion q{p.subject, id, id.log.party, p.what, now, std::move(decision), {}};
    const mechanism::Rule& rule = m.rule(p.subject);
    for (const std::string& party : q.decision.waited_for) {
      const auto received = question.received.find(party);
      if (rule.rule != "silence" || received == question.received.end()) continue;
      // Others' receipts may start the clock later, or may be on their way with an older date: nobody's hours are over
      // before these.
      q.deadlines[party] = mechanism::own_deadline(m, rule, question.asked, received->second);
    }
    out.push_back(std::move(q));
  }
  std::ranges::sort(out, {}, [](const OpenQuestion& q) { return std::tie(q.subject, q.statement); });
  return out;
}

}  // namespace truce::node
