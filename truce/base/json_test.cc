// SPDX-License-Identifier: Apache-2.0

#include "truce/base/json.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "truce/base/seed_testing.h"
#include "truce/base/sha256.h"
#include "truce/base/unicode.h"

namespace truce {
namespace {

using namespace std::string_view_literals;

std::string nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']');
}

TEST(JsonTest, CanonicalBytesComeBackAsTheyAre) {
  for (const std::string_view text : {
           "null"sv,
           "true"sv,
           "false"sv,
           "0"sv,
           "1"sv,
           "-1"sv,
           "9007199254740991"sv,
           "-9007199254740991"sv,
           "\"\""sv,
           "\"a\""sv,
           "\"/\""sv,
           "\"\\\"\\\\\\b\\f\\n\\r\\t\""sv,
           "\"\\u0001\\u000b\\u001f\""sv,
           "\"\x7f\""sv,
           "\"\xC3\xA9\""sv,
           "\"\xD8\xA5\xD8\xAF\xD9\x84\xD8\xA8\""sv,
           "\"\xF0\x9F\x95\x8A\""sv,
           "\"\xE2\x80\xA8\""sv,  // U+2028 stands as it is
           "[]"sv,
           "[1,2,3]"sv,
           "[[],{},[null]]"sv,
           "{}"sv,
           "{\"\":0}"sv,
           "{\"a\":1,\"b\":[true,false,null],\"c\":{\"d\":\"e\"}}"sv,
           "{\"A\":0,\"a\":0,\"aa\":0,\"b\":0}"sv,
           "{\"10\":0,\"2\":0}"sv,
           "{\"\\n\":0,\" \":0}"sv,
       }) {
    const auto got = Json::parse_canonical(text);
    ASSERT_TRUE(got.has_value()) << text << ": " << got.error().to_string();
    EXPECT_EQ(got->to_canonical(), text);
    EXPECT_EQ(got->checked_canonical().value(), text);
  }
}

