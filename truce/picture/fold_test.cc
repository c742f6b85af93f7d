// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/fold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "truce/geo/geometry_blob.h"
#include "truce/monitor/bodies.h"
#include "truce/monitor/report.h"
#include "truce/picture/fold_testing.h"
#include "truce/picture/random_history_testing.h"
#include "truce/record/envelope.h"

namespace truce::picture {
namespace {

using monitor::Report;

std::vector<IncidentRow> incidents(MemoryTables& t) {
  return read_rows<IncidentRow>(t).value();
}
std::vector<ChangeRow> changes(MemoryTables& t) {
  return read_rows<ChangeRow>(t).value();
}

TEST(FoldTest, ReportBecomesAnIncidentInItsZone) {
  World w(two_parties());
  std::vector<Hash> blobs;
  Json zone = square_zone(w, "box", blobs);
  w.agree(w.say(kNorth, "zone", zone, {}, blobs));
  w.say(kNorth, "report", report_at(0).to_body());
  MemoryTables t;
  const Folded f = w.fold_all(t);
  const auto rows = incidents(t);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].id, "north/main/2");
  EXPECT_EQ(rows[0].zones, "box");
  EXPECT_EQ(rows[0].relation, "inside");
  EXPECT_EQ(rows[0].forbidden_by, "box");
  EXPECT_EQ(rows[0].count_best, 3);
  EXPECT_EQ(f.as_of.ms, w.clock_ms - 1000) << "the lower of two: the consent";
}

TEST(FoldTest, CorrectionReplacesTheWholeBodyAndKeepsTheId) {
  World w(two_parties());
  const StatementRef base = w.say(kNorth, "report", report_at(0).to_body());
  Report better = report_at(0);
  better.killed.all = monitor::Range::of(2);
  w.say(kNorth, "report", better.to_body(), {{"corrects", base}});
  MemoryTables t;
  w.fold_all(t);
  const auto rows = incidents(t);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].id, "north/main/1");
  EXPECT_EQ(rows[0].killed_best, 2);
  const auto c = changes(t);
  ASSERT_EQ(c.size(), 1U);
  EXPECT_EQ(c[0].what, "corrected");
  EXPECT_EQ(c[0].changed, "killed");
}

TEST(FoldTest, OfTwoCorrectionsTheSmallestStatementCounts) {
  World w(two_parties());
  const StatementRef base = w.say(kNorth, "report", report_at(0).to_body());
  Report first = report_at(0);
  first.count = monitor::Range::of(7);
  Report second = report_at(0);
  second.count = monitor::Range::of(9);
  w.say(kNorth, "report", second.to_body(), {{"corrects", base}});
  w.say(kDesk, "report", first.to_body(), {{"corrects", base}});  // "north/desk" sorts before "north/main"
  MemoryTables t;
  w.fold_all(t);
  EXPECT_EQ(incidents(t)[0].count_best, 7);
  std::vector<std::string> what;
  for (const auto& c : changes(t)) what.push_back(c.what);
  EXPECT_THAT(what, testing::UnorderedElementsAre("corrected", "superseded"));
}

TEST(FoldTest, NobodyChangesAnotherPartysReport) {
  World w(two_parties());
  const StatementRef base = w.say(kNorth, "report", report_at(0).to_body());
  Report other = report_at(0);
  other.count = monitor::Range::of(9);
  w.say(kSouth, "report", other.to_body(), {{"corrects", base}});
  w.say(kSouth, "withdrawal", Json::object({{"reason", "mistake"}}), {{"withdraws", base}});
  MemoryTables t;
  w.fold_all(t);
  ASSERT_EQ(incidents(t).size(), 1U);
  EXPECT_EQ(incidents(t)[0].count_best, 3);
  for (const auto& c : changes(t)) EXPECT_EQ(c.what, "ignored");
}

