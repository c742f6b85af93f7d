// SPDX-License-Identifier: Apache-2.0

#include "truce/mechanism/decision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "truce/base/seed_testing.h"
#include "truce/mechanism/fingerprint.h"

namespace truce::mechanism {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t kHour = 3'600'000;

Mechanism three() {
  Mechanism m;
  m.name = "line";
  char key = 'a';
  for (const char* id : {"east", "north", "south", "watch"}) {
    m.parties.push_back({id,
                         id,
                         std::string_view(id) == "watch" ? Role::kObserver : Role::kGuarantor,
                         {std::string(32, key), std::string(32, static_cast<char>(key + 1)),
                          std::string(32, static_cast<char>(key + 2))}});
    key = static_cast<char>(key + 3);
  }
  return m;
}

Question asked_by_east() {
  Question q;
  q.author = "east";
  q.asked = Instant{1000 * kHour};
  return q;
}

TEST(DecisionTest, UnanimityNeedsEveryGuarantorAndNoOther) {
  const Mechanism m = three();
  Question q = asked_by_east();
  Decision d = decide(m, m.decision, q, q.asked);
  EXPECT_EQ(d.outcome, Outcome::kOpen);
  EXPECT_THAT(d.consented, ElementsAre("east"));
  EXPECT_THAT(d.waited_for, ElementsAre("north", "south"));
  q.voices = {{"north", Voice::kConsents}, {"watch", Voice::kObjects}};
  EXPECT_EQ(decide(m, m.decision, q, q.asked).outcome, Outcome::kOpen);
  q.voices["south"] = Voice::kConsents;
  EXPECT_EQ(decide(m, m.decision, q, q.asked).outcome, Outcome::kAgreed);
  q.voices["south"] = Voice::kObjects;
  EXPECT_EQ(decide(m, m.decision, q, q.asked).outcome, Outcome::kRefused);
  q.voices = {{"east", Voice::kObjects}, {"north", Voice::kConsents}, {"south", Voice::kConsents}};
  EXPECT_EQ(decide(m, m.decision, q, q.asked).outcome, Outcome::kAgreed) << "who asked has consented for good";
}

TEST(DecisionTest, KOfNIsOpenAsLongAsItCanBeMet) {
  const Mechanism m = three();
  const Rule rule{"k-of-n", "all", 3, 0};
  Question q = asked_by_east();
  q.voices = {{"north", Voice::kConsents}, {"south", Voice::kObjects}};
  EXPECT_EQ(decide(m, rule, q, q.asked).outcome, Outcome::kOpen);
  q.voices["watch"] = Voice::kConsents;
  EXPECT_EQ(decide(m, rule, q, q.asked).outcome, Outcome::kAgreed);
  q.voices["watch"] = Voice::kObjects;
  EXPECT_EQ(decide(m, rule, q, q.asked).outcome, Outcome::kRefused);
}

TEST(DecisionTest, SilenceOfWhoWasNotReachedIsNoConsent) {
  const Mechanism m = three();
  const Rule rule{"silence", "guarantors", 0, 24};
  Question q = asked_by_east();
  const Instant late{q.asked.ms + 1000 * kHour};
  Decision d = decide(m, rule, q, late);
  EXPECT_EQ(d.outcome, Outcome::kOpen) << "nobody received it: the clock does not run";
  EXPECT_FALSE(d.clock_started);
  // Three others, two of them needed: the second receipt starts the clock.
  q.received = {{"north", Instant{q.asked.ms + 1 * kHour}}, {"watch", Instant{q.asked.ms + 5 * kHour}}};
  q.heard = {{"north", Instant{q.asked.ms + 30 * kHour}}};
  d = decide(m, rule, q, late);
  EXPECT_EQ(d.clock_started, Instant{q.asked.ms + 5 * kHour});
  EXPECT_EQ(d.deadline, Instant{q.asked.ms + 29 * kHour});
  EXPECT_THAT(d.silent, ElementsAre("north"));
  EXPECT_THAT(d.not_reached, ElementsAre("south"));
  EXPECT_EQ(d.outcome, Outcome::kOpen);
  q.received["south"] = Instant{q.asked.ms + 6 * kHour};
  EXPECT_THAT(decide(m, rule, q, late).not_reached, ElementsAre("south")) << "received it, was not heard of since";
  // It received the question an hour after the clock started, and so has an hour more.
  q.heard["south"] = Instant{q.asked.ms + 30 * kHour};
  EXPECT_THAT(decide(m, rule, q, late).not_reached, ElementsAre("south")) << "not after its deadline";
  q.heard["south"] = Instant{q.asked.ms + 30 * kHour + 1};
  EXPECT_EQ(decide(m, rule, q, late).outcome, Outcome::kAgreed);
  d = decide(m, rule, q, Instant{q.asked.ms + 30 * kHour});
  EXPECT_EQ(d.outcome, Outcome::kOpen) << "its deadline itself";
  EXPECT_EQ(d.deadline, Instant{q.asked.ms + 29 * kHour});
  EXPECT_THAT(d.waited_for, ElementsAre("south"));
  EXPECT_THAT(d.silent, ElementsAre("north"));
  q.voices["south"] = Voice::kObjects;
  EXPECT_EQ(decide(m, rule, q, late).outcome, Outcome::kRefused);
}

// The question, and the receipts that start the clock, are dated back by months: who receives it today has its hours.
TEST(DecisionTest, WhoeverReceivesAQuestionHasItsHoursWhateverOthersDateBack) {
  const Mechanism m = three();
  const Rule rule{"silence", "guarantors", 0, 24};
  Question q = asked_by_east();
  const Instant now{q.asked.ms + 2000 * kHour};
  q.received = {{"north", q.asked}, {"watch", q.asked}, {"south", now}};
  q.voices = {{"north", Voice::kConsents}};
  q.newest = {{"north", now}, {"south", Instant{now.ms + 900 * kHour}}, {"watch", now}};  // south: before its receipt
  Decision d = decide(m, rule, q, now);
  EXPECT_EQ(d.deadline, Instant{q.asked.ms + 24 * kHour}) << "long past";
  EXPECT_THAT(d.waited_for, ElementsAre("south"));
  EXPECT_EQ(d.outcome, Outcome::kOpen);
  EXPECT_THAT(decide(m, rule, q, Instant{now.ms + 25 * kHour}).not_reached, ElementsAre("south"));
  q.heard["south"] = Instant{now.ms + 24 * kHour + 1};
  EXPECT_EQ(decide(m, rule, q, Instant{now.ms + 24 * kHour}).outcome, Outcome::kOpen);
  EXPECT_EQ(decide(m, rule, q, Instant{now.ms + 24 * kHour + 1}).outcome, Outcome::kAgreed);
}

TEST(DecisionTest, AnObjectionAfterItsPartysSilenceWasOverComesTooLate) {
  const Mechanism m = three();
  const Rule rule{"silence", "guarantors", 0, 24};
  Question q = asked_by_east();
  const auto at = [&](std::int64_t hours, std::int64_t ms = 0) { return Instant{q.asked.ms + hours * kHour + ms}; };
  q.received = {{"north", at(1)}, {"south", at(2)}};  // its own deadline: 26 h
  q.heard = {{"north", at(40)}, {"south", at(40)}};
  q.voices = {{"north", Voice::kConsents}, {"south", Voice::kObjects}};
  EXPECT_EQ(decide(m, rule, q, at(50)).outcome, Outcome::kRefused) << "the first that its log says";
  q.heard_before = {{"south", at(26)}};
  EXPECT_EQ(decide(m, rule, q, at(50)).outcome, Outcome::kRefused) << "on its deadline it may still speak";
  q.heard_before = {{"south", at(26, 1)}};
  Decision d = decide(m, rule, q, at(50));
  EXPECT_EQ(d.outcome, Outcome::kAgreed);
  EXPECT_THAT(d.too_late, ElementsAre("south"));
  EXPECT_THAT(d.silent, ElementsAre("south"));
  EXPECT_THAT(d.objected, IsEmpty());
  // A clock that runs ahead in its own log ends nothing for the others before its time.
  d = decide(m, rule, q, at(26));
  EXPECT_EQ(d.outcome, Outcome::kOpen);
  EXPECT_THAT(d.waited_for, ElementsAre("south"));
  // Where no silence is known an objection is never late.
  EXPECT_EQ(decide(m, m.decision, q, at(50)).outcome, Outcome::kRefused);
  // A consent after it stands, as always.
  q.voices["south"] = Voice::kConsents;
  EXPECT_THAT(decide(m, rule, q, at(50)).consented, ElementsAre("east", "north", "south"));
}

TEST(DecisionTest, WhoeverConsentedToAnotherDocumentFirstIsBoundToIt) {
  const Mechanism m = three();
  Question q = asked_by_east();
  q.voices = {{"north", Voice::kConsents}, {"south", Voice::kConsents}};
  EXPECT_EQ(decide(m, m.decision, q, q.asked).outcome, Outcome::kAgreed);
  q.bound = {"south"};
  const Decision d = decide(m, m.decision, q, q.asked);
  EXPECT_EQ(d.outcome, Outcome::kRefused);
  EXPECT_THAT(d.objected, ElementsAre("south"));
  q.bound = {"east"};
  EXPECT_EQ(decide(m, m.decision, q, q.asked).outcome, Outcome::kRefused) << "who asks, too";
}

TEST(DecisionTest, TimeNeverGoesBackAsPartiesAreHeardOf) {
  const Mechanism m = three();
  EXPECT_EQ(deciding_instant(m, {}), Instant{0});
  std::map<std::string, Instant> newest = {{"east", Instant{30}}, {"north", Instant{20}}, {"south", Instant{10}}};
  EXPECT_EQ(deciding_instant(m, newest), Instant{10});
  newest["watch"] = Instant{1};
  EXPECT_EQ(deciding_instant(m, newest), Instant{10}) << "first heard of, with a clock of long ago";
  newest["watch"] = Instant{40};
  EXPECT_EQ(deciding_instant(m, newest), Instant{20});
}

// What is agreed in a cut is agreed in every later one, however logs grow: entries are only added to logs, the median
// of their clocks goes up, receipts come in any order with any date.
TEST(DecisionTest, WhatSilenceHasAgreedStaysAgreed) {
  const Mechanism m = three();
  const Rule rule{"silence", "all", 0, 10};
  SeededNumbers draw(logged_seed());
  int agreed_rounds = 0, late = 0;
  for (int round = 0; round < 3000; ++round) {
    Question q = asked_by_east();
    q.newest["east"] = q.asked;
    Instant as_of = q.asked;
    bool agreed = false;
    std::set<std::string> objected;
    for (int step = 0; step < 60; ++step) {
      const std::string party = std::vector<std::string>{"north", "south", "watch", "east"}[draw.below(4)];
      // A clock that is mostly right, and sometimes anything.
      const Instant now{q.asked.ms + (draw.chance(10) ? draw.between(-30, 60) : draw.between(step / 3, step)) * kHour};
      const bool was_reached = q.received.contains(party);  // before this entry
      if (draw.chance(5)) q.received.try_emplace(party, now);
      if (draw.chance(12) && party != "east") {
        auto& word = q.voices.try_emplace(party, Voice::kObjects).first->second;
        if (draw.chance(2)) {
          word = Voice::kConsents;
        } else if (const auto heard = q.heard.find(party); objected.insert(party).second && heard != q.heard.end()) {
          q.heard_before[party] = heard->second;
        }
      }
      Instant& newest = q.newest.try_emplace(party, now).first->second;
      newest = std::max(newest, now);
      if (was_reached) q.heard[party] = std::max(q.heard.try_emplace(party, now).first->second, now);
      std::vector<Instant> times;
      for (const auto& [unused, t] : q.newest) times.push_back(t);
      std::ranges::sort(times);
      as_of = std::max(as_of, times[(times.size() - 1) / 2]);
      const Decision d = decide(m, rule, q, as_of);
      ASSERT_TRUE(!agreed || d.outcome == Outcome::kAgreed) << "seed " << logged_seed() << " round " << round;
      agreed = d.outcome == Outcome::kAgreed;
      late += d.too_late.empty() ? 0 : 1;
    }
    agreed_rounds += agreed ? 1 : 0;
  }
  EXPECT_GT(agreed_rounds, 100);
  EXPECT_GT(late, 100);
}

TEST(DecisionTest, BackdatedReceiptsDoNotStartTheClockBeforeTheQuestion) {
  const Mechanism m = three();
  const Rule rule{"silence", "guarantors", 0, 24};
  Question q = asked_by_east();
  q.received = {{"north", Instant{0}}, {"south", Instant{0}}, {"watch", Instant{0}}};
  EXPECT_EQ(decide(m, rule, q, q.asked).clock_started, q.asked);
}

TEST(DecisionTest, TheClockStandsStillOnDaysOfRest) {
  Mechanism m = three();
  m.rest_weekdays = {5, 6};  // Friday, Saturday
  m.rest_dates = {Date::from_civil(2026, 1, 4)};
  ASSERT_TRUE(m.to_bytes().has_value());
  const Instant thursday_noon = parse_instant("2026-01-01T12:00:00Z").value();
  EXPECT_EQ(to_string(after_hours(m, thursday_noon, 12)), "2026-01-02T00:00:00Z");
  EXPECT_EQ(to_string(after_hours(m, thursday_noon, 13)), "2026-01-05T01:00:00Z");
  EXPECT_EQ(to_string(after_hours(m, parse_instant("2026-01-02T12:00:00Z").value(), 1)), "2026-01-05T01:00:00Z");
  // What is counted between two instants: the same hours.
  EXPECT_EQ(clock_span(m, thursday_noon, after_hours(m, thursday_noon, 13)), (ClockSpan{13 * kHour, 3}));
  EXPECT_EQ(clock_span(m, thursday_noon, after_hours(m, thursday_noon, 12)), (ClockSpan{12 * kHour, 0}));
  EXPECT_EQ(clock_span(m, thursday_noon, thursday_noon), ClockSpan{});
  EXPECT_EQ(clock_span(m, parse_instant("2026-01-02T12:00:00Z").value(), thursday_noon), ClockSpan{});
}

TEST(DecisionTest, DutyGoesRound) {
  Mechanism m = three();
  EXPECT_EQ(m.on_duty(Date{0}), "east");
  EXPECT_EQ(m.on_duty(Date{1}), "north");
  EXPECT_EQ(m.on_duty(Date{-1}), "south");
  m.duty = Duty{Date{10}, 7, {"south", "watch"}};
  EXPECT_EQ(m.on_duty(Date{10}), "south");
  EXPECT_EQ(m.on_duty(Date{16}), "south");
  EXPECT_EQ(m.on_duty(Date{17}), "watch");
  EXPECT_EQ(m.on_duty(Date{24}), "south");
  EXPECT_EQ(m.on_duty(Date{9}), "watch");
}

TEST(DecisionTest, QuorumsThatCanMissEachOtherAreRefused) {
  Mechanism m = three();  // three others each
  EXPECT_EQ(quorum_for(m, "east").needed, 2);
  EXPECT_EQ(quorum_for(m, "east").may_be_absent(), 1);
  EXPECT_EQ(quorum_for(m, "stranger").needed, 3) << "four others";
  const struct {
    std::int64_t accomplices, received_by;
    bool safe;
  } kCases[] = {{0, 0, true}, {0, 1, false}, {0, 2, true}, {0, 3, true}, {0, 4, false},
                {1, 0, true}, {1, 2, false}, {1, 3, true}, {2, 0, true}, {3, 0, false}};
  for (const auto& c : kCases) {
    m.accomplices = c.accomplices;
    m.received_by = c.received_by;
    EXPECT_EQ(m.to_bytes().has_value(), c.safe) << c.accomplices << ' ' << c.received_by;
  }
  m = three();
  m.accomplices = 1;
  EXPECT_EQ(quorum_for(m, "east").needed, 3);
}

// Any two quorums of n share more than f members, by counting every pair of sets.
TEST(DecisionTest, SafeQuorumsMeetByExhaustion) {
  for (int n = 1; n <= 7; ++n) {
    for (int f = 0; f < n; ++f) {
      for (int q = 1; q <= n; ++q) {
        int smallest = n;
        for (unsigned a = 0; a < 1U << n; ++a) {
          for (unsigned b = 0; b < 1U << n; ++b) {
            if (__builtin_popcount(a) == q && __builtin_popcount(b) == q)
              smallest = std::min(smallest, __builtin_popcount(a & b));
          }
        }
        EXPECT_EQ((Quorum{n, q}.is_safe(f)), smallest > f) << n << ' ' << f << ' ' << q;
      }
    }
  }
}

TEST(DecisionTest, FingerprintsAreProquints) {
  // 127.0.0.1 is lusab-babad in the paper.
  Hash h;
  h.bytes = {127, 0, 0, 1};
  const std::string words = fingerprint_words(h);
  EXPECT_EQ(words.substr(0, 11), "lusab babad");
  EXPECT_EQ(words.size(), 59U);
}

}  // namespace
}  // namespace truce::mechanism
