// SPDX-License-Identifier: Apache-2.0

#include "truce/geo/lat_lng.h"

#include "truce/base/decimal.h"
#include "truce/base/math.h"

namespace truce::geo {

namespace {

// Far outside of the world, so that is_valid() says no.
constexpr std::int32_t kNowhereE7 = INT32_MAX;

std::int32_t to_e7(double degrees) {
  const double scaled = degrees * 1e7;
  if (!(scaled > -2.1e9 && scaled < 2.1e9)) return kNowhereE7;
  return static_cast<std::int32_t>(math::round_to_integer(scaled));
}

}  // namespace

LatLng LatLng::from_degrees(double lat_degrees, double lng_degrees) {
  return {to_e7(lat_degrees), to_e7(lng_degrees)};
}

Result<LatLng> LatLng::checked(std::int64_t lat_e7, std::int64_t lng_e7) {
  if (lat_e7 < -kLatE7Max || lat_e7 > kLatE7Max) {
    std::string message = "latitude " + decimal_to_string(lat_e7, 7) + " is outside of -90..90";
    if (lat_e7 >= -kLngE7Max && lat_e7 <= kLngE7Max && lng_e7 >= -kLatE7Max && lng_e7 <= kLatE7Max) {
      message += " (latitude and longitude may be swapped)";
    }
    return fail(ErrorCode::kInvalidPlace, std::move(message));
  }
  if (lng_e7 < -kLngE7Max || lng_e7 > kLngE7Max) {
    return fail(ErrorCode::kInvalidPlace, "longitude " + decimal_to_string(lng_e7, 7) + " is outside of -180..180");
  }
  return LatLng{static_cast<std::int32_t>(lat_e7), static_cast<std::int32_t>(lng_e7)};
}

std::string LatLng::to_string() const {
  return decimal_to_string(lat_e7, 7) + "," + decimal_to_string(lng_e7, 7);
}

}  // namespace truce::geo
