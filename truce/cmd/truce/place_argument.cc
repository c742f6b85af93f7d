// SPDX-License-Identifier: Apache-2.0

#include "truce/cmd/truce/place_argument.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>

#include "truce/base/decimal.h"
#include "truce/base/encoding.h"
#include "truce/base/trimmed.h"
#include "truce/base/unicode.h"
#include "truce/cmd/truce/command.h"
#include "truce/geo/geodesy.h"
#include "truce/geo/mgrs.h"

namespace truce::cmd {
namespace {

using monitor::Place;

constexpr std::size_t kShownCandidatesMax = 8;
constexpr std::int64_t kSealedRadiusMetresMin = 100;
constexpr std::string_view kWhite = " \t\r\n";

tl::unexpected<Error> bad(std::string_view option, std::string message) {
  return fail(ErrorCode::kInvalidArgument, std::move(message), std::string(option));
}

// A number of a flag, scaled, within [low, high] of its scaled units.
Result<std::int64_t> number(std::string_view option, const std::string& text, int decimals, std::int64_t low,
                            std::int64_t high, std::string_view unit) {
  const auto n = parse_decimal(text, decimals);
  if (!n) return bad(option, n.error().message);
  if (*n < low || *n > high) {
    return bad(option, fmt::format("{} is not within {} and {} {}", quoted(text), decimal_to_string(low, decimals),
                                   decimal_to_string(high, decimals), unit));
  }
  return *n;
}

// 1, 2, 5, 10, ... metres, at least n.
std::int64_t rounded_up(std::int64_t n) {
  for (std::int64_t step = 1; step < monitor::kRadiusMetresMax; step *= 10) {
    for (const std::int64_t m : {std::int64_t{1}, std::int64_t{2}, std::int64_t{5}}) {
      if (n <= m * step) return m * step;
    }
  }
  return monitor::kRadiusMetresMax;
}

// To a multiple of `step`, halves away from zero, within the world.
std::int32_t snapped(std::int32_t v, std::int64_t step, std::int32_t max) {
  const std::int64_t sign = v < 0 ? -1 : 1;
  const std::int64_t s = sign * ((sign * std::int64_t{v} + step / 2) / step) * step;
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(s, -max, max));
}

std::string shown(const monitor::PlaceCandidate& c) {
  static const std::string kNone;
  return fmt::format("{} {} ({})", c.ref(), monitor::name_in(c.place->names, "en", kNone),
                     degrees_text(c.place->at.lat_e7, c.place->at.lng_e7));
}

// The observer's words go into the sealed part; what stays plain leads to none of them: the radius is one of 1, 2, 5,
// ... and the coordinates are those of a grid of a quarter of it. (The import of reports does the same with
// --seal-observers.)
Result<FoundPlace> sealed_observer(const Place& seen) {
  const auto place = monitor::stated_place(seen, seen.at, seen.radius_m);
  if (!place) return fail(place.error());
  FoundPlace out;
  out.sealed = Json::object(
      {{"bearing_mdeg", seen.bearing_mdeg},
       {"distance_m", seen.distance_m},
       {"observer", Json(Json::Array{Json(std::int64_t{seen.at.lat_e7}), Json(std::int64_t{seen.at.lng_e7})})}});
  if (seen.radius_m != 0) out.sealed.set("observer_radius_m", seen.radius_m);
  if (seen.bearing_error_mdeg) out.sealed.set("bearing_error_mdeg", *seen.bearing_error_mdeg);
  if (seen.distance_error_m) out.sealed.set("distance_error_m", *seen.distance_error_m);
  out.place.radius_m = rounded_up(std::max<std::int64_t>(kSealedRadiusMetresMin, place->radius_m()));
  constexpr std::int64_t kE7PerMetre = 90;  // of latitude
  const std::int64_t step_e7 = out.place.radius_m * kE7PerMetre / 4;
  out.place.at = geo::LatLng::from_e7(snapped(place->nominal().lat_e7, step_e7, geo::kLatE7Max),
                                      snapped(place->nominal().lng_e7, step_e7, geo::kLngE7Max));
  out.notes.push_back(
      "observer, bearing and distance go into the sealed part; plain are coordinates and a radius, rounded");
  return out;
}

Status read_bearing(const PlaceArgument& a, Place& p) {
  if (a.bearing.empty())
    return bad("--bearing", "is missing: a place seen from somewhere needs --bearing and --distance");
  if (a.distance.empty())
    return bad("--distance", "is missing: a place seen from somewhere needs --bearing and --distance");
  constexpr std::int64_t kCircleMdeg = geo::kFullCircleMdeg;
  TRUCE_TRY(p.bearing_mdeg, number("--bearing", a.bearing, 3, 0, kCircleMdeg, "degrees"));
  p.bearing_mdeg %= kCircleMdeg;
  TRUCE_TRY(p.distance_m, number("--distance", a.distance, 0, 0, monitor::kDistanceMetresMax, "metres"));
  if (!a.bearing_error.empty()) {
    TRUCE_TRY(p.bearing_error_mdeg, number("--bearing-error", a.bearing_error, 3, 1, kCircleMdeg / 2, "degrees"));
  }
  if (!a.distance_error.empty()) {
    TRUCE_TRY(p.distance_error_m,
              number("--distance-error", a.distance_error, 0, 1, monitor::kDistanceMetresMax, "metres"));
  }
  return {};
}

bool is_post(const monitor::ZoneMap* map) {
  return map != nullptr && map->zone.kind == monitor::ZoneKind::kObservationPost;
}

tl::unexpected<Error> no_post(std::string_view option, const std::string& id, const PlaceDesk& desk) {
  std::string known;
  for (const auto& m : desk.book->maps()) {
    if (is_post(&m) && known.size() < 200) known += (known.empty() ? "" : ", ") + m.zone.id;
  }
  return fail(ErrorCode::kNotFound,
              "no observation post " + quoted(id) + " is stated" + (known.empty() ? "" : " (posts: " + known + ")"),
              std::string(option));
}

// Coordinates, grid reference or name: a point with its own radius.
struct Point {
  geo::LatLng at;
  std::int64_t radius_m = 0;
  std::string ref;
  std::string note;
};

Result<Point> point_of(const monitor::PlaceText& text, std::string_view option, PlaceArgument* argument,
                       const PlaceDesk& desk) {
  if (const auto* c = std::get_if<monitor::CoordinatesText>(&text)) {
    return Point{c->at, std::max(c->resolution_m, kDefaultRadiusMetres), "", ""};
  }
  if (const auto* g = std::get_if<monitor::MgrsText>(&text)) {
    const auto square = geo::parse_mgrs(g->grid);
    if (!square) return bad(option, square.error().message);
    return Point{square->centre, std::max(half_diagonal_m(square->side_m), kDefaultRadiusMetres), "", ""};
  }
  const auto* n = std::get_if<monitor::NameText>(&text);
  if (n == nullptr) return bad(option, "is not coordinates, a grid reference or a name");
  const auto found = find_named(n->name, desk);
  if (!found) return fail(at(found.error(), option));
  if (argument != nullptr) argument->place = found->ref();
  static const std::string kNone;
  return Point{found->place->at, found->place->radius_m > 0 ? found->place->radius_m : kDefaultRadiusMetres,
               found->ref(), "named place " + shown(*found)};
}

// Bearing and distance as words or flags, from what may be a post, coordinates or a named place.
Result<FoundPlace> seen_from(Place seen, std::optional<std::int64_t> own_radius_m, const std::string& from,
                             std::string_view option, const PlaceDesk& desk) {
  FoundPlace out;
  if (is_post(desk.book->find(from))) {
    seen.form = Place::Form::kPostBearing;
    seen.ref = from;
    out.place = std::move(seen);
    out.notes.push_back("observation post " + from + " is declared: post, bearing and distance are plain");
    return out;
  }
  auto text = monitor::parse_place_text(from);
  if (!text) return bad(option, text.error().message);
  // Words that nobody has declared as a post: perhaps a place that has a name.
  auto point = point_of(*text, option, nullptr, desk);
  if (!point && point.error().code == ErrorCode::kNotFound) return no_post(option, from, desk);
  if (!point) return fail(point.error());
  seen.form = Place::Form::kBearing;
  seen.at = point->at;
  std::string width;
  if (!own_radius_m) {
    seen.radius_m = point->radius_m;
    width = fmt::format(
        "the observer is taken to be within {} m of there, by the digits or the name (--observer-radius says it)",
        point->radius_m);
  } else {
    seen.radius_m = *own_radius_m;
  }
  auto sealed = sealed_observer(seen);
  if (sealed && !point->note.empty()) sealed->notes.push_back(point->note);
  if (sealed && !width.empty()) sealed->notes.push_back(std::move(width));
  return sealed;
}

// "2.5 km NW of X": the point that it leads to, as wide as its words are.
Result<FoundPlace> offset_from(const monitor::OffsetText& o, const std::string& typed, PlaceArgument& argument,
                               const PlaceDesk& desk) {
  auto text = monitor::parse_place_text(o.from);
  if (!text) return bad("--place", text.error().message);
  PlaceArgument from;
  TRUCE_TRY(const Point point, point_of(*text, "--place", &from, desk));
  Place seen;
  seen.form = Place::Form::kBearing;
  seen.bearing_mdeg = o.bearing_mdeg;
  seen.distance_m = o.distance_m;
  if (o.bearing_error_mdeg != 0) seen.bearing_error_mdeg = o.bearing_error_mdeg;
  auto place = monitor::stated_place(seen, point.at, point.radius_m);
  if (!place) return bad("--place", place.error().message);
  FoundPlace out;
  out.place.at = place->nominal();
  out.place.radius_m = std::max<std::int64_t>(place->radius_m(), kDefaultRadiusMetres);
  out.sealed = Json::object({{"place_as_given", typed}});
  if (!point.note.empty()) out.notes.push_back(point.note);
  // What was chosen among several is not asked again.
  if (!from.place.empty()) {
    const std::size_t name = argument.place.rfind(o.from);
    if (name != std::string::npos) argument.place.replace(name, o.from.size(), from.place);
  }
  return out;
}

Status no_bearing(const PlaceArgument& a, std::string_view form) {
  for (const auto& [option, text] : {std::pair<std::string_view, const std::string*>{"--bearing", &a.bearing},
                                     {"--distance", &a.distance},
                                     {"--bearing-error", &a.bearing_error},
                                     {"--distance-error", &a.distance_error},
                                     {"--observer-radius", &a.observer_radius}}) {
    if (!text->empty()) return bad(option, "goes with --observer or --post, not with " + std::string(form));
  }
  return {};
}

Result<FoundPlace> typed_place(PlaceArgument& a, const PlaceDesk& desk) {
  TRUCE_CHECK(no_bearing(a, "--place"));
  auto text = monitor::parse_place_text(a.place);
  if (!text) return bad("--place", text.error().message);
  const std::string typed = a.place;
  FoundPlace out;
  if (const auto* b = std::get_if<monitor::BearingText>(&*text)) {
    if (!a.radius.empty()) return bad("--radius", "goes with a point; a bearing has its own errors");
    Place seen;
    seen.bearing_mdeg = b->bearing_mdeg;
    seen.distance_m = b->distance_m;
    return seen_from(std::move(seen), std::nullopt, b->post, "--place", desk);
  }
  std::int64_t own_radius_m = 0;
  if (const auto* o = std::get_if<monitor::OffsetText>(&*text)) {
    TRUCE_TRY(out, offset_from(*o, typed, a, desk));
    own_radius_m = out.place.radius_m;
  } else {
    TRUCE_TRY(const Point point, point_of(*text, "--place", &a, desk));
    out.place.at = point.at;
    out.place.ref = point.ref;
    own_radius_m = point.radius_m;
    if (!point.note.empty()) out.notes.push_back(point.note);
    if (std::holds_alternative<monitor::MgrsText>(*text)) out.sealed = Json::object({{"place_as_given", typed}});
  }
  if (a.radius.empty()) {
    out.place.radius_m = own_radius_m;
    out.notes.push_back(fmt::format("no radius was given: {} m is taken (--radius says it)", own_radius_m));
  } else {
    TRUCE_TRY(out.place.radius_m, number("--radius", a.radius, 0, 0, monitor::kRadiusMetresMax, "metres"));
  }
  return out;
}

}  // namespace

