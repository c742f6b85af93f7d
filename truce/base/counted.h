// SPDX-License-Identifier: Apache-2.0
//
// A number with its noun, for lines that a person reads.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace truce {

// "1 statement", "2 statements": English, of nouns whose plural is an s.
[[nodiscard]] inline std::string counted(std::uint64_t n, std::string_view noun) {
  return std::to_string(n) + ' ' + std::string(noun) + (n == 1 ? "" : "s");
}

}  // namespace truce
