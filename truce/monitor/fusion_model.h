// SPDX-License-Identifier: Apache-2.0
//
// FusionModel: what the fusion of reports believes about reporters, before it looks at the reports of a block: how
// exact times and places are, which kinds are taken for which, how many reports a party files, where incidents are
// frequent. Either the rules' neutral priors (neutral()) or those with the tables of a calibration (calibration.h) put
// in.
//
// A value; built once for many blocks, then only read: any number of threads. It is NOT learnt from the block that it
// judges; that would let a block talk itself into anything. docs/fusion.md explains each number in plain words.

#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "truce/geo/lat_lng.h"
#include "truce/monitor/taxonomy.h"

namespace truce::monitor {

// What can really have happened, of the family of weapon uses; kWeaponUse ("not stated which") is only ever observed.
inline constexpr std::size_t kHiddenKindCount = 7;
inline constexpr std::size_t kObservedKindCount = 8;
// Reports are confused differently by how they know: seen (camera, uav, sensor too), heard, told (and not stated).
inline constexpr std::size_t kMeansGroupCount = 3;
[[nodiscard]] std::size_t means_group(Means means);
// Casualties are told differently: seen, heard, told, and by posts, whose forms rarely hold any.
inline constexpr std::size_t kHarmGroupCount = 4;
[[nodiscard]] std::size_t harm_group(Means means, bool is_post);

// True numbers that a count or a number of casualties may have; a reported number falls near one of them.
inline constexpr std::array<int, 14> kCountBins = {1, 2, 3, 4, 5, 7, 10, 14, 20, 28, 40, 56, 80, 120};
inline constexpr std::array<int, 8> kHarmBins = {0, 1, 2, 3, 4, 6, 10, 20};
// Reported numbers above are treated as this.
inline constexpr int kReportedNumberMax = 200;

// How often a party tells of an incident, and how often it does so again.
struct PartyHabit {
  double reports = 0.5;  // probability that it files at least one report
  double again = 0.12;   // probability of one more after each
  friend bool operator==(const PartyHabit&, const PartyHabit&) = default;
};

// Where a post stands, how far it tells of things, and how often it does of what happens within.
struct PostHabit {
  geo::LatLng at;
  std::int32_t reach_m = 0;
  double reports = 0.25;
  friend bool operator==(const PostHabit&, const PostHabit&) = default;
};

// A place whose coordinates reporters use as a name: each report that names it stands for "this is the nearest place".
struct NamedSpot {
  geo::LatLng at;
  std::int32_t radius_m = 0;     // as stated with it
  double incidents_per_day = 0;  // of which this is the nearest place
  friend bool operator==(const NamedSpot&, const NamedSpot&) = default;
};

// Incidents counted on a grid of cells, for the density of incidents around a place.
struct IncidentGrid {
  static constexpr std::int32_t kCellE7 = 200'000;                    // 0.02 degree: 2.2 km of latitude
  std::map<std::pair<std::int32_t, std::int32_t>, double> incidents;  // (row, column) of the cell -> incidents counted
  double days = 0;                                                    // over so many days; 0: no grid
  friend bool operator==(const IncidentGrid&, const IncidentGrid&) = default;
};

struct FusionModel {
  // Standard deviations as a multiple of what the reporter states: of the stated precision of a time, of the radius of
  // a place (each direction).
  std::array<double, 2> time_scale = {0.5, 0.5};  // of posts, of all others
  double radius_scale = 0.5;
  // Of bearings without a stated error, and of distances as a part of the distance.
  double bearing_sigma_mdeg = 5'000;
  double distance_sigma_part = 0.25;
  // Seconds by which a reporter's clock is ahead, by "party/reporter".
  std::map<std::string, double> clock_offset_s;

  // P(observed | hidden) by group of means; P(hidden).
  using Confusion = std::array<std::array<double, kObservedKindCount>, kHiddenKindCount>;
  std::array<Confusion, kMeansGroupCount> confusion{};
  std::array<double, kHiddenKindCount> kind_prior{};

  // Reported number around the true one: standard deviation of its logarithm; P(true number | hidden kind), the last
  // row for incidents of other families.
  double count_sigma = 0.40;
  std::array<std::array<double, kCountBins.size()>, kHiddenKindCount + 1> count_prior{};
  // Casualties: the same, with the probability that a report by this group of means says 0 where there were some, and
  // that it says some where there were none.
  std::array<double, 2> harm_sigma = {0.35, 0.35};  // of killed, of injured
  std::array<double, kHarmGroupCount> harm_missed{0.30, 0.90, 0.35, 0.90};
  double harm_invented = 0.01;
  std::array<double, kHarmBins.size()> killed_prior{};
  std::array<double, kHarmBins.size()> injured_prior{};

  std::map<std::string, PartyHabit> habits;  // by said party
  PartyHabit habit;                          // of a party that is not in `habits`
  double post_reports = 0.25;                // probability that a post that could know of an incident reports it
  std::map<std::string, PostHabit> posts;    // by "party/reporter"

  std::vector<NamedSpot> spots;  // ascending by place, distinct
  // Probability that a second report that names a place names the same one as the first.
  double same_spot = 0.95;
  IncidentGrid grid;
  // Incidents for each report, where the grid must be made from the block's own reports.
  double reports_per_incident = 1.8;

  [[nodiscard]] static FusionModel neutral();
  friend bool operator==(const FusionModel&, const FusionModel&) = default;
};

}  // namespace truce::monitor
