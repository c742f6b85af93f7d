// SPDX-License-Identifier: Apache-2.0
//
// The fold over evidence of a fork: the log is frozen at what was settled below the split, until the rule decides.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "truce/picture/fold_testing.h"
#include "truce/record/evidence.h"
#include "truce/record/note.h"
#include "truce/record/proof.h"
#include "truce/record/signing.h"

namespace truce::picture {
namespace {

const std::string kSeed(32, '\x21');

class ForkFoldTest : public testing::Test {
 protected:
  static mechanism::Mechanism with_real_key() {
    mechanism::Mechanism m = two_parties();
    m.parties[1].keys.log = record::ed25519_public_key(kSeed);  // south's
    return m;
  }
  ForkFoldTest() : w_(with_real_key()) {
    for (int i = 0; i < 5; ++i) reports_.push_back(w_.say(kSouth, "report", report_at(0).to_body()));  // 1 to 5
  }

  [[nodiscard]] std::vector<Hash> leaves() const {
    std::vector<Hash> out;
    for (const std::string& e : w_.source.logs().at(kSouth)) out.push_back(record::leaf_hash(e));
    return out;
  }
  static record::NodeReader nodes(const std::vector<Hash>& leaves) {
    return [&leaves](int level, std::uint64_t index) -> Result<Hash> {
      return record::subtree_hash(std::span(leaves).subspan(index << level, std::size_t{1} << level));
    };
  }
  [[nodiscard]] std::string checkpoint(const std::vector<Hash>& l, const std::string& seed = kSeed) const {
    return record::sign_checkpoint(
        {"truce/" + w_.id.hex() + "/south/main", l.size(), record::root_from_nodes(l.size(), nodes(l)).value(), {}},
        seed);
  }
  // Another branch that shares `common` statements with ours.
  [[nodiscard]] record::ForkEvidence branch(std::size_t common, const std::string& seed = kSeed) const {
    const std::vector<Hash> ours = leaves();
    std::vector<Hash> theirs(ours.begin(), ours.begin() + static_cast<std::ptrdiff_t>(common));
    while (theirs.size() < ours.size() + 2)
      theirs.push_back(record::leaf_hash("another " + std::to_string(theirs.size())));
    record::ForkEvidence e;
    e.log = kSouth;
    e.first = checkpoint(ours, seed);
    e.second = checkpoint(theirs, seed);
    e.prefix_root = record::root_from_nodes(ours.size(), nodes(theirs)).value();
    e.proof = record::prove_consistency(ours.size(), theirs.size(), nodes(theirs)).value();
    e.common = record::CommonPrefix{common, record::root_from_nodes(common, nodes(ours)).value(),
                                    record::prove_consistency(common, ours.size(), nodes(ours)).value(),
                                    record::prove_consistency(common, theirs.size(), nodes(theirs)).value()};
    return e;
  }
  // Reports that are effective, and where the log stands.
  std::pair<std::size_t, StandingRow> folded() {
    MemoryTables t;
    w_.fold_all(t);
    const auto reports = read_rows<ReportRow>(t).value();
    const auto standing = read_rows<StandingRow>(t).value();
    for (const StandingRow& s : standing) {
      if (s.party == "south") return {reports.size(), s};
    }
    return {};
  }

  World w_;
  std::vector<StatementRef> reports_;
};

TEST_F(ForkFoldTest, FreezesAtWhatWasSettledBelowTheSplit) {
  w_.receive("north", {w_.head(kSouth, 3)});
  EXPECT_EQ(folded().first, 5U);
  w_.say(kNorth, "evidence", branch(4).to_body());
  const auto [reports, standing] = folded();
  EXPECT_EQ(reports, 2U) << "the acceptance and two reports were settled";
  EXPECT_EQ(standing.frozen, 1);
  EXPECT_EQ(standing.closed_at, 3);
}

TEST_F(ForkFoldTest, WhatWasReceivedBeyondTheSplitDoesNotCount) {
  w_.receive("north", {w_.head(kSouth, 2)});
  w_.receive("north", {w_.head(kSouth, 6)});
  w_.say(kNorth, "evidence", branch(4).to_body());
  EXPECT_EQ(folded().first, 1U);
}

TEST_F(ForkFoldTest, WithoutAnythingSettledNothingOfItCounts) {
  w_.say(kNorth, "evidence", branch(4).to_body());
  EXPECT_EQ(folded().first, 0U);
}

TEST_F(ForkFoldTest, EvidenceThatDoesNotHoldFreezesNothing) {
  record::ForkEvidence other_key = branch(4, std::string(32, 'x'));
  record::ForkEvidence no_proof = branch(4);
  no_proof.proof[0].bytes[0] ^= 1;
  record::ForkEvidence more_common = branch(4);
  more_common.common->size = 5;
  for (const record::ForkEvidence& e : {other_key, no_proof, more_common}) w_.say(kNorth, "evidence", e.to_body());
  w_.say({"north", "desk"}, "evidence", branch(4).to_body());
  const auto [reports, standing] = folded();
  EXPECT_EQ(reports, 5U);
  EXPECT_EQ(standing.frozen, 0);
}

TEST_F(ForkFoldTest, EndedByTheRuleItIsDecided) {
  w_.receive("north", {w_.head(kSouth, 3)});
  w_.say(kNorth, "evidence", branch(4).to_body());
  mechanism::Mechanism next = w_.mechanism;
  next.amends = mechanism::mechanism_id(w_.mechanism.to_bytes().value());
  next.version = 1;
  next.parties[1].ended = {{"main", 5, w_.head(kSouth, 5).root, next.parties[1].keys.log}};
  next.parties[1].main = "main-2";
  next.parties[1].keys.log = std::string(32, 'n');
  record::Amendment a{*next.amends, w_.source.add_blob(next.to_bytes().value()), 1};
  const StatementRef proposal = w_.say(kNorth, "amendment", a.to_body(), {}, {a.document});
  record::VoiceStatement yes;
  yes.amendment = a;
  w_.say(kSouth, "consent", yes.to_body(), {{"to", proposal}});
  EXPECT_EQ(folded().first, 4U) << "as far as the parties let it count";
}

}  // namespace
}  // namespace truce::picture
