// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/import_reports.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "truce/base/csv.h"
#include "truce/base/decimal.h"
#include "truce/base/encoding.h"
#include "truce/base/id.h"
#include "truce/base/json_fields.h"
#include "truce/base/trimmed.h"
#include "truce/geo/uncertain_place.h"
#include "truce/monitor/import_common.h"
#include "truce/monitor/zone_book.h"

namespace truce::monitor {
namespace {

constexpr std::int64_t kCircleMdeg = 360'000;
constexpr std::size_t kMissing = static_cast<std::size_t>(-1);
constexpr std::string_view kReasonColumn = "reason";  // of a file of rejects that comes back
constexpr std::string_view kDetailPrefix = "detail_";
constexpr std::size_t kMapEntriesMax = 2'000;
constexpr std::size_t kMapTextMax = 200;

enum Col : std::uint8_t {
  kId,
  kParty,
  kReporter,
  kObservedAt,
  kTo,
  kPrecision,
  kLat,
  kLon,
  kRadius,
  kObserverLat,
  kObserverLon,
  kObserverRadius,
  kPost,
  kBearing,
  kDistance,
  kBearingError,
  kDistanceError,
  kPlace,
  kZone,
  kMgrs,
  kHow,
  kKind,
  kSubkind,
  kAssessment,
  kDirection,
  kCount,
  kCountLow,
  kCountHigh,
  kKilled,
  kKilledLow,
  kKilledHigh,
  kKilledWomen,
  kKilledMen,
  kKilledChildren,
  kKilledPersonUnknown,
  kKilledCivilian,
  kKilledMilitary,
  kKilledStatusUnknown,
  kInjured,
  kInjuredLow,
  kInjuredHigh,
  kInjuredWomen,
  kInjuredMen,
  kInjuredChildren,
  kInjuredPersonUnknown,
  kInjuredCivilian,
  kInjuredMilitary,
  kInjuredStatusUnknown,
  kWeaponClass,
  kCalibre,
  kActor,
  kText,
  kNote,
  kGrade,
  kFixedCount,
};

constexpr std::string_view kSplitMeaning = "of these, as N or LOW/BEST/HIGH";
constexpr std::array<ReportColumn, kFixedCount> kColumns = {{
    {"id", "the sender's id of the row, up to 200 bytes; without it the row's hash is its key"},
    {"party", "id of the party whose report it is said to be; without it the importing party"},
    {"reporter", "pseudonym or post, up to 64 bytes"},
    {"observed_at", "time, RFC 3339 with offset: 2018-09-18T06:58:42Z (required)"},
    {"to", "end of the time, like observed_at"},
    {"time_precision_s", "how far the time may be off, seconds"},
    {"lat", "latitude, decimal degrees"},
    {"lon", "longitude, decimal degrees"},
    {"radius_m", "metres round lat, lon, place or mgrs that hold it in 86 of 100 cases"},
    {"observer_lat", "the observer's latitude, decimal degrees"},
    {"observer_lon", "the observer's longitude, decimal degrees"},
    {"observer_radius_m", "the observer's own uncertainty, metres"},
    {"post", "id of the declared post from which bearing and distance are"},
    {"bearing_deg", "direction from observer or post, degrees from true north"},
    {"distance_m", "distance from observer or post, metres"},
    {"bearing_error_deg", "one sigma of the bearing, degrees"},
    {"distance_error_m", "one sigma of the distance, metres"},
    {"place", "id or name of a place in the place lists"},
    {"zone", "id of the zone in which it was, nothing finer known"},
    {"mgrs", "grid reference"},
    {"how", "heard, seen, camera, uav, sensor, told"},
    {"kind", "kind of the taxonomy (required)"},
    {"subkind", "of small-arms: shot, burst"},
    {"assessment", "violation-alleged, controlled-detonation, live-fire-exercise, celebration, cannot-assess"},
    {"direction_deg", "in which fire or movement went, degrees from true north"},
    {"count", "how many, as N or LOW/BEST/HIGH"},
    {"count_low", "with count: the least"},
    {"count_high", "with count: the most"},
    {"killed", "persons killed, as N or LOW/BEST/HIGH"},
    {"killed_low", "with killed: the least"},
    {"killed_high", "with killed: the most"},
    {"killed_women", kSplitMeaning},
    {"killed_men", kSplitMeaning},
    {"killed_children", kSplitMeaning},
    {"killed_person_unknown", kSplitMeaning},
    {"killed_civilian", kSplitMeaning},
    {"killed_military", kSplitMeaning},
    {"killed_status_unknown", kSplitMeaning},
    {"injured", "persons injured, as N or LOW/BEST/HIGH"},
    {"injured_low", "with injured: the least"},
    {"injured_high", "with injured: the most"},
    {"injured_women", kSplitMeaning},
    {"injured_men", kSplitMeaning},
    {"injured_children", kSplitMeaning},
    {"injured_person_unknown", kSplitMeaning},
    {"injured_civilian", kSplitMeaning},
    {"injured_military", kSplitMeaning},
    {"injured_status_unknown", kSplitMeaning},
    {"weapon_class", "class of the weapon"},
    {"calibre_mm", "with weapon_class: calibre, millimetres"},
    {"actor", "id of the actor, `unknown`, or two or more ids with ';' or '|' between (disputed)"},
    {"text", "plain words, read by everybody, up to 2000 bytes (required with kind other)"},
    {"note", "words for the sealed part", true},
    {"grade", "source grade A1 to F6, for the sealed part", true},
}};

// Names of `details` that fit in one cell, in order, each once.
const std::vector<std::string_view>& detail_names() {
  static const std::vector<std::string_view> kNames = [] {
    std::vector<std::string_view> names;
    for (const DetailField& d : detail_fields()) {
      if (d.values != "track" && d.values != "items" && std::ranges::find(names, d.name) == names.end())
        names.push_back(d.name);
    }
    std::ranges::sort(names);
    return names;
  }();
  return kNames;
}

// Our column names: the fixed ones, then details.
const std::vector<std::string>& column_names() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names;
    for (const ReportColumn& c : kColumns) names.emplace_back(c.name);
    for (const std::string_view d : detail_names()) names.push_back(std::string(kDetailPrefix) + std::string(d));
    return names;
  }();
  return kNames;
}

