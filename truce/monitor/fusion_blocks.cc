// SPDX-License-Identifier: Apache-2.0

#include "truce/monitor/fusion_blocks.h"

#include <algorithm>
#include <array>
#include <map>

#include "truce/geo/geodesy.h"

namespace truce::monitor {
namespace {

// Cells of 0.5 degree of latitude and 1 degree of longitude: at least 55 km wide and high up to 60 degrees of latitude;
// farther up more columns count as neighbours. No pair is compared over more than 50 km (kReachMetresMax on both
// sides).
constexpr std::int32_t kRowE7 = geo::kDegreeE7 / 2;
constexpr std::int32_t kColumnE7 = geo::kDegreeE7;
constexpr std::int32_t kColumnCount = 360;

std::int32_t column_reach(std::int32_t row) {
  const std::int32_t degrees = (row < 0 ? -row : row + 1) / 2;
  if (degrees < 60) return 1;
  if (degrees < 75) return 2;
  if (degrees < 85) return 6;
  return kColumnCount / 2;
}

std::int32_t floor_div(std::int64_t a, std::int64_t b) {
  return static_cast<std::int32_t>(a >= 0 ? a / b : -((-a + b - 1) / b));
}

}  // namespace

std::int32_t slab_of_day(std::int32_t day) {
  return floor_div(day, kSlabDays);
}

CutSpan cut_span(const FusionReport& r) {
  CutSpan s;
  s.middle_ms = r.from_ms + (r.to_ms - r.from_ms) / 2;
  if (!r.stands_alone && may_fuse(r)) {
    s.half_ms = std::min<std::int64_t>((r.to_ms - r.from_ms) / 2 + r.precision_s * 1'000, kCutHalfMsMax);
  }
  return s;
}

Instant cut_near(Instant start, std::span<const CutSpan> spans) {
  constexpr std::int64_t kSide = kCutReachMs / kCutStepMs;
  constexpr std::size_t kCount = 2 * static_cast<std::size_t>(kSide) + 1;
  // across[i]: change in how many spans lie over the i-th candidate.
  std::array<std::int64_t, kCount + 1> across{};
  for (const CutSpan& s : spans) {
    if (s.half_ms < 0) continue;
    // Candidates with middle - half < candidate < middle + half.
    const std::int64_t first = floor_div(s.middle_ms - s.half_ms - start.ms, kCutStepMs) + 1 + kSide;
    const std::int64_t last = -floor_div(-(s.middle_ms + s.half_ms - start.ms), kCutStepMs) - 1 + kSide;
    const std::int64_t from = std::max<std::int64_t>(first, 0);
    const std::int64_t to = std::min<std::int64_t>(last, static_cast<std::int64_t>(kCount) - 1);
    if (from > to) continue;
    ++across[static_cast<std::size_t>(from)];
    --across[static_cast<std::size_t>(to) + 1];
  }
  std::array<std::int64_t, kCount> over{};
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < kCount; ++i) over[i] = sum += across[i];
  std::size_t best = static_cast<std::size_t>(kSide);
  for (std::size_t k = 1; k <= static_cast<std::size_t>(kSide); ++k) {
    for (const std::size_t i : {static_cast<std::size_t>(kSide) - k, static_cast<std::size_t>(kSide) + k}) {
      if (over[i] < over[best]) best = i;
    }
  }
  return Instant{start.ms + (static_cast<std::int64_t>(best) - kSide) * kCutStepMs};
}

std::vector<std::vector<std::uint32_t>> blocks_of(std::span<const FusionReport> reports) {
  std::map<std::pair<std::int32_t, std::int32_t>, std::uint32_t> cells;  // cell -> its number
  std::vector<std::uint32_t> cell_of(reports.size());
  std::vector<std::pair<std::int32_t, std::int32_t>> places;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    const FusionReport& report = reports[i];
    const bool is_bearing = report.form == Place::Form::kBearing || report.form == Place::Form::kPostBearing;
    const geo::LatLng at = is_bearing ? geo::destination(report.at, report.bearing_mdeg, report.distance_m) : report.at;
    const std::pair cell{floor_div(at.lat_e7, kRowE7), std::min(floor_div(at.lng_e7, kColumnE7), kColumnCount / 2 - 1)};
    const auto [it, is_new] = cells.try_emplace(cell, static_cast<std::uint32_t>(places.size()));
    if (is_new) places.push_back(cell);
    cell_of[i] = it->second;
  }
  std::vector<std::uint32_t> parent(places.size());
  for (std::uint32_t i = 0; i < parent.size(); ++i) parent[i] = i;
  const auto root = [&](std::uint32_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  for (std::uint32_t i = 0; i < places.size(); ++i) {
    const auto [row, column] = places[i];
    for (std::int32_t r = row - 1; r <= row + 1; ++r) {
      const std::int32_t reach = std::max(column_reach(row), column_reach(r));
      for (std::int32_t d = -reach; d <= reach; ++d) {
        const std::int32_t c = (column + d + kColumnCount + kColumnCount / 2) % kColumnCount - kColumnCount / 2;
        const auto it = cells.find({r, c});
        if (it == cells.end()) continue;
        const std::uint32_t a = root(i);
        const std::uint32_t b = root(it->second);
        parent[std::max(a, b)] = std::min(a, b);
      }
    }
  }
  std::vector<std::vector<std::uint32_t>> out;
  std::vector<std::uint32_t> block_of(places.size(), UINT32_MAX);
  for (std::uint32_t i = 0; i < reports.size(); ++i) {
    const std::uint32_t r = root(cell_of[i]);
    if (block_of[r] == UINT32_MAX) {
      block_of[r] = static_cast<std::uint32_t>(out.size());
      out.emplace_back();
    }
    out[block_of[r]].push_back(i);
  }
  return out;
}

}  // namespace truce::monitor
