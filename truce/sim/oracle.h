// SPDX-License-Identifier: Apache-2.0
//
// Which amendments are in force and who was counted how, recomputed from a node's copies of the logs alone: every
// entry read again, nothing cached, code of its own for the rules (docs/format/mechanism.md). Slow. Internal to sim.

#pragma once

#include <string>
#include <vector>

#include "truce/sim/world.h"

namespace truce::sim {

// What the node makes of it and should not; empty: all is as it should be. Counts silent parties into `silent`.
[[nodiscard]] std::vector<std::string> check_decisions(SimWorld& w, Machine& m, std::uint64_t& silent);

// What the fold and the verifier make of the same logs and the node does not: which documents are in force. Adds to
// counts.compared.
[[nodiscard]] std::vector<std::string> check_the_others(SimWorld& w, Machine& m);

// The same of what is settled, for every log (docs/format/receipt.md).
[[nodiscard]] std::vector<std::string> check_settled_sizes(SimWorld& w, Machine& m);

}  // namespace truce::sim
