// SPDX-License-Identifier: Apache-2.0
//
// CsvReader and decode_text(): no crash; the reader ends; offsets and lines only grow; rows have the header's width; a
// row that is written again with append_csv_field() reads as the same fields. The first byte chooses the encoding.

#include <array>
#include <cstdint>
#include <cstdlib>

#include "truce/base/csv.h"
#include "truce/base/unicode.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kSizeMax = 1 << 16;
  constexpr std::array<std::string_view, 5> kEncodings = {"", "windows-1251", "windows-1252", "windows-1256",
                                                          "iso-8859-1"};
  if (size == 0 || size > kSizeMax) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto text = truce::decode_text(bytes, kEncodings[data[0] % kEncodings.size()]);
  if (!text) return 0;
  if (truce::first_bad_utf8(*text) != std::string_view::npos) std::abort();
  auto reader = truce::CsvReader::open(*text);
  if (!reader) return 0;
  std::string again;
  const auto write = [&](const auto& fields) {
    bool first = true;
    for (const auto& f : fields) {
      if (!first) again += reader->separator();
      first = false;
      // A lone empty field would be an empty line, which is passed over.
      if (fields.size() == 1 && f.empty()) again += "\"\"";
      truce::append_csv_field(again, f);
    }
    again += '\n';
  };
  write(reader->header());
  std::vector<std::vector<std::string>> rows;
  while (true) {
    const std::size_t before = reader->offset();
    const std::uint64_t line = reader->line();
    const auto row = reader->next();
    if (row && *row == nullptr) break;
    if (reader->offset() <= before || reader->line() <= line || reader->raw().empty()) std::abort();
    if (!row) continue;
    if ((*row)->size() != reader->header().size()) std::abort();
    rows.emplace_back((*row)->begin(), (*row)->end());
    write(rows.back());
  }
  // Another separator may win in the new header line only if the old one was told by something that quoting hides.
  auto second = truce::CsvReader::open(again);
  if (!second) std::abort();
  if (second->separator() != reader->separator() && reader->header().size() > 1) std::abort();
  if (second->header() != reader->header()) std::abort();
  for (const auto& expected : rows) {
    const auto row = second->next();
    if (!row || *row == nullptr) std::abort();
    if (!std::equal(expected.begin(), expected.end(), (*row)->begin(), (*row)->end())) std::abort();
  }
  const auto end = second->next();
  if (!end || *end != nullptr) std::abort();
  return 0;
}
