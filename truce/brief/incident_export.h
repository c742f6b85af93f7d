// SPDX-License-Identifier: Apache-2.0
//
// Incidents as CSV and GeoJSON: the files of a brief, and what `truce incidents --format csv|geojson` prints. The
// public edition's rows are made by published() first. Pure; any thread.
//
// CSV: UTF-8, RFC 4180 quoting, line feed, one header line. Text that a spreadsheet would take for a formula gets an
// apostrophe in front. Times are UTC; coordinates are exact decimals.

#pragma once

#include <span>
#include <string>

#include "truce/picture/rows.h"

namespace truce::brief {

// The header without a line end; of an exercise `,mark` follows and every row ends with EXERCISE.
inline constexpr std::string_view kIncidentCsvHeader =
    "incident,from,to,lat,lon,radius_m,kind,zones,zones_any,relation,reports,parties,killed_best,injured_best";

[[nodiscard]] std::string incidents_csv(std::span<const picture::IncidentRow> rows, bool exercise);

// The same columns as the properties of points; an incident without a place has a null geometry. RFC 7946; one feature
// a line.
[[nodiscard]] std::string incidents_geojson(std::span<const picture::IncidentRow> rows, bool exercise);

// One CSV field of text: guarded against formulas, quoted where needed. For other tables of the command line too.
[[nodiscard]] std::string csv_field(std::string_view text);

}  // namespace truce::brief
