// SPDX-License-Identifier: Apache-2.0

#include "truce/cmd/truce/report_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "truce/base/decimal.h"
#include "truce/base/encoding.h"
#include "truce/base/id.h"
#include "truce/base/unicode.h"
#include "truce/cmd/truce/command.h"
#include "truce/geo/geodesy.h"

namespace truce::cmd {
namespace {

using monitor::Kind;
using monitor::Report;

constexpr std::size_t kNoteBytesMax = 16'000;
constexpr std::int64_t kDayMs = 86'400'000;

tl::unexpected<Error> bad(std::string_view option, std::string message) {
  return fail(ErrorCode::kInvalidArgument, std::move(message), std::string(option));
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> out;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    std::size_t first = begin, last = end;
    while (first < last && text[first] == ' ') ++first;
    while (last > first && text[last - 1] == ' ') --last;
    if (last > first) out.push_back(text.substr(first, last - first));
    begin = end + 1;
  }
  return out;
}

// Minutes from UTC of the mechanism's clock at `t`.
int offset_at(const mechanism::Mechanism& m, Instant t) {
  int minutes = m.days.offsets.empty() ? 0 : m.days.offsets.front().minutes;
  for (const auto& o : m.days.offsets) {
    if (start_of(o.from, o.minutes, 0) <= t) minutes = o.minutes;
  }
  return minutes;
}

// "2018-09-18 09:58:42 +03:00".
std::string clock_text(Instant t, int offset_minutes) {
  constexpr std::int64_t kMinuteMs = 60'000;
  std::string s = to_string(Instant{t.ms + offset_minutes * kMinuteMs});
  s.pop_back();  // Z
  s[10] = ' ';
  return s + ' ' + (offset_minutes == 0 ? "UTC" : offset_to_string(offset_minutes));
}

Result<Instant> read_time(std::string_view option, const std::string& text, const ReportDesk& desk) {
  constexpr std::int64_t kSecondMs = 1'000;
  if (text == "now") return Instant{desk.now.ms / kSecondMs * kSecondMs};
  const std::string offset = offset_to_string(offset_at(*desk.mechanism, desk.now));
  if (const auto date = Date::parse(text)) {
    return bad(
        option,
        fmt::format("{} is a whole day; say from when to when, on whose clock: --at {}T00:00:00{} --to {}T00:00:00{}",
                    text, text, offset, (*date + 1).to_string(), offset));
  }
  const auto t = parse_instant(text);
  if (!t)
    return bad(option,
               fmt::format("{}: {} (such as 2018-09-18T06:58:42Z, or 2018-09-18T09:58:42{} on a clock that runs so)",
                           quoted(text), t.error().message, offset));
  static const Instant kFirst = Date::from_civil(1900, 1, 1).start_utc();
  static const Instant kEnd = Date::from_civil(2101, 1, 1).start_utc();
  if (*t < kFirst || !(*t < kEnd)) return bad(option, quoted(text) + " is outside of the years 1900 to 2100");
  return *t;
}

Status read_times(const ReportInput& in, const ReportDesk& desk, FilledReport& out) {
  Report& r = out.report;
  if (in.at.empty()) return bad("--at", "is missing: when was it? Such as --at 2018-09-18T06:58:42Z");
  TRUCE_TRY(r.from, read_time("--at", in.at, desk));
  r.to = r.from;
  if (!in.to.empty()) {
    TRUCE_TRY(r.to, read_time("--to", in.to, desk));
    if (r.to < r.from) return bad("--to", "ends before it begins");
  }
  r.precision_s = kDefaultPrecisionSeconds;
  if (!in.precision.empty()) {
    const auto n = parse_integer(in.precision);
    if (!n || *n < 0 || *n > monitor::kPrecisionSecondsMax)
      return bad("--precision", quoted(in.precision) + " is not a whole number of seconds within 366 days");
    r.precision_s = *n;
  }
  return {};
}

Status read_kind(const ReportInput& in, FilledReport& out) {
  Report& r = out.report;
  if (in.kind.empty()) return bad("--kind", "is missing: what was it? Such as --kind shelling");
  const auto kind = monitor::kind_from_input(in.kind);
  if (!kind) {
    std::string near;
    for (const auto& k : monitor::all_kinds()) {
      if (!in.kind.empty() && k.code.starts_with(in.kind.substr(0, 3)))
        near += (near.empty() ? "" : ", ") + std::string(k.code);
    }
    return bad("--kind", quoted(in.kind) + " is not in the taxonomy" +
                             (near.empty() ? "; truce report --help lists it" : "; near it: " + near));
  }
  r.kind = *kind;
  return {};
}

Status read_subkind(const ReportInput& in, FilledReport& out) {
  if (in.subkind.empty()) return {};
  const auto known = monitor::subkinds(out.report.kind);
  if (std::ranges::find(known, in.subkind) == known.end()) {
    std::string list;
    for (const auto s : known) list += (list.empty() ? "" : ", ") + std::string(s);
    return bad("--subkind",
               fmt::format("{} is not known for {}{}", quoted(in.subkind), monitor::kind_code(out.report.kind),
                           list.empty() ? ", which has none" : " (there are: " + list + ")"));
  }
  out.report.subkind = in.subkind;
  return {};
}

Status read_means(const ReportInput& in, FilledReport& out) {
  if (in.means.empty()) return {};
  const auto means = monitor::means_from_code(in.means);
  if (!means) return bad("--means", quoted(in.means) + " is not heard, seen, camera, uav, sensor or told");
  out.report.means = *means;
  return {};
}

Status read_assessment(const ReportInput& in, FilledReport& out) {
  if (in.assessment.empty()) return {};
  const auto a = monitor::assessment_from_code(in.assessment);
  if (!a)
    return bad(
        "--assessment",
        quoted(in.assessment) +
            " is not violation-alleged, controlled-detonation, live-fire-exercise, celebration or cannot-assess");
  out.report.assessment = *a;
  return {};
}

Status read_direction(const ReportInput& in, FilledReport& out) {
  if (in.direction.empty()) return {};
  const auto mdeg = parse_decimal(in.direction, 3);
  if (!mdeg || *mdeg < 0 || *mdeg > geo::kFullCircleMdeg)
    return bad("--direction", quoted(in.direction) + " is not degrees from true north, 0 to 360");
  out.report.direction_mdeg = *mdeg % geo::kFullCircleMdeg;
  return {};
}

Result<std::optional<monitor::Range>> read_range(std::string_view option, const std::string& text) {
  if (text.empty()) return std::optional<monitor::Range>();
  auto r = parse_range(text);
  if (!r) return bad(option, r.error().message);
  return std::optional<monitor::Range>(*r);
}

Status read_count(const ReportInput& in, FilledReport& out) {
  TRUCE_TRY(out.report.count, read_range("--count", in.count));
  return {};
}

struct Part {
  std::string_view name;
  std::optional<monitor::Range> monitor::Casualties::*member;
  int group;  // the two splits are independent
};
constexpr Part kParts[] = {
    {"women", &monitor::Casualties::women, 0},
    {"men", &monitor::Casualties::men, 0},
    {"children", &monitor::Casualties::children, 0},
    {"person-unknown", &monitor::Casualties::person_unknown, 0},
    {"civilian", &monitor::Casualties::civilian, 1},
    {"military", &monitor::Casualties::military, 1},
    {"status-unknown", &monitor::Casualties::status_unknown, 1},
};

Status read_casualties(const std::string& option, const std::string& all, const std::vector<std::string>& parts,
                       monitor::Casualties& out) {
  out = {};
  TRUCE_TRY(out.all, read_range("--" + option, all));
  if (parts.empty()) return {};
  const std::string of = "--" + option + "-of";
  if (!out.all) return bad(of, "says parts of a number that is not given: add --" + option + " N");
  std::array<std::int64_t, 2> least{};
  for (const std::string& text : parts) {
    const std::size_t equals = text.find('=');
    std::string name = text.substr(0, equals);
    std::ranges::replace(name, '_', '-');
    const auto* part = std::ranges::find_if(kParts, [&](const Part& p) { return p.name == name; });
    if (equals == std::string::npos || part == std::end(kParts)) {
      return bad(of,
                 quoted(text) +
                     " is not PART=N with women, men, children, person-unknown, civilian, military or status-unknown");
    }
    if (out.*part->member) return bad(of, name + " is given twice");
    TRUCE_TRY(out.*part->member, read_range(of, text.substr(equals + 1)));
    if (!(out.*part->member)) return bad(of, name + " has no number");
    least[static_cast<std::size_t>(part->group)] += (out.*part->member)->low;
  }
  for (const std::int64_t n : least) {
    if (n > out.all->high)
      return bad(of, fmt::format("the parts are at least {}, more than the {} of --{}", n, out.all->high, option));
  }
  return {};
}

Status read_killed(const ReportInput& in, FilledReport& out) {
  return read_casualties("killed", in.killed, in.killed_of, out.report.killed);
}
Status read_injured(const ReportInput& in, FilledReport& out) {
  return read_casualties("injured", in.injured, in.injured_of, out.report.injured);
}

std::string weapons_list() {
  std::string list;
  for (const auto w : monitor::weapon_classes()) list += (list.empty() ? "" : ", ") + std::string(w);
  return list;
}

// "mortar:82" or "mortar".
Result<monitor::Weapon> weapon_of(std::string_view option, const std::string& text) {
  const std::size_t colon = text.find(':');
  monitor::Weapon w;
  w.weapon_class = text.substr(0, colon);
  if (!monitor::is_weapon_class(w.weapon_class))
    return bad(option, quoted(w.weapon_class) + " is no class of weapons; there are: " + weapons_list());
  if (colon != std::string::npos) {
    const auto mm = parse_decimal(text.substr(colon + 1), 1);
    if (!mm || *mm < 1 || *mm > monitor::kCalibreTenthMmMax)
      return bad(option, quoted(text.substr(colon + 1)) + " is not a calibre in millimetres, 0.1 to 2000");
    w.calibre_tenth_mm = *mm;
  }
  return w;
}

Status read_weapon(const ReportInput& in, FilledReport& out) {
  if (in.weapon.empty()) return {};
  TRUCE_TRY(out.report.weapon, weapon_of("--weapon", in.weapon));
  return {};
}

Status read_actor(const ReportInput& in, const ReportDesk& desk, FilledReport& out) {
  out.report.attribution = {};
  if (in.actor.empty()) return {};
  monitor::Attribution& a = out.report.attribution;
  if (in.actor == "unknown") {
    a.state = monitor::AttributionState::kUnknown;
    return {};
  }
  for (const std::string& id : split(in.actor, ',')) {
    if (!is_id(id))
      return bad("--actor", quoted(id) + " is not an id; --actor ID, unknown, or A,B where it is disputed");
    if (std::ranges::find(desk.actors, id) == desk.actors.end()) {
      std::string known;
      for (const std::string& k : desk.actors) {
        constexpr std::size_t kShownBytes = 200;
        if (known.size() < kShownBytes) known += (known.empty() ? "" : ", ") + k;
      }
      return fail(ErrorCode::kNotFound,
                  "no actor " + quoted(id) + " is stated" +
                      (known.empty() ? "; add one with: truce actor add" : " (there are: " + known + ")"),
                  "--actor");
    }
    if (std::ranges::find(a.actors, id) != a.actors.end()) return bad("--actor", id + " is named twice");
    a.actors.push_back(id);
  }
  if (a.actors.empty()) return bad("--actor", "names nobody");
  a.state = a.actors.size() == 1 ? monitor::AttributionState::kActor : monitor::AttributionState::kDisputed;
  return {};
}

Json range_json(const monitor::Range& r) {
  return Json(Json::Array{Json(r.low), Json(r.best), Json(r.high)});
}

// The text of a detail as the statement holds it; codes are judged by the report's own check().
Result<Json> detail_value(const std::string& option, const monitor::DetailField& field, const std::string& text) {
  if (field.values.starts_with("integer")) {
    const auto n = parse_integer(text);
    if (!n) return bad(option, quoted(text) + " is not a whole number");
    return Json(*n);
  }
  if (field.values == "range") {
    TRUCE_TRY(const auto r, read_range(option, text));
    if (!r) return bad(option, "is empty");
    return range_json(*r);
  }
  Json list = Json::array();
  if (field.values == "ids") {
    for (const std::string& id : split(text, ',')) list.push_back(id);
    return list;
  }
  if (field.values == "track") {
    for (const std::string& point : split(text, ';')) {
      const auto place = monitor::parse_place_text(point);
      const auto* c = place ? std::get_if<monitor::CoordinatesText>(&*place) : nullptr;
      if (c == nullptr) return bad(option, quoted(point) + " is not coordinates; a track is \"35.9 36.6; 35.8 36.7\"");
      list.push_back(Json(Json::Array{Json(std::int64_t{c->at.lat_e7}), Json(std::int64_t{c->at.lng_e7})}));
    }
    return list;
  }
  if (field.values == "items") {
    for (const std::string& item : split(text, ',')) {
      const std::size_t equals = item.find('=');
      if (equals == std::string::npos)
        return bad(option, quoted(item) + " is not CLASS[:CALIBRE_MM]=N, such as mortar:82=4");
      TRUCE_TRY(const monitor::Weapon w, weapon_of(option, item.substr(0, equals)));
      TRUCE_TRY(const auto r, read_range(option, item.substr(equals + 1)));
      if (!r) return bad(option, quoted(item) + " has no number");
      Json j = Json::object({{"class", w.weapon_class}, {"count", range_json(*r)}});
      if (w.calibre_tenth_mm != 0) j.set("calibre_tenth_mm", w.calibre_tenth_mm);
      list.push_back(std::move(j));
    }
    return list;
  }
  return Json(text);
}

Status read_details(const ReportInput& in, FilledReport& out) {
  out.report.details = Json();
  for (const std::string& text : in.details) {
    const std::size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    const auto fields = monitor::detail_fields();
    const auto field =
        std::ranges::find_if(fields, [&](const auto& f) { return f.kind == out.report.kind && f.name == name; });
    if (equals == std::string::npos || field == fields.end()) {
      std::string known;
      for (const auto& f : fields) {
        if (f.kind == out.report.kind)
          known += (known.empty() ? "" : ", ") + std::string(f.name) + "=" + std::string(f.values);
      }
      return bad("--detail", fmt::format("{} is not known for {}{}", quoted(text), monitor::kind_code(out.report.kind),
                                         known.empty() ? ", which has none" : " (there are: " + known + ")"));
    }
    TRUCE_TRY(Json value, detail_value("--detail " + name, *field, text.substr(equals + 1)));
    if (out.report.details.is_null()) out.report.details = Json::object();
    out.report.details.set(name, std::move(value));
  }
  return {};
}

Result<std::string> read_words(std::string_view option, const std::string& text, std::size_t bytes_max) {
  auto nfc = to_nfc(text);
  if (!nfc) return bad(option, nfc.error().message);
  if (nfc->size() > bytes_max) return bad(option, fmt::format("is longer than {} bytes", bytes_max));
  return std::move(*nfc);
}

Status read_said_by(const ReportInput& in, const ReportDesk& desk, FilledReport& out) {
  if (in.said_by.empty()) return {};
  if (!is_id(in.said_by)) return bad("--said-by", quoted(in.said_by) + " is not an id of a party");
  // One's own report is said by nobody else.
  if (in.said_by != desk.me) out.report.said_by = in.said_by;
  if (desk.mechanism->party(in.said_by) == nullptr)
    out.notes.push_back(in.said_by + " is no party of this mechanism: taken as said to be of it, without any rights");
  return {};
}

Status read_sealed_words(const ReportInput& in, FilledReport& out) {
  if (in.note.empty() && in.grade.empty()) return {};
  if (out.sealed.is_null()) out.sealed = Json::object();
  if (!in.note.empty()) {
    TRUCE_TRY(std::string note, read_words("--note", in.note, kNoteBytesMax));
    out.sealed.set("note", std::move(note));
  }
  if (!in.grade.empty()) {
    std::string grade = in.grade;
    if (grade[0] >= 'a' && grade[0] <= 'f') grade[0] = static_cast<char>(grade[0] - 'a' + 'A');
    if (grade.size() != 2 || grade[0] < 'A' || grade[0] > 'F' || grade[1] < '1' || grade[1] > '6')
      return bad("--grade", quoted(in.grade) + " is not a source grade, A1 to F6");
    out.sealed.set("grade", std::move(grade));
  }
  return {};
}

Status read_place(ReportInput& in, const ReportDesk& desk, FilledReport& out) {
  TRUCE_TRY(FoundPlace found, find_place(in.place, desk.place));
  out.report.place = std::move(found.place);
  out.sealed = std::move(found.sealed);
  out.notes.insert(out.notes.end(), found.notes.begin(), found.notes.end());
  return {};
}

// One question of the form. `text` is where the answer goes; `read` tells whether it can be read so far.
struct Question {
  std::string words;
  std::string* text = nullptr;
  std::function<Status(FilledReport&)> read;
  std::string otherwise = {};              // default on an empty answer; empty: the field stays empty
  bool is_required = false;                // asked again on an empty answer without default
  std::function<std::string()> help = {};  // printed on "?"
};

// False: the input ended.
bool ask_one(const Question& q, const Ask& ask, FilledReport& so_far) {
  if (!q.text->empty()) return true;  // given as a flag: read with all others
  while (true) {
    const auto answer =
        ask(q.words + (q.otherwise.empty() ? q.is_required ? "" : " [not said]" : " [" + q.otherwise + "]") + ": ");
    if (!answer) return false;
    if (*answer == "?") {
      note(q.help ? q.help() : "no more is known about this question");
      continue;
    }
    *q.text = answer->empty() ? q.otherwise : *answer;
    if (q.text->empty()) {
      if (!q.is_required) return true;
      note("this is needed");
      continue;
    }
    if (const Status read = q.read(so_far); !read) {
      note(read.error().message);
      q.text->clear();
      continue;
    }
    return true;
  }
}

std::string range_text(const monitor::Range& r) {
  if (r.low == r.high) return std::to_string(r.best);
  return fmt::format("{} ({} to {})", r.best, r.low, r.high);
}

std::string casualties_text(const monitor::Casualties& c) {
  std::string out = c.all ? range_text(*c.all) : std::string("?");
  std::string of;
  for (const Part& p : kParts) {
    if (const auto& r = c.*p.member) of += (of.empty() ? "" : ", ") + std::string(p.name) + " " + range_text(*r);
  }
  return of.empty() ? out : out + " (" + of + ")";
}

}  // namespace

