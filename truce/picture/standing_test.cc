// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/standing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "truce/base/seed_testing.h"
#include "truce/picture/fold_testing.h"
#include "truce/picture/log_book.h"
#include "truce/record/merkle.h"

namespace truce::picture {
namespace {

using testing::ElementsAre;
using testing::Pair;

std::vector<Hash> leaves(std::uint64_t count, std::string_view salt = "") {
  std::vector<Hash> out;
  for (std::uint64_t i = 0; i < count; ++i) out.push_back(sha256(salt, std::to_string(i)));
  return out;
}

Hash slow_root(std::span<const Hash> leaves) {
  return leaves.empty() ? record::empty_root() : record::subtree_hash(leaves);
}

TEST(LogTreeTest, RootAtEverySizeIsThatOfTheLeavesUpToIt) {
  for (const std::uint64_t size : {1U, 2U, 255U, 256U, 257U, 511U, 512U, 700U}) {
    const auto all = leaves(size);
    const LogTree tree(all);
    EXPECT_EQ(tree.size(), size);
    for (std::uint64_t s = 1; s <= size; s += s < 5 || s > 250 ? 1 : 41)
      ASSERT_EQ(tree.root(s), slow_root(std::span(all).first(s))) << s << " of " << size;
  }
  const auto many = leaves(256 * 256 + 300);
  const LogTree tree(many);
  for (const std::uint64_t s : {65'535U, 65'536U, 65'537U, 65'836U})
    ASSERT_EQ(tree.root(s), slow_root(std::span(many).first(s))) << s;
  EXPECT_EQ(LogTree({}).size(), 0U);
}

TEST(MainNumberTest, OnlyNamesOfMainLogsHaveOne) {
  EXPECT_EQ(main_number("main"), 1U);
  EXPECT_EQ(main_number("main-2"), 2U);
  EXPECT_EQ(main_number("main-17"), 17U);
  for (const char* name : {"main-1", "main-0", "main-02", "main-", "main-2a", "main-9999999999", "desk", "mains", ""})
    EXPECT_EQ(main_number(name), 0U) << name;
}

TEST(ClaimedTypeTest, IsThatOfTheEntrysEnd) {
  World w(two_parties());
  const StatementRef said = w.say(kNorth, "heartbeat", Json::object({{"type", "receipt"}}));
  EXPECT_EQ(claimed_type(w.source.logs().at(kNorth)[said.id.index]), "heartbeat");
  for (const char* entry : {"", "{}", "garbage", "\"type\":\"receipt\"", "{\"type\":\"receipt\",\"v\":1}",
                            ",\"type\":\"receipt\",\"v\":2}", "\",\"v\":1}"})
    EXPECT_EQ(claimed_type(entry), "") << entry;
}

// By the definition, in as many words.
std::uint64_t slow_settled(const mechanism::Mechanism& m, const LogExtent& log,
                           const std::map<LogId, std::vector<Hash>>& all, std::span<const ReceiptHead> heads) {
  std::vector<std::uint64_t> sizes;
  for (const mechanism::Party& p : m.parties) {
    if (p.id == log.log.party || !p.receives()) continue;
    std::uint64_t best = 0;
    for (std::uint64_t s = 1; s <= log.size; ++s) {
      for (const ReceiptHead& h : heads) {
        if (h.receipt.log.party == p.id && h.head.log == log.log && h.head.size == s &&
            h.head.root == slow_root(std::span(all.at(log.log)).first(s)))
          best = s;
      }
    }
    sizes.push_back(best);
  }
  const mechanism::Quorum q = mechanism::quorum_for(m, log.log.party);
  if (q.needed == 0) return log.size;
  if (static_cast<std::size_t>(q.needed) > sizes.size()) return 0;  // more than there are
  std::ranges::sort(sizes);
  return sizes[sizes.size() - static_cast<std::size_t>(q.needed)];
}

TEST(StandingTest, IsWhatTheDefinitionSays) {
  SeededNumbers draw(logged_seed());
  int partly = 0;
  for (int round = 0; round < 400; ++round) {
    mechanism::Mechanism m;
    const auto count = 1 + draw.below(5);
    for (std::uint64_t p = 0; p < count; ++p) {
      const auto role = static_cast<mechanism::Role>(draw.below(8) == 0 ? 2 : draw.below(2));
      m.parties.push_back(party("p" + std::to_string(p), role, static_cast<char>('a' + 3 * p)));
    }
    m.accomplices = static_cast<std::int64_t>(draw.below(2));
    std::map<LogId, std::vector<Hash>> all;
    std::vector<LogExtent> logs;
    for (const mechanism::Party& p : m.parties) {
      for (const char* name : {"desk", "main"}) {
        if (name[0] == 'd' && !draw.chance(3)) continue;
        LogExtent l{{p.id, name}, 1 + draw.below(9), {}};
        all[l.log] = leaves(l.size + 3, p.id);  // some beyond the cut
        logs.push_back(std::move(l));
      }
    }
    std::vector<ReceiptHead> heads;
    for (std::uint64_t i = draw.below(40); i > 0; --i) {
      const LogExtent& of = logs[draw.below(logs.size())];
      ReceiptHead h;
      h.receipt = {{"p" + std::to_string(draw.below(count + 1)), "main"}, draw.below(20)};  // a stranger's too
      h.head = {of.log, 1 + draw.below(of.size + 3), {}};
      const bool is_wrong = draw.chance(4);
      h.head.root = is_wrong ? sha256("another branch") : slow_root(std::span(all[of.log]).first(h.head.size));
      h.state = h.head.size > of.size ? HeadState::kBeyond : is_wrong ? HeadState::kOtherRoot : HeadState::kHeld;
      heads.push_back(std::move(h));
    }
    const auto found = standing(m, logs, heads);
    ASSERT_EQ(found.size(), logs.size());
    for (std::size_t i = 0; i < logs.size(); ++i) {
      ASSERT_EQ(found[i].extent.log, logs[i].log);
      ASSERT_EQ(found[i].settled, slow_settled(m, logs[i], all, heads))
          << "seed " << logged_seed() << " round " << round << ' ' << logs[i].log.to_string();
      partly += found[i].settled > 0 && found[i].settled < logs[i].size ? 1 : 0;
    }
  }
  EXPECT_GT(partly, 50);
}

TEST(StandingTest, SizesReceivedComeBackFromTheirText) {
  const std::map<std::string, std::uint64_t> received = {{"east", 17}, {"north", 3}};
  EXPECT_EQ(received_text(received), R"({"east":17,"north":3})");
  EXPECT_EQ(received_from_text(received_text(received)).value(), received);
  for (const char* text : {"", "[]", "{\"east\":0}", "{\"east\":\"3\"}", "{\"east\":-1}", "{"})
    EXPECT_EQ(received_from_text(text).error().code, ErrorCode::kBadDatabase) << text;
}

ReceiptHead received_at(const std::string& party, std::uint64_t idx, std::int64_t ms, std::uint64_t size,
                        HeadState state = HeadState::kHeld) {
  return {{{party, "main"}, idx}, ms, {kNorth, size, {}}, state};
}

TEST(ReceiptsTest, FirstReceiptOfALogsOrderCoversAQuestion) {
  const Receipts receipts(std::vector<ReceiptHead>{
      received_at("south", 9, 50, 8),  // earlier by its own clock, later in its log
      received_at("south", 4, 70, 6),
      received_at("south", 2, 60, 5),
      received_at("east", 3, 80, 6, HeadState::kOtherRoot),
      received_at("west", 3, 90, 99, HeadState::kBeyond),
      received_at("north", 3, 10, 9),
  });
  const FirstReceipts first = receipts.first({kNorth, 5});
  ASSERT_EQ(first.size(), 1U) << "another branch receives nothing, nor what is not here, nor does the author";
  EXPECT_EQ(first.at("south").id, (StatementId{{"south", "main"}, 4}));
  EXPECT_EQ(first.at("south").recorded.ms, 70);
  EXPECT_EQ(receipts.first({kNorth, 4}).at("south").recorded.ms, 60);
  EXPECT_EQ(receipts.first({kNorth, 7}).at("south").recorded.ms, 50);
  EXPECT_EQ(receipts.first({kNorth, 8}).count("south"), 0U);
  EXPECT_TRUE(receipts.first({kSouth, 0}).empty());
}

}  // namespace
}  // namespace truce::picture
