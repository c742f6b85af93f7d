// SPDX-License-Identifier: Apache-2.0

#include "truce/node/sharing.h"

#include <algorithm>

#include "truce/base/encoding.h"
#include "truce/record/private_store.h"
#include "truce/record/statements.h"

namespace truce::node {
namespace {

std::string outbox_of(const Node& node) {
  return node.folder() + "/private/outbox";
}

// "un.main.17": a statement's name in file names.
std::string file_name(const StatementId& id) {
  return id.log.party + '.' + id.log.log + '.' + std::to_string(id.index) + ".json";
}
std::string erasing_mark(const Node& node, const StatementId& id) {
  return node.folder() + "/private/erasing/" + file_name(id);
}
std::string wrong_mark(const Node& node, const StatementId& id) {
  return node.folder() + "/private/wrong/" + file_name(id);
}

Status remove_file(FileSystem& files, const std::string& path) {
  if (!files.exists(path)) return {};
  TRUCE_CHECK(files.remove(path));
  return files.sync(folder_of(path));
}

Result<record::KeyRing> keys_of(const Node& node) {
  return record::KeyRing::open(*node.world().files, node.folder() + "/keys");
}
Result<record::SealedStore> store_of(const Node& node, const record::KeyRing& keys) {
  return record::SealedStore::open(*node.world().files, node.folder(), keys.private_key(), &keys.next_private_key());
}

Status check_unlocked(const Node& node) {
  if (!node.is_locked()) return {};
  return fail(ErrorCode::kLocked, "the keys are locked: truce unlock first", node.folder());
}

Result<record::Envelope> sealed_envelope(const Node& node, const StatementId& id) {
  TRUCE_TRY(record::Envelope e, node.envelope(id));
  if (!e.sealed) return fail(ErrorCode::kInvalidArgument, "has no sealed part", id.to_string());
  return e;
}

// Statements of a type in main logs, with what they refer to as `of`.
struct About {
  StatementId id;
  StatementId of;
  const record::Envelope* envelope;  // good until the next one
};
template <typename Visit>
void each_about(Node& node, std::string_view type, Visit visit) {
  for (const StatementId& id : node.roster().of_type(type)) {
    const auto log = node.roster().logs().find(id.log);
    if (log == node.roster().logs().end() || !log->second.is_main) continue;
    const auto e = node.remembered(id);
    if (!e) continue;
    const StatementRef* of = (*e)->reference(record::kRelationOf);
    if (of != nullptr) visit(About{id, of->id, *e});
  }
}

// This party's erasures: what was erased -> where that is stated.
std::map<StatementId, StatementId> own_erasures(Node& node) {
  std::map<StatementId, StatementId> out;
  each_about(node, record::kErasureType, [&](const About& a) {
    if (a.id.log.party == node.me() && record::Erasure::from_body(a.envelope->body)) out.emplace(a.of, a.id);
  });
  return out;
}

// What was given to a party: statement -> who gave it.
std::map<StatementId, std::set<std::string>> given_to(Node& node, const std::string& party) {
  std::map<StatementId, std::set<std::string>> out;
  each_about(node, record::kShareType, [&](const About& a) {
    const auto body = record::Share::from_body(a.envelope->body);
    if (body && std::ranges::binary_search(body->to, party)) out[a.of].insert(a.id.log.party);
  });
  return out;
}

// The handovers in the outbox for one party, by name. Files that are none are left out.
Result<std::map<std::string, record::Handover>> waiting_for(const Node& node, const std::string& party) {
  FileSystem& files = *node.world().files;
  std::map<std::string, record::Handover> out;
  const std::string folder = outbox_of(node) + '/' + party;
  const auto names = files.list(folder);
  if (!names && names.error().code == ErrorCode::kNotFound) return out;
  if (!names) return fail(names.error());
  for (const std::string& name : *names) {
    const auto bytes = files.read(folder + '/' + name, record::kHandoverFileBytesMax);
    auto h = bytes ? record::Handover::parse(*bytes) : Result<record::Handover>(fail(bytes.error()));
    if (h && h->to == party && sha256(*bytes).hex() == name) out.emplace(name, std::move(h).value());
  }
  return out;
}

// Private files under the next private key. What neither key opens stays: it is of a backup under another one.
Status rewrap_private(const Node& node, const record::KeyRing& keys) {
  FileSystem& files = *node.world().files;
  TRUCE_TRY(const auto names, files.list(node.folder() + "/private"));
  for (const std::string& name : names) {
    const auto status = files.status(node.folder() + "/private/" + name);
    if (!is_id(name) || name == "wrapped-keys" || !status || status->is_directory) continue;
    if (auto done = record::read_private(files, node.folder(), name, keys.next_private_key()); done) {
      record::wipe(*done);
      continue;
    }
    auto bytes = record::read_private(files, node.folder(), name, keys.private_key());
    if (!bytes && bytes.error().code == ErrorCode::kBadSealedPart) continue;
    if (!bytes) return fail(std::move(bytes).error());
    const auto written =
        record::write_private(files, node.folder(), name, *bytes, keys.next_private_key(), *node.world().random);
    record::wipe(*bytes);
    TRUCE_CHECK(written);
  }
  return {};
}

Status add_sealing_key(Writer& writer, const record::KeyRing& keys) {
  const record::SealingKey body{keys.x25519_public_key()};
  return writer.add({record::kSealingKeyType, body.to_body(), {}, {}, {}}).map([](const StatementRef&) {});
}

}  // namespace

// ---- giving

Result<StatementId> share(Node& node, const StatementId& id, std::vector<std::string> to) {
  FileSystem& files = *node.world().files;
  std::ranges::sort(to);
  to.erase(std::unique(to.begin(), to.end()), to.end());
  if (to.empty()) return fail(ErrorCode::kInvalidArgument, "to whom? name at least one party");
  if (to.size() > record::kShareToCountMax)
    return fail(ErrorCode::kInvalidArgument, "to at most " + std::to_string(record::kShareToCountMax) + " parties");
  for (const std::string& party : to) {
    if (party == node.me()) return fail(ErrorCode::kInvalidArgument, "this is the party itself", party);
    const mechanism::Party* p = node.mechanism().party(party);
    if (p == nullptr) return fail(ErrorCode::kUnknownParty, quoted(party) + " is not a party of this mechanism");
    if (p->left) return fail(ErrorCode::kInvalidArgument, "has left this mechanism", party);
  }
  TRUCE_TRY(const record::Envelope envelope, sealed_envelope(node, id));
  TRUCE_CHECK(check_unlocked(node));
  TRUCE_TRY(const auto writer, node.main_writer());
  TRUCE_TRY(const record::KeyRing keys, keys_of(node));
  TRUCE_TRY(const auto store, store_of(node, keys));
  {
    // Nothing is passed on that does not open, and so nothing that cannot be had.
    TRUCE_TRY(Json opened, open_part(node, id));
    record::wipe(opened);
  }
  TRUCE_TRY(const record::Secret content_key, store.content_key(*envelope.sealed));
  // Before the statement, which is what lets them go out.
  for (const std::string& party : to) {
    const auto key = node.roster().sealing_key(party);
    auto wrapped =
        record::wrap_for(key.value_or(std::string()), content_key, envelope.sealed->ciphertext, *node.world().random);
    if (!wrapped) return fail(at(std::move(wrapped).error(), party));
    const std::string bytes = record::Handover{node.me(), id, party, std::move(wrapped).value()}.to_bytes();
    TRUCE_TRY(const auto before, waiting_for(node, party));
    if (before.size() >= kOutboxCountMax)
      return fail(ErrorCode::kLimit, "more waits for this party already than an outbox holds", party);
    const std::string folder = outbox_of(node) + '/' + party;
    TRUCE_CHECK(files.make_folders(folder, 0700));
    TRUCE_CHECK(files.write_atomic(folder + '/' + sha256(bytes).hex(), bytes, 0600));
    for (const auto& [name, handover] : before) {
      if (handover.statement == id) TRUCE_CHECK(remove_file(files, folder + '/' + name));
    }
  }
  TRUCE_TRY(const StatementRef of, node.reference(id));
  const record::Share body{std::move(to)};
  TRUCE_TRY(const StatementRef stated,
            writer->add({record::kShareType, body.to_body(), {{std::string(record::kRelationOf), of}}, {}, {}}));
  TRUCE_CHECK(writer->commit());
  return stated.id;
}

Result<StatementId> rotate_sealing_key(Node& node, bool now) {
  TRUCE_CHECK(check_unlocked(node));
  TRUCE_TRY(const auto writer, node.main_writer());
  TRUCE_TRY(record::KeyRing keys, keys_of(node));
  TRUCE_CHECK(keys.replace_x25519(*node.world().files, *node.world().random, !now));
  const record::SealingKey body{keys.x25519_public_key()};
  TRUCE_TRY(const StatementRef stated, writer->add({record::kSealingKeyType, body.to_body(), {}, {}, {}}));
  TRUCE_CHECK(writer->commit());
  return stated.id;
}

Result<bool> is_sealing_key_due(const Node& node) {
  const auto stated = node.roster().sealing_key(node.me());
  if (!stated || node.is_locked() || !node.settings().desk.empty()) return false;
  TRUCE_TRY(const record::KeyRing keys, keys_of(node));
  return keys.x25519_public_key() != *stated;
}

Result<Parcels> parcels_for(Node& node, const std::string& party, std::size_t count_max, std::uint64_t bytes_max) {
  if (node.mechanism().party(party) == nullptr)
    return fail(ErrorCode::kUnknownParty, quoted(party) + " is not a party of this mechanism");
  Parcels out;
  if (node.mechanism().party(party)->left) return out;
  TRUCE_TRY(const auto waiting, waiting_for(node, party));
  if (waiting.empty()) return out;
  const auto given = given_to(node, party);
  std::vector<std::pair<const std::string*, const record::Handover*>> stated;
  for (const auto& [name, handover] : waiting) {
    const auto it = given.find(handover.statement);
    if (handover.from == node.me() && it != given.end() && it->second.contains(node.me()))
      stated.emplace_back(&name, &handover);
  }
  std::size_t begin = 0;
  if (stated.size() > 1) {
    // Nobody says what has arrived: where not all can go at once, another part goes each time.
    const std::string chance = node.world().random->bytes(2);
    begin = (std::size_t{static_cast<unsigned char>(chance[0])} << 8 | static_cast<unsigned char>(chance[1])) %
            stated.size();
  }
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < stated.size() && out.handovers.size() < count_max; ++i) {
    const auto& [name, handover] = stated[(begin + i) % stated.size()];
    const auto e = node.remembered(handover->statement);
    if (!e || !(*e)->sealed) continue;
    const Hash& ciphertext = (*e)->sealed->ciphertext;
    const auto status = node.world().files->status(node.folder() + "/sealed/" + ciphertext.hex());
    if (!status) continue;
    if (!out.ciphertexts.contains(ciphertext)) {
      if (bytes + status->size > bytes_max) continue;
      bytes += status->size;
    }
    out.ciphertexts.insert(ciphertext);
    out.handovers.emplace(*name, handover->to_bytes());
  }
  return out;
}

