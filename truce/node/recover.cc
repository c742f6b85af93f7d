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

}  // namespace

Result<RecoverReport> recover(Node& node, std::span<Peer* const> peers, const RecoverOptions& options) {
  RecoverReport out;
  FileSystem& files = *node.world().files;
  struct Offer {
    record::LogPlace place;
    record::Checkpoint head;
    std::string checkpoint;
    Peer* peer;
  };
  std::vector<Offer> offers;
  const auto own = node.place_of(node.own_log());  // a desk's log may be unknown to the roster still
  for (Peer* peer : peers) {
    const auto heads = peer->heads();
    if (!heads) continue;
    const std::size_t before = offers.size();
    for (const std::string& checkpoint : *heads) {
      const auto text = record::claimed_checkpoint(checkpoint);
      if (!text) continue;
      auto place = node.roster().place_by_origin(text->origin);
      if (!place && own && own->origin() == text->origin) place = *own;
      if (!place || !node.has_log_key(place->log)) continue;
      auto head = record::open_checkpoint(checkpoint, place->origin(), place->public_key);
      if (head) offers.push_back({*place, std::move(head).value(), checkpoint, peer});
    }
    out.asked += !options.must_hold || offers.size() != before;
  }
  std::ranges::stable_sort(offers, [](const Offer& a, const Offer& b) {
    return a.place.log != b.place.log ? a.place.log < b.place.log : a.head.size > b.head.size;
  });
  // What a peer has a signed head of was published, whether it can be had now or not.
  for (const Offer& o : offers) {
    const auto here = record::LogReader::open(files, o.place);
    if (!here || here->head().size < o.head.size) TRUCE_CHECK(node.note_own_head(o.place, o.checkpoint));
  }
  for (std::size_t i = 0; i < offers.size(); ++i) {
    const Offer& o = offers[i];
    if (out.logs.empty() || out.logs.back().log != o.place.log) {
      const auto reader = record::LogReader::open(files, o.place);
      const std::uint64_t size = reader ? reader->head().size : 0;
      out.logs.push_back({o.place.log, size, size, false, std::nullopt});
    }
    RecoverReport::LogReport& report = out.logs.back();
    TRUCE_TRY(auto mirror, record::Mirror::open(files, o.place, {5'000, node.world().clock}));
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
      continue;
    }
    if (fetched->fork) {
      report.is_forked = true;
      TRUCE_CHECK(node.keep_evidence(*fetched->fork));
      continue;
    }
    if (fetched->is_new) {
      // The blobs first, as with every head: others ask this node for them.
      TRUCE_TRY(const std::size_t missing, fetch_blobs(node, *o.peer, required));
      if (missing != 0) {
        report.error = Error{ErrorCode::kMissingBlob, std::to_string(missing) + " blobs that it needs were not given",
                             o.place.log.to_string()};
        continue;
      }
    }
    report.error.reset();
    if (!fetched->is_new) continue;
    TRUCE_CHECK(mirror.publish(o.checkpoint));
    report.after = fetched->head.size;
  }
  TRUCE_CHECK(node.refresh_roster());
  // Whoever has stated a receipt for more has had more.
  TRUCE_TRY(const auto beyond, node.receipts_beyond());
  for (const ReceiptBeyond& b : beyond) {
    if (options.despite.contains(b.party)) continue;
    auto report = std::ranges::find(out.logs, b.log, &RecoverReport::LogReport::log);
    if (report == out.logs.end()) report = out.logs.insert(report, {b.log, b.here, b.here, false, std::nullopt});
    if (!report->error) report->error = Error{ErrorCode::kRolledBack, b.to_string(), b.log.to_string()};
  }
  for (RecoverReport::LogReport& report : out.logs) {
    // Whole it is if every entry is what the tiles say.
    const auto reader = node.place_of(report.log).and_then([&](const record::LogPlace& place) {
      return record::LogReader::open(files, place);
    });
    if (reader && !report.error && !report.is_forked) {
      record::LogReader all = *reader;
      const Status ok =
          all.visit(0, all.head().size, [](std::uint64_t, std::string_view, const Hash&) -> Status { return {}; });
      if (!ok) report.error = ok.error();
    }
    if (!report.is_forked && !report.error && !node.is_behind(report.log))
      TRUCE_CHECK(node.forget_own_head(report.log));
  }
  const bool whole =
      out.asked != 0 && std::ranges::none_of(out.logs, [](const auto& l) { return l.error.has_value(); });
  const std::string mark = node.folder() + "/restored";
  if (whole && files.exists(mark)) TRUCE_CHECK(files.remove(mark));
  return out;
}

Status mark_restored(Node& node, const std::string& fresh) {
  return node.world().files->write_atomic(node.folder() + "/restored", fresh);
}

bool is_marked_restored(const Node& node) {
  return node.world().files->exists(node.folder() + "/restored");
}

}  // namespace truce::node
