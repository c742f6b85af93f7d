// SPDX-License-Identifier: Apache-2.0
//
// Standing: how far each log of a cut is settled, from the receipts inside the cut alone (docs/architecture.md,
// Settled), and what the clock of silence needs to know of a question. Pure; what is shared is read only.
//
// settled(log) is the q-th largest, over the n others of its author, of the largest size up to the cut's that the
// party's receipts name for the log with the root that the log has there; a party without such a receipt counts 0; with
// q = 0 all of the log is settled. A root that is not the log's says nothing of the log.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "truce/base/id.h"
#include "truce/base/result.h"
#include "truce/base/time.h"
#include "truce/mechanism/decision.h"
#include "truce/mechanism/mechanism.h"
#include "truce/picture/heard.h"
#include "truce/picture/log_book.h"
#include "truce/picture/rows.h"
#include "truce/record/log.h"

namespace truce::picture {

// Roots of one log at any size: all levels of its tree are kept. Costs one hash an entry once, and about a thousand a
// root.
class LogTree {
 public:
  explicit LogTree(std::span<const Hash> leaves);
  [[nodiscard]] std::uint64_t size() const { return levels_.empty() ? 0 : levels_[0].size(); }
  // REQUIRES: 1 <= size <= this->size().
  [[nodiscard]] Hash root(std::uint64_t size) const;

 private:
  std::vector<std::vector<Hash>> levels_;  // leaves, then the hashes of full tiles of the level below
};

// One head of a receipt, and what it is to the log of this cut.
enum class HeadState { kHeld, kOtherRoot, kBeyond };
[[nodiscard]] std::string_view head_state_code(HeadState state);
struct ReceiptHead {
  StatementId receipt;
  std::int64_t recorded_ms = 0;
  record::Head head;
  HeadState state = HeadState::kBeyond;
};

// A log of the cut.
struct LogExtent {
  LogId log;
  std::uint64_t size = 0;
  std::optional<std::int64_t> newest_ms;  // absent: none of its statements counts
};

// Newest recorded time by party.
[[nodiscard]] std::vector<std::pair<std::string, std::int64_t>> newest_by_party(std::span<const LogExtent> logs);
// The same of main logs alone, for the clock of silence: voices come from there, and a desk that works on says nothing
// of whether the party has kept silent.
[[nodiscard]] std::map<std::string, Instant> newest_of_mains(const LogBook& book, std::span<const LogExtent> logs);

struct LogStanding {
  LogExtent extent;
  std::uint64_t settled = 0;
  std::map<std::string, std::uint64_t> received;  // guarantors and observers but the author; sizes above 0
};

// REQUIRES: the states of `heads` are right. `logs` ascending.
[[nodiscard]] std::vector<LogStanding> standing(const mechanism::Mechanism& mechanism, std::span<const LogExtent> logs,
                                                std::span<const ReceiptHead> heads);
// q-th largest of `received` for a log of `author`.
[[nodiscard]] std::uint64_t settled_size(const mechanism::Mechanism& mechanism, const std::string& author,
                                         std::uint64_t size, const std::map<std::string, std::uint64_t>& received);

// {"east":17}; read back with kBadDatabase on anything else.
[[nodiscard]] std::string received_text(const std::map<std::string, std::uint64_t>& received);
[[nodiscard]] Result<std::map<std::string, std::uint64_t>> received_from_text(std::string_view text);

[[nodiscard]] ReceiptRow receipt_row(const mechanism::Mechanism& mechanism, const ReceiptHead& head);
[[nodiscard]] Result<ReceiptHead> receipt_head(const ReceiptRow& row);

// The receipts of a cut, to ask who has received a statement, and when.
class Receipts {
 public:
  // Heads in any order; those of another root, or beyond what the cut has of a log, say nothing of what it has.
  explicit Receipts(std::span<const ReceiptHead> heads);
  // Each party's first one, in the order of its main logs, whose head of the statement's log is beyond the statement;
  // the author's own never.
  [[nodiscard]] FirstReceipts first(const StatementId& asked) const;

 private:
  struct Step {
    std::uint64_t size = 0;  // grows
    FirstReceipt receipt;
  };
  std::map<LogId, std::map<std::string, std::vector<Step>>> steps_;  // log -> party
};

}  // namespace truce::picture
