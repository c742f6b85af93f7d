// SPDX-License-Identifier: Apache-2.0

#include "truce/brief/text.h"

#include <algorithm>

#include "truce/base/encoding.h"
#include "truce/base/time.h"
#include "truce/brief/brief.h"
#include "truce/monitor/taxonomy.h"

namespace truce::brief {
namespace {

constexpr std::string_view kEnglish[] = {
#define TRUCE_TEXT(id, words) words,
#include "truce/brief/text_en.inc"
#undef TRUCE_TEXT
};

struct CodeLabel {
  std::string_view code, label;
};
constexpr CodeLabel kEnglishCodes[] = {
    {"de-escalation-zone", "de-escalation zone"},
    {"demilitarised-zone", "demilitarised zone"},
    {"line-of-contact", "line of contact"},
    {"withdrawal-line", "withdrawal line"},
    {"observation-post", "observation post"},
    {"storage-site", "storage site"},
    {"probably-inside", "probably inside"},
    {"cannot-tell", "cannot tell"},
    {"not-stated", "not stated"},
    {"violation-alleged", "violation alleged"},
    {"controlled-detonation", "controlled detonation"},
    {"live-fire-exercise", "live-fire exercise"},
    {"cannot-assess", "cannot assess"},
    {"uav", "UAV"},
    {"mlrs", "MLRS"},
    {"ied", "improvised explosive device"},
    {"person_unknown", "sex or age not known"},
    {"status_unknown", "status not known"},
    {"aid-delivery", "aid delivery"},
    {"heavy-machine-gun", "heavy machine gun"},
    {"armoured-vehicle", "armoured vehicle"},
    {"anti-tank", "anti-tank weapon"},
    {"anti-aircraft", "anti-aircraft weapon"},
    {"small-arms", "small arms"},
    {"not-understood", "not understood"},
    {"withdrawn-correction", "withdrawn corrections"},
    {"precision_s", "time precision"},
    {"source-safety", "safety of a source"},
    {"details", "details"},
};

constexpr std::string_view kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                                        "July",    "August",   "September", "October", "November", "December"};

// Markup put in for {0}, {1}, ...
std::string filled(std::string_view text, std::initializer_list<std::string> markup) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{' && i + 2 < text.size() && text[i + 2] == '}') {
      const auto n = static_cast<std::size_t>(text[i + 1] - '0');
      if (n < markup.size()) out += *(markup.begin() + n);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// The form of "one|other" for n: the only rule that depends on English.
std::string_view english_form(std::string_view forms, std::int64_t n) {
  const std::size_t bar = forms.find('|');
  if (bar == std::string_view::npos) return forms;
  return n == 1 ? forms.substr(0, bar) : forms.substr(bar + 1);
}

struct Civil {
  int year = 0, month = 1, day = 1;
};
Civil civil(std::string_view iso_day) {
  Civil c;
  if (const auto d = Date::parse(iso_day)) d->civil(c.year, c.month, c.day);
  return c;
}
std::string month(int m) {
  return std::string(kMonths[static_cast<std::size_t>(m - 1)]);
}

}  // namespace

std::string escaped(std::string_view text) {
  constexpr std::string_view kReplacement = "\uFFFD";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    switch (c) {
      case '&': out += "&amp;"; continue;
      case '<': out += "&lt;"; continue;
      case '>': out += "&gt;"; continue;
      case '"': out += "&quot;"; continue;
      case '\'': out += "&#39;"; continue;
      default: break;
    }
    if (c == 0x7F || (c < 0x20 && c != '\n' && c != '\t')) {
      out += kReplacement;
      continue;
    }
    // U+202A..U+202E and U+2066..U+2069: E2 80 AA..AE, E2 81 A6..A9; U+0080..U+009F: C2 80..9F.
    if (c == 0xE2 && i + 2 < text.size()) {
      const auto second = static_cast<unsigned char>(text[i + 1]);
      const auto third = static_cast<unsigned char>(text[i + 2]);
      if ((second == 0x80 && third >= 0xAA && third <= 0xAE) || (second == 0x81 && third >= 0xA6 && third <= 0xA9)) {
        out += kReplacement;
        i += 2;
        continue;
      }
    }
    if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      out += kReplacement;
      ++i;
      continue;
    }
    out += text[i];
  }
  return out;
}

