// SPDX-License-Identifier: Apache-2.0

#include "truce/sim/signature_watch.h"

#include <cstring>
#include <string>
#include <unordered_map>

namespace truce::sim {
namespace {

SignatureWatch::Listener& listener() {
  static SignatureWatch::Listener one;
  return one;
}

// Looked up by value alone, never walked.
std::unordered_map<std::string, int>& verified() {
  static std::unordered_map<std::string, int> all;
  return all;
}

std::unordered_map<std::string, std::string>& pairs() {
  static std::unordered_map<std::string, std::string> all;
  return all;
}

constexpr std::size_t kPublicBytes = 32, kSecretBytes = 64, kSignatureBytes = 64, kSeedBytes = 32;

std::string_view chars(const unsigned char* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

SignatureWatch::SignatureWatch(Listener all) {
  listener() = std::move(all);
  verified().clear();
  pairs().clear();
}
SignatureWatch::~SignatureWatch() {
  listener() = nullptr;
}

extern "C" {
int __real_crypto_sign_verify_detached(const unsigned char* signature, const unsigned char* message,
                                       unsigned long long size, const unsigned char* public_key);
int __real_crypto_sign_detached(unsigned char* signature, unsigned long long* signature_size,
                                const unsigned char* message, unsigned long long size, const unsigned char* secret);
int __real_crypto_sign_seed_keypair(unsigned char* public_key, unsigned char* secret, const unsigned char* seed);

int __wrap_crypto_sign_verify_detached(const unsigned char* signature, const unsigned char* message,
                                       unsigned long long size, const unsigned char* public_key) {
  std::string key(chars(public_key, kPublicBytes));
  key += chars(signature, kSignatureBytes);
  key += chars(message, size);
  const auto known = verified().find(key);
  if (known != verified().end()) return known->second;
  const int answer = __real_crypto_sign_verify_detached(signature, message, size, public_key);
  verified().emplace(std::move(key), answer);
  return answer;
}

int __wrap_crypto_sign_detached(unsigned char* signature, unsigned long long* signature_size,
                                const unsigned char* message, unsigned long long size, const unsigned char* secret) {
  // The second half of libsodium's secret key is the public one.
  const std::string_view public_key = chars(secret, kSecretBytes).substr(kSecretBytes - kPublicBytes);
  if (listener()) listener()(public_key, chars(message, size));
  const int answer = __real_crypto_sign_detached(signature, signature_size, message, size, secret);
  // Ed25519 is deterministic: what this key signed holds.
  if (answer == 0) {
    std::string key(public_key);
    key += chars(signature, kSignatureBytes);
    key += chars(message, size);
    verified().emplace(std::move(key), 0);
  }
  return answer;
}

int __wrap_crypto_sign_seed_keypair(unsigned char* public_key, unsigned char* secret, const unsigned char* seed) {
  const std::string key(chars(seed, kSeedBytes));
  const auto known = pairs().find(key);
  if (known == pairs().end()) {
    const int answer = __real_crypto_sign_seed_keypair(public_key, secret, seed);
    if (answer == 0) pairs().emplace(key, std::string(chars(secret, kSecretBytes)));
    return answer;
  }
  std::memcpy(secret, known->second.data(), kSecretBytes);
  std::memcpy(public_key, known->second.data() + kSecretBytes - kPublicBytes, kPublicBytes);
  return 0;
}
}

}  // namespace truce::sim
