// SPDX-License-Identifier: Apache-2.0
//
// Node: one party's folder as an object: mechanism, keys, logs, blobs, sealed parts, picture (docs/architecture.md, "A
// node's directory"). Every command line and the server open one. It ties the modules below together and decides
// nothing itself.
//
// A Node is used by one thread. Any number of processes may open the same folder; appending is serialised by the log's
// lock, and the picture's writer by the store's.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/clock.h"
#include "truce/base/file.h"
#include "truce/base/result.h"
#include "truce/mechanism/mechanism.h"
#include "truce/monitor/place_finder.h"
#include "truce/monitor/zone_book.h"
#include "truce/node/roster.h"
#include "truce/node/settings.h"
#include "truce/picture/fold.h"
#include "truce/picture/source.h"
#include "truce/record/envelope.h"
#include "truce/record/evidence.h"
#include "truce/record/keys.h"
#include "truce/record/log.h"
#include "truce/record/sealed.h"
#include "truce/record/witness.h"
#include "truce/store/store.h"

namespace truce::node {

// The world outside, passed in.
struct World {
  FileSystem* files = nullptr;
  Clock* clock = nullptr;
  Random* random = nullptr;
};
[[nodiscard]] World system_world();

// Done and all, for a progress bar; may be empty.
using Progress = std::function<void(std::string_view what, std::uint64_t done, std::uint64_t all)>;

// A statement as a command wants it said; the Writer makes the envelope.
struct Draft {
  std::string_view type;
  Json body;
  std::vector<record::Reference> references;
  Json sealed;                       // payload without salt; null: no sealed part
  std::vector<Hash> required_blobs;  // put before, by Writer::put_blob(); sorted here
  std::vector<Hash> optional_blobs = {};
};

// Of what lies in this folder: bytes that are not what signatures and hashes say.
[[nodiscard]] bool is_damage(const Error& error);

class Node;

// Something that everybody who looks at the record should know, in neutral words.
struct Alarm {
  // two-versions, restored, behind-own-head, receipt-beyond, receipt-differs, receipt-unheld, two-consents,
  // digest-differs, damaged-log
  std::string kind;
  std::string party;
  std::string words;
  bool is_over = false;  // the record has dealt with it: told, and no reason for alarm any more
};

// A receipt by `party` that names `size` statements of a log of this node, which holds `here` of them: fewer, or
// others.
struct ReceiptBeyond {
  LogId log;
  std::string party;
  std::uint64_t size = 0, here = 0;
  [[nodiscard]] bool differs() const { return size <= here; }
  [[nodiscard]] std::string to_string() const;
};

// Appends to a log of this party: one batch, all or nothing. Holds the log's lock from creation to destruction.
class Writer {
 public:
  ~Writer();
  // Stores a blob durably and gives its hash. A blob that no statement names later does no harm.
  [[nodiscard]] Result<Hash> put_blob(std::string_view bytes);
  // Adds a statement to the batch and gives its future name, for references within the batch. `recorded` is one time
  // for the whole batch.
  [[nodiscard]] Result<StatementRef> add(Draft draft);
  [[nodiscard]] std::size_t pending() const { return entries_.size(); }
  // Journals the batch (durable), then tiles and head (durable). On failure nothing of the batch was acknowledged.
  [[nodiscard]] Status commit();
  // What opening the log had to mend; for the user to be told.
  [[nodiscard]] const record::Log::Repair& repair() const { return log_->repair(); }

 private:
  friend class Node;
  Writer(Node& node, LogId id, record::KeyRing keys, std::unique_ptr<record::Log> log);
  Node& node_;
  LogId id_;
  record::KeyRing keys_;
  std::unique_ptr<record::Log> log_;
  std::vector<record::SealedPart> sealed_;
  Instant recorded_;
  std::vector<std::string> entries_;
};

class Node {
 public:
  // The nearest folder at or above `start` that holds mechanism.json; kNotFound with advice.
  [[nodiscard]] static Result<std::string> find(World world, const std::string& start);
  [[nodiscard]] static Result<std::unique_ptr<Node>> open(World world, std::string folder);

