// SPDX-License-Identifier: Apache-2.0
//
// The smaller statement bodies of monitoring: actor, place list, import, withdrawal (docs/format/statements.md).
// Values; pure; any thread.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/json.h"
#include "truce/base/result.h"
#include "truce/base/sha256.h"
#include "truce/base/time.h"
#include "truce/geo/lat_lng.h"
#include "truce/monitor/zone.h"

namespace truce::monitor {

// Statement types of this module.
inline constexpr std::string_view kTypeReport = "report";
inline constexpr std::string_view kTypeZone = "zone";
inline constexpr std::string_view kTypeActor = "actor";
inline constexpr std::string_view kTypePlaces = "places";
inline constexpr std::string_view kTypeImport = "import";
inline constexpr std::string_view kTypeWithdrawal = "withdrawal";
inline constexpr std::string_view kTypeSecond = "second";
// Relations of references.
inline constexpr std::string_view kCorrects = "corrects";
inline constexpr std::string_view kWithdraws = "withdraws";
inline constexpr std::string_view kSeconds = "seconds";
inline constexpr std::string_view kOfImport = "import";

// A side that fights, a force, a group.
struct ActorStatement {
  std::string id;
  Names names;                          // what it calls itself
  std::map<std::string, Names> called;  // party id -> what that party calls it
  Names neutral;                        // what briefs call it
  std::string part_of;                  // actor id; empty: none
  std::optional<Instant> from, to;
  [[nodiscard]] Json to_body() const;
  [[nodiscard]] static Result<ActorStatement> from_body(const Json& body);
  friend bool operator==(const ActorStatement&, const ActorStatement&) = default;
};

// One named place of a list. Variants are other spellings in any script.
struct NamedPlace {
  std::string id;
  geo::LatLng at;
  std::int64_t radius_m = 0;
  Names names;
  std::vector<std::string> variants;
  friend bool operator==(const NamedPlace&, const NamedPlace&) = default;
};

// A list of named places: the body names the list and its blob; the blob is canonical JSON {"places":[...],"v":1},
// ascending by id.
struct PlacesStatement {
  std::string list;
  std::string title;
  std::string source;  // where it is from and under which terms
  Hash places;         // required blob
  std::int64_t count = 0;
  [[nodiscard]] Json to_body() const;
  [[nodiscard]] static Result<PlacesStatement> from_body(const Json& body);
  friend bool operator==(const PlacesStatement&, const PlacesStatement&) = default;
};
inline constexpr std::size_t kPlaceCountMax = 300'000;
[[nodiscard]] Result<std::string> places_to_blob(const std::vector<NamedPlace>& places);
[[nodiscard]] Result<std::vector<NamedPlace>> places_from_blob(std::string_view blob);

// What an import says before its rows, which refer to it with relation "import".
struct ImportStatement {
  Hash file;                  // SHA-256 of the file's bytes
  std::string format;         // "reports" or "ged"
  std::string source;         // of the keys (source, id)
  std::int64_t rows = 0;      // statements that follow in this batch
  std::int64_t known = 0;     // rows of the file that were known already
  std::int64_t rejected = 0;  // rows of the file that were refused
  Json map;                   // the column map that was used; null if the file had our columns
  [[nodiscard]] Json to_body() const;
  [[nodiscard]] static Result<ImportStatement> from_body(const Json& body);
  friend bool operator==(const ImportStatement&, const ImportStatement&) = default;
};

enum class WithdrawalReason : std::uint8_t { kMistake, kDuplicate, kSourceSafety, kOther };
[[nodiscard]] std::string_view withdrawal_reason_code(WithdrawalReason reason);
[[nodiscard]] std::optional<WithdrawalReason> withdrawal_reason_from_code(std::string_view code);

// Withdraws the statement or import that it refers to with relation "withdraws".
struct WithdrawalStatement {
  WithdrawalReason reason = WithdrawalReason::kMistake;
  [[nodiscard]] Json to_body() const;
  [[nodiscard]] static Result<WithdrawalStatement> from_body(const Json& body);
  friend bool operator==(const WithdrawalStatement&, const WithdrawalStatement&) = default;
};

// A second person's word on the withdrawal that it refers to with relation "seconds": it says nothing but that.
// kInvalidStatement on a body that is not empty.
[[nodiscard]] Status check_second_body(const Json& body);

}  // namespace truce::monitor
