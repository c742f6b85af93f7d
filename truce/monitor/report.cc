// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/report.h"

#include <algorithm>

#include "truce/base/decimal.h"
#include "truce/base/encoding.h"
#include "truce/base/id.h"
#include "truce/base/json_fields.h"

namespace truce::monitor {
namespace {

constexpr std::int64_t kFullCircleMdeg = 360'000;
constexpr std::size_t kDetailListMax = 200;

constexpr DetailField kDetails[] = {
    {Kind::kRestrictionOfMovement, "form", "conditional|delayed|denied|jammed|mined"},
    {Kind::kRestrictionOfMovement, "minutes", "integer 0..100000"},
    {Kind::kDamage, "object", "agriculture|camp|hospital|housing|market|other|power|school|water|worship"},
    {Kind::kDamage, "state", "damaged|destroyed"},
    {Kind::kDetention, "persons", "range"},
    {Kind::kDetention, "state", "detained|released"},
    {Kind::kHumanitarianAccess, "form", "delayed|denied|granted"},
    {Kind::kHumanitarianAccess, "need", "evacuation|food|medical|other|shelter|water"},
    {Kind::kPatrol, "day_minutes", "integer 0..1440"},
    {Kind::kPatrol, "night_minutes", "integer 0..1440"},
    {Kind::kPatrol, "track", "track"},
    {Kind::kPatrol, "zone", "zone"},
    {Kind::kWindowOfSilence, "guaranteed_by", "ids"},
    {Kind::kWindowOfSilence, "purpose", "aid|evacuation|exchange|other|repair"},
    {Kind::kHumanitarianAction, "what", "aid-delivery|demining|evacuation|medical|other|repair"},
    {Kind::kStorageSite, "items", "items"},
    {Kind::kStorageSite, "site", "zone"},
    {Kind::kPermit, "for", "aid|exercise|movement|other|works"},
    {Kind::kPermit, "granted_by", "ids"},
};

bool one_of(std::string_view values, std::string_view code) {
  while (!values.empty()) {
    const std::size_t bar = values.find('|');
    if (values.substr(0, bar) == code) return true;
    if (bar == std::string_view::npos) return false;
    values.remove_prefix(bar + 1);
  }
  return false;
}

Json range_json(const Range& r) {
  return Json(Json::Array{Json(r.low), Json(r.best), Json(r.high)});
}

Result<Range> parse_range(const Json& j) {
  const auto bad = [] {
    return fail(ErrorCode::kInvalidReport, "is not [low, best, high] with 0 <= low <= best <= high <= 1000000");
  };
  if (!j.is_array() || j.as_array().size() != 3) return bad();
  for (const Json& n : j.as_array()) {
    if (!n.is_integer()) return bad();
  }
  const Range r{j.as_array()[0].as_integer(), j.as_array()[1].as_integer(), j.as_array()[2].as_integer()};
  if (r.low < 0 || r.low > r.best || r.best > r.high || r.high > kCountMax) return bad();
  return r;
}

std::optional<Range> range_opt(JsonFields& f, std::string_view key) {
  const Json* j = f.member(key);
  if (j == nullptr) return std::nullopt;
  auto r = parse_range(*j);
  if (!r) return f.fault(key, r.error().message), std::nullopt;
  return r.value();
}

struct CasualtyField {
  std::string_view name;
  std::optional<Range> Casualties::*member;
};
constexpr CasualtyField kCasualtyFields[] = {
    {"all", &Casualties::all},
    {"children", &Casualties::children},
    {"civilian", &Casualties::civilian},
    {"men", &Casualties::men},
    {"military", &Casualties::military},
    {"person_unknown", &Casualties::person_unknown},
    {"status_unknown", &Casualties::status_unknown},
    {"women", &Casualties::women},
};

Json casualties_json(const Casualties& c) {
  Json j = Json::object();
  for (const auto& field : kCasualtyFields) {
    if (const auto& r = c.*field.member) j.set(field.name, range_json(*r));
  }
  return j;
}

Status parse_casualties(JsonFields& f, std::string_view key, Casualties& out) {
  const Json* j = f.member(key);
  if (j == nullptr) return {};
  JsonFields c(*j, key);
  for (const auto& field : kCasualtyFields) out.*field.member = range_opt(c, field.name);
  if (!out.stated()) c.fault("", "states nothing");
  return c.finish(ErrorCode::kInvalidReport);
}

Json lat_lng_json(geo::LatLng p) {
  return Json(Json::Array{Json(std::int64_t{p.lat_e7}), Json(std::int64_t{p.lng_e7})});
}

std::optional<geo::LatLng> parse_lat_lng(const Json& j) {
  if (!j.is_array() || j.as_array().size() != 2) return std::nullopt;
  const Json& lat = j.as_array()[0];
  const Json& lng = j.as_array()[1];
  if (!lat.is_integer() || !lng.is_integer()) return std::nullopt;
  if (lat.as_integer() < -900'000'000 || lat.as_integer() > 900'000'000) return std::nullopt;
  if (lng.as_integer() < -1'800'000'000 || lng.as_integer() > 1'800'000'000) return std::nullopt;
  return geo::LatLng::from_e7(static_cast<std::int32_t>(lat.as_integer()), static_cast<std::int32_t>(lng.as_integer()));
}

geo::LatLng required_lat_lng(JsonFields& f, std::string_view key) {
  const Json* j = f.required(key);
  if (j == nullptr) return {};
  const auto p = parse_lat_lng(*j);
  if (!p) f.fault(key, "is not [latitude, longitude] in units of 1e-7 degree");
  return p.value_or(geo::LatLng());
}

Json place_json(const Place& p) {
  Json j = Json::object();
  switch (p.form) {
    case Place::Form::kPoint:
      j.set("at", lat_lng_json(p.at));
      j.set("radius_m", p.radius_m);
      if (!p.ref.empty()) j.set("named", p.ref);
      return j;
    case Place::Form::kZone: j.set("zone", p.ref); return j;
    case Place::Form::kBearing:
      j.set("observer", lat_lng_json(p.at));
      if (p.radius_m != 0) j.set("observer_radius_m", p.radius_m);
      break;
    case Place::Form::kPostBearing: j.set("post", p.ref); break;
  }
  j.set("bearing_mdeg", p.bearing_mdeg);
  j.set("distance_m", p.distance_m);
  if (p.bearing_error_mdeg) j.set("bearing_error_mdeg", *p.bearing_error_mdeg);
  if (p.distance_error_m) j.set("distance_error_m", *p.distance_error_m);
  return j;
}

Result<Place> parse_place(const Json& json) {
  JsonFields f(json, "place");
  Place p;
  if (f.has("at")) {
    p.at = required_lat_lng(f, "at");
    p.radius_m = f.integer("radius_m", 0, kRadiusMetresMax);
    p.ref = f.text_or("named", "", kPlaceRefBytesMax);
  } else if (f.has("zone")) {
    p.form = Place::Form::kZone;
    p.ref = f.text("zone", 32);
  } else {
    if (f.has("post")) {
      p.form = Place::Form::kPostBearing;
      p.ref = f.text("post", 32);
    } else {
      p.form = Place::Form::kBearing;
      p.at = required_lat_lng(f, "observer");
      p.radius_m = f.integer_opt("observer_radius_m", 1, kRadiusMetresMax).value_or(0);
    }
    p.bearing_mdeg = f.integer("bearing_mdeg", 0, kFullCircleMdeg - 1);
    p.distance_m = f.integer("distance_m", 0, kDistanceMetresMax);
    p.bearing_error_mdeg = f.integer_opt("bearing_error_mdeg", 1, kFullCircleMdeg / 2);
    p.distance_error_m = f.integer_opt("distance_error_m", 1, kDistanceMetresMax);
  }
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidReport));
  return p;
}