Result<monitor::Names> parse_names_argument(const std::vector<std::string>& pairs, std::string_view option) {
  monitor::Names names;
  for (const std::string& pair : pairs) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      return bad(option, quoted(pair) + " is not LANGUAGE=NAME, such as en=Sarmin");
    const auto name = to_nfc(trimmed(std::string_view(pair).substr(equals + 1), kWhite));
    if (!name) return bad(option, name.error().message);
    if (!names.emplace(pair.substr(0, equals), *name).second)
      return bad(option, "language " + quoted(pair.substr(0, equals)) + " is named twice");
  }
  if (const auto checked = monitor::parse_names(monitor::names_json(names)); !checked)
    return bad(option, checked.error().message);
  return names;
}

Ask ask_standard_input() {
  return [](const std::string& question) -> std::optional<std::string> {
    std::fflush(stdout);
    std::fputs(printable(question).c_str(), stderr);
    std::fflush(stderr);
    std::string line;
    if (!std::getline(std::cin, line)) return std::nullopt;
    return std::string(trimmed(line, kWhite));
  };
}

Result<monitor::PlaceCandidate> find_named(const std::string& name, const PlaceDesk& desk) {
  auto found = desk.finder->find_one(name);
  if (found || !desk.ask) return found;
  const std::vector<monitor::PlaceCandidate> candidates = desk.finder->find(name);
  if (candidates.empty()) return found;
  note('"' + name + '"' +
       (found.error().code == ErrorCode::kAmbiguous ? std::string(" has several meanings:")
                                                    : std::string(" is no name that is known; near it are:")));
  const std::size_t shown_count = std::min(candidates.size(), kShownCandidatesMax);
  for (std::size_t i = 0; i < shown_count; ++i) note(fmt::format("  {}  {}", i + 1, shown(candidates[i])));
  while (true) {
    const auto answer = desk.ask(fmt::format("which one, 1 to {} (nothing: none of them)? ", shown_count));
    if (!answer || answer->empty()) return found;
    const auto n = parse_integer(*answer);
    if (n && *n >= 1 && *n <= static_cast<std::int64_t>(shown_count))
      return candidates[static_cast<std::size_t>(*n - 1)];
  }
}