std::size_t column_of(std::string_view name) {
  const auto& names = column_names();
  const auto it = std::ranges::find(names, name);
  return it == names.end() ? kMissing : static_cast<std::size_t>(it - names.begin());
}

std::string nearest_column(std::string_view name) {
  const std::vector<std::string_view> known(column_names().begin(), column_names().end());
  return std::string(nearest_name(name, known));
}

// Reads `width` digits of a date, -1 if they are not there.
int digits(std::string_view text, std::size_t at, std::size_t width) {
  if (at + width > text.size()) return -1;
  int v = 0;
  for (const char c : text.substr(at, width)) {
    if (c < '0' || c > '9') return -1;
    v = v * 10 + (c - '0');
  }
  return v;
}

constexpr std::pair<std::string_view, int> kDateTokens[] = {{"YYYY", 0}, {"MM", 1}, {"DD", 2},
                                                            {"hh", 3},   {"mm", 4}, {"ss", 5}};

// Time by a declared format; civil parts only.
Result<Instant> parse_by_format(std::string_view text, std::string_view format, int utc_offset_minutes) {
  int part[6] = {-1, -1, -1, 0, 0, 0};
  std::size_t at = 0;
  const auto bad = [&] {
    return fail(ErrorCode::kSyntax, "not a time of the form " + std::string(format) + ": " + quoted(text));
  };
  for (std::size_t i = 0; i < format.size();) {
    const auto* token =
        std::ranges::find_if(kDateTokens, [&](const auto& t) { return format.substr(i).starts_with(t.first); });
    if (token != std::end(kDateTokens)) {
      part[token->second] = digits(text, at, token->first.size());
      if (part[token->second] < 0) return bad();
      at += token->first.size();
      i += token->first.size();
    } else {
      if (at >= text.size() || text[at] != format[i]) return bad();
      ++at;
      ++i;
    }
  }
  if (at != text.size()) return bad();
  if (!is_date(part[0], part[1], part[2])) return fail(ErrorCode::kOutOfRange, "no such day: " + quoted(text));
  if (part[5] == 60) return fail(ErrorCode::kOutOfRange, "a leap second has no place in POSIX time: " + quoted(text));
  if (part[3] > 23 || part[4] > 59 || part[5] > 59)
    return fail(ErrorCode::kOutOfRange, "no such time of day: " + quoted(text));
  const std::int64_t day_ms = Date::from_civil(part[0], part[1], part[2]).start_utc().ms;
  return Instant{day_ms + ((part[3] * 60 + part[4] - utc_offset_minutes) * 60 + part[5]) * std::int64_t{1000}};
}

// Whether a time of RFC 3339 ends with an offset.
bool has_offset(std::string_view text) {
  if (text.empty()) return false;
  return text.back() == 'Z' || text.back() == 'z' ||
         text.find_first_of("+-", std::min<std::size_t>(text.size(), 10)) != std::string_view::npos;
}

// Up to 1, 2, 5, 10, 20, 50, ...: a radius that gives no distance away.
std::int64_t rounded_up(std::int64_t n) {
  for (std::int64_t step = 1; step < kRadiusMetresMax; step *= 10) {
    for (const std::int64_t m : {std::int64_t{1}, std::int64_t{2}, std::int64_t{5}}) {
      if (n <= m * step) return m * step;
    }
  }
  return kRadiusMetresMax;
}

// To a multiple of `step`, halves away from zero.
std::int32_t snapped(std::int32_t v, std::int64_t step) {
  const std::int64_t sign = v < 0 ? -1 : 1;
  return static_cast<std::int32_t>(sign * ((sign * std::int64_t{v} + step / 2) / step) * step);
}

}  // namespace

std::vector<ReportColumn> report_columns() {
  std::vector<ReportColumn> out(kColumns.begin(), kColumns.end());
  for (std::size_t i = kFixedCount; i < column_names().size(); ++i) {
    const std::string_view name = std::string_view(column_names()[i]).substr(kDetailPrefix.size());
    const auto field = std::ranges::find_if(detail_fields(), [&](const DetailField& d) { return d.name == name; });
    out.push_back({column_names()[i], field->values});
  }
  return out;
}

