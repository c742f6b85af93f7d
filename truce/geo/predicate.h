// SPDX-License-Identifier: Apache-2.0
//
// Exact predicates on E7 points, in integers. A line between two points is straight in longitude and latitude (RFC
// 7946, 3.1.1): the plane's x is the longitude, y the latitude; "left" is as seen walking from a to b on a map with
// north up.
//
// Within the world |dx| <= 3.6e9 and |dy| <= 1.8e9, so each product below is under 6.5e18 and fits 64 bits; only their
// difference would not, and it is never formed. REQUIRES for all: points are valid.

#pragma once

#include <algorithm>
#include <cstdint>

#include "truce/geo/lat_lng.h"

namespace truce::geo {

__extension__ using Int128 = __int128;

// +1: c is left of a -> b; -1: right of it; 0: on its line. (Any c if a == b: 0.)
[[nodiscard]] inline int orientation(LatLng a, LatLng b, LatLng c) {
  const std::int64_t l = (std::int64_t{b.lng_e7} - a.lng_e7) * (std::int64_t{c.lat_e7} - a.lat_e7);
  const std::int64_t r = (std::int64_t{b.lat_e7} - a.lat_e7) * (std::int64_t{c.lng_e7} - a.lng_e7);
  return (l > r) - (l < r);
}

// p lies on the closed segment a..b.
[[nodiscard]] inline bool is_on_segment(LatLng a, LatLng b, LatLng p) {
  return p.lng_e7 >= std::min(a.lng_e7, b.lng_e7) && p.lng_e7 <= std::max(a.lng_e7, b.lng_e7) &&
         p.lat_e7 >= std::min(a.lat_e7, b.lat_e7) && p.lat_e7 <= std::max(a.lat_e7, b.lat_e7) &&
         orientation(a, b, p) == 0;
}

// The closed segments a..b and c..d share at least a point.
[[nodiscard]] inline bool segments_meet(LatLng a, LatLng b, LatLng c, LatLng d) {
  const int abc = orientation(a, b, c);
  const int abd = orientation(a, b, d);
  const int cda = orientation(c, d, a);
  const int cdb = orientation(c, d, b);
  if (abc * abd < 0 && cda * cdb < 0) return true;
  return is_on_segment(a, b, c) || is_on_segment(a, b, d) || is_on_segment(c, d, a) || is_on_segment(c, d, b);
}

// The closed segments a..b and c..d cross in one point that is no end of either.
[[nodiscard]] inline bool segments_cross(LatLng a, LatLng b, LatLng c, LatLng d) {
  return orientation(a, b, c) * orientation(a, b, d) < 0 && orientation(c, d, a) * orientation(c, d, b) < 0;
}

// The closed segment a..b shares at least a point with the closed box.
[[nodiscard]] inline bool segment_meets_box(LatLng a, LatLng b, const Box& box) {
  if (std::max(a.lat_e7, b.lat_e7) < box.south_e7 || std::min(a.lat_e7, b.lat_e7) > box.north_e7 ||
      std::max(a.lng_e7, b.lng_e7) < box.west_e7 || std::min(a.lng_e7, b.lng_e7) > box.east_e7) {
    return false;
  }
  const int s1 = orientation(a, b, {box.south_e7, box.west_e7});
  const int s2 = orientation(a, b, {box.south_e7, box.east_e7});
  const int s3 = orientation(a, b, {box.north_e7, box.west_e7});
  const int s4 = orientation(a, b, {box.north_e7, box.east_e7});
  return !(s1 > 0 && s2 > 0 && s3 > 0 && s4 > 0) && !(s1 < 0 && s2 < 0 && s3 < 0 && s4 < 0);
}

}  // namespace truce::geo
