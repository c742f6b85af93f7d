// SPDX-License-Identifier: Apache-2.0

#include "truce/geo/belt.h"

#include <geos_c.h>

#include <GeographicLib/AzimuthalEquidistant.hpp>
#include <cmath>
#include <memory>

#include "truce/geo/geodesy.h"

namespace truce::geo {

namespace {

constexpr double kStepM = 5000;    // edges are cut to this before they go into the plane: an arc of it is off by 0.4 m
constexpr int kQuarterSides = 16;  // sides of a quarter circle

// One use of GEOS: its context, its words when it fails, and everything made with it.
class Geos {
 public:
  Geos() : handle_(GEOS_init_r()) {
    GEOSContext_setErrorMessageHandler_r(
        handle_, [](const char* text, void* self) { static_cast<Geos*>(self)->words_ = text; }, this);
  }
  ~Geos() {
    for (GEOSGeometry* g : made_) GEOSGeom_destroy_r(handle_, g);
    GEOS_finish_r(handle_);
  }
  Geos(const Geos&) = delete;
  Geos& operator=(const Geos&) = delete;

  operator GEOSContextHandle_t() const { return handle_; }

  // Keeps `g` until the end; nullptr is an error.
  Result<GEOSGeometry*> keep(GEOSGeometry* g) {
    if (!g) return fail(ErrorCode::kInvalidRing, "the geometry library failed: " + words_.substr(0, 200));
    made_.push_back(g);
    return g;
  }

 private:
  GEOSContextHandle_t handle_;
  std::string words_;
  std::vector<GEOSGeometry*> made_;
};

struct PlanePoint {
  double x;
  double y;
};

// The plane about the middle of a box.
class Plane {
 public:
  explicit Plane(const Box& box)
      : lat_(0.5e-7 * (static_cast<double>(box.south_e7) + box.north_e7)),
        lng_(0.5e-7 * (static_cast<double>(box.west_e7) + box.east_e7)) {}

  PlanePoint to_plane(double lat_degrees, double lng_degrees) const {
    PlanePoint p{};
    projection_.Forward(lat_, lng_, lat_degrees, lng_degrees, p.x, p.y);
    return p;
  }
  PlanePoint to_e7(PlanePoint p) const {
    double lat = 0;
    double lng = 0;
    projection_.Reverse(lat_, lng_, p.x, p.y, lat, lng);
    // Unwrap: what reaches over the antimeridian is found by its range.
    if (lng < lng_ - 180) lng += 360;
    if (lng > lng_ + 180) lng -= 360;
    return {std::round(lng * 1e7), std::round(lat * 1e7)};
  }

