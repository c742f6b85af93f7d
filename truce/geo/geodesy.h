// SPDX-License-Identifier: Apache-2.0
//
// Distances and bearings on the WGS84 ellipsoid, the same bits on every machine (base/math.h only). The fold uses
// these; GeographicLib is their oracle in tests and never decides the picture.
//
// Error against GeographicLib: destination() and distance_m() at most 1 mm up to 100 km (and 1 cm up to 5,000 km),
// before the result is rounded to E7 (at most 8 mm on the ground); initial bearing at most 1e-6 degree beyond 100 m.
// Near the antipode (over 19,900 km) the distance is that of a sphere, off by up to 0.6 %.

#pragma once

#include <cstdint>

#include "truce/geo/lat_lng.h"

namespace truce::geo {

inline constexpr std::int32_t kFullCircleMdeg = 360'000;

// The point `distance_m` from `from` in the direction `bearing_mdeg` (thousandths of a degree clockwise from true
// north, any integer). Longitudes wrap at the antimeridian. REQUIRES: from.is_valid(), 0 <= distance_m <= 2e7.
[[nodiscard]] LatLng destination(LatLng from, std::int32_t bearing_mdeg, double distance_m);

// Length of the shortest way. REQUIRES: both valid.
[[nodiscard]] double distance_m(LatLng a, LatLng b);

// Direction in which the shortest way from a leaves, 0 <= result < 360,000, rounded to the nearest. 0 if a == b.
[[nodiscard]] std::int32_t initial_bearing_mdeg(LatLng a, LatLng b);

// How long an E7 unit is on the ground here, northward and eastward, from the ellipsoid's radii of curvature. Distances
// up to 10 km computed with it are off by at most 0.2 % at latitudes up to 60 degrees. Eastward is 0 at a pole.
struct LocalScale {
  double north_m_per_e7 = 0;
  double east_m_per_e7 = 0;
};
[[nodiscard]] LocalScale local_scale(LatLng here);

// The box that holds every point within `radius_m` of `centre`, clamped to the world (it does not wrap). A little
// larger than needed.
[[nodiscard]] Box box_around(LatLng centre, double radius_m);

}  // namespace truce::geo
