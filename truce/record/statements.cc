// SPDX-License-Identifier: Apache-2.0

#include "truce/record/statements.h"

#include <algorithm>

#include "truce/base/encoding.h"
#include "truce/base/json_fields.h"

namespace truce::record {
namespace {

constexpr std::size_t kReasonBytesMax = 2000;
constexpr std::size_t kMarkCountMax = 50;  // paragraphs of a brief

std::string id_of(JsonFields& f, std::string_view key) {
  std::string id = f.text(key, 32);
  if (f.ok() && !is_id(id)) f.fault(key, "is no id");
  return id;
}

Amendment amendment_of(JsonFields& f) {
  Amendment a;
  if (auto amends = Hash::from_hex(f.text("amends", 64)); amends) {
    a.amends = amends.value();
  } else {
    f.fault("amends", amends.error().message);
  }
  a.document = f.hash("document");
  a.version = f.integer("version", 1, 1'000'000);
  return a;
}

}  // namespace

Envelope make_acceptance(const LogPlace& place, Instant recorded) {
  Envelope e;
  e.type = kAcceptanceType;
  e.mechanism = place.mechanism;
  e.author = place.log;
  e.recorded = recorded;
  e.body = Json::object(
      {{"key", to_base64url(place.public_key)}, {"log", place.log.to_string()}, {"mechanism", place.mechanism.hex()}});
  return e;
}

Status check_acceptance(const Envelope& envelope, const LogPlace& place) {
  const auto bad = [](std::string message, std::string where) {
    return fail(ErrorCode::kInvalidEnvelope, std::move(message), std::move(where));
  };
  if (envelope.type != kAcceptanceType)
    return bad("a log begins with an acceptance, not with " + envelope.type, "type");
  if (envelope.mechanism != place.mechanism) return bad("is of another mechanism", "mechanism");
  if (envelope.author != place.log) return bad("is of " + envelope.author.to_string(), "author");
  const Envelope wanted = make_acceptance(place, envelope.recorded);
  for (const auto& [key, value] : wanted.body.as_object()) {
    const Json* said = envelope.body.find(key);
    if (said == nullptr || *said != value) return bad("is not " + value.as_string(), "body: " + key);
  }
  if (envelope.body != wanted.body) return bad("has further members", "body");
  return {};
}

Json Receipt::to_body() const {
  Json list = Json::array();
  for (const Head& h : heads) {
    list.push_back(Json(Json::Array{h.log.party, h.log.log, static_cast<std::int64_t>(h.size), h.root.base64url()}));
  }
  return Json::object({{"heads", std::move(list)}});
}

Result<Receipt> Receipt::from_body(const Json& body) {
  JsonFields f(body, "receipt");
  Receipt out;
  for (const Json& j : f.array_or_empty("heads", kReceiptHeadCountMax)) {
    const bool shaped = j.is_array() && j.as_array().size() == 4 && j.as_array()[0].is_string() &&
                        j.as_array()[1].is_string() && j.as_array()[2].is_integer() && j.as_array()[3].is_string();
    if (!shaped) {
      f.fault("heads", "is not a list of [party, log, size, root]");
      break;
    }
    const Json::Array& a = j.as_array();
    Head h;
    h.log = {a[0].as_string(), a[1].as_string()};
    if (!is_id(h.log.party) || !is_id(h.log.log)) f.fault("heads", "a log's name is no id");
    if (a[2].as_integer() < 1) f.fault("heads", "a size is not positive");
    h.size = static_cast<std::uint64_t>(a[2].as_integer());
    auto root = Hash::from_base64url(a[3].as_string());
    if (!root) {
      f.fault("heads", root.error().message);
      break;
    }
    h.root = root.value();
    if (!out.heads.empty() && !(out.heads.back().log < h.log)) f.fault("heads", "logs repeat or do not ascend");
    out.heads.push_back(std::move(h));
  }
  if (f.ok() && out.heads.empty()) f.fault("heads", "missing");
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidStatement));
  return out;
}

Json LogOpen::to_body() const {
  return Json::object({{"key", to_base64url(key)}, {"log", log}});
}

Result<LogOpen> LogOpen::from_body(const Json& body) {
  JsonFields f(body, "log-open");
  LogOpen out;
  out.key = std::string(f.hash("key").view());  // a key has a hash's length and spelling
  out.log = id_of(f, "log");
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidStatement));
  return out;
}

Json LogClose::to_body() const {
  return Json::object({{"log", log}, {"root", root.base64url()}, {"size", static_cast<std::int64_t>(size)}});
}

