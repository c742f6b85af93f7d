// SPDX-License-Identifier: Apache-2.0
//
// JsonFields reads the members of one object into C++ values and remembers the first fault, so that a parser of a
// statement body reads as a list of its fields:
//
//   JsonFields f(body, "report");
//   r.from = f.integer("from", kMin, kMax);
//   r.reporter = f.text_or("reporter", "", 64);
//   TRUCE_CHECK(f.finish(ErrorCode::kInvalidReport));   // the first fault, or an unknown member
//
// Faults name the object and the member ("report: from: missing"). After a fault the getters give neutral values. It
// keeps a reference to the object: use it within one function.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/encoding.h"
#include "truce/base/json.h"
#include "truce/base/result.h"
#include "truce/base/sha256.h"

namespace truce {

class JsonFields {
 public:
  JsonFields(const Json& object, std::string_view what) : object_(object), what_(what) {
    if (!object.is_object()) fault("", "is not an object");
  }

  [[nodiscard]] bool has(std::string_view key) const { return object_.find(key) != nullptr; }

  // An integer within [low, high].
  std::int64_t integer(std::string_view key, std::int64_t low, std::int64_t high) {
    const Json* j = required(key);
    return j == nullptr ? low : checked(key, *j, low, high);
  }
  std::optional<std::int64_t> integer_opt(std::string_view key, std::int64_t low, std::int64_t high) {
    const Json* j = member(key);
    if (j == nullptr) return std::nullopt;
    return checked(key, *j, low, high);
  }
  bool boolean_or(std::string_view key, bool otherwise) {
    const Json* j = member(key);
    if (j == nullptr) return otherwise;
    if (!j->is_bool()) return fault(key, "is not true or false"), otherwise;
    return j->as_bool();
  }
  // A text of 1 to `bytes_max` bytes.
  std::string text(std::string_view key, std::size_t bytes_max) {
    const Json* j = required(key);
    return j == nullptr ? std::string() : checked_text(key, *j, bytes_max);
  }
  std::string text_or(std::string_view key, std::string_view otherwise, std::size_t bytes_max) {
    const Json* j = member(key);
    return j == nullptr ? std::string(otherwise) : checked_text(key, *j, bytes_max);
  }
  Hash hash(std::string_view key) {
    const std::string s = text(key, 43);
    auto h = Hash::from_base64url(s);
    if (!h) return fault(key, h.error().message), Hash{};
    return h.value();
  }
  // Any value, or nullptr where the member is absent.
  const Json* member(std::string_view key) {
    const Json* j = object_.find(key);
    if (j != nullptr) ++seen_;
    return j;
  }
  const Json* required(std::string_view key) {
    const Json* j = member(key);
    if (j == nullptr) fault(key, "missing");
    return j;
  }
  // The members of an array of at most `count_max`; empty where absent.
  const Json::Array& array_or_empty(std::string_view key, std::size_t count_max) {
    static const Json::Array kNone;
    const Json* j = member(key);
    if (j == nullptr) return kNone;
    if (!j->is_array()) return fault(key, "is not a list"), kNone;
    if (j->as_array().size() > count_max)
      return fault(key, "has more than " + std::to_string(count_max) + " members"), kNone;
    return j->as_array();
  }
  std::vector<std::string> texts_or_empty(std::string_view key, std::size_t count_max, std::size_t bytes_max) {
    std::vector<std::string> out;
    for (const Json& j : array_or_empty(key, count_max)) out.push_back(checked_text(key, j, bytes_max));
    return out;
  }

  // Notes a fault; the first one counts.
  void fault(std::string_view key, std::string_view message) {
    if (failed_) return;
    failed_ = true;
    message_ = message;
    where_ = key.empty() ? what_ : what_ + ": " + std::string(key);
  }
  [[nodiscard]] bool ok() const { return !failed_; }

  // REQUIRES: each member was asked for at most once.
  [[nodiscard]] Status finish(ErrorCode code) const {
    if (failed_) return fail(code, message_, where_);
    if (object_.is_object() && seen_ != object_.as_object().size()) {
      return fail(code, "a member that version 1 does not know", what_);
    }
    return {};
  }

 private:
  std::int64_t checked(std::string_view key, const Json& j, std::int64_t low, std::int64_t high) {
    if (!j.is_integer()) return fault(key, "is not an integer"), low;
    if (j.as_integer() < low || j.as_integer() > high) {
      return fault(key, std::to_string(j.as_integer()) + " is outside of " + std::to_string(low) + " to " +
                            std::to_string(high)),
             low;
    }
    return j.as_integer();
  }
  std::string checked_text(std::string_view key, const Json& j, std::size_t bytes_max) {
    if (!j.is_string()) return fault(key, "is not a text"), std::string();
    if (j.as_string().empty()) return fault(key, "is empty"), std::string();
    if (j.as_string().size() > bytes_max)
      return fault(key, "is longer than " + std::to_string(bytes_max) + " bytes"), std::string();
    return j.as_string();
  }

  const Json& object_;
  std::string what_;
  std::size_t seen_ = 0;
  bool failed_ = false;
  std::string message_;
  std::string where_;
};

}  // namespace truce
