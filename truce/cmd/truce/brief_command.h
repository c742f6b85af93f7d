// SPDX-License-Identifier: Apache-2.0
//
// What the commands about briefs share: the layer of border lines, the cut, and what is computed from one.

#pragma once

#include <optional>
#include <string>

#include "truce/brief/border_layer.h"
#include "truce/brief/brief.h"
#include "truce/cmd/truce/command.h"
#include "truce/cmd/truce/days.h"

namespace truce::cmd {

// The layer of border lines: named by the mechanism, lying beside the program (share/) or installed (../share/truce/);
// or the file `named`.
[[nodiscard]] Result<std::optional<brief::BorderLayer>> border_layer(const node::Node& node, const std::string& named);

// What is published here without the logs of humanitarian parties that are not to be named: nothing of theirs counts in
// a brief, unless a document in force came from there.
[[nodiscard]] Result<picture::Cut> cut_for_brief(const node::Node& node);

// The picture of a cut, folded into `tables`, with a progress bar. `as_of` absent: the cut's own.
[[nodiscard]] Result<picture::Folded> fold_cut(node::Node& node, const picture::Cut& cut, std::optional<Instant> as_of,
                                               picture::MemoryTables& tables);
// The brief of what fold_cut() has folded.
[[nodiscard]] Result<brief::Brief> brief_of(node::Node& node, const brief::BriefRequest& request,
                                            const picture::Folded& folded, picture::MemoryTables& tables,
                                            const std::optional<brief::BorderLayer>& layer);

// propose, sign, object, signatures under `truce brief`.
void add_brief_signing(CLI::App& brief, Context& context);

}  // namespace truce::cmd
