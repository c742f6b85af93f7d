// SPDX-License-Identifier: Apache-2.0
//
// ZoneStatement: one party's map of one zone, line or post, as the plain body of a `zone` statement
// (docs/format/zone.md). The geometry and the near-area are required blobs (truce/geo); here stand their hashes.
// Several parties may state the same zone id: variants, all kept. A value; pure; any thread.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/json.h"
#include "truce/base/result.h"
#include "truce/base/sha256.h"
#include "truce/base/time.h"
#include "truce/monitor/taxonomy.h"

namespace truce::monitor {

enum class ZoneKind : std::uint8_t {
  kDeEscalationZone,
  kDemilitarisedZone,
  kBelt,
  kLineOfContact,
  kWithdrawalLine,
  kObservationPost,
  kStorageSite,
};
[[nodiscard]] std::string_view zone_kind_code(ZoneKind kind);
[[nodiscard]] std::optional<ZoneKind> zone_kind_from_code(std::string_view code);
// True for kinds whose geometry is polygons: the "ring zones" that hold incidents.
[[nodiscard]] bool is_ring_zone(ZoneKind kind);

// Names per language tag ("ar", "ru", "en"); display text, at most 200 bytes each, at most 32.
using Names = std::map<std::string, std::string>;
[[nodiscard]] Json names_json(const Names& names);
[[nodiscard]] Result<Names> parse_names(const Json& json);
// The name in `lang`, else in English, else the first, else `otherwise`.
[[nodiscard]] const std::string& name_in(const Names& names, const std::string& lang, const std::string& otherwise);

// Weapons that a withdrawal line keeps at a distance.
struct WithdrawalRule {
  std::string weapon_class;
  std::int64_t calibre_tenth_mm_min = 0;  // 0: any
  std::int64_t distance_m = 0;
  friend bool operator==(const WithdrawalRule&, const WithdrawalRule&) = default;
};

struct ZoneStatement {
  std::string id;
  ZoneKind kind = ZoneKind::kDeEscalationZone;
  Names names;
  Instant valid_from{Instant::kMin};  // in force for valid_from <= t < valid_to
  Instant valid_to{Instant::kMax};
  Hash geometry;                                    // required blob
  std::optional<Hash> near;                         // required blob: polygons round the zone
  std::optional<std::vector<std::string>> forbids;  // kind codes and "any-weapon-use"; absent: default_forbids()
  std::string said_by;                              // the party whose map this is said to be; empty: the author's
  std::vector<WithdrawalRule> withdrawal;

  // True if this zone forbids incidents of that kind, said or by default (any weapon use in de-escalation and
  // demilitarised zones).
  [[nodiscard]] bool forbids_kind(Kind k) const;

  [[nodiscard]] Json to_body() const;
  [[nodiscard]] static Result<ZoneStatement> from_body(const Json& body);
  [[nodiscard]] Status check() const;
  friend bool operator==(const ZoneStatement&, const ZoneStatement&) = default;
};

}  // namespace truce::monitor
