// SPDX-License-Identifier: Apache-2.0

#include "truce/record/sealed.h"

#include "truce/base/encoding.h"
#include "truce/record/blobs.h"
#include "truce/record/cipher.h"

namespace truce::record {
namespace {

constexpr char kPadMark = '\x80';  // ISO/IEC 7816-4: the mark, then zeros
constexpr std::string_view kWrapAssociated = "truce wrapped content key v1\n";
// payload hash, then the content key under the private key
constexpr std::size_t kWrappedBytes = kCipherKeyBytes + kCipherOverheadBytes;
constexpr std::size_t kRecordBytes = 32 + kWrappedBytes;
// Most wrapped keys that are read: ten million.
constexpr std::uint64_t kWrappedFileBytesMax = 10'000'000ULL * kRecordBytes;

tl::unexpected<Error> bad(std::string message) {
  return fail(ErrorCode::kBadSealedPart, std::move(message));
}

std::string wrap_associated(const Hash& payload) {
  return std::string(kWrapAssociated) + std::string(payload.view());
}

}  // namespace

Result<SealedPart> seal(Json payload, Random& random) {
  if (!payload.is_object()) return bad("a sealed part is an object");
  if (payload.find("salt") != nullptr) return bad("the member salt is set by sealing");
  std::string salt = random.bytes(kSaltBytes);
  payload.set("salt", to_base64url(salt));
  auto text = payload.checked_canonical();
  wipe(payload);
  if (!text) return fail(std::move(text).error());
  SealedPart out;
  out.hashes.payload = sha256(salt, *text);
  out.hashes.size_class_bytes = sealed_size_class(static_cast<std::int64_t>(text->size()));
  if (out.hashes.size_class_bytes == 0) {
    wipe(*text);
    return fail(ErrorCode::kLimit, "a sealed part is at most " + std::to_string(kSealedPaddedBytesMax - 1) + " bytes");
  }
  std::string padded(static_cast<std::size_t>(out.hashes.size_class_bytes), '\0');
  text->copy(padded.data(), text->size());
  padded[text->size()] = kPadMark;
  wipe(*text);
  out.content_key = Secret::from(random.bytes(kCipherKeyBytes));
  out.ciphertext = encrypt(padded, out.content_key.view(), random.bytes(kCipherNonceBytes), {});
  wipe(padded);
  wipe(salt);
  out.hashes.ciphertext = sha256(out.ciphertext);
  out.hashes.content_key = sha256(out.content_key.view());
  return out;
}

Result<Json> open_sealed(std::string_view ciphertext, std::string_view content_key, const SealedHashes& hashes) {
  if (sha256(ciphertext) != hashes.ciphertext) return bad("the ciphertext has another hash");
  if (sha256(content_key) != hashes.content_key) return bad("the content key has another hash");
  auto padded = decrypt(ciphertext, content_key, {});
  if (!padded) return bad("the content key does not open the ciphertext");
  const auto judged = [&]() -> Result<Json> {
    const std::size_t mark = padded->find_last_not_of('\0');
    if (mark == std::string::npos || (*padded)[mark] != kPadMark) return bad("no padding");
    const std::string_view text = std::string_view(*padded).substr(0, mark);
    if (static_cast<std::int64_t>(padded->size()) != hashes.size_class_bytes ||
        sealed_size_class(static_cast<std::int64_t>(text.size())) != hashes.size_class_bytes) {
      return bad("padded to another size class");
    }
    auto payload = Json::parse_canonical(text);
    if (!payload || !payload->is_object()) return bad("the payload is no canonical JSON object");
    const Json* salt64 = payload->find("salt");
    if (salt64 == nullptr || !salt64->is_string()) return bad("the payload has no salt");
    const auto salt = from_base64url(salt64->as_string());
    if (!salt || salt->size() != kSaltBytes) return bad("the salt is no base64url of 32 bytes");
    if (sha256(*salt, text) != hashes.payload) return bad("the payload has another hash");
    return payload;
  };
  auto out = judged();
  wipe(*padded);
  return out;
}

Result<SealedStore> SealedStore::open(FileSystem& files, const std::string& node, const Secret& private_key,
                                      const Secret* next) {
  SealedStore out;
  out.files_ = &files;
  out.sealed_ = node + "/sealed";
  out.wrapped_ = node + "/private/wrapped-keys";
  out.private_key_ = Secret::copy_of(private_key.view());
  if (next != nullptr && !next->empty()) out.next_ = Secret::copy_of(next->view());
  const auto bytes = files.read(out.wrapped_, kWrappedFileBytesMax);
  if (!bytes && bytes.error().code != ErrorCode::kNotFound) return fail(bytes.error());
  if (!bytes) return out;
  // A record that is not whole was never acknowledged; put() writes over it.
  for (std::size_t i = 0; i + kRecordBytes <= bytes->size(); i += kRecordBytes) {
    out.keys_.insert_or_assign(Hash::from_raw(std::string_view(*bytes).substr(i, 32)),
                               bytes->substr(i + 32, kWrappedBytes));
  }
  return out;
}

Status SealedStore::put(std::span<const SealedPart> parts, Random& random) {
  if (parts.empty()) return {};
  std::vector<Hash> names;
  std::vector<std::string_view> contents;
  std::string records;
  std::vector<std::pair<Hash, std::string>> wrapped;
  for (const SealedPart& p : parts) {
    names.push_back(p.hashes.ciphertext);
    contents.push_back(p.ciphertext);
    std::string w = encrypt(p.content_key.view(), newest_key().view(), random.bytes(kCipherNonceBytes),
                            wrap_associated(p.hashes.payload));
    records += p.hashes.payload.view();
    records += w;
    wrapped.emplace_back(p.hashes.payload, std::move(w));
  }
  TRUCE_CHECK(write_by_hash(*files_, sealed_, names, contents));
  TRUCE_CHECK(files_->make_folders(wrapped_.substr(0, wrapped_.rfind('/')), 0700));
  TRUCE_TRY(const std::unique_ptr<File> file, files_->open_append(wrapped_, 0600));
  TRUCE_TRY(const std::uint64_t size, file->size());
  if (size % kRecordBytes != 0) TRUCE_CHECK(file->truncate(size - size % kRecordBytes));
  TRUCE_CHECK(file->append(records));
  TRUCE_CHECK(file->sync());
  for (auto& [hash, w] : wrapped) keys_.insert_or_assign(hash, std::move(w));
  return {};
}

Result<Secret> SealedStore::content_key(const SealedHashes& hashes) const {
  const auto it = keys_.find(hashes.payload);
  if (it == keys_.end()) return fail(ErrorCode::kNotFound, "its content key is not here", hashes.payload.hex());
  auto key = decrypt(it->second, newest_key().view(), wrap_associated(hashes.payload));
  if (!key && !next_.empty()) key = decrypt(it->second, private_key_.view(), wrap_associated(hashes.payload));
  if (!key) return bad("the private key does not open the wrapped content key");
  return Secret::from(std::move(*key));
}

std::string SealedStore::path_of(const SealedHashes& hashes) const {
  return sealed_ + '/' + hashes.ciphertext.hex();
}

Result<std::string> SealedStore::ciphertext(const SealedHashes& hashes) const {
  const std::string path = path_of(hashes);
  TRUCE_TRY(std::string bytes, files_->read(path, static_cast<std::uint64_t>(kSealedPaddedBytesMax) + 64));
  if (sha256(bytes) != hashes.ciphertext)
    return fail(ErrorCode::kBadSealedPart, "the ciphertext has another hash", path);
  return bytes;
}

Result<Json> SealedStore::get(const SealedHashes& hashes) const {
  TRUCE_TRY(const Secret key, content_key(hashes));
  TRUCE_TRY(const std::string bytes, ciphertext(hashes));
  auto out = open_sealed(bytes, key.view(), hashes);
  if (!out) return fail(at(std::move(out).error(), path_of(hashes)));
  return out;
}

bool SealedStore::holds_any(const SealedHashes& hashes) const {
  return keys_.contains(hashes.payload) || files_->exists(path_of(hashes));
}

Status SealedStore::write_keys() {
  std::string records;
  for (const auto& [payload, w] : keys_) {
    records += payload.view();
    records += w;
  }
  return files_->write_atomic(wrapped_, records, 0600);
}

Status SealedStore::rewrap(Random& random) {
  if (keys_.empty()) return {};
  for (auto& [payload, w] : keys_) {
    auto key = decrypt(w, private_key_.view(), wrap_associated(payload));
    if (!key) continue;
    w = encrypt(*key, next_.view(), random.bytes(kCipherNonceBytes), wrap_associated(payload));
    wipe(*key);
  }
  return write_keys();
}

Status SealedStore::erase(const SealedHashes& hashes) {
  if (keys_.erase(hashes.payload) != 0) TRUCE_CHECK(write_keys());
  const std::string path = path_of(hashes);
  if (!files_->exists(path)) return {};
  TRUCE_CHECK(files_->remove(path));
  return files_->sync(sealed_);
}

}  // namespace truce::record
