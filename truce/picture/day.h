// SPDX-License-Identifier: Apache-2.0
//
// One day of the picture: from the facts of all reports of that day to its reports, incidents and coverage, with their
// digests. Both folds end here, which is what keeps them equal. Internal to picture.

#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "truce/base/result.h"
#include "truce/mechanism/mechanism.h"
#include "truce/monitor/zone_book.h"
#include "truce/picture/facts.h"
#include "truce/picture/grouping.h"
#include "truce/picture/signed_days.h"
#include "truce/picture/tables.h"

namespace truce::picture {

// Writes rows of T (in key order) as one table and day, and appends the digest. Rows are moved from.
template <typename T>
[[nodiscard]] Status put_rows(std::vector<T>& rows, const std::string& day, TableSink& sink,
                              std::vector<DayDigest>& digests);

// What one day is written from.
struct DayInput {
  std::int32_t day = 0;
  std::vector<Facts*> facts;         // all reports of the day; sorted by put_day()
  std::vector<const Group*> groups;  // incidents of the day that were formed now
  std::vector<IncidentRow> kept;     // incidents of the day that stand as they were written before
};

class DayFolder {
 public:
  // References are kept.
  DayFolder(const mechanism::Mechanism& mechanism, const monitor::ZoneBook& zones, const SignedDays& signed_days,
            const NamePool& names)
      : mechanism_(mechanism), zones_(zones), signed_days_(signed_days), names_(names) {}

  // Marks what is over the quota of a said party. `facts` are all reports of one day. Before grouping.
  void mark_quota(std::span<Facts* const> facts) const;

  // Puts linked copies into the incidents of their originals and counts them; after grouping, before put_day().
  void count_linked(std::span<Facts* const> all);

  // Appends digests of the tables reports, incidents, coverage, signed_days.
  [[nodiscard]] Status put_day(DayInput& input, TableSink& sink, std::vector<DayDigest>& digests);

 private:
  [[nodiscard]] std::optional<geo::UncertainPlace> place_of(const Facts& facts, const monitor::ZoneBook& zones) const;
  void answer(const geo::UncertainPlace& place, const monitor::ZoneBook& zones, std::string_view stated_zone,
              IncidentRow& incident, monitor::Kind kind);
  [[nodiscard]] Result<IncidentRow> incident_of(const Group& group);

  const mechanism::Mechanism& mechanism_;
  const monitor::ZoneBook& zones_;  // of now
  const SignedDays& signed_days_;   // that keep others
  const NamePool& names_;
  std::vector<monitor::ZoneBook::Answer> answers_;
  std::map<std::string, Int> linked_;
};

}  // namespace truce::picture
