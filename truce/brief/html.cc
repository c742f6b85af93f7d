// SPDX-License-Identifier: Apache-2.0

#include "truce/brief/html.h"

#include "truce/brief/brief.h"
#include "truce/brief/html_page.h"
#include "truce/brief/html_style.inc"

namespace truce::brief {

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

std::string page_head(const Words& words, bool exercise, const std::string& title) {
  return "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"" + words.lang() + "\" xml:lang=\"" +
         words.lang() + "\" dir=\"" + std::string(words.direction()) +
         "\">\n<head>\n<meta charset=\"utf-8\"/>\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
         "'unsafe-inline'\"/>\n<title>" +
         std::string(exercise ? "EXERCISE \u2013 " : "") + title + "</title>\n<style>" + std::string(kStyle);
}

std::string exercise_band(const Words& words) {
  return "<div class=\"band\" role=\"note\">" + words.say(Text::kExerciseBand) + "<span>" +
         words.say(Text::kExerciseNote) + "</span></div>\n";
}

void Page::head() {
  out_ +=
      page_head(w_, v_.exercise(), title() + ", " + v_.days_label() + " \u2013 " + View::plain(v_.mechanism_name()));
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
  if (v_.exercise()) out_ += exercise_band(w_);
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
  bulletin();
  excluded();
  differences();
  alike();
  apart();
  disputed();
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
                                                               {"bulletin", Text::kBulletin},
                                                               {"excluded", Text::kExcluded},
                                                               {"differences", Text::kDifferences},
                                                               {"alike", Text::kAlike},
                                                               {"apart", Text::kApart},
                                                               {"disputed", Text::kDisputed},
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
