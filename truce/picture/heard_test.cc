// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/heard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "truce/base/seed_testing.h"

namespace truce::picture {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// Logs as lists of recorded times.
using Times = std::map<LogId, std::vector<std::int64_t>>;

NewestIn newest_in(const Times& times) {
  return [&times](const LogId& log, std::uint64_t begin, std::uint64_t end) -> Result<std::optional<Instant>> {
    std::optional<Instant> out;
    const auto it = times.find(log);
    for (std::uint64_t i = begin; it != times.end() && i < std::min<std::uint64_t>(end, it->second.size()); ++i)
      out = std::max(out.value_or(Instant{it->second[i]}), Instant{it->second[i]});
    return out;
  };
}

LogBook::Log main_log(std::uint64_t closed_at = UINT64_MAX) {
  return {true, true, closed_at, {}};
}

TEST(HeardTest, WhatStandsBeforeItsReceiptSaysNothingOfAParty) {
  const LogId south{"south", "main"};
  LogBook book;
  book.set(south, main_log());
  book.set({"south", "desk-a"}, {false, true, UINT64_MAX, {}});
  // A statement dated years ahead, then the receipt.
  const Times times = {{south, {9'000, 10, 20, 30}}, {{"south", "desk-a"}, {8'000}}};
  const FirstReceipts receipts = {{"south", {{south, 1}, Instant{10}}}};
  mechanism::Question q;
  ASSERT_TRUE(put_heard(book, receipts, {{"south", {south, 3}}}, newest_in(times), q).has_value());
  EXPECT_THAT(q.received, ElementsAre(Pair("south", Instant{10})));
  EXPECT_THAT(q.heard, ElementsAre(Pair("south", Instant{30})));
  EXPECT_THAT(q.heard_before, ElementsAre(Pair("south", Instant{20})))
      << "before its objection, which is no part of it";
  q = {};
  ASSERT_TRUE(put_heard(book, receipts, {{"south", {south, 2}}}, newest_in(times), q).has_value());
  EXPECT_THAT(q.heard_before, IsEmpty()) << "it objected at once";
  q = {};
  ASSERT_TRUE(put_heard(book, receipts, {{"south", {south, 0}}}, newest_in(times), q).has_value());
  EXPECT_THAT(q.heard_before, IsEmpty()) << "it objected before it had receipted";
  EXPECT_EQ(newest_of_mains(book, newest_in(times)).value(), (Newest{{"south", Instant{9'000}}}));
}

TEST(HeardTest, APartyIsHeardOfOverItsMainLogs) {
  const LogId main{"south", "main"}, second{"south", "main-2"}, tenth{"south", "main-10"};
  LogBook book;
  book.set(main, main_log(3));
  book.set(second, main_log(2));
  book.set(tenth, main_log());
  const Times times = {{main, {1, 2, 3, 999}}, {second, {50, 4, 888}}, {tenth, {5, 6}}};
  mechanism::Question q;
  ASSERT_TRUE(put_heard(book, {{"south", {{second, 0}, Instant{50}}}}, {{"south", {tenth, 1}}}, newest_in(times), q)
                  .has_value());
  EXPECT_THAT(q.heard, ElementsAre(Pair("south", Instant{6}))) << "not main, nor what stands behind an end";
  EXPECT_THAT(q.heard_before, ElementsAre(Pair("south", Instant{5})));
}

TEST(TimeRunsTest, NewestOfARangeIsWhatReadingAllFinds) {
  SeededNumbers draw(logged_seed());
  for (int round = 0; round < 200; ++round) {
    const auto size = static_cast<std::size_t>(draw.between(0, 1200));
    std::vector<std::int64_t> all;
    TimeRuns grown;
    for (std::size_t i = 0; i < size; ++i) {
      all.push_back(draw.chance(3) ? Instant::kMin : draw.between(-50, 1'000));
      grown.append(all.back());
    }
    const TimeRuns runs(size, grown.newest_of_runs());
    const auto read = [&](std::uint64_t begin, std::uint64_t end) -> Result<std::vector<std::int64_t>> {
      EXPECT_EQ(begin / TimeRuns::kRunEntries, (end - 1) / TimeRuns::kRunEntries) << "of one run";
      return std::vector<std::int64_t>(all.begin() + static_cast<std::ptrdiff_t>(begin),
                                       all.begin() + static_cast<std::ptrdiff_t>(end));
    };
    for (int i = 0; i < 20; ++i) {
      const auto begin = static_cast<std::uint64_t>(draw.between(0, 1300));
      const auto end = static_cast<std::uint64_t>(draw.between(0, 1300));
      std::int64_t expected = Instant::kMin;
      for (std::uint64_t k = begin; k < std::min<std::uint64_t>(end, size); ++k) expected = std::max(expected, all[k]);
      const auto found = runs.newest_in(begin, end, read);
      ASSERT_TRUE(found.has_value());
      ASSERT_EQ(found->value_or(Instant{Instant::kMin}).ms, expected)
          << "seed " << logged_seed() << ": " << begin << ".." << end << " of " << size;
    }
    const std::int64_t newest = size == 0 ? Instant::kMin : *std::ranges::max_element(all);
    EXPECT_EQ(grown.newest(), newest);
  }
}

}  // namespace
}  // namespace truce::picture
