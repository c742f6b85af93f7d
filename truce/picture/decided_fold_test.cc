// SPDX-License-Identifier: Apache-2.0
//
// The fold over what the parties decide by a rule: maps of zones and calibrations.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "truce/monitor/calibration.h"
#include "truce/monitor/calibration_statement.h"
#include "truce/picture/fold_testing.h"

namespace truce::picture {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string why(MemoryTables& t, const StatementRef& ref) {
  const auto rows = read_rows<ChangeRow>(t).value();
  for (const ChangeRow& c : rows) {
    if (c.statement == ref.id.to_string()) return c.what + ": " + c.reason;
  }
  return {};
}
// "statement state consented/objected" of each row.
std::vector<std::string> zones(MemoryTables& t) {
  std::vector<std::string> out;
  const auto rows = read_rows<ZoneRow>(t).value();
  for (const ZoneRow& z : rows) out.push_back(z.statement + ' ' + z.state + ' ' + z.consented + '/' + z.objected);
  return out;
}
IncidentRow incident(MemoryTables& t) {
  return read_rows<IncidentRow>(t).value().at(0);
}

class ZonesByRule : public testing::Test {
 protected:
  ZonesByRule() : w_(two_parties()) {
    body_ = square_zone(w_, "box", blobs_);
    zone_ = w_.say(kNorth, "zone", body_, {}, blobs_);  // north/main/1
    w_.say(kNorth, "report", report_at(0).to_body());
  }
  StatementRef voice(const LogId& log, const char* type, const StatementRef& to) {
    return w_.say(log, type, Json::object(), {{"to", to}});
  }
  // Retired at a time before the report's.
  StatementRef retire() {
    Json retired = body_;
    retired.set("valid_to", report_at(0).from.ms - 1);
    return w_.say(kNorth, "zone", retired, {{"corrects", zone_}}, blobs_);
  }
  void fold() { w_.fold_all(t_); }