Result<FilledReport> fill_report(ReportInput& in, const ReportDesk& desk) {
  FilledReport out;
  TRUCE_CHECK(read_kind(in, out));
  TRUCE_CHECK(read_subkind(in, out));
  TRUCE_CHECK(read_times(in, desk, out));
  TRUCE_CHECK(read_place(in, desk, out));
  TRUCE_CHECK(read_means(in, out));
  TRUCE_CHECK(read_assessment(in, out));
  TRUCE_CHECK(read_direction(in, out));
  TRUCE_CHECK(read_count(in, out));
  TRUCE_CHECK(read_killed(in, out));
  TRUCE_CHECK(read_injured(in, out));
  TRUCE_CHECK(read_weapon(in, out));
  TRUCE_CHECK(read_actor(in, desk, out));
  TRUCE_CHECK(read_details(in, out));
  TRUCE_CHECK(read_said_by(in, desk, out));
  TRUCE_TRY(out.report.reporter, read_words("--reporter", in.reporter, monitor::kReporterBytesMax));
  TRUCE_TRY(out.report.text, read_words("--text", in.text, monitor::kTextBytesMax));
  TRUCE_CHECK(read_sealed_words(in, out));
  if (out.report.kind == Kind::kOther && out.report.text.empty())
    return bad("--text", "is missing: kind other says in words what it was");
  const bool may_be_planned = monitor::kind_info(out.report.kind).group == monitor::KindGroup::kActivity;
  if (out.report.from > desk.now && !may_be_planned)
    out.notes.emplace_back("warning: this lies in the future of this machine's clock");
  if (out.report.to.ms - out.report.from.ms > kDayMs && !may_be_planned)
    out.notes.emplace_back("warning: this lasts more than a day");
  if (const Status checked = out.report.check(); !checked)
    return fail(ErrorCode::kInvalidArgument, checked.error().message, checked.error().where);
  return out;
}