TEST(FoldTest, ReferenceWithAnotherLeafHashCountsForNothing) {
  World w(two_parties());
  StatementRef base = w.say(kNorth, "report", report_at(0).to_body());
  base.leaf.bytes[0] ^= 1;
  w.say(kNorth, "withdrawal", Json::object({{"reason", "mistake"}}), {{"withdraws", base}});
  MemoryTables t;
  w.fold_all(t);
  EXPECT_EQ(incidents(t).size(), 1U);
  EXPECT_EQ(changes(t)[0].what, "ignored");
}

TEST(FoldTest, CorrectionBeforeItsTargetIsPending) {
  World w(two_parties());
  w.say(kNorth, "report", report_at(0).to_body());
  Report other = report_at(0);
  other.count = monitor::Range::of(9);
  w.say(kNorth, "report", other.to_body(), {{"corrects", StatementRef{{kDesk, 5}, Hash{}}}});
  MemoryTables t;
  w.fold_all(t);
  EXPECT_EQ(incidents(t).size(), 1U);
  ASSERT_EQ(changes(t).size(), 1U);
  EXPECT_EQ(changes(t)[0].what, "pending");
}

TEST(FoldTest, WithdrawnReportMakesNoIncidentAndStaysInTheList) {
  World w(two_parties());
  const StatementRef base = w.say(kNorth, "report", report_at(0).to_body());
  w.say(kNorth, "withdrawal", Json::object({{"reason", "duplicate"}}), {{"withdraws", base}});
  MemoryTables t;
  w.fold_all(t);
  EXPECT_TRUE(incidents(t).empty());
  EXPECT_EQ(read_rows<ReportRow>(t).value()[0].state, "withdrawn");
  EXPECT_EQ(changes(t)[0].reason, "duplicate");
}

TEST(FoldTest, WithdrawnImportTakesAllItsRows) {
  World w(two_parties());
  const Json import = monitor::ImportStatement{Hash{}, "reports", "north", 2, 0, 0, {}}.to_body();
  const StatementRef i = w.say(kNorth, "import", import);
  w.say(kNorth, "report", report_at(0).to_body(), {{"import", i}});
  w.say(kNorth, "report", report_at(1).to_body(), {{"import", i}});
  w.say(kNorth, "report", report_at(2).to_body());
  w.say(kNorth, "withdrawal", Json::object({{"reason", "mistake"}}), {{"withdraws", i}});
  MemoryTables t;
  w.fold_all(t);
  EXPECT_EQ(incidents(t).size(), 1U);
  EXPECT_EQ(read_rows<ImportRow>(t).value()[0].state, "withdrawn");
}

TEST(FoldTest, RelayedCopyIsLinkedWhereTheOtherPartyHoldsTheKey) {
  World w(two_parties());
  Report own = report_at(0);
  own.key = monitor::SourceKey{"south", "r1", {}, 0};
  w.say(kSouth, "report", own.to_body());
  Report relayed = own;
  relayed.said_by = "south";
  w.say(kNorth, "report", relayed.to_body());
  // Of another place, so that it is another incident.
  relayed.place.at.lat_e7 += 3'000'000;
  relayed.key->id = "r2";
  w.say(kNorth, "report", relayed.to_body());
  MemoryTables t;
  w.fold_all(t);
  const auto rows = incidents(t);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].parties, "said:south");  // north/main/2: relayed, key unknown to south's log
  EXPECT_EQ(rows[1].parties, "south");
  EXPECT_EQ(read_rows<ReportRow>(t).value()[0].linked_to, "south/main/1");
}

TEST(FoldTest, ExcessOverTheQuotaIsListedAndNotCounted) {
  mechanism::Mechanism m = two_parties();
  m.quota_statements = 3;
  World w(m);
  for (int i = 0; i < 5; ++i) w.say(kNorth, "report", report_at(0, 359000000 + i * 1'000'000).to_body());
  MemoryTables t;
  w.fold_all(t);
  ASSERT_EQ(incidents(t).size(), 5U);
  int over = 0;
  for (const auto& i : incidents(t)) over += static_cast<int>(i.over_quota);
  EXPECT_EQ(over, 2);
  EXPECT_EQ(incidents(t)[4].over_quota, 1);  // of equal times the later statements
}

