// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/calibration.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "truce/exercise/scenario.h"
#include "truce/monitor/calibration_statement.h"
#include "truce/monitor/fusion_testing.h"

namespace truce::monitor {
namespace {

// Reports of an exercise as the fusion takes them, in blocks of so many days.
struct Lesson {
  explicit Lesson(const exercise::InMemory& all, double block_days = 3) {
    std::map<std::string, std::uint32_t> party_of;
    std::map<std::string, std::uint32_t> reporter_of;
    std::vector<FusionReport> reports;
    std::int64_t first = INT64_MAX;
    std::int64_t last = 0;
    for (const Report& r : all.reports) {
      if (r.place.form != Place::Form::kPoint && r.place.form != Place::Form::kBearing) continue;
      const std::string party = r.said_by.empty() ? "obs" : r.said_by;
      const auto [p, is_new] = party_of.try_emplace(party, static_cast<std::uint32_t>(parties.size()));
      if (is_new) parties.push_back(party);
      const auto [n, is_new_reporter] =
          reporter_of.try_emplace(party + '/' + r.reporter, static_cast<std::uint32_t>(reporters.size()));
      if (is_new_reporter) reporters.push_back(party + '/' + r.reporter);
      FusionReport f;
      f.from_ms = r.from.ms, f.to_ms = r.to.ms, f.precision_s = r.precision_s;
      f.form = r.place.form, f.at = r.place.at;
      f.radius_m = static_cast<std::int32_t>(r.place.radius_m);
      f.bearing_mdeg = static_cast<std::int32_t>(r.place.bearing_mdeg),
      f.distance_m = static_cast<std::int32_t>(r.place.distance_m);
      f.kind = r.kind, f.means = r.means;
      if (r.count) f.count = static_cast<std::int32_t>(r.count->best);
      if (r.killed.all) f.killed = static_cast<std::int32_t>(r.killed.all->best);
      if (r.injured.all) f.injured = static_cast<std::int32_t>(r.injured.all->best);
      f.party = p->second, f.reporter = n->second;
      first = std::min(first, f.from_ms), last = std::max(last, f.from_ms);
      reports.push_back(f);
    }
    std::ranges::stable_sort(reports, {}, &FusionReport::from_ms);
    days = static_cast<double>(last - first) / 86'400'000.0;
    for (const FusionReport& f : reports) {
      const auto k = static_cast<std::size_t>(static_cast<double>(f.from_ms - first) / (block_days * 86'400'000.0));
      if (blocks.size() <= k) blocks.resize(k + 1);
      blocks[k].reports.push_back(f);
    }
  }
  [[nodiscard]] FusionModel learn(int rounds = 4) const {
    Learner l(blocks, parties, reporters, days);
    for (int i = 0; i < rounds; ++i) l.round();
    return l.model();
  }

