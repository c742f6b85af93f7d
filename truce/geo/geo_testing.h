// SPDX-License-Identifier: Apache-2.0
//
// Shapes for tests and benchmarks: squares, stars, random points from a seed. Not part of the library.

#pragma once

#include <cstdint>
#include <vector>

#include "truce/geo/geometry.h"
#include "truce/geo/lat_lng.h"

namespace truce::geo {

// splitmix64: the same numbers everywhere for a seed.
class TestRandom {
 public:
  explicit TestRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  // In [low, high]. REQUIRES: low <= high.
  std::int64_t between(std::int64_t low, std::int64_t high);
  // In [0, 1).
  double unit();
  bool chance(double p) { return unit() < p; }

 private:
  std::uint64_t state_;
};

// The rectangle with these corners, counter-clockwise.
[[nodiscard]] Ring rectangle(std::int32_t south_e7, std::int32_t west_e7, std::int32_t north_e7, std::int32_t east_e7);
// In whole degrees.
[[nodiscard]] MultiPolygon square(int south, int west, int north, int east);

// A star-shaped ring about `centre`: vertices at even angles, each at a random distance between (1 - roughness) *
// radius and radius. Counter-clockwise, simple up to rounding (radius_e7 well over vertices).
[[nodiscard]] Ring star(TestRandom& random, LatLng centre, double radius_e7, int vertices, double roughness);
// The same with an outline that wanders smoothly, as a drawn zone does.
[[nodiscard]] Ring smooth_star(TestRandom& random, LatLng centre, double radius_e7, int vertices);

[[nodiscard]] LatLng random_point(TestRandom& random, const Box& box);

// Every edge of every ring against every other: what sweep_rings() must agree with. True: the rings of `polygons` may
// stand together.
[[nodiscard]] bool slow_is_valid(const MultiPolygon& polygons);

}  // namespace truce::geo
