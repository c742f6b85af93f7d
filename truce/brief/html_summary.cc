// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include "truce/base/decimal.h"
#include "truce/brief/content.h"
#include "truce/brief/html_page.h"

namespace truce::brief {
namespace {

constexpr std::size_t kZonesAtAGlanceMax = 8;

}  // namespace

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
  const Json& differ = *counts_.find("casualties")->find("differ");
  const std::int64_t differ_killed = differ.find("killed")->as_integer();
  const std::int64_t differ_injured = differ.find("injured")->as_integer();
  if (differ_killed + differ_injured > 0)
    out_ += ' ' + w_.say(Text::kSummaryDiffer, {w_.number(differ_killed), w_.number(differ_injured)});
  if (restrictions > 0) out_ += ' ' + w_.count(Text::kSummaryRestrictions, restrictions);
  if (const auto apart = static_cast<std::int64_t>(j_.find("apart")->as_array().size()); apart > 0) {
    out_ += ' ' + w_.count(Text::kSummaryApart, apart);
  }
  out_ += "</p>\n";
  if (const std::string sides = words_of_sides(); !sides.empty()) out_ += "<p>" + sides + "</p>\n";
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

// How many tell of it, where they differ, what may be one and where maps contradict each other.
std::string Page::words_of_sides() const {
  const Json::Array& all = j_.find("sides")->find("all")->as_array();
  if (all.empty()) return {};
  std::string out = w_.say(Text::kSummarySides, {w_.number(all[0].find("alone")->as_integer()),
                                                 w_.number(all[0].find("with_others")->as_integer())});
  const auto add = [&out](const std::string& sentence) { out += ' ' + sentence; };
  if (const auto n = static_cast<std::int64_t>(j_.find("differences")->as_array().size()); n > 0)
    add(w_.count(Text::kSummaryDifferences, n));
  const Json::Array& alike = j_.find("alike")->as_array();
  if (!alike.empty()) {
    const auto both = std::ranges::count_if(alike, [](const Json& a) { return a.as_array()[5] == Json(1); });
    add(w_.count(Text::kSummaryAlike, static_cast<std::int64_t>(alike.size())) +
        (both > 0 ? w_.say(Text::kSummaryDeathTwice, {w_.number(both)}) : "") + '.');
  }
  if (const std::int64_t n = j_.find("disputed")->find("incidents")->as_integer(); n > 0)
    add(w_.count(Text::kSummaryDisputed, n));
  return out;
}

void Page::sides_at_a_glance() {
  const Json::Array& all = j_.find("sides")->find("all")->as_array();
  if (all.size() < 2) return;
  open_table(w_.say(Text::kSidesGlance),
             {{Text::kSide}, {Text::kRecorded, true}, {Text::kAlone, true}, {Text::kWithOthers, true}}, "t-short");
  for (const Json& r : all) {
    const Json& party = *r.find("party");
    row_head(party.is_null() ? w_.say(Text::kAllSides) : v_.party_names(party.as_string()),
             party.is_null() ? " class=\"total\"" : "");
    for (const char* member : {"recorded", "alone", "with_others"}) number(w_.number(r.find(member)->as_integer()));
    end_row();
  }
  close_table();
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
  // One page of summary: with many zones those with most incidents, and outside.
  const auto shown = weightiest(zones.size(), kZonesAtAGlanceMax, [&](std::size_t n) {
    return std::pair(zones[n].find("zone")->is_null(), zones[n].find("all")->find("incidents")->as_integer());
  });
  for (const std::size_t n : shown) {
    const Json& z = zones[n];
    const Json& id = *z.find("zone");
    row(zone_or_outside(id), *z.find("all"), id.is_null() ? "\u2013" : patrol_cell(id.as_string()), false);
  }
  row(w_.say(Text::kAllZones), *counts_.find("all"), "\u2013", true);
  close_table();
  if (zones.size() > shown.size())
    note(w_.count(Text::kFurtherZones, static_cast<std::int64_t>(zones.size() - shown.size())));
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

// Bars of 24 hours, and the same as a table for who cannot see them.
void Page::hour_chart() {
  const Json::Array& hours = j_.find("by_hour")->as_array();
  std::int64_t most = 0;
  std::int64_t all = 0;
  std::size_t index_of_most = 0;
  for (std::size_t i = 0; i < hours.size(); ++i) {
    const std::int64_t n = hours[i].as_array()[1].as_integer();
    all += n;
    if (n > most) most = n, index_of_most = i;
  }
  if (all == 0) return;
  const auto clock = [](std::int64_t hour) { return (hour < 10 ? "0" : "") + std::to_string(hour); };
  constexpr int kStep = 16, kWidth = 12, kHeight = 84, kTop = 18, kLeft = 2;
  const int width = kLeft + kStep * 24;
  out_ += "<figure class=\"chart hours\"><figcaption class=\"note\">" +
          w_.say(Text::kByHourCaption, {v_.days_label()}) + "</figcaption>\n<svg viewBox=\"0 0 " +
          std::to_string(width) + ' ' + std::to_string(kTop + kHeight + 20) +
          "\" role=\"img\" aria-labelledby=\"hours-title hours-desc\"><title id=\"hours-title\">" +
          w_.say(Text::kByHour) + "</title><desc id=\"hours-desc\">" +
          w_.say(Text::kByHourDescription,
                 {clock(hours[index_of_most].as_array()[0].as_integer()) + ":00", w_.number(most)}) +
          "</desc>\n";
  std::string bars, labels;
  for (std::size_t i = 0; i < hours.size(); ++i) {
    const std::int64_t n = hours[i].as_array()[1].as_integer();
    const auto height = static_cast<int>(n * kHeight / most);
    const int x = kLeft + static_cast<int>(i) * kStep;
    if (n > 0) {
      bars += "<rect x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(kTop + kHeight - height) + "\" width=\"" +
              std::to_string(kWidth) + "\" height=\"" + std::to_string(height) + "\"/>";
      // Three digits are wider than a bar: then every third bar has its figure, and the highest.
      const bool beside_most = i + 1 == index_of_most || i == index_of_most + 1;
      if (most < 100 || i == index_of_most || (i % 3 == 0 && !beside_most)) {
        labels += "<text x=\"" + std::to_string(x + kWidth / 2) + "\" y=\"" +
                  std::to_string(kTop + kHeight - height - 4) + "\">" + w_.number(n) + "</text>";
      }
    }
    if (i % 3 == 0) {
      labels += "<text x=\"" + std::to_string(x + kWidth / 2) + "\" y=\"" + std::to_string(kTop + kHeight + 15) +
                "\">" + clock(hours[i].as_array()[0].as_integer()) + "</text>";
    }
  }
  out_ += "<g fill=\"#17405f\">" + bars + "</g>\n<path d=\"M" + std::to_string(kLeft) + ' ' +
          std::to_string(kTop + kHeight) + "h" + std::to_string(kStep * 24) +
          "\" stroke=\"#44525f\"/>\n<g font-size=\"8.5\" text-anchor=\"middle\" fill=\"#1b2733\">" + labels +
          "</g></svg>\n<details class=\"note\"><summary>" + w_.say(Text::kByHourTable) + "</summary>\n";
  open_table(w_.say(Text::kByHour), {{Text::kHour}, {Text::kIncidents, true}});
  for (const Json& h : hours) {
    row_head(clock(h.as_array()[0].as_integer()) + ":00");
    number(w_.number(h.as_array()[1].as_integer()));
    end_row();
  }
  close_table();
  out_ += "</details></figure>\n";
}

void Page::summary() {
  open_section("summary", Text::kSummary);
  words_of_summary();
  tiles();
  glance();
  note(w_.say(Text::kFiguresReported));
  out_ += "<div class=\"pair\">\n";
  hour_chart();
  out_ += "<div>\n";
  sides_at_a_glance();
  out_ += "</div></div>\n";
  day_chart();
  close_section();
}

}  // namespace truce::brief
