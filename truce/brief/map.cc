// SPDX-License-Identifier: Apache-2.0

#include "truce/brief/map.h"

#include <algorithm>

#include "truce/brief/map_projection.h"
#include "truce/monitor/zone.h"

namespace truce::brief {
namespace {

constexpr std::size_t kPathPointsMax = 3'000;  // the distance kept between points is doubled until it has few enough
constexpr double kPadding = 0.06;
constexpr double kAspectMin = 0.50, kAspectMax = 0.92;  // height by width
constexpr std::int64_t kSpanE7Min = 1'000'000;          // a single place is shown with 10 km around it

Path projected(const std::vector<geo::LatLng>& points, const Projection& p) {
  Path path;
  for (const geo::LatLng& q : points) path.emplace_back(p.x(q.lng_e7), p.y(q.lat_e7));
  std::int64_t step = kStepTenths;
  Path out = thinned(path, step);
  while (out.size() > kPathPointsMax) out = thinned(path, step *= 2);
  return out;
}

Json path_json(const Path& path) {
  Json::Array flat;
  for (const auto& [x, y] : path) flat.emplace_back(x), flat.emplace_back(y);
  return Json(std::move(flat));
}

geo::Box box_of(const std::vector<MapShape>& shapes, const std::vector<MapIncident>& incidents) {
  geo::Box zones;
  for (const MapShape& s : shapes) {
    const auto kind = monitor::zone_kind_from_code(s.kind);
    if (kind && monitor::is_ring_zone(*kind)) zones.add(geo::bounding_box(s.geometry));
  }
  geo::Box all = zones;
  for (const MapIncident& i : incidents) all.add(i.at);
  if (zones.is_empty()) return all;
  // An incident far off every zone would make the zones small: the map reaches at most three times as far again as they
  // do.
  const std::int64_t dlat = 3 * (std::int64_t{zones.north_e7} - zones.south_e7);
  const std::int64_t dlng = 3 * (std::int64_t{zones.east_e7} - zones.west_e7);
  const auto in_world = [](std::int64_t v, std::int64_t max) {
    return static_cast<std::int32_t>(std::clamp(v, -max, max));
  };
  all.south_e7 = std::max(all.south_e7, in_world(zones.south_e7 - dlat, geo::kLatE7Max));
  all.north_e7 = std::min(all.north_e7, in_world(zones.north_e7 + dlat, geo::kLatE7Max));
  all.west_e7 = std::max(all.west_e7, in_world(zones.west_e7 - dlng, geo::kLngE7Max));
  all.east_e7 = std::min(all.east_e7, in_world(zones.east_e7 + dlng, geo::kLngE7Max));
  return all;
}

// The box widened to a shape that fits a page, and how it is projected.
Projection fit(const geo::Box& box) {
  const double middle = (static_cast<double>(box.south_e7) + box.north_e7) / 2;
  const double shorten = std::max(math::cos(middle * 1e-7 * math::kDegree), 0.05);
  double height = std::max<double>(static_cast<double>(box.north_e7) - box.south_e7, kSpanE7Min) * (1 + 2 * kPadding);
  double width =
      std::max<double>((static_cast<double>(box.east_e7) - box.west_e7) * shorten, kSpanE7Min) * (1 + 2 * kPadding);
  if (height > width * kAspectMax) width = height / kAspectMax;
  if (height < width * kAspectMin) height = width * kAspectMin;
  Projection p;
  p.west = math::round_to_integer((static_cast<double>(box.west_e7) + box.east_e7) / 2 - width / shorten / 2);
  p.north = math::round_to_integer(middle + height / 2);
  p.y_scale = math::round_to_integer(kMapWidth * static_cast<double>(kScaleUnit) / width);
  p.x_scale = math::round_to_integer(kMapWidth * static_cast<double>(kScaleUnit) * shorten / width);
  p.height = math::round_to_integer(kMapWidth * height / width);
  return p;
}

// A place for the name: above the middle of everything drawn, where symbols of incidents do not hide it; below where
// there is no room above.
std::pair<std::int64_t, std::int64_t> label_of(const std::vector<Path>& rings) {
  std::int64_t west = INT64_MAX, east = INT64_MIN, top = INT64_MAX, bottom = INT64_MIN;
  for (const Path& ring : rings) {
    for (const auto& [x, y] : ring) {
      west = std::min(west, x), east = std::max(east, x);
      top = std::min(top, y), bottom = std::max(bottom, y);
    }
  }
  if (west > east) return {0, 0};
  return {(west + east) / 2, top > 250 ? top - 60 : bottom + 170};
}

}  // namespace

Path thinned(const Path& path, std::int64_t step) {
  Path out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool last = i + 1 == path.size();
    if (!out.empty() && !last) {
      const std::int64_t dx = path[i].first - out.back().first;
      const std::int64_t dy = path[i].second - out.back().second;
      if (dx * dx + dy * dy < step * step) continue;
    }
    if (out.empty() || out.back() != path[i]) out.push_back(path[i]);
  }
  return out;
}

