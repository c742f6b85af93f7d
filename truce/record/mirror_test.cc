// SPDX-License-Identifier: Apache-2.0

#include "truce/record/mirror.h"

#include <gtest/gtest.h>

#include <random>

#include "truce/record/bundle.h"
#include "truce/record/fsck.h"
#include "truce/record/merkle.h"
#include "truce/record/mirror_testing.h"
#include "truce/record/proof.h"

namespace truce::record {
namespace {

Mirror mirror_in(const std::string& node) {
  auto m = Mirror::open(system_files(), test_place(node), {});
  EXPECT_TRUE(m) << m.error().to_string();
  return std::move(m).value();
}

Result<Mirror::Fetched> follow(Mirror& mirror, const std::string& checkpoint, LogSource& source,
                               std::vector<std::string> known = {}, LogReader::Visitor visit = {}) {
  auto out = mirror.fetch({checkpoint, std::move(known), std::move(visit)}, source);
  if (out && out->is_new) {
    EXPECT_TRUE(mirror.publish(checkpoint));
  }
  return out;
}

// Entries of envelopes, so that fsck has nothing to say.
std::vector<std::string> with_acceptance(std::uint64_t end) {
  auto out = test_entries(0, end);
  out[0] = encode(make_acceptance(test_place("x"), Instant{1'500'000'000'000})).value();
  return out;
}

TEST(MirrorTest, GrowsWithTheLogAndHoldsTheSameBytes) {
  for (const std::vector<std::uint64_t>& sizes :
       {std::vector<std::uint64_t>{1, 2, 255, 256, 257, 511, 512, 700}, {300, 300, 301, 1030}, {256}, {512, 513}}) {
    const TemporaryFolder author, holder;
    const auto entries = with_acceptance(sizes.back());
    auto log = grown_log(system_files(), author.path(), {});
    std::uint64_t at = 0;
    for (const std::uint64_t size : sizes) {
      if (size > at) {
        ASSERT_TRUE(log->append(std::span(entries).subspan(at, size - at)));
        ASSERT_TRUE(log->publish());
      }
      ChangedSource source(system_files(), author.path());
      Mirror mirror = mirror_in(holder.path());
      EXPECT_EQ(mirror.head().size, at == size && at != 0 ? size : at);
      std::uint64_t visited = at;
      const auto got = follow(mirror, checkpoint_in(system_files(), author.path()), source, {},
                              [&](std::uint64_t index, std::string_view entry, const Hash&) -> Status {
                                EXPECT_EQ(index, visited++);
                                EXPECT_EQ(entry, entries[index]);
                                return {};
                              });
      ASSERT_TRUE(got) << got.error().to_string();
      EXPECT_EQ(got->is_new, size != at);
      EXPECT_FALSE(got->fork);
      EXPECT_EQ(visited, size);
      EXPECT_EQ(mirror.head(), log->head());
      at = size;
      FsckOptions options;
      options.threads = 1;
      const auto report = fsck(system_files(), test_place(holder.path()), options);
      ASSERT_TRUE(report);
      EXPECT_TRUE(report->ok()) << report->faults.front().error.to_string();
      EXPECT_EQ(report->entries, size);
    }
  }
}

TEST(MirrorTest, PartialTilesThatAreGoneAreReadFromTheFullOne) {
  const TemporaryFolder author, holder;
  auto log = grown_log(system_files(), author.path(), small_entries(0, 100));
  const std::string early = checkpoint_in(system_files(), author.path());
  ASSERT_TRUE(log->append(small_entries(100, 300)));
  ASSERT_TRUE(log->publish());
  ChangedSource source(system_files(), author.path(), [](const std::string& name, Result<std::string> bytes) {
    if (name.find(".p/100") != std::string::npos) return Result<std::string>(fail(ErrorCode::kNotFound, "gone"));
    return bytes;
  });
  Mirror mirror = mirror_in(holder.path());
  const auto got = follow(mirror, early, source);
  ASSERT_TRUE(got) << got.error().to_string();
  EXPECT_EQ(mirror.head().size, 100U);
}

// Whatever a peer answers to whatever request, nothing unchecked is kept, and an honest peer afterwards is enough.
TEST(MirrorTest, LyingSourcesLeaveNothingBehind) {
  const TemporaryFolder author;
  auto log = grown_log(system_files(), author.path(), with_acceptance(700));
  const std::string checkpoint = checkpoint_in(system_files(), author.path());
  ASSERT_TRUE(log->append(small_entries(0, 5)));
  ASSERT_TRUE(log->publish());
  const struct {
    const char* why;
    ChangedSource::Change change;
    ErrorCode code;
  } kCases[] = {
      {"a byte changed",
       [](const std::string&, Result<std::string> b) {
         if (b && !b->empty()) b->back() ^= 1;
         return b;
       },
       ErrorCode::kBadRoot},
      {"bundles changed",
       [](const std::string& n, Result<std::string> b) {
         if (b && n.find("entries/001") != std::string::npos) b->at(100) ^= 1;
         return b;
       },
       ErrorCode::kBadTile},
      {"too short",
       [](const std::string&, Result<std::string> b) {
         if (b) b->resize(b->size() / 2);
         return b;
       },
       ErrorCode::kBadTile},
      {"too long",
       [](const std::string&, Result<std::string> b) {
         if (b) *b += *b;
         return b;
       },
       ErrorCode::kBadTile},
      {"empty",
       [](const std::string&, Result<std::string> b) {
         if (b) b->clear();
         return b;
       },
       ErrorCode::kBadTile},
      {"missing",
       [](const std::string&, Result<std::string>) { return Result<std::string>(fail(ErrorCode::kNotFound, "")); },
       ErrorCode::kMissingTile},
      {"broken",
       [](const std::string& n, Result<std::string> b) {
         if (n.find("entries/001") != std::string::npos) return Result<std::string>(fail(ErrorCode::kIo, "cut"));
         return b;
       },
       ErrorCode::kIo},
      {"another tree's bundle",
       [&](const std::string& n, Result<std::string> b) {
         if (n.find("entries/000") == std::string::npos) return b;
         std::string other;
         for (const std::string& e : small_entries(0, 256)) append_entry(other, e);
         return Result<std::string>(other);
       },
       ErrorCode::kBadTile},
  };
  for (const auto& c : kCases) {
    const TemporaryFolder holder;
    Mirror mirror = mirror_in(holder.path());
    ChangedSource liar(system_files(), author.path(), c.change);
    const auto got = follow(mirror, checkpoint, liar);
    ASSERT_FALSE(got) << c.why;
    EXPECT_EQ(got.error().code, c.code) << c.why << ": " << got.error().to_string();
    EXPECT_EQ(mirror.head().size, 0U);
    ChangedSource honest(system_files(), author.path());
    ASSERT_TRUE(follow(mirror, checkpoint, honest)) << c.why;
    const auto report = fsck(system_files(), test_place(holder.path()), {});
    EXPECT_TRUE(report && report->ok()) << c.why;
  }
}

TEST(MirrorTest, InterruptedFetchesGoOnWhereTheyWere) {
  const TemporaryFolder author, holder;
  auto log = grown_log(system_files(), author.path(), test_entries(0, 40'000));
  const std::string checkpoint = checkpoint_in(system_files(), author.path());
  std::size_t left = 150;
  {
    Mirror mirror = mirror_in(holder.path());
    ChangedSource cut(system_files(), author.path(), [&](const std::string&, Result<std::string> b) {
      if (left == 0) return Result<std::string>(fail(ErrorCode::kIo, "cut"));
      --left;
      return b;
    });
    EXPECT_FALSE(follow(mirror, checkpoint, cut));
  }
  Mirror mirror = mirror_in(holder.path());
  ChangedSource source(system_files(), author.path());
  std::uint64_t visited = 0;
  const auto got =
      follow(mirror, checkpoint, source, {}, [&](std::uint64_t index, std::string_view, const Hash&) -> Status {
        EXPECT_EQ(index, visited++);
        return {};
      });
  ASSERT_TRUE(got) << got.error().to_string();
  EXPECT_EQ(visited, 40'000U) << "all entries are seen, those that were kept before too";
  EXPECT_LT(source.asked, 158U) << "157 bundles; some were kept by the first attempt";
}

// Two branches of one log, both signed: each order, with and without a common beginning, whoever is longer.
// Tiles of a branch whose head was never published, and then the other branch: nothing of the first is left to be read.
TEST(MirrorTest, WhatWasFetchedOfTheOtherBranchIsNotLeftBehind) {
  for (const auto& [first, second] :
       {std::pair<std::uint64_t, std::uint64_t>{3, 9}, {14, 11}, {300, 300}, {300, 600}}) {
    const TemporaryFolder one, two, holder;
    auto entries = with_acceptance(first);
    ASSERT_TRUE(grown_log(system_files(), one.path(), entries));
    auto others = with_acceptance(second);
    for (std::uint64_t i = 1; i < second; ++i) others[i] = test_entry(10'000 + i);
    ASSERT_TRUE(grown_log(system_files(), two.path(), others));
    {
      ChangedSource source(system_files(), one.path());
      ASSERT_TRUE(mirror_in(holder.path()).fetch({checkpoint_in(system_files(), one.path()), {}, {}}, source));
    }
    ChangedSource source(system_files(), two.path());
    Mirror mirror = mirror_in(holder.path());
    ASSERT_TRUE(follow(mirror, checkpoint_in(system_files(), two.path()), source));
    const auto report = fsck(system_files(), test_place(holder.path()), {});
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->ok()) << report->faults[0].error.to_string();
  }
}

TEST(MirrorTest, ForksBecomeEvidence) {
  std::mt19937 random(11);
  for (int round = 0; round < 60; ++round) {
    const std::uint64_t common = random() % 3 == 0 ? 0 : random() % 600;
    const std::uint64_t one = common + 1 + random() % 400, two = common + 1 + random() % 400;
    const TemporaryFolder a, b, holder;
    auto branch = [&](const std::string& node, std::uint64_t size, const std::string& what) {
      auto entries = small_entries(0, common);
      for (auto& e : small_entries(common, size, what)) entries.push_back(std::move(e));
      return grown_log(system_files(), node, entries);
    };
    const auto log_a = branch(a.path(), one, "a "), log_b = branch(b.path(), two, "b ");
    ASSERT_TRUE(log_a && log_b);
    Mirror mirror = mirror_in(holder.path());
    ChangedSource from_a(system_files(), a.path()), from_b(system_files(), b.path());
    ASSERT_TRUE(follow(mirror, checkpoint_in(system_files(), a.path()), from_a));
    const auto got = follow(mirror, checkpoint_in(system_files(), b.path()), from_b);
    ASSERT_TRUE(got) << got.error().to_string();
    ASSERT_TRUE(got->fork) << common << ' ' << one << ' ' << two;
    EXPECT_FALSE(got->is_new);
    EXPECT_EQ(mirror.head().size, one) << "what is held stays";
    const auto proven = verify(*got->fork, test_place("").origin(), test_place("").public_key);
    ASSERT_TRUE(proven) << proven.error().to_string();
    EXPECT_LE(proven->common_size, common);
    if (two > one && common != 0) {
      EXPECT_EQ(proven->common_size, common);
    }
    EXPECT_EQ(ForkEvidence::from_body(got->fork->to_body()).value(), *got->fork);
    // And the other way round: what was cosigned or seen elsewhere against what is fetched now.
    const TemporaryFolder second;
    Mirror other = mirror_in(second.path());
    const auto known =
        follow(other, checkpoint_in(system_files(), b.path()), from_b, {checkpoint_in(system_files(), a.path())});
    ASSERT_TRUE(known) << known.error().to_string();
    if (one <= two) {
      ASSERT_TRUE(known->fork);
      EXPECT_TRUE(verify(*known->fork, test_place("").origin(), test_place("").public_key));
    }
  }
}

TEST(MirrorTest, OlderHeadsOfTheSameLogAreNoFork) {
  const TemporaryFolder author, holder;
  auto log = grown_log(system_files(), author.path(), small_entries(0, 10));
  const std::string early = checkpoint_in(system_files(), author.path());
  ASSERT_TRUE(log->append(small_entries(10, 600)));
  ASSERT_TRUE(log->publish());
  Mirror mirror = mirror_in(holder.path());
  ChangedSource source(system_files(), author.path());
  ASSERT_TRUE(follow(mirror, checkpoint_in(system_files(), author.path()), source, {early}));
  const std::size_t asked = source.asked;
  const auto got = follow(mirror, early, source);
  ASSERT_TRUE(got);
  EXPECT_FALSE(got->is_new || got->fork);
  EXPECT_EQ(source.asked, asked) << "nothing new: nothing is asked for";
  EXPECT_EQ(mirror.head().size, 600U);
}

TEST(MirrorTest, HeadsOfOthersAreRefused) {
  const TemporaryFolder holder;
  Mirror mirror = mirror_in(holder.path());
  ChangedSource source(system_files(), holder.path());
  const LogPlace place = test_place("");
  const Checkpoint c{place.origin(), 3, sha256("x"), {}};
  Checkpoint other = c;
  other.origin += "-2";
  EXPECT_FALSE(follow(mirror, sign_checkpoint(other, test_seed()), source));
  EXPECT_EQ(follow(mirror, sign_checkpoint(c, std::string(32, '\x08')), source).error().code, ErrorCode::kBadSignature);
  EXPECT_FALSE(follow(mirror, sign_checkpoint({place.origin(), 0, sha256("x"), {}}, test_seed()), source));
  EXPECT_FALSE(follow(mirror, "", source));
}

// Every step that changes the disk fails once, and the power goes at every step: the held head is whole afterwards, and
// the next attempt succeeds.
TEST(MirrorTest, EveryFailedStepLeavesAWholeLog) {
  const TemporaryFolder author;
  auto log = grown_log(system_files(), author.path(), with_acceptance(300));
  const std::string first = checkpoint_in(system_files(), author.path());
  ASSERT_TRUE(log->append(test_entries(300, 700)));
  ASSERT_TRUE(log->publish());
  const std::string second = checkpoint_in(system_files(), author.path());
  for (const bool power : {false, true}) {
    for (std::uint64_t n = 1;; ++n) {
      const TemporaryFolder holder;
      FaultyFileSystem files(system_files(), n);
      power ? files.cut_power_after(n) : files.fail_at(n);
      const auto run = [&](FileSystem& on) -> Status {
        TRUCE_TRY(Mirror mirror, Mirror::open(on, test_place(holder.path()), {}));
        for (const std::string& c : {first, second}) {
          FolderSource source(system_files(), author.path());
          TRUCE_TRY(const auto got, mirror.fetch({c, {}, {}}, source));
          if (got.is_new) TRUCE_CHECK(mirror.publish(c));
        }
        return {};
      };
      const auto outcome = run(files);
      const bool struck = files.struck();
      files.power_on();
      if (!struck) {
        EXPECT_TRUE(outcome);
        break;
      }
      const auto report = fsck(system_files(), test_place(holder.path()), {});
      if (report && system_files().exists(holder / "logs/un/main/checkpoint")) {
        EXPECT_TRUE(report->ok()) << files.struck_step() << ' ' << report->faults.front().error.to_string();
      }
      EXPECT_TRUE(run(files)) << files.struck_step();
      const auto after = fsck(system_files(), test_place(holder.path()), {});
      ASSERT_TRUE(after);
      EXPECT_TRUE(after->ok()) << files.struck_step();
      EXPECT_EQ(after->entries, 700U);
    }
  }
}

}  // namespace
}  // namespace truce::record
