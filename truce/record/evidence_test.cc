// SPDX-License-Identifier: Apache-2.0

#include "truce/record/evidence.h"

#include <gtest/gtest.h>

#include "truce/record/merkle.h"
#include "truce/record/proof.h"
#include "truce/record/record_testing.h"

namespace truce::record {
namespace {

std::vector<Hash> leaves(std::size_t same, std::size_t all, const std::string& what) {
  std::vector<Hash> out;
  for (std::size_t i = 0; i < all; ++i) out.push_back(leaf_hash((i < same ? "same " : what) + std::to_string(i)));
  return out;
}
NodeReader nodes_of(std::span<const Hash> l) {
  return [l](int level, std::uint64_t index) -> Result<Hash> {
    return subtree_hash(l.subspan(index << level, std::size_t{1} << level));
  };
}
std::string checkpoint(std::span<const Hash> l) {
  return sign_checkpoint({test_place("").origin(), l.size(), root_from_nodes(l.size(), nodes_of(l)).value(), {}},
                         test_seed());
}

ForkEvidence fork(std::size_t m, std::size_t n, std::size_t common) {
  const auto a = leaves(common, m, "a "), b = leaves(common, n, "b ");
  ForkEvidence e;
  e.log = {"un", "main"};
  e.first = checkpoint(a);
  e.second = checkpoint(b);
  e.prefix_root = root_from_nodes(m, nodes_of(b)).value();
  e.proof = prove_consistency(m, n, nodes_of(b)).value();
  if (common != 0) {
    e.common = CommonPrefix{common, root_from_nodes(common, nodes_of(a)).value(),
                            prove_consistency(common, m, nodes_of(a)).value(),
                            prove_consistency(common, n, nodes_of(b)).value()};
  }
  return e;
}

Result<ProvenFork> verified(const ForkEvidence& e) {
  return verify(e, test_place("").origin(), test_place("").public_key);
}

// docs/format/evidence.md.
TEST(EvidenceTest, BytesArePinned) {
  const ForkEvidence e = fork(3, 5, 2);
  EXPECT_EQ(sha256(e.to_body().to_canonical()).hex(),
            "8193ec22616196dca5bdca7a7db4c238bcb1a42ab70a6fc8b4626b24ff42285c");
  const auto proven = verified(e);
  ASSERT_TRUE(proven) << proven.error().to_string();
  EXPECT_EQ(proven->common_size, 2U);
  EXPECT_EQ(proven->second.size, 5U);
}

TEST(EvidenceTest, WhatProvesNothingIsRefused) {
  const ForkEvidence good = fork(6, 11, 4);
  ASSERT_TRUE(verified(good));
  const struct {
    const char* why;
    void (*change)(ForkEvidence&);
  } kCases[] = {
      {"the same head twice", [](ForkEvidence& e) { e.first = e.second; }},
      {"heads the wrong way round", [](ForkEvidence& e) { std::swap(e.first, e.second); }},
      {"an honest older head",
       [](ForkEvidence& e) {
         const auto b = leaves(4, 6, "b ");
         e.first = checkpoint(b);
       }},
      {"another prefix", [](ForkEvidence& e) { e.prefix_root = sha256("x"); }},
      {"a hash of the proof", [](ForkEvidence& e) { e.proof[0] = sha256("x"); }},
      {"no proof", [](ForkEvidence& e) { e.proof.clear(); }},
      {"a proof too long", [](ForkEvidence& e) { e.proof.push_back(sha256("x")); }},
      {"more in common than there is", [](ForkEvidence& e) { e.common->size = 5; }},
      {"another common root", [](ForkEvidence& e) { e.common->root = sha256("x"); }},
      {"signed by another key",
       [](ForkEvidence& e) {
         e.first = sign_checkpoint({test_place("").origin(), 6, sha256("x"), {}}, std::string(32, 'k'));
       }},
      {"of another log",
       [](ForkEvidence& e) {
         e.first = sign_checkpoint({test_place("").origin() + "x", 6, sha256("x"), {}}, test_seed());
       }},
  };
  for (const auto& c : kCases) {
    ForkEvidence e = good;
    c.change(e);
    EXPECT_FALSE(verified(e)) << c.why;
  }
}

// Two heads of one honest log never become evidence, whatever sizes: no pair of prefixes passes with any prefix root.
TEST(EvidenceTest, AnHonestLogCannotBeAccused) {
  const auto all = leaves(40, 40, "");
  for (std::size_t n = 1; n <= 40; ++n) {
    for (std::size_t m = 1; m < n; ++m) {
      const auto tree = std::span(all).first(n);
      ForkEvidence e;
      e.log = {"un", "main"};
      e.first = checkpoint(tree.first(m));
      e.second = checkpoint(tree);
      e.prefix_root = root_from_nodes(m, nodes_of(tree)).value();
      e.proof = prove_consistency(m, n, nodes_of(tree)).value();
      EXPECT_FALSE(verified(e)) << m << ' ' << n;
    }
  }
}

TEST(EvidenceTest, OnlyTheLogsOwnSignatureIsHandedOn) {
  const auto l = leaves(3, 3, "");
  SignedNote note = SignedNote::parse(checkpoint(l)).value();
  const std::string own = note.to_bytes();
  note.signatures.insert(note.signatures.begin(), {"truce/example/w", "abcd", "signature"});
  EXPECT_EQ(own_checkpoint(note.to_bytes(), test_place("").origin(), test_place("").public_key).value(), own);
}

}  // namespace
}  // namespace truce::record
