// SPDX-License-Identifier: Apache-2.0

#include "truce/base/memory_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <set>
#include <stdexcept>
#include <thread>

#include "truce/base/file_testing.h"
#include "truce/base/seed_testing.h"

namespace truce {
namespace {

using testing::ElementsAre;

constexpr std::int64_t kNow = 1'600'000'000'000;

// The same tests over the machine's files and over those in memory, below the same folder.
enum class Kind { kSystem, kMemory };

class BothFilesTest : public testing::TestWithParam<Kind> {
 protected:
  BothFilesTest() { EXPECT_TRUE(memory_.make_folders(folder_.path()).has_value()); }

  FileSystem& files() {
    if (GetParam() == Kind::kMemory) return memory_;
    return system_files();
  }
  std::string operator/(std::string_view name) const { return folder_ / name; }
  // The value as text, or "!" and the error's code.
  static std::string told(const Result<std::string>& got) {
    return got ? *got : "!" + std::string(error_code_name(got.error().code));
  }
  static std::string told(const Status& got) {
    return got ? "ok" : "!" + std::string(error_code_name(got.error().code));
  }
  template <typename T>
  static std::string told(const Result<T>& got) {
    return got ? "ok" : "!" + std::string(error_code_name(got.error().code));
  }

  TemporaryFolder folder_;
  FixedClock clock_{Instant{kNow}};
  MemoryFileSystem memory_{clock_};
};

INSTANTIATE_TEST_SUITE_P(All, BothFilesTest, testing::Values(Kind::kSystem, Kind::kMemory),
                         [](const auto& test) { return test.param == Kind::kSystem ? "System" : "Memory"; });

TEST_P(BothFilesTest, EachCallAnswersAsInTheTable) {
  FileSystem& f = files();
  ASSERT_TRUE(f.make_folders(*this / "d/full").has_value());
  ASSERT_TRUE(f.make_folders(*this / "empty").has_value());
  ASSERT_TRUE(f.write(*this / "d/full/x", "x").has_value());
  ASSERT_TRUE(f.write(*this / "file", "0123456789").has_value());
  const auto p = [&](std::string_view name) { return *this / name; };
  const std::string long_name(256, 'n');
  const std::string long_path = "/" + std::string(5000, '/') + folder_.path();
  const struct {
    const char* what;
    std::string got;
    const char* expected;
  } kCases[] = {
      {"read", told(f.read(p("file"), 10)), "0123456789"},
      {"read past the limit", told(f.read(p("file"), 9)), "!limit"},
      {"read of nothing within nothing", told(f.read(p("none"), 0)), "!not-found"},
      {"read of a folder", told(f.read(p("d"), 10)), "!io"},
      {"read with a slash after", told(f.read(p("file/"), 10)), "!not-found"},
      {"read below a file", told(f.read(p("file/x"), 10)), "!not-found"},
      {"read by dots", told(f.read(p("d/./full/../../file"), 10)), "0123456789"},
      {"read by dots through a file", told(f.read(p("file/../file"), 10)), "!not-found"},
      {"read by dots through nothing", told(f.read(p("none/../file"), 10)), "!not-found"},
      {"read by doubled slashes", told(f.read(p("d//full///x"), 10)), "x"},
      {"read of no path", told(f.read("", 10)), "!not-found"},
      {"read of a long name", told(f.read(p(long_name), 10)), "!io"},
      {"read of a long name in nothing", told(f.read(p("none/" + long_name), 10)), "!not-found"},
      {"read of a long path", told(f.read(long_path, 10)), "!io"},
      {"read_at", told(f.read_at(p("file"), 2, 3)), "234"},
      {"read_at the end", told(f.read_at(p("file"), 8, 5)), "89"},
      {"read_at past the end", told(f.read_at(p("file"), 10, 5)), ""},
      {"read_at far past the end", told(f.read_at(p("file"), UINT64_MAX - 1, 5)), ""},
      {"read_at of all", told(f.read_at(p("file"), 0, UINT64_MAX)), "0123456789"},
      {"read_at of nothing", told(f.read_at(p("none"), 0, 1)), "!not-found"},
      {"status of nothing", told(f.status(p("none"))), "!not-found"},
      {"status below a file", told(f.status(p("file/x"))), "!not-found"},
      {"list of a file", told(f.list(p("file"))), "!not-found"},
      {"list of nothing", told(f.list(p("none"))), "!not-found"},
      {"open_append of a folder", told(f.open_append(p("d"))), "!io"},
      {"open_append in nothing", told(f.open_append(p("none/x"))), "!not-found"},
      {"open_append below a file", told(f.open_append(p("file/x"))), "!not-found"},
      {"open_append of a new folder", told(f.open_append(p("new/"))), "!io"},
      {"open_append with a slash after", told(f.open_append(p("file/"))), "!not-found"},
      {"write in nothing", told(f.write(p("none/x"), "")), "!not-found"},
      {"write to a folder", told(f.write(p("d"), "")), "!io"},
      {"write with a slash after", told(f.write(p("file/"), "")), "!io"},
      {"write to a dot", told(f.write(p("d/."), "")), "!io"},
      {"write of a long name", told(f.write(p(long_name), "")), "!io"},
      {"write_atomic in nothing", told(f.write_atomic(p("none/x"), "")), "!not-found"},
      {"write_atomic to a folder", told(f.write_atomic(p("d"), "")), "!io"},
      {"write_atomic with a slash after", told(f.write_atomic(p("empty/"), "")), "!not-found"},
      {"rename of nothing", told(f.rename(p("none"), p("x"))), "!not-found"},
      {"rename into nothing", told(f.rename(p("file"), p("none/x"))), "!not-found"},
      {"rename of a file to a folder", told(f.rename(p("file"), p("empty"))), "!io"},
      {"rename of a folder to a file", told(f.rename(p("empty"), p("file"))), "!not-found"},
      {"rename of a folder into itself", told(f.rename(p("d"), p("d/full/y"))), "!io"},
      {"rename of a folder over its parent", told(f.rename(p("d/full"), p("d"))), "!io"},
      {"rename over a folder with files", told(f.rename(p("empty"), p("d"))), "!io"},
      {"rename to itself", told(f.rename(p("file"), p("file"))), "ok"},
      {"rename of a dot", told(f.rename(p("d/."), p("e"))), "!io"},
      {"rename of a file with a slash after", told(f.rename(p("file/"), p("e"))), "!not-found"},
      {"rename of a file to a slash after", told(f.rename(p("file"), p("e/"))), "!not-found"},
      {"remove of nothing", told(f.remove(p("none"))), "!not-found"},
      {"remove of a folder with files", told(f.remove(p("d"))), "!io"},
      {"remove of a file with a slash after", told(f.remove(p("file/"))), "!not-found"},
      {"remove of a dot", told(f.remove(p("d/."))), "!io"},
      {"remove of two dots", told(f.remove(p("d/full/.."))), "!io"},
      {"make_folders of what is there", told(f.make_folders(p("d/full/"))), "ok"},
      {"make_folders where a file is", told(f.make_folders(p("file"))), "!io"},
      {"make_folders below a file", told(f.make_folders(p("file/x"))), "!not-found"},
      {"make_folders of no path", told(f.make_folders("")), "!not-found"},
      {"sync of a file", told(f.sync(p("file"))), "ok"},
      {"sync of a folder", told(f.sync(p("d"))), "ok"},
      {"sync of nothing", told(f.sync(p("none"))), "!not-found"},
      {"sync_all", told(f.sync_all(p("d"))), "ok"},
      {"sync_all of nothing", told(f.sync_all(p("none"))), "!not-found"},
      {"lock in nothing", told(f.lock(p("none/x"), 0)), "!not-found"},
      {"lock of a folder", told(f.lock(p("d"), 0)), "!io"},
      {"all is as it was", told(f.read(p("file"), 10)), "0123456789"},
  };
  for (const auto& c : kCases) EXPECT_EQ(c.got, c.expected) << c.what;
  EXPECT_THAT(f.list(folder_.path()).value(), ElementsAre("d", "empty", "file"));
}

TEST_P(BothFilesTest, StatusTellsSizeAndKind) {
  ASSERT_TRUE(files().write(*this / "a", "12345").has_value());
  const FileStatus s = files().status(*this / "a").value();
  EXPECT_EQ(s.size, 5U);
  EXPECT_FALSE(s.is_directory);
  EXPECT_GE(s.modified_ms, kNow);
  EXPECT_TRUE(files().status(folder_.path()).value().is_directory);
  EXPECT_TRUE(files().status("/").value().is_directory);
  EXPECT_TRUE(files().status(".").value().is_directory);
}

TEST_P(BothFilesTest, ListIsSortedByBytes) {
  for (const char* name : {"b", "a", "\xD0\x96", "B", "a0", "_"}) {
    ASSERT_TRUE(files().write(*this / name, "").has_value());
  }
  EXPECT_THAT(files().list(folder_.path()).value(), ElementsAre("B", "_", "a", "a0", "b", "\xD0\x96"));
}

TEST_P(BothFilesTest, OpenFileFollowsItsRename) {
  auto file = files().open_append(*this / "a").value();
  ASSERT_TRUE(file->append("1").has_value());
  ASSERT_TRUE(files().rename(*this / "a", *this / "b").has_value());
  ASSERT_TRUE(files().write(*this / "a", "other").has_value());
  ASSERT_TRUE(file->append("2").has_value());
  ASSERT_TRUE(file->sync().has_value());
  EXPECT_EQ(files().read(*this / "b", 9).value(), "12");
  EXPECT_EQ(files().read(*this / "a", 9).value(), "other");
}

TEST_P(BothFilesTest, OpenFileOutlivesItsName) {
  auto file = files().open_append(*this / "a").value();
  ASSERT_TRUE(file->append("1").has_value());
  ASSERT_TRUE(files().remove(*this / "a").has_value());
  ASSERT_TRUE(file->append("2").has_value());
  EXPECT_EQ(file->size().value(), 2U);
  EXPECT_FALSE(files().exists(*this / "a"));
  ASSERT_TRUE(files().write(*this / "b", "old").has_value());
  auto replaced = files().open_append(*this / "b").value();
  ASSERT_TRUE(files().write_atomic(*this / "b", "new").has_value());
  ASSERT_TRUE(replaced->append("!").has_value());
  EXPECT_EQ(files().read(*this / "b", 9).value(), "new");
}

TEST_P(BothFilesTest, TruncateCutsAndLengthens) {
  auto file = files().open_append(*this / "a").value();
  ASSERT_TRUE(file->append("hello world").has_value());
  ASSERT_TRUE(file->truncate(5).has_value());
  ASSERT_TRUE(file->append("!").has_value());
  ASSERT_TRUE(file->truncate(8).has_value());
  EXPECT_EQ(files().read(*this / "a", 9).value(), std::string("hello!\0\0", 8));
  EXPECT_EQ(file->truncate(UINT64_MAX).error().code, ErrorCode::kIo);
  EXPECT_EQ(file->size().value(), 8U);
}

TEST_P(BothFilesTest, RenamedFolderTakesItsFilesAlong) {
  ASSERT_TRUE(files().make_folders(*this / "a/b").has_value());
  ASSERT_TRUE(files().write(*this / "a/b/x", "1").has_value());
  ASSERT_TRUE(files().make_folders(*this / "c/empty").has_value());
  ASSERT_TRUE(files().rename(*this / "a", *this / "c/empty/").has_value());
  EXPECT_EQ(files().read(*this / "c/empty/b/x", 9).value(), "1");
  EXPECT_FALSE(files().exists(*this / "a"));
}

TEST_P(BothFilesTest, SecondLockIsBusyUntilTheFirstIsGone) {
  auto first = files().lock(*this / "lock", 0);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(files().lock(*this / "lock", 0).error().code, ErrorCode::kBusy);
  EXPECT_EQ(files().lock(*this / "./lock", 0).error().code, ErrorCode::kBusy);
  EXPECT_TRUE(files().lock(*this / "other", 0).has_value());
  first->reset();
  EXPECT_TRUE(files().lock(*this / "lock", 0).has_value());
  EXPECT_TRUE(files().exists(*this / "lock"));
}

// The same value or the same error, to the word.
bool agree(const Status& a, const Status& b) {
  return a.has_value() == b.has_value() && (a.has_value() || a.error() == b.error());
}
template <typename T>
bool agree(const Result<T>& a, const Result<T>& b) {
  return a == b;
}

// The oracle: thousands of random calls, the machine's files beside those in memory. Errors are the same to the word.
class Differential {
 public:
  Differential(std::uint64_t seed, MemoryFileSystem& memory) : random_(seed), memory_(memory) {
    EXPECT_TRUE(memory_.make_folders(folder_.path()).has_value());
  }

