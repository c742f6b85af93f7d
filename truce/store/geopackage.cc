// SPDX-License-Identifier: Apache-2.0

#include "truce/store/geopackage.h"

#include <bit>
#include <cstring>

namespace truce::store {
namespace {

using picture::Column;
using picture::ColumnType;
using picture::GeometryColumn;
using picture::Table;

// Columns that find() is fast on, by table. reports.source_id leads its source: ids tell more than the few sources.
struct FastColumn {
  std::string_view table, columns;
};
constexpr FastColumn kFastColumns[] = {
    {"changes", "report"}, {"changes", "statement"}, {"changes", "target"},           {"incidents", "id"},
    {"reports", "id"},     {"reports", "version"},   {"reports", "source_id,source"}, {"reports", "incident"},
};

std::string index_name(std::string_view table, std::string_view columns) {
  std::string name = std::string(table) + "_by_" + std::string(columns.substr(0, columns.find(',')));
  return name;
}

std::string quoted_list(std::string_view columns) {
  std::string out;
  while (!columns.empty()) {
    const std::size_t comma = columns.find(',');
    out += (out.empty() ? "" : ", ") + quoted_name(columns.substr(0, comma));
    columns.remove_prefix(comma == std::string_view::npos ? columns.size() : comma + 1);
  }
  return out;
}

std::string create_table(const Table& table) {
  std::string sql = "CREATE TABLE " + quoted_name(table.name) + " (\"fid\" INTEGER PRIMARY KEY NOT NULL";
  if (table.geometry == GeometryColumn::kPoint) sql += ", \"geom\" POINT";
  if (table.geometry == GeometryColumn::kZoneBlob) sql += ", \"geom\" GEOMETRY";
  for (const Column& c : table.columns) {
    sql += ", " + quoted_name(c.name) + (c.type == ColumnType::kInteger ? " INTEGER" : " TEXT");
    if (!c.nullable) sql += " NOT NULL";
  }
  return sql + ")";
}

constexpr std::string_view kSpatialRefSys =
    "CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY NOT NULL, organization TEXT "
    "NOT NULL, "
    "organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT)";
constexpr std::string_view kContents =
    "CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY NOT NULL, data_type TEXT NOT NULL, identifier TEXT "
    "UNIQUE, description "
    "TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), min_x DOUBLE, "
    "min_y DOUBLE, "
    "max_x DOUBLE, max_y DOUBLE, srs_id INTEGER, CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES "
    "gpkg_spatial_ref_sys(srs_id))";
constexpr std::string_view kGeometryColumns =
    "CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT "
    "NOT NULL, srs_id "
    "INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL, CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, "
    "column_name), "
    "CONSTRAINT uk_gc_table_name UNIQUE (table_name), CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES "
    "gpkg_contents(table_name), CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id))";
constexpr std::string_view kDigests =
    "CREATE TABLE picture_digests (\"fid\" INTEGER PRIMARY KEY NOT NULL, \"table_name\" TEXT NOT NULL, \"day\" TEXT "
    "NOT NULL, "
    "\"row_count\" INTEGER NOT NULL, \"sha256\" TEXT NOT NULL)";
constexpr std::string_view kMeta =
    "CREATE TABLE picture_meta (\"fid\" INTEGER PRIMARY KEY NOT NULL, \"key\" TEXT NOT NULL, \"value\" TEXT NOT NULL)";

constexpr std::string_view kWgs84 =
    "GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563,AUTHORITY[\"EPSG\",\"7030\"]],"
    "AUTHORITY[\"EPSG\",\"6326\"]],PRIMEM[\"Greenwich\",0,AUTHORITY[\"EPSG\",\"8901\"]],UNIT[\"degree\",0."
    "0174532925199433,"
    "AUTHORITY[\"EPSG\",\"9122\"]],AUTHORITY[\"EPSG\",\"4326\"]]";

// WKB geometry types.
enum : std::uint32_t {
  kPoint = 1,
  kLineString = 2,
  kPolygon = 3,
  kMultiPoint = 4,
  kMultiLineString = 5,
  kMultiPolygon = 6
};

// Little-endian whatever the machine.
void put_u32(std::string& out, std::uint32_t v) {
  for (int i = 0; i < 4; ++i) out += static_cast<char>(v >> (8 * i));
}
void put_double(std::string& out, double d) {
  const auto v = std::bit_cast<std::uint64_t>(d);
  for (int i = 0; i < 8; ++i) out += static_cast<char>(v >> (8 * i));
}
double degrees(std::int32_t e7) {
  return e7 / 1e7;
}
void put_position(std::string& out, geo::LatLng p) {
  put_double(out, degrees(p.lng_e7));
  put_double(out, degrees(p.lat_e7));
}
void put_type(std::string& out, std::uint32_t type) {
  out += '\1';  // little-endian
  put_u32(out, type);
}
void put_ring(std::string& out, const geo::Ring& ring) {
  put_u32(out, static_cast<std::uint32_t>(ring.corners.size() + 1));
  for (const geo::LatLng p : ring.corners) put_position(out, p);
  put_position(out, ring.corners.front());
}
void put(std::string& out, const geo::Polygon& polygon) {
  put_type(out, kPolygon);
  put_u32(out, static_cast<std::uint32_t>(polygon.holes.size() + 1));
  put_ring(out, polygon.outer);
  for (const geo::Ring& hole : polygon.holes) put_ring(out, hole);
}
void put(std::string& out, const geo::Line& line) {
  put_type(out, kLineString);
  put_u32(out, static_cast<std::uint32_t>(line.points.size()));
  for (const geo::LatLng p : line.points) put_position(out, p);
}
void put(std::string& out, geo::LatLng p) {
  put_type(out, kPoint);
  put_position(out, p);
}
template <typename Part>
void put_parts(std::string& out, std::uint32_t multi_type, const std::vector<Part>& parts) {
  if (parts.size() != 1) {
    put_type(out, multi_type);
    put_u32(out, static_cast<std::uint32_t>(parts.size()));
  }
  for (const Part& part : parts) put(out, part);
}

// "GP", version 0, flags (bit 0: little-endian; bits 1 to 3: 1 with an envelope of x and y), srs_id.
void put_header(std::string& out, const geo::Box* envelope) {
  out += "GP";
  out += '\0';
  out += static_cast<char>(envelope != nullptr ? 3 : 1);
  put_u32(out, static_cast<std::uint32_t>(kSrsId));
  if (envelope == nullptr) return;
  put_double(out, degrees(envelope->west_e7));
  put_double(out, degrees(envelope->east_e7));
  put_double(out, degrees(envelope->south_e7));
  put_double(out, degrees(envelope->north_e7));
}

}  // namespace

std::string quoted_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

std::string quoted_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + '\'';
}

