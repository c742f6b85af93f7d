// SPDX-License-Identifier: Apache-2.0

#include "truce/brief/content_maker.h"

#include <algorithm>

#include "truce/geo/geodesy.h"
#include "truce/monitor/taxonomy.h"

namespace truce::brief {

// Of reports by bearing and distance about the incidents shown: the observer's view, for the parties alone.
Result<std::vector<MapSector>> Maker::sectors() {
  std::vector<MapSector> out;
  if (is_public_) return out;
  std::map<std::string, std::int64_t> row_of;
  for (std::size_t i = 0; i < shown_.size(); ++i) row_of[shown_[i].id] = static_cast<std::int64_t>(i);
  const auto take = [&](const picture::Row& cells) -> Status {
    if (out.size() > kMapSectorsMax) return {};
    TRUCE_TRY(const auto r, picture::from_row<picture::ReportRow>(cells));
    const auto row = row_of.find(r.incident);
    if (row == row_of.end() || !r.bearing_mdeg || !r.distance_m) return {};
    std::optional<geo::LatLng> observer;
    if (r.observer_lat_e7 && r.observer_lng_e7) {
      if (const auto at = geo::LatLng::checked(*r.observer_lat_e7, *r.observer_lng_e7)) observer = at.value();
    } else {
      for (const Zone& z : zones_) {
        if (z.row.zone != r.place_ref || !z.geometry) continue;
        if (const auto* points = std::get_if<geo::Points>(&*z.geometry); points != nullptr && !points->points.empty())
          observer = points->points[0];
      }
    }
    if (!observer) return {};
    const auto bearing = static_cast<std::int32_t>(*r.bearing_mdeg);
    const auto angle = static_cast<std::int32_t>(r.bearing_error_mdeg.value_or(monitor::kBearingErrorPriorMdeg));
    const std::int64_t along = r.distance_error_m.value_or(*r.distance_m * monitor::kDistanceErrorPriorPercent / 100);
    const double near = static_cast<double>(std::max<std::int64_t>(*r.distance_m - along, 0));
    const double far = static_cast<double>(*r.distance_m + along);
    MapSector s;
    s.row = row->second;
    for (const std::int32_t d : {-angle, 0, angle}) s.corners.push_back(geo::destination(*observer, bearing + d, far));
    for (const std::int32_t d : {angle, 0, -angle}) s.corners.push_back(geo::destination(*observer, bearing + d, near));
    out.push_back(std::move(s));
    return {};
  };
  TRUCE_CHECK(tables_.visit(picture::table("reports"), margin_before(), margin_after(), take));
  return out;
}

Result<Json> Maker::drawn_map() {
  std::vector<MapShape> shapes;
  std::set<std::pair<std::string, std::string>> drawn;  // zone and geometry: equal maps of two parties are drawn once
  for (const Zone& z : zones_) {
    if (!z.geometry || !drawn.emplace(z.row.zone, z.row.geometry).second) continue;
    if (!request_.zone.empty() && monitor::is_ring_zone(z.kind) && z.row.zone != request_.zone) continue;
    shapes.push_back({z.row.zone, z.row.kind, z.row.said_by.empty() ? z.row.party : z.row.said_by, *z.geometry});
  }
  std::vector<MapIncident> incidents;
  std::int64_t without_place = 0;
  for (std::size_t i = 0; i < shown_.size(); ++i) {
    const IncidentRow& r = shown_[i];
    if (r.group == "activity" && r.kind == "patrol") continue;
    const auto p =
        r.lat_e7 && r.lng_e7 ? geo::LatLng::checked(*r.lat_e7, *r.lng_e7) : fail(ErrorCode::kInvalidPlace, "");
    if (p) {
      incidents.push_back({static_cast<std::int64_t>(i), *p, r.radius_m, own_logs(r) + (is_public_ ? 0 : r.posts)});
    } else {
      ++without_place;
    }
  }
  TRUCE_TRY(const std::vector<MapSector> fans, sectors());
  return map_json(shapes, incidents, fans, without_place);
}

}  // namespace truce::brief
