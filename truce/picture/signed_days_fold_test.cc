// SPDX-License-Identifier: Apache-2.0
//
// The fold over days of signed briefs: later maps of zones never recount them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "truce/monitor/brief_statement.h"
#include "truce/picture/fold_testing.h"

namespace truce::picture {
namespace {

class SignedDaysFoldTest : public testing::Test {
 protected:
  SignedDaysFoldTest() : w_(two_parties()) {
    zone_ = square_zone(w_, "box", blobs_);
    map_ = w_.say(kNorth, "zone", zone_, {}, blobs_);
    w_.agree(map_);
    w_.say(kNorth, "report", report_at(0).to_body());
    w_.say(kNorth, "report", report_at(9).to_body());
  }
  // A brief of the day of report_at(0), at the cut as it stands.
  StatementRef propose(const std::string& zone = {}) {
    monitor::BriefStatement b;
    b.first_day = b.last_day = w_.mechanism.days.day_of(report_at(0).from);
    b.zone = zone;
    b.edition = "parties";
    b.lang = "en";
    b.cut = w_.cut().to_json();
    b.as_of = Instant{w_.clock_ms};
    return w_.say(kNorth, "brief", b.to_body());
  }
  // The map ends before either report.
  StatementRef retire() {
    Json ended = zone_;
    ended.set("valid_to", report_at(0).from.ms - 1000);
    return w_.say(kNorth, "zone", ended, {{"corrects", map_}}, blobs_);
  }
  // Zones of the incidents of both days.
  std::string zones() {
    w_.fold_all(t_);
    std::string out;
    const auto rows = read_rows<IncidentRow>(t_).value();
    for (const IncidentRow& i : rows) out += '[' + i.zones + ' ' + i.forbidden_by + ']';
    return out;
  }
  std::vector<SignedDayRow> days() { return read_rows<SignedDayRow>(t_).value(); }

  World w_;
  std::vector<Hash> blobs_;
  Json zone_;
  StatementRef map_;
  MemoryTables t_;
};

TEST_F(SignedDaysFoldTest, ALaterMapRecountsOnlyDaysThatAreNotSigned) {
  const StatementRef brief = propose();
  w_.agree(brief);
  EXPECT_EQ(zones(), "[box box][box box]");
  ASSERT_EQ(days().size(), 1U);
  EXPECT_EQ(days()[0].maps, "") << "as now";
  const StatementRef end = retire();
  EXPECT_EQ(zones(), "[box box][box box]") << "nobody has agreed yet";
  EXPECT_EQ(days()[0].would_change, "");
  w_.agree(end);
  EXPECT_EQ(zones(), "[box box][ ]");
  ASSERT_EQ(days().size(), 1U);
  EXPECT_EQ(days()[0].brief, brief.id.to_string());
  EXPECT_EQ(days()[0].maps, R"([[")" + map_.id.to_string() + R"(","in-force"]])");
  EXPECT_EQ(days()[0].would_change, R"([["box",1,0,1,0]])");
}

TEST_F(SignedDaysFoldTest, WhatIsNotSignedByAllOrOfOneZoneKeepsNothing) {
  propose();
  w_.agree(propose("box"));
  w_.agree(retire());
  EXPECT_EQ(zones(), "[ ][ ]");
  EXPECT_TRUE(days().empty());
}

TEST_F(SignedDaysFoldTest, ALaterSignedBriefOfTheDayTakesTheNewMaps) {
  w_.agree(propose());
  w_.agree(retire());
  w_.agree(propose());
  EXPECT_EQ(zones(), "[ ][ ]");
  ASSERT_EQ(days().size(), 1U);
  EXPECT_EQ(days()[0].maps, "");
}

TEST_F(SignedDaysFoldTest, GoingOnKeepsThem) {
  w_.agree(propose());
  w_.agree(retire());
  Folded last = w_.fold_all(t_);
  for (const int day : {0, 9, 0, 4}) {
    w_.say(kSouth, "report", report_at(day, 359500000 + day).to_body());
    FoldRequest request{&w_.mechanism, w_.cut(), {}, {}};
    const auto more = fold_more(request, last.cut, last.as_of, w_.source, t_, t_).value();
    ASSERT_TRUE(more.has_value());
    last = *more;
    MemoryTables scratch;
    EXPECT_EQ(w_.fold_all(scratch).digest, last.digest);
    EXPECT_EQ(lines(t_), lines(scratch));
  }
  EXPECT_EQ(days().at(0).would_change, R"([["box",2,0,2,0]])") << "two of the three are one incident";
}

TEST_F(SignedDaysFoldTest, ADayWithoutReportsBeforeIsForTheFullFold) {
  monitor::BriefStatement b;
  b.first_day = b.last_day = w_.mechanism.days.day_of(report_at(4).from);
  b.edition = "parties";
  b.lang = "en";
  b.cut = w_.cut().to_json();
  w_.agree(w_.say(kNorth, "brief", b.to_body()));
  const Folded last = w_.fold_all(t_);
  EXPECT_TRUE(days().empty());
  w_.say(kSouth, "report", report_at(4).to_body());
  FoldRequest request{&w_.mechanism, w_.cut(), {}, {}};
  EXPECT_FALSE(fold_more(request, last.cut, last.as_of, w_.source, t_, t_).value().has_value());
  w_.fold_all(t_);
  EXPECT_EQ(days().size(), 1U);
}

}  // namespace
}  // namespace truce::picture
