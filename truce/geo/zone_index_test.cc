// SPDX-License-Identifier: Apache-2.0

#include "truce/geo/zone_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "truce/geo/geo_testing.h"

namespace truce::geo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t kSeed = 20170506;

ZoneIndex index_of(const std::vector<MultiPolygon>& areas) {
  std::vector<IndexedZone> zones;
  for (const MultiPolygon& a : areas) zones.push_back({a, {}});
  return ZoneIndex::build(zones).value();
}

std::vector<ZoneNumber> at(const ZoneIndex& index, LatLng p) {
  std::vector<ZoneNumber> hits;
  index.zones_containing(p, hits);
  return hits;
}

std::vector<ZoneNumber> at(const ZoneIndex& index, double lat_degrees, double lng_degrees) {
  return at(index, LatLng::from_degrees(lat_degrees, lng_degrees));
}

std::vector<ZoneNumber> slow_zones(const std::vector<MultiPolygon>& areas, LatLng p) {
  std::vector<ZoneNumber> hits;
  for (ZoneNumber z = 0; z < areas.size(); ++z) {
    if (contains(areas[z], p)) hits.push_back(z);
  }
  return hits;
}

TEST(ZoneIndexTest, NoZonesHoldNothing) {
  EXPECT_THAT(at(ZoneIndex(), 0, 0), IsEmpty());
  EXPECT_THAT(at(index_of({}), 0, 0), IsEmpty());
}

TEST(ZoneIndexTest, EdgeAndCornerAreInside) {
  const ZoneIndex index = index_of({square(0, 0, 1, 1)});
  EXPECT_THAT(at(index, 0.0, 0.5), ElementsAre(0));
  EXPECT_THAT(at(index, 1.0, 1.0), ElementsAre(0));
  EXPECT_THAT(at(index, 1.0, 0.3), ElementsAre(0));
  EXPECT_THAT(at(index, 0.3, 1.0), ElementsAre(0));
  EXPECT_THAT(at(index, 1.0000001, 1.0), IsEmpty());
  EXPECT_THAT(at(index, 0.5, -0.0000001), IsEmpty());
}

TEST(ZoneIndexTest, HoleIsOutsideButItsEdgeIsInside) {
  MultiPolygon area = square(0, 0, 3, 3);
  Ring hole = rectangle(kDegreeE7, kDegreeE7, 2 * kDegreeE7, 2 * kDegreeE7);
  std::reverse(hole.corners.begin(), hole.corners.end());
  area.polygons[0].holes.push_back(hole);
  const ZoneIndex index = index_of({area});
  EXPECT_THAT(at(index, 1.5, 1.5), IsEmpty());
  EXPECT_THAT(at(index, 1.0, 1.5), ElementsAre(0));
  EXPECT_THAT(at(index, 2.0, 2.0), ElementsAre(0));
  EXPECT_THAT(at(index, 2.5, 1.5), ElementsAre(0));
}

TEST(ZoneIndexTest, ValidityEndIsOpen) {
  const std::vector<IndexedZone> zones{{square(0, 0, 2, 2), {Instant{100}, Instant{200}}}, {square(1, 1, 3, 3), {}}};
  const ZoneIndex index = ZoneIndex::build(zones).value();
  const auto in_force = [&](std::int64_t ms) {
    std::vector<ZoneNumber> hits{77};  // what was there stays
    index.zones_at(LatLng::from_degrees(1.5, 1.5), Instant{ms}, hits);
    return hits;
  };
  EXPECT_THAT(in_force(99), ElementsAre(77, 1));
  EXPECT_THAT(in_force(100), ElementsAre(77, 0, 1));
  EXPECT_THAT(in_force(199), ElementsAre(77, 0, 1));
  EXPECT_THAT(in_force(200), ElementsAre(77, 1));
}

