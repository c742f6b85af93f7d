// SPDX-License-Identifier: Apache-2.0

#include "truce/base/sha256.h"

#include <gtest/gtest.h>

#include "truce/base/clock.h"
#include "truce/base/seed_testing.h"

namespace truce {
namespace {

// FIPS 180-4 examples and the empty message.
TEST(Sha256Test, FipsVectors) {
  EXPECT_EQ(sha256("").hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc").hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").hex(),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1'000'000, 'a')).hex(),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256Test, PiecesGiveTheSameHashAndFinishStartsAgain) {
  const std::uint64_t seed = logged_seed();
  SeededNumbers numbers(seed);
  Sha256 stream;
  for (int i = 0; i < 500; ++i) {
    const std::string bytes = numbers.text(numbers.below(300), "abcdefgh");
    const std::size_t cut = numbers.below(bytes.size() + 1);
    const std::string_view all = bytes;
    stream.update(all.substr(0, cut));
    stream.update(all.substr(cut));
    ASSERT_EQ(stream.finish(), sha256(bytes)) << "seed " << seed;
    ASSERT_EQ(sha256(all.substr(0, cut), all.substr(cut)), sha256(bytes)) << "seed " << seed;
  }
}

TEST(HashTest, TextFormsComeBack) {
  const Hash h = sha256("abc");
  EXPECT_EQ(Hash::from_hex(h.hex()).value(), h);
  EXPECT_EQ(Hash::from_base64url(h.base64url()).value(), h);
  EXPECT_EQ(Hash::from_raw(h.view()), h);
  EXPECT_EQ(h.base64url().size(), 43U);
}

TEST(HashTest, RefusesOtherTexts) {
  const std::string hex = sha256("abc").hex();
  std::string upper = hex;
  upper[0] = 'B';
  for (const std::string& text : {std::string(), hex.substr(1), hex + "0", upper, std::string(64, 'g')}) {
    ASSERT_FALSE(Hash::from_hex(text).has_value()) << text;
    EXPECT_EQ(Hash::from_hex(text).error().code, ErrorCode::kSyntax);
  }
  const std::string url = sha256("abc").base64url();
  std::string loose = url;
  loose.back() = '1';  // unused bits that are not zero
  for (const std::string& text : {std::string(), url.substr(1), url + "=", loose, std::string(43, '+')}) {
    ASSERT_FALSE(Hash::from_base64url(text).has_value()) << text;
    EXPECT_EQ(Hash::from_base64url(text).error().code, ErrorCode::kSyntax);
  }
}

TEST(SeededRandomTest, SameSeedSameBytesForEver) {
  SeededRandom a(7), b(7), c(8);
  const std::string first = a.bytes(40);
  EXPECT_EQ(first, b.bytes(40));
  EXPECT_NE(first, c.bytes(40));
  EXPECT_NE(first, a.bytes(40));
  EXPECT_EQ(sha256(first),
            sha256(sha256("truce seeded random 7 0").view(), sha256("truce seeded random 7 1").view().substr(0, 8)));
}

TEST(ClockTest, FixedClockStandsUntilTold) {
  FixedClock clock(Instant{5});
  EXPECT_EQ(clock.now(), Instant{5});
  EXPECT_EQ(clock.now(), Instant{5});
  clock.set(Instant{7});
  EXPECT_EQ(clock.now(), Instant{7});
}

TEST(ClockTest, SystemOnesGiveSomething) {
  EXPECT_GT(system_clock().now(), parse_instant("2020-01-01T00:00:00Z").value());
  EXPECT_NE(system_random().bytes(32), system_random().bytes(32));
  EXPECT_EQ(system_random().bytes(0), "");
}

}  // namespace
}  // namespace truce
