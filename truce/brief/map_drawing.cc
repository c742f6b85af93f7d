// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "truce/brief/map.h"
#include "truce/brief/map_projection.h"
#include "truce/brief/view.h"
#include "truce/monitor/taxonomy.h"
#include "truce/monitor/zone.h"

namespace truce::brief {
namespace {

constexpr std::int64_t kLegendLine = 220;
constexpr std::int64_t kCircleTenthsMin = 60;  // a smaller circle of uncertainty hides under its symbol
// Incidents whose symbols would hide each other are one symbol with their number; with very many the spots are larger,
// discs with the number in them, and no circles are drawn.
constexpr std::size_t kIncidentsWithCircles = 600;
constexpr std::int64_t kCellTenths = 20, kSpotsApartTenths = 90, kDiscsApartTenths = 300;
constexpr std::size_t kSpotNamesMax = 12;  // incidents that a spot's title names
constexpr std::int64_t kStrongWeight = 3;  // parties and posts
constexpr std::string_view kRingPaint = "fill=\"none\" stroke=\"#1b2733\" stroke-width=\"1.3\"";
constexpr std::string_view kSectorPaint =
    "fill=\"#17405f\" fill-opacity=\"0.10\" stroke=\"#17405f\" stroke-opacity=\"0.55\" stroke-width=\"0.7\"";

std::string path_data(const Json& flat, bool closed) {
  std::string d;
  const Json::Array& n = flat.as_array();
  for (std::size_t i = 0; i + 1 < n.size(); i += 2) {
    d += i == 0 ? "M" : i == 2 ? "L" : " ";
    d += px(n[i].as_integer()) + ' ' + px(n[i + 1].as_integer());
  }
  return closed ? d + 'Z' : d;
}

class Drawing {
 public:
  Drawing(const Json& brief, const BorderLayer* borders, const Words& words)
      : view_(brief, words), words_(words), map_(*brief.find("map")), borders_(borders) {
    if (map_.is_null()) return;
    p_.west = map_.find("west")->as_integer();
    p_.north = map_.find("north")->as_integer();
    p_.x_scale = map_.find("x_scale")->as_integer();
    p_.y_scale = map_.find("y_scale")->as_integer();
    p_.height = map_.find("height")->as_integer();
  }

  std::string draw();

 private:
  void lines(const std::vector<geo::Line>& from, std::string_view attributes);
  void borders();
  void graticule();
  void shapes();
  struct Spot;
  using Cells = std::map<std::pair<std::int64_t, std::int64_t>, Spot>;
  static std::vector<Spot> spots_of(Cells&& cells, std::int64_t apart);
  void sectors();
  void incidents();
  void furniture();
  void legend();
  void text(std::int64_t x, std::int64_t y, std::string_view attributes, const std::string& markup) {
    out_ += "<text x=\"" + px(x) + "\" y=\"" + px(y) + "\"";
    if (!attributes.empty()) (out_ += ' ') += attributes;
    out_ += '>' + markup + "</text>\n";
  }

