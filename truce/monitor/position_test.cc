// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/position.h"

#include <gtest/gtest.h>

#include "truce/base/sha256.h"
#include "truce/monitor/inquiry.h"

namespace truce::monitor {
namespace {

template <typename Body>
void expect_bytes(const Body& body, std::string_view bytes) {
  EXPECT_EQ(body.to_body().to_canonical(), bytes);
  const auto back = Body::from_body(Json::parse_canonical(bytes).value());
  ASSERT_TRUE(back.has_value()) << back.error().to_string();
  EXPECT_EQ(*back, body);
}
template <typename Body>
void expect_refused(std::initializer_list<std::string> bodies) {
  for (const std::string& text : bodies) {
    const auto json = Json::parse_canonical(text);
    ASSERT_TRUE(json.has_value()) << text;
    const auto body = Body::from_body(*json);
    ASSERT_FALSE(body.has_value()) << text;
    EXPECT_EQ(body.error().code, ErrorCode::kInvalidStatement) << text;
  }
}
std::string too_long() {
  return std::string(kReasonBytesMax + 1, 'x');
}

TEST(PositionTest, WorkedBytesNeverChange) {
  expect_bytes(PositionStatement{Answer::kConfirm, "", "heard by two posts"},
               R"({"answer":"confirm","reason":"heard by two posts"})");
  expect_bytes(PositionStatement{Answer::kNotConfirm, "", "no trace on the ground"},
               R"({"answer":"not-confirm","reason":"no trace on the ground"})");
  expect_bytes(PositionStatement{Answer::kCannotEstablish, "", "nobody was near"},
               R"({"answer":"cannot-establish","reason":"nobody was near"})");
  expect_bytes(PositionStatement{Answer::kAttribute, "test-front", "direction of the craters"},
               R"({"actor":"test-front","answer":"attribute","reason":"direction of the craters"})");
  expect_bytes(PositionStatement{Answer::kExcludedGroup, "", "by one of those groups"},
               R"({"answer":"excluded-group","reason":"by one of those groups"})");
  expect_bytes(PositionStatement{Answer::kExcludedGroup, "group-n", "it says so itself"},
               R"({"actor":"group-n","answer":"excluded-group","reason":"it says so itself"})");
}

TEST(PositionTest, PositionsThatSayNothingOrTooMuchAreRefused) {
  expect_refused<PositionStatement>({
      R"({})",
      R"([])",
      R"({"answer":"confirm"})",
      R"({"answer":"confirm","reason":""})",
      R"({"answer":"confirm","reason":")" + too_long() + R"("})",
      R"({"answer":"maybe","reason":"r"})",
      R"({"answer":7,"reason":"r"})",
      R"({"reason":"r"})",
      R"({"answer":"attribute","reason":"r"})",
      R"({"actor":"Test Front","answer":"attribute","reason":"r"})",
      R"({"actor":"test-front","answer":"confirm","reason":"r"})",
      R"({"actor":"test-front","answer":"cannot-establish","reason":"r"})",
      R"({"actor":"","answer":"excluded-group","reason":"r"})",
      R"({"answer":"confirm","incident":"un/main/3","reason":"r"})",
  });
}

TEST(InquiryTest, WorkedBytesNeverChange) {
  expect_bytes(InquiryStatement{InquiryAct::kOpen, {}, "two claims differ"},
               R"({"act":"open","reason":"two claims differ"})");
  expect_bytes(InquiryStatement{InquiryAct::kVisit, Instant{1525334400000}, ""},
               R"({"act":"visit","at":1525334400000})");
  expect_bytes(InquiryStatement{InquiryAct::kAttend, {}, ""}, R"({"act":"attend"})");
  expect_bytes(InquiryStatement{InquiryAct::kDecline, {}, "no safe passage"},
               R"({"act":"decline","reason":"no safe passage"})");
  expect_bytes(InquiryStatement{InquiryAct::kClose, Instant{1525420800000}, ""},
               R"({"act":"close","at":1525420800000})");
  expect_bytes(AskStatement{"south", "which calibre was found?", Instant{1525420800000}},
               R"({"by":1525420800000,"text":"which calibre was found?","to":"south"})");
  expect_bytes(AnswerStatement{"120 mm, two tail units"}, R"({"text":"120 mm, two tail units"})");
}

TEST(InquiryTest, BodiesThatAreNotOfTheirFormAreRefused) {
  expect_refused<InquiryStatement>({
      R"({})",
      R"({"act":"look"})",
      R"({"act":1})",
      R"({"act":"visit"})",
      R"({"act":"visit","at":"tomorrow"})",
      R"({"act":"visit","at":253402300800000})",
      R"({"act":"open","reason":""})",
      R"({"act":"open","reason":")" + too_long() + R"("})",
      R"({"act":"open","where":"here"})",
  });
  expect_refused<AskStatement>({
      R"({"by":1,"text":"t"})",
      R"({"text":"t","to":"south"})",
      R"({"by":1,"to":"south"})",
      R"({"by":1,"text":"","to":"south"})",
      R"({"by":1,"text":"t","to":"The South"})",
      R"({"by":1,"text":")" + too_long() + R"(","to":"south"})",
      R"({"also":2,"by":1,"text":"t","to":"south"})",
  });
  expect_refused<AnswerStatement>({R"({})", R"({"text":""})", R"({"text":1})", R"({"answer":"confirm","text":"t"})",
                                   R"({"text":")" + too_long() + R"("})"});
}

TEST(AnswerTest, CodesComeBack) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(answer_from_code(answer_code(static_cast<Answer>(i))), static_cast<Answer>(i));
    EXPECT_EQ(inquiry_act_from_code(inquiry_act_code(static_cast<InquiryAct>(i))), static_cast<InquiryAct>(i));
  }
  EXPECT_FALSE(answer_from_code("").has_value());
  EXPECT_FALSE(inquiry_act_from_code("closed").has_value());
}

}  // namespace
}  // namespace truce::monitor