Status add_ciphertexts(const Node& node, const Parcels& parcels, record::BundleWriter& writer) {
  for (const Hash& h : parcels.ciphertexts) {  // ascending by bytes, and so by hex
    TRUCE_TRY(const std::string bytes,
              node.world().files->read(node.folder() + "/sealed/" + h.hex(),
                                       record::bundle_member_bytes_max(record::BundleKind::kSealed)));
    TRUCE_CHECK(writer.add("sealed/" + h.hex(), bytes));
  }
  return {};
}

Status export_parcels(Node& node, const std::string& path, const std::string& party) {
  TRUCE_TRY(const Parcels parcels, parcels_for(node, party, kHandoversAtOnceMax, kHandoverBytesAtOnceMax));
  TRUCE_TRY(const auto writer,
            record::BundleWriter::create(*node.world().files, path,
                                         {node.world().clock->now(), node.mechanism_id(), node.me()}));
  for (const auto& [name, bytes] : parcels.handovers) TRUCE_CHECK(writer->add("handover/" + name, bytes));
  TRUCE_CHECK(add_ciphertexts(node, parcels, *writer));
  return writer->finish();
}

// ---- taking in

Result<bool> is_part_awaited(Node& node) {
  const auto given = given_to(node, node.me());
  if (given.empty()) return false;
  const auto erased = own_erasures(node);
  TRUCE_TRY(const record::KeyRing keys, keys_of(node));
  TRUCE_TRY(const auto store, store_of(node, keys));
  return std::ranges::any_of(given, [&](const auto& g) {
    if (erased.contains(g.first)) return false;
    const auto e = node.remembered(g.first);
    return e && (*e)->sealed && !store.content_key(*(*e)->sealed);
  });
}

