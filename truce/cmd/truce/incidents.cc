// SPDX-License-Identifier: Apache-2.0
//
// truce incidents: what the common picture holds, as a table, JSON, CSV or GeoJSON.

#include <fmt/format.h>

#include <set>

#include "truce/base/encoding.h"
#include "truce/brief/incident_export.h"
#include "truce/cmd/truce/command.h"
#include "truce/cmd/truce/days.h"
#include "truce/cmd/truce/findings.h"
#include "truce/cmd/truce/rows.h"
#include "truce/monitor/fusion_blocks.h"

namespace truce::cmd {
namespace {

struct Options {
  DayOptions days;
  std::string zone, kind, format = "table";
  bool members = false, json = false;
};

// True if `id` is in a list joined by ';'.
bool lists(std::string_view list, std::string_view id) {
  while (!list.empty()) {
    const std::size_t end = list.find(';');
    if (list.substr(0, end) == id) return true;
    if (end == std::string_view::npos) return false;
    list.remove_prefix(end + 1);
  }
  return false;
}

std::string number(const picture::OptInt& v) {
  return v ? std::to_string(*v) : "-";
}

// The best figure where the rule gives one, else the range.
std::string figure(const picture::OptInt& low, const picture::OptInt& best, const picture::OptInt& high) {
  if (best || !low || !high) return number(best);
  return fmt::format("{}-{}", *low, *high);
}

void print_as_table(const std::vector<picture::IncidentRow>& rows) {
  std::vector<std::vector<std::string>> lines;
  for (const auto& i : rows) {
    lines.push_back({i.id, to_string(Instant{i.from_ms}), i.kind, i.lat_e7 ? degrees_text(*i.lat_e7, *i.lng_e7) : "-",
                     fmt::format("{} m", i.radius_m), i.zones.empty() ? "-" : i.zones, i.relation, number(i.count_best),
                     figure(i.killed_low, i.killed_best, i.killed_high),
                     figure(i.injured_low, i.injured_best, i.injured_high), std::to_string(i.reports), i.parties});
  }
  print_table({"incident", "from", "kind", "lat lon", "within", "zones", "relation", "count", "killed", "injured",
               "reports", "parties"},
              lines);
}

// One line a report: its id as imported (its own where it has none) and its incident.
Status print_members(node::Node& node, const std::vector<picture::IncidentRow>& rows, std::string first,
                     std::string last) {
  std::set<std::string> wanted;
  for (const auto& i : rows) wanted.insert(i.id);
  // Reports of an incident may be of the days around its own.
  if (!first.empty()) {
    TRUCE_TRY(const Date first_day, Date::parse(first));
    TRUCE_TRY(const Date last_day, Date::parse(last));
    first = (first_day + -monitor::kSlabDays).to_string();
    last = (last_day + monitor::kSlabDays).to_string();
  }
  print("report,incident\n");
  return node.picture().visit(picture::table("reports"), first, last, [&](const picture::Row& cells) -> Status {
    TRUCE_TRY(const auto r, picture::from_row<picture::ReportRow>(cells));
    if (r.state == "linked" || !wanted.contains(r.incident)) return {};
    const bool own_id = r.source_id.empty() || r.source_id[0] == '#';
    print(brief::csv_field(own_id ? r.id : r.source_id) + "," + brief::csv_field(r.incident) + "\n");
    return {};
  });
}

Result<int> run(const Context& context, const Options& o) {
  const std::string format = o.json ? "json" : o.format;
  if (!o.kind.empty() && !monitor::kind_from_input(o.kind))
    return fail(ErrorCode::kInvalidArgument, "--kind " + quoted(o.kind) + " is not in the taxonomy");
  TRUCE_TRY(const auto node, context.open_picture());
  TRUCE_TRY(const auto span, o.days.span());
  const std::string first = span ? span->first.to_string() : "";
  const std::string last = span ? span->last.to_string() : "";
  if (!o.zone.empty()) {
    TRUCE_TRY(const auto zones, picture::read_rows<picture::ZoneRow>(node->picture()));
    if (std::ranges::none_of(zones, [&](const auto& z) { return z.zone == o.zone; }))
      return fail(ErrorCode::kNotFound, "no zone " + quoted(o.zone) + " is stated");
  }
  std::vector<picture::IncidentRow> rows;
  const std::string kind = o.kind.empty() ? "" : std::string(monitor::kind_code(*monitor::kind_from_input(o.kind)));
  TRUCE_CHECK(node->picture().visit(picture::table("incidents"), first, last, [&](const picture::Row& cells) -> Status {
    TRUCE_TRY(auto row, picture::from_row<picture::IncidentRow>(cells));
    if ((kind.empty() || row.kind == kind) && (o.zone.empty() || lists(row.zones_any, o.zone)))
      rows.push_back(std::move(row));
    return {};
  }));
  const bool exercise = node->mechanism().exercise;
  if (format == "csv") {
    if (o.members) {
      TRUCE_CHECK(print_members(*node, rows, first, last));
    } else {
      print(brief::incidents_csv(rows, exercise));
    }
  } else if (o.members) {
    return fail(ErrorCode::kInvalidArgument, "--members goes with --format csv");
  } else if (format == "geojson") {
    print(brief::incidents_geojson(rows, exercise));
  } else if (format == "json") {
    print_json(rows_json(rows));
  } else {
    if (exercise) print_line("EXERCISE");
    print_as_table(rows);
    print_line(fmt::format("{} incident(s)", rows.size()));
    // Those that withdrawals took out of the list are told, never only left out.
    TRUCE_TRY(const auto findings, picture::read_rows<picture::FindingRow>(node->picture(), first, last));
    for (const auto& f : findings) {
      TRUCE_TRY(const auto lines, reopened_lines(f));
      for (const std::string& line : lines) print_line(f.incident + "  finding " + line);
    }
  }
  return kOk;
}

}  // namespace

void add_incidents(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("incidents", "incidents of the common picture");
  o->days.add_to(*c);
  c->add_option("--zone", o->zone, "only those whose nominal place lies in this zone, whatever its validity");
  c->add_option("--kind", o->kind, "only those of this kind");
  c->add_option("--format", o->format, "table, json, csv or geojson")
      ->check(CLI::IsMember({"table", "json", "csv", "geojson"}));
  c->add_flag("--members", o->members, "with --format csv: one line a report, report,incident");
  c->add_flag("--json", o->json, "the same as --format json");
  c->footer("Example: truce incidents --from 2018-09-17 --to 2018-09-23 --zone idlib --format csv");
  c->callback([o, &context] { context.run = guarded([o, &context] { return run(context, *o); }); });
}

}  // namespace truce::cmd