Result<ColumnMap> ColumnMap::from_json(const Json& json) {
  JsonFields f(json, "map");
  ColumnMap m;
  const auto check_name = [&f](std::string_view member, std::string_view name) {
    if (column_of(name) != kMissing) return;
    const std::string near = nearest_column(name);
    f.fault(member, quoted(name) + " is not one of our columns" + (near.empty() ? "" : " (nearest: " + near + ")"));
  };
  const auto texts = [&](std::string_view member, const Json* j, std::map<std::string, std::string>& out,
                         bool our_names) {
    if (j == nullptr) return;
    if (!j->is_object() || j->as_object().size() > kMapEntriesMax)
      return f.fault(member, "is not an object of up to 2000 texts");
    for (const auto& [name, value] : j->as_object()) {
      if (!value.is_string() || value.as_string().empty() || value.as_string().size() > kMapTextMax ||
          name.size() > kMapTextMax) {
        return f.fault(member, quoted(name) + " is not a text of 1 to 200 bytes");
      }
      if (our_names) check_name(member, name);
      out.emplace(name, value.as_string());
    }
  };
  texts("columns", f.member("columns"), m.columns, true);
  texts("constants", f.member("constants"), m.constants, true);
  for (const auto& [name, value] : m.constants) {
    const std::size_t c = column_of(name);
    const bool is_observer = c == kObserverLat || c == kObserverLon;
    if (is_observer || (c < kFixedCount && kColumns[c].is_sealed)) {
      f.fault("constants", name + " is sealed and a map is not");
    }
  }
  if (const Json* j = f.member("values")) {
    if (!j->is_object()) f.fault("values", "is not an object of our columns");
    for (const auto& [name, table] : j->is_object() ? j->as_object() : Json::Object{}) {
      check_name("values", name);
      if (!table.is_object()) f.fault("values", name + " is not an object of texts");
      texts("values", &table, m.values[name], false);
    }
  }
  m.ignore = f.texts_or_empty("ignore", CsvReader::kColumnCountMax, kMapTextMax);
  if (f.has("utc_offset")) {
    const auto minutes = parse_offset_minutes(f.text("utc_offset", 6));
    if (!minutes) f.fault("utc_offset", minutes.error().message);
    m.utc_offset_minutes = minutes.value_or(0);
  }
  m.date_format = f.text_or("date_format", "", 40);
  if (!m.date_format.empty()) {
    for (const auto& [token, part] : kDateTokens) {
      const std::size_t first = m.date_format.find(token);
      const bool twice =
          first != std::string::npos && m.date_format.find(token, first + token.size()) != std::string::npos;
      if (twice || (first == std::string::npos && part != 5)) {
        f.fault("date_format", "needs each of YYYY, MM, DD, hh, mm once, and ss at most once");
      }
    }
    if (!m.utc_offset_minutes) f.fault("date_format", "needs utc_offset beside it: whose clock is it?");
  }
  const std::string decimal = f.text_or("decimal", ".", 1);
  if (decimal != "." && decimal != ",") f.fault("decimal", "is neither . nor ,");
  m.decimal_comma = decimal == ",";
  TRUCE_CHECK(f.finish(ErrorCode::kInvalidImport));
  return m;
}

struct ReportReader::Impl {
  // One of our columns in this file.
  struct Source {
    std::size_t at = kMissing;                                   // column of the file
    const std::map<std::string, std::string>* values = nullptr;  // their text -> ours
    const std::string* constant = nullptr;
    [[nodiscard]] bool is_there() const { return at != kMissing || constant != nullptr; }
  };

  ReportImportOptions options;
  std::shared_ptr<const std::string> text;
  CsvReader csv;
  std::string_view header;
  std::vector<std::string> ignored;
  std::vector<Source> sources;       // by our column
  std::vector<std::size_t> by_name;  // our columns that stand in the file, by name: order of the row's hash
  std::unordered_map<std::string, std::int64_t> equals;  // source + row hash -> how many so far

  // The row at hand. The first fault counts.
  const std::vector<std::string_view>* fields = nullptr;
  ImportedReport out;
  bool failed = false;
  RefusedRow refused;

  Impl(ReportImportOptions o, std::shared_ptr<const std::string> t, CsvReader c)
      : options(std::move(o)), text(std::move(t)), csv(std::move(c)) {}

  Status read_header();
  ImportStep next();

  // What stands in the file, trimmed; empty where the column is not there.
  [[nodiscard]] std::string_view as_written(std::size_t c) const {
    return sources[c].at == kMissing ? std::string_view() : trimmed((*fields)[sources[c].at]);
  }
  // As written, or the constant; then by the table of values.
  [[nodiscard]] std::string_view cell(std::size_t c) const {
    const Source& s = sources[c];
    std::string_view v = as_written(c);
    if (v.empty() && s.constant != nullptr) return *s.constant;
    if (s.values != nullptr && !v.empty()) {
      if (const auto it = s.values->find(std::string(v)); it != s.values->end()) return it->second;
    }
    return v;
  }
  [[nodiscard]] bool has(std::size_t c) const { return !cell(c).empty(); }

  void fault(std::size_t c, std::string reason) {
    if (failed) return;
    failed = true;
    const Source& s = sources[c];
    refused = {csv.line(),
               csv.raw(),
               s.at == kMissing ? column_names()[c] : csv.header()[s.at],
               std::string(as_written(c)),
               std::move(reason),
               true};
  }
  void fault_row(std::string reason) {
    if (failed) return;
    failed = true;
    refused = {csv.line(), csv.raw(), {}, {}, std::move(reason), true};
  }

