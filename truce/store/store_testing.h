// SPDX-License-Identifier: Apache-2.0
//
// Random rows for tests and benchmarks of the store: every table, with nulls, quotes and letters of many scripts. The
// same seed gives the same rows. They are of the right types and in key order, and mean nothing.

#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "truce/picture/tables.h"

namespace truce::store {

class RandomRows {
 public:
  explicit RandomRows(std::uint64_t seed) : random_(seed) {}

  // `count` rows with idx first, first + 1, ... Every text column that is no key is drawn from a list of odd texts.
  [[nodiscard]] std::vector<picture::Row> rows(const picture::Table& table, const std::string& day, std::int64_t first,
                                               std::int64_t count) {
    std::vector<picture::Row> out;
    for (std::int64_t i = first; i < first + count; ++i) {
      picture::Row row;
      for (std::size_t c = 0; c < table.columns.size(); ++c) {
        const picture::Column& column = table.columns[c];
        if (column.name == "day") {
          row.emplace_back(day);
        } else if (column.type == picture::ColumnType::kInteger) {
          row.push_back(c < table.key_columns              ? Json(i)
                        : column.nullable && below(3) == 0 ? Json()
                                                           : number(column.name));
        } else if (column.name == "id" || column.name == "version") {
          row.emplace_back("un/main/" + std::to_string(i));
        } else if (column.name == "geometry_blob") {
          row.emplace_back(blob_hash);
        } else if (c + 1 == table.key_columns) {
          row.emplace_back("key-" + std::to_string(1'000'000 + i));
        } else if (c < table.key_columns) {
          row.emplace_back("un");
        } else {
          row.emplace_back(text());
        }
      }
      out.push_back(std::move(row));
    }
    return out;
  }

  // Of rows of zones.
  std::string blob_hash = std::string(43, 'A');

  std::uint64_t below(std::uint64_t n) { return random_() % n; }

 private:
  Json number(std::string_view column) {
    if (column == "lat_e7") return Json(static_cast<std::int64_t>(below(50'000'000)) + 330'000'000);
    if (column == "lng_e7") return Json(static_cast<std::int64_t>(below(60'000'000)) + 360'000'000);
    switch (below(6)) {
      case 0: return Json(0);
      case 1: return Json(Json::kIntegerMax);
      case 2: return Json(-Json::kIntegerMax);
      case 3: return Json(-1);
      default: return Json(static_cast<std::int64_t>(below(1'000'000)));
    }
  }
  std::string text() {
    static const std::string kTexts[] = {"",
                                         "shelling",
                                         "it's \"quoted\"",
                                         "حلب",
                                         "Київ 🕊",
                                         "a;b;c",
                                         "line\nbreak\ttab",
                                         "NULL",
                                         "12",
                                         "{\"a\":[1,2]}",
                                         "\\",
                                         "%s'); DROP TABLE reports;--"};
    return kTexts[below(std::size(kTexts))];
  }

  std::mt19937_64 random_;
};

[[nodiscard]] inline picture::DayDigest digest_of(const picture::Table& table, const std::string& day,
                                                  const std::vector<picture::Row>& rows) {
  Sha256 hash;
  std::string line;
  for (const picture::Row& row : rows) {
    line.clear();
    picture::append_digest_line(line, row);
    hash.update(line);
  }
  return {std::string(table.name), day, static_cast<std::int64_t>(rows.size()), hash.finish()};
}

}  // namespace truce::store
