// SPDX-License-Identifier: Apache-2.0
//
// Every single step that changes the disk fails once, or is the last before the power goes; then the log is opened
// again. Nothing that was acknowledged may be missing, and what a stranger finds on disk at any time must verify.

#include <gtest/gtest.h>

#include "truce/base/file_testing.h"
#include "truce/record/fsck.h"
#include "truce/record/log.h"
#include "truce/record/record_testing.h"
#include "truce/record/statements.h"

namespace truce::record {
namespace {

// What a run was told.
struct Told {
  std::vector<std::string> acknowledged;
  std::uint64_t attempted = 0;  // entries given to append(), those that failed too
  Head head;                    // the last one published
};

// Appends and publishes in several sizes, opening again in between; goes on after failures as a program would that asks
// again.
void run(FileSystem& files, const LogPlace& place, Clock& clock, Told& told) {
  std::uint64_t number = 0;
  const std::uint64_t sizes[] = {1, 3, 254, 2, 700, 1};
  std::unique_ptr<Log> log;
  for (const std::uint64_t size : sizes) {
    if (!log || size == 254 || size == 1) {
      log.reset();
      auto opened = Log::open(files, place, test_seed(), {.lock_wait_ms = 0, .clock = &clock});
      if (!opened) continue;
      log = std::move(opened).value();
      // Statements of an append that failed may have come through: go on behind them.
      auto reader = LogReader::open(files, place);
      if (!reader) continue;
      told.acknowledged.clear();
      const auto again =
          reader->visit(0, reader->head().size, [&](std::uint64_t, std::string_view e, const Hash&) -> Status {
            told.acknowledged.emplace_back(e);
            return {};
          });
      if (!again) continue;
    }
    std::vector<std::string> entries;
    for (std::uint64_t i = 0; i < size; ++i) {
      const bool first = log->size() == 0 && i == 0;
      entries.push_back(first ? encode(make_acceptance(place, Instant{1})).value() : test_entry(number++));
    }
    told.attempted += size;
    const auto index = log->append(entries);
    if (!index) continue;
    ASSERT_EQ(*index, told.acknowledged.size());
    told.acknowledged.insert(told.acknowledged.end(), entries.begin(), entries.end());
    if (size != 2 && log->publish()) told.head = log->head();
  }
}

// What is on disk verifies as it lies; after opening, all that was acknowledged is in it.
void check(const LogPlace& place, const Told& told) {
  if (system_files().exists(place.folder + "/checkpoint")) {
    const auto report = fsck(system_files(), place, {}).value();
    ASSERT_TRUE(report.ok()) << report.faults.front().error.to_string();
    ASSERT_GE(report.head.size, told.head.size);
  }
  const auto log = Log::open(system_files(), place, test_seed(), {});
  ASSERT_TRUE(log) << log.error().to_string();
  ASSERT_GE((*log)->size(), told.acknowledged.size());
  ASSERT_LE((*log)->size(), told.attempted);
  auto reader = LogReader::open(system_files(), place).value();
  ASSERT_EQ(reader.head().size, (*log)->size());
  ASSERT_TRUE(
      reader.visit(0, told.acknowledged.size(), [&](std::uint64_t i, std::string_view e, const Hash&) -> Status {
        if (e == told.acknowledged[i]) return {};
        return fail(ErrorCode::kBadTile, "another entry", std::to_string(i));
      }));
  ASSERT_EQ(reader.root_at(told.head.size).value(), told.head.size == 0 ? sha256({}) : told.head.root);
  const auto report = fsck(system_files(), place, {}).value();
  ASSERT_TRUE(report.ok()) << report.faults.front().error.to_string();
}

enum class Fault { kFails, kFullDisk, kPower };

void every_step(Fault fault) {
  const std::uint64_t seed = logged_seed();
  std::uint64_t steps = 0;
  for (std::uint64_t n = 1;; ++n) {
    const TemporaryFolder node;
    const LogPlace place = test_place(node.path());
    FaultyFileSystem files(system_files(), seed + n);
    FixedClock clock(system_clock().now());
    if (fault == Fault::kFails) files.fail_at(n);
    if (fault == Fault::kFullDisk) files.fill_disk_at(n);
    if (fault == Fault::kPower) files.cut_power_after(n);
    Told told;
    run(files, place, clock, told);
    const bool struck = files.struck();
    const std::string step = files.struck_step();
    files.power_on();
    SCOPED_TRACE("step " + std::to_string(n) + ": " + step + ", seed " + std::to_string(seed));
    check(place, told);
    if (testing::Test::HasFatalFailure()) return;
    if (!struck) break;
    steps = n;
  }
  EXPECT_GT(steps, 40U) << "the run must change the disk often to prove anything";
}

TEST(LogFaultTest, EveryStepFailsOnce) {
  every_step(Fault::kFails);
}
TEST(LogFaultTest, DiskFullFromEveryStepOn) {
  every_step(Fault::kFullDisk);
}
TEST(LogFaultTest, PowerGoesAfterEveryStep) {
  every_step(Fault::kPower);
}

TEST(LogFaultTest, FullDiskIsSaidAndTheLogGoesOnWhenThereIsRoom) {
  const TemporaryFolder node;
  const LogPlace place = test_place(node.path());
  FaultyFileSystem files(system_files(), 1);
  const auto log = Log::open(files, place, test_seed(), {}).value();
  files.fill_disk_at(1);
  const auto refused = log->append(test_entries(0, 3));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kIo);
  EXPECT_EQ(log->size(), 0U);
  files.power_on();
  EXPECT_EQ(log->append(test_entries(0, 3)).value(), 0U);
  EXPECT_TRUE(log->publish());
  EXPECT_EQ(log->head().size, 3U);
}

TEST(LogFaultTest, AfterAFailedSyncNothingIsAppendedUntilOpenedAgain) {
  const TemporaryFolder node;
  const LogPlace place = test_place(node.path());
  FaultyFileSystem files(system_files(), 1);
  auto log = Log::open(files, place, test_seed(), {}).value();
  files.fail_at(2);  // append, then sync
  EXPECT_FALSE(log->append(test_entries(0, 3)));
  EXPECT_FALSE(log->append(test_entries(3, 4)));
  EXPECT_EQ(log->size(), 0U);
  log.reset();
  log = Log::open(files, place, test_seed(), {}).value();
  EXPECT_LE(log->size(), 3U);
  EXPECT_TRUE(log->append(test_entries(3, 4)));
}

// A folder in which nothing can be made or changed: any program but one that only reads is told so.
TEST(LogFaultTest, ReadOnlyFolderIsSaidAndCanBeRead) {
  const TemporaryFolder node;
  const LogPlace place = test_place(node.path());
  {
    const auto log = Log::open(system_files(), place, test_seed(), {}).value();
    ASSERT_TRUE(log->append(test_entries(0, 3)));
    ASSERT_TRUE(log->publish());
  }
  FaultyFileSystem files(system_files(), 1);
  files.fill_disk_at(1);
  auto reader = LogReader::open(files, place);
  ASSERT_TRUE(reader);
  EXPECT_TRUE(reader->entry(2));
  const auto log = Log::open(files, place, test_seed(), {});
  if (log) {
    EXPECT_EQ((*log)->append(test_entries(3, 4)).error().code, ErrorCode::kIo);
  }
}

}  // namespace
}  // namespace truce::record
