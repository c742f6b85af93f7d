// SPDX-License-Identifier: Apache-2.0

#include "truce/node/exchange.h"

#include <algorithm>
#include <set>

#include "truce/base/encoding.h"
#include "truce/node/sharing.h"
#include "truce/record/blobs.h"
#include "truce/record/bundle_file.h"
#include "truce/record/evidence.h"
#include "truce/record/merkle.h"
#include "truce/record/mirror.h"
#include "truce/record/note.h"
#include "truce/record/statements.h"
#include "truce/record/tile_io.h"
#include "truce/record/witness.h"

namespace truce::node {
namespace {

constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;
constexpr std::size_t kBlobsAtOnce = 16;

// A peer's head of one log, told apart from what it says itself.
struct NamedHead {
  std::string checkpoint;
  record::Checkpoint head;
  record::LogPlace place;
};

// Blobs that entries name.
struct NamedBlobs {
  std::set<Hash> required, optional;

  void take(std::string_view entry) {
    // Most statements name none: the word is looked for before the entry is parsed.
    if (entry.find("\"blobs\":") == std::string_view::npos) return;
    const auto e = record::decode(entry);
    if (!e) return;
    required.insert(e->required_blobs.begin(), e->required_blobs.end());
    optional.insert(e->optional_blobs.begin(), e->optional_blobs.end());
  }
};

class Receiver {
 public:
  Receiver(Node& node, Peer& peer, const ReceiveOptions& options)
      : node_(node),
        peer_(peer),
        options_(options),
        files_(*node.world().files),
        blobs_(files_, node.folder() + "/blobs") {}

  Result<ReceiveReport> run();

 private:
  // One log under way: its tiles are here, its blobs may not be.
  struct Waiting {
    record::Mirror mirror;
    NamedHead named;
    NamedBlobs blobs;
    bool is_new = false;
    std::size_t report = 0;
  };

  Status look_at_own(const NamedHead& named);
  Status fetch_log(const NamedHead& named);
  Status fetch_blobs();
  Status publish(Waiting& waiting);
  Status take_handovers();
  Result<std::string> with_cosignatures(const record::LogPlace& place, const std::string& mine,
                                        const std::string& theirs, record::Mirror* mirror);
  ReceiveReport::LogReport& report_of(const LogId& log, std::uint64_t before);

