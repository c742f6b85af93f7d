// SPDX-License-Identifier: Apache-2.0

#include "truce/cmd/verify/folder.h"

#include <algorithm>

#include "truce/base/encoding.h"
#include "truce/cmd/verify/source_roots.h"
#include "truce/record/blobs.h"
#include "truce/record/bundle.h"
#include "truce/record/fsck.h"
#include "truce/record/note.h"

namespace truce::verify {
namespace {

tl::unexpected<Error> refused(const std::string& path) {
  return fail(ErrorCode::kIo, "a verifier only reads", path);
}

class FolderSubject final : public Subject {
 public:
  FolderSubject(FileSystem& files, std::string folder, unsigned threads)
      : files_(files), folder_(std::move(folder)), threads_(threads), source_(files_, folder_) {}

  Status check(const Roster& roster, Claims& claims, CheckedLogs& logs) override;
  Result<std::string> blob(const Hash& hash) override {
    return record::BlobStore(files_, folder_ + "/blobs").get(hash);
  }
  Result<std::vector<std::optional<Hash>>> roots(const CheckedLog& log, std::span<const std::uint64_t> sizes) override {
    TRUCE_TRY(const Tree tree, load_tree(source_, log.head));
    return roots_of(source_, tree, sizes);
  }
  std::set<LogId> found() const override { return found_; }

 private:
  Status find();
  Status check_log(CheckedLog& log, Claims& claims);

  ReadOnlyFiles files_;
  const std::string folder_;
  const unsigned threads_;
  record::FolderSource source_;
  std::set<LogId> found_;
  bool was_listed_ = false;
};

// logs/<party>/<log>/
Status FolderSubject::find() {
  if (was_listed_) return {};
  was_listed_ = true;
  const std::string logs = folder_ + "/logs";
  TRUCE_TRY(const auto parties, files_.list(logs));
  for (const std::string& party : parties) {
    const auto names = files_.list(logs + '/' + party);
    for (const std::string& name : names.value_or(std::vector<std::string>{""})) {
      if (is_id(party) && is_id(name)) {
        found_.insert({party, name});
      } else {
        faults.push_back({ErrorCode::kInvalidArgument, "is no log of a party", "logs/" + party + '/' + name});
      }
    }
  }
  return {};
}

Status FolderSubject::check_log(CheckedLog& log, Claims& claims) {
  const record::LogPlace& place = log.place;
  std::uint64_t size = 0;  // of the head whose cosignatures are looked at
  if (auto bytes = files_.read(place.folder + "/checkpoint", record::kNoteBytesMax)) {
    if (const auto c = record::open_checkpoint(*bytes, place.origin(), place.public_key)) size = c->size;
    log.checkpoint = std::move(bytes).value();
  }
  record::FsckOptions options;
  options.blobs_folder = folder_ + "/blobs";
  options.sealed_folder = folder_ + "/sealed";
  options.threads = threads_;
  options.fault_count_max = kLogFaultsKeptMax;
  options.on_entries = [&](std::uint64_t first, std::span<const std::string_view> entries,
                           std::span<const record::EntryScan> scans) { claims.take(place.log, first, entries, scans); };
  const auto report = record::fsck(files_, place, options);
  if (!report) return fail(report.error());
  log.head = report->head;
  log.entries = report->entries;
  log.entry_bytes = report->entry_bytes;
  log.hash_tiles = report->hash_tiles;
  log.blobs = report->blobs;
  log.sealed = report->sealed;
  log.sealed_absent = report->sealed_absent;
  log.is_whole = report->is_whole;
  for (const record::FsckFault& f : report->faults) log.note(f.error);
  if (log.is_whole && log.head.size != size)
    log.fault({ErrorCode::kIo, "the log grew while it was checked; check again", place.log.to_string()});
  return {};
}

Status FolderSubject::check(const Roster& roster, Claims& claims, CheckedLogs& logs) {
  TRUCE_CHECK(find());
  for (const LogId& id : found_) {
    const auto key = roster.key_of(id);
    if (!key || logs.contains(id)) continue;
    CheckedLog log;
    log.place = roster.place_of(id, *key);
    log.place.folder = folder_ + "/logs/" + id.to_string();
    // A mirror that has fetched nothing yet; a log that lost its checkpoint alone is damaged.
    const auto names = files_.list(log.place.folder);
    const auto is_nothing = [](const std::string& name) { return name == "lock" || name == "pending"; };
    if (names && std::ranges::all_of(*names, is_nothing)) {
      log.absence = "nothing is held yet";
    } else {
      TRUCE_CHECK(check_log(log, claims));
    }
    logs.emplace(id, std::move(log));
  }
  return {};
}

}  // namespace

Result<std::string> ReadOnlyFiles::read(const std::string& path, std::uint64_t limit_bytes) {
  return under_.read(path, limit_bytes);
}
Result<std::string> ReadOnlyFiles::read_at(const std::string& path, std::uint64_t offset, std::uint64_t size) {
  return under_.read_at(path, offset, size);
}
Result<FileStatus> ReadOnlyFiles::status(const std::string& path) {
  return under_.status(path);
}
Result<std::vector<std::string>> ReadOnlyFiles::list(const std::string& path) {
  return under_.list(path);
}
Result<std::unique_ptr<File>> ReadOnlyFiles::open_append(const std::string& path, std::uint32_t) {
  return refused(path);
}
Status ReadOnlyFiles::write(const std::string& path, std::string_view, std::uint32_t) {
  return refused(path);
}
Status ReadOnlyFiles::write_atomic(const std::string& path, std::string_view, std::uint32_t) {
  return refused(path);
}
Status ReadOnlyFiles::rename(const std::string& from, const std::string&) {
  return refused(from);
}
Status ReadOnlyFiles::remove(const std::string& path) {
  return refused(path);
}
Status ReadOnlyFiles::make_folders(const std::string& path, std::uint32_t) {
  return refused(path);
}
Status ReadOnlyFiles::sync(const std::string& path) {
  return refused(path);
}
Status ReadOnlyFiles::sync_all(const std::string& path) {
  return refused(path);
}
Result<std::unique_ptr<FileLock>> ReadOnlyFiles::lock(const std::string& path, std::int64_t) {
  return refused(path);
}

std::unique_ptr<Subject> folder_subject(FileSystem& files, std::string folder, unsigned threads) {
  return std::make_unique<FolderSubject>(files, std::move(folder), threads);
}

}  // namespace truce::verify
