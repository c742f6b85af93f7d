// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/claims.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

namespace truce::picture {
namespace {

// "actor:ID", "unknown", "disputed:A;B" out of the members without columns.
std::string attribution_text(const Json& more) {
  const Json* a = more.find("attribution");
  if (a == nullptr) return {};
  const Json* state = a->find("state");
  if (state == nullptr || !state->is_string()) return {};
  std::string out = state->as_string();
  if (const Json* actors = a->find("actors"); actors != nullptr && actors->is_array()) {
    std::string ids;
    for (const Json& id : actors->as_array()) ids += (ids.empty() ? "" : ";") + id.as_string();
    out += ':' + ids;
  }
  return out;
}

// What an incident keeps of its report's members without columns: all but the attribution, which has its own.
std::string incident_more(Json more) {
  more.erase("attribution");
  return more.as_object().empty() ? std::string() : more.to_canonical();
}

// A number as one party gives it over its reports.
struct Figure {
  std::optional<SmallRange> range;
  void add(const SmallRange& r) {
    if (r.best < 0) return;
    if (!range) {
      range = r;
    } else {
      range->low = std::min(range->low, r.low), range->best = std::max(range->best, r.best),
      range->high = std::max(range->high, r.high);
    }
  }
  [[nodiscard]] Json to_json() const {
    return Json(
        Json::Array{Json(std::int64_t{range->low}), Json(std::int64_t{range->best}), Json(std::int64_t{range->high})});
  }
};

struct Claim {
  Int reports = 0;
  Figure count, killed, injured;
  std::map<std::string, Int> kinds;
  std::set<std::string> means, attributions;
  std::set<std::int32_t> directions;
};

enum class Rule { kAgreedOrRange, kLowerMedian };

void combine(const std::map<std::pair<int, std::string>, Claim>& claims, Figure Claim::*member, Rule rule, OptInt& low,
             OptInt& best, OptInt& high) {
  std::vector<std::int32_t> bests;
  for (const auto& [party, claim] : claims) {
    const auto& r = (claim.*member).range;
    if (!r) continue;
    bests.push_back(r->best);
    low = low ? std::min<Int>(*low, r->low) : r->low;
    high = high ? std::max<Int>(*high, r->high) : r->high;
  }
  if (bests.empty()) return;
  std::ranges::sort(bests);
  if (rule == Rule::kLowerMedian) {
    best = bests[(bests.size() - 1) / 2];
  } else if (bests.front() == bests.back()) {
    best = bests.front();
  }
}

constexpr std::array<monitor::Means, 6> kMeansByStrength = {monitor::Means::kCamera, monitor::Means::kUav,
                                                            monitor::Means::kSensor, monitor::Means::kSeen,
                                                            monitor::Means::kHeard,  monitor::Means::kTold};

}  // namespace

Status tell_claims(std::span<Facts* const> members, const NamePool& names, IncidentRow& row) {
  // Parties whose own logs report it, then those that it is said to be of.
  std::map<std::pair<int, std::string>, Claim> claims;
  std::set<std::pair<std::uint32_t, std::uint32_t>> posts;
  std::map<std::string, Int> kinds;
  std::set<std::string> assessments, attributions;
  std::set<monitor::Means> means;
  for (const Facts* f : members) {
    const bool is_own = f->said_by == 0 || f->said_by == f->party;
    Claim& c = claims[{is_own ? 0 : 1, names.text(is_own ? f->party : f->said_by)}];
    ++c.reports;
    const bool is_post = f->form == monitor::Place::Form::kBearing || f->form == monitor::Place::Form::kPostBearing;
    if (is_post && f->reporter != 0) posts.insert({is_own ? f->party : f->said_by, f->reporter});
    c.count.add(f->count);
    const bool cannot_know = members.size() > 1 && (is_post || f->means == monitor::Means::kHeard);
    if (!(cannot_know && f->killed.high == 0)) c.killed.add(f->killed);
    if (!(cannot_know && f->injured.high == 0)) c.injured.add(f->injured);
    const std::string kind(monitor::kind_code(f->kind));
    ++c.kinds[kind];
    ++kinds[kind];
    means.insert(f->means);
    if (f->means != monitor::Means::kNotStated) c.means.emplace(monitor::means_code(f->means));
    if (f->assessment != monitor::Assessment::kNotStated) assessments.emplace(monitor::assessment_code(f->assessment));
    if (f->direction_mdeg >= 0) c.directions.insert(f->direction_mdeg);
    if (row.place_ref.empty()) row.place_ref = names.text(f->place_ref);
    if (f->over_quota) row.over_quota = 1;
    if (!f->more.empty()) {
      TRUCE_TRY(const Json more, Json::parse_canonical(f->more));
      if (std::string a = attribution_text(more); !a.empty()) {
        attributions.insert(a);
        c.attributions.insert(std::move(a));
      }
      if (row.more.empty()) row.more = incident_more(more);
    }
  }
  // Said copies of a party that reports it itself add no party.
  for (const auto& [party, claim] : claims) {
    if (party.first == 1 && claims.contains({0, party.second})) continue;
    row.parties += (row.parties.empty() ? "" : ";") + (party.first == 1 ? "said:" : std::string()) + party.second;
  }
  row.posts = static_cast<Int>(posts.size());
  for (const monitor::Means m : kMeansByStrength) {
    if (means.contains(m)) {
      row.means = monitor::means_code(m);
      break;
    }
  }
  if (assessments.size() == 1) row.assessment = *assessments.begin();
  if (attributions.size() == 1) row.attribution = *attributions.begin();
  if (attributions.size() > 1) row.attribution = "differs";
  combine(claims, &Claim::count, Rule::kLowerMedian, row.count_low, row.count_best, row.count_high);
  combine(claims, &Claim::killed, Rule::kAgreedOrRange, row.killed_low, row.killed_best, row.killed_high);
  combine(claims, &Claim::injured, Rule::kAgreedOrRange, row.injured_low, row.injured_best, row.injured_high);
  if (members.size() == 1) return {};
  if (kinds.size() > 1) {
    for (const auto& [kind, n] : kinds) row.kinds += (row.kinds.empty() ? "" : ";") + kind + ':' + std::to_string(n);
  }
  const auto texts = [](const std::set<std::string>& set) {
    Json out = Json::array();
    for (const std::string& s : set) out.push_back(Json(s));
    return out;
  };
  Json list = Json::array();
  for (const auto& [party, c] : claims) {
    Json j = Json::object({{"party", (party.first == 1 ? "said:" : "") + party.second}, {"reports", c.reports}});
    Json k = Json::object();
    for (const auto& [kind, n] : c.kinds) k.set(kind, Json(n));
    j.set("kinds", std::move(k));
    if (!c.means.empty()) j.set("means", texts(c.means));
    if (c.count.range) j.set("count", c.count.to_json());
    if (c.killed.range) j.set("killed", c.killed.to_json());
    if (c.injured.range) j.set("injured", c.injured.to_json());
    if (!c.attributions.empty()) j.set("attribution", texts(c.attributions));
    if (!c.directions.empty()) {
      Json d = Json::array();
      for (const std::int32_t v : c.directions) d.push_back(Json(std::int64_t{v}));
      j.set("direction_mdeg", std::move(d));
    }
    list.push_back(std::move(j));
  }
  row.claims = list.to_canonical();
  return {};
}

}  // namespace truce::picture
