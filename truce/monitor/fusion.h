// SPDX-License-Identifier: Apache-2.0
//
// Fusion: which reports of a block are about one incident. Greedy merging on the gain of whole clusters, then moves of
// single reports until none helps; joins and splits that people stated are kept. Deterministic: the same reports (as a
// set, given in canonical order) give the same grouping at every party.
//
// It does NOT find the best grouping for sure (that is as hard as can be); fusion_oracle_testing.h does for small
// blocks and tests compare. It merges no claims: it says which reports belong together, never which of them is true.
// Pure. Cost: about 20 us a report in a dense week; a flood of any size costs at most kNeighbourMax comparisons a
// report.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "truce/monitor/cluster.h"

namespace truce::monitor {

// Reports compared with one report, the nearest forwards in time; and groups that a group is held against: they bound
// the work in a flood.
inline constexpr std::size_t kNeighbourMax = 96;
inline constexpr std::size_t kGroupNeighbourMax = 128;
// A pair whose gain is below this is not looked at again.
inline constexpr std::int64_t kPairGainMin = -3'000'000;

struct FusionConstraints {
  // Numbers of reports of the block; contradictions are taken out before (constraints.h).
  std::vector<std::pair<std::uint32_t, std::uint32_t>> joins, splits;
};

struct FusedReport {
  std::uint32_t cluster = 0;  // number of the block's grouping: that of its first member in canonical order
  // Of all groupings that move this report alone, the share of likelihood of the one taken, in parts per million.
  std::int32_t certainty_ppm = 1'000'000;
  // The best other place for it: the cluster that it would join (itself: alone), and how much worse, in micronats.
  std::uint32_t other = 0;
  std::int64_t other_behind = 0;  // >= 0; INT64_MAX: there is none
};

struct Grouping {
  std::vector<FusedReport> reports;  // by number
  std::int64_t score = 0;            // micronats, of all clusters
};

// REQUIRES: the scorer's reports stand in canonical order (event time, then id).
[[nodiscard]] Grouping fuse(const Scorer& scorer, const FusionConstraints& constraints = {});

// Pairs of reports (a < b) near enough in time and place to be compared at all. For fuse() and its oracle.
[[nodiscard]] std::vector<std::pair<std::uint32_t, std::uint32_t>> near_pairs(const Scorer& scorer);

}  // namespace truce::monitor
