// SPDX-License-Identifier: Apache-2.0

#include "truce/exercise/places.h"

#include <array>

namespace truce::exercise {
namespace {

constexpr NamedPlace kPlaces[] = {
#include "truce/exercise/places.inc"
};
constexpr std::array<std::string_view, 4> kRegions = {"alentejo", "lakeland", "levant", "waikato"};

}  // namespace

std::span<const NamedPlace> all_places() {
  return kPlaces;
}

std::span<const std::string_view> regions() {
  return kRegions;
}

std::vector<NamedPlace> places_of(std::string_view region) {
  std::vector<NamedPlace> found;
  for (const NamedPlace& p : kPlaces)
    if (p.region == region) found.push_back(p);
  return found;
}

std::vector<NamedPlace> places_within(const geo::Box& box) {
  std::vector<NamedPlace> found;
  for (const NamedPlace& p : kPlaces)
    if (box.contains(p.at)) found.push_back(p);
  return found;
}

}  // namespace truce::exercise
