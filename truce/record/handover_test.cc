// SPDX-License-Identifier: Apache-2.0

#include "truce/record/handover.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include "truce/base/encoding.h"
#include "truce/record/cipher.h"
#include "truce/record/sealed.h"
#include "truce/record/signing.h"

namespace truce::record {
namespace {

const StatementId kId{{"east", "main"}, 17};

Secret secret_of(char fill) {
  return Secret::copy_of(std::string(32, fill));
}

struct Fixture {
  SeededRandom random{1};
  SealedPart part = seal(Json::object({{"note", "heard from the mill"}}), random).value();
  Secret addressee = secret_of('n');
  std::string wrapped =
      wrap_for(x25519_public_key(addressee.view()), part.content_key, part.hashes.ciphertext, random).value();
};

// The page docs/format/handover.md shows these bytes.
TEST(HandoverTest, GoldenBytes) {
  const Fixture f;
  const Handover h{"east", kId, "north", f.wrapped};
  EXPECT_EQ(h.to_bytes(),
            "{\"from\":\"east\",\"statement\":\"east/main/17\",\"to\":\"north\",\"v\":1,\"wrapped\":"
            "\"-Vhw7uBDkpKAGEMqexv4bP3dJxrD6iAqbOP2HkVaPxgYJ_BBds6wDIG2kqBbY7nIuzOIUJaz6LF"
            "G1jQLVaDkC26GSqu4hHi8lh4JhTBIuCNmp63PalwmwwmOGEFKcfF6VYHh4yrBy8YXtO9Z8aCYOw\"}");
  EXPECT_EQ(sha256(h.to_bytes()).hex(), "d663d4e9dc98dfbd47e1993300dcd163a137577640a9450569364800fe26c5e0");
  const auto back = Handover::parse(h.to_bytes());
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(*back, h);
}

TEST(HandoverTest, GivesTheContentKeyToTheAddresseeAlone) {
  Fixture f;
  const auto key = unwrap(f.wrapped, f.addressee, f.part.hashes);
  ASSERT_TRUE(key) << key.error().to_string();
  EXPECT_EQ(key->view(), f.part.content_key.view());
  EXPECT_FALSE(unwrap(f.wrapped, secret_of('m'), f.part.hashes));
  EXPECT_FALSE(unwrap(f.wrapped, Secret(), f.part.hashes));
  for (std::size_t i = 0; i < f.wrapped.size(); i += 7) {
    std::string other = f.wrapped;
    other[i] = static_cast<char>(other[i] ^ 1);
    EXPECT_FALSE(unwrap(other, f.addressee, f.part.hashes)) << i;
  }
  EXPECT_FALSE(unwrap(f.wrapped.substr(1), f.addressee, f.part.hashes));
  EXPECT_FALSE(unwrap("", f.addressee, f.part.hashes));
  // Each time another ephemeral key.
  EXPECT_NE(
      f.wrapped,
      wrap_for(x25519_public_key(f.addressee.view()), f.part.content_key, f.part.hashes.ciphertext, f.random).value());
}

// What the author's log says is checked, not believed.
TEST(HandoverTest, OtherKeysAndCiphertextsThanStatedAreRefused) {
  Fixture f;
  const std::string to = x25519_public_key(f.addressee.view());
  const auto wrong_key = wrap_for(to, secret_of('x'), f.part.hashes.ciphertext, f.random).value();
  const auto wrong_text = wrap_for(to, f.part.content_key, sha256("other"), f.random).value();
  EXPECT_EQ(unwrap(wrong_key, f.addressee, f.part.hashes).error().code, ErrorCode::kBadSealedPart);
  EXPECT_EQ(unwrap(wrong_text, f.addressee, f.part.hashes).error().code, ErrorCode::kBadSealedPart);
}

TEST(HandoverTest, NothingIsGivenToKeysThatAreNone) {
  Fixture f;
  for (const std::string& key : {std::string(), std::string(31, 'k'), std::string(33, 'k'), std::string(32, '\0')}) {
    const auto w = wrap_for(key, f.part.content_key, f.part.hashes.ciphertext, f.random);
    ASSERT_FALSE(w);
    EXPECT_EQ(w.error().code, ErrorCode::kInvalidArgument);
  }
}

TEST(HandoverTest, RefusesFilesThatAreNone) {
  const Fixture f;
  const std::string good = Handover{"east", kId, "north", f.wrapped}.to_bytes();
  const std::string w64 = to_base64url(f.wrapped);
  const auto with = [&](const std::string& what, const std::string& instead) {
    std::string s = good;
    return s.replace(s.find(what), what.size(), instead);
  };
  const std::string bad[] = {"",
                             "{}",
                             "[]",
                             good + "\n",
                             good.substr(1),
                             with("\"from\":\"east\",", ""),
                             with("\"east\"", "\"East\""),
                             with("\"north\"", "1"),
                             with("\"north\"", "\"../x\""),
                             with("east/main/17", "east/main/017"),
                             with("east/main/17", "east/main"),
                             with("\"v\":1", "\"v\":2"),
                             with("\"v\":1", "\"v\":1,\"w\":1"),
                             with(w64, w64.substr(4)),
                             with(w64, ""),
                             with(w64, std::string(2000, 'A'))};
  for (const std::string& b : bad) EXPECT_FALSE(Handover::parse(b)) << b;
}

// The page docs/format/handover.md shows these bytes.
TEST(HandoverQueryTest, GoldenBytesAndChecks) {
  const Hash mechanism;
  const Instant now{1'500'000'000'000};
  const std::string seed(32, 'c');
  const HandoverQuery q = HandoverQuery::make(mechanism, "north", now, seed);
  EXPECT_EQ(q.to_bytes(),
            R"({"party":"north","signature":"oBZsJ8qPCkE_aEJLeOinjoNiwc7cuT_hMMKEBCXzsT1FIwckyjyaruqjL-z7)"
            R"(ngIJ425pnwXYCZRFVS-RE92ICw","time":1500000000000})");
  const std::string key = ed25519_public_key(seed);
  const HandoverQuery back = HandoverQuery::parse(q.to_bytes()).value();
  for (const std::int64_t off : {0LL, 600'000LL, -600'000LL})
    EXPECT_TRUE(back.check(mechanism, key, Instant{now.ms + off})) << off;
  for (const std::int64_t off : {600'001LL, -600'001LL, 86'400'000LL})
    EXPECT_EQ(back.check(mechanism, key, Instant{now.ms + off}).error().code, ErrorCode::kRefused) << off;
  EXPECT_FALSE(back.check(sha256("other"), key, now));
  EXPECT_FALSE(back.check(mechanism, ed25519_public_key(std::string(32, 'd')), now));
  HandoverQuery other = back;
  other.party = "south";
  EXPECT_FALSE(other.check(mechanism, key, now));
  other = back;
  other.time.ms += 1;
  EXPECT_FALSE(other.check(mechanism, key, now));
  const std::string sig(86, 'A');
  const std::string bad[] = {"",
                             "{}",
                             "[]",
                             R"({"party":"North","signature":")" + sig + R"(","time":1})",
                             R"({"party":"north","signature":"AAAA","time":1})",
                             R"({"party":"north","signature":")" + sig + R"("})",
                             R"({"party":"north","signature":")" + sig + R"(","time":"1"})",
                             R"({"party":"north","signature":")" + sig + R"(","time":1,"v":1})",
                             std::string(5000, ' ')};
  for (const std::string& b : bad) EXPECT_FALSE(HandoverQuery::parse(b)) << b;
}

