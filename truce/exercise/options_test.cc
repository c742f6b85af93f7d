// SPDX-License-Identifier: Apache-2.0

#include "truce/exercise/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "truce/base/unicode.h"
#include "truce/exercise/places.h"
#include "truce/exercise/scenario.h"

namespace truce::exercise {
namespace {

using testing::HasSubstr;

TEST(OptionsTest, BadOptionsAreRefusedByName) {
  const struct {
    const char* option;
    std::function<void(Options&)> change;
  } cases[] = {
      {"--days", [](Options& o) { o.days = 0; }},
      {"--days", [](Options& o) { o.days = kDayCountMax + 1; }},
      {"--days", [](Options& o) { o.days = -3; }},
      {"--incidents-per-day", [](Options& o) { o.incidents_per_day_milli = 0; }},
      {"--incidents-per-day", [](Options& o) { o.incidents_per_day_milli = -1; }},
      {"--incidents-per-day", [](Options& o) { o.incidents_per_day_milli = kIncidentsPerDayMax * 1000 + 1; }},
      {"--incidents-per-day",
       [](Options& o) {
         o.days = 10'000;
         o.incidents_per_day_milli = 1'000'000;
       }},
      {"--parties", [](Options& o) { o.parties = 0; }},
      {"--parties", [](Options& o) { o.parties = kPartyCountMax + 1; }},
      {"--posts", [](Options& o) { o.posts = -1; }},
      {"--posts", [](Options& o) { o.posts = kPostCountMax + 1; }},
      {"--reporters", [](Options& o) { o.reporters = 0; }},
      {"--reporters", [](Options& o) { o.reporters = 1'000; }},
      {"--region", [](Options& o) { o.region = "atlantis"; }},
      {"--region", [](Options& o) { o.region = ""; }},
      {"--region", [](Options& o) { o.box = geo::Box{}; }},
      {"--region",
       [](Options& o) {
         o.box = geo::Box{100'000'000, 100'000'000, 100'000'000, 110'000'000};
       }},
      {"--region",
       [](Options& o) {
         o.box = geo::Box{690'000'000, 100'000'000, 710'000'000, 110'000'000};
       }},
      {"--region",
       [](Options& o) {
         o.box = geo::Box{100'000'000, 1'785'000'000, 110'000'000, 1'795'000'000};
       }},
      {"--region",
       [](Options& o) {
         o.box = geo::Box{100'000'000, 100'000'000, 160'000'000, 110'000'000};
       }},
      {"--from", [](Options& o) { o.from = Date::from_civil(1900, 12, 31); }},
      {"--from", [](Options& o) { o.from = Date::from_civil(2099, 12, 25); }},
      {"--burst-percent", [](Options& o) { o.burst_percent = 101; }},
      {"--spread-m", [](Options& o) { o.spread_m = -1; }},
      {"--hearing-m", [](Options& o) { o.hearing_m = 0; }},
      {"--clock-sigma-s", [](Options& o) { o.clock_sigma_s = 86'401; }},
      {"--answered-permille", [](Options& o) { o.answered_permille = -1; }},
      {"--relayed-permille", [](Options& o) { o.relayed_permille = 1'001; }},
      {"--corrected-permille", [](Options& o) { o.corrected_permille = 1'001; }},
      {"--patrols-per-day", [](Options& o) { o.patrols_per_day_milli = -1; }},
      {"--reports-max", [](Options& o) { o.reports_max = kReportCountMax + 1; }},
  };
  int n = 0;
  for (const auto& c : cases) {
    Options o;
    c.change(o);
    const Status s = o.check();
    ASSERT_FALSE(s) << "case " << n << " of " << c.option;
    EXPECT_EQ(s.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(s.error().to_string(), HasSubstr(c.option)) << "case " << n;
    EXPECT_FALSE(Scenario::make(o));
    EXPECT_FALSE(make_in_memory(o));
    ++n;
  }
}

TEST(OptionsTest, EndsOfRangesAreTaken) {
  const std::function<void(Options&)> cases[] = {
      [](Options&) {},
      [](Options& o) { o.days = 1; },
      [](Options& o) { o.incidents_per_day_milli = 1; },
      [](Options& o) { o.parties = kPartyCountMax; },
      [](Options& o) { o.parties = 1; },
      [](Options& o) { o.posts = 0; },
      [](Options& o) { o.posts = kPostCountMax; },
      [](Options& o) { o.seed = ~std::uint64_t{0}; },
      [](Options& o) { o.spread_m = o.clock_sigma_s = o.burst_percent = 0; },
      [](Options& o) { o.answered_permille = o.relayed_permille = o.corrected_permille = 1'000; },
      [](Options& o) {
        o.box = geo::Box{-205'000'000, 250'000'000, -185'000'000, 275'000'000};
      },
      [](Options& o) {
        o.box = geo::Box{355'000'000, 363'000'000, 362'000'000, 370'000'000};
      },
  };
  for (const auto& change : cases) {
    Options o;
    o.days = 2;
    change(o);
    EXPECT_TRUE(o.check());
    EXPECT_TRUE(make_in_memory(o));
  }
}

TEST(PlacesTest, NamesOfEveryRegionAreDistinctNfcAndInOrder) {
  std::size_t all = 0;
  for (const std::string_view region : regions()) {
    const auto places = places_of(region);
    EXPECT_GE(places.size(), 50U) << region;
    all += places.size();
    for (std::size_t i = 0; i < places.size(); ++i) {
      EXPECT_TRUE(places[i].at.is_valid());
      EXPECT_TRUE(check_text(places[i].name)) << places[i].name;
      EXPECT_LE(places[i].name.size(), 200U);
      if (i > 0) {
        EXPECT_LT(places[i - 1].name, places[i].name);
      }
    }
  }
  EXPECT_EQ(all, all_places().size());
  EXPECT_TRUE(places_of("atlantis").empty());
}

TEST(PlacesTest, ABoxHoldsPlacesOfAnyRegion) {
  geo::Box world;
  world.add(geo::LatLng::from_degrees(-90, -180));
  world.add(geo::LatLng::from_degrees(90, 180));
  EXPECT_EQ(places_within(world).size(), all_places().size());
  EXPECT_TRUE(places_within(geo::Box{}).empty());
}

}  // namespace
}  // namespace truce::exercise
