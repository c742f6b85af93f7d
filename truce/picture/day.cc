// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/day.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace truce::picture {
namespace {

void add_id(std::string& list, std::string_view id) {
  if (!list.empty()) list += ';';
  list += id;
}

// "actor:ID", "unknown", "disputed:A;B" out of the members without columns.
std::string attribution_text(const Json& more) {
  const Json* a = more.find("attribution");
  if (a == nullptr) return {};
  const Json* state = a->find("state");
  if (state == nullptr || !state->is_string()) return {};
  std::string out = state->as_string();
  if (const Json* actors = a->find("actors"); actors != nullptr && actors->is_array()) {
    std::string ids;
    for (const Json& id : actors->as_array()) add_id(ids, id.as_string());
    out += ':' + ids;
  }
  return out;
}

// What an incident keeps of its report's members without columns: all but the attribution, which has its own.
std::string incident_more(Json more) {
  more.erase("attribution");
  return more.as_object().empty() ? std::string() : more.to_canonical();
}

struct PatrolMinutes {
  Int patrols = 0, day = 0, night = 0;
};

}  // namespace

template <typename T>
Status put_rows(std::vector<T>& rows, const std::string& day, TableSink& sink, std::vector<DayDigest>& digests) {
  const Table& t = table(table_name<T>());
  std::vector<Row> cells;
  cells.reserve(rows.size());
  Sha256 hash;
  std::string line;
  for (const T& row : rows) {
    cells.push_back(to_row(row));
    line.clear();
    append_digest_line(line, cells.back());
    hash.update(line);
  }
  DayDigest digest{std::string(t.name), day, static_cast<std::int64_t>(rows.size()), hash.finish()};
  TRUCE_CHECK(sink.replace(t, day, cells, digest));
  if (!rows.empty()) digests.push_back(std::move(digest));
  return {};
}
template Status put_rows(std::vector<ActorRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);
template Status put_rows(std::vector<ChangeRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);
template Status put_rows(std::vector<CoverageRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);
template Status put_rows(std::vector<ImportRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);
template Status put_rows(std::vector<IncidentRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);
template Status put_rows(std::vector<PlaceListRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);
template Status put_rows(std::vector<ReportRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);
template Status put_rows(std::vector<ZoneRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);

// Statements per said party and event day beyond the quota, in canonical order (event time, then id), are in no count.
void DayFolder::mark_quota(std::vector<Facts*>& facts) const {
  for (Facts* f : facts) f->over_quota = false;
  if (facts.size() <= static_cast<std::size_t>(mechanism_.quota_statements)) return;
  std::vector<Facts*> order = facts;
  std::ranges::sort(order, [this](const Facts* a, const Facts* b) {
    if (a->from_ms != b->from_ms) return a->from_ms < b->from_ms;
    return before(*a, *b, names_);
  });
  std::map<std::uint32_t, std::int64_t> seen;  // looked up only, never walked
  for (Facts* f : order) {
    if (f->state == ReportState::kWithdrawn || f->state == ReportState::kLinked) continue;
    const std::uint32_t said = f->said_by != 0 ? f->said_by : f->party;
    f->over_quota = ++seen[said] > mechanism_.quota_statements;
  }
}

void DayFolder::place_and_answer(const Facts& facts, ReportRow& report, IncidentRow* incident) {
  const monitor::Place stated = facts.place(names_);
  const auto place = zones_.place_of(stated);
  if (!place) {
    if (incident != nullptr) incident->relation = geo::relation_name(geo::Relation::kCannotTell);
    return;
  }
  report.lat_e7 = place->nominal().lat_e7;
  report.lng_e7 = place->nominal().lng_e7;
  report.radius_m = place->radius_m();
  if (incident == nullptr) return;
  incident->lat_e7 = report.lat_e7;
  incident->lng_e7 = report.lng_e7;
  incident->radius_m = report.radius_m;
  zones_.ask(*place, Instant{facts.from_ms}, answers_,
             stated.form == monitor::Place::Form::kZone ? std::string_view(stated.ref) : std::string_view());
  auto strongest = geo::Relation::kOutside;
  Json list = Json::array();
  const std::string* last_any = nullptr;
  const std::string* last = nullptr;
  const std::string* last_forbidding = nullptr;
  for (const auto& a : answers_) {
    const monitor::ZoneMap& map = zones_.maps()[a.map];
    const std::string& id = map.zone.id;
    if (a.in_force) strongest = std::max(strongest, a.relation.relation);
    // Maps of one zone stand together, so that comparing with the last id added is enough.
    if (a.holds_nominal && (last_any == nullptr || *last_any != id)) add_id(incident->zones_any, *(last_any = &id));
    if (a.holds_nominal && a.in_force && (last == nullptr || *last != id)) add_id(incident->zones, *(last = &id));
    if (a.holds_nominal && a.in_force && map.zone.forbids_kind(facts.kind) &&
        (last_forbidding == nullptr || *last_forbidding != id)) {
      add_id(incident->forbidden_by, *(last_forbidding = &id));
    }
    list.push_back(Json(Json::Array{Json(id), Json(map.zone.said_by.empty() ? map.party : map.zone.said_by),
                                    Json(geo::relation_name(a.relation.relation)),
                                    Json(std::int64_t{a.relation.inside_ppm}), Json(a.in_force ? 1 : 0)}));
  }
  incident->relation = geo::relation_name(strongest);
  if (!list.as_array().empty()) incident->answers = list.to_canonical();
}

