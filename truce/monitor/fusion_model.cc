// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/fusion_model.h"

namespace truce::monitor {

std::size_t means_group(Means means) {
  switch (means) {
    case Means::kSeen:
    case Means::kCamera:
    case Means::kUav:
    case Means::kSensor: return 0;
    case Means::kHeard: return 1;
    case Means::kTold:
    case Means::kNotStated: return 2;
  }
  return 2;
}

std::size_t harm_group(Means means, bool is_post) {
  return is_post ? kHarmGroupCount - 1 : means_group(means);
}

namespace {

// Rows: what happened; columns: small-arms, explosion, shelling, airstrike, drone-strike, projectile-in-flight, mine,
// weapon-use. Prior knowledge only: a bang is a bang to who hears it, and the eye sees the aircraft.
constexpr FusionModel::Confusion kSeen = {{
    {0.930, 0.020, 0.020, 0.005, 0.005, 0.005, 0.005, 0.010},
    {0.010, 0.830, 0.060, 0.030, 0.030, 0.010, 0.020, 0.010},
    {0.010, 0.120, 0.820, 0.010, 0.010, 0.010, 0.010, 0.010},
    {0.005, 0.100, 0.030, 0.820, 0.025, 0.005, 0.005, 0.010},
    {0.005, 0.100, 0.020, 0.040, 0.810, 0.005, 0.005, 0.015},
    {0.010, 0.060, 0.060, 0.010, 0.020, 0.820, 0.010, 0.010},
    {0.005, 0.250, 0.020, 0.005, 0.005, 0.005, 0.700, 0.010},
}};
constexpr FusionModel::Confusion kHeard = {{
    {0.900, 0.040, 0.030, 0.005, 0.005, 0.005, 0.005, 0.010},
    {0.010, 0.780, 0.140, 0.020, 0.010, 0.010, 0.020, 0.010},
    {0.010, 0.400, 0.540, 0.010, 0.010, 0.010, 0.010, 0.010},
    {0.005, 0.500, 0.060, 0.390, 0.020, 0.005, 0.010, 0.010},
    {0.005, 0.500, 0.060, 0.080, 0.330, 0.005, 0.010, 0.010},
    {0.010, 0.300, 0.200, 0.050, 0.020, 0.400, 0.010, 0.010},
    {0.005, 0.700, 0.060, 0.005, 0.005, 0.005, 0.210, 0.010},
}};

}  // namespace

FusionModel FusionModel::neutral() {
  FusionModel m;
  m.confusion = {kSeen, kHeard, kSeen};
  m.kind_prior = {0.27, 0.15, 0.37, 0.10, 0.06, 0.02, 0.03};
  for (auto& row : m.count_prior)
    row = {0.34, 0.13, 0.10, 0.08, 0.06, 0.08, 0.07, 0.05, 0.04, 0.02, 0.01, 0.01, 0.005, 0.005};
  m.killed_prior = {0.90, 0.035, 0.02, 0.015, 0.01, 0.01, 0.006, 0.004};
  m.injured_prior = {0.86, 0.035, 0.03, 0.025, 0.02, 0.015, 0.01, 0.005};
  return m;
}

}  // namespace truce::monitor
