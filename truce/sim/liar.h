// SPDX-License-Identifier: Apache-2.0
//
// What a liar does with its node and its key. Internal to sim.

#pragma once

#include "truce/sim/world.h"

namespace truce::sim {

// One lie in the liar's own log, folder or clock.
void lie(SimWorld& w, Machine& m);
// What it serves beside, or in place of, what it has.
void bend(SimWorld& w, Machine& from, Line& line);

// After a recovery: what is gone is crossed out of the account.
void finish_recovery(SimWorld& w, Machine& m);

}  // namespace truce::sim
