// SPDX-License-Identifier: Apache-2.0
//
// Decisions: what a declared rule makes of the parties' voices on one question (docs/format/mechanism.md): agreed,
// refused or open, and who consented in words, who by silence, who was not reached. Pure; any thread.
//
// Silence is consent only of those who were reached (docs/architecture.md, Silence): the clock starts at the q-th
// smallest recorded time among the parties' first receipts that cover the question, never before the question's own
// recorded time, and stands still on rest days. A party's own clock starts no sooner than its own receipt: whatever
// others date back, it has its hours in full. Its silence is complete when its main log has an entry behind that
// receipt that is recorded after its own deadline, and counts once `as_of` is past that. What stands before the receipt
// says nothing of it: there the party did not know the question. An objection counts unless the party's silence was
// complete in its own log before it: then it came too late.

#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/time.h"
#include "truce/mechanism/mechanism.h"

namespace truce::mechanism {

enum class Voice { kConsents, kObjects };

// A question, and what the cut holds on it.
struct Question {
  std::string author;                       // who asked, and so has consented for good
  Instant asked;                            // recorded time of the question
  std::map<std::string, Voice> voices;      // each party's word: a consent for good, an objection until a consent
  std::map<std::string, Instant> received;  // recorded time of each party's first receipt that covers the question
  std::map<std::string, Instant> newest;    // newest recorded time in each party's main logs, as far as they count
  std::map<std::string, Instant> heard;     // the same of what stands behind its receipt there; absent: nothing does
  // Of parties that object: the same of what stands behind its receipt and before its first objection.
  std::map<std::string, Instant> heard_before;
  std::set<std::string> barred;  // parties that are not asked
  // Parties whose first consent among documents that follow the same one was to another, or whose objection to this one
  // is for good: their consent to it counts for nothing, so that no second word undoes what is in force.
  std::set<std::string> bound;
};

enum class Outcome { kOpen, kAgreed, kRefused };
[[nodiscard]] std::string_view outcome_name(Outcome outcome);

struct Decision {
  Outcome outcome = Outcome::kOpen;
  std::vector<std::string> consented;  // in words, ascending, as all lists here; deciders only
  std::vector<std::string> silent;     // consented by silence
  std::vector<std::string> objected;
  std::vector<std::string> too_late;     // objected when their silence was complete; they stand in `silent` as well, or
                                         // in `waited_for` as long as `as_of` is not past their deadline
  std::vector<std::string> waited_for;   // their deadline has not passed, or the rule knows no silence
  std::vector<std::string> not_reached;  // no receipt of theirs covers the question, or nothing of theirs came since
                                         // their deadline: their silence says nothing
  std::optional<Instant> clock_started;  // of silence
  std::optional<Instant> deadline;       // of those who received the question before the clock started
};

[[nodiscard]] Decision decide(const Mechanism& mechanism, const Rule& rule, const Question& question, Instant as_of);

// What the time is for what a document decides: the lower median, over all its guarantors and observers, of the newest
// recorded times in `newest`. Who was not heard of counts as 0, so that it never goes back as logs grow.
[[nodiscard]] Instant deciding_instant(const Mechanism& mechanism, const std::map<std::string, Instant>& newest);

// When the silence of a party that received the question at `received` is over, by a clock that started at
// `clock_started`.
[[nodiscard]] Instant own_deadline(const Mechanism& mechanism, const Rule& rule, Instant clock_started,
                                   Instant received);

// The instant that is `hours` after `from`, days of rest not counted.
[[nodiscard]] Instant after_hours(const Mechanism& mechanism, Instant from, std::int64_t hours);

// What the clock of silence counts between two instants: milliseconds on days that are not of rest, and the days of
// rest that it stands still on, begun ones included. Nothing where `to` is not after `from`.
struct ClockSpan {
  std::int64_t counted_ms = 0;
  std::int64_t rest_days = 0;
  friend bool operator==(const ClockSpan&, const ClockSpan&) = default;
};
[[nodiscard]] ClockSpan clock_span(const Mechanism& mechanism, Instant from, Instant to);

}  // namespace truce::mechanism
