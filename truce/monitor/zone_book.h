// SPDX-License-Identifier: Apache-2.0
//
// ZoneBook: all parties' maps of all zones in their effective versions, ready to be asked how an uncertain place at a
// time lies to them. Built once, then only read: any number of threads. Pure: blobs are parsed by whoever builds it.
//
// Several maps of one zone (variants) are kept apart and answered apart; a zone is said to hold a place if any of its
// maps does, and the answers tell where the maps differ. Only ring zones hold places; posts give coordinates to
// bearings.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "truce/base/result.h"
#include "truce/base/time.h"
#include "truce/geo/geometry.h"
#include "truce/geo/uncertain_place.h"
#include "truce/geo/zone_index.h"
#include "truce/monitor/report.h"
#include "truce/monitor/zone.h"

namespace truce::monitor {

struct ZoneMap {
  std::string party;  // whose log states it
  ZoneStatement zone;
  geo::Geometry geometry;
  geo::MultiPolygon near;    // empty: none stated
  bool is_proposed = false;  // not in force by the rule yet: answers, and is never in force
};

// Neutral priors of the rules for bearing reports that state no error of their own (docs/format/report.md).
inline constexpr std::int32_t kBearingErrorPriorMdeg = 5'000;
// One sigma of distance as a part of the distance, and its least value.
inline constexpr std::int32_t kDistanceErrorPriorPercent = 20;
inline constexpr std::int32_t kDistanceErrorPriorMinMetres = 100;

class ZoneBook {
 public:
  // How a place lies to one map of one zone. Zones that the place is outside of by any measure and every map are left
  // out; where one map answers the other maps of that zone answer too, be it "outside".
  struct Answer {
    std::uint32_t map = 0;  // number in maps()
    geo::ZoneRelation relation;
    bool holds_nominal = false;
    bool in_force = false;
  };

  // Sorts the maps by (zone, those in force by the rule first, said-by party, author). Fails with kTooManyVertices.
  [[nodiscard]] static Result<ZoneBook> build(std::vector<ZoneMap> maps);

  [[nodiscard]] const std::vector<ZoneMap>& maps() const { return maps_; }

  // Answers in the order of maps(); replaces what `answers` held. `stated_zone`: the zone that the report names as its
  // place and nothing closer; by every map of it the place is inside.
  void ask(const geo::UncertainPlace& place, Instant at, std::vector<Answer>& answers,
           std::string_view stated_zone = {}) const;

  // The place of a report: discs and sectors as stated, posts by their first map, zones by the disc
  // round their box. kNotFound where a post or zone is not in the book, kInvalidPlace where the numbers make no place.
  [[nodiscard]] Result<geo::UncertainPlace> place_of(const Place& place) const;

  // The first map of a zone, or nullptr.
  [[nodiscard]] const ZoneMap* find(const std::string& zone) const;

 private:
  std::vector<ZoneMap> maps_;
  geo::ZoneIndex index_;
  std::vector<std::uint32_t> ring_maps_;  // index number -> map number
  std::vector<geo::PreparedArea> near_;   // by index number
  std::vector<std::uint32_t> zone_ends_;  // index number after the last map of each zone, ascending
};

// A report's place without any book: discs and sectors only.
[[nodiscard]] Result<geo::UncertainPlace> stated_place(const Place& place, geo::LatLng observer,
                                                       std::int64_t observer_radius_m);

}  // namespace truce::monitor
