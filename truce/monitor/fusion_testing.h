// SPDX-License-Identifier: Apache-2.0
//
// For tests of the fusion only: reports of invented incidents, small blocks of them by a seed.

#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "truce/base/seed_testing.h"
#include "truce/monitor/cluster.h"

namespace truce::monitor {

struct TestBlock {
  std::vector<FusionReport> reports;
  std::vector<std::string> parties = {"north", "south", "watch"};
  // Number 0 is nobody; 1 to 3 are posts of "watch".
  std::vector<std::string> reporters = {"", "watch/op-1", "watch/op-2", "watch/op-3", "north/a", "south/b"};

  [[nodiscard]] Scorer scorer(const FusionModel& model) const { return {reports, model, parties, reporters}; }
};

inline constexpr std::int64_t kTestMs = 1'700'000'000'000;
// The middle of a cell of the grid of densities: all within a kilometre of it lies in the same cell.
inline constexpr geo::LatLng kTestPlace{380'100'000, -79'900'000};

// 1 E7 of latitude is about 11 mm: kilometres north and east, near enough.
inline geo::LatLng test_place(double north_km, double east_km) {
  return geo::LatLng::from_e7(kTestPlace.lat_e7 + static_cast<std::int32_t>(north_km * 90'090),
                              kTestPlace.lng_e7 + static_cast<std::int32_t>(east_km * 114'000));
}

inline FusionReport point_report(double minutes, double north_km, double east_km, std::uint32_t party = 0,
                                 std::int32_t radius_m = 800) {
  FusionReport r;
  r.from_ms = r.to_ms = kTestMs + static_cast<std::int64_t>(minutes * 60'000);
  r.precision_s = 300;
  r.at = test_place(north_km, east_km);
  r.radius_m = radius_m;
  r.kind = Kind::kShelling;
  r.means = Means::kTold;
  r.party = party;
  return r;
}

inline FusionReport bearing_report(double minutes, geo::LatLng observer, std::int32_t bearing_mdeg,
                                   std::int32_t distance_m, std::uint32_t post) {
  FusionReport r;
  r.from_ms = r.to_ms = kTestMs + static_cast<std::int64_t>(minutes * 60'000);
  r.precision_s = 60;
  r.form = Place::Form::kBearing;
  r.at = observer;
  r.radius_m = 50;
  r.bearing_mdeg = bearing_mdeg;
  r.distance_m = distance_m;
  r.kind = Kind::kExplosion;
  r.means = Means::kHeard;
  r.party = 2;
  r.reporter = post;
  return r;
}

// A few incidents within some kilometres and an hour, each told of by somebody; in canonical order of time.
inline TestBlock random_block(SeededNumbers& draw, std::size_t size) {
  TestBlock out;
  const auto noise = [&](double scale) { return (draw.unit() + draw.unit() + draw.unit() - 1.5) * 2 * scale; };
  const std::size_t incidents = 1 + draw.below(std::max<std::size_t>(size / 2, 1) + 1);
  struct Truth {
    double minutes, north, east;
    Kind kind;
    std::int32_t count;
  };
  std::vector<Truth> truth;
  for (std::size_t i = 0; i < incidents; ++i) {
    truth.push_back({draw.unit() * 60, draw.unit() * 8, draw.unit() * 8, static_cast<Kind>(draw.below(5)),
                     static_cast<std::int32_t>(draw.between(1, 30))});
  }
  while (out.reports.size() < size) {
    const Truth& t = truth[draw.below(truth.size())];
    if (draw.chance(3)) {
      const geo::LatLng post = test_place(t.north - 4, t.east + noise(1));
      out.reports.push_back(bearing_report(
          t.minutes + 0.2 + noise(1), post, static_cast<std::int32_t>(noise(12'000)) + 360'000,
          static_cast<std::int32_t>(4'000 + noise(1'500)), 1 + static_cast<std::uint32_t>(draw.below(3))));
      out.reports.back().bearing_mdeg %= 360'000;
    } else {
      out.reports.push_back(point_report(t.minutes + noise(5), t.north + noise(0.8), t.east + noise(0.8),
                                         static_cast<std::uint32_t>(draw.below(2))));
      FusionReport& r = out.reports.back();
      r.kind = draw.chance(4) ? Kind::kExplosion : t.kind;
      r.count =
          draw.chance(3) ? -1 : std::max<std::int32_t>(t.count + static_cast<std::int32_t>(draw.between(-2, 2)), 1);
      if (draw.chance(4)) r.killed = static_cast<std::int32_t>(draw.below(4));
      if (draw.chance(5)) r.direction_mdeg = static_cast<std::int32_t>(draw.below(2)) * 180'000;
    }
  }
  std::ranges::stable_sort(out.reports, {}, &FusionReport::from_ms);
  return out;
}

}  // namespace truce::monitor