TEST(FoldTest, WhatIsOverTheQuotaIsFusedWithNothing) {
  mechanism::Mechanism m = two_parties();
  m.quota_statements = 3;
  World w(m);
  for (int i = 0; i < 5; ++i) w.say(kNorth, "report", report_at(0).to_body());
  MemoryTables t;
  w.fold_all(t);
  const auto rows = incidents(t);
  ASSERT_EQ(rows.size(), 3U);  // three reports fused, two alone
  EXPECT_EQ(rows[0].reports, 3);
  EXPECT_EQ(rows[0].over_quota, 0);
  for (std::size_t i : {1U, 2U}) {
    EXPECT_EQ(rows[i].reports, 1);
    EXPECT_EQ(rows[i].over_quota, 1);
  }
}

// Else somebody could flood, join a report of the flood to an incident, and so take the incident out of every count.
TEST(FoldTest, JoinOfAReportOverTheQuotaHasNoEffect) {
  mechanism::Mechanism m = two_parties();
  m.quota_statements = 2;
  World w(m);
  const StatementRef incident = w.say(kSouth, "report", report_at(0).to_body());
  StatementRef last;
  for (int i = 0; i < 3; ++i) last = w.say(kNorth, "report", report_at(0, 340000000 + i * 5'000'000).to_body());
  w.say(kNorth, "join", Json::object({{"v", 1}}), {{"first", incident}, {"second", last}});
  MemoryTables t;
  w.fold_all(t);
  EXPECT_EQ(read_rows<LinkRow>(t).value().at(0).state, "pending");
  for (const IncidentRow& i : incidents(t)) EXPECT_EQ(i.over_quota, i.id == last.id.to_string() ? 1 : 0) << i.id;
}

TEST(FoldTest, NothingInALogStopsTheFold) {
  World w(two_parties());
  w.say(kNorth, "report", report_at(0).to_body());
  w.source.add(kNorth, "garbage");
  w.source.add(kNorth, "{}");
  w.say(kNorth, "no-such-type", Json::object());
  w.say(kNorth, "report", Json::object({{"kind", "shelling"}}));
  w.say(kNorth, "withdrawal", Json::object({{"reason", "mistake"}}));
  const LogId stranger{"stranger", "main"};
  w.say(stranger, "report", report_at(0).to_body());
  MemoryTables t;
  w.fold_all(t);
  EXPECT_EQ(incidents(t).size(), 1U);
  EXPECT_EQ(changes(t).size(), 7U);  // five of north's, and both of the stranger's
}

TEST(FoldTest, BearingFromADeclaredPostGetsThePostsCoordinates) {
  World w(two_parties());
  monitor::ZoneStatement post;
  post.id = "op-1";
  post.kind = monitor::ZoneKind::kObservationPost;
  post.geometry = w.source.add_blob(geo::to_blob(geo::Points{{geo::LatLng::from_e7(359000000, 366000000)}}));
  w.say(kNorth, "zone", post.to_body(), {}, {post.geometry});
  Report r = report_at(0);
  r.place = {};
  r.place.form = monitor::Place::Form::kPostBearing;
  r.place.ref = "op-1";
  r.place.bearing_mdeg = 90'000;
  r.place.distance_m = 1000;
  w.say(kNorth, "report", r.to_body());
  MemoryTables t;
  w.fold_all(t);
  const auto row = incidents(t)[0];
  ASSERT_TRUE(row.lat_e7.has_value());
  EXPECT_NEAR(static_cast<double>(*row.lng_e7 - 366000000), 1000 / 90'163.0 * 1e7,
              200);  // a degree of longitude here is 90.2 km
  EXPECT_NEAR(static_cast<double>(*row.lat_e7), 359000000, 20);
}

