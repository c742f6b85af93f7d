// SPDX-License-Identifier: Apache-2.0
//
// Oracles: ICU 72, whose data is Unicode 15.0 too (in this test only), and the consortium's NormalizationTest.txt where
// Debian's unicode-data is installed.

#include "truce/base/unicode.h"

#include <gtest/gtest.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utypes.h>

#include <cstdio>
#include <memory>
#include <vector>

#include "truce/base/seed_testing.h"

namespace truce {
namespace {

using namespace std::string_view_literals;

std::string utf8(const std::vector<char32_t>& text) {
  std::string out;
  for (const char32_t c : text) {
    char buffer[4];
    std::int32_t n = 0;
    UBool bad = false;
    U8_APPEND(reinterpret_cast<std::uint8_t*>(buffer), n, 4, static_cast<UChar32>(c), bad);
    EXPECT_FALSE(bad);
    out.append(buffer, static_cast<std::size_t>(n));
  }
  return out;
}

std::string icu_nfc(const std::vector<char32_t>& text) {
  UErrorCode error = U_ZERO_ERROR;
  const UNormalizer2* nfc = unorm2_getNFCInstance(&error);
  std::vector<UChar> in(text.size() * 2 + 1), out(text.size() * 6 + 16);
  std::int32_t in_size = 0;
  for (const char32_t c : text) U16_APPEND_UNSAFE(in.data(), in_size, static_cast<UChar32>(c));
  const std::int32_t size =
      unorm2_normalize(nfc, in.data(), in_size, out.data(), static_cast<std::int32_t>(out.size()), &error);
  EXPECT_TRUE(U_SUCCESS(error)) << u_errorName(error);
  std::vector<char32_t> points;
  for (std::int32_t i = 0; i < size;) {
    UChar32 c = 0;
    U16_NEXT_UNSAFE(out.data(), i, c);
    points.push_back(static_cast<char32_t>(c));
  }
  return utf8(points);
}

// Neither a surrogate (no UTF-8) nor NUL (refused).
bool is_scalar(char32_t c) {
  return c != 0 && (c < 0xD800 || c > 0xDFFF);
}

TEST(UnicodeTest, IcuIsOfTheSameVersion) {
  ASSERT_STREQ(U_UNICODE_VERSION, "15.0");
}

TEST(UnicodeTest, AssignedExactlyWhereIcuSaysSo) {
  std::size_t assigned = 0;
  for (char32_t c = 1; c < 0x110000; ++c) {
    if (!is_scalar(c)) continue;
    const bool ours = to_nfc(utf8({c})).has_value();
    ASSERT_EQ(ours, u_charType(static_cast<UChar32>(c)) != U_UNASSIGNED) << std::hex << static_cast<std::uint32_t>(c);
    if (ours) ++assigned;
  }
  EXPECT_EQ(assigned, 286719U - 1U);  // 149,186 characters, 65 controls and 137,468 private use, less U+0000
}

TEST(UnicodeTest, EverySingleCodePointNormalizesAsInIcu) {
  for (char32_t c = 1; c < 0x110000; ++c) {
    if (!is_scalar(c) || u_charType(static_cast<UChar32>(c)) == U_UNASSIGNED) continue;
    const std::string text = utf8({c}), want = icu_nfc({c});
    ASSERT_EQ(to_nfc(text).value(), want) << std::hex << static_cast<std::uint32_t>(c);
    ASSERT_EQ(check_text(text).has_value(), text == want) << std::hex << static_cast<std::uint32_t>(c);
  }
}

TEST(UnicodeTest, RandomCombiningSequencesNormalizeAsInIcu) {
  const std::uint64_t seed = logged_seed();
  SeededNumbers numbers(seed);
  // Everything that takes part in composition, and marks of every class.
  std::vector<char32_t> lively;
  for (char32_t c = 1; c < 0x110000; ++c) {
    if (!is_scalar(c) || u_charType(static_cast<UChar32>(c)) == U_UNASSIGNED) continue;
    UErrorCode error = U_ZERO_ERROR;
    const bool mark = u_getCombiningClass(static_cast<UChar32>(c)) != 0;
    const bool inert = unorm2_isInert(unorm2_getNFCInstance(&error), static_cast<UChar32>(c));
    if (mark || (!inert && (c < 0xAC00 || c > 0xD7A3))) lively.push_back(c);
  }
  ASSERT_GT(lively.size(), 2000U);
  for (int i = 0; i < 300'000; ++i) {
    std::vector<char32_t> text;
    for (std::uint64_t n = 1 + numbers.below(12); n > 0; --n) {
      switch (numbers.below(8)) {
        case 0: text.push_back(static_cast<char32_t>('a' + numbers.below(26))); break;
        case 1: text.push_back(static_cast<char32_t>(0x300 + numbers.below(0x70))); break;
        case 2:
          text.push_back(static_cast<char32_t>(0x1100 + numbers.below(19)));
          break;  // Hangul, one after the other
        case 3: text.push_back(static_cast<char32_t>(0x1161 + numbers.below(21))); break;
        case 4: text.push_back(static_cast<char32_t>(0x11A7 + numbers.below(29))); break;
        case 5: text.push_back(static_cast<char32_t>(0xAC00 + numbers.below(11172))); break;
        default: text.push_back(lively[numbers.below(lively.size())]);
      }
    }
    const std::string bytes = utf8(text), want = icu_nfc(text);
    ASSERT_EQ(to_nfc(bytes).value(), want) << "seed " << seed << " round " << i;
    ASSERT_EQ(check_text(bytes).has_value(), bytes == want) << "seed " << seed << " round " << i;
    ASSERT_TRUE(check_text(want).has_value()) << "seed " << seed << " round " << i;
  }
}

// NormalizationTest.txt, columns c1..c5: NFC(c1) = NFC(c2) = NFC(c3) = c2 and NFC(c4) = NFC(c5) = c4.
TEST(UnicodeTest, ConformanceTestOfTheConsortium) {
  constexpr const char* kPath = "/usr/share/unicode/NormalizationTest.txt.bz2";
  if (std::FILE* there = std::fopen(kPath, "rb")) {
    std::fclose(there);
  } else {
    GTEST_SKIP() << "no " << kPath << " (Debian package unicode-data)";
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(::popen((std::string("bzcat ") + kPath).c_str(), "r"),
                                                           ::pclose);
  ASSERT_NE(in, nullptr);
  std::size_t lines = 0;
  char buffer[4096];
  while (std::fgets(buffer, sizeof buffer, in.get()) != nullptr) {
    if (buffer[0] == '#' || buffer[0] == '@') continue;
    std::string columns[5];
    const char* p = buffer;
    for (auto& column : columns) {
      std::vector<char32_t> text;
      while (*p != ';' && *p != '\0') {
        char* end = nullptr;
        text.push_back(static_cast<char32_t>(std::strtoul(p, &end, 16)));
        ASSERT_NE(end, p) << buffer;
        for (p = end; *p == ' ';) ++p;
      }
      ++p;
      column = utf8(text);
    }
    for (int i = 0; i < 5; ++i) ASSERT_EQ(to_nfc(columns[i]).value(), columns[i < 3 ? 1 : 3]) << buffer;
    ++lines;
  }
  EXPECT_GT(lines, 18'000U);
}

TEST(UnicodeTest, RefusedTextsWithOffset) {
  const struct {
    std::string_view text;
    std::string_view where;
  } kCases[] = {
      {"\0"sv, "offset 0"},
      {"12345678\0"sv, "offset 8"},
      {"abc\0def"sv, "offset 3"},
      {"\x80", "offset 0"},  // a continuation byte alone
      {"abcdefgh\xBF", "offset 8"},
      {"a\xC0\x80", "offset 1"},         // overlong NUL
      {"a\xC1\xBF", "offset 1"},         // overlong
      {"\xE0\x80\xAF", "offset 0"},      // overlong
      {"\xF0\x80\x80\xAF", "offset 0"},  // overlong
      {"\xED\xA0\x80", "offset 0"},      // surrogate
      {"\xED\xBF\xBF", "offset 0"},      // surrogate
      {"\xF4\x90\x80\x80", "offset 0"},  // above U+10FFFF
      {"\xF5\x80\x80\x80", "offset 0"},
      {"\xFE", "offset 0"},
      {"\xFF", "offset 0"},
      {"ab\xC3", "offset 2"},  // ends within a character
      {"ab\xE2\x82", "offset 2"},
      {"ab\xF0\x9F\x98", "offset 2"},
      {"\xC3\x28", "offset 0"},
      {"\xE2\x28\xA1", "offset 0"},
      {"\xD0\xB6\xEF\xBF\xBF", "offset 2"},  // U+FFFF, a noncharacter
      {"\xEF\xB7\x90", "offset 0"},          // U+FDD0, another
      {"x\xCD\xB8", "offset 1"},             // U+0378, not assigned
      {"\xF4\x8F\xBF\xBF", "offset 0"},      // U+10FFFF, a noncharacter
      {"e\xCC\x81", "offset 0"},             // e + acute is written as one
      {"xye\xCC\x81z", "offset 2"},
      {"\xE2\x84\xAB", "offset 0"},              // the Angstrom sign
      {"q\xCC\x81\xCC\xA3", "offset 1"},         // marks in the wrong order
      {"\xD8\xA7\xD9\x93", "offset 0"},          // alef + madda
      {"\xE1\x84\x80\xE1\x85\xA1", "offset 0"},  // Hangul in letters
  };
  for (const auto& c : kCases) {
    const auto got = check_text(c.text);
    ASSERT_FALSE(got.has_value()) << c.where;
    EXPECT_EQ(got.error().code, ErrorCode::kEncoding);
    EXPECT_EQ(got.error().where, c.where) << got.error().message;
  }
}

TEST(UnicodeTest, AcceptedTexts) {
  for (const std::string_view text :
       {""sv, "a"sv, "plain text, twenty-odd bytes"sv, "\x7f\x01\n"sv, "\xC3\xA9t\xC3\xA9"sv,
        "\xD8\xA5\xD8\xAF\xD9\x84\xD8\xA8"sv, "\xD0\x98\xD0\xB4\xD0\xBB\xD0\xB8\xD0\xB1"sv, "\xF0\x9F\x95\x8A"sv,
        "q\xCC\xA3\xCC\x81"sv, "\xEE\x80\x80"sv /* private use */, "\xCC\x81 a mark at the beginning"sv,
        "\xEF\xBB\xBF"sv /* U+FEFF */, "\xEF\xBF\xBD"sv}) {
    EXPECT_TRUE(check_text(text).has_value()) << text;
    EXPECT_EQ(first_bad_utf8(text), std::string_view::npos);
  }
}

TEST(UnicodeTest, NulAndUnassignedAreWellFormed) {
  EXPECT_EQ(first_bad_utf8("a\0b"sv), std::string_view::npos);
  EXPECT_EQ(first_bad_utf8("\xCD\xB8\xEF\xBF\xBF"), std::string_view::npos);
}

// Oracle: ICU's decoder, at every position of random bytes that are often almost UTF-8.
TEST(UnicodeTest, FirstBadByteIsWhereIcuSaysSo) {
  const std::uint64_t seed = logged_seed();
  SeededNumbers numbers(seed);
  constexpr std::string_view kBytes =
      "a\x00\x7F\x80\x8F\x90\x9F\xA0\xBF\xC1\xC2\xDF\xE0\xE1\xED\xEE\xEF\xF0\xF1\xF4\xF5\xFF\x82\x9D"sv;
  for (int i = 0; i < 300'000; ++i) {
    const std::string text = numbers.text(1 + numbers.below(20), kBytes);
    std::size_t want = std::string_view::npos;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    for (std::int32_t at = 0; at < static_cast<std::int32_t>(text.size());) {
      const std::int32_t start = at;
      UChar32 c = 0;
      U8_NEXT(bytes, at, static_cast<std::int32_t>(text.size()), c);
      if (c < 0) {
        want = static_cast<std::size_t>(start);
        break;
      }
    }
    ASSERT_EQ(first_bad_utf8(text), want) << "seed " << seed << " round " << i;
  }
}

TEST(UnicodeTest, LongRunOfMarksIsNotSlow) {
  std::string text = "a";
  for (int i = 0; i < 200'000; ++i) text += i % 2 == 0 ? "\xCC\x81" : "\xCC\xA3";
  const std::string nfc = to_nfc(text).value();  // quadratic sorting would take minutes
  EXPECT_TRUE(check_text(nfc).has_value());
}

}  // namespace
}  // namespace truce
