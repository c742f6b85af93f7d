// SPDX-License-Identifier: Apache-2.0
//
// MGRS, the grid that armed forces and observers read out over the radio: "37SCV 12345 67890". By GeographicLib; at the
// edge only: a statement carries E7 coordinates, never MGRS text. Any thread.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "truce/base/result.h"
#include "truce/geo/lat_lng.h"

namespace truce::geo {

// Longest text looked at; "37S CV 12345 67890" has 18 characters.
inline constexpr std::size_t kMgrsTextMax = 40;

struct MgrsSquare {
  LatLng centre;
  std::int32_t side_m = 1;  // 1, 10, ..., 100,000: the place lies anywhere in it
};

// Takes upper and lower case, spaces anywhere between groups, 0 to 5 digits each way. Fails with kSyntax for text that
// is no MGRS and kOutOfRange for a square that is not on the map (a letter that the zone does not have).
[[nodiscard]] Result<MgrsSquare> parse_mgrs(std::string_view text);

// The square of 1 m that holds `p`, in groups: "37SCV 12345 67890". `digits` 0 to 5: squares of 100 km to 1 m. Poles
// included (UPS). REQUIRES: p.is_valid(), 0 <= digits <= 5.
[[nodiscard]] std::string to_mgrs(LatLng p, int digits = 5);

}  // namespace truce::geo
