// SPDX-License-Identifier: Apache-2.0

#include "truce/record/fsck.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "truce/base/file_testing.h"
#include "truce/record/blobs.h"
#include "truce/record/bundle.h"
#include "truce/record/note.h"
#include "truce/record/record_testing.h"
#include "truce/record/statements.h"

namespace truce::record {
namespace {

namespace fs = std::filesystem;

std::string slurp(const std::string& path) {
  return system_files().read(path, 1ULL << 32).value();
}
void put(const std::string& path, std::string_view bytes) {
  ASSERT_TRUE(system_files().write(path, bytes));
}

// A log of `sizes` entries altogether, published at each.
class FsckTest : public testing::Test {
 protected:
  void make(std::initializer_list<std::uint64_t> sizes, const std::vector<std::string>& more = {}) {
    const auto log = Log::open(system_files(), place_, test_seed(), {}).value();
    for (const std::uint64_t size : sizes) {
      std::vector<std::string> entries;
      if (log->size() == 0) entries.push_back(encode(make_acceptance(place_, Instant{1})).value());
      while (log->size() + entries.size() < size) entries.push_back(test_entry(log->size() + entries.size()));
      ASSERT_TRUE(log->append(entries));
      ASSERT_TRUE(log->publish());
    }
    if (more.empty()) return;
    ASSERT_TRUE(log->append(more));
    ASSERT_TRUE(log->publish());
  }
  FsckReport check(FsckOptions options = {}) const { return fsck(system_files(), place_, options).value(); }
  std::string path(const std::string& name) const { return place_.folder + '/' + name; }

