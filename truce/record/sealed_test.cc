// SPDX-License-Identifier: Apache-2.0

#include "truce/record/sealed.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <type_traits>

#include "truce/base/encoding.h"
#include "truce/base/file_testing.h"
#include "truce/record/blobs.h"
#include "truce/record/cipher.h"
#include "truce/record/private_store.h"

namespace truce::record {
namespace {

namespace fs = std::filesystem;

const std::string kPlanted = "Planted Name of nobody";

Json payload_of(std::size_t bytes) {
  return Json::object({{"note", std::string(bytes, 'n')}, {"observer", kPlanted}});
}
Secret private_key() {
  return Secret::copy_of(std::string(32, '\x05'));
}

// Any file under the folder holds the text.
bool found_in(const std::string& folder, const std::string& text) {
  for (const auto& f : fs::recursive_directory_iterator(folder)) {
    if (!f.is_regular_file()) continue;
    if (system_files().read(f.path().string(), 1ULL << 30).value().find(text) != std::string::npos) return true;
  }
  return false;
}

TEST(SealedTest, OpensToWhatWasSealedInEverySizeClass) {
  SeededRandom random(1);
  for (const std::size_t size :
       {0U, 100U, 146U, 147U, 148U, 149U, 900U, 4'000U, 16'000U, 60'000U, 65'300U, 65'450U, 200'000U}) {
    const auto part = seal(payload_of(size), random);
    ASSERT_TRUE(part) << part.error().to_string();
    EXPECT_TRUE(is_sealed_size_class(part->hashes.size_class_bytes));
    EXPECT_EQ(part->ciphertext.size(), static_cast<std::size_t>(part->hashes.size_class_bytes) + kCipherOverheadBytes);
    auto back = open_sealed(part->ciphertext, part->content_key.view(), part->hashes);
    ASSERT_TRUE(back) << back.error().to_string();
    EXPECT_EQ(from_base64url(back->find("salt")->as_string())->size(), kSaltBytes);
    back->erase("salt");
    EXPECT_EQ(*back, payload_of(size));
  }
}

// The page docs/format/sealed.md shows these values.
TEST(SealedTest, GoldenBytes) {
  SeededRandom random(1);
  const SealedPart part = seal(Json::object({{"note", "heard from the mill"}}), random).value();
  EXPECT_EQ(part.hashes.size_class_bytes, 256);
  EXPECT_EQ(part.hashes.payload.hex(), "01506b9a4f1818b288d691aea3d16b42cbf4f190feb74655fbfc52dbfd4cc6ad");
  EXPECT_EQ(part.hashes.ciphertext.hex(), "33a6c176046c89508374f98583298296dd3fcb215e24969dfdd085d0a7d4f4fc");
  EXPECT_EQ(part.hashes.content_key.hex(), "dc0cfd82d30910a549514767c321142f8daf7f6f1d0d1aa3ad7899db10ed2ba1");
}

TEST(SealedTest, SameTextTwiceLooksDifferent) {
  SeededRandom random(1);
  const SealedPart a = seal(payload_of(3), random).value();
  const SealedPart b = seal(payload_of(3), random).value();
  EXPECT_NE(a.hashes.payload, b.hashes.payload);
  EXPECT_NE(a.hashes.ciphertext, b.hashes.ciphertext);
  EXPECT_NE(a.hashes.content_key, b.hashes.content_key);
}

TEST(SealedTest, WrongPayloadsAreNotSealed) {
  SeededRandom random(1);
  EXPECT_EQ(seal(Json::array(), random).error().code, ErrorCode::kBadSealedPart);
  EXPECT_EQ(seal(Json::object({{"salt", "mine"}}), random).error().code, ErrorCode::kBadSealedPart);
  EXPECT_EQ(seal(Json::object({{"note", "\xff"}}), random).error().code, ErrorCode::kEncoding);
}

TEST(SealedTest, EveryHashIsChecked) {
  SeededRandom random(1);
  const SealedPart part = seal(payload_of(3), random).value();
  const SealedPart other = seal(payload_of(3), random).value();
  const auto code = [&](std::string ciphertext, std::string_view key, SealedHashes hashes) {
    const auto r = open_sealed(ciphertext, key, hashes);
    return r ? ErrorCode::kInvalidArgument : r.error().code;
  };
  std::string flipped = part.ciphertext;
  flipped[100] ^= 1;
  SealedHashes of_flipped = part.hashes;
  of_flipped.ciphertext = sha256(flipped);
  SealedHashes payload = part.hashes;
  payload.payload = other.hashes.payload;
  SealedHashes size = part.hashes;
  size.size_class_bytes = 1024;
  SealedHashes other_key = part.hashes;
  other_key.content_key = other.hashes.content_key;
  EXPECT_EQ(code(flipped, part.content_key.view(), part.hashes), ErrorCode::kBadSealedPart);
  EXPECT_EQ(code(flipped, part.content_key.view(), of_flipped), ErrorCode::kBadSealedPart);
  EXPECT_EQ(code(part.ciphertext, other.content_key.view(), part.hashes), ErrorCode::kBadSealedPart);
  EXPECT_EQ(code(part.ciphertext, other.content_key.view(), other_key), ErrorCode::kBadSealedPart);
  EXPECT_EQ(code(part.ciphertext, part.content_key.view(), payload), ErrorCode::kBadSealedPart);
  EXPECT_EQ(code(part.ciphertext, part.content_key.view(), size), ErrorCode::kBadSealedPart);
  EXPECT_EQ(code("", "", part.hashes), ErrorCode::kBadSealedPart);
}

TEST(SealedStoreTest, KeptAcrossOpeningAndNeverInTheClear) {
  const TemporaryFolder node;
  SeededRandom random(1);
  std::vector<SealedPart> parts;
  for (std::size_t i = 0; i < 20; ++i) parts.push_back(seal(payload_of(i * 37), random).value());
  {
    auto store = SealedStore::open(system_files(), node.path(), private_key()).value();
    ASSERT_TRUE(store.put(std::span(parts).first(1), random));
    ASSERT_TRUE(store.put(std::span(parts).subspan(1), random));
    EXPECT_TRUE(store.get(parts[0].hashes));
  }
  const auto store = SealedStore::open(system_files(), node.path(), private_key()).value();
  EXPECT_EQ(store.key_count(), 20U);
  for (const SealedPart& p : parts) {
    const auto payload = store.get(p.hashes);
    ASSERT_TRUE(payload) << payload.error().to_string();
    EXPECT_EQ(payload->find("observer")->as_string(), kPlanted);
    EXPECT_FALSE(found_in(node.path(), std::string(p.content_key.view())));
  }
  EXPECT_FALSE(found_in(node.path(), kPlanted));
}

TEST(SealedStoreTest, AnotherPrivateKeyOpensNothing) {
  const TemporaryFolder node;
  SeededRandom random(1);
  std::vector<SealedPart> parts;
  parts.push_back(seal(payload_of(5), random).value());
  auto store = SealedStore::open(system_files(), node.path(), private_key()).value();
  ASSERT_TRUE(store.put(parts, random));
  const auto other = SealedStore::open(system_files(), node.path(), Secret::copy_of(std::string(32, '\x06'))).value();
  EXPECT_EQ(other.get(parts[0].hashes).error().code, ErrorCode::kBadSealedPart);
}

TEST(SealedStoreTest, ErasedPartIsGoneAndTheOthersStay) {
  const TemporaryFolder node;
  SeededRandom random(1);
  std::vector<SealedPart> parts;
  for (int i = 0; i < 3; ++i) parts.push_back(seal(payload_of(5), random).value());
  auto store = SealedStore::open(system_files(), node.path(), private_key()).value();
  ASSERT_TRUE(store.put(parts, random));
  ASSERT_TRUE(store.erase(parts[1].hashes));
  ASSERT_TRUE(store.erase(parts[1].hashes)) << "twice is no fault";
  const auto again = SealedStore::open(system_files(), node.path(), private_key()).value();
  EXPECT_EQ(again.get(parts[1].hashes).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(again.get(parts[0].hashes));
  EXPECT_TRUE(again.get(parts[2].hashes));
  EXPECT_FALSE(fs::exists(node / ("sealed/" + parts[1].hashes.ciphertext.hex())));
}

TEST(SealedStoreTest, TornKeyRecordIsWrittenOver) {
  const TemporaryFolder node;
  SeededRandom random(1);
  std::vector<SealedPart> parts;
  for (int i = 0; i < 2; ++i) parts.push_back(seal(payload_of(5), random).value());
  auto store = SealedStore::open(system_files(), node.path(), private_key()).value();
  ASSERT_TRUE(store.put(std::span(parts).first(1), random));
  std::ofstream(node / "private/wrapped-keys", std::ios::app | std::ios::binary) << "torn";
  auto again = SealedStore::open(system_files(), node.path(), private_key()).value();
  ASSERT_TRUE(again.put(std::span(parts).subspan(1), random));
  const auto third = SealedStore::open(system_files(), node.path(), private_key()).value();
  EXPECT_TRUE(third.get(parts[0].hashes));
  EXPECT_TRUE(third.get(parts[1].hashes));
}

TEST(SealedStoreTest, EveryStepFailsOrIsTheLastAndWhatWasPutStays) {
  const std::uint64_t seed = logged_seed();
  SeededRandom random(1);
  std::vector<SealedPart> parts;
  for (int i = 0; i < 12; ++i) parts.push_back(seal(payload_of(5), random).value());
  for (const bool power : {false, true}) {
    for (std::uint64_t n = 1;; ++n) {
      const TemporaryFolder node;
      FaultyFileSystem files(system_files(), seed + n);
      power ? files.cut_power_after(n) : files.fail_at(n);
      std::size_t put = 0;
      if (auto store = SealedStore::open(files, node.path(), private_key())) {
        if (store->put(std::span(parts).first(1), random)) put = 1;
        if (put == 1 && store->put(std::span(parts).subspan(1), random)) put = parts.size();
      }
      const bool struck = files.struck();
      files.power_on();
      const auto store = SealedStore::open(system_files(), node.path(), private_key()).value();
      for (std::size_t i = 0; i < put; ++i) {
        ASSERT_TRUE(store.get(parts[i].hashes)) << "step " << n << " " << files.struck_step() << " part " << i;
      }
      for (const SealedPart& p : parts) {  // a ciphertext that is there is whole
        const auto bytes = system_files().read(node / ("sealed/" + p.hashes.ciphertext.hex()), 1 << 20);
        if (bytes) {
          ASSERT_EQ(sha256(*bytes), p.hashes.ciphertext);
        }
      }
      if (!struck) break;
    }
  }
}

TEST(SealedStoreTest, RewrappedKeysOpenUnderTheNextKeyAlone) {
  const TemporaryFolder node;
  SeededRandom random(1);
  const Secret next = Secret::copy_of(std::string(32, '\x06'));
  std::vector<SealedPart> parts;
  for (int i = 0; i < 5; ++i) parts.push_back(seal(payload_of(9), random).value());
  ASSERT_TRUE(SealedStore::open(system_files(), node.path(), private_key())->put(std::span(parts).first(4), random));
  {
    auto store = SealedStore::open(system_files(), node.path(), private_key(), &next).value();
    ASSERT_TRUE(store.put(std::span(parts).last(1), random));
    for (const SealedPart& p : parts) EXPECT_TRUE(store.get(p.hashes)) << "both keys open";
    ASSERT_TRUE(store.rewrap(random));
    ASSERT_TRUE(store.rewrap(random));
    EXPECT_EQ(store.content_key(parts[0].hashes)->view(), parts[0].content_key.view());
    EXPECT_EQ(store.ciphertext(parts[0].hashes).value(), parts[0].ciphertext);
  }
  const auto old = SealedStore::open(system_files(), node.path(), private_key()).value();
  const auto now = SealedStore::open(system_files(), node.path(), next).value();
  for (const SealedPart& p : parts) {
    EXPECT_EQ(old.get(p.hashes).error().code, ErrorCode::kBadSealedPart);
    EXPECT_TRUE(now.get(p.hashes));
  }
  EXPECT_TRUE(now.holds_any(parts[0].hashes));
  EXPECT_FALSE(now.holds_any(seal(payload_of(9), random)->hashes));
}

TEST(PrivateStoreTest, ReadsBackAndRefusesChangesAndOtherNames) {
  const TemporaryFolder node;
  SeededRandom random(1);
  ASSERT_TRUE(write_private(system_files(), node.path(), "drafts", kPlanted, private_key(), random));
  EXPECT_EQ(read_private(system_files(), node.path(), "drafts", private_key()).value(), kPlanted);
  EXPECT_FALSE(found_in(node.path(), kPlanted));
  EXPECT_EQ(read_private(system_files(), node.path(), "accounts", private_key()).error().code, ErrorCode::kNotFound);
  fs::copy(node / "private/drafts", node / "private/accounts");
  EXPECT_EQ(read_private(system_files(), node.path(), "accounts", private_key()).error().code,
            ErrorCode::kBadSealedPart);
  EXPECT_EQ(read_private(system_files(), node.path(), "drafts", Secret::copy_of(std::string(32, 'x'))).error().code,
            ErrorCode::kBadSealedPart);
  for (const char* name : {"", "../keys", "A", "wrapped-keys"}) {
    EXPECT_EQ(write_private(system_files(), node.path(), name, "x", private_key(), random).error().code,
              ErrorCode::kInvalidArgument)
        << name;
  }
}

TEST(BlobStoreTest, PutsOnceAndChecksOnReading) {
  const TemporaryFolder node;
  BlobStore blobs(system_files(), node / "blobs");
  const Hash h = blobs.put("ring").value();
  EXPECT_EQ(h, sha256("ring"));
  EXPECT_EQ(blobs.put("ring").value(), h);
  EXPECT_EQ(blobs.get(h).value(), "ring");
  std::vector<std::string> many = {"ring"};
  for (int i = 0; i < 30; ++i) many.push_back("blob " + std::to_string(i / 2));
  const auto hashes = blobs.put_all(many).value();
  for (std::size_t i = 0; i < many.size(); ++i) EXPECT_EQ(blobs.get(hashes[i]).value(), many[i]);
  EXPECT_EQ(std::distance(fs::directory_iterator(node / "blobs"), fs::directory_iterator()), 16);
  ASSERT_TRUE(system_files().write(blobs.path(h), "Ring"));
  EXPECT_EQ(blobs.get(h).error().code, ErrorCode::kBadBlob);
  EXPECT_EQ(blobs.get(sha256("none")).error().code, ErrorCode::kMissingBlob);
  EXPECT_EQ(blobs.put(std::string((64U << 20) + 1, 'x')).error().code, ErrorCode::kLimit);
}

TEST(SecretTest, CannotBeCopiedAndLeavesTheSourceEmpty) {
  static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
  static_assert(std::is_nothrow_move_constructible_v<Secret>);
  std::string bytes = "twelve bytes and many more than those";
  const Secret s = Secret::from(std::move(bytes));
  EXPECT_TRUE(bytes.empty());  // NOLINT: that it is wiped is the point
  EXPECT_EQ(s.size(), 37U);
}

}  // namespace
}  // namespace truce::record