Json key_json(const SourceKey& k) {
  Json j = Json::object({{"source", k.source}});
  if (!k.id.empty()) {
    j.set("id", k.id);
  } else if (k.row) {
    j.set("ordinal", k.ordinal);
    j.set("row", k.row->base64url());
  }
  return j;
}

Result<SourceKey> parse_key(const Json& json) {
  JsonFields f(json, "key");
  SourceKey k;
  k.source = f.text("source", 32);
  if (f.has("id")) {
    k.id = f.text("id", kCodeBytesMax);
  } else {
    k.row = f.hash("row");
    k.ordinal = f.integer("ordinal", 0, Json::kIntegerMax);
  }
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidReport));
  return k;
}

// One member of `details` against what its field may hold.
bool detail_holds(std::string_view values, const Json& j) {
  if (values.starts_with("integer ")) {
    const std::size_t dots = values.find("..");
    const auto low = parse_integer(values.substr(8, dots - 8));
    const auto high = parse_integer(values.substr(dots + 2));
    return j.is_integer() && j.as_integer() >= low.value_or(0) && j.as_integer() <= high.value_or(0);
  }
  if (values == "range") return parse_range(j).has_value();
  if (values == "zone") return j.is_string() && is_id(j.as_string());
  if (values == "ids") {
    if (!j.is_array() || j.as_array().empty() || j.as_array().size() > kDetailListMax) return false;
    return std::ranges::all_of(j.as_array(), [](const Json& id) { return id.is_string() && is_id(id.as_string()); });
  }
  if (values == "track") {
    if (!j.is_array() || j.as_array().size() < 2 || j.as_array().size() > kDetailListMax) return false;
    return std::ranges::all_of(j.as_array(), [](const Json& p) { return parse_lat_lng(p).has_value(); });
  }
  if (values == "items") {
    if (!j.is_array() || j.as_array().empty() || j.as_array().size() > kDetailListMax) return false;
    return std::ranges::all_of(j.as_array(), [](const Json& item) {
      JsonFields f(item, "item");
      const bool known = is_weapon_class(f.text("class", 32));
      static_cast<void>(f.integer_opt("calibre_tenth_mm", 1, kCalibreTenthMmMax));
      const Json* count = f.required("count");
      return known && count != nullptr && parse_range(*count).has_value() &&
             f.finish(ErrorCode::kInvalidReport).has_value();
    });
  }
  return j.is_string() && one_of(values, j.as_string());
}

