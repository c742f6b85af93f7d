// SPDX-License-Identifier: Apache-2.0
//
// Reports from a CSV file as a party's office keeps them: our columns, or the sender's columns under a map
// (docs/format/import.md lists the columns, units and rules).
//
//   ReportImportOptions options;
//   options.me = "un";
//   TRUCE_TRY(const ImportedFile file, read_reports(bytes, options));
//   if (!file.refused.empty()) ...                    // one bad row refuses all, unless --rejects
//
// Nothing is guessed: a time without offset, an unknown column, a place without radius, a decimal comma is refused
// until somebody declares what it means (map or options). Bytes in, values out: no files, no clock. One thread a
// reader. Cost: about 2 us a row.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/json.h"
#include "truce/base/result.h"
#include "truce/geo/lat_lng.h"
#include "truce/monitor/import_rows.h"

namespace truce::monitor {

// What a sender's columns mean, as declared by whoever imports; stated with the import, so that others can judge it.
//
//   {"columns":{"lat":"Latitude","observed_at":"Time"},        our name -> their name
//    "constants":{"party":"un","time_precision_s":"600"},      our name -> text for cells that are absent or empty
//    "date_format":"DD.MM.YYYY hh:mm",                         of observed_at and to; default: RFC 3339
//    "decimal":",",                                            default "."
//    "ignore":["Comment","Photo"],                             their columns that are not read
//    "utc_offset":"+03:00",                                    of times that state none
//    "values":{"kind":{"Art. fire":"shelling"}}}               our name -> their text -> ours; exact match
//
// Every member is optional. A column that has our name already needs no entry.
struct ColumnMap {
  std::map<std::string, std::string> columns;
  std::map<std::string, std::map<std::string, std::string>> values;
  std::map<std::string, std::string> constants;
  std::vector<std::string> ignore;
  std::optional<int> utc_offset_minutes;
  std::string date_format;  // of YYYY MM DD hh mm ss and other characters as they stand; empty: RFC 3339
  bool decimal_comma = false;

  // Fails with kInvalidImport naming the member: an unknown one, a column that is not ours, a constant for what is
  // sealed (it would stand in the plain import statement), a date format without day or minute.
  [[nodiscard]] static Result<ColumnMap> from_json(const Json& json);
  friend bool operator==(const ColumnMap&, const ColumnMap&) = default;
};

// A place that a callback found.
struct ResolvedPlace {
  geo::LatLng at;
  std::int64_t radius_m = 0;
  std::string ref;  // "list/place"; empty for a grid reference
};

struct ReportImportOptions {
  std::string me;        // id of the importing party. REQUIRES: is_id(me)
  std::string source;    // of the keys; empty: each row's party
  std::string encoding;  // see decode_text(); empty: UTF-8
  ColumnMap map;
  // False: observer columns are plain as given (the sender declares them shareable). True: the report holds the point
  // that they lead to and a radius made of their errors; observer, bearing and distance go into the sealed part.
  // Bearings from a declared post are plain either way.
  bool seal_observers = false;
  // Radius of points whose row states none. Default: such a row is refused, because a point without a radius would
  // claim to be exact.
  std::optional<std::int64_t> default_radius_m;
  // Precision of times whose row states none: people's watches and memories, not the digits that they write.
  std::int64_t default_precision_s = 300;
  // Where the import's area is known (the zones' box): rows outside of it that would be inside with latitude and
  // longitude exchanged are warned about. Empty: read_reports() looks at the file itself (warn_swapped()).
  geo::Box area;
  // Column `place`, an id or a name: one answer, or an error whose message lists the candidates (kAmbiguous) or says
  // that there is none. Unset: the column is refused.
  std::function<Result<ResolvedPlace>(std::string_view text)> find_place;
  // Column `mgrs`: middle and half diagonal of the grid square. Unset: the column is refused.
  std::function<Result<ResolvedPlace>(std::string_view text)> parse_mgrs;
};

// One column that imports take: for the documentation, --help and the nearest name in errors.
struct ReportColumn {
  std::string_view name;
  std::string_view meaning;  // with unit and values
  bool is_sealed = false;    // never plain
};
[[nodiscard]] std::vector<ReportColumn> report_columns();

// Rows one by one. Movable.
class ReportReader {
 public:
  // Longest note that is taken into a sealed part.
  static constexpr std::size_t kNoteBytesMax = 16'000;

  // Decodes, reads the header, checks it against map and options. Fails with the decoder's or CSV reader's error, or
  // with kInvalidImport listing every unknown column (with the nearest one that is known), every column that the map
  // names and the file lacks, and every required column that is missing: observed_at, kind and a place (lat and lon;
  // observer_lat and observer_lon or post, with bearing_deg and distance_m; place; zone; mgrs).
  [[nodiscard]] static Result<ReportReader> open(std::string_view bytes, ReportImportOptions options);
  ReportReader(ReportReader&&) noexcept;
  ReportReader& operator=(ReportReader&&) noexcept;
  ~ReportReader();

  // The next row, good or refused; monostate at the end. Views live as long as text() does. Whether a key stands twice,
  // in the file or in a log, is for the caller to find out.
  [[nodiscard]] ImportStep next();

  [[nodiscard]] std::string_view header() const;
  [[nodiscard]] const std::vector<std::string>& ignored_columns() const;
  [[nodiscard]] std::shared_ptr<const std::string> text() const;
  // Bytes read so far, of text()->size(): for progress.
  [[nodiscard]] std::size_t offset() const;

 private:
  struct Impl;
  explicit ReportReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The whole file. Fails as ReportReader::open(); refused rows are in the result.
[[nodiscard]] Result<ImportedFile> read_reports(std::string_view bytes, const ReportImportOptions& options);

}  // namespace truce::monitor
