// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/zone.h"

#include <algorithm>

#include "truce/base/encoding.h"
#include "truce/base/id.h"
#include "truce/base/json_fields.h"

namespace truce::monitor {
namespace {

constexpr std::string_view kZoneKinds[] = {"de-escalation-zone", "demilitarised-zone", "belt",        "line-of-contact",
                                           "withdrawal-line",    "observation-post",   "storage-site"};
constexpr std::string_view kAnyWeaponUse = "any-weapon-use";
constexpr std::size_t kNameCountMax = 32;
constexpr std::size_t kNameBytesMax = 200;

// A language tag as statements take it: a subset of BCP 47 (ar, zh-Hant, sr-Latn).
bool is_language(std::string_view tag) {
  if (tag.size() < 2 || tag.size() > 16) return false;
  return std::ranges::all_of(tag, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

}  // namespace

std::string_view zone_kind_code(ZoneKind kind) {
  return kZoneKinds[static_cast<std::size_t>(kind)];
}

std::optional<ZoneKind> zone_kind_from_code(std::string_view code) {
  const auto* it = std::ranges::find(kZoneKinds, code);
  if (it == std::end(kZoneKinds)) return std::nullopt;
  return static_cast<ZoneKind>(it - std::begin(kZoneKinds));
}

bool is_ring_zone(ZoneKind kind) {
  return kind == ZoneKind::kDeEscalationZone || kind == ZoneKind::kDemilitarisedZone || kind == ZoneKind::kBelt;
}

Json names_json(const Names& names) {
  Json j = Json::object();
  for (const auto& [lang, name] : names) j.set(lang, name);
  return j;
}

Result<Names> parse_names(const Json& json) {
  const auto bad = [](std::string message) { return fail(ErrorCode::kInvalidArgument, std::move(message), "names"); };
  if (!json.is_object()) return bad("is not an object of language tags");
  if (json.as_object().size() > kNameCountMax) return bad("holds more than 32 languages");
  Names names;
  for (const auto& [lang, name] : json.as_object()) {
    if (!is_language(lang)) return bad(quoted(lang) + " is not a language tag");
    if (!name.is_string() || name.as_string().empty() || name.as_string().size() > kNameBytesMax) {
      return bad(lang + " is not a text of 1 to 200 bytes");
    }
    names.emplace(lang, name.as_string());
  }
  return names;
}

const std::string& name_in(const Names& names, const std::string& lang, const std::string& otherwise) {
  for (const std::string& tag : {lang, std::string("en")}) {
    if (const auto it = names.find(tag); it != names.end()) return it->second;
  }
  return names.empty() ? otherwise : names.begin()->second;
}

bool ZoneStatement::forbids_kind(Kind k) const {
  if (!forbids)
    return is_weapon_use(k) && (kind == ZoneKind::kDeEscalationZone || kind == ZoneKind::kDemilitarisedZone);
  return std::ranges::any_of(
      *forbids, [&](const std::string& f) { return f == kind_code(k) || (f == kAnyWeaponUse && is_weapon_use(k)); });
}

Json ZoneStatement::to_body() const {
  Json j = Json::object({{"id", id}, {"kind", zone_kind_code(kind)}, {"geometry", geometry.base64url()}});
  if (!names.empty()) j.set("names", names_json(names));
  if (valid_from.ms != Instant::kMin) j.set("valid_from", valid_from.ms);
  if (valid_to.ms != Instant::kMax) j.set("valid_to", valid_to.ms);
  if (near) j.set("near", near->base64url());
  if (forbids) {
    Json list = Json::array();
    for (const std::string& f : *forbids) list.push_back(f);
    j.set("forbids", std::move(list));
  }
  if (!said_by.empty()) j.set("said_by", said_by);
  if (!withdrawal.empty()) {
    Json list = Json::array();
    for (const WithdrawalRule& w : withdrawal) {
      Json rule = Json::object({{"class", w.weapon_class}, {"distance_m", w.distance_m}});
      if (w.calibre_tenth_mm_min != 0) rule.set("calibre_tenth_mm_min", w.calibre_tenth_mm_min);
      list.push_back(std::move(rule));
    }
    j.set("withdrawal", std::move(list));
  }
  return j;
}

Result<ZoneStatement> ZoneStatement::from_body(const Json& body) {
  JsonFields f(body, "zone");
  ZoneStatement z;
  z.id = f.text("id", 32);
  const std::string kind = f.text("kind", 32);
  if (const auto k = zone_kind_from_code(kind)) {
    z.kind = *k;
  } else {
    f.fault("kind", quoted(kind) + " is not a kind of zone");
  }
  if (const Json* j = f.member("names")) {
    auto names = parse_names(*j);
    if (!names) return fail(ErrorCode::kInvalidZone, names.error().message, "zone: names");
    z.names = std::move(names).value();
  }
  z.valid_from.ms = f.integer_opt("valid_from", Instant::kMin, Instant::kMax).value_or(Instant::kMin);
  z.valid_to.ms = f.integer_opt("valid_to", Instant::kMin, Instant::kMax).value_or(Instant::kMax);
  z.geometry = f.hash("geometry");
  if (f.has("near")) z.near = f.hash("near");
  if (f.has("forbids")) z.forbids = f.texts_or_empty("forbids", 64, 32);
  z.said_by = f.text_or("said_by", "", 32);
  for (const Json& j : f.array_or_empty("withdrawal", 64)) {
    JsonFields w(j, "zone: withdrawal");
    WithdrawalRule rule;
    rule.weapon_class = w.text("class", 32);
    rule.calibre_tenth_mm_min = w.integer_opt("calibre_tenth_mm_min", 1, 20'000).value_or(0);
    rule.distance_m = w.integer("distance_m", 0, 1'000'000);
    TRUCE_CHECK(w.finish(ErrorCode::kInvalidZone));
    z.withdrawal.push_back(std::move(rule));
  }
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidZone));
  TRUCE_CHECK(z.check());
  return z;
}

Status ZoneStatement::check() const {
  const auto bad = [](std::string_view member, std::string message) {
    return fail(ErrorCode::kInvalidZone, std::move(message), "zone: " + std::string(member));
  };
  if (!is_id(id)) return bad("id", quoted(id) + " is not 1 to 32 of a-z, 0-9 and '-', beginning with a letter");
  if (!valid_from.is_valid() || !valid_to.is_valid() || !(valid_from < valid_to))
    return bad("valid_to", "ends before it begins");
  if (!said_by.empty() && !is_id(said_by)) return bad("said_by", quoted(said_by) + " is not an id");
  if (forbids) {
    for (const std::string& f : *forbids) {
      if (f != kAnyWeaponUse && !kind_from_code(f))
        return bad("forbids", quoted(f) + " is neither a kind nor any-weapon-use");
    }
  }
  for (const WithdrawalRule& w : withdrawal) {
    if (!is_weapon_class(w.weapon_class)) return bad("withdrawal", "class " + quoted(w.weapon_class) + " is not known");
  }
  return {};
}

}  // namespace truce::monitor
