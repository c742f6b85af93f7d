// SPDX-License-Identifier: Apache-2.0
//
// A place as people type it, told apart by its form only: coordinates, "2.5 km NW of Aleppo", "bearing 230 3 km from
// op-15", a grid reference, or a name. Pure; any thread.
//
// It finds nothing: names are looked up by place_finder.h, posts among the zones, and grid references are converted at
// the edge (GeographicLib). It never guesses: two numbers of which neither says N or E are latitude and longitude in
// this order.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "truce/base/result.h"
#include "truce/geo/lat_lng.h"

namespace truce::monitor {

// `resolution_m` is how far the last digit written reaches (half a unit): a hint for a default radius, at least 1.
struct CoordinatesText {
  geo::LatLng at;
  std::int64_t resolution_m = 1;
  friend bool operator==(const CoordinatesText&, const CoordinatesText&) = default;
};

// "2.5 km NW of X"; a compass point is 22.5 degrees wide: error (one sigma) 6500 mdeg, of 8 points 13000, of 4 26000;
// of degrees 0 (not said).
struct OffsetText {
  std::int64_t distance_m = 0;
  std::int64_t bearing_mdeg = 0;
  std::int64_t bearing_error_mdeg = 0;
  std::string from;  // name or id of a place
  friend bool operator==(const OffsetText&, const OffsetText&) = default;
};

// "bearing 230 3 km from op-15": degrees from true north, as an observer gives them.
struct BearingText {
  std::int64_t bearing_mdeg = 0;
  std::int64_t distance_m = 0;
  std::string post;
  friend bool operator==(const BearingText&, const BearingText&) = default;
};

struct NameText {
  std::string name;
  friend bool operator==(const NameText&, const NameText&) = default;
};

// Looks like MGRS: "37S BV 12345 67890", spaces removed, upper case. Not checked any further.
struct MgrsText {
  std::string grid;
  friend bool operator==(const MgrsText&, const MgrsText&) = default;
};

using PlaceText = std::variant<CoordinatesText, OffsetText, BearingText, MgrsText, NameText>;

// Fails with kInvalidPlace for what has the form of one of these but cannot be (latitude 95, 61 minutes, bearing 400,
// 10^6 km), kSyntax for an empty text, kLimit past 300 bytes.
[[nodiscard]] Result<PlaceText> parse_place_text(std::string_view text);

}  // namespace truce::monitor