  const View view_;
  const Words& words_;
  const Json& map_;
  const BorderLayer* borders_;
  Projection p_;
  std::int64_t bottom_ = 0;
  std::string names_;  // of zones, drawn over everything
  // What the legend has to explain.
  bool merged_ = false, circles_ = false, strong_ = false, crowded_ = false;
  std::set<std::string> kinds_;
  std::string out_;
};

void Drawing::lines(const std::vector<geo::Line>& from, std::string_view attributes) {
  std::string d;
  for (const geo::Line& line : from) {
    Path run;
    const auto flush = [&] {
      const Path t = thinned(run, kStepTenths);
      for (std::size_t i = 0; t.size() > 1 && i < t.size(); ++i)
        d += (i == 0 ? "M" : i == 1 ? "L" : " ") + px(t[i].first) + ' ' + px(t[i].second);
      run.clear();
    };
    for (std::size_t i = 0; i + 1 < line.points.size(); ++i) {
      const std::int64_t ax = p_.x(line.points[i].lng_e7), ay = p_.y(line.points[i].lat_e7);
      const std::int64_t bx = p_.x(line.points[i + 1].lng_e7), by = p_.y(line.points[i + 1].lat_e7);
      const bool off =
          std::max(ax, bx) < 0 || std::min(ax, bx) > kMapWidth || std::max(ay, by) < 0 || std::min(ay, by) > p_.height;
      if (off) {
        flush();
        continue;
      }
      if (run.empty()) run.emplace_back(ax, ay);
      run.emplace_back(bx, by);
    }
    flush();
  }
  if (!d.empty()) (((out_ += "<path ") += attributes) += " d=\"") += d + "\"/>\n";
}

void Drawing::borders() {
  if (view_.json().find("borders")->is_null()) return;
  out_ += "<g class=\"borders\" fill=\"none\">";
  if (borders_ != nullptr && borders_->has_lines) {
    out_ += '\n';
    lines(borders_->coasts, "stroke=\"#8fa9bd\" stroke-width=\"1\"");
    lines(borders_->borders, "stroke=\"#7b7f86\" stroke-width=\"1.1\" stroke-dasharray=\"7 3 1.5 3\"");
  }
  out_ += "</g>\n";
}

void Drawing::graticule() {
  static constexpr std::int64_t kSteps[] = {100'000,   200'000,    500'000,    1'000'000,  2'000'000,
                                            5'000'000, 10'000'000, 20'000'000, 50'000'000, 100'000'000};
  std::int64_t step = kSteps[0];
  for (const std::int64_t s : kSteps) {
    step = s;
    if (Projection::scaled(s, p_.y_scale) >= 1'100) break;
  }
  const auto first = [&](std::int64_t v) { return v >= 0 ? (v + step - 1) / step * step : -(-v / step * step); };
  const std::int64_t south = p_.north - p_.height * kScaleUnit / p_.y_scale;
  const std::int64_t east = p_.west + kMapWidth * kScaleUnit / p_.x_scale;
  const auto degrees = [](std::int64_t e7, std::string_view plus, std::string_view minus) {
    return decimal_to_string(e7 < 0 ? -e7 : e7, 7) + "\u00b0" + std::string(e7 < 0 ? minus : plus);
  };
  std::string d;
  std::string labels;
  out_ += "<g font-size=\"10\" fill=\"#5a6672\">\n";
  for (std::int64_t lat = first(south); lat < p_.north; lat += step) {
    const std::int64_t y = p_.y(lat);
    if (lat > geo::kLatE7Max || lat < -geo::kLatE7Max || y < 150 || y > p_.height - 150) continue;
    d += "M0 " + px(y) + "H" + px(kMapWidth);
    text(50, y - 30, "class=\"halo\"", degrees(lat, "N", "S"));
  }
  for (std::int64_t lng = first(p_.west); lng < east; lng += step) {
    const std::int64_t x = p_.x(lng);
    if (lng > geo::kLngE7Max || lng < -geo::kLngE7Max || x < 400 || x > kMapWidth - 400) continue;
    d += "M" + px(x) + " 0V" + px(p_.height);
    text(x + 30, p_.height - 50, "class=\"halo\"", degrees(lng, "E", "W"));
  }
  out_ +=
      "</g>\n<path d=\"" + d + "\" fill=\"none\" stroke=\"#1b2733\" stroke-opacity=\"0.13\" stroke-width=\"0.7\"/>\n";
}

void Drawing::shapes() {
  std::string names;
  std::map<std::string, int> maps;  // drawn of each zone: several differ, and each says whose it is
  for (const Json& s : map_.find("shapes")->as_array()) ++maps[s.find("zone")->as_string()];
  for (const Json& s : map_.find("shapes")->as_array()) {
    const std::string kind = s.find("kind")->as_string();
    const std::string& zone = s.find("zone")->as_string();
    std::string name = view_.zone_name_plain(zone);
    if (maps[zone] > 1) name = words_.say(Text::kMapOf, {name, view_.party_name_plain(s.find("party")->as_string())});
    const auto code = monitor::zone_kind_from_code(kind);
    const bool ring = code && monitor::is_ring_zone(*code);
    const Json::Array& paths = s.find("paths")->as_array();
    if (kind == "observation-post" || kind == "storage-site") {
      for (const Json& q : paths) {
        const std::int64_t x = q.as_array()[0].as_integer(), y = q.as_array()[1].as_integer();
        if (x < 0 || y < 0 || x > kMapWidth || y > p_.height) continue;
        out_ += "<g><title>" + name + "</title>";
        out_ += kind == "observation-post"
                    ? "<path d=\"M" + px(x - 50) + ' ' + px(y + 40) + "H" + px(x + 50) + "M" + px(x) + ' ' +
                          px(y + 40) + "V" + px(y - 60) + "H" + px(x + 50) + "V" + px(y - 20) + "H" + px(x) +
                          "\" fill=\"none\" stroke=\"#1d4467\" stroke-width=\"1.6\"/>"
                    : "<path d=\"M" + px(x - 50) + ' ' + px(y - 40) +
                          "h10v8h-10z\" fill=\"#fff\" stroke=\"#1d4467\" stroke-width=\"1.6\"/>";
        out_ += "</g>\n";
      }
      continue;
    }
    std::string d;
    for (const Json& path : paths) d += path_data(path, ring);
    std::string paint;
    if (kind == "de-escalation-zone") {
      paint = "fill=\"#2b6491\" fill-opacity=\"0.13\" stroke=\"#2b6491\" stroke-width=\"1.6\"";
    } else if (kind == "demilitarised-zone") {
      paint = "fill=\"#8a6d1f\" fill-opacity=\"0.16\" stroke=\"#7a5f17\" stroke-width=\"1.4\" stroke-dasharray=\"6 2\"";
    } else if (kind == "belt") {
      paint = "fill=\"#4d6b3c\" fill-opacity=\"0.14\" stroke=\"#4d6b3c\" stroke-width=\"1.2\" stroke-dasharray=\"2 2\"";
    } else if (kind == "line-of-contact") {
      paint = "fill=\"none\" stroke=\"#1b2733\" stroke-width=\"2\" stroke-dasharray=\"1 4\" stroke-linecap=\"round\"";
    } else {
      paint = "fill=\"none\" stroke=\"#7a4e00\" stroke-width=\"1.4\" stroke-dasharray=\"8 3\"";
    }
    out_ += "<path d=\"" + d + "\" fill-rule=\"evenodd\" " + paint + "><title>" + name + "</title></path>\n";
    if (const Json* at = s.find("label")) {
      const std::int64_t x = at->as_array()[0].as_integer(), y = at->as_array()[1].as_integer();
      names +=
          "<text x=\"" + px(x) + "\" y=\"" + px(y) + "\" text-anchor=\"middle\" class=\"halo\">" + name + "</text>\n";
    }
  }
  names_ = "<g font-size=\"13\" font-weight=\"600\" fill=\"#17405f\">\n" + names + "</g>\n";
}

void Drawing::sectors() {
  std::string fans;
  for (const Json& fan : map_.find("sectors")->as_array()) {
    const Json::Array& f = fan.as_array();
    fans += "<path d=\"";
    for (std::size_t k = 1; k < f.size(); ++k) {
      fans += (k == 1 ? "M" : "L") + px(f[k].as_array()[0].as_integer()) + ' ' + px(f[k].as_array()[1].as_integer());
    }
    fans += "z\"/>";
  }
  if (!fans.empty()) out_ += "<g class=\"sectors\" " + std::string(kSectorPaint) + ">" + fans + "</g>\n";
}

// Incidents at one spot, whose symbols would hide each other.
struct Drawing::Spot {
  std::int64_t x = 0, y = 0, radius = 0, weight = 0, count = 0;
  std::map<std::string, std::int64_t> kinds;
  std::vector<std::string> names;  // of the incidents

  // The most frequent kind; ties: the first by code.
  [[nodiscard]] const std::string& main_kind() const {
    return std::ranges::max_element(kinds, {}, [](const auto& k) { return k.second; })->first;
  }
};

// Each cell joins the first spot that is nearer than `apart`, the fullest first: the symbols of spots do not touch.
std::vector<Drawing::Spot> Drawing::spots_of(Cells&& cells, std::int64_t apart) {
  std::vector<Spot> all;
  for (auto& [place, s] : cells) all.push_back(std::move(s));
  std::ranges::stable_sort(all, std::greater<>(), &Spot::count);
  std::vector<Spot> out;
  for (Spot& s : all) {
    const auto near = std::ranges::find_if(out, [&](const Spot& other) {
      const std::int64_t dx = other.x - s.x, dy = other.y - s.y;
      return dx * dx + dy * dy < apart * apart;
    });
    if (near == out.end()) {
      out.push_back(std::move(s));
      continue;
    }
    near->count += s.count;
    near->weight = std::max(near->weight, s.weight);
    near->radius = std::max(near->radius, s.radius);
    for (const auto& [kind, n] : s.kinds) near->kinds[kind] += n;
    near->names.insert(near->names.end(), s.names.begin(), s.names.end());
  }
  return out;
}

void Drawing::incidents() {
  const Json::Array& dots = map_.find("incidents")->as_array();
  merged_ = dots.size() > kIncidentsWithCircles;
  Cells cells;
  for (const Json& dot : dots) {
    const Json::Array& n = dot.as_array();
    const Incident i = view_.incident(n[0].as_integer());
    const std::int64_t x = n[1].as_integer(), y = n[2].as_integer();
    Spot& s = cells[{x / kCellTenths, y / kCellTenths}];
    if (s.count++ == 0) s.x = x, s.y = y;
    s.radius = std::max(s.radius, n[3].as_integer());
    s.weight = std::max(s.weight, n[4].as_integer());
    ++s.kinds[i.text("kind")];
    if (!merged_) s.names.push_back(i.text("incident"));
  }
  std::string circles, symbols, numbers, discs;
  for (const Spot& s : spots_of(std::move(cells), merged_ ? kDiscsApartTenths : kSpotsApartTenths)) {
    if (!merged_ && s.radius > kCircleTenthsMin) {
      circles += "<circle cx=\"" + px(s.x) + "\" cy=\"" + px(s.y) + "\" r=\"" + px(s.radius) + "\"/>";
      circles_ = true;
    }
    std::string title;
    for (const auto& [kind, n] : s.kinds) {
      title += (title.empty() ? "" : ", ") +
               (s.count == 1 ? words_.kind(kind, false) : words_.kind(kind, n != 1) + ' ' + words_.number(n));
    }
    std::string names;
    for (std::size_t n = 0; n < std::min(s.names.size(), kSpotNamesMax); ++n)
      names += (n == 0 ? "" : ", ") + escaped(s.names[n]);
    if (s.names.size() > kSpotNamesMax) names += ", \u2026";
    if (!names.empty()) title = names + ": " + title;
    if (merged_ && s.count > 1) {
      const auto root = static_cast<std::int64_t>(math::sqrt(static_cast<double>(s.count * 100)));  // in tenths
      const std::int64_t radius = std::min<std::int64_t>(65 + root, 160);
      discs += "<g><title>" + title + "</title><circle cx=\"" + px(s.x) + "\" cy=\"" + px(s.y) + "\" r=\"" +
               px(radius) + "\"/><text x=\"" + px(s.x) + "\" y=\"" + px(s.y + 38) + "\">" + words_.number(s.count) +
               "</text></g>\n";
      continue;
    }
    // What more parties and independent posts tell of is larger; from three on a ring says so.
    const std::string_view scale = s.weight >= kStrongWeight ? "1.2" : s.weight == 2 ? "1.1" : "";
    std::string symbol = kind_symbol(s.main_kind(), scale.empty() ? s.x : 0, scale.empty() ? s.y : 0);
    if (!scale.empty()) {
      symbol = "<g transform=\"translate(" + px(s.x) + ' ' + px(s.y) + ") scale(" + std::string(scale) + ")\">" +
               symbol + "</g>";
    }
    if (s.weight >= kStrongWeight) {
      strong_ = true;
      symbol =
          "<circle cx=\"" + px(s.x) + "\" cy=\"" + px(s.y) + "\" r=\"8.5\" " + std::string(kRingPaint) + "/>" + symbol;
    }
    kinds_.insert(s.main_kind());
    symbols += "<g><title>" + title + "</title>" + symbol + "</g>\n";
    if (s.count < 2) continue;
    crowded_ = true;
    numbers += "<text x=\"" + px(s.x + 75) + "\" y=\"" + px(s.y - 45) + "\">" + words_.number(s.count) + "</text>";
  }
  out_ +=
      "<g fill=\"#9b2226\" fill-opacity=\"0.035\" stroke=\"#9b2226\" stroke-opacity=\"0.28\" stroke-width=\"0.6\">" +
      circles + "</g>\n" + symbols;
  if (!discs.empty()) {
    out_ +=
        "<style>.discs circle{fill:#9b2226;fill-opacity:.82;stroke:#fff;stroke-width:.8}.discs "
        "text{fill:#fff}</style>\n"
        "<g class=\"discs\" font-size=\"10.5\" font-weight=\"700\" text-anchor=\"middle\">\n" +
        discs + "</g>\n";
  }
  if (!numbers.empty()) {
    out_ +=
        "<g font-size=\"11\" font-weight=\"700\" fill=\"#1b2733\" stroke=\"#fff\" stroke-width=\"2.5\" "
        "paint-order=\"stroke\">" +
        numbers + "</g>\n";
  }
}

void Drawing::furniture() {
  // Scale bar: 1, 2 or 5 times a power of ten, at most a quarter of the width.
  std::int64_t metres = 100;
  for (std::int64_t m = 100; p_.metres(m) <= kMapWidth / 5; m *= 10) {
    for (const std::int64_t k : {1, 2, 5}) {
      if (p_.metres(m * k) <= kMapWidth / 5) metres = m * k;
    }
  }
  const std::int64_t length = p_.metres(metres);
  const std::int64_t x = kMapWidth - length - 180, y = p_.height - 330;
  out_ += "<path d=\"M" + px(x - 60) + ' ' + px(y - 160) + 'h' + px(length + 120) + "v31h-" + px(length + 120) +
          "z\" fill=\"#fff\" fill-opacity=\"0.82\"/>\n";
  out_ += "<path d=\"M" + px(x) + ' ' + px(y) + "v5h" + px(length) +
          "v-5\" fill=\"none\" stroke=\"#1b2733\" stroke-width=\"1.4\"/>\n";
  text(x + length / 2, y - 30, "text-anchor=\"middle\" font-size=\"11\" fill=\"#1b2733\"", words_.distance(metres));
  // North.
  const std::int64_t nx = kMapWidth - 300;
  out_ += "<circle cx=\"" + px(nx) + "\" cy=\"33\" r=\"22\" fill=\"#fff\" fill-opacity=\"0.82\"/>\n";
  out_ += "<path d=\"M" + px(nx) + " 14l6 18-6-4-6 4z\" fill=\"#1b2733\"/>\n";
  text(nx, 460, "text-anchor=\"middle\" font-size=\"11\" font-weight=\"700\" fill=\"#1b2733\"",
       words_.say(Text::kNorthLetter));
}

void Drawing::legend() {
  std::set<std::string> zones;
  for (const Json& s : map_.find("shapes")->as_array()) zones.insert(s.find("kind")->as_string());
  std::vector<std::pair<std::string, std::string>> entries;  // symbol drawn round (0, 0), words
  for (const monitor::KindInfo& k : monitor::all_kinds()) {
    if (kinds_.contains(std::string(k.code)))
      entries.emplace_back(kind_symbol(k.code, 0, 0), words_.kind(k.code, false));
  }
  if (circles_) {
    entries.emplace_back(
        "<circle r=\"7\" fill=\"#9b2226\" fill-opacity=\"0.06\" stroke=\"#9b2226\" stroke-opacity=\"0.5\" "
        "stroke-width=\"0.8\"/>",
        words_.say(Text::kLegendCircle));
  }
  if (!map_.find("sectors")->as_array().empty()) {
    entries.emplace_back("<path d=\"M-8 4L5-6L8 3z\" " + std::string(kSectorPaint) + "/>",
                         words_.say(Text::kLegendSector));
  }
  if (strong_) {
    entries.emplace_back("<circle r=\"7.5\" " + std::string(kRingPaint) + "/>", words_.say(Text::kLegendStrong));
  }
  if (merged_) {
    entries.emplace_back(
        "<circle r=\"7.5\" fill=\"#9b2226\" fill-opacity=\"0.82\"/><text y=\"4\" font-size=\"10\" font-weight=\"700\" "
        "fill=\"#fff\" text-anchor=\"middle\">9</text>",
        words_.say(Text::kLegendDisc));
  }
  if (crowded_) {
    entries.emplace_back("<text x=\"-4\" y=\"4\" font-size=\"11\" font-weight=\"700\">2</text>",
                         words_.say(Text::kLegendSpot));
  }
  const auto line = [&](std::string_view kind, std::string_view paint) {
    if (zones.contains(std::string(kind))) {
      entries.emplace_back("<path d=\"M-8-5h16v10h-16z\" " + std::string(paint) + "/>", words_.code(kind));
    }
  };
  line("de-escalation-zone", "fill=\"#2b6491\" fill-opacity=\"0.13\" stroke=\"#2b6491\" stroke-width=\"1.6\"");
  line("demilitarised-zone", "fill=\"#8a6d1f\" fill-opacity=\"0.16\" stroke=\"#7a5f17\" stroke-dasharray=\"6 2\"");
  line("belt", "fill=\"#4d6b3c\" fill-opacity=\"0.14\" stroke=\"#4d6b3c\" stroke-dasharray=\"2 2\"");
  if (zones.contains("line-of-contact")) {
    entries.emplace_back(
        "<path d=\"M-9 0h18\" stroke=\"#1b2733\" stroke-width=\"2\" stroke-dasharray=\"1 4\" "
        "stroke-linecap=\"round\"/>",
        words_.code("line-of-contact"));
  }
  if (zones.contains("withdrawal-line")) {
    entries.emplace_back("<path d=\"M-9 0h18\" stroke=\"#7a4e00\" stroke-width=\"1.4\" stroke-dasharray=\"8 3\"/>",
                         words_.code("withdrawal-line"));
  }
  if (zones.contains("observation-post")) {
    entries.emplace_back("<path d=\"M-5 5H5M0 5V-6H5V-2H0\" fill=\"none\" stroke=\"#1d4467\" stroke-width=\"1.6\"/>",
                         words_.code("observation-post"));
  }
  if (zones.contains("storage-site")) {
    entries.emplace_back("<path d=\"M-5-4h10v8h-10z\" fill=\"#fff\" stroke=\"#1d4467\" stroke-width=\"1.6\"/>",
                         words_.code("storage-site"));
  }
  if (borders_ != nullptr && !view_.json().find("borders")->is_null()) {
    entries.emplace_back(
        "<path d=\"M-9 0h18\" stroke=\"#7b7f86\" stroke-width=\"1.1\" stroke-dasharray=\"7 3 1.5 3\"/>",
        words_.say(Text::kLegendBorder));
  }
  constexpr std::int64_t kColumns = 3;
  const auto count = static_cast<std::int64_t>(entries.size());
  const std::int64_t lines = (count + kColumns - 1) / kColumns;
  out_ += "<g font-size=\"12\" fill=\"#1b2733\">\n";
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t x = 100 + (i / lines) * (kMapWidth / kColumns);
    const std::int64_t y = p_.height + 220 + (i % lines) * kLegendLine;
    const auto& [symbol, label] = entries[static_cast<std::size_t>(i)];
    out_ += "<g transform=\"translate(" + px(x) + ' ' + px(y) + ")\">" + symbol + "<text x=\"15\" y=\"4\">" + label +
            "</text></g>\n";
  }
  out_ += "</g>\n";
  bottom_ = p_.height + 220 + lines * kLegendLine;
  // What stands under the map, one note a line.
  std::vector<std::string> notes;
  if (const std::int64_t n = map_.find("not_shown")->as_integer(); n > 0)
    notes.push_back(words_.count(Text::kMapNotShown, n));
  if (merged_) notes.push_back(words_.say(Text::kMapMerged));
  const Json& layer = *view_.json().find("borders");
  if (layer.is_null()) {
    notes.push_back(words_.say(Text::kMapNoBorders));
  } else {
    // The disclaimer in lines of up to 150 bytes, cut at spaces.
    std::string_view rest = layer.find("disclaimer")->as_string();
    while (!rest.empty()) {
      std::size_t cut = rest.size();
      if (cut > 150) {
        cut = rest.rfind(' ', 150);
        if (cut == std::string_view::npos || cut == 0) cut = rest.size();
      }
      notes.push_back(escaped(rest.substr(0, cut)));
      rest.remove_prefix(std::min(rest.size(), cut + 1));
    }
  }
  out_ += "<g font-size=\"11\" fill=\"#44525f\">\n";
  for (const std::string& note : notes) {
    text(20, bottom_, "", note);
    bottom_ += 160;
  }
  out_ += "</g>\n";
}

std::string Drawing::draw() {
  const bool exercise = view_.exercise();
  const std::string title = words_.say(Text::kMapTitle, {view_.days_label()});
  const std::string mark = exercise ? "EXERCISE \u2013 " : "";
  std::string body;
  if (map_.is_null()) {
    p_.height = 1'200;
    text(kMapWidth / 2, 640, "text-anchor=\"middle\" font-size=\"16\" fill=\"#1b2733\"", words_.say(Text::kMapEmpty));
    bottom_ = p_.height;
  } else {
    out_ += "<g clip-path=\"url(#frame)\">\n";
    borders();
    shapes();
    sectors();
    incidents();
    out_ += names_;
    graticule();
    furniture();
    out_ += "</g>\n<rect width=\"" + px(kMapWidth) + "\" height=\"" + px(p_.height) +
            "\" fill=\"none\" stroke=\"#1b2733\" stroke-width=\"1\"/>\n";
    legend();
  }
  body = std::move(out_);
  out_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-1 -1 " + px(kMapWidth + 20) + ' ' + px(bottom_ + 20) +
         "\" role=\"img\" aria-labelledby=\"map-title map-desc\" lang=\"" + words_.lang() +
         "\" font-family=\"'Source Sans 3','Noto Sans','Segoe UI',Helvetica,Arial,'DejaVu Sans',sans-serif\">\n";
  out_ += "<title id=\"map-title\">" + mark + title + "</title>\n";
  out_ += "<desc id=\"map-desc\">" + view_.map_description() + "</desc>\n";
  out_ +=
      "<style>.halo{paint-order:stroke;stroke:#fff;stroke-width:3px;stroke-linejoin:round;stroke-opacity:.85}</"
      "style>\n";
  out_ += "<defs><clipPath id=\"frame\"><rect width=\"" + px(kMapWidth) + "\" height=\"" + px(p_.height) +
          "\"/></clipPath></defs>\n";
  out_ += "<rect x=\"-1\" y=\"-1\" width=\"" + px(kMapWidth + 20) + "\" height=\"" + px(bottom_ + 20) +
          "\" fill=\"#fff\"/>\n";
  out_ += "<rect width=\"" + px(kMapWidth) + "\" height=\"" + px(p_.height) + "\" fill=\"#f7f6f2\"/>\n";
  out_ += body;
  if (exercise) {
    const std::string middle = px(kMapWidth / 2) + ' ' + px(p_.height / 2);
    out_ += "<text transform=\"translate(" + middle +
            ") rotate(-24)\" text-anchor=\"middle\" font-size=\"120\" font-weight=\"700\" "
            "fill=\"#7a1f1f\" fill-opacity=\"0.13\">EXERCISE</text>\n";
  }
  out_ += "</svg>\n";
  return std::move(out_);
}

}  // namespace

std::string map_svg(const Json& brief, const BorderLayer* borders, const Words& words) {
  return Drawing(brief, borders, words).draw();
}

std::string without_border_lines(std::string_view svg) {
  constexpr std::string_view kOpen = "<g class=\"borders\"";
  constexpr std::string_view kClose = "</g>";
  const std::size_t open = svg.find(kOpen);
  if (open == std::string_view::npos) return std::string(svg);
  const std::size_t inside = svg.find('>', open);
  const std::size_t close = inside == std::string_view::npos ? inside : svg.find(kClose, inside);
  if (close == std::string_view::npos) return std::string(svg);
  std::string out(svg.substr(0, inside + 1));
  out += svg.substr(close);
  return out;
}

}  // namespace truce::brief
