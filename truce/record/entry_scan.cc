// SPDX-License-Identifier: Apache-2.0

#include "truce/record/entry_scan.h"

#include <array>
#include <cstdint>
#include <cstring>

#include "truce/base/id.h"
#include "truce/base/json.h"
#include "truce/base/time.h"
#include "truce/base/unicode.h"
#include "truce/record/envelope.h"
#include "truce/record/sealed_size.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace truce::record {
namespace {

constexpr std::size_t kHashTextSize = 43;
// More references than these are left to decode(), which sorts them.
constexpr std::size_t kQuickReferenceCount = 16;

constexpr std::array<std::int8_t, 256> base64url_values() {
  std::array<std::int8_t, 256> out{};
  for (auto& v : out) v = -1;
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    out[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  }
  return out;
}
constexpr auto kBase64url = base64url_values();

constexpr std::array<bool, 256> id_characters() {
  std::array<bool, 256> out{};
  for (char c = 'a'; c <= 'z'; ++c) out[static_cast<unsigned char>(c)] = true;
  for (char c = '0'; c <= '9'; ++c) out[static_cast<unsigned char>(c)] = true;
  out['-'] = true;
  return out;
}
constexpr auto kIdCharacter = id_characters();

bool is_quick_id(std::string_view t) {
  if (t.empty() || t.size() > 32 || t[0] < 'a' || t[0] > 'z') return false;
  for (const char c : t) {
    if (!kIdCharacter[static_cast<unsigned char>(c)]) return false;
  }
  return true;
}

bool is_quick_log(std::string_view t) {
  const std::size_t slash = t.find('/');
  return slash != std::string_view::npos && is_quick_id(t.substr(0, slash)) && is_quick_id(t.substr(slash + 1));
}

// 32 bytes in base64url: two unused bits, which are zero.
bool is_hash_text(std::string_view t) {
  if (t.size() != kHashTextSize) return false;
  int bad = 0;
  for (const char c : t) bad |= kBase64url[static_cast<unsigned char>(c)];
  return bad >= 0 && (kBase64url[static_cast<unsigned char>(t[42])] & 3) == 0;
}

// Most keys of an object differ in their first byte already.
bool ascends(std::string_view a, std::string_view b) {
  if (!a.empty() && !b.empty() && a[0] != b[0])
    return static_cast<unsigned char>(a[0]) < static_cast<unsigned char>(b[0]);
  return a < b;
}

// The order of the bytes that the texts stand for. REQUIRES: both is_hash_text().
bool hash_text_less(std::string_view a, std::string_view b) {
  for (std::size_t i = 0; i < kHashTextSize; ++i) {
    const auto x = kBase64url[static_cast<unsigned char>(a[i])];
    const auto y = kBase64url[static_cast<unsigned char>(b[i])];
    if (x != y) return x < y;
  }
  return false;
}

// Each function steps over what it is named for and gives false where that is not there in canonical form, or it is not
// sure.
class Scanner {
 public:
  explicit Scanner(std::string_view entry) : at_(entry.data()), end_(entry.data() + entry.size()) {}

  bool envelope(EntryScan& out) {
    out = {};
    if (!literal("{\"author\":") || !plain_string(out.author) || !is_quick_log(out.author)) return false;
    if (literal(",\"blobs\":") && !blobs(out)) return false;
    if (!literal(",\"body\":") || at_ == end_ || *at_ != '{' || !value(1)) return false;
    std::string_view text;
    std::int64_t number = 0;
    if (literal(",\"by\":") && !(plain_string(text) && is_quick_id(text))) return false;
    if (!literal(",\"mechanism\":") || !plain_string(out.mechanism) || !is_hex(out.mechanism)) return false;
    if (!literal(",\"mechanism_version\":") || !integer(number) || number < 0) return false;
    if (!literal(",\"recorded\":") || !integer(number) || !Instant{number}.is_valid()) return false;
    out.recorded_ms = number;
    if (literal(",\"refs\":") && !references()) return false;
    if (literal(",\"sealed\":") && !sealed(out)) return false;
    return literal(",\"type\":") && plain_string(out.type) && is_quick_id(out.type) && literal(",\"v\":1}") &&
           at_ == end_;
  }

 private:
  // Of a length that the compiler knows, so that it compares words instead of calling for it.
  template <std::size_t N>
  bool literal(const char (&text)[N]) {
    if (static_cast<std::size_t>(end_ - at_) < N - 1 || std::memcmp(at_, text, N - 1) != 0) return false;
    at_ += N - 1;
    return true;
  }

