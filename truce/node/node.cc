// SPDX-License-Identifier: Apache-2.0

#include "truce/node/node.h"

#include <algorithm>
#include <array>

#include "truce/base/decimal.h"
#include "truce/base/encoding.h"
#include "truce/geo/geometry_blob.h"
#include "truce/monitor/bodies.h"
#include "truce/node/settings.h"
#include "truce/record/blobs.h"
#include "truce/record/sealed.h"
#include "truce/record/statements.h"

namespace truce::node {
namespace {

constexpr std::uint64_t kMechanismBytesMax = 1 << 20;

// The logs and blobs of a node's folder.
class NodeSource final : public picture::StatementSource {
 public:
  explicit NodeSource(const Node& node) : node_(node) {}

  Status visit(const LogId& log, std::uint64_t begin, std::uint64_t end, const Visitor& visitor) override {
    TRUCE_TRY(record::LogReader * reader, reader_of(log));
    return reader->visit(begin, end, visitor);
  }
  Result<std::string> entry(const StatementId& id) override {
    TRUCE_TRY(record::LogReader * reader, reader_of(id.log));
    return reader->entry(id.index);
  }
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
};

Json card_json(const mechanism::Party& p) {
  return Json::object({{"id", p.id},
                       {"keys", Json::object({{"cosign", to_base64url(p.keys.cosign)},
                                              {"log", to_base64url(p.keys.log)},
                                              {"x25519", to_base64url(p.keys.x25519)}})},
                       {"name", p.name},
                       {"role", mechanism::role_name(p.role)},
                       {"v", 1}});
}

}  // namespace

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
  for (const char* name : {"mechanism.json", "mechanism-draft.json", "keys"}) {
    const std::string path = request.folder + '/' + name;
    if (world.files->exists(path)) return fail(ErrorCode::kExists, "the folder holds a node already", path);
  }
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
  TRUCE_CHECK(world.files->make_folders(request.folder));
  TRUCE_TRY(record::KeyRing keys, record::KeyRing::create(*world.files, request.folder + "/keys", *world.random));
  TRUCE_TRY(const std::string log_key, keys.log_public_key("main"));
  me->keys = {log_key, keys.cosign_public_key(), keys.x25519_public_key()};
  TRUCE_CHECK(write_settings(*world.files, request.folder, {request.me, "u-" + to_hex(world.random->bytes(4))}));
  InitResult result;
  if (m.parties.size() > 1) {
    TRUCE_TRY(const std::string card, card_json(*me).checked_canonical());
    TRUCE_CHECK(world.files->write_atomic(request.folder + "/card-" + request.me + ".json", card));
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
    return result;
  }
  TRUCE_TRY(const std::string founding, m.to_bytes());
  result.mechanism_id = mechanism::mechanism_id(founding);
  result.founded = true;
  // The log first, mechanism.json last: a folder that holds mechanism.json is a whole node.
  record::LogPlace place{
      request.folder + "/logs/" + request.me + "/main", result.mechanism_id, {request.me, "main"}, me->keys.log};
  TRUCE_CHECK(world.files->make_folders(place.folder));
  TRUCE_CHECK(world.files->make_folders(request.folder + "/blobs"));
  TRUCE_CHECK(world.files->make_folders(request.folder + "/sealed"));
  TRUCE_CHECK(world.files->make_folders(request.folder + "/private", 0700));
  TRUCE_TRY(const std::string_view seed, keys.log_seed("main"));
  TRUCE_TRY(const auto log, record::Log::open(*world.files, place, seed, {5'000, world.clock}));
  TRUCE_TRY(const std::string acceptance, record::encode(record::make_acceptance(place, world.clock->now())));
  const std::string batch[] = {acceptance};
  TRUCE_TRY(const std::uint64_t index, log->append(batch));
  static_cast<void>(index);
  TRUCE_CHECK(log->publish());
  TRUCE_CHECK(world.files->write_atomic(request.folder + "/mechanism.json", founding));
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
  if (node->mechanism_.rules_version != mechanism::kRulesVersion) {
    return fail(ErrorCode::kNotComputable,
                "the mechanism is at rules version " + std::to_string(node->mechanism_.rules_version) +
                    ", this program computes version " + std::to_string(mechanism::kRulesVersion) +
                    "; a release that names that version is needed");
  }
  TRUCE_TRY(const Settings settings, read_settings(*world.files, node->folder_));
  node->me_ = settings.me;
  node->by_ = settings.by;
  if (node->mechanism_.party(node->me_) == nullptr) {
    return fail(ErrorCode::kUnknownParty, quoted(node->me_) + " is not a party of this mechanism",
                node->path("truce.toml"));
  }
  return node;
}

bool Node::is_locked() const {
  return record::KeyRing::is_locked(*world_.files, path("keys"));
}

// ---- logs

Result<std::vector<LogId>> Node::logs() const {
  std::vector<LogId> out;
  for (const mechanism::Party& p : mechanism_.parties) {
    const std::string folder = path("logs/" + p.id);
    if (!world_.files->exists(folder)) continue;
    TRUCE_TRY(const auto names, world_.files->list(folder));
    for (const std::string& name : names) {
      // A log that lost its checkpoint is a damaged log, not none: reading it says what is missing.
      const std::string log = folder + '/' + name;
      const bool is_log =
          is_id(name) && std::ranges::any_of(std::array{"/checkpoint", "/journal", "/tile"},
                                             [&](const char* part) { return world_.files->exists(log + part); });
      if (is_log) out.push_back({p.id, name});
    }
  }
  std::ranges::sort(out);
  return out;
}

Result<record::LogPlace> Node::place_of(const LogId& log) const {
  const mechanism::Party* party = mechanism_.party(log.party);
  if (party == nullptr) return fail(ErrorCode::kUnknownParty, quoted(log.party) + " is not a party of this mechanism");
  // Other logs of a party are opened by statements of its main one; until desks exist only main is known.
  if (log.log != "main") return fail(ErrorCode::kNotFound, "no log " + log.to_string() + " was opened");
  return record::LogPlace{path("logs/" + log.to_string()), mechanism_id_, log, party->keys.log};
}

Result<record::LogReader> Node::reader(const LogId& log) const {
  TRUCE_TRY(const record::LogPlace place, place_of(log));
  return record::LogReader::open(*world_.files, place);
}

Result<picture::Cut> Node::cut() const {
  picture::Cut cut;
  cut.mechanism = mechanism_id_;
  cut.rules_version = mechanism_.rules_version;
  TRUCE_TRY(const auto all, logs());
  for (const LogId& log : all) {
    TRUCE_TRY(const record::LogReader r, reader(log));
    cut.logs.push_back({log, r.head().size, r.head().root});
  }
  return cut;
}

std::unique_ptr<picture::StatementSource> Node::source() const {
  return std::make_unique<NodeSource>(*this);
}

Result<std::string> Node::blob(const Hash& hash) const {
  return record::BlobStore(*world_.files, path("blobs")).get(hash);
}

Result<record::Envelope> Node::envelope(const StatementId& id) const {
  TRUCE_TRY(auto r, reader(id.log));
  if (id.index >= r.head().size)
    return fail(ErrorCode::kNotFound, "no such statement; the log has " + std::to_string(r.head().size),
                id.to_string());
  TRUCE_TRY(const std::string entry, r.entry(id.index));
  auto decoded = record::decode(entry);
  if (!decoded) return fail(at(decoded.error(), id.to_string()));
  return decoded;
}

Result<StatementRef> Node::reference(const StatementId& id) const {
  TRUCE_TRY(auto r, reader(id.log));
  if (id.index >= r.head().size) return fail(ErrorCode::kNotFound, "no such statement", id.to_string());
  TRUCE_TRY(const std::string entry, r.entry(id.index));
  return StatementRef{id, record::leaf_hash(entry)};
}

Result<Json> Node::open_sealed(const record::Envelope& envelope) const {
  if (!envelope.sealed) return Json();
  TRUCE_TRY(const record::KeyRing keys, record::KeyRing::open(*world_.files, path("keys")));
  TRUCE_TRY(const auto sealed, record::SealedStore::open(*world_.files, folder_, keys.private_key()));
  return sealed.get(*envelope.sealed);
}

// ---- appending

Result<std::unique_ptr<Writer>> Node::writer() {
  TRUCE_TRY(record::KeyRing keys, record::KeyRing::open(*world_.files, path("keys")));
  TRUCE_TRY(const record::LogPlace place, place_of(main_log()));
  TRUCE_TRY(const std::string_view seed, keys.log_seed("main"));
  TRUCE_TRY(auto log, record::Log::open(*world_.files, place, seed, {5'000, world_.clock}));
  return std::unique_ptr<Writer>(new Writer(*this, std::move(keys), std::move(log)));
}

Writer::Writer(Node& node, record::KeyRing keys, std::unique_ptr<record::Log> log)
    : node_(node), keys_(std::move(keys)), log_(std::move(log)), recorded_(node.world_.clock->now()) {}
Writer::~Writer() = default;

Result<Hash> Writer::put_blob(std::string_view bytes) {
  return record::BlobStore(*node_.world_.files, node_.path("blobs")).put(bytes);
}

Result<StatementRef> Writer::add(Draft draft) {
  record::Envelope e;
  e.type = draft.type;
  e.mechanism = node_.mechanism_id_;
  e.mechanism_version = 1;
  e.author = node_.main_log();
  e.by = node_.by_;
  e.recorded = recorded_;
  e.body = std::move(draft.body);
  e.references = std::move(draft.references);
  e.required_blobs = std::move(draft.required_blobs);
  std::ranges::sort(e.required_blobs);
  e.required_blobs.erase(std::ranges::unique(e.required_blobs).begin(), e.required_blobs.end());
  if (!draft.sealed.is_null()) {
    TRUCE_TRY(record::SealedPart part, record::seal(std::move(draft.sealed), *node_.world_.random));
    e.sealed = part.hashes;
    sealed_.push_back(std::move(part));
  }
  TRUCE_TRY(std::string entry, record::encode(e));
  const StatementRef ref{{node_.main_log(), log_->size() + entries_.size()}, record::leaf_hash(entry)};
  entries_.push_back(std::move(entry));
  return ref;
}

Status Writer::commit() {
  if (entries_.empty()) return {};
  if (!sealed_.empty()) {
    // Before the statements: a part whose statement never came is garbage, a statement whose part never came is a loss.
    TRUCE_TRY(auto store, record::SealedStore::open(*node_.world_.files, node_.folder_, keys_.private_key()));
    TRUCE_CHECK(store.put(sealed_, *node_.world_.random));
    sealed_.clear();
  }
  TRUCE_TRY(const std::uint64_t first, log_->append(entries_));
  static_cast<void>(first);
  entries_.clear();
  return log_->publish();
}

// ---- picture

Result<Node::PictureFacts> Node::update_picture(const PictureOptions& options) {
  using store::PictureStore;
  const std::string file = path("picture.gpkg");
  PictureStore::Options store_options;
  store_options.exercise = mechanism_.exercise;
  store_options.title = mechanism_.name;
  store_options.blob = [this](const Hash& h) { return blob(h); };
  TRUCE_TRY(const picture::Cut now, cut());
  PictureFacts facts;
  facts.cut = now;
  const auto source = this->source();
  // `as_of` drives clocks alone and no table of this version depends on it: the file keeps the default, which whoever
  // asks next without a time gets.
  picture::FoldRequest request{&mechanism_, now, {}, {}};
  if (options.progress)
    request.progress = [&](std::uint64_t done, std::uint64_t all) { options.progress("folding", done, all); };

  const auto write_facts = [&](const picture::Folded& folded) -> Status {
    facts.as_of = options.as_of.value_or(folded.as_of);
    facts.digest = folded.digest;
    TRUCE_CHECK(store_->set_meta(store::kMetaMechanism, mechanism_id_.hex()));
    TRUCE_CHECK(store_->set_meta(store::kMetaRules, std::to_string(mechanism_.rules_version)));
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
        auto more = picture::fold_more(request, (*held)->cut, (*held)->as_of, *source, *store_, *store_);
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
  TRUCE_TRY(const auto folded, picture::fold(request, *source, *store_));
  TRUCE_CHECK(write_facts(folded));
  facts.rebuilt = true;
  facts.notice = why;
  return facts;
}

Result<monitor::ZoneBook> Node::zone_book() {
  TRUCE_TRY(const auto rows, picture::read_rows<picture::ZoneRow>(*store_));
  std::vector<monitor::ZoneMap> maps;
  for (const picture::ZoneRow& row : rows) {
    TRUCE_TRY(const StatementId id, StatementId::parse(row.statement));
    TRUCE_TRY(const auto e, envelope(id));
    monitor::ZoneMap m;
    m.party = row.party;
    TRUCE_TRY(m.zone, monitor::ZoneStatement::from_body(e.body));
    TRUCE_TRY(const std::string bytes, blob(m.zone.geometry));
    auto geometry = geo::parse_blob(bytes);
    if (!geometry) continue;  // as the fold does
    m.geometry = std::move(geometry).value();
    if (m.zone.near) {
      TRUCE_TRY(const std::string near, blob(*m.zone.near));
      auto area = geo::parse_blob(near);
      if (area && std::holds_alternative<geo::MultiPolygon>(*area))
        m.near = std::get<geo::MultiPolygon>(std::move(*area));
    }
    maps.push_back(std::move(m));
  }
  return monitor::ZoneBook::build(std::move(maps));
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
