// SPDX-License-Identifier: Apache-2.0
//
// Handovers (docs/format/handover.md): the content key of a sealed part for one addressee, wrapped to their X25519 key;
// and what a party reveals to prove that an author's sealed hashes are a lie. Values and pure functions but for the
// Random; any thread.
//
// A handover is signed by nobody and needs no trust: whoever opens it checks key and ciphertext against the hashes of
// the envelope in the author's log.

#pragma once

#include <string>
#include <string_view>

#include "truce/base/clock.h"
#include "truce/base/id.h"
#include "truce/base/result.h"
#include "truce/base/time.h"
#include "truce/record/envelope.h"
#include "truce/record/secret.h"

namespace truce::record {

// What `wrapped` holds: an ephemeral public key, a tag, the content key and the ciphertext's hash.
inline constexpr std::size_t kWrappedForBytes = 32 + 16 + 32 + 32;
// Longest handover.
inline constexpr std::size_t kHandoverFileBytesMax = 1024;

struct Handover {
  std::string from;  // party that gives it
  StatementId statement;
  std::string to;       // party that can open it
  std::string wrapped;  // kWrappedForBytes

  [[nodiscard]] std::string to_bytes() const;
  // Fails with kLimit, kSyntax or as Json::parse_canonical() does.
  [[nodiscard]] static Result<Handover> parse(std::string_view bytes);
  friend bool operator==(const Handover&, const Handover&) = default;
};

// libsodium's crypto_box_seal of content key and ciphertext's hash to the addressee's X25519 key, with the ephemeral
// secret out of `random`. Fails with kInvalidArgument for a key that nothing can be given to. REQUIRES: content_key of
// 32 bytes.
[[nodiscard]] Result<std::string> wrap_for(std::string_view x25519_public_key, const Secret& content_key,
                                           const Hash& ciphertext, Random& random);
// The content key. kBadSealedPart where it is for another key or was changed, or where content key or ciphertext are
// not those of `hashes`.
[[nodiscard]] Result<Secret> unwrap(std::string_view wrapped, const Secret& x25519_secret, const SealedHashes& hashes);

// Longest time that a query's clock may be off: stops an old one from being of use for ever.
inline constexpr std::int64_t kQueryOffMsMax = 10 * 60 * 1000;

// A party's question over a network for what was given to it, signed by its cosigning key.
struct HandoverQuery {
  std::string party;
  Instant time;
  std::string signature;  // 64 bytes

  [[nodiscard]] static HandoverQuery make(const Hash& mechanism, std::string party, Instant time,
                                          std::string_view cosign_seed);
  // Signed by the key, and at most kQueryOffMsMax from `now`; else kRefused.
  [[nodiscard]] Status check(const Hash& mechanism, std::string_view cosign_key, Instant now) const;
  [[nodiscard]] std::string to_bytes() const;
  // kLimit, kSyntax or as Json::parse_canonical() does.
  [[nodiscard]] static Result<HandoverQuery> parse(std::string_view bytes);
};

// Bytes of a nonce that a taker signs.
inline constexpr std::size_t kTakerNonceBytes = 32;

// Who takes in what is pushed to an address: signed by that party's cosigning key over the pusher's nonce, so that what
// waits for it can be pushed along, and goes to nobody else.
struct Taker {
  std::string party;
  bool awaits = false;    // by the logs that it holds something was given to it that has not come
  std::string signature;  // 64 bytes

  [[nodiscard]] static Taker make(const Hash& mechanism, std::string party, bool awaits, std::string_view nonce,
                                  std::string_view cosign_seed);
  // kRefused.
  [[nodiscard]] Status check(const Hash& mechanism, std::string_view cosign_key, std::string_view nonce) const;
  [[nodiscard]] std::string to_bytes() const;
  // kLimit, kSyntax or as Json::parse_canonical() does.
  [[nodiscard]] static Result<Taker> parse(std::string_view bytes);
};

// A sealed part whose content key was made public, for the proof or the disproof of the author's hashes.
struct Revealed {
  StatementId statement;
  std::string ciphertext;
  Secret content_key;

  // Canonical JSON; the caller wipes it. It gives the content away.
  [[nodiscard]] std::string to_bytes() const;
  [[nodiscard]] static Result<Revealed> parse(std::string_view bytes);
};

enum class RevealedVerdict {
  kTrue,  // opens to what the author's hashes say
  kLie,   // the author's own key does not open the author's own ciphertext to what the author's hashes say
};
// What it proves about the envelope of that statement; anybody can tell without any secret. Fails with kBadSealedPart
// where it proves nothing: another statement, no sealed part, a key or ciphertext that the author did not state.
[[nodiscard]] Result<RevealedVerdict> check_revealed(const StatementId& id, const Envelope& envelope,
                                                     const Revealed& revealed);

}  // namespace truce::record
