// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/fusion_blocks.h"

#include <gtest/gtest.h>

#include "truce/base/math.h"
#include "truce/monitor/fusion.h"
#include "truce/monitor/fusion_testing.h"

namespace truce::monitor {
namespace {

constexpr std::int64_t kHour = 3'600'000;
constexpr Instant kStart{1'700'006'400'000};

Instant cut(std::vector<CutSpan> spans) {
  return cut_near(kStart, spans);
}

TEST(FusionBlocksTest, SlabsAreTwoDaysAlsoBefore1970) {
  for (const auto& [day, slab] : {std::pair{0, 0}, {1, 0}, {2, 1}, {-1, -1}, {-2, -1}, {-3, -2}, {19'876, 9'938}})
    EXPECT_EQ(slab_of_day(day), slab) << day;
}

TEST(FusionBlocksTest, WithoutReportsTheCutIsTheStartOfTheDay) {
  EXPECT_EQ(cut({}), kStart);
  EXPECT_EQ(cut({{kStart.ms, -1}}), kStart);                  // no say
  EXPECT_EQ(cut({{kStart.ms + 30 * kHour, kHour}}), kStart);  // far away
}

TEST(FusionBlocksTest, CutIsAtTheQuietestMomentNearestToTheStart) {
  // Something lies over the start from an hour before to two hours after it.
  EXPECT_EQ(cut({{kStart.ms + kHour / 2, 3 * kHour / 2}}).ms, kStart.ms - kHour);
  // Of equal ones the nearest, then the earlier: the ends themselves are free.
  EXPECT_EQ(cut({{kStart.ms, kHour}}).ms, kStart.ms - kHour);
  // Busy everywhere, once at every moment but two: the nearer of them.
  std::vector<CutSpan> spans = {
      {kStart.ms - 4 * kHour, 8 * kHour}, {kStart.ms + 8 * kHour, 4 * kHour}, {kStart.ms, 2 * kHour}};
  EXPECT_EQ(cut(spans).ms, kStart.ms + 4 * kHour);
}

TEST(FusionBlocksTest, CutEqualsASlowSearch) {
  SeededNumbers draw(logged_seed());
  for (int round = 0; round < 200; ++round) {
    std::vector<CutSpan> spans;
    for (std::uint64_t i = draw.below(30); i > 0; --i) {
      spans.push_back({kStart.ms + draw.between(-26 * 3'600, 26 * 3'600) * 1'000,
                       draw.chance(8) ? -1 : draw.between(0, 12 * 3'600) * 1'000});
    }
    std::int64_t best_ms = 0;
    std::size_t fewest = SIZE_MAX;
    const std::int64_t steps = kCutReachMs / kCutStepMs;
    for (std::int64_t k = 0; k <= steps; ++k) {
      for (const std::int64_t side : {-k, k}) {
        const std::int64_t ms = kStart.ms + side * kCutStepMs;
        std::size_t over = 0;
        for (const CutSpan& s : spans)
          over += s.half_ms >= 0 && s.middle_ms - s.half_ms < ms && ms < s.middle_ms + s.half_ms ? 1 : 0;
        if (over < fewest) fewest = over, best_ms = ms;
      }
    }
    EXPECT_EQ(cut(spans).ms, best_ms) << "seed " << logged_seed() << " round " << round;
  }
}

TEST(FusionBlocksTest, ReportsOutOfSightDoNotMoveACut) {
  SeededNumbers draw(logged_seed() + 1);
  for (int round = 0; round < 100; ++round) {
    std::vector<CutSpan> spans;
    for (std::uint64_t i = draw.below(20); i > 0; --i)
      spans.push_back({kStart.ms + draw.between(-23 * 60, 23 * 60) * 60'000, draw.between(0, 720) * 60'000});
    const Instant before = cut(spans);
    for (int i = 0; i < 5; ++i)
      spans.push_back(
          {kStart.ms + (draw.chance(2) ? 1 : -1) * (kCutSightMs + draw.between(0, 100) * kHour), kCutHalfMsMax});
    EXPECT_EQ(cut(spans), before);
  }
}

TEST(FusionBlocksTest, SpanIsTheIntervalWithItsPrecisionUpToTheLargest) {
  FusionReport r = point_report(0, 0, 0);
  r.precision_s = 600;
  r.to_ms = r.from_ms + 2 * kHour;
  EXPECT_EQ(cut_span(r).middle_ms, r.from_ms + kHour);
  EXPECT_EQ(cut_span(r).half_ms, kHour + 600'000);
  r.precision_s = 15 * 3'600;
  EXPECT_EQ(cut_span(r).half_ms, kCutHalfMsMax);
  r.stands_alone = true;
  EXPECT_LT(cut_span(r).half_ms, 0);
  r = point_report(0, 0, 0);
  r.kind = Kind::kPatrol;
  EXPECT_LT(cut_span(r).half_ms, 0);
}

std::vector<FusionReport> at(std::initializer_list<std::pair<double, double>> degrees) {
  std::vector<FusionReport> out;
  for (const auto& [lat, lng] : degrees) {
    FusionReport r = point_report(0, 0, 0);
    r.at = geo::LatLng::from_e7(static_cast<std::int32_t>(lat * 1e7), static_cast<std::int32_t>(lng * 1e7));
    out.push_back(r);
  }
  return out;
}
using Blocks = std::vector<std::vector<std::uint32_t>>;

TEST(FusionBlocksTest, PlacesFarApartAreBlocksOfTheirOwn) {
  EXPECT_EQ(blocks_of(at({{38, -8}, {45, -8}, {38.1, -8.1}, {45.2, -8.2}})), (Blocks{{0, 2}, {1, 3}}));
  EXPECT_EQ(blocks_of({}), Blocks{});
  // A chain holds its ends together.
  EXPECT_EQ(blocks_of(at({{38, 0}, {38, 4}, {38, 1}, {38, 2}, {38, 3}})), (Blocks{{0, 1, 2, 3, 4}}));
}

TEST(FusionBlocksTest, TheAntimeridianAndThePolesAreNoBorders) {
  EXPECT_EQ(blocks_of(at({{-17, 179.99}, {-17, -179.99}, {-17, 180}, {-17, -180}})), (Blocks{{0, 1, 2, 3}}));
  EXPECT_EQ(blocks_of(at({{89.99, 0}, {89.99, 179}, {90, -90}})), (Blocks{{0, 1, 2}}));
  EXPECT_EQ(blocks_of(at({{-90, 0}, {-89.99, 179}})), (Blocks{{0, 1}}));
  // Neighbours on both sides of it are fused.
  TestBlock b;
  b.reports = at({{-17, 179.9999}, {-17, -179.9999}});
  b.reports[1].party = 1;
  const FusionModel model = FusionModel::neutral();
  const Grouping g = fuse(b.scorer(model));
  EXPECT_EQ(g.reports[0].cluster, g.reports[1].cluster);
}

TEST(FusionBlocksTest, BearingsBelongWhereTheyPoint) {
  std::vector<FusionReport> r = at({{38, -8}, {38.9, -8}});
  r.push_back(bearing_report(0, r[0].at, 0, 40'000, 1));
  EXPECT_EQ(blocks_of(r).size(), 1U);
}

// Two reports alone, as far apart as may still be compared, wherever columns of cells begin: no others hold them
// together.
TEST(FusionBlocksTest, WideReportsOfEveryLatitudeMeet) {
  const FusionModel model = FusionModel::neutral();
  int near = 0;
  for (int lat = -89; lat <= 89; ++lat) {
    for (int tenth = 0; tenth < 10; ++tenth) {
      TestBlock b;
      // 48 km to the east.
      const double east = 48.0 / (111.3 * math::cos(lat * math::kDegree));
      if (east > 170) continue;
      b.reports = at({{lat + 0.5 * (lat < 0 ? 1 : -1), 100 + tenth * 0.1}, {lat, 0}});
      b.reports[1].at = geo::LatLng::from_e7(
          b.reports[0].at.lat_e7,
          static_cast<std::int32_t>(
              (100 + tenth * 0.1 + east > 180 ? 100 + tenth * 0.1 + east - 360 : 100 + tenth * 0.1 + east) * 1e7));
      for (FusionReport& r : b.reports) r.radius_m = 20'000;
      b.reports[1].party = 1;
      if (near_pairs(b.scorer(model)).empty()) continue;
      ++near;
      EXPECT_EQ(blocks_of(b.reports).size(), 1U) << "latitude " << lat << ", " << tenth;
    }
  }
  EXPECT_GT(near, 1'500);
}

TEST(FusionBlocksTest, NoNearPairLiesInTwoBlocks) {
  SeededNumbers draw(logged_seed() + 2);
  const FusionModel model = FusionModel::neutral();
  std::size_t pairs = 0;
  std::size_t blocks = 0;
  for (int round = 0; round < 60; ++round) {
    TestBlock b;
    // Regions of all latitudes, also around the antimeridian; reports as wide as may be.
    const double lat = draw.unit() * 176 - 88;
    const double lng = draw.chance(3) ? 180 - draw.unit() * 2 : draw.unit() * 360 - 180;
    for (int i = 0; i < 40; ++i) {
      FusionReport r = point_report(draw.unit() * 20, 0, 0, static_cast<std::uint32_t>(draw.below(2)),
                                    static_cast<std::int32_t>(draw.between(100, 20'000)));
      double there = lng + (draw.unit() - 0.5) * 6;
      if (there > 180) there -= 360;
      r.at = geo::LatLng::from_e7(static_cast<std::int32_t>((lat + (draw.unit() - 0.5) * 3) * 1e7),
                                  static_cast<std::int32_t>(there * 1e7));
      if (draw.chance(3))
        r = bearing_report(draw.unit() * 20, r.at, static_cast<std::int32_t>(draw.below(360'000)),
                           static_cast<std::int32_t>(draw.between(100, 40'000)), 1);
      b.reports.push_back(r);
    }
    std::ranges::stable_sort(b.reports, {}, &FusionReport::from_ms);
    const auto found = blocks_of(b.reports);
    blocks += found.size();
    std::vector<std::size_t> of(b.reports.size(), SIZE_MAX);
    for (std::size_t k = 0; k < found.size(); ++k) {
      EXPECT_TRUE(std::ranges::is_sorted(found[k]));
      for (const std::uint32_t i : found[k]) of[i] = k;
    }
    EXPECT_EQ(std::ranges::count(of, SIZE_MAX), 0);
    for (const auto& [x, y] : near_pairs(b.scorer(model))) {
      ++pairs;
      EXPECT_EQ(of[x], of[y]) << "seed " << logged_seed() << " round " << round << " lat " << lat << " lng " << lng;
    }
  }
  EXPECT_GT(pairs, 100U);
  EXPECT_GT(blocks, 60U) << "one block a round: nothing is ever cut apart";
}

}  // namespace
}  // namespace truce::monitor
