// SPDX-License-Identifier: Apache-2.0

#include "truce/geo/uncertain_place.h"

#include <algorithm>
#include <array>

#include "truce/base/math.h"
#include "truce/geo/geodesy.h"

namespace truce::geo {

namespace {

constexpr int kSampleCount = 512;
constexpr int kBearingCount = 64;  // of the sector's sample; kSampleCount / kBearingCount distances each
constexpr double kSigmaMax = 4;    // the sample stays within the box

constexpr std::array<std::string_view, 5> kRelationNames = {"outside", "near", "cannot-tell", "probably-inside",
                                                            "inside"};

// Where relations begin, in parts per million.
constexpr std::int32_t kInsidePpm = 950'000;
constexpr std::int32_t kProbablyPpm = 600'000;
constexpr std::int32_t kCannotTellPpm = 50'000;
constexpr std::int32_t kNearPpm = 500'000;

// Inverse of the standard normal distribution function, by bisection: exact to its last bits, and the same everywhere.
double normal_quantile(double p) {
  double low = -kSigmaMax;
  double high = kSigmaMax;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (math::normal_cdf(middle) < p ? low : high) = middle;
  }
  return (low + high) / 2;
}

struct Lattice {
  // Disc: a sunflower of the normal distribution in the plane, in sigmas.
  std::array<double, kSampleCount> east;
  std::array<double, kSampleCount> north;
  // Sector: bearings at the middles of 64 equal shares; 512 distances, each once, spread over the bearings.
  std::array<double, kBearingCount> bearing;
  std::array<double, kSampleCount> distance;

  Lattice() {
    // The golden angle, 2 pi (1 - 1 / phi), with phi from its square root.
    const double golden = 2 * math::kPi * (1 - 2 / (1 + math::sqrt(5.0)));
    for (int i = 0; i < kSampleCount; ++i) {
      const auto k = static_cast<std::size_t>(i);
      const double share = (i + 0.5) / kSampleCount;
      const double r = math::sqrt(-2 * math::log(1 - share));
      east[k] = r * math::cos(golden * i);
      north[k] = r * math::sin(golden * i);
      // Row b of the bearings takes the distances (8 j + frac(b phi) 8) / 512: a lattice in two dimensions.
      const int b = i / (kSampleCount / kBearingCount);
      const int j = i % (kSampleCount / kBearingCount);
      const int reversed = (b & 1) << 5 | (b & 2) << 3 | (b & 4) << 1 | (b & 8) >> 1 | (b & 16) >> 3 | (b & 32) >> 5;
      distance[k] = normal_quantile((j * kBearingCount + reversed + 0.5) / kSampleCount);
    }
    for (int b = 0; b < kBearingCount; ++b)
      bearing[static_cast<std::size_t>(b)] = normal_quantile((b + 0.5) / kBearingCount);
  }
};

const Lattice& lattice() {
  static const Lattice table;
  return table;
}

// E7 units a metre.
struct PerMetre {
  double north;
  double east;  // 0 at a pole
  explicit PerMetre(LatLng here) {
    const LocalScale scale = local_scale(here);
    north = 1 / scale.north_m_per_e7;
    east = scale.east_m_per_e7 > 1e-7 ? 1 / scale.east_m_per_e7 : 0;
  }
};

// Halves away from zero, as math::round_to_integer(). REQUIRES: |x| < 2^31.
std::int32_t nearest(double x) {
  return static_cast<std::int32_t>(static_cast<std::int64_t>(x < 0 ? x - 0.5 : x + 0.5));
}

LatLng offset(LatLng from, const PerMetre& scale, double east_m, double north_m) {
  const double lat = from.lat_e7 + north_m * scale.north;
  const double lng = from.lng_e7 + east_m * scale.east;
  const double lat_max = kLatE7Max;
  const double lng_max = kLngE7Max;
  return {nearest(std::clamp(lat, -lat_max, lat_max)), nearest(std::clamp(lng, -lng_max, lng_max))};
}

// Hands each offset of the sector's sample from its nominal point, in metres, to `use`.
template <typename Use>
void for_sector(const Sector& s, Use use) {
  const Lattice& l = lattice();
  const double to_radians = math::kDegree / 1000;
  const double bearing = s.bearing_mdeg * to_radians;
  const double nominal_east = s.distance_m * math::sin(bearing);
  const double nominal_north = s.distance_m * math::cos(bearing);
  const double sigma_observer = s.observer_radius_m / 2.0;
  constexpr int kRow = kSampleCount / kBearingCount;
  for (int b = 0; b < kBearingCount; ++b) {
    const double angle = bearing + s.bearing_error_mdeg * to_radians * l.bearing[static_cast<std::size_t>(b)];
    const double sin = math::sin(angle);
    const double cos = math::cos(angle);
    for (int j = 0; j < kRow; ++j) {
      const auto i = static_cast<std::size_t>(b * kRow + j);
      const auto o = (i * 197 + 101) % kSampleCount;  // the observer's own error, in another order
      const double d = std::max(0.0, s.distance_m + s.distance_error_m * l.distance[i]);
      use(d * sin - nominal_east + sigma_observer * l.east[o], d * cos - nominal_north + sigma_observer * l.north[o]);
    }
  }
}

Status check_radius(std::int32_t radius_m, const char* name) {
  if (radius_m >= 0 && radius_m <= UncertainPlace::kRadiusMMax) return {};
  return fail(ErrorCode::kOutOfRange, std::string(name) + " " + std::to_string(radius_m) + " m is outside of 0.." +
                                          std::to_string(UncertainPlace::kRadiusMMax));
}

std::int32_t to_ppm(std::uint32_t count) {
  return static_cast<std::int32_t>(std::int64_t{count} * 1'000'000 / kSampleCount);
}

std::vector<LatLng>& scratch() {
  thread_local std::vector<LatLng> points;
  return points;
}

}  // namespace