  Node& node_;
  Peer& peer_;
  const ReceiveOptions& options_;
  FileSystem& files_;
  record::BlobStore blobs_;
  ReceiveReport report_;
  std::vector<Waiting> waiting_;
};

ReceiveReport::LogReport& Receiver::report_of(const LogId& log, std::uint64_t before) {
  report_.logs.push_back({log, before, before, 0, false, 0, std::nullopt});
  return report_.logs.back();
}

// The peer's copy of one of this party's own logs: longer than ours, or of another branch?
Status Receiver::look_at_own(const NamedHead& named) {
  auto reader = record::LogReader::open(files_, named.place);
  const record::Head own = reader ? reader->head() : record::Head{named.place.log, 0, record::empty_root()};
  if (named.head.size > own.size) {
    report_.own_behind.push_back(named.place.log);
    return node_.note_own_head(named.place, named.checkpoint);
  }
  if (!reader || named.head.size == 0) return {};
  TRUCE_TRY(const Hash root, reader->root_at(named.head.size));
  if (root != named.head.root) {
    // Somebody has this party's key, or an old copy of this node went on. What is held elsewhere proves it.
    auto mirror = record::Mirror::open(files_, named.place, {5'000, node_.world().clock});
    if (!mirror) return fail(std::move(mirror).error());
    TRUCE_TRY(const auto fetched, mirror->fetch({named.checkpoint, {}, {}}, peer_));
    if (fetched.fork) {
      report_of(named.place.log, own.size).is_forked = true;
      return node_.keep_evidence(*fetched.fork);
    }
    return {};
  }
  if (named.head.size != own.size) return {};
  // The same head: others' cosignatures are worth having on it.
  auto lock = files_.lock(named.place.folder + "/lock", 5'000);
  if (!lock) return {};
  TRUCE_TRY(const std::string mine, files_.read(named.place.folder + "/checkpoint", record::kNoteBytesMax));
  TRUCE_TRY(const std::string merged, with_cosignatures(named.place, mine, named.checkpoint, nullptr));
  if (merged == mine) return {};
  return files_.write_atomic(named.place.folder + "/checkpoint", merged);
}

// Both notes' signatures, and our own if a mirror stands behind it. `mine` is given back where the texts differ.
Result<std::string> Receiver::with_cosignatures(const record::LogPlace& place, const std::string& mine,
                                                const std::string& theirs, record::Mirror* mirror) {
  std::vector<record::SignedNote> notes;
  for (const std::string* bytes : {&mine, &theirs}) {
    auto note = record::SignedNote::parse(*bytes);
    if (note && (notes.empty() || note->text == notes.front().text)) notes.push_back(std::move(note).value());
  }
  if (notes.empty()) return mine;
  const Instant now = node_.world().clock->now();
  const std::vector<record::Cosigner> cosigners = node_.roster().cosigners();
  if (mirror != nullptr) {
    TRUCE_TRY(record::Witness * witness, node_.witness());
    if (witness != nullptr && !record::cosigned_at(notes.front(), witness->cosigner(), now)) {
      TRUCE_TRY(const auto line, witness->cosign_mirrored(place, mine, [&](std::uint64_t size) -> Result<Hash> {
        TRUCE_TRY(auto reader, record::LogReader::open(files_, place));
        if (size > reader.head().size) return Hash{};
        return reader.root_at(size);
      }));
      if (line) notes.front().signatures.push_back(*line);
    }
  }
  return record::merge_signatures(notes, place.origin(), place.public_key, cosigners, now).to_bytes();
}

Status Receiver::fetch_log(const NamedHead& named) {
  auto mirror = record::Mirror::open(files_, named.place, {5'000, node_.world().clock});
  if (!mirror) {
    report_of(named.place.log, 0).error = mirror.error();
    return {};
  }
  const record::Head held = mirror->head();
  Waiting waiting{std::move(mirror).value(), named, {}, false, 0};
  if (named.head.size == held.size && named.head.root == held.root) {
    waiting_.push_back(std::move(waiting));  // for cosignatures
    return {};
  }
  record::Mirror::FetchRequest request;
  request.checkpoint = named.checkpoint;
  request.known = node_.known_heads(named.place);
  request.visit = [&](std::uint64_t, std::string_view entry, const Hash&) -> Status {
    waiting.blobs.take(entry);
    return {};
  };
  const auto fetched = waiting.mirror.fetch(request, peer_);
  if (!fetched) {
    report_of(named.place.log, held.size).error = fetched.error();
    // What this node cannot write is its own trouble; what a peer gives or does not give is the peer's.
    return {};
  }
  if (fetched->fork) {
    report_of(named.place.log, held.size).is_forked = true;
    return node_.keep_evidence(*fetched->fork);
  }
  if (!fetched->is_new) return {};
  waiting.is_new = true;
  waiting.report = report_.logs.size();
  report_of(named.place.log, held.size).entries = fetched->entries;
  waiting_.push_back(std::move(waiting));
  return {};
}

// Required blobs of all logs, then optional ones, each smallest first.
Status Receiver::fetch_blobs() {
  std::set<Hash> required, optional;
  for (const Waiting& w : waiting_) {
    required.insert(w.blobs.required.begin(), w.blobs.required.end());
    optional.insert(w.blobs.optional.begin(), w.blobs.optional.end());
  }
  for (const bool needed : {true, false}) {
    if (!needed && options_.attachments == Attachments::kNone) break;
    std::vector<Hash> wanted;
    for (const Hash& h : needed ? required : optional) {
      if (!blobs_.has(h) || !blobs_.get(h)) wanted.push_back(h);
    }
    // A blob that is here may be of a call whose last step failed: its name need not be durable yet.
    if (needed && wanted.size() != required.size()) TRUCE_CHECK(files_.sync(node_.folder() + "/blobs"));
    if (wanted.empty()) continue;
    const auto sizes = peer_.sizes(wanted);
    if (!sizes) return {};  // the peer is gone: what is here stays, heads wait for their blobs
    if (sizes->size() != wanted.size()) return {};
    std::vector<std::pair<std::int64_t, Hash>> order;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const std::int64_t size = (*sizes)[i];
      const bool small = size <= kSmallBlobBytesMax;
      if (size >= 0 && (needed || small || options_.attachments == Attachments::kAll))
        order.emplace_back(size, wanted[i]);
    }
    std::ranges::sort(order);
    for (std::size_t begin = 0; begin < order.size(); begin += kBlobsAtOnce) {
      std::vector<std::string> names;
      for (std::size_t i = begin; i < std::min(order.size(), begin + kBlobsAtOnce); ++i)
        names.push_back("blobs/" + order[i].second.hex());
      Status written;
      const auto got = peer_.get(names, record::kBlobBytesMax, [&](std::size_t i, Result<std::string> bytes) -> Status {
        // Bytes that are not what their name says are nothing.
        if (!bytes || sha256(*bytes) != order[begin + i].second) return {};
        const auto put = blobs_.put(*bytes);
        if (!put) written = fail(put.error());
        ++report_.blobs;
        return written;
      });
      TRUCE_CHECK(std::move(written));
      if (!got) return {};
    }
  }
  return {};
}

Status Receiver::publish(Waiting& w) {
  if (w.is_new) {
    std::size_t missing = 0;
    for (const Hash& h : w.blobs.required) missing += !blobs_.has(h);
    if (missing != 0) {
      report_.logs[w.report].blobs_missing = missing;
      return node_.note_seen_head(w.named.place, w.named.checkpoint);
    }
    // First the head as it came, then with our own word on it: a cosignature is given for what is held.
    TRUCE_TRY(const std::string plain,
              record::own_checkpoint(w.named.checkpoint, w.named.place.origin(), w.named.place.public_key));
    TRUCE_CHECK(w.mirror.publish(plain));
    report_.logs[w.report].after = w.named.head.size;
  }
  TRUCE_TRY(const std::string mine, files_.read(w.named.place.folder + "/checkpoint", record::kNoteBytesMax));
  TRUCE_TRY(const std::string merged, with_cosignatures(w.named.place, mine, w.named.checkpoint, &w.mirror));
  if (merged != mine) TRUCE_CHECK(w.mirror.publish(merged));
  return {};
}

// What was given to this party, once the logs that say so are here.
Status Receiver::take_handovers() {
  if (!node_.settings().desk.empty() || node_.is_locked()) return {};
  HandoversRequest request;
  request.files = &files_;
  request.folder = node_.folder();
  TRUCE_TRY(const bool awaited, is_part_awaited(node_));
  if (awaited) {
    TRUCE_TRY(request.query, handovers_query(node_));
  }
  HandoverTaker taker(node_);
  // What the peer does wrong stops nothing but itself.
  if (auto ok = peer_.handovers(request, taker); !ok) report_.handovers_error = std::move(ok).error();
  report_.parts = taker.finish();
  return {};
}

Result<ReceiveReport> Receiver::run() {
  TRUCE_TRY(const std::vector<std::string> heads, peer_.heads());
  report_.heads = heads.size();
  const std::string ours = record::origin_prefix(node_.mechanism_id());
  const auto is_ours = [&](const std::string& checkpoint) {
    const auto text = record::claimed_checkpoint(checkpoint);
    return text && text->origin.starts_with(ours);
  };
  if (!heads.empty() && std::ranges::none_of(heads, is_ours))
    return fail(ErrorCode::kRefused, "what it holds is of another mechanism, or no log at all");
  std::set<LogId> done;
  std::size_t known_before = 0;
  // New logs become known by what older ones say: as many rounds as that takes.
  for (bool more = true; more;) {
    more = false;
    report_.unknown = 0;
    TRUCE_CHECK(node_.refresh_roster());
    if (known_before == node_.roster().logs().size() && known_before != 0) break;
    known_before = node_.roster().logs().size();
    std::vector<NamedHead> named;
    for (const std::string& checkpoint : heads) {
      const auto text = record::claimed_checkpoint(checkpoint);
      if (!text) continue;
      const auto place = node_.roster().place_by_origin(text->origin);
      if (!place) {
        ++report_.unknown;
        continue;
      }
      auto head = record::open_checkpoint(checkpoint, place->origin(), place->public_key);
      if (!head) {
        if (done.insert(place->log).second) report_of(place->log, 0).error = head.error();
        continue;
      }
      if (done.insert(place->log).second) named.push_back({checkpoint, std::move(head).value(), *place});
    }
    waiting_.clear();
    for (const NamedHead& n : named) {
      TRUCE_CHECK(n.place.log.party == node_.me() && node_.has_log_key(n.place.log) ? look_at_own(n) : fetch_log(n));
      more = true;
    }
    TRUCE_CHECK(fetch_blobs());
    for (Waiting& w : waiting_) {
      if (auto ok = publish(w); !ok) return fail(std::move(ok).error());
    }
    waiting_.clear();
  }
  TRUCE_CHECK(node_.refresh_roster());
  TRUCE_CHECK(take_handovers());
  if (options_.state) {
    TRUCE_TRY(report_.stated, state_due(node_));
  }
  std::ranges::stable_sort(report_.logs, {}, &ReceiveReport::LogReport::log);
  return std::move(report_);
}

}  // namespace

bool ReceiveReport::any_new() const {
  return std::ranges::any_of(logs, [](const LogReport& l) { return l.after > l.before; });
}

Status Peer::handovers(const HandoversRequest&, HandoverSink&) {
  return {};
}

// ---- a folder as a peer

Result<std::vector<std::string>> FolderPeer::heads() {
  std::vector<std::string> out;
  auto parties = files_.list(folder_ + "/logs");
  if (!parties && parties.error().code == ErrorCode::kNotFound) return out;
  if (!parties) return fail(std::move(parties).error());
  for (const std::string& party : *parties) {
    const auto logs = files_.list(folder_ + "/logs/" + party);
    if (!logs) continue;
    for (const std::string& log : *logs) {
      auto checkpoint = files_.read(folder_ + "/logs/" + party + '/' + log + "/checkpoint", record::kNoteBytesMax);
      if (checkpoint && out.size() < kPeerHeadCountMax) out.push_back(std::move(checkpoint).value());
    }
  }
  return out;
}

Result<std::vector<std::int64_t>> FolderPeer::sizes(std::span<const Hash> blobs) {
  std::vector<std::int64_t> out;
  for (const Hash& h : blobs) {
    const auto status = files_.status(folder_ + "/blobs/" + h.hex());
    out.push_back(status ? static_cast<std::int64_t>(status->size) : -1);
  }
  return out;
}

Status FolderPeer::get(std::span<const std::string> names, std::uint64_t limit_bytes, const Take& take) {
  return record::FolderSource(files_, folder_).get(names, limit_bytes, take);
}

Status FolderPeer::handovers(const HandoversRequest&, HandoverSink& sink) {
  const auto names = files_.list(folder_ + "/handover");
  if (!names) return {};
  for (const std::string& name : *names) {
    TRUCE_TRY(std::string bytes, files_.read(folder_ + "/handover/" + name, record::kHandoverBytesMax));
    TRUCE_CHECK(sink.handover(std::move(bytes)));
  }
  const auto sealed = files_.list(folder_ + "/sealed");
  for (const std::string& name : sealed.value_or(std::vector<std::string>())) {
    const auto hash = Hash::from_hex(name);
    if (!hash || !sink.wants(*hash)) continue;
    TRUCE_TRY(std::string bytes,
              files_.read(folder_ + "/sealed/" + name, record::bundle_member_bytes_max(record::BundleKind::kSealed)));
    TRUCE_CHECK(sink.ciphertext(*hash, std::move(bytes)));
  }
  return {};
}

// ---- receiving

Result<ReceiveReport> receive(Node& node, Peer& peer, const ReceiveOptions& options) {
  return Receiver(node, peer, options).run();
}

Result<std::vector<StatementId>> state_due(Node& node) {
  std::vector<StatementId> out;
  const LogId main = node.roster().main_log(node.me());
  if (!node.states_by_itself()) return out;
  record::Receipt receipt;
  for (const auto& [log, head] : node.roster().heads()) {
    if (log.party == node.me() || head.size == 0 || receipt.heads.size() == record::kReceiptHeadCountMax) continue;
    const auto received = node.roster().received(node.me(), log);
    const std::uint64_t covered = received ? received->size : 0;
    if (node.roster().counting_size(log) > covered && head.size > covered) receipt.heads.push_back(head);
  }
  // The same of the heads: one that was read may go again with the power. What is receipted stays.
  for (const record::Head& h : receipt.heads) {
    TRUCE_TRY(const record::LogPlace place, node.place_of(h.log));
    TRUCE_CHECK(node.world().files->sync(place.folder));
  }
  TRUCE_TRY(const auto evidence, node.evidence_to_state());
  const auto newest = node.roster().newest(main);
  const bool is_silent = !newest || node.world().clock->now().ms - newest->ms >= kDayMs;
  TRUCE_TRY(const bool key_due, is_sealing_key_due(node));
  if (receipt.heads.empty() && evidence.empty() && !is_silent && !key_due) return out;
  auto writer = node.main_writer();
  if (!writer && writer.error().code == ErrorCode::kBusy) return out;        // somebody appends right now: next time
  if (!writer && writer.error().code == ErrorCode::kRolledBack) return out;  // restored: truce recover comes first
  if (!writer && writer.error().code == ErrorCode::kRefused) return out;     // forked: a fresh log comes first
  if (!writer) return fail(std::move(writer).error());
  for (const record::ForkEvidence& e : evidence) {
    TRUCE_TRY(const StatementRef ref, (*writer)->add({record::kEvidenceType, e.to_body(), {}, {}, {}}));
    out.push_back(ref.id);
  }
  if (key_due) {
    TRUCE_TRY(const record::KeyRing keys, record::KeyRing::open(*node.world().files, node.folder() + "/keys"));
    const record::SealingKey body{keys.x25519_public_key()};
    TRUCE_TRY(const StatementRef ref, (*writer)->add({record::kSealingKeyType, body.to_body(), {}, {}, {}}));
    out.push_back(ref.id);
  }
  if (!receipt.heads.empty()) {
    TRUCE_TRY(const StatementRef ref, (*writer)->add({record::kReceiptType, receipt.to_body(), {}, {}, {}}));
    out.push_back(ref.id);
  } else if (is_silent && evidence.empty() && !key_due) {
    TRUCE_TRY(const StatementRef ref, (*writer)->add({record::kHeartbeatType, Json::object(), {}, {}, {}}));
    out.push_back(ref.id);
  }
  TRUCE_CHECK((*writer)->commit());
  TRUCE_CHECK(node.refresh_roster());
  return out;
}

// ---- bundles

Result<std::map<LogId, std::uint64_t>> sizes_at(Node& node, Peer& peer) {
  std::map<LogId, std::uint64_t> out;
  TRUCE_TRY(const std::vector<std::string> heads, peer.heads());
  for (const std::string& checkpoint : heads) {
    const auto text = record::claimed_checkpoint(checkpoint);
    const auto place = text ? node.roster().place_by_origin(text->origin) : std::nullopt;
    const auto head = place ? record::open_checkpoint(checkpoint, place->origin(), place->public_key)
                            : Result<record::Checkpoint>(fail(ErrorCode::kNotFound, ""));
    if (head) out[place->log] = head->size;
  }
  return out;
}

Result<BundleFacts> export_bundle(Node& node, const std::string& path, const BundleRequest& request) {
  FileSystem& files = *node.world().files;
  TRUCE_CHECK(node.refresh_roster());
  BundleFacts facts;
  Parcels parcels;
  if (!request.for_party.empty()) {
    TRUCE_TRY(parcels, parcels_for(node, request.for_party, kOutboxCountMax, record::kBundleBytesTotalMax));
  }
  NamedBlobs blobs;
  // Name in the bundle, and what it is read from: a tile of a log at its head.
  struct Member {
    std::string name;
    LogId log;
    int level = 0;
    std::uint64_t index = 0;
    std::uint32_t width = 0;
    std::string bytes;  // of a checkpoint, read now: later it may be newer than its tiles
  };
  std::vector<Member> members;
  TRUCE_TRY(const auto heads, node.heads());
  const auto add_log = [&](const LogId& log) -> Status {
    TRUCE_TRY(const record::LogPlace place, node.place_of(log));
    TRUCE_TRY(std::string checkpoint, files.read(place.folder + "/checkpoint", record::kNoteBytesMax));
    TRUCE_TRY(const record::Checkpoint head, record::open_checkpoint(checkpoint, place.origin(), place.public_key));
    const auto it = request.since.find(log);
    const std::uint64_t since = it != request.since.end() ? it->second : 0;
    const std::string prefix = "logs/" + log.to_string() + '/';
    members.push_back({prefix + "checkpoint", log, 0, 0, 0, std::move(checkpoint)});
    if (head.size <= since) return {};
    TRUCE_TRY(auto reader, record::LogReader::open(files, place));
    TRUCE_CHECK(reader.visit(since, head.size, [&](std::uint64_t, std::string_view entry, const Hash&) -> Status {
      blobs.take(entry);
      return {};
    }));
    for (int level = record::kEntriesLevel; level < 0 || record::nodes_at(head.size, level) != 0; ++level) {
      const std::uint64_t nodes = record::nodes_at(head.size, std::max(level, 0));
      for (std::uint64_t i = record::nodes_at(since, std::max(level, 0)) / record::kTileWidth;
           i * record::kTileWidth < nodes; ++i) {
        const std::uint32_t width = record::tile_width(nodes, i);
        members.push_back({prefix + record::TilePath{level, i, width}.to_string(), log, level, i, width, {}});
      }
    }
    ++facts.logs;
    facts.statements += head.size - since;
    return {};
  };
  for (const auto& [log, known_head] : heads) {
    const Status ok = add_log(log);
    if (ok) continue;
    if (node.has_log_key(log) || !is_damage(ok.error())) return fail(ok.error());
    std::erase_if(members, [&log = log](const Member& m) { return m.log == log; });
    facts.left_out.push_back(log);
  }
  for (const auto& [log, error] : node.damaged()) {
    if (!node.has_log_key(log) && std::ranges::find(facts.left_out, log) == facts.left_out.end())
      facts.left_out.push_back(log);
  }
  std::ranges::sort(members, {}, &Member::name);
  TRUCE_TRY(const auto writer,
            record::BundleWriter::create(files, path, {node.world().clock->now(), node.mechanism_id(), node.me()}));
  const record::BlobStore store(files, node.folder() + "/blobs");
  std::set<Hash> wanted = blobs.required;
  if (request.attachments != Attachments::kNone) wanted.insert(blobs.optional.begin(), blobs.optional.end());
  for (const Hash& h : wanted) {  // ascending by bytes, and so by hex
    const auto status = files.status(store.path(h));
    const bool needed = blobs.required.contains(h);
    if (!status && !needed) continue;
    if (!needed && request.attachments == Attachments::kSmall &&
        status->size > static_cast<std::uint64_t>(kSmallBlobBytesMax))
      continue;
    TRUCE_TRY(const std::string bytes, store.get(h));
    TRUCE_CHECK(writer->add("blobs/" + h.hex(), bytes));
    ++facts.blobs;
  }
  for (const auto& [name, bytes] : parcels.handovers) {
    TRUCE_CHECK(writer->add("handover/" + name, bytes));
    ++facts.handovers;
  }
  for (const Member& m : members) {
    if (m.width == 0) {
      TRUCE_CHECK(writer->add(m.name, m.bytes));
      continue;
    }
    TRUCE_TRY(const record::LogPlace place, node.place_of(m.log));
    TRUCE_TRY(const std::string bytes, record::read_tile(files, place.folder, m.level, m.index, m.width));
    TRUCE_CHECK(writer->add(m.name, bytes));
  }
  TRUCE_CHECK(add_ciphertexts(node, parcels, *writer));
  TRUCE_CHECK(writer->finish());
  TRUCE_TRY(const FileStatus status, files.status(path));
  facts.bytes = status.size;
  return facts;
}

Result<std::unique_ptr<UnpackedBundle>> UnpackedBundle::open(Node& node, const std::string& path) {
  FileSystem& files = *node.world().files;
  TRUCE_TRY(const auto reader, record::BundleReader::open(files, path));
  if (reader->manifest().mechanism != node.mechanism_id()) {
    return fail(ErrorCode::kInvalidArgument,
                "the bundle is of another mechanism, " + reader->manifest().mechanism.hex(), path);
  }
  std::unique_ptr<UnpackedBundle> out(new UnpackedBundle(files, temporary_name(node.folder() + "/incoming")));
  const auto unpack = [&]() -> Status {
    std::set<std::string> made;
    while (true) {
      TRUCE_TRY(const auto member, reader->next());
      if (!member) return {};
      const std::string target = out->folder_ + '/' + member->name;
      if (made.insert(folder_of(target)).second) TRUCE_CHECK(files.make_folders(folder_of(target)));
      TRUCE_CHECK(files.write(target, member->bytes));
    }
  };
  TRUCE_CHECK(files.make_folders(out->folder_));
  if (auto ok = unpack(); !ok) return fail(at(std::move(ok).error(), path));
  return out;
}

UnpackedBundle::~UnpackedBundle() {
  remove_tree(files_, folder_);
}

Result<ReceiveReport> import_bundle(Node& node, const std::string& path, const ReceiveOptions& options) {
  TRUCE_TRY(const auto bundle, UnpackedBundle::open(node, path));
  return receive(node, bundle->peer(), options);
}

}  // namespace truce::node