  std::string plain_text(std::size_t c, std::size_t bytes_max) {
    const std::string_view v = cell(c);
    if (v.empty()) return {};
    auto t = import_text(v);
    if (!t) return fault(c, t.error().message), std::string();
    if (t->size() > bytes_max) return fault(c, "is longer than " + std::to_string(bytes_max) + " bytes"), std::string();
    return std::move(*t);
  }
  std::string id_text(std::size_t c) {
    const std::string_view v = cell(c);
    if (v.empty() || is_id(v)) return std::string(v);
    fault(c, quoted(v) + " is not an id: 1 to 32 of a-z, 0-9 and '-', beginning with a letter");
    return {};
  }
  // Scaled by 10^decimals, within [low, high] (also scaled). REQUIRES: has(c).
  std::int64_t number(std::size_t c, int decimals, std::int64_t low, std::int64_t high) {
    std::string_view v = cell(c);
    std::string with_point;
    if (v.find(',') != std::string_view::npos) {
      if (!options.map.decimal_comma) {
        return fault(c, "not a number: " + quoted(v) +
                            " (decimal commas are read where the map declares \"decimal\":\",\")"),
               low;
      }
      if (v.find('.') != std::string_view::npos)
        return fault(c, "not a number: " + quoted(v) + " (both comma and point)"), low;
      with_point = v;
      std::ranges::replace(with_point, ',', '.');
      v = with_point;
    } else if (options.map.decimal_comma && v.find('.') != std::string_view::npos) {
      return fault(c, "not a number: " + quoted(v) + " (a point where the map declares the comma)"), low;
    }
    const auto n = parse_decimal(v, decimals);
    if (!n) return fault(c, n.error().message), low;
    if (*n < low || *n > high) {
      return fault(c, quoted(v) + " is outside of " + decimal_to_string(low, decimals) + " to " +
                          decimal_to_string(high, decimals)),
             low;
    }
    return *n;
  }
  std::int64_t bearing(std::size_t c) { return number(c, 3, 0, kCircleMdeg) % kCircleMdeg; }
  std::optional<std::int64_t> count_number(std::size_t c, std::string_view v) {
    const auto n = parse_integer(v);
    if (!n) return fault(c, "not a whole number: " + quoted(v)), std::nullopt;
    if (*n < 0 || *n > kCountMax) return fault(c, quoted(v) + " is outside of 0 to 1000000"), std::nullopt;
    return *n;
  }
  // "3" or "2/3/5"; with own columns for low and high where given.
  std::optional<Range> range(std::size_t c, std::size_t low = kMissing, std::size_t high = kMissing) {
    const bool has_low = low != kMissing && has(low), has_high = high != kMissing && has(high);
    const std::string_view v = cell(c);
    if (v.empty()) {
      if (has_low || has_high) fault(has_low ? low : high, "stands without " + column_names()[c]);
      return std::nullopt;
    }
    Range r;
    const std::size_t slash = v.find('/');
    if (slash != std::string_view::npos) {
      const std::size_t second = v.find('/', slash + 1);
      if (second == std::string_view::npos || has_low || has_high)
        return fault(c, quoted(v) + " is not LOW/BEST/HIGH"), std::nullopt;
      const auto a = count_number(c, trimmed(v.substr(0, slash)));
      const auto b = count_number(c, trimmed(v.substr(slash + 1, second - slash - 1)));
      const auto d = count_number(c, trimmed(v.substr(second + 1)));
      if (!a || !b || !d) return std::nullopt;
      r = {*a, *b, *d};
    } else {
      const auto n = count_number(c, v);
      if (!n) return std::nullopt;
      r = Range::of(*n);
      if (has_low) r.low = count_number(low, cell(low)).value_or(0);
      if (has_high) r.high = count_number(high, cell(high)).value_or(kCountMax);
    }
    if (r.low > r.best || r.best > r.high) return fault(c, "low, best and high do not ascend"), std::nullopt;
    return r;
  }
  Instant instant(std::size_t c) {
    const std::string_view v = cell(c);
    const auto& map = options.map;
    Result<Instant> t = Instant{};
    if (!map.date_format.empty()) {
      t = parse_by_format(v, map.date_format, map.utc_offset_minutes.value_or(0));
    } else if (map.utc_offset_minutes && !has_offset(v)) {
      t = parse_instant(std::string(v) + offset_to_string(*map.utc_offset_minutes));
      if (!t) t = fail(t.error().code, "not a time like 2018-09-18T06:58:42: " + quoted(v));
    } else {
      t = parse_instant(v);
    }
    if (!t) return fault(c, t.error().message), Instant{};
    if (!is_input_time(*t)) return fault(c, quoted(v) + ' ' + std::string(kInputYears)), Instant{};
    return *t;
  }
  template <typename Code>
  auto code(std::size_t c, Code&& from_text, std::string_view known) {
    const auto value = from_text(lower_ascii(cell(c)));
    if (!value) fault(c, quoted(cell(c)) + " is not one of " + std::string(known));
    return value;
  }

  void read_time();
  void read_place();
  void read_bearing_place();
  void seal_observer();
  void read_what();
  void read_details();
  void read_sealed();
  void read_key();
  geo::LatLng point(Col lat, Col lon);
  Hash row_hash();
};

