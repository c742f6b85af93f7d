// SPDX-License-Identifier: Apache-2.0

#include "truce/base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "truce/base/file_testing.h"

namespace truce {
namespace {

using testing::ElementsAre;

FileSystem& files() {
  return system_files();
}

TEST(FileTest, WriteReadReplaceRemove) {
  const TemporaryFolder folder;
  const std::string path = folder / "a";
  EXPECT_FALSE(files().exists(path));
  ASSERT_TRUE(files().write(path, "one").has_value());
  EXPECT_EQ(files().read(path, 10).value(), "one");
  ASSERT_TRUE(files().write(path, "").has_value());
  EXPECT_EQ(files().read(path, 0).value(), "");
  ASSERT_TRUE(files().write_atomic(path, "three").has_value());
  EXPECT_EQ(files().read(path, 5).value(), "three");
  EXPECT_THAT(files().list(folder.path()).value(), ElementsAre("a"));  // no temporary file is left
  ASSERT_TRUE(files().rename(path, folder / "b").has_value());
  EXPECT_FALSE(files().exists(path));
  ASSERT_TRUE(files().remove(folder / "b").has_value());
  EXPECT_THAT(files().list(folder.path()).value(), ElementsAre());
}

TEST(FileTest, FileLongerThanTheLimitIsRefused) {
  const TemporaryFolder folder;
  ASSERT_TRUE(files().write(folder / "a", std::string(10'000, 'x')).has_value());
  EXPECT_EQ(files().read(folder / "a", 10'000).value().size(), 10'000U);
  EXPECT_EQ(files().read(folder / "a", 9'999).error().code, ErrorCode::kLimit);
  // A file that says nothing of its size beforehand.
  EXPECT_EQ(files().read("/dev/zero", 100'000).error().code, ErrorCode::kLimit);
}

TEST(FileTest, ReadAtGivesFewerBytesWhereTheFileEnds) {
  const TemporaryFolder folder;
  ASSERT_TRUE(files().write(folder / "a", "0123456789").has_value());
  EXPECT_EQ(files().read_at(folder / "a", 2, 3).value(), "234");
  EXPECT_EQ(files().read_at(folder / "a", 8, 5).value(), "89");
  EXPECT_EQ(files().read_at(folder / "a", 10, 5).value(), "");
  EXPECT_EQ(files().read_at(folder / "a", UINT64_MAX - 1, 5).value(), "");
  EXPECT_EQ(files().read_at(folder / "a", 0, UINT64_MAX).value(), "0123456789");
}

TEST(FileTest, MissingFilesAreNotFoundWithTheirPath) {
  const TemporaryFolder folder;
  const std::string path = folder / "no/such";
  const std::vector<Error> errors = {files().read(path, 1).error(),
                                     files().read_at(path, 0, 1).error(),
                                     files().status(path).error(),
                                     files().list(path).error(),
                                     files().open_append(path).error(),
                                     files().write(path, "").error(),
                                     files().write_atomic(path, "").error(),
                                     files().remove(path).error(),
                                     files().rename(path, path + "2").error(),
                                     files().sync(path).error(),
                                     files().sync_all(path).error(),
                                     files().lock(path, 0).error()};
  for (const Error& e : errors) {
    EXPECT_EQ(e.code, ErrorCode::kNotFound) << e.to_string();
    EXPECT_TRUE(e.where.starts_with(folder.path())) << e.to_string();
  }
}

TEST(FileTest, FoldersAreNoFiles) {
  const TemporaryFolder folder;
  EXPECT_EQ(files().read(folder.path(), 10).error().code, ErrorCode::kIo);
  EXPECT_EQ(files().write(folder.path(), "").error().code, ErrorCode::kIo);
  EXPECT_EQ(files().write_atomic(folder.path(), "").error().code, ErrorCode::kIo);
  EXPECT_EQ(files().open_append(folder.path()).error().code, ErrorCode::kIo);
  EXPECT_TRUE(files().status(folder.path()).value().is_directory);
}

TEST(FileTest, FullDiskIsAnErrorNotAShortFile) {
  auto full = files().open_append("/dev/full");
  if (!full) GTEST_SKIP() << "no /dev/full";
  const auto got = (*full)->append("x");
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code, ErrorCode::kIo);
  EXPECT_EQ(got.error().where, "/dev/full");
}

TEST(FileTest, AppendTruncateSize) {
  const TemporaryFolder folder;
  auto file = files().open_append(folder / "a").value();
  ASSERT_TRUE(file->append("hello ").has_value());
  ASSERT_TRUE(file->append("world").has_value());
  ASSERT_TRUE(file->append("").has_value());
  ASSERT_TRUE(file->sync().has_value());
  EXPECT_EQ(file->size().value(), 11U);
  ASSERT_TRUE(file->truncate(5).has_value());
  ASSERT_TRUE(file->append("!").has_value());
  EXPECT_EQ(files().read(folder / "a", 100).value(), "hello!");
  auto again = files().open_append(folder / "a").value();
  ASSERT_TRUE(again->append("?").has_value());
  EXPECT_EQ(files().read(folder / "a", 100).value(), "hello!?");
}

TEST(FileTest, ModeOfSecretsIsKept) {
  const TemporaryFolder folder;
  const auto mode_of = [](const std::string& path) {
    struct stat s {};
    EXPECT_EQ(::stat(path.c_str(), &s), 0);
    return s.st_mode & 0777U;
  };
  ASSERT_TRUE(files().write(folder / "w", "x", 0600).has_value());
  ASSERT_TRUE(files().write_atomic(folder / "a", "x", 0600).has_value());
  ASSERT_TRUE(files().open_append(folder / "o", 0600).has_value());
  ASSERT_TRUE(files().make_folders(folder / "d", 0700).has_value());
  EXPECT_EQ(mode_of(folder / "w"), 0600U);
  EXPECT_EQ(mode_of(folder / "a"), 0600U);
  EXPECT_EQ(mode_of(folder / "o"), 0600U);
  EXPECT_EQ(mode_of(folder / "d"), 0700U);
}

TEST(FileTest, FoldersWithParents) {
  const TemporaryFolder folder;
  ASSERT_TRUE(files().make_folders(folder / "x/y/z").has_value());
  ASSERT_TRUE(files().make_folders(folder / "x/y/z/").has_value());
  EXPECT_TRUE(files().status(folder / "x/y/z").value().is_directory);
  ASSERT_TRUE(files().write(folder / "file", "").has_value());
  EXPECT_EQ(files().make_folders(folder / "file").error().code, ErrorCode::kIo);
  EXPECT_FALSE(files().make_folders(folder / "file/below").has_value());
  EXPECT_TRUE(files().remove(folder / "x/y/z").has_value());
  EXPECT_EQ(files().remove(folder / "x").error().code, ErrorCode::kIo);  // not empty
}

TEST(FileTest, ListIsSortedByBytes) {
  const TemporaryFolder folder;
  for (const char* name : {"b", "a", "\xD0\x96", "B", "a0", "_"})
    ASSERT_TRUE(files().write(folder / name, "").has_value());
  EXPECT_THAT(files().list(folder.path()).value(), ElementsAre("B", "_", "a", "a0", "b", "\xD0\x96"));
}

TEST(FileTest, StatusTellsSizeAndTime) {
  const TemporaryFolder folder;
  ASSERT_TRUE(files().write(folder / "a", "12345").has_value());
  const FileStatus s = files().status(folder / "a").value();
  EXPECT_EQ(s.size, 5U);
  EXPECT_FALSE(s.is_directory);
  EXPECT_GT(s.modified_ms, 1'500'000'000'000);
}

TEST(FileTest, SyncOfFileFolderAndFilesystem) {
  const TemporaryFolder folder;
  ASSERT_TRUE(files().write(folder / "a", "x").has_value());
  EXPECT_TRUE(files().sync(folder / "a").has_value());
  EXPECT_TRUE(files().sync(folder.path()).has_value());
  EXPECT_TRUE(files().sync_all(folder.path()).has_value());
}

TEST(FileTest, SecondLockIsBusyUntilTheFirstIsGone) {
  const TemporaryFolder folder;
  auto first = files().lock(folder / "lock", 0);
  ASSERT_TRUE(first.has_value());
  const auto second = files().lock(folder / "lock", 30);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kBusy);
  first->reset();
  EXPECT_TRUE(files().lock(folder / "lock", 0).has_value());
}

TEST(FileTest, LockWaitsForItsTurn) {
  const TemporaryFolder folder;
  std::atomic<int> inside{0};
  std::atomic<int> turns{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 5; ++k) {
        const auto lock = files().lock(folder / "lock", 60'000);
        ASSERT_TRUE(lock.has_value());
        EXPECT_EQ(++inside, 1);
        --inside;
        ++turns;
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(turns, 20);
}

TEST(FileTest, ReaderSeesTheOldOrTheNewBytesWhileTheyAreReplaced) {
  const TemporaryFolder folder;
  const std::string path = folder / "a";
  const std::string odd(5000, 'o'), even(9000, 'e');
  ASSERT_TRUE(files().write_atomic(path, even).has_value());
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(files().write_atomic(path, i % 2 == 0 ? odd : even).has_value());
    done = true;
  });
  while (!done) {
    const auto got = files().read(path, 10'000);
    EXPECT_TRUE(got && (*got == odd || *got == even));
  }
  writer.join();
}

TEST(FileTest, FolderOfAPath) {
  const std::pair<std::string, std::string> kCases[] = {{"a/b", "a"},       {"a", "."},  {"/a", "/"},   {"/", "/"},
                                                        {"", "."},          {"a/", "."}, {"a/b/", "a"}, {"a//b", "a"},
                                                        {"/a/b/c", "/a/b"}, {"//", "/"}, {"./a", "."},  {"../a", ".."}};
  for (const auto& [path, want] : kCases) EXPECT_EQ(folder_of(path), want) << path;
  EXPECT_NE(temporary_name("a"), temporary_name("a"));
}

// --- the tools themselves ---

TEST(FaultyFileSystemTest, WithoutFaultsItIsTheSystem) {
  const TemporaryFolder folder;
  FaultyFileSystem faulty(files(), 1);
  ASSERT_TRUE(faulty.make_folders(folder / "d/e").has_value());            // 1
  ASSERT_TRUE(faulty.make_folders(folder / "d/e").has_value());            // there already: no step
  ASSERT_TRUE(faulty.write(folder / "d/a", "one").has_value());            // 2
  ASSERT_TRUE(faulty.write_atomic(folder / "d/b", "two").has_value());     // 3 to 6
  auto file = faulty.open_append(folder / "d/c").value();                  // 7
  ASSERT_TRUE(file->append("three").has_value());                          // 8
  ASSERT_TRUE(file->sync().has_value());                                   // 9
  ASSERT_TRUE(file->truncate(2).has_value());                              // 10
  ASSERT_TRUE(faulty.rename(folder / "d/a", folder / "d/f").has_value());  // 11
  ASSERT_TRUE(faulty.remove(folder / "d/b").has_value());                  // 12
  ASSERT_TRUE(faulty.sync(folder / "d").has_value());                      // 13
  ASSERT_TRUE(faulty.sync_all(folder.path()).has_value());                 // 14
  EXPECT_EQ(faulty.steps(), 14U);
  EXPECT_FALSE(faulty.struck());
  EXPECT_EQ(file->size().value(), 2U);
  EXPECT_THAT(faulty.list(folder / "d").value(), ElementsAre("c", "e", "f"));
  EXPECT_EQ(faulty.read(folder / "d/c", 9).value(), "th");
  EXPECT_EQ(faulty.read_at(folder / "d/f", 1, 9).value(), "ne");
  EXPECT_TRUE(faulty.lock(folder / "lock", 0).has_value());
  EXPECT_EQ(faulty.status(folder / "d/f").value().size, 3U);
}

TEST(FaultyFileSystemTest, ExactlyTheNthStepFails) {
  for (std::uint64_t n = 1; n <= 5; ++n) {
    const TemporaryFolder folder;
    FaultyFileSystem faulty(files(), n);
    faulty.fail_at(n);
    for (std::uint64_t i = 1; i <= 5; ++i) {
      const auto got = faulty.write(folder / "a", "x");
      EXPECT_EQ(got.has_value(), i != n);
      EXPECT_TRUE(got || got.error().code == ErrorCode::kIo);
    }
    EXPECT_TRUE(faulty.struck());
    EXPECT_EQ(faulty.struck_step(), "write " + (folder / "a"));
  }
}

TEST(FaultyFileSystemTest, FailedAppendLeavesAPart) {
  std::set<std::string> left;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const TemporaryFolder folder;
    FaultyFileSystem faulty(files(), seed);
    auto file = faulty.open_append(folder / "a").value();
    faulty.fail_at(1);
    EXPECT_FALSE(file->append("123").has_value());
    left.insert(faulty.read(folder / "a", 9).value());
  }
  EXPECT_THAT(left, ElementsAre("", "1", "12", "123"));
}

TEST(FaultyFileSystemTest, FullDiskStaysFullButRenamesAndRemovesGo) {
  const TemporaryFolder folder;
  FaultyFileSystem faulty(files(), 1);
  ASSERT_TRUE(faulty.write(folder / "a", "x").has_value());
  faulty.fill_disk_at(1);
  EXPECT_FALSE(faulty.write(folder / "b", "x").has_value());
  EXPECT_FALSE(faulty.write_atomic(folder / "c", "x").has_value());
  EXPECT_FALSE(faulty.open_append(folder / "d").has_value());
  EXPECT_TRUE(faulty.rename(folder / "a", folder / "e").has_value());
  EXPECT_TRUE(faulty.remove(folder / "e").has_value());
  EXPECT_FALSE(faulty.exists(folder / "c"));
}

TEST(FaultyFileSystemTest, NothingHappensWithoutPower) {
  const TemporaryFolder folder;
  FaultyFileSystem faulty(files(), 1);
  auto file = faulty.open_append(folder / "a").value();
  faulty.cut_power_after(1);
  EXPECT_TRUE(file->append("1").has_value());
  EXPECT_FALSE(faulty.struck());
  EXPECT_FALSE(file->append("2").has_value());
  EXPECT_TRUE(faulty.struck());
  EXPECT_EQ(faulty.struck_step(), "append " + (folder / "a"));
  EXPECT_FALSE(file->size().has_value());
  EXPECT_FALSE(faulty.read(folder / "a", 9).has_value());
  EXPECT_FALSE(faulty.list(folder.path()).has_value());
  EXPECT_FALSE(faulty.lock(folder / "l", 0).has_value());
  EXPECT_FALSE(faulty.write(folder / "b", "").has_value());
  faulty.power_on();
  EXPECT_TRUE(faulty.exists(folder / "a"));
  EXPECT_FALSE(file->append("3").has_value());  // opened before the power was cut
  EXPECT_TRUE(faulty.open_append(folder / "a").value()->append("3").has_value());
}

// What a loss of power leaves after `run`, over many seeds: every outcome that may be and none that may not.
std::set<std::string> outcomes(const std::function<void(FaultyFileSystem&, const TemporaryFolder&)>& run) {
  std::set<std::string> out;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const TemporaryFolder folder;
    FaultyFileSystem faulty(files(), seed);
    run(faulty, folder);
    faulty.cut_power_after(0);
    faulty.power_on();
    std::string state;
    const auto names = files().list(folder.path()).value();
    for (const auto& name : names)
      state.append(name).append("=").append(files().read(folder / name, 99).value()).append(" ");
    out.insert(state);
  }
  return out;
}

TEST(FaultyFileSystemTest, UnsyncedAppendMayBeCutAnywhere) {
  EXPECT_THAT(outcomes([](auto& f, const auto& folder) {
                auto file = f.open_append(folder / "a").value();
                ASSERT_TRUE(file->append("12").has_value());
                ASSERT_TRUE(file->sync().has_value());
                ASSERT_TRUE(file->append("34").has_value());
              }),
              ElementsAre("a=12 ", "a=123 ", "a=1234 "));
}

TEST(FaultyFileSystemTest, SyncedAppendLasts) {
  EXPECT_THAT(outcomes([](auto& f, const auto& folder) {
                auto file = f.open_append(folder / "a").value();
                ASSERT_TRUE(file->append("12").has_value());
                ASSERT_TRUE(file->sync().has_value());
              }),
              ElementsAre("a=12 "));
}

TEST(FaultyFileSystemTest, UnsyncedTruncateMayBeUndone) {
  EXPECT_THAT(outcomes([](auto& f, const auto& folder) {
                auto file = f.open_append(folder / "a").value();
                ASSERT_TRUE(file->append("1234").has_value());
                ASSERT_TRUE(file->sync().has_value());
                ASSERT_TRUE(file->truncate(3).has_value());
                ASSERT_TRUE(file->truncate(1).has_value());
              }),
              ElementsAre("a=1 ", "a=1234 "));
}

TEST(FaultyFileSystemTest, WriteWithoutSyncMayVanishOrBeCut) {
  EXPECT_THAT(outcomes([](auto& f, const auto& folder) { ASSERT_TRUE(f.write(folder / "a", "12").has_value()); }),
              ElementsAre("", "a= ", "a=1 ", "a=12 "));
}

TEST(FaultyFileSystemTest, WriteAtomicIsAllOrNothing) {
  EXPECT_THAT(
      outcomes([](auto& f, const auto& folder) { ASSERT_TRUE(f.write_atomic(folder / "a", "12").has_value()); }),
      ElementsAre("a=12 "));
  std::set<std::string> seen;
  for (std::uint64_t n = 0; n < 5; ++n) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
      const TemporaryFolder folder;
      ASSERT_TRUE(files().write(folder / "a", "old").has_value());
      FaultyFileSystem faulty(files(), seed);
      faulty.cut_power_after(n);
      const auto got = faulty.write_atomic(folder / "a", "new");
      faulty.power_on();
      const std::string now = files().read(folder / "a", 9).value();
      EXPECT_TRUE(!got || now == "new");
      seen.insert(now);
    }
  }
  EXPECT_THAT(seen, ElementsAre("new", "old"));
}

TEST(FaultyFileSystemTest, RenameOfUnsyncedBytesIsCaught) {
  // The classic mistake: rename without fsync. One of the outcomes is an empty file, and that is what this tool is for.
  const auto seen = outcomes([](auto& f, const auto& folder) {
    ASSERT_TRUE(f.write_atomic(folder / "a", "old").has_value());
    ASSERT_TRUE(f.write(folder / "t", "new").has_value());
    ASSERT_TRUE(f.rename(folder / "t", folder / "a").has_value());
  });
  EXPECT_TRUE(seen.contains("a= "));
  EXPECT_TRUE(seen.contains("a=new "));
  EXPECT_TRUE(seen.contains("a=old "));
}

TEST(FaultyFileSystemTest, RenameAndRemoveLastOnceTheFolderIsSynced) {
  EXPECT_THAT(outcomes([](auto& f, const auto& folder) {
                ASSERT_TRUE(f.write_atomic(folder / "a", "1").has_value());
                ASSERT_TRUE(f.write_atomic(folder / "b", "2").has_value());
                ASSERT_TRUE(f.rename(folder / "a", folder / "c").has_value());
                ASSERT_TRUE(f.remove(folder / "b").has_value());
              }),
              ElementsAre("a=1 ", "a=1 b=2 ", "b=2 c=1 ", "c=1 "));
  EXPECT_THAT(outcomes([](auto& f, const auto& folder) {
                ASSERT_TRUE(f.write_atomic(folder / "a", "1").has_value());
                ASSERT_TRUE(f.write_atomic(folder / "b", "2").has_value());
                ASSERT_TRUE(f.rename(folder / "a", folder / "c").has_value());
                ASSERT_TRUE(f.remove(folder / "b").has_value());
                ASSERT_TRUE(f.sync(folder.path()).has_value());
              }),
              ElementsAre("c=1 "));
}

TEST(SeedTestingTest, SameSeedSameNumbers) {
  SeededNumbers a(0);
  EXPECT_EQ(a.next(), 0xe220a8397b1dcdafU);  // the published first output for seed 0
  SeededNumbers b(5), c(5);
  for (int i = 0; i < 1000; ++i) {
    const double u = b.unit();
    EXPECT_TRUE(u >= 0 && u < 1);
    EXPECT_EQ(u, c.unit());
    const std::int64_t n = b.between(-2, 2);
    EXPECT_TRUE(n >= -2 && n <= 2);
    EXPECT_EQ(n, c.between(-2, 2));
  }
  EXPECT_EQ(b.text(3, "x"), "xxx");
}

}  // namespace
}  // namespace truce
