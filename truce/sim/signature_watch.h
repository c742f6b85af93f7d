// SPDX-License-Identifier: Apache-2.0
//
// SignatureWatch: hears of every Ed25519 signature that anything in this process makes, before the signer does: a
// simulation knows each head and cosignature that was ever signed, whatever became of the file.
//
// It stands between truce and libsodium (linker option --wrap): signatures that were found good or bad once are looked
// up, not computed again, with the same answers. For simulations alone. One thread.

#pragma once

#include <functional>
#include <string_view>

namespace truce::sim {

class SignatureWatch {
 public:
  using Listener = std::function<void(std::string_view public_key, std::string_view message)>;
  // Listens as long as it lives. REQUIRES: no other one does.
  explicit SignatureWatch(Listener listener);
  ~SignatureWatch();
  SignatureWatch(const SignatureWatch&) = delete;
  SignatureWatch& operator=(const SignatureWatch&) = delete;
};

}  // namespace truce::sim
