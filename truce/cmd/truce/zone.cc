// SPDX-License-Identifier: Apache-2.0
//
// truce zone import|list|show|belt: zones, lines and posts as this party draws them, or as another party is said to
// draw them. A zone's identity is (id, party, said by); its geometry and near-area are required blobs.

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "truce/base/csv.h"
#include "truce/base/decimal.h"
#include "truce/base/encoding.h"
#include "truce/base/json_fields.h"
#include "truce/base/unicode.h"
#include "truce/cmd/truce/command.h"
#include "truce/cmd/truce/json_document.h"
#include "truce/cmd/truce/place_argument.h"
#include "truce/cmd/truce/zone_file.h"
#include "truce/geo/belt.h"
#include "truce/geo/geojson.h"
#include "truce/geo/geometry_blob.h"
#include "truce/monitor/zone.h"

namespace truce::cmd {
namespace {

using monitor::ZoneKind;
using monitor::ZoneStatement;

constexpr std::uint64_t kFileBytesMax = std::uint64_t{512} << 20;
constexpr std::size_t kListedMax = 20;
constexpr std::string_view kNamePrefix = "name_";
constexpr std::int64_t kNearMetresMax = 100'000;
constexpr std::int64_t kWidthMetresMax = 200'000;
constexpr char kDefaultNearKm[] = "5";

// A zone ready to be stated: its body names the blobs.
struct DrawnZone {
  std::string spot;  // "feature 2 (idlib)", for messages
  ZoneStatement zone;
  std::string geometry_blob, near_blob;  // near_blob empty: none
};

struct ZoneFile {
  std::vector<DrawnZone> zones;
  std::vector<std::string> warnings, faults;
};

tl::unexpected<Error> bad(std::string message, std::string where = {}) {
  return fail(ErrorCode::kInvalidZone, std::move(message), std::move(where));
}

// "5" km as metres.
Result<std::int64_t> kilometres(const std::string& text, std::string_view option, std::int64_t low_m,
                                std::int64_t high_m) {
  const auto m = parse_decimal(text, 3);
  if (!m || *m < low_m || *m > high_m) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is not within {} and {} km", quoted(text), decimal_to_string(low_m, 3),
                            decimal_to_string(high_m, 3)),
                std::string(option));
  }
  return *m;
}

// Lines, areas and points go with their kinds.
Status check_geometry_kind(ZoneKind kind, const geo::Geometry& geometry) {
  const bool is_area = std::holds_alternative<geo::MultiPolygon>(geometry),
             is_line = std::holds_alternative<geo::Lines>(geometry);
  const std::string code(monitor::zone_kind_code(kind));
  if (monitor::is_ring_zone(kind)) return is_area ? Status{} : bad("a " + code + " is drawn as a polygon");
  if (kind == ZoneKind::kLineOfContact || kind == ZoneKind::kWithdrawalLine)
    return is_line ? Status{} : bad("a " + code + " is drawn as a line");
  if (kind == ZoneKind::kObservationPost) return is_line ? bad("an observation-post is drawn as a point") : Status{};
  return is_line ? bad("a " + code + " is drawn as a point or a polygon") : Status{};
}

// Fills in the blobs and their hashes. REQUIRES: canonical geometry.
Status draw(DrawnZone& z, const geo::Geometry& geometry, std::int64_t near_m) {
  TRUCE_CHECK(check_geometry_kind(z.zone.kind, geometry));
  z.geometry_blob = geo::to_blob(geometry);
  z.zone.geometry = sha256(z.geometry_blob);
  const auto* polygons = std::get_if<geo::MultiPolygon>(&geometry);
  if (near_m > 0 && polygons != nullptr && monitor::is_ring_zone(z.zone.kind)) {
    const auto near = geo::near_area(*polygons, static_cast<std::int32_t>(near_m));
    if (!near) {
      return fail(near.error().code,
                  fmt::format("no near-area of {} km can be drawn round it (--near-km 0 does without): {}",
                              decimal_to_string(near_m, 3), near.error().message));
    }
    z.near_blob = geo::to_blob(*near);
    z.zone.near = sha256(z.near_blob);
  }
  return z.zone.check();
}

// Properties that are no part of a zone but that `zone show --geojson` writes beside it.
constexpr std::string_view kPassedOver[] = {"party", "statement"};

Result<std::string> property_string(const geo::GeoJsonValue& v) {
  if (v.kind != geo::GeoJsonValue::Kind::kString) return bad("is not a text");
  return to_nfc(v.text);
}