Status ReportReader::Impl::read_header() {
  const auto& names = column_names();
  const ColumnMap& map = options.map;
  sources.assign(names.size(), {});
  std::vector<std::string> theirs;
  for (const std::string& n : csv.header()) theirs.emplace_back(trimmed(n));
  std::vector<bool> used(theirs.size(), false);
  std::string faults;
  const auto add = [&faults](const std::string& what) { faults += (faults.empty() ? "" : "; ") + what; };

  for (std::size_t c = 0; c < names.size(); ++c) {
    const auto mapped = map.columns.find(names[c]);
    const std::string& wanted = mapped == map.columns.end() ? names[c] : mapped->second;
    const auto it = std::ranges::find(theirs, wanted);
    if (it != theirs.end()) {
      sources[c].at = static_cast<std::size_t>(it - theirs.begin());
      used[sources[c].at] = true;
    } else if (mapped != map.columns.end()) {
      add("the map's column " + quoted(wanted) + " is not in the file");
    }
    if (const auto k = map.constants.find(names[c]); k != map.constants.end()) sources[c].constant = &k->second;
    if (const auto v = map.values.find(names[c]); v != map.values.end()) sources[c].values = &v->second;
  }
  for (std::size_t i = 0; i < theirs.size(); ++i) {
    if (used[i]) continue;
    if (theirs[i] == kReasonColumn || std::ranges::find(map.ignore, theirs[i]) != map.ignore.end()) {
      ignored.push_back(theirs[i]);
      continue;
    }
    const std::string near = nearest_column(theirs[i]);
    add("unknown column " + quoted(theirs[i]) + (near.empty() ? "" : " (nearest: " + near + ")"));
  }
  const auto there = [&](std::initializer_list<Col> columns) {
    return std::ranges::all_of(columns, [&](Col c) { return sources[c].is_there(); });
  };
  std::string missing;
  const auto need = [&missing](bool ok, std::string_view what) {
    if (!ok) missing += (missing.empty() ? "missing: " : ", ") + std::string(what);
  };
  need(there({kObservedAt}), "observed_at");
  need(there({kKind}), "kind");
  need(there({kLat, kLon}) || there({kObserverLat, kObserverLon, kBearing, kDistance}) ||
           there({kPost, kBearing, kDistance}) || there({kPlace}) || there({kZone}) || there({kMgrs}),
       "a place (lat and lon; observer_lat and observer_lon or post, with bearing_deg and distance_m; place; zone; "
       "mgrs)");
  if (!missing.empty()) add(missing);
  if (sources[kPlace].is_there() && !options.find_place) add("column place needs a place list: import one first");
  if (sources[kMgrs].is_there() && !options.parse_mgrs) add("column mgrs cannot be read here");
  if (!faults.empty()) return fail(ErrorCode::kInvalidImport, std::move(faults), "line 1");

  for (std::size_t c = 0; c < names.size(); ++c) {
    if (sources[c].at != kMissing) by_name.push_back(c);
  }
  std::ranges::sort(by_name, [&](std::size_t a, std::size_t b) { return names[a] < names[b]; });
  return {};
}

void ReportReader::Impl::read_time() {
  Report& r = out.report;
  if (!has(kObservedAt)) return fault(kObservedAt, "is empty");
  r.from = instant(kObservedAt);
  r.to = has(kTo) ? instant(kTo) : r.from;
  if (!failed && r.to < r.from) fault(kTo, "ends before observed_at");
  r.precision_s = has(kPrecision) ? number(kPrecision, 0, 0, kPrecisionSecondsMax) : options.default_precision_s;
}

geo::LatLng ReportReader::Impl::point(Col lat, Col lon) {
  if (!has(lat)) return fault(lat, "is empty while " + column_names()[lon] + " is not"), geo::LatLng();
  if (!has(lon)) return fault(lon, "is empty while " + column_names()[lat] + " is not"), geo::LatLng();
  constexpr std::int64_t kAny = std::int64_t{1} << 53;
  const std::int64_t lat_e7 = number(lat, 7, -kAny, kAny);
  const std::int64_t lon_e7 = number(lon, 7, -kAny, kAny);
  if (failed) return {};
  const auto p = geo::LatLng::checked(lat_e7, lon_e7);
  if (!p)
    return fault(lat_e7 < -geo::kLatE7Max || lat_e7 > geo::kLatE7Max ? lat : lon, p.error().message), geo::LatLng();
  return *p;
}

