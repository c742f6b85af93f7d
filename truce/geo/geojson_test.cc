// SPDX-License-Identifier: Apache-2.0

#include "truce/geo/geojson.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "truce/geo/geo_testing.h"

namespace truce::geo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string feature(std::string_view geometry, std::string_view properties = "{}") {
  return "{\"type\":\"Feature\",\"id\":\"z1\",\"properties\":" + std::string(properties) +
         ",\"geometry\":" + std::string(geometry) + "}";
}
std::string polygon(std::string_view coordinates) {
  return feature("{\"type\":\"Polygon\",\"coordinates\":" + std::string(coordinates) + "}");
}

TEST(GeoJsonTest, ReadsDecimalTextExactly) {
  const auto file =
      parse_geojson(polygon("[[[36.0000001,35.1234567],[36.5,35.1],[36.3,35.7999999],[36.0000001,35.1234567]]]"));
  ASSERT_TRUE(file) << file.error().to_string();
  ASSERT_EQ(file->features.size(), 1U);
  EXPECT_EQ(file->features[0].id, "z1");
  const auto& corners = std::get<MultiPolygon>(file->features[0].geometry).polygons[0].outer.corners;
  EXPECT_THAT(corners,
              ElementsAre(LatLng{351234567, 360000001}, LatLng{351000000, 365000000}, LatLng{357999999, 363000000}));
  EXPECT_THAT(file->features[0].notes, IsEmpty());
  EXPECT_THAT(file->warnings, IsEmpty());
}

TEST(GeoJsonTest, MembersMayComeInAnyOrder) {
  const auto file = parse_geojson(
      "\xEF\xBB\xBF "
      "{\"features\":[{\"geometry\":{\"coordinates\":[[1,2],[3,4]],\"type\":\"LineString\"},\"bbox\":[1,2,3,4],"
      "\"properties\":null,\"type\":\"Feature\",\"id\":7}],\"name\":\"x\",\"type\":\"FeatureCollection\"}\n");
  ASSERT_TRUE(file) << file.error().to_string();
  EXPECT_EQ(file->features[0].id, "7");
  EXPECT_EQ(file->features[0].geometry, Geometry(Lines{{{{{20000000, 10000000}, {40000000, 30000000}}}}}));
}

TEST(GeoJsonTest, PropertiesKeepTheirKinds) {
  using Kind = GeoJsonValue::Kind;
  const auto file = parse_geojson(
      feature("{\"type\":\"Point\",\"coordinates\":[36,35]}",
              R"({"s":"\u0627\"","n":-1.50,"t":true,"z":null,"l":["a","b"],"e":[],"o":{"a":[1]},"m":["a",1]})"));
  ASSERT_TRUE(file) << file.error().to_string();
  const GeoJsonFeature& f = file->features[0];
  EXPECT_EQ(f.find("s")->kind, Kind::kString);
  EXPECT_EQ(f.find("s")->text, "\xD8\xA7\"");
  EXPECT_EQ(f.find("n")->kind, Kind::kNumber);
  EXPECT_EQ(f.find("n")->text, "-1.50");
  EXPECT_EQ(f.find("t")->kind, Kind::kBool);
  EXPECT_TRUE(f.find("t")->flag);
  EXPECT_EQ(f.find("z")->kind, Kind::kNull);
  EXPECT_EQ(f.find("l")->kind, Kind::kStrings);
  EXPECT_THAT(f.find("l")->items, ElementsAre("a", "b"));
  EXPECT_EQ(f.find("e")->kind, Kind::kStrings);
  EXPECT_EQ(f.find("o")->kind, Kind::kOther);
  EXPECT_EQ(f.find("o")->text, "{\"a\":[1]}");
  EXPECT_EQ(f.find("m")->kind, Kind::kOther);
  EXPECT_EQ(f.find("m")->text, "[\"a\",1]");
  EXPECT_EQ(f.find("none"), nullptr);
}

TEST(GeoJsonTest, WindingIsMendedAndAltitudeDroppedWithANote) {
  const auto file = parse_geojson(polygon("[[[0,0,5],[0,1,5],[1,1,5],[0,0,5]]]"));
  ASSERT_TRUE(file);
  EXPECT_THAT(file->features[0].notes,
              ElementsAre("polygon 0 ring 0: ran clockwise, reversed", "altitudes were dropped"));
}

