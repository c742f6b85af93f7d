// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/day.h"

#include "truce/picture/briefs.h"
#include "truce/picture/sealed_rows.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "truce/picture/claims.h"

namespace truce::picture {
namespace {

void add_id(std::string& list, std::string_view id) {
  if (!list.empty()) list += ';';
  list += id;
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
  if (!rows.empty() && t.digested) digests.push_back(std::move(digest));
  return {};
}
template Status put_rows(std::vector<ActorRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);
template Status put_rows(std::vector<AmendmentRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);
template Status put_rows(std::vector<BriefRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);
template Status put_rows(std::vector<SealedRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);
template Status put_rows(std::vector<CalibrationRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);
template Status put_rows(std::vector<LinkRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);
template Status put_rows(std::vector<ChangeRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);
template Status put_rows(std::vector<CoverageRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);
template Status put_rows(std::vector<ImportRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);
template Status put_rows(std::vector<IncidentRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);
template Status put_rows(std::vector<PlaceListRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);
template Status put_rows(std::vector<ReceiptRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);
template Status put_rows(std::vector<ReportRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);
template Status put_rows(std::vector<SignedDayRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);
template Status put_rows(std::vector<SlabRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);
template Status put_rows(std::vector<StandingRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);
template Status put_rows(std::vector<ZoneRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);
template Status put_rows(std::vector<AskRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);
template Status put_rows(std::vector<FindingRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);
template Status put_rows(std::vector<InquiryRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);
template Status put_rows(std::vector<PositionRow>&, const std::string&, TableSink&, std::vector<DayDigest>&);

// Statements per said party and event day beyond the quota, in canonical order (event time, then id), are in no count.
void DayFolder::mark_quota(std::span<Facts* const> facts) const {
  for (Facts* f : facts) f->over_quota = false;
  if (facts.size() <= static_cast<std::size_t>(mechanism_.quota_statements)) return;
  std::vector<Facts*> order(facts.begin(), facts.end());
  std::ranges::sort(order, [this](const Facts* a, const Facts* b) {
    if (a->from_ms != b->from_ms) return a->from_ms < b->from_ms;
    return before(*a, *b, names_);
  });
  std::map<std::uint32_t, std::int64_t> seen;  // looked up only, never walked
  for (Facts* f : order) {
    if (!f->is_counted()) continue;
    const std::uint32_t said = f->said_by != 0 ? f->said_by : f->party;
    f->over_quota = ++seen[said] > mechanism_.quota_statements;
  }
}

void DayFolder::count_linked(std::span<Facts* const> all) {
  std::map<std::string, const Facts*> wanted;
  for (const Facts* f : all) {
    if (f->state == ReportState::kLinked) wanted[names_.text(f->linked_to)] = nullptr;
  }
  if (wanted.empty()) return;
  for (const Facts* f : all) {
    if (const auto it = wanted.find(f->id(names_)); it != wanted.end()) it->second = f;
  }
  for (Facts* fact : all) {
    Facts& f = *fact;
    if (f.state != ReportState::kLinked) continue;
    const Facts* original = wanted[names_.text(f.linked_to)];
    if (original == nullptr || original->incident_party == 0) continue;
    f.incident_party = original->incident_party, f.incident_log = original->incident_log;
    f.incident_idx = original->incident_idx, f.certainty_ppm = original->certainty_ppm;
    ++linked_[report_row(f, names_).incident];
  }
}

std::optional<geo::UncertainPlace> DayFolder::place_of(const Facts& facts, const monitor::ZoneBook& zones) const {
  auto place = zones.place_of(facts.place(names_));
  if (!place) return std::nullopt;
  return std::move(place).value();
}

void DayFolder::answer(const geo::UncertainPlace& place, const monitor::ZoneBook& zones, std::string_view stated_zone,
                       IncidentRow& incident, monitor::Kind kind) {
  zones.ask(place, Instant{incident.from_ms}, answers_, stated_zone);
  auto strongest = geo::Relation::kOutside;
  Json list = Json::array();
  const std::string* last_any = nullptr;
  const std::string* last = nullptr;
  const std::string* last_forbidding = nullptr;
  for (const auto& a : answers_) {
    const monitor::ZoneMap& map = zones.maps()[a.map];
    const std::string& id = map.zone.id;
    if (a.in_force) strongest = std::max(strongest, a.relation.relation);
    // Maps of one zone stand together, so that comparing with the last id added is enough.
    if (a.holds_nominal && (last_any == nullptr || *last_any != id)) add_id(incident.zones_any, *(last_any = &id));
    if (a.holds_nominal && a.in_force && (last == nullptr || *last != id)) add_id(incident.zones, *(last = &id));
    if (a.holds_nominal && a.in_force && map.zone.forbids_kind(kind) &&
        (last_forbidding == nullptr || *last_forbidding != id)) {
      add_id(incident.forbidden_by, *(last_forbidding = &id));
    }
    list.push_back(Json(Json::Array{Json(id), Json(map.zone.said_by.empty() ? map.party : map.zone.said_by),
                                    Json(geo::relation_name(a.relation.relation)),
                                    Json(std::int64_t{a.relation.inside_ppm}), Json(a.in_force ? 1 : 0)}));
  }
  incident.relation = geo::relation_name(strongest);
  if (!list.as_array().empty()) incident.answers = list.to_canonical();
}

Result<IncidentRow> DayFolder::incident_of(const Group& g) {
  const Facts& first = *g.members[0];
  const monitor::ZoneBook& zones = signed_days_.book(g.day, zones_);
  IncidentRow i;
  i.day = Date{g.day}.to_string();
  i.party = names_.text(first.party);
  i.log = names_.text(first.log);
  i.idx = static_cast<Int>(first.idx);
  i.id = first.id(names_);
  i.from_ms = g.from_ms;
  i.to_ms = g.to_ms;
  i.precision_s = g.precision_s;
  i.kind = monitor::kind_code(g.kind);
  i.group = monitor::group_code(monitor::kind_info(g.kind).group);
  i.slab = g.slab;
  i.certainty_ppm = g.certainty_ppm;
  if (g.alike != nullptr) {
    i.alike = g.alike->id(names_);
    i.alike_ppm = g.alike_ppm;
  }
  std::optional<geo::UncertainPlace> place;
  if (g.is_placed) {
    if (auto made = geo::UncertainPlace::make(geo::Disc{g.at, g.radius_m})) place = std::move(made).value();
  } else {
    place = place_of(first, zones);
  }
  if (place) {
    i.lat_e7 = place->nominal().lat_e7;
    i.lng_e7 = place->nominal().lng_e7;
    i.radius_m = place->radius_m();
    const bool is_zone = !g.is_placed && first.form == monitor::Place::Form::kZone;
    answer(*place, zones, is_zone ? std::string_view(names_.text(first.place_ref)) : std::string_view(), i, g.kind);
  } else {
    i.relation = geo::relation_name(geo::Relation::kCannotTell);
  }
  i.reports = static_cast<Int>(g.members.size());
  if (const auto it = linked_.find(i.id); it != linked_.end()) i.linked = it->second;
  TRUCE_CHECK(tell_claims(g.members, names_, i));
  return i;
}

Status DayFolder::put_day(DayInput& input, TableSink& sink, std::vector<DayDigest>& digests) {
  const std::string day = Date{input.day}.to_string();
  std::ranges::sort(input.facts, [this](const Facts* a, const Facts* b) { return before(*a, *b, names_); });
  std::vector<IncidentRow> incidents = std::move(input.kept);
  incidents.reserve(incidents.size() + input.groups.size());
  for (const Group* g : input.groups) {
    TRUCE_TRY(IncidentRow row, incident_of(*g));
    incidents.push_back(std::move(row));
  }
  std::ranges::sort(incidents, {}, [](const IncidentRow& r) { return std::tie(r.party, r.log, r.idx); });
  std::map<std::pair<std::string, std::string>, PatrolMinutes> patrols;
  const monitor::ZoneBook& zones = signed_days_.book(input.day, zones_);
  std::vector<ReportRow> reports;
  reports.reserve(input.facts.size());
  for (const Facts* f : input.facts) {
    reports.push_back(report_row(*f, names_));
    ReportRow& report = reports.back();
    if (f->state == ReportState::kEffective && f->over_quota) report.state = report_state_code(ReportState::kOverQuota);
    if (const auto place = place_of(*f, zones)) {
      report.lat_e7 = place->nominal().lat_e7;
      report.lng_e7 = place->nominal().lng_e7;
      report.radius_m = place->radius_m();
    }
    if (f->kind != monitor::Kind::kPatrol || !f->is_counted() || f->over_quota || f->more.empty()) continue;
    TRUCE_TRY(const Json more, Json::parse_canonical(f->more));
    const Json* details = more.find("details");
    if (details == nullptr) continue;
    const Json* zone = details->find("zone");
    const auto minutes = [&](const char* name) {
      const Json* j = details->find(name);
      return j != nullptr && j->is_integer() ? j->as_integer() : 0;
    };
    std::string in_zones;
    if (zone != nullptr) {
      in_zones = zone->as_string();
    } else {
      // A patrol is an incident of its own, of the same day.
      const auto own = std::ranges::lower_bound(incidents, std::tie(report.party, report.log, report.idx), {},
                                                [](const IncidentRow& r) { return std::tie(r.party, r.log, r.idx); });
      if (own != incidents.end() && own->id == report.id) in_zones = own->zones;
    }
    PatrolMinutes& p = patrols[{in_zones, report.said_by.empty() ? report.party : report.said_by}];
    ++p.patrols;
    p.day += minutes("day_minutes");
    p.night += minutes("night_minutes");
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
  if (signed_days_.contains(input.day)) {
    std::vector<SignedDayRow> kept;
    if (!input.facts.empty()) kept.push_back(signed_days_.row(input.day, incidents, zones_));
    TRUCE_CHECK(put_rows(kept, day, sink, digests));
  }
  TRUCE_CHECK(put_rows(coverage, day, sink, digests));
  TRUCE_CHECK(put_rows(incidents, day, sink, digests));
  return put_rows(reports, day, sink, digests);
}

}  // namespace truce::picture
