// SPDX-License-Identifier: Apache-2.0

#include "truce/record/cosignature.h"

#include <gtest/gtest.h>

#include "truce/base/encoding.h"
#include "truce/record/signing.h"

namespace truce::record {
namespace {

const std::string kLogSeed(32, '\x07');
const std::string kSeedA(32, '\x11'), kSeedB(32, '\x12');
const std::string kOrigin = "truce/example/un/main";
constexpr Instant kNow{1'800'000'000'123};

Cosigner a() {
  return {"truce/example/a", ed25519_public_key(kSeedA)};
}
Cosigner b() {
  return {"truce/example/b", ed25519_public_key(kSeedB)};
}

SignedNote note() {
  return SignedNote::parse(sign_checkpoint({kOrigin, 3, sha256("root"), {}}, kLogSeed)).value();
}

// docs/format/receipt.md.
TEST(CosignatureTest, BytesArePinned) {
  SignedNote n = note();
  n.signatures.push_back(cosign(a(), kSeedA, n.text, kNow));
  EXPECT_EQ(sha256(n.to_bytes()).hex(), "e38e91e9d84d530c8159ca65ff09756bede1d52c47ce585e8ef938af02c6e931");
  EXPECT_EQ(a().verifier_key(), "truce/example/a+9c4c687c+BNBKsjJ0K7SrOhNovUYV5ObQIkq3GgFrr4UgozLJd4c3");
  EXPECT_EQ(cosigned_at(n, a(), kNow), Instant{1'800'000'000'000});
  EXPECT_FALSE(cosigned_at(n, b(), kNow));
}

TEST(CosignatureTest, OneChangedBitIsNone) {
  const SignedNote good = [] {
    SignedNote n = note();
    n.signatures = {cosign(a(), kSeedA, n.text, kNow)};
    return n;
  }();
  for (std::size_t i = 0; i < good.signatures[0].signature.size(); ++i) {
    SignedNote n = good;
    n.signatures[0].signature[i] = static_cast<char>(n.signatures[0].signature[i] ^ 1);
    EXPECT_FALSE(cosigned_at(n, a(), Instant{Instant::kMax})) << i;
  }
  SignedNote n = good;
  n.text.replace(n.text.find("\n3\n"), 3, "\n4\n");
  EXPECT_FALSE(cosigned_at(n, a(), kNow)) << "another size";
  n = good;
  n.signatures[0].name = "truce/example/c";
  EXPECT_FALSE(cosigned_at(n, a(), kNow)) << "another name";
}

TEST(CosignatureTest, FromTheFutureIsNone) {
  SignedNote n = note();
  n.signatures.push_back(cosign(a(), kSeedA, n.text, Instant{kNow.ms + kCosignatureAheadMsMax + 2000}));
  EXPECT_FALSE(cosigned_at(n, a(), kNow));
  n.signatures.push_back(cosign(a(), kSeedA, n.text, Instant{kNow.ms - 5000}));
  EXPECT_EQ(cosigned_at(n, a(), kNow), Instant{1'799'999'995'000}) << "the older one counts";
}

// A quorum is a number of keys: neither repeated lines nor names nor a list that repeats itself make one.
TEST(CosignatureTest, QuorumsAreCountedByKeys) {
  SignedNote n = note();
  n.signatures.push_back(cosign(a(), kSeedA, n.text, kNow));
  n.signatures.push_back(cosign(a(), kSeedA, n.text, Instant{kNow.ms - 1000}));
  const Cosigner alias{"truce/example/alias", a().public_key};
  n.signatures.push_back(cosign(alias, kSeedA, n.text, kNow));
  const Cosigner all[] = {a(), alias, b(), a()};
  EXPECT_EQ(count_cosigned(n, all, kNow), 1U);
  n.signatures.push_back(cosign(b(), kSeedB, n.text, kNow));
  EXPECT_EQ(count_cosigned(n, all, kNow), 2U);
  // The log's own key as a cosigner under the log's own signature: another algorithm, another id.
  const Cosigner log{kOrigin, ed25519_public_key(kLogSeed)};
  EXPECT_EQ(count_cosigned(n, {&log, 1}, kNow), 0U);
}

TEST(CosignatureTest, MergingKeepsTheNewestOfEachAndTheLogsOwn) {
  SignedNote one = note(), two = note();
  one.signatures.push_back(cosign(a(), kSeedA, one.text, Instant{kNow.ms - 5000}));
  one.signatures.push_back({"truce/example/stranger", "abcd", std::string(72, 'x')});
  two.signatures.insert(two.signatures.begin(), cosign(b(), kSeedB, one.text, kNow));
  two.signatures.push_back(cosign(a(), kSeedA, one.text, kNow));
  const SignedNote notes[] = {one, two};
  const Cosigner all[] = {a(), b()};
  const SignedNote merged = merge_signatures(notes, kOrigin, ed25519_public_key(kLogSeed), all, kNow);
  ASSERT_EQ(merged.signatures.size(), 3U);
  EXPECT_EQ(merged.signatures[0].name, kOrigin);
  EXPECT_EQ(merged.signatures[1].name, "truce/example/a");
  EXPECT_EQ(cosigned_at(merged, a(), kNow), Instant{1'800'000'000'000});
  EXPECT_EQ(count_cosigned(merged, all, kNow), 2U);
  EXPECT_TRUE(open_checkpoint(merged.to_bytes(), kOrigin, ed25519_public_key(kLogSeed)));
}

// A megabyte of signatures, or as many lines as a note may have: refused, or counted in bounded time.
TEST(CosignatureTest, ManySignaturesAreNoQuorum) {
  std::string bytes = note().to_bytes();
  const std::string line = "\xe2\x80\x94 truce/example/a " + to_base64(std::string(76, 'x')) + '\n';
  while (bytes.size() < 1 << 20) bytes += line;
  EXPECT_EQ(SignedNote::parse(bytes).error().code, ErrorCode::kLimit);
  SignedNote n = note();
  while (n.signatures.size() < kNoteSignatureCountMax)
    n.signatures.push_back({"truce/example/a", a().key_id(), std::string(72, '\0')});
  const Cosigner all[] = {a()};
  EXPECT_EQ(count_cosigned(n, all, kNow), 0U);
}

}  // namespace
}  // namespace truce::record
