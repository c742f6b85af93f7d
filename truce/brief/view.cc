// SPDX-License-Identifier: Apache-2.0

#include "truce/brief/view.h"

#include <set>

#include "truce/base/decimal.h"
#include "truce/base/time.h"
#include "truce/brief/content.h"

namespace truce::brief {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kMinuteMs = 60'000;

// Date and minutes of a time that was shifted to its offset.
struct Local {
  Date date;
  std::int64_t minute = 0;
};
Local local(std::int64_t ms) {
  Local l;
  l.date = date_of(Instant{ms}, 0, 0);
  l.minute = (ms - l.date.start_utc().ms) / kMinuteMs;
  return l;
}
std::string clock(std::int64_t minute) {
  const auto two = [](std::int64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  return two(minute / 60) + ':' + two(minute % 60);
}

// E7 rounded to so many decimals, with a fixed number of digits.
std::string rounded_degrees(std::int64_t e7, int decimals) {
  std::int64_t unit = 1;
  for (int i = decimals; i < 7; ++i) unit *= 10;
  const std::int64_t half = e7 < 0 ? -unit / 2 : unit / 2;
  std::string out = decimal_to_string((e7 + half) / unit, decimals);
  std::size_t dot = out.find('.');
  if (dot == std::string::npos) dot = out.size(), out += '.';
  while (out.size() - dot - 1 < static_cast<std::size_t>(decimals)) out += '0';
  return out;
}

}  // namespace

View::View(const Json& brief, const Words& words)
    : json_(brief), words_(words), rows_(brief.find("incidents")->find("rows")->as_array()) {
  const Json::Array& columns = brief.find("incidents")->find("columns")->as_array();
  for (std::size_t i = 0; i < columns.size(); ++i) columns_[columns[i].as_string()] = i;
  for (const Json& z : brief.find("zones")->as_array()) zones_[z.find("id")->as_string()] = &z;
  for (const Json& d : brief.find("days")->as_array())
    offset_minutes_[d.as_array()[0].as_string()] = d.as_array()[3].as_integer();
}

std::int64_t View::incident_count() const {
  return static_cast<std::int64_t>(rows_.size());
}
Incident View::incident(std::int64_t row) const {
  return {rows_[static_cast<std::size_t>(row)].as_array(), columns_};
}

std::string View::bdi(std::string_view text) {
  return "<bdi>" + escaped(text) + "</bdi>";
}
std::string View::plain(std::string_view text) {
  return std::string(kFirstStrongIsolate) + escaped(text) + std::string(kPopIsolate);
}

std::string View::name_in_language(const Json* names, std::string_view otherwise) const {
  if (names == nullptr || !names->is_object() || names->as_object().empty()) return std::string(otherwise);
  for (const std::string& tag : {words_.lang(), std::string("en")}) {
    if (const Json* name = names->find(tag); name != nullptr && name->is_string()) return name->as_string();
  }
  const Json& first = names->as_object().front().second;
  return first.is_string() ? first.as_string() : std::string(otherwise);
}

std::string View::zone_text(std::string_view id) const {
  const auto it = zones_.find(id);
  return name_in_language(it != zones_.end() ? it->second->find("names") : nullptr, id);
}
std::string View::zone_kind(std::string_view id) const {
  const auto it = zones_.find(id);
  return it != zones_.end() ? it->second->find("kind")->as_string() : std::string();
}
std::string View::zone_names(std::string_view joined) const {
  std::string out;
  for (const std::string& id : split_ids(joined)) out += (out.empty() ? "" : ", ") + zone_name(id);
  return out;
}
std::string View::actor_name(std::string_view id) const {
  const Json* actors = json_.find("actors");
  return bdi(name_in_language(actors != nullptr ? actors->find(id) : nullptr, id));
}

std::string View::party_text(std::string_view id) const {
  for (const Json& p : json_.find("mechanism")->find("parties")->as_array()) {
    if (*p.find("id") == Json(id)) return p.find("name")->as_string();
  }
  return std::string(id);
}

std::string View::party_names(std::string_view joined) const {
  const auto name = [this](const std::string& id) { return bdi(party_text(id)); };
  std::string out, said;
  for (const std::string& id : split_ids(joined)) {
    std::string& list = id.starts_with("said:") ? said : out;
    list += (list.empty() ? "" : ", ") + name(id.starts_with("said:") ? id.substr(5) : id);
  }
  if (!said.empty()) out += (out.empty() ? "" : "; ") + words_.say(Text::kSaidToBeOf, {said});
  return out;
}
std::string View::mechanism_name() const {
  return json_.find("mechanism")->find("name")->as_string();
}

std::string View::time_of(const Incident& i) const {
  const std::int64_t from_ms = i.integer("from");
  const std::int64_t to_ms = i.integer("to");
  const auto whole = [](std::int64_t ms) { return ms % kDayMs == 0; };
  if (whole(from_ms) && whole(to_ms) && from_ms < to_ms) {
    const std::string first = local(from_ms).date.to_string();
    const std::string last = (local(to_ms).date + -1).to_string();
    if (first == last) return words_.say(Text::kWholeDay, {words_.short_day(first)});
    return words_.say(Text::kWholeDays, {words_.short_day(first), words_.short_day(last)});
  }
  const auto it = offset_minutes_.find(i.text("day"));
  const std::int64_t shift = (it != offset_minutes_.end() ? it->second : 0) * kMinuteMs;
  const Local from = local(from_ms + shift);
  const Local to = local(to_ms + shift);
  std::string out = words_.short_day(from.date.to_string()) + ' ' + clock(from.minute);
  if (from.date != to.date) {
    out += " \u2013 " + words_.short_day(to.date.to_string()) + ' ' + clock(to.minute);
  } else if (from.minute != to.minute) {
    out += "\u2013" + clock(to.minute);
  }
  if (const std::int64_t minutes = i.integer("precision_s") / 60; minutes > 0) {
    out += ' ' + words_.say(Text::kPrecision, {words_.hours(minutes)});
  }
  return out;
}

std::string View::utc(std::int64_t ms) const {
  const Local l = local(ms);
  return words_.day(l.date.to_string()) + ' ' + clock(l.minute) + " UTC";
}

std::string View::place_of(const Incident& i) const {
  const std::string& ref = i.text("place");
  const std::string within =
      i.integer("radius_m") > 0 ? words_.say(Text::kWithin, {words_.distance(i.integer("radius_m"))}) : std::string();
  std::string where;
  if (!i.at("lat_e7").is_null()) {
    const int decimals = is_public() || i.integer("radius_m") >= 5'000 ? 2 : 4;
    where = rounded_degrees(i.integer("lat_e7"), decimals) + ", " + rounded_degrees(i.integer("lng_e7"), decimals);
  }
  if (!ref.empty()) {
    const std::string kind = zone_kind(ref);
    if (const Json* names = json_.find("places")->find(ref)) {
      where = bdi(name_in_language(names, ref));
    } else if (kind == "observation-post") {
      where += (where.empty() ? "" : "; ") + words_.say(Text::kSeenFrom, {zone_name(ref)});
    } else if (!kind.empty()) {
      where = words_.say(Text::kInZone, {zone_name(ref)});
    } else if (where.empty()) {
      where = bdi(ref);
    }
  }
  if (where.empty()) return words_.say(Text::kPlaceNotKnown);
  return within.empty() ? where : where + "<small>" + within + "</small>";
}

std::string View::days_label() const {
  return words_.days(text("first_day"), text("last_day"));
}

std::string View::offsets_label() const {
  std::string out;
  std::set<std::int64_t> seen;
  for (const auto& [day, minutes] : offset_minutes_) {
    if (!seen.insert(minutes).second) continue;
    out += out.empty() ? "" : ", ";
    out += minutes == 0 ? std::string("UTC") : "UTC" + offset_to_string(static_cast<int>(minutes));
  }
  return out;
}

std::string View::day_begin_label() const {
  std::set<std::int64_t> minutes;
  for (const Json& d : json_.find("days")->as_array()) {
    const Json::Array& c = d.as_array();
    minutes.insert(local(c[1].as_integer() + c[3].as_integer() * kMinuteMs).minute);
  }
  if (minutes == std::set<std::int64_t>{0}) return {};
  std::string out;
  for (const std::int64_t m : minutes) out += (out.empty() ? "" : ", ") + clock(m);
  return out;
}

std::string View::map_description() const {
  const Json& map = *json_.find("map");
  if (map.is_null()) return words_.say(Text::kMapEmpty);
  std::set<std::string> zones;
  for (const Json& s : map.find("shapes")->as_array()) {
    if (s.find("label") != nullptr) zones.insert(s.find("zone")->as_string());
  }
  std::string names;
  for (const std::string& id : zones) names += (names.empty() ? "" : ", ") + zone_name_plain(id);
  const auto incidents = static_cast<std::int64_t>(map.find("incidents")->as_array().size());
  return words_.count(Text::kMapDescription, incidents,
                      {words_.number(incidents), names.empty() ? words_.say(Text::kNone) : names});
}

}  // namespace truce::brief
