// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include "truce/brief/brief.h"
#include "truce/brief/content.h"
#include "truce/brief/html.h"
#include "truce/brief/html_page.h"

namespace truce::brief {

void Page::sides() {
  const Json::Array& rows = j_.find("sides")->find("by_zone")->as_array();
  if (rows.empty()) return;
  open_section("sides", Text::kSides);
  note(w_.say(Text::kSidesNote));
  open_table(w_.say(Text::kSidesCaption),
             {{Text::kSide},
              {Text::kRecorded, true},
              {Text::kAlone, true},
              {Text::kWithOthers, true},
              {Text::kOwnLogs, true},
              {Text::kRelayedOnly, true},
              {Text::kRelayedBy}},
             "t-sides");
  const Json* area = nullptr;
  for (const Json& r : rows) {
    const Json& zone = *r.find("zone");
    if (area == nullptr || !(*area == zone)) {
      area = &zone;
      out_ += "<tr><th class=\"group\" scope=\"rowgroup\" colspan=\"7\">" + zone_or_outside(zone) + "</th></tr>\n";
    }
    const Json& party = *r.find("party");
    row_head(party.is_null() ? w_.say(Text::kAllSides) : v_.party_names(party.as_string()),
             party.is_null() ? " class=\"total\"" : "");
    for (const char* member : {"recorded", "alone", "with_others", "own_logs", "relayed"})
      number(w_.number(r.find(member)->as_integer()));
    std::string by;
    for (const Json& p : r.find("relayed_by")->as_array())
      by += (by.empty() ? "" : ", ") + v_.party_names(p.as_string());
    cell(by.empty() ? "\u2013" : by);
    end_row();
  }
  close_table();
  close_section();
}

void Page::differences() {
  const Json::Array& rows = j_.find("differences")->as_array();
  open_section("differences", Text::kDifferences);
  if (rows.empty()) {
    note(w_.say(Text::kNoDifferences));
    close_section();
    return;
  }
  note(w_.say(Text::kDifferencesNote));
  open_table(w_.say(Text::kDifferencesCaption),
             {{Text::kIncident}, {Text::kTimePlace}, {Text::kDiffers}, {Text::kClaims}}, "t-differences");
  const auto shown = weightiest(rows.size(), other_rows_max(),
                                [&](std::size_t n) { return weight_of(rows[n].find("row")->as_integer()); });
  for (const std::size_t n : shown) {
    const Json& d = rows[n];
    const std::int64_t row = d.find("row")->as_integer();
    const Incident i = v_.incident(row);
    row_head(incident_link(row));
    cell(v_.time_of(i) + "<br/>" + v_.place_of(i));
    std::string what;
    for (const Json& w : d.find("what")->as_array()) what += (what.empty() ? "" : ", ") + w_.code(w.as_string());
    cell(what);
    const Json::Array& differing = d.find("what")->as_array();
    const bool harm =
        std::ranges::any_of(differing, [](const Json& w) { return w == Json("killed") || w == Json("injured"); });
    std::string claims;
    for (const Json& c : d.find("claims")->as_array()) {
      std::string says;
      const auto add = [&](const std::string& text) { says += (says.empty() ? "" : ", ") + text; };
      if (const Json* kinds = c.find("kinds")) {
        for (const auto& [kind, count] : kinds->as_object()) add(w_.kind(kind, false));
      }
      if (const Json* count = c.find("count")) add("\u00d7 " + w_.range(*count));
      const Json* killed = c.find("killed");
      if (killed != nullptr && (harm || killed->as_array()[2].as_integer() > 0))
        add(w_.say(Text::kKilledShort, {w_.range(*killed)}));
      const Json* injured = c.find("injured");
      if (injured != nullptr && (harm || injured->as_array()[2].as_integer() > 0))
        add(w_.say(Text::kInjuredShort, {w_.range(*injured)}));
      if (const Json* attribution = c.find("attribution")) {
        for (const Json& a : attribution->as_array()) {
          const std::string& text = a.as_string();
          const std::size_t colon = text.find(':');
          add(colon == std::string::npos ? w_.code(text)
                                         : w_.say(Text::kAttributedTo, {v_.actor_name(text.substr(colon + 1))}));
        }
      }
      claims += "<div>" +
                w_.say(Text::kTells, {"<strong>" + v_.party_names(c.find("party")->as_string()) + "</strong>", says}) +
                "</div>";
    }
    cell(claims);
    end_row();
  }
  close_table();
  note_of_rows(shown.size(), rows.size(), "brief.json");
  close_section();
}

void Page::alike() {
  const Json::Array& rows = j_.find("alike")->as_array();
  if (rows.empty()) return;
  open_section("alike", Text::kAlike);
  note(w_.say(v_.is_public() ? Text::kAlikeNotePublic : Text::kAlikeNote));
  if (v_.is_public()) {
    open_table(w_.say(Text::kAlikeCaption), {{Text::kIncident}, {Text::kTimePlace}, {Text::kKind}, {Text::kOther}},
               "t-alike");
  } else {
    open_table(w_.say(Text::kAlikeCaption),
               {{Text::kIncident}, {Text::kTimePlace}, {Text::kKind}, {Text::kOther}, {Text::kHowLikely, true}},
               "t-alike");
  }
  // Pairs that may count a death twice first, then the likeliest.
  const auto shown = weightiest(rows.size(), other_rows_max(), [&](std::size_t n) {
    const Json::Array& a = rows[n].as_array();
    return std::pair(a[5].as_integer(), a[4].is_null() ? 0 : a[4].as_integer());
  });
  for (const std::size_t n : shown) {
    const Json::Array& a = rows[n].as_array();
    const Incident i = v_.incident(a[0].as_integer());
    row_head(incident_link(a[0].as_integer()));
    cell(v_.time_of(i) + "<br/>" + v_.place_of(i));
    cell(w_.kind(i.text("kind"), false));
    std::string other =
        a[1].is_null()
            ? "<span class=\"id\">" + escaped(a[2].as_string()) + "</span>, " + w_.short_day(a[3].as_string())
            : incident_link(a[1].as_integer()) + ", " + v_.time_of(v_.incident(a[1].as_integer()));
    if (a[5].as_integer() == 1) other += "<br/><small class=\"nothing\">" + w_.say(Text::kDeathTwice) + "</small>";
    cell(other);
    if (!v_.is_public()) number(w_.number((a[4].as_integer() + 5'000) / 10'000) + "\u00a0%");
    end_row();
  }
  close_table();
  note_of_rows(shown.size(), rows.size(), "brief.json");
  close_section();
}

// Where one map of a zone holds an incident and another does not. The public edition names no incident.
void Page::disputed() {
  const Json& disputed = *j_.find("disputed");
  const Json::Array& by_zone = disputed.find("by_zone")->as_array();
  if (by_zone.empty()) return;
  open_section("disputed", Text::kDisputed);
  note(w_.say(Text::kDisputedNote));
  if (v_.is_public()) {
    open_table(w_.say(Text::kDisputedCaption), {{Text::kZone}, {Text::kIncidents, true}});
    for (const Json& z : by_zone) {
      row_head(v_.zone_name(z.as_array()[0].as_string()));
      number(w_.number(z.as_array()[1].as_integer()));
      end_row();
    }
    close_table();
    close_section();
    return;
  }
  const Json::Array& rows = disputed.find("rows")->as_array();
  const auto shown = weightiest(rows.size(), other_rows_max(),
                                [&](std::size_t n) { return weight_of(rows[n].as_array()[0].as_integer()); });
  open_table(
      w_.say(Text::kDisputedCaption),
      {{Text::kIncident}, {Text::kTimePlace}, {Text::kKind}, {Text::kZone}, {Text::kInsideMaps}, {Text::kOutsideMaps}});
  const auto names = [this](const Json& parties) {
    std::string out;
    for (const Json& p : parties.as_array()) out += (out.empty() ? "" : ", ") + v_.party_names(p.as_string());
    return out;
  };
  for (const std::size_t n : shown) {
    const Json::Array& d = rows[n].as_array();
    const Incident i = v_.incident(d[0].as_integer());
    for (const Json& z : d[1].as_array()) {
      row_head(incident_link(d[0].as_integer()));
      cell(v_.time_of(i) + "<br/>" + v_.place_of(i));
      cell(w_.kind(i.text("kind"), false));
      cell(v_.zone_name(z.as_array()[0].as_string()));
      cell(names(z.as_array()[1]));
      cell(names(z.as_array()[2]));
      end_row();
    }
  }
  close_table();
  note_of_rows(shown.size(), rows.size(), "brief.json");
  close_section();
}

}  // namespace truce::brief
