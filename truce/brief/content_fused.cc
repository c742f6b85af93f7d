// SPDX-License-Identifier: Apache-2.0

#include "truce/brief/content_maker.h"

#include <algorithm>

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

// [row, other row or null, other's id, other's day, ppm or null, 1 where both state casualties], each pair once.
Result<Json> Maker::alike_json() {
  std::map<std::string, std::size_t> row_of;
  for (std::size_t i = 0; i < shown_.size(); ++i) row_of[exact_[i]->id] = i;
  std::set<std::pair<std::string, std::string>> told;
  Json out = Json::array();
  for (std::size_t i = 0; i < shown_.size(); ++i) {
    const IncidentRow& r = *exact_[i];
    if (!counts(r) || r.alike.empty() || !told.insert(std::minmax(r.id, r.alike)).second) continue;
    const auto here = row_of.find(r.alike);
    std::string day;
    std::int64_t harm = 0;
    if (here != row_of.end()) {
      day = exact_[here->second]->day;
      harm = exact_[here->second]->killed_high.value_or(0) + exact_[here->second]->injured_high.value_or(0);
    } else {
      TRUCE_TRY(const auto others, picture::find_rows<IncidentRow>(tables_, "id", r.alike));
      if (others.empty() || (is_public_ && !is_published_kind(others[0].kind))) continue;
      day = others[0].day;
      harm = others[0].killed_high.value_or(0) + others[0].injured_high.value_or(0);
    }
    const bool both = harm > 0 && r.killed_high.value_or(0) + r.injured_high.value_or(0) > 0;
    out.push_back(
        Json(Json::Array{Json(static_cast<std::int64_t>(i)),
                         here != row_of.end() ? Json(static_cast<std::int64_t>(here->second)) : Json(), Json(r.alike),
                         Json(day), is_public_ ? Json() : Json(r.alike_ppm), Json(both ? 1 : 0)}));
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
