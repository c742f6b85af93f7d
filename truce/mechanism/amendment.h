// SPDX-License-Identifier: Apache-2.0
//
// Amendments: which document of a mechanism is in force in a cut (docs/format/mechanism.md, Amendments). An amendment
// is a whole document that names the SHA-256 of the one that it follows; it is in force when the rule of the document
// that it follows is met for the subject `amendment`. Pure; any thread.

#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "truce/base/id.h"
#include "truce/mechanism/decision.h"
#include "truce/mechanism/mechanism.h"

namespace truce::mechanism {

// A proposed document and what the cut holds on it, by the logs that count under the document that it amends.
struct Proposal {
  StatementId id;  // of the amendment statement
  Hash document;   // SHA-256 of its bytes
  Mechanism mechanism;
  Question question;
  std::set<LogId> forked = {};           // logs of which the cut holds proof of two versions
  std::set<std::string> objectors = {};  // whose objection is for good, see is_refused_for_good()
  bool is_refused_for_good = false;
};

// Two documents that follow the same one, both consented to by the same party: evidence against it, unless one of them
// is refused for good.
struct DoubleConsent {
  std::string party;
  Hash amends, first, second;  // first < second
  friend auto operator<=>(const DoubleConsent&, const DoubleConsent&) = default;
};

struct Chain {
  struct Link {
    Hash document;
    StatementId id;  // empty for the founding document
  };
  std::vector<Link> links;                    // founding document first; the last is in force
  Mechanism mechanism;                        // in force
  std::map<LogId, std::string> keys;          // of every log that a document of the chain names
  std::vector<DoubleConsent> contradictions;  // ascending, distinct
};

// Why a document cannot follow another whatever the voices: another kind (actual, exercise), a version that is not the
// next, a party that is left out (who leaves stays as one that has left), another key or another end of a log.
// kInvalidMechanism.
[[nodiscard]] Status check_successor(const Mechanism& before, const Hash& before_document, const Mechanism& next);

// One key a log for life, whatever came between. kInvalidMechanism.
[[nodiscard]] Status check_keys(const std::map<LogId, std::string>& keys, const Mechanism& next);

// Whether `next` can never come into force any more. `objectors`: whose objection to it is for good, since they were
// for another document that follows the same one as well before they consented to this one, if ever. Then whoever was
// for it is free to be for another. Where silence decides no objection is for good; nor is that of a party whose main
// log `next` ends, which may not be asked at all.
[[nodiscard]] bool is_refused_for_good(const Mechanism& before, const Mechanism& next,
                                       const std::set<std::string>& objectors);

// What the rule of the document that is amended makes of the voices on a proposal, at the time that its own parties'
// newest statements tell (deciding_instant() of the question). A party is not asked about the end
// of its own main log once two versions of it are proven: whose word it would be is what nobody can tell. Asked it is
// where the document changes anything else. Where silence decides, a proposal of somebody who does not decide is
// refused: so that of two documents that follow the same one no two are agreed.
[[nodiscard]] Decision decide_amendment(const Mechanism& before, const Proposal& proposal);

// Follows the chain from the founding document as far as the rules are met. Of two documents that both meet the rule
// (which takes a rule of k of n with 2k <= n) the one with the smallest statement counts. `proposals` in any order.
[[nodiscard]] Chain follow(const Mechanism& founding, const Hash& founding_document, std::vector<Proposal> proposals);

}  // namespace truce::mechanism