TEST(ZoneIndexTest, WholeWorldAndOnePointApart) {
  MultiPolygon world;
  world.polygons.push_back({rectangle(-kLatE7Max + 1, -kLngE7Max, kLatE7Max - 1, -1), {}});
  MultiPolygon tiny;
  tiny.polygons.push_back({{{{5, 5}, {5, 6}, {6, 5}}}, {}});
  const std::vector<MultiPolygon> areas{world, tiny};
  const ZoneIndex index = index_of(areas);
  for (const LatLng p : {LatLng{0, -1}, LatLng{0, 0}, LatLng{5, 5}, LatLng{6, 5}, LatLng{6, 6}, LatLng{kLatE7Max, -5},
                         LatLng{-899999999, -1800000000}, LatLng{0, kLngE7Max}}) {
    EXPECT_EQ(at(index, p), slow_zones(areas, p)) << p.to_string();
  }
}

// Oracle: the crossing-count test over every edge of every zone, with no index at all.
TEST(ZoneIndexTest, AgreesWithTheSlowWayOnRandomStars) {
  TestRandom random(kSeed);
  const Box box{323000000, 356000000, 374000000, 424000000};
  std::vector<MultiPolygon> areas;
  for (int i = 0; i < 150; ++i) {
    const LatLng centre = random_point(random, box);
    const double radius = 2e6 + 6e6 * random.unit();
    const int vertices = static_cast<int>(random.between(3, 300));
    areas.push_back(
        {{{i % 2 ? star(random, centre, radius, vertices, 0.5) : smooth_star(random, centre, radius, vertices), {}}}});
  }
  const ZoneIndex index = index_of(areas);
  std::vector<LatLng> points;
  for (int i = 0; i < 30'000; ++i) points.push_back(random_point(random, box));
  for (const MultiPolygon& a : areas) {  // corners, and points a hair from edges
    const auto& c = a.polygons[0].outer.corners;
    for (std::size_t i = 0; i < c.size(); i += 7) {
      const LatLng next = c[(i + 1) % c.size()];
      const LatLng middle{(c[i].lat_e7 + next.lat_e7) / 2, (c[i].lng_e7 + next.lng_e7) / 2};
      for (int d = -1; d <= 1; ++d) {
        points.push_back({c[i].lat_e7 + d, c[i].lng_e7});
        points.push_back({middle.lat_e7, middle.lng_e7 + d});
      }
    }
  }
  std::vector<ZoneNumber> batch;
  std::vector<std::size_t> ends;
  index.zones_containing(points, batch, ends);
  ASSERT_EQ(ends.size(), points.size());
  std::size_t begin = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto expected = slow_zones(areas, points[i]);
    ASSERT_EQ(at(index, points[i]), expected) << points[i].to_string() << " seed " << kSeed;
    ASSERT_TRUE(std::equal(expected.begin(), expected.end(), batch.begin() + static_cast<std::ptrdiff_t>(begin),
                           batch.begin() + static_cast<std::ptrdiff_t>(ends[i])));
    begin = ends[i];
  }
}

// Small coordinates: every integer point of the box, edges collinear, level, upright, points on edges and corners
// everywhere.
TEST(ZoneIndexTest, AgreesOnEveryPointOfSmallLattices) {
  int accepted = 0;
  for (std::uint64_t seed = 1; seed <= 1500; ++seed) {
    TestRandom random(kSeed + seed);
    const std::int32_t size = static_cast<std::int32_t>(random.between(3, seed % 3 == 0 ? 150 : 24));
    std::vector<MultiPolygon> areas;
    for (int z = 0; z < 24; ++z) {
      MultiPolygon area;
      const int polygons = static_cast<int>(random.between(1, 2));
      for (int p = 0; p < polygons; ++p) {
        Polygon& polygon = area.polygons.emplace_back();
        const int rings = static_cast<int>(random.between(1, 2));
        for (int r = 0; r < rings; ++r) {
          Ring ring;
          const int n = static_cast<int>(random.between(3, 7));
          for (int i = 0; i < n; ++i) {
            ring.corners.push_back({static_cast<std::int32_t>(random.between(0, size)),
                                    static_cast<std::int32_t>(random.between(0, size))});
          }
          (r == 0 ? polygon.outer : polygon.holes.emplace_back()) = ring;
        }
      }
      if (auto ok = canonical(area)) areas.push_back(*ok);
    }
    if (areas.empty()) continue;
    accepted += static_cast<int>(areas.size());
    const ZoneIndex index = index_of(areas);
    for (std::int32_t lat = -1; lat <= size + 1; ++lat) {
      for (std::int32_t lng = -1; lng <= size + 1; ++lng) {
        ASSERT_EQ(at(index, {lat, lng}), slow_zones(areas, {lat, lng}))
            << lat << "," << lng << " seed " << kSeed + seed;
      }
    }
  }
  EXPECT_GT(accepted, 3000);
}

