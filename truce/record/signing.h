// SPDX-License-Identifier: Apache-2.0
//
// Ed25519 (RFC 8032) by libsodium, from raw 32-byte seeds and public keys. Pure functions; any thread.

#pragma once

#include <string>
#include <string_view>

namespace truce::record {

inline constexpr std::size_t kSeedBytes = 32;
inline constexpr std::size_t kPublicKeyBytes = 32;
inline constexpr std::size_t kSignatureBytes = 64;

// REQUIRES: seed.size() == 32.
[[nodiscard]] std::string ed25519_public_key(std::string_view seed);
[[nodiscard]] std::string ed25519_sign(std::string_view seed, std::string_view message);
// False for anything but a valid signature, keys and signatures of the wrong length included.
[[nodiscard]] bool ed25519_verify(std::string_view public_key, std::string_view message, std::string_view signature);

// A point of the curve that signs for one key alone: canonical, of the main subgroup, not its neutral element.
[[nodiscard]] bool is_ed25519_public_key(std::string_view key);
// A point with which an agreement gives a secret (RFC 7748, section 6.1).
[[nodiscard]] bool is_x25519_public_key(std::string_view key);

// X25519: the public key of a 32-byte secret scalar.
[[nodiscard]] std::string x25519_public_key(std::string_view secret);

}  // namespace truce::record
