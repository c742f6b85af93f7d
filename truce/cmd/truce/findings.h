// SPDX-License-Identifier: Apache-2.0
//
// What commands that show findings share: why one is open again, in words.

#pragma once

#include <string>
#include <vector>

#include "truce/base/result.h"
#include "truce/picture/position_rows.h"

namespace truce::cmd {

// "reopened: report east/main/4 withdrawn by east on 2026-05-05T10:00:00Z (east/main/9), seconded by east/office/3; it
// was under a position", a line for each report; none where nothing was withdrawn.
[[nodiscard]] Result<std::vector<std::string>> reopened_lines(const picture::FindingRow& finding);

}  // namespace truce::cmd
