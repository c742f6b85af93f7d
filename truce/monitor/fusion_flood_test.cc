// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include <chrono>

#include "truce/monitor/fusion.h"
#include "truce/monitor/fusion_testing.h"

namespace truce::monitor {
namespace {

// A flood of one place and hour: bounded work whatever its size.
TEST(FusionFloodTest, AHundredThousandReportsInAnHourAtOnePlace) {
  SeededNumbers draw(logged_seed());
  TestBlock b;
  for (int i = 0; i < 100'000; ++i) {
    b.reports.push_back(point_report(draw.unit() * 60, draw.unit() * 0.1, draw.unit() * 0.1,
                                     static_cast<std::uint32_t>(draw.below(2))));
  }
  std::ranges::stable_sort(b.reports, {}, &FusionReport::from_ms);
  const auto start = std::chrono::steady_clock::now();
  const FusionModel model = FusionModel::neutral();
  const Grouping g = fuse(b.scorer(model));
  const double s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("100,000 reports of one hour and place: %.1f s\n", s);
  EXPECT_EQ(g.reports.size(), 100'000U);
#if !defined(__SANITIZE_ADDRESS__) && defined(__OPTIMIZE__)
  EXPECT_LT(s, 30);
#endif
}

}  // namespace
}  // namespace truce::monitor
