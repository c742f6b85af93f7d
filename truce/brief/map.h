// SPDX-License-Identifier: Apache-2.0
//
// The map of a brief in two steps: map_json() projects zones and incidents into whole tenths of a pixel, part of
// brief.json; map_svg() draws that, with a layer of border lines under it, as a file of its own. Pure; any thread.
//
// The projection is equirectangular, longitudes shortened by the cosine of the middle latitude: shapes are right in the
// middle and distances along a meridian everywhere. It is for looking at, NOT for measuring. Nothing is decided from
// it.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "truce/base/json.h"
#include "truce/brief/border_layer.h"
#include "truce/brief/text.h"
#include "truce/geo/geometry.h"

namespace truce::brief {

// Width of the drawing in tenths of a pixel.
inline constexpr std::int64_t kMapWidth = 9'600;

struct MapShape {
  std::string zone, kind, party;
  geo::Geometry geometry;
};
// `row` is the incident's index in the table of incidents.
struct MapIncident {
  std::int64_t row = 0;
  geo::LatLng at;
  std::int64_t radius_m = 0;
  std::int64_t weight = 1;  // parties and independent posts that tell of it
};
// Where a bearing and distance from a post lead to, with their errors: a closed line.
struct MapSector {
  std::int64_t row = 0;
  std::vector<geo::LatLng> corners;
};
inline constexpr std::size_t kMapSectorsMax = 300;  // more hide the map: then none is drawn

// {"box":[south,west,north,east],"height":..,"incidents":[[row,x,y,r,weight],..],"not_shown":n,"scale":[x,y],
// "sectors":[[row,[x,y],..],..],"shapes":[..],...}, or null where there is nothing to show. Scales are tenths of a
// pixel per E7 unit times 10^9. Incidents without a place or far off every zone are in not_shown (`without_place` of
// them have no place).
[[nodiscard]] Json map_json(const std::vector<MapShape>& shapes, const std::vector<MapIncident>& incidents,
                            const std::vector<MapSector>& sectors, std::int64_t without_place);

// The drawing from brief.json. `borders` nullptr or without lines: none, and the drawing says so. The border lines are
// one element <g class="borders">...</g> with no other element of that name in it.
[[nodiscard]] std::string map_svg(const Json& brief, const BorderLayer* borders, const Words& words);

// `svg` without the contents of its group of border lines: what stays comparable without the layer.
[[nodiscard]] std::string without_border_lines(std::string_view svg);

// A small drawing of a kind's symbol at (x, y) in tenths of a pixel: in the legend and on the map alike.
[[nodiscard]] std::string kind_symbol(std::string_view kind, std::int64_t x, std::int64_t y);

}  // namespace truce::brief