Result<std::optional<Instant>> property_time(const geo::GeoJsonValue& v) {
  if (v.kind == geo::GeoJsonValue::Kind::kNull) return std::optional<Instant>();
  TRUCE_TRY(const std::string text, property_string(v));
  const auto t = parse_instant(text);
  if (!t) return bad(quoted(text) + ": " + t.error().message + ", such as 2017-05-06T00:00:00+03:00");
  static const Instant kFirst = Date::from_civil(1900, 1, 1).start_utc();
  static const Instant kEnd = Date::from_civil(2101, 1, 1).start_utc();
  if (*t < kFirst || !(*t < kEnd)) return bad(quoted(text) + " is outside of the years 1900 to 2100");
  return std::optional<Instant>(*t);
}

// [{"class":"artillery","calibre_mm":100,"distance_m":15000}, ...]; a statement's own member names are taken too.
Result<std::vector<monitor::WithdrawalRule>> property_withdrawal(const geo::GeoJsonValue& v) {
  TRUCE_TRY(const Json json, parse_json_document(v.text));
  if (!json.is_array()) return bad("is not a list of {class, calibre_mm, distance_m}");
  std::vector<monitor::WithdrawalRule> rules;
  for (const Json& j : json.as_array()) {
    JsonFields f(j, "withdrawal");
    monitor::WithdrawalRule rule;
    rule.weapon_class = f.text("class", 32);
    constexpr std::int64_t kTenthsPerMm = 10;
    if (const auto mm = f.integer_opt("calibre_mm", 1, monitor::kCalibreTenthMmMax / kTenthsPerMm))
      rule.calibre_tenth_mm_min = *mm * kTenthsPerMm;
    if (const auto tenths = f.integer_opt("calibre_tenth_mm_min", 1, monitor::kCalibreTenthMmMax))
      rule.calibre_tenth_mm_min = *tenths;
    constexpr std::int64_t kDistanceMax = 1'000'000;
    rule.distance_m = f.integer("distance_m", 0, kDistanceMax);
    TRUCE_CHECK(f.finish(ErrorCode::kInvalidZone));
    rules.push_back(std::move(rule));
  }
  return rules;
}

// A near-area that its author drew.
Result<geo::MultiPolygon> property_area(const geo::GeoJsonValue& v) {
  TRUCE_TRY(const auto file, geo::parse_geojson(R"({"type":"Feature","properties":{},"geometry":)" + v.text + '}'));
  const auto* polygons = file.features.empty() ? nullptr : std::get_if<geo::MultiPolygon>(&file.features[0].geometry);
  if (polygons == nullptr) return bad("is not a polygon");
  return *polygons;
}

// One property into the zone; false for a name that zones do not have.
Result<bool> take_property(const std::string& name, const geo::GeoJsonValue& v, ZoneStatement& z,
                           std::optional<geo::MultiPolygon>& near) {
  using Kind = geo::GeoJsonValue::Kind;
  if (name == "kind") {
    TRUCE_TRY(const std::string code, property_string(v));
    const auto kind = monitor::zone_kind_from_code(code);
    if (!kind) {
      return bad(quoted(code) +
                 " is no kind of zone; there are: de-escalation-zone, demilitarised-zone, belt, line-of-contact, "
                 "withdrawal-line, observation-post, storage-site");
    }
    z.kind = *kind;
  } else if (name == "name" || (name.starts_with(kNamePrefix) && name.size() > kNamePrefix.size())) {
    if (v.kind == Kind::kNull) return true;
    TRUCE_TRY(std::string text, property_string(v));
    const std::string lang = name == "name" ? std::string("en") : name.substr(kNamePrefix.size());
    if (!z.names.emplace(lang, std::move(text)).second) return bad("the name in " + lang + " stands twice");
  } else if (name == "valid_from") {
    TRUCE_TRY(const auto t, property_time(v));
    if (t) z.valid_from = *t;
  } else if (name == "valid_to") {
    TRUCE_TRY(const auto t, property_time(v));
    if (t) z.valid_to = *t;
  } else if (name == "forbids") {
    if (v.kind == Kind::kNull) return true;
    if (v.kind != Kind::kStrings) return bad("is not a list of kinds, such as [\"shelling\", \"any-weapon-use\"]");
    z.forbids = v.items;
  } else if (name == "said_by") {
    TRUCE_TRY(z.said_by, property_string(v));
  } else if (name == "withdrawal") {
    if (v.kind == Kind::kNull) return true;
    TRUCE_TRY(z.withdrawal, property_withdrawal(v));
  } else if (name == "near_area") {
    if (v.kind == Kind::kNull) return true;
    TRUCE_TRY(near, property_area(v));
  } else {
    return false;
  }
  return true;
}

