// SPDX-License-Identifier: Apache-2.0

#include "truce/exercise/options.h"

#include <algorithm>

#include "truce/base/decimal.h"
#include "truce/base/encoding.h"
#include "truce/exercise/places.h"

namespace truce::exercise {
namespace {

Status within(std::string_view option, std::int64_t value, std::int64_t low, std::int64_t high, int decimals = 0) {
  if (value >= low && value <= high) return {};
  return fail(ErrorCode::kInvalidArgument,
              decimal_to_string(value, decimals) + " is not within " + decimal_to_string(low, decimals) + " and " +
                  decimal_to_string(high, decimals),
              std::string(option));
}

}  // namespace

Status Options::check() const {
  constexpr std::int64_t kMilli = 1000;
  TRUCE_CHECK(within("--days", days, 1, kDayCountMax));
  TRUCE_CHECK(within("--incidents-per-day", incidents_per_day_milli, 1, kIncidentsPerDayMax * kMilli, 3));
  if (days * incidents_per_day_milli > kIncidentCountMax * kMilli) {
    return fail(ErrorCode::kInvalidArgument,
                "days times incidents per day is more than " + std::to_string(kIncidentCountMax),
                "--incidents-per-day");
  }
  TRUCE_CHECK(within("--parties", parties, 1, kPartyCountMax));
  TRUCE_CHECK(within("--posts", posts, 0, kPostCountMax));
  TRUCE_CHECK(within("--reporters", reporters, 1, kReporterCountMax));
  TRUCE_CHECK(within("--burst-percent", burst_percent, 0, 100));
  TRUCE_CHECK(within("--spread-m", spread_m, 0, 20'000));
  TRUCE_CHECK(within("--hearing-m", hearing_m, 500, 20'000));
  TRUCE_CHECK(within("--clock-sigma-s", clock_sigma_s, 0, 86'400));
  TRUCE_CHECK(within("--answered-permille", answered_permille, 0, 1000));
  TRUCE_CHECK(within("--relayed-permille", relayed_permille, 0, 1000));
  TRUCE_CHECK(within("--corrected-permille", corrected_permille, 0, 1000));
  TRUCE_CHECK(within("--patrols-per-day", patrols_per_day_milli, 0, 1'000 * kMilli, 3));
  TRUCE_CHECK(within("--reports-max", reports_max, 0, kReportCountMax));
  static const Date kFirst = Date::from_civil(1901, 1, 1);
  static const Date kLast = Date::from_civil(2099, 12, 31);
  if (from < kFirst || from + static_cast<std::int32_t>(days) > kLast)
    return fail(ErrorCode::kInvalidArgument, "the days are not within the years 1901 and 2099", "--from");
  if (box) {
    constexpr std::int32_t kPolar = 70 * geo::kDegreeE7;
    constexpr std::int32_t kSideMin = geo::kDegreeE7 / 20;
    constexpr std::int32_t kSideMax = 5 * geo::kDegreeE7;
    const bool is_fit = !box->is_empty() && box->south_e7 >= -kPolar && box->north_e7 <= kPolar &&
                        box->west_e7 >= -179 * geo::kDegreeE7 && box->east_e7 <= 179 * geo::kDegreeE7 &&
                        std::int64_t{box->north_e7} - box->south_e7 >= kSideMin &&
                        std::int64_t{box->east_e7} - box->west_e7 >= kSideMin &&
                        std::int64_t{box->north_e7} - box->south_e7 <= kSideMax &&
                        std::int64_t{box->east_e7} - box->west_e7 <= kSideMax;
    if (!is_fit) {
      return fail(ErrorCode::kInvalidArgument,
                  "a box needs sides of 0.05 to 5 degrees, between 70 south and 70 north, away from the antimeridian",
                  "--region");
    }
  } else if (std::ranges::find(regions(), region) == regions().end()) {
    std::string known;
    for (const std::string_view r : regions()) known += (known.empty() ? "" : ", ") + std::string(r);
    return fail(ErrorCode::kInvalidArgument, quoted(region) + " is no region; there are: " + known, "--region");
  }
  return {};
}

Json Options::to_json() const {
  Json j = Json::object({{"seed", std::to_string(seed)},
                         {"days", days},
                         {"incidents_per_day_milli", incidents_per_day_milli},
                         {"parties", parties},
                         {"posts", posts},
                         {"reporters", reporters},
                         {"from", from.to_string()},
                         {"burst_percent", burst_percent},
                         {"spread_m", spread_m},
                         {"hearing_m", hearing_m},
                         {"clock_sigma_s", clock_sigma_s},
                         {"answered_permille", answered_permille},
                         {"relayed_permille", relayed_permille},
                         {"corrected_permille", corrected_permille},
                         {"patrols_per_day_milli", patrols_per_day_milli},
                         {"reports_max", reports_max}});
  if (box) {
    Json sides = Json::array();
    for (const std::int32_t side : {box->south_e7, box->west_e7, box->north_e7, box->east_e7}) sides.push_back(side);
    j.set("box_e7", std::move(sides));
  } else {
    j.set("region", region);
  }
  return j;
}

}  // namespace truce::exercise
