// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include "truce/base/sha256.h"
#include "truce/record/merkle.h"
#include "truce/record/signing.h"
#include "truce/sim/run.h"
#include "truce/sim/signature_watch.h"
#include "truce/sim/trees.h"

namespace truce::sim {
namespace {

std::string trace_of(std::uint64_t seed) {
  std::string out;
  Options options;
  options.seed = seed;
  options.trace = [&](std::string_view line) { out.append(line) += '\n'; };
  const Outcome outcome = run(options);
  return out + outcome.counts.to_json();
}

TEST(SimTest, ASeedReplaysToTheByteAloneAndAmongOthers) {
  const std::string alone = trace_of(7);
  static_cast<void>(trace_of(8));
  EXPECT_EQ(trace_of(7), alone);
  EXPECT_NE(trace_of(8), alone);
}

TEST(SimTest, HonestRecordsHold) {
  Counts counts;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Options options;
    options.seed = seed;
    const Outcome out = run(options);
    counts.add(out.counts);
    EXPECT_FALSE(out.violation) << seed << ": " << out.violation->check << ": " << out.violation->what;
  }
  // None of it stands still.
  EXPECT_EQ(counts.lost, 0U);
  EXPECT_GT(counts.crashes, 0U);
  EXPECT_GT(counts.restores_told, 0U);
  EXPECT_GT(counts.forks_caught, 0U);
  EXPECT_GT(counts.bundles, 0U);
  EXPECT_GT(counts.settled_checked, 0U);
}

// Each check can fail: a node that is broken on purpose is found, by the check that is there for it.
TEST(SimTest, EveryBrokenNodeIsFound) {
  for (const BrokenWay& way : broken_ways()) {
    std::optional<Violation> found;
    for (std::uint64_t seed = 1; seed <= way.within_seeds && !found; ++seed) {
      Options options;
      options.seed = seed;
      options.broken = way.name;
      options.silence = way.name == "forgets-receipts";  // where parties are counted as silent, and not once in 80 runs
      found = run(options).violation;
    }
    ASSERT_TRUE(found) << way.name << " was not found within " << way.within_seeds << " seeds";
    EXPECT_NE(way.checks.find(found->check), std::string_view::npos)
        << way.name << ": " << found->check << ": " << found->what;
  }
}

TEST(TreeTest, RootsAreThoseOfTheRecord) {
  Tree tree;
  record::Frontier frontier;
  std::vector<Hash> leaves;
  for (int i = 0; i < 600; ++i) {
    EXPECT_EQ(tree.root(tree.size()), frontier.root()) << i;
    leaves.push_back(sha256(std::to_string(i)));
    tree.append(leaves.back());
    frontier.append(leaves.back(), [](int, std::uint64_t, std::span<const Hash>) {});
  }
  Tree shorter = tree;
  shorter.cut(123);
  for (std::size_t i = 123; i < leaves.size(); ++i) shorter.append(leaves[i]);
  EXPECT_EQ(shorter.root(600), tree.root(600));
  const auto proof = record::prove_consistency(77, 600, tree.nodes());
  ASSERT_TRUE(proof);
  EXPECT_TRUE(record::verify_consistency(77, tree.root(77), 600, tree.root(600), *proof));
}

TEST(TreeBookTest, BranchesExcludeEachOther) {
  Tree one;
  for (int i = 0; i < 5; ++i) one.append(sha256(std::to_string(i)));
  Tree two = one;
  one.append(sha256("one"));
  two.append(sha256("two"));
  two.append(sha256("more"));
  const LogId log{"east", "main"};
  TreeBook book;
  book.add(log, one);
  EXPECT_FALSE(book.is_forked(log));
  book.add(log, two);
  EXPECT_TRUE(book.is_forked(log));
  EXPECT_EQ(book.excludes(log, 5, one.root(5), 7, two.root(7)), std::optional(false));
  EXPECT_EQ(book.excludes(log, 6, one.root(6), 7, two.root(7)), std::optional(true));
  EXPECT_EQ(book.excludes(log, 6, one.root(6), 6, two.root(6)), std::optional(true));
  EXPECT_EQ(book.excludes(log, 6, one.root(6), 9, sha256("nobody's")), std::nullopt);
  book.cut(log, 5);
  EXPECT_FALSE(book.is_forked(log));
}

TEST(SignatureWatchTest, HearsEverySignatureAndForgesNone) {
  const std::string seed(32, '\x05');
  std::vector<std::string> heard;
  const SignatureWatch watch([&](std::string_view key, std::string_view message) {
    EXPECT_EQ(key, record::ed25519_public_key(seed));
    heard.emplace_back(message);
  });
  const std::string key = record::ed25519_public_key(seed);
  const std::string signature = record::ed25519_sign(seed, "a");
  EXPECT_EQ(heard, std::vector<std::string>{"a"});
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(record::ed25519_verify(key, "a", signature));
    EXPECT_FALSE(record::ed25519_verify(key, "b", signature));
    EXPECT_FALSE(record::ed25519_verify(std::string(32, '\x09'), "a", signature));
  }
}

}  // namespace
}  // namespace truce::sim