void ReportReader::Impl::read_place() {
  Place& p = out.report.place;
  const bool has_point = has(kLat) || has(kLon), has_observer = has(kObserverLat) || has(kObserverLon);
  const std::pair<bool, std::string_view> ways[] = {{has_point, "lat and lon"},
                                                    {has_observer, "observer_lat and observer_lon"},
                                                    {has(kPost), "post"},
                                                    {has(kZone), "zone"},
                                                    {has(kMgrs), "mgrs"}};
  std::string stated;
  int count = 0;
  for (const auto& [is_stated, name] : ways) {
    if (!is_stated) continue;
    stated += (count++ == 0 ? "" : ", ") + std::string(name);
  }
  const bool by_bearing = has_observer || has(kPost);
  if (count > 1) return fault_row("states its place in several ways: " + stated);
  if (count == 0 && !has(kPlace)) {
    return has(kBearing) || has(kDistance)
               ? fault(has(kBearing) ? kBearing : kDistance, "stands without observer or post")
               : fault_row("states no place");
  }
  if (has(kPlace) && (by_bearing || has(kZone)))
    return fault(kPlace, "goes with lat and lon or mgrs only; the row states " + stated);
  for (const Col c : {kBearing, kDistance, kBearingError, kDistanceError, kObserverRadius}) {
    if (!by_bearing && has(c)) return fault(c, "stands without observer or post");
  }
  if (by_bearing) return read_bearing_place();
  if (has(kZone)) {
    if (has(kRadius)) return fault(kRadius, "goes with a point; a zone is as wide as it is");
    p.form = Place::Form::kZone;
    p.ref = id_text(kZone);
    return;
  }
  ResolvedPlace found;
  bool is_resolved = false;
  for (const auto& [column, resolve] :
       {std::pair(kPlace, &options.find_place), std::pair(kMgrs, &options.parse_mgrs)}) {
    if (failed || !has(column)) continue;
    auto answer = (*resolve)(cell(column));
    if (!answer) return fault(column, answer.error().message);
    if (column == kPlace) p.ref = answer->ref;
    // The grid reference is the finer one of the two.
    if (!is_resolved || column == kMgrs) found = std::move(*answer);
    is_resolved = true;
  }
  p.at = has_point ? point(kLat, kLon) : found.at;
  if (has(kRadius)) {
    p.radius_m = number(kRadius, 0, 0, kRadiusMetresMax);
    if (!failed && p.radius_m == 0) out.warnings.emplace_back("radius_m 0 says that the place is exactly known");
  } else if (is_resolved) {
    p.radius_m = found.radius_m;
  } else if (options.default_radius_m) {
    p.radius_m = *options.default_radius_m;
  } else {
    fault(kRadius,
          "is empty: a point without a radius would claim to be exact (state one, or a default for the whole import)");
  }
  const geo::LatLng exchanged{p.at.lng_e7, p.at.lat_e7};
  if (!failed && has_point && !options.area.is_empty() && !options.area.contains(p.at) &&
      options.area.contains(exchanged)) {
    out.warnings.push_back("latitude and longitude look swapped: " + p.at.to_string() +
                           " lies outside of the area of the zones, exchanged it does not");
  }
}

void ReportReader::Impl::read_bearing_place() {
  Place& p = out.report.place;
  if (has(kRadius)) return fault(kRadius, "goes with a point; of the observer it is observer_radius_m");
  if (has(kPost)) {
    p.form = Place::Form::kPostBearing;
    p.ref = id_text(kPost);
    if (has(kObserverRadius))
      return fault(kObserverRadius, "goes with an observer; a post is as wide as it is declared");
  } else {
    p.form = Place::Form::kBearing;
    p.at = point(kObserverLat, kObserverLon);
    if (has(kObserverRadius)) p.radius_m = number(kObserverRadius, 0, 0, kRadiusMetresMax);
  }
  if (failed) return;
  if (!has(kBearing)) return fault(kBearing, "is empty: a place seen from an observer needs bearing and distance");
  if (!has(kDistance)) return fault(kDistance, "is empty: a place seen from an observer needs bearing and distance");
  p.bearing_mdeg = bearing(kBearing);
  p.distance_m = number(kDistance, 0, 0, kDistanceMetresMax);
  if (has(kBearingError)) p.bearing_error_mdeg = number(kBearingError, 3, 1, kCircleMdeg / 2);
  if (has(kDistanceError)) p.distance_error_m = number(kDistanceError, 0, 1, kDistanceMetresMax);
  if (!failed && p.form == Place::Form::kBearing && options.seal_observers) seal_observer();
}

// The plain place is where bearing and distance lead. Its radius is rounded up to 1, 2, 5, ... and its coordinates to a
// quarter of that, so that neither the distance nor a round bearing from a guessed observer can be read back.
void ReportReader::Impl::seal_observer() {
  Place& p = out.report.place;
  const auto place = stated_place(p, p.at, p.radius_m);
  if (!place) return fault_row(place.error().message);
  Json sealed =
      Json::object({{"bearing_mdeg", p.bearing_mdeg},
                    {"distance_m", p.distance_m},
                    {"observer", Json(Json::Array{Json(std::int64_t{p.at.lat_e7}), Json(std::int64_t{p.at.lng_e7})})}});
  if (p.radius_m != 0) sealed.set("observer_radius_m", p.radius_m);
  if (p.bearing_error_mdeg) sealed.set("bearing_error_mdeg", *p.bearing_error_mdeg);
  if (p.distance_error_m) sealed.set("distance_error_m", *p.distance_error_m);
  out.sealed = std::move(sealed);
  Place plain;
  plain.radius_m = rounded_up(std::max<std::int64_t>(100, place->radius_m()));
  const std::int64_t step_e7 = plain.radius_m * 90 / 4;  // 90 units of 1e-7 degree are a metre of latitude
  plain.at =
      geo::LatLng::from_e7(std::clamp(snapped(place->nominal().lat_e7, step_e7), -geo::kLatE7Max, geo::kLatE7Max),
                           std::clamp(snapped(place->nominal().lng_e7, step_e7), -geo::kLngE7Max, geo::kLngE7Max));
  p = plain;
}

