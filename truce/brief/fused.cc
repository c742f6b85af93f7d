// SPDX-License-Identifier: Apache-2.0

#include "truce/brief/fused.h"

#include <algorithm>
#include <array>

#include "truce/brief/content.h"

namespace truce::brief {
namespace {

constexpr std::string_view kSaid = "said:";
constexpr std::int64_t kHighPpm = 950'000;
constexpr std::int64_t kMediumPpm = 750'000;

std::string_view side_of(std::string_view party) {
  return party.starts_with(kSaid) ? party.substr(kSaid.size()) : party;
}

// The kind that most of a side's reports state; ties: the first by code.
std::string main_kind(const Json& claim) {
  std::string out;
  std::int64_t most = 0;
  if (const Json* kinds = claim.find("kinds"); kinds != nullptr && kinds->is_object()) {
    for (const auto& [kind, n] : kinds->as_object()) {
      if (n.as_integer() > most) most = n.as_integer(), out = kind;
    }
  }
  return out;
}

}  // namespace

std::int64_t own_logs(const picture::IncidentRow& row) {
  return std::ranges::count_if(split_ids(row.parties), [](const std::string& p) { return !p.starts_with(kSaid); });
}

void Sides::add(const picture::IncidentRow& row, const std::vector<std::string>& zones, const Relayers& relayers) {
  const std::vector<std::string> parties = split_ids(row.parties);
  const std::int64_t own = own_logs(row);
  const auto add_to = [&](Count& c, bool is_relayed) {
    ++c.recorded;
    if (parties.size() > 1) ++c.with_others;
    if (own > 1 && !is_relayed) ++c.own_logs;
    if (is_relayed) ++c.relayed;
  };
  const auto count = [&](const std::string& zone) {
    add_to(counts_[{zone, std::string()}], own == 0);
    for (const std::string& p : parties) {
      const std::string side(side_of(p));
      Count& c = counts_[{zone, side}];
      const bool is_relayed = p.starts_with(kSaid);
      add_to(c, is_relayed);
      const auto by = relayers.find(side);
      if (is_relayed && by != relayers.end()) c.relayed_by.insert(by->second.begin(), by->second.end());
    }
  };
  // An empty zone sorts before all; it is put last when written.
  if (zones.empty()) count("");
  for (const std::string& z : zones) count(z);
}

Json Sides::json() const {
  Json out = Json::array();
  for (const bool outside : {false, true}) {
    for (const auto& [key, c] : counts_) {
      if (key.first.empty() != outside) continue;
      Json by = Json::array();
      for (const std::string& party : c.relayed_by) by.push_back(party);
      out.push_back(Json::object({{"alone", c.recorded - c.with_others},
                                  {"own_logs", c.own_logs},
                                  {"party", key.second.empty() ? Json() : Json(key.second)},
                                  {"recorded", c.recorded},
                                  {"relayed", c.relayed},
                                  {"relayed_by", std::move(by)},
                                  {"with_others", c.with_others},
                                  {"zone", key.first.empty() ? Json() : Json(key.first)}}));
    }
  }
  return out;
}

std::vector<MapsApart> maps_apart(const picture::IncidentRow& row) {
  std::map<std::string, MapsApart> zones;
  const auto answers = row.answers.empty() ? Result<Json>(Json::array()) : Json::parse_canonical(row.answers);
  for (const Json& a : answers && answers->is_array() ? answers->as_array() : Json::Array{}) {
    if (!a.is_array() || a.as_array().size() != 5) continue;
    const Json::Array& c = a.as_array();
    if (!(c[4] == Json(1)) || !c[0].is_string() || !c[1].is_string()) continue;
    MapsApart& z = zones[c[0].as_string()];
    z.zone = c[0].as_string();
    if (c[2] == Json("inside") || c[2] == Json("probably-inside")) z.inside.push_back(c[1].as_string());
    if (c[2] == Json("outside") || c[2] == Json("near")) z.outside.push_back(c[1].as_string());
  }
  std::vector<MapsApart> out;
  for (auto& [zone, apart] : zones) {
    if (!apart.inside.empty() && !apart.outside.empty()) out.push_back(std::move(apart));
  }
  return out;
}

Json difference_json(const picture::IncidentRow& row, std::int64_t number, bool is_public) {
  if (row.claims.empty()) return {};
  const auto parsed = Json::parse_canonical(row.claims);
  if (!parsed || !parsed->is_array() || parsed->as_array().size() < 2) return {};
  const Json::Array& claims = parsed->as_array();
  Json what = Json::array();
  const auto ranges = [&](std::string_view member) {
    std::vector<std::array<std::int64_t, 3>> out;
    for (const Json& c : claims) {
      const Json* r = c.find(member);
      if (r != nullptr)
        out.push_back({r->as_array()[0].as_integer(), r->as_array()[1].as_integer(), r->as_array()[2].as_integer()});
    }
    return out;
  };
  const auto differ_in = [&](std::string_view member, bool must_agree) {
    const auto all = ranges(member);
    for (const auto& a : all) {
      for (const auto& b : all) {
        // Numbers of shots and shells are never counted alike: half as many again is a difference.
        if (must_agree ? a[1] != b[1] : 3 * a[2] < 2 * b[0]) return true;
      }
    }
    return false;
  };
  const bool kinds = std::ranges::any_of(claims, [&](const Json& c) { return main_kind(c) != main_kind(claims[0]); });
  if (kinds) what.push_back("kind");
  if (differ_in("count", false)) what.push_back("count");
  if (differ_in("killed", true)) what.push_back("killed");
  if (differ_in("injured", true)) what.push_back("injured");
  if (!is_public && row.attribution == "differs") what.push_back("attribution");
  if (what.as_array().empty()) return {};
  Json list = Json::array();
  for (const Json& c : claims) {
    Json told = Json::object();
    for (const char* member : {"attribution", "count", "injured", "killed", "kinds", "means", "party", "reports"}) {
      const std::string_view name = member;
      if (is_public && (name == "attribution" || name == "means" || name == "reports")) continue;
      if (const Json* value = c.find(name)) told.set(name, *value);
    }
    list.push_back(std::move(told));
  }
  return Json::object({{"claims", std::move(list)}, {"row", number}, {"what", std::move(what)}});
}

std::string_view certainty_grade(const picture::IncidentRow& row) {
  if (row.reports < 2 || row.certainty_ppm >= kHighPpm) return "high";
  return row.certainty_ppm >= kMediumPpm ? "medium" : "low";
}

Json by_hour_json(const std::vector<const picture::IncidentRow*>& rows, const mechanism::Days& days) {
  constexpr std::int64_t kMinuteMs = 60'000, kHours = 24;
  const std::int64_t first_hour = days.cutoff_minutes / 60;
  std::array<std::int64_t, kHours> counts{};  // by hours after the first
  for (const picture::IncidentRow* r : rows) {
    const std::int64_t into_day = (r->from_ms - days.start_of(days.day_of(Instant{r->from_ms})).ms) / kMinuteMs;
    const std::int64_t hour = (into_day + days.cutoff_minutes) / 60 - first_hour;
    ++counts[static_cast<std::size_t>(hour % kHours)];
  }
  Json out = Json::array();
  for (std::int64_t h = 0; h < kHours; ++h) {
    out.push_back(Json(Json::Array{Json((h + first_hour) % kHours), Json(counts[static_cast<std::size_t>(h)])}));
  }
  return out;
}

}  // namespace truce::brief
