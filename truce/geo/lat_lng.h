// SPDX-License-Identifier: Apache-2.0
//
// LatLng: a point of the earth's surface (WGS84) in whole units of 1e-7 degree, about 11 mm of latitude. Box: a
// rectangle of them.
//
// These are values of integers: comparing, hashing and hit-testing are exact. A LatLng is NOT a place (which has an
// uncertainty, see uncertain_place.h), and a Box never crosses the antimeridian. Constructed is not valid: what comes
// from outside is asked is_valid() once, at the edge.

#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <string>

#include "truce/base/result.h"

namespace truce::geo {

// 1 degree in E7 units, and the world's edges.
inline constexpr std::int32_t kDegreeE7 = 10'000'000;
inline constexpr std::int32_t kLatE7Max = 90 * kDegreeE7;
inline constexpr std::int32_t kLngE7Max = 180 * kDegreeE7;

struct LatLng {
  std::int32_t lat_e7 = 0;
  std::int32_t lng_e7 = 0;

  [[nodiscard]] static constexpr LatLng from_e7(std::int32_t lat_e7, std::int32_t lng_e7) { return {lat_e7, lng_e7}; }

  // Rounds to the nearest E7 (halves away from zero). For tests and for what was computed in doubles anyway; text from
  // outside goes through parse_decimal() instead, so that it is kept as written. Out of range or NaN gives a LatLng
  // that is not valid.
  [[nodiscard]] static LatLng from_degrees(double lat_degrees, double lng_degrees);

  // From 64-bit E7 values, as parse_decimal(text, 7) gives them. kInvalidPlace outside of the world, with a hint where
  // the two look swapped.
  [[nodiscard]] static Result<LatLng> checked(std::int64_t lat_e7, std::int64_t lng_e7);

  [[nodiscard]] constexpr bool is_valid() const {
    return lat_e7 >= -kLatE7Max && lat_e7 <= kLatE7Max && lng_e7 >= -kLngE7Max && lng_e7 <= kLngE7Max;
  }
  [[nodiscard]] double lat_degrees() const { return lat_e7 * 1e-7; }
  [[nodiscard]] double lng_degrees() const { return lng_e7 * 1e-7; }

  // "35.9,36.6": latitude first, shortest exact decimals. For messages.
  [[nodiscard]] std::string to_string() const;

  // By latitude, then longitude.
  friend constexpr auto operator<=>(const LatLng&, const LatLng&) = default;
};

// All points with south <= lat <= north and west <= lng <= east: closed on every side. Empty as constructed.
struct Box {
  std::int32_t south_e7 = INT32_MAX;
  std::int32_t west_e7 = INT32_MAX;
  std::int32_t north_e7 = INT32_MIN;
  std::int32_t east_e7 = INT32_MIN;

  [[nodiscard]] constexpr bool is_empty() const { return south_e7 > north_e7 || west_e7 > east_e7; }
  constexpr void add(LatLng p) {
    south_e7 = std::min(south_e7, p.lat_e7);
    north_e7 = std::max(north_e7, p.lat_e7);
    west_e7 = std::min(west_e7, p.lng_e7);
    east_e7 = std::max(east_e7, p.lng_e7);
  }
  constexpr void add(const Box& b) {
    south_e7 = std::min(south_e7, b.south_e7);
    north_e7 = std::max(north_e7, b.north_e7);
    west_e7 = std::min(west_e7, b.west_e7);
    east_e7 = std::max(east_e7, b.east_e7);
  }
  [[nodiscard]] constexpr bool contains(LatLng p) const {
    return p.lat_e7 >= south_e7 && p.lat_e7 <= north_e7 && p.lng_e7 >= west_e7 && p.lng_e7 <= east_e7;
  }
  // Shares at least a point.
  [[nodiscard]] constexpr bool touches(const Box& b) const {
    return south_e7 <= b.north_e7 && b.south_e7 <= north_e7 && west_e7 <= b.east_e7 && b.west_e7 <= east_e7;
  }
  [[nodiscard]] constexpr LatLng south_west() const { return {south_e7, west_e7}; }
  [[nodiscard]] constexpr LatLng north_east() const { return {north_e7, east_e7}; }

  friend constexpr bool operator==(const Box&, const Box&) = default;
};

}  // namespace truce::geo
