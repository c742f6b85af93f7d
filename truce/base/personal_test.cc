// SPDX-License-Identifier: Apache-2.0

#include "truce/base/personal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>

namespace truce {
namespace {

TEST(PersonalTest, RevealsWhatItHoldsAndTakesItFromTheCaller) {
  std::string small = "Nobody", large(200, 'n');
  const char* const rest = small.data();
  const Personal<std::string> a(std::move(small)), b(std::move(large));
  EXPECT_EQ(a.reveal(), "Nobody");
  EXPECT_EQ(b.reveal(), std::string(200, 'n'));
  EXPECT_TRUE(small.empty() && large.empty());  // NOLINT: that they are wiped is the point
  EXPECT_TRUE(std::all_of(rest, rest + 7, [](char c) { return c == '\0'; })) << "nothing is left in the caller's";
  const Personal<std::int64_t> number(std::int64_t{42});
  EXPECT_EQ(number.reveal(), 42);
}

TEST(PersonalTest, MovesWithoutLeavingAnythingBehindAndCopiesAloud) {
  Personal<std::string> a(std::string("Nobody"));
  Personal<std::string> b(std::move(a));
  EXPECT_EQ(b.reveal(), "Nobody");
  EXPECT_EQ(a.reveal(), "");  // NOLINT: as above
  a = std::move(b);
  EXPECT_EQ(a.reveal(), "Nobody");
  EXPECT_EQ(b.reveal(), "");  // NOLINT: as above
  EXPECT_EQ(a.copy().reveal(), "Nobody");
  a = Personal<std::string>(std::string(100, 'x'));
  EXPECT_EQ(a.reveal().size(), 100U);
}

TEST(PersonalTest, IsOverwrittenWhenItGoes) {
  // A text that is short enough to lie in the object itself.
  using P = Personal<std::string>;
  alignas(P) unsigned char room[sizeof(P)];
  P* p = new (room) P(std::string("Nobody"));
  const auto holds = [&] {
    constexpr std::string_view kName = "Nobody";
    return std::search(room, room + sizeof room, kName.begin(), kName.end()) != room + sizeof room;
  };
  EXPECT_TRUE(holds());
  p->~P();
  EXPECT_FALSE(holds());
}

}  // namespace
}  // namespace truce
