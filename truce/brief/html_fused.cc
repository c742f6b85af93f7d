// SPDX-License-Identifier: Apache-2.0

#include <map>

#include "truce/brief/brief.h"
#include "truce/brief/content.h"
#include "truce/brief/html.h"
#include "truce/brief/html_page.h"

namespace truce::brief {

void Page::sides() {
  const Json::Array& rows = j_.find("sides")->as_array();
  if (rows.empty()) return;
  open_section("sides", Text::kSides);
  note(w_.say(Text::kSidesNote));
  open_table(w_.say(Text::kSidesCaption), {{Text::kSide},
                                           {Text::kRecorded, true},
                                           {Text::kAlone, true},
                                           {Text::kWithOthers, true},
                                           {Text::kRelayedOnly, true}});
  const Json* area = nullptr;
  for (const Json& r : rows) {
    const Json& zone = *r.find("zone");
    if (area == nullptr || !(*area == zone)) {
      area = &zone;
      out_ += "<tr><th class=\"group\" scope=\"rowgroup\" colspan=\"5\">" + zone_or_outside(zone) + "</th></tr>\n";
    }
    row_head(v_.party_names(r.find("party")->as_string()));
    for (const char* member : {"recorded", "alone", "with_others", "relayed"})
      number(w_.number(r.find(member)->as_integer()));
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
             {{Text::kIncident}, {Text::kTime}, {Text::kPlace}, {Text::kDiffers}, {Text::kClaims}});
  for (std::size_t n = 0; n < std::min(rows.size(), kHtmlRowsMax); ++n) {
    const Json& d = rows[n];
    const Incident i = v_.incident(d.find("row")->as_integer());
    row_head(incident_link(i));
    cell(v_.time_of(i));
    cell(v_.place_of(i));
    std::string what;
    for (const Json& w : d.find("what")->as_array()) what += (what.empty() ? "" : ", ") + w_.code(w.as_string());
    cell(what);
    std::string claims;
    for (const Json& c : d.find("claims")->as_array()) {
      std::string says;
      const auto add = [&](const std::string& text) { says += (says.empty() ? "" : ", ") + text; };
      if (const Json* kinds = c.find("kinds")) {
        for (const auto& [kind, count] : kinds->as_object()) add(w_.kind(kind, false));
      }
      if (const Json* count = c.find("count")) add("\u00d7 " + w_.range(*count));
      if (const Json* killed = c.find("killed")) add(w_.say(Text::kKilledShort, {w_.range(*killed)}));
      if (const Json* injured = c.find("injured")) add(w_.say(Text::kInjuredShort, {w_.range(*injured)}));
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
  if (rows.size() > kHtmlRowsMax) {
    note(w_.say(Text::kFirstRows,
                {w_.number(static_cast<std::int64_t>(kHtmlRowsMax)), w_.number(static_cast<std::int64_t>(rows.size())),
                 brief_file_name("brief.json", v_.exercise())}));
  }
  close_section();
}

void Page::alike() {
  const Json::Array& rows = j_.find("alike")->as_array();
  if (rows.empty()) return;
  open_section("alike", Text::kAlike);
  note(w_.say(v_.is_public() ? Text::kAlikeNotePublic : Text::kAlikeNote));
  if (v_.is_public()) {
    open_table(w_.say(Text::kAlikeCaption),
               {{Text::kIncident}, {Text::kTime}, {Text::kKind}, {Text::kPlace}, {Text::kOther}});
  } else {
    open_table(
        w_.say(Text::kAlikeCaption),
        {{Text::kIncident}, {Text::kTime}, {Text::kKind}, {Text::kPlace}, {Text::kOther}, {Text::kHowLikely, true}});
  }
  for (std::size_t n = 0; n < std::min(rows.size(), kHtmlRowsMax); ++n) {
    const Json::Array& a = rows[n].as_array();
    const Incident i = v_.incident(a[0].as_integer());
    row_head(incident_link(i));
    cell(v_.time_of(i));
    cell(w_.kind(i.text("kind"), false));
    cell(v_.place_of(i));
    std::string other =
        a[1].is_null()
            ? "<span class=\"id\">" + escaped(a[2].as_string()) + "</span>, " + w_.short_day(a[3].as_string())
            : incident_link(v_.incident(a[1].as_integer())) + ", " + v_.time_of(v_.incident(a[1].as_integer()));
    if (a[5].as_integer() == 1) other += "<small class=\"nothing\">" + w_.say(Text::kDeathTwice) + "</small>";
    cell(other);
    if (!v_.is_public()) number(w_.number((a[4].as_integer() + 5'000) / 10'000) + "\u00a0%");
    end_row();
  }
  close_table();
  close_section();
}

}  // namespace truce::brief
