// SPDX-License-Identifier: Apache-2.0
//
// Bytes as text: hex (lower case), base64 (RFC 4648 section 4, padded: signed notes) and base64url without padding (RFC
// 4648 section 5: statements). Decoders accept exactly what the encoders write: one text for one value.

#pragma once

#include <string>
#include <string_view>

#include "truce/base/result.h"

namespace truce {

[[nodiscard]] std::string to_hex(std::string_view bytes);
// Lower-case digits only; fails with kSyntax naming the offset.
[[nodiscard]] Result<std::string> from_hex(std::string_view text);

[[nodiscard]] std::string to_base64(std::string_view bytes);
// Padding is demanded and unused bits must be zero; fails with kSyntax naming the offset.
[[nodiscard]] Result<std::string> from_base64(std::string_view text);

[[nodiscard]] std::string to_base64url(std::string_view bytes);
// Padding is refused and unused bits must be zero; fails with kSyntax naming the offset.
[[nodiscard]] Result<std::string> from_base64url(std::string_view text);

// At most 80 bytes of untrusted input with control and non-ASCII bytes escaped as \xNN, "..." where cut: for error
// messages.
[[nodiscard]] std::string quoted(std::string_view input);
// Exact matches, so that std::quoted, which argument-dependent lookup finds where <iomanip> is included, never wins.
[[nodiscard]] inline std::string quoted(const std::string& input) {
  return quoted(std::string_view(input));
}
[[nodiscard]] inline std::string quoted(std::string& input) {
  return quoted(std::string_view(input));
}
[[nodiscard]] inline std::string quoted(const char* input) {
  return quoted(std::string_view(input));
}

}  // namespace truce
