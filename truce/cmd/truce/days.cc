// SPDX-License-Identifier: Apache-2.0

#include "truce/cmd/truce/days.h"

#include "truce/cmd/truce/command.h"

namespace truce::cmd {
void DayOptions::add_to(CLI::App& command) {
  command.add_option("--day", day, "one day of the mechanism, YYYY-MM-DD")->type_name("D");
  command.add_option("--week", week, "the week, Monday to Sunday, that holds this day")->type_name("D");
  command.add_option("--month", month, "one month, YYYY-MM")->type_name("MONTH");
  command.add_option("--from", from, "first day, with --to")->type_name("D");
  command.add_option("--to", to, "last day, inclusive")->type_name("D");
}

Result<std::optional<DaySpan>> DayOptions::span() const {
  const int given =
      (day.empty() ? 0 : 1) + (week.empty() ? 0 : 1) + (month.empty() ? 0 : 1) + (from.empty() && to.empty() ? 0 : 1);
  if (given == 0) return std::optional<DaySpan>();
  if (given > 1)
    return fail(ErrorCode::kInvalidArgument, "--day stands alone, without --from and --to; so do --week and --month");
  if (!week.empty()) {
    TRUCE_TRY(const Date d, parse_date_argument(week, "--week"));
    // Day 0 of 1970 was a Thursday.
    const std::int32_t monday = d.days - ((d.days + 3) % 7 + 7) % 7;
    return std::optional<DaySpan>({Date{monday}, Date{monday + 6}});
  }
  if (!month.empty()) {
    TRUCE_TRY(const Date first, parse_date_argument(month + "-01", "--month"));
    Date last = first + 27;
    while ((last + 1).to_string().substr(0, 7) == month) last = last + 1;
    return std::optional<DaySpan>({first, last});
  }
  if (!day.empty()) {
    TRUCE_TRY(const Date d, parse_date_argument(day, "--day"));
    return std::optional<DaySpan>({d, d});
  }
  if (from.empty() || to.empty()) return fail(ErrorCode::kInvalidArgument, "--from and --to go together");
  TRUCE_TRY(const Date first, parse_date_argument(from, "--from"));
  TRUCE_TRY(const Date last, parse_date_argument(to, "--to"));
  if (last < first) return fail(ErrorCode::kInvalidArgument, "--to " + to + " is before --from " + from);
  return std::optional<DaySpan>({first, last});
}

}  // namespace truce::cmd
