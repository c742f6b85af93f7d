// SPDX-License-Identifier: Apache-2.0

#include "truce/base/time.h"

#include <gtest/gtest.h>

#include "truce/base/seed_testing.h"

namespace truce {
namespace {

TEST(InstantTest, TakesRfc3339WithAnOffset) {
  const std::string_view kCases[][2] = {
      {"2018-09-18T06:58:42Z", "2018-09-18T06:58:42Z"},
      {"2018-09-18 06:58:42Z", "2018-09-18T06:58:42Z"},
      {"2018-09-18t06:58:42z", "2018-09-18T06:58:42Z"},
      {"2017-05-06T00:00:00+03:00", "2017-05-05T21:00:00Z"},
      {"2017-05-06T00:00:00-0430", "2017-05-06T04:30:00Z"},
      {"2017-05-06T00:00+03:00", "2017-05-05T21:00:00Z"},
      {"2017-05-06T00:00:00.5Z", "2017-05-06T00:00:00.500Z"},
      {"2017-05-06T00:00:00.007Z", "2017-05-06T00:00:00.007Z"},
      {"2017-05-06T00:00:00.000Z", "2017-05-06T00:00:00Z"},
      {"1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"},
      {"2000-02-29T12:00:00Z", "2000-02-29T12:00:00Z"},
      {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
      {"9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"},
      {"2017-05-06T00:00:00+18:00", "2017-05-05T06:00:00Z"},
  };
  for (const auto& c : kCases) {
    const auto got = parse_instant(c[0]);
    ASSERT_TRUE(got.has_value()) << c[0] << ": " << got.error().to_string();
    EXPECT_EQ(to_string(*got), c[1]) << c[0];
  }
  EXPECT_EQ(parse_instant("0001-01-01T00:00:00Z").value().ms, Instant::kMin);
  EXPECT_EQ(parse_instant("9999-12-31T23:59:59.999Z").value().ms, Instant::kMax);
}

TEST(InstantTest, RefusedForms) {
  const struct {
    std::string_view text;
    ErrorCode code;
  } kCases[] = {
      {"", ErrorCode::kSyntax},
      {"2018-09-18", ErrorCode::kSyntax},
      {"2018-09-18T06:58:42", ErrorCode::kSyntax},  // whose clock?
      {"2018-09-18 06:58", ErrorCode::kSyntax},
      {"2018-09-18T06:58:42 Z", ErrorCode::kSyntax},
      {"2018-09-18T06:58:42Z ", ErrorCode::kSyntax},
      {" 2018-09-18T06:58:42Z", ErrorCode::kSyntax},
      {"2018-09-18T06:58:42UTC", ErrorCode::kSyntax},
      {"2018-09-18T06:58:42+3", ErrorCode::kSyntax},
      {"2018-09-18T06:58:42+03", ErrorCode::kSyntax},
      {"2018-09-18T06:58:42+3:00", ErrorCode::kSyntax},
      {"2018-09-18T06:58:42.Z", ErrorCode::kSyntax},
      {"2018-09-18T06:58:42.0001Z", ErrorCode::kSyntax},
      {"2018-09-18T6:58:42Z", ErrorCode::kSyntax},
      {"2018-09-18T06.58.42Z", ErrorCode::kSyntax},
      {"2018-09-18T06:58:4Z", ErrorCode::kSyntax},
      {"2018-09-18X06:58:42Z", ErrorCode::kSyntax},
      {"18.09.2018 06:58:42Z", ErrorCode::kSyntax},
      {"09/18/2018 06:58:42Z", ErrorCode::kSyntax},
      {"2018-9-18T06:58:42Z", ErrorCode::kSyntax},
      {"+2018-09-18T06:58:42Z", ErrorCode::kSyntax},
      {"12018-09-18T06:58:42Z", ErrorCode::kSyntax},
      {"20180918T065842Z", ErrorCode::kSyntax},
      {"now", ErrorCode::kSyntax},
      {"2018-02-31T00:00:00Z", ErrorCode::kOutOfRange},
      {"2018-02-29T00:00:00Z", ErrorCode::kOutOfRange},
      {"1900-02-29T00:00:00Z", ErrorCode::kOutOfRange},
      {"2018-13-01T00:00:00Z", ErrorCode::kOutOfRange},
      {"2018-00-01T00:00:00Z", ErrorCode::kOutOfRange},
      {"2018-01-00T00:00:00Z", ErrorCode::kOutOfRange},
      {"0000-01-01T00:00:00Z", ErrorCode::kOutOfRange},
      {"2018-09-18T24:00:00Z", ErrorCode::kOutOfRange},
      {"2018-09-18T06:60:00Z", ErrorCode::kOutOfRange},
      {"2016-12-31T23:59:60Z", ErrorCode::kOutOfRange},  // a real leap second
      {"2018-09-18T06:58:61Z", ErrorCode::kOutOfRange},
      {"2018-09-18T06:58:42+18:01", ErrorCode::kOutOfRange},
      {"2018-09-18T06:58:42+03:60", ErrorCode::kOutOfRange},
      {"0001-01-01T00:00:00+00:01", ErrorCode::kOutOfRange},
      {"9999-12-31T23:59:59-00:01", ErrorCode::kOutOfRange},
  };
  for (const auto& c : kCases) {
    const auto got = parse_instant(c.text);
    ASSERT_FALSE(got.has_value()) << c.text;
    EXPECT_EQ(got.error().code, c.code) << c.text << ": " << got.error().to_string();
  }
}

TEST(InstantTest, TimeWithoutOffsetSaysWhatIsMissing) {
  EXPECT_NE(parse_instant("2018-09-18T06:58:42").error().message.find("offset from UTC"), std::string::npos);
}

TEST(InstantTest, RandomOnesComeBack) {
  const std::uint64_t seed = logged_seed();
  SeededNumbers numbers(seed);
  for (int i = 0; i < 100'000; ++i) {
    const Instant t{numbers.between(Instant::kMin, Instant::kMax)};
    ASSERT_EQ(parse_instant(to_string(t)).value(), t) << "seed " << seed;
  }
}

// Oracle: counting days one by one from 0001-01-01, 719,162 days before 1970.
TEST(DateTest, EveryDayOfTheCalendarInOrder) {
  constexpr int kLengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  std::int32_t days = -719162;
  for (int y = 1; y <= 9999; ++y) {
    const bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    for (int m = 1; m <= 12; ++m) {
      const int length = kLengths[m - 1] + (m == 2 && leap ? 1 : 0);
      ASSERT_FALSE(is_date(y, m, length + 1));
      for (int d = 1; d <= length; ++d, ++days) {
        ASSERT_TRUE(is_date(y, m, d));
        ASSERT_EQ(Date::from_civil(y, m, d).days, days);
        int cy = 0, cm = 0, cd = 0;
        Date{days}.civil(cy, cm, cd);
        ASSERT_TRUE(cy == y && cm == m && cd == d) << y << '-' << m << '-' << d;
      }
    }
  }
}

TEST(DateTest, ParsesAndRefuses) {
  EXPECT_EQ(Date::parse("1970-01-01").value().days, 0);
  EXPECT_EQ(Date::parse("2018-09-18").value().to_string(), "2018-09-18");
  EXPECT_EQ((Date::parse("2018-09-30").value() + 1).to_string(), "2018-10-01");
  EXPECT_EQ(Date::parse("0025-01-01").value().to_string(), "0025-01-01");
  for (const std::string_view text :
       {"", "2018", "2018-09", "2018-9-18", "2018-09-18 ", "2018-09-18T00:00:00Z", "18-09-2018", "2018/09/18"}) {
    ASSERT_FALSE(Date::parse(text).has_value()) << text;
    EXPECT_EQ(Date::parse(text).error().code, ErrorCode::kSyntax) << text;
  }
  for (const std::string_view text :
       {"2018-02-31", "2018-04-31", "2018-00-10", "2018-13-10", "0000-01-01", "2100-02-29"}) {
    ASSERT_FALSE(Date::parse(text).has_value()) << text;
    EXPECT_EQ(Date::parse(text).error().code, ErrorCode::kOutOfRange) << text;
  }
}

TEST(OffsetTest, ParsesWritesAndRefuses) {
  EXPECT_EQ(parse_offset_minutes("Z").value(), 0);
  EXPECT_EQ(parse_offset_minutes("+03:00").value(), 180);
  EXPECT_EQ(parse_offset_minutes("-0430").value(), -270);
  EXPECT_EQ(parse_offset_minutes("+00:00").value(), 0);
  EXPECT_EQ(offset_to_string(180), "+03:00");
  EXPECT_EQ(offset_to_string(-270), "-04:30");
  EXPECT_EQ(offset_to_string(0), "+00:00");
  for (int m = -18 * 60; m <= 18 * 60; ++m) ASSERT_EQ(parse_offset_minutes(offset_to_string(m)).value(), m);
  for (const std::string_view text :
       {"", "+", "03:00", "+3", "+3:00", "+03:0", "+03", "+03:00 ", "+03:00:00", "UTC", "EET", "+0300Z"}) {
    ASSERT_FALSE(parse_offset_minutes(text).has_value()) << text;
    EXPECT_EQ(parse_offset_minutes(text).error().code, ErrorCode::kSyntax) << text;
  }
  for (const std::string_view text : {"+18:01", "-19:00", "+03:60", "+99:99"}) {
    ASSERT_FALSE(parse_offset_minutes(text).has_value()) << text;
    EXPECT_EQ(parse_offset_minutes(text).error().code, ErrorCode::kOutOfRange) << text;
  }
}

TEST(DayTest, CutOffAndOffsetDecideTheDay) {
  const Instant t = parse_instant("2018-09-18T20:59:59.999Z").value();
  EXPECT_EQ(date_of(t, 0, 0).to_string(), "2018-09-18");
  EXPECT_EQ(date_of(t, 180, 0).to_string(), "2018-09-18");
  EXPECT_EQ(date_of(Instant{t.ms + 1}, 180, 0).to_string(), "2018-09-19");
  EXPECT_EQ(date_of(Instant{t.ms + 1}, 180, 360).to_string(), "2018-09-18");
  EXPECT_EQ(date_of(Instant{-1}, 0, 0).to_string(), "1969-12-31");
}

TEST(DayTest, StartIsTheFirstInstantOfItsDay) {
  const std::uint64_t seed = logged_seed();
  SeededNumbers numbers(seed);
  for (int i = 0; i < 20'000; ++i) {
    const Date d{static_cast<std::int32_t>(numbers.between(-719000, 2932000))};
    const int offset = static_cast<int>(numbers.between(-1080, 1080));
    const int cutoff = static_cast<int>(numbers.between(0, 1439));
    const Instant start = start_of(d, offset, cutoff);
    ASSERT_EQ(date_of(start, offset, cutoff), d) << "seed " << seed;
    ASSERT_EQ(date_of(Instant{start.ms - 1}, offset, cutoff), d + -1) << "seed " << seed;
    ASSERT_EQ(date_of(Instant{start.ms + 86'399'999}, offset, cutoff), d) << "seed " << seed;
  }
}

}  // namespace
}  // namespace truce
