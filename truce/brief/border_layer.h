// SPDX-License-Identifier: Apache-2.0
//
// BorderLayer: border lines and coasts under a map, from a file that anybody can replace (docs/format/brief.md). truce
// holds no opinion on borders: the layer has an id, a hash and a disclaimer that is printed wherever its lines are. A
// value; pure; any thread.
//
// It decides nothing: no incident is placed by it, and brief.json only names it.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/result.h"
#include "truce/base/sha256.h"
#include "truce/geo/geometry.h"

namespace truce::brief {

// Largest layer file and most points: a replaced file cannot take memory without bound.
inline constexpr std::size_t kBorderLayerBytesMax = 32u << 20;
inline constexpr std::size_t kBorderPointCountMax = 2'000'000;

struct BorderLayer {
  std::string id;                  // as in mechanism.json
  Hash sha256;                     // of the file
  std::string disclaimer;          // printed under every map that shows the lines
  bool has_lines = false;          // false: named only, for verifying where the file is not at hand
  std::vector<geo::Line> borders;  // between two countries
  std::vector<geo::Line> coasts;

  // The bytes of a layer file, made by tools/make_borders.mjs: canonical JSON
  // {"borders":[[lng,lat,dlng,dlat,...],...],"coasts":[...],"disclaimer":"...","id":"...","unit_e7":1000,"v":1}.
  // kSyntax, kNotCanonical, kInvalidPlace, kLimit.
  [[nodiscard]] static Result<BorderLayer> parse(std::string_view bytes);
};

}  // namespace truce::brief
