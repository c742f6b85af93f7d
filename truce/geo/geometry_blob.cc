// SPDX-License-Identifier: Apache-2.0

#include "truce/geo/geometry_blob.h"

#include <charconv>

namespace truce::geo {

namespace {

constexpr std::string_view kPolygons = "{\"polygons\":";
constexpr std::string_view kLines = "{\"lines\":";
constexpr std::string_view kPoints = "{\"points\":";
constexpr std::string_view kEnd = ",\"v\":1}";

void put(std::string& out, std::int32_t value) {
  char buffer[16];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  out.append(buffer, end);
}

void put(std::string& out, LatLng p) {
  out += '[';
  put(out, p.lng_e7);
  out += ',';
  put(out, p.lat_e7);
  out += ']';
}

template <typename List, typename Put>
void put_list(std::string& out, const List& list, Put put_one) {
  out += '[';
  bool first = true;
  for (const auto& item : list) {
    if (!first) out += ',';
    first = false;
    put_one(item);
  }
  out += ']';
}

void put_ring(std::string& out, const Ring& ring) {
  out += '[';
  for (const LatLng p : ring.corners) {
    put(out, p);
    out += ',';
  }
  put(out, ring.corners.front());
  out += ']';
}

// Reads the fixed grammar; remembers the first trouble.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  bool take(char c) {
    if (at_ < bytes_.size() && bytes_[at_] == c) {
      ++at_;
      return true;
    }
    return false;
  }
  bool take(std::string_view text) {
    if (bytes_.substr(at_, text.size()) != text) return false;
    at_ += text.size();
    return true;
  }
  [[nodiscard]] bool at_end() const { return at_ == bytes_.size(); }

  [[nodiscard]] tl::unexpected<Error> unexpected(std::string message) const {
    const bool blank = at_ < bytes_.size() &&
                       (bytes_[at_] == ' ' || bytes_[at_] == '\n' || bytes_[at_] == '\t' || bytes_[at_] == '\r');
    return fail(blank ? ErrorCode::kNotCanonical : ErrorCode::kSyntax, blank ? "white space" : std::move(message),
                "offset " + std::to_string(at_));
  }

  Result<std::int64_t> integer() {
    const std::size_t start = at_;
    const bool negative = take('-');
    std::int64_t value = 0;
    std::size_t digits = 0;
    for (; at_ < bytes_.size() && bytes_[at_] >= '0' && bytes_[at_] <= '9'; ++at_, ++digits) {
      if (digits >= 10)
        return fail(ErrorCode::kInvalidPlace, "a number outside of the world", "offset " + std::to_string(start));
      value = value * 10 + (bytes_[at_] - '0');
    }
    if (digits == 0) return unexpected("an integer was expected");
    if ((digits > 1 && bytes_[at_ - digits] == '0') || (negative && value == 0)) {
      return fail(ErrorCode::kNotCanonical, "a number with a leading zero or -0", "offset " + std::to_string(start));
    }
    if (at_ < bytes_.size() && (bytes_[at_] == '.' || bytes_[at_] == 'e' || bytes_[at_] == 'E')) {
      return fail(ErrorCode::kNotCanonical, "coordinates are integers of 1e-7 degree", "offset " + std::to_string(at_));
    }
    return negative ? -value : value;
  }

  Result<LatLng> point() {
    if (!take('[')) return unexpected("a position [longitude,latitude] was expected");
    const std::size_t start = at_;
    TRUCE_TRY(const std::int64_t lng, integer());
    if (!take(',')) return unexpected("',' was expected");
    TRUCE_TRY(const std::int64_t lat, integer());
    if (!take(']')) return unexpected("']' was expected");
    auto p = LatLng::checked(lat, lng);
    if (!p) return fail(at(p.error(), "offset " + std::to_string(start)));
    if (++count_ > kVertexCountMax + kVertexCountMax / 3) {  // each ring repeats one
      return fail(ErrorCode::kTooManyVertices, "more than " + std::to_string(kVertexCountMax) + " vertices");
    }
    return *p;
  }

  template <typename Read>
  Status list(Read read_one) {
    if (!take('[')) return unexpected("'[' was expected");
    do {
      TRUCE_CHECK(read_one());
    } while (take(','));
    if (!take(']')) return unexpected("',' or ']' was expected");
    return {};
  }

  Status points(std::vector<LatLng>& out) {
    return list([&]() -> Status {
      TRUCE_TRY(const LatLng p, point());
      out.push_back(p);
      return {};
    });
  }

  Status ring(Ring& out) {
    const std::size_t start = at_;
    TRUCE_CHECK(points(out.corners));
    if (out.corners.size() < 2 || out.corners.front() != out.corners.back()) {
      return fail(ErrorCode::kNotCanonical, "the ring is not closed", "offset " + std::to_string(start));
    }
    out.corners.pop_back();
    return {};
  }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  std::size_t count_ = 0;
};

}  // namespace

std::string to_blob(const Geometry& geometry) {
  std::string out;
  out.reserve(64 + 24 * vertex_count(geometry));
  if (const auto* polygons = std::get_if<MultiPolygon>(&geometry)) {
    out += kPolygons;
    put_list(out, polygons->polygons, [&](const Polygon& polygon) {
      out += '[';
      put_ring(out, polygon.outer);
      for (const Ring& hole : polygon.holes) {
        out += ',';
        put_ring(out, hole);
      }
      out += ']';
    });
  } else if (const auto* lines = std::get_if<Lines>(&geometry)) {
    out += kLines;
    put_list(out, lines->lines, [&](const Line& line) { put_list(out, line.points, [&](LatLng p) { put(out, p); }); });
  } else {
    out += kPoints;
    put_list(out, std::get<Points>(geometry).points, [&](LatLng p) { put(out, p); });
  }
  out += kEnd;
  return out;
}

Result<Geometry> parse_blob(std::string_view bytes) {
  Reader reader(bytes);
  Geometry geometry;
  if (reader.take(kPolygons)) {
    MultiPolygon polygons;
    TRUCE_CHECK(reader.list([&]() -> Status {
      Polygon& polygon = polygons.polygons.emplace_back();
      bool is_outer = true;
      return reader.list([&]() -> Status {
        Ring& ring = is_outer ? polygon.outer : polygon.holes.emplace_back();
        is_outer = false;
        return reader.ring(ring);
      });
    }));
    geometry = std::move(polygons);
  } else if (reader.take(kLines)) {
    Lines lines;
    TRUCE_CHECK(reader.list([&]() -> Status { return reader.points(lines.lines.emplace_back().points); }));
    geometry = std::move(lines);
  } else if (reader.take(kPoints)) {
    Points points;
    TRUCE_CHECK(reader.points(points.points));
    geometry = std::move(points);
  } else {
    return reader.unexpected("{\"polygons\":, {\"lines\": or {\"points\": was expected");
  }
  if (!reader.take(kEnd)) return reader.unexpected(",\"v\":1} was expected");
  if (!reader.at_end()) return reader.unexpected("bytes after the end");
  TRUCE_CHECK(check_canonical(geometry));
  return geometry;
}

}  // namespace truce::geo
