// SPDX-License-Identifier: Apache-2.0
//
// Calibration: what the reports of some days teach about reporters, as the tables of a FusionModel. Learner alternates:
// fuse with what is believed, count over the groups what each member says against the others of its group, believe
// that, a few rounds. Every factor is drawn towards the rules' neutral prior by a stated number of imagined cases and
// held within stated caps, because a model that learns from its own groups can run away (docs/fusion.md).
//
// It learns how reports differ from each other, never which of them is true: a bias that all share is not seen. Pure;
// one thread.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "truce/base/json.h"
#include "truce/base/result.h"
#include "truce/monitor/fusion.h"

namespace truce::monitor {

// One block's reports, in canonical order.
struct LearningBlock {
  std::vector<FusionReport> reports;
};

// Limits of what may be believed: outside of these the calibration is cut to the nearest value.
struct CalibrationCaps {
  double clock_offset_s_max = 5'400;
  double time_scale_min = 0.25, time_scale_max = 1.0;
  double radius_scale_min = 0.15, radius_scale_max = 1.0;
  double bearing_sigma_mdeg_min = 1'000, bearing_sigma_mdeg_max = 15'000;
  double distance_sigma_part_min = 0.08, distance_sigma_part_max = 0.5;
  double count_sigma_min = 0.15, count_sigma_max = 0.8;
  double harm_sigma_min = 0.15, harm_sigma_max = 0.8;
  double harm_missed_min = 0.02, harm_missed_max = 0.98;
  double reports_min = 0.03, reports_max = 0.95;
  double again_min = 0.01, again_max = 0.40;
  double same_spot_min = 0.50, same_spot_max = 0.995;
};

// Good where every factor lies within the caps, as whatever was learnt does. kInvalidCalibration naming the first that
// does not: tables of which nobody's reports could be the reason, such as would dissolve or unite everything.
[[nodiscard]] Status check_within_caps(const FusionModel& model);

class Learner {
 public:
  // Kept: all. Names as for Scorer.
  // `threads`: how many fuse blocks beside each other; the result does not depend on it.
  Learner(std::span<const LearningBlock> blocks, std::span<const std::string> party_names,
          std::span<const std::string> reporter_names, double days, unsigned threads = 1);

  // One round of fusing and counting. Rounds beyond the fifth change little.
  void round();
  // Counts over groupings that somebody else made, one a block: for tests against a known truth.
  void learn_from(std::span<const Grouping> groupings);
  [[nodiscard]] const FusionModel& model() const { return model_; }
  // Reports in groups of two or more, in the last round: what the tables rest on.
  [[nodiscard]] std::int64_t compared_reports() const { return compared_; }

 private:
  struct Counts;
  void find_spots();
  // Clocks that are off by more than any group would bridge: from the times of all reports near in place.
  void find_clocks();
  void count_block(const Scorer& scorer, const Grouping& grouping, Counts& counts) const;
  void believe(Counts& counts);
  void believe_clocks(const Counts& counts);

  std::span<const LearningBlock> blocks_;
  std::span<const std::string> party_names_, reporter_names_;
  double days_ = 1;
  unsigned threads_ = 1;
  FusionModel model_ = FusionModel::neutral();
  CalibrationCaps caps_;
  std::int64_t compared_ = 0;
};

}  // namespace truce::monitor
