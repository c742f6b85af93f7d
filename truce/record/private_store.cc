// SPDX-License-Identifier: Apache-2.0

#include "truce/record/private_store.h"

#include "truce/base/encoding.h"
#include "truce/base/id.h"
#include "truce/record/cipher.h"

namespace truce::record {
namespace {

std::string associated(std::string_view name) {
  return "truce private file v1\n" + std::string(name);
}

Result<std::string> path_of(const std::string& node, std::string_view name) {
  TRUCE_CHECK(check_id(name, "name of a private file"));
  if (name == "wrapped-keys") return fail(ErrorCode::kInvalidArgument, "this name is taken", std::string(name));
  return node + "/private/" + std::string(name);
}

}  // namespace

Status write_private(FileSystem& files, const std::string& node, std::string_view name, std::string_view bytes,
                     const Secret& private_key, Random& random) {
  TRUCE_TRY(const std::string path, path_of(node, name));
  if (bytes.size() > kPrivateBytesMax) {
    return fail(ErrorCode::kLimit, "a private file is at most " + std::to_string(kPrivateBytesMax) + " bytes");
  }
  TRUCE_CHECK(files.make_folders(node + "/private", 0700));
  return files.write_atomic(path, encrypt(bytes, private_key.view(), random.bytes(kCipherNonceBytes), associated(name)),
                            0600);
}

Result<std::string> read_private(FileSystem& files, const std::string& node, std::string_view name,
                                 const Secret& private_key) {
  TRUCE_TRY(const std::string path, path_of(node, name));
  TRUCE_TRY(const std::string ciphertext, files.read(path, kPrivateBytesMax + kCipherOverheadBytes));
  auto out = decrypt(ciphertext, private_key.view(), associated(name));
  if (!out) return fail(ErrorCode::kBadSealedPart, "the key is another or the file was changed", path);
  return std::move(*out);
}

}  // namespace truce::record
