// SPDX-License-Identifier: Apache-2.0

#include "truce/cmd/truce/days.h"

namespace truce::cmd {
namespace {

Result<Date> parse_day(const std::string& text, std::string_view option) {
  auto d = Date::parse(text);
  if (!d) return fail(ErrorCode::kInvalidArgument, d.error().message, std::string(option));
  return d;
}

}  // namespace

void DayOptions::add_to(CLI::App& command) {
  command.add_option("--day", day, "one day of the mechanism, YYYY-MM-DD")->type_name("D");
  command.add_option("--from", from, "first day, with --to")->type_name("D");
  command.add_option("--to", to, "last day, inclusive")->type_name("D");
}

Result<std::optional<DaySpan>> DayOptions::span() const {
  if (day.empty() && from.empty() && to.empty()) return std::optional<DaySpan>();
  if (!day.empty()) {
    if (!from.empty() || !to.empty())
      return fail(ErrorCode::kInvalidArgument, "--day stands alone, without --from and --to");
    TRUCE_TRY(const Date d, parse_day(day, "--day"));
    return std::optional<DaySpan>({d, d});
  }
  if (from.empty() || to.empty()) return fail(ErrorCode::kInvalidArgument, "--from and --to go together");
  TRUCE_TRY(const Date first, parse_day(from, "--from"));
  TRUCE_TRY(const Date last, parse_day(to, "--to"));
  if (last < first) return fail(ErrorCode::kInvalidArgument, "--to " + to + " is before --from " + from);
  return std::optional<DaySpan>({first, last});
}

}  // namespace truce::cmd
