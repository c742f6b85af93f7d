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
constexpr std::size_t kEndedCountMax = 64;
constexpr std::size_t kRestDateCountMax = 1000;
constexpr std::size_t kExcludedCountMax = 1000;
constexpr std::size_t kUseBytesMax = 2000;
constexpr std::int64_t kSilenceHoursMax = 24 * 366;

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
  p.named = f.boolean_or("named", p.role != Role::kHumanitarian);
  if (f.has("named") && p.named == (p.role != Role::kHumanitarian)) f.fault("named", "says what holds without it");
  p.main = f.text_or("main", "main", 32);
  if (f.has("main") && p.main == "main") f.fault("main", "says what holds without it");
  for (const Json& j : f.array_or_empty("ended", kEndedCountMax)) {
    JsonFields e(j, "ended");
    EndedLog log;
    log.log = e.text("log", 32);
    log.size = static_cast<std::uint64_t>(e.integer("size", 0, Json::kIntegerMax));
    log.root = e.hash("root");
    log.key = std::string(e.hash("key").view());
    TRUCE_CHECK(e.finish(ErrorCode::kInvalidMechanism));
    p.ended.push_back(std::move(log));
  }
  if (f.has("ended") && p.ended.empty()) f.fault("ended", "is empty");
  p.left = f.boolean_or("left", false);
  if (f.has("left") && !p.left) f.fault("left", "says what holds without it");
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

Status check_rule(const Mechanism& m, const Rule& r, std::string_view subject) {
  const auto bad = [&](std::string message) {
    return fail(ErrorCode::kInvalidMechanism, std::move(message), "decisions: " + std::string(subject));
  };
  if (r.of != "guarantors" && r.of != "all") return bad("of is neither guarantors nor all");
  const auto n = static_cast<std::int64_t>(m.deciders(r).size());
  if (r.rule != "unanimity" && r.rule != "k-of-n" && r.rule != "silence") {
    return bad("rule " + quoted(r.rule) + " is not known");
  }
  if ((r.rule == "k-of-n") != (r.k != 0)) return bad("k belongs to k-of-n, and to it alone");
  if ((r.rule == "silence") != (r.hours != 0)) return bad("hours belong to silence, and to it alone");
  if (r.k < 0 || r.k > n) return bad("k is not 1 to " + std::to_string(n));
  if (r.hours < 0 || r.hours > kSilenceHoursMax) return bad("hours are not 1 to 8784");
  return {};
}

Status check_path(const std::vector<std::string>& path) {
  std::size_t at = 0;
  for (const std::string& step : path) {
    while (at < std::size(kPathSteps) && kPathSteps[at] != step) ++at;
    if (at == std::size(kPathSteps))
      return fail(ErrorCode::kInvalidMechanism, quoted(step) + " is no step, stands twice or before an earlier one",
                  "path");
    ++at;
  }
  if (path.empty() || path.front() != kPathSteps[0])
    return fail(ErrorCode::kInvalidMechanism, "begins with reported", "path");
  return {};
}

Json rule_json(const Rule& r) {
  Json j = Json::object({{"of", r.of}, {"rule", r.rule}});
  if (r.k != 0) j.set("k", r.k);
  if (r.hours != 0) j.set("hours", r.hours);
  return j;
}