Result<FoundPlace> find_place(PlaceArgument& a, const PlaceDesk& desk) {
  const int forms = int{!a.place.empty()} + int{!a.observer.empty()} + int{!a.post.empty()} + int{!a.zone.empty()};
  if (forms != 1)
    return bad("--place", forms == 0 ? "no place is given (or --observer, --post, --zone)"
                                     : "give one of --place, --observer, --post and --zone");
  if (!a.place.empty()) return typed_place(a, desk);
  if (!a.radius.empty()) return bad("--radius", "goes with --place; an observer has --observer-radius");
  FoundPlace out;
  if (!a.zone.empty()) {
    TRUCE_CHECK(no_bearing(a, "--zone"));
    if (desk.book->find(a.zone) == nullptr)
      return fail(ErrorCode::kNotFound, "no zone " + quoted(a.zone) + " is stated (truce zone list)", "--zone");
    out.place.form = Place::Form::kZone;
    out.place.ref = a.zone;
    out.notes.push_back("somewhere in zone " + a.zone);
    return out;
  }
  Place seen;
  TRUCE_CHECK(read_bearing(a, seen));
  std::optional<std::int64_t> own_radius_m;
  if (!a.observer_radius.empty()) {
    if (!a.post.empty()) return bad("--observer-radius", "goes with --observer; a post is as wide as it is declared");
    TRUCE_TRY(own_radius_m, number("--observer-radius", a.observer_radius, 0, 0, monitor::kRadiusMetresMax, "metres"));
  }
  if (!a.post.empty()) {
    if (!is_post(desk.book->find(a.post))) return no_post("--post", a.post, desk);
    return seen_from(std::move(seen), std::nullopt, a.post, "--post", desk);
  }
  return seen_from(std::move(seen), own_radius_m, a.observer, "--observer", desk);
}

