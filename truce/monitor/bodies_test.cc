// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/bodies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace truce::monitor {
namespace {

using testing::HasSubstr;

Json parsed(std::string_view canonical) {
  return Json::parse_canonical(canonical).value();
}

// The worked examples of docs/format/statements.md: these bytes never change.
TEST(BodiesTest, WorkedBytesNeverChange) {
  ActorStatement a;
  a.id = "test-front";
  a.names = {{"en", "Test Front"}};
  a.called = {{"turkey", {{"en", "the northern group"}}}};
  a.neutral = {{"en", "armed group N"}};
  a.part_of = "coalition";
  a.from = Instant{1'500'000'000'000};
  EXPECT_EQ(
      a.to_body().to_canonical(),
      R"({"called":{"turkey":{"en":"the northern group"}},"from":1500000000000,"id":"test-front","names":{"en":"Test Front"},)"
      R"("neutral":{"en":"armed group N"},"part_of":"coalition"})");
  EXPECT_EQ(ActorStatement::from_body(a.to_body()).value(), a);

  const PlacesStatement p{"gaz", "Gazetteer", "invented for the example", Hash{}, 2};
  EXPECT_EQ(
      p.to_body().to_canonical(),
      R"({"count":2,"list":"gaz","places":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","source":"invented for the example","title":"Gazetteer"})");
  EXPECT_EQ(PlacesStatement::from_body(p.to_body()).value(), p);

  const ImportStatement i{Hash{}, "reports", "turkey", 265, 3, 1, Json::object({{"utc_offset", "+03:00"}})};
  EXPECT_EQ(
      i.to_body().to_canonical(),
      R"({"file":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","format":"reports","known":3,"map":{"utc_offset":"+03:00"},"rejected":1,"rows":265,"source":"turkey"})");
  EXPECT_EQ(ImportStatement::from_body(i.to_body()).value(), i);

  const WithdrawalStatement w{WithdrawalReason::kSourceSafety};
  EXPECT_EQ(w.to_body().to_canonical(), R"({"reason":"source-safety"})");
  EXPECT_EQ(WithdrawalStatement::from_body(w.to_body()).value(), w);
}

TEST(BodiesTest, BadActorsAreRefused) {
  for (const std::string_view bytes :
       {R"({})", R"({"id":"a"})", R"({"id":"A B","names":{"en":"x"}})", R"({"id":"a","names":{}})",
        R"({"id":"a","names":{"en":1}})", R"({"id":"a","names":{"en":"x"},"part_of":"A B"})",
        R"({"from":5,"id":"a","names":{"en":"x"},"to":5})", R"({"called":[],"id":"a","names":{"en":"x"}})",
        R"({"called":{"A B":{"en":"x"}},"id":"a","names":{"en":"x"}})",
        R"({"called":{"b":"x"},"id":"a","names":{"en":"x"}})", R"({"flag":"x","id":"a","names":{"en":"x"}})"}) {
    const auto a = ActorStatement::from_body(parsed(bytes));
    ASSERT_FALSE(a.has_value()) << bytes;
    EXPECT_EQ(a.error().code, ErrorCode::kInvalidActor) << bytes;
  }
}

