// SPDX-License-Identifier: Apache-2.0
//
// Rows of positions, inquiries, questions and findings (docs/format/position.md, inquiry.md). See rows.h for what all
// rows have in common.

#pragma once

#include "truce/picture/rows.h"

namespace truce::picture {

// State: current, replaced, pending, withdrawn.
struct PositionRow {
  std::string statement, party, answer, actor, state;
  std::string incident;     // id; of one whose reports are all withdrawn: the smallest of them; empty while pending
  std::string reports;      // that it names and that are in the cut, joined by ';'
  std::string replaced_by;  // statement; empty: none
  std::string reason;
  Int recorded_ms = 0;

  template <typename V>
  void visit_columns(V&& v) {
    v("statement", statement), v("party", party), v("answer", answer), v("actor", actor), v("state", state);
    v("incident", incident), v("reports", reports), v("replaced_by", replaced_by), v("reason", reason);
    v("recorded_ms", recorded_ms);
  }
};

// State: effective, pending, withdrawn. One that opens names itself as its inquiry.
struct InquiryRow {
  std::string statement, party, act, state;
  std::string inquiry, visit;     // statements
  std::string incident, reports;  // of the one that opens
  OptInt at_ms;
  std::string reason;
  Int recorded_ms = 0;

  template <typename V>
  void visit_columns(V&& v) {
    v("statement", statement), v("party", party), v("act", act), v("state", state), v("inquiry", inquiry);
    v("visit", visit), v("incident", incident), v("reports", reports), v("at_ms", at_ms), v("reason", reason);
    v("recorded_ms", recorded_ms);
  }
};

// State: open, answered, pending, withdrawn.
struct AskRow {
  std::string statement, party, to, state, incident, reports, text;
  Int by_ms = 0;
  std::string answer, answer_text;  // the statement that answers last, and what it says
  Int recorded_ms = 0;

  template <typename V>
  void visit_columns(V&& v) {
    v("statement", statement), v("party", party), v("to_party", to), v("state", state), v("incident", incident);
    v("reports", reports), v("text", text), v("by_ms", by_ms), v("answer", answer), v("answer_text", answer_text);
    v("recorded_ms", recorded_ms);
  }
};

// What the positions on an incident are together (monitor/finding.h), at the as_of of the fold. In no digest.
struct FindingRow {
  std::string day, incident, outcome, reason, attribution;
  std::string parties;  // canonical JSON: [{"answer":..,"attribution":..,"not_covered":[..],"party":..}]
  std::string dissent, silent, not_reached;
  OptInt deadline_ms;
  std::string missing;  // joined by ' '
  Int looks_agreed = 0;
  // Why it is open again: canonical JSON, [[report, party, withdrawal, recorded ms, seconded by or "", "position" or
  // "brief"], ...]; empty: it is not.
  std::string reopened;
  // Of the clock of silence, as `silent` is: who of those who have given no answer received the question, and who may
  // still speak.
  std::string reached, waited_for;
  OptInt clock_started_ms;

  template <typename V>
  void visit_columns(V&& v) {
    v("day", day), v("incident", incident), v("outcome", outcome), v("reason", reason), v("attribution", attribution);
    v("parties", parties), v("dissent", dissent), v("silent", silent), v("not_reached", not_reached);
    v("deadline_ms", deadline_ms), v("missing", missing), v("looks_agreed", looks_agreed);
    v("reopened", reopened), v("reached", reached), v("waited_for", waited_for);
    v("clock_started_ms", clock_started_ms);
  }
};

}  // namespace truce::picture
