// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace truce::picture {
namespace {

TEST(TablesTest, EveryTableHasItsKeyFirstAndNamesAscend) {
  std::string last;
  for (const Table& t : tables()) {
    EXPECT_LT(last, t.name);
    last = t.name;
    EXPECT_GE(t.columns.size(), t.key_columns);
    EXPECT_EQ(t.by_day, t.columns[0].name == "day");
    for (std::size_t i = 0; i < t.key_columns; ++i) EXPECT_FALSE(t.columns[i].nullable) << t.name;
  }
}

TEST(TablesTest, RowsComeBackAsTheyWent) {
  IncidentRow i;
  i.day = "2018-09-18";
  i.id = "un/main/3";
  i.idx = 3;
  i.lat_e7 = -1;
  i.more = "{\"x\":\"\\n\"}";
  const auto back = from_row<IncidentRow>(to_row(i));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(to_row(*back), to_row(i));
  EXPECT_FALSE(back->lng_e7.has_value());
}

TEST(TablesTest, RowOfAnotherShapeIsADamagedDatabase) {
  Row row = to_row(ZoneRow{});
  row.pop_back();
  EXPECT_EQ(from_row<ZoneRow>(row).error().code, ErrorCode::kBadDatabase);
  row = to_row(ZoneRow{});
  row[0] = Json(7);
  EXPECT_EQ(from_row<ZoneRow>(row).error().code, ErrorCode::kBadDatabase);
  row = to_row(IncidentRow{});
  row[3] = Json();  // idx may not be null
  EXPECT_EQ(from_row<IncidentRow>(row).error().code, ErrorCode::kBadDatabase);
}

// A digest covers table, day, number and every byte of every row.
TEST(TablesTest, DigestRootIsPinnedAndMovesWithEveryPart) {
  const DayDigest d{"reports", "2018-09-18", 2, sha256("rows")};
  const Hash mechanism = sha256("mechanism");
  const auto root = [&](DayDigest digest, std::int64_t rules) {
    const DayDigest one[] = {digest};
    return digest_root(mechanism, rules, one).hex();
  };
  const std::string pinned = root(d, 0);
  EXPECT_EQ(
      pinned,
      sha256("truce picture\n" + mechanism.hex() + "\n0\nreports 2018-09-18 2 " + sha256("rows").hex() + "\n").hex());
  DayDigest other = d;
  other.day = "2018-09-19";
  EXPECT_NE(root(other, 0), pinned);
  other = d;
  other.rows = 3;
  EXPECT_NE(root(other, 0), pinned);
  EXPECT_NE(root(d, 1), pinned);
}

}  // namespace
}  // namespace truce::picture
