// SPDX-License-Identifier: Apache-2.0

#include "truce/base/csv.h"

#include <algorithm>
#include <cstring>

#include "truce/base/encoding.h"
#include "truce/base/unicode.h"

namespace truce {
namespace {

#include "truce/base/encoding_tables.inc"

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr std::string_view kUtf16LittleMark = "\xFF\xFE";
constexpr std::string_view kUtf16BigMark = "\xFE\xFF";

// How many of `separator` stand outside of quotes in the first line that is not empty.
std::size_t count_outside_quotes(std::string_view bytes, char separator) {
  std::size_t count = 0;
  bool inside = false;
  const std::size_t begin = std::min(bytes.find_first_not_of("\r\n"), bytes.size());
  for (const char c : bytes.substr(begin, CsvReader::kLineBytesMax)) {
    if (c == '"') inside = !inside;
    if (inside) continue;
    if (c == '\n' || c == '\r') break;
    if (c == separator) ++count;
  }
  return count;
}

std::uint64_t count_breaks(std::string_view text) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'))) ++count;
  }
  return count;
}

void append_utf8(std::string& out, char32_t c) {
  const auto put = [&](char32_t b) { out += static_cast<char>(static_cast<unsigned char>(b)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6);
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

tl::unexpected<Error> no_meaning(std::string message, std::size_t offset) {
  return fail(ErrorCode::kEncoding, std::move(message), "offset " + std::to_string(offset));
}

Result<std::string> decode_utf16(std::string_view bytes, bool big) {
  std::string out;
  out.reserve(bytes.size());
  const auto unit = [&](std::size_t i) {
    const char32_t a = static_cast<unsigned char>(bytes[i]), b = static_cast<unsigned char>(bytes[i + 1]);
    return big ? a << 8 | b : b << 8 | a;
  };
  for (std::size_t i = 2; i < bytes.size(); i += 2) {
    if (i + 1 == bytes.size()) return no_meaning("UTF-16 that ends within a character", i);
    char32_t c = unit(i);
    if (c >= 0xD800 && c < 0xE000) {
      const char32_t low = c < 0xDC00 && i + 3 < bytes.size() ? unit(i + 2) : 0;
      if (low < 0xDC00 || low > 0xDFFF) return no_meaning("half a surrogate pair in UTF-16", i);
      c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
      i += 2;
    }
    append_utf8(out, c);
  }
  return out;
}

}  // namespace

std::size_t CsvReader::next_mark(Mark& mark, char c, std::size_t from) const {
  if (mark.from <= from && from <= mark.at) return mark.at;
  const void* found = from < bytes_.size() ? std::memchr(bytes_.data() + from, c, bytes_.size() - from) : nullptr;
  mark.from = from;
  mark.at =
      found == nullptr ? bytes_.size() : static_cast<std::size_t>(static_cast<const char*>(found) - bytes_.data());
  return mark.at;
}

std::size_t CsvReader::line_end(std::size_t from) {
  return std::min(next_mark(lf_, '\n', from), next_mark(cr_, '\r', from));
}

std::size_t CsvReader::past_break(std::size_t end) const {
  if (end == bytes_.size()) return end;
  return bytes_[end] == '\r' && end + 1 < bytes_.size() && bytes_[end + 1] == '\n' ? end + 2 : end + 1;
}

tl::unexpected<Error> CsvReader::bad_row(ErrorCode code, std::string message, std::size_t column) const {
  std::string where = "line " + std::to_string(line_);
  if (column < header_.size()) where += ": " + header_[column];
  return fail(code, std::move(message), std::move(where));
}

Status CsvReader::split(std::size_t begin, std::size_t& end, std::uint64_t& lines) {
  fields_.clear();
  unquoted_.clear();
  lines = 0;
  end = line_end(begin);
  const std::string_view line = bytes_.substr(begin, end - begin);
  if (line.size() > kLineBytesMax) {
    return bad_row(
        ErrorCode::kLimit,
        "a line of " + std::to_string(line.size()) + " bytes; at most " + std::to_string(kLineBytesMax) + " are taken",
        header_.size());
  }
  const std::size_t nul = next_mark(nul_, '\0', begin);
  if (next_mark(quote_, '"', begin) >= end) {
    // The usual row: no quotes.
    const char* p = line.data();
    const char* const stop = p + line.size();
    while (const void* found = p == stop ? nullptr : std::memchr(p, separator_, static_cast<std::size_t>(stop - p))) {
      const char* q = static_cast<const char*>(found);
      fields_.emplace_back(p, static_cast<std::size_t>(q - p));
      p = q + 1;
      if (fields_.size() > kColumnCountMax) break;
    }
    fields_.emplace_back(p, static_cast<std::size_t>(stop - p));
  } else {
    const std::size_t line_stop = end;
    const std::size_t limit = std::min(bytes_.size(), begin + kLineBytesMax);
    // Views into unquoted_ are made at the end, when it no longer grows: {field, first byte, size}.
    struct Copied {
      std::size_t field, first, size;
    };
    std::vector<Copied> copied;
    std::size_t i = begin;
    while (true) {
      const std::size_t column = fields_.size();
      if (i < bytes_.size() && bytes_[i] == '"') {
        std::size_t from = ++i;
        const std::size_t copied_from = unquoted_.size();
        while (true) {
          i = next_mark(quote_, '"', i);
          if (i >= limit) {
            end = line_stop;
            return bad_row(
                ErrorCode::kSyntax,
                "a quote that is not closed" + std::string(limit < bytes_.size() ? " within a mebibyte" : ""), column);
          }
          if (i + 1 == bytes_.size() || bytes_[i + 1] != '"') break;
          unquoted_.append(bytes_.substr(from, i + 1 - from));
          i += 2;
          from = i;
        }
        if (unquoted_.size() == copied_from) {
          fields_.push_back(bytes_.substr(from, i - from));
        } else {
          unquoted_.append(bytes_.substr(from, i - from));
          copied.push_back({column, copied_from, unquoted_.size() - copied_from});
          fields_.emplace_back();
        }
        ++i;
      } else {
        const std::size_t from = i;
        end = line_end(i);
        const void* found = std::memchr(bytes_.data() + i, separator_, end - i);
        i = found == nullptr ? end : static_cast<std::size_t>(static_cast<const char*>(found) - bytes_.data());
        if (next_mark(quote_, '"', from) < i) {
          end = line_stop;
          return bad_row(ErrorCode::kSyntax, "a quote inside of " + quoted(bytes_.substr(from, i - from)), column);
        }
        fields_.push_back(bytes_.substr(from, i - from));
      }
      if (i == bytes_.size() || bytes_[i] == '\n' || bytes_[i] == '\r') break;
      if (bytes_[i] != separator_) {
        end = line_stop;
        return bad_row(ErrorCode::kSyntax, "text after a closing quote: " + quoted(bytes_.substr(i, 20)), column);
      }
      ++i;
      if (fields_.size() > kColumnCountMax) break;
    }
    if (fields_.size() <= kColumnCountMax) {
      end = i;
      lines = count_breaks(bytes_.substr(begin, end - begin));
    } else {
      end = line_stop;
    }
    for (const Copied& c : copied) fields_[c.field] = std::string_view(unquoted_).substr(c.first, c.size);
  }
  if (nul < end) {
    std::size_t column = 0;
    while (column < fields_.size() && fields_[column].find('\0') == std::string_view::npos) ++column;
    return bad_row(ErrorCode::kEncoding, "a NUL byte", column < fields_.size() ? column : header_.size());
  }
  if (fields_.size() > kColumnCountMax) {
    return bad_row(ErrorCode::kLimit, "more than " + std::to_string(kColumnCountMax) + " columns", header_.size());
  }
  return {};
}

Result<CsvReader> CsvReader::open(std::string_view bytes) {
  CsvReader r;
  r.bytes_ = bytes;
  r.line_ = 1;
  if (bytes.starts_with(kUtf8Mark)) r.at_ = kUtf8Mark.size();
  const std::string_view text = bytes.substr(r.at_);
  std::size_t most = count_outside_quotes(text, ',');
  for (const char c : {';', '\t'}) {
    const std::size_t count = count_outside_quotes(text, c);
    if (count > most) {
      most = count;
      r.separator_ = c;
    }
  }
  TRUCE_TRY(const auto* names, r.next());
  if (names == nullptr) return fail(ErrorCode::kSyntax, "no header line: the file is empty", "line 1");
  std::vector<std::string> header;
  for (const std::string_view name : *names) {
    const std::string position = "column " + std::to_string(header.size() + 1);
    if (name.empty()) return fail(ErrorCode::kSyntax, position + " has no name", "line " + std::to_string(r.line_));
    if (std::find(header.begin(), header.end(), name) != header.end()) {
      return fail(ErrorCode::kSyntax, position + " has the name of an earlier one: " + quoted(name),
                  "line " + std::to_string(r.line_));
    }
    header.emplace_back(name);
  }
  r.header_ = std::move(header);
  return r;
}

std::optional<std::size_t> CsvReader::column(std::string_view name) const {
  const auto it = std::find(header_.begin(), header_.end(), name);
  if (it == header_.end()) return std::nullopt;
  return static_cast<std::size_t>(it - header_.begin());
}

Result<const std::vector<std::string_view>*> CsvReader::next() {
  while (at_ < bytes_.size() && (bytes_[at_] == '\n' || bytes_[at_] == '\r')) {
    at_ = past_break(at_);
    ++next_line_;
  }
  raw_ = {};
  if (at_ == bytes_.size()) return nullptr;
  const std::size_t begin = at_;
  line_ = next_line_;
  std::size_t end = begin;
  std::uint64_t lines = 0;
  const Status ok = split(begin, end, lines);
  raw_ = bytes_.substr(begin, end - begin);
  at_ = past_break(end);
  next_line_ += lines + 1;
  if (!ok) return fail(ok.error());
  if (!header_.empty() && fields_.size() != header_.size()) {
    return bad_row(
        ErrorCode::kSyntax,
        std::to_string(fields_.size()) + " fields; the header has " + std::to_string(header_.size()) + " columns",
        header_.size());
  }
  return &fields_;
}

void append_csv_field(std::string& out, std::string_view value) {
  // One that begins like a byte-order mark would lose it as the first of a file.
  if (value.find_first_of(",;\t\"\r\n") == std::string_view::npos && !value.starts_with(kUtf8Mark)) {
    out += value;
    return;
  }
  out += '"';
  for (const char c : value) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

Result<std::string> decode_text(std::string_view bytes, std::string_view encoding) {
  const bool marked8 = bytes.starts_with(kUtf8Mark);
  const bool marked16 = bytes.starts_with(kUtf16LittleMark) || bytes.starts_with(kUtf16BigMark);
  if (encoding.empty() || encoding == "utf-8") {
    if (marked16) return decode_utf16(bytes, bytes.starts_with(kUtf16BigMark));
    const std::string_view text = bytes.substr(marked8 ? kUtf8Mark.size() : 0);
    const std::size_t bad = first_bad_utf8(text);
    if (bad == std::string_view::npos) return std::string(text);
    const std::size_t offset = bad + (bytes.size() - text.size());
    return no_meaning("not UTF-8 at " + quoted(bytes.substr(offset, 8)) +
                          "; if it was written by an older program, name its encoding: windows-1251 (Cyrillic), "
                          "windows-1256 (Arabic), windows-1252 or iso-8859-1 (Western Europe)",
                      offset);
  }
  const char16_t* table = nullptr;
  if (encoding == "windows-1251") {
    table = kWindows1251;
  } else if (encoding == "windows-1252") {
    table = kWindows1252;
  } else if (encoding == "windows-1256") {
    table = kWindows1256;
  } else if (encoding != "iso-8859-1") {
    return fail(ErrorCode::kInvalidArgument,
                "no encoding that is known here: " + quoted(encoding) +
                    "; there are utf-8, windows-1251, windows-1252, windows-1256, iso-8859-1");
  }
  if (marked8 || marked16) {
    return no_meaning("begins with the byte-order mark of " + std::string(marked8 ? "UTF-8" : "UTF-16") +
                          ", so it is not " + std::string(encoding) + "; leave the encoding out",
                      0);
  }
  std::string out;
  out.reserve(bytes.size() * 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto b = static_cast<unsigned char>(bytes[i]);
    const char32_t c = b < 0x80 || table == nullptr ? b : char32_t{table[b - 0x80]};
    if (c == 0 && b != 0) {
      return no_meaning("byte " + quoted(bytes.substr(i, 1)) + " has no meaning in " + std::string(encoding), i);
    }
    append_utf8(out, c);
  }
  return out;
}

}  // namespace truce
