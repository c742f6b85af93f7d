// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/fusion.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "truce/base/sha256.h"
#include "truce/monitor/fusion_links.h"
#include "truce/monitor/fusion_oracle_testing.h"
#include "truce/monitor/fusion_testing.h"

namespace truce::monitor {
namespace {

std::vector<std::uint32_t> groups(const TestBlock& b, const FusionConstraints& c = {},
                                  const FusionModel& model = FusionModel::neutral()) {
  std::vector<std::uint32_t> out;
  for (const FusedReport& r : fuse(b.scorer(model), c).reports) out.push_back(r.cluster);
  return out;
}
using Groups = std::vector<std::uint32_t>;

// What the grouping's score is said to be is what its groups sum to, and no group holds what may not be together.
void check_grouping(const Scorer& s, const Grouping& g, const FusionConstraints& c) {
  std::map<std::uint32_t, std::vector<std::uint32_t>> members;
  for (std::uint32_t i = 0; i < g.reports.size(); ++i) members[g.reports[i].cluster].push_back(i);
  std::int64_t sum = 0;
  for (const auto& [first, list] : members) {
    ASSERT_EQ(list[0], first);
    sum += s.cluster_of(list).score;
  }
  ASSERT_NEAR(static_cast<double>(sum), static_cast<double>(g.score), 20);
  for (const auto& [a, b] : c.joins) ASSERT_EQ(g.reports[a].cluster, g.reports[b].cluster);
  for (const auto& [a, b] : c.splits) ASSERT_NE(g.reports[a].cluster, g.reports[b].cluster);
  for (const FusedReport& r : g.reports) {
    ASSERT_GE(r.certainty_ppm, 0);
    ASSERT_LE(r.certainty_ppm, 1'000'000);
    ASSERT_GE(r.other_behind, 0);
    ASSERT_LT(r.other, g.reports.size());
  }
}

TEST(FusionTest, NeverBeatsTheOracleAndNearlyAlwaysReachesIt) {
  SeededNumbers draw(logged_seed());
  const FusionModel model = FusionModel::neutral();
  constexpr int kBlocks = 600;
  int reached = 0;
  int reached_of_all = 0;
  std::int64_t worst = 0;
  for (int i = 0; i < kBlocks; ++i) {
    const TestBlock b = random_block(draw, 2 + draw.below(i % 10 == 0 ? 7 : 6));
    const Scorer s = b.scorer(model);
    const Grouping g = fuse(s);
    ASSERT_NO_FATAL_FAILURE(check_grouping(s, g, {})) << "seed " << logged_seed() << " block " << i;
    const BestGrouping best = best_grouping(s);
    ASSERT_LE(g.score, best.of_all + 20) << "seed " << logged_seed() << " block " << i;
    worst = std::max(worst, best.of_all - g.score);
    if (g.score >= best.score - 20) ++reached;
    if (g.score >= best.of_all - 20) ++reached_of_all;
  }
  std::printf("reached the best grouping in %d of %d blocks (of all partitions: %d); at worst %.2f nats below it\n",
              reached, kBlocks, reached_of_all, static_cast<double>(worst) / kMicronats);
  // Over 60 seeds: 579 to 596, median 589; of all partitions 556 to 579, median 567 (the rest lies beyond the gate).
  EXPECT_GE(reached, kBlocks * 95 / 100) << "seed " << logged_seed();
  EXPECT_GE(reached_of_all, kBlocks * 90 / 100) << "seed " << logged_seed();
}

// Merging alone stops where a report would be better off elsewhere; after the moves none would, but for those that
// more sweeps would find.
TEST(FusionTest, NoReportWouldBeBetterOffElsewhere) {
  SeededNumbers draw(logged_seed() + 11);
  const FusionModel model = FusionModel::neutral();
  int better = 0;
  int reports = 0;
  for (int i = 0; i < 150; ++i) {
    const TestBlock b = random_block(draw, 40);
    const Scorer s = b.scorer(model);
    const Grouping g = fuse(s);
    std::map<std::uint32_t, std::vector<std::uint32_t>> members;
    for (std::uint32_t k = 0; k < g.reports.size(); ++k) members[g.reports[k].cluster].push_back(k);
    std::map<std::uint32_t, Cluster> clusters;
    for (const auto& [first, list] : members) clusters[first] = s.cluster_of(list);
    std::vector<std::set<std::uint32_t>> places(g.reports.size());  // where a report could be
    for (const auto& [x, y] : near_pairs(s)) {
      const std::int64_t joint = s.score_of_union(s.single(x), s.single(y));
      if (joint == kForbidden || joint - s.single(x).score - s.single(y).score < kPairGainMin) continue;
      places[x].insert(g.reports[y].cluster);
      places[y].insert(g.reports[x].cluster);
    }
    for (std::uint32_t k = 0; k < g.reports.size(); ++k) {
      ++reports;
      const std::uint32_t own = g.reports[k].cluster;
      std::vector<std::uint32_t> rest = members[own];
      std::erase(rest, k);
      const std::int64_t leaving = (rest.empty() ? 0 : s.cluster_of(rest).score) - clusters[own].score;
      bool would = leaving + s.single(k).score > 100;
      for (const std::uint32_t c : places[k]) {
        if (c == own) continue;
        const std::int64_t joint = s.score_of_union(clusters[c], s.single(k));
        would = would || (joint != kForbidden && leaving + joint - clusters[c].score > 100);
      }
      better += would ? 1 : 0;
    }
  }
  std::printf("%d of %d reports would be better off elsewhere\n", better, reports);
  EXPECT_LE(better * 2'000, reports) << "seed " << logged_seed();
}

TEST(FusionTest, JoinsAndSplitsAreKeptAndTheRestIsAsGoodAsTheOracle) {
  SeededNumbers draw(logged_seed() + 7);
  const FusionModel model = FusionModel::neutral();
  int reached = 0;
  int blocks = 0;
  for (int i = 0; i < 300; ++i) {
    const TestBlock b = random_block(draw, 3 + draw.below(4));
    const Scorer s = b.scorer(model);
    std::vector<Link> links;
    for (std::uint64_t k = draw.between(1, 3) > 1 ? 2 : 1; k > 0; --k) {
      const auto x = static_cast<std::uint32_t>(draw.below(b.reports.size()));
      const auto y = static_cast<std::uint32_t>(draw.below(b.reports.size()));
      if (x != y) links.push_back({x, y, draw.chance(2)});
    }
    const std::vector<bool> stands = consistent_links(links, static_cast<std::uint32_t>(b.reports.size()));
    FusionConstraints c;
    bool joins = false;
    for (std::size_t k = 0; k < links.size(); ++k) {
      if (!stands[k]) continue;
      (links[k].joins ? c.joins : c.splits).emplace_back(links[k].a, links[k].b);
      joins = joins || links[k].joins;
    }
    const Grouping g = fuse(s, c);
    ASSERT_NO_FATAL_FAILURE(check_grouping(s, g, c)) << "seed " << logged_seed() << " block " << i;
    if (joins) continue;  // the oracle keeps to what may be fused, people need not
    ++blocks;
    const BestGrouping best = best_grouping(s, c);
    ASSERT_LE(g.score, best.of_all + 20);
    if (g.score >= best.score - 20) ++reached;
  }
  EXPECT_GE(reached * 100, blocks * 95) << reached << " of " << blocks;
}

TEST(FusionTest, ReportsOfOnePlaceAndTimeAreOneIncidentOthersAreNot) {
  TestBlock b;
  b.reports = {point_report(0, 0, 0, 0), point_report(1, 0.2, 0.1, 1), point_report(3, 20, 0, 0),
               point_report(200, 0, 0, 0)};
  EXPECT_EQ(groups(b), (Groups{0, 0, 2, 3}));
}

TEST(FusionTest, JoinOutweighsEverything) {
  TestBlock b;
  b.reports = {point_report(0, 0, 0, 0), point_report(1, 0.1, 0, 1), point_report(400, 30, 0, 0)};
  b.reports[2].kind = Kind::kDetention;
  EXPECT_EQ(groups(b), (Groups{0, 0, 2}));
  EXPECT_EQ(groups(b, {{{1, 2}}, {}}), (Groups{0, 1, 1}));
  EXPECT_EQ(groups(b, {{}, {{0, 1}}}), (Groups{0, 1, 2}));
  EXPECT_EQ(groups(b, {{{0, 2}}, {{0, 1}}}), (Groups{0, 1, 0}));
}

TEST(FusionTest, ContradictingLinksHaveNoEffect) {
  struct Case {
    const char* name;
    std::vector<Link> links;
    std::vector<bool> stands;
  };
  const std::vector<Case> kCases = {
      {"join alone", {{0, 1, true}}, {true}},
      {"split alone", {{0, 1, false}}, {true}},
      {"join and split of the same", {{0, 1, true}, {1, 0, false}}, {false, false}},
      {"split across a chain of joins", {{0, 1, true}, {1, 2, true}, {0, 2, false}}, {false, false, false}},
      {"another set is not concerned",
       {{0, 1, true}, {0, 1, false}, {2, 3, true}, {1, 2, false}},
       {false, false, true, true}},
      {"with itself", {{2, 2, true}, {3, 3, false}}, {false, false}},
      {"the same twice", {{0, 1, true}, {0, 1, true}}, {true, true}},
      {"none", {}, {}},
  };
  for (const Case& c : kCases) EXPECT_EQ(consistent_links(c.links, 4), c.stands) << c.name;
}

// The worked example of docs/format/link.md: these bytes never change.
TEST(LinkTest, WorkedExampleOfThePage) {
  EXPECT_EQ(link_body().to_canonical(), R"({"v":1})");
  EXPECT_EQ(sha256(link_body().to_canonical()).hex(),
            "afbf9d0f3560b0fd7795e81c42a0a79ee6b6fc67e064f77826aee642cad28d91");
  EXPECT_TRUE(check_link_body(link_body()).has_value());
  for (const char* bad : {"{}", R"({"v":2})", R"({"v":"1"})", R"({"reason":"x","v":1})", "[]", "1"}) {
    EXPECT_FALSE(check_link_body(Json::parse_canonical(bad).value()).has_value()) << bad;
  }
}

TEST(FusionTest, APostTellsOfAnIncidentOnce) {
  TestBlock b;
  const geo::LatLng post = test_place(0, 0);
  b.reports = {bearing_report(0, post, 0, 3'000, 1), bearing_report(0.2, post, 0, 3'000, 1),
               bearing_report(0.4, test_place(0, 1), 0, 3'000, 2)};
  const Groups g = groups(b);
  EXPECT_NE(g[0], g[1]);
  EXPECT_TRUE(g[2] == g[0] || g[2] == g[1]);
}

TEST(FusionTest, EventsOfOneCodedDataSetAreNeverFused) {
  TestBlock b;
  b.reports = {point_report(0, 0, 0, 0), point_report(0, 0, 0, 1), point_report(0, 0, 0, 0)};
  b.reports[0].scheme = b.reports[1].scheme = 1;
  const Groups g = groups(b);
  EXPECT_NE(g[0], g[1]);
  b.reports[0].scheme = b.reports[1].scheme = 0;
  EXPECT_EQ(groups(b), (Groups{0, 0, 0}));
}

TEST(FusionTest, FireInBothDirectionsStaysTwoIncidents) {
  TestBlock b;
  b.reports = {point_report(0, 0, 0, 0), point_report(0.5, 0, 0, 0), point_report(1, 0, 0, 1),
               point_report(1.5, 0, 0, 1)};
  for (std::size_t i = 0; i < 4; ++i) b.reports[i].direction_mdeg = i % 2 == 0 ? 10'000 : 190'000;
  EXPECT_EQ(groups(b), (Groups{0, 1, 0, 1}));
  for (FusionReport& r : b.reports) r.direction_mdeg = 10'000;
  EXPECT_EQ(groups(b), (Groups{0, 0, 0, 0}));
}

TEST(FusionTest, AllReportsAtOnePointAreStillToldApartByTime) {
  TestBlock b;
  for (int i = 0; i < 40; ++i)
    b.reports.push_back(point_report(i / 2 * 120, 0, 0, static_cast<std::uint32_t>(i % 2), 0));
  const Groups g = groups(b);
  for (std::uint32_t i = 0; i < 40; ++i) EXPECT_EQ(g[i], i / 2 * 2);
}

TEST(FusionTest, NearPairsAreAllThatAreWithinTheGate) {
  SeededNumbers draw(logged_seed() + 3);
  const FusionModel model = FusionModel::neutral();
  std::size_t lost = 0;
  std::int64_t most = 0;
  std::size_t compared = 0;
  for (int i = 0; i < 50; ++i) {
    const TestBlock b = random_block(draw, 30);
    const Scorer s = b.scorer(model);
    const auto pairs = near_pairs(s);
    EXPECT_TRUE(std::ranges::is_sorted(pairs));
    compared += pairs.size();
    for (std::uint32_t x = 0; x < 30; ++x) {
      for (std::uint32_t y = x + 1; y < 30; ++y) {
        if (std::ranges::binary_search(pairs, std::pair(x, y))) continue;
        const std::int64_t joint = s.score_of_union(s.single(x), s.single(y));
        if (joint == kForbidden) continue;
        // The gate cuts off tails, a little of what would gain too: the times of these blocks scatter twice as far as
        // the neutral priors believe. Over 60 seeds at most 2.9 % of what is compared, at most 7.4 nats (the same
        // place, times 3.4 sigma apart).
        const std::int64_t gain = joint - s.single(x).score - s.single(y).score;
        lost += gain > 0 ? 1 : 0;
        most = std::max(most, gain);
      }
    }
  }
  std::printf("%zu pairs compared; %zu that would gain are not, the most %.2f nats\n", compared, lost,
              static_cast<double>(most) / kMicronats);
  EXPECT_LT(most, 10'000'000) << "seed " << logged_seed();
  EXPECT_LT(lost * 25, compared);
}

TEST(FusionTest, NothingGivesNothing) {
  const TestBlock b;
  const FusionModel model = FusionModel::neutral();
  EXPECT_TRUE(fuse(b.scorer(model)).reports.empty());
}

}  // namespace
}  // namespace truce::monitor
