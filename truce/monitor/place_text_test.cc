// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/place_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "truce/base/seed_testing.h"

namespace truce::monitor {
namespace {

// One text for one meaning, for tables.
std::string read(std::string_view text) {
  const auto p = parse_place_text(text);
  if (!p) return "refused: " + p.error().message;
  if (const auto* c = std::get_if<CoordinatesText>(&*p)) return c->at.to_string();
  if (const auto* o = std::get_if<OffsetText>(&*p)) {
    return std::to_string(o->distance_m) + " m at " + std::to_string(o->bearing_mdeg) + "+-" +
           std::to_string(o->bearing_error_mdeg) + " of [" + o->from + "]";
  }
  if (const auto* b = std::get_if<BearingText>(&*p))
    return std::to_string(b->bearing_mdeg) + " " + std::to_string(b->distance_m) + " m from post [" + b->post + "]";
  if (const auto* m = std::get_if<MgrsText>(&*p)) return "grid " + m->grid;
  return "name [" + std::get<NameText>(*p).name + "]";
}

TEST(PlaceTextTest, FormsThatPeopleType) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"35.93 N 36.63 E", "35.93,36.63"},
      {"35.93N 36.63E", "35.93,36.63"},
      {"N 35.93 E 36.63", "35.93,36.63"},
      {"N35.93, E36.63", "35.93,36.63"},
      {"36.63 E 35.93 N", "35.93,36.63"},
      {"35.93, 36.63", "35.93,36.63"},
      {"35.93 36.63", "35.93,36.63"},
      {"35.93;36.63", "35.93,36.63"},
      {"-35.93, -36.63", "-35.93,-36.63"},
      {"35.93 S, 36.63 W", "-35.93,-36.63"},
      {"35.93\u00b0 N, 36.63\u00b0 E", "35.93,36.63"},
      {"35.1234567, 36.7654321", "35.1234567,36.7654321"},
      {"35\u00b055'48\"N 36\u00b037'48\"E", "35.93,36.63"},
      {"35\u00b055\u203248\u2033 N, 36\u00b037\u203248\u2033 E", "35.93,36.63"},
      {"35\u00b0 55' 48\" N 36\u00b0 37' 48\" E", "35.93,36.63"},
      {"35 55 48 N 36 37 48 E", "35.93,36.63"},
      {"35 55.8 N 36 37.8 E", "35.93,36.63"},
      {"N 35 55 48 E 36 37 48", "35.93,36.63"},
      {"35\u00b055.8' 36\u00b037.8'", "35.93,36.63"},
      {"35\u00b055'48.36\" N 36\u00b0 E", "35.9301,36"},
      {"90, 180", "90,180"},
      {"2.5 km NW of Testville", "2500 m at 315000+-13000 of [Testville]"},
      {"2.5km nnw of Test Ville", "2500 m at 337500+-6500 of [Test Ville]"},
      {"800 m south of X", "800 m at 180000+-26000 of [X]"},
      {"3 kilometres north-east from Y", "3000 m at 45000+-13000 of [Y]"},
      {"3 km at 230 of Z", "3000 m at 230000+-0 of [Z]"},
      {"3 km bearing 230.5 degrees from Z", "3000 m at 230500+-0 of [Z]"},
      {"0 km N of Z", "0 m at 0+-26000 of [Z]"},
      {"bearing 230 3 km from op-15", "230000 3000 m from post [op-15]"},
      {"Bearing 230\u00b0, 3.3 km from op-15", "230000 3300 m from post [op-15]"},
      {"230 degrees 3 km from op-15", "230000 3000 m from post [op-15]"},
      {"azimuth 360 900m from op-15", "0 900 m from post [op-15]"},
      {"37S BV 12345 67890", "grid 37SBV1234567890"},
      {"37sbv1267", "grid 37SBV1267"},
      {"4QFJ12345678", "grid 4QFJ12345678"},
      {"37SBV", "grid 37SBV"},
      {"Testville", "name [Testville]"},
      {"  Al-Test  ", "name [Al-Test]"},
      {"\u0625\u062f\u0644\u0628", "name [\u0625\u062f\u0644\u0628]"},
      {"km 12", "name [km 12]"},
      {"Hill 365", "name [Hill 365]"},
      {"5 km NW Testville", "name [5 km NW Testville]"},
      {"37SBV123", "name [37SBV123]"},
      {"61SBV1212", "name [61SBV1212]"},
      {"37IBV1212", "name [37IBV1212]"},
      {"35.93", "name [35.93]"},
      {"35.93 36.63 17", "name [35.93 36.63 17]"},
      {"North", "name [North]"},
      {"bearing 230 from op-15", "name [bearing 230 from op-15]"},
      {"bearing 230 3 km", "name [bearing 230 3 km]"},
      {"3 km N of", "name [3 km N of]"},
  };
  for (const auto& [text, meaning] : cases) EXPECT_EQ(read(text), meaning) << text;
}

