// SPDX-License-Identifier: Apache-2.0
//
// Projection and paths of the map, in tenths of a pixel. Internal to the map's files. Values; any thread.

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "truce/base/decimal.h"
#include "truce/base/math.h"

namespace truce::brief {

inline constexpr std::int64_t kScaleUnit = 1'000'000'000;
inline constexpr double kMetresPerE7 = 0.0111195;  // of a meridian: for the scale bar and the circles
// A path keeps points at least this far apart, in tenths of a pixel.
inline constexpr std::int64_t kStepTenths = 6;

struct Projection {
  std::int64_t west = 0, north = 0;  // E7
  std::int64_t x_scale = 0, y_scale = 0;
  std::int64_t height = 0;

  [[nodiscard]] std::int64_t x(std::int64_t lng_e7) const { return scaled(lng_e7 - west, x_scale); }
  [[nodiscard]] std::int64_t y(std::int64_t lat_e7) const { return scaled(north - lat_e7, y_scale); }
  [[nodiscard]] std::int64_t metres(std::int64_t m) const {
    return math::round_to_integer(static_cast<double>(m) / kMetresPerE7 * static_cast<double>(y_scale) / kScaleUnit);
  }
  // Rounded down; both factors are bounded so that the product fits.
  static std::int64_t scaled(std::int64_t e7, std::int64_t scale) {
    const std::int64_t product = e7 * scale;
    return product >= 0 ? product / kScaleUnit : -((-product + kScaleUnit - 1) / kScaleUnit);
  }
};

using Path = std::vector<std::pair<std::int64_t, std::int64_t>>;

// The points of `path` that lie at least `step` apart, with its ends.
[[nodiscard]] Path thinned(const Path& path, std::int64_t step);

// "12.5" of 125 tenths.
[[nodiscard]] inline std::string px(std::int64_t tenths) {
  return decimal_to_string(tenths, 1);
}

}  // namespace truce::brief
