// SPDX-License-Identifier: Apache-2.0

#include "truce/record/keys.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "truce/base/encoding.h"
#include "truce/base/file_testing.h"
#include "truce/base/sha256.h"
#include "truce/record/signing.h"

namespace truce::record {
namespace {

namespace fs = std::filesystem;

// As cheap as libsodium lets it be: the tests are not about guessing.
constexpr PassphraseCost kCheap{1, 8192};
constexpr std::string_view kPassphrase = "four words by chance";

std::string slurp(const std::string& path) {
  return system_files().read(path, 1 << 20).value();
}
unsigned mode_of(const std::string& path) {
  struct stat s {};
  EXPECT_EQ(::stat(path.c_str(), &s), 0) << path;
  return s.st_mode & 0777;
}

TEST(KeyRingTest, CreatedKeysAreOwnersOnlyAndComeBack) {
  const TemporaryFolder node;
  const std::string folder = node / "keys";
  SeededRandom random(1);
  const KeyRing made = KeyRing::create(system_files(), folder, random).value();
  EXPECT_EQ(mode_of(folder), 0700U);
  for (const char* name : {"log-main.key", "cosign.key", "x25519.key", "private.key"}) {
    EXPECT_EQ(mode_of(folder + '/' + name), 0600U) << name;
  }
  const KeyRing again = KeyRing::open(system_files(), folder).value();
  EXPECT_EQ(again.log_seed("main").value(), made.log_seed("main").value());
  EXPECT_EQ(again.log_public_key("main").value(), ed25519_public_key(made.log_seed("main").value()));
  EXPECT_EQ(again.cosign_public_key(), made.cosign_public_key());
  EXPECT_EQ(again.x25519_public_key(), made.x25519_public_key());
  EXPECT_EQ(again.private_key().view(), made.private_key().view());
  EXPECT_EQ(again.log_seed("desk").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(KeyRing::create(system_files(), folder, random).error().code, ErrorCode::kExists);
}

// The page docs/format/keys.md shows these bytes.
TEST(KeyRingTest, GoldenBytes) {
  const TemporaryFolder node;
  const std::string folder = node / "keys";
  SeededRandom random(1);
  ASSERT_TRUE(KeyRing::create(system_files(), folder, random));
  EXPECT_EQ(slurp(folder + "/log-main.key"),
            R"({"kind":"log","log":"main","seed":"RTmibXyvHYFNDQ4i2UlowneTQospS9yoUASblunRdDo","v":1})");
  EXPECT_EQ(slurp(folder + "/private.key"),
            R"({"kind":"private","seed":"BD2PunVjSIc8txWPrAn4OW2d44sGpqobEPbCPrN4WjI","v":1})");
}

TEST(KeyRingTest, FurtherLogHasAKeyOfItsOwn) {
  const TemporaryFolder node;
  const std::string folder = node / "keys";
  SeededRandom random(1);
  KeyRing ring = KeyRing::create(system_files(), folder, random).value();
  ASSERT_TRUE(ring.add_log(system_files(), "desk-2", random));
  EXPECT_EQ(ring.add_log(system_files(), "desk-2", random).error().code, ErrorCode::kExists);
  EXPECT_EQ(ring.add_log(system_files(), "../x", random).error().code, ErrorCode::kInvalidArgument);
  const KeyRing again = KeyRing::open(system_files(), folder).value();
  EXPECT_EQ(again.logs(), (std::vector<std::string>{"desk-2", "main"}));
  EXPECT_NE(again.log_seed("desk-2").value(), again.log_seed("main").value());
}

TEST(KeyRingTest, DamagedKeyFilesAreRefusedWithoutShowingThem) {
  const TemporaryFolder node;
  const std::string folder = node / "keys";
  SeededRandom random(1);
  ASSERT_TRUE(KeyRing::create(system_files(), folder, random));
  const std::string path = folder + "/log-main.key";
  const std::string good = slurp(path);
  const std::string seed = good.substr(good.find("seed") + 7, 43);
  const std::string bad[] = {"",
                             "{}",
                             good.substr(1),
                             good + "\n",
                             good.substr(0, 50),
                             "{\"kind\":\"log\",\"log\":\"main\",\"seed\":\"AA\",\"v\":1}",
                             "{\"kind\":\"log\",\"log\":\"other\",\"seed\":\"" + seed + "\",\"v\":1}",
                             "{\"kind\":\"new\",\"seed\":\"" + seed + "\",\"v\":1}"};
  for (const std::string& b : bad) {
    ASSERT_TRUE(system_files().write(path, b));
    const auto ring = KeyRing::open(system_files(), folder);
    ASSERT_FALSE(ring) << b;
    EXPECT_EQ(ring.error().to_string().find(seed.substr(0, 8)), std::string::npos) << ring.error().to_string();
  }
  fs::remove(path);
  EXPECT_EQ(KeyRing::open(system_files(), folder).error().code, ErrorCode::kNotFound);
}

TEST(KeyRingTest, LockedKeysAreGoneFromDiskAndComeBackWithThePassphrase) {
  const TemporaryFolder node;
  const std::string folder = node / "keys";
  SeededRandom random(1);
  const KeyRing made = KeyRing::create(system_files(), folder, random).value();
  EXPECT_EQ(KeyRing::lock(system_files(), folder, "", random, kCheap).error().code, ErrorCode::kInvalidArgument);
  ASSERT_TRUE(KeyRing::lock(system_files(), folder, kPassphrase, random, kCheap));
  EXPECT_TRUE(KeyRing::is_locked(system_files(), folder));
  EXPECT_EQ(system_files().list(folder).value(), std::vector<std::string>{"locked.json"});
  EXPECT_EQ(mode_of(folder + "/locked.json"), 0600U);
  const std::string locked = slurp(folder + "/locked.json");
  EXPECT_EQ(locked.find(to_base64url(made.log_seed("main").value())), std::string::npos);
  EXPECT_EQ(KeyRing::open(system_files(), folder).error().code, ErrorCode::kLocked);
  EXPECT_EQ(KeyRing::create(system_files(), folder, random).error().code, ErrorCode::kExists);
  EXPECT_EQ(KeyRing::unlock(system_files(), folder, "four words by chancE").error().code, ErrorCode::kBadPassphrase);
  EXPECT_EQ(slurp(folder + "/locked.json"), locked);
  ASSERT_TRUE(KeyRing::unlock(system_files(), folder, kPassphrase));
  EXPECT_EQ(KeyRing::open(system_files(), folder)->log_seed("main").value(), made.log_seed("main").value());
  EXPECT_EQ(KeyRing::unlock(system_files(), folder, kPassphrase).error().code, ErrorCode::kNotFound);
}

TEST(KeyRingTest, LockedFileMayNotAskForAllMemory) {
  const TemporaryFolder node;
  const std::string folder = node / "keys";
  SeededRandom random(1);
  ASSERT_TRUE(KeyRing::create(system_files(), folder, random));
  ASSERT_TRUE(KeyRing::lock(system_files(), folder, kPassphrase, random, kCheap));
  const std::string locked = slurp(folder + "/locked.json");
  for (const char* to : {"\"memory\":1099511627776", "\"memory\":0", "\"memory\":\"8192\""}) {
    std::string other = locked;
    other.replace(other.find("\"memory\":8192"), 13, to);
    ASSERT_TRUE(system_files().write(folder + "/locked.json", other));
    EXPECT_EQ(KeyRing::unlock(system_files(), folder, kPassphrase).error().code, ErrorCode::kSyntax) << to;
  }
  for (std::size_t i = locked.find("keys") + 7; i < locked.size(); i += 40) {
    std::string other = locked;
    other[i] = other[i] == 'A' ? 'B' : 'A';
    ASSERT_TRUE(system_files().write(folder + "/locked.json", other));
    EXPECT_FALSE(KeyRing::unlock(system_files(), folder, kPassphrase));
  }
}

// Whatever step of lock and unlock fails or is the last: the keys can be used afterwards, one way or the other.
TEST(KeyRingTest, KeysSurviveAFaultAtAnyStep) {
  const std::uint64_t seed = logged_seed();
  for (const bool power : {false, true}) {
    for (std::uint64_t n = 1;; ++n) {
      const TemporaryFolder node;
      const std::string folder = node / "keys";
      SeededRandom random(1);
      FaultyFileSystem files(system_files(), seed + n);
      const KeyRing made = KeyRing::create(files, folder, random).value();
      ASSERT_TRUE(files.sync_all(folder));
      power ? files.cut_power_after(n) : files.fail_at(n);
      if (KeyRing::lock(files, folder, kPassphrase, random, kCheap)) {
        static_cast<void>(KeyRing::unlock(files, folder, kPassphrase));
      }
      const bool struck = files.struck();
      files.power_on();
      if (KeyRing::is_locked(system_files(), folder)) {
        ASSERT_TRUE(KeyRing::lock(system_files(), folder, kPassphrase, random, kCheap))
            << "what was cut short is finished";
        ASSERT_EQ(system_files().list(folder).value(), std::vector<std::string>{"locked.json"});
        ASSERT_TRUE(KeyRing::unlock(system_files(), folder, kPassphrase));
      }
      const auto ring = KeyRing::open(system_files(), folder);
      ASSERT_TRUE(ring) << "step " << n << " " << files.struck_step() << ": " << ring.error().to_string();
      ASSERT_EQ(ring->log_seed("main").value(), made.log_seed("main").value());
      ASSERT_EQ(ring->private_key().view(), made.private_key().view());
      if (!struck) break;
    }
  }
}

TEST(KeyRingTest, FinishingALockNeedsThePassphraseAndTheSameKeys) {
  const TemporaryFolder node;
  const std::string folder = node / "keys";
  SeededRandom random(1);
  ASSERT_TRUE(KeyRing::create(system_files(), folder, random));
  const std::string main_key = slurp(folder + "/log-main.key");
  ASSERT_TRUE(KeyRing::lock(system_files(), folder, kPassphrase, random, kCheap));
  ASSERT_TRUE(system_files().write(folder + "/log-main.key", main_key));
  EXPECT_EQ(KeyRing::left_open(system_files(), folder).value(), std::vector<std::string>{"log-main.key"});
  EXPECT_EQ(KeyRing::lock(system_files(), folder, "another", random, kCheap).error().code, ErrorCode::kBadPassphrase);
  EXPECT_TRUE(fs::exists(folder + "/log-main.key"));
  ASSERT_TRUE(KeyRing::lock(system_files(), folder, kPassphrase, random, kCheap));
  EXPECT_FALSE(fs::exists(folder + "/log-main.key"));
  const std::string other = "{\"kind\":\"log\",\"log\":\"desk\",\"seed\":\"" + Hash{}.base64url() + "\",\"v\":1}";
  ASSERT_TRUE(system_files().write(folder + "/log-desk.key", other));
  EXPECT_EQ(KeyRing::lock(system_files(), folder, kPassphrase, random, kCheap).error().code, ErrorCode::kExists);
  EXPECT_TRUE(fs::exists(folder + "/log-desk.key"));
}

}  // namespace
}  // namespace truce::record
