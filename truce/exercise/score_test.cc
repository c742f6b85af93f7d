// SPDX-License-Identifier: Apache-2.0

#include "truce/exercise/score.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "truce/base/file_testing.h"
#include "truce/base/seed_testing.h"
#include "truce/exercise/files.h"

namespace truce::exercise {
namespace {

using testing::HasSubstr;
using Rows = std::vector<std::pair<std::string, std::string>>;

TEST(ScoreTest, WorkedFigures) {
  const Rows truth = {{"a", "1"}, {"b", "1"}, {"c", "1"}, {"d", "2"}, {"e", "2"}, {"f", "3"}};
  // Pairs: 4 true, 2 predicted (ab, cd), 1 both.
  const Grouping predicted = {{"a", "x"}, {"b", "x"}, {"c", "y"}, {"d", "y"}, {"not in the truth", "x"}};
  EXPECT_EQ(score_clusters(truth, predicted).to_string(),
            "records 6  true clusters 3  predicted clusters 4\n"
            "precision 0.5000  recall 0.2500  F1 0.3333  ARI 0.1892\n");
}

TEST(ScoreTest, NothingIsNoDivisionByNothing) {
  EXPECT_EQ(score_clusters({}, {}).to_string(),
            "records 0  true clusters 0  predicted clusters 0\n"
            "precision 1.0000  recall 1.0000  F1 1.0000  ARI 1.0000\n");
  const Rows one = {{"a", "1"}};
  EXPECT_EQ(score_clusters(one, {}).f1, 1);
  const Rows alone = {{"a", "1"}, {"b", "2"}};
  EXPECT_EQ(score_clusters(alone, {}).f1, 1);
  EXPECT_EQ(score_clusters(alone, {{"a", "x"}, {"b", "x"}}).precision, 0);
}

// Every pair looked at.
TEST(ScoreTest, AgreesWithCountingPairs) {
  const std::uint64_t seed = logged_seed();
  SeededNumbers random(seed);
  for (int round = 0; round < 200; ++round) {
    Rows truth;
    Grouping predicted;
    const std::uint64_t n = random.below(30), clusters = 1 + random.below(12);
    for (std::uint64_t i = 0; i < n; ++i) {
      truth.emplace_back("r" + std::to_string(i), "t" + std::to_string(random.below(clusters)));
      if (!random.chance(5)) predicted["r" + std::to_string(i)] = "p" + std::to_string(random.below(clusters));
    }
    double t = 0, q = 0, both = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) {
        const auto a = predicted.find(truth[i].first), b = predicted.find(truth[k].first);
        const bool is_true = truth[i].second == truth[k].second;
        const bool is_put = a != predicted.end() && b != predicted.end() && a->second == b->second;
        t += is_true ? 1 : 0;
        q += is_put ? 1 : 0;
        both += is_true && is_put ? 1 : 0;
      }
    }
    const ClusterScore s = score_clusters(truth, predicted);
    ASSERT_DOUBLE_EQ(s.precision, q > 0 ? both / q : 1) << "seed " << seed << " round " << round;
    ASSERT_DOUBLE_EQ(s.recall, t > 0 ? both / t : 1) << "seed " << seed << " round " << round;
  }
}

std::string run(const std::string& command) {
  std::string out;
  // What this program must agree with.
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  std::array<char, 4096> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) out.append(buffer.data(), n);
  pclose(pipe);
  return out;
}

TEST(ScoreTest, AgreesWithTheSharedScript) {
  const std::string shared = TRUCE_SHARED_DIR;
  if (shared.empty()) GTEST_SKIP() << "TRUCE_SHARED names no folder: no score_clusters.py";
  const std::string script = shared + "/tools/score_clusters.py";
  ASSERT_TRUE(std::filesystem::exists(script)) << script;
  const std::uint64_t seed = logged_seed();
  SeededNumbers random(seed);
  for (int round = 0; round < 5; ++round) {
    const TemporaryFolder folder;
    Rows truth;
    Grouping predicted;
    std::ofstream a(folder / "truth.csv"), b(folder / "predicted.csv");
    a << "id,incident\n";
    b << "report,incident\n";
    for (int i = 0; i < 1'000; ++i) {
      const std::string id = "r" + std::to_string(i);
      const std::uint64_t cluster = random.below(400);
      truth.emplace_back(id, "i" + std::to_string(cluster));
      a << id << ",i" << cluster << "\n";
      if (random.chance(10)) continue;
      const std::uint64_t put = random.chance(8) ? random.below(400) : cluster;
      predicted[id] = "p" + std::to_string(put);
      b << id << ",p" << put << "\n";
    }
    a.close();
    b.close();
    ASSERT_EQ(run("python3 '" + script + "' '" + folder / "truth.csv" + "' '" + folder / "predicted.csv" + "'"),
              score_clusters(truth, predicted).to_string())
        << "seed " << seed;
  }
}