// One feature to a zone that is ready to be stated; a fault names the property.
Status read_feature(const geo::GeoJsonFeature& f, std::int64_t near_m, const std::string& said_by, DrawnZone& z,
                    std::set<std::string>& unknown) {
  z.zone.id = f.id;
  if (f.find("kind") == nullptr) return bad("is missing, such as de-escalation-zone", "kind");
  z.zone.said_by = said_by;
  std::optional<geo::MultiPolygon> near;
  for (const auto& [name, value] : f.properties) {
    if (name == "id") {
      if (z.zone.id.empty()) z.zone.id = value.text;
      continue;
    }
    if (std::ranges::find(kPassedOver, name) != std::end(kPassedOver)) continue;
    const auto taken = take_property(name, value, z.zone, near);
    if (!taken)
      return fail(taken.error().code, taken.error().message,
                  name + (taken.error().where.empty() ? "" : ": " + taken.error().where));
    if (!*taken) unknown.insert(name);
  }
  if (!is_id(z.zone.id))
    return bad(quoted(z.zone.id) + " is no id (a-z, 0-9 and '-', at most 32, beginning with a letter)", "id");
  if (const auto names = monitor::parse_names(monitor::names_json(z.zone.names)); !names)
    return bad(names.error().message, "name");
  TRUCE_CHECK(draw(z, f.geometry, near ? 0 : near_m));
  if (near) {
    if (!monitor::is_ring_zone(z.zone.kind)) return bad("goes with areas only", "near_area");
    z.near_blob = geo::to_blob(*near);
    z.zone.near = sha256(z.near_blob);
  }
  return {};
}

Result<ZoneFile> read_zones(std::string_view bytes, std::int64_t near_m, const std::string& said_by,
                            const geo::Box& area) {
  TRUCE_TRY(const std::string text, decode_text(bytes, ""));
  geo::GeoJsonOptions options;
  if (!area.is_empty()) options.expected = area;
  TRUCE_TRY(const geo::GeoJsonFile features, geo::parse_geojson(text, options));
  ZoneFile file;
  file.warnings = features.warnings;
  std::set<std::string> unknown;
  std::set<std::pair<std::string, std::string>> ids;
  for (std::size_t i = 0; i < features.features.size(); ++i) {
    const geo::GeoJsonFeature& f = features.features[i];
    DrawnZone z;
    const auto* id = f.find("id");
    const std::string& name = !f.id.empty() || id == nullptr ? f.id : id->text;
    z.spot = name.empty() ? fmt::format("feature {}", i) : fmt::format("feature {} ({})", i, name);
    for (const std::string& mended : f.notes) file.warnings.push_back(z.spot + ": " + mended);
    if (const Status read = read_feature(f, near_m, said_by, z, unknown); !read) {
      file.faults.push_back(z.spot + ": " + read.error().to_string());
      continue;
    }
    if (!ids.emplace(z.zone.id, z.zone.said_by).second) {
      file.faults.push_back(z.spot + ": id: stands twice in the file");
      continue;
    }
    file.zones.push_back(std::move(z));
  }
  for (const std::string& name : unknown)
    file.warnings.push_back("property " + quoted(name) + " is not known of zones and was passed over");
  return file;
}

void list_some(const std::string& file, const std::vector<std::string>& lines) {
  for (std::size_t i = 0; i < lines.size() && i < kListedMax; ++i) note("  " + file + ": " + lines[i]);
  if (lines.size() > kListedMax) note(fmt::format("  ... and {} more", lines.size() - kListedMax));
}

// What becomes of drawn zones, held against what this party has stated.
struct Plan {
  struct Step {
    const DrawnZone* zone = nullptr;
    std::optional<StatementId> corrects;
  };
  std::vector<Step> steps;
  std::vector<std::string> differing;
  std::int64_t fresh = 0, known = 0, corrected = 0;
};

