// SPDX-License-Identifier: Apache-2.0
//
// Options of an exercise: everything that, with the seed, decides its files to the last byte
// (docs/format/exercise.md). A value.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "truce/base/json.h"
#include "truce/base/result.h"
#include "truce/base/time.h"
#include "truce/geo/lat_lng.h"

namespace truce::exercise {

struct Options {
  std::uint64_t seed = 1;
  std::int64_t days = 14;
  std::int64_t incidents_per_day_milli = 50'000;  // thousandths; the mean over days
  std::int64_t parties = 3;                       // the first is the observer whose node it is
  std::int64_t posts = 6;
  std::int64_t reporters = 9;            // of each party, beside its posts
  std::string region = "alentejo";       // one of regions(); not used with a box
  std::optional<geo::Box> box;           // invented places where fewer than kPlaceCountMin real ones lie in it
  Date from = Date{19877};               // 2024-06-03
  std::int64_t burst_percent = 12;       // of incidents that happen in bursts at hot spots
  std::int64_t spread_m = 1500;          // how far from a place incidents lie, one sigma each way
  std::int64_t hearing_m = 10'000;       // how far posts hear shelling, on average over the posts
  std::int64_t clock_sigma_s = 240;      // of the posts' clock offsets; one in eight is five times worse
  std::int64_t answered_permille = 30;   // of shelling and small-arms: fire in the other direction follows
  std::int64_t relayed_permille = 30;    // of parties' reports: told on by another party, or filed twice
  std::int64_t corrected_permille = 10;  // of parties' reports: wrong at first, put right in corrections.csv
  std::int64_t patrols_per_day_milli = 2'000;
  std::int64_t reports_max = 0;  // the file ends after so many rows; 0: no end

  // kInvalidArgument naming the option as the command line writes it.
  [[nodiscard]] Status check() const;
  [[nodiscard]] Json to_json() const;
};

// Limits: time and memory of a slip of the keyboard, and ids of fixed width.
inline constexpr std::int64_t kDayCountMax = 36'525;
inline constexpr std::int64_t kIncidentsPerDayMax = 100'000;
inline constexpr std::int64_t kIncidentCountMax = 5'000'000;  // days x incidents per day
inline constexpr std::int64_t kPartyCountMax = 16;
inline constexpr std::int64_t kPostCountMax = 500;
inline constexpr std::int64_t kReporterCountMax = 999;
inline constexpr std::int64_t kReportCountMax = 9'999'999;
inline constexpr std::size_t kPlaceCountMin = 8;

}  // namespace truce::exercise
