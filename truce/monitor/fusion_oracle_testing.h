// SPDX-License-Identifier: Apache-2.0
//
// For tests only: the best grouping of a small block for sure, by trying every partition. Slow on purpose: 8 reports
// have 4,140 partitions, 10 have 115,975.

#pragma once

#include "truce/monitor/fusion.h"

namespace truce::monitor {

struct BestGrouping {
  // Of the groupings whose groups are held together by near pairs: where fuse() looks for groups.
  std::int64_t score = kForbidden;
  std::vector<std::uint32_t> group;  // by report: number of the first report of its group
  // Of all groupings: nothing can be better. A move may take out the report that held a group together, so that fuse()
  // can end up above `score`.
  std::int64_t of_all = kForbidden;
};

// Keeps the constraints. REQUIRES: at most 10 reports.
[[nodiscard]] BestGrouping best_grouping(const Scorer& scorer, const FusionConstraints& constraints = {});

}  // namespace truce::monitor
