// SPDX-License-Identifier: Apache-2.0

#include "truce/record/proof.h"

#include <gtest/gtest.h>

#include <random>

#include "truce/record/envelope.h"
#include "truce/record/merkle.h"
#include "truce/record/tile_path.h"

namespace truce::record {
namespace {

std::vector<Hash> leaves_of(std::size_t n, int salt = 0) {
  std::vector<Hash> out;
  for (std::size_t i = 0; i < n; ++i)
    out.push_back(leaf_hash("leaf " + std::to_string(salt) + ' ' + std::to_string(i)));
  return out;
}

// By the words of RFC 6962 section 2.1: recursion over the leaves.
Hash slow_root(std::span<const Hash> leaves) {
  if (leaves.empty()) return empty_root();
  if (leaves.size() == 1) return leaves[0];
  std::size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  return node_hash(slow_root(leaves.first(k)), slow_root(leaves.subspan(k)));
}
std::vector<Hash> slow_proof(std::size_t m, std::span<const Hash> d, bool whole) {
  if (m == d.size()) return whole ? std::vector<Hash>() : std::vector<Hash>{slow_root(d)};
  std::size_t k = 1;
  while (k * 2 < d.size()) k *= 2;
  std::vector<Hash> out = m <= k ? slow_proof(m, d.first(k), whole) : slow_proof(m - k, d.subspan(k), false);
  out.push_back(m <= k ? slow_root(d.subspan(k)) : slow_root(d.first(k)));
  return out;
}

NodeReader nodes_of(std::span<const Hash> leaves) {
  return [leaves](int level, std::uint64_t index) -> Result<Hash> {
    return slow_root(leaves.subspan(index << level, std::size_t{1} << level));
  };
}

TEST(ProofTest, AreThoseOfTheRecursionAndVerify) {
  const auto leaves = leaves_of(70);
  for (std::size_t n = 1; n <= leaves.size(); ++n) {
    const auto tree = std::span(leaves).first(n);
    const Hash root = slow_root(tree);
    EXPECT_EQ(root_from_nodes(n, nodes_of(tree)).value(), root);
    for (std::size_t m = 1; m <= n; ++m) {
      const auto proof = prove_consistency(m, n, nodes_of(tree)).value();
      EXPECT_EQ(proof, slow_proof(m, tree, true)) << m << ' ' << n;
      const Hash old_root = slow_root(tree.first(m));
      EXPECT_TRUE(verify_consistency(m, old_root, n, root, proof)) << m << ' ' << n;
      EXPECT_FALSE(verify_consistency(m, Hash{}, n, root, proof)) << m << ' ' << n;
      EXPECT_FALSE(verify_consistency(m, old_root, n, Hash{}, proof)) << m << ' ' << n;
      auto longer = proof;
      longer.push_back(root);
      EXPECT_FALSE(verify_consistency(m, old_root, n, root, longer));
      if (!proof.empty()) {
        EXPECT_FALSE(verify_consistency(m, old_root, n, root, std::span(proof).first(proof.size() - 1)));
        EXPECT_FALSE(verify_consistency(m, old_root, n, root, std::span(proof).subspan(1)));
      }
    }
    for (std::size_t i = 0; i < n; ++i) {
      const auto proof = prove_inclusion(i, n, nodes_of(tree)).value();
      EXPECT_TRUE(verify_inclusion(leaves[i], i, n, root, proof));
      EXPECT_FALSE(verify_inclusion(leaves[i], (i + 1) % n, n, root, proof) && n > 1);
      EXPECT_FALSE(verify_inclusion(Hash{}, i, n, root, proof));
    }
  }
}

TEST(ProofTest, NothingIsAPrefixOfEverything) {
  const auto leaves = leaves_of(5);
  EXPECT_TRUE(verify_consistency(0, empty_root(), 5, slow_root(leaves), {}));
  EXPECT_FALSE(verify_consistency(0, Hash{}, 5, slow_root(leaves), {}));
  EXPECT_FALSE(verify_consistency(0, empty_root(), 5, slow_root(leaves), leaves));
  EXPECT_FALSE(verify_consistency(6, slow_root(leaves), 5, slow_root(leaves), {}));
}

// Trees that share fewer leaves than the older one has never pass, whatever proof of either is shown.
TEST(ProofTest, AnotherBranchNeverPasses) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    const std::size_t n = 2 + random() % 60, m = 1 + random() % n, split = random() % m;
    auto a = leaves_of(n), b = leaves_of(n, 1);
    std::copy_n(a.begin(), split, b.begin());
    const Hash old_root = slow_root(std::span(a).first(m));
    for (const auto& tree : {a, b}) {
      const auto proof = prove_consistency(m, n, nodes_of(tree)).value();
      EXPECT_FALSE(verify_consistency(m, old_root, n, slow_root(b), proof)) << n << ' ' << m << ' ' << split;
    }
  }
}

TEST(ProofTest, TilesGiveTheSameNodes) {
  for (const std::size_t n : {1U, 255U, 256U, 257U, 65'535U, 65'536U, 66'000U}) {
    const auto leaves = leaves_of(n);
    std::map<int, std::vector<Hash>> levels;
    levels[0] = leaves;
    for (int l = 1; nodes_at(n, l) != 0; ++l) {
      for (std::size_t i = 0; i < nodes_at(n, l); ++i)
        levels[l].push_back(subtree_hash(std::span(levels[l - 1]).subspan(i * 256, 256)));
    }
    TileNodes nodes(n, [&](int level, std::uint64_t index, std::uint32_t width) -> Result<std::vector<Hash>> {
      const auto part = std::span(levels[level]).subspan(index * 256, width);
      return std::vector<Hash>(part.begin(), part.end());
    });
    EXPECT_EQ(root_from_nodes(n, nodes.reader()).value(), slow_root(leaves)) << n;
    for (const std::size_t m : {std::size_t{1}, n / 3 + 1, n / 2 + 1, n}) {
      const auto proof = prove_consistency(m, n, nodes.reader()).value();
      EXPECT_TRUE(verify_consistency(m, slow_root(std::span(leaves).first(m)), n, slow_root(leaves), proof)) << n;
    }
  }
}

}  // namespace
}  // namespace truce::record
