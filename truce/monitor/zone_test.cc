// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/zone.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace truce::monitor {
namespace {

using testing::HasSubstr;

ZoneStatement example() {
  ZoneStatement z;
  z.id = "test-north";
  z.kind = ZoneKind::kDeEscalationZone;
  z.names = {{"ar", "\u0634\u0645\u0627\u0644"}, {"en", "Test North"}};
  z.valid_from = Instant{1'494'028'800'000};
  z.geometry = sha256("geometry");
  z.near = sha256("near");
  return z;
}

// The worked example of docs/format/zone.md: these bytes never change.
TEST(ZoneTest, WorkedBytesNeverChange) {
  EXPECT_EQ(
      example().to_body().to_canonical(),
      R"({"geometry":"gUi3_vr4nr-OeVGZTSYB1zEiDFRg-uzGTGnRK7f_MhM","id":"test-north","kind":"de-escalation-zone","names":{"ar":")"
      "\u0634\u0645\u0627\u0644"
      R"(","en":"Test North"},"near":"Rro0dwvM_edWcI1H2D-3yCV_6KSzo18l04WoKEAh9HY","valid_from":1494028800000})");
  EXPECT_EQ(ZoneStatement::from_body(example().to_body()).value(), example());
}

TEST(ZoneTest, EveryMemberComesBack) {
  ZoneStatement z = example();
  z.kind = ZoneKind::kWithdrawalLine;
  z.valid_to = Instant{1'600'000'000'000};
  z.forbids = std::vector<std::string>{"any-weapon-use", "overflight"};
  z.said_by = "turkey";
  z.withdrawal = {{"artillery", 1000, 20'000}, {"mlrs", 0, 70'000}};
  EXPECT_EQ(ZoneStatement::from_body(z.to_body()).value(), z);
  z.forbids = std::vector<std::string>{};
  EXPECT_EQ(ZoneStatement::from_body(z.to_body()).value(), z);
}

TEST(ZoneTest, KindsComeBackAndOnlyPolygonsHoldIncidents) {
  for (int i = 0; i < 7; ++i) {
    const auto kind = static_cast<ZoneKind>(i);
    EXPECT_EQ(zone_kind_from_code(zone_kind_code(kind)), kind);
    EXPECT_EQ(is_ring_zone(kind), i < 3) << zone_kind_code(kind);
  }
  EXPECT_EQ(zone_kind_from_code("buffer"), std::nullopt);
}

TEST(ZoneTest, UnsaidADeEscalationZoneForbidsAnyUseOfWeapons) {
  ZoneStatement z = example();
  EXPECT_TRUE(z.forbids_kind(Kind::kShelling));
  EXPECT_FALSE(z.forbids_kind(Kind::kOverflight));
  z.kind = ZoneKind::kDemilitarisedZone;
  EXPECT_TRUE(z.forbids_kind(Kind::kMine));
  z.kind = ZoneKind::kBelt;
  EXPECT_FALSE(z.forbids_kind(Kind::kShelling));
}

TEST(ZoneTest, SaidItForbidsWhatItSays) {
  ZoneStatement z = example();
  z.forbids = std::vector<std::string>{"overflight"};
  EXPECT_TRUE(z.forbids_kind(Kind::kOverflight));
  EXPECT_FALSE(z.forbids_kind(Kind::kShelling));
  z.forbids = std::vector<std::string>{"any-weapon-use"};
  EXPECT_TRUE(z.forbids_kind(Kind::kShelling));
  z.forbids = std::vector<std::string>{};
  EXPECT_FALSE(z.forbids_kind(Kind::kShelling));
}

TEST(ZoneTest, BadBodiesAreRefusedWithTheMember) {
  const std::string h = sha256("x").base64url();
  struct Case {
    std::string_view member;
    Json value;
    std::string_view reason;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"id", "No Id", "No Id"},
           {"id", Json(), "text"},
           {"kind", "buffer", "buffer"},
           {"geometry", "short", "geometry"},
           {"near", 5, "near"},
           {"names", Json::object({{"x", "a"}}), "language tag"},
           {"names", Json::object({{"en", ""}}), "names"},
           {"names", Json::object({{"en", std::string(201, 'x')}}), "names"},
           {"names", "Test", "names"},
           {"valid_from", "2017", "valid_from"},
           {"valid_to", 1'494'028'800'000, "ends before"},
           {"forbids", "all", "forbids"},
           {"forbids", Json(Json::Array{Json("tea")}), "tea"},
           {"said_by", "Turkey", "said_by"},
           {"withdrawal", Json(Json::Array{Json::object({{"class", "slingshot"}, {"distance_m", 1}})}), "slingshot"},
           {"withdrawal", Json(Json::Array{Json::object({{"class", "mlrs"}})}), "distance_m"},
           {"colour", "red", "does not know"},
       }) {
    Json body = example().to_body();
    body.set(c.member, c.value);
    const auto z = ZoneStatement::from_body(body);
    ASSERT_FALSE(z.has_value()) << c.member;
    EXPECT_EQ(z.error().code, ErrorCode::kInvalidZone);
    EXPECT_THAT(z.error().to_string(), HasSubstr(c.reason)) << c.member;
  }
  for (const char* needed : {"id", "kind", "geometry"}) {
    Json body = example().to_body();
    body.erase(needed);
    EXPECT_FALSE(ZoneStatement::from_body(body).has_value()) << needed;
  }
}

TEST(ZoneTest, NameInALanguageFallsBackToEnglishThenAny) {
  const Names names = {{"ar", "a"}, {"en", "e"}, {"ru", "r"}};
  EXPECT_EQ(name_in(names, "ru", "-"), "r");
  EXPECT_EQ(name_in(names, "fa", "-"), "e");
  EXPECT_EQ(name_in({{"ar", "a"}}, "fa", "-"), "a");
  EXPECT_EQ(name_in({}, "fa", "-"), "-");
}

}  // namespace
}  // namespace truce::monitor
