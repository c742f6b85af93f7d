// SPDX-License-Identifier: Apache-2.0
//
// Small helpers that the imports share. Internal to truce/monitor: nobody else includes this. Pure; any thread.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/error.h"
#include "truce/base/result.h"
#include "truce/base/time.h"
#include "truce/monitor/import_rows.h"

namespace truce::monitor {

// ASCII letters to lower case.
[[nodiscard]] std::string lower_ascii(std::string_view text);
// Edits (insert, delete, replace, exchange of neighbours) between two texts, or `limit` + 1 if there are more. Bytes.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);
// The known name that a person most likely meant; empty if none comes near. Ties: the first.
[[nodiscard]] std::string_view nearest_name(std::string_view name, std::span<const std::string_view> known);
// The bytes of the header line, without byte-order mark and line break. `offset` is where the reader stands after it.
[[nodiscard]] std::string_view header_line(std::string_view text, std::size_t offset);
// The row that the CSV reader could not cut into columns.
[[nodiscard]] RefusedRow unreadable_row(std::uint64_t line, std::string_view raw, const Error& error);
// `text` in NFC with code points of Unicode 15.0 only; kEncoding else.
[[nodiscard]] Result<std::string> import_text(std::string_view text);
// At most `bytes_max` bytes, cut between code points, "..." where cut. REQUIRES: UTF-8, bytes_max >= 3.
[[nodiscard]] std::string cut_text(std::string text, std::size_t bytes_max);
// Dates of inputs: a year outside of 1900..2100 is a slip of the pen or of a program.
[[nodiscard]] bool is_input_time(Instant t);
inline constexpr std::string_view kInputYears = "is outside of the years 1900 to 2100";

}  // namespace truce::monitor