bool has_unique_key(const Table& table) {
  return table.name != "actors" && table.name != "changes" && table.name != "place_lists";
}

std::string key_index_name(const Table& table) {
  return std::string(table.name) + "_key";
}

std::string column_index_name(const Table& table, std::string_view column) {
  for (const FastColumn& f : kFastColumns) {
    if (f.table == table.name && f.columns.substr(0, f.columns.find(',')) == column) {
      return index_name(f.table, f.columns);
    }
  }
  return {};
}

bool is_indexed(const Table& table, std::string_view column) {
  for (std::size_t i = 0; i < table.key_columns; ++i) {
    if (table.columns[i].name == column) return true;
  }
  for (const FastColumn& f : kFastColumns) {
    if (f.table != table.name) continue;
    for (std::string_view rest = f.columns; !rest.empty();) {
      const std::size_t comma = rest.find(',');
      if (rest.substr(0, comma) == column) return true;
      rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    }
  }
  return false;
}

std::vector<SchemaItem> schema_tables() {
  std::vector<SchemaItem> out = {{"gpkg_spatial_ref_sys", std::string(kSpatialRefSys)},
                                 {"gpkg_contents", std::string(kContents)},
                                 {"gpkg_geometry_columns", std::string(kGeometryColumns)},
                                 {std::string(kDigestTable), std::string(kDigests)},
                                 {std::string(kMetaTable), std::string(kMeta)}};
  for (const Table& t : picture::tables()) out.push_back({std::string(t.name), create_table(t)});
  return out;
}

