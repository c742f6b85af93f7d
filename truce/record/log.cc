// SPDX-License-Identifier: Apache-2.0

#include "truce/record/log.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include "truce/record/bundle.h"
#include "truce/record/envelope.h"
#include "truce/record/journal.h"
#include "truce/record/merkle.h"
#include "truce/record/note.h"
#include "truce/record/partial_tiles.h"
#include "truce/record/secret.h"
#include "truce/record/signing.h"
#include "truce/record/stage.h"
#include "truce/record/tile_io.h"
#include "truce/record/tile_path.h"

namespace truce::record {
namespace {

// A journal larger than this is begun anew once the head covers it.
constexpr std::uint64_t kJournalKeepBytes = 1 << 20;
// Batches that wait together are written as one up to this size.
constexpr std::size_t kGroupBytesMax = 8 << 20;
// Fewer full tiles than this are hashed by the calling thread alone.
constexpr std::size_t kParallelTilesMin = 16;

// One entry bundle to be: pieces of journalled payloads that make it up.
struct BundleJob {
  std::uint64_t index = 0;
  std::uint32_t count = 0;
  std::vector<std::string_view> pieces;
};

// What hashing a bundle gives.
struct BundleHashes {
  std::vector<Hash> leaves;
  Hash tile;  // of a full one only
};

// Cuts entries in bundle form into bundles. The first piece begins with the first entry of bundle `first_bundle`.
std::vector<BundleJob> cut_bundles(std::uint64_t first_bundle, const std::vector<std::string_view>& payloads) {
  std::vector<BundleJob> out;
  for (const std::string_view payload : payloads) {
    std::size_t begin = 0;
    std::size_t at = 0;
    while (at < payload.size()) {
      if (out.empty() || out.back().count == kTileWidth) out.push_back({first_bundle + out.size(), 0, {}});
      BundleJob& job = out.back();
      while (at < payload.size() && job.count < kTileWidth) {
        at += 2 +
              (std::size_t{static_cast<unsigned char>(payload[at])} << 8 | static_cast<unsigned char>(payload[at + 1]));
        ++job.count;
      }
      job.pieces.push_back(payload.substr(begin, at - begin));
      begin = at;
    }
  }
  return out;
}

Status write_bundle(const BundleJob& job, Stage& stage, BundleHashes& out) {
  std::string whole;
  std::string_view bytes = job.pieces.front();
  if (job.pieces.size() > 1) {
    for (const std::string_view p : job.pieces) whole += p;
    bytes = whole;
  }
  std::vector<std::string_view> entries;
  entries.reserve(kTileWidth);
  TRUCE_CHECK(split_bundle(bytes, job.count, entries));
  out.leaves.resize(entries.size());
  leaf_hashes(entries, out.leaves);
  TRUCE_CHECK(stage.add({kEntriesLevel, job.index, job.count}, bytes));
  if (job.count < kTileWidth) return {};  // the partial hash tile is written with those of the upper levels
  out.tile = subtree_hash(out.leaves);
  return stage.add({0, job.index, kTileWidth}, tile_bytes(out.leaves));
}

// Writes all bundles and full level-0 tiles, on all processors where that pays.
Status write_bundles(const std::vector<BundleJob>& jobs, Stage& stage, std::vector<BundleHashes>& out) {
  out.resize(jobs.size());
  if (jobs.size() < kParallelTilesMin) {
    for (std::size_t i = 0; i < jobs.size(); ++i) TRUCE_CHECK(write_bundle(jobs[i], stage, out[i]));
    return {};
  }
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  Status first_fault;
  const auto work = [&] {
    for (std::size_t i = next++; i < jobs.size(); i = next++) {
      auto ok = write_bundle(jobs[i], stage, out[i]);
      if (jobs[i].count == kTileWidth) out[i].leaves = {};
      if (ok) continue;
      const std::scoped_lock lock(mutex);
      if (first_fault) first_fault = std::move(ok);
      next = jobs.size();
    }
  };
  std::vector<std::thread> threads;
  const unsigned count = std::min(8U, std::max(1U, std::thread::hardware_concurrency()));
  for (unsigned t = 1; t < count; ++t) threads.emplace_back(work);
  work();
  for (std::thread& t : threads) t.join();
  return first_fault;
}

// The first entry of these batches, below `size`, that is another one in the tiles.
Result<std::optional<std::uint64_t>> first_difference(FileSystem& files, const LogPlace& place, std::uint64_t size,
                                                      const std::vector<Batch>& batches) {
  std::optional<std::uint64_t> none;
  if (batches.empty() || batches.front().first >= size) return none;
  TRUCE_TRY(LogReader reader, LogReader::open(files, place));
  std::vector<std::string_view> entries;
  for (const Batch& b : batches) {
    if (b.first >= size) break;
    TRUCE_CHECK(split_bundle(b.payload(), b.count, entries));
    for (std::uint64_t i = b.first; i < std::min(b.end(), size); ++i) {
      TRUCE_TRY(const Hash leaf, reader.leaf(i));
      if (leaf != leaf_hash(entries[i - b.first])) return std::optional(i);
    }
  }
  return none;
}

class LogImpl final : public Log {
 public:
  LogImpl(FileSystem& files, LogPlace place, std::string_view seed, Clock& clock, std::unique_ptr<FileLock> lock)
      : files_(files),
        place_(std::move(place)),
        seed_(Secret::copy_of(seed)),
        clock_(clock),
        lock_(std::move(lock)),
        origin_(place_.origin()),
        partials_(files, place_.folder) {}

