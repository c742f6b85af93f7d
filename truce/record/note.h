// SPDX-License-Identifier: Apache-2.0
//
// Signed notes (C2SP signed-note) and the checkpoint of a log as one (C2SP tlog-checkpoint); docs/format/log.md. Pure;
// any thread.
//
// A parsed note is NOT yet believed: only open_checkpoint() looks at a signature, and only at the log's own. Signatures
// of keys that it was not given (witnesses) are kept and ignored.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/result.h"
#include "truce/base/sha256.h"

namespace truce::record {

// Largest signed note that is read: stops a "checkpoint" of a gigabyte.
inline constexpr std::size_t kNoteBytesMax = 64 * 1024;
// Most signature lines: stops a note that is all signatures from costing a verification each.
inline constexpr std::size_t kNoteSignatureCountMax = 64;
// Longest key name.
inline constexpr std::size_t kKeyNameBytesMax = 256;
// Key type byte of C2SP signed-note: Ed25519.
inline constexpr char kKeyTypeEd25519 = 1;

struct NoteSignature {
  std::string name;
  std::string key_id;     // 4 bytes
  std::string signature;  // what follows the key id; 1 byte or more
  friend bool operator==(const NoteSignature&, const NoteSignature&) = default;
};

struct SignedNote {
  std::string text;  // ends with a newline
  std::vector<NoteSignature> signatures;

  [[nodiscard]] std::string to_bytes() const;
  // Fails with kInvalidNote (offset of the first bad line), kLimit. to_bytes() of the result gives `bytes` back.
  [[nodiscard]] static Result<SignedNote> parse(std::string_view bytes);
  friend bool operator==(const SignedNote&, const SignedNote&) = default;
};

// First 4 bytes of SHA-256(name || "\n" || 0x01 || public key).
[[nodiscard]] std::string key_id(std::string_view name, std::string_view public_key);
// C2SP verifier key: name+<8 hex digits of the key id>+base64(0x01 || public key).
[[nodiscard]] std::string verifier_key(std::string_view name, std::string_view public_key);

// What a checkpoint says.
struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;  // at most 2^53 - 1
  Hash root;
  std::vector<std::string> extensions;  // further lines, not understood; signed all the same

  [[nodiscard]] std::string to_text() const;
  [[nodiscard]] static Result<Checkpoint> parse_text(std::string_view text);
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// What a signed checkpoint claims to say: no signature was looked at. For finding out whose it is. kInvalidNote,
// kLimit.
[[nodiscard]] Result<Checkpoint> claimed_checkpoint(std::string_view bytes);

// The bytes of a checkpoint signed by the log with this seed; the key's name is the origin.
[[nodiscard]] std::string sign_checkpoint(const Checkpoint& checkpoint, std::string_view seed);
// Demands the origin and a valid signature of that name by this key. kInvalidNote, kBadSignature, kLimit.
// The first line of the log's key decides; later lines of the same key are ignored, as are lines of other keys.
[[nodiscard]] Result<Checkpoint> open_checkpoint(std::string_view bytes, std::string_view origin,
                                                 std::string_view public_key);

}  // namespace truce::record