TEST(JsonTest, RefusedBytesWithCodeAndOffset) {
  constexpr auto kSyntax = ErrorCode::kSyntax, kNot = ErrorCode::kNotCanonical, kEnc = ErrorCode::kEncoding,
                 kRange = ErrorCode::kOutOfRange;
  const struct {
    std::string_view text;
    ErrorCode code;
    std::size_t offset;
  } kCases[] = {
      {"", kSyntax, 0},
      {" ", kNot, 0},
      {"1 ", kNot, 1},
      {"1\n", kNot, 1},
      {"\xEF\xBB\xBF{}", kSyntax, 0},
      {"[1, 2]", kNot, 3},
      {"[1 ,2]", kNot, 2},
      {"{\"a\": 1}", kNot, 5},
      {"{ \"a\":1}", kNot, 1},
      {"{\"a\":1,\t\"b\":2}", kNot, 7},
      {"1 2", kNot, 1},
      {"1,2", kSyntax, 1},
      {"{}{}", kSyntax, 2},
      {"nul", kSyntax, 0},
      {"True", kSyntax, 0},
      {"NaN", kSyntax, 0},
      {"Infinity", kSyntax, 0},
      {"nulls", kSyntax, 4},
      {"'a'", kSyntax, 0},
      {"// c\n1", kSyntax, 0},
      {"-", kSyntax, 0},
      {"+1", kSyntax, 0},
      {"-0", kNot, 0},
      {"01", kSyntax, 0},
      {"-01", kSyntax, 0},
      {"00", kSyntax, 0},
      {"1.0", kNot, 0},
      {"[1,2.5]", kNot, 3},
      {"1e3", kNot, 0},
      {"1E3", kNot, 0},
      {".5", kSyntax, 0},
      {"0x10", kSyntax, 1},
      {"9007199254740992", kRange, 0},
      {"-9007199254740992", kRange, 0},
      {"[0,99999999999999999999]", kRange, 3},
      {"\"", kSyntax, 1},
      {"\"abc", kSyntax, 4},
      {"\"a\nb\"", kSyntax, 2},
      {"\"a\tb\"", kSyntax, 2},
      {"\"a\0b\""sv, kSyntax, 2},
      {"\"\\", kSyntax, 2},
      {"\"\\u00", kSyntax, 5},
      {"\"\\x41\"", kSyntax, 1},
      {"\"\\/\"", kNot, 1},
      {"\"ab\\u0041\"", kNot, 3},
      {"\"\\u000A\"", kNot, 1},
      {"\"\\u000a\"", kNot, 1},
      {"\"\\u001F\"", kNot, 1},
      {"\"\\u0022\"", kNot, 1},
      {"\"\\u00e9\"", kNot, 1},
      {"\"\\ud83d\\udd4a\"", kNot, 1},
      {"\"\\ud83d\"", kNot, 1},
      {"\"\\u00g0\"", kSyntax, 1},
      {"\"a\\u0000\"", kEnc, 2},
      {"\"a\xFF\"", kEnc, 2},
      {"\"ab\xC3\"", kEnc, 3},
      {"\"\xED\xA0\x80\"", kEnc, 1},
      {"\"\xC0\x80\"", kEnc, 1},
      {"\"e\xCC\x81\"", kEnc, 1},
      {"\"xe\xCC\x81\"", kEnc, 2},
      {"\"\\n\\u0001xe\xCC\x81\"", kEnc, 10},  // offsets count the escapes
      {"\"\\\\\\\"\xFF\"", kEnc, 5},
      {"\"\xCD\xB8\"", kEnc, 1},
      {"\"\xEF\xBF\xBE\"", kEnc, 1},
      {"{\"e\xCC\x81\":1}", kEnc, 2},
      {"[", kSyntax, 1},
      {"[1", kSyntax, 2},
      {"[1,", kSyntax, 3},
      {"[1,]", kSyntax, 3},
      {"[,1]", kSyntax, 1},
      {"[1;2]", kSyntax, 2},
      {"[1}", kSyntax, 2},
      {"]", kSyntax, 0},
      {"{", kSyntax, 1},
      {"{\"a\"", kSyntax, 4},
      {"{\"a\":", kSyntax, 5},
      {"{\"a\":1", kSyntax, 6},
      {"{\"a\":1,}", kSyntax, 7},
      {"{a:1}", kSyntax, 1},
      {"{1:1}", kSyntax, 1},
      {"{\"a\" :1}", kNot, 4},
      {"{\"a\",1}", kSyntax, 4},
      {"{\"b\":1,\"a\":2}", kNot, 7},
      {"{\"a\":1,\"a\":2}", kSyntax, 7},
      {"{\"a\":1,\"a\":1}", kSyntax, 7},
      {"{\"x\":{\"b\":0,\"a\":0}}", kNot, 12},
      {"{\"2\":0,\"10\":0}", kNot, 7},
      {"{\"\xEF\xAC\x9E\":0,\"\xF0\x9F\x98\x80\":0}", kNot, 9},  // UTF-16 order, not that of bytes or code points
  };
  for (const auto& c : kCases) {
    const auto got = Json::parse_canonical(c.text);
    ASSERT_FALSE(got.has_value()) << c.text;
    EXPECT_EQ(got.error().code, c.code) << c.text << ": " << got.error().to_string();
    EXPECT_EQ(got.error().where, "offset " + std::to_string(c.offset)) << c.text << ": " << got.error().to_string();
  }
}

TEST(JsonTest, DepthSixteenIsTakenSeventeenIsNot) {
  EXPECT_TRUE(Json::parse_canonical(nested(16)).has_value());
  const auto deep = Json::parse_canonical(nested(17));
  ASSERT_FALSE(deep.has_value());
  EXPECT_EQ(deep.error().code, ErrorCode::kLimit);
  EXPECT_EQ(deep.error().where, "offset 16");
  EXPECT_EQ(Json::parse_canonical(std::string(1'000'000, '[')).error().code, ErrorCode::kLimit);
  std::string objects;
  for (int i = 0; i < 17; ++i) objects += "{\"a\":";
  EXPECT_EQ(Json::parse_canonical(objects).error().code, ErrorCode::kLimit);
}

