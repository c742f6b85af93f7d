// SPDX-License-Identifier: Apache-2.0

#include "truce/geo/prepared_area.h"

#include "truce/geo/predicate.h"

namespace truce::geo {

namespace {

constexpr std::size_t kRunEdgeCount = 32;

// Whether a..b passes west of p at p's latitude, counting its southern end and not its northern one.
bool passes_west(LatLng a, LatLng b, LatLng p) {
  if ((a.lat_e7 <= p.lat_e7) == (b.lat_e7 <= p.lat_e7)) return false;
  return orientation(a, b, p) == (a.lat_e7 < b.lat_e7 ? -1 : 1);
}

}  // namespace

PreparedArea::PreparedArea(const MultiPolygon& polygons) {
  const auto add = [&](const Ring& ring) {
    const std::size_t first = vertices_.size();
    vertices_.insert(vertices_.end(), ring.corners.begin(), ring.corners.end());
    vertices_.push_back(ring.corners.front());
    for (std::size_t i = 0; i < ring.corners.size(); i += kRunEdgeCount) {
      Run run;
      run.first = static_cast<std::uint32_t>(first + i);
      run.count = static_cast<std::uint32_t>(std::min(kRunEdgeCount, ring.corners.size() - i));
      for (std::uint32_t v = run.first; v <= run.first + run.count; ++v) run.box.add(vertices_[v]);
      box_.add(run.box);
      runs_.push_back(run);
    }
  };
  vertices_.reserve(vertex_count(polygons) + polygons.polygons.size());
  for (const Polygon& polygon : polygons.polygons) {
    add(polygon.outer);
    for (const Ring& hole : polygon.holes) add(hole);
  }
}

bool PreparedArea::contains(LatLng p) const {
  if (!box_.contains(p)) return false;
  bool inside = false;
  for (const Run& run : runs_) {
    if (p.lat_e7 < run.box.south_e7 || p.lat_e7 > run.box.north_e7 || p.lng_e7 < run.box.west_e7) continue;
    const LatLng* v = &vertices_[run.first];
    if (p.lng_e7 > run.box.east_e7) {
      // All of the run lies west: it passes p as often, modulo two, as the straight line between its ends does.
      inside ^= (v[0].lat_e7 <= p.lat_e7) != (v[run.count].lat_e7 <= p.lat_e7);
      continue;
    }
    for (std::uint32_t i = 0; i < run.count; ++i) {
      if (is_on_segment(v[i], v[i + 1], p)) return true;
      inside ^= passes_west(v[i], v[i + 1], p);
    }
  }
  return inside;
}

BoxRelation PreparedArea::relation(const Box& box) const {
  if (!box_.touches(box)) return BoxRelation::kOutside;
  for (const Run& run : runs_) {
    if (!run.box.touches(box)) continue;
    const LatLng* v = &vertices_[run.first];
    for (std::uint32_t i = 0; i < run.count; ++i) {
      if (segment_meets_box(v[i], v[i + 1], box)) return BoxRelation::kMixed;
    }
  }
  return contains(box.south_west()) ? BoxRelation::kInside : BoxRelation::kOutside;
}

std::uint32_t PreparedArea::count_inside(const Box& box, const std::vector<LatLng>& points) const {
  struct Edge {
    LatLng a;
    LatLng b;
  };
  thread_local std::vector<Edge> edges;
  thread_local std::vector<std::uint8_t> state;  // bit 0: odd number of edges to the west; bit 1: on an edge
  edges.clear();
  bool start = false;
  const auto add = [&](LatLng a, LatLng b) {
    const auto [south, north] = std::minmax(a.lat_e7, b.lat_e7);
    if (south > box.north_e7 || north < box.south_e7 || std::min(a.lng_e7, b.lng_e7) > box.east_e7) return;
    if (std::max(a.lng_e7, b.lng_e7) < box.west_e7 && south <= box.south_e7 && north > box.north_e7) {
      start = !start;  // passes west of every point
    } else {
      edges.push_back({a, b});
    }
  };
  for (const Run& run : runs_) {
    if (run.box.south_e7 > box.north_e7 || run.box.north_e7 < box.south_e7 || run.box.west_e7 > box.east_e7) continue;
    const LatLng* v = &vertices_[run.first];
    if (run.box.east_e7 < box.west_e7) {
      add(v[0], v[run.count]);
      continue;
    }
    for (std::uint32_t i = 0; i < run.count; ++i) add(v[i], v[i + 1]);
  }
  state.assign(points.size(), start ? 1 : 0);
  for (const Edge& e : edges) {
    const bool is_north = e.a.lat_e7 <= e.b.lat_e7;
    const LatLng a = is_north ? e.a : e.b;
    const LatLng b = is_north ? e.b : e.a;
    const std::int64_t dx = std::int64_t{b.lng_e7} - a.lng_e7;
    const std::int64_t dy = std::int64_t{b.lat_e7} - a.lat_e7;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const LatLng p = points[i];
      const std::int64_t l = dx * (std::int64_t{p.lat_e7} - a.lat_e7);
      const std::int64_t r = dy * (std::int64_t{p.lng_e7} - a.lng_e7);
      const bool is_west = (a.lat_e7 <= p.lat_e7) & (p.lat_e7 < b.lat_e7) & (l < r);
      state[i] = static_cast<std::uint8_t>(state[i] ^ static_cast<std::uint8_t>(is_west));
      // On its line. A stand-in for a run west of the box meets no point of it.
      if (l == r && is_on_segment(a, b, p)) [[unlikely]]
        state[i] |= 2;
    }
  }
  std::uint32_t count = 0;
  for (const std::uint8_t s : state) count += s != 0;
  return count;
}

}  // namespace truce::geo
