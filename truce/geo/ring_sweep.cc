// SPDX-License-Identifier: Apache-2.0

#include "truce/geo/ring_sweep.h"

#include <algorithm>
#include <set>

#include "truce/geo/predicate.h"

namespace truce::geo {

std::string vertex_name(std::size_t polygon, std::size_t ring, std::size_t vertex) {
  return "polygon " + std::to_string(polygon) + " ring " + std::to_string(ring) + " vertex " + std::to_string(vertex);
}

namespace {

// Order of the sweep: west to east, then south to north; so a vertical edge begins at its southern end.
bool sweeps_before(LatLng a, LatLng b) {
  return a.lng_e7 != b.lng_e7 ? a.lng_e7 < b.lng_e7 : a.lat_e7 < b.lat_e7;
}

// One edge: from where the sweep meets it first to where it leaves it.
struct Edge {
  LatLng first;
  LatLng last;
};

// The edges that the sweep line crosses, from south to north. The order of two edges never changes while both are in,
// as long as nothing crosses; the sweep stops at the first crossing.
struct Below {
  using is_transparent = void;
  const std::vector<Edge>* edges;

  // Edge i runs directly below edge j. Neither below the other: they share a stretch.
  bool operator()(std::uint32_t i, std::uint32_t j) const {
    if (i == j) return false;
    const Edge& a = (*edges)[i];
    const Edge& b = (*edges)[j];
    if (a.first == b.first) return orientation(a.first, a.last, b.last) > 0;
    if (sweeps_before(a.first, b.first)) {
      const int o = orientation(a.first, a.last, b.first);
      return (o != 0 ? o : orientation(a.first, a.last, b.last)) > 0;
    }
    const int o = orientation(b.first, b.last, a.first);
    return (o != 0 ? o : orientation(b.first, b.last, a.last)) < 0;
  }
  bool operator()(std::uint32_t i, LatLng p) const { return orientation((*edges)[i].first, (*edges)[i].last, p) > 0; }
  bool operator()(LatLng p, std::uint32_t i) const { return orientation((*edges)[i].first, (*edges)[i].last, p) < 0; }
};

class Sweep {
 public:
  explicit Sweep(std::span<const SweepRing> rings)
      : rings_(rings), status_(Below{&edges_}), parents_(rings.size(), -2) {
    std::size_t count = 0;
    for (const SweepRing& r : rings) count += r.corners.size();
    corners_.reserve(count);
    edges_.reserve(count);
    for (std::uint32_t r = 0; r < rings.size(); ++r) {
      starts_.push_back(static_cast<std::uint32_t>(corners_.size()));
      const auto& c = rings[r].corners;
      for (std::size_t i = 0; i < c.size(); ++i) {
        const LatLng next = c[i + 1 < c.size() ? i + 1 : 0];
        const bool forward = sweeps_before(c[i], next);
        corners_.push_back({c[i], static_cast<std::uint32_t>(corners_.size()), r});
        edges_.push_back(forward ? Edge{c[i], next} : Edge{next, c[i]});
      }
    }
    starts_.push_back(static_cast<std::uint32_t>(corners_.size()));
    std::sort(corners_.begin(), corners_.end(), [](const Corner& a, const Corner& b) {
      return a.point != b.point ? sweeps_before(a.point, b.point) : a.number < b.number;
    });
  }

  Status run() {
    for (std::size_t i = 0; i < corners_.size();) {
      std::size_t j = i + 1;
      while (j < corners_.size() && corners_[j].point == corners_[i].point) ++j;
      TRUCE_CHECK(visit(std::span(corners_).subspan(i, j - i)));
      i = j;
    }
    return {};
  }

  std::vector<std::int32_t> take_parents() { return std::move(parents_); }

 private:
  using Set = std::set<std::uint32_t, Below>;

