// SPDX-License-Identifier: Apache-2.0
//
// Json: the values of truce's canonical JSON, and its one byte form (docs/format/canonical-json.md): RFC 8785
// restricted to integers within +-(2^53 - 1), text that check_text() accepts, depth at most 16, no duplicate keys.
//
// It is NOT for documents of other people's making (GeoJSON with fractions, pretty-printed configuration): those are
// read at the edge with simdjson. Members of an object are kept in canonical order (UTF-16 code units of the key).
// Values copy deeply.

#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "truce/base/result.h"

namespace truce {

class Json {
 public:
  // Deepest nesting of arrays and objects: stops stack exhaustion by "[[[[...".
  static constexpr int kDepthMax = 16;
  static constexpr std::int64_t kIntegerMax = (std::int64_t{1} << 53) - 1;

  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;  // sorted by canonical key order, keys distinct

  Json() = default;  // null
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  // REQUIRES: |value| <= kIntegerMax (checked on writing: to_canonical() of a larger one is a programming error and
  // asserts).
  Json(std::int64_t value) : value_(value) {}
  Json(int value) : value_(std::int64_t{value}) {}
  Json(std::uint32_t value) : value_(std::int64_t{value}) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(Array value) : value_(std::move(value)) {}

  [[nodiscard]] static Json array() { return Json(Array{}); }
  [[nodiscard]] static Json object() {
    Json j;
    j.value_ = Object{};
    return j;
  }
  [[nodiscard]] static Json object(std::initializer_list<Member> members);

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  [[nodiscard]] bool is_bool() const { return std::holds_alternative<bool>(value_); }
  [[nodiscard]] bool is_integer() const { return std::holds_alternative<std::int64_t>(value_); }
  [[nodiscard]] bool is_string() const { return std::holds_alternative<std::string>(value_); }
  [[nodiscard]] bool is_array() const { return std::holds_alternative<Array>(value_); }
  [[nodiscard]] bool is_object() const { return std::holds_alternative<Object>(value_); }

  // REQUIRES for each: the value is of that kind.
  [[nodiscard]] bool as_bool() const { return std::get<bool>(value_); }
  [[nodiscard]] std::int64_t as_integer() const { return std::get<std::int64_t>(value_); }
  [[nodiscard]] const std::string& as_string() const { return std::get<std::string>(value_); }
  [[nodiscard]] const Array& as_array() const { return std::get<Array>(value_); }
  [[nodiscard]] Array& as_array() { return std::get<Array>(value_); }
  [[nodiscard]] const Object& as_object() const { return std::get<Object>(value_); }
  [[nodiscard]] Object& as_object() { return std::get<Object>(value_); }

  // The member named `key`, or nullptr if there is none or this is no object.
  [[nodiscard]] const Json* find(std::string_view key) const;
  // Sets or replaces a member. REQUIRES: is_object().
  void set(std::string_view key, Json value);
  // Removes a member if it is there. REQUIRES: is_object().
  void erase(std::string_view key);
  // Appends to an array. REQUIRES: is_array().
  void push_back(Json value) { as_array().push_back(std::move(value)); }

  // The canonical bytes. REQUIRES: every text passes check_text() and depth <= kDepthMax; use checked_canonical() for
  // values that hold anything a person typed.
  [[nodiscard]] std::string to_canonical() const;
  void append_canonical(std::string& out) const;
  // The canonical bytes, or kEncoding / kLimit / kOutOfRange naming the member.
  [[nodiscard]] Result<std::string> checked_canonical() const;

  // For people and --json output: two spaces an indent; the same values, not canonical.
  [[nodiscard]] std::string to_pretty() const;

  // Parses canonical bytes and nothing else. Fails with kSyntax (not JSON), kNotCanonical (JSON in another form: white
  // space, key order, escapes, fractions, ...), kEncoding, kLimit (depth), kOutOfRange (integers); `where` is "offset
  // N" of the first bad byte.
  [[nodiscard]] static Result<Json> parse_canonical(std::string_view bytes);

  friend bool operator==(const Json&, const Json&) = default;

 private:
  std::variant<std::monostate, bool, std::int64_t, std::string, Array, Object> value_;
};

// Order of keys by RFC 8785 section 3.2.3: as arrays of UTF-16 code units. REQUIRES: both well-formed UTF-8.
[[nodiscard]] bool canonical_key_less(std::string_view a, std::string_view b);

// Appends `text` as a JSON string in canonical form, with quotes.
void append_json_string(std::string& out, std::string_view text);

}  // namespace truce