TEST(BodiesTest, BadPlaceStatementsAndImportsAreRefused) {
  const std::string z(43, 'A');
  for (const std::string& bytes :
       {std::string(R"({})"), R"({"count":-1,"list":"g","places":")" + z + R"(","source":"s","title":"t"})",
        R"({"count":300001,"list":"g","places":")" + z + R"(","source":"s","title":"t"})",
        R"({"count":1,"list":"G","places":")" + z + R"(","source":"s","title":"t"})",
        std::string(R"({"count":1,"list":"g","places":"x","source":"s","title":"t"})"),
        R"({"count":1,"list":"g","places":")" + z + R"(","source":"s","title":""})"}) {
    const auto p = PlacesStatement::from_body(parsed(bytes));
    ASSERT_FALSE(p.has_value()) << bytes;
    EXPECT_EQ(p.error().code, ErrorCode::kInvalidPlaceList) << bytes;
  }
  for (const std::string& bytes :
       {std::string(R"({})"), R"({"file":")" + z + R"(","format":"reports","rows":-1,"source":"un"})",
        R"({"file":")" + z + R"(","format":"reports","rows":1,"source":"U N"})",
        R"({"file":")" + z + R"(","format":"reports","known":0,"rows":1,"source":"un"})",
        R"({"file":")" + z + R"(","format":"reports","map":[],"rows":1,"source":"un"})",
        R"({"file":")" + z + R"(","format":"","rows":1,"source":"un"})"}) {
    const auto i = ImportStatement::from_body(parsed(bytes));
    ASSERT_FALSE(i.has_value()) << bytes;
    EXPECT_EQ(i.error().code, ErrorCode::kInvalidImport) << bytes;
  }
  for (const std::string_view bytes :
       {R"({})", R"({"reason":"tired"})", R"({"reason":1})", R"({"reason":"mistake","text":"x"})"}) {
    EXPECT_FALSE(WithdrawalStatement::from_body(parsed(bytes)).has_value()) << bytes;
  }
}

TEST(BodiesTest, ReasonsComeBackFromTheirCodes) {
  for (int i = 0; i < 4; ++i) {
    const auto reason = static_cast<WithdrawalReason>(i);
    EXPECT_EQ(withdrawal_reason_from_code(withdrawal_reason_code(reason)), reason);
  }
  EXPECT_EQ(withdrawal_reason_from_code("x"), std::nullopt);
}

TEST(BodiesTest, ASecondSaysNothingButThat) {
  EXPECT_TRUE(check_second_body(Json::object()).has_value());
  EXPECT_FALSE(check_second_body(Json::object({{"reason", "mistake"}})).has_value());
  EXPECT_FALSE(check_second_body(Json::array()).has_value());
}

NamedPlace place(std::string id, std::string name) {
  return {std::move(id), geo::LatLng::from_e7(359000000, 366000000), 500, {{"en", std::move(name)}}, {}};
}

TEST(BodiesTest, PlaceListComesBackFromItsBlob) {
  std::vector<NamedPlace> places = {place("a", "Alpha"), place("b", "Beta")};
  places[1].variants = {"Bata", "Veta"};
  const std::string blob = places_to_blob(places).value();
  EXPECT_EQ(
      blob,
      R"({"places":[{"at":[359000000,366000000],"id":"a","names":{"en":"Alpha"},"radius_m":500},)"
      R"({"at":[359000000,366000000],"id":"b","names":{"en":"Beta"},"radius_m":500,"variants":["Bata","Veta"]}],"v":1})");
  EXPECT_EQ(places_from_blob(blob).value(), places);
  EXPECT_TRUE(places_from_blob(places_to_blob({}).value()).value().empty());
}

TEST(BodiesTest, BadPlaceListsAreRefused) {
  EXPECT_FALSE(places_to_blob({place("b", "B"), place("a", "A")}).has_value());
  EXPECT_FALSE(places_to_blob({place("a", "A"), place("a", "B")}).has_value());
  EXPECT_FALSE(places_to_blob({place("a", "\xFF")}).has_value());
  const std::string good = places_to_blob({place("a", "Alpha"), place("b", "Beta")}).value();
  const auto changed = [&](std::string_view from, std::string_view to) {
    std::string out = good;
    out.replace(out.find(from), from.size(), to);
    return out;
  };
  for (const std::string& bytes :
       {std::string(), std::string("[]"), std::string("{}"), good + " ", changed(R"("v":1)", R"("v":2)"),
        changed(R"("id":"b")", R"("id":"a")"), changed("359000000", "900000001"),
        changed("[359000000,366000000]", "[359000000]"), changed("500", "-1"), changed(R"({"en":"Alpha"})", "{}"),
        changed(R"("id":"a",)", ""), changed("366000000", "\"36\"")}) {
    EXPECT_FALSE(places_from_blob(bytes).has_value()) << bytes;
  }
}

}  // namespace
}  // namespace truce::monitor
