// SPDX-License-Identifier: Apache-2.0
//
// Layout. A grid of square cells covers the box of all zones; a cell is a block in blocks_, or four smaller cells.
// Borders of cells lie at half-integers of E7, so that no vertex and no point ever lies on one; corners are thought of
// as moved north by an amount smaller than any other, so that no edge passes through one. All that follows is exact
// under that rule.
//
// A block is a chain of groups of up to 16 zones. A zone of a group holds or does not hold the south-western corner of
// the cell (a bit), and a point of the cell is on the same side or not by the parity of the edges on a way from the
// corner to it:
//   crossing  an edge that crosses the whole cell without a vertex in it: counts if corner and point lie on different
//   sides of its line,
//             whatever the way. Kept as two points of its line in 16 bits each coordinate, scaled to the cell.
//   edge      any other edge that enters the cell. The way goes from the corner north along the western border to the
//   point's
//             latitude and then east; an edge counts where it crosses the eastward part. Kept by number.
//   step      an edge of the second sort that crosses the western border: counts for points at or north of the
//   crossing. Kept as
//             a latitude.
// The side of a crossing is taken from the 16-bit points where the determinant exceeds kSideError; else the zone is
// asked exactly.

#include "truce/geo/zone_index.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <map>

#include "truce/geo/predicate.h"

namespace truce::geo {

namespace {

constexpr std::uint32_t kNode = 0x8000'0000U;  // in the grid: four children follow in nodes_
constexpr std::size_t kGroupZoneCount = 16;
constexpr std::size_t kPieceCountMax = 255;

// Header of a group, the first word of it.
//   bits 0..7 zones, 8..15 flags, 16..23 crossings, 24..31 edges, 32..39 steps, 48..63 corner bits
constexpr std::uint64_t kMore = 1;  // another group follows
constexpr std::uint64_t kScan = 2;  // one zone with more pieces than fit: ask it whole
constexpr std::uint64_t kWide = 4;  // zone numbers are 32 bits, else 16

// Of d = (bx-ax)(py-ay) - (by-ay)(px-ax) with all six coordinates in 0..65535 and each off by at most 1: the
// first-order terms are at most six times 65536, the second-order ones 8.
constexpr std::int64_t kSideError = 6 * 65536 + 8;

struct Header {
  std::uint32_t zones, flags, crossings, edges, steps, corner_bits;

  explicit Header(std::uint64_t w)
      : zones(w & 0xff),
        flags(w >> 8 & 0xff),
        crossings(w >> 16 & 0xff),
        edges(w >> 24 & 0xff),
        steps(w >> 32 & 0xff),
        corner_bits(static_cast<std::uint32_t>(w >> 48)) {}
  [[nodiscard]] std::size_t id_bytes() const { return zones * (flags & kWide ? 4U : 2U); }
  [[nodiscard]] std::size_t bytes() const {
    return 8 + 8 * std::size_t{crossings} + 4 * std::size_t{edges} + 4 * std::size_t{steps} + id_bytes() + crossings +
           edges + steps;
  }
  [[nodiscard]] std::size_t words() const { return (bytes() + 7) / 8; }
};

template <typename T>
T load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// Floor of n / d and whether it divides. REQUIRES: d > 0.
struct Division {
  std::int64_t quotient;
  bool is_whole;
};
Division divide(std::int64_t n, std::int64_t d) {
  const std::int64_t q = n / d;
  const std::int64_t r = n % d;
  return {q - (r < 0), r == 0};
}

// An edge in coordinates from the south-western corner of the index, running north (or, level, east).
struct BuildEdge {
  std::int64_t ax, ay, bx, by;
};

}  // namespace

// Sweeps the grid from south to north, row by row, carrying the set of zones that hold the cell's corner.
class ZoneIndexBuilder {
 public:
  explicit ZoneIndexBuilder(ZoneIndex& index) : index_(index) {}

  void add(std::uint32_t zone, const PreparedArea& area) {
    for (const PreparedArea::Run& run : area.runs_) {
      for (std::uint32_t i = run.first; i < run.first + run.count; ++i) edge_zone_.push_back({first_vertex_ + i, zone});
    }
    index_.vertices_.insert(index_.vertices_.end(), area.vertices_.begin(), area.vertices_.end());
    first_vertex_ += static_cast<std::uint32_t>(area.vertices_.size());
  }

