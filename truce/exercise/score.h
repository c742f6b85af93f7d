// SPDX-License-Identifier: Apache-2.0
//
// Score: how well a node's picture found out what happened in an exercise. Pure; any thread.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "truce/base/result.h"

namespace truce::exercise {

// Record id -> cluster. Looked up only.
using Grouping = std::unordered_map<std::string, std::string>;

// A file with a header line and two columns, whatever their names.
[[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> read_grouping(std::string_view csv);

// Pairwise over all pairs of records that are put together, and the adjusted Rand index.
struct ClusterScore {
  std::int64_t records = 0, true_clusters = 0, predicted_clusters = 0;
  double precision = 1, recall = 1, f1 = 0, adjusted_rand = 1;
  // Two lines:
  //   records 1482  true clusters 696  predicted clusters 701
  //   precision 0.9801  recall 0.9760  F1 0.9780  ARI 0.9779
  [[nodiscard]] std::string to_string() const;
};
// A record that is not predicted is alone. Predicted records that the truth does not name are left out.
[[nodiscard]] ClusterScore score_clusters(std::span<const std::pair<std::string, std::string>> truth,
                                          const Grouping& predicted);

// A post's clock, by the scenario: it shows true time plus this.
struct TrueOffset {
  std::string post;
  std::int64_t seconds = 0;
};
// From the text of scenario.json. Fails with kSyntax.
[[nodiscard]] Result<std::vector<TrueOffset>> read_offsets(std::string_view scenario);

// Estimates by reporter, in the same sense: what is to be taken off the reporter's times.
using OffsetEstimates = std::map<std::string, std::int64_t>;
struct OffsetScore {
  std::int64_t posts = 0, estimated = 0;
  double mean_error_s = 0;  // of absolute errors of what is estimated; so are the next two
  std::int64_t median_error_s = 0, largest_error_s = 0;
  double mean_uncorrected_s = 0;  // absolute true offsets of the same posts: the error of doing nothing
  // "offsets: no calibration", or one line.
  [[nodiscard]] std::string to_string() const;
};
[[nodiscard]] OffsetScore score_offsets(std::span<const TrueOffset> truth, const OffsetEstimates& estimates);

// Are things that are said to be true with probability p true in p of all cases?
struct ReliabilityBin {
  double low = 0, high = 0;  // [low, high), the last one closed
  std::int64_t count = 0, hits = 0;
  double mean_stated = 0;
};
struct Reliability {
  std::vector<ReliabilityBin> bins;  // all of them, empty ones too
  std::int64_t count = 0;
  double brier = 0;              // mean of (stated - true)^2
  double calibration_error = 0;  // mean over statements of |share of hits - mean stated| of their bin
  // A table, a line a bin that is not empty, and a line with the two figures.
  [[nodiscard]] std::string to_string() const;
};
// Probabilities outside of [0, 1] are moved to its ends. REQUIRES: bin_count > 0.
[[nodiscard]] Reliability reliability(std::span<const std::pair<double, bool>> statements, std::size_t bin_count = 10);

}  // namespace truce::exercise
