// SPDX-License-Identifier: Apache-2.0

#include "truce/record/signing.h"

#include <sodium.h>

#include <cassert>

namespace truce::record {
namespace {

const unsigned char* raw(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}
unsigned char* raw(std::string& s) {
  return reinterpret_cast<unsigned char*>(s.data());
}

void ready() {
  static const int started = sodium_init();
  static_cast<void>(started);
}

struct KeyPair {
  unsigned char public_key[crypto_sign_PUBLICKEYBYTES];
  unsigned char secret[crypto_sign_SECRETKEYBYTES];
  explicit KeyPair(std::string_view seed) {
    assert(seed.size() == kSeedBytes);
    ready();
    crypto_sign_seed_keypair(public_key, secret, raw(seed));
  }
  ~KeyPair() { sodium_memzero(secret, sizeof secret); }
  KeyPair(const KeyPair&) = delete;
  KeyPair& operator=(const KeyPair&) = delete;
};

}  // namespace

std::string ed25519_public_key(std::string_view seed) {
  const KeyPair pair(seed);
  return {reinterpret_cast<const char*>(pair.public_key), sizeof pair.public_key};
}

std::string ed25519_sign(std::string_view seed, std::string_view message) {
  const KeyPair pair(seed);
  std::string out(kSignatureBytes, '\0');
  crypto_sign_detached(raw(out), nullptr, raw(message), message.size(), pair.secret);
  return out;
}

bool ed25519_verify(std::string_view public_key, std::string_view message, std::string_view signature) {
  if (public_key.size() != kPublicKeyBytes || signature.size() != kSignatureBytes) return false;
  ready();
  return crypto_sign_verify_detached(raw(signature), raw(message), message.size(), raw(public_key)) == 0;
}

bool is_ed25519_public_key(std::string_view key) {
  if (key.size() != kPublicKeyBytes) return false;
  ready();
  return crypto_core_ed25519_is_valid_point(raw(key)) == 1;
}

bool is_x25519_public_key(std::string_view key) {
  if (key.size() != crypto_scalarmult_BYTES) return false;
  ready();
  // Any scalar does: a point of small order gives nothing with each of them.
  const std::string scalar(crypto_scalarmult_SCALARBYTES, 'x');
  unsigned char secret[crypto_scalarmult_BYTES];
  return crypto_scalarmult(secret, raw(scalar), raw(key)) == 0;
}

std::string x25519_public_key(std::string_view secret) {
  assert(secret.size() == crypto_scalarmult_SCALARBYTES);
  ready();
  std::string out(crypto_scalarmult_BYTES, '\0');
  crypto_scalarmult_base(raw(out), raw(secret));
  return out;
}

}  // namespace truce::record