  void run() {
    wide_ = index_.areas_.size() > 65536;
    index_.blocks_.assign(1, 0);  // block 0: nothing
    index_.shift_ = choose_shift();
    const int k = index_.shift_;
    const Box& box = index_.box_;
    index_.column_count_ = static_cast<std::uint32_t>(((std::int64_t{box.east_e7} - box.west_e7) >> k) + 1);
    const auto rows = static_cast<std::uint32_t>(((std::int64_t{box.north_e7} - box.south_e7) >> k) + 1);
    index_.grid_.assign(std::size_t{index_.column_count_} * rows, 0);
    words_max_ = (std::size_t{64} << 20) / 8 / 4 + edge_zone_.size() * 16;

    // Edges by the row in which they begin, in order of number within it.
    std::vector<std::uint32_t> starts(rows + 1, 0);
    for (const EdgeZone& e : edge_zone_) ++starts[static_cast<std::size_t>(edge(e.vertex).ay >> k) + 1];
    for (std::uint32_t r = 0; r < rows; ++r) starts[r + 1] += starts[r];
    std::vector<std::uint32_t> by_row(edge_zone_.size());
    {
      auto next = starts;
      for (std::uint32_t i = 0; i < edge_zone_.size(); ++i) {
        by_row[next[static_cast<std::size_t>(edge(edge_zone_[i].vertex).ay >> k)]++] = i;
      }
    }

    std::vector<Active> active;
    std::vector<Active> merged;
    std::vector<std::uint32_t> ends(index_.column_count_ + 1);
    std::vector<Visit> visits;
    std::vector<Visit> sorted;
    for (std::uint32_t row = 0; row < rows; ++row) {
      const std::span begin(by_row.data() + starts[row], starts[row + 1] - starts[row]);
      merged.clear();
      auto a = active.begin();
      for (const std::uint32_t i : begin) {
        for (; a != active.end() && a->edge < i; ++a) merged.push_back(*a);
        merged.push_back({i, edge(edge_zone_[i].vertex).ax >> k, false});
      }
      merged.insert(merged.end(), a, active.end());
      active.clear();
      visits.clear();
      std::fill(ends.begin(), ends.end(), 0);
      for (Active& e : merged) {
        const BuildEdge g = edge(edge_zone_[e.edge].vertex);
        const bool goes_on = (g.by >> k) > row;
        const std::int64_t to = goes_on ? column_at(g, std::int64_t{row + 1} << k, k) : g.bx >> k;
        visit(e.edge, e.column, to, e.is_continued, 0, index_.column_count_ - 1, visits);
        if (goes_on) active.push_back({e.edge, to, true});
      }
      for (const Visit& v : visits) ++ends[v.column + 1];
      for (std::size_t c = 0; c + 1 < ends.size(); ++c) ends[c + 1] += ends[c];
      sorted.resize(visits.size());
      {
        auto next = ends;
        for (const Visit& v : visits) sorted[next[v.column]++] = v;
      }
      current_.clear();  // west of everything
      for (std::uint32_t c = 0; c < index_.column_count_; ++c) {
        const std::span here(sorted.data() + ends[c], ends[c + 1] - ends[c]);
        index_.grid_[std::size_t{row} * index_.column_count_ + c] =
            build_cell(std::int64_t{c} << k, std::int64_t{row} << k, k, here, current_);
        for (const Visit& v : here) {
          if (v.is_toggle) toggle(current_, edge_zone_[v.edge].zone);
        }
      }
    }
    index_.blocks_.insert(index_.blocks_.end(), 8, 0);  // readers fetch whole lines
    index_.blocks_.shrink_to_fit();
    index_.nodes_.shrink_to_fit();
  }

 private:
  using ZoneSet = std::vector<std::uint32_t>;  // ascending

  struct EdgeZone {
    std::uint32_t vertex;
    std::uint32_t zone;
  };
  struct Active {
    std::uint32_t edge;
    std::int64_t column;  // where it enters the row
    bool is_continued;    // it crosses the row's southern border there
  };
  struct Visit {
    std::uint32_t edge;
    std::uint32_t column;
    bool is_toggle;     // crosses the southern border of the row in this column
    bool crosses_west;  // crosses the western border of this cell
  };
  struct Piece {
    std::uint64_t value;
    std::uint8_t entry;
  };

