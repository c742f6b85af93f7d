// SPDX-License-Identifier: Apache-2.0
//
// Rows of the picture for programs: a JSON list of objects, a member a column.

#pragma once

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

}  // namespace truce::cmd
