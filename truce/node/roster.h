// SPDX-License-Identifier: Apache-2.0
//
// Roster: what this node's copies of the logs say about the record itself: which mechanism document is in force, which
// logs there are and with which keys, who has received what. Read out of the logs, entry by entry and once; kept in
// roster.json, which can be deleted and is then made again.
//
// It is the node's own view of what lies here now, for mirrors and status. What a cut says is the fold's question. One
// thread.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/file.h"
#include "truce/base/result.h"
#include "truce/mechanism/amendment.h"
#include "truce/picture/chain.h"
#include "truce/picture/heard.h"
#include "truce/picture/log_book.h"
#include "truce/record/cosignature.h"
#include "truce/record/envelope.h"
#include "truce/record/evidence.h"
#include "truce/record/log.h"
#include "truce/record/statements.h"

namespace truce::node {

// A log that the mechanism or its party's main log has opened.
struct OpenedLog {
  LogId log;
  std::string key;  // 32 raw bytes
  bool is_main = false;
  std::optional<std::uint64_t> closed_at;  // entries from here on count for nothing
};

// The newest receipt of a party for a log.
struct Received {
  std::uint64_t size = 0;
  Hash root;
  Instant recorded;
};

class Roster {
 public:
  // `folder` is the node's. The founding document is version 0.
  Roster(FileSystem& files, std::string folder, const mechanism::Mechanism& founding, const Hash& founding_document);

  // Reads what has come since the last time. kBadSignature and others where a log's own head is damaged: that log is
  // left out and named in faults(). Fails only where the folder cannot be read.
  [[nodiscard]] Status update();

  [[nodiscard]] const mechanism::Mechanism& mechanism() const { return chain_.mechanism; }
  [[nodiscard]] const mechanism::Chain& chain() const { return chain_; }
  [[nodiscard]] const std::vector<mechanism::Proposal>& proposals() const { return proposals_; }
  // When it is by what lies here, for deadlines: picture::default_as_of() of the main logs.
  [[nodiscard]] Instant as_of() const { return as_of_; }

  // All logs that are opened, ascending, whether here or not.
  [[nodiscard]] const std::map<LogId, OpenedLog>& logs() const { return logs_; }
  [[nodiscard]] std::optional<record::LogPlace> place(const LogId& log) const;
  [[nodiscard]] std::optional<record::LogPlace> place_by_origin(std::string_view origin) const;
  // What `main` means for a party: the last one opened.
  [[nodiscard]] LogId main_log(const std::string& party) const;
  // Cosigners of the mechanism in force: guarantors and observers.
  [[nodiscard]] std::vector<record::Cosigner> cosigners() const;

  // Heads that are here, of opened logs.
  [[nodiscard]] const std::map<LogId, record::Head>& heads() const { return heads_; }
  // One more than the index of the last statement that asks for a receipt; 0 without one.
  [[nodiscard]] std::uint64_t counting_size(const LogId& log) const;
  // Recorded time of the newest statement of a log, as claimed.
  [[nodiscard]] std::optional<Instant> newest(const LogId& log) const;
  [[nodiscard]] std::optional<Received> received(const std::string& party, const LogId& log) const;
  // X25519 key that sealed parts are given to the party under: the last one that its main logs state, not counting logs
  // that the others have ended, or the one in the mechanism. Nothing for an unknown party.
  [[nodiscard]] std::optional<std::string> sealing_key(const std::string& party) const;
  // Statements of a type that the roster keeps track of, ascending.
  [[nodiscard]] std::vector<StatementId> of_type(std::string_view type) const;

  // Statements of evidence whose bodies are of their form, by name; none is verified.
  [[nodiscard]] std::vector<std::pair<StatementId, record::ForkEvidence>> stated_evidence() const;

  // The last word of a party on why two versions of a log of its exist.
  [[nodiscard]] std::optional<record::ForkCause> fork_cause(const LogId& log) const;

  struct Fault {
    LogId log;
    Error error;
  };
  [[nodiscard]] const std::vector<Fault>& faults() const { return faults_; }

  // Not before the q-th of the others has it: the size of a log that is settled by the receipts that are here and that
  // name this copy's roots.
  [[nodiscard]] Result<std::uint64_t> settled(const LogId& log) const;
  // The same below the split of its two versions, where a statement in a main log here proves these: what counts of the
  // log until the rule decides. Nothing where none does, or the rule has ended the log.
  [[nodiscard]] Result<std::optional<std::uint64_t>> frozen_at(const LogId& log) const;

