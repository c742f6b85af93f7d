// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include <chrono>

#include "truce/base/seed_testing.h"
#include "truce/monitor/report.h"
#include "truce/picture/fold_testing.h"

namespace truce::picture {
namespace {

// One party floods an hour and a place. Folding it takes bounded time; what is over its quota is listed, in no count
// and in no group, and another party's report of that hour stands as it did.
TEST(FoldFloodTest, AHundredThousandReportsInAnHourAtOnePlace) {
  constexpr int kReports = 100'000;
  mechanism::Mechanism m = two_parties();
  World w(m);
  SeededNumbers draw(logged_seed());
  monitor::Report r;
  r.kind = monitor::Kind::kShelling;
  r.means = monitor::Means::kTold;
  r.precision_s = 300;
  r.place.radius_m = 800;
  for (int i = 0; i < kReports; ++i) {
    r.from = r.to = Instant{1'525'000'000'000 + draw.between(0, 3'599) * 1'000};
    r.place.at = geo::LatLng::from_e7(359'000'000 + static_cast<std::int32_t>(draw.below(10'000)), 366'000'000);
    w.say(kNorth, "report", r.to_body());
  }
  r.kind = monitor::Kind::kDetention;
  w.say(kSouth, "report", r.to_body());
  MemoryTables t;
  const auto start = std::chrono::steady_clock::now();
  FoldRequest request{&w.mechanism, w.cut(), {}, {}};
  const auto folded = fold(request, w.source, t);
  ASSERT_TRUE(folded.has_value()) << folded.error().to_string();
  const double s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("folded a flood of %d reports in %.1f s\n", kReports, s);
  Int over = 0;
  const std::vector<ReportRow> reports = read_rows<ReportRow>(t).value();
  for (const ReportRow& row : reports) {
    if (row.state != "over-quota") continue;
    ++over;
    ASSERT_EQ(row.incident, row.id);
  }
  EXPECT_EQ(over, kReports - m.quota_statements);
  Int counted = 0;
  const std::vector<IncidentRow> incidents = read_rows<IncidentRow>(t).value();
  for (const IncidentRow& i : incidents) {
    counted += i.over_quota == 0 ? i.reports : 0;
    EXPECT_TRUE(i.party != "south" || i.over_quota == 0);
  }
  EXPECT_EQ(counted, m.quota_statements + 1);
#if !defined(__SANITIZE_ADDRESS__) && defined(__OPTIMIZE__)
  EXPECT_LT(s, 30);
#endif
}

}  // namespace
}  // namespace truce::picture
