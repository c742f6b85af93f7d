// SPDX-License-Identifier: Apache-2.0
//
// A report of this party, as a person names it to correct or withdraw it.

#pragma once

#include <string>

#include "truce/node/node.h"
#include "truce/picture/rows.h"

namespace truce::cmd {

// By its own id, or by an id as imported if only one has it. kNotFound (also of another party, and of one that is
// withdrawn), kAmbiguous.
[[nodiscard]] Result<picture::ReportRow> named_report(node::Node& node, const std::string& id);

}  // namespace truce::cmd
