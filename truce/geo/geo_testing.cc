// SPDX-License-Identifier: Apache-2.0

#include "truce/geo/geo_testing.h"

#include <algorithm>

#include "truce/base/math.h"
#include "truce/geo/predicate.h"

namespace truce::geo {

std::uint64_t TestRandom::next() {
  std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

std::int64_t TestRandom::between(std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
}

double TestRandom::unit() {
  return static_cast<double>(next() >> 11) * 0x1p-53;
}

Ring rectangle(std::int32_t south_e7, std::int32_t west_e7, std::int32_t north_e7, std::int32_t east_e7) {
  return {{{south_e7, west_e7}, {south_e7, east_e7}, {north_e7, east_e7}, {north_e7, west_e7}}};
}

MultiPolygon square(int south, int west, int north, int east) {
  return {{{rectangle(south * kDegreeE7, west * kDegreeE7, north * kDegreeE7, east * kDegreeE7), {}}}};
}

namespace {

Ring around(LatLng centre, int vertices, const std::vector<double>& radii_e7) {
  Ring ring;
  for (int i = 0; i < vertices; ++i) {
    const double angle = 2 * math::kPi * i / vertices;
    const double r = radii_e7[static_cast<std::size_t>(i)];
    ring.corners.push_back({static_cast<std::int32_t>(centre.lat_e7 + math::round_to_integer(r * math::sin(angle))),
                            static_cast<std::int32_t>(centre.lng_e7 + math::round_to_integer(r * math::cos(angle)))});
  }
  return ring;
}

}  // namespace

Ring star(TestRandom& random, LatLng centre, double radius_e7, int vertices, double roughness) {
  std::vector<double> radii;
  for (int i = 0; i < vertices; ++i) radii.push_back(radius_e7 * (1 - roughness * random.unit()));
  return around(centre, vertices, radii);
}

Ring smooth_star(TestRandom& random, LatLng centre, double radius_e7, int vertices) {
  std::vector<double> radii(static_cast<std::size_t>(vertices), radius_e7 * 0.75);
  for (int wave = 1; wave <= 8; ++wave) {
    const double height = radius_e7 * 0.15 * (random.unit() + 0.2) / wave;
    const double phase = random.unit() * 2 * math::kPi;
    for (int i = 0; i < vertices; ++i) {
      radii[static_cast<std::size_t>(i)] += height * math::sin(2 * math::kPi * i * wave / vertices + phase);
    }
  }
  return around(centre, vertices, radii);
}

LatLng random_point(TestRandom& random, const Box& box) {
  const auto lat = static_cast<std::int32_t>(random.between(box.south_e7, box.north_e7));
  return {lat, static_cast<std::int32_t>(random.between(box.west_e7, box.east_e7))};
}

bool slow_is_valid(const MultiPolygon& polygons) {
  struct Flat {
    const std::vector<LatLng>* c;
    std::size_t polygon;
    bool is_outer;
    [[nodiscard]] LatLng at(std::size_t i) const { return (*c)[i % c->size()]; }
  };
  std::vector<Flat> rings;
  for (std::size_t p = 0; p < polygons.polygons.size(); ++p) {
    rings.push_back({&polygons.polygons[p].outer.corners, p, true});
    for (const Ring& h : polygons.polygons[p].holes) rings.push_back({&h.corners, p, false});
  }
  const auto overlap = [](LatLng a, LatLng b, LatLng c, LatLng d) {  // share more than a point
    if (orientation(a, b, c) != 0 || orientation(a, b, d) != 0) return false;
    const auto key = [&](LatLng q) { return a.lng_e7 != b.lng_e7 ? q.lng_e7 : q.lat_e7; };
    return std::max(std::min(key(a), key(b)), std::min(key(c), key(d))) <
           std::min(std::max(key(a), key(b)), std::max(key(c), key(d)));
  };
  for (const Flat& r : rings) {
    const std::size_t n = r.c->size();
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = i + 1; j < n; ++j) {
        if (r.at(i) == r.at(j)) return false;
        const bool next = j == i + 1 || (i == 0 && j == n - 1);
        if (next ? overlap(r.at(i), r.at(i + 1), r.at(j), r.at(j + 1))
                 : segments_meet(r.at(i), r.at(i + 1), r.at(j), r.at(j + 1))) {
          return false;
        }
      }
    }
  }
  // Rings of one another: no crossing or shared stretch; then each ring, cut where it touches the other, lies on one
  // side of it.
  const auto side = [](const Flat& of, std::int64_t x4,
                       std::int64_t y4) {  // four times the coordinates; 1 inside, 0 on, -1 outside
    bool inside = false;
    for (std::size_t i = 0; i < of.c->size(); ++i) {
      const std::int64_t ax = 4 * std::int64_t{of.at(i).lng_e7}, ay = 4 * std::int64_t{of.at(i).lat_e7};
      const std::int64_t bx = 4 * std::int64_t{of.at(i + 1).lng_e7}, by = 4 * std::int64_t{of.at(i + 1).lat_e7};
      const Int128 o = Int128{bx - ax} * (y4 - ay) - Int128{by - ay} * (x4 - ax);
      if (o == 0 && x4 >= std::min(ax, bx) && x4 <= std::max(ax, bx) && y4 >= std::min(ay, by) &&
          y4 <= std::max(ay, by))
        return 0;
      if ((ay <= y4) != (by <= y4) && (o < 0) == (ay < by)) inside = !inside;
    }
    return inside ? 1 : -1;
  };
  std::vector<std::vector<int>> lies(rings.size(), std::vector<int>(rings.size(), 0));  // lies[i][j]: ring i to ring j
  for (std::size_t i = 0; i < rings.size(); ++i) {
    for (std::size_t j = 0; j < rings.size(); ++j) {
      if (i == j) continue;
      const Flat& a = rings[i];
      const Flat& b = rings[j];
      int seen = 0;
      for (std::size_t k = 0; k < a.c->size(); ++k) {
        std::vector<LatLng> stops{a.at(k), a.at(k + 1)};
        for (std::size_t l = 0; l < b.c->size(); ++l) {
          if (segments_cross(a.at(k), a.at(k + 1), b.at(l), b.at(l + 1))) return false;
          if (overlap(a.at(k), a.at(k + 1), b.at(l), b.at(l + 1))) return false;
          if (is_on_segment(a.at(k), a.at(k + 1), b.at(l))) stops.push_back(b.at(l));
        }
        std::sort(stops.begin(), stops.end());
        for (std::size_t s = 0; s + 1 < stops.size(); ++s) {
          if (stops[s] == stops[s + 1]) continue;
          const int here = side(b, 2 * (std::int64_t{stops[s].lng_e7} + stops[s + 1].lng_e7),
                                2 * (std::int64_t{stops[s].lat_e7} + stops[s + 1].lat_e7));
          if (here == 0 || (seen != 0 && here != seen)) return false;
          seen = here;
        }
      }
      lies[i][j] = seen;
    }
  }
  for (std::size_t i = 0; i < rings.size(); ++i) {
    // Inside of how many outer rings and holes, but for its own polygon's.
    int depth = 0;
    for (std::size_t j = 0; j < rings.size(); ++j) {
      if (j != i && lies[i][j] > 0) depth += rings[j].is_outer ? 1 : -1;
      const bool same = rings[j].polygon == rings[i].polygon;
      if (same && !rings[i].is_outer && rings[j].is_outer && lies[i][j] < 0) return false;
      if (same && j != i && !rings[i].is_outer && !rings[j].is_outer && lies[i][j] > 0) return false;
    }
    if (depth != (rings[i].is_outer ? 0 : 1)) return false;
  }
  return true;
}

}  // namespace truce::geo
