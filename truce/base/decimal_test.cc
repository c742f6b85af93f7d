// SPDX-License-Identifier: Apache-2.0

#include "truce/base/decimal.h"

#include <gtest/gtest.h>

#include "truce/base/seed_testing.h"

namespace truce {
namespace {

constexpr std::int64_t kMost = std::int64_t{1} << 53;

TEST(DecimalTest, TakesWhatPeopleWrite) {
  const struct {
    std::string_view text;
    int decimals;
    std::int64_t want;
  } kCases[] = {
      {"36.26668", 7, 362666800},
      {"-12", 0, -12},
      {"12.5", 1, 125},
      {"+3.", 2, 300},
      {".5", 1, 5},
      {"1e-3", 3, 1},
      {"1E3", 0, 1000},
      {"1e+3", 0, 1000},
      {"0", 7, 0},
      {"-0", 7, 0},
      {"-0.0", 0, 0},
      {"007", 0, 7},
      {"0e2000", 9, 0},
      {"1e-999999", 9, 0},
      {"9007199254740992", 0, kMost},
      {"-9007199254740992", 0, -kMost},
      {"0.0000000000000000000000001", 9, 0},
      {"180.00000005", 7, 1800000000},
      {"180.00000015", 7, 1800000002},
  };
  for (const auto& c : kCases) {
    const auto got = parse_decimal(c.text, c.decimals);
    ASSERT_TRUE(got.has_value()) << c.text << ": " << got.error().to_string();
    EXPECT_EQ(*got, c.want) << c.text;
  }
}

TEST(DecimalTest, FurtherDigitsAreRoundedHalfToEven) {
  EXPECT_EQ(parse_decimal("0.5", 0).value(), 0);
  EXPECT_EQ(parse_decimal("1.5", 0).value(), 2);
  EXPECT_EQ(parse_decimal("2.5", 0).value(), 2);
  EXPECT_EQ(parse_decimal("-2.5", 0).value(), -2);
  EXPECT_EQ(parse_decimal("2.5000000000000000000000000001", 0).value(), 3);
  EXPECT_EQ(parse_decimal("0.05", 0).value(), 0);
  EXPECT_EQ(parse_decimal("0.51", 0).value(), 1);
}

TEST(DecimalTest, LongTailOfDigitsWithSmallExponentKeepsItsValue) {
  EXPECT_EQ(parse_decimal(std::string(400, '9') + "e-401", 9).value(), 100000000);
}

TEST(DecimalTest, RefusesWhatIsNoNumber) {
  for (const std::string_view text :
       {"",      " ",     "-",     "+",   ".",    "-.",       "e5",   "1e",  "1e+", "1e-", "1e+-3",
        "1e--3", "1e3.0", "nan",   "NaN", "inf",  "-inf",     "0x10", "1,5", "1 ",  " 1",  "--1",
        "+-1",   "1.2.3", "1_000", "12a", "1e5x", "\xD9\xA1", "1\t",  "1\n", "1e 5"}) {
    const auto got = parse_decimal(text, 3);
    ASSERT_FALSE(got.has_value()) << text;
    EXPECT_EQ(got.error().code, ErrorCode::kSyntax) << text;
  }
  EXPECT_EQ(parse_decimal(std::string(401, '1'), 0).error().code, ErrorCode::kSyntax);
}

TEST(DecimalTest, RefusesWhatIsTooLarge) {
  for (const std::string_view text :
       {"9007199254740993", "-9007199254740993", "1e16", "1e400", "1e99999999999999999999", "9007199254740992.51",
        "123456789012345678901234567890"}) {
    const auto got = parse_decimal(text, 0);
    ASSERT_FALSE(got.has_value()) << text;
    EXPECT_EQ(got.error().code, ErrorCode::kOutOfRange) << text;
  }
  EXPECT_EQ(parse_decimal("9007200", 9).error().code, ErrorCode::kOutOfRange);
}

TEST(DecimalTest, WhatIsWrittenReadsAsTheSame) {
  const std::uint64_t seed = logged_seed();
  SeededNumbers numbers(seed);
  for (int i = 0; i < 100'000; ++i) {
    const int decimals = static_cast<int>(numbers.below(10));
    const std::int64_t v = numbers.between(-kMost, kMost) >> numbers.below(50);
    ASSERT_EQ(parse_decimal(decimal_to_string(v, decimals), decimals).value(), v) << "seed " << seed;
  }
}

TEST(DecimalTest, ShortestText) {
  EXPECT_EQ(decimal_to_string(362666800, 7), "36.26668");
  EXPECT_EQ(decimal_to_string(0, 7), "0");
  EXPECT_EQ(decimal_to_string(-5, 1), "-0.5");
  EXPECT_EQ(decimal_to_string(-1, 9), "-0.000000001");
  EXPECT_EQ(decimal_to_string(1200, 2), "12");
  EXPECT_EQ(decimal_to_string(12, 0), "12");
}

TEST(IntegerTest, TakesWholeNumbers) {
  EXPECT_EQ(parse_integer("12").value(), 12);
  EXPECT_EQ(parse_integer("-3").value(), -3);
  EXPECT_EQ(parse_integer("+3").value(), 3);
  EXPECT_EQ(parse_integer("0012").value(), 12);
  EXPECT_EQ(parse_integer("9007199254740992").value(), kMost);
}

TEST(IntegerTest, RefusesTheRest) {
  for (const std::string_view text : {"", "-", "+", "+-3", "-+3", "--3", "1.0", "1e3", " 1", "1 ", "0x1", "one"}) {
    ASSERT_FALSE(parse_integer(text).has_value()) << text;
    EXPECT_EQ(parse_integer(text).error().code, ErrorCode::kSyntax) << text;
  }
  for (const std::string_view text : {"9007199254740993", "-9007199254740993", "99999999999999999999999"}) {
    ASSERT_FALSE(parse_integer(text).has_value()) << text;
    EXPECT_EQ(parse_integer(text).error().code, ErrorCode::kOutOfRange) << text;
  }
}

}  // namespace
}  // namespace truce
