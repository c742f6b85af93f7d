// SPDX-License-Identifier: Apache-2.0
//
// truce findings: what the parties' positions are together by the declared rule, what is missing, and until when
// silence may still be broken.

#include "truce/cmd/truce/findings.h"

#include <fmt/format.h>

#include <algorithm>

#include "truce/base/encoding.h"
#include "truce/cmd/truce/brief_command.h"
#include "truce/cmd/truce/rows.h"
#include "truce/mechanism/decision.h"

namespace truce::cmd {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;

struct FindingsOptions {
  std::string day, as_of;
  bool open = false, json = false;
};

std::string spaced(const std::string& list) {
  std::string out;
  for (const char c : list) out += c == ';' ? std::string(", ") : std::string(1, c);
  return out;
}

// "13 h 20 min".
std::string hours_text(std::int64_t ms) {
  const std::int64_t minutes = ms / kMinuteMs;
  return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
}

// Who of a list joined by ';' is not in another.
std::string without(const std::string& list, const std::string& other) {
  const std::string in = ';' + other + ';';
  std::string out;
  for (std::size_t begin = 0; begin < list.size();) {
    const std::size_t end = std::min(list.find(';', begin), list.size());
    const std::string id = list.substr(begin, end - begin);
    if (in.find(';' + id + ';') == std::string::npos) out += (out.empty() ? "" : ", ") + id;
    begin = end + 1;
  }
  return out;
}

// The clock of silence on an open question. REQUIRES: silence decides.
void print_clock(const mechanism::Mechanism& m, const picture::FindingRow& r, Instant as_of) {
  if (!r.clock_started_ms || !r.deadline_ms) {
    print_line("    silence: the clock has not started; too few have received the question");
  } else {
    const Instant from{*r.clock_started_ms}, end{*r.deadline_ms};
    const auto all = mechanism::clock_span(m, from, end);
    std::string line = "    silence: the clock began " + to_string(from) + " and ends " + to_string(end);
    line += as_of > end ? (r.waited_for.empty() ? "; it has run out" : "; it has run out, but not for all")
                        : "; " + hours_text(mechanism::clock_span(m, std::max(as_of, from), end).counted_ms) +
                              " left as of " + to_string(as_of);
    if (all.rest_days != 0) line += fmt::format(", {} day(s) of rest not counted", all.rest_days);
    print_line(line);
  }
  if (!r.reached.empty()) print_line("    received the question: " + spaced(r.reached));
  if (r.deadline_ms && as_of > Instant{*r.deadline_ms} && !r.waited_for.empty())
    print_line("    received it later, and has its hours from there: " + spaced(r.waited_for));
  const std::string waiting = without(r.waited_for, r.reached);
  if (!waiting.empty()) print_line("    not reached yet: " + waiting + " (who was not reached has never consented)");
}

void print_parties(const Json& parties) {
  for (const Json& p : parties.as_array()) {
    const auto text = [&](const char* key) {
      const Json* j = p.find(key);
      return j != nullptr && j->is_string() ? j->as_string() : std::string();
    };
    std::string line = "    " + text("party") + ": " + (text("answer").empty() ? "no answer" : text("answer"));
    if (!text("attribution").empty()) line += ", " + text("attribution");
    if (const Json* not_covered = p.find("not_covered"); not_covered != nullptr && !not_covered->as_array().empty())
      line += "; " + std::to_string(not_covered->as_array().size()) + " report(s) joined later and are not covered";
    print_line(line);
  }
}

// What was said around incidents, by the same tables as the findings.
struct Around {
  std::vector<picture::PositionRow> positions;
  std::vector<picture::InquiryRow> inquiries;
  std::vector<picture::AskRow> questions;
};

Result<Around> around_of(picture::TableReader& tables) {
  Around out;
  TRUCE_TRY(out.positions, picture::read_rows<picture::PositionRow>(tables));
  TRUCE_TRY(out.inquiries, picture::read_rows<picture::InquiryRow>(tables));
  TRUCE_TRY(out.questions, picture::read_rows<picture::AskRow>(tables));
  return out;
}

// Reasons of the positions that hold, and inquiries with their visits and who attends.
void print_around(const Around& around, const std::string& incident) {
  for (const picture::PositionRow& p : around.positions) {
    if (p.incident != incident || p.state != "current" || p.reason.empty()) continue;
    print_line("    reason of " + p.party + " (" + p.statement + "): " + p.reason);
  }
  for (const picture::InquiryRow& i : around.inquiries) {
    if (i.incident != incident || i.act != "open") continue;
    print_line("    inquiry " + i.statement + " by " + i.party + (i.state == "effective" ? "" : ", " + i.state) +
               (i.reason.empty() ? "" : ": " + i.reason));
    for (const picture::InquiryRow& act : around.inquiries) {
      if (act.inquiry != i.statement || act.statement == i.statement) continue;
      print_line("      " + act.act + " " + act.statement + " by " + act.party +
                 (act.at_ms ? ", at " + to_string(Instant{*act.at_ms}) : "") +
                 (act.visit.empty() || act.visit == act.statement ? "" : ", visit " + act.visit) +
                 (act.state == "effective" ? "" : ", " + act.state) + (act.reason.empty() ? "" : ": " + act.reason));
    }
  }
}

void print_questions(const Around& around, const std::string& me) {
  for (const picture::AskRow& q : around.questions) {
    print_line("question " + q.statement + "  " + q.party + " asks " + q.to + (q.to == me ? " (this party)" : "") +
               " on " + (q.incident.empty() ? "what is not here yet" : q.incident) + ", by " +
               to_string(Instant{q.by_ms}) + ", " + q.state + ": " + q.text);
    if (!q.answer.empty()) print_line("    " + q.answer + " answers: " + q.answer_text);
    if (q.state == "open" && q.to == me) print_line("    answer with: truce answer " + q.statement + " --text ...");
  }
}

Status print_finding(const mechanism::Mechanism& m, const picture::FindingRow& r, Instant as_of, const Around& around) {
  print_line(r.day + "  " + r.incident + "  " + (r.outcome == "open" ? "open" : "joint finding: " + r.outcome) +
             (r.reason.empty() ? "" : " (" + r.reason + ")") +
             (r.attribution.empty() ? "" : "; attributed jointly: " + r.attribution));
  TRUCE_TRY(const auto reopened, reopened_lines(r));
  for (const std::string& line : reopened) print_line("    " + line);
  TRUCE_TRY(const Json parties, Json::parse_canonical(r.parties.empty() ? "[]" : r.parties));
  print_parties(parties);
  print_around(around, r.incident);
  if (!r.dissent.empty()) print_line("    dissent: " + spaced(r.dissent));
  if (!r.silent.empty()) print_line("    consent by silence: " + spaced(r.silent));
  if (!r.not_reached.empty())
    print_line("    not reached: " + spaced(r.not_reached) + " (who was not reached has never consented)");
  if (r.outcome == "open" && !parties.as_array().empty() && m.rule("finding").rule == "silence")
    print_clock(m, r, as_of);
  if (!r.missing.empty()) print_line("    steps missing: " + r.missing);
  print_line(r.looks_agreed != 0 ? "    agreed" : "    not agreed");
  return {};
}

// Findings as the clocks stand, at the cut's own time or at another.
Result<std::vector<picture::FindingRow>> findings_of(node::Node& node, const FindingsOptions& o, Instant& as_of,
                                                     Around& around) {
  if (o.as_of.empty()) {
    node::Node::PictureOptions options;
    options.progress = progress_bar();
    TRUCE_TRY(const auto facts, node.update_picture(options));
    as_of = facts.as_of;
    if (!o.json) {
      TRUCE_TRY(around, around_of(node.picture()));
    }
    return picture::read_rows<picture::FindingRow>(node.picture(), o.day, o.day);
  }
  TRUCE_TRY(as_of, parse_time_argument(o.as_of, node.mechanism(), "--as-of"));
  TRUCE_TRY(const picture::Cut cut, node.cut());
  picture::MemoryTables tables;
  TRUCE_CHECK(fold_cut(node, cut, as_of, tables).map([](const auto&) {}));
  if (!o.json) {
    TRUCE_TRY(around, around_of(tables));
  }
  return picture::read_rows<picture::FindingRow>(tables, o.day, o.day);
}

Result<int> findings(const Context& context, const FindingsOptions& o) {
  if (!o.day.empty()) TRUCE_CHECK(parse_date_argument(o.day, "--day").map([](Date) {}));
  TRUCE_TRY(const auto node, context.open_node());
  Instant as_of;
  Around around;
  TRUCE_TRY(auto rows, findings_of(*node, o, as_of, around));
  if (o.open) std::erase_if(rows, [](const picture::FindingRow& r) { return r.looks_agreed != 0; });
  if (o.json) {
    TRUCE_TRY(Json list, structured_rows(rows, {"dissent", "silent", "not_reached", "reached", "waited_for"},
                                         {"parties", "reopened"}));
    print_json(list);
    return kOk;
  }
  if (node->mechanism().exercise) print_line("EXERCISE");
  for (const picture::FindingRow& r : rows) TRUCE_CHECK(print_finding(node->mechanism(), r, as_of, around));
  print_questions(around, node->me());
  print_line(std::to_string(rows.size()) + " finding(s) as of " + to_string(as_of));
  return kOk;
}

}  // namespace

