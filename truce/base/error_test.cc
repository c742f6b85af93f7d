// SPDX-License-Identifier: Apache-2.0

#include "truce/base/error.h"

#include <gtest/gtest.h>

#include <set>

#include "truce/base/result.h"

namespace truce {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return fail(ErrorCode::kOutOfRange, "odd", "n");
  return n / 2;
}
Result<int> quarter(int n) {
  TRUCE_TRY(const int h, half(n));
  TRUCE_TRY(const int q, half(h));
  return q;
}
Status divisible_by_four(int n) {
  TRUCE_CHECK(quarter(n));
  return {};
}

TEST(ErrorTest, EveryCodeHasANameOfItsOwn) {
  std::set<std::string_view> names;
  int named = 0;
  for (int code = 0; code < 1000; ++code) {
    const std::string_view name = error_code_name(static_cast<ErrorCode>(code));
    ASSERT_FALSE(name.empty());
    if (name == "unknown") continue;
    ++named;
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-"), std::string_view::npos) << name;
  }
  EXPECT_GE(named, 38);
}

TEST(ErrorTest, WhereComesFirst) {
  EXPECT_EQ((Error{ErrorCode::kSyntax, "no digit", "line 3"}).to_string(), "line 3: no digit");
  EXPECT_EQ((Error{ErrorCode::kSyntax, "no digit", ""}).to_string(), "no digit");
  EXPECT_EQ(at(Error{ErrorCode::kSyntax, "no digit", "line 3"}, "a.csv").where, "a.csv: line 3");
  EXPECT_EQ(at(Error{ErrorCode::kSyntax, "no digit", ""}, "a.csv").where, "a.csv");
}

TEST(ResultTest, MacrosPassTheFirstErrorOn) {
  EXPECT_EQ(quarter(12).value(), 3);
  EXPECT_EQ(quarter(13).error(), (Error{ErrorCode::kOutOfRange, "odd", "n"}));
  EXPECT_FALSE(quarter(14).has_value());
  EXPECT_TRUE(divisible_by_four(8).has_value());
  EXPECT_FALSE(divisible_by_four(6).has_value());
}

}  // namespace
}  // namespace truce