std::int64_t half_diagonal_m(std::int64_t side_m) {
  constexpr std::int64_t kHalfRootOfTwoPermille = 708;
  return (side_m * kHalfRootOfTwoPermille + 999) / 1'000;
}

std::string_view compass_point(std::int64_t bearing_mdeg) {
  constexpr std::string_view kPoints[] = {"N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE",
                                          "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"};
  constexpr std::int64_t kStepMdeg = 22'500;
  const std::int64_t in_circle = ((bearing_mdeg % geo::kFullCircleMdeg) + geo::kFullCircleMdeg) % geo::kFullCircleMdeg;
  return kPoints[static_cast<std::size_t>((in_circle + kStepMdeg / 2) / kStepMdeg) % std::size(kPoints)];
}

std::string distance_text(double metres) {
  constexpr double kKilometre = 1'000;
  return metres < kKilometre ? fmt::format("{:.0f} m", metres) : fmt::format("{:.1f} km", metres / kKilometre);
}

Json PlaceForms::to_json() const {
  Json j = Json::object(
      {{"lat_e7", std::int64_t{nominal.lat_e7}}, {"lng_e7", std::int64_t{nominal.lng_e7}}, {"radius_m", radius_m}});
  j.set("mgrs", mgrs);
  if (!nearest.empty()) j.set("nearest", nearest);
  Json list = Json::array();
  for (const Zone& z : zones) {
    list.push_back(Json::object({{"zone", z.zone},
                                 {"party", z.party},
                                 {"relation", z.relation},
                                 {"inside_ppm", std::int64_t{z.inside_ppm}},
                                 {"holds_nominal", z.holds_nominal},
                                 {"in_force", z.in_force}}));
  }
  j.set("zones", std::move(list));
  return j;
}

