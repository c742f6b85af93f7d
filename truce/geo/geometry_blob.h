// SPDX-License-Identifier: Apache-2.0
//
// The blob of a geometry: canonical JSON of E7 integers, longitude first, rings closed (docs/format/geometry.md):
//
//   {"polygons":[[[[366000000,359000000],...]]],"v":1}    polygons, rings (outer first), corners
//   {"lines":[[[366000000,359000000],...]],"v":1}
//   {"points":[[366000000,359000000]],"v":1}
//
// One geometry has one blob and one blob one geometry; a blob's SHA-256 names it. A ring starts where its author
// started it.

#pragma once

#include <string>
#include <string_view>

#include "truce/base/result.h"
#include "truce/geo/geometry.h"

namespace truce::geo {

// REQUIRES: check_canonical(geometry).
[[nodiscard]] std::string to_blob(const Geometry& geometry);

// Takes exactly what to_blob() writes. Fails with kSyntax (`where` = "offset N"), kNotCanonical (another form of the
// same numbers: white space, leading zeros, an unclosed ring, wrong winding), kInvalidRing, kInvalidPlace or
// kTooManyVertices (`where` as canonical()).
[[nodiscard]] Result<Geometry> parse_blob(std::string_view bytes);

}  // namespace truce::geo
