// SPDX-License-Identifier: Apache-2.0

#include "truce/brief/edition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "truce/brief/border_layer.h"
#include "truce/brief/incident_export.h"

namespace truce::brief {
namespace {

using testing::HasSubstr;

picture::IncidentRow incident(std::int64_t lat_e7, std::int64_t lng_e7) {
  picture::IncidentRow r;
  r.id = "un/main/7";
  r.kind = "explosion";
  r.relation = "outside";
  r.from_ms = 1'537'253'922'000;  // 2018-09-18T06:58:42Z
  r.to_ms = r.from_ms;
  r.precision_s = 30;
  r.lat_e7 = lat_e7;
  r.lng_e7 = lng_e7;
  r.radius_m = 700;
  r.parties = "un";
  r.reports = 1;
  return r;
}

TEST(EditionTest, CellsAreAboutFiveKilometresAndHoldTheirCentre) {
  std::uint64_t state = 42;
  for (int n = 0; n < 20'000; ++n) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const auto lat = static_cast<std::int32_t>((state >> 33) % 1'600'000'001) - 800'000'000;
    state = state * 6364136223846793005u + 1442695040888963407u;
    const auto lng =
        static_cast<std::int32_t>(static_cast<std::int64_t>((state >> 31) % 3'600'000'001) - 1'800'000'000);
    const auto p = geo::LatLng::from_e7(lat, lng);
    const geo::LatLng c = cell_centre(p);
    ASSERT_TRUE(c.is_valid());
    ASSERT_EQ(cell_centre(c), c) << p.to_string();
    ASSERT_LE(std::abs(c.lat_e7 - lat), kCellLatE7 / 2);
    const double dx = (c.lng_e7 - lng) * 0.0111195 * std::cos(lat * 1e-7 * 0.017453292519943295);
    const double dy = (c.lat_e7 - lat) * 0.0111195;
    ASSERT_LE(std::hypot(dx, dy), kCellReachMetres) << p.to_string();
  }
}

TEST(EditionTest, CellsAtPolesAndAntimeridianStayInTheWorld) {
  for (const std::int32_t lat : {-900'000'000, -899'999'999, 0, 899'999'999, 900'000'000}) {
    for (const std::int32_t lng : {-1'800'000'000, 0, 1'799'999'999, 1'800'000'000}) {
      const geo::LatLng c = cell_centre(geo::LatLng::from_e7(lat, lng));
      EXPECT_TRUE(c.is_valid()) << lat << ' ' << lng;
    }
  }
}

TEST(EditionTest, CellOfTheFormatPageIsPinned) {
  EXPECT_EQ(cell_centre(geo::LatLng::from_e7(355'000'000, 366'000'000)), geo::LatLng::from_e7(354'825'000, 366021526));
}

TEST(EditionTest, TwoPlacesInOneCellCannotBeToldApart) {
  const geo::LatLng c = cell_centre(geo::LatLng::from_e7(355'000'000, 366'000'000));
  const auto a = published(incident(c.lat_e7 + 100'000, c.lng_e7 - 200'000), nullptr);
  const auto b = published(incident(c.lat_e7 - 100'000, c.lng_e7 + 200'000), nullptr);
  EXPECT_EQ(a.lat_e7, b.lat_e7);
  EXPECT_EQ(a.lng_e7, b.lng_e7);
  EXPECT_EQ(a.radius_m, 5'000);
}

TEST(EditionTest, PublishedHoursHoldTheTrueInterval) {
  const auto r = incident(1, 1);
  const auto p = published(r, nullptr);
  EXPECT_EQ(p.from_ms % 3'600'000, 0);
  EXPECT_EQ(p.to_ms % 3'600'000, 0);
  EXPECT_LE(p.from_ms, r.from_ms);
  EXPECT_GT(p.to_ms, r.to_ms);
  EXPECT_EQ(p.precision_s, 0);
}

TEST(EditionTest, RadiusOfACoarsePlaceIsKeptAndRoundedUp) {
  auto r = incident(355'000'000, 366'000'000);
  r.radius_m = 25'000;
  EXPECT_EQ(published(r, nullptr).radius_m, 30'000);
  const monitor::NamedPlace place{"mill", geo::LatLng::from_e7(355'500'000, 366'500'000), 1'200, {}, {}};
  r.place_ref = "villages/mill";
  const auto named = published(r, &place);
  EXPECT_EQ(named.radius_m, 25'000);
  EXPECT_EQ(named.lat_e7, 355'500'000);
  EXPECT_EQ(named.place_ref, "villages/mill");
  EXPECT_EQ(published(r, nullptr).place_ref, "");
}

TEST(EditionTest, UnknownEditionIsRefused) {
  EXPECT_EQ(edition_from("public").value(), Edition::kPublic);
  EXPECT_FALSE(edition_from("Public").has_value());
  EXPECT_FALSE(edition_from("").has_value());
}

TEST(IncidentExportTest, CsvIsPinned) {
  const auto r = incident(362'666'800, -1);
  EXPECT_EQ(incidents_csv(std::vector{r}, false),
            "incident,from,to,lat,lon,radius_m,kind,zones,zones_any,relation,reports,parties,killed_best,injured_best\n"
            "un/main/7,2018-09-18T06:58:42Z,2018-09-18T06:58:42Z,36.26668,-0.0000001,700,explosion,,,outside,1,un,,\n");
}

TEST(IncidentExportTest, FormulasAndSeparatorsAreDefused) {
  const struct {
    const char *text, *field;
  } kCases[] = {{"=1+1", "'=1+1"},
                {"+1", "'+1"},
                {"-1", "'-1"},
                {"@x", "'@x"},
                {"\tx", "'\tx"},
                {"\rx", "\"'\rx\""},
                {"a,b", "\"a,b\""},
                {"a\"b", "\"a\"\"b\""},
                {"a\nb", "\"a\nb\""},
                {"plain", "plain"},
                {"", ""}};
  for (const auto& c : kCases) EXPECT_EQ(csv_field(c.text), c.field);
}

TEST(IncidentExportTest, ExerciseMarksEveryRow) {
  const std::string csv = incidents_csv(std::vector{incident(1, 2), incident(3, 4)}, true);
  EXPECT_THAT(csv, HasSubstr("injured_best,mark\n"));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 3);
  EXPECT_THAT(csv, testing::EndsWith(",EXERCISE\n"));
  EXPECT_THAT(incidents_geojson(std::vector{incident(1, 2)}, true), HasSubstr("\"mark\":\"EXERCISE\""));
}

TEST(IncidentExportTest, IncidentWithoutPlaceHasNullGeometry) {
  auto r = incident(1, 2);
  r.lat_e7.reset(), r.lng_e7.reset();
  EXPECT_THAT(incidents_geojson(std::vector{r}, false), HasSubstr("\"geometry\":null"));
  EXPECT_THAT(incidents_csv(std::vector{r}, false), HasSubstr("Z,,,700,"));
}

TEST(BorderLayerTest, TakesWhatTheToolWrites) {
  const auto layer = BorderLayer::parse(
      R"({"borders":[[360000,350000,10,-10,5,0]],"coasts":[],"disclaimer":"no opinion","id":"test","unit_e7":1000,"v":1})");
  ASSERT_TRUE(layer.has_value()) << layer.error().to_string();
  ASSERT_EQ(layer->borders.size(), 1u);
  EXPECT_EQ(layer->borders[0].points[2], geo::LatLng::from_e7(349'990'000, 360'015'000));
  EXPECT_TRUE(layer->has_lines);
}

TEST(BorderLayerTest, RefusesBadFiles) {
  const char* kBad[] = {
      "",
      "{}",
      R"({"borders":[[1,2]],"coasts":[],"disclaimer":"d","id":"i","unit_e7":1,"v":1})",
      R"({"borders":[[1,2,3]],"coasts":[],"disclaimer":"d","id":"i","unit_e7":1,"v":1})",
      R"({"borders":[[1,2,3,"4"]],"coasts":[],"disclaimer":"d","id":"i","unit_e7":1,"v":1})",
      R"({"borders":[[9007199254740991,2,3,4]],"coasts":[],"disclaimer":"d","id":"i","unit_e7":10000000,"v":1})",
      R"({"borders":[[0,1800000,0,1]],"coasts":[],"disclaimer":"d","id":"i","unit_e7":1000,"v":1})",
      R"({"borders":[],"coasts":[],"disclaimer":"d","id":"i","unit_e7":0,"v":1})",
      R"({"borders":[],"coasts":[],"disclaimer":"d","id":"i","unit_e7":1,"v":2})",
      R"({"borders":[],"coasts":[],"disclaimer":"d","id":"i","more":1,"unit_e7":1,"v":1})",
      R"({"borders":[], "coasts":[],"disclaimer":"d","id":"i","unit_e7":1,"v":1})",
  };
  for (const char* bad : kBad) EXPECT_FALSE(BorderLayer::parse(bad).has_value()) << bad;
}

}  // namespace
}  // namespace truce::brief