Result<std::string> handovers_query(const Node& node) {
  TRUCE_TRY(const record::KeyRing keys, keys_of(node));
  return record::HandoverQuery::make(node.mechanism_id(), node.me(), node.world().clock->now(),
                                     keys.cosign_seed().view())
      .to_bytes();
}

Result<bool> waits_for(Node& node, const std::string& party,
                       const std::optional<std::map<LogId, std::uint64_t>>& since) {
  if (since) {
    bool is_new = false;
    each_about(node, record::kShareType, [&](const About& a) {
      const auto body = record::Share::from_body(a.envelope->body);
      if (!body || a.id.log.party != node.me() || !std::ranges::binary_search(body->to, party)) return;
      const auto it = since->find(a.id.log);
      is_new = is_new || it == since->end() || a.id.index >= it->second;
    });
    if (!is_new) return false;
  }
  TRUCE_TRY(const Parcels parcels, parcels_for(node, party, 1, kHandoverBytesAtOnceMax));
  return !parcels.handovers.empty();
}

Result<std::string> taker_word(Node& node, std::string_view nonce) {
  TRUCE_TRY(const record::KeyRing keys, keys_of(node));
  TRUCE_TRY(const bool awaits, is_part_awaited(node));
  return record::Taker::make(node.mechanism_id(), node.me(), awaits, nonce, keys.cosign_seed().view()).to_bytes();
}

