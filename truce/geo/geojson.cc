// SPDX-License-Identifier: Apache-2.0

#include "truce/geo/geojson.h"

#include <simdjson.h>

#include <array>

#include "truce/base/decimal.h"

namespace truce::geo {

namespace {

namespace od = simdjson::ondemand;

// Coordinates as nested arrays of positions. Level 1 is a position, level n + 1 an array of level n; ends[n] holds, for
// each array of level n + 2 closed so far, how many of level n + 1 there were then.
struct Nested {
  std::vector<LatLng> positions;
  std::array<std::vector<std::size_t>, 3> ends;
  int level = 0;
  bool has_altitude = false;
};

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, 40)) out += c < 0x20 || c > 0x7e ? '?' : c;
  return out + (text.size() > 40 ? "...\"" : "\"");
}

bool is_json_number(std::string_view t) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t start = i;
    while (i < t.size() && t[i] >= '0' && t[i] <= '9') ++i;
    return i - start;
  };
  if (i < t.size() && t[i] == '-') ++i;
  const std::size_t whole = i;
  const std::size_t count = digits();
  if (count == 0 || (count > 1 && t[whole] == '0')) return false;
  if (i < t.size() && t[i] == '.') {
    ++i;
    if (digits() == 0) return false;
  }
  if (i < t.size() && (t[i] == 'e' || t[i] == 'E')) {
    ++i;
    if (i < t.size() && (t[i] == '+' || t[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == t.size();
}

std::string_view trimmed(std::string_view t) {
  while (!t.empty() && (t.back() == ' ' || t.back() == '\n' || t.back() == '\r' || t.back() == '\t'))
    t.remove_suffix(1);
  return t;
}

class Parser {
 public:
  Parser(const simdjson::padded_string& bytes, const GeoJsonOptions& options) : bytes_(bytes), options_(options) {}

  Result<GeoJsonFile> run() {
    od::parser parser;
    od::document doc;
    if (const auto e = parser.iterate(bytes_).get(doc)) return json_trouble(e, bytes_.data());
    doc_ = &doc;
    od::object root;
    if (const auto e = doc.get_object().get(root)) return json_trouble(e, bytes_.data());
    std::string type;
    bool has_features = false;
    Draft single;
    for (auto field : root) {
      std::string key;
      TRUCE_CHECK(read_key(field, key));
      od::value value;
      if (const auto e = field.value().get(value)) return json_trouble(e);
      if (key == "features") {
        if (has_features) return trouble(ErrorCode::kSyntax, "\"features\" is there twice");
        has_features = true;
        TRUCE_CHECK(read_features(value));
      } else if (key == "type") {
        TRUCE_CHECK(read_text(value, type));
      } else {
        if (key == "id" || key == "geometry" || key == "properties") in_feature_ = !has_features;
        TRUCE_CHECK(read_feature_member(key, value, single));
      }
    }
    if (type == "FeatureCollection") {
      if (!has_features) return fail(ErrorCode::kSyntax, "a FeatureCollection without features");
    } else if (type == "Feature") {
      single.type = type;
      TRUCE_CHECK(finish_feature(single));
    } else {
      return fail(ErrorCode::kSyntax,
                  "\"type\" is " + in_quotes(type) + "; a FeatureCollection or a Feature is needed");
    }
    warn_of_swaps();
    return std::move(file_);
  }

 private:
  struct Draft {
    std::string type;
    std::string geometry_type;
    bool has_type = false, has_geometry = false, has_properties = false, has_id = false;
    std::optional<Nested> coordinates;
    GeoJsonFeature feature;
  };

  [[nodiscard]] std::string where(const char* at) const {
    std::string text = at ? "offset " + std::to_string(at - bytes_.data()) : std::string();
    if (in_feature_) {
      if (!text.empty()) text += ": ";
      text += "feature " + std::to_string(file_.features.size());
      if (!id_.empty()) text += " (" + id_.substr(0, 40) + ")";
    }
    return text;
  }
  [[nodiscard]] const char* here() const {
    const char* at = nullptr;
    if (!doc_ || doc_->current_location().get(at)) return nullptr;
    return at;
  }
  [[nodiscard]] tl::unexpected<Error> trouble(ErrorCode code, std::string message, const char* at = nullptr) const {
    return fail(code, std::move(message), where(at ? at : here()));
  }
  [[nodiscard]] tl::unexpected<Error> json_trouble(simdjson::error_code e, const char* at = nullptr) const {
    const ErrorCode code = e == simdjson::UTF8_ERROR    ? ErrorCode::kEncoding
                           : e == simdjson::DEPTH_ERROR ? ErrorCode::kLimit
                           : e == simdjson::CAPACITY    ? ErrorCode::kLimit
                                                        : ErrorCode::kSyntax;
    return trouble(code, std::string("not the JSON expected here: ") + simdjson::error_message(e), at);
  }

  template <typename Field>
  Status read_key(Field& field, std::string& key) {
    std::string_view view;
    if (const auto e = field.unescaped_key().get(view)) return json_trouble(e);
    if (view.size() > kGeoJsonTextBytesMax)
      return trouble(ErrorCode::kLimit, "a name of " + std::to_string(view.size()) + " bytes");
    key = view;
    return {};
  }

  Status read_text(od::value& value, std::string& out) {
    std::string_view view;
    if (const auto e = value.get_string().get(view)) return json_trouble(e);
    if (view.size() > kGeoJsonTextBytesMax)
      return trouble(ErrorCode::kLimit, "a text of " + std::to_string(view.size()) + " bytes");
    out = view;
    return {};
  }

  Status read_number(od::value& value, std::string& out) {
    const std::string_view token = trimmed(value.raw_json_token());
    if (!is_json_number(token) || token.size() > 100)
      return trouble(ErrorCode::kSyntax, in_quotes(token) + " is not a number", token.data());
    out = token;
    return {};
  }

  Status read_features(od::value& value) {
    od::array list;
    if (const auto e = value.get_array().get(list)) return json_trouble(e);
    for (auto item : list) {
      od::object object;
      in_feature_ = true;
      id_.clear();
      if (file_.features.size() >= kGeoJsonFeatureCountMax) {
        return trouble(ErrorCode::kLimit, "more than " + std::to_string(kGeoJsonFeatureCountMax) + " features");
      }
      if (const auto e = item.get_object().get(object)) return json_trouble(e);
      Draft draft;
      for (auto field : object) {
        std::string key;
        TRUCE_CHECK(read_key(field, key));
        od::value member;
        if (const auto e = field.value().get(member)) return json_trouble(e);
        if (key == "type") {
          TRUCE_CHECK(read_text(member, draft.type));
        } else {
          TRUCE_CHECK(read_feature_member(key, member, draft));
        }
      }
      TRUCE_CHECK(finish_feature(draft));
      in_feature_ = false;
    }
    return {};
  }

  Status read_feature_member(const std::string& key, od::value& value, Draft& draft) {
    const auto once = [&](bool& seen) -> Status {
      if (seen) return trouble(ErrorCode::kSyntax, in_quotes(key) + " is there twice");
      seen = true;
      return {};
    };
    if (key == "id") {
      TRUCE_CHECK(once(draft.has_id));
      od::json_type type{};
      if (const auto e = value.type().get(type)) return json_trouble(e);
      if (type == od::json_type::number) {
        TRUCE_CHECK(read_number(value, draft.feature.id));
      } else if (type == od::json_type::string) {
        TRUCE_CHECK(read_text(value, draft.feature.id));
      } else {
        return trouble(ErrorCode::kSyntax, "an id is a string or a number");
      }
      id_ = draft.feature.id;
    } else if (key == "properties") {
      TRUCE_CHECK(once(draft.has_properties));
      TRUCE_CHECK(read_properties(value, draft.feature));
    } else if (key == "geometry") {
      TRUCE_CHECK(once(draft.has_geometry));
      TRUCE_CHECK(read_geometry(value, draft));
    } else if (key == "crs") {
      std::string text;
      TRUCE_CHECK(read_raw(value, text));
      if (text != "null" && text.find("CRS84") == std::string::npos && text.find("4326") == std::string::npos) {
        return trouble(ErrorCode::kInvalidPlace,
                       "the file states another reference system than WGS84 (\"crs\"); convert it first");
      }
    } else {
      std::string text;
      TRUCE_CHECK(read_raw(value, text));  // bbox and foreign members mean nothing here
    }
    return {};
  }

  // Any value's text; passes over it.
  Status read_raw(od::value& value, std::string& out) {
    od::json_type type{};
    if (const auto e = value.type().get(type)) return json_trouble(e);
    std::string_view view;
    if (type == od::json_type::object) {
      od::object object;
      if (const auto e = value.get_object().get(object)) return json_trouble(e);
      if (const auto e = object.raw_json().get(view)) return json_trouble(e);
    } else if (type == od::json_type::array) {
      od::array array;
      if (const auto e = value.get_array().get(array)) return json_trouble(e);
      if (const auto e = array.raw_json().get(view)) return json_trouble(e);
    } else {
      view = trimmed(value.raw_json_token());
    }
    if (view.size() > kGeoJsonTextBytesMax)
      return trouble(ErrorCode::kLimit, "a value of " + std::to_string(view.size()) + " bytes");
    out = trimmed(view);
    return {};
  }

  Status read_properties(od::value& value, GeoJsonFeature& feature) {
    od::json_type type{};
    if (const auto e = value.type().get(type)) return json_trouble(e);
    if (type == od::json_type::null) return {};
    od::object object;
    if (const auto e = value.get_object().get(object)) return json_trouble(e);
    for (auto field : object) {
      std::string key;
      TRUCE_CHECK(read_key(field, key));
      if (feature.find(key)) return trouble(ErrorCode::kSyntax, "the property " + in_quotes(key) + " is there twice");
      if (feature.properties.size() >= kGeoJsonPropertyCountMax) {
        return trouble(ErrorCode::kLimit, "more than " + std::to_string(kGeoJsonPropertyCountMax) + " properties");
      }
      od::value member;
      if (const auto e = field.value().get(member)) return json_trouble(e);
      GeoJsonValue out;
      TRUCE_CHECK(read_property(member, out));
      feature.properties.emplace_back(std::move(key), std::move(out));
    }
    return {};
  }

  Status read_property(od::value& value, GeoJsonValue& out) {
    using Kind = GeoJsonValue::Kind;
    od::json_type type{};
    if (const auto e = value.type().get(type)) return json_trouble(e);
    switch (type) {
      case od::json_type::null: {
        if (trimmed(value.raw_json_token()) != "null")
          return trouble(ErrorCode::kSyntax, "not a value", value.raw_json_token().data());
        out.kind = Kind::kNull;
        return {};
      }
      case od::json_type::boolean:
        out.kind = Kind::kBool;
        if (const auto e = value.get_bool().get(out.flag)) return json_trouble(e);
        return {};
      case od::json_type::number: out.kind = Kind::kNumber; return read_number(value, out.text);
      case od::json_type::string: out.kind = Kind::kString; return read_text(value, out.text);
      case od::json_type::object: out.kind = Kind::kOther; return read_raw(value, out.text);
      case od::json_type::array: break;
    }
    od::array list;
    if (const auto e = value.get_array().get(list)) return json_trouble(e);
    std::string_view raw;
    if (const auto e = list.raw_json().get(raw)) return json_trouble(e);
    if (raw.size() > kGeoJsonTextBytesMax)
      return trouble(ErrorCode::kLimit, "a value of " + std::to_string(raw.size()) + " bytes");
    // A second, small document: raw_json() has moved on.
    const simdjson::padded_string copy(raw);
    simdjson::dom::parser parser;
    simdjson::dom::array items;
    if (const auto e = parser.parse(copy).get(items)) return json_trouble(e);
    out.kind = Kind::kStrings;
    for (const simdjson::dom::element item : items) {
      std::string_view text;
      if (item.get(text)) {
        out.kind = Kind::kOther;
        out.items.clear();
        out.text = trimmed(raw);
        return {};
      }
      out.items.emplace_back(text);
    }
    return {};
  }

  Status read_geometry(od::value& value, Draft& draft) {
    od::json_type type{};
    if (const auto e = value.type().get(type)) return json_trouble(e);
    if (type == od::json_type::null) return trouble(ErrorCode::kInvalidPlace, "the feature has no geometry");
    od::object object;
    if (const auto e = value.get_object().get(object)) return json_trouble(e);
    for (auto field : object) {
      std::string key;
      TRUCE_CHECK(read_key(field, key));
      od::value member;
      if (const auto e = field.value().get(member)) return json_trouble(e);
      if (key == "type") {
        TRUCE_CHECK(read_text(member, draft.geometry_type));
      } else if (key == "coordinates") {
        if (draft.coordinates) return trouble(ErrorCode::kSyntax, "\"coordinates\" is there twice");
        draft.coordinates.emplace();
        TRUCE_TRY(draft.coordinates->level, read_nested(member, *draft.coordinates, 4));
      } else if (key == "geometries") {
        return trouble(ErrorCode::kInvalidPlace, "a GeometryCollection; one feature a geometry is needed");
      } else {
        std::string ignored;
        TRUCE_CHECK(read_raw(member, ignored));
      }
    }
    return {};
  }

  // The level of what was read.
  Result<int> read_nested(od::value& value, Nested& out, int levels_left) {
    od::array list;
    if (const auto e = value.get_array().get(list)) return json_trouble(e);
    if (levels_left == 0) return trouble(ErrorCode::kSyntax, "coordinates are nested too deeply");
    int level = 0;  // of the members
    std::array<std::int64_t, 2> e7{};
    std::size_t numbers = 0;
    const char* start = nullptr;
    for (auto item : list) {
      od::value member;
      if (const auto e = item.get(member)) return json_trouble(e);
      od::json_type type{};
      if (member.type().get(type)) type = od::json_type::null;  // NaN and the like: named below
      if (type == od::json_type::array) {
        if (numbers > 0) return trouble(ErrorCode::kSyntax, "a position holds an array");
        TRUCE_TRY(const int inner, read_nested(member, out, levels_left - 1));
        if (level != 0 && inner != level) return trouble(ErrorCode::kSyntax, "coordinates are nested unevenly");
        level = inner;
        continue;
      }
      const std::string_view token = trimmed(member.raw_json_token());
      if (numbers == 0) start = token.data();
      if (level != 0) return trouble(ErrorCode::kSyntax, "coordinates are nested unevenly", token.data());
      if (type != od::json_type::number || !is_json_number(token)) {
        return trouble(ErrorCode::kInvalidPlace, in_quotes(token) + " is not a number" + part(out), token.data());
      }
      if (numbers >= 4)
        return trouble(ErrorCode::kSyntax, "a position of more than four numbers" + part(out), token.data());
      if (numbers < 2) {
        auto parsed = parse_decimal(token, 7);
        if (!parsed) {
          return trouble(ErrorCode::kInvalidPlace, in_quotes(token) + " is outside of the world" + part(out),
                         token.data());
        }
        e7[numbers] = *parsed;
      }
      ++numbers;
    }
    if (numbers > 0) {
      if (numbers < 2) return trouble(ErrorCode::kSyntax, "a position of one number" + part(out), start);
      out.has_altitude |= numbers > 2;
      auto p = LatLng::checked(e7[1], e7[0]);
      if (!p) return trouble(p.error().code, p.error().message + part(out), start);
      if (out.positions.size() >= kVertexCountMax + kVertexCountMax / 3) {
        return trouble(ErrorCode::kTooManyVertices, "more than " + std::to_string(kVertexCountMax) + " vertices",
                       start);
      }
      out.positions.push_back(*p);
      return 1;
    }
    if (level == 0) return trouble(ErrorCode::kSyntax, "an empty array of coordinates" + part(out));
    if (level > 3) return trouble(ErrorCode::kSyntax, "coordinates are nested too deeply");
    const auto n = static_cast<std::size_t>(level);
    out.ends[n - 1].push_back(n == 1 ? out.positions.size() : out.ends[n - 2].size());
    return level + 1;
  }

  // " (ring 2, vertex 17)": the list that is being read and the position in it.
  static std::string part(const Nested& n) {
    const std::size_t start = n.ends[0].empty() ? 0 : n.ends[0].back();
    return " (ring " + std::to_string(n.ends[0].size()) + ", vertex " + std::to_string(n.positions.size() - start) +
           ")";
  }

  Status finish_feature(Draft& draft) {
    in_feature_ = true;
    if (draft.type != "Feature")
      return trouble(ErrorCode::kSyntax, "the feature's \"type\" is " + in_quotes(draft.type));
    if (!draft.has_geometry) return trouble(ErrorCode::kInvalidPlace, "the feature has no geometry");
    if (!draft.coordinates) {
      return trouble(ErrorCode::kInvalidPlace,
                     "no coordinates, or a type that is not understood: " + in_quotes(draft.geometry_type));
    }
    const Nested& n = *draft.coordinates;
    const auto slice = [&](std::size_t list) {
      const std::size_t begin = list == 0 ? 0 : n.ends[0][list - 1];
      return std::vector<LatLng>(n.positions.begin() + static_cast<std::ptrdiff_t>(begin),
                                 n.positions.begin() + static_cast<std::ptrdiff_t>(n.ends[0][list]));
    };
    const std::string& type = draft.geometry_type;
    Geometry shape;
    int level = 0;
    if (type == "Point" || type == "MultiPoint") {
      level = type == "Point" ? 1 : 2;
      shape = Points{n.positions};
    } else if (type == "LineString" || type == "MultiLineString") {
      level = type == "LineString" ? 2 : 3;
      Lines lines;
      for (std::size_t i = 0; i < n.ends[0].size(); ++i) lines.lines.push_back({slice(i)});
      shape = std::move(lines);
    } else if (type == "Polygon" || type == "MultiPolygon") {
      level = type == "Polygon" ? 3 : 4;
      if (level != n.level) return trouble(ErrorCode::kSyntax, "coordinates are not nested as those of a " + type);
      MultiPolygon polygons;
      std::size_t ring = 0;
      for (std::size_t p = 0; p < n.ends[1].size(); ++p) {
        Polygon& polygon = polygons.polygons.emplace_back();
        for (const std::size_t first = ring; ring < n.ends[1][p]; ++ring) {
          Ring& r = ring == first ? polygon.outer : polygon.holes.emplace_back();
          r.corners = slice(ring);
          const std::string name = "polygon " + std::to_string(p) + " ring " + std::to_string(ring - first);
          if (r.corners.size() < 2 || r.corners.front() != r.corners.back()) {
            return fail(ErrorCode::kInvalidRing,
                        "the ring is not closed: it begins at " + r.corners.front().to_string() + " and ends at " +
                            r.corners.back().to_string(),
                        where(nullptr) + ": " + name);
          }
          r.corners.pop_back();
        }
      }
      shape = std::move(polygons);
    } else {
      return trouble(ErrorCode::kInvalidPlace, "a geometry of type " + in_quotes(type) + " is not understood");
    }
    if (level != n.level) return trouble(ErrorCode::kSyntax, "coordinates are not nested as those of a " + type);
    auto shaped = canonical(std::move(shape), &draft.feature.notes);
    if (!shaped) return fail(at(shaped.error(), where(nullptr)));
    draft.feature.geometry = std::move(*shaped);
    if (n.has_altitude) draft.feature.notes.emplace_back("altitudes were dropped");
    file_.features.push_back(std::move(draft.feature));
    return {};
  }

  void warn_of_swaps() {
    const std::size_t n = file_.features.size();
    std::vector<Box> boxes;
    for (const GeoJsonFeature& f : file_.features) boxes.push_back(bounding_box(f.geometry));
    // Box of all features before and from i on.
    std::vector<Box> before(n + 1);
    std::vector<Box> after(n + 1);
    for (std::size_t i = 0; i < n; ++i) {
      before[i + 1] = before[i];
      before[i + 1].add(boxes[i]);
    }
    for (std::size_t i = n; i-- > 0;) {
      after[i] = after[i + 1];
      after[i].add(boxes[i]);
    }
    for (std::size_t i = 0; i < n; ++i) {
      Box home = options_.expected ? *options_.expected : before[i];
      if (!options_.expected) home.add(after[i + 1]);
      const Box& own = boxes[i];
      const Box swapped{own.west_e7, own.south_e7, own.east_e7, own.north_e7};
      if (home.is_empty() || home.touches(own) || !home.touches(swapped)) continue;
      const std::string& id = file_.features[i].id;
      file_.warnings.push_back("feature " + std::to_string(i) + (id.empty() ? "" : " (" + id.substr(0, 40) + ")") +
                               ": latitude and longitude may be swapped");
    }
  }

  const simdjson::padded_string& bytes_;
  const GeoJsonOptions& options_;
  od::document* doc_ = nullptr;
  GeoJsonFile file_;
  bool in_feature_ = false;
  std::string id_;
};

void put(std::string& out, LatLng p) {
  out += '[';
  out += decimal_to_string(p.lng_e7, 7);
  out += ',';
  out += decimal_to_string(p.lat_e7, 7);
  out += ']';
}

void put(std::string& out, const std::vector<LatLng>& points, bool is_ring) {
  out += '[';
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (i > 0) out += ',';
    put(out, points[i]);
  }
  if (is_ring) {
    out += ',';
    put(out, points.front());
  }
  out += ']';
}

void put(std::string& out, const Polygon& polygon) {
  out += '[';
  put(out, polygon.outer.corners, true);
  for (const Ring& hole : polygon.holes) {
    out += ',';
    put(out, hole.corners, true);
  }
  out += ']';
}

template <typename List, typename PutOne>
void put_parts(std::string& out, const char* type, const List& parts, PutOne put_one) {
  const bool is_one = parts.size() == 1;
  out += std::string("{\"type\":\"") + (is_one ? "" : "Multi") + type + "\",\"coordinates\":" + (is_one ? "" : "[");
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += ',';
    put_one(parts[i]);
  }
  out += is_one ? "}" : "]}";
}

}  // namespace

