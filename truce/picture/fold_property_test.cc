// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include "truce/base/seed_testing.h"
#include "truce/exercise/scenario.h"
#include "truce/geo/geometry_blob.h"
#include "truce/monitor/bodies.h"
#include "truce/monitor/calibration_statement.h"
#include "truce/monitor/fusion_links.h"
#include "truce/picture/fold_testing.h"
#include "truce/picture/learning.h"

namespace truce::picture {
namespace {

using monitor::Report;

mechanism::Mechanism one_party(std::int64_t quota) {
  mechanism::Mechanism m = two_parties();
  m.parties.resize(1);
  m.quota_statements = quota;
  return m;
}

// Reports of an exercise, told to two logs of one party in any order, with everything that can change a grouping later:
// corrections that move reports in time and place, withdrawals, joins and splits (senseless ones too), calibrations.
class History {
 public:
  History(World& w, std::uint64_t seed) : w_(w), draw_(seed) {
    exercise::Options o;
    o.seed = seed;
    o.days = 11;
    o.incidents_per_day_milli = 11'000;
    o.posts = 5;
    o.reporters = 3;
    exercise::InMemory all = exercise::make_in_memory(o).value();
    to_tell_ = std::move(all.reports);
    for (std::size_t i = to_tell_.size(); i > 1; --i) std::swap(to_tell_[i - 1], to_tell_[draw_.below(i)]);
    for (const Report& r : to_tell_)
      last_ms_ = std::max(last_ms_, r.from.ms), first_ms_ = std::min(first_ms_, r.from.ms);
    monitor::ZoneStatement post;
    post.id = "op-x";
    post.kind = monitor::ZoneKind::kObservationPost;
    post.geometry = w.source.add_blob(geo::to_blob(geo::Points{{to_tell_[0].place.at}}));
    w.say(kNorth, "zone", post.to_body(), {}, {post.geometry});
    w.say(kDesk, "report", next_report().to_body());
  }

  [[nodiscard]] bool is_done() const { return told_ == to_tell_.size(); }

  // One statement. `tables` hold the picture before it, for learning.
  void step(MemoryTables& tables) {
    const std::uint64_t what = draw_.below(40);
    if (what < 3 && !reports_.empty()) {
      correct();
    } else if (what < 5 && !reports_.empty()) {
      say("withdrawal", Json::object({{"reason", "mistake"}}),
          {{"withdraws", any(draw_.chance(4) && !links_.empty() ? links_ : refs_)}});
    } else if (what < 7 && reports_.size() > 10) {
      link();
    } else if (what == 7 && draw_.chance(4) && reports_.size() > 100) {
      calibrate(tables);
    } else {
      Report r = next_report();
      refs_.push_back(say("report", r.to_body(), {}));
      reports_.push_back(std::move(r));
    }
  }

