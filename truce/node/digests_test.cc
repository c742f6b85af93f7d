// SPDX-License-Identifier: Apache-2.0

#include "truce/node/digests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "truce/node/cuts.h"
#include "truce/node/parties_testing.h"
#include "truce/picture/digest_statement.h"
#include "truce/picture/fold.h"
#include "truce/picture/tables.h"
#include "truce/record/statements.h"

namespace truce::node {
namespace {

using Outcome = ComparedDigest::Outcome;
constexpr std::int64_t kDayMs = 86'400'000;

class DigestsTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(all.found());
    ASSERT_TRUE(all.report("east", 1));
    ASSERT_TRUE(all.report("north", 2));
    ASSERT_TRUE(all.settle());
  }
  void next_day() { all.clock().set(Instant{all.clock().now().ms + kDayMs}); }
  // East's digest of a picture that nobody can compute, with a list in which one day of reports differs.
  void state_wrong() {
    const auto node = all.open("east");
    picture::DigestStatement body;
    body.cut = settled_cut(*node).value();
    picture::MemoryTables tables;
    const auto source = node->source();
    const auto folded = picture::fold({&node->founding(), body.cut, {}, {}}, *source, tables).value();
    auto digests = folded.digests;
    for (auto& d : digests)
      if (d.table == "reports") d.hash = sha256("another");
    body.as_of = folded.as_of;
    body.picture = sha256("a lie");
    const auto writer = node->main_writer().value();
    body.list = writer->put_blob(picture::digest_list(digests)).value();
    Draft draft{record::kDigestType, body.to_body(), {}, {}, {}};
    draft.optional_blobs = {body.list};
    ASSERT_TRUE(writer->add(std::move(draft)));
    ASSERT_TRUE(writer->commit());
  }
  TestParties all;
};

TEST_F(DigestsTest, OneADayAndOnlyWhenMoreIsSettled) {
  EXPECT_TRUE(is_digest_due(*all.open("east")).value());
  ASSERT_TRUE(state_digest(*all.open("east")));
  ASSERT_TRUE(all.settle());
  ASSERT_TRUE(all.report("north", 3));
  ASSERT_TRUE(all.settle());
  EXPECT_FALSE(is_digest_due(*all.open("east")).value()) << "stated on this day";
  next_day();
  EXPECT_TRUE(is_digest_due(*all.open("east")).value());
  ASSERT_TRUE(state_digest(*all.open("east")));
  next_day();
  EXPECT_FALSE(is_digest_due(*all.open("east")).value()) << "nothing more is settled";
}

TEST_F(DigestsTest, TheSamePictureIsTheSameDigest) {
  ASSERT_TRUE(state_digest(*all.open("east")));
  ASSERT_TRUE(state_digest(*all.open("watch")));
  ASSERT_TRUE(all.settle());
  const auto compared = compare_digests(*all.open("south"));
  ASSERT_TRUE(compared) << compared.error().to_string();
  ASSERT_EQ(compared->size(), 2U);
  for (const ComparedDigest& c : *compared) EXPECT_EQ(c.outcome, Outcome::kSame) << c.party;
  EXPECT_TRUE(all.open("south")->alarms()->empty());
}

TEST_F(DigestsTest, ADifferenceIsReportedWithPartyTableAndDay) {
  state_wrong();
  ASSERT_TRUE(all.settle());
  const auto south = all.open("south");
  EXPECT_TRUE(south->alarms()->empty()) << "nothing was compared yet";
  const auto compared = compare_digests(*south);
  ASSERT_TRUE(compared) << compared.error().to_string();
  ASSERT_EQ(compared->size(), 1U);
  const ComparedDigest& c = compared->front();
  EXPECT_EQ(c.outcome, Outcome::kDiffers);
  EXPECT_EQ(c.party, "east");
  ASSERT_FALSE(c.where.empty());
  for (const std::string& where : c.where) EXPECT_TRUE(where.starts_with("reports ")) << where;
  // Kept, and an alarm for whoever looks.
  const auto alarms = all.open("south")->alarms().value();
  ASSERT_EQ(alarms.size(), 1U);
  EXPECT_EQ(alarms[0].kind, "digest-differs");
  EXPECT_EQ(alarms[0].party, "east");
  EXPECT_NE(alarms[0].words.find(c.where[0]), std::string::npos) << alarms[0].words;
  EXPECT_EQ(compare_digests(*all.open("south"))->front().where, c.where) << "out of the cache";
  // Gone with the next one that is right.
  next_day();
  ASSERT_TRUE(state_digest(*all.open("east")));
  ASSERT_TRUE(all.settle());
  EXPECT_EQ(compare_digests(*all.open("south"))->front().outcome, Outcome::kSame);
  EXPECT_TRUE(all.open("south")->alarms()->empty());
}

TEST_F(DigestsTest, ADamagedCacheIsNone) {
  ASSERT_TRUE(state_digest(*all.open("east")));
  ASSERT_TRUE(all.settle());
  ASSERT_TRUE(all.files().write_atomic("/south/digests.json", "[{\"ours\":1}]"));
  EXPECT_EQ(compare_digests(*all.open("south"))->front().outcome, Outcome::kSame);
}

}  // namespace
}  // namespace truce::node
