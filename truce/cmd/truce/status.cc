// SPDX-License-Identifier: Apache-2.0
//
// truce status: parties, their logs and heads, and the picture.

#include "truce/cmd/truce/command.h"

namespace truce::cmd {
namespace {

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
  if (json) {
    print_json(Json::object({
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
