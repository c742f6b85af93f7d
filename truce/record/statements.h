// SPDX-License-Identifier: Apache-2.0
//
// Statements that the record itself understands: the acceptance that opens every log (docs/format/log.md). Values; any
// thread.

#pragma once

#include <string>

#include "truce/record/envelope.h"
#include "truce/record/log.h"

namespace truce::record {

inline constexpr std::string_view kAcceptanceType = "acceptance";

// Statement 0 of a log: its party takes part in this mechanism and speaks in this log with this key.
[[nodiscard]] Envelope make_acceptance(const LogPlace& place, Instant recorded);

// Ok if the envelope is the acceptance of exactly this log, mechanism and key; else kInvalidEnvelope naming what
// differs.
[[nodiscard]] Status check_acceptance(const Envelope& envelope, const LogPlace& place);

}  // namespace truce::record
