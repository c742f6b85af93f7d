// SPDX-License-Identifier: Apache-2.0

#include "truce/base/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "truce/base/seed_testing.h"
#include "truce/base/unicode.h"

namespace truce {
namespace {

using namespace std::string_view_literals;
using testing::ElementsAre;

// Every row as "line|field|field"; a refused one as "line!". The first is the header.
std::vector<std::string> read_all(std::string_view bytes) {
  auto reader = CsvReader::open(bytes);
  if (!reader) return {std::string("!").append(reader.error().to_string())};
  std::vector<std::string> out = {"1"};
  for (const auto& name : reader->header()) out[0].append("|").append(name);
  while (true) {
    const auto row = reader->next();
    if (!row) {
      out.push_back(std::to_string(reader->line()).append("!"));
      continue;
    }
    if (*row == nullptr) return out;
    out.push_back(std::to_string(reader->line()));
    for (const auto field : **row) out.back().append("|").append(field);
  }
}

TEST(CsvTest, TakesWhatPeopleWrite) {
  EXPECT_THAT(read_all("a,b\n1,2\n"), ElementsAre("1|a|b", "2|1|2"));
  EXPECT_THAT(read_all("a,b\n1,2"), ElementsAre("1|a|b", "2|1|2"));
  EXPECT_THAT(read_all("a,b\r\n1,2\r\n"), ElementsAre("1|a|b", "2|1|2"));
  EXPECT_THAT(read_all("a,b\r1,2\r3,4"), ElementsAre("1|a|b", "2|1|2", "3|3|4"));
  EXPECT_THAT(read_all("a;b\n1,5;2\n"), ElementsAre("1|a|b", "2|1,5|2"));
  EXPECT_THAT(read_all("a\tb\n1\t2\n"), ElementsAre("1|a|b", "2|1|2"));
  EXPECT_THAT(read_all("\xEF\xBB\xBF"
                       "a,b\n1,2\n"),
              ElementsAre("1|a|b", "2|1|2"));
  EXPECT_THAT(read_all("a\n1\n\n2\n\n\n"), ElementsAre("1|a", "2|1", "4|2"));
  EXPECT_THAT(read_all("a,b\n,\n"), ElementsAre("1|a|b", "2||"));
  EXPECT_THAT(read_all("a\n\"\"\n"), ElementsAre("1|a", "2|"));
  EXPECT_THAT(read_all("a,b\n\"1,1\",\"say \"\"so\"\"\"\n"), ElementsAre("1|a|b", "2|1,1|say \"so\""));
  EXPECT_THAT(read_all("a,b\n\"\"\"\",\"x\"\"\"\n"), ElementsAre("1|a|b", "2|\"|x\""));
  EXPECT_THAT(read_all("a,b\n\"1\n\r\n2\",3\n4,5\n"), ElementsAre("1|a|b", "2|1\n\r\n2|3", "5|4|5"));
  EXPECT_THAT(read_all("\"a,b;c\",d\n1,2\n"), ElementsAre("1|a,b;c|d", "2|1|2"));
  EXPECT_THAT(read_all("\"a;b;c;d\",e\n1,2\n"),
              ElementsAre("1|a;b;c;d|e", "2|1|2"));                        // separators in quotes do not count
  EXPECT_THAT(read_all("a,b;c\n1,2\n"), ElementsAre("1|a|b;c", "2|1|2"));  // a tie: comma
  EXPECT_THAT(read_all("\n\na,b\n1,2\n"), ElementsAre("1|a|b", "4|1|2"));
}

TEST(CsvTest, RefusedHeaders) {
  for (const auto& [bytes, where] : std::vector<std::pair<std::string, std::string>>{
           {"", "line 1"},
           {"\xEF\xBB\xBF", "line 1"},
           {"\n\r\n", "line 1"},
           {"a,,b\n", "line 1"},
           {"a,b,a\n", "line 1"},
           {"a,\"b\n", "line 1"},
           {"a,b\"\n", "line 1"},
           {std::string("a\0b,c\n", 6), "line 1"},
           {std::string(CsvReader::kColumnCountMax, ',') + "\n", "line 1"},
           {std::string(CsvReader::kLineBytesMax + 1, 'a'), "line 1"},
       }) {
    const auto got = CsvReader::open(bytes);
    ASSERT_FALSE(got.has_value()) << bytes.substr(0, 20);
    EXPECT_EQ(got.error().where, where) << got.error().to_string();
  }
}

TEST(CsvTest, RefusedRowsNameLineAndColumnAndReadingGoesOn) {
  const struct {
    std::string_view row;
    ErrorCode code;
    std::string_view where;
  } kCases[] = {
      {"1,2", ErrorCode::kSyntax, "line 3"},
      {"1,2,3,4", ErrorCode::kSyntax, "line 3"},
      {"1,2,", ErrorCode::kOutOfRange, ""},  // three fields, the last one empty: taken
      {"1,x\"y,3", ErrorCode::kSyntax, "line 3: b"},
      {"1, \"y\",3", ErrorCode::kSyntax, "line 3: b"},
      {"1,\"y\"x,3", ErrorCode::kSyntax, "line 3: b"},
      {"1,\"y\" ,3", ErrorCode::kSyntax, "line 3: b"},
      {"1,2,\"3", ErrorCode::kSyntax, "line 3: c"},
      {"\"", ErrorCode::kSyntax, "line 3: a"},
      {"1,2,3\"", ErrorCode::kSyntax, "line 3: c"},
      {"1,\0,3"sv, ErrorCode::kEncoding, "line 3: b"},
      {"1,\"\0\",3"sv, ErrorCode::kEncoding, "line 3: b"},
  };
  for (const auto& c : kCases) {
    const std::string bytes = "a,b,c\n1,2,3\n" + std::string(c.row) + "\n7,8,9\n";
    auto reader = CsvReader::open(bytes).value();
    ASSERT_TRUE(reader.next().has_value());
    const auto got = reader.next();
    EXPECT_EQ(reader.raw(), c.row);
    EXPECT_EQ(reader.line(), 3U);
    if (c.where.empty()) {
      EXPECT_TRUE(got.has_value()) << c.row;
    } else {
      ASSERT_FALSE(got.has_value()) << c.row;
      EXPECT_EQ(got.error().code, c.code) << c.row;
      EXPECT_EQ(got.error().where, c.where) << c.row << ": " << got.error().message;
    }
    const auto after = reader.next();
    ASSERT_TRUE(after.has_value() && *after != nullptr) << c.row;
    EXPECT_THAT(**after, ElementsAre("7", "8", "9"));
    EXPECT_EQ(reader.line(), 4U);
    EXPECT_EQ(reader.next().value(), nullptr);
    EXPECT_EQ(reader.next().value(), nullptr);
    EXPECT_EQ(reader.offset(), bytes.size());
  }
}

TEST(CsvTest, LineOfAHundredMegabytesIsRefusedAndPassedOver) {
  const std::string bytes = "a,b\n1,2\n" + std::string(100'000'000, 'x') + "\n3,4\n";
  auto reader = CsvReader::open(bytes).value();
  ASSERT_TRUE(reader.next().has_value());
  const auto got = reader.next();
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code, ErrorCode::kLimit);
  EXPECT_LT(got.error().message.size(), 200U);
  const auto after = reader.next();
  ASSERT_TRUE(after.has_value());
  EXPECT_THAT(**after, ElementsAre("3", "4"));
}

TEST(CsvTest, QuoteOpenForAMebibyteIsRefused) {
  std::string bytes = "a,b\n\"1,2\n";
  while (bytes.size() < 2 * CsvReader::kLineBytesMax) bytes += "5,6\n";
  auto reader = CsvReader::open(bytes).value();
  EXPECT_FALSE(reader.next().has_value());
  EXPECT_EQ(reader.raw(), "\"1,2");
  EXPECT_TRUE(reader.next().has_value());
}

// The bad inputs here make a careless reader look at the rest of the file once a line.
TEST(CsvTest, ManyBadRowsAreNotSlow) {
  for (const std::string_view row : {"\"a\rb\"\"\r", "\"a\"\"\n", "x\"\n", "\"\"\"\n", "\r", "a,b\r"}) {
    std::string bytes = "a,b\n";
    while (bytes.size() < 4'000'000) bytes += row;
    auto reader = CsvReader::open(bytes);
    ASSERT_TRUE(reader.has_value());
    std::size_t rows = 0;
    while (true) {
      const auto got = reader->next();
      if (got && *got == nullptr) break;
      ++rows;
    }
    EXPECT_LE(rows, bytes.size());
  }
}

TEST(CsvTest, ColumnsAreFoundByName) {
  const auto reader = CsvReader::open("a,b\n").value();
  EXPECT_EQ(reader.column("b"), 1U);
  EXPECT_EQ(reader.column("B"), std::nullopt);
  EXPECT_EQ(reader.separator(), ',');
}

// Oracle: one character at a time, no memchr, no views.
std::vector<std::string> read_slowly(std::string_view bytes, std::size_t width) {
  std::vector<std::string> out;
  std::size_t at = 0;
  std::uint64_t line = 1;
  const auto is_break = [&](std::size_t i) { return bytes[i] == '\n' || bytes[i] == '\r'; };
  const auto pass_break = [&](std::size_t i) {
    ++line;
    return bytes[i] == '\r' && i + 1 < bytes.size() && bytes[i + 1] == '\n' ? i + 2 : i + 1;
  };
  while (at < bytes.size()) {
    if (is_break(at)) {
      at = pass_break(at);
      continue;
    }
    const std::uint64_t row_line = line;
    std::vector<std::string> fields(1);
    enum { kStart, kPlain, kInside, kAfter, kBad } state = kStart;
    std::size_t i = at;
    for (; i < bytes.size() && state != kBad; ++i) {
      const char c = bytes[i];
      if (state == kInside) {
        if (c != '"') {
          fields.back() += c;
        } else if (i + 1 < bytes.size() && bytes[i + 1] == '"') {
          fields.back() += '"';
          ++i;
        } else {
          state = kAfter;
        }
      } else if (is_break(i)) {
        break;
      } else if (c == ',') {
        fields.emplace_back();
        state = kStart;
      } else if (c == '"') {
        state = state == kStart ? kInside : kBad;
      } else if (state == kAfter) {
        state = kBad;
      } else {
        fields.back() += c;
        state = kPlain;
      }
    }
    if (state == kBad || state == kInside) {
      out.push_back(std::to_string(row_line).append("!"));
      while (at < bytes.size() && !is_break(at)) ++at;
      if (at < bytes.size()) at = pass_break(at);
      continue;
    }
    out.push_back(std::to_string(row_line));
    for (const auto& f : fields) out.back().append("|").append(f);
    if (fields.size() != width) out.back() = std::to_string(row_line).append("!");
    for (std::size_t k = at; k < i;) {
      k = is_break(k) ? pass_break(k) : k + 1;
    }
    at = i < bytes.size() ? pass_break(i) : i;
  }
  return out;
}

TEST(CsvTest, AgreesWithTheSlowWayOnRandomBytes) {
  const std::uint64_t seed = logged_seed();
  SeededNumbers numbers(seed);
  for (int i = 0; i < 300'000; ++i) {
    const std::string body = numbers.text(numbers.below(40), numbers.chance(2) ? "a,\"\n"sv : "ab,,\"\"\n\r\n;"sv);
    auto got = read_all("h,k\n" + body);
    got.erase(got.begin());
    auto want = read_slowly("h,k\n" + body, 2);
    want.erase(want.begin());
    ASSERT_EQ(got, want) << "seed " << seed << " round " << i << ": " << testing::PrintToString(body);
  }
}

TEST(CsvTest, WrittenFieldsReadAsTheSame) {
  const std::uint64_t seed = logged_seed();
  SeededNumbers numbers(seed);
  for (int i = 0; i < 50'000; ++i) {
    std::string bytes = "h,k\n";
    const std::string a = numbers.text(numbers.below(8), "ab,;\t\"\r\n=-"),
                      b = numbers.text(numbers.below(8), "ab,;\t\"\r\n=-");
    append_csv_field(bytes, a);
    bytes += ',';
    append_csv_field(bytes, b);
    bytes += "\n";
    auto reader = CsvReader::open(bytes).value();
    const auto row = reader.next();
    ASSERT_TRUE(row.has_value()) << bytes << " seed " << seed;
    ASSERT_THAT(**row, ElementsAre(a, b)) << "seed " << seed;
  }
}

TEST(CsvTest, FirstFieldThatBeginsWithAByteOrderMarkKeepsIt) {
  std::string out;
  append_csv_field(out, "\xEF\xBB\xBF");
  EXPECT_EQ(CsvReader::open(out).value().header(), std::vector<std::string>{"\xEF\xBB\xBF"});
}

TEST(CsvTest, NegativeNumbersStayAsTheyAre) {
  std::string out;
  append_csv_field(out, "-12.5");
  EXPECT_EQ(out, "-12.5");
}

TEST(DecodeTextTest, Utf8AndUtf16) {
  EXPECT_EQ(decode_text("\xD0\x96,a", "").value(), "\xD0\x96,a");
  EXPECT_EQ(decode_text("\xEF\xBB\xBF"
                        "a",
                        "")
                .value(),
            "a");
  EXPECT_EQ(decode_text("\xFF\xFE\x16\x04,\0=\xD8\x4A\xDD"sv, "").value(), "\xD0\x96,\xF0\x9F\x95\x8A");
  EXPECT_EQ(decode_text("\xFE\xFF\x04\x16\0,\xD8=\xDD\x4A"sv, "").value(), "\xD0\x96,\xF0\x9F\x95\x8A");
  EXPECT_EQ(decode_text("", "").value(), "");
  EXPECT_EQ(decode_text("\xFF\xFE", "").value(), "");
}

TEST(DecodeTextTest, EightBitEncodings) {
  EXPECT_EQ(decode_text("\xC8\xE4\xEB\xE8\xE1", "windows-1251").value(), "\xD0\x98\xD0\xB4\xD0\xBB\xD0\xB8\xD0\xB1");
  EXPECT_EQ(decode_text("\xC5\xCF\xE1\xC8", "windows-1256").value(), "\xD8\xA5\xD8\xAF\xD9\x84\xD8\xA8");
  EXPECT_EQ(decode_text("\x80 \xE9", "windows-1252").value(), "\xE2\x82\xAC \xC3\xA9");
  EXPECT_EQ(decode_text("\x80 \xE9", "iso-8859-1").value(), "\xC2\x80 \xC3\xA9");
  for (const std::string_view name : {"windows-1251", "windows-1256", "windows-1252", "iso-8859-1"}) {
    std::size_t without_meaning = 0;
    for (int b = 0; b < 256; ++b) {
      const std::string byte = {'x', static_cast<char>(static_cast<unsigned char>(b))};
      const auto text = decode_text(byte, name);
      if (text) {
        EXPECT_EQ(first_bad_utf8(*text), std::string_view::npos);
        EXPECT_TRUE(b >= 128 || *text == byte);
      } else {
        ++without_meaning;
        EXPECT_EQ(text.error().code, ErrorCode::kEncoding);
        EXPECT_EQ(text.error().where, "offset 1");
      }
    }
    EXPECT_EQ(without_meaning, name == "windows-1251" ? 1U : name == "windows-1252" ? 5U : 0U) << name;
  }
}

TEST(DecodeTextTest, RefusedBytes) {
  const struct {
    std::string_view bytes, encoding, where;
    ErrorCode code;
  } kCases[] = {
      {"a,b\n\xC8\xE4\xEB\xE8\xE1", "", "offset 4", ErrorCode::kEncoding},
      {"\xEF\xBB\xBF"
       "a\xFF",
       "", "offset 4", ErrorCode::kEncoding},
      {"\xED\xA0\x80", "utf-8", "offset 0", ErrorCode::kEncoding},
      {"\xFF\xFE"
       "a",
       "", "offset 2", ErrorCode::kEncoding},
      {"\xFF\xFE"
       "a\0\x3D\xD8"sv,
       "", "offset 4", ErrorCode::kEncoding},
      {"\xFF\xFE\x4A\xDD", "", "offset 2", ErrorCode::kEncoding},
      {"\xFF\xFE\x3D\xD8"
       "a\0"sv,
       "", "offset 2", ErrorCode::kEncoding},
      {"\xEF\xBB\xBF"
       "a",
       "windows-1251", "offset 0", ErrorCode::kEncoding},
      {"\xFF\xFE"
       "a\0"sv,
       "windows-1251", "offset 0", ErrorCode::kEncoding},
      {"a", "koi8-r", "", ErrorCode::kInvalidArgument},
      {"a", "Windows-1251", "", ErrorCode::kInvalidArgument},
  };
  for (const auto& c : kCases) {
    const auto got = decode_text(c.bytes, c.encoding);
    ASSERT_FALSE(got.has_value()) << testing::PrintToString(c.bytes);
    EXPECT_EQ(got.error().code, c.code);
    EXPECT_EQ(got.error().where, c.where) << got.error().message;
  }
  EXPECT_NE(decode_text("\xC8", "").error().message.find("windows-1251"), std::string::npos);
}

}  // namespace
}  // namespace truce