 private:
  double lat_;
  double lng_;
  GeographicLib::AzimuthalEquidistant projection_{GeographicLib::Geodesic::WGS84()};
};

// Points of a run of straight edges (in longitude and latitude), close enough together to be straight in the plane.
std::vector<PlanePoint> run_in_plane(const Plane& plane, const std::vector<LatLng>& points, bool is_ring) {
  std::vector<PlanePoint> out;
  const std::size_t edges = points.size() - (is_ring ? 0 : 1);
  for (std::size_t i = 0; i < edges; ++i) {
    const LatLng a = points[i];
    const LatLng b = points[(i + 1) % points.size()];
    const int steps = std::max(1, static_cast<int>(std::ceil(distance_m(a, b) / kStepM)));
    for (int s = 0; s < steps; ++s) {
      const double t = static_cast<double>(s) / steps;
      out.push_back(plane.to_plane(a.lat_degrees() + t * (b.lat_degrees() - a.lat_degrees()),
                                   a.lng_degrees() + t * (b.lng_degrees() - a.lng_degrees())));
    }
  }
  if (is_ring) {
    out.push_back(out.front());
  } else {
    out.push_back(plane.to_plane(points.back().lat_degrees(), points.back().lng_degrees()));
  }
  return out;
}

std::vector<PlanePoint> ring_in_e7(const std::vector<LatLng>& corners) {
  std::vector<PlanePoint> out;
  for (std::size_t i = 0; i <= corners.size(); ++i) {
    const LatLng c = corners[i % corners.size()];
    out.push_back({static_cast<double>(c.lng_e7), static_cast<double>(c.lat_e7)});
  }
  return out;
}

GEOSCoordSequence* sequence(const Geos& geos, const std::vector<PlanePoint>& points) {
  GEOSCoordSequence* s = GEOSCoordSeq_create_r(geos, static_cast<unsigned>(points.size()), 2);
  for (unsigned i = 0; i < points.size(); ++i) GEOSCoordSeq_setXY_r(geos, s, i, points[i].x, points[i].y);
  return s;
}

template <typename ToPlane>
Result<GEOSGeometry*> make_polygons(Geos& geos, const MultiPolygon& polygons, ToPlane to_plane) {
  std::vector<GEOSGeometry*> parts;
  for (const Polygon& p : polygons.polygons) {
    std::vector<GEOSGeometry*> holes;
    for (const Ring& h : p.holes)
      holes.push_back(GEOSGeom_createLinearRing_r(geos, sequence(geos, to_plane(h.corners))));
    GEOSGeometry* outer = GEOSGeom_createLinearRing_r(geos, sequence(geos, to_plane(p.outer.corners)));
    parts.push_back(GEOSGeom_createPolygon_r(geos, outer, holes.data(), static_cast<unsigned>(holes.size())));
  }
  return geos.keep(
      GEOSGeom_createCollection_r(geos, GEOS_MULTIPOLYGON, parts.data(), static_cast<unsigned>(parts.size())));
}

Status visit_ring(const Geos& geos, const GEOSGeometry* ring, Ring& out) {
  const GEOSCoordSequence* s = GEOSGeom_getCoordSeq_r(geos, ring);
  unsigned size = 0;
  GEOSCoordSeq_getSize_r(geos, s, &size);
  for (unsigned i = 0; i + 1 < size; ++i) {
    double x = 0;
    double y = 0;
    GEOSCoordSeq_getXY_r(geos, s, i, &x, &y);
    if (!(std::abs(x) < 1e10 && std::abs(y) < 1e10))
      return fail(ErrorCode::kInvalidPlace, "the result has no coordinates");
    TRUCE_TRY(const LatLng p, LatLng::checked(std::llround(y), std::llround(x)));
    out.corners.push_back(p);
  }
  return {};
}

Status collect(const Geos& geos, const GEOSGeometry* g, MultiPolygon& out) {
  const int type = GEOSGeomTypeId_r(geos, g);
  if (type == GEOS_POLYGON) {
    if (GEOSisEmpty_r(geos, g)) return {};
    Polygon& polygon = out.polygons.emplace_back();
    TRUCE_CHECK(visit_ring(geos, GEOSGetExteriorRing_r(geos, g), polygon.outer));
    const int holes = GEOSGetNumInteriorRings_r(geos, g);
    for (int i = 0; i < holes; ++i)
      TRUCE_CHECK(visit_ring(geos, GEOSGetInteriorRingN_r(geos, g, i), polygon.holes.emplace_back()));
  } else if (type == GEOS_MULTIPOLYGON || type == GEOS_GEOMETRYCOLLECTION) {
    const int parts = GEOSGetNumGeometries_r(geos, g);
    for (int i = 0; i < parts; ++i) TRUCE_CHECK(collect(geos, GEOSGetGeometryN_r(geos, g, i), out));
  }
  return {};  // lines and points that snapping left are no area
}

// The plane's geometry on the E7 lattice, valid there.
Result<GEOSGeometry*> to_lattice(Geos& geos, const Plane& plane, const GEOSGeometry* g) {
  using Context = std::pair<const Plane*, int>;
  Context context{&plane, 0};
  TRUCE_TRY(GEOSGeometry * moved, geos.keep(GEOSGeom_transformXY_r(
                                      geos, g,
                                      [](double* x, double* y, void* data) {
                                        const PlanePoint p = static_cast<Context*>(data)->first->to_e7({*x, *y});
                                        *x = p.x;
                                        *y = p.y;
                                        return 1;
                                      },
                                      &context)));
  TRUCE_TRY(GEOSGeometry * valid, geos.keep(GEOSMakeValid_r(geos, moved)));
  return geos.keep(GEOSGeom_setPrecision_r(geos, valid, 1.0, 0));
}

Result<MultiPolygon> finish(const Geos& geos, const GEOSGeometry* g) {
  MultiPolygon out;
  TRUCE_CHECK(collect(geos, g, out));
  return canonical(std::move(out));
}

Status check_limits(const Box& box, std::int32_t width_m) {
  if (width_m < 1 || width_m > kBeltWidthMMax) {
    return fail(ErrorCode::kOutOfRange,
                "a width of " + std::to_string(width_m) + " m is outside of 1.." + std::to_string(kBeltWidthMMax));
  }
  if (distance_m(box.south_west(), box.north_east()) > kBeltSpanMMax) {
    return fail(ErrorCode::kOutOfRange,
                "spans more than " + std::to_string(kBeltSpanMMax / 1000) + " km; draw it in parts");
  }
  return {};
}

// GEOSGeom_transformXY_r came with GEOS 3.11, as Debian 12 has it.
static_assert(GEOS_VERSION_MAJOR > 3 || GEOS_VERSION_MINOR >= 11);

}  // namespace

Result<MultiPolygon> belt(const Line& line, const MultiPolygon& inside, std::int32_t width_m) {
  const Box box = bounding_box(Geometry(Lines{{line}}));
  TRUCE_CHECK(check_limits(box, width_m));
  Geos geos;
  const Plane plane(box);
  TRUCE_TRY(GEOSGeometry * run,
            geos.keep(GEOSGeom_createLineString_r(geos, sequence(geos, run_in_plane(plane, line.points, false)))));
  TRUCE_TRY(GEOSGeometry * wide, geos.keep(GEOSBuffer_r(geos, run, width_m, kQuarterSides)));
  TRUCE_TRY(GEOSGeometry * lattice, to_lattice(geos, plane, wide));
  TRUCE_TRY(GEOSGeometry * zone, make_polygons(geos, inside, ring_in_e7));
  TRUCE_TRY(GEOSGeometry * both, geos.keep(GEOSIntersectionPrec_r(geos, lattice, zone, 1.0)));
  MultiPolygon out;
  TRUCE_CHECK(collect(geos, both, out));
  if (out.polygons.empty())
    return fail(ErrorCode::kInvalidArgument, "nothing of the zone lies within that width of the line");
  return canonical(std::move(out));
}

Result<MultiPolygon> near_area(const MultiPolygon& polygons, std::int32_t distance_m) {
  const Box box = bounding_box(polygons);
  TRUCE_CHECK(check_limits(box, distance_m));
  Geos geos;
  const Plane plane(box);
  TRUCE_TRY(GEOSGeometry * zone, make_polygons(geos, polygons, [&](const std::vector<LatLng>& corners) {
              return run_in_plane(plane, corners, true);
            }));
  TRUCE_TRY(GEOSGeometry * wide, geos.keep(GEOSBuffer_r(geos, zone, distance_m, kQuarterSides)));
  TRUCE_TRY(GEOSGeometry * lattice, to_lattice(geos, plane, wide));
  TRUCE_TRY(GEOSGeometry * own, make_polygons(geos, polygons, ring_in_e7));
  TRUCE_TRY(GEOSGeometry * both, geos.keep(GEOSUnionPrec_r(geos, lattice, own, 1.0)));
  return finish(geos, both);
}

Result<MultiPolygon> near_area(const Geometry& geometry, std::int32_t distance_m) {
  if (const auto* polygons = std::get_if<MultiPolygon>(&geometry)) return near_area(*polygons, distance_m);
  const Box box = bounding_box(geometry);
  TRUCE_CHECK(check_limits(box, distance_m));
  Geos geos;
  const Plane plane(box);
  std::vector<GEOSGeometry*> parts;
  if (const auto* lines = std::get_if<Lines>(&geometry)) {
    for (const Line& l : lines->lines) {
      parts.push_back(GEOSGeom_createLineString_r(geos, sequence(geos, run_in_plane(plane, l.points, false))));
    }
  } else {
    for (const LatLng p : std::get<Points>(geometry).points) {
      const PlanePoint q = plane.to_plane(p.lat_degrees(), p.lng_degrees());
      parts.push_back(GEOSGeom_createPointFromXY_r(geos, q.x, q.y));
    }
  }
  TRUCE_TRY(GEOSGeometry * all, geos.keep(GEOSGeom_createCollection_r(geos, GEOS_GEOMETRYCOLLECTION, parts.data(),
                                                                      static_cast<unsigned>(parts.size()))));
  TRUCE_TRY(GEOSGeometry * wide, geos.keep(GEOSBuffer_r(geos, all, distance_m, kQuarterSides)));
  TRUCE_TRY(GEOSGeometry * lattice, to_lattice(geos, plane, wide));
  return finish(geos, lattice);
}

}  // namespace truce::geo
