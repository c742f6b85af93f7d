// SPDX-License-Identifier: Apache-2.0
//
// What is learnt from an exercise and how its reports are grouped, pinned to the last bit: whoever compiles it and on
// whatever machine. A change here is a change of the rules (CHANGELOG).

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "truce/base/sha256.h"
#include "truce/exercise/fusion_block.h"
#include "truce/exercise/scenario.h"
#include "truce/exercise/score.h"
#include "truce/monitor/calibration.h"
#include "truce/monitor/calibration_statement.h"
#include "truce/monitor/fusion_blocks.h"

namespace truce::exercise {
namespace {

Options options(std::uint64_t seed, std::string region) {
  Options o;
  o.seed = seed;
  o.region = std::move(region);
  o.days = 6;
  o.incidents_per_day_milli = 60'000;
  o.parties = 4;
  o.posts = 10;
  o.patrols_per_day_milli = 0;
  return o;
}

double f1(const FusionBlock& b, const monitor::Grouping& g) {
  std::map<std::int64_t, double> truth;
  std::map<std::uint32_t, double> found;
  std::map<std::pair<std::int64_t, std::uint32_t>, double> both;
  for (std::size_t i = 0; i < b.truth.size(); ++i) {
    ++truth[b.truth[i]], ++found[g.reports[i].cluster], ++both[{b.truth[i], g.reports[i].cluster}];
  }
  const auto pairs = [](const auto& sizes) {
    double sum = 0;
    for (const auto& [key, n] : sizes) sum += n * (n - 1) / 2;
    return sum;
  };
  return 2 * pairs(both) / (pairs(truth) + pairs(found));
}

TEST(FusionGoldenTest, TablesAndGroupsNeverChange) {
  const FusionBlock block(make_in_memory(options(77, "lakeland")).value());
  monitor::Learner learner(block.blocks, block.parties, block.reporters, 6);
  for (int round = 0; round < 4; ++round) learner.round();
  const std::string blob = monitor::model_to_blob(learner.model()).value();
  EXPECT_EQ(sha256(blob).hex(), "c17856ab8559d54ddcfc9853e3cb1a655ddcab05de2775976abb0edc776630e7");
  const auto read = monitor::model_from_blob(blob);
  ASSERT_TRUE(read.has_value()) << read.error().to_string();
  const monitor::FusionModel& model = read.value();
  const monitor::Grouping g =
      monitor::fuse(monitor::Scorer(block.blocks[0].reports, model, block.parties, block.reporters));
  std::string text = std::to_string(g.score) + '\n';
  for (const auto& r : g.reports) {
    text += std::to_string(r.cluster) + ' ' + std::to_string(r.certainty_ppm) + ' ' + std::to_string(r.other) + ' ' +
            std::to_string(r.other_behind) + '\n';
  }
  EXPECT_EQ(sha256(text).hex(), "b79f474e38f8a335768c38b887b6b082fb28fb1957cc7bb7aa23885e81e78661");
  // Not only the same, but good.
  EXPECT_GT(f1(block, g), 0.85);
}

TEST(FusionGoldenTest, ThreadsDoNotMatter) {
  const InMemory all = make_in_memory(options(3, "waikato")).value();
  FusionBlock block(all);
  // Three blocks of two days each.
  std::vector<monitor::LearningBlock> days(3);
  for (const auto& r : block.blocks[0].reports) {
    days[static_cast<std::size_t>(
             std::clamp<std::int64_t>((r.from_ms - all.reports.front().from.ms) / 172'800'000, 0, 2))]
        .reports.push_back(r);
  }
  monitor::Learner one(days, block.parties, block.reporters, 6, 1);
  monitor::Learner many(days, block.parties, block.reporters, 6, 3);
  for (int round = 0; round < 3; ++round) one.round(), many.round();
  EXPECT_EQ(monitor::model_to_blob(one.model()).value(), monitor::model_to_blob(many.model()).value());
}

// A few days teach little; they must do no harm.
TEST(FusionGoldenTest, CalibrationDoesNoHarmInAnyRegion) {
  for (const std::string region : {"alentejo", "lakeland", "levant", "waikato"}) {
    const FusionBlock block(make_in_memory(options(5, region)).value());
    const auto neutral = monitor::FusionModel::neutral();
    const double before =
        f1(block, monitor::fuse(monitor::Scorer(block.blocks[0].reports, neutral, block.parties, block.reporters)));
    monitor::Learner learner(block.blocks, block.parties, block.reporters, 6);
    for (int round = 0; round < 4; ++round) learner.round();
    const double after =
        f1(block,
           monitor::fuse(monitor::Scorer(block.blocks[0].reports, learner.model(), block.parties, block.reporters)));
    EXPECT_GT(after, before - 0.02) << region;
    EXPECT_GT(after, 0.85) << region;
  }
}

}  // namespace
}  // namespace truce::exercise
