// SPDX-License-Identifier: Apache-2.0

#include "truce/store/geopackage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "truce/base/encoding.h"
#include "truce/base/sha256.h"
#include "truce/store/sqlite.h"

namespace truce::store {
namespace {

geo::Ring square(std::int32_t degree) {
  const std::int32_t a = degree * geo::kDegreeE7, b = a + geo::kDegreeE7;
  return {
      {geo::LatLng::from_e7(a, a), geo::LatLng::from_e7(a, b), geo::LatLng::from_e7(b, b), geo::LatLng::from_e7(b, a)}};
}

// The worked example of docs/format/geopackage.md.
TEST(GeopackageTest, PointIsTwentyNineBytes) {
  std::string bytes = "what stood there before";
  set_point(bytes, geo::LatLng::from_e7(359000000, 366000000));
  EXPECT_EQ(to_hex(bytes),
            "47500001"
            "e6100000"
            "01"
            "01000000"
            "cdcccccccc4c4240"
            "3333333333f34140");
}

TEST(GeopackageTest, PolygonHasEnvelopeAndClosedRing) {
  const std::string bytes = geometry_bytes(geo::MultiPolygon{{geo::Polygon{square(0), {}}}});
  EXPECT_EQ(to_hex(bytes.substr(0, 8)), "47500003e6100000");
  ASSERT_EQ(bytes.size(), 8 + 32 + 1 + 4 + 4 + 4 + 5 * 16U);
  EXPECT_EQ(to_hex(bytes.substr(8, 32)),
            "0000000000000000000000000000f03f0000000000000000000000000000f03f");  // x, x, y, y
  EXPECT_EQ(to_hex(bytes.substr(40, 13)), "01030000000100000005000000");
  EXPECT_EQ(bytes.substr(53, 16), bytes.substr(53 + 64, 16));
}

TEST(GeopackageTest, SeveralPartsGiveTheMultiForm) {
  const auto type = [](const geo::Geometry& g) { return static_cast<int>(geometry_bytes(g)[41]); };
  const geo::Line line{{geo::LatLng::from_e7(0, 0), geo::LatLng::from_e7(1, 1)}};
  EXPECT_EQ(type(geo::Points{{geo::LatLng::from_e7(0, 0)}}), 1);
  EXPECT_EQ(type(geo::Lines{{line}}), 2);
  EXPECT_EQ(type(geo::MultiPolygon{{{square(0), {}}}}), 3);
  EXPECT_EQ(type(geo::Points{{geo::LatLng::from_e7(0, 0), geo::LatLng::from_e7(1, 0)}}), 4);
  EXPECT_EQ(type(geo::Lines{{line, line}}), 5);
  EXPECT_EQ(type(geo::MultiPolygon{{{square(0), {}}, {square(5), {}}}}), 6);
}

// Changes with kSchemaVersion only.
TEST(GeopackageTest, SchemaIsPinned) {
  std::string all;
  for (const auto& items : {schema_tables(), schema_indexes()}) {
    for (const SchemaItem& i : items) all += i.name + '\n' + i.sql + '\n';
  }
  EXPECT_EQ(kSchemaVersion, "5");
  EXPECT_EQ(sha256(all).hex(), "09ede799c801e42e08bc34312338d561ffc6165b2751b770665a8c88ae7c496e") << all;
}

TEST(GeopackageTest, QuotesAreDoubled) {
  EXPECT_EQ(quoted_name("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(quoted_text("it's"), "'it''s'");
  EXPECT_THAT(schema_rows(true, "it'); DROP TABLE reports;--").back(), testing::HasSubstr("it''); DROP"));
}

TEST(SqliteErrorTest, CodesSayWhatToDo) {
  const struct {
    int sqlite;
    ErrorCode code;
  } kCases[] = {
      {SQLITE_BUSY, ErrorCode::kBusy},
      {SQLITE_BUSY_SNAPSHOT, ErrorCode::kBusy},
      {SQLITE_FULL, ErrorCode::kIo},
      {SQLITE_IOERR_WRITE, ErrorCode::kIo},
      {SQLITE_READONLY, ErrorCode::kIo},
      {SQLITE_CANTOPEN, ErrorCode::kIo},
      {SQLITE_CORRUPT, ErrorCode::kBadDatabase},
      {SQLITE_NOTADB, ErrorCode::kBadDatabase},
      {SQLITE_ERROR, ErrorCode::kBadDatabase},
      {SQLITE_READONLY_DBMOVED, ErrorCode::kBadDatabase},
      {SQLITE_CONSTRAINT_UNIQUE, ErrorCode::kBadDatabase},
      {SQLITE_IOERR_SHORT_READ, ErrorCode::kBadDatabase},
  };
  for (const auto& c : kCases) {
    const Error e = sqlite_error(c.sqlite, "words", "picture.gpkg");
    EXPECT_EQ(e.code, c.code) << c.sqlite;
    EXPECT_EQ(e.where, "picture.gpkg");
    EXPECT_EQ(e.message.find("truce picture --rebuild") != std::string::npos, c.code == ErrorCode::kBadDatabase);
  }
}

}  // namespace
}  // namespace truce::store