Result<Plan> plan(const std::vector<DrawnZone>& zones, node::Node& node, bool corrections) {
  TRUCE_TRY(const auto rows, picture::read_rows<picture::ZoneRow>(node.picture()));
  Plan p;
  for (const DrawnZone& z : zones) {
    const auto mine = std::ranges::find_if(rows, [&](const auto& r) {
      return r.zone == z.zone.id && r.party == node.me() && r.said_by == z.zone.said_by;
    });
    if (mine == rows.end()) {
      ++p.fresh;
      p.steps.push_back({&z, std::nullopt});
      continue;
    }
    TRUCE_TRY(const StatementId version, StatementId::parse(mine->statement));
    TRUCE_TRY(const auto envelope, node.envelope(version));
    if (envelope.body == z.zone.to_body()) {
      ++p.known;
    } else if (corrections) {
      ++p.corrected;
      p.steps.push_back({&z, version});
    } else {
      std::string changed;
      const Json body = z.zone.to_body();
      for (const std::string_view member :
           {"kind", "names", "valid_from", "valid_to", "geometry", "near", "forbids", "withdrawal"}) {
        const Json* a = body.find(member);
        const Json* b = envelope.body.find(member);
        if ((a == nullptr) != (b == nullptr) || (a != nullptr && !(*a == *b)))
          changed += (changed.empty() ? "" : ", ") + std::string(member);
      }
      p.differing.push_back(
          fmt::format("{}: zone {} is stated as {} with another {}", z.spot, z.zone.id, mine->statement, changed));
    }
  }
  return p;
}

// One batch: all of it or nothing.
Status state(const Plan& p, node::Node& node, node::Writer& writer) {
  for (const Plan::Step& step : p.steps) {
    node::Draft draft{monitor::kTypeZone, step.zone->zone.to_body(), {}, {}, {}};
    for (const std::string* blob : {&step.zone->geometry_blob, &step.zone->near_blob}) {
      if (blob->empty()) continue;
      TRUCE_TRY(const Hash hash, writer.put_blob(*blob));
      draft.required_blobs.push_back(hash);
    }
    if (step.corrects) {
      TRUCE_TRY(const StatementRef target, node.reference(*step.corrects));
      draft.references.push_back({std::string(monitor::kCorrects), target});
    }
    TRUCE_TRY(const StatementRef unused, writer.add(std::move(draft)));
  }
  return p.steps.empty() ? Status{} : writer.commit();
}

struct ImportOptions {
  std::string file, near_km = kDefaultNearKm, said_by;
  bool corrections = false, check = false, json = false;
};

Result<int> import(const Context& context, const ImportOptions& o) {
  TRUCE_TRY(const std::int64_t near_m, kilometres(o.near_km, "--near-km", 0, kNearMetresMax));
  if (!o.said_by.empty()) TRUCE_CHECK(check_id(o.said_by, "party id"));
  TRUCE_TRY(const std::string bytes, read_argument_file(o.file, kFileBytesMax));
  TRUCE_TRY(const auto node, context.open_picture());
  geo::Box area;  // where the known zones lie: what is far from there may have its coordinates exchanged
  {
    TRUCE_TRY(const monitor::ZoneBook book, node->zone_book());
    for (const auto& m : book.maps()) area.add(geo::bounding_box(m.geometry));
  }
  auto read = read_zones(bytes, near_m, o.said_by == node->me() ? std::string() : o.said_by, area);
  if (!read) return fail(at(read.error(), o.file));
  const ZoneFile& file = *read;
  if (!file.warnings.empty()) {
    note(fmt::format("{}: {} warning(s)", o.file, file.warnings.size()));
    list_some(o.file, file.warnings);
  }
  if (!file.faults.empty()) {
    note(fmt::format("{}: {} zone(s) refused; nothing was imported", o.file, file.faults.size()));
    list_some(o.file, file.faults);
    return kProblem;
  }
  if (file.zones.empty()) return bad("holds no feature", o.file);
  std::unique_ptr<node::Writer> writer;
  if (!o.check) {
    // The lock, then the picture once more: what is known cannot change between the look-up and the append.
    TRUCE_TRY(writer, node->writer());
    tell_repair(writer->repair());
    TRUCE_TRY(const auto facts, node->update_picture());
    if (!facts.notice.empty()) note(facts.notice);
  }
  TRUCE_TRY(const Plan p, plan(file.zones, *node, o.corrections));
  if (!p.differing.empty()) {
    note(fmt::format("{}: {} known zone(s) with other content; nothing was imported (--corrections replaces them)",
                     o.file, p.differing.size()));
    list_some(o.file, p.differing);
    return kProblem;
  }
  if (!o.check) TRUCE_CHECK(state(p, *node, *writer));
  if (o.json) {
    print_json(Json::object({{"file", o.file},
                             {"new", p.fresh},
                             {"known", p.known},
                             {"corrected", p.corrected},
                             {"check", o.check},
                             {"warnings", static_cast<std::int64_t>(file.warnings.size())}}));
  } else if (p.steps.empty()) {
    print_line(fmt::format("nothing new: {} known", p.known));
  } else {
    print_line(fmt::format("{}{} new, {} corrected, {} known",
                           o.check ? "check only, nothing was changed: " : "zones: ", p.fresh, p.corrected, p.known));
  }
  return kOk;
}