  // The first byte from `p` on that is a quote, a backslash, a control character or not ASCII; end_ if there is none.
  const char* special(const char* p) const {
#if defined(__SSE2__)
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i space = _mm_set1_epi8(0x20);
    while (end_ - p >= 16) {
      const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
      // Signed: bytes from 0x80 on are below the space too.
      const __m128i low = _mm_cmplt_epi8(v, space);
      const __m128i hit = _mm_or_si128(low, _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, backslash)));
      const int mask = _mm_movemask_epi8(hit);
      if (mask != 0) return p + __builtin_ctz(static_cast<unsigned>(mask));
      p += 16;
    }
#endif
    while (p != end_ && static_cast<unsigned char>(*p) >= 0x20 && static_cast<unsigned char>(*p) < 0x80 && *p != '"' &&
           *p != '\\')
      ++p;
    return p;
  }

  // A string of ASCII without escapes: ids, hashes.
  bool plain_string(std::string_view& out) {
    if (at_ == end_ || *at_ != '"') return false;
    const char* p = special(at_ + 1);
    if (p == end_ || *p != '"') return false;
    out = {at_ + 1, static_cast<std::size_t>(p - at_ - 1)};
    at_ = p + 1;
    return true;
  }

  // Any canonical string; `out` is its text as written.
  bool string(std::string_view& out) {
    if (at_ == end_ || *at_ != '"') return false;
    const char* const begin = at_ + 1;
    const char* p = begin;
    bool ascii = true;
    bool escaped = false;
    while (true) {
      p = special(p);
      if (p == end_) return false;
      if (*p == '"') break;
      const auto c = static_cast<unsigned char>(*p);
      if (c >= 0x80) {
        ascii = false;
        ++p;
      } else if (c == '\\') {
        escaped = true;
        if (!escape(p)) return false;
      } else {
        return false;
      }
    }
    out = {begin, static_cast<std::size_t>(p - begin)};
    at_ = p + 1;
    // What an escape and its neighbours are in NFC is decode()'s question.
    return ascii || (!escaped && check_text(out).has_value());
  }

  bool escape(const char*& p) const {
    if (end_ - p < 6) return false;  // an entry ends with more than that
    switch (p[1]) {
      case '"':
      case '\\':
      case 'b':
      case 'f':
      case 'n':
      case 'r':
      case 't': p += 2; return true;
      case 'u': break;
      default: return false;
    }
    if (p[2] != '0' || p[3] != '0' || (p[4] != '0' && p[4] != '1')) return false;
    const char d = p[5];
    if (!((d >= '0' && d <= '9') || (d >= 'a' && d <= 'f'))) return false;
    const int v = (p[4] - '0') * 16 + (d <= '9' ? d - '0' : d - 'a' + 10);
    if (v == 0 || v == 8 || v == 9 || v == 10 || v == 12 || v == 13) return false;
    p += 6;
    return true;
  }

  bool integer(std::int64_t& out) {
    const char* p = at_;
    const bool negative = p != end_ && *p == '-';
    if (negative) ++p;
    const char* const digits = p;
    std::int64_t v = 0;
    while (p != end_ && *p >= '0' && *p <= '9') {
      if (p - digits == 16) return false;
      v = v * 10 + (*p++ - '0');
    }
    if (p == digits || (*digits == '0' && (p - digits > 1 || negative)) || v > Json::kIntegerMax) return false;
    // What follows is a comma or a bracket: a fraction or an exponent is refused there.
    out = negative ? -v : v;
    at_ = p;
    return true;
  }

  // A value within `depth` arrays and objects.
  bool value(int depth) {
    if (at_ == end_) return false;
    switch (*at_) {
      case '"': {
        std::string_view ignored;
        return string(ignored);
      }
      case '{': return object(depth + 1);
      case '[': return array(depth + 1);
      case 't': return literal("true");
      case 'f': return literal("false");
      case 'n': return literal("null");
      default: {
        std::int64_t ignored = 0;
        return integer(ignored);
      }
    }
  }

  bool array(int depth) {
    if (depth > Json::kDepthMax) return false;
    ++at_;
    if (take(']')) return true;
    while (value(depth)) {
      if (take(']')) return true;
      if (!take(',')) return false;
    }
    return false;
  }

  bool object(int depth) {
    if (depth > Json::kDepthMax) return false;
    ++at_;
    if (take('}')) return true;
    std::string_view previous;
    bool first = true;
    while (true) {
      std::string_view key;
      if (!plain_string(key)) return false;  // keys of ours are plain; others are decode()'s
      if (!first && !ascends(previous, key)) return false;
      first = false;
      previous = key;
      if (!take(':') || !value(depth)) return false;
      if (take('}')) return true;
      if (!take(',')) return false;
    }
  }

  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

