// SPDX-License-Identifier: Apache-2.0
//
// PreparedArea: polygons made ready for many exact questions about one of them: is this point inside, does this box lie
// wholly inside, outside, or does an edge run through it?
//
// For many zones at once see ZoneIndex, which uses this for the points that lie a hair from an edge. Never changes once
// made; any number of threads may read it. Copies the vertices. Memory: about 9 bytes a vertex. Cost of a question:
// vertices / 32 box comparisons, plus the edges of the few boxes that matter.

#pragma once

#include <cstdint>
#include <vector>

#include "truce/geo/geometry.h"
#include "truce/geo/lat_lng.h"

namespace truce::geo {

enum class BoxRelation : std::uint8_t {
  kOutside = 0,  // no point of the box is inside
  kMixed = 1,    // an edge meets the box
  kInside = 2,   // every point of the box is inside, and no edge meets it
};

class PreparedArea {
 public:
  // Holds nothing.
  PreparedArea() = default;
  // REQUIRES: canonical polygons.
  explicit PreparedArea(const MultiPolygon& polygons);

  [[nodiscard]] const Box& box() const { return box_; }

  // Exact; edges and corners are inside. REQUIRES: p.is_valid().
  [[nodiscard]] bool contains(LatLng p) const;

  // Exact. REQUIRES: box is not empty and within the world.
  [[nodiscard]] BoxRelation relation(const Box& box) const;

  // How many of `points` are inside, exactly, where all of them lie in `box`: cheaper than asking one by one, because
  // edges away from the box are met once only. Allocates nothing after the thread's first call. REQUIRES: all points
  // within box.
  [[nodiscard]] std::uint32_t count_inside(const Box& box, const std::vector<LatLng>& points) const;

 private:
  friend class ZoneIndex;
  friend class ZoneIndexBuilder;
  // Up to 32 consecutive edges first..first+count of one ring.
  struct Run {
    Box box;
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };

  std::vector<LatLng> vertices_;  // of all rings; each ring's first corner again at its end
  std::vector<Run> runs_;
  Box box_;
};

}  // namespace truce::geo
