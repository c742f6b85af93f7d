// SPDX-License-Identifier: Apache-2.0

#include "truce/geo/geometry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "truce/geo/geo_testing.h"
#include "truce/geo/geometry_blob.h"
#include "truce/geo/predicate.h"
#include "truce/geo/prepared_area.h"

namespace truce::geo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Corners as x, y pairs: longitude first, as one draws on paper.
Ring ring(std::initializer_list<std::pair<int, int>> corners) {
  Ring r;
  for (const auto& [x, y] : corners) r.corners.push_back({y, x});
  return r;
}

Ring reversed(Ring r) {
  std::reverse(r.corners.begin() + 1, r.corners.end());
  return r;
}

MultiPolygon one(Ring outer, std::vector<Ring> holes = {}) {
  return {{{std::move(outer), std::move(holes)}}};
}

TEST(LatLngTest, FromDegreesRoundsAndMarksNonsense) {
  EXPECT_EQ(LatLng::from_degrees(35.9, 36.6), LatLng::from_e7(359000000, 366000000));
  EXPECT_EQ(LatLng::from_degrees(-0.00000005, 0.00000004), LatLng::from_e7(-1, 0));
  EXPECT_FALSE(LatLng::from_degrees(0.0 / 0.0, 0).is_valid());
  EXPECT_FALSE(LatLng::from_degrees(0, 1e300).is_valid());
  EXPECT_FALSE(LatLng::from_degrees(90.1, 0).is_valid());
  EXPECT_EQ(LatLng::from_e7(359000000, -366000001).to_string(), "35.9,-36.6000001");
}

TEST(LatLngTest, SwappedCoordinatesAreHinted) {
  const auto p = LatLng::checked(1200000000, 350000000);
  ASSERT_FALSE(p);
  EXPECT_EQ(p.error().code, ErrorCode::kInvalidPlace);
  EXPECT_THAT(p.error().message, HasSubstr("swapped"));
  EXPECT_FALSE(LatLng::checked(0, std::int64_t{1} << 52));
}

TEST(PredicateTest, ExtremeCoordinatesDoNotOverflow) {
  const LatLng sw{-kLatE7Max, -kLngE7Max};
  const LatLng ne{kLatE7Max, kLngE7Max};
  EXPECT_EQ(orientation(sw, ne, {0, 0}), 0);
  EXPECT_EQ(orientation(sw, ne, {1, 0}), 1);
  EXPECT_EQ(orientation(sw, ne, {0, 1}), -1);
  EXPECT_EQ(orientation(sw, ne, {kLatE7Max, -kLngE7Max}), 1);
  EXPECT_EQ(orientation(ne, sw, {kLatE7Max, -kLngE7Max}), -1);
  EXPECT_TRUE(is_on_segment(sw, ne, {0, 0}));
}

TEST(GeometryTest, ClockwiseOuterRingIsMendedAndNoted) {
  const Ring square = ring({{0, 0}, {10, 0}, {10, 10}, {0, 10}});
  GeometryNotes notes;
  EXPECT_EQ(canonical(one(reversed(square)), &notes).value(), one(square));
  EXPECT_THAT(notes, ElementsAre("polygon 0 ring 0: ran clockwise, reversed"));
  const Ring hole = ring({{2, 2}, {4, 2}, {4, 4}});
  notes.clear();
  EXPECT_EQ(canonical(one(square, {hole}), &notes).value(), one(square, {reversed(hole)}));
  EXPECT_THAT(notes, ElementsAre("polygon 0 ring 1: ran counter-clockwise, reversed"));
  notes.clear();
  EXPECT_TRUE(canonical(one(square, {reversed(hole)}), &notes));
  EXPECT_THAT(notes, IsEmpty());
}

