// SPDX-License-Identifier: Apache-2.0
//
// Text without what surrounds it.

#pragma once

#include <algorithm>
#include <string_view>

namespace truce {

// `text` without the characters of `white` at both ends; a view into it.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text, std::string_view white = " \t") {
  text.remove_prefix(std::min(text.find_first_not_of(white), text.size()));
  return text.substr(0, text.find_last_not_of(white) + 1);
}

}  // namespace truce
