// SPDX-License-Identifier: Apache-2.0
//
// Result<T> is a value or an Error; Status is success or an Error. Both must be looked at.
//
//   Result<int> parse(std::string_view text);
//   TRUCE_TRY(const int n, parse(text));        // returns the error from the enclosing function
//   TRUCE_CHECK(write(n));                      // the same for a Status
//   return fail(ErrorCode::kSyntax, "no digit", "offset 3");

#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "truce/base/error.h"

namespace truce {

template <typename T>
using Result = tl::expected<T, Error>;
using Status = tl::expected<void, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string where = {}) {
  return tl::unexpected<Error>(Error{code, std::move(message), std::move(where)});
}
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

// Puts `prefix` in front of where the error happened ("reports.csv: line 3: ...").
[[nodiscard]] Error at(Error error, std::string_view prefix);

}  // namespace truce

#define TRUCE_CONCAT_(a, b) a##b
#define TRUCE_CONCAT(a, b) TRUCE_CONCAT_(a, b)
#define TRUCE_TRY_(tmp, decl, ...)                                    \
  auto tmp = (__VA_ARGS__);                                           \
  if (!tmp.has_value()) return ::truce::fail(std::move(tmp).error()); \
  decl = std::move(tmp).value()
#define TRUCE_TRY(decl, ...) TRUCE_TRY_(TRUCE_CONCAT(try_, __LINE__), decl, __VA_ARGS__)
#define TRUCE_CHECK(...)                                                                                   \
  do {                                                                                                     \
    if (auto check_ = (__VA_ARGS__); !check_.has_value()) return ::truce::fail(std::move(check_).error()); \
  } while (false)