std::string_view relation_name(Relation relation) {
  return kRelationNames[static_cast<std::size_t>(relation)];
}

Result<Relation> parse_relation(std::string_view name) {
  for (std::size_t i = 0; i < kRelationNames.size(); ++i) {
    if (kRelationNames[i] == name) return static_cast<Relation>(i);
  }
  return fail(ErrorCode::kInvalidArgument,
              "no relation of this name: outside, near, cannot-tell, probably-inside, inside");
}

Result<UncertainPlace> UncertainPlace::make(const Disc& disc) {
  TRUCE_TRY(const LatLng centre, LatLng::checked(disc.centre.lat_e7, disc.centre.lng_e7));
  TRUCE_CHECK(check_radius(disc.radius_m, "radius"));
  UncertainPlace place;
  place.sector_.observer = centre;
  place.sector_.observer_radius_m = disc.radius_m;
  place.nominal_ = centre;
  place.radius_m_ = disc.radius_m;
  place.is_exact_ = disc.radius_m == 0;
  place.box_.add(centre);
  if (!place.is_exact_) {
    // In the plane of the sample, with a unit for rounding: at the very scale that sample() uses.
    const PerMetre scale(centre);
    const double reach = kSigmaMax * disc.radius_m / 2.0;
    place.box_.add(offset(centre, scale, -reach, -reach));
    place.box_.add(offset(centre, scale, reach, reach));
  }
  return place;
}

Result<UncertainPlace> UncertainPlace::make(const Sector& sector) {
  TRUCE_TRY(const LatLng observer, LatLng::checked(sector.observer.lat_e7, sector.observer.lng_e7));
  TRUCE_CHECK(check_radius(sector.observer_radius_m, "observer radius"));
  if (sector.bearing_mdeg < 0 || sector.bearing_mdeg >= kFullCircleMdeg) {
    return fail(ErrorCode::kOutOfRange,
                "bearing " + std::to_string(sector.bearing_mdeg) + " mdeg is outside of 0..359999");
  }
  if (sector.bearing_error_mdeg < 0 || sector.bearing_error_mdeg > kFullCircleMdeg / 2) {
    return fail(ErrorCode::kOutOfRange,
                "bearing error " + std::to_string(sector.bearing_error_mdeg) + " mdeg is outside of 0..180000");
  }
  if (sector.distance_m < 0 || sector.distance_m > kDistanceMMax) {
    return fail(ErrorCode::kOutOfRange, "distance " + std::to_string(sector.distance_m) + " m is outside of 0.." +
                                            std::to_string(kDistanceMMax));
  }
  if (sector.distance_error_m < 0 || sector.distance_error_m > kDistanceMMax) {
    return fail(ErrorCode::kOutOfRange, "distance error " + std::to_string(sector.distance_error_m) +
                                            " m is outside of 0.." + std::to_string(kDistanceMMax));
  }
  UncertainPlace place;
  place.sector_ = sector;
  place.is_sector_ = true;
  place.nominal_ = destination(observer, sector.bearing_mdeg, sector.distance_m);
  place.is_exact_ = sector.observer_radius_m == 0 && sector.distance_error_m == 0 &&
                    (sector.bearing_error_mdeg == 0 || sector.distance_m == 0);
  place.box_.add(place.nominal_);
  if (place.is_exact_) return place;

  const double to_radians = math::kDegree / 1000;
  const double bearing = sector.bearing_mdeg * to_radians;
  const double spread = kSigmaMax * sector.bearing_error_mdeg * to_radians;
  const double closest = std::max(0.0, sector.distance_m - kSigmaMax * sector.distance_error_m);
  const double farthest = sector.distance_m + kSigmaMax * sector.distance_error_m;
  const double reach = kSigmaMax * sector.observer_radius_m / 2.0;
  // The plane's box of the ring sector: its four corners, and where it meets the four winds.
  double west = 0, east = 0, south = 0, north = 0;
  const double nominal_east = sector.distance_m * math::sin(bearing);
  const double nominal_north = sector.distance_m * math::cos(bearing);
  const auto reaches = [&](double angle) {
    for (const double d : {closest, farthest}) {
      west = std::min(west, d * math::sin(angle) - nominal_east);
      east = std::max(east, d * math::sin(angle) - nominal_east);
      south = std::min(south, d * math::cos(angle) - nominal_north);
      north = std::max(north, d * math::cos(angle) - nominal_north);
    }
  };
  const double half = std::min(spread, math::kPi);
  reaches(bearing - half);
  reaches(bearing + half);
  for (int wind = -4; wind <= 8; ++wind) {
    const double angle = wind * (math::kPi / 2);
    if (angle >= bearing - half && angle <= bearing + half) reaches(angle);
  }
  constexpr double kSlackM = 0.1;
  const PerMetre scale(place.nominal_);
  place.box_.add(offset(place.nominal_, scale, west - reach - kSlackM, south - reach - kSlackM));
  place.box_.add(offset(place.nominal_, scale, east + reach + kSlackM, north + reach + kSlackM));
  const double across = sector.distance_m * (sector.bearing_error_mdeg * to_radians);
  const double along = sector.distance_error_m;
  const double own = sector.observer_radius_m / 2.0;
  // Half of the variance is each direction's; a disc's radius is two sigmas.
  const double sigma = math::sqrt((across * across + along * along) / 2 + own * own);
  place.radius_m_ = static_cast<std::int32_t>(std::min<std::int64_t>(kRadiusMMax, math::round_to_integer(2 * sigma)));
  return place;
}

