// SPDX-License-Identifier: Apache-2.0

#include "truce/geo/geometry.h"

#include <algorithm>

#include "truce/geo/predicate.h"
#include "truce/geo/ring_sweep.h"

namespace truce::geo {

namespace {

Status check_step(LatLng a, LatLng b, const std::string& where) {
  const std::int64_t step = std::int64_t{b.lng_e7} - a.lng_e7;
  if (step > kLngE7Max || step < -kLngE7Max) {
    return fail(ErrorCode::kInvalidPlace,
                "the edge spans more than 180 degrees of longitude; what crosses the antimeridian is drawn as two "
                "parts, one up to 180 "
                "and one from -180",
                where);
  }
  return {};
}

Status check_point(LatLng p, const std::string& where) {
  if (auto ok = LatLng::checked(p.lat_e7, p.lng_e7); !ok) return fail(at(ok.error(), where));
  return {};
}

Status check_ring(const Ring& ring, std::size_t polygon, std::size_t number) {
  const auto& c = ring.corners;
  if (c.size() < 3) {
    return fail(ErrorCode::kInvalidRing,
                "a ring needs at least three corners, this one has " + std::to_string(c.size()),
                vertex_name(polygon, number, 0));
  }
  for (std::size_t i = 0; i < c.size(); ++i) {
    const LatLng next = c[i + 1 < c.size() ? i + 1 : 0];
    // Names are made only for trouble: a million corners are checked here.
    if (!c[i].is_valid()) return check_point(c[i], vertex_name(polygon, number, i));
    if (c[i].lat_e7 == kLatE7Max || c[i].lat_e7 == -kLatE7Max) {
      return fail(ErrorCode::kInvalidPlace, "a corner at a pole", vertex_name(polygon, number, i));
    }
    if (c[i] == next) return fail(ErrorCode::kInvalidRing, "the corner is repeated", vertex_name(polygon, number, i));
    if (next.is_valid() && std::abs(std::int64_t{next.lng_e7} - c[i].lng_e7) > kLngE7Max) {
      return check_step(c[i], next, vertex_name(polygon, number, i));
    }
  }
  return {};
}

Status check_count(const Geometry& geometry) {
  if (vertex_count(geometry) <= kVertexCountMax) return {};
  return fail(ErrorCode::kTooManyVertices, "more than " + std::to_string(kVertexCountMax) + " vertices");
}

// What check and canonical() share: everything but windings.
Status check_polygons(const MultiPolygon& polygons) {
  if (polygons.polygons.empty()) return fail(ErrorCode::kInvalidRing, "no polygon");
  std::vector<SweepRing> rings;
  for (std::size_t p = 0; p < polygons.polygons.size(); ++p) {
    const Polygon& polygon = polygons.polygons[p];
    for (std::size_t r = 0; r <= polygon.holes.size(); ++r) {
      const Ring& ring = r == 0 ? polygon.outer : polygon.holes[r - 1];
      TRUCE_CHECK(check_ring(ring, p, r));
      rings.push_back(
          {ring.corners, static_cast<std::uint32_t>(p), static_cast<std::uint32_t>(r), is_counter_clockwise(ring)});
    }
  }
  TRUCE_TRY(const auto parents, sweep_rings(rings));
  for (std::size_t i = 0; i < rings.size(); ++i) {
    const SweepRing& ring = rings[i];
    const SweepRing* parent = parents[i] < 0 ? nullptr : &rings[static_cast<std::size_t>(parents[i])];
    const std::string where = vertex_name(ring.polygon, ring.ring, 0);
    if (ring.ring == 0) {
      if (parent && parent->ring == 0) {
        return fail(ErrorCode::kInvalidRing, "the polygon lies within polygon " + std::to_string(parent->polygon),
                    where);
      }
    } else if (!parent || parent->polygon != ring.polygon) {
      return fail(ErrorCode::kInvalidRing, "the hole lies outside of its polygon", where);
    } else if (parent->ring != 0) {
      return fail(ErrorCode::kInvalidRing, "the hole lies within hole " + std::to_string(parent->ring), where);
    }
  }
  return {};
}

void wind(Ring& ring, bool counter_clockwise, std::size_t polygon, std::size_t number, GeometryNotes* notes) {
  if (is_counter_clockwise(ring) == counter_clockwise) return;
  std::reverse(ring.corners.begin() + 1, ring.corners.end());  // the first corner stays the first
  if (notes) {
    notes->push_back("polygon " + std::to_string(polygon) + " ring " + std::to_string(number) + ": ran " +
                     (counter_clockwise ? "clockwise" : "counter-clockwise") + ", reversed");
  }
}

}  // namespace

bool is_counter_clockwise(const Ring& ring) {
  const auto& c = ring.corners;
  Int128 twice_area = 0;
  for (std::size_t i = 1; i + 1 < c.size(); ++i) {
    twice_area += Int128{c[i].lng_e7 - std::int64_t{c[0].lng_e7}} * (c[i + 1].lat_e7 - std::int64_t{c[0].lat_e7}) -
                  Int128{c[i].lat_e7 - std::int64_t{c[0].lat_e7}} * (c[i + 1].lng_e7 - std::int64_t{c[0].lng_e7});
  }
  return twice_area > 0;
}

Result<MultiPolygon> canonical(MultiPolygon polygons, GeometryNotes* notes) {
  std::size_t count = 0;
  for (const Polygon& p : polygons.polygons) {
    count += p.outer.corners.size();
    for (const Ring& hole : p.holes) count += hole.corners.size();
  }
  if (count > kVertexCountMax) {
    return fail(ErrorCode::kTooManyVertices, "more than " + std::to_string(kVertexCountMax) + " vertices");
  }
  TRUCE_CHECK(check_polygons(polygons));
  for (std::size_t p = 0; p < polygons.polygons.size(); ++p) {
    Polygon& polygon = polygons.polygons[p];
    wind(polygon.outer, true, p, 0, notes);
    for (std::size_t h = 0; h < polygon.holes.size(); ++h) wind(polygon.holes[h], false, p, h + 1, notes);
  }
  return polygons;
}

Result<Lines> canonical(Lines lines, GeometryNotes*) {
  if (lines.lines.empty()) return fail(ErrorCode::kInvalidRing, "no line");
  TRUCE_CHECK(check_count(lines));
  for (std::size_t l = 0; l < lines.lines.size(); ++l) {
    const auto& points = lines.lines[l].points;
    const std::string line = "line " + std::to_string(l);
    if (points.size() < 2) return fail(ErrorCode::kInvalidRing, "a line needs at least two points", line);
    for (std::size_t i = 0; i < points.size(); ++i) {
      const auto where = [&] { return line + " vertex " + std::to_string(i); };
      if (!points[i].is_valid()) return fail(check_point(points[i], where()).error());
      if (i == 0) continue;
      if (points[i] == points[i - 1]) return fail(ErrorCode::kInvalidRing, "the point is repeated", where());
      if (auto ok = check_step(points[i - 1], points[i], {}); !ok)
        return fail(check_step(points[i - 1], points[i], where()).error());
    }
  }
  return lines;
}

Result<Points> canonical(Points points, GeometryNotes*) {
  if (points.points.empty()) return fail(ErrorCode::kInvalidPlace, "no point");
  TRUCE_CHECK(check_count(points));
  for (std::size_t i = 0; i < points.points.size(); ++i) {
    if (!points.points[i].is_valid()) return fail(check_point(points.points[i], "point " + std::to_string(i)).error());
  }
  std::vector<LatLng> sorted = points.points;
  std::sort(sorted.begin(), sorted.end());
  if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end()) {
    return fail(ErrorCode::kInvalidPlace, "the point " + twice->to_string() + " is there twice");
  }
  return points;
}

