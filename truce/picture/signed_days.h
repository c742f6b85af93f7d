// SPDX-License-Identifier: Apache-2.0
//
// Signed days: a day that a signed brief covers keeps the maps of zones that were in force at the brief's cut, so that
// a later map never recounts it; what it would change is told beside (docs/format/zone.md). Internal to picture.
// Values; one thread.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "truce/base/result.h"
#include "truce/monitor/zone_book.h"
#include "truce/picture/rows.h"
#include "truce/picture/source.h"

namespace truce::picture {

// The row of a zone's map as stated; its state and voices are the caller's to add.
[[nodiscard]] ZoneRow zone_row(const monitor::ZoneStatement& zone, const StatementId& statement);

// Maps and their states as one text: [[statement, state], ...] in the order of the rows.
[[nodiscard]] std::string maps_text(const std::vector<ZoneRow>& rows);

class SignedDays {
 public:
  // A day with its brief and maps. `maps` is empty where they are those of now.
  void set(std::int32_t day, std::string brief, std::string maps);
  [[nodiscard]] bool contains(std::int32_t day) const { return days_.contains(day); }
  [[nodiscard]] bool empty() const { return days_.empty(); }
  // Reads the maps that are not those of now. kMissingBlob.
  [[nodiscard]] Status load(StatementSource& source);

  // The maps that hold on a day: those of its brief, or `now`.
  [[nodiscard]] const monitor::ZoneBook& book(std::int32_t day, const monitor::ZoneBook& now) const;
  // Its row. REQUIRES: contains(day).
  [[nodiscard]] SignedDayRow row(std::int32_t day, const std::vector<IncidentRow>& incidents,
                                 const monitor::ZoneBook& now) const;

 private:
  struct Day {
    std::string brief, maps;
  };
  std::map<std::int32_t, Day> days_;
  std::map<std::string, std::shared_ptr<const monitor::ZoneBook>> books_;  // by maps
};

// How many incidents (over quota left out) lie in each zone in force by `book`, and how many of these it forbids, by
// their nominal places alone.
struct ZoneCount {
  std::int64_t incidents = 0, forbidden = 0;
  friend bool operator==(const ZoneCount&, const ZoneCount&) = default;
};
[[nodiscard]] std::map<std::string, ZoneCount> count_by_zone(const std::vector<IncidentRow>& incidents,
                                                             const monitor::ZoneBook& book);

}  // namespace truce::picture
