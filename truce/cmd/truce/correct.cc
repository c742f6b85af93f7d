// SPDX-License-Identifier: Apache-2.0
//
// truce correct, truce withdraw: a later statement of the same party about an earlier one.

#include <fmt/format.h>

#include "truce/base/decimal.h"
#include "truce/base/encoding.h"
#include "truce/cmd/truce/command.h"
#include "truce/cmd/truce/report_form.h"

namespace truce::cmd {
namespace {

struct CorrectOptions {
  std::string id, reason;
  std::vector<std::string> set;
  bool json = false;
};

// Numbers of degrees, minutes and so on come from people; statements hold integers.
Result<std::int64_t> scaled(const std::string& value, int decimals, const std::string& field) {
  auto v = parse_decimal(value, decimals);
  if (!v) return fail(ErrorCode::kInvalidArgument, v.error().message, field);
  return v;
}

constexpr std::string_view kFields =
    "kind, subkind, means, assessment, direction, at, from, to, precision-s, lat, lon, radius-m, bearing-deg, "
    "distance-m, count, killed, injured, killed-PART, injured-PART (women, men, children, person-unknown, civilian, "
    "military, status-unknown), weapon, actor, detail-NAME, reporter, said-by, text";

// Empty: not stated any more.
Result<std::optional<monitor::Range>> range_of(const std::string& value, const std::string& field) {
  if (value.empty()) return std::optional<monitor::Range>();
  auto range = parse_range(value);
  if (!range) return fail(ErrorCode::kInvalidArgument, range.error().message, field);
  return std::optional<monitor::Range>(range.value());
}

Status set_field(monitor::Report& r, const std::string& field, const std::string& value, const mechanism::Mechanism& m,
                 const std::vector<std::string>& actors) {
  const auto bad = [&](std::string message) { return fail(ErrorCode::kInvalidArgument, std::move(message), field); };
  if (field == "kind") {
    const auto kind = monitor::kind_from_input(value);
    if (!kind) return bad(quoted(value) + " is not in the taxonomy (truce report --help lists it)");
    r.kind = *kind;
  } else if (field == "subkind") {
    r.subkind = value;
  } else if (field == "means") {
    const auto means = monitor::means_from_code(value);
    if (!means && !value.empty()) return bad(quoted(value) + " is not heard, seen, camera, uav, sensor or told");
    r.means = means.value_or(monitor::Means::kNotStated);
  } else if (field == "assessment") {
    const auto a = monitor::assessment_from_code(value);
    if (!a && !value.empty()) return bad(quoted(value) + " is not an assessment");
    r.assessment = a.value_or(monitor::Assessment::kNotStated);
  } else if (field == "at" || field == "from" || field == "to") {
    TRUCE_TRY(const Instant t, parse_time_argument(value, m, field));
    if (field != "to") r.from = t;
    if (field != "from") r.to = t;
  } else if (field == "precision-s") {
    TRUCE_TRY(r.precision_s, scaled(value, 0, field));
  } else if (field == "lat" || field == "lon") {
    if (r.place.form != monitor::Place::Form::kPoint && r.place.form != monitor::Place::Form::kBearing) {
      return bad("the report's place is a post or a zone; withdraw it and report anew");
    }
    TRUCE_TRY(const std::int64_t e7, scaled(value, 7, field));
    auto p = geo::LatLng::checked(field == "lat" ? e7 : r.place.at.lat_e7, field == "lon" ? e7 : r.place.at.lng_e7);
    if (!p) return bad(p.error().message);
    r.place.at = p.value();
  } else if (field == "radius-m") {
    TRUCE_TRY(r.place.radius_m, scaled(value, 0, field));
  } else if (field == "bearing-deg") {
    TRUCE_TRY(r.place.bearing_mdeg, scaled(value, 3, field));
  } else if (field == "distance-m") {
    TRUCE_TRY(r.place.distance_m, scaled(value, 0, field));
  } else if (field == "count") {
    TRUCE_TRY(r.count, range_of(value, field));
  } else if (field == "killed") {
    TRUCE_TRY(r.killed.all, range_of(value, field));
  } else if (field == "injured") {
    TRUCE_TRY(r.injured.all, range_of(value, field));
  } else if (field == "reporter") {
    r.reporter = value;
  } else if (field == "said-by") {
    r.said_by = value;
  } else if (field == "text") {
    r.text = value;
  } else {
    TRUCE_TRY(const bool known, set_form_field(r, field, value, actors));
    if (!known) return bad("is no field that can be set; there are: " + std::string(kFields));
  }
  return {};
}

// The report that a person names: by its own id, or by an id as imported if only one has it.
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

Result<int> correct(const Context& context, const CorrectOptions& o) {
  if (o.reason.find_first_not_of(" \t\n") == std::string::npos)
    return fail(ErrorCode::kInvalidArgument, "say why, in words", "--reason");
  TRUCE_TRY(const auto node, context.open_node());
  TRUCE_TRY(const auto writer, node->writer());
  tell_repair(writer->repair());
  TRUCE_TRY(const auto facts, node->update_picture());
  TRUCE_TRY(const auto row, named_report(*node, o.id));
  TRUCE_TRY(const StatementId version, StatementId::parse(row.version));
  TRUCE_TRY(const auto envelope, node->envelope(version));
  TRUCE_TRY(monitor::Report report, monitor::Report::from_body(envelope.body));
  TRUCE_TRY(const auto stated, picture::read_rows<picture::ActorRow>(node->picture()));
  std::vector<std::string> actors;
  for (const auto& a : stated) actors.push_back(a.actor);
  for (const std::string& assignment : o.set) {
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos)
      return fail(ErrorCode::kInvalidArgument, "--set is field=value, not " + quoted(assignment));
    TRUCE_CHECK(
        set_field(report, assignment.substr(0, equals), assignment.substr(equals + 1), node->mechanism(), actors));
  }
  TRUCE_CHECK(report.check());
  const Json body = report.to_body();
  if (body == envelope.body)
    return fail(ErrorCode::kInvalidArgument, "nothing changes: the report says so already", row.id);
  // The whole sealed part comes along, with the reason, as the body does.
  Json sealed = Json::object();
  if (envelope.sealed) {
    TRUCE_TRY(sealed, node->open_sealed(envelope));
    sealed.erase("salt");
  }
  sealed.set("reason", o.reason);
  node::Draft draft{monitor::kTypeReport, body, {}, std::move(sealed), {}};
  TRUCE_TRY(const StatementRef target, node->reference(version));
  draft.references.push_back({std::string(monitor::kCorrects), target});
  if (const StatementRef* import = envelope.reference(monitor::kOfImport))
    draft.references.push_back({std::string(monitor::kOfImport), *import});
  TRUCE_TRY(const StatementRef made, writer->add(std::move(draft)));
  TRUCE_CHECK(writer->commit());
  if (o.json) {
    print_json(
        Json::object({{"corrects", version.to_string()}, {"report", row.id}, {"statement", made.id.to_string()}}));
  } else {
    print_line(row.id + " is corrected by " + made.id.to_string());
  }
  return kOk;
}

struct WithdrawOptions {
  std::string id, reason;
  std::optional<std::int64_t> import;
  bool json = false;
};

Result<int> withdraw(const Context& context, const WithdrawOptions& o) {
  const auto reason = monitor::withdrawal_reason_from_code(o.reason);
  if (!reason)
    return fail(ErrorCode::kInvalidArgument,
                "--reason is mistake, duplicate, source-safety or other, not " + quoted(o.reason));
  if (o.id.empty() == !o.import)
    return fail(ErrorCode::kInvalidArgument, "name one statement, or one import with --import N");
  TRUCE_TRY(const auto node, context.open_node());
  TRUCE_TRY(const auto writer, node->writer());
  tell_repair(writer->repair());
  TRUCE_TRY(const auto facts, node->update_picture());
  StatementId target;
  std::string what;
  if (o.import) {
    TRUCE_TRY(const auto imports, picture::read_rows<picture::ImportRow>(node->picture()));
    const auto it =
        std::ranges::find_if(imports, [&](const auto& i) { return i.party == node->me() && i.number == *o.import; });
    if (it == imports.end())
      return fail(ErrorCode::kNotFound, "no import " + std::to_string(*o.import) + " of this party");
    if (it->state == "withdrawn")
      return fail(ErrorCode::kNotFound, "import " + std::to_string(*o.import) + " is withdrawn already");
    TRUCE_TRY(target, StatementId::parse(it->statement));
    what = fmt::format("import {} ({} rows)", it->number, it->rows);
  } else if (const auto statement = StatementId::parse(o.id); statement && statement->log.party == node->me()) {
    TRUCE_TRY(const auto envelope, node->envelope(*statement));
    if (envelope.type == monitor::kTypeReport && envelope.reference(monitor::kCorrects) == nullptr) {
      TRUCE_TRY(const auto row, named_report(*node, o.id));
    }
    if (envelope.type == "acceptance" || envelope.type == monitor::kTypeWithdrawal ||
        envelope.type == monitor::kTypeImport) {
      return fail(ErrorCode::kInvalidArgument,
                  "a statement of type " + envelope.type + " cannot be withdrawn" +
                      (envelope.type == monitor::kTypeImport ? std::string("; use --import N") : std::string()));
    }
    target = *statement;
    what = o.id;
  } else {
    TRUCE_TRY(const auto row, named_report(*node, o.id));
    TRUCE_TRY(target, StatementId::parse(row.id));
    what = row.id;
  }
  monitor::WithdrawalStatement body{*reason};
  TRUCE_TRY(const StatementRef ref, node->reference(target));
  TRUCE_TRY(const StatementRef made,
            writer->add({monitor::kTypeWithdrawal, body.to_body(), {{std::string(monitor::kWithdraws), ref}}, {}, {}}));
  TRUCE_CHECK(writer->commit());
  if (o.json) {
    print_json(Json::object({{"withdraws", target.to_string()}, {"statement", made.id.to_string()}}));
  } else {
    print_line(what + " is withdrawn by " + made.id.to_string());
  }
  return kOk;
}

}  // namespace

