// SPDX-License-Identifier: Apache-2.0

#include "truce/brief/brief_testing.h"

#include <algorithm>
#include <tuple>

#include "truce/geo/geometry_blob.h"
#include "truce/monitor/taxonomy.h"
#include "truce/monitor/zone.h"

namespace truce::brief {
namespace {

// Counter-based draws: the same on every machine.
class Draws {
 public:
  std::int64_t below(std::int64_t n) {
    state_ += 0x9E3779B97F4A7C15u;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return static_cast<std::int64_t>((z ^ (z >> 31)) % static_cast<std::uint64_t>(n));
  }

 private:
  std::uint64_t state_ = 20180917;
};

template <typename T, typename Key>
void put(picture::MemoryTables& tables, std::vector<T> rows, Key key) {
  std::ranges::sort(rows, {}, key);
  std::map<std::string, std::vector<picture::Row>> days;
  const picture::Table& table = picture::table(picture::table_name<T>());
  for (const T& row : rows) {
    picture::Row cells = picture::to_row(row);
    std::string day = table.by_day ? cells[0].as_string() : std::string();
    days[day].push_back(std::move(cells));
  }
  for (const auto& [day, cells] : days) static_cast<void>(tables.replace(table, day, cells, {}));
}

struct Area {
  const char* id;
  std::int32_t south, west, north, east;
};
constexpr Area kAreas[] = {
    {"north-plain", 354'000'000, 362'000'000, 362'000'000, 371'000'000},
    {"river-bend", 346'000'000, 365'000'000, 350'000'000, 371'500'000},
    {"old-quarry", 334'500'000, 363'000'000, 337'500'000, 367'000'000},
    {"south-hills", 324'000'000, 359'000'000, 329'500'000, 365'500'000},
};

}  // namespace

Hash TestPicture::add_blob(std::string bytes) {
  const Hash hash = sha256(bytes);
  blobs[hash] = std::move(bytes);
  return hash;
}

picture::MemoryTables TestPicture::tables() const {
  picture::MemoryTables t;
  put(t, incidents, [](const auto& r) { return std::tie(r.day, r.party, r.log, r.idx); });
  put(t, reports, [](const auto& r) { return std::tie(r.day, r.party, r.log, r.idx); });
  put(t, findings, [](const auto& r) { return std::tie(r.day, r.incident); });
  put(t, zones, [](const auto& r) { return std::tie(r.zone, r.party, r.said_by); });
  put(t, actors, [](const auto& r) { return std::tie(r.actor, r.party); });
  put(t, lists, [](const auto& r) { return std::tie(r.list, r.party); });
  put(t, changes, [](const auto& r) { return std::tie(r.day, r.statement); });
  put(t, coverage, [](const auto& r) { return std::tie(r.day, r.zone, r.party); });
  put(t, calibrations, [](const auto& r) { return std::tie(r.statement); });
  return t;
}

BlobSource TestPicture::blob_source() const {
  return [this](const Hash& hash) -> Result<std::string> {
    const auto it = blobs.find(hash);
    if (it == blobs.end()) return fail(ErrorCode::kMissingBlob, "is not here", hash.hex());
    return it->second;
  };
}

Result<Brief> TestPicture::brief(const BriefRequest& request, const BorderLayer* borders) const {
  picture::MemoryTables t = tables();
  return make_brief(request, facts, mechanism, t, blob_source(), borders);
}

picture::ZoneRow& TestPicture::add_zone(const std::string& id, const std::string& kind, const std::string& name,
                                        std::int32_t south, std::int32_t west, std::int32_t north, std::int32_t east) {
  geo::Ring ring;
  // Corners cut off, so that it does not look like a cell.
  const std::int32_t cut = (north - south) / 5;
  for (const auto& [lat, lng] : {std::pair(south, west + cut), std::pair(south, east), std::pair(north - 2 * cut, east),
                                 std::pair(north, east - cut), std::pair(north, west), std::pair(south + cut, west)}) {
    ring.corners.push_back(geo::LatLng::from_e7(lat, lng));
  }
  picture::ZoneRow z;
  z.zone = id;
  z.party = "un";
  z.statement = "un/main/" + std::to_string(1 + zones.size());
  z.kind = kind;
  z.names = monitor::names_json({{"en", name}}).to_canonical();
  z.geometry = add_blob(geo::to_blob(geo::MultiPolygon{{geo::Polygon{ring, {}}}})).base64url();
  zones.push_back(z);
  return zones.back();
}

picture::IncidentRow& TestPicture::add_incident(const std::string& day, const std::string& kind,
                                                const std::string& zone) {
  picture::IncidentRow r;
  r.day = day;
  r.party = "un";
  r.log = "main";
  r.idx = static_cast<picture::Int>(100 + incidents.size());
  r.id = "un/main/" + std::to_string(r.idx);
  r.from_ms = r.to_ms = Date::parse(day).value().start_utc().ms + 43'200'000;
  r.kind = kind;
  r.group = monitor::group_code(monitor::kind_info(monitor::kind_from_code(kind).value()).group);
  r.relation = zone.empty() ? "outside" : "inside";
  r.zones = r.zones_any = zone;
  r.reports = 1;
  r.parties = "un";
  incidents.push_back(r);
  return incidents.back();
}

TestPicture empty_picture(bool exercise) {
  TestPicture p;
  p.mechanism.name = "Joint Commission of the Lake Line";
  p.mechanism.exercise = exercise;
  const auto party = [](std::string id, std::string name, mechanism::Role role) {
    return mechanism::Party{std::move(id), std::move(name), role, {}};
  };
  p.mechanism.parties = {party("aland", "Aland", mechanism::Role::kGuarantor),
                         party("bland", "Bland", mechanism::Role::kGuarantor),
                         party("un", "United Observers", mechanism::Role::kObserver)};
  p.mechanism.days.offsets = {{Date{-719162}, 180}};
  p.facts.mechanism = sha256("an invented mechanism");
  p.facts.digest = sha256("an invented picture");
  p.facts.as_of = Instant{1'537'174'800'000};
  Json logs = Json::array();
  for (const char* log : {"aland/main", "bland/main", "un/main"}) {
    logs.push_back(Json(Json::Array{Json(log), Json(1'234), Json(sha256(log).base64url())}));
  }
  p.facts.cut =
      Json::object({{"logs", std::move(logs)}, {"mechanism", p.facts.mechanism.hex()}, {"rules", 0}, {"v", 1}});
  return p;
}

BriefRequest sample_request() {
  BriefRequest r;
  r.first_day = Date::parse("2018-09-03").value();
  r.last_day = Date::parse("2018-09-16").value();
  return r;
}

TestPicture sample_picture(bool exercise) {
  TestPicture p = empty_picture(exercise);
  const char* kNames[] = {"North Plain", "River Bend", "Old Quarry", "South Hills"};
  for (std::size_t i = 0; i < 4; ++i) {
    const Area& a = kAreas[i];
    p.add_zone(a.id, i == 2 ? "demilitarised-zone" : "de-escalation-zone", kNames[i], a.south, a.west, a.north, a.east);
  }
  p.zones[1].names = monitor::names_json({{"ar", "منعطف النهر"}, {"en", "River Bend"}}).to_canonical();
  const auto add = [&](const std::string& id, const char* kind, const std::string& name, geo::Geometry geometry) {
    picture::ZoneRow z = p.zones[0];
    z.zone = id;
    z.kind = kind;
    z.names = monitor::names_json({{"en", name}}).to_canonical();
    z.geometry = p.add_blob(geo::to_blob(geometry)).base64url();
    p.zones.push_back(z);
  };
  const auto at = [](std::int32_t lat, std::int32_t lng) { return geo::LatLng::from_e7(lat, lng); };
  add("line", "line-of-contact", "Line of contact",
      geo::Lines{{geo::Line{{at(362'500'000, 371'800'000), at(357'000'000, 372'000'000), at(352'600'000, 367'000'000),
                             at(351'500'000, 361'000'000)}}}});
  add("post-1", "observation-post", "Post One", geo::Points{{at(357'000'000, 364'000'000)}});
  add("post-2", "observation-post", "Post Two", geo::Points{{at(348'200'000, 369'000'000)}});
  const std::vector<monitor::NamedPlace> places = {
      {"high-bridge", at(347'500'000, 367'300'000), 800, {{"en", "High Bridge"}}, {}},
      {"mill-village", at(358'000'000, 366'500'000), 1'200, {{"en", "Mill Village"}}, {}}};
  picture::PlaceListRow list;
  list.list = "villages";
  list.party = "un";
  list.statement = "un/main/9";
  list.blob = p.add_blob(monitor::places_to_blob(places).value()).base64url();
  list.count = 2;
  p.lists.push_back(list);
  picture::ActorRow actor;
  actor.actor = "hill-brigade";
  actor.party = "un";
  actor.neutral = monitor::names_json({{"en", "armed group in the hills"}}).to_canonical();
  actor.names = actor.neutral;
  p.actors.push_back(actor);

  Draws draw;
  const char* kKinds[] = {"small-arms",
                          "small-arms",
                          "explosion",
                          "explosion",
                          "shelling",
                          "airstrike",
                          "drone-strike",
                          "mine",
                          "projectile-in-flight",
                          "weapon-in-violation",
                          "restriction-of-movement",
                          "force-movement",
                          "damage",
                          "detention",
                          "overflight",
                          "small-arms",
                          "shelling",
                          "casualties"};
  const char* kMeans[] = {"heard", "seen", "camera", "uav", "told", "", "heard"};
  const char* kParties[] = {"un", "aland", "bland;un", "aland;said:bland", "bland", "un"};
  const Date first = Date::parse("2018-08-20").value();
  for (int n = 0; n < 258; ++n) {
    const auto day = static_cast<std::int32_t>(draw.below(28));
    const std::string kind = kKinds[draw.below(std::size(kKinds))];
    const std::int64_t where = draw.below(10);
    picture::IncidentRow& r = p.add_incident((first + day).to_string(), kind);
    const std::string parties = kParties[draw.below(std::size(kParties))];
    r.party = parties.substr(0, parties.find(';'));
    r.id = r.party + "/main/" + std::to_string(r.idx);
    r.parties = parties;
    r.from_ms = (first + day).start_utc().ms - 10'800'000 + draw.below(86'400) * 1'000;
    r.to_ms = r.from_ms + (draw.below(3) == 0 ? draw.below(120) * 60'000 : 0);
    r.precision_s = draw.below(4) * 150;
    r.means = kMeans[draw.below(std::size(kMeans))];
    r.radius_m = draw.below(5) == 0 ? 25'000 : 200 + draw.below(4'000);
    const bool inside = where < 7;
    const Area& a = kAreas[where < 4 ? 0 : where < 6 ? 1 : where < 7 ? 3 : draw.below(4)];
    const auto between = [&](std::int64_t low, std::int64_t high) { return low + draw.below(high - low); };
    const std::int64_t dlat = (a.north - a.south) / 5, dlng = (a.east - a.west) / 5;
    r.lat_e7 = inside ? between(a.south + dlat, a.north - 2 * dlat) : between(325'000'000, 366'000'000);
    r.lng_e7 = inside ? between(a.west + dlng, a.east - dlng) : between(372'500'000, 385'000'000);
    if (inside) {
      r.zones = r.zones_any = a.id;
      r.relation = r.radius_m > 20'000 ? (draw.below(2) == 0 ? "cannot-tell" : "probably-inside") : "inside";
      const std::int64_t ppm = r.relation == "inside" ? 990'000 : r.relation == "cannot-tell" ? 410'000 : 780'000;
      r.answers = Json(Json::Array{Json(Json::Array{Json(a.id), Json("un"), Json(r.relation), Json(ppm), Json(1)})})
                      .to_canonical();
      if (r.group == "weapon-use") r.forbidden_by = a.id;
    }
    if (r.group == "weapon-use" && draw.below(4) != 0) {
      const std::int64_t count = 1 + draw.below(9);
      r.count_best = count;
      r.count_low = std::max<std::int64_t>(1, count - draw.below(3));
      r.count_high = count + draw.below(6);
    }
    Json more = Json::object();
    if (kind == "restriction-of-movement") {
      more.set("details",
               Json::object({{"form", draw.below(2) == 0 ? "denied" : "delayed"}, {"minutes", 30 + draw.below(90)}}));
    } else if (kind == "damage") {
      more.set("details", Json::object({{"object", draw.below(2) == 0 ? "housing" : "power"}, {"state", "damaged"}}));
    } else if (kind == "weapon-in-violation") {
      more.set("weapon", Json::object({{"calibre_tenth_mm", 1'200}, {"class", "mortar"}}));
    } else if (kind == "detention") {
      more.set("details", Json::object({{"state", "detained"}}));
    } else if (draw.below(9) == 0) {
      r.killed_low = 0, r.killed_best = 1, r.killed_high = 1 + draw.below(3);
      r.injured_low = r.injured_best = r.injured_high = draw.below(5);
      const auto range = [](std::int64_t v) { return Json(Json::Array{Json(v), Json(v), Json(v)}); };
      more.set("killed", Json::object({{"all", range(1)}, {"civilian", range(1)}, {"women", range(n % 2)}}));
    }
    if (!more.as_object().empty()) r.more = more.to_canonical();
    if (kind == "shelling" && draw.below(3) == 0)
      r.attribution = draw.below(2) == 0 ? "actor:hill-brigade" : "disputed:hill-brigade;other-side";
    if (draw.below(8) == 0 && inside)
      r.place_ref = where < 4 ? "villages/mill-village" : where < 6 ? "villages/high-bridge" : "";
    if (draw.below(30) == 0) r.assessment = "live-fire-exercise";
  }
  // Activities: a window of silence, and patrols in three of four zones.
  picture::IncidentRow& window = p.add_incident("2018-09-10", "window-of-silence", "river-bend");
  window.lat_e7 = 348'000'000, window.lng_e7 = 367'000'000, window.radius_m = 3'000;
  window.to_ms = window.from_ms + 14'400'000;
  window.more = R"({"details":{"guaranteed_by":["aland","bland"],"purpose":"repair"}})";
  for (std::int32_t day = 0; day < 28; ++day) {
    for (const char* zone : {"north-plain", "old-quarry", "river-bend"}) {
      if (draw.below(3) == 0) continue;
      picture::CoverageRow c;
      c.day = (first + day).to_string();
      c.zone = zone;
      c.party = draw.below(2) == 0 ? "un" : "aland";
      c.patrols = 1 + draw.below(2);
      c.day_minutes = 120 + draw.below(300);
      c.night_minutes = draw.below(90);
      p.coverage.push_back(c);
    }
  }
  const auto change = [&](const char* day, const char* statement, const char* what, const std::string& report,
                          const char* reason, const char* changed) {
    p.changes.push_back({day, statement, what == std::string("withdrawn") ? "withdrawal" : "report", what, report,
                         report, reason, changed, 1'536'900'000'000});
  };
  change("2018-09-05", "un/main/900", "corrected", p.incidents[7].id, "", "count;place;reporter");
  change("2018-09-09", "un/main/901", "withdrawn", "un/main/77", "source-safety", "");
  change("2018-09-12", "aland/main/88", "corrected", p.incidents[30].id, "", "from;to;injured");
  change("2018-09-12", "aland/main/89", "superseded", p.incidents[30].id, "", "");
  p.incidents[40].over_quota = 1;
  p.incidents[40].day = "2018-09-11";
  return p;
}

}  // namespace truce::brief
