// SPDX-License-Identifier: Apache-2.0

#include "truce/brief/content.h"

#include <algorithm>
#include <tuple>

#include "truce/base/encoding.h"
#include "truce/brief/content_maker.h"
#include "truce/geo/geometry_blob.h"
#include "truce/monitor/taxonomy.h"

namespace truce::brief {
namespace {

// Names of changed members as the public edition says them.
std::string_view coarse_member(std::string_view name) {
  if (name == "from" || name == "to" || name == "precision_s") return "time";
  if (name == "place" || name == "kind" || name == "count") return name;
  if (name == "subkind") return "kind";
  if (name == "killed" || name == "injured") return "casualties";
  return "other";
}

}  // namespace

Json parse_more(const IncidentRow& r) {
  if (r.more.empty()) return Json::object();
  auto j = Json::parse_canonical(r.more);
  return j && j->is_object() ? std::move(j).value() : Json::object();
}

Status Maker::check() const {
  const auto bad = [](std::string what, std::string message) {
    return fail(ErrorCode::kInvalidArgument, std::move(message), std::move(what));
  };
  if (request_.last_day < request_.first_day) return bad("days", "the last day is before the first");
  if (request_.last_day.days - request_.first_day.days >= kBriefDaysMax) {
    return bad("days", "a brief spans at most " + std::to_string(kBriefDaysMax) + " days");
  }
  TRUCE_CHECK(Words::in(request_.lang));
  return {};
}

Status Maker::read_zones() {
  TRUCE_TRY(std::vector<picture::ZoneRow> rows, picture::read_rows<picture::ZoneRow>(tables_));
  bool found = request_.zone.empty();
  for (picture::ZoneRow& row : rows) {
    const auto kind = monitor::zone_kind_from_code(row.kind);
    if (!kind) return fail(ErrorCode::kBadDatabase, quoted(row.kind) + " is not a kind of zone", "zone " + row.zone);
    Zone z;
    z.kind = *kind;
    z.in_force =
        row.valid_from_ms.value_or(Instant::kMin) < end_.ms && start_.ms < row.valid_to_ms.value_or(Instant::kMax);
    if (row.zone == request_.zone) {
      found = true;
      if (!monitor::is_ring_zone(z.kind)) {
        return fail(ErrorCode::kInvalidArgument, "is a " + row.kind + ", which holds no incidents", "zone " + row.zone);
      }
    }
    if (monitor::is_ring_zone(z.kind) && z.in_force && (request_.zone.empty() || row.zone == request_.zone)) {
      ring_in_force_.insert(row.zone);
    }
    z.row = std::move(row);
    zones_.push_back(std::move(z));
  }
  if (!found) return fail(ErrorCode::kNotFound, "there is no such zone", "zone " + request_.zone);
  for (Zone& z : zones_) {
    const bool hidden =
        is_public_ && (z.kind == monitor::ZoneKind::kObservationPost || z.kind == monitor::ZoneKind::kStorageSite);
    if (hidden || (!z.in_force && z.row.zone != request_.zone)) continue;
    TRUCE_TRY(const Hash hash, Hash::from_base64url(z.row.geometry));
    TRUCE_TRY(const std::string blob, blobs_(hash));
    // A damaged geometry is kept by the fold as a zone that holds nothing: it is not drawn.
    if (auto geometry = geo::parse_blob(blob)) z.geometry = std::move(geometry).value();
  }
  return {};
}

bool Maker::concerns(const IncidentRow& r) const {
  if (request_.zone.empty()) return true;
  for (const std::string& z : split_ids(r.zones)) {
    if (z == request_.zone) return true;
  }
  if (r.answers.empty()) return false;
  const auto answers = Json::parse_canonical(r.answers);
  if (!answers || !answers->is_array()) return false;
  return std::ranges::any_of(answers->as_array(), [&](const Json& a) {
    if (!a.is_array() || a.as_array().size() != 5) return false;
    const Json::Array& c = a.as_array();
    return c[0] == Json(request_.zone) && !(c[2] == Json("outside")) && c[4] == Json(1);
  });
}

Status Maker::read() {
  first_ = request_.first_day.to_string();
  last_ = request_.last_day.to_string();
  const std::int32_t length = request_.last_day.days - request_.first_day.days + 1;
  previous_first_ = (request_.first_day + -length).to_string();
  previous_last_ = (request_.first_day + -1).to_string();
  start_ = mechanism_.days.start_of(request_.first_day);
  end_ = mechanism_.days.start_of(request_.last_day + 1);
  TRUCE_CHECK(read_zones());
  TRUCE_TRY(rows_, picture::read_rows<IncidentRow>(tables_, first_, last_));
  TRUCE_TRY(previous_, picture::read_rows<IncidentRow>(tables_, previous_first_, previous_last_));
  TRUCE_TRY(findings_, picture::read_rows<picture::FindingRow>(tables_, first_, last_));
  if (!request_.zone.empty()) {
    std::erase_if(rows_, [this](const IncidentRow& r) { return !concerns(r); });
    std::erase_if(previous_, [this](const IncidentRow& r) { return !concerns(r); });
  }
  std::ranges::sort(rows_, {}, [](const IncidentRow& r) { return std::tie(r.from_ms, r.party, r.log, r.idx); });
  return read_places();
}

// Only the lists that an incident of these days names; a party's own list before another's of the same id.
Status Maker::read_places() {
  std::set<std::string> lists;
  for (const IncidentRow& r : rows_) {
    if (const std::size_t slash = r.place_ref.find('/'); slash != std::string::npos) {
      lists.insert(r.place_ref.substr(0, slash));
    }
  }
  if (lists.empty()) return {};
  TRUCE_TRY(const auto rows, picture::read_rows<picture::PlaceListRow>(tables_));
  for (const picture::PlaceListRow& row : rows) {
    if (!lists.contains(row.list) || lists_.contains({row.list, row.party})) continue;
    TRUCE_TRY(const Hash hash, Hash::from_base64url(row.blob));
    TRUCE_TRY(const std::string blob, blobs_(hash));
    if (auto places = monitor::places_from_blob(blob)) lists_[{row.list, row.party}] = std::move(places).value();
  }
  return {};
}

const monitor::NamedPlace* Maker::named(const IncidentRow& r) const {
  const std::size_t slash = r.place_ref.find('/');
  if (slash == std::string::npos) return nullptr;
  const std::string list = r.place_ref.substr(0, slash);
  const std::string id = r.place_ref.substr(slash + 1);
  auto it = lists_.find({list, r.party});
  if (it == lists_.end()) {
    it = lists_.lower_bound({list, std::string()});
    if (it == lists_.end() || it->first.first != list) return nullptr;
  }
  const auto place = std::ranges::lower_bound(it->second, id, {}, &monitor::NamedPlace::id);
  return place != it->second.end() && place->id == id ? &*place : nullptr;
}

void Maker::edit() {
  for (const IncidentRow& r : rows_) {
    if (is_public_ && !is_published_kind(r.kind)) continue;
    shown_.push_back(is_public_ ? published(r, named(r)) : r);
    exact_.push_back(&r);
  }
}

Json Maker::header() {
  Json days = Json::array();
  for (Date d = request_.first_day; d <= request_.last_day; d = d + 1) {
    int offset = 0;
    for (const mechanism::DayOffset& o : mechanism_.days.offsets) {
      if (o.from <= d) offset = o.minutes;
    }
    days.push_back(Json(Json::Array{Json(d.to_string()), Json(mechanism_.days.start_of(d).ms),
                                    Json(mechanism_.days.start_of(d + 1).ms), Json(offset)}));
  }
  Json parties = Json::array();
  for (const mechanism::Party& p : mechanism_.parties) {
    if (!may_name(p)) continue;
    parties.push_back(Json::object({{"id", p.id}, {"name", p.name}, {"role", mechanism::role_name(p.role)}}));
  }
  Json j = Json::object();
  j.set("type", "brief");
  j.set("v", 1);
  j.set("exercise", mechanism_.exercise);
  if (mechanism_.exercise) j.set("mark", "EXERCISE");
  j.set("edition", edition_name(request_.edition));
  j.set("lang", request_.lang);
  j.set("first_day", first_);
  j.set("last_day", last_);
  j.set("days", std::move(days));
  j.set("previous", Json(Json::Array{Json(previous_first_), Json(previous_last_)}));
  j.set("zone", request_.zone.empty() ? Json() : Json(request_.zone));
  j.set("mechanism",
        Json::object({{"id", facts_.mechanism.hex()}, {"name", mechanism_.name}, {"parties", std::move(parties)}}));
  j.set("picture", Json::object({{"as_of", facts_.as_of.ms},
                                 {"cut", facts_.cut},
                                 {"digest", facts_.digest.hex()},
                                 {"rules", facts_.rules_version}}));
  j.set("verify", kVerifyCommand);
  j.set("borders", borders_ == nullptr ? Json()
                                       : Json::object({{"disclaimer", borders_->disclaimer},
                                                       {"id", borders_->id},
                                                       {"sha256", borders_->sha256.hex()}}));
  return j;
}

// Ring zones that are in force or hold a shown incident, and in the parties' edition everything else in force: each id
// once, with the names of its first map.
Json Maker::zones_json() const {
  std::set<std::string> wanted = ring_in_force_;
  for (const IncidentRow& r : shown_) {
    for (const std::string& z : split_ids(r.zones)) wanted.insert(z);
    for (const std::string& z : split_ids(r.zones_any)) wanted.insert(z);
    if (!r.place_ref.empty() && r.place_ref.find('/') == std::string::npos) wanted.insert(r.place_ref);
  }
  Json out = Json::array();
  for (const Zone& z : zones_) {
    const bool ring = monitor::is_ring_zone(z.kind);
    const bool post = z.kind == monitor::ZoneKind::kObservationPost || z.kind == monitor::ZoneKind::kStorageSite;
    if (is_public_ && post) continue;
    if (!wanted.contains(z.row.zone) && (ring || !z.in_force)) continue;
    Json map = Json::object({{"party", z.row.said_by.empty() ? z.row.party : z.row.said_by}});
    if (!z.row.said_by.empty()) map.set("stated_by", z.row.party);
    if (z.row.valid_from_ms) map.set("valid_from", *z.row.valid_from_ms);
    if (z.row.valid_to_ms) map.set("valid_to", *z.row.valid_to_ms);
    if (!out.as_array().empty() && *out.as_array().back().find("id") == Json(z.row.zone)) {
      Json& last = out.as_array().back();
      Json maps = *last.find("maps");
      maps.push_back(std::move(map));
      last.set("maps", std::move(maps));
      if (z.in_force) last.set("in_force", true);
      continue;
    }
    auto names = Json::parse_canonical(z.row.names);
    out.push_back(Json::object({{"id", z.row.zone},
                                {"in_force", z.in_force},
                                {"kind", z.row.kind},
                                {"maps", Json(Json::Array{std::move(map)})},
                                {"names", names ? std::move(names).value() : Json::object()}}));
  }
  return out;
}

Json Maker::incidents_json() {
  static constexpr std::string_view kColumns[] = {
      "incident",   "day",         "from",         "to",         "precision_s", "lat_e7",  "lng_e7",
      "radius_m",   "place",       "kind",         "group",      "count",       "killed",  "injured",
      "zones",      "relation",    "forbidden_by", "assessment", "means",       "parties", "reports",
      "over_quota", "attribution", "details",      "posts",      "certainty"};
  Json columns = Json::array();
  for (const std::string_view c : kColumns) columns.push_back(c);
  Json rows = Json::array();
  const auto opt = [](const OptInt& v) { return v ? Json(*v) : Json(); };
  for (const IncidentRow& r : shown_) {
    Json details;
    if (!is_public_ && !r.more.empty()) {
      const Json more = parse_more(r);
      details = Json::object();
      for (const char* name : {"details", "text", "weapon"}) {
        const Json* j = more.find(name);
        if (j == nullptr) continue;
        Json value = *j;
        if (value.is_object()) value.erase("track");
        details.set(name, std::move(value));
      }
      if (details.as_object().empty()) details = Json();
    }
    rows.push_back(Json(Json::Array{Json(r.id),
                                    Json(r.day),
                                    Json(r.from_ms),
                                    Json(r.to_ms),
                                    Json(r.precision_s),
                                    opt(r.lat_e7),
                                    opt(r.lng_e7),
                                    Json(r.radius_m),
                                    Json(r.place_ref),
                                    Json(r.kind),
                                    Json(r.group),
                                    range_json(r.count_low, r.count_best, r.count_high),
                                    range_json(r.killed_low, r.killed_best, r.killed_high),
                                    range_json(r.injured_low, r.injured_best, r.injured_high),
                                    Json(r.zones),
                                    Json(r.relation),
                                    Json(r.forbidden_by),
                                    Json(r.assessment),
                                    Json(r.means),
                                    Json(r.parties),
                                    Json(r.reports),
                                    Json(r.over_quota),
                                    Json(r.attribution),
                                    std::move(details),
                                    is_public_ ? Json() : Json(r.posts),
                                    Json(certainty_grade(r))}));
  }
  return Json::object({{"columns", std::move(columns)}, {"rows", std::move(rows)}});
}

Result<Json> Maker::coverage_json(Json& unpatrolled) {
  struct Minutes {
    std::int64_t patrols = 0, day = 0, night = 0, previous = 0;
  };
  std::map<std::pair<std::string, std::string>, Minutes> sums;
  std::set<std::string> patrolled;
  for (const bool previous : {false, true}) {
    TRUCE_TRY(const auto rows, picture::read_rows<picture::CoverageRow>(tables_, previous ? previous_first_ : first_,
                                                                        previous ? previous_last_ : last_));
    for (const picture::CoverageRow& c : rows) {
      const std::vector<std::string> ids = split_ids(c.zone);
      if (!request_.zone.empty() && std::ranges::count(ids, request_.zone) == 0) continue;
      Minutes& m = sums[{c.zone, c.party}];
      if (previous) {
        m.previous += c.day_minutes + c.night_minutes;
        continue;
      }
      m.patrols += c.patrols;
      m.day += c.day_minutes;
      m.night += c.night_minutes;
      if (c.patrols > 0) patrolled.insert(ids.begin(), ids.end());
    }
  }
  Json out = Json::array();
  for (const auto& [key, m] : sums) {
    out.push_back(Json::object({{"day_minutes", m.day},
                                {"night_minutes", m.night},
                                {"party", key.second},
                                {"patrols", m.patrols},
                                {"previous_minutes", m.previous},
                                {"zone", key.first}}));
  }
  for (const std::string& zone : ring_in_force_) {
    if (!patrolled.contains(zone)) unpatrolled.push_back(zone);
  }
  return out;
}

// True if the brief's zone filter lets a change of a report through: its incident concerns the zone, or, where there is
// no incident any more, its nominal place lies in the zone.
Result<bool> Maker::change_concerns(const picture::ChangeRow& c) {
  if (request_.zone.empty()) return true;
  if (std::ranges::any_of(rows_, [&](const IncidentRow& r) { return r.id == c.report; })) return true;
  TRUCE_TRY(const auto reports, picture::find_rows<picture::ReportRow>(tables_, "id", c.report));
  for (const picture::ReportRow& r : reports) {
    if (r.state != "withdrawn" || !r.lat_e7 || !r.lng_e7) continue;
    TRUCE_TRY(const geo::LatLng p, geo::LatLng::checked(*r.lat_e7, *r.lng_e7));
    for (const Zone& z : zones_) {
      if (z.row.zone != request_.zone || !z.geometry) continue;
      const auto* area = std::get_if<geo::MultiPolygon>(&*z.geometry);
      if (area != nullptr && geo::contains(*area, p)) return true;
    }
  }
  return false;
}

// Effective corrections and withdrawals of reports of these days and, in the parties' edition, of anything else that
// was recorded in them; and how many statements are without effect.
Result<Json> Maker::changes_json() {
  Json rows = Json::array();
  std::map<std::string, std::int64_t> without_effect;
  const auto take = [&](const picture::ChangeRow& c) {
    if (c.what != "corrected" && c.what != "withdrawn") {
      ++without_effect[c.what];
      return;
    }
    std::string changed = c.changed;
    if (is_public_) {
      std::set<std::string> names;
      for (const std::string& name : split_ids(c.changed)) names.emplace(coarse_member(name));
      changed.clear();
      for (const std::string& name : names) (changed += changed.empty() ? "" : ";") += name;
    }
    Json j = Json::object(
        {{"changed", changed}, {"day", c.day}, {"incident", c.report}, {"type", c.type}, {"what", c.what}});
    if (!is_public_) {
      j.set("reason", c.reason);
      j.set("recorded", c.recorded_ms);
      j.set("statement", c.statement);
    }
    rows.push_back(std::move(j));
  };
  TRUCE_TRY(const auto of_days, picture::read_rows<picture::ChangeRow>(tables_, first_, last_));
  for (const picture::ChangeRow& c : of_days) {
    TRUCE_TRY(const bool concerned, change_concerns(c));
    if (concerned) take(c);
  }
  // Changes without a day: of zones, actors, lists, imports, and of statements that count for nothing. The empty day
  // sorts before "0".
  std::int64_t undated_without_effect = 0;
  TRUCE_TRY(const auto undated, picture::read_rows<picture::ChangeRow>(tables_, "", "0"));
  for (const picture::ChangeRow& c : undated) {
    const bool effective = c.what == "corrected" || c.what == "withdrawn";
    if (!effective) {
      ++undated_without_effect;
    } else if (!is_public_ && request_.zone.empty() && start_.ms <= c.recorded_ms && c.recorded_ms < end_.ms) {
      take(c);
    }
  }
  Json counted = Json::array();
  for (const auto& [what, n] : without_effect) counted.push_back(Json(Json::Array{Json(what), Json(n)}));
  return Json::object({{"rows", std::move(rows)},
                       {"without_effect", std::move(counted)},
                       {"without_effect_undated", undated_without_effect}});
}

// Names of the places and actors that the shown incidents refer to.
Json Maker::named_json() const {
  std::map<std::string, Json> places;
  for (std::size_t i = 0; i < shown_.size(); ++i) {
    if (shown_[i].place_ref.empty() || places.contains(shown_[i].place_ref)) continue;
    if (const monitor::NamedPlace* p = named(*exact_[i])) places[shown_[i].place_ref] = monitor::names_json(p->names);
  }
  Json out = Json::object();
  for (auto& [ref, names] : places) out.set(ref, std::move(names));
  return out;
}

Result<Content> Maker::make() {
  TRUCE_CHECK(check());
  TRUCE_CHECK(read());
  TRUCE_CHECK(read_relayers());
  edit();
  count();
  Json j = header();
  j.set("zones", zones_json());
  j.set("counts", counts_json());
  j.set("incidents", incidents_json());
  j.set("apart", apart_json());
  j.set("sides", Json::object({{"all", sides_all_.json()}, {"by_zone", sides_.json()}}));
  TRUCE_TRY(Json bulletin, bulletin_json());
  if (!bulletin.is_null()) j.set("bulletin", std::move(bulletin));
  TRUCE_TRY(Json excluded, excluded_json());
  if (!excluded.is_null()) j.set("excluded", std::move(excluded));
  j.set("differences", differences_json());
  j.set("disputed", disputed_json());
  TRUCE_TRY(Json alike, alike_json());
  j.set("alike", std::move(alike));
  j.set("by_hour", by_hour_json(counted_, mechanism_.days));
  TRUCE_TRY(Json calibration, calibration_json());
  j.set("calibration", std::move(calibration));
  Json unpatrolled = Json::array();
  TRUCE_TRY(Json coverage, coverage_json(unpatrolled));
  j.set("coverage", std::move(coverage));
  j.set("unpatrolled", std::move(unpatrolled));
  TRUCE_TRY(Json changes, changes_json());
  j.set("changes", std::move(changes));
  j.set("places", named_json());
  if (!is_public_) {
    TRUCE_TRY(const auto actors, picture::read_rows<picture::ActorRow>(tables_));
    Json names = Json::object();
    for (const picture::ActorRow& a : actors) {
      if (names.find(a.actor) != nullptr) continue;
      auto neutral = Json::parse_canonical(a.neutral.empty() ? a.names : a.neutral);
      if (neutral && neutral->is_object()) names.set(a.actor, std::move(neutral).value());
    }
    j.set("actors", std::move(names));
  }
  Json over_quota = Json::array();
  for (const IncidentRow& r : shown_) {
    if (r.over_quota != 0) over_quota.push_back(r.id);
  }
  j.set("over_quota", std::move(over_quota));
  TRUCE_TRY(Json map, drawn_map());
  j.set("map", std::move(map));
  return Content{std::move(j), std::move(shown_)};
}

std::vector<std::string> split_ids(std::string_view joined) {
  std::vector<std::string> out;
  while (!joined.empty()) {
    const std::size_t end = joined.find(';');
    if (end != 0) out.emplace_back(joined.substr(0, end));
    if (end == std::string_view::npos) break;
    joined.remove_prefix(end + 1);
  }
  return out;
}

Result<Content> make_content(const BriefRequest& request, const PictureFacts& facts,
                             const mechanism::Mechanism& mechanism, picture::TableReader& tables,
                             const BlobSource& blobs, const BorderLayer* borders) {
  return Maker(request, facts, mechanism, tables, blobs, borders).make();
}

}  // namespace truce::brief