  // Reads what is there and brings tiles and head up to the journal.
  Status start();

  const Repair& repair() const override { return repair_; }
  std::uint64_t size() const override {
    const std::scoped_lock lock(mutex_);
    return acknowledged_;
  }
  Head head() const override {
    const std::scoped_lock lock(mutex_);
    return head_;
  }
  Result<std::uint64_t> append(std::span<const std::string> entries) override;
  Status publish() override;

 private:
  // Callers of append() whose entries become durable together, as one batch of the journal. The first to come leads: it
  // writes for all.
  struct Group {
    std::string
        record;  // room for the header, then the payload; under LogImpl's mutex_ until the leader takes the group
    std::uint64_t count = 0;
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    std::uint64_t first = 0;
    Status outcome;
  };

  std::string file(std::string_view name) const { return place_.folder + '/' + std::string(name); }
  Status load_tiles();
  Status check_overlap(const std::vector<Batch>& batches);
  Status check_nothing_beyond(std::uint64_t end);
  Status clear_temporaries();
  Status write_head(const Head& head);
  void lead(Group& group);
  Status reset_journal();
  Status drop_old_partials();

  FileSystem& files_;
  const LogPlace place_;
  const Secret seed_;
  Clock& clock_;
  const std::unique_ptr<FileLock> lock_;
  const std::string origin_;
  Repair repair_;

  // Under mutex_. The journal itself belongs to whoever set journal_taken_.
  mutable std::mutex mutex_;
  std::condition_variable journal_free_;
  bool journal_taken_ = false;
  std::deque<std::shared_ptr<Group>> groups_;  // not taken yet; the last one may be joined
  std::uint64_t acknowledged_ = 0;
  std::deque<std::shared_ptr<Batch>> unpublished_;
  Head head_;
  std::unique_ptr<Journal> journal_;

