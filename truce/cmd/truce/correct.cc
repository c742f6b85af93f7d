// SPDX-License-Identifier: Apache-2.0
//
// truce correct: a later statement of the same party that replaces an earlier one.

#include <fmt/format.h>

#include "truce/base/decimal.h"
#include "truce/base/encoding.h"
#include "truce/cmd/truce/command.h"
#include "truce/cmd/truce/own_report.h"
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

}  // namespace truce::cmd
