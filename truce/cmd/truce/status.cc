// SPDX-License-Identifier: Apache-2.0
//
// truce status: parties, their logs and heads, and the picture.

#include "truce/cmd/truce/command.h"
#include "truce/picture/learning.h"

namespace truce::cmd {
namespace {

// Up to so many reports what a calibration would change is found out at once.
constexpr std::int64_t kWhatIfReportsMax = 3'000;

Result<int> run(const Context& context, bool json) {
  node::Node::PictureFacts facts;
  TRUCE_TRY(const auto node, context.open_picture(&facts));
  const mechanism::Mechanism& m = node->mechanism();
  TRUCE_TRY(const auto logs, node->logs());
  Json parties = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const mechanism::Party& p : m.parties) {
    Json list = Json::array();
    for (const LogId& id : logs) {
      if (id.party != p.id) continue;
      TRUCE_TRY(auto reader, node->reader(id));
      const record::Head& head = reader.head();
      Json entry = Json::object({{"log", id.log},
                                 {"log_key", reader.place().verifier_key()},
                                 {"size", static_cast<std::int64_t>(head.size)},
                                 {"root", head.root.base64url()}});
      std::string time = "-";
      if (head.size > 0) {
        TRUCE_TRY(const auto last, node->envelope(StatementId{id, head.size - 1}));
        entry.set("head_time", to_string(last.recorded));
        time = to_string(last.recorded);
      }
      rows.push_back({p.id, p.name, std::string(mechanism::role_name(p.role)), id.log, std::to_string(head.size), time,
                      head.root.hex().substr(0, 16), reader.place().verifier_key()});
      list.push_back(std::move(entry));
    }
    parties.push_back(Json::object({{"id", p.id},
                                    {"name", p.name},
                                    {"role", mechanism::role_name(p.role)},
                                    {"me", p.id == node->me()},
                                    {"logs", std::move(list)}}));
  }
  TRUCE_TRY(const picture::CalibrationDue due, picture::calibration_due(node->picture()));
  std::optional<picture::WhatIf> change;
  if (due.is_due && due.new_reports <= kWhatIfReportsMax) {
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
    print_json(Json::object({
        {"calibration", std::move(calibration)},
        {"mechanism",
         Json::object(
             {{"id", node->mechanism_id().hex()}, {"name", m.name}, {"kind", m.exercise ? "exercise" : "actual"}})},
        {"me", node->me()},
        {"locked", node->is_locked()},
        {"parties", std::move(parties)},
        {"picture", Json::object({{"cut", facts.cut.to_json()},
                                  {"as_of", to_string(facts.as_of)},
                                  {"rules_version", facts.cut.rules_version},
                                  {"digest", facts.digest.hex()}})},
    }));
    return kOk;
  }
  if (m.exercise) print_line("EXERCISE");
  print_line("mechanism  " + m.name + "  " + node->mechanism_id().hex());
  print_line("this node  " + node->me() + (node->is_locked() ? "  (locked: reads and briefs, appends nothing)" : ""));
  print_line("");
  print_table({"party", "name", "role", "log", "size", "time of head", "root", "log key"}, rows);
  print_line("");
  print_line("picture    " + std::to_string(facts.cut.statements()) + " statements, as of " + to_string(facts.as_of) +
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
  return kOk;
}

}  // namespace

void add_status(CLI::App& app, Context& context) {
  auto json = std::make_shared<bool>(false);
  CLI::App* c = app.add_subcommand("status", "parties, their logs and heads, and the picture's cut and digest");
  c->add_flag("--json", *json, "print for programs");
  c->footer("Example: truce status --json");
  c->callback([json, &context] { context.run = guarded([json, &context] { return run(context, *json); }); });
}

}  // namespace truce::cmd
