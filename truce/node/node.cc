// SPDX-License-Identifier: Apache-2.0

#include "truce/node/node.h"

#include <algorithm>
#include <array>
#include <set>

#include "truce/base/decimal.h"
#include "truce/base/encoding.h"
#include "truce/monitor/bodies.h"
#include "truce/monitor/brief_statement.h"
#include "truce/node/founding.h"
#include "truce/node/settings.h"
#include "truce/picture/log_book.h"
#include "truce/picture/zone_maps.h"
#include "truce/record/blobs.h"
#include "truce/record/note.h"
#include "truce/record/sealed.h"
#include "truce/record/statements.h"
#include "truce/record/tile_path.h"

namespace truce::node {
namespace {

constexpr std::uint64_t kMechanismBytesMax = 1 << 20;
// Most envelopes that are kept in memory: some 100 MB.
constexpr std::size_t kRememberedCountMax = 100'000;

// The logs and blobs of a node's folder.
class NodeSource final : public picture::StatementSource {
 public:
  explicit NodeSource(const Node& node) : node_(node) {}

  Status visit(const LogId& log, std::uint64_t begin, std::uint64_t end, const Visitor& visitor) override {
    const auto read = [&]() -> Status {
      TRUCE_TRY(record::LogReader * reader, reader_of(log));
      return reader->visit(begin, end, visitor);
    };
    Status done = read();
    if (!done) unreadable_ = log;
    return done;
  }
  Result<std::string> entry(const StatementId& id) override {
    TRUCE_TRY(record::LogReader * reader, reader_of(id.log));
    auto bytes = reader->entry(id.index);
    if (!bytes) unreadable_ = id.log;
    return bytes;
  }
  // The last log that could not be read, or whose visitor failed.
  [[nodiscard]] const std::optional<LogId>& unreadable() const { return unreadable_; }
  Result<std::string> blob(const Hash& hash) override { return node_.blob(hash); }