Result<bool> set_form_field(monitor::Report& report, const std::string& field, const std::string& value,
                            const std::vector<std::string>& actors) {
  // Read as the form reads it, so that one text means one thing.
  ReportInput in;
  FilledReport out;
  out.report.kind = report.kind;
  const auto named = [](Status read, const std::string& name) -> Status {
    if (!read) return fail(read.error().code, read.error().message, name);
    return {};
  };
  if (field == "weapon") {
    in.weapon = value;
    TRUCE_CHECK(named(read_weapon(in, out), field));
    report.weapon = out.report.weapon;
    return true;
  }
  if (field == "direction") {
    in.direction = value;
    TRUCE_CHECK(named(read_direction(in, out), field));
    report.direction_mdeg = out.report.direction_mdeg;
    return true;
  }
  if (field == "actor") {
    in.actor = value;
    ReportDesk desk;
    desk.actors = actors;
    TRUCE_CHECK(named(read_actor(in, desk, out), field));
    report.attribution = out.report.attribution;
    return true;
  }
  constexpr std::string_view kDetail = "detail-";
  if (field.starts_with(kDetail)) {
    const std::string name = field.substr(kDetail.size());
    Json details = report.details.is_object() ? report.details : Json::object();
    if (value.empty()) {
      details.erase(name);
    } else {
      in.details = {name + '=' + value};
      TRUCE_CHECK(named(read_details(in, out), field));
      details.set(name, *out.report.details.find(name));
    }
    report.details = details.as_object().empty() ? Json() : std::move(details);
    return true;
  }
  for (auto [prefix, casualties] : {std::pair(std::string_view("killed-"), &report.killed),
                                    std::pair(std::string_view("injured-"), &report.injured)}) {
    if (!field.starts_with(prefix)) continue;
    const auto* part = std::ranges::find(kParts, std::string_view(field).substr(prefix.size()), &Part::name);
    if (part == std::end(kParts)) return false;
    TRUCE_TRY(casualties->*part->member, read_range(field, value));
    return true;
  }
  return false;
}