// Long edges over the whole world, dense fans: cells of every size, edges that pass far outside of their cell.
TEST(ZoneIndexTest, AgreesOnLongThinZones) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    TestRandom random(kSeed + 10'000 + seed);
    const Box world{-kLatE7Max + 1, -kLngE7Max / 2, kLatE7Max - 1, kLngE7Max / 2};
    std::vector<MultiPolygon> areas;
    const LatLng hub = random_point(random, world);
    while (areas.size() < 40) {
      const LatLng a = random.chance(0.5) ? hub : random_point(random, world);
      const LatLng b = random_point(random, world);
      const auto near = [&](LatLng p) {
        return LatLng{
            std::clamp(p.lat_e7 + static_cast<std::int32_t>(random.between(-50, 50)), world.south_e7, world.north_e7),
            std::clamp(p.lng_e7 + static_cast<std::int32_t>(random.between(-50, 50)), world.west_e7, world.east_e7)};
      };
      if (auto ok = canonical(MultiPolygon{{{{{a, b, near(b)}}, {}}}})) areas.push_back(*ok);
    }
    const ZoneIndex index = index_of(areas);
    std::vector<LatLng> points;
    for (const MultiPolygon& area : areas) {
      const auto& c = area.polygons[0].outer.corners;
      for (int i = 0; i < 60; ++i) {
        const double t = random.unit();
        const LatLng p{static_cast<std::int32_t>(c[0].lat_e7 + t * (std::int64_t{c[1].lat_e7} - c[0].lat_e7)),
                       static_cast<std::int32_t>(c[0].lng_e7 + t * (std::int64_t{c[1].lng_e7} - c[0].lng_e7))};
        for (int d = -20; d <= 20; d += 4) points.push_back({p.lat_e7 + d, p.lng_e7});
      }
      for (const LatLng p : c) points.push_back(p);
      points.push_back({hub.lat_e7 + static_cast<std::int32_t>(random.between(-60, 60)),
                        hub.lng_e7 + static_cast<std::int32_t>(random.between(-60, 60))});
    }
    for (const LatLng p : points) {
      if (!p.is_valid()) continue;
      ASSERT_EQ(at(index, p), slow_zones(areas, p)) << p.to_string() << " seed " << kSeed + 10'000 + seed;
    }
  }
}

// More than one group of zones in a cell, more than 65,536 zones, and a fan with more edges in a cell than a group can
// hold.
TEST(ZoneIndexTest, ManyZonesOfOneShape) {
  std::vector<MultiPolygon> areas(100, square(0, 0, 1, 1));
  const ZoneIndex index = index_of(areas);
  EXPECT_EQ(at(index, 0.5, 0.5).size(), 100U);
  EXPECT_EQ(at(index, 1.0, 0.5).size(), 100U);
  EXPECT_EQ(at(index, 1.0, 0.5), slow_zones(areas, LatLng::from_degrees(1.0, 0.5)));
}

