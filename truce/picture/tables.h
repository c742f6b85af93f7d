// SPDX-License-Identifier: Apache-2.0
//
// Tables of the common picture as values: names, columns, keys, and how rows travel to a store (TableSink) and back
// (TableReader). The digest is over rows as canonical JSON arrays in key order, a hash for each table and day
// (docs/format/picture.md). MemoryTables is both, for tests, for verifying a brief at an older cut, and for small
// nodes.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/json.h"
#include "truce/base/result.h"
#include "truce/base/sha256.h"
#include "truce/picture/position_rows.h"
#include "truce/picture/rows.h"

namespace truce::picture {

enum class ColumnType { kInteger, kText };
// Where a table's geometry comes from, for a GIS: the point of its columns lat_e7 and lng_e7, or the blob named by
// geometry_blob.
enum class GeometryColumn { kNone, kPoint, kZoneBlob };

struct Column {
  std::string_view name;
  ColumnType type = ColumnType::kText;
  bool nullable = false;
};

struct Table {
  std::string_view name;
  std::string_view title;  // one line for people
  std::vector<Column> columns;
  std::size_t key_columns = 0;  // the first so many columns are the key; rows are digested in its order
  bool by_day = false;          // the first column is the day
  GeometryColumn geometry = GeometryColumn::kNone;
  bool digested = true;  // false: what clocks and receipts alone make; in no digest, whoever reads it checks nothing
};

// All tables, ascending by name: actors, amendments, asks, calibrations, changes, coverage, findings, imports,
// incidents, inquiries, links, place_lists, positions, receipts, reports, slabs, standing, zones.
[[nodiscard]] std::span<const Table> tables();
// REQUIRES: there is such a table.
[[nodiscard]] const Table& table(std::string_view name);

// Cells in column order: integer, string, or null (only where nullable).
using Row = std::vector<Json>;

// The table that holds rows of type T: T::... -> "reports", "incidents", ...
template <typename T>
[[nodiscard]] std::string_view table_name();

template <typename T>
[[nodiscard]] Row to_row(const T& row);
// REQUIRES: `row` was made by to_row<T>() or read from a store of this schema (checked: kBadDatabase).
template <typename T>
[[nodiscard]] Result<T> from_row(const Row& row);

// Appends "[...]\n" as digested.
void append_digest_line(std::string& out, const Row& row);

struct DayDigest {
  std::string table, day;  // day empty for tables without days
  std::int64_t rows = 0;
  Hash hash;
  friend auto operator<=>(const DayDigest&, const DayDigest&) = default;
};

// Takes the rows of one table and day, replacing whatever stood there. Rows come in key order. Of a table that is not
// digested the digest is a checksum for the sink's own use.
class TableSink {
 public:
  virtual ~TableSink() = default;
  // Everything that was there goes; full fold.
  [[nodiscard]] virtual Status clear() = 0;
  [[nodiscard]] virtual Status replace(const Table& table, const std::string& day, std::span<const Row> rows,
                                       const DayDigest& digest) = 0;
};

class TableReader {
 public:
  virtual ~TableReader() = default;
  using Visitor = std::function<Status(const Row&)>;
  // Rows with first_day <= day <= last_day in key order; for tables without days, or with both days empty, all rows.
  [[nodiscard]] virtual Status visit(const Table& table, const std::string& first_day, const std::string& last_day,
                                     const Visitor& visitor) = 0;
  // Rows whose text column `column` equals `value`, in key order (indexed: reports.id, reports.version,
  // reports.incident, incidents.id, changes.report, changes.target, changes.statement; others may scan).
  [[nodiscard]] virtual Status find(const Table& table, std::string_view column, const std::string& value,
                                    const Visitor& visitor) = 0;
  // Digests of all digested tables and days, ascending.
  [[nodiscard]] virtual Result<std::vector<DayDigest>> digests() = 0;
};

class MemoryTables final : public TableSink, public TableReader {
 public:
  [[nodiscard]] Status clear() override;
  [[nodiscard]] Status replace(const Table& table, const std::string& day, std::span<const Row> rows,
                               const DayDigest& digest) override;
  [[nodiscard]] Status visit(const Table& table, const std::string& first_day, const std::string& last_day,
                             const Visitor& visitor) override;
  [[nodiscard]] Status find(const Table& table, std::string_view column, const std::string& value,
                            const Visitor& visitor) override;
  [[nodiscard]] Result<std::vector<DayDigest>> digests() override;

 private:
  std::map<std::string, std::map<std::string, std::vector<Row>>, std::less<>> rows_;
  std::map<std::pair<std::string, std::string>, DayDigest> digests_;
};

// All rows of one type between two days (inclusive; both empty: all).
template <typename T>
[[nodiscard]] Result<std::vector<T>> read_rows(TableReader& reader, const std::string& first_day = {},
                                               const std::string& last_day = {}) {
  std::vector<T> out;
  TRUCE_CHECK(reader.visit(table(table_name<T>()), first_day, last_day, [&](const Row& row) -> Status {
    TRUCE_TRY(T value, from_row<T>(row));
    out.push_back(std::move(value));
    return {};
  }));
  return out;
}
template <typename T>
[[nodiscard]] Result<std::vector<T>> find_rows(TableReader& reader, std::string_view column, const std::string& value) {
  std::vector<T> out;
  TRUCE_CHECK(reader.find(table(table_name<T>()), column, value, [&](const Row& row) -> Status {
    TRUCE_TRY(T found, from_row<T>(row));
    out.push_back(std::move(found));
    return {};
  }));
  return out;
}

// SHA-256 over "truce picture\n", mechanism id, rules version, and a line "table day rows hash" for each digest in
// order.
[[nodiscard]] Hash digest_root(const Hash& mechanism, std::int64_t rules_version, std::span<const DayDigest> digests);

}  // namespace truce::picture
