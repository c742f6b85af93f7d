// SPDX-License-Identifier: Apache-2.0
//
// CalibrationStatement: the body of a `calibration` statement and its required blob, the tables of a FusionModel in
// whole numbers (docs/format/calibration.md). What is in force is the model as read back from the blob, so that every
// party computes with the same numbers to the last bit. Values; pure; any thread.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "truce/base/json.h"
#include "truce/base/result.h"
#include "truce/base/sha256.h"
#include "truce/base/time.h"
#include "truce/monitor/fusion_model.h"

namespace truce::monitor {

inline constexpr std::string_view kTypeCalibration = "calibration";
// Relation of the reference to the calibration that it follows.
inline constexpr std::string_view kFollows = "follows";

struct CalibrationStatement {
  Date from, to;              // days that it learnt from, both included
  Json cut;                   // picture::Cut::to_json(): the statements that it learnt from
  Hash model;                 // required blob
  std::int64_t reports = 0;   // in those days
  std::int64_t compared = 0;  // in groups of two or more

  [[nodiscard]] Json to_body() const;
  [[nodiscard]] static Result<CalibrationStatement> from_body(const Json& body);
  friend bool operator==(const CalibrationStatement&, const CalibrationStatement&) = default;
};

// Probabilities in parts per million (at least 1), scales in parts per million, offsets in milliseconds, rates in
// incidents per million days. Fails with kLimit beyond kSpotCountMax places, kCellCountMax cells, kReporterCountMax.
[[nodiscard]] Result<std::string> model_to_blob(const FusionModel& model);
// The model, renormalized. kInvalidCalibration naming the member.
[[nodiscard]] Result<FusionModel> model_from_blob(std::string_view blob);

inline constexpr std::size_t kSpotCountMax = 100'000;
inline constexpr std::size_t kCellCountMax = 400'000;
inline constexpr std::size_t kReporterCountMax = 50'000;

}  // namespace truce::monitor