Result<Geometry> canonical(Geometry geometry, GeometryNotes* notes) {
  return std::visit(
      [&](auto&& shape) -> Result<Geometry> {
        auto result = canonical(std::move(shape), notes);
        if (!result) return fail(std::move(result).error());
        return Geometry(std::move(*result));
      },
      std::move(geometry));
}

Status check_canonical(const Geometry& geometry) {
  TRUCE_CHECK(check_count(geometry));
  if (const auto* lines = std::get_if<Lines>(&geometry)) {
    TRUCE_CHECK(canonical(*lines));
    return {};
  }
  if (const auto* points = std::get_if<Points>(&geometry)) {
    TRUCE_CHECK(canonical(*points));
    return {};
  }
  const MultiPolygon& polygons = std::get<MultiPolygon>(geometry);
  TRUCE_CHECK(check_polygons(polygons));
  for (std::size_t p = 0; p < polygons.polygons.size(); ++p) {
    const Polygon& polygon = polygons.polygons[p];
    for (std::size_t r = 0; r <= polygon.holes.size(); ++r) {
      if (is_counter_clockwise(r == 0 ? polygon.outer : polygon.holes[r - 1]) != (r == 0)) {
        return fail(ErrorCode::kNotCanonical,
                    r == 0 ? "the outer ring runs clockwise" : "the hole runs counter-clockwise", vertex_name(p, r, 0));
      }
    }
  }
  return {};
}

std::size_t vertex_count(const Geometry& geometry) {
  std::size_t count = 0;
  if (const auto* polygons = std::get_if<MultiPolygon>(&geometry)) {
    for (const Polygon& p : polygons->polygons) {
      count += p.outer.corners.size();
      for (const Ring& hole : p.holes) count += hole.corners.size();
    }
  } else if (const auto* lines = std::get_if<Lines>(&geometry)) {
    for (const Line& line : lines->lines) count += line.points.size();
  } else {
    count = std::get<Points>(geometry).points.size();
  }
  return count;
}

Box bounding_box(const MultiPolygon& polygons) {
  Box box;
  for (const Polygon& p : polygons.polygons) {
    for (const LatLng c : p.outer.corners) box.add(c);
  }
  return box;
}

Box bounding_box(const Geometry& geometry) {
  if (const auto* polygons = std::get_if<MultiPolygon>(&geometry)) return bounding_box(*polygons);
  Box box;
  if (const auto* lines = std::get_if<Lines>(&geometry)) {
    for (const Line& line : lines->lines) {
      for (const LatLng p : line.points) box.add(p);
    }
  } else {
    for (const LatLng p : std::get<Points>(geometry).points) box.add(p);
  }
  return box;
}

bool contains(const MultiPolygon& polygons, LatLng p) {
  bool inside = false;
  const auto ring = [&](const Ring& r) {  // true: on an edge
    for (std::size_t i = 0; i < r.corners.size(); ++i) {
      const LatLng a = r.corners[i];
      const LatLng b = r.corners[i + 1 < r.corners.size() ? i + 1 : 0];
      if (is_on_segment(a, b, p)) return true;
      if ((a.lat_e7 <= p.lat_e7) != (b.lat_e7 <= p.lat_e7)) {
        // The edge passes west of p: p is right of it going north, left of it going south.
        if (orientation(a, b, p) == (a.lat_e7 < b.lat_e7 ? -1 : 1)) inside = !inside;
      }
    }
    return false;
  };
  for (const Polygon& polygon : polygons.polygons) {
    if (ring(polygon.outer)) return true;
    for (const Ring& hole : polygon.holes) {
      if (ring(hole)) return true;
    }
  }
  return inside;
}

}  // namespace truce::geo
