// SPDX-License-Identifier: Apache-2.0
//
// Page: the page of a brief as it is written, section by section. html.cc puts it together; html_summary.cc holds its
// first page, html_sections.cc counts, places and coverage, html_fused.cc what is told by several, html_positions.cc
// what the parties make of it, html_incidents.cc the table of incidents. Internal to brief. Used once; one thread.

#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "truce/base/sha256.h"
#include "truce/brief/view.h"

namespace truce::brief {

[[nodiscard]] inline std::int64_t best(const Json& range) {
  return range.as_array()[1].as_integer();
}

class Page {
 public:
  Page(const Json& brief, const std::string& svg, const Hash& digest, const Words& words)
      : v_(brief, words), w_(words), j_(brief), counts_(*brief.find("counts")), svg_(svg), digest_(digest) {
    for (const Json& id : j_.find("unpatrolled")->as_array()) unpatrolled_.push_back(id.as_string());
    choose_rows();
  }
  std::string write();

 private:
  // Tables: opened with column heads (empty text: none), one cell after the other, closed.
  struct Column {
    Text head;
    bool number = false;
  };
  void open_table(const std::string& caption, std::initializer_list<Column> columns, std::string_view css_class = "");
  void close_table() { out_ += "</tbody></table></div>\n"; }
  void row_head(const std::string& markup, std::string_view attributes = "") {
    out_ += "<tr" + std::string(attributes) + "><th scope=\"row\">" + markup + "</th>";
  }
  void cell(const std::string& markup) { out_ += "<td>" + markup + "</td>"; }
  void number(const std::string& markup) { out_ += "<td class=\"n\">" + markup + "</td>"; }
  void end_row() { out_ += "</tr>\n"; }

  void open_section(std::string_view id, Text title) {
    out_ += "<section id=\"" + std::string(id) + "\" aria-labelledby=\"h-" + std::string(id) + "\">\n<h2 id=\"h-" +
            std::string(id) + "\">" + w_.say(title) + "</h2>\n";
  }
  void close_section() { out_ += "</section>\n"; }
  void note(const std::string& markup) { out_ += "<p class=\"note\">" + markup + "</p>\n"; }

  [[nodiscard]] std::string title() const;
  [[nodiscard]] std::string zone_or_outside(const Json& zone) const {
    return zone.is_null() ? w_.say(Text::kOutsideZones) : v_.zone_name(zone.as_string());
  }
  [[nodiscard]] std::string change(std::int64_t now, std::int64_t before) const {
    const std::int64_t d = now - before;
    return d > 0 ? "+" + w_.number(d) : d < 0 ? w_.number(d) : "\u00b10";
  }
  [[nodiscard]] std::string previous_label() const {
    const Json::Array& p = j_.find("previous")->as_array();
    return w_.days(p[0].as_string(), p[1].as_string());
  }
  [[nodiscard]] std::string patrol_cell(const std::string& zone) const;
  [[nodiscard]] std::string including(const Json& by_kind) const;
  // A link to the incident's row; its id alone where the table does not show it.
  [[nodiscard]] std::string incident_link(std::int64_t row) const;
  // Which incidents the table shows: all, or the weightiest.
  void choose_rows();
  // How much an incident asks to be shown: casualties, then a forbidden kind, then parties and posts.
  using Weight = std::tuple<std::int64_t, bool, std::int64_t>;
  [[nodiscard]] Weight weight_of(std::int64_t row) const;
  // At most `max` of 0..count-1, those with the greatest weight (ties: the first), in order.
  template <typename WeightOf>
  [[nodiscard]] static std::vector<std::size_t> weightiest(std::size_t count, std::size_t max, WeightOf weight) {
    std::vector<std::size_t> rows(count);
    for (std::size_t i = 0; i < count; ++i) rows[i] = i;
    if (count <= max) return rows;
    std::ranges::stable_sort(rows, std::greater<>(), weight);
    rows.resize(max);
    std::ranges::sort(rows);
    return rows;
  }
  [[nodiscard]] std::size_t rows_max() const;        // of the table of incidents
  [[nodiscard]] std::size_t other_rows_max() const;  // of every other table
  // Says that a table shows `shown` of `all`, where it does, and which file has them all.
  void note_of_rows(std::size_t shown, std::size_t all, std::string_view file);
  // Ids as anchors: '/' becomes '.'.
  [[nodiscard]] static std::string anchor(std::string id) {
    std::ranges::replace(id, '/', '.');
    return escaped(id);
  }
  [[nodiscard]] std::string details_of(const Incident& i) const;
  [[nodiscard]] std::string attribution_of(const Incident& i) const;

  void head();
  void banner();
  void contents();
  void summary();
  void words_of_summary();
  void tiles();
  void glance();
  void day_chart();
  void map();
  void counts();
  void casualties();
  void apart();
  void hour_chart();
  void sides_at_a_glance();
  [[nodiscard]] std::string words_of_sides() const;
  // html_fused.cc
  void sides();
  void disputed();
  void differences();
  void alike();
  // html_positions.cc
  void bulletin();
  void excluded();
  // html_sections.cc, html_incidents.cc
  void kinds_section(std::string_view id, Text title, std::initializer_list<std::string_view> kinds);
  void coverage();
  void incidents();
  void changes();
  void verify();

  const View v_;
  const Words& w_;
  const Json& j_;
  const Json& counts_;
  const std::string& svg_;
  const Hash digest_;
  std::vector<std::string> unpatrolled_;
  std::vector<std::int64_t> chosen_;  // rows of incidents that the table shows
  std::set<std::int64_t> linked_;     // the same
  std::vector<std::pair<std::string, Text>> sections_;
  std::string out_;
};

}  // namespace truce::brief