TEST(PlaceTextTest, WhatCannotBeIsRefused) {
  for (const std::string_view text :
       {"", "   ", "95 N 36 E", "95, 36", "35, 181", "35.9 N 36.6 N", "35.9 E 36.6 W", "35.9 N 36.6", "35.9 36.6 E",
        "-35.9 S 36.6 E", "35\u00b061' N 36\u00b0 E", "35\u00b010'60\" N 36\u00b0 E", "500 N 36 E", "1000000 km N of X",
        "101 km N of X", "3 km at 400 of X", "bearing 400 3 km from op-1", "bearing 30 1000000 km from op-1"}) {
    EXPECT_THAT(read(text), testing::StartsWith("refused: ")) << text;
  }
  EXPECT_THAT(read(std::string(301, 'x')), testing::HasSubstr("300 bytes"));
}

TEST(PlaceTextTest, ResolutionIsHalfOfTheLastDigit) {
  const auto metres = [](std::string_view text) {
    return std::get<CoordinatesText>(parse_place_text(text).value()).resolution_m;
  };
  EXPECT_EQ(metres("35.93, 36.63"), 555);
  EXPECT_EQ(metres("35.9, 36.63"), 5555);
  EXPECT_EQ(metres("35.93001, 36.63001"), 1);
  EXPECT_EQ(metres("35\u00b055'48\" N 36\u00b037'48\" E"), 15);
  EXPECT_EQ(metres("35 55 N 36 37 E"), 925);
  EXPECT_EQ(metres("35, 36"), 55555);
}

TEST(PlaceTextTest, DecimalDegreesComeBackExactly) {
  const std::uint64_t seed = logged_seed();
  SeededNumbers numbers(seed);
  for (int i = 0; i < 2000; ++i) {
    const geo::LatLng p = geo::LatLng::from_e7(static_cast<std::int32_t>(numbers.between(-900000000, 900000000)),
                                               static_cast<std::int32_t>(numbers.between(-1800000000, 1800000000)));
    ASSERT_EQ(read(p.to_string()), p.to_string()) << "seed " << seed;
  }
}

TEST(PlaceTextTest, AnyBytesAreReadOrRefused) {
  const std::uint64_t seed = logged_seed();
  SeededNumbers numbers(seed);
  for (int i = 0; i < 50'000; ++i) {
    const std::string text = numbers.text(numbers.below(24),
                                          "0123456789.,-+ NSEWkmof'\"\xC2\xB0\xE2\x80\xB2"
                                          "bearing");
    const auto p = parse_place_text(text);
    if (p && std::holds_alternative<CoordinatesText>(*p)) {
      ASSERT_TRUE(std::get<CoordinatesText>(*p).at.is_valid()) << text << " seed " << seed;
    }
  }
}

}  // namespace
}  // namespace truce::monitor
