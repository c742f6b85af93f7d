// SPDX-License-Identifier: Apache-2.0
//
// Open questions: documents, maps, calibrations and briefs that a party has proposed and the rule has neither agreed
// nor refused: who has spoken, who is waited for and until when, for people who must know by when to object
// (docs/format/mechanism.md, Voices).

#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "truce/base/id.h"
#include "truce/base/result.h"
#include "truce/mechanism/decision.h"

namespace truce::node {

class Node;

struct OpenQuestion {
  std::string subject;  // amendment, brief, calibration, zone
  StatementId statement;
  std::string author;
  std::string what;  // which document, map or brief, in a few words
  Instant now;       // by what the parties have said last: mechanism::deciding_instant()
  mechanism::Decision decision;
  // Under a rule of silence, of each party that is waited for and has received the question: until when it is sure to
  // object in time, its hours since its own receipt. A common clock that started later gives it more.
  std::map<std::string, Instant> deadlines;
};

// By subject, then statement. The picture must be up to date. Fails where the folder cannot be read.
[[nodiscard]] Result<std::vector<OpenQuestion>> open_questions(Node& node);

}  // namespace truce::node
