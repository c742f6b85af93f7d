// SPDX-License-Identifier: Apache-2.0

#include "truce/base/sha256.h"

// The one-shot low-level calls are deprecated in OpenSSL 3 in favour of EVP, whose fetch and allocation cost more than
// the hash of an entry of 400 bytes. They use the same accelerated block function and are still provided.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <cstring>

#include "truce/base/encoding.h"

namespace truce {

std::string Hash::hex() const {
  return to_hex(view());
}
std::string Hash::base64url() const {
  return to_base64url(view());
}

Hash Hash::from_raw(std::string_view raw) {
  Hash h;
  std::memcpy(h.bytes.data(), raw.data(), h.bytes.size());
  return h;
}

Result<Hash> Hash::from_hex(std::string_view text) {
  if (text.size() != 64) return fail(ErrorCode::kSyntax, "a hash has 64 hexadecimal digits, not " + quoted(text));
  TRUCE_TRY(const std::string raw, truce::from_hex(text));
  return from_raw(raw);
}

Result<Hash> Hash::from_base64url(std::string_view text) {
  if (text.size() != 43) return fail(ErrorCode::kSyntax, "a hash has 43 characters of base64url, not " + quoted(text));
  TRUCE_TRY(const std::string raw, truce::from_base64url(text));
  return from_raw(raw);
}

Hash sha256(std::string_view bytes) {
  return sha256(bytes, {});
}

Hash sha256(std::string_view a, std::string_view b) {
  SHA256_CTX c;
  SHA256_Init(&c);
  SHA256_Update(&c, a.data(), a.size());
  SHA256_Update(&c, b.data(), b.size());
  Hash h;
  SHA256_Final(h.bytes.data(), &c);
  return h;
}

Sha256::Sha256() : context_(new SHA256_CTX) {
  SHA256_Init(static_cast<SHA256_CTX*>(context_));
}
Sha256::~Sha256() {
  delete static_cast<SHA256_CTX*>(context_);
}

void Sha256::update(std::string_view bytes) {
  SHA256_Update(static_cast<SHA256_CTX*>(context_), bytes.data(), bytes.size());
}

Hash Sha256::finish() {
  Hash h;
  SHA256_Final(h.bytes.data(), static_cast<SHA256_CTX*>(context_));
  SHA256_Init(static_cast<SHA256_CTX*>(context_));
  return h;
}

}  // namespace truce
