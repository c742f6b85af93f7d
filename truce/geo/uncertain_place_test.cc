// SPDX-License-Identifier: Apache-2.0

#include "truce/geo/uncertain_place.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

#include "truce/base/math.h"
#include "truce/geo/geo_testing.h"
#include "truce/geo/geodesy.h"

namespace truce::geo {
namespace {

constexpr std::uint64_t kSeed = 20170506;

UncertainPlace disc(LatLng centre, std::int32_t radius_m) {
  return UncertainPlace::make(Disc{centre, radius_m}).value();
}

// Everything on one side of a border through `p` with the ground's bearing: a half-plane, as far as a place reaches.
// (Straight in longitude and latitude is straight on the ground only so far.)
PreparedArea half_plane(LatLng p, std::int32_t bearing_mdeg, double reach_m) {
  const LatLng a = destination(p, bearing_mdeg, reach_m);
  const LatLng b = destination(p, bearing_mdeg + 180'000, reach_m);
  const LatLng c = destination(b, bearing_mdeg - 90'000, 2 * reach_m);
  const LatLng d = destination(a, bearing_mdeg - 90'000, 2 * reach_m);
  return PreparedArea(canonical(MultiPolygon{{{{{a, b, c, d}}, {}}}}).value());
}

TEST(UncertainPlaceTest, ExactPlaceIsInsideOrNot) {
  const PreparedArea zone(square(35, 36, 36, 37));
  const PreparedArea near_area(square(34, 35, 37, 38));
  EXPECT_EQ(relation(disc({350000000, 360000000}, 0), zone, near_area),
            (ZoneRelation{Relation::kInside, 1'000'000, 1'000'000}));
  EXPECT_EQ(relation(disc({349999999, 360000000}, 0), zone, near_area), (ZoneRelation{Relation::kNear, 0, 1'000'000}));
  EXPECT_EQ(relation(disc({339999999, 360000000}, 0), zone, near_area), (ZoneRelation{Relation::kOutside, 0, 0}));
  EXPECT_EQ(relation(disc({349999999, 360000000}, 0), zone, {}), (ZoneRelation{Relation::kOutside, 0, 0}));
}

TEST(UncertainPlaceTest, ThresholdsAreWhereTheySay) {
  // A border in the east; p(inside) = Phi(t) for a centre t sigmas within.
  const LatLng border{355000000, 370000000};
  const PreparedArea zone(square(34, 35, 37, 37));
  const PreparedArea near_area(square(33, 34, 38, 38));
  const double sigma = 2500;
  const auto at = [&](double sigmas) {
    return relation(disc(destination(border, 270'000, 0), 0), zone, near_area).relation == Relation::kInside
               ? relation(disc({border.lat_e7, border.lng_e7 - static_cast<std::int32_t>(
                                                                   sigmas * sigma / local_scale(border).east_m_per_e7)},
                               5000),
                          zone, near_area)
                     .relation
               : Relation::kOutside;
  };
  EXPECT_EQ(at(3), Relation::kInside);
  EXPECT_EQ(at(1.75), Relation::kInside);         // 0.960
  EXPECT_EQ(at(1.5), Relation::kProbablyInside);  // 0.933
  EXPECT_EQ(at(0.4), Relation::kProbablyInside);  // 0.655
  EXPECT_EQ(at(0), Relation::kCannotTell);        // 0.5
  EXPECT_EQ(at(-1.5), Relation::kCannotTell);     // 0.067
  EXPECT_EQ(at(-1.8), Relation::kNear);           // 0.036
  EXPECT_EQ(at(-30), Relation::kNear);
  EXPECT_EQ(at(-60), Relation::kOutside);
}

TEST(UncertainPlaceTest, DiscProbabilityIsThatOfTheNormalDistribution) {
  TestRandom random(kSeed);
  double worst = 0;
  for (int i = 0; i < 400; ++i) {
    const LatLng centre = random_point(random, {300000000, 350000000, 370000000, 420000000});
    const auto radius = static_cast<std::int32_t>(random.between(10, 20'000));
    const auto bearing = static_cast<std::int32_t>(random.between(0, 359'999));
    const double sigmas = 4 * random.unit() - 2;
    const LatLng p = destination(centre, bearing + 90'000, sigmas * radius / 2);
    const double got = inside_ppm(disc(centre, radius), half_plane(p, bearing, 4.0 * radius)) * 1e-6;
    worst = std::max(worst, std::abs(got - math::normal_cdf(sigmas)));
  }
  EXPECT_LT(worst, 0.02) << "seed " << kSeed;
}

TEST(UncertainPlaceTest, SectorProbabilityIsThatOfADenseDraw) {
  TestRandom random(kSeed);
  const auto normal = [&] {
    const double u = 1 - random.unit();
    return std::sqrt(-2 * std::log(u)) * std::cos(2 * math::kPi * random.unit());
  };
  double worst = 0;
  for (int i = 0; i < 60; ++i) {
    Sector s;
    s.observer = random_point(random, {300000000, 350000000, 370000000, 420000000});
    s.observer_radius_m = i % 3 ? 0 : static_cast<std::int32_t>(random.between(0, 1000));
    s.bearing_mdeg = static_cast<std::int32_t>(random.between(0, 359'999));
    s.bearing_error_mdeg = static_cast<std::int32_t>(random.between(500, 12'000));
    s.distance_m = static_cast<std::int32_t>(random.between(500, 20'000));
    s.distance_error_m = s.distance_m / static_cast<std::int32_t>(random.between(3, 20));
    const UncertainPlace place = UncertainPlace::make(s).value();
    const auto border = static_cast<std::int32_t>(random.between(0, 359'999));
    const LatLng p = destination(place.nominal(), static_cast<std::int32_t>(random.between(0, 359'999)),
                                 random.unit() * place.radius_m() / 2);
    const PreparedArea area = half_plane(p, border, 4.0 * place.radius_m() + 2000);
    int inside = 0;
    constexpr int kDraws = 20'000;
    for (int d = 0; d < kDraws; ++d) {
      const LatLng o = destination(destination(s.observer, 0, 0), static_cast<std::int32_t>(random.between(0, 359'999)),
                                   s.observer_radius_m / 2.0 * std::sqrt(-2 * std::log(1 - random.unit())));
      const auto bearing = static_cast<std::int32_t>(s.bearing_mdeg + s.bearing_error_mdeg * normal());
      inside += area.contains(destination(o, bearing, std::max(0.0, s.distance_m + s.distance_error_m * normal())));
    }
    worst = std::max(worst, std::abs(inside_ppm(place, area) * 1e-6 - static_cast<double>(inside) / kDraws));
  }
  EXPECT_LT(worst, 0.02 + 0.01) << "seed " << kSeed;  // three sigmas of the draw
}

TEST(UncertainPlaceTest, ADiscHoldsEightySixPercentWithinItsRadius) {
  const LatLng centre{350000000, 380000000};
  std::vector<LatLng> points;
  disc(centre, 10'000).sample(points);
  ASSERT_EQ(points.size(), 512U);
  int within = 0;
  for (const LatLng p : points) within += distance_m(centre, p) <= 10'000;
  EXPECT_NEAR(within / 512.0, 0.865, 0.004);
}

// The short ways through boxes must never say other than the sample.
TEST(UncertainPlaceTest, BoxHoldsTheSample) {
  TestRandom random(kSeed);
  std::vector<LatLng> points;
  for (int i = 0; i < 4000; ++i) {
    const LatLng p = random_point(random, {-899000000, -1799000000, 899000000, 1799000000});
    Sector s{p,
             static_cast<std::int32_t>(random.between(0, 3) * random.between(0, 2000)),
             static_cast<std::int32_t>(random.between(0, 359'999)),
             static_cast<std::int32_t>(random.between(0, i % 5 ? 20'000 : 180'000)),
             static_cast<std::int32_t>(random.between(0, 50'000)),
             static_cast<std::int32_t>(random.between(0, 20'000))};
    const auto place = i % 2 ? UncertainPlace::make(s)
                             : UncertainPlace::make(Disc{p, static_cast<std::int32_t>(random.between(0, 50'000))});
    ASSERT_TRUE(place);
    place->sample(points);
    for (const LatLng q : points) ASSERT_TRUE(place->box().contains(q)) << i << " " << q.to_string();
    ASSERT_TRUE(place->box().contains(place->nominal()));
  }
}

TEST(UncertainPlaceTest, SectorNominalIsAtItsBearingAndDistance) {
  const Sector s{{350000000, 380000000}, 0, 45'000, 3'000, 8'000, 1'000};
  const UncertainPlace place = UncertainPlace::make(s).value();
  EXPECT_EQ(place.nominal(), destination(s.observer, 45'000, 8'000));
  EXPECT_FALSE(place.is_exact());
  EXPECT_NEAR(place.radius_m(), 2 * std::sqrt((419.0 * 419 + 1000.0 * 1000) / 2), 2);
  EXPECT_TRUE(UncertainPlace::make(Sector{{350000000, 380000000}, 0, 45'000, 0, 8'000, 0})->is_exact());
}

TEST(UncertainPlaceTest, PlacesBeyondTheLimitsAreRefused) {
  const LatLng p{350000000, 380000000};
  EXPECT_EQ(UncertainPlace::make(Disc{{910000000, 0}, 10}).error().code, ErrorCode::kInvalidPlace);
  EXPECT_EQ(UncertainPlace::make(Disc{p, -1}).error().code, ErrorCode::kOutOfRange);
  EXPECT_EQ(UncertainPlace::make(Disc{p, UncertainPlace::kRadiusMMax + 1}).error().code, ErrorCode::kOutOfRange);
  const Sector bad[] = {{{0, 1900000000}, 0, 0, 0, 0, 0},
                        {p, -1, 0, 0, 0, 0},
                        {p, 0, 360'000, 0, 0, 0},
                        {p, 0, -1, 0, 0, 0},
                        {p, 0, 0, 180'001, 0, 0},
                        {p, 0, 0, -1, 0, 0},
                        {p, 0, 0, 0, -1, 0},
                        {p, 0, 0, 0, 500'001, 0},
                        {p, 0, 0, 0, 0, -1},
                        {p, 0, 0, 0, 0, 500'001}};
  for (const Sector& s : bad) EXPECT_FALSE(UncertainPlace::make(s));
}

TEST(UncertainPlaceTest, NamesComeBack) {
  for (const Relation r :
       {Relation::kOutside, Relation::kNear, Relation::kCannotTell, Relation::kProbablyInside, Relation::kInside}) {
    EXPECT_EQ(parse_relation(relation_name(r)).value(), r);
  }
  EXPECT_EQ(relation_name(Relation::kProbablyInside), "probably-inside");
  EXPECT_EQ(parse_relation("Inside").error().code, ErrorCode::kInvalidArgument);
  EXPECT_LT(Relation::kCannotTell, Relation::kProbablyInside);
}

// Pinned: a change of any of these changes pictures.
TEST(UncertainPlaceTest, ProbabilitiesArePinned) {
  const PreparedArea zone(square(35, 36, 36, 37));
  EXPECT_EQ(inside_ppm(disc({350100000, 360200000}, 5000), zone), 515625);
  EXPECT_EQ(
      inside_ppm(UncertainPlace::make(Sector{{349000000, 360500000}, 200, 20'000, 4'000, 11'000, 1'500}).value(), zone),
      294921);
}

TEST(UncertainPlaceTest, AMillionPlacesTakeSeconds) {
  TestRandom random(kSeed);
  std::vector<PreparedArea> zones;
  std::vector<PreparedArea> near_areas;
  for (int z = 0; z < 5; ++z) {
    const LatLng centre = random_point(random, {330000000, 360000000, 370000000, 400000000});
    zones.emplace_back(MultiPolygon{{{smooth_star(random, centre, 6e6, 60), {}}}});
    near_areas.emplace_back(MultiPolygon{{{smooth_star(random, centre, 7e6, 60), {}}}});
  }
  const auto start = std::chrono::steady_clock::now();
  std::int64_t sum = 0;
  constexpr int kPlaces = 100'000;
  for (int i = 0; i < kPlaces; ++i) {
    const UncertainPlace place = disc(random_point(random, {320000000, 350000000, 380000000, 410000000}),
                                      static_cast<std::int32_t>(random.between(0, 5000)));
    for (std::size_t z = 0; z < zones.size(); ++z) sum += relation(place, zones[z], near_areas[z]).inside_ppm;
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  RecordProperty("us_per_place", std::to_string(seconds / kPlaces * 1e6));
  std::printf("%.3f us a place against five zones\n", seconds / kPlaces * 1e6);
  EXPECT_GT(sum, 0);
}

}  // namespace
}  // namespace truce::geo
