// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/place_finder.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "truce/base/encoding.h"
#include "truce/base/trimmed.h"

namespace truce::monitor {
namespace {

constexpr std::size_t kPrefixCharactersMin = 3;
constexpr std::size_t kEditCharactersMin = 5;
constexpr char32_t kNotUtf8 = 0xFFFFFFFF;

// The next code point, or kNotUtf8 for one byte that is none. REQUIRES: at < text.size().
char32_t take_code_point(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned b = byte(at);
  if (b < 0x80) return ++at, b;
  if (b >= 0xC2 && b < 0xE0 && tail(at + 1)) {
    at += 2;
    return ((b & 0x1FU) << 6) | (byte(at - 1) & 0x3FU);
  }
  if (b >= 0xE0 && b < 0xF0 && tail(at + 1) && tail(at + 2)) {
    at += 3;
    return ((b & 0x0FU) << 12) | ((byte(at - 2) & 0x3FU) << 6) | (byte(at - 1) & 0x3FU);
  }
  if (b >= 0xF0 && b < 0xF5 && tail(at + 1) && tail(at + 2) && tail(at + 3)) {
    at += 4;
    return ((b & 0x07U) << 18) | ((byte(at - 3) & 0x3FU) << 12) | ((byte(at - 2) & 0x3FU) << 6) |
           (byte(at - 1) & 0x3FU);
  }
  ++at;
  return kNotUtf8;
}

void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

// U+00C0 to U+00FF and U+0100 to U+017F without case and marks; ' ' stands for signs that are no letters.
constexpr std::string_view kLatin1 =
    "aaaaaa*ceeeeiiiidnooooo ouuuuyts"   // U+00C0 .. U+00DF (* is ae, t thorn, s sharp s)
    "aaaaaa*ceeeeiiiidnooooo ouuuuyty";  // U+00E0 .. U+00FF
constexpr std::string_view kLatinA =
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii**jjkkklllllllllln"  // U+0100 .. U+0143
    "nnnnnnnnoooooo**rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";         // U+0144 .. U+017F
static_assert(kLatin1.size() == 64 && kLatinA.size() == 128);

// Appends what a code point is compared as; nothing for marks.
void append_folded(std::string& out, char32_t c) {
  if (c < 0x80) {
    const char ch = static_cast<char>(c);
    if (ch >= 'A' && ch <= 'Z') {
      out += static_cast<char>(ch - 'A' + 'a');
    } else if ((ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9')) {
      out += ch;
    } else if (ch != '\'' && ch != '`') {
      out += ' ';
    }
    return;
  }
  if (c >= 0x2BB && c <= 0x2BF) return;                 // letters like apostrophes, as in transcriptions
  if (c == 0x2018 || c == 0x2019 || c == 0xB4) return;  // typographic apostrophes
  if (c >= 0x300 && c <= 0x36F) return;                 // combining marks
  if (c == 0x640 || (c >= 0x610 && c <= 0x61A) || (c >= 0x64B && c <= 0x65F) || c == 0x670)
    return;                                                                           // tatweel, Arabic marks
  if (c == 0x200C || c == 0x200D || c == 0x200E || c == 0x200F || c == 0xAD) return;  // joiners, direction marks
  if (c >= 0xC0 && c <= 0xFF) {
    if (c == 0xC6 || c == 0xE6)
      out += "ae";
    else if (c == 0xDE || c == 0xFE)
      out += "th";
    else if (c == 0xDF)
      out += "ss";
    else if (c == 0xD8 || c == 0xF8)
      out += 'o';
    else
      out += kLatin1[c - 0xC0];
    return;
  }
  if (c >= 0x100 && c <= 0x17F) {
    if (c == 0x132 || c == 0x133)
      out += "ij";
    else if (c == 0x152 || c == 0x153)
      out += "oe";
    else
      out += kLatinA[c - 0x100];
    return;
  }
  if (c >= 0x1E00 && c <= 0x1EFF) {
    // Latin Extended Additional: the letters of transcriptions from Arabic that have a dot below.
    switch (c | 1U) {
      case 0x1E0D: out += 'd'; return;
      case 0x1E25: out += 'h'; return;
      case 0x1E33: out += 'k'; return;
      case 0x1E63: out += 's'; return;
      case 0x1E6D: out += 't'; return;
      case 0x1E93: out += 'z'; return;
      default: append_utf8(out, c); return;
    }
  }
  if (c >= 0x410 && c <= 0x42F)
    c += 0x20;  // Cyrillic capitals
  else if (c >= 0x400 && c <= 0x40F)
    c += 0x50;
  if (c == 0x451) c = 0x435;             // yo, ye
  if (c == 0x439) c = 0x438;             // short i
  if (c == 0x44A || c == 0x44C) return;  // hard and soft sign
  switch (c) {
    case 0x622:
    case 0x623:
    case 0x625:
    case 0x671: c = 0x627; break;  // forms of alef
    case 0x649:
    case 0x626:
    case 0x6CC: c = 0x64A; break;  // alef maksura, yeh with hamza, Persian yeh
    case 0x629:
    case 0x6C1:
    case 0x6D5: c = 0x647; break;  // teh marbuta and other forms of heh
    case 0x6A9: c = 0x643; break;  // Persian kaf
    case 0x624: c = 0x648; break;  // waw with hamza
    case 0x621: return;            // hamza alone
    default: break;
  }
  if ((c >= 0x660 && c <= 0x669) || (c >= 0x6F0 && c <= 0x6F9)) {
    out += static_cast<char>('0' + (c & 0x0F));
    return;
  }
  const bool sign = c == kNotUtf8 || c < 0xC0 || (c >= 0x2000 && c <= 0x206F) || c == 0x60C || c == 0x61B ||
                    c == 0x61F || c == 0xFEFF;
  if (sign)
    out += ' ';
  else
    append_utf8(out, c);
}

std::size_t character_count(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::u32string code_points(std::string_view text) {
  std::u32string out;
  for (std::size_t at = 0; at < text.size();) out += take_code_point(text, at);
  return out;
}

// Whether one insertion, deletion, replacement or exchange of neighbours turns a into b.
bool is_one_edit(const std::u32string& a, const std::u32string& b) {
  if (a.size() > b.size()) return is_one_edit(b, a);
  if (b.size() - a.size() > 1) return false;
  std::size_t i = 0;
  while (i < a.size() && a[i] == b[i]) ++i;
  if (a.size() != b.size())
    return std::equal(a.begin() + static_cast<std::ptrdiff_t>(i), a.end(),
                      b.begin() + static_cast<std::ptrdiff_t>(i) + 1);
  if (i == a.size()) return false;
  const auto tail_equal = [&](std::size_t from) {
    return a.compare(from, std::u32string::npos, b, from, std::u32string::npos) == 0;
  };
  if (tail_equal(i + 1)) return true;
  return i + 1 < a.size() && a[i] == b[i + 1] && a[i + 1] == b[i] && tail_equal(i + 2);
}

std::string listed(const std::vector<PlaceCandidate>& candidates) {
  std::string out;
  for (std::size_t i = 0; i < candidates.size() && i < 8; ++i) {
    out += (i == 0 ? "" : ", ") + candidates[i].ref() + " (" + candidates[i].matched + ")";
  }
  if (candidates.size() > 8) out += ", ...";
  return out;
}

}  // namespace

std::string fold_name(std::string_view name) {
  std::string raw;
  for (std::size_t at = 0; at < name.size();) append_folded(raw, take_code_point(name, at));
  std::string out;
  for (const char c : raw) {
    if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
    out += c;
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

void PlaceFinder::add(std::string list, std::vector<NamedPlace> places) {
  const auto number = static_cast<std::uint32_t>(lists_.size());
  lists_.push_back({std::move(list), std::move(places)});
  const List& l = lists_.back();
  for (std::uint32_t p = 0; p < l.places.size(); ++p) {
    std::int32_t n = 0;
    for (const auto& [lang, name] : l.places[p].names) entries_.push_back({fold_name(name), number, p, n++});
    n = -1;
    for (const std::string& variant : l.places[p].variants) entries_.push_back({fold_name(variant), number, p, n--});
  }
}

void PlaceFinder::finish() {
  std::ranges::sort(entries_, [this](const Entry& a, const Entry& b) {
    return std::tie(a.folded, lists_[a.list].id, a.list, a.place, a.name) <
           std::tie(b.folded, lists_[b.list].id, b.list, b.place, b.name);
  });
}

std::size_t PlaceFinder::place_count() const {
  std::size_t count = 0;
  for (const List& l : lists_) count += l.places.size();
  return count;
}

PlaceCandidate PlaceFinder::candidate(const Entry& e, MatchKind kind) const {
  const NamedPlace& p = lists_[e.list].places[e.place];
  std::string matched;
  if (e.name >= 0) {
    matched = std::next(p.names.begin(), e.name)->second;
  } else {
    matched = p.variants[static_cast<std::size_t>(-1 - e.name)];
  }
  return {kind, lists_[e.list].id, &p, std::move(matched)};
}

std::vector<PlaceCandidate> PlaceFinder::find(std::string_view name) const {
  name = trimmed(name);
  std::vector<PlaceCandidate> out;
  std::set<const NamedPlace*> seen;
  const auto add = [&](PlaceCandidate c) {
    if (seen.insert(c.place).second) out.push_back(std::move(c));
  };
  const auto by_ref = [](const PlaceCandidate& a, const PlaceCandidate& b) {
    return std::tie(a.kind, a.list, a.place->id) < std::tie(b.kind, b.list, b.place->id);
  };
  const auto finish = [&] {
    std::ranges::stable_sort(out, by_ref);
    if (out.size() > kCandidateCountMax) out.resize(kCandidateCountMax);
    return out;
  };

  const std::size_t slash = name.find('/');
  const std::string_view wanted_list = slash == std::string_view::npos ? std::string_view() : name.substr(0, slash);
  const std::string_view wanted_id = slash == std::string_view::npos ? name : name.substr(slash + 1);
  for (const List& l : lists_) {
    if (slash != std::string_view::npos && l.id != wanted_list) continue;
    const auto it =
        std::ranges::lower_bound(l.places, wanted_id, {}, [](const NamedPlace& p) { return std::string_view(p.id); });
    if (it != l.places.end() && it->id == wanted_id) add({MatchKind::kId, l.id, &*it, it->id});
  }

  const std::string folded = fold_name(name);
  if (folded.empty()) return finish();
  const auto first =
      std::ranges::lower_bound(entries_, folded, {}, [](const Entry& e) -> const std::string& { return e.folded; });
  auto it = first;
  for (; it != entries_.end() && it->folded == folded; ++it) add(candidate(*it, MatchKind::kExact));
  if (!out.empty()) return finish();

  const std::size_t characters = character_count(folded);
  if (characters >= kPrefixCharactersMin) {
    for (; it != entries_.end() && it->folded.starts_with(folded); ++it) add(candidate(*it, MatchKind::kPrefix));
  }
  if (!out.empty() || characters < kEditCharactersMin) return finish();

  const std::u32string wanted = code_points(folded);
  for (const Entry& e : entries_) {
    // A code point has up to four bytes: names of another length are passed over without decoding.
    const std::size_t gap =
        e.folded.size() > folded.size() ? e.folded.size() - folded.size() : folded.size() - e.folded.size();
    if (gap <= 4 && is_one_edit(wanted, code_points(e.folded))) add(candidate(e, MatchKind::kOneEdit));
  }
  return finish();
}

Result<PlaceCandidate> PlaceFinder::find_one(std::string_view name) const {
  const std::vector<PlaceCandidate> all = find(name);
  std::size_t strong = 0;
  for (const MatchKind kind : {MatchKind::kId, MatchKind::kExact}) {
    strong =
        static_cast<std::size_t>(std::ranges::count_if(all, [&](const PlaceCandidate& c) { return c.kind == kind; }));
    if (strong == 1) return *std::ranges::find_if(all, [&](const PlaceCandidate& c) { return c.kind == kind; });
    if (strong > 1) return fail(ErrorCode::kAmbiguous, quoted(name) + " may be " + listed(all));
  }
  if (all.empty()) return fail(ErrorCode::kNotFound, "no place is named " + quoted(name));
  return fail(ErrorCode::kNotFound, "no place is named " + quoted(name) + "; near it: " + listed(all));
}

}  // namespace truce::monitor
