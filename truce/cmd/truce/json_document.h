// SPDX-License-Identifier: Apache-2.0
//
// JSON that people write (white space, any key order) into our values: settings and maps named on the command line.
// Fractions are refused: nothing that truce reads this way has any.

#pragma once

#include <string_view>

#include "truce/base/json.h"
#include "truce/base/result.h"

namespace truce::cmd {

// Fails with kSyntax (not JSON, a fraction, a repeated key), kLimit (depth past 16), kEncoding. Text is brought into
// NFC.
[[nodiscard]] Result<Json> parse_json_document(std::string_view text);

}  // namespace truce::cmd
