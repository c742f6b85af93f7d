// SPDX-License-Identifier: Apache-2.0

#include "truce/base/unicode.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace truce {
namespace {

struct Class {
  std::uint8_t combining;
  std::uint8_t quick;  // NFC_Quick_Check: 0 yes, 1 maybe, 2 no
};
struct Decomposition {
  char32_t code_point;
  std::uint16_t first;
  std::uint16_t count;
};
struct Pair {
  char32_t first;
  char32_t second;
  char32_t composed;
};

#include "truce/base/unicode_tables.inc"

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// Hangul syllables are composed by arithmetic (The Unicode Standard, section 3.12).
constexpr char32_t kSyllable = 0xAC00, kLead = 0x1100, kVowel = 0x1161, kTail = 0x11A7;
constexpr char32_t kVowels = 21, kTails = 28, kLeads = 19, kSyllables = kLeads * kVowels * kTails;

std::uint8_t class_of(char32_t c) {
  return kClassOf[kBlockOf[c >> 7] * 128U + (c & 127U)];
}
std::uint8_t combining_of(char32_t c) {
  return c < 0x300 ? 0 : kClasses[class_of(c)].combining;
}

// The code point at `at`, which is moved past it; kBad if there is no well-formed one (Unicode Standard, table 3-7).
constexpr char32_t kBad = 0xFFFFFFFF;
char32_t decode(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const std::uint32_t b = byte(at);
  if (b < 0x80) {
    ++at;
    return b;
  }
  if (b < 0xC2 || b > 0xF4 || !tail(at + 1)) return kBad;
  const std::uint32_t b1 = byte(at + 1);
  if (b < 0xE0) {
    at += 2;
    return (b & 0x1F) << 6 | (b1 & 0x3F);
  }
  if (!tail(at + 2)) return kBad;
  const std::uint32_t b2 = byte(at + 2);
  if (b < 0xF0) {
    if ((b == 0xE0 && b1 < 0xA0) || (b == 0xED && b1 > 0x9F)) return kBad;
    at += 3;
    return (b & 0x0F) << 12 | (b1 & 0x3F) << 6 | (b2 & 0x3F);
  }
  if ((b == 0xF0 && b1 < 0x90) || (b == 0xF4 && b1 > 0x8F) || !tail(at + 3)) return kBad;
  const std::uint32_t b3 = byte(at + 3);
  at += 4;
  return (b & 0x07) << 18 | (b1 & 0x3F) << 12 | (b2 & 0x3F) << 6 | (b3 & 0x3F);
}

void encode(std::string& out, char32_t c) {
  const auto put = [&](char32_t b) { out += static_cast<char>(static_cast<unsigned char>(b)); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xC0 | c >> 6);
  } else {
    if (c < 0x10000) {
      put(0xE0 | c >> 12);
    } else {
      put(0xF0 | c >> 18);
      put(0x80 | (c >> 12 & 0x3F));
    }
    put(0x80 | (c >> 6 & 0x3F));
  }
  put(0x80 | (c & 0x3F));
}

// First byte at or after `at` that is 0 or above 0x7F; text.size() if there is none. Eight bytes a step.
std::size_t skip_ascii(std::string_view text, std::size_t at) {
  constexpr std::uint64_t kHigh = 0x8080808080808080, kOnes = 0x0101010101010101;
  while (at + 8 <= text.size()) {
    std::uint64_t w = 0;
    std::memcpy(&w, text.data() + at, 8);
    if (((w | (w - kOnes)) & kHigh) != 0) break;
    at += 8;
  }
  while (at < text.size() && text[at] > 0) ++at;
  return at;
}

tl::unexpected<Error> bad(std::string message, std::size_t offset) {
  return fail(ErrorCode::kEncoding, std::move(message), "offset " + std::to_string(offset));
}

std::string name_of(char32_t c) {
  std::string digits;
  for (int shift = c > 0xFFFF ? 20 : 12; shift >= 0; shift -= 4) digits += "0123456789ABCDEF"[c >> shift & 15];
  if (digits.size() > 4 && digits[0] == '0') digits.erase(0, 1);
  return "U+" + digits;
}

