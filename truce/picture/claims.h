// SPDX-License-Identifier: Apache-2.0
//
// Claims: what an incident's row says of its reports: who reports it, each party's numbers and kinds side by side, and
// the figures that the mechanism's rule makes of them. Claims are never merged: parties' figures stand beside each
// other, and the row's own is only what the declared rule gives. Internal to picture.

#pragma once

#include <span>

#include "truce/base/result.h"
#include "truce/picture/facts.h"
#include "truce/picture/rows.h"

namespace truce::picture {

// Fills in what depends on the reports alone: means, assessment, parties, posts, kinds, counts, casualties,
// attribution, place_ref, over_quota, claims, more. REQUIRES: members not empty, by id.
//
// The rule agreed-or-range, for casualties: where every party that states a number states the same, that is the best
// figure; else there is none, and low and high span what is stated. A party's figure is the greatest that its reports
// give; "none" from who only heard, or from a post, is no statement. Numbers of things counted: the lower median over
// parties.
[[nodiscard]] Status tell_claims(std::span<Facts* const> members, const NamePool& names, IncidentRow& row);

}  // namespace truce::picture