std::string shown_time(const picture::OptInt& ms) {
  return ms ? to_string(Instant{*ms}) : std::string("-");
}

Result<Json> json_or_null(const std::string& canonical) {
  if (canonical.empty()) return Json();
  return Json::parse_canonical(canonical);
}

Result<Json> zone_json(const picture::ZoneRow& r) {
  Json j = Json::object(
      {{"zone", r.zone}, {"party", r.party}, {"kind", r.kind}, {"statement", r.statement}, {"geometry", r.geometry}});
  TRUCE_TRY(Json names, json_or_null(r.names));
  j.set("names", std::move(names));
  if (!r.said_by.empty()) j.set("said_by", r.said_by);
  j.set("state", r.state);
  j.set("valid_from", r.valid_from_ms ? Json(to_string(Instant{*r.valid_from_ms})) : Json());
  j.set("valid_to", r.valid_to_ms ? Json(to_string(Instant{*r.valid_to_ms})) : Json());
  if (!r.near.empty()) j.set("near", r.near);
  TRUCE_TRY(Json forbids, json_or_null(r.forbids));
  if (!forbids.is_null()) j.set("forbids", std::move(forbids));
  TRUCE_TRY(Json withdrawal, json_or_null(r.withdrawal));
  if (!withdrawal.is_null()) j.set("withdrawal", std::move(withdrawal));
  return j;
}

Result<std::string> english_name(const picture::ZoneRow& r) {
  TRUCE_TRY(const Json json, json_or_null(r.names));
  if (json.is_null()) return r.zone;
  TRUCE_TRY(const monitor::Names names, monitor::parse_names(json));
  return monitor::name_in(names, "en", r.zone);
}

// "in force", "proposed", ...
std::string state_words(const picture::ZoneRow& r) {
  return r.state == "in-force" ? "in force" : r.state;
}

std::string by_whom(const picture::ZoneRow& r) {
  return r.said_by.empty() ? r.party : r.said_by + " (said by " + r.party + ")";
}

Result<int> list(const Context& context, bool json) {
  TRUCE_TRY(const auto node, context.open_picture());
  TRUCE_TRY(const auto rows, picture::read_rows<picture::ZoneRow>(node->picture()));
  if (json) {
    Json out = Json::array();
    for (const auto& r : rows) {
      TRUCE_TRY(Json j, zone_json(r));
      out.push_back(std::move(j));
    }
    print_json(Json::object({{"zones", std::move(out)}}));
    return kOk;
  }
  if (rows.empty()) {
    print_line("no zone is stated yet; bring some in with: truce zone import FILE.geojson");
    return kOk;
  }
  std::vector<std::vector<std::string>> cells;
  for (const auto& r : rows) {
    TRUCE_TRY(std::string name, english_name(r));
    cells.push_back({r.zone, r.kind, by_whom(r), state_words(r), shown_time(r.valid_from_ms), shown_time(r.valid_to_ms),
                     std::move(name), r.statement});
  }
  print_table({"zone", "kind", "map of", "state", "from", "to", "name", "statement"}, cells);
  return kOk;
}

Result<geo::Geometry> geometry_of(node::Node& node, const std::string& base64url) {
  TRUCE_TRY(const Hash hash, Hash::from_base64url(base64url));
  TRUCE_TRY(const std::string blob, node.blob(hash));
  return geo::parse_blob(blob);
}

