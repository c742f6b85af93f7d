// SPDX-License-Identifier: Apache-2.0
//
// UncertainPlace: where something happened, as far as the reporter can say. A disc (coordinates and radius) or a sector
// (observer, bearing, distance, each with its error). relation() says how such a place lies to a zone.
//
// A radius is read as: 86.5 % of such places lie within it, that is a normal distribution of sigma = radius / 2 in each
// direction. A sector: bearing and distance are normal with the errors stated as one sigma, the observer as a disc.
// Whoever states a radius of 5 km therefore says "within 2.5 km in two cases of five, beyond 5 km in one of seven".
//
// The probability is a count over 512 fixed points of equal weight (no random draw, the same at every party): within
// 0.015 of the real one for a zone whose border is straight at that scale. It is NOT corrected for borders that both
// parties dispute.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "truce/base/result.h"
#include "truce/geo/lat_lng.h"
#include "truce/geo/prepared_area.h"

namespace truce::geo {

struct Disc {
  LatLng centre;
  std::int32_t radius_m = 0;  // 0: exactly known
  friend bool operator==(const Disc&, const Disc&) = default;
};

struct Sector {
  LatLng observer;
  std::int32_t observer_radius_m = 0;   // as a disc's radius
  std::int32_t bearing_mdeg = 0;        // clockwise from true north, 0..359,999
  std::int32_t bearing_error_mdeg = 0;  // one sigma
  std::int32_t distance_m = 0;
  std::int32_t distance_error_m = 0;  // one sigma
  friend bool operator==(const Sector&, const Sector&) = default;
};

// Stronger is greater, so that "the strongest over all zones" is std::max.
enum class Relation : std::uint8_t {
  kOutside = 0,
  kNear = 1,            // p(inside) < 0.05, but p(inside the near-area) >= 0.5
  kCannotTell = 2,      // 0.05 <= p(inside) < 0.60
  kProbablyInside = 3,  // 0.60 <= p(inside) < 0.95
  kInside = 4,          // p(inside) >= 0.95; of an exactly known place: inside, edges included
};

// "outside", "near", "cannot-tell", "probably-inside", "inside".
[[nodiscard]] std::string_view relation_name(Relation relation);
// The inverse; kInvalidArgument for any other text.
[[nodiscard]] Result<Relation> parse_relation(std::string_view name);

struct ZoneRelation {
  Relation relation = Relation::kOutside;
  std::int32_t inside_ppm = 0;  // parts per million
  std::int32_t near_ppm =
      0;  // inside the zone or its near-area; computed only where it decides, else equal to inside_ppm
  friend bool operator==(const ZoneRelation&, const ZoneRelation&) = default;
};

class UncertainPlace {
 public:
  // Limits of what a statement may say; check() below.
  static constexpr std::int32_t kRadiusMMax = 1'000'000;
  static constexpr std::int32_t kDistanceMMax = 500'000;

  // kInvalidPlace / kOutOfRange naming what is off.
  [[nodiscard]] static Result<UncertainPlace> make(const Disc& disc);
  [[nodiscard]] static Result<UncertainPlace> make(const Sector& sector);

  // The most likely point: the disc's centre, or the point at the sector's bearing and distance.
  [[nodiscard]] LatLng nominal() const { return nominal_; }
  // No uncertainty at all.
  [[nodiscard]] bool is_exact() const { return is_exact_; }
  // Holds the place at four sigma, and every point of the sample.
  [[nodiscard]] const Box& box() const { return box_; }
  // Radius of a disc that is as wide as the place is: of a sector the root mean square of both directions. For displays
  // and widening.
  [[nodiscard]] std::int32_t radius_m() const { return radius_m_; }

  // The fixed sample, of equal weight: 512 points, or the nominal one alone if is_exact(). Replaces what `points` held.
  void sample(std::vector<LatLng>& points) const;

 private:
  UncertainPlace() = default;
  void sample_disc(std::vector<LatLng>& points) const;
  void sample_sector(std::vector<LatLng>& points) const;

  Sector sector_;  // a disc: observer and observer_radius_m only
  bool is_sector_ = false;
  bool is_exact_ = true;
  LatLng nominal_;
  std::int32_t radius_m_ = 0;
  Box box_;
};

// How `place` lies to `zone` with its stated near-area (which may be empty: then nothing is near). Allocates nothing
// per call after the thread's first. Cost: two box comparisons where the place is clear of every edge, else about 3 us.
[[nodiscard]] ZoneRelation relation(const UncertainPlace& place, const PreparedArea& zone,
                                    const PreparedArea& near_area);

// Probability in parts per million that `place` lies in `zone`.
[[nodiscard]] std::int32_t inside_ppm(const UncertainPlace& place, const PreparedArea& zone);

}  // namespace truce::geo
