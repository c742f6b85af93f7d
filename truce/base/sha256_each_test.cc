// SPDX-License-Identifier: Apache-2.0

#include "truce/base/sha256_each.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "truce/base/seed_testing.h"

namespace truce {
namespace {

std::vector<Hash> each(char prefix, const std::vector<std::string_view>& messages) {
  std::vector<Hash> out(messages.size());
  sha256_each(prefix, messages, out);
  return out;
}

std::vector<Hash> one_by_one(char prefix, const std::vector<std::string_view>& messages) {
  std::vector<Hash> out(messages.size());
  sha256_each_portable(prefix, messages, out);
  return out;
}

TEST(Sha256EachTest, FipsVector) {
  EXPECT_EQ(each('a', {"bc"})[0].hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(each('a', {"bc", "bc"})[1].hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256EachTest, NoMessages) {
  EXPECT_TRUE(each(0, {}).empty());
}

// Every length about the edges of blocks and of padding, beside a neighbour of every other length.
TEST(Sha256EachTest, EveryPairOfLengths) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += static_cast<char>(i * 7 + 1);
  for (std::size_t a = 0; a < 200; ++a) {
    for (std::size_t b = 0; b < 200; b += 3) {
      const std::vector<std::string_view> two = {std::string_view(text).substr(0, a),
                                                 std::string_view(text).substr(text.size() - b)};
      ASSERT_EQ(each(1, two), one_by_one(1, two)) << a << ' ' << b;
    }
  }
}

TEST(Sha256EachTest, ManyMessagesOfAnyLength) {
  const std::uint64_t seed = logged_seed();
  SeededNumbers numbers(seed);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> texts(numbers.below(20));
    for (std::string& t : texts) t = numbers.text(numbers.below(2000), "abcdefgh");
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    const char prefix = static_cast<char>(round);
    ASSERT_EQ(each(prefix, views), one_by_one(prefix, views)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace truce
