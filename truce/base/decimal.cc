// SPDX-License-Identifier: Apache-2.0

#include "truce/base/decimal.h"

#include <algorithm>
#include <charconv>

#include "truce/base/encoding.h"

namespace truce {
namespace {
constexpr std::int64_t kMax = std::int64_t{1} << 53;
}

Result<std::int64_t> parse_decimal(std::string_view text, int decimals) {
  const auto bad = [&] { return fail(ErrorCode::kSyntax, "not a number: " + quoted(text)); };
  const auto large = [&] { return fail(ErrorCode::kOutOfRange, "number too large: " + quoted(text)); };
  std::string_view in = text;
  bool negative = false;
  if (!in.empty() && (in[0] == '-' || in[0] == '+')) {
    negative = in[0] == '-';
    in.remove_prefix(1);
  }
  // Digits without the point, and where the point stands.
  std::string digits;
  std::int64_t point = -1;
  std::size_t i = 0;
  for (; i < in.size(); ++i) {
    if (in[i] == '.' && point < 0) {
      point = static_cast<std::int64_t>(digits.size());
    } else if (in[i] >= '0' && in[i] <= '9') {
      digits += in[i];
    } else {
      break;
    }
  }
  if (digits.empty() || digits.size() > 400) return bad();
  if (point < 0) point = static_cast<std::int64_t>(digits.size());
  if (i < in.size()) {
    if (in[i] != 'e' && in[i] != 'E') return bad();
    std::string_view exponent = in.substr(i + 1);
    // Beyond this every exponent means the same: 400 digits cannot bring the value back into range.
    constexpr int kExponentMax = 2000;
    const bool small = exponent.starts_with('-');
    if (small || exponent.starts_with('+')) exponent.remove_prefix(1);
    if (exponent.empty()) return bad();
    int e = 0;
    for (const char c : exponent) {
      if (c < '0' || c > '9') return bad();
      e = std::min(e * 10 + (c - '0'), kExponentMax);
    }
    if (small) e = -e;
    point += e;
  }
  const std::int64_t keep = point + decimals;  // how many digits belong to the scaled integer
  std::int64_t v = 0;
  for (std::int64_t k = 0; k < keep; ++k) {
    const int d = k < static_cast<std::int64_t>(digits.size()) ? digits[static_cast<std::size_t>(k)] - '0' : 0;
    v = v * 10 + d;
    if (v > kMax) return large();
  }
  if (keep >= 0 && keep < static_cast<std::int64_t>(digits.size())) {
    const auto k = static_cast<std::size_t>(keep);
    const bool beyond = digits.find_first_not_of('0', k + 1) != std::string::npos;
    const bool up = digits[k] > '5' || (digits[k] == '5' && (beyond || v % 2 == 1));
    if (up) ++v;
    if (v > kMax) return large();
  }
  return negative ? -v : v;
}

std::string decimal_to_string(std::int64_t value, int decimals) {
  std::string digits = std::to_string(value < 0 ? -value : value);
  const auto d = static_cast<std::size_t>(decimals);
  if (digits.size() <= d) digits.insert(0, d + 1 - digits.size(), '0');
  std::string out = digits.substr(0, digits.size() - d);
  std::string fraction = digits.substr(digits.size() - d);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  if (!fraction.empty()) out += '.' + fraction;
  return value < 0 ? '-' + out : out;
}

Result<std::int64_t> parse_integer(std::string_view text) {
  std::string_view in = text;
  if (in.starts_with('+') && !in.starts_with("+-")) in.remove_prefix(1);
  std::int64_t v = 0;
  const auto end = std::from_chars(in.data(), in.data() + in.size(), v);
  if (end.ec == std::errc::result_out_of_range || v > kMax || v < -kMax) {
    return fail(ErrorCode::kOutOfRange, "number too large: " + quoted(text));
  }
  if (in.empty() || end.ec != std::errc() || end.ptr != in.data() + in.size()) {
    return fail(ErrorCode::kSyntax, "not a whole number: " + quoted(text));
  }
  return v;
}

}  // namespace truce
