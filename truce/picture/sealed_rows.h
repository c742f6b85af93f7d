// SPDX-License-Identifier: Apache-2.0
//
// Sealed parts as everybody may see them: to whom each was given, who says that they have erased it, of whom that is
// waited for. Never their contents. Internal to picture.

#pragma once

#include <string>
#include <vector>

#include "truce/picture/log_book.h"
#include "truce/picture/rows.h"

namespace truce::picture {

// A statement whose sealed part was given or erased.
struct SealedRow {
  std::string statement, author;
  std::string given_to;  // parties, joined by ';'
  std::string erased;    // canonical JSON: [[party, recorded ms], ...]
  std::string
      waits_for;  // where somebody has erased it: the author and those it was given to who have not; joined by ';'

  template <typename V>
  void visit_columns(V&& v) {
    v("statement", statement), v("author", author), v("given_to", given_to), v("erased", erased);
    v("waits_for", waits_for);
  }
};

// Rows in key order, of shares and erasures that count.
[[nodiscard]] std::vector<SealedRow> sealed_rows(const LogBook& book, const RecordFacts& facts);

}  // namespace truce::picture
