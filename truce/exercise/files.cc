// SPDX-License-Identifier: Apache-2.0

#include "truce/exercise/files.h"

#include <fmt/format.h>

#include "truce/base/csv.h"
#include "truce/base/decimal.h"
#include "truce/base/math.h"
#include "truce/exercise/places.h"

namespace truce::exercise {
namespace {

// "36.26668": five decimals, as coordinates of the files have.
void append_degrees(std::string& out, std::int32_t e7) {
  constexpr std::int64_t kFileUnitE7 = 100, kPerDegree = 100'000;
  const std::int64_t u = e7 / kFileUnitE7, positive = u < 0 ? -u : u;
  fmt::format_to(std::back_inserter(out), "{}{}.{:05}", u < 0 ? "-" : "", positive / kPerDegree, positive % kPerDegree);
}

void append_time(std::string& out, std::int64_t at_s) {
  out += to_string(Instant{at_s * 1000});
}

std::int64_t whole(double x) {
  return math::round_to_integer(x);
}
std::int64_t milli(double x) {
  return whole(x * 1000);
}

Json point_json(geo::LatLng p) {
  Json j = Json::array();
  j.push_back(p.lat_e7);
  j.push_back(p.lng_e7);
  return j;
}

Json party_json(const HiddenParty& p) {
  return Json::object({{"id", p.id},
                       {"side", p.side},
                       {"reports_milli", milli(p.reports)},
                       {"further_milli", milli(p.further)},
                       {"factor_own_milli", milli(p.factor_own)},
                       {"factor_other_milli", milli(p.factor_other)},
                       {"factor_neutral_milli", milli(p.factor_neutral)},
                       {"confusion_milli", milli(p.confusion)},
                       {"village_milli", milli(p.village)},
                       {"told_milli", milli(p.told)},
                       {"states_harm_milli", milli(p.states_harm)},
                       {"village_m", p.village_m},
                       {"precise_m", p.precise_m}});
}

Json reporter_json(const HiddenReporter& r, const HiddenParty& p) {
  return Json::object({{"id", r.id},
                       {"party", p.id},
                       {"time_error_milli", milli(r.time_error)},
                       {"place_error_milli", milli(r.place_error)},
                       {"rounds", r.rounds}});
}

Json post_json(const HiddenPost& p, const World& w) {
  return Json::object({{"id", p.id},
                       {"party", w.parties[p.party].id},
                       {"at_e7", point_json(p.at)},
                       {"hearing_m", whole(p.hearing_m)},
                       {"clock_offset_s", p.clock_offset_s},
                       {"bearing_bias_mdeg", p.bearing_bias_mdeg},
                       {"bearing_error_mdeg", p.bearing_error_mdeg},
                       {"distance_factor_milli", milli(p.distance_factor)},
                       {"distance_error_milli", milli(p.distance_error)},
                       {"attention_milli", milli(p.attention)}});
}

std::string place_id(std::size_t index) {
  return fmt::format("place-{:03}", index + 1);
}

// "name": [ one a line ],
template <typename Add>
void append_list(std::string& out, std::string_view name, std::size_t count, Add&& add) {
  out += fmt::format("\"{}\":[", name);
  for (std::size_t i = 0; i < count; ++i) {
    out += i == 0 ? "\n" : ",\n";
    add(i).append_canonical(out);
  }
  out += "],\n";
}

}  // namespace

void append_report(std::string& out, const World& w, const ReportRow& row) {
  out += report_id(row.number);
  out += ',';
  out += w.parties[row.party].id;
  out += ',';
  out += row.reporter;
  out += ',';
  append_time(out, row.at_s);
  fmt::format_to(std::back_inserter(out), ",{},", row.precision_s);
  if (row.is_bearing) out += ",,,";
  append_degrees(out, row.at.lat_e7);
  out += ',';
  append_degrees(out, row.at.lng_e7);
  if (row.is_bearing) {
    fmt::format_to(std::back_inserter(out), ",{},{},", row.bearing_deg, row.distance_m);
  } else {
    fmt::format_to(std::back_inserter(out), ",{},,,,,", row.radius_m);
  }
  fmt::format_to(std::back_inserter(out), "{},{},{},", monitor::means_code(row.means), monitor::kind_code(row.kind),
                 row.count);
  if (row.killed) out += std::to_string(*row.killed);
  out += ',';
  if (row.injured) out += std::to_string(*row.injured);
  out += '\n';
}

void append_truth(std::string& out, const ReportRow& row) {
  out += report_id(row.number) + ',' + incident_id(row.incident) + '\n';
}

void append_patrol(std::string& out, const World& w, const PatrolRow& p) {
  out += patrol_id(p.number) + ',' + w.parties[p.party].id + ',' + p.reporter + ',';
  append_time(out, p.from_s);
  out += ',';
  append_time(out, p.to_s);
  out += fmt::format(",{},", kPatrolPrecision);
  append_degrees(out, p.at.lat_e7);
  out += ',';
  append_degrees(out, p.at.lng_e7);
  out += fmt::format(",{},,patrol,{},{},{}\n", kPatrolRadius, p.zone, p.day_minutes, p.night_minutes);
}

void append_patrol_truth(std::string& out, const PatrolRow& p) {
  out += patrol_id(p.number) + ',' + patrol_id(p.number) + '\n';
}

std::string places_csv(const World& w) {
  std::string out = "id,name,lat,lon,radius_m\n";
  for (std::size_t i = 0; i < w.places.size(); ++i) {
    out += place_id(i) + ',';
    append_csv_field(out, w.places[i].name);
    out += ',';
    append_degrees(out, w.places[i].at.lat_e7);
    out += ',';
    append_degrees(out, w.places[i].at.lng_e7);
    out += fmt::format(",{}\n", kPlaceRadius);
  }
  return out;
}

std::vector<monitor::NamedPlace> place_list(const World& w) {
  std::vector<monitor::NamedPlace> list;
  for (std::size_t i = 0; i < w.places.size(); ++i)
    list.push_back({place_id(i), w.places[i].at, kPlaceRadius, {{"en", w.places[i].name}}, {}});
  return list;
}

std::string zones_geojson(const World& w) {
  constexpr std::int32_t kDaysBefore = -30;
  const std::string since = to_string((w.options.from + kDaysBefore).start_utc());
  std::string out = R"({"type":"FeatureCollection","features":[)";
  bool first = true;
  const auto feature = [&](const std::string& id, const std::string& name, monitor::ZoneKind kind,
                           const std::string& geometry) {
    out += first ? "\n" : ",\n";
    first = false;
    out += R"({"type":"Feature","id":)";
    append_json_string(out, id);
    out += R"(,"properties":)";
    Json properties = Json::object({{"kind", monitor::zone_kind_code(kind)}, {"name", name}, {"valid_from", since}});
    properties.append_canonical(out);
    out += R"(,"geometry":)" + geometry + '}';
  };
  for (const ExerciseZone& z : w.zones) feature(z.id, z.name, z.kind, z.geometry);
  for (const HiddenPost& p : w.posts) {
    feature(p.id, "Observation post " + p.id.substr(3), monitor::ZoneKind::kObservationPost,
            fmt::format(R"({{"type":"Point","coordinates":[{},{}]}})", decimal_to_string(p.at.lng_e7, 7),
                        decimal_to_string(p.at.lat_e7, 7)));
  }
  return out + "]}\n";
}

std::string scenario_head(const World& w) {
  std::string out = R"({"exercise":true,"format":1,"places_from":)";
  append_json_string(out, kPlacesAttribution);
  out += ",\n\"options\":";
  w.options.to_json().append_canonical(out);
  out += ",\n";
  append_list(out, "parties", w.parties.size(), [&](std::size_t i) { return party_json(w.parties[i]); });
  append_list(out, "posts", w.posts.size(), [&](std::size_t i) { return post_json(w.posts[i], w); });
  std::vector<Json> reporters;
  for (std::size_t p = 0; p < w.parties.size(); ++p)
    for (const HiddenReporter& r : w.reporters[p]) reporters.push_back(reporter_json(r, w.parties[p]));
  append_list(out, "reporters", reporters.size(), [&](std::size_t i) { return reporters[i]; });
  append_list(out, "places", w.places.size(), [&](std::size_t i) {
    const ExercisePlace& p = w.places[i];
    return Json::object(
        {{"name", p.name}, {"at_e7", point_json(p.at)}, {"weight_milli", milli(p.weight)}, {"side", p.side}});
  });
  return out + "\"incidents\":[";
}

void append_incident(std::string& out, const Incident& e, bool first) {
  out += first ? "\n" : ",\n";
  fmt::format_to(std::back_inserter(out),
                 R"({{"id":"{}","at":"{}","at_e7":[{},{}],"near":{},"kind":"{}","count":{},"killed":{},"injured":{},)"
                 R"("fired_by":{},"direction_deg":{},"burst":{},"reports":{})",
                 incident_id(e.number), to_string(Instant{e.at_s * 1000}), e.place.lat_e7, e.place.lng_e7, e.near,
                 monitor::kind_code(kKinds[e.kind]), e.count, e.killed, e.injured, e.fired_by, e.direction_deg,
                 e.is_burst, e.reports);
  if (e.answers != 0) out += R"(,"answers":")" + incident_id(e.answers) + '"';
  out += '}';
}

std::string scenario_tail() {
  return "]}\n";
}

}  // namespace truce::exercise
