// SPDX-License-Identifier: Apache-2.0
//
// Going on from a picture is the same as folding from nothing, with everything that moves groups: late reports,
// corrections that carry a report to another day, withdrawals, joins, splits and calibrations, over days whose cuts
// move.

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <utility>

#include "truce/exercise/scenario.h"
#include "truce/monitor/fusion_links.h"
#include "truce/picture/fold_testing.h"
#include "truce/picture/learning.h"

namespace truce::picture {
namespace {

using monitor::Report;

mechanism::Mechanism one_party() {
  mechanism::Mechanism m;
  m.name = "test";
  m.decision.of = "all";
  m.parties = {party("north", mechanism::Role::kObserver, 'a')};
  return m;
}

// Statements of a party's two logs out of an exercise, in any order.
class FusionHistory {
 public:
  FusionHistory(World& w, std::uint64_t seed) : w_(w), random_(seed) {
    exercise::Options o;
    o.seed = seed;
    o.days = 9;
    o.incidents_per_day_milli = 22'000;
    o.parties = 3;
    o.posts = 4;
    o.patrols_per_day_milli = 0;
    const auto all = exercise::make_in_memory(o).value();
    left_ = all.reports;
    std::ranges::shuffle(left_, random_);
    // Mostly by day, some of them days late: as reports come in.
    std::vector<std::pair<std::int64_t, Report>> by_day;
    for (Report& r : left_) {
      const std::int64_t late = pick(8) == 0 ? static_cast<std::int64_t>(pick(5)) : 0;
      by_day.emplace_back(r.from.ms / 86'400'000 + late, std::move(r));
    }
    std::ranges::stable_sort(by_day, std::ranges::greater(), &std::pair<std::int64_t, Report>::first);
    left_.clear();
    for (auto& [day, r] : by_day) left_.push_back(std::move(r));
  }

  [[nodiscard]] bool is_over() const { return left_.empty(); }

  void step(TableReader& tables) {
    const LogId& log = pick(3) == 0 ? kDesk : kNorth;
    const std::size_t what = pick(100);
    if (said_.size() < 20 || what < 80) {
      if (left_.empty()) return;
      said_.push_back(w_.say(log, "report", left_.back().to_body()));
      bodies_.push_back(left_.back());
      left_.pop_back();
    } else if (what < 88) {
      const std::size_t i = pick(said_.size());
      Report r = bodies_[i];
      // By hours, seldom by days.
      const std::int64_t shift = (static_cast<std::int64_t>(pick(48)) - 24) * 1'800'000 * (pick(4) == 0 ? 6 : 1);
      r.from.ms += shift, r.to.ms += shift;
      r.kind = pick(3) == 0 ? monitor::Kind::kExplosion : r.kind;
      w_.say(log, "report", r.to_body(), {{"corrects", said_[i]}});
    } else if (what < 93) {
      w_.say(log, "withdrawal", Json::object({{"reason", "mistake"}}), {{"withdraws", said_[pick(said_.size())]}});
    } else if (what < 98) {
      // Neighbours in order of arrival are often of one day.
      const std::size_t i = pick(said_.size());
      const std::size_t k = std::min(said_.size() - 1, i + 1 + pick(6));
      if (i == k) return;
      links_.push_back(
          w_.say(log, pick(2) == 0 ? monitor::kTypeJoin : monitor::kTypeSplit, monitor::link_body(),
                 {{std::string(monitor::kLinkFirst), said_[i]}, {std::string(monitor::kLinkSecond), said_[k]}}));
    } else if (what == 98 && !links_.empty()) {
      w_.say(log, "withdrawal", Json::object({{"reason", "mistake"}}), {{"withdraws", links_[pick(links_.size())]}});
    } else {
      calibrate(tables);
    }
  }

 private:
  std::size_t pick(std::size_t n) { return random_() % n; }

