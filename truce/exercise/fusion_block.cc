// SPDX-License-Identifier: Apache-2.0

#include "truce/exercise/fusion_block.h"

#include <algorithm>
#include <map>

namespace truce::exercise {
namespace {

// Own reports name nobody as having said them.
std::string who(const monitor::Report& r) {
  return r.said_by.empty() ? "own" : r.said_by;
}

}  // namespace

FusionBlock::FusionBlock(const InMemory& all) {
  std::vector<std::size_t> order(all.reports.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return all.reports[i].from.ms; });
  std::map<std::string, std::uint32_t> party_number, reporter_number;
  for (const std::size_t i : order) {
    party_number[who(all.reports[i])];
    reporter_number[who(all.reports[i]) + "/" + all.reports[i].reporter];
  }
  for (auto& [name, number] : party_number) {
    number = static_cast<std::uint32_t>(parties.size());
    parties.push_back(name);
  }
  for (auto& [name, number] : reporter_number) {
    number = static_cast<std::uint32_t>(reporters.size());
    reporters.push_back(name);
  }
  for (const std::size_t i : order) {
    const monitor::Report& r = all.reports[i];
    monitor::FusionReport f;
    f.from_ms = r.from.ms, f.to_ms = r.to.ms, f.precision_s = r.precision_s;
    f.form = r.place.form, f.at = r.place.at;
    f.radius_m = static_cast<std::int32_t>(r.place.radius_m);
    f.bearing_mdeg = static_cast<std::int32_t>(r.place.bearing_mdeg);
    f.distance_m = static_cast<std::int32_t>(r.place.distance_m);
    f.kind = r.kind, f.means = r.means;
    if (r.count) f.count = static_cast<std::int32_t>(r.count->best);
    if (r.killed.all) f.killed = static_cast<std::int32_t>(r.killed.all->best);
    if (r.injured.all) f.injured = static_cast<std::int32_t>(r.injured.all->best);
    f.party = party_number[who(r)];
    f.reporter = reporter_number[who(r) + "/" + r.reporter];
    blocks[0].reports.push_back(f);
    truth.push_back(all.incident_of[i]);
  }
}

}  // namespace truce::exercise
