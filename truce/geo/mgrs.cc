// SPDX-License-Identifier: Apache-2.0

#include "truce/geo/mgrs.h"

#include <GeographicLib/MGRS.hpp>
#include <GeographicLib/UTMUPS.hpp>
#include <exception>

namespace truce::geo {

Result<MgrsSquare> parse_mgrs(std::string_view text) {
  if (text.size() > kMgrsTextMax) return fail(ErrorCode::kSyntax, "too long for an MGRS reference");
  std::string compact;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ' ') continue;
    const bool is_lower = c >= 'a' && c <= 'z';
    if (!is_lower && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9')) {
      return fail(ErrorCode::kSyntax, "an MGRS reference has letters, digits and spaces only",
                  "offset " + std::to_string(i));
    }
    compact += is_lower ? static_cast<char>(c - 'a' + 'A') : c;
  }
  // Before the library looks: "INV" is its name for no place at all.
  std::size_t digits = 0;
  while (digits < compact.size() && compact[compact.size() - 1 - digits] <= '9') ++digits;
  if (compact.starts_with("INV") || digits == compact.size())
    return fail(ErrorCode::kSyntax, "not an MGRS reference such as 37SCV 12345 67890");
  if (digits % 2 != 0)
    return fail(ErrorCode::kSyntax,
                "an MGRS reference has as many digits eastward as northward, this one has " + std::to_string(digits));
  if (digits > 10) return fail(ErrorCode::kSyntax, "more than five digits each way");
  try {
    int zone = 0;
    bool is_north = true;
    double x = 0;
    double y = 0;
    int precision = 0;
    GeographicLib::MGRS::Reverse(compact, zone, is_north, x, y, precision, true);
    if (precision < 0) return fail(ErrorCode::kSyntax, "names a grid zone only; two letters of a square are needed");
    double lat = 0;
    double lng = 0;
    GeographicLib::UTMUPS::Reverse(zone, is_north, x, y, lat, lng);
    MgrsSquare square{LatLng::from_degrees(lat, lng), 100'000};
    for (int i = 0; i < precision; ++i) square.side_m /= 10;
    if (!square.centre.is_valid()) return fail(ErrorCode::kOutOfRange, "not on the map");
    return square;
  } catch (const std::exception& e) {
    return fail(ErrorCode::kOutOfRange, std::string("not on the map (") + e.what() + ")");
  }
}

std::string to_mgrs(LatLng p, int digits) {
  try {
    int zone = 0;
    bool is_north = true;
    double x = 0;
    double y = 0;
    GeographicLib::UTMUPS::Forward(p.lat_degrees(), p.lng_degrees(), zone, is_north, x, y);
    std::string compact;
    GeographicLib::MGRS::Forward(zone, is_north, x, y, p.lat_degrees(), digits, compact);
    std::string text;
    for (std::size_t i = 0, left = compact.size(); i < compact.size(); ++i, --left) {
      const auto n = static_cast<std::size_t>(digits);
      if (n > 0 && (left == 2 * n || left == n)) text += ' ';
      text += compact[i];
    }
    return text;
  } catch (const std::exception&) {
    return {};  // no valid point gets here
  }
}

}  // namespace truce::geo
