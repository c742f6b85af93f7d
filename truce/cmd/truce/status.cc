// SPDX-License-Identifier: Apache-2.0
//
// truce status: parties, their logs and heads, and the picture.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "truce/base/counted.h"
#include "truce/cmd/truce/command.h"
#include "truce/node/open_questions.h"
#include "truce/picture/learning.h"
#include "truce/record/cosignature.h"
#include "truce/record/note.h"

namespace truce::cmd {
namespace {

// Up to so many reports of the days that it would learn from, what a calibration would change is found out at once: a
// tenth of a second. Whoever asks for the status waits for nothing longer.
constexpr std::int64_t kWhatIfReportsMax = 1'000;

// What stands beside a log: who holds it and who vouches for it.
struct LogStanding {
  std::uint64_t settled = 0;
  std::optional<std::uint64_t> frozen_at;  // two versions exist: so far it counts
  bool is_settled = false;                 // everything in it that asks for it
  Json received = Json::object();          // party -> size
  Json cosigned = Json::array();           // parties whose cosignature is on this very head
};

Result<LogStanding> standing_of(const node::Node& node, record::LogReader& reader,
                                const std::vector<record::Cosigner>& cosigners, Instant now) {
  LogStanding out;
  const LogId& log = reader.head().log;
  TRUCE_TRY(out.settled, node.roster().settled(log));
  TRUCE_TRY(out.frozen_at, node.roster().frozen_at(log));
  if (out.frozen_at) out.settled = *out.frozen_at;
  out.is_settled = out.settled >= node.roster().counting_size(log);
  for (const mechanism::Party& p : node.mechanism().parties) {
    const auto received = node.roster().received(p.id, log);
    if (received && p.id != log.party) out.received.set(p.id, static_cast<std::int64_t>(received->size));
  }
  TRUCE_TRY(const std::string bytes,
            node.world().files->read(reader.place().folder + "/checkpoint", record::kNoteBytesMax));
  TRUCE_TRY(const record::SignedNote note, record::SignedNote::parse(bytes));
  for (const record::Cosigner& c : cosigners) {
    if (record::cosigned_at(note, c, now)) out.cosigned.push_back(c.name.substr(c.name.rfind('/') + 1));
  }
  return out;
}

// Reports of the days that a calibration would learn from, counted in slabs.
Result<std::int64_t> reports_to_learn_from(node::Node& node, const picture::CalibrationDue& due) {
  TRUCE_TRY(const auto slabs, picture::read_rows<picture::SlabRow>(node.picture()));
  std::int64_t out = 0;
  for (const picture::SlabRow& s : slabs) {
    if (s.last_day >= due.from) out += s.reports;
  }
  return out;
}

// "3 h ago", for people.
std::string age_words(std::int64_t ms) {
  if (ms < 0) return "clock ahead by " + std::to_string(-ms / 60'000) + " min";
  if (ms < 120'000) return std::to_string(ms / 1000) + " s ago";
  if (ms < 7'200'000) return std::to_string(ms / 60'000) + " min ago";
  if (ms < 172'800'000) return std::to_string(ms / 3'600'000) + " h ago";
  return std::to_string(ms / 86'400'000) + " days ago";
}

Json ids_json(const std::vector<std::string>& ids) {
  Json out = Json::array();
  for (const std::string& id : ids) out.push_back(id);
  return out;
}

Json question_json(const node::OpenQuestion& q) {
  Json deadlines = Json::object();
  for (const auto& [party, at] : q.deadlines) deadlines.set(party, to_string(at));
  const mechanism::Decision& d = q.decision;
  Json out = Json::object({{"subject", q.subject},
                           {"statement", q.statement.to_string()},
                           {"party", q.author},
                           {"what", q.what},
                           {"consented", ids_json(d.consented)},
                           {"silent", ids_json(d.silent)},
                           {"objected", ids_json(d.objected)},
                           {"too_late", ids_json(d.too_late)},
                           {"waited_for", ids_json(d.waited_for)},
                           {"not_reached", ids_json(d.not_reached)},
                           {"deadlines", std::move(deadlines)}});
  if (d.clock_started) out.set("clock_started", to_string(*d.clock_started));
  return out;
}

// What waits for whose word, and until when silence is no consent yet.
void print_question(const node::OpenQuestion& q, const mechanism::Mechanism& m, const std::string& me) {
  const mechanism::Decision& d = q.decision;
  print_line("open       " + q.what + ", proposed by " + q.author + " (" + q.statement.to_string() + ")");
  const auto list = [&](std::string_view words, const std::vector<std::string>& ids) {
    if (!ids.empty()) print_line(fmt::format("             {} {}", words, fmt::join(ids, ", ")));
  };
  list("consented:", d.consented);
  list("consented by silence:", d.silent);
  list("objected:", d.objected);
  list("objected too late:", d.too_late);
  const bool by_silence = m.rule(q.subject).rule == "silence";
  for (const std::string& party : d.waited_for) {
    if (std::ranges::find(d.too_late, party) != d.too_late.end()) continue;
    std::string line = "             waits for " + party + (party == me ? " (this node)" : "");
    const auto deadline = q.deadlines.find(party);
    if (deadline != q.deadlines.end()) {
      const auto left = mechanism::clock_span(m, q.now, deadline->second);
      const std::int64_t minutes = left.counted_ms / 60'000;
      line += fmt::format(": to object, speak by {}, {} h {:02} min from what the record's clocks say",
                          to_string(deadline->second), minutes / 60, minutes % 60);
      if (left.rest_days != 0) line += fmt::format(", {} day(s) of rest not counted", left.rest_days);
    } else if (by_silence) {
      line += ": has stated no receipt of it, so that its silence says nothing";
    }
    print_line(line);
  }
  list("not reached, so that silence says nothing:", d.not_reached);
}

Result<int> run(const Context& context, bool json, bool cut_only) {
  node::Node::PictureFacts facts;
  if (cut_only) {
    TRUCE_TRY(const auto quick, context.open_node());
    TRUCE_TRY(const picture::Cut cut, quick->cut());
    print_line(cut.to_json().to_canonical());
    return kOk;
  }
  TRUCE_TRY(const auto node, context.open_picture(&facts));
  const mechanism::Mechanism& m = node->mechanism();
  TRUCE_TRY(const auto logs, node->logs());
  TRUCE_TRY(const auto alarms, node->alarms());
  const std::map<LogId, Error> damaged = node->damaged();
  TRUCE_TRY(const auto questions, node::open_questions(*node));
  const bool problem = !std::ranges::all_of(alarms, &node::Alarm::is_over);
  const Instant now = node->world().clock->now();
  const std::vector<record::Cosigner> cosigners = node->roster().cosigners();
  Json parties = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const mechanism::Party& p : m.parties) {
    Json list = Json::array();
    bool is_here = false;
    const std::string role = std::string(mechanism::role_name(p.role)) + (p.left ? ", has left" : "");
    for (const LogId& id : logs) {
      if (id.party != p.id) continue;
      is_here = true;
      const auto damage = damaged.find(id);
      if (damage != damaged.end()) {
        rows.push_back({p.id, p.name, role, id.log, "-", "damaged", "-", "-"});
        list.push_back(Json::object({{"log", id.log}, {"damaged", damage->second.to_string()}}));
        continue;
      }
      TRUCE_TRY(auto reader, node->reader(id));
      const record::Head& head = reader.head();
      TRUCE_TRY(const LogStanding standing, standing_of(*node, reader, cosigners, now));
      Json entry = Json::object({{"log", id.log},
                                 {"log_key", reader.place().verifier_key()},
                                 {"size", static_cast<std::int64_t>(head.size)},
                                 {"root", head.root.base64url()},
                                 {"settled", static_cast<std::int64_t>(standing.settled)},
                                 {"frozen", standing.frozen_at.has_value()},
                                 {"is_settled", standing.is_settled},
                                 {"received", standing.received},
                                 {"cosigned", standing.cosigned}});
      std::string heard = "-";
      if (head.size > 0) {
        TRUCE_TRY(const auto last, node->envelope(StatementId{id, head.size - 1}));
        entry.set("head_time", to_string(last.recorded));
        heard = age_words(now.ms - last.recorded.ms);
      }
      std::string others;
      for (const Json& j : standing.cosigned.as_array()) others += (others.empty() ? "" : " ") + j.as_string();
      rows.push_back({p.id, p.name, role, id.log, std::to_string(head.size),
                      standing.frozen_at    ? "frozen at " + std::to_string(*standing.frozen_at)
                      : standing.is_settled ? "yes"
                                            : std::to_string(standing.settled),
                      others.empty() ? "-" : others, heard});
      list.push_back(std::move(entry));
    }
    if (!is_here) rows.push_back({p.id, p.name, role, "-", "0", "-", "-", "never"});
    parties.push_back(
        Json::object({{"id", p.id},
                      {"name", p.name},
                      {"role", mechanism::role_name(p.role)},
                      {"left", p.left},
                      {"me", p.id == node->me()},
                      {"cosign_key", record::Cosigner::of(node->mechanism_id(), p.id, p.keys.cosign).verifier_key()},
                      {"logs", std::move(list)}}));
  }
  TRUCE_TRY(const picture::CalibrationDue due, picture::calibration_due(node->picture()));
  std::optional<picture::WhatIf> change;
  TRUCE_TRY(const std::int64_t to_learn_from, reports_to_learn_from(*node, due));
  if (due.is_due && to_learn_from <= kWhatIfReportsMax) {
    TRUCE_TRY(const Date from, Date::parse(due.from));
    TRUCE_TRY(const Date to, Date::parse(due.to));
    const auto source = node->source();
    TRUCE_TRY(const auto learned, picture::learn(m, node->picture(), *source, from, to, {}));
    if (learned.is_enough()) {
      TRUCE_TRY(change, picture::what_if(m, node->picture(), *source, from, to, learned.model));
    }
  }
  if (json) {
    Json calibration =
        Json::object({{"in_force", due.in_force}, {"due", due.is_due}, {"new_reports", due.new_reports}});
    if (change) {
      calibration.set("would_move", Json(change->moved));
      calibration.set("incidents_now", Json(change->incidents_now));
      calibration.set("incidents_then", Json(change->incidents_then));
    }
    Json question_list = Json::array();
    for (const node::OpenQuestion& q : questions) question_list.push_back(question_json(q));
    Json alarm_list = Json::array();
    for (const node::Alarm& a : alarms)
      alarm_list.push_back(
          Json::object({{"kind", a.kind}, {"over", a.is_over}, {"party", a.party}, {"words", a.words}}));
    print_json(Json::object({
        {"alarms", std::move(alarm_list)},
        {"calibration", std::move(calibration)},
        {"mechanism",
         Json::object(
             {{"id", node->mechanism_id().hex()}, {"name", m.name}, {"kind", m.exercise ? "exercise" : "actual"}})},
        {"me", node->me()},
        {"locked", node->is_locked()},
        {"parties", std::move(parties)},
        {"questions", std::move(question_list)},
        {"picture", Json::object({{"cut", facts.cut.to_json()},
                                  {"as_of", to_string(facts.as_of)},
                                  {"rules_version", facts.cut.rules_version},
                                  {"digest", facts.digest.hex()}})},
    }));
    return problem ? kProblem : kOk;
  }
  if (m.exercise) print_line("EXERCISE");
  print_line("mechanism  " + m.name + "  " + node->mechanism_id().hex());
  const std::string& desk = node->settings().desk;
  print_line("this node  " + node->me() + (desk.empty() ? "" : ", desk " + desk) +
             (node->is_locked() ? "  (locked: reads and briefs, appends nothing)" : ""));
  if (!desk.empty() && !node->roster().logs().contains(node->own_log())) {
    print_line("           what it states counts once " + node->me() +
               "'s main log has opened it (truce desk add, there) and its bundle is here (truce bundle import)");
  }
  print_line("");
  print_table({"party", "name", "role", "log", "statements", "settled", "head cosigned by", "heard"}, rows);
  for (const node::Alarm& a : alarms) print_line((a.is_over ? "settled    " : "ALARM      ") + a.words);
  for (const node::OpenQuestion& q : questions) print_question(q, m, node->me());
  print_line("");
  print_line("picture    " + counted(facts.cut.statements(), "statement") + ", as of " + to_string(facts.as_of) +
             ", rules version " + std::to_string(facts.cut.rules_version));
  print_line("digest     " + facts.digest.hex());
  std::string line = due.in_force.empty() ? std::string("none: the neutral priors hold")
                                          : due.in_force + ", days to " + due.in_force_to;
  if (due.is_due) {
    line += "; due: " + std::to_string(due.new_reports) + " reports" + (due.in_force.empty() ? "" : " since");
    line += change ? ", of which " + std::to_string(change->moved) + " would move (incidents " +
                         std::to_string(change->incidents_now) + " now, " + std::to_string(change->incidents_then) +
                         " then): truce calibrate"
                   : "; truce calibrate --what-if says what it would change";
  }
  print_line("calibrated " + line);
  return problem ? kProblem : kOk;
}

}  // namespace

void add_status(CLI::App& app, Context& context) {
  auto json = std::make_shared<bool>(false);
  auto cut = std::make_shared<bool>(false);
  CLI::App* c =
      app.add_subcommand("status", "parties, who holds and vouches for their logs, alarms, and the picture's digest");
  c->add_flag("--json", *json, "print for programs");
  c->add_flag("--cut", *cut, "print only the cut of what is here: for bundle export --since");
  c->footer("Example: truce status --json");
  c->callback([=, &context] { context.run = guarded([=, &context] { return run(context, *json, *cut); }); });
}

}  // namespace truce::cmd