  // Under publish_mutex_.
  std::mutex publish_mutex_;
  Frontier frontier_;        // at head_.size
  std::string open_bundle_;  // entries of the bundle that is not full yet, in bundle form
  std::set<std::string> known_folders_;
  PartialTiles partials_;
};

Status LogImpl::start() {
  TRUCE_CHECK(Stage::clear(files_, place_.folder));
  TRUCE_CHECK(clear_temporaries());
  head_ = {place_.log, 0, empty_root()};
  auto reader = LogReader::open(files_, place_);
  const bool has_head = reader.has_value();
  if (!has_head && reader.error().code != ErrorCode::kNotFound) return fail(std::move(reader).error());
  if (has_head) head_ = reader->head();
  TRUCE_CHECK(load_tiles());

  auto opened = Journal::open(files_, file("journal"), origin_);
  if (!opened && opened.error().code != ErrorCode::kNotFound) return fail(std::move(opened).error());
  const std::uint64_t first = opened ? opened->journal->first() : head_.size;
  if (first > head_.size) {
    return fail(ErrorCode::kRolledBack,
                "the journal says that " + std::to_string(first) + " statements were published, the checkpoint says " +
                    (has_head ? std::to_string(head_.size) : std::string("nothing")),
                place_.folder);
  }
  const std::uint64_t end = opened ? opened->journal->end() : head_.size;
  TRUCE_CHECK(check_nothing_beyond(std::max(end, head_.size)));
  if (opened) TRUCE_CHECK(check_overlap(opened->batches));
  if (!opened || end < head_.size) {
    // The tiles hold all that the head names (load_tiles() checked their edge against the root): begin a new journal
    // there.
    repair_.new_journal = has_head;
    if (opened) repair_.torn_bytes = opened->torn_bytes;
    TRUCE_TRY(journal_, Journal::create(files_, file("journal"), origin_, head_.size, {}));
    acknowledged_ = head_.size;
  } else {
    repair_.torn_bytes = opened->torn_bytes;
    journal_ = std::move(opened->journal);
    acknowledged_ = end;
    // What a failed fsync left in memory only is made durable before tiles are built on it.
    if (end > head_.size) TRUCE_CHECK(journal_->sync());
  }
  if (!has_head) TRUCE_CHECK(write_head(head_));
  repair_.republished_entries = acknowledged_ - head_.size;
  if (repair_.republished_entries != 0) TRUCE_CHECK(publish());
  return {};
}

// The frontier and the open bundle at the head, checked against its root.
Status LogImpl::load_tiles() {
  const std::string& folder = place_.folder;
  TRUCE_TRY(frontier_, read_frontier(files_, folder, head_.size, head_.size));
  if (frontier_.root() != head_.root) {
    return fail(ErrorCode::kBadRoot, "the tiles do not give the root that the checkpoint signs", folder);
  }
  open_bundle_.clear();
  const std::span<const Hash> leaves = frontier_.open_tile(0);
  if (leaves.empty()) return {};
  const auto width = static_cast<std::uint32_t>(leaves.size());
  TRUCE_TRY(open_bundle_, read_tile(files_, folder, kEntriesLevel, head_.size / kTileWidth, width));
  std::vector<std::string_view> entries;
  TRUCE_CHECK(split_bundle(open_bundle_, width, entries));
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (leaf_hash(entries[i]) != leaves[i]) {
      const std::uint64_t index = head_.size / kTileWidth * kTileWidth + i;
      return fail(ErrorCode::kBadTile, "the entry does not fit its hash", StatementId{place_.log, index}.to_string());
    }
  }
  return {};
}

// Batches that are in tiles already must be the same there; the others are queued for publication.
Status LogImpl::check_overlap(const std::vector<Batch>& batches) {
  TRUCE_TRY(const auto differs, first_difference(files_, place_, head_.size, batches));
  if (differs) {
    return fail(ErrorCode::kBadJournal,
                "journal and tiles hold different entries: truce recover sets those of the journal aside",
                StatementId{place_.log, *differs}.to_string());
  }
  for (const Batch& b : batches) {
    if (b.end() > head_.size) unpublished_.push_back(std::make_shared<Batch>(b));
  }
  return {};
}

// Tiles are never written before the journal: entries in tiles that neither journal nor head know mean that both are
// older copies.
Status LogImpl::check_nothing_beyond(std::uint64_t end) {
  const auto rolled_back = [&](const TilePath& tile) {
    return fail(
        ErrorCode::kRolledBack,
        "holds more than journal and checkpoint, which end at " + std::to_string(end) + ": are they from a backup?",
        place_.folder + '/' + tile.to_string());
  };
  const std::uint64_t index = end / kTileWidth;
  const auto width = static_cast<std::uint32_t>(end % kTileWidth);
  const TilePath full{kEntriesLevel, index, kTileWidth};
  if (files_.exists(place_.folder + '/' + full.to_string())) return rolled_back(full);
  auto widths = files_.list(place_.folder + '/' + full.to_string() + ".p");
  if (!widths) {
    if (widths.error().code == ErrorCode::kNotFound) return {};
    return fail(std::move(widths).error());
  }
  for (const std::string& name : *widths) {
    const auto tile = TilePath::parse(full.to_string() + ".p/" + name);
    if (tile && tile->width > width) return rolled_back(*tile);
  }
  return {};
}

// What write_atomic() left half-done when the power went.
Status LogImpl::clear_temporaries() {
  TRUCE_TRY(const std::vector<std::string> names, files_.list(place_.folder));
  for (const std::string& name : names) {
    const bool ours = name.starts_with("journal.tmp-") || name.starts_with("checkpoint.tmp-");
    if (ours) TRUCE_CHECK(files_.remove(file(name)));
  }
  return {};
}

Status LogImpl::write_head(const Head& head) {
  const std::string bytes = sign_checkpoint({origin_, head.size, head.root, {}}, seed_.view());
  return files_.write_atomic(file("checkpoint"), bytes, 0644);
}

// ---- appending ----

Result<std::uint64_t> LogImpl::append(std::span<const std::string> entries) {
  std::size_t bytes = kBatchHeaderBytes;
  for (const std::string& e : entries) {
    if (e.size() > kEntryBytesMax) {
      return fail(ErrorCode::kLimit, "an entry of " + std::to_string(e.size()) + " bytes; at most " +
                                         std::to_string(kEntryBytesMax) + ": put the larger part into a blob");
    }
    bytes += 2 + e.size();
  }
  if (entries.empty()) return size();
  if (entries.size() > UINT32_MAX) return fail(ErrorCode::kLimit, "more than 2^32 - 1 entries in one batch");
  std::string record;
  record.reserve(bytes);
  record.resize(kBatchHeaderBytes);
  for (const std::string& e : entries) append_entry(record, e);

  std::shared_ptr<Group> group;
  std::uint64_t before = 0;  // entries of others in the group that come first
  {
    const std::scoped_lock lock(mutex_);
    const bool fits = !groups_.empty() && groups_.back()->record.size() + record.size() <= kGroupBytesMax &&
                      groups_.back()->count + entries.size() <= UINT32_MAX;
    if (!fits) groups_.push_back(std::make_shared<Group>());
    group = groups_.back();
    before = group->count;
    group->count += entries.size();
    if (before == 0) {
      group->record = std::move(record);
    } else {
      group->record += std::string_view(record).substr(kBatchHeaderBytes);
    }
  }
  if (before == 0) {
    lead(*group);
  } else {
    std::unique_lock lock(group->mutex);
    group->changed.wait(lock, [&] { return group->done; });
  }
  if (!group->outcome) return fail(group->outcome.error());
  return group->first + before;
}

// Waits until the journal is free and the groups before this one are written; then writes for all who have joined.
void LogImpl::lead(Group& group) {
  auto batch = std::make_shared<Batch>();
  {
    std::unique_lock lock(mutex_);
    journal_free_.wait(lock, [&] { return !journal_taken_ && groups_.front().get() == &group; });
    journal_taken_ = true;
    groups_.pop_front();
    batch->first = acknowledged_;
  }
  batch->count = static_cast<std::uint32_t>(group.count);
  batch->record = std::move(group.record);
  Status outcome;
  if (batch->end() > static_cast<std::uint64_t>(Json::kIntegerMax)) {
    outcome = fail(ErrorCode::kLimit, "a log holds at most 2^53 - 1 statements");
  } else if (journal_->broken()) {
    outcome = fail(ErrorCode::kIo, "an earlier write to the journal failed; open the log again", file("journal"));
  } else {
    batch->seal();
    outcome = journal_->append(*batch);
  }
  const std::uint64_t first = batch->first;
  {
    const std::scoped_lock lock(mutex_);
    if (outcome) {
      acknowledged_ = batch->end();
      unpublished_.push_back(std::move(batch));
    }
    journal_taken_ = false;
  }
  journal_free_.notify_all();
  {
    const std::scoped_lock lock(group.mutex);
    group.first = first;
    group.outcome = std::move(outcome);
    group.done = true;
  }
  group.changed.notify_all();
}

// ---- publishing ----

Status LogImpl::publish() {
  const std::scoped_lock publishing(publish_mutex_);
  std::vector<std::shared_ptr<Batch>> batches;
  std::uint64_t target = 0;
  {
    const std::scoped_lock lock(mutex_);
    batches.assign(unpublished_.begin(), unpublished_.end());
    target = acknowledged_;
  }
  const std::uint64_t from = head_.size;
  if (target == from) return drop_old_partials();

  std::vector<std::string_view> payloads;
  if (!open_bundle_.empty()) payloads.push_back(open_bundle_);
  for (const auto& b : batches) {
    std::string_view payload = b->payload();
    for (std::uint64_t skip = b->first; skip < from; ++skip) {  // a batch that was partly published before a crash
      payload.remove_prefix(
          2 + (std::size_t{static_cast<unsigned char>(payload[0])} << 8 | static_cast<unsigned char>(payload[1])));
    }
    payloads.push_back(payload);
  }
  const std::vector<BundleJob> jobs = cut_bundles(from / kTileWidth, payloads);

  TRUCE_CHECK(Stage::clear(files_, place_.folder));
  Stage stage(files_, place_.folder, known_folders_);
  std::vector<BundleHashes> hashes;
  TRUCE_CHECK(write_bundles(jobs, stage, hashes));

  // The new right edge: begins at the last full bundle, since the first job holds the open bundle's entries again.
  std::vector<std::vector<Hash>> edge;
  for (int level = 0; level < frontier_.level_count(); ++level) {
    const auto nodes = frontier_.open_tile(level);
    edge.emplace_back(nodes.begin(), nodes.end());
  }
  if (!edge.empty()) edge[0].clear();
  Frontier next = Frontier::from_tiles(from / kTileWidth * kTileWidth, std::move(edge));
  Status staged;
  const Frontier::FullTile full = [&](int level, std::uint64_t index, std::span<const Hash> nodes) {
    if (staged) staged = stage.add({level, index, kTileWidth}, tile_bytes(nodes));
  };
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (jobs[i].count == kTileWidth) {
      next.append_tile(hashes[i].tile, full);
    } else {
      for (const Hash& leaf : hashes[i].leaves) next.append(leaf, full);
    }
  }
  TRUCE_CHECK(staged);
  for (int level = 0; level < next.level_count(); ++level) {
    const auto nodes = next.open_tile(level);
    const std::uint64_t index = nodes_at(target, level) / kTileWidth;
    const bool unchanged = nodes_at(target, level) == nodes_at(from, level);
    if (nodes.empty() || unchanged) continue;
    TRUCE_CHECK(stage.add({level, index, static_cast<std::uint32_t>(nodes.size())}, tile_bytes(nodes)));
    partials_.add(level, index);
    if (level == 0) partials_.add(kEntriesLevel, index);
  }
  TRUCE_CHECK(stage.commit());
  const Head head{place_.log, target, next.root()};
  TRUCE_CHECK(write_head(head));

