// SPDX-License-Identifier: Apache-2.0
//
// Editions of a brief: what each reader may see. `parties` shows what the common picture holds. `public` shows places
// only as a named place or a cell of about 5 km, times in whole hours, and no post, observer, source, reporter,
// attribution, free text or other detail of a single statement. Pure; any thread.
//
// It is NOT access control: who gets which file is decided by whoever hands it out.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "truce/base/result.h"
#include "truce/geo/lat_lng.h"
#include "truce/monitor/bodies.h"
#include "truce/picture/rows.h"

namespace truce::brief {

enum class Edition : std::uint8_t { kParties, kPublic };
[[nodiscard]] std::string_view edition_name(Edition edition);
// "parties" or "public"; kInvalidArgument for another text.
[[nodiscard]] Result<Edition> edition_from(std::string_view name);

// Height of a cell, 0.045 degree of latitude (5.0 km); its width is the whole number of E7 units nearest to 5 km at the
// middle of its band of latitude.
inline constexpr std::int32_t kCellLatE7 = 450'000;
// Half a cell's diagonal, rounded up: how far the centre may be from what lies in the cell.
inline constexpr std::int64_t kCellReachMetres = 3'600;

// The centre of the cell that holds `p`: the same for every point of the cell, and for the centre itself. REQUIRES:
// p.is_valid().
[[nodiscard]] geo::LatLng cell_centre(geo::LatLng p);

// `row` as the public edition shows it. `named`: the place that its place_ref names, nullptr for none (then the cell
// stands). What may not be shown is emptied; ids, kind, zones, relation, counts and casualties stay. The radius grows
// to what the rounding added, in steps of 5 km; from goes down and to goes up to the whole hour.
[[nodiscard]] picture::IncidentRow published(const picture::IncidentRow& row, const monitor::NamedPlace* named);

// False for kinds that the public edition leaves out altogether: patrols, storage sites, permits.
[[nodiscard]] bool is_published_kind(std::string_view kind);

}  // namespace truce::brief
