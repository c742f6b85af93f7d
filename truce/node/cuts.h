// SPDX-License-Identifier: Apache-2.0
//
// Cuts of this node's logs, and pictures of them. One thread, one Node.

#pragma once

#include <optional>
#include <string_view>

#include "truce/node/node.h"
#include "truce/picture/cut.h"
#include "truce/picture/fold.h"
#include "truce/picture/tables.h"

namespace truce::node {

// Every log up to its settled size; logs of which nothing is settled are left out.
[[nodiscard]] Result<picture::Cut> settled_cut(const Node& node);
// Ok if this node holds every log of the cut with its root. kNotComputable says which it does not, and what `used`
// them: "the brief".
[[nodiscard]] Status check_cut_is_here(const Node& node, const picture::Cut& cut, std::string_view used);
// The picture of a cut, folded into `tables`. `as_of` absent: the cut's own.
[[nodiscard]] Result<picture::Folded> fold_cut(const Node& node, const picture::Cut& cut, std::optional<Instant> as_of,
                                               picture::MemoryTables& tables, const Progress& progress = {});

}  // namespace truce::node
