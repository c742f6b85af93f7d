// SPDX-License-Identifier: Apache-2.0
//
// Words: every text of the views, in one language, and how numbers, days and ranges are written in it. A language is
// one table (text_en.inc); a new one adds its table, its direction and its plural rule, and no other line of the views.
//
// Templates hold {0}, {1}, ...; forms of a number are separated by '|' in the order of the language's plural rule. It
// knows no locale of the machine. Values; any thread.

#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/json.h"
#include "truce/base/result.h"

namespace truce::brief {

enum class Text : std::uint16_t {
#define TRUCE_TEXT(id, words) id,
#include "truce/brief/text_en.inc"
#undef TRUCE_TEXT
  kTextCount,
};

// Text for XML and HTML: & < > " ' escaped; control and bidirectional formatting characters, which could reorder or
// break what stands around them, replaced by U+FFFD.
[[nodiscard]] std::string escaped(std::string_view text);

class Words {
 public:
  // kInvalidArgument for a language without a table.
  [[nodiscard]] static Result<Words> in(std::string_view lang);

  [[nodiscard]] const std::string& lang() const { return lang_; }
  [[nodiscard]] std::string_view direction() const { return "ltr"; }

  // The text, as in the table.
  [[nodiscard]] std::string_view raw(Text id) const;
  // The text escaped for XML; {n} replaced by the n-th argument, which is markup and goes in as it is.
  [[nodiscard]] std::string say(Text id, std::initializer_list<std::string> markup = {}) const;
  // The same with the form for `n`; {0} is the number.
  [[nodiscard]] std::string count(Text id, std::int64_t n, std::initializer_list<std::string> markup = {}) const;

  // Label of a code ("restriction-of-movement", "denied", "cannot-tell"); the code itself where the table has none.
  // Escaped.
  [[nodiscard]] std::string code(std::string_view code) const;
  // A kind's label for one or several.
  [[nodiscard]] std::string kind(std::string_view kind, bool several) const;

  // "12,345".
  [[nodiscard]] std::string number(std::int64_t n) const;
  // "12", or "12 (10-15)" of [low, best, high]; a dash for null.
  [[nodiscard]] std::string range(const Json& range) const;
  // "3 September 2018", "3 Sep", "3-16 September 2018".
  [[nodiscard]] std::string day(std::string_view iso_day) const;
  [[nodiscard]] std::string short_day(std::string_view iso_day) const;
  [[nodiscard]] std::string days(std::string_view first, std::string_view last) const;
  // "35 h 20 min".
  [[nodiscard]] std::string hours(std::int64_t minutes) const;
  // "250 m", "2.5 km", "25 km".
  [[nodiscard]] std::string distance(std::int64_t metres) const;

 private:
  Words() = default;
  std::string lang_;
};

}  // namespace truce::brief
