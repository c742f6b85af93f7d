// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/cluster.h"

#include <gtest/gtest.h>

#include <numeric>

#include "truce/base/math.h"
#include "truce/monitor/fusion_testing.h"

namespace truce::monitor {
namespace {

constexpr double kTwoPi = 2 * math::kPi;

double sum_of(const ScoreParts& parts) {
  return std::accumulate(parts.begin(), parts.end(), 0.0);
}

// Whether all reports may be together, by pairs.
bool may_be_one(const Scorer& s) {
  for (std::uint32_t i = 0; i < s.prepared().size(); ++i) {
    for (std::uint32_t j = 0; j < i; ++j) {
      if (s.score_of_union(s.single(i), s.single(j)) == kForbidden) return false;
    }
  }
  return true;
}

TEST(ClusterTest, PartsSumToTheScore) {
  SeededNumbers draw(logged_seed());
  const FusionModel model = FusionModel::neutral();
  int seen = 0;
  for (int i = 0; i < 300; ++i) {
    const TestBlock b = random_block(draw, 1 + draw.below(8));
    const Scorer s = b.scorer(model);
    if (!may_be_one(s)) continue;
    ++seen;
    std::vector<std::uint32_t> all(b.reports.size());
    std::iota(all.begin(), all.end(), 0U);
    const Cluster c = s.cluster_of(all);
    EXPECT_NEAR(sum_of(s.parts(c)) * kMicronats, static_cast<double>(c.score), 2) << "block " << i;
    EXPECT_EQ(s.score_of_union(c, c) == kForbidden, c.posts > 0);
  }
  EXPECT_GT(seen, 100);
}

TEST(ClusterTest, NeitherSideNorOrderOfUnionMatters) {
  SeededNumbers draw(logged_seed() + 1);
  const FusionModel model = FusionModel::neutral();
  for (int i = 0; i < 300; ++i) {
    const TestBlock b = random_block(draw, 2 + draw.below(7));
    const Scorer s = b.scorer(model);
    for (std::uint32_t j = 1; j < b.reports.size(); ++j) {
      const std::int64_t there = s.score_of_union(s.single(0), s.single(j));
      const std::int64_t back = s.score_of_union(s.single(j), s.single(0));
      EXPECT_NEAR(static_cast<double>(there), static_cast<double>(back), 3);
    }
    if (!may_be_one(s)) continue;
    std::vector<std::uint32_t> order(b.reports.size());
    std::iota(order.begin(), order.end(), 0U);
    const std::int64_t one = s.cluster_of(order).score;
    for (std::size_t k = order.size(); k > 1; --k) std::swap(order[k - 1], order[draw.below(k)]);
    EXPECT_NEAR(static_cast<double>(s.cluster_of(order).score), static_cast<double>(one), 3);
    // Two halves together.
    const auto half = static_cast<std::ptrdiff_t>(order.size() / 2);
    Cluster left = s.cluster_of(std::vector<std::uint32_t>(order.begin(), order.begin() + half));
    const Cluster right = s.cluster_of(std::vector<std::uint32_t>(order.begin() + half, order.end()));
    EXPECT_NEAR(static_cast<double>(s.score_of_union(left, right)), static_cast<double>(one), 3);
    s.unite(left, right);
    EXPECT_NEAR(static_cast<double>(left.score), static_cast<double>(one), 3);
  }
}

// The integral over the true time and place, summed up point by point.
TEST(ClusterTest, TimeAndPlaceAreTheirIntegrals) {
  SeededNumbers draw(logged_seed() + 2);
  const FusionModel model = FusionModel::neutral();
  for (int round = 0; round < 6; ++round) {
    TestBlock b;
    const std::size_t n = 2 + static_cast<std::size_t>(round) % 3;
    for (std::size_t i = 0; i < n; ++i) {
      const double minutes = draw.unit() * 8;
      const double north = draw.unit() * 0.8 - 0.4;
      const double east = draw.unit() * 0.8 - 0.4;
      if (i == 1 && round % 2 == 1) {
        b.reports.push_back(bearing_report(minutes, test_place(north - 2, east), 0, 2'000, 1));
      } else {
        b.reports.push_back(point_report(minutes, north, east, static_cast<std::uint32_t>(i % 2),
                                         400 + static_cast<std::int32_t>(draw.below(600))));
      }
    }
    const Scorer s = b.scorer(model);
    std::vector<std::uint32_t> all(n);
    std::iota(all.begin(), all.end(), 0U);
    const ScoreParts whole = s.parts(s.cluster_of(all));
    // Of one report alone the integrals are 1; what remains is the density of incidents, the same for all in this cell.
    const ScoreParts alone = s.parts(s.single(0));
    double time = 0;
    for (double t = -3'000; t < 4'000; t += 2) {
      double product = 1;
      for (const auto& p : s.prepared()) {
        const double z = (p.t_s - t) / p.sigma_s;
        product *= math::exp(-z * z / 2) / (p.sigma_s * math::sqrt(kTwoPi));
      }
      time += product * 2;
    }
    EXPECT_NEAR(whole[0] - alone[0], math::log(time), 1e-3) << "round " << round;
    double place = 0;
    constexpr double kStep = 20;
    for (double x = -4'000; x < 4'000; x += kStep) {
      for (double y = -4'000; y < 4'000; y += kStep) {
        double product = 1;
        for (std::size_t i = 0; i < n; ++i) {
          const auto& p = s.prepared()[i];
          const double dx = x - p.x_m;
          const double dy = y - p.y_m;
          const double det = p.c11 * p.c22 - p.c12 * p.c12;
          product *= math::exp(-(dx * dx * p.c22 - 2 * dx * dy * p.c12 + dy * dy * p.c11) / (2 * det)) /
                     (kTwoPi * math::sqrt(det));
        }
        place += product * kStep * kStep;
      }
    }
    EXPECT_NEAR(whole[1] - alone[1], math::log(place), 1e-3) << "round " << round;
  }
}

TEST(ClusterTest, KindsAreSummedOverWhatMayHaveHappened) {
  const FusionModel model = FusionModel::neutral();
  TestBlock b;
  b.reports = {point_report(0, 0, 0), point_report(1, 0.1, 0, 1)};
  b.reports[0].kind = Kind::kAirstrike, b.reports[0].means = Means::kSeen;
  b.reports[1].kind = Kind::kExplosion, b.reports[1].means = Means::kHeard;
  const Scorer s = b.scorer(model);
  const std::vector<std::uint32_t> all = {0, 1};
  double sum = 0;
  for (std::size_t h = 0; h < kHiddenKindCount; ++h) {
    sum += model.kind_prior[h] * model.confusion[0][h][static_cast<std::size_t>(Kind::kAirstrike)] *
           model.confusion[1][h][static_cast<std::size_t>(Kind::kExplosion)];
  }
  EXPECT_NEAR(s.parts(s.cluster_of(all))[2], math::log(sum), 1e-9);
  const auto p = s.kind_posterior(s.cluster_of(all));
  EXPECT_NEAR(std::accumulate(p.begin(), p.end(), 0.0), 1, 1e-12);
  EXPECT_GT(p[static_cast<std::size_t>(Kind::kAirstrike)], 0.5);
}

TEST(ClusterTest, WhoCannotBeOneIsForbidden) {
  const FusionModel model = FusionModel::neutral();
  TestBlock b;
  b.reports = {bearing_report(0, test_place(0, 0), 0, 2'000, 1),
               bearing_report(0.5, test_place(0, 0), 0, 2'000, 1),
               point_report(1, 2, 0),
               point_report(1, 2, 0),
               point_report(1, 2, 0),
               point_report(1, 2, 0),
               point_report(1, 2, 0)};
  b.reports[2].kind = Kind::kPatrol;
  b.reports[3].kind = Kind::kDetention;
  b.reports[4].scheme = b.reports[5].scheme = 1;
  b.reports[6].scheme = 2;
  const Scorer s = b.scorer(model);
  const auto forbidden = [&](std::size_t i, std::size_t j) {
    return s.score_of_union(s.single(i), s.single(j)) == kForbidden;
  };
  EXPECT_TRUE(forbidden(0, 1));  // one post
  EXPECT_TRUE(forbidden(0, 2));  // what nobody else tells of
  EXPECT_TRUE(forbidden(2, 2));
  EXPECT_TRUE(forbidden(0, 3));   // another family
  EXPECT_TRUE(forbidden(4, 5));   // events of one coded data set
  EXPECT_FALSE(forbidden(4, 6));  // of two
  EXPECT_FALSE(forbidden(0, 4));
}

TEST(ClusterTest, TooWideOrOverQuotaFusesWithNothing) {
  struct Case {
    const char* name;
    void (*change)(FusionReport&);
  };
  const Case kCases[] = {
      {"over quota", [](FusionReport& r) { r.stands_alone = true; }},
      {"a wide place", [](FusionReport& r) { r.radius_m = 20'001; }},
      {"a far bearing", [](FusionReport& r) { r.form = Place::Form::kBearing, r.distance_m = 40'001; }},
      {"a long interval", [](FusionReport& r) { r.to_ms += 35LL * 3'600'000; }},
      {"a vague time", [](FusionReport& r) { r.precision_s = 21 * 3'600; }},
      {"an announcement", [](FusionReport& r) { r.kind = Kind::kOther; }},
  };
  EXPECT_TRUE(may_fuse(point_report(0, 0, 0)));
  for (const Case& c : kCases) {
    FusionReport r = point_report(0, 0, 0);
    c.change(r);
    EXPECT_FALSE(may_fuse(r)) << c.name;
  }
}

TEST(ClusterTest, TwoCrossingBearingsMeetNearTheCrossing) {
  const FusionModel model = FusionModel::neutral();
  TestBlock b;
  // From 5 km south looking north and from 5 km west looking east; each is wrong about the distance.
  b.reports = {bearing_report(0, test_place(-5, 0), 0, 3'500, 1),
               bearing_report(0, test_place(0, -5), 90'000, 6'500, 2)};
  const Scorer s = b.scorer(model);
  const std::vector<std::uint32_t> all = {0, 1};
  const auto e = s.estimate(s.cluster_of(all));
  const geo::LatLng at = s.to_lat_lng(e.x_m, e.y_m);
  EXPECT_NEAR(at.lat_e7, kTestPlace.lat_e7, 500 * 90);  // 500 m
  EXPECT_NEAR(at.lng_e7, kTestPlace.lng_e7, 500 * 114);
}

TEST(ClusterTest, WhatANameMeansIsTheNearestPlace) {
  FusionModel model = FusionModel::neutral();
  model.spots = {{test_place(0, 0), 1'500, 1.0}, {test_place(0, 6), 1'500, 1.0}};
  std::ranges::sort(model.spots, {}, [](const NamedSpot& s) { return std::pair(s.at, s.radius_m); });
  const auto gain = [&](double east_km) {
    TestBlock b;
    b.reports = {point_report(0, 0, 0, 0, 1'500), point_report(0, 0, east_km, 1, 400)};  // a name; a point
    const Scorer s = b.scorer(model);
    EXPECT_GE(s.prepared()[0].spot, 0);
    EXPECT_LT(s.prepared()[1].spot, 0);
    return s.score_of_union(s.single(0), s.single(1)) - s.single(0).score - s.single(1).score;
  };
  // Anywhere nearer to it than to the other place is as good; beyond the middle it is not.
  EXPECT_NEAR(static_cast<double>(gain(0)), static_cast<double>(gain(1.5)), 0.7e6);
  EXPECT_GT(gain(1.5), gain(3.5) + 1'000'000);
  EXPECT_GT(gain(1.5), gain(5) + 3'000'000);
}

TEST(ClusterTest, SoundAndClocksAreTakenOff) {
  FusionModel model = FusionModel::neutral();
  model.clock_offset_s["watch/op-1"] = 600;
  TestBlock b;
  b.reports = {bearing_report(10, test_place(0, 0), 0, 6'860, 1)};
  b.reports[0].precision_s = 10;
  const Scorer s = b.scorer(model);
  EXPECT_NEAR(s.prepared()[0].t_s, -600 - 20, 0.5);
  EXPECT_EQ(s.reference_ms(), b.reports[0].from_ms);
}

}  // namespace
}  // namespace truce::monitor
