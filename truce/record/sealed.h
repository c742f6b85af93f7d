// SPDX-License-Identifier: Apache-2.0
//
// Sealed parts (docs/format/sealed.md): what a statement's author keeps to themselves and to those they address later.
// The log shows three hashes and a size class; the ciphertext lies in sealed/, its content key, wrapped for the author,
// in private/.
//
// Opening gives plaintext in memory only: nothing here writes it to a disk. seal() and open_sealed() are pure but for
// the Random; a SealedStore is used by one thread at a time, and by one process (that holds the log's lock).

#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "truce/base/clock.h"
#include "truce/base/file.h"
#include "truce/base/json.h"
#include "truce/base/result.h"
#include "truce/record/envelope.h"
#include "truce/record/sealed_size.h"
#include "truce/record/secret.h"

namespace truce::record {

inline constexpr std::size_t kSaltBytes = 32;

struct SealedPart {
  SealedHashes hashes;     // for the envelope
  std::string ciphertext;  // nonce || ciphertext || tag
  Secret content_key;      // 32 bytes
};

// Encrypts `payload` with a fresh salt and content key. Fails with kBadSealedPart if it is no object or has a member
// `salt`, kLimit past the largest size class, or as Json::checked_canonical() does.
[[nodiscard]] Result<SealedPart> seal(Json payload, Random& random);

// The payload with its salt, after all three hashes, the size class and the canonical form were checked; else
// kBadSealedPart saying which failed.
[[nodiscard]] Result<Json> open_sealed(std::string_view ciphertext, std::string_view content_key,
                                       const SealedHashes& hashes);

class SealedStore {
 public:
  // `node` holds sealed/ and private/. REQUIRES: private_key of 32 bytes (keys/private.key). `next` is the key that
  // private/ is being brought under, if it is not empty (keys/private-next.key): both open, new keys are wrapped under
  // it.
  [[nodiscard]] static Result<SealedStore> open(FileSystem& files, const std::string& node, const Secret& private_key,
                                                const Secret* next = nullptr);

  // Ciphertexts and wrapped keys of all parts, durable together when this returns. Call it before the statements are
  // appended: a part whose statement never came is garbage, a statement whose part never came is a loss.
  [[nodiscard]] Status put(std::span<const SealedPart> parts, Random& random);
  // The opened payload. Fails with kNotFound where the ciphertext or the key is not here (deleted, or another party's),
  // kBadSealedPart.
  [[nodiscard]] Result<Json> get(const SealedHashes& hashes) const;
  // The content key alone; as get().
  [[nodiscard]] Result<Secret> content_key(const SealedHashes& hashes) const;
  // The ciphertext, its hash checked. kNotFound, kBadSealedPart.
  [[nodiscard]] Result<std::string> ciphertext(const SealedHashes& hashes) const;
  // A content key or a ciphertext of it is here, whether they open or not.
  [[nodiscard]] bool holds_any(const SealedHashes& hashes) const;
  // All wrapped keys under `next`, durable and all or nothing. What neither key opens stays as it is: it is of a backup
  // under another key. REQUIRES: opened with `next`.
  [[nodiscard]] Status rewrap(Random& random);
  // Deletes key and ciphertext for good (as far as the disk forgets). Ok if they are not there.
  [[nodiscard]] Status erase(const SealedHashes& hashes);
  [[nodiscard]] std::size_t key_count() const { return keys_.size(); }

 private:
  SealedStore() = default;
  [[nodiscard]] std::string path_of(const SealedHashes& hashes) const;
  [[nodiscard]] Status write_keys();
  [[nodiscard]] const Secret& newest_key() const { return next_.empty() ? private_key_ : next_; }

  FileSystem* files_ = nullptr;
  std::string sealed_;   // folder
  std::string wrapped_;  // file
  Secret private_key_, next_;
  std::map<Hash, std::string> keys_;  // wrapped, by the payload's hash
};

}  // namespace truce::record
