// SPDX-License-Identifier: Apache-2.0

#include "truce/record/note.h"

#include <gtest/gtest.h>

#include "truce/base/encoding.h"
#include "truce/record/signing.h"

namespace truce::record {
namespace {

const std::string kSeed(32, '\x07');
const std::string kOrigin = "truce/example/un/main";
const std::string kDash = "\xe2\x80\x94 ";

std::string line_of(const std::string& name, const std::string& raw) {
  return kDash + name + ' ' + to_base64(raw) + '\n';
}

std::string good_checkpoint() {
  return sign_checkpoint({kOrigin, 3, sha256("root"), {}}, kSeed);
}

TEST(NoteTest, SignedCheckpointOpens) {
  const auto c = open_checkpoint(good_checkpoint(), kOrigin, ed25519_public_key(kSeed));
  ASSERT_TRUE(c) << c.error().to_string();
  EXPECT_EQ(*c, (Checkpoint{kOrigin, 3, sha256("root"), {}}));
  EXPECT_EQ(SignedNote::parse(good_checkpoint())->to_bytes(), good_checkpoint());
}

// The example of C2SP signed-note.
TEST(NoteTest, ForeignNoteOfTheSpecificationIsRead) {
  const std::string note =
      "If you think cryptography is the answer to your problem,\n"
      "then you don't know what your problem is.\n"
      "\n" +
      kDash +
      "PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
  const auto parsed = SignedNote::parse(note);
  ASSERT_TRUE(parsed) << parsed.error().to_string();
  EXPECT_EQ(parsed->signatures.at(0).name, "PeterNeumann");
  EXPECT_EQ(to_hex(parsed->signatures[0].key_id), "c74f20a3");
  EXPECT_EQ(parsed->to_bytes(), note);
}

TEST(NoteTest, OtherKeysAndRepeatedLinesAreIgnored) {
  const std::string key = ed25519_public_key(kSeed);
  const std::string good = good_checkpoint();
  const std::string own = good.substr(good.rfind(kDash));
  const std::string text = good.substr(0, good.size() - own.size());
  const std::string witness = line_of("witness.example", std::string(76, 'w'));
  const std::string same_name = line_of(kOrigin, "abcd" + std::string(64, 's'));
  const std::string forged = line_of(kOrigin, key_id(kOrigin, key) + std::string(64, 'f'));
  EXPECT_TRUE(open_checkpoint(text + witness + own, kOrigin, key));
  EXPECT_TRUE(open_checkpoint(text + own + own + own, kOrigin, key));
  EXPECT_TRUE(open_checkpoint(text + same_name + own, kOrigin, key));
  EXPECT_TRUE(open_checkpoint(text + own + forged, kOrigin, key)) << "the first line of the key decides";
  EXPECT_EQ(open_checkpoint(text + forged + own, kOrigin, key).error().code, ErrorCode::kBadSignature);
  EXPECT_EQ(open_checkpoint(text + witness, kOrigin, key).error().code, ErrorCode::kBadSignature);
  EXPECT_EQ(open_checkpoint(text + same_name, kOrigin, key).error().code, ErrorCode::kBadSignature);
}

TEST(NoteTest, OtherOriginOrKeyIsRefused) {
  EXPECT_EQ(open_checkpoint(good_checkpoint(), kOrigin + "-2", ed25519_public_key(kSeed)).error().code,
            ErrorCode::kInvalidNote);
  EXPECT_EQ(open_checkpoint(good_checkpoint(), kOrigin, ed25519_public_key(std::string(32, 'x'))).error().code,
            ErrorCode::kBadSignature);
}

TEST(NoteTest, MalformedNotesAreRefused) {
  const std::string good = good_checkpoint();
  const std::string own = good.substr(good.rfind(kDash));
  const std::string bad[] = {
      "",
      "\n",
      "text\n\n",
      "text\n",
      "text\n" + own,
      good.substr(0, good.size() - 1),
      good + "\n",
      good + "x\n",
      "te\rxt\n\n" + own,
      std::string("te\0xt\n\n", 7) + own,
      "te\xff\n\n" + own,
      "text\n\n- un " + to_base64(std::string(68, 's')) + "\n",
      "text\n\n" + kDash + "un\n",
      "text\n\n" + kDash + "un  " + to_base64(std::string(68, 's')) + "\n",
      "text\n\n" + kDash + "u+n " + to_base64(std::string(68, 's')) + "\n",
      "text\n\n" + kDash + "u\xc2\xa0n " + to_base64(std::string(68, 's')) + "\n",
      "text\n\n" + line_of("un", "abcd"),
      "text\n\n" + kDash + "un !!!!\n",
      "text\n\n" + kDash + "un YWJjZGU\n",
  };
  for (const std::string& b : bad) EXPECT_FALSE(SignedNote::parse(b)) << quoted(b);
  std::string many = "text\n\n";
  for (int i = 0; i < 65; ++i) many += line_of("un", std::string(68, 's'));
  EXPECT_EQ(SignedNote::parse(many).error().code, ErrorCode::kLimit);
  EXPECT_EQ(SignedNote::parse(std::string(70'000, 'x')).error().code, ErrorCode::kLimit);
}

TEST(NoteTest, MalformedCheckpointsAreRefused) {
  const std::string root = to_base64(sha256("root").view());
  const std::string bad[] = {
      "",
      "origin",
      "\n3\n" + root + "\n",
      "origin\n",
      "origin\n\n" + root + "\n",
      "origin\n03\n" + root + "\n",
      "origin\n+3\n" + root + "\n",
      "origin\n-3\n" + root + "\n",
      "origin\n3 \n" + root + "\n",
      "origin\n9007199254740992\n" + root + "\n",
      "origin\n99999999999999999999\n" + root + "\n",
      "origin\n3\n" + root.substr(1) + "\n",
      "origin\n3\n" + root.substr(0, 43) + "\n",
      "origin\n3\n" + to_base64("short") + "\n",
      "origin\n3\n" + root,
      "origin\n3\n" + root + "\n\n",
      "origin\n3\n" + root + "\nextension",
  };
  for (const std::string& b : bad) EXPECT_FALSE(Checkpoint::parse_text(b)) << quoted(b);
  EXPECT_EQ(Checkpoint::parse_text("origin\n0\n" + root + "\nsaid too\n")->extensions.at(0), "said too");
}

}  // namespace
}  // namespace truce::record
