// SPDX-License-Identifier: Apache-2.0
//
// CsvReader: rows of fields out of the bytes of a CSV file as people really write them (RFC 4180 and what Excel makes
// of it).
//
// Takes comma, semicolon or tab (told by the header line: the separator that gives most fields outside of quotes; ties:
// comma), CRLF, LF or CR, a UTF-8 byte-order mark, quotes with "" inside, line breaks inside quotes. Refuses NUL bytes,
// a quote inside an unquoted field, text after a closing quote, an unclosed quote, rows with another number of fields
// than the header: the error's `where` is "line N" (the physical line on which the row begins, from 1) and, where
// known, the column's name. It is NOT a streaming parser: the whole file is in memory, fields are views into it or into
// a buffer of the reader that lives until the next call of next(). One thread.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/result.h"

namespace truce {

class CsvReader {
 public:
  // Longest line taken: stops a file without line breaks from being copied around.
  static constexpr std::size_t kLineBytesMax = 1 << 20;
  static constexpr std::size_t kColumnCountMax = 512;

  // Reads the header line. `bytes` must be UTF-8 (see decode_text()) and live as long as the reader. Fails on an empty
  // file, an empty or repeated column name, too many columns.
  [[nodiscard]] static Result<CsvReader> open(std::string_view bytes);

  [[nodiscard]] const std::vector<std::string>& header() const { return header_; }
  // Position of a column, or nullopt.
  [[nodiscard]] std::optional<std::size_t> column(std::string_view name) const;

  // The next row's fields (header().size() of them), nullptr at the end. A bad row is an error, after which next() goes
  // on with the following line: so that all bad rows can be listed. Empty lines are passed over. A row whose quotes are
  // wrong is taken to be one physical line, so that an unclosed quote does not swallow the good rows after it.
  [[nodiscard]] Result<const std::vector<std::string_view>*> next();
  // The line on which the row last given (or refused) began, from 1, and that row's bytes as they stood in the file (no
  // line break).
  [[nodiscard]] std::uint64_t line() const { return line_; }
  [[nodiscard]] std::string_view raw() const { return raw_; }
  [[nodiscard]] char separator() const { return separator_; }
  // How far the reader is, of bytes.size(): for progress.
  [[nodiscard]] std::size_t offset() const { return at_; }

 private:
  // Where a line break or NUL next stands, found by memchr and kept: `at` is right for all starts within [from, at].
  struct Mark {
    std::size_t from = 1;
    std::size_t at = 0;
  };
  [[nodiscard]] std::size_t next_mark(Mark& mark, char c, std::size_t from) const;
  [[nodiscard]] std::size_t line_end(std::size_t from);
  [[nodiscard]] std::size_t past_break(std::size_t end) const;
  [[nodiscard]] tl::unexpected<Error> bad_row(ErrorCode code, std::string message, std::size_t column) const;
  // Splits the row that begins at `begin` into fields_; `end` is its end without the line break, `lines` how many
  // breaks are in it.
  [[nodiscard]] Status split(std::size_t begin, std::size_t& end, std::uint64_t& lines);

  std::string_view bytes_;
  std::size_t at_ = 0;
  std::uint64_t line_ = 0;
  std::uint64_t next_line_ = 1;
  char separator_ = ',';
  std::vector<std::string> header_;
  std::vector<std::string_view> fields_;
  std::string unquoted_;  // fields that held "" and had to be copied, one after the other
  std::string_view raw_;
  Mark lf_, cr_, nul_, quote_;
};

// `value` quoted for a CSV file if it needs to be; one that begins with = + - @ is NOT altered (numbers may be
// negative).
void append_csv_field(std::string& out, std::string_view value);

// Bytes of a text file to UTF-8: UTF-8 (with or without byte-order mark), UTF-16 with byte-order mark, or the named
// 8-bit encoding
// ("windows-1251", "windows-1256", "windows-1252", "iso-8859-1"; empty: UTF-8). Fails with kEncoding at the first byte
// that has no meaning, advising which encodings could be named, and with kInvalidArgument for another name. Never
// guesses: bytes that begin with a byte-order mark are refused under the name of an 8-bit encoding. NUL bytes are left
// to whoever reads the text.
[[nodiscard]] Result<std::string> decode_text(std::string_view bytes, std::string_view encoding);

}  // namespace truce
