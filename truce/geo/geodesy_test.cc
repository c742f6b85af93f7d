// SPDX-License-Identifier: Apache-2.0

#include "truce/geo/geodesy.h"

#include <gtest/gtest.h>

#include <GeographicLib/Geodesic.hpp>
#include <cmath>

#include "truce/geo/geo_testing.h"

namespace truce::geo {
namespace {

constexpr std::uint64_t kSeed = 20180917;

const GeographicLib::Geodesic& oracle() {
  return GeographicLib::Geodesic::WGS84();
}

TEST(GeodesyTest, DistanceIsWithinAMillimetreUpToHundredKilometres) {
  TestRandom random(kSeed);
  double worst = 0;
  for (int i = 0; i < 100'000; ++i) {
    const LatLng a = random_point(random, {-850000000, -1800000000, 850000000, 1800000000});
    double lat = 0;
    double lng = 0;
    oracle().Direct(a.lat_degrees(), a.lng_degrees(), random.unit() * 360, std::pow(random.unit(), 3) * 1e5, lat, lng);
    const LatLng b = LatLng::from_degrees(lat, lng);
    double expected = 0;
    oracle().Inverse(a.lat_degrees(), a.lng_degrees(), b.lat_degrees(), b.lng_degrees(), expected);
    worst = std::max(worst, std::abs(distance_m(a, b) - expected));
  }
  EXPECT_LT(worst, 0.001) << "seed " << kSeed;
}

TEST(GeodesyTest, LongDistances) {
  TestRandom random(kSeed);
  double worst = 0;
  double worst_antipode = 0;
  for (int i = 0; i < 100'000; ++i) {
    const Box world{-900000000, -1800000000, 900000000, 1800000000};
    const LatLng a = random_point(random, world);
    const LatLng b = random_point(random, world);
    double expected = 0;
    oracle().Inverse(a.lat_degrees(), a.lng_degrees(), b.lat_degrees(), b.lng_degrees(), expected);
    const double off = std::abs(distance_m(a, b) - expected);
    if (expected < 5e6) worst = std::max(worst, off);
    if (expected > 1.99e7) worst_antipode = std::max(worst_antipode, off / expected);
  }
  EXPECT_LT(worst, 0.01) << "seed " << kSeed;
  EXPECT_LT(worst_antipode, 0.006) << "seed " << kSeed;
}

TEST(GeodesyTest, DestinationIsTheNearestPointOfTheLattice) {
  TestRandom random(kSeed);
  double worst = 0;
  for (int i = 0; i < 100'000; ++i) {
    const LatLng a = random_point(random, {-850000000, -1800000000, 850000000, 1800000000});
    const auto bearing = static_cast<std::int32_t>(random.between(-720'000, 720'000));
    const double metres = random.unit() * 1e5;
    double lat = 0;
    double lng = 0;
    oracle().Direct(a.lat_degrees(), a.lng_degrees(), bearing / 1000.0, metres, lat, lng);
    const LatLng b = destination(a, bearing, metres);
    ASSERT_TRUE(b.is_valid());
    double off = 0;
    oracle().Inverse(lat, lng, b.lat_degrees(), b.lng_degrees(), off);
    worst = std::max(worst, off);
  }
  EXPECT_LT(worst, 0.001 + 0.0079) << "seed " << kSeed;  // rounding to E7: half a unit each way
}

TEST(GeodesyTest, BearingAgrees) {
  TestRandom random(kSeed);
  for (int i = 0; i < 20'000; ++i) {
    const LatLng a = random_point(random, {-700000000, -1700000000, 700000000, 1700000000});
    const LatLng b{a.lat_e7 + static_cast<std::int32_t>(random.between(-10'000'000, 10'000'000)),
                   a.lng_e7 + static_cast<std::int32_t>(random.between(-10'000'000, 10'000'000))};
    double expected = 0;
    double other = 0;
    const double metres = [&] {
      double s = 0;
      oracle().Inverse(a.lat_degrees(), a.lng_degrees(), b.lat_degrees(), b.lng_degrees(), s, expected, other);
      return s;
    }();
    if (metres < 100) continue;
    double off = std::abs(initial_bearing_mdeg(a, b) - expected * 1000);
    off = std::fmod(off, 360'000);
    ASSERT_LT(std::min(off, 360'000 - off), 0.502) << a.to_string() << " " << b.to_string();
  }
}

TEST(GeodesyTest, SamePointPolesAndAntimeridian) {
  const LatLng a{350000000, 380000000};
  EXPECT_EQ(distance_m(a, a), 0);
  EXPECT_EQ(initial_bearing_mdeg(a, a), 0);
  EXPECT_EQ(destination(a, 123'456, 0), a);
  EXPECT_NEAR(distance_m({0, kLngE7Max}, {0, -kLngE7Max}), 0, 1e-6);
  EXPECT_NEAR(distance_m({0, 1799000000}, {0, -1799000000}), 22263.9, 0.1);
  const LatLng over = destination({0, 1799999999}, 90'000, 1000);
  EXPECT_LT(over.lng_e7, 0);
  EXPECT_EQ(destination({kLatE7Max, 0}, 0, 1000).lat_e7, destination({kLatE7Max, 0}, 90'000, 1000).lat_e7);
  EXPECT_NEAR(distance_m({kLatE7Max, 0}, {-kLatE7Max, 0}), 20003931.5, 125000);
  EXPECT_EQ(initial_bearing_mdeg({0, 0}, {10000000, 0}), 0);
  EXPECT_EQ(initial_bearing_mdeg({0, 0}, {0, -10000000}), 270'000);
}

TEST(GeodesyTest, ScaleIsThatOfTheEllipsoid) {
  for (int lat = -80; lat <= 80; lat += 10) {
    const LatLng here{lat * kDegreeE7, 380000000};
    const LocalScale scale = local_scale(here);
    EXPECT_NEAR(scale.north_m_per_e7 * 2e4,
                distance_m({here.lat_e7 - 10'000, here.lng_e7}, {here.lat_e7 + 10'000, here.lng_e7}), 0.001);
    EXPECT_NEAR(scale.east_m_per_e7 * 2e4,
                distance_m({here.lat_e7, here.lng_e7 - 10'000}, {here.lat_e7, here.lng_e7 + 10'000}), 0.001);
  }
  EXPECT_NEAR(local_scale({kLatE7Max, 0}).east_m_per_e7, 0, 1e-9);
}

TEST(GeodesyTest, BoxAroundHoldsTheCircle) {
  TestRandom random(kSeed);
  for (int i = 0; i < 3000; ++i) {
    const LatLng centre = random_point(random, {-880000000, -1500000000, 880000000, 1500000000});
    const double radius = random.unit() * 1e5;
    const Box box = box_around(centre, radius);
    for (int b = 0; b < 360'000; b += 15'000) {
      const LatLng p = destination(centre, b, radius);
      ASSERT_TRUE(box.contains(p)) << centre.to_string() << " " << radius << " " << b;
    }
  }
}

// The same bits on every machine: pinned.
TEST(GeodesyTest, ResultsArePinned) {
  EXPECT_EQ(destination({359000000, 366000000}, 45'000, 10'000), LatLng::from_e7(359637020, 366783889));
  EXPECT_EQ(initial_bearing_mdeg({359000000, 366000000}, {330000000, 363000000}), 184'983);
}

}  // namespace
}  // namespace truce::geo