Result<bool> ask_report(ReportInput& in, const ReportDesk& desk) {
  FilledReport so_far;
  const Ask& ask = desk.place.ask;
  const auto of = [&](Status (*read)(const ReportInput&, FilledReport&)) {
    return [&in, read](FilledReport& r) { return read(in, r); };
  };
  const auto with_desk = [&](Status (*read)(const ReportInput&, const ReportDesk&, FilledReport&)) {
    return [&in, &desk, read](FilledReport& r) { return read(in, desk, r); };
  };
  const auto words = [](const char* option, const std::string& text, std::size_t bytes_max) {
    return [option, &text, bytes_max](FilledReport&) -> Status {
      TRUCE_TRY(const std::string read, read_words(option, text, bytes_max));
      return {};
    };
  };
  note(
      "Answer the questions; ? explains, an empty answer takes what stands in [brackets], Ctrl-D leaves without a "
      "trace.");
  const auto put = [&](const Question& q) { return ask_one(q, ask, so_far); };
  if (!put({"What happened (kind)", &in.kind, of(read_kind), "", true, kinds_help})) return false;
  // A kind that came as a flag was not read yet, and the questions depend on it.
  TRUCE_CHECK(read_kind(in, so_far));
  if (const auto known = monitor::subkinds(so_far.report.kind); !known.empty()) {
    std::string list;
    for (const auto s : known) list += (list.empty() ? "" : ", ") + std::string(s);
    if (!put({"More exactly (" + list + ")", &in.subkind, of(read_subkind)})) return false;
  }
  const bool is_other = so_far.report.kind == Kind::kOther;
  if (!put({is_other ? "What was it, in words that everybody may read" : "Words that everybody may read", &in.text,
            words("--text", in.text, monitor::kTextBytesMax), "", is_other}))
    return false;
  const auto time_help = [] {
    return std::string("date, time and offset from UTC: 2018-09-18T09:58:42+03:00, or ...Z for UTC, or: now");
  };
  if (!put({"When did it happen or begin (with offset, or: now)", &in.at,
            [&](FilledReport& r) -> Status {
              TRUCE_TRY(r.report.from, read_time("--at", in.at, desk));
              return {};
            },
            "", true, time_help}))
    return false;
  if (!put({"Until when, if it lasted", &in.to, with_desk(read_times), "", false, time_help})) return false;
  if (!put({"How exact is that time, in seconds", &in.precision, with_desk(read_times),
            std::to_string(kDefaultPrecisionSeconds)}))
    return false;
  if (!in.place.stated()) {
    const auto place_help = [] {
      return std::string(
          "one of: 35.93 36.63 | 35 55 48 N 36 37 48 E | 37S BV 12345 67890 | 2.5 km NW of Sarmin | bearing 230 3 km "
          "from op-3 | Sarmin");
    };
    const auto read = [&](FilledReport& r) { return read_place(in, desk, r); };
    if (!put({"Where (coordinates, grid reference, name, \"2.5 km NW of X\", \"bearing 230 3 km from POST\")",
              &in.place.place, read, "", true, place_help}))
      return false;
    const auto& place = so_far.report.place;
    const bool is_sealed_point = so_far.sealed.is_object() && so_far.sealed.find("observer") != nullptr;
    if (place.form == monitor::Place::Form::kPoint && !is_sealed_point) {
      if (!put({"Within how many metres of it", &in.place.radius, read, std::to_string(place.radius_m)})) return false;
    }
  }
  if (!put({"How do you know (heard, seen, camera, uav, sensor, told)", &in.means, of(read_means)})) return false;
  const auto group = monitor::kind_info(so_far.report.kind).group;
  if (group == monitor::KindGroup::kWeaponUse || group == monitor::KindGroup::kViolation ||
      group == monitor::KindGroup::kMovement) {
    if (!put({"How many (3, 2-5, or low,best,high)", &in.count, of(read_count)})) return false;
    if (!put({"Weapon (CLASS or CLASS:CALIBRE_MM)", &in.weapon, of(read_weapon), "", false, weapons_list}))
      return false;
    if (!put({"Direction of fire or movement, degrees from north", &in.direction, of(read_direction)})) return false;
    if (!put({"Assessment (violation-alleged, controlled-detonation, live-fire-exercise, celebration, cannot-assess)",
              &in.assessment, of(read_assessment)}))
      return false;
  }
  if (group == monitor::KindGroup::kWeaponUse || group == monitor::KindGroup::kHarm || is_other) {
    if (!put({"Killed (number or range)", &in.killed, of(read_killed)})) return false;
    if (!put({"Injured (number or range)", &in.injured, of(read_injured)})) return false;
  }
  if (group != monitor::KindGroup::kActivity) {
    const auto actors_help = [&] {
      std::string list;
      for (const std::string& id : desk.actors) list += (list.empty() ? "" : ", ") + id;
      return "actors: " + (list.empty() ? "none is stated yet (truce actor add)" : list);
    };
    if (!put({"Who did it (actor's id, unknown, or A,B if disputed)", &in.actor, with_desk(read_actor), "", false,
              actors_help}))
      return false;
  }
  for (const auto& f : monitor::detail_fields()) {
    const bool is_given =
        std::ranges::any_of(in.details, [&](const std::string& d) { return d.starts_with(std::string(f.name) + "="); });
    if (f.kind != so_far.report.kind || is_given) continue;
    std::string value;
    const auto read = [&](FilledReport& r) -> Status {
      ReportInput one;
      one.details = {std::string(f.name) + "=" + value};
      TRUCE_CHECK(read_details(one, r));
      Report probe;
      probe.kind = r.report.kind;
      probe.text = "-";
      probe.details = r.report.details;
      return probe.check();
    };
    if (!put({fmt::format("{} ({})", f.name, f.values), &value, read})) return false;
    if (!value.empty()) in.details.push_back(std::string(f.name) + "=" + value);
  }
  if (!put({"Who reports (pseudonym or post, plain)", &in.reporter,
            words("--reporter", in.reporter, monitor::kReporterBytesMax)}))
    return false;
  if (!put({"Note (sealed: only this party reads it)", &in.note, words("--note", in.note, kNoteBytesMax)}))
    return false;
  if (!put({"Grade of the source, A1 to F6 (sealed)", &in.grade, of(read_sealed_words)})) return false;
  return true;
}

