// SPDX-License-Identifier: Apache-2.0

#include "truce/brief/content_maker.h"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace truce::brief {

// [row, relation, [[zone, party, ppm], ...]] of incidents that are not plainly inside or outside; the public edition
// names the zones alone, since a probability would tell more of the place than its cell does.
Json Maker::apart_json() const {
  Json out = Json::array();
  for (std::size_t i = 0; i < shown_.size(); ++i) {
    const IncidentRow& r = *exact_[i];
    if (!counts(r) || (r.relation != "cannot-tell" && r.relation != "probably-inside")) continue;
    Json zones = Json::array();
    const auto answers = r.answers.empty() ? Result<Json>(Json::array()) : Json::parse_canonical(r.answers);
    for (const Json& a : answers && answers->is_array() ? answers->as_array() : Json::Array{}) {
      if (!a.is_array() || a.as_array().size() != 5) continue;
      const Json::Array& c = a.as_array();
      if (!(c[4] == Json(1)) || c[2] == Json("outside") || c[2] == Json("near")) continue;
      if (!request_.zone.empty() && !(c[0] == Json(request_.zone))) continue;
      if (!is_public_) {
        zones.push_back(Json(Json::Array{c[0], c[1], c[3]}));
      } else if (const Json one = Json(Json::Array{c[0]});
                 zones.as_array().empty() || !(zones.as_array().back() == one)) {
        zones.push_back(one);
      }
    }
    out.push_back(Json(Json::Array{Json(static_cast<std::int64_t>(i)), Json(r.relation), std::move(zones)}));
  }
  return out;
}

Json Maker::differences_json() const {
  Json out = Json::array();
  for (std::size_t i = 0; i < shown_.size(); ++i) {
    if (!counts(*exact_[i])) continue;
    if (Json d = difference_json(*exact_[i], static_cast<std::int64_t>(i), is_public_); !d.is_null())
      out.push_back(std::move(d));
  }
  return out;
}

// {"by_zone":[[zone, incidents],...],"incidents":n,"rows":[[row,[[zone,[party,...] inside,[party,...]
// outside],...]],...]}. Maps differ in strips that can be narrower than a cell: the public edition counts by zone and
// names no incident.
Json Maker::disputed_json() const {
  std::map<std::string, std::int64_t> by_zone;
  std::int64_t incidents = 0;
  Json rows = Json::array();
  const auto ids = [](const std::vector<std::string>& parties) {
    Json out = Json::array();
    for (const std::string& p : parties) out.push_back(p);
    return out;
  };
  for (std::size_t i = 0; i < shown_.size(); ++i) {
    if (!counts(*exact_[i])) continue;
    Json zones = Json::array();
    for (const MapsApart& a : maps_apart(*exact_[i])) {
      if (!request_.zone.empty() && a.zone != request_.zone) continue;
      ++by_zone[a.zone];
      zones.push_back(Json(Json::Array{Json(a.zone), ids(a.inside), ids(a.outside)}));
    }
    if (zones.as_array().empty()) continue;
    ++incidents;
    if (!is_public_) rows.push_back(Json(Json::Array{Json(static_cast<std::int64_t>(i)), std::move(zones)}));
  }
  Json counted = Json::array();
  for (const auto& [zone, n] : by_zone) counted.push_back(Json(Json::Array{Json(zone), Json(n)}));
  return Json::object({{"by_zone", std::move(counted)}, {"incidents", incidents}, {"rows", std::move(rows)}});
}

// Who relays what is only said to be of a side, by incident.
Status Maker::read_relayers() {
  std::set<std::string> wanted;
  for (const IncidentRow& r : rows_) {
    if (counts(r) && r.parties.find("said:") != std::string::npos) wanted.insert(r.id);
  }
  if (wanted.empty()) return {};
  const auto take = [&](const picture::Row& cells) -> Status {
    TRUCE_TRY(const auto r, picture::from_row<picture::ReportRow>(cells));
    if (!r.said_by.empty() && r.said_by != r.party && wanted.contains(r.incident))
      relayers_[r.incident][r.said_by].insert(r.party);
    return {};
  };
  return tables_.visit(picture::table("reports"), margin_before(), margin_after(), take);
}