TEST(GeoJsonTest, BadFilesAreRefusedWithTheirPlace) {
  struct Case {
    std::string text;
    ErrorCode code;
    std::string where;    // part of it
    std::string message;  // part of it
  };
  const Case cases[] = {
      {"", ErrorCode::kSyntax, "", ""},
      {"[]", ErrorCode::kSyntax, "offset 0", ""},
      {"{", ErrorCode::kSyntax, "", ""},
      {"{\"type\":\"FeatureCollection\"}", ErrorCode::kSyntax, "", "without features"},
      {"{\"type\":\"Point\",\"coordinates\":[1,2]}", ErrorCode::kSyntax, "", "\"Point\""},
      {polygon("[[[0,0],[1,0],[1,1],[0,0]]]") + "x", ErrorCode::kSyntax, "", ""},
      {polygon("[[[0,0],[1,0],[1,1],[0,0]]]") + "{}", ErrorCode::kSyntax, "", ""},
      {polygon("[[[0,0],[1,0],[1,NaN],[0,0]]]"), ErrorCode::kInvalidPlace, "offset 104: feature 0 (z1)",
       "not a number (ring 0, vertex 2)"},
      {polygon("[[[0,0],[1,0],[1,\"1\"],[0,0]]]"), ErrorCode::kInvalidPlace, "offset 104", "not a number"},
      {polygon("[[[0,0],[1,0],[1,null],[0,0]]]"), ErrorCode::kInvalidPlace, "offset 104", "not a number"},
      {polygon("[[[0,0],[1,0],[1,01],[0,0]]]"), ErrorCode::kInvalidPlace, "offset 104", "not a number"},
      {polygon("[[[0,0],[1,0],[1,1.],[0,0]]]"), ErrorCode::kInvalidPlace, "offset 104", "not a number"},
      {polygon("[[[0,0],[1,0],[1,1e999],[0,0]]]"), ErrorCode::kInvalidPlace, "offset 104", "outside of the world"},
      {polygon("[[[0,0],[1,0],[1,91],[0,0]]]"), ErrorCode::kInvalidPlace, "offset 102", "latitude 91 is outside"},
      {polygon("[[[0,0],[1,0],[36,136],[0,0]]]"), ErrorCode::kInvalidPlace, "feature 0 (z1)", "swapped"},
      {polygon("[[[0,0],[1,0],[181,1],[0,0]]]"), ErrorCode::kInvalidPlace, "offset 102", "longitude 181"},
      {polygon("[[[0,0],[1,0],[1,1]]]"), ErrorCode::kInvalidRing, "feature 0 (z1): polygon 0 ring 0", "not closed"},
      {polygon("[[[0,0],[1,0],[0,0]]]"), ErrorCode::kInvalidRing, "polygon 0 ring 0 vertex 0", "three corners"},
      {polygon("[[[0,0],[0,0]]]"), ErrorCode::kInvalidRing, "polygon 0 ring 0 vertex 0", "three corners"},
      {polygon("[[[0,0],[1,1],[1,0],[0,1],[0,0]]]"), ErrorCode::kInvalidRing, "polygon 0 ring 0 vertex 0",
       "crosses itself"},
      {polygon("[[[0,0],[9,0],[9,9],[0,0]],[[20,20],[21,20],[21,21],[20,20]]]"), ErrorCode::kInvalidRing,
       "polygon 0 ring 1 vertex 0", "outside"},
      {polygon("[[[179,0],[-179,0],[-179,1],[179,0]]]"), ErrorCode::kInvalidPlace, "polygon 0 ring 0 vertex 0",
       "antimeridian"},
      {polygon("[[[0,80],[20,80],[10,90],[0,80]]]"), ErrorCode::kInvalidPlace, "polygon 0 ring 0 vertex 2", "pole"},
      {polygon("[[0,0],[1,0],[1,1],[0,0]]"), ErrorCode::kSyntax, "feature 0 (z1)", "nested"},
      {polygon("[[[[0,0],[1,0],[1,1],[0,0]]]]"), ErrorCode::kSyntax, "feature 0 (z1)", "nested"},
      {polygon("[[[[[0,0]]]]]"), ErrorCode::kSyntax, "feature 0 (z1)", "nested too deeply"},
      {polygon("[[[0,0],[1,0],[[1,1]],[0,0]]]"), ErrorCode::kSyntax, "feature 0 (z1)", "unevenly"},
      {polygon("[[[0,0],[1,0],7,[0,0]]]"), ErrorCode::kSyntax, "feature 0 (z1)", "unevenly"},
      {polygon("[[[0,0],[1],[1,1],[0,0]]]"), ErrorCode::kSyntax, "feature 0 (z1)", "one number"},
      {polygon("[[[0,0],[1,1,1,1,1],[1,1],[0,0]]]"), ErrorCode::kSyntax, "feature 0 (z1)", "four numbers"},
      {polygon("[]"), ErrorCode::kSyntax, "feature 0 (z1)", "empty"},
      {polygon("[[]]"), ErrorCode::kSyntax, "feature 0 (z1)", "empty"},
      {polygon("null"), ErrorCode::kSyntax, "feature 0 (z1)", ""},
      {feature("null"), ErrorCode::kInvalidPlace, "feature 0 (z1)", "no geometry"},
      {feature("{\"type\":\"Circle\",\"coordinates\":[1,2]}"), ErrorCode::kInvalidPlace, "feature 0 (z1)", "Circle"},
      {feature("{\"type\":\"Point\"}"), ErrorCode::kInvalidPlace, "feature 0 (z1)", "no coordinates"},
      {feature("{\"type\":\"GeometryCollection\",\"geometries\":[]}"), ErrorCode::kInvalidPlace, "feature 0 (z1)",
       "GeometryCollection"},
      {feature("{\"type\":\"LineString\",\"coordinates\":[[1,2]]}"), ErrorCode::kInvalidRing, "line 0", "two points"},
      {feature("{\"type\":\"Point\",\"coordinates\":[1,2]}", "{\"a\":1,\"a\":2}"), ErrorCode::kSyntax, "feature 0",
       "twice"},
      {feature("{\"type\":\"Point\",\"coordinates\":[1,2]}", "[]"), ErrorCode::kSyntax, "feature 0", ""},
      {"{\"type\":\"Feature\",\"properties\":{}}", ErrorCode::kInvalidPlace, "feature 0", "no geometry"},
      {"{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"feature\",\"geometry\":{\"type\":\"Point\","
       "\"coordinates\":[1,2]}}]}",
       ErrorCode::kSyntax, "feature 0", "\"feature\""},
      {"{\"type\":\"FeatureCollection\",\"features\":[7]}", ErrorCode::kSyntax, "feature 0", ""},
      {"{\"type\":\"FeatureCollection\",\"crs\":{\"type\":\"name\",\"properties\":{\"name\":\"EPSG:32637\"}},"
       "\"features\":[]}",
       ErrorCode::kInvalidPlace, "", "reference system"},
      {"{\"type\":\"FeatureCollection\",\"features\":[],\"x\":" + std::string(100, '[') + std::string(100, ']') + "}",
       ErrorCode::kLimit, "", ""},
      {"{\"type\":\"FeatureCollection\",\"features\":[],\"x\":\"\xFF\"}", ErrorCode::kEncoding, "", ""},
      {"{\"type\":\"FeatureCollection\",\"features\":[],\"x\":[1,}", ErrorCode::kSyntax, "", ""},
  };
  for (const Case& c : cases) {
    const auto file = parse_geojson(c.text);
    ASSERT_FALSE(file) << c.text;
    EXPECT_EQ(file.error().code, c.code) << c.text << "\n" << file.error().to_string();
    EXPECT_THAT(file.error().where, HasSubstr(c.where)) << c.text << "\n" << file.error().to_string();
    EXPECT_THAT(file.error().message, HasSubstr(c.message)) << c.text << "\n" << file.error().to_string();
  }
}

