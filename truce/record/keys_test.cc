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

TEST(KeyRingTest, ReplacedX25519SecretIsThePreviousOneOrGone) {
  const TemporaryFolder node;
  const std::string folder = node / "keys";
  SeededRandom random(1);
  KeyRing ring = KeyRing::create(system_files(), folder, random).value();
  const std::string first(ring.x25519_secret().view());
  EXPECT_TRUE(ring.previous_x25519_secret().empty());
  ASSERT_TRUE(ring.replace_x25519(system_files(), random, true));
  const std::string second(ring.x25519_secret().view());
  EXPECT_NE(second, first);
  EXPECT_EQ(mode_of(folder + "/x25519-previous.key"), 0600U);
  {
    const KeyRing again = KeyRing::open(system_files(), folder).value();
    EXPECT_EQ(again.x25519_secret().view(), second);
    EXPECT_EQ(again.previous_x25519_secret().view(), first);
  }
  // A lock keeps both.
  ASSERT_TRUE(KeyRing::lock(system_files(), folder, kPassphrase, random, kCheap));
  EXPECT_EQ(ring.replace_x25519(system_files(), random, true).error().code, ErrorCode::kLocked);
  EXPECT_EQ(ring.begin_private(system_files(), random).error().code, ErrorCode::kLocked);
  ASSERT_TRUE(KeyRing::unlock(system_files(), folder, kPassphrase));
  EXPECT_EQ(KeyRing::open(system_files(), folder)->previous_x25519_secret().view(), first);
  ASSERT_TRUE(ring.replace_x25519(system_files(), random, false));
  const KeyRing last = KeyRing::open(system_files(), folder).value();
  EXPECT_TRUE(last.previous_x25519_secret().empty());
  for (const auto& f : fs::directory_iterator(folder)) {
    const std::string bytes = slurp(f.path().string());
    EXPECT_EQ(bytes.find(to_base64url(first)), std::string::npos) << f.path();
    EXPECT_EQ(bytes.find(to_base64url(second)), std::string::npos) << f.path();
  }
}

// docs/format/keys.md.
TEST(KeyRingTest, GoldenBytesOfAPreviousKey) {
  const TemporaryFolder node;
  const std::string folder = node / "keys";
  SeededRandom random(1);
  KeyRing ring = KeyRing::create(system_files(), folder, random).value();
  ASSERT_TRUE(ring.replace_x25519(system_files(), random, true));
  EXPECT_EQ(slurp(folder + "/x25519-previous.key"),
            R"({"kind":"x25519-previous","seed":"gZ13BsR13fjsx41hVwct1eW1sJakUgwGMvEcR8G7lBE","v":1})");
  EXPECT_EQ(system_files().list(folder).value(), (std::vector<std::string>{"cosign.key", "log-main.key", "private.key",
                                                                           "x25519-previous.key", "x25519.key"}));
}

// Whatever step fails or is the last: the folder opens, with the old secret or the new one as what it says, and a
// second call gets through.
TEST(KeyRingTest, ReplacingSurvivesAFaultAtAnyStep) {
  const std::uint64_t seed = logged_seed();
  for (const bool power : {false, true}) {
    for (const bool keep : {false, true}) {
      for (std::uint64_t n = 1;; ++n) {
        const TemporaryFolder node;
        const std::string folder = node / "keys";
        SeededRandom random(1);
        FaultyFileSystem files(system_files(), seed + n);
        KeyRing ring = KeyRing::create(files, folder, random).value();
        ASSERT_TRUE(ring.replace_x25519(files, random, true));
        ASSERT_TRUE(files.sync_all(folder));
        const std::string x_before(ring.x25519_secret().view()), private_before(ring.private_key().view());
        power ? files.cut_power_after(n) : files.fail_at(n);
        if (ring.replace_x25519(files, random, keep) && ring.begin_private(files, random))
          static_cast<void>(ring.finish_private(files));
        const bool struck = files.struck();
        files.power_on();
        auto again = KeyRing::open(system_files(), folder);
        ASSERT_TRUE(again) << "step " << n << " " << files.struck_step() << ": " << again.error().to_string();
        const bool is_old = again->x25519_secret().view() == x_before;
        ASSERT_TRUE(is_old || !keep || again->previous_x25519_secret().view() == x_before)
            << "step " << n << " " << files.struck_step();
        ASSERT_EQ(again->private_key().size(), 32U);
        ASSERT_TRUE(again->replace_x25519(files, random, keep));
        ASSERT_TRUE(again->begin_private(files, random));
        ASSERT_TRUE(again->finish_private(files));
        const auto last = KeyRing::open(system_files(), folder);
        ASSERT_TRUE(last);
        ASSERT_EQ(last->x25519_secret().view(), again->x25519_secret().view());
        ASSERT_EQ(last->private_key().view(), again->private_key().view());
        ASSERT_TRUE(last->next_private_key().empty());
        ASSERT_NE(last->private_key().view(), private_before);
        ASSERT_EQ(last->previous_x25519_secret().empty(), !keep);
        ASSERT_FALSE(fs::exists(folder + "/x25519-next.key"));
        if (!struck) break;
      }
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