TEST(ZoneIndexTest, MoreZonesThanSixteenBitsCanNumber) {
  std::vector<MultiPolygon> areas;
  for (int i = 0; i < 66'000; ++i) {
    const std::int32_t x = i % 300 * 100'000;
    const std::int32_t y = i / 300 * 100'000;
    areas.push_back({{{rectangle(y, x, y + 60'000, x + 60'000), {}}}});
  }
  const ZoneIndex index = index_of(areas);
  for (const int i : {0, 299, 300, 65'535, 65'536, 65'999}) {
    const std::int32_t x = i % 300 * 100'000;
    const std::int32_t y = i / 300 * 100'000;
    EXPECT_THAT(at(index, LatLng{y + 30'000, x + 30'000}), ElementsAre(static_cast<ZoneNumber>(i)));
    EXPECT_THAT(at(index, LatLng{y + 60'000, x}), ElementsAre(static_cast<ZoneNumber>(i)));
    EXPECT_THAT(at(index, LatLng{y + 60'001, x}), IsEmpty());
  }
}

TEST(ZoneIndexTest, ACombWithThousandsOfTeethInOneCell) {
  // Teeth one unit wide: all of them pass through the same smallest cells.
  Ring ring{{{0, 0}}};
  for (std::int32_t i = 0; i < 3000; ++i) {
    ring.corners.push_back({-1'000'000 - i, 500'000 + i});
    ring.corners.push_back({1 + i / 400, 1 + i / 3});
  }
  ring.corners.push_back({900'000, 0});
  const auto area = canonical(MultiPolygon{{{ring, {}}}});
  const MultiPolygon shape =
      area ? *area : MultiPolygon{{{ring, {}}}};  // parity is well defined even where it crosses itself
  const ZoneIndex index = index_of({shape});
  TestRandom random(kSeed);
  for (int i = 0; i < 4000; ++i) {
    const LatLng p = random_point(random, i % 2 ? Box{-20, -20, 20, 1200} : Box{-1'000'000, 0, 900'000, 500'000});
    ASSERT_EQ(at(index, p), slow_zones({shape}, p)) << p.to_string();
  }
}

TEST(ZoneIndexTest, BoxesAgreeWithTheirPoints) {
  TestRandom random(kSeed);
  std::vector<MultiPolygon> areas;
  for (int z = 0; z < 60; ++z) {
    const LatLng centre{static_cast<std::int32_t>(random.between(0, 300)),
                        static_cast<std::int32_t>(random.between(0, 300))};
    if (auto ok = canonical(MultiPolygon{{{smooth_star(random, centre, 80, 9), {}}}})) areas.push_back(*ok);
  }
  const ZoneIndex index = index_of(areas);
  for (int i = 0; i < 2000; ++i) {
    const LatLng corner{static_cast<std::int32_t>(random.between(-50, 350)),
                        static_cast<std::int32_t>(random.between(-50, 350))};
    const Box box{corner.lat_e7, corner.lng_e7, corner.lat_e7 + static_cast<std::int32_t>(random.between(0, 20)),
                  corner.lng_e7 + static_cast<std::int32_t>(random.between(0, 20))};
    std::vector<ZoneNumber> holding;
    std::vector<ZoneNumber> touched;
    index.zones_of_box(box, holding, touched);
    for (ZoneNumber z = 0; z < areas.size(); ++z) {
      bool any = false;
      bool all = true;
      for (std::int32_t lat = box.south_e7; lat <= box.north_e7; ++lat) {
        for (std::int32_t lng = box.west_e7; lng <= box.east_e7; ++lng) {
          const bool in = contains(areas[z], {lat, lng});
          any |= in;
          all &= in;
        }
      }
      const bool holds = std::count(holding.begin(), holding.end(), z) == 1;
      const bool touches = std::count(touched.begin(), touched.end(), z) == 1;
      if (holds) {
        ASSERT_TRUE(all);
      }
      if (any) {
        ASSERT_TRUE(holds || touches);
      }
      if (!all) {
        ASSERT_FALSE(holds);
      }
      ASSERT_FALSE(holds && touches);
    }
  }
}

// The canary: an index over other zones must be found out by the comparison above.
TEST(ZoneIndexTest, ComparisonFindsAWrongIndex) {
  const ZoneIndex index = index_of({square(0, 0, 1, 1)});
  EXPECT_NE(at(index, 1.0, 1.0), slow_zones({square(2, 2, 3, 3)}, LatLng::from_degrees(1.0, 1.0)));
}

}  // namespace
}  // namespace truce::geo