// Everything that check_text() asks but NFC; true if the text may be other than NFC. Plain text is told from the rest
// here.
Result<bool> scan(std::string_view text) {
  bool doubtful = false;
  std::uint8_t last = 0;
  for (std::size_t at = skip_ascii(text, 0); at < text.size();) {
    const std::size_t start = at;
    const char32_t c = decode(text, at);
    if (c < 0x80) {
      if (c == 0) return bad("U+0000", start);
      last = 0;
      at = skip_ascii(text, at);
      continue;
    }
    if (c == kBad) return bad("not UTF-8", start);
    const std::uint8_t k = class_of(c);
    if (k == 1) {
      last = 0;
      continue;
    }
    if (k == 0) return bad(name_of(c) + " is not assigned in Unicode 15.0", start);
    const Class& p = kClasses[k];
    if (p.quick != 0 || (p.combining != 0 && p.combining < last)) doubtful = true;
    last = p.combining;
  }
  return doubtful;
}

void decompose(std::vector<char32_t>& out, char32_t c) {
  if (c < 0xC0) return out.push_back(c);
  if (c - kSyllable < kSyllables) {
    const char32_t s = c - kSyllable;
    out.push_back(kLead + s / (kVowels * kTails));
    out.push_back(kVowel + s % (kVowels * kTails) / kTails);
    if (s % kTails != 0) out.push_back(kTail + s % kTails);
    return;
  }
  const auto* end = std::end(kDecompositions);
  const auto* d = std::lower_bound(std::begin(kDecompositions), end, c,
                                   [](const Decomposition& a, char32_t b) { return a.code_point < b; });
  if (d == end || d->code_point != c) return out.push_back(c);
  out.insert(out.end(), kDecomposed + d->first, kDecomposed + d->first + d->count);
}

// The one code point that `a` followed by `b` compose to, or 0.
char32_t composed(char32_t a, char32_t b) {
  if (a - kLead < kLeads && b - kVowel < kVowels) return kSyllable + ((a - kLead) * kVowels + (b - kVowel)) * kTails;
  if (a - kSyllable < kSyllables && (a - kSyllable) % kTails == 0 && b > kTail && b < kTail + kTails)
    return a + (b - kTail);
  const auto* end = std::end(kPairs);
  const auto* p = std::lower_bound(std::begin(kPairs), end, Pair{a, b, 0}, [](const Pair& x, const Pair& y) {
    return x.first != y.first ? x.first < y.first : x.second < y.second;
  });
  return p != end && p->first == a && p->second == b ? p->composed : 0;
}

// REQUIRES: scan(text) was ok. Cost: O(n log n) in the longest run of combining marks, so that no input is slow.
std::string normalized(std::string_view text) {
  std::vector<char32_t> c;
  c.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) decompose(c, decode(text, at));
  // Canonical order: every run of marks sorted by combining class, equal ones as they stand.
  for (std::size_t i = 0; i < c.size(); ++i) {
    if (combining_of(c[i]) == 0) continue;
    std::size_t end = i + 1;
    while (end < c.size() && combining_of(c[end]) != 0) ++end;
    const auto from = c.begin() + static_cast<std::ptrdiff_t>(i), to = c.begin() + static_cast<std::ptrdiff_t>(end);
    std::stable_sort(from, to, [](char32_t a, char32_t b) { return combining_of(a) < combining_of(b); });
    i = end - 1;
  }
  // Canonical composition in place: each code point goes into the last starter unless something between blocks it.
  std::size_t kept = 0;
  std::size_t starter = kNone;
  std::uint8_t last = 0;  // combining class of what was kept last after the starter
  for (const char32_t x : c) {
    const std::uint8_t k = combining_of(x);
    const bool adjacent = starter != kNone && kept == starter + 1;
    if (starter != kNone && (adjacent || (k != 0 && last < k))) {
      if (const char32_t y = composed(c[starter], x); y != 0) {
        c[starter] = y;
        continue;
      }
    }
    if (k == 0) starter = kept;
    last = k;
    c[kept++] = x;
  }
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < kept; ++i) encode(out, c[i]);
  return out;
}

}  // namespace

Status check_text(std::string_view text) {
  TRUCE_TRY(const bool doubtful, scan(text));
  if (!doubtful) return {};
  const std::string nfc = normalized(text);
  if (nfc == text) return {};
  std::size_t offset = 0;
  while (offset < nfc.size() && offset < text.size() && nfc[offset] == text[offset]) ++offset;
  while (offset > 0 && (offset == text.size() || (static_cast<unsigned char>(text[offset]) & 0xC0) == 0x80)) --offset;
  return bad("not in Normalization Form C", offset);
}

Result<std::string> to_nfc(std::string_view text) {
  TRUCE_TRY(const bool doubtful, scan(text));
  return doubtful ? normalized(text) : std::string(text);
}

std::size_t first_bad_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    at = skip_ascii(text, at);
    if (at == text.size()) break;
    const std::size_t start = at;
    if (decode(text, at) == kBad) return start;
  }
  return std::string_view::npos;
}

}  // namespace truce