#if defined(__SSE2__)
  // All bits of each byte from `low` to `high`, both ASCII.
  static __m128i is_within(__m128i v, char low, char high) {
    return _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8(static_cast<char>(low - 1))),
                         _mm_cmplt_epi8(v, _mm_set1_epi8(static_cast<char>(high + 1))));
  }
#endif

  static bool is_hex(std::string_view t) {
    if (t.size() != 64) return false;
#if defined(__SSE2__)
    __m128i good = _mm_set1_epi8(-1);
    for (std::size_t i = 0; i < 64; i += 16) {
      const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(t.data() + i));
      good = _mm_and_si128(good, _mm_or_si128(is_within(v, '0', '9'), is_within(v, 'a', 'f')));
    }
    return _mm_movemask_epi8(good) == 0xffff;
#else
    bool good = true;
    for (const char c : t) good &= (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    return good;
#endif
  }

  // A list of one or more hashes, ascending; `out` is what lies between the brackets.
  bool hashes(std::string_view& out) {
    if (!take('[')) return false;
    const char* const begin = at_;
    std::string_view previous;
    for (std::size_t n = 1; n <= kBlobCountMax; ++n) {
      std::string_view h;
      if (!plain_string(h) || !is_hash_text(h)) return false;
      if (!previous.empty() && !hash_text_less(previous, h)) return false;
      previous = h;
      if (take(']')) {
        out = {begin, static_cast<std::size_t>(at_ - 1 - begin)};
        return true;
      }
      if (!take(',')) return false;
    }
    return false;
  }

  bool blobs(EntryScan& out) {
    std::string_view ignored;
    if (!take('{')) return false;
    if (literal("\"optional\":")) {
      if (!hashes(ignored)) return false;
      if (take('}')) return true;
      if (!take(',')) return false;
    }
    return literal("\"required\":") && hashes(out.required) && take('}');
  }

  bool sealed(EntryScan& out) {
    std::string_view h;
    std::int64_t size = 0;
    return literal("{\"ciphertext\":") && plain_string(out.ciphertext) && is_hash_text(out.ciphertext) &&
           literal(",\"content_key\":") && plain_string(h) && is_hash_text(h) && literal(",\"payload\":") &&
           plain_string(h) && is_hash_text(h) && literal(",\"size\":") && integer(size) && is_sealed_size_class(size) &&
           take('}');
  }

  bool reference(std::string_view& whole) {
    const char* const begin = at_;
    std::string_view text;
    if (!literal("{\"id\":") || !plain_string(text) || !is_statement(text)) return false;
    if (!literal(",\"leaf\":") || !plain_string(text) || !is_hash_text(text)) return false;
    if (!literal(",\"rel\":") || !plain_string(text) || !is_quick_id(text) || !take('}')) return false;
    whole = {begin, static_cast<std::size_t>(at_ - begin)};
    return true;
  }

  static bool is_statement(std::string_view t) {
    const std::size_t slash = t.rfind('/');
    if (slash == std::string_view::npos || !is_quick_log(t.substr(0, slash))) return false;
    const std::string_view digits = t.substr(slash + 1);
    Scanner number(digits);
    std::int64_t index = 0;
    return number.integer(index) && index >= 0 && number.at_ == number.end_;
  }

  // One or more references, none twice: in canonical form the same text.
  bool references() {
    if (!take('[')) return false;
    std::array<std::string_view, kQuickReferenceCount> seen;
    for (std::size_t n = 0; n < kQuickReferenceCount; ++n) {
      if (!reference(seen[n])) return false;
      for (std::size_t i = 0; i < n; ++i) {
        if (seen[i] == seen[n]) return false;
      }
      if (take(']')) return true;
      if (!take(',')) return false;
    }
    return false;
  }

  const char* at_;
  const char* end_;
};

}  // namespace

bool scan_entry(std::string_view entry, EntryScan& out) {
  if (entry.size() <= kEntryBytesMax && Scanner(entry).envelope(out)) return true;
  out = {};
  return false;
}

}  // namespace truce::record