Result<Rule> parse_rule(const Json& json, std::string_view subject) {
  JsonFields f(json, "decisions: " + std::string(subject));
  Rule r;
  r.of = f.text("of", 32);
  r.rule = f.text("rule", 32);
  r.k = f.integer_opt("k", 1, 64).value_or(0);
  r.hours = f.integer_opt("hours", 1, kSilenceHoursMax).value_or(0);
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidMechanism));
  return r;
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
    if (!p.named && p.role != Role::kHumanitarian) return bad(p.id, "only a humanitarian party goes unnamed");
    TRUCE_CHECK(check_id(p.main, "main log"));
    for (std::size_t e = 0; e < p.ended.size(); ++e) {
      TRUCE_CHECK(check_id(p.ended[e].log, "ended log"));
      if (p.ended[e].key.size() != 32) return bad(p.id, "a key of an ended log is not 32 bytes long");
      if (e != 0 && !(p.ended[e - 1].log < p.ended[e].log)) return bad(p.id, "ended logs repeat or do not ascend");
      if (p.ended[e].log == p.main) {
        if (!p.left) return bad(p.id, "its main log is ended");
        if (p.ended[e].key != p.keys.log) return bad(p.id, "its main log ends with another key than it has");
        continue;
      }
      keys.push_back(p.ended[e].key);
    }
    if (p.left && p.ended_log(p.main) == nullptr) return bad(p.id, "has left, and its main log is not ended");
    guarantors = guarantors || (p.role == Role::kGuarantor && !p.left);
  }
  std::sort(keys.begin(), keys.end());
  if (std::adjacent_find(keys.begin(), keys.end()) != keys.end())
    return bad("parties", "the same public key stands twice");
  TRUCE_CHECK(check_rule(m, m.decision, "default"));
  for (const auto& [subject, rule] : m.decisions) {
    if (std::ranges::find(kSubjects, subject) == std::ranges::end(kSubjects)) {
      return bad("decisions", quoted(subject) + " is no subject");
    }
    TRUCE_CHECK(check_rule(m, rule, subject));
  }
  if (!guarantors && m.decision.of == "guarantors") return bad("decisions", "of guarantors, but there is none");
  for (std::size_t i = 0; i < m.rest_weekdays.size(); ++i) {
    const int day = m.rest_weekdays[i];
    if (day < 1 || day > 7 || (i != 0 && m.rest_weekdays[i - 1] >= day))
      return bad("rest", "weekdays are 1 to 7, ascending");
  }
  if (m.rest_weekdays.size() == 7) return bad("rest", "every day of the week: no clock would ever run");
  if (std::ranges::adjacent_find(m.rest_dates, std::ranges::greater_equal{}) != m.rest_dates.end())
    return bad("rest", "dates repeat or do not ascend");
  TRUCE_CHECK(check_path(m.path));
  if (m.duty) {
    if (m.duty->days < 1 || m.duty->days > 366) return bad("duty", "days are 1 to 366");
    if (m.duty->order.empty()) return bad("duty", "names nobody");
    for (const std::string& id : m.duty->order) {
      const Party* p = m.party(id);
      if (p == nullptr || !p->receives()) return bad("duty", quoted(id) + " is no guarantor or observer");
    }
  }
  if (m.excluded_version < 0 || (m.excluded_version == 0) != m.excluded.empty())
    return bad("excluded_groups", "a register has a version from 1 and a group");
  for (std::size_t i = 0; i < m.excluded.size(); ++i) {
    const ExcludedGroup& g = m.excluded[i];
    TRUCE_CHECK(check_id(g.actor, "excluded group"));
    if (g.name.empty() || g.name.size() > kNameBytesMax)
      return bad("excluded_groups", "a name is not 1 to 200 bytes long");
    if (i != 0 && !(m.excluded[i - 1].actor < g.actor)) return bad("excluded_groups", "groups repeat or do not ascend");
    for (const std::string& id : g.dissent)
      if (m.party(id) == nullptr) return bad("excluded_groups", quoted(id) + " is no party");
    if (std::ranges::adjacent_find(g.dissent, std::ranges::greater_equal{}) != g.dissent.end())
      return bad("excluded_groups", "dissent repeats or does not ascend");
  }
  if (m.evidence_use != "public" && m.evidence_use != "parties" && m.evidence_use != "none")
    return bad("permitted_use", "evidence is public, parties or none");
  if (m.permitted_use.size() > kUseBytesMax) return bad("permitted_use", "its text is longer than 2000 bytes");
  if ((m.version == 0) != !m.amends)
    return bad("version", "0 as founded; an amendment has a version and names what it amends");
  if (m.received_by < 0) return bad("quorum", "received_by is not positive");
  for (const Party& p : m.parties) {
    const Quorum q = quorum_for(m, p.id);
    if (!q.is_safe(m.accomplices)) {
      return bad("quorum", std::to_string(q.needed) + " of the " + std::to_string(q.others) + " others of " + p.id +
                               " is not safe: twice that must be more than " +
                               std::to_string(q.others + m.accomplices) + ", and it must be reachable");
    }
  }
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

const EndedLog* Party::ended_log(std::string_view log) const {
  const auto it = std::ranges::find(ended, log, &EndedLog::log);
  return it != ended.end() ? &*it : nullptr;
}

const Party* Mechanism::party(std::string_view id) const {
  for (const Party& p : parties) {
    if (p.id == id) return &p;
  }
  return nullptr;
}

const Rule& Mechanism::rule(std::string_view subject) const {
  const auto it = decisions.find(subject);
  return it != decisions.end() ? it->second : decision;
}

bool Mechanism::knows_silence() const {
  return decision.rule == "silence" ||
         std::ranges::any_of(decisions, [](const auto& subject) { return subject.second.rule == "silence"; });
}

std::vector<std::string> Mechanism::deciders(const Rule& r) const {
  std::vector<std::string> out;
  for (const Party& p : parties) {
    if (p.receives() && (r.of == "all" || p.role == Role::kGuarantor)) out.push_back(p.id);
  }
  return out;
}