Result<std::vector<std::string>> reopened_lines(const picture::FindingRow& finding) {
  std::vector<std::string> out;
  TRUCE_TRY(const Json list, Json::parse_canonical(finding.reopened.empty() ? "[]" : finding.reopened));
  for (const Json& j : list.as_array()) {
    const Json::Array& r = j.as_array();
    if (r.size() != 6) return fail(ErrorCode::kBadDatabase, "not how a finding was reopened", finding.incident);
    std::string line = "reopened: report " + r[0].as_string() + " withdrawn by " + r[1].as_string() + " on " +
                       to_string(Instant{r[3].as_integer()}) + " (" + r[2].as_string() + ')';
    if (!r[4].as_string().empty()) line += ", seconded by " + r[4].as_string();
    line += r[5].as_string() == "brief" ? "; it stands in a signed brief" : "; it stands under a position";
    out.push_back(std::move(line));
  }
  return out;
}

void add_questions(CLI::App& app, Context& context) {
  auto json = std::make_shared<bool>(false);
  CLI::App* c = app.add_subcommand("questions", "what parties ask each other about incidents, and the answers");
  c->add_flag("--json", *json, "print for programs");
  c->footer("Ask with: truce ask INCIDENT --to PARTY --by T --text ...");
  c->callback([=, &context] {
    context.run = guarded([=, &context]() -> Result<int> {
      TRUCE_TRY(const auto node, context.open_picture());
      TRUCE_TRY(const Around around, around_of(node->picture()));
      if (*json) {
        print_json(rows_json(around.questions));
        return kOk;
      }
      if (node->mechanism().exercise) print_line("EXERCISE");
      print_questions(around, node->me());
      if (around.questions.empty()) print_line("nobody has asked anything");
      return kOk;
    });
  });
}

void add_findings(CLI::App& app, Context& context) {
  auto o = std::make_shared<FindingsOptions>();
  CLI::App* c =
      app.add_subcommand("findings", "joint findings by the declared rule, each party's position, and what is missing");
  c->add_option("--day", o->day, "of one day: 2026-11-20");
  c->add_flag("--open", o->open, "only those that do not look agreed");
  c->add_option("--as-of", o->as_of, "with the clocks of silence as they stand at this time (default: the cut's own)");
  c->add_flag("--json", o->json, "print for programs");
  c->footer("Example: truce findings --open --as-of 2026-11-21T18:00:00+03:00");
  c->callback([o, &context] { context.run = guarded([o, &context] { return findings(context, *o); }); });
}

}  // namespace truce::cmd
