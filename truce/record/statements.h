// SPDX-License-Identifier: Apache-2.0
//
// Statements that the record itself understands (docs/format/record-statements.md): the acceptance that opens every
// log, receipts and heartbeats, the opening and closing of logs, amendments, consents and objections, what becomes of
// sealed parts. Values; any thread.
//
// from_body() checks the form of a body alone. Who may say it, and whether it counts, is a question to a cut.

#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "truce/record/envelope.h"
#include "truce/record/log.h"

namespace truce::record {

inline constexpr std::string_view kAcceptanceType = "acceptance";
inline constexpr std::string_view kReceiptType = "receipt";
inline constexpr std::string_view kHeartbeatType = "heartbeat";
inline constexpr std::string_view kDigestType = "digest";
inline constexpr std::string_view kLogOpenType = "log-open";
inline constexpr std::string_view kLogCloseType = "log-close";
inline constexpr std::string_view kAmendmentType = "amendment";
inline constexpr std::string_view kConsentType = "consent";
inline constexpr std::string_view kObjectionType = "objection";
inline constexpr std::string_view kEvidenceType = "evidence";
inline constexpr std::string_view kForkCauseType = "fork-cause";
inline constexpr std::string_view kShareType = "share";
inline constexpr std::string_view kErasureType = "erasure";
inline constexpr std::string_view kSealingKeyType = "sealing-key";
// Relation of a consent or objection to what it is about.
inline constexpr std::string_view kRelationTo = "to";
// Relation of a share or erasure to the statement whose sealed part it is about.
inline constexpr std::string_view kRelationOf = "of";

// Most heads of one receipt: logs of all parties with their offices and devices.
inline constexpr std::size_t kReceiptHeadCountMax = 512;
// Most addressees of one share: more than a mechanism has parties.
inline constexpr std::size_t kShareToCountMax = 64;

// Growth of a log by these alone asks for no receipt, and they are in no digested table.
[[nodiscard]] constexpr bool is_bookkeeping(std::string_view type) {
  return type == kReceiptType || type == kHeartbeatType || type == kDigestType;
}

// Statement 0 of a log: its party takes part in this mechanism and speaks in this log with this key.
[[nodiscard]] Envelope make_acceptance(const LogPlace& place, Instant recorded);

// Ok if the envelope is the acceptance of exactly this log, mechanism and key; else kInvalidEnvelope naming what
// differs.
[[nodiscard]] Status check_acceptance(const Envelope& envelope, const LogPlace& place);

// Its author holds these logs up to these heads, required blobs included. Each covers every earlier index.
struct Receipt {
  std::vector<Head> heads;  // ascending by log, distinct, not empty

  [[nodiscard]] Json to_body() const;
  [[nodiscard]] static Result<Receipt> from_body(const Json& body);
};

// One more log of the same party begins: an office or device, or the successor of its main log.
struct LogOpen {
  std::string log;
  std::string key;  // 32 raw bytes, Ed25519

  [[nodiscard]] Json to_body() const;
  [[nodiscard]] static Result<LogOpen> from_body(const Json& body);
};

// A log of the same party ends at this head; what it holds beyond counts for nothing. In the log itself: the statement
// is its last, and size and root are those before it.
struct LogClose {
  std::string log;
  std::uint64_t size = 0;
  Hash root;

  [[nodiscard]] Json to_body() const;
  [[nodiscard]] static Result<LogClose> from_body(const Json& body);
};

// Why two versions of a log of the author's party exist, in the party's own words.
struct ForkCause {
  std::string log;
  std::string cause;  // one of kForkCauses
  std::string text;   // 0 to 2000 bytes

  [[nodiscard]] Json to_body() const;
  [[nodiscard]] static Result<ForkCause> from_body(const Json& body);
};
// A backup was restored and appended to; two machines used one key; the key was stolen; a fault of program or disk; not
// known.
inline constexpr std::string_view kForkCauses[] = {"restored-backup", "two-machines", "stolen-key", "fault", "unknown"};

// A document that shall follow the one named (mechanism/amendment.h). The document is a required blob.
struct Amendment {
  Hash amends;
  Hash document;
  std::int64_t version = 0;

  [[nodiscard]] Json to_body() const;
  [[nodiscard]] static Result<Amendment> from_body(const Json& body);
  friend bool operator==(const Amendment&, const Amendment&) = default;
};

// A voice on the statement that it refers to as `to`. On an amendment it names both documents, so that two consents
// are evidence by themselves.
struct VoiceStatement {
  std::optional<Amendment> amendment;
  std::string reason;       // 0 to 2000 bytes
  std::string reservation;  // of a consent; 0 to 2000 bytes
  // On a brief: paragraphs, by number from 1, that the party has `objected` to or `reserved` on. Ascending.
  std::vector<std::pair<std::int64_t, std::string>> paragraphs;

  [[nodiscard]] Json to_body() const;
  [[nodiscard]] static Result<VoiceStatement> from_body(const Json& body);
};

// The sealed part of the statement that it refers to as `of` was given to these parties.
struct Share {
  std::vector<std::string> to;  // party ids, ascending, distinct, 1 to kShareToCountMax

  [[nodiscard]] Json to_body() const;
  [[nodiscard]] static Result<Share> from_body(const Json& body);
};

// Its author holds the sealed part of the statement that it refers to as `of` no more, neither key nor ciphertext.
struct Erasure {
  [[nodiscard]] Json to_body() const { return Json::object(); }
  [[nodiscard]] static Result<Erasure> from_body(const Json& body);
};

// From here on sealed parts are given to its author under this key; the last one stated counts.
struct SealingKey {
  std::string key;  // 32 raw bytes, X25519

  [[nodiscard]] Json to_body() const;
  [[nodiscard]] static Result<SealingKey> from_body(const Json& body);
};

}  // namespace truce::record