TEST(FoldTest, PatrolsAddUpToCoverage) {
  World w(two_parties());
  Report r = report_at(0);
  r.kind = monitor::Kind::kPatrol;
  r.count.reset();
  r.details = Json::object({{"day_minutes", 120}, {"zone", "box"}});
  w.say(kNorth, "report", r.to_body());
  r.details.set("night_minutes", 30);
  w.say(kNorth, "report", r.to_body());
  MemoryTables t;
  w.fold_all(t);
  const auto rows = read_rows<CoverageRow>(t).value();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].day_minutes, 240);
  EXPECT_EQ(rows[0].night_minutes, 30);
  EXPECT_EQ(rows[0].patrols, 2);
}

TEST(FoldTest, CorrectionsGoWithTheImportThatBroughtThem) {
  World w(two_parties());
  const Json import = monitor::ImportStatement{Hash{}, "reports", "north", 1, 0, 0, {}}.to_body();
  const StatementRef first = w.say(kNorth, "import", import);
  const StatementRef report = w.say(kNorth, "report", report_at(0).to_body(), {{"import", first}});
  const StatementRef second = w.say(kNorth, "import", import);
  Report changed = report_at(0);
  changed.count = monitor::Range::of(9);
  const StatementRef correction =
      w.say(kNorth, "report", changed.to_body(), {{"corrects", report}, {"import", second}});
  MemoryTables t;
  w.fold_all(t);
  EXPECT_EQ(incidents(t).at(0).count_best, 9);
  w.say(kNorth, "withdrawal", Json::object({{"reason", "mistake"}}), {{"withdraws", second}});
  Folded last = w.fold_all(t);
  ASSERT_EQ(incidents(t).size(), 1U);
  EXPECT_EQ(incidents(t)[0].count_best, 3);
  EXPECT_EQ(read_rows<ReportRow>(t).value().at(0).version, report.id.to_string());
  const auto what_of = [&](const StatementRef& ref) {
    for (const ChangeRow& c : changes(t)) {
      if (c.statement == ref.id.to_string()) return c.what;
    }
    return std::string();
  };
  EXPECT_EQ(what_of(correction), "withdrawn-correction");
  // A later correction of the same report, folded onto the picture that stands.
  changed.count = monitor::Range::of(5);
  w.say(kNorth, "report", changed.to_body(), {{"corrects", report}});
  FoldRequest request{&w.mechanism, w.cut(), {}, {}};
  ASSERT_TRUE(fold_more(request, last.cut, last.as_of, w.source, t, t).value().has_value());
  EXPECT_EQ(incidents(t).at(0).count_best, 5);
  EXPECT_EQ(what_of(correction), "withdrawn-correction");
}