// The page docs/format/handover.md shows these bytes.
TEST(TakerTest, GoldenBytesAndChecks) {
  const Hash mechanism;
  const std::string seed(32, 'c'), nonce(32, 'n');
  const Taker word = Taker::make(mechanism, "north", true, nonce, seed);
  EXPECT_EQ(word.to_bytes(),
            R"({"awaits":true,"party":"north","signature":"HD7feHXuDaKJ4_BZoZByfGgitA3HFMUJJvqTBHZwc4QZ6B)"
            R"(ApZTVHlUfR4RnL3ah9vT_inwf2F7gJ5oMhnpohAQ","v":1})");
  const Taker back = Taker::parse(word.to_bytes()).value();
  const std::string key = ed25519_public_key(seed);
  EXPECT_TRUE(back.check(mechanism, key, nonce));
  EXPECT_EQ(back.check(mechanism, key, std::string(32, 'm')).error().code, ErrorCode::kRefused);
  EXPECT_FALSE(back.check(sha256("other"), key, nonce));
  EXPECT_FALSE(back.check(mechanism, ed25519_public_key(std::string(32, 'd')), nonce));
  Taker other = back;
  other.party = "south";
  EXPECT_FALSE(other.check(mechanism, key, nonce));
  other = back;
  other.awaits = false;
  EXPECT_FALSE(other.check(mechanism, key, nonce));
  const std::string sig(86, 'A');
  for (const std::string& b : std::initializer_list<std::string>{
           std::string(), std::string("{}"), std::string("[]"),
           R"({"awaits":1,"party":"north","signature":")" + sig + R"(","v":1})",
           R"({"awaits":true,"party":"North","signature":")" + sig + R"(","v":1})",
           R"({"awaits":true,"party":"north","signature":"AAAA","v":1})",
           R"({"awaits":true,"party":"north","signature":")" + sig + R"(","v":2})",
           R"({"awaits":true,"party":"north","signature":")" + sig + R"(","v":1,"x":1})", std::string(5000, ' ')})
    EXPECT_FALSE(Taker::parse(b)) << b;
}