Status check_details(Kind kind, const Json& details) {
  if (details.is_null()) return {};
  const auto bad = [](std::string message) {
    return fail(ErrorCode::kInvalidReport, std::move(message), "report: details");
  };
  if (!details.is_object() || details.as_object().empty()) return bad("is not an object with members");
  for (const Json::Member& member : details.as_object()) {
    const std::string& name = member.first;
    const Json& value = member.second;
    const auto* field =
        std::ranges::find_if(kDetails, [&](const DetailField& d) { return d.kind == kind && d.name == name; });
    if (field == std::end(kDetails)) {
      return bad(quoted(name) + " is not known for kind " + std::string(kind_code(kind)));
    }
    if (!detail_holds(field->values, value)) {
      return bad(name + " does not hold " + std::string(field->values));
    }
  }
  return {};
}

Status check_coded(const Json& coded) {
  if (coded.is_null()) return {};
  JsonFields f(coded, "report: coded");
  const std::string scheme = f.text("scheme", 32);
  if (f.ok() && !is_id(scheme)) f.fault("scheme", "is not an id");
  if (const Json* codes = f.required("codes")) {
    if (!codes->is_object() || codes->as_object().empty() || codes->as_object().size() > 40) {
      f.fault("codes", "is not an object of 1 to 40 members");
    } else {
      for (const auto& [name, value] : codes->as_object()) {
        const bool text = value.is_string() && value.as_string().size() <= kCodeBytesMax;
        if (name.size() > 64 || !(text || value.is_integer()))
          f.fault("codes", quoted(name) + " holds no integer and no text of up to 200 bytes");
      }
    }
  }
  return f.finish(ErrorCode::kInvalidReport);
}

Status check_key(const SourceKey& k) {
  const auto bad = [](std::string message) {
    return fail(ErrorCode::kInvalidReport, std::move(message), "report: key");
  };
  if (!is_id(k.source)) return bad("source " + quoted(k.source) + " is not an id");
  if (k.id.size() > kCodeBytesMax) return bad("its id is longer than 200 bytes");
  if (k.id.empty() != k.row.has_value()) return bad("has neither an id nor a row's hash, or both");
  if (k.ordinal < 0 || k.ordinal > Json::kIntegerMax || (!k.row && k.ordinal != 0)) return bad("its ordinal is off");
  return {};
}

Status check_range(const std::optional<Range>& r, std::string_view name) {
  if (!r || (r->low >= 0 && r->low <= r->best && r->best <= r->high && r->high <= kCountMax)) return {};
  return fail(ErrorCode::kInvalidReport, "is not 0 <= low <= best <= high <= 1000000", "report: " + std::string(name));
}

}  // namespace

std::span<const DetailField> detail_fields() {
  return kDetails;
}

bool Casualties::stated() const {
  return std::ranges::any_of(kCasualtyFields, [this](const CasualtyField& f) { return (this->*f.member).has_value(); });
}

