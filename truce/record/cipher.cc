// SPDX-License-Identifier: Apache-2.0

#include "truce/record/cipher.h"

#include <sodium.h>

#include <cassert>

namespace truce::record {
namespace {

const unsigned char* raw(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}
unsigned char* raw(char* s) {
  return reinterpret_cast<unsigned char*>(s);
}

void ready() {
  static const int started = sodium_init();
  static_cast<void>(started);
}

}  // namespace

std::string encrypt(std::string_view plaintext, std::string_view key, std::string_view nonce,
                    std::string_view associated) {
  assert(key.size() == kCipherKeyBytes && nonce.size() == kCipherNonceBytes);
  ready();
  std::string out(nonce);
  out.resize(plaintext.size() + kCipherOverheadBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(raw(out.data() + kCipherNonceBytes), nullptr, raw(plaintext),
                                             plaintext.size(), raw(associated), associated.size(), nullptr, raw(nonce),
                                             raw(key));
  return out;
}

std::optional<std::string> decrypt(std::string_view ciphertext, std::string_view key, std::string_view associated) {
  if (key.size() != kCipherKeyBytes || ciphertext.size() < kCipherOverheadBytes) return std::nullopt;
  ready();
  std::string out(ciphertext.size() - kCipherOverheadBytes, '\0');
  const std::string_view body = ciphertext.substr(kCipherNonceBytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(raw(out.data()), nullptr, nullptr, raw(body), body.size(),
                                                 raw(associated), associated.size(), raw(ciphertext), raw(key)) != 0) {
    return std::nullopt;
  }
  return out;
}

}  // namespace truce::record
