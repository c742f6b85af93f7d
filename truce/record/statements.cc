// SPDX-License-Identifier: Apache-2.0

#include "truce/record/statements.h"

#include "truce/base/encoding.h"

namespace truce::record {

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

}  // namespace truce::record