TEST(GeoJsonTest, EveryTruncationIsRefused) {
  const std::string text = polygon("[[[0,0],[1,0],[1,1],[0,0]]]");
  for (std::size_t n = 0; n < text.size(); ++n) ASSERT_FALSE(parse_geojson(std::string_view(text).substr(0, n))) << n;
}

TEST(GeoJsonTest, TooManyPropertiesAndLongTextsAreRefused) {
  std::string many = "{";
  for (std::size_t i = 0; i <= kGeoJsonPropertyCountMax; ++i) many += (i ? ",\"" : "\"") + std::to_string(i) + "\":1";
  many += "}";
  EXPECT_EQ(parse_geojson(feature("{\"type\":\"Point\",\"coordinates\":[1,2]}", many)).error().code, ErrorCode::kLimit);
  const std::string text = "{\"a\":\"" + std::string(kGeoJsonTextBytesMax + 1, 'x') + "\"}";
  EXPECT_EQ(parse_geojson(feature("{\"type\":\"Point\",\"coordinates\":[1,2]}", text)).error().code, ErrorCode::kLimit);
}

TEST(GeoJsonTest, SwappedCoordinatesAreWarnedOf) {
  const auto point = [](const char* id, const char* at) {
    return std::string("{\"type\":\"Feature\",\"id\":\"") + id +
           "\",\"properties\":{},\"geometry\":{\"type\":\"Point\",\"coordinates\":" + at + "}}";
  };
  const std::string text = "{\"type\":\"FeatureCollection\",\"features\":[" + point("a", "[36.1,33.2]") + "," +
                           point("b", "[37.2,33.9]") + "," + point("c", "[33.5,36.8]") + "]}";
  EXPECT_THAT(parse_geojson(text)->warnings, ElementsAre("feature 2 (c): latitude and longitude may be swapped"));
  GeoJsonOptions options;
  options.expected = Box{320000000, 355000000, 375000000, 425000000};
  EXPECT_THAT(parse_geojson(point("d", "[34.1,36.0]"), options)->warnings,
              ElementsAre("feature 0 (d): latitude and longitude may be swapped"));
  EXPECT_THAT(parse_geojson(point("d", "[36.1,34.0]"), options)->warnings, IsEmpty());
}