  // One random call on each; what it was, and whether they agree.
  bool step(std::string& what) {
    switch (random_.below(15)) {
      case 0:
      case 1: {
        const std::string path = random_path(), bytes = random_bytes();
        what = "write " + path;
        return same([&](FileSystem& f) { return f.write(path, bytes); });
      }
      case 2: {
        const std::string path = random_path(), bytes = random_bytes();
        what = "write_atomic " + path;
        names_differ_ = true;
        return same([&](FileSystem& f) { return f.write_atomic(path, bytes); });
      }
      case 3: {
        const std::string path = random_path();
        const std::uint64_t limit = random_.below(12);
        what = "read " + path;
        return same([&](FileSystem& f) { return f.read(path, limit); });
      }
      case 4: {
        const std::string path = random_path();
        const std::uint64_t offset = random_.below(8), size = 1 + random_.below(8);
        what = "read_at " + path;
        // The size of a folder is the file system's affair.
        const auto s = system_files().status(path);
        if (s && s->is_directory) return true;
        return same([&](FileSystem& f) { return f.read_at(path, offset, size); });
      }
      case 5: {
        const std::string path = random_path();
        what = "status " + path;
        return same([&](FileSystem& f) -> Result<std::string> {
          TRUCE_TRY(const FileStatus s, f.status(path));
          return s.is_directory ? "folder" : std::to_string(s.size);
        });
      }
      case 6: {
        const std::string path = random_path();
        what = "list " + path;
        return same([&](FileSystem& f) { return f.list(path); });
      }
      case 7:
      case 8: {
        const std::string from = random_path(), to = random_path();
        what = "rename " + from + " to " + to;
        return same([&](FileSystem& f) { return f.rename(from, to); });
      }
      case 9: {
        const std::string path = random_path();
        what = "remove " + path;
        return same([&](FileSystem& f) { return f.remove(path); });
      }
      case 10:
      case 11: {
        const std::string path = random_path();
        what = "make_folders " + path;
        return same([&](FileSystem& f) { return f.make_folders(path); });
      }
      case 12: {
        const std::string path = random_path();
        const bool all = random_.chance(8);
        what = "sync " + path;
        return same([&](FileSystem& f) { return all ? f.sync_all(path) : f.sync(path); });
      }
      case 13: return step_with_file(what);
      default: return step_with_lock(what);
    }
  }

