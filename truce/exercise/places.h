// SPDX-License-Identifier: Apache-2.0
//
// Real names and coordinates of populated places for exercises, in a few regions of the world (GeoNames, CC BY 4.0).
// What happens there in an exercise is invented. Read-only tables; any thread.

#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "truce/geo/lat_lng.h"

namespace truce::exercise {

struct NamedPlace {
  std::string_view region;  // id
  std::string_view name;    // UTF-8 in NFC; distinct within the region
  geo::LatLng at;
};

inline constexpr std::string_view kPlacesAttribution = "Place names: GeoNames (geonames.org), CC BY 4.0";

// By region, then name.
[[nodiscard]] std::span<const NamedPlace> all_places();
// Ids, ascending.
[[nodiscard]] std::span<const std::string_view> regions();
// Empty for an unknown region.
[[nodiscard]] std::vector<NamedPlace> places_of(std::string_view region);
// Of any region.
[[nodiscard]] std::vector<NamedPlace> places_within(const geo::Box& box);

}  // namespace truce::exercise