Status HandoverTaker::begin() {
  if (store_) return {};
  // As a writer: wrapped keys are appended to, and an erasure replaces them.
  TRUCE_TRY(const record::LogPlace place, node_.place_of(node_.own_log()));
  TRUCE_TRY(lock_, node_.world().files->lock(place.folder + "/lock", 5'000));
  TRUCE_TRY(keys_, keys_of(node_));
  TRUCE_TRY(store_, store_of(node_, *keys_));
  for (const auto& [erased, by] : own_erasures(node_)) erased_.insert(erased);
  return {};
}

Status HandoverTaker::handover(std::string bytes) {
  TRUCE_CHECK(begin());
  if (++count_ > kOutboxCountMax) return fail(ErrorCode::kLimit, "more handovers than an outbox holds");
  const auto parsed = record::Handover::parse(bytes);
  if (!parsed) {
    done_.push_back({{}, {}, false, parsed.error()});
    return {};
  }
  if (auto ok = judge(*parsed); !ok) done_.push_back({parsed->statement, parsed->from, false, std::move(ok).error()});
  return {};
}

Status HandoverTaker::judge(const record::Handover& h) {
  if (h.to != node_.me()) return fail(ErrorCode::kBadSealedPart, "is for " + h.to);
  if (node_.mechanism().party(h.from) == nullptr)
    return fail(ErrorCode::kUnknownParty, quoted(h.from) + " is not a party of this mechanism");
  if (erased_.contains(h.statement))
    return fail(ErrorCode::kBadSealedPart, "was erased here and is not taken in again");
  TRUCE_TRY(const record::Envelope e, sealed_envelope(node_, h.statement));
  if (store_->content_key(*e.sealed) &&
      node_.world().files->exists(node_.folder() + "/sealed/" + e.sealed->ciphertext.hex()))
    return {};
  auto key = record::unwrap(h.wrapped, keys_->x25519_secret(), *e.sealed);
  if (!key && !keys_->previous_x25519_secret().empty()) {
    auto before = record::unwrap(h.wrapped, keys_->previous_x25519_secret(), *e.sealed);
    if (before) key = std::move(before);
  }
  if (!key) return fail(std::move(key).error());
  waiting_.emplace(e.sealed->ciphertext,
                   Waiting{{h.statement, h.from, false, std::nullopt}, *e.sealed, std::move(key).value()});
  return {};
}

Status HandoverTaker::ciphertext(const Hash& hash, std::string bytes) {
  if (sha256(bytes) != hash) return {};  // bytes that are not what their name says are nothing
  for (auto it = waiting_.find(hash); it != waiting_.end(); it = waiting_.find(hash)) {
    auto node = waiting_.extract(it);
    TRUCE_CHECK(keep(std::move(node.mapped()), bytes));
  }
  return {};
}

// Content key and ciphertext are as the author stated; whether the payload is, too, is looked at here.
Status HandoverTaker::keep(Waiting w, std::string bytes) {
  auto opened = record::open_sealed(bytes, w.content_key.view(), w.hashes);
  if (opened) {
    record::wipe(*opened);
  } else {
    w.part.is_wrong = true;
    const Json mark = Json::object({{"from", w.part.from},
                                    {"reason", opened.error().message},
                                    {"statement", w.part.statement.to_string()},
                                    {"v", 1}});
    FileSystem& files = *node_.world().files;
    const std::string path = wrong_mark(node_, w.part.statement);
    TRUCE_CHECK(files.make_folders(folder_of(path), 0700));
    TRUCE_CHECK(files.write_atomic(path, mark.to_canonical(), 0600));
  }
  const record::SealedPart part[] = {{w.hashes, std::move(bytes), std::move(w.content_key)}};
  TRUCE_CHECK(store_->put(part, *node_.world().random));
  done_.push_back(std::move(w.part));
  return {};
}

std::vector<ReceivedPart> HandoverTaker::finish() {
  while (!waiting_.empty()) {
    auto entry = waiting_.extract(waiting_.begin());
    Waiting& w = entry.mapped();
    // It may be here already: given before, with a key that was lost.
    auto here = store_->ciphertext(w.hashes);
    Status kept = here ? Status() : fail(ErrorCode::kNotFound, "its ciphertext has not come");
    ReceivedPart part = w.part;
    if (here) kept = keep(std::move(w), std::move(here).value());
    if (!kept) {
      part.error = std::move(kept).error();
      done_.push_back(std::move(part));
    }
  }
  store_.reset();
  keys_.reset();
  lock_.reset();
  return std::move(done_);
}

// ---- opening

Result<Json> open_part(Node& node, const StatementId& id) {
  TRUCE_TRY(const record::Envelope e, node.envelope(id));
  if (!e.sealed) return fail(ErrorCode::kNotFound, "has no sealed part", id.to_string());
  TRUCE_CHECK(check_unlocked(node));
  auto opened = node.open_sealed(e);
  if (opened) return opened;
  const auto why = [&](ErrorCode code, std::string words) { return fail(code, std::move(words), id.to_string()); };
  const auto erased = own_erasures(node);
  if (const auto it = erased.find(id); it != erased.end()) {
    const auto stated = node.remembered(it->second);
    return why(ErrorCode::kNotFound, "was erased here: " + it->second.to_string() +
                                         (stated ? " of " + to_string((*stated)->recorded) : std::string()));
  }
  if (opened.error().code == ErrorCode::kNotFound) {
    if (node.world().files->exists(erasing_mark(node, id)))
      return why(ErrorCode::kNotFound, "is being erased here; to finish it: truce erase " + id.to_string());
    if (id.log.party == node.me())
      return why(ErrorCode::kNotFound, "its content key or ciphertext is not in this copy of the node");
    const auto given = given_to(node, node.me());
    const auto it = given.find(id);
    if (it == given.end()) return why(ErrorCode::kNotFound, "was never given to " + node.me());
    return why(ErrorCode::kNotFound,
               "was given to " + node.me() + " by " + *it->second.begin() +
                   " and has not come, or to a key that is destroyed: truce sync, or a bundle that they export for " +
                   node.me());
  }
  if (opened.error().code == ErrorCode::kBadSealedPart) {
    const auto revealed = reveal(node, id);
    if (!revealed && revealed.error().code == ErrorCode::kBadSealedPart)
      return why(ErrorCode::kBadSealedPart,
                 "does not open with the keys that are here: perhaps of a backup from before an erasure (" +
                     revealed.error().message + ")");
    if (revealed) {
      const auto verdict = record::check_revealed(id, e, *revealed);
      if (verdict && *verdict == record::RevealedVerdict::kLie)
        return why(ErrorCode::kBadSealedPart, "is not what its author's hashes say (" + opened.error().message +
                                                  "); to prove it: truce open " + id.to_string() + " --prove FILE");
    }
  }
  return opened;
}

Result<record::Revealed> reveal(Node& node, const StatementId& id) {
  TRUCE_TRY(const record::Envelope e, sealed_envelope(node, id));
  TRUCE_CHECK(check_unlocked(node));
  TRUCE_TRY(const record::KeyRing keys, keys_of(node));
  TRUCE_TRY(const auto store, store_of(node, keys));
  record::Revealed out;
  out.statement = id;
  TRUCE_TRY(out.content_key, store.content_key(*e.sealed));
  TRUCE_TRY(out.ciphertext, store.ciphertext(*e.sealed));
  return out;
}

// ---- erasing

Result<StatementId> erase(Node& node, const StatementId& id) {
  FileSystem& files = *node.world().files;
  TRUCE_TRY(const record::Envelope envelope, sealed_envelope(node, id));
  TRUCE_CHECK(check_unlocked(node));
  TRUCE_TRY(const auto writer, node.main_writer());
  TRUCE_CHECK(node.refresh_roster());  // opening the log may have brought back what was cut short
  TRUCE_TRY(record::KeyRing keys, keys_of(node));
  // Handovers of it, whoever they are for.
  std::vector<std::string> handovers;
  const auto parties = files.list(outbox_of(node));
  for (const std::string& party : parties.value_or(std::vector<std::string>())) {
    if (!is_id(party)) continue;
    TRUCE_TRY(const auto waiting, waiting_for(node, party));
    for (const auto& [name, handover] : waiting) {
      if (handover.statement == id) handovers.push_back(outbox_of(node) + '/' + party + '/' + name);
    }
  }
  const std::string mark = erasing_mark(node, id);
  const auto erased = own_erasures(node);
  const auto stated_before = erased.find(id);
  {
    TRUCE_TRY(const auto store, store_of(node, keys));
    if (!store.holds_any(*envelope.sealed) && handovers.empty() && !files.exists(mark)) {
      if (stated_before != erased.end())
        return fail(ErrorCode::kExists, "was erased already: " + stated_before->second.to_string(), id.to_string());
      return fail(ErrorCode::kNotFound, "nothing of its sealed part is here", id.to_string());
    }
  }
  TRUCE_CHECK(files.make_folders(folder_of(mark), 0700));
  TRUCE_CHECK(files.write_atomic(mark, Json::object({{"statement", id.to_string()}, {"v", 1}}).to_canonical(), 0600));
  TRUCE_CHECK(keys.begin_private(files, *node.world().random));
  for (const std::string& path : handovers) TRUCE_CHECK(remove_file(files, path));
  TRUCE_CHECK(remove_file(files, wrong_mark(node, id)));
  {
    TRUCE_TRY(auto store, store_of(node, keys));
    TRUCE_CHECK(store.erase(*envelope.sealed));
    TRUCE_CHECK(store.rewrap(*node.world().random));
  }
  TRUCE_CHECK(rewrap_private(node, keys));
  TRUCE_CHECK(keys.finish_private(files));
  TRUCE_CHECK(keys.replace_x25519(files, *node.world().random, false));
  StatementId out;
  if (stated_before != erased.end()) {
    out = stated_before->second;
  } else {
    TRUCE_TRY(const StatementRef of, node.reference(id));
    TRUCE_TRY(
        const StatementRef stated,
        writer->add(
            {record::kErasureType, record::Erasure().to_body(), {{std::string(record::kRelationOf), of}}, {}, {}}));
    out = stated.id;
  }
  TRUCE_CHECK(add_sealing_key(*writer, keys));
  TRUCE_CHECK(writer->commit());
  TRUCE_CHECK(remove_file(files, mark));
  return out;
}

}  // namespace truce::node
