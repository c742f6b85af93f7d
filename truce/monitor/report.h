// SPDX-License-Identifier: Apache-2.0
//
// Report: what one reporter says happened, as the plain body of a `report` statement (docs/format/report.md). A value;
// pure; any thread.
//
// It is NOT an incident: several reports may be about one incident, and deciding so is the fold's work. It holds no
// note, source grade or informant's position: those stand in the statement's sealed part and never in a Report.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/json.h"
#include "truce/base/result.h"
#include "truce/base/sha256.h"
#include "truce/base/time.h"
#include "truce/geo/lat_lng.h"
#include "truce/monitor/taxonomy.h"

namespace truce::monitor {

// Limits of a report's fields: an import or a hostile log cannot make rows without bound.
inline constexpr std::int64_t kCountMax = 1'000'000;
inline constexpr std::int64_t kRadiusMetresMax = 1'000'000;
inline constexpr std::int64_t kDistanceMetresMax = 100'000;  // farther than anybody hears or sees
inline constexpr std::int64_t kPrecisionSecondsMax = 366LL * 86'400;
inline constexpr std::size_t kTextBytesMax = 2'000;
inline constexpr std::size_t kCodeBytesMax = 200;
inline constexpr std::size_t kReporterBytesMax = 64;
inline constexpr std::size_t kPlaceRefBytesMax = 160;
inline constexpr std::int64_t kCalibreTenthMmMax = 20'000;

// low <= best <= high; all three equal where the source gives one number.
struct Range {
  std::int64_t low = 0;
  std::int64_t best = 0;
  std::int64_t high = 0;
  [[nodiscard]] static Range of(std::int64_t n) { return {n, n, n}; }
  friend bool operator==(const Range&, const Range&) = default;
};

// Persons killed or injured. `all` is what is counted; the others are parts of it as far as they are known, by two
// independent splits. Absent means not stated, which is not zero.
struct Casualties {
  std::optional<Range> all;
  std::optional<Range> women, men, children, person_unknown;
  std::optional<Range> civilian, military, status_unknown;
  [[nodiscard]] bool stated() const;
  friend bool operator==(const Casualties&, const Casualties&) = default;
};

struct Place {
  enum class Form : std::uint8_t {
    kPoint,        // `at` and radius_m; `ref` names "list/place" if the reporter named a place
    kBearing,      // from an observer at `at` (radius_m: the observer's own uncertainty)
    kPostBearing,  // from the declared post `ref`
    kZone,         // somewhere in the zone `ref`
  };
  Form form = Form::kPoint;
  geo::LatLng at;
  std::int64_t radius_m = 0;
  std::string ref;
  std::int64_t bearing_mdeg = 0;  // thousandths of a degree clockwise from true north, 0..359999
  std::int64_t distance_m = 0;
  std::optional<std::int64_t> bearing_error_mdeg;  // 1 sigma; absent: the rules' prior
  std::optional<std::int64_t> distance_error_m;    // 1 sigma; absent: the rules' prior
  friend bool operator==(const Place&, const Place&) = default;
};

// The key of an imported row: (source, id), or without an id the row's hash and its ordinal among equals.
struct SourceKey {
  std::string source;
  std::string id;            // empty: none
  std::optional<Hash> row;   // set iff id is empty
  std::int64_t ordinal = 0;  // among equal rows of one source, from 0
  // One text for one key, for look-ups: "source|id" or "source#hash#ordinal".
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const SourceKey&, const SourceKey&) = default;
};

struct Weapon {
  std::string weapon_class;           // is_weapon_class(); empty: not stated
  std::int64_t calibre_tenth_mm = 0;  // 0: not stated
  friend bool operator==(const Weapon&, const Weapon&) = default;
};

struct Attribution {
  AttributionState state = AttributionState::kNotStated;
  std::vector<std::string> actors;  // ids; one for kActor, two or more for kDisputed
  friend bool operator==(const Attribution&, const Attribution&) = default;
};

struct Report {
  // What happened lies within [from, to); an instant has to == from. Both are uncertain by precision_s, the reporter's
  // own statement.
  Instant from;
  Instant to;
  std::int64_t precision_s = 0;
  Place place;
  Kind kind = Kind::kOther;
  std::string subkind;
  Means means = Means::kNotStated;
  Assessment assessment = Assessment::kNotStated;
  std::optional<std::int64_t> direction_mdeg;  // in which fire or movement went
  std::optional<Range> count;
  Casualties killed;
  Casualties injured;
  Weapon weapon;
  Attribution attribution;
  std::string said_by;   // the party whose report it is said to be; empty: the author's own
  std::string reporter;  // pseudonym or post
  std::optional<SourceKey> key;
  Json details;      // object by kind (docs/format/report.md), null if none
  Json coded;        // {"codes":{...},"scheme":"ucdp-ged"}: the source's own codes, kept; null if none
  std::string text;  // required with kOther; plain: everybody reads it

  // The plain body. REQUIRES nothing: what is out of limits is found by check().
  [[nodiscard]] Json to_body() const;
  // Fails with kInvalidReport naming the member. Takes what check() passes.
  [[nodiscard]] static Result<Report> from_body(const Json& body);
  // Ranges, limits, and that kind, subkind, details and text go together.
  [[nodiscard]] Status check() const;
  friend bool operator==(const Report&, const Report&) = default;
};

// What each kind's `details` may hold: name, what it is. For the documentation, the forms and --help.
struct DetailField {
  Kind kind;
  std::string_view name;
  std::string_view values;  // codes separated by '|', or "integer LOW..HIGH", "ids", "zone", "range", "track", "items"
};
[[nodiscard]] std::span<const DetailField> detail_fields();

}  // namespace truce::monitor