 private:
  const LogId& log() { return draw_.chance(3) ? kDesk : kNorth; }
  StatementRef say(std::string_view type, Json body, std::vector<record::Reference> references,
                   std::vector<Hash> blobs = {}) {
    return w_.say(log(), type, std::move(body), std::move(references), std::move(blobs));
  }
  const StatementRef& any(const std::vector<StatementRef>& of) { return of[draw_.below(of.size())]; }
  Report next_report() {
    Report r = to_tell_[told_++ % to_tell_.size()];
    if (draw_.chance(12)) {
      r.place = {};
      r.place.form = monitor::Place::Form::kPostBearing;
      r.place.ref = draw_.chance(5) ? "op-nowhere" : "op-x";
      r.place.bearing_mdeg = draw_.between(0, 359) * 1'000;
      r.place.distance_m = draw_.between(500, 9'000);
    }
    if (draw_.chance(10)) r.to = Instant{r.from.ms + draw_.between(0, 60) * 3'600'000};
    if (draw_.chance(25)) r.from = Instant{r.from.ms - draw_.between(0, 30) * 3'600'000};
    return r;
  }
  void correct() {
    const std::size_t i = draw_.below(reports_.size());
    Report r = reports_[i];
    if (draw_.chance(2)) {
      const std::int64_t by = draw_.between(-40, 40) * (draw_.chance(4) ? 3'600'000 : 600'000);
      r.from.ms += by, r.to.ms += by;
    }
    if (draw_.chance(3)) r.place.at = reports_[draw_.below(reports_.size())].place.at;
    if (draw_.chance(3)) r.count = monitor::Range::of(draw_.between(1, 30));
    // Of a report or of what corrects it already.
    const StatementRef& target = !corrections_.empty() && draw_.chance(4) ? any(corrections_) : refs_[i];
    corrections_.push_back(say("report", r.to_body(), {{"corrects", target}}));
  }
  // Two reports: mostly of about the same time, so that the link stands.
  void link() {
    std::size_t a = draw_.below(refs_.size());
    std::size_t b = draw_.below(refs_.size());
    for (int tries = 0; tries < 40 && !draw_.chance(30); ++tries) {
      const std::int64_t apart = reports_[a].from.ms - reports_[b].from.ms;
      if (a != b && apart < 6 * 3'600'000 && apart > -6 * 3'600'000) break;
      b = draw_.below(refs_.size());
    }
    StatementRef one = refs_[a];
    if (draw_.chance(15)) one.id.index += 7;  // waits for a statement, or is none
    links_.push_back(say(draw_.chance(3) ? "split" : "join", monitor::link_body(),
                         {{std::string(monitor::kLinkFirst), one}, {std::string(monitor::kLinkSecond), refs_[b]}}));
  }
  void calibrate(MemoryTables& tables) {
    const Date from = w_.mechanism.days.day_of(Instant{draw_.between(first_ms_, last_ms_)});
    const Date to = from + 20;
    auto learned = learn(w_.mechanism, tables, w_.source, from, to, {}).value();
    const Hash blob = w_.source.add_blob(learned.blob);
    const monitor::CalibrationStatement body{from, to, w_.cut().to_json(), blob, learned.reports, learned.compared};
    std::vector<record::Reference> refs;
    if (!calibrations_.empty()) refs.push_back({std::string(monitor::kFollows), any(calibrations_)});
    calibrations_.push_back(say("calibration", body.to_body(), std::move(refs), {blob}));
    links_.push_back(calibrations_.back());  // may be withdrawn too
  }

  World& w_;
  SeededNumbers draw_;
  std::vector<Report> to_tell_, reports_;
  std::size_t told_ = 0;
  std::int64_t first_ms_ = INT64_MAX, last_ms_ = 0;
  std::vector<StatementRef> refs_, corrections_, links_, calibrations_;
};

struct Tally {
  int batches = 0, incremental = 0, with_links = 0, with_calibration = 0, slabs = 0;
};

void run(std::uint64_t seed, std::int64_t quota, int batches, Tally& tally) {
  World w(one_party(quota));
  History history(w, seed);
  MemoryTables kept;
  Folded last = w.fold_all(kept);
  for (int batch = 0; batch < batches && !history.is_done(); ++batch) {
    const int size = batch == 0 ? 120 : batch % 7 == 0 ? 12 : 1 + batch % 3;
    for (int i = 0; i < size; ++i) history.step(kept);
    FoldRequest request{&w.mechanism, w.cut(), {}, {}};
    auto more = fold_more(request, last.cut, last.as_of, w.source, kept, kept);
    ASSERT_TRUE(more.has_value()) << more.error().to_string();
    MemoryTables scratch;
    const Folded all = w.fold_all(scratch);
    ++tally.batches;
    if (!more->has_value()) {
      last = w.fold_all(kept);
      continue;
    }
    ++tally.incremental;
    last = **more;
    if (last.digest != all.digest) {
      std::vector<std::string> a = lines(kept);
      std::vector<std::string> b = lines(scratch);
      std::vector<std::string> only;
      std::ranges::sort(a);
      std::ranges::sort(b);
      std::string text;
      std::ranges::set_difference(a, b, std::back_inserter(only));
      for (const auto& l : only) text += "only incremental: " + l + '\n';
      only.clear();
      std::ranges::set_difference(b, a, std::back_inserter(only));
      for (const auto& l : only) text += "only from nothing: " + l + '\n';
      FAIL() << "seed " << seed << " quota " << quota << " batch " << batch << '\n' << text.substr(0, 6000);
    }
    ASSERT_EQ(lines(kept), lines(scratch)) << "seed " << seed << " batch " << batch;
    ASSERT_EQ(kept.digests().value(), scratch.digests().value()) << "seed " << seed << " batch " << batch;
    ASSERT_EQ(last.as_of, all.as_of);
    const std::vector<LinkRow> links = read_rows<LinkRow>(kept).value();
    for (const LinkRow& l : links) {
      if (l.state != "effective") continue;
      ++tally.with_links;
      break;
    }
    tally.with_calibration += read_rows<CalibrationRow>(kept).value().empty() ? 0 : 1;
    tally.slabs = std::max(tally.slabs, static_cast<int>(read_rows<SlabRow>(kept).value().size()));
  }
}

TEST(FoldPropertyTest, GoingOnEqualsFoldingFromNothing) {
  const std::uint64_t seed = logged_seed();
  const int runs = std::getenv("TRUCE_FOLD_RUNS") != nullptr ? std::atoi(std::getenv("TRUCE_FOLD_RUNS")) : 5;
  Tally tally;
  for (int i = 0; i < runs; ++i) {
    run(seed + static_cast<std::uint64_t>(i), i % 3 == 0 ? 9 : 1'000, 60, tally);
    if (HasFatalFailure()) return;
  }
  // Else the test would say little.
  EXPECT_GT(tally.incremental * 2, tally.batches);
  EXPECT_GT(tally.with_links, runs * 5);
  EXPECT_GT(tally.with_calibration, 0);
  EXPECT_GE(tally.slabs, 4);
  std::printf("%d batches, %d incremental, %d with links, %d with a calibration, %d slabs\n", tally.batches,
              tally.incremental, tally.with_links, tally.with_calibration, tally.slabs);
}

// An explanation looks at the reports of a slab again, from the tables: it must find what the picture says.
TEST(FoldPropertyTest, ExplanationsFindTheGroupsOfThePicture) {
  const std::uint64_t seed = logged_seed() + 100;
  int groups = 0;
  for (std::uint64_t i = 0; i < 3; ++i) {
    World w(one_party(i == 0 ? 9 : 1'000));
    History history(w, seed + i);
    MemoryTables tables;
    w.fold_all(tables);
    for (int step = 0; step < 320 && !history.is_done(); ++step) {
      if (step % 100 == 0) w.fold_all(tables);
      history.step(tables);
    }
    w.fold_all(tables);
    std::map<std::string, std::map<std::string, Int>> members;  // incident -> report -> certainty
    const std::vector<ReportRow> report_rows = read_rows<ReportRow>(tables).value();
    for (const ReportRow& r : report_rows) {
      if (!r.incident.empty()) members[r.incident][r.id] = r.certainty_ppm;
    }
    for (const auto& [incident, reports] : members) {
      const auto why = reasons(w.mechanism, tables, w.source, reports.rbegin()->first);
      ASSERT_TRUE(why.has_value()) << why.error().to_string();
      std::map<std::string, Int> found;
      for (const Reasons::Member& m : why->members) found[m.report.id] = m.certainty_ppm;
      ASSERT_EQ(found, reports) << "seed " << seed + i << " incident " << incident;
      groups += reports.size() > 1 ? 1 : 0;
    }
  }
  EXPECT_GT(groups, 100);
}

// Anybody who folds the same cut learns the same, to the last byte, however many threads there are.
TEST(FoldPropertyTest, TheSameCutAndDaysTeachTheSame) {
  exercise::Options o;
  o.seed = logged_seed();
  o.days = 8;
  o.incidents_per_day_milli = 40'000;
  const exercise::InMemory all = exercise::make_in_memory(o).value();
  World w(one_party(1'000));
  for (const Report& r : all.reports) w.say(kNorth, "report", r.to_body());
  std::optional<std::string> first;
  for (int round = 0; round < 3; ++round) {
    MemoryTables tables;
    w.fold_all(tables);
    const Learned learned = learn(w.mechanism, tables, w.source, o.from, o.from + 8, {}).value();
    EXPECT_TRUE(learned.is_enough());
    if (!first) first = learned.blob;
    EXPECT_EQ(learned.blob, *first);
    EXPECT_NE(learn(w.mechanism, tables, w.source, o.from, o.from + 5, {}).value().blob, learned.blob);
  }
}

}  // namespace
}  // namespace truce::picture
