// SPDX-License-Identifier: Apache-2.0
//
// Links: `join` and `split` statements, by which people say that two reports are about one incident or about two
// (docs/format/link.md). They refer to reports, never to incidents, so that they outlive every regrouping. Which of
// them have effect is decided together: those that contradict each other have none. Values; pure; any thread.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "truce/base/json.h"
#include "truce/base/result.h"

namespace truce::monitor {

inline constexpr std::string_view kTypeJoin = "join";
inline constexpr std::string_view kTypeSplit = "split";
// Relations of the two references: to the reports.
inline constexpr std::string_view kLinkFirst = "first";
inline constexpr std::string_view kLinkSecond = "second";

// The body holds nothing yet: {"v":1}. Why stands in the sealed part.
[[nodiscard]] Json link_body();
[[nodiscard]] Status check_link_body(const Json& body);

// A link between reports by number.
struct Link {
  std::uint32_t a = 0, b = 0;
  bool joins = false;
};

// Which links have effect. Joins put reports into sets; a split within one set contradicts that set: then neither that
// split nor any join of the set has effect. What remains is free of contradictions. `report_count`: above all numbers.
[[nodiscard]] std::vector<bool> consistent_links(std::span<const Link> links, std::uint32_t report_count);

}  // namespace truce::monitor