// What `zone import` takes, one feature a map, its near-area as a property.
Result<std::string> geojson_of(node::Node& node, const std::vector<picture::ZoneRow>& rows) {
  std::string out = R"({"type":"FeatureCollection","features":[)";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const picture::ZoneRow& r = rows[i];
    TRUCE_TRY(const geo::Geometry geometry, geometry_of(node, r.geometry));
    Json properties = Json::object({{"kind", r.kind}, {"party", r.party}, {"statement", r.statement}});
    TRUCE_TRY(const Json names, json_or_null(r.names));
    if (names.is_object()) {
      for (const auto& [lang, name] : names.as_object())
        properties.set(lang == "en" ? std::string("name") : std::string(kNamePrefix) + lang, name);
    }
    properties.set("valid_from", r.valid_from_ms ? Json(to_string(Instant{*r.valid_from_ms})) : Json());
    properties.set("valid_to", r.valid_to_ms ? Json(to_string(Instant{*r.valid_to_ms})) : Json());
    if (!r.said_by.empty()) properties.set("said_by", r.said_by);
    TRUCE_TRY(Json forbids, json_or_null(r.forbids));
    if (!forbids.is_null()) properties.set("forbids", std::move(forbids));
    TRUCE_TRY(Json withdrawal, json_or_null(r.withdrawal));
    if (!withdrawal.is_null()) properties.set("withdrawal", std::move(withdrawal));
    out += i == 0 ? "\n" : ",\n";
    out += R"({"type":"Feature","id":)";
    append_json_string(out, r.zone);
    out += R"(,"properties":)";
    properties.append_canonical(out);
    if (!r.near.empty()) {
      TRUCE_TRY(const geo::Geometry near, geometry_of(node, r.near));
      out.back() = ',';
      out += R"("near_area":)" + geo::to_geojson(near) + '}';
    }
    out += R"(,"geometry":)";
    out += geo::to_geojson(geometry);
    out += '}';
  }
  return out + "\n]}\n";
}

struct ShowOptions {
  std::string id;
  bool json = false, geojson = false;
};

Result<int> show(const Context& context, const ShowOptions& o) {
  if (o.json && o.geojson) return fail(ErrorCode::kInvalidArgument, "either --json or --geojson");
  TRUCE_TRY(const auto node, context.open_picture());
  TRUCE_TRY(const auto rows, picture::find_rows<picture::ZoneRow>(node->picture(), "zone", o.id));
  if (rows.empty()) return fail(ErrorCode::kNotFound, "no zone " + quoted(o.id) + " is stated (truce zone list)");
  if (o.geojson) {
    TRUCE_TRY(const std::string text, geojson_of(*node, rows));
    print(text);
    return kOk;
  }
  Json out = Json::array();
  bool is_first = true;
  for (const auto& r : rows) {
    TRUCE_TRY(const geo::Geometry geometry, geometry_of(*node, r.geometry));
    const geo::Box box = geo::bounding_box(geometry);
    if (o.json) {
      TRUCE_TRY(Json j, zone_json(r));
      j.set("vertices", static_cast<std::int64_t>(geo::vertex_count(geometry)));
      j.set("box_e7", Json(Json::Array{Json(std::int64_t{box.south_e7}), Json(std::int64_t{box.west_e7}),
                                       Json(std::int64_t{box.north_e7}), Json(std::int64_t{box.east_e7})}));
      out.push_back(std::move(j));
      continue;
    }
    TRUCE_TRY(const Json names, json_or_null(r.names));
    TRUCE_TRY(const Json forbids, json_or_null(r.forbids));
    if (!is_first) print_line("");
    is_first = false;
    print_line(fmt::format("zone {} ({}), map of {}, {}", r.zone, r.kind, by_whom(r), r.statement));
    if (names.is_object()) {
      for (const auto& [lang, name] : names.as_object())
        print_line(fmt::format("  name {}:   {}", lang, name.as_string()));
    }
    print_line(fmt::format("  {:<10} from {} to {}", state_words(r) + ':', shown_time(r.valid_from_ms),
                           shown_time(r.valid_to_ms)));
    std::string list;
    if (forbids.is_array()) {
      for (const Json& f : forbids.as_array()) list += (list.empty() ? "" : ", ") + f.as_string();
      if (list.empty()) list = "nothing";
    } else {
      const bool by_default = r.kind == monitor::zone_kind_code(ZoneKind::kDeEscalationZone) ||
                              r.kind == monitor::zone_kind_code(ZoneKind::kDemilitarisedZone);
      list = by_default ? "any weapon use (unsaid)" : "nothing (unsaid)";
    }
    print_line("  forbids:   " + list);
    if (!r.withdrawal.empty()) print_line("  withdraws: " + r.withdrawal);
    print_line(fmt::format("  geometry:  {} vertices, {} to {}{}", geo::vertex_count(geometry),
                           degrees_text(box.south_e7, box.west_e7), degrees_text(box.north_e7, box.east_e7),
                           r.near.empty() ? "" : ", with a near-area"));
  }
  if (o.json) print_json(Json::object({{"zones", std::move(out)}}));
  if (!o.json && rows.size() > 1) {
    print_line("");
    print_line(
        fmt::format("{} maps of this zone differ in author; all are kept, each answers for itself", rows.size()));
  }
  return kOk;
}

