// SPDX-License-Identifier: Apache-2.0
//
// Judge: reads the statements of a cut one by one and sorts them into what the fold needs: reports as facts, zones,
// actors, place lists, imports, corrections and withdrawals, what concerns the record itself, and those that count for
// nothing, with why. Judging a statement needs only itself and which logs count; what it refers to is looked up
// afterwards. Internal to picture.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/id.h"
#include "truce/base/result.h"
#include "truce/mechanism/mechanism.h"
#include "truce/monitor/bodies.h"
#include "truce/monitor/calibration_statement.h"
#include "truce/monitor/fusion_links.h"
#include "truce/picture/briefs.h"
#include "truce/picture/changes.h"
#include "truce/picture/facts.h"
#include "truce/picture/heard.h"
#include "truce/picture/log_book.h"
#include "truce/picture/positions.h"
#include "truce/record/envelope.h"

namespace truce::picture {

// A statement that may be corrected and is kept whole (there are few of these).
template <typename Body>
struct Stated {
  StatementId id;
  std::int64_t recorded_ms = 0;
  Body body;
};

// A correction or withdrawal before its target was looked up.
struct OpenChange {
  Change change;
  Hash target_leaf;
  Hash leaf;       // of the changing statement
  std::string by;  // pseudonym of the person or device that states it; empty: not said
};

// A second person's word on a withdrawal, before that was looked up.
struct OpenSecond {
  StatementId id;
  std::int64_t recorded_ms = 0;
  StatementRef to;
  std::string by;
};

// A join or split before its reports were looked up.
struct OpenLink {
  StatementId id;
  std::int64_t recorded_ms = 0;
  bool joins = false;
  StatementRef first, second;
};

struct StatedCalibration {
  StatementId id;
  Hash leaf;
  std::int64_t recorded_ms = 0;
  std::optional<StatementRef> follows;
  monitor::CalibrationStatement body;
};

struct Judged {
  std::vector<Facts> reports;  // base statements, without corrections, in log order
  std::vector<Stated<monitor::ZoneStatement>> zones;
  std::vector<Stated<monitor::ActorStatement>> actors;
  std::vector<Stated<monitor::PlacesStatement>> places;
  std::vector<Stated<monitor::ImportStatement>> imports;
  std::vector<StatedCalibration> calibrations;
  std::vector<OpenLink> links;
  std::vector<OpenChange> changes;
  std::vector<OpenSecond> seconds;
  std::map<StatementId, Facts> corrected_reports;  // facts of corrections, by their own id
  std::map<StatementId, monitor::ZoneStatement> corrected_zones;
  std::map<StatementId, monitor::ActorStatement> corrected_actors;
  std::map<StatementId, monitor::PlacesStatement> corrected_places;
  std::vector<StatedBrief> briefs;
  Views views;                            // positions, inquiries, questions
  RecordFacts record;                     // of the record itself, those that count
  std::vector<ChangeRow> without_effect;  // not-understood, ignored
};

class Judge {
 public:
  // References are kept.
  Judge(const mechanism::Mechanism& mechanism, const Hash& mechanism_id, const LogBook& book, NamePool& names)
      : mechanism_(mechanism), mechanism_id_(mechanism_id), book_(book), names_(names) {}

  // Sorts one statement into `out`. Never fails on what a log holds.
  void take(const StatementId& id, std::string_view entry, const Hash& leaf, Judged& out);

  // Newest recorded time by log, of statements that count.
  [[nodiscard]] const std::map<LogId, std::int64_t>& newest_recorded() const { return newest_; }
  [[nodiscard]] const MovedOn& moved_on() const { return moved_on_; }

 private:
  // A statement of the record itself.
  void take_own(const record::Envelope& e, const StatementId& id, const Hash& leaf, Judged& out);
  void take_brief(const record::Envelope& e, const StatementId& id, const Hash& leaf, Judged& out);
  void take_opinion(const record::Envelope& e, const StatementId& id, const Hash& leaf, Judged& out);
  void take_report(const record::Envelope& e, const StatementId& id, const StatementRef* corrects, Judged& out);
  template <typename Body>
  void take_stated(const record::Envelope& e, const StatementId& id, const StatementRef* corrects,
                   std::vector<Stated<Body>>& base, std::map<StatementId, Body>& corrections, Judged& out);
  void without_effect(const StatementId& id, std::string_view type, std::string_view what, std::string reason,
                      std::int64_t recorded_ms, Judged& out) const;

  const mechanism::Mechanism& mechanism_;
  const Hash mechanism_id_;
  const LogBook& book_;
  NamePool& names_;
  std::map<LogId, std::int64_t> newest_;
  MovedOn moved_on_;
  // The import that rows refer to, read before them: its id and leaf, so that a million rows need no look-up.
  StatementRef last_import_;
  std::uint32_t last_import_name_ = 0;
};

}  // namespace truce::picture
