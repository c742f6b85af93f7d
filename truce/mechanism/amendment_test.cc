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

// A party is left out, and comes back with another key of the log that everybody holds.
TEST(AmendmentTest, APartyThatComesBackHasItsOldKeyOrAFreshLog) {
  Mechanism m = founding();
  m.decision = Rule{"k-of-n", "guarantors", 1, 0};
  Proposal without = propose(m, "without south", "east", {}, 1);
  std::erase_if(without.mechanism.parties, [](const Party& p) { return p.id == "south"; });
  without.document = document_of(without.mechanism);
  Proposal again = propose(without.mechanism, "with south", "east", {}, 2);
  again.mechanism.parties.push_back(m.parties[2]);
  again.document = document_of(again.mechanism);
  EXPECT_EQ(follow(m, document_of(m), {without, again}).links.size(), 3U);
  again.mechanism.parties.back().keys.log = std::string(32, 'x');
  again.document = document_of(again.mechanism);
  const Chain chain = follow(m, document_of(m), {without, again});
  EXPECT_EQ(chain.links.size(), 2U);
  EXPECT_FALSE(check_keys(chain.keys, again.mechanism));
}

}  // namespace
}  // namespace truce::mechanism
