// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include "truce/brief/brief.h"
#include "truce/brief/content.h"
#include "truce/brief/html_page.h"

namespace truce::brief {
namespace {

constexpr std::int64_t kOverQuotaShownMax = 200;
constexpr std::size_t kOtherRowsPart = 2;  // other tables hold half as many

// Parties whose own logs tell of it.
std::int64_t own_parties(const Incident& i) {
  return std::ranges::count_if(split_ids(i.text("parties")),
                               [](const std::string& p) { return !p.starts_with("said:"); });
}

}  // namespace

std::size_t Page::rows_max() const {
  const std::size_t days = j_.find("days")->as_array().size();
  return days <= 7 ? kHtmlRowsMax : kHtmlRowsLongMax;
}

std::size_t Page::other_rows_max() const {
  return rows_max() / kOtherRowsPart;
}

Page::Weight Page::weight_of(std::int64_t row) const {
  const Incident i = v_.incident(row);
  const auto high = [](const Json& r) { return r.is_array() ? r.as_array()[2].as_integer() : 0; };
  const std::int64_t posts = i.at("posts").is_null() ? 0 : i.integer("posts");
  return {high(i.at("killed")) + high(i.at("injured")), !i.text("forbidden_by").empty(), own_parties(i) + posts};
}

void Page::choose_rows() {
  std::vector<std::int64_t> rows;
  for (std::int64_t n = 0; n < v_.incident_count(); ++n) {
    if (v_.incident(n).text("group") != "activity") rows.push_back(n);
  }
  for (const std::size_t n : weightiest(rows.size(), rows_max(), [&](std::size_t k) { return weight_of(rows[k]); })) {
    chosen_.push_back(rows[n]);
  }
  linked_.insert(chosen_.begin(), chosen_.end());
}

std::string Page::incident_link(std::int64_t row) const {
  const std::string& id = v_.incident(row).text("incident");
  if (!linked_.contains(row)) return "<span class=\"id\">" + escaped(id) + "</span>";
  return "<a class=\"id\" href=\"#i-" + anchor(id) + "\">" + escaped(id) + "</a>";
}

void Page::note_of_rows(std::size_t shown, std::size_t all, std::string_view file) {
  if (shown >= all) return;
  note(
      w_.say(Text::kWeightiestRows, {w_.number(static_cast<std::int64_t>(shown)),
                                     w_.number(static_cast<std::int64_t>(all)), brief_file_name(file, v_.exercise())}));
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

void Page::incidents() {
  open_section("incidents", Text::kIncidentTable);
  if (chosen_.empty()) {
    note(w_.say(Text::kNoIncidents));
    close_section();
    return;
  }
  std::size_t all = 0;
  for (std::int64_t n = 0; n < v_.incident_count(); ++n) all += v_.incident(n).text("group") != "activity" ? 1 : 0;
  note_of_rows(chosen_.size(), all, "incidents.csv");
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
  for (const std::int64_t n : chosen_) {
    const Incident i = v_.incident(n);
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
    if (i.integer("reports") > 1) {
      const std::int64_t own = own_parties(i);
      told = own == 0 ? w_.say(Text::kOnlyRelayed) : w_.count(Text::kPartiesCount, own);
    }
    if (!i.at("posts").is_null() && i.integer("posts") > 0)
      told += (told.empty() ? "" : ", ") + w_.count(Text::kPostsCount, i.integer("posts"));
    if (const std::string& sure = i.text("certainty"); sure != "high")
      told += (told.empty() ? "" : "; ") + w_.say(sure == "medium" ? Text::kCertaintyMedium : Text::kCertaintyLow);
    cell(v_.party_names(i.text("parties")) + (told.empty() ? "" : "<small>" + told + "</small>"));
    end_row();
  }
  close_table();
  note(w_.say(Text::kCertaintyNote));
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
    for (std::size_t n = 0; n < std::min(rows.size(), other_rows_max()); ++n) {
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
    if (rows.size() > other_rows_max()) {
      note(w_.say(Text::kFirstRows,
                  {w_.number(static_cast<std::int64_t>(other_rows_max())),
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

}  // namespace truce::brief