  struct InitRequest {
    std::string folder;
    mechanism::Mechanism mechanism;  // parties without keys; mine are made here
    std::string me;
  };
  struct InitResult {
    bool founded = false;  // false: a draft and a card were written, no log opened
    Hash mechanism_id;
    std::vector<std::string> waiting_for;  // parties whose cards are needed
  };
  // Makes the folder, keys and founding document, and opens the main log with its acceptance; or, with several parties,
  // keys, card and draft. kExists if the folder holds a node or draft already.
  [[nodiscard]] static Result<InitResult> init(World world, InitRequest request);

  [[nodiscard]] const std::string& folder() const { return folder_; }
  // As in force by the logs that are here.
  [[nodiscard]] const mechanism::Mechanism& mechanism() const { return roster_->mechanism(); }
  [[nodiscard]] const mechanism::Mechanism& founding() const { return mechanism_; }
  [[nodiscard]] const Hash& mechanism_id() const { return mechanism_id_; }
  [[nodiscard]] const std::string& me() const { return me_; }
  [[nodiscard]] World world() const { return world_; }
  [[nodiscard]] bool is_locked() const;

  // Logs on disk, ascending.
  [[nodiscard]] Result<std::vector<LogId>> logs() const;
  [[nodiscard]] Result<record::LogPlace> place_of(const LogId& log) const;
  [[nodiscard]] Result<record::LogReader> reader(const LogId& log) const;
  [[nodiscard]] const Settings& settings() const { return settings_; }
  // The log that this node appends to: its desk's, or the party's main one.
  [[nodiscard]] LogId own_log() const;
  // This node holds the key of the log: the party's main logs, or on a desk that one.
  [[nodiscard]] bool has_log_key(const LogId& log) const;

  // This node states receipts, heartbeats and digests: it holds the main log and its unlocked key, of a party that has
  // to receive, and is not behind its own heads.
  [[nodiscard]] bool states_by_itself() const;

  // What the logs say about the record. refresh_roster() reads what has come since.
  [[nodiscard]] const Roster& roster() const { return *roster_; }
  [[nodiscard]] Status refresh_roster() {
    damaged_.clear();
    return roster_->update();
  }
  // The cosigning witness; nullptr where the keys are locked. Opened once.
  [[nodiscard]] Result<record::Witness*> witness();
  // Heads that others are given: of the opened logs, and of this desk's own one before its opening has come here.
  [[nodiscard]] Result<std::map<LogId, record::Head>> heads() const;
  // The published heads as a cut. Others' logs whose copies here are damaged are left out, see damaged(); of an own log
  // that is an error.
  [[nodiscard]] Result<picture::Cut> cut() const;
  // Looks at the last bundle of every log and at the tiles that lead to its root: finds much damage without reading
  // all.
  void look_at_copies() const;
  // Logs of which the copy here was found damaged, and how.
  [[nodiscard]] std::map<LogId, Error> damaged() const;
  // Moves the copy of another party's log out of the way, into the folder `aside`: a peer's is taken in again. Fails
  // with kInvalidArgument on an own log, kNotFound, kBusy.
  [[nodiscard]] Status set_aside(const LogId& log);
  // Statements and blobs of this folder, for folds.
  [[nodiscard]] std::unique_ptr<picture::StatementSource> source() const;

  // Opens the own log for appending. kLocked, kBusy; kRolledBack where more of it is known to have been published than
  // is here (truce recover).
  [[nodiscard]] Result<std::unique_ptr<Writer>> writer() { return writer_of(own_log()); }
  // From here on nothing is stated that would count for nothing: what a humanitarian party has no right to say, an
  // objection to what this party has consented to, anything in a log of which two versions are proven. For what people
  // state by commands; kRefused.
  void refuse_vain_words() { refuses_vain_words_ = true; }
  // The party's main log, for what may come from there alone; kInvalidArgument on a desk.
  [[nodiscard]] Result<std::unique_ptr<Writer>> main_writer();

