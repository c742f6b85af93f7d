// SPDX-License-Identifier: Apache-2.0
//
// What the commands about briefs share: the layer of border lines, and whether a cut is here.

#pragma once

#include <optional>
#include <string>

#include "truce/brief/border_layer.h"
#include "truce/cmd/truce/command.h"
#include "truce/cmd/truce/days.h"

namespace truce::cmd {

// The layer of border lines: named by the mechanism, lying beside the program (share/) or installed (../share/truce/);
// or the file `named`.
[[nodiscard]] Result<std::optional<brief::BorderLayer>> border_layer(const node::Node& node, const std::string& named);
// Ok if this node holds every log of the cut with its root. kNotComputable says which it does not.
[[nodiscard]] Status check_cut_is_here(const node::Node& node, const picture::Cut& cut);

// propose, sign, object, signatures under `truce brief`.
void add_brief_signing(CLI::App& brief, Context& context);

}  // namespace truce::cmd
