// SPDX-License-Identifier: Apache-2.0
//
// KeyRing: a party's private keys in keys/ (docs/format/keys.md): one file a purpose, readable by the owner alone, or
// all of them in locked.json under a passphrase.
//
// While locked.json is there the node is locked, whatever else lies beside it: a lock or unlock that was cut short
// leaves the keys usable by unlock. It is NOT a defence against whoever runs as the same user while the node is
// unlocked. One process at a time changes a folder; a KeyRing may be read by any thread.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/clock.h"
#include "truce/base/file.h"
#include "truce/base/result.h"
#include "truce/record/secret.h"

namespace truce::record {

// Cost of turning a passphrase into a key: Argon2id version 1.3, one lane. Default: about 0.7 s on one core.
struct PassphraseCost {
  std::uint64_t operations = 3;
  std::uint64_t memory_bytes = 256ULL << 20;
};
// Most that a locked.json may ask for: stops a planted file from taking all memory or an hour.
inline constexpr std::uint64_t kPassphraseOperationsMax = 16;
inline constexpr std::uint64_t kPassphraseMemoryBytesMax = 1ULL << 30;
// Most log keys of one party: main, its successors, offices and devices.
inline constexpr std::size_t kLogKeyCountMax = 256;
inline constexpr std::size_t kKeyFileBytesMax = 4096;

class KeyRing {
 public:
  // Makes keys/ with keys for the log `main`, for cosigning, X25519 and the private store. Fails with kExists if there
  // are any.
  [[nodiscard]] static Result<KeyRing> create(FileSystem& files, std::string folder, Random& random,
                                              std::string_view log = "main");
  // Fails with kLocked, kNotFound (no keys at all), kSyntax for a damaged file.
  [[nodiscard]] static Result<KeyRing> open(FileSystem& files, std::string folder);

  // Makes the key of one more log. Fails with kExists. REQUIRES: is_id(log).
  [[nodiscard]] Status add_log(FileSystem& files, std::string_view log, Random& random);

  // Raw 32 bytes each.
  [[nodiscard]] Result<std::string> log_public_key(std::string_view log) const;
  [[nodiscard]] std::string cosign_public_key() const;
  [[nodiscard]] std::string x25519_public_key() const;
  [[nodiscard]] std::vector<std::string> logs() const;

  // Seeds and keys, 32 bytes; good while the ring is. kNotFound for a log without a key here.
  [[nodiscard]] Result<std::string_view> log_seed(std::string_view log) const;
  [[nodiscard]] const Secret& cosign_seed() const { return cosign_; }
  [[nodiscard]] const Secret& x25519_secret() const { return x25519_; }
  // The one before, for what was addressed to it and is still under way; empty where it was destroyed.
  [[nodiscard]] const Secret& previous_x25519_secret() const { return previous_x25519_; }
  [[nodiscard]] const Secret& private_key() const { return private_; }
  // Not empty between begin_private() and finish_private(): a part of private/ is under this one already.
  [[nodiscard]] const Secret& next_private_key() const { return next_private_; }

  // A fresh X25519 secret in place of the current one, which is kept as the previous one or destroyed; what was the
  // previous one before is destroyed. Cut short at any step it is done, or not begun, when the folder is opened again,
  // and is called again. Destroyed: overwritten in its file, then removed, as far as the disk lets go of it.
  [[nodiscard]] Status replace_x25519(FileSystem& files, Random& random, bool keep_previous);
  // A fresh private key beside the current one (the one of an earlier call that was not finished, if there is one).
  [[nodiscard]] Status begin_private(FileSystem& files, Random& random);
  // The fresh private key alone from here on; the one before is destroyed. REQUIRES: everything in private/ is under
  // the fresh one, durably. Nothing happens where none was begun.
  [[nodiscard]] Status finish_private(FileSystem& files);

  [[nodiscard]] static bool is_locked(FileSystem& files, const std::string& folder);
  // Names of key files that a lock which was cut short has left in the open; lock() with the same passphrase removes
  // them.
  [[nodiscard]] static Result<std::vector<std::string>> left_open(FileSystem& files, const std::string& folder);

  // Wraps all keys under the passphrase and removes the plain files once that is durable. On a locked folder: finishes
  // what was cut short, or kBadPassphrase. An empty passphrase is kInvalidArgument.
  [[nodiscard]] static Status lock(FileSystem& files, const std::string& folder, std::string_view passphrase,
                                   Random& random, PassphraseCost cost = {});
  // Restores the plain files and removes locked.json. kBadPassphrase; kNotFound if it is not locked.
  [[nodiscard]] static Status unlock(FileSystem& files, const std::string& folder, std::string_view passphrase);

 private:
  [[nodiscard]] Status finish_x25519(FileSystem& files, bool keep_previous);

  std::string folder_;
  std::map<std::string, Secret, std::less<>> logs_;
  Secret cosign_;
  Secret x25519_, previous_x25519_;
  Secret private_, next_private_;
};

}  // namespace truce::record
