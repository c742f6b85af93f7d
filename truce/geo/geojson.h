// SPDX-License-Identifier: Apache-2.0
//
// GeoJSON (RFC 7946) in and out, at the edge: bytes of a file to features with canonical geometry, and geometry to
// text. Coordinates are read from their decimal text, never through binary floating point; beyond seven decimals they
// are rounded half to even.
//
// It is NOT lenient: a file is refused as a whole, with the place of the first trouble, for anything whose meaning
// would have to be guessed (unclosed rings, crossing rings, other reference systems, geometry collections, missing
// geometry). Windings are mended and altitudes dropped, with a note. What is only suspicious (latitude and longitude
// that look swapped) is a warning. Any thread.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "truce/base/result.h"
#include "truce/geo/geometry.h"

namespace truce::geo {

// Limits of a hostile file: memory (bytes, features, properties, text), the stack (depth). Vertices: kVertexCountMax a
// geometry.
inline constexpr std::size_t kGeoJsonBytesMax = std::size_t{256} << 20;
inline constexpr std::size_t kGeoJsonFeatureCountMax = 100'000;
inline constexpr std::size_t kGeoJsonPropertyCountMax = 256;
inline constexpr std::size_t kGeoJsonTextBytesMax = 65'536;
inline constexpr std::size_t kGeoJsonDepthMax = 32;

// A property's value.
struct GeoJsonValue {
  enum class Kind : std::uint8_t {
    kNull,
    kBool,     // flag
    kNumber,   // text, as written
    kString,   // text, unescaped
    kStrings,  // items: an array of strings, perhaps empty
    kOther,    // text: the JSON of anything else (objects, mixed arrays)
  };
  Kind kind = Kind::kNull;
  bool flag = false;
  std::string text;
  std::vector<std::string> items;

  friend bool operator==(const GeoJsonValue&, const GeoJsonValue&) = default;
};

struct GeoJsonFeature {
  std::string id;                                                // as text; empty: none
  std::vector<std::pair<std::string, GeoJsonValue>> properties;  // in the file's order, keys distinct
  Geometry geometry;                                             // canonical
  GeometryNotes notes;                                           // what was mended

  // The property's value, or nullptr.
  [[nodiscard]] const GeoJsonValue* find(std::string_view key) const;
};

struct GeoJsonFile {
  std::vector<GeoJsonFeature> features;
  std::vector<std::string> warnings;  // "feature 3 (op-4): latitude and longitude may be swapped"
};

struct GeoJsonOptions {
  // Where the caller's zones lie, if known: a feature wholly outside that would lie inside with its coordinates swapped
  // is warned of. Without, features are compared with each other.
  std::optional<Box> expected;
};

// Takes a FeatureCollection or one Feature. Fails with kSyntax, kLimit, kEncoding, kInvalidPlace, kInvalidRing or
// kTooManyVertices; `where` = "offset 123: feature 3 (idlib): polygon 0 ring 1 vertex 17", as far as known, all counted
// from 0.
[[nodiscard]] Result<GeoJsonFile> parse_geojson(std::string_view bytes, const GeoJsonOptions& options = {});

// {"type":"Polygon","coordinates":[...]} with the shortest exact decimals; the simple type where there is one part
// only. REQUIRES: canonical geometry.
[[nodiscard]] std::string to_geojson(const Geometry& geometry);

}  // namespace truce::geo