TEST(RevealedTest, ProvesALieAndTheTruth) {
  Fixture f;
  Envelope e;
  e.type = "report";
  e.author = kId.log;
  e.sealed = f.part.hashes;
  const Revealed good{kId, f.part.ciphertext, Secret::copy_of(f.part.content_key.view())};
  EXPECT_EQ(check_revealed(kId, e, good).value(), RevealedVerdict::kTrue);
  // As a file, and back.
  const std::string bytes = good.to_bytes();
  EXPECT_TRUE(bytes.starts_with("{\"ciphertext\":\"")) << bytes;
  const auto back = Revealed::parse(bytes);
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(check_revealed(kId, e, *back).value(), RevealedVerdict::kTrue);

  // The author stated hashes that the part does not have.
  for (int lie = 0; lie < 3; ++lie) {
    Envelope lying = e;
    Revealed revealed{kId, f.part.ciphertext, Secret::copy_of(f.part.content_key.view())};
    if (lie == 0) lying.sealed->payload = sha256("something else");
    if (lie == 1) lying.sealed->size_class_bytes = 1024;
    if (lie == 2) {  // key and ciphertext as stated, but they do not belong together
      revealed.content_key = secret_of('k');
      lying.sealed->content_key = sha256(revealed.content_key.view());
    }
    EXPECT_EQ(check_revealed(kId, lying, revealed).value(), RevealedVerdict::kLie) << lie;
  }

  // Whoever reveals may lie too: that proves nothing.
  Revealed other_key{kId, f.part.ciphertext, secret_of('k')};
  EXPECT_EQ(check_revealed(kId, e, other_key).error().code, ErrorCode::kBadSealedPart);
  Revealed other_text{kId, f.part.ciphertext + "x", Secret::copy_of(f.part.content_key.view())};
  EXPECT_EQ(check_revealed(kId, e, other_text).error().code, ErrorCode::kBadSealedPart);
  EXPECT_EQ(check_revealed({kId.log, 18}, e, good).error().code, ErrorCode::kBadSealedPart);
  Envelope plain = e;
  plain.sealed.reset();
  EXPECT_EQ(check_revealed(kId, plain, good).error().code, ErrorCode::kBadSealedPart);
}

TEST(RevealedTest, RefusesFilesThatAreNone) {
  const std::string key(43, 'A');
  const std::string good = R"({"ciphertext":"AAAA","content_key":")" + key + R"(","statement":"east/main/17","v":1})";
  EXPECT_TRUE(Revealed::parse(good));
  const std::string bad[] = {
      "{}",
      "",
      good.substr(1),
      good + " ",
      R"({"ciphertext":"A","content_key":")" + key + R"(","statement":"east/main/17","v":1})",
      R"({"ciphertext":"AAAA","content_key":"AAAA","statement":"east/main/17","v":1})",
      R"({"ciphertext":"AAAA","content_key":")" + key + R"(","statement":"east","v":1})",
      R"({"ciphertext":"AAAA","content_key":")" + key + R"(","statement":"east/main/17","v":2})"};
  for (const std::string& b : bad) EXPECT_FALSE(Revealed::parse(b)) << b;
}

}  // namespace
}  // namespace truce::record
