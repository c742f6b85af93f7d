// SPDX-License-Identifier: Apache-2.0
//
// What a brief says of the parties' positions: counts of bulletins, incidents of excluded groups.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "truce/brief/brief.h"
#include "truce/brief/brief_testing.h"

namespace truce::brief {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kDay = "2018-09-18";

Brief must(const TestPicture& p, Edition edition = Edition::kParties, const std::string& zone = {}) {
  BriefRequest r;
  r.first_day = Date::parse("2018-09-17").value();
  r.last_day = Date::parse("2018-09-19").value();
  r.edition = edition;
  r.zone = zone;
  auto b = p.brief(r);
  EXPECT_TRUE(b.has_value()) << (b ? "" : b.error().to_string());
  return b ? std::move(b).value() : Brief{};
}

std::string add(TestPicture& p, const std::string& parties, const char* day = kDay, const char* kind = "shelling",
                const std::string& zone = {}) {
  picture::IncidentRow& i = p.add_incident(day, kind, zone);
  i.parties = parties;
  return i.id;
}

// {party, answer, attribution}, ascending by party.
void find(TestPicture& p, const std::string& incident, std::initializer_list<std::array<const char*, 3>> views,
          const char* day = kDay, const char* joint = "") {
  picture::FindingRow f;
  f.day = day;
  f.incident = incident;
  f.outcome = "open";
  f.attribution = joint;
  Json parties = Json::array();
  for (const auto& [party, answer, attribution] : views) {
    parties.push_back(Json::object(
        {{"answer", answer}, {"attribution", attribution}, {"not_covered", Json::array()}, {"party", party}}));
  }
  f.parties = parties.to_canonical();
  p.findings.push_back(f);
}

const Json* sum_of(const Brief& b, std::string_view party) {
  const Json* bulletin = b.json.find("bulletin");
  if (bulletin == nullptr) return nullptr;
  for (const Json& line : bulletin->find("sums")->as_array()) {
    if (*line.find("party") == Json(party)) return &line;
  }
  return nullptr;
}

TEST(BulletinOfBriefTest, CountsWhatEachRecordedAndTheOthersSay) {
  TestPicture p = empty_picture();
  p.mechanism.parties.push_back({"relief", "Quiet Helpers", mechanism::Role::kHumanitarian, {}});
  p.mechanism.parties.back().named = false;
  find(p, add(p, "aland"), {{"bland", "confirm", ""}, {"relief", "confirm", ""}, {"un", "cannot-establish", ""}});
  find(p, add(p, "aland;bland"), {{"bland", "not-confirm", ""}});
  add(p, "aland;said:bland", "2018-09-19");
  add(p, "said:aland");
  add(p, "relief");
  add(p, "aland;bland", kDay, "window-of-silence");
  add(p, "aland;bland");
  p.incidents.back().over_quota = 1;
  const Brief b = must(p);
  ASSERT_NE(sum_of(b, "aland"), nullptr);
  EXPECT_EQ(
      sum_of(b, "aland")->to_canonical(),
      R"({"others":[{"answered":2,"confirmed":1,"not_confirmed":1,"party":"bland","recorded":1},)"
      R"({"answered":1,"confirmed":0,"not_confirmed":0,"party":"un","recorded":0}],"party":"aland","recorded":3})");
  EXPECT_EQ(*sum_of(b, "bland")->find("recorded"), Json(1));
  EXPECT_EQ(sum_of(b, "relief"), nullptr);
  const Json::Array& days = b.json.find("bulletin")->find("by_day")->as_array();
  ASSERT_EQ(days.size(), 6u);  // two days with incidents, three parties
  EXPECT_EQ(*days[0].find("day"), Json(kDay));
  EXPECT_EQ(*days[0].find("recorded"), Json(2));
  EXPECT_EQ(*days[3].find("recorded"), Json(1));
  const std::string& html = b.files.at("index.html");
  EXPECT_THAT(html, HasSubstr("<a href=\"#bulletin\">"));
  EXPECT_THAT(html, HasSubstr("<bdi>Aland</bdi>: 3 recorded"));
  EXPECT_THAT(html, HasSubstr("<bdi>Bland</bdi></th><td class=\"n\">1</td><td class=\"n\">1</td><td class=\"n\">0</td>"
                              "<td class=\"n\">1</td><td class=\"n\">1</td>"));
  EXPECT_THAT(html, HasSubstr("Recorded nothing of their own: <bdi>United Observers</bdi>."));
  EXPECT_THAT(html, Not(HasSubstr("Quiet Helpers")));
  EXPECT_EQ(*must(p, Edition::kPublic).json.find("bulletin"), *b.json.find("bulletin")) << "counted before rounding";
}

TEST(BulletinOfBriefTest, IsLeftOutWhereOneAloneRecords) {
  TestPicture p = empty_picture();
  add(p, "aland;said:bland");
  const Brief b = must(p);
  EXPECT_EQ(b.json.find("bulletin"), nullptr);
  EXPECT_THAT(b.files.at("index.html"), Not(HasSubstr("id=\"bulletin\"")));
}

TEST(BulletinOfBriefTest, IsLimitedToTheZone) {
  TestPicture p = empty_picture();
  p.add_zone("lake", "de-escalation-zone", "Lake", 350'000'000, 360'000'000, 355'000'000, 366'000'000);
  add(p, "aland;bland", kDay, "shelling", "lake");
  add(p, "aland;bland");
  EXPECT_EQ(*sum_of(must(p), "aland")->find("recorded"), Json(2));
  EXPECT_EQ(*sum_of(must(p, Edition::kParties, "lake"), "aland")->find("recorded"), Json(1));
}

TestPicture with_register() {
  TestPicture p = empty_picture();
  p.mechanism.parties.push_back({"relief", "Quiet Helpers", mechanism::Role::kHumanitarian, {}});
  p.mechanism.parties.back().named = false;
  p.mechanism.excluded_version = 3;
  p.mechanism.excluded = {{"group-n", "Group North", {"bland", "relief"}}, {"group-s", "Group South", {}}};
  return p;
}

TEST(ExcludedTest, TellsWhoAttributesToAGroupOfTheRegister) {
  TestPicture p = with_register();
  find(p, add(p, "aland"), {{"aland", "confirm", "attribute:group-n"}, {"bland", "", "attribute:other-side"}});
  find(p, add(p, "aland"), {{"aland", "confirm", "excluded-group"}, {"bland", "", "excluded-group:unknown"}}, kDay,
       "excluded-group");
  find(p, add(p, "aland"), {{"aland", "confirm", "attribute:other-side"}, {"bland", "confirm", ""}});
  find(p, add(p, "aland"), {{"un", "", "excluded-group"}});  // decides nothing: guarantors do
  find(p, add(p, "aland"), {{"aland", "", "excluded-group"}});
  p.incidents.back().over_quota = 1;
  const Brief b = must(p);
  ASSERT_NE(b.json.find("excluded"), nullptr);
  EXPECT_EQ(b.json.find("excluded")->to_canonical(),
            R"({"groups":[{"actor":"group-n","dissent":["bland"],"name":"Group North"},)"
            R"({"actor":"group-s","dissent":[],"name":"Group South"}],"incidents":[)"
            R"({"dissent":[{"attribution":"attribute:other-side","party":"bland"}],"row":0,)"
            R"("says":[{"attribution":"attribute:group-n","party":"aland"}]},)"
            R"({"dissent":[],"joint":"excluded-group","row":1,)"
            R"("says":[{"attribution":"excluded-group","party":"aland"},)"
            R"({"attribution":"excluded-group:unknown","party":"bland"}]}],"version":3})");
  EXPECT_EQ(*b.json.find("counts")->find("all")->find("incidents"), Json(4)) << "no group is left out";
  const std::string& html = b.files.at("index.html");
  EXPECT_THAT(html,
              HasSubstr("2 of these incidents are attributed to a group of the register by a party&#39;s position; "
                        "they stand in every count above."));
  EXPECT_THAT(html, HasSubstr("attributed to <bdi>Group North</bdi>"));
  EXPECT_THAT(html, Not(HasSubstr("Quiet Helpers")));
}

TEST(ExcludedTest, ThePublicEditionNamesTheRegisterOnly) {
  TestPicture p = with_register();
  find(p, add(p, "aland"), {{"aland", "confirm", "attribute:group-n"}});
  const Brief b = must(p, Edition::kPublic);
  EXPECT_EQ(b.json.find("excluded")->find("incidents"), nullptr);
  EXPECT_EQ(b.json.find("excluded")->find("groups")->as_array().size(), 2u);
  EXPECT_THAT(b.files.at("index.html"), HasSubstr("Group North"));
  EXPECT_THAT(b.files.at("index.html"), Not(HasSubstr("attributed to")));
  EXPECT_THAT(b.files.at("brief.json"), Not(HasSubstr("attribute:")));
}

TEST(ExcludedTest, IsLeftOutWithoutARegister) {
  TestPicture p = empty_picture();
  find(p, add(p, "aland"), {{"aland", "confirm", "excluded-group"}});
  EXPECT_EQ(must(p).json.find("excluded"), nullptr);
}

TEST(ExcludedTest, DamagedFindingsAreRefused) {
  TestPicture p = with_register();
  find(p, add(p, "aland"), {});
  p.findings.back().parties = R"([{"party":"aland"}])";
  BriefRequest r;
  r.first_day = r.last_day = Date::parse(kDay).value();
  EXPECT_EQ(p.brief(r).error().code, ErrorCode::kBadDatabase);
}

}  // namespace
}  // namespace truce::brief