  BuildEdge edge(std::uint32_t vertex) const {
    const LatLng a = index_.vertices_[vertex];
    const LatLng b = index_.vertices_[vertex + 1];
    const std::int64_t w = index_.box_.west_e7;
    const std::int64_t s = index_.box_.south_e7;
    if (a.lat_e7 < b.lat_e7 || (a.lat_e7 == b.lat_e7 && a.lng_e7 <= b.lng_e7)) {
      return {a.lng_e7 - w, a.lat_e7 - s, b.lng_e7 - w, b.lat_e7 - s};
    }
    return {b.lng_e7 - w, b.lat_e7 - s, a.lng_e7 - w, a.lat_e7 - s};
  }

  // Column in which `e` crosses the border at y - 1/2 (and the least bit north of it). REQUIRES: e.ay < y <= e.by.
  static std::int64_t column_at(const BuildEdge& e, std::int64_t y, int k) {
    const std::int64_t dx = e.bx - e.ax;
    const std::int64_t dy = e.by - e.ay;
    // Of x + 1/2: at most 1.8e9 * (2 * 1.8e9 + 1), within 64 bits.
    const Division d = divide(dy + (2 * (y - e.ay) - 1) * dx, 2 * dy);
    const std::int64_t x = e.ax + d.quotient;
    const bool falls_west = d.is_whole && dx < 0 && (x & ((std::int64_t{1} << k) - 1)) == 0;
    return (x >> k) - falls_west;
  }

  static void visit(std::uint32_t number, std::int64_t from, std::int64_t to, bool is_continued, std::int64_t first,
                    std::int64_t last, std::vector<Visit>& out) {
    const std::int64_t west = std::min(from, to);
    const std::int64_t east = std::min(std::max(from, to), last);
    for (std::int64_t c = std::max(west, first); c <= east; ++c) {
      out.push_back({number, static_cast<std::uint32_t>(c), is_continued && c == from, c > west});
    }
  }

  static void toggle(ZoneSet& set, std::uint32_t zone) {
    const auto it = std::lower_bound(set.begin(), set.end(), zone);
    if (it != set.end() && *it == zone) {
      set.erase(it);
    } else {
      set.insert(it, zone);
    }
  }

  // The finest grid that the budget in memory allows: about 110 bytes an edge and a megabyte.
  int choose_shift() const {
    const Box& box = index_.box_;
    const double width = static_cast<double>(std::int64_t{box.east_e7} - box.west_e7) + 1.0;
    const double height = static_cast<double>(std::int64_t{box.north_e7} - box.south_e7) + 1.0;
    double length = 0;
    for (const EdgeZone& e : edge_zone_) {
      const BuildEdge g = edge(e.vertex);
      length += static_cast<double>(std::abs(g.bx - g.ax) + (g.by - g.ay));
    }
    double covered = 0;
    for (const PreparedArea& area : index_.areas_) {
      const Box& b = area.box();
      if (!b.is_empty())
        covered += static_cast<double>(std::int64_t{b.east_e7} - b.west_e7) *
                   static_cast<double>(std::int64_t{b.north_e7} - b.south_e7);
    }
    const double depth = covered / (width * height);
    const double edges = static_cast<double>(edge_zone_.size());
    const double budget = 1e6 + kBytesPerEdge * edges;
    for (int k = 6; k < kShiftMax; ++k) {
      const double cell = static_cast<double>(std::int64_t{1} << k);
      const double cells = (width / cell + 1) * (height / cell + 1);
      const double pieces = edges + length / cell;
      const double mixed = cells * (1 - 1 / (1 + pieces / cells));
      if (4 * cells + mixed * (12 + 2 * depth) + pieces * 9 <= budget) return k;
    }
    return kShiftMax;
  }

