// SPDX-License-Identifier: Apache-2.0
//
// The page of a brief: one self-contained XHTML-compatible file with inline style and drawings, no script and nothing
// remote, for a screen and for A4. Pure; any thread.

#pragma once

#include <string>

#include "truce/base/json.h"
#include "truce/base/sha256.h"
#include "truce/brief/text.h"

namespace truce::brief {

// `svg`: map_svg() of the same brief. `digest`: of the canonical brief.json.
[[nodiscard]] std::string page_html(const Json& brief, const std::string& svg, const Hash& digest, const Words& words);

// What such a page begins with, up to the end of its style, which is still open. `title` is markup.
[[nodiscard]] std::string page_head(const Words& words, bool exercise, const std::string& title);
// The band on top of each page of an exercise.
[[nodiscard]] std::string exercise_band(const Words& words);

}  // namespace truce::brief