TEST(GeoJsonTest, WritesTheShortestTextAndReadsItBack) {
  EXPECT_EQ(to_geojson(Points{{{355000000, -366000001}}}), "{\"type\":\"Point\",\"coordinates\":[-36.6000001,35.5]}");
  EXPECT_EQ(to_geojson(Points{{{0, 1}, {2, 3}}}),
            "{\"type\":\"MultiPoint\",\"coordinates\":[[0.0000001,0],[0.0000003,0.0000002]]}");
  EXPECT_EQ(to_geojson(square(0, 1, 2, 3)), "{\"type\":\"Polygon\",\"coordinates\":[[[1,0],[3,0],[3,2],[1,2],[1,0]]]}");
  TestRandom random(11);
  for (int i = 0; i < 100; ++i) {
    MultiPolygon shape{{{star(random, {350000000, 380000000}, 1e6, 5 + i, 0.5), {}}}};
    if (i % 2) shape.polygons.push_back({star(random, {300000000, 380000000}, 1e6, 5 + i, 0.5), {}});
    const Geometry geometry = canonical(shape).value();
    const auto back = parse_geojson(feature(to_geojson(geometry)));
    ASSERT_TRUE(back) << back.error().to_string();
    ASSERT_EQ(back->features[0].geometry, geometry);
  }
  const Geometry lines = Lines{{{{{1, 2}, {3, 4}}}, {{{5, 6}, {-7, -8}}}}};
  EXPECT_EQ(parse_geojson(feature(to_geojson(lines)))->features[0].geometry, lines);
}

TEST(GeoJsonTest, AMillionVerticesAreRead) {
  TestRandom random(12);
  const Geometry geometry =
      canonical(MultiPolygon{{{smooth_star(random, {350000000, 380000000}, 4e7, 1'000'000), {}}}}).value();
  const auto back = parse_geojson(feature(to_geojson(geometry)));
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(back->features[0].geometry, geometry);
}

}  // namespace
}  // namespace truce::geo