std::vector<std::string> report_lines(const FilledReport& filled, const mechanism::Mechanism& m) {
  const Report& r = filled.report;
  std::vector<std::string> out;
  const auto when = [&](Instant t) {
    const int offset = offset_at(m, t);
    return offset == 0 ? clock_text(t, 0) : fmt::format("{} ({})", clock_text(t, offset), to_string(t));
  };
  const auto& kind = monitor::kind_info(r.kind);
  out.push_back(
      fmt::format("what:     {}{}{}", kind.label, r.subkind.empty() ? "" : ", " + r.subkind,
                  r.means == monitor::Means::kNotStated ? "" : ", " + std::string(monitor::means_code(r.means))));
  out.push_back(fmt::format("when:     {}{}, give or take {} s", when(r.from),
                            r.to == r.from ? "" : " to " + when(r.to), r.precision_s));
  if (r.assessment != monitor::Assessment::kNotStated)
    out.push_back(fmt::format("assessed: {}", monitor::assessment_code(r.assessment)));
  if (r.count) out.push_back("count:    " + range_text(*r.count));
  if (r.killed.stated()) out.push_back("killed:   " + casualties_text(r.killed));
  if (r.injured.stated()) out.push_back("injured:  " + casualties_text(r.injured));
  if (!r.weapon.weapon_class.empty()) {
    out.push_back(
        "weapon:   " + r.weapon.weapon_class +
        (r.weapon.calibre_tenth_mm == 0 ? "" : ", " + decimal_to_string(r.weapon.calibre_tenth_mm, 1) + " mm"));
  }
  if (r.direction_mdeg)
    out.push_back(fmt::format("towards:  {} degrees ({})", decimal_to_string(*r.direction_mdeg, 3),
                              compass_point(*r.direction_mdeg)));
  if (r.attribution.state != monitor::AttributionState::kNotStated) {
    std::string actors;
    for (const std::string& id : r.attribution.actors) actors += (actors.empty() ? "" : " or ") + id;
    out.push_back("by:       " + (actors.empty() ? std::string("unknown")
                                                 : actors + (r.attribution.actors.size() > 1 ? ", disputed" : "")));
  }
  if (!r.details.is_null()) out.push_back("details:  " + r.details.to_canonical());
  if (!r.said_by.empty()) out.push_back("said by:  " + r.said_by);
  if (!r.reporter.empty()) out.push_back("reporter: " + r.reporter);
  if (!r.text.empty()) out.push_back("text:     " + r.text);
  if (filled.sealed.is_object()) {
    std::string names;
    for (const auto& [name, value] : filled.sealed.as_object()) names += (names.empty() ? "" : ", ") + name;
    out.push_back("sealed:   " + names);
  }
  return out;
}

std::string kinds_help() {
  std::string out;
  monitor::KindGroup group{};
  for (const auto& k : monitor::all_kinds()) {
    if (out.empty() || k.group != group)
      out += (out.empty() ? "kinds: " : "; ") + std::string(k.code);
    else
      out += ", " + std::string(k.code);
    group = k.group;
  }
  return out;
}

std::string details_help() {
  std::string out = "details by kind:";
  const monitor::DetailField* last = nullptr;
  for (const auto& f : monitor::detail_fields()) {
    out += last == nullptr || last->kind != f.kind ? fmt::format("\n  {}: ", monitor::kind_code(f.kind))
                                                   : std::string("; ");
    out += fmt::format("{}={}", f.name, f.values);
    last = &f;
  }
  return out;
}

}  // namespace truce::cmd
