// SPDX-License-Identifier: Apache-2.0

#include "truce/record/statements.h"

#include <gtest/gtest.h>

namespace truce::record {
namespace {

constexpr std::string_view kZero = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

template <typename Body>
void round_trip(const std::string& bytes) {
  const auto json = Json::parse_canonical(bytes);
  ASSERT_TRUE(json.has_value()) << bytes;
  const auto body = Body::from_body(json.value());
  ASSERT_TRUE(body.has_value()) << body.error().to_string();
  EXPECT_EQ(body->to_body().to_canonical(), bytes);
}

// docs/format/record-statements.md.
TEST(StatementsTest, WorkedBytesNeverChange) {
  const std::string zero(kZero);
  round_trip<Receipt>(R"({"heads":[["east","main",17,")" + zero + R"("],["north","main",3,")" + zero + R"("]]})");
  round_trip<LogOpen>(R"({"key":")" + zero + R"(","log":"desk-a"})");
  round_trip<LogClose>(R"({"log":"desk-a","root":")" + zero + R"(","size":5})");
  round_trip<Amendment>(R"({"amends":")" + std::string(64, '0') + R"(","document":")" + zero + R"(","version":1})");
  round_trip<VoiceStatement>(R"({"reason":"as agreed at the round","reservation":"not for the eastern belt"})");
  round_trip<VoiceStatement>("{}");
  round_trip<VoiceStatement>(R"({"paragraphs":[[1,"reserved"],[3,"objected"]]})");
  round_trip<VoiceStatement>(R"({"amends":")" + std::string(64, '0') + R"(","document":")" + zero +
                             R"(","version":2})");
  round_trip<Share>(R"({"to":["east","north"]})");
  round_trip<Erasure>("{}");
  round_trip<SealingKey>(R"({"key":")" + zero + R"("})");
}

TEST(StatementsTest, RefusesReceiptsThatAreNone) {
  const std::string zero(kZero);
  const std::string good = R"(["east","main",17,")" + zero + R"("])";
  EXPECT_TRUE(Receipt::from_body(Json::parse_canonical(R"({"heads":[)" + good + "]}").value()));
  const std::string bad[] = {
      R"({})",
      R"({"heads":[]})",
      R"({"heads":[)" + good + "," + good + "]}",
      R"({"heads":[["north","main",1,")" + zero + R"("],)" + good + "]}",
      R"({"heads":[["east","main",0,")" + zero + R"("]]})",
      R"({"heads":[["east","main",-1,")" + zero + R"("]]})",
      R"({"heads":[["East","main",1,")" + zero + R"("]]})",
      R"({"heads":[["east","main","1",")" + zero + R"("]]})",
      R"({"heads":[["east","main",1,"AAAA"]]})",
      R"({"heads":[["east","main",1]]})",
      R"({"heads":[1]})",
      R"({"heads":{},"more":1})",
      R"({"heads":[)" + good + R"(],"more":1})",
  };
  for (const std::string& text : bad) {
    const auto json = Json::parse_canonical(text);
    ASSERT_TRUE(json.has_value()) << text;
    EXPECT_FALSE(Receipt::from_body(json.value()).has_value()) << text;
  }
}

TEST(StatementsTest, RefusesWhatIsNoShareErasureOrSealingKey) {
  std::string many = R"({"to":["p10")";
  for (int i = 11; i < 75; ++i) many += ",\"p" + std::to_string(i) + '"';
  for (const std::string& text : {std::string(R"({})"), std::string(R"({"to":[]})"), std::string(R"({"to":"east"})"),
                                  std::string(R"({"to":["north","east"]})"), std::string(R"({"to":["east","east"]})"),
                                  std::string(R"({"to":["East"]})"), std::string(R"({"to":[1]})"),
                                  std::string(R"({"more":1,"to":["east"]})"), many + "]}"}) {
    const auto json = Json::parse_canonical(text);
    ASSERT_TRUE(json.has_value()) << text;
    EXPECT_FALSE(Share::from_body(json.value()).has_value()) << text;
  }
  for (const char* text : {R"({"why":"x"})", "[]", "1"})
    EXPECT_FALSE(Erasure::from_body(Json::parse_canonical(text).value()).has_value()) << text;
  for (const char* text : {R"({})", R"({"key":"AAAA"})", R"({"key":1})"})
    EXPECT_FALSE(SealingKey::from_body(Json::parse_canonical(text).value()).has_value()) << text;
}

TEST(StatementsTest, ConsentsToAmendmentsNameBothDocumentsOrNone) {
  const auto half = Json::object({{"document", std::string(kZero)}});
  EXPECT_FALSE(VoiceStatement::from_body(half).has_value());
}

}  // namespace
}  // namespace truce::record
