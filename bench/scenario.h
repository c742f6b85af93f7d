// SPDX-License-Identifier: Apache-2.0
//
// The exercise whose reports the benchmarks of whole nodes state.

#pragma once

#include <cstdint>

#include "truce/exercise/scenario.h"

namespace truce::bench {

// Of four parties with 24 posts over real places, from 2017-06-01; no patrols, nothing corrected.
inline exercise::Options scenario_options(std::int64_t days, std::int64_t incidents_per_day_milli) {
  exercise::Options out;
  out.seed = 11;
  out.days = days;
  out.incidents_per_day_milli = incidents_per_day_milli;
  out.parties = 4;
  out.posts = 24;
  out.region = "levant";
  out.from = Date{17'318};  // 2017-06-01
  out.patrols_per_day_milli = 0;
  out.corrected_permille = 0;
  return out;
}

}  // namespace truce::bench
