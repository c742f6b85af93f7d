// SPDX-License-Identifier: Apache-2.0
//
// Positions, inquiries and questions of a cut: which are current, which incident each is on, and the findings that come
// of them. Both folds come here, with their own way of looking reports up, which is what makes them agree. Internal to
// picture but for parties_of() and told().

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "truce/base/id.h"
#include "truce/base/result.h"
#include "truce/mechanism/mechanism.h"
#include "truce/monitor/finding.h"
#include "truce/monitor/inquiry.h"
#include "truce/monitor/position.h"
#include "truce/picture/position_rows.h"
#include "truce/picture/tables.h"
#include "truce/picture/weigher.h"
#include "truce/record/envelope.h"

namespace truce::picture {

struct StatedPosition {
  StatementId id;
  std::int64_t recorded_ms = 0;
  monitor::PositionStatement body;
  std::vector<StatementRef> on;
};
struct StatedInquiry {
  StatementId id;
  Hash leaf;
  std::int64_t recorded_ms = 0;
  monitor::InquiryStatement body;
  std::vector<StatementRef> on;  // of one that opens
  std::optional<StatementRef> inquiry, visit;
};
struct StatedAsk {
  StatementId id;
  Hash leaf;
  std::int64_t recorded_ms = 0;
  monitor::AskStatement body;
  std::vector<StatementRef> on;
};
struct StatedAnswer {
  StatementId id;
  std::int64_t recorded_ms = 0;
  monitor::AnswerStatement body;
  StatementRef ask;
};

struct Views {
  std::vector<StatedPosition> positions;
  std::vector<StatedInquiry> inquiries;
  std::vector<StatedAsk> asks;
  std::vector<StatedAnswer> answers;
  [[nodiscard]] bool empty() const { return positions.empty() && inquiries.empty() && asks.empty() && answers.empty(); }
};

// position, inquiry, ask, answer.
[[nodiscard]] bool is_view_type(std::string_view type);
// Adds a statement of such a type. Fails with kInvalidStatement on what is not of its form. REQUIRES: is_view_type().
[[nodiscard]] Status take_view(const record::Envelope& e, const StatementId& id, const Hash& leaf, Views& out);

// A report that a position holds: its withdrawal needs a second person.
struct Hold {
  std::string party;
  std::int64_t recorded_ms = 0;
};
// By report, of positions that are neither withdrawn nor replaced by one that shares a report.
[[nodiscard]] std::map<StatementId, std::vector<Hold>> holds(std::span<const StatedPosition> positions,
                                                             const std::set<StatementId>& withdrawn,
                                                             const std::function<bool(const StatementRef&)>& is_here);

// How a report was withdrawn, as a finding that this opens again tells it.
struct Withdrawn {
  std::string party, statement;
  std::int64_t recorded_ms = 0;
  std::string seconded_by;  // statement; empty: nobody
};

// How the cut answers to a reference.
enum class RefState { kMissing, kOtherLeaf, kHere };
// A report by its reference: nothing where the cut holds no such report.
struct NamedReport {
  bool is_withdrawn = false;
  std::string incident;  // empty: in none
  std::string day;
};
struct ViewLookup {
  std::function<Result<RefState>(const StatementRef&)> reference;
  std::function<Result<std::optional<NamedReport>>(const StatementRef&)> report;
  // Counted reports of an incident, in any order, and its day; empty where it is gone.
  struct Incident {
    std::vector<std::string> members;
    std::string day;
  };
  std::function<Result<Incident>(const std::string& incident)> incident;
  // The withdrawal that took a report away, or the import that brought it in; nothing where none did.
  std::function<Result<std::optional<Withdrawn>>(const std::string& report)> withdrawal;
  // A brief of the day was signed. May be empty: none.
  std::function<bool(const std::string& day)> is_signed_off;
};

struct ViewRows {
  std::vector<PositionRow> positions;
  std::vector<InquiryRow> inquiries;
  std::vector<AskRow> asks;
  std::vector<FindingRow> findings;  // by day and incident
  std::vector<ChangeRow> no_effect;  // ignored
};
// `withdrawn`: those of the views that their own party withdrew. `taken_from_brief`: reports that were withdrawn from
// under a signed brief.
[[nodiscard]] Result<ViewRows> fold_views(const mechanism::Mechanism& mechanism, Views views,
                                          const std::set<StatementId>& withdrawn,
                                          const std::map<StatementId, std::string>& taken_from_brief,
                                          const ViewLookup& lookup, const Weigher& weigher, Instant as_of);

// The parties of a finding, as monitor::Finding has them, without what they do not cover. kBadDatabase.
[[nodiscard]] Result<std::vector<monitor::PartyView>> parties_of(const FindingRow& finding);

// What bulletin() counts, from a picture: incidents of some days (both included; both empty: all). Activities and
// incidents over quota are left out, as in every count of a brief.
[[nodiscard]] Result<std::vector<monitor::Told>> told(TableReader& tables, const std::string& first_day,
                                                      const std::string& last_day);
// The same of these rows; findings of other incidents are passed over.
[[nodiscard]] Result<std::vector<monitor::Told>> told(std::span<const IncidentRow> incidents,
                                                      std::span<const FindingRow> findings);

}  // namespace truce::picture
