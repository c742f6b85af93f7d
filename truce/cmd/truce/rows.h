// SPDX-License-Identifier: Apache-2.0
//
// Rows of the picture for programs: a JSON list of objects, a member a column.

#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/json.h"
#include "truce/picture/tables.h"

namespace truce::cmd {

template <typename T>
[[nodiscard]] Json rows_json(const std::vector<T>& rows) {
  const picture::Table& table = picture::table(picture::table_name<T>());
  Json list = Json::array();
  for (const T& r : rows) {
    const picture::Row cells = picture::to_row(r);
    Json row = Json::object();
    for (std::size_t c = 0; c < cells.size(); ++c) row.set(table.columns[c].name, cells[c]);
    list.push_back(std::move(row));
  }
  return list;
}

// Ids that rows hold joined by ';'.
[[nodiscard]] inline std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const std::size_t end = list.find(';');
    out.emplace_back(list.substr(0, end));
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  }
  return out;
}

// The same, of which columns hold ids joined by ';' (lists in JSON) and which hold JSON (null where empty).
// kBadDatabase, kSyntax.
template <typename T>
[[nodiscard]] Result<Json> structured_rows(const std::vector<T>& rows, std::initializer_list<std::string_view> lists,
                                           std::initializer_list<std::string_view> values) {
  Json out = rows_json(rows);
  for (Json& row : out.as_array()) {
    for (const std::string_view name : lists) {
      Json list = Json::array();
      for (std::string& id : split(row.find(name)->as_string())) list.push_back(std::move(id));
      row.set(name, std::move(list));
    }
    for (const std::string_view name : values) {
      const std::string text = row.find(name)->as_string();
      if (text.empty()) {
        row.set(name, Json());
      } else {
        TRUCE_TRY(Json value, Json::parse_canonical(text));
        row.set(name, std::move(value));
      }
    }
  }
  return out;
}

}  // namespace truce::cmd
