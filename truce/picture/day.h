// SPDX-License-Identifier: Apache-2.0
//
// One day of the picture: from the facts of all reports of that day to its reports, incidents and coverage, with their
// digests. Both folds end here, which is what keeps them equal. Internal to picture.

#pragma once

#include <span>
#include <string>
#include <vector>

#include "truce/base/result.h"
#include "truce/mechanism/mechanism.h"
#include "truce/monitor/zone_book.h"
#include "truce/picture/facts.h"
#include "truce/picture/tables.h"

namespace truce::picture {

// Writes rows of T (in key order) as one table and day, and appends the digest. Rows are moved from.
template <typename T>
[[nodiscard]] Status put_rows(std::vector<T>& rows, const std::string& day, TableSink& sink,
                              std::vector<DayDigest>& digests);

class DayFolder {
 public:
  // References are kept.
  DayFolder(const mechanism::Mechanism& mechanism, const monitor::ZoneBook& zones, const NamePool& names)
      : mechanism_(mechanism), zones_(zones), names_(names) {}

  // `facts` are all reports of one day; sorted here. Their over_quota is set here. Appends digests of the tables
  // reports, incidents, coverage.
  [[nodiscard]] Status put_day(std::vector<Facts*>& facts, const std::string& day, TableSink& sink,
                               std::vector<DayDigest>& digests);

 private:
  void mark_quota(std::vector<Facts*>& facts) const;
  void place_and_answer(const Facts& facts, ReportRow& report, IncidentRow* incident);

  const mechanism::Mechanism& mechanism_;
  const monitor::ZoneBook& zones_;
  const NamePool& names_;
  std::vector<monitor::ZoneBook::Answer> answers_;
};

}  // namespace truce::picture
