// SPDX-License-Identifier: Apache-2.0
//
// Facts: one report as the fold keeps it between reading its statement and writing its day, small enough for a million
// of them, with the names that repeat kept once in a NamePool. Internal to picture.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "truce/base/result.h"
#include "truce/base/time.h"
#include "truce/mechanism/mechanism.h"
#include "truce/monitor/report.h"
#include "truce/picture/rows.h"

namespace truce::picture {

// Texts by number. Numbers are given in order of arrival and decide nothing: everything that is ordered compares the
// texts.
class NamePool {
 public:
  NamePool() { static_cast<void>(number({})); }
  [[nodiscard]] std::uint32_t number(std::string_view text);
  [[nodiscard]] const std::string& text(std::uint32_t number) const { return *texts_[number]; }

 private:
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::vector<const std::string*> texts_;
};

enum class ReportState : std::uint8_t { kEffective, kWithdrawn, kLinked, kOverQuota };
[[nodiscard]] std::string_view report_state_code(ReportState state);

// low, best, high in 32 bits; low < 0: not stated.
struct SmallRange {
  std::int32_t low = -1, best = -1, high = -1;
};

struct Facts {
  std::uint32_t party = 0, log = 0;  // names
  std::uint64_t idx = 0;
  std::uint32_t version_party = 0, version_log = 0;
  std::uint64_t version_idx = 0;
  std::uint32_t import_id = 0, linked_to = 0;  // names, 0: none
  std::uint32_t scheme = 0;                    // name of the coded data set that it is an event of, 0: none
  // The incident that it is in, by the identity of the report that names it (names and index; party 0: none), and how
  // sure that is. Set by grouping, or read from a row.
  std::uint32_t incident_party = 0, incident_log = 0;
  std::uint64_t incident_idx = 0;
  std::int32_t certainty_ppm = 0;
  ReportState state = ReportState::kEffective;
  monitor::Place::Form form = monitor::Place::Form::kPoint;
  monitor::Kind kind = monitor::Kind::kOther;
  monitor::Means means = monitor::Means::kNotStated;
  monitor::Assessment assessment = monitor::Assessment::kNotStated;
  bool over_quota = false;
  std::int32_t day = 0;
  std::int64_t from_ms = 0, to_ms = 0, recorded_ms = 0;
  std::int32_t precision_s = 0;
  geo::LatLng at;  // as stated: point or observer
  std::int32_t radius_m = 0;
  std::int32_t bearing_mdeg = 0, distance_m = 0, bearing_error_mdeg = -1, distance_error_m = -1;
  std::int32_t direction_mdeg = -1;
  std::uint32_t place_ref = 0, subkind = 0, said_by = 0, reporter = 0, source = 0;
  SmallRange count, killed, injured;
  std::string source_id;
  std::string more;  // canonical JSON; empty: none

  [[nodiscard]] monitor::Place place(const NamePool& names) const;
  [[nodiscard]] std::string id(const NamePool& names) const;
  // Counts in an incident, alone or with others.
  [[nodiscard]] bool is_counted() const { return state == ReportState::kEffective || state == ReportState::kOverQuota; }
};

// From a parsed body. The identity, version, import and day are the caller's to set.
[[nodiscard]] Facts facts_of(const monitor::Report& report, NamePool& names);
// From a row of the store and back. to_row leaves lat_e7, lng_e7 and radius_m of bearings to the caller (they need the
// posts).
[[nodiscard]] Result<Facts> facts_of(const ReportRow& row, NamePool& names);
[[nodiscard]] ReportRow report_row(const Facts& facts, const NamePool& names);

// Total order by (party, log, index).
[[nodiscard]] bool before(const Facts& a, const Facts& b, const NamePool& names);

}  // namespace truce::picture
