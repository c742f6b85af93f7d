// SPDX-License-Identifier: Apache-2.0

#include "truce/exercise/world.h"

#include <algorithm>

#include "truce/base/math.h"
#include "truce/exercise/draws.h"
#include "truce/exercise/places.h"
#include "truce/geo/geodesy.h"
#include "truce/geo/geojson.h"

namespace truce::exercise {
namespace {

// Colours: names that belong to nobody.
constexpr std::string_view kPartyIds[kPartyCountMax] = {"obs",   "azure",  "cobalt", "crimson", "indigo", "lilac",
                                                        "ochre", "maroon", "purple", "russet",  "sepia",  "silver",
                                                        "teal",  "umber",  "copper", "white"};

void make_places(World& w, Draws& d) {
  std::vector<NamedPlace> real = w.options.box ? places_within(*w.options.box) : places_of(w.options.region);
  if (real.size() >= kPlaceCountMin) {
    for (const NamedPlace& p : real) w.places.push_back({std::string(p.name), to_file_digits(p.at), 0, 0});
  } else {
    const geo::Box& box = *w.options.box;
    constexpr int kInvented = 60;
    for (int i = 1; i <= kInvented; ++i) {
      const auto along = [&](std::int32_t low, std::int32_t high) {
        return static_cast<std::int32_t>(math::round_to_integer(d.between(low, high)));
      };
      const geo::LatLng at{along(box.south_e7, box.north_e7), along(box.west_e7, box.east_e7)};
      w.places.push_back({"Place " + std::to_string(i), to_file_digits(at), 0, 0});
    }
  }
  geo::Box box;
  for (const ExercisePlace& p : w.places) box.add(p.at);
  const geo::LatLng middle{static_cast<std::int32_t>((std::int64_t{box.south_e7} + box.north_e7) / 2),
                           static_cast<std::int32_t>((std::int64_t{box.west_e7} + box.east_e7) / 2)};
  const geo::LocalScale scale = geo::local_scale(middle);
  const double turn = d.between(0, 2 * math::kPi);
  const double east = math::cos(turn), north = math::sin(turn);
  for (ExercisePlace& p : w.places) {
    // A few places see most of it.
    p.weight = d.log_normal(1.0);
    const double across = east * (p.at.lng_e7 - middle.lng_e7) * scale.east_m_per_e7 +
                          north * (p.at.lat_e7 - middle.lat_e7) * scale.north_m_per_e7;
    p.side = across < 0 ? 0 : 1;
    w.place_weights.push_back(p.weight);
  }
  accumulate_weights(w.place_weights);
  // The line between the sides: through the middle, crooked.
  constexpr int kCorners = 7;
  constexpr double kSpacing = 12'000;
  geo::Line line;
  for (int i = 0; i < kCorners; ++i) {
    const double along = (i - kCorners / 2) * kSpacing, off = d.between(-2'500, 2'500);
    const double x = -north * along + east * off, y = east * along + north * off;
    line.points.push_back(
        to_file_digits({static_cast<std::int32_t>(middle.lat_e7 + math::round_to_integer(y / scale.north_m_per_e7)),
                        static_cast<std::int32_t>(middle.lng_e7 + math::round_to_integer(x / scale.east_m_per_e7))}));
  }
  w.zones.push_back(
      {"line", "Line of contact", monitor::ZoneKind::kLineOfContact, geo::to_geojson(geo::Lines{{std::move(line)}})});
}

// Eight corners round the hottest places that lie far apart.
void make_zones(World& w, Draws& d) {
  constexpr double kApart = 45'000;
  constexpr std::size_t kZones = 4;
  std::vector<std::size_t> order(w.places.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order,
                           [&](std::size_t a, std::size_t b) { return w.places[a].weight > w.places[b].weight; });
  std::vector<geo::LatLng> centres;
  for (const std::size_t i : order) {
    const ExercisePlace& p = w.places[i];
    if (std::ranges::any_of(centres, [&](geo::LatLng c) { return geo::distance_m(c, p.at) < kApart; })) continue;
    centres.push_back(p.at);
    geo::Ring ring;
    constexpr int kCorners = 8;
    for (int k = 0; k < kCorners; ++k) {
      // Counter-clockwise from north.
      const std::int32_t bearing = geo::kFullCircleMdeg - k * (geo::kFullCircleMdeg / kCorners);
      ring.corners.push_back(to_file_digits(geo::destination(p.at, bearing, d.between(9'000, 20'000))));
    }
    w.zones.push_back({"zone-" + std::to_string(centres.size()), p.name, monitor::ZoneKind::kDeEscalationZone,
                       geo::to_geojson(geo::MultiPolygon{{geo::Polygon{std::move(ring), {}}}})});
    if (centres.size() == kZones) break;
  }
}

void make_parties(World& w, Draws& d) {
  const auto count = static_cast<std::size_t>(w.options.parties);
  // Many parties do not report the more each.
  constexpr double kFull = 4;
  const double crowd = math::sqrt(kFull / std::max(kFull, static_cast<double>(count)));
  constexpr std::int64_t kVillage[] = {2'000, 3'000, 3'000, 5'000};
  constexpr std::int64_t kPrecise[] = {300, 700, 700, 1'000};
  for (std::size_t i = 0; i < count; ++i) {
    HiddenParty p;
    p.id = kPartyIds[i];
    const bool is_observer = i == 0;
    p.name = is_observer ? "Observers" : "Party " + p.id;
    p.side = is_observer ? -1 : static_cast<int>((i - 1) % 3) == 2 ? -1 : static_cast<int>((i - 1) % 3);
    p.reports = crowd * (is_observer ? d.between(0.15, 0.35) : d.between(0.35, 0.65));
    p.further = d.between(0.05, 0.3);
    p.factor_own = is_observer ? 1 : d.between(0.55, 0.95);
    p.factor_other = is_observer ? 1 : d.between(1.05, 1.8);
    p.factor_neutral = is_observer ? d.between(0.8, 1) : d.between(0.85, 1.2);
    p.confusion = is_observer ? d.between(0.04, 0.1) : d.between(0.05, 0.22);
    p.village = d.between(0.3, 0.7);
    p.told = d.between(0.3, 0.6);
    p.states_harm = d.between(0.5, 0.9);
    p.village_m = kVillage[d.below(std::size(kVillage))];
    p.precise_m = kPrecise[d.below(std::size(kPrecise))];
    std::vector<HiddenReporter> reporters;
    for (std::int64_t n = 1; n <= w.options.reporters; ++n) {
      HiddenReporter r;
      r.id = p.id + "-" + std::to_string(n);
      constexpr double kShares[] = {0.28, 0.33, 0.28, 0.11};
      for (std::size_t k = 0; k < r.precisions.size(); ++k) r.precisions[k] = kShares[k] * d.log_normal(0.4);
      accumulate_weights(r.precisions);
      r.time_error = d.between(0.3, 0.6);
      r.place_error = d.between(0.3, 0.55);
      r.rounds = d.chance(0.3);
      reporters.push_back(std::move(r));
    }
    w.parties.push_back(std::move(p));
    w.reporters.push_back(std::move(reporters));
  }
}

void make_posts(World& w, Draws& d) {
  for (std::int64_t i = 1; i <= w.options.posts; ++i) {
    HiddenPost p;
    p.id = "op-" + std::to_string(i);
    // Observers keep every other post.
    const auto party = static_cast<std::size_t>(i - 1);
    p.party = i % 2 == 1 || w.parties.size() == 1 ? 0 : 1 + (party / 2) % (w.parties.size() - 1);
    // Where most happens: the hottest of three.
    std::size_t hottest = d.weighted(w.place_weights);
    for (int k = 0; k < 2; ++k) {
      const std::size_t other = d.weighted(w.place_weights);
      if (w.places[other].weight > w.places[hottest].weight) hottest = other;
    }
    const ExercisePlace& place = w.places[hottest];
    const auto bearing = static_cast<std::int32_t>(d.below(geo::kFullCircleMdeg));
    p.at = to_file_digits(geo::destination(place.at, bearing, d.between(800, 6'000)));
    p.hearing_m = static_cast<double>(w.options.hearing_m) * d.between(0.6, 1.4);
    const double worse = d.chance(0.125) ? 5 : 1;
    p.clock_offset_s = math::round_to_integer(static_cast<double>(w.options.clock_sigma_s) * worse *
                                              std::clamp(d.normal(), -3.0, 3.0));
    p.bearing_bias_mdeg = math::round_to_integer(2'500 * d.normal());
    p.bearing_error_mdeg = math::round_to_integer(d.between(2'500, 7'000));
    p.distance_factor = d.log_normal(0.1);
    p.distance_error = d.between(0.1, 0.25);
    p.attention = d.between(0.7, 0.97);
    w.posts.push_back(std::move(p));
  }
}

}  // namespace

geo::LatLng to_file_digits(geo::LatLng p) {
  constexpr std::int32_t kStep = 100;
  const auto round = [](std::int32_t e7) { return (e7 >= 0 ? e7 + kStep / 2 : e7 - kStep / 2) / kStep * kStep; };
  return {round(p.lat_e7), round(p.lng_e7)};
}

Result<World> make_world(const Options& options) {
  TRUCE_CHECK(options.check());
  World w;
  w.options = options;
  // A stream for each part: more posts do not move the places.
  const auto part = [&](std::uint64_t n) { return Draws(options.seed, static_cast<std::uint64_t>(Stream::kWorld), n); };
  Draws places = part(1), zones = part(2), parties = part(3), posts = part(4), kinds = part(5);
  make_places(w, places);
  make_zones(w, zones);
  make_parties(w, parties);
  make_posts(w, posts);
  constexpr double kShares[kKinds.size()] = {0.40, 0.27, 0.13, 0.12, 0.06, 0.02};
  for (std::size_t k = 0; k < w.kinds.size(); ++k) w.kinds[k] = kShares[k] * kinds.log_normal(0.25);
  accumulate_weights(w.kinds);
  return w;
}

}  // namespace truce::exercise
