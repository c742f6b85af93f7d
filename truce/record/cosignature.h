// SPDX-License-Identifier: Apache-2.0
//
// Cosignatures of checkpoints (C2SP tlog-cosignature, cosignature/v1, Ed25519; docs/format/receipt.md): "as of this
// time the largest consistent head that I have seen of this log". Pure; any thread.
//
// A cosignature says nothing about what the log holds. The log's own signature is demanded apart from these
// (open_checkpoint()); a quorum is counted by public keys, never by names.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/time.h"
#include "truce/record/note.h"

namespace truce::record {

// Key type byte of C2SP tlog-cosignature: timestamped Ed25519.
inline constexpr char kKeyTypeCosignature = 4;
// How far ahead of the reader's clock a cosignature may be.
inline constexpr std::int64_t kCosignatureAheadMsMax = 10 * 60 * 1000;

// A cosigner as the mechanism names it: name truce/<mechanism id>/<party> and raw public key of 32 bytes.
struct Cosigner {
  std::string name;
  std::string public_key;

  // Of a party of the mechanism with this id.
  [[nodiscard]] static Cosigner of(const Hash& mechanism, std::string_view party, std::string public_key);

  // First 4 bytes of SHA-256(name || "\n" || 0x04 || public key).
  [[nodiscard]] std::string key_id() const;
  // name+<8 hex digits>+base64(0x04 || public key): what an outside verifier is given.
  [[nodiscard]] std::string verifier_key() const;
};

// A signature line for the text of a checkpoint. `at` is cut to whole seconds.
[[nodiscard]] NoteSignature cosign(const Cosigner& cosigner, std::string_view seed, std::string_view text, Instant at);

// The time of a valid cosignature of this cosigner among the note's signatures; the newest, if there are several;
// nothing without one or where all are further ahead of `now` than kCosignatureAheadMsMax.
[[nodiscard]] std::optional<Instant> cosigned_at(const SignedNote& note, const Cosigner& cosigner, Instant now);

// Public keys out of `cosigners` with a valid cosignature on the note, each counted once however many lines, names or
// entries of the list share it.
[[nodiscard]] std::size_t count_cosigned(const SignedNote& note, std::span<const Cosigner> cosigners, Instant now);

// The note with the log's own signature line first, then for each cosigner its newest valid cosignature out of all
// notes, in the order of `cosigners`; other lines are left out. REQUIRES: all notes have the same text.
[[nodiscard]] SignedNote merge_signatures(std::span<const SignedNote> notes, std::string_view origin,
                                          std::string_view public_key, std::span<const Cosigner> cosigners,
                                          Instant now);

}  // namespace truce::record
