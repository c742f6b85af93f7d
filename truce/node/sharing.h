// SPDX-License-Identifier: Apache-2.0
//
// Sealed parts between parties (docs/format/handover.md, sealed.md): given to others, taken in from them, opened,
// proven wrong, erased. What is done is stated in this party's main log, so it is not for a desk's node.
//
// Plaintext and content keys are in memory only. One thread, one Node; the writing ones hold the main log's lock, so
// one at a time over all processes.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "truce/node/exchange.h"
#include "truce/node/node.h"
#include "truce/record/bundle_file.h"
#include "truce/record/handover.h"

namespace truce::node {

// Handovers that wait for one party; share() refuses more: stops an outbox from filling the disk.
inline constexpr std::size_t kOutboxCountMax = 65'536;
// Most handovers and bytes of ciphertexts that are given over a network at once.
inline constexpr std::size_t kHandoversAtOnceMax = 4096;
inline constexpr std::uint64_t kHandoverBytesAtOnceMax = 256ULL << 20;

// Makes a handover of the statement's sealed part for each party, then states the share. Whoever was given it before is
// given it anew, under their current key. Fails with kInvalidArgument (no sealed part, oneself, nobody, a desk's node),
// kUnknownParty, kLocked, kNotFound and kBadSealedPart where this party cannot open it.
[[nodiscard]] Result<StatementId> share(Node& node, const StatementId& id, std::vector<std::string> to);
// A fresh X25519 key, stated. The old secret is kept until the next time, or destroyed `now`.
[[nodiscard]] Result<StatementId> rotate_sealing_key(Node& node, bool now);
// This party's X25519 key is another than the one that the others know of: what states it was cut short.
[[nodiscard]] Result<bool> is_sealing_key_due(const Node& node);

// The opened payload with its salt. As Node::open_sealed(), with what is known about why not: kNotFound (no sealed
// part, erased, never given, given and not come yet), kLocked, kBadSealedPart.
[[nodiscard]] Result<Json> open_part(Node& node, const StatementId& id);
// Content key and ciphertext, whether the payload is what the author's hashes say or not.
[[nodiscard]] Result<record::Revealed> reveal(Node& node, const StatementId& id);

// Deletes the statement's sealed part here for good and states so (docs/format/sealed.md). Cut short at any step it is
// called again; until then everything else opens. Fails with kNotFound where nothing of it is here, kExists where it
// was erased already; kInvalidArgument, kLocked.
[[nodiscard]] Result<StatementId> erase(Node& node, const StatementId& id);

// What waits for a party: handovers whose share is stated, by name, and ciphertexts that they are of.
struct Parcels {
  std::map<std::string, std::string> handovers;  // hex of the hash -> bytes
  std::set<Hash> ciphertexts;
};
// At most so much: of more, a part that begins at chance.
[[nodiscard]] Result<Parcels> parcels_for(Node& node, const std::string& party, std::size_t count_max,
                                          std::uint64_t bytes_max);
// Adds the ciphertexts as members, the last ones of a bundle.
[[nodiscard]] Status add_ciphertexts(const Node& node, const Parcels& parcels, record::BundleWriter& writer);
// A bundle of those alone, as POST /handovers answers.
[[nodiscard]] Status export_parcels(Node& node, const std::string& path, const std::string& party);

// Takes in what is handed over, checked against the logs that are here.
class HandoverTaker final : public HandoverSink {
 public:
  explicit HandoverTaker(Node& node) : node_(node) {}
  [[nodiscard]] Status handover(std::string bytes) override;
  [[nodiscard]] bool wants(const Hash& ciphertext) const override { return waiting_.contains(ciphertext); }
  [[nodiscard]] Status ciphertext(const Hash& hash, std::string bytes) override;
  // What came of each; those that were here already are not named.
  [[nodiscard]] std::vector<ReceivedPart> finish();

 private:
  struct Waiting {
    ReceivedPart part;
    record::SealedHashes hashes;
    record::Secret content_key;
  };
  [[nodiscard]] Status begin();
  [[nodiscard]] Status judge(const record::Handover& handover);
  [[nodiscard]] Status keep(Waiting waiting, std::string bytes);

  Node& node_;
  std::unique_ptr<FileLock> lock_;
  std::optional<record::KeyRing> keys_;
  std::optional<record::SealedStore> store_;
  std::set<StatementId> erased_;
  std::multimap<Hash, Waiting> waiting_;  // by ciphertext
  std::vector<ReceivedPart> done_;
  std::size_t count_ = 0;
};

// A part was given to this party, by what the logs say, that is not here and was not erased here.
[[nodiscard]] Result<bool> is_part_awaited(Node& node);
// Something waits here for a party, and may go out. `since`: only if a share to it is stated at or behind these sizes
// of this party's logs.
[[nodiscard]] Result<bool> waits_for(Node& node, const std::string& party,
                                     const std::optional<std::map<LogId, std::uint64_t>>& since = {});
// This node's word on whose it is, over a pusher's nonce. kLocked.
[[nodiscard]] Result<std::string> taker_word(Node& node, std::string_view nonce);
// The signed question for what was given to this party. kLocked.
[[nodiscard]] Result<std::string> handovers_query(const Node& node);

}  // namespace truce::node