  struct Corner {
    LatLng point;
    std::uint32_t number;  // over all rings; also the number of the edge that leaves it
    std::uint32_t ring;
  };
  struct Ray {
    LatLng to;
    std::uint32_t ring;
    std::uint32_t edge;
  };

  std::uint32_t ring_of(std::uint32_t edge) const {
    return static_cast<std::uint32_t>(std::upper_bound(starts_.begin(), starts_.end(), edge) - starts_.begin() - 1);
  }
  std::uint32_t edge_before(std::uint32_t corner, std::uint32_t ring) const {
    return corner == starts_[ring] ? starts_[ring + 1] - 1 : corner - 1;
  }
  std::string name(std::uint32_t edge) const {
    const std::uint32_t r = ring_of(edge);
    return vertex_name(rings_[r].polygon, rings_[r].ring, edge - starts_[r]);
  }
  tl::unexpected<Error> trouble(const char* what, std::uint32_t edge, std::uint32_t other, LatLng near) const {
    return fail(ErrorCode::kInvalidRing,
                std::string(ring_of(edge) == ring_of(other) ? "the ring " : "two rings ") + what + " near " +
                    near.to_string() + ": the edge from " + name(std::min(edge, other)) + " and the edge from " +
                    name(std::max(edge, other)),
                name(std::min(edge, other)));
  }

  Status check_cross(std::uint32_t a, std::uint32_t b) const {
    const Edge& e = edges_[a];
    const Edge& f = edges_[b];
    if (!segments_cross(e.first, e.last, f.first, f.last)) return {};
    return trouble(ring_of(a) == ring_of(b) ? "crosses itself" : "cross", a, b,
                   sweeps_before(e.first, f.first) ? f.first : e.first);
  }

  // All corners at one point: leaves the edges that end here, enters those that begin.
  Status visit(std::span<const Corner> here) {
    const LatLng p = here.front().point;
    for (std::size_t i = 1; i < here.size(); ++i) {
      if (here[i].ring == here[i - 1].ring) {  // in order of number, so of ring
        return fail(ErrorCode::kInvalidRing,
                    "the ring comes twice to " + p.to_string() + ", also at " + name(here[i - 1].number),
                    name(here[i].number));
      }
    }
    auto [from, to] = status_.equal_range(p);
    bool has_passing = false;
    std::uint32_t passing = 0;
    std::size_t ended = 0;
    for (auto it = from; it != to;) {
      if (edges_[*it].last == p) {
        it = status_.erase(it);
        ++ended;
        continue;
      }
      if (has_passing) return trouble(ring_of(passing) == ring_of(*it) ? "crosses itself" : "cross", passing, *it, p);
      has_passing = true;
      passing = *it;
      ++it;
    }
    std::size_t expected = 0;
    std::uint32_t lowest = 0;
    bool has_new = false;
    for (const Corner& c : here) {
      const std::uint32_t both[] = {c.number, edge_before(c.number, c.ring)};
      if (has_passing && ring_of(passing) == c.ring) return trouble("touches itself", passing, c.number, p);
      for (const std::uint32_t e : both) {
        if (edges_[e].first != p) {
          ++expected;
          continue;
        }
        const auto [place, is_new] = status_.insert(e);
        if (!is_new)
          return trouble(ring_of(*place) == c.ring ? "runs back over itself" : "share a stretch of edge", *place, e, p);
        if (!has_new || status_.key_comp()(e, lowest)) lowest = e;
        has_new = true;
      }
    }
    if (ended != expected) return trouble("crosses itself", here.front().number, here.front().number, p);
    if (here.size() > 1 || has_passing) TRUCE_CHECK(check_passage(here, has_passing, passing));
    return has_new ? entered(p, lowest, has_passing) : closed_up(p);
  }

  // After edges were left and none entered: the edges below and above are now neighbours.
  Status closed_up(LatLng p) const {
    const auto above = status_.lower_bound(p);
    if (above == status_.end() || above == status_.begin()) return {};
    TRUCE_CHECK(check_cross(*std::prev(above), *above));
    const auto next = std::next(above);  // `above` may be an edge that passes through p
    return next == status_.end() ? Status() : check_cross(*above, *next);
  }