void ReportReader::Impl::read_what() {
  Report& r = out.report;
  if (!has(kKind)) return fault(kKind, "is empty");
  if (const auto kind = kind_from_input(cell(kKind))) {
    r.kind = *kind;
  } else {
    std::vector<std::string_view> codes;
    for (const KindInfo& k : all_kinds()) codes.push_back(k.code);
    const std::string_view near = nearest_name(cell(kKind), codes);
    return fault(kKind, quoted(cell(kKind)) + " is not in the taxonomy" +
                            (near.empty() ? "" : " (nearest: " + std::string(near) + ")"));
  }
  if (has(kSubkind)) r.subkind = lower_ascii(cell(kSubkind));
  if (has(kHow))
    r.means = code(kHow, means_from_code, "heard, seen, camera, uav, sensor, told").value_or(Means::kNotStated);
  if (has(kAssessment)) {
    r.assessment =
        code(kAssessment, assessment_from_code, kColumns[kAssessment].meaning).value_or(Assessment::kNotStated);
  }
  if (has(kDirection)) r.direction_mdeg = bearing(kDirection);
  r.count = range(kCount, kCountLow, kCountHigh);
  const auto casualties = [this](Casualties& c, std::size_t all, std::size_t low, std::size_t high,
                                 std::size_t first_split) {
    c.all = range(all, low, high);
    std::optional<Range> Casualties::*const splits[] = {
        &Casualties::women,    &Casualties::men,      &Casualties::children,      &Casualties::person_unknown,
        &Casualties::civilian, &Casualties::military, &Casualties::status_unknown};
    for (std::size_t i = 0; i < std::size(splits); ++i) c.*splits[i] = range(first_split + i);
  };
  casualties(r.killed, kKilled, kKilledLow, kKilledHigh, kKilledWomen);
  casualties(r.injured, kInjured, kInjuredLow, kInjuredHigh, kInjuredWomen);
  if (has(kWeaponClass)) {
    r.weapon.weapon_class = lower_ascii(cell(kWeaponClass));
    if (!is_weapon_class(r.weapon.weapon_class)) {
      const std::string_view near = nearest_name(r.weapon.weapon_class, weapon_classes());
      fault(kWeaponClass, quoted(cell(kWeaponClass)) + " is not a class of weapons" +
                              (near.empty() ? "" : " (nearest: " + std::string(near) + ")"));
    }
  }
  if (has(kCalibre)) {
    if (!has(kWeaponClass)) return fault(kCalibre, "stands without weapon_class");
    r.weapon.calibre_tenth_mm = number(kCalibre, 1, 1, kCalibreTenthMmMax);
  }
  if (has(kActor)) {
    std::string_view rest = cell(kActor);
    if (lower_ascii(rest) == "unknown") {
      r.attribution.state = AttributionState::kUnknown;
    } else {
      while (!rest.empty()) {
        const std::size_t end = rest.find_first_of(";|");
        r.attribution.actors.emplace_back(trimmed(rest.substr(0, end)));
        if (!is_id(r.attribution.actors.back()))
          return fault(kActor, quoted(r.attribution.actors.back()) + " is not an id of an actor");
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
      }
      r.attribution.state = r.attribution.actors.size() == 1 ? AttributionState::kActor : AttributionState::kDisputed;
      if (r.attribution.actors.size() > 16) fault(kActor, "names more than 16 actors");
    }
  }
  r.text = plain_text(kText, kTextBytesMax);
  if (r.kind == Kind::kOther && r.text.empty()) fault(kText, "is empty: kind other says in words what it is");
  r.reporter = plain_text(kReporter, kReporterBytesMax);
  if (const std::string party = id_text(kParty); party != options.me) r.said_by = party;
  read_details();
}

void ReportReader::Impl::read_details() {
  Json details = Json::object();
  for (std::size_t c = kFixedCount; c < sources.size() && !failed; ++c) {
    if (!has(c)) continue;
    const std::string_view name = std::string_view(column_names()[c]).substr(kDetailPrefix.size());
    const auto field = std::ranges::find_if(
        detail_fields(), [&](const DetailField& d) { return d.kind == out.report.kind && d.name == name; });
    if (field == detail_fields().end())
      return fault(c, "is not known for kind " + std::string(kind_code(out.report.kind)));
    const std::string_view v = cell(c);
    if (field->values.starts_with("integer ")) {
      const auto n = parse_integer(v);
      if (!n) return fault(c, "not a whole number: " + quoted(v));
      details.set(name, *n);
    } else if (field->values == "range") {
      if (const auto r = range(c)) details.set(name, Json(Json::Array{Json(r->low), Json(r->best), Json(r->high)}));
    } else if (field->values == "ids") {
      Json ids = Json::array();
      for (std::string_view rest = v; !rest.empty();) {
        const std::size_t end = rest.find_first_of(";|");
        ids.push_back(trimmed(rest.substr(0, end)));
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
      }
      details.set(name, std::move(ids));
    } else {
      details.set(name, lower_ascii(v));
    }
    Report probe;
    probe.kind = out.report.kind;
    probe.text = "-";
    probe.details = Json::object(
        {{std::string(name), details.is_object() && details.find(name) != nullptr ? *details.find(name) : Json()}});
    if (!failed && !probe.check()) return fault(c, quoted(v) + " is not of " + std::string(field->values));
  }
  if (!details.as_object().empty()) out.report.details = std::move(details);
}

void ReportReader::Impl::read_sealed() {
  const std::string note = plain_text(kNote, kNoteBytesMax);
  std::string grade(cell(kGrade));
  if (!grade.empty()) {
    if (grade[0] >= 'a' && grade[0] <= 'f') grade[0] = static_cast<char>(grade[0] - 'a' + 'A');
    const bool ok = grade.size() == 2 && grade[0] >= 'A' && grade[0] <= 'F' && grade[1] >= '1' && grade[1] <= '6';
    if (!ok) fault(kGrade, "is not a source grade of A1 to F6");
  }
  if (note.empty() && grade.empty()) return;
  if (out.sealed.is_null()) out.sealed = Json::object();
  if (!note.empty()) out.sealed.set("note", note);
  if (!grade.empty()) out.sealed.set("grade", std::move(grade));
}

