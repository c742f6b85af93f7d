// SPDX-License-Identifier: Apache-2.0

#include "truce/brief/incident_export.h"

#include <vector>

#include "truce/base/decimal.h"
#include "truce/base/json.h"
#include "truce/base/time.h"

namespace truce::brief {
namespace {

constexpr std::string_view kExercise = "EXERCISE";

std::string number(const picture::OptInt& v) {
  return v ? std::to_string(*v) : std::string();
}
std::string degrees(const picture::OptInt& e7) {
  return e7 ? decimal_to_string(*e7, 7) : std::string();
}
std::string utc(picture::Int ms) {
  const Instant t{ms};
  return t.is_valid() ? to_string(t) : std::string();
}

void add_property(std::string& out, std::string_view name, std::string_view json_value) {
  if (out.back() != '{') out += ',';
  append_json_string(out, name);
  out += ':';
  out += json_value;
}
void add_text(std::string& out, std::string_view name, std::string_view text) {
  std::string value;
  append_json_string(value, text);
  add_property(out, name, value);
}

}  // namespace

std::string csv_field(std::string_view text) {
  std::string out;
  if (!text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos) out = "'";
  out += text;
  if (out.find_first_of(",\"\r\n") == std::string::npos) return out;
  std::string quoted_text = "\"";
  for (const char c : out) {
    if (c == '"') quoted_text += '"';
    quoted_text += c;
  }
  return quoted_text + '"';
}

// The best figure where the mechanism's rule gives one, else the range: "2-4".
static std::string figure(const picture::OptInt& low, const picture::OptInt& best, const picture::OptInt& high) {
  if (best || !low || !high) return number(best);
  return std::to_string(*low) + '-' + std::to_string(*high);
}

std::string incidents_csv(std::span<const picture::IncidentRow> rows, bool exercise) {
  std::string out(kIncidentCsvHeader);
  out += exercise ? ",mark\n" : "\n";
  for (const picture::IncidentRow& r : rows) {
    const std::string cells[] = {csv_field(r.id),
                                 utc(r.from_ms),
                                 utc(r.to_ms),
                                 degrees(r.lat_e7),
                                 degrees(r.lng_e7),
                                 std::to_string(r.radius_m),
                                 csv_field(r.kind),
                                 csv_field(r.zones),
                                 csv_field(r.zones_any),
                                 csv_field(r.relation),
                                 std::to_string(r.reports),
                                 csv_field(r.parties),
                                 figure(r.killed_low, r.killed_best, r.killed_high),
                                 figure(r.injured_low, r.injured_best, r.injured_high)};
    bool first = true;
    for (const std::string& cell : cells) {
      if (!first) out += ',';
      out += cell;
      first = false;
    }
    if (exercise) (out += ',') += kExercise;
    out += '\n';
  }
  return out;
}

std::string incidents_geojson(std::span<const picture::IncidentRow> rows, bool exercise) {
  std::string out = "{\"type\":\"FeatureCollection\",";
  if (exercise) out += "\"name\":\"EXERCISE incidents\",\"exercise\":true,";
  out += "\"features\":[";
  bool first = true;
  for (const picture::IncidentRow& r : rows) {
    out += first ? "\n" : ",\n";
    first = false;
    out += "{\"type\":\"Feature\",\"geometry\":";
    if (r.lat_e7 && r.lng_e7) {
      out += "{\"type\":\"Point\",\"coordinates\":[" + degrees(r.lng_e7) + ',' + degrees(r.lat_e7) + "]}";
    } else {
      out += "null";
    }
    std::string p = "{";
    add_text(p, "incident", r.id);
    add_text(p, "from", utc(r.from_ms));
    add_text(p, "to", utc(r.to_ms));
    add_property(p, "radius_m", std::to_string(r.radius_m));
    add_text(p, "kind", r.kind);
    add_text(p, "zones", r.zones);
    add_text(p, "zones_any", r.zones_any);
    add_text(p, "relation", r.relation);
    add_property(p, "reports", std::to_string(r.reports));
    add_text(p, "parties", r.parties);
    add_property(p, "killed_best", r.killed_best ? std::to_string(*r.killed_best) : "null");
    add_property(p, "injured_best", r.injured_best ? std::to_string(*r.injured_best) : "null");
    if (exercise) add_text(p, "mark", kExercise);
    out += ",\"properties\":" + p + "}}";
  }
  out += "\n]}\n";
  return out;
}

}  // namespace truce::brief
