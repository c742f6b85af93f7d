// SPDX-License-Identifier: Apache-2.0

#include "truce/base/encoding.h"

#include <gtest/gtest.h>

#include "truce/base/seed_testing.h"

namespace truce {
namespace {

using namespace std::string_view_literals;

TEST(HexTest, TakesAndWrites) {
  EXPECT_EQ(to_hex("\x00\x7f\xff"sv), "007fff");
  EXPECT_EQ(from_hex("007fff").value(), "\x00\x7f\xff"sv);
  EXPECT_EQ(from_hex("").value(), "");
}

TEST(HexTest, RefusesWithOffset) {
  const struct {
    std::string_view text, where;
  } kCases[] = {{"0", "offset 1"},    {"0g", "offset 1"},    {"g0", "offset 0"},
                {"aaBB", "offset 2"}, {"aa aa", "offset 5"}, {"0\0"sv, "offset 1"}};
  for (const auto& c : kCases) {
    const auto got = from_hex(c.text);
    ASSERT_FALSE(got.has_value()) << c.text;
    EXPECT_EQ(got.error().code, ErrorCode::kSyntax);
    EXPECT_EQ(got.error().where, c.where) << c.text;
  }
}

// RFC 4648, section 10.
TEST(Base64Test, VectorsOfTheRfc) {
  const std::string_view kCases[][3] = {{"", "", ""},
                                        {"f", "Zg==", "Zg"},
                                        {"fo", "Zm8=", "Zm8"},
                                        {"foo", "Zm9v", "Zm9v"},
                                        {"foob", "Zm9vYg==", "Zm9vYg"},
                                        {"fooba", "Zm9vYmE=", "Zm9vYmE"},
                                        {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
                                        {"\xfb\xff\xfe", "+//+", "-__-"}};
  for (const auto& c : kCases) {
    EXPECT_EQ(to_base64(c[0]), c[1]);
    EXPECT_EQ(to_base64url(c[0]), c[2]);
    EXPECT_EQ(from_base64(c[1]).value(), c[0]);
    EXPECT_EQ(from_base64url(c[2]).value(), c[0]);
  }
}

TEST(Base64Test, RefusesWithOffset) {
  const struct {
    std::string_view text, where;
  } kCases[] = {{"Zg", "offset 2"},     {"Zg=", "offset 3"},  {"Z===", "offset 1"},     {"====", "offset 0"},
                {"Zh==", "offset 1"},   {"Zm9=", "offset 2"}, {"Zg==Zg==", "offset 2"}, {"Zm-v", "offset 2"},
                {"Zm9v\n", "offset 5"}, {" Zm9", "offset 0"}};
  for (const auto& c : kCases) {
    const auto got = from_base64(c.text);
    ASSERT_FALSE(got.has_value()) << c.text;
    EXPECT_EQ(got.error().code, ErrorCode::kSyntax);
    EXPECT_EQ(got.error().where, c.where) << c.text;
  }
}

TEST(Base64UrlTest, RefusesWithOffset) {
  const struct {
    std::string_view text, where;
  } kCases[] = {{"Z", "offset 1"},    {"Zg==", "offset 2"}, {"Zh", "offset 1"},    {"Zm9", "offset 2"},
                {"Zm+v", "offset 2"}, {"Zm/v", "offset 2"}, {"Zm9vY", "offset 5"}, {"Zm v", "offset 2"}};
  for (const auto& c : kCases) {
    const auto got = from_base64url(c.text);
    ASSERT_FALSE(got.has_value()) << c.text;
    EXPECT_EQ(got.error().code, ErrorCode::kSyntax);
    EXPECT_EQ(got.error().where, c.where) << c.text;
  }
}

// One text for one value: whatever decodes is what the encoder writes.
TEST(Base64UrlTest, EveryTextOfUpToFourCharactersThatDecodesIsTheOnlyOne) {
  constexpr std::string_view kSome = "ABQZgw019-_=+/";
  std::size_t accepted = 0;
  for (std::size_t size = 0; size <= 4; ++size) {
    std::size_t count = 1;
    for (std::size_t i = 0; i < size; ++i) count *= kSome.size();
    for (std::size_t n = 0; n < count; ++n) {
      std::string text;
      for (std::size_t i = 0, rest = n; i < size; ++i, rest /= kSome.size()) text += kSome[rest % kSome.size()];
      if (const auto bytes = from_base64url(text)) {
        ++accepted;
        ASSERT_EQ(to_base64url(*bytes), text);
      }
      if (const auto bytes = from_base64(text)) {
        ASSERT_EQ(to_base64(*bytes), text);
      }
    }
  }
  EXPECT_GT(accepted, 10'000U);
}

TEST(EncodingTest, RandomBytesComeBack) {
  const std::uint64_t seed = logged_seed();
  SeededNumbers numbers(seed);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes;
    for (std::size_t n = numbers.below(70); n > 0; --n)
      bytes += static_cast<char>(static_cast<unsigned char>(numbers.below(256)));
    ASSERT_EQ(from_hex(to_hex(bytes)).value(), bytes) << "seed " << seed;
    ASSERT_EQ(from_base64(to_base64(bytes)).value(), bytes) << "seed " << seed;
    ASSERT_EQ(from_base64url(to_base64url(bytes)).value(), bytes) << "seed " << seed;
  }
}

TEST(QuotedTest, EscapesAndCuts) {
  EXPECT_EQ(truce::quoted("plain"), "\"plain\"");
  EXPECT_EQ(truce::quoted("a\"b\\\n\x7f\xd0\0"sv), "\"a\\\"b\\\\\\x0a\\x7f\\xd0\\x00\"");
  EXPECT_EQ(truce::quoted(std::string(80, 'x')), '"' + std::string(80, 'x') + '"');
  EXPECT_EQ(truce::quoted(std::string(81, 'x')), '"' + std::string(80, 'x') + "\"...");
}

}  // namespace
}  // namespace truce
