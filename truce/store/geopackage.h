// SPDX-License-Identifier: Apache-2.0
//
// The GeoPackage form of the picture (docs/format/geopackage.md): table definitions, what the gpkg_ tables say, and the
// binary form of geometries. Texts and bytes only: nothing here opens a file.
//
// Internal to store. Values; any thread.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "truce/geo/geometry.h"
#include "truce/geo/lat_lng.h"
#include "truce/picture/tables.h"

namespace truce::store {

inline constexpr std::int32_t kApplicationId = 0x47504B47;  // "GPKG" at offset 68 of the file
inline constexpr std::int32_t kUserVersion = 10300;         // GeoPackage 1.3.0
inline constexpr std::int32_t kSrsId = 4326;                // longitude and latitude on WGS84
// Raised with every change of the tables below or of picture/rows.h; a file of another number is rebuilt.
inline constexpr std::string_view kSchemaVersion = "5";
inline constexpr std::string_view kDigestTable = "picture_digests";
inline constexpr std::string_view kMetaTable = "picture_meta";

// A thing of the schema as SQLite keeps it in sqlite_schema.
struct SchemaItem {
  std::string name;
  std::string sql;  // the whole CREATE statement, byte for byte
};

// Tables in order of creation: those of the standard first.
[[nodiscard]] std::vector<SchemaItem> schema_tables();
// Indexes, made after bulk loading.
[[nodiscard]] std::vector<SchemaItem> schema_indexes();
// INSERT statements of gpkg_spatial_ref_sys, gpkg_contents and gpkg_geometry_columns.
[[nodiscard]] std::vector<std::string> schema_rows(bool exercise, std::string_view title);

// Name of the index over a table's key; and of the one that begins with `column`, or "" for none.
[[nodiscard]] std::string key_index_name(const picture::Table& table);
[[nodiscard]] std::string column_index_name(const picture::Table& table, std::string_view column);
// True for columns of the key and of any index.
[[nodiscard]] bool is_indexed(const picture::Table& table, std::string_view column);
// False for tables whose rows can share a key.
[[nodiscard]] bool has_unique_key(const picture::Table& table);

// "name" and 'text' for SQL.
[[nodiscard]] std::string quoted_name(std::string_view name);
[[nodiscard]] std::string quoted_text(std::string_view text);

// GeoPackage binary: header without envelope and a WKB point: 29 bytes. Degrees are E7 / 1e7, correctly rounded.
void set_point(std::string& out, geo::LatLng at);
// With envelope. One part gives POLYGON, LINESTRING or POINT, several give their MULTI form. REQUIRES: not empty.
[[nodiscard]] std::string geometry_bytes(const geo::Geometry& geometry);

}  // namespace truce::store