TEST(GeometryTest, InvalidPolygonsAreRefusedWithTheirPlace) {
  struct Case {
    const char* name;
    MultiPolygon shape;
    ErrorCode code;
    const char* where;
  };
  const Ring square = ring({{0, 0}, {10, 0}, {10, 10}, {0, 10}});
  const int d = kDegreeE7;
  const Case cases[] = {
      {"nothing", {}, ErrorCode::kInvalidRing, ""},
      {"two corners", one(ring({{0, 0}, {1, 1}})), ErrorCode::kInvalidRing, "polygon 0 ring 0 vertex 0"},
      {"bow tie", one(ring({{0, 0}, {10, 10}, {10, 0}, {0, 10}})), ErrorCode::kInvalidRing,
       "polygon 0 ring 0 vertex 0"},
      {"no area", one(ring({{0, 0}, {5, 5}, {10, 10}})), ErrorCode::kInvalidRing, "polygon 0 ring 0 vertex 0"},
      {"repeated corner", one(ring({{0, 0}, {5, 0}, {5, 0}, {0, 5}})), ErrorCode::kInvalidRing,
       "polygon 0 ring 0 vertex 1"},
      {"corner met again", one(ring({{0, 0}, {5, 5}, {0, 9}, {9, 9}, {5, 5}, {9, 0}})), ErrorCode::kInvalidRing,
       "polygon 0 ring 0 vertex 4"},
      {"corner on an edge", one(ring({{0, 0}, {10, 0}, {10, 10}, {5, 0}, {0, 10}})), ErrorCode::kInvalidRing,
       "polygon 0 ring 0 vertex 0"},
      {"spike", one(ring({{0, 0}, {10, 0}, {10, 10}, {15, 15}, {10, 10}, {0, 10}})), ErrorCode::kInvalidRing,
       "polygon 0 ring 0 vertex 4"},
      {"way back", one(ring({{0, 0}, {10, 0}, {5, 0}, {5, 5}})), ErrorCode::kInvalidRing, "polygon 0 ring 0 vertex 0"},
      {"hole outside", one(square, {ring({{20, 20}, {21, 20}, {21, 21}})}), ErrorCode::kInvalidRing,
       "polygon 0 ring 1 vertex 0"},
      {"hole crosses", one(square, {ring({{5, 5}, {15, 5}, {15, 6}})}), ErrorCode::kInvalidRing,
       "polygon 0 ring 0 vertex 1"},
      {"hole in hole", one(square, {ring({{1, 1}, {9, 1}, {9, 9}, {1, 9}}), ring({{2, 2}, {4, 2}, {4, 4}})}),
       ErrorCode::kInvalidRing, "polygon 0 ring 2 vertex 0"},
      {"hole along an edge", one(square, {ring({{0, 2}, {0, 8}, {5, 5}})}), ErrorCode::kInvalidRing,
       "polygon 0 ring 0 vertex 3"},
      {"hole is the ring", one(square, {square}), ErrorCode::kInvalidRing, nullptr},
      {"polygons overlap",
       {{{square, {}}, {ring({{5, 5}, {15, 5}, {15, 15}, {5, 15}}), {}}}},
       ErrorCode::kInvalidRing,
       nullptr},
      {"polygon in polygon",
       {{{square, {}}, {ring({{2, 2}, {4, 2}, {4, 4}}), {}}}},
       ErrorCode::kInvalidRing,
       "polygon 1 ring 0 vertex 0"},
      {"neighbours share a border",
       {{{square, {}}, {ring({{10, 0}, {20, 0}, {20, 10}, {10, 10}}), {}}}},
       ErrorCode::kInvalidRing,
       nullptr},
      {"through a common corner",
       {{{square, {}}, {ring({{10, 10}, {5, 20}, {20, 5}, {-5, 5}}), {}}}},
       ErrorCode::kInvalidRing,
       nullptr},
      {"antimeridian", one(ring({{179 * d, 0}, {-179 * d, 0}, {-179 * d, d}, {179 * d, d}})), ErrorCode::kInvalidPlace,
       "polygon 0 ring 0 vertex 0"},
      {"pole", one(ring({{0, 80 * d}, {20 * d, 80 * d}, {10 * d, 90 * d}})), ErrorCode::kInvalidPlace,
       "polygon 0 ring 0 vertex 2"},
      {"outside of the world", one(ring({{0, 0}, {181 * d, 0}, {0, d}})), ErrorCode::kInvalidPlace,
       "polygon 0 ring 0 vertex 1"},
  };
  for (const Case& c : cases) {
    const auto result = canonical(c.shape);
    ASSERT_FALSE(result) << c.name;
    EXPECT_EQ(result.error().code, c.code) << c.name << ": " << result.error().to_string();
    if (c.where) {
      EXPECT_EQ(result.error().where, c.where) << c.name << ": " << result.error().to_string();
    }
    EXPECT_FALSE(check_canonical(c.shape)) << c.name;
  }
}

TEST(GeometryTest, AntimeridianIsRefusedWithAdvice) {
  const int d = kDegreeE7;
  const auto result = canonical(one(ring({{179 * d, 0}, {-179 * d, 0}, {-179 * d, d}, {179 * d, d}})));
  EXPECT_THAT(result.error().message, HasSubstr("two parts"));
}

