// SPDX-License-Identifier: Apache-2.0
//
// Instant: a moment as integer milliseconds since 1970-01-01T00:00:00Z without leap seconds (POSIX time). Date: a day
// of the proleptic Gregorian calendar. Nothing here reads a clock or a time-zone database: offsets are stated by
// whoever writes a time.

#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "truce/base/result.h"

namespace truce {

struct Instant {
  std::int64_t ms = 0;

  // 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999Z: what a statement may hold. (Inputs are held to narrower limits.)
  static constexpr std::int64_t kMin = -62135596800000;
  static constexpr std::int64_t kMax = 253402300799999;
  [[nodiscard]] bool is_valid() const { return ms >= kMin && ms <= kMax; }

  friend auto operator<=>(const Instant&, const Instant&) = default;
};

struct Date {
  std::int32_t days = 0;  // since 1970-01-01

  // REQUIRES: 1 <= month <= 12 and 1 <= day <= days of that month (is_date()).
  [[nodiscard]] static Date from_civil(int year, int month, int day);
  // "2018-09-18". Fails with kSyntax for another form and kOutOfRange for a day that does not exist.
  [[nodiscard]] static Result<Date> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] Instant start_utc() const { return Instant{std::int64_t{days} * 86'400'000}; }
  void civil(int& year, int& month, int& day) const;

  friend auto operator<=>(const Date&, const Date&) = default;
  friend Date operator+(Date d, std::int32_t n) { return Date{d.days + n}; }
};

[[nodiscard]] bool is_date(int year, int month, int day);

// RFC 3339 with an offset: "2018-09-18T06:58:42Z", "2017-05-06T00:00:00+03:00", up to milliseconds, 'T' or a space
// between. A time without an offset is refused (kSyntax: say whose clock it is), a leap second (:60) too, more than
// three decimals too.
[[nodiscard]] Result<Instant> parse_instant(std::string_view text);

// "2018-09-18T06:58:42Z"; milliseconds only where they are not zero. Years 0001 to 9999. REQUIRES: t.is_valid().
[[nodiscard]] std::string to_string(Instant t);

// "+03:00", "-0430" or "Z" as minutes, within +-18:00.
[[nodiscard]] Result<int> parse_offset_minutes(std::string_view text);
[[nodiscard]] std::string offset_to_string(int minutes);

// The date whose day holds `t`, for days that begin `cutoff_minutes` after midnight at `offset_minutes` from UTC.
[[nodiscard]] Date date_of(Instant t, int offset_minutes, int cutoff_minutes);
// The first instant of that day: the inverse of date_of().
[[nodiscard]] Instant start_of(Date date, int offset_minutes, int cutoff_minutes);

}  // namespace truce
