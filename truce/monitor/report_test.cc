// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace truce::monitor {
namespace {

using testing::HasSubstr;

Report plain() {
  Report r;
  r.from = r.to = Instant{1'537'253'922'000};
  r.precision_s = 60;
  r.place.at = geo::LatLng::from_e7(355979300, 361951200);
  r.place.radius_m = 700;
  r.kind = Kind::kShelling;
  return r;
}

Report full() {
  Report r = plain();
  r.to = Instant{1'537'255'800'000};
  r.kind = Kind::kSmallArms;
  r.subkind = "burst";
  r.means = Means::kSeen;
  r.assessment = Assessment::kViolationAlleged;
  r.direction_mdeg = 359'500;
  r.count = Range{2, 3, 5};
  r.killed.all = Range{1, 2, 4};
  r.killed.civilian = Range::of(1);
  r.injured.children = Range{0, 1, 1};
  r.weapon = {"heavy-machine-gun", 127};
  r.attribution = {AttributionState::kDisputed, {"a1", "a2"}};
  r.said_by = "turkey";
  r.reporter = "turkey-1";
  r.key = SourceKey{"turkey", "r1", std::nullopt, 0};
  r.coded = Json::object({{"codes", Json::object({{"where_prec", 1}})}, {"scheme", "ucdp-ged"}});
  r.text = "from the ridge";
  return r;
}

// The worked example of docs/format/report.md: these bytes never change.
constexpr std::string_view kWorked =
    R"({"assessment":"violation-alleged","attribution":{"actors":["a1","a2"],"state":"disputed"},)"
    R"("coded":{"codes":{"where_prec":1},"scheme":"ucdp-ged"},"count":[2,3,5],"direction_mdeg":359500,)"
    R"("from":1537253922000,"injured":{"children":[0,1,1]},"key":{"id":"r1","source":"turkey"},)"
    R"("killed":{"all":[1,2,4],"civilian":[1,1,1]},"kind":"small-arms","means":"seen",)"
    R"("place":{"at":[355979300,361951200],"radius_m":700},"precision_s":60,"reporter":"turkey-1",)"
    R"("said_by":"turkey","subkind":"burst","text":"from the ridge","to":1537255800000,)"
    R"("weapon":{"calibre_tenth_mm":127,"class":"heavy-machine-gun"}})";

Result<Report> parse(std::string_view canonical) {
  return Report::from_body(Json::parse_canonical(canonical).value());
}

TEST(ReportTest, WorkedBytesNeverChange) {
  EXPECT_EQ(full().to_body().to_canonical(), kWorked);
  EXPECT_EQ(parse(kWorked).value(), full());
}

TEST(ReportTest, LeastBodyHoldsFiveMembers) {
  EXPECT_EQ(
      plain().to_body().to_canonical(),
      R"({"from":1537253922000,"kind":"shelling","place":{"at":[355979300,361951200],"radius_m":700},"precision_s":60,"to":1537253922000})");
}

TEST(ReportTest, EveryFormOfPlaceComesBack) {
  Report r = plain();
  std::vector<Place> places(6);
  places[0] = {Place::Form::kPoint, geo::LatLng::from_e7(-900'000'000, 1'800'000'000), 0, "", 0, 0, {}, {}};
  places[1] = {Place::Form::kPoint, geo::LatLng::from_e7(1, 2), 1'000'000, "gaz/idlib", 0, 0, {}, {}};
  places[2] = {Place::Form::kBearing, geo::LatLng::from_e7(1, 2), 0, "", 359'999, 100'000, {}, {}};
  places[3] = {Place::Form::kBearing, geo::LatLng::from_e7(1, 2), 30, "", 0, 0, 1, 1};
  places[4] = {Place::Form::kPostBearing, {}, 0, "op-15", 1, 2, 3, 4};
  places[5] = {Place::Form::kZone, {}, 0, "idlib", 0, 0, {}, {}};
  for (const Place& p : places) {
    r.place = p;
    const auto again = Report::from_body(r.to_body());
    ASSERT_TRUE(again.has_value()) << again.error().to_string();
    EXPECT_EQ(*again, r);
  }
}

TEST(ReportTest, KeyWithoutIdHoldsHashAndOrdinal) {
  Report r = plain();
  r.key = SourceKey{"un", "", sha256("row"), 3};
  EXPECT_EQ(Report::from_body(r.to_body()).value(), r);
  EXPECT_EQ(r.key->to_string(), "un#" + sha256("row").base64url() + "#3");
  EXPECT_EQ(full().key->to_string(), "turkey|r1");
}

// What check() passes, from_body() takes; what check() refuses, from_body() refuses too, and names the member.
TEST(ReportTest, ReportsOutOfLimitsAreRefused) {
  struct Case {
    std::string_view member;
    std::function<void(Report&)> spoil;
  };
  const std::string long_text(2'001, 'x');
  for (const Case& c : std::initializer_list<Case>{
           {"to", [](Report& r) { r.to.ms = r.from.ms - 1; }},
           {"to", [](Report& r) { r.to.ms = Instant::kMax + 1; }},
           {"to", [](Report& r) { r.from.ms = Instant::kMin - 1; }},
           {"precision_s", [](Report& r) { r.precision_s = -1; }},
           {"precision_s", [](Report& r) { r.precision_s = 366 * 86'400 + 1; }},
           {"place", [](Report& r) { r.place.at.lat_e7 = 900'000'001; }},
           {"place", [](Report& r) { r.place.at.lng_e7 = -1'800'000'001; }},
           {"place", [](Report& r) { r.place.radius_m = -1; }},
           {"place", [](Report& r) { r.place.radius_m = 1'000'001; }},
           {"place", [](Report& r) { r.place.ref = std::string(161, 'x'); }},
           {"place", [](Report& r) { r.place = {Place::Form::kZone, {}, 0, "No Id", 0, 0, {}, {}}; }},
           {"place", [](Report& r) { r.place = {Place::Form::kZone, {}, 0, "", 0, 0, {}, {}}; }},
           {"place", [](Report& r) { r.place = {Place::Form::kPostBearing, {}, 0, "op-1", 360'000, 0, {}, {}}; }},
           {"place", [](Report& r) { r.place = {Place::Form::kPostBearing, {}, 0, "op-1", 0, 100'001, {}, {}}; }},
           {"place", [](Report& r) { r.place = {Place::Form::kPostBearing, {}, 0, "op-1", 0, 1, 0, {}}; }},
           {"place", [](Report& r) { r.place = {Place::Form::kPostBearing, {}, 0, "op-1", 0, 1, {}, 0}; }},
           {"place", [](Report& r) { r.place = {Place::Form::kBearing, {}, 0, "", -1, 1, {}, {}}; }},
           {"subkind", [](Report& r) { r.subkind = "burst"; }},
           {"direction_mdeg", [](Report& r) { r.direction_mdeg = 360'000; }},
           {"count",
            [](Report& r) {
              r.count = Range{2, 1, 3};
            }},
           {"count",
            [](Report& r) {
              r.count = Range{0, 0, 1'000'001};
            }},
           {"killed",
            [](Report& r) {
              r.killed.women = Range{-1, 0, 0};
            }},
           {"injured",
            [](Report& r) {
              r.injured.all = Range{0, 5, 4};
            }},
           {"weapon", [](Report& r) { r.weapon.weapon_class = "slingshot"; }},
           {"weapon", [](Report& r) { r.weapon.calibre_tenth_mm = 127; }},
           {"weapon",
            [](Report& r) {
              r.weapon = {"mortar", 20'001};
            }},
           {"attribution", [](Report& r) { r.attribution.state = AttributionState::kActor; }},
           {"attribution",
            [](Report& r) {
              r.attribution = {AttributionState::kDisputed, {"a"}};
            }},
           {"attribution",
            [](Report& r) {
              r.attribution = {AttributionState::kUnknown, {"a"}};
            }},
           {"attribution",
            [](Report& r) {
              r.attribution = {AttributionState::kActor, {"A B"}};
            }},
           {"said_by", [](Report& r) { r.said_by = "Turkey"; }},
           {"reporter", [](Report& r) { r.reporter = std::string(65, 'x'); }},
           {"key",
            [](Report& r) {
              r.key = SourceKey{"No Id", "1", std::nullopt, 0};
            }},
           {"key",
            [](Report& r) {
              r.key = SourceKey{"un", "", std::nullopt, 0};
            }},
           {"key",
            [](Report& r) {
              r.key = SourceKey{"un", std::string(201, '1'), std::nullopt, 0};
            }},
           {"text", [&](Report& r) { r.text = long_text; }},
           {"text", [](Report& r) { r.kind = Kind::kOther; }},
           {"details",
            [](Report& r) {
              r.details = Json::object({{"form", "denied"}});
            }},
           {"details", [](Report& r) { r.details = Json::object(); }},
           {"details",
            [](Report& r) {
              r.kind = Kind::kPatrol;
              r.details = Json::object({{"day_minutes", 1'441}});
            }},
           {"details",
            [](Report& r) {
              r.kind = Kind::kPatrol;
              r.details = Json::object({{"track", Json(Json::Array{})}});
            }},
           {"details",
            [](Report& r) {
              r.kind = Kind::kWindowOfSilence;
              r.details = Json::object({{"guaranteed_by", Json(Json::Array{Json("No Id")})}});
            }},
           {"details",
            [](Report& r) {
              r.kind = Kind::kStorageSite;
              r.details = Json::object({{"items", Json(Json::Array{Json::object({{"class", "tank"}})})}});
            }},
           {"coded",
            [](Report& r) {
              r.coded = Json::object({{"scheme", "ucdp-ged"}});
            }},
           {"coded",
            [](Report& r) {
              r.coded = Json::object({{"codes", Json::object()}, {"scheme", "ucdp-ged"}});
            }},
           {"coded",
            [](Report& r) {
              r.coded = Json::object({{"codes", Json::object({{"a", std::string(201, 'x')}})}, {"scheme", "x"}});
            }},
           {"coded",
            [](Report& r) {
              r.coded = Json::object({{"codes", Json::object({{"a", true}})}, {"scheme", "x"}});
            }},
       }) {
    Report r = plain();
    c.spoil(r);
    const auto status = r.check();
    ASSERT_FALSE(status.has_value()) << c.member;
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidReport);
    EXPECT_THAT(status.error().where, HasSubstr(c.member));
    // Reports that cannot be written at all (numbers of other fields ignored) are out of the second half.
    const auto again = Report::from_body(r.to_body());
    EXPECT_TRUE(!again.has_value() || !(*again == r)) << c.member;
  }
}

TEST(ReportTest, DetailsOfEveryKind) {
  const std::pair<Kind, std::string_view> cases[] = {
      {Kind::kRestrictionOfMovement, R"({"form":"jammed","minutes":45})"},
      {Kind::kDamage, R"({"object":"hospital","state":"destroyed"})"},
      {Kind::kDetention, R"({"persons":[1,2,3],"state":"detained"})"},
      {Kind::kHumanitarianAccess, R"({"form":"granted","need":"medical"})"},
      {Kind::kPatrol,
       R"({"day_minutes":300,"night_minutes":0,"track":[[359000000,366000000],[359100000,366100000]],"zone":"idlib"})"},
      {Kind::kWindowOfSilence, R"({"guaranteed_by":["a1","b2"],"purpose":"repair"})"},
      {Kind::kHumanitarianAction, R"({"what":"demining"})"},
      {Kind::kStorageSite,
       R"({"items":[{"calibre_tenth_mm":1220,"class":"artillery","count":[4,4,4]}],"site":"site-1"})"},
      {Kind::kPermit, R"({"for":"works","granted_by":["a1"]})"},
  };
  for (const auto& [kind, json] : cases) {
    Report r = plain();
    r.kind = kind;
    r.details = Json::parse_canonical(json).value();
    const auto again = Report::from_body(r.to_body());
    ASSERT_TRUE(again.has_value()) << again.error().to_string();
    EXPECT_EQ(*again, r);
  }
}

TEST(ReportTest, BodiesOfAnotherShapeAreRefused) {
  const std::string_view bodies[] = {
      R"([])",
      R"({})",
      R"({"from":0,"kind":"mine","place":{"zone":"a"},"precision_s":0})",
      R"({"from":0,"kind":"mine","place":{"zone":"a"},"precision_s":0,"to":0,"weather":"fair"})",
      R"({"from":"0","kind":"mine","place":{"zone":"a"},"precision_s":0,"to":0})",
      R"({"from":0,"kind":"drone","place":{"zone":"a"},"precision_s":0,"to":0})",
      R"({"from":0,"kind":"mine","place":"idlib","precision_s":0,"to":0})",
      R"({"from":0,"kind":"mine","place":{},"precision_s":0,"to":0})",
      R"({"from":0,"kind":"mine","place":{"at":[1,2]},"precision_s":0,"to":0})",
      R"({"from":0,"kind":"mine","place":{"at":[1],"radius_m":1},"precision_s":0,"to":0})",
      R"({"from":0,"kind":"mine","place":{"at":[1,2,3],"radius_m":1},"precision_s":0,"to":0})",
      R"({"from":0,"kind":"mine","place":{"at":[900000001,2],"radius_m":1},"precision_s":0,"to":0})",
      R"({"from":0,"kind":"mine","place":{"at":[1,2],"radius_m":1,"zone":"a"},"precision_s":0,"to":0})",
      R"({"from":0,"kind":"mine","place":{"bearing_mdeg":1,"distance_m":1},"precision_s":0,"to":0})",
      R"({"from":0,"kind":"mine","place":{"observer":[1,2],"distance_m":1},"precision_s":0,"to":0})",
      R"({"count":[1,2],"from":0,"kind":"mine","place":{"zone":"a"},"precision_s":0,"to":0})",
      R"({"count":3,"from":0,"kind":"mine","place":{"zone":"a"},"precision_s":0,"to":0})",
      R"({"from":0,"killed":{},"kind":"mine","place":{"zone":"a"},"precision_s":0,"to":0})",
      R"({"from":0,"killed":{"dogs":[1,1,1]},"kind":"mine","place":{"zone":"a"},"precision_s":0,"to":0})",
      R"({"from":0,"kind":"mine","means":"","place":{"zone":"a"},"precision_s":0,"to":0})",
      R"({"from":0,"kind":"mine","means":"smelt","place":{"zone":"a"},"precision_s":0,"to":0})",
      R"({"assessment":"x","from":0,"kind":"mine","place":{"zone":"a"},"precision_s":0,"to":0})",
      R"({"attribution":{"state":"x"},"from":0,"kind":"mine","place":{"zone":"a"},"precision_s":0,"to":0})",
      R"({"from":0,"key":{"source":"un"},"kind":"mine","place":{"zone":"a"},"precision_s":0,"to":0})",
      R"({"from":0,"key":{"id":"1","ordinal":0,"source":"un"},"kind":"mine","place":{"zone":"a"},"precision_s":0,"to":0})",
      R"({"from":0,"kind":"mine","place":{"zone":"a"},"precision_s":0,"to":0,"weapon":{"calibre_tenth_mm":1}})",
      R"({"from":0,"kind":"mine","place":{"zone":"a"},"precision_s":0,"text":"","to":0})",
  };
  for (const std::string_view bytes : bodies) {
    const auto json = Json::parse_canonical(bytes);
    if (!json) continue;  // key order of a case that only the eye orders
    const auto r = Report::from_body(*json);
    ASSERT_FALSE(r.has_value()) << bytes;
    EXPECT_EQ(r.error().code, ErrorCode::kInvalidReport);
  }
}

}  // namespace
}  // namespace truce::monitor
