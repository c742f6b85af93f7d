// SPDX-License-Identifier: Apache-2.0
//
// What is learnt from an exercise and how its reports are grouped, pinned to the last bit: whoever compiles it and on
// whatever machine. A change here is a change of the rules (CHANGELOG).

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "truce/base/sha256.h"
#include "truce/exercise/scenario.h"
#include "truce/exercise/score.h"
#include "truce/monitor/calibration.h"
#include "truce/monitor/calibration_statement.h"
#include "truce/monitor/fusion_blocks.h"

namespace truce::exercise {
namespace {

// Own reports name nobody as having said them.
std::string who(const monitor::Report& r) {
  return r.said_by.empty() ? "own" : r.said_by;
}

// The reports of an exercise as the fusion takes them, in canonical order, in one block.
struct Block {
  std::vector<monitor::LearningBlock> blocks{1};
  std::vector<std::string> parties, reporters{""};
  std::vector<std::int64_t> truth;  // number of the incident, by report

  explicit Block(const InMemory& all) {
    std::vector<std::size_t> order(all.reports.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return all.reports[i].from.ms; });
    std::map<std::string, std::uint32_t> party_number, reporter_number;
    for (const std::size_t i : order) {
      party_number[who(all.reports[i])];
      reporter_number[who(all.reports[i]) + "/" + all.reports[i].reporter];
    }
    for (auto& [name, number] : party_number)
      number = static_cast<std::uint32_t>(parties.size()), parties.push_back(name);
    for (auto& [name, number] : reporter_number)
      number = static_cast<std::uint32_t>(reporters.size()), reporters.push_back(name);
    for (const std::size_t i : order) {
      const monitor::Report& r = all.reports[i];
      monitor::FusionReport f;
      f.from_ms = r.from.ms, f.to_ms = r.to.ms, f.precision_s = r.precision_s;
      f.form = r.place.form, f.at = r.place.at;
      f.radius_m = static_cast<std::int32_t>(r.place.radius_m);
      f.bearing_mdeg = static_cast<std::int32_t>(r.place.bearing_mdeg);
      f.distance_m = static_cast<std::int32_t>(r.place.distance_m);
      f.kind = r.kind, f.means = r.means;
      if (r.count) f.count = static_cast<std::int32_t>(r.count->best);
      if (r.killed.all) f.killed = static_cast<std::int32_t>(r.killed.all->best);
      if (r.injured.all) f.injured = static_cast<std::int32_t>(r.injured.all->best);
      f.party = party_number[who(r)];
      f.reporter = reporter_number[who(r) + "/" + r.reporter];
      blocks[0].reports.push_back(f);
      truth.push_back(all.incident_of[i]);
    }
  }
};

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

double f1(const Block& b, const monitor::Grouping& g) {
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
  const Block block(make_in_memory(options(77, "lakeland")).value());
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
  Block block(all);
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
    const Block block(make_in_memory(options(5, region)).value());
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
