// SPDX-License-Identifier: Apache-2.0
//
// Events of the UCDP Georeferenced Event Dataset (CSV, layouts 17.1 to 25.1) as reports, one an event
// (docs/format/import.md has the tables of precision codes).
//
// Time: [date_start 00:00Z, date_end + 1 day). Place: latitude and longitude with a radius by where_prec. Kind:
// weapon-use (GED does not say what was used). Killed: [low, best, high], of them civilian as far as coded. Codes and
// names of actors are kept under `coded`, scheme "ucdp-ged"; the texts of sources are not. Key: (ucdp-ged, id).
//
// Pure: bytes in, values out. One thread a reader.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/result.h"
#include "truce/monitor/import_rows.h"

namespace truce::monitor {

inline constexpr std::string_view kGedSource = "ucdp-ged";

// Radius that holds the place in 86.5 of 100 cases, by the codebook's where_prec (1..7):
//   1 exact location: 1 km; 2 within about 25 km of a known point: 25 km; 3 second-order division: 40 km;
//   4 first-order division: 100 km; 5 line, or area that is no division: 100 km; 6 country: 500 km;
//   7 international waters or airspace: 500 km.
// nullopt for any other code.
[[nodiscard]] std::optional<std::int64_t> ged_radius_m(std::int64_t where_prec);

// Uncertainty of both ends of the interval by date_prec (1..5):
//   1 the day is known: 0; 2 range of 2 to 6 days: 3 days; 3 week: 7 days; 4 range of 8 to 30 days or month: 31 days;
//   5 range of more than a month: 366 days. nullopt for any other code.
[[nodiscard]] std::optional<std::int64_t> ged_precision_s(std::int64_t date_prec);

class GedReader {
 public:
  // Fails with the decoder's or CSV reader's error, or with kInvalidImport listing all missing columns. Needed are id,
  // latitude, longitude, where_prec, date_prec, date_start, date_end, best, low, high (or best_est, low_est, high_est).
  // Columns that are in no layout are passed over and listed.
  [[nodiscard]] static Result<GedReader> open(std::string_view bytes, std::string_view encoding = {});
  GedReader(GedReader&&) noexcept;
  GedReader& operator=(GedReader&&) noexcept;
  ~GedReader();

  // The next row, good or refused; monostate at the end. Views live as long as text() does. Whether a key stands twice,
  // in the file or in a log, is for the caller to find out.
  [[nodiscard]] ImportStep next();

  [[nodiscard]] std::string_view header() const;
  [[nodiscard]] const std::vector<std::string>& ignored_columns() const;
  [[nodiscard]] std::shared_ptr<const std::string> text() const;
  [[nodiscard]] std::size_t offset() const;

 private:
  struct Impl;
  explicit GedReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The whole file. Fails as GedReader::open(); refused rows are in the result.
[[nodiscard]] Result<ImportedFile> read_ged(std::string_view bytes, std::string_view encoding = {});

}  // namespace truce::monitor
