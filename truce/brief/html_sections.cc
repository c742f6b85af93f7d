// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <map>

#include "truce/base/decimal.h"
#include "truce/brief/brief.h"
#include "truce/brief/content.h"
#include "truce/brief/html_page.h"

namespace truce::brief {

void Page::map() {
  open_section("map", Text::kMap);
  out_ += "<figure>" + svg_ + "</figure>\n";
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
  const auto shown = weightiest(rows.size(), other_rows_max(),
                                [&](std::size_t n) { return weight_of(rows[n].as_array()[0].as_integer()); });
  for (const std::size_t n : shown) {
    const Json::Array& a = rows[n].as_array();
    const Incident i = v_.incident(a[0].as_integer());
    row_head(incident_link(a[0].as_integer()));
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
  note_of_rows(shown.size(), rows.size(), "brief.json");
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
  const auto shown = weightiest(rows.size(), other_rows_max(), [&](std::size_t n) { return weight_of(rows[n]); });
  for (const std::size_t n : shown) {
    const Incident i = v_.incident(rows[n]);
    row_head(incident_link(rows[n]));
    cell(v_.time_of(i));
    cell(v_.place_of(i));
    cell(w_.kind(i.text("kind"), false) + (i.at("count").is_null() ? "" : " \u00d7 " + w_.range(i.at("count"))));
    cell(v_.zone_names(i.text("zones")));
    if (!v_.is_public()) cell(details_of(i));
    end_row();
  }
  close_table();
  note_of_rows(shown.size(), rows.size(), "brief.json");
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

}  // namespace truce::brief
