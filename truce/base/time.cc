// SPDX-License-Identifier: Apache-2.0

#include "truce/base/time.h"

#include <fmt/format.h>

#include "truce/base/encoding.h"

namespace truce {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kDayMs = 86'400'000;

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

// Exactly `width` digits at the front of `in`; -1 if they are not there.
int take_digits(std::string_view& in, std::size_t width) {
  if (in.size() < width) return -1;
  int v = 0;
  for (std::size_t i = 0; i < width; ++i) {
    if (in[i] < '0' || in[i] > '9') return -1;
    v = v * 10 + (in[i] - '0');
  }
  in.remove_prefix(width);
  return v;
}
bool take(std::string_view& in, char c) {
  if (in.empty() || in.front() != c) return false;
  in.remove_prefix(1);
  return true;
}

int days_in_month(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : kDays[month - 1];
}

Result<Date> take_date(std::string_view& in, std::string_view whole) {
  const int year = take_digits(in, 4);
  const bool dash1 = take(in, '-');
  const int month = take_digits(in, 2);
  const bool dash2 = take(in, '-');
  const int day = take_digits(in, 2);
  if (year < 0 || month < 0 || day < 0 || !dash1 || !dash2) {
    return fail(ErrorCode::kSyntax, "not a date like 2018-09-18: " + quoted(whole));
  }
  if (!is_date(year, month, day)) return fail(ErrorCode::kOutOfRange, "no such day: " + quoted(whole));
  return Date::from_civil(year, month, day);
}

}  // namespace

bool is_date(int year, int month, int day) {
  return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= days_in_month(year, month);
}

// Days from civil and back: the era algorithm of H. Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2013).
Date Date::from_civil(int year, int month, int day) {
  const int y = month <= 2 ? year - 1 : year;
  const int era = (y >= 0 ? y : y - 399) / 400;
  const int yoe = y - era * 400;
  const int doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return Date{era * 146097 + doe - 719468};
}

void Date::civil(int& year, int& month, int& day) const {
  const int z = days + 719468;
  const int era = (z >= 0 ? z : z - 146096) / 146097;
  const int doe = z - era * 146097;
  const int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const int mp = (5 * doy + 2) / 153;
  day = doy - (153 * mp + 2) / 5 + 1;
  month = mp < 10 ? mp + 3 : mp - 9;
  year = yoe + era * 400 + (month <= 2 ? 1 : 0);
}

Result<Date> Date::parse(std::string_view text) {
  std::string_view in = text;
  TRUCE_TRY(const Date d, take_date(in, text));
  if (!in.empty()) return fail(ErrorCode::kSyntax, "not a date like 2018-09-18: " + quoted(text));
  return d;
}

std::string Date::to_string() const {
  int y = 0, m = 0, d = 0;
  civil(y, m, d);
  return fmt::format("{:04}-{:02}-{:02}", y, m, d);
}

Result<int> parse_offset_minutes(std::string_view text) {
  std::string_view in = text;
  if (in == "Z" || in == "z") return 0;
  const auto bad = [&] { return fail(ErrorCode::kSyntax, "not an offset like +03:00: " + quoted(text)); };
  if (in.empty() || (in.front() != '+' && in.front() != '-')) return bad();
  const int sign = in.front() == '-' ? -1 : 1;
  in.remove_prefix(1);
  const int hours = take_digits(in, 2);
  take(in, ':');
  const int minutes = take_digits(in, 2);
  if (hours < 0 || minutes < 0 || !in.empty()) return bad();
  if (minutes > 59 || hours * 60 + minutes > 18 * 60)
    return fail(ErrorCode::kOutOfRange, "no such offset: " + quoted(text));
  return sign * (hours * 60 + minutes);
}

std::string offset_to_string(int minutes) {
  const int m = minutes < 0 ? -minutes : minutes;
  return fmt::format("{}{:02}:{:02}", minutes < 0 ? '-' : '+', m / 60, m % 60);
}

Result<Instant> parse_instant(std::string_view text) {
  std::string_view in = text;
  TRUCE_TRY(const Date date, take_date(in, text));
  const auto bad = [&](std::string_view why) {
    return fail(ErrorCode::kSyntax, "not a time like 2018-09-18T06:58:42Z (" + std::string(why) + "): " + quoted(text));
  };
  if (!take(in, 'T') && !take(in, 't') && !take(in, ' ')) return bad("no time of day");
  const int hour = take_digits(in, 2);
  const bool colon1 = take(in, ':');
  const int minute = take_digits(in, 2);
  if (hour < 0 || minute < 0 || !colon1) return bad("no time of day");
  int second = 0;
  std::int64_t ms = 0;
  if (take(in, ':')) {
    second = take_digits(in, 2);
    if (second < 0) return bad("no seconds");
    if (take(in, '.')) {
      int digits = 0;
      while (!in.empty() && in.front() >= '0' && in.front() <= '9') {
        if (++digits > 3) return bad("finer than a millisecond");
        ms = ms * 10 + (in.front() - '0');
        in.remove_prefix(1);
      }
      if (digits == 0) return bad("no decimals");
      for (; digits < 3; ++digits) ms *= 10;
    }
  }
  if (second == 60) return fail(ErrorCode::kOutOfRange, "a leap second has no place in POSIX time: " + quoted(text));
  if (hour > 23 || minute > 59 || second > 59)
    return fail(ErrorCode::kOutOfRange, "no such time of day: " + quoted(text));
  if (in.empty()) return bad("without an offset from UTC; write Z or +03:00");
  TRUCE_TRY(const int offset, parse_offset_minutes(in));
  const Instant t{date.start_utc().ms + (hour * 60 + minute) * kMinuteMs + second * 1000 + ms - offset * kMinuteMs};
  if (!t.is_valid()) return fail(ErrorCode::kOutOfRange, "outside of the years 0001 to 9999: " + quoted(text));
  return t;
}

std::string to_string(Instant t) {
  const std::int64_t day = floor_div(t.ms, kDayMs);
  const std::int64_t rest = t.ms - day * kDayMs;
  std::string out = fmt::format("{}T{:02}:{:02}:{:02}", Date{static_cast<std::int32_t>(day)}.to_string(),
                                rest / 3'600'000, rest / kMinuteMs % 60, rest / 1000 % 60);
  if (rest % 1000 != 0) out += fmt::format(".{:03}", rest % 1000);
  return out + "Z";
}

Date date_of(Instant t, int offset_minutes, int cutoff_minutes) {
  return Date{static_cast<std::int32_t>(floor_div(t.ms + (offset_minutes - cutoff_minutes) * kMinuteMs, kDayMs))};
}

Instant start_of(Date date, int offset_minutes, int cutoff_minutes) {
  return Instant{date.start_utc().ms - (offset_minutes - cutoff_minutes) * kMinuteMs};
}

}  // namespace truce