  std::string open_bundle;
  if (!jobs.empty() && jobs.back().count < kTileWidth) {
    for (const std::string_view p : jobs.back().pieces) open_bundle += p;
  }
  open_bundle_ = std::move(open_bundle);
  frontier_ = std::move(next);
  {
    std::unique_lock lock(mutex_);
    head_ = head;
    while (!unpublished_.empty() && unpublished_.front()->end() <= target) unpublished_.pop_front();
  }
  batches.clear();
  TRUCE_CHECK(reset_journal());
  return drop_old_partials();
}

// Begins the journal anew where the head ends, with what was appended meanwhile. Until the new one has taken its name
// the old one counts; both tell the same.
Status LogImpl::reset_journal() {
  std::unique_lock lock(mutex_);
  journal_free_.wait(lock, [&] { return !journal_taken_; });
  journal_taken_ = true;
  Status outcome;
  if (!journal_->broken() && journal_->size_bytes() > kJournalKeepBytes) {
    std::vector<std::shared_ptr<Batch>> keep(unpublished_.begin(), unpublished_.end());
    const std::uint64_t first = keep.empty() ? acknowledged_ : keep.front()->first;
    lock.unlock();
    std::vector<const Batch*> batches;
    std::uint64_t kept_bytes = 0;
    for (const auto& b : keep) {
      batches.push_back(b.get());
      kept_bytes += b->record.size();
    }
    if (kept_bytes < journal_->size_bytes() / 2) {
      auto fresh = Journal::create(files_, file("journal"), origin_, first, batches);
      if (fresh) {
        journal_ = std::move(fresh).value();
      } else {
        // Whether the old or the new one has the name is not known: appending to the old one might be lost with it.
        journal_->set_broken();
        outcome = fail(std::move(fresh).error());
      }
    }
    lock.lock();
  }
  journal_taken_ = false;
  lock.unlock();
  journal_free_.notify_all();
  return outcome;
}

