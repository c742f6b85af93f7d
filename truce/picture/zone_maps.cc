// SPDX-License-Identifier: Apache-2.0

#include "truce/picture/zone_maps.h"

#include <utility>
#include <variant>

#include "truce/base/json.h"
#include "truce/geo/geometry_blob.h"
#include "truce/monitor/bodies.h"

namespace truce::picture {

Result<monitor::ZoneBook> zone_book_of(const std::vector<ZoneRow>& rows,
                                       const std::function<Result<std::string>(const Hash&)>& blob) {
  std::vector<monitor::ZoneMap> maps;
  for (const ZoneRow& row : rows) {
    monitor::ZoneMap m;
    m.party = row.party;
    m.zone.id = row.zone;
    m.zone.said_by = row.said_by;
    m.is_proposed = row.state != "in-force";
    m.zone.kind = monitor::zone_kind_from_code(row.kind).value_or(monitor::ZoneKind::kStorageSite);
    m.zone.valid_from.ms = row.valid_from_ms.value_or(Instant::kMin);
    m.zone.valid_to.ms = row.valid_to_ms.value_or(Instant::kMax);
    TRUCE_TRY(const Json names, Json::parse_canonical(row.names));
    TRUCE_TRY(m.zone.names, monitor::parse_names(names));
    if (!row.forbids.empty()) {
      TRUCE_TRY(const Json forbids, Json::parse_canonical(row.forbids));
      m.zone.forbids.emplace();
      for (const Json& j : forbids.as_array()) m.zone.forbids->push_back(j.as_string());
    }
    TRUCE_TRY(m.zone.geometry, Hash::from_base64url(row.geometry));
    TRUCE_TRY(const std::string bytes, blob(m.zone.geometry));
    auto geometry = geo::parse_blob(bytes);
    if (!geometry) continue;
    m.geometry = std::move(geometry).value();
    if (!row.near.empty()) {
      TRUCE_TRY(m.zone.near, Hash::from_base64url(row.near));
      TRUCE_TRY(const std::string near_bytes, blob(*m.zone.near));
      auto area = geo::parse_blob(near_bytes);
      if (area && std::holds_alternative<geo::MultiPolygon>(*area))
        m.near = std::get<geo::MultiPolygon>(std::move(*area));
    }
    maps.push_back(std::move(m));
  }
  return monitor::ZoneBook::build(std::move(maps));
}

}  // namespace truce::picture
