// SPDX-License-Identifier: Apache-2.0

#include "truce/node/recover.h"

#include <algorithm>
#include <set>

#include "truce/record/blobs.h"
#include "truce/record/envelope.h"
#include "truce/record/mirror.h"
#include "truce/record/note.h"

namespace truce::node {
namespace {

// How many of these are still not here. Fails only where this node cannot write.
Result<std::size_t> fetch_blobs(Node& node, Peer& peer, const std::set<Hash>& wanted) {
  record::BlobStore blobs(*node.world().files, node.folder() + "/blobs");
  std::size_t missing = 0;
  for (const Hash& h : wanted) {
    if (blobs.get(h)) continue;
    Status written;
    bool got = false;
    const std::string names[] = {"blobs/" + h.hex()};
    const auto asked = peer.get(names, record::kBlobBytesMax, [&](std::size_t, Result<std::string> bytes) -> Status {
      if (!bytes || sha256(*bytes) != h) return {};
      const auto put = blobs.put(*bytes);
      if (!put) written = fail(put.error());
      got = put.has_value();
      return {};
    });
    TRUCE_CHECK(std::move(written));
    missing += !asked || !got;
  }
  return missing;
}

class Recovery {
 public:
  Recovery(Node& node, std::span<Peer* const> peers) : node_(node), files_(*node.world().files), peers_(peers) {}

  Result<RecoverReport> run(const RecoverOptions& options) {
    // The own logs first. What the others say opens more of them, and tells what is still missing.
    std::size_t known = 0;
    do {
      known = own_count();
      TRUCE_CHECK(fetch_own());
      for (Peer* peer : peers_) {
        if (answered_.contains(peer)) static_cast<void>(receive(node_, *peer, {.state = false}));
      }
      TRUCE_CHECK(node_.refresh_roster());
    } while (own_count() != known);
    TRUCE_CHECK(hold_against_receipts(options.despite));
    look_at_entries();
    set_aside_unpublishable();
    for (const RecoverReport::LogReport& report : out_.logs) {
      if (!report.is_forked && !report.error && !node_.is_behind(report.log))
        TRUCE_CHECK(node_.forget_own_head(report.log));
    }
    // Whoever has nothing of a log that somebody has received is nobody to ask.
    out_.answered = answered_.size();
    out_.received_by = received_by(options.despite);
    const bool must_hold = options.must_hold || !out_.received_by.empty();
    out_.asked = must_hold ? holders_.size() : answered_.size();
    const bool whole =
        out_.asked != 0 && std::ranges::none_of(out_.logs, [](const auto& l) { return l.error.has_value(); });
    const std::string mark = node_.folder() + "/restored";
    if (whole && files_.exists(mark)) TRUCE_CHECK(files_.remove(mark));
    return std::move(out_);
  }

 private:
  struct Offer {
    record::LogPlace place;
    record::Checkpoint head;
    std::string checkpoint;
    Peer* peer;
  };

  std::size_t own_count() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(node_.roster().logs(), [&](const auto& l) { return node_.has_log_key(l.first); }));
  }

  // Parties with a receipt of an own log, of those that are believed.
  std::set<std::string> received_by(const std::set<std::string>& despite) const {
    std::set<std::string> out;
    for (const auto& [log, opened] : node_.roster().logs()) {
      if (!node_.has_log_key(log)) continue;
      for (const mechanism::Party& p : node_.mechanism().parties) {
        if (p.id == log.party || despite.contains(p.id)) continue;
        const auto received = node_.roster().received(p.id, log);
        if (received && received->size != 0) out.insert(p.id);
      }
    }
    return out;
  }

  RecoverReport::LogReport& report_of(const LogId& log) {
    const auto known = std::ranges::find(out_.logs, log, &RecoverReport::LogReport::log);
    if (known != out_.logs.end()) return *known;
    const auto reader = node_.reader(log);
    const std::uint64_t size = reader ? reader->head().size : 0;
    return out_.logs.emplace_back(RecoverReport::LogReport{log, size, size, false, std::nullopt});
  }

  std::vector<Offer> offers() {
    std::vector<Offer> out;
    const std::string ours = record::origin_prefix(node_.mechanism_id());
    const auto own = node_.place_of(node_.own_log());  // a desk's log may be unknown to the roster still
    for (Peer* peer : peers_) {
      const auto heads = peer->heads();
      if (!heads) continue;
      for (const std::string& checkpoint : *heads) {
        const auto text = record::claimed_checkpoint(checkpoint);
        if (!text || !text->origin.starts_with(ours)) continue;
        answered_.insert(peer);
        auto place = node_.roster().place_by_origin(text->origin);
        if (!place && own && own->origin() == text->origin) place = *own;
        if (!place || !node_.has_log_key(place->log)) continue;
        auto head = record::open_checkpoint(checkpoint, place->origin(), place->public_key);
        if (!head) continue;
        holders_.insert(peer);
        out.push_back({*place, std::move(head).value(), checkpoint, peer});
      }
    }
    std::ranges::stable_sort(out, [](const Offer& a, const Offer& b) {
      return a.place.log != b.place.log ? a.place.log < b.place.log : a.head.size > b.head.size;
    });
    return out;
  }