std::vector<SchemaItem> schema_indexes() {
  std::vector<SchemaItem> out = {
      {"picture_digests_key",
       "CREATE UNIQUE INDEX \"picture_digests_key\" ON \"picture_digests\" (\"table_name\", \"day\")"},
      {"picture_meta_key", "CREATE UNIQUE INDEX \"picture_meta_key\" ON \"picture_meta\" (\"key\")"}};
  const auto add = [&out](std::string name, std::string_view table, const std::string& columns, bool unique) {
    std::string sql = std::string("CREATE ") + (unique ? "UNIQUE " : "") + "INDEX " + quoted_name(name) + " ON " +
                      quoted_name(table) + " (" + columns + ")";
    out.push_back({std::move(name), std::move(sql)});
  };
  for (const Table& t : picture::tables()) {
    std::string key;
    for (std::size_t i = 0; i < t.key_columns; ++i) key += (i == 0 ? "" : ", ") + quoted_name(t.columns[i].name);
    add(key_index_name(t), t.name, key, has_unique_key(t));
  }
  for (const FastColumn& f : kFastColumns) add(index_name(f.table, f.columns), f.table, quoted_list(f.columns), false);
  return out;
}

std::vector<std::string> schema_rows(bool exercise, std::string_view title) {
  std::vector<std::string> out;
  out.push_back(
      "INSERT INTO gpkg_spatial_ref_sys VALUES ('WGS 84 geodetic', 4326, 'EPSG', 4326, " + quoted_text(kWgs84) +
      ", 'longitude and latitude in decimal degrees on WGS 84'), "
      "('Undefined cartesian SRS', -1, 'NONE', -1, 'undefined', 'undefined cartesian coordinate reference system'), "
      "('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', 'undefined geographic coordinate reference system')");
  const auto content = [&](std::string_view name, std::string_view text, bool features) {
    std::string description = exercise ? "EXERCISE. " : "";
    if (!title.empty()) description += std::string(title) + ": ";
    description += text;
    out.push_back(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id) VALUES (" +
        quoted_text(name) + (features ? ", 'features', " : ", 'attributes', ") +
        quoted_text((exercise ? "EXERCISE " : "") + std::string(name)) + ", " + quoted_text(description) +
        ", '1970-01-01T00:00:00.000Z', " + (features ? std::to_string(kSrsId) : "NULL") + ")");
  };
  for (const Table& t : picture::tables()) {
    content(t.name, t.title, t.geometry != GeometryColumn::kNone);
    if (t.geometry == GeometryColumn::kNone) continue;
    out.push_back("INSERT INTO gpkg_geometry_columns VALUES (" + quoted_text(t.name) + ", 'geom', " +
                  (t.geometry == GeometryColumn::kPoint ? "'POINT', " : "'GEOMETRY', ") + std::to_string(kSrsId) +
                  ", 0, 0)");
  }
  content(kDigestTable, "SHA-256 of each table and day", false);
  content(kMetaTable, "what this picture was made from", false);
  return out;
}

void set_point(std::string& out, geo::LatLng at) {
  out.clear();
  put_header(out, nullptr);
  put(out, at);
}

std::string geometry_bytes(const geo::Geometry& geometry) {
  const geo::Box box = geo::bounding_box(geometry);
  std::string out;
  put_header(out, &box);
  if (const auto* polygons = std::get_if<geo::MultiPolygon>(&geometry)) {
    put_parts(out, kMultiPolygon, polygons->polygons);
  } else if (const auto* lines = std::get_if<geo::Lines>(&geometry)) {
    put_parts(out, kMultiLineString, lines->lines);
  } else {
    put_parts(out, kMultiPoint, std::get<geo::Points>(geometry).points);
  }
  return out;
}

}  // namespace truce::store
