// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/zone_book.h"

#include <algorithm>
#include <tuple>

#include "truce/base/encoding.h"
#include "truce/geo/geodesy.h"

namespace truce::monitor {

Result<ZoneBook> ZoneBook::build(std::vector<ZoneMap> maps) {
  ZoneBook book;
  book.maps_ = std::move(maps);
  std::ranges::sort(book.maps_, [](const ZoneMap& a, const ZoneMap& b) {
    return std::tie(a.zone.id, a.is_proposed, a.zone.said_by, a.party) <
           std::tie(b.zone.id, b.is_proposed, b.zone.said_by, b.party);
  });
  std::vector<geo::IndexedZone> rings;
  for (std::uint32_t i = 0; i < book.maps_.size(); ++i) {
    const ZoneMap& m = book.maps_[i];
    const auto* polygons = std::get_if<geo::MultiPolygon>(&m.geometry);
    if (!is_ring_zone(m.zone.kind) || polygons == nullptr) continue;
    book.ring_maps_.push_back(i);
    rings.push_back({*polygons, geo::Validity{m.zone.valid_from, m.zone.valid_to}});
    book.near_.emplace_back(m.near);
  }
  for (std::uint32_t i = 1; i <= book.ring_maps_.size(); ++i) {
    const auto zone_of = [&](std::uint32_t n) -> const std::string& { return book.maps_[book.ring_maps_[n]].zone.id; };
    if (i == book.ring_maps_.size() || zone_of(i) != zone_of(i - 1)) book.zone_ends_.push_back(i);
  }
  TRUCE_TRY(book.index_, geo::ZoneIndex::build(rings));
  return book;
}

void ZoneBook::ask(const geo::UncertainPlace& place, Instant at, std::vector<Answer>& answers,
                   std::string_view stated_zone) const {
  constexpr std::int32_t kCertainPpm = 1'000'000;
  answers.clear();
  std::uint32_t first = 0;
  for (const std::uint32_t end : zone_ends_) {
    const bool is_stated = !stated_zone.empty() && maps_[ring_maps_[first]].zone.id == stated_zone;
    const bool is_one = end - first == 1;
    const std::size_t before = answers.size();
    bool answered = false;
    for (std::uint32_t i = first; i < end; ++i) {
      const geo::PreparedArea& area = index_.area(i);
      const bool reachable =
          area.box().touches(place.box()) || (!near_[i].box().is_empty() && near_[i].box().touches(place.box()));
      if (!reachable && !is_stated && is_one) continue;
      Answer a;
      a.map = ring_maps_[i];
      a.in_force = !maps_[a.map].is_proposed && index_.validity(i).holds(at);
      if (is_stated) {
        a.relation = {geo::Relation::kInside, kCertainPpm, kCertainPpm};
        a.holds_nominal = true;
      } else if (reachable) {
        a.relation = geo::relation(place, area, near_[i]);
        a.holds_nominal = area.contains(place.nominal());
      }
      answered = answered || a.relation.relation != geo::Relation::kOutside || a.holds_nominal;
      answers.push_back(a);
    }
    if (!answered) answers.resize(before);
    first = end;
  }
}

const ZoneMap* ZoneBook::find(const std::string& zone) const {
  const auto it =
      std::ranges::lower_bound(maps_, zone, {}, [](const ZoneMap& m) -> const std::string& { return m.zone.id; });
  return it != maps_.end() && it->zone.id == zone ? &*it : nullptr;
}

Result<geo::UncertainPlace> stated_place(const Place& place, geo::LatLng observer, std::int64_t observer_radius_m) {
  if (place.form == Place::Form::kPoint) {
    return geo::UncertainPlace::make(geo::Disc{place.at, static_cast<std::int32_t>(place.radius_m)});
  }
  geo::Sector s;
  s.observer = observer;
  s.observer_radius_m = static_cast<std::int32_t>(observer_radius_m);
  s.bearing_mdeg = static_cast<std::int32_t>(place.bearing_mdeg);
  s.bearing_error_mdeg = static_cast<std::int32_t>(place.bearing_error_mdeg.value_or(kBearingErrorPriorMdeg));
  s.distance_m = static_cast<std::int32_t>(place.distance_m);
  s.distance_error_m = static_cast<std::int32_t>(place.distance_error_m.value_or(
      std::max<std::int64_t>(kDistanceErrorPriorMinMetres, place.distance_m * kDistanceErrorPriorPercent / 100)));
  return geo::UncertainPlace::make(s);
}

Result<geo::UncertainPlace> ZoneBook::place_of(const Place& place) const {
  if (place.form == Place::Form::kPoint || place.form == Place::Form::kBearing) {
    return stated_place(place, place.at, place.radius_m);
  }
  const ZoneMap* map = find(place.ref);
  if (map == nullptr) return fail(ErrorCode::kNotFound, "no zone or post " + quoted(place.ref) + " is stated");
  const geo::Box box = geo::bounding_box(map->geometry);
  const geo::LatLng centre =
      geo::LatLng::from_e7(static_cast<std::int32_t>((std::int64_t{box.south_e7} + box.north_e7) / 2),
                           static_cast<std::int32_t>((std::int64_t{box.west_e7} + box.east_e7) / 2));
  const auto reach_m = static_cast<std::int64_t>(geo::distance_m(box.south_west(), box.north_east()) / 2);
  if (place.form == Place::Form::kPostBearing) return stated_place(place, centre, reach_m);
  return geo::UncertainPlace::make(
      geo::Disc{centre, static_cast<std::int32_t>(std::min<std::int64_t>(reach_m, kRadiusMetresMax))});
}

}  // namespace truce::monitor