TEST(GeometryTest, TouchingInPointsIsAccepted) {
  const Ring square = ring({{0, 0}, {10, 0}, {10, 10}, {0, 10}});
  EXPECT_TRUE(canonical(one(square, {ring({{0, 5}, {5, 6}, {5, 4}})}))) << "hole's corner on the outer edge";
  EXPECT_TRUE(canonical(one(square, {ring({{0, 0}, {5, 6}, {6, 5}})}))) << "hole's corner at the outer corner";
  EXPECT_TRUE(canonical(one(square, {ring({{2, 2}, {5, 5}, {2, 8}}), ring({{8, 2}, {5, 5}, {8, 8}})})))
      << "holes touch each other";
  EXPECT_TRUE(canonical(MultiPolygon{{{square, {}}, {ring({{10, 10}, {20, 10}, {20, 20}}), {}}}}))
      << "corner to corner";
  EXPECT_TRUE(canonical(MultiPolygon{{{square, {}}, {ring({{10, 5}, {20, 0}, {20, 10}}), {}}}})) << "corner to edge";
  EXPECT_TRUE(canonical(
      MultiPolygon{{{square, {ring({{1, 1}, {9, 1}, {9, 9}, {1, 9}})}}, {ring({{1, 1}, {5, 3}, {3, 5}}), {}}}}))
      << "an island in the hole, at its corner";
  EXPECT_TRUE(canonical(one(ring({{0, 0}, {5, 0}, {10, 0}, {10, 10}, {0, 10}})))) << "a corner in a straight edge";
}

// Oracle: every edge against every other.
TEST(GeometryTest, SweepAgreesWithAllPairsOnSmallLattices) {
  int valid = 0;
  int invalid = 0;
  for (std::uint64_t seed = 1; seed <= 120'000; ++seed) {
    TestRandom random(seed);
    const int size = static_cast<int>(random.between(2, 9));
    MultiPolygon shape;
    const auto polygons = random.between(1, seed % 4 == 0 ? 3 : 1);
    for (int p = 0; p < polygons; ++p) {
      Polygon& polygon = shape.polygons.emplace_back();
      const auto rings = random.between(1, seed % 3 == 0 ? 3 : 1);
      for (int r = 0; r < rings; ++r) {
        Ring one_ring;
        const auto n = random.between(3, seed % 5 == 0 ? 8 : 4);
        for (int i = 0; i < n; ++i) {
          one_ring.corners.push_back(
              {static_cast<std::int32_t>(random.between(0, size)), static_cast<std::int32_t>(random.between(0, size))});
        }
        (r == 0 ? polygon.outer : polygon.holes.emplace_back()) = one_ring;
      }
    }
    const bool expected = slow_is_valid(shape);
    const auto result = canonical(shape);
    ASSERT_EQ(result.has_value(), expected)
        << "seed " << seed << " " << to_blob(shape) << " " << (result ? std::string() : result.error().to_string());
    (expected ? valid : invalid)++;
    if (result) {
      ASSERT_TRUE(check_canonical(*result));
    }
  }
  EXPECT_GT(valid, 5000);
  EXPECT_GT(invalid, 5000);
}

TEST(GeometryTest, SweepAgreesWithAllPairsOnTouchingRings) {
  int valid = 0;
  const Ring outer = ring({{0, 0}, {4, 0}, {8, 0}, {8, 4}, {8, 8}, {4, 8}, {0, 8}, {0, 4}});
  for (std::uint64_t seed = 1; seed <= 60'000; ++seed) {
    TestRandom random(seed);
    MultiPolygon shape = one(outer);
    const auto triangle = [&] {
      Ring r;
      for (int i = 0; i < 3; ++i)
        r.corners.push_back(
            {static_cast<std::int32_t>(random.between(0, 8)), static_cast<std::int32_t>(random.between(0, 8))});
      return r;
    };
    const auto holes = random.between(1, 4);
    for (int h = 0; h < holes; ++h) shape.polygons[0].holes.push_back(triangle());
    if (random.chance(0.3)) shape.polygons.push_back({triangle(), {}});
    const bool expected = slow_is_valid(shape);
    const auto result = canonical(shape);
    ASSERT_EQ(result.has_value(), expected)
        << "seed " << seed << " " << to_blob(shape) << " " << (result ? std::string() : result.error().to_string());
    valid += expected;
  }
  EXPECT_GT(valid, 1000);
}

