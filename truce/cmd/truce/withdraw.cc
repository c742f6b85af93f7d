// SPDX-License-Identifier: Apache-2.0
//
// truce withdraw: takes a statement of this party back, by two persons where a position or a signed brief holds it.

#include <fmt/format.h>

#include <algorithm>

#include "truce/base/encoding.h"
#include "truce/cmd/truce/command.h"
#include "truce/cmd/truce/own_report.h"

namespace truce::cmd {

Result<picture::ReportRow> named_report(node::Node& node, const std::string& id) {
  TRUCE_TRY(auto rows, picture::find_rows<picture::ReportRow>(node.picture(), "id", id));
  if (rows.empty()) {
    TRUCE_TRY(rows, picture::find_rows<picture::ReportRow>(node.picture(), "source_id", id));
  }
  if (rows.empty()) return fail(ErrorCode::kNotFound, "no report " + quoted(id));
  if (rows.size() > 1) {
    std::string ids;
    for (const auto& r : rows) ids += (ids.empty() ? "" : ", ") + r.id;
    return fail(ErrorCode::kAmbiguous, quoted(id) + " stands for several reports: " + ids);
  }
  if (rows[0].party != node.me())
    return fail(ErrorCode::kNotFound, rows[0].id + " is " + rows[0].party + "'s report; only its author can change it");
  if (rows[0].state == "withdrawn") return fail(ErrorCode::kNotFound, rows[0].id + " is withdrawn");
  return rows[0];
}

namespace {

struct WithdrawOptions {
  std::string id, reason;
  std::optional<std::int64_t> import;
  bool second = false, json = false;
};

// What is withdrawn, and what it is called for people.
struct Target {
  StatementId id;
  std::string name;
};

Result<Target> import_target(node::Node& node, std::int64_t number) {
  TRUCE_TRY(const auto imports, picture::read_rows<picture::ImportRow>(node.picture()));
  const auto it =
      std::ranges::find_if(imports, [&](const auto& i) { return i.party == node.me() && i.number == number; });
  if (it == imports.end()) return fail(ErrorCode::kNotFound, "no import " + std::to_string(number) + " of this party");
  if (it->state == "withdrawn")
    return fail(ErrorCode::kNotFound, "import " + std::to_string(number) + " is withdrawn already");
  TRUCE_TRY(const StatementId id, StatementId::parse(it->statement));
  return Target{id, fmt::format("import {} ({} rows)", it->number, it->rows)};
}

Result<Target> statement_target(node::Node& node, const std::string& name) {
  const auto statement = StatementId::parse(name);
  if (!statement || statement->log.party != node.me()) {
    TRUCE_TRY(const auto row, named_report(node, name));
    TRUCE_TRY(const StatementId id, StatementId::parse(row.id));
    return Target{id, row.id};
  }
  TRUCE_TRY(const auto envelope, node.envelope(*statement));
  if (envelope.type == monitor::kTypeReport && envelope.reference(monitor::kCorrects) == nullptr) {
    TRUCE_CHECK(named_report(node, name).map([](const auto&) {}));
  }
  if (envelope.type == "acceptance" || envelope.type == monitor::kTypeWithdrawal ||
      envelope.type == monitor::kTypeSecond || envelope.type == monitor::kTypeImport) {
    return fail(ErrorCode::kInvalidArgument,
                "a statement of type " + envelope.type + " cannot be withdrawn" +
                    (envelope.type == monitor::kTypeImport ? std::string("; use --import N") : std::string()));
  }
  return Target{*statement, name};
}

Result<Target> target_of(node::Node& node, const WithdrawOptions& o) {
  return o.import ? import_target(node, *o.import) : statement_target(node, o.id);
}

// What the picture makes of a withdrawal or a second: withdrawn, requested, seconded, ...
Result<std::string> outcome_of(node::Node& node, const StatementId& statement) {
  TRUCE_CHECK(node.update_picture().map([](const auto&) {}));
  TRUCE_TRY(const auto rows,
            picture::find_rows<picture::ChangeRow>(node.picture(), "statement", statement.to_string()));
  if (rows.empty()) return std::string("withdrawn");  // of what makes no row, such as a zone
  return rows[0].what == "ignored" ? rows[0].what + ": " + rows[0].reason : rows[0].what;
}

Result<int> withdraw(node::Node& node, const WithdrawOptions& o) {
  const auto reason = monitor::withdrawal_reason_from_code(o.reason);
  if (!reason)
    return fail(ErrorCode::kInvalidArgument,
                "--reason is mistake, duplicate, source-safety or other, not " + quoted(o.reason));
  TRUCE_TRY(const auto writer, node.writer());
  tell_repair(writer->repair());
  TRUCE_TRY(const auto facts, node.update_picture());
  TRUCE_TRY(const Target target, target_of(node, o));
  TRUCE_TRY(const StatementRef ref, node.reference(target.id));
  TRUCE_TRY(const StatementRef made, writer->add({monitor::kTypeWithdrawal,
                                                  monitor::WithdrawalStatement{*reason}.to_body(),
                                                  {{std::string(monitor::kWithdraws), ref}},
                                                  {},
                                                  {}}));
  TRUCE_CHECK(writer->commit());
  TRUCE_TRY(const std::string outcome, outcome_of(node, made.id));
  if (o.json) {
    print_json(
        Json::object({{"withdraws", target.id.to_string()}, {"statement", made.id.to_string()}, {"outcome", outcome}}));
  } else if (outcome == "requested") {
    print_line("withdrawal of " + target.name + " is requested by " + made.id.to_string() +
               "; it stands under a position or a signed brief");
    print_line("a second person of this party seconds it from another desk: truce withdraw " +
               (o.import ? fmt::format("--import {}", *o.import) : target.id.to_string()) + " --second");
  } else if (outcome == "sealed-withdrawn") {
    print_line(target.name + " stays; its sealed part is withdrawn by " + made.id.to_string() +
               ", and deleted by: truce erase " + target.id.to_string());
  } else {
    print_line(target.name + (outcome == "withdrawn" ? " is withdrawn by " : " is " + outcome + ", by ") +
               made.id.to_string());
  }
  return kOk;
}

// The request on a statement or import, or the request itself by its own name, that this node's log can second.
Result<StatementId> open_request(node::Node& node, const WithdrawOptions& o) {
  std::string name = o.id;
  if (o.import) {
    TRUCE_TRY(const Target target, import_target(node, *o.import));
    name = target.id.to_string();
  }
  std::vector<picture::ChangeRow> requests;
  for (const char* column : {"target", "statement"}) {
    TRUCE_TRY(const auto rows, picture::find_rows<picture::ChangeRow>(node.picture(), column, name));
    for (const auto& r : rows) {
      if (r.what == "requested") requests.push_back(r);
    }
  }
  if (requests.empty()) return fail(ErrorCode::kNotFound, "no withdrawal of it waits for a second person", name);
  bool is_own_log = false;
  for (const auto& r : requests) {
    TRUCE_TRY(const StatementId id, StatementId::parse(r.statement));
    if (id.log.party != node.me())
      return fail(ErrorCode::kInvalidArgument, "is requested by " + id.log.party + "; its own second person seconds it",
                  name);
    if (id.log != node.own_log()) return id;
    is_own_log = true;
  }
  return fail(ErrorCode::kInvalidArgument,
              is_own_log ? "was requested from this very log; a second person speaks from another desk of this party"
                         : "nothing to second",
              name);
}

Result<int> second(node::Node& node, const WithdrawOptions& o) {
  TRUCE_TRY(const auto writer, node.writer());
  tell_repair(writer->repair());
  TRUCE_TRY(const auto facts, node.update_picture());
  TRUCE_TRY(const StatementId request, open_request(node, o));
  TRUCE_TRY(const StatementRef ref, node.reference(request));
  TRUCE_TRY(const StatementRef made,
            writer->add({monitor::kTypeSecond, Json::object(), {{std::string(monitor::kSeconds), ref}}, {}, {}}));
  TRUCE_CHECK(writer->commit());
  TRUCE_TRY(const std::string outcome, outcome_of(node, made.id));
  if (o.json) {
    print_json(
        Json::object({{"seconds", request.to_string()}, {"statement", made.id.to_string()}, {"outcome", outcome}}));
  } else if (outcome == "seconded") {
    print_line("seconded " + request.to_string() + ": " + made.id.to_string() +
               "; the report is withdrawn, and findings on it are open again");
  } else {
    print_line(request.to_string() + " is not seconded by " + made.id.to_string() + ": " + outcome);
  }
  return outcome == "seconded" ? kOk : kProblem;
}

Result<int> run(const Context& context, const WithdrawOptions& o) {
  if (o.id.empty() == !o.import)
    return fail(ErrorCode::kInvalidArgument, "name one statement, or one import with --import N");
  if (o.second == !o.reason.empty())
    return fail(ErrorCode::kInvalidArgument,
                "say why with --reason, or second what another person asked with --second");
  TRUCE_TRY(const auto node, context.open_node());
  return o.second ? second(*node, o) : withdraw(*node, o);
}

}  // namespace

void add_withdraw(CLI::App& app, Context& context) {
  auto o = std::make_shared<WithdrawOptions>();
  CLI::App* c = app.add_subcommand("withdraw", "withdraw a statement or an import of this party");
  c->add_option("ID", o->id, "the statement, such as un/main/17, or a report's id as imported");
  c->add_option("--import", o->import, "number of the import to withdraw, with all its rows")->type_name("N");
  c->add_option("--reason", o->reason, "mistake, duplicate, source-safety or other");
  c->add_flag("--second", o->second, "as the second person, from another desk: second what was requested");
  c->add_flag("--json", o->json, "print for programs");
  c->footer(
      "A report under a position or a signed brief is withdrawn by two persons: the first one's withdrawal is a "
      "request\nuntil a second one, at another desk of the party (truce desk), seconds it. The finding is open again "
      "then; nothing vanishes.\n"
      "Example: truce withdraw --import 3 --reason mistake\n"
      "Example: truce withdraw east/main/17 --second");
  c->callback([o, &context] { context.run = guarded([o, &context] { return run(context, *o); }); });
}

}  // namespace truce::cmd
