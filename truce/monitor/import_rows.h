// SPDX-License-Identifier: Apache-2.0
//
// What every import of a table yields (docs/format/import.md): rows that became reports, rows that were refused with
// the reason, and the file of refused rows that goes back to the sender.
//
// Values; pure; any thread. Nothing here decides whether a key is known to a log, or appends: that is the caller's.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "truce/base/json.h"
#include "truce/base/result.h"
#include "truce/monitor/report.h"

namespace truce::monitor {

// A row that can be stated.
struct ImportedReport {
  std::uint64_t line = 0;  // physical line on which the row begins, from 1 (the header's)
  std::string_view raw;    // the row's bytes in UTF-8; lives as long as the ImportedFile or the reader that gave it
  Report report;           // passes check(); its key is set
  Json sealed;             // payload of the sealed part (note, grade, an observer's position); null: none
  std::vector<std::string> warnings;  // sentences for the person who imports; nothing was changed silently
};

// A row that was refused. `column` is the file's own name of the column; empty where the row as a whole is off.
struct RefusedRow {
  std::uint64_t line = 0;
  std::string_view raw;
  std::string column;
  std::string value;
  std::string reason;       // one sentence without a full stop
  bool is_readable = true;  // false: broken quoting or another number of fields; raw cannot be cut into columns

  // "line 3: lat: 'abc' is not a decimal number": what is printed.
  [[nodiscard]] std::string to_string() const;
};

// The end of the file is std::monostate.
using ImportStep = std::variant<std::monostate, ImportedReport, RefusedRow>;

// A whole file, read. About 1.3 kB a row: a program that imports millions of rows takes them from the reader one by
// one.
struct ImportedFile {
  std::shared_ptr<const std::string> text;   // decoded; what `raw` points into
  std::string_view header;                   // the header line as it stood
  std::vector<std::string> ignored_columns;  // columns of the file that were passed over, as declared or by layout
  std::vector<ImportedReport> rows;          // in the file's order
  std::vector<RefusedRow> refused;           // in the file's order
};

// The refused rows as a CSV file in UTF-8 with the header of the file that they are from and one more column `reason`
// (in place of an older one): mended, it can be imported again, without naming an encoding. A row that cannot be cut
// into columns stands whole in the first one.
[[nodiscard]] std::string write_rejects(std::string_view header, std::span<const RefusedRow> refused);

// Adds a warning to rows whose latitude and longitude look swapped: whose point lies outside of where most of the file
// lies (the middle eight tenths of latitudes and of longitudes, widened on each side by their extent and one degree)
// while the point with the two exchanged lies inside. Needs at least 5 rows with points; never changes a coordinate.
void warn_swapped(std::span<ImportedReport> rows);

}  // namespace truce::monitor