  const TemporaryFolder node_;
  const LogPlace place_ = test_place(node_.path());
};

TEST_F(FsckTest, WholeLogIsFineAndCounted) {
  make({1, 200, 300, 70'000});
  std::uint64_t last = 0;
  FsckOptions options;
  options.progress = [&](std::uint64_t done, std::uint64_t all) {
    EXPECT_GE(done, last);
    EXPECT_EQ(all, 70'000U);
    last = done;
  };
  const FsckReport report = check(options);
  ASSERT_TRUE(report.ok()) << report.faults.front().error.to_string();
  EXPECT_EQ(last, 70'000U);
  EXPECT_EQ(report.entries, 70'000U);
  EXPECT_EQ(report.head.size, 70'000U);
  EXPECT_EQ(report.hash_tiles, 274U + 2U + 1U);
  // Sizes 1, 200 and 300: a bundle and a hash tile each; at 300 also level 1.
  EXPECT_EQ(report.older_tiles, 7U);
  EXPECT_EQ(report.files_beyond, 0U);
}

TEST_F(FsckTest, EmptyLogIsFine) {
  { const auto log = Log::open(system_files(), place_, test_seed(), {}).value(); }
  EXPECT_TRUE(check().ok());
}

TEST_F(FsckTest, FlippedBitAnywhereIsFound) {
  make({2, 259});
  const std::vector<std::string> names = {"tile/entries/000", "tile/entries/001.p/3", "tile/0/000",
                                          "tile/0/001.p/3",   "tile/entries/000.p/2", "tile/0/000.p/2",
                                          "tile/1/000.p/1"};
  for (const std::string& name : names) {
    const std::string bytes = slurp(path(name));
    const std::size_t step = std::max<std::size_t>(1, bytes.size() / 150);
    for (std::size_t i = 0; i < bytes.size(); i += step) {
      std::string flipped = bytes;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
      put(path(name), flipped);
      ASSERT_FALSE(check().ok()) << name << " byte " << i;
    }
    put(path(name), bytes);
  }
  ASSERT_TRUE(check().ok());
}

TEST_F(FsckTest, FirstBadStatementIsNamed) {
  make({1000});
  std::vector<std::string_view> entries;
  std::string bytes = slurp(path("tile/entries/001"));
  ASSERT_TRUE(split_bundle(bytes, 256, entries));
  for (const std::size_t i : {17U, 99U}) bytes[static_cast<std::size_t>(entries[i].data() - bytes.data()) + 200] ^= 1;
  put(path("tile/entries/001"), bytes);
  const FsckReport report = check();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.faults.front().index, 256U + 17U);
  EXPECT_EQ(report.faults.front().error.where, "un/main/273");
}

TEST_F(FsckTest, EveryFileOfTheTreeIsMissed) {
  make({259});
  for (const char* name :
       {"tile/entries/000", "tile/entries/001.p/3", "tile/0/000", "tile/0/001.p/3", "tile/1/000.p/1"}) {
    const std::string bytes = slurp(path(name));
    fs::remove(path(name));
    const FsckReport report = check();
    ASSERT_FALSE(report.ok()) << name;
    EXPECT_EQ(report.faults.front().error.code, ErrorCode::kMissingTile) << name;
    EXPECT_TRUE(report.faults.front().error.where.ends_with(name)) << report.faults.front().error.where;
    put(path(name), bytes);
  }
}

TEST_F(FsckTest, ByteTooManyOrTooFewIsFound) {
  make({2, 259});
  for (const char* name :
       {"tile/entries/000", "tile/entries/001.p/3", "tile/0/000", "tile/entries/000.p/2", "tile/0/000.p/2"}) {
    const std::string bytes = slurp(path(name));
    for (const std::string& other : {bytes + '\0', bytes.substr(1), bytes.substr(0, bytes.size() - 1), std::string()}) {
      put(path(name), other);
      ASSERT_FALSE(check().ok()) << name;
    }
    put(path(name), bytes);
  }
}

TEST_F(FsckTest, BadCheckpointIsTheOneFault) {
  make({3});
  const std::string bytes = slurp(path("checkpoint"));
  const Checkpoint checkpoint = open_checkpoint(bytes, place_.origin(), place_.public_key).value();
  const auto code = [&](const std::string& with) {
    put(path("checkpoint"), with);
    const FsckReport report = check();
    EXPECT_EQ(report.faults.size(), 1U);
    return report.ok() ? ErrorCode::kInvalidArgument : report.faults.front().error.code;
  };
  EXPECT_EQ(code(bytes.substr(0, bytes.size() / 2)), ErrorCode::kInvalidNote);
  EXPECT_EQ(code(sign_checkpoint(checkpoint, std::string(32, 'x'))), ErrorCode::kBadSignature);
  Checkpoint other = checkpoint;
  other.root.bytes[0] ^= 1;
  EXPECT_EQ(code(sign_checkpoint(other, test_seed())), ErrorCode::kBadRoot);
  other = checkpoint;
  other.origin += "-2";
  EXPECT_EQ(code(sign_checkpoint(other, test_seed())), ErrorCode::kInvalidNote);
  fs::remove(path("checkpoint"));
  EXPECT_EQ(check().faults.front().error.code, ErrorCode::kNotFound);
}

TEST_F(FsckTest, StatementsThatAreNoneOfThisLogAreFound) {
  Envelope other = test_statement(5);
  other.author.log = "desk";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"white space", "{ " + test_entry(5).substr(1)},
      {"other author", encode(other).value()},
      {"no statement", "hello"},
      {"nothing", ""},
  };
  for (const auto& [name, entry] : cases) {
    const TemporaryFolder node;
    const LogPlace place = test_place(node.path());
    {
      const auto log = Log::open(system_files(), place, test_seed(), {}).value();
      const std::string entries[] = {encode(make_acceptance(place, Instant{1})).value(), test_entry(1), entry};
      ASSERT_TRUE(log->append(entries));
      ASSERT_TRUE(log->publish());
    }
    const FsckReport report = fsck(system_files(), place, {}).value();
    ASSERT_EQ(report.faults.size(), 1U) << name;
    EXPECT_EQ(report.faults[0].error.where, "un/main/2") << name;
  }
}

TEST_F(FsckTest, StatementZeroMustBeTheAcceptanceOfThisKey) {
  Envelope wrong_key = make_acceptance(place_, Instant{1});
  wrong_key.body.set("key", Hash{}.base64url());
  for (const std::string& entry : {test_entry(0), encode(wrong_key).value()}) {
    const TemporaryFolder node;
    const LogPlace place = test_place(node.path());
    {
      const auto log = Log::open(system_files(), place, test_seed(), {}).value();
      ASSERT_TRUE(log->append({{entry}}));
      ASSERT_TRUE(log->publish());
    }
    const FsckReport report = fsck(system_files(), place, {}).value();
    ASSERT_EQ(report.faults.size(), 1U);
    EXPECT_EQ(report.faults[0].error.where, "un/main/0");
  }
}

TEST_F(FsckTest, RequiredBlobsMustBeThereAndRight) {
  BlobStore blobs(system_files(), node_ / "blobs");
  const Hash zone = blobs.put("a zone's ring").value();
  Envelope e = test_statement(1);
  e.required_blobs = {zone};
  e.optional_blobs = {sha256("a photo that nobody keeps")};
  make({1}, {encode(e).value(), encode(e).value()});
  FsckOptions options;
  options.blobs_folder = node_ / "blobs";
  EXPECT_TRUE(check(options).ok());
  EXPECT_EQ(check(options).blobs, 1U);
  put(blobs.path(zone), "another ring");
  EXPECT_EQ(check(options).faults.at(0).error.code, ErrorCode::kBadBlob);
  EXPECT_EQ(check(options).faults.at(0).index, 1U);
  fs::remove(blobs.path(zone));
  EXPECT_EQ(check(options).faults.at(0).error.code, ErrorCode::kMissingBlob);
  EXPECT_TRUE(check().ok()) << "without the folder blobs are not looked at";
}

TEST_F(FsckTest, CiphertextMayBeAbsentButNotWrong) {
  const std::string ciphertext = "pretend that this is one";
  Envelope e = test_statement(1);
  e.sealed = SealedHashes{sha256("p"), sha256(ciphertext), sha256("k"), 256};
  make({1}, {encode(e).value()});
  FsckOptions options;
  options.sealed_folder = node_ / "sealed";
  EXPECT_TRUE(check(options).ok());
  EXPECT_EQ(check(options).sealed_absent, 1U);
  ASSERT_TRUE(system_files().make_folders(options.sealed_folder));
  put(options.sealed_folder + '/' + e.sealed->ciphertext.hex(), ciphertext);
  EXPECT_TRUE(check(options).ok());
  EXPECT_EQ(check(options).sealed, 1U);
  put(options.sealed_folder + '/' + e.sealed->ciphertext.hex(), ciphertext + "!");
  EXPECT_EQ(check(options).faults.at(0).error.code, ErrorCode::kBadSealedPart);
}

TEST_F(FsckTest, JournalIsNeverAskedAndFilesBeyondTheHeadAreNoFault) {
  make({10});
  const std::string head = slurp(path("checkpoint"));
  make({300});
  put(path("checkpoint"), head);  // as if the power went before the head
  fs::remove(path("journal"));
  const FsckReport report = check();
  EXPECT_TRUE(report.ok()) << report.faults.front().error.to_string();
  EXPECT_EQ(report.entries, 10U);
  EXPECT_GE(report.files_beyond, 4U);
  // But one that contradicts the head, or is torn, would fool a verifier of that head.
  const std::string full = slurp(path("tile/entries/000"));
  put(path("tile/entries/000"), full.substr(0, full.size() / 2));
  EXPECT_FALSE(check().ok());
}

TEST_F(FsckTest, FaultsAreCappedAndTheFirstStays) {
  make({600});
  for (const char* name : {"tile/entries/000", "tile/entries/001", "tile/entries/002.p/88"}) fs::remove(path(name));
  FsckOptions options;
  options.fault_count_max = 1;
  const FsckReport report = check(options);
  ASSERT_EQ(report.faults.size(), 1U);
  EXPECT_EQ(report.faults[0].index, 0U);
}

}  // namespace
}  // namespace truce::record
