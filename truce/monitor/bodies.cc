// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/bodies.h"

#include <algorithm>

#include "truce/base/encoding.h"
#include "truce/base/id.h"
#include "truce/base/json_fields.h"

namespace truce::monitor {
namespace {

constexpr std::string_view kReasons[] = {"mistake", "duplicate", "source-safety", "other"};

Names names_member(JsonFields& f, std::string_view key) {
  const Json* j = f.member(key);
  if (j == nullptr) return {};
  auto names = parse_names(*j);
  if (!names) return f.fault(key, names.error().message), Names{};
  return std::move(names).value();
}

Result<NamedPlace> parse_place(const Json& json) {
  JsonFields f(json, "place");
  NamedPlace p;
  p.id = f.text("id", 64);
  p.names = names_member(f, "names");
  p.radius_m = f.integer("radius_m", 0, 1'000'000);
  p.variants = f.texts_or_empty("variants", 200, 200);
  const auto& at = f.array_or_empty("at", 2);
  if (at.size() != 2 || !at[0].is_integer() || !at[1].is_integer() || at[0].as_integer() < -900'000'000 ||
      at[0].as_integer() > 900'000'000 || at[1].as_integer() < -1'800'000'000 || at[1].as_integer() > 1'800'000'000) {
    f.fault("at", "is not [latitude, longitude] in units of 1e-7 degree");
  } else {
    p.at = geo::LatLng::from_e7(static_cast<std::int32_t>(at[0].as_integer()),
                                static_cast<std::int32_t>(at[1].as_integer()));
  }
  if (f.ok() && p.names.empty()) f.fault("names", "states none");
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidPlaceList));
  return p;
}

}  // namespace

Json ActorStatement::to_body() const {
  Json j = Json::object({{"id", id}, {"names", names_json(names)}});
  if (!called.empty()) {
    Json by_party = Json::object();
    for (const auto& [party, party_names] : called) by_party.set(party, names_json(party_names));
    j.set("called", std::move(by_party));
  }
  if (!neutral.empty()) j.set("neutral", names_json(neutral));
  if (!part_of.empty()) j.set("part_of", part_of);
  if (from) j.set("from", from->ms);
  if (to) j.set("to", to->ms);
  return j;
}

Result<ActorStatement> ActorStatement::from_body(const Json& body) {
  JsonFields f(body, "actor");
  ActorStatement a;
  a.id = f.text("id", 32);
  if (f.ok() && !is_id(a.id)) f.fault("id", quoted(a.id) + " is not an id");
  a.names = names_member(f, "names");
  a.neutral = names_member(f, "neutral");
  a.part_of = f.text_or("part_of", "", 32);
  if (!a.part_of.empty() && !is_id(a.part_of)) f.fault("part_of", quoted(a.part_of) + " is not an id");
  if (const auto ms = f.integer_opt("from", Instant::kMin, Instant::kMax)) a.from = Instant{*ms};
  if (const auto ms = f.integer_opt("to", Instant::kMin, Instant::kMax)) a.to = Instant{*ms};
  if (a.from && a.to && !(*a.from < *a.to)) f.fault("to", "ends before it begins");
  if (const Json* j = f.member("called")) {
    if (!j->is_object() || j->as_object().size() > 64) {
      f.fault("called", "is not an object of party ids");
    } else {
      for (const auto& [party, names] : j->as_object()) {
        auto parsed = parse_names(names);
        if (!is_id(party) || !parsed) {
          f.fault("called", "is not an object of party ids with names");
          break;
        }
        a.called.emplace(party, std::move(parsed).value());
      }
    }
  }
  if (f.ok() && a.names.empty()) f.fault("names", "states none");
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidActor));
  return a;
}

Json PlacesStatement::to_body() const {
  return Json::object(
      {{"list", list}, {"title", title}, {"source", source}, {"places", places.base64url()}, {"count", count}});
}

Result<PlacesStatement> PlacesStatement::from_body(const Json& body) {
  JsonFields f(body, "places");
  PlacesStatement p;
  p.list = f.text("list", 32);
  if (f.ok() && !is_id(p.list)) f.fault("list", quoted(p.list) + " is not an id");
  p.title = f.text("title", 200);
  p.source = f.text("source", 500);
  p.places = f.hash("places");
  p.count = f.integer("count", 0, kPlaceCountMax);
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidPlaceList));
  return p;
}

