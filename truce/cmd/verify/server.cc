// SPDX-License-Identifier: Apache-2.0

#include "truce/cmd/verify/server.h"

#include <algorithm>

#include "truce/cmd/verify/source_roots.h"
#include "truce/cmd/verify/stream.h"
#include "truce/record/blobs.h"
#include "truce/record/note.h"

namespace truce::verify {
namespace {

using record::kEntriesLevel;
using record::kTileWidth;
using record::TilePath;

// Bundles between two looks at the blobs that they ask for.
constexpr std::uint64_t kBundlesAtOnce = kNamesAtOnce / 2;

Result<std::string> one_of(record::LogSource& files, const std::string& name, std::uint64_t limit_bytes) {
  Result<std::string> out = fail(ErrorCode::kIo, "no answer", name);
  const std::string names[] = {name};
  TRUCE_CHECK(files.get(names, limit_bytes, [&](std::size_t, Result<std::string> bytes) -> Status {
    out = std::move(bytes);
    return {};
  }));
  return out;
}

class ServerSubject final : public Subject {
 public:
  explicit ServerSubject(record::LogSource& files) : files_(files) {}

  Status check(const Roster& roster, Claims& claims, CheckedLogs& logs) override;
  Result<std::string> blob(const Hash& hash) override;
  Result<std::vector<std::optional<Hash>>> roots(const CheckedLog& log, std::span<const std::uint64_t> sizes) override {
    return roots_of(files_, trees_.at(log.place.log), sizes);
  }
  std::set<LogId> found() const override { return {}; }

 private:
  Status check_log(CheckedLog& log, Claims& claims);
  // Fails where the server does not answer.
  [[nodiscard]] Status check_blobs(CheckedLog& log);

  record::LogSource& files_;
  std::map<LogId, Tree> trees_;           // of logs that were read to their end
  std::set<Hash> blobs_;                  // that were checked, whatever log asked for them
  std::map<Hash, std::uint64_t> wanted_;  // and the first statement that asks for it
};

Result<std::string> ServerSubject::blob(const Hash& hash) {
  auto bytes = one_of(files_, "blobs/" + hash.hex(), record::kBlobBytesMax);
  if (!bytes && bytes.error().code == ErrorCode::kNotFound)
    return fail(ErrorCode::kMissingBlob, "the blob " + hash.hex() + " is not served");
  if (bytes && sha256(*bytes) != hash) return fail(ErrorCode::kBadBlob, "the blob " + hash.hex() + " has another hash");
  return bytes;
}

Status ServerSubject::check_blobs(CheckedLog& log) {
  for (const auto& [hash, index] : wanted_) {
    blobs_.insert(hash);
    ++log.blobs;
    const auto bytes = blob(hash);
    if (!bytes && bytes.error().code == ErrorCode::kIo) return fail(bytes.error());
    if (!bytes)
      log.note({bytes.error().code, bytes.error().to_string(), StatementId{log.place.log, index}.to_string()});
  }
  wanted_.clear();
  return {};
}

Status ServerSubject::check_log(CheckedLog& log, Claims& claims) {
  const LogId& id = log.place.log;
  auto checkpoint = one_of(files_, name_in(id, "checkpoint"), record::kNoteBytesMax);
  if (!checkpoint && checkpoint.error().code == ErrorCode::kNotFound) {
    log.absence = "not served here";
    return {};
  }
  if (!checkpoint) return fail(checkpoint.error());
  LogStream stream(log, claims, [this](const Hash& blob, std::uint64_t index) {
    if (!blobs_.contains(blob)) wanted_.emplace(blob, index);
  });
  if (!stream.begin(*checkpoint)) return {};
  if (log.head.size != 0) {
    auto tree = load_tree(files_, log.head);
    if (!tree) return fail(tree.error());
    log.hash_tiles += tree->wanted().value().size();
    stream.tree() = std::move(tree).value();
  }
  for (std::uint64_t first = 0; stream.width(first) != 0; first += kBundlesAtOnce) {
    std::vector<TilePath> paths;
    for (std::uint64_t i = first; i < first + kBundlesAtOnce && stream.width(i) != 0; ++i) {
      if (stream.width(i) == kTileWidth) paths.push_back({0, i, kTileWidth});  // the tree holds the partial one
      paths.push_back({kEntriesLevel, i, stream.width(i)});
    }
    TRUCE_CHECK(get_tiles(files_, id, paths,
                          [&](const TilePath& path, std::uint32_t stored, Result<std::string> bytes) -> Status {
                            if (!bytes) {
                              stream.fault(std::move(bytes).error());
                            } else if (path.level == kEntriesLevel) {
                              stream.entries(path.index, stored, *bytes);
                            } else {
                              stream.leaves(path.index, *bytes);
                            }
                            // Where so much is wrong more would be a waste of everybody's time.
                            if (!log.is_whole && log.fault_count > kLogFaultsKeptMax)
                              return fail(ErrorCode::kBadTile, "too many faults: not checked further", id.to_string());
                            return {};
                          }));
    TRUCE_CHECK(check_blobs(log));
  }
  trees_.emplace(id, stream.tree());
  return {};
}

Status ServerSubject::check(const Roster& roster, Claims& claims, CheckedLogs& logs) {
  for (const LogId& id : roster.logs()) {
    if (logs.contains(id)) continue;
    CheckedLog log;
    log.place = roster.place_of(id, *roster.key_of(id));
    log.head.log = id;
    wanted_.clear();
    if (auto ok = check_log(log, claims); !ok && ok.error().code == ErrorCode::kIo) {
      log.absence = "not checked to its end, as the server did not give all of it";
      faults.push_back(at(std::move(ok).error(), id.to_string()));
    } else if (!ok) {
      log.fault(std::move(ok).error());
    }
    logs.emplace(id, std::move(log));
  }
  return {};
}

}  // namespace

Status ServerFiles::get(std::span<const std::string> names, std::uint64_t limit_bytes, const Take& take) {
  std::vector<std::string> targets;
  for (const std::string& n : names) targets.push_back('/' + n);
  return client_.get_all(targets, limit_bytes, [&](std::size_t i, server::HttpResponse response) -> Status {
    if (response.status == 200) return take(i, std::move(response.body));
    if (response.status == 404) return take(i, fail(ErrorCode::kNotFound, "is not served", names[i]));
    return fail(ErrorCode::kIo, "the server answers with status " + std::to_string(response.status), names[i]);
  });
}

Result<std::string> ServerFiles::one(const std::string& name, std::uint64_t limit_bytes) {
  return one_of(*this, name, limit_bytes);
}

std::unique_ptr<Subject> server_subject(record::LogSource& files) {
  return std::make_unique<ServerSubject>(files);
}

}  // namespace truce::verify