std::string Mechanism::on_duty(Date day) const {
  const std::vector<std::string> order = duty ? duty->order : deciders(decision);
  if (order.empty()) return {};
  const std::int64_t turn = duty ? duty->days : 1;
  const std::int64_t since = std::int64_t{day.days} - (duty ? duty->from.days : 0);
  const auto n = static_cast<std::int64_t>(order.size());
  const std::int64_t turns = since >= 0 ? since / turn : -((-since + turn - 1) / turn);
  return order[static_cast<std::size_t>(((turns % n) + n) % n)];
}

bool Mechanism::is_rest_day(Date day) const {
  const int weekday = ((day.days % 7) + 7 + 3) % 7 + 1;  // 1970-01-01 was a Thursday
  return std::ranges::find(rest_weekdays, weekday) != rest_weekdays.end() ||
         std::ranges::binary_search(rest_dates, day);
}

Quorum quorum_for(const Mechanism& mechanism, std::string_view author) {
  Quorum q;
  std::int64_t members = 0;
  for (const Party& p : mechanism.parties) {
    if (!p.receives()) continue;
    ++members;
    q.others += p.id != author;
  }
  if (q.others == 0) return q;
  const std::int64_t safe = (q.others + mechanism.accomplices) / 2 + 1;
  // A stated number is meant for members; a humanitarian's statements have one other more.
  q.needed = mechanism.received_by != 0 && q.others < members ? mechanism.received_by : safe;
  return q;
}

