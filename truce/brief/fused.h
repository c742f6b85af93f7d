// SPDX-License-Identifier: Apache-2.0
//
// What a brief says of incidents that several sides tell of: each side's counts by area, where they differ, which
// incidents may be one, when in the day things happen. Parts of brief.json (docs/format/brief.md). Internal to brief.

#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "truce/base/json.h"
#include "truce/brief/edition.h"
#include "truce/mechanism/mechanism.h"
#include "truce/picture/rows.h"

namespace truce::brief {

// Who relays what is said to be of a side: parties by side.
using Relayers = std::map<std::string, std::set<std::string>>;

// [{"alone":n,"own_logs":n,"party":"un"|null,"recorded":n,"relayed":n,"relayed_by":["un"],"with_others":n,
// "zone":"idlib"|null}, ...] by zone (null last), party (null, all sides together, first).
class Sides {
 public:
  // `row`: one that counts. `zones`: ids of the areas that it is counted in; empty: outside of all.
  void add(const picture::IncidentRow& row, const std::vector<std::string>& zones, const Relayers& relayers);
  [[nodiscard]] Json json() const;

 private:
  struct Count {
    std::int64_t recorded = 0, with_others = 0, own_logs = 0, relayed = 0;
    std::set<std::string> relayed_by;
  };
  std::map<std::pair<std::string, std::string>, Count> counts_;  // (zone, side or empty for all)
};

// Parties whose own logs tell of an incident. What is said to be of others adds none.
[[nodiscard]] std::int64_t own_logs(const picture::IncidentRow& row);

// The maps of one zone that contradict each other about an incident.
struct MapsApart {
  std::string zone;
  std::vector<std::string> inside, outside;  // parties of the maps
};
// Of zones in force: one map holds the incident, surely or probably, another does not, surely or near it. By zone.
[[nodiscard]] std::vector<MapsApart> maps_apart(const picture::IncidentRow& row);

// {"claims":[...],"row":n,"what":["count",...]} of one incident whose sides state different facts; null where they do
// not. The public edition tells of kinds and numbers only.
[[nodiscard]] Json difference_json(const picture::IncidentRow& row, std::int64_t number, bool is_public);

// "high", "medium" or "low": whether the reports of an incident belong together. Of a single report: "high".
[[nodiscard]] std::string_view certainty_grade(const picture::IncidentRow& row);

// [[hour of the clock, incidents], ...], 24 hours from the one in which days begin.
[[nodiscard]] Json by_hour_json(const std::vector<const picture::IncidentRow*>& rows, const mechanism::Days& days);

}  // namespace truce::brief