  // South-western integer of the cell at (x0, y0), 2^k wide; `corner` the zones that hold its corner. Returns what goes
  // into the grid.
  std::uint32_t build_cell(std::int64_t x0, std::int64_t y0, int k, std::span<const Visit> visits,
                           const ZoneSet& corner) {
    if (visits.empty()) {
      if (corner.empty()) return 0;
      if (corner != plain_set_) {
        plain_set_ = corner;
        const auto [it, is_new] = plain_.try_emplace(corner, 0);
        if (is_new) it->second = write_block(x0, y0, k, visits, corner);
        plain_block_ = it->second;
      }
      return plain_block_;
    }
    if (visits.size() > kSplitEdgeCount && k > 3 && index_.blocks_.size() < words_max_)
      return split_cell(x0, y0, k, visits, corner);
    return write_block(x0, y0, k, visits, corner);
  }

  std::uint32_t split_cell(std::int64_t x0, std::int64_t y0, int k, std::span<const Visit> visits,
                           const ZoneSet& corner) {
    const int h = k - 1;
    const std::int64_t column = x0 >> h;
    ZoneSet row_corner = corner;
    std::array<std::uint32_t, 4> children{};
    for (int j = 0; j < 2; ++j) {
      const std::int64_t row = (y0 >> h) + j;
      std::vector<Visit> half;
      for (const Visit& v : visits) {
        const BuildEdge e = edge(edge_zone_[v.edge].vertex);
        const std::int64_t first = e.ay >> h;
        const std::int64_t last = e.by >> h;
        if (row < first || row > last) continue;
        const std::int64_t from = row > first ? column_at(e, row << h, h) : e.ax >> h;
        const std::int64_t to = row < last ? column_at(e, (row + 1) << h, h) : e.bx >> h;
        visit(v.edge, from, to, row > first, column, column + 1, half);
      }
      std::stable_sort(half.begin(), half.end(), [](const Visit& a, const Visit& b) { return a.column < b.column; });
      const auto middle = std::find_if(half.begin(), half.end(), [&](const Visit& v) { return v.column != column; });
      const std::span west(half.begin(), middle);
      const std::span east(middle, half.end());
      children[static_cast<std::size_t>(2 * j)] = build_cell(x0, row << h, h, west, row_corner);
      ZoneSet east_corner = row_corner;
      for (const Visit& v : west) {
        if (v.is_toggle) toggle(east_corner, edge_zone_[v.edge].zone);
      }
      children[static_cast<std::size_t>(2 * j + 1)] =
          build_cell(x0 + (std::int64_t{1} << h), row << h, h, east, east_corner);
      for (const Visit& v : west) {
        if (v.crosses_west) toggle(row_corner, edge_zone_[v.edge].zone);
      }
    }
    const auto place = static_cast<std::uint32_t>(index_.nodes_.size() / 4);
    index_.nodes_.insert(index_.nodes_.end(), children.begin(), children.end());
    return kNode | place;
  }

  std::uint32_t write_block(std::int64_t x0, std::int64_t y0, int k, std::span<const Visit> visits,
                            const ZoneSet& corner) {
    const auto place = static_cast<std::uint32_t>(index_.blocks_.size());
    auto v = visits.begin();
    auto c = corner.begin();
    start_group();
    while (v != visits.end() || c != corner.end()) {
      const std::uint32_t zone = v == visits.end()   ? *c
                                 : c == corner.end() ? edge_zone_[v->edge].zone
                                                     : std::min(*c, edge_zone_[v->edge].zone);
      bool holds_corner = c != corner.end() && *c == zone;
      if (holds_corner) ++c;
      zone_crossings_.clear();
      zone_edges_.clear();
      zone_steps_.clear();
      for (; v != visits.end() && edge_zone_[v->edge].zone == zone; ++v) add_piece(x0, y0, k, *v, holds_corner);
      if (std::max({zone_crossings_.size(), zone_edges_.size(), zone_steps_.size()}) > kPieceCountMax) {
        flush_group(true);
        ids_.push_back(zone);
        flags_ = kScan;
        flush_group(true);
        continue;
      }
      if (ids_.size() == kGroupZoneCount || crossings_.size() + zone_crossings_.size() > kPieceCountMax ||
          edges_.size() + zone_edges_.size() > kPieceCountMax || steps_.size() + zone_steps_.size() > kPieceCountMax) {
        flush_group(true);
      }
      const auto entry = static_cast<std::uint8_t>(ids_.size());
      if (holds_corner) corner_bits_ |= std::uint64_t{1} << entry;
      ids_.push_back(zone);
      for (const std::uint64_t p : zone_crossings_) crossings_.push_back({p, entry});
      for (const std::uint64_t p : zone_edges_) edges_.push_back({p, entry});
      for (const std::uint64_t p : zone_steps_) steps_.push_back({p, entry});
    }
    flush_group(false);
    return place;
  }