std::vector<std::string> PlaceForms::lines() const {
  std::vector<std::string> out;
  out.push_back(fmt::format("degrees:  {}, within {}", degrees, distance_text(static_cast<double>(radius_m))));
  out.push_back("MGRS:     " + mgrs);
  if (!nearest.empty()) out.push_back("nearest:  " + nearest);
  if (zones.empty()) out.emplace_back("zones:    none holds it");
  for (const Zone& z : zones) {
    std::string_view words = z.relation;
    if (words == "probably-inside") words = "probably inside";
    if (words == "cannot-tell") words = "cannot tell whether inside";
    constexpr std::int32_t kPpmPerPercent = 10'000;
    out.push_back(fmt::format("zones:    {} {}{} ({} % inside, {}; map of {})", words, z.zone,
                              z.name.empty() || z.name == z.zone ? "" : " (" + z.name + ")",
                              (z.inside_ppm + kPpmPerPercent / 2) / kPpmPerPercent,
                              z.in_force ? "in force" : "not in force at that time", z.party));
  }
  return out;
}

Result<PlaceForms> forms_of(const monitor::Place& place, Instant time, node::Node& node,
                            const monitor::ZoneBook& book) {
  TRUCE_TRY(const geo::UncertainPlace uncertain, book.place_of(place));
  PlaceForms f;
  f.nominal = uncertain.nominal();
  f.radius_m = uncertain.radius_m();
  f.degrees = degrees_text(f.nominal.lat_e7, f.nominal.lng_e7);
  f.mgrs = geo::to_mgrs(f.nominal);
  std::vector<monitor::ZoneBook::Answer> answers;
  book.ask(uncertain, time, answers,
           place.form == monitor::Place::Form::kZone ? std::string_view(place.ref) : std::string_view());
  for (const auto& a : answers) {
    const monitor::ZoneMap& map = book.maps()[a.map];
    f.zones.push_back({map.zone.id, monitor::name_in(map.zone.names, "en", map.zone.id),
                       map.zone.said_by.empty() ? map.party : map.zone.said_by,
                       std::string(geo::relation_name(a.relation.relation)), a.relation.inside_ppm, a.holds_nominal,
                       a.in_force});
  }
  // Nearest over all lists; the first of equals in order of list and id.
  TRUCE_TRY(const auto lists, picture::read_rows<picture::PlaceListRow>(node.picture()));
  double best_m = 0;
  for (const auto& list : lists) {
    TRUCE_TRY(const Hash hash, Hash::from_base64url(list.blob));
    TRUCE_TRY(const std::string blob, node.blob(hash));
    TRUCE_TRY(const auto places, monitor::places_from_blob(blob));
    // Degrees of latitude bound the distance from below: most places of a long list need no geodesic.
    constexpr double kMetresPerE7Min = 0.011;
    for (const monitor::NamedPlace& p : places) {
      const double at_least_m =
          std::abs(static_cast<double>(std::int64_t{p.at.lat_e7} - f.nominal.lat_e7)) * kMetresPerE7Min;
      if (!f.nearest.empty() && at_least_m > best_m) continue;
      const double m = geo::distance_m(p.at, f.nominal);
      if (!f.nearest.empty() && m >= best_m) continue;
      best_m = m;
      const std::string& name = monitor::name_in(p.names, "en", p.id);
      f.nearest = m < 1 ? fmt::format("at {} ({}/{})", name, list.list, p.id)
                        : fmt::format("{} {} of {} ({}/{})", distance_text(m),
                                      compass_point(geo::initial_bearing_mdeg(p.at, f.nominal)), name, list.list, p.id);
    }
  }
  return f;
}

}  // namespace truce::cmd
