// SPDX-License-Identifier: Apache-2.0
//
// What was agreed under one document of a mechanism, when another one follows: parties leave, come, decide otherwise.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "truce/monitor/brief_statement.h"
#include "truce/monitor/position.h"
#include "truce/picture/briefs.h"
#include "truce/picture/fold_testing.h"
#include "truce/picture/position_rows.h"

namespace truce::picture {
namespace {

const LogId kEast{"east", "main"};

// Guarantors north and south, observer east; documents need two of the three.
class AgreedFoldTest : public testing::Test {
 protected:
  explicit AgreedFoldTest() : w_(rules()) {
    w_.version = 0;
    for (const LogId& log : {kEast, kNorth, kSouth}) w_.open(log);
    report_ = w_.say(kNorth, "report", report_at(0).to_body());
  }
  static mechanism::Mechanism rules() {
    mechanism::Mechanism m = three_parties();
    m.decisions["amendment"] = {"k-of-n", "all", 2, 0};
    return m;
  }
  // Everybody states what it has received of everybody.
  void all_receive() {
    const std::map<LogId, record::Head> heads = {
        {kEast, w_.head(kEast)}, {kNorth, w_.head(kNorth)}, {kSouth, w_.head(kSouth)}};
    for (const auto& [log, own] : heads) {
      std::vector<record::Head> others;
      for (const auto& [other, head] : heads) {
        if (other != log) others.push_back(head);
      }
      w_.receive(log.party, std::move(others));
    }
  }
  // A document is agreed on, and known to everybody.
  void amend(const mechanism::Mechanism& next) {
    const Proposed p = propose(w_, kNorth, next);
    consent(w_, kEast, p);
    w_.version = next.version;
    for (const LogId& log : {kEast, kNorth, kSouth}) w_.say(log, "heartbeat", Json::object());
  }
  mechanism::Mechanism without_south() {
    mechanism::Mechanism next = follower(w_.mechanism);
    mechanism::Party& south = *std::ranges::find(next.parties, "south", &mechanism::Party::id);
    const record::Head end = w_.head(kSouth);
    south.left = true;
    south.ended = {{"main", end.size, end.root, south.keys.log}};
    return next;
  }
  mechanism::Mechanism with_west() {
    mechanism::Mechanism next = follower(w_.mechanism);
    next.parties.push_back(party("west", mechanism::Role::kGuarantor, 'u'));
    return next;
  }
  StatementRef zone(const LogId& by, const std::string& id) {
    std::vector<Hash> blobs;
    const Json body = square_zone(w_, id, blobs);
    return w_.say(by, "zone", body, {}, blobs);
  }
  StatementRef brief(const LogId& by) {
    monitor::BriefStatement b;
    b.first_day = b.last_day = w_.mechanism.days.day_of(report_at(0).from);
    b.edition = "parties";
    b.lang = "en";
    b.cut = Json::object({{"v", 1}});
    b.as_of = Instant{1'600'000'000'000};
    b.picture = sha256("picture");
    b.brief = sha256("brief");
    return w_.say(by, "brief", b.to_body());
  }
  StatementRef confirms(const LogId& by) {
    return w_.say(by, "position", monitor::PositionStatement{monitor::Answer::kConfirm, {}, "r"}.to_body(),
                  {{"on", report_}});
  }
  std::string state_of_zone(const StatementRef& ref) {
    w_.fold_all(t_);
    const auto rows = read_rows<ZoneRow>(t_).value();
    for (const ZoneRow& z : rows) {
      if (z.statement == ref.id.to_string()) return z.state + ' ' + z.consented;
    }
    return {};
  }