  std::vector<LearningBlock> blocks;
  std::vector<std::string> parties, reporters = {""};
  double days = 1;
};

exercise::Options lesson_options(std::uint64_t seed) {
  exercise::Options o;
  o.seed = seed;
  o.days = 21;
  o.incidents_per_day_milli = 150'000;
  o.posts = 6;
  return o;
}

// Of a post, whoever's it is; 0: not known to be off.
double clock_of(const FusionModel& m, const std::string& post) {
  for (const auto& [name, s] : m.clock_offset_s) {
    if (name.ends_with('/' + post)) return s;
  }
  return 0;
}

void check_caps(const FusionModel& m) {
  const CalibrationCaps c;
  for (const double s : m.time_scale) {
    EXPECT_GE(s, c.time_scale_min);
    EXPECT_LE(s, c.time_scale_max);
  }
  EXPECT_GE(m.radius_scale, c.radius_scale_min);
  EXPECT_LE(m.radius_scale, c.radius_scale_max);
  EXPECT_GE(m.bearing_sigma_mdeg, c.bearing_sigma_mdeg_min);
  EXPECT_LE(m.bearing_sigma_mdeg, c.bearing_sigma_mdeg_max);
  EXPECT_GE(m.distance_sigma_part, c.distance_sigma_part_min);
  EXPECT_LE(m.distance_sigma_part, c.distance_sigma_part_max);
  EXPECT_GE(m.count_sigma, c.count_sigma_min);
  EXPECT_LE(m.count_sigma, c.count_sigma_max);
  for (const double s : m.harm_sigma) {
    EXPECT_GE(s, c.harm_sigma_min);
    EXPECT_LE(s, c.harm_sigma_max);
  }
  for (const double p : m.harm_missed) {
    EXPECT_GE(p, c.harm_missed_min);
    EXPECT_LE(p, c.harm_missed_max);
  }
  EXPECT_GE(m.same_spot, c.same_spot_min);
  EXPECT_LE(m.same_spot, c.same_spot_max);
  for (const auto& [name, h] : m.habits) {
    EXPECT_GE(h.reports, c.reports_min) << name;
    EXPECT_LE(h.reports, c.reports_max) << name;
    EXPECT_GE(h.again, c.again_min) << name;
    EXPECT_LE(h.again, c.again_max) << name;
  }
  for (const auto& [name, s] : m.clock_offset_s) {
    EXPECT_LE(s, c.clock_offset_s_max) << name;
    EXPECT_GE(s, -c.clock_offset_s_max) << name;
  }
  const auto check_sum = [](const auto& row) {
    double sum = 0;
    for (const double v : row) {
      EXPECT_GT(v, 0);
      sum += v;
    }
    EXPECT_NEAR(sum, 1, 1e-6);
  };
  for (const auto& rows : m.confusion) {
    for (const auto& row : rows) check_sum(row);
  }
  for (const auto& row : m.count_prior) check_sum(row);
  check_sum(m.kind_prior);
  EXPECT_TRUE(check_within_caps(m).has_value()) << check_within_caps(m).error().to_string();
  // What cannot be written as a statement was not learnt.
  const auto blob = model_to_blob(m);
  ASSERT_TRUE(blob.has_value());
  EXPECT_TRUE(model_from_blob(*blob).has_value()) << model_from_blob(*blob).error().to_string();
}

TEST(CalibrationTest, ClocksOfExercisesAreFound) {
  double error = 0;
  double nothing = 0;
  for (const std::uint64_t seed : {3U, 11U, 12U, 13U, 14U}) {
    const exercise::InMemory all = exercise::make_in_memory(lesson_options(seed)).value();
    const FusionModel m = Lesson(all).learn();
    check_caps(m);
    for (const auto& p : all.world.posts) {
      const auto truth = static_cast<double>(p.clock_offset_s);
      const double found = clock_of(m, p.id);
      EXPECT_NEAR(found, truth, 240) << "seed " << seed << " " << p.id;
      error += std::abs(found - truth), nothing += std::abs(truth);
    }
  }
  std::printf("mean error of 30 clocks %.0f s, uncorrected %.0f s\n", error / 30, nothing / 30);
  EXPECT_LT(error, nothing / 4);
}

TEST(CalibrationTest, ClocksThatAreHalfAnHourOffAreFound) {
  exercise::Options o = lesson_options(5);
  o.clock_sigma_s = 30;
  exercise::InMemory all = exercise::make_in_memory(o).value();
  // One post 25 minutes ahead, one 30 minutes behind.
  const std::map<std::string, std::int64_t> moved = {{all.world.posts[0].id, 1'500}, {all.world.posts[1].id, -1'800}};
  for (Report& r : all.reports) {
    const auto it = moved.find(r.reporter);
    if (it == moved.end()) continue;
    r.from.ms += it->second * 1'000;
    r.to.ms += it->second * 1'000;
  }
  const FusionModel m = Lesson(all).learn();
  for (const auto& p : all.world.posts) {
    const double found = clock_of(m, p.id);
    const double truth = static_cast<double>(p.clock_offset_s + (moved.contains(p.id) ? moved.at(p.id) : 0));
    EXPECT_NEAR(found, truth, 120) << p.id;
  }
}

TEST(CalibrationTest, ClocksAYearOffTeachNothingWild) {
  exercise::InMemory all = exercise::make_in_memory(lesson_options(6)).value();
  for (Report& r : all.reports) {
    if (r.reporter != all.world.posts[0].id) continue;
    r.from.ms += 365LL * 86'400'000;
    r.to.ms += 365LL * 86'400'000;
  }
  const FusionModel m = Lesson(all).learn();
  check_caps(m);
  EXPECT_NEAR(clock_of(m, all.world.posts[0].id), 0, 600);
}

TEST(CalibrationTest, AllReportsAtOnePointStayWithinTheCaps) {
  exercise::InMemory all = exercise::make_in_memory(lesson_options(7)).value();
  for (Report& r : all.reports) {
    r.place = {};
    r.place.at = kTestPlace;
    r.place.radius_m = 1'000;
  }
  check_caps(Lesson(all).learn());
}

TEST(CalibrationTest, AllAtOneMomentAndPlaceStaysWithinTheCaps) {
  TestBlock b;
  LearningBlock block;
  for (int i = 0; i < 400; ++i)
    block.reports.push_back(point_report(0, 0, 0, static_cast<std::uint32_t>(i % 2), i % 3 == 0 ? 0 : 500));
  for (std::size_t i = 0; i < block.reports.size(); ++i)
    block.reports[i].reporter = 4 + static_cast<std::uint32_t>(i % 2);
  const std::vector<LearningBlock> blocks = {block};
  Learner l(blocks, b.parties, b.reporters, 1);
  for (int i = 0; i < 6; ++i) l.round();
  check_caps(l.model());
}

TEST(CalibrationTest, TooLittleTeachesNextToNothing) {
  TestBlock b;
  const std::vector<LearningBlock> none;
  Learner empty(none, b.parties, b.reporters, 28);
  empty.round();
  EXPECT_EQ(empty.compared_reports(), 0);
  check_caps(empty.model());
  const std::vector<LearningBlock> one = {{{point_report(0, 0, 0), point_report(1, 0, 0.1, 1)}}};
  Learner l(one, b.parties, b.reporters, 28);
  l.round();
  EXPECT_LE(l.compared_reports(), 2);
  check_caps(l.model());
  EXPECT_NEAR(l.model().radius_scale, FusionModel::neutral().radius_scale, 0.05);
  EXPECT_NEAR(l.model().time_scale[1], FusionModel::neutral().time_scale[1], 0.05);
  EXPECT_TRUE(l.model().clock_offset_s.empty() || std::abs(l.model().clock_offset_s.begin()->second) < 60);
}

TEST(CalibrationTest, ThreadsDoNotMatter) {
  const Lesson lesson(exercise::make_in_memory(lesson_options(8)).value());
  Learner one(lesson.blocks, lesson.parties, lesson.reporters, lesson.days, 1);
  Learner three(lesson.blocks, lesson.parties, lesson.reporters, lesson.days, 3);
  for (int i = 0; i < 2; ++i) one.round(), three.round();
  EXPECT_EQ(one.model(), three.model());
}

// Self-training can run away in two directions; the caps are worth something only if neither gets far. Reports of which
// no two agree make everybody look exact, alone and silent; reports that all repeat each other make everything alike.
TEST(CalibrationTest, NothingThatIsLearntDissolvesOrUnitesEverything) {
  struct Case {
    const char* name;
    double minutes_apart;
    bool told_twice;  // word for word, by another party
  };
  for (const Case& c : {Case{"nobody tells of the same", 90, false}, Case{"all word for word", 90, true},
                        Case{"without a pause", 3, false}}) {
    TestBlock b;
    LearningBlock block;
    for (int i = 0; i < 500; ++i) {
      FusionReport r = point_report(i * c.minutes_apart, i % 7 * 1.5, i % 5 * 1.5, static_cast<std::uint32_t>(i % 2));
      r.kind = static_cast<Kind>(i % 5);
      block.reports.push_back(r);
      r.party = 1 - r.party;
      if (c.told_twice) block.reports.push_back(r);
    }
    const std::vector<LearningBlock> blocks = {block};
    Learner l(blocks, b.parties, b.reporters, 30);
    for (int i = 0; i < 8; ++i) l.round();
    check_caps(l.model());
    // Two accounts of one thing, as people give them: a minute and 300 m apart. Another thing: 4 hours later.
    b.reports = {point_report(0, 0, 0, 0), point_report(1, 0.2, 0.2, 1), point_report(240, 0.1, 0, 0)};
    const Grouping g = fuse(b.scorer(l.model()));
    EXPECT_EQ(g.reports[0].cluster, g.reports[1].cluster) << c.name;
    EXPECT_NE(g.reports[0].cluster, g.reports[2].cluster) << c.name;
  }
}

TEST(CalibrationTest, TablesBeyondTheCapsAreNamed) {
  struct Case {
    void (*change)(FusionModel&);
    const char* names;
  };
  const Case kCases[] = {
      {[](FusionModel& m) { m.time_scale[0] = 1e-6; }, "time_scale_ppm"},
      {[](FusionModel& m) { m.time_scale[1] = 1.1; }, "time_scale_ppm"},
      {[](FusionModel& m) { m.radius_scale = 1e-6; }, "radius_scale_ppm"},
      {[](FusionModel& m) { m.bearing_sigma_mdeg = 90'000; }, "bearing_sigma_mdeg"},
      {[](FusionModel& m) { m.distance_sigma_part = 0.01; }, "distance_sigma_ppm"},
      {[](FusionModel& m) { m.clock_offset_s["watch/op-1"] = -5'401; }, "clock_offset_ms"},
      {[](FusionModel& m) { m.count_sigma = 10; }, "count_sigma_ppm"},
      {[](FusionModel& m) { m.harm_sigma[1] = 0.1; }, "harm_sigma_ppm"},
      {[](FusionModel& m) { m.harm_missed[3] = 0.99; }, "harm_missed_ppm"},
      {[](FusionModel& m) { m.habit.again = 0.9; }, "habit_ppm"},
      {[](FusionModel& m) { m.habits["north"].reports = 0.999; }, "habits_ppm"},
      {[](FusionModel& m) { m.post_reports = 0.001; }, "post_reports_ppm"},
      {[](FusionModel& m) { m.posts["watch/op-1"].reports = 0.99; }, "posts"},
      {[](FusionModel& m) { m.same_spot = 0.1; }, "same_spot_ppm"},
  };
  EXPECT_TRUE(check_within_caps(FusionModel::neutral()).has_value());
  for (const Case& c : kCases) {
    FusionModel m = FusionModel::neutral();
    c.change(m);
    const Status s = check_within_caps(m);
    ASSERT_FALSE(s.has_value()) << c.names;
    EXPECT_EQ(s.error().code, ErrorCode::kInvalidCalibration);
    EXPECT_NE(s.error().to_string().find(c.names), std::string::npos) << s.error().to_string();
  }
}

// Statement and tables.

FusionModel some_model() {
  FusionModel m = FusionModel::neutral();
  m.clock_offset_s = {{"watch/op-1", 612.5}, {"watch/op-2", -30}};
  m.habits = {{"north", {0.6, 0.1}}, {"south", {0.4, 0.2}}};
  m.posts = {{"watch/op-1", {kTestPlace, 9'000, 0.3}}};
  m.spots = {{test_place(0, 0), 1'500, 0.25}, {test_place(0, 6), 1'500, 1.0}};
  m.grid.incidents = {{{1900, -400}, 12.5}, {{1901, -400}, 0.5}};
  m.grid.days = 28;
  return m;
}

TEST(CalibrationStatementTest, TablesComeBack) {
  const std::string blob = model_to_blob(some_model()).value();
  const FusionModel m = model_from_blob(blob).value();
  EXPECT_EQ(model_to_blob(m).value(), blob);  // renormalized, the same numbers
  EXPECT_EQ(m.clock_offset_s, some_model().clock_offset_s);
  EXPECT_EQ(m.spots, some_model().spots);
  EXPECT_EQ(m.grid, some_model().grid);
  EXPECT_EQ(m.posts, some_model().posts);
  EXPECT_NEAR(m.kind_prior[0], FusionModel::neutral().kind_prior[0], 1e-6);
  EXPECT_EQ(model_to_blob(model_from_blob(model_to_blob(FusionModel::neutral()).value()).value()).value(),
            model_to_blob(FusionModel::neutral()).value());
}

TEST(CalibrationStatementTest, BadTablesAreRefused) {
  struct Case {
    const char* name;
    void (*change)(Json&);
    const char* names;  // in the message
  };
  const Case kCases[] = {
      {"another version", [](Json& j) { j.set("v", Json(2)); }, "v"},
      {"a member is missing", [](Json& j) { j.erase("radius_scale_ppm"); }, "radius_scale_ppm"},
      {"an unknown member", [](Json& j) { j.set("secret", Json(1)); }, "does not know"},
      {"a scale of 0", [](Json& j) { j.set("radius_scale_ppm", Json(0)); }, "radius_scale_ppm"},
      {"a scale above ten", [](Json& j) { j.set("count_sigma_ppm", Json(10'000'001)); }, "count_sigma_ppm"},
      {"a certain event", [](Json& j) { j.set("post_reports_ppm", Json(1'000'000)); }, "post_reports_ppm"},
      {"a text for a number", [](Json& j) { j.set("same_spot_ppm", Json("much")); }, "same_spot_ppm"},
      {"a list too short", [](Json& j) { j.set("kind_prior_ppm", Json(Json::Array{Json(1)})); }, "kind_prior_ppm"},
      {"a probability of 0",
       [](Json& j) {
         j.set("time_scale_ppm", Json(Json::Array{Json(0), Json(1)}));
       },
       "time_scale_ppm"},
      {"missed always",
       [](Json& j) {
         j.set("harm_missed_ppm", Json(Json::Array{Json(1'000'000), Json(1), Json(1), Json(1)}));
       },
       "harm_missed_ppm"},
      {"a clock two days off",
       [](Json& j) {
         j.set("clock_offset_ms", Json(Json::Array{Json(Json::Array{Json("a/b"), Json(172'800'000)})}));
       },
       "clock_offset_ms"},
      {"a clock twice",
       [](Json& j) {
         j.set("clock_offset_ms",
               Json(Json::Array{Json(Json::Array{Json("a/b"), Json(1)}), Json(Json::Array{Json("a/b"), Json(2)})}));
       },
       "clock_offset_ms"},
      {"a name of nobody",
       [](Json& j) {
         j.set("habits_ppm", Json(Json::Array{Json(Json::Array{Json(""), Json(1), Json(1)})}));
       },
       "habits_ppm"},
      {"a post beyond the pole",
       [](Json& j) {
         j.set("posts",
               Json(Json::Array{Json(Json::Array{Json("a/b"), Json(900'000'001), Json(0), Json(1), Json(1)})}));
       },
       "posts"},
      {"places do not ascend",
       [](Json& j) {
         const Json spot(Json::Array{Json(1), Json(1), Json(1), Json(1)});
         j.set("spots", Json(Json::Array{spot, spot}));
       },
       "spots"},
      {"a cell off the world",
       [](Json& j) {
         j.set("grid", Json::object({{"cells", Json(Json::Array{Json(Json::Array{Json(10'001), Json(0), Json(1)})})},
                                     {"milli_days", 1}}));
       },
       "cells"},
      {"a cell twice",
       [](Json& j) {
         const Json cell(Json::Array{Json(1), Json(0), Json(1)});
         j.set("grid", Json::object({{"cells", Json(Json::Array{cell, cell})}, {"milli_days", 1}}));
       },
       "cells"},
      {"no grid", [](Json& j) { j.set("grid", Json(Json::Array{})); }, "grid"},
  };
  const std::string good = model_to_blob(some_model()).value();
  for (const Case& c : kCases) {
    Json j = Json::parse_canonical(good).value();
    c.change(j);
    const auto m = model_from_blob(j.to_canonical());
    ASSERT_FALSE(m.has_value()) << c.name;
    EXPECT_EQ(m.error().code, ErrorCode::kInvalidCalibration) << c.name;
    EXPECT_NE(m.error().to_string().find(c.names), std::string::npos) << c.name << ": " << m.error().to_string();
  }
  for (const std::string& text : {std::string(), std::string("{}"), std::string("[]"), std::string("null"),
                                  good.substr(0, good.size() / 2), good + " ", " " + good}) {
    EXPECT_FALSE(model_from_blob(text).has_value()) << text.substr(0, 40);
  }
}

// The worked example of docs/format/calibration.md: these bytes never change.
TEST(CalibrationStatementTest, WorkedExampleOfThePage) {
  const Json cut = Json::object(
      {{"logs", Json(Json::Array{Json(Json::Array{Json("un/main"), Json(1'300), Json(Hash{}.base64url())})})},
       {"mechanism", std::string(64, '0')},
       {"rules", 0},
       {"v", 1}});
  const CalibrationStatement c{Date{19'000}, Date{19'027}, cut, sha256("tables"), 1'234, 567};
  const std::string blob = model_to_blob(FusionModel::neutral()).value();
  std::ifstream in(std::string(TRUCE_SOURCE_DIR) + "/docs/format/calibration.md");
  std::ostringstream page;
  page << in.rdbuf();
  EXPECT_NE(page.str().find("    " + c.to_body().to_canonical() + "\n"), std::string::npos)
      << c.to_body().to_canonical();
  EXPECT_NE(page.str().find("(" + std::to_string(blob.size()) + " bytes)"), std::string::npos) << blob.size();
  EXPECT_NE(page.str().find("    " + sha256(blob).hex() + "\n"), std::string::npos) << sha256(blob).hex();
  EXPECT_EQ(sha256(blob).hex(), "095dceae04699e6fcebe84a78c2d90b48dcaf522f26a9a0839a09fd7b68f22ea");
  // Every member of the tables is named there.
  const Json tables = Json::parse_canonical(blob).value();
  for (const auto& [key, value] : tables.as_object())
    EXPECT_NE(page.str().find('`' + key + '`'), std::string::npos) << key;
}

TEST(CalibrationStatementTest, LimitsOfWhatOneMayHold) {
  FusionModel m = some_model();
  for (std::size_t i = 0; i <= kReporterCountMax; ++i) m.clock_offset_s["r/" + std::to_string(i)] = 1;
  EXPECT_EQ(model_to_blob(m).error().code, ErrorCode::kLimit);
}

TEST(CalibrationStatementTest, BodyComesBackAndBadOnesAreRefused) {
  const CalibrationStatement good{Date{19'000},     Date{19'027}, Json::object({{"logs", Json::array()}}),
                                  sha256("tables"), 1'234,        567};
  EXPECT_EQ(CalibrationStatement::from_body(good.to_body()).value(), good);
  struct Case {
    const char* name;
    void (*change)(Json&);
  };
  const Case kCases[] = {
      {"no days", [](Json& j) { j.erase("from"); }},
      {"no such day", [](Json& j) { j.set("to", Json("2024-02-30")); }},
      {"the last before the first", [](Json& j) { j.set("to", Json("2001-01-01")); }},
      {"no tables", [](Json& j) { j.erase("model"); }},
      {"a hash that is none", [](Json& j) { j.set("model", Json("AAAA")); }},
      {"no cut", [](Json& j) { j.erase("cut"); }},
      {"a cut that is none", [](Json& j) { j.set("cut", Json(3)); }},
      {"fewer than no reports", [](Json& j) { j.set("reports", Json(-1)); }},
      {"a member too many", [](Json& j) { j.set("by", Json("me")); }},
  };
  for (const Case& c : kCases) {
    Json body = good.to_body();
    c.change(body);
    EXPECT_FALSE(CalibrationStatement::from_body(body).has_value()) << c.name;
  }
}

}  // namespace
}  // namespace truce::monitor
