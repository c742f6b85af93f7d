// SPDX-License-Identifier: Apache-2.0
//
// Tallies of a brief: incidents, single violations and casualties counted together, and the same by kind. Values;
// internal to brief.

#pragma once

#include <map>
#include <string>

#include "truce/base/json.h"
#include "truce/picture/rows.h"

namespace truce::brief {

// Three sums that grow together.
struct Sum {
  std::int64_t low = 0, best = 0, high = 0;
  void add(std::int64_t l, std::int64_t b, std::int64_t h) { low += l, best += b, high += h; }
  // Where sides differ there is no best figure: the least that one states counts as that.
  void add(const picture::OptInt& l, const picture::OptInt& b, const picture::OptInt& h) {
    if (l && h) add(*l, b.value_or(*l), *h);
  }
  [[nodiscard]] Json json() const { return Json(Json::Array{Json(low), Json(best), Json(high)}); }
};

// [low, best or null, high]; null where there is no number.
[[nodiscard]] inline Json range_json(const picture::OptInt& l, const picture::OptInt& b, const picture::OptInt& h) {
  return l && h ? Json(Json::Array{Json(*l), b ? Json(*b) : Json(), Json(*h)}) : Json();
}

struct Tally {
  std::int64_t incidents = 0, previous = 0;
  std::int64_t forbidden = 0, forbidden_previous = 0;
  std::int64_t unstated = 0;  // forbidden incidents without a stated count: one violation each
  Sum violations, violations_previous, killed, injured;

  void add(const picture::IncidentRow& r, bool is_forbidden) {
    ++incidents;
    killed.add(r.killed_low, r.killed_best, r.killed_high);
    injured.add(r.injured_low, r.injured_best, r.injured_high);
    if (!is_forbidden) return;
    ++forbidden;
    if (!r.count_best) ++unstated;
    violations.add(r.count_low.value_or(1), r.count_best.value_or(1), r.count_high.value_or(1));
  }
  void add_previous(const picture::IncidentRow& r, bool is_forbidden) {
    ++previous;
    if (!is_forbidden) return;
    ++forbidden_previous;
    violations_previous.add(r.count_low.value_or(1), r.count_best.value_or(1), r.count_high.value_or(1));
  }
  [[nodiscard]] Json json() const {
    return Json::object({{"forbidden", forbidden},
                         {"forbidden_previous", forbidden_previous},
                         {"incidents", incidents},
                         {"injured", injured.json()},
                         {"killed", killed.json()},
                         {"previous", previous},
                         {"unstated", unstated},
                         {"violations", violations.json()},
                         {"violations_previous", violations_previous.json()}});
  }
};

// One tally and its parts by kind.
struct KindTallies {
  Tally all;
  std::map<std::string, Tally> by_kind;

  void add(const picture::IncidentRow& r, bool previous, bool is_forbidden) {
    for (Tally* t : {&all, &by_kind[r.kind]}) {
      previous ? t->add_previous(r, is_forbidden) : t->add(r, is_forbidden);
    }
  }
  // In the order of the taxonomy.
  [[nodiscard]] Json kinds_json() const;
};

}  // namespace truce::brief
