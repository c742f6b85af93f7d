// SPDX-License-Identifier: Apache-2.0
//
// What is computed from a picture besides its tables: what its reports teach about reporters (for a calibration
// statement), and why the reports of an incident are together. Both read the tables and form the same blocks as the
// fold.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "truce/base/result.h"
#include "truce/mechanism/mechanism.h"
#include "truce/monitor/calibration_statement.h"
#include "truce/monitor/cluster.h"
#include "truce/monitor/fusion.h"
#include "truce/monitor/fusion_links.h"
#include "truce/picture/source.h"
#include "truce/picture/tables.h"

namespace truce::picture {

// With fewer reports than these a calibration would say more about chance than about reporters.
inline constexpr std::int64_t kLearnReportsMin = 60;
inline constexpr std::int64_t kLearnComparedMin = 30;
inline constexpr int kLearnRounds = 4;

struct Learned {
  monitor::FusionModel model;
  std::string blob;  // the model as a required blob
  std::int64_t reports = 0, compared = 0;
  [[nodiscard]] bool is_enough() const { return reports >= kLearnReportsMin && compared >= kLearnComparedMin; }
};

// Learns from the reports of some days, both included. The same tables and days give the same blob. Deterministic;
// takes about 20 us a report and round. `progress` may be empty.
[[nodiscard]] Result<Learned> learn(const mechanism::Mechanism& mechanism, TableReader& tables, StatementSource& source,
                                    Date from, Date to, const std::function<void(int done, int all)>& progress);

// What a model would make of some days, beside what the picture shows now.
struct WhatIf {
  std::int64_t reports = 0;                            // counted ones of those days
  std::int64_t incidents_now = 0, incidents_then = 0;  // that hold them
  std::int64_t moved = 0;                              // reports that would be in an incident of another name
};
[[nodiscard]] Result<WhatIf> what_if(const mechanism::Mechanism& mechanism, TableReader& tables,
                                     StatementSource& source, Date from, Date to, const monitor::FusionModel& model);

// Whether a calibration is due, from the tables alone.
struct CalibrationDue {
  std::string in_force;          // statement; empty: none
  std::string in_force_to;       // its last day
  bool is_due = false;           // never calibrated and enough reports, or a week of reports since the last one
  std::int64_t new_reports = 0;  // counted in slabs after its last day; without one all
  std::string from, to;          // days that `truce calibrate` would learn from; empty: there are no reports
};
inline constexpr std::int32_t kLearnDays =
    28;  // without other words: reporters change, older days tell little of today
inline constexpr std::int32_t kCalibrationDays = 7;  // for how long one is fresh
[[nodiscard]] Result<CalibrationDue> calibration_due(TableReader& tables);

// Why the reports of one incident are together.
struct Reasons {
  struct Member {
    ReportRow report;
    std::int32_t certainty_ppm = 0;
    std::string other;              // id of the incident that it would be in instead; empty: alone
    std::int64_t other_behind = 0;  // micronats by which that is worse; INT64_MAX: there is no other place
    bool has_other = false;
    double clock_offset_s = 0;    // that is allowed for
    monitor::ScoreParts parts{};  // what it adds to the others: nats by part
  };
  std::vector<Member> members;
  monitor::ScoreParts together{};  // all members as one, less each alone: nats by part
  std::string calibration;         // statement in force; empty: the neutral priors
};

// Of the incident that holds the report `id`. kNotFound.
[[nodiscard]] Result<Reasons> reasons(const mechanism::Mechanism& mechanism, TableReader& tables,
                                      StatementSource& source, const std::string& id);

}  // namespace truce::picture