const std::vector<std::string>& languages() {
  static const std::vector<std::string> kLanguages = {"en"};
  return kLanguages;
}

Result<Words> Words::in(std::string_view lang) {
  if (lang != "en") {
    return fail(ErrorCode::kInvalidArgument, quoted(lang) + " is not a language of briefs yet: en", "language");
  }
  Words w;
  w.lang_ = lang;
  return w;
}

std::string_view Words::raw(Text id) const {
  return kEnglish[static_cast<std::size_t>(id)];
}
std::string Words::say(Text id, std::initializer_list<std::string> markup) const {
  return filled(escaped(raw(id)), markup);
}
std::string Words::count(Text id, std::int64_t n, std::initializer_list<std::string> markup) const {
  const std::string form = escaped(english_form(raw(id), n));
  return markup.size() == 0 ? filled(form, {number(n)}) : filled(form, markup);
}

std::string Words::code(std::string_view code) const {
  for (const CodeLabel& c : kEnglishCodes) {
    if (c.code == code) return escaped(c.label);
  }
  return escaped(code);
}
std::string Words::kind(std::string_view kind, bool several) const {
  const auto k = monitor::kind_from_code(kind);
  if (!k) return escaped(kind);
  const monitor::KindInfo& info = monitor::kind_info(*k);
  return escaped(several ? info.plural : info.label);
}

std::string Words::number(std::int64_t n) const {
  std::string digits = std::to_string(n < 0 ? -n : n);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return n < 0 ? "\u2212" + digits : digits;
}
std::string Words::range(const Json& range) const {
  if (!range.is_array() || range.as_array().size() != 3) return "\u2013";
  const Json::Array& r = range.as_array();
  // No best figure: sides differ.
  if (r[1].is_null()) return number(r[0].as_integer()) + "\u2013" + number(r[2].as_integer());
  const std::string best = number(r[1].as_integer());
  if (r[0] == r[2]) return best;
  return best + " (" + number(r[0].as_integer()) + "\u2013" + number(r[2].as_integer()) + ')';
}
std::string Words::day(std::string_view iso_day) const {
  const Civil c = civil(iso_day);
  return std::to_string(c.day) + ' ' + month(c.month) + ' ' + std::to_string(c.year);
}
std::string Words::short_day(std::string_view iso_day) const {
  const Civil c = civil(iso_day);
  return std::to_string(c.day) + ' ' + month(c.month).substr(0, 3);
}
std::string Words::days(std::string_view first, std::string_view last) const {
  const Civil a = civil(first);
  const Civil b = civil(last);
  if (first == last) return day(first);
  if (a.year != b.year) return day(first) + " \u2013 " + day(last);
  if (a.month != b.month) return std::to_string(a.day) + ' ' + month(a.month) + " \u2013 " + day(last);
  return std::to_string(a.day) + "\u2013" + day(last);
}
std::string Words::hours(std::int64_t minutes) const {
  const std::int64_t h = minutes / 60;
  const std::int64_t m = minutes % 60;
  if (h == 0) return std::to_string(m) + " min";
  return m == 0 ? number(h) + " h" : number(h) + " h " + std::to_string(m) + " min";
}
std::string Words::distance(std::int64_t metres) const {
  if (metres < 1'000) return std::to_string(metres) + " m";
  const std::int64_t tenths = (metres + 50) / 100;
  std::string out = number(tenths / 10);
  if (tenths % 10 != 0 && tenths < 1'000) out += '.' + std::to_string(tenths % 10);
  return out + " km";
}

}  // namespace truce::brief
