// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/fusion_oracle_testing.h"

#include <algorithm>
#include <cassert>

namespace truce::monitor {
namespace {

struct Search {
  const Scorer& scorer;
  const FusionConstraints& constraints;
  std::vector<std::uint32_t> group;
  std::vector<std::vector<std::uint32_t>> groups;
  BestGrouping best;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> near;

  // Whether near pairs hold a group together.
  [[nodiscard]] bool is_connected(const std::vector<std::uint32_t>& g) const {
    std::vector<std::uint32_t> reached = {g[0]};
    for (std::size_t k = 0; k < reached.size(); ++k) {
      for (const std::uint32_t m : g) {
        if (std::ranges::find(reached, m) != reached.end()) continue;
        if (std::ranges::binary_search(near, std::pair(std::min(m, reached[k]), std::max(m, reached[k]))))
          reached.push_back(m);
      }
    }
    return reached.size() == g.size();
  }

  [[nodiscard]] bool keeps_constraints() const {
    for (const auto& [a, b] : constraints.joins) {
      if (group[a] != group[b]) return false;
    }
    for (const auto& [a, b] : constraints.splits) {
      if (group[a] == group[b]) return false;
    }
    return true;
  }

  void place(std::uint32_t i) {
    if (i == scorer.prepared().size()) {
      if (!keeps_constraints()) return;
      std::int64_t sum = 0;
      bool is_held = true;
      for (const auto& g : groups) {
        is_held = is_held && (!constraints.joins.empty() || is_connected(g));
        sum += scorer.cluster_of(g).score;
      }
      best.of_all = std::max(best.of_all, sum);
      if (is_held && sum > best.score) best.score = sum, best.group = group;
      return;
    }
    for (std::size_t g = 0; g < groups.size(); ++g) {
      bool may = true;
      for (const std::uint32_t m : groups[g])
        may = may && scorer.score_of_union(scorer.single(m), scorer.single(i)) != kForbidden;
      if (!may) continue;
      group[i] = groups[g][0];
      groups[g].push_back(i);
      place(i + 1);
      groups[g].pop_back();
    }
    group[i] = i;
    groups.push_back({i});
    place(i + 1);
    groups.pop_back();
  }
};

}  // namespace

BestGrouping best_grouping(const Scorer& scorer, const FusionConstraints& constraints) {
  assert(scorer.prepared().size() <= 10);
  Search s{scorer, constraints, std::vector<std::uint32_t>(scorer.prepared().size()), {}, {}, near_pairs(scorer)};
  s.place(0);
  return s.best;
}

}  // namespace truce::monitor