  World w_;
  StatementRef report_;
  MemoryTables t_;
};

TEST_F(AgreedFoldTest, WhatWasAgreedStaysWhenAPartyLeaves) {
  const StatementRef map = zone(kSouth, "box");
  w_.say(kNorth, "consent", Json::object(), {{"to", map}});
  const StatementRef signed_brief = brief(kSouth);
  w_.say(kNorth, "consent", Json::object(), {{"to", signed_brief}});
  confirms(kNorth);
  confirms(kSouth);
  all_receive();
  w_.fold_all(t_);
  const auto before = read_rows<FindingRow>(t_).value().at(0);
  ASSERT_EQ(before.outcome, "confirmed");
  ASSERT_EQ(state_of_zone(map), "in-force north;south");
  const Int on_duty = read_rows<BriefRow>(t_).value().at(0).on_duty;

  amend(without_south());
  w_.fold_all(t_);
  ASSERT_EQ(read_rows<AmendmentRow>(t_).value().at(0).state, "in-force");
  EXPECT_EQ(state_of_zone(map), "in-force north;south");
  EXPECT_EQ(read_rows<BriefRow>(t_).value().at(0).state, "signed");
  EXPECT_EQ(read_rows<BriefRow>(t_).value().at(0).on_duty, on_duty);
  const auto after = read_rows<FindingRow>(t_).value().at(0);
  EXPECT_EQ(after.outcome, "confirmed");
  EXPECT_EQ(after.looks_agreed, before.looks_agreed);
}

TEST_F(AgreedFoldTest, WhatWasAgreedStaysWhenAPartyComes) {
  const StatementRef map = zone(kSouth, "box");
  w_.say(kNorth, "consent", Json::object(), {{"to", map}});
  const StatementRef signed_brief = brief(kSouth);
  w_.say(kNorth, "consent", Json::object(), {{"to", signed_brief}});
  confirms(kNorth);
  confirms(kSouth);
  const StatementRef open = zone(kNorth, "open");
  all_receive();
  amend(with_west());
  EXPECT_EQ(state_of_zone(map), "in-force north;south");
  EXPECT_EQ(read_rows<BriefRow>(t_).value().at(0).state, "signed");
  EXPECT_EQ(read_rows<FindingRow>(t_).value().at(0).outcome, "confirmed");
  // What was not agreed by then is decided by all who decide now.
  w_.say(kSouth, "consent", Json::object(), {{"to", open}});
  EXPECT_EQ(state_of_zone(open), "proposed north;south");
  const LogId west{"west", "main"};
  w_.open(west);
  w_.say(west, "consent", Json::object(), {{"to", open}});
  EXPECT_EQ(state_of_zone(open), "in-force north;south;west");
}

// South never goes on to the document that it does not like, and states maps as if the old one held.
TEST_F(AgreedFoldTest, WhoStaysBehindStatesNothingMoreUnderTheOldDocument) {
  mechanism::Mechanism lax = rules();
  lax.decisions["zone"] = {"k-of-n", "guarantors", 1, 0};
  w_ = World(lax);
  w_.version = 0;
  for (const LogId& log : {kEast, kNorth, kSouth}) w_.open(log);
  const StatementRef early = zone(kSouth, "early");
  all_receive();
  EXPECT_EQ(state_of_zone(early), "in-force south");
  mechanism::Mechanism next = follower(w_.mechanism);
  next.decisions.erase("zone");  // all of them from here on
  const Proposed p = propose(w_, kNorth, next);
  consent(w_, kEast, p);
  w_.version = 1;
  for (const LogId& log : {kEast, kNorth}) w_.say(log, "heartbeat", Json::object());
  w_.version = 0;
  const StatementRef late = zone(kSouth, "late");
  EXPECT_EQ(state_of_zone(late), "proposed south") << "nobody has received it under the old one";
  w_.version = 1;
  for (const char* other : {"east", "north"}) w_.receive(other, {w_.head(kSouth)});
  EXPECT_EQ(state_of_zone(late), "proposed south");
  EXPECT_EQ(state_of_zone(early), "in-force south");
}

// Going on from an older picture gives the same findings, by what standing rows remember.
TEST_F(AgreedFoldTest, GoingOnGivesTheSameFindings) {
  confirms(kNorth);
  confirms(kSouth);
  all_receive();
  amend(with_west());
  MemoryTables kept, scratch;
  const Folded last = w_.fold_all(kept);
  const StatementRef second = w_.say(kNorth, "report", report_at(3).to_body());
  w_.say(kSouth, "position", monitor::PositionStatement{monitor::Answer::kConfirm, {}, "r"}.to_body(),
         {{"on", second}});
  FoldRequest request{&w_.mechanism, w_.cut(), {}, {}};
  const auto more = fold_more(request, last.cut, last.as_of, w_.source, kept, kept).value();
  ASSERT_TRUE(more.has_value());
  w_.fold_all(scratch);
  EXPECT_EQ(lines(kept), lines(scratch));
  const auto rows = read_rows<FindingRow>(kept).value();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].outcome, "confirmed");
  EXPECT_EQ(rows[1].outcome, "open");
}

}  // namespace
}  // namespace truce::picture