  // Everything below `path`, as text.
  static std::string contents(FileSystem& files, const std::string& path) {
    std::string out;
    const std::vector<std::string> names = files.list(path).value();
    for (const std::string& name : names) {
      const std::string below = path + '/' + name;
      if (files.status(below).value().is_directory) {
        out += below + "/\n" + contents(files, below);
      } else {
        out += below + '=' + files.read(below, 10'000).value() + '\n';
      }
    }
    return out;
  }
  [[nodiscard]] const std::string& root() const { return folder_.path(); }
  [[nodiscard]] int succeeded() const { return succeeded_; }

 private:
  struct Opened {
    std::string path;
    std::unique_ptr<File> system, memory;
  };
  struct Locked {
    std::unique_ptr<FileLock> system, memory;
  };

  bool step_with_file(std::string& what) {
    if (opened_.size() < 3 || random_.chance(6)) {
      Opened o;
      o.path = random_path();
      what = "open_append " + o.path;
      auto a = system_files().open_append(o.path);
      auto b = memory_.open_append(o.path);
      if (!a || !b) return !a && !b && a.error() == b.error();
      o.system = std::move(a).value();
      o.memory = std::move(b).value();
      if (opened_.size() >= 3) opened_.erase(opened_.begin());
      opened_.push_back(std::move(o));
      return true;
    }
    Opened& o = opened_[random_.below(opened_.size())];
    const bool truncate = random_.chance(3);
    const std::uint64_t size = random_.below(12);
    const std::string bytes = random_bytes();
    what = (truncate ? "truncate " : "append ") + o.path;
    const Status a = truncate ? o.system->truncate(size) : o.system->append(bytes);
    const Status b = truncate ? o.memory->truncate(size) : o.memory->append(bytes);
    return agree(a, b) && o.system->size() == o.memory->size();
  }

  bool step_with_lock(std::string& what) {
    if (locked_.size() >= 3) locked_.erase(locked_.begin() + static_cast<std::ptrdiff_t>(random_.below(3)));
    const std::string path = random_path();
    what = "lock " + path;
    auto a = system_files().lock(path, 0);
    auto b = memory_.lock(path, 0);
    if (!a || !b) return !a && !b && a.error() == b.error();
    locked_.push_back({std::move(a).value(), std::move(b).value()});
    return true;
  }

  template <typename Call>
  bool same(const Call& call) {
    auto a = call(static_cast<FileSystem&>(system_files()));
    auto b = call(static_cast<FileSystem&>(memory_));
    if (std::exchange(names_differ_, false) && !a && !b) {  // those of temporary files
      a.error().where.clear();
      b.error().where.clear();
    }
    if (a) ++succeeded_;
    return agree(a, b);
  }

  // Never above the folder, so that nothing else of the machine is touched.
  std::string random_path() {
    std::string path = folder_.path();
    int depth = 0;
    for (std::uint64_t n = random_.below(4) + (random_.chance(20) ? 0 : 1); n > 0; --n) {
      path += random_.chance(30) ? "//" : "/";
      if (random_.chance(15)) {
        path += '.';
      } else if (depth > 0 && random_.chance(12)) {
        path += "..";
        --depth;
      } else {
        path += random_.text(1, "abc");
        ++depth;
      }
    }
    if (depth > 0 && random_.chance(12)) path += '/';
    return path;
  }
  std::string random_bytes() { return random_.text(random_.below(10), "0123456789"); }

  SeededNumbers random_;
  TemporaryFolder folder_;
  MemoryFileSystem& memory_;
  std::vector<Opened> opened_;
  std::vector<Locked> locked_;
  bool names_differ_ = false;
  int succeeded_ = 0;
};

TEST(MemoryFileSystemTest, RandomCallsAgreeWithTheMachinesFiles) {
  const std::uint64_t seed = logged_seed();
  std::set<std::string> verbs;
  for (std::uint64_t run = 0; run < 8; ++run) {
    FixedClock clock(Instant{kNow});
    MemoryFileSystem memory(clock);
    Differential both(seed + run, memory);
    std::string what;
    for (int i = 0; i < 1500; ++i) {
      ASSERT_TRUE(both.step(what)) << "seed " << seed << " run " << run << " step " << i << ": " << what;
      verbs.insert(what.substr(0, what.find(' ')));
      if (i % 50 == 0) {
        ASSERT_EQ(Differential::contents(memory, both.root()), Differential::contents(system_files(), both.root()))
            << "seed " << seed << " run " << run << " step " << i << ": " << what;
      }
    }
    EXPECT_GT(both.succeeded(), 200) << "seed " << seed << " run " << run << ": hardly anything but refusals";
  }
  EXPECT_EQ(verbs.size(), 14U);
}

TEST(MemoryFileSystemTest, TimesAreTheClocks) {
  FixedClock clock(Instant{1000});
  MemoryFileSystem files(clock);
  ASSERT_TRUE(files.write("/a", "x").has_value());
  EXPECT_EQ(files.status("/a").value().modified_ms, 1000);
  clock.set(Instant{2000});
  ASSERT_TRUE(files.rename("/a", "/b").has_value());
  EXPECT_EQ(files.status("/b").value().modified_ms, 1000);
  EXPECT_EQ(files.status("/").value().modified_ms, 2000);
  auto file = files.open_append("b").value();
  EXPECT_EQ(files.status("/b").value().modified_ms, 1000);
  ASSERT_TRUE(file->append("y").has_value());
  EXPECT_EQ(files.status("/b").value().modified_ms, 2000);
  clock.set(Instant{3000});
  ASSERT_TRUE(files.write_atomic("/b", "z").has_value());
  EXPECT_EQ(files.status("/b").value().modified_ms, 3000);
}

TEST(MemoryFileSystemTest, RestoredBackupIsWhatWasCopied) {
  FixedClock clock(Instant{1000});
  MemoryFileSystem files(clock);
  ASSERT_TRUE(files.make_folders("/node/logs/un").has_value());
  ASSERT_TRUE(files.write("/node/logs/un/head", "1").has_value());
  auto file = files.open_append("/node/logs/un/head").value();
  files.copy_from("/node", "/backup");
  clock.set(Instant{2000});
  ASSERT_TRUE(file->append("2").has_value());
  ASSERT_TRUE(files.write("/node/new", "").has_value());
  EXPECT_EQ(files.read("/backup/logs/un/head", 9).value(), "1");
  EXPECT_EQ(files.status("/backup/logs/un/head").value().modified_ms, 1000);
  files.copy_from("/backup", "/node");
  EXPECT_EQ(files.read("/node/logs/un/head", 9).value(), "1");
  EXPECT_FALSE(files.exists("/node/new"));
  ASSERT_TRUE(file->append("3").has_value());  // of the folder that was replaced
  EXPECT_EQ(files.read("/node/logs/un/head", 9).value(), "1");
  EXPECT_EQ(files.read("/backup/logs/un/head", 9).value(), "1");
  files.copy_from("/node", "/node/logs/inside");
  EXPECT_EQ(files.read("/node/logs/inside/logs/un/head", 9).value(), "1");
  EXPECT_FALSE(files.exists("/node/logs/inside/logs/inside"));
}

TEST(MemoryFileSystemTest, CopyWithoutSourceOrPlaceThrows) {
  FixedClock clock(Instant{0});
  MemoryFileSystem files(clock);
  ASSERT_TRUE(files.write("/a", "").has_value());
  EXPECT_THROW(files.copy_from("/none", "/b"), std::invalid_argument);
  EXPECT_THROW(files.copy_from("/a", "/none/b"), std::invalid_argument);
  EXPECT_THROW(files.copy_from("/a", "/"), std::invalid_argument);
  EXPECT_THAT(files.list("/").value(), ElementsAre("a"));
}

TEST(MemoryFileSystemTest, RemovedFolderTakesItsFilesAlong) {
  FixedClock clock(Instant{0});
  MemoryFileSystem files(clock);
  ASSERT_TRUE(files.make_folders("/a/b/c").has_value());
  ASSERT_TRUE(files.write("/a/b/c/x", "1").has_value());
  auto file = files.open_append("/a/b/c/x").value();
  files.remove_folder("/a/b");
  files.remove_folder("/a/none");
  files.remove_folder("/none/b");
  files.remove_folder("/");
  EXPECT_THAT(files.list("/a").value(), ElementsAre());
  EXPECT_TRUE(file->append("2").has_value());
  EXPECT_EQ(file->size().value(), 2U);
}

TEST(MemoryFileSystemTest, HeldLockIsBusyAtOnce) {
  FixedClock clock(Instant{0});
  MemoryFileSystem files(clock);
  const auto first = files.lock("/lock", 0);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(files.lock("/lock", 3'600'000).error().code, ErrorCode::kBusy);
}

TEST(MemoryFileSystemTest, TooLongATruncateIsRefused) {
  FixedClock clock(Instant{0});
  MemoryFileSystem files(clock);
  auto file = files.open_append("/a").value();
  EXPECT_EQ(file->truncate(kMemoryFileBytesMax + 1).error().code, ErrorCode::kIo);
  EXPECT_EQ(file->size().value(), 0U);
}

TEST(MemoryFileSystemTest, ThreadsShareIt) {
  FixedClock clock(Instant{0});
  MemoryFileSystem files(clock);
  ASSERT_TRUE(files.make_folders("/d").has_value());
  std::vector<std::thread> threads;
  std::atomic<int> taken{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::string own = "/d/" + std::to_string(t);
      auto common = files.open_append("/d/all").value();
      for (int i = 0; i < 500; ++i) {
        EXPECT_TRUE(files.write_atomic(own, std::to_string(i)).has_value());
        EXPECT_EQ(files.read(own, 9).value(), std::to_string(i));
        EXPECT_TRUE(common->append("x").has_value());
        if (files.lock("/d/lock", 0)) ++taken;
        EXPECT_LE(files.list("/d").value().size(), 10U);
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(files.status("/d/all").value().size, 2000U);
  EXPECT_GT(taken, 0);
}

// FaultyFileSystem on top loses what was not synced, as it does over the machine's files.
TEST(MemoryFileSystemTest, CutOfPowerLosesUnsyncedBytes) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    FixedClock clock(Instant{0});
    MemoryFileSystem files(clock);
    FaultyFileSystem faulty(files, seed);
    auto file = faulty.open_append("/a").value();
    ASSERT_TRUE(file->append("12").has_value());
    ASSERT_TRUE(file->sync().has_value());
    ASSERT_TRUE(file->append("34").has_value());
    faulty.cut_power_after(0);
    EXPECT_FALSE(file->append("5").has_value());
    faulty.power_on();
    EXPECT_FALSE(file->append("6").has_value());
    seen.insert(files.read("/a", 9).value());
  }
  EXPECT_THAT(seen, ElementsAre("12", "123", "1234"));
}

TEST(MemoryFileSystemTest, WriteAtomicIsAllOrNothingAtACutOfPower) {
  std::set<std::string> seen;
  for (std::uint64_t n = 0; n < 5; ++n) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
      FixedClock clock(Instant{0});
      MemoryFileSystem files(clock);
      ASSERT_TRUE(files.write("/a", "old").has_value());
      FaultyFileSystem faulty(files, seed);
      faulty.cut_power_after(n);
      const auto got = faulty.write_atomic("/a", "new");
      faulty.power_on();
      const std::string now = files.read("/a", 9).value();
      EXPECT_TRUE(!got || now == "new");
      seen.insert(now);
    }
  }
  EXPECT_THAT(seen, ElementsAre("new", "old"));
}

}  // namespace
}  // namespace truce
