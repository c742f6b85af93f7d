// SPDX-License-Identifier: Apache-2.0

#include "truce/mechanism/mechanism.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace truce::mechanism {
namespace {

Party party(std::string id, Role role, char key) {
  return Party{
      id,
      "Party " + id,
      role,
      {std::string(32, key), std::string(32, static_cast<char>(key + 1)), std::string(32, static_cast<char>(key + 2))}};
}

Mechanism two_parties() {
  Mechanism m;
  m.name = "line";
  m.parties = {party("north", Role::kGuarantor, 'a'), party("south", Role::kGuarantor, 'k')};
  return m;
}

TEST(MechanismTest, BytesArePinned) {
  Mechanism m;
  m.name = "m";
  m.parties = {party("un", Role::kObserver, 'a')};
  m.decision.of = "all";
  const std::string bytes = m.to_bytes().value();
  EXPECT_EQ(
      bytes,
      R"({"borders":"world-atlas","days":{"cutoff":0,"offsets":[["0001-01-01",0]]},"decisions":{"default":{"of":"all","rule":"unanimity"}},)"
      R"("editions":["parties","public"],"killed_best":"agreed-or-range","kind":"actual","name":"m","parties":[{"id":"un","keys":{)"
      R"("cosign":"YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI","log":"YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE",)"
      R"("x25519":"Y2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2M"},"name":"Party un","role":"observer"}],"quorum":{"accomplices":0},)"
      R"("quota":{"statements_per_party_and_day":20000},"rules":{"version":0},"v":1})");
  EXPECT_EQ(Mechanism::parse(bytes).value(), m);
}

Mechanism with_everything() {
  Mechanism m = two_parties();
  m.parties.insert(m.parties.begin(), party("cross", Role::kHumanitarian, 'A'));
  m.parties[0].named = false;
  m.parties[1].main = "main-2";
  m.parties[1].ended = {{"main", 17, sha256("x"), std::string(32, 'E')}};
  m.decisions["finding"] = {"k-of-n", "all", 2, 0};
  m.decisions["zone"] = {"silence", "guarantors", 0, 72};
  m.rest_weekdays = {5};
  m.rest_dates = {Date::from_civil(2026, 1, 1)};
  m.path = {"reported", "inquiry", "visit", "finding"};
  m.duty = Duty{Date::from_civil(2026, 1, 1), 7, {"south", "north"}};
  m.excluded_version = 2;
  m.excluded = {{"group-e", "Group E", {"south"}}};
  m.evidence_use = "parties";
  m.permitted_use = "for the mechanism alone";
  m.version = 3;
  m.amends = sha256("the document before");
  return m;
}

TEST(MechanismTest, EverythingComesBack) {
  const Mechanism m = with_everything();
  const auto bytes = m.to_bytes();
  ASSERT_TRUE(bytes.has_value()) << bytes.error().to_string();
  EXPECT_EQ(Mechanism::parse(*bytes).value(), m);
  EXPECT_EQ(sha256(*bytes).hex(), "7f4184a4edc5c21fb8f7e44ba89e3771efc9fb24bce6ef53df1b8c1634bef7ff");
}

// Every document that differs from a good one in a single byte is refused, or is another document: never the same one
// in another spelling.
TEST(MechanismTest, FilesEditedByOneByteAreNeverTheSameDocument) {
  const Mechanism m = with_everything();
  const std::string bytes = m.to_bytes().value();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const int flip : {1, 2, 4, 8, 16, 32, 64, 128}) {
      std::string edited = bytes;
      edited[i] = static_cast<char>(edited[i] ^ flip);
      const auto parsed = Mechanism::parse(edited);
      if (!parsed) continue;
      EXPECT_NE(parsed.value(), m) << i;
      EXPECT_EQ(parsed->to_bytes().value(), edited) << i;
    }
  }
}

TEST(MechanismTest, RefusesRulesThatCannotHold) {
  const struct {
    const char* why;
    void (*change)(Mechanism&);
  } kCases[] = {
      {"k of too many", [](Mechanism& m) { m.decisions["finding"].k = 4; }},
      {"k without k-of-n", [](Mechanism& m) { m.decisions["zone"].k = 1; }},
      {"silence without hours", [](Mechanism& m) { m.decisions["zone"].hours = 0; }},
      {"a subject that is none", [](Mechanism& m) { m.decisions["weather"] = m.decision; }},
      {"rest every day", [](Mechanism& m) { m.rest_weekdays = {1, 2, 3, 4, 5, 6, 7}; }},
      {"steps out of order",
       [](Mechanism& m) {
         m.path = {"reported", "visit", "inquiry"};
       }},
      {"a path that begins elsewhere", [](Mechanism& m) { m.path = {"visit"}; }},
      {"duty of a humanitarian", [](Mechanism& m) { m.duty->order = {"cross"}; }},
      {"a guarantor unnamed", [](Mechanism& m) { m.parties[1].named = false; }},
      {"the main log ended", [](Mechanism& m) { m.parties[1].ended[0].log = "main-2"; }},
      {"dissent of a stranger", [](Mechanism& m) { m.excluded[0].dissent = {"nobody"}; }},
      {"an amendment of nothing", [](Mechanism& m) { m.amends.reset(); }},
      {"unknown use of evidence", [](Mechanism& m) { m.evidence_use = "press"; }},
  };
  for (const auto& c : kCases) {
    Mechanism m = with_everything();
    c.change(m);
    EXPECT_FALSE(m.to_bytes().has_value()) << c.why;
  }
}

