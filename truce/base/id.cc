// SPDX-License-Identifier: Apache-2.0

#include "truce/base/id.h"

#include <charconv>

#include "truce/base/encoding.h"
#include "truce/base/json.h"

namespace truce {

bool is_id(std::string_view text) {
  if (text.empty() || text.size() > 32 || text[0] < 'a' || text[0] > 'z') return false;
  for (const char c : text) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return false;
  }
  return true;
}

Status check_id(std::string_view text, std::string_view what) {
  if (is_id(text)) return {};
  return fail(ErrorCode::kInvalidArgument,
              std::string(what) + " " + quoted(text) + " is not 1 to 32 of a-z, 0-9 and '-', beginning with a letter");
}

Result<LogId> LogId::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || !is_id(text.substr(0, slash)) || !is_id(text.substr(slash + 1))) {
    return fail(ErrorCode::kSyntax, "not a log like un/main: " + quoted(text));
  }
  return LogId{std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
}

Result<StatementId> StatementId::parse(std::string_view text) {
  const std::size_t slash = text.rfind('/');
  const auto bad = [&] { return fail(ErrorCode::kSyntax, "not a statement like un/main/17: " + quoted(text)); };
  if (slash == std::string_view::npos) return bad();
  auto log = LogId::parse(text.substr(0, slash));
  if (!log) return bad();
  const std::string_view digits = text.substr(slash + 1);
  std::uint64_t index = 0;
  const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (digits.empty() || end.ec != std::errc() || end.ptr != digits.data() + digits.size() ||
      (digits.size() > 1 && digits[0] == '0') || index > static_cast<std::uint64_t>(Json::kIntegerMax)) {
    return bad();
  }
  return StatementId{std::move(log).value(), index};
}

}  // namespace truce
