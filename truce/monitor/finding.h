// SPDX-License-Identifier: Apache-2.0
//
// Finding: what the parties' positions on one incident are together, by the mechanism's rule for `finding`: a joint
// answer, or none yet, with dissent, silence and what is missing beside it (docs/format/position.md). It is NOT a
// statement: nobody signs it, it is computed from what each party said. Pure; any thread.
//
// The joint answer is the one that decide() agrees on where whoever gives it consents and whoever gives another
// objects; the question that silence answers is the earliest current position with that answer. Were two agreed (a rule
// of k of n can), there is none. A report under a position that was withdrawn opens the finding again.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/id.h"
#include "truce/base/json.h"
#include "truce/base/time.h"
#include "truce/mechanism/decision.h"
#include "truce/mechanism/mechanism.h"
#include "truce/monitor/position.h"

namespace truce::monitor {

// A current position on the incident.
struct HeldPosition {
  StatementId id;
  Instant recorded;
  PositionStatement body;
  std::vector<std::string> reports;    // that it names and that count, ascending
  std::vector<std::string> withdrawn;  // that it names and that were withdrawn, ascending
  mechanism::Question question;        // who received it, and newest times; voices are not read
};

// An inquiry on the incident.
struct HeldInquiry {
  bool is_closed = false;
  bool has_visit = false;
  std::vector<std::string> attended;  // some visit, ascending
  std::vector<std::string> declined;  // and attended none, ascending
};

struct FindingInput {
  std::vector<std::string> members;     // reports of the incident, ascending
  std::vector<HeldPosition> positions;  // of guarantors and observers; of a party one answer and one attribution
  std::vector<HeldInquiry> inquiries;
  bool is_signed_off = false;
  std::vector<std::string> taken_from_brief = {};  // reports, withdrawn from under a signed brief, ascending
};

enum class FindingOutcome : std::uint8_t { kOpen, kConfirmed, kNotConfirmed, kCannotEstablish };
[[nodiscard]] std::string_view finding_outcome_code(FindingOutcome outcome);
// The answer that a joint one is, as positions have it. REQUIRES: not kOpen.
[[nodiscard]] std::string_view answer_of(FindingOutcome outcome);

// What one party says.
struct PartyView {
  std::string party;
  std::string answer;                    // code; empty: none
  std::string attribution;               // "attribute:ID", "excluded-group", "excluded-group:ID"; empty: none
  std::vector<std::string> not_covered;  // members that its answer does not name: they joined after it
  friend bool operator==(const PartyView&, const PartyView&) = default;
};

struct Finding {
  FindingOutcome outcome = FindingOutcome::kOpen;
  // Why it is open although positions are there: "withdrawn:ID;ID", "several" (the rule agrees on more than one);
  // else empty.
  std::string reason;
  std::string attribution;           // joint, as in PartyView; empty: none
  std::vector<PartyView> parties;    // who has a position, ascending
  std::vector<std::string> dissent;  // of a joint answer: who gives another, deciders or not, ascending
  // Of the joint answer, else of the answer that was given first:
  std::vector<std::string> silent, not_reached;
  std::vector<std::string> reached;     // where silence decides, of those who decide and gave no answer: whose log
                                        // received the question
  std::vector<std::string> waited_for;  // may still speak: the deadline has not passed, or the rule knows no silence
  std::optional<Instant> clock_started, deadline;
  std::vector<std::string> missing;  // steps of the path: "inquiry", "visit" (none), "visit:ID;ID" (who of the deciders
                                     // did not attend), "finding", "sign-off"
  bool looks_agreed = false;         // joint, no step missing, every member covered by each decider's
                                     // position with that answer
  friend bool operator==(const Finding&, const Finding&) = default;
};

[[nodiscard]] Finding finding_of(const mechanism::Mechanism& mechanism, const FindingInput& input, Instant as_of);

// Figures as joint bulletins give them: what one party recorded on a day, and what the others make of it.
struct Told {
  std::string day;
  std::vector<std::string> recorded_by;        // parties whose own logs tell of the incident, ascending
  std::map<std::string, std::string> answers;  // each party's current answer
};
struct OthersCount {
  std::int64_t confirmed = 0, not_confirmed = 0;
  std::int64_t answered = 0;  // on so many it has stated an answer
  std::int64_t recorded = 0;  // so many its own logs tell of too
  friend bool operator==(const OthersCount&, const OthersCount&) = default;
};
struct BulletinLine {
  std::string day, party;
  std::int64_t recorded = 0;
  std::map<std::string, OthersCount> others;  // every other guarantor and observer
  friend bool operator==(const BulletinLine&, const BulletinLine&) = default;
};
// A line for each day and guarantor or observer, ascending; days without incidents have none.
[[nodiscard]] std::vector<BulletinLine> bulletin(const mechanism::Mechanism& mechanism,
                                                 std::span<const Told> incidents);
// As programs read it; an empty day is left out.
[[nodiscard]] Json to_json(const BulletinLine& line);

}  // namespace truce::monitor
