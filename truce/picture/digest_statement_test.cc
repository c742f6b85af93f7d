// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/digest_statement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace truce::picture {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// docs/format/digest.md.
TEST(DigestStatementTest, WorkedBytesNeverChange) {
  const std::string zero(43, 'A');
  const std::string bytes = R"({"as_of":1525334400000,"cut":{"logs":[["un","main",2,")" + zero +
                            R"("]],"mechanism":")" + std::string(64, '0') + R"(","rules":0,"v":1},"list":")" + zero +
                            R"(","picture":")" + zero + R"("})";
  const auto json = Json::parse_canonical(bytes);
  ASSERT_TRUE(json) << json.error().to_string();
  const auto body = DigestStatement::from_body(*json);
  if (body) {
    EXPECT_EQ(body->to_body().to_canonical(), bytes);
  } else {
    // The cut names logs as it always did.
    Json with = *json;
    Cut cut;
    cut.logs.push_back({{"un", "main"}, 2, Hash{}});
    with.set("cut", cut.to_json());
    const auto again = DigestStatement::from_body(with);
    ASSERT_TRUE(again) << again.error().to_string();
    EXPECT_EQ(again->to_body(), with);
  }
}

TEST(DigestStatementTest, ListsComeBackAndBadOnesAreRefused) {
  const std::vector<DayDigest> list = {{"actors", "", 2, sha256("a")}, {"reports", "2018-09-18", 17, sha256("b")}};
  EXPECT_EQ(parse_digest_list(digest_list(list)).value(), list);
  EXPECT_TRUE(parse_digest_list("")->empty());
  const std::string good = digest_list(list);
  for (const std::string& bad :
       {good.substr(0, good.size() - 1), good + good, "actors - 2\n" + good, " " + good,
        std::string("actors - 02 ") + sha256("a").hex() + '\n', "actors - -1 " + sha256("a").hex() + '\n',
        "actors - 2 " + std::string(64, 'G') + '\n'}) {
    EXPECT_FALSE(parse_digest_list(bad)) << bad;
  }
}

TEST(DigestStatementTest, SaysWhichTableAndDay) {
  const std::vector<DayDigest> a = {{"actors", "", 2, sha256("a")}, {"reports", "2018-09-18", 17, sha256("b")}};
  std::vector<DayDigest> b = a;
  EXPECT_THAT(differing(a, b), IsEmpty());
  b[1].hash = sha256("c");
  b.insert(b.begin() + 1, {"incidents", "2018-09-18", 1, sha256("d")});
  EXPECT_THAT(differing(a, b), ElementsAre("incidents 2018-09-18", "reports 2018-09-18"));
  EXPECT_THAT(differing(a, {}), ElementsAre("actors", "reports 2018-09-18"));
}

}  // namespace
}  // namespace truce::picture