  // Sorts one edge of a zone into the pieces of the cell; turns holds_corner where a crossing needs it.
  void add_piece(std::int64_t x0, std::int64_t y0, int k, const Visit& v, bool& holds_corner) {
    const std::uint32_t vertex = edge_zone_[v.edge].vertex;
    const BuildEdge e = edge(vertex);
    const std::int64_t size = std::int64_t{1} << k;
    const bool has_vertex =
        (e.ax >> k == x0 >> k && e.ay >> k == y0 >> k) || (e.bx >> k == x0 >> k && e.by >> k == y0 >> k);
    std::uint64_t crossing = 0;
    if (!has_vertex && clip(e, x0, y0, k, crossing)) {
      zone_crossings_.push_back(crossing);
      // The side of the corner (x0 - 1/2, y0 - 1/2 and the least bit north): left counts.
      const Int128 left = Int128{e.bx - e.ax} * (2 * (y0 - e.ay) - 1);
      const Int128 right = Int128{e.by - e.ay} * (2 * (x0 - e.ax) - 1);
      if (left > right || (left == right && e.bx > e.ax)) holds_corner = !holds_corner;
      return;
    }
    zone_edges_.push_back(vertex);
    if (!v.crosses_west) return;
    std::int64_t n = (2 * (x0 - e.ax) - 1) * (e.by - e.ay);
    std::int64_t d = 2 * (e.bx - e.ax);
    if (d < 0) {
      n = -n;
      d = -d;
    }
    const Division q = divide(n, d);
    const std::int64_t y = e.ay + q.quotient + !q.is_whole - y0;
    if (y < size) zone_steps_.push_back(static_cast<std::uint64_t>(std::max<std::int64_t>(y, 0)));
  }

  // Two points of the edge's line within the cell, in 16 bits each coordinate, far enough apart to tell sides by; false
  // if too close.
  static bool clip(const BuildEdge& e, std::int64_t x0, std::int64_t y0, int k, std::uint64_t& out) {
    const double size = static_cast<double>(std::int64_t{1} << k);
    const double ax = static_cast<double>(e.ax - x0) + 0.5;
    const double ay = static_cast<double>(e.ay - y0) + 0.5;
    const double dx = static_cast<double>(e.bx - e.ax);
    const double dy = static_cast<double>(e.by - e.ay);
    double from = 0;
    double to = 1;
    const auto narrow = [&](double origin, double step) {
      if (step == 0) return;
      const double low = (0 - origin) / step;
      const double high = (size - origin) / step;
      from = std::max(from, std::min(low, high));
      to = std::min(to, std::max(low, high));
    };
    narrow(ax, dx);
    narrow(ay, dy);
    if (!(from < to)) return false;
    const double scale = 65536.0 / size;
    const auto place = [&](double origin, double step, double t) {
      return static_cast<std::uint64_t>(std::clamp((origin + step * t) * scale + 0.5, 0.0, 65535.0));
    };
    const std::uint64_t px = place(ax, dx, from);
    const std::uint64_t py = place(ay, dy, from);
    const std::uint64_t qx = place(ax, dx, to);
    const std::uint64_t qy = place(ay, dy, to);
    const auto wide = static_cast<std::int64_t>(qx) - static_cast<std::int64_t>(px);
    const auto high = static_cast<std::int64_t>(qy) - static_cast<std::int64_t>(py);
    if (std::abs(wide) + std::abs(high) < kClipLengthMin) return false;
    out = px | py << 16 | qx << 32 | qy << 48;
    return true;
  }

  void start_group() {
    ids_.clear();
    crossings_.clear();
    edges_.clear();
    steps_.clear();
    corner_bits_ = 0;
    flags_ = 0;
  }