Result<std::string> Mechanism::to_bytes() const {
  TRUCE_CHECK(check(*this));
  Json list = Json::array();
  for (const Party& p : parties) {
    Json j = Json::object({{"id", p.id},
                           {"keys", Json::object({{"cosign", to_base64url(p.keys.cosign)},
                                                  {"log", to_base64url(p.keys.log)},
                                                  {"x25519", to_base64url(p.keys.x25519)}})},
                           {"name", p.name},
                           {"role", role_name(p.role)}});
    if (p.named != (p.role != Role::kHumanitarian)) j.set("named", p.named);
    if (p.main != "main") j.set("main", p.main);
    if (p.left) j.set("left", true);
    if (!p.ended.empty()) {
      Json ended = Json::array();
      for (const EndedLog& e : p.ended) {
        ended.push_back(Json::object({{"key", to_base64url(e.key)},
                                      {"log", e.log},
                                      {"root", e.root.base64url()},
                                      {"size", static_cast<std::int64_t>(e.size)}}));
      }
      j.set("ended", std::move(ended));
    }
    list.push_back(std::move(j));
  }
  Json edition_list = Json::array();
  for (const std::string& e : editions) edition_list.push_back(e);
  Json rules = Json::object({{"default", rule_json(decision)}});
  for (const auto& [subject, r] : decisions) rules.set(subject, rule_json(r));
  Json counted = Json::object({{"accomplices", accomplices}});
  if (received_by != 0) counted.set("received_by", received_by);
  Json json = Json::object({
      {"borders", borders},
      {"days", Json::object({{"cutoff", days.cutoff_minutes}, {"offsets", day_offsets(days)}})},
      {"decisions", std::move(rules)},
      {"editions", std::move(edition_list)},
      {"killed_best", killed_best},
      {"kind", exercise ? "exercise" : "actual"},
      {"name", name},
      {"parties", std::move(list)},
      {"quorum", std::move(counted)},
      {"quota", Json::object({{"statements_per_party_and_day", quota_statements}})},
      {"rules", Json::object({{"version", rules_version}})},
      {"v", 1},
  });
  // What holds by default is left out: one meaning, one sequence of bytes.
  if (amends) {
    json.set("amends", amends->hex());
    json.set("version", version);
  }
  if (duty) {
    Json order = Json::array();
    for (const std::string& id : duty->order) order.push_back(id);
    json.set("duty",
             Json::object({{"days", duty->days}, {"from", duty->from.to_string()}, {"order", std::move(order)}}));
  }
  if (excluded_version != 0) {
    Json groups = Json::array();
    for (const ExcludedGroup& g : excluded) {
      Json j = Json::object({{"actor", g.actor}, {"name", g.name}});
      if (!g.dissent.empty()) {
        Json dissent = Json::array();
        for (const std::string& id : g.dissent) dissent.push_back(id);
        j.set("dissent", std::move(dissent));
      }
      groups.push_back(std::move(j));
    }
    json.set("excluded_groups", Json::object({{"groups", std::move(groups)}, {"version", excluded_version}}));
  }
  if (path != Mechanism().path) {
    Json steps = Json::array();
    for (const std::string& step : path) steps.push_back(step);
    json.set("path", std::move(steps));
  }
  if (evidence_use != "public" || !permitted_use.empty()) {
    Json use = Json::object({{"evidence", evidence_use}});
    if (!permitted_use.empty()) use.set("text", permitted_use);
    json.set("permitted_use", std::move(use));
  }
  if (!rest_weekdays.empty() || !rest_dates.empty()) {
    Json rest = Json::object();
    Json dates = Json::array(), weekdays = Json::array();
    for (const Date& d : rest_dates) dates.push_back(d.to_string());
    for (const int d : rest_weekdays) weekdays.push_back(d);
    if (!rest_dates.empty()) rest.set("dates", std::move(dates));
    if (!rest_weekdays.empty()) rest.set("weekdays", std::move(weekdays));
    json.set("rest", std::move(rest));
  }
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
      TRUCE_TRY(m.decision, parse_rule(*by_default, "default"));
    }
    for (const std::string_view subject : kSubjects) {
      if (const Json* r = d.member(subject)) {
        TRUCE_TRY(m.decisions[std::string(subject)], parse_rule(*r, subject));
      }
    }
    TRUCE_CHECK(d.finish(ErrorCode::kInvalidMechanism));
  }
  if (const Json* j = f.required("quorum")) {
    JsonFields q(*j, "quorum");
    m.accomplices = q.integer("accomplices", 0, 64);
    m.received_by = q.integer_opt("received_by", 1, 64).value_or(0);
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
  if (const std::string amends = f.text_or("amends", "", 64); !amends.empty()) {
    TRUCE_TRY(m.amends, Hash::from_hex(amends));
  }
  m.version = f.integer_opt("version", 1, 1'000'000).value_or(0);
  if (const Json* j = f.member("duty")) {
    JsonFields d(*j, "duty");
    m.duty.emplace();
    m.duty->days = d.integer("days", 1, 366);
    TRUCE_TRY(m.duty->from, Date::parse(d.text("from", 10)));
    m.duty->order = d.texts_or_empty("order", kPartyCountMax, 32);
    TRUCE_CHECK(d.finish(ErrorCode::kInvalidMechanism));
  }
  if (const Json* j = f.member("excluded_groups")) {
    JsonFields x(*j, "excluded_groups");
    m.excluded_version = x.integer("version", 1, 1'000'000);
    for (const Json& group : x.array_or_empty("groups", kExcludedCountMax)) {
      JsonFields g(group, "excluded_groups");
      ExcludedGroup out;
      out.actor = g.text("actor", 32);
      out.name = g.text("name", kNameBytesMax);
      out.dissent = g.texts_or_empty("dissent", kPartyCountMax, 32);
      TRUCE_CHECK(g.finish(ErrorCode::kInvalidMechanism));
      m.excluded.push_back(std::move(out));
    }
    TRUCE_CHECK(x.finish(ErrorCode::kInvalidMechanism));
  }
  if (f.has("path")) m.path = f.texts_or_empty("path", std::size(kPathSteps), 32);
  if (const Json* j = f.member("permitted_use")) {
    JsonFields u(*j, "permitted_use");
    m.evidence_use = u.text("evidence", 16);
    m.permitted_use = u.text_or("text", "", kUseBytesMax);
    TRUCE_CHECK(u.finish(ErrorCode::kInvalidMechanism));
  }
  if (const Json* j = f.member("rest")) {
    JsonFields r(*j, "rest");
    for (const std::string& d : r.texts_or_empty("dates", kRestDateCountMax, 10)) {
      TRUCE_TRY(const Date date, Date::parse(d));
      m.rest_dates.push_back(date);
    }
    for (const Json& d : r.array_or_empty("weekdays", 7)) {
      if (!d.is_integer() || d.as_integer() < 1 || d.as_integer() > 7) {
        r.fault("weekdays", "are 1 to 7");
      } else {
        m.rest_weekdays.push_back(static_cast<int>(d.as_integer()));
      }
    }
    TRUCE_CHECK(r.finish(ErrorCode::kInvalidMechanism));
  }
  for (const Json& j : f.array_or_empty("parties", kPartyCountMax)) {
    TRUCE_TRY(Party p, parse_party(j));
    m.parties.push_back(std::move(p));
  }
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidMechanism));
  TRUCE_CHECK(check(m));
  // A member that says what holds without it would be a second spelling of the same document.
  TRUCE_TRY(const std::string again, m.to_bytes());
  if (again != bytes) return fail(ErrorCode::kInvalidMechanism, "a member says what holds without it", "mechanism");
  return m;
}

Hash mechanism_id(std::string_view founding_bytes) {
  return sha256(founding_bytes);
}

}  // namespace truce::mechanism
