// SPDX-License-Identifier: Apache-2.0
//
// Geometry as values: polygons with holes, lines, points, in E7 integers. Edges are straight in longitude and latitude.
//
// Constructed is not valid. canonical() turns what a person drew into the one form that is stated, or says what is
// wrong with it and where; only canonical geometry goes into blobs, the zone index, or PreparedArea. It is NOT a
// geometry engine: no union, no buffer (belt.h has those that truce needs).
//
// Canonical and valid means: every point within the world and no polygon's corner at a pole; no edge over 180 degrees
// of longitude (the antimeridian: a zone across it is drawn as two polygons); a ring has at least three corners, no
// corner twice, and meets itself nowhere; outer rings run counter-clockwise, holes clockwise; holes lie within their
// own polygon; rings may touch each other in single points but neither cross nor share a stretch of edge; the interiors
// of two polygons never overlap.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "truce/base/result.h"
#include "truce/geo/lat_lng.h"

namespace truce::geo {

// Most vertices of one geometry: keeps a hostile blob (64 MiB) from taking more than about 1 GiB while it is checked.
inline constexpr std::size_t kVertexCountMax = 2'500'000;

// Corners in order; the first is NOT repeated at the end (text forms repeat it).
struct Ring {
  std::vector<LatLng> corners;
  friend bool operator==(const Ring&, const Ring&) = default;
};

struct Polygon {
  Ring outer;
  std::vector<Ring> holes;
  friend bool operator==(const Polygon&, const Polygon&) = default;
};

struct MultiPolygon {
  std::vector<Polygon> polygons;
  friend bool operator==(const MultiPolygon&, const MultiPolygon&) = default;
};

// A run of at least two points; may cross itself.
struct Line {
  std::vector<LatLng> points;
  friend bool operator==(const Line&, const Line&) = default;
};

struct Lines {
  std::vector<Line> lines;
  friend bool operator==(const Lines&, const Lines&) = default;
};

struct Points {
  std::vector<LatLng> points;
  friend bool operator==(const Points&, const Points&) = default;
};

using Geometry = std::variant<MultiPolygon, Lines, Points>;

// What canonical() mended, for the person who drew it: "polygon 1 ring 0: ran clockwise, reversed".
using GeometryNotes = std::vector<std::string>;

// The canonical form: windings are mended (a note each); everything else that is not valid is refused with kInvalidRing
// (`where` = "polygon 1 ring 0 vertex 17", counted from 0, ring 0 the outer one), kInvalidPlace, or kTooManyVertices.
// Cost: O(n log n); a ring of 10^6 corners takes about a second.
[[nodiscard]] Result<MultiPolygon> canonical(MultiPolygon polygons, GeometryNotes* notes = nullptr);
// Lines: at least one line, each of at least two points, none twice in a row.
[[nodiscard]] Result<Lines> canonical(Lines lines, GeometryNotes* notes = nullptr);
// Points: at least one, each once.
[[nodiscard]] Result<Points> canonical(Points points, GeometryNotes* notes = nullptr);
[[nodiscard]] Result<Geometry> canonical(Geometry geometry, GeometryNotes* notes = nullptr);

// Ok if the geometry is canonical as it stands; kNotCanonical where only a winding is off; else as canonical() fails.
[[nodiscard]] Status check_canonical(const Geometry& geometry);

[[nodiscard]] std::size_t vertex_count(const Geometry& geometry);
[[nodiscard]] Box bounding_box(const MultiPolygon& polygons);
[[nodiscard]] Box bounding_box(const Geometry& geometry);

// True if the ring runs counter-clockwise, by its signed area, exactly. REQUIRES: valid points.
[[nodiscard]] bool is_counter_clockwise(const Ring& ring);

// Point in polygon with nothing prepared: O(vertices), exact; edges and corners are inside. The oracle of everything
// faster. REQUIRES: canonical polygons, p.is_valid().
[[nodiscard]] bool contains(const MultiPolygon& polygons, LatLng p);

}  // namespace truce::geo
