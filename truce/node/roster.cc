// SPDX-License-Identifier: Apache-2.0

#include "truce/node/roster.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "truce/base/encoding.h"
#include "truce/base/json_fields.h"
#include "truce/picture/fold.h"
#include "truce/picture/log_book.h"
#include "truce/record/blobs.h"
#include "truce/record/entry_scan.h"
#include "truce/record/merkle.h"

namespace truce::node {
namespace {

constexpr std::uint64_t kRosterBytesMax = 256ULL << 20;
// One more where what is kept changes.
constexpr int kRosterVersion = 6;
constexpr std::size_t kKeptCountMax = 1'000'000;
// Of a log of 2^32 statements.
constexpr std::size_t kRunCountMax = 1 << 24;

// Types whose statements the roster looks into again.
constexpr std::string_view kKept[] = {record::kAmendmentType, record::kConsentType,    record::kDigestType,
                                      record::kErasureType,   record::kEvidenceType,   record::kForkCauseType,
                                      record::kLogCloseType,  record::kLogOpenType,    record::kObjectionType,
                                      record::kReceiptType,   record::kSealingKeyType, record::kShareType};

bool is_kept(std::string_view type) {
  return std::ranges::find(kKept, type) != std::ranges::end(kKept);
}

Json head_json(const LogId& log, std::uint64_t size, const Hash& root) {
  return Json(Json::Array{log.to_string(), static_cast<std::int64_t>(size), root.base64url()});
}

}  // namespace

Roster::Roster(FileSystem& files, std::string folder, const mechanism::Mechanism& founding,
               const Hash& founding_document)
    : files_(&files),
      folder_(std::move(folder)),
      founding_(founding),
      mechanism_id_(founding_document),
      mechanism_hex_(founding_document.hex()) {
  chain_.mechanism = founding_;
  chain_.links.push_back({founding_document, {}});
  load();
}

// ---- roster.json: a list of scans. Anything odd: it is made again.

void Roster::load() {
  const auto bytes = files_->read(folder_ + "/roster.json", kRosterBytesMax);
  const auto json = bytes ? Json::parse_canonical(*bytes) : Result<Json>(fail(ErrorCode::kNotFound, ""));
  if (!json || !json->is_object()) return;
  JsonFields f(*json, "roster");
  if (f.integer("v", 0, 1000) != kRosterVersion || f.text("mechanism", 64) != mechanism_id_.hex()) return;
  std::map<LogId, Scan> scans;
  for (const Json& j : f.array_or_empty("logs", 1 << 16)) {
    JsonFields l(j, "log");
    auto log = LogId::parse(l.text("log", 65));
    Scan s;
    s.size = static_cast<std::uint64_t>(l.integer("size", 0, Json::kIntegerMax));
    s.root = l.hash("root");
    s.counting = static_cast<std::uint64_t>(l.integer("counting", 0, Json::kIntegerMax));
    std::vector<std::int64_t> times;
    for (const Json& t : l.array_or_empty("times", kRunCountMax)) {
      if (!t.is_integer()) return;
      times.push_back(t.as_integer());
    }
    constexpr std::uint64_t kRun = picture::TimeRuns::kRunEntries;
    if (times.size() != (s.size + kRun - 1) / kRun) return;
    s.times = picture::TimeRuns(s.size, std::move(times));
    if (const Json* kept = l.required("kept"); kept != nullptr && kept->is_object()) {
      for (const auto& [type, indexes] : kept->as_object()) {
        if (!indexes.is_array()) return;
        for (const Json& i : indexes.as_array()) {
          if (!i.is_integer() || i.as_integer() < 0) return;
          s.kept[type].push_back(static_cast<std::uint64_t>(i.as_integer()));
        }
      }
    }
    for (const Json& r : l.array_or_empty("received", record::kReceiptHeadCountMax)) {
      if (!r.is_array() || r.as_array().size() != 4 || !r.as_array()[0].is_string() || !r.as_array()[1].is_integer() ||
          !r.as_array()[2].is_string() || !r.as_array()[3].is_integer())
        return;
      const auto of = LogId::parse(r.as_array()[0].as_string());
      const auto root = Hash::from_base64url(r.as_array()[2].as_string());
      if (!of || !root) return;
      s.received[*of] = {static_cast<std::uint64_t>(r.as_array()[1].as_integer()), *root,
                         Instant{r.as_array()[3].as_integer()}};
    }
    if (!log || !l.finish(ErrorCode::kSyntax)) return;
    s.has_facts = false;
    scans.emplace(std::move(log).value(), std::move(s));
  }
  std::set<LogId> gone;
  for (const std::string& text : f.texts_or_empty("gone", 1 << 16, 65)) {
    auto log = LogId::parse(text);
    if (!log) return;
    gone.insert(std::move(log).value());
  }
  if (!f.finish(ErrorCode::kSyntax)) return;
  scans_ = std::move(scans);
  gone_ = std::move(gone);
}

Status Roster::save() const {
  Json logs = Json::array();
  for (const auto& [log, s] : scans_) {
    Json kept = Json::object();
    for (const auto& [type, indexes] : s.kept) {
      Json list = Json::array();
      for (const std::uint64_t i : indexes) list.push_back(static_cast<std::int64_t>(i));
      kept.set(type, std::move(list));
    }
    Json times = Json::array();
    for (const std::int64_t t : s.times.newest_of_runs()) times.push_back(t);
    Json received = Json::array();
    for (const auto& [of, r] : s.received) {
      Json j = head_json(of, r.size, r.root);
      j.push_back(r.recorded.ms);
      received.push_back(std::move(j));
    }
    logs.push_back(Json::object({{"counting", static_cast<std::int64_t>(s.counting)},
                                 {"kept", std::move(kept)},
                                 {"log", log.to_string()},
                                 {"received", std::move(received)},
                                 {"root", s.root.base64url()},
                                 {"size", static_cast<std::int64_t>(s.size)},
                                 {"times", std::move(times)}}));
  }
  Json gone = Json::array();
  for (const LogId& log : gone_) gone.push_back(log.to_string());
  const Json json = Json::object({{"gone", std::move(gone)},
                                  {"logs", std::move(logs)},
                                  {"mechanism", mechanism_id_.hex()},
                                  {"v", kRosterVersion}});
  return files_->write_atomic(folder_ + "/roster.json", json.to_canonical());
}

// ---- reading the logs

// What counts here is what counts in the fold: Folder::scan() and newest_in().
void Roster::take(const LogId& log, Scan& scan, std::uint64_t index, std::string_view entry, const Hash& leaf) const {
  record::EntryScan quick;
  if (record::scan_entry(entry, quick) && !is_kept(quick.type)) {
    if (!record::is_bookkeeping(quick.type)) scan.counting = index + 1;
    const bool counts = quick.author == log.to_string() && quick.mechanism == mechanism_hex_;
    scan.times.append(counts ? quick.recorded_ms : Instant::kMin);
    return;
  }
  const auto e = record::decode(entry);
  // Another version, or garbage, asks for a receipt all the same.
  if (!e || !record::is_bookkeeping(e->type)) scan.counting = index + 1;
  const bool counts = e && e->author == log && e->mechanism == mechanism_id_;
  scan.times.append(counts ? e->recorded.ms : Instant::kMin);
  if (!counts || !is_kept(e->type)) return;
  picture::RecordFacts facts;
  const bool is_of_its_form = picture::take_record(*e, {log, index}, leaf, facts).has_value();
  // A body of no form says nothing; a digest's is read by others.
  if (!is_of_its_form && e->type != record::kDigestType) return;
  auto& kept = scan.kept[e->type];
  if (kept.size() < kKeptCountMax) kept.push_back(index);
  for (const picture::StatedReceipt& r : facts.receipts) {
    for (const record::Head& h : r.heads) {
      Received& largest = scan.received[h.log];
      if (h.size > largest.size) largest = {h.size, h.root, e->recorded};
    }
  }
  facts.receipts.clear();
  facts.shares.clear();
  facts.erasures.clear();
  scan.facts.append(facts);
}

Result<bool> Roster::scan(const LogId& log) {
  const auto place = this->place(log);
  if (!place) return false;
  auto reader = record::LogReader::open(*files_, *place);
  if (!reader) {
    const auto known = scans_.find(log);
    const bool was_here = known != scans_.end() && known->second.size != 0;
    if (reader.error().code != ErrorCode::kNotFound) {
      note_fault(log, reader.error());
    } else if (!files_->exists(place->folder + "/tile")) {
      gone_.erase(log);
    } else if (was_here || gone_.contains(log)) {
      // Its tiles are here, its checkpoint was: told until a peer's takes its place.
      note_fault(log, {ErrorCode::kBadSignature, "its checkpoint is gone", place->folder + "/checkpoint"});
      gone_.insert(log);
    }
    if (was_here) {
      known->second = Scan();
      forget(log);
    }
    return was_here;
  }
  const record::Head head = reader->head();
  gone_.erase(log);
  heads_[log] = head;
  readers_.insert_or_assign(log, *reader);
  Scan& s = scans_[log];
  if (s.size == head.size && s.root == head.root) return false;
  if (s.size != 0) {
    // A folder that was restored, or replaced: read it from its beginning.
    const bool grew = head.size > s.size;
    const auto root = grew ? reader->root_at(s.size) : Result<Hash>(Hash{});
    if (!grew || !root || *root != s.root) {
      s = Scan();
      forget(log);
    }
  }
  if (!s.has_facts) TRUCE_CHECK(read_facts());
  // A first checkpoint may still be gone after a loss of power: before it is durable roster.json must not know of it.
  if (s.size == 0) not_durable_.insert(log);
  const std::uint64_t begin = s.size;
  s.size = head.size;
  s.root = head.root;
  const auto ok =
      reader->visit(begin, head.size, [&](std::uint64_t index, std::string_view entry, const Hash& leaf) -> Status {
        take(log, s, index, entry, leaf);
        return {};
      });
  if (!ok) {
    faults_.push_back({log, ok.error()});
    s = Scan();
    forget(log);
    return true;
  }
  return true;
}

Status Roster::update() {
  is_reading_ = true;
  Status done = read_new();
  if (!done && !scans_.empty()) {
    // roster.json may know of statements that a loss of power took: from the beginning.
    scans_.clear();
    first_receipts_.clear();
    run_times_.clear();
    readers_.clear();
    done = read_new();
  }
  is_reading_ = false;
  readers_.clear();
  return done;
}

Status Roster::read_new() {
  faults_.clear();
  heads_.clear();
  bool changed = !not_durable_.empty();
  // What main logs open, and what amendments change, brings more logs: until nothing new is read.
  TRUCE_CHECK(evaluate());
  std::set<LogId> read;
  for (bool more = true; more;) {
    more = false;
    const auto logs = logs_;
    for (const auto& [log, opened] : logs) {
      if (!read.insert(log).second) continue;
      TRUCE_TRY(const bool is_new, scan(log));
      more = more || is_new;
    }
    changed = changed || more;
    // Where nothing new was read, what was made of it stands.
    if (more) TRUCE_CHECK(evaluate());
  }
  std::erase_if(not_durable_, [this](const LogId& log) {
    const auto place = this->place(log);
    return !place || files_->sync(place->folder).has_value();
  });
  if (changed && not_durable_.empty()) {
    // Only a cache: a node on a full disk or a read-only folder still reads.
    static_cast<void>(save());
  }
  return {};
}

// ---- what they say

// A log as it lies here: as it was when an update began, or as it is, opened into `own`.
Result<record::LogReader*> Roster::reader_of(const LogId& log, std::optional<record::LogReader>& own) const {
  if (const auto known = readers_.find(log); known != readers_.end()) return &known->second;
  const auto key = keys_.find(log);
  if (key == keys_.end()) return fail(ErrorCode::kNotFound, "no such log was opened", log.to_string());
  const record::LogPlace place{folder_ + "/logs/" + log.to_string(), mechanism_id_, log, key->second};
  TRUCE_TRY(auto reader, record::LogReader::open(*files_, place));
  if (is_reading_) return &readers_.emplace(log, std::move(reader)).first->second;
  own = std::move(reader);
  return &*own;
}

Result<record::Envelope> Roster::envelope(const StatementId& id) const {
  std::optional<record::LogReader> own;
  TRUCE_TRY(record::LogReader* const reader, reader_of(id.log, own));
  TRUCE_TRY(const std::string entry, reader->entry(id.index));
  return record::decode(entry);
}

std::vector<StatementId> Roster::of_type(std::string_view type) const {
  std::vector<StatementId> out;
  for (const auto& [log, s] : scans_) {
    const auto opened = logs_.find(log);
    const auto it = s.kept.find(type);
    if (opened == logs_.end() || it == s.kept.end()) continue;
    for (const std::uint64_t i : it->second) {
      if (!opened->second.closed_at || i < *opened->second.closed_at) out.push_back({log, i});
    }
  }
  return out;
}

Result<std::optional<Instant>> Roster::newest_in(const LogId& log, std::uint64_t begin, std::uint64_t end) const {
  const auto scan = scans_.find(log);
  if (scan == scans_.end()) return std::nullopt;
  const std::uint64_t size = scan->second.size;
  // Of a range that begins or ends within a run the entries are read.
  const auto read = [&](std::uint64_t first, std::uint64_t last) -> Result<std::vector<std::int64_t>> {
    constexpr std::uint64_t kRun = picture::TimeRuns::kRunEntries;
    const std::uint64_t run_begin = first / kRun * kRun;
    const std::uint64_t run_end = std::min(run_begin + kRun, size);
    std::vector<std::int64_t>& times = run_times_[{log, first / kRun}];
    if (times.size() != run_end - run_begin) {
      times.clear();
      std::optional<record::LogReader> own;
      TRUCE_TRY(record::LogReader* const reader, reader_of(log, own));
      Scan one;
      TRUCE_CHECK(reader->visit(run_begin, run_end,
                                [&](std::uint64_t index, std::string_view entry, const Hash& leaf) -> Status {
                                  one.times = {};
                                  take(log, one, index, entry, leaf);
                                  times.push_back(one.times.newest());
                                  return {};
                                }));
    }
    return std::vector<std::int64_t>(times.begin() + static_cast<std::ptrdiff_t>(first - run_begin),
                                     times.begin() + static_cast<std::ptrdiff_t>(last - run_begin));
  };
  return scan->second.times.newest_in(begin, end, read);
}

picture::NewestIn Roster::newest_in() const {
  return [this](const LogId& log, std::uint64_t begin, std::uint64_t end) { return newest_in(log, begin, end); };
}

Result<picture::FirstReceipts> Roster::received_by(const picture::LogBook& book, const StatementId& id) const {
  picture::FirstReceipts out;
  // A receipt covers what lies here only if it names a root of this copy: of a forked log others hold another question
  // under the same number.
  std::optional<record::LogReader> own;
  const auto here = reader_of(id.log, own);
  if (!here) return out;
  const auto covers = [&](const record::Head& h) {
    if (h.log != id.log || h.size <= id.index || h.size > (*here)->head().size) return false;
    const auto root = (*here)->root_at(h.size);
    if (!root) note_fault(id.log, root.error());
    return root && *root == h.root;
  };
  std::map<std::string, std::uint64_t> number;  // of the main log that the first receipt is in
  for (const auto& [log, state] : book.logs()) {
    const auto scan = scans_.find(log);
    if (log.party == id.log.party || !state.is_main || !state.is_open || scan == scans_.end()) continue;
    const auto receipts = scan->second.kept.find(record::kReceiptType);
    const auto largest = scan->second.received.find(id.log);
    if (receipts == scan->second.kept.end() || largest == scan->second.received.end() ||
        largest->second.size <= id.index)
      continue;
    std::optional<picture::FirstReceipt> first;
    if (const auto found = first_receipts_.find({id, log}); found != first_receipts_.end()) first = found->second;
    bool may_change = false;  // one before it is of more than is here yet
    for (const std::uint64_t i : receipts->second) {
      if (first || i >= state.closed_at) break;
      TRUCE_TRY(const record::Envelope e, this->envelope({log, i}));
      const auto receipt = record::Receipt::from_body(e.body);
      if (!receipt) continue;
      if (std::ranges::any_of(receipt->heads, covers)) {
        first = picture::FirstReceipt{{log, i}, e.recorded};
        if (!may_change) first_receipts_.emplace(std::pair(id, log), *first);
      }
      may_change = may_change || std::ranges::any_of(receipt->heads, [&](const record::Head& h) {
                     return h.log == id.log && h.size > (*here)->head().size;
                   });
    }
    if (!first || first->id.index >= state.closed_at) continue;
    const std::uint64_t n = picture::main_number(log.log);
    const auto [known, is_new] = number.try_emplace(log.party, n);
    if (!is_new && known->second < n) continue;
    known->second = n;
    out.insert_or_assign(log.party, *first);
  }
  return out;
}

const mechanism::Mechanism* Roster::document(const Hash& hash) const {
  if (const auto known = documents_.find(hash); known != documents_.end()) return &known->second;
  const auto bytes = record::BlobStore(*files_, folder_ + "/blobs").get(hash);
  if (!bytes) {
    // A head is held with its required blobs: the copy of the log that proposes it is damaged.
    for (const picture::StatedAmendment& a : facts_.amendments) {
      if (a.body.document == hash) note_fault(a.id.log, bytes.error());
    }
    return nullptr;
  }
  auto parsed = mechanism::Mechanism::parse(*bytes);
  return parsed ? &documents_.emplace(hash, std::move(parsed).value()).first->second : nullptr;
}

void Roster::note_fault(const LogId& log, const Error& error) const {
  if (std::ranges::find(faults_, log, &Fault::log) == faults_.end()) faults_.push_back({log, error});
}

// A log that is another than the one that was read: what was found by it is looked for again.
void Roster::forget(const LogId& log) {
  std::erase_if(first_receipts_,
                [&](const auto& known) { return known.first.first.log == log || known.first.second == log; });
  std::erase_if(run_times_, [&](const auto& known) { return known.first.first == log; });
}

// What scans remember without their statements, after load().
Status Roster::read_facts() {
  for (const auto& [log, key] : keys_) {
    const auto known = scans_.find(log);
    if (known == scans_.end() || known->second.has_facts) continue;
    Scan& scan = known->second;
    for (const std::string_view type : {record::kAmendmentType, record::kConsentType, record::kObjectionType,
                                        record::kLogOpenType, record::kLogCloseType, record::kEvidenceType}) {
      const auto kept = scan.kept.find(type);
      if (kept == scan.kept.end()) continue;
      for (const std::uint64_t i : kept->second) {
        TRUCE_TRY(const record::Envelope e, envelope({log, i}));
        TRUCE_TRY(const std::string entry, record::encode(e));
        TRUCE_CHECK(picture::take_record(e, {log, i}, record::leaf_hash(entry), scan.facts));
      }
    }
    scan.has_facts = true;
  }
  return {};
}

// Logs, mains and the mechanism in force, from what was read so far, by the functions of the fold. What documents open,
// and these logs say, opens more: until nothing new is known.
Status Roster::evaluate() {
  const picture::Hearing hearing = {
      [&](const Hash& hash) -> Result<std::optional<mechanism::Mechanism>> {
        const mechanism::Mechanism* known = document(hash);
        return known != nullptr ? std::optional(*known) : std::nullopt;
      },
      newest_in(), [&](const picture::LogBook& book, const StatementId& id) { return received_by(book, id); }};
  const auto learn_keys = [&](const mechanism::Mechanism& m, const picture::LogBook& book) {
    for (const auto& [log, state] : book.logs()) {
      if (state.is_open) keys_[log] = picture::LogBook::key_of(log, m, book, facts_);
    }
  };
  learn_keys(founding_, picture::LogBook(founding_, facts_));
  while (true) {
    const std::size_t before = keys_.size();
    TRUCE_CHECK(read_facts());
    facts_ = {};
    for (const auto& [log, key] : keys_) {
      const auto scan = scans_.find(log);
      if (scan != scans_.end()) facts_.append(scan->second.facts);
    }
    TRUCE_TRY(picture::Chained chained, picture::chain_of(founding_, mechanism_id_, facts_, hearing));
    chain_ = std::move(chained.chain);
    proposals_ = std::move(chained.proposals);
    learn_keys(founding_, picture::LogBook(founding_, facts_));
    for (const auto& link : chain_.links) {
      const auto p = std::ranges::find(proposals_, link.id, &mechanism::Proposal::id);
      if (p != proposals_.end()) learn_keys(p->mechanism, picture::LogBook(p->mechanism, facts_));
    }
    if (keys_.size() == before) break;
  }
  book_ = picture::LogBook(chain_.mechanism, facts_);
  frozen_book_.reset();
  logs_.clear();
  mains_.clear();
  for (const auto& [log, state] : book_.logs()) {
    if (!state.is_open) continue;
    OpenedLog opened{log, keys_.at(log), state.is_main, std::nullopt};
    if (state.closed_at != UINT64_MAX) opened.closed_at = state.closed_at;
    logs_[log] = std::move(opened);
  }
  // From one main log to the next: each is opened in the one before, which closes itself.
  for (const mechanism::Party& p : chain_.mechanism.parties) {
    LogId main{p.id, p.main};
    for (bool moved = true; moved;) {
      moved = false;
      if (!logs_.at(main).closed_at) break;
      for (const auto& [log, opened] : logs_) {
        if (log.party != p.id || !opened.is_main || picture::main_number(log.log) <= picture::main_number(main.log) ||
            p.ended_log(log.log) != nullptr)
          continue;
        main = log;
        moved = true;
        break;
      }
    }
    mains_[p.id] = main.log;
  }
  TRUCE_TRY(const picture::Newest newest, picture::newest_of_mains(book_, newest_in()));
  std::vector<std::pair<std::string, std::int64_t>> times;
  for (const auto& [party, at] : newest) times.emplace_back(party, at.ms);
  as_of_ = picture::default_as_of(chain_.mechanism, times);
  return {};
}

Result<mechanism::Question> Roster::question(const StatementId& id) const {
  TRUCE_TRY(const record::Envelope e, envelope(id));
  TRUCE_TRY(const std::string entry, record::encode(e));
  const StatementRef statement{id, record::leaf_hash(entry)};
  TRUCE_TRY(const picture::LogBook* const book, frozen_book());
  mechanism::Question out;
  out.author = id.log.party;
  out.asked = e.recorded;
  TRUCE_TRY(out.newest, picture::newest_of_mains(*book, newest_in()));
  TRUCE_TRY(const picture::FirstReceipts receipts, received_by(*book, id));
  std::vector<const picture::StatedVoice*> on_it;
  for (const picture::StatedVoice& v : facts_.voices) {
    if (v.to == statement && !v.body.amendment) on_it.push_back(&v);
  }
  picture::Words words = picture::words_of_parties(*book, on_it);
  TRUCE_CHECK(picture::put_heard(*book, receipts, words.objections, newest_in(), out));
  out.voices = std::move(words.voices);
  return out;
}

// As the fold weighs questions: what is behind the split of a forked log counts for nothing.
Result<const picture::LogBook*> Roster::frozen_book() const {
  if (!frozen_book_) {
    picture::LogBook book = book_;
    for (const auto& [log, opened] : logs_) {
      TRUCE_TRY(const auto frozen, frozen_at(log));
      if (frozen) book.freeze(log, *frozen);
    }
    frozen_book_ = std::move(book);
  }
  return &*frozen_book_;
}

std::vector<std::pair<StatementId, record::ForkEvidence>> Roster::stated_evidence() const {
  std::vector<std::pair<StatementId, record::ForkEvidence>> out;
  for (const StatementId& id : of_type(record::kEvidenceType)) {
    const auto e = envelope(id);
    auto body = e ? record::ForkEvidence::from_body(e->body) : Result<record::ForkEvidence>(fail(e.error()));
    if (body) out.emplace_back(id, std::move(body).value());
  }
  return out;
}

std::optional<record::ForkCause> Roster::fork_cause(const LogId& log) const {
  std::optional<record::ForkCause> out;
  for (const StatementId& id : of_type(record::kForkCauseType)) {
    if (id.log.party != log.party || !logs_.at(id.log).is_main) continue;
    const auto e = envelope(id);
    auto body = e ? record::ForkCause::from_body(e->body) : Result<record::ForkCause>(fail(e.error()));
    if (body && body->log == log.log) out = std::move(body).value();
  }
  return out;
}

std::optional<record::LogPlace> Roster::place(const LogId& log) const {
  const auto it = logs_.find(log);
  if (it == logs_.end()) return std::nullopt;
  return record::LogPlace{folder_ + "/logs/" + log.to_string(), mechanism_id_, log, it->second.key};
}

std::optional<record::LogPlace> Roster::place_by_origin(std::string_view origin) const {
  const std::string prefix = record::origin_prefix(mechanism_id_);
  if (!origin.starts_with(prefix)) return std::nullopt;
  const auto log = LogId::parse(origin.substr(prefix.size()));
  return log ? place(*log) : std::nullopt;
}

LogId Roster::main_log(const std::string& party) const {
  const auto it = mains_.find(party);
  return {party, it != mains_.end() ? it->second : "main"};
}

std::vector<record::Cosigner> Roster::cosigners() const {
  std::vector<record::Cosigner> out;
  for (const mechanism::Party& p : mechanism().parties) {
    if (!p.receives()) continue;
    out.push_back(record::Cosigner::of(mechanism_id_, p.id, p.keys.cosign));
  }
  return out;
}

std::uint64_t Roster::counting_size(const LogId& log) const {
  const auto it = scans_.find(log);
  return it != scans_.end() ? it->second.counting : 0;
}

std::optional<Instant> Roster::newest(const LogId& log) const {
  const auto it = scans_.find(log);
  if (it == scans_.end() || it->second.times.newest() == Instant::kMin) return std::nullopt;
  return Instant{it->second.times.newest()};
}

std::optional<Received> Roster::received(const std::string& party, const LogId& log) const {
  std::optional<Received> out;
  for (const auto& [of, opened] : logs_) {
    if (of.party != party || !opened.is_main) continue;
    const auto scan = scans_.find(of);
    if (scan == scans_.end()) continue;
    const auto it = scan->second.received.find(log);
    if (it != scan->second.received.end() && (!out || it->second.size > out->size)) out = it->second;
  }
  return out;
}

Result<std::uint64_t> Roster::received_here(const std::string& party, record::LogReader& reader,
                                            std::uint64_t limit) const {
  const LogId& log = reader.head().log;
  const auto is_here = [&](std::uint64_t size, const Hash& root) -> Result<bool> {
    if (size > std::min(reader.head().size, limit)) return false;
    const auto here = reader.root_at(size);
    if (!here) note_fault(log, here.error());
    return here && *here == root;
  };
  const auto newest = received(party, log);
  if (!newest) return 0;
  TRUCE_TRY(const bool is_newest, is_here(newest->size, newest->root));
  if (is_newest) return newest->size;
  // The largest one is of more than is here, or of another branch: what was said before stands.
  std::uint64_t out = 0;
  for (const StatementId& id : of_type(record::kReceiptType)) {
    if (id.log.party != party || !logs_.at(id.log).is_main) continue;
    const auto e = envelope(id);  // none in a copy that is damaged
    const auto receipt = e ? record::Receipt::from_body(e->body) : Result<record::Receipt>(fail(e.error()));
    if (!receipt) continue;
    for (const record::Head& h : receipt->heads) {
      if (h.log != log || h.size <= out) continue;
      TRUCE_TRY(const bool here, is_here(h.size, h.root));
      if (here) out = h.size;
    }
  }
  return out;
}

std::optional<std::string> Roster::sealing_key(const std::string& party) const {
  const mechanism::Party* p = mechanism().party(party);
  if (p == nullptr) return std::nullopt;
  std::vector<StatementId> stated;
  for (const StatementId& id : of_type(record::kSealingKeyType)) {
    if (id.log.party == party && p->ended_log(id.log.log) == nullptr && logs_.at(id.log).is_main) stated.push_back(id);
  }
  // main, main-2, ..., main-10.
  std::ranges::sort(stated, [](const StatementId& a, const StatementId& b) {
    return std::tuple(a.log.log.size(), a.log.log, a.index) > std::tuple(b.log.log.size(), b.log.log, b.index);
  });
  for (const StatementId& id : stated) {
    const auto e = envelope(id);
    const auto key = e ? record::SealingKey::from_body(e->body) : Result<record::SealingKey>(fail(e.error()));
    if (key) return key->key;
  }
  return p->keys.x25519;
}

Result<std::uint64_t> Roster::settled_up_to(const LogId& log, std::uint64_t limit) const {
  const auto head = heads_.find(log);
  if (head == heads_.end()) return 0;
  const mechanism::Quorum q = mechanism::quorum_for(mechanism(), log.party);
  if (q.needed == 0) return std::min(head->second.size, limit);
  TRUCE_TRY(auto reader, record::LogReader::open(*files_, *place(log)));
  std::vector<std::uint64_t> sizes;
  for (const mechanism::Party& p : mechanism().parties) {
    if (p.id == log.party || !p.receives()) continue;
    TRUCE_TRY(const std::uint64_t size, received_here(p.id, reader, limit));
    if (size != 0) sizes.push_back(size);
  }
  if (sizes.size() < static_cast<std::size_t>(q.needed)) return 0;
  std::ranges::sort(sizes, std::ranges::greater());
  return sizes[static_cast<std::size_t>(q.needed - 1)];
}

Result<std::uint64_t> Roster::settled(const LogId& log) const {
  return settled_up_to(log, UINT64_MAX);
}

Result<std::optional<std::uint64_t>> Roster::frozen_at(const LogId& log) const {
  const auto place = this->place(log);
  const mechanism::Party* party = mechanism().party(log.party);
  if (!place || party == nullptr || party->ended_log(log.log) != nullptr) return std::optional<std::uint64_t>();
  std::optional<std::uint64_t> limit;
  for (const auto& [id, e] : stated_evidence()) {
    if (e.log != log || !logs_.at(id.log).is_main) continue;
    const auto proven = record::verify(e, place->origin(), place->public_key);
    if (!proven) continue;
    limit = std::min(limit.value_or(UINT64_MAX), proven->common_max);
  }
  if (!limit) return limit;
  TRUCE_TRY(const std::uint64_t settled, settled_up_to(log, *limit));
  return std::optional(settled);
}

}  // namespace truce::node