  // Writes the group collected so far. An empty one is left out unless it is the last of its block.
  void flush_group(bool more) {
    if (ids_.empty() && more) return;
    if (more) flags_ |= kMore;
    if (wide_) flags_ |= kWide;
    const std::uint64_t word = ids_.size() | flags_ << 8 | std::uint64_t{crossings_.size()} << 16 |
                               std::uint64_t{edges_.size()} << 24 | std::uint64_t{steps_.size()} << 32 |
                               corner_bits_ << 48;
    const Header header(word);
    const std::size_t place = index_.blocks_.size();
    index_.blocks_.resize(place + header.words(), 0);
    char* out = reinterpret_cast<char*>(&index_.blocks_[place]);
    const auto put = [&](const auto& value) {
      std::memcpy(out, &value, sizeof value);
      out += sizeof value;
    };
    put(word);
    for (const Piece& p : crossings_) put(p.value);
    for (const Piece& p : edges_) put(static_cast<std::uint32_t>(p.value));
    for (const Piece& p : steps_) put(static_cast<std::uint32_t>(p.value));
    for (const std::uint32_t id : ids_) {
      if (wide_) {
        put(id);
      } else {
        put(static_cast<std::uint16_t>(id));
      }
    }
    for (const auto* list : {&crossings_, &edges_, &steps_}) {
      for (const Piece& p : *list) put(p.entry);
    }
    start_group();
  }

  // So that twice an edge's width times its height, with a cell's size added to each, stays within 64 bits.
  static constexpr int kShiftMax = 27;
  static constexpr double kBytesPerEdge = 110;
  static constexpr std::size_t kSplitEdgeCount = 16;
  static constexpr std::int64_t kClipLengthMin = 4096;

  ZoneIndex& index_;
  std::vector<EdgeZone> edge_zone_;
  std::uint32_t first_vertex_ = 0;
  std::size_t words_max_ = 0;
  bool wide_ = false;
  ZoneSet current_;

  std::map<ZoneSet, std::uint32_t> plain_;  // blocks without any edge, by what they say
  ZoneSet plain_set_;
  std::uint32_t plain_block_ = 0;

