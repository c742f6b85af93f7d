// SPDX-License-Identifier: Apache-2.0
//
// truce explain: where every number of an incident comes from.

#include <fmt/format.h>

#include "truce/base/encoding.h"
#include "truce/base/math.h"
#include "truce/cmd/truce/command.h"
#include "truce/picture/learning.h"
#include "truce/picture/sealed_rows.h"

namespace truce::cmd {
namespace {

std::string range_text(const picture::OptInt& low, const picture::OptInt& best, const picture::OptInt& high) {
  // Parties differ: a range without a best figure.
  if (!best) return low && high ? fmt::format("{} to {}", *low, *high) : "not stated";
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

// What a part of a score is called for people, and what it compares.
std::string_view part_name(monitor::ScorePart part) {
  switch (part) {
    case monitor::ScorePart::kTime: return "times, against chance";
    case monitor::ScorePart::kPlace: return "places, against chance";
    case monitor::ScorePart::kKind: return "what it was";
    case monitor::ScorePart::kCount: return "numbers counted";
    case monitor::ScorePart::kCasualties: return "numbers of killed and injured";
    case monitor::ScorePart::kDirection: return "directions of fire";
    case monitor::ScorePart::kReporters: return "who tells of it, and who does not";
  }
  return "";
}

std::string parts_text(const monitor::ScoreParts& parts) {
  std::string out;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    if (parts[p] < 0.05 && parts[p] > -0.05) continue;
    out += fmt::format("{}{} {:+.1f}", out.empty() ? "" : ", ",
                       monitor::score_part_code(static_cast<monitor::ScorePart>(p)), parts[p]);
  }
  return out;
}

// "1 : 250" out of a difference of micronats.
std::string odds(std::int64_t micronats) {
  const double ratio = math::exp(std::min(static_cast<double>(micronats) / monitor::kMicronats, 50.0));
  if (ratio < 9.5) return fmt::format("1 : {:.1f}", ratio);
  if (ratio < 1e6) return fmt::format("1 : {:.0f}", ratio);
  return "less than 1 : 1,000,000";
}

void print_reasons(const picture::Reasons& why, const picture::IncidentRow& incident) {
  if (why.members.size() == 1) {
    const auto& m = why.members[0];
    print_line(fmt::format("  alone, with {:.1f} % certainty", m.certainty_ppm / 1e4) +
               (m.has_other && !m.other.empty() ? "; else with " + m.other + ", odds " + odds(m.other_behind)
                                                : std::string()));
    return;
  }
  double sum = 0;
  for (const double p : why.together) sum += p;
  print_line(fmt::format(
      "  why together: {} reports as one incident against each alone, {:+.1f} nats in all{}", why.members.size(), sum,
      why.calibration.empty() ? " (neutral priors: nothing is calibrated)" : " (calibration " + why.calibration + ")"));
  for (std::size_t p = 0; p < why.together.size(); ++p) {
    if (why.together[p] < 0.05 && why.together[p] > -0.05) continue;
    print_line(fmt::format(
        "    {:+7.1f}  {:<11} {}{}", why.together[p], monitor::score_part_code(static_cast<monitor::ScorePart>(p)),
        part_name(static_cast<monitor::ScorePart>(p)), why.together[p] < 0 ? "  (speaks against)" : ""));
  }
  for (const auto& m : why.members) {
    const auto& r = m.report;
    const bool own_id = r.source_id.empty() || r.source_id[0] == '#';
    const std::string who = (r.said_by.empty() ? r.party : r.said_by) + (r.reporter.empty() ? "" : "/" + r.reporter);
    std::string where = r.bearing_mdeg
                            ? fmt::format("{:.0f} degrees, {} m from its post",
                                          static_cast<double>(*r.bearing_mdeg) / 1e3, r.distance_m.value_or(0))
                            : fmt::format("within {} m", r.radius_m);
    print_line(fmt::format("    {}{}  {}  {}{}, {} +- {} s, {}", r.id, own_id ? "" : " (" + r.source_id + ")", who,
                           r.kind, r.means.empty() ? "" : ", " + r.means, when(r.from_ms), r.precision_s, where));
    if (m.clock_offset_s >= 1 || m.clock_offset_s <= -1)
      print_line(fmt::format("      its clock is taken to be {:+.0f} s off", m.clock_offset_s));
    print_line("      adds " + parts_text(m.parts));
    std::string sure = fmt::format("      belongs here with {:.1f} % certainty", m.certainty_ppm / 1e4);
    if (m.has_other)
      sure += (m.other.empty() ? "; else alone" : "; else with " + m.other) + ", odds " + odds(m.other_behind);
    print_line(sure);
  }
  if (!incident.kinds.empty())
    print_line("  contradicts: kinds differ (" + incident.kinds + "); most likely " + incident.kind);
  if (!incident.killed_best && incident.killed_low)
    print_line(fmt::format("  contradicts: killed, parties say {} to {}", *incident.killed_low, *incident.killed_high));
  if (!incident.injured_best && incident.injured_low)
    print_line(
        fmt::format("  contradicts: injured, parties say {} to {}", *incident.injured_low, *incident.injured_high));
  if (incident.attribution == "differs") print_line("  contradicts: parties attribute it differently");
  if (!incident.alike.empty())
    print_line(fmt::format("  close: may be the same as {} ({:.0f} % for the report that is nearest to it)",
                           incident.alike, static_cast<double>(incident.alike_ppm) / 1e4));
}

Json reasons_json(const picture::Reasons& why) {
  const auto micronats = [](double v) {
    return Json(static_cast<std::int64_t>(math::round_to_integer(v * monitor::kMicronats)));
  };
  const auto parts = [&](const monitor::ScoreParts& values) {
    Json out = Json::object();
    for (std::size_t p = 0; p < values.size(); ++p)
      out.set(monitor::score_part_code(static_cast<monitor::ScorePart>(p)), micronats(values[p]));
    return out;
  };
  Json members = Json::array();
  for (const auto& m : why.members) {
    Json j = Json::object({{"report", m.report.id},
                           {"certainty_ppm", std::int64_t{m.certainty_ppm}},
                           {"adds_micronats", parts(m.parts)}});
    if (m.has_other) {
      j.set("other", m.other);
      j.set("other_behind_micronats", Json(m.other_behind));
    }
    members.push_back(std::move(j));
  }
  return Json::object(
      {{"calibration", why.calibration}, {"members", std::move(members)}, {"micronats", parts(why.together)}});
}

Result<int> run(const Context& context, const Options& o) {
  node::Node::PictureFacts facts;
  TRUCE_TRY(const auto node, context.open_picture(&facts));
  auto& tables = node->picture();
  TRUCE_TRY(auto reports, picture::find_rows<picture::ReportRow>(tables, "id", o.id));
  if (reports.empty()) {
    TRUCE_TRY(reports, picture::find_rows<picture::ReportRow>(tables, "source_id", o.id));
    if (reports.size() > 1)
      return fail(ErrorCode::kAmbiguous, quoted(o.id) + " stands for several reports; name one as party/log/index");
  }
  if (reports.empty()) return fail(ErrorCode::kNotFound, "no incident or report " + quoted(o.id) + " in the picture");
  const picture::ReportRow& report = reports[0];
  std::vector<picture::IncidentRow> incidents;
  std::vector<picture::ReportRow> members = {report};
  std::optional<picture::Reasons> why;
  if (!report.incident.empty()) {
    TRUCE_TRY(incidents, picture::find_rows<picture::IncidentRow>(tables, "id", report.incident));
    TRUCE_TRY(members, picture::find_rows<picture::ReportRow>(tables, "incident", report.incident));
    const auto source = node->source();
    TRUCE_TRY(why, picture::reasons(node->mechanism(), tables, *source,
                                    report.state == "linked" ? report.incident : report.id));
  }

  // Every statement below this incident: its reports, their corrections and withdrawals, the imports.
  std::vector<picture::ChangeRow> changes;
  std::vector<std::string> ids;
  std::string versions;
  for (const auto& m : members) {
    TRUCE_TRY(auto of_report, picture::find_rows<picture::ChangeRow>(tables, "report", m.id));
    ids.push_back(m.id);
    // Requests to withdraw it, and who seconded them.
    std::vector<std::string> targets = {m.id};
    for (const auto& c : of_report) targets.push_back(c.statement);
    for (const std::string& target : targets) {
      TRUCE_TRY(const auto asked, picture::find_rows<picture::ChangeRow>(tables, "target", target));
      for (const auto& c : asked) {
        if (c.what == "requested" || c.what == "seconded") of_report.push_back(c);
      }
    }
    for (auto& c : of_report) {
      ids.push_back(c.statement);
      changes.push_back(std::move(c));
    }
    versions += (versions.empty() ? "" : ", ") + m.version;
  }
  for (const auto& m : members) {
    if (!m.import_id.empty() && std::ranges::count(ids, m.import_id) == 0) ids.push_back(m.import_id);
  }
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
    if (why) j.set("together", reasons_json(*why));
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
  if (why && !incidents.empty()) print_reasons(*why, incidents[0]);
  TRUCE_TRY(const auto links, picture::read_rows<picture::LinkRow>(tables));
  for (const auto& l : links) {
    const bool is_here =
        std::ranges::any_of(members, [&](const auto& m) { return m.id == l.first || m.id == l.second; });
    if (is_here && l.state != "withdrawn")
      print_line("  " + l.party + " stated: " + l.what + " " + l.first + " and " + l.second + " (" + l.statement +
                 "), " + l.state);
  }
  print_line("  from these statements (the figures are those of " + versions + "):");
  for (const auto& [id, e] : statements) {
    const auto change = std::ranges::find(changes, id.to_string(), &picture::ChangeRow::statement);
    std::string what = e.type;
    if (change != changes.end()) {
      what = change->what + (change->reason.empty() ? "" : " (" + change->reason + ")") + ", refers to " +
             change->target + (change->changed.empty() ? "" : ", changed: " + change->changed);
    }
    print_line("    " + id.to_string() + "  " + what + ", recorded " + to_string(e.recorded) +
               (e.by.empty() ? "" : " by " + e.by) + (e.sealed ? ", with a sealed part" : ""));
    if (e.sealed) {
      TRUCE_TRY(const auto parts, picture::find_rows<picture::SealedRow>(tables, "statement", id.to_string()));
      for (const auto& p : parts) {
        if (!p.given_to.empty()) print_line("      sealed part: given to " + p.given_to);
        TRUCE_TRY(const Json erased, Json::parse_canonical(p.erased.empty() ? "[]" : p.erased));
        for (const Json& j : erased.as_array()) {
          print_line("      sealed part: erased by " + j.as_array()[0].as_string() + " on " +
                     to_string(Instant{j.as_array()[1].as_integer()}) +
                     (p.waits_for.empty() ? "" : ", not yet by " + p.waits_for));
        }
      }
    }
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
