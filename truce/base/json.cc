// SPDX-License-Identifier: Apache-2.0

#include "truce/base/json.h"

#include <algorithm>
#include <cassert>
#include <charconv>

#include "truce/base/encoding.h"
#include "truce/base/unicode.h"

namespace truce {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

// Code units above the surrogates (U+E000..U+FFFF) sort after them in UTF-16 but before U+10000 in UTF-8: the lead byte
// of U+E000..U+FFFF is EE or EF, that of a supplementary code point F0..F4. Swapping the two classes gives UTF-16 order
// on UTF-8 bytes.
unsigned utf16_rank(unsigned char lead) {
  if (lead >= 0xf0) return lead - 2U;     // supplementary: surrogates D800..DFFF, before EE, EF
  if (lead >= 0xee) return lead + 0x10U;  // E000..FFFF: last
  return lead;
}

class Parser {
 public:
  explicit Parser(std::string_view in) : in_(in) {}

  Result<Json> document() {
    TRUCE_TRY(Json value, parse(0));
    if (at_ != in_.size()) return error_here("bytes after the value");
    return value;
  }

 private:
  tl::unexpected<Error> error_at(ErrorCode code, std::string message, std::size_t offset) const {
    if (offset < in_.size()) message += " at " + quoted(in_.substr(offset, 20));
    return fail(code, std::move(message), "offset " + std::to_string(offset));
  }
  tl::unexpected<Error> error_here(std::string message) const {
    const bool space =
        at_ < in_.size() && (in_[at_] == ' ' || in_[at_] == '\n' || in_[at_] == '\t' || in_[at_] == '\r');
    if (space) return error_at(ErrorCode::kNotCanonical, "white space", at_);
    return error_at(ErrorCode::kSyntax, at_ == in_.size() ? "ends too early" : std::move(message), at_);
  }
  bool take(char c) {
    if (at_ < in_.size() && in_[at_] == c) {
      ++at_;
      return true;
    }
    return false;
  }

  Result<Json> parse(int depth) {
    if (at_ == in_.size()) return error_here("");
    switch (in_[at_]) {
      case '{': return object(depth + 1);
      case '[': return array(depth + 1);
      case '"': {
        TRUCE_TRY(std::string s, string());
        return Json(std::move(s));
      }
      case 't': return word("true", Json(true));
      case 'f': return word("false", Json(false));
      case 'n': return word("null", Json());
      default: return integer();
    }
  }

  Result<Json> word(std::string_view text, Json value) {
    if (in_.substr(at_, text.size()) != text) return error_here("no value");
    at_ += text.size();
    return value;
  }

  Result<Json> integer() {
    const std::size_t start = at_;
    const bool negative = take('-');
    const std::size_t digits = at_;
    std::int64_t v = 0;
    while (at_ < in_.size() && in_[at_] >= '0' && in_[at_] <= '9') {
      if (at_ - digits >= 16) return error_at(ErrorCode::kOutOfRange, "integer beyond 2^53 - 1", start);
      v = v * 10 + (in_[at_++] - '0');
    }
    if (at_ == digits) {
      at_ = start;
      return error_here("no value");
    }
    if (in_[digits] == '0' && at_ - digits > 1) return error_at(ErrorCode::kSyntax, "leading zero", start);
    if (at_ < in_.size() && (in_[at_] == '.' || in_[at_] == 'e' || in_[at_] == 'E')) {
      return error_at(ErrorCode::kNotCanonical, "a fraction or exponent; integers only", start);
    }
    if (negative && v == 0) return error_at(ErrorCode::kNotCanonical, "-0", start);
    if (v > Json::kIntegerMax) return error_at(ErrorCode::kOutOfRange, "integer beyond 2^53 - 1", start);
    return Json(negative ? -v : v);
  }

  Result<std::string> string() {
    if (!take('"')) return error_here("no string");
    const std::size_t start = at_;
    std::string out;
    bool escaped = false;
    while (true) {
      if (at_ == in_.size()) return error_here("");
      const char c = in_[at_];
      if (c == '"') break;
      if (static_cast<unsigned char>(c) < 0x20)
        return error_at(ErrorCode::kSyntax, "control character in a string", at_);
      if (c == '\\') {
        if (!escaped) out.assign(in_.substr(start, at_ - start));
        escaped = true;
        TRUCE_CHECK(escape(out));
      } else {
        if (escaped) out += c;
        ++at_;
      }
    }
    const std::string_view raw = in_.substr(start, at_ - start);
    ++at_;
    // With escapes the decoded text is what must be NFC (an escape's last letter is no base for a combining mark).
    if (auto ok = check_text(escaped ? std::string_view(out) : raw); !ok) {
      std::size_t inner = 0;
      const std::string& where = ok.error().where;  // "offset N"
      if (where.size() > 7) std::from_chars(where.data() + 7, where.data() + where.size(), inner);
      if (escaped) inner = raw_offset(raw, inner);
      return fail(ErrorCode::kEncoding, ok.error().message, "offset " + std::to_string(start + inner));
    }
    if (!escaped) out.assign(raw);
    return out;
  }