TEST(ScoreTest, TablesOfTwoColumnsOnly) {
  const auto rows = read_grouping("id,incident\nr1,i1\nr2,\"i,2\"\n");
  ASSERT_TRUE(rows);
  EXPECT_EQ(*rows, (Rows{{"r1", "i1"}, {"r2", "i,2"}}));
  for (const char* bad : {"", "id\nr1\n", "id,incident,more\n1,2,3\n", "id,incident\nr1\n", "id,incident\nr1,\"x\n"})
    EXPECT_FALSE(read_grouping(bad)) << bad;
}

TEST(OffsetsTest, ScenarioNamesThePosts) {
  Options o;
  o.posts = 5;
  const World w = make_world(o).value();
  const std::string text = scenario_head(w) + scenario_tail();
  const auto offsets = read_offsets(text);
  ASSERT_TRUE(offsets) << offsets.error().to_string();
  ASSERT_EQ(offsets->size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ((*offsets)[i].post, w.posts[i].id);
    EXPECT_EQ((*offsets)[i].seconds, w.posts[i].clock_offset_s);
  }
  o.posts = 0;
  const World none = make_world(o).value();
  EXPECT_TRUE(read_offsets(scenario_head(none) + scenario_tail())->empty());
  for (const std::string& bad :
       {std::string(), std::string("{}"), text.substr(0, 200), text.substr(text.find("\n\"posts\"") + 1)})
    EXPECT_FALSE(read_offsets(bad)) << bad.substr(0, 60);
}

TEST(OffsetsTest, ErrorsAreOfWhatIsEstimated) {
  const std::vector<TrueOffset> truth = {{"op-1", 100}, {"op-2", -300}, {"op-3", 20}, {"op-4", 7}};
  EXPECT_EQ(score_offsets(truth, {}).to_string(), "offsets: no calibration\n");
  EXPECT_EQ(score_offsets(truth, {{"un-3", 5}}).to_string(), "offsets: no calibration\n");
  EXPECT_EQ(score_offsets(truth, {{"op-1", 90}, {"op-2", -260}, {"op-3", 21}, {"un-1", 9}}).to_string(),
            "offsets: 3 of 4 posts estimated  error mean 17 s  median 10 s  largest 40 s  uncorrected mean 140 s\n");
}

TEST(ReliabilityTest, BinsHoldWhatTheySay) {
  const std::vector<std::pair<double, bool>> said = {{0.05, false}, {0.0, false},  {0.95, true},
                                                     {1.0, true},   {0.95, false}, {0.5, true},
                                                     {0.55, false}, {-1, false},   {7, true}};
  const Reliability r = reliability(said);
  ASSERT_EQ(r.bins.size(), 10U);
  EXPECT_EQ(r.count, 9);
  EXPECT_EQ(r.bins[0].count, 3);
  EXPECT_EQ(r.bins[0].hits, 0);
  EXPECT_EQ(r.bins[5].count, 2);
  EXPECT_EQ(r.bins[5].hits, 1);
  EXPECT_NEAR(r.bins[5].mean_stated, 0.525, 1e-12);
  EXPECT_EQ(r.bins[9].count, 4);
  EXPECT_EQ(r.bins[9].hits, 3);
  EXPECT_THAT(r.to_string(), HasSubstr("0.90-1.00  0.975  0.750       4\n"));
  EXPECT_EQ(reliability({}).to_string(), "reliability: no probabilities\n");
}

TEST(ReliabilityTest, HonestProbabilitiesAreWellCalibrated) {
  SeededNumbers random(logged_seed());
  std::vector<std::pair<double, bool>> honest, boastful;
  for (int i = 0; i < 50'000; ++i) {
    const double p = random.unit();
    const bool is_true = random.unit() < p;
    honest.emplace_back(p, is_true);
    boastful.emplace_back(p > 0.5 ? 0.99 : 0.01, is_true);
  }
  EXPECT_LT(reliability(honest).calibration_error, 0.015);
  EXPECT_NEAR(reliability(honest).brier, 1.0 / 6, 0.01);
  EXPECT_GT(reliability(boastful).calibration_error, 0.2);
}

}  // namespace
}  // namespace truce::exercise
