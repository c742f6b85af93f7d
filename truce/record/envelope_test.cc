// SPDX-License-Identifier: Apache-2.0

#include "truce/record/envelope.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "truce/base/encoding.h"
#include "truce/base/file_testing.h"
#include "truce/record/entry_scan.h"
#include "truce/record/record_testing.h"
#include "truce/record/sealed_size.h"

namespace truce::record {
namespace {

std::vector<Hash> sorted_hashes(std::initializer_list<std::string_view> of) {
  std::vector<Hash> out;
  for (const std::string_view s : of) out.push_back(sha256(s));
  std::sort(out.begin(), out.end());
  return out;
}

// With every member that an envelope may have.
Envelope full_envelope() {
  Envelope e = test_statement(7);
  e.mechanism_version = 2;
  e.required_blobs = sorted_hashes({"ring", "belt"});
  e.optional_blobs = sorted_hashes({"photo"});
  e.references = {{"import", {{{"un", "main"}, 3}, sha256("leaf 3")}},
                  {"corrects", {{{"un", "desk-2"}, 17}, sha256("leaf 17")}}};
  e.sealed = SealedHashes{sha256("payload"), sha256("ciphertext"), sha256("key"), 1024};
  e.signatures = {{sha256("officer").base64url(), std::string(64, 'S')}};
  return e;
}

Envelope small_envelope() {
  Envelope e;
  e.type = "note";
  e.mechanism = sha256("an invented mechanism");
  e.author = {"un", "main"};
  e.recorded = Instant{1'500'000'000'000};
  e.body = Json::object({{"text", "quiet"}});
  return e;
}

// The page docs/format/envelope.md shows these bytes.
TEST(EnvelopeTest, GoldenBytes) {
  EXPECT_EQ(encode(small_envelope()).value(), R"({"author":"un/main","body":{"text":"quiet"},"mechanism":)"
                                              R"("2fa021e2ab85279edc550f4fcb15d025f805421b25bf60e221b95b6a76bbc0c6",)"
                                              R"("mechanism_version":0,"recorded":1500000000000,"type":"note","v":1})");
  EXPECT_EQ(leaf_hash(encode(small_envelope()).value()).hex(),
            "d355f68a04712b0f4785bfcc70f571267cd991cedbc6535bc65e3ca8d68e0483");
  EXPECT_EQ(encode(full_envelope()).value(),
            R"({"author":"un/main","blobs":{"optional":["VcZND81vnV98goCThX4_39poR4u06b0k1IHvORx4BOg"],"requir)"
            R"(ed":["Frl0WDFV_csR-2gyo3vgnBjHrOy_s1LCWjVRK_11WjM","X08EXTF8a7TM5ejEidwObYoxUi7A6v9TENWMdAM-eWY)"
            R"("]},"body":{"count":{"best":3,"high":5,"low":2},"from":1499999000000,"id":"post-4-7","kind":"sh)"
            R"(elling","lat":359000007,"lon":366000000,"means":"heard","radius_m":500,"to":1499999600000},"by")"
            R"(:"desk-2","mechanism":"2fa021e2ab85279edc550f4fcb15d025f805421b25bf60e221b95b6a76bbc0c6","mecha)"
            R"(nism_version":2,"recorded":1500000000007,"refs":[{"id":"un/main/3","leaf":"ym5liNVdWKcOC03mDC2r)"
            R"(HkV0u5fWj6iGeYUqXaqp2wI","rel":"import"},{"id":"un/desk-2/17","leaf":"Kahz_nqih02et2FzjC_L34ewE)"
            R"(R1NzlalhS_Llau3jWY","rel":"corrects"}],"sealed":{"ciphertext":"MFUx3MUOvKMc8dWzHp_HbtUfZrO23VoD)"
            R"(DGU5rmUy-Xk","content_key":"LHDhK3oGRvkiefQnx7OOczTY5Tic_xZ6HcMOc_gmtoM","payload":"I59Z7VXnN8d)"
            R"(xR89VrQwbAwttfudIp0JpUvm4UtWpNeU","size":1024},"signatures":[{"key":"1x8L1iPl4LQOtLQ1UJHQV9XkBk)"
            R"(Th5s2hazMhP4rnVB8","sig":"U1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU)"
            R"(1NTU1NTU1NTU1NTUw"}],"type":"report","v":1})");
  EXPECT_EQ(sha256(signed_bytes(full_envelope()).value()).hex(),
            "511a58335272a3e919d1648f5dd7bf2ff333a64f5e641ca15ff48c1ef227e0a0");
}