// RFC 8785, section 3.2.3: the order of these keys (U+FB33 decomposes in NFC and stands here as U+FB1E).
TEST(JsonTest, KeysAreOrderedByUtf16CodeUnits) {
  const std::vector<std::string> kOrdered = {
      "\r", "1", "\xC2\x80", "\xC3\xB6", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xEF\xAC\x9E"};
  Json object = Json::object();
  for (auto key = kOrdered.rbegin(); key != kOrdered.rend(); ++key) object.set(*key, 0);
  std::string want = "{";
  for (const auto& key : kOrdered) {
    if (want.size() > 1) want += ',';
    append_json_string(want, key);
    want += ":0";
  }
  want += '}';
  EXPECT_EQ(object.checked_canonical().value(), want);
  EXPECT_TRUE(Json::parse_canonical(want).has_value());
  EXPECT_TRUE(canonical_key_less("\xF0\x9F\x98\x80", "\xEF\xAC\xB3"));
}

// The worked example of docs/format/canonical-json.md.
TEST(JsonTest, WorkedExampleHasItsBytes) {
  const Json value = Json::object({{"name", "\xD8\xA5\xD8\xAF\xD9\x84\xD8\xA8"},
                                   {"at", std::int64_t{1537253922000}},
                                   {"tags", Json(Json::Array{"\n", "\""})},
                                   {"\xE2\x82\xAC", Json()},
                                   {"\xF0\x9F\x95\x8A", true},
                                   {"\xEF\xAC\x9E", false}});
  const std::string bytes = value.checked_canonical().value();
  EXPECT_EQ(bytes.size(), 92U);
  EXPECT_EQ(sha256(bytes).hex(), "357b2b43494b82720ee648f227ec78b8e7f89a1ff000a75d73c128a74b6767ca");
}

std::u16string utf16(std::string_view text) {
  std::u16string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto b = [&](std::size_t k) { return static_cast<char32_t>(static_cast<unsigned char>(text[i + k])); };
    char32_t c = b(0);
    if (c >= 0xF0) {
      c = (c & 7) << 18 | (b(1) & 63) << 12 | (b(2) & 63) << 6 | (b(3) & 63);
      i += 4;
      out += static_cast<char16_t>(0xD800 + ((c - 0x10000) >> 10));
      out += static_cast<char16_t>(0xDC00 + ((c - 0x10000) & 0x3FF));
      continue;
    }
    if (c >= 0xE0) {
      c = (c & 15) << 12 | (b(1) & 63) << 6 | (b(2) & 63);
      i += 3;
    } else if (c >= 0xC0) {
      c = (c & 31) << 6 | (b(1) & 63);
      i += 2;
    } else {
      i += 1;
    }
    out += static_cast<char16_t>(c);
  }
  return out;
}

TEST(JsonTest, KeyOrderAgreesWithComparingUtf16) {
  const std::uint64_t seed = logged_seed();
  SeededNumbers numbers(seed);
  const std::vector<std::string> kParts = {"a",
                                           "b",
                                           "\x7F",
                                           "\xC2\x80",
                                           "\xDF\xBF",
                                           "\xE0\xA0\x80",
                                           "\xED\x9F\xBF",
                                           "\xEE\x80\x80",
                                           "\xEF\xBF\xBD",
                                           "\xF0\x90\x80\x80",
                                           "\xF0\x9F\x98\x80",
                                           "\xF4\x8F\xBF\xBD"};
  const auto draw = [&] {
    std::string s;
    for (std::uint64_t n = numbers.below(4); n > 0; --n) s += kParts[numbers.below(kParts.size())];
    return s;
  };
  for (int i = 0; i < 100'000; ++i) {
    const std::string a = draw(), b = draw();
    ASSERT_EQ(canonical_key_less(a, b), utf16(a) < utf16(b)) << "seed " << seed << ": " << a << " and " << b;
  }
}

