// SPDX-License-Identifier: Apache-2.0

#include "truce/mechanism/mechanism.h"

#include <algorithm>
#include <cstdlib>

#include "truce/base/encoding.h"
#include "truce/base/json_fields.h"

namespace truce::mechanism {
namespace {

constexpr std::size_t kNameBytesMax = 200;
constexpr std::int64_t kDayMinutes = 24 * 60;

Json day_offsets(const Days& days) {
  Json list = Json::array();
  for (const DayOffset& o : days.offsets) list.push_back(Json(Json::Array{Json(o.from.to_string()), Json(o.minutes)}));
  return list;
}

Result<Days> parse_days(const Json& json) {
  JsonFields f(json, "days");
  Days days;
  days.cutoff_minutes = static_cast<int>(f.integer("cutoff", 0, 1439));
  days.offsets.clear();
  for (const Json& j : f.array_or_empty("offsets", 200)) {
    if (!j.is_array() || j.as_array().size() != 2 || !j.as_array()[0].is_string() || !j.as_array()[1].is_integer()) {
      f.fault("offsets", "is not a list of [date, minutes]");
      break;
    }
    TRUCE_TRY(const Date from, Date::parse(j.as_array()[0].as_string()));
    const std::int64_t minutes = j.as_array()[1].as_integer();
    if (minutes < -18 * 60 || minutes > 18 * 60) f.fault("offsets", "an offset beyond 18 hours");
    if (!days.offsets.empty() && !(days.offsets.back().from < from)) f.fault("offsets", "dates do not ascend");
    if (!days.offsets.empty() && std::abs(minutes - days.offsets.back().minutes) >= kDayMinutes) {
      f.fault("offsets", "a change of a day or more");  // else a day would end before it begins
    }
    days.offsets.push_back({from, static_cast<int>(minutes)});
  }
  if (days.offsets.empty() || days.offsets.front().from != Days{}.offsets.front().from) {
    f.fault("offsets", "does not begin with 0001-01-01");
  }
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidMechanism));
  return days;
}

Result<std::string> raw_key(JsonFields& f, std::string_view key) {
  const Hash h = f.hash(key);  // a key has a hash's length and spelling
  return std::string(h.view());
}

Result<Party> parse_party(const Json& json) {
  JsonFields f(json, "party");
  Party p;
  p.id = f.text("id", 32);
  if (f.ok() && !is_id(p.id)) f.fault("id", "is not 1 to 32 of a-z, 0-9 and '-', beginning with a letter");
  p.name = f.text("name", kNameBytesMax);
  if (auto role = role_from(f.text("role", 32)); role) {
    p.role = role.value();
  } else {
    f.fault("role", "is not guarantor, observer or humanitarian");
  }
  if (const Json* keys = f.required("keys")) {
    JsonFields k(*keys, "keys");
    TRUCE_TRY(p.keys.cosign, raw_key(k, "cosign"));
    TRUCE_TRY(p.keys.log, raw_key(k, "log"));
    TRUCE_TRY(p.keys.x25519, raw_key(k, "x25519"));
    TRUCE_CHECK(k.finish(ErrorCode::kInvalidMechanism));
  }
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidMechanism));
  return p;
}

// What holds for every mechanism, parsed or made.
Status check(const Mechanism& m) {
  const auto bad = [](std::string_view where, std::string message) {
    return fail(ErrorCode::kInvalidMechanism, std::move(message), std::string(where));
  };
  if (m.name.empty() || m.name.size() > kNameBytesMax) return bad("name", "is not 1 to 200 bytes long");
  if (m.parties.empty() || m.parties.size() > kPartyCountMax) return bad("parties", "there are not 1 to 64 of them");
  bool guarantors = false;
  std::vector<std::string_view> keys;
  for (std::size_t i = 0; i < m.parties.size(); ++i) {
    const Party& p = m.parties[i];
    TRUCE_CHECK(check_id(p.id, "party id"));
    if (p.name.empty() || p.name.size() > kNameBytesMax) return bad(p.id, "its name is not 1 to 200 bytes long");
    if (i != 0 && !(m.parties[i - 1].id < p.id)) return bad("parties", "ids repeat or do not ascend");
    if (p.keys.log.size() != 32 || p.keys.cosign.size() != 32 || p.keys.x25519.size() != 32) {
      return bad(p.id, "a public key is not 32 bytes long");
    }
    keys.insert(keys.end(), {p.keys.log, p.keys.cosign, p.keys.x25519});
    guarantors = guarantors || p.role == Role::kGuarantor;
  }
  std::sort(keys.begin(), keys.end());
  if (std::adjacent_find(keys.begin(), keys.end()) != keys.end())
    return bad("parties", "the same public key stands twice");
  if (m.decision_rule != "unanimity") return bad("decisions", "rule " + quoted(m.decision_rule) + " is not known");
  if (m.decision_of != "guarantors" && m.decision_of != "all")
    return bad("decisions", "of is neither guarantors nor all");
  if (m.decision_of == "guarantors" && !guarantors)
    return bad("decisions", "unanimity of guarantors, but there is none");
  if (m.rules_version < 0) return bad("rules", "a negative version");
  if (m.quota_statements < 1 || m.accomplices < 0) return bad("quota", "is not positive");
  if (m.killed_best != "agreed-or-range") return bad("killed_best", "rule " + quoted(m.killed_best) + " is not known");
  if (m.editions.empty() || m.editions.size() > 16) return bad("editions", "there are not 1 to 16 of them");
  for (const std::string& e : m.editions) TRUCE_CHECK(check_id(e, "edition"));
  TRUCE_CHECK(check_id(m.borders, "borders"));
  return {};
}

}  // namespace

