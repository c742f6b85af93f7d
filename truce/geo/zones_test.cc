// SPDX-License-Identifier: Apache-2.0
//
// Real events against real zones, as an outside program counted them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "truce/base/decimal.h"
#include "truce/geo/geojson.h"
#include "truce/geo/zone_index.h"

namespace truce::geo {
namespace {

std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// Records of a CSV file; quoted fields may hold commas and line breaks.
std::vector<std::vector<std::string>> records(const std::string& text) {
  std::vector<std::vector<std::string>> out(1, {""});
  bool in_quotes = false;
  for (const char c : text) {
    if (c == '"') {
      in_quotes = !in_quotes;
    } else if (c == ',' && !in_quotes) {
      out.back().emplace_back();
    } else if (c == '\n' && !in_quotes) {
      out.push_back({""});
    } else {
      out.back().back() += c;
    }
  }
  if (out.back().size() == 1) out.pop_back();
  return out;
}

TEST(ZonesTest, EventsLieInTheZonesThatAnOutsideProgramFound) {
  const std::string shared = TRUCE_SHARED_DIR;
  if (shared.empty()) GTEST_SKIP() << "ZonesTest needs the shared test data (TRUCE_SHARED)";
  const auto file = parse_geojson(slurp(shared + "/data/zones/astana-2017.geojson"));
  ASSERT_TRUE(file) << file.error().to_string();
  EXPECT_THAT(file->warnings, testing::IsEmpty());
  std::vector<IndexedZone> zones;
  std::vector<std::string> ids;
  for (const GeoJsonFeature& f : file->features) {
    if (const auto* area = std::get_if<MultiPolygon>(&f.geometry)) {
      zones.push_back({*area, {}});
      ids.push_back(f.id);
    }
  }
  ASSERT_EQ(zones.size(), 4U);
  const ZoneIndex index = ZoneIndex::build(zones).value();
  const auto rows = records(slurp(shared + "/data/ged/ged-syria-sample.csv"));
  const auto& header = rows.at(0);
  const auto lat = static_cast<std::size_t>(std::find(header.begin(), header.end(), "latitude") - header.begin());
  const auto lng = static_cast<std::size_t>(std::find(header.begin(), header.end(), "longitude") - header.begin());
  ASSERT_LT(std::max(lat, lng), header.size());
  std::map<std::string, int> counts;
  int events = 0;
  int in_a_ring = 0;
  for (std::size_t r = 1; r < rows.size(); ++r) {
    const auto& row = rows[r];
    ASSERT_GT(row.size(), std::max(lat, lng));
    const LatLng p = LatLng::checked(parse_decimal(row[lat], 7).value(), parse_decimal(row[lng], 7).value()).value();
    std::vector<ZoneNumber> hits;
    index.zones_containing(p, hits);
    for (const ZoneNumber z : hits) ++counts[ids[z]];
    in_a_ring += !hits.empty();
    ++events;
  }
  EXPECT_EQ(events, 265);
  EXPECT_EQ(in_a_ring, 105);
  EXPECT_EQ(counts["idlib"], 48);
  EXPECT_EQ(counts["eastern-ghouta"], 23);
  EXPECT_EQ(counts["south"], 22);
  EXPECT_EQ(counts["north-homs"], 12);
}

}  // namespace
}  // namespace truce::geo