struct BeltOptions {
  std::string along, inside, width_km, id, near_km = kDefaultNearKm, said_by;
  std::vector<std::string> names;
  bool corrections = false, json = false;
};

// This party's own map of a zone if it has one, else the only one there is.
Result<picture::ZoneRow> one_map(node::Node& node, const std::string& id, std::string_view option) {
  TRUCE_TRY(const auto rows, picture::find_rows<picture::ZoneRow>(node.picture(), "zone", id));
  if (rows.empty())
    return fail(ErrorCode::kNotFound, "no zone " + quoted(id) + " is stated (truce zone list)", std::string(option));
  const auto mine =
      std::ranges::find_if(rows, [&](const auto& r) { return r.party == node.me() && r.said_by.empty(); });
  if (mine != rows.end()) return *mine;
  if (rows.size() > 1)
    return fail(ErrorCode::kAmbiguous,
                quoted(id) + " has several maps and none is this party's own; import the one that is meant",
                std::string(option));
  return rows[0];
}

Result<int> belt(const Context& context, const BeltOptions& o) {
  TRUCE_CHECK(check_id(o.id, "zone id"));
  TRUCE_TRY(const std::int64_t width_m, kilometres(o.width_km, "--width-km", 1, kWidthMetresMax));
  TRUCE_TRY(const std::int64_t near_m, kilometres(o.near_km, "--near-km", 0, kNearMetresMax));
  TRUCE_TRY(const auto node, context.open_node());
  TRUCE_TRY(const auto writer, node->writer());
  tell_repair(writer->repair());
  TRUCE_TRY(const auto facts, node->update_picture());
  if (!facts.notice.empty()) note(facts.notice);
  TRUCE_TRY(const auto line_row, one_map(*node, o.along, "--along"));
  TRUCE_TRY(const auto zone_row, one_map(*node, o.inside, "--inside"));
  TRUCE_TRY(const geo::Geometry line, geometry_of(*node, line_row.geometry));
  TRUCE_TRY(const geo::Geometry zone, geometry_of(*node, zone_row.geometry));
  const auto* lines = std::get_if<geo::Lines>(&line);
  const auto* polygons = std::get_if<geo::MultiPolygon>(&zone);
  if (lines == nullptr)
    return fail(ErrorCode::kInvalidArgument, o.along + " is no line but a " + line_row.kind, "--along");
  if (polygons == nullptr)
    return fail(ErrorCode::kInvalidArgument, o.inside + " is no area but a " + zone_row.kind, "--inside");
  if (lines->lines.size() != 1)
    return fail(ErrorCode::kInvalidArgument, o.along + " is several lines; a belt lies along one", "--along");
  std::vector<DrawnZone> drawn(1);
  DrawnZone& z = drawn[0];
  z.spot = "belt";
  z.zone.id = o.id;
  z.zone.kind = ZoneKind::kBelt;
  TRUCE_TRY(z.zone.names, parse_names_argument(o.names, "--name"));
  if (zone_row.valid_from_ms) z.zone.valid_from.ms = *zone_row.valid_from_ms;
  if (zone_row.valid_to_ms) z.zone.valid_to.ms = *zone_row.valid_to_ms;
  TRUCE_TRY(const geo::MultiPolygon made, geo::belt(lines->lines[0], *polygons, static_cast<std::int32_t>(width_m)));
  TRUCE_CHECK(draw(z, made, near_m));
  TRUCE_TRY(const Plan p, plan(drawn, *node, o.corrections));
  if (!p.differing.empty()) return fail(ErrorCode::kExists, p.differing[0] + "; --corrections replaces it");
  TRUCE_CHECK(state(p, *node, *writer));
  const auto vertices = static_cast<std::int64_t>(geo::vertex_count(geo::Geometry(made)));
  if (o.json) {
    print_json(Json::object({{"zone", o.id}, {"known", p.known != 0}, {"vertices", vertices}}));
  } else {
    print_line(p.known != 0 ? fmt::format("belt {} is known already; nothing was added", o.id)
                            : fmt::format("belt {} is {}: {} km along {} inside {}, {} vertices", o.id,
                                          p.corrected != 0 ? "corrected" : "stated", decimal_to_string(width_m, 3),
                                          o.along, o.inside, vertices));
  }
  return kOk;
}

}  // namespace

