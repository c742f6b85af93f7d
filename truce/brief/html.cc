// SPDX-License-Identifier: Apache-2.0

#include "truce/brief/html.h"

#include <algorithm>
#include <map>

#include "truce/base/decimal.h"
#include "truce/brief/brief.h"
#include "truce/brief/content.h"
#include "truce/brief/html_page.h"
#include "truce/brief/html_style.inc"
#include "truce/brief/map.h"
#include "truce/brief/view.h"
#include "truce/monitor/taxonomy.h"

namespace truce::brief {
namespace {

constexpr std::int64_t kOverQuotaShownMax = 200;

}  // namespace

void Page::open_table(const std::string& caption, std::initializer_list<Column> columns, std::string_view css_class) {
  out_ += "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"" + w_.say(columns.begin()->head) +
          "\"><table";
  if (!css_class.empty()) out_ += " class=\"" + std::string(css_class) + '"';
  out_ += ">\n<caption>" + caption + "</caption>\n<thead><tr>";
  for (const Column& c : columns)
    out_ += std::string("<th scope=\"col\"") + (c.number ? " class=\"n\"" : "") + '>' + w_.say(c.head) + "</th>";
  out_ += "</tr></thead>\n<tbody>\n";
}

std::string Page::title() const {
  const std::size_t days = j_.find("days")->as_array().size();
  if (days == 1) return w_.say(Text::kDailyBrief);
  if (days == 7) return w_.say(Text::kWeeklyBrief);
  if (days >= 28) return w_.say(Text::kMonthlyBrief);
  return w_.say(Text::kBriefOfDays, {w_.number(static_cast<std::int64_t>(days))});
}

void Page::head() {
  out_ += "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"" + w_.lang() + "\" xml:lang=\"" +
          w_.lang() + "\" dir=\"" + std::string(w_.direction()) +
          "\">\n<head>\n<meta charset=\"utf-8\"/>\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n";
  out_ += "<title>" + std::string(v_.exercise() ? "EXERCISE \u2013 " : "") + title() + ", " + v_.days_label() +
          " \u2013 " + View::plain(v_.mechanism_name()) + "</title>\n<style>" + std::string(kStyle);
  const std::string mark =
      v_.exercise() ? "@top-center{content:\"EXERCISE\";font:700 10pt sans-serif;letter-spacing:.2em;color:#7a1f1f}"
                    : "";
  out_ += "@page{size:A4;margin:15mm 13mm 15mm;" + mark + "@bottom-left{content:\"" + v_.days_label() +
          (v_.is_public() ? "\";" : " \u00b7 " + w_.say(Text::kEditionParties) + "\";") +
          "font:8pt sans-serif;color:#44525f}@bottom-right{content:counter(page) \" / \" counter(pages);font:8pt "
          "sans-serif;color:#44525f}}\n";
  out_ += "</style>\n</head>\n<body>\n";
}

void Page::banner() {
  out_ += "<a class=\"skip\" href=\"#summary\">" + w_.say(Text::kSkip) + "</a>\n";
  if (v_.exercise()) {
    out_ += "<div class=\"band\" role=\"note\">" + w_.say(Text::kExerciseBand) + "<span>" +
            w_.say(Text::kExerciseNote) + "</span></div>\n";
  }
  out_ += "<header>\n<p class=\"kicker\">" + View::bdi(v_.mechanism_name()) + "</p>\n<h1>" + title() +
          " <span class=\"days\">" + v_.days_label() + "</span></h1>\n";
  out_ += "<ul class=\"meta\">\n<li><strong>" + w_.say(v_.is_public() ? Text::kEditionPublic : Text::kEditionParties) +
          "</strong></li>\n";
  std::string parties;
  for (const Json& p : j_.find("mechanism")->find("parties")->as_array()) {
    parties += (parties.empty() ? "" : ", ") + View::bdi(p.find("name")->as_string());
  }
  out_ += "<li>" + w_.say(Text::kParties, {parties}) + "</li>\n<li>" + w_.say(Text::kTimesIn, {v_.offsets_label()}) +
          "</li>\n";
  if (const std::string begin = v_.day_begin_label(); !begin.empty())
    out_ += "<li>" + w_.say(Text::kDaysBegin, {begin}) + "</li>\n";
  const std::int64_t as_of = j_.find("picture")->find("as_of")->as_integer();
  out_ += "<li>" + (as_of == 0 ? w_.say(Text::kAsOfNone) : w_.say(Text::kAsOf, {v_.utc(as_of)})) + "</li>\n</ul>\n";
  if (!j_.find("zone")->is_null()) {
    out_ += "<p class=\"warnbox\">" + w_.say(Text::kOnZone, {v_.zone_name(v_.text("zone"))}) + ".</p>\n";
  }
  note(w_.say(v_.is_public() ? Text::kEditionPublicNote : Text::kEditionPartiesNote));
  out_ += "</header>\n";
}

void Page::contents() {
  out_ += "<nav aria-label=\"" + w_.say(Text::kContents) + "\"><ul>\n";
  for (const auto& [id, title] : sections_) out_ += "<li><a href=\"#" + id + "\">" + w_.say(title) + "</a></li>\n";
  out_ += "</ul></nav>\n";
}

// "12 explosions and 3 shellings": the kinds with most single violations, at most three.
std::string Page::including(const Json& by_kind) const {
  std::vector<std::pair<std::int64_t, std::string>> parts;
  for (const Json& k : by_kind.as_array()) {
    const std::int64_t n = best(*k.as_array()[1].find("violations"));
    if (n > 0) {
      const std::string& kind = k.as_array()[0].as_string();
      parts.emplace_back(n, kind == "small-arms" ? w_.count(Text::kSmallArmsInstances, n)
                                                 : w_.number(n) + ' ' + w_.kind(kind, n != 1));
    }
  }
  std::ranges::stable_sort(parts, std::greater<>(), &std::pair<std::int64_t, std::string>::first);
  if (parts.size() > 3) parts.resize(3);
  std::string list;
  for (const auto& [n, words] : parts) list += (list.empty() ? "" : ", ") + words;
  return list.empty() ? list : w_.say(Text::kIncluding, {list});
}

void Page::words_of_summary() {
  const Json& all = *counts_.find("all");
  const std::int64_t n = all.find("incidents")->as_integer();
  const std::int64_t before = all.find("previous")->as_integer();
  out_ += "<div class=\"words\">\n<p>";
  if (n == 0) {
    out_ += w_.say(Text::kSummaryNone, {v_.days_label()});
    if (before > 0) out_ += ' ' + w_.say(Text::kSummaryBefore, {w_.number(before)});
  } else {
    out_ += w_.count(Text::kSummaryIncidents, n, {"<strong>" + w_.number(n) + "</strong>", v_.days_label()});
    const std::string prior = w_.number(before);
    if (before == 0)
      out_ += w_.say(Text::kSummaryFirst) + ' ';
    else if (n > before)
      out_ += w_.say(Text::kSummaryMore, {w_.number(n - before), prior}) + ' ';
    else if (n < before)
      out_ += w_.say(Text::kSummaryFewer, {w_.number(before - n), prior}) + ' ';
    else
      out_ += w_.say(Text::kSummarySame) + ' ';
    out_ += w_.say(Text::kSummaryInZones, {w_.number(counts_.find("in_zones")->find("incidents")->as_integer())});
    const std::int64_t forbidden = all.find("forbidden")->as_integer();
    if (forbidden > 0) {
      out_ += ' ' + w_.count(Text::kSummaryForbidden, forbidden) + ' ' +
              w_.say(Text::kSummaryViolations, {"<strong>" + w_.range(*all.find("violations")) + "</strong>",
                                                including(*counts_.find("by_kind"))});
    }
  }
  out_ += "</p>\n<p>";
  const Json& killed = *all.find("killed");
  const Json& injured = *all.find("injured");
  const bool harm = killed.as_array()[2].as_integer() + injured.as_array()[2].as_integer() > 0;
  out_ += harm ? w_.say(Text::kSummaryHarm,
                        {"<strong>" + w_.range(killed) + "</strong>", "<strong>" + w_.range(injured) + "</strong>"})
               : w_.say(Text::kSummaryNoHarm);
  std::int64_t restrictions = 0;
  for (const Json& k : counts_.find("by_kind")->as_array()) {
    if (k.as_array()[0] == Json("restriction-of-movement"))
      restrictions = k.as_array()[1].find("incidents")->as_integer();
  }
  if (restrictions > 0) out_ += ' ' + w_.count(Text::kSummaryRestrictions, restrictions);
  if (const auto apart = static_cast<std::int64_t>(j_.find("apart")->as_array().size()); apart > 0) {
    out_ += ' ' + w_.count(Text::kSummaryApart, apart);
  }
  out_ += "</p>\n";
  std::int64_t minutes = 0;
  for (const Json& c : j_.find("coverage")->as_array())
    minutes += c.find("day_minutes")->as_integer() + c.find("night_minutes")->as_integer();
  std::string zones;
  for (const std::string& id : unpatrolled_) zones += (zones.empty() ? "" : ", ") + v_.zone_name(id);
  std::string rest;
  const auto add = [&rest](const std::string& sentence) { rest += (rest.empty() ? "" : " ") + sentence; };
  if (minutes > 0) add(w_.say(Text::kSummaryCoverage, {w_.hours(minutes)}));
  std::int64_t corrected = 0, withdrawn = 0;
  for (const Json& c : j_.find("changes")->find("rows")->as_array()) {
    ++(*c.find("what") == Json("corrected") ? corrected : withdrawn);
  }
  if (corrected + withdrawn > 0) {
    add(w_.say(Text::kSummaryChanges, {w_.number(corrected), w_.number(withdrawn)}));
  }
  if (const auto over = static_cast<std::int64_t>(j_.find("over_quota")->as_array().size()); over > 0) {
    add(w_.count(Text::kSummaryOverQuota, over));
  }
  if (!rest.empty()) out_ += "<p>" + rest + "</p>\n";
  if (!zones.empty()) {
    out_ += "<p class=\"warnbox\">" + w_.say(Text::kSummaryUnpatrolled, {zones}) + "</p>\n";
  }
  out_ += "</div>\n";
}

void Page::tiles() {
  const Json& all = *counts_.find("all");
  const auto tile = [this](const std::string& figure, const std::string& words, const std::string& small) {
    out_ += "<li><b>" + figure + "</b><span>" + words + "</span>";
    if (!small.empty()) out_ += "<small>" + small + "</small>";
    out_ += "</li>\n";
  };
  const auto between = [this](const Json& r) {
    const Json::Array& n = r.as_array();
    return n[0] == n[2] ? std::string()
                        : w_.say(Text::kTileRange, {w_.number(n[0].as_integer()), w_.number(n[2].as_integer())});
  };
  const auto before = [this](std::int64_t n) { return w_.say(Text::kTileBefore, {w_.number(n)}); };
  const std::int64_t n = all.find("incidents")->as_integer();
  const Json& inside = *counts_.find("in_zones");
  const std::int64_t violations = best(*all.find("violations"));
  out_ += "<ul class=\"tiles\">\n";
  tile(w_.number(n), w_.count(Text::kTileIncidents, n), before(all.find("previous")->as_integer()));
  tile(w_.number(inside.find("incidents")->as_integer()), w_.say(Text::kTileInside),
       before(inside.find("previous")->as_integer()));
  const std::string range = between(*all.find("violations"));
  tile(w_.number(violations), w_.count(Text::kTileViolations, violations),
       (range.empty() ? range : range + "; ") + before(best(*all.find("violations_previous"))));
  tile(w_.number(best(*all.find("killed"))), w_.say(Text::kTileKilled), between(*all.find("killed")));
  tile(w_.number(best(*all.find("injured"))), w_.say(Text::kTileInjured), between(*all.find("injured")));
  std::int64_t minutes = 0, minutes_before = 0;
  for (const Json& c : j_.find("coverage")->as_array()) {
    minutes += c.find("day_minutes")->as_integer() + c.find("night_minutes")->as_integer();
    minutes_before += c.find("previous_minutes")->as_integer();
  }
  if (minutes == 0) {
    tile("\u2013", "<span class=\"nothing\">" + w_.say(Text::kNoPatrol) + "</span>",
         minutes_before > 0 ? w_.say(Text::kTileBefore, {w_.hours(minutes_before)}) : "");
  } else {
    tile(w_.number((minutes + 30) / 60) + " h", w_.say(Text::kTilePatrols),
         w_.say(Text::kTileBefore, {w_.number((minutes_before + 30) / 60) + " h"}));
  }
  out_ += "</ul>\n";
}

std::string Page::patrol_cell(const std::string& zone) const {
  std::int64_t minutes = 0;
  for (const Json& c : j_.find("coverage")->as_array()) {
    const std::vector<std::string> ids = split_ids(c.find("zone")->as_string());
    if (std::ranges::count(ids, zone) != 0)
      minutes += c.find("day_minutes")->as_integer() + c.find("night_minutes")->as_integer();
  }
  if (std::ranges::count(unpatrolled_, zone) != 0)
    return "<span class=\"nothing\">" + w_.say(Text::kNoPatrol) + "</span>";
  return w_.hours(minutes);
}

void Page::glance() {
  const Json::Array& zones = counts_.find("by_zone")->as_array();
  if (zones.empty() || (zones.size() == 1 && zones[0].find("zone")->is_null())) {
    note(w_.say(Text::kNoZones));
    return;
  }
  open_table(w_.say(Text::kZonesAtAGlance),
             {{Text::kZone},
              {Text::kIncidents, true},
              {Text::kPrevious, true},
              {Text::kForbidden, true},
              {Text::kViolations, true},
              {Text::kKilled, true},
              {Text::kInjured, true},
              {Text::kPatrolHours, true}},
             "t-glance");
  const auto row = [this](const std::string& name, const Json& t, const std::string& patrols, bool total) {
    row_head(name, total ? " class=\"total\"" : "");
    number(w_.number(t.find("incidents")->as_integer()));
    number(w_.number(t.find("previous")->as_integer()));
    number(w_.number(t.find("forbidden")->as_integer()));
    number(w_.range(*t.find("violations")));
    number(w_.range(*t.find("killed")));
    number(w_.range(*t.find("injured")));
    number(patrols);
    end_row();
  };
  for (const Json& z : zones) {
    const Json& id = *z.find("zone");
    row(zone_or_outside(id), *z.find("all"), id.is_null() ? "\u2013" : patrol_cell(id.as_string()), false);
  }
  row(w_.say(Text::kAllZones), *counts_.find("all"), "\u2013", true);
  close_table();
}

// Bars by day; only where there are several days. The table under it holds the same figures for those who cannot see
// it.
void Page::day_chart() {
  const Json::Array& days = counts_.find("by_day")->as_array();
  if (days.size() < 2) return;
  std::int64_t most = 1;
  for (const Json& d : days) most = std::max({most, d.as_array()[1].as_integer(), d.as_array()[2].as_integer()});
  const auto count = static_cast<std::int64_t>(days.size());
  constexpr std::int64_t kWidth = 7'400, kHeight = 1'150, kTop = 200;
  const std::int64_t slot = kWidth / count;
  const std::int64_t bar = std::min<std::int64_t>(slot * 6 / 10, 360);
  const auto px = [](std::int64_t tenths) { return decimal_to_string(tenths, 1); };
  const auto height = [&](std::int64_t n) { return n * kHeight / most; };
  std::string figures;
  for (const Json& d : days) {
    figures += (figures.empty() ? "" : ", ") + w_.short_day(d.as_array()[0].as_string()) + ' ' +
               w_.number(d.as_array()[1].as_integer()) + " (" + w_.number(d.as_array()[2].as_integer()) + ')';
  }
  out_ +=
      "<figure class=\"chart\"><svg viewBox=\"-12 0 764 170\" role=\"img\" aria-labelledby=\"c-title c-desc\" "
      "font-family=\"inherit\">\n<title id=\"c-title\">" +
      w_.say(Text::kByDay) + "</title><desc id=\"c-desc\">" + w_.say(Text::kByDayDescription, {figures}) + "</desc>\n";
  for (std::int64_t i = 0; i < count; ++i) {
    const Json::Array& d = days[static_cast<std::size_t>(i)].as_array();
    const std::int64_t n = d[1].as_integer();
    const std::int64_t before = d[2].as_integer();
    const std::int64_t x = slot * i + (slot - bar) / 2;
    const std::int64_t y = kTop + kHeight - height(n);
    if (n > 0)
      out_ += "<rect x=\"" + px(x) + "\" y=\"" + px(y) + "\" width=\"" + px(bar) + "\" height=\"" + px(height(n)) +
              "\" fill=\"#2b6491\"/>";
    const std::int64_t yb = kTop + kHeight - height(before);
    out_ +=
        "<path d=\"M" + px(x - 40) + ' ' + px(yb) + 'h' + px(bar + 80) + "\" stroke=\"#9a6a00\" stroke-width=\"2\"/>";
    const std::string middle = px(slot * i + slot / 2);
    // The figure stands above whatever is higher, where that is close.
    const std::int64_t top = before > n && y - yb < 140 ? yb : y;
    out_ += "<text x=\"" + middle + "\" y=\"" + px(top - 40) +
            "\" text-anchor=\"middle\" font-size=\"11\" fill=\"#1b2733\">" + w_.number(n) + "</text>";
    if (count <= 16 || i % 2 == 0) {
      out_ += "<text x=\"" + middle + "\" y=\"" + px(kTop + kHeight + 150) +
              "\" text-anchor=\"middle\" font-size=\"10\" fill=\"#44525f\">" + w_.short_day(d[0].as_string()) +
              "</text>";
    }
    out_ += '\n';
  }
  out_ += "<path d=\"M0 " + px(kTop + kHeight) + "h740\" stroke=\"#1b2733\" stroke-width=\"1\"/>\n</svg>\n";
  out_ += "<figcaption class=\"note\">" + w_.say(Text::kByDay) +
          ": <span aria-hidden=\"true\"><svg style=\"display:inline;width:.8em;height:.8em\" viewBox=\"0 0 8 8\"><path "
          "d=\"M0 0h8v8h-8z\" fill=\"#2b6491\"/></svg></span> " +
          w_.say(Text::kThisPeriod) +
          ", <span aria-hidden=\"true\"><svg style=\"display:inline;width:1.1em;height:.8em\" viewBox=\"0 0 11 "
          "8\"><path d=\"M0 4h11\" stroke=\"#9a6a00\" stroke-width=\"2\"/></svg></span> " +
          w_.say(Text::kPeriodBefore) + " (" + previous_label() + ").</figcaption></figure>\n";
}

void Page::summary() {
  open_section("summary", Text::kSummary);
  words_of_summary();
  tiles();
  glance();
  day_chart();
  note(w_.say(Text::kFiguresReported));
  close_section();
}

void Page::map() {
  open_section("map", Text::kMap);
  out_ += "<figure>" + svg_ + "</figure>\n";
  note(w_.say(v_.is_public() ? Text::kMapSignsPublic : Text::kMapSigns));
  close_section();
}

void Page::counts() {
  open_section("counts", Text::kCounts);
  open_table(w_.say(Text::kCountsCaption, {v_.days_label(), previous_label()}),
             {{Text::kKind},
              {Text::kIncidents, true},
              {Text::kPrevious, true},
              {Text::kChange, true},
              {Text::kForbidden, true},
              {Text::kViolations, true},
              {Text::kViolationsPrevious, true}},
             "t-counts");
  const auto row = [this](const std::string& name, const Json& t, bool total) {
    row_head(name, total ? " class=\"total\"" : "");
    const std::int64_t n = t.find("incidents")->as_integer();
    const std::int64_t before = t.find("previous")->as_integer();
    number(w_.number(n));
    number(w_.number(before));
    number(change(n, before));
    number(w_.number(t.find("forbidden")->as_integer()));
    number(w_.range(*t.find("violations")));
    number(w_.range(*t.find("violations_previous")));
    end_row();
  };
  for (const Json& z : counts_.find("by_zone")->as_array()) {
    const Json& id = *z.find("zone");
    out_ += "<tr><th class=\"group\" scope=\"rowgroup\" colspan=\"7\">" + zone_or_outside(id);
    if (!id.is_null() && std::ranges::count(unpatrolled_, id.as_string()) != 0) {
      out_ += " \u2013 <span class=\"nothing\">" + w_.say(Text::kNoPatrol) + "</span>";
    }
    out_ += "</th></tr>\n";
    for (const Json& k : z.find("by_kind")->as_array())
      row(w_.kind(k.as_array()[0].as_string(), true), k.as_array()[1], false);
    row(w_.say(Text::kTotal), *z.find("all"), true);
  }
  out_ += "<tr><th class=\"group\" scope=\"rowgroup\" colspan=\"7\">" + w_.say(Text::kAllZones) + "</th></tr>\n";
  for (const Json& k : counts_.find("by_kind")->as_array())
    row(w_.kind(k.as_array()[0].as_string(), true), k.as_array()[1], false);
  row(w_.say(Text::kTotal), *counts_.find("all"), true);
  close_table();
  std::string text = w_.say(Text::kCountsNote);
  if (const std::int64_t n = counts_.find("all")->find("unstated")->as_integer(); n > 0)
    text += ' ' + w_.count(Text::kUnstated, n);
  std::string assessed;
  for (const Json& a : counts_.find("assessed")->as_array()) {
    assessed += (assessed.empty() ? "" : ", ") + w_.code(a.as_array()[0].as_string()) + ' ' +
                w_.number(a.as_array()[1].as_integer());
  }
  if (!assessed.empty()) text += ' ' + w_.say(Text::kAssessed, {assessed});
  note(text + ' ' + w_.say(Text::kZonesOverlap));
  hour_chart();
  close_section();
}

void Page::casualties() {
  const Json& c = *counts_.find("casualties");
  open_section("casualties", Text::kCasualties);
  if (c.find("incidents")->as_integer() == 0) {
    note(w_.say(Text::kNoCasualties));
  } else {
    open_table(w_.say(Text::kCasualtiesCaption), {{Text::kPersons}, {Text::kKilled, true}, {Text::kInjured, true}});
    for (const std::string_view part :
         {"women", "men", "children", "person_unknown", "civilian", "military", "status_unknown"}) {
      const Json* killed = c.find("killed")->find(part);
      const Json* injured = c.find("injured")->find(part);
      if (killed == nullptr && injured == nullptr) continue;
      row_head(w_.code(part));
      number(killed != nullptr ? w_.range(*killed) : w_.say(Text::kNotStated));
      number(injured != nullptr ? w_.range(*injured) : w_.say(Text::kNotStated));
      end_row();
    }
    row_head(w_.say(Text::kAllPersons), " class=\"total\"");
    number(w_.range(*c.find("killed")->find("all")));
    number(w_.range(*c.find("injured")->find("all")));
    end_row();
    close_table();
    note(w_.say(Text::kCasualtiesNote));
  }
  kinds_section("", Text::kDamage, {"damage"});
  close_section();
}

void Page::apart() {
  const Json::Array& rows = j_.find("apart")->as_array();
  if (rows.empty()) return;
  open_section("apart", Text::kApart);
  note(w_.say(Text::kApartNote));
  open_table(w_.say(Text::kApartCaption),
             {{Text::kIncident}, {Text::kTime}, {Text::kKind}, {Text::kPlace}, {Text::kRelation}, {Text::kZone}});
  for (std::size_t n = 0; n < std::min(rows.size(), kHtmlRowsMax); ++n) {
    const Json::Array& a = rows[n].as_array();
    const Incident i = v_.incident(a[0].as_integer());
    row_head(incident_link(i));
    cell(v_.time_of(i));
    cell(w_.kind(i.text("kind"), false));
    cell(v_.place_of(i));
    cell(w_.code(a[1].as_string()));
    // A zone with one map is named once; with maps of several parties each answer is shown.
    std::map<std::string, int> maps;
    for (const Json& z : a[2].as_array()) ++maps[z.as_array()[0].as_string()];
    std::string zones;
    for (const Json& z : a[2].as_array()) {
      const Json::Array& c = z.as_array();
      zones += zones.empty() ? "" : "; ";
      const std::string name = v_.zone_name(c[0].as_string());
      if (c.size() < 3) {
        zones += name;
      } else {
        const std::string percent = w_.number((c[2].as_integer() + 5'000) / 10'000);
        zones += w_.say(maps[c[0].as_string()] > 1 ? Text::kProbabilityMap : Text::kProbability,
                        {name, percent, v_.party_names(c[1].as_string())});
      }
    }
    cell(zones);
    end_row();
  }
  close_table();
  close_section();
}

std::string Page::details_of(const Incident& i) const {
  const Json& details = i.at("details");
  if (!details.is_object()) return {};
  std::string out;
  const auto add = [&](const std::string& markup) { out += (out.empty() ? "" : "; ") + markup; };
  const auto value = [this](const Json& j) -> std::string {
    if (j.is_string()) return w_.code(j.as_string());
    if (j.is_integer()) return w_.number(j.as_integer());
    if (!j.is_array()) return {};
    const bool range =
        j.as_array().size() == 3 && std::ranges::all_of(j.as_array(), [](const Json& n) { return n.is_integer(); });
    if (range) return w_.range(j);
    std::string list;
    for (const Json& item : j.as_array()) {
      std::string text;
      if (item.is_string()) {
        text = View::bdi(item.as_string());
      } else if (item.is_object()) {
        const Json* count = item.find("count");
        const Json* weapon = item.find("class");
        const Json* calibre = item.find("calibre_tenth_mm");
        if (count != nullptr) text += w_.range(*count) + ' ';
        if (weapon != nullptr && weapon->is_string()) text += w_.code(weapon->as_string());
        if (calibre != nullptr && calibre->is_integer())
          text += ' ' + decimal_to_string(calibre->as_integer(), 1) + " mm";
      }
      list += (list.empty() ? "" : ", ") + text;
    }
    return list;
  };
  if (const Json* weapon = details.find("weapon")) {
    std::string text;
    if (const Json* c = weapon->find("class"); c != nullptr && c->is_string()) text = w_.code(c->as_string());
    if (const Json* c = weapon->find("calibre_tenth_mm"); c != nullptr && c->is_integer())
      text += ' ' + decimal_to_string(c->as_integer(), 1) + " mm";
    add(text);
  }
  if (const Json* d = details.find("details"); d != nullptr && d->is_object()) {
    for (const auto& [name, v] : d->as_object()) {
      const bool zone = (name == "zone" || name == "site") && v.is_string();
      std::string label = name;
      std::ranges::replace(label, '_', ' ');
      add(escaped(label) + ": " + (zone ? v_.zone_name(v.as_string()) : value(v)));
    }
  }
  if (const Json* text = details.find("text"); text != nullptr && text->is_string()) add(View::bdi(text->as_string()));
  return out;
}

std::string Page::attribution_of(const Incident& i) const {
  const std::string& a = i.text("attribution");
  if (a.empty()) return {};
  if (a == "unknown") return w_.say(Text::kAttributionUnknown);
  const std::size_t colon = a.find(':');
  if (colon == std::string::npos) return View::bdi(a);
  std::string actors;
  for (const std::string& id : split_ids(std::string_view(a).substr(colon + 1)))
    actors += (actors.empty() ? "" : ", ") + v_.actor_name(id);
  return w_.say(a.starts_with("disputed") ? Text::kAttributionDisputed : Text::kAttributedTo, {actors});
}

// A table of the incidents of some kinds, with their details and counted values; nothing where there are none. Without
// an id it stands inside another section.
void Page::kinds_section(std::string_view id, Text title, std::initializer_list<std::string_view> kinds) {
  std::vector<std::int64_t> rows;
  for (std::int64_t n = 0; n < v_.incident_count(); ++n) {
    if (std::ranges::count(kinds, std::string_view(v_.incident(n).text("kind"))) != 0) rows.push_back(n);
  }
  if (rows.empty()) return;
  if (id.empty()) {
    out_ += "<h3>" + w_.say(title) + "</h3>\n";
  } else {
    open_section(id, title);
  }
  static const std::map<std::string_view, Text> kFields = {
      {"form", Text::kField},      {"object", Text::kFieldObject},   {"state", Text::kFieldState},
      {"need", Text::kFieldNeed},  {"purpose", Text::kFieldPurpose}, {"what", Text::kFieldWhat},
      {"class", Text::kFieldClass}};
  std::string counted;
  for (const Json& f : counts_.find("values")->as_array()) {
    const Json::Array& c = f.as_array();
    if (std::ranges::count(kinds, std::string_view(c[0].as_string())) == 0) continue;
    std::string list;
    for (const Json& v : c[2].as_array()) {
      list += (list.empty() ? "" : ", ") + w_.code(v.as_array()[0].as_string()) + ' ' +
              w_.number(v.as_array()[1].as_integer());
    }
    const auto name = kFields.find(c[1].as_string());
    counted += (counted.empty() ? "" : " ") +
               w_.say(Text::kByValue, {name != kFields.end() ? w_.say(name->second) : escaped(c[1].as_string()), list});
  }
  if (!counted.empty()) out_ += "<p>" + counted + "</p>\n";
  const std::string caption = w_.say(Text::kSectionCaption, {w_.say(title), v_.days_label()});
  if (v_.is_public()) {
    open_table(caption, {{Text::kIncident}, {Text::kTime}, {Text::kPlace}, {Text::kKind}, {Text::kZone}});
  } else {
    open_table(caption,
               {{Text::kIncident}, {Text::kTime}, {Text::kPlace}, {Text::kKind}, {Text::kZone}, {Text::kDetails}});
  }
  for (std::size_t n = 0; n < std::min(rows.size(), kHtmlRowsMax); ++n) {
    const Incident i = v_.incident(rows[n]);
    row_head(i.text("group") == "activity" ? "<span class=\"id\">" + escaped(i.text("incident")) + "</span>"
                                           : incident_link(i));
    cell(v_.time_of(i));
    cell(v_.place_of(i));
    cell(w_.kind(i.text("kind"), false) + (i.at("count").is_null() ? "" : " \u00d7 " + w_.range(i.at("count"))));
    cell(v_.zone_names(i.text("zones")));
    if (!v_.is_public()) cell(details_of(i));
    end_row();
  }
  close_table();
  if (rows.size() > kHtmlRowsMax) {
    note(w_.say(Text::kFirstRows,
                {w_.number(static_cast<std::int64_t>(kHtmlRowsMax)), w_.number(static_cast<std::int64_t>(rows.size())),
                 brief_file_name("brief.json", v_.exercise())}));
  }
  if (!id.empty()) close_section();
}

void Page::coverage() {
  open_section("coverage", Text::kCoverage);
  note(w_.say(Text::kCoverageNote));
  const Json::Array& rows = j_.find("coverage")->as_array();
  if (rows.empty() && unpatrolled_.empty()) {
    note(w_.say(Text::kNoZones));
    close_section();
    return;
  }
  open_table(w_.say(Text::kCoverageCaption, {v_.days_label(), previous_label()}), {{Text::kZone},
                                                                                   {Text::kParty},
                                                                                   {Text::kPatrols, true},
                                                                                   {Text::kDayHours, true},
                                                                                   {Text::kNightHours, true},
                                                                                   {Text::kAllHours, true},
                                                                                   {Text::kPrevious, true}});
  for (const Json& c : rows) {
    const std::string& zone = c.find("zone")->as_string();
    const std::int64_t day = c.find("day_minutes")->as_integer();
    const std::int64_t night = c.find("night_minutes")->as_integer();
    row_head(zone.empty() ? w_.say(Text::kNoZoneStated) : v_.zone_names(zone));
    cell(v_.party_names(c.find("party")->as_string()));
    number(w_.number(c.find("patrols")->as_integer()));
    number(w_.hours(day));
    number(w_.hours(night));
    number(w_.hours(day + night));
    number(w_.hours(c.find("previous_minutes")->as_integer()));
    end_row();
  }
  for (const std::string& zone : unpatrolled_) {
    row_head(v_.zone_name(zone));
    out_ += "<td colspan=\"6\"><span class=\"nothing\">" + w_.say(Text::kNoPatrol) + "</span></td>";
    end_row();
  }
  close_table();
  close_section();
}

void Page::incidents() {
  open_section("incidents", Text::kIncidentTable);
  std::vector<std::int64_t> rows;
  for (std::int64_t n = 0; n < v_.incident_count(); ++n) {
    if (v_.incident(n).text("group") != "activity") rows.push_back(n);
  }
  if (rows.empty()) {
    note(w_.say(Text::kNoIncidents));
    close_section();
    return;
  }
  open_table(w_.say(Text::kIncidentCaption, {v_.days_label()}),
             {{Text::kIncident},
              {Text::kTime},
              {Text::kPlace},
              {Text::kKindMeans},
              {Text::kCount},
              {Text::kCasualtyColumn},
              {Text::kZonesRelation},
              {Text::kReportedBy}},
             "t-incidents");
  for (std::size_t n = 0; n < std::min(rows.size(), kHtmlRowsMax); ++n) {
    const Incident i = v_.incident(rows[n]);
    const std::string& id = i.text("incident");
    row_head("<span class=\"id\">" + escaped(id) + "</span>" +
                 (i.integer("over_quota") != 0 ? "<small>" + w_.say(Text::kOverQuota) + "</small>" : ""),
             " id=\"i-" + anchor(id) + "\"");
    cell(v_.time_of(i));
    cell(v_.place_of(i));
    std::string kind = w_.kind(i.text("kind"), false);
    std::string small = i.text("means").empty() ? "" : w_.code(i.text("means"));
    if (!i.text("assessment").empty()) small += (small.empty() ? "" : "; ") + w_.code(i.text("assessment"));
    if (const std::string a = attribution_of(i); !a.empty()) small += (small.empty() ? "" : "; ") + a;
    if (const Json& details = i.at("details"); details.is_object() && details.find("text") != nullptr) {
      small += (small.empty() ? "" : "; ") + View::bdi(details.find("text")->as_string());
    }
    cell(kind + (small.empty() ? "" : "<small>" + small + "</small>"));
    cell(w_.range(i.at("count")));
    std::string harm;
    const auto stated = [](const Json& r) { return r.is_array() && r.as_array()[2].as_integer() > 0; };
    if (stated(i.at("killed"))) harm = w_.say(Text::kKilledShort, {w_.range(i.at("killed"))});
    if (stated(i.at("injured")))
      harm += (harm.empty() ? "" : ", ") + w_.say(Text::kInjuredShort, {w_.range(i.at("injured"))});
    cell(harm.empty() ? "\u2013" : harm);
    std::string zones = v_.zone_names(i.text("zones"));
    if (zones.empty())
      zones = w_.code(i.text("relation"));
    else if (i.text("relation") != "inside")
      zones += "<small>" + w_.code(i.text("relation")) + "</small>";
    if (!i.text("forbidden_by").empty()) zones += "<small>" + w_.say(Text::kForbids) + "</small>";
    cell(zones);
    std::string told;
    if (i.integer("reports") > 1) told = w_.count(Text::kReports, i.integer("reports"));
    if (!i.at("posts").is_null() && i.integer("posts") > 0)
      told += (told.empty() ? "" : ", ") + w_.count(Text::kPostsCount, i.integer("posts"));
    if (const std::string& sure = i.text("certainty"); sure != "high")
      told += (told.empty() ? "" : "; ") + w_.say(sure == "medium" ? Text::kCertaintyMedium : Text::kCertaintyLow);
    cell(v_.party_names(i.text("parties")) + (told.empty() ? "" : "<small>" + told + "</small>"));
    end_row();
  }
  close_table();
  note(w_.say(Text::kCertaintyNote));
  if (rows.size() > kHtmlRowsMax) {
    note(w_.say(Text::kFirstRows,
                {w_.number(static_cast<std::int64_t>(kHtmlRowsMax)), w_.number(static_cast<std::int64_t>(rows.size())),
                 brief_file_name("incidents.csv", v_.exercise())}));
  }
  if (const Json::Array& over = j_.find("over_quota")->as_array(); !over.empty()) {
    std::string list;
    for (std::size_t n = 0; n < std::min<std::size_t>(over.size(), kOverQuotaShownMax); ++n) {
      list += (list.empty() ? "" : ", ") + ("<span class=\"id\">" + escaped(over[n].as_string()) + "</span>");
    }
    const auto rest = static_cast<std::int64_t>(over.size()) - kOverQuotaShownMax;
    if (rest > 0) list += ' ' + w_.say(Text::kAndMore, {w_.number(rest)});
    out_ += "<h3>" + w_.say(Text::kOverQuotaTitle) + "</h3>\n";
    note(w_.say(Text::kOverQuotaNote, {list}));
  }
  close_section();
}

void Page::changes() {
  open_section("changes", Text::kChanges);
  const Json& c = *j_.find("changes");
  const Json::Array& rows = c.find("rows")->as_array();
  if (rows.empty()) {
    note(w_.say(Text::kNoChanges));
  } else {
    const std::string caption = w_.say(Text::kChangesCaption, {v_.days_label()});
    if (v_.is_public()) {
      open_table(caption, {{Text::kAbout}, {Text::kWhat}, {Text::kDay}, {Text::kChanged}});
    } else {
      open_table(caption, {{Text::kAbout}, {Text::kWhat}, {Text::kDay}, {Text::kChanged}, {Text::kStatement}});
    }
    for (std::size_t n = 0; n < std::min(rows.size(), kHtmlRowsMax); ++n) {
      const Json& r = rows[n];
      const std::string& day = r.find("day")->as_string();
      row_head("<span class=\"id\">" + escaped(r.find("incident")->as_string()) + "</span><small>" +
               w_.code(r.find("type")->as_string()) + "</small>");
      cell(w_.code(r.find("what")->as_string()));
      cell(day.empty() ? "\u2013" : w_.short_day(day));
      std::string what;
      for (const std::string& name : split_ids(r.find("changed")->as_string()))
        what += (what.empty() ? "" : ", ") + w_.code(name);
      if (const Json* reason = r.find("reason"); reason != nullptr && !reason->as_string().empty()) {
        what += (what.empty() ? "" : "; ") + w_.code(reason->as_string());
      }
      cell(what.empty() ? "\u2013" : what);
      if (!v_.is_public())
        cell("<span class=\"id\">" + escaped(r.find("statement")->as_string()) + "</span><small>" +
             v_.utc(r.find("recorded")->as_integer()) + "</small>");
      end_row();
    }
    close_table();
    if (rows.size() > kHtmlRowsMax) {
      note(w_.say(Text::kFirstRows,
                  {w_.number(static_cast<std::int64_t>(kHtmlRowsMax)),
                   w_.number(static_cast<std::int64_t>(rows.size())), brief_file_name("brief.json", v_.exercise())}));
    }
    if (v_.is_public()) note(w_.say(Text::kChangesPublicNote));
  }
  std::string without;
  for (const Json& e : c.find("without_effect")->as_array()) {
    without += (without.empty() ? "" : ", ") + w_.code(e.as_array()[0].as_string()) + ' ' +
               w_.number(e.as_array()[1].as_integer());
  }
  note(w_.say(Text::kWithoutEffect,
              {without.empty() ? "0" : without, w_.number(c.find("without_effect_undated")->as_integer())}));
  close_section();
}

void Page::verify() {
  open_section("verify", Text::kVerify);
  out_ += "<p>" + w_.say(Text::kVerifyText) + "</p>\n<pre>" + escaped(v_.text("verify")) + "</pre>\n<dl>\n";
  const Json& picture = *j_.find("picture");
  const auto entry = [this](Text name, const std::string& value) {
    out_ += "<dt>" + w_.say(name) + "</dt><dd class=\"id\">" + value + "</dd>\n";
  };
  entry(Text::kVerifyDigest, digest_.hex());
  entry(Text::kVerifyPicture, escaped(picture.find("digest")->as_string()));
  entry(Text::kVerifyMechanism, escaped(j_.find("mechanism")->find("id")->as_string()));
  const std::int64_t rules = picture.find("rules")->as_integer();
  entry(Text::kVerifyRules, rules == 0 ? w_.say(Text::kRulesUnstable, {"0"}) : w_.number(rules));
  const std::int64_t as_of = picture.find("as_of")->as_integer();
  const Json& calibration = *j_.find("calibration");
  entry(Text::kVerifyCalibration,
        calibration.is_null()
            ? w_.say(Text::kNeutralPriors)
            : escaped(calibration.find("statement")->as_string()) + " (" +
                  w_.days(calibration.find("from")->as_string(), calibration.find("to")->as_string()) + ")");
  entry(Text::kVerifyAsOf, as_of == 0 ? w_.say(Text::kNone) : v_.utc(as_of) + " (" + std::to_string(as_of) + ")");
  const Json& borders = *j_.find("borders");
  entry(Text::kVerifyBorders, borders.is_null() ? w_.say(Text::kNone)
                                                : escaped(borders.find("id")->as_string()) + ", " +
                                                      escaped(borders.find("sha256")->as_string()));
  out_ += "</dl>\n";
  const Json* logs = picture.find("cut")->find("logs");
  if (logs != nullptr && logs->is_array()) {
    open_table(w_.say(Text::kCutCaption), {{Text::kLog}, {Text::kSize, true}, {Text::kRoot}});
    for (const Json& log : logs->as_array()) {
      if (!log.is_array() || log.as_array().size() != 3) continue;
      const Json::Array& l = log.as_array();
      row_head("<span class=\"id\">" + (l[0].is_string() ? escaped(l[0].as_string()) : "") + "</span>");
      number(l[1].is_integer() ? w_.number(l[1].as_integer()) : l[1].is_string() ? escaped(l[1].as_string()) : "");
      cell("<span class=\"id\">" + (l[2].is_string() ? escaped(l[2].as_string()) : "") + "</span>");
      end_row();
    }
    close_table();
  }
  std::string files;
  for (const char* name : {"brief.json", "incidents.csv", "incidents.geojson", "map.svg"}) {
    const std::string file = brief_file_name(name, v_.exercise());
    files += (files.empty() ? "" : ", ") + ("<a href=\"" + file + "\">" + file + "</a>");
  }
  note(w_.say(Text::kFiles, {files}));
  close_section();
}

std::string Page::write() {
  // The sections first: the contents list those that there are.
  summary();
  map();
  counts();
  casualties();
  sides();
  differences();
  alike();
  apart();
  kinds_section("restrictions", Text::kRestrictions, {"restriction-of-movement"});
  kinds_section("weapons", Text::kWeapons, {"weapon-in-violation", "position-in-violation"});
  kinds_section("detentions", Text::kDetentions, {"detention"});
  kinds_section("access", Text::kAccess, {"humanitarian-access"});
  kinds_section("windows", Text::kWindows, {"window-of-silence"});
  kinds_section("actions", Text::kActions, {"humanitarian-action"});
  kinds_section("storage", Text::kStorage, {"storage-site"});
  kinds_section("permits", Text::kPermits, {"permit"});
  coverage();
  incidents();
  changes();
  verify();
  const std::string body = std::move(out_);
  out_.clear();
  static constexpr std::pair<std::string_view, Text> kAll[] = {{"summary", Text::kSummary},
                                                               {"map", Text::kMap},
                                                               {"counts", Text::kCounts},
                                                               {"casualties", Text::kCasualties},
                                                               {"sides", Text::kSides},
                                                               {"differences", Text::kDifferences},
                                                               {"alike", Text::kAlike},
                                                               {"apart", Text::kApart},
                                                               {"restrictions", Text::kRestrictions},
                                                               {"weapons", Text::kWeapons},
                                                               {"detentions", Text::kDetentions},
                                                               {"access", Text::kAccess},
                                                               {"windows", Text::kWindows},
                                                               {"actions", Text::kActions},
                                                               {"storage", Text::kStorage},
                                                               {"permits", Text::kPermits},
                                                               {"coverage", Text::kCoverage},
                                                               {"incidents", Text::kIncidentTable},
                                                               {"changes", Text::kChanges},
                                                               {"verify", Text::kVerify}};
  for (const auto& [id, title] : kAll) {
    if (body.find("<section id=\"" + std::string(id) + "\"") != std::string::npos) sections_.emplace_back(id, title);
  }
  head();
  banner();
  contents();
  out_ += "<main id=\"main\">\n" + body + "</main>\n<footer>" + w_.say(Text::kFooter);
  if (v_.exercise()) out_ += " <strong>" + w_.say(Text::kExerciseBand) + ".</strong> " + w_.say(Text::kExerciseNote);
  out_ += "</footer>\n</body>\n</html>\n";
  return std::move(out_);
}

std::string page_html(const Json& brief, const std::string& svg, const Hash& digest, const Words& words) {
  return Page(brief, svg, digest, words).write();
}

}  // namespace truce::brief