TEST(GeometryTest, AMillionCornersAreCheckedInSeconds) {
  TestRandom random(7);
  MultiPolygon shape = one(star(random, {350000000, 380000000}, 3e7, 1'000'000, 0.01));
  ASSERT_TRUE(canonical(shape));
  // One corner pushed over its neighbours: found.
  auto& c = shape.polygons[0].outer.corners;
  std::swap(c[500'000], c[500'003]);
  const auto result = canonical(shape);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().where, HasSubstr("polygon 0 ring 0 vertex "));
  // Long thin teeth all across: a grid would choke on these.
  Ring comb;
  for (std::int32_t i = 0; i < 250'000; ++i) {
    comb.corners.push_back({4 * i, 0});
    comb.corners.push_back({4 * i + 1, 100'000'000});
    comb.corners.push_back({4 * i + 2, 100'000'000});
    comb.corners.push_back({4 * i + 3, 0});
  }
  comb.corners.push_back({1'000'000, -1});
  comb.corners.push_back({0, -1});
  EXPECT_TRUE(canonical(one(comb)));
}

TEST(GeometryTest, TooManyVerticesAreRefused) {
  MultiPolygon shape = one({});
  shape.polygons[0].outer.corners.resize(kVertexCountMax + 1);
  EXPECT_EQ(canonical(shape).error().code, ErrorCode::kTooManyVertices);
}

TEST(GeometryTest, LinesAndPoints) {
  EXPECT_TRUE(canonical(Lines{{{{{0, 0}, {1, 1}, {1, 0}, {0, 1}}}}})) << "a line may cross itself";
  EXPECT_EQ(canonical(Lines{}).error().code, ErrorCode::kInvalidRing);
  EXPECT_EQ(canonical(Lines{{{{{0, 0}}}}}).error().where, "line 0");
  EXPECT_EQ(canonical(Lines{{{{{0, 0}, {0, 0}}}}}).error().where, "line 0 vertex 1");
  EXPECT_EQ(canonical(Lines{{{{{0, 1790000000}, {0, -1790000000}}}}}).error().code, ErrorCode::kInvalidPlace);
  EXPECT_EQ(canonical(Lines{{{{{0, 0}, {910000000, 0}}}}}).error().code, ErrorCode::kInvalidPlace);
  EXPECT_TRUE(canonical(Points{{{900000000, 0}}}));
  EXPECT_EQ(canonical(Points{}).error().code, ErrorCode::kInvalidPlace);
  EXPECT_EQ(canonical(Points{{{1, 2}, {1, 2}}}).error().code, ErrorCode::kInvalidPlace);
  EXPECT_EQ(canonical(Points{{{1, 2000000000}}}).error().where, "point 0");
}

TEST(PreparedAreaTest, AgreesWithTheSlowWay) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    TestRandom random(seed);
    const int size = static_cast<int>(random.between(20, 400));
    const LatLng centre{size / 2, size / 2};
    const auto shape = canonical(one(smooth_star(random, centre, size / 2.0, static_cast<int>(random.between(3, 90)))));
    if (!shape) continue;
    const PreparedArea area(*shape);
    std::vector<LatLng> points;
    Box box;
    const LatLng corner = random_point(random, {0, 0, size, size});
    for (int i = 0; i < 300; ++i) {
      const LatLng p{corner.lat_e7 + static_cast<std::int32_t>(random.between(0, size / 3)),
                     corner.lng_e7 + static_cast<std::int32_t>(random.between(0, size / 3))};
      points.push_back(p);
      box.add(p);
    }
    std::uint32_t count = 0;
    for (const LatLng p : points) {
      ASSERT_EQ(area.contains(p), contains(*shape, p)) << p.to_string() << " seed " << seed;
      count += contains(*shape, p);
    }
    ASSERT_EQ(area.count_inside(box, points), count) << "seed " << seed;
    const BoxRelation relation = area.relation(box);
    if (relation == BoxRelation::kInside) {
      ASSERT_EQ(count, points.size());
    }
    if (relation == BoxRelation::kOutside) {
      ASSERT_EQ(count, 0U);
    }
  }
}

// Pinned bytes: docs/format/geometry.md. They name zones by their hash and must never change.
TEST(GeometryBlobTest, BytesArePinned) {
  const Geometry polygon = one({{{300000000, 360000000}, {300000000, 370000000}, {310000000, 370000000}}});
  EXPECT_EQ(to_blob(polygon),
            "{\"polygons\":[[[[360000000,300000000],[370000000,300000000],[370000000,310000000],[360000000,300000000]]]"
            "],\"v\":1}");
  EXPECT_EQ(to_blob(Lines{{{{{300000000, 360000000}, {-1, 0}}}}}),
            "{\"lines\":[[[360000000,300000000],[0,-1]]],\"v\":1}");
  EXPECT_EQ(to_blob(Points{{{300000000, 360000000}}}), "{\"points\":[[360000000,300000000]],\"v\":1}");
}