  World w_;
  std::vector<Hash> blobs_;
  Json body_;
  StatementRef zone_;
  MemoryTables t_;
};

TEST_F(ZonesByRule, AProposedMapForbidsNothing) {
  fold();
  EXPECT_THAT(zones(t_), ElementsAre("north/main/1 proposed north/"));
  EXPECT_EQ(incident(t_).zones, "");
  EXPECT_EQ(incident(t_).forbidden_by, "");
  EXPECT_EQ(incident(t_).relation, "outside");
  EXPECT_EQ(incident(t_).zones_any, "box") << "it is told apart";
  EXPECT_THAT(incident(t_).answers, testing::HasSubstr(R"(["box","north","inside",1000000,0])"));
}

TEST_F(ZonesByRule, IsInForceWhereTheRuleIsMet) {
  const StatementRef no = voice(kSouth, "objection", zone_);
  fold();
  EXPECT_THAT(zones(t_), ElementsAre("north/main/1 proposed north/south"));
  EXPECT_EQ(why(t_, no), "");
  voice(kSouth, "consent", zone_);
  fold();
  EXPECT_THAT(zones(t_), ElementsAre("north/main/1 in-force north;south/"));
  EXPECT_EQ(incident(t_).zones, "box");
  EXPECT_EQ(incident(t_).forbidden_by, "box");
  voice(kNorth, "objection", zone_);
  fold();
  voice(kSouth, "objection", zone_);
  fold();
  EXPECT_THAT(zones(t_), ElementsAre("north/main/1 in-force north;south/"))
      << "what was agreed is not undone by one word";
}

TEST_F(ZonesByRule, VoicesFromADeskOrAStrangerDecideNothing) {
  const LogId desk{"south", "desk"};
  const StatementRef from_desk = voice(desk, "consent", zone_);
  const StatementRef stranger = voice({"stranger", "main"}, "consent", zone_);
  StatementRef other = zone_;
  other.leaf.bytes[0] ^= 1;
  const StatementRef mismatch = voice(kSouth, "consent", other);
  fold();
  EXPECT_THAT(zones(t_), ElementsAre("north/main/1 proposed north/"));
  EXPECT_EQ(why(t_, from_desk), "ignored: not from the main log");
  EXPECT_EQ(why(t_, stranger), "ignored: not a party");
  EXPECT_EQ(why(t_, mismatch), "ignored: the reference does not match");
}

TEST_F(ZonesByRule, RetiringNeedsTheRuleAgain) {
  w_.agree(zone_);
  const StatementRef retired = retire();
  fold();
  EXPECT_THAT(zones(t_), ElementsAre("north/main/1 in-force north;south/", "north/main/3 proposed north/"));
  EXPECT_EQ(incident(t_).zones, "box") << "the map in force holds until the other is";
  w_.agree(retired);
  fold();
  EXPECT_THAT(zones(t_), ElementsAre("north/main/3 in-force north;south/"));
  EXPECT_EQ(incident(t_).zones, "");
}

TEST_F(ZonesByRule, WithdrawingWhatIsInForceNeedsTheRuleToo) {
  const auto withdraw = [&](const StatementRef& what) {
    return w_.say(kNorth, "withdrawal", Json::object({{"reason", "mistake"}}), {{"withdraws", what}});
  };
  w_.agree(zone_);
  const StatementRef alone = withdraw(zone_);
  fold();
  EXPECT_EQ(why(t_, alone), "ignored: needs the rule");
  EXPECT_EQ(incident(t_).zones, "box");
  const StatementRef retired = retire();
  const StatementRef back = withdraw(retired);
  fold();
  EXPECT_EQ(why(t_, back), "withdrawn: mistake") << "a proposal is its author's";
  w_.agree(alone);
  fold();
  EXPECT_EQ(why(t_, alone), "withdrawn: mistake");
  EXPECT_THAT(zones(t_), IsEmpty());
}

TEST_F(ZonesByRule, AProposedMapIsItsAuthorsToWithdraw) {
  const StatementRef gone = w_.say(kNorth, "withdrawal", Json::object({{"reason", "mistake"}}), {{"withdraws", zone_}});
  fold();
  EXPECT_EQ(why(t_, gone), "withdrawn: mistake");
  EXPECT_THAT(zones(t_), IsEmpty());
}

TEST(CalibrationsByRule, AreInForceOneAfterTheOther) {
  World w(two_parties());
  w.say(kNorth, "report", report_at(0).to_body());
  const monitor::FusionModel model = monitor::FusionModel::neutral();
  const Hash blob = w.source.add_blob(monitor::model_to_blob(model).value());
  const auto calibrate = [&](const LogId& log, const StatementRef* follows) {
    const Date from = w.mechanism.days.day_of(report_at(0).from);
    const monitor::CalibrationStatement body{from, from + 3, w.cut().to_json(), blob, 1, 0};
    std::vector<record::Reference> refs;
    if (follows != nullptr) refs.push_back({std::string(monitor::kFollows), *follows});
    return w.say(log, "calibration", body.to_body(), refs, {blob});
  };
  const StatementRef first = calibrate(kNorth, nullptr);
  const StatementRef second = calibrate(kSouth, &first);
  MemoryTables t;
  const auto states = [&] {
    std::vector<std::string> out;
    const auto rows = read_rows<CalibrationRow>(t).value();
    for (const CalibrationRow& c : rows) out.push_back(c.state + std::to_string(c.number));
    return out;
  };
  w.fold_all(t);
  EXPECT_THAT(states(), ElementsAre("proposed0", "proposed0"));
  w.agree(second);
  w.fold_all(t);
  EXPECT_THAT(states(), ElementsAre("proposed0", "proposed0")) << "what it follows is not in force";
  EXPECT_EQ(read_rows<CalibrationRow>(t).value().at(1).consented, "north;south");
  w.agree(first);
  w.fold_all(t);
  EXPECT_THAT(states(), ElementsAre("in-force1", "in-force2"));
  w.say(kSouth, "objection", Json::object(), {{"to", first}});
  w.fold_all(t);
  EXPECT_THAT(states(), ElementsAre("in-force1", "in-force2")) << "a consent is given for good";
}

TEST(ZonesOfOneDecider, AreInForceAtOnce) {
  mechanism::Mechanism m = two_parties();
  m.parties[1].role = mechanism::Role::kHumanitarian;
  m.parties[1].named = false;
  World w(m);
  std::vector<Hash> blobs;
  Json zone = square_zone(w, "box", blobs);
  const StatementRef no_right = w.say(kSouth, "zone", zone, {}, blobs);
  w.say(kNorth, "zone", zone, {}, blobs);  // nobody else is asked
  w.say(kNorth, "report", report_at(0).to_body());
  MemoryTables t;
  w.fold_all(t);
  EXPECT_THAT(zones(t), ElementsAre("north/main/1 in-force /"));
  EXPECT_EQ(incident(t).zones, "box");
  EXPECT_EQ(why(t, no_right), "ignored: no right") << "a humanitarian party speaks of other things";
}

}  // namespace
}  // namespace truce::picture