std::string SourceKey::to_string() const {
  if (!id.empty()) return source + '|' + id;
  return source + '#' + (row ? row->base64url() : std::string()) + '#' + std::to_string(ordinal);
}

Json Report::to_body() const {
  Json j = Json::object();
  j.set("from", from.ms);
  j.set("to", to.ms);
  j.set("precision_s", precision_s);
  j.set("place", place_json(place));
  j.set("kind", kind_code(kind));
  if (!subkind.empty()) j.set("subkind", subkind);
  if (means != Means::kNotStated) j.set("means", means_code(means));
  if (assessment != Assessment::kNotStated) j.set("assessment", assessment_code(assessment));
  if (direction_mdeg) j.set("direction_mdeg", *direction_mdeg);
  if (count) j.set("count", range_json(*count));
  if (killed.stated()) j.set("killed", casualties_json(killed));
  if (injured.stated()) j.set("injured", casualties_json(injured));
  if (!weapon.weapon_class.empty()) {
    Json w = Json::object({{"class", weapon.weapon_class}});
    if (weapon.calibre_tenth_mm != 0) w.set("calibre_tenth_mm", weapon.calibre_tenth_mm);
    j.set("weapon", std::move(w));
  }
  if (attribution.state != AttributionState::kNotStated) {
    Json a = Json::object({{"state", attribution_code(attribution.state)}});
    if (!attribution.actors.empty()) {
      Json list = Json::array();
      for (const std::string& id : attribution.actors) list.push_back(id);
      a.set("actors", std::move(list));
    }
    j.set("attribution", std::move(a));
  }
  if (!said_by.empty()) j.set("said_by", said_by);
  if (!reporter.empty()) j.set("reporter", reporter);
  if (key) j.set("key", key_json(*key));
  if (!details.is_null()) j.set("details", details);
  if (!coded.is_null()) j.set("coded", coded);
  if (!text.empty()) j.set("text", text);
  return j;
}

Result<Report> Report::from_body(const Json& body) {
  JsonFields f(body, "report");
  Report r;
  r.from.ms = f.integer("from", Instant::kMin, Instant::kMax);
  r.to.ms = f.integer("to", Instant::kMin, Instant::kMax);
  r.precision_s = f.integer("precision_s", 0, kPrecisionSecondsMax);
  if (const Json* j = f.required("place")) {
    auto p = parse_place(*j);
    if (!p) return fail(at(p.error(), "report"));
    r.place = std::move(p).value();
  }
  const std::string kind = f.text("kind", 32);
  if (const auto k = kind_from_code(kind)) {
    r.kind = *k;
  } else {
    f.fault("kind", quoted(kind) + " is not in the taxonomy");
  }
  r.subkind = f.text_or("subkind", "", 32);
  if (f.has("means")) {
    const auto m = means_from_code(f.text("means", 32));
    if (!m) f.fault("means", "is not known");
    r.means = m.value_or(Means::kNotStated);
  }
  if (f.has("assessment")) {
    const auto a = assessment_from_code(f.text("assessment", 32));
    if (!a) f.fault("assessment", "is not known");
    r.assessment = a.value_or(Assessment::kNotStated);
  }
  r.direction_mdeg = f.integer_opt("direction_mdeg", 0, kFullCircleMdeg - 1);
  r.count = range_opt(f, "count");
  TRUCE_CHECK(parse_casualties(f, "killed", r.killed));
  TRUCE_CHECK(parse_casualties(f, "injured", r.injured));
  if (const Json* j = f.member("weapon")) {
    JsonFields w(*j, "report: weapon");
    r.weapon.weapon_class = w.text("class", 32);
    r.weapon.calibre_tenth_mm = w.integer_opt("calibre_tenth_mm", 1, kCalibreTenthMmMax).value_or(0);
    TRUCE_CHECK(w.finish(ErrorCode::kInvalidReport));
  }
  if (const Json* j = f.member("attribution")) {
    JsonFields a(*j, "report: attribution");
    const auto state = attribution_from_code(a.text("state", 32));
    if (!state) a.fault("state", "is not known");
    r.attribution.state = state.value_or(AttributionState::kNotStated);
    r.attribution.actors = a.texts_or_empty("actors", 16, 32);
    TRUCE_CHECK(a.finish(ErrorCode::kInvalidReport));
  }
  r.said_by = f.text_or("said_by", "", 32);
  r.reporter = f.text_or("reporter", "", kReporterBytesMax);
  if (const Json* j = f.member("key")) {
    auto k = parse_key(*j);
    if (!k) return fail(at(k.error(), "report"));
    r.key = std::move(k).value();
  }
  if (const Json* j = f.member("details")) r.details = *j;
  if (const Json* j = f.member("coded")) r.coded = *j;
  r.text = f.text_or("text", "", kTextBytesMax);
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidReport));
  TRUCE_CHECK(r.check());
  return r;
}