void UncertainPlace::sample(std::vector<LatLng>& points) const {
  points.clear();
  if (is_exact_) {
    points.push_back(nominal_);
  } else if (is_sector_) {
    sample_sector(points);
  } else {
    sample_disc(points);
  }
}

void UncertainPlace::sample_disc(std::vector<LatLng>& points) const {
  const Lattice& l = lattice();
  const PerMetre scale(nominal_);
  const double sigma = sector_.observer_radius_m / 2.0;
  for (std::size_t i = 0; i < kSampleCount; ++i)
    points.push_back(offset(nominal_, scale, sigma * l.east[i], sigma * l.north[i]));
}

void UncertainPlace::sample_sector(std::vector<LatLng>& points) const {
  const PerMetre scale(nominal_);
  for_sector(sector_,
             [&](double east_m, double north_m) { points.push_back(offset(nominal_, scale, east_m, north_m)); });
}

namespace {

// `is_sampled` says whether `points` holds the place's sample already.
std::int32_t ppm(const UncertainPlace& place, const PreparedArea& area, std::vector<LatLng>& points, bool& is_sampled) {
  if (place.is_exact()) return area.contains(place.nominal()) ? 1'000'000 : 0;
  switch (area.relation(place.box())) {
    case BoxRelation::kOutside: return 0;
    case BoxRelation::kInside: return 1'000'000;
    case BoxRelation::kMixed: break;
  }
  if (!is_sampled) place.sample(points);
  is_sampled = true;
  return to_ppm(area.count_inside(place.box(), points));
}

}  // namespace

std::int32_t inside_ppm(const UncertainPlace& place, const PreparedArea& zone) {
  bool is_sampled = false;
  return ppm(place, zone, scratch(), is_sampled);
}

ZoneRelation relation(const UncertainPlace& place, const PreparedArea& zone, const PreparedArea& near_area) {
  bool is_sampled = false;
  ZoneRelation result;
  result.inside_ppm = ppm(place, zone, scratch(), is_sampled);
  result.near_ppm = result.inside_ppm;
  if (result.inside_ppm >= kInsidePpm) {
    result.relation = Relation::kInside;
  } else if (result.inside_ppm >= kProbablyPpm) {
    result.relation = Relation::kProbablyInside;
  } else if (result.inside_ppm >= kCannotTellPpm) {
    result.relation = Relation::kCannotTell;
  } else {
    // The near-area is drawn around the zone and holds it; where somebody states one that does not, the larger counts.
    result.near_ppm = std::max(result.inside_ppm, ppm(place, near_area, scratch(), is_sampled));
    result.relation = result.near_ppm >= kNearPpm ? Relation::kNear : Relation::kOutside;
  }
  return result;
}

}  // namespace truce::geo
