// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/taxonomy.h"

#include <algorithm>
#include <array>
#include <string>

namespace truce::monitor {
namespace {

using enum KindGroup;

constexpr std::array<KindInfo, kKindCount> kKinds = {{
    {Kind::kSmallArms, "small-arms", kWeaponUse, "small-arms fire", "small-arms fire"},
    {Kind::kExplosion, "explosion", kWeaponUse, "explosion", "explosions"},
    {Kind::kShelling, "shelling", kWeaponUse, "shelling", "shellings"},
    {Kind::kAirstrike, "airstrike", kWeaponUse, "airstrike", "airstrikes"},
    {Kind::kDroneStrike, "drone-strike", kWeaponUse, "drone strike", "drone strikes"},
    {Kind::kProjectileInFlight, "projectile-in-flight", kWeaponUse, "projectile in flight", "projectiles in flight"},
    {Kind::kMine, "mine", kWeaponUse, "mine or explosive device", "mines and explosive devices"},
    {Kind::kWeaponUse, "weapon-use", kWeaponUse, "use of weapons, kind not stated", "uses of weapons, kind not stated"},
    {Kind::kWeaponInViolation, "weapon-in-violation", kViolation, "weapon in violation", "weapons in violation"},
    {Kind::kPositionInViolation, "position-in-violation", kViolation, "position in violation",
     "positions in violation"},
    {Kind::kForceMovement, "force-movement", kMovement, "movement of forces", "movements of forces"},
    {Kind::kOverflight, "overflight", kMovement, "overflight", "overflights"},
    {Kind::kRestrictionOfMovement, "restriction-of-movement", kRestriction, "restriction of movement",
     "restrictions of movement"},
    {Kind::kCasualties, "casualties", kHarm, "casualties", "casualties"},
    {Kind::kDamage, "damage", kHarm, "damage to civilian objects", "damage to civilian objects"},
    {Kind::kDetention, "detention", kHarm, "detention", "detentions"},
    {Kind::kHumanitarianAccess, "humanitarian-access", kHarm, "humanitarian access", "humanitarian access"},
    {Kind::kPatrol, "patrol", kActivity, "patrol", "patrols"},
    {Kind::kWindowOfSilence, "window-of-silence", kActivity, "window of silence", "windows of silence"},
    {Kind::kHumanitarianAction, "humanitarian-action", kActivity, "humanitarian action", "humanitarian actions"},
    {Kind::kStorageSite, "storage-site", kActivity, "storage site inventory", "storage site inventories"},
    {Kind::kPermit, "permit", kActivity, "permit", "permits"},
    {Kind::kOther, "other", KindGroup::kOther, "other", "other"},
}};

struct Alias {
  std::string_view text;
  Kind kind;
};
constexpr Alias kAliases[] = {
    {"drone", Kind::kDroneStrike},
    {"uav-strike", Kind::kDroneStrike},
    {"air-strike", Kind::kAirstrike},
    {"artillery", Kind::kShelling},
    {"mortar", Kind::kShelling},
    {"gunfire", Kind::kSmallArms},
    {"shooting", Kind::kSmallArms},
    {"landmine", Kind::kMine},
    {"ied", Kind::kMine},
    {"blast", Kind::kExplosion},
    {"movement-of-forces", Kind::kForceMovement},
    {"restriction", Kind::kRestrictionOfMovement},
};

// ACLED codebook (2023), sub-event types of the events that say what was used; the rest is not mapped.
constexpr Alias kAcled[] = {
    {"Armed clash", Kind::kWeaponUse},
    {"Government regains territory", Kind::kWeaponUse},
    {"Non-state actor overtakes territory", Kind::kWeaponUse},
    {"Chemical weapon", Kind::kWeaponUse},
    {"Air/drone strike", Kind::kAirstrike},
    {"Suicide bomb", Kind::kExplosion},
    {"Shelling/artillery/missile attack", Kind::kShelling},
    {"Remote explosive/landmine/IED", Kind::kMine},
    {"Grenade", Kind::kExplosion},
    {"Attack", Kind::kWeaponUse},
    {"Abduction/forced disappearance", Kind::kDetention},
    {"Arrests", Kind::kDetention},
    {"Change to group/activity", Kind::kForceMovement},
    {"Non-violent transfer of territory", Kind::kForceMovement},
    {"Looting/property destruction", Kind::kDamage},
    {"Disrupted weapons use", Kind::kWeaponInViolation},
};

constexpr std::string_view kMeansCodes[] = {"", "heard", "seen", "camera", "uav", "sensor", "told"};
constexpr std::string_view kAssessmentCodes[] = {
    "", "violation-alleged", "controlled-detonation", "live-fire-exercise", "celebration", "cannot-assess"};
constexpr std::string_view kAttributionCodes[] = {"", "actor", "unknown", "disputed"};
constexpr std::string_view kGroupCodes[] = {"weapon-use", "violation", "movement", "restriction",
                                            "harm",       "activity",  "other"};
constexpr std::string_view kSmallArmsSubkinds[] = {"burst", "shot"};
constexpr std::string_view kWeaponClasses[] = {"aircraft",  "anti-aircraft",     "anti-tank",  "armoured-vehicle",
                                               "artillery", "heavy-machine-gun", "helicopter", "ied",
                                               "mine",      "missile",           "mlrs",       "mortar",
                                               "other",     "small-arms",        "tank",       "uav"};

template <typename Enum, std::size_t N>
std::optional<Enum> from_code(const std::string_view (&codes)[N], std::string_view code) {
  for (std::size_t i = 1; i < N; ++i) {
    if (codes[i] == code) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

std::span<const KindInfo> all_kinds() {
  return kKinds;
}
const KindInfo& kind_info(Kind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}
std::string_view kind_code(Kind kind) {
  return kind_info(kind).code;
}
std::string_view group_code(KindGroup group) {
  return kGroupCodes[static_cast<std::size_t>(group)];
}

std::optional<Kind> kind_from_code(std::string_view code) {
  for (const KindInfo& k : kKinds) {
    if (k.code == code) return k.kind;
  }
  return std::nullopt;
}

std::optional<Kind> kind_from_input(std::string_view text) {
  std::string code;
  for (const char c : text) {
    if (c >= 'A' && c <= 'Z') {
      code += static_cast<char>(c - 'A' + 'a');
    } else {
      code += c == ' ' || c == '_' ? '-' : c;
    }
  }
  if (const auto kind = kind_from_code(code)) return kind;
  for (const Alias& a : kAliases) {
    if (a.text == code) return a.kind;
  }
  return std::nullopt;
}

std::optional<Kind> kind_from_acled(std::string_view sub_event_type) {
  for (const Alias& a : kAcled) {
    if (a.text == sub_event_type) return a.kind;
  }
  return std::nullopt;
}

std::string_view means_code(Means means) {
  return kMeansCodes[static_cast<std::size_t>(means)];
}
std::string_view assessment_code(Assessment assessment) {
  return kAssessmentCodes[static_cast<std::size_t>(assessment)];
}
std::string_view attribution_code(AttributionState state) {
  return kAttributionCodes[static_cast<std::size_t>(state)];
}
std::optional<Means> means_from_code(std::string_view code) {
  return from_code<Means>(kMeansCodes, code);
}
std::optional<Assessment> assessment_from_code(std::string_view code) {
  return from_code<Assessment>(kAssessmentCodes, code);
}
std::optional<AttributionState> attribution_from_code(std::string_view code) {
  return from_code<AttributionState>(kAttributionCodes, code);
}

std::span<const std::string_view> subkinds(Kind kind) {
  if (kind == Kind::kSmallArms) return kSmallArmsSubkinds;
  return {};
}

bool is_weapon_class(std::string_view code) {
  return std::ranges::binary_search(kWeaponClasses, code);
}
std::span<const std::string_view> weapon_classes() {
  return kWeaponClasses;
}

}  // namespace truce::monitor
