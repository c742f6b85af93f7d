// SPDX-License-Identifier: Apache-2.0

#include "truce/brief/content_maker.h"

#include <algorithm>
#include <tuple>

#include "truce/monitor/taxonomy.h"

namespace truce::brief {
namespace {

const Json* member_of(const Json& more, std::string_view outer, std::string_view inner) {
  const Json* o = more.find(outer);
  return o != nullptr ? o->find(inner) : nullptr;
}

// Fields of `more` whose values are counted in both editions: counting is no detail of a single statement.
struct CountedField {
  std::string_view kind, outer, inner;
};
constexpr CountedField kCountedFields[] = {
    {"restriction-of-movement", "details", "form"},
    {"damage", "details", "object"},
    {"damage", "details", "state"},
    {"humanitarian-access", "details", "form"},
    {"humanitarian-access", "details", "need"},
    {"window-of-silence", "details", "purpose"},
    {"humanitarian-action", "details", "what"},
    {"weapon-in-violation", "weapon", "class"},
};

constexpr std::string_view kSplits[] = {"women",    "men",      "children",      "person_unknown",
                                        "civilian", "military", "status_unknown"};

}  // namespace

void Maker::count() {
  const auto forbidden = [this](const IncidentRow& r) {
    if (request_.zone.empty()) return !r.forbidden_by.empty();
    return std::ranges::count(split_ids(r.forbidden_by), request_.zone) != 0;
  };
  const auto count_one = [&](const IncidentRow& r, bool previous) {
    if (!counts(r)) return;
    const bool is_forbidden = forbidden(r);
    all_.add(r, previous, is_forbidden);
    const std::vector<std::string> forbidding = split_ids(r.forbidden_by);
    bool inside = false;
    for (const std::string& zone : split_ids(r.zones)) {
      if (!request_.zone.empty() && zone != request_.zone) continue;
      inside = true;
      by_zone_[zone].add(r, previous, std::ranges::count(forbidding, zone) != 0);
    }
    Tally& side = inside ? in_zones_ : outside_;
    previous ? side.add_previous(r, is_forbidden) : side.add(r, is_forbidden);
    if (!inside) by_zone_[""].add(r, previous, false);
    if (!previous) {
      std::vector<std::string> areas = split_ids(r.zones);
      if (!request_.zone.empty()) std::erase_if(areas, [this](const std::string& z) { return z != request_.zone; });
      const auto found = relayers_.find(r.id);
      const Relayers relayers = found != relayers_.end() ? found->second : Relayers{};
      sides_.add(r, areas, relayers);
      sides_all_.add(r, {}, relayers);
      counted_.push_back(&r);
    }
    if (!previous && is_forbidden && !r.assessment.empty()) ++assessed_[r.assessment];
  };
  for (const std::string& zone : ring_in_force_) by_zone_[zone];
  for (const IncidentRow& r : rows_) count_one(r, false);
  for (const IncidentRow& r : previous_) count_one(r, true);
}

Json Maker::counts_json() {
  Json by_zone = Json::array();
  for (const auto& [zone, tallies] : by_zone_) {
    if (zone.empty()) continue;
    by_zone.push_back(Json::object({{"all", tallies.all.json()}, {"by_kind", tallies.kinds_json()}, {"zone", zone}}));
  }
  if (request_.zone.empty()) {
    const auto outside = by_zone_.find("");
    const KindTallies none;
    const KindTallies& t = outside != by_zone_.end() ? outside->second : none;
    by_zone.push_back(Json::object({{"all", t.all.json()}, {"by_kind", t.kinds_json()}, {"zone", Json()}}));
  }
  const std::int32_t length = request_.last_day.days - request_.first_day.days + 1;
  std::map<std::string, std::int64_t> per_day;
  for (const auto* rows : {&rows_, &previous_}) {
    for (const IncidentRow& r : *rows) per_day[r.day] += counts(r) ? 1 : 0;
  }
  Json by_day = Json::array();
  for (std::int32_t i = 0; i < length; ++i) {
    const std::string day = (request_.first_day + i).to_string();
    by_day.push_back(Json(
        Json::Array{Json(day), Json(per_day[day]), Json(per_day[(request_.first_day + (i - length)).to_string()])}));
  }
  Json assessed = Json::array();
  for (const auto& [code, n] : assessed_) assessed.push_back(Json(Json::Array{Json(code), Json(n)}));

  // Casualties by person and status, and values of counted fields.
  std::map<std::string, std::map<std::string, Sum>> splits;
  std::map<std::tuple<std::string, std::string>, std::map<std::string, std::int64_t>> fields;
  std::int64_t casualty_incidents = 0;
  std::int64_t killed_differ = 0, injured_differ = 0;  // sides state different figures: there is no best one
  std::int64_t activities = 0;
  for (const IncidentRow& r : rows_) {
    if (r.over_quota != 0) continue;
    if (r.group == "activity") ++activities;
    const Json more = parse_more(r);
    for (const CountedField& f : kCountedFields) {
      if (r.kind != f.kind) continue;
      const Json* value = member_of(more, f.outer, f.inner);
      ++fields[{std::string(f.kind), std::string(f.inner)}]
              [value != nullptr && value->is_string() ? value->as_string() : "not-stated"];
    }
    if (!counts(r)) continue;
    if (r.killed_high.value_or(0) + r.injured_high.value_or(0) > 0) ++casualty_incidents;
    if (r.killed_high && !r.killed_best) ++killed_differ;
    if (r.injured_high && !r.injured_best) ++injured_differ;
    for (const char* what : {"injured", "killed"}) {
      for (const std::string_view part : kSplits) {
        const Json* range = member_of(more, what, part);
        if (range == nullptr || !range->is_array() || range->as_array().size() != 3) continue;
        const Json::Array& n = range->as_array();
        splits[what][std::string(part)].add(n[0].as_integer(), n[1].as_integer(), n[2].as_integer());
      }
    }
  }
  Json casualties = Json::object({{"differ", Json::object({{"injured", injured_differ}, {"killed", killed_differ}})},
                                  {"incidents", casualty_incidents}});
  for (const char* what : {"injured", "killed"}) {
    const Tally& t = all_.all;
    Json j = Json::object({{"all", (what[0] == 'k' ? t.killed : t.injured).json()}});
    for (const auto& [part, sum] : splits[what]) j.set(part, sum.json());
    casualties.set(what, std::move(j));
  }
  Json values = Json::array();
  for (const auto& [key, counted] : fields) {
    Json list = Json::array();
    for (const auto& [value, n] : counted) list.push_back(Json(Json::Array{Json(value), Json(n)}));
    values.push_back(Json(Json::Array{Json(std::get<0>(key)), Json(std::get<1>(key)), std::move(list)}));
  }
  return Json::object({{"activities", activities},
                       {"all", all_.all.json()},
                       {"assessed", std::move(assessed)},
                       {"by_day", std::move(by_day)},
                       {"by_kind", all_.kinds_json()},
                       {"by_zone", std::move(by_zone)},
                       {"casualties", std::move(casualties)},
                       {"in_zones", in_zones_.json()},
                       {"outside", outside_.json()},
                       {"values", std::move(values)}});
}

Json KindTallies::kinds_json() const {
  Json out = Json::array();
  for (const monitor::KindInfo& k : monitor::all_kinds()) {
    const auto it = by_kind.find(std::string(k.code));
    if (it != by_kind.end()) out.push_back(Json(Json::Array{Json(k.code), it->second.json()}));
  }
  return out;
}

}  // namespace truce::brief
