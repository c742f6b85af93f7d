// SPDX-License-Identifier: Apache-2.0

#include "truce/mechanism/amendment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace truce::mechanism {
namespace {

Mechanism founding() {
  Mechanism m;
  m.name = "line";
  char key = 'a';
  for (const char* id : {"east", "north", "south"}) {
    m.parties.push_back({id,
                         id,
                         Role::kGuarantor,
                         {std::string(32, key), std::string(32, static_cast<char>(key + 1)),
                          std::string(32, static_cast<char>(key + 2))}});
    key = static_cast<char>(key + 3);
  }
  return m;
}

Hash document_of(const Mechanism& m) {
  return mechanism_id(m.to_bytes().value());
}

Proposal propose(const Mechanism& before, std::string name, std::string author, std::vector<std::string> consents,
                 std::uint64_t index) {
  Proposal p;
  p.mechanism = before;
  p.mechanism.name = std::move(name);
  p.mechanism.amends = document_of(before);
  p.mechanism.version = before.version + 1;
  p.document = document_of(p.mechanism);
  p.id = {{author, "main"}, index};
  p.question.author = std::move(author);
  for (std::string& c : consents) p.question.voices.emplace(std::move(c), Voice::kConsents);
  return p;
}

TEST(AmendmentTest, InForceWhenEveryGuarantorConsented) {
  const Mechanism m = founding();
  EXPECT_EQ(follow(m, document_of(m), {propose(m, "b", "east", {"north"}, 1)}).mechanism.name, "line");
  const Proposal first = propose(m, "b", "east", {"north", "south"}, 1);
  const Proposal second = propose(first.mechanism, "c", "north", {"east", "south"}, 1);
  const Chain chain = follow(m, document_of(m), {second, first});
  EXPECT_EQ(chain.mechanism.name, "c");
  ASSERT_EQ(chain.links.size(), 3U);
  EXPECT_EQ(chain.links[1].document, first.document);
  EXPECT_TRUE(chain.contradictions.empty());
  EXPECT_EQ(Mechanism::parse(chain.mechanism.to_bytes().value()).value(), chain.mechanism);
}

TEST(AmendmentTest, ConsentToTwoSuccessorsIsEvidence) {
  const Mechanism m = founding();
  const Proposal b = propose(m, "b", "east", {"north", "south"}, 7);
  const Proposal c = propose(m, "c", "north", {"south"}, 3);
  const Chain chain = follow(m, document_of(m), {c, b});
  EXPECT_EQ(chain.mechanism.name, "b");
  ASSERT_EQ(chain.contradictions.size(), 2U) << "north asked for one and consented to the other, south to both";
  EXPECT_EQ(chain.contradictions[0].party, "north");
  EXPECT_EQ(chain.contradictions[1].party, "south");
  EXPECT_EQ(chain.contradictions[1].amends, document_of(m));
}

TEST(AmendmentTest, OneObjectionForGoodIsEnoughWhereAllDecide) {
  Mechanism m = founding();
  Mechanism next = m;
  next.name = "b";
  EXPECT_FALSE(is_refused_for_good(m, next, {}));
  EXPECT_TRUE(is_refused_for_good(m, next, {"south"}));
  EXPECT_FALSE(is_refused_for_good(m, next, {"nobody"}));
  m.decisions["amendment"] = {"k-of-n", "guarantors", 2, 0};
  EXPECT_FALSE(is_refused_for_good(m, next, {"south"})) << "two may still agree";
  EXPECT_TRUE(is_refused_for_good(m, next, {"south", "north"}));
  m.decisions["amendment"] = {"silence", "guarantors", 0, 24};
  EXPECT_FALSE(is_refused_for_good(m, next, {"south", "north"})) << "an objection may be too late there";
}

TEST(AmendmentTest, APartyWhoseLogADocumentEndsCannotRefuseItForGood) {
  const Mechanism m = founding();
  Mechanism next = m;
  next.parties[2].main = "main-2";
  EXPECT_FALSE(is_refused_for_good(m, next, {"south"})) << "once its fork is proven it is not asked";
  EXPECT_TRUE(is_refused_for_good(m, next, {"east"}));
}

TEST(AmendmentTest, WhoWasForWhatIsRefusedForGoodIsNotAccused) {
  const Mechanism m = founding();
  Proposal b = propose(m, "b", "east", {"north"}, 7);
  b.is_refused_for_good = true;
  const Proposal c = propose(m, "c", "south", {"north", "east"}, 3);
  const Chain chain = follow(m, document_of(m), {b, c});
  EXPECT_EQ(chain.mechanism.name, "c");
  EXPECT_TRUE(chain.contradictions.empty());
}

TEST(AmendmentTest, WhatCannotFollowIsNeverInForce) {
  const Mechanism m = founding();
  const struct {
    const char* why;
    void (*change)(Mechanism&);
  } kCases[] = {
      {"skips a version", [](Mechanism& n) { n.version = 2; }},
      {"becomes an exercise", [](Mechanism& n) { n.exercise = true; }},
      {"another key of the same log", [](Mechanism& n) { n.parties[0].keys.log = std::string(32, 'z'); }},
      {"follows another document", [](Mechanism& n) { n.amends = Hash{}; }},
      {"a new main log without the end of the old one",
       [](Mechanism& n) {
         n.parties[0].main = "main-2";
         n.parties[0].keys.log = std::string(32, 'z');
       }},
  };
  for (const auto& c : kCases) {
    Proposal p = propose(m, "b", "east", {"north", "south"}, 1);
    c.change(p.mechanism);
    EXPECT_EQ(follow(m, document_of(m), {p}).links.size(), 1U) << c.why;
  }
  Proposal p = propose(m, "b", "east", {"north", "south"}, 1);
  p.mechanism.parties[0].main = "main-2";
  p.mechanism.parties[0].ended = {{"main", 17, Hash{}, p.mechanism.parties[0].keys.log}};
  p.mechanism.parties[0].keys.log = std::string(32, 'z');
  EXPECT_EQ(follow(m, document_of(m), {p}).links.size(), 2U) << "a key ended by the others' rule";
}

// Two versions of south's log are proven: south is not asked about its end, and about nothing else that comes along.
TEST(AmendmentTest, AForkedPartyIsNotAskedAboutTheEndOfItsLog) {
  const Mechanism m = founding();
  const auto fresh = [&](const std::string& name) {
    Proposal p = propose(m, name, "east", {"north"}, 1);
    p.mechanism.name = name;
    Party& south = *std::ranges::find(p.mechanism.parties, "south", &Party::id);
    south.main = "main-2";
    south.ended = {{"main", 17, Hash{}, south.keys.log}};
    south.keys.log = std::string(32, 'z');
    p.document = document_of(p.mechanism);
    return p;
  };
  const auto links = [&](const Proposal& p) { return follow(m, document_of(m), {p}).links.size(); };
  Proposal p = fresh(m.name);
  EXPECT_EQ(links(p), 1U) << "no proof: unanimity asks south, too";
  p.forked = {{"south", "desk"}, {"north", "main"}};
  EXPECT_EQ(links(p), 1U) << "proof of other logs";
  p.forked = {{"south", "main"}};
  EXPECT_EQ(links(p), 2U);
  EXPECT_TRUE(decide_amendment(m, p).waited_for.empty());
  Proposal more = fresh("another name");
  more.forked = {{"south", "main"}};
  EXPECT_EQ(links(more), 1U) << "changes more than the log";
  Proposal two = fresh(m.name);
  two.forked = {{"south", "main"}};
  two.question.voices.erase("north");
  EXPECT_EQ(links(two), 1U) << "north is asked";
}

// Who leaves stays in the document as one that has left: its logs end there.
Party gone(Party p, std::uint64_t size = 7) {
  p.ended.push_back({p.main, size, sha256("tree"), p.keys.log});
  p.left = true;
  return p;
}

TEST(AmendmentTest, WhoLeavesStaysAsOneThatHasLeft) {
  const Mechanism m = founding();
  Proposal without = propose(m, "without south", "east", {"north", "south"}, 1);
  std::erase_if(without.mechanism.parties, [](const Party& p) { return p.id == "south"; });
  EXPECT_THAT(check_successor(m, document_of(m), without.mechanism).error().to_string(),
              ::testing::HasSubstr("left out"));
  Proposal leaving = propose(m, "south has left", "east", {"north", "south"}, 1);
  leaving.mechanism.parties[2] = gone(m.parties[2]);
  leaving.document = document_of(leaving.mechanism);
  const Chain chain = follow(m, document_of(m), {leaving});
  ASSERT_EQ(chain.links.size(), 2U);
  const Mechanism& now = chain.mechanism;
  EXPECT_EQ(Mechanism::parse(now.to_bytes().value()).value(), now);
  EXPECT_THAT(now.deciders(now.rule("finding")), ::testing::ElementsAre("east", "north"));
  EXPECT_EQ(quorum_for(now, "east").others, 1);
  EXPECT_EQ(quorum_for(now, "south").others, 2) << "for what it stated while it was a party";
  for (const int day : {0, 1, 2}) EXPECT_NE(now.on_duty(Date{day}), "south");
  // Its main log must be ended, with its own key; and nobody else's may be.
  Mechanism bad = now;
  bad.parties[2].ended.clear();
  EXPECT_FALSE(bad.to_bytes().has_value());
  bad = now;
  bad.parties[2].ended[0].key = std::string(32, 'x');
  EXPECT_FALSE(bad.to_bytes().has_value());
  bad = now;
  bad.parties[2].left = false;
  EXPECT_FALSE(bad.to_bytes().has_value());
  // It comes back with a fresh main log alone.
  Proposal again = propose(now, "south again", "east", {"north"}, 2);
  again.mechanism.parties[2] = m.parties[2];
  again.document = document_of(again.mechanism);
  EXPECT_EQ(follow(m, document_of(m), {leaving, again}).links.size(), 2U);
  Party& back = again.mechanism.parties[2];
  back = now.parties[2];
  back.left = false;
  back.main = "main-2";
  back.keys.log = std::string(32, 'y');
  again.document = document_of(again.mechanism);
  EXPECT_EQ(follow(m, document_of(m), {leaving, again}).links.size(), 3U);
}

TEST(AmendmentTest, AnEndIsForGood) {
  const Mechanism m = founding();
  Proposal leaving = propose(m, "south has left", "east", {"north", "south"}, 1);
  leaving.mechanism.parties[2] = gone(m.parties[2]);
  const Mechanism& now = leaving.mechanism;
  Mechanism next = propose(now, "next", "east", {}, 2).mechanism;
  EXPECT_TRUE(check_successor(now, document_of(now), next).has_value());
  next.parties[2].ended[0].size = 8;
  EXPECT_FALSE(check_successor(now, document_of(now), next).has_value());
  next.parties[2].ended.clear();
  EXPECT_FALSE(check_successor(now, document_of(now), next).has_value());
}

// Else everybody could be silent on two documents, and neither would be objected to.
TEST(AmendmentTest, WhereSilenceDecidesOneOfThoseWhoDecideProposes) {
  Mechanism m = founding();
  m.parties[0].role = Role::kObserver;  // east
  m.decisions["amendment"] = Rule{"silence", "guarantors", 0, 1};
  const auto by = [&](const std::string& author) {
    Proposal p = propose(m, "b", author, {}, 1);
    const Instant now{100 * 3'600'000};
    for (const char* party : {"east", "north", "south"}) {
      p.question.newest[party] = now;
      if (party == author) continue;
      p.question.received[party] = Instant{1};
      p.question.heard[party] = now;
    }
    return decide_amendment(m, p).outcome;
  };
  EXPECT_EQ(by("north"), Outcome::kAgreed);
  EXPECT_EQ(by("east"), Outcome::kRefused);
}

// Another key of a log that an earlier document named, which everybody holds.
TEST(AmendmentTest, OneKeyALogForLife) {
  const Mechanism m = founding();
  Proposal leaving = propose(m, "south has left", "east", {"north", "south"}, 1);
  leaving.mechanism.parties[2] = gone(m.parties[2]);
  leaving.document = document_of(leaving.mechanism);
  const Chain chain = follow(m, document_of(m), {leaving});
  Mechanism next = leaving.mechanism;
  EXPECT_TRUE(check_keys(chain.keys, next).has_value());
  next.parties[2].ended[0].key = std::string(32, 'x');
  EXPECT_FALSE(check_keys(chain.keys, next).has_value());
  next.parties[2] = m.parties[2];
  next.parties[2].keys.log = std::string(32, 'x');
  EXPECT_FALSE(check_keys(chain.keys, next).has_value());
}

}  // namespace
}  // namespace truce::mechanism
