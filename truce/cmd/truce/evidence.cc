// SPDX-License-Identifier: Apache-2.0
//
// truce evidence list, export: forks as files that an outsider can check.

#include <algorithm>
#include <map>
#include <set>

#include "truce/base/counted.h"
#include "truce/cmd/truce/command.h"
#include "truce/node/succession.h"
#include "truce/record/statements.h"

namespace truce::cmd {
namespace {

std::string short_name(const record::ForkEvidence& e) {
  return sha256(e.to_body().to_canonical()).hex().substr(0, 16);
}

// Evidence that holds, by a short name: from statements, then what this node alone keeps. Each once, by its first name.
Result<std::map<std::string, record::ForkEvidence>> all_evidence(const node::Node& node) {
  std::map<std::string, record::ForkEvidence> out;
  std::set<std::string> seen;
  const auto add = [&](const std::string& name, const record::ForkEvidence& e) {
    const auto place = node.roster().place(e.log);
    if (place && record::verify(e, place->origin(), place->public_key) && seen.insert(short_name(e)).second)
      out.emplace(name, e);
  };
  for (const auto& [id, body] : node.roster().stated_evidence()) add(id.to_string(), body);
  TRUCE_TRY(const auto kept, node.evidence());
  for (const record::ForkEvidence& e : kept) add(short_name(e), e);
  return out;
}

Result<int> list(const Context& context, bool json) {
  TRUCE_TRY(const auto node, context.open_node());
  TRUCE_TRY(const auto all, all_evidence(*node));
  Json out = Json::array();
  for (const auto& [name, e] : all) {
    const auto place = node->roster().place(e.log);
    TRUCE_TRY(const auto proven, record::verify(e, place->origin(), place->public_key));
    if (json) {
      out.push_back(Json::object({{"id", name},
                                  {"log", e.log.to_string()},
                                  {"first", static_cast<std::int64_t>(proven.first.size)},
                                  {"second", static_cast<std::int64_t>(proven.second.size)},
                                  {"common", static_cast<std::int64_t>(proven.common_size)}}));
      continue;
    }
    print_line(name + "  two versions of " + e.log.party + "'s record exist: " + e.log.to_string() + ", heads of " +
               std::to_string(proven.first.size) + " and " + counted(proven.second.size, "statement") +
               (e.common ? ", the same up to " + std::to_string(proven.common_size) : ""));
  }
  if (json) print_json(out);
  if (!json && all.empty()) print_line("none");
  return kOk;
}

Result<int> export_one(const Context& context, const std::string& id, const std::string& file) {
  TRUCE_TRY(const auto node, context.open_node());
  if (node->mechanism().evidence_use == "none")
    return fail(ErrorCode::kRefused, "the mechanism permits nobody to be given evidence (permitted_use)");
  TRUCE_TRY(const auto all, all_evidence(*node));
  auto it = all.find(id);
  // The name that it had before it was stated.
  if (it == all.end())
    it = std::ranges::find_if(all, [&](const auto& named) { return short_name(named.second) == id; });
  if (it == all.end()) return fail(ErrorCode::kNotFound, "no such evidence; truce evidence list names it", id);
  const mechanism::Party* accused = node->mechanism().party(it->second.log.party);
  if (accused != nullptr && !accused->named)
    return fail(ErrorCode::kRefused, "the mechanism does not permit this party to be named in evidence");
  if (node->world().files->exists(file)) return fail(ErrorCode::kExists, "is there already", file);
  TRUCE_CHECK(node->world().files->write_atomic(file, it->second.to_body().to_canonical()));
  print_line("written to " + file +
             "; an outsider checks it with mechanism.json and: truce-verify --mechanism mechanism.json " + file);
  if (node->mechanism().evidence_use == "parties") note("permitted use: the parties of the mechanism alone");
  if (!node->mechanism().permitted_use.empty()) note("permitted use: " + node->mechanism().permitted_use);
  return kOk;
}

Result<int> explain(const Context& context, const record::ForkCause& cause) {
  if (std::ranges::find(record::kForkCauses, cause.cause) == std::ranges::end(record::kForkCauses)) {
    std::string known;
    for (const std::string_view c : record::kForkCauses) known += (known.empty() ? "" : ", ") + std::string(c);
    return fail(ErrorCode::kInvalidArgument, "is one of " + known, "--cause");
  }
  TRUCE_TRY(const auto node, context.open_node());
  TRUCE_TRY(const StatementId id, node::state_cause(*node, cause));
  print_line("stated " + id.to_string());
  return kOk;
}

}  // namespace

void add_evidence(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("evidence", "proofs that a log's key has signed two versions");
  group->require_subcommand(1);
  {
    auto json = std::make_shared<bool>(false);
    CLI::App* c = group->add_subcommand("list", "what is known here");
    c->add_flag("--json", *json, "print for programs");
    c->footer("Example: truce evidence list");
    c->callback([=, &context] { context.run = guarded([=, &context] { return list(context, *json); }); });
  }
  {
    auto id = std::make_shared<std::string>();
    auto file = std::make_shared<std::string>();
    CLI::App* c = group->add_subcommand("export", "write one as a file for an outsider");
    c->add_option("ID", *id, "its name in the list")->required();
    c->add_option("FILE", *file, "file to write")->required();
    c->footer("Example: truce evidence export east/main/60 fork.json");
    c->callback([=, &context] { context.run = guarded([=, &context] { return export_one(context, *id, *file); }); });
  }
  {
    auto cause = std::make_shared<record::ForkCause>();
    CLI::App* c = group->add_subcommand("explain", "say why two versions of a log of this party exist");
    c->add_option("LOG", cause->log, "name of the log, such as main")->required();
    c->add_option("--cause", cause->cause, "restored-backup, two-machines, stolen-key, fault or unknown")->required();
    c->add_option("--text", cause->text, "in words");
    c->footer("Example: truce evidence explain main --cause restored-backup");
    c->callback([=, &context] { context.run = guarded([=, &context] { return explain(context, *cause); }); });
  }
}

}  // namespace truce::cmd
