// SPDX-License-Identifier: Apache-2.0
//
// Decimal text to scaled integers and back, exactly: "36.26668" at 7 decimals is 362666800. No binary floating point on
// the way, so a coordinate that comes in goes out as it was.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "truce/base/result.h"

namespace truce {

// Value times 10^decimals. Takes "-12", "12.5", "+3.", ".5", "1e-3"; further digits are rounded half to even. Fails
// with kSyntax for anything else (NaN, infinity, hexadecimal, white space, empty) and kOutOfRange where the result
// leaves +-2^53. REQUIRES: 0 <= decimals <= 9.
[[nodiscard]] Result<std::int64_t> parse_decimal(std::string_view text, int decimals);

// The shortest text: 362666800 at 7 is "36.26668", 0 is "0".
[[nodiscard]] std::string decimal_to_string(std::int64_t value, int decimals);

// Whole decimal numbers only ("12", "-3", "0012"); kSyntax / kOutOfRange (beyond +-2^53).
[[nodiscard]] Result<std::int64_t> parse_integer(std::string_view text);

}  // namespace truce