  // Where in the escaped text `raw` the decoded byte `decoded` comes from.
  static std::size_t raw_offset(std::string_view raw, std::size_t decoded) {
    std::size_t at = 0;
    for (; decoded > 0 && at < raw.size(); --decoded) at += raw[at] != '\\' ? 1U : raw[at + 1] == 'u' ? 6U : 2U;
    return at;
  }

  // One escape in the only spelling that RFC 8785 writes.
  Status escape(std::string& out) {
    const std::size_t start = at_;
    ++at_;
    if (at_ == in_.size()) return error_here("");
    switch (in_[at_]) {
      case '"': out += '"'; break;
      case '\\': out += '\\'; break;
      case 'b': out += '\b'; break;
      case 'f': out += '\f'; break;
      case 'n': out += '\n'; break;
      case 'r': out += '\r'; break;
      case 't': out += '\t'; break;
      case '/': return error_at(ErrorCode::kNotCanonical, "needless escape", start);
      case 'u': {
        unsigned v = 0;
        for (int i = 1; i <= 4; ++i) {
          const std::size_t p = at_ + static_cast<std::size_t>(i);
          if (p >= in_.size()) return error_at(ErrorCode::kSyntax, "ends too early", in_.size());
          const char c = in_[p];
          const std::size_t d = kHexDigits.find(c);
          if (d == std::string_view::npos) {
            const bool upper = c >= 'A' && c <= 'F';
            return error_at(upper ? ErrorCode::kNotCanonical : ErrorCode::kSyntax,
                            "escape is not four lower-case digits", start);
          }
          v = v * 16 + static_cast<unsigned>(d);
        }
        if (v == 0) return error_at(ErrorCode::kEncoding, "U+0000", start);
        const bool has_short = v == 8 || v == 9 || v == 10 || v == 12 || v == 13;
        if (v >= 0x20 || has_short) return error_at(ErrorCode::kNotCanonical, "needless escape", start);
        out += static_cast<char>(v);
        at_ += 4;
        break;
      }
      default: return error_at(ErrorCode::kSyntax, "unknown escape", start);
    }
    ++at_;
    return {};
  }

  Result<Json> array(int depth) {
    if (depth > Json::kDepthMax) return error_at(ErrorCode::kLimit, "nested deeper than 16", at_);
    ++at_;
    Json::Array out;
    if (take(']')) return Json(std::move(out));
    while (true) {
      TRUCE_TRY(Json value, parse(depth));
      out.push_back(std::move(value));
      if (take(']')) return Json(std::move(out));
      if (!take(',')) return error_here("no ',' or ']'");
    }
  }

  Result<Json> object(int depth) {
    if (depth > Json::kDepthMax) return error_at(ErrorCode::kLimit, "nested deeper than 16", at_);
    ++at_;
    Json out = Json::object();
    auto& members = out.as_object();
    if (take('}')) return out;
    while (true) {
      const std::size_t key_at = at_;
      TRUCE_TRY(std::string key, string());
      if (!members.empty() && !canonical_key_less(members.back().first, key)) {
        const bool twice = members.back().first == key;
        return error_at(twice ? ErrorCode::kSyntax : ErrorCode::kNotCanonical,
                        twice ? "duplicate key" : "keys out of order", key_at);
      }
      if (!take(':')) return error_here("no ':'");
      TRUCE_TRY(Json value, parse(depth));
      members.emplace_back(std::move(key), std::move(value));
      if (take('}')) return out;
      if (!take(',')) return error_here("no ',' or '}'");
    }
  }

