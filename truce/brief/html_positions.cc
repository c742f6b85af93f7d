// SPDX-License-Identifier: Apache-2.0

#include <map>
#include <string>
#include <vector>

#include "truce/brief/html_page.h"

namespace truce::brief {

void Page::bulletin() {
  const Json* bulletin = j_.find("bulletin");
  if (bulletin == nullptr) return;
  open_section("bulletin", Text::kBulletin);
  note(w_.say(Text::kBulletinNote));
  open_table(w_.say(Text::kBulletinCaption, {v_.days_label()}),
             {{Text::kBulletinBy},
              {Text::kConfirmed, true},
              {Text::kNotConfirmed, true},
              {Text::kCannotEstablish, true},
              {Text::kNotAnswered, true},
              {Text::kStatedToo, true}},
             "t-sides");
  const auto listed = [](std::string& list, const std::string& name) { list += (list.empty() ? "" : ", ") + name; };
  std::string nothing;
  for (const Json& line : bulletin->find("sums")->as_array()) {
    const std::string party = v_.party_names(line.find("party")->as_string());
    const std::int64_t recorded = line.find("recorded")->as_integer();
    if (recorded == 0) {
      listed(nothing, party);
      continue;
    }
    out_ += "<tr><th class=\"group\" scope=\"rowgroup\" colspan=\"6\">" +
            w_.say(Text::kBulletinRecorded, {party, w_.number(recorded)}) + "</th></tr>\n";
    const auto row = [&](const std::string& head, const std::vector<std::int64_t>& numbers) {
      row_head(head);
      for (const std::int64_t n : numbers) number(w_.number(n));
      end_row();
    };
    std::string silent;  // who neither answered nor stated anything: one row together
    std::int64_t silent_count = 0;
    for (const Json& other : line.find("others")->as_array()) {
      const std::int64_t confirmed = other.find("confirmed")->as_integer();
      const std::int64_t denied = other.find("not_confirmed")->as_integer();
      const std::int64_t answered = other.find("answered")->as_integer();
      const std::int64_t stated = other.find("recorded")->as_integer();
      const std::string name = v_.party_names(other.find("party")->as_string());
      if (answered == 0 && stated == 0) {
        listed(silent, name);
        ++silent_count;
        continue;
      }
      row(name, {confirmed, denied, answered - confirmed - denied, recorded - answered, stated});
    }
    if (silent_count > 0) {
      row(silent_count == 1 ? silent : w_.say(Text::kBulletinEach, {silent}), {0, 0, 0, recorded, 0});
    }
  }
  close_table();
  if (!nothing.empty()) note(w_.say(Text::kBulletinNothing, {nothing}));
  close_section();
}

void Page::excluded() {
  const Json* excluded = j_.find("excluded");
  if (excluded == nullptr) return;
  open_section("excluded", Text::kExcluded);
  note(w_.say(Text::kExcludedNote, {w_.number(excluded->find("version")->as_integer())}));
  const auto names = [this](const Json& parties) {
    std::string out;
    for (const Json& p : parties.as_array()) out += (out.empty() ? "" : ", ") + v_.party_names(p.as_string());
    return out.empty() ? std::string("\u2013") : out;
  };
  std::map<std::string, std::string, std::less<>> groups;
  open_table(w_.say(Text::kExcludedGroups), {{Text::kExcludedGroup}, {Text::kExcludedDissent}});
  for (const Json& g : excluded->find("groups")->as_array()) {
    const std::string name = View::bdi(g.find("name")->as_string());
    groups[g.find("actor")->as_string()] = name;
    row_head(name);
    cell(names(*g.find("dissent")));
    end_row();
  }
  close_table();
  const Json* incidents = excluded->find("incidents");
  if (incidents == nullptr) {
    note(w_.say(Text::kExcludedPublic));
    close_section();
    return;
  }
  const Json::Array& rows = incidents->as_array();
  if (rows.empty()) {
    note(w_.say(Text::kExcludedNone));
    close_section();
    return;
  }
  out_ += "<p>" + w_.count(Text::kExcludedCount, static_cast<std::int64_t>(rows.size())) + "</p>\n";
  const auto in_words = [&](const std::string& attribution) {
    const std::size_t colon = attribution.find(':');
    if (colon == std::string::npos) return w_.say(Text::kToExcluded);
    const std::string actor = attribution.substr(colon + 1);
    const auto group = groups.find(actor);
    const std::string name = group != groups.end() ? group->second : v_.actor_name(actor);
    return w_.say(attribution.starts_with("attribute:") ? Text::kAttributedTo : Text::kToExcludedNamed, {name});
  };
  const auto views = [&](const Json& list) {
    std::string out;
    for (const Json& p : list.as_array()) {
      out += "<div>" +
             w_.say(Text::kTells, {"<strong>" + v_.party_names(p.find("party")->as_string()) + "</strong>",
                                   in_words(p.find("attribution")->as_string())}) +
             "</div>";
    }
    return out.empty() ? std::string("\u2013") : out;
  };
  open_table(
      w_.say(Text::kExcludedCaption),
      {{Text::kIncident}, {Text::kTimePlace}, {Text::kExcludedSays}, {Text::kExcludedOther}, {Text::kExcludedJoint}});
  const auto shown = weightiest(rows.size(), other_rows_max(),
                                [&](std::size_t n) { return weight_of(rows[n].find("row")->as_integer()); });
  for (const std::size_t n : shown) {
    const std::int64_t row = rows[n].find("row")->as_integer();
    const Incident i = v_.incident(row);
    row_head(incident_link(row));
    cell(v_.time_of(i) + "<br/>" + v_.place_of(i));
    cell(views(*rows[n].find("says")));
    cell(views(*rows[n].find("dissent")));
    const Json* joint = rows[n].find("joint");
    cell(joint != nullptr ? in_words(joint->as_string()) : "\u2013");
    end_row();
  }
  close_table();
  note_of_rows(shown.size(), rows.size(), "brief.json");
  close_section();
}

}  // namespace truce::brief
