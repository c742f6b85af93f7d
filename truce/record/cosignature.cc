// SPDX-License-Identifier: Apache-2.0

#include "truce/record/cosignature.h"

#include <algorithm>
#include <set>

#include "truce/base/encoding.h"
#include "truce/record/log.h"
#include "truce/record/signing.h"

namespace truce::record {
namespace {

constexpr std::size_t kTimeBytes = 8;

std::string message(std::uint64_t seconds, std::string_view text) {
  return "cosignature/v1\ntime " + std::to_string(seconds) + '\n' + std::string(text);
}

std::uint64_t seconds_of(std::string_view signature) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < kTimeBytes; ++i) out = out << 8 | static_cast<unsigned char>(signature[i]);
  return out;
}

// The newest valid line of a cosigner.
const NoteSignature* newest(const SignedNote& note, const Cosigner& cosigner, Instant now, std::uint64_t& seconds) {
  const NoteSignature* best = nullptr;
  const std::string id = cosigner.key_id();
  const auto latest = static_cast<std::uint64_t>(std::max<std::int64_t>(0, now.ms + kCosignatureAheadMsMax) / 1000);
  for (const NoteSignature& s : note.signatures) {
    if (s.name != cosigner.name || s.key_id != id || s.signature.size() != kTimeBytes + kSignatureBytes) continue;
    const std::uint64_t at = seconds_of(s.signature);
    if (at > latest || (best != nullptr && at <= seconds)) continue;
    if (!ed25519_verify(cosigner.public_key, message(at, note.text), std::string_view(s.signature).substr(kTimeBytes)))
      continue;
    best = &s;
    seconds = at;
  }
  return best;
}

}  // namespace

Cosigner Cosigner::of(const Hash& mechanism, std::string_view party, std::string public_key) {
  return {origin_prefix(mechanism) + std::string(party), std::move(public_key)};
}

std::string Cosigner::key_id() const {
  std::string bytes = name + '\n';
  bytes += kKeyTypeCosignature;
  bytes += public_key;
  return std::string(sha256(bytes).view().substr(0, 4));
}

std::string Cosigner::verifier_key() const {
  std::string typed(1, kKeyTypeCosignature);
  typed += public_key;
  return name + '+' + to_hex(key_id()) + '+' + to_base64(typed);
}

NoteSignature cosign(const Cosigner& cosigner, std::string_view seed, std::string_view text, Instant at) {
  const auto seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(0, at.ms) / 1000);
  std::string signature;
  for (int shift = 56; shift >= 0; shift -= 8) signature += static_cast<char>(seconds >> shift & 0xff);
  signature += ed25519_sign(seed, message(seconds, text));
  return {cosigner.name, cosigner.key_id(), std::move(signature)};
}

std::optional<Instant> cosigned_at(const SignedNote& note, const Cosigner& cosigner, Instant now) {
  std::uint64_t seconds = 0;
  if (newest(note, cosigner, now, seconds) == nullptr) return std::nullopt;
  return Instant{static_cast<std::int64_t>(seconds) * 1000};
}

std::size_t count_cosigned(const SignedNote& note, std::span<const Cosigner> cosigners, Instant now) {
  std::set<std::string_view> keys;
  for (const Cosigner& c : cosigners) {
    if (!keys.contains(c.public_key) && cosigned_at(note, c, now)) keys.insert(c.public_key);
  }
  return keys.size();
}

SignedNote merge_signatures(std::span<const SignedNote> notes, std::string_view origin, std::string_view public_key,
                            std::span<const Cosigner> cosigners, Instant now) {
  SignedNote out;
  const std::string own = key_id(origin, public_key);
  for (const SignedNote& n : notes) {
    if (out.text.empty()) out.text = n.text;
    for (const NoteSignature& s : n.signatures) {
      const bool is_own = s.name == origin && s.key_id == own && ed25519_verify(public_key, n.text, s.signature);
      if (is_own && out.signatures.empty()) out.signatures.push_back(s);
    }
  }
  for (const Cosigner& c : cosigners) {
    const NoteSignature* best = nullptr;
    std::uint64_t best_seconds = 0;
    for (const SignedNote& n : notes) {
      std::uint64_t seconds = 0;
      const NoteSignature* s = newest(n, c, now, seconds);
      if (s != nullptr && (best == nullptr || seconds > best_seconds)) best = s, best_seconds = seconds;
    }
    if (best != nullptr) out.signatures.push_back(*best);
  }
  return out;
}

}  // namespace truce::record