Json map_json(const std::vector<MapShape>& shapes, const std::vector<MapIncident>& incidents,
              const std::vector<MapSector>& sectors, std::int64_t without_place) {
  const geo::Box box = box_of(shapes, incidents);
  if (box.is_empty()) return Json();
  const Projection p = fit(box);
  Json drawn = Json::array();
  for (const MapShape& s : shapes) {
    Json j = Json::object({{"kind", s.kind}, {"party", s.party}, {"zone", s.zone}});
    Json paths = Json::array();
    std::vector<Path> outer;
    if (const auto* area = std::get_if<geo::MultiPolygon>(&s.geometry)) {
      for (const geo::Polygon& polygon : area->polygons) {
        outer.push_back(projected(polygon.outer.corners, p));
        paths.push_back(path_json(outer.back()));
        for (const geo::Ring& hole : polygon.holes) paths.push_back(path_json(projected(hole.corners, p)));
      }
      const auto [x, y] = label_of(outer);
      j.set("label", Json(Json::Array{Json(x), Json(y)}));
    } else if (const auto* lines = std::get_if<geo::Lines>(&s.geometry)) {
      for (const geo::Line& line : lines->lines) paths.push_back(path_json(projected(line.points, p)));
    } else {
      for (const geo::LatLng& q : std::get<geo::Points>(s.geometry).points) {
        paths.push_back(Json(Json::Array{Json(p.x(q.lng_e7)), Json(p.y(q.lat_e7))}));
      }
    }
    j.set("paths", std::move(paths));
    drawn.push_back(std::move(j));
  }
  Json dots = Json::array();
  std::int64_t not_shown = without_place;
  for (const MapIncident& i : incidents) {
    const std::int64_t x = p.x(i.at.lng_e7);
    const std::int64_t y = p.y(i.at.lat_e7);
    if (x < 0 || y < 0 || x > kMapWidth || y > p.height) {
      ++not_shown;
      continue;
    }
    dots.push_back(Json(Json::Array{Json(i.row), Json(x), Json(y), Json(p.metres(i.radius_m)), Json(i.weight)}));
  }
  Json fans = Json::array();
  for (const MapSector& f : sectors) {
    if (sectors.size() > kMapSectorsMax) break;
    Json fan = Json::array();
    fan.push_back(Json(f.row));
    for (const geo::LatLng& c : f.corners) fan.push_back(Json(Json::Array{Json(p.x(c.lng_e7)), Json(p.y(c.lat_e7))}));
    fans.push_back(std::move(fan));
  }
  return Json::object({{"height", p.height},
                       {"incidents", std::move(dots)},
                       {"north", p.north},
                       {"not_shown", not_shown},
                       {"sectors", std::move(fans)},
                       {"shapes", std::move(drawn)},
                       {"west", p.west},
                       {"without_place", without_place},
                       {"x_scale", p.x_scale},
                       {"y_scale", p.y_scale}});
}

}  // namespace truce::brief