  // A head of an own log that is beyond what is here, or beyond what such a head said before: kept, so that nothing is
  // appended behind it.
  [[nodiscard]] Status note_own_head(const record::LogPlace& place, const std::string& checkpoint);
  [[nodiscard]] bool is_behind(const LogId& log) const;
  [[nodiscard]] std::string own_head_path(const LogId& log) const;
  // The log's statements up to the noted head are here again.
  [[nodiscard]] Status forget_own_head(const LogId& log);
  // A head that is signed and whose statements or blobs are not all here yet.
  [[nodiscard]] Status note_seen_head(const record::LogPlace& place, const std::string& checkpoint);
  // Signed heads that a new one must agree with: cosigned or seen before.
  [[nodiscard]] std::vector<std::string> known_heads(const record::LogPlace& place);
  // Evidence is kept in evidence/, whatever becomes of the log that it is about.
  [[nodiscard]] Status keep_evidence(const record::ForkEvidence& evidence);
  [[nodiscard]] Result<std::vector<record::ForkEvidence>> evidence() const;
  // That of other parties' logs which this party has not stated yet.
  [[nodiscard]] Result<std::vector<record::ForkEvidence>> evidence_to_state() const;
  // What others' receipts name of this node's own logs and is not here, the largest of each party that receives: this
  // folder is an older one than it was, or such a receipt says what is not so. Logs with two versions are left out, and
  // what disbelieve() was called for.
  [[nodiscard]] Result<std::vector<ReceiptBeyond>> receipts_beyond() const;
  // This party holds that a receipt says what is not so; a larger one of the same party counts again.
  [[nodiscard]] Status disbelieve(const ReceiptBeyond& receipt);
  // kRolledBack where nothing may be appended to a log of this node: it was restored and has asked nobody yet, or more
  // was published than is here. Of a log that is not here at all, receipts of others are held against that, too.
  [[nodiscard]] Status check_not_behind(const LogId& log) const;
  // Logs whose key has signed two versions, by evidence that is here and holds; the first of each.
  [[nodiscard]] Result<std::map<LogId, record::ProvenFork>> proven_forks() const;
  [[nodiscard]] Result<std::vector<Alarm>> alarms() const;

  // The picture at the published heads: opens picture.gpkg and folds what it lacks; a damaged or missing one is made
  // again (told through `notice`). The store stays open as long as the node.
  struct PictureFacts {
    picture::Cut cut;
    Instant as_of;
    Hash digest;
    bool rebuilt = false;
    std::string notice;
  };
  struct PictureOptions {
    bool rebuild = false;
    std::optional<Instant> as_of;
    Progress progress;
  };
  [[nodiscard]] Result<PictureFacts> update_picture(const PictureOptions& options);
  [[nodiscard]] Result<PictureFacts> update_picture() { return update_picture(PictureOptions()); }
  // REQUIRES: update_picture() succeeded.
  [[nodiscard]] store::PictureStore& picture() { return *store_; }

  // Effective maps of all zones and the finder over all place lists, from the picture. REQUIRES: update_picture()
  // succeeded.
  [[nodiscard]] Result<monitor::ZoneBook> zone_book();
  [[nodiscard]] Result<monitor::PlaceFinder> place_finder();
  [[nodiscard]] Result<std::string> blob(const Hash& hash) const;

  // A statement's envelope; kNotFound beyond the published head.
  [[nodiscard]] Result<record::Envelope> envelope(const StatementId& id) const;
  // The same of one that is asked for again and again; good until the next call of this function.
  [[nodiscard]] Result<const record::Envelope*> remembered(const StatementId& id);
  [[nodiscard]] Result<StatementRef> reference(const StatementId& id) const;
  // What this node can read of a statement's sealed part; null where there is none. kLocked, kBadSealedPart, kNotFound
  // (erased or never given).
  [[nodiscard]] Result<Json> open_sealed(const record::Envelope& envelope) const;

 private:
  [[nodiscard]] Result<PictureFacts> make_picture(const PictureOptions& options, picture::StatementSource& source);
  friend class Writer;
  Node() = default;
  [[nodiscard]] std::string path(std::string_view name) const { return folder_ + '/' + std::string(name); }
  [[nodiscard]] Result<std::unique_ptr<Writer>> writer_of(const LogId& log);
  [[nodiscard]] Status check_words(const Draft& draft) const;

  World world_;
  std::string folder_;
  mechanism::Mechanism mechanism_;
  Hash mechanism_id_;
  std::string me_;
  Settings settings_;
  std::unique_ptr<Roster> roster_;
  mutable std::map<LogId, Error> damaged_;  // found on reading, since the last refresh_roster()
  bool refuses_vain_words_ = false;
  std::map<StatementId, record::Envelope> remembered_;
  std::unique_ptr<record::Witness> witness_;
  std::unique_ptr<store::PictureStore> store_;
};

}  // namespace truce::node
