// SPDX-License-Identifier: Apache-2.0
//
// Zones of a GeoJSON text into a node, as `truce zone import` does it: for commands that bring a whole node along.

#pragma once

#include <string_view>

#include "truce/cmd/truce/command.h"
#include "truce/node/node.h"

namespace truce::cmd {

// States every zone of the file, with near-areas of 5 km, as one batch. kInvalidZone with the
// first fault, nothing is stated then. REQUIRES: the node states no zone yet (or the same ones).
[[nodiscard]] Status state_zones(node::Node& node, std::string_view geojson);

// accept, object, retire under `truce zone`.
void add_zone_decisions(CLI::App& zone, Context& context);

}  // namespace truce::cmd
