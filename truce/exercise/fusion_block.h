// SPDX-License-Identifier: Apache-2.0
//
// FusionBlock: the reports of a scenario as the fusion takes them, in one block, with the truth beside. For tests and
// benchmarks that want the fusion without a node. A value.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "truce/exercise/scenario.h"
#include "truce/monitor/calibration.h"

namespace truce::exercise {

struct FusionBlock {
  std::vector<monitor::LearningBlock> blocks{1};    // one, in canonical order
  std::vector<std::string> parties, reporters{""};  // by number
  std::vector<std::int64_t> truth;                  // number of the incident, by report

  explicit FusionBlock(const InMemory& all);
  [[nodiscard]] const std::vector<monitor::FusionReport>& reports() const { return blocks[0].reports; }
};

}  // namespace truce::exercise