TEST(EnvelopeTest, DecodeGivesBackWhatWasEncoded) {
  for (const Envelope& e : {small_envelope(), full_envelope(), test_statement(1)}) {
    const std::string bytes = encode(e).value();
    const auto back = decode(bytes);
    ASSERT_TRUE(back) << back.error().to_string();
    EXPECT_EQ(*back, e);
    EXPECT_EQ(encode(*back).value(), bytes);
  }
}

TEST(EnvelopeTest, SignedBytesLeaveSignaturesOut) {
  Envelope e = full_envelope();
  const std::string with = signed_bytes(e).value();
  e.signatures.clear();
  EXPECT_EQ(signed_bytes(e).value(), with);
  EXPECT_EQ(with, "truce statement v1\n" + encode(e).value());
}

TEST(EnvelopeTest, ReferenceFindsTheFirstOfARelation) {
  const Envelope e = full_envelope();
  EXPECT_EQ(e.reference("corrects")->id.index, 17U);
  EXPECT_EQ(e.reference("withdraws"), nullptr);
}

TEST(EnvelopeTest, WrongValuesAreNotEncoded) {
  struct Case {
    const char* name;
    void (*spoil)(Envelope&);
    ErrorCode code;
  };
  const Case cases[] = {
      {"type in capitals", [](Envelope& e) { e.type = "Report"; }, ErrorCode::kInvalidEnvelope},
      {"no type", [](Envelope& e) { e.type.clear(); }, ErrorCode::kInvalidEnvelope},
      {"author without log", [](Envelope& e) { e.author.log.clear(); }, ErrorCode::kInvalidEnvelope},
      {"version below 0", [](Envelope& e) { e.mechanism_version = -1; }, ErrorCode::kInvalidEnvelope},
      {"by with a space", [](Envelope& e) { e.by = "desk 2"; }, ErrorCode::kInvalidEnvelope},
      {"recorded in year 10000", [](Envelope& e) { e.recorded.ms = Instant::kMax + 1; }, ErrorCode::kInvalidEnvelope},
      {"body is a list", [](Envelope& e) { e.body = Json::array(); }, ErrorCode::kInvalidEnvelope},
      {"size class 300", [](Envelope& e) { e.sealed->size_class_bytes = 300; }, ErrorCode::kInvalidEnvelope},
      {"blobs not in order", [](Envelope& e) { std::reverse(e.required_blobs.begin(), e.required_blobs.end()); },
       ErrorCode::kInvalidEnvelope},
      {"blob twice", [](Envelope& e) { e.optional_blobs.push_back(e.optional_blobs[0]); }, ErrorCode::kInvalidEnvelope},
      {"too many blobs",
       [](Envelope& e) {
         for (std::uint8_t i = 0; i < 65; ++i) {
           e.required_blobs.resize(i + 1U);
           e.required_blobs[i] = Hash{};
           e.required_blobs[i].bytes[0] = i;
         }
       },
       ErrorCode::kInvalidEnvelope},
      {"reference twice", [](Envelope& e) { e.references.push_back(e.references[0]); }, ErrorCode::kInvalidEnvelope},
      {"relation with a slash", [](Envelope& e) { e.references[0].relation = "a/b"; }, ErrorCode::kInvalidEnvelope},
      {"index beyond 2^53", [](Envelope& e) { e.references[0].target.id.index = 1ULL << 53; },
       ErrorCode::kInvalidEnvelope},
      {"signature of 63 bytes", [](Envelope& e) { e.signatures[0].signature.pop_back(); }, ErrorCode::kInvalidEnvelope},
      {"key id that is none", [](Envelope& e) { e.signatures[0].key_id = "key"; }, ErrorCode::kInvalidEnvelope},
      {"one key signs twice", [](Envelope& e) { e.signatures.push_back(e.signatures[0]); },
       ErrorCode::kInvalidEnvelope},
      {"text that is not UTF-8", [](Envelope& e) { e.body.set("text", "\xff"); }, ErrorCode::kEncoding},
      {"too deep",
       [](Envelope& e) {
         Json j = 1;
         for (int i = 0; i < 15; ++i) {
           Json a = Json::array();
           a.push_back(j);
           j = a;
         }
         e.body.set("deep", j);
       },
       ErrorCode::kLimit},
      {"too long", [](Envelope& e) { e.body.set("text", std::string(65'000, 'x')); }, ErrorCode::kLimit},
  };
  for (const Case& c : cases) {
    Envelope e = full_envelope();
    c.spoil(e);
    const auto bytes = encode(e);
    ASSERT_FALSE(bytes) << c.name;
    EXPECT_EQ(bytes.error().code, c.code) << c.name;
  }
  Envelope deep = small_envelope();
  Json j = 1;
  for (int i = 0; i < 14; ++i) {
    Json a = Json::array();
    a.push_back(j);
    j = a;
  }
  deep.body.set("deep", j);
  EXPECT_EQ(decode(encode(deep).value()).value(), deep) << "as deep as it may be";
}

// Bytes of full_envelope() with one thing replaced.
TEST(EnvelopeTest, WrongBytesAreRefused) {
  struct Case {
    const char* name;
    const char* from;
    const char* to;
    ErrorCode code;
  };
  const Case cases[] = {
      {"unknown member", ",\"type\":", ",\"tide\":1,\"type\":", ErrorCode::kInvalidEnvelope},
      {"version 2", "\"v\":1}", "\"v\":2}", ErrorCode::kInvalidEnvelope},
      {"no version", ",\"v\":1}", "}", ErrorCode::kInvalidEnvelope},
      {"no author", "\"author\":\"un/main\",", "", ErrorCode::kInvalidEnvelope},
      {"author with an index", "un/main\",\"blobs", "un/main/3\",\"blobs", ErrorCode::kInvalidEnvelope},
      {"empty by", "\"by\":\"desk-2\"", "\"by\":\"\"", ErrorCode::kInvalidEnvelope},
      {"body missing", "\"body\":{", "\"bodx\":{", ErrorCode::kInvalidEnvelope},
      {"mechanism in capitals", "\"mechanism\":\"2fa", "\"mechanism\":\"2FA", ErrorCode::kInvalidEnvelope},
      {"recorded as text", "\"recorded\":1500000000007", "\"recorded\":\"1500000000007\"", ErrorCode::kInvalidEnvelope},
      {"index with leading zero", "un/desk-2/17", "un/desk-2/017", ErrorCode::kInvalidEnvelope},
      {"unknown member of sealed", "\"size\":1024", "\"size\":1024,\"sort\":1", ErrorCode::kInvalidEnvelope},
      {"size as text", "\"size\":1024", "\"size\":\"1024\"", ErrorCode::kInvalidEnvelope},
      {"unknown blobs", "\"blobs\":{\"optional\"", "\"blobs\":{\"optionak\"", ErrorCode::kInvalidEnvelope},
      {"empty list", "\"refs\":[", "\"refs\":[],\"refx\":[", ErrorCode::kInvalidEnvelope},
      {"white space", "\"v\":1}", "\"v\": 1}", ErrorCode::kNotCanonical},
      {"bytes behind", "\"v\":1}", "\"v\":1}\n", ErrorCode::kNotCanonical},
      {"members out of order", ",\"type\":\"report\",\"v\":1}", ",\"v\":1,\"type\":\"report\"}",
       ErrorCode::kNotCanonical},
      {"fraction", "\"size\":1024", "\"size\":1024.0", ErrorCode::kNotCanonical},
  };
  const std::string good = encode(full_envelope()).value();
  for (const Case& c : cases) {
    std::string bytes = good;
    const std::size_t at = bytes.find(c.from);
    ASSERT_NE(at, std::string::npos) << c.name;
    bytes.replace(at, std::string_view(c.from).size(), c.to);
    const auto bad = decode(bytes);
    ASSERT_FALSE(bad) << c.name;
    EXPECT_EQ(bad.error().code, c.code) << c.name << ": " << bad.error().to_string();
    EntryScan scan;
    EXPECT_FALSE(scan_entry(bytes, scan)) << c.name;
  }
  EXPECT_NE(decode(R"({"v":7})").error().message.find("version 7 is not known to this program"), std::string::npos);
  for (const char* bytes : {"", "null", "[]", "{}", "{\"v\":1}", "{\"v\":\"1\"}"}) {
    EXPECT_FALSE(decode(bytes)) << bytes;
  }
  EXPECT_EQ(decode(std::string(65'536, ' ')).error().code, ErrorCode::kLimit);
}

TEST(EnvelopeTest, EmptyBlobsAndEmptyListsHaveOneSpelling) {
  std::string bytes = encode(small_envelope()).value();
  for (const char* member : {",\"blobs\":{}", ",\"blobs\":{\"required\":[]}"}) {
    std::string other = bytes;
    other.insert(other.find(",\"body\""), member);
    EXPECT_EQ(decode(other).error().code, ErrorCode::kInvalidEnvelope) << member;
  }
}

// ---- the quick scan ----

// The scan may say "not sure" where decode() says yes, but never yes where decode() says no.
void agrees(std::string_view entry) {
  EntryScan scan;
  if (!scan_entry(entry, scan)) return;
  const auto e = decode(entry);
  ASSERT_TRUE(e) << e.error().to_string() << "\n" << entry;
  ASSERT_EQ(scan.author, e->author.to_string());
  ASSERT_EQ(scan.mechanism, e->mechanism.hex());
  ASSERT_EQ(scan.type, e->type);
  ASSERT_EQ(scan.ciphertext, e->sealed ? e->sealed->ciphertext.base64url() : std::string());
  std::string required;
  for (const Hash& h : e->required_blobs) required += (required.empty() ? "\"" : ",\"") + h.base64url() + '"';
  ASSERT_EQ(scan.required, required);
}

TEST(EntryScanTest, IsSureOfWhatWeWrite) {
  Envelope unsigned_full = full_envelope();
  unsigned_full.signatures.clear();
  Envelope arabic = test_statement(2);
  arabic.body.set("text", "\xd9\x87\xd8\xaf\xd9\x88\xd8\xa1 quiet\n");
  arabic.body.set("zlist", Json::parse_canonical(R"([true,false,null,-12,0,"",[],{}])").value());
  Envelope plain_arabic = test_statement(2);
  plain_arabic.body.set("text", "\xd9\x87\xd8\xaf\xd9\x88\xd8\xa1");
  for (const Envelope& e : {small_envelope(), unsigned_full, test_statement(1), plain_arabic}) {
    EntryScan scan;
    EXPECT_TRUE(scan_entry(encode(e).value(), scan)) << encode(e).value();
    agrees(encode(e).value());
  }
  agrees(encode(arabic).value());
}

TEST(EntryScanTest, NeverSaysYesWhereDecodeSaysNo) {
  const std::uint64_t seed = logged_seed();
  SeededNumbers random(seed);
  Envelope rich = full_envelope();
  rich.signatures.clear();
  rich.body.set("quote", "a \"b\" \\ \n \x01 \x7f");
  rich.body.set("text", "\xd9\x87\xd8\xaf e\xcc\x81");
  rich.body.set("list", Json::parse_canonical(R"([1,[2,{"a":-3}],{"b":[],"c":{}},9007199254740991,"x"])").value());
  Envelope composed = rich;
  composed.body.set("text", "\xc3\xa9");
  const std::string bases[] = {encode(composed).value(), encode(test_statement(3)).value(),
                               encode(small_envelope()).value()};
  const std::string pieces[] = {"\"",  "\\",      ",",       ":",        "{",         "}",    "[",       "]",
                                "0",   "-",       "9",       "e",        ".",         " ",    "\\u0001", "\\n",
                                "\\/", "\\u000a", "\\u001F", "\xc3\xa9", "e\xcc\x81", "\xff", "null",    "true",
                                "A",   "_",       "\x01",    "01",       "-0"};
  std::uint64_t sure = 0;
  for (int round = 0; round < 300'000; ++round) {
    std::string bytes = bases[random.below(3)];
    for (std::uint64_t n = 1 + random.below(2); n > 0; --n) {
      const std::size_t at = random.below(bytes.size());
      switch (random.below(4)) {
        case 0: bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8))); break;
        case 1: bytes.insert(at, pieces[random.below(std::size(pieces))]); break;
        case 2: bytes.erase(at, 1 + random.below(3)); break;
        default: bytes.replace(at, 1, pieces[random.below(std::size(pieces))]);
      }
      if (bytes.empty()) break;
    }
    EntryScan scan;
    sure += scan_entry(bytes, scan) ? 1 : 0;
    agrees(bytes);
    if (HasFatalFailure()) FAIL() << "seed " << seed;
  }
  EXPECT_GT(sure, 10'000U) << "too few mutants were accepted to prove anything";
}

TEST(SealedSizeTest, ClassesAreTheSmallestThatHoldPayloadAndMark) {
  EXPECT_EQ(sealed_size_class(0), 256);
  EXPECT_EQ(sealed_size_class(255), 256);
  EXPECT_EQ(sealed_size_class(256), 1024);
  EXPECT_EQ(sealed_size_class(16'384), 65'536);
  EXPECT_EQ(sealed_size_class(65'535), 65'536);
  EXPECT_EQ(sealed_size_class(65'536), 131'072);
  EXPECT_EQ(sealed_size_class(kSealedPaddedBytesMax - 1), kSealedPaddedBytesMax);
  EXPECT_EQ(sealed_size_class(kSealedPaddedBytesMax), 0);
  for (std::int64_t n = 0; n < 200'000; n += 251) EXPECT_TRUE(is_sealed_size_class(sealed_size_class(n)));
  for (const std::int64_t n : {-65'536, 0, 1, 255, 257, 8192, 65'537}) EXPECT_FALSE(is_sealed_size_class(n)) << n;
}

}  // namespace
}  // namespace truce::record
