// SPDX-License-Identifier: Apache-2.0
//
// ZoneIndex answers one question: which zones hold this point, at this instant or at any?
//
// It is built once and never changes, so any number of threads may read it. It is not a general spatial index: no
// nearest neighbours, no editing, no geometry out. Zones with holes and several parts are welcome.
//
// A line between two vertices is straight in longitude and latitude (RFC 7946, 3.1.1), so every answer is exact integer
// arithmetic: no tolerance, the same on every machine. A point on an edge is inside (closed zones).
//
// Space is cut into square cells, and crowded cells again into four. A cell knows which zones hold all of it, and for
// each zone whose edge enters it, whether its corner is inside; a point then differs from the corner by the edges
// between them. Edges that cross a whole cell are kept as their two ends on its border, in 16 bits: enough to decide
// all points but those within about a ten-thousandth of the cell from the edge, which are decided exactly from the
// zone's vertices. No answer depends on the rounding.
//
// Cost: two or three memory accesses and a few edges a point; many points asked at once take a quarter to a half of the
// time, because the memory of the next ones is fetched meanwhile. About 140 bytes an edge, and a megabyte.
// docs/performance.md has figures.
//
//   const ZoneIndex index = ZoneIndex::build(zones).value();
//   std::vector<ZoneNumber> hits;
//   index.zones_at(LatLng::from_e7(359000000, 366000000), at, hits);   // Idlib city

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "truce/base/result.h"
#include "truce/base/time.h"
#include "truce/geo/geometry.h"
#include "truce/geo/lat_lng.h"
#include "truce/geo/prepared_area.h"

namespace truce::geo {

// A zone's number: its place in what build() was given. Callers give zones in ascending order of id, so that numbers
// sort as ids do.
using ZoneNumber = std::uint32_t;

// In force for t with from <= t < to.
struct Validity {
  Instant from{Instant::kMin};
  Instant to{INT64_MAX};
  [[nodiscard]] bool holds(Instant t) const { return from <= t && t < to; }
  friend bool operator==(const Validity&, const Validity&) = default;
};

// REQUIRES (of build): canonical polygons (geometry.h).
struct IndexedZone {
  MultiPolygon area;
  Validity validity;
};

class ZoneIndex {
 public:
  // Most vertices that one index accepts: stops a hostile set of zones from taking all memory (about 2 GiB at this
  // size).
  static constexpr std::size_t kIndexVertexCountMax = 20'000'000;

  // Holds nothing.
  ZoneIndex() = default;

  // Builds an index over `zones`; copies what it needs. Fails with kTooManyVertices past kIndexVertexCountMax. Does not
  // check rings again: canonical() did.
  [[nodiscard]] static Result<ZoneIndex> build(std::span<const IndexedZone> zones);

  // Appends to `hits` the numbers of all zones that hold `point`, whatever their validity, ascending. Leaves what
  // `hits` held before untouched; never allocates if its capacity suffices. REQUIRES: point.is_valid().
  void zones_containing(LatLng point, std::vector<ZoneNumber>& hits) const;

  // The same, of the zones in force at `at`.
  void zones_at(LatLng point, Instant at, std::vector<ZoneNumber>& hits) const;

  // For every point in turn what zones_containing() appends; ends[i] is the size of `hits` after point i. Faster for
  // many points, because the memory of the next ones is fetched meanwhile. REQUIRES: every point is valid.
  void zones_containing(std::span<const LatLng> points, std::vector<ZoneNumber>& hits,
                        std::vector<std::size_t>& ends) const;

  // Appends to `holding` the zones that hold all of `box` with no edge in it, and to `touched` those with an edge in
  // it; all others lie outside. Exact, ascending. Cost: O(zones) box comparisons. REQUIRES: box is not empty and within
  // the world.
  void zones_of_box(const Box& box, std::vector<ZoneNumber>& holding, std::vector<ZoneNumber>& touched) const;

  [[nodiscard]] std::size_t zone_count() const { return areas_.size(); }
  [[nodiscard]] const PreparedArea& area(ZoneNumber zone) const { return areas_[zone]; }
  [[nodiscard]] const Validity& validity(ZoneNumber zone) const { return validity_[zone]; }

  // For benchmarks and tests of the subdivision only: edges that the cell of `point` would test; bytes held; cells that
  // know their answer without an edge.
  [[nodiscard]] std::uint32_t edges_in_cell_of(LatLng point) const;
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  friend class ZoneIndexBuilder;

  // Where the block of the cell of a point lies, and the point within that cell.
  struct Spot {
    const std::uint64_t* block;
    std::uint32_t x;  // 0..65535 across the cell, rounded down
    std::uint32_t y;
    std::int32_t west_e7;  // the cell's westernmost and southernmost integer
    std::int32_t south_e7;
    int shift;  // the cell is 2^shift E7 units wide
  };
  [[nodiscard]] bool find(LatLng point, Spot& spot) const;
  std::size_t read_cell(const Spot& spot, LatLng point, std::vector<ZoneNumber>& hits) const;

  Box box_;        // of all zones
  int shift_ = 0;  // a cell of the grid is 2^shift_ E7 units wide
  std::uint32_t column_count_ = 0;
  std::vector<std::uint32_t> grid_;   // by row: a block's place in blocks_, or kNode and a place in nodes_
  std::vector<std::uint32_t> nodes_;  // four children each: south-west, south-east, north-west, north-east
  std::vector<std::uint64_t> blocks_;
  std::vector<LatLng> vertices_;     // of all rings closed; an edge is named by its first vertex
  std::vector<PreparedArea> areas_;  // by zone number
  std::vector<Validity> validity_;
};

}  // namespace truce::geo
