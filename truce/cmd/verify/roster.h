// SPDX-License-Identifier: Apache-2.0
//
// Roster: whose key is whose. Everything begins with the founding document (docs/format/mechanism.md): it names the
// main log's key of each party; amendments in force name further ones; a main log opens its party's other logs by
// statements. No key comes from anywhere else. One thread.

#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "truce/base/id.h"
#include "truce/base/result.h"
#include "truce/cmd/verify/claims.h"
#include "truce/mechanism/amendment.h"
#include "truce/mechanism/mechanism.h"
#include "truce/record/cosignature.h"
#include "truce/record/log.h"

namespace truce::verify {

// Longest mechanism.json and longest document of an amendment.
inline constexpr std::uint64_t kMechanismBytesMax = 1 << 20;

// The main logs of all parties by a document, with their successors, and where each ends: what stands behind counts for
// nothing.
using Mains = std::map<LogId, std::uint64_t>;

// Most documents of one party that follow the same one (docs/format/mechanism.md, Amendments).
inline constexpr int kProposalsOfAPartyMax = 64;

// A blob by its hash, the hash checked; kMissingBlob, kBadBlob.
using BlobReader = std::function<Result<std::string>(const Hash& hash)>;

// What the logs that lie here hold besides their claims.
struct Held {
  BlobReader blob;
  // Of a log that is here and good.
  std::function<std::optional<record::Head>(const LogId& log)> head;
  // Its roots at sizes, ascending and below its head's; nothing for one that is not known.
  std::function<Result<std::vector<std::optional<Hash>>>(const LogId& log, std::span<const std::uint64_t> sizes)> roots;
};

class Roster {
 public:
  // kInvalidMechanism, kSyntax, ...
  [[nodiscard]] static Result<Roster> open(std::string_view founding);

  // Of the founding document: the mechanism's id.
  [[nodiscard]] const Hash& id() const { return documents_.front().hash; }
  // The document in force, as far as learn() has seen.
  [[nodiscard]] const mechanism::Mechanism& mechanism() const { return documents_.back().mechanism; }
  [[nodiscard]] const Hash& document() const { return documents_.back().hash; }

  // Takes in what the logs say of keys and documents, anew each time; what follows is replaced.
  void learn(const Claims& claims, const Held& held);
  std::vector<Error> faults;
  std::vector<std::string> notes;            // what could not be followed, and why
  std::vector<std::string> double_consents;  // in words: a party consents to two documents that follow the same one

  // 32 raw bytes; nothing for a log that neither a document nor a statement names.
  [[nodiscard]] std::optional<std::string> key_of(const LogId& log) const;
  // With an empty folder.
  [[nodiscard]] record::LogPlace place_of(const LogId& log, std::string key) const;
  // Every log whose key is known.
  [[nodiscard]] std::set<LogId> logs() const;
  // Those whose cosignatures count on a log of `author`: the other guarantors and observers.
  [[nodiscard]] std::vector<record::Cosigner> cosigners(std::string_view author) const;
  // Logs that the rule of the others has ended, in the document in force.
  [[nodiscard]] std::map<LogId, mechanism::EndedLog> ended() const;

 private:
  struct Document {
    Hash hash;
    mechanism::Mechanism mechanism;
  };
  Roster() = default;
  [[nodiscard]] std::optional<std::string> key_in_documents(const LogId& log) const;
  void learn_documents(const Claims& claims, const Held& held);
  [[nodiscard]] std::set<LogId> forked_logs(const Claims& claims, const Mains& mains,
                                            const mechanism::Mechanism& document) const;
  void learn_openings(const Claims& claims);

  std::vector<Document> documents_;  // founding document first; the last is in force
  std::map<LogId, std::string> opened_;
};

}  // namespace truce::verify