Status LogImpl::drop_old_partials() {
  return partials_.drop_old(head_.size, clock_, [this](const std::string& folder) { known_folders_.erase(folder); });
}

}  // namespace

Result<std::unique_ptr<Log>> Log::open(FileSystem& files, LogPlace place, std::string_view seed, Options options) {
  if (seed.size() != kSeedBytes || ed25519_public_key(seed) != place.public_key) {
    return fail(ErrorCode::kInvalidArgument, "the seed is not of the log's key", place.log.to_string());
  }
  TRUCE_CHECK(files.make_folders(place.folder));
  TRUCE_TRY(auto lock, files.lock(place.folder + "/lock", options.lock_wait_ms));
  Clock& clock = options.clock != nullptr ? *options.clock : system_clock();
  auto log = std::make_unique<LogImpl>(files, std::move(place), seed, clock, std::move(lock));
  TRUCE_CHECK(log->start());
  return log;
}

Result<SetAside> set_aside_unpublishable(FileSystem& files, const LogPlace& place, const std::string& folder,
                                         const std::string& name) {
  SetAside out;
  const std::string journal = place.folder + "/journal";
  if (!files.exists(journal)) return out;
  TRUCE_TRY(const auto lock, files.lock(place.folder + "/lock", Log::Options().lock_wait_ms));
  TRUCE_TRY(const LogReader reader, LogReader::open(files, place));
  const std::uint64_t size = reader.head().size;
  TRUCE_TRY(const Journal::Opened opened, Journal::open(files, journal, place.origin()));
  TRUCE_TRY(const auto differs, first_difference(files, place, size, opened.batches));
  if (!differs) return out;
  std::string lines;
  std::vector<std::string_view> entries;
  for (const Batch& b : opened.batches) {
    TRUCE_CHECK(split_bundle(b.payload(), b.count, entries));
    for (std::uint64_t i = std::max(b.first, *differs); i < b.end(); ++i, ++out.count) {
      lines += entries[i - b.first];
      lines += '\n';
    }
  }
  TRUCE_CHECK(files.make_folders(folder));
  for (int n = 1; out.file.empty(); ++n) {
    std::string file = folder + '/' + name + (n == 1 ? std::string() : '.' + std::to_string(n));
    if (!files.exists(file) || files.read(file, lines.size()).value_or("") == lines) out.file = std::move(file);
  }
  TRUCE_CHECK(files.write_atomic(out.file, lines, 0600));
  TRUCE_TRY(const auto fresh, Journal::create(files, journal, place.origin(), size, {}));
  return out;
}

}  // namespace truce::record
