// SPDX-License-Identifier: Apache-2.0

#include "truce/record/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <random>
#include <thread>

#include "truce/base/encoding.h"
#include "truce/record/bundle.h"
#include "truce/record/journal.h"
#include "truce/record/merkle.h"
#include "truce/record/note.h"
#include "truce/record/record_testing.h"
#include "truce/record/statements.h"
#include "truce/record/tile_path.h"

namespace truce::record {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<Log> opened(const LogPlace& place, Log::Options options = {}) {
  auto log = Log::open(system_files(), place, test_seed(), options);
  EXPECT_TRUE(log) << log.error().to_string();
  return log ? std::move(log).value() : nullptr;
}

// Every entry with a length of a few bytes: for trees where the contents do not matter.
std::vector<std::string> small_entries(std::uint64_t begin, std::uint64_t end) {
  std::vector<std::string> out;
  for (std::uint64_t i = begin; i < end; ++i) out.push_back("entry " + std::to_string(i));
  return out;
}

// RFC 6962 section 2.1 by its words: recursion over the leaves.
Hash slow_root(std::span<const std::string> entries) {
  if (entries.empty()) return sha256({});
  if (entries.size() == 1) return sha256(std::string_view("\0", 1), entries[0]);
  std::size_t k = 1;
  while (k * 2 < entries.size()) k *= 2;
  return node_hash(slow_root(entries.first(k)), slow_root(entries.subspan(k)));
}

std::string slurp(const std::string& path) {
  return system_files().read(path, 1ULL << 32).value();
}

TEST(LogTest, NewLogHasSignedHeadOfSizeZero) {
  const TemporaryFolder node;
  const LogPlace place = test_place(node.path());
  const auto log = opened(place);
  EXPECT_FALSE(log->repair().any());
  const auto reader = LogReader::open(system_files(), place);
  ASSERT_TRUE(reader) << reader.error().to_string();
  EXPECT_EQ(reader->head().size, 0U);
  EXPECT_EQ(reader->head().root, sha256({}));
}

// One bit of a tile turns on the disk: it is told, and neither another statement nor another log.
TEST(LogTest, ATurnedBitIsToldWhereItIsRead) {
  const TemporaryFolder node;
  const LogPlace place = test_place(node.path());
  {
    const auto log = opened(place);
    ASSERT_TRUE(log->append(small_entries(0, 700)));
    ASSERT_TRUE(log->publish());
  }
  const auto turn = [&](const std::string& name, std::size_t at) {
    std::string bytes = slurp(place.folder + '/' + name);
    bytes.at(at) = static_cast<char>(bytes.at(at) ^ 1);
    ASSERT_TRUE(system_files().write(place.folder + '/' + name, bytes));
  };
  const auto nothing = [](std::uint64_t, std::string_view, const Hash&) -> Status { return {}; };
  for (const std::string name : {"tile/entries/001", "tile/0/001", "tile/1/000.p/2"}) {
    turn(name, 5);
    auto reader = LogReader::open(system_files(), place).value();
    const bool is_upper = name.starts_with("tile/1/");
    if (!is_upper) {
      EXPECT_EQ(reader.visit(0, 700, nothing).error().code, ErrorCode::kBadTile) << name;
      EXPECT_TRUE(reader.visit(0, 256, nothing).has_value()) << name << ": of another bundle";
      EXPECT_EQ(reader.entry(256).error().code, ErrorCode::kBadTile) << name;
    } else {
      EXPECT_EQ(reader.root_at(600).error().code, ErrorCode::kBadTile) << name;
      EXPECT_EQ(reader.root_at(700).error().code, ErrorCode::kBadTile) << name;
    }
    turn(name, 5);
    EXPECT_TRUE(LogReader::open(system_files(), place)->visit(0, 700, nothing).has_value());
  }
  turn("tile/0/001", 5);
  EXPECT_EQ(LogReader::open(system_files(), place)->root_at(300).error().code, ErrorCode::kBadTile);
}

TEST(LogTest, AppendedIsNotPublishedBeforePublish) {
  const TemporaryFolder node;
  const LogPlace place = test_place(node.path());
  const auto log = opened(place);
  EXPECT_EQ(log->append(small_entries(0, 3)).value(), 0U);
  EXPECT_EQ(log->append(small_entries(3, 4)).value(), 3U);
  EXPECT_EQ(log->size(), 4U);
  EXPECT_EQ(log->head().size, 0U);
  EXPECT_EQ(LogReader::open(system_files(), place)->head().size, 0U);
  ASSERT_TRUE(log->publish());
  auto reader = LogReader::open(system_files(), place).value();
  EXPECT_EQ(reader.head().size, 4U);
  EXPECT_EQ(reader.head(), log->head());
  EXPECT_EQ(reader.entry(2).value(), "entry 2");
  EXPECT_EQ(reader.leaf(2).value(), leaf_hash("entry 2"));
  EXPECT_EQ(reader.entry(4).error().code, ErrorCode::kInvalidArgument);
}

TEST(LogTest, NothingAppendedForNoEntriesAndForAnEntryTooLong) {
  const TemporaryFolder node;
  const auto log = opened(test_place(node.path()));
  EXPECT_EQ(log->append({}).value(), 0U);
  const std::vector<std::string> entries = {"good", std::string(65'536, 'x')};
  EXPECT_EQ(log->append(entries).error().code, ErrorCode::kLimit);
  EXPECT_EQ(log->size(), 0U);
  const std::vector<std::string> largest = {std::string(65'535, 'x'), ""};
  EXPECT_EQ(log->append(largest).value(), 0U);
  EXPECT_TRUE(log->publish());
  EXPECT_EQ(LogReader::open(system_files(), test_place(node.path()))->entry(0)->size(), 65'535U);
}

// Roots of every size from 0 to 600, from tiles alone that were published in many steps.
TEST(LogTest, AgreesWithTheRecursionAtEverySizeTo600) {
  const TemporaryFolder node;
  const LogPlace place = test_place(node.path());
  const auto entries = small_entries(0, 600);
  const auto log = opened(place);
  for (std::uint64_t n = 1; n <= 600; ++n) {
    ASSERT_TRUE(log->append(std::span(entries).subspan(n - 1, 1)));
    const bool near_full = n % 256 < 4 || n % 256 > 252;
    if (near_full || n < 10 || n % 23 == 0) {
      ASSERT_TRUE(log->publish());
    }
  }
  ASSERT_TRUE(log->publish());
  auto reader = LogReader::open(system_files(), place).value();
  for (std::uint64_t n = 0; n <= 600; ++n) {
    ASSERT_EQ(reader.root_at(n).value(), slow_root(std::span(entries).first(n))) << n;
  }
  std::uint64_t seen = 0;
  ASSERT_TRUE(reader.visit(5, 600, [&](std::uint64_t i, std::string_view e, const Hash& leaf) -> Status {
    EXPECT_EQ(i, seen + 5);
    EXPECT_EQ(e, entries[i]);
    EXPECT_EQ(leaf, leaf_hash(e));
    ++seen;
    return {};
  }));
  EXPECT_EQ(seen, 595U);
}

TEST(LogTest, RandomBatchesAndReopensAgreeWithTheRecursion) {
  const std::uint64_t seed = 20'180'918;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 12; ++round) {
    const TemporaryFolder node;
    const LogPlace place = test_place(node.path());
    std::vector<std::string> all;
    auto log = opened(place);
    for (int step = 0; step < 8; ++step) {
      const std::uint64_t sizes[] = {1, 2, random() % 300, 255, 256, 257, random() % 9000};
      const auto more = small_entries(all.size(), all.size() + sizes[random() % 7]);
      if (!more.empty()) {
        ASSERT_EQ(log->append(more).value(), all.size());
      }
      all.insert(all.end(), more.begin(), more.end());
      if (random() % 3 != 0) {
        ASSERT_TRUE(log->publish());
        ASSERT_EQ(log->head().root, slow_root(all));
      }
      if (random() % 2 == 0) {
        const std::uint64_t behind = log->size() - log->head().size;
        log.reset();
        log = opened(place);
        ASSERT_EQ(log->repair().republished_entries, behind);
        ASSERT_EQ(log->size(), all.size());
        ASSERT_EQ(log->head().root, slow_root(all));
      }
    }
  }
}

TEST(LogTest, LargeTreeHasThirdLevelOfTiles) {
  const TemporaryFolder node;
  const LogPlace place = test_place(node.path());
  const auto log = opened(place);
  const auto entries = small_entries(0, 65'536 + 3);
  ASSERT_TRUE(log->append(entries));
  ASSERT_TRUE(log->publish());
  EXPECT_EQ(log->head().root, slow_root(entries));
  for (const char* path : {"tile/0/255", "tile/0/256.p/3", "tile/1/000", "tile/2/000.p/1", "tile/entries/256.p/3"}) {
    EXPECT_TRUE(fs::exists(place.folder + '/' + path)) << path;
  }
  EXPECT_FALSE(fs::exists(place.folder + "/tile/1/001.p"));
  EXPECT_TRUE(fs::is_empty(place.folder + "/pending"));
  EXPECT_EQ(LogReader::open(system_files(), place)->root_at(65'000).value(),
            slow_root(std::span(entries).first(65'000)));
}

TEST(LogTest, JournalIsBegunAnewOnceTheHeadCoversIt) {
  const TemporaryFolder node;
  const LogPlace place = test_place(node.path());
  auto log = opened(place);
  ASSERT_TRUE(log->append(small_entries(0, 10)));
  ASSERT_TRUE(log->publish());
  EXPECT_GT(fs::file_size(place.folder + "/journal"), kJournalHeaderBytes) << "a small journal stays";
  ASSERT_TRUE(log->append(small_entries(10, 200'000)));
  ASSERT_TRUE(log->publish());
  EXPECT_EQ(fs::file_size(place.folder + "/journal"), kJournalHeaderBytes);
  ASSERT_EQ(log->append(small_entries(200'000, 200'001)).value(), 200'000U);
  log.reset();
  log = opened(place);
  EXPECT_EQ(log->repair().republished_entries, 1U);
  EXPECT_EQ(log->head().root, slow_root(small_entries(0, 200'001)));
}

TEST(LogTest, OldPartialTilesAreDroppedADayAfterTheFullOne) {
  const TemporaryFolder node;
  const LogPlace place = test_place(node.path());
  FixedClock clock(system_clock().now());
  const auto log = opened(place, {.clock = &clock});
  ASSERT_TRUE(log->append(small_entries(0, 200)));
  ASSERT_TRUE(log->publish());
  ASSERT_TRUE(log->append(small_entries(200, 300)));
  ASSERT_TRUE(log->publish());
  const std::string old_partial = place.folder + "/tile/entries/000.p/200";
  EXPECT_TRUE(fs::exists(old_partial));
  clock.set({clock.now().ms + 23 * 3'600'000LL});
  ASSERT_TRUE(log->append(small_entries(300, 301)));
  ASSERT_TRUE(log->publish());
  EXPECT_TRUE(fs::exists(old_partial));
  clock.set({clock.now().ms + 2 * 3'600'000LL});
  ASSERT_TRUE(log->append(small_entries(301, 302)));
  ASSERT_TRUE(log->publish());
  EXPECT_FALSE(fs::exists(place.folder + "/tile/entries/000.p"));
  EXPECT_FALSE(fs::exists(place.folder + "/tile/0/000.p"));
  EXPECT_TRUE(fs::exists(place.folder + "/tile/entries/001.p/45")) << "its full tile is not there yet";
  EXPECT_TRUE(fs::exists(place.folder + "/tile/1/000.p/1"));
}

TEST(LogTest, ReaderOfAnOlderHeadReadsOnFromTheFullTile) {
  const TemporaryFolder node;
  const LogPlace place = test_place(node.path());
  const auto log = opened(place);
  ASSERT_TRUE(log->append(small_entries(0, 200)));
  ASSERT_TRUE(log->publish());
  auto reader = LogReader::open(system_files(), place).value();
  ASSERT_TRUE(log->append(small_entries(200, 300)));
  ASSERT_TRUE(log->publish());
  fs::remove_all(place.folder + "/tile/entries/000.p");
  fs::remove_all(place.folder + "/tile/0/000.p");
  EXPECT_EQ(reader.entry(199).value(), "entry 199");
  EXPECT_EQ(reader.leaf(199).value(), leaf_hash("entry 199"));
  EXPECT_EQ(reader.root_at(200).value(), reader.head().root);
}

TEST(LogTest, SecondWriterWaitsAndIsToldBusy) {
  const TemporaryFolder node;
  const LogPlace place = test_place(node.path());
  auto first = opened(place);
  const auto second = Log::open(system_files(), place, test_seed(), {.lock_wait_ms = 50});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kBusy);
  std::thread closes([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    first.reset();
  });
  EXPECT_TRUE(opened(place));
  closes.join();
}

TEST(LogTest, SeedOfAnotherKeyIsRefused) {
  const TemporaryFolder node;
  const auto log = Log::open(system_files(), test_place(node.path()), std::string(32, 'x'), {});
  EXPECT_EQ(log.error().code, ErrorCode::kInvalidArgument);
}

TEST(LogTest, SixtyFourThreadsLoseAndDoubleNothing) {
  const TemporaryFolder node;
  const LogPlace place = test_place(node.path());
  const auto log = opened(place);
  constexpr int kThreads = 64;
  constexpr int kEach = 50;
  std::vector<std::vector<std::uint64_t>> indexes(kThreads);
  std::vector<std::thread> threads;
  std::atomic<bool> done = false;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const std::string one[] = {"thread " + std::to_string(t) + " entry " + std::to_string(i)};
        const auto index = log->append(one);
        ASSERT_TRUE(index) << index.error().to_string();
        indexes[static_cast<std::size_t>(t)].push_back(*index);
      }
    });
  }
  std::thread publisher([&] {
    while (!done) ASSERT_TRUE(log->publish());
  });
  for (auto& t : threads) t.join();
  done = true;
  publisher.join();
  ASSERT_TRUE(log->publish());
  ASSERT_EQ(log->head().size, std::uint64_t{kThreads} * kEach);
  auto reader = LogReader::open(system_files(), place).value();
  for (int t = 0; t < kThreads; ++t) {
    for (int i = 0; i < kEach; ++i) {
      const std::uint64_t index = indexes[static_cast<std::size_t>(t)][static_cast<std::size_t>(i)];
      ASSERT_EQ(reader.entry(index).value(), "thread " + std::to_string(t) + " entry " + std::to_string(i));
    }
  }
}

// ---- damage and crashes ----

TEST(LogTest, TornTailOfEveryLengthIsCutAndSaid) {
  const TemporaryFolder node;
  const LogPlace place = test_place(node.path());
  {
    const auto log = opened(place);
    ASSERT_TRUE(log->append(small_entries(0, 5)));
    ASSERT_TRUE(log->publish());
    ASSERT_TRUE(log->append(small_entries(5, 7)));
  }
  const std::string journal = slurp(place.folder + "/journal");
  const JournalScan scan = scan_journal(journal, place.origin()).value();
  ASSERT_EQ(scan.batches.size(), 2U);
  const std::size_t last = journal.size() - scan.batches[1].record.size();
  for (std::size_t size = last; size < journal.size(); ++size) {
    ASSERT_TRUE(system_files().write(place.folder + "/journal", std::string_view(journal).substr(0, size)));
    const auto log = opened(place);
    ASSERT_EQ(log->repair().torn_bytes, size - last);
    ASSERT_EQ(log->size(), 5U);
    ASSERT_EQ(fs::file_size(place.folder + "/journal"), last);
  }
  // The file grew but the pages never came: zeros in its place.
  ASSERT_TRUE(system_files().write(place.folder + "/journal", journal.substr(0, last) + std::string(300, '\0')));
  EXPECT_EQ(opened(place)->repair().torn_bytes, 300U);
}

TEST(LogTest, DamageBeforeAWholeBatchIsRefused) {
  const TemporaryFolder node;
  const LogPlace place = test_place(node.path());
  {
    const auto log = opened(place);
    for (std::uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(log->append(small_entries(i, i + 1)));
  }
  const std::string journal = slurp(place.folder + "/journal");
  const JournalScan scan = scan_journal(journal, place.origin()).value();
  const std::size_t end = journal.size() - scan.batches[2].record.size();
  for (std::size_t at = 0; at < end; ++at) {
    std::string damaged = journal;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    const auto bad = scan_journal(damaged, place.origin());
    ASSERT_FALSE(bad) << at;
    ASSERT_EQ(bad.error().code, ErrorCode::kBadJournal);
  }
  ASSERT_TRUE(system_files().write(place.folder + "/journal", journal.substr(1)));
  EXPECT_EQ(Log::open(system_files(), place, test_seed(), {}).error().code, ErrorCode::kBadJournal);
}

TEST(LogTest, LostJournalIsBegunAnewFromTiles) {
  const TemporaryFolder node;
  const LogPlace place = test_place(node.path());
  {
    const auto log = opened(place);
    ASSERT_TRUE(log->append(small_entries(0, 300)));
    ASSERT_TRUE(log->publish());
  }
  fs::remove(place.folder + "/journal");
  const auto log = opened(place);
  EXPECT_TRUE(log->repair().new_journal);
  ASSERT_EQ(log->append(small_entries(300, 301)).value(), 300U);
  ASSERT_TRUE(log->publish());
  EXPECT_EQ(log->head().root, slow_root(small_entries(0, 301)));
}

TEST(LogTest, OlderCheckpointOrJournalThanTilesIsRolledBack) {
  const TemporaryFolder node;
  const LogPlace place = test_place(node.path());
  const std::string checkpoint_path = place.folder + "/checkpoint";
  const std::string journal_path = place.folder + "/journal";
  {
    const auto log = opened(place);
    ASSERT_TRUE(log->append(small_entries(0, 300)));
    ASSERT_TRUE(log->publish());
  }
  const std::string checkpoint = slurp(checkpoint_path);
  const std::string journal = slurp(journal_path);
  {
    const auto log = opened(place);
    ASSERT_TRUE(log->append(small_entries(300, 310)));
    ASSERT_TRUE(log->publish());
  }
  const std::string later = slurp(checkpoint_path);
  ASSERT_TRUE(system_files().write(checkpoint_path, checkpoint));
  ASSERT_TRUE(system_files().write(journal_path, journal));
  EXPECT_EQ(Log::open(system_files(), place, test_seed(), {}).error().code, ErrorCode::kRolledBack);

  // A journal that says that more was published than the checkpoint knows.
  ASSERT_TRUE(system_files().write(checkpoint_path, later));
  ASSERT_TRUE(opened(place)->append(small_entries(310, 200'000)));
  ASSERT_TRUE(opened(place));
  ASSERT_TRUE(system_files().write(checkpoint_path, checkpoint));
  EXPECT_EQ(Log::open(system_files(), place, test_seed(), {}).error().code, ErrorCode::kRolledBack);
  fs::remove(checkpoint_path);
  EXPECT_EQ(Log::open(system_files(), place, test_seed(), {}).error().code, ErrorCode::kRolledBack);
}

// A node that went on behind its published head, and then got the head that another copy of it had published.
TEST(LogTest, WhatCanNeverBePublishedIsSetAsideNotLost) {
  const TemporaryFolder node, elsewhere;
  const LogPlace place = test_place(node.path()), twin = test_place(elsewhere.path());
  const std::string folder = node.path() + "/aside", file = folder + "/name";
  for (const LogPlace& p : {place, twin}) {
    const auto log = opened(p);
    ASSERT_TRUE(log->append(small_entries(0, 10)));
    ASSERT_TRUE(log->publish());
  }
  const auto set_aside = [&](const LogPlace& p) {
    return set_aside_unpublishable(system_files(), p, folder, "name").value();
  };
  EXPECT_EQ(set_aside(place).count, 0U);
  EXPECT_FALSE(fs::exists(folder));
  ASSERT_TRUE(opened(twin)->append(small_entries(10, 13)));
  ASSERT_TRUE(opened(twin)->publish());
  // Shorter than what the twin published, as long, and longer.
  for (const std::uint64_t count : {1U, 3U, 5U}) {
    const TemporaryFolder other;
    const LogPlace here = test_place(other.path());
    {
      const auto log = opened(here);
      ASSERT_TRUE(log->append(small_entries(0, 10)));
      ASSERT_TRUE(log->publish());
      // Of the first batch one entry is the twin's too.
      ASSERT_TRUE(log->append(small_entries(10, 11)));
      if (count > 1) {
        ASSERT_TRUE(log->append(small_entries(100, 100 + count - 1)));
      }
    }
    fs::remove_all(here.folder + "/tile");
    fs::copy(twin.folder + "/tile", here.folder + "/tile", fs::copy_options::recursive);
    fs::copy(twin.folder + "/checkpoint", here.folder + "/checkpoint", fs::copy_options::overwrite_existing);
    if (count > 1) {
      const auto stuck = Log::open(system_files(), here, test_seed(), {});
      ASSERT_FALSE(stuck) << count;
      EXPECT_EQ(stuck.error().code, ErrorCode::kBadJournal);
    }
    // A crash between the two steps: the same statements once more, in the same file.
    const std::string journal = slurp(here.folder + "/journal");
    EXPECT_EQ(set_aside(here).count, count - 1);
    ASSERT_TRUE(system_files().write(here.folder + "/journal", journal));
    const SetAside again = set_aside(here);
    EXPECT_EQ(again.count, count - 1);
    EXPECT_EQ(again.file, count > 1 ? file : "");
    std::string lines;
    for (const std::string& e : small_entries(100, 100 + count - 1)) lines += e + '\n';
    EXPECT_EQ(fs::exists(file) ? slurp(file) : "", lines);
    EXPECT_EQ(set_aside(here).count, 0U);
    // Others of another time go beside them.
    if (count > 1) {
      ASSERT_TRUE(system_files().write(file, "others"));
      ASSERT_TRUE(system_files().write(here.folder + "/journal", journal));
      EXPECT_EQ(set_aside(here).file, file + ".2");
      EXPECT_EQ(slurp(file), "others");
      EXPECT_EQ(slurp(file + ".2"), lines);
    }
    const auto log = opened(here);
    EXPECT_EQ(log->head().root, opened(twin)->head().root);
    EXPECT_EQ(log->append(small_entries(13, 14)).value(), 13U);
    fs::remove_all(folder);
  }
}

TEST(LogTest, MissingTileTruncatedCheckpointAndFlippedBitAreSaid) {
  const TemporaryFolder node;
  const LogPlace place = test_place(node.path());
  {
    const auto log = opened(place);
    ASSERT_TRUE(log->append(small_entries(0, 300)));
    ASSERT_TRUE(log->publish());
  }
  const std::string tile_path = place.folder + "/tile/entries/001.p/44";
  const std::string tile = slurp(tile_path);
  fs::remove(tile_path);
  EXPECT_EQ(Log::open(system_files(), place, test_seed(), {}).error().code, ErrorCode::kMissingTile);
  EXPECT_EQ(LogReader::open(system_files(), place)->entry(256).error().code, ErrorCode::kMissingTile);
  std::string flipped = tile;
  flipped[10] = static_cast<char>(flipped[10] ^ 1);
  ASSERT_TRUE(system_files().write(tile_path, flipped));
  EXPECT_EQ(Log::open(system_files(), place, test_seed(), {}).error().code, ErrorCode::kBadTile);
  ASSERT_TRUE(system_files().write(tile_path, tile));

  const std::string checkpoint = slurp(place.folder + "/checkpoint");
  for (std::size_t size = 0; size < checkpoint.size(); ++size) {
    ASSERT_TRUE(system_files().write(place.folder + "/checkpoint", checkpoint.substr(0, size)));
    const auto reader = LogReader::open(system_files(), place);
    ASSERT_FALSE(reader) << size;
    ASSERT_EQ(reader.error().code, ErrorCode::kInvalidNote);
  }
}

// Kills a writer at any instant; whatever it was told is there afterwards.
TEST(LogTest, KilledWriterLosesNothingAcknowledged) {
  std::mt19937_64 random(7);
  const TemporaryFolder node;
  const LogPlace place = test_place(node.path());
  std::uint64_t told = 0;
  for (int round = 0; round < 25; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto log = Log::open(system_files(), place, test_seed(), {});
      if (!log) ::_exit(3);
      for (int i = 0; i < 10'000; ++i) {
        const std::uint64_t size = (*log)->size();
        if (!(*log)->append(small_entries(size, size + 1 + size % 40))) ::_exit(4);
        const std::uint64_t now = (*log)->size();
        if (::write(pipe_ends[1], &now, sizeof now) != sizeof now) ::_exit(5);
        if (i % 3 == 0 && !(*log)->publish()) ::_exit(6);
      }
      ::_exit(0);
    }
    ::close(pipe_ends[1]);
    ::usleep(static_cast<useconds_t>(2'000 + random() % 60'000));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0) << WEXITSTATUS(status);
    std::uint64_t size = 0;
    while (::read(pipe_ends[0], &size, sizeof size) == sizeof size) told = size;
    ::close(pipe_ends[0]);
    const auto log = opened(place);
    ASSERT_TRUE(log);
    ASSERT_GE(log->size(), told);
    told = log->size();
    auto reader = LogReader::open(system_files(), place).value();
    ASSERT_EQ(reader.head().size, log->size());
    ASSERT_TRUE(reader.visit(0, log->size(), [](std::uint64_t i, std::string_view e, const Hash&) -> Status {
      EXPECT_EQ(e, "entry " + std::to_string(i));
      return {};
    }));
    ASSERT_EQ(reader.root_at(log->size()).value(), reader.head().root);
  }
  EXPECT_GT(told, 100U) << "the writer was killed before it did anything";
}

// ---- bytes that must never change ----

TEST(LogTest, GoldenBytes) {
  const TemporaryFolder node;
  const LogPlace place = test_place(node.path());
  const auto log = opened(place);
  const std::string entries[] = {encode(make_acceptance(place, Instant{1'500'000'000'000})).value(), test_entry(1)};
  ASSERT_TRUE(log->append(entries));
  ASSERT_TRUE(log->publish());
  EXPECT_EQ(slurp(place.folder + "/checkpoint"),
            "truce/2fa021e2ab85279edc550f4fcb15d025f805421b25bf60e221b95b6a76bbc0c6/un/main\n"
            "2\n"
            "pge8spi7TqP0ieLq1t/lPZeSxDp1CL6szQmuPJbwtAY=\n"
            "\n"
            "\xe2\x80\x94 truce/2fa021e2ab85279edc550f4fcb15d025f805421b25bf60e221b95b6a76bbc0c6/un/main "
            "7TFWX5yWiJCZQ79vKH7Q94/Lilr6HCaEFHkHQ/f9GbUIDfTIaTd3swlDrCk4mMAfGin+GzrU32HuC+W8Z8j8yh/+CwU=\n");
  EXPECT_EQ(sha256(slurp(place.folder + "/journal")).hex(),
            "50c4b138249a4c84ef0497db2a8a047a4b2407bd1569ca13bbbea4b10fe2d189");
  EXPECT_EQ(sha256(slurp(place.folder + "/tile/entries/000.p/2")).hex(),
            "68a9096d2f5b2845ae1f15e4196a1cc4ad3d72845ac707421da89094ffd1cc0e");
  EXPECT_EQ(sha256(slurp(place.folder + "/tile/0/000.p/2")).hex(),
            "5b580fca24731b17d14b529b8d0be0b090c645ee8fc617bec84af5f77a86261a");
  EXPECT_EQ(place.verifier_key(),
            "truce/2fa021e2ab85279edc550f4fcb15d025f805421b25bf60e221b95b6a76bbc0c6/un/main+ed31565f+"
            "AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs");
}

// The worked example of docs/format/journal.md.
TEST(LogTest, GoldenJournal) {
  const std::string origin = test_place("").origin();
  EXPECT_EQ(to_hex(journal_header(0, origin)),
            "74727563652d6a6f75726e616c2d310a0000000000000000"
            "d9838a1f11cd644de7937b69091aa50f61ffc59f398e551285e8715f45bbc232");
  Batch batch;
  batch.count = 2;
  batch.record.resize(kBatchHeaderBytes);
  for (const std::string& e : small_entries(0, 2)) append_entry(batch.record, e);
  batch.seal();
  EXPECT_EQ(to_hex(batch.record),
            "4a4241540000000200000000000000000000000000000012"
            "48920bf7a97f80d18743096be14f02ad9369e914f6d62deb4f0ca81850d6ea55"
            "0007656e74727920300007656e7472792031");
  EXPECT_EQ(slow_root(small_entries(0, 2)).hex(), "5a47662fd8a317d96049a3f9f47c55dc67ca66051baa3683dbb19b2fe09a07b0");
}

// ---- an outside verifier ----

int run(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(LogTest, OutsideVerifierAcceptsOurLogsAndRefusesAFlippedBit) {
  const std::string shared = TRUCE_SHARED_DIR;
  const std::string source = shared + "/tools/tlogverify/main.go";
  if (shared.empty() || !fs::exists(source)) GTEST_SKIP() << "no shared folder with the outside verifier";
  if (run("command -v go >/dev/null 2>&1") != 0) GTEST_SKIP() << "no Go here";
  const TemporaryFolder temporary;
  const std::string program = temporary / "tlogverify";
  ASSERT_EQ(run("cd '" + shared + "/tools/tlogverify' && GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE='" +
                (temporary / "cache") + "' go build -o '" + program + "' main.go"),
            0);
  const auto accepts = [&](const LogPlace& place) {
    return run("'" + program + "' -strict -vkey '" + place.verifier_key() + "' -origin '" + place.origin() + "' '" +
               place.folder + "' >/dev/null 2>&1") == 0;
  };
  for (const std::uint64_t size : {1, 255, 256, 257, 65'536 + 3}) {
    const TemporaryFolder node;
    const LogPlace place = test_place(node.path());
    const auto log = opened(place);
    ASSERT_TRUE(log->append(small_entries(0, size / 2)));
    ASSERT_TRUE(log->publish());
    ASSERT_TRUE(log->append(small_entries(size / 2, size)));
    ASSERT_TRUE(log->publish());
    EXPECT_TRUE(accepts(place)) << size;
    const TilePath tile{kEntriesLevel, 0, size < 256 ? static_cast<std::uint32_t>(size) : 256};
    const std::string path = place.folder + '/' + tile.to_string();
    std::string bytes = slurp(path);
    bytes[4] = static_cast<char>(bytes[4] ^ 32);
    ASSERT_TRUE(system_files().write(path, bytes));
    EXPECT_FALSE(accepts(place)) << size;
  }
}

}  // namespace
}  // namespace truce::record