  void calibrate(TableReader& tables) {
    const auto slabs = read_rows<SlabRow>(tables).value();
    if (slabs.empty()) return;
    const Date from = Date::parse(slabs[pick(slabs.size())].first_day).value();
    const Date to = Date::parse(slabs.back().last_day).value();
    const auto result = learn(w_.mechanism, tables, w_.source, from, to, {});
    ASSERT_TRUE(result.has_value()) << result.error().to_string();
    const Learned& learned = result.value();
    const Hash blob = w_.source.add_blob(learned.blob);
    const monitor::CalibrationStatement body{from, to, w_.cut().to_json(), blob, learned.reports, learned.compared};
    std::vector<record::Reference> refs;
    if (last_ && pick(5) != 0) refs.push_back({std::string(monitor::kFollows), *last_});
    last_ = w_.say(kNorth, monitor::kTypeCalibration, body.to_body(), std::move(refs), {blob});
  }

  World& w_;
  std::mt19937_64 random_;
  std::vector<Report> left_, bodies_;
  std::vector<StatementRef> said_, links_;
  std::optional<StatementRef> last_;
};

TEST(FusionFoldTest, GoingOnIsTheSameAsFromNothing) {
  int incremental = 0;
  int in_force = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    mechanism::Mechanism m = one_party();
    if (seed % 3 == 0) m.quota_statements = 9;
    World w(m);
    FusionHistory history(w, seed);
    MemoryTables kept;
    for (int i = 0; i < 20; ++i) history.step(kept);
    w.say(kDesk, "report", report_at(0).to_body());
    w.say(kNorth, "report", report_at(0).to_body());
    Folded last = w.fold_all(kept);
    for (int batch = 0; batch < 40 && !history.is_over(); ++batch) {
      const int steps = batch % 4 == 0 ? 1 : 9;
      for (int i = 0; i < steps; ++i) history.step(kept);
      FoldRequest request{&w.mechanism, w.cut(), {}, {}};
      auto more = fold_more(request, last.cut, last.as_of, w.source, kept, kept);
      ASSERT_TRUE(more.has_value()) << more.error().to_string();
      MemoryTables scratch;
      const Folded all = w.fold_all(scratch);
      if (more->has_value()) {
        ++incremental;
        ASSERT_EQ(lines(kept), lines(scratch)) << "seed " << seed << " batch " << batch;
        ASSERT_EQ((*more)->digest, all.digest) << "seed " << seed << " batch " << batch;
        last = **more;
      } else {
        last = w.fold_all(kept);
      }
    }
    const auto calibrations = read_rows<CalibrationRow>(kept).value();
    for (const CalibrationRow& c : calibrations) in_force += c.state == "in-force" ? 1 : 0;
  }
  // The test would be empty otherwise.
  EXPECT_GT(incremental, 60);
  EXPECT_GT(in_force, 8);
}

TEST(FusionFoldTest, OrderOfArrivalDoesNotMatter) {
  World a(one_party());
  FusionHistory history(a, 11);
  MemoryTables tables;
  for (int i = 0; i < 250; ++i) {
    if (i % 50 == 0 && i > 0) static_cast<void>(a.fold_all(tables));
    history.step(tables);
  }
  World b(one_party());
  for (auto it = a.source.logs().rbegin(); it != a.source.logs().rend(); ++it) {
    for (const std::string& entry : it->second) b.source.add(it->first, entry);
  }
  MemoryTables ta, tb;
  const Folded fa = a.fold_all(ta);
  const auto calibrations = read_rows<CalibrationRow>(ta).value();
  for (const CalibrationRow& c : calibrations) {
    b.source.add_blob(a.source.blob(Hash::from_base64url(c.model).value()).value());
  }
  FoldRequest request{&b.mechanism, b.cut(), {}, {}};
  const auto fb = fold(request, b.source, tb);
  ASSERT_TRUE(fb.has_value()) << fb.error().to_string();
  EXPECT_EQ(fa.digest, fb->digest);
}

TEST(FusionFoldTest, JoinsAndSplitsHaveTheirWayUnlessTheyContradict) {
  World w(one_party());
  // Three reports of one thing, one of another far away at the same time.
  const StatementRef a = w.say(kNorth, "report", report_at(0).to_body());
  const StatementRef b = w.say(kNorth, "report", report_at(0).to_body());
  const StatementRef far = w.say(kNorth, "report", report_at(0, 362000000).to_body());
  MemoryTables t;
  const auto incident = [&](const StatementRef& r) {
    return find_rows<ReportRow>(t, "id", r.id.to_string()).value().at(0).incident;
  };
  const auto link = [&](std::string_view type, const StatementRef& x, const StatementRef& y) {
    return w.say(kNorth, type, monitor::link_body(),
                 {{std::string(monitor::kLinkFirst), x}, {std::string(monitor::kLinkSecond), y}});
  };
  const auto state = [&](const StatementRef& l) {
    return find_rows<LinkRow>(t, "statement", l.id.to_string()).value().at(0).state;
  };
  w.fold_all(t);
  EXPECT_EQ(incident(a), incident(b));
  EXPECT_NE(incident(a), incident(far));
  const StatementRef split = link(monitor::kTypeSplit, a, b);
  const StatementRef join = link(monitor::kTypeJoin, a, far);
  w.fold_all(t);
  EXPECT_NE(incident(a), incident(b));
  EXPECT_EQ(incident(a), incident(far));
  EXPECT_EQ(state(split), "effective");
  // A third join makes a set that holds the split: nothing of that set has effect.
  const StatementRef contradiction = link(monitor::kTypeJoin, b, far);
  w.fold_all(t);
  for (const StatementRef& l : {split, join, contradiction}) EXPECT_EQ(state(l), "contradicted");
  EXPECT_EQ(incident(a), incident(b));
  EXPECT_NE(incident(a), incident(far));
  w.say(kNorth, "withdrawal", Json::object({{"reason", "mistake"}}), {{"withdraws", contradiction}});
  w.fold_all(t);
  EXPECT_EQ(state(contradiction), "withdrawn");
  EXPECT_EQ(state(join), "effective");
  EXPECT_EQ(incident(a), incident(far));
  // Of another week: the two cannot be one.
  const StatementRef later = w.say(kNorth, "report", report_at(9).to_body());
  const StatementRef too_far = link(monitor::kTypeJoin, b, later);
  w.fold_all(t);
  EXPECT_EQ(state(too_far), "too-far");
}

// However far apart in place people say that it was: blocks are for what a program may fuse.
TEST(FusionFoldTest, JoinsReachAcrossBlocks) {
  World w(one_party());
  const StatementRef a = w.say(kNorth, "report", report_at(0).to_body());
  const StatementRef b = w.say(kNorth, "report", report_at(0, 459000000, 566000000).to_body());
  w.say(kNorth, monitor::kTypeJoin, monitor::link_body(),
        {{std::string(monitor::kLinkFirst), a}, {std::string(monitor::kLinkSecond), b}});
  MemoryTables t;
  w.fold_all(t);
  EXPECT_EQ(read_rows<LinkRow>(t).value().at(0).state, "effective");
  const auto rows = read_rows<ReportRow>(t).value();
  EXPECT_EQ(rows.at(0).incident, a.id.to_string());
  EXPECT_EQ(rows.at(1).incident, a.id.to_string());
}

// A seam that moves can part or unite the two reports of a join, though neither of them changes.
TEST(FusionFoldTest, AJoinFollowsTheSeamBetweenItsReports) {
  constexpr std::int64_t kHour = 3'600'000;
  constexpr std::int64_t kStart = 17'650LL * 86'400'000;  // a slab begins with this day
  World w(one_party());
  const auto at = [](std::int64_t from, std::int64_t to) {
    Report r = report_at(0);
    r.from = Instant{kStart + from * kHour};
    r.to = Instant{kStart + to * kHour};
    return r;
  };
  const StatementRef a = w.say(kNorth, "report", at(-3, -3).to_body());
  const StatementRef b = w.say(kNorth, "report", at(3, 3).to_body());
  const StatementRef join = w.say(kNorth, monitor::kTypeJoin, monitor::link_body(),
                                  {{std::string(monitor::kLinkFirst), a}, {std::string(monitor::kLinkSecond), b}});
  MemoryTables kept;
  Folded last = w.fold_all(kept);
  const auto goes_on = [&](const char* state) {
    FoldRequest request{&w.mechanism, w.cut(), {}, {}};
    const auto more = fold_more(request, last.cut, last.as_of, w.source, kept, kept);
    ASSERT_TRUE(more.has_value()) << more.error().to_string();
    MemoryTables scratch;
    const Folded all = w.fold_all(scratch);
    ASSERT_EQ(find_rows<LinkRow>(scratch, "statement", join.id.to_string()).value().at(0).state, state);
    if (more->has_value()) {
      ASSERT_EQ((*more)->digest, all.digest) << "to " << state;
    }
    last = w.fold_all(kept);
  };
  // Nothing lies over midnight: the seam is there, between the two. Then something does, from four hours before it to
  // four hours after, and the seam goes around. Then that is taken back.
  ASSERT_EQ(read_rows<LinkRow>(kept).value().at(0).state, "too-far");
  const StatementRef over = w.say(kNorth, "report", at(-4, 4).to_body());
  ASSERT_NO_FATAL_FAILURE(goes_on("effective"));
  w.say(kNorth, "withdrawal", Json::object({{"reason", "mistake"}}), {{"withdraws", over}});
  ASSERT_NO_FATAL_FAILURE(goes_on("too-far"));
}

// It applies to the days that it learnt from and to later ones; what was before stays as it was.
TEST(FusionFoldTest, ACalibrationIsInForceFromItsFirstDay) {
  World w(one_party());
  std::vector<StatementRef> by_clock;
  for (const int day : {0, 2, 4, 8}) {
    Report r = report_at(day);
    r.reporter = "a";
    w.say(kNorth, "report", r.to_body());
    // Of the same, by a clock that is an hour ahead.
    r.reporter = "b";
    r.from.ms += 3'600'000, r.to.ms += 3'600'000;
    by_clock.push_back(w.say(kNorth, "report", r.to_body()));
  }
  MemoryTables t;
  const auto together = [&] {
    std::string out;
    for (const StatementRef& b : by_clock) {
      const auto row = find_rows<ReportRow>(t, "id", b.id.to_string()).value().at(0);
      out += row.incident == row.id ? '-' : '+';
    }
    return out;
  };
  w.fold_all(t);
  EXPECT_EQ(together(), "----");
  monitor::FusionModel m = monitor::FusionModel::neutral();
  m.clock_offset_s["north/b"] = 3'600;
  const Hash blob = w.source.add_blob(monitor::model_to_blob(m).value());
  const Date first = w.mechanism.days.day_of(report_at(4).from);
  const monitor::CalibrationStatement body{first, first + 1, w.cut().to_json(), blob, 100, 50};
  w.say(kNorth, monitor::kTypeCalibration, body.to_body(), {}, {blob});
  w.fold_all(t);
  EXPECT_EQ(together(), "--++");
}

// Two incidents that may be one: each names the other, or one that is more alike.
TEST(FusionFoldTest, AlikeGoesBothWays) {
  exercise::Options o;
  o.seed = 17;
  o.days = 6;
  o.incidents_per_day_milli = 80'000;
  World w(one_party());
  const auto all = exercise::make_in_memory(o).value();
  for (const Report& r : all.reports) w.say(kNorth, "report", r.to_body());
  MemoryTables t;
  w.fold_all(t);
  std::map<std::string, Int> alike_ppm;
  const auto rows = read_rows<IncidentRow>(t).value();
  for (const IncidentRow& i : rows) alike_ppm[i.id] = i.alike_ppm;
  int pairs = 0;
  for (const IncidentRow& i : rows) {
    if (i.alike.empty()) continue;
    ++pairs;
    ASSERT_TRUE(alike_ppm.contains(i.alike)) << i.id << " is like " << i.alike << ", which is no incident";
    EXPECT_NE(i.alike, i.id);
    EXPECT_GE(i.alike_ppm, 50'000);
    EXPECT_GE(alike_ppm[i.alike], i.alike_ppm) << i.id << " is like " << i.alike;
  }
  EXPECT_GT(pairs, 10);
}

TEST(FusionFoldTest, CalibrationOfSeveralPartiesIsAProposal) {
  World w(two_parties());
  const Hash blob = w.source.add_blob(monitor::model_to_blob(monitor::FusionModel::neutral()).value());
  const monitor::CalibrationStatement body{Date{17000}, Date{17010}, w.cut().to_json(), blob, 100, 50};
  w.say(kNorth, monitor::kTypeCalibration, body.to_body(), {}, {blob});
  MemoryTables t;
  w.fold_all(t);
  EXPECT_EQ(read_rows<CalibrationRow>(t).value().at(0).state, "proposed");
}

TEST(FusionFoldTest, OfTwoCalibrationsThatFollowTheSameTheSmallestCounts) {
  World w(one_party());
  const auto say = [&](double scale, const StatementRef* follows) {
    monitor::FusionModel m = monitor::FusionModel::neutral();
    m.radius_scale = scale;
    const Hash blob = w.source.add_blob(monitor::model_to_blob(m).value());
    const monitor::CalibrationStatement body{Date{17000}, Date{17010}, w.cut().to_json(), blob, 100, 50};
    std::vector<record::Reference> refs;
    if (follows != nullptr) refs.push_back({std::string(monitor::kFollows), *follows});
    return w.say(kNorth, monitor::kTypeCalibration, body.to_body(), std::move(refs), {blob});
  };
  const StatementRef first = say(0.5, nullptr);
  const StatementRef rival = say(0.4, nullptr);
  const StatementRef second = say(0.3, &first);
  const StatementRef third = say(0.2, &second);
  MemoryTables t;
  w.fold_all(t);
  const auto row = [&](const StatementRef& r) {
    return find_rows<CalibrationRow>(t, "statement", r.id.to_string()).value().at(0);
  };
  EXPECT_EQ(row(first).number, 1);
  EXPECT_EQ(row(rival).state, "ignored");
  EXPECT_EQ(row(second).number, 2);
  EXPECT_EQ(row(third).number, 3);
  // What follows a withdrawn one follows what that followed.
  w.say(kNorth, "withdrawal", Json::object({{"reason", "mistake"}}), {{"withdraws", second}});
  w.fold_all(t);
  EXPECT_EQ(row(second).state, "withdrawn");
  EXPECT_EQ(row(third).number, 2);
}

// One whose tables teach nothing takes nobody's place: whoever follows it, or follows what it follows, is in force.
TEST(FusionFoldTest, ACalibrationThatIsRefusedTakesNobodysPlace) {
  World w(one_party());
  const auto say = [&](std::string blob, const StatementRef* follows) {
    const Hash hash = w.source.add_blob(std::move(blob));
    const monitor::CalibrationStatement body{Date{17000}, Date{17010}, w.cut().to_json(), hash, 100, 50};
    std::vector<record::Reference> refs;
    if (follows != nullptr) refs.push_back({std::string(monitor::kFollows), *follows});
    return w.say(kNorth, monitor::kTypeCalibration, body.to_body(), std::move(refs), {hash});
  };
  const auto tables = [](double radius_scale) {
    monitor::FusionModel m = monitor::FusionModel::neutral();
    m.radius_scale = radius_scale;
    return monitor::model_to_blob(m).value();
  };
  const StatementRef unreadable = say("no tables", nullptr);
  const StatementRef first = say(tables(0.4), nullptr);
  const StatementRef dissolving = say(tables(1e-6), &first);
  const StatementRef follower = say(tables(0.3), &dissolving);
  const StatementRef last = say(tables(0.2), &follower);
  w.say(kNorth, "report", report_at(0).to_body());
  MemoryTables t;
  w.fold_all(t);
  const auto row = [&](const StatementRef& r) {
    return find_rows<CalibrationRow>(t, "statement", r.id.to_string()).value().at(0);
  };
  for (const StatementRef& r : {unreadable, dissolving}) {
    EXPECT_EQ(row(r).state, "ignored");
    EXPECT_EQ(row(r).number, 0);
  }
  for (const auto& [r, number] : {std::pair(first, 1), {follower, 2}, {last, 3}}) {
    EXPECT_EQ(row(r).state, "in-force") << number;
    EXPECT_EQ(row(r).number, number);
  }
  // Going on reads the same chain.
  const Folded before = w.fold_all(t);
  w.say(kNorth, "report", report_at(0).to_body());
  FoldRequest request{&w.mechanism, w.cut(), {}, {}};
  const auto more = fold_more(request, before.cut, before.as_of, w.source, t, t);
  ASSERT_TRUE(more.has_value() && more->has_value());
  MemoryTables scratch;
  EXPECT_EQ((*more)->digest, w.fold_all(scratch).digest);
}

}  // namespace
}  // namespace truce::picture
