// SPDX-License-Identifier: Apache-2.0
//
// The form of one report: what was typed, field by field, and the report that it makes. Flags and questions share it: a
// field is read by the same words whether it came as --count 3 or as an answer.
//
// It decides nothing about saving. One thread.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "truce/base/json.h"
#include "truce/base/result.h"
#include "truce/cmd/truce/place_argument.h"
#include "truce/mechanism/mechanism.h"
#include "truce/monitor/report.h"

namespace truce::cmd {

// As typed; empty: not given.
struct ReportInput {
  std::string at, to, precision;
  PlaceArgument place;
  std::string kind, subkind, means, assessment, direction, count, killed, injured, weapon, actor;
  std::vector<std::string> killed_of, injured_of, details;
  std::string said_by, reporter, text, note, grade;
};

// What the form is read against.
struct ReportDesk {
  const mechanism::Mechanism* mechanism = nullptr;
  std::string me;
  Instant now;
  PlaceDesk place;
  std::vector<std::string> actors;  // ids that are stated, ascending
};

struct FilledReport {
  monitor::Report report;          // passes check()
  Json sealed;                     // payload; null: none
  std::vector<std::string> notes;  // how things were understood; warnings
};

// A watch and a memory, not the digits that somebody writes. As in imports.
inline constexpr std::int64_t kDefaultPrecisionSeconds = 300;

// Reads all fields. kInvalidArgument naming the flag for what is off in its words (a time without offset among them),
// kAmbiguous and kNotFound as find_place() and for actors that nobody has stated. `input.place` may be narrowed to what
// was chosen.
[[nodiscard]] Result<FilledReport> fill_report(ReportInput& input, const ReportDesk& desk);

// Sets one field of a report that exists, in the form's words: weapon, direction, actor, killed-PART, injured-PART,
// detail-NAME; an empty value clears it. False: no such field here. `actors` as in ReportDesk.
[[nodiscard]] Result<bool> set_form_field(monitor::Report& report, const std::string& field, const std::string& value,
                                          const std::vector<std::string>& actors);

// Asks for what is not given, question by question, until each answer can be read. False: the input ended, and nothing
// is left behind. REQUIRES: desk.place.ask.
[[nodiscard]] Result<bool> ask_report(ReportInput& input, const ReportDesk& desk);

// The report in words, one line each, for whoever is about to save it: time in UTC and on the mechanism's clock, what,
// how many, by whom.
[[nodiscard]] std::vector<std::string> report_lines(const FilledReport& filled, const mechanism::Mechanism& mechanism);

// Codes with what they mean, for --help and `?`.
[[nodiscard]] std::string kinds_help();
[[nodiscard]] std::string details_help();

}  // namespace truce::cmd
