// SPDX-License-Identifier: Apache-2.0
//
// Hash: the 32 bytes of a SHA-256 (FIPS 180-4), by OpenSSL with the CPU's instructions. A value, ordered by its bytes.

#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "truce/base/result.h"

namespace truce {

struct Hash {
  std::array<std::uint8_t, 32> bytes{};

  [[nodiscard]] std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
  [[nodiscard]] std::string hex() const;
  [[nodiscard]] std::string base64url() const;
  // REQUIRES: raw.size() == 32.
  [[nodiscard]] static Hash from_raw(std::string_view raw);
  // Fail with kSyntax on anything but 64 lower-case digits, or 43 characters of base64url.
  [[nodiscard]] static Result<Hash> from_hex(std::string_view text);
  [[nodiscard]] static Result<Hash> from_base64url(std::string_view text);

  friend auto operator<=>(const Hash&, const Hash&) = default;
};

[[nodiscard]] Hash sha256(std::string_view bytes);
// SHA-256 of the concatenation, without making it.
[[nodiscard]] Hash sha256(std::string_view a, std::string_view b);

// Hashes a stream. update() as often as you like, then finish() once.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(std::string_view bytes);
  // Gives the hash and starts again from nothing.
  [[nodiscard]] Hash finish();

 private:
  void* context_;
};

}  // namespace truce