std::string_view role_name(Role role) {
  switch (role) {
    case Role::kGuarantor: return "guarantor";
    case Role::kObserver: return "observer";
    case Role::kHumanitarian: return "humanitarian";
  }
  return "";
}

Result<Role> role_from(std::string_view name) {
  for (const Role r : {Role::kGuarantor, Role::kObserver, Role::kHumanitarian}) {
    if (role_name(r) == name) return r;
  }
  return fail(ErrorCode::kInvalidArgument, "a role is guarantor, observer or humanitarian, not " + quoted(name));
}

Date Days::day_of(Instant t) const {
  // A day's start is known from its date alone; offsets within 18 hours of UTC put it at most two days from the first
  // guess.
  Date day = date_of(t, offsets.back().minutes, cutoff_minutes);
  while (t < start_of(day)) day = day + -1;
  while (start_of(day + 1) <= t) day = day + 1;
  return day;
}

Instant Days::start_of(Date day) const {
  std::size_t i = offsets.size() - 1;
  while (i != 0 && day < offsets[i].from) --i;
  return truce::start_of(day, offsets[i].minutes, cutoff_minutes);
}

const Party* Mechanism::party(std::string_view id) const {
  for (const Party& p : parties) {
    if (p.id == id) return &p;
  }
  return nullptr;
}

Result<std::string> Mechanism::to_bytes() const {
  TRUCE_CHECK(check(*this));
  Json list = Json::array();
  for (const Party& p : parties) {
    list.push_back(Json::object({{"id", p.id},
                                 {"keys", Json::object({{"cosign", to_base64url(p.keys.cosign)},
                                                        {"log", to_base64url(p.keys.log)},
                                                        {"x25519", to_base64url(p.keys.x25519)}})},
                                 {"name", p.name},
                                 {"role", role_name(p.role)}}));
  }
  Json edition_list = Json::array();
  for (const std::string& e : editions) edition_list.push_back(e);
  const Json json = Json::object({
      {"borders", borders},
      {"days", Json::object({{"cutoff", days.cutoff_minutes}, {"offsets", day_offsets(days)}})},
      {"decisions", Json::object({{"default", Json::object({{"of", decision_of}, {"rule", decision_rule}})}})},
      {"editions", std::move(edition_list)},
      {"killed_best", killed_best},
      {"kind", exercise ? "exercise" : "actual"},
      {"name", name},
      {"parties", std::move(list)},
      {"quorum", Json::object({{"accomplices", accomplices}})},
      {"quota", Json::object({{"statements_per_party_and_day", quota_statements}})},
      {"rules", Json::object({{"version", rules_version}})},
      {"v", 1},
  });
  return json.checked_canonical();
}

Result<Mechanism> Mechanism::parse(std::string_view bytes) {
  TRUCE_TRY(const Json json, Json::parse_canonical(bytes));
  JsonFields f(json, "mechanism");
  Mechanism m;
  if (f.integer("v", 0, Json::kIntegerMax) != 1) f.fault("v", "only version 1 is known to this program");
  m.borders = f.text("borders", 32);
  m.name = f.text("name", kNameBytesMax);
  m.killed_best = f.text("killed_best", 64);
  const std::string kind = f.text("kind", 16);
  m.exercise = kind == "exercise";
  if (f.ok() && kind != "actual" && kind != "exercise") f.fault("kind", "is neither actual nor exercise");
  m.editions = f.texts_or_empty("editions", 16, 32);
  if (const Json* j = f.required("days")) {
    TRUCE_TRY(m.days, parse_days(*j));
  }
  if (const Json* j = f.required("decisions")) {
    JsonFields d(*j, "decisions");
    if (const Json* by_default = d.required("default")) {
      JsonFields r(*by_default, "decisions: default");
      m.decision_of = r.text("of", 32);
      m.decision_rule = r.text("rule", 32);
      TRUCE_CHECK(r.finish(ErrorCode::kInvalidMechanism));
    }
    TRUCE_CHECK(d.finish(ErrorCode::kInvalidMechanism));
  }
  if (const Json* j = f.required("quorum")) {
    JsonFields q(*j, "quorum");
    m.accomplices = q.integer("accomplices", 0, 64);
    TRUCE_CHECK(q.finish(ErrorCode::kInvalidMechanism));
  }
  if (const Json* j = f.required("quota")) {
    JsonFields q(*j, "quota");
    m.quota_statements = q.integer("statements_per_party_and_day", 1, 1'000'000'000);
    TRUCE_CHECK(q.finish(ErrorCode::kInvalidMechanism));
  }
  if (const Json* j = f.required("rules")) {
    JsonFields r(*j, "rules");
    m.rules_version = r.integer("version", 0, 1'000'000);
    TRUCE_CHECK(r.finish(ErrorCode::kInvalidMechanism));
  }
  for (const Json& j : f.array_or_empty("parties", kPartyCountMax)) {
    TRUCE_TRY(Party p, parse_party(j));
    m.parties.push_back(std::move(p));
  }
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidMechanism));
  TRUCE_CHECK(check(m));
  return m;
}

Hash mechanism_id(std::string_view founding_bytes) {
  return sha256(founding_bytes);
}

}  // namespace truce::mechanism
