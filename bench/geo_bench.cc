// SPDX-License-Identifier: Apache-2.0
//
// Which zones hold a point: ZoneIndex beside S2 (MutableS2ShapeIndex + S2ContainsPointQuery) and GEOS (STRtree +
// prepared contains), side by side in one run, one thread, by CPU time; every answer for a share of the points against
// the exact oracle.
//
//   geo_bench [--points N] [--smooth | --rough]
//
// geo.classify hands all points over at once, classify_one_by_one one after another; classify_ready leaves out S2's
// conversion of the points. First zones whose corners jump at random (half of the radius), then (_smooth) outlines as
// one draws them.
//
// 1,000 star-shaped zones of 20 to 500 vertices and 14 of 5,000 over lat 32.3..37.4 lng 35.6..42.4. S2's edges are
// geodesics, ours and GEOS's straight in longitude and latitude: a few answers differ by definition, and their number
// is printed.

#include <geos_c.h>
#include <s2/mutable_s2shape_index.h>
#include <s2/s2contains_point_query.h>
#include <s2/s2latlng.h>
#include <s2/s2loop.h>
#include <s2/s2polygon.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "truce/geo/geo_testing.h"
#include "truce/geo/prepared_area.h"
#include "truce/geo/zone_index.h"

namespace truce::geo {
namespace {

constexpr Box kLand{323'000'000, 356'000'000, 374'000'000, 424'000'000};

double cpu_s() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

void line(const char* name, double value, const char* unit, const char* peer = "-", double peer_value = 0) {
  if (peer_value > 0) {
    std::printf("%-28s %12.3f %-10s %-8s %12.3f %8.2f\n", name, value, unit, peer, peer_value, value / peer_value);
  } else {
    std::printf("%-28s %12.3f %-10s %-8s %12s %8s\n", name, value, unit, peer, "-", "-");
  }
  std::fflush(stdout);
}

std::vector<IndexedZone> make_zones(bool is_smooth) {
  TestRandom random(20170504);
  std::vector<IndexedZone> zones;
  for (int i = 0; i < 1014; ++i) {
    const int vertices = i < 1000 ? static_cast<int>(random.between(20, 500)) : 5000;
    const LatLng centre = random_point(random, kLand);
    const double radius = 3.6e6 * (0.7 + 0.6 * random.unit());
    MultiPolygon area{
        {{is_smooth ? smooth_star(random, centre, radius, vertices) : star(random, centre, radius, vertices, 0.5),
          {}}}};
    auto ok = canonical(std::move(area));
    if (!ok) {
      std::fprintf(stderr, "zone %d: %s\n", i, ok.error().to_string().c_str());
      std::exit(1);
    }
    zones.push_back({std::move(*ok), {}});
  }
  return zones;
}

using Answers = std::vector<std::vector<ZoneNumber>>;

std::size_t differences(const std::vector<std::vector<ZoneNumber>>& expected, const std::vector<ZoneNumber>& hits,
                        const std::vector<std::size_t>& ends) {
  std::size_t count = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    std::vector<ZoneNumber> got(hits.begin() + static_cast<std::ptrdiff_t>(begin),
                                hits.begin() + static_cast<std::ptrdiff_t>(ends[i]));
    std::sort(got.begin(), got.end());
    count += got != expected[i];
    begin = ends[i];
  }
  return count;
}

int run(std::size_t point_count, bool is_smooth) {
  const std::vector<IndexedZone> zones = make_zones(is_smooth);
  TestRandom random(4242);
  std::vector<LatLng> points;
  for (std::size_t i = 0; i < point_count; ++i) points.push_back(random_point(random, kLand));
  std::vector<ZoneNumber> hits;
  std::vector<std::size_t> ends;
  hits.reserve(point_count * 16);
  ends.reserve(point_count);
  const double millions = static_cast<double>(point_count) * 1e-6;

  // Ours: build, one by one, in batches.
  double start = cpu_s();
  const ZoneIndex index = ZoneIndex::build(zones).value();
  const double build_s = cpu_s() - start;
  double single = 0;
  double batch = 0;
  for (int round = 0; round < 3; ++round) {
    hits.clear();
    ends.clear();
    start = cpu_s();
    for (const LatLng p : points) {
      index.zones_containing(p, hits);
      ends.push_back(hits.size());
    }
    single = std::max(single, millions / (cpu_s() - start));
    hits.clear();
    ends.clear();
    start = cpu_s();
    index.zones_containing(points, hits, ends);
    batch = std::max(batch, millions / (cpu_s() - start));
  }
  const double depth = static_cast<double>(hits.size()) / static_cast<double>(point_count);

  // The oracle: for one point in fifty every edge of every zone whose box holds it, else PreparedArea, which shares no
  // cell with the index.
  Answers expected(point_count);
  for (ZoneNumber z = 0; z < zones.size(); ++z) {
    const PreparedArea area(zones[z].area);
    for (std::size_t i = 0; i < point_count; ++i) {
      if (area.box().contains(points[i]) &&
          (i % 50 == 0 ? contains(zones[z].area, points[i]) : area.contains(points[i]))) {
        expected[i].push_back(z);
      }
    }
  }
  const std::size_t wrong = differences(expected, hits, ends);

  // S2.
  start = cpu_s();
  MutableS2ShapeIndex s2_index;
  for (const IndexedZone& z : zones) {
    std::vector<S2Point> corners;
    for (const LatLng c : z.area.polygons[0].outer.corners) {
      corners.push_back(S2LatLng::FromE7(c.lat_e7, c.lng_e7).ToPoint());
    }
    auto polygon = std::make_unique<S2Polygon>(std::make_unique<S2Loop>(corners, S2Debug::DISABLE), S2Debug::DISABLE);
    s2_index.Add(std::make_unique<S2Polygon::OwningShape>(std::move(polygon)));
  }
  s2_index.ForceBuild();
  const double s2_build_s = cpu_s() - start;
  double s2 = 0;
  double s2_ready = 0;
  std::size_t s2_differs = 0;
  {
    std::vector<S2Point> ready;
    for (const LatLng p : points) ready.push_back(S2LatLng::FromE7(p.lat_e7, p.lng_e7).ToPoint());
    auto query = MakeS2ContainsPointQuery(&s2_index);
    for (int round = 0; round < 2; ++round) {
      for (const bool is_ready : {false, true}) {
        hits.clear();
        ends.clear();
        start = cpu_s();
        for (std::size_t i = 0; i < points.size(); ++i) {
          const S2Point p = is_ready ? ready[i] : S2LatLng::FromE7(points[i].lat_e7, points[i].lng_e7).ToPoint();
          query.VisitContainingShapes(p, [&](S2Shape* shape) {
            hits.push_back(static_cast<ZoneNumber>(shape->id()));
            return true;
          });
          ends.push_back(hits.size());
        }
        double& best = is_ready ? s2_ready : s2;
        best = std::max(best, millions / (cpu_s() - start));
      }
    }
    s2_differs = differences(expected, hits, ends);
  }
  const double s2_bytes = static_cast<double>(s2_index.SpaceUsed());

  // GEOS, on a fifth of the points (it is slow).
  GEOSContextHandle_t geos = GEOS_init_r();
  std::vector<GEOSGeometry*> shapes;
  std::vector<const GEOSPreparedGeometry*> prepared;
  start = cpu_s();
  GEOSSTRtree* tree = GEOSSTRtree_create_r(geos, 10);
  for (std::size_t z = 0; z < zones.size(); ++z) {
    const auto& c = zones[z].area.polygons[0].outer.corners;
    GEOSCoordSequence* s = GEOSCoordSeq_create_r(geos, static_cast<unsigned>(c.size() + 1), 2);
    for (unsigned i = 0; i <= c.size(); ++i) {
      GEOSCoordSeq_setXY_r(geos, s, i, c[i % c.size()].lng_degrees(), c[i % c.size()].lat_degrees());
    }
    shapes.push_back(GEOSGeom_createPolygon_r(geos, GEOSGeom_createLinearRing_r(geos, s), nullptr, 0));
    prepared.push_back(GEOSPrepare_r(geos, shapes.back()));
    GEOSSTRtree_insert_r(geos, tree, shapes.back(), reinterpret_cast<void*>(z));
  }
  struct Ask {
    GEOSContextHandle_t geos;
    const std::vector<const GEOSPreparedGeometry*>* prepared;
    const GEOSGeometry* point;
    std::vector<ZoneNumber>* hits;
  };
  const auto ask = [](void* item, void* data) {
    const Ask& a = *static_cast<Ask*>(data);
    const auto z = reinterpret_cast<std::size_t>(item);
    if (GEOSPreparedCovers_r(a.geos, (*a.prepared)[z], a.point) == 1) a.hits->push_back(static_cast<ZoneNumber>(z));
  };
  const std::size_t geos_count = point_count / 5;
  hits.clear();
  ends.clear();
  double geos_build_s = 0;
  double geos_rate = 0;
  for (std::size_t i = 0; i < geos_count; ++i) {
    GEOSGeometry* p = GEOSGeom_createPointFromXY_r(geos, points[i].lng_degrees(), points[i].lat_degrees());
    Ask a{geos, &prepared, p, &hits};
    GEOSSTRtree_query_r(geos, tree, p, ask, &a);
    GEOSGeom_destroy_r(geos, p);
    ends.push_back(hits.size());
    if (i == geos_count / 10) {  // the tree and the prepared shapes are built on first use
      geos_build_s = cpu_s() - start;
      start = cpu_s();
    }
  }
  geos_rate = static_cast<double>(geos_count - geos_count / 10 - 1) * 1e-6 / (cpu_s() - start);
  expected.resize(geos_count);
  const std::size_t geos_differs = differences(expected, hits, ends);

  const char* suffix = is_smooth ? "_smooth" : "";
  const auto named = [&](const char* name) {
    static char buffer[64];
    std::snprintf(buffer, sizeof buffer, "geo.%s%s", name, suffix);
    return buffer;
  };
  line(named("classify"), batch, "Mpoints/s", "s2", s2);
  line(named("classify_ready"), batch, "Mpoints/s", "s2", s2_ready);
  line(named("classify_geos"), batch, "Mpoints/s", "geos", geos_rate);
  line(named("classify_one_by_one"), single, "Mpoints/s", "s2", s2);
  line(named("differences"), static_cast<double>(wrong), "points", "s2", static_cast<double>(s2_differs));
  line(named("differences_geos"), static_cast<double>(wrong), "points", "geos", static_cast<double>(geos_differs));
  line(named("zones_per_point"), depth, "zones");
  line(named("build"), build_s, "s", "s2", s2_build_s);
  line(named("build_geos"), build_s, "s", "geos", geos_build_s);
  line(named("memory"), static_cast<double>(index.memory_bytes()) / 1048576, "MiB", "s2", s2_bytes / 1048576);
  double edges = 0;
  std::size_t none = 0;
  for (const LatLng p : points) {
    const std::uint32_t e = index.edges_in_cell_of(p);
    edges += e;
    none += e == 0;
  }
  line(named("edges_per_point"), edges / static_cast<double>(point_count), "edges");
  line(named("points_without_edges"), 100.0 * static_cast<double>(none) / static_cast<double>(point_count), "percent");
  return wrong == 0 ? 0 : 1;
}

}  // namespace
}  // namespace truce::geo

int main(int argc, char** argv) {
  std::size_t points = 1'000'000;
  bool only_smooth = false;
  bool only_rough = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--points") == 0 && i + 1 < argc) points = static_cast<std::size_t>(std::atoll(argv[++i]));
    if (std::strcmp(argv[i], "--smooth") == 0) only_smooth = true;
    if (std::strcmp(argv[i], "--rough") == 0) only_rough = true;
  }
  int status = 0;
  if (!only_smooth) status |= truce::geo::run(points, false);
  if (!only_rough) status |= truce::geo::run(points, true);
  return status;
}