Status DayFolder::put_day(std::vector<Facts*>& facts, const std::string& day, TableSink& sink,
                          std::vector<DayDigest>& digests) {
  mark_quota(facts);
  std::ranges::sort(facts, [this](const Facts* a, const Facts* b) { return before(*a, *b, names_); });
  std::vector<ReportRow> reports;
  std::vector<IncidentRow> incidents;
  std::map<std::pair<std::string, std::string>, PatrolMinutes> patrols;
  reports.reserve(facts.size());
  incidents.reserve(facts.size());
  for (const Facts* f : facts) {
    reports.push_back(report_row(*f, names_));
    ReportRow& report = reports.back();
    if (f->state == ReportState::kWithdrawn || f->state == ReportState::kLinked) {
      place_and_answer(*f, report, nullptr);
      continue;
    }
    if (f->over_quota) report.state = report_state_code(ReportState::kOverQuota);
    IncidentRow i;
    i.day = report.day;
    i.party = report.party;
    i.log = report.log;
    i.idx = report.idx;
    i.id = report.id;
    i.from_ms = f->from_ms;
    i.to_ms = f->to_ms;
    i.precision_s = f->precision_s;
    i.kind = report.kind;
    i.group = monitor::group_code(monitor::kind_info(f->kind).group);
    i.means = report.means;
    i.assessment = report.assessment;
    place_and_answer(*f, report, &i);
    i.reports = 1;
    const std::string& said_by = names_.text(f->said_by);
    i.parties = said_by.empty() || said_by == report.party ? report.party : "said:" + said_by;
    i.count_low = report.count_low, i.count_best = report.count_best, i.count_high = report.count_high;
    i.killed_low = report.killed_low, i.killed_best = report.killed_best, i.killed_high = report.killed_high;
    i.injured_low = report.injured_low, i.injured_best = report.injured_best, i.injured_high = report.injured_high;
    i.place_ref = report.place_ref;
    i.over_quota = f->over_quota ? 1 : 0;
    if (!f->more.empty()) {
      TRUCE_TRY(const Json more, Json::parse_canonical(f->more));
      i.attribution = attribution_text(more);
      if (f->kind == monitor::Kind::kPatrol && !f->over_quota) {
        if (const Json* details = more.find("details")) {
          const Json* zone = details->find("zone");
          auto minutes = [&](const char* name) {
            const Json* j = details->find(name);
            return j != nullptr && j->is_integer() ? j->as_integer() : 0;
          };
          PatrolMinutes& p =
              patrols[{zone != nullptr ? zone->as_string() : i.zones, said_by.empty() ? report.party : said_by}];
          ++p.patrols;
          p.day += minutes("day_minutes");
          p.night += minutes("night_minutes");
        }
      }
      i.more = incident_more(more);
    }
    incidents.push_back(std::move(i));
  }
  std::vector<CoverageRow> coverage;
  for (const auto& [key, p] : patrols) {
    CoverageRow c;
    c.day = day;
    c.zone = key.first;
    c.party = key.second;
    c.patrols = p.patrols;
    c.day_minutes = p.day;
    c.night_minutes = p.night;
    coverage.push_back(std::move(c));
  }
  TRUCE_CHECK(put_rows(coverage, day, sink, digests));
  TRUCE_CHECK(put_rows(incidents, day, sink, digests));
  return put_rows(reports, day, sink, digests);
}

}  // namespace truce::picture