// SHA-256 over the canonical JSON array of [column, text] of the cells that are plain and not empty, by our names. What
// is sealed is left out: a hash over it would let anybody who guesses it prove the guess.
Hash ReportReader::Impl::row_hash() {
  const bool observer_is_sealed = options.seal_observers && has(kObserverLat);
  std::string bytes = "[";
  for (const std::size_t c : by_name) {
    if (c < kFixedCount && kColumns[c].is_sealed) continue;
    if (observer_is_sealed && (c == kObserverLat || c == kObserverLon || c == kObserverRadius || c == kBearing ||
                               c == kDistance || c == kBearingError || c == kDistanceError)) {
      continue;
    }
    const std::string_view v = as_written(c);
    if (v.empty()) continue;
    auto t = import_text(v);
    if (!t) return fault(c, t.error().message), Hash{};
    if (bytes.size() > 1) bytes += ',';
    bytes += '[';
    append_json_string(bytes, column_names()[c]);
    bytes += ',';
    append_json_string(bytes, *t);
    bytes += ']';
  }
  bytes += ']';
  return sha256(bytes);
}

void ReportReader::Impl::read_key() {
  SourceKey key;
  const std::string& said_by = out.report.said_by;
  key.source = !options.source.empty() ? options.source : said_by.empty() ? options.me : said_by;
  key.id = plain_text(kId, kCodeBytesMax);
  if (failed) return;
  if (key.id.empty()) {
    key.row = row_hash();
    if (failed) return;
    key.ordinal = equals[key.source + '#' + std::string(key.row->view())]++;
  }
  out.report.key = std::move(key);
}

ImportStep ReportReader::Impl::next() {
  const auto row = csv.next();
  if (!row) return unreadable_row(csv.line(), csv.raw(), row.error());
  if (*row == nullptr) return std::monostate();
  fields = *row;
  failed = false;
  out = ImportedReport();
  out.line = csv.line();
  out.raw = csv.raw();
  read_time();
  if (!failed) read_place();
  if (!failed) read_what();
  if (!failed) read_sealed();
  if (!failed) {
    // Before the key: a refused row holds no id and no ordinal.
    if (const auto ok = out.report.check(); !ok) {
      std::string_view member = ok.error().where;
      if (member.starts_with("report: ")) member.remove_prefix(8);
      const std::size_t c = column_of(member);
      c == kMissing ? fault_row(std::string(member) + ' ' + ok.error().message) : fault(c, ok.error().message);
    }
  }
  if (!failed) read_key();
  if (failed) return std::move(refused);
  return std::move(out);
}

ReportReader::ReportReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ReportReader::ReportReader(ReportReader&&) noexcept = default;
ReportReader& ReportReader::operator=(ReportReader&&) noexcept = default;
ReportReader::~ReportReader() = default;

Result<ReportReader> ReportReader::open(std::string_view bytes, ReportImportOptions options) {
  TRUCE_CHECK(check_id(options.me, "party id"));
  if (!options.source.empty()) TRUCE_CHECK(check_id(options.source, "source"));
  if (options.default_radius_m && (*options.default_radius_m < 1 || *options.default_radius_m > kRadiusMetresMax)) {
    return fail(ErrorCode::kInvalidArgument, "a default radius is 1 m to 1000 km");
  }
  if (options.default_precision_s < 0 || options.default_precision_s > kPrecisionSecondsMax) {
    return fail(ErrorCode::kInvalidArgument, "a default precision is 0 to 366 days");
  }
  TRUCE_TRY(std::string decoded, decode_text(bytes, options.encoding));
  auto text = std::make_shared<const std::string>(std::move(decoded));
  TRUCE_TRY(CsvReader csv, CsvReader::open(*text));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(text), std::move(csv));
  impl->header = header_line(*impl->text, impl->csv.offset());
  TRUCE_CHECK(impl->read_header());
  return ReportReader(std::move(impl));
}

ImportStep ReportReader::next() {
  return impl_->next();
}
std::string_view ReportReader::header() const {
  return impl_->header;
}
const std::vector<std::string>& ReportReader::ignored_columns() const {
  return impl_->ignored;
}
std::shared_ptr<const std::string> ReportReader::text() const {
  return impl_->text;
}
std::size_t ReportReader::offset() const {
  return impl_->csv.offset();
}

Result<ImportedFile> read_reports(std::string_view bytes, const ReportImportOptions& options) {
  TRUCE_TRY(ReportReader reader, ReportReader::open(bytes, options));
  ImportedFile file{reader.text(), reader.header(), reader.ignored_columns(), {}, {}};
  while (true) {
    ImportStep step = reader.next();
    if (auto* row = std::get_if<ImportedReport>(&step)) {
      file.rows.push_back(std::move(*row));
    } else if (auto* bad = std::get_if<RefusedRow>(&step)) {
      file.refused.push_back(std::move(*bad));
    } else {
      break;
    }
  }
  if (options.area.is_empty()) warn_swapped(file.rows);
  return file;
}

}  // namespace truce::monitor
