// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace truce::picture {
namespace {

StatementId id(std::uint64_t index) {
  return {{"un", "main"}, index};
}
Change correction(std::uint64_t index, std::uint64_t target) {
  return {id(index), id(target), "report", false, "", 0};
}
Change withdrawal(std::uint64_t index, std::uint64_t target) {
  return {id(index), id(target), "withdrawal", true, "mistake", 0};
}

struct Resolved {
  Changes::Outcome outcome;
  std::vector<std::string> what;  // "5 corrected", ...
};
Resolved resolve(const std::vector<Change>& list) {
  Changes changes;
  for (const Change& c : list) changes.add(c);
  std::vector<ChangeRow> rows;
  Resolved r{changes.resolve(id(1), rows), {}};
  for (const auto& row : rows) r.what.push_back(row.statement.substr(8) + ' ' + row.what);
  return r;
}

TEST(ChangesTest, ChainOfCorrectionsEndsAtTheLast) {
  const auto r = resolve({correction(2, 1), correction(3, 2)});
  EXPECT_EQ(r.outcome.version, id(3));
  EXPECT_FALSE(r.outcome.withdrawn);
}

TEST(ChangesTest, SecondCorrectionOfTheSameStatementIsSuperseded) {
  const auto r = resolve({correction(3, 1), correction(2, 1), correction(4, 3)});
  EXPECT_EQ(r.outcome.version, id(2));
  EXPECT_THAT(r.what, testing::UnorderedElementsAre("2 corrected", "3 superseded", "4 corrected"));
}

TEST(ChangesTest, WithdrawingACorrectionBringsBackWhatItReplaced) {
  const auto r = resolve({correction(2, 1), withdrawal(3, 2)});
  EXPECT_EQ(r.outcome.version, id(1));
  EXPECT_FALSE(r.outcome.withdrawn);
  EXPECT_THAT(r.what, testing::UnorderedElementsAre("2 withdrawn-correction", "3 withdrawn"));
}

TEST(ChangesTest, WithdrawingACorrectionLetsTheNextSmallestCount) {
  EXPECT_EQ(resolve({correction(2, 1), correction(3, 1), withdrawal(4, 2)}).outcome.version, id(3));
}

TEST(ChangesTest, WithdrawnReportKeepsItsLastVersion) {
  const auto r = resolve({correction(2, 1), withdrawal(3, 1)});
  EXPECT_TRUE(r.outcome.withdrawn);
  EXPECT_EQ(r.outcome.version, id(2));
}

TEST(ChangesTest, TenThousandCorrectionsInAChainEndInTime) {
  std::vector<Change> list;
  for (std::uint64_t i = 2; i < 10'002; ++i) list.push_back(correction(i, i - 1));
  EXPECT_EQ(resolve(list).outcome.version, id(10'001));
}

}  // namespace
}  // namespace truce::picture
