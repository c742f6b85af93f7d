// SPDX-License-Identifier: Apache-2.0
//
// The fold over briefs that are proposed and signed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "truce/monitor/brief_statement.h"
#include "truce/picture/briefs.h"
#include "truce/picture/fold_testing.h"

namespace truce::picture {
namespace {

class BriefsFoldTest : public testing::Test {
 protected:
  BriefsFoldTest() : w_(two_parties()) {
    monitor::BriefStatement b;
    b.first_day = b.last_day = Date{w_.mechanism.days.day_of(report_at(0).from).days};
    b.edition = "parties";
    b.lang = "en";
    b.cut = Json::object({{"v", 1}});
    b.as_of = Instant{1'600'000'000'000};
    b.picture = sha256("picture");
    b.brief = sha256("brief");
    b.paragraphs = {{{"en", "A quiet day."}, {"tr", "Sakin bir gun."}}, {{"en", "Second."}, {"tr", "Ikinci."}}};
    body_ = b;
    brief_ = w_.say(kNorth, "brief", b.to_body());
  }
  BriefRow row() {
    w_.fold_all(t_);
    return read_rows<BriefRow>(t_).value().at(0);
  }

  World w_;
  monitor::BriefStatement body_;
  StatementRef brief_;
  MemoryTables t_;
};

TEST_F(BriefsFoldTest, IsProposedUntilTheOthersSign) {
  EXPECT_EQ(row().state, "proposed");
  EXPECT_EQ(row().signed_by, "north");
  record::VoiceStatement voice;
  voice.reservation = "not for the eastern belt";
  voice.paragraphs = {{2, "reserved"}};
  w_.say(kSouth, "consent", voice.to_body(), {{"to", brief_}});
  EXPECT_EQ(row().state, "signed");
  EXPECT_EQ(row().signed_by, "north;south");
  EXPECT_EQ(row().reservations, R"([["south","not for the eastern belt"]])");
  EXPECT_EQ(
      row().paragraphs,
      R"([[{"en":"A quiet day.","tr":"Sakin bir gun."},[]],[{"en":"Second.","tr":"Ikinci."},[["south","reserved"]]]])");
}

TEST_F(BriefsFoldTest, ASignatureIsGivenForGood) {
  w_.say(kSouth, "consent", Json::object(), {{"to", brief_}});
  ASSERT_EQ(row().state, "signed");
  for (const LogId& party : {kSouth, kNorth}) w_.say(party, "objection", Json::object(), {{"to", brief_}});
  EXPECT_EQ(row().state, "signed");
  EXPECT_EQ(row().signed_by, "north;south");
  EXPECT_EQ(row().objected_by, "");
}

TEST_F(BriefsFoldTest, AnObjectionRefusesUntilItIsTakenBack) {
  record::VoiceStatement no;
  no.reason = "the count of killed is not ours";
  w_.say(kSouth, "objection", no.to_body(), {{"to", brief_}});
  EXPECT_EQ(row().state, "refused");
  EXPECT_EQ(row().objected_by, "south");
  w_.say(kSouth, "consent", Json::object(), {{"to", brief_}});
  EXPECT_EQ(row().state, "signed");
}

TEST_F(BriefsFoldTest, DesksSignNothingAndOtherLeavesNeither) {
  w_.say({"south", "desk"}, "consent", Json::object(), {{"to", brief_}});
  StatementRef other = brief_;
  other.leaf.bytes[0] ^= 1;
  w_.say(kSouth, "consent", Json::object(), {{"to", other}});
  EXPECT_EQ(row().state, "proposed");
}

TEST_F(BriefsFoldTest, BodiesComeBackAndBadOnesAreRefused) {
  const Json good = body_.to_body();
  EXPECT_EQ(monitor::BriefStatement::from_body(good)->to_body(), good);
  // docs/format/brief-statement.md.
  EXPECT_EQ(sha256(good.to_canonical()).hex(), "c49dd6dca602c9b4f909a68d4b3886d90daf41631acdcd8460dec8c1b7e6d84d");
  const struct {
    const char* why;
    void (*change)(Json&);
  } kCases[] = {
      {"days the wrong way round", [](Json& j) { j.set("last_day", "2001-01-01"); }},
      {"no digest", [](Json& j) { j.erase("brief"); }},
      {"no cut", [](Json& j) { j.erase("cut"); }},
      {"an unknown member", [](Json& j) { j.set("more", 1); }},
      {"paragraphs in different languages",
       [](Json& j) {
         Json list = *j.find("paragraphs");
         list.as_array()[1] = Json::object({{"en", "x"}});
         j.set("paragraphs", list);
       }},
      {"no paragraphs at all", [](Json& j) { j.set("paragraphs", Json::array()); }},
      {"a paragraph of no text",
       [](Json& j) {
         j.set("paragraphs", Json(Json::Array{Json::object({{"en", ""}})}));
       }},
      {"a date that is none", [](Json& j) { j.set("first_day", "2018-02-30"); }},
  };
  for (const auto& c : kCases) {
    Json j = good;
    c.change(j);
    EXPECT_FALSE(monitor::BriefStatement::from_body(j)) << c.why;
  }
}

}  // namespace
}  // namespace truce::picture
