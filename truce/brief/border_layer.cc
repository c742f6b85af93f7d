// SPDX-License-Identifier: Apache-2.0

#include "truce/brief/border_layer.h"

#include "truce/base/json_fields.h"

namespace truce::brief {
namespace {

constexpr std::size_t kLineCountMax = 100'000;

// Flat differences in whole units to points.
Result<geo::Line> parse_line(const Json& json, std::int64_t unit_e7) {
  const auto bad = [](std::string message) {
    return fail(ErrorCode::kInvalidPlace, std::move(message), "border layer: line");
  };
  if (!json.is_array() || json.as_array().size() < 4 || json.as_array().size() % 2 != 0) {
    return bad("is not a list of two or more pairs of integers");
  }
  geo::Line line;
  std::int64_t lng = 0;
  std::int64_t lat = 0;
  for (std::size_t i = 0; i < json.as_array().size(); i += 2) {
    const Json& dx = json.as_array()[i];
    const Json& dy = json.as_array()[i + 1];
    constexpr std::int64_t kFar = 2 * std::int64_t{geo::kLngE7Max};
    if (!dx.is_integer() || !dy.is_integer()) return bad("holds something that is no integer");
    if (dx.as_integer() > kFar || dx.as_integer() < -kFar || dy.as_integer() > kFar || dy.as_integer() < -kFar) {
      return bad("leaves the world");
    }
    lng += dx.as_integer() * unit_e7;
    lat += dy.as_integer() * unit_e7;
    TRUCE_TRY(const geo::LatLng p, geo::LatLng::checked(lat, lng));
    line.points.push_back(p);
  }
  return line;
}

}  // namespace

Result<BorderLayer> BorderLayer::parse(std::string_view bytes) {
  if (bytes.size() > kBorderLayerBytesMax) return fail(ErrorCode::kLimit, "is larger than 32 MiB", "border layer");
  TRUCE_TRY(const Json json, Json::parse_canonical(bytes));
  JsonFields f(json, "border layer");
  BorderLayer layer;
  layer.sha256 = truce::sha256(bytes);
  layer.has_lines = true;
  layer.id = f.text("id", 64);
  layer.disclaimer = f.text("disclaimer", 1'000);
  const std::int64_t unit_e7 = f.integer("unit_e7", 1, geo::kDegreeE7);
  static_cast<void>(f.integer("v", 1, 1));
  const Json::Array& borders = f.array_or_empty("borders", kLineCountMax);
  const Json::Array& coasts = f.array_or_empty("coasts", kLineCountMax);
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidArgument));
  std::size_t points = 0;
  for (const auto& [from, to] : {std::pair(&borders, &layer.borders), std::pair(&coasts, &layer.coasts)}) {
    for (const Json& j : *from) {
      TRUCE_TRY(geo::Line line, parse_line(j, unit_e7));
      points += line.points.size();
      if (points > kBorderPointCountMax) return fail(ErrorCode::kLimit, "has more than 2000000 points", "border layer");
      to->push_back(std::move(line));
    }
  }
  return layer;
}

}  // namespace truce::brief
