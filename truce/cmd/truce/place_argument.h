// SPDX-License-Identifier: Apache-2.0
//
// A place as somebody types it on the command line, found and shown back: coordinates, "2.5 km NW of X", a grid
// reference, a bearing from a post, or a name. And the two small things that go with it: names per language, and asking
// a person a question.
//
// Nothing is guessed: a name with several meanings is asked where somebody can be asked, else refused with the
// candidates. One thread.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/json.h"
#include "truce/base/result.h"
#include "truce/monitor/place_finder.h"
#include "truce/monitor/place_text.h"
#include "truce/monitor/report.h"
#include "truce/monitor/zone_book.h"
#include "truce/node/node.h"

namespace truce::cmd {

// "en=Sarmin", "ar=..." as names per language, in NFC. kInvalidArgument naming `option` for another form or a language
// twice.
[[nodiscard]] Result<monitor::Names> parse_names_argument(const std::vector<std::string>& pairs,
                                                          std::string_view option);

// Puts a question on standard error and gives the line that was answered, without white space at its ends; nullopt at
// the end of input.
using Ask = std::function<std::optional<std::string>(const std::string& question)>;
[[nodiscard]] Ask ask_standard_input();

// What a typed place is looked up in. `ask` may be empty: nobody can be asked.
struct PlaceDesk {
  const monitor::PlaceFinder* finder = nullptr;
  const monitor::ZoneBook* book = nullptr;
  Ask ask;
};

// Flags of a place, as typed; empty: not given. One of place, observer, post and zone.
struct PlaceArgument {
  std::string place, radius;
  std::string observer, observer_radius, post, bearing, bearing_error, distance, distance_error;
  std::string zone;
  [[nodiscard]] bool stated() const { return !(place.empty() && observer.empty() && post.empty() && zone.empty()); }
};

struct FoundPlace {
  monitor::Place place;            // plain, as it will be stated
  Json sealed;                     // members for the sealed part; null: none
  std::vector<std::string> notes;  // how it was understood, for whoever typed it
};

// Radius of a point that was typed without one: what a person means by "at" coordinates, a grid reference or a named
// place.
inline constexpr std::int64_t kDefaultRadiusMetres = 100;

// Finds the place. Where a name was chosen from several, `argument.place` is replaced by the chosen one's "list/place",
// so that it is asked once. An observer who is not a declared post is sealed, with bearing and distance: plain are the
// point that they lead to, rounded to a quarter of a radius made of their errors. kInvalidArgument for what is off in
// the words typed, kAmbiguous listing the candidates, kNotFound for unknown names, posts and zones.
[[nodiscard]] Result<FoundPlace> find_place(PlaceArgument& argument, const PlaceDesk& desk);

// A name to the one place meant, asking if it can: see find_place().
[[nodiscard]] Result<monitor::PlaceCandidate> find_named(const std::string& name, const PlaceDesk& desk);

// Radius of a disc about the middle of a grid square that holds all of it.
[[nodiscard]] std::int64_t half_diagonal_m(std::int64_t side_m);
// "NW" of 16 points.
[[nodiscard]] std::string_view compass_point(std::int64_t bearing_mdeg);
// "850 m", "12.4 km".
[[nodiscard]] std::string distance_text(double metres);

// The other forms of a place, to be shown back before anything is saved.
struct PlaceForms {
  geo::LatLng nominal;
  std::int64_t radius_m = 0;
  std::string degrees;  // "35.93055 36.63364"
  std::string mgrs;     // "37SBV 12345 67890"
  std::string nearest;  // "2.4 km NW of Sarmin (gazetteer/sarmin)"; empty: no place list is known
  struct Zone {
    std::string zone, name, party, relation;
    std::int32_t inside_ppm = 0;
    bool holds_nominal = false;
    bool in_force = false;
  };
  std::vector<Zone> zones;
  [[nodiscard]] Json to_json() const;
  // One line each, "label: text".
  [[nodiscard]] std::vector<std::string> lines() const;
};
[[nodiscard]] Result<PlaceForms> forms_of(const monitor::Place& place, Instant at, node::Node& node,
                                          const monitor::ZoneBook& book);

}  // namespace truce::cmd
