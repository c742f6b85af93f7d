// SPDX-License-Identifier: Apache-2.0
//
// Belts and near-areas: polygons made once, by whoever states the zone, with GEOS in a plane about the zone (azimuthal
// equidistant). They are stated as geometry; nobody computes them again, so that libraries may differ in their last
// digits. The fold does not link this.
//
// Results are canonical (geometry.h) on the E7 lattice. Distances are off by at most 0.5 % within 1,000 km of the
// middle (round corners are drawn with 64 sides, 0.12 % of the distance). Any thread.

#pragma once

#include <cstdint>

#include "truce/base/result.h"
#include "truce/geo/geometry.h"

namespace truce::geo {

inline constexpr std::int32_t kBeltWidthMMax = 200'000;
// Beyond this from corner to corner a plane misleads: such a zone is drawn in parts.
inline constexpr std::int32_t kBeltSpanMMax = 2'000'000;

// All of `inside` within `width_m` of the line: the demilitarised belt along a line of contact. kOutOfRange for a width
// outside of 1..kBeltWidthMMax or too large a span; kInvalidArgument if nothing of `inside` is that close. REQUIRES:
// canonical(Lines{{line}}) and canonical polygons.
[[nodiscard]] Result<MultiPolygon> belt(const Line& line, const MultiPolygon& inside, std::int32_t width_m);

// The polygons and everything within `distance_m` of them. Errors as belt().
[[nodiscard]] Result<MultiPolygon> near_area(const MultiPolygon& polygons, std::int32_t distance_m);

// The same about a line or points: near-areas of lines of contact and posts.
[[nodiscard]] Result<MultiPolygon> near_area(const Geometry& geometry, std::int32_t distance_m);

}  // namespace truce::geo
