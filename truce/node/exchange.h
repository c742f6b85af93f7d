// SPDX-License-Identifier: Apache-2.0
//
// Exchange: how a node takes in what another one holds, and makes up what it gives: heads first, then statements, then
// blobs, smallest first. The same over a connection, a stick or another folder (Peer). Nothing that a peer says is
// believed: record::Mirror checks.
//
// A head is received when its required blobs are here too; then it is cosigned and, at the end, receipted in this
// party's main log. What a peer does wrong stops nothing but itself. One thread, one Node.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "truce/node/node.h"
#include "truce/record/log_source.h"

namespace truce::node {

// Most heads that a peer may name: all logs of all parties.
inline constexpr std::size_t kPeerHeadCountMax = 4096;

// Where a peer puts what it hands over: all handovers first, then those ciphertexts that are wanted, in any order. An
// error is the receiving node's own.
class HandoverSink {
 public:
  virtual ~HandoverSink() = default;
  [[nodiscard]] virtual Status handover(std::string bytes) = 0;
  [[nodiscard]] virtual bool wants(const Hash& ciphertext) const = 0;
  [[nodiscard]] virtual Status ciphertext(const Hash& hash, std::string bytes) = 0;
};
struct HandoversRequest {
  std::string query;  // signed (record::HandoverQuery); empty: nothing is awaited, so no network is asked
  FileSystem* files = nullptr;
  std::string folder;  // where the peer may put files that it removes again
};

// What can be asked of another node.
class Peer : public record::LogSource {
 public:
  // Checkpoints of the logs that it holds, its own and those of others. At most kPeerHeadCountMax.
  [[nodiscard]] virtual Result<std::vector<std::string>> heads() = 0;
  // Lengths of blobs; -1 for what it does not have.
  [[nodiscard]] virtual Result<std::vector<std::int64_t>> sizes(std::span<const Hash> blobs) = 0;
  // Parts that were given to the asking party. Default: nothing.
  [[nodiscard]] virtual Status handovers(const HandoversRequest& request, HandoverSink& sink);
};

// A folder that is laid out as a node's: an unpacked bundle, a mounted disk.
class FolderPeer final : public Peer {
 public:
  FolderPeer(FileSystem& files, std::string folder) : files_(files), folder_(std::move(folder)) {}
  [[nodiscard]] Result<std::vector<std::string>> heads() override;
  [[nodiscard]] Result<std::vector<std::int64_t>> sizes(std::span<const Hash> blobs) override;
  [[nodiscard]] Status get(std::span<const std::string> names, std::uint64_t limit_bytes, const Take& take) override;
  [[nodiscard]] Status handovers(const HandoversRequest& request, HandoverSink& sink) override;

 private:
  FileSystem& files_;
  std::string folder_;
};

enum class Attachments { kNone, kSmall, kAll };  // which optional blobs are fetched
// Largest blob that counts as small.
inline constexpr std::int64_t kSmallBlobBytesMax = 256 * 1024;

struct ReceiveOptions {
  Attachments attachments = Attachments::kSmall;
  bool state = true;  // receipts, heartbeats and evidence, if the keys are not locked
};

// A sealed part that was handed over.
struct ReceivedPart {
  StatementId statement;
  std::string from;
  bool is_wrong = false;       // its author's hashes are a lie (truce open --prove)
  std::optional<Error> error;  // why it was not taken in
};

struct ReceiveReport {
  struct LogReport {
    LogId log;
    std::uint64_t before = 0, after = 0;  // sizes held
    std::uint64_t entries = 0;            // fetched
    bool is_forked = false;
    std::size_t blobs_missing = 0;  // required ones that the peer does not have: the head waits for them
    std::optional<Error> error;     // what the peer did wrong with this log
  };
  std::vector<LogReport> logs;    // of those that changed or failed, ascending
  std::uint64_t heads = 0;        // that the peer named
  std::uint64_t unknown = 0;      // of logs that nobody has opened
  std::uint64_t blobs = 0;        // fetched
  std::vector<LogId> own_behind;  // this party's logs of which the peer has a longer head: truce recover
  std::vector<StatementId> stated;
  std::vector<ReceivedPart> parts;       // that were handed over and were not here
  std::optional<Error> handovers_error;  // what the peer did wrong with them

  [[nodiscard]] bool any_new() const;
};

// Takes in what the peer holds. Fails only where the peer's heads cannot be had or this node cannot write.
[[nodiscard]] Result<ReceiveReport> receive(Node& node, Peer& peer, const ReceiveOptions& options);

// States what is due: receipts of what is held and asks for one, a heartbeat after a day of silence, evidence that is
// not stated yet. Nothing for a humanitarian party, a locked node, or one that was restored or is behind its own heads.
[[nodiscard]] Result<std::vector<StatementId>> state_due(Node& node);

// What a bundle gives: all logs from these sizes on (0 without one), with the blobs of what it holds.
struct BundleRequest {
  std::map<LogId, std::uint64_t> since;
  Attachments attachments = Attachments::kSmall;
  std::string for_party = {};  // with what was given to this party, for nobody else's eyes
};
struct BundleFacts {
  std::uint64_t logs = 0, statements = 0, blobs = 0, bytes = 0, handovers = 0;
  std::vector<LogId> left_out = {};  // others' logs of which the copy here is damaged
};
[[nodiscard]] Result<BundleFacts> export_bundle(Node& node, const std::string& path, const BundleRequest& request);
// A bundle unpacked into a folder of this node that goes away with it. Fails with kInvalidArgument where it is of
// another mechanism, and as record::BundleReader does.
class UnpackedBundle {
 public:
  [[nodiscard]] static Result<std::unique_ptr<UnpackedBundle>> open(Node& node, const std::string& path);
  UnpackedBundle(const UnpackedBundle&) = delete;
  UnpackedBundle& operator=(const UnpackedBundle&) = delete;
  ~UnpackedBundle();
  [[nodiscard]] Peer& peer() { return peer_; }

 private:
  UnpackedBundle(FileSystem& files, std::string folder)
      : files_(files), folder_(std::move(folder)), peer_(files_, folder_) {}
  FileSystem& files_;
  std::string folder_;
  FolderPeer peer_;
};
// Receives from it.
[[nodiscard]] Result<ReceiveReport> import_bundle(Node& node, const std::string& path, const ReceiveOptions& options);

// Sizes of the logs that a peer holds, by its heads: since when a bundle for it need begin.
[[nodiscard]] Result<std::map<LogId, std::uint64_t>> sizes_at(Node& node, Peer& peer);

}  // namespace truce::node
