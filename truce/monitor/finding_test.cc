// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/finding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "truce/base/seed_testing.h"

namespace truce::monitor {
namespace {

using mechanism::Mechanism;
using mechanism::Role;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t kHour = 3'600'000;
const std::vector<std::string> kMembers = {"east/main/3", "north/main/7"};

// Three guarantors and an observer.
Mechanism line() {
  Mechanism m;
  char key = 'a';
  for (const char* id : {"east", "north", "south", "watch"}) {
    m.parties.push_back({id,
                         id,
                         std::string_view(id) == "watch" ? Role::kObserver : Role::kGuarantor,
                         {std::string(32, key), std::string(32, static_cast<char>(key + 1)),
                          std::string(32, static_cast<char>(key + 2))}});
    key = static_cast<char>(key + 3);
  }
  m.path = {"reported", "finding"};
  return m;
}

HeldPosition said(const std::string& party, Answer answer, std::int64_t hour = 0, std::string actor = {}) {
  HeldPosition p;
  p.id = {{party, "main"}, static_cast<std::uint64_t>(10 + hour)};
  p.recorded = Instant{hour * kHour};
  p.body = {answer, std::move(actor), "r"};
  p.reports = kMembers;
  p.question.author = party;
  p.question.asked = p.recorded;
  return p;
}

Finding found(const Mechanism& m, std::vector<HeldPosition> positions, std::int64_t hour = 1000) {
  return finding_of(m, {kMembers, std::move(positions), {}, false}, Instant{hour * kHour});
}

TEST(FindingTest, OutcomesByTheRule) {
  struct Case {
    const char* what;
    mechanism::Rule rule;
    std::vector<HeldPosition> positions;
    FindingOutcome outcome;
    const char* reason;
  };
  const mechanism::Rule all{"unanimity", "guarantors", 0, 0};
  const mechanism::Rule two{"k-of-n", "all", 2, 0};
  const auto yes = Answer::kConfirm;
  const auto no = Answer::kNotConfirm;
  const auto cannot = Answer::kCannotEstablish;
  const Case cases[] = {
      {"nobody says anything", all, {}, FindingOutcome::kOpen, ""},
      {"one of three", all, {said("east", yes)}, FindingOutcome::kOpen, ""},
      {"all three", all, {said("east", yes), said("north", yes), said("south", yes)}, FindingOutcome::kConfirmed, ""},
      {"all three say no",
       all,
       {said("east", no), said("north", no), said("south", no)},
       FindingOutcome::kNotConfirmed,
       ""},
      {"nobody can tell",
       all,
       {said("east", cannot), said("north", cannot), said("south", cannot)},
       FindingOutcome::kCannotEstablish,
       ""},
      {"one dissents", all, {said("east", yes), said("north", yes), said("south", no)}, FindingOutcome::kOpen, ""},
      {"an observer has no voice",
       all,
       {said("east", yes), said("north", yes), said("south", yes), said("watch", no)},
       FindingOutcome::kConfirmed,
       ""},
      {"an attribution is no answer",
       all,
       {said("east", yes), said("north", yes), said("south", Answer::kAttribute, 0, "x")},
       FindingOutcome::kOpen,
       ""},
      {"two of four", two, {said("east", yes), said("watch", yes)}, FindingOutcome::kConfirmed, ""},
      {"two against two",
       two,
       {said("east", yes), said("watch", yes), said("north", no), said("south", no)},
       FindingOutcome::kOpen,
       "several"},
      {"one of four", two, {said("watch", yes), said("north", no)}, FindingOutcome::kOpen, ""},
  };
  for (const Case& c : cases) {
    Mechanism m = line();
    m.decisions["finding"] = c.rule;
    const Finding f = found(m, c.positions);
    EXPECT_EQ(f.outcome, c.outcome) << c.what;
    EXPECT_EQ(f.reason, c.reason) << c.what;
    EXPECT_EQ(f.looks_agreed, c.outcome != FindingOutcome::kOpen) << c.what;
    EXPECT_EQ(f.missing.empty(), c.outcome != FindingOutcome::kOpen) << c.what;
  }
}

TEST(FindingTest, DissentStandsBesideTheJointAnswer) {
  Mechanism m = line();
  m.decisions["finding"] = {"k-of-n", "all", 3, 0};
  const Finding f =
      found(m, {said("east", Answer::kConfirm), said("north", Answer::kConfirm), said("watch", Answer::kConfirm),
                said("south", Answer::kNotConfirm), said("south", Answer::kAttribute, 1, "group-n")});
  EXPECT_EQ(f.outcome, FindingOutcome::kConfirmed);
  EXPECT_THAT(f.dissent, ElementsAre("south"));
  ASSERT_EQ(f.parties.size(), 4U);
  EXPECT_EQ(f.parties[2], (PartyView{"south", "not-confirm", "attribute:group-n", {}}));
  EXPECT_EQ(f.attribution, "");
}

TEST(FindingTest, AttributionsAreJointWhereAllSayTheSame) {
  const Mechanism m = line();
  const auto attribute = [](const char* party, const char* actor) { return said(party, Answer::kAttribute, 0, actor); };
  EXPECT_EQ(found(m, {attribute("east", "a"), attribute("north", "a"), attribute("south", "a")}).attribution,
            "attribute:a");
  EXPECT_EQ(found(m, {attribute("east", "a"), attribute("north", "a"), attribute("south", "b")}).attribution, "");
  EXPECT_EQ(found(m, {attribute("east", "a"), attribute("north", "a")}).attribution, "");
  EXPECT_EQ(found(m, {said("east", Answer::kExcludedGroup), said("north", Answer::kExcludedGroup),
                      said("south", Answer::kExcludedGroup)})
                .attribution,
            "excluded-group");
  EXPECT_EQ(found(m, {said("east", Answer::kExcludedGroup), said("north", Answer::kExcludedGroup),
                      said("south", Answer::kExcludedGroup, 0, "n")})
                .attribution,
            "")
      << "which group is part of what is said";
}

// Silence: asked at hour 0; three others of the author, two of them start the clock, at hour 5.
std::vector<HeldPosition> asked_at_zero() {
  HeldPosition p = said("east", Answer::kConfirm);
  p.question.received = {{"north", Instant{2 * kHour}}, {"south", Instant{5 * kHour}}};
  p.question.heard = {{"north", Instant{40 * kHour}}, {"south", Instant{29 * kHour}}};
  return {p};
}

TEST(FindingTest, SilenceOfWhoWasReachedConfirms) {
  Mechanism m = line();
  m.decisions["finding"] = {"silence", "guarantors", 0, 24};
  auto positions = asked_at_zero();
  Finding f = found(m, positions, 29);
  EXPECT_EQ(f.outcome, FindingOutcome::kOpen) << "the deadline has not passed";
  EXPECT_EQ(f.deadline, Instant{29 * kHour});
  f = found(m, positions, 40);
  EXPECT_EQ(f.outcome, FindingOutcome::kOpen) << "nothing of south's since the deadline";
  EXPECT_THAT(f.silent, ElementsAre("north"));
  EXPECT_THAT(f.not_reached, ElementsAre("south"));
  positions[0].question.heard["south"] = Instant{30 * kHour};
  f = found(m, positions, 40);
  EXPECT_EQ(f.outcome, FindingOutcome::kConfirmed);
  EXPECT_THAT(f.silent, ElementsAre("north", "south"));
  EXPECT_TRUE(f.looks_agreed);
  positions.push_back(said("south", Answer::kNotConfirm, 28));
  f = found(m, positions, 40);
  EXPECT_EQ(f.outcome, FindingOutcome::kOpen) << "another answer is an objection";
  // A later position with the same answer does not start the clock anew.
  positions.back() = said("north", Answer::kConfirm, 20);
  f = found(m, positions, 40);
  EXPECT_EQ(f.outcome, FindingOutcome::kConfirmed);
  EXPECT_EQ(f.deadline, Instant{29 * kHour});
}

TEST(FindingTest, StepsOfThePathAreNamedWhereTheyAreMissing) {
  Mechanism m = line();
  m.path = {"reported", "inquiry", "visit", "finding", "sign-off"};
  const std::vector<HeldPosition> all = {said("east", Answer::kConfirm), said("north", Answer::kConfirm),
                                         said("south", Answer::kConfirm)};
  struct Case {
    std::vector<HeldPosition> positions;
    std::vector<HeldInquiry> inquiries;
    bool signed_off;
    std::vector<std::string> missing;
  };
  const Case cases[] = {
      {{}, {}, false, {"inquiry", "visit", "finding", "sign-off"}},
      {all, {{false, false, {}, {}}}, false, {"inquiry", "visit", "sign-off"}},
      {all, {{true, false, {}, {}}}, false, {"visit", "sign-off"}},
      {all, {{true, true, {"east", "watch"}, {"south"}}}, true, {"visit:north;south"}},
      {all, {{true, true, {"east"}, {}}, {false, true, {"north", "south"}, {}}}, true, {}},
      {all, {{false, true, {"east", "north", "south"}, {}}}, true, {"inquiry"}},
  };
  for (const Case& c : cases) {
    const Finding f = finding_of(m, {kMembers, c.positions, c.inquiries, c.signed_off}, Instant{0});
    EXPECT_EQ(f.missing, c.missing);
    EXPECT_EQ(f.looks_agreed, c.missing.empty());
  }
}

TEST(FindingTest, ReportsThatJoinedLaterAreNotCovered) {
  const Mechanism m = line();
  std::vector<HeldPosition> positions = {said("east", Answer::kConfirm), said("north", Answer::kConfirm),
                                         said("south", Answer::kConfirm), said("watch", Answer::kConfirm)};
  positions[3].reports = {"north/main/7"};
  EXPECT_TRUE(found(m, positions).looks_agreed) << "an observer decides nothing here";
  positions[1].reports = {"north/main/7", "south/main/99"};  // one that left the incident is no matter
  const Finding f = found(m, positions);
  EXPECT_EQ(f.outcome, FindingOutcome::kConfirmed);
  EXPECT_FALSE(f.looks_agreed);
  EXPECT_THAT(f.parties[1].not_covered, ElementsAre("east/main/3"));
  EXPECT_THAT(f.missing, IsEmpty());
}

TEST(FindingTest, WithdrawnReportOpensItAgain) {
  const Mechanism m = line();
  std::vector<HeldPosition> positions = {said("east", Answer::kConfirm), said("north", Answer::kConfirm),
                                         said("south", Answer::kConfirm)};
  positions[2].reports = {"north/main/7"};
  positions[2].withdrawn = {"east/main/3"};
  const Finding f = found(m, positions);
  EXPECT_EQ(f.outcome, FindingOutcome::kOpen);
  EXPECT_EQ(f.reason, "withdrawn:east/main/3");
  EXPECT_FALSE(f.looks_agreed);
  EXPECT_THAT(f.missing, ElementsAre("finding"));
  EXPECT_EQ(finding_of(m, {{}, positions, {}, false}, Instant{0}).outcome, FindingOutcome::kOpen)
      << "of an incident that is gone";
}

// Counts voices in as many words as the definition has.
FindingOutcome slow_outcome(const Mechanism& m, const std::vector<HeldPosition>& positions, Instant as_of) {
  const mechanism::Rule& rule = m.rule("finding");
  const std::vector<std::string> deciders = m.deciders(rule);
  std::vector<FindingOutcome> out;
  for (const Answer a : {Answer::kConfirm, Answer::kNotConfirm, Answer::kCannotEstablish}) {
    const HeldPosition* first = nullptr;
    for (const HeldPosition& p : positions) {
      if (p.body.answer != a) continue;
      if (first == nullptr || p.recorded < first->recorded || (p.recorded == first->recorded && p.id < first->id))
        first = &p;
    }
    if (first == nullptr) continue;
    std::size_t with = 0;
    for (const std::string& d : deciders) {
      const auto own = std::ranges::find_if(
          positions, [&](const HeldPosition& p) { return p.id.log.party == d && !is_attribution(p.body.answer); });
      if (own != positions.end()) {
        with += own->body.answer == a ? 1 : 0;
        continue;
      }
      if (rule.rule != "silence") continue;
      std::vector<std::int64_t> times;
      for (const auto& [party, t] : first->question.received) {
        if (party != first->id.log.party) times.push_back(t.ms);
      }
      std::ranges::sort(times);
      const auto q = static_cast<std::size_t>(mechanism::quorum_for(m, first->id.log.party).needed);
      if (times.size() < q) continue;
      const auto received = first->question.received.find(d);
      const auto heard = first->question.heard.find(d);
      if (received == first->question.received.end() || heard == first->question.heard.end()) continue;
      const std::int64_t deadline =
          std::max({first->recorded.ms, times[q - 1], received->second.ms}) + rule.hours * kHour;
      with += as_of.ms > deadline && heard->second.ms > deadline ? 1 : 0;
    }
    const std::size_t needed = rule.rule == "k-of-n" ? static_cast<std::size_t>(rule.k) : deciders.size();
    if (with >= needed) out.push_back(static_cast<FindingOutcome>(static_cast<int>(a) + 1));
  }
  return out.size() == 1 ? out[0] : FindingOutcome::kOpen;
}

TEST(FindingTest, JointAnswerIsWhatTheDefinitionSays) {
  SeededNumbers draw(logged_seed());
  std::map<FindingOutcome, int> seen;
  int several = 0;
  for (int round = 0; round < 6000; ++round) {
    Mechanism m = line();
    const auto which = draw.below(3);
    m.decisions["finding"] = which == 0   ? mechanism::Rule{"unanimity", "guarantors", 0, 0}
                             : which == 1 ? mechanism::Rule{"k-of-n", "all", draw.between(1, 4), 0}
                                          : mechanism::Rule{"silence", "all", 0, 10};
    std::vector<HeldPosition> positions;
    for (const mechanism::Party& p : m.parties) {
      if (draw.chance(3)) continue;
      const auto answer = static_cast<Answer>(draw.chance(2) ? 0 : draw.below(3));
      HeldPosition held = said(p.id, answer, draw.between(0, 5));
      for (const mechanism::Party& other : m.parties) {
        if (draw.below(4) != 0) held.question.received[other.id] = Instant{draw.between(0, 12) * kHour};
        if (draw.below(4) != 0) held.question.heard[other.id] = Instant{draw.between(5, 60) * kHour};
      }
      positions.push_back(std::move(held));
      if (draw.chance(4)) positions.push_back(said(p.id, Answer::kAttribute, 3, "x"));
    }
    const Instant as_of{draw.between(0, 60) * kHour};
    const Finding f = found(m, positions, as_of.ms / kHour);
    ASSERT_EQ(f.outcome, slow_outcome(m, positions, as_of)) << "seed " << logged_seed() << " round " << round;
    ++seen[f.outcome];
    several += f.reason == "several" ? 1 : 0;
    std::ranges::reverse(positions);
    ASSERT_EQ(finding_of(m, {kMembers, positions, {}, false}, as_of), f) << "order decides nothing";
  }
  EXPECT_EQ(seen.size(), 4U);
  EXPECT_GT(several, 10);
}

TEST(BulletinTest, CountsWhatOnePartyRecordedAndTheOthersMakeOfIt) {
  const Mechanism m = line();
  const Told told[] = {
      {"2018-05-03", {"north"}, {{"south", "confirm"}, {"east", "not-confirm"}}},
      {"2018-05-03", {"north", "south"}, {{"north", "confirm"}}},
      {"2018-05-03", {}, {{"south", "confirm"}}},  // only relayed: nobody records it
      {"2018-05-04", {"south"}, {{"north", "cannot-establish"}, {"east", ""}}},
  };
  const auto lines = bulletin(m, told);
  ASSERT_EQ(lines.size(), 8U);  // two days, four parties
  EXPECT_EQ(lines[0].party, "east");
  EXPECT_EQ(lines[0].recorded, 0);
  EXPECT_EQ(lines[1].day, "2018-05-03");
  EXPECT_EQ(lines[1].party, "north");
  EXPECT_EQ(lines[1].recorded, 2);
  EXPECT_EQ(lines[1].others.size(), 3U);
  EXPECT_EQ(lines[1].others.at("south"), (OthersCount{1, 0, 1, 1}));
  EXPECT_EQ(lines[1].others.at("east"), (OthersCount{0, 1, 1, 0}));
  EXPECT_EQ(lines[1].others.at("watch"), OthersCount{});
  EXPECT_EQ(lines[2].others.at("north"), (OthersCount{1, 0, 1, 1}));
  EXPECT_EQ(lines[6].party, "south");
  EXPECT_EQ(lines[6].others.at("north"), (OthersCount{0, 0, 1, 0}));
  EXPECT_EQ(lines[6].others.at("east"), OthersCount{});
  EXPECT_TRUE(bulletin(m, {}).empty());
}

}  // namespace
}  // namespace truce::monitor
