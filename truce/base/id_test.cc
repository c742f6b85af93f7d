// SPDX-License-Identifier: Apache-2.0

#include "truce/base/id.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace truce {
namespace {

TEST(IdTest, Accepts) {
  for (const std::string_view id : {"a", "un", "main-2", "a-", "a0", "abcdefghijklmnopqrstuvwxyz012345"}) {
    EXPECT_TRUE(is_id(id)) << id;
    EXPECT_TRUE(check_id(id, "party id").has_value());
  }
}

TEST(IdTest, Refuses) {
  for (const std::string_view id : {"", "A", "Un", "0a", "-a", "a b", "a/b", "a_b", "a.b", "\xC3\xA9", "a\n",
                                    "abcdefghijklmnopqrstuvwxyz0123456"}) {
    EXPECT_FALSE(is_id(id)) << id;
  }
  const auto refused = check_id("Un", "party id");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(refused.error().message.starts_with("party id \"Un\" ")) << refused.error().message;
}

TEST(LogIdTest, ParsesAndRefuses) {
  EXPECT_EQ(LogId::parse("un/main").value(), (LogId{"un", "main"}));
  EXPECT_EQ(LogId::parse("un/main").value().to_string(), "un/main");
  for (const std::string_view text :
       {"", "un", "/", "un/", "/main", "un//main", "un/main/", "un/main/1", "Un/main", " un/main"}) {
    const auto got = LogId::parse(text);
    ASSERT_FALSE(got.has_value()) << text;
    EXPECT_EQ(got.error().code, ErrorCode::kSyntax);
  }
}

TEST(StatementIdTest, ParsesAndRefuses) {
  for (const std::string_view text : {"un/main/0", "un/main-2/17", "un/main/9007199254740991"}) {
    EXPECT_EQ(StatementId::parse(text).value().to_string(), text);
  }
  for (const std::string_view text :
       {"", "un/main", "un/main/", "un/main/-1", "un/main/+1", "un/main/01", "un/main/00", "un/main/1 ", "un/main/ 1",
        "un/main/1a", "un/main/0x1", "un/main/9007199254740992", "un/main/99999999999999999999", "main/1", "un/ma in/1",
        "un/main/1/2", "un.main.1"}) {
    const auto got = StatementId::parse(text);
    ASSERT_FALSE(got.has_value()) << text;
    EXPECT_EQ(got.error().code, ErrorCode::kSyntax) << text;
  }
}

TEST(StatementIdTest, IndexIsOrderedAsANumber) {
  std::vector<StatementId> ids;
  for (const std::string_view text : {"un/main/10", "un/main/9", "un/desk/100", "eu/main/11", "un/main-2/0"}) {
    ids.push_back(StatementId::parse(text).value());
  }
  std::sort(ids.begin(), ids.end());
  std::string order;
  for (const auto& id : ids) order += id.to_string() + ' ';
  EXPECT_EQ(order, "eu/main/11 un/desk/100 un/main/9 un/main/10 un/main-2/0 ");
}

}  // namespace
}  // namespace truce
