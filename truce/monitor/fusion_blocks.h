// SPDX-License-Identifier: Apache-2.0
//
// Blocks: which reports are looked at together. Fusion never goes beyond a block, so that a new report asks only for
// its own block again. In time a block ends at cuts: one every kSlabDays days, at the quietest moment near the day's
// start, which is the largest span that there is. In place a block is a connected component of cells that hold reports,
// under a gate that no report reaches across. Both depend on the reports as stated, never on a calibration. Pure.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "truce/base/time.h"
#include "truce/monitor/cluster.h"

namespace truce::monitor {

// A slab lies between two cuts. Its number is that of its first day divided by this (days since 1970, rounded down).
inline constexpr std::int32_t kSlabDays = 2;
// A cut lies within this of the start of its day, at a whole multiple of kCutStepMs from there.
inline constexpr std::int64_t kCutReachMs = 12LL * 3'600'000;
inline constexpr std::int64_t kCutStepMs = 600'000;
// A report has a say in where a cut lies over at most this to both sides of its middle; so that those farther than the
// sight from the day's start cannot move its cut.
inline constexpr std::int64_t kCutHalfMsMax = 12LL * 3'600'000;
inline constexpr std::int64_t kCutSightMs = kCutReachMs + kCutHalfMsMax;

[[nodiscard]] std::int32_t slab_of_day(std::int32_t day);

// When a report may have been about: the middle of its interval and how far to both sides. What stands alone has no
// say: half_ms < 0.
struct CutSpan {
  std::int64_t middle_ms = 0;
  std::int64_t half_ms = -1;
};
[[nodiscard]] CutSpan cut_span(const FusionReport& report);

// The cut near `start`, the start of a slab's first day: where the fewest spans lie across; of equal ones the nearest
// to the start, then the earlier. A report belongs to the slab before the cut if its middle lies before it.
[[nodiscard]] Instant cut_near(Instant start, std::span<const CutSpan> spans);

// Splits the reports of a slab into blocks: numbers of reports, ascending, each block's first report ascending.
[[nodiscard]] std::vector<std::vector<std::uint32_t>> blocks_of(std::span<const FusionReport> reports);

}  // namespace truce::monitor