  std::string_view in_;
  std::size_t at_ = 0;
};

Status check_value(const Json& j, int depth) {
  if (j.is_string()) return check_text(j.as_string());
  if (j.is_integer() && (j.as_integer() > Json::kIntegerMax || j.as_integer() < -Json::kIntegerMax)) {
    return fail(ErrorCode::kOutOfRange, "integer beyond 2^53 - 1: " + std::to_string(j.as_integer()));
  }
  if (!j.is_array() && !j.is_object()) return {};
  if (depth + 1 > Json::kDepthMax) return fail(ErrorCode::kLimit, "nested deeper than 16");
  if (j.is_array()) {
    for (const Json& v : j.as_array()) TRUCE_CHECK(check_value(v, depth + 1));
    return {};
  }
  for (const auto& [key, value] : j.as_object()) {
    if (auto ok = check_text(key); !ok) return fail(at(ok.error(), "key " + quoted(key)));
    if (auto ok = check_value(value, depth + 1); !ok) return fail(at(ok.error(), key));
  }
  return {};
}

void append_pretty(std::string& out, const Json& j, std::size_t indent) {
  const auto line = [&](std::size_t n) { out += '\n' + std::string(n * 2, ' '); };
  if (j.is_array() && !j.as_array().empty()) {
    out += '[';
    for (std::size_t i = 0; i < j.as_array().size(); ++i) {
      if (i != 0) out += ',';
      line(indent + 1);
      append_pretty(out, j.as_array()[i], indent + 1);
    }
    line(indent);
    out += ']';
  } else if (j.is_object() && !j.as_object().empty()) {
    out += '{';
    bool first = true;
    for (const auto& [key, value] : j.as_object()) {
      if (!first) out += ',';
      first = false;
      line(indent + 1);
      append_json_string(out, key);
      out += ": ";
      append_pretty(out, value, indent + 1);
    }
    line(indent);
    out += '}';
  } else {
    j.append_canonical(out);
  }
}

}  // namespace

bool canonical_key_less(std::string_view a, std::string_view b) {
  const std::size_t n = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < n; ++i) {
    const auto x = static_cast<unsigned char>(a[i]);
    const auto y = static_cast<unsigned char>(b[i]);
    if (x != y) return utf16_rank(x) < utf16_rank(y);
  }
  return a.size() < b.size();
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text.substr(plain, i - plain));
    plain = i + 1;
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        out += "\\u00";
        out += kHexDigits[c >> 4];
        out += kHexDigits[c & 15];
    }
  }
  out.append(text.substr(plain));
  out += '"';
}

Json Json::object(std::initializer_list<Member> members) {
  Json j = object();
  for (const auto& [key, value] : members) j.set(key, value);
  return j;
}

const Json* Json::find(std::string_view key) const {
  const auto* members = std::get_if<Object>(&value_);
  if (members == nullptr) return nullptr;
  for (const auto& m : *members) {
    if (m.first == key) return &m.second;
  }
  return nullptr;
}

void Json::set(std::string_view key, Json value) {
  auto& members = as_object();
  const auto it = std::lower_bound(members.begin(), members.end(), key,
                                   [](const Member& m, std::string_view k) { return canonical_key_less(m.first, k); });
  if (it != members.end() && it->first == key) {
    it->second = std::move(value);
  } else {
    members.emplace(it, std::string(key), std::move(value));
  }
}

void Json::erase(std::string_view key) {
  std::erase_if(as_object(), [&](const Member& m) { return m.first == key; });
}

void Json::append_canonical(std::string& out) const {
  if (is_null()) {
    out += "null";
  } else if (is_bool()) {
    out += as_bool() ? "true" : "false";
  } else if (is_integer()) {
    assert(as_integer() <= kIntegerMax && as_integer() >= -kIntegerMax);
    char buffer[24];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, as_integer());
    out.append(buffer, end.ptr);
  } else if (is_string()) {
    append_json_string(out, as_string());
  } else if (is_array()) {
    out += '[';
    bool first = true;
    for (const Json& v : as_array()) {
      if (!first) out += ',';
      first = false;
      v.append_canonical(out);
    }
    out += ']';
  } else {
    out += '{';
    bool first = true;
    for (const auto& [key, value] : as_object()) {
      if (!first) out += ',';
      first = false;
      append_json_string(out, key);
      out += ':';
      value.append_canonical(out);
    }
    out += '}';
  }
}

std::string Json::to_canonical() const {
  std::string out;
  append_canonical(out);
  return out;
}

Result<std::string> Json::checked_canonical() const {
  TRUCE_CHECK(check_value(*this, 0));
  return to_canonical();
}

std::string Json::to_pretty() const {
  std::string out;
  append_pretty(out, *this, 0);
  out += '\n';
  return out;
}

Result<Json> Json::parse_canonical(std::string_view bytes) {
  return Parser(bytes).document();
}

}  // namespace truce
