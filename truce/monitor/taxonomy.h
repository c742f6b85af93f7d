// SPDX-License-Identifier: Apache-2.0
//
// The one taxonomy of what is reported (docs/format/report.md): kinds in kebab-case with their group, and the other
// coded fields of a report. Codes are frozen; new ones are added at the end by a new rules version. Labels are for
// people and may change.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "truce/base/result.h"

namespace truce::monitor {

enum class KindGroup : std::uint8_t {
  kWeaponUse,    // uses of weapons: what a zone forbids when it says nothing
  kViolation,    // weapons or positions where they may not be
  kMovement,     // of forces, overflights
  kRestriction,  // of the monitors' movement
  kHarm,         // casualties, damage, detention, access
  kActivity,     // patrols, windows of silence, permits, stores, humanitarian action
  kOther,
};

enum class Kind : std::uint8_t {
  kSmallArms,
  kExplosion,
  kShelling,
  kAirstrike,
  kDroneStrike,
  kProjectileInFlight,
  kMine,
  kWeaponUse,  // a use of weapons whose kind the source does not state
  kWeaponInViolation,
  kPositionInViolation,
  kForceMovement,
  kOverflight,
  kRestrictionOfMovement,
  kCasualties,
  kDamage,
  kDetention,
  kHumanitarianAccess,
  kPatrol,
  kWindowOfSilence,
  kHumanitarianAction,
  kStorageSite,
  kPermit,
  kOther,
};
inline constexpr std::size_t kKindCount = 23;

struct KindInfo {
  Kind kind;
  std::string_view code;  // kebab-case, as in statements
  KindGroup group;
  std::string_view label;   // English, singular
  std::string_view plural;  // English
};

// In the order of the enumeration.
[[nodiscard]] std::span<const KindInfo> all_kinds();
[[nodiscard]] const KindInfo& kind_info(Kind kind);
[[nodiscard]] std::string_view kind_code(Kind kind);
[[nodiscard]] std::string_view group_code(KindGroup group);
// Exactly the codes of the taxonomy: what a statement may hold.
[[nodiscard]] std::optional<Kind> kind_from_code(std::string_view code);
// What people write: codes, and the aliases `drone`, `air-strike`, `artillery`, ... in any case, with spaces or
// underscores. For inputs only.
[[nodiscard]] std::optional<Kind> kind_from_input(std::string_view text);
// ACLED's sub_event_type ("Shelling/artillery/missile attack") as a kind; nullopt for one that the table does not hold.
[[nodiscard]] std::optional<Kind> kind_from_acled(std::string_view sub_event_type);
[[nodiscard]] inline bool is_weapon_use(Kind kind) {
  return kind_info(kind).group == KindGroup::kWeaponUse;
}

enum class Means : std::uint8_t { kNotStated, kHeard, kSeen, kCamera, kUav, kSensor, kTold };
enum class Assessment : std::uint8_t {
  kNotStated,
  kViolationAlleged,
  kControlledDetonation,
  kLiveFireExercise,
  kCelebration,
  kCannotAssess,
};
enum class AttributionState : std::uint8_t { kNotStated, kActor, kUnknown, kDisputed };

// Codes in kebab-case; the empty text for kNotStated.
[[nodiscard]] std::string_view means_code(Means means);
[[nodiscard]] std::string_view assessment_code(Assessment assessment);
[[nodiscard]] std::string_view attribution_code(AttributionState state);
[[nodiscard]] std::optional<Means> means_from_code(std::string_view code);
[[nodiscard]] std::optional<Assessment> assessment_from_code(std::string_view code);
[[nodiscard]] std::optional<AttributionState> attribution_from_code(std::string_view code);

// Subkinds that a kind knows ("shot", "burst" of small-arms; none for most).
[[nodiscard]] std::span<const std::string_view> subkinds(Kind kind);

// Weapon classes: "small-arms", "heavy-machine-gun", "mortar", "artillery", "mlrs", "tank", "armoured-vehicle",
// "anti-tank", "anti-aircraft", "missile", "aircraft", "helicopter", "uav", "mine", "ied", "other".
[[nodiscard]] bool is_weapon_class(std::string_view code);
[[nodiscard]] std::span<const std::string_view> weapon_classes();

}  // namespace truce::monitor
