// SPDX-License-Identifier: Apache-2.0
//
// --day D, --week D, --month YYYY-MM, or --from D --to D: the span of days that several commands take.

#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "truce/base/result.h"
#include "truce/base/time.h"

namespace truce::cmd {

struct DaySpan {
  Date first, last;  // inclusive
};

struct DayOptions {
  std::string day, week, month, from, to;

  void add_to(CLI::App& command);
  // nullopt if none was given. kInvalidArgument for a bad date, two spans at once, --from without --to, an empty span.
  [[nodiscard]] Result<std::optional<DaySpan>> span() const;
};

}  // namespace truce::cmd