// [row, other row or null, other's id, other's day, ppm or null, 1 where both state casualties], each pair once. An
// incident names the one that it comes nearest to: those of the days around that name one of these are asked too.
Result<Json> Maker::alike_json() {
  struct Pair {
    std::size_t row = 0;
    const IncidentRow* other = nullptr;
    std::int64_t ppm = 0;
  };
  const auto harm = [](const IncidentRow& r) { return r.killed_high.value_or(0) + r.injured_high.value_or(0); };
  const auto told_here = [this](const IncidentRow& r) {
    return counts(r) && (!is_public_ || is_published_kind(r.kind));
  };
  std::map<std::string, std::size_t> row_of;
  for (std::size_t i = 0; i < shown_.size(); ++i) row_of[exact_[i]->id] = i;
  std::vector<IncidentRow> around;
  for (const bool after : {false, true}) {
    TRUCE_TRY(auto some,
              picture::read_rows<IncidentRow>(tables_, after ? (request_.last_day + 1).to_string() : margin_before(),
                                              after ? margin_after() : (request_.first_day + -1).to_string()));
    std::ranges::move(some, std::back_inserter(around));
  }
  // A slab can reach further than the margin.
  std::set<std::string> here_or_around;
  for (const IncidentRow* r : exact_) here_or_around.insert(r->id);
  for (const IncidentRow& r : around) here_or_around.insert(r.id);
  for (const IncidentRow* r : exact_) {
    if (r->alike.empty() || !here_or_around.insert(r->alike).second) continue;
    TRUCE_TRY(auto far, picture::find_rows<IncidentRow>(tables_, "id", r->alike));
    std::ranges::move(far, std::back_inserter(around));
  }
  std::map<std::string, const IncidentRow*> by_id;
  for (const IncidentRow& r : around) by_id[r.id] = &r;
  std::map<std::pair<std::string, std::string>, Pair> pairs;
  const auto tell = [&](const IncidentRow& from, std::size_t row, const IncidentRow& other) {
    Pair& p = pairs.try_emplace(std::minmax(from.id, from.alike), Pair{row, &other, 0}).first->second;
    p.ppm = std::max(p.ppm, from.alike_ppm);
  };
  for (std::size_t i = 0; i < shown_.size(); ++i) {
    const IncidentRow& r = *exact_[i];
    if (!counts(r) || r.alike.empty()) continue;
    if (const auto here = row_of.find(r.alike); here != row_of.end()) {
      if (told_here(*exact_[here->second])) tell(r, i, *exact_[here->second]);
    } else if (const auto near = by_id.find(r.alike); near != by_id.end() && told_here(*near->second)) {
      tell(r, i, *near->second);
    }
  }
  for (const IncidentRow& r : around) {
    if (!told_here(r) || r.alike.empty()) continue;
    const auto here = row_of.find(r.alike);
    if (here != row_of.end() && counts(*exact_[here->second])) tell(r, here->second, r);
  }
  std::vector<const Pair*> ordered;
  for (const auto& [ids, p] : pairs) ordered.push_back(&p);
  std::ranges::stable_sort(ordered, {}, [](const Pair* p) { return std::tie(p->row, p->other->id); });
  Json out = Json::array();
  for (const Pair* p : ordered) {
    const auto here = row_of.find(p->other->id);
    const bool both = harm(*exact_[p->row]) > 0 && harm(*p->other) > 0;
    out.push_back(Json(Json::Array{Json(static_cast<std::int64_t>(p->row)),
                                   here != row_of.end() ? Json(static_cast<std::int64_t>(here->second)) : Json(),
                                   Json(p->other->id), Json(p->other->day), is_public_ ? Json() : Json(p->ppm),
                                   Json(both ? 1 : 0)}));
  }
  return out;
}

// The last calibration in force that applies to these days.
Result<Json> Maker::calibration_json() {
  TRUCE_TRY(const auto rows, picture::read_rows<picture::CalibrationRow>(tables_));
  const picture::CalibrationRow* last = nullptr;
  for (const picture::CalibrationRow& c : rows) {
    if (c.state == "in-force" && c.from_day <= last_ && (last == nullptr || c.number > last->number)) last = &c;
  }
  if (last == nullptr) return Json();
  return Json::object({{"from", last->from_day}, {"statement", last->statement}, {"to", last->to_day}});
}

}  // namespace truce::brief
