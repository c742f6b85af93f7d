// SPDX-License-Identifier: Apache-2.0
//
// truce explain: where every number of an incident comes from.

#include <fmt/format.h>

#include "truce/base/encoding.h"
#include "truce/cmd/truce/command.h"

namespace truce::cmd {
namespace {

std::string range_text(const picture::OptInt& low, const picture::OptInt& best, const picture::OptInt& high) {
  if (!best) return "not stated";
  if (low == high) return std::to_string(*best);
  return fmt::format("{} (low {}, high {})", *best, *low, *high);
}

std::string when(std::int64_t ms) {
  return to_string(Instant{ms});
}

// The members of a body as lines, sub-objects in one line each.
void print_body(const Json& body) {
  for (const auto& [name, value] : body.as_object()) {
    std::string text = value.is_string() ? value.as_string() : value.to_canonical();
    if (name == "from" || name == "to") text += "  " + to_string(Instant{value.as_integer()});
    print_line("      " + name + ": " + text);
  }
}

struct Options {
  std::string id;
  bool json = false;
};

Json statement_json(const StatementId& id, const record::Envelope& e, const Hash& leaf) {
  return Json::object({{"statement", id.to_string()},
                       {"type", e.type},
                       {"leaf", leaf.base64url()},
                       {"recorded", to_string(e.recorded)},
                       {"by", e.by},
                       {"body", e.body},
                       {"sealed", e.sealed.has_value()}});
}

Result<int> run(const Context& context, const Options& o) {
  node::Node::PictureFacts facts;
  TRUCE_TRY(const auto node, context.open_picture(&facts));
  auto& tables = node->picture();
  TRUCE_TRY(auto incidents, picture::find_rows<picture::IncidentRow>(tables, "id", o.id));
  TRUCE_TRY(auto reports, picture::find_rows<picture::ReportRow>(tables, "id", o.id));
  if (reports.empty()) {
    TRUCE_TRY(reports, picture::find_rows<picture::ReportRow>(tables, "source_id", o.id));
    if (reports.size() > 1)
      return fail(ErrorCode::kAmbiguous, quoted(o.id) + " stands for several reports; name one as party/log/index");
    if (!reports.empty()) {
      TRUCE_TRY(incidents, picture::find_rows<picture::IncidentRow>(tables, "id", reports[0].id));
    }
  }
  if (reports.empty()) return fail(ErrorCode::kNotFound, "no incident or report " + quoted(o.id) + " in the picture");
  const picture::ReportRow& report = reports[0];
  TRUCE_TRY(const auto changes, picture::find_rows<picture::ChangeRow>(tables, "report", report.id));

  // Every statement below this incident: the report, its corrections and withdrawals, the import.
  std::vector<std::string> ids = {report.id};
  for (const auto& c : changes) ids.push_back(c.statement);
  if (!report.import_id.empty()) ids.push_back(report.import_id);
  std::vector<std::pair<StatementId, record::Envelope>> statements;
  Json list = Json::array();
  for (std::size_t n = 0; n < ids.size(); ++n) {
    TRUCE_TRY(const StatementId id, StatementId::parse(ids[n]));
    TRUCE_TRY(auto envelope, node->envelope(id));
    // A correction may have come in by an import of its own.
    if (const StatementRef* import = envelope.reference(monitor::kOfImport);
        import != nullptr && std::ranges::count(ids, import->id.to_string()) == 0) {
      ids.push_back(import->id.to_string());
    }
    TRUCE_TRY(const StatementRef ref, node->reference(id));
    list.push_back(statement_json(id, envelope, ref.leaf));
    statements.emplace_back(id, std::move(envelope));
  }
  const std::string state =
      report.state == "effective" && report.version != report.id ? "effective, corrected" : report.state;
  if (o.json) {
    Json j = Json::object({{"report", report.id},
                           {"state", report.state},
                           {"version", report.version},
                           {"statements", std::move(list)},
                           {"cut", facts.cut.to_json()},
                           {"digest", facts.digest.hex()}});
    Json zones = Json::array();
    if (!incidents.empty() && !incidents[0].answers.empty()) {
      TRUCE_TRY(zones, Json::parse_canonical(incidents[0].answers));
    }
    j.set("zones", std::move(zones));
    if (!incidents.empty()) {
      const picture::Table& table = picture::table("incidents");
      const picture::Row cells = picture::to_row(incidents[0]);
      Json row = Json::object();
      for (std::size_t i = 0; i < cells.size(); ++i) row.set(table.columns[i].name, cells[i]);
      j.set("incident", std::move(row));
    }
    print_json(j);
    return kOk;
  }
  if (node->mechanism().exercise) print_line("EXERCISE");
  if (incidents.empty()) {
    print_line("report " + report.id + ": " + state + "; it makes no incident");
  } else {
    const picture::IncidentRow& i = incidents[0];
    print_line("incident " + i.id + "  " + i.kind + "  on " + i.day);
    print_line("  when      " + when(i.from_ms) + (i.to_ms != i.from_ms ? " to " + when(i.to_ms) : std::string()) +
               (i.precision_s != 0 ? fmt::format(" (within {} s)", i.precision_s) : std::string()));
    print_line("  where     " +
               (i.lat_e7 ? degrees_text(*i.lat_e7, *i.lng_e7) + fmt::format(" within {} m", i.radius_m)
                         : std::string("a post or zone that nobody stated")) +
               (i.place_ref.empty() ? "" : " (" + i.place_ref + ")"));
    print_line("  count     " + range_text(i.count_low, i.count_best, i.count_high));
    print_line("  killed    " + range_text(i.killed_low, i.killed_best, i.killed_high));
    print_line("  injured   " + range_text(i.injured_low, i.injured_best, i.injured_high));
    print_line("  parties   " + i.parties + fmt::format("  ({} report(s), {} linked)", i.reports, i.linked));
    print_line("  relation  " + i.relation +
               (i.zones.empty() ? "; in force here: none" : "; in force here: " + i.zones) +
               (i.forbidden_by.empty() ? "" : "; forbids this kind: " + i.forbidden_by));
    if (i.over_quota != 0) print_line("  over quota: listed, in no count");
    if (!i.answers.empty()) {
      TRUCE_TRY(const Json answers, Json::parse_canonical(i.answers));
      print_line("  zones, map by map:");
      for (const Json& a : answers.as_array()) {
        const auto& cell = a.as_array();
        print_line(fmt::format("    {} (map of {}): {}, probability {:.1f} %, {}", cell[0].as_string(),
                               cell[1].as_string(), cell[2].as_string(),
                               static_cast<double>(cell[3].as_integer()) / 10'000.0,
                               cell[4].as_integer() == 1 ? "in force" : "not in force then"));
      }
    }
  }
  print_line("  from these statements (the figures are those of " + report.version + "):");
  for (const auto& [id, e] : statements) {
    const auto change = std::ranges::find(changes, id.to_string(), &picture::ChangeRow::statement);
    std::string what = e.type;
    if (change != changes.end()) {
      what = change->what + (change->reason.empty() ? "" : " (" + change->reason + ")") + ", refers to " +
             change->target + (change->changed.empty() ? "" : ", changed: " + change->changed);
    }
    print_line("    " + id.to_string() + "  " + what + ", recorded " + to_string(e.recorded) +
               (e.by.empty() ? "" : " by " + e.by) + (e.sealed ? ", with a sealed part" : ""));
    print_body(e.body);
  }
  return kOk;
}

}  // namespace

void add_explain(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* c =
      app.add_subcommand("explain", "where every number of an incident comes from: statements, zones, corrections");
  c->add_option("INCIDENT", o->id, "the incident, such as un/main/17, or a report's id as imported")->required();
  c->add_flag("--json", o->json, "print for programs");
  c->footer("Example: truce explain un/main/17");
  c->callback([o, &context] { context.run = guarded([o, &context] { return run(context, *o); }); });
}

}  // namespace truce::cmd
