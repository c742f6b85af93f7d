// SPDX-License-Identifier: Apache-2.0
//
// World: what stays the same through an exercise and what the trained are not told: parties with their bias, their
// reporters, observation posts with their clocks and ears, hot spots, zones. Made from the options alone. A value;
// any thread.

#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "truce/exercise/options.h"
#include "truce/geo/geometry.h"
#include "truce/monitor/taxonomy.h"
#include "truce/monitor/zone.h"

namespace truce::exercise {

// What happens in an exercise, most frequent first.
inline constexpr std::array<monitor::Kind, 6> kKinds = {monitor::Kind::kShelling,    monitor::Kind::kSmallArms,
                                                        monitor::Kind::kExplosion,   monitor::Kind::kAirstrike,
                                                        monitor::Kind::kDroneStrike, monitor::Kind::kMine};

struct HiddenParty {
  std::string id;
  std::string name;
  int side = -1;  // whose friend: 0, 1; -1: nobody's
  // Share of ordinary incidents that it reports at all; mean number of further reports once it does.
  double reports = 0;
  double further = 0;
  // What it multiplies counts and casualties by: of fire of its friends, of their opponents, of others.
  double factor_own = 1, factor_other = 1, factor_neutral = 1;
  double confusion = 0;        // share of kinds it gets wrong
  double village = 0;          // share of reports that name a village
  double told = 0;             // share told, not seen
  double states_harm = 0;      // share of reports that look into casualties; others state zero
  std::int64_t village_m = 0;  // radii that it writes
  std::int64_t precise_m = 0;
};

struct HiddenReporter {
  std::string id;
  std::array<double, 4> precisions{};  // running weights of kPrecisions
  double time_error = 0;               // sigma as a part of the precision that is stated
  double place_error = 0;              // sigma as a part of the radius that is stated
  bool rounds = false;                 // writes times to five minutes, or to the hour
};
inline constexpr std::array<std::int64_t, 4> kPrecisions = {300, 1'800, 3'600, 21'600};

struct HiddenPost {
  std::string id;  // also its zone
  std::size_t party = 0;
  geo::LatLng at;
  double hearing_m = 0;             // shelling is heard half of the time here
  std::int64_t clock_offset_s = 0;  // its clock shows true time plus this
  std::int64_t bearing_bias_mdeg = 0;
  std::int64_t bearing_error_mdeg = 0;  // one sigma
  double distance_factor = 1;
  double distance_error = 0;  // one sigma of the logarithm
  double attention = 0;       // share of what can be heard that is written down
};

struct ExercisePlace {
  std::string name;
  geo::LatLng at;
  double weight = 0;
  int side = 0;
};

struct ExerciseZone {
  std::string id;
  std::string name;
  monitor::ZoneKind kind = monitor::ZoneKind::kDeEscalationZone;
  std::string geometry;  // GeoJSON
};

struct World {
  Options options;
  std::vector<ExercisePlace> places;
  std::vector<double> place_weights;  // running sums
  std::vector<HiddenParty> parties;
  std::vector<std::vector<HiddenReporter>> reporters;  // by party
  std::vector<HiddenPost> posts;
  std::array<double, kKinds.size()> kinds{};  // running weights
  std::vector<ExerciseZone> zones;            // posts are not among them
};

// Streams of Draws.
enum class Stream : std::uint64_t { kWorld = 1, kDay, kIncident, kPatrol, kShuffle };

// To five decimals of a degree, about a metre: what files of reports hold.
[[nodiscard]] geo::LatLng to_file_digits(geo::LatLng p);

// Fails as Options::check() does.
[[nodiscard]] Result<World> make_world(const Options& options);

}  // namespace truce::exercise