  std::vector<std::uint64_t> zone_crossings_;
  std::vector<std::uint64_t> zone_edges_;
  std::vector<std::uint64_t> zone_steps_;
  std::vector<std::uint32_t> ids_;
  std::vector<Piece> crossings_;
  std::vector<Piece> edges_;
  std::vector<Piece> steps_;
  std::uint64_t corner_bits_ = 0;
  std::uint64_t flags_ = 0;
};

Result<ZoneIndex> ZoneIndex::build(std::span<const IndexedZone> zones) {
  std::size_t count = 0;
  for (const IndexedZone& z : zones) count += vertex_count(z.area);
  if (count > kIndexVertexCountMax) {
    return fail(ErrorCode::kTooManyVertices,
                "more than " + std::to_string(kIndexVertexCountMax) + " vertices in all zones");
  }
  ZoneIndex index;
  index.areas_.reserve(zones.size());
  index.validity_.reserve(zones.size());
  index.vertices_.reserve(count + zones.size());
  for (const IndexedZone& z : zones) {
    index.areas_.emplace_back(z.area);
    index.validity_.push_back(z.validity);
    index.box_.add(index.areas_.back().box());
  }
  if (index.box_.is_empty()) return index;
  ZoneIndexBuilder builder(index);
  for (std::uint32_t z = 0; z < index.areas_.size(); ++z) builder.add(z, index.areas_[z]);
  builder.run();
  return index;
}

inline bool ZoneIndex::find(LatLng point, Spot& spot) const {
  if (!box_.contains(point)) return false;
  const auto u = static_cast<std::uint32_t>(std::int64_t{point.lng_e7} - box_.west_e7);
  const auto v = static_cast<std::uint32_t>(std::int64_t{point.lat_e7} - box_.south_e7);
  int shift = shift_;
  std::uint32_t place = grid_[std::size_t{v >> shift} * column_count_ + (u >> shift)];
  while (place & kNode) {
    --shift;
    place = nodes_[std::size_t{place & ~kNode} * 4 + ((v >> shift & 1) << 1 | (u >> shift & 1))];
  }
  const std::uint32_t mask = (std::uint32_t{1} << shift) - 1;
  spot.block = &blocks_[place];
  spot.x = static_cast<std::uint32_t>(((2 * std::uint64_t{u & mask} + 1) << 16) >> (shift + 1));
  spot.y = static_cast<std::uint32_t>(((2 * std::uint64_t{v & mask} + 1) << 16) >> (shift + 1));
  spot.west_e7 = static_cast<std::int32_t>(point.lng_e7 - std::int64_t{u & mask});
  spot.south_e7 = static_cast<std::int32_t>(point.lat_e7 - std::int64_t{v & mask});
  spot.shift = shift;
  return true;
}

inline std::size_t ZoneIndex::read_cell(const Spot& spot, LatLng point, std::vector<ZoneNumber>& hits) const {
  const std::uint64_t* block = spot.block;
  const std::int64_t x = spot.x;
  const std::int64_t y = spot.y;
  for (;;) {
    const Header h(*block);
    const char* crossing = reinterpret_cast<const char*>(block + 1);
    const char* edge = crossing + 8 * h.crossings;
    const char* step = edge + 4 * h.edges;
    const char* id = step + 4 * h.steps;
    const char* entry = id + h.id_bytes();
    const auto zone = [&](std::uint32_t i) -> ZoneNumber {
      return h.flags & kWide ? load<std::uint32_t>(id + 4 * i) : load<std::uint16_t>(id + 2 * i);
    };
    std::uint32_t inside = h.corner_bits;
    if (h.flags & kScan) [[unlikely]] {
      inside = areas_[zone(0)].contains(point);
    } else {
      std::uint32_t close = 0;  // too close to a crossing to tell from 16 bits
      for (std::uint32_t i = 0; i < h.crossings; ++i) {
        const auto w = load<std::uint64_t>(crossing + 8 * i);
        const auto ax = static_cast<std::int64_t>(w & 0xffff);
        const auto ay = static_cast<std::int64_t>(w >> 16 & 0xffff);
        const auto bx = static_cast<std::int64_t>(w >> 32 & 0xffff);
        const auto by = static_cast<std::int64_t>(w >> 48);
        const std::int64_t d = (bx - ax) * (y - ay) - (by - ay) * (x - ax);
        const auto e = static_cast<unsigned char>(entry[i]);
        inside ^= static_cast<std::uint32_t>(d > 0) << e;
        close |= static_cast<std::uint32_t>(static_cast<std::uint64_t>(d + kSideError) <= 2 * kSideError) << e;
      }
      entry += h.crossings;
      std::uint32_t on_edge = 0;
      for (std::uint32_t i = 0; i < h.edges; ++i) {
        const LatLng* v = &vertices_[load<std::uint32_t>(edge + 4 * i)];
        const bool is_north = v[0].lat_e7 < v[1].lat_e7 || (v[0].lat_e7 == v[1].lat_e7 && v[0].lng_e7 <= v[1].lng_e7);
        const LatLng a = v[!is_north];
        const LatLng b = v[is_north];
        const int side = orientation(a, b, point);
        const auto e = static_cast<unsigned char>(entry[i]);
        if (side == 0 && is_on_segment(a, b, point)) [[unlikely]]
          on_edge |= 1U << e;
        // Crosses the eastward way: south of the point's latitude to north of it, west of the point, east of the cell's
        // border.
        const std::int64_t dx = std::int64_t{b.lng_e7} - a.lng_e7;
        const std::int64_t dy = std::int64_t{b.lat_e7} - a.lat_e7;
        const std::int64_t l = 2 * dx * (std::int64_t{point.lat_e7} - a.lat_e7);
        const std::int64_t r = dy * (2 * (std::int64_t{spot.west_e7} - a.lng_e7) - 1);
        const bool counts =
            (a.lat_e7 <= point.lat_e7) & (point.lat_e7 < b.lat_e7) & (side < 0) & ((l > r) | ((l == r) & (dx > 0)));
        inside ^= static_cast<std::uint32_t>(counts) << e;
      }
      entry += h.edges;
      const auto north = static_cast<std::uint32_t>(std::int64_t{point.lat_e7} - spot.south_e7);
      for (std::uint32_t i = 0; i < h.steps; ++i) {
        inside ^= static_cast<std::uint32_t>(north >= load<std::uint32_t>(step + 4 * i))
                  << static_cast<unsigned char>(entry[i]);
      }
      inside |= on_edge;
      while (close != 0) [[unlikely]] {
          const auto e = static_cast<std::uint32_t>(std::countr_zero(close));
          close &= close - 1;
          inside = (inside & ~(1U << e)) | static_cast<std::uint32_t>(areas_[zone(e)].contains(point)) << e;
        }
    }
    const std::size_t before = hits.size();
    hits.resize(before + h.zones);
    ZoneNumber* out = hits.data() + before;
    if (h.flags & kWide) [[unlikely]] {
      for (std::uint32_t i = 0; i < h.zones; ++i) {
        *out = load<std::uint32_t>(id + 4 * i);
        out += inside >> i & 1;
      }
    } else {
      for (std::uint32_t i = 0; i < h.zones; ++i) {
        *out = load<std::uint16_t>(id + 2 * i);
        out += inside >> i & 1;
      }
    }
    hits.resize(static_cast<std::size_t>(out - hits.data()));
    if (!(h.flags & kMore)) [[likely]]
      return hits.size();
    block += h.words();
  }
}

void ZoneIndex::zones_containing(LatLng point, std::vector<ZoneNumber>& hits) const {
  Spot spot;
  if (find(point, spot)) read_cell(spot, point, hits);
}

void ZoneIndex::zones_at(LatLng point, Instant at, std::vector<ZoneNumber>& hits) const {
  const auto before = static_cast<std::ptrdiff_t>(hits.size());
  zones_containing(point, hits);
  hits.erase(std::remove_if(hits.begin() + before, hits.end(), [&](ZoneNumber z) { return !validity_[z].holds(at); }),
             hits.end());
}

void ZoneIndex::zones_containing(std::span<const LatLng> points, std::vector<ZoneNumber>& hits,
                                 std::vector<std::size_t>& ends) const {
  constexpr std::size_t kBatch = 32;
  std::array<Spot, kBatch> spots;
  std::array<bool, kBatch> is_found{};
  for (std::size_t first = 0; first < points.size(); first += kBatch) {
    const std::span batch = points.subspan(first, std::min(kBatch, points.size() - first));
    for (const LatLng p : batch) {
      if (!box_.contains(p)) continue;
      const auto u = static_cast<std::uint32_t>(std::int64_t{p.lng_e7} - box_.west_e7) >> shift_;
      const auto v = static_cast<std::uint32_t>(std::int64_t{p.lat_e7} - box_.south_e7) >> shift_;
      __builtin_prefetch(&grid_[std::size_t{v} * column_count_ + u]);
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      is_found[i] = find(batch[i], spots[i]);
      if (!is_found[i]) continue;
      __builtin_prefetch(spots[i].block);
      __builtin_prefetch(spots[i].block + 7);
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (is_found[i]) read_cell(spots[i], batch[i], hits);
      ends.push_back(hits.size());
    }
  }
}

void ZoneIndex::zones_of_box(const Box& box, std::vector<ZoneNumber>& holding, std::vector<ZoneNumber>& touched) const {
  for (ZoneNumber z = 0; z < areas_.size(); ++z) {
    if (!areas_[z].box().touches(box)) continue;
    const BoxRelation relation = areas_[z].relation(box);
    if (relation == BoxRelation::kInside) holding.push_back(z);
    if (relation == BoxRelation::kMixed) touched.push_back(z);
  }
}

std::uint32_t ZoneIndex::edges_in_cell_of(LatLng point) const {
  Spot spot;
  if (!find(point, spot)) return 0;
  std::uint32_t count = 0;
  for (const std::uint64_t* block = spot.block;;) {
    const Header h(*block);
    count += h.crossings + h.edges;
    if (!(h.flags & kMore)) return count;
    block += h.words();
  }
}

std::size_t ZoneIndex::memory_bytes() const {
  std::size_t bytes = grid_.capacity() * sizeof grid_[0] + nodes_.capacity() * sizeof nodes_[0] +
                      blocks_.capacity() * sizeof blocks_[0] + vertices_.capacity() * sizeof vertices_[0] +
                      areas_.capacity() * sizeof areas_[0] + validity_.capacity() * sizeof validity_[0];
  for (const PreparedArea& a : areas_)
    bytes += a.vertices_.capacity() * sizeof(LatLng) + a.runs_.capacity() * sizeof(PreparedArea::Run);
  return bytes;
}

}  // namespace truce::geo