Status Report::check() const {
  const auto bad = [](std::string_view member, std::string message) {
    return fail(ErrorCode::kInvalidReport, std::move(message), "report: " + std::string(member));
  };
  if (!from.is_valid() || !to.is_valid() || to < from)
    return bad("to", "ends before it begins, or outside of the years 0001 to 9999");
  if (precision_s < 0 || precision_s > kPrecisionSecondsMax) return bad("precision_s", "is not within 0 and 366 days");
  const bool has_ref = place.form == Place::Form::kZone || place.form == Place::Form::kPostBearing;
  if (has_ref && !is_id(place.ref)) return bad("place", quoted(place.ref) + " is not an id");
  if (!has_ref && !place.at.is_valid()) return bad("place", "is outside of the world");
  if (place.radius_m < 0 || place.radius_m > kRadiusMetresMax)
    return bad("place", "its radius is not within 0 and 1000 km");
  if (place.bearing_mdeg < 0 || place.bearing_mdeg >= kFullCircleMdeg)
    return bad("place", "its bearing is not within 0 and 360 degrees");
  if (place.distance_m < 0 || place.distance_m > kDistanceMetresMax)
    return bad("place", "its distance is not within 0 and 100 km");
  if (place.bearing_error_mdeg && (*place.bearing_error_mdeg < 1 || *place.bearing_error_mdeg > kFullCircleMdeg / 2)) {
    return bad("place", "its bearing's error is not within 0.001 and 180 degrees");
  }
  if (place.distance_error_m && (*place.distance_error_m < 1 || *place.distance_error_m > kDistanceMetresMax)) {
    return bad("place", "its distance's error is not within 1 m and 100 km");
  }
  if (place.ref.size() > kPlaceRefBytesMax) return bad("place", "its name is longer than 160 bytes");
  const auto known_subkinds = subkinds(kind);
  if (!subkind.empty() && std::ranges::find(known_subkinds, subkind) == known_subkinds.end()) {
    return bad("subkind", quoted(subkind) + " is not known for kind " + std::string(kind_code(kind)));
  }
  if (direction_mdeg && (*direction_mdeg < 0 || *direction_mdeg >= kFullCircleMdeg))
    return bad("direction_mdeg", "is not within 0 and 360 degrees");
  TRUCE_CHECK(check_range(count, "count"));
  for (const auto& field : kCasualtyFields) {
    TRUCE_CHECK(check_range(killed.*field.member, "killed"));
    TRUCE_CHECK(check_range(injured.*field.member, "injured"));
  }
  if (weapon.weapon_class.empty() ? weapon.calibre_tenth_mm != 0
                                  : weapon.calibre_tenth_mm < 0 || weapon.calibre_tenth_mm > kCalibreTenthMmMax) {
    return bad("weapon", "a calibre needs a class and is within 0.1 and 2000 mm");
  }
  if (!weapon.weapon_class.empty() && !is_weapon_class(weapon.weapon_class))
    return bad("weapon", "class " + quoted(weapon.weapon_class) + " is not known");
  const std::size_t actors = attribution.actors.size();
  const bool fits = attribution.state == AttributionState::kActor      ? actors == 1
                    : attribution.state == AttributionState::kDisputed ? actors >= 2
                                                                       : actors == 0;
  if (!fits) return bad("attribution", "an actor needs one id, disputed two or more, unknown none");
  for (const std::string& id : attribution.actors) {
    if (!is_id(id)) return bad("attribution", quoted(id) + " is not an id");
  }
  if (!said_by.empty() && !is_id(said_by)) return bad("said_by", quoted(said_by) + " is not an id");
  if (reporter.size() > kReporterBytesMax) return bad("reporter", "is longer than 64 bytes");
  if (text.size() > kTextBytesMax) return bad("text", "is longer than 2000 bytes");
  if (key) TRUCE_CHECK(check_key(*key));
  if (kind == Kind::kOther && text.empty()) return bad("text", "kind other says in words what it is");
  TRUCE_CHECK(check_details(kind, details));
  return check_coded(coded);
}

}  // namespace truce::monitor