  // After edges were entered, `lowest` being the lowest of them: their neighbours, and where new rings lie.
  Status entered(LatLng p, std::uint32_t lowest, bool has_passing) {
    auto it = status_.find(lowest);
    if (has_passing && it != status_.begin() && edges_[*std::prev(it)].first != p) {
      const auto below = std::prev(it);  // perhaps the passing one: then its lower neighbour is new to it as well
      if (below != status_.begin()) TRUCE_CHECK(check_cross(*std::prev(below), *below));
    }
    for (; it != status_.end(); ++it) {
      const Edge& e = edges_[*it];
      if (it != status_.begin()) TRUCE_CHECK(check_cross(*std::prev(it), *it));
      if (e.first != p && orientation(e.first, e.last, p) != 0) break;
      if (const std::uint32_t ring = ring_of(*it); parents_[ring] == -2) parents_[ring] = parent_above(it);
    }
    return {};
  }

  // The ring whose interior lies directly below the edge at `it`.
  std::int32_t parent_above(Set::const_iterator it) const {
    if (it == status_.begin()) return -1;
    const std::uint32_t below = *std::prev(it);
    const std::uint32_t ring = ring_of(below);
    const SweepRing& r = rings_[ring];
    const bool runs_east = edges_[below].first == r.corners[below - starts_[ring]];
    return runs_east == r.is_counter_clockwise ? static_cast<std::int32_t>(ring) : parents_[ring];
  }

  // Rings that meet in p may touch but not pass through each other: seen around p, their pairs of rays nest like
  // brackets.
  Status check_passage(std::span<const Corner> here, bool has_passing, std::uint32_t passing) const {
    const LatLng p = here.front().point;
    std::vector<Ray> rays;
    for (const Corner& c : here) {
      const std::uint32_t before = edge_before(c.number, c.ring);
      for (const std::uint32_t e : {c.number, before}) {
        rays.push_back({edges_[e].first == p ? edges_[e].last : edges_[e].first, c.ring, e});
      }
    }
    if (has_passing) {
      rays.push_back({edges_[passing].first, ring_of(passing), passing});
      rays.push_back({edges_[passing].last, ring_of(passing), passing});
    }
    const auto half = [&](LatLng q) { return sweeps_before(p, q) ? 0 : 1; };
    std::sort(rays.begin(), rays.end(), [&](const Ray& a, const Ray& b) {
      if (half(a.to) != half(b.to)) return half(a.to) < half(b.to);
      const int o = orientation(p, a.to, b.to);
      return o != 0 ? o > 0 : a.edge < b.edge;
    });
    for (std::size_t i = 1; i < rays.size(); ++i) {
      if (half(rays[i - 1].to) == half(rays[i].to) && orientation(p, rays[i - 1].to, rays[i].to) == 0) {
        return trouble("share a stretch of edge", rays[i - 1].edge, rays[i].edge, p);
      }
    }
    std::vector<const Ray*> open;
    for (const Ray& ray : rays) {
      if (!open.empty() && open.back()->ring == ray.ring) {
        open.pop_back();
      } else {
        open.push_back(&ray);
      }
    }
    if (!open.empty()) return trouble("cross", open[0]->edge, open[1]->edge, p);
    return {};
  }

  std::span<const SweepRing> rings_;
  std::vector<std::uint32_t> starts_;  // first corner of each ring, and the end
  std::vector<Corner> corners_;
  std::vector<Edge> edges_;
  Set status_;
  std::vector<std::int32_t> parents_;
};

}  // namespace

Result<std::vector<std::int32_t>> sweep_rings(std::span<const SweepRing> rings) {
  Sweep sweep(rings);
  TRUCE_CHECK(sweep.run());
  return sweep.take_parents();
}

}  // namespace truce::geo