 private:
  Result<record::LogReader*> reader_of(const LogId& log) {
    const auto it = readers_.find(log);
    if (it != readers_.end()) return &it->second;
    TRUCE_TRY(record::LogReader reader, node_.reader(log));
    return &readers_.emplace(log, std::move(reader)).first->second;
  }
  const Node& node_;
  std::map<LogId, record::LogReader> readers_;
  std::optional<LogId> unreadable_;
};

Error wrong_version(const mechanism::Mechanism& m) {
  return {ErrorCode::kNotComputable,
          "the mechanism is at rules version " + std::to_string(m.rules_version) + ", this program computes version " +
              std::to_string(mechanism::kRulesVersion) + "; a release that names that version is needed",
          ""};
}

}  // namespace

bool is_damage(const Error& error) {
  return error.code == ErrorCode::kBadTile || error.code == ErrorCode::kMissingTile ||
         error.code == ErrorCode::kBadRoot || error.code == ErrorCode::kBadSignature ||
         error.code == ErrorCode::kInvalidNote || error.code == ErrorCode::kMissingBlob ||
         error.code == ErrorCode::kBadBlob;
}

World system_world() {
  return {&system_files(), &system_clock(), &system_random()};
}

// ---- making and opening

Result<std::string> Node::find(World world, const std::string& start) {
  std::string folder = start;
  while (true) {
    if (world.files->exists(folder + "/mechanism.json")) return folder.empty() ? "/" : folder;
    const std::size_t slash = folder.rfind('/');
    if (slash == std::string::npos || folder.empty()) break;
    folder.resize(slash);
  }
  return fail(ErrorCode::kNotFound,
              "no node here or above (mechanism.json); name one with -C, or make one with: truce init", start);
}

Result<Node::InitResult> Node::init(World world, InitRequest request) {
  mechanism::Mechanism& m = request.mechanism;
  auto me = std::ranges::find(m.parties, request.me, &mechanism::Party::id);
  if (me == m.parties.end()) return fail(ErrorCode::kUnknownParty, quoted(request.me) + " is none of the parties");
  {
    // Everything that can be refused is refused before anything is written: the keys are stood in for.
    mechanism::Mechanism tried = m;
    char fill = 1;
    for (auto& p : tried.parties) {
      for (std::string* key : {&p.keys.log, &p.keys.cosign, &p.keys.x25519}) *key = std::string(32, fill++);
    }
    TRUCE_TRY(const std::string unused, tried.to_bytes());
  }
  TRUCE_CHECK(begin_folder(*world.files, request.folder, request.me));
  TRUCE_TRY(record::KeyRing keys, record::KeyRing::create(*world.files, request.folder + "/keys", *world.random));
  TRUCE_TRY(const std::string log_key, keys.log_public_key("main"));
  me->keys = {log_key, keys.cosign_public_key(), keys.x25519_public_key()};
  TRUCE_CHECK(
      write_settings(*world.files, request.folder, Settings{request.me, "u-" + to_hex(world.random->bytes(4))}));
  InitResult result;
  if (m.parties.size() > 1) {
    Json parties = Json::array();
    for (const auto& p : m.parties) {
      parties.push_back(Json::object({{"id", p.id}, {"name", p.name}, {"role", mechanism::role_name(p.role)}}));
      if (p.id != request.me) result.waiting_for.push_back(p.id);
    }
    Json offsets = Json::array();
    for (const auto& o : m.days.offsets)
      offsets.push_back(Json(Json::Array{Json(o.from.to_string()), Json(o.minutes)}));
    const Json draft =
        Json::object({{"name", m.name},
                      {"kind", m.exercise ? "exercise" : "actual"},
                      {"parties", std::move(parties)},
                      {"days", Json::object({{"cutoff", m.days.cutoff_minutes}, {"offsets", std::move(offsets)}})},
                      {"v", 1}});
    TRUCE_TRY(const std::string bytes, draft.checked_canonical());
    TRUCE_CHECK(world.files->write_atomic(request.folder + "/mechanism-draft.json", bytes));
    TRUCE_CHECK(world.files->write_atomic(card_path(request.folder, request.me, {}), Card{*me, {}, {}}.to_bytes()));
    TRUCE_CHECK(end_folder(*world.files, request.folder));
    return result;
  }
  TRUCE_TRY(const std::string founding, m.to_bytes());
  result.mechanism_id = mechanism::mechanism_id(founding);
  result.founded = true;
  TRUCE_TRY(const bool opened, accept(world, request.folder, founding));
  static_cast<void>(opened);
  TRUCE_CHECK(end_folder(*world.files, request.folder));
  return result;
}

Result<std::unique_ptr<Node>> Node::open(World world, std::string folder) {
  std::unique_ptr<Node> node(new Node);
  node->world_ = world;
  node->folder_ = std::move(folder);
  while (node->folder_.size() > 1 && node->folder_.back() == '/') node->folder_.pop_back();
  const std::string path = node->path("mechanism.json");
  TRUCE_TRY(const std::string founding, world.files->read(path, kMechanismBytesMax));
  auto parsed = mechanism::Mechanism::parse(founding);
  if (!parsed) return fail(at(parsed.error(), path));
  node->mechanism_ = std::move(parsed).value();
  node->mechanism_id_ = mechanism::mechanism_id(founding);
  if (node->mechanism_.rules_version != mechanism::kRulesVersion) return fail(wrong_version(node->mechanism_));
  TRUCE_TRY(node->settings_, read_settings(*world.files, node->folder_));
  node->me_ = node->settings_.me;
  node->roster_ = std::make_unique<Roster>(*world.files, node->folder_, node->mechanism_, node->mechanism_id_);
  TRUCE_CHECK(node->roster_->update());
  if (node->mechanism().rules_version != mechanism::kRulesVersion) return fail(wrong_version(node->mechanism()));
  return node;
}

bool Node::is_locked() const {
  return record::KeyRing::is_locked(*world_.files, path("keys"));
}

// ---- logs

Result<std::vector<LogId>> Node::logs() const {
  std::vector<LogId> out;
  for (const auto& [log, opened] : roster_->logs()) {
    // A log that lost its checkpoint is a damaged log, not none: reading it says what is missing.
    const std::string folder = path("logs/" + log.to_string());
    const bool is_log = std::ranges::any_of(std::array{"/checkpoint", "/journal", "/tile"},
                                            [&](const char* part) { return world_.files->exists(folder + part); });
    if (is_log && (has_log_key(log) || world_.files->exists(folder + "/checkpoint"))) out.push_back(log);
  }
  return out;
}

LogId Node::own_log() const {
  return settings_.desk.empty() ? roster_->main_log(me_) : LogId{me_, settings_.desk};
}

bool Node::has_log_key(const LogId& log) const {
  if (log.party != me_) return false;
  if (!settings_.desk.empty()) return log.log == settings_.desk;
  if (log.log != "main" && !log.log.starts_with("main-")) return false;
  // After a loss of all keys the party's earlier logs are mirrored as anybody's. Locked keys do not say which there
  // are.
  return is_locked() || world_.files->exists(path("keys/log-" + log.log + ".key"));
}

bool Node::states_by_itself() const {
  const mechanism::Party* me = mechanism().party(me_);
  const LogId main = roster_->main_log(me_);
  return me != nullptr && me->receives() && !is_locked() && has_log_key(main) && roster_->heads().contains(main) &&
         !is_behind(main);
}

Result<record::LogPlace> Node::place_of(const LogId& log) const {
  if (auto place = roster_->place(log)) return *place;
  if (!settings_.desk.empty() && log == own_log()) {
    // A desk may work before the main log's word on it has come.
    return record::LogPlace{path("logs/" + log.to_string()), mechanism_id_, log, settings_.desk_key};
  }
  if (mechanism().party(log.party) == nullptr)
    return fail(ErrorCode::kUnknownParty, quoted(log.party) + " is not a party of this mechanism");
  return fail(ErrorCode::kNotFound, "no log " + log.to_string() + " was opened");
}

Result<record::LogReader> Node::reader(const LogId& log) const {
  TRUCE_TRY(const record::LogPlace place, place_of(log));
  return record::LogReader::open(*world_.files, place);
}

Result<std::map<LogId, record::Head>> Node::heads() const {
  std::map<LogId, record::Head> out = roster_->heads();
  const LogId own = own_log();
  if (settings_.desk.empty() || out.contains(own)) return out;
  const auto r = reader(own);
  if (r) {
    out.emplace(own, r->head());
  } else if (r.error().code != ErrorCode::kNotFound) {
    return fail(r.error());
  }
  return out;
}

Result<picture::Cut> Node::cut() const {
  picture::Cut cut;
  cut.mechanism = mechanism_id_;
  cut.rules_version = mechanism().rules_version;
  TRUCE_TRY(const auto all, logs());
  const std::map<LogId, Error> damaged = this->damaged();
  for (const LogId& log : all) {
    const auto known = damaged.find(log);
    const auto r = known == damaged.end() ? reader(log) : Result<record::LogReader>(fail(known->second));
    if (r) {
      cut.logs.push_back({log, r->head().size, r->head().root});
      continue;
    }
    if (has_log_key(log) && is_damage(r.error()))
      return fail(ErrorCode::kBadTile,
                  r.error().message + "; restore this party's own log from a backup, then: truce recover --restored",
                  r.error().where);
    if (!is_damage(r.error())) return fail(r.error());
    damaged_.emplace(log, r.error());
  }
  return cut;
}

void Node::look_at_copies() const {
  const auto all = logs();
  if (!all) return;
  for (const LogId& log : *all) {
    const auto look = [&]() -> Status {
      TRUCE_TRY(auto r, reader(log));
      if (r.head().size == 0) return {};
      TRUCE_CHECK(r.root_at(r.head().size).map([](const Hash&) {}));
      const std::uint64_t last_bundle = (r.head().size - 1) / record::kTileWidth * record::kTileWidth;
      return r.visit(last_bundle, r.head().size,
                     [](std::uint64_t, std::string_view, const Hash&) -> Status { return {}; });
    };
    const Status ok = look();
    if (!ok && is_damage(ok.error())) damaged_.emplace(log, ok.error());
  }
}

std::map<LogId, Error> Node::damaged() const {
  std::map<LogId, Error> out = damaged_;
  for (const Roster::Fault& f : roster_->faults()) out.emplace(f.log, f.error);
  return out;
}

Status Node::set_aside(const LogId& log) {
  if (has_log_key(log)) {
    return fail(ErrorCode::kInvalidArgument,
                "is this party's own log: restore it from a backup, then truce recover --restored", log.to_string());
  }
  TRUCE_TRY(const record::LogPlace place, place_of(log));
  if (!world_.files->exists(place.folder)) return fail(ErrorCode::kNotFound, "is not here", log.to_string());
  TRUCE_TRY(const auto lock, world_.files->lock(place.folder + "/lock", 5'000));
  TRUCE_CHECK(world_.files->make_folders(path("aside")));
  std::string target;
  for (int n = 1; target.empty() || world_.files->exists(target); ++n)
    target = path("aside/" + log.party + '.' + log.log + '.' + std::to_string(n));
  TRUCE_CHECK(world_.files->rename(place.folder, target));
  return refresh_roster();
}

std::unique_ptr<picture::StatementSource> Node::source() const {
  return std::make_unique<NodeSource>(*this);
}

Result<std::string> Node::blob(const Hash& hash) const {
  return record::BlobStore(*world_.files, path("blobs")).get(hash);
}

Result<record::Envelope> Node::envelope(const StatementId& id) const {
  auto r_or = reader(id.log);
  if (!r_or && r_or.error().code == ErrorCode::kNotFound && !roster_->heads().contains(id.log))
    return fail(ErrorCode::kNotFound, "nothing of this log is here", id.to_string());
  TRUCE_TRY(auto r, std::move(r_or));
  if (id.index >= r.head().size)
    return fail(ErrorCode::kNotFound, "no such statement; the log has " + std::to_string(r.head().size),
                id.to_string());
  TRUCE_TRY(const std::string entry, r.entry(id.index));
  auto decoded = record::decode(entry);
  if (!decoded) return fail(at(decoded.error(), id.to_string()));
  return decoded;
}

Result<const record::Envelope*> Node::remembered(const StatementId& id) {
  const auto it = remembered_.find(id);
  if (it != remembered_.end()) return &it->second;
  TRUCE_TRY(record::Envelope envelope, this->envelope(id));
  if (remembered_.size() >= kRememberedCountMax) remembered_.clear();
  return &remembered_.emplace(id, std::move(envelope)).first->second;
}

Result<StatementRef> Node::reference(const StatementId& id) const {
  TRUCE_TRY(auto r, reader(id.log));
  if (id.index >= r.head().size) return fail(ErrorCode::kNotFound, "no such statement", id.to_string());
  TRUCE_TRY(const std::string entry, r.entry(id.index));
  return StatementRef{id, record::leaf_hash(entry)};
}

Result<Json> Node::open_sealed(const record::Envelope& envelope) const {
  if (!envelope.sealed) return Json();
  const auto open = [&]() -> Result<Json> {
    TRUCE_TRY(const record::KeyRing keys, record::KeyRing::open(*world_.files, path("keys")));
    TRUCE_TRY(const auto sealed,
              record::SealedStore::open(*world_.files, folder_, keys.private_key(), &keys.next_private_key()));
    return sealed.get(*envelope.sealed);
  };
  auto opened = open();
  // Keys and wrapped keys are read one after the other: an erasure may have replaced both in between.
  if (!opened && opened.error().code == ErrorCode::kBadSealedPart) return open();
  return opened;
}

// ---- appending

Status Node::check_not_behind(const LogId& log) const {
  // A log that was begun after the backup was restored is named in the mark.
  if (const auto mark = world_.files->read(path("restored"), 64); mark && *mark != log.log) {
    return fail(ErrorCode::kRolledBack,
                "this node was restored from a backup and has not asked the others yet: truce recover",
                log.to_string());
  }
  if (is_behind(log)) {
    return fail(ErrorCode::kRolledBack,
                "more of this log was published than is here, perhaps since a backup: truce recover gets it back",
                log.to_string());
  }
  if (const auto here = reader(log); here && here->head().size != 0) return {};
  TRUCE_TRY(const auto beyond, receipts_beyond());
  const auto of = std::ranges::find(beyond, log, &ReceiptBeyond::log);
  if (of != beyond.end())
    return fail(ErrorCode::kRolledBack, of->to_string() + ": truce recover --restored gets them back", log.to_string());
  return {};
}

Result<std::unique_ptr<Writer>> Node::writer_of(const LogId& id) {
  TRUCE_TRY(record::KeyRing keys, record::KeyRing::open(*world_.files, path("keys")));
  TRUCE_TRY(const record::LogPlace place, place_of(id));
  const auto seed_or = keys.log_seed(id.log);
  if (!seed_or && seed_or.error().code == ErrorCode::kNotFound) {
    return fail(ErrorCode::kNotFound,
                seed_or.error().message +
                    ": these keys are older than the log. Put the newest ones back, or: truce desk "
                    "renew --card makes a fresh one for the others to agree on",
                folder_);
  }
  TRUCE_TRY(const std::string_view seed, seed_or);
  TRUCE_CHECK(check_not_behind(id));
  if (refuses_vain_words_) {
    const auto known = roster_->logs().find(id);
    const mechanism::Party* me = mechanism().party(me_);
    if (known != roster_->logs().end() && known->second.closed_at && (me == nullptr || !me->left)) {
      return fail(ErrorCode::kRefused,
                  "the party has closed this log at " + std::to_string(*known->second.closed_at) +
                      ", and what is added to it now counts for nothing",
                  id.to_string());
    }
    TRUCE_TRY(const auto forks, proven_forks());
    if (forks.contains(id)) {
      return fail(ErrorCode::kRefused,
                  "two versions of this log exist, and what is added to it now counts for nothing: " +
                      std::string(settings_.desk.empty()
                                      ? "truce desk renew --card makes a fresh one for the others to agree on"
                                      : "the party's main node closes it and opens another desk"),
                  id.to_string());
    }
  }
  TRUCE_TRY(auto log, record::Log::open(*world_.files, place, seed, {5'000, world_.clock}));
  // Its first statement is its beginning (founding, succession): what lacks it was lost.
  if (log->size() == 0) {
    return fail(ErrorCode::kRolledBack,
                "nothing of this log is here: a folder that has lost it gets it back by truce recover --restored, a "
                "new one begins it by truce mechanism accept",
                id.to_string());
  }
  // Again, under the lock: an erasure that was waited for has replaced the private key.
  TRUCE_TRY(keys, record::KeyRing::open(*world_.files, path("keys")));
  return std::unique_ptr<Writer>(new Writer(*this, id, std::move(keys), std::move(log)));
}

Result<std::unique_ptr<Writer>> Node::main_writer() {
  if (!settings_.desk.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "this comes from the party's main log only, and this node is its desk " + settings_.desk);
  }
  return writer_of(roster_->main_log(me_));
}

Writer::Writer(Node& node, LogId id, record::KeyRing keys, std::unique_ptr<record::Log> log)
    : node_(node),
      id_(std::move(id)),
      keys_(std::move(keys)),
      log_(std::move(log)),
      recorded_(node.world_.clock->now()) {}
Writer::~Writer() = default;

Result<Hash> Writer::put_blob(std::string_view bytes) {
  return record::BlobStore(*node_.world_.files, node_.path("blobs")).put(bytes);
}

Status Node::check_words(const Draft& draft) const {
  const bool is_voice = draft.type == record::kConsentType || draft.type == record::kObjectionType;
  const mechanism::Party* me = mechanism().party(me_);
  if (me != nullptr && me->left && draft.type != record::kErasureType)
    return fail(ErrorCode::kRefused, me_ + " has left this mechanism: what it states counts for nothing");
  if (me != nullptr && !me->receives() && (is_voice || !picture::is_record_type(draft.type))) {
    return fail(ErrorCode::kRefused,
                me_ + " is a humanitarian party: it speaks of persons, remains and exchanges only, and this (" +
                    std::string(draft.type) + ") would count for nothing");
  }
  const bool decides = is_voice || draft.type == record::kAmendmentType || draft.type == monitor::kTypeBrief;
  if (decides) look_at_copies();
  if (const auto bad = damaged(); decides && !bad.empty()) {
    return fail(ErrorCode::kRefused,
                "the copy of " + bad.begin()->first.to_string() +
                    " here is damaged, so that it is not sure what is agreed: truce status says what to do");
  }
  if (draft.type != record::kObjectionType) return {};
  for (const record::Reference& r : draft.references) {
    if (r.relation != record::kRelationTo) continue;
    bool consented = r.target.id.log.party == me_;
    for (const StatementId& id : roster_->of_type(record::kConsentType)) {
      if (consented || id.log.party != me_) continue;
      const auto e = roster_->envelope(id);
      const StatementRef* to = e ? e->reference(record::kRelationTo) : nullptr;
      consented = to != nullptr && *to == r.target;
    }
    if (consented)
      return fail(ErrorCode::kRefused, "this party has consented to it, and a consent is given for good",
                  r.target.id.to_string());
  }
  return {};
}

Result<StatementRef> Writer::add(Draft draft) {
  if (node_.refuses_vain_words_) TRUCE_CHECK(node_.check_words(draft));
  record::Envelope e;
  e.type = draft.type;
  e.mechanism = node_.mechanism_id_;
  e.mechanism_version = node_.mechanism().version;
  e.author = id_;
  e.by = node_.settings_.by;
  e.recorded = recorded_;
  e.body = std::move(draft.body);
  e.references = std::move(draft.references);
  e.required_blobs = std::move(draft.required_blobs);
  e.optional_blobs = std::move(draft.optional_blobs);
  std::ranges::sort(e.optional_blobs);
  std::ranges::sort(e.required_blobs);
  e.required_blobs.erase(std::unique(e.required_blobs.begin(), e.required_blobs.end()), e.required_blobs.end());
  if (!draft.sealed.is_null()) {
    TRUCE_TRY(record::SealedPart part, record::seal(std::move(draft.sealed), *node_.world_.random));
    e.sealed = part.hashes;
    sealed_.push_back(std::move(part));
  }
  TRUCE_TRY(std::string entry, record::encode(e));
  const StatementRef ref{{id_, log_->size() + entries_.size()}, record::leaf_hash(entry)};
  entries_.push_back(std::move(entry));
  return ref;
}

Status Writer::commit() {
  if (entries_.empty()) return {};
  if (!sealed_.empty()) {
    // Before the statements: a part whose statement never came is garbage, a statement whose part never came is a loss.
    TRUCE_TRY(auto store, record::SealedStore::open(*node_.world_.files, node_.folder_, keys_.private_key(),
                                                    &keys_.next_private_key()));
    TRUCE_CHECK(store.put(sealed_, *node_.world_.random));
    sealed_.clear();
  }
  TRUCE_TRY(const std::uint64_t first, log_->append(entries_));
  static_cast<void>(first);
  entries_.clear();
  TRUCE_CHECK(log_->publish());
  return node_.refresh_roster();
}

// ---- what others know of this party's logs, and evidence

std::string Node::own_head_path(const LogId& log) const {
  return path("own/" + log.log + ".checkpoint");
}

Status Node::note_own_head(const record::LogPlace& place, const std::string& checkpoint) {
  TRUCE_TRY(const std::string own, record::own_checkpoint(checkpoint, place.origin(), place.public_key));
  TRUCE_TRY(const auto head, record::open_checkpoint(own, place.origin(), place.public_key));
  const std::string file = own_head_path(place.log);
  const auto before = world_.files->read(file, record::kNoteBytesMax);
  if (before) {
    const auto known = record::open_checkpoint(*before, place.origin(), place.public_key);
    if (known && known->size >= head.size) return {};
  }
  TRUCE_CHECK(world_.files->make_folders(path("own")));
  return world_.files->write_atomic(file, own);
}

bool Node::is_behind(const LogId& log) const {
  const auto place = place_of(log);
  const auto bytes = world_.files->read(own_head_path(log), record::kNoteBytesMax);
  if (!place || !bytes) return false;
  const auto head = record::open_checkpoint(*bytes, place->origin(), place->public_key);
  const auto here = record::LogReader::open(*world_.files, *place);
  return head && (!here || here->head().size < head->size);
}

Status Node::forget_own_head(const LogId& log) {
  if (!world_.files->exists(own_head_path(log))) return {};
  return world_.files->remove(own_head_path(log));
}

Status Node::note_seen_head(const record::LogPlace& place, const std::string& checkpoint) {
  TRUCE_TRY(const std::string own, record::own_checkpoint(checkpoint, place.origin(), place.public_key));
  TRUCE_CHECK(world_.files->make_folders(path("seen")));
  return world_.files->write_atomic(path("seen/" + place.log.party + '.' + place.log.log + ".checkpoint"), own);
}

std::vector<std::string> Node::known_heads(const record::LogPlace& place) {
  std::vector<std::string> out;
  const auto seen =
      world_.files->read(path("seen/" + place.log.party + '.' + place.log.log + ".checkpoint"), record::kNoteBytesMax);
  if (seen) out.push_back(*seen);
  const auto witness = this->witness();
  if (witness && *witness != nullptr) {
    const auto last = (*witness)->last_checkpoint(place.origin());
    if (last && !last->empty()) out.push_back(*last);
  }
  return out;
}

Result<record::Witness*> Node::witness() {
  if (witness_) return witness_.get();
  if (is_locked()) return nullptr;
  TRUCE_TRY(const record::KeyRing keys, record::KeyRing::open(*world_.files, path("keys")));
  record::Cosigner cosigner = record::Cosigner::of(mechanism_id_, me_, keys.cosign_public_key());
  TRUCE_TRY(witness_, record::Witness::open(*world_.files, path("witness"), std::move(cosigner),
                                            keys.cosign_seed().view(), *world_.clock));
  return witness_.get();
}

Status Node::keep_evidence(const record::ForkEvidence& evidence) {
  const std::string body = evidence.to_body().to_canonical();
  TRUCE_CHECK(world_.files->make_folders(path("evidence")));
  const std::string file = path("evidence/" + sha256(body).hex() + ".json");
  if (world_.files->exists(file)) return {};
  // Of one log's forks the first is enough: a forked log can be made to give a new one every minute.
  TRUCE_TRY(const auto known, this->evidence());
  for (const record::ForkEvidence& e : known) {
    if (e.log == evidence.log) return {};
  }
  return world_.files->write_atomic(file, body);
}

Result<std::vector<record::ForkEvidence>> Node::evidence() const {
  std::vector<record::ForkEvidence> out;
  auto names = world_.files->list(path("evidence"));
  if (!names && names.error().code == ErrorCode::kNotFound) return out;
  if (!names) return fail(std::move(names).error());
  for (const std::string& name : *names) {
    const auto bytes = world_.files->read(path("evidence/" + name), 1 << 20);
    const auto json = bytes ? Json::parse_canonical(*bytes) : Result<Json>(fail(bytes.error()));
    auto e = json ? record::ForkEvidence::from_body(*json) : Result<record::ForkEvidence>(fail(json.error()));
    if (e) out.push_back(std::move(e).value());
  }
  return out;
}

Result<std::vector<record::ForkEvidence>> Node::evidence_to_state() const {
  std::set<LogId> stated;
  for (const auto& [id, body] : roster_->stated_evidence()) {
    if (id.log.party == me_) stated.insert(body.log);
  }
  std::vector<record::ForkEvidence> out;
  TRUCE_TRY(const auto known, evidence());
  for (const record::ForkEvidence& e : known) {
    const auto place = roster_->place(e.log);
    if (e.log.party != me_ && place && !stated.contains(e.log) &&
        record::verify(e, place->origin(), place->public_key)) {
      out.push_back(e);
      stated.insert(e.log);
    }
  }
  return out;
}

Result<std::map<LogId, record::ProvenFork>> Node::proven_forks() const {
  std::map<LogId, record::ForkEvidence> first;
  TRUCE_TRY(const auto kept, evidence());
  for (const record::ForkEvidence& e : kept) first.try_emplace(e.log, e);
  for (const auto& [id, body] : roster_->stated_evidence()) first.try_emplace(body.log, body);
  std::map<LogId, record::ProvenFork> out;
  for (const auto& [log, e] : first) {
    const auto place = roster_->place(log);
    const auto proven = place ? record::verify(e, place->origin(), place->public_key)
                              : Result<record::ProvenFork>(fail(ErrorCode::kNotFound, ""));
    if (proven) out.emplace(log, *proven);
  }
  return out;
}

// ---- picture

Result<Node::PictureFacts> Node::update_picture(const PictureOptions& options) {
  look_at_copies();
  while (true) {
    NodeSource source(*this);
    auto facts = make_picture(options, source);
    if (!facts && source.unreadable() && !has_log_key(*source.unreadable()) && is_damage(facts.error()) &&
        damaged_.emplace(*source.unreadable(), facts.error()).second) {
      store_.reset();
      continue;
    }
    if (facts) {
      for (const auto& [log, error] : damaged())
        facts->notice += (facts->notice.empty() ? "" : "; ") + ("made without " + log.to_string()) +
                         ", of which this copy is damaged (truce status)";
    }
    return facts;
  }
}

Result<Node::PictureFacts> Node::make_picture(const PictureOptions& options, picture::StatementSource& source) {
  using store::PictureStore;
  const std::string file = path("picture.gpkg");
  PictureStore::Options store_options;
  store_options.exercise = mechanism_.exercise;
  store_options.title = mechanism_.name;
  store_options.blob = [this](const Hash& h) { return blob(h); };
  TRUCE_TRY(const picture::Cut now, cut());
  PictureFacts facts;
  facts.cut = now;
  // `as_of` drives clocks alone and no table of this version depends on it: the file keeps the default, which whoever
  // asks next without a time gets.
  picture::FoldRequest request{&mechanism_, now, {}, {}};
  if (options.progress)
    request.progress = [&](std::uint64_t done, std::uint64_t all) { options.progress("folding", done, all); };

  const auto write_facts = [&](const picture::Folded& folded) -> Status {
    facts.as_of = options.as_of.value_or(folded.as_of);
    facts.digest = folded.digest;
    TRUCE_CHECK(store_->set_meta(store::kMetaMechanism, mechanism_id_.hex()));
    TRUCE_CHECK(store_->set_meta(store::kMetaRules, std::to_string(mechanism().rules_version)));
    TRUCE_CHECK(store_->set_meta(store::kMetaFold, std::to_string(picture::kFoldRevision)));
    TRUCE_CHECK(store_->set_meta(store::kMetaCut, folded.cut.to_json().to_canonical()));
    TRUCE_CHECK(store_->set_meta(store::kMetaAsOf, std::to_string(folded.as_of.ms)));
    TRUCE_CHECK(store_->set_meta(store::kMetaDigest, folded.digest.hex()));
    return store_->commit();
  };

  // What the file says it holds; nullopt where it cannot be used.
  struct Held {
    picture::Cut cut;
    Instant as_of;
    Hash digest;
  };
  const auto held_by = [&]() -> Result<std::optional<Held>> {
    TRUCE_TRY(const auto mechanism, store_->get_meta(store::kMetaMechanism));
    TRUCE_TRY(const auto cut_text, store_->get_meta(store::kMetaCut));
    TRUCE_TRY(const auto as_of, store_->get_meta(store::kMetaAsOf));
    TRUCE_TRY(const auto digest, store_->get_meta(store::kMetaDigest));
    TRUCE_TRY(const auto revision, store_->get_meta(store::kMetaFold));
    if (!revision || *revision != std::to_string(picture::kFoldRevision)) return std::optional<Held>();
    if (!mechanism || *mechanism != mechanism_id_.hex() || !cut_text || !as_of || !digest) return std::optional<Held>();
    const auto json = Json::parse_canonical(*cut_text);
    if (!json) return std::optional<Held>();
    const auto held = picture::Cut::from_json(json.value());
    const auto ms = parse_integer(*as_of);
    const auto hash = Hash::from_hex(*digest);
    if (!held || !ms || !hash) return std::optional<Held>();
    return std::optional<Held>(Held{held.value(), Instant{ms.value()}, hash.value()});
  };

  std::string why;
  if (!options.rebuild) {
    if (!store_) {
      auto opened = PictureStore::open(file, store_options);
      if (opened) {
        store_ = std::move(opened).value();
      } else if (opened.error().code == ErrorCode::kBadDatabase) {
        why = "the picture's file was damaged (" + opened.error().message + ") and is made again from the logs";
      } else if (opened.error().code != ErrorCode::kNotFound) {
        return fail(std::move(opened).error());
      }
    }
    if (store_) {
      const auto held = held_by();
      if (held && held.value() && (*held)->cut == now) {
        facts.as_of = options.as_of.value_or((*held)->as_of);
        facts.digest = (*held)->digest;
        return facts;
      }
      if (held && held.value() && !now.logs.empty()) {
        TRUCE_CHECK(store_->begin(PictureStore::Writing::kIncrement));
        auto more = picture::fold_more(request, (*held)->cut, (*held)->as_of, source, *store_, *store_);
        if (more && more.value()) {
          TRUCE_CHECK(write_facts(**more));
          return facts;
        }
        store_->rollback();
        if (!more && more.error().code != ErrorCode::kBadDatabase) return fail(std::move(more).error());
        if (!more)
          why = "the picture's file was damaged (" + more.error().message + ") and is made again from the logs";
      }
    }
  }
  store_.reset();
  TRUCE_TRY(store_, PictureStore::start_over(file, store_options));
  TRUCE_TRY(const auto folded, picture::fold(request, source, *store_));
  TRUCE_CHECK(write_facts(folded));
  facts.rebuilt = true;
  facts.notice = why;
  return facts;
}

Result<monitor::ZoneBook> Node::zone_book() {
  TRUCE_TRY(const auto rows, picture::read_rows<picture::ZoneRow>(*store_));
  return picture::zone_book_of(rows, [this](const Hash& h) { return blob(h); });
}

Result<monitor::PlaceFinder> Node::place_finder() {
  monitor::PlaceFinder finder;
  TRUCE_TRY(const auto rows, picture::read_rows<picture::PlaceListRow>(*store_));
  for (const picture::PlaceListRow& row : rows) {
    TRUCE_TRY(const Hash hash, Hash::from_base64url(row.blob));
    TRUCE_TRY(const std::string bytes, blob(hash));
    auto places = monitor::places_from_blob(bytes);
    if (places) finder.add(row.list, std::move(places).value());
  }
  finder.finish();
  return finder;
}

}  // namespace truce::node
