// SPDX-License-Identifier: Apache-2.0

#include "truce/exercise/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "truce/base/id.h"
#include "truce/base/math.h"
#include "truce/base/seed_testing.h"
#include "truce/exercise/files.h"
#include "truce/geo/geodesy.h"
#include "truce/geo/geojson.h"
#include "truce/monitor/import_reports.h"

namespace truce::exercise {
namespace {

using monitor::Kind;
using monitor::Means;
using testing::IsEmpty;

Options small() {
  Options o;
  o.seed = 7;
  o.days = 5;
  o.incidents_per_day_milli = 40'000;
  o.parties = 4;
  o.posts = 8;
  return o;
}
// Another region, density and share of posts for each.
std::vector<Options> various() {
  std::vector<Options> all;
  const std::uint64_t seed = logged_seed();
  const char* const names[] = {"alentejo", "lakeland", "levant", "waikato"};
  for (std::uint64_t i = 0; i < 4; ++i) {
    Options o;
    o.seed = seed + i;
    o.region = names[i];
    o.days = 3 + static_cast<std::int64_t>(i);
    o.incidents_per_day_milli = static_cast<std::int64_t>(20'000 * (i + 1));
    o.parties = 1 + static_cast<std::int64_t>(i) * 2;
    o.posts = static_cast<std::int64_t>(i * 9);
    all.push_back(o);
  }
  Options box = all[1];
  box.box = geo::Box{-205'000'000, -575'000'000, -185'000'000, -555'000'000};
  all.push_back(box);
  return all;
}

struct Files {
  std::string reports{kReportsHeader}, corrections{kReportsHeader}, patrols{kPatrolsHeader}, truth{kTruthHeader},
      scenario, zones;
  std::vector<Day> days;
  World world;
};
Files files_of(const Options& options) {
  Files f;
  auto s = Scenario::make(options).value();
  f.world = s.world();
  f.zones = zones_geojson(f.world);
  f.scenario = scenario_head(f.world);
  bool first = true;
  Day day;
  while (s.next(day)) {
    for (const Incident& e : day.incidents) {
      append_incident(f.scenario, e, first);
      first = false;
    }
    for (const ReportRow& r : day.reports) {
      append_report(f.reports, f.world, r);
      append_truth(f.truth, r);
    }
    for (const ReportRow& r : day.corrections) append_report(f.corrections, f.world, r);
    for (const PatrolRow& p : day.patrols) {
      append_patrol(f.patrols, f.world, p);
      append_patrol_truth(f.truth, p);
    }
    f.days.push_back(day);
  }
  f.scenario += scenario_tail();
  return f;
}

monitor::ReportImportOptions import_options() {
  monitor::ReportImportOptions o;
  o.me = "obs";
  return o;
}

// The same bytes on every machine and compiler. A change of these is a change of every exercise that somebody noted
// the seed of: a line in CHANGELOG.md.
TEST(ScenarioTest, BytesOfASeedNeverChange) {
  const Files f = files_of(small());
  EXPECT_EQ(sha256(f.reports).hex(), "1afd08712dd45681e17385ce435d1d9fd58e54bc9063700a9a3e5466c9ac2ff1");
  EXPECT_EQ(sha256(f.truth).hex(), "3405292bac1830d4eb437b5f5c9f97a68d5d7957a71f7a2dba796884f233eca6");
  EXPECT_EQ(sha256(f.zones).hex(), "ceced456fbc1b55d07074380bffcc6343382356b9f10af6c8a656c99b5385894");
  EXPECT_EQ(sha256(f.scenario).hex(), "cf3e1735a8e7d4f49f963ffe4b53918bd81b2672f1a149296a0827f942582165");
  EXPECT_EQ(sha256(f.corrections + f.patrols + places_csv(f.world)).hex(),
            "e1b087f46b401030f5fd1ebc08b37677ad8800625f8584642843ab56972f6115");
}

TEST(ScenarioTest, AnotherSeedIsAnotherScenario) {
  Options o = small();
  const Files a = files_of(o);
  o.seed = 8;
  const Files b = files_of(o);
  EXPECT_NE(a.reports, b.reports);
  EXPECT_NE(a.zones, b.zones);
}

TEST(ScenarioTest, RewindGivesTheSameAgain) {
  auto s = Scenario::make(small()).value();
  std::string first, second;
  Day day;
  while (s.next(day))
    for (const ReportRow& r : day.reports) append_report(first, s.world(), r);
  EXPECT_FALSE(s.next(day));
  EXPECT_THAT(day.reports, IsEmpty());
  s.rewind();
  while (s.next(day))
    for (const ReportRow& r : day.reports) append_report(second, s.world(), r);
  EXPECT_EQ(first, second);
}

// More days do not change those that were there.
TEST(ScenarioTest, ALongerScenarioBeginsLikeAShorterOne) {
  Options o = small();
  const Files a = files_of(o);
  o.days += 3;
  const Files b = files_of(o);
  EXPECT_TRUE(b.reports.starts_with(a.reports));
  EXPECT_TRUE(b.truth.starts_with(a.truth));
}

TEST(ScenarioTest, TheReportImportTakesEveryRowAsItIsMeant) {
  for (const Options& o : various()) {
    SCOPED_TRACE(o.to_json().to_canonical());
    const Files f = files_of(o);
    const auto reports = monitor::read_reports(f.reports, import_options());
    ASSERT_TRUE(reports) << reports.error().to_string();
    ASSERT_THAT(reports->refused, IsEmpty());
    const auto patrols = monitor::read_reports(f.patrols, import_options());
    ASSERT_TRUE(patrols) << patrols.error().to_string();
    ASSERT_THAT(patrols->refused, IsEmpty());
    const auto corrections = monitor::read_reports(f.corrections, import_options());
    ASSERT_TRUE(corrections) << corrections.error().to_string();
    ASSERT_THAT(corrections->refused, IsEmpty());
    std::size_t r = 0, p = 0, c = 0;
    for (const Day& day : f.days) {
      for (const ReportRow& row : day.reports) {
        const monitor::Report made = to_report(f.world, row);
        ASSERT_EQ(made.to_body(), reports->rows[r].report.to_body());
        ASSERT_TRUE(made.check());
        ++r;
      }
      for (const PatrolRow& row : day.patrols)
        ASSERT_EQ(to_report(f.world, row).to_body(), patrols->rows[p++].report.to_body());
      for (const ReportRow& row : day.corrections)
        ASSERT_EQ(to_report(f.world, row).to_body(), corrections->rows[c++].report.to_body());
    }
    EXPECT_EQ(r, reports->rows.size());
    EXPECT_EQ(p, patrols->rows.size());
    EXPECT_EQ(c, corrections->rows.size());
  }
}

TEST(ScenarioTest, ZonesAreReadAndPostsStandWhereTheyReport) {
  for (const Options& o : various()) {
    const Files f = files_of(o);
    const auto zones = geo::parse_geojson(f.zones);
    ASSERT_TRUE(zones) << zones.error().to_string();
    std::map<std::string, geo::LatLng> posts;
    std::size_t rings = 0;
    for (const geo::GeoJsonFeature& z : zones->features) {
      EXPECT_TRUE(is_id(z.id)) << z.id;
      EXPECT_THAT(z.notes, IsEmpty()) << z.id;
      if (const auto* points = std::get_if<geo::Points>(&z.geometry)) posts[z.id] = points->points.at(0);
      rings += std::holds_alternative<geo::MultiPolygon>(z.geometry) ? 1 : 0;
    }
    EXPECT_GE(rings, 1U);
    EXPECT_EQ(posts.size(), static_cast<std::size_t>(o.posts));
    for (const Day& day : f.days)
      for (const ReportRow& r : day.reports)
        if (r.is_bearing) {
          ASSERT_EQ(posts.at(r.reporter), r.at);
        }
  }
}

TEST(ScenarioTest, NumbersRunOnAndTheTruthNamesEveryRow) {
  for (const Options& o : various()) {
    const Files f = files_of(o);
    std::int64_t row = 0, incident = 0, patrol = 0, days = 0;
    std::map<std::int64_t, std::int64_t> reported;
    for (const Day& day : f.days) {
      const std::int64_t start = (std::int64_t{o.from.days} + days++) * 86'400;
      for (const Incident& e : day.incidents) {
        ASSERT_EQ(e.number, ++incident);
        ASSERT_GE(e.at_s, start);
        ASSERT_LT(e.at_s, start + 86'400);
        ASSERT_LT(e.near, f.world.places.size());
        ASSERT_GE(e.count, 1);
        if (e.answers != 0) {
          ASSERT_NE(e.answers, e.number);
          ASSERT_GE(e.answers, day.incidents.front().number);
          ASSERT_LE(e.answers, day.incidents.back().number);
        }
        reported[e.number] = e.reports;
      }
      for (const ReportRow& r : day.reports) {
        ASSERT_EQ(r.number, ++row);
        ASSERT_GT(reported.at(r.incident), 0);
        --reported[r.incident];
      }
      for (const PatrolRow& p : day.patrols) ASSERT_EQ(p.number, ++patrol);
      std::set<std::int64_t> numbers;
      for (const ReportRow& c : day.corrections) {
        ASSERT_TRUE(numbers.insert(c.number).second);
        const auto old = std::ranges::find(day.reports, c.number, &ReportRow::number);
        ASSERT_NE(old, day.reports.end());
        ASSERT_EQ(old->incident, c.incident);
        ASSERT_EQ(old->reporter, c.reporter);
      }
    }
    for (const auto& [number, left] : reported) ASSERT_EQ(left, 0) << number;
    EXPECT_EQ(days, o.days);
  }
}

TEST(ScenarioTest, TheFileEndsAfterSoManyReports) {
  Options o = small();
  const Files whole = files_of(o);
  for (const std::int64_t most : {1, 37, 250}) {
    o.reports_max = most;
    const Files f = files_of(o);
    EXPECT_EQ(std::ranges::count(f.reports, '\n'), most + 1);
    EXPECT_TRUE(whole.reports.starts_with(f.reports));
  }
}

// Estimated from the truth as calibration would from reports: the post's clock, and the sound's way.
TEST(ScenarioTest, PostsShowTheirClocksBearingsAndEars) {
  Options o = small();
  o.days = 60;
  o.incidents_per_day_milli = 150'000;
  o.posts = 20;
  o.seed = logged_seed();
  const Files f = files_of(o);
  struct Sums {
    double time = 0, bearing = 0;
    int count = 0;
  };
  std::map<std::string, Sums> sums;
  for (const Day& day : f.days) {
    std::map<std::int64_t, const Incident*> incidents;
    for (const Incident& e : day.incidents) incidents[e.number] = &e;
    std::set<std::pair<std::int64_t, std::string>> once;
    for (const ReportRow& r : day.reports) {
      if (!r.is_bearing) continue;
      ASSERT_TRUE(once.emplace(r.incident, r.reporter).second) << "a post reports an incident once";
      const Incident& e = *incidents.at(r.incident);
      const double distance = geo::distance_m(r.at, e.place);
      ASSERT_LT(distance, 1.4 * 1.8 * 1.35 * static_cast<double>(o.hearing_m));
      if (r.means == Means::kSeen) {
        ASSERT_LT(distance, 4'000);
      } else {
        ASSERT_EQ(r.means, Means::kHeard);
        ASSERT_FALSE(r.killed || r.injured) << "nobody hears casualties";
      }
      Sums& s = sums[r.reporter];
      s.time += static_cast<double>(r.at_s - e.at_s) - (r.means == Means::kHeard ? distance / 340 : 0);
      const auto off = static_cast<double>(r.bearing_deg * 1000 - geo::initial_bearing_mdeg(r.at, e.place));
      s.bearing += off > 180'000 ? off - 360'000 : off < -180'000 ? off + 360'000 : off;
      ++s.count;
    }
  }
  int checked = 0;
  for (const HiddenPost& p : f.world.posts) {
    const Sums& s = sums[p.id];
    if (s.count < 60) continue;
    ++checked;
    EXPECT_NEAR(s.time / s.count, static_cast<double>(p.clock_offset_s), 5 * 40 / math::sqrt(s.count)) << p.id;
    EXPECT_NEAR(s.bearing / s.count, static_cast<double>(p.bearing_bias_mdeg), 5 * 7'000 / math::sqrt(s.count)) << p.id;
  }
  EXPECT_GE(checked, 3);
}

TEST(ScenarioTest, PartiesShowTheirBias) {
  Options o = small();
  o.days = 40;
  o.incidents_per_day_milli = 100'000;
  o.relayed_permille = o.corrected_permille = 0;
  o.seed = logged_seed();
  const Files f = files_of(o);
  struct Seen {
    std::set<std::int64_t> incidents;
    double own = 0, other = 0;
    int reports = 0, own_count = 0, other_count = 0, right = 0, villages = 0;
  };
  std::vector<Seen> seen(f.world.parties.size());
  std::int64_t all = 0;
  for (const Day& day : f.days) {
    std::map<std::int64_t, const Incident*> incidents;
    for (const Incident& e : day.incidents) incidents[e.number] = &e;
    all += static_cast<std::int64_t>(day.incidents.size());
    for (const ReportRow& r : day.reports) {
      if (r.is_bearing) continue;
      const Incident& e = *incidents.at(r.incident);
      Seen& s = seen[r.party];
      s.incidents.insert(r.incident);
      ++s.reports;
      s.right += r.kind == kKinds[e.kind] ? 1 : 0;
      s.villages += r.radius_m == f.world.parties[r.party].village_m ? 1 : 0;
      if (e.count < 10) continue;
      const double factor = math::log(static_cast<double>(r.count) / static_cast<double>(e.count));
      if (e.fired_by == f.world.parties[r.party].side) {
        s.own += factor;
        ++s.own_count;
      } else {
        s.other += factor;
        ++s.other_count;
      }
    }
  }
  EXPECT_NEAR(static_cast<double>(all) / static_cast<double>(o.days), 100, 25);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const HiddenParty& p = f.world.parties[i];
    const Seen& s = seen[i];
    SCOPED_TRACE(p.id);
    ASSERT_GT(s.reports, 100);
    EXPECT_NEAR(static_cast<double>(s.reports) / static_cast<double>(s.incidents.size()), 1 + p.further, 0.08);
    EXPECT_NEAR(static_cast<double>(s.right) / s.reports, 1 - p.confusion, 0.04);
    EXPECT_NEAR(static_cast<double>(s.villages) / s.reports, p.village, 0.05);
    const double share = static_cast<double>(s.incidents.size()) / static_cast<double>(all);
    EXPECT_GT(share, p.reports * 0.6);
    EXPECT_LT(share, p.reports * 1.3);
    if (p.side >= 0) {
      EXPECT_NEAR(s.own / s.own_count, math::log(p.factor_own), 0.12);
      EXPECT_NEAR(s.other / s.other_count, math::log(p.factor_other), 0.12);
    }
  }
}

TEST(ScenarioTest, StatedRadiiHoldTheTruthAboutAsOftenAsTheySay) {
  Options o = small();
  o.days = 20;
  o.incidents_per_day_milli = 100'000;
  o.seed = logged_seed();
  const Files f = files_of(o);
  int precise = 0, inside = 0;
  for (const Day& day : f.days) {
    std::map<std::int64_t, const Incident*> incidents;
    for (const Incident& e : day.incidents) incidents[e.number] = &e;
    for (const ReportRow& r : day.reports) {
      if (r.is_bearing || r.radius_m > 1'000) continue;
      ++precise;
      inside += geo::distance_m(r.at, incidents.at(r.incident)->place) <= static_cast<double>(r.radius_m) ? 1 : 0;
    }
  }
  ASSERT_GT(precise, 500);
  EXPECT_GT(static_cast<double>(inside) / precise, 0.8);
}

TEST(ScenarioTest, InMemoryIsWhatTheFilesHold) {
  Options o = small();
  o.corrected_permille = 60;
  const auto all = make_in_memory(o).value();
  const Files f = files_of(o);
  const auto read = monitor::read_reports(f.reports, import_options()).value();
  ASSERT_EQ(all.reports.size(), read.rows.size());
  ASSERT_EQ(all.reports.size(), all.incident_of.size());
  for (std::size_t i = 0; i < all.reports.size(); ++i) {
    ASSERT_EQ(all.reports[i], read.rows[i].report);
    ASSERT_EQ(all.reports[i].key->id, report_id(static_cast<std::int64_t>(i) + 1));
    ASSERT_EQ(all.incidents[static_cast<std::size_t>(all.incident_of[i] - 1)].number, all.incident_of[i]);
  }
  EXPECT_FALSE(all.corrected.empty());
}

}  // namespace
}  // namespace truce::exercise
