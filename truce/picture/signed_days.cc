// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/signed_days.h"

#include <set>
#include <utility>

#include "truce/picture/folder.h"
#include "truce/picture/zone_maps.h"

namespace truce::picture {
namespace {

Result<std::shared_ptr<const monitor::ZoneBook>> book_of(const std::string& maps, StatementSource& source) {
  TRUCE_TRY(const Json list, Json::parse_canonical(maps));
  std::vector<ZoneRow> rows;
  for (const Json& j : list.as_array()) {
    TRUCE_TRY(const StatementId id, StatementId::parse(j.as_array().at(0).as_string()));
    TRUCE_TRY(const std::string entry, source.entry(id));
    TRUCE_TRY(const record::Envelope e, record::decode(entry));
    TRUCE_TRY(const monitor::ZoneStatement zone, monitor::ZoneStatement::from_body(e.body));
    rows.push_back(zone_row(zone, id));
    rows.back().state = j.as_array().at(1).as_string();
  }
  TRUCE_TRY(monitor::ZoneBook book, zone_book_of(rows, [&](const Hash& h) { return source.blob(h); }));
  return std::make_shared<const monitor::ZoneBook>(std::move(book));
}

}  // namespace

ZoneRow zone_row(const monitor::ZoneStatement& z, const StatementId& statement) {
  const Json body = z.to_body();
  ZoneRow row;
  row.zone = z.id;
  row.party = statement.log.party;
  row.said_by = z.said_by;
  row.statement = statement.to_string();
  row.kind = monitor::zone_kind_code(z.kind);
  row.names = monitor::names_json(z.names).to_canonical();
  if (z.valid_from.ms != Instant::kMin) row.valid_from_ms = z.valid_from.ms;
  if (z.valid_to.ms != Instant::kMax) row.valid_to_ms = z.valid_to.ms;
  row.geometry = z.geometry.base64url();
  row.near = z.near ? z.near->base64url() : std::string();
  row.forbids = member_text(body, "forbids");
  row.withdrawal = member_text(body, "withdrawal");
  return row;
}

std::string maps_text(const std::vector<ZoneRow>& rows) {
  Json out = Json::array();
  for (const ZoneRow& r : rows) out.push_back(Json(Json::Array{Json(r.statement), Json(r.state)}));
  return out.to_canonical();
}

void SignedDays::set(std::int32_t day, std::string brief, std::string maps) {
  days_[day] = {std::move(brief), std::move(maps)};
}

Status SignedDays::load(StatementSource& source) {
  for (const auto& [number, day] : days_) {
    if (day.maps.empty() || books_.contains(day.maps)) continue;
    TRUCE_TRY(books_[day.maps], book_of(day.maps, source));
  }
  return {};
}

const monitor::ZoneBook& SignedDays::book(std::int32_t day, const monitor::ZoneBook& now) const {
  const auto it = days_.find(day);
  return it == days_.end() || it->second.maps.empty() ? now : *books_.at(it->second.maps);
}

SignedDayRow SignedDays::row(std::int32_t day, const std::vector<IncidentRow>& incidents,
                             const monitor::ZoneBook& now) const {
  const Day& d = days_.at(day);
  SignedDayRow out{Date{day}.to_string(), d.brief, d.maps, {}};
  if (d.maps.empty()) return out;
  std::map<std::string, ZoneCount> kept = count_by_zone(incidents, *books_.at(d.maps));
  std::map<std::string, ZoneCount> would = count_by_zone(incidents, now);
  std::set<std::string> zones;
  for (const auto& [zone, count] : kept) zones.insert(zone);
  for (const auto& [zone, count] : would) zones.insert(zone);
  Json list = Json::array();
  for (const std::string& zone : zones) {
    const ZoneCount a = kept[zone], b = would[zone];
    if (a == b) continue;
    list.push_back(
        Json(Json::Array{Json(zone), Json(a.incidents), Json(b.incidents), Json(a.forbidden), Json(b.forbidden)}));
  }
  if (!list.as_array().empty()) out.would_change = list.to_canonical();
  return out;
}

std::map<std::string, ZoneCount> count_by_zone(const std::vector<IncidentRow>& incidents,
                                               const monitor::ZoneBook& book) {
  std::map<std::string, ZoneCount> out;
  std::vector<monitor::ZoneBook::Answer> answers;
  for (const IncidentRow& i : incidents) {
    if (i.over_quota != 0 || !i.lat_e7) continue;
    const auto at = geo::LatLng::checked(*i.lat_e7, *i.lng_e7);
    if (!at) continue;
    const auto place = geo::UncertainPlace::make(geo::Disc{at.value(), 1});
    if (!place) continue;
    book.ask(place.value(), Instant{i.from_ms}, answers, i.reports == 1 ? i.place_ref : std::string());
    const auto kind = monitor::kind_from_code(i.kind);
    std::set<std::string> holds, forbids;
    for (const auto& a : answers) {
      if (!a.holds_nominal || !a.in_force) continue;
      const monitor::ZoneStatement& zone = book.maps()[a.map].zone;
      holds.insert(zone.id);
      if (kind && zone.forbids_kind(*kind)) forbids.insert(zone.id);
    }
    for (const std::string& zone : holds) ++out[zone].incidents;
    for (const std::string& zone : forbids) ++out[zone].forbidden;
  }
  return out;
}

}  // namespace truce::picture
