// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/taxonomy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace truce::monitor {
namespace {

TEST(TaxonomyTest, EveryKindIsAtItsPlaceAndComesBackFromItsCode) {
  ASSERT_EQ(all_kinds().size(), kKindCount);
  std::set<std::string_view> codes;
  for (std::size_t i = 0; i < kKindCount; ++i) {
    const KindInfo& k = all_kinds()[i];
    EXPECT_EQ(static_cast<std::size_t>(k.kind), i);
    EXPECT_TRUE(codes.insert(k.code).second) << k.code;
    EXPECT_EQ(kind_from_code(k.code), k.kind);
    EXPECT_EQ(kind_from_input(k.code), k.kind);
    EXPECT_FALSE(k.label.empty() || k.plural.empty());
    EXPECT_TRUE(k.code.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos) << k.code;
  }
}

// Codes are frozen: a new one may only be added.
TEST(TaxonomyTest, CodesNeverChange) {
  std::string all;
  for (const KindInfo& k : all_kinds()) all += std::string(k.code) + ':' + std::string(group_code(k.group)) + ' ';
  EXPECT_EQ(
      all,
      "small-arms:weapon-use explosion:weapon-use shelling:weapon-use airstrike:weapon-use drone-strike:weapon-use "
      "projectile-in-flight:weapon-use mine:weapon-use weapon-use:weapon-use weapon-in-violation:violation "
      "position-in-violation:violation "
      "force-movement:movement overflight:movement restriction-of-movement:restriction casualties:harm damage:harm "
      "detention:harm "
      "humanitarian-access:harm patrol:activity window-of-silence:activity humanitarian-action:activity "
      "storage-site:activity permit:activity "
      "other:other ");
}

TEST(TaxonomyTest, WhatPeopleWriteIsReadAndStatementsTakeCodesOnly) {
  const std::pair<std::string_view, Kind> cases[] = {{"drone", Kind::kDroneStrike},
                                                     {"Air-Strike", Kind::kAirstrike},
                                                     {"AIR_STRIKE", Kind::kAirstrike},
                                                     {"air strike", Kind::kAirstrike},
                                                     {"Small Arms", Kind::kSmallArms},
                                                     {"artillery", Kind::kShelling},
                                                     {"IED", Kind::kMine}};
  for (const auto& [text, kind] : cases) {
    EXPECT_EQ(kind_from_input(text), kind) << text;
    EXPECT_EQ(kind_from_code(text), std::nullopt) << text;
  }
  for (const std::string_view bad : {"", " ", "dron", "tea", "small--arms", "\xFF"})
    EXPECT_EQ(kind_from_input(bad), std::nullopt) << bad;
}

TEST(TaxonomyTest, AcledSubEventTypesMapOrAreNotKnown) {
  EXPECT_EQ(kind_from_acled("Shelling/artillery/missile attack"), Kind::kShelling);
  EXPECT_EQ(kind_from_acled("Air/drone strike"), Kind::kAirstrike);
  EXPECT_EQ(kind_from_acled("Peaceful protest"), std::nullopt);
  EXPECT_EQ(kind_from_acled(""), std::nullopt);
}

TEST(TaxonomyTest, OtherCodesComeBackAndNotStatedHasNone) {
  for (int i = 1; i <= 6; ++i) EXPECT_EQ(means_from_code(means_code(static_cast<Means>(i))), static_cast<Means>(i));
  for (int i = 1; i <= 5; ++i)
    EXPECT_EQ(assessment_from_code(assessment_code(static_cast<Assessment>(i))), static_cast<Assessment>(i));
  for (int i = 1; i <= 3; ++i)
    EXPECT_EQ(attribution_from_code(attribution_code(static_cast<AttributionState>(i))),
              static_cast<AttributionState>(i));
  EXPECT_EQ(means_code(Means::kNotStated), "");
  for (const std::string_view bad : {"", "Seen", "x"}) {
    EXPECT_EQ(means_from_code(bad), std::nullopt);
    EXPECT_EQ(assessment_from_code(bad), std::nullopt);
    EXPECT_EQ(attribution_from_code(bad), std::nullopt);
  }
}

TEST(TaxonomyTest, WeaponClassesAreSortedForTheirSearch) {
  EXPECT_TRUE(std::ranges::is_sorted(weapon_classes()));
  for (const std::string_view c : weapon_classes()) EXPECT_TRUE(is_weapon_class(c));
  for (const std::string_view bad : {"", "Mortar", "mortars", "zzz"}) EXPECT_FALSE(is_weapon_class(bad)) << bad;
}

TEST(TaxonomyTest, OnlyUsesOfWeaponsAreUsesOfWeapons) {
  EXPECT_TRUE(is_weapon_use(Kind::kMine));
  EXPECT_TRUE(is_weapon_use(Kind::kWeaponUse));
  EXPECT_FALSE(is_weapon_use(Kind::kWeaponInViolation));
  EXPECT_FALSE(is_weapon_use(Kind::kOther));
  EXPECT_THAT(subkinds(Kind::kSmallArms), testing::ElementsAre("burst", "shot"));
  EXPECT_TRUE(subkinds(Kind::kMine).empty());
}

}  // namespace
}  // namespace truce::monitor