TEST(JsonTest, CheckedCanonicalNamesTheMember) {
  const struct {
    Json value;
    ErrorCode code;
    std::string_view where_part;
  } kCases[] = {
      {Json::object({{"name", "e\xCC\x81"}}), ErrorCode::kEncoding, "name"},
      {Json::object({{"name", "\xFF"}}), ErrorCode::kEncoding, "name"},
      {Json::object({{"outer", Json::object({{"n", std::int64_t{1} << 53}})}}), ErrorCode::kOutOfRange, "outer: n"},
      {Json::object({{"\xFF", 1}}), ErrorCode::kEncoding, "key \"\\xff\""},
      {Json(std::string("a\0b", 3)), ErrorCode::kEncoding, "offset 1"},
  };
  for (const auto& c : kCases) {
    const auto got = c.value.checked_canonical();
    ASSERT_FALSE(got.has_value());
    EXPECT_EQ(got.error().code, c.code);
    EXPECT_NE(got.error().where.find(c.where_part), std::string::npos) << got.error().where;
  }
  Json deep;
  for (int i = 0; i < 17; ++i) {
    Json outer = Json::array();
    outer.push_back(deep);
    deep = outer;
  }
  EXPECT_EQ(deep.checked_canonical().error().code, ErrorCode::kLimit);
}

TEST(JsonTest, MembersAreSetReplacedFoundAndErased) {
  Json j = Json::object({{"b", 1}, {"a", 2}});
  j.set("b", 3);
  j.set("c", Json::array());
  EXPECT_EQ(j.to_canonical(), "{\"a\":2,\"b\":3,\"c\":[]}");
  ASSERT_NE(j.find("b"), nullptr);
  EXPECT_EQ(j.find("b")->as_integer(), 3);
  EXPECT_EQ(j.find("z"), nullptr);
  EXPECT_EQ(Json(5).find("b"), nullptr);
  j.erase("b");
  j.erase("nothing");
  EXPECT_EQ(j.to_canonical(), "{\"a\":2,\"c\":[]}");
}

TEST(JsonTest, PrettyIsForPeople) {
  const Json j = Json::parse_canonical("{\"a\":[1,{\"b\":[]}],\"c\":\"d\"}").value();
  EXPECT_EQ(j.to_pretty(), "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": \"d\"\n}\n");
}

Json random_value(SeededNumbers& numbers, int depth) {
  const auto text = [&] {
    std::string s;
    for (std::uint64_t n = numbers.below(6); n > 0; --n) {
      constexpr std::string_view kParts[] = {"a",    "\"", "\\",       "\n",           "\x01",
                                             "\x1f", "/",  "\xC3\xA9", "\xEF\xAC\x9E", "\xF0\x9F\x98\x80"};
      s += kParts[numbers.below(std::size(kParts))];
    }
    return to_nfc(s).value();
  };
  switch (numbers.below(depth > 4 ? 4 : 6)) {
    case 0: return Json();
    case 1: return Json(numbers.chance(2));
    case 2: return Json(numbers.between(-Json::kIntegerMax, Json::kIntegerMax) >> numbers.below(53));
    case 3: return Json(text());
    case 4: {
      Json j = Json::array();
      for (std::uint64_t n = numbers.below(5); n > 0; --n) j.push_back(random_value(numbers, depth + 1));
      return j;
    }
    default: {
      Json j = Json::object();
      for (std::uint64_t n = numbers.below(5); n > 0; --n) j.set(text(), random_value(numbers, depth + 1));
      return j;
    }
  }
}

TEST(JsonTest, RandomValuesComeBackAndNoOtherByteStringGivesThem) {
  const std::uint64_t seed = logged_seed();
  SeededNumbers numbers(seed);
  for (int i = 0; i < 20'000; ++i) {
    const Json value = random_value(numbers, 0);
    std::string bytes = value.checked_canonical().value();
    const auto back = Json::parse_canonical(bytes);
    ASSERT_TRUE(back.has_value()) << bytes << " seed " << seed;
    ASSERT_EQ(*back, value) << bytes << " seed " << seed;
    // Any other bytes are refused or are another value.
    const std::size_t at = numbers.below(bytes.size());
    const char other = "0123456789{}[]\",:\\/abtrue \n"[numbers.below(27)];
    if (numbers.chance(2)) {
      bytes.insert(at, 1, other);
    } else if (bytes[at] != other) {
      bytes[at] = other;
    } else {
      continue;
    }
    if (const auto changed = Json::parse_canonical(bytes)) {
      ASSERT_EQ(changed->to_canonical(), bytes) << "seed " << seed;
      ASSERT_NE(*changed, value) << bytes << " seed " << seed;
    }
  }
}

}  // namespace
}  // namespace truce
