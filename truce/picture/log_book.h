// SPDX-License-Identifier: Apache-2.0
//
// LogBook: which logs of a cut count, and up to where: a party's main log by the document in force, its successors, and
// the logs of offices and devices that it opened and closed (docs/format/record-statements.md). RecordFacts: what the
// logs of a cut say of the record itself, whatever their standing. Internal to picture. Values; any thread.

#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/id.h"
#include "truce/base/result.h"
#include "truce/mechanism/decision.h"
#include "truce/mechanism/mechanism.h"
#include "truce/record/envelope.h"
#include "truce/record/evidence.h"
#include "truce/record/statements.h"

namespace truce::picture {

struct StatedReceipt {
  StatementId id;
  std::int64_t recorded_ms = 0;
  std::vector<record::Head> heads;
};

struct StatedAmendment {
  StatementId id;
  Hash leaf;
  std::int64_t recorded_ms = 0;
  record::Amendment body;
};

// A consent or objection.
struct StatedVoice {
  StatementId id;
  std::int64_t recorded_ms = 0;
  StatementRef to;
  mechanism::Voice voice = mechanism::Voice::kConsents;
  record::VoiceStatement body;
};

// A log-open, or a log-close at `size`.
struct LogOpening {
  StatementId id;
  std::string log;
  std::string key;  // 32 raw bytes
};
struct LogClosing {
  StatementId id;
  std::string log;
  std::uint64_t size = 0;
};

// Evidence that a log's key has signed two heads that exclude each other; not verified yet.
struct StatedEvidence {
  StatementId id;
  record::ForkEvidence body;
};

// A sealed part was given to parties, or erased by the author of the statement.
struct StatedShare {
  StatementId id, of;
  std::vector<std::string> to;
};
struct StatedErasure {
  StatementId id, of;
  std::int64_t recorded_ms = 0;
};

struct RecordFacts {
  // Puts what another log says behind this.
  void append(const RecordFacts& other);

  std::vector<StatedReceipt> receipts;
  std::vector<StatedAmendment> amendments;
  std::vector<StatedVoice> voices;
  std::vector<LogOpening> openings;
  std::vector<LogClosing> closings;
  std::vector<StatedEvidence> evidence;
  std::vector<StatedShare> shares;
  std::vector<StatedErasure> erasures;
};

// receipt, heartbeat, digest, log-open, log-close, amendment, consent, objection, evidence, share, erasure,
// sealing-key.
[[nodiscard]] bool is_record_type(std::string_view type);
// The type that an entry claims, from its last bytes alone: for entries that decode it is theirs.
[[nodiscard]] std::string_view claimed_type(std::string_view entry);
// Adds a statement of a record type. Fails with kInvalidStatement on a body or references that are not of its form;
// whether it counts is not asked. REQUIRES: is_record_type(e.type).
[[nodiscard]] Status take_record(const record::Envelope& e, const StatementId& id, const Hash& leaf, RecordFacts& out);

// 1 for "main", n for "main-n" (n >= 2), 0 for any other name.
[[nodiscard]] std::uint64_t main_number(std::string_view log);

// Logs of the ended ones of a document of which a statement proves two versions. `evidence` that is wrong proves
// nothing.
[[nodiscard]] std::set<LogId> forked_logs(std::span<const record::ForkEvidence> evidence, const Hash& mechanism_id,
                                          const mechanism::Mechanism& document);

class LogBook {
 public:
  struct Log {
    bool is_main = false;
    bool is_open = false;
    std::uint64_t closed_at = UINT64_MAX;  // entries at or beyond do not count
    std::string opened_by;                 // statement; empty: by the document, or not at all
    bool is_frozen = false;                // a fork is proven: closed_at is what was settled below it
    friend bool operator==(const Log&, const Log&) = default;
  };

  LogBook() = default;
  // By a document. A main log opens and closes the others of its party; one named main-2, main-3, ... that it opens is
  // main too. Of several openings of one name the first counts, in the order of main logs; of several closings the
  // smallest. A main log is closed by itself alone, or ended by the document. Of a party that has left those count that
  // the document ends.
  LogBook(const mechanism::Mechanism& mechanism, const RecordFacts& facts);

  [[nodiscard]] const std::map<LogId, Log>& logs() const { return logs_; }
  // Logs that nobody opened are not open.
  [[nodiscard]] const Log& of(const LogId& log) const;
  // The log is open and the statement before its end.
  [[nodiscard]] bool counts(const StatementId& id) const;
  [[nodiscard]] bool counts_from_main(const StatementId& id) const { return of(id.log).is_main && counts(id); }
  // A fork of the log is proven: entries from `size` on do not count until the rule decides.
  void freeze(const LogId& log, std::uint64_t size);
  // The raw public key of a log that is open; empty for others.
  [[nodiscard]] static std::string key_of(const LogId& log, const mechanism::Mechanism& mechanism, const LogBook& book,
                                          const RecordFacts& facts);
  // As written down in a picture.
  void set(const LogId& log, Log state) { logs_[log] = std::move(state); }

 private:
  std::map<LogId, Log> logs_;
};

// Order of a party's statements over its main logs.
[[nodiscard]] bool before_in_main(const StatementId& a, const StatementId& b);

}  // namespace truce::picture
