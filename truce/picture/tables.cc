// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/tables.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <type_traits>

#include "truce/picture/briefs.h"
#include "truce/picture/sealed_rows.h"

namespace truce::picture {
namespace {

struct ColumnLister {
  std::vector<Column>& out;
  void operator()(std::string_view name, Int&) { out.push_back({name, ColumnType::kInteger, false}); }
  void operator()(std::string_view name, OptInt&) { out.push_back({name, ColumnType::kInteger, true}); }
  void operator()(std::string_view name, std::string&) { out.push_back({name, ColumnType::kText, false}); }
};

template <typename T>
Table define(std::string_view title, std::size_t key_columns, GeometryColumn geometry = GeometryColumn::kNone,
             bool digested = true) {
  Table t;
  t.name = table_name<T>();
  t.title = title;
  T row;
  row.visit_columns(ColumnLister{t.columns});
  t.key_columns = key_columns;
  t.by_day = t.columns.front().name == "day";
  t.geometry = geometry;
  t.digested = digested;
  return t;
}

struct CellWriter {
  Row& out;
  void operator()(std::string_view, Int& v) { out.emplace_back(v); }
  void operator()(std::string_view, OptInt& v) { out.push_back(v ? Json(*v) : Json()); }
  void operator()(std::string_view, std::string& v) { out.emplace_back(v); }
};

struct CellReader {
  const Row& in;
  std::size_t at = 0;
  bool bad = false;
  const Json* next() {
    if (at < in.size()) return &in[at++];
    bad = true;
    return nullptr;
  }
  void operator()(std::string_view, Int& v) {
    const Json* j = next();
    if (j != nullptr && j->is_integer()) {
      v = j->as_integer();
    } else {
      bad = true;
    }
  }
  void operator()(std::string_view, OptInt& v) {
    const Json* j = next();
    if (j != nullptr && j->is_integer()) {
      v = j->as_integer();
    } else if (j == nullptr || !j->is_null()) {
      bad = true;
    }
  }
  void operator()(std::string_view, std::string& v) {
    const Json* j = next();
    if (j != nullptr && j->is_string()) {
      v = j->as_string();
    } else {
      bad = true;
    }
  }
};

}  // namespace

template <>
std::string_view table_name<ActorRow>() {
  return "actors";
}
template <>
std::string_view table_name<AmendmentRow>() {
  return "amendments";
}
template <>
std::string_view table_name<AskRow>() {
  return "asks";
}
template <>
std::string_view table_name<BriefRow>() {
  return "briefs";
}
template <>
std::string_view table_name<CalibrationRow>() {
  return "calibrations";
}
template <>
std::string_view table_name<ChangeRow>() {
  return "changes";
}
template <>
std::string_view table_name<CoverageRow>() {
  return "coverage";
}
template <>
std::string_view table_name<FindingRow>() {
  return "findings";
}
template <>
std::string_view table_name<ImportRow>() {
  return "imports";
}
template <>
std::string_view table_name<IncidentRow>() {
  return "incidents";
}
template <>
std::string_view table_name<InquiryRow>() {
  return "inquiries";
}
template <>
std::string_view table_name<LinkRow>() {
  return "links";
}
template <>
std::string_view table_name<PlaceListRow>() {
  return "place_lists";
}
template <>
std::string_view table_name<PositionRow>() {
  return "positions";
}
template <>
std::string_view table_name<ReceiptRow>() {
  return "receipts";
}
template <>
std::string_view table_name<ReportRow>() {
  return "reports";
}
template <>
std::string_view table_name<SealedRow>() {
  return "sealed";
}
template <>
std::string_view table_name<SignedDayRow>() {
  return "signed_days";
}
template <>
std::string_view table_name<SlabRow>() {
  return "slabs";
}
template <>
std::string_view table_name<StandingRow>() {
  return "standing";
}
template <>
std::string_view table_name<ZoneRow>() {
  return "zones";
}

std::span<const Table> tables() {
  static const std::array<Table, 21> kTables = {
      define<ActorRow>("sides, forces and groups, as each party states them", 2),
      define<AmendmentRow>("documents of the mechanism that were proposed", 1),
      define<AskRow>("what one party asks another about reports", 1),
      define<BriefRow>("briefs that were proposed, and who signed them", 1),
      define<CalibrationRow>("what was learnt about reporters, for the fusion of reports", 1),
      define<ChangeRow>("corrections, withdrawals and statements without effect", 2),
      define<CoverageRow>("hours of patrol by zone, day and party", 3),
      define<FindingRow>("what the positions on an incident are together", 2, GeometryColumn::kNone, false),
      define<ImportRow>("imported files", 2),
      define<IncidentRow>("what happened, once each", 4, GeometryColumn::kPoint),
      define<InquiryRow>("inquiries into incidents, and visits", 1),
      define<LinkRow>("joins and splits of reports that people stated", 1),
      define<PlaceListRow>("lists of named places", 2),
      define<PositionRow>("what each party says of an incident", 1),
      define<ReceiptRow>("what each party says that it holds of the others' logs", 6, GeometryColumn::kNone, false),
      define<ReportRow>("reports in their effective version", 4, GeometryColumn::kPoint),
      define<SealedRow>("sealed parts that were given to parties, and who has erased them", 1),
      define<SignedDayRow>("days of signed briefs: the maps that they keep, and what others would change", 2),
      define<SlabRow>("spans of time whose reports were looked at together", 1),
      define<StandingRow>("logs, and how far the parties hold them", 2, GeometryColumn::kNone, false),
      define<ZoneRow>("zones, lines and posts, as each party maps them", 4, GeometryColumn::kZoneBlob),
  };
  return kTables;
}

const Table& table(std::string_view name) {
  const auto all = tables();
  const auto it = std::ranges::find(all, name, &Table::name);
  assert(it != all.end());
  return *it;
}

template <typename T>
Row to_row(const T& row) {
  Row out;
  out.reserve(table(table_name<T>()).columns.size());
  const_cast<T&>(row).visit_columns(CellWriter{out});  // the writer reads only
  return out;
}

template <typename T>
Result<T> from_row(const Row& row) {
  T out;
  CellReader reader{row};
  out.visit_columns(reader);
  if (reader.bad || reader.at != row.size()) {
    return fail(ErrorCode::kBadDatabase, "a row that is not of this schema", std::string(table_name<T>()));
  }
  return out;
}

#define TRUCE_ROW(T)                \
  template Row to_row<T>(const T&); \
  template Result<T> from_row<T>(const Row&);
TRUCE_ROW(ActorRow)
TRUCE_ROW(AmendmentRow)
TRUCE_ROW(AskRow)
TRUCE_ROW(BriefRow)
TRUCE_ROW(CalibrationRow)
TRUCE_ROW(ChangeRow)
TRUCE_ROW(CoverageRow)
TRUCE_ROW(FindingRow)
TRUCE_ROW(ImportRow)
TRUCE_ROW(IncidentRow)
TRUCE_ROW(InquiryRow)
TRUCE_ROW(LinkRow)
TRUCE_ROW(PlaceListRow)
TRUCE_ROW(PositionRow)
TRUCE_ROW(ReceiptRow)
TRUCE_ROW(ReportRow)
TRUCE_ROW(SealedRow)
TRUCE_ROW(SignedDayRow)
TRUCE_ROW(SlabRow)
TRUCE_ROW(StandingRow)
TRUCE_ROW(ZoneRow)
#undef TRUCE_ROW

void append_digest_line(std::string& out, const Row& row) {
  out += '[';
  bool first = true;
  for (const Json& cell : row) {
    if (!first) out += ',';
    first = false;
    cell.append_canonical(out);
  }
  out += "]\n";
}

Status MemoryTables::clear() {
  rows_.clear();
  digests_.clear();
  return {};
}

Status MemoryTables::replace(const Table& table, const std::string& day, std::span<const Row> rows,
                             const DayDigest& digest) {
  const std::string name(table.name);
  if (rows.empty()) {
    rows_[name].erase(day);
    digests_.erase({name, day});
    return {};
  }
  rows_[name][day].assign(rows.begin(), rows.end());
  if (table.digested) digests_[{name, day}] = digest;
  return {};
}

Status MemoryTables::visit(const Table& table, const std::string& first_day, const std::string& last_day,
                           const Visitor& visitor) {
  const auto it = rows_.find(table.name);
  if (it == rows_.end()) return {};
  const bool all = !table.by_day || (first_day.empty() && last_day.empty());
  for (const auto& [day, rows] : it->second) {
    if (!all && (day < first_day || last_day < day)) continue;
    for (const Row& row : rows) TRUCE_CHECK(visitor(row));
  }
  return {};
}

Status MemoryTables::find(const Table& table, std::string_view column, const std::string& value,
                          const Visitor& visitor) {
  const auto c = std::ranges::find(table.columns, column, &Column::name);
  assert(c != table.columns.end());
  const auto i = static_cast<std::size_t>(c - table.columns.begin());
  return visit(table, {}, {}, [&](const Row& row) -> Status {
    if (row[i].is_string() && row[i].as_string() == value) return visitor(row);
    return {};
  });
}

Result<std::vector<DayDigest>> MemoryTables::digests() {
  std::vector<DayDigest> out;
  for (const auto& [key, digest] : digests_) out.push_back(digest);
  return out;
}

Hash digest_root(const Hash& mechanism, std::int64_t rules_version, std::span<const DayDigest> digests) {
  Sha256 h;
  h.update("truce picture\n" + mechanism.hex() + '\n' + std::to_string(rules_version) + '\n');
  for (const DayDigest& d : digests) {
    h.update(d.table + ' ' + (d.day.empty() ? std::string("-") : d.day) + ' ' + std::to_string(d.rows) + ' ' +
             d.hash.hex() + '\n');
  }
  return h.finish();
}

}  // namespace truce::picture
