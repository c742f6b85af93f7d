// SPDX-License-Identifier: Apache-2.0
//
// sweep_rings() tells whether rings cross, touch themselves or share edges, and which ring lies directly in which: one
// line swept from west to east over all corners, exact in integers. It is the part of canonical() that costs; nothing
// else uses it.
//
// Touching of different rings in single points is allowed if they do not pass through each other there.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "truce/base/result.h"
#include "truce/geo/geometry.h"

namespace truce::geo {

struct SweepRing {
  std::span<const LatLng> corners;  // REQUIRES: at least three, all valid, no edge over 180 degrees of longitude
  std::uint32_t polygon = 0;        // for messages
  std::uint32_t ring = 0;
  bool is_counter_clockwise = true;  // as is_counter_clockwise() says
};

// "polygon 1 ring 0 vertex 17".
[[nodiscard]] std::string vertex_name(std::size_t polygon, std::size_t ring, std::size_t vertex);

// For each ring the number of the ring directly around it, or -1. kInvalidRing names the first trouble from the west.
// Cost: O(n log n) in corners.
[[nodiscard]] Result<std::vector<std::int32_t>> sweep_rings(std::span<const SweepRing> rings);

}  // namespace truce::geo
