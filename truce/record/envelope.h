// SPDX-License-Identifier: Apache-2.0
//
// Envelope: one statement of a party, as it stands in a log (docs/format/envelope.md). encode() gives the entry's
// bytes, decode() takes exactly those back. A value; pure functions; any thread.
//
// An envelope is NOT yet judged: decode() checks the form of bytes (canonical JSON, field types, ids, sizes), never
// whether the author may say this, whether references exist, or what the body means. That is the fold's work.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/id.h"
#include "truce/base/json.h"
#include "truce/base/result.h"
#include "truce/base/sha256.h"
#include "truce/base/time.h"

namespace truce::record {

// Largest entry: the tile bundle's 16-bit length (C2SP tlog-tiles). Larger things go into blobs.
inline constexpr std::size_t kEntryBytesMax = 65'535;
// Most references, blobs of a kind, and further signatures of one statement: stops an entry from fanning out without
// bound.
inline constexpr std::size_t kReferenceCountMax = 256;
inline constexpr std::size_t kBlobCountMax = 64;
inline constexpr std::size_t kSignatureCountMax = 16;

// What an envelope points at, and as what: "corrects", "withdraws", "import", ... (docs/format/statements.md).
struct Reference {
  std::string relation;  // [a-z][a-z0-9-]{0,31}
  StatementRef target;
  friend bool operator==(const Reference&, const Reference&) = default;
};

// What everybody sees of a sealed part (docs/format/sealed.md).
struct SealedHashes {
  Hash payload;      // SHA-256(salt || payload)
  Hash ciphertext;   // SHA-256 of the file under sealed/
  Hash content_key;  // SHA-256 of the 32-byte content key
  std::int64_t size_class_bytes = 0;
  friend bool operator==(const SealedHashes&, const SealedHashes&) = default;
};

// A signature beside the log's own: an expert, a counterpart at the line. Over signed_bytes().
struct FurtherSignature {
  std::string key_id;     // base64url of SHA-256(public key), 43 characters
  std::string signature;  // 64 raw bytes, Ed25519
  friend bool operator==(const FurtherSignature&, const FurtherSignature&) = default;
};

struct Envelope {
  std::string type;  // [a-z][a-z0-9-]{0,31}
  Hash mechanism;
  std::int64_t mechanism_version = 0;
  LogId author;
  std::string by;  // pseudonym of a user or device, [a-z][a-z0-9-]{0,31}; empty: not said
  Instant recorded;
  Json body = Json::object();
  std::optional<SealedHashes> sealed;
  std::vector<Reference> references;  // in the author's order, distinct
  std::vector<Hash> required_blobs;   // sorted, distinct
  std::vector<Hash> optional_blobs;   // sorted, distinct
  std::vector<FurtherSignature> signatures;

  // The first reference with this relation, or nullptr.
  [[nodiscard]] const StatementRef* reference(std::string_view relation) const;
  friend bool operator==(const Envelope&, const Envelope&) = default;
};

// The entry's bytes. Fails with kInvalidEnvelope (naming the field), kEncoding for text that is not canonical, kLimit
// past kEntryBytesMax (advises a blob).
[[nodiscard]] Result<std::string> encode(const Envelope& envelope);

// Fails with kInvalidEnvelope naming the field, or with the canonical JSON's own error and offset. A version other than
// 1 fails with kInvalidEnvelope and the text "version N is not known to this program" (the fold calls such a statement
// `not understood`).
[[nodiscard]] Result<Envelope> decode(std::string_view entry);

// What a further signature signs: "truce statement v1\n" and the canonical envelope without `signatures`.
[[nodiscard]] Result<std::string> signed_bytes(const Envelope& envelope);

// RFC 6962 section 2.1: SHA-256(0x00 || entry).
[[nodiscard]] Hash leaf_hash(std::string_view entry);
// The same of many, quicker than one by one. REQUIRES: out.size() == entries.size().
void leaf_hashes(std::span<const std::string_view> entries, std::span<Hash> out);

}  // namespace truce::record