const GeoJsonValue* GeoJsonFeature::find(std::string_view key) const {
  for (const auto& [name, value] : properties) {
    if (name == key) return &value;
  }
  return nullptr;
}

Result<GeoJsonFile> parse_geojson(std::string_view bytes, const GeoJsonOptions& options) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);  // a byte order mark, as some editors write
  if (bytes.size() > kGeoJsonBytesMax) {
    return fail(ErrorCode::kLimit, "more than " + std::to_string(kGeoJsonBytesMax >> 20) + " MiB");
  }
  const simdjson::padded_string padded(bytes);
  auto file = Parser(padded, options).run();
  if (!file) return file;
  // The pass above looks at what it needs only; this one at every byte: other members, nesting, numbers.
  simdjson::dom::parser whole;
  simdjson::dom::element root;
  simdjson::error_code e = whole.allocate(padded.size() + 1, kGeoJsonDepthMax);
  if (!e) e = whole.parse(padded).get(root);
  if (e) return fail(e == simdjson::DEPTH_ERROR ? ErrorCode::kLimit : ErrorCode::kSyntax, simdjson::error_message(e));
  return file;
}

std::string to_geojson(const Geometry& geometry) {
  std::string out;
  if (const auto* polygons = std::get_if<MultiPolygon>(&geometry)) {
    put_parts(out, "Polygon", polygons->polygons, [&](const Polygon& p) { put(out, p); });
  } else if (const auto* lines = std::get_if<Lines>(&geometry)) {
    put_parts(out, "LineString", lines->lines, [&](const Line& l) { put(out, l.points, false); });
  } else {
    put_parts(out, "Point", std::get<Points>(geometry).points, [&](LatLng p) { put(out, p); });
  }
  return out;
}

}  // namespace truce::geo