Result<LogClose> LogClose::from_body(const Json& body) {
  JsonFields f(body, "log-close");
  LogClose out;
  out.log = id_of(f, "log");
  out.root = f.hash("root");
  out.size = static_cast<std::uint64_t>(f.integer("size", 0, Json::kIntegerMax));
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidStatement));
  return out;
}

Json ForkCause::to_body() const {
  Json j = Json::object({{"cause", cause}, {"log", log}});
  if (!text.empty()) j.set("text", text);
  return j;
}

Result<ForkCause> ForkCause::from_body(const Json& body) {
  JsonFields f(body, "fork-cause");
  ForkCause out;
  out.cause = f.text("cause", 32);
  if (f.ok() && std::ranges::find(kForkCauses, out.cause) == std::ranges::end(kForkCauses))
    f.fault("cause", "is none that is known");
  out.log = id_of(f, "log");
  if (f.has("text")) {
    out.text = f.text("text", 2000);
    if (f.ok() && out.text.empty()) f.fault("text", "is empty");
  }
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidStatement));
  return out;
}

Json Amendment::to_body() const {
  return Json::object({{"amends", amends.hex()}, {"document", document.base64url()}, {"version", version}});
}

Result<Amendment> Amendment::from_body(const Json& body) {
  JsonFields f(body, "amendment");
  Amendment out = amendment_of(f);
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidStatement));
  return out;
}

Json VoiceStatement::to_body() const {
  Json body = amendment ? amendment->to_body() : Json::object();
  if (!reason.empty()) body.set("reason", reason);
  if (!reservation.empty()) body.set("reservation", reservation);
  if (!paragraphs.empty()) {
    Json list = Json::array();
    for (const auto& [number, mark] : paragraphs) list.push_back(Json(Json::Array{number, mark}));
    body.set("paragraphs", std::move(list));
  }
  return body;
}

Result<VoiceStatement> VoiceStatement::from_body(const Json& body) {
  JsonFields f(body, "voice");
  VoiceStatement out;
  if (f.has("amends") || f.has("document") || f.has("version")) out.amendment = amendment_of(f);
  out.reason = f.text_or("reason", "", kReasonBytesMax);
  out.reservation = f.text_or("reservation", "", kReasonBytesMax);
  for (const Json& j : f.array_or_empty("paragraphs", kMarkCountMax)) {
    const bool shaped = j.is_array() && j.as_array().size() == 2 && j.as_array()[0].is_integer() &&
                        j.as_array()[1].is_string() && j.as_array()[0].as_integer() >= 1 &&
                        j.as_array()[0].as_integer() <= static_cast<std::int64_t>(kMarkCountMax) &&
                        (j.as_array()[1].as_string() == "objected" || j.as_array()[1].as_string() == "reserved");
    if (!shaped) {
      f.fault("paragraphs", "is not a list of [number, objected or reserved]");
      break;
    }
    if (!out.paragraphs.empty() && out.paragraphs.back().first >= j.as_array()[0].as_integer())
      f.fault("paragraphs", "numbers repeat or do not ascend");
    out.paragraphs.emplace_back(j.as_array()[0].as_integer(), j.as_array()[1].as_string());
  }
  if (f.has("paragraphs") && out.paragraphs.empty()) f.fault("paragraphs", "is empty");
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidStatement));
  return out;
}

Json Share::to_body() const {
  Json list = Json::array();
  for (const std::string& party : to) list.push_back(party);
  return Json::object({{"to", std::move(list)}});
}

Result<Share> Share::from_body(const Json& body) {
  JsonFields f(body, "share");
  Share out;
  out.to = f.texts_or_empty("to", kShareToCountMax, 32);
  if (f.ok() && out.to.empty()) f.fault("to", "missing");
  for (std::size_t i = 0; i < out.to.size(); ++i) {
    if (!is_id(out.to[i])) f.fault("to", "a party is no id");
    if (i != 0 && out.to[i] <= out.to[i - 1]) f.fault("to", "parties repeat or do not ascend");
  }
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidStatement));
  return out;
}

Result<Erasure> Erasure::from_body(const Json& body) {
  TRUCE_CHECK(JsonFields(body, "erasure").finish(ErrorCode::kInvalidStatement));
  return Erasure{};
}

Json SealingKey::to_body() const {
  return Json::object({{"key", to_base64url(key)}});
}

Result<SealingKey> SealingKey::from_body(const Json& body) {
  JsonFields f(body, "sealing-key");
  SealingKey out;
  out.key = std::string(f.hash("key").view());  // a key has a hash's length and spelling
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidStatement));
  return out;
}

}  // namespace truce::record