void add_correct(CLI::App& app, Context& context) {
  auto o = std::make_shared<CorrectOptions>();
  CLI::App* c = app.add_subcommand("correct", "correct a report of this party; the earlier version stays in the log");
  c->add_option("ID", o->id, "the report, such as un/main/17, or its id as imported")->required();
  c->add_option("--set", o->set, "field=value; an empty value means not stated any more; may be repeated")->required();
  c->add_option("--reason", o->reason, "why, in words; goes into the sealed part")->required();
  c->add_flag("--json", o->json, "print for programs");
  c->footer(
      "fields: " + std::string(kFields) +
      "\n"
      "Example: truce correct un/main/17 --set killed=2 --set kind=shelling --reason \"second call from the clinic\"");
  c->callback([o, &context] { context.run = guarded([o, &context] { return correct(context, *o); }); });
}

void add_withdraw(CLI::App& app, Context& context) {
  auto o = std::make_shared<WithdrawOptions>();
  CLI::App* c = app.add_subcommand("withdraw", "withdraw a statement or an import of this party");
  c->add_option("ID", o->id, "the statement, such as un/main/17, or a report's id as imported");
  c->add_option("--import", o->import, "number of the import to withdraw, with all its rows")->type_name("N");
  c->add_option("--reason", o->reason, "mistake, duplicate, source-safety or other")->required();
  c->add_flag("--json", o->json, "print for programs");
  c->footer("Example: truce withdraw --import 3 --reason mistake");
  c->callback([o, &context] { context.run = guarded([o, &context] { return withdraw(context, *o); }); });
}

}  // namespace truce::cmd
