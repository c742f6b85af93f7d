// SPDX-License-Identifier: Apache-2.0

#include "truce/geo/belt.h"

#include <gtest/gtest.h>

#include "truce/geo/geo_testing.h"
#include "truce/geo/geodesy.h"
#include "truce/geo/prepared_area.h"

namespace truce::geo {
namespace {

double distance_to_line_m(const Line& line, LatLng p) {
  double best = 1e9;
  for (std::size_t i = 0; i + 1 < line.points.size(); ++i) {
    for (int s = 0; s <= 200; ++s) {
      const LatLng a = line.points[i];
      const LatLng b = line.points[i + 1];
      const LatLng q{static_cast<std::int32_t>(a.lat_e7 + (std::int64_t{b.lat_e7} - a.lat_e7) * s / 200),
                     static_cast<std::int32_t>(a.lng_e7 + (std::int64_t{b.lng_e7} - a.lng_e7) * s / 200)};
      best = std::min(best, distance_m(p, q));
    }
  }
  return best;
}

TEST(BeltTest, HoldsWhatIsWithinItsWidthAndInsideTheZone) {
  const Line line{{{350000000, 370000000}, {355000000, 370500000}, {360000000, 370000000}}};
  const MultiPolygon zone = square(35, 36, 36, 37);
  const MultiPolygon area = belt(line, zone, 20'000).value();
  ASSERT_TRUE(check_canonical(area));
  TestRandom random(1);
  int inside = 0;
  for (int i = 0; i < 3000; ++i) {
    const LatLng p = random_point(random, {345000000, 365000000, 365000000, 375000000});
    const double d = distance_to_line_m(line, p);
    if (d > 19'800 && d < 20'200) continue;
    const bool expected = d <= 20'000 && contains(zone, p);
    ASSERT_EQ(contains(area, p), expected) << p.to_string() << " " << d;
    inside += expected;
  }
  EXPECT_GT(inside, 50);
}

TEST(BeltTest, ALineFarFromTheZoneIsRefused) {
  EXPECT_EQ(belt({{{100000000, 100000000}, {110000000, 100000000}}}, square(35, 36, 36, 37), 5000).error().code,
            ErrorCode::kInvalidArgument);
}

TEST(BeltTest, WidthsAndSpansBeyondTheLimitsAreRefused) {
  const Line line{{{350000000, 370000000}, {360000000, 370000000}}};
  for (const std::int32_t width : {0, -5, kBeltWidthMMax + 1}) {
    EXPECT_EQ(belt(line, square(35, 36, 36, 37), width).error().code, ErrorCode::kOutOfRange);
    EXPECT_EQ(near_area(square(35, 36, 36, 37), width).error().code, ErrorCode::kOutOfRange);
  }
  EXPECT_EQ(near_area(square(10, 0, 40, 60), 5000).error().code, ErrorCode::kOutOfRange);
}

TEST(NearAreaTest, HoldsTheZoneAndFiveKilometresAround) {
  TestRandom random(2);
  for (int i = 0; i < 40; ++i) {
    const LatLng centre = random_point(random, {320000000, 360000000, 370000000, 420000000});
    const Ring outer = i % 2 ? star(random, centre, 3e6, 40, 0.6) : smooth_star(random, centre, 4e6, 25);
    const MultiPolygon zone = canonical(MultiPolygon{{{outer, {}}}}).value();
    const auto near = near_area(zone, 5000);
    ASSERT_TRUE(near) << near.error().to_string();
    ASSERT_TRUE(check_canonical(*near));
    const PreparedArea area(*near);
    Line ring{outer.corners};
    ring.points.push_back(outer.corners.front());
    for (const LatLng c : outer.corners) ASSERT_TRUE(area.contains(c));
    for (int k = 0; k < 100; ++k) {
      const LatLng p = random_point(random, area.box());
      const double d = contains(zone, p) ? 0 : distance_to_line_m(ring, p);
      if (d > 4950 && d < 5050) continue;
      ASSERT_EQ(area.contains(p), d < 5000) << p.to_string() << " " << d;
    }
  }
}

TEST(NearAreaTest, HolesSmallerThanTheDistanceClose) {
  MultiPolygon zone = square(35, 36, 36, 37);
  Ring small = rectangle(355000000, 365000000, 355500000, 365500000);
  Ring large = rectangle(351000000, 361000000, 354000000, 364000000);
  for (Ring* r : {&small, &large}) std::reverse(r->corners.begin(), r->corners.end());
  zone.polygons[0].holes = {small, large};
  const MultiPolygon near = near_area(zone, 5000).value();
  ASSERT_EQ(near.polygons.size(), 1U);
  EXPECT_EQ(near.polygons[0].holes.size(), 1U);
}

TEST(NearAreaTest, OfALineAndOfPoints) {
  const MultiPolygon line =
      near_area(Geometry(Lines{{{{{350000000, 360000000}, {351000000, 361000000}}}}}), 2000).value();
  EXPECT_TRUE(contains(line, {350500000, 360500000}));
  const MultiPolygon posts =
      near_area(Geometry(Points{{{350000000, 360000000}, {360000000, 370000000}}}), 2000).value();
  EXPECT_EQ(posts.polygons.size(), 2U);
  EXPECT_TRUE(contains(posts, destination({350000000, 360000000}, 33'000, 1990)));
  EXPECT_FALSE(contains(posts, destination({350000000, 360000000}, 33'000, 2010)));
}

TEST(NearAreaTest, AcrossTheAntimeridianIsRefused) {
  EXPECT_EQ(near_area(Geometry(Points{{{0, 1799999000}}}), 2000).error().code, ErrorCode::kInvalidPlace);
}

}  // namespace
}  // namespace truce::geo
