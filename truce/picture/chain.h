// SPDX-License-Identifier: Apache-2.0
//
// The chain of documents in a cut: which amendment of the mechanism is in force there (mechanism/amendment.h). Each
// document is decided by the one that it follows: its parties, its main logs, its rule, and the time that these logs
// tell (mechanism::deciding_instant()), never another as_of: what a picture is digested from depends on the cut alone.
//
// A node's roster decides by the same functions, from what it remembers of its logs.

#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "truce/base/result.h"
#include "truce/mechanism/amendment.h"
#include "truce/mechanism/mechanism.h"
#include "truce/picture/cut.h"
#include "truce/picture/heard.h"
#include "truce/picture/log_book.h"
#include "truce/picture/rows.h"
#include "truce/picture/source.h"
#include "truce/picture/standing.h"

namespace truce::picture {

struct Chained {
  mechanism::Chain chain;
  std::vector<AmendmentRow> rows;               // by statement
  std::vector<mechanism::Proposal> proposals;   // that name a document that is known, by statement
  std::vector<mechanism::Mechanism> documents;  // of the chain; the last is in force
};

// What a chain is decided from besides `facts`.
struct Hearing {
  // The document of these bytes; nothing where they are none, or not here and that is no fault.
  std::function<Result<std::optional<mechanism::Mechanism>>(const Hash&)> document;
  // What the clock of silence needs of every entry and of all receipts: asked only where a rule of silence decides on a
  // document.
  NewestIn newest_in;
  std::function<Result<FirstReceipts>(const LogBook&, const StatementId&)> received_by;  // by the logs that count
};

// Most documents of one party that follow the same one, in the order of its statements: more are refused unread, which
// stops a party from making everybody weigh thousands (docs/format/mechanism.md, Amendments).
inline constexpr int kProposalsOfAPartyMax = 64;

// `facts` of the whole cut.
[[nodiscard]] Result<Chained> chain_of(const mechanism::Mechanism& founding, const Hash& founding_document,
                                       const RecordFacts& facts, const Hearing& hearing);

// Each party's word among voices on one statement, of those that count: a consent is given for good, an objection until
// a consent (docs/format/mechanism.md, Voices).
struct Words {
  std::map<std::string, mechanism::Voice> voices;
  std::map<std::string, StatementId> objections;  // the first of each party that has objected
};
[[nodiscard]] Words words_of_parties(const LogBook& book, std::span<const StatedVoice* const> voices);

// Ids joined by ';', as rows hold them.
[[nodiscard]] std::string joined_ids(std::span<const std::string> ids);

}  // namespace truce::picture
