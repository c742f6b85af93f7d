// SPDX-License-Identifier: Apache-2.0
//
// XChaCha20-Poly1305 (IETF) with the 24-byte nonce in front, by libsodium: the one cipher of sealed parts, wrapped keys
// and private files. Pure functions; any thread.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace truce::record {

inline constexpr std::size_t kCipherKeyBytes = 32;
inline constexpr std::size_t kCipherNonceBytes = 24;
// What a ciphertext is longer than its plaintext.
inline constexpr std::size_t kCipherOverheadBytes = kCipherNonceBytes + 16;

// nonce || ciphertext || tag. REQUIRES: key of 32 and nonce of 24 bytes, the nonce never used with this key before.
[[nodiscard]] std::string encrypt(std::string_view plaintext, std::string_view key, std::string_view nonce,
                                  std::string_view associated);
// Nothing if the key or the associated data is another, or a bit was changed. The caller wipes what is secret in the
// result.
[[nodiscard]] std::optional<std::string> decrypt(std::string_view ciphertext, std::string_view key,
                                                 std::string_view associated);

}  // namespace truce::record