TEST(GeometryBlobTest, ComesBackAsItWas) {
  TestRandom random(5);
  for (int i = 0; i < 200; ++i) {
    MultiPolygon shape = one(star(random, {350000000, 380000000}, 1e6, 3 + i, 0.4));
    if (i % 2) shape.polygons[0].holes.push_back(reversed(star(random, {350000000, 380000000}, 1e5, 5, 0.2)));
    const Geometry geometry = shape;
    if (!check_canonical(geometry)) continue;
    EXPECT_EQ(parse_blob(to_blob(geometry)).value(), geometry);
  }
  const Geometry lines = Lines{{{{{1, 2}, {3, 4}}}, {{{5, 6}, {-7, -8}, {9, 10}}}}};
  EXPECT_EQ(parse_blob(to_blob(lines)).value(), lines);
  const Geometry points = Points{{{900000000, 1800000000}, {-900000000, -1800000000}}};
  EXPECT_EQ(parse_blob(to_blob(points)).value(), points);
}

TEST(GeometryBlobTest, OtherFormsAreRefused) {
  struct Case {
    std::string bytes;
    ErrorCode code;
    std::string where;
  };
  const Case cases[] = {
      {"", ErrorCode::kSyntax, "offset 0"},
      {"[]", ErrorCode::kSyntax, "offset 0"},
      {"{\"points\":[]}", ErrorCode::kSyntax, "offset 11"},
      {"{\"points\":[[1,2]]}", ErrorCode::kSyntax, "offset 17"},
      {"{\"points\":[[1,2]],\"v\":2}", ErrorCode::kSyntax, "offset 17"},
      {"{\"points\":[[1,2]],\"v\":1} ", ErrorCode::kNotCanonical, "offset 24"},
      {"{\"points\":[[1,2]],\"v\":1}x", ErrorCode::kSyntax, "offset 24"},
      {"{\"points\":[[1, 2]],\"v\":1}", ErrorCode::kNotCanonical, "offset 14"},
      {"{\"points\":[[01,2]],\"v\":1}", ErrorCode::kNotCanonical, "offset 12"},
      {"{\"points\":[[-0,2]],\"v\":1}", ErrorCode::kNotCanonical, "offset 12"},
      {"{\"points\":[[1.5,2]],\"v\":1}", ErrorCode::kNotCanonical, "offset 13"},
      {"{\"points\":[[1e1,2]],\"v\":1}", ErrorCode::kNotCanonical, "offset 13"},
      {"{\"points\":[[1,2,3]],\"v\":1}", ErrorCode::kSyntax, "offset 15"},
      {"{\"points\":[[1,900000001]],\"v\":1}", ErrorCode::kInvalidPlace, "offset 12"},
      {"{\"points\":[[99999999999999999999999,2]],\"v\":1}", ErrorCode::kInvalidPlace, "offset 12"},
      {"{\"points\":[[1,2],[1,2]],\"v\":1}", ErrorCode::kInvalidPlace, ""},
      {"{\"lines\":[[[1,2]]],\"v\":1}", ErrorCode::kInvalidRing, "line 0"},
      {"{\"polygons\":[[[[0,0],[9,0],[9,9]]]],\"v\":1}", ErrorCode::kNotCanonical, "offset 14"},
      {"{\"polygons\":[[[[0,0]]]],\"v\":1}", ErrorCode::kNotCanonical, "offset 14"},
      {"{\"polygons\":[[[[0,0],[9,9],[9,0],[0,0]]]],\"v\":1}", ErrorCode::kNotCanonical, "polygon 0 ring 0 vertex 0"},
      {"{\"polygons\":[[[[0,0],[9,9],[9,0],[0,9],[0,0]]]],\"v\":1}", ErrorCode::kInvalidRing,
       "polygon 0 ring 0 vertex 0"},
  };
  for (const Case& c : cases) {
    const auto result = parse_blob(c.bytes);
    ASSERT_FALSE(result) << c.bytes;
    EXPECT_EQ(result.error().code, c.code) << c.bytes << " " << result.error().to_string();
    EXPECT_EQ(result.error().where, c.where) << c.bytes << " " << result.error().to_string();
  }
}

TEST(GeometryBlobTest, EveryTruncationIsRefused) {
  const std::string blob = to_blob(one(ring({{0, 0}, {9, 0}, {9, 9}})));
  for (std::size_t n = 0; n < blob.size(); ++n) EXPECT_FALSE(parse_blob(blob.substr(0, n))) << n;
}

}  // namespace
}  // namespace truce::geo
