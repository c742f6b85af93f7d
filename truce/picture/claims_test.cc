// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/claims.h"

#include <gtest/gtest.h>

#include <deque>

namespace truce::picture {
namespace {

using monitor::Kind;
using monitor::Means;
using monitor::Range;
using monitor::Report;

// Reports of one incident, by who records them and whose words they are.
class Told {
 public:
  Facts& add(const std::string& party, const Report& r = Report{}, const std::string& reporter = "") {
    Report report = r;
    report.reporter = reporter;
    facts_.push_back(facts_of(report, names_));
    Facts& f = facts_.back();
    f.party = names_.number(party);
    f.log = names_.number(party + "/main");
    f.idx = facts_.size();
    return f;
  }
  IncidentRow row() {
    std::vector<Facts*> members;
    for (Facts& f : facts_) members.push_back(&f);
    IncidentRow out;
    EXPECT_TRUE(tell_claims(members, names_, out).has_value());
    return out;
  }

 private:
  NamePool names_;
  std::deque<Facts> facts_;
};

Report killed(std::int64_t n) {
  Report r;
  r.kind = Kind::kShelling;
  r.means = Means::kTold;
  r.killed.all = Range::of(n);
  return r;
}
Report count(std::int64_t n) {
  Report r;
  r.kind = Kind::kShelling;
  r.count = Range::of(n);
  return r;
}
Report said_by(Report r, const std::string& party) {
  r.said_by = party;
  return r;
}
Report heard(Report r) {
  r.means = Means::kHeard;
  return r;
}
Report from_post(Report r) {
  r.place.form = monitor::Place::Form::kBearing;
  return r;
}

TEST(ClaimsTest, CasualtiesAreAgreedOrARange) {
  struct Case {
    const char* name;
    std::vector<std::pair<std::string, Report>> told;
    OptInt low, best, high;
  };
  const std::vector<Case> kCases = {
      {"nobody says", {{"north", count(1)}, {"south", count(1)}}, {}, {}, {}},
      {"one party says", {{"north", killed(2)}, {"south", count(1)}}, 2, 2, 2},
      {"parties agree", {{"north", killed(2)}, {"south", killed(2)}}, 2, 2, 2},
      {"parties differ", {{"north", killed(2)}, {"south", killed(5)}}, 2, {}, 5},
      {"none is a number too", {{"north", killed(0)}, {"south", killed(3)}}, 0, {}, 3},
      {"none, from who only heard it, is no statement", {{"north", heard(killed(0))}, {"south", killed(3)}}, 3, 3, 3},
      {"none, from a post, is no statement", {{"north", from_post(killed(0))}, {"south", killed(3)}}, 3, 3, 3},
      {"a post that counts some says so", {{"north", from_post(killed(1))}, {"south", killed(3)}}, 1, {}, 3},
      {"a party's figure is its greatest", {{"north", killed(1)}, {"north", killed(4)}, {"south", killed(4)}}, 1, 4, 4},
      {"said parties have figures of their own",
       {{"north", killed(2)}, {"north", said_by(killed(5), "south")}},
       2,
       {},
       5},
      {"alone, none is what it says", {{"north", heard(killed(0))}}, 0, 0, 0},
  };
  for (const Case& c : kCases) {
    Told told;
    for (const auto& [party, report] : c.told) told.add(party, report);
    const IncidentRow row = told.row();
    EXPECT_EQ(row.killed_low, c.low) << c.name;
    EXPECT_EQ(row.killed_best, c.best) << c.name;
    EXPECT_EQ(row.killed_high, c.high) << c.name;
  }
}

TEST(ClaimsTest, NumbersOfThingsAreTheLowerMedianOverParties) {
  Told told;
  told.add("a", count(3));
  told.add("b", count(40));
  EXPECT_EQ(told.row().count_best, 3);
  told.add("c", count(5));
  told.add("c", count(4));
  EXPECT_EQ(told.row().count_best, 5);
  EXPECT_EQ(told.row().count_low, 3);
  EXPECT_EQ(told.row().count_high, 40);
}

TEST(ClaimsTest, PartiesAreThoseThatReportThenThoseThatAreQuoted) {
  Told told;
  told.add("north");
  told.add("north", said_by(Report{}, "south"));
  told.add("north", said_by(Report{}, "east"));
  EXPECT_EQ(told.row().parties, "north;said:east;said:south");
  told.add("south");
  EXPECT_EQ(told.row().parties, "north;south;said:east");
  told.add("south", said_by(Report{}, "south"));  // its own words
  EXPECT_EQ(told.row().parties, "north;south;said:east");
}

TEST(ClaimsTest, PostsAreCountedOnceEach) {
  Told told;
  told.add("north", from_post(Report{}), "op-1");
  told.add("north", from_post(Report{}), "op-1");
  told.add("south", from_post(Report{}), "op-1");  // another party's
  told.add("north", Report{}, "op-2");             // a point: no post
  EXPECT_EQ(told.row().posts, 2);
}

TEST(ClaimsTest, ClaimsStandBesideEachOther) {
  Told told;
  Report r = killed(2);
  r.kind = Kind::kAirstrike;
  r.direction_mdeg = 90'000;
  told.add("north", r);
  told.add("south", said_by(heard(killed(7)), "east"));
  const IncidentRow row = told.row();
  EXPECT_EQ(row.kinds, "airstrike:1;shelling:1");
  EXPECT_EQ(
      row.claims,
      R"([{"direction_mdeg":[90000],"killed":[2,2,2],"kinds":{"airstrike":1},"means":["told"],"party":"north","reports":1},)"
      R"({"killed":[7,7,7],"kinds":{"shelling":1},"means":["heard"],"party":"said:east","reports":1}])");
}

TEST(ClaimsTest, OneReportHasNoClaimsBesideIt) {
  Told told;
  told.add("north", killed(2));
  const IncidentRow row = told.row();
  EXPECT_TRUE(row.claims.empty());
  EXPECT_TRUE(row.kinds.empty());
  EXPECT_EQ(row.killed_best, 2);
}

TEST(ClaimsTest, AttributionIsNeverMerged) {
  Report one;
  one.attribution.state = monitor::AttributionState::kUnknown;
  Report two = one;
  Told agreed;
  agreed.add("north", one);
  agreed.add("south", two);
  EXPECT_EQ(agreed.row().attribution, "unknown");
  two.attribution.state = monitor::AttributionState::kActor;
  two.attribution.actors = {"army"};
  Told differs;
  differs.add("north", one);
  differs.add("south", two);
  EXPECT_EQ(differs.row().attribution, "differs");
}

TEST(ClaimsTest, StrongestMeansAndOneAssessment) {
  Told told;
  Report r = heard(Report{});
  r.assessment = monitor::Assessment::kViolationAlleged;
  told.add("north", r);
  r.means = Means::kSeen;
  told.add("south", r);
  EXPECT_EQ(told.row().means, "seen");
  EXPECT_EQ(told.row().assessment, monitor::assessment_code(monitor::Assessment::kViolationAlleged));
}

}  // namespace
}  // namespace truce::picture
