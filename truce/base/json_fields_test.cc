// SPDX-License-Identifier: Apache-2.0

#include "truce/base/json_fields.h"

#include <gtest/gtest.h>

namespace truce {
namespace {

Json parsed(std::string_view text) {
  return Json::parse_canonical(text).value();
}

TEST(JsonFieldsTest, ReadsEveryKind) {
  const Json j = parsed(
      "{\"flag\":true,\"h\":\"ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0\",\"list\":[1,2],\"n\":-5,\"names\":[\"a\","
      "\"b\"],\"t\":\"x\"}");
  JsonFields f(j, "thing");
  EXPECT_TRUE(f.boolean_or("flag", false));
  EXPECT_EQ(f.hash("h"), sha256("abc"));
  EXPECT_EQ(f.array_or_empty("list", 2).size(), 2U);
  EXPECT_EQ(f.integer("n", -5, 5), -5);
  EXPECT_EQ(f.texts_or_empty("names", 5, 5), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(f.text("t", 1), "x");
  EXPECT_EQ(f.text_or("none", "other", 10), "other");
  EXPECT_EQ(f.integer_opt("none", 0, 1), std::nullopt);
  EXPECT_FALSE(f.has("none"));
  EXPECT_TRUE(f.finish(ErrorCode::kInvalidReport).has_value());
}

TEST(JsonFieldsTest, FaultsNameObjectAndMember) {
  const struct {
    std::string_view text;
    void (*read)(JsonFields&);
    std::string_view where;
  } kCases[] = {
      {"{}", [](JsonFields& f) { f.integer("n", 0, 1); }, "thing: n"},
      {"{\"n\":2}", [](JsonFields& f) { f.integer("n", 0, 1); }, "thing: n"},
      {"{\"n\":\"1\"}", [](JsonFields& f) { f.integer("n", 0, 1); }, "thing: n"},
      {"{\"n\":2}", [](JsonFields& f) { f.integer_opt("n", 0, 1); }, "thing: n"},
      {"{\"t\":1}", [](JsonFields& f) { f.text("t", 5); }, "thing: t"},
      {"{\"t\":\"\"}", [](JsonFields& f) { f.text("t", 5); }, "thing: t"},
      {"{\"t\":\"123456\"}", [](JsonFields& f) { f.text("t", 5); }, "thing: t"},
      {"{\"t\":\"123456\"}", [](JsonFields& f) { f.text_or("t", "", 5); }, "thing: t"},
      {"{\"b\":1}", [](JsonFields& f) { f.boolean_or("b", true); }, "thing: b"},
      {"{\"h\":\"abc\"}", [](JsonFields& f) { f.hash("h"); }, "thing: h"},
      {"{\"l\":{}}", [](JsonFields& f) { f.array_or_empty("l", 5); }, "thing: l"},
      {"{\"l\":[1,2]}", [](JsonFields& f) { f.array_or_empty("l", 1); }, "thing: l"},
      {"{\"l\":[1]}", [](JsonFields& f) { f.texts_or_empty("l", 1, 5); }, "thing: l"},
      {"{\"new\":1}", [](JsonFields&) {}, "thing"},
      {"[]", [](JsonFields&) {}, "thing"},
  };
  for (const auto& c : kCases) {
    const Json j = parsed(c.text);
    JsonFields f(j, "thing");
    c.read(f);
    const auto got = f.finish(ErrorCode::kInvalidReport);
    ASSERT_FALSE(got.has_value()) << c.text;
    EXPECT_EQ(got.error().code, ErrorCode::kInvalidReport);
    EXPECT_EQ(got.error().where, c.where) << c.text;
  }
}

TEST(JsonFieldsTest, FirstFaultCounts) {
  const Json j = parsed("{}");
  JsonFields f(j, "thing");
  f.integer("a", 0, 1);
  f.integer("b", 0, 1);
  EXPECT_EQ(f.finish(ErrorCode::kInvalidReport).error().where, "thing: a");
}

}  // namespace
}  // namespace truce
