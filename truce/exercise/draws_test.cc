// SPDX-License-Identifier: Apache-2.0

#include "truce/exercise/draws.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

#include "truce/base/seed_testing.h"

namespace truce::exercise {
namespace {

constexpr int kMany = 40'000;

// Computed apart, from SplitMix64 and the formulas as written down.
TEST(DrawsTest, NumbersNeverChange) {
  Draws d(7, 3, 5, 11);
  EXPECT_EQ(d.next(), 16146135880387641313ULL);
  EXPECT_EQ(d.next(), 11361181061035756073ULL);
  Draws n(7, 3, 5, 11);
  EXPECT_NEAR(n.normal(), -1.5229857946215088, 1e-14);
}

TEST(DrawsTest, EveryPartOfTheNameMakesAnotherStream) {
  std::set<std::uint64_t> first;
  for (std::uint64_t seed = 0; seed < 5; ++seed)
    for (std::uint64_t stream = 0; stream < 5; ++stream)
      for (std::uint64_t a = 0; a < 5; ++a)
        for (std::uint64_t b = 0; b < 5; ++b) first.insert(Draws(seed, stream, a, b).next());
  EXPECT_EQ(first.size(), 625U);
}

TEST(DrawsTest, MomentsAreThoseOfTheDistributions) {
  Draws d(logged_seed(), 1);
  double unit = 0, normal = 0, square = 0, radial = 0, small = 0, large = 0, geometric = 0;
  for (int i = 0; i < kMany; ++i) {
    unit += d.unit();
    const double z = d.normal();
    normal += z;
    square += z * z;
    radial += d.radial(10);
    small += static_cast<double>(d.poisson(3.5));
    large += static_cast<double>(d.poisson(250));
    geometric += static_cast<double>(d.geometric(0.4, 50));
  }
  EXPECT_NEAR(unit / kMany, 0.5, 0.01);
  EXPECT_NEAR(normal / kMany, 0, 0.03);
  EXPECT_NEAR(square / kMany, 1, 0.05);
  EXPECT_NEAR(radial / kMany, 12.53, 0.2);  // sigma sqrt(pi/2)
  EXPECT_NEAR(small / kMany, 3.5, 0.06);
  EXPECT_NEAR(large / kMany, 250, 0.5);
  EXPECT_NEAR(geometric / kMany, 0.4, 0.03);
}

TEST(DrawsTest, EndsOfRangesAreKept) {
  Draws d(logged_seed(), 2);
  std::array<int, 4> seen{};
  for (int i = 0; i < kMany; ++i) {
    const std::int64_t n = d.integer(-1, 2);
    ASSERT_GE(n, -1);
    ASSERT_LE(n, 2);
    ++seen[static_cast<std::size_t>(n + 1)];
    ASSERT_LT(d.below(3), 3U);
    const double x = d.between(2, 3);
    ASSERT_GE(x, 2);
    ASSERT_LT(x, 3);
    ASSERT_LE(d.geometric(5, 2), 2);
  }
  for (const int n : seen) EXPECT_NEAR(n, kMany / 4, kMany / 40);
  EXPECT_EQ(d.poisson(0), 0);
}

TEST(DrawsTest, WeightsOfNothingAreNeverDrawn) {
  Draws d(logged_seed(), 3);
  std::array<double, 4> weights = {0, 1, 0, 3};
  accumulate_weights(weights);
  std::array<int, 4> seen{};
  for (int i = 0; i < kMany; ++i) ++seen[d.weighted(weights)];
  EXPECT_EQ(seen[0], 0);
  EXPECT_EQ(seen[2], 0);
  EXPECT_NEAR(seen[3], kMany * 3 / 4, kMany / 40);
}

}  // namespace
}  // namespace truce::exercise