  [[nodiscard]] Result<record::Envelope> envelope(const StatementId& id) const;
  // Who has received a statement and what main logs say on it; of an amendment see proposals().
  [[nodiscard]] Result<mechanism::Question> question(const StatementId& id) const;

 private:
  struct Scan {
    std::uint64_t size = 0;  // entries read
    Hash root;               // at that size
    std::uint64_t counting = 0;
    picture::TimeRuns times;                                              // recorded, of entries that count
    std::map<std::string, std::vector<std::uint64_t>, std::less<>> kept;  // type -> indexes
    std::map<LogId, Received> received;                                   // of this log's receipts: the largest
    // Amendments, voices, openings, closings and evidence among the kept ones; read again after load().
    picture::RecordFacts facts;
    bool has_facts = true;
  };

  void load();
  [[nodiscard]] Status save() const;
  // True if something new was read.
  [[nodiscard]] Result<bool> scan(const LogId& log);
  void take(const LogId& log, Scan& scan, std::uint64_t index, std::string_view entry, const Hash& leaf) const;
  [[nodiscard]] Status evaluate();
  [[nodiscard]] Status read_new();
  // As the fold has them (picture/chain.h), from scans.
  [[nodiscard]] Result<std::optional<Instant>> newest_in(const LogId& log, std::uint64_t begin,
                                                         std::uint64_t end) const;
  [[nodiscard]] picture::NewestIn newest_in() const;
  [[nodiscard]] Result<picture::FirstReceipts> received_by(const picture::LogBook& book, const StatementId& id) const;
  // The logs that count by the document in force, forked ones up to where they are frozen.
  [[nodiscard]] Result<const picture::LogBook*> frozen_book() const;
  [[nodiscard]] Status read_facts();
  // The largest size of the party's receipts of this log that is not beyond `reader` and names its root there; 0: none.
  [[nodiscard]] Result<std::uint64_t> received_here(const std::string& party, record::LogReader& reader,
                                                    std::uint64_t limit) const;
  [[nodiscard]] Result<std::uint64_t> settled_up_to(const LogId& log, std::uint64_t limit) const;
  // The document of these bytes; nothing where it is not here or none. Kept: bytes of one hash never change.
  [[nodiscard]] const mechanism::Mechanism* document(const Hash& hash) const;
  void forget(const LogId& log);
  // Of a copy that is found damaged while it is looked into.
  void note_fault(const LogId& log, const Error& error) const;
  [[nodiscard]] Result<record::LogReader*> reader_of(const LogId& log, std::optional<record::LogReader>& own) const;

  FileSystem* files_;
  std::string folder_;
  mechanism::Mechanism founding_;
  mutable std::map<Hash, mechanism::Mechanism> documents_;
  // The first receipt in a log that covers a statement of this copy: found once, as logs only grow.
  mutable std::map<std::pair<StatementId, LogId>, picture::FirstReceipt> first_receipts_;   // by its own log
  mutable std::map<std::pair<LogId, std::uint64_t>, std::vector<std::int64_t>> run_times_;  // of runs that were read
  mutable std::optional<picture::LogBook> frozen_book_;  // until something new is read
  Hash mechanism_id_;
  std::string mechanism_hex_;
  std::map<LogId, Scan> scans_;
  std::set<LogId> gone_;         // were here, and their checkpoints are gone
  std::set<LogId> not_durable_;  // read, and their first checkpoints are perhaps not on the disk yet
  std::map<LogId, OpenedLog> logs_;
  std::map<std::string, std::string> mains_;  // party -> log
  std::map<LogId, std::string> keys_;         // of logs that any document in force has opened, ended ones too
  picture::RecordFacts facts_;                // of these
  picture::LogBook book_;                     // by the document in force
  std::map<LogId, record::Head> heads_;
  bool is_reading_ = false;                             // in update()
  mutable std::map<LogId, record::LogReader> readers_;  // of one update(): the folder as it was then
  mechanism::Chain chain_;
  std::vector<mechanism::Proposal> proposals_;
  Instant as_of_;
  mutable std::vector<Fault> faults_;
};

}  // namespace truce::node
