// SPDX-License-Identifier: Apache-2.0
//
// Mechanism: the founding document as a value (docs/format/mechanism.md): who the parties are, by which rules they
// decide, how days are cut. Its canonical bytes lie in mechanism.json; their SHA-256 is the mechanism's id. A value;
// pure; any thread.
//
// It is NOT a node's settings (truce.toml) and holds no private key. Amendments come with a later version of this
// program.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "truce/base/id.h"
#include "truce/base/json.h"
#include "truce/base/result.h"
#include "truce/base/sha256.h"
#include "truce/base/time.h"

namespace truce::mechanism {

// The meaning of fold that this program computes. 0 means unstable (docs/architecture.md, Rules version).
inline constexpr std::int64_t kRulesVersion = 0;
// Most parties of one mechanism: bounds every table that has a column a party.
inline constexpr std::size_t kPartyCountMax = 64;

enum class Role { kGuarantor, kObserver, kHumanitarian };
[[nodiscard]] std::string_view role_name(Role role);
[[nodiscard]] Result<Role> role_from(std::string_view name);

// Raw public keys of 32 bytes each.
struct PublicKeys {
  std::string log;     // Ed25519, of the party's main log
  std::string cosign;  // Ed25519
  std::string x25519;  // for sealed parts
  friend bool operator==(const PublicKeys&, const PublicKeys&) = default;
};

struct Party {
  std::string id;
  std::string name;  // display text, at most 200 bytes
  Role role = Role::kGuarantor;
  PublicKeys keys;
  friend bool operator==(const Party&, const Party&) = default;
};

// From `from` on (a date at that offset) days are cut at this offset from UTC.
struct DayOffset {
  Date from;
  int minutes = 0;
  friend bool operator==(const DayOffset&, const DayOffset&) = default;
};

struct Days {
  int cutoff_minutes = 0;                                 // after midnight, 0..1439
  std::vector<DayOffset> offsets = {{Date{-719162}, 0}};  // ascending; the first from 0001-01-01

  // The day that holds `t`: start_of(day) <= t < start_of(day + 1). The day before a change of offset is longer or
  // shorter by the change.
  [[nodiscard]] Date day_of(Instant t) const;
  // First instant of a day, by the offset of that day's date; the end of a day is the start of the next.
  [[nodiscard]] Instant start_of(Date day) const;
  friend bool operator==(const Days&, const Days&) = default;
};

struct Mechanism {
  std::string name;
  bool exercise = false;
  std::vector<Party> parties;  // ascending by id
  Days days;
  // Who decides by default: "unanimity" of "guarantors", or of "all" in a mechanism without guarantors.
  std::string decision_rule = "unanimity";
  std::string decision_of = "guarantors";
  std::vector<std::string> editions = {"parties", "public"};
  std::int64_t accomplices = 0;            // f of the quorum
  std::int64_t quota_statements = 20'000;  // per said party and event day
  std::int64_t rules_version = kRulesVersion;
  std::string killed_best = "agreed-or-range";
  std::string borders = "world-atlas";  // id of the replaceable layer of border lines, "none" for none

  [[nodiscard]] const Party* party(std::string_view id) const;

  // The canonical bytes of mechanism.json. Fails with kInvalidMechanism naming the member.
  [[nodiscard]] Result<std::string> to_bytes() const;
  [[nodiscard]] static Result<Mechanism> parse(std::string_view bytes);
  friend bool operator==(const Mechanism&, const Mechanism&) = default;
};

// SHA-256 of the canonical founding document; written as lower-case hex.
[[nodiscard]] Hash mechanism_id(std::string_view founding_bytes);

}  // namespace truce::mechanism
