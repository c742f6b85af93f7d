// SPDX-License-Identifier: Apache-2.0
//
// The text of an exercise's files (docs/format/exercise.md): rows, zones, the scenario with its hidden truth. Values
// in, text out; whoever calls writes the files. Any thread.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "truce/exercise/scenario.h"
#include "truce/monitor/bodies.h"

namespace truce::exercise {

inline constexpr std::string_view kReportsHeader =
    "id,party,reporter,observed_at,time_precision_s,lat,lon,radius_m,observer_lat,observer_lon,bearing_deg,distance_m,"
    "how,kind,count,killed,injured\n";
inline constexpr std::string_view kTruthHeader = "id,incident\n";
inline constexpr std::string_view kPatrolsHeader =
    "id,party,reporter,observed_at,to,time_precision_s,lat,lon,radius_m,how,kind,detail_zone,detail_day_minutes,"
    "detail_night_minutes\n";

void append_report(std::string& out, const World& world, const ReportRow& row);
void append_truth(std::string& out, const ReportRow& row);
void append_patrol(std::string& out, const World& world, const PatrolRow& row);
void append_patrol_truth(std::string& out, const PatrolRow& row);

// A FeatureCollection that `truce zone import` reads.
[[nodiscard]] std::string zones_geojson(const World& world);

// The region's places, as `truce place import` reads them and as a list's blob holds them.
inline constexpr std::int64_t kPlaceRadius = 3'000;
[[nodiscard]] std::string places_csv(const World& world);
[[nodiscard]] std::vector<monitor::NamedPlace> place_list(const World& world);

// scenario.json is head, incidents (one a line, with commas between), tail.
[[nodiscard]] std::string scenario_head(const World& world);
void append_incident(std::string& out, const Incident& incident, bool first);
[[nodiscard]] std::string scenario_tail();

}  // namespace truce::exercise