Result<std::string> places_to_blob(const std::vector<NamedPlace>& places) {
  if (places.size() > kPlaceCountMax) return fail(ErrorCode::kLimit, "more than 300000 places in one list");
  Json list = Json::array();
  for (std::size_t i = 0; i < places.size(); ++i) {
    const NamedPlace& p = places[i];
    if (i != 0 && !(places[i - 1].id < p.id))
      return fail(ErrorCode::kInvalidPlaceList, "ids repeat or do not ascend", p.id);
    Json j = Json::object({{"id", p.id},
                           {"at", Json(Json::Array{Json(std::int64_t{p.at.lat_e7}), Json(std::int64_t{p.at.lng_e7})})},
                           {"radius_m", p.radius_m},
                           {"names", names_json(p.names)}});
    if (!p.variants.empty()) {
      Json variants = Json::array();
      for (const std::string& v : p.variants) variants.push_back(v);
      j.set("variants", std::move(variants));
    }
    list.push_back(std::move(j));
  }
  return Json::object({{"places", std::move(list)}, {"v", 1}}).checked_canonical();
}

Result<std::vector<NamedPlace>> places_from_blob(std::string_view blob) {
  TRUCE_TRY(const Json json, Json::parse_canonical(blob));
  JsonFields f(json, "place list");
  if (f.integer("v", 0, Json::kIntegerMax) != 1) f.fault("v", "only version 1 is known to this program");
  std::vector<NamedPlace> places;
  for (const Json& j : f.array_or_empty("places", kPlaceCountMax)) {
    TRUCE_TRY(NamedPlace p, parse_place(j));
    if (!places.empty() && !(places.back().id < p.id)) {
      return fail(ErrorCode::kInvalidPlaceList, "ids repeat or do not ascend", p.id);
    }
    places.push_back(std::move(p));
  }
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidPlaceList));
  return places;
}

Json ImportStatement::to_body() const {
  Json j = Json::object({{"file", file.base64url()}, {"format", format}, {"source", source}, {"rows", rows}});
  if (known != 0) j.set("known", known);
  if (rejected != 0) j.set("rejected", rejected);
  if (!map.is_null()) j.set("map", map);
  return j;
}

Result<ImportStatement> ImportStatement::from_body(const Json& body) {
  JsonFields f(body, "import");
  ImportStatement i;
  i.file = f.hash("file");
  i.format = f.text("format", 32);
  i.source = f.text("source", 32);
  if (f.ok() && !is_id(i.source)) f.fault("source", quoted(i.source) + " is not an id");
  i.rows = f.integer("rows", 0, Json::kIntegerMax);
  i.known = f.integer_opt("known", 1, Json::kIntegerMax).value_or(0);
  i.rejected = f.integer_opt("rejected", 1, Json::kIntegerMax).value_or(0);
  if (const Json* j = f.member("map")) {
    if (!j->is_object()) f.fault("map", "is not an object");
    i.map = *j;
  }
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidImport));
  return i;
}

std::string_view withdrawal_reason_code(WithdrawalReason reason) {
  return kReasons[static_cast<std::size_t>(reason)];
}

std::optional<WithdrawalReason> withdrawal_reason_from_code(std::string_view code) {
  const auto* it = std::ranges::find(kReasons, code);
  if (it == std::end(kReasons)) return std::nullopt;
  return static_cast<WithdrawalReason>(it - std::begin(kReasons));
}

Json WithdrawalStatement::to_body() const {
  return Json::object({{"reason", withdrawal_reason_code(reason)}});
}

Result<WithdrawalStatement> WithdrawalStatement::from_body(const Json& body) {
  JsonFields f(body, "withdrawal");
  WithdrawalStatement w;
  const auto reason = withdrawal_reason_from_code(f.text("reason", 32));
  if (!reason) f.fault("reason", "is not mistake, duplicate, source-safety or other");
  w.reason = reason.value_or(WithdrawalReason::kMistake);
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidArgument));
  return w;
}

Status check_second_body(const Json& body) {
  if (body != Json::object()) return fail(ErrorCode::kInvalidStatement, "the body of a second is not empty");
  return {};
}

}  // namespace truce::monitor