Status state_zones(node::Node& node, std::string_view geojson) {
  TRUCE_TRY(const std::int64_t near_m, kilometres(kDefaultNearKm, "--near-km", 0, kNearMetresMax));
  TRUCE_TRY(const ZoneFile file, read_zones(geojson, near_m, "", {}));
  if (!file.faults.empty()) return bad(file.faults.front());
  TRUCE_TRY(const auto writer, node.writer());
  TRUCE_TRY(const auto facts, node.update_picture());
  TRUCE_TRY(const Plan p, plan(file.zones, node, false));
  if (!p.differing.empty()) return bad(p.differing.front());
  return state(p, node, *writer);
}

void add_zone(CLI::App& app, Context& context) {
  CLI::App* c = app.add_subcommand("zone", "zones, belts, lines, observation posts and storage sites");
  c->require_subcommand(1);
  c->footer("Example: truce zone import zones.geojson");
  add_zone_decisions(*c, context);
  auto i = std::make_shared<ImportOptions>();
  CLI::App* s = c->add_subcommand(
      "import", "state (with several parties: propose) zones from GeoJSON (docs/format/zone.md), all or nothing");
  s->add_option("FILE", i->file,
                "GeoJSON with features that have an id, a kind, a name, and valid_from and valid_to with offset; - for "
                "standard input")
      ->required();
  s->add_option("--near-km", i->near_km,
                "how far round a zone its near-area reaches, kilometres: 2.5 (default 5; 0: none)")
      ->type_name("KM");
  s->add_option("--said-by", i->said_by, "party whose map this is said to be, if not ours: turkey")->type_name("PARTY");
  s->add_flag("--corrections", i->corrections, "known zones with other content are replaced");
  s->add_flag("--check", i->check, "change nothing, show what would come in");
  s->add_flag("--json", i->json, "print for programs");
  s->footer("Example: truce zone import zones.geojson --near-km 5 --check");
  s->alias("propose");
  s->callback([i, &context] { context.run = guarded([i, &context] { return import(context, *i); }); });

  auto json = std::make_shared<bool>(false);
  CLI::App* l = c->add_subcommand("list", "all zones, each party's map of each");
  l->add_flag("--json", *json, "print for programs");
  l->footer("Example: truce zone list");
  l->callback([json, &context] { context.run = guarded([json, &context] { return list(context, *json); }); });

  auto w = std::make_shared<ShowOptions>();
  CLI::App* sh = c->add_subcommand("show", "one zone, all parties' maps of it");
  sh->add_option("ID", w->id, "id of the zone, such as idlib")->required();
  sh->add_flag("--json", w->json, "print for programs, without the geometry");
  sh->add_flag("--geojson", w->geojson, "print as GeoJSON, as zone import takes it");
  sh->footer("Example: truce zone show idlib --geojson > idlib.geojson");
  sh->callback([w, &context] { context.run = guarded([w, &context] { return show(context, *w); }); });

  auto b = std::make_shared<BeltOptions>();
  CLI::App* t = c->add_subcommand("belt", "state a belt along a line inside a zone, in force as the zone is");
  t->add_option("--along", b->along, "the line: id of a line of contact or withdrawal line, such as idlib-line")
      ->type_name("LINE")
      ->required();
  t->add_option("--inside", b->inside, "the zone that the belt lies in, such as idlib")->type_name("ZONE")->required();
  t->add_option("--width-km", b->width_km, "how far from the line it reaches, kilometres: 15")
      ->type_name("KM")
      ->required();
  t->add_option("--id", b->id, "id of the belt, such as idlib-dmz")->type_name("ID")->required();
  t->add_option("--name", b->names, "its name in a language, such as en=\"Demilitarised belt\"; once for each language")
      ->type_name("LANG=NAME")
      ->allow_extra_args(false);
  t->add_option("--near-km", b->near_km,
                "how far round the belt its near-area reaches, kilometres: 2.5 (default 5; 0: none)")
      ->type_name("KM");
  t->add_flag("--corrections", b->corrections, "a known belt with other content is replaced");
  t->add_flag("--json", b->json, "print for programs");
  t->footer(
      "Example: truce zone belt --along idlib-line --inside idlib --width-km 15 --id idlib-belt --name en=\"Belt of 15 "
      "km\"");
  t->callback([b, &context] { context.run = guarded([b, &context] { return belt(context, *b); }); });
}

}  // namespace truce::cmd