TEST(MechanismTest, OneEditedByteIsAnotherMechanism) {
  const std::string bytes = two_parties().to_bytes().value();
  std::string other = bytes;
  other[other.find("line")] = 'L';
  ASSERT_TRUE(Mechanism::parse(other).has_value());
  EXPECT_NE(mechanism_id(bytes), mechanism_id(other));
}

TEST(MechanismTest, RefusesWhatCannotBeFounded) {
  const struct {
    const char* why;
    void (*change)(Mechanism&);
  } kCases[] = {
      {"no party", [](Mechanism& m) { m.parties.clear(); }},
      {"same party twice", [](Mechanism& m) { m.parties[1].id = "north"; }},
      {"parties out of order", [](Mechanism& m) { std::swap(m.parties[0], m.parties[1]); }},
      {"same key twice", [](Mechanism& m) { m.parties[1].keys.cosign = m.parties[0].keys.log; }},
      {"short key", [](Mechanism& m) { m.parties[1].keys.log.pop_back(); }},
      {"bad id", [](Mechanism& m) { m.parties[0].id = "North"; }},
      {"no guarantor",
       [](Mechanism& m) {
         for (Party& p : m.parties) p.role = Role::kObserver;
       }},
      {"empty name", [](Mechanism& m) { m.name.clear(); }},
      {"unknown rule", [](Mechanism& m) { m.decision.rule = "coin"; }},
      {"no quota", [](Mechanism& m) { m.quota_statements = 0; }},
  };
  for (const auto& c : kCases) {
    Mechanism m = two_parties();
    c.change(m);
    EXPECT_FALSE(m.to_bytes().has_value()) << c.why;
  }
}

TEST(MechanismTest, RefusesUnknownMembersAndVersions) {
  const std::string bytes = two_parties().to_bytes().value();
  std::string v2 = bytes;
  v2.replace(v2.rfind("\"v\":1"), 5, "\"v\":2");
  EXPECT_FALSE(Mechanism::parse(v2).has_value());
  std::string more = bytes;
  more.replace(more.rfind("\"v\":1"), 5, "\"v\":1,\"x\":1");
  EXPECT_FALSE(Mechanism::parse(more).has_value());
}

TEST(DaysTest, CutOffAndOffsetMoveTheDay) {
  Days days;
  days.cutoff_minutes = 6 * 60;
  days.offsets[0].minutes = 180;
  // 02:59Z is 05:59 at +03:00: still the day before.
  EXPECT_EQ(days.day_of(parse_instant("2018-09-18T02:59:59Z").value()).to_string(), "2018-09-17");
  EXPECT_EQ(days.day_of(parse_instant("2018-09-18T03:00:00Z").value()).to_string(), "2018-09-18");
  EXPECT_EQ(to_string(days.start_of(Date::parse("2018-09-18").value())), "2018-09-18T03:00:00Z");
}

TEST(DaysTest, EveryInstantAroundAChangeOfOffsetHasOneDayThatHoldsIt) {
  for (const auto& [before, after] :
       {std::pair{180, 120}, std::pair{120, 180}, std::pair{-720, 660}, std::pair{660, -720}}) {
    for (const int cutoff : {0, 360, 1439}) {
      Days days;
      days.cutoff_minutes = cutoff;
      days.offsets[0].minutes = before;
      days.offsets.push_back({Date::parse("2018-10-28").value(), after});
      const Instant begin = parse_instant("2018-10-25T00:00:00Z").value();
      Date last = days.day_of(begin);
      for (std::int64_t minute = 0; minute < 6 * 24 * 60; ++minute) {
        const Instant t{begin.ms + minute * 60'000};
        const Date d = days.day_of(t);
        ASSERT_LE(days.start_of(d), t) << to_string(t);
        ASSERT_LT(t, days.start_of(d + 1)) << to_string(t);
        ASSERT_TRUE(d == last || d == last + 1) << to_string(t);
        last = d;
      }
    }
  }
}

TEST(DaysTest, ChangeOfOffsetByADayOrMoreIsRefused) {
  Mechanism m = two_parties();
  m.days.offsets = {{Days{}.offsets[0].from, -720}, {Date::parse("2018-10-28").value(), 720}};
  EXPECT_FALSE(Mechanism::parse(m.to_bytes().value()).has_value());
  m.days.offsets[1].minutes = 719;
  EXPECT_TRUE(Mechanism::parse(m.to_bytes().value()).has_value());
}

}  // namespace
}  // namespace truce::mechanism