// Of two new reports in one slab the first is far from its end, the second lies across it.
TEST(FoldTest, SeamIsLookedForAgainForTheReportThatIsInItsSight) {
  World w(two_parties());
  constexpr std::int64_t kDay = 86'400'000;
  constexpr std::int64_t kSeam = 19'800 * kDay;  // the start of a slab
  const auto say = [&](std::int64_t ms, std::int64_t width_ms) {
    Report r = report_at(0);
    r.from = Instant{kSeam + ms - width_ms / 2};
    r.to = Instant{kSeam + ms + width_ms / 2};
    w.say(kNorth, "report", r.to_body());
  };
  say(-3 * kDay / 2, 0);
  say(3 * kDay / 2, 0);
  MemoryTables kept;
  const Folded last = w.fold_all(kept);
  say(-2 * kDay, 0);
  say(-60'000, 7'200'000);
  FoldRequest request{&w.mechanism, w.cut(), {}, {}};
  ASSERT_TRUE(fold_more(request, last.cut, last.as_of, w.source, kept, kept).value().has_value());
  MemoryTables scratch;
  w.fold_all(scratch);
  EXPECT_EQ(lines(kept), lines(scratch));
  const std::vector<SlabRow> slabs = read_rows<SlabRow>(kept).value();
  ASSERT_EQ(slabs.size(), 2U);
  EXPECT_EQ(slabs[0].to_ms, kSeam + 3'600'000);
}

// Who withdraws a linked report makes its links wait; that alone is no reason to fold everything anew for ever.
TEST(FoldTest, WaitingLinksDoNotStopGoingOn) {
  World w(two_parties());
  const StatementRef a = w.say(kNorth, "report", report_at(0).to_body());
  const StatementRef b = w.say(kNorth, "report", report_at(0, 350000000).to_body());
  w.say(kNorth, "join", Json::object({{"v", 1}}), {{"first", a}, {"second", b}});
  w.say(kNorth, "withdrawal", Json::object({{"reason", "mistake"}}), {{"withdraws", b}});
  MemoryTables kept;
  const Folded last = w.fold_all(kept);
  EXPECT_EQ(read_rows<LinkRow>(kept).value().at(0).state, "pending");
  w.say(kNorth, "report", report_at(1).to_body());
  FoldRequest request{&w.mechanism, w.cut(), {}, {}};
  ASSERT_TRUE(fold_more(request, last.cut, last.as_of, w.source, kept, kept).value().has_value());
  MemoryTables scratch;
  w.fold_all(scratch);
  EXPECT_EQ(lines(kept), lines(scratch));
}

TEST(FoldTest, OneMoreBatchGivesThePictureOfAFoldFromNothing) {
  int incremental = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    mechanism::Mechanism m = two_parties();
    m.parties.resize(1);
    m.quota_statements = 6;
    World w(m);
    RandomHistory history(w, seed, seed % 2 == 0);
    MemoryTables kept;
    for (int i = 0; i < 12; ++i) history.step();
    w.say(kNorth, "report", report_at(0).to_body());
    w.say(kDesk, "report", report_at(0).to_body());
    Folded last = w.fold_all(kept);
    for (int batch = 0; batch < 12; ++batch) {
      for (int i = 0; i < 4; ++i) history.step();
      FoldRequest request{&w.mechanism, w.cut(), {}, {}};
      auto more = fold_more(request, last.cut, last.as_of, w.source, kept, kept);
      ASSERT_TRUE(more.has_value()) << more.error().to_string();
      MemoryTables scratch;
      const Folded all = w.fold_all(scratch);
      if (more->has_value()) {
        ++incremental;
        ASSERT_EQ(lines(kept), lines(scratch)) << "seed " << seed << " batch " << batch;
        ASSERT_EQ((*more)->digest, all.digest) << "seed " << seed << " batch " << batch;
        ASSERT_EQ((*more)->as_of, all.as_of);
        last = **more;
      } else {
        last = w.fold_all(kept);
      }
      ASSERT_EQ(kept.digests().value(), scratch.digests().value()) << "seed " << seed << " batch " << batch;
    }
  }
  EXPECT_GT(incremental, 300);  // else the test would say little
}

TEST(FoldTest, OrderOfArrivalBetweenLogsDoesNotMatter) {
  // The same two logs, read into the source in another order, and folded by halves or at once.
  World a(two_parties());
  RandomHistory history(a, 7);
  for (int i = 0; i < 200; ++i) history.step();
  World b(two_parties());
  for (auto it = a.source.logs().rbegin(); it != a.source.logs().rend(); ++it) {
    for (const std::string& entry : it->second) b.source.add(it->first, entry);
  }
  std::vector<Hash> blobs;
  static_cast<void>(square_zone(b, "box", blobs));
  MemoryTables ta, tb;
  EXPECT_EQ(a.fold_all(ta).digest, b.fold_all(tb).digest);
}

}  // namespace
}  // namespace truce::picture
