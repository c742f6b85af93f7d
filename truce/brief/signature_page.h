// SPDX-License-Identifier: Apache-2.0
//
// The page that stands beside a joint brief: its paragraphs as they were agreed, objected to or reserved, who signed,
// and the digest that was signed. Signatures stand outside that digest, so this page is no part of the brief. Pure; any
// thread.

#pragma once

#include <string>

#include "truce/base/result.h"
#include "truce/brief/text.h"
#include "truce/mechanism/mechanism.h"
#include "truce/picture/briefs.h"

namespace truce::brief {

// The page of one brief of a picture, of the mechanism in force, as self-contained as page_html(). Fails with kSyntax
// where the row's columns are not of their form.
[[nodiscard]] Result<std::string> signature_page_html(const mechanism::Mechanism& mechanism,
                                                      const picture::BriefRow& row, const Words& words);

}  // namespace truce::brief
