// SPDX-License-Identifier: Apache-2.0
//
// Scenario: what happens in an exercise, day by day, and what is reported of it. The truth (incidents) and the reports
// come out side by side; only the reports go into the node.
//
//   TRUCE_TRY(Scenario s, Scenario::make(options));
//   Day day;
//   while (s.next(day)) ...                              // bounded memory: one day
//   TRUCE_TRY(const InMemory all, make_in_memory(options));  // reports as monitor::Report, for tests and benchmarks
//
// Deterministic: the same options give the same values on every machine. One thread. Cost: about 3 us a report.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "truce/exercise/world.h"
#include "truce/monitor/report.h"

namespace truce::exercise {

class Draws;

// What really happened.
struct Incident {
  std::int64_t number = 0;  // from 1 over the whole scenario, in no order of time within a day
  std::int64_t at_s = 0;    // seconds since 1970
  geo::LatLng place;
  std::size_t near = 0;  // nearest place
  std::size_t kind = 0;  // in kKinds
  std::int64_t count = 0, killed = 0, injured = 0;
  int fired_by = 0;  // side
  std::int64_t direction_deg = 0;
  bool is_burst = false;
  std::int64_t answers = 0;  // number of the incident whose fire this answers; 0: none
  std::int64_t reports = 0;  // rows about it, before the file's end cut some off
};

// One row of reports.csv, as the file holds it.
struct ReportRow {
  std::int64_t number = 0;    // id r0000001
  std::int64_t incident = 0;  // Incident::number
  std::size_t party = 0;
  std::string reporter;
  std::int64_t at_s = 0;
  std::int64_t precision_s = 0;
  bool is_bearing = false;
  geo::LatLng at;  // of the observer, if is_bearing
  std::int64_t radius_m = 0;
  std::int64_t bearing_deg = 0, distance_m = 0;
  monitor::Means means = monitor::Means::kTold;
  monitor::Kind kind = monitor::Kind::kOther;
  std::int64_t count = 0;
  std::optional<std::int64_t> killed, injured;
};

// Of every patrol row.
inline constexpr std::int64_t kPatrolPrecision = 300;  // seconds
inline constexpr std::int64_t kPatrolRadius = 10'000;  // metres
struct PatrolRow {
  std::int64_t number = 0;  // id p0000001
  std::size_t party = 0;
  std::string reporter;
  std::int64_t from_s = 0, to_s = 0;
  geo::LatLng at;
  std::string zone;  // empty: none
  std::int64_t day_minutes = 0, night_minutes = 0;
};

struct Day {
  std::vector<Incident> incidents;     // by number
  std::vector<ReportRow> reports;      // by number, which says nothing about the incident
  std::vector<ReportRow> corrections;  // the whole new row under the old number
  std::vector<PatrolRow> patrols;
};

class Scenario {
 public:
  // Fails as Options::check() does.
  [[nodiscard]] static Result<Scenario> make(const Options& options);
  [[nodiscard]] const World& world() const { return world_; }
  // The next day; false at the end (`day` is empty then).
  [[nodiscard]] bool next(Day& day);
  // Days given so far.
  [[nodiscard]] std::int64_t days_done() const { return done_; }
  [[nodiscard]] std::int64_t incident_count() const { return incidents_; }
  [[nodiscard]] std::int64_t report_count() const { return reports_; }
  // Runs through all days again from the first.
  void rewind();

 private:
  explicit Scenario(World world);
  [[nodiscard]] std::size_t nearest_place(geo::LatLng at, std::size_t rank = 0) const;
  [[nodiscard]] int side_of(std::size_t place) const { return world_.places[place].side; }
  // By how much the sun's time is ahead of UTC here, in quarters of an hour.
  [[nodiscard]] std::int64_t sun_ahead_s() const;
  std::vector<Incident> incidents_of_day();
  void report(Incident& incident, Day& day);
  void report_of_party(const Incident& incident, std::size_t party, Draws& d, Day& day) const;
  void report_of_posts(const Incident& incident, Draws& d, Day& day) const;
  [[nodiscard]] ReportRow row_of_party(const Incident& incident, std::size_t party, Draws& d) const;
  void shuffle(Day& day);
  void patrols_of_day(Day& day);

  World world_;
  // Places and posts in metres on a plane about the middle of the region: for finding what is near, quickly.
  struct Flat {
    double x = 0, y = 0;
  };
  [[nodiscard]] Flat flat(geo::LatLng at) const;
  std::vector<Flat> places_, posts_;
  geo::LatLng middle_;
  double north_m_ = 0, east_m_ = 0;
  std::int64_t done_ = 0, incidents_ = 0, reports_ = 0, patrols_ = 0;
};

// Everything at once. Rows as the report import would give them, without keys' hashes: key = (party, id).
struct InMemory {
  World world;
  std::vector<Incident> incidents;         // by number
  std::vector<monitor::Report> reports;    // by number: report i has id r(i+1)
  std::vector<std::int64_t> incident_of;   // of report i: Incident::number
  std::vector<monitor::Report> corrected;  // corrections, with the key of the report that they replace
};
[[nodiscard]] Result<InMemory> make_in_memory(const Options& options);

// "r0000001", "i000001", "p0000001"
[[nodiscard]] std::string report_id(std::int64_t number);
[[nodiscard]] std::string incident_id(std::int64_t number);
[[nodiscard]] std::string patrol_id(std::int64_t number);
// As the import of the row's line gives it; said_by is empty for the first party, the node's own.
[[nodiscard]] monitor::Report to_report(const World& world, const ReportRow& row);
[[nodiscard]] monitor::Report to_report(const World& world, const PatrolRow& row);

}  // namespace truce::exercise
