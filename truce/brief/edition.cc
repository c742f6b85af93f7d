// SPDX-License-Identifier: Apache-2.0

#include "truce/brief/edition.h"

#include <algorithm>

#include "truce/base/encoding.h"
#include "truce/base/math.h"
#include "truce/monitor/taxonomy.h"
#include "truce/monitor/zone.h"

namespace truce::brief {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kRadiusStepMetres = 5'000;

std::int64_t floor_to(std::int64_t v, std::int64_t step) {
  const std::int64_t rest = v % step;
  return rest < 0 ? v - rest - step : v - rest;
}

std::int64_t cell_width_e7(std::int32_t middle_lat_e7) {
  const double c = math::cos(middle_lat_e7 * 1e-7 * math::kDegree);
  // Towards the poles one cell goes round the world.
  if (c < 0.000'125 * 2) return 2 * std::int64_t{geo::kLngE7Max};
  return math::round_to_integer(kCellLatE7 / c);
}

}  // namespace

std::string_view edition_name(Edition edition) {
  return edition == Edition::kPublic ? "public" : "parties";
}

Result<Edition> edition_from(std::string_view name) {
  if (name == "parties") return Edition::kParties;
  if (name == "public") return Edition::kPublic;
  return fail(ErrorCode::kInvalidArgument, quoted(name) + " is not an edition: parties or public", "edition");
}

geo::LatLng cell_centre(geo::LatLng p) {
  const std::int64_t south = floor_to(std::int64_t{p.lat_e7} + geo::kLatE7Max, kCellLatE7);
  const std::int64_t lat = std::min<std::int64_t>(south + kCellLatE7 / 2 - geo::kLatE7Max, geo::kLatE7Max);
  const std::int64_t width = cell_width_e7(static_cast<std::int32_t>(lat));
  const std::int64_t west = floor_to(std::int64_t{p.lng_e7} + geo::kLngE7Max, width);
  const std::int64_t lng = std::min<std::int64_t>(west + width / 2 - geo::kLngE7Max, geo::kLngE7Max);
  return geo::LatLng::from_e7(static_cast<std::int32_t>(lat), static_cast<std::int32_t>(lng));
}

picture::IncidentRow published(const picture::IncidentRow& row, const monitor::NamedPlace* named) {
  picture::IncidentRow r = row;
  r.from_ms = floor_to(row.from_ms, kHourMs);
  r.to_ms = -floor_to(-row.to_ms, kHourMs);
  if (r.to_ms == r.from_ms) r.to_ms += kHourMs;
  r.precision_s = 0;
  r.answers.clear();
  r.attribution.clear();
  r.more.clear();
  if (named != nullptr) {
    r.lat_e7 = named->at.lat_e7;
    r.lng_e7 = named->at.lng_e7;
  } else {
    r.place_ref.clear();
    if (row.lat_e7 && row.lng_e7) {
      const auto p = geo::LatLng::checked(*row.lat_e7, *row.lng_e7);
      const geo::LatLng centre = p ? cell_centre(*p) : geo::LatLng();
      r.lat_e7 = p ? picture::OptInt(centre.lat_e7) : std::nullopt;
      r.lng_e7 = p ? picture::OptInt(centre.lng_e7) : std::nullopt;
    }
  }
  const std::int64_t reach =
      named != nullptr ? std::max(row.radius_m, named->radius_m) : row.radius_m + kCellReachMetres;
  r.radius_m = std::max(kRadiusStepMetres, -floor_to(-reach, kRadiusStepMetres));
  return r;
}

bool is_published_kind(std::string_view kind) {
  return kind != monitor::kind_code(monitor::Kind::kPatrol) &&
         kind != monitor::kind_code(monitor::Kind::kStorageSite) && kind != monitor::kind_code(monitor::Kind::kPermit);
}

}  // namespace truce::brief
