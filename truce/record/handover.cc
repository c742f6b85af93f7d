// SPDX-License-Identifier: Apache-2.0

#include "truce/record/handover.h"

#include <sodium.h>

#include <cassert>

#include "truce/base/encoding.h"
#include "truce/base/json_fields.h"
#include "truce/record/cipher.h"
#include "truce/record/sealed.h"
#include "truce/record/signing.h"

namespace truce::record {
namespace {

// Longest revealed file: a ciphertext of the largest size class in base64url.
constexpr std::size_t kRevealedBytesMax =
    (static_cast<std::size_t>(kSealedPaddedBytesMax) + kCipherOverheadBytes) / 3 * 4 + 1024;
constexpr std::size_t kStatementIdBytesMax = 32 + 1 + 32 + 1 + 16;

const unsigned char* raw(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}
unsigned char* raw(std::string& s) {
  return reinterpret_cast<unsigned char*>(s.data());
}

std::string party_of(JsonFields& f, std::string_view key) {
  std::string id = f.text(key, 32);
  if (f.ok() && !is_id(id)) f.fault(key, "is no id");
  return id;
}

StatementId statement_of(JsonFields& f) {
  const auto id = StatementId::parse(f.text("statement", kStatementIdBytesMax));
  if (f.ok() && !id) f.fault("statement", id.error().message);
  return id.value_or(StatementId{});
}

std::string signed_text(const Hash& mechanism, const std::string& party, Instant time) {
  return "truce handovers v1\n" + mechanism.hex() + '\n' + party + '\n' + std::to_string(time.ms) + '\n';
}

std::string taker_text(const Hash& mechanism, const std::string& party, bool awaits, std::string_view nonce) {
  return "truce taker v1\n" + mechanism.hex() + '\n' + party + '\n' + (awaits ? "1" : "0") + '\n' + to_hex(nonce) +
         '\n';
}

// 64 bytes in base64url; empty where it is none.
std::string signature_of(JsonFields& f) {
  auto out = from_base64url(f.text("signature", 86));
  if (out && out->size() == kSignatureBytes) return std::move(out).value();
  if (f.ok()) f.fault("signature", "is no base64url of 64 bytes");
  return {};
}

}  // namespace

std::string Handover::to_bytes() const {
  return Json::object({{"from", from},
                       {"statement", statement.to_string()},
                       {"to", to},
                       {"v", 1},
                       {"wrapped", to_base64url(wrapped)}})
      .to_canonical();
}

Result<Handover> Handover::parse(std::string_view bytes) {
  if (bytes.size() > kHandoverFileBytesMax) {
    return fail(ErrorCode::kLimit, "a handover is at most " + std::to_string(kHandoverFileBytesMax) + " bytes");
  }
  TRUCE_TRY(const Json json, Json::parse_canonical(bytes));
  JsonFields f(json, "handover");
  Handover out;
  out.from = party_of(f, "from");
  out.statement = statement_of(f);
  out.to = party_of(f, "to");
  f.integer("v", 1, 1);
  const auto wrapped = from_base64url(f.text("wrapped", kHandoverFileBytesMax));
  if (f.ok() && (!wrapped || wrapped->size() != kWrappedForBytes))
    f.fault("wrapped", "is no base64url of " + std::to_string(kWrappedForBytes) + " bytes");
  TRUCE_CHECK(f.finish(ErrorCode::kSyntax));
  out.wrapped = *wrapped;
  return out;
}

Result<std::string> wrap_for(std::string_view x25519_public_key, const Secret& content_key, const Hash& ciphertext,
                             Random& random) {
  assert(content_key.size() == kCipherKeyBytes);
  if (sodium_init() < 0) return fail(ErrorCode::kIo, "libsodium does not start");
  if (x25519_public_key.size() != crypto_box_PUBLICKEYBYTES)
    return fail(ErrorCode::kInvalidArgument, "an X25519 key has 32 bytes");
  // crypto_box_seal by its parts, with an ephemeral secret that a test can repeat.
  const Secret ephemeral = Secret::from(random.bytes(crypto_box_SECRETKEYBYTES));
  const std::string public_key = record::x25519_public_key(ephemeral.view());
  std::string nonce(crypto_box_NONCEBYTES, '\0');
  const std::string both = public_key + std::string(x25519_public_key);
  crypto_generichash(raw(nonce), nonce.size(), raw(both), both.size(), nullptr, 0);
  std::string plain;
  plain.reserve(content_key.size() + 32);  // no copy is left behind by growing
  plain += content_key.view();
  plain += ciphertext.view();
  std::string boxed(crypto_box_MACBYTES + plain.size(), '\0');
  const int failed =
      crypto_box_easy(raw(boxed), raw(plain), plain.size(), raw(nonce), raw(x25519_public_key), raw(ephemeral.view()));
  wipe(plain);
  if (failed != 0) return fail(ErrorCode::kInvalidArgument, "is no X25519 key that anything can be given to");
  return public_key + boxed;
}

Result<Secret> unwrap(std::string_view wrapped, const Secret& x25519_secret, const SealedHashes& hashes) {
  const auto bad = [](const char* message) { return fail(ErrorCode::kBadSealedPart, message); };
  if (wrapped.size() != kWrappedForBytes || x25519_secret.size() != crypto_box_SECRETKEYBYTES)
    return bad("is not a content key and a hash, wrapped");
  if (sodium_init() < 0) return fail(ErrorCode::kIo, "libsodium does not start");
  const std::string public_key = record::x25519_public_key(x25519_secret.view());
  std::string plain(kWrappedForBytes - crypto_box_SEALBYTES, '\0');
  if (crypto_box_seal_open(raw(plain), raw(wrapped), wrapped.size(), raw(public_key), raw(x25519_secret.view())) != 0)
    return bad("is wrapped for another key than this party's, or was changed");
  const bool is_ciphertext = std::string_view(plain).substr(kCipherKeyBytes) == hashes.ciphertext.view();
  Secret key = Secret::copy_of(std::string_view(plain).substr(0, kCipherKeyBytes));
  wipe(plain);
  if (!is_ciphertext) return bad("is of another ciphertext than the author's log says");
  if (sha256(key.view()) != hashes.content_key) return bad("holds another content key than the author's log says");
  return key;
}

HandoverQuery HandoverQuery::make(const Hash& mechanism, std::string party, Instant time,
                                  std::string_view cosign_seed) {
  HandoverQuery out{std::move(party), time, {}};
  out.signature = ed25519_sign(cosign_seed, signed_text(mechanism, out.party, time));
  return out;
}

Status HandoverQuery::check(const Hash& mechanism, std::string_view cosign_key, Instant now) const {
  if (time.ms < now.ms - kQueryOffMsMax || time.ms > now.ms + kQueryOffMsMax)
    return fail(ErrorCode::kRefused, "the time is more than 10 minutes off this node's clock");
  if (!ed25519_verify(cosign_key, signed_text(mechanism, party, time), signature))
    return fail(ErrorCode::kRefused, "not signed by the cosigning key of " + party);
  return {};
}

std::string HandoverQuery::to_bytes() const {
  return Json::object({{"party", party}, {"signature", to_base64url(signature)}, {"time", time.ms}}).to_canonical();
}

Result<HandoverQuery> HandoverQuery::parse(std::string_view bytes) {
  if (bytes.size() > kHandoverFileBytesMax) return fail(ErrorCode::kLimit, "longer than any query");
  TRUCE_TRY(const Json json, Json::parse_canonical(bytes));
  JsonFields f(json, "handovers");
  HandoverQuery out;
  out.party = party_of(f, "party");
  out.signature = signature_of(f);
  out.time = Instant{f.integer("time", Instant::kMin, Instant::kMax)};
  TRUCE_CHECK(f.finish(ErrorCode::kSyntax));
  return out;
}

Taker Taker::make(const Hash& mechanism, std::string party, bool awaits, std::string_view nonce,
                  std::string_view cosign_seed) {
  Taker out{std::move(party), awaits, {}};
  out.signature = ed25519_sign(cosign_seed, taker_text(mechanism, out.party, awaits, nonce));
  return out;
}

Status Taker::check(const Hash& mechanism, std::string_view cosign_key, std::string_view nonce) const {
  if (!ed25519_verify(cosign_key, taker_text(mechanism, party, awaits, nonce), signature))
    return fail(ErrorCode::kRefused, "not signed by the cosigning key of " + party);
  return {};
}

std::string Taker::to_bytes() const {
  return Json::object({{"awaits", awaits}, {"party", party}, {"signature", to_base64url(signature)}, {"v", 1}})
      .to_canonical();
}

Result<Taker> Taker::parse(std::string_view bytes) {
  if (bytes.size() > kHandoverFileBytesMax) return fail(ErrorCode::kLimit, "longer than any taker's word");
  TRUCE_TRY(const Json json, Json::parse_canonical(bytes));
  JsonFields f(json, "taker");
  Taker out;
  const Json* awaits = f.required("awaits");
  if (awaits != nullptr && !awaits->is_bool()) f.fault("awaits", "is neither true nor false");
  out.awaits = awaits != nullptr && awaits->is_bool() && awaits->as_bool();
  out.party = party_of(f, "party");
  out.signature = signature_of(f);
  if (f.integer("v", 0, Json::kIntegerMax) != 1) f.fault("v", "only version 1 is known to this program");
  TRUCE_CHECK(f.finish(ErrorCode::kSyntax));
  return out;
}

std::string Revealed::to_bytes() const {
  Json json = Json::object({{"ciphertext", to_base64url(ciphertext)},
                            {"content_key", to_base64url(content_key.view())},
                            {"statement", statement.to_string()},
                            {"v", 1}});
  std::string out = json.to_canonical();
  wipe(json);
  return out;
}

Result<Revealed> Revealed::parse(std::string_view bytes) {
  if (bytes.size() > kRevealedBytesMax) return fail(ErrorCode::kLimit, "longer than any revealed part");
  TRUCE_TRY(const Json json, Json::parse_canonical(bytes));
  JsonFields f(json, "revealed");
  Revealed out;
  auto ciphertext = from_base64url(f.text("ciphertext", kRevealedBytesMax));
  if (f.ok() && !ciphertext) f.fault("ciphertext", "is no base64url");
  auto key = from_base64url(f.text("content_key", 43));
  if (f.ok() && (!key || key->size() != kCipherKeyBytes)) f.fault("content_key", "is no base64url of 32 bytes");
  out.statement = statement_of(f);
  f.integer("v", 1, 1);
  TRUCE_CHECK(f.finish(ErrorCode::kSyntax));
  out.ciphertext = std::move(ciphertext).value();
  out.content_key = Secret::from(std::move(key).value());
  return out;
}

Result<RevealedVerdict> check_revealed(const StatementId& id, const Envelope& envelope, const Revealed& revealed) {
  const auto bad = [](std::string message) { return fail(ErrorCode::kBadSealedPart, "proves nothing: " + message); };
  if (revealed.statement != id) return bad("it is of " + revealed.statement.to_string());
  if (!envelope.sealed) return bad("the statement has no sealed part");
  if (sha256(revealed.ciphertext) != envelope.sealed->ciphertext) return bad("the author stated another ciphertext");
  if (sha256(revealed.content_key.view()) != envelope.sealed->content_key)
    return bad("the author stated another content key");
  auto opened = open_sealed(revealed.ciphertext, revealed.content_key.view(), *envelope.sealed);
  if (!opened) return RevealedVerdict::kLie;
  wipe(*opened);
  return RevealedVerdict::kTrue;
}

}  // namespace truce::record