  // What the peers hold of this node's own logs, the longest first.
  Status fetch_own() {
    const std::vector<Offer> all = offers();
    // What a peer has a signed head of was published, whether it can be had now or not.
    for (const Offer& o : all) {
      const auto here = record::LogReader::open(files_, o.place);
      if (!here || here->head().size < o.head.size) TRUCE_CHECK(node_.note_own_head(o.place, o.checkpoint));
    }
    for (const Offer& o : all) TRUCE_CHECK(fetch(o));
    return {};
  }

  Status fetch(const Offer& o) {
    RecoverReport::LogReport& report = report_of(o.place.log);
    TRUCE_TRY(auto mirror, record::Mirror::open(files_, o.place, {5'000, node_.world().clock}));
    std::set<Hash> required;
    const auto fetched = mirror.fetch({o.checkpoint,
                                       {},
                                       [&](std::uint64_t, std::string_view entry, const Hash&) -> Status {
                                         const auto e = record::decode(entry);
                                         if (e) required.insert(e->required_blobs.begin(), e->required_blobs.end());
                                         return {};
                                       }},
                                      *o.peer);
    if (!fetched) {
      report.error = fetched.error();
      return {};
    }
    if (fetched->fork) {
      report.is_forked = true;
      return node_.keep_evidence(*fetched->fork);
    }
    if (fetched->is_new) {
      // The blobs first, as with every head: others ask this node for them.
      TRUCE_TRY(const std::size_t missing, fetch_blobs(node_, *o.peer, required));
      if (missing != 0) {
        report.error = Error{ErrorCode::kMissingBlob, std::to_string(missing) + " blobs that it needs were not given",
                             o.place.log.to_string()};
        return {};
      }
    }
    report.error.reset();
    if (!fetched->is_new) return {};
    TRUCE_CHECK(mirror.publish(o.checkpoint));
    report.after = fetched->head.size;
    return {};
  }

  // Whoever has stated a receipt for more has had more.
  Status hold_against_receipts(const std::set<std::string>& despite) {
    TRUCE_TRY(const auto beyond, node_.receipts_beyond());
    for (const ReceiptBeyond& b : beyond) {
      if (despite.contains(b.party)) {
        TRUCE_CHECK(node_.disbelieve(b));
        continue;
      }
      RecoverReport::LogReport& report = report_of(b.log);
      if (!report.error) report.error = Error{ErrorCode::kRolledBack, b.to_string(), b.log.to_string()};
    }
    return {};
  }

  // Whole is a log whose every entry is what the tiles say.
  void look_at_entries() {
    for (RecoverReport::LogReport& report : out_.logs) {
      auto reader = node_.reader(report.log);
      if (!reader || report.error || report.is_forked) continue;
      const Status ok = reader->visit(0, reader->head().size,
                                      [](std::uint64_t, std::string_view, const Hash&) -> Status { return {}; });
      if (!ok) report.error = ok.error();
    }
  }

  // What was stated meanwhile, and what the others hold in its place.
  void set_aside_unpublishable() {
    for (RecoverReport::LogReport& report : out_.logs) {
      const auto place = node_.place_of(report.log);
      const auto reader = node_.reader(report.log);
      if (!place || !reader || report.error) continue;
      const std::string name =
          report.log.party + '.' + report.log.log + ".statements-behind-" + std::to_string(reader->head().size);
      auto aside = record::set_aside_unpublishable(files_, *place, node_.folder() + "/aside", name);
      if (aside) {
        report.set_aside = std::move(aside).value();
      } else {
        report.error = std::move(aside).error();
      }
    }
  }

  Node& node_;
  FileSystem& files_;
  std::span<Peer* const> peers_;
  RecoverReport out_;
  std::set<Peer*> answered_, holders_;  // named a head of this mechanism; of an own log
};

}  // namespace

Result<RecoverReport> recover(Node& node, std::span<Peer* const> peers, const RecoverOptions& options) {
  return Recovery(node, peers).run(options);
}

Status mark_restored(Node& node, const std::string& fresh) {
  return node.world().files->write_atomic(node.folder() + "/restored", fresh);
}

bool is_marked_restored(const Node& node) {
  return node.world().files->exists(node.folder() + "/restored");
}

}  // namespace truce::node
